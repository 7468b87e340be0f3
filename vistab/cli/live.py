"""How a study is going: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from vistab.analysis.wording import count
from vistab.cli.output import duration
from vistab.plan.model import Plan
from vistab.results.record import OnProgress, PackProgress

SECONDS_BETWEEN_LINES = 10.0
HOW_TO_STOP = "Ctrl-C stops; the same command goes on."
ENOUGH_TO_GO_BY = 0.02
ENOUGH_SECONDS = 300.0
"""A pace means something once that share of a study is trained, or anything after that long: Ray
takes time to start."""


@dataclass(frozen=True)
class Pace:
    """Two reports of one pack, and how old the session was as each came in, in seconds."""

    first: PackProgress
    began: float
    latest: PackProgress
    now: float

    def after(self, progress: PackProgress, seconds: float) -> Pace:
        """With one more report. A pack that fell back to a checkpoint begins anew."""
        if progress.seen < self.latest.seen:
            start = replace(progress, resumed=self.first.resumed)
            return Pace(start, seconds, progress, seconds)
        return replace(self, latest=progress, now=seconds)

    @property
    def resumed(self) -> float:
        """Share of the pack's rounds that an earlier session trained."""
        return self.first.resumed / self.first.rounds

    @property
    def images_per_second(self) -> float:
        """Data that all runs of the pack together see; 0 if that is not known yet."""
        seen = self.latest.n_runs * (self.latest.seen - self.first.seen)
        return seen / (self.now - self.began) if self.now > self.began else 0.0


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is. `finished` runs were done before this session began."""

    n_runs: int
    finished: int = 0
    paces: Mapping[str, Pace] = field(default_factory=dict)

    @classmethod
    def at(cls, plan: Plan, finished: int) -> StudyProgress:
        """How far a plan is as a session begins."""
        return cls(len(plan.runs), finished)

    def after(self, progress: PackProgress, seconds: float = 0.0) -> StudyProgress:
        """The same study after one more report, which came in when the session was so old."""
        start = Pace(progress, seconds, progress, seconds)
        pace = self.paces.get(progress.pack_id, start).after(progress, seconds)
        return replace(self, paces={**self.paces, progress.pack_id: pace})

    @property
    def packs(self) -> list[PackProgress]:
        """The latest report of each pack."""
        return [pace.latest for pace in self.paces.values()]

    @property
    def running(self) -> int:
        """Packs that have begun and are not finished."""
        return sum(not pack.outcomes for pack in self.packs)

    @property
    def runs_done(self) -> int:
        """Runs of packs that are finished."""
        return sum(pack.n_runs for pack in self.packs if pack.outcomes)

    @property
    def outcomes(self) -> Counter[str]:
        """How many of the finished runs came to what."""
        return sum((Counter(pack.outcomes) for pack in self.packs), Counter())

    @property
    def fraction(self) -> float:
        """Share of all rounds of all runs that is trained."""
        trained = sum(pack.n_runs * pack.round / pack.rounds for pack in self.packs)
        return min(1.0, trained / self.n_runs)

    @property
    def images_per_second(self) -> float:
        """Images that all packs in training see together; 0 if there are none."""
        return sum(
            pace.images_per_second
            for pace in self.paces.values()
            if pace.latest.data_size and not pace.latest.outcomes
        )

    def seconds_left(self, elapsed: float) -> float | None:
        """Seconds to go at the pace of this session, `elapsed` seconds old; None if unknown yet."""
        resumed = sum(pace.latest.n_runs * pace.resumed for pace in self.paces.values())
        trained = self.fraction - (self.finished + resumed) / self.n_runs
        enough = 0 if elapsed > ENOUGH_SECONDS else ENOUGH_TO_GO_BY
        return elapsed * (1 - self.fraction) / trained if trained > enough else None

    def parts(self, elapsed: float) -> tuple[str, ...]:
        """How much is done and how long it takes; then the outcomes so far, if there are any."""
        left = self.seconds_left(elapsed) if self.fraction < 1 else None
        done = [
            f"{self.runs_done:,} of {self.n_runs:,} runs done",
            f"{count(self.running, 'pack')} running" if self.packs else "workers are starting",
            *epochs([pack for pack in self.packs if not pack.outcomes]),
            *([f"{speed:,.0f} images a second"] if (speed := self.images_per_second) else []),
            *([f"about {duration(left)} left"] if left is not None else []),
        ]
        counts = ", ".join(f"{outcome} {n}" for outcome, n in self.outcomes.most_common())
        return (", ".join(done), counts) if counts else (", ".join(done),)


def epochs(packs: Sequence[PackProgress]) -> list[str]:
    """`epoch 3.2 of 50`, or from the least to the most; nothing of packs without a data set."""
    known = [(pack, pack.seen / pack.data_size) for pack in packs if pack.data_size and pack.round]
    if not known:
        return []
    now = span([epoch for _, epoch in known])
    total = span([epoch * pack.rounds / pack.round for pack, epoch in known])
    return [f"epoch {now} of {total}"]


def span(values: Sequence[float]) -> str:
    """`3.2`, or `3.2 to 7.5` if values differ; `50` where a digit more says nothing."""
    words = [f"{value:,.1f}".removesuffix(".0") for value in (min(values), max(values))]
    return " to ".join(dict.fromkeys(words))


@contextmanager
def show_progress(console: Console, start: StudyProgress) -> Iterator[OnProgress]:
    """Show progress on the console; yields what to call with each report."""
    if console.is_terminal and not console.quiet:
        view = LiveView(start)
        with Live(get_renderable=view.render, console=console, transient=True):
            yield view.take
    else:
        yield Lines(console, start).take


class LiveView:
    """A bar and some lines that redraw themselves."""

    def __init__(self, start: StudyProgress) -> None:
        self.progress = start
        self.began = time.monotonic()

    def take(self, progress: PackProgress) -> None:
        """Take one report in."""
        self.progress = self.progress.after(progress, time.monotonic() - self.began)

    def render(self) -> RenderableType:
        """What is shown now."""
        bar = ProgressBar(total=1.0, completed=self.progress.fraction, width=60)
        grid = Table.grid()  # a bar alone ends no line
        grid.add_row(bar)
        for words in (*self.progress.parts(time.monotonic() - self.began), HOW_TO_STOP):
            grid.add_row(Text(words))
        return grid


class Lines:
    """A line every SECONDS_BETWEEN_LINES, and one for each pack that ends in this session."""

    def __init__(self, console: Console, start: StudyProgress) -> None:
        self.console = console
        self.progress = start
        self.began = self.last = time.monotonic()

    def take(self, progress: PackProgress) -> None:
        """Take one report in, and print a line if it is time for one."""
        now, before = time.monotonic(), self.progress.runs_done
        self.progress = self.progress.after(progress, now - self.began)
        ended = (
            before < self.progress.runs_done and self.progress.runs_done > self.progress.finished
        )
        if ended or now - self.last >= SECONDS_BETWEEN_LINES:
            self.last = now
            line = "; ".join(self.progress.parts(now - self.began))
            self.console.print(line, soft_wrap=True)
