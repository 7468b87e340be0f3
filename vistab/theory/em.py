"""EM: KL(p||q) with p(z|x) unconstrained, one factor at a time (E5).

Given q, the best p(z|x) is the posterior q(z|x), which closes the gap of E1; given p, the best q
maximises E log q(x,z). So the likelihood cannot fall. Checked on random tables [x, z], and on
mixtures of Gaussians in one dimension fitted to 60 points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vistab.theory.calculus import minimise
from vistab.theory.check import Check, at_most, equal
from vistab.theory.finite import Table, expect, kl, random_tables, softmax
from vistab.theory.joints import marginal_kl, random_joint
from vistab.theory.line import Values, log_normal

OPTIMISED = 1e-6
"""Tolerance of what BFGS finds."""


class Mixture(NamedTuple):
    """A Gaussian mixture on the line: weights, means and scales, each [k]."""

    weights: Values
    means: Values
    scales: Values


def posterior(joint: Table) -> Table:
    """E phase: p(z|x) = q(z|x), rows of the table q(x,z) [x, z] made to sum to 1."""
    return np.asarray(joint / joint.sum(1, keepdims=True))


def log_joint(x: Values, q: Mixture) -> Values:
    """log q(x,z) [n, k] at points x [n]."""
    return np.log(q.weights) + log_normal(x[:, None], q.means, q.scales)


def log_likelihood(x: Values, q: Mixture) -> float:
    """Mean of log q(x) over the points, in nats."""
    return float(np.log(np.exp(log_joint(x, q)).sum(1)).mean())


def maximise(x: Values, responsibilities: Table) -> Mixture:
    """M phase: the mixture that maximises E_{p~} E_{p(z|x)} log q(x,z), in closed form."""
    mass = responsibilities.sum(0)
    means = responsibilities.T @ x / mass
    squares = (responsibilities * (x[:, None] - means) ** 2).sum(0)
    return Mixture(mass / len(x), means, np.sqrt(squares / mass))


def random_start() -> tuple[Table, Table]:
    """Data p~ [x] and a model q(x,z) [x, z], both random."""
    rng = np.random.default_rng(5)
    return random_tables(rng, 5), random_joint(rng)


def points() -> Values:
    """60 points on the line: two clusters and what lies between them."""
    rng = np.random.default_rng(6)
    return np.concatenate([rng.normal(-2, 0.5, 30), rng.normal(1, 1.0, 30)])


def gap_closed() -> Check:
    """Random tables: after the E phase the gap of E1 is gone."""
    data, q = random_start()
    p = data[:, None] * posterior(q)
    return equal(
        "E5",
        "After the E phase, p(z|x) = q(z|x), the joint KL is the KL between the data and q(x).",
        kl(p, q),
        marginal_kl(p, q),
    )


def best_posterior() -> Check:
    """Random tables: the joint KL minimised over all tables p(z|x) by BFGS, entry by entry."""
    data, q = random_start()
    found = minimise(
        lambda logits: kl(data[:, None] * softmax(logits.reshape(q.shape)), q), np.zeros(q.size)
    )
    return equal(
        "E5",
        "The E phase is the best there is: minimising the joint KL over all p(z|x) finds q(z|x).",
        softmax(found.reshape(q.shape)),
        posterior(q),
        OPTIMISED,
    )


def best_mixture() -> Check:
    """A mixture of two, random responsibilities: E log q(x,z) maximised by BFGS."""
    x = points()
    responsibilities = random_tables(np.random.default_rng(7), len(x), 2)

    def mixture(at: Values) -> Mixture:
        logits, means, log_scales = at.reshape(3, 2)
        return Mixture(softmax(logits), means, np.exp(log_scales))

    found = minimise(
        lambda at: -expect(responsibilities, log_joint(x, mixture(at))) / len(x), np.zeros(6)
    )
    return equal(
        "E5",
        "The M phase in closed form is what maximises E log q(x,z) directly, in weights, "
        "means and scales.",
        np.array(mixture(found)),
        np.array(maximise(x, responsibilities)),
        OPTIMISED,
    )


def rises(x: Values, start: Mixture, rounds: int) -> list[float]:
    """What each of `rounds` E and M phases adds to the log-likelihood."""
    values, q = [log_likelihood(x, start)], start
    for _ in range(rounds):
        q = maximise(x, posterior(np.exp(log_joint(x, q))))
        values.append(log_likelihood(x, q))
    return list(np.diff(values))


def never_falls() -> Check:
    """Mixtures of three from 20 random starts, 60 rounds each; shown is the smallest rise."""
    x, rng = points(), np.random.default_rng(8)
    starts = [
        Mixture(random_tables(rng, 3), rng.normal(size=3), rng.uniform(0.5, 2.0, 3))
        for _ in range(20)
    ]
    return at_most(
        "E5",
        "The log-likelihood never falls: 0 is at most its rise in any round.",
        0.0,
        [rises(x, start, 60) for start in starts],
    )


def floor_can_lower() -> Check:
    """A mixture of two after 200 rounds, then one round with 0.1 added to its variances."""
    x = points()
    q = Mixture(np.array([0.5, 0.5]), np.array([-1.0, 1.0]), np.array([1.0, 1.0]))
    for _ in range(200):
        q = maximise(x, posterior(np.exp(log_joint(x, q))))
    floored = q._replace(scales=np.sqrt(q.scales**2 + 0.1))
    return at_most(
        "E5",
        "A floor added to the variances is not part of that: from the fitted mixture it lowers the "
        "log-likelihood, here by more than 0.001.",
        log_likelihood(x, floored),
        log_likelihood(x, q) - 1e-3,
    )


CHECKS = (gap_closed, best_posterior, best_mixture, never_falls, floor_can_lower)
