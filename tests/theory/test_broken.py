"""Every check can fail: each is run with a formula that is wrong, and must not hold."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from vistab.theory import aae, ali, ali_losses, em, gan, joints, regularizer, small_steps, vae
from vistab.theory.checks import SECTIONS


def scaled(function, by):
    """A formula with a wrong factor."""
    return lambda *args: by * function(*args)


def swapped(function):
    """A formula with its first two arguments exchanged: the other direction of a KL."""
    return lambda first, second, *rest: function(second, first, *rest)


def tempered(function):
    """A distribution that is a little too flat."""
    return lambda *args: (table := function(*args) ** 0.99) / table.sum(-1, keepdims=True)


def shifted_means(x, responsibilities):
    """An M phase whose means are a little off."""
    q = em_maximise(x, responsibilities)
    return q._replace(means=q.means * 1.01)


def unbiased(x, responsibilities):
    """An M phase with one point less in the denominator of the variance."""
    q = em_maximise(x, responsibilities)
    mass = responsibilities.sum(0)
    return q._replace(scales=q.scales * np.sqrt(mass / (mass - 1)))


def reversed_kl(model, old, discriminator, weight=1.0):
    """E8 with KL(q^o||q) for its second term."""
    return -(model * np.log(discriminator)).sum() + weight * gan.kl(old, model)


def reversed_encoder_kl(data, encoder, old_codes, discriminator):
    """E13 with KL(p^o(z)||p(z)) for its second term."""
    divergence = aae.kl(old_codes, aae.codes(data, encoder, old_codes.size))
    return divergence - (data * np.log(discriminator[encoder])).sum()


def read_as_odds(function):
    """A loss that takes D for the odds of y = 1."""
    return lambda *args: function(*args[:-1], args[-1] / (1 + args[-1]))


em_maximise = em.maximise
density, after = small_steps.log_density, small_steps.kl_after
response = gan.best_response
full_loss = regularizer.full_loss

BROKEN = {
    joints.chain_rule: [
        (joints, "posterior_gap", swapped(joints.posterior_gap)),
        (joints, "marginal_kl", swapped(joints.marginal_kl)),
    ],
    joints.chain_rule_swapped: [(joints, "posterior_gap", swapped(joints.posterior_gap))],
    joints.upper_bound: [
        (joints, "marginal_kl", scaled(joints.marginal_kl, 3)),
        (joints, "marginal_kl", lambda p, q: joints.kl(p, q) + 1e-9),
    ],
    joints.success: [(joints, "kl", scaled(joints.kl, 0.1))],
    vae.decomposition: [
        (vae, "loss", scaled(vae.loss, 1.001)),
        (vae, "joint_kl", lambda d, e, g, z: vae.kl(g * z, d[:, None] * e)),
    ],
    vae.constant_of_the_data: [(vae, "loss", scaled(vae.loss, 1.001))],
    vae.closed_form: [(vae, "kl_to_prior", lambda m, s: (m**2 + s - 1) / 2 - np.log(s) / 2)],
    vae.reparametrisation: [
        (vae, "reparametrised", lambda m, s: (m + s**2 * vae.NODES, vae.NOISE[1]))
    ],
    vae.vae_loss: [
        (vae, "kl_to_prior", scaled(vae.kl_to_prior, 1.001)),
        (vae, "reparametrised", lambda m, s: (m[..., None] + 0 * vae.NODES, vae.NOISE[1])),
    ],
    em.gap_closed: [(em, "posterior", tempered(em.posterior))],
    em.best_posterior: [(em, "posterior", tempered(em.posterior))],
    em.best_mixture: [(em, "maximise", shifted_means), (em, "maximise", unbiased)],
    em.never_falls: [(em, "maximise", shifted_means)],
    em.floor_can_lower: [(em, "log_likelihood", lambda x, q: 0.0)],
    gan.discriminator_phase: [(gan, "discriminator_loss", read_as_odds(gan.discriminator_loss))],
    gan.optimal_discriminator: [(gan, "best_discriminator", swapped(gan.best_discriminator))],
    gan.optimal_loss: [(gan, "jensen_shannon", scaled(gan.jensen_shannon, 2))],
    gan.expectation_phase: [(gan, "best_discriminator", swapped(gan.best_discriminator))],
    gan.density_ratio: [(gan, "best_discriminator", tempered(gan.best_discriminator))],
    gan.generator_phase: [
        (gan, "generator_loss", reversed_kl),
        (gan, "best_discriminator", swapped(gan.best_discriminator)),
    ],
    gan.collapse: [(gan, "linprog", lambda c, **rest: SimpleNamespace(x=np.full(6, 1 / 6)))],
    gan.interpolation: [
        (gan, "generator_loss", reversed_kl),
        (gan, "best_response", lambda old, d, w: response(old, d, 1.01 * w)),
        (gan, "best_response", lambda old, d, w: response(np.ones_like(old), d, w)),
    ],
    gan.between_old_and_data: [(gan, "best_response", lambda old, d: response(old, d, 0.2))],
    gan.convergence: [(gan, "best_response", lambda old, d: d / d.sum())],
    small_steps.no_first_order: [
        (small_steps, "log_density", lambda x, theta: density(x, theta) + theta[1] / 100)
    ],
    small_steps.slope: [
        (small_steps, "kl_after", lambda step: after(step) + np.linalg.norm(step) / 1000),
        (small_steps, "kl_after", lambda step: np.linalg.norm(step) ** 2.01),
    ],
    small_steps.coefficient: [
        (small_steps, "fisher_information", scaled(small_steps.fisher_information, 1.001)),
        (small_steps, "log_density", lambda x, theta: density(x, theta) + np.log(theta[1])),
    ],
    regularizer.gaussian_limit: [(regularizer, "weight", lambda s: 1 / s**2)],
    regularizer.bound: [(regularizer, "weight", lambda s: 1 / (4 * s**2))],
    regularizer.loose_along: [(regularizer, "weight", lambda s: 1 / s**2)],
    regularizer.tight_across: [(regularizer, "weight", lambda s: 1 / s**2)],
    regularizer.full_loss_bounds: [(regularizer, "weight", lambda s: 1 / (4 * s**2))],
    regularizer.noise_left_out: [
        (
            regularizer,
            "noisy_surprise",
            lambda m, s: regularizer.PRIOR @ regularizer.surprise(m) + s,
        )
    ],
    regularizer.inert_at_one_step: [
        (regularizer, "full_loss", lambda new, old, w: full_loss(new, old + 0.1, w)),
    ],
    regularizer.acts_at_two_steps: [
        (regularizer, "full_loss", lambda new, old, w: full_loss(new, old, 0.0)),
    ],
    aae.discriminator_phase: [(aae, "discriminator_loss", read_as_odds(aae.discriminator_loss))],
    aae.optimal_discriminator: [(aae, "best_discriminator", swapped(aae.best_discriminator))],
    aae.encoder_phase: [(aae, "encoder_loss", reversed_encoder_kl)],
    aae.incremental_bound: [(aae, "weight", lambda s: 1 / (20 * s**2))],
    aae.undisturbed: [(aae, "reconstruction", scaled(aae.reconstruction, -1))],
    aae.disturbed: [(aae, "reconstruction", scaled(aae.reconstruction, 0))],
    ali.discriminator_phase: [(ali, "discriminator_loss", read_as_odds(ali.discriminator_loss))],
    ali.optimal_discriminator: [(ali, "best_discriminator", lambda old: old.q / (old.p + old.q))],
    ali.generator_and_encoder_phase: [
        (ali, "encoder_drift", scaled(ali.encoder_drift, -1)),
        (ali, "generator_drift", scaled(ali.generator_drift, 0)),
    ],
    ali.computable: [
        (ali, "gaussian_generator_drift", swapped(ali.gaussian_generator_drift)),
        (ali, "gaussian_encoder_drift", scaled(ali.gaussian_encoder_drift, -1)),
    ],
    ali_losses.exact_gradient: [(ali, "encoder_drift", scaled(ali.encoder_drift, 0))],
    ali_losses.generator_drift_is_second_order: [
        (ali_losses, "generator_drift", ali.encoder_drift)
    ],
    ali_losses.encoder_drift_is_first_order: [(ali_losses, "encoder_drift", ali.generator_drift)],
    ali_losses.encoder_drift_is_large: [
        (ali_losses, "encoder_drift", scaled(ali.encoder_drift, 0.1))
    ],
    ali_losses.dropped_in_the_generator: [(ali_losses, "dropped", ali_losses.minimax)],
    ali_losses.dropped_in_the_encoder: [(ali_losses, "dropped", ali_losses.non_saturating)],
    ali_losses.encoder_steps_apart: [
        (ali_losses, "dropped", ali_losses.minimax),
        (ali_losses, "minimax", ali.dropped),
        (ali_losses, "non_saturating", ali.dropped),
    ],
    ali_losses.near_the_goal: [
        (ali_losses, "dropped", ali_losses.minimax),
        (ali_losses, "non_saturating", ali.dropped),
    ],
    ali_losses.leaves_the_goal: [
        (ali_losses, "dropped", ali_losses.minimax),
        (ali_losses, "minimax", ali.dropped),
        (ali_losses, "non_saturating", ali.dropped),
    ],
    ali_losses.minimax_is_a_game: [(ali_losses, "minimax", ali_losses.non_saturating)],
    ali_losses.minimax_gradient: [(ali_losses, "minimax", ali_losses.non_saturating)],
    ali_losses.opposite_to_minimax: [(ali_losses, "dropped", ali_losses.non_saturating)],
    ali_losses.non_saturating_gradient: [(ali_losses, "non_saturating", ali_losses.minimax)],
    ali_losses.same_generator_as_non_saturating: [
        (ali_losses, "non_saturating", ali_losses.minimax)
    ],
    ali_losses.against_non_saturating: [(ali_losses, "dropped", ali_losses.minimax)],
}
"""By check: formulas that are wrong, where each takes the right one's place."""


def test_every_check_is_broken_once():
    """So that a new check cannot be one that always holds."""
    assert set(BROKEN) == {check for section in SECTIONS for check in section.CHECKS}


@pytest.mark.parametrize(
    ("check", "place"),
    [(check, place) for check, places in BROKEN.items() for place in places],
    ids=lambda value: value.__name__ if callable(value) else value[1],
)
def test_a_wrong_formula_does_not_hold(monkeypatch, check, place):
    """Wrong factors, exchanged arguments, dropped terms."""
    assert check().holds
    monkeypatch.setattr(*place)
    assert not check().holds
