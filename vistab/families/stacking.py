"""Functions of one run that stack well: fast under vmap, and the same bits in every slot of a pack.

Equal runs must get equal bits wherever they stand in a pack. Two things would break that.
Vectorised loops treat the last few elements of a tensor with other instructions, which matters for
exp and log; and matrix products pick their instructions by the address of each slot's matrix. So
tensors are padded to whole vectors, and matrices to whole quarter cache lines, where they are not.
The usual sizes (multiples of 4, batches of 64) are whole already and cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

VECTOR = 64  # floats: more than the widest vector loop takes at once
QUARTER_LINE = 4  # floats


def whole_vectors(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """An elementwise function of x, with every element computed by the vectorised loop."""
    if x.numel() % VECTOR == 0:
        return function(x)
    padded = functional.pad(x.reshape(-1), (0, -x.numel() % VECTOR))
    return function(padded)[: x.numel()].view(x.shape)


def all_stacked(
    runs: int, dims: Sequence[int | None], inputs: Sequence[Tensor]
) -> Iterator[Tensor]:
    """Inputs of a vmap rule with the runs leading; what all runs share is expanded."""
    for one, dim in zip(inputs, dims, strict=False):
        if dim is None:
            yield one.expand(runs, *one.shape)
        else:
            yield one if dim == 0 else one.movedim(dim, 0)


def _apply(function: type[torch.autograd.Function], *inputs: Any) -> Any:
    return function.apply(*inputs)  # type: ignore[no-untyped-call]  # torch leaves it untyped


class _Softplus(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return whole_vectors(functional.softplus, x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradient * whole_vectors(torch.sigmoid, x)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int], x: Tensor) -> tuple[Tensor, int]:
        return _apply(_Softplus, x), in_dims[0]


def softplus(x: Tensor) -> Tensor:
    """log(1 + e^x), so that -log D = softplus(-logit) and -log(1 - D) = softplus(logit)."""
    result: Tensor = _apply(_Softplus, x)
    return result


def _padded(matrices: Tensor) -> Tensor:
    """Rows and columns filled up with zeros; vectors and pairs are safe as they are."""
    rows, columns = (-n % QUARTER_LINE if n > 2 else 0 for n in matrices.shape[-2:])
    return functional.pad(matrices, (0, columns, 0, rows)) if rows or columns else matrices


class _Affine(torch.autograd.Function):
    """One call when stacked: vmap alone takes addmm apart, and walks over memory once more."""

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return torch.addmm(bias, x, weight.T)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return gradient @ weight, gradient.T @ x, gradient.sum(0)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Tensor) -> tuple[Tensor, int]:
        x, weight, bias = all_stacked(info.batch_size, in_dims, inputs)
        rows, columns = _padded(x), _padded(weight).mT
        if rows is x and columns.shape[-1] == weight.shape[-2]:
            return torch.baddbmm(bias[:, None], rows, columns), 0
        product = torch.bmm(rows, columns)[:, : x.shape[-2], : weight.shape[-2]]
        return product + bias[:, None], 0


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x [batch, i], weight [o, i], bias [o] -> x weight^T + bias, [batch, o]."""
    result: Tensor = _apply(_Affine, x, weight, bias)
    return result


class _Normalise(torch.autograd.Function):
    """Half the passes over memory of autograd's own derivative.

    With c = centred x, s = 1 / standard deviation and g = dL/dy,
    dL/dx = weight s (g - mean(g) - c s^2 mean(g c)).
    """

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, ...]:
        mean = x.mean(-2, keepdim=True)
        centred = x - mean
        variance = centred.square().mean(-2, keepdim=True)
        inverse = (variance + eps).rsqrt()
        y = torch.addcmul(bias.unsqueeze(-2), centred, weight.unsqueeze(-2) * inverse)
        return y, mean.squeeze(-2), variance.squeeze(-2), centred, inverse

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*output[3:], inputs[1], inputs[0])
        ctx.eps = inputs[3]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *unused: Tensor) -> tuple[Tensor | None, ...]:
        centred, inverse, weight, x = ctx.saved_tensors
        if torch.is_grad_enabled():  # a gradient of the gradient needs to see where these come from
            centred = x - x.mean(-2, keepdim=True)
            inverse = (centred.square().mean(-2, keepdim=True) + ctx.eps).rsqrt()
        mean = gradient.mean(-2, keepdim=True)
        with_x = (gradient * centred).mean(-2, keepdim=True)
        to_x = torch.addcmul(gradient - mean, centred, with_x * inverse.square(), value=-1)
        to_x.mul_(weight.unsqueeze(-2) * inverse)
        batch = gradient.shape[-2]
        to_weight, to_bias = batch * (with_x * inverse).squeeze(-2), batch * mean.squeeze(-2)
        return to_x, to_weight, to_bias, None

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], *inputs: Any
    ) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
        x, weight, bias = all_stacked(info.batch_size, in_dims, inputs[:3])
        return _apply(_Normalise, x, weight, bias, inputs[3]), (0,) * 5


def normalise(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """x [batch, width] normalised over the batch, scaled and shifted; its mean and variance.

    Only the first of the three has a gradient. The variance is the biased one.
    """
    y, mean, variance, *_ = _apply(_Normalise, x, weight, bias, eps)
    return y, mean, variance
