"""What verbs print for people: verdicts, plans, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from vistab.analysis.verdict import Verdict
from vistab.analysis.wording import count
from vistab.cli.output import claims_table, one_line
from vistab.plan.model import Plan
from vistab.report.words import effect, interval, p_value
from vistab.results.provenance import dropped, first_declared, post_hoc
from vistab.results.store import Store
from vistab.spec.study import Study

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
            verdict.id,
            word,
            _effect(verdict),
            p_value(verdict.p_holm, verdict.details.get("alpha")),
            one_line(verdict.says),
        )
    return table


def _effect(verdict: Verdict) -> str:
    return effect(verdict) + (f" ({interval(verdict)})" if verdict.interval else "")


def seen_before(study: Study, provenance: Mapping[str, Any]) -> str:
    """Which older generation's results could be seen before these claims were made; "" if none."""
    first = first_declared(provenance)
    if first is provenance:
        return ""
    if first["declared"] is None:
        told = f"What {first['folder']} declared is lost, and its results were there to be seen."
    else:
        told = (
            f"{first['folder']} was there before, with the same seed: "
            f"it shares runs with this study, and what it declared counts."
        )
        if first["replicates"] != study.replicates:
            told += f" It had {count(first['replicates'], 'replicate')}."
    return f"{told} Another seed makes new runs, and its claims are declared before them."


def print_notes(console: Console, plan: Plan, store: Store) -> None:
    """What will be run and where, and which claims were not declared beforehand."""
    console.print(
        f"{plan.study.study}: {count(len(plan.runs), 'run')} in {count(len(plan.packs), 'pack')}, "
        f"{count(len(plan.study.claims), 'claim')}, in {store.folder}",
        soft_wrap=True,
    )
    provenance = store.provenance()
    late, gone = sorted(post_hoc(plan.study, provenance)), dropped(plan.study, provenance)
    if late:
        console.print(f"POST HOC, for they were not declared at first: {', '.join(late)}")
    if late and (told := seen_before(plan.study, provenance)):
        console.print(told, soft_wrap=True)
    if gone:
        console.print(f"Declared at first, and no longer claimed: {', '.join(gone)}")
