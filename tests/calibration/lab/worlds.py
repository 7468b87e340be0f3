"""How the runs of a simulated study come out, with a truth that is known exactly.

A world turns planned runs into finished ones. Luck is a uniform number by run: the unluckiest
share of an arm's runs fails, so every arm's share is exact whatever the runs have in common.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from vistab.analysis.stats.order import longest_stretch

ROUNDS = 100
MEAN_ONSET = 55.0
"""Of the tenths of the budget 10, 20 ... 100, which are equally likely."""

ByRun = Callable[[pd.DataFrame], Any]
"""A number by planned run, or one for all of them."""


NO_HISTORY = pd.DataFrame({"run_id": [], "round": []})


@dataclass(frozen=True, eq=False)
class Results:
    """What the judge reads of results."""

    runs: pd.DataFrame
    history: pd.DataFrame = field(default_factory=lambda: NO_HISTORY)


class World(Protocol):
    """Planned runs in (a row each, with replicate and axes), results out."""

    def draw(self, planned: pd.DataFrame, generator: np.random.Generator) -> Results: ...


def luck(
    planned: pd.DataFrame, shared_by: Sequence[str], alike: float, generator: np.random.Generator
) -> np.ndarray:
    """Uniform on [0, 1] by run; normal behind, and correlated by `alike` within a group."""
    keys = [planned[column].to_numpy() for column in shared_by]
    groups, group = np.unique(np.column_stack(keys), axis=0, return_inverse=True)
    shared = generator.normal(size=len(groups))[group.ravel()]
    own = generator.normal(size=len(planned))
    return ndtr(np.sqrt(alike) * shared + np.sqrt(1 - alike) * own)


def finished(planned: pd.DataFrame, failed: np.ndarray, when: np.ndarray) -> pd.DataFrame:
    """Runs that failed, or else converged, at the round `when`."""
    rounds = when.astype(np.int64)
    outcome = np.where(failed, "mode_collapse", "healthy")
    onset, converged = pd.array(rounds, "Int64"), pd.array(rounds, "Int64")
    onset[~failed], converged[failed] = pd.NA, pd.NA
    return planned.assign(outcome=outcome, onset_round=onset, converged_round=converged)


def evenly(rank: np.ndarray) -> np.ndarray:
    """Deviations from the mean, evenly between -0.2 and 0.2."""
    return 0.4 * (rank - 0.5)


def in_three_levels(rank: np.ndarray) -> np.ndarray:
    """Deviations of -0.2, 0 and 0.2: many ties."""
    return 0.2 * (np.minimum(np.floor(3 * rank), 2) - 1)


def skewed(rank: np.ndarray) -> np.ndarray:
    """Mostly a little below the mean, seldom far above: exponential, cut to a mean of 0."""
    drawn = np.minimum(-np.log1p(-rank) / 10, 0.4)
    return drawn - (1 - np.exp(-4)) / 10


@dataclass(frozen=True)
class Shares:
    """Arms with these shares of failing runs, and with this mean coverage.

    Runs with the same `shared_by` have correlated luck. The worse the luck, the sooner a run fails
    and the later it converges: given either, its round is evenly one of 10, 20 ... 100.
    Coverage has luck of its own; `deviates` turns that into deviations from the mean.
    """

    failing: ByRun = lambda runs: 0.5
    coverage: ByRun = lambda runs: 0.5
    alike: float = 0.5
    shared_by: tuple[str, ...] = ("replicate",)
    deviates: Callable[[np.ndarray], np.ndarray] = evenly

    def draw(self, planned: pd.DataFrame, generator: np.random.Generator) -> Results:
        drawn = luck(planned, self.shared_by, self.alike, generator)
        share = np.broadcast_to(self.failing(planned), drawn.shape)
        failed = drawn < share
        with np.errstate(divide="ignore", invalid="ignore"):  # of the two, one is looked at
            rank = np.where(failed, drawn / share, (1 - drawn) / (1 - share))
        tenths = np.clip(np.ceil(10 * rank), 1, 10)
        deviation = self.deviates(luck(planned, self.shared_by, self.alike, generator))
        runs = finished(planned, failed, tenths * ROUNDS / 10)
        return Results(runs.assign(final_coverage=self.coverage(planned) + deviation))


@dataclass(frozen=True)
class FewReplicates:
    """An effect that few replicates carry: in a `share` of them all runs of `worse` fail.

    In the others each run of `better` fails with chance `elsewhere`. No other run fails.
    """

    worse: ByRun
    better: ByRun
    share: float
    elsewhere: float = 0.0

    def draw(self, planned: pd.DataFrame, generator: np.random.Generator) -> Results:
        replicate = planned["replicate"].to_numpy()
        hit = (generator.random(replicate.max() + 1) < self.share)[replicate]
        unlucky = generator.random(len(planned)) < self.elsewhere
        failed = np.where(hit, self.worse(planned), self.better(planned) & unlucky)
        return Results(finished(planned, failed, np.full(len(planned), ROUNDS / 2)))


@dataclass(frozen=True)
class Crashed:
    """Another world, in which one run of those that `lost` picks crashes in every study."""

    world: World
    lost: ByRun

    def draw(self, planned: pd.DataFrame, generator: np.random.Generator) -> Results:
        results = self.world.draw(planned, generator)
        chosen = generator.choice(np.flatnonzero(self.lost(planned)))
        results.runs.loc[results.runs.index[chosen], ["status", "outcome"]] = ["crashed", None]
        return results


@dataclass(frozen=True)
class OneBitOff:
    """Runs of a replicate with equal histories, but for the last bit of one number of one run."""

    def draw(self, planned: pd.DataFrame, generator: np.random.Generator) -> Results:
        n_replicates = planned["replicate"].max() + 1
        numbers = generator.random((n_replicates, 4), dtype=np.float32)[planned["replicate"]]
        where = generator.integers(len(planned)), generator.integers(4)
        numbers[where] = np.nextafter(numbers[where], np.float32(2))
        runs = finished(planned, np.zeros(len(planned), bool), np.full(len(planned), ROUNDS))
        history = {
            "run_id": np.repeat(planned["run_id"].to_numpy(), 4),
            "round": np.tile([25, 50, 75, 100], len(planned)),
            "loss": numbers.ravel(),
        }
        return Results(runs, pd.DataFrame(history))


def mean_longest_stretch(shares: Sequence[float], alike: float) -> float:
    """Mean length of the longest unbroken stretch of healthy runs, by their failing `shares`.

    Runs are independent given what they share, over which Gauss-Hermite quadrature integrates.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    own = (ndtri(np.asarray(shares)) - np.sqrt(alike) * nodes[:, None]) / np.sqrt(1 - alike)
    failing = ndtr(own)  # [nodes, runs]
    mean = sum(
        longest_stretch(healthy) * np.where(healthy, 1 - failing, failing).prod(axis=1)
        for healthy in itertools.product([False, True], repeat=len(shares))
    )
    return float(weights @ mean / weights.sum())
