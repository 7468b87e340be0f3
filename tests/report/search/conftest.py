"""Made-up searches: what was suggested and how it did, and the runs that confirm the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vistab.plan.trials import Told, Trial
from vistab.report import render
from vistab.spec.load import load_study
from vistab.spec.study import Study

RATE, WEIGHT, STEPS = (
    "optimizer.learning_rate",
    "family.regularizer.weight",
    "family.generator_steps",
)
SHARED = """
target: {kind: ring}
family: {kind: gan, generator_steps: 2}
budget: {rounds: 1200, snapshots: 10}
claims:
  - id: best
    says: The best settings fail less often.
    kind: rate
    treatment: {arm: search.best}
    control: {arm: search.baseline}
    expect: lower
"""
SAMPLED = f"""
study: sampled
{SHARED}
search:
  kind: tpe
  space:
    {RATE}: {{log: [1e-3, 2e-2]}}
    {WEIGHT}: {{linear: [0, 20]}}
    {STEPS}: [1, 2, 5]
  objectives: [failure_rate, coverage]
  trials: 8
  replicates: 4
confirm: {{top: 2, replicates: 6}}
"""
BISECTED = f"""
study: bisected
{SHARED}
search:
  kind: frontier
  along: {{{RATE}: {{log: [1e-3, 1e-1]}}}}
  per: {{{WEIGHT}: [0, 5]}}
  steps: 3
  replicates: 12
confirm: {{top: 1, replicates: 6}}
"""
SUGGESTED = (
    # learning rate, weight, steps, failed of 4, coverage; only the weight tells who fails
    (0.0123456, 1.0, 2, 4, 0.20),
    (0.0021, 2.0, 1, 4, 0.35),
    (0.0151, 9.0, 5, 1, 0.70),
    (0.0034, 11.0, 2, 0, 0.60),
    (0.0052, 19.0, 1, 3, 0.65),
    (0.0011, 12.0, 5, 1, 0.80),
    (0.0072, 5.0, 2, 2, 0.90),
    (0.0043, 8.0, 1, 3, 0.30),
)
BISECTIONS = ((11, 6, 8), (0, 12, 5))
"""Failed runs of 12 at every step, by bisection."""


def sampled_trials() -> tuple[Trial, ...]:
    """Eight suggestions. No. 3, 5 and 6 are on the Pareto front, in this order of merit."""
    return tuple(
        Trial(number, {RATE: rate, WEIGHT: weight, STEPS: steps}, Told(failed, 4, coverage))
        for number, (rate, weight, steps, failed, coverage) in enumerate(SUGGESTED)
    )


def bisected_trials() -> tuple[Trial, ...]:
    """Three steps: 0.01 unstable, 0.003162 stable, 0.005624 unstable; 0.01, 0.03162, 0.01779."""
    values = ((0.01, 0.003162, 0.005624), (0.01, 0.03162, 0.01779))
    return tuple(
        Trial(
            2 * step + chain,
            {WEIGHT: weight, RATE: values[chain][step]},
            Told(BISECTIONS[chain][step], 12, 1 - BISECTIONS[chain][step] / 12),
        )
        for step in range(3)
        for chain, weight in enumerate((0.0, 5.0))
    )


def as_told(results: Any, trials: Sequence[Trial]) -> Any:
    """The same results, explore runs ending as the trials say."""
    runs = results.runs.copy()
    for trial in trials:
        mine = runs.index[runs["arm"] == f"search.trial.{trial.number:03d}"]
        if trial.told is None:
            continue
        runs.loc[mine, "outcome"] = "healthy"
        runs.loc[mine[: trial.told.failed], "outcome"] = "mode_collapse"
        runs.loc[mine, "final_coverage"] = trial.told.coverage
    return replace(results, runs=runs)


@pytest.fixture(scope="session")
def searched(synthetic: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """(text of a study, trials) -> the study and its made-up results."""
    _, make_results, *_ = synthetic
    folder = tmp_path_factory.mktemp("searches")

    def make(text: str, trials: Sequence[Trial]) -> tuple[Study, Any]:
        path = folder / f"{len(list(folder.iterdir()))}.yaml"
        path.write_text(text)
        study = load_study(path)
        return study, as_told(make_results(study, trials=tuple(trials)), trials)

    return make


@pytest.fixture(scope="session")
def sampling() -> tuple[str, tuple[Trial, ...]]:
    """The text of the sampler's study, and its suggestions."""
    return SAMPLED, sampled_trials()


@pytest.fixture(scope="session")
def bisection() -> tuple[str, tuple[Trial, ...]]:
    """The text of the study with two bisections, and their steps."""
    return BISECTED, bisected_trials()


@pytest.fixture(scope="session")
def sampled(searched: Any) -> tuple[Study, Any]:
    """A sampler's search with two objectives, over, its best two confirmed."""
    return searched(SAMPLED, sampled_trials())


@pytest.fixture(scope="session")
def bisected(searched: Any) -> tuple[Study, Any]:
    """Two bisections, over, the better confirmed."""
    return searched(BISECTED, bisected_trials())


@pytest.fixture(scope="session")
def pages(sampled: Any, bisected: Any, verdicts: Any) -> dict[str, str]:
    """Both reports."""
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    found = {}
    for study, results in (sampled, bisected):
        confirm = results.runs[results.runs["role"] == "confirm"]
        details = {**rate.details, "run_ids": list(confirm["run_id"])}
        found[study.study] = render(study, (replace(rate, id="best", details=details),), results)
    return found


@pytest.fixture(scope="session")
def page_files(pages: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both reports as files."""
    folder = tmp_path_factory.mktemp("pages")
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}
