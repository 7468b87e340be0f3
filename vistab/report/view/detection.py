"""What is told of one run that was ruled on: its answer, its stretches, its signals in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from vistab.analysis.wording import count
from vistab.collapse.detect import Detection
from vistab.collapse.detector import THRESHOLDS
from vistab.collapse.trajectory import spells
from vistab.report.view.happened import Floats
from vistab.report.words import NEVER, TickText, number, outcome_name, percent

MOST_NAMED: Final = 12
"""Lost modes that are named; of more, only their number is told."""

MANY: Final = 20
"""Samples of a mode at which chance moves its share by about a fifth."""

Fate = Literal["before", "healthy", "failing", "undecided"]


def scale_text(value: float) -> str:
    """A factor, however large: `1.02`, `350`, `3e12`; a dash for none."""
    if not np.isfinite(value) or 10 <= value < 1e4:
        return number(value)
    return f"{value:.2f}" if value < 10 else f"{value:.0e}".replace("e+", "e")


def ratio_text(value: float) -> str:
    """A ratio in whole percent, smaller ones as a share; a dash for none."""
    if not np.isfinite(value):
        return number(value)
    return percent(value) if value < 0.01 else f"{100 * value:.0f} %"


@dataclass(frozen=True)
class SignalWords:
    """A signal, what a reader calls it, what it measures, and how its values are written."""

    name: str
    title: str
    meaning: str
    text: TickText = ratio_text


SIGNALS: Final = (
    SignalWords("coverage", "Coverage", "share of the target that the samples cover, in balance"),
    SignalWords(
        "modes",
        "Modes held",
        f"modes with at least {percent(THRESHOLDS.held_share)} of their fair share",
        number,
    ),
    SignalWords(
        "high_quality",
        "High quality",
        "samples near a mode, relative to a perfect sampler; over 100 % is too narrow",
    ),
    SignalWords("spread", "Spread", "variety within modes, relative to a perfect sampler"),
    SignalWords(
        "scale", "Scale", "distance from the target\u2019s mean, relative to its own", scale_text
    ),
)
"""Shown in this order."""


@dataclass(frozen=True)
class Stretch:
    """Snapshots `start` to `end` (exclusive) of which the same is ruled.

    name: `mode collapse`; when: `from round 900 on`.
    """

    start: int
    end: int
    fate: Fate
    name: str
    when: str


def outcome_words(detection: Detection) -> str:
    """The outcome, or `undecided`."""
    return outcome_name(detection.outcome) if detection.outcome else "undecided"


def fate(detection: Detection) -> Fate:
    """Which of three the outcome is."""
    if detection.outcome is None:
        return "undecided"
    return "healthy" if detection.outcome == "healthy" else "failing"


def change(detection: Detection) -> int | None:
    """The round of the onset or, of a healthy run, of convergence; None without one."""
    healthy = detection.outcome == "healthy"
    return detection.converged_round if healthy else detection.onset_round


def change_name(detection: Detection) -> str:
    """What happened at that round; a failure at the first snapshot has no onset to be seen."""
    if detection.outcome == "healthy":
        return "converged"
    return NEVER if never_healthy(detection) else "onset"


def never_healthy(detection: Detection) -> bool:
    """Whether the run fails from its first snapshot on."""
    return detection.onset_round is not None and detection.onset_round == detection.rounds[0]


def change_words(detection: Detection) -> str:
    """`onset: round 900`, `never healthy`; nothing without a change."""
    since, name = change(detection), change_name(detection)
    return "" if since is None else name if name == NEVER else f"{name}: round {since:,}"


def answer(detection: Detection) -> str:
    """`Mode collapse from round 900 on: covers 2 of 8 modes; before: up to 8.`"""
    told, when = detection.evidence, ""
    if (since := change(detection)) is not None:
        told = told.replace(f" from round {since} on", "", 1)  # said once is enough
        when = f", {NEVER}" if never_healthy(detection) else f" from round {since} on"
    join = ", " if detection.outcome is None else ": "
    return sentence(outcome_words(detection) + when + join + told)


def sentence(words: str) -> str:
    """The words with a capital and a full stop; rounds and percent as everywhere on the page."""
    spaced = re.sub(r"(?<=\d) ?%", "\N{NO-BREAK SPACE}%", words)
    grouped = re.sub(r"(?<=round )\d+", lambda found: f"{int(found[0]):,}", spaced)
    return grouped[:1].upper() + grouped[1:].removesuffix(".") + "."


def stretches(detection: Detection) -> list[Stretch]:
    """What was ruled of all T snapshots: before and since the change, or one thing throughout."""
    since, end, its = change(detection), len(detection.rounds), fate(detection)
    if since is None:
        name = "healthy, only just" if its == "healthy" else outcome_words(detection)
        return [Stretch(0, end, its, name, "in all rounds")]
    k = int(np.searchsorted(detection.rounds, since))
    before = [Stretch(0, k, "before", "before", f"before round {since:,}")] if k else []
    last = Stretch(k, end, its, outcome_words(detection), f"from round {since:,} on")
    return [*before, last]


def course(detection: Detection) -> list[Stretch]:
    """The same, with what was before the change told apart: healthy for a while, or not."""
    *before, last = stretches(detection)
    found = [
        Stretch(a, b, "healthy", "healthy", _span(detection, a, b))
        if detection.healthy[a]
        else Stretch(a, b, "before", "not healthy", _span(detection, a, b))
        for a, b in spells(detection.healthy[: last.start])
    ]
    return [*(found if before else []), last]


def _span(detection: Detection, start: int, end: int) -> str:
    first, last = detection.rounds[start], detection.rounds[end - 1]
    return f"in round {first:,}" if first == last else f"in rounds {first:,} to {last:,}"


def edges(rounds: npt.NDArray[np.int64]) -> Floats:
    """Where the cell of each snapshot begins and ends, [T + 1]: halfway to its neighbours."""
    known = rounds.astype(float)
    if len(known) == 1:
        return np.array([known[0] - 0.5, known[0] + 0.5])
    middles = (known[1:] + known[:-1]) / 2
    return np.concatenate([[2 * known[0] - middles[0]], middles, [2 * known[-1] - middles[-1]]])


def not_finite(values: npt.NDArray[np.floating]) -> list[tuple[int, int]]:
    """Stretches of snapshots whose values [T] are not finite: the first and one past the last."""
    gone = ~np.isfinite(values)
    return [(a, b) for a, b in spells(gone) if gone[a]]


def of_fair(detection: Detection) -> Floats:
    """Each mode's share of the samples over its fair share, [T, m]; NaN where not finite."""
    return np.asarray(detection.signals["mode_shares"] / detection.fair_shares)


