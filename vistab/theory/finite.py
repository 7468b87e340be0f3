"""Distributions on finite sets: tables of positive numbers.

Everything is analytic in its arguments, so that `calculus.gradient` can differentiate it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

Scalar = Any
"""A float, or a complex number while it is being differentiated."""


def expect(p: Table, values: Table) -> Scalar:
    """E_p of `values`, summed over all entries."""
    return (p * values).sum()


def kl(p: Table, q: Table) -> Scalar:
    """KL(p||q) in nats, summed over all entries; q > 0, and p = 0 adds nothing."""
    return expect(p, np.log(np.where(p == 0, 1, p) / q))


def jensen_shannon(p: Table, q: Table) -> Scalar:
    """Jensen-Shannon divergence in nats: between 0 and log 2."""
    middle = (p + q) / 2
    return (kl(p, middle) + kl(q, middle)) / 2


def softmax(logits: Table, axis: int = -1) -> Table:
    """The distributions that `logits` stand for, along `axis`."""
    powers = np.exp(logits)
    return np.asarray(powers / powers.sum(axis, keepdims=True))


def random_tables(rng: np.random.Generator, *shape: int, axis: int = -1) -> Table:
    """Positive tables of this shape, each a distribution along `axis`."""
    return softmax(rng.normal(size=shape), axis)
