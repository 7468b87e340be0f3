"""Are samples and reference numbers on one scale? Pixels of 8 bits and fractions are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

_BYTE: Final = 255

_PART_OF_A_BYTE: Final = 100  # a smaller largest number is that of another scale, such as 0 to 16


@dataclass(frozen=True)
class Scale:
    """Least and largest of some numbers, and whether all are whole; NaN if any is not finite."""

    low: float
    high: float
    whole: bool

    @classmethod
    def of(cls, numbers: npt.NDArray[Any]) -> Self:
        """That of at least one number."""
        low, high = float(numbers.min()), float(numbers.max())
        near = bool(low >= 0 and 1 < high <= _BYTE)  # else it does not matter
        return cls(low, high, near and bool(np.all(numbers == np.floor(numbers))))

    @property
    def pixels(self) -> bool:
        """Whole numbers from 0 to 255, some above 1: no model that learns fractions makes these."""
        return self.whole

    @property
    def fractions(self) -> bool:
        """From -1 to 1."""
        return self.low >= -1 and self.high <= 1

    def __str__(self) -> str:
        return f"{self.low:.3g} to {self.high:.3g}"

    def made_like(self, other: Scale, name: str) -> str:
        """What to write so that pixels, in the array of this name, get on a scale of fractions."""
        most = _BYTE if self.high > _PART_OF_A_BYTE else self.high
        return f"{name} / {most / 2:g} - 1" if other.low < 0 else f"{name} / {most:g}"


def pixels_for_fractions(samples: Scale, reference: Scale) -> str | None:
    """What is wrong if the samples are pixels and the reference fractions; None if it is not so.

    On the reference's scale they would be taken for samples that run away.
    """
    if not (samples.pixels and reference.fractions):
        return None
    return (
        f"samples must be on the reference's scale, {reference}: they are whole numbers, "
        f"{samples}; give {samples.made_like(reference, 'samples')}"
    )


def fractions_for_pixels(snapshots: Sequence[Scale], reference: Scale) -> str | None:
    """The same the other way round, which takes all of a run: a single snapshot may be dark."""
    seen = [scale for scale in snapshots if not np.isnan(scale.high)]
    if not (seen and reference.pixels and all(scale.fractions for scale in seen)):
        return None
    samples = Scale(min(scale.low for scale in seen), max(scale.high for scale in seen), False)
    return (
        f"samples and reference must be on one scale: samples are {samples}, the reference is "
        f"whole numbers, {reference}; give {reference.made_like(samples, 'reference')}"
    )
