"""A Ray that is quiet, local and leaves nothing behind; or a connection to one that is running."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any

from vistab.errors import RequestError
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
    resources: ResourcesSpec, workers: int | None, address: str | None, note: Path
) -> Iterator[Path]:
    """Start Ray on this machine with room for `workers` packs, or connect to `address`.

    Yields a temporary folder for Tune's own state; the file `note` remembers it, so that what a
    killed session left behind is removed by the next one. RequestError if nothing answers at
    `address`, or if a pack asks for more than there is, for then it would wait for ever.
    """
    _check_share(resources.gpus_per_pack)
    set_environment(address)
    import ray

    with _scratch(note) as scratch:
        try:
            if address:
                _connect(ray, address)
            else:
                slots = workers_here(resources, workers)
                _quietly(
                    ray,
                    num_cpus=ceil(slots * resources.cpus_per_pack),
                    object_store_memory=OBJECT_STORE_BYTES,
                    include_dashboard=False,
                    _temp_dir=str(scratch / "ray"),
                )
                _protect_token()
            _check_room(ray.nodes(), resources)  # type: ignore[no-untyped-call]
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
    """How many packs are trained at once by the Ray that is connected: `asked` at most."""
    import ray

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    held = sum(_held(node, resources) for node in nodes)
    return min(asked or held, held)


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


def _connect(ray, address: str) -> None:  # type: ignore[no-untyped-def]
    """Join the cluster at `address`. RequestError if there is none."""
    host, _, port = address.rpartition(":")
    try:
        if host and "/" not in host and port.isdigit():  # Ray itself would try for minutes
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
        _quietly(ray, address=address)
    except OSError as error:  # Ray's ConnectionError is one too
        raise RequestError(f"--address {address}: no Ray cluster answers there: {error}") from None


def _check_share(gpus_per_pack: float) -> None:
    """Ray hands out parts of one GPU, or whole ones."""
    if gpus_per_pack > 1 and gpus_per_pack % 1:
        raise RequestError(
            f"resources.gpus_per_pack: above 1 a whole number, {gpus_per_pack:g} got; "
            "nearest: 1, for a pack trains on one GPU"
        )


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


def _protect_token() -> None:
    """Ray writes its access token readable by everyone; make it the user's alone."""
    token = Path.home() / ".ray" / "auth_token"
    if token.exists():
        token.chmod(0o600)


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


def _remove(folder: Path) -> None:
    if folder.name.startswith(PREFIX):  # a damaged note must not name anything else
        shutil.rmtree(folder, ignore_errors=True)
