"""Displacement per round against coverage at the end, one mark a run, a label a group."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from markupsafe import Markup

from vistab.report.figures.panel import Panel, frame, panel
from vistab.report.figures.svg import circle, figure, spread, text
from vistab.report.view.why import Group
from vistab.report.words import number, percent


def displacement_figure(groups: Sequence[Group]) -> Markup:
    """All runs of all groups; the large mark is the group's median in both directions."""
    xs = [x for group in groups for x in group.x if x > 0]
    area = panel((min(xs) * 0.8, max(xs) * 1.25), (0, 1), width=640, height=300, right=24, log_x=True)
    ticks = [t for t in _ticks(area) if area.x.low <= t <= area.x.high]
    parts = [
        frame(
            area, "mean displacement of G(z) per round (rms, log scale)", "modes covered at the end",
            x_ticks=ticks, y_text=percent, y_ticks=(0, 0.25, 0.5, 0.75, 1),
        )
    ]
    for group in groups:
        parts += [
            circle(area.x(x), area.y(y), 3, f"point fill-{group.side}")
            for x, y in zip(group.x, group.y, strict=True)
        ]
    middles = [(median(group.x), median(group.y)) for group in groups]
    ys = spread([area.y(y) for _, y in middles], 15)
    for group, (x, y), label in zip(groups, middles, ys, strict=True):
        parts.append(_mark(area.x(x), area.y(y), group.side))
        right = area.x(x) > area.width * 0.6
        at, anchor = (area.x(x) - 11, "end") if right else (area.x(x) + 11, "start")
        parts.append(text(at, label + 4, group.label, "direct strong halo", anchor))
    told = "; ".join(
        f"{group.label}: displacement {number(x, 2)}, coverage {percent(y)}"
        for group, (x, y) in zip(groups, middles, strict=True)
    )
    return figure(f"Medians by arm. {told}", area.width, area.height, *parts)


def _ticks(area: Panel) -> list[float]:
    return [m * 10.0**k for k in range(-6, 4) for m in (1, 2, 5)]


SHAPES = {
    "control": "M-6-6h12v12h-12Z",
    "control0": "M-6-6h12v12h-12Z",
    "control1": "M0-8L8 6H-8Z",
    "control2": "M0-8L8 0 0 8-8 0Z",
}
"""Outlines around (0, 0): controls are told apart by shape, treatment is a disc."""


def _mark(x: float, y: float, side: str) -> Markup:
    shape = SHAPES.get(side)
    if shape is None:
        return circle(x, y, 7, f"median fill-{side}")
    return Markup('<path d="{}" transform="translate({:.1f} {:.1f})" class="median fill-{}"/>').format(
        shape, x, y, side
    )


