"""What is seen of a run's samples while they pass by, one snapshot at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Final

import numpy as np

from vistab.cli.samples.problems import Shape
from vistab.cli.samples.run import Run
from vistab.cli.samples.stored import Floats

_FRAMES: Final = 8  # snapshots that are kept to be drawn, at most

_FRAME_SAMPLES: Final = 400  # of each, at most

_FRAME_IMAGES: Final = 64  # ... where samples have many features

_FEW_FEATURES: Final = 32  # with more, every snapshot has values in the whole range of the data

_OFF_SCALE: Final = 0.25  # of the reference's range, by which that of samples is another


@dataclass
class Seen:
    """Reads the snapshots of a run, once, and keeps what is told of them afterwards.

    sizes: number of samples of each; shape: of one sample; spans: least and largest finite number;
    pictures: the first samples of a few snapshots, by round.
    """

    run: Run
    sizes: list[int] = field(default_factory=list)
    shape: Shape = ()
    spans: list[tuple[float, float]] = field(default_factory=list)
    pictures: dict[int, Floats] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Floats]:
        last = len(self.run.rounds) - 1
        kept = set(np.linspace(0, last, _FRAMES).round().astype(int).tolist())
        for t, samples in enumerate(self.run.samples):
            self.shape = samples.shape[1:]
            self.sizes.append(len(samples))
            finite = samples[np.isfinite(samples)]
            if finite.size:
                self.spans.append((float(finite.min()), float(finite.max())))
            if t in kept:
                few = prod(self.shape) <= _FEW_FEATURES
                shown = samples[: _FRAME_SAMPLES if few else _FRAME_IMAGES]
                self.pictures[int(self.run.rounds[t])] = shown.copy()
            yield samples

    @property
    def span(self) -> tuple[float, float] | None:
        """Least and largest finite number of a typical snapshot; None if there is none."""
        if not self.spans:
            return None
        low, high = np.median(self.spans, axis=0)
        return float(low), float(high)

    @property
    def off_scale(self) -> bool:
        """Are samples of many features in another range than the reference?"""
        if self.run.span is None or self.span is None or prod(self.shape) <= _FEW_FEATURES:
            return False
        low, high = self.run.span
        off = np.abs(np.subtract(self.span, self.run.span))
        return bool(off.max() > _OFF_SCALE * (high - low))
