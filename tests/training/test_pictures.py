"""What is kept of runs to be seen: of images as levels, with the data that they come nearest to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vistab.plan.model import Arm, Pack, Run
from vistab.results.frame import Results
from vistab.spec.targets import DigitsTarget, RingTarget
from vistab.targets import make_target
from vistab.targets.data import DataSet
from vistab.training import pictures, train_pack
from vistab.training.pictures import NOT_FINITE, Pictures, levels

DIGITS = make_target(DigitsTarget(kind="digits"))
RING = make_target(RingTarget(kind="ring"))
ROUNDS = (10, 20, 30)
K, N = 2, 300


def some(*shape: int, seed: int = 0) -> torch.Tensor:
    """Numbers from -1.5 to 1.5."""
    return 3 * torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) - 1.5


def kept(target: Any, shown: dict[str, torch.Tensor], data: torch.Tensor) -> dict[str, Any]:
    """The archive of runs `a` and `b` that show the same pictures at all three rounds."""
    own = Pictures()
    for number in ROUNDS:
        own.keep(number, shown, data, target, last=number == ROUNDS[-1])
    return own.archive(["a", "b"])


@given(arrays(np.float32, 8, elements=st.floats(-3, 3, width=32)))
def test_a_level_is_the_nearest_of_256(values: Any) -> None:
    nearest = np.abs(np.linspace(-1, 1, 256) - values[:, None]).argmin(axis=1)
    assert np.abs(levels(values).astype(int) - nearest).max() <= 1  # halves may go either way
    inside = np.clip(values, -1, 1)
    assert np.abs(levels(values) / 127.5 - 1 - inside).max() <= 0.5 / 127.5 + 1e-6


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_number_are_mid_grey(bad: float) -> None:
    values = np.array([bad, 3e38, -3e38, -1, 1], dtype=np.float32)
    assert levels(values).tolist() == [NOT_FINITE, 255, 0, 0, 255]


def test_of_images_36_are_kept_as_levels() -> None:
    samples = some(K, N, 64)
    archive = kept(DIGITS, {"samples": samples}, some(K, N, 64))
    for k, run in enumerate("ab"):
        assert archive[run].shape == (3, 36, 64)
        assert archive[run].dtype == np.uint8
        np.testing.assert_array_equal(archive[run][1], levels(samples[k, :36].numpy()))
    assert archive["rounds"].tolist() == list(ROUNDS)


def test_of_other_samples_200_are_kept_as_they_were_and_nothing_is_compared() -> None:
    samples = some(K, N, 2)
    archive = kept(RING, {"samples": samples}, samples)
    assert archive.keys() == {"rounds", "a", "b"}
    assert archive["a"].dtype == np.float16
    np.testing.assert_array_equal(archive["a"][0], samples[0, :200].numpy().astype(np.float16))


def test_codes_of_images_stay_numbers_and_keep_their_data() -> None:
    """200 codes with the 200 data that they are of; reconstructions are images."""
    shown = {"samples": some(K, N, 64), "codes": some(K, N, 2), "reconstructions": some(K, N, 64)}
    data = some(K, N, 64, seed=1)
    archive = kept(DIGITS, shown, data)
    assert archive["a.codes"].shape == (3, 200, 2)
    np.testing.assert_array_equal(
        archive["b.codes"][2], shown["codes"][1, :200].numpy().astype(np.float16)
    )
    assert archive["a.reconstructions"].shape == (3, 36, 64)
    assert archive["a.reconstructions"].dtype == np.uint8
    np.testing.assert_array_equal(archive["b.originals"], levels(data[1, :200].numpy()))


def test_the_bytes_of_a_run_of_images_stay_within_their_bound() -> None:
    """frames x 36 x d, and the 16 nearest images and their numbers beside them."""
    archive = kept(DIGITS, {"samples": some(K, N, 64)}, some(K, N, 64))
    own = sum(one.nbytes for name, one in archive.items() if name[0] == "a")
    assert archive["a"].nbytes == 3 * 36 * 64
    assert own <= 3 * (36 + 16) * 64 + 3 * 16 * 4 + 64 * 4


def test_samples_that_are_data_are_found_among_the_data() -> None:
    copies = torch.from_numpy(DIGITS.sample(K * N, np.random.default_rng(3)).reshape(K, N, 64))
    archive = kept(DIGITS, {"samples": copies}, copies)
    assert archive["a.nearest"].shape == (3, 16, 64)
    assert archive["a.nearest"].dtype == np.uint8
    np.testing.assert_array_equal(archive["b.nearest"][0], levels(copies[1, :16].numpy()))
    assert archive["a.nearest_distance"].dtype == np.float32
    assert (archive["a.nearest_distance"] == 0).all()
    assert archive["a.real_distance"].shape == (1, 64)
    assert np.median(archive["a.real_distance"]) > 0.1
    np.testing.assert_array_equal(archive["a.real_distance"], archive["b.real_distance"])


def test_distances_are_those_of_the_image_as_it_is_shown() -> None:
    """A generator that overshoots white by far still shows white."""
    white = torch.ones(K, N, 64)
    once = kept(DIGITS, {"samples": white}, white)
    far = kept(DIGITS, {"samples": 1e20 * white}, white)
    np.testing.assert_array_equal(once["a.nearest_distance"], far["a.nearest_distance"])


def test_a_run_that_diverged_has_no_distance_and_the_others_have_theirs() -> None:
    samples = some(K, N, 64)
    samples[0] = torch.nan
    archive = kept(DIGITS, {"samples": samples}, some(K, N, 64))
    assert (archive["a"] == NOT_FINITE).all()
    assert np.isnan(archive["a.nearest_distance"]).all()
    assert np.isfinite(archive["b.nearest_distance"]).all()


def test_large_data_are_compared_with_at_the_last_round_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(DIGITS, DataSet)
    samples = some(K, N, 64)
    monkeypatch.setattr(pictures, "CHEAP", DIGITS.data.size - 1)
    archive = kept(DIGITS, {"samples": samples}, samples)
    assert archive["a"].shape == (3, 36, 64)
    assert archive["a.nearest"].shape == (1, 16, 64)
    assert archive["a.nearest_distance"].shape == (1, 16)


def test_a_results_folder_gives_images_as_numbers(tmp_path: Path) -> None:
    shown = {"samples": some(K, N, 64), "reconstructions": some(K, N, 64, seed=2)}
    archive = kept(DIGITS, shown, some(K, N, 64, seed=1))
    (tmp_path / "samples").mkdir()
    np.savez_compressed(tmp_path / "samples" / "p0.npz", **archive)
    pd.DataFrame({"run_id": ["a", "b"], "pack": "p0"}).to_parquet(tmp_path / "runs.parquet")
    results = Results(tmp_path)
    found = results.samples("b")
    assert found is not None
    assert found[0].tolist() == list(ROUNDS)
    assert found[1].dtype == np.float32
    np.testing.assert_allclose(
        found[1][0], shown["samples"][1, :36].clamp(-1, 1), atol=0.5 / 127.5 + 1e-6
    )
    others = results.pictures("b")
    assert others.keys() == {
        "reconstructions", "originals", "nearest", "nearest_distance", "real_distance",
    }  # fmt: skip
    for name in ("reconstructions", "originals", "nearest"):
        assert -1 <= others[name].min() < 0 < others[name].max() <= 1
    np.testing.assert_array_equal(others["nearest_distance"], archive["b.nearest_distance"])
    assert results.stored("b")["b"].dtype == np.uint8


@pytest.mark.slow
def test_a_pack_of_images_leaves_them_in_its_record(make_pack: Any, tmp_path: Path) -> None:
    """From the same latents at every round: a generator that stays as it is shows the same."""
    still = {"kind": "sgd", "learning_rate": 1e-12}
    pack = make_pack([(0, {}), (1, {})], rounds=3, snapshots=3, optimizer=still)
    target = DigitsTarget(kind="digits")
    runs = tuple(
        Run(one.run_id, Arm(one.arm.arm_id, None, {}, _with(one.arm.settings, target)), k)
        for k, one in enumerate(pack.runs)
    )
    record = train_pack(Pack("p0", 0, runs), tmp_path)
    for run in runs:
        shots = record.samples[run.run_id]
        assert shots.shape == (3, 36, 64)
        assert shots.dtype == np.uint8
        np.testing.assert_array_equal(shots[1:], shots[:-1])
        assert record.samples[f"{run.run_id}.nearest"].shape == (3, 16, 64)
        assert record.samples[f"{run.run_id}.real_distance"].shape == (1, 64)


def _with(settings: Any, target: Any) -> Any:
    return settings.model_copy(update={"target": target})
