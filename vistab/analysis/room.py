"""Where a claim had no room: levels at which every run, or none, had the outcome.

Where both sides are at the same end of the scale, no benefit could have been seen, whatever the
truth; a verdict there says little about the treatment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vistab.analysis.claims.base import Evidence
from vistab.analysis.ruled import Ruled
from vistab.analysis.ruling import SIGNS
from vistab.analysis.wording import COUNTED, say_selector, say_value, say_values
from vistab.spec.claims import ClaimSpec

ENDS = (0.0, 1.0)


def no_room(ruled: Ruled) -> tuple[str, ...]:
    """A sentence for each place without room, about the control that the verdict shows."""
    if ruled.against is None:
        return ()
    claim, evidence = ruled.found.claim, ruled.against.evidence
    if claim.kind == "trend":
        return tuple(_along(claim, evidence))
    control = getattr(claim, "control", {})
    shown = control if isinstance(control, Mapping) else control[ruled.shown]
    return tuple(_between_sides(claim, evidence, say_selector(shown)))


def _along(claim: Any, evidence: Evidence) -> Iterator[str]:
    """Neighbouring levels at the end that the claim expects values to move to."""
    if claim.metric is not None:
        return
    end = 1.0 if SIGNS[claim.expect] > 0 else 0.0
    at_end = [
        level
        for level, share in zip(
            evidence.details["levels"], evidence.details["level_means"], strict=True
        )
        if share == end
    ]
    if len(at_end) > 1:
        who = f"{'all runs' if end else 'no run'} {COUNTED[claim.outcome or 'failed']}"
        where = f"at {claim.along} {say_values(at_end)}"
        change = "a rise" if end else "a fall"
        yield f"{who} {where}: there was no room for {change} there"


def _between_sides(claim: ClaimSpec, evidence: Evidence, control: str) -> Iterator[str]:
    """Levels at which both sides, or the control in the expected direction, are at an end."""
    counted = _counted(claim)
    for where, treatment, of_control in _shares(claim, evidence):
        if counted is None or of_control not in ENDS:
            continue
        if treatment == of_control:
            who = "all runs of both sides" if of_control else "no run of either side"
            yield f"{who} {counted}{where}: there was no room to show a difference"
        elif _pushes_against(claim, of_control):
            who = "all runs" if of_control else "no run"
            more = "more" if of_control else "fewer"
            yield f"{who} with {control} {counted}{where}: there was no room for {more}"


def _pushes_against(claim: ClaimSpec, end: float) -> bool:
    """Does a rate claim expect what lies beyond this end of the scale?"""
    beyond = "higher" if end else "lower"
    return claim.kind == "rate" and getattr(claim, "expect", None) == beyond


def _counted(claim: ClaimSpec) -> str | None:
    """What runs did that are counted; None for claims about a metric's values."""
    if claim.kind == "score":
        return COUNTED["failed"] if getattr(claim, "given", None) == "ranked" else None
    if claim.kind == "stable_region":
        return COUNTED["healthy"]
    if claim.kind == "onset":
        return COUNTED["failed"] if getattr(claim, "event", None) == "failure" else "converged"
    if getattr(claim, "metric", None) is not None or claim.kind == "identical":
        return None
    return COUNTED[getattr(claim, "outcome", None) or "failed"]


def _shares(claim: Any, evidence: Evidence) -> Iterator[tuple[str, float, float]]:
    """The share of each side's runs that are counted, by place: where, treatment, control."""
    details = evidence.details
    if claim.kind == "interaction":
        axis, levels = claim.along or next(iter(claim.across)), details["levels"]
        sides = details["means"]["treatment"], details["means"]["control"]
        for level, *shares in zip(levels, *sides, strict=True):
            yield f" at {axis} {say_value(level)}", shares[0], shares[1]
    elif claim.kind == "score":
        yield "", details["failed"]["treatment"], details["failed"]["control"]
    elif claim.kind == "stable_region":
        shares = [set(details["healthy"][side]) for side in ("treatment", "control")]
        if all(len(share) == 1 for share in shares):
            yield "", shares[0].pop(), shares[1].pop()
    elif claim.kind == "onset":
        curves = [details["survival"][side] for side in ("treatment", "control")]
        yield "", 1 - curves[0]["survival"][-1], 1 - curves[1]["survival"][-1]
    elif evidence.treatment is not None and evidence.control is not None:
        yield "", float(evidence.treatment.mean()), float(evidence.control.mean())
