"""ALI and BiGAN: KL(q||p) with z and y latent (E15, E16).

p = p~(x) p(z|x) are the encoder's pairs, q = q(x|z) q(z) the generator's; D(x,z) = p(1|x,z).
Everything is on 5 x 4 points with encoder and generator free tables; the terms that only Gaussians
make computable are on a grid.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vistab.theory import line
from vistab.theory.calculus import minimise
from vistab.theory.check import Check, equal
from vistab.theory.finite import Scalar, Table, expect, kl, random_tables, softmax
from vistab.theory.joints import random_joint
from vistab.theory.line import POINTS, PRIOR, Values, log_normal

OPTIMISED = 1e-6
"""Tolerance of what BFGS finds."""

_RNG = np.random.default_rng(15)

JOINT: Table = random_joint(_RNG)
"""Where both should end: its marginals are the data [5] and the prior [4]."""

GOAL: Table = np.log(np.stack([JOINT, JOINT]))
"""Logits [2, 5, 4] of the encoder p(z|x) and of the generator q(x|z) that end there."""

OLD: Table = GOAL + _RNG.normal(size=GOAL.shape)
NEW: Table = OLD + 0.5 * _RNG.normal(size=GOAL.shape)
"""Those of the old pair, and of a new one some way off."""


class Pairs(NamedTuple):
    """Both factors and both joints as tables [x, z]."""

    encoder: Table
    generator: Table
    p: Table
    q: Table


def pairs(logits: Table) -> Pairs:
    """The joints that logits [2, 5, 4] of encoder and generator stand for."""
    encoder, generator = softmax(logits[0]), softmax(logits[1], axis=0)
    return Pairs(encoder, generator, JOINT.sum(1)[:, None] * encoder, generator * JOINT.sum(0))


def best_discriminator(old: Pairs) -> Table:
    """D*(x,z) = p / (p + q) for the old encoder and generator."""
    return old.p / (old.p + old.q)


def joint_kl(new: Pairs, discriminator: Table) -> float:
    """KL(q(x,z,y)||p(x,z,y)) straight from the definition, over tables [y, x, z]."""
    q = np.stack([new.p / 2, new.q / 2])
    p = np.stack([discriminator * new.p, (1 - discriminator) * new.p])
    return float(kl(q, p))


def discriminator_loss(new: Pairs, d: Table) -> Scalar:
    """E15: -E_p log D - E_q log(1 - D)."""
    return -expect(new.p, np.log(d)) - expect(new.q, np.log(1 - d))


def generator_drift(new: Pairs, old: Pairs) -> Scalar:
    """First extra term of E16: KL(q(x|z)||q^o(x|z)) under q(z)."""
    return expect(new.q, np.log(new.generator / old.generator))


def encoder_drift(new: Pairs, old: Pairs) -> Scalar:
    """Second extra term of E16: E_{q(x,z)} log p^o(z|x) / p(z|x)."""
    return expect(new.q, np.log(old.encoder / new.encoder))


def dropped(new: Pairs, d: Table) -> Scalar:
    """E17: -E_p log D - E_q log D."""
    return -expect(new.p + new.q, np.log(d))


def full_loss(new: Pairs, old: Pairs, d: Table) -> Scalar:
    """E16: E17 and both extra terms."""
    return dropped(new, d) + generator_drift(new, old) + encoder_drift(new, old)


def discriminator_phase() -> Check:
    """The old and the new pairs, and two discriminators: any, and the optimal one."""
    any_d = random_tables(np.random.default_rng(16), 5, 4)
    cases = [
        (each, d)
        for each in (pairs(OLD), pairs(NEW))
        for d in (any_d, best_discriminator(pairs(OLD)))
    ]
    return equal(
        "E15",
        "The KL between the joints of x, z and y is half the discriminator's loss on pairs, plus "
        "half KL(q(x,z)||p(x,z)) and less log 2, which D does not change.",
        [joint_kl(each, d) for each, d in cases],
        [discriminator_loss(each, d) / 2 + kl(each.q, each.p) / 2 - np.log(2) for each, d in cases],
    )


def optimal_discriminator() -> Check:
    """E15 minimised over the logits of D at every pair by BFGS."""
    old = pairs(OLD)
    logits = minimise(
        lambda at: discriminator_loss(old, 1 / (1 + np.exp(-at.reshape(5, 4)))), np.zeros(20)
    )
    return equal(
        "E15",
        "Its minimiser is D* = p(x,z) / (p(x,z) + q(x,z)): direct optimisation finds it.",
        1 / (1 + np.exp(-logits.reshape(5, 4))),
        best_discriminator(old),
        OPTIMISED,
    )


def generator_and_encoder_phase() -> Check:
    """Ten new encoders and generators against a D that is optimal for the old ones."""
    old = pairs(OLD)
    d = best_discriminator(old)
    moves = np.random.default_rng(17).normal(size=(10, *OLD.shape))
    models = [pairs(OLD + move) for move in moves]
    return equal(
        "E16",
        "With D optimal for the old pair, twice the joint KL is -E_p log D - E_q log D, plus the "
        "drift of the generator, plus the drift of the encoder under q, less 2 log 2.",
        [2 * joint_kl(new, d) for new in models],
        [full_loss(new, old, d) - 2 * np.log(2) for new in models],
    )


class Linear(NamedTuple):
    """A Gaussian whose mean is tilt x argument + shift."""

    tilt: float
    shift: float
    scale: float

    def log_density(self, value: Values, given: Values) -> Values:
        """Log density at `value` given the argument."""
        return log_normal(value, self.tilt * given + self.shift, self.scale)


GENERATORS = Linear(0.9, 0.2, 0.6), Linear(0.7, -0.1, 0.8)
ENCODERS = Linear(0.8, -0.1, 0.5), Linear(0.6, 0.3, 0.7)
"""New and old Gaussians on the line."""


def gaussian_generator_drift(new: Linear, old: Linear) -> float:
    """First extra term of E16 in closed form, z ~ N(0, 1)."""
    moved = (new.tilt - old.tilt) ** 2 + (new.shift - old.shift) ** 2
    ratio = new.scale / old.scale
    return float((ratio**2 + moved / old.scale**2 - 1) / 2 - np.log(ratio))


def gaussian_encoder_drift(generator: Linear, new: Linear, old: Linear) -> float:
    """Second extra term of E16 in closed form: from the mean squares of z - E(x) under q(x,z)."""

    def log_loss(encoder: Linear) -> float:
        slope = 1 - encoder.tilt * generator.tilt
        shift = encoder.tilt * generator.shift + encoder.shift
        square = slope**2 + shift**2 + (encoder.tilt * generator.scale) ** 2
        return float(square / (2 * encoder.scale**2) + np.log(encoder.scale))

    return log_loss(new) - log_loss(old)


def computable() -> Check:
    """Linear Gaussians on the line, new and old, on a grid of 401 x 401 points."""
    (new_g, old_g), (new_e, old_e) = GENERATORS, ENCODERS
    x, z = POINTS[:, None], POINTS
    log_q = new_g.log_density(x, z)
    weights = np.exp(log_q) * line.STEP * PRIOR
    on_grid = [
        expect(weights, log_q - old_g.log_density(x, z)),
        expect(weights, old_e.log_density(z, x) - new_e.log_density(z, x)),
    ]
    return equal(
        "E16",
        "For Gaussians both extra terms are computable: in closed form they are what the integral "
        "over x and z gives.",
        on_grid,
        [gaussian_generator_drift(new_g, old_g), gaussian_encoder_drift(new_g, new_e, old_e)],
        1e-10,
    )


CHECKS = (discriminator_phase, optimal_discriminator, generator_and_encoder_phase, computable)
