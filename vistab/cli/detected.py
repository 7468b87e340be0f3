"""What `vistab detect` prints of a run, for people and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vistab.analysis.wording import count
from vistab.cli.samples.problems import Shape
from vistab.cli.samples.run import Run
from vistab.cli.samples.seen import Seen
from vistab.collapse.detect import Detection
from vistab.report.view.detection import SIGNALS, SignalWords, answer, asked, fate, perfect

_ROWS: Final = 8  # rounds in the table, at most

_LEGEND: Final = (
    ("healthy", "what a healthy snapshot has at least"),
    ("perfect", "what 99 % of a perfect sampler's snapshots have"),
    *((signal.title.lower(), signal.meaning) for signal in SIGNALS),
)

_SYMBOLS: Final = {
    "healthy": "[green]✓[/]",
    "failing": "[red]✗[/]",
    "undecided": "[yellow]?[/]",
}


def document(detection: Detection, seen: Seen) -> dict[str, Any]:
    """The ruling as plain data; null for what there is not."""
    return {
        "outcome": detection.outcome,
        "onset_round": detection.onset_round,
        "converged_round": detection.converged_round,
        "severity": detection.severity,
        "evidence": detection.evidence,
        "limits": detection.limits,
        "n_snapshots": len(detection.rounds),
        "n_samples": detection.n_samples,
        "notes": _notes(seen),
    }


def print_detection(console: Console, detection: Detection, seen: Seen, page: Path | None) -> None:
    """What was read, the verdict, and the signals it rests on."""
    console.print(f"Read: {_read(seen)}.", soft_wrap=True)
    console.print(f"Compared with: {_compared(seen.run)}.", soft_wrap=True)
    for note in _notes(seen):
        console.print(f"Note: {escape(note)}", soft_wrap=True)
    console.print(
        f"\n{_SYMBOLS[fate(detection)]} [bold]{escape(answer(detection))}[/]", soft_wrap=True
    )
    if detection.severity is not None:
        console.print(f"  Severity {detection.severity:.2f}: 0 is none of the target lost, 1 all.")
    if detection.limits:
        console.print(f"  Limits: {escape(detection.limits)}.", soft_wrap=True)
    console.print(_table(detection))
    for words, meaning in _LEGEND:
        console.print(f"[dim]{words}: {meaning}.[/]", soft_wrap=True)
    if page is not None:
        console.print(f"\nReport: {escape(str(page))}", soft_wrap=True)


def _read(seen: Seen) -> str:
    fewest, most = min(seen.sizes), max(seen.sizes)
    sizes = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    rounds = seen.run.rounds
    return (
        f"{count(len(rounds), 'snapshot')}, rounds {rounds[0]:,} to {rounds[-1]:,}, of {sizes} "
        f"samples {_shape(seen.shape)}, {_values(seen)}"
    )


def _compared(run: Run) -> str:
    return run.compared if run.span is None else f"{run.compared}, values {_span(run.span)}"


def _notes(seen: Seen) -> list[str]:
    """What a reader should know before believing the verdict."""
    if not seen.off_scale:
        return list(seen.run.notes)
    assert seen.run.span is not None
    assert seen.span is not None
    note = (
        f"Typical samples have values {_span(seen.span)}, the reference {_span(seen.run.span)}: "
        "are both on one scale?"
    )
    return [note, *seen.run.notes]


def _shape(shape: Shape) -> str:
    if len(shape) == 1:
        return f"of {count(shape[0], 'number')}"
    return f"of {'x'.join(map(str, shape))} numbers"


def _values(seen: Seen) -> str:
    return "none of them finite" if seen.span is None else f"values {_span(seen.span)}"


def _span(span: tuple[float, float]) -> str:
    return f"{span[0]:.3g} to {span[1]:.3g}"


def _table(detection: Detection) -> Table:
    """A few rounds, then what is asked of a healthy run and what a perfect sampler has."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("round", justify="right", no_wrap=True)
    for signal in SIGNALS:
        table.add_column(signal.title.lower(), justify="right", no_wrap=True)
    last = len(detection.rounds) - 1
    for t in np.unique(np.linspace(0, last, _ROWS).round().astype(int)):
        values = (_value(detection, signal, t) for signal in SIGNALS)
        table.add_row(f"{detection.rounds[t]:,}", *values)
    table.add_section()
    table.add_row("healthy", *(_least(detection, signal) for signal in SIGNALS))
    table.add_row("perfect", *(perfect(detection, signal) for signal in SIGNALS))
    return table


def _least(detection: Detection, signal: SignalWords) -> str:
    return asked(detection, signal).replace("at least", "≥")


def _value(detection: Detection, signal: SignalWords, t: int) -> str:
    """A signal at a snapshot, in red where it is less than a healthy one has."""
    value, band = float(detection.signals[signal.name][t]), detection.bands.get(signal.name)
    if not np.isfinite(value):
        return "[red]not finite[/]"
    low = band is not None and band.least is not None and value < band.least
    return f"[red]{signal.text(value)}[/]" if low else signal.text(value)
