"""A study of two rates, three numbers of steps, and metrics drawn run by run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vistab.plan.model import Run

RATE, STEPS, WEIGHT, SCALE = (
    "optimizer.learning_rate",
    "family.generator_steps",
    "family.regularizer.weight",
    "optimizer.generator_scale",
)
AXES = {RATE: (1e-3, 2e-3), STEPS: (1, 2, 5), WEIGHT: (0.0, 5.0), SCALE: (0.5, 1.0)}


@pytest.fixture(scope="session")
def judged_runs(make_study, make_results) -> Callable[..., tuple[Any, Any]]:
    """judged_runs(claim, tell, **of the study): the study, and its results as `tell` has them."""

    def judged(claim: dict[str, Any], tell: Callable[[Run], Any], **more: Any) -> tuple[Any, Any]:
        study = make_study(claim, **{"axes": AXES, **more})
        return study, make_results(study, tell)

    return judged


@pytest.fixture(scope="session")
def drawn() -> Callable[[int], Callable[[Run], dict[str, Any]]]:
    """drawn(seed): outcomes and metrics, with ties, of runs that fail more often at weight 0."""

    def rows(seed: int) -> Callable[[Run], dict[str, Any]]:
        generator = np.random.default_rng(seed)

        def tell(run: Run) -> dict[str, Any]:
            weight = run.arm.assignment.get(WEIGHT, 0)
            failed = generator.random() < (0.3 if weight else 0.5)
            outcome = str(generator.choice(["mode_collapse", "stalled"])) if failed else "healthy"
            when = int(generator.integers(1, 10)) * 10
            quality = float(generator.integers(3, 8) + (weight > 0)) / 16  # exact, so ties are ties
            return {
                "outcome": outcome,
                "onset_round": when if outcome == "mode_collapse" else None,
                "converged_round": None if failed else when,
                "final_coverage": quality,
                "severity": 1 - quality,
                "final_spread": 3 * quality,
                "final_reconstruction_error": 2 - quality,
            }

        return tell

    return rows
