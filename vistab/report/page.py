"""The page: the view's data put into templates. One HTML file that loads nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

import vistab
from vistab.analysis.verdict import Verdict
from vistab.analysis.wording import count, say_about
from vistab.report import words
from vistab.report.controls import control_rows, shown_control
from vistab.report.figures.claims import claim_figures
from vistab.report.figures.curves import coverage_figure, metric_figures, rule, signal_figure
from vistab.report.figures.forest import forest_axis, forest_figure
from vistab.report.figures.frontier import (
    bracket_ends,
    frontier_figure,
    interval_words,
    tried_mark,
)
from vistab.report.figures.inside import (
    codes_figure,
    data_figure,
    pairs_figure,
    part_finding,
    parts_figure,
)
from vistab.report.figures.maps import failure_map, outcome_class, outcome_map, stack
from vistab.report.figures.nearest import pair_figures
from vistab.report.figures.scatter import displacement_figure, key_mark
from vistab.report.figures.search import CLASSES, class_mark, objective_figure, plane_figure
from vistab.report.figures.strips import SIZE, TILES, Drawn, draw_strips
from vistab.report.figures.survival import survival_figure
from vistab.report.figures.svg import figure
from vistab.report.html import asset, environment, icon, script_data
from vistab.report.view import View, build_view
from vistab.report.view.agreement import (
    disagreement,
    disagreements,
    margin_shown,
    replicates_did,
)
from vistab.report.view.claims import compact_runs, forest_reach
from vistab.report.view.happened import NamedTally
from vistab.report.view.layout import left_out, plain, told_columns
from vistab.report.view.method import PHASES
from vistab.report.view.nearest import SHOWN, nearest_words
from vistab.results import Results
from vistab.results.provenance import dropped
from vistab.spec.study import Study

PLAIN_ROWS = 1000
"""Rows of the table that needs no script; larger studies are cut, and say so."""


def render(study: Study, verdicts: Sequence[Verdict], results: Results) -> str:
    """The report of a study: one self-contained HTML file, as text."""
    view = build_view(study, verdicts, results)
    return _environment().get_template("page.html.j2").render(_context(view, results.runs))


def _environment() -> Environment:
    return environment(
        dict(
            claim_figures=claim_figures,
            control_rows=control_rows,
            disagreement=disagreement,
            margin_shown=margin_shown,
            replicates_did=replicates_did,
            compact_runs=compact_runs,
            coverage_figure=coverage_figure,
            displacement_figure=displacement_figure,
            key_mark=key_mark,
            failure_map=failure_map,
            outcome_map=outcome_map,
            outcome_class=outcome_class,
            forest_figure=forest_figure,
            forest_axis=forest_axis,
            frame_images=TILES**2,
            pair_figures=pair_figures,
            nearest_words=nearest_words,
            shown_pairs=SHOWN,
            features=words.FEATURES,
            codes_figure=codes_figure,
            data_figure=data_figure,
            pairs_figure=pairs_figure,
            part_finding=part_finding,
            parts_figure=parts_figure,
            metric_figures=metric_figures,
            metric_name=words.metric_name,
            rule=rule,
            failure_classes=CLASSES,
            class_mark=class_mark,
            objective_figure=objective_figure,
            plane_figure=plane_figure,
            frontier_figure=frontier_figure,
            bracket_ends=bracket_ends,
            interval_words=interval_words,
            tried_mark=tried_mark,
            setting_name=words.setting_name,
            settings_name=words.settings_name,
            percent=words.percent,
            signal_figure=signal_figure,
            named_bar=named_bar,
            badge=badge,
            breakable=breakable,
            exact=exact,
            extra_numbers=extra_numbers,
            readable=words.readable,
            control_name=words.control_name,
            unit_name=words.unit_name,
            icon=icon,
            effect=words.effect,
            interval=words.interval,
            p_value=words.p_value,
            count=count,
            say_about=say_about,
            as_sentence=words.as_sentence,
            margin=words.margin,
            listed=words.listed,
            outcome_name=words.outcome_name,
            axis_name=words.axis_name,
        )
    )


def _context(view: View, runs: pd.DataFrame) -> dict[str, Any]:
    survival = _survival(view)
    happened = (view.maps, view.named, survival, view.coverage, view.fidelity)
    shown = {"happened"} if any(happened) else set()
    drawn = draw_strips(view.strips) if view.strips else Drawn({})
    return {
        "view": view,
        "drawn": drawn,
        "gallery": drawn.size > SIZE,
        "version": vistab.__version__,
        "style": _style(view),
        "script": asset("script.js"),
        "runs_data": script_data(view.payload),
        "icons": asset("icons.html.j2"),
        "level": f"{100 * (1 - view.study.alpha):g} %",
        "alpha": view.study.alpha,
        "disagreements": disagreements([row.verdict for row in view.forest], view.study.alpha),
        "reach": forest_reach(view.forest),
        "shown": shown,
        "sections": _sections(view, shown),
        "axes": [
            words.axis_name(role.path) if role else ""
            for role in (view.layout.series, view.layout.x)
        ],
        "outcomes": list(view.flow.tally.outcomes),
        "left_out_of_strips": left_out(view.layout),
        "survival": survival,
        "plain_runs": plain_runs(runs, view.fates.first),
        "phases": PHASES.get(view.study.family.kind, ()),
        **_declared(view),
        "command": view.provenance.get("command"),
        "cite": cite(view),
    }


def _style(view: View) -> Markup:
    images = view.strips is not None and not view.strips.space.is_plane
    names = [
        "style.css",
        *(["search.css"] if view.search else []),
        *(["images.css"] if images else []),
    ]
    return Markup("").join(map(asset, names))


def breakable(name: str) -> Markup:
    """A claim's id that may be broken after a dot, dash or underscore."""
    return Markup("<wbr>").join(filter(None, re.split(r"(?<=[._-])", name)))


