"""A Ray that is quiet, local and leaves nothing behind; or a connection to one that is running."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path
from secrets import token_hex
from typing import Any

from vistab.errors import MachineError, RequestError
from vistab.execution.address import check_address
from vistab.execution.machine import first_line
from vistab.execution.shared import check_seen
from vistab.spec.study import ResourcesSpec

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # no CSV, JSON and TensorBoard files per trial
    "RAY_AIR_NEW_OUTPUT": "0",  # together with verbose=0: prints nothing
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # relative paths mean the same in a trial
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is a KeyboardInterrupt, as everywhere else
}
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}  # despite its name: listen on 127.0.0.1 only
PREFIX = "vistab-"
NOTE = "scratch"
ROUNDS_OF_MONITOR = 10
OBJECT_STORE_BYTES = 100 * 2**20  # trials pass ids and small numbers, nothing else


def set_environment(address: str | None) -> None:
    """Say how Ray is to behave. It reads that as it is imported, so this must come first."""
    os.environ.update(QUIET if address else QUIET | LOOPBACK)


def ensure_environment() -> None:
    """The same for who only borrows a part of Ray: alone on this machine, unless it is said."""
    if not QUIET.keys() <= os.environ.keys():
        set_environment(None)


@contextmanager
def cluster(
    resources: ResourcesSpec, workers: int | None, address: str | None, work: Path
) -> Iterator[Path]:
    """Start Ray on this machine with room for `workers` packs, or connect to `address`.

    Yields a temporary folder for Tune's own state; a file in `work`, where packs are trained,
    remembers it, so that what a killed session left behind is removed by the next one.
    RequestError if nothing answers at `address`, if a pack asks for more than there is (it would
    wait for ever), or if a machine does not see `work`; MachineError if Ray does not start.
    """
    _check_share(resources.gpus_per_pack)
    set_environment(address)
    import ray

    with _scratch(work / NOTE) as scratch:
        try:
            if address:
                _connect(ray, address)
            else:
                _start(
                    ray, ceil(workers_here(resources, workers) * resources.cpus_per_pack), scratch
                )
            nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
            if not (address and _may_grow(nodes, resources)):
                _check_room(nodes, resources)
            if address:
                check_seen(work.absolute(), [node for node in nodes if _held(node, resources)])
            yield scratch
        finally:
            ray.shutdown()


def workers_here(resources: ResourcesSpec, asked: int | None = None) -> int:
    """How many packs are trained at once on this machine; at least one.

    As many as `asked`, or as its cores hold; fewer if packs train on GPUs and these hold fewer.
    """
    by_cores = asked or _times(os.cpu_count() or 1, resources.cpus_per_pack)
    return max(1, min(by_cores, _held_by_gpus(_gpus_here(resources), resources.gpus_per_pack)))


def workers_of_cluster(resources: ResourcesSpec, asked: int | None = None) -> int:
    """How many packs are trained at once by the Ray that is connected: `asked` at most.

    One that holds none yet may grow: as many as asked then, or one.
    """
    import ray

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    held = sum(_held(node, resources) for node in nodes)
    return min(asked or held, held) or asked or 1


def _held(node: dict[str, Any], resources: ResourcesSpec) -> int:
    """How many packs a machine, as Ray describes it, holds at once."""
    if not node["Alive"]:
        return 0
    by_cores = _times(node["Resources"].get("CPU", 0), resources.cpus_per_pack)
    gpus = node["Resources"].get("GPU", 0)
    return min(by_cores, _held_by_gpus(gpus, resources.gpus_per_pack))


def _held_by_gpus(gpus: float, share: float) -> int:
    """How many packs GPUs hold; none has its share on two of them, unless it has all of both."""
    if not share:
        return sys.maxsize
    return int(gpus) * _times(1, share) if share < 1 else _times(gpus, share)


def _times(whole: float, part: float) -> int:
    """How often the part goes into the whole: 10 times 0.1 into 1, whatever floats make of it."""
    return int(whole / part + 1e-9)


def _gpus_here(resources: ResourcesSpec) -> int:
    """This machine's GPUs that a pack may use; not looked for unless packs ask for them."""
    if not resources.gpus_per_pack:
        return 0
    import torch  # here, since it takes a while

    return torch.cuda.device_count()


