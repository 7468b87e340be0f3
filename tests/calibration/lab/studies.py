"""The toy study, and what the real judge says of many simulated ones."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from unittest.mock import patch

import numpy as np
import pandas as pd

from lab.worlds import ROUNDS, World
from vistab.analysis import finding, judge, ruled
from vistab.analysis.claims import onset
from vistab.analysis.stats.betting import betting_interval
from vistab.analysis.stats.survival import kaplan_meier
from vistab.analysis.verdict import Verdict
from vistab.plan import make_plan
from vistab.plan.cells import comparisons
from vistab.spec.claims import CLAIMS
from vistab.spec.families import GanFamily
from vistab.spec.study import BudgetSpec, Study
from vistab.spec.targets import RingTarget

ALPHA = 0.05
WEIGHT, STEPS, RATE = (
    "family.regularizer.weight",
    "family.generator_steps",
    "optimizer.learning_rate",
)
AXES = {RATE: (1e-3, 2e-3, 4e-3), STEPS: (1, 5), WEIGHT: (0.0, 5.0)}
SIDES = {"treatment": {WEIGHT: 5}, "control": {WEIGHT: 0}}

Claim = Mapping[str, Any]


@dataclass(frozen=True)
class Tally:
    """What the judge said of many studies: [studies, claims], NaN where it gave no number."""

    words: np.ndarray
    effects: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class Check:
    """One thing that is counted in a scenario's studies, and how often it may happen.

    happened: by study. allowed: a rate, None where nothing is promised.
    """

    table: str
    counted: str
    happened: Callable[[Tally], np.ndarray]
    allowed: float | None
    bound: Literal["at most", "at least"] = "at most"


@dataclass(frozen=True)
class Scenario:
    """A truth that is simulated: the study, its world, and what is counted.

    truth: in words. effects: the claims' true effects in their own units; None where there is none,
    and for lists of controls, of which a verdict shows the least favourable.
    """

    name: str
    truth: str
    claims: tuple[Claim, ...]
    world: World
    checks: tuple[Check, ...]
    effects: tuple[float | None, ...]
    replicates: int = 10
    axes: Mapping[str, Sequence[Any]] | None = None
    slow: bool = False

    def study(self) -> Study:
        """The study whose runs are simulated."""
        return study_of(self.claims, self.replicates, self.axes)


def study_of(
    claims: Sequence[Claim], replicates: int, axes: Mapping[str, Sequence[Any]] | None = None
) -> Study:
    """A study that makes these claims."""
    specs = [
        CLAIMS[claim["kind"]](**{"id": f"C{i}", "says": "It helps.", **claim})
        for i, claim in enumerate(claims)
    ]
    return Study(
        study="simulated",
        target=RingTarget(kind="ring"),
        family=GanFamily(kind="gan"),
        budget=BudgetSpec(rounds=ROUNDS, snapshots=10),
        replicates=replicates,
        alpha=ALPHA,
        axes=axes or AXES,
        claims=tuple(specs),
    )


def planned_runs(study: Study) -> pd.DataFrame:
    """A row per planned run: what is known before it is trained."""
    return pd.DataFrame(
        {
            "run_id": run.run_id,
            "role": run.role,
            "replicate": run.replicate,
            **run.arm.assignment,
            "status": "finished",
            "device": "cpu",
        }
        for run in make_plan(study).runs
    )


def generator_of(name: str, study: int) -> np.random.Generator:
    """Keyed by scenario and study: no result depends on who simulates what, or in which order."""
    return np.random.default_rng([zlib.crc32(name.encode()), study])


@contextmanager
def shortcuts(study: Study) -> Iterator[None]:
    """Plan, cells and equal intervals are made once; what no verdict reads (curves, and what would
    settle a claim) not at all.
    """
    plan, drawn = make_plan(study), kaplan_meier([ROUNDS / 2], ROUNDS)
    compared = {claim.id: comparisons(plan, claim) for claim in study.claims}

    @cache
    def interval(effects: tuple[float, ...], bounds: Any, alpha: float) -> tuple[float, float]:
        return betting_interval(effects, bounds, alpha)

    with (
        patch.object(sys.modules["vistab.analysis.judge"], "make_plan", lambda *asked: plan),
        patch.object(finding, "comparisons", lambda plan, claim: compared[claim.id]),
        patch.object(finding, "betting_interval", lambda e, *rest: interval(tuple(e), *rest)),
        patch.object(onset, "kaplan_meier", lambda times, rounds: drawn),
        patch.object(ruled, "settled", lambda found: None),
    ):
        yield


def judged(scenario: Scenario, studies: Sequence[int]) -> Iterator[tuple[Verdict, ...]]:
    """The verdicts on each of the numbered studies."""
    study = scenario.study()
    planned = planned_runs(study)
    with shortcuts(study):
        for number in studies:
            yield judge(study, scenario.world.draw(planned, generator_of(scenario.name, number)))


def tally(scenario: Scenario, studies: Sequence[int]) -> Tally:
    """What the judge said of the numbered studies."""
    verdicts = list(judged(scenario, studies))

    def numbers(of: Callable[[Verdict], float | None]) -> np.ndarray:
        return np.array([[of(v) for v in study] for study in verdicts], dtype=float)

    return Tally(
        np.array([[v.verdict for v in study] for study in verdicts]),
        effects=numbers(lambda v: v.effect),
        low=numbers(lambda v: v.interval and v.interval[0]),
        high=numbers(lambda v: v.interval and v.interval[1]),
        p=numbers(lambda v: v.p),
    )


def joined(tallies: Sequence[Tally]) -> Tally:
    """Tallies of different studies of one scenario, in order."""
    parts = [vars(tally) for tally in tallies]
    return Tally(**{field: np.concatenate([part[field] for part in parts]) for field in parts[0]})
