"""How much disk a study takes, while it runs and when it is done: by arithmetic, from the plan."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest
from math import prod
from typing import Final

from vistab.plan.memory import FLOAT32
from vistab.plan.model import Plan
from vistab.plan.networks import network_sizes, shape_of
from vistab.spec.base import Spec
from vistab.spec.families import AaeFamily, AliFamily, EmFamily, FamilySpec, VaeFamily
from vistab.spec.study import Settings
from vistab.spec.targets import (
    GridTarget,
    ImageTarget,
    MixtureTarget,
    RingTarget,
    StackedDigitsTarget,
)

FRAMES: Final = 8
"""Rounds of which pictures are kept, at most."""

SAMPLES: Final = 200
"""Kept of each picture and round."""

IMAGES: Final = 36
"""The same where pictures are images."""

NEAREST: Final = 16
"""Data that are kept beside generated images, each round."""

FLOAT16: Final = 2

CHECKPOINTS: Final = 3
"""Of a pack in training: two that are kept, and one that is being written."""

PER_PARAMETER: Final = 3
"""Numbers in a checkpoint: the parameter and its two moments."""

SCALARS: Final = 16
"""Columns of the history with one number a row."""

COMPRESSED: Final = 2
"""Bytes that a number of the history takes in its file."""

PAGE: Final = 100_000
PAGE_PER_RUN: Final = 2_500
"""Bytes of the report and other small files, as studies of 40 to 720 runs have them."""

CLUSTERS: Final = 100
"""Modes of images that are not stacked digits, at most."""


@dataclass(frozen=True)
class DiskUse:
    """Bytes in the results folder.

    running: at most, while the study runs; None if nothing is known of its networks' size.
    kept: when it is done.
    """

    running: int | None
    kept: int


def disk_use(plan: Plan, at_once: int) -> DiskUse:
    """What the plan takes with `at_once` packs in training; decoded images are not counted.

    As the study ends, what is kept is there twice for a moment: pack by pack, and merged.
    """
    packs = [(len(pack.runs), pack.runs[0].arm.settings) for pack in plan.packs]
    kept = PAGE + sum(n * (PAGE_PER_RUN + evidence_bytes(settings)) for n, settings in packs)
    states = [n * state for n, settings in packs if (state := state_bytes(settings)) is not None]
    if len(states) < len(packs):
        return DiskUse(None, kept)
    return DiskUse(CHECKPOINTS * sum(nlargest(at_once, states)) + 2 * kept, kept)


def state_bytes(settings: Settings) -> int | None:
    """What a checkpoint holds of one run; None if nothing is known of its networks' size."""
    sizes = network_sizes(settings.family, shape_of(settings.target))
    if sizes is None:
        return None
    numbers = sum(PER_PARAMETER * size.parameters + size.buffers for size in sizes.values())
    return FLOAT32 * numbers + evidence_bytes(settings)


def evidence_bytes(settings: Settings) -> int:
    """What is kept of one run: its rows of the history, and its pictures."""
    snapshots = settings.budget.snapshots
    row = COMPRESSED * (SCALARS + _modes(settings.target) + _by_component(settings.family))
    return snapshots * row + min(FRAMES, snapshots) * _frame(settings) + _originals(settings)


def _frame(settings: Settings) -> int:
    """The pictures of one round: of images one byte a pixel."""
    d, family = prod(shape_of(settings.target)), settings.family
    encodes = _encodes(family)
    codes = encodes * getattr(family, "latent_dim", 0) * SAMPLES * FLOAT16
    if isinstance(settings.target, ImageTarget):
        return d * (IMAGES * (1 + bool(encodes)) + NEAREST) + codes
    return d * SAMPLES * (1 + bool(encodes)) * FLOAT16 + codes


def _originals(settings: Settings) -> int:
    """The data that codes and reconstructions are of."""
    bytes_each = 1 if isinstance(settings.target, ImageTarget) else FLOAT16
    d = prod(shape_of(settings.target))
    return SAMPLES * d * bytes_each if _encodes(settings.family) else 0


def _encodes(family: FamilySpec) -> int:
    """How many pictures of codes a family shows: of data; and of generated data, once more."""
    if isinstance(family, AliFamily):
        return 2
    return 1 if isinstance(family, VaeFamily | AaeFamily) else 0


def _by_component(family: FamilySpec) -> int:
    """Numbers a row of the history beside scalars and modes."""
    match family:
        case EmFamily():
            return 2 * family.components
        case VaeFamily():
            return family.latent_dim
    return 0


def _modes(target: Spec) -> int:
    match target:
        case RingTarget():
            return target.modes
        case GridTarget():
            return target.side**2
        case MixtureTarget():
            return len(target.centres)
        case StackedDigitsTarget():
            return 1000
    return CLUSTERS
