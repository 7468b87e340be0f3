"""What may be learned: the spec models of the targets. All of their fields split packs."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from vistab.spec.base import PLACE, Spec

MOST_CLUSTERS: Final = 100
"""As many modes as are looked for in a user's images."""


class TargetSpec(Spec):
    """Base of all targets."""

    @property
    def most_modes(self) -> int:
        """As many modes as it may have: exactly, but for images of a user's."""
        raise NotImplementedError


class RingTarget(TargetSpec):
    """`modes` Gaussians of deviation `std`, evenly spaced on a circle of `radius`, in 2-D."""

    kind: Literal["ring"]
    modes: Annotated[int, Field(ge=2, le=1000)] = 8
    radius: PositiveFloat = 1.0
    std: PositiveFloat = 0.02

    @property
    def most_modes(self) -> int:
        """Its modes."""
        return self.modes


class GridTarget(TargetSpec):
    """`side` x `side` Gaussians of deviation `std`, `spacing` apart, centred on 0, in 2-D."""

    kind: Literal["grid"]
    side: Annotated[int, Field(ge=2, le=100)] = 5
    spacing: PositiveFloat = 0.5
    std: PositiveFloat = 0.02

    @property
    def most_modes(self) -> int:
        """One at each crossing."""
        return self.side**2


class MixtureTarget(TargetSpec):
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

    @property
    def most_modes(self) -> int:
        """One at each centre."""
        return len(self.centres)


class ImageTarget(TargetSpec):
    """Base of the targets whose samples are images, from -1 to 1, row by row in each channel."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one sample."""
        raise NotImplementedError


class DigitsTarget(ImageTarget):
    """The 1797 handwritten digits of scikit-learn, 8 x 8 pixels from -1 to 1."""

    kind: Literal["digits"]

    @property
    def shape(self) -> tuple[int, int, int]:
        """One channel of 8 x 8."""
        return 1, 8, 8

    @property
    def most_modes(self) -> int:
        """The bins that its data are cut into."""
        return 20


class Mnist5kTarget(ImageTarget):
    """5000 images of MNIST, 500 a digit, 28 x 28 pixels; they come with vistab[mnist]."""

    kind: Literal["mnist5k"]

    @property
    def shape(self) -> tuple[int, int, int]:
        """One channel of 28 x 28."""
        return 1, 28, 28

    @property
    def most_modes(self) -> int:
        """The bins that its data are cut into."""
        return 50


class StackedDigitsTarget(ImageTarget):
    """Three digits drawn independently, one in each colour channel: 1000 modes.

    digits: which images; those of scikit-learn (8 x 8), or of MNIST (28 x 28, vistab[mnist]).
    """

    kind: Literal["stacked_digits"]
    digits: Literal["digits", "mnist5k"] = "digits"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Three channels of the digits' size."""
        side = 8 if self.digits == "digits" else 28
        return 3, side, side

    @property
    def most_modes(self) -> int:
        """Ten digits in each of three channels."""
        return 1000


class FittedImages(ImageTarget):
    """Images that are cut and resampled to squares of `size` pixels.

    crop: the side, in pixels of the original, of the square that is cut from its middle; null for
    the largest there is. channels: 3 for colour, 1 for grey.
    """

    crop: PositiveInt | None = None
    size: Annotated[int, Field(ge=4, le=1024)] = 64
    resample: Literal["nearest", "box", "bilinear", "bicubic", "lanczos"] = "bicubic"
    channels: Literal[1, 3] = 3

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, and the size twice."""
        return self.channels, self.size, self.size

    @property
    def most_modes(self) -> int:
        """No more clusters than are looked for."""
        return MOST_CLUSTERS


class ImageFolderTarget(FittedImages):
    """The JPEG and PNG images anywhere below the folder `path`."""

    kind: Literal["image_folder"]
    path: Annotated[str, PLACE]


class HubTarget(FittedImages):
    """The images in column `image_column` of a data set that Hugging Face's `datasets` loads.

    dataset: its name on the hub, or a folder on this machine; needs vistab[hub].
    """

    kind: Literal["hub"]
    dataset: str
    configuration: str | None = None
    revision: str | None = None
    split: str = "train"
    image_column: str = "image"


TARGETS: dict[str, type[TargetSpec]] = {
    "ring": RingTarget,
    "grid": GridTarget,
    "mixture": MixtureTarget,
    "digits": DigitsTarget,
    "mnist5k": Mnist5kTarget,
    "stacked_digits": StackedDigitsTarget,
    "image_folder": ImageFolderTarget,
    "hub": HubTarget,
}
