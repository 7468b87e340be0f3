"""Keep a small copy of a study's results: python reports/ship.py reports/gan_stability.

Everything goes to reports/shipped/<study>/ but the samples: of these only the runs that the
report's film strips show. The report itself is copied whole.
"""

from __future__ import annotations

import shutil
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from vistab import results
from vistab.report.view import build_view
from vistab.spec.load import load_study

SHIPPED = Path(__file__).resolve().parent / "shipped"


def shown_runs(shown: results.Results) -> set[str]:
    """The runs in the report's film strips."""
    strips = build_view(load_study(shown.study_file), (), shown).strips
    rows = strips.rows if strips else ()
    return {strip.run_id for row in rows for strip in (row.failing, row.healthy) if strip}


def main(folder: Path) -> None:
    """Copy `folder` into reports/shipped/, replacing what is there."""
    target, shown = SHIPPED / folder.name, results.load(folder)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("samples", ".*"))
    (target / "samples").mkdir()
    pack_of = shown.runs.set_index("run_id")["pack"]
    kept: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    for run_id in sorted(shown_runs(shown)):
        found = shown.samples(run_id)
        if found is not None:
            kept[pack_of[run_id]] |= {"rounds": found[0], run_id: found[1]}
    for pack, arrays in kept.items():
        np.savez_compressed(target / "samples" / f"{pack}.npz", **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
