"""Runs as they might come out if a claim's effect were so large: made-up data, never a result.

Every run gets a standard normal variable that is correlated within its replicate
(vistab/analysis/stats/probit.py), and what the claim reads off the run is made of it. Where
nothing acts, runs are as the claim's `assume` says: on the control's side, and at the first value
of an axis that the claim runs along. docs/power.md describes the model of each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from vistab.analysis.claims.measure import HEALTHY, better_of, bounds_of
from vistab.analysis.ruling import SIGNS
from vistab.analysis.stats.probit import (
    correlated_normals,
    mean_longest_stretch,
    mean_time,
    net_share_won,
    share_with_mean_time,
)
from vistab.plan.cells import Comparison, comparisons
from vistab.plan.model import Plan
from vistab.spec.claims import AssumeSpec, ClaimSpec, InteractionClaim, ScoreClaim

Floats = npt.NDArray[np.float64]
FAILED = "mode_collapse"
"""What failed runs are called where a claim asks for any failure."""
FURTHEST = 8.0
"""Shifts of normal variables beyond this are sure to win or lose every pair."""


class CannotSimulate(Exception):
    """No runs have this effect under these assumptions; the message is the reason."""


@dataclass(frozen=True, eq=False)
class Roles:
    """The runs that a claim reads, once each: [runs], in the order of its cells.

    replicate: counted from 0. treated: not on the control's side. level: which value of the axis
    that the claim runs along, counted from 0; 0 for kinds without.
    """

    run_ids: tuple[str, ...]
    replicate: npt.NDArray[np.intp]
    treated: npt.NDArray[np.bool_]
    level: npt.NDArray[np.intp]
    n_levels: int


@dataclass(frozen=True, eq=False)
class Setting:
    """What a kind's model is given. effect: treatment less control, in the claim's own unit."""

    plan: Plan
    claim: Any
    assume: AssumeSpec
    effect: float
    roles: Roles

    @property
    def rounds(self) -> float:
        """The budget of every run."""
        return float(self.plan.study.budget.rounds)

    def normals(self, generator: np.random.Generator) -> Floats:
        """A correlated standard normal for each run."""
        return correlated_normals(self.roles.replicate, self.assume.correlation, generator)


Columns = dict[str, Any]
Model = Callable[[Setting, np.random.Generator], Columns]
"""Draws the columns of runs.parquet that a kind reads."""


def simulated_runs(
    plan: Plan, claim: ClaimSpec, effect: float, generator: np.random.Generator
) -> pd.DataFrame:
    """Rows like those of runs.parquet for every run that `claim` reads, indexed by run_id.

    effect: how far the treatment is from each control in the direction that the claim expects, in
    the claim's own unit; negative is contrary. (Equivalence: treatment less control.) A trend's is
    its slope, an interaction's the difference of effects or slopes.
    Raises CannotSimulate.
    """
    return runs_of(setting_of(plan, claim, effect, comparisons(plan, claim)), generator)


def setting_of(
    plan: Plan, claim: ClaimSpec, effect: float, compared: Sequence[Comparison]
) -> Setting:
    """A claim's runs and assumptions. Raises CannotSimulate if a run stands in two places."""
    sign = SIGNS.get(getattr(claim, "expect", ""), 1)
    return Setting(plan, claim, claim.assume or AssumeSpec(), sign * effect, roles_of(compared))


def runs_of(setting: Setting, generator: np.random.Generator) -> pd.DataFrame:
    """The rows of simulated_runs."""
    columns = model_of(setting.claim)(setting, generator)
    nothing = {
        "role": "confirm",
        "replicate": setting.roles.replicate,
        "status": "finished",
        "outcome": HEALTHY,
        "onset_round": np.nan,
        "converged_round": np.nan,
    }
    return pd.DataFrame(
        {**nothing, **columns}, index=pd.Index(setting.roles.run_ids, name="run_id")
    )


