# ruff: noqa: E501 - messages read better whole
"""What a claim must satisfy, given the arms of its study."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vistab.errors import Problem
from vistab.spec.claims import CLAIMS
from vistab.spec.study import Study

BASE = """\
study: small
target: {kind: ring}
family: {kind: gan}
replicates: 2
axes:
  optimizer.learning_rate: [1e-3, 2e-3, 4e-3]
  family.batch_norm: [false, true]
  family.regularizer.weight: [0, 5]
  optimizer.betas: [[0, 0.9], [0.5, 0.999]]
arms:
  - {name: slow, set: {optimizer.generator_scale: 0.25}}
exclude: [{family.regularizer.weight: 5, optimizer.learning_rate: 4e-3}]
claims:
"""

SIDES = "treatment: {family.regularizer.weight: 5}, control: {family.regularizer.weight: 0}"
LR = "optimizer.learning_rate"
SOUND = {
    "rate": f"kind: rate, {SIDES}, expect: lower",
    "onset": f"kind: onset, {SIDES}, event: failure, expect: later",
    "score": f"kind: score, {SIDES}, metric: final_coverage, expect: higher",
    "trend": f"kind: trend, along: {LR}, arms: {{family.regularizer.weight: 0}}, expect: higher",
    "interaction": f"kind: interaction, {SIDES}, across: {{family.batch_norm: [true, false]}}, expect: lower",
    "stable_region": f"kind: stable_region, {SIDES}, along: {LR}, within: {{{LR}: [1e-3, 2e-3]}}, expect: wider",
    "equivalence": f"kind: equivalence, {SIDES}, metric: final_coverage, margin: 0.1",
    "identical": "kind: identical, vary: family.regularizer.weight",
}
UNBOUNDED = SOUND["score"].replace("final_coverage", "final_spread")


@pytest.fixture
def study_with(load: Callable[..., Study]) -> Callable[[str], Study]:
    """A study with one claim, given without id and says."""
    return lambda claim: load(f"{BASE}  - {{id: A, says: s, {claim}}}\n")


@pytest.fixture
def refused(problems: Callable[..., tuple[Problem, ...]]) -> Callable[[str], list[str]]:
    """The problems of one claim as `path: rule, value got; nearest`."""

    def refuse(claim: str) -> list[str]:
        found = problems(f"{BASE}  - {{id: A, says: s, {claim}}}\n")
        assert all(problem.line == 14 for problem in found)
        return [str(problem).split(":14: ")[1] for problem in found]

    return refuse


@pytest.mark.parametrize("kind", CLAIMS)
def test_each_kind_has_a_sound_form(study_with: Callable[[str], Study], kind: str) -> None:
    """Every kind of claim in the literal dict can be written down."""
    assert study_with(SOUND[kind]).claims[0].kind == kind


@pytest.mark.parametrize("kind", CLAIMS)
def test_unknown_keys_are_refused_in_every_kind(
    refused: Callable[[str], list[str]], kind: str
) -> None:
    """A key of another kind, or none, is never ignored."""
    (problem,) = refused(f"{SOUND[kind]}, margn: 0.1")
    assert problem == "claims[0].margn: unknown key, 0.1 got; nearest: margin"


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (SOUND["rate"].replace("lower", "not_higher"), ["claims[0].margin: must be more than 0 for expect: not_higher, 0 got"]),
        (SOUND["rate"] + ", margin: -1", ["claims[0].margin: must be at least 0, -1 got; nearest: 0"]),
        (SOUND["rate"] + ", outcome: faild", ["claims[0].outcome: must be one of failed, healthy, mode_collapse, stalled, oscillating, diverged, posterior_collapse, singular_components, dead_components, 'faild' got; nearest: failed"]),
        (SOUND["rate"].replace(", expect: lower", ""), ["claims[0].expect: is required"]),
        (SOUND["rate"].replace("kind: rate", "kind: onset"), ["claims[0].event: is required", "claims[0].expect: must be one of later, sooner, 'lower' got"]),
        (SOUND["rate"].replace("weight: 5", "weight: 4"), ["claims[0].treatment.family.regularizer.weight: no arm has this value of family.regularizer.weight, 4 got; nearest: 5"]),
        (SOUND["rate"].replace("weight: 5", "wight: 5"), ["claims[0].treatment.family.regularizer.wight: names no axis of this study, 'family.regularizer.wight' got; nearest: family.regularizer.weight"]),
        (SOUND["rate"].replace("weight: 5", "weight: true"), ["claims[0].treatment.family.regularizer.weight: must be a number (family.regularizer.weight), true got"]),
        (SOUND["rate"].replace("weight: 0", "weight: 5.0"), ["claims[0].control: selects the same runs as treatment"]),
        ("kind: rate, expect: lower, treatment: {arm: slow}, control: {optimizer.generator_scale: 0.25}", ["claims[0].control: selects the same runs as treatment"]),
        ("kind: rate, expect: lower, treatment: {arm: slw}, control: {optimizer.generator_scale: 1}", ["claims[0].treatment.arm: names no named arm, 'slw' got; nearest: slow"]),
        ("kind: rate, expect: lower, treatment: {arm: slow, family.batch_norm: true}, control: {optimizer.generator_scale: 1}", ["claims[0].treatment: takes either {arm: NAME} or axes, not both, {\"arm\": \"slow\", \"family.batch_norm\": true} got"]),
        ("kind: rate, expect: lower, treatment: {family.regularizer.weight: 5}, control: [{family.regularizer.weight: 0}, {family.regularizer.weight: 7}]", ["claims[0].control[1].family.regularizer.weight: no arm has this value of family.regularizer.weight, 7 got; nearest: 5"]),
        ("kind: rate, expect: lower, treatment: {family.regularizer.weight: 5}, control: []", ["claims[0].control: must name at least one control"]),
        (SOUND["rate"] + ", within: {arm: slow}", ["claims[0].within.arm: names no axis of this study, 'arm' got"]),
        (SOUND["rate"] + ", within: {family.batch_norm: []}", ["claims[0].within.family.batch_norm: must name at least one value, [] got"]),
        (SOUND["rate"] + f", within: {{{LR}: 4e-3}}", ["claims[0].treatment: selects no arm"]),
        ("kind: rate, expect: lower, treatment: {arm: slow}, control: {optimizer.generator_scale: 1, optimizer.learning_rate: 2e-3}, within: {family.regularizer.weight: 5}", ["claims[0].treatment: selects no arm"]),
        (SOUND["rate"] + ", within: {optimizer.generator_scale: 0.25}", ["claims[0].treatment: selects no arm"]),
        (SOUND["interaction"].replace(", across: {family.batch_norm: [true, false]}", ""), ["claims[0].across: exactly one of across and along is required"]),
        (SOUND["interaction"] + f", along: {LR}", ["claims[0].across: exactly one of across and along is required"]),
        (SOUND["interaction"].replace("[true, false]", "[true, true]"), ["claims[0].across.family.batch_norm: needs two different values, [true, true] got"]),
        (SOUND["interaction"].replace("[true, false]", "[true]"), ["claims[0].across.family.batch_norm[1]: is required"]),
        (SOUND["interaction"].replace("family.batch_norm: [true, false]", "family.regularizer.weight: [0, 5]"), ["claims[0].treatment: must leave family.regularizer.weight free"]),
        (SOUND["interaction"] + ", outcome: failed, metric: severity", ["claims[0].metric: takes the place of outcome: give only one of them, 'severity' got"]),
        (SOUND["trend"] + ", metric: final_mode", ["claims[0].metric: must be one of severity, final_coverage, best_coverage, final_modes, best_modes, final_high_quality, best_high_quality, final_spread, best_spread (family gan), 'final_mode' got; nearest: final_modes"]),
        (SOUND["trend"] + ", metric: final_log_likelihood", ["claims[0].metric: must be one of severity"]),
        (SOUND["rate"] + ", outcome: posterior_collapse", ["claims[0].outcome: must be one of failed, healthy, mode_collapse, stalled, oscillating, diverged (family gan), 'posterior_collapse' got"]),
        (SOUND["trend"] + ", outcome: dead_components", ["claims[0].outcome: must be one of failed"]),
        (SOUND["equivalence"].replace("metric: final_coverage, margin: 0.1", "margin: 1"), ["claims[0].margin: must be less than 1, the largest difference of shares, 1 got"]),
        (SOUND["equivalence"].replace(", margin: 0.1", ""), ["claims[0].margin: is required"]),
        (SOUND["equivalence"].replace("0.1", "0"), ["claims[0].margin: must be more than 0, 0 got"]),
        (SOUND["equivalence"] + ", expect: lower", ["claims[0].expect: unknown key"]),
        (SOUND["trend"].replace(f"along: {LR}", "along: optimizer.learning"), ["claims[0].along: names no axis of this study, 'optimizer.learning' got; nearest: optimizer.learning_rate"]),
        (SOUND["trend"] + f", within: {{{LR}: 1e-3}}", ["claims[0]: needs at least two values of optimizer.learning_rate among the arms it selects, [0.001] got"]),
        (SOUND["identical"].replace("family.regularizer.weight", "target.std"), ["claims[0].vary: names no axis of this study, 'target.std' got"]),
        (SOUND["stable_region"].replace(", within: {optimizer.learning_rate: [1e-3, 2e-3]}", ""), ["claims[0]: no complete cell is left"]),
        (SOUND["rate"] + ", margin: 1", ["claims[0].margin: must be less than 1, the largest difference of shares, 1 got"]),
        (SOUND["rate"].replace("lower", "not_higher") + ", margin: 1", ["claims[0].margin: must be less than 1, the largest difference of shares, 1 got"]),
        (SOUND["onset"] + ", margin: 1200", ["claims[0].margin: must be less than 1200, the whole budget in rounds, 1200 got"]),
        (SOUND["score"] + ", margin: 1", ["claims[0].margin: must be less than 1, the largest difference of final_coverage, 1 got"]),
        (SOUND["score"] + ", given: healthy, margin: 1", ["claims[0].margin: must be less than 1, the largest difference of final_coverage, 1 got"]),
        (SOUND["score"].replace("coverage", "modes") + ", margin: 8", ["claims[0].margin: must be less than 8, the largest difference of final_modes, 8 got"]),
        (SOUND["trend"] + ", margin: 0.5", ["claims[0].margin: must be less than 0.5, the steepest slope of shares per step of optimizer.learning_rate, 0.5 got"]),
        (SOUND["interaction"] + ", margin: 2", ["claims[0].margin: must be less than 2, the largest difference of effects on shares, 2 got"]),
        (SOUND["interaction"].replace("across: {family.batch_norm: [true, false]}", f"along: {LR}, within: {{{LR}: [1e-3, 2e-3]}}, metric: severity") + ", margin: 2", ["claims[0].margin: must be less than 2, the largest difference of slopes of severity per step of optimizer.learning_rate, 2 got"]),
        (SOUND["stable_region"] + ", margin: 2", ["claims[0].margin: must be less than 2, the number of values of optimizer.learning_rate, 2 got"]),
        (SOUND["equivalence"].replace("0.1", "1"), ["claims[0].margin: must be less than 1, the largest difference of final_coverage, 1 got"]),
        (SOUND["identical"] + ", margin: 0.1", ["claims[0].margin: has no place in a claim that any difference refutes, 0.1 got; leave it out"]),
        (SOUND["score"] + ", given: ranked, margin: 1", ["claims[0].margin: must be less than 1, the largest net share of pairs, 1 got"]),
        (UNBOUNDED, ["claims[0].given: counts a run without a value as the worst, and final_spread has no worst value, 'all' got; {given: ranked} compares pairs of runs instead, and its margin is a share of them; {given: healthy} leaves failed runs out"]),
        (UNBOUNDED + ", margin: 0.1", ["claims[0].given: counts a run without a value as the worst"]),
        (UNBOUNDED + ", given: healthy, margin: 0.1", ["claims[0].margin: can never be met: final_spread has no bounds, so its effect has no interval, 0.1 got; {given: ranked} compares pairs of runs instead"]),
        (UNBOUNDED.replace("higher", "not_lower") + ", given: healthy, margin: 0.1", ["claims[0].margin: can never be met"]),
        (SOUND["trend"] + ", metric: best_spread, margin: 0.1", ["claims[0].margin: can never be met: best_spread has no bounds, so its effect has no interval, 0.1 got; leave margin out, or take a metric with bounds, such as final_coverage"]),
        (SOUND["interaction"] + ", metric: best_spread, margin: 0.1", ["claims[0].margin: can never be met: best_spread has no bounds"]),
        (SOUND["equivalence"].replace("final_coverage", "final_spread"), ["claims[0].margin: can never be met: final_spread has no bounds, so its effect has no interval, 0.1 got; a metric with bounds, such as final_coverage, or an outcome"]),
        (SOUND["rate"] + ", strict: true", ["claims[0].strict: needs a margin above 0, which the whole interval must then reach, true got"]),
        (SOUND["rate"] + ", strict: yes, margin: 0.1", ["claims[0].strict: must be true or false, 'yes' got"]),
        (SOUND["rate"].replace("lower", "not_higher") + ", strict: true, margin: 0.1", ["claims[0].strict: belongs to claims of a difference in one direction, not to not_higher, true got"]),
        (SOUND["equivalence"] + ", strict: true", ["claims[0].strict: belongs to claims of a difference in one direction, not to equivalence, true got"]),
        (SOUND["identical"] + ", strict: true", ["claims[0].strict: belongs to claims of a difference in one direction, not to identical, true got"]),
        (SOUND["rate"] + ", note: 3", ["claims[0].note: must be text"]),
        (SOUND["score"] + ", margin: -1", ["claims[0].margin: must be at least 0, -1 got; nearest: 0"]),
        (SOUND["score"].replace("higher", "not_higher"), ["claims[0].margin: must be more than 0 for expect: not_higher, 0 got"]),
        (SOUND["score"].replace("higher", "not_lower"), ["claims[0].margin: must be more than 0 for expect: not_lower, 0 got"]),
        (SOUND["score"].replace("higher", "hihger"), ["claims[0].expect: must be one of lower, higher, not_higher, not_lower, 'hihger' got; nearest: higher"]),
        (SOUND["score"].replace("final_coverage", "final_covrage"), ["claims[0].metric: must be one of severity, final_coverage, best_coverage, final_modes, best_modes, final_high_quality, best_high_quality, final_spread, best_spread (family gan), 'final_covrage' got; nearest: final_coverage"]),
        (SOUND["score"].replace("final_coverage", "best_log_likelihood"), ["claims[0].metric: must be one of severity"]),
        (SOUND["score"].replace(", metric: final_coverage", ""), ["claims[0].metric: is required"]),
        (SOUND["score"] + ", given: heathy", ["claims[0].given: must be one of all, healthy, ranked, 'heathy' got; nearest: healthy"]),
        (SOUND["score"] + ", outcome: failed", ["claims[0].outcome: unknown key"]),
        ("kind: scoer", ["claims[0].kind: must be one of rate, onset, score, trend, interaction, stable_region, equivalence, identical, 'scoer' got; nearest: score"]),
        ("kind: 3", ["claims[0].kind: must be one of"]),
        ("knd: rate", ["claims[0].kind: is required, one of rate"]),
    ],
)  # fmt: skip
def test_claims_that_cannot_be_judged_are_refused(
    refused: Callable[[str], list[str]], claim: str, expected: list[str]
) -> None:
    """Place, rule, value and nearest choice, and nothing beside them."""
    found = refused(claim)
    assert len(found) == len(expected), found
    assert all(got.startswith(want) for got, want in zip(found, expected, strict=True)), found


def test_ids_are_unique_and_well_formed(problems: Callable[..., tuple[Problem, ...]]) -> None:
    """Claim ids are [A-Za-z0-9_.-]+ and each is used once."""
    claims = "".join(
        f"  - {{id: {name}, says: s, {SOUND['rate']}}}\n" for name in ("A", "A", "'B c'")
    )
    found = problems(BASE + claims)
    assert [problem.path for problem in found] == ["claims[1].id", "claims[2].id"]


def test_the_outcome_defaults_to_failed_unless_a_metric_is_given(
    study_with: Callable[[str], Study],
) -> None:
    """After loading exactly one of outcome and metric is set."""
    by_outcome: Any = study_with(SOUND["trend"]).claims[0]
    by_metric: Any = study_with(SOUND["trend"] + ", metric: severity").claims[0]
    assert (by_outcome.outcome, by_outcome.metric) == ("failed", None)
    assert (by_metric.outcome, by_metric.metric) == (None, "severity")


def test_a_score_is_of_all_runs_unless_it_says_otherwise(
    study_with: Callable[[str], Study],
) -> None:
    """A difference of means is in the metric's unit, so its margin may be above 1."""
    modes = SOUND["score"].replace("final_coverage", "final_modes") + ", margin: 1.5"
    of_all: Any = study_with(modes).claims[0]
    healthy: Any = study_with(modes + ", given: healthy").claims[0]
    assert (of_all.given, of_all.margin) == ("all", 1.5)
    assert (healthy.given, healthy.margin) == ("healthy", 1.5)


