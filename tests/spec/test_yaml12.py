"""The YAML 1.2 core schema, as the study language reads it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vistab.spec.problems import Place, Problems
from vistab.spec.yaml12 import Dumper, parse


def read(text: str) -> tuple[Any, list[str], dict[Place, int | None]]:
    """The value, the problems as text, and the lines of places."""
    lines: dict[Place, int | None] = {}
    problems = Problems("f.yaml", lines)
    value = parse(text, problems, lines)
    return value, [str(problem) for problem in problems.found], lines


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000),
        ("-.5", -0.5),
        ("+12", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("5.0", 5),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("y", "y"),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("~", None),
        ("Null", None),
        ("2026-11-22", "2026-11-22"),
        ("'1e-3'", "1e-3"),
        ("0b11", "0b11"),
        ("1.e", "1.e"),
        ("-", (None,)),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    """Numbers, booleans and null are those of YAML 1.2; everything else is text."""
    got, problems, _ = read(text)
    assert (got, type(got), problems) == (value, type(value), [])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_survive_the_round_trip(number: float) -> None:
    """What Python writes as a float is read back as an equal number."""
    assert read(repr(number))[0] == number


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=9)
        | st.sampled_from(["1e-3", "no", "0o7", "~", "12:30", "<<", ".5"]),
        lambda inner: (
            st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_dumper_and_parser_agree(value: Any) -> None:
    """The dumper quotes just what the parser would take for something else than text."""
    text = yaml.dump(as_lists(value), Dumper=Dumper, allow_unicode=True)
    got, problems, _ = read(text)
    assert (got, problems) == (value, [])


def as_lists(value: Any) -> Any:
    """Tuples as lists, which YAML has."""
    if isinstance(value, tuple):
        return [as_lists(item) for item in value]
    if isinstance(value, dict):
        return {key: as_lists(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2", "f.yaml:2: a: key is given twice"),
        ("a:\n  b: 1\n  b: 2", "f.yaml:3: a.b: key is given twice"),
        ("a: .nan", "f.yaml:1: a: NaN and infinity are refused, .nan got"),
        ("a:\n- 1\n- -.inf", "f.yaml:3: a[1]: NaN and infinity are refused, -.inf got"),
        ("a: 1e999", "f.yaml:1: a: NaN and infinity are refused, 1e999 got"),
        ("a: !!int 5", "f.yaml:1: a: YAML tags are refused, !!int got"),
        ("a: !foo {b: 1}", "f.yaml:1: a: YAML tags are refused, !foo got"),
        ("a: ! b", "f.yaml:1: a: YAML tags are refused, ! got"),
        ("!!str a: 1", "f.yaml:1: a: YAML tags are refused"),
        ("1: 2", "f.yaml:1: study file: keys must be text, 1 got"),
        ("a: {~: 2}", "f.yaml:1: a: keys must be text, ~ got"),
        ("<<: 3", "f.yaml:1: study file: a merge key takes mappings only"),
        ("a: 1\nb: [", "f.yaml:2: study file: is not valid YAML"),
        ("a: *b", "f.yaml:1: study file: is not valid YAML: found undefined alias 'b'"),
        ("a: 9223372036854775808", "f.yaml:1: a: whole numbers must lie between"),
        ("a: &x [*x]", "f.yaml:1: a[0]: refers to itself"),
    ],
)
def test_what_yaml_allows_and_studies_do_not(text: str, problem: str) -> None:
    """Each refusal names file, line, place and rule."""
    _, problems, _ = read(text)
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_merge_keys_are_fine() -> None:
    """Own keys win over merged ones, and earlier merged mappings over later ones."""
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  c: 3"
    value, problems, lines = read(text)
    assert value["z"] == {"a": 1, "b": 1, "c": 3}
    assert problems == []
    assert (lines[("z", "a")], lines[("z", "c")]) == (1, 5)


def test_every_value_has_its_line() -> None:
    """Keys have the line of the key, elements of lists their own."""
    _, _, lines = read("a:\n  b.c: [1,\n    2]\n\nd:\n- {e: 1}")
    assert lines == {
        (): 1,
        ("a",): 1,
        ("a", "b.c"): 2,
        ("a", "b.c", 0): 2,
        ("a", "b.c", 1): 3,
        ("d",): 5,
        ("d", 0): 6,
        ("d", 0, "e"): 6,
    }
