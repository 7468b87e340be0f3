"""How much memory a run takes on a GPU, and how much a pack may: by arithmetic, nothing is probed.

What a run holds all the time are its networks (parameters, gradient and two moments) and the inputs
of its snapshots. To that come either the outputs of all layers, which the gradient of a step is
made from, or those of a snapshot, which is larger than a batch.
"""

from __future__ import annotations

from math import inf, prod
from typing import Final

from vistab.plan.networks import network_sizes, shape_of
from vistab.spec.families import AliFamily, DcganSpec, EmFamily, FamilySpec
from vistab.spec.study import ResourcesSpec, Settings

GIB: Final = 2**30
FLOAT32: Final = 4
FILLED: Final = 0.8
"""Share of a GPU's memory that packs may fill; CUDA and a copy of the images need the rest."""

COPIES: Final = 6
"""Of the parameters: themselves, gradient, two moments, and two more while a step is taken."""

REGROUPED: Final = 1.4
"""How much more the outputs of convolutions take in a pack, and one more copy of the parameters:
those of all runs are laid out side by side."""

INCEPTION: Final = int(1.2 * GIB)
"""What Inception takes beside the runs of a pack: its parameters, and the outputs of its largest
layers, 64 x 147 x 147 for each of 64 images. Reckoned, not measured."""

LAYERS_AT_ONCE: Final = 3
"""How many outputs as large as the widest layer's there are at once as samples are drawn."""


def run_memory(settings: Settings) -> int | None:
    """Bytes that one run takes at its peak; None if nothing is known of its networks' size."""
    shape = shape_of(settings.target)
    sizes = network_sizes(settings.family, shape)
    if sizes is None:
        return None
    convolutional = isinstance(getattr(settings.family, "network", None), DcganSpec)
    parameters = sum(size.parameters for size in sizes.values())
    networks = (COPIES + convolutional) * parameters + sum(size.buffers for size in sizes.values())
    outputs = _passes(settings.family) * sum(size.outputs for size in sizes.values())
    step = _batch(settings) * outputs * (REGROUPED if convolutional else 1)
    n, d, codes = settings.budget.snapshot_samples, prod(shape), _latent_dim(settings)
    watched = 2 * n * (d + codes)
    widest = max(size.widest for size in sizes.values())
    snapshot = watched + n * (d + LAYERS_AT_ONCE * widest)
    return FLOAT32 * int(networks + watched + max(step, snapshot))


def shared_memory(settings: Settings) -> int:
    """Bytes that a pack takes beside its runs."""
    evidence = settings.evidence
    return INCEPTION if evidence is not None and evidence.features == "inception" else 0


def _passes(family: FamilySpec) -> int:
    """How often the networks run in a step: with the extra terms also as they were before."""
    return 2 if isinstance(family, AliFamily) and family.extra_terms else 1


def _batch(settings: Settings) -> int:
    """How many samples a step sees."""
    family = settings.family
    return family.data_size if isinstance(family, EmFamily) else settings.budget.batch_size


def _latent_dim(settings: Settings) -> int:
    size: int = getattr(settings.family, "latent_dim", 1)
    return size


def pack_memory(resources: ResourcesSpec) -> float:
    """Bytes of a GPU that one pack may fill; infinite where packs train on the CPU."""
    share = min(1.0, resources.gpus_per_pack)  # a pack trains on one GPU
    return FILLED * share * resources.gpu_memory * GIB if share else inf
