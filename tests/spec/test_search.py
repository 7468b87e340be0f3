# ruff: noqa: E501 - messages read better whole
"""What may be searched, and what is said of a search that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vistab.errors import Problem
from vistab.spec.identity import trained_hash
from vistab.spec.load import load_study, study_text
from vistab.spec.search import (
    SAMPLERS,
    Range,
    SamplerSearch,
    confirmed_names,
    corners,
    n_arms,
    n_suggestions,
)
from vistab.spec.study import Study

LR, WEIGHT, STEPS = (
    "optimizer.learning_rate",
    "family.regularizer.weight",
    "family.generator_steps",
)
HEAD = "study: small\ntarget: {kind: ring}\nfamily: {kind: gan}\n"
SPACE = f"{{{LR}: {{log: [1e-3, 1e-2]}}, {WEIGHT}: {{linear: [0, 20]}}}}"
SAMPLED = f"{{kind: tpe, space: {SPACE}, trials: 8, replicates: 3}}"
FRONTIER = f"{{kind: frontier, along: {{{LR}: {{log: [1e-3, 1e-1]}}}}, per: {{{WEIGHT}: [0, 1, 5]}}, steps: 4}}"
CLAIM = "{id: A, says: s, kind: rate, expect: lower, treatment: {arm: search.best}, control: {arm: search.baseline}}"


def text(search: str = SAMPLED, confirm: str = "{top: 2, replicates: 6}", rest: str = "") -> str:
    return f"{HEAD}search: {search}\nconfirm: {confirm}\nclaims: [{CLAIM}]\n{rest}"


@pytest.fixture
def refused(problems: Callable[..., tuple[Problem, ...]]) -> Callable[..., list[str]]:
    return lambda *parts: [str(problem).split(": ", 1)[1] for problem in problems(text(*parts))]


@pytest.mark.parametrize("search", [SAMPLED, FRONTIER])
def test_a_search_is_read_back_as_it_was(load: Callable[..., Study], write, search: str) -> None:
    """With its values in their fields' types; the number of replicates is that of `confirm`."""
    study = load(text(search))
    assert study.replicates == 6
    assert load_study(write(study_text(study))) == study
    assert trained_hash(load_study(write(study_text(study)))) == trained_hash(study)


@pytest.mark.parametrize("kind", SAMPLERS)
def test_every_sampler_may_be_asked_for(load: Callable[..., Study], kind: str) -> None:
    assert load(text(SAMPLED.replace("tpe", kind))).search.kind == kind


def test_a_space_holds_ranges_and_typed_values(load: Callable[..., Study]) -> None:
    space = f"{{{STEPS}: {{log: [1, 8]}}, {WEIGHT}: [0, 5]}}"
    search = load(text(f"{{kind: random, space: {space}, trials: 4}}")).search
    assert search.space == {STEPS: Range(scale="log", low=1, high=8), WEIGHT: (0.0, 5.0)}
    assert list(corners(search)) == [
        {STEPS: steps, WEIGHT: weight} for steps in (1, 8) for weight in (0.0, 5.0)
    ]


def test_how_much_is_tried_is_known_beforehand(load: Callable[..., Study]) -> None:
    assert n_suggestions(load(text()).search) == 8
    assert n_suggestions(load(text(FRONTIER)).search) == 3 * 4


def test_confirmed_arms_are_named_by_their_place(load: Callable[..., Study]) -> None:
    names = confirmed_names(load(text()).confirm)
    assert names == ("search.baseline", "search.best", "search.2")


def test_what_is_searched_is_part_of_what_is_trained(load: Callable[..., Study]) -> None:
    hashes = {
        trained_hash(load(one))
        for one in (text(), text(SAMPLED.replace("8", "9")), text(confirm="{replicates: 6}"))
    }
    assert len(hashes) == 3


