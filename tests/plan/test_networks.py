"""The sizes that plans reckon with are those of the networks that are trained."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import nn

from vistab.families import find_family
from vistab.families.dcgan import Convolution, ImageBatchNorm, TransposedConvolution
from vistab.families.networks import BatchNorm, Linear
from vistab.plan.networks import NetworkSize, network_sizes, shape_of
from vistab.spec.families import FAMILIES, STAGES, FamilySpec, GanFamily
from vistab.spec.targets import TARGETS, ImageTarget
from vistab.targets import make_target

IMAGE = (3, 64, 64)
FORMS: list[dict[str, Any]] = [
    {"kind": "em"},
    {"kind": "em", "covariance": "diagonal", "components": 3, "data_size": 50},
    {"kind": "em", "covariance": "spherical"},
    {"kind": "gan"},
    {"kind": "gan", "network": {"width": 7, "depth": 3}, "batch_norm": True},
    {"kind": "gan", "network": {"depth": 0}, "batch_norm": True},
    {"kind": "gan", "network": {"kind": "dcgan"}},
    {"kind": "gan", "network": {"kind": "dcgan", "width": 10}, "batch_norm": True},
    {"kind": "vae"},
    {"kind": "vae", "decoder_scale": "fixed"},
    {"kind": "vae", "decoder_scale": "per_dimension", "network": {"depth": 1}},
    {"kind": "aae", "latent_dim": 5},
    {"kind": "ali"},
    {"kind": "ali", "encoder": "deterministic", "generator": "deterministic", "loss": "minimax"},
]


def spec_of(form: dict[str, Any]) -> FamilySpec:
    """The spec model of a family's section."""
    return FAMILIES[form["kind"]].model_validate(form)


def built(family: FamilySpec, shape: tuple[int, ...]) -> dict[str, nn.Module]:
    """The networks themselves, without numbers."""
    with torch.device("meta"):
        return find_family(family.kind).networks(family, shape)  # type: ignore[attr-defined]


def floats(tensors: Any) -> int:
    """How many float32 numbers would take as much room."""
    return sum(tensor.numel() * tensor.element_size() // 4 for tensor in tensors)


def check(family: FamilySpec, shape: tuple[int, ...]) -> None:
    sizes = network_sizes(family, shape)
    assert sizes is not None
    networks = built(family, shape)
    assert sizes.keys() == networks.keys()
    for name, network in networks.items():
        assert sizes[name].parameters == floats(network.parameters()), name
        assert sizes[name].buffers == floats(network.buffers()), name


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_parameters_and_buffers_are_counted_to_the_last_one(form: dict[str, Any]) -> None:
    check(spec_of(form), IMAGE)


@pytest.mark.parametrize("side", STAGES)
@pytest.mark.parametrize("channels", [1, 3])
def test_dcgan_is_counted_at_every_size(side: int, channels: int) -> None:
    check(spec_of(FORMS[7]), (channels, side, side))


def test_every_family_is_counted() -> None:
    """A new line in FAMILIES must be one here as well."""
    assert {form["kind"] for form in FORMS} == set(FAMILIES)


def given_by_layers(network: nn.Module, inputs: int) -> int:
    """What the layers give for one sample, and its input: found by calling the network."""
    given = [inputs]

    def count(module: nn.Module, arguments: object, output: torch.Tensor) -> None:
        given.append(output[0].numel() * (2 if isinstance(module, BatchNorm) else 1))

    counted = (Linear, BatchNorm, Convolution, TransposedConvolution, ImageBatchNorm)
    for layer in network.modules():
        if isinstance(layer, counted):
            layer.register_forward_hook(count)
    network(torch.zeros(2, inputs, device="meta"))
    return sum(given)


@pytest.mark.parametrize("form", [form for form in FORMS if form["kind"] == "gan"], ids=str)
def test_the_outputs_of_layers_are_counted(form: dict[str, Any]) -> None:
    """Up to the smallest ones, which a convolutional network has at its inner end."""
    family = spec_of(form)
    assert isinstance(family, GanFamily)
    networks, sizes = built(family, IMAGE), network_sizes(family, IMAGE)
    assert sizes is not None
    inputs = {"generator": family.latent_dim, "discriminator": 3 * 64 * 64}
    for name, network in networks.items():
        expected = given_by_layers(network, inputs[name])
        assert sizes[name].outputs == pytest.approx(expected, rel=1e-3), name
        assert 0 < sizes[name].widest < sizes[name].outputs


def test_what_is_not_known_is_not_made_up() -> None:
    """A family of one's own has no size, unless it inherits from one that has."""

    class Own(FamilySpec):
        pass

    class Changed(GanFamily):
        kind: Any = "changed:GAN"

    assert network_sizes(Own(kind="own:FAMILY"), (2,)) is None
    assert network_sizes(Changed(), (2,)) == network_sizes(GanFamily(kind="gan"), (2,))


NEEDED: dict[str, dict[str, Any]] = {
    "mixture": {"centres": [[0.0, 1.0, 2.0]]},
    "image_folder": {"path": "photos"},
    "hub": {"dataset": "faces"},
}
AT_ONCE = ("ring", "grid", "mixture", "digits")


@pytest.mark.parametrize("kind", TARGETS)
def test_the_shape_of_every_target_is_known_before_it_is_made(kind: str) -> None:
    """And is the one that it has then."""
    spec = TypeAdapter(TARGETS[kind]).validate_python({"kind": kind, **NEEDED.get(kind, {})})
    shape = shape_of(spec)
    assert len(shape) == (3 if isinstance(spec, ImageTarget) else 1)
    if kind in AT_ONCE:
        assert shape == make_target(spec).shape


def test_a_target_that_is_not_known_is_told() -> None:
    with pytest.raises(TypeError, match="NetworkSize"):
        shape_of(NetworkSize(1, 1, 1, 1))  # type: ignore[arg-type]
