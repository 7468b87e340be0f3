"""Initial weights: equal wherever name and shape agree, whatever else an arm changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

import pytest
import torch
from pydantic import BaseModel
from torch import nn

from vistab.families.networks import Linear
from vistab.plan.model import Arm, Pack, Run
from vistab.spec.axes import SweepableField, get, sweepable_fields
from vistab.spec.families import FAMILIES as SPECS
from vistab.spec.families import FamilySpec
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import TARGETS
from vistab.training.state import begin
from vistab.training.streams import Streams
from vistab.training.weights import keyed, owners_of

Tensors = dict[str, torch.Tensor]
BASES: dict[str, tuple[str, dict[str, Any]]] = {
    "em": ("ring", {}),
    "vae": ("ring", {}),
    "gan": ("ring", {}),
    "dcgan": ("digits", {"network": {"kind": "dcgan", "width": 4}}),
    "aae": ("ring", {}),
    "ali": ("ring", {"scale": 1.0}),  # then its biases are not shifted
}
"""By name: the target, and what else than the kind the family's section says."""

SETS_WEIGHTS = {
    "em.initialisation": "responsibilities",
    "vae.scale": ".log_scale",
    "ali.scale": ".output.bias",
}
"""Fields that say where some parameters start, and the ends of these parameters' names."""


def base(name: str) -> FamilySpec:
    kind = "gan" if name == "dcgan" else name
    return SPECS[kind](**{"kind": kind, **BASES[name][1]})


def other_value(field: SweepableField, value: Any) -> Any:
    """Another value that the field may have."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return next(one for one in get_args(field.info.annotation) if one != value)
    return 2 * value if value else 3


def changed(spec: BaseModel, path: str, value: Any) -> Any:
    """The section with the field at `path` changed, validated anew."""
    name, _, rest = path.partition(".")
    new = changed(getattr(spec, name), rest, value) if rest else value
    return type(spec)(**{**dict(spec), name: new})


AXES = [
    (name, field) for name in BASES for field in sweepable_fields({"family": base(name)}).values()
]


def begun(
    spec: FamilySpec, target: str, *, seed: int = 0, replicate: int = 2, **sections: Any
) -> Tensors:
    """Every parameter and buffer of one run before its first round, by network and name."""
    given = {"optimizer": OptimizerSpec(), "budget": BudgetSpec(snapshot_samples=100)} | sections
    settings = Settings(target=TARGETS[target](kind=target), family=spec, **given)
    stacks = begin(Pack("p", seed, (Run("r", Arm("a", None, {}, settings), replicate),))).stacks
    return {
        f"{network}.{name}": value[0]
        for network, stack in stacks.items()
        for name, value in (*stack.views.items(), *stack.buffers.items())
    }


def assert_shared(one: Tensors, other: Tensors, skipped: str) -> None:
    """Equal where shapes agree; a bias is as small as its layer has inputs, so in units of that."""
    for name in one.keys() & other.keys():
        a, b = one[name], other[name]
        if a.shape != b.shape or (skipped and name.endswith(skipped)):
            continue
        weight = name.removesuffix("bias") + "weight"
        if name.endswith(".bias") and one[weight].shape[1:] != other[weight].shape[1:]:
            scales = [t[weight][0].numel() ** 0.5 for t in (one, other)]
            torch.testing.assert_close(a * scales[0], b * scales[1], rtol=1e-5, atol=1e-7)
        else:
            assert torch.equal(a, b), name


@pytest.mark.parametrize(
    ("name", "field"), AXES, ids=[f"{name}-{field.path}" for name, field in AXES]
)
def test_an_axis_leaves_all_weights_alone_whose_shape_it_does_not_change(
    name: str, field: SweepableField
) -> None:
    """For every field of every family that an axis may sweep; layers keep their names, too."""
    spec, path = base(name), field.path.removeprefix("family.")
    swept = changed(spec, path, other_value(field, get(spec, path)))
    assert get(swept, path) != get(spec, path)
    target = BASES[name][0]
    one, other = begun(spec, target), begun(swept, target)
    assert_shared(one, other, SETS_WEIGHTS.get(f"{name}.{path}", ""))
    if path != "network.depth" and name != "em":
        matrices = [{key for key, value in t.items() if value.ndim > 1} for t in (one, other)]
        assert matrices[0] == matrices[1]


@pytest.mark.parametrize("name", sorted(BASES.keys() - {"dcgan"}))
def test_another_target_changes_only_the_layers_next_to_it(name: str) -> None:
    """The ring has 2 features, the digits have 64; hidden matrices lie between."""
    one, other = begun(base(name), "ring"), begun(base(name), "digits")
    assert_shared(one, other, "responsibilities")  # which begin at the data
    if name != "em":
        alike = [key for key in one if one[key].shape == other[key].shape and one[key].ndim > 1]
        assert any("hidden1" in key for key in alike)


@pytest.mark.parametrize("name", sorted(BASES))
@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("optimizer", OptimizerSpec(kind="sgd", learning_rate=1.0, generator_scale=0.5)),
        ("budget", BudgetSpec(batch_size=7, snapshot_samples=100)),
    ],
)
def test_how_it_is_trained_changes_no_initial_weight(name: str, section: str, value: Any) -> None:
    """Axes of the optimizer and of the batches."""
    spec, target = base(name), BASES[name][0]
    one, other = begun(spec, target), begun(spec, target, **{section: value})
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", ["gan", "dcgan"])
def test_the_latents_size_does_not_touch_the_discriminator(name: str) -> None:
    """Nor the generator beyond its first layer."""
    spec, target = base(name), BASES[name][0]
    one, other = (begun(changed(spec, "latent_dim", d), target) for d in (16, 32))
    differing = {key for key in one if one[key].shape != other[key].shape}
    first = "generator.input.weight" if name == "dcgan" else "generator.hidden0.weight"
    assert differing == {first}
    assert all(torch.equal(one[k], other[k]) for k in one if k.startswith("discriminator."))


@pytest.mark.parametrize("name", sorted(BASES.keys() - {"em"}))  # whose tables begin alike
def test_replicates_seeds_and_parameters_differ(name: str) -> None:
    """The tests above can fail: nothing is drawn from one stream that should have two."""
    spec, target = base(name), BASES[name][0]
    one = begun(spec, target)
    drawn = [key for key, value in one.items() if value.ndim > 1]
    for other in (begun(spec, target, replicate=3), begun(spec, target, seed=1)):
        assert not any(torch.equal(one[key], other[key]) for key in drawn)
    firsts = [one[key].flatten()[:4].tolist() for key in drawn]
    assert all(first not in firsts[:k] for k, first in enumerate(firsts))


def test_the_weights_of_a_seed_never_change() -> None:
    """Golden values: a change would silently change every study."""
    weights = begun(base("gan"), "ring", replicate=0)["generator.hidden0.weight"]
    golden = torch.tensor([-0.18615723, 0.15616298])
    torch.testing.assert_close(weights[0, :2], golden, rtol=1e-6, atol=0)


def test_the_global_generator_is_left_as_it_was() -> None:
    """Others' random numbers do not depend on how many networks were built."""
    before = torch.get_rng_state()
    begun(base("gan"), "ring")
    assert torch.equal(torch.get_rng_state(), before)