def model_of(claim: ClaimSpec) -> Model:
    """How the claim's runs come about. Raises CannotSimulate for a kind without chance."""
    if claim.kind not in MODELS:
        raise CannotSimulate("it is exact: any difference refutes it")
    return MODELS[claim.kind]


def roles_of(compared: Sequence[Comparison]) -> Roles:
    """Where the claim's runs stand. Raises CannotSimulate if one stands in two places."""
    if len({one.levels for one in compared}) > 1:
        raise CannotSimulate("its controls were run at different values of the axis")
    found: dict[str, tuple[int, bool, int]] = {}
    for comparison in compared:
        for cell in comparison.cells:
            for (side, level), run_ids in cell.runs.items():
                place = cell.replicate, side != "control", comparison.levels.index(level)
                for run_id in run_ids:
                    if found.setdefault(run_id, place) != place:
                        raise CannotSimulate("a run of it is treatment and control at once")
    places = np.array(list(found.values()), dtype=np.intp)
    n_levels = len(compared[0].levels)
    return Roles(tuple(found), places[:, 0], places[:, 1].astype(bool), places[:, 2], n_levels)


def outcome_or_metric(setting: Setting, generator: np.random.Generator) -> Columns:
    """Shares of runs with the outcome, or means of the metric, that differ by the effect."""
    metric = getattr(setting.claim, "metric", None)
    if metric is not None:
        return metric_values(setting, metric, generator)
    shares = moved(setting, dose(setting), "a share of {}", 1.0)
    return outcomes(setting.claim.outcome, setting.normals(generator) < ndtri(shares))


def metric_values(setting: Setting, metric: str, generator: np.random.Generator) -> Columns:
    """Values all over the metric's bounds: uniform for a mean in the middle.

    ndtr(Z + a) of a standard normal Z has the mean ndtr(a / sqrt(2)).
    """
    bounds = bounds_of(metric, setting.plan)
    if bounds is None:
        raise CannotSimulate(f"{metric} has no known bounds")
    width = bounds[1] - bounds[0]
    means = moved(setting, dose(setting), f"a mean at {{}} of {metric}'s range", width)
    shifts = np.sqrt(2) * ndtri(means)
    return {metric: bounds[0] + width * ndtr(setting.normals(generator) + shifts)}


def dose(setting: Setting) -> Floats:
    """How many times the effect acts on each run [runs]."""
    roles, claim = setting.roles, setting.claim
    if claim.kind == "trend":
        return roles.level.astype(np.float64)
    if not isinstance(claim, InteractionClaim):
        return roles.treated.astype(np.float64)
    return roles.treated * (roles.level if claim.along else roles.level == 0).astype(np.float64)


def moved(setting: Setting, doses: Floats, what: str, width: float) -> Floats:
    """The control's share, moved by the effect: [runs]. `width`: what a share of 1 comes to."""
    step = setting.effect / width
    shares = setting.assume.control + step * doses
    if shares.min() < -1e-9 or shares.max() > 1 + 1e-9:
        raise impossible(what.format(f"{setting.assume.control:g}"), step * doses.max())
    return shares.clip(0, 1)


def impossible(what: str, change: float) -> CannotSimulate:
    """What cannot change by so much."""
    verb = "rise" if change > 0 else "fall"
    return CannotSimulate(f"{what} cannot {verb} by {abs(change):.3g}; set assume.control")


def outcomes(outcome: str, had: npt.NDArray[np.bool_]) -> Columns:
    """The outcome column, given which runs `had` what the claim asks for."""
    name = FAILED if outcome == "failed" else outcome
    return {"outcome": np.where(had, name, FAILED if name == HEALTHY else HEALTHY)}


