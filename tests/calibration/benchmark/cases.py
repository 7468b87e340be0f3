"""Which runs there are, which of them are for tuning, and which are held back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmark import dice, image_dice, image_scenarios, particular, scenarios
from benchmark.dice import Dice
from benchmark.gans import SETTINGS, trained
from benchmark.image_dice import ImageDice
from benchmark.targets import IMAGES, MIXTURES, halves, seeded

Split = Literal["tuning", "held_back"]
Evidence = Literal["modes", "data"]

SIZES = (100, 500, 5000)
REFERENCES = 2  # data sets to compare with, of each target and split

TARGETS: dict[Split, tuple[str, ...]] = {
    "tuning": (
        *("ring of 8", "grid of 25", "16-d, 10 modes", "digits"),
        *("ring of 8, two rare", "16-d, 10 wide modes"),
    ),
    "held_back": (
        *("ring of 8", "grid of 25", "16-d, 10 modes", "digits"),
        *("ring of 12", "uneven mixture", "16-d, 6 uneven modes", "MNIST"),
        *("ring of 8, two rare", "16-d, 10 wide modes"),
        *("16-d, 8 modes, two rare", "16-d, 10 wider modes"),
    ),
}

_MIXTURE_RUNS = {
    s.__name__: s for kind in (scenarios, particular) for s in (*kind.SCENARIOS, *kind.UNSEEN)
}
_IMAGE_RUNS = {s.__name__: s for s in (*image_scenarios.SCENARIOS, *image_scenarios.UNSEEN)}

_HOPPING = tuple(s.__name__ for s in particular.HOPPING)
_RINGS = ("ring of 8", "ring of 12")
_APART = (*_RINGS, "grid of 25", "uneven mixture", "16-d, 10 modes", "16-d, 6 uneven modes")
_LONG_TAILED = ("ring of 8, two rare", "16-d, 8 modes, two rare")
_WIDE = ("16-d, 10 wide modes", "16-d, 10 wider modes")
_ONLY_ON = {
    **dict.fromkeys(_HOPPING, _APART),  # a blob fits in between
    "loses_three_modes": ("16-d, 10 modes", *_WIDE),
    "loses_a_common_mode": _LONG_TAILED,
    "circles": _RINGS,  # the modes lie on a circle
    "creeps": (*_RINGS, "16-d, 10 modes", "16-d, 6 uneven modes"),  # no mode in the middle
    "stays_shrunk": (
        *_RINGS,
        "uneven mixture",
        "16-d, 10 modes",
        "16-d, 6 uneven modes",
    ),  # else on modes
}

_SOUND = ("perfect", "arrives_late", "strays", "recovers")
_OF_TARGET = {
    **dict.fromkeys(
        _LONG_TAILED,  # what happens to the rare modes alone is debatable
        (*_SOUND, "loses_a_common_mode", "becomes_points", "swaps_halves", "hops", "turns_nan"),
    ),
    **dict.fromkeys(
        _WIDE,  # what lies between modes as wide as these is debatable
        (*_SOUND, "loses_three_modes", "loses_modes", "becomes_points", "hops", "turns_nan"),
    ),
}
"""The scenarios of targets that do not have all of them."""


@dataclass(frozen=True)
class Case:
    """One run to rule on. Runs that differ in evidence alone have the same samples.

    target, evidence, n (samples a snapshot), scenario (by construction, or the setting of a GAN),
    number: of the run within these.
    """

    split: Split
    target: str
    evidence: Evidence
    n: int
    scenario: str
    number: int

    @property
    def length(self) -> int:
        """The number T of snapshots."""
        if self.scenario in _HOPPING:
            return particular.LENGTHS[self.number]
        return image_dice.SNAPSHOTS if self.target in IMAGES else dice.SNAPSHOTS

    @property
    def reference_seed(self) -> str:
        """Names the data that a run is compared with."""
        return f"{self.split} {(self.number + len(self.scenario)) % REFERENCES}"


@dataclass(frozen=True, eq=False)
class Run:
    """A case's truth and samples.

    onset: index of the first snapshot of the lasting failure, or None. snapshots: T arrays
    [n, ...], to be read once. losses [T, 2] of discriminator and generator, if there are any.
    """

    outcome: str
    onset: int | None
    snapshots: Iterable[np.ndarray]
    losses: np.ndarray | None = None


def cases(split: Split) -> list[Case]:
    """All of a split's cases."""
    return in_order([*constructed(split), *_trained(split)])


def in_order(some: Iterable[Case]) -> list[Case]:
    """Cases with the same reference and sample size side by side: these are prepared once."""
    return sorted(some, key=lambda c: (c.target, c.evidence, c.reference_seed, c.n))


def run_of(case: Case) -> Run:
    """Draw the run of a case: always the same."""
    if case.scenario in SETTINGS:
        gan = trained(case.scenario, case.split)[case.number]
        return Run(gan.outcome, gan.onset, gan.samples, gan.losses)
    rng = seeded(case.split, case.target, case.n, case.scenario, case.number)
    if case.target in IMAGES:
        real = halves(case.target, case.reference_seed)[1]
        return Run(*_IMAGE_RUNS[case.scenario](ImageDice(real, case.n, rng)))
    drawn = Dice(MIXTURES[case.target], case.n, rng, case.length)
    return Run(*_MIXTURE_RUNS[case.scenario](drawn))


def borderline(split: Split) -> tuple[int, int]:
    """How many trained runs are left out, since their truth hangs by a number, and of how many."""
    runs = [gan for name in _settings(split) for gan in trained(name, split)]
    return sum(gan.outcome is None for gan in runs), len(runs)


def constructed(split: Split) -> Iterator[Case]:
    """The cases by construction, which need no training."""
    for target in TARGETS[split]:
        for position, name in enumerate(_names(split, target)):
            for n, number in _sizes(target, name, position):
                for evidence in ("data",) if target in IMAGES else ("modes", "data"):
                    yield Case(split, target, evidence, n, name, number)


def _sizes(target: str, name: str, position: int) -> Iterator[tuple[int, int]]:
    """Samples a snapshot and number of each run of a scenario, the position-th of its target."""
    if name in _HOPPING:
        yield from ((particular.SIZE, number) for number in range(len(particular.LENGTHS)))
        return
    images = target in IMAGES
    for n in SIZES[:2] if target == "digits" else SIZES:  # 900 digits are no 5000 samples
        if n != max(SIZES) or position % 3 == len(target) % 3:
            yield from ((n, number) for number in range(2 if images and n != max(SIZES) else 1))


def _names(split: Split, target: str) -> list[str]:
    kinds = (image_scenarios,) if target in IMAGES else (scenarios, particular)
    known = [s for kind in kinds for s in kind.SCENARIOS]
    known += [s for kind in kinds for s in kind.UNSEEN if split == "held_back"]
    names = [s.__name__ for s in known if s not in scenarios.DEBATABLE]
    own = _OF_TARGET.get(target, names)
    return [name for name in names if name in own and target in _ONLY_ON.get(name, (target,))]


def _trained(split: Split) -> Iterator[Case]:
    for name in _settings(split):
        how = SETTINGS[name]
        for number, gan in enumerate(trained(name, split)):
            if gan.outcome is not None:
                for evidence in ("modes", "data"):
                    yield Case(split, how.target, evidence, how.samples, name, number)


def _settings(split: Split) -> list[str]:
    return [name for name, setting in SETTINGS.items() if split in setting.splits]
