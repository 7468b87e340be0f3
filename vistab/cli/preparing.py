"""Getting a user's images ready before anything is trained, and showing how far that is."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from vistab.cli.live import HOW_TO_STOP, SECONDS_BETWEEN_LINES
from vistab.cli.output import duration
from vistab.plan.model import Plan
from vistab.results.provenance import Data
from vistab.targets.image_cache import OnPreparing, Prepared, Preparing
from vistab.targets.make import has_own_images, prepare_data

SECONDS_TO_GO_BY = 1.0
"""So long images must have been decoded before the pace means anything."""


def prepare_images(plan: Plan, console: Console) -> Data | None:
    """Get the images of all of a plan's targets ready; what is to be declared of them.

    None if they come with vistab. Stopped at any moment, it goes on from there the next time.
    RequestError if images are missing, too few, broken, or copies of a few.
    """
    targets = dict.fromkeys(arm.settings.target for arm in plan.arms)
    found: dict[str, Prepared] = {}
    for target in filter(has_own_images, targets):
        if console.quiet or not console.is_terminal:
            _keep_downloads_quiet()
        with show_preparing(console) as on_progress:
            prepared = prepare_data(target, on_progress)
        found[prepared.fingerprint] = prepared
        _tell_smaller(console, prepared, getattr(target, "crop", None))
    return declared(list(found.values()))


def declared(sets: list[Prepared]) -> Data | None:
    """Sets of images as one: the number of all, and the hash of their hashes if there are more."""
    if len(sets) < 2:
        return Data(sets[0].n, sets[0].fingerprint) if sets else None
    text = "".join(sorted(one.fingerprint for one in sets))
    return Data(sum(one.n for one in sets), hashlib.sha256(text.encode()).hexdigest())


@contextmanager
def show_preparing(console: Console) -> Iterator[OnPreparing]:
    """Show how far images are on the console; yields what to call with each report."""
    if console.is_terminal and not console.quiet:
        view = PreparingView()
        with Live(get_renderable=view.render, console=console, transient=True):
            yield view.take
    else:
        yield PreparingLines(console).take


class Pace:
    """Reports as words, with what is left at the pace since the first one."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.began = 0.0

    def words(self, progress: Preparing, now: float) -> str:
        """`Decoding images: 12,345 of 202,599, 640 a second, about 5 min left`."""
        if progress.stage == "learning":
            return f"Looking for what {progress.total:,} images have in common"
        if self.first is None:
            self.first, self.began = progress.done, now
        text = f"Decoding images: {progress.done:,} of {progress.total:,}"
        done, seconds = progress.done - self.first, now - self.began
        if not done or seconds < SECONDS_TO_GO_BY:
            return text
        left = duration((progress.total - progress.done) * seconds / done)
        return f"{text}, {rate(done / seconds)}, about {left} left"


def rate(per_second: float) -> str:
    """`640 a second`, `12 a minute`."""
    if per_second >= 2:
        return f"{per_second:,.0f} a second"
    return f"{60 * per_second:,.0f} a minute"


class PreparingView:
    """A bar and a line that redraw themselves."""

    def __init__(self) -> None:
        self.pace = Pace()
        self.progress: Preparing | None = None

    def take(self, progress: Preparing) -> None:
        """Take one report in."""
        self.progress = progress
        self.words = self.pace.words(progress, time.monotonic())

    def render(self) -> RenderableType:
        """What is shown now: nothing before the first report."""
        if self.progress is None:
            return Text()
        grid = Table.grid()  # a bar alone ends no line
        grid.add_row(ProgressBar(self.progress.total, self.progress.done, width=60))
        for words in (self.words, HOW_TO_STOP):
            grid.add_row(Text(words))
        return grid


class PreparingLines:
    """A line for the first report, for each new stage, and every SECONDS_BETWEEN_LINES."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.pace = Pace()
        self.stage: str | None = None
        self.last = 0.0

    def take(self, progress: Preparing) -> None:
        """Take one report in, and print a line if it is time for one."""
        now = time.monotonic()
        words = self.pace.words(progress, now)
        if progress.stage != self.stage or now - self.last >= SECONDS_BETWEEN_LINES:
            self.stage, self.last = progress.stage, now
            self.console.print(words, soft_wrap=True)


def _tell_smaller(console: Console, prepared: Prepared, crop: int | None) -> None:
    if prepared.smaller:
        console.print(
            f"{prepared.smaller:,} of {prepared.n:,} images have no square of {crop} pixels; "
            "their largest one was taken.",
            soft_wrap=True,
        )


def _keep_downloads_quiet() -> None:
    """Before `datasets` is imported; it draws bars of its own otherwise."""
    for library in ("DATASETS", "HUB"):
        os.environ.setdefault(f"HF_{library}_DISABLE_PROGRESS_BARS", "1")
