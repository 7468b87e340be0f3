"""What a claim's margin, and the metric that it is compared with, must satisfy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vistab.spec.claims import (
    NON_INFERIORITY,
    ClaimSpec,
    EquivalenceClaim,
    IdenticalClaim,
    InteractionClaim,
    OnsetClaim,
    ScoreClaim,
    StableRegionClaim,
    TrendClaim,
)
from vistab.spec.effects import metric_bounds
from vistab.spec.metrics import Metric
from vistab.spec.problems import show


class KeyProblem(NamedTuple):
    """What is wrong with one key of a claim."""

    key: str
    rule: str
    value: Any
    nearest: str | None = None


RANKED = "{given: ranked} compares pairs of runs instead, and its margin is a share of them"
HEALTHY = "{given: healthy} leaves failed runs out"


def margin_problems(claim: ClaimSpec, own: Mapping[str, Metric]) -> Iterator[KeyProblem]:
    """Whatever is wrong with margin, strict and given of a claim whose metric the study has.

    own: the metrics beside every run's.
    """
    yield from _size(claim)
    yield from _strict(claim)
    metric = getattr(claim, "metric", None)
    if metric is not None and metric_bounds(metric, own, most_modes=1) is None:
        yield from _without_bounds(claim, metric)


def too_large(claim: ClaimSpec, largest: float | None) -> KeyProblem | None:
    """A margin that no effect could fall short of, or none could reach."""
    if largest is None or claim.margin < largest:
        return None
    rule = f"must be less than {show(largest)}, {_largest(claim)}"
    return KeyProblem("margin", rule, claim.margin)


def _largest(claim: ClaimSpec) -> str:
    """What the largest effect of a claim is, in words."""
    measured = getattr(claim, "metric", None) or "shares"
    if isinstance(claim, OnsetClaim):
        return "the whole budget in rounds"
    if isinstance(claim, StableRegionClaim):
        return f"the number of values of {claim.along}"
    if isinstance(claim, ScoreClaim) and claim.given == "ranked":
        return "the largest net share of pairs"
    if isinstance(claim, TrendClaim):
        return f"the steepest slope of {measured} per step of {claim.along}"
    if isinstance(claim, InteractionClaim):
        slope = f"slopes of {measured} per step of {claim.along}"
        return f"the largest difference of {slope if claim.along else f'effects on {measured}'}"
    return f"the largest difference of {measured}"


def _size(claim: ClaimSpec) -> Iterator[KeyProblem]:
    expect = getattr(claim, "expect", None)
    if expect in NON_INFERIORITY and claim.margin == 0:
        yield KeyProblem("margin", f"must be more than 0 for expect: {expect}", claim.margin)
    if isinstance(claim, IdenticalClaim) and claim.margin > 0:
        rule = "has no place in a claim that any difference refutes"
        yield KeyProblem("margin", rule, claim.margin, "leave it out")


def _strict(claim: ClaimSpec) -> Iterator[KeyProblem]:
    """`strict` asks more of an effect in a direction with a margin, and of nothing else."""
    if claim.strict and not claim.has_p:
        asked = getattr(claim, "expect", claim.kind)
        rule = f"belongs to claims of a difference in one direction, not to {asked}"
        yield KeyProblem("strict", rule, claim.strict)
    elif claim.strict and claim.margin == 0:
        rule = "needs a margin above 0, which the whole interval must then reach"
        yield KeyProblem("strict", rule, claim.strict)


def _without_bounds(claim: ClaimSpec, metric: str) -> Iterator[KeyProblem]:
    """Such a metric has no worst value, and no interval that could be held against a margin."""
    given = getattr(claim, "given", None)
    if given == "all":
        rule = f"counts a run without a value as the worst, and {metric} has no worst value"
        yield KeyProblem("given", rule, given, f"{RANKED}; {HEALTHY}")
    elif claim.margin > 0 and given != "ranked":
        rule = f"can never be met: {metric} has no bounds, so its effect has no interval"
        yield KeyProblem("margin", rule, claim.margin, _way_out(claim))


def _way_out(claim: ClaimSpec) -> str:
    if isinstance(claim, ScoreClaim):
        return RANKED
    if isinstance(claim, EquivalenceClaim):
        return "a metric with bounds, such as final_coverage, or an outcome"
    return "leave margin out, or take a metric with bounds, such as final_coverage"
