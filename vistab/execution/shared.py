"""Whether every machine of a cluster sees the folder that packs are trained in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vistab.errors import RequestError

SECONDS = 60.0
"""So long machines may take to look, all together: each starts a process for that."""


def check_seen(work: Path, nodes: Sequence[Mapping[str, Any]]) -> None:
    """RequestError that names the machines, as Ray describes them, which cannot write to `work`.

    Asked of each by a file that is written here and one that is written there.
    """
    here = work / ".seen"
    here.touch()
    try:
        found = _asked_of_all(here, nodes)
    finally:
        here.unlink(missing_ok=True)
    raise_unless_seen(work, {name: why for name, why in found.items() if why})


def raise_unless_seen(work: Path, blind: Mapping[str, str]) -> None:
    """RequestError if there are machines that do not see the folder; by name, why not."""
    if blind:
        told = "; ".join(f"{name}: {why}" for name, why in blind.items())
        raise RequestError(
            f"--address: every machine of the cluster must see {work} under that path: {told}"
        )


def why_not_seen(here: str) -> str:
    """What keeps this machine from seeing the file and writing beside it; empty if nothing."""
    import os  # all of it inside: this function travels to machines as it is
    import socket

    beside = f"{here}-{socket.gethostname()}-{os.getpid()}"
    if not os.path.exists(here):
        return "it is not there"
    try:
        with open(beside, "w"):
            os.unlink(beside)
    except OSError as error:
        return str(error.strerror)
    return ""


def _asked_of_all(here: Path, nodes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """By machine, why it does not see the file."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    task: Any = ray.remote(num_cpus=0, max_retries=0)(why_not_seen)
    asked = {
        f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})": task.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        ).remote(str(here))
        for node in nodes
    }
    ray.wait(list(asked.values()), num_returns=len(asked), timeout=SECONDS)
    return {name: answer_of(ray, answer) for name, answer in asked.items()}


def answer_of(ray: Any, reference: Any) -> str:
    """What a machine answered, if it is still one of the cluster."""
    gone = ray.exceptions.TaskUnschedulableError, ray.exceptions.NodeDiedError
    try:
        return str(ray.get(reference, timeout=0.1))
    except gone:  # since it was listed: Ray trains nothing there any more
        return ""
    except Exception as error:  # a machine that hangs, or whose Python is another
        return f"it cannot be asked ({type(error).__name__})"
