"""Make the README's pictures again from the shipped report, with headless Chromium."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "reports" / "shipped" / "gan_stability" / "report.html"
PICTURES = ROOT / "docs" / "pictures"
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


def main() -> None:
    """Write one PNG: the first screen of the shipped report, 1280 pixels wide."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                *(chromium, "--headless", "--no-sandbox", *QUIET, "--hide-scrollbars"),
                *(f"--user-data-dir={profile}", "--window-size=1280,1000"),
                *(f"--screenshot={PICTURES / 'report.png'}", REPORT.as_uri()),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
