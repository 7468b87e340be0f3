"""Where images are compared: maps from their pixels to features, one function a space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vistab.spec.base import Spec
from vistab.spec.study import EvidenceSpec
from vistab.targets.data import DataSet, DataTarget, decode
from vistab.targets.features import FeatureSpace
from vistab.training.inception import inception_features, load_inception

Floats = npt.NDArray[np.float32]
FeatureMap = Callable[[Floats], npt.NDArray[np.floating]]
"""From finite rows [n, d] of images, from -1 to 1, to their features [n, f]."""

REFERENCE_ROWS: Final = 5000
"""Real images that samples are compared with, at most."""

_LEARNT_FROM: Final = 2000  # rows whose principal axes are taken; a decomposition costs their cube


def reference_rows(target: DataTarget) -> Floats:
    """Real images [m, d], in random order, always the same: all data, or 5,000 if there are more.

    Of a target that puts images together (a digit in each channel) 5,000 samples.
    """
    generator = np.random.default_rng(0)
    if target.data.shape[1] != target.dimension:
        return target.sample(REFERENCE_ROWS, generator)
    chosen = generator.permutation(len(target.data))[:REFERENCE_ROWS]
    return decode(target.data[chosen])


def feature_map(
    evidence: EvidenceSpec, spec: Spec, target: DataTarget, device: str = "cpu"
) -> FeatureMap:
    """The map that `evidence` asks for, of images of the target that `spec` describes.

    device: where a network computes its features. RequestError if it cannot be had.
    """
    return _SPACES[evidence.features](evidence, spec, target, device)


def _pixels(_: EvidenceSpec, __: Spec, target: DataTarget, ___: str) -> FeatureMap:
    """Principal axes of the data: those in which the target's bins lie, if it has any."""
    if isinstance(target, DataSet) and target.space is not None:
        return target.space
    return FeatureSpace.of(reference_rows(target)[:_LEARNT_FROM])


def _classifier(_: EvidenceSpec, spec: Spec, __: DataTarget, ___: str) -> FeatureMap:
    from vistab.targets.classifier import classifier_for

    return classifier_for(spec).embed


def _inception(evidence: EvidenceSpec, _: Spec, target: DataTarget, device: str) -> FeatureMap:
    return inception_features(load_inception(evidence.weights), target.shape, device)


_SPACES: dict[str, Callable[[EvidenceSpec, Any, DataTarget, str], FeatureMap]] = {
    "pixels": _pixels,
    "classifier": _classifier,
    "inception": _inception,
}
