"""What the judge should say: written from docs/claims.md alone, sharing no code with vistab.

It reads a study as the plain dict of its file and a table with a row per planned run, computes in
fractions, enumerates every choice of signs, and finds the ends of intervals by a root finder.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd
from oracle_cells import Compared, Row, Slots, arms_of, columns_of, compared
from oracle_statistics import betting, exactly, holm, mean, sign_flip

UPWARDS = {"higher": 1, "later": 1, "wider": 1, "lower": -1, "sooner": -1, "narrower": -1}
NOT_WORSE = {"not_higher": -1, "not_lower": 1}
METRICS = {"final_coverage": (1, "higher"), "severity": (1, "lower"), "final_modes": (8, "higher")}
"""Largest value (the least is 0; there are 8 modes), and which way is better."""


@dataclass(frozen=True)
class Against:
    """Effects by replicate against one control, and what they must lie within."""

    effects: dict[int, Fraction]
    most: Fraction

    @property
    def effect(self) -> Fraction:
        """Their mean."""
        return mean(self.effects.values())

    def interval(self, alpha: Fraction) -> tuple[float, float]:
        """For the mean effect, at 1 - alpha."""
        return betting(
            [float(e / self.most) for e in self.effects.values()], float(alpha), self.most
        )


@dataclass
class Answer:
    """The answer to one claim. `at_an_edge`: a number is too close to a bound to call in floats."""

    id: str
    word: str = "void"
    effects: tuple[Fraction, ...] = ()
    effect: Fraction | None = None
    intervals: tuple[tuple[float, float], ...] = ()
    p: Fraction | None = None
    p_holm: Fraction | None = None
    n_cells: int = 0
    n_left_out: int = 0
    n_runs: int = 0
    n_replicates: int = 0
    at_an_edge: bool = False


def answers(study: Mapping[str, Any], table: pd.DataFrame) -> list[Answer]:
    """What is to be said of every claim of the study, in order."""
    rows = [row for row in table.to_dict("records") if row["role"] == "confirm"]
    assert arms_of(study) == {tuple(row[c] for c in columns_of(study)) for row in rows}
    alpha = exactly(study["alpha"])
    found = [(claim, *gathered(study, claim, rows)) for claim in study["claims"]]
    tested = [
        (answer, claim_p(claim, against) if answer.word != "void" else Fraction(1))
        for claim, answer, against in found
        if has_p(claim)
    ]
    for (answer, p), p_holm in zip(tested, holm([p for _, p in tested]), strict=True):
        if answer.word != "void":
            answer.p, answer.p_holm = p, p_holm
    for claim, answer, against in found:
        if answer.word != "void":
            others = [p for other, p in tested if other is not answer]
            rule(claim, answer, against, alpha, others)
    return [answer for _, answer, _ in found]


class Void(Exception):
    """There is no answer."""


def gathered(
    study: Mapping[str, Any], claim: Mapping[str, Any], rows: Sequence[Row]
) -> tuple[Answer, list[Against]]:
    """The answer's counts, and the effects against each control; none if the claim is void."""
    if claim["kind"] == "trend":
        every = [compared(study, claim, {"arms": claim.get("arms", {})}, rows)]
    else:
        controls = claim["control"] if isinstance(claim["control"], list) else [claim["control"]]
        every = [
            compared(study, claim, {"treatment": claim["treatment"], "control": c}, rows)
            for c in controls
        ]
    runs = {
        row["run_id"]: row
        for one in every
        for slots in one.cells.values()
        for group in slots.values()
        for row in group
    }
    answer = Answer(
        claim["id"],
        n_cells=sum(len(one.cells) for one in every),
        n_left_out=sum(one.n_left_out for one in every),
        n_runs=len(runs),
        n_replicates=len({key[0] for one in every for key in one.cells}),
    )
    if any(row["status"] != "finished" for row in runs.values()):
        return answer, []
    try:
        against = [effects(study, claim, one) for one in every]
    except Void:
        return answer, []
    answer.word = "inconclusive"
    answer.n_replicates = len({replicate for one in against for replicate in one.effects})
    return answer, against


def effects(study: Mapping[str, Any], claim: Mapping[str, Any], found: Compared) -> Against:
    """By replicate: the mean over its cells."""
    of_cell = CELL_EFFECTS[claim["kind"]]
    by_replicate: dict[int, list[Fraction]] = defaultdict(list)
    for (replicate, *_), slots in found.cells.items():
        effect = of_cell(study, claim, slots, found.levels)
        if effect is not None:
            by_replicate[replicate].append(effect)
    if not by_replicate:
        raise Void
    most = largest(study, claim, len(found.levels))
    return Against({r: mean(cells) for r, cells in by_replicate.items()}, most)


