"""A plan as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from vistab.cli.live import duration
from vistab.cli.output import count
from vistab.plan.model import Plan


def print_plan(console: Console, plan: Plan, summary: Mapping[str, Any]) -> None:
    """Counts, tables of the axes and of the claims, then notes and warnings."""
    study = plan.study
    console.print(
        f"{study.study}: {count(len(plan.arms), 'arm')} x {count(study.replicates, 'replicate')} = "
        f"{count(len(plan.runs), 'run')} of {count(study.budget.rounds, 'round')}, "
        f"in {count(len(plan.packs), 'pack')}",
        soft_wrap=True,
    )
    if plan.columns:
        console.print(_axes_table(plan))
    if study.claims:
        console.print(_claims_table(summary["claims"]))
    for text in (*summary["notes"], *summary["warnings"]):
        console.print(text, soft_wrap=True)
    if "measured" in summary:
        console.print(_measured(summary["measured"]), soft_wrap=True)


def _measured(costs: Mapping[str, Any]) -> str:
    return (
        f"Measured: about {duration(costs['seconds'])} on {costs['workers']} workers, "
        f"{duration(costs['work_seconds'])} of work, start-up not counted."
    )


def _axes_table(plan: Plan) -> Table:
    table = Table("axis", "values (arms with each)", title="axes", title_justify="left")
    for column in plan.columns:
        counts = _counts([arm.assignment[column] for arm in plan.arms])
        table.add_row(column, ", ".join(f"{value} ({n})" for value, n in counts.items()))
    return table


def _counts(values: Sequence[object]) -> dict[str, int]:
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    return {text: texts.count(text) for text in dict.fromkeys(texts)}


def _claims_table(claims: Sequence[Mapping[str, Any]]) -> Table:
    names = ("claim", "kind", "against", "cells", "left out", "smallest p", "it says")
    table = Table(*names, title="claims", title_justify="left")
    for claim in claims:
        p = claim["smallest_p"]
        for compared in claim["comparisons"]:
            table.add_row(
                claim["id"],
                claim["kind"],
                compared["control"],
                str(compared["cells"]),
                str(compared["left_out"]),
                "-" if p is None else f"{p:.2g}",
                claim["says"],
            )
    return table
