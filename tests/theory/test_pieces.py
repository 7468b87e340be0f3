"""What the checks are made of, against scipy, closed forms and properties over random tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.optimize import rosen

from vistab.theory import ali, em, gan, joints, line, small_steps
from vistab.theory.calculus import gradient, minimise
from vistab.theory.finite import jensen_shannon, kl, softmax

entries = st.floats(-5.0, 5.0)


def tables(*shape):
    """Random distributions over a table."""
    return arrays(float, shape, elements=entries).map(
        lambda logits: softmax(logits.ravel()).reshape(shape)
    )


@given(tables(6), tables(6))
def test_divergences_are_scipys(p, q):
    """In nats."""
    assert kl(p, q) == pytest.approx(stats.entropy(p, q), abs=1e-12)
    mixed = stats.entropy((p + q) / 2) - (stats.entropy(p) + stats.entropy(q)) / 2
    assert jensen_shannon(p, q) == pytest.approx(mixed, abs=1e-12)


def test_what_has_no_mass_adds_nothing():
    """0 log 0 = 0, without a warning."""
    assert kl(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == pytest.approx(np.log(2))


@given(tables(4, 3), tables(4, 3))
def test_the_chain_rule_holds_for_any_joints(p, q):
    """E1, and with it E2."""
    gap = joints.posterior_gap(p, q)
    assert kl(p, q) == pytest.approx(joints.marginal_kl(p, q) + gap, abs=1e-10)
    assert gap >= -1e-12


@given(tables(5), tables(5), tables(5))
def test_the_generators_loss_is_exact_for_any_model(data, old, new):
    """E8, by what the joint KL changes from one model to another."""
    d = gan.best_discriminator(data, old)
    change = gan.generator_loss(new, old, d) - gan.generator_loss(old, old, d)
    exact = gan.joint_kl(data, new, d) - gan.joint_kl(data, old, d)
    assert change == pytest.approx(2 * exact, abs=1e-8)


@given(tables(5), tables(5))
def test_no_other_discriminator_beats_the_stated_one(data, model):
    """E7, against a hundred others."""
    others = np.random.default_rng(0).uniform(0.001, 0.999, (100, 5))
    best = gan.discriminator_loss(data, model, gan.best_discriminator(data, model))
    assert best <= min(gan.discriminator_loss(data, model, d) for d in others) + 1e-9


@given(tables(5), tables(5), st.floats(0.2, 5.0))
def test_no_other_model_beats_the_best_response(old, raw, weight):
    """E8 with a weight, against three hundred others near and far."""
    d = 0.05 + 0.9 * raw
    best = gan.best_response(old, d, weight)
    moves = np.random.default_rng(0).normal(size=(300, 5)) * np.geomspace(0.01, 3, 300)[:, None]
    others = softmax(np.log(best) + moves)
    least = gan.generator_loss(best, old, d, weight)
    assert least <= min(gan.generator_loss(q, old, d, weight) for q in others) + 1e-9


@given(arrays(float, (2, 5, 4), elements=st.floats(-2.0, 2.0)))
def test_the_loss_of_ali_is_exact_for_any_move(move):
    """E16, by what the joint KL changes."""
    old, new = ali.pairs(ali.OLD), ali.pairs(ali.OLD + move)
    d = ali.best_discriminator(old)
    change = ali.full_loss(new, old, d) - ali.full_loss(old, old, d)
    assert change == pytest.approx(2 * (ali.joint_kl(new, d) - ali.joint_kl(old, d)), abs=1e-9)


@given(st.lists(entries, min_size=3, max_size=3), st.integers(0, 2**32 - 1))
def test_a_round_of_em_never_lowers_the_likelihood(means, seed):
    """E5, from any start whose components are a few widths from the points."""
    weights = np.random.default_rng(seed).dirichlet([5.0] * 3)
    start = em.Mixture(weights, np.array(means), np.full(3, 1.5))
    assert min(em.rises(em.points(), start, 5)) >= -1e-10


def test_gradients_are_exact():
    """To the last digits, on a function with a known gradient."""
    at = np.array([[0.3, -1.2], [2.0, 0.7]])
    assert gradient(lambda x: (np.sin(x) * x).sum(), at) == pytest.approx(
        np.cos(at) * at + np.sin(at), rel=1e-14
    )


def test_minimisation_finds_the_bottom_of_rosenbrocks_valley():
    """All ones."""
    assert minimise(rosen, np.array([-1.2, 1.0, 0.5])) == pytest.approx(np.ones(3), abs=1e-7)


@given(st.floats(-1, 1), st.floats(0.3, 1.2), st.floats(-1, 1), st.floats(0.3, 1.2))
def test_divergences_on_the_grid_are_those_of_gaussians(mean, scale, other_mean, other_scale):
    """Against the closed form."""
    exact = (scale**2 + (mean - other_mean) ** 2) / (2 * other_scale**2) - 0.5
    p, q = (
        line.log_normal(line.POINTS, *which) for which in ((mean, scale), (other_mean, other_scale))
    )
    assert line.kl(p, q) == pytest.approx(exact - np.log(scale / other_scale), abs=1e-9)


def test_samples_of_a_shifted_line_are_gaussian():
    """G(z) = 2 z + 1 and width 0.3: N(1, 4.09)."""
    density = line.smoothed(2 * line.POINTS + 1, 0.3)
    inner = np.abs(line.POINTS) < 8
    exact = line.log_normal(line.POINTS, 1, np.sqrt(4.09))
    assert density[inner] == pytest.approx(exact[inner], abs=1e-6)


def test_the_generators_density_is_johnsons():
    """scipy's, from the same parameters."""
    shift, scale, a, b = small_steps.THETA
    x = np.linspace(-5, 5, 21)
    oracle = stats.johnsonsu(a, b, loc=shift, scale=scale).logpdf(x)
    assert small_steps.log_density(x, small_steps.THETA) == pytest.approx(oracle, abs=1e-12)


def test_the_generators_samples_have_that_density():
    """Quantiles of z, pushed through G, are quantiles of x."""
    shift, scale, a, b = small_steps.THETA
    z = np.linspace(-3, 3, 13)
    below = stats.johnsonsu(a, b, loc=shift, scale=scale).cdf(
        small_steps.generate(z, small_steps.THETA)
    )
    assert below == pytest.approx(stats.norm.cdf(z), abs=1e-12)
