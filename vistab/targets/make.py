"""From what was asked to what is to be learned: one line a kind of target."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vistab.errors import DataError
from vistab.targets.base import Target
from vistab.targets.digits import digits
from vistab.targets.hub import hub, hub_lacks, prepare_hub
from vistab.targets.image_cache import OnPreparing, Prepared
from vistab.targets.image_folder import image_folder, image_folder_lacks, prepare_image_folder
from vistab.targets.mixtures import grid, mixture, ring
from vistab.targets.mnist import mnist5k, mnist5k_lacks
from vistab.targets.stacked import stacked_digits, stacked_digits_lacks

if TYPE_CHECKING:  # so that measuring samples needs numpy and scipy alone
    from vistab.spec.base import Spec

TARGETS: dict[str, Callable[[Any], Target]] = {
    "ring": ring,
    "grid": grid,
    "mixture": mixture,
    "digits": digits,
    "mnist5k": mnist5k,
    "stacked_digits": stacked_digits,
    "image_folder": image_folder,
    "hub": hub,
}
"""Kind -> builder; the twin of `vistab.spec.targets.TARGETS`, which says what each kind accepts."""

PREPARES: dict[str, Callable[[Any, OnPreparing], Prepared]] = {
    "image_folder": prepare_image_folder,
    "hub": prepare_hub,
}
"""Kind -> what gets a user's images ready, of the kinds that need it."""

LACKS: dict[str, Callable[[Any], DataError | None]] = {
    "mnist5k": mnist5k_lacks,
    "stacked_digits": stacked_digits_lacks,
    "image_folder": image_folder_lacks,
    "hub": hub_lacks,
}
"""Kind -> why its data cannot be had on this machine, of the kinds whose data may be missing."""


def make_target(spec: Spec) -> Target:
    """Build the target that a spec model of `vistab.spec.targets` asks for."""
    return TARGETS[_kind(spec)](spec)


def has_own_images(spec: Spec) -> bool:
    """Whether the target learns from images of a user's, which must be decoded first."""
    return _kind(spec) in PREPARES


def prepare_data(spec: Spec, on_progress: OnPreparing) -> Prepared:
    """Get a user's images ready, so that `make_target` is quick.

    Reports how far they are. Stopped, it goes on the next time. DataError or RequestError if they
    are missing, too few, broken, or copies of a few.
    """
    return PREPARES[_kind(spec)](spec, on_progress)


def lacking_data(spec: Spec) -> DataError | None:
    """Why the target's data cannot be had on this machine; None if they can, as far as is known.

    Looks at names and sizes of files alone; nothing is decoded or downloaded.
    """
    lacks = LACKS.get(_kind(spec))
    return None if lacks is None else lacks(spec)


def _kind(spec: Spec) -> str:
    kind: str = getattr(spec, "kind")  # noqa: B009  every target's spec has one; Spec does not say so
    return kind
