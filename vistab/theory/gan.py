"""The GAN: KL(q||p) with the label y as the only latent (E6 to E8).

q(x,y) is half data (y = 1) and half model (y = 0); p(x,y) = p(y|x) p~(x), with D(x) = p(1|x).
Minimising the KL over D is the discriminator's phase, over q(x) the generator's. Everything is on a
set of 6 points, where an ideal optimiser with unlimited capacity can be had.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from vistab.theory.calculus import minimise
from vistab.theory.check import Check, at_most, equal
from vistab.theory.finite import Scalar, Table, expect, jensen_shannon, kl, random_tables, softmax

OPTIMISED = 1e-6
"""Tolerance of what BFGS finds."""


def random_case(seed: int = 6) -> tuple[Table, Table, Table, Table]:
    """Data p~, old model q^o, new model q, each [6], and any discriminator D [6] in (0, 1)."""
    rng = np.random.default_rng(seed)
    data, old, new = random_tables(rng, 3, 6)
    return data, old, new, rng.uniform(0.1, 0.9, 6)


def joint_kl(data: Table, model: Table, discriminator: Table) -> float:
    """KL(q(x,y)||p(x,y)) straight from the definition, over tables [y, x]."""
    q = np.stack([data / 2, model / 2])
    p = np.stack([discriminator * data, (1 - discriminator) * data])
    return float(kl(q, p))


def discriminator_loss(data: Table, model: Table, discriminator: Table) -> Scalar:
    """E6: -E_{p~} log D(x) - E_q log(1 - D(x))."""
    return -expect(data, np.log(discriminator)) - expect(model, np.log(1 - discriminator))


def best_discriminator(data: Table, model: Table) -> Table:
    """E7: D*(x) = p~(x) / (p~(x) + q^o(x))."""
    return data / (data + model)


def generator_loss(model: Table, old: Table, discriminator: Table, weight: float = 1.0) -> Scalar:
    """E8: -E_q log D(x) + KL(q||q^o); `weight` multiplies the second term."""
    first = -expect(model, np.log(discriminator))
    return first + weight * kl(model, old)


def best_response(old: Table, discriminator: Table, weight: float = 1.0) -> Table:
    """The minimiser of E8 over all distributions: q^o D^(1/weight), normalised."""
    return softmax(np.log(old) + np.log(discriminator) / weight)


def discriminator_phase() -> Check:
    """Random data, model and D, ten times."""
    cases = [random_case(seed) for seed in range(10)]
    return equal(
        "E6",
        "The KL between the joints of x and y is half the discriminator's loss, plus half "
        "KL(q||p~) and less log 2, which D does not change.",
        [joint_kl(data, model, d) for data, _, model, d in cases],
        [
            discriminator_loss(data, model, d) / 2 + kl(model, data) / 2 - np.log(2)
            for data, _, model, d in cases
        ],
    )


def optimal_discriminator() -> Check:
    """E6 minimised over the logits of D at every point by BFGS."""
    data, old, _, _ = random_case()
    logits = minimise(
        lambda at: discriminator_loss(data, old, 1 / (1 + np.exp(-at))), np.zeros(data.size)
    )
    return equal(
        "E7",
        "The stated D is the minimiser of E6: direct optimisation finds it.",
        1 / (1 + np.exp(-logits)),
        best_discriminator(data, old),
        OPTIMISED,
    )


def optimal_loss() -> Check:
    """E6 at the stated D, against the Jensen-Shannon divergence."""
    data, old, _, _ = random_case()
    return equal(
        "E7",
        "The least of E6 is 2 log 2 less twice the Jensen-Shannon divergence of data and model.",
        discriminator_loss(data, old, best_discriminator(data, old)),
        2 * np.log(2) - 2 * jensen_shannon(data, old),
    )


def expectation_phase() -> Check:
    """At the stated D; the right side is the x-marginal's KL, as in E5."""
    data, old, _, _ = random_case()
    return equal(
        "E7",
        "It is an E phase: it closes the gap of E1, and leaves the KL from the half-and-half "
        "mixture of data and model to the data.",
        joint_kl(data, old, best_discriminator(data, old)),
        kl((data + old) / 2, data),
    )


def density_ratio() -> Check:
    """Point by point; it needs q^o > 0 wherever there are data."""
    data, old, _, _ = random_case()
    d = best_discriminator(data, old)
    return equal(
        "E7", "The data can be read off it: p~ = q^o D* / (1 - D*).", data, old * d / (1 - d)
    )


def generator_phase() -> Check:
    """Ten new models against a D that is optimal for the old one."""
    random = [random_case(seed) for seed in range(10)]
    cases = [(data, old, new, best_discriminator(data, old)) for data, old, new, _ in random]
    return equal(
        "E8",
        "With D optimal for the old model, twice the joint KL is -E_q log D + KL(q||q^o), with "
        "no unknown p~ in it, plus -E_{p~} log D, which the model does not change, less 2 log 2.",
        [2 * joint_kl(data, new, d) for data, _, new, d in cases],
        [
            generator_loss(new, old, d) - expect(data, np.log(d)) - 2 * np.log(2)
            for data, old, new, d in cases
        ],
    )


def collapse() -> Check:
    """-E_q log D minimised over all q on the set, a linear program: the mass at the largest D."""
    data, old, _, _ = random_case()
    d = best_discriminator(data, old)
    best = linprog(-np.log(d), A_eq=np.ones((1, d.size)), b_eq=[1.0])
    return equal(
        "E8",
        "Collapse: without the second term the best response to D is a point mass where D is "
        "largest.",
        np.asarray(best.x)[np.argmax(d)],
        1.0,
    )


def interpolation() -> Check:
    """E8 with weights 0.3, 1 and 3 on its second term, minimised over all q by BFGS."""
    data, old, _, _ = random_case()
    d = best_discriminator(data, old)

    def found(weight: float) -> Table:
        return minimise(lambda at: generator_loss(softmax(at), old, d, weight), np.zeros(d.size))

    weights = (0.3, 1.0, 3.0)
    return equal(
        "E8",
        "With it, weighted w, the best response is q^o D^(1/w), normalised: from the point mass "
        "(w near 0) to the old model (w large).",
        softmax(np.array([found(weight) for weight in weights])),
        [best_response(old, d, weight) for weight in weights],
        OPTIMISED,
    )


def exact_phases(rounds: int) -> list[tuple[Table, Table]]:
    """Data and model after 0, 1, ... exact rounds: D optimal, then the best response."""
    data, model, _, _ = random_case()
    path = [(data, model)]
    for _ in range(rounds):
        model = best_response(model, best_discriminator(data, model))
        path.append((data, model))
    return path


def between_old_and_data() -> Check:
    """Eight exact rounds; shown is the round that gained least."""
    ranges = [np.ptp(np.log(model / data)) for data, model in exact_phases(8)]
    return at_most(
        "E8",
        "Each exact round brings the model nearer to the data: log(q/p~) spans less than before.",
        ranges[1:],
        ranges[:-1],
    )


def convergence() -> Check:
    """60 exact rounds, D and generator both trained to optimality."""
    data, model = exact_phases(60)[-1]
    return equal(
        "E8",
        "Exact rounds, with D and generator both trained to optimality, end at the data: "
        "KL(p~||q) is 0.",
        kl(data, model),
        0.0,
    )


CHECKS = (
    *(discriminator_phase, optimal_discriminator, optimal_loss, expectation_phase, density_ratio),
    *(generator_phase, collapse, interpolation, between_old_and_data, convergence),
)
