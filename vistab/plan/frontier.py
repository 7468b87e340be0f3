"""Bisection for the frontier: the largest value of an axis at which few enough runs fail. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vistab.plan.trials import Trial
from vistab.spec.search import FrontierSearch, Range

Number = int | float


@dataclass(frozen=True)
class Bracket:
    """The largest value found stable and the smallest found unstable above it; None: none yet."""

    stable: Number | None = None
    unstable: Number | None = None


def along(search: FrontierSearch) -> tuple[str, Range]:
    """The path that the search runs along, and its range."""
    ((path, values),) = search.along.items()
    return path, values


def chain_of(search: FrontierSearch, number: int) -> int:
    """Which bisection a suggestion belongs to: number = step x chains + chain."""
    return number % len(search.chains)


def step_of(search: FrontierSearch, number: int) -> int:
    """Which step of its bisection a suggestion is."""
    return number // len(search.chains)


def trials_of_chain(search: FrontierSearch, trials: Sequence[Trial], chain: int) -> list[Trial]:
    """The suggestions of one bisection, in the order of its steps."""
    mine = [trial for trial in trials if chain_of(search, trial.number) == chain]
    return sorted(mine, key=lambda trial: trial.number)


def bracket_of(search: FrontierSearch, chain: Sequence[Trial]) -> Bracket:
    """What one bisection has found so far; a step that crashed has found nothing."""
    path, _ = along(search)
    found = Bracket()
    for trial in chain:
        if trial.told is None:
            continue
        value = trial.assignment[path]
        if trial.told.failure_rate <= search.failure_rate:
            found = Bracket(value, found.unstable)
        else:
            found = Bracket(found.stable, value)
    return found


def middle(values: Range, found: Bracket, *, whole: bool) -> Number:
    """Where to try next: halfway on the range's scale, to 4 digits or the nearest whole number."""
    low = values.low if found.stable is None else found.stable
    high = values.high if found.unstable is None else found.unstable
    half = math.sqrt(low * high) if values.scale == "log" else (low + high) / 2
    return round(half) if whole else float(f"{half:.4g}")