# --- initialisers of a user's own

Initialise = Callable[[Any], None]


def orthogonal(module: Any) -> None:
    """By a matrix on the side, which is decomposed."""
    nn.init.orthogonal_(module.weight)


def drawn_outside(module: Any) -> None:
    """A parameter made of random numbers."""
    module.weight = nn.Parameter(torch.randn(module.weight.shape) * 0.1)


def in_double(module: Any) -> None:
    """In another precision, and copied from it."""
    module.weight.data.copy_(torch.empty(module.weight.shape).double().normal_())


def truncated(module: Any) -> None:
    """In place, by several operations."""
    nn.init.trunc_normal_(module.weight, std=0.02)


def spectral(module: Any) -> None:
    """Two vectors in buffers, and a weight that is computed."""
    nn.utils.parametrizations.spectral_norm(module)


def as_torch_does(module: Any) -> None:
    """Nothing but what the layer does itself."""


def second_of_two(initialise: Initialise, width: int = 2, replicate: int = 0) -> Tensors:
    """A network's numbers, beside one that is built before it, and of another width also begun."""

    def build() -> Mapping[str, nn.Module]:
        first, second = nn.Linear(3, width), nn.Sequential(Linear(5, 4))
        for one in (second[0], first) if width == 2 else (first, second[0]):
            initialise(one)
        return {"first": first, "second": second}

    networks = keyed(build, owners_of(build), Streams(0, replicate))
    return dict(networks["second"].state_dict())


@pytest.mark.parametrize(
    "initialise", [orthogonal, drawn_outside, in_double, truncated, spectral, as_torch_does]
)
def test_draws_are_keyed_by_what_they_end_up_in(initialise: Initialise) -> None:
    """However they get there: the network beside it changes nothing."""
    narrow, wide = second_of_two(initialise), second_of_two(initialise, width=7)
    elsewhere = second_of_two(initialise, replicate=1)
    for name in narrow:
        assert torch.equal(narrow[name], wide[name]), name
        assert not torch.equal(narrow[name], elsewhere[name])


OWNERS = {
    orthogonal: ("weight", "bias", "weight"),
    drawn_outside: ("none", "bias", "weight"),  # what the layer began with is thrown away
    in_double: ("weight", "bias", "weight"),
    spectral: ("weight", "bias", "weight.0._u", "weight.0._v"),
}


@pytest.mark.parametrize("initialise", list(OWNERS))
def test_every_draw_is_followed_to_its_parameter(initialise: Initialise) -> None:
    """Through decompositions, products, copies and norms."""

    def build() -> Mapping[str, nn.Module]:
        layer = nn.Linear(3, 2)
        initialise(layer)
        return {"only": layer}

    wanted = tuple(one if one == "none" else f"only.{one}" for one in OWNERS[initialise])
    assert owners_of(build) == wanted


def test_a_parametrised_weight_starts_as_the_plain_one() -> None:
    """So an axis that switches spectral norm on and off compares equal weights."""
    plain, normed = second_of_two(as_torch_does), second_of_two(spectral)
    assert torch.equal(plain["0.weight"], normed["0.parametrizations.weight.original"])


def test_what_is_drawn_for_nothing_in_particular_is_keyed_by_its_order() -> None:
    """A random number that becomes a Python float leaves no trace, and still is repeatable."""

    def build() -> Mapping[str, nn.Module]:
        layer = nn.Linear(2, 2)
        layer.weight.data.fill_(float(torch.rand(())))
        return {"only": layer}

    owners = owners_of(build)
    assert owners == ("only.weight", "only.bias", "none")
    one, again, other = (
        keyed(build, owners, Streams(0, replicate))["only"].get_parameter("weight").detach()
        for replicate in (0, 0, 1)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