def stable_region(setting: Setting, generator: np.random.Generator) -> Columns:
    """All levels fail alike; the treatment's share makes the mean longest stretch differ."""
    control, correlation = setting.assume.control, setting.assume.correlation
    n_levels = setting.roles.n_levels

    def length(share: float) -> float:
        return mean_longest_stretch(share, n_levels, correlation)

    wanted = length(control) + setting.effect
    if not 0 <= wanted <= n_levels:
        what = f"a mean stretch of {length(control):.3g} of {n_levels} values"
        raise impossible(what, setting.effect)
    treatment = brentq(lambda share: length(share) - wanted, 0.0, 1.0)
    shares = np.where(setting.roles.treated, treatment, control)
    return outcomes("failed", setting.normals(generator) < ndtri(shares))


def onset(setting: Setting, generator: np.random.Generator) -> Columns:
    """Times uniform up to rounds / share; the treatment stretches all of them by one factor."""
    control, rounds = setting.assume.control, setting.rounds
    mean = mean_time(control, rounds)
    if not 0 < mean + setting.effect <= rounds:
        raise impossible(f"a mean time of {mean:g} of {rounds:g} rounds", setting.effect)
    treatment = share_with_mean_time(mean + setting.effect, rounds)
    shares = np.where(setting.roles.treated, treatment, control)
    uniform = ndtr(setting.normals(generator))
    times = rounds * np.divide(uniform, shares, out=np.full_like(uniform, np.inf), where=shares > 0)
    happened = times < rounds
    if setting.claim.event == "failure":
        return outcomes("failed", happened) | {"onset_round": np.where(happened, times, np.nan)}
    converged = {"converged_round": np.where(happened, times, np.nan)}
    return {"outcome": np.where(happened, HEALTHY, "stalled"), **converged}


def score(setting: Setting, generator: np.random.Generator) -> Columns:
    """A metric with known bounds; any, where only the order of values counts (`ranked`)."""
    models: Mapping[str, Model] = {
        "all": outcome_or_metric,
        "healthy": among_healthy,
        "ranked": won_and_lost,
    }
    return models[setting.claim.given](setting, generator)


def won_and_lost(setting: Setting, generator: np.random.Generator) -> Columns:
    """The treatment shifts the variable that decides who fails and who has the better value."""
    claim: ScoreClaim = setting.claim
    failing, correlation = setting.assume.control, setting.assume.correlation
    sign = 1 if better_of(claim.metric, setting.plan) == "higher" else -1
    shift = shift_that_wins(sign * setting.effect, failing, correlation)
    merit = setting.normals(generator) + shift * setting.roles.treated
    low, high = bounds_of(claim.metric, setting.plan) or (0.0, 1.0)
    values = low + (high - low) * ndtr(sign * merit)
    return outcomes("failed", merit < ndtri(failing)) | {claim.metric: values}


def shift_that_wins(net: float, failing: float, correlation: float) -> float:
    """The shift at which the treatment wins `net` more of the pairs than it loses."""
    if net == 0:
        return 0.0
    if correlation == 1:
        raise CannotSimulate("with assume.correlation 1 all pairs end alike")

    def excess(shift: float) -> float:
        return net_share_won(shift, failing, correlation) - net

    if not excess(-FURTHEST) < 0 < excess(FURTHEST):
        what = f"a net share of pairs with {failing:g} of the control's runs failing"
        raise impossible(what, net)
    return float(brentq(excess, -FURTHEST, FURTHEST))


def among_healthy(setting: Setting, generator: np.random.Generator) -> Columns:
    """Both sides fail alike; apart from that, the treatment's values have another mean."""
    failed = setting.normals(generator) < ndtri(setting.assume.control)
    middle = AssumeSpec(control=0.5, correlation=setting.assume.correlation)
    setting = Setting(setting.plan, setting.claim, middle, setting.effect, setting.roles)
    return outcomes("failed", failed) | metric_values(setting, setting.claim.metric, generator)


MODELS: Mapping[str, Model] = {
    "rate": outcome_or_metric,
    "onset": onset,
    "score": score,
    "trend": outcome_or_metric,
    "interaction": outcome_or_metric,
    "stable_region": stable_region,
    "equivalence": outcome_or_metric,
}
"""One for every kind of claim that has a power."""
