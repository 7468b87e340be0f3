"""Keep a small copy of a study's results: python reports/ship.py reports/gan_stability.

Everything goes to reports/shipped/<study>/ but samples and pictures: of these only the runs that
the report shows. The report itself is copied whole.
"""

from __future__ import annotations

import shutil
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from vistab import results
from vistab.report.view import build_view
from vistab.results.integrity import kept_of
from vistab.results.provenance import now, read_provenance, write_provenance
from vistab.results.sealed import FILES
from vistab.spec.load import load_study

SHIPPED = Path(__file__).resolve().parent / "shipped"


def main(folder: Path) -> None:
    """Copy `folder` into reports/shipped/, replacing what is there."""
    target, shown = SHIPPED / folder.name, results.load(folder)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("samples", ".*"))
    (target / "samples").mkdir()
    pack_of = shown.runs.set_index("run_id")["pack"]
    kept: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    for run_id in sorted(build_view(load_study(shown.study_file), (), shown).shown_runs):
        if stored := shown.stored(run_id):
            kept[pack_of[run_id]] |= stored
    for pack, arrays in kept.items():
        np.savez_compressed(target / "samples" / f"{pack}.npz", **arrays)
    keep_hashes(target, [f"samples/{pack}.npz" for pack in kept])


def keep_hashes(target: Path, samples: list[str]) -> None:
    """Have provenance.json of the copy know its samples, which are others than the study's."""
    provenance = read_provenance(target)
    if FILES in provenance:  # a folder of before hashes were kept stays one
        tables = {k: v for k, v in provenance[FILES].items() if not k.startswith("samples/")}
        files = {**tables, **kept_of(target, samples, now())}
        write_provenance(target, {**provenance, FILES: files})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
