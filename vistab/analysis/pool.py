"""A pool of simulated replicates of a claim, from which studies of any size are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from vistab.analysis.claims import KINDS
from vistab.analysis.claims.base import CannotJudge, Evidence, Table
from vistab.analysis.simulate import CannotSimulate, model_of, runs_of, setting_of
from vistab.plan.cells import Comparison, comparisons
from vistab.plan.model import Plan, Run
from vistab.spec.claims import ClaimSpec
from vistab.spec.selection import compare

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float]

MOST_CELLS = 40_000
FEWEST, MOST = 1_000, 8_000
"""Replicates of a pool: as many as have MOST_CELLS cells, within these bounds."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Simulated replicates: effects [replicates, controls], NaN where one has none.

    bounds: what an effect can be at most. chances [replicates]: how likely each is drawn, so that
    the mean of what is drawn is the true effect.
    """

    effects: Floats
    bounds: Bounds
    chances: Floats

    def studies(self, n_studies: int, n_replicates: int, seed: int) -> Floats:
        """Studies drawn from the pool: [studies, replicates, controls]."""
        shape = n_studies, n_replicates
        drawn = np.random.default_rng(seed).choice(len(self.effects), shape, p=self.chances)
        studies: Floats = self.effects[drawn]
        return studies


def pool_of(plan: Plan, claim: ClaimSpec, effect: float, seed: int) -> Pool:
    """Simulated replicates with this true effect (see simulated_runs), as the kind gathers them.

    Raises CannotSimulate.
    """
    model_of(claim)  # first: what has none need not be planned
    n_cells = sum(len(one.cells) for one in compare(plan.grid, claim))
    n = int(np.clip(MOST_CELLS // n_cells, FEWEST, MOST))
    repeated = with_replicates(plan, claim, n)
    compared = comparisons(repeated, claim)
    setting = setting_of(repeated, claim, effect, compared)
    runs = runs_of(setting, np.random.default_rng(seed))
    gathered = gather(claim, compared, Table(repeated, runs, pd.DataFrame()))
    effects = np.column_stack([by_replicate(evidence, n) for evidence in gathered])
    bounds = gathered[0].bounds
    assert bounds is not None  # or there would be no model
    return Pool(effects, bounds, chances_with_mean(effects, setting.effect))


def with_replicates(plan: Plan, claim: ClaimSpec, n: int) -> Plan:
    """The plan with n replicates, of the arms that stand in the claim's cells alone."""
    cells = (cell for one in compare(plan.grid, claim) for cell in one.cells)
    rows = sorted({row for cell in cells for arms in cell.arms.values() for row in arms})
    arms = [plan.run_of(row, 0).arm for row in rows]
    return replace(
        plan,
        study=plan.study.model_copy(update={"replicates": n}),
        runs=tuple(Run(f"{arm.arm_id}-r{r:03d}", arm, r) for arm in arms for r in range(n)),
        grid=replace(
            plan.grid,
            rows=tuple(plan.grid.rows[row] for row in rows),
            names=tuple(plan.grid.names[row] for row in rows),
        ),
    )


def gather(claim: ClaimSpec, compared: Sequence[Comparison], table: Table) -> list[Evidence]:
    """The evidence against every control. Raises CannotSimulate where the kind finds none."""
    try:
        return [KINDS[claim.kind].gather(claim, comparison, table) for comparison in compared]
    except CannotJudge as reason:
        raise CannotSimulate(str(reason)) from None


def by_replicate(evidence: Evidence, n: int) -> Floats:
    """The effects of replicates 0 to n - 1, NaN for those without."""
    effects = np.full(n, np.nan)
    effects[list(evidence.replicates)] = evidence.effects
    return effects


def chances_with_mean(effects: Floats, mean: float) -> Floats:
    """Nearly equal chances [replicates], under which every control's effects have this `mean`.

    The pool's own mean is off by its standard error, and a study drawn from it would take that for
    an effect. Chances are tilted by a linear function of the effects (a control variate).
    """
    known = ~np.isnan(effects)
    centre = np.nanmean(effects, axis=0)
    off = np.where(known, effects - centre, 0.0)
    slope = np.linalg.pinv(off.T @ off) @ ((mean - centre) * known.mean(axis=0))
    chances = (1 / len(effects) + off @ slope).clip(min=0)
    tilted: Floats = chances / chances.sum()
    return tilted