@pytest.mark.parametrize("given", ["healthy", "ranked"])
def test_a_metric_without_bounds_may_be_claimed_about_where_it_needs_no_worst_value(
    study_with: Callable[[str], Study], given: str
) -> None:
    """Without a margin; of ranked runs with one, too, for pairs won have bounds."""
    claim: Any = study_with(f"{UNBOUNDED}, given: {given}").claims[0]
    assert (claim.given, claim.margin) == (given, 0)
    assert study_with(f"{UNBOUNDED}, given: ranked, margin: 0.2").claims[0].margin == 0.2


def test_a_note_and_strict_are_kept(study_with: Callable[[str], Study]) -> None:
    """Neither is there unless it is said."""
    plain = study_with(SOUND["rate"]).claims[0]
    assert (plain.note, plain.strict) == (None, False)
    said = study_with(SOUND["rate"] + ", margin: 0.1, strict: true, note: Mind the room.").claims[0]
    assert (said.note, said.strict) == ("Mind the room.", True)


def test_list_valued_axes_can_be_selected(study_with: Callable[[str], Study]) -> None:
    """A list is one value of `betas`; a list of lists is several."""
    claim: Any = study_with(
        "kind: rate, treatment: {optimizer.betas: [0, 0.9]}, "
        "control: {optimizer.betas: [0.5, 0.999]}, expect: lower"
    ).claims[0]
    assert claim.treatment == {"optimizer.betas": (0.0, 0.9)}
    within: Any = study_with(SOUND["rate"] + ", within: {optimizer.betas: [0, 0.9]}").claims[0]
    assert within.within == {"optimizer.betas": ((0.0, 0.9),)}


