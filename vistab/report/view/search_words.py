"""A search in plain sentences: what was searched, by what, and why its winners are confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vistab.analysis.stats.frontier import replicates_for_ends
from vistab.analysis.wording import count
from vistab.plan.frontier import along
from vistab.plan.search import is_over
from vistab.plan.trials import Told, Trial
from vistab.report.words import axis_name, listed, percent, setting_name
from vistab.spec.search import (
    ConfirmSpec,
    FrontierSearch,
    Range,
    SamplerSearch,
    SearchSpec,
    n_suggestions,
)
from vistab.spec.study import Study

SAMPLERS = {
    "tpe": "A tree-structured Parzen estimator (TPE)",
    "gp": "A Gaussian process",
    "cmaes": "An evolution strategy (CMA-ES)",
    "random": "Random draws",
}
OBJECTIVES = {
    "failure_rate": "few failed runs",
    "coverage": "a high mean coverage of the modes at the end",
}


def paragraphs(study: Study, trials: Sequence[Trial]) -> tuple[str, ...]:
    """What was searched and how; how far it has come, if not to its end; why it is confirmed."""
    search, confirm = study.search, study.confirm
    assert search is not None
    assert confirm is not None
    if isinstance(search, FrontierSearch):
        told = [_bisected(search), _assumed(search, study.alpha)]
    else:
        assert isinstance(search, SamplerSearch)
        told = [_sampled(search)]
    return (*told, *_unfinished(study, search, trials), _confirmed(search, confirm))


def shrinkage(name: str, explored: Told | None, confirmed: Told | None) -> str:
    """How an arm did as a suggestion and how when it was trained again; empty if not known."""
    if explored is None or confirmed is None:
        return ""
    points = round(100 * confirmed.failure_rate) - round(100 * explored.failure_rate)
    change = f"{abs(points)} points {'more' if points > 0 else 'less'}" if points else "no change"
    return (
        f"{name} failed in {_runs(explored)} while it was explored and in {_runs(confirmed)} when "
        f"it was confirmed: {change}. Only the second number is a fair one."
    )


def _runs(told: Told) -> str:
    return f"{told.failed} of {count(told.n, 'run')} ({percent(told.failure_rate)})"


def searched(path: str, values: Any) -> str:
    """`learning rate from 0.001 to 0.02 (log scale)`, `generator steps out of 1, 2 and 5`."""
    if isinstance(values, Range):
        return f"{axis_name(path)} from {extent(values)}"
    return f"{axis_name(path)} out of {listed([setting_name(value) for value in values])}"


def extent(values: Range) -> str:
    """`0.001 to 0.02 (log scale)`."""
    scale = " (log scale)" if values.scale == "log" else ""
    return f"{setting_name(values.low)} to {setting_name(values.high)}{scale}"


def _sampled(search: SamplerSearch) -> str:
    varied = listed([searched(path, values) for path, values in search.space.items()])
    objectives = listed([OBJECTIVES[one] for one in search.objectives])
    return (
        f"The search varied {varied}. {SAMPLERS[search.kind]} gave "
        f"{count(search.trials, 'suggestion')}, each trained with the same "
        f"{count(search.replicates, 'replicate')}. The aim was {objectives}."
    )


def _bisected(search: FrontierSearch) -> str:
    path, values = along(search)
    each = "".join(f"For each {searched(per, some)}, " for per, some in search.per.items())
    start = "bisection" if each else "Bisection"
    return (
        f"{each}{start} looked for the largest stable {axis_name(path)} from {extent(values)}. A "
        f"value is stable if at most {percent(search.failure_rate)} of its runs fail. Each "
        f"bisection took {count(search.steps, 'step')} of {count(search.replicates, 'replicate')}, "
        "fresh ones at every step."
    )


def _assumed(search: FrontierSearch, alpha: float) -> str:
    path, _ = along(search)
    return (
        "Bisection takes for granted that failing gets no rarer at larger values, from the low end "
        f"of the range up; where runs fail at too small a {axis_name(path)} as well, it can miss "
        f"what is stable. Intervals hold a frontier at {100 * (1 - alpha):g} %, each for itself: "
        "an exact binomial test of every step, corrected for the number of steps."
        f"{_too_few(search, alpha)}"
    )


def _too_few(search: FrontierSearch, alpha: float) -> str:
    """Says so if the replicates of a step are too few for its test to find an end."""
    lower, upper = replicates_for_ends(search.failure_rate, search.steps, alpha)
    needed = {"a lower end": lower, "an upper end": upper}
    short = [end for end, n in needed.items() if n > search.replicates]
    if not short:
        return ""
    return (
        f" With {count(search.replicates, 'replicate')} a step that test cannot find "
        f"{' or '.join(short)}, whatever happens; {max(needed[end] for end in short)} can."
    )


def _unfinished(study: Study, search: SearchSpec, trials: Sequence[Trial]) -> list[str]:
    crashed, planned = sum(trial.crashed for trial in trials), n_suggestions(search)
    ended = sum(trial.ended for trial in trials)
    told = []
    if crashed:
        told.append(f"{count(crashed, 'suggestion')} crashed and said nothing.")
    if not is_over(study, trials):
        told.append(
            f"The search is not over: {ended} of {count(planned, 'suggestion')} have ended, and "
            "nothing has been confirmed."
        )
    return told


def _confirmed(search: SearchSpec, confirm: ConfirmSpec) -> str:
    best = "The best one was" if confirm.top == 1 else f"The best {confirm.top} were"
    baseline = "the baseline, which has the study\u2019s own values"
    if isinstance(search, FrontierSearch):
        path, _ = along(search)
        baseline += f" at the {axis_name(path)} of the best"
    return (
        "The best of many tries is best partly by luck, so what was seen while exploring flatters "
        f"it. {best} therefore trained again, beside {baseline}: "
        f"{count(confirm.replicates, 'replicate')} of each with fresh seeds, a number that was "
        "fixed before any result. The verdicts, and all that follows in this report but the table "
        "of all runs, use these confirm runs alone."
    )
