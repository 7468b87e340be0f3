"""The 1000 modes of three digits in three channels, told by a classifier of digits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from vistab.targets.base import Array, Draw, Modes
from vistab.targets.classifier import digit_classifier
from vistab.targets.classifier_training import CLASSES
from vistab.targets.covariance import mean_pair_product, participation_ratio
from vistab.targets.data import DataSet, decode
from vistab.targets.features import FeatureSpace
from vistab.targets.perceptron import Perceptron
from vistab.targets.repeats import Likeness

CHANNELS: Final = 3

_FAR: Final = 1e100  # features beyond this are seen as this: their squares stay finite

_DRAWN: Final = 5000  # samples that show how close different ones come to each other


@dataclass(frozen=True, eq=False)
class StackedModes:
    """Mode 100 a + 10 b + c shows the digits a, b and c, by the classifier: `Modes`, m = 1000.

    Samples are the features [..., 3 f] of the digits of three channels, side by side. A sample is
    as far from its mode as the worst of its channels is from the nearest of the digits' bins, in
    that bin's radii: so all radii are 1, and what looks like no digit in one of its channels is not
    of high quality. Channels are independent, so all that a perfect sampler scores follows exactly
    from the digits alone. digits: their kind; base: their data.
    """

    digits: str
    base: DataSet

    @property
    def count(self) -> int:
        """1000."""
        return CLASSES**CHANNELS

    @property
    def noun(self) -> str:
        """Modes."""
        return "modes"

    @property
    def dimension(self) -> int:
        """The number 3 f of features of one sample."""
        return CHANNELS * self.base.modes.dimension

    @cached_property
    def centres(self) -> Array:
        """The mean [1000, 3 f] of each mode's samples."""
        return np.concatenate(list(self._single.means[_digits()]), axis=1)

    @cached_property
    def std(self) -> float:
        """Root mean square distance of samples from their mode's mean, per feature."""
        one = self._single
        squares = np.sum((one.features - one.means[one.labels]) ** 2, axis=1)
        return float(np.sqrt(np.mean(squares) / self.base.modes.dimension))

    @cached_property
    def radii(self) -> Array:
        """1 for each mode, [1000]: distances are told in radii."""
        return np.ones(self.count)

    @cached_property
    def fair_shares(self) -> Array:
        """Share [1000] of a perfect sampler's samples that are of high quality, by mode.

        The product of its digits' shares of the base data.
        """
        return np.asarray(np.prod(self._single.shares[_digits()], axis=0))

    @property
    def ceiling(self) -> float:
        """The share of a perfect sampler's samples of which all channels are of high quality."""
        return float(self.fair_shares.sum())

    @cached_property
    def high_quality_stds(self) -> Array:
        """Deviation [1000] per feature of a mode's high-quality samples, as `Modes` has it.

        Between independent channels there is no covariance: traces and squares add up.
        """
        one, digits = self._single, _digits()
        trace, square = one.traces[digits].sum(axis=0), one.squares[digits].sum(axis=0)
        return np.asarray(mean_pair_product(trace, square, self.dimension) ** 0.25)

    @cached_property
    def mean(self) -> Array:
        """The mean [3 f] of the target."""
        return np.tile(self.base.modes.mean, CHANNELS)

    @property
    def rms(self) -> float:
        """Root mean square distance of the target's samples from the target's mean."""
        return float(np.sqrt(CHANNELS) * self.base.modes.rms)

    @cached_property
    def effective_dimension(self) -> int:
        """How many directions the target spreads in: three times as many as the digits."""
        covariance = np.cov(self._single.features, rowvar=False)
        return round(CHANNELS * participation_ratio(covariance))

    @property
    def flat(self) -> bool:
        """Do the digits not vary at all in some direction?"""
        return self.base.modes.flat

    def variety(self, samples: Array, spread: Array) -> Array:
        """Number of different samples over 5000, [k], 1 at most: `Likeness`, of 5000 draws."""
        space, likeness = self._likeness
        pairs = zip(samples, spread, strict=True)
        return np.array([likeness.variety(space(rows), one) for rows, one in pairs])

    def among(self, samples: Array) -> npt.NDArray[np.bool_]:
        """The classifier says where a sample is: there is nothing else to ask."""
        return np.ones(len(samples), dtype=bool)

    def nearest(self, samples: npt.NDArray[np.floating]) -> tuple[Array, npt.NDArray[np.intp]]:
        """Distance to, and index of, the mode of finite samples [..., 3 f]; both [...].

        The mode is what the classifier says, whatever its distance.
        """
        channels = np.asarray(samples, dtype=float).reshape(*samples.shape[:-1], CHANNELS, -1)
        distance, labels = _told(channels, self.base.modes, self._network)
        place = CLASSES ** np.arange(CHANNELS)[::-1]
        return distance.max(axis=-1), labels @ place

    @cached_property
    def groups(self) -> Array:
        """Each mode alone; each digit of a channel; each pair of digits in two channels: [1330, m].

        With few samples nothing is known of single modes, but a digit that a channel lacks shows.
        """
        return np.concatenate([np.eye(self.count), _indicators(1), self.places])

    @cached_property
    def places(self) -> Array:
        """Each pair of digits in two channels, [300, m]: a few hundred samples show them all."""
        return _indicators(2)

    def fewest(self, n: int, part: float, error: float) -> Array:
        """Quantiles [g] of binomial counts: the shares are known."""
        return np.asarray(binom.ppf(error, n, part * self.groups @ self.fair_shares))

    def rehearsal(self, generator: np.random.Generator) -> tuple[Modes, Draw]:
        """Three of the digits at a time, compared with these modes."""
        return self, self.draw

    def draw(self, n: int, generator: np.random.Generator) -> Array:
        """The features [n, 3 f] of n samples."""
        features = self._single.features
        return features[generator.integers(len(features), size=(n, CHANNELS))].reshape(n, -1)

    @property
    def _network(self) -> Perceptron:
        return digit_classifier(self.digits).network

    @cached_property
    def _single(self) -> _SingleDigits:
        return _SingleDigits.of(self.base, self._network)

    @cached_property
    def _likeness(self) -> tuple[FeatureSpace, Likeness]:
        """How close samples come to each other, and where: along few axes, which is far quicker."""
        drawn = self.draw(_DRAWN, np.random.default_rng(0))
        space = FeatureSpace.of(drawn)
        return space, Likeness.of(space(drawn))


