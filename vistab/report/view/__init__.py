"""The report as plain frozen data: what is shown, before any of it is drawn. No HTML in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vistab.analysis.verdict import Verdict
from vistab.plan import make_plan
from vistab.plan.model import Plan
from vistab.report.view.claims import ForestRow, answer, forest_row
from vistab.report.view.epochs import epochs_of
from vistab.report.view.fate import Fates, fates
from vistab.report.view.happened import (
    CurvePanel,
    MapPanel,
    NamedTally,
    coverage_panels,
    map_panels,
    named_tallies,
)
from vistab.report.view.inside import InsideView, inside_view
from vistab.report.view.layout import (
    MOST_PANELS,
    Layout,
    choose_layout,
    grid_runs,
    left_out,
    named_runs,
)
from vistab.report.view.method import (
    Fact,
    Flow,
    Loss,
    design,
    explored_flow,
    flow,
    generations,
    losses,
    machine,
)
from vistab.report.view.metrics import MetricsView, metrics_view
from vistab.report.view.nearest import NearestView, nearest_view
from vistab.report.view.payload import payload
from vistab.report.view.search import SearchView, search_view
from vistab.report.view.space import space_of
from vistab.report.view.strips import StripView, strip_view
from vistab.report.view.typical import Group, typical_groups
from vistab.report.view.why import WhyView, why_view
from vistab.results import Results
from vistab.spec.metrics import FIDELITY_METRICS
from vistab.spec.study import Study


@dataclass(frozen=True)
class View:
    """Everything the page shows. Sections without data are empty or None, and are left out.

    All is of confirm runs alone, but the search, its flow (`explored`), the losses, the machine and
    the payload. layout: of the maps. curves: of coverage over rounds, with the x axis apart where
    there is room. left_out: what these leave out, in words. fates: of all runs. improving: how many
    failed runs still were. epoch: `1 epoch = 28 rounds`; nothing where that is not so for all runs.
    """

    study: Study
    title: str
    answer: str
    forest: tuple[ForestRow, ...]
    search: SearchView | None
    layout: Layout
    curves: Layout
    maps: tuple[MapPanel, ...]
    named: tuple[NamedTally, ...]
    coverage: tuple[CurvePanel, ...]
    left_out: str
    fates: Fates
    improving: int
    fidelity: MetricsView | None
    epoch: str
    groups: tuple[Group, ...]
    more_groups: bool
    strips: StripView | None
    nearest: NearestView | None
    inside: InsideView | None
    why: WhyView | None
    explored: Flow | None
    flow: Flow
    losses: tuple[Loss, ...]
    design: tuple[Fact, ...]
    generations: tuple[str, ...]
    machine: tuple[Fact, ...]
    provenance: Mapping[str, Any]
    payload: Mapping[str, Any]

    @property
    def shown_runs(self) -> frozenset[str]:
        """Ids of the typical runs, of which film strips and pictures are shown."""
        return frozenset(run.run_id for group in self.groups for run in group.runs)


def build_view(study: Study, verdicts: Sequence[Verdict], results: Results) -> View:
    """Collect what the report shows of a study, its verdicts and its results."""
    runs, history = confirm_runs(results), results.history
    layout = choose_layout(study)
    curves = layout.apart(MOST_PANELS)
    grid = grid_runs(study, runs)
    finished = bool((runs["status"] == "finished").any())
    named, told = named_runs(grid, runs), fates(study, results.runs, history)
    groups, more_groups = typical_groups(grid, history, layout, named)
    space = space_of(study.target)
    strips = strip_view(results, groups, space)
    plan = _plan(study, results)
    epochs = epochs_of(plan, results.provenance)
    claims = {claim.id: claim for claim in study.claims}
    return View(
        study=study,
        title=study.title or study.study.replace("_", " "),
        answer=answer(verdicts, len(runs), study.replicates, searched=study.search is not None),
        forest=tuple(forest_row(verdict, claims.get(verdict.id)) for verdict in verdicts),
        search=search_view(study, results, runs),
        layout=layout,
        curves=curves,
        maps=map_panels(grid, layout) if finished and study.search is None else (),
        named=named_tallies(runs) if finished else (),
        coverage=coverage_panels(grid, history, curves),
        left_out=left_out(layout, [arm.name for arm in named_tallies(named)]),
        fates=told,
        improving=int(runs["run_id"].isin(told.improving).sum()),
        fidelity=_fidelity(study, results, grid, layout),
        epoch=epochs.note if epochs else "",
        groups=groups,
        more_groups=more_groups,
        strips=strips,
        nearest=nearest_view(results, groups, space),
        inside=inside_view(study, results, grid, layout, groups, space),
        why=why_view(plan, verdicts, runs, history),
        explored=explored_flow(study, results.runs),
        flow=flow(study, runs, verdicts),
        losses=losses(results.runs),
        design=design(study, results.provenance, epochs),
        generations=generations(results.provenance),
        machine=machine(results.provenance, results.runs),
        provenance=results.provenance,
        payload=payload(results, verdicts, strips, study, told),
    )


def confirm_runs(results: Results) -> pd.DataFrame:
    """The runs that claims may read, and of which the report speaks; those of a search are not."""
    return results.runs[results.runs["role"] == "confirm"]


def _fidelity(
    study: Study, results: Results, runs: pd.DataFrame, layout: Layout
) -> MetricsView | None:
    """The measures that a study with `evidence` has, and what real images score."""
    if study.evidence is None:
        return None
    perfect = results.provenance.get("perfect")
    found = metrics_view(FIDELITY_METRICS, runs, results.history, layout, perfect)
    return found if found.curves else None


def _plan(study: Study, results: Results) -> Plan:
    return make_plan(study, results.trials if study.search else ())