def _quietly(ray, **options: object) -> None:  # type: ignore[no-untyped-def]
    handler = signal.getsignal(signal.SIGTERM)
    ray.init(logging_level="ERROR", log_to_driver=False, **options)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)  # ray.init puts its own in its place
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)


def _start(ray, cores: int, scratch: Path) -> None:  # type: ignore[no-untyped-def]
    """Start one of our own, whatever cluster RAY_ADDRESS names. MachineError if it does not."""
    os.environ["RAY_AUTH_TOKEN"] = token_hex(32)  # or Ray would write one to ~/.ray
    try:
        _quietly(
            ray,
            address="local",
            num_cpus=cores,
            object_store_memory=OBJECT_STORE_BYTES,
            include_dashboard=False,
            _temp_dir=str(scratch / "ray"),
        )
    except Exception as error:  # of many kinds, from wrong ports to a full disk
        raise MachineError(f"Ray does not start on this machine: {first_line(error)}") from error


def _connect(ray, address: str) -> None:  # type: ignore[no-untyped-def]
    """Join the cluster at `address`. RequestError if there is none."""
    check_address(address)
    host, _, port = address.rpartition(":")
    try:
        # Ray itself would try for minutes
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError as error:
        raise RequestError(f"--address {address}: no Ray cluster answers there: {error}") from None
    try:
        _quietly(ray, address=address)
    except Exception as error:  # also of another version, or without its token
        raise RequestError(f"--address {address}: cannot be joined: {first_line(error)}") from error


def _check_share(gpus_per_pack: float) -> None:
    """Ray hands out parts of one GPU, or whole ones."""
    if gpus_per_pack > 1 and gpus_per_pack % 1:
        raise RequestError(
            f"resources.gpus_per_pack: above 1 a whole number, {gpus_per_pack:g} got; "
            "nearest: 1, for a pack trains on one GPU"
        )


def _may_grow(nodes: list[dict[str, Any]], resources: ResourcesSpec) -> bool:
    """Whether a cluster without room for a pack may get it: an autoscaler adds machines to it.

    Its monitor tells the types of its machines. Where none are configured, each is of its own.
    """
    if any(_held(node, resources) for node in nodes):
        return False
    from ray.experimental.internal_kv import _internal_kv_get

    for _ in range(ROUNDS_OF_MONITOR):  # it speaks up some seconds after the cluster has begun
        if status := _internal_kv_get("__autoscaling_status"):
            return autoscaled(json.loads(status))
        time.sleep(1)
    return True  # nobody says that it may not


def autoscaled(status: Mapping[str, Any]) -> bool:
    """Whether there are machines, in what the monitor tells, of a type that was configured."""
    types = (status.get("autoscaler_report") or {}).get("node_type_mapping") or {}
    return any(kind != f"node_{node}" for node, kind in types.items())


def _check_room(nodes: list[dict[str, Any]], resources: ResourcesSpec) -> None:
    """A pack must fit into one machine."""
    asked = {"CPU": resources.cpus_per_pack, "GPU": resources.gpus_per_pack}
    for kind, amount in asked.items():
        most = max(node["Resources"].get(kind, 0) for node in nodes if node["Alive"])
        if amount > most:
            raise RequestError(
                f"resources.{kind.lower()}s_per_pack: at most {most:g} here, {amount:g} got"
            )
    if not any(_held(node, resources) for node in nodes):
        raise RequestError(
            f"resources: no machine here has room for {resources.cpus_per_pack:g} cpus_per_pack "
            f"and {resources.gpus_per_pack:g} gpus_per_pack together"
        )


@contextmanager
def _scratch(note: Path) -> Iterator[Path]:
    """A temporary folder with a short path: Ray puts Unix sockets into it."""
    if note.exists():
        _remove(Path(note.read_text(encoding="utf-8")))
    note.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp" if os.path.isdir("/tmp") else None))
    note.write_text(str(folder), encoding="utf-8")
    try:
        yield folder
    finally:
        _remove(folder)
        note.unlink(missing_ok=True)


def remove_scratch(work: Path) -> None:
    """Remove the temporary folder of a session that could not do so itself."""
    note = work / NOTE
    with suppress(OSError):
        _remove(Path(note.read_text(encoding="utf-8")))
        note.unlink()


def _remove(folder: Path) -> None:
    if folder.name.startswith(PREFIX):  # a damaged note must not name anything else
        shutil.rmtree(folder, ignore_errors=True)
