"""What may be claimed: one spec model a kind of claim (the table of the claim kinds)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from vistab.spec.base import CLAIM_ID, Spec
from vistab.spec.metrics import claimable
from vistab.spec.outcomes import Outcome

Value = bool | int | float | str
Selector = dict[str, Any]
"""A partial assignment of axes (each value has its axis's own type), or `{"arm": NAME}`."""
Within = dict[str, Any]
"""Axes with a value or a tuple of values each."""
MetricName = Annotated[str, Field(examples=list(claimable({})))]
"""A column of runs.parquet: severity, or final_ or best_ and a metric that the family has."""
ClaimedOutcome = Literal["failed", Outcome]
"""`failed` is any outcome but healthy."""

NON_INFERIORITY = ("not_higher", "not_lower")
"""What a claim may expect that is judged on one side of its margin alone."""


class AssumeSpec(Spec):
    """What `vistab plan` takes for granted as it simulates a claim's power; no verdict reads it.

    control: the share of the control's runs that have the outcome (of scores of ranked or healthy
    runs: that fail); of other claims about a metric, its mean as a share of its range. correlation:
    how alike the fates of one replicate's runs are, 0 not at all, 1 wholly (of the normal variables
    behind them).
    """

    control: Annotated[float, Field(gt=0, lt=1)] = 0.5
    correlation: Annotated[float, Field(ge=0, le=1)] = 0.5


class ClaimSpec(Spec):
    """What every claim has.

    note: a caution for the reader of its verdict; no verdict reads it. strict: a claim with a
    margin is supported only if its whole interval reaches the margin.
    """

    id: Annotated[str, Field(pattern=CLAIM_ID)]
    says: str
    kind: str
    source: str | None = None
    note: str | None = None
    within: Within = {}
    margin: NonNegativeFloat = 0.0
    strict: bool = False
    assume: AssumeSpec | None = None

    @property
    def has_p(self) -> bool:
        """Whether a test belongs to it: identity is exact, and whatever expects no difference goes
        by its interval.
        """
        return getattr(self, "expect", None) not in (None, *NON_INFERIORITY)


class ComparisonSpec(ClaimSpec):
    """A claim that sets a treatment against one control, or against each of several."""

    treatment: Selector
    control: Selector | tuple[Selector, ...]


class RateClaim(ComparisonSpec):
    """The share of runs with `outcome` differs between treatment and control."""

    kind: Literal["rate"]
    outcome: ClaimedOutcome = "failed"
    expect: Literal["lower", "higher", "not_higher", "not_lower"]


class OnsetClaim(ComparisonSpec):
    """Failure (or convergence) comes later or sooner: difference of mean(min(T, rounds))."""

    kind: Literal["onset"]
    event: Literal["failure", "convergence"]
    expect: Literal["later", "sooner"]


class ScoreClaim(ComparisonSpec):
    """A metric is higher or lower: on average over runs (`all`, `healthy`), or in more pairs.

    all: every run counts with its metric, one without a value at the metric's worst bound.
    healthy: only pairs in which neither side failed; how many failed is reported beside it.
    ranked: the share of pairs won less the share lost, a failed run below every healthy one.
    """

    kind: Literal["score"]
    metric: MetricName
    given: Literal["all", "healthy", "ranked"] = "all"
    expect: Literal["lower", "higher", "not_higher", "not_lower"]


class OutcomeOrMetric(ClaimSpec):
    """A claim about the share of runs with an outcome, or about the mean of a metric.

    After loading exactly one of the two is set; without either the outcome is `failed`.
    """

    outcome: ClaimedOutcome | None = None
    metric: MetricName | None = None

    @model_validator(mode="before")
    @classmethod
    def _failed_by_default(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("outcome") is None and data.get("metric") is None:
            return {**data, "outcome": "failed"}
        return data


class TrendClaim(OutcomeOrMetric):
    """The outcome or metric rises or falls along the order of an axis."""

    kind: Literal["trend"]
    along: str
    arms: Selector = {}
    expect: Literal["lower", "higher"]


class InteractionClaim(OutcomeOrMetric, ComparisonSpec):
    """The effect differs between two values of an axis, or its slope along an axis does."""

    kind: Literal["interaction"]
    across: dict[str, tuple[Any, Any]] | None = None
    along: str | None = None
    expect: Literal["lower", "higher"]


class StableRegionClaim(ComparisonSpec):
    """The longest unbroken stretch of healthy values of an axis is wider or narrower."""

    kind: Literal["stable_region"]
    along: str
    expect: Literal["wider", "narrower"]


class EquivalenceClaim(OutcomeOrMetric, ComparisonSpec):
    """The difference between treatment and control lies within the margin, either way."""

    kind: Literal["equivalence"]
    margin: PositiveFloat


class IdenticalClaim(ClaimSpec):
    """Runs that differ in the axis `vary` alone have exactly the same histories."""

    kind: Literal["identical"]
    vary: str


CLAIMS: dict[str, type[ClaimSpec]] = {
    "rate": RateClaim,
    "onset": OnsetClaim,
    "score": ScoreClaim,
    "trend": TrendClaim,
    "interaction": InteractionClaim,
    "stable_region": StableRegionClaim,
    "equivalence": EquivalenceClaim,
    "identical": IdenticalClaim,
}
