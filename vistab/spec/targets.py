"""What may be learned: the spec models of the targets. All of their fields split packs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

from vistab.spec.base import Spec


class RingTarget(Spec):
    """`modes` Gaussians of standard deviation `std`, evenly spaced on a circle of `radius`, in 2-D."""

    kind: Literal["ring"]
    modes: Annotated[int, Field(ge=2, le=1000)] = 8
    radius: PositiveFloat = 1.0
    std: PositiveFloat = 0.02


class GridTarget(Spec):
    """`side` x `side` Gaussians of standard deviation `std`, `spacing` apart, centred on 0, in 2-D."""

    kind: Literal["grid"]
    side: Annotated[int, Field(ge=2, le=100)] = 5
    spacing: PositiveFloat = 0.5
    std: PositiveFloat = 0.02


class MixtureTarget(Spec):
    """Gaussians of standard deviation `std` at the listed `centres`; equal `weights` if none given."""

    kind: Literal["mixture"]
    centres: tuple[tuple[float, ...], ...]
    weights: tuple[PositiveFloat, ...] | None = None
    std: PositiveFloat = 0.02


TARGETS: dict[str, type[Spec]] = {"ring": RingTarget, "grid": GridTarget, "mixture": MixtureTarget}
