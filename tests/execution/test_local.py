"""The local engine, and what both engines share: retries, crashes, done packs."""

import errno
from dataclasses import replace

import pytest

import vistab.training
from vistab.errors import Interrupted, MachineError, StorageError
from vistab.execution import local
from vistab.execution.packs import RETRIES, run_pack, slot_of
from vistab.results import load
from vistab.results.files import write_atomically
from vistab.results.store import open_store
from vistab.spec.study import ResourcesSpec


def test_a_study_is_trained_to_its_last_run(plan_of, folder):
    """Every planned run is finished, and the last report of each pack says what came of it."""
    plan = plan_of()
    seen = []
    with open_store(folder / "whole", plan.study) as store:
        local.execute(plan, store, on_progress=seen.append)
        store.consolidate(plan)
        results = load(store.folder)
    assert set(results.runs["status"]) == {"finished"}
    assert len(results.runs) == len(plan.runs) == 4
    last = {report.pack_id: report for report in seen}
    assert sum(sum(report.outcomes.values()) for report in last.values()) == 4
    assert set(results.history["run_id"]) == {run.run_id for run in plan.runs}
    assert results.history["round"].max() == 20


def test_a_second_call_trains_nothing(plan_of, folder, monkeypatch):
    """Done packs are announced and left alone."""
    plan = plan_of()
    seen = []
    with open_store(folder / "twice", plan.study) as store:
        local.execute(plan, store)
        monkeypatch.setattr(vistab.training, "train_pack", None)
        local.execute(plan, store, on_progress=seen.append)
    assert [report.pack_id for report in seen] == [pack.pack_id for pack in plan.packs]
    assert all(report.round == report.rounds == 20 for report in seen)


def test_a_pack_that_raises_is_recorded_with_its_traceback_and_the_study_goes_on(
    fragile_plan, folder
):
    """Its runs are crashed, all others finished."""
    seen = []
    with open_store(folder, fragile_plan.study) as store:
        local.execute(fragile_plan, store, on_progress=seen.append)
        store.consolidate(fragile_plan)
        runs = load(store.folder).runs
        assert store.work.exists()
    expected = runs["family.batch_norm"].map({True: "crashed", False: "finished"})
    assert runs["status"].tolist() == expected.tolist()
    errors = runs.loc[runs["status"] == "crashed", "error"]
    assert errors.str.contains("RuntimeError: no batch norm here").all()
    assert errors.str.startswith("Traceback").all()
    last = {report.pack_id: report for report in seen}
    assert sum(report.outcomes.get("crashed", 0) for report in last.values()) == 2


def fail_first(monkeypatch, times, error=RuntimeError):
    """Makes train_pack raise on its first calls; returns the list of calls."""
    calls, real = [], vistab.training.train_pack

    def train_pack(pack, *rest, **options):
        calls.append(pack.pack_id)
        if len(calls) <= times:
            raise error("not yet")
        return real(pack, *rest, **options)

    monkeypatch.setattr(vistab.training, "train_pack", train_pack)
    return calls


def test_a_pack_that_fails_once_is_tried_again_and_finishes(plan_of, folder, monkeypatch):
    """One retry, and nothing of the failure is left."""
    plan = plan_of()
    calls = fail_first(monkeypatch, RETRIES)
    with open_store(folder / "retry", plan.study) as store:
        local.execute(plan, store)
        store.consolidate(plan)
        assert set(load(store.folder).runs["status"]) == {"finished"}
    assert calls.count(plan.packs[0].pack_id) == 1 + RETRIES


def test_a_crashed_pack_is_trained_by_the_same_command_later(plan_of, folder, monkeypatch):
    """A crash is not for ever."""
    plan = plan_of()
    with open_store(folder / "later", plan.study) as store:
        with monkeypatch.context() as patch:
            fail_first(patch, 1 + RETRIES)
            local.execute(plan, store)
        assert store.unfinished(plan) == plan.packs[:1]
        local.execute(plan, store)
        assert store.unfinished(plan) == ()


def test_ctrl_c_keeps_what_is_done(plan_of, folder, monkeypatch):
    """It is not a crash of the pack, and the packs before it stay done."""
    plan = plan_of()
    with open_store(folder / "ctrl_c", plan.study) as store:
        with monkeypatch.context() as patch:
            real = vistab.training.train_pack

            def train_pack(pack, *rest, **options):
                if pack == plan.packs[1]:
                    raise KeyboardInterrupt
                return real(pack, *rest, **options)

            patch.setattr(vistab.training, "train_pack", train_pack)
            with pytest.raises(Interrupted):
                local.execute(plan, store)
        assert store.unfinished(plan) == plan.packs[1:]
        assert store.pack_folder(plan.packs[1].pack_id).crash() is None


def test_resources_name_the_device_and_whole_threads():
    """A share of a GPU is CUDA; less than one core is still one thread."""
    assert slot_of(ResourcesSpec()).device == "cpu"
    assert slot_of(ResourcesSpec(gpus_per_pack=0.25)).device == "cuda"
    assert slot_of(ResourcesSpec(cpus_per_pack=0.5)).threads == 1
    assert slot_of(ResourcesSpec(cpus_per_pack=3)).threads == 3


