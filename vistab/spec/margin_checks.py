"""What a claim's margin, and the metric that it is compared with, must satisfy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vistab.spec.claims import NON_INFERIORITY, ClaimSpec, EquivalenceClaim, ScoreClaim
from vistab.spec.metrics import Metric, has_bounds


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
    if metric is not None and not has_bounds(metric, own):
        yield from _without_bounds(claim, metric)


def _size(claim: ClaimSpec) -> Iterator[KeyProblem]:
    expect = getattr(claim, "expect", None)
    if expect in NON_INFERIORITY and claim.margin == 0:
        yield KeyProblem("margin", f"must be more than 0 for expect: {expect}", claim.margin)
    if isinstance(claim, EquivalenceClaim) and claim.metric is None and claim.margin >= 1:
        rule = "must be less than 1, the largest difference of shares"
        yield KeyProblem("margin", rule, claim.margin)
    if isinstance(claim, ScoreClaim) and claim.given == "ranked" and claim.margin >= 1:
        rule = "must be less than 1, the largest net share of pairs"
        yield KeyProblem("margin", rule, claim.margin)


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
