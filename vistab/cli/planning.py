"""A plan as people read it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from vistab.analysis.wording import count
from vistab.cli.output import claims_table, duration, one_line
from vistab.cli.powers import print_power
from vistab.cli.summary import size_of_space
from vistab.plan.model import Plan, column_value
from vistab.spec.claims import Value
from vistab.spec.problems import show
from vistab.spec.search import Range, SearchSpec, n_suggestions, space_of
from vistab.spec.study import ResourcesSpec


def print_plan(console: Console, plan: Plan, summary: Mapping[str, Any]) -> None:
    """Counts, tables of the axes, the claims and their power, then notes and warnings."""
    study = plan.study
    console.print(_counts(plan), soft_wrap=True)
    if study.search is not None:
        console.print(_space_table(study.search))
        console.print(_space(size_of_space(study)))
    elif plan.columns:
        console.print(_axes_table(plan))
    if study.claims:
        console.print(_claims_table(summary["claims"]))
        print_power(console, study.alpha, summary["claims"])
    console.print(_disk(**summary["disk"]), soft_wrap=True)
    for text in (*summary["notes"], *summary["warnings"]):
        console.print(text, soft_wrap=True)
    if "measured" in summary:
        console.print(_measured(summary["measured"], study.resources), soft_wrap=True)


def _counts(plan: Plan) -> str:
    """Arms, replicates, runs and packs; what a search explores is counted beside them."""
    study, n_arms = plan.study, len(plan.grid.rows)
    n_confirm = n_arms * study.replicates
    explored = len(plan.runs) - n_confirm
    return (
        f"{study.study}: {count(n_arms, 'arm')} x {count(study.replicates, 'replicate')} = "
        f"{count(n_confirm, 'run')} of {count(study.budget.rounds, 'round')}, "
        + (f"and {count(explored, 'run')} of the search, " if explored else "")
        + f"in {count(len(plan.packs), 'pack')}"
    )


def _space_table(search: SearchSpec) -> Table:
    """What a search may choose, and how much it tries."""
    tried = f"{n_suggestions(search)} arms x {count(search.replicates, 'replicate')}"
    title = f"search by {search.kind}: {tried}"
    table = Table("axis", "chosen from", title=title, title_justify="left", box=SIMPLE_HEAD)
    for path, values in space_of(search).items():
        if isinstance(values, Range):
            table.add_row(path, f"{show(values.low)} to {show(values.high)}, {values.scale}")
        else:
            table.add_row(path, ", ".join(map(show, values)))
    return table


def _space(size: int | None) -> str:
    """How many arms there are to choose from."""
    if size is None:
        return "The space has no end of arms: it holds a range of numbers."
    return f"The space holds {count(size, 'arm')}."


def _disk(running_bytes: int | None, kept_bytes: int) -> str:
    kept = f"{decimal(kept_bytes)} kept"
    if running_bytes is None:
        return f"Disk: {kept}; its checkpoints are not known."
    return f"Disk: about {decimal(running_bytes)} while it runs, {kept}."


def _measured(costs: Mapping[str, Any], resources: ResourcesSpec) -> str:
    """How long the study takes here, and how much of what."""
    share, workers = resources.gpus_per_pack, costs["workers"]
    where, unit = count(workers, "worker"), "core"
    if share:
        where = f"{count(math.ceil(workers * share), 'GPU')} ({costs['device']})"
        unit = "GPU"
    alone = "; packs that share a GPU were timed alone" if 0 < share < 1 else ""
    return (
        f"Measured: about {duration(costs['seconds'])} on {where}, "
        f"{_work(costs['unit_hours'], unit)}; "
        f"snapshots and evidence included, start-up not counted{alone}."
    )


def _work(hours: float, unit: str) -> str:
    if hours < 1:
        return f"{duration(3600 * hours)} of work for one {unit}"
    return (
        f"{hours:,.0f} {unit}-hours of work" if hours >= 10 else f"{hours:.1f} {unit}-hours of work"
    )


def _axes_table(plan: Plan) -> Table:
    table = Table(
        "axis", "values (arms with each)", title="axes", title_justify="left", box=SIMPLE_HEAD
    )
    arms = [plan.run_of(row, 0).arm for row in range(len(plan.grid.rows))]
    for column in plan.columns:
        counts = Counter(arm.assignment[column] for arm in arms)
        values = map(column_value, plan.grid.levels[column])
        table.add_row(column, ", ".join(f"{_shown(value)} ({counts[value]})" for value in values))
    return table


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else show(value)


def _claims_table(claims: Sequence[Mapping[str, Any]]) -> Table:
    """A row a claim, then one for each of its controls if there are several."""
    table = claims_table("claim", "kind", "cells", "left out")
    for claim in claims:
        table.add_row(claim["id"], claim["kind"], *_cells(claim), one_line(claim["says"]))
        controls = claim["comparisons"] if len(claim["comparisons"]) > 1 else ()
        for one in controls:
            table.add_row("", "", *_cells(one), f"against {_last_names(one['control'])}")
    return table


def _cells(counted: Mapping[str, Any]) -> tuple[str, str]:
    return str(counted["cells"]), str(counted["left_out"])


def _last_names(label: str) -> str:
    """`weight = 0` for `family.regularizer.weight = 0`: the full paths stand in the axes' table."""
    return re.sub(r"[a-z_.]+\.(?=[a-z_]+ = )", "", label)
