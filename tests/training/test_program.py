"""What a program may hold: no random numbers of torch's own, in whatever way they are drawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from vistab.training.pack import over_runs
from vistab.training.program import Programs

Draw = Callable[[Tensor], Tensor]


def attention(x: Tensor, dropout: float) -> Tensor:
    """x [3] as three tokens of one number."""
    tokens = x[None, None, :, None]
    return functional.scaled_dot_product_attention(tokens, tokens, tokens, dropout_p=dropout)


DRAWS: dict[str, Draw] = {
    "dropout": lambda x: functional.dropout(x, 0.5),
    "alpha_dropout": lambda x: functional.alpha_dropout(x, 0.5, training=True),
    "noise": lambda x: x + torch.randn_like(x),
    "constant": lambda x: x * torch.rand(3),
    "generator": lambda x: x + torch.rand(3, generator=torch.Generator().manual_seed(0)),
    "mask": lambda x: x * torch.bernoulli(torch.full((3,), 0.5)),
    "order": lambda x: x[torch.randperm(3)],
    "gumbel": lambda x: functional.gumbel_softmax(x, dim=0),
    "attention": lambda x: attention(x, 0.3),
    "in_place": lambda x: torch.empty(3).uniform_() * x,
    "in_place_like": lambda x: torch.empty_like(x).normal_() + x,
}


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_draws_is_refused_alone_and_in_company(draw: Draw, runs: int) -> None:
    """With the same words, whatever torch has to say of it."""
    with pytest.raises(TypeError, match="draws random numbers of torch's own"):
        Programs().run("draw", over_runs(draw, runs), torch.ones(runs, 3))


def test_what_could_draw_but_does_not_is_fine() -> None:
    """Attention and dropout without any dropout."""

    def still(x: Tensor) -> Tensor:
        return attention(functional.dropout(x, 0.0), 0.0).flatten() + functional.dropout(
            x, training=False
        )

    x = torch.ones(1, 3)
    assert Programs().run("still", over_runs(still, 1), x).tolist() == [[2.0] * 3]