def test_studies_without_search_keep_their_hash(load: Callable[..., Study]) -> None:
    """As it was before there were searches: results of old are still known."""
    study = load(f"{HEAD}axes: {{{WEIGHT}: [0, 5]}}\n")
    assert "search" not in study_text(study)
    assert trained_hash(study) == "b51837db13937e7ab4a3604989a1eedcadde11ddfb12de2b9560ccfd933b385b"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            ("{space: {}, trials: 4}",),
            ["search.kind: is required, one of tpe, gp, cmaes, random, frontier"],
        ),
        (
            (SAMPLED.replace("tpe", "tpa"),),
            [
                "search.kind: must be one of tpe, gp, cmaes, random, frontier, 'tpa' got; nearest: tpe"
            ],
        ),
        (
            (SAMPLED.replace("trials", "trails"),),
            ["search.trials: is required", "search.trails: unknown key, 8 got; nearest: trials"],
        ),
        (
            (SAMPLED.replace("log: [1e-3, 1e-2]", "log: [1e-3, 1e-2], n: 3"),),
            [
                f'search.space.{LR}: a range to search has exactly one of log and linear, and nothing else, {{"log": [0.001, 0.01], "n": 3}} got'
            ],
        ),
        (
            (SAMPLED.replace("1e-3, 1e-2", "1e-2, 1e-3"),),
            [f"search.space.{LR}.log: must have its smaller end first, [0.01, 0.001] got"],
        ),
        (
            (SAMPLED.replace("log: [1e-3", "log: [0"),),
            [f"search.space.{LR}.log: a log range needs two numbers above 0, [0, 0.01] got"],
        ),
        (
            (SAMPLED.replace("linear: [0, 20]", "linear: [-1, 20]"),),
            [f"search.space.{WEIGHT}.linear: must be at least 0 ({WEIGHT}), -1 got; nearest: 0"],
        ),
        (
            (SAMPLED.replace(WEIGHT, "family.regulariser.weight"),),
            [
                "search.space.family.regulariser.weight: names no field that can be swept, 'family.regulariser.weight' got; nearest: family.regularizer.weight"
            ],
        ),
        (
            (SAMPLED.replace("trials", "objectives: [coverage, coverage], trials"),),
            ['search.objectives: names one twice, ["coverage", "coverage"] got'],
        ),
        (
            (
                SAMPLED.replace("tpe", "cmaes").replace(
                    "trials", "objectives: [coverage, failure_rate], trials"
                ),
            ),
            ['search.objectives: cmaes takes one objective, ["coverage", "failure_rate"] got'],
        ),
        (
            (
                f"{{kind: cmaes, space: {{{LR}: {{log: [1e-3, 1e-2]}}, {WEIGHT}: [0, 5]}}, trials: 8}}",
            ),
            [
                f'search.space: cmaes takes two or more ranges and no lists, ["{LR}", "{WEIGHT}"] got'
            ],
        ),
        (
            (FRONTIER.replace("{log: [1e-3, 1e-1]}", "[1e-3, 1e-1]"),),
            [
                f"search.along.{LR}: must be a range, {{log: [low, high]}} or {{linear: [low, high]}}, [0.001, 0.1] got"
            ],
        ),
        (
            (FRONTIER.replace("[0, 1, 5]", "{linear: [0, 5]}"),),
            [
                f'search.per.{WEIGHT}: must be a list of values: each has a search of its own, {{"linear": [0, 5]}} got'
            ],
        ),
        (
            (FRONTIER, "{top: 4, replicates: 6}"),
            [
                "confirm.top: must be at most 3, the number of arms that the search can choose from, 4 got; nearest: 3"
            ],
        ),
        (
            (SAMPLED, "{top: 2, replicates: 1}"),
            ["confirm.replicates: must be at least 2, 1 got; nearest: 2"],
        ),
        (
            (SAMPLED, "{top: 2, replicates: 6}", "replicates: 5\n"),
            ["replicates: is said under search and under confirm in a study with search, 5 got"],
        ),
        (
            (SAMPLED, "{top: 2, replicates: 6}", f"axes: {{{WEIGHT}: [0, 5]}}\n"),
            [
                f'axes: has no place beside search, which chooses the arms, {{"{WEIGHT}": [0, 5]}} got'
            ],
        ),
        (
            (SAMPLED, "{top: 2, replicates: 6}", "max_runs: 41\n"),
            [
                "max_runs: the search and its confirmation have 42 runs, more than max_runs, 41 got; raise max_runs to 42 if that is meant"
            ],
        ),
        (
            (SAMPLED, "null"),
            [
                "confirm: is required beside search: {top: k, replicates: n}; claims read confirm runs alone"
            ],
        ),
    ],
)
def test_searches_that_cannot_be_run_are_refused(refused, parts, expected) -> None:
    """And nothing else is said: one slip makes one message."""
    assert refused(*parts) == expected


