"""`--set path=value`: one value of the study changed from the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vistab.errors import Problem
from vistab.spec.axes import get
from vistab.spec.study import Study


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("replicates=3", "replicates", 3),
        ("optimizer.learning_rate=5e-1", "optimizer.learning_rate", 0.5),
        ("family.network.width=128", "family.network.width", 128),
        ("title=no", "title", "no"),
        ("title= a = b", "title", "a = b"),
        ("resources.pack=16", "resources.pack", 16),
    ],
)
def test_a_value_is_set(
    load: Callable[..., Study], valid: str, override: str, path: str, value: object
) -> None:
    """Sections that the file lacks are made; values are YAML 1.2."""
    assert get(load(valid, overrides=[override]), path) == value


def test_axes_arms_and_claims_can_be_set(load: Callable[..., Study], valid: str) -> None:
    """Below axes, set and selectors the rest of the path is one axis; entries are numbered."""
    study: Any = load(
        valid,
        overrides=[
            "axes.optimizer.learning_rate=[1e-4]",
            "arms[0].set.optimizer.generator_scale=0.5",
            "claims[1].margin=0.2",
            "claims[1].within.family.generator_steps=5",
            "claims[2].within={optimizer.generator_scale: 1}",
        ],
    )
    assert study.axes["optimizer.learning_rate"] == (1e-4,)
    assert study.arms[0].set["optimizer.generator_scale"] == 0.5
    assert study.claims[1].margin == 0.2
    assert study.claims[1].within["family.generator_steps"] == 5


def test_the_last_one_wins(load: Callable[..., Study], valid: str) -> None:
    """Overrides apply in order."""
    assert load(valid, overrides=["seed=1", "seed=2"]).seed == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("replicates", "--set: --set: must have the form path=value, 'replicates' got"),
        ("=3", "--set: --set: must have the form path=value, '=3' got"),
        ("replicates=two", "--set: replicates: must be a whole number, 'two' got"),
        ("replicats=2", "--set: replicats: unknown key, 2 got; nearest: replicates"),
        ("family.network.wdth=2", "--set: family.network.wdth: unknown key, 2 got; nearest: width"),
        ("seed=[", "--set: seed: is not valid YAML"),
        ("seed=.nan", "--set: seed: NaN and infinity are refused, .nan got"),
        (
            "replicates.x=1",
            "--set: replicates.x: cannot be set, there is no section above x, 8 got",
        ),
        ("claims[9].margin=1", "--set: claims[9].margin: there is no entry [9] to set"),
        ("axes.family.generator_steps=[0]", "--set: axes.family.generator_steps[0]: must be more"),
    ],
)
def test_wrong_ones_are_refused_like_the_file(
    problems: Callable[..., tuple[Problem, ...]], valid: str, override: str, message: str
) -> None:
    """The place is named as in the file, with --set where file and line would be."""
    assert str(problems(valid, overrides=[override])[0]).startswith(message)
