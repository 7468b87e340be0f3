"""Small steps of the generator: what the second term of E8 costs (E9).

Checked on a generator whose density is known: G(z) = shift + scale sinh((z - a) / b), whose samples
have Johnson's SU distribution.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vistab.theory.calculus import gradient
from vistab.theory.check import Check, equal
from vistab.theory.line import POINTS, PRIOR, Values, log_normal

THETA = np.array([0.3, 1.2, -0.4, 1.8])
"""Parameters of the generator: shift, scale, a, b."""

DIRECTIONS = np.random.default_rng(9).normal(size=(5, 4))
"""Of steps: five random ones."""


def generate(z: Values, theta: Values) -> Values:
    """G(z) of the generator with a known density."""
    shift, scale, a, b = theta
    return np.asarray(shift + scale * np.sinh((z - a) / b))


def log_density(x: Values, theta: Values) -> Values:
    """log q(x) of its samples: that of z = a + b asinh((x - shift) / scale), times |dz/dx|."""
    shift, scale, a, b = theta
    standard = (x - shift) / scale
    z = a + b * np.log(standard + np.sqrt(standard**2 + 1))
    log_slope = np.log(b / scale) - np.log(standard**2 + 1) / 2
    return np.asarray(log_normal(z, 0, 1) + log_slope)


def kl_to_old(theta: Values, old: Values) -> Any:
    """KL(q_theta||q_old) in nats, averaged over z."""
    x = generate(POINTS, theta)
    return PRIOR @ (log_density(x, theta) - log_density(x, old))


def fisher_information() -> Values:
    """E_q of the outer product of the score with itself, [4, 4], at THETA."""
    x = generate(POINTS, THETA)
    scores = [np.imag(log_density(x, THETA + 1e-30j * unit)) / 1e-30 for unit in np.eye(THETA.size)]
    return np.asarray((np.array(scores) * PRIOR) @ np.array(scores).T)


def kl_after(step: Values) -> float:
    """KL(q||q^o) where q^o is a step behind: theta^o = theta - step."""
    return float(kl_to_old(THETA, THETA - step))


def no_first_order() -> Check:
    """The exact gradient of KL(q||q^o) in theta^o at theta, four entries."""
    return equal(
        "E9",
        "The first-order term vanishes: the gradient of KL(q||q^o) in the step is 0 at step 0.",
        gradient(lambda old: kl_to_old(THETA, old), THETA),
        np.zeros(THETA.size),
    )


def slope() -> Check:
    """Steps of 0.0001 to 0.001 in five random directions; a straight line on log-log axes."""
    sizes = np.geomspace(1e-4, 1e-3, 8)
    slopes = [
        np.polyfit(np.log(sizes), np.log([kl_after(size * way) for size in sizes]), 1)[0]
        for way in DIRECTIONS
    ]
    return equal(
        "E9",
        "KL(q||q^o) is quadratic in the step: its slope on log-log axes is 2.",
        slopes,
        2.0,
        0.005,
    )


def coefficient() -> Check:
    """KL / step^2 in five directions, extrapolated to step 0 from steps of 0.0001 and 0.0002."""
    size = 1e-4
    near, far = ([kl_after(k * size * way) / (k * size) ** 2 for way in DIRECTIONS] for k in (1, 2))
    fisher = fisher_information()
    return equal(
        "E9",
        "Its coefficient is half the quadratic form of the Fisher information of q.",
        2 * np.array(near) - np.array(far),
        [way @ fisher @ way / 2 for way in DIRECTIONS],
        1e-5,
    )


CHECKS = (no_first_order, slope, coefficient)