def test_one_replicate_is_enough_for_identical_alone(load: Callable[..., Study]) -> None:
    """Identity is checked run by run; all else is tested over replicates."""
    one = BASE.replace("replicates: 2", "replicates: 1")
    assert load(f"{one}  - {{id: A, says: s, {SOUND['identical']}}}").replicates == 1


def test_metrics_are_columns_of_the_results() -> None:
    """A claim may read severity, the signals every run has, and its own family's metrics."""
    from vistab.collapse.signals import SIGNALS
    from vistab.spec.families import FAMILIES
    from vistab.spec.metrics import SIGNAL_METRICS, claimable

    assert set(SIGNAL_METRICS) <= set(SIGNALS)
    for family in FAMILIES.values():
        own = {f"{when}_{name}" for name in family.metrics for when in ("final", "best")}
        assert {"severity", "final_coverage", *own} <= set(claimable(family.metrics))


def test_an_outcome_of_the_familys_own_may_be_claimed(load: Callable[..., Study]) -> None:
    """The em has components that may die, which a gan has not (above)."""
    study = load(
        "study: s\ntarget: {kind: ring}\nfamily: {kind: em}\nreplicates: 2\n"
        "axes: {family.components: [4, 8]}\nclaims: [{id: A, says: s, kind: trend, "
        "along: family.components, outcome: dead_components, expect: higher}]\n"
    )
    claim: Any = study.claims[0]
    assert claim.outcome == "dead_components"


def test_a_familys_own_metrics_may_be_claimed(load: Callable[..., Study]) -> None:
    """The em has a log-likelihood, which a gan has not (above)."""
    study = load(
        "study: s\ntarget: {kind: ring}\nfamily: {kind: em}\nreplicates: 2\n"
        "axes: {family.components: [4, 8]}\nclaims: [{id: A, says: s, kind: trend, "
        "along: family.components, metric: best_log_likelihood, expect: higher}]\n"
    )
    claim: Any = study.claims[0]
    assert claim.metric == "best_log_likelihood"
