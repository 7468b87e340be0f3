"""Rule on the cases of one split and print how it went: python show.py tuning [--limit N] ..."""

from __future__ import annotations

import argparse
import sys
from dataclasses import astuple
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmark.ablation import Ablation, ablated, ablation
from benchmark.cases import borderline, cases
from benchmark.results import Result, results
from benchmark.scores import BY, compared, grouped, onsets, score, worst


def main() -> None:
    """Everything as plain text, the wrong cases last."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("split", choices=["tuning", "held_back"])
    asked.add_argument("--limit", type=int, help="so many cases, evenly chosen")
    asked.add_argument("--only", default="", help="cases with this in their description")
    asked.add_argument("--workers", type=int, default=1)
    asked.add_argument("--ablation", action="store_true", help="what each part adds: tuning alone")
    options = asked.parse_args()
    known = ablated() if options.ablation else cases(options.split)
    chosen = [case for case in known if options.only in str(case)]
    if options.limit:
        chosen = chosen[:: max(1, len(chosen) // options.limit)]
    if options.ablation:
        show_ablation(ablation(chosen, options.workers))
        return
    found = results(chosen, options.workers)
    show(found)
    out, of = borderline(options.split)
    print(f"\n{out} of {of} trained runs are at a border and left out")


def show(found: list[Result]) -> None:
    """The tables."""
    groups = {"all": found}
    for key in BY.values():
        groups |= grouped(found, key)
    show_scores(groups)
    print("\nworst scenarios")
    for one in worst(found):
        print(f"{one.wrong:4} of {one.n:3}  {one.scenario:40} {one.truth:14} as {one.taken_for}")
    print("\nfailed or healthy, data alone; thresholds chosen on these very cases")
    for trained in (False, True):
        for rival in compared(found, found, trained):
            print(f"{rival.name:28}", *(f"{x:8.4g}" for x in astuple(rival)[1:]))
    print("\nonset errors", onsets(found))
    print("\nwrong")
    for r in found:
        if not r.right or (r.onset_error or 0) > 3:
            c = r.case
            print(
                f"{c.target}, {c.evidence}, {c.n}, {c.scenario}, {c.number}: "
                f"{r.truth} at {r.true_onset}, said {r.outcome} at {r.onset}: {r.evidence}"
            )


def show_scores(groups: dict[str, list[Result]]) -> None:
    """A row a group."""
    heads = ("n", "F1", "accuracy", "AUROC", "false alarms", "onset median", "p90")
    print(f"{'':42}", *(f"{head:>12}" for head in heads))
    for name, own in groups.items():
        print(f"{name:42}", *(f"{number:12.4g}" for number in astuple(score(own))))


def show_ablation(found: Ablation) -> None:
    """Each variant's scores, and what is flagged of real runs."""
    show_scores(found.variants)
    for run in found.images:
        said = f"{run.ruling.outcome} from {run.ruling.onset_round} on"
        print(f"\n{run.name}: {run.healthy} of {run.snapshots} healthy, {run.since}; said {said}")
        print(run.false)


if __name__ == "__main__":
    main()