def test_claims_of_a_search_name_its_arms_alone(
    problems: Callable[..., tuple[Problem, ...]],
) -> None:
    """Which values the best arm has is not known yet, so no claim can be about them."""
    wrong = (
        text()
        .replace("search.best", "search.3")
        .replace("{arm: search.baseline}", f"{{{WEIGHT}: 5}}")
    )
    first, second = problems(wrong)
    assert str(first).endswith(
        "claims[0].treatment.arm: names no named arm, 'search.3' got; nearest: search.2"
    )
    assert second.rule == f"no arm has this value of {WEIGHT}"


def test_not_even_the_base_values_can_be_named(
    problems: Callable[..., tuple[Problem, ...]],
) -> None:
    """search.baseline is how to name them: another arm may come to have them too."""
    (problem,) = problems(text().replace("{arm: search.baseline}", f"{{{WEIGHT}: 0}}"))
    assert problem.rule == f"no arm has this value of {WEIGHT}"


def test_cmaes_takes_no_lists_beside_its_ranges(
    problems: Callable[..., tuple[Problem, ...]],
) -> None:
    space = SPACE.replace("}}", f"}}, {STEPS}: [1, 2]}}")
    (problem,) = problems(text(f"{{kind: cmaes, space: {space}, trials: 8}}"))
    assert (problem.path, problem.rule) == (
        "search.space",
        "cmaes takes two or more ranges and no lists",
    )


def test_confirm_alone_is_refused(problems: Callable[..., tuple[Problem, ...]]) -> None:
    (problem,) = problems(f"{HEAD}confirm: {{top: 1, replicates: 4}}\n")
    assert (problem.path, problem.rule) == ("confirm", "belongs to a study with search")


def test_extremes_that_do_not_go_together_are_refused(
    problems: Callable[..., tuple[Problem, ...]],
) -> None:
    """Before anything starts, not when the search happens to suggest them."""
    em = text(
        "{kind: random, space: {family.components: {linear: [2, 40]}, family.data_size: {linear: [10, 90]}}, trials: 4}"
    )
    (problem,) = problems(em.replace("kind: gan", "kind: em"))
    assert problem.path == "search.space.family.components"
    assert "components must be at most data_size" in problem.rule


def test_a_path_of_the_search_can_be_set_on_the_command_line(
    load: Callable[..., Study], write
) -> None:
    study = load_study(
        write(text()), overrides=["search.trials=20", f"search.space.{WEIGHT}=[0, 5]"]
    )
    assert study.search.trials == 20
    assert study.search.space[WEIGHT] == (0.0, 5.0)


@pytest.mark.parametrize(
    ("space", "size"),
    [
        ({"a.b": (1.0, 2.0)}, 2),
        ({"a.b": (1.0, 2.0), "a.whole": (1, 2, 5)}, 6),
        ({"a.b": (1.0, 2.0), "a.whole": Range(scale="log", low=2, high=8)}, 14),
        ({"a.b": Range(scale="linear", low=1, high=2), "a.whole": (1, 2)}, None),
    ],
)
def test_the_size_of_a_space_is_the_number_of_arms_in_it(
    space: dict[str, Any], size: int | None
) -> None:
    """A range of whole numbers has an end, one of others has none."""
    search = SamplerSearch(kind="tpe", space=space, trials=3)
    assert n_arms(search, {"a.whole"}) == size