def _sections(view: View, shown: set[str]) -> list[tuple[str, str]]:
    sections = (
        ("verdicts", "Verdicts", bool(view.forest)),
        ("search", "The search", bool(view.search)),
        ("happened", "What happened", bool(shown)),
        ("strips", "See it", bool(view.strips)),
        ("inside", "Inside the model", bool(view.inside)),
        ("why", "Why", bool(view.why)),
        ("runs", "All runs", True),
        ("method", "How it was done", True),
    )
    return [(id_, name) for id_, name, there in sections if there]


def _survival(view: View) -> list[tuple[Verdict, Markup, str]]:
    """The survival curves of the onset claims, larger, and against which of several controls."""
    found = []
    for row in view.forest:
        control, several = shown_control(row.verdict), len(control_rows(row.verdict)) > 1
        if curves := control.get("survival"):
            drawing = survival_figure(
                curves, row.verdict.sentence, row.labels["event"], width=400, height=220
            )
            against = words.control_name(control["label"]) if several else ""
            found.append((row.verdict, drawing, against))
    return found


def _declared(view: View) -> dict[str, list[str]]:
    verdicts = [row.verdict for row in view.forest]
    return {
        "declared_claims": [v.id for v in verdicts if not v.post_hoc],
        "post_hoc_claims": [v.id for v in verdicts if v.post_hoc],
        "dropped_claims": list(dropped(view.study, view.provenance)),
    }


def cite(view: View) -> str:
    """How to cite this study: name, hash, version, date, and the paper it tests."""
    day = str(view.provenance.get("start") or "")[:10]
    digest = str(view.provenance.get("trained_hash") or "")[:12]
    parts = [f"{view.title} vistab study {view.study.study}"]
    parts += [f"hash {digest}"] if digest else []
    parts += [f"vistab {vistab.__version__}"]
    parts += [day] if day else []
    return ", ".join(parts) + "."


def plain_runs(runs: pd.DataFrame, first: int | None) -> Mapping[str, Any]:
    """The table of runs as text cells, for readers without scripts. first: snapshot's round."""
    axes = told_columns(runs)
    kept = runs.head(PLAIN_ROWS)
    rows = [
        [
            run["run_id"],
            *(
                "" if (value := plain(run[path])) is None else words.value_name(value)
                for path in axes
            ),
            words.outcome_name(run["outcome"] if run["status"] == "finished" else run["status"]),
            _onset(run["onset_round"], first),
            "" if pd.isna(run["severity"]) else f"{run['severity']:.2f}",
        ]
        for run in kept.to_dict("records")
    ]
    names = [words.axis_name(path) for path in axes]
    return {"axes": names, "rows": rows, "n": len(runs), "cut": len(runs) > len(kept)}


def _onset(onset: Any, first: int | None) -> str:
    if pd.isna(onset):
        return ""
    return words.onset_words(int(onset), first).removeprefix("onset at round ")


def badge(word: str) -> Markup:
    """A verdict as shape, colour and word."""
    return icon(word) + Markup(' <span class="word">{}</span>').format(word)


def exact(value: object) -> str:
    """A verdict's number to four significant digits, a dash for none, other values as they are."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "\u2013" if value is None else str(value)
    return words.number(value, 4) if abs(value) < 1000 else f"{value:,.1f}".removesuffix(".0")


def extra_numbers(verdict: Verdict) -> list[tuple[str, str]]:
    """The numbers of a kind's own details that no figure or table shows in full."""
    details: dict[str, Any] = {**verdict.details, **shown_control(verdict)}
    named: list[tuple[str, Any]] = []
    for key in ("restricted_mean", "mean_length", "healthy", "means", "failed"):
        sides = details.get(key) or {}
        named += [(f"{key.replace('_', ' ')}, {side}", value) for side, value in sides.items()]
    for key in (
        "levels",
        "level_means",
        "effects",
        "largest_difference",
        "n_pairs",
        "n_healthy_cells",
    ):
        if details.get(key) is not None:
            named.append((KEYS.get(key, key.replace("_", " ")), details[key]))
    return [(name, _listed(value)) for name, value in named]


KEYS = {
    "effects": "effect by level",
    "level_means": "mean by level",
    "n_pairs": "pairs compared",
    "n_healthy_cells": "cells with healthy runs on both sides",
}


def _listed(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_listed(item) for item in value)
    return words.value_name(value) if isinstance(value, (bool, str)) else exact(value)


def named_bar(arm: NamedTally) -> Markup:
    """A named arm's outcomes as one bar."""
    told = ", ".join(f"{n} {words.outcome_name(o)}" for o, n in arm.tally.outcomes.items())
    return figure(f"{arm.name}: {told}", 240, 16, *stack(0, 0, 240, 16, arm.tally))
