"""What several rooms' tests share."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "without a clock", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("without a clock")  # whether a test passes must not depend on the machine

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--remote-allow-origins=*", "--remote-debugging-port=0",
)  # fmt: skip


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a study file and return its path."""

    def write_text(text: str) -> Path:
        path = tmp_path / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.fixture(scope="session", autouse=True)
def cache_of_these_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is slow to make is kept for all tests of a session, and apart from the user's own."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    os.environ["VISTAB_CACHE"] = str(shared / "vistab-cache")


class Browser:
    """One page, driven through the DevTools protocol."""

    def __init__(self, profile: Path, connect: Callable[..., Any]) -> None:
        self.process = subprocess.Popen(
            [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.socket = connect(_page_address(profile), timeout=60)
        self.ids = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; events met on the way are kept."""
        number = next(self.ids)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := json.loads(self.socket.recv())).get("id") != number:
            self.events.append(message)
        assert "error" not in message, message["error"]
        found: dict[str, Any] = message["result"]
        return found

    def open(self, path: Path, width: int, *, dark: bool = False, scripts: bool = True) -> None:
        """Load a file at this width and colour scheme, and wait until it is there."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=False)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(json.loads(self.socket.recv()))

    def js(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def barriers(self) -> list[str]:
        """What axe-core finds wrong with the page as it stands: rule, then where."""
        axe = pytest.importorskip("axe_core_python")
        self.js((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + "; 0")
        told = "r.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.target))"
        answer = self.call(
            "Runtime.evaluate",
            expression=f"axe.run().then(r => {told})",
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return list(answer["result"]["value"])

    def complaints(self) -> list[dict[str, Any]]:
        """Errors and warnings of the console, and requests that went anywhere but to the file."""
        loud = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
        asked = [e for e in self.events if e["method"] == "Network.requestWillBeSent"]
        outside = [
            e for e in asked if not e["params"]["request"]["url"].startswith(("file:", "data:"))
        ]
        return [event for event in self.events if event["method"] in loud] + outside

    def close(self) -> None:
        """End the browser."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=20)


def _page_address(profile: Path) -> str:
    port_file = profile / "DevToolsActivePort"
    for _ in range(300):
        if port_file.exists() and (lines := port_file.read_text().splitlines()):
            with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json", timeout=10) as answer:
                pages = [page for page in json.load(answer) if page["type"] == "page"]
            if pages:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.1)
    raise TimeoutError("Chromium did not start")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium; tests that want it are skipped where there is none."""
    websocket = pytest.importorskip("websocket")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    started = Browser(tmp_path_factory.mktemp("profile"), websocket.create_connection)
    yield started
    started.close()
