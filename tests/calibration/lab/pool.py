"""Many studies of many scenarios on several processes; the results are those of one process."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from lab.scenarios import SCENARIOS
from lab.studies import Tally, joined, tally


def tallies(
    names: Iterable[str], n_studies: int, workers: int, at_a_time: int = 100
) -> dict[str, Tally]:
    """The first `n_studies` of each named scenario."""
    parts = [
        (name, range(start, min(start + at_a_time, n_studies)))
        for name in names
        for start in range(0, n_studies, at_a_time)
    ]
    context = multiprocessing.get_context("spawn")
    found: dict[str, list[Tally]] = {}
    with ProcessPoolExecutor(workers, context) as pool:
        for (name, _), part in zip(parts, pool.map(tally_of, parts), strict=True):
            found.setdefault(name, []).append(part)
            print(f"\r{name[:70]:70}", end="", file=sys.stderr, flush=True)
    return {name: joined(of_name) for name, of_name in found.items()}


def tally_of(part: tuple[str, range]) -> Tally:
    """Some studies of one scenario; a name crosses to another process, a world would not."""
    name, studies = part
    return tally(SCENARIOS[name], studies)
