"""The incremental regularizer: a bound on the second term of E8 (E10, E11).

Each delta of the generator is read as a Gaussian of standard deviation s, so that q(x) has a
density. s is a choice, not a limit: as it goes to 0, lambda = 1/(2 s^2) grows without bound.
"""

from __future__ import annotations

import numpy as np

from vistab.theory import line
from vistab.theory.calculus import gradient
from vistab.theory.check import Check, at_most, equal
from vistab.theory.line import POINTS, PRIOR, Values, log_normal

WIDTHS = (0.2, 0.3, 0.5)
"""Standard deviations s."""


def weight(scale: float) -> float:
    """E10: lambda = 1 / (2 s^2)."""
    return 1 / (2 * scale**2)


def incremental(means: Values, old: Values, scale: float) -> float:
    """E10: lambda E_z ||G(z) - G^o(z)||^2, for samples G(z) on the grid of z."""
    return float(weight(scale) * PRIOR @ (means - old) ** 2)


def generators() -> list[tuple[Values, Values]]:
    """Ten pairs of random curved generators on the line, new and old, on the grid of z."""
    rng = np.random.default_rng(10)

    def random_generator() -> Values:
        tilt, wave, phase, shift = rng.normal(size=4)
        return np.asarray(tilt * POINTS / 2 + np.sin(wave * POINTS + phase) + shift / 2)

    return [(random_generator(), random_generator()) for _ in range(10)]


def plane(first: Values, second: Values) -> Values:
    """Log density [401, 401] of two independent coordinates."""
    return first[:, None] + second


def gaussian_limit() -> Check:
    """Two Gaussians in the plane for three widths s, on a grid of 401 x 401 points."""
    new, old = np.array([0.5, -0.3]), np.array([0.2, 0.4])
    exact = [
        line.kl(*(plane(*(log_normal(POINTS, mean, s) for mean in means)) for means in (new, old)))
        for s in WIDTHS
    ]
    return equal(
        "E10",
        "Between Gaussians of width s the KL is lambda ||G(z) - G^o(z)||^2, summed over features, "
        "with lambda = 1/(2 s^2).",
        exact,
        [weight(s) * ((new - old) ** 2).sum() for s in WIDTHS],
        1e-10,
    )


def bound() -> Check:
    """Ten pairs of curved generators, s = 0.3; shown is the pair where the bound is closest."""
    pairs = generators()
    return at_most(
        "E10",
        "KL(q(x)||q^o(x)) is at most lambda E_z ||G(z) - G^o(z)||^2.",
        [line.kl(line.smoothed(new, 0.3), line.smoothed(old, 0.3)) for new, old in pairs],
        [incremental(new, old, 0.3) for new, old in pairs],
    )


def loose_along() -> Check:
    """G(z) = z moved by 0.4 along its own line, for three widths s."""
    moved = 0.4
    return equal(
        "E10",
        "How loose: samples with standard deviation 1 that shift along their own line have "
        "s^2 / (1 + s^2) of the bound as KL.",
        [line.kl(line.smoothed(POINTS + moved, s), line.smoothed(POINTS, s)) for s in WIDTHS],
        [s**2 / (1 + s**2) * incremental(POINTS + moved, POINTS, s) for s in WIDTHS],
        1e-10,
    )


def tight_across() -> Check:
    """Samples on a line in the plane, G(z) = (z, 0), moved to (z, 0.4), for three widths s."""
    moved = 0.4
    exact = []
    for s in WIDTHS:
        along = line.smoothed(POINTS, s)
        new, old = (plane(along, log_normal(POINTS, at, s)) for at in (moved, 0.0))
        exact.append(line.kl(new, old))
    return equal(
        "E10",
        "How tight: samples that shift across their own line meet the bound, so their KL grows "
        "without limit as s goes to 0.",
        exact,
        [weight(s) * moved**2 for s in WIDTHS],
        1e-10,
    )


def surprise(x: Values) -> Values:
    """-log D(x) of a smooth discriminator on the line."""
    return np.asarray(np.log1p(np.exp(np.cos(x) - x / 2)))


def noisy_surprise(means: Values, scale: float) -> float:
    """E_q[-log D(x)] where each sample keeps its noise of standard deviation `scale`."""
    return float(line.integrate(np.exp(line.smoothed(means, scale)) * surprise(POINTS)))


def full_loss(means: Values, old: Values, regularizer: float) -> Values:
    """E11: E_z[-log D(G(z)) + lambda ||G(z) - G^o(z)||^2], for a weight lambda."""
    return np.asarray(PRIOR @ (surprise(means) + regularizer * (means - old) ** 2))


def full_loss_bounds() -> Check:
    """Ten pairs of curved generators, s = 0.3; the left side has the KL in place of its bound."""
    pairs, s = generators(), 0.3
    return at_most(
        "E11",
        "The generator's full loss bounds E8 from above, once its first term keeps the noise too.",
        [
            noisy_surprise(new, s) + line.kl(line.smoothed(new, s), line.smoothed(old, s))
            for new, old in pairs
        ],
        [noisy_surprise(new, s) + incremental(new, old, s) for new, old in pairs],
    )


def noise_left_out() -> Check:
    """A curved generator, s from 0.12 to 0.2; the slope on log-log axes."""
    (means, old), *_ = generators()
    widths = np.geomspace(0.12, 0.2, 4)
    noisy = [noisy_surprise(means, s) + incremental(means, old, s) for s in widths]
    errors = [
        abs(loss - full_loss(means, old, weight(s))) for loss, s in zip(noisy, widths, strict=True)
    ]
    return equal(
        "E11",
        "Leaving the noise out of the first term costs an error of order s^2: slope 2.",
        np.polyfit(np.log(widths), np.log(errors), 1)[0],
        2.0,
        0.03,
    )


def trained(steps: int, regularizer: float) -> Values:
    """Parameters [3] of G(z) = a + b z + c z^2 after gradient steps on E11 in one phase."""
    start = np.array([0.1, 0.8, 0.05])

    def samples(theta: Values) -> Values:
        return np.asarray(theta[0] + theta[1] * POINTS + theta[2] * POINTS**2)

    theta = start
    for _ in range(steps):
        theta = theta - 0.02 * gradient(
            lambda at: full_loss(samples(at), samples(start), regularizer), theta
        )
    return theta


def inert_at_one_step() -> Check:
    """Weights 0 and 5; the phase starts at G = G^o."""
    return equal(
        "E11",
        "With one step a phase the regularizer does nothing: the parameters after it are the same "
        "at every weight.",
        trained(1, 0.0),
        trained(1, 5.0),
        0.0,
    )


def acts_at_two_steps() -> Check:
    """Weights 0 and 5, two steps: the largest difference of a parameter."""
    return at_most(
        "E11",
        "It acts from the second step of a phase on: then the parameters differ by at least 0.001.",
        1e-3,
        np.abs(trained(2, 0.0) - trained(2, 5.0)).max(),
    )


CHECKS = (
    *(gaussian_limit, bound, loose_along, tight_across),
    *(full_loss_bounds, noise_left_out, inert_at_one_step, acts_at_two_steps),
)
