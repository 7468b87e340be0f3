"""One principle: minimise a KL between joints (E1, E2).

p(x,z) has the data p~(x) as its x-marginal, q(x,z) is the model. Here both are random tables
[x, z] on 5 x 4 points. All the methods follow from one fact: the KL between the joints is the KL
between what they say of x, which is wanted, plus a gap that is never negative.
"""

from __future__ import annotations

import numpy as np

from vistab.theory.check import Check, at_most, equal
from vistab.theory.finite import Table, kl, random_tables

PAIRS = 50


def random_joint(rng: np.random.Generator) -> Table:
    """A random distribution over 5 x 4 points, as a table [x, z]."""
    return random_tables(rng, 20).reshape(5, 4)


def random_pairs() -> list[tuple[Table, Table]]:
    """Pairs of random joints, always the same."""
    rng = np.random.default_rng(1)
    return [(random_joint(rng), random_joint(rng)) for _ in range(PAIRS)]


def marginal_kl(p: Table, q: Table) -> float:
    """KL(p(x)||q(x)) of joints [x, z]."""
    return float(kl(p.sum(1), q.sum(1)))


def posterior_gap(p: Table, q: Table) -> float:
    """E_{p(x)} KL(p(z|x)||q(z|x)) of joints [x, z]: the second term of E1."""
    each = [kl(a / a.sum(), b / b.sum()) for a, b in zip(p, q, strict=True)]
    return float(p.sum(1) @ np.array(each))


def chain_rule() -> Check:
    """50 pairs of random joints; the left side is summed over the joint, the right by parts."""
    pairs = random_pairs()
    return equal(
        "E1",
        "The KL between the joints p and q is the KL between their x-marginals plus the mean KL "
        "between their posteriors of z.",
        [kl(p, q) for p, q in pairs],
        [marginal_kl(p, q) + posterior_gap(p, q) for p, q in pairs],
    )


def chain_rule_swapped() -> Check:
    """The same pairs, model first."""
    pairs = random_pairs()
    return equal(
        "E1",
        "The same with the arguments swapped.",
        [kl(q, p) for p, q in pairs],
        [marginal_kl(q, p) + posterior_gap(q, p) for p, q in pairs],
    )


def upper_bound() -> Check:
    """The same pairs, in both directions; shown is the pair where the bound is closest."""
    pairs = random_pairs()
    both = pairs + [(q, p) for p, q in pairs]
    return at_most(
        "E2",
        "The KL between the marginals is at most the KL between the joints.",
        [marginal_kl(p, q) for p, q in both],
        [kl(p, q) for p, q in both],
    )


def success() -> Check:
    """A model on its way to a random joint p, q = (1 - t) q_0 + t p: Pinsker's inequality."""
    (p, start), *_ = random_pairs()
    path = [(1 - t) * start + t * p for t in (0.0, 0.5, 0.9, 0.99, 0.999)]
    return at_most(
        "E2",
        "Driving the joint KL to 0 drives q(x) to the data: their distance, summed over x, is at "
        "most the root of twice the joint KL.",
        [np.abs(p.sum(1) - q.sum(1)).sum() for q in path],
        [np.sqrt(2 * kl(p, q)) for q in path],
    )


CHECKS = (chain_rule, chain_rule_swapped, upper_bound, success)
