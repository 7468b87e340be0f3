from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from vistab.families.stacking import affine, normalise, softplus

Function = Callable[..., Tensor]
FUNCTIONS: dict[str, tuple[Function, Function, list[tuple[str, ...]]]] = {
    "softplus": (softplus, functional.softplus, [("batch", "inputs")]),
    "affine": (
        affine,
        functional.linear,
        [("batch", "inputs"), ("outputs", "inputs"), ("outputs",)],
    ),
    "normalise": (
        lambda x, weight, bias: normalise(x, weight, bias, 1e-5)[0],
        lambda x, weight, bias: functional.batch_norm(x, None, None, weight, bias, training=True),
        [("batch", "inputs"), ("inputs",), ("inputs",)],
    ),
}
SIZES = st.fixed_dictionaries(
    {"batch": st.integers(2, 20), "inputs": st.integers(1, 20), "outputs": st.integers(1, 20)}
)


def gradients(function: Function, arguments: list[Tensor], pulled: Tensor) -> tuple[Tensor, ...]:
    leaves = [argument.detach().requires_grad_() for argument in arguments]
    return torch.autograd.grad((function(*leaves) * pulled).sum(), leaves)


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """Threads split a tensor where they like."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_of_one_run_it_is_what_torch_has(name: str) -> None:
    """Values, gradients and their gradients, in double precision."""
    function, torchs, shapes = FUNCTIONS[name]
    sizes = {"batch": 7, "inputs": 5, "outputs": 3}
    arguments = [
        torch.randn(*(sizes[s] for s in shape), dtype=torch.double, requires_grad=True)
        for shape in shapes
    ]
    torch.testing.assert_close(function(*arguments), torchs(*arguments))
    assert torch.autograd.gradcheck(function, arguments)
    assert torch.autograd.gradgradcheck(function, arguments)


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, runs=st.sampled_from([1, 3, 8, 33]), seed=st.integers(0, 99))
def test_stacked_it_gives_every_slot_the_same_bits_and_the_right_numbers(
    name: str, sizes: dict[str, int], runs: int, seed: int
) -> None:
    """Equal runs in every slot of the pack; the oracle is torch's function of one run."""
    function, torchs, shapes = FUNCTIONS[name]
    draw = torch.Generator().manual_seed(seed)
    one = [torch.randn(*(sizes[s] for s in shape), generator=draw) for shape in shapes]
    pulled = torch.randn(torchs(*one).shape, generator=draw)
    stacked = [argument.repeat(runs, *[1] * argument.ndim) for argument in one]
    found = vmap(function)(*stacked)
    back = gradients(vmap(function), stacked, pulled.repeat(runs, 1, 1))
    for slots in (found, *back):
        assert all(torch.equal(slot, slots[0]) for slot in slots)
    torch.testing.assert_close(found[0], torchs(*one), rtol=1e-3, atol=1e-4)
    if sizes["batch"] > 4:  # the variance of fewer numbers may be tiny, its gradient huge
        expected = gradients(torchs, one, pulled)
        for own, other in zip(back, expected, strict=True):
            torch.testing.assert_close(own[0], other, rtol=1e-2, atol=1e-3)


def test_what_all_runs_share_need_not_be_stacked() -> None:
    """The data may be common to the pack."""
    x, weight, bias = torch.randn(6, 4), torch.randn(3, 5, 4), torch.randn(3, 5)
    found = vmap(affine, in_dims=(None, 0, 0))(x, weight, bias)
    torch.testing.assert_close(found[1], functional.linear(x, weight[1], bias[1]))
