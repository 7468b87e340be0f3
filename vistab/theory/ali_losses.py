"""What ALI's encoder and generator minimise: E17 against E18 and E19, by their gradients.

All gradients are taken at the old pair, with D optimal for it, in the logits of the tables. JS is
the Jensen-Shannon divergence of the joints p and q, KL is KL(q||p). E16 is exact there, so its
gradient is the one to follow; the others are judged by it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vistab.theory.ali import (
    GOAL,
    OLD,
    Pairs,
    best_discriminator,
    discriminator_loss,
    dropped,
    encoder_drift,
    full_loss,
    generator_drift,
    pairs,
)
from vistab.theory.calculus import gradient
from vistab.theory.check import Check, at_most, equal
from vistab.theory.finite import Scalar, Table, expect, jensen_shannon, kl

ANCHOR = pairs(OLD)
OPTIMAL = best_discriminator(ANCHOR)


def minimax(new: Pairs, d: Table) -> Scalar:
    """E18: E_p log D + E_q log(1 - D)."""
    return expect(new.p, np.log(d)) + expect(new.q, np.log(1 - d))


def non_saturating(new: Pairs, d: Table) -> Scalar:
    """E19: -E_p log(1 - D) - E_q log D."""
    return -expect(new.p, np.log(1 - d)) - expect(new.q, np.log(d))


def gradients(loss: Callable[[Pairs], Scalar], at: Table = OLD) -> tuple[Table, Table]:
    """Gradients of a loss of the pairs in the logits of encoder and of generator, at given ones."""
    encoder, generator = gradient(lambda logits: loss(pairs(logits)), at)
    return encoder, generator


def at_optimum(loss: Callable[[Pairs, Table], Scalar], logits: Table = OLD) -> tuple[Table, Table]:
    """The same of a loss of the pairs and of D, with D optimal at these logits."""
    d = best_discriminator(pairs(logits))
    return gradients(lambda new: loss(new, d), logits)


def cosine(a: Table, b: Table) -> float:
    """Cosine of the angle between two gradients: 1 the same direction, -1 opposite ones."""
    return float((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b))


def from_the_start(new: Pairs, d: Table) -> Scalar:
    """E16 in a phase that starts at the old pair."""
    return full_loss(new, ANCHOR, d)


def js(new: Pairs) -> Scalar:
    """JS of the joints."""
    return jensen_shannon(new.p, new.q)


def exact_gradient() -> Check:
    """In the encoder and in the generator, every entry."""
    return equal(
        "E16",
        "At the start of a phase the gradient of E16 is that of KL - 2 JS.",
        at_optimum(from_the_start),
        gradients(lambda new: kl(new.q, new.p) - 2 * js(new)),
    )


def generator_drift_is_second_order() -> Check:
    """In the encoder and in the generator, every entry."""
    return equal(
        "E16",
        "The generator's drift may be dropped at small steps: its gradient at the start is 0.",
        gradients(lambda new: generator_drift(new, ANCHOR)),
        0.0,
    )


def encoder_drift_is_first_order() -> Check:
    """In the encoder, every entry; the gradient is that of -E_q log p(z|x)."""
    return equal(
        "E16",
        "The encoder's drift may not: its gradient at the start is the whole gradient of KL in the "
        "encoder.",
        gradients(lambda new: encoder_drift(new, ANCHOR))[0],
        gradients(lambda new: kl(new.q, new.p))[0],
    )


def encoder_drift_is_large() -> Check:
    """Norms of the gradients in the encoder."""
    return at_most(
        "E16",
        "That gradient is not small: here it is longer than the one of E17 that would remain.",
        np.linalg.norm(at_optimum(dropped)[0]),
        np.linalg.norm(gradients(lambda new: encoder_drift(new, ANCHOR))[0]),
    )


def dropped_in_the_generator() -> Check:
    """Every entry."""
    return equal(
        "E17",
        "For the generator E17 has the gradient of E16, that of KL - 2 JS.",
        at_optimum(dropped)[1],
        at_optimum(from_the_start)[1],
    )


def dropped_in_the_encoder() -> Check:
    """Every entry."""
    return equal(
        "E17",
        "For the encoder it has the gradient of -2 JS: descending E17 drives the joints apart.",
        at_optimum(dropped)[0],
        gradients(lambda new: -2 * js(new))[0],
    )


def js_after_encoder_step(loss: Callable[[Pairs, Table], Scalar]) -> float:
    """JS of the joints after a gradient step of length 0.1 of the encoder alone."""
    way, _ = at_optimum(loss)
    step = np.stack([0.1 * way / np.linalg.norm(way), np.zeros_like(way)])
    return float(js(pairs(OLD - step)))


def encoder_steps_apart() -> Check:
    """Steps of length 0.1 of the encoder alone; shown is the closest of three comparisons."""
    before = float(js(ANCHOR))
    return at_most(
        "E17",
        "An encoder step on E17 raises the JS of the joints; one on E18 or on E19 lowers it.",
        [before, js_after_encoder_step(minimax), js_after_encoder_step(non_saturating)],
        [js_after_encoder_step(dropped), before, before],
    )


def near_the_goal() -> Check:
    """Tables within 0.0001 of p = q, with D optimal: cosines with the gradient of E16."""
    near = GOAL + 1e-4 * np.random.default_rng(17).normal(size=GOAL.shape)
    exact, _ = at_optimum(lambda new, d: full_loss(new, pairs(near), d), near)
    encoders = [at_optimum(loss, near)[0] for loss in (dropped, minimax, non_saturating)]
    return equal(
        "E17",
        "Near the goal, p = q, E17 sends the encoder straight away from where E16 sends it (cosine "
        "-1), while E18 and E19 agree with E16 (cosine 1).",
        [cosine(exact, each) for each in encoders],
        [-1.0, 1.0, 1.0],
        1e-3,
    )


def followed(loss: Callable[[Pairs, Table], Scalar], start: Table) -> float:
    """JS of the joints after 30 gradient steps of both tables, D optimal at each."""
    logits = start
    for _ in range(30):
        logits = logits - 5 * np.stack(at_optimum(loss, logits))
    return float(js(pairs(logits)))


def leaves_the_goal() -> Check:
    """From tables within about 0.1 of p = q; shown is the closest of three comparisons."""
    start = GOAL + 0.1 * np.random.default_rng(18).normal(size=GOAL.shape)
    before = float(js(pairs(start)))
    return at_most(
        "E17",
        "Followed for 30 steps from near the goal, with D optimal at each, E17 ends with more than "
        "10 times the JS it began with; E18 and E19 end with less than a tenth of it.",
        [10 * before, followed(minimax, start), followed(non_saturating, start)],
        [followed(dropped, start), before / 10, before / 10],
    )


def minimax_is_a_game() -> Check:
    """At the old pair and at its optimal D."""
    return equal(
        "E18",
        "E18 is E15 with its sign changed: with D optimal it is 2 JS - 2 log 2.",
        [minimax(ANCHOR, OPTIMAL), minimax(ANCHOR, OPTIMAL)],
        [-discriminator_loss(ANCHOR, OPTIMAL), 2 * js(ANCHOR) - 2 * np.log(2)],
    )


def minimax_gradient() -> Check:
    """In the encoder and in the generator, every entry."""
    return equal(
        "E18",
        "Its gradient is that of 2 JS in both.",
        at_optimum(minimax),
        gradients(lambda new: 2 * js(new)),
    )


def opposite_to_minimax() -> Check:
    """Cosine of the two gradients in the encoder."""
    return equal(
        "E18",
        "In the encoder the gradients of E17 and E18 point in opposite directions: cosine -1.",
        cosine(at_optimum(dropped)[0], at_optimum(minimax)[0]),
        -1.0,
    )


def non_saturating_gradient() -> Check:
    """In the encoder and in the generator, every entry."""
    return equal(
        "E19",
        "Its gradient is that of KL(p||q) - 2 JS in the encoder and of KL(q||p) - 2 JS in the "
        "generator.",
        at_optimum(non_saturating),
        [
            gradients(lambda new: kl(new.p, new.q) - 2 * js(new))[0],
            gradients(lambda new: kl(new.q, new.p) - 2 * js(new))[1],
        ],
    )


def same_generator_as_non_saturating() -> Check:
    """Every entry."""
    return equal(
        "E19",
        "In the generator E17 and E19 have the same gradient.",
        at_optimum(dropped)[1],
        at_optimum(non_saturating)[1],
    )


def against_non_saturating() -> Check:
    """Cosine of the two gradients in the encoder, in this case."""
    return at_most(
        "E19",
        "In the encoder the gradients of E17 and E19 point away from each other: here their cosine "
        "is below -0.5.",
        cosine(at_optimum(dropped)[0], at_optimum(non_saturating)[0]),
        -0.5,
    )


CHECKS = (
    *(exact_gradient, generator_drift_is_second_order),
    *(encoder_drift_is_first_order, encoder_drift_is_large),
    *(dropped_in_the_generator, dropped_in_the_encoder, encoder_steps_apart),
    *(near_the_goal, leaves_the_goal),
    *(minimax_is_a_game, minimax_gradient, opposite_to_minimax),
    *(non_saturating_gradient, same_generator_as_non_saturating, against_non_saturating),
)
