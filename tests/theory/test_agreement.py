"""The terms that the families train on are those that the theory checks."""

import numpy as np
import pytest
import torch

from vistab.families import joint_kl
from vistab.theory import ali, gan, line, regularizer, vae

RNG = np.random.default_rng(0)


def tensor(values):
    """As the families see it, in float64."""
    return torch.as_tensor(np.asarray(values), dtype=torch.float64)


def test_telling_apart_is_e6():
    """Over ten equally likely samples of either side."""
    on_data, on_model = RNG.normal(size=(2, 10))
    d = 1 / (1 + np.exp(-np.concatenate([on_data, on_model])))
    data = np.repeat([0.1, 0.0], 10)
    loss = joint_kl.tell_apart(tensor(on_data), tensor(on_model))
    assert loss.item() == pytest.approx(gan.discriminator_loss(data, data[::-1], d), rel=1e-6)


def test_passing_for_the_first_is_the_first_term_of_e8():
    """Without its second term, which has weight 0 here."""
    logits = RNG.normal(size=10)
    model = np.full(10, 0.1)
    first = gan.generator_loss(model, model, 1 / (1 + np.exp(-logits)), 0.0)
    assert joint_kl.pass_for_first(tensor(logits)).item() == pytest.approx(first, rel=1e-6)


def test_passing_for_the_second_is_the_first_term_of_e19():
    """-E log(1 - D)."""
    logits = RNG.normal(size=10)
    exact = -np.log(1 - 1 / (1 + np.exp(-logits))).mean()
    assert joint_kl.pass_for_second(tensor(logits)).item() == pytest.approx(exact, rel=1e-6)


def test_the_kl_to_the_prior_is_that_of_e4():
    """By dimension."""
    mean, scale = RNG.normal(size=(5, 3)), RNG.uniform(0.2, 2.0, (5, 3))
    terms = joint_kl.Gaussian(tensor(mean), tensor(np.log(scale))).kl_to_prior()
    assert terms.numpy() == pytest.approx(vae.kl_to_prior(mean, scale), rel=1e-9)


def test_a_weight_of_d_lambda_on_the_mean_is_lambda_on_the_sum():
    """E10 and E11: the families average over d features, the equations sum over them."""
    new, old = RNG.normal(size=(2, 20, 7))
    term = joint_kl.incremental({"fake": tensor(new)}, {"fake": tensor(old)}).item()
    exact = regularizer.weight(0.5) * ((new - old) ** 2).sum(1).mean()
    assert 7 * regularizer.weight(0.5) * term == pytest.approx(exact, rel=1e-9)


def test_the_drift_of_a_gaussian_generator_is_that_of_e16():
    """Averaged over a fine grid of z."""
    new, old = (
        joint_kl.Gaussian(
            tensor(g.tilt * line.POINTS[:, None] + g.shift), tensor(np.log(g.scale)).reshape(1, 1)
        )
        for g in ali.GENERATORS
    )
    drift = tensor(line.PRIOR) @ new.kl_to(old)[:, 0]
    assert drift.item() == pytest.approx(ali.gaussian_generator_drift(*ali.GENERATORS), rel=1e-9)
