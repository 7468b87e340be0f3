"""Whether Ray is still there. Its driver cannot tell: it waits for ever once the raylet is gone.

A process that was killed refuses connections at once; one that only has much to do takes them.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from typing import Any

SECONDS_BETWEEN = 2.0
PATIENCE = 12.0
"""So long one that does not answer may come back, in seconds."""

Endpoints = Mapping[str, tuple[str, int]]
"""By the name that users are told: where a process of Ray's takes connections."""


def endpoints_of_ray() -> Endpoints:
    """Those that the driver in this process depends on. Ray must be up."""
    import ray

    context = ray.get_runtime_context()
    host, _, port = context.gcs_address.rpartition(":")
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    here = next(node for node in nodes if node["NodeID"] == context.get_node_id())
    return {
        "raylet": (here["NodeManagerAddress"], here["NodeManagerPort"]),
        "gcs_server": (host.strip("[]"), int(port)),
    }


class Watch:
    """Looks from time to time whether all endpoints answer."""

    def __init__(self, endpoints: Endpoints) -> None:
        self.answered = dict.fromkeys(endpoints, time.monotonic())
        self.endpoints = endpoints
        self.next = 0.0

    def lost(self) -> str | None:
        """The name of an endpoint that has not answered for PATIENCE seconds; None if all have."""
        now = time.monotonic()
        if now >= self.next:
            self.next = now + SECONDS_BETWEEN
            self.answered |= dict.fromkeys(filter(self.answers, self.endpoints), now)
        return next((name for name, at in self.answered.items() if now - at > PATIENCE), None)

    def silent(self) -> str | None:
        """The name of an endpoint that does not answer now; None if all do."""
        return next((name for name in self.endpoints if not self.answers(name)), None)

    def answers(self, name: str) -> bool:
        """Whether an endpoint takes a connection."""
        try:
            socket.create_connection(self.endpoints[name], timeout=2).close()
        except OSError:
            return False
        return True
