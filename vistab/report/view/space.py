"""The data's own space: where its frame lies in 2-D, or how an image is shaped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from vistab.report.view.happened import Floats
from vistab.spec.targets import DigitsTarget, ImageTarget, Mnist5kTarget
from vistab.targets import make_target

ROOM = 1.3
"""How far frames reach beyond the outermost modes, as a factor."""

INK = (DigitsTarget, Mnist5kTarget)
"""Images of which 1 is ink on paper; all others are light, and 1 is white."""

DATA_AT_HAND = (DigitsTarget,)
"""Images whose data are wherever a report is made; it does without those of all others."""


@dataclass(frozen=True)
class Plane:
    """2-D data: the modes' centres [m, 2]; frames show [-reach, reach] around `middle`."""

    is_plane: ClassVar[bool] = True

    centres: Floats
    middle: tuple[float, float]
    reach: float


@dataclass(frozen=True)
class Pixels:
    """Images from -1 to 1, [channels x height x width]: 1 is white, or with `ink` it is black.

    centres [m, d] of the bins of data; None where the report must do without the data.
    """

    is_plane: ClassVar[bool] = False

    channels: int
    height: int
    width: int
    ink: bool = False
    centres: Floats | None = None

    @property
    def side(self) -> int:
        """The longer side in pixels."""
        return max(self.height, self.width)


Space = Plane | Pixels


def space_of(target: Any) -> Space | None:
    """How samples of a target (its section of the study) are shown; None where they cannot be."""
    modes = make_target(target).modes if _at_hand(target) else None
    centres = None if modes is None else np.asarray(modes.centres, dtype=float)
    if isinstance(target, ImageTarget):
        return Pixels(*target.shape, ink=isinstance(target, INK), centres=centres)
    if modes is None or centres is None or centres.shape[1] != 2:
        return None
    low, high = centres.min(axis=0), centres.max(axis=0)
    middle = (float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2))
    around = float(modes.radii.max())  # a single mode has no extent of its own
    return Plane(centres, middle, ROOM * max(float((high - low).max()) / 2, around))


def modes_of(target: Any, data: Floats) -> npt.NDArray[np.integer[Any]] | None:
    """The mode [n] nearest to each datum [n, d]; None where the target's own data are elsewhere."""
    if not _at_hand(target):
        return None
    _, modes = make_target(target).modes.nearest(data)
    return modes


def _at_hand(target: Any) -> bool:
    return not isinstance(target, ImageTarget) or isinstance(target, DATA_AT_HAND)
