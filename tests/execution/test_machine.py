"""What is the machine's fault and what is the pack's own."""

import errno
import os
import pickle
from pathlib import Path

import pytest

from vistab.errors import ExecutionError, MachineError, StorageError
from vistab.execution.machine import machine_trouble, spoils, storage_trouble
from vistab.execution.tally import MACHINE_FAILURES, EndOfStudy, Machines
from vistab.results.store import Store


def of(number: int, path: Path | str | None = None) -> OSError:
    """What the system raises."""
    return OSError(number, os.strerror(number), *([str(path)] if path else []))


MACHINES = [
    RuntimeError("CUDA error: uncorrectable ECC error encountered\nCUDA kernel errors might be"),
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("No CUDA GPUs are available"),
    RuntimeError("Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU"),
    RuntimeError("CUDA driver initialization failed, you might not have a CUDA gpu."),
    RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"),
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
        "you tried to allocate 4000000000000000 bytes. Error code 12 (Cannot allocate memory)"
    ),
    MemoryError(),
    of(errno.ENOMEM),
    of(errno.EMFILE),
]
PACKS = [
    RuntimeError("CUDA error: device-side assert triggered"),
    RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB."),  # the pack is too large
    RuntimeError("mat1 and mat2 shapes cannot be multiplied (16x2 and 4x16)"),
    ValueError("CUDA error: as a family of one's own may say"),
    FileNotFoundError(errno.ENOENT, "No such file or directory", "/data/own.npy"),
    of(errno.EACCES, "/data/own.npy"),
    ZeroDivisionError("division by zero"),
]


@pytest.mark.parametrize("error", MACHINES, ids=lambda error: str(error)[:40])
def test_what_takes_the_next_pack_too_is_the_machine(error, tmp_path):
    """It is named; a full disk is something else."""
    trouble = machine_trouble(error, tmp_path)
    assert type(trouble) is MachineError
    assert os.uname().nodename in str(trouble)
    assert "\n" not in str(trouble)


@pytest.mark.parametrize("error", PACKS, ids=lambda error: str(error)[:40])
def test_what_a_family_raises_is_the_packs_own(error, tmp_path):
    assert machine_trouble(error, tmp_path) is None


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space is left"),
        (errno.EDQUOT, "quota is used up"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not be written"),
        (errno.EIO, "input/output error"),
        (errno.ESTALE, "stale"),
    ],
)
def test_a_folder_that_cannot_be_written_is_told_with_its_path(number, words, tmp_path):
    """Also when the system's word is hidden below another error's; and after pickling."""
    try:
        try:
            raise of(number, tmp_path / "x")
        except OSError as error:
            raise ValueError("the archive was not closed") from error
    except ValueError as error:
        trouble = pickle.loads(pickle.dumps(machine_trouble(error, tmp_path)))
    assert isinstance(trouble, StorageError)
    assert str(trouble).startswith(f"{tmp_path}: ")
    assert words in str(trouble)
    assert trouble.full == (number in (errno.ENOSPC, errno.EDQUOT))


def test_another_full_disk_is_told_by_its_own_path(tmp_path):
    """Such as that of temporary files, which has filled while the results have room."""
    trouble = storage_trouble(of(errno.ENOSPC, "/tmp/ray/x"), tmp_path)
    assert str(trouble).startswith("/tmp/ray: no space")


def test_a_folder_that_is_gone_is_told_whatever_it_was_that_failed(tmp_path):
    trouble = machine_trouble(RuntimeError("odd"), tmp_path / "gone")
    assert isinstance(trouble, StorageError)
    assert trouble.missing


def test_an_assertion_on_a_gpu_spoils_the_process_and_nothing_else_does():
    assert spoils(RuntimeError("CUDA error: device-side assert triggered"))
    assert not spoils(RuntimeError("CUDA out of memory"))


def test_one_machine_that_fails_again_and_again_ends_the_study_by_name(tmp_path):
    """Not if packs are finished there in between, nor for what others do."""
    machines = Machines(Store(tmp_path))
    error = MachineError("node7: its GPU does not work")
    for _ in range(3 * MACHINE_FAILURES):
        machines.failed("node7", error)
        machines.finished("node7")
    for number in range(3 * MACHINE_FAILURES):
        machines.failed(f"other{number}", error)
    for _ in range(MACHINE_FAILURES - 1):
        machines.failed("node7", error)
    with pytest.raises(EndOfStudy) as end:
        machines.failed("node7", error)
    assert "node7: its GPU does not work (3 times in a row)" in str(end.value.error)
    assert isinstance(end.value.error, ExecutionError)


def test_a_full_disk_ends_the_study_at_once(tmp_path):
    """All machines write to it."""
    with pytest.raises(EndOfStudy) as end:
        Machines(Store(tmp_path)).failed("node7", StorageError(tmp_path, "no space", full=True))
    assert isinstance(end.value.error, StorageError)


def test_a_folder_that_one_machine_alone_does_not_see_is_that_machines_trouble(tmp_path):
    """The driver sees it. If it does not either, nobody can go on."""
    gone = StorageError(tmp_path, "it is gone", missing=True)
    machines = Machines(Store(tmp_path))
    for _ in range(MACHINE_FAILURES - 1):
        machines.failed("node7", gone)
    with pytest.raises(EndOfStudy, match=r"node7: .*it is gone"):
        machines.failed("node7", gone)
    with pytest.raises(EndOfStudy):
        Machines(Store(tmp_path / "gone")).failed("node7", gone)
