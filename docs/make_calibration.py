"""Make the page of calibration again: 2,000 simulated studies of each of the lab's scenarios."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "calibration.md"
sys.path.insert(0, str(ROOT / "tests" / "calibration"))  # the tests have the same lab


def main() -> None:
    """Simulate on all cores, and write the page."""
    from lab.page import N_STUDIES, page
    from lab.planted import foretold
    from lab.pool import tallies
    from lab.rivals import errors
    from lab.scenarios import PLANTED, SCENARIOS

    found = tallies(SCENARIOS, N_STUDIES, workers=os.cpu_count() or 1)
    power = {name: foretold(scenario) for name, scenario in PLANTED.items()}
    PAGE.write_text(page(found, power, errors(N_STUDIES), N_STUDIES), encoding="utf-8")


if __name__ == "__main__":
    main()
