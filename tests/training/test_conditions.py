"""What decides a run's bits is kept of every run, also if its pack moved half way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from vistab.results.provenance import cpu
from vistab.results.record import CONDITION_COLUMNS, PackProgress
from vistab.training import train, train_pack
from vistab.training.conditions import Conditions, columns_of, conditions, going_on

HERE: Conditions = {"device_name": "Small", "threads": 1}
THERE: Conditions = {"device_name": "Big", "threads": 1}


def test_a_record_says_what_decides_its_runs_bits(make_pack: Any, tmp_path: Path) -> None:
    """In the columns that the results name, as torch tells them."""
    record = train_pack(make_pack([(0, {}), (1, {})], rounds=4, snapshots=2), tmp_path)
    assert record.runs[list(CONDITION_COLUMNS)].drop_duplicates().to_dict("records") == [
        {
            "device": "cpu",
            "device_name": cpu(),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "threads": 1,
            "pack_size": 2,
            "compiled": False,
            "torch": torch.__version__,
        }
    ]


def test_a_gpu_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds of GPU are both `cuda` to torch."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"the name of {device}")
    found = conditions("cuda", 3, compiled=True)
    assert found["device_name"] == "the name of cuda"
    assert (found["device"], found["pack_size"], found["compiled"]) == ("cuda", 3, True)


def test_going_on_under_the_same_conditions_is_nothing_new() -> None:
    """However often a pack was stopped."""
    stretches = going_on(going_on([], 0, HERE), 40, dict(HERE))
    assert stretches == [(0, HERE)]
    assert columns_of(stretches) == HERE


def test_a_move_half_way_is_told_with_its_round() -> None:
    """And the other columns are those of the end."""
    stretches = going_on(going_on([], 0, HERE), 40, {**THERE, "threads": 2})
    assert columns_of(stretches) == {
        "device_name": "Small; after round 40: device_name Big, threads 2",
        "threads": 2,
    }


def test_what_came_before_the_first_that_is_known_is_not_made_up() -> None:
    """A checkpoint of a version that kept nothing of this."""
    told = columns_of(going_on([], 40, HERE))["device_name"]
    assert told == "not known up to round 40; Small"


class Killed(BaseException):
    """The process dies here."""


def killed_at(number: int) -> Callable[[PackProgress], None]:
    def report(progress: PackProgress) -> None:
        if progress.round >= number:
            raise Killed

    return report


def test_a_pack_resumed_on_another_machine_says_so(
    make_pack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its runs do not pass for runs that one machine trained."""
    pack = make_pack([(0, {})], rounds=6, snapshots=3)
    with pytest.raises(Killed):
        train_pack(pack, tmp_path, killed_at(4), checkpoint_seconds=0.0)
    elsewhere = {**conditions("cpu", 1, compiled=False), "cpu_capability": "NONE"}
    monkeypatch.setattr(train, "conditions", lambda *given, **options: elsewhere)
    row = train_pack(pack, tmp_path).runs.iloc[0]
    assert row["cpu_capability"] == "NONE"
    assert row["device_name"] == f"{cpu()}; after round 3: cpu_capability NONE"
