"""The VAE: KL(p||q) with Gaussian encoder and decoder (E3, E4).

The joint KL is the VAE's loss plus a constant of the data, so the VAE minimises the joint KL.
Checked on random tables [x, z], and on densities: data of two humps, a curved decoder and an
encoder whose mean and width depend on x, all on a grid.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from vistab.theory import line
from vistab.theory.calculus import gradient
from vistab.theory.check import Check, equal
from vistab.theory.finite import Table, expect, kl, random_tables
from vistab.theory.line import POINTS, Values, integrate, log_normal

NODES, WEIGHTS = hermegauss(64)
NOISE = NODES, WEIGHTS / WEIGHTS.sum()
"""Nodes and weights [64] of an average over standard normal noise (Gauss-Hermite quadrature)."""

DECODER_SCALE = 0.5


def random_models() -> list[tuple[Table, Table, Table, Table]]:
    """Ten times data [x], encoder p(z|x) [x, z], decoder q(x|z) [x, z] and prior q(z) [z]."""
    rng = np.random.default_rng(3)
    data, prior = random_tables(rng, 5), random_tables(rng, 4)
    return [
        (data, random_tables(rng, 5, 4), random_tables(rng, 5, 4, axis=0), prior) for _ in range(10)
    ]


def joint_kl(data: Table, encoder: Table, decoder: Table, prior: Table) -> float:
    """KL(p~(x) p(z|x)||q(x|z) q(z)), straight from the definition."""
    return float(kl(data[:, None] * encoder, decoder * prior))


def loss(data: Table, encoder: Table, decoder: Table, prior: Table) -> float:
    """E4 on tables: E_{p~}[-E_{p(z|x)} log q(x|z) + KL(p(z|x)||q(z))]."""
    each = [
        kl(encodes, prior) - expect(encodes, np.log(decodes))
        for encodes, decodes in zip(encoder, decoder, strict=True)
    ]
    return float(data @ np.array(each))


def decomposition() -> Check:
    """Ten random models of the same random data."""
    models = random_models()
    return equal(
        "E3",
        "The joint KL is the mean reconstruction loss, plus the mean KL of p(z|x) to the prior, "
        "plus the mean of log p~(x).",
        [joint_kl(*model) for model in models],
        [loss(*model) + expect(model[0], np.log(model[0])) for model in models],
    )


def constant_of_the_data() -> Check:
    """The same models, each against the first."""
    first, *others = random_models()
    return equal(
        "E3",
        "The last term is a constant: two models of the same data differ by as much in the joint "
        "KL as in the VAE's loss.",
        [joint_kl(*model) - joint_kl(*first) for model in others],
        [loss(*model) - loss(*first) for model in others],
    )


def kl_to_prior(mean: Values, scale: Values) -> Values:
    """KL(N(mean, scale^2)||N(0, 1)) by dimension, in nats."""
    return (mean**2 + scale**2 - 1) / 2 - np.log(scale)


def closed_form() -> Check:
    """A Gaussian in two dimensions, against the integral over a grid of 401 x 401 points."""
    mean, scale = np.array([0.7, -1.2]), np.array([0.4, 1.1])
    log_p = sum(
        log_normal(axis, m, s)
        for axis, m, s in zip((POINTS[:, None], POINTS), mean, scale, strict=True)
    )
    log_q = log_normal(POINTS[:, None], 0, 1) + log_normal(POINTS, 0, 1)
    return equal(
        "E4",
        "The KL of a diagonal Gaussian to N(0, I) is the sum over dimensions of "
        "(mean^2 + scale^2 - 1) / 2 - log scale.",
        kl_to_prior(mean, scale).sum(),
        line.kl(np.asarray(log_p), log_q),
    )


def reparametrised(mean: Values, scale: Values) -> tuple[Values, Values]:
    """z = mean + scale x noise at 64 nodes, [..., 64], and the nodes' weights [64]."""
    nodes, weights = NOISE
    return mean[..., None] + scale[..., None] * nodes, weights


def reparametrisation() -> Check:
    """E[z^2 + sin z]: slopes averaged over the noise, against those of an integral over a grid."""
    mean, scale = np.array(0.7), np.array(0.6)
    z, weights = reparametrised(mean, scale)
    slope = 2 * z + np.cos(z)
    density = gradient(
        lambda at: integrate(line.normal(POINTS, at[0], at[1]) * (POINTS**2 + np.sin(POINTS))),
        np.array([mean, scale]),
    )
    return equal(
        "E4",
        "Gradients pass through z = mean + scale x noise: averaged over the noise they are the "
        "gradients of the expectation, in mean and in scale.",
        [weights @ slope, weights @ (slope * NODES)],
        density,
    )


def data_log_density() -> Values:
    """log p~(x) on the grid: two humps of width 0.7."""
    humps = 0.3 * line.normal(POINTS, -2.0, 0.7) + 0.7 * line.normal(POINTS, 1.0, 0.7)
    return np.asarray(np.log(humps))


def encode(x: Values) -> tuple[Values, Values]:
    """Mean and scale of p(z|x)."""
    return 0.5 * x + 0.3 * np.sin(x), np.exp(-1 + 0.3 * np.cos(x))


def decode(z: Values) -> Values:
    """Mean of q(x|z), whose scale is fixed."""
    return z + 0.5 * np.sin(2 * z)


def gaussian_loss() -> float:
    """E4 as VAEs compute it: reparametrised z, and the KL in closed form."""
    mean, scale = encode(POINTS)
    z, weights = reparametrised(mean, scale)
    reconstruction = -log_normal(POINTS[:, None], decode(z), DECODER_SCALE) @ weights
    each = reconstruction + kl_to_prior(mean, scale)
    return float(integrate(np.exp(data_log_density()) * each))


def gaussian_joint_kl() -> float:
    """KL between the joint densities, summed over a grid of 401 x 401 points."""
    mean, scale = encode(POINTS[:, None])
    log_p = data_log_density()[:, None] + log_normal(POINTS, mean, scale)
    log_q = log_normal(POINTS[:, None], decode(POINTS), DECODER_SCALE) + log_normal(POINTS, 0, 1)
    return float(line.kl(log_p, log_q))


def vae_loss() -> Check:
    """Densities on a grid; the loss by Gauss-Hermite quadrature over the noise."""
    log_data = data_log_density()
    return equal(
        "E4",
        "The VAE's loss, by reparametrised z and the closed form of the KL, is the joint KL less "
        "the constant of the data.",
        gaussian_loss(),
        gaussian_joint_kl() - integrate(np.exp(log_data) * log_data),
        1e-10,
    )


CHECKS = (decomposition, constant_of_the_data, closed_form, reparametrisation, vae_loss)
