"""The report of one run that was ruled on: one HTML file that loads nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from jinja2 import Environment
from markupsafe import Markup

import vistab
from vistab.analysis.wording import count
from vistab.collapse.detect import Detection
from vistab.collapse.detector import THRESHOLDS
from vistab.report import words
from vistab.report.figures.detection import (
    loss_figure,
    mode_map,
    shade_key,
    signal_figure,
    timeline,
)
from vistab.report.figures.film import frame
from vistab.report.html import asset, environment, icon
from vistab.report.view import detection as told
from vistab.report.view.film import MOST_POINTS, MOST_TILES, Film, Scatter, Tiles, shown

__all__ = ["Film", "render_detection"]

SHAPES: Final = {"healthy": "supported", "failing": "refuted", "undecided": "inconclusive"}
"""Which shape stands for a fate: a disc with a tick, a square with a cross, a rhombus."""


@dataclass(frozen=True)
class Frame:
    """One frame of the film: its drawing, its round, and what it is the first of."""

    drawing: Markup
    round: int
    note: str


def render_detection(
    detection: Detection,
    film: Film,
    title: str,
    losses: Mapping[str, npt.NDArray[np.floating]] | None = None,
    command: str | None = None,
    compared: str | None = None,
) -> str:
    """The report of one run: one self-contained HTML file, as text.

    losses: of the run's own training, each [T] at the rounds of the detection. command: how to
    repeat it. compared: what the samples were compared with, in words.
    """
    screen = shown(film)
    template = _environment().get_template("detection.html.j2")
    return template.render(
        d=detection,
        title=title,
        version=vistab.__version__,
        style=asset("style.css") + asset("detection.css"),
        icons=asset("icons.html.j2"),
        shape=icon(SHAPES[told.fate(detection)]),
        screen=screen,
        frames=_frames(film, screen, detection),
        reference=None
        if screen.reference is None
        else frame(screen, None, "f-reference", "The reference"),
        most_points=min(MOST_POINTS, max(map(len, film.pictures))),
        most_tiles=MOST_TILES,
        gone=int((~np.isfinite(detection.signals["coverage"])).sum()),
        nan=math.nan,
        sections=_sections(detection.noun.removesuffix("s"), bool(losses)),
        losses=losses or {},
        command=command,
        compared=compared,
        thresholds=THRESHOLDS,
    )


def _environment() -> Environment:
    return environment(
        dict(
            told=told,
            count=count,
            percent=words.percent,
            number=words.number,
            timeline=timeline,
            signal_figure=signal_figure,
            loss_figure=loss_figure,
            mode_map=mode_map,
            shade_key=shade_key,
        )
    )


def _sections(noun: str, losses: bool) -> list[tuple[str, str]]:
    return [
        ("timeline", "Timeline"),
        ("signals", "Signals"),
        ("modes", f"Share of each {noun}"),
        ("film", "See it"),
        *([("losses", "Losses")] if losses else []),
        ("method", "How it was ruled"),
    ]


def _frames(film: Film, screen: Scatter | Tiles, detection: Detection) -> list[Frame]:
    """The frames in order; the first since the change says so."""
    found: list[Frame] = []
    *_, last = stretches = told.stretches(detection)
    since, seen = told.change(detection), False
    for k, round_ in enumerate(film.rounds):
        index = int(np.searchsorted(detection.rounds, round_))
        stretch = next((one for one in stretches if index < one.end), last)
        drawing = frame(screen, k, f"f-{stretch.fate}", f"Round {round_:,}, {stretch.name}")
        now = since is not None and round_ >= since
        exactly = told.change_name(detection) if round_ == since else stretch.name
        found.append(Frame(drawing, round_, exactly if now and not seen else ""))
        seen |= now
    return found
