"""What the samples of a snapshot are measured against: signals of the detector, fidelity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from vistab.collapse.signals import measure
from vistab.fidelity import Fidelity, perfect_scores
from vistab.spec.base import Spec
from vistab.spec.metrics import FIDELITY_METRICS
from vistab.spec.study import EvidenceSpec, Settings
from vistab.targets import Target, make_target
from vistab.targets.data import DataTarget
from vistab.training.feature_spaces import FeatureMap, feature_map, reference_rows

Floats = npt.NDArray[np.float32]
Columns = dict[str, npt.NDArray[np.float32]]

_AT_ONCE: Final = 512  # rows to map: large images take room while they become features


@dataclass(frozen=True, eq=False)
class Images:
    """Real images in a space of features.

    features: the map from rows [n, d] to features [n, f]; fidelity: to those of real images.
    """

    features: FeatureMap
    fidelity: Fidelity

    def measure(self, samples: Floats) -> Columns:
        """Each of FIDELITY_METRICS, float32 [k], of k runs' samples [k, n, d]; NaN if not finite.

        One run at a time, so that a run's numbers are the same in every company.
        """
        rows = [self._one(run) for run in samples]
        return {name: np.concatenate([row[name] for row in rows]) for name in FIDELITY_METRICS}

    def _one(self, rows: Floats) -> Columns:
        if not np.isfinite(rows).all():
            return {name: np.full(1, np.nan, dtype=np.float32) for name in FIDELITY_METRICS}
        return self.fidelity.measure(self.features(rows)[None])


@dataclass(frozen=True, eq=False)
class Yardstick:
    """A target, and its real images if a study asks for evidence of images."""

    target: Target
    images: Images | None

    def measure(self, samples: Floats) -> Columns:
        """All that is measured of samples [k, n, d] alone, by history column."""
        signals = measure(self.target.features(samples), self.target.modes)
        return signals if self.images is None else signals | self.images.measure(samples)


def yardstick(settings: Settings, device: str = "cpu") -> Yardstick:
    """What runs of these settings are measured against; the same object for equal settings.

    device: where a network computes its features. RequestError if its weights cannot be had.
    """
    return _yardstick(settings.target, settings.evidence, device)


def perfect_sampler(settings: Settings, device: str = "cpu") -> dict[str, float]:
    """What real images score at this study's number of samples; empty without `evidence`."""
    images = yardstick(settings, device).images
    n = settings.budget.snapshot_samples
    return {} if images is None else perfect_scores(images.fidelity.reference, n)


@lru_cache(maxsize=2)  # packs come ordered by their target; a reference is some 100 MB at most
def _yardstick(spec: Spec, evidence: EvidenceSpec | None, device: str) -> Yardstick:
    target = make_target(spec)
    if evidence is None:
        return Yardstick(target, None)
    data = cast(DataTarget, target)  # evidence was refused of any other when the study was read
    return Yardstick(target, _images(data, feature_map(evidence, spec, data, device)))


def _images(target: DataTarget, features: FeatureMap) -> Images:
    rows = reference_rows(target)
    blocks = [features(rows[start : start + _AT_ONCE]) for start in range(0, len(rows), _AT_ONCE)]
    return Images(features, Fidelity.of(np.concatenate(blocks)))
