"""How large the networks of a run are, told from its settings: a plan builds none.

The twin of the modules that vistab.families makes; tests compare the two for every family.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from typing import Any

from vistab.spec.base import Spec
from vistab.spec.families import (
    KERNEL,
    STAGES,
    AaeFamily,
    AliFamily,
    DcganSpec,
    EmFamily,
    FamilySpec,
    GanFamily,
    NetworkSpec,
    VaeFamily,
)
from vistab.spec.targets import GridTarget, ImageTarget, MixtureTarget, RingTarget

Shape = tuple[int, ...]


@dataclass(frozen=True)
class NetworkSize:
    """One network of one run, counted in float32 numbers: a float64 number is two.

    parameters; buffers: running averages. outputs: what all its layers give for one sample, with
    its input; widest: what the largest of them gives.
    """

    parameters: int
    buffers: int
    outputs: int
    widest: int


def shape_of(target: Spec) -> Shape:
    """The shape of one sample of a target. TypeError if it is none of vistab's own."""
    match target:
        case ImageTarget():
            return target.shape
        case RingTarget() | GridTarget():
            return (2,)
        case MixtureTarget():
            return (len(target.centres[0]),)
    raise TypeError(f"the shape of {type(target).__name__} is not known")


def network_sizes(family: FamilySpec, shape: Shape) -> dict[str, NetworkSize] | None:
    """The networks of one run by name; None if nothing is known of the family."""
    known = (sizes for spec, sizes in _FAMILIES.items() if isinstance(family, spec))
    sizes = next(known, None)
    return None if sizes is None else sizes(family, shape)


def mlp(inputs: int, outputs: int, network: NetworkSpec, *, normalised: int = 0) -> NetworkSize:
    """A multilayer perceptron with batch norm on `normalised` of its hidden layers.

    Batch norm gives two outputs: centred, and scaled.
    """
    widths = [inputs, *[network.width] * network.depth, outputs]
    norms = 2 * network.width * normalised
    return NetworkSize(
        parameters=sum((a + 1) * b for a, b in pairwise(widths)) + norms,
        buffers=norms,
        outputs=sum(widths) + norms,
        widest=max(widths),
    )


def dcgan_generator(
    latent_dim: int, shape: Shape, network: DcganSpec, *, batch_norm: bool
) -> NetworkSize:
    """A linear layer, then transposed convolutions; batch norm on all but the last of them."""
    maps = _maps(shape, network.width)[::-1]
    size = _convolutions(maps, maps[:-1] if batch_norm else [])
    return replace(size, parameters=size.parameters + (latent_dim + 1) * _pixels(maps[0]))


def dcgan_discriminator(shape: Shape, network: DcganSpec, *, batch_norm: bool) -> NetworkSize:
    """Convolutions, then a linear layer; batch norm on all but the first of them."""
    maps = _maps(shape, network.width)
    size = _convolutions(maps, maps[2:] if batch_norm else [])
    return replace(size, parameters=size.parameters + _pixels(maps[-1]) + 1)


Map = tuple[int, int]
"""An image between two layers: its channels and its side in pixels."""


def _maps(shape: Shape, width: int) -> list[Map]:
    """From the image inwards: half the side at every stage, and twice the channels."""
    stages = STAGES[shape[-1]]
    inner = [(width * 2**stage, shape[-1] // 2 ** (stage + 1)) for stage in range(stages)]
    return [(shape[0], shape[-1]), *inner]


def _pixels(one: Map) -> int:
    channels, side = one
    return channels * side**2


def _convolutions(maps: Sequence[Map], normalised: Sequence[Map]) -> NetworkSize:
    """Convolutions from each map to the next; batch norm adds a scaled copy of its map."""
    norms = sum(2 * channels for channels, _ in normalised)
    return NetworkSize(
        parameters=sum((KERNEL**2 * a + 1) * b for (a, _), (b, _) in pairwise(maps)) + norms,
        buffers=norms,
        outputs=sum(map(_pixels, [*maps, *normalised])),
        widest=max(map(_pixels, maps)),
    )


def _em(family: EmFamily, shape: Shape) -> dict[str, NetworkSize]:
    """A table of responsibilities and a mixture, in float64; a sample meets every component."""
    k, d = family.components, prod(shape)
    covariances = {"full": d * d, "diagonal": d, "spherical": 1}[family.covariance]
    return {
        "encoder": NetworkSize(2 * family.data_size * k, 0, 2 * k, 2 * k),
        "generator": NetworkSize(2 * k * (1 + d + covariances), 0, 6 * k * d, 2 * k * d),
    }


def _gan(family: GanFamily, shape: Shape) -> dict[str, NetworkSize]:
    network, latent_dim, normed = family.network, family.latent_dim, family.batch_norm
    if isinstance(network, DcganSpec):
        return {
            "generator": dcgan_generator(latent_dim, shape, network, batch_norm=normed),
            "discriminator": dcgan_discriminator(shape, network, batch_norm=normed),
        }
    depth = network.depth if normed else 0
    return {
        "generator": mlp(latent_dim, prod(shape), network, normalised=depth),
        "discriminator": mlp(prod(shape), 1, network, normalised=max(0, depth - 1)),
    }


def _vae(family: VaeFamily, shape: Shape) -> dict[str, NetworkSize]:
    d, network = prod(shape), family.network
    mean = mlp(family.latent_dim, d, network)
    scales = d if family.decoder_scale == "per_dimension" else 1
    if family.decoder_scale == "fixed":
        generator = replace(mean, buffers=scales)
    else:
        generator = replace(mean, parameters=mean.parameters + scales)
    return {"encoder": mlp(d, 2 * family.latent_dim, network), "generator": generator}


def _aae(family: AaeFamily, shape: Shape) -> dict[str, NetworkSize]:
    d, latent_dim, network = prod(shape), family.latent_dim, family.network
    return {
        "encoder": mlp(d, latent_dim, network),
        "generator": mlp(latent_dim, d, network),
        "discriminator": mlp(latent_dim, 1, network),
    }


def _ali(family: AliFamily, shape: Shape) -> dict[str, NetworkSize]:
    d, latent_dim, network = prod(shape), family.latent_dim, family.network
    codes = latent_dim * (2 if family.encoder == "gaussian" else 1)
    features = d * (2 if family.generator == "gaussian" else 1)
    return {
        "encoder": mlp(d, codes, network),
        "generator": mlp(latent_dim, features, network),
        "discriminator": mlp(d + latent_dim, 1, network),
    }


_FAMILIES: dict[type[FamilySpec], Callable[[Any, Shape], dict[str, NetworkSize]]] = {
    EmFamily: _em,
    GanFamily: _gan,
    VaeFamily: _vae,
    AaeFamily: _aae,
    AliFamily: _ali,
}
"""By spec model; a family of one's own that inherits from one of these is counted as it is."""
