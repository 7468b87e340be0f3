"""Displacement per round against coverage at the end, one mark a run, a label a group."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from vistab.report.figures.panel import frame, panel
from vistab.report.figures.svg import figure, tag
from vistab.report.view.why import Group
from vistab.report.words import number, percent


def displacement_figure(groups: Sequence[Group], mover: str = "generator") -> Markup:
    """All runs of all groups, small; the large mark is the group's median in both directions."""
    xs = [x for group in groups for x in group.x if x > 0]
    low, high = (min(xs) * 0.8, max(xs) * 1.25) if xs else (0.1, 1.0)
    area = panel((low, high), (0, 1), width=420, height=270, right=14, top=26, log_x=True)
    parts = [
        frame(
            area,
            f"mean displacement of the {mover}'s output per round (rms, log scale)",
            "coverage of the modes at the end",
            y_text=percent,
            y_ticks=(0, 0.25, 0.5, 0.75, 1),
        )
    ]
    for group in groups:
        seen = [(area.x(x), area.y(y)) for x, y in zip(group.x, group.y, strict=True) if x > 0]
        parts += [mark(x, y, group.side, 0.5, "point") for x, y in seen]
    for group in groups:
        x, y = group.middle
        parts.append(mark(area.x(x), area.y(y), group.side, 1.1, "median"))
    told = "; ".join(map(_finding, groups))
    return figure(f"Medians by arm. {told}", area.width, area.height, *parts)


def _finding(group: Group) -> str:
    x, y = group.middle
    return f"{group.label}: displacement {number(x, 2)}, coverage {percent(y)}"


SHAPES = {
    "treatment": "M-6 0a6 6 0 1 1 12 0a6 6 0 1 1-12 0Z",
    "control": "M-6-6h12v12h-12Z",
    "control0": "M-6-6h12v12h-12Z",
    "control1": "M0-8L8 6H-8Z",
    "control2": "M0-8L8 0 0 8-8 0Z",
}
"""Outlines around (0, 0): treatment is a disc, controls are told apart by shape as by colour."""


def mark(x: float, y: float, side: str, size: float, class_: str) -> Markup:
    """A side's shape at a place, `size` times its outline; sides past the third look alike."""
    return tag(
        "path",
        d=SHAPES.get(side, SHAPES["control2"]),
        transform=f"translate({x:.1f} {y:.1f}) scale({size:g})",
        class_=f"{class_} fill-{side}",
    )


def key_mark(side: str) -> Markup:
    """A side's shape for a key in the text."""
    shape = mark(9, 9, side, 0.9, "key-mark")
    return tag("svg", shape, width=18, height=18, aria_hidden="true", class_="key")
