"""Where a Ray cluster is, as `--address` names it: checked before anything is started."""

from __future__ import annotations

import re

from vistab.errors import RequestError

HOST_AND_PORT = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]+):(?P<port>\d{1,5})")
PORT = 6379
"""The one that `ray start --head` takes unless it is told another."""


def check_address(address: str) -> None:
    """RequestError unless it reads like HOST:PORT; whether anything answers there is not asked."""
    found = HOST_AND_PORT.fullmatch(address)
    if found and 0 < int(found["port"]) < 2**16:
        return
    raise RequestError(
        f"--address: HOST:PORT as `ray start --head` prints it, {address!r} got; "
        f"nearest: {_nearest(address)}"
    )


def _nearest(address: str) -> str:
    """The host of what was given, with Ray's own port unless it names another that may be one."""
    rest = re.sub(r"^\w*://", "", address).split("/")[0]
    host = re.match(r"\[[0-9a-fA-F:.]+\]|[\w.-]+", rest)
    port = re.search(r":(\d{1,5})$", rest)
    client_port = "10001"  # of ray://, at which no driver can be taken in
    kept = port and port[1] != client_port and not address.startswith("http")
    number = int(port[1]) if port and kept and 0 < int(port[1]) < 2**16 else PORT
    return f"{host[0] if host else 'localhost'}:{number}"
