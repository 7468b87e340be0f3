"""judge on whole studies: verdicts, void claims, lists of controls, Holm, records."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from vistab.analysis import from_record, judge, to_record
from vistab.analysis.stats.betting import betting_interval

RATE, STEPS, WEIGHT = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
)
SIDES = {"treatment": {WEIGHT: 5}, "control": {WEIGHT: 0}}
HELPS = {"kind": "rate", "expect": "lower", **SIDES}
KINDS = {
    "rate": HELPS,
    "onset": {"kind": "onset", "event": "failure", "expect": "later", **SIDES},
    "trend": {"kind": "trend", "along": STEPS, "expect": "higher", "arms": {WEIGHT: 0}},
    "interaction": {"kind": "interaction", "across": {STEPS: (1, 5)}, "expect": "higher", **SIDES},
    "slopes": {"kind": "interaction", "along": STEPS, "expect": "lower", **SIDES},
    "stable_region": {"kind": "stable_region", "along": RATE, "expect": "wider", **SIDES},
    "equivalence": {"kind": "equivalence", "margin": 0.99, **SIDES},
    "identical": {"kind": "identical", "vary": WEIGHT, "within": {STEPS: 1}},
}
CONTRARY = {"lower": "higher", "higher": "lower", "later": "sooner", "wider": "narrower"}


def planted(run: Any) -> dict[str, Any]:
    """Weight 0 collapses the earlier the more steps; weight 5 never; one step never."""
    arm = run.arm.assignment
    failed = arm[WEIGHT] == 0 and arm[STEPS] > 1 and (arm[STEPS] == 5 or arm[RATE] > 1e-3)
    return {
        "outcome": "mode_collapse" if failed else "healthy",
        "onset_round": 60 if failed else None,
        "converged_round": None if failed else 40,
    }


@pytest.mark.parametrize("name", KINDS)
def test_planted_effects_are_supported(name: str, make_study, make_results) -> None:
    study = make_study(KINDS[name])
    (verdict,) = judge(study, make_results(study, planted))
    assert verdict.verdict == "supported"


@pytest.mark.parametrize("name", [name for name, claim in KINDS.items() if "expect" in claim])
def test_planted_effects_refute_the_contrary_claim(name: str, make_study, make_results) -> None:
    claim = KINDS[name]
    study = make_study({**claim, "expect": CONTRARY[claim["expect"]]})
    (verdict,) = judge(study, make_results(study, planted))
    assert verdict.verdict == "refuted"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("status", ["crashed", "missing", None])
def test_a_planned_run_without_result_voids_the_claim(
    name: str, status: str | None, make_study, make_results
) -> None:
    """Whether its row says so or there is no row at all."""
    study = make_study(KINDS[name])
    results = make_results(study, planted)
    needed = (results.runs[STEPS] == 1) & (results.runs[WEIGHT] == 0)
    lost = results.runs.index[needed][0]
    if status is None:
        results.runs = results.runs.drop(index=lost)
    else:
        results.runs.loc[lost, ["status", "outcome"]] = [status, None]
    (verdict,) = judge(study, results)
    assert verdict.verdict == "void"
    assert (verdict.effect, verdict.interval, verdict.p, verdict.p_holm) == (None,) * 4
    assert verdict.reason is not None
    assert verdict.reason.startswith("1 of ")
    assert verdict.sentence == f"Could not be judged: {verdict.reason}."
    assert [entry["verdict"] for entry in verdict.details["controls"]] == ["void"]


def test_a_run_that_the_claim_does_not_read_may_be_missing(make_study, make_results) -> None:
    study = make_study({**HELPS, "within": {STEPS: 5}})
    results = make_results(study, planted)
    results.runs = results.runs[results.runs[STEPS] == 5]
    assert judge(study, results)[0].verdict == "supported"


def test_explored_runs_are_not_read(make_study, make_results) -> None:
    study = make_study(HELPS)
    results = make_results(study, planted)
    results.runs["role"] = "explore"
    assert judge(study, results)[0].verdict == "void"


def test_p_is_corrected_by_holm_and_a_void_claim_counts_as_one(
    make_study, make_results, random_rows
) -> None:
    claims = [
        HELPS,
        {**HELPS, "within": {STEPS: 5}},
        KINDS["identical"],
        {**HELPS, "within": {STEPS: 2}},
        {**HELPS, "expect": "not_higher", "margin": 0.2},
        {**HELPS, "within": {RATE: 1e-3}},
    ]
    study = make_study(*claims)
    results = make_results(study, random_rows(1))
    lost = (results.runs[STEPS] == 2) & (results.runs[RATE] == 4e-3)
    results.runs.loc[lost, "status"] = "crashed"
    whole = judge(study, results)
    assert [v.verdict == "void" for v in whole] == [True, False, False, True, True, False]
    p_values = [1.0, whole[1].p, 1.0, whole[5].p]
    corrected = multipletests(p_values, method="holm")[1]
    assert (whole[1].p_holm, whole[5].p_holm) == pytest.approx((corrected[1], corrected[3]))
    assert whole[2].p is None
    assert whole[4].p is None


LIST = {"axes": {STEPS: (2, 5), WEIGHT: (0.0, 1.0, 5.0)}}
AGAINST_TWO = {**HELPS, "control": ({WEIGHT: 0}, {WEIGHT: 1})}


def failing_below(weights: dict[float, int]) -> Any:
    """Runs of a weight fail in the first so many replicates."""

    def tell(run: Any) -> str:
        fails = run.replicate < weights[run.arm.assignment[WEIGHT]]
        return "stalled" if fails else "healthy"

    return tell


@pytest.mark.parametrize(
    ("failures", "verdict"),
    [
        ({0.0: 8, 1.0: 8, 5.0: 0}, "supported"),  # better than both
        ({0.0: 8, 1.0: 2, 5.0: 0}, "inconclusive"),  # not shown against the second
        ({0.0: 8, 1.0: 0, 5.0: 0}, "inconclusive"),  # equal to the second
        ({0.0: 8, 1.0: 0, 5.0: 8}, "refuted"),  # equal to one, worse than the other
    ],
)
def test_a_claim_must_hold_against_each_control(
    failures: dict[float, int], verdict: str, make_study, make_results
) -> None:
    study = make_study(AGAINST_TWO, replicates=8, **LIST)
    (found,) = judge(study, make_results(study, failing_below(failures)))
    assert found.verdict == verdict
    assert found.n_cells == 2 * 8 * 2
    assert found.n_runs == 8 * 6


def test_the_verdict_shows_the_least_favourable_control(make_study, make_results) -> None:
    study = make_study(AGAINST_TWO, replicates=8, **LIST)
    (found,) = judge(study, make_results(study, failing_below({0.0: 8, 1.0: 7, 5.0: 0})))
    effects = [entry["effect"] for entry in found.details["controls"]]
    assert effects == [-1, -7 / 8]
    assert found.effect == -7 / 8
    assert found.p == found.details["controls"][1]["p"] == 2 / 2**7
    assert found.sentence.startswith("Least favourable of 2 controls: ")


def test_refuting_against_any_of_two_controls_takes_half_the_p(make_study, make_results) -> None:
    """Six replicates worse than one control: p = 0.031, but twice that for two controls."""
    failures = failing_below({0.0: 6, 1.0: 0, 5.0: 6})
    one, two = (
        make_study({**HELPS, "control": control}, **LIST)
        for control in ({WEIGHT: 1}, ({WEIGHT: 0}, {WEIGHT: 1}))
    )
    (alone,), (together,) = (judge(s, make_results(s, failures)) for s in (one, two))
    assert (alone.p, alone.verdict) == (0.03125, "refuted")
    assert (together.p, together.verdict) == (0.0625, "inconclusive")


def test_one_missing_control_voids_the_whole_claim(make_study, make_results) -> None:
    study = make_study(AGAINST_TWO, replicates=8, **LIST)
    results = make_results(study, failing_below({0.0: 8, 1.0: 8, 5.0: 0}))
    results.runs = results.runs[results.runs[WEIGHT] != 1]
    assert judge(study, results)[0].verdict == "void"


def test_a_margin_that_the_effect_cannot_reach_refutes(make_study, make_results) -> None:
    """No difference in 100 replicates: the interval ends well below 0.5."""
    study = make_study({**HELPS, "margin": 0.5}, replicates=100, axes={WEIGHT: (0.0, 5.0)})
    (found,) = judge(study, make_results(study, lambda run: "healthy"))
    assert found.verdict == "refuted"
    assert found.p == 1
    assert "; it falls short of the margin of 50 points." in found.sentence


def test_refuting_by_a_margin_is_stricter_against_two_controls(make_study, make_results) -> None:
    """A margin between the ends of the intervals at alpha and at alpha / 2."""
    ends = [betting_interval([0.0] * 30, (-1, 1), alpha)[1] for alpha in (0.05, 0.025)]
    margin = sum(ends) / 2
    for control, verdict in (({WEIGHT: 0}, "refuted"), (AGAINST_TWO["control"], "inconclusive")):
        claim = {**HELPS, "control": control, "margin": margin}
        study = make_study(claim, replicates=30, axes={WEIGHT: (0.0, 1.0, 5.0)})
        assert judge(study, make_results(study, lambda run: "healthy"))[0].verdict == verdict


def test_non_inferiority_is_supported_within_the_margin(make_study, make_results) -> None:
    claim = {**HELPS, "expect": "not_higher", "margin": 0.3}
    study = make_study(claim, replicates=60, axes={WEIGHT: (0.0, 5.0)})
    (found,) = judge(study, make_results(study, lambda run: "healthy"))
    assert found.verdict == "supported"
    assert found.interval[1] < 0.3
    assert found.p is found.p_holm is None


@pytest.mark.parametrize(
    ("margin", "bad", "verdict"),
    [(0.1, 0.04, "supported"), (0.1, 0.3, "refuted"), (0.02, 0.04, "inconclusive")],
)
def test_equivalence_of_a_metric_is_ruled_by_the_margin(
    margin: float, bad: float, verdict: str, make_study, make_results
) -> None:
    """Coverage is 0.9 with the regularizer and 0.9 - bad without, in each of 150 replicates."""
    claim = {"kind": "equivalence", "metric": "final_coverage", "margin": margin, **SIDES}
    study = make_study(claim, replicates=150, axes={WEIGHT: (0.0, 5.0)})
    results = make_results(
        study, lambda r: {"final_coverage": 0.9 - bad * (r.arm.assignment[WEIGHT] == 0)}
    )
    (found,) = judge(study, results)
    assert found.verdict == verdict
    assert found.effect == pytest.approx(bad)
    assert found.p is found.p_holm is None
    assert found.unit == "final_coverage"


SHIFTS = {"equal": (0.0, "supported"), "different": (1e-7, "refuted"), "lost": (np.nan, "refuted")}


@pytest.mark.parametrize("name", SHIFTS)
def test_one_different_number_refutes_identity(name: str, make_study, make_results) -> None:
    """NaN equals NaN (all runs have one at the first snapshot), but no number equals NaN."""
    shift, verdict = SHIFTS[name]
    study = make_study(KINDS["identical"])
    last = make_results(study, planted).runs.query(f"`{STEPS}` == 1")["run_id"].iloc[-1]
    results = make_results(study, lambda r: {"shift": shift if r.run_id == last else 0.0})
    (found,) = judge(study, results)
    assert found.verdict == verdict
    assert found.p is None
    assert found.details["columns_compared"] == ["round", "coverage", "mode_shares"]
    assert found.details["n_pairs"] == 6 * 3
    if name == "different":
        assert found.effect == pytest.approx(1e-7, rel=0.3)  # of float32 shares near 0.25
    assert (found.effect is None) == (name == "lost")


def test_a_shorter_history_is_not_identical(make_study, make_results) -> None:
    study = make_study(KINDS["identical"])
    results = make_results(study, planted)
    run_id = results.runs.query(f"`{STEPS}` == 1")["run_id"].iloc[0]
    cut = (results.history["run_id"] == run_id) & (results.history["round"] == 30)
    results.history = results.history[~cut]
    assert judge(study, results)[0].verdict == "refuted"


def test_a_lost_history_voids_identity(make_study, make_results) -> None:
    study = make_study(KINDS["identical"])
    results = make_results(study, planted)
    run_id = results.runs.query(f"`{STEPS}` == 1")["run_id"].iloc[0]
    results.history = results.history[results.history["run_id"] != run_id]
    (found,) = judge(study, results)
    assert (found.verdict, found.reason) == ("void", "1 of 36 runs have no history")


def identity_of(make_study, make_results, **columns):
    """The verdict once columns of the runs are set: of one value of the axis, and of the rest."""
    study = make_study(KINDS["identical"])
    results = make_results(study, planted)
    for name, (here, elsewhere) in columns.items():
        first = results.runs[KINDS["identical"]["vary"]] == 0
        results.runs[name] = [here if one else elsewhere for one in first]
    (found,) = judge(study, results)
    return found


@pytest.mark.parametrize(
    ("name", "here", "elsewhere", "told"),
    [
        ("device", "cuda", "cpu", "devices cpu and cuda"),
        ("device_name", "Big", "Small", "machines Big and Small"),
        ("cpu_capability", "AVX512", "AVX2", "instructions of the processor AVX2 and AVX512"),
        ("threads", 1, 2, "numbers of threads 1 and 2"),
        ("pack_size", 4, 64, "sizes of packs 4 and 64"),
        ("compiled", True, False, "by torch.compile False and True"),
        ("torch", "2.13.0", "2.12.0", "versions of torch 2.12.0 and 2.13.0"),
    ],
)
def test_whatever_decides_bits_and_differs_within_a_cell_voids_identity(
    make_study, make_results, name, here, elsewhere, told
) -> None:
    """Words like cpu and cuda alone do not tell."""
    found = identity_of(make_study, make_results, **{name: (here, elsewhere)})
    assert found.verdict == "void"
    assert found.reason == f"the runs were not trained alike: {told}"


def test_what_is_not_known_of_runs_voids_nothing(make_study, make_results) -> None:
    """Earlier versions kept the device alone, and part of a study may be theirs."""
    plain = identity_of(make_study, make_results)
    assert plain.verdict != "void"
    partly = identity_of(make_study, make_results, device_name=(None, "Big"), threads=(None, 1))
    assert (partly.verdict, partly.effect) == (plain.verdict, plain.effect)


def test_conditions_that_differ_between_cells_void_nothing(make_study, make_results) -> None:
    """What is compared was trained alike."""
    study = make_study(KINDS["identical"])
    results = make_results(study, planted)
    results.runs["device_name"] = "machine " + results.runs["replicate"].astype(str)
    (found,) = judge(study, results)
    assert found.verdict != "void"


def test_quality_beyond_its_bound_counts_as_the_bound(make_study, make_results) -> None:
    """A sampler too narrow has a few samples more than a perfect one within the radius."""
    claim = {"kind": "equivalence", "metric": "final_high_quality", "margin": 0.1, **SIDES}
    study = make_study(claim, axes={WEIGHT: (0.0, 5.0)})
    results = make_results(
        study, lambda r: {"final_high_quality": 1.011 if r.arm.assignment[WEIGHT] else 0.0}
    )
    assert judge(study, results)[0].effect == 1.0


def test_a_metric_without_bounds_has_a_p_but_no_interval(make_study, make_results) -> None:
    claim = {"kind": "trend", "along": STEPS, "metric": "final_spread", "expect": "higher"}
    rows = lambda run: {"final_spread": float(run.arm.assignment[STEPS])}  # noqa: E731
    study = make_study(claim)
    (found,) = judge(study, make_results(study, rows))
    assert (found.verdict, found.interval, found.p) == ("supported", None, 2 / 2**6)
    assert "no interval" in found.reason


def test_a_metric_that_is_not_a_number_voids_where_nothing_can_stand_in(
    make_study, make_results
) -> None:
    claim = {"kind": "trend", "along": STEPS, "metric": "final_spread", "expect": "higher"}
    study = make_study(claim)
    (found,) = judge(study, make_results(study, lambda run: {"final_spread": np.nan}))
    assert found.reason == "final_spread is not a number in 108 runs"


def test_modes_are_bounded_by_the_modes_of_the_target(make_study, make_results) -> None:
    """A slope over three values of up to 8 modes is at most 4 a step."""
    claim = {"kind": "trend", "along": STEPS, "metric": "final_modes", "expect": "lower"}
    study = make_study(claim)
    rows = {1: 8.0, 2: 4.0, 5: 0.0}
    told = make_results(study, lambda run: {"final_modes": rows[run.arm.assignment[STEPS]]})
    (found,) = judge(study, told)
    assert found.effect == -4
    assert found.interval[0] == -4


@pytest.mark.parametrize("name", KINDS)
def test_records_are_plain_json_and_read_back_equal(
    name: str, make_study, make_results, random_rows
) -> None:
    study = make_study(KINDS[name])
    (verdict,) = judge(study, make_results(study, random_rows(5)))
    text = json.dumps(to_record(verdict), allow_nan=False)
    assert from_record(json.loads(text)) == verdict


def test_the_same_results_give_the_same_verdicts(make_study, make_results, random_rows) -> None:
    study = make_study(*KINDS.values())
    results = make_results(study, random_rows(6))
    first = judge(study, results)
    results.runs = results.runs.sample(frac=1, random_state=1)
    results.history = results.history.sample(frac=1, random_state=1)
    assert judge(study, results) == first
    assert pd.Series([verdict.n_runs for verdict in first]).gt(0).all()
