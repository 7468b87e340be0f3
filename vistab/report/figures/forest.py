"""The forest plot: one small drawing a claim, all on one axis, placed in percent so rows reflow."""

from __future__ import annotations

from markupsafe import Markup

from vistab.report.figures.scale import round_ticks
from vistab.report.figures.svg import tag
from vistab.report.view.claims import ForestRow
from vistab.report.words import number

HEIGHT = 26


def forest_figure(row: ForestRow, reach: float) -> Markup:
    """Interval and effect of one claim; an end beyond `reach` margins is cut with an arrow.

    A row without a margin is drawn on its own scale: open dot, interval over at most 60 % of the
    half axis, so that nobody reads margins from it.
    """
    span = reach if row.standardised else 1 / 0.6
    parts = [_vertical(0, span, "zero"), *(_vertical(mark, span, "margin") for mark in row.marks)]
    if row.low is not None and row.high is not None:
        parts += _whisker(row.low, row.high, span)
    if row.effect is not None:
        kind = "dot" if row.standardised else "dot open"
        at = _percent(max(-span, min(span, row.effect)), span)
        parts.append(
            tag("circle", cx=at, cy=HEIGHT / 2, r=5, class_=f"{kind} v-{row.verdict.verdict}")
        )
    return tag("svg", *parts, class_="forest-row", width="100%", height=HEIGHT, aria_hidden="true")


def _whisker(low: float, high: float, span: float) -> list[Markup]:
    left, right = max(low, -span), min(high, span)
    mid = HEIGHT / 2
    parts = [
        tag("line", x1=_percent(left, span), x2=_percent(right, span), y1=mid, y2=mid, class_="ci")
    ]
    for value, end, arrow in ((low, left, "\u25c2"), (high, right, "\u25b8")):
        at = _percent(end, span)
        if value != end:
            anchor = "start" if value < end else "end"
            parts.append(tag("text", arrow, x=at, y=mid + 4, class_="tick", text_anchor=anchor))
        else:
            parts.append(tag("line", x1=at, x2=at, y1=mid - 4, y2=mid + 4, class_="ci"))
    return parts


def _vertical(value: float, span: float, class_: str) -> Markup:
    at = _percent(value, span)
    return tag("line", x1=at, x2=at, y1=0, y2=HEIGHT, class_=class_)


def _percent(value: float, span: float) -> str:
    return f"{50 + 48 * value / span:.2f}%"


def forest_axis(reach: float) -> Markup:
    """The axis beneath: ticks in margins, and which way is as claimed."""
    parts = []
    for value in round_ticks(-reach, reach, 6):
        parts.append(
            tag(
                "text",
                number(value),
                x=_percent(value, reach),
                y=12,
                class_="tick",
                text_anchor="middle",
            )
        )
    parts.append(tag("text", "\u2190 against", x="0", y=30, class_="axis-label"))
    parts.append(
        tag("text", "as claimed \u2192", x="100%", y=30, class_="axis-label", text_anchor="end")
    )
    parts.append(
        tag("text", "effect in margins", x="50%", y=30, class_="axis-label", text_anchor="middle")
    )
    return tag(
        "svg",
        *parts,
        class_="forest-row axis",
        width="100%",
        height=36,
        role="img",
        aria_label="Axis of the forest plot: effects in margins, to the right as claimed",
    )
