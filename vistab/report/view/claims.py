"""The verdicts as the forest plot and the cards need them. Every number stems from a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vistab.analysis.ruling import SIGNS
from vistab.analysis.verdict import Verdict
from vistab.analysis.wording import count
from vistab.report.words import axis_name, listed, metric_name, outcome_name
from vistab.spec.claims import NON_INFERIORITY, ClaimSpec

WORDS = ("supported", "refuted", "inconclusive", "void")
ADJECTIVES = frozenset({"failed", "healthy", "oscillating", "stalled", "diverged"})
EVENTS = {"failure": "not failed yet", "convergence": "not converged yet"}


@dataclass(frozen=True)
class ForestRow:
    """One claim on the forest plot, oriented so that the declared direction is to the right.

    effect, low, high: in margins when the claim has one (`standardised`), else on the claim's own
    scale with the largest of them at 1; None where there is nothing to draw. `marks`: the margins.
    `labels` names what the claim's figure shows: measured, axis, event. `note`: the caution that
    the study's authors gave with the claim.
    """

    verdict: Verdict
    effect: float | None
    low: float | None
    high: float | None
    marks: tuple[float, ...]
    standardised: bool
    labels: Mapping[str, str]
    note: str = ""


def forest_row(verdict: Verdict, claim: ClaimSpec | None = None) -> ForestRow:
    """Orient and standardise a verdict's effect and interval."""
    sign = SIGNS.get(verdict.expect or "", 1)
    low, high = verdict.interval if verdict.interval else (verdict.effect, verdict.effect)
    drawn = [value for value in (verdict.effect, low, high) if value is not None]
    unit = verdict.margin or max((abs(value) for value in drawn), default=0.0) or 1.0
    effect, *ends = (None if v is None else sign * v / unit for v in (verdict.effect, low, high))
    known = sorted(end for end in ends if end is not None)
    return ForestRow(
        verdict,
        effect,
        known[0] if known else None,
        known[-1] if known else None,
        _marks(verdict),
        verdict.margin > 0,
        figure_labels(claim),
        claim.note or "" if claim else "",
    )


def figure_labels(claim: ClaimSpec | None) -> dict[str, str]:
    """What a claim's figure measures, along which axis and until which event, in words."""
    axis = getattr(claim, "along", None) or next(iter(getattr(claim, "across", None) or ()), None)
    return {
        "measured": measured(claim),
        "axis": axis_name(axis) if axis else "level",
        "event": EVENTS.get(getattr(claim, "event", ""), "without the event yet"),
    }


def measured(claim: ClaimSpec | None) -> str:
    """What a claim reads off runs, as the label of an axis."""
    metric = getattr(claim, "metric", None)
    if metric is None:
        return runs_that(getattr(claim, "outcome", None) or "failed")
    pairs = getattr(claim, "given", "healthy") != "healthy"
    return f"pairs with the higher {metric_name(metric)}" if pairs else metric_name(metric)


def runs_that(outcome: str) -> str:
    """`failed runs`, `runs with mode collapse`: outcomes are told as adjectives or as nouns."""
    name = outcome_name(outcome)
    return f"{name} runs" if outcome in ADJECTIVES else f"runs with {name}"


def _marks(verdict: Verdict) -> tuple[float, ...]:
    if verdict.margin == 0:
        return ()
    if verdict.kind == "equivalence":
        return (-1.0, 1.0)
    return (-1.0,) if verdict.expect in NON_INFERIORITY else (1.0,)


def forest_reach(rows: Sequence[ForestRow]) -> float:
    """The half width of the axis in margins: the furthest end drawn, 1.5 to 12."""
    ends = [
        abs(v) for row in rows if row.standardised for v in (row.low, row.high) if v is not None
    ]
    return min(12.0, max(1.5, *ends, 0)) if ends else 1.5


def answer(
    verdicts: Sequence[Verdict], n_runs: int, replicates: int, *, searched: bool = False
) -> str:
    """The one-sentence answer: `5 of 8 claims supported, 1 refuted; 780 runs, 10 replicates`.

    searched: the runs are those that confirm what a search has found.
    """
    thing = "confirm run" if searched else "run"
    ran = f"{count(n_runs, thing)}, {count(replicates, 'replicate')}"
    if not verdicts:
        return f"No claims were declared; {ran}."
    counts: Counter[str] = Counter(verdict.verdict for verdict in verdicts)
    first = f"{counts['supported']} of {count(len(verdicts), 'claim')} supported"
    rest = [f"{counts[word]} {word}" for word in WORDS[1:] if counts[word]]
    return f"{', '.join([first, *rest])}; {ran}."


def compact_runs(run_ids: Sequence[str]) -> str:
    """Run ids by arm: `a12: r000 to r009`; gaps are written out."""
    arms: dict[str, list[int]] = {}
    for run_id in run_ids:
        arm, _, replicate = run_id.rpartition("-r")
        arms.setdefault(arm, []).append(int(replicate))
    return "; ".join(f"{arm}: {_ranges(sorted(numbers))}" for arm, numbers in sorted(arms.items()))


def _ranges(numbers: Sequence[int]) -> str:
    stretches: list[list[int]] = []
    for n in numbers:
        if stretches and n == stretches[-1][-1] + 1:
            stretches[-1].append(n)
        else:
            stretches.append([n])
    names = [f"r{s[0]:03d}" if len(s) == 1 else f"r{s[0]:03d} to r{s[-1]:03d}" for s in stretches]
    return listed(names)
