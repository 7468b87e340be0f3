"""Stored results to verdicts and a report: the same for `study`, `judge` and `report`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from vistab.analysis import Verdict, judge, to_record
from vistab.analysis.wording import count
from vistab.cli.request import read_stored_plan
from vistab.errors import ExecutionError
from vistab.plan.model import Plan
from vistab.report import render
from vistab.results import Results, load
from vistab.results.integrity import STUDY, read_kept
from vistab.results.provenance import check_unchanged, gone, post_hoc
from vistab.results.store import Store, reopen_store
from vistab.results.whole import check_planned


def judge_and_report(store: Store) -> tuple[tuple[Verdict, ...], Path]:
    """Judge what is stored, then write verdicts.json and report.html."""
    plan, results = _stored(store)
    verdicts = _judged(plan, results)
    store.write_verdicts([to_record(verdict) for verdict in verdicts])
    lost = results.lost_samples
    for told in lost.values():
        _note(f"{told}; the report goes without its film strips, which no verdict needs")
    page = render(plan.study, verdicts, replace(load(store.folder), without=frozenset(lost)))
    return verdicts, store.write_report(page)


def judge_again(folder: Path, claims: Path | None = None) -> tuple[Verdict, ...]:
    """Judge a results folder; writes no verdicts, and nothing at all to a finished folder.

    claims: a file whose claims are judged in place of the study's; those not declared exactly so
    before the first result are post hoc.
    """
    if Store(folder).work.exists():
        with reopen_store(folder) as store:
            _stored(store)
    results = load(folder)
    plan = read_stored_plan(results.study_file, claims)
    check_unchanged(plan.study, results.provenance, results.study_file)  # whatever its claims are
    return _judged(plan, results)


def report_again(folder: Path) -> tuple[tuple[Verdict, ...], Path]:
    """Judge and report a results folder again. Runs that are not there yet count as missing."""
    with reopen_store(folder) as store:
        return judge_and_report(store)


def raise_if_not_judged(verdicts: Iterable[Verdict]) -> None:
    """Raises ExecutionError if the judge itself failed on a claim, once all others are told."""
    failed = [f"{one.id} ({one.error})" for one in verdicts if one.error is not None]
    if failed:
        raise ExecutionError(
            f"judging failed, which voids {count(len(failed), 'claim')} and no other: "
            f"{', '.join(failed)}"
        )


def _stored(store: Store) -> tuple[Plan, Results]:
    file = store.folder / STUDY
    store.check_finished()
    read_kept(file, store.kept(STUDY))
    plan = read_stored_plan(file)
    check_unchanged(plan.study, store.provenance(), file)
    if store.work.exists():
        for told in store.damaged(plan).values():
            _note(f"{told}; its runs are missing until vistab study trains its pack again")
        store.consolidate(plan)
    return plan, load(store.folder)


def _judged(plan: Plan, results: Results) -> tuple[Verdict, ...]:
    if results.unchecked:
        _note(
            f"{results.folder}: no hashes were kept of {' and '.join(results.unchecked)} (an older "
            "version of vistab made them), so nobody can tell whether they were changed since"
        )
    check_planned(plan, results.runs, results.history, results.folder)
    study, provenance = plan.study, results.provenance
    late, n_gone = post_hoc(study, provenance), len(gone(study, provenance))
    return judge(study, results, post_hoc=late, n_gone=n_gone)


def _note(told: str) -> None:
    """Off stdout, where --json has one document."""
    print(f"Note: {told}", file=sys.stderr)
