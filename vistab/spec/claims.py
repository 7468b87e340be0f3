"""What may be claimed: one spec model a kind of claim (the table of the claim kinds)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat

from vistab.spec.base import Spec

Value = bool | int | float | str
Selector = dict[str, Value]
"""A partial assignment of axes, or `{"arm": NAME}`."""
Within = dict[str, Value | tuple[Value, ...]]
Outcome = Literal[
    "failed",
    "mode_collapse",
    "stalled",
    "oscillating",
    "diverged",
    "posterior_collapse",
    "healthy",
]


class ClaimSpec(Spec):
    """What every claim has."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
    says: str
    kind: str
    source: str | None = None
    within: Within = {}
    margin: NonNegativeFloat = 0.0


class ComparisonSpec(ClaimSpec):
    """A claim that sets a treatment against one control, or against each of several."""

    treatment: Selector
    control: Selector | tuple[Selector, ...]


class RateClaim(ComparisonSpec):
    """The share of runs with `outcome` differs between treatment and control."""

    kind: Literal["rate"]
    outcome: Outcome = "failed"
    expect: Literal["lower", "higher", "not_higher", "not_lower"]


class OnsetClaim(ComparisonSpec):
    """Failure (or convergence) comes later or sooner: difference of mean(min(T, rounds))."""

    kind: Literal["onset"]
    event: Literal["failure", "convergence"]
    expect: Literal["later", "sooner"]


class TrendClaim(ClaimSpec):
    """The outcome or metric rises or falls along the order of an axis."""

    kind: Literal["trend"]
    along: str
    outcome: Outcome | None = None
    metric: str | None = None
    arms: Selector = {}
    expect: Literal["lower", "higher"]


class InteractionClaim(ComparisonSpec):
    """The effect differs between two values of an axis, or its slope along an axis does."""

    kind: Literal["interaction"]
    across: dict[str, tuple[Value, Value]] | None = None
    along: str | None = None
    outcome: Outcome | None = None
    metric: str | None = None
    expect: Literal["lower", "higher"]


class StableRegionClaim(ComparisonSpec):
    """The longest unbroken stretch of healthy values of an axis is wider or narrower."""

    kind: Literal["stable_region"]
    along: str
    expect: Literal["wider", "narrower"]


class IdenticalClaim(ClaimSpec):
    """Runs that differ in the axis `vary` alone have exactly the same histories."""

    kind: Literal["identical"]
    vary: str


CLAIMS: dict[str, type[ClaimSpec]] = {
    "rate": RateClaim,
    "onset": OnsetClaim,
    "trend": TrendClaim,
    "interaction": InteractionClaim,
    "stable_region": StableRegionClaim,
    "identical": IdenticalClaim,
}