def largest(study: Mapping[str, Any], claim: Mapping[str, Any], n: int) -> Fraction:
    """The largest effect there can be, the table of docs/claims.md."""
    if claim["kind"] == "onset":
        return Fraction(study["budget"]["rounds"])
    if claim["kind"] == "stable_region":
        return Fraction(n)
    reach = Fraction(METRICS[claim["metric"]][0]) if "metric" in claim else Fraction(1)
    if claim["kind"] == "score" and claim.get("given") == "ranked":
        reach = Fraction(1)
    steepest = Fraction(6 * (n * n // 4), n * (n * n - 1)) if n > 1 else Fraction(1)
    if claim["kind"] == "trend":
        return reach * steepest
    if claim["kind"] == "interaction":
        return 2 * reach * (steepest if "along" in claim else 1)
    return reach


def number(study: Mapping[str, Any], claim: Mapping[str, Any], row: Row) -> Fraction:
    """What a claim reads off a run."""
    if claim["kind"] == "onset":
        return time_of(study, claim, row)
    if "metric" in claim:
        return metric(claim, row)
    asked = claim.get("outcome", "failed")
    had = row["outcome"] != "healthy" if asked == "failed" else row["outcome"] == asked
    return Fraction(int(had))


def time_of(study: Mapping[str, Any], claim: Mapping[str, Any], row: Row) -> Fraction:
    """When it happened, in rounds: never is the budget, and a stalled run has failed at 0."""
    if claim["event"] == "failure" and row["outcome"] == "stalled":
        return Fraction(0)
    when = row["onset_round" if claim["event"] == "failure" else "converged_round"]
    rounds = study["budget"]["rounds"]
    return Fraction(rounds if pd.isna(when) else min(int(when), rounds))


def metric(claim: Mapping[str, Any], row: Row) -> Fraction:
    """A run's metric; the worst there is if it has none."""
    most, better = METRICS[claim["metric"]]
    value = row[claim["metric"]]
    if not math.isfinite(value):
        return Fraction(0 if better == "higher" else most)
    return exactly(value)


def side(study: Any, claim: Any, slots: Slots, name: str, level: Any) -> Fraction:
    """The mean of the runs of one side at one level of a cell."""
    return mean(number(study, claim, row) for row in slots[name, level])


def difference(study: Any, claim: Any, slots: Slots, levels: list[Any]) -> Fraction:
    """Treatment less control."""
    return side(study, claim, slots, "treatment", None) - side(study, claim, slots, "control", None)


def score(study: Any, claim: Any, slots: Slots, levels: list[Any]) -> Fraction | None:
    """By what becomes of the runs that failed."""
    if claim.get("given", "all") == "all":
        return difference(study, claim, slots, levels)
    if claim["given"] == "ranked":
        pairs = itertools.product(slots["treatment", None], slots["control", None])
        return mean(Fraction(ahead(claim, *pair)) for pair in pairs)
    healthy: Slots = {
        slot: [row for row in group if row["outcome"] == "healthy"] for slot, group in slots.items()
    }
    return difference(study, claim, healthy, levels) if all(healthy.values()) else None


def ahead(claim: Any, treatment: Row, control: Row) -> int:
    """1 if the treatment's run has the higher value, -1 if the lower; failed runs are the worst."""
    worst = -1 if METRICS[claim["metric"]][1] == "higher" else 1
    failed = [row["outcome"] != "healthy" for row in (treatment, control)]
    if any(failed):
        return 0 if all(failed) else worst if failed[0] else -worst
    own, other = metric(claim, treatment), metric(claim, control)
    return (own > other) - (own < other)


def slope(values: Sequence[Fraction]) -> Fraction:
    """Least squares, per step."""
    steps = [Fraction(2 * k - len(values) + 1, 2) for k in range(len(values))]
    return sum((s * v for s, v in zip(steps, values, strict=True)), Fraction(0)) / sum(
        s * s for s in steps
    )


def trend(study: Any, claim: Any, slots: Slots, levels: list[Any]) -> Fraction:
    """The slope along the levels."""
    return slope([side(study, claim, slots, "arms", level) for level in levels])


def interaction(study: Any, claim: Any, slots: Slots, levels: list[Any]) -> Fraction:
    """Of effects at two levels, or of slopes."""
    treatment, control = (
        [side(study, claim, slots, name, level) for level in levels]
        for name in ("treatment", "control")
    )
    if "along" in claim:
        return slope(treatment) - slope(control)
    return (treatment[0] - control[0]) - (treatment[1] - control[1])


def stable_region(study: Any, claim: Any, slots: Slots, levels: list[Any]) -> Fraction:
    """Longest healthy stretches, line by line."""
    lengths = []
    rest = [column for column in columns_of(study) if column != claim["along"]]
    for name in ("treatment", "control"):
        lines: dict[Any, dict[Any, Row]] = defaultdict(dict)
        for level in levels:
            for row in slots[name, level]:
                lines[tuple(row[c] for c in rest)][level] = row
        whole = [line for line in lines.values() if len(line) == len(levels)]
        if not whole:
            raise Void
        lengths.append(mean(Fraction(stretch(line, levels)) for line in whole))
    return lengths[0] - lengths[1]


def stretch(line: Mapping[Any, Row], levels: Sequence[Any]) -> int:
    """How many healthy runs stand in a row."""
    marks = "".join("x" if line[level]["outcome"] == "healthy" else "." for level in levels)
    return max(map(len, marks.split(".")))


CELL_EFFECTS: dict[str, Callable[..., Fraction | None]] = {
    "rate": difference,
    "onset": difference,
    "equivalence": difference,
    "score": score,
    "trend": trend,
    "interaction": interaction,
    "stable_region": stable_region,
}


def has_p(claim: Mapping[str, Any]) -> bool:
    """Claims of no difference go by their interval alone."""
    return claim.get("expect") in UPWARDS


def claim_p(claim: Mapping[str, Any], against: Sequence[Against]) -> Fraction:
    """The largest if all effects are as expected, else the smallest contrary one times them all."""
    sign = UPWARDS[claim["expect"]]
    contrary = [sign_flip(a.effects.values()) for a in against if sign * a.effect <= 0]
    if contrary:
        return min(Fraction(1), min(contrary) * len(against))
    return max(sign_flip(a.effects.values()) for a in against)


def rule(
    claim: Mapping[str, Any],
    answer: Answer,
    against: Sequence[Against],
    alpha: Fraction,
    others: Sequence[Fraction],
) -> None:
    """Fill in word, effect and interval. others: p of the other claims that have one."""
    margin, expect = float(claim.get("margin", 0)), claim.get("expect")
    sign = UPWARDS.get(expect, NOT_WORSE.get(expect, 1))
    usual = [turned(a.interval(alpha), sign) for a in against]
    strict = [turned(a.interval(alpha / len(against)), sign) for a in against]
    gains = [sign * a.effect for a in against]
    if expect is None:
        supported = all(-margin <= low and high <= margin for low, high in usual)
        refuting = [high < -margin or margin < low for low, high in strict]
    elif expect in NOT_WORSE:
        supported = all(low >= -margin for low, _ in usual)
        refuting = [high < -margin for _, high in strict]
    else:
        assert answer.p_holm is not None
        reached = [low if claim.get("strict") else high for low, high in usual]
        far = margin == 0 or all(end >= margin for end in reached)
        supported = answer.p_holm <= alpha and all(gain > 0 for gain in gains) and far
        refuting = [
            (margin > 0 and high < margin)
            or (gain < 0 and contrary_p(a, len(against), others) <= alpha)
            for a, gain, (_, high) in zip(against, gains, strict, strict=True)
        ]
    answer.word = "refuted" if any(refuting) else "supported" if supported else "inconclusive"
    pairs = zip(against, refuting, strict=True)
    deciding = [a for a, refutes in pairs if refutes or not any(refuting)]
    badness = [abs(a.effect) if expect is None else -sign * a.effect for a in deciding]
    shown = [a for a, bad in zip(deciding, badness, strict=True) if bad == max(badness)]
    answer.effect = shown[0].effect
    answer.effects = tuple(a.effect for a in shown)
    answer.intervals = tuple(a.interval(alpha) for a in shown)
    ends = [end for pair in (*usual, *strict) for end in pair]
    answer.at_an_edge = margin > 0 and any(abs(abs(end) - margin) < 1e-8 * margin for end in ends)


def contrary_p(one: Against, n_controls: int, others: Sequence[Fraction]) -> Fraction:
    """What Holm makes of the p of one of several controls, any of which may refute."""
    return holm([*others, min(Fraction(1), sign_flip(one.effects.values()) * n_controls)])[-1]


def turned(interval: tuple[float, float], sign: int) -> tuple[float, float]:
    """The interval with the expected direction up."""
    return interval if sign > 0 else (-interval[1], -interval[0])
