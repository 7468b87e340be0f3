"""The exact rule that labels trained runs, on runs made of single snapshots by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmark import gans
from benchmark.targets import MIXTURES, seeded
from benchmark.truth import Seen, label, seen

MODES = MIXTURES["ring of 8"]
FAIR = np.full(8, 1 / 8)


def holding(*held: int, on_data: float = 0.95) -> Seen:
    """A snapshot that holds these modes alone."""
    near = np.isin(np.arange(8), held) / len(held)
    return Seen(near * 8 * on_data, near, on_data, 0.9, 1.0)


GOOD = holding(*range(8))
AWAY = Seen(np.zeros(8), FAIR, 0.0, 0.0, 1.0)
FEW = holding(0, 1)
NAN = Seen(np.zeros(8), np.zeros(8), 0.0, 0.0, np.inf)


def beside(mode: int, part: float = 0.95, scale: float = 1.0) -> Seen:
    """A snapshot on no mode, with this part of the samples nearest to one of them."""
    near = np.where(np.arange(8) == mode, part, (1 - part) / 7)
    return Seen(np.zeros(8), near, 0.0, 0.0, scale)


HOPS = [beside(3 * t % 8) for t in range(30)]


@pytest.mark.parametrize(
    ("run", "truth"),
    [
        ([GOOD] * 40, ("healthy", None)),
        ([AWAY] * 30 + [GOOD] * 10, ("healthy", None)),
        ([GOOD] * 10 + [FEW] * 10 + [GOOD] * 20, ("healthy", None)),
        ([GOOD] * 10 + [FEW] * 30, ("mode_collapse", 10)),
        ([AWAY] * 10 + [FEW] * 30, ("mode_collapse", 10)),
        ([GOOD] * 10 + [replace(GOOD, variety=0.1)] * 30, ("mode_collapse", 10)),
        ([GOOD] * 10 + [holding(t // 2 % 8) for t in range(30)], ("oscillating", 10)),
        (HOPS, ("oscillating", 0)),
        ([GOOD] * 10 + HOPS, ("oscillating", 10)),
        ([AWAY] * 10 + HOPS, ("oscillating", 10)),
        (HOPS[:20] + [AWAY] * 3 + HOPS[23:], ("oscillating", 0)),
        ([GOOD] * 10 + [AWAY] + HOPS, ("oscillating", 10)),
        ([beside(2)] * 10 + HOPS, ("oscillating", 9)),
        ([beside(0)] * 30, ("stalled", None)),
        (HOPS + [beside(0)] * 30, ("stalled", None)),  # it settled
        (HOPS + [AWAY] * 30, ("stalled", None)),
        ([replace(s, scale=5.0) for s in HOPS], ("stalled", None)),  # near no mode
        ([AWAY] * 40, ("stalled", None)),
        ([GOOD] * 20 + [NAN] * 20, ("diverged", 20)),
        ([GOOD] * 20 + [replace(AWAY, scale=3.0 * t) for t in range(1, 21)], ("diverged", 20)),
    ],
    ids=lambda x: x[0] if isinstance(x, tuple) else "",
)
def test_clear_runs_get_their_outcome_and_onset(run, truth):
    assert label(run, MODES) == truth


@pytest.mark.parametrize(
    "run",
    [[replace(GOOD, parts=np.array([*[1.0] * 7, share]))] * 40 for share in (0.22, 0.3)]
    + [
        [replace(GOOD, variety=0.25)] * 40,
        [replace(GOOD, on_data=0.45)] * 40,
        [GOOD] * 37 + [FEW] * 3,  # lasts for 3, not for 5
        [beside(3 * t % 8, part=0.7) for t in range(30)],
        [replace(s, scale=2.5) for s in HOPS],
        [beside(t // 4 % 8) for t in range(30)],  # slowly
        [beside(t % 2) for t in range(30)],  # to and fro
        [s if t % 2 else AWAY for t, s in enumerate(HOPS)],  # hardly gathered
        [GOOD] * 20 + [AWAY] * 20,  # none of the five outcomes
    ],
)
def test_runs_at_a_border_get_none(run):
    assert label(run, MODES) == (None, None)


def test_an_onset_that_hangs_by_a_number_is_not_given():
    fading = [replace(FEW, on_data=q) for q in np.linspace(0.3, 0.7, 20)]
    assert label(fading + [FEW] * 20, MODES) == ("mode_collapse", None)


def test_a_perfect_sampler_is_seen_as_one():
    one = seen(MODES.draw(20_000, np.random.default_rng(0)), MODES)
    np.testing.assert_allclose(one.parts, 1, atol=0.1)
    assert one.on_data == pytest.approx(0.99, abs=0.005)
    assert one.variety == pytest.approx(1, abs=0.06)  # cut off at the radius
    assert one.scale == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("name", ["16-d, 10 modes", "16-d, 6 uneven modes"])
def test_a_perfect_sampler_is_healthy_in_many_dimensions(name):
    modes = MIXTURES[name]
    one = seen(modes.draw(10_000, np.random.default_rng(0)), modes)
    assert label([one] * 10, modes) == ("healthy", None)


def test_the_losses_of_runs_side_by_side_do_not_mix():
    """A run alone is the first of several: what the others do must not reach it."""
    networks = [gans.network((2, 8, 1), gans.torch.Generator().manual_seed(0)) for _ in range(2)]
    inputs = gans.torch.ones(gans.SEEDS, 4, 2)
    other = inputs.clone()
    other[1:] *= 100
    for network, own in zip(networks, (inputs, other), strict=True):
        optimizer = gans.torch.optim.Adam(network, lr=0.1)
        for _ in range(3):
            gans.step(optimizer, gans.apply(network, own).square().mean(dim=(1, 2)))
    for one, two in zip(*networks, strict=True):
        assert gans.torch.equal(one[0], two[0])
        assert not gans.torch.equal(one[1], two[1])


@pytest.mark.slow
def test_training_is_repeatable():
    setting = replace(gans.SETTINGS["GAN, ring of 6"], rounds=40)
    one, two = (gans.train(setting, seeded("again")) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.samples, b.samples)
        np.testing.assert_array_equal(a.losses, b.losses)
