from __future__ import annotations

import io
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vistab.collapse.calibration import Calibration
from vistab.collapse.detector import Ruling, rule
from vistab.collapse.signals import SIGNALS
from vistab.results.record import PackProgress
from vistab.spec.metrics import SIGNAL_METRICS
from vistab.training import checkpoints, evidence, train, train_pack
from vistab.training.evidence import snapshot_rounds
from vistab.training.pictures import strip_rounds

RUNS = [(0, {"weight": 0.0}), (0, {"weight": 5.0}), (1, {"optimizer": {"learning_rate": 4e-3}})]


def test_the_record_has_a_row_per_run_and_a_row_per_run_and_snapshot(
    make_pack: Any, tmp_path: Path
) -> None:
    """Columns as results/record.py names them, types as they are stored."""
    pack = make_pack(RUNS, generator_steps=2, rounds=20, snapshots=10)
    seen: list[PackProgress] = []
    record = train_pack(pack, tmp_path, seen.append)
    assert record.pack_id == pack.pack_id
    assert record.runs["run_id"].tolist() == [run.run_id for run in pack.runs]
    assert set(record.runs["status"]) == {"finished"}
    assert {f"{at}_{name}" for at in ("final", "best") for name in SIGNAL_METRICS} <= set(
        record.runs
    )
    assert (record.runs["rounds"] == 20).all()
    assert (record.runs["seconds"] > 0).all()
    assert len(record.history) == 3 * 10
    assert record.history["round"].tolist() == list(range(2, 21, 2)) * 3
    expected = {
        *("discriminator_loss", "generator_loss", "regularizer", "displacement"),
        *("accuracy_real", "accuracy_fake"),
        *("discriminator_gradient_norm", "generator_gradient_norm"),
        *SIGNALS,
    }
    assert set(record.history.columns) == expected | {"run_id", "round", "mode_shares", "main_mode"}
    assert all(record.history[name].dtype == np.float32 for name in expected)
    assert len(record.history["mode_shares"].iloc[0]) == 8
    assert len(record.samples["rounds"]) == 8
    assert record.samples[pack.runs[0].run_id].shape == (8, 200, 2)
    assert record.samples[pack.runs[0].run_id].dtype == np.float16
    assert seen[-1].round == 20
    assert sum(seen[-1].outcomes.values()) == 3


