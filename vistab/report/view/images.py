"""A study of images in words: what is learned, by which networks, and where it is measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from vistab.report.words import FEATURES
from vistab.spec.base import Spec
from vistab.spec.families import DcganSpec, FamilySpec
from vistab.spec.study import EvidenceSpec
from vistab.spec.targets import (
    DigitsTarget,
    FittedImages,
    HubTarget,
    ImageFolderTarget,
    ImageTarget,
    Mnist5kTarget,
    StackedDigitsTarget,
)

SKLEARN, MNIST = 1797, 5000
"""Images in the data sets that are always the same."""


def data_size(target: Spec, provenance: Mapping[str, Any]) -> int | None:
    """The number of different images to learn from; None where it is not known, or not an image."""
    if isinstance(target, FittedImages):
        n: int | None = (provenance.get("data") or {}).get("n")
        return n
    known = {DigitsTarget: SKLEARN, Mnist5kTarget: MNIST}
    return known.get(type(target))


def images_words(target: ImageTarget, n: int | None = None) -> str:
    """Where images are from, how many there are if known, what was done to them, their size."""
    channels, height, width = target.shape
    colour = "in colour" if channels == 3 else "in grey"
    many = "images" if n is None else f"{n:,} images"
    return f"{_source(target, many)}; {height} \u00d7 {width} pixels {colour}"


def _source(target: ImageTarget, many: str) -> str:
    if isinstance(target, StackedDigitsTarget):
        digits = _digits(sklearn=target.digits == "digits")
        return f"{digits}, three of them drawn independently, one in each colour channel"
    if isinstance(target, ImageFolderTarget):
        return f"{many} in folder {PurePath(target.path).name}, {_fitted(target)}"
    if isinstance(target, HubTarget):
        named = [target.configuration, target.revision and f"revision {target.revision}"]
        which = ", ".join(filter(None, [target.dataset, *named, f"split {target.split}"]))
        return f"{many} of {which} (Hugging Face), {_fitted(target)}"
    return _digits(sklearn=isinstance(target, DigitsTarget))


def _digits(*, sklearn: bool) -> str:
    if sklearn:
        return f"{SKLEARN:,} handwritten digits of scikit-learn"
    return f"{MNIST:,} handwritten digits of MNIST"


def _fitted(target: FittedImages) -> str:
    square = "the largest square" if target.crop is None else f"{target.crop} \u00d7 {target.crop}"
    return f"{square} from the middle of each, resampled ({target.resample})"


def networks_words(family: FamilySpec) -> str:
    """Networks for images; nothing for others, whose fields say it all."""
    network = getattr(family, "network", None)
    if not isinstance(network, DcganSpec):
        return ""
    return (
        f"convolutional, as in DCGAN: {network.width} channels next to the image, twice as many "
        f"at each layer further in; convolutions in {network.precision}"
    )


def evidence_words(evidence: EvidenceSpec | None) -> str:
    """Where the fidelity of images is measured; nothing if it is not."""
    return f"fidelity and diversity, measured in {FEATURES[evidence.features]}" if evidence else ""