def typical(values: npt.NDArray[np.floating], stretch: Stretch) -> Floats:
    """Median over the finite snapshots of a stretch, [...] of values [T, ...]; NaN without one."""
    part = values[stretch.start : stretch.end].astype(float)
    part = part[np.isfinite(part.reshape(len(part), -1)).all(axis=1)]
    return np.asarray(np.median(part, axis=0) if len(part) else np.full(values.shape[1:], np.nan))


def lost_modes(detection: Detection) -> tuple[int, ...]:
    """Modes, counted from 1, with under a quarter of their fair share in the last stretch."""
    since = typical(of_fair(detection), stretches(detection)[-1])
    return tuple((np.flatnonzero(since < THRESHOLDS.held_share) + 1).tolist())


def asked(detection: Detection, signal: SignalWords) -> str:
    """What a healthy snapshot has at least; nothing if nothing (or no more than 0) is asked."""
    band = detection.bands.get(signal.name)
    return f"at least {signal.text(band.least)}" if band is not None and band.least else ""


def perfect(detection: Detection, signal: SignalWords) -> str:
    """What 99 % of a perfect sampler's snapshots have; nothing if it is not known."""
    band = detection.bands.get(signal.name)
    if band is None:
        return ""
    low, high = signal.text(band.low), signal.text(band.high)
    both = low.removesuffix(" %") if high.endswith(" %") else low
    return high if low == high else f"{both} to {high}"


def medians(detection: Detection, signal: SignalWords) -> list[tuple[Stretch, str]]:
    """The median of a signal in each stretch."""
    values = detection.signals[signal.name]
    return [(one, signal.text(float(typical(values, one)))) for one in stretches(detection)]


def finding(detection: Detection, signal: SignalWords) -> str:
    """What the figure of a signal shows, in one sentence."""
    told = [", ".join(f"{value} {one.when}" for one, value in medians(detection, signal))]
    if least := asked(detection, signal):
        told.append(f"a healthy snapshot has {least}")
    if span := perfect(detection, signal):
        told.append(f"a perfect sampler has {span}")
    gone = int((~np.isfinite(detection.signals[signal.name])).sum())
    told += [f"{count(gone, 'snapshot')} not finite"] if gone else []
    return f"{signal.title}, median: {'; '.join(told)}"


def told_modes(detection: Detection) -> str:
    """Which modes are lost, in one sentence without its full stop."""
    last, least = stretches(detection)[-1], percent(THRESHOLDS.held_share)
    lost, modes = lost_modes(detection), f"{len(detection.fair_shares)} {detection.noun}"
    if not np.isfinite(typical(of_fair(detection), last)).all():
        return f"No snapshot is finite {last.when}"
    if not lost:
        return f"Typically, each of {modes} has at least {least} of its fair share {last.when}"
    said = f"Typically, {len(lost)} of {modes} have under {least} of their fair share {last.when}"
    named = len(lost) <= MOST_NAMED and len(lost) < len(detection.fair_shares)
    return f"{said}: {', '.join(map(str, lost))}" if named else said


def told_chance(detection: Detection) -> str:
    """How little a single cell of the modes' map says; nothing if samples are many."""
    owed = float(np.median(detection.fair_shares)) * detection.n_samples
    if owed >= MANY:
        return ""
    return f"A fair share is about {owed:.1f} samples a snapshot: single cells vary by chance."


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a heat map: where they begin and end [c + 1], their shares [c, m].

    names: the rounds of each. Over the fair share; NaN where no snapshot is finite.
    """

    edges: Floats
    shares: Floats
    names: tuple[str, ...]


def columns(detection: Detection, most: int) -> Columns:
    """At most so many columns: neighbouring snapshots are averaged if there are more."""
    step = -(-len(detection.rounds) // most)
    starts = range(0, len(detection.rounds), step)
    parts = [slice(k, k + step) for k in starts]
    shares = of_fair(detection)
    own = edges(detection.rounds)
    return Columns(
        np.array([*own[:-1][::step], own[-1]]),
        np.stack([_finite_mean(shares[part]) for part in parts]),
        tuple(_rounds(detection.rounds[part]) for part in parts),
    )


def _finite_mean(shares: Floats) -> Floats:
    kept = shares[np.isfinite(shares).all(axis=1)]
    return np.asarray(kept.mean(axis=0) if len(kept) else np.full(shares.shape[1], np.nan))


def _rounds(some: npt.NDArray[np.int64]) -> str:
    if len(some) == 1:
        return f"round {some[0]:,}"
    return f"rounds {some[0]:,} to {some[-1]:,}"
