"""What may be learned: the spec models of the targets. All of their fields split packs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, field_validator, model_validator

from vistab.spec.base import Spec


class RingTarget(Spec):
    """`modes` Gaussians of deviation `std`, evenly spaced on a circle of `radius`, in 2-D."""

    kind: Literal["ring"]
    modes: Annotated[int, Field(ge=2, le=1000)] = 8
    radius: PositiveFloat = 1.0
    std: PositiveFloat = 0.02


class GridTarget(Spec):
    """`side` x `side` Gaussians of deviation `std`, `spacing` apart, centred on 0, in 2-D."""

    kind: Literal["grid"]
    side: Annotated[int, Field(ge=2, le=100)] = 5
    spacing: PositiveFloat = 0.5
    std: PositiveFloat = 0.02


class MixtureTarget(Spec):
    """Gaussians of deviation `std` at the listed `centres`; equal `weights` if none given.

    With one centre it is a Gaussian.
    """

    kind: Literal["mixture"]
    centres: Annotated[tuple[tuple[float, ...], ...], Field(min_length=1)]
    weights: tuple[PositiveFloat, ...] | None = None
    std: PositiveFloat = 0.02

    @field_validator("centres")
    @classmethod
    def _one_dimension(
        cls, centres: tuple[tuple[float, ...], ...]
    ) -> tuple[tuple[float, ...], ...]:
        if len({len(centre) for centre in centres}) > 1 or not centres[0]:
            raise ValueError("must all have the same number of coordinates, at least 1")
        if len(set(centres)) < len(centres):
            raise ValueError("must differ from each other")
        return centres

    @model_validator(mode="after")
    def _a_weight_each(self) -> MixtureTarget:
        if self.weights is not None and len(self.weights) != len(self.centres):
            raise ValueError(f"weights must be as many as centres, which are {len(self.centres)}")
        return self


class DigitsTarget(Spec):
    """The 1797 handwritten digits of scikit-learn, 8 x 8 pixels from -1 to 1."""

    kind: Literal["digits"]


TARGETS: dict[str, type[Spec]] = {
    "ring": RingTarget,
    "grid": GridTarget,
    "mixture": MixtureTarget,
    "digits": DigitsTarget,
}