@dataclass(frozen=True, eq=False)
class _SingleDigits:
    """What the classifier makes of the digits' own data, one channel, by digit.

    features [N, f] and labels [N] of the data; means [10, f] of those that are taken for a digit;
    shares [10] that besides are of high quality, with the trace [10] of their covariance and that
    of its square.
    """

    features: Array
    labels: npt.NDArray[np.intp]
    means: Array
    shares: Array
    traces: Array
    squares: Array

    @classmethod
    def of(cls, base: DataSet, network: Perceptron) -> _SingleDigits:
        features = np.asarray(base.features(decode(base.data)), dtype=float)
        distance, labels = _told(features, base.modes, network)
        own = [features[labels == digit] for digit in range(CLASSES)]
        good = [features[(labels == digit) & (distance <= 1)] for digit in range(CLASSES)]
        covariances = [np.cov(rows, rowvar=False) for rows in good]
        return cls(
            features,
            labels,
            np.stack([rows.mean(axis=0) for rows in own]),
            np.array([len(rows) for rows in good]) / len(features),
            np.array([np.trace(one) for one in covariances]),
            np.array([np.sum(one**2) for one in covariances]),
        )


def _told(features: Array, bins: Modes, network: Perceptron) -> tuple[Array, npt.NDArray[np.intp]]:
    """Distance to the nearest bin, in its radii, and the digit, of features [..., f]; both [...].

    The digit is the classifier's.
    """
    distance, index = bins.nearest(features)
    rows = np.clip(features, -_FAR, _FAR).reshape(-1, features.shape[-1])
    labels = np.argmax(network.scores(rows), axis=1).reshape(features.shape[:-1])
    return distance / bins.radii[index], labels


def _digits() -> npt.NDArray[np.intp]:
    """The digit that each mode shows in each channel, [3, 1000]."""
    return np.stack(np.unravel_index(np.arange(CLASSES**CHANNELS), (CLASSES,) * CHANNELS))


def _indicators(channels: int) -> Array:
    """Which modes show these digits there, for all digits of so many channels: [g, 1000] of 0, 1.

    Ordered by channels, then by digits.
    """
    shown = np.eye(CLASSES)[:, _digits()]  # [digit, channel, mode]
    rows = [
        np.stack([shown[digit, channel] for digit, channel in zip(digits, chosen, strict=True)])
        for chosen in combinations(range(CHANNELS), channels)
        for digits in np.ndindex((CLASSES,) * channels)
    ]
    return np.stack([np.prod(row, axis=0) for row in rows])
