"""A plan as people read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from vistab.analysis.wording import count
from vistab.cli.output import claims_table, duration, one_line
from vistab.plan.model import Plan
from vistab.spec.claims import Value
from vistab.spec.problems import show


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
    table = Table(
        "axis", "values (arms with each)", title="axes", title_justify="left", box=SIMPLE_HEAD
    )
    for column in plan.columns:
        counts = Counter(arm.assignment[column] for arm in plan.arms)
        table.add_row(column, ", ".join(f"{_shown(value)} ({n})" for value, n in _ordered(counts)))
    return table


def _ordered(counts: Counter[Value]) -> list[tuple[Value, int]]:
    """Numbers from small to large, words as they come."""
    words = any(isinstance(value, str) for value in counts)
    return list(counts.items()) if words else sorted(counts.items())


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else show(value)


def _claims_table(claims: Sequence[Mapping[str, Any]]) -> Table:
    """A row a claim, then one for each of its controls if there are several."""
    table = claims_table("claim", "kind", "cells", "left out", "smallest p")
    for claim in claims:
        p = "-" if claim["smallest_p"] is None else f"{claim['smallest_p']:.2g}"
        table.add_row(claim["id"], claim["kind"], *_cells(claim), p, one_line(claim["says"]))
        controls = claim["comparisons"] if len(claim["comparisons"]) > 1 else ()
        for one in controls:
            table.add_row("", "", *_cells(one), "", f"against {_last_names(one['control'])}")
    return table


def _cells(counted: Mapping[str, Any]) -> tuple[str, str]:
    return str(counted["cells"]), str(counted["left_out"])


def _last_names(label: str) -> str:
    """`weight = 0` for `family.regularizer.weight = 0`: the full paths stand in the axes' table."""
    return re.sub(r"[a-z_.]+\.(?=[a-z_]+ = )", "", label)
