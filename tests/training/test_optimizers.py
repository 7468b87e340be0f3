from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vistab.training.optimizers import Moments, Rates, adam, sgd

RATE = st.floats(1e-4, 1e-1)
BETAS = st.tuples(st.floats(0.0, 0.95), st.floats(0.5, 0.999))


def column(values: list[float]) -> torch.Tensor:
    return torch.tensor(values)[:, None]


def rates(rate: list[float], betas: list[tuple[float, float]]) -> Rates:
    return Rates(column(rate), column([b for b, _ in betas]), column([b for _, b in betas]))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(RATE, BETAS), min_size=1, max_size=4), st.integers(0, 100))
def test_stacked_adam_is_torch_optim_adam_run_by_run(
    runs: list[tuple[float, tuple[float, float]]], seed: int
) -> None:
    """Each run with its own rate and betas, over ten steps."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(len(runs), 7, generator=generator)
    stacked, moments = start.clone(), Moments(torch.zeros_like(start), torch.zeros_like(start))
    plain = [torch.nn.Parameter(row.clone()) for row in start]
    optimizers = [
        torch.optim.Adam([p], lr=rate, betas=betas)
        for p, (rate, betas) in zip(plain, runs, strict=True)
    ]
    own = rates([rate for rate, _ in runs], [betas for _, betas in runs])
    for step in range(1, 11):
        gradient = torch.randn(len(runs), 7, generator=generator)
        adam(stacked, gradient.clone(), moments, step, own)
        for parameter, optimizer, row in zip(plain, optimizers, gradient, strict=True):
            parameter.grad = row.clone()
            optimizer.step()
    torch.testing.assert_close(
        stacked, torch.stack([p.detach() for p in plain]), rtol=1e-4, atol=1e-5
    )


def test_stacked_sgd_is_torch_optim_sgd_run_by_run() -> None:
    """Each run with its own rate."""
    start, gradient = torch.randn(3, 5), torch.randn(3, 5)
    stacked = start.clone()
    own = rates([0.1, 1e-3, 5.0], [(0.5, 0.9)] * 3)
    sgd(stacked, gradient, Moments(start, start), 1, own)
    for k, rate in enumerate((0.1, 1e-3, 5.0)):
        parameter = torch.nn.Parameter(start[k].clone())
        parameter.grad = gradient[k]
        torch.optim.SGD([parameter], lr=rate).step()
        torch.testing.assert_close(stacked[k], parameter.detach())


def test_a_rate_of_zero_holds_a_run() -> None:
    """What freezing relies on."""
    start = torch.zeros(1, 4)
    stacked, moments = start.clone(), Moments(start.clone(), start.clone())
    adam(stacked, torch.ones(1, 4), moments, 1, rates([0.0], [(0.5, 0.999)]))
    assert torch.equal(stacked, start)
