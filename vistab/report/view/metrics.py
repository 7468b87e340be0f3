"""Metrics over rounds: a family's own, and the fidelity of images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from vistab.report.view.happened import CurvePanel, coverage_panels
from vistab.report.view.layout import MOST_PANELS, Layout
from vistab.report.words import axis_name
from vistab.spec.metrics import Metric


@dataclass(frozen=True)
class MetricCurves:
    """One metric over rounds, a panel a facet.

    comparable: all panels are of one target, and share an axis. perfect: what a perfect sampler
    has; None if that is not known.
    """

    name: str
    metric: Metric
    panels: tuple[CurvePanel, ...]
    comparable: bool = True
    perfect: float | None = None


@dataclass(frozen=True)
class MetricsView:
    """The curves of some metrics. pooled: names of axes whose values their panels show together."""

    curves: tuple[MetricCurves, ...]
    pooled: tuple[str, ...]


def metrics_view(
    metrics: Mapping[str, Metric],
    runs: pd.DataFrame,
    history: pd.DataFrame,
    layout: Layout,
    perfect: Mapping[str, float] | None = None,
) -> MetricsView:
    """The curves of those of the metrics that were recorded, few enough panels to be read."""
    apart = _few_panels(layout, len(metrics))
    comparable = not any(column.path.startswith("target.") for column in apart.facets)
    found = (
        MetricCurves(
            name,
            metric,
            coverage_panels(runs, history, apart, name),
            comparable,
            (perfect or {}).get(name),
        )
        for name, metric in metrics.items()
    )
    pooled = {column.path for column in (layout.x, *layout.facets) if column}
    pooled -= {column.path for column in apart.facets}
    names = tuple(axis_name(path) for path in sorted(pooled))
    return MetricsView(tuple(curves for curves in found if curves.panels), names)


def _few_panels(layout: Layout, metrics: int) -> Layout:
    """The layout with as many of its axes apart as leave the panels of all metrics few enough."""
    most = MOST_PANELS // max(1, metrics)
    apart = layout.apart(most)
    return apart if len(list(apart.panels())) <= most else replace(layout, facets=())
