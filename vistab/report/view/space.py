"""The data's own space: where its frame lies in 2-D, or how an image is shaped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vistab.report.view.happened import Floats
from vistab.targets import make_target

ROOM = 1.3
"""How far frames reach beyond the outermost modes, as a factor."""

IMAGES: dict[str, tuple[int, int]] = {"digits": (8, 8)}
"""Targets whose samples are greyscale images in [-1, 1]: height and width in pixels."""


@dataclass(frozen=True)
class Plane:
    """2-D data: the modes' centres [m, 2]; frames show [-reach, reach] around `middle`."""

    is_plane: ClassVar[bool] = True

    centres: Floats
    middle: tuple[float, float]
    reach: float


@dataclass(frozen=True)
class Pixels:
    """Greyscale images, from -1 (paper) to 1 (ink); `centres` [m, height x width] of the bins."""

    is_plane: ClassVar[bool] = False

    height: int
    width: int
    centres: Floats


Space = Plane | Pixels


def space_of(target: Any) -> Space | None:
    """How samples of a target (its section of the study) are shown; None where they cannot be."""
    made = make_target(target)
    centres = np.asarray(made.modes.centres, dtype=float)
    if target.kind in IMAGES:
        return Pixels(*IMAGES[target.kind], centres)
    if made.dimension != 2:
        return None
    low, high = centres.min(axis=0), centres.max(axis=0)
    middle = (float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2))
    around = float(made.modes.radii.max())  # a single mode has no extent of its own
    return Plane(centres, middle, ROOM * max(float((high - low).max()) / 2, around))
