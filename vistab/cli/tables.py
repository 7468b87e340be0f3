"""What verbs print for people: verdicts, plans, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from vistab.analysis.verdict import Verdict
from vistab.analysis.wording import count
from vistab.cli.output import claims_table, one_line
from vistab.plan.model import Plan
from vistab.report.words import effect, interval, p_value
from vistab.results.provenance import dropped, post_hoc
from vistab.results.store import Store

SYMBOLS: Mapping[str, tuple[str, str]] = {
    "supported": ("✓", "green"),
    "refuted": ("✗", "red"),
    "inconclusive": ("?", "yellow"),
    "void": ("-", "dim"),
}


def print_verdicts(console: Console, verdicts: Sequence[Verdict], report: Path | None) -> None:
    """A row a claim, then where the report is."""
    if verdicts:
        console.print(_verdict_table(verdicts))
    for verdict in verdicts:
        if verdict.reason:
            console.print(f"{verdict.id}: {verdict.reason}", soft_wrap=True)
    if report is not None:
        console.print(f"Report: {report}", soft_wrap=True)


def _verdict_table(verdicts: Sequence[Verdict]) -> Table:
    table = claims_table("claim", "verdict", "effect (interval)", "adjusted p")
    for verdict in verdicts:
        symbol, style = SYMBOLS[verdict.verdict]
        word = f"[{style}]{symbol} {verdict.verdict}[/]" + (" POST HOC" if verdict.post_hoc else "")
        table.add_row(
            verdict.id, word, _effect(verdict), p_value(verdict.p_holm), one_line(verdict.says)
        )
    return table


def _effect(verdict: Verdict) -> str:
    return effect(verdict) + (f" ({interval(verdict)})" if verdict.interval else "")


def print_notes(console: Console, plan: Plan, store: Store) -> None:
    """What will be run and where, and which claims were not declared beforehand."""
    console.print(
        f"{plan.study.study}: {count(len(plan.runs), 'run')} in {count(len(plan.packs), 'pack')}, "
        f"{count(len(plan.study.claims), 'claim')}, in {store.folder}",
        soft_wrap=True,
    )
    late = sorted(post_hoc(plan.study, store.provenance()))
    gone = dropped(plan.study, store.provenance())
    if late:
        console.print(f"POST HOC, for they were not declared at first: {', '.join(late)}")
    if gone:
        console.print(f"Declared at first, and no longer claimed: {', '.join(gone)}")