def test_each_run_is_ruled_on_by_thresholds_for_its_number_of_samples(
    make_pack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def watched(*args: Any, calibration: Calibration) -> Ruling:
        seen.append(calibration.n_samples)
        return rule(*args, calibration=calibration)

    monkeypatch.setattr(evidence, "rule", watched)
    pack = make_pack(RUNS, rounds=4, snapshots=2)
    assert pack.runs[0].arm.settings.budget.snapshot_samples == 200
    train_pack(pack, tmp_path)
    assert seen == [200] * len(RUNS)


def test_final_and_best_metrics_are_those_of_the_history(make_pack: Any, tmp_path: Path) -> None:
    """final_ is the last snapshot's value, best_ the largest."""
    record = train_pack(make_pack(RUNS[:1], rounds=8, snapshots=4), tmp_path)
    for name in SIGNAL_METRICS:
        values = record.history[name].to_numpy()
        assert record.runs[f"final_{name}"].item() == values[-1]
        assert record.runs[f"best_{name}"].item() == values.max()


def test_a_diverged_run_ends_as_a_row_of_its_own(make_pack: Any, tmp_path: Path) -> None:
    """NaN is an outcome, not an error, and needs no warning."""
    wild = {"optimizer": {"kind": "sgd", "learning_rate": 1e30}}
    pack = make_pack([(0, {"optimizer": {"kind": "sgd"}}), (1, wild)], rounds=12, snapshots=6)
    record = train_pack(pack, tmp_path)
    assert record.runs["outcome"].tolist()[1] == "diverged"
    assert record.runs["outcome"].tolist()[0] != "diverged"
    rows = record.history[record.history["run_id"] == pack.runs[1].run_id]
    assert rows["generator_loss"].isna().iloc[-1]
    assert rows["coverage"].isna().iloc[-1]


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("moment", [1, 6])
def test_a_killed_pack_goes_on_and_ends_with_the_same_bits(
    moment: int,
    make_pack: Any,
    assert_same_record: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed in the middle of its course, then called again with the same directory."""
    wild = {"optimizer": {"kind": "sgd", "learning_rate": 1e30}}
    calm = {"optimizer": {"kind": "sgd", "learning_rate": 0.1}, "weight": 1.0}
    pack = make_pack(
        [(0, calm), (1, wild), (2, calm)],
        rounds=10,
        snapshots=5,
        batch_norm=True,
        anchor="previous_phase",
    )
    undisturbed = train_pack(pack, tmp_path / "undisturbed")
    directory = tmp_path / "killed"
    save, saved = checkpoints.save, []

    def kill(*arguments: Any) -> None:
        saved.append(arguments)
        if len(saved) > moment:
            raise Killed
        save(*arguments)

    monkeypatch.setattr(checkpoints, "save", kill)
    with pytest.raises(Killed):
        train_pack(pack, directory, checkpoint_seconds=0.0)
    monkeypatch.setattr(checkpoints, "save", save)
    play, played = train.play_round, []

    def noted(training: Any, number: int, **further: Any) -> Any:
        played.append(number)
        return play(training, number, **further)

    monkeypatch.setattr(train, "play_round", noted)
    resumed = train_pack(pack, directory)
    assert played == list(range(moment + 1, 11))
    assert_same_record(resumed, undisturbed)


def killed_at(number: int, pack: Any, directory: Path) -> None:
    """Train with a checkpoint at every round, and die as that of round `number` is written."""

    def die(progress: Any) -> None:
        if progress.round == number:
            raise Killed

    with pytest.raises(Killed):
        train_pack(pack, directory, die, checkpoint_seconds=0.0)


def test_the_last_two_checkpoints_are_kept(make_pack: Any, tmp_path: Path) -> None:
    """So that the disk is bounded; what a kill left half written goes too."""
    killed_at(8, make_pack(RUNS[:1], rounds=10, snapshots=5), tmp_path)
    rounds = [int(path.name.split("-")[1]) for path in checkpoints.saved(tmp_path)]
    assert rounds == [6, 7]
    (tmp_path / f".{checkpoints.saved(tmp_path)[0].name}.1.tmp").write_bytes(b"half")
    train_pack(make_pack(RUNS[:1], rounds=10, snapshots=5), tmp_path)
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize("damage", ["cut short", "a flipped bit"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    damage: str, make_pack: Any, assert_same_record: Any, tmp_path: Path
) -> None:
    pack = make_pack(RUNS, rounds=10, snapshots=5)
    undisturbed = train_pack(pack, tmp_path / "undisturbed")
    killed_at(8, pack, tmp_path / "killed")
    last = checkpoints.saved(tmp_path / "killed")[-1]
    content = bytearray(last.read_bytes())
    content[-1000] ^= 1
    last.write_bytes(content if damage == "a flipped bit" else content[:-1000])
    assert_same_record(train_pack(pack, tmp_path / "killed"), undisturbed)


def test_checkpoints_are_read_as_tensors_alone(
    make_pack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that would run code is refused, even if its name vouches for its content."""
    pack = make_pack(RUNS[:1], rounds=10, snapshots=5)
    buffer = io.BytesIO()
    torch.save({"round": Path("/")}, buffer)
    name = checkpoints._name(3, buffer.getvalue())
    (tmp_path / name).write_bytes(buffer.getvalue())
    with pytest.raises(pickle.UnpicklingError, match=r"(?i)weights.only"):
        train_pack(pack, tmp_path)


def test_global_random_states_are_left_alone(make_pack: Any, tmp_path: Path) -> None:
    """torch, numpy and random go on as if no pack had been trained."""

    def numbers() -> tuple[Callable[..., Any], ...] | tuple[Any, ...]:
        return torch.rand(1).item(), np.random.rand(), random.random()  # noqa: NPY002

    def seed() -> None:
        torch.manual_seed(5)
        np.random.seed(5)  # noqa: NPY002
        random.seed(5)

    seed()
    expected = numbers()
    seed()
    train_pack(make_pack(RUNS[:1], rounds=2, snapshots=1), tmp_path)
    assert numbers() == expected


SCRIPT = """
import sys, torch
from pathlib import Path
sys.path.insert(0, {here!r})
from conftest import settings
from vistab.plan.model import Arm, Pack, Run
from vistab.training import train_pack
torch.set_num_threads(1)
torch.manual_seed(int(sys.argv[1]))
runs = tuple(
    Run(f"r{{k}}", Arm(f"a{{k}}", None, {{}}, settings(weight=w, generator_steps=2)), k % 2)
    for k, w in enumerate((0.0, 5.0, 5.0))
)
record = train_pack(Pack("p", 0, runs), Path(sys.argv[2]))
print(record.history.drop(columns="mode_shares").to_csv(float_format="%.9g"))
"""


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_in_another_process(tmp_path: Path) -> None:
    """Whatever the hash seed and the global seed of the process are."""
    outputs = []
    for number in ("1", "2"):
        script = SCRIPT.format(here=str(Path(__file__).parent))
        command = [sys.executable, "-c", script, number, str(tmp_path / number)]
        environment = {"PYTHONHASHSEED": number, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert len(outputs[0].splitlines()) > 9


@pytest.mark.parametrize(("rounds", "snapshots"), [(1200, 40), (7, 3), (5, 5), (1, 1), (100, 7)])
def test_snapshots_are_evenly_spaced_and_include_the_last_round(
    rounds: int, snapshots: int
) -> None:
    """As many as asked for, no two alike, gaps equal to a round."""
    found = snapshot_rounds(rounds, snapshots)
    assert len(found) == snapshots
    assert found[-1] == rounds
    gaps = np.diff([0, *found])
    assert gaps.min() >= 1
    assert gaps.max() - gaps.min() <= 1
    strip = strip_rounds(found)
    assert strip[0] == found[0]
    assert strip[-1] == found[-1]
    assert len(set(strip)) == min(8, snapshots)
