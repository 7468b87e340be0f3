"""The AAE: the GAN with x and z exchanged (E12 to E14).

p(z) is the data pushed through the encoder, z = E(x), and takes the model's place; the prior q(z)
takes the data's. Encoders are maps from a few points x to a few codes z, so that all of them can
be tried.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from vistab.theory import line
from vistab.theory.calculus import minimise
from vistab.theory.check import Check, at_most, equal
from vistab.theory.finite import Scalar, Table, expect, kl, random_tables
from vistab.theory.regularizer import weight

OPTIMISED = 1e-6
"""Tolerance of what BFGS finds."""

Map = NDArray[np.intp]
"""An encoder on finite sets: the code of each point x."""

OLD: Map = np.array([0, 1, 2, 3, 0, 1])
NEW: Map = np.array([0, 0, 2, 1, 3, 2])


def random_case(seed: int = 12) -> tuple[Table, Table, Table]:
    """Data p~ [6], prior q(z) [4] and any discriminator D [4] in (0, 1)."""
    rng = np.random.default_rng(seed)
    return random_tables(rng, 6), random_tables(rng, 4), rng.uniform(0.1, 0.9, 4)


def codes(data: Table, encoder: Map, size: int) -> Table:
    """p(z) [size]: the data pushed through the encoder."""
    return np.asarray(np.bincount(encoder, data, size), dtype=float)


def joint_kl(data: Table, encoder: Map, prior: Table, discriminator: Table) -> float:
    """KL(p(z,y)||q(z,y)) straight from the definition, over tables [y, z]; D(z) = q(0|z)."""
    p = np.stack([codes(data, encoder, prior.size) / 2, prior / 2])
    q = np.stack([(1 - discriminator) * prior, discriminator * prior])
    return float(kl(p, q))


def discriminator_loss(data: Table, encoder: Map, prior: Table, discriminator: Table) -> Scalar:
    """E12: -E_{q(z)} log D(z) - E_{p~} log(1 - D(E(x)))."""
    on_codes = expect(data, np.log(1 - discriminator[encoder]))
    return -expect(prior, np.log(discriminator)) - on_codes


def best_discriminator(prior: Table, old_codes: Table) -> Table:
    """D*(z) = q(z) / (q(z) + p^o(z)): E7 by exchange."""
    return prior / (prior + old_codes)


def encoder_loss(data: Table, encoder: Map, old_codes: Table, discriminator: Table) -> float:
    """E13: -E_{p~} log D(E(x)) + KL(p(z)||p^o(z))."""
    divergence = kl(codes(data, encoder, old_codes.size), old_codes)
    return float(divergence - expect(data, np.log(discriminator[encoder])))


def reconstruction(data: Table, positions: Table, encoder: Map) -> float:
    """E_{p~} (x - G(E(x)))^2 with the best decoder, G(z) = mean of the x that share the code z."""
    size = int(encoder.max()) + 1
    mass = np.maximum(codes(data, encoder, size), 1e-300)  # codes that nobody uses
    means = codes(data * positions, encoder, size) / mass
    return float(expect(data, (positions - means[encoder]) ** 2))


def discriminator_phase() -> Check:
    """Ten random cases, encoders fixed."""
    cases = [random_case(seed) for seed in range(10)]
    return equal(
        "E12",
        "The KL between the joints of z and y is half the discriminator's loss on codes, plus half "
        "KL(p(z)||q(z)) and less log 2, which D does not change.",
        [joint_kl(data, OLD, prior, d) for data, prior, d in cases],
        [
            discriminator_loss(data, OLD, prior, d) / 2
            + kl(codes(data, OLD, prior.size), prior) / 2
            - np.log(2)
            for data, prior, d in cases
        ],
    )


def optimal_discriminator() -> Check:
    """E12 minimised over the logits of D at every code by BFGS."""
    data, prior, _ = random_case()
    logits = minimise(
        lambda at: discriminator_loss(data, OLD, prior, 1 / (1 + np.exp(-at))),
        np.zeros(prior.size),
    )
    return equal(
        "E12",
        "Its minimiser is D* = q(z) / (q(z) + p^o(z)): direct optimisation finds it.",
        1 / (1 + np.exp(-logits)),
        best_discriminator(prior, codes(data, OLD, prior.size)),
        OPTIMISED,
    )


def encoder_phase() -> Check:
    """Ten random cases; D is optimal for the old encoder, the loss is the new one's."""
    lefts, rights = [], []
    for data, prior, _ in (random_case(seed) for seed in range(10)):
        old = codes(data, OLD, prior.size)
        d = best_discriminator(prior, old)
        lefts.append(2 * joint_kl(data, NEW, prior, d))
        constant = -expect(prior, np.log(d)) - 2 * np.log(2)
        rights.append(encoder_loss(data, NEW, old, d) + constant)
    return equal(
        "E13",
        "With D optimal for the old encoder, twice the joint KL is -E log D(E(x)) + "
        "KL(p(z)||p^o(z)), plus -E_{q(z)} log D, which the encoder does not change, less 2 log 2.",
        lefts,
        rights,
    )


def incremental_bound() -> Check:
    """Ten pairs of random encoders of 6 points to the line, width s = 0.3."""
    rng, s = np.random.default_rng(13), 0.3
    data = random_tables(rng, 6)
    pairs = rng.normal(size=(10, 2, 6))
    return at_most(
        "E13",
        "KL(p(z)||p^o(z)) is at most lambda E ||E(x) - E^o(x)||^2, with lambda = 1/(2 s^2).",
        [line.kl(line.smoothed(new, s, data), line.smoothed(old, s, data)) for new, old in pairs],
        [weight(s) * expect(data, (new - old) ** 2) for new, old in pairs],
    )


def price(data: Table, positions: Table, prior: Table, mu: float) -> tuple[float, float]:
    """E13 at the best encoder for E14, and the least of E13, over all maps to the codes of `prior`.

    D and p^o are those of the goal, p^o = q, so that E13 = log 2 + KL(p(z)||q(z)).
    """
    half = np.full(prior.size, 0.5)
    maps = [np.array(each) for each in product(range(prior.size), repeat=data.size)]
    match = np.array([encoder_loss(data, encoder, prior, half) for encoder in maps])
    error = np.array([reconstruction(data, positions, encoder) for encoder in maps])
    return float(match[np.argmin(match + mu * error)]), float(match.min())


def undisturbed() -> Check:
    """4 equally likely points, 4 equally likely codes: all 256 encoders tried, mu = 0.1, 1, 10."""
    uniform = np.full(4, 0.25)
    positions = np.array([-1.0, 0.0, 0.5, 3.0])
    prices = np.array([price(uniform, positions, uniform, mu) for mu in (0.1, 1.0, 10.0)])
    return equal(
        "E14",
        "With room for an encoder that matches the prior and can be inverted, the reconstruction "
        "term does not disturb the match: E13 at the minimum of E14 is its least.",
        *prices.T,
    )


def disturbed() -> Check:
    """3 points of weight 1/4, 1/4, 1/2 and 2 equal codes: all 8 encoders tried, mu = 1."""
    at_minimum, least = price(
        np.array([0.25, 0.25, 0.5]), np.array([-5.0, 5.0, 4.9]), np.array([0.5, 0.5]), 1.0
    )
    return at_most(
        "E14",
        "Without that room it does: E13 at the minimum of E14 is above its least, here by more "
        "than 0.1.",
        least + 0.1,
        at_minimum,
    )


CHECKS: tuple[Callable[[], Check], ...] = (
    *(discriminator_phase, optimal_discriminator),
    *(encoder_phase, incremental_bound, undisturbed, disturbed),
)
