"""Whatever a study file holds, only StudyError comes out of loading it."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vistab.errors import StudyError
from vistab.plan import make_plan
from vistab.spec.load import load_study

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["family.batch_norm", "family", "gan", "C1", "{", "1e-3", "arm", "quarter"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
ALIAS_BOMB = "a0: &a0 [x]\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)
)
"""Each line holds nine of the line before: 9^8 values in all."""
MUTATIONS = st.sampled_from(["replace", "delete", "rename", "duplicate", "wrap"])


def loads_or_refuses(text: str | bytes, overrides: tuple[str, ...] = ()) -> None:
    """Loading gives a study that can be planned, or StudyError with a place for each problem."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
        try:
            plan = make_plan(load_study(path, overrides=overrides))
        except StudyError as error:
            problems = error.problems
        else:
            assert len(plan.runs) == len(plan.arms) * plan.study.replicates
            return
    assert problems
    assert all(problem.path and problem.rule for problem in problems)


def places(node: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in nested dicts and lists but the root."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, value in items:
        found.append((*place, key))
        if isinstance(value, dict | list):
            found += places(value, (*place, key))
    return found


def mutate(document: Any, place: tuple[Any, ...], how: str, value: Any) -> None:
    """Change one place of the document."""
    parent = document
    for key in place[:-1]:
        parent = parent[key]
    key = place[-1]
    if how == "delete":
        del parent[key]
    elif how == "rename" and isinstance(parent, dict):
        parent[str(value)[:20]] = parent.pop(key)
    elif how == "duplicate" and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[key]))
    elif how == "wrap":
        parent[key] = [parent[key]]
    else:
        parent[key] = value


class TestAnyStudyFile:
    """Mutated, hostile and missing study files."""

    @given(data=st.data())
    @settings(
        max_examples=120,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_mutated_values_are_refused_or_planned(self, valid: str, data: st.DataObject) -> None:
        """One to four mutations of a valid document never make anything but StudyError."""
        document = yaml.safe_load(valid.replace("e-3", ".0e-3"))
        for _ in range(data.draw(st.integers(1, 4))):
            known = places(document)
            if known:
                where = data.draw(st.sampled_from(known))
                mutate(document, where, data.draw(MUTATIONS), data.draw(VALUES))
        loads_or_refuses(yaml.safe_dump(document, allow_unicode=True))

    @given(data=st.data())
    @settings(
        max_examples=120,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_mutated_text_is_refused_or_planned(self, valid: str, data: st.DataObject) -> None:
        """Characters put into, or cut out of, the text never make anything but StudyError."""
        text = valid
        for _ in range(data.draw(st.integers(1, 3))):
            start = data.draw(st.integers(0, len(text)))
            cut = data.draw(st.integers(0, 8))
            new = data.draw(
                st.text("{}[]:,-&*!<>'\"|%@ \n\t#ae019.~\x00é", max_size=6)
                | st.sampled_from(["!!python/object:os.system", "&a", "*a", "<<: ", "- ", "? "])
            )
            text = text[:start] + new + text[start + cut :]
        loads_or_refuses(text)

    @given(st.binary(max_size=60))
    @example(b"\xff\xfe\x00")
    @example(b"")
    @example(b"--- 1\n--- 2\n")
    def test_bytes_are_refused(self, content: bytes) -> None:
        """Any bytes at all are refused as a study file."""
        loads_or_refuses(content)

    @given(st.text(max_size=30), VALUES)
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_overrides_are_refused_or_planned(self, valid: str, path: str, value: Any) -> None:
        """Any `--set` text is taken or refused."""
        loads_or_refuses(valid, (path, f"{path}={value}", f"axes.{path}={value}"))

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 3000,
            "{a: " * 3000,
            "a: &a [*a]",
            "&a {<<: *a}",
            "a: &a {b: *a}",
            ALIAS_BOMB,
            "study: " + "9" * 5000,
            "? [a]\n: b",
            "- 1",
            "5",
            "null",
        ],
    )
    def test_hostile_documents_are_refused(self, tmp_path: Path, text: str) -> None:
        """Deep nesting, self-reference, alias bombs and huge numbers are refused quickly."""
        path = tmp_path / "study.yaml"
        path.write_text(text)
        with pytest.raises(StudyError):
            load_study(path)

    @pytest.mark.parametrize("place", ["missing.yaml", "."])
    def test_what_is_no_file_is_refused(self, tmp_path: Path, place: str) -> None:
        """A missing file and a folder are refused in the same form."""
        with pytest.raises(StudyError, match="cannot be read"):
            load_study(tmp_path / place)
