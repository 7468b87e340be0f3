"""What must not, or must only, change when sides, replicates, rows or units are turned about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vistab.analysis import judge
from vistab.analysis.claims import KINDS

RATE, STEPS, WEIGHT, SCALE = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
    "optimizer.generator_scale",
)
WITH, WITHOUT = {WEIGHT: 5.0}, {WEIGHT: 0.0}
METRIC = {"metric": "final_coverage"}
SIDED = {
    "rate": {"kind": "rate", "expect": "lower", "margin": 0.1},
    "not higher": {"kind": "rate", "expect": "not_higher", "margin": 0.5},
    "onset": {"kind": "onset", "event": "failure", "expect": "later"},
    "score": {"kind": "score", "expect": "higher", **METRIC},
    "score healthy": {"kind": "score", "given": "healthy", "expect": "higher", **METRIC},
    "score ranked": {"kind": "score", "given": "ranked", "expect": "higher", **METRIC},
    "interaction across": {"kind": "interaction", "across": {STEPS: (1, 5)}, "expect": "higher"},
    "interaction along": {"kind": "interaction", "along": STEPS, "expect": "lower"},
    "interaction of a metric": {
        "kind": "interaction", "along": STEPS, "expect": "lower", **METRIC
    },
    "stable region": {"kind": "stable_region", "along": STEPS, "expect": "wider"},
    "equivalence": {"kind": "equivalence", "margin": 0.2},
    "equivalence of a metric": {"kind": "equivalence", "margin": 0.05, **METRIC},
}  # fmt: skip
SINGLE = {
    "trend": {"kind": "trend", "along": STEPS, "expect": "higher"},
    "trend of a metric": {"kind": "trend", "along": STEPS, "expect": "lower", **METRIC},
    "identical": {"kind": "identical", "vary": WEIGHT},
}
MIRRORED = {"lower": "higher", "later": "sooner", "wider": "narrower", "not_higher": "not_lower"}
MIRRORED |= {expected: asked for asked, expected in MIRRORED.items()}
DIRECTIONS = {  # in sentences: of an effect above 0, and below
    "rate": ("points more", "points fewer"),
    "onset": ("rounds later", "rounds sooner"),
    "score": (" more", " less"),
    "score ranked": ("more often higher", "more often lower"),
    "interaction": (" higher", " lower"),
    "stable_region": ("values more", "values fewer"),
    "equivalence": (" more", " less"),
}
REUSED = settings(
    max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the fixtures are functions of their arguments


def claim_of(name: str) -> dict[str, Any]:
    """The claim's keys."""
    return (
        SINGLE[name] if name in SINGLE else {**SIDED[name], "treatment": WITH, "control": WITHOUT}
    )


def test_every_kind_is_turned_about() -> None:
    assert {claim["kind"] for claim in (*SIDED.values(), *SINGLE.values())} == set(KINDS)


@pytest.mark.parametrize("name", SIDED)
@given(seed=st.integers(0, 1000))
@REUSED
def test_swapping_the_sides_and_the_expectation_says_the_same_the_other_way_round(
    name: str, seed: int, judged_runs, drawn
) -> None:
    claim = claim_of(name)
    swapped = {**claim, "treatment": WITHOUT, "control": WITH}
    if "expect" in claim:
        swapped["expect"] = MIRRORED[claim["expect"]]
    study, results = judged_runs(claim, drawn(seed))
    (plain,) = judge(study, results)
    (turned,) = judge(judged_runs(swapped, drawn(seed))[0], results)
    assert (turned.verdict, turned.p, turned.reason) == (plain.verdict, plain.p, plain.reason)
    if plain.verdict == "void":
        return
    assert turned.effect == pytest.approx(-plain.effect, abs=1e-9)
    low, high = plain.interval
    assert turned.interval == pytest.approx((-high, -low), abs=1e-6)


