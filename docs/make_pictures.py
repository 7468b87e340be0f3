"""Make the README's pictures again with headless Chromium: shipped report, page of a run."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from vistab.collapse import Reference, monitor
from vistab.collapse.detect import detect
from vistab.report.detection import Film, render_detection

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "reports" / "shipped" / "gan_stability" / "report.html"
EXAMPLE = ROOT / "docs" / "monitor.md"
PICTURES = ROOT / "docs" / "pictures"
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
SHOWN = 22  # snapshots of the example, seven of them after its learning rate was raised


def main() -> None:
    """Write two PNG, 1280 pixels wide: the first screen of each."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "run.html"
        page.write_text(run_page(), encoding="utf-8")
        take(REPORT, "report.png", 1000)
        take(page, "detection.png", 1040)


def take(page: Path, name: str, height: int) -> None:
    """Write a picture of a page's upper part."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                *(chromium, "--headless", "--no-sandbox", *QUIET, "--hide-scrollbars"),
                *(f"--user-data-dir={profile}", f"--window-size=1280,{height}"),
                *(f"--screenshot={PICTURES / name}", page.as_uri()),
            ],
            check=True,
            capture_output=True,
        )


class Recorder(monitor.Monitor):
    """Keeps the samples of the Monitor's example, and does not stop it before enough is seen."""

    def __init__(self, data: np.ndarray) -> None:
        super().__init__(Reference.of_data(data))
        self.data, self.samples, self.steps = data, [], []  # type: ignore[var-annotated]

    def update(self, step: int, samples: Any) -> bool:
        """Keep them; stop when there are enough."""
        self.samples.append(samples)
        self.steps.append(step)
        return len(self.steps) == SHOWN


def run_page() -> str:
    """The page of the run that the Monitor's example trains: a GAN that collapses."""
    code = re.findall(r"```python\n(.*?)```", EXAMPLE.read_text(encoding="utf-8"), re.S)[0]
    found: dict[str, Any] = {"Monitor": Recorder}
    exec(code.replace("from vistab.collapse import Monitor\n", "", 1), found)
    seen: Recorder = found["monitor"]
    detection = detect(seen.steps, seen.samples, seen.reference)
    shown = np.linspace(0, SHOWN - 1, 8).round().astype(int)
    film = Film(
        tuple(seen.steps[k] for k in shown), tuple(seen.samples[k] for k in shown), seen.data
    )
    return render_detection(detection, film, "run.npz")


if __name__ == "__main__":
    main()
