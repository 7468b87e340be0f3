"""What samples are measured against, and a study of digits with evidence of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vistab.fidelity import Fidelity, perfect_scores
from vistab.plan.model import Arm, Pack, Run
from vistab.spec.families import GanFamily
from vistab.spec.metrics import FIDELITY_METRICS
from vistab.spec.study import BudgetSpec, EvidenceSpec, OptimizerSpec, Settings
from vistab.spec.targets import DigitsTarget, RingTarget
from vistab.targets.features import FeatureSpace
from vistab.training import train_pack
from vistab.training.feature_spaces import reference_rows
from vistab.training.measuring import Images, perfect_sampler, yardstick


def settings(*, learning_rate: float = 1e-3, **changed: Any) -> Settings:
    return Settings(
        **{
            "target": DigitsTarget(kind="digits"),
            "family": GanFamily(kind="gan", latent_dim=4, network={"width": 16, "depth": 1}),
            "optimizer": OptimizerSpec(kind="sgd", learning_rate=learning_rate),
            "budget": BudgetSpec(rounds=6, snapshots=3, batch_size=16, snapshot_samples=100),
            "evidence": EvidenceSpec(features="pixels"),
            **changed,
        }
    )


@pytest.fixture
def digits() -> np.ndarray:
    """Two runs of real digits, the second with noise."""
    target = yardstick(settings()).target
    runs = target.sample(200, np.random.default_rng(3)).reshape(2, 100, 64)
    runs[1] += np.random.default_rng(4).normal(size=(100, 64))
    return runs


def test_samples_are_compared_with_real_images_in_the_space_that_was_asked_for(
    digits: np.ndarray,
) -> None:
    against = yardstick(settings())
    rows = reference_rows(against.target)  # type: ignore[arg-type]
    space = FeatureSpace.of(rows)
    found = against.measure(digits)
    for k, run in enumerate(digits):
        expected = Fidelity.of(space(rows)).measure(space(run)[None])
        for name in FIDELITY_METRICS:
            assert found[name][k] == expected[name][0]
    assert {"coverage", "mode_shares"} <= found.keys()


def test_without_evidence_there_are_the_signals_alone(digits: np.ndarray) -> None:
    found = yardstick(settings(evidence=None)).measure(digits)
    assert not FIDELITY_METRICS.keys() & found.keys()
    np.testing.assert_array_equal(
        found["coverage"], yardstick(settings()).measure(digits)["coverage"]
    )


def test_a_run_that_is_not_finite_never_gets_as_far_as_a_network(digits: np.ndarray) -> None:
    """A classifier may refuse it."""

    def features(rows: np.ndarray) -> np.ndarray:
        assert np.isfinite(rows).all()
        return rows

    images = Images(features, Fidelity.of(digits[0]))
    expected = images.measure(digits[1:])
    broken = np.stack([digits[0], digits[1]])
    broken[0, 5, 5] = np.inf
    found = images.measure(broken)
    for name in FIDELITY_METRICS:
        assert np.isnan(found[name][0])
        assert found[name][1] == expected[name][0]
        assert found[name].dtype == np.float32


def test_packs_of_one_study_share_what_is_known_of_its_real_images() -> None:
    one, other = settings(learning_rate=1e-3), settings(learning_rate=2e-3)
    assert yardstick(one) is yardstick(other)
    assert yardstick(settings(evidence=None)) is not yardstick(one)


def test_a_perfect_sampler_scores_as_real_images_of_this_study() -> None:
    images = yardstick(settings()).images
    assert images is not None
    assert perfect_sampler(settings()) == perfect_scores(images.fidelity.reference, 100)
    assert perfect_sampler(settings(evidence=None)) == {}
    assert perfect_sampler(settings(target=RingTarget(kind="ring"), evidence=None)) == {}


def test_a_study_with_evidence_has_its_columns_and_metrics(tmp_path: Path) -> None:
    """A run that diverges at once ends as NaN and does not disturb the other."""
    runs = [
        Run(f"a{slot}-r000", Arm(f"a{slot}", None, {}, settings(learning_rate=rate)), 0)
        for slot, rate in enumerate((0.01, 1e30))
    ]
    record = train_pack(Pack("p0", 0, tuple(runs)), tmp_path)
    calm, wild = (record.history[record.history["run_id"] == run.run_id] for run in runs)
    rows = record.runs.set_index("run_id")
    for name, metric in FIDELITY_METRICS.items():
        assert record.history[name].dtype == np.float32
        assert np.isfinite(calm[name]).all()
        assert wild[name].isna().all()
        best = calm[name].max() if metric.better == "higher" else calm[name].min()
        assert rows.loc["a0-r000", f"final_{name}"] == calm[name].iloc[-1]
        assert rows.loc["a0-r000", f"best_{name}"] == best
        assert np.isnan(rows.loc["a1-r000", f"final_{name}"])
        assert np.isnan(rows.loc["a1-r000", f"best_{name}"])
    assert rows.loc["a1-r000", "outcome"] == "diverged"
