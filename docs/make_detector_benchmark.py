"""Make the page of the detector's benchmark again: all cases, on all cores; about ten minutes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "detector_benchmark.md"
sys.path.insert(0, str(ROOT / "tests" / "calibration"))  # the tests have the same benchmark


def main() -> None:
    """Rule on all cases, and write the page."""
    from benchmark.ablation import ablated, ablation
    from benchmark.cases import borderline, cases
    from benchmark.page import page
    from benchmark.results import results

    workers = os.cpu_count() or 1
    tuning, held_back = (results(cases(split), workers) for split in ("tuning", "held_back"))
    varied = ablation(ablated(), workers)
    PAGE.write_text(page(tuning, held_back, borderline("held_back"), varied), encoding="utf-8")


if __name__ == "__main__":
    main()