def test_packs_are_trained_as_their_resources_say(plan_of, folder, monkeypatch):
    """Compiled or not, and with how many seconds between checkpoints: of each pack."""
    plan = plan_of()
    asked, real = [], vistab.training.train_pack

    def train_pack(pack, directory, report, device, **options):
        asked.append(options)
        return real(pack, directory, report, device, checkpoint_seconds=0.0)

    monkeypatch.setattr(vistab.training, "train_pack", train_pack)
    resources = ResourcesSpec(pack=2, compile=True, checkpoint_seconds=7)
    plan = replace(plan, study=plan.study.model_copy(update={"resources": resources}))
    with open_store(folder / "asked", plan.study) as store:
        local.execute(plan, store)
        checkpoints = list(store.work.glob("*/round-*"))
    assert asked == [{"compiled": True, "checkpoint_seconds": 7.0}] * len(plan.packs)
    assert checkpoints == []  # there were some; finished packs need none


def raise_in_training(monkeypatch, *errors, checkpoint=()):
    """Has train_pack raise these, one a call; in calls of `checkpoint` (by index) a new one is
    there before. Returns the list of calls."""
    calls, real = [], vistab.training.train_pack

    def train_pack(pack, directory, *rest, **options):
        calls.append(pack.pack_id)
        number = len(calls) - 1
        if number in checkpoint:
            (directory / f"round-{number:09d}-0.pt").touch()
        if number < len(errors):
            raise errors[number]
        return real(pack, directory, *rest, **options)

    monkeypatch.setattr(vistab.training, "train_pack", train_pack)
    return calls


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError("CUDA error: uncorrectable ECC error"), MachineError),
        (MemoryError(), MachineError),
        (OSError(errno.ENOSPC, "No space left on device"), StorageError),
        (OSError(errno.EROFS, "Read-only file system"), StorageError),
    ],
    ids=["gpu", "memory", "full", "read-only"],
)
def test_a_failing_machine_is_not_held_against_packs(error, kind, plan_of, tmp_path, monkeypatch):
    """It would take them all: the study ends at once, nothing is recorded, and it may go on."""
    plan = plan_of()
    with open_store(tmp_path, plan.study) as store:
        with monkeypatch.context() as patch:
            calls = raise_in_training(patch, error)
            with pytest.raises(kind):
                local.execute(plan, store)
        assert len(calls) == 1
        assert store.unfinished(plan) == plan.packs
        assert store.pack_folder(plan.packs[0].pack_id).crash() is None
        local.execute(plan, store)
        assert store.unfinished(plan) == ()


def test_attempts_are_counted_anew_with_each_checkpoint(plan_of, tmp_path, monkeypatch):
    """Four failures, but a checkpoint before the second and third; then two in vain in a row."""
    plan, boom = plan_of(), RuntimeError("boom")
    with open_store(tmp_path, plan.study) as store:
        with monkeypatch.context() as patch:
            calls = raise_in_training(patch, boom, boom, boom, checkpoint=(1, 2))
            local.execute(plan, store)
        assert store.unfinished(plan) == ()
        assert calls.count(plan.packs[0].pack_id) == 4
    with open_store(tmp_path / "vain", plan.study) as store:
        calls = raise_in_training(monkeypatch, boom, boom, boom, boom, checkpoint=(1,))
        local.execute(plan, store)
        assert calls.count(plan.packs[0].pack_id) == 3
        assert store.unfinished(plan) == plan.packs[:1]


def test_a_pack_that_spoils_the_gpu_is_recorded_and_its_process_trains_no_more(
    plan_of, tmp_path, monkeypatch
):
    """What it did there cannot be undone; the next command tries it again."""
    plan = plan_of()
    spoilt = RuntimeError("CUDA error: device-side assert triggered")
    with open_store(tmp_path, plan.study) as store:
        calls = raise_in_training(monkeypatch, spoilt)
        with pytest.raises(MachineError, match="left the GPU unusable"):
            local.execute(plan, store)
        assert len(calls) == 1
        assert "device-side" in store.pack_folder(plan.packs[0].pack_id).crash()["error"]
        folder = store.pack_folder(plan.packs[0].pack_id)
        run_pack(plan.packs[0], folder, slot_of(ResourcesSpec()), print)  # in another process
        assert len(calls) == 1


def test_nothing_is_written_where_a_vanished_folder_was(plan_of, tmp_path, monkeypatch):
    """An unmounted folder's place must not fill the disk below it."""
    plan = plan_of()
    (tmp_path / "out").mkdir()
    real = vistab.training.train_pack

    def train_pack(*given, **options):
        (tmp_path / "out").rename(tmp_path / "elsewhere")
        return real(*given, **options)

    monkeypatch.setattr(vistab.training, "train_pack", train_pack)
    with (
        pytest.raises(StorageError, match="it is gone"),
        open_store(tmp_path / "out", plan.study) as store,
    ):
        local.execute(plan, store)
    assert not (tmp_path / "out").exists()


def test_a_write_that_fails_leaves_no_half_file(tmp_path):
    """On a full disk it would keep all others from being written."""

    def write(file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "x").write_text("old")
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "x", write)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