@pytest.mark.parametrize("name", SIDED)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_sentence_names_the_direction_of_the_effect(
    name: str, seed: int, judged_runs, drawn
) -> None:
    """Both ways round, and whichever of the two the claim expects."""
    up, down = DIRECTIONS.get(name, DIRECTIONS[SIDED[name]["kind"]])
    found = []
    for sides in ({"treatment": WITH, "control": WITHOUT}, {"treatment": WITHOUT, "control": WITH}):
        study, results = judged_runs({**SIDED[name], **sides}, drawn(seed))
        (verdict,) = judge(study, results)
        told = verdict.sentence.split(": ", 1)[1].split(", 95 %")[0]
        if told != "no difference":
            assert told.endswith(up if verdict.effect > 0 else down)
        found.append(verdict.effect)
    assert found[0] == pytest.approx(-found[1])


@pytest.mark.parametrize("name", [*SIDED, *SINGLE])
@given(seed=st.integers(0, 1000))
@REUSED
def test_the_order_of_the_rows_does_not_matter(name: str, seed: int, judged_runs, drawn) -> None:
    study, results = judged_runs(claim_of(name), drawn(seed))
    before = judge(study, results)
    results.runs = results.runs.sample(frac=1, random_state=seed)
    results.history = results.history.sample(frac=1, random_state=seed)
    assert judge(study, results) == before


@pytest.mark.parametrize("name", [*SIDED, *SINGLE])
@given(seed=st.integers(0, 1000), order=st.permutations(range(6)))
@REUSED
def test_which_replicate_is_which_does_not_matter(
    name: str, seed: int, order: list[int], judged_runs, drawn
) -> None:
    """Each replicate's rows are handed to another one, in all arms alike."""
    study, results = judged_runs(claim_of(name), drawn(seed))
    (before,) = judge(study, results)
    told = results.runs.set_index(["replicate", RATE, STEPS, WEIGHT, SCALE]).drop(columns="run_id")

    def tell(run: Any) -> dict[str, Any]:
        at = run.arm.assignment
        row = told.loc[(order[run.replicate], at[RATE], at[STEPS], at[WEIGHT], at[SCALE])]
        return {key: row[key] for key in ("outcome", "onset_round", "final_coverage")}

    (after,) = judge(*judged_runs(claim_of(name), tell))
    assert (after.verdict, after.p) == (before.verdict, before.p)
    assert after.effect == pytest.approx(before.effect)
    assert (after.interval is None) == (before.interval is None)
    if before.interval is not None:
        assert after.interval == pytest.approx(before.interval, abs=1e-6)


@pytest.mark.parametrize("name", [name for name in (*SIDED, *SINGLE) if "metric" in name])
@given(seed=st.integers(0, 1000), constant=st.floats(-0.15, 0.45))
@REUSED
def test_a_constant_added_to_a_metric_changes_no_difference_and_no_slope(
    name: str, seed: int, constant: float, judged_runs, drawn
) -> None:
    """Within the metric's bounds: coverage is drawn from 0.19 to 0.5."""
    study, results = judged_runs(claim_of(name), drawn(seed))
    (before,) = judge(study, results)
    results.runs["final_coverage"] += constant
    (after,) = judge(study, results)
    assert (after.verdict, after.p) == (before.verdict, before.p)
    assert after.effect == pytest.approx(before.effect, abs=1e-9)
    assert after.interval == pytest.approx(before.interval, abs=1e-6)


@pytest.mark.parametrize("name", [name for name in SIDED if "expect" in SIDED[name]])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_interval_holds_the_effect_and_lies_within_what_is_possible(
    name: str, seed: int, judged_runs, drawn
) -> None:
    (verdict,) = judge(*judged_runs(claim_of(name), drawn(seed)))
    low, high = verdict.interval
    most = {"onset": 100, "stable_region": 3, "interaction": 2}.get(SIDED[name]["kind"], 1)
    assert -most <= low <= verdict.effect <= high <= most
    assert np.isfinite([low, high]).all()
