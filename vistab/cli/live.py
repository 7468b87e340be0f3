"""How a study is going: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
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
"""Share of a study that must be trained before its pace means anything: Ray takes time to start."""


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is. `finished` runs were done before this session began."""

    n_runs: int
    finished: int = 0
    packs: Mapping[str, PackProgress] = field(default_factory=dict)

    @classmethod
    def at(cls, plan: Plan, finished: int) -> StudyProgress:
        """How far a plan is as a session begins."""
        return cls(len(plan.runs), finished)

    def after(self, progress: PackProgress) -> StudyProgress:
        """The same study after one more report."""
        return replace(self, packs={**self.packs, progress.pack_id: progress})

    @property
    def running(self) -> int:
        """Packs that have begun and are not finished."""
        return sum(not pack.outcomes for pack in self.packs.values())

    @property
    def runs_done(self) -> int:
        """Runs of packs that are finished."""
        return sum(pack.n_runs for pack in self.packs.values() if pack.outcomes)

    @property
    def outcomes(self) -> Counter[str]:
        """How many of the finished runs came to what."""
        return sum((Counter(pack.outcomes) for pack in self.packs.values()), Counter())

    @property
    def fraction(self) -> float:
        """Share of all rounds of all runs that is trained."""
        trained = sum(pack.n_runs * pack.round / pack.rounds for pack in self.packs.values())
        return min(1.0, trained / self.n_runs)

    def seconds_left(self, elapsed: float) -> float | None:
        """Seconds to go at the pace of this session, `elapsed` seconds old; None if unknown yet."""
        trained = self.fraction - self.finished / self.n_runs
        return elapsed * (1 - self.fraction) / trained if trained > ENOUGH_TO_GO_BY else None

    def parts(self, elapsed: float) -> tuple[str, ...]:
        """How much is done and how long it takes; then the outcomes so far, if there are any."""
        left = self.seconds_left(elapsed) if self.fraction < 1 else None
        done = [
            f"{self.runs_done:,} of {self.n_runs:,} runs done",
            f"{count(self.running, 'pack')} running" if self.packs else "workers are starting",
            *([f"about {duration(left)} left"] if left is not None else []),
        ]
        counts = ", ".join(f"{outcome} {n}" for outcome, n in self.outcomes.most_common())
        return (", ".join(done), counts) if counts else (", ".join(done),)


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
        self.progress = self.progress.after(progress)

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
        before, self.progress = self.progress.runs_done, self.progress.after(progress)
        now = time.monotonic()
        ended = (
            before < self.progress.runs_done and self.progress.runs_done > self.progress.finished
        )
        if ended or now - self.last >= SECONDS_BETWEEN_LINES:
            self.last = now
            line = "; ".join(self.progress.parts(now - self.began))
            self.console.print(line, soft_wrap=True)
