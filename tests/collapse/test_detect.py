"""From samples to a ruling: what `vistab detect` does once its files are read."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.collapse import Reference
from vistab.collapse.detect import Detection, detect
from vistab.errors import RequestError
from vistab.spec.targets import GridTarget, RingTarget
from vistab.targets import make_target
from vistab.targets.base import KnownModes

RING, GRID = (
    make_target(spec).modes for spec in (RingTarget(kind="ring"), GridTarget(kind="grid"))
)
KNOWN = Reference.of_modes(RING.centres, RING.std)
DATA = Reference.of_data(RING.draw(1000, np.random.default_rng(9)))  # type: ignore[attr-defined]
T = 12


def kept(modes: int, n: int, rng: np.random.Generator, width: float = 1.0) -> np.ndarray:
    """Samples [n, 2] of the first modes of the ring."""
    return KnownModes(RING.centres[:modes], np.ones(modes), width * RING.std).draw(n, rng)


def run(at: int, after: int, n: int = 200, width: float = 1.0) -> Detection:
    """All modes, then from snapshot `at` on the first few."""
    rng = np.random.default_rng(n)
    snapshots = (kept(8 if t < at else after, n, rng, 1 if t < at else width) for t in range(T))
    return detect(100 * np.arange(1, T + 1), snapshots, DATA)


def test_a_collapse_is_found_with_its_round_severity_and_words() -> None:
    found = run(at=5, after=2)
    assert (found.outcome, found.onset_round, found.converged_round) == ("mode_collapse", 600, None)
    assert found.severity == pytest.approx(0.75, abs=0.02)
    assert found.evidence == "covers 2 of 8 modes from round 600 on; before: up to 8"
    assert found.limits == ""


def test_severity_counts_lost_variety() -> None:
    wide, narrow = run(at=5, after=8, width=0.15), run(at=5, after=8, width=0.03)
    assert wide.outcome == narrow.outcome == "mode_collapse"
    assert 0.3 < wide.severity < 0.7 < narrow.severity < 1  # type: ignore[operator]


def test_a_healthy_run_misses_nothing_that_counts() -> None:
    found = run(at=T, after=8)
    assert (found.outcome, found.onset_round, found.converged_round) == ("healthy", None, 100)
    assert found.severity == pytest.approx(0, abs=0.01)


def test_imbalance_strays_and_few_samples_are_no_severity() -> None:
    """A lost mode of eight is worse than any of them."""
    rng = np.random.default_rng(0)
    uneven = KnownModes(RING.centres, np.tile([2.0, 1.0], 4), RING.std)
    snapshots = [
        np.concatenate([uneven.draw(85, rng), rng.uniform(-1, 1, (15, 2))]) for _ in range(T)
    ]
    found = detect(np.arange(T), snapshots, KNOWN)
    assert found.outcome == "healthy"
    assert found.severity < 0.06 < 0.11 < run(at=5, after=7).severity  # type: ignore[operator]


def test_known_modes_and_data_agree() -> None:
    rng = np.random.default_rng(0)
    snapshots = [kept(8 if t < 4 else 3, 300, rng) for t in range(T)]
    known, data = (detect(np.arange(T), snapshots, reference) for reference in (KNOWN, DATA))
    assert (known.outcome, known.onset_round) == (data.outcome, data.onset_round)
    assert known.severity == pytest.approx(data.severity, abs=0.03)


def test_what_was_measured_comes_along() -> None:
    found = run(at=5, after=2)
    assert found.rounds.tolist() == list(range(100, 100 * (T + 1), 100))
    assert found.signals["mode_shares"].shape == (T, 8)
    assert found.signals["modes"].tolist() == [8] * 5 + [2] * 7
    assert found.fair_shares.shape == (8,)
    assert found.n_samples == 200
    assert found.healthy.tolist() == [True] * 5 + [False] * 7
    for name in ("coverage", "modes", "spread"):
        band = found.bands[name]
        assert band.least is not None
        assert band.least <= band.low <= band.high


def test_snapshots_are_taken_one_at_a_time() -> None:
    """So that a file may be larger than memory."""
    alive = 0

    def read() -> Iterator[np.ndarray]:
        nonlocal alive
        for t in range(T):
            alive = t + 1
            yield kept(8, 50, np.random.default_rng(t))

    assert detect(np.arange(T), read(), KNOWN).n_samples == 50
    assert alive == T


def test_sizes_may_differ_and_the_smallest_counts() -> None:
    rng = np.random.default_rng(0)
    found = detect(np.arange(4), [kept(8, n, rng) for n in (300, 120, 200, 500)], KNOWN)
    assert (found.outcome, found.n_samples) == ("healthy", 120)


def test_lists_and_whole_numbers_will_do() -> None:
    snapshots = [kept(8, 60, np.random.default_rng(t)).tolist() for t in range(5)]
    assert detect([1, 2, 3, 4, 5], snapshots, KNOWN).outcome == "healthy"


@given(st.integers(0, 2**31))
def test_the_order_of_samples_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    snapshots = [kept(8 if t < 3 else 4, 40, rng) for t in range(6)]
    shuffled = [rng.permutation(one) for one in snapshots]
    one, other = (detect(np.arange(6), drawn, KNOWN) for drawn in (snapshots, shuffled))
    assert (one.outcome, one.onset_round, one.evidence) == (
        other.outcome, other.onset_round, other.evidence,
    )  # fmt: skip
    assert one.severity == pytest.approx(other.severity)


# Too little evidence


def test_too_few_samples_are_said_to_show_nothing() -> None:
    """Ten samples of 25 modes look healthy whatever is missing."""
    rng = np.random.default_rng(0)
    reference = Reference.of_modes(GRID.centres, GRID.std)
    half = KnownModes(GRID.centres[::2], np.ones(13), GRID.std)
    found = detect(np.arange(5), [half.draw(10, rng) for _ in range(5)], reference)
    assert found.outcome is None
    assert found.severity is None
    assert found.converged_round is None
    assert "too little evidence: 10 samples a snapshot cannot show" in found.evidence


def test_what_the_samples_cannot_show_is_said() -> None:
    """Rare modes, of which hardly a sample is expected."""
    weights = np.r_[np.ones(6), 0.02, 0.02]
    rare = KnownModes(RING.centres, weights, RING.std)
    rng = np.random.default_rng(0)
    reference = Reference.of_modes(RING.centres, RING.std, weights)
    found = detect(np.arange(6), [rare.draw(100, rng) for _ in range(6)], reference)
    assert found.outcome == "healthy"
    assert found.limits == (
        "100 samples a snapshot cannot show the loss of 2 of 8 modes, 1% of the target"
    )
    assert detect(np.arange(6), [rare.draw(9000, rng) for _ in range(6)], reference).limits == ""


def test_fewer_snapshots_show_less() -> None:
    """Of three snapshots the mean is over three, of more over five."""
    rng = np.random.default_rng(0)
    reference = Reference.of_modes(GRID.centres, GRID.std)
    snapshots = [GRID.draw(60, rng) for _ in range(6)]  # type: ignore[attr-defined]
    few, more = (detect(np.arange(t), snapshots[:t], reference) for t in (3, 6))
    assert (few.outcome, more.outcome) == (None, "healthy")


def test_a_failure_that_shows_all_the_same_is_ruled_on() -> None:
    rng = np.random.default_rng(0)
    found = detect(np.arange(6), [kept(1, 12, rng) for _ in range(6)], KNOWN)
    assert found.outcome == "mode_collapse"


# What cannot be ruled on


@pytest.mark.parametrize(
    ("rounds", "shapes", "message"),
    [
        ([1, 2], [(50, 2)] * 2, "at least 3 snapshots are needed to tell what lasts, got 2"),
        ([], [], "at least 3 snapshots"),
        ([1, 2, 3], [(50, 2)] * 4, "3 rounds, but 4 snapshots"),
        ([1, 2, 3, 4], [(50, 2)] * 3, "4 rounds, but 3 snapshots"),
        ([1, 2, 3], [(3, 2)] * 3, "round 1: at least 10 samples are needed, got 3"),
        ([1, 2, 3], [(50, 2), (50, 3), (50, 2)], "round 2: samples must be [n, 2], got (50, 3)"),
        ([3, 2, 1], [(50, 2)] * 3, "must increase"),
        ([1, 1, 2], [(50, 2)] * 3, "must increase"),
        ([[1, 2]] * 3, [(50, 2)] * 3, "must be whole numbers [T]"),
        (["a", "b", "c"], [(50, 2)] * 3, "must be whole numbers [T]"),
        ([0.5, 1.5, 2.5], [(50, 2)] * 3, "must be whole numbers [T]"),
    ],
)  # fmt: skip
def test_unfit_input_is_refused(
    rounds: list[object], shapes: list[tuple[int, ...]], message: str
) -> None:
    with pytest.raises(RequestError) as caught:
        detect(np.array(rounds), [np.zeros(shape) for shape in shapes], KNOWN)
    assert message in str(caught.value)


@pytest.mark.parametrize("reference", [KNOWN, DATA], ids=["known modes", "data"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_run_that_is_not_finite_from_its_first_snapshot_has_diverged_there(
    value: float, reference: Reference
) -> None:
    found = detect(10 + np.arange(4), [np.full((50, 2), value)] * 4, reference)
    assert (found.outcome, found.onset_round, found.severity) == ("diverged", 10, 1)
    assert found.evidence == "not finite from round 10 on"


def test_bytes_do_not_go_with_a_reference_of_fractions_nor_the_other_way_round() -> None:
    """Neither is a divergence, nor a run that never got near the data."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(4, 200, 6, 6)).astype(np.uint8)
    tanh, sigmoid = pixels / 127.5 - 1, pixels / 255
    for reference, formula in ((tanh, "samples / 127.5 - 1"), (sigmoid, "samples / 255")):
        for whole in (pixels, pixels.astype(np.float32)):
            with pytest.raises(RequestError, match="round 0: samples must be on the ref") as caught:
                detect(np.arange(4), whole, Reference.of_data(reference[0]))
            assert "whole numbers, 0 to 255; give" in str(caught.value)
            assert str(caught.value).endswith(formula)
    for fractions, formula in ((tanh, "reference / 127.5 - 1"), (sigmoid, "reference / 255")):
        with pytest.raises(RequestError, match="must be on one scale") as caught:
            detect(np.arange(4), fractions, Reference.of_data(pixels[0]))
        assert str(caught.value).endswith(formula)


def test_one_scale_is_not_called_two() -> None:
    """Bytes with bytes, fractions with fractions, a dark start, and few numbers a sample."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(4, 200, 6, 6)).astype(np.uint8)
    assert detect(np.arange(4), pixels, Reference.of_data(pixels[0])).outcome == "healthy"
    runs_away = 100 * (pixels / 127.5 - 1)
    assert detect(np.arange(4), runs_away, Reference.of_data(pixels[0] / 127.5 - 1)).outcome
    dark = [pixels[0] / 255, *pixels[1:]]
    assert detect(np.arange(4), dark, Reference.of_data(pixels[0])).outcome == "healthy"
    points = Reference.of_data(rng.integers(200, size=(400, 2)))
    assert detect(np.arange(4), rng.random((4, 50, 2)), points).outcome is not None


def test_what_stops_being_finite_has_diverged() -> None:
    rng = np.random.default_rng(0)
    snapshots = [kept(8, 50, rng) if t < 3 else np.full((50, 2), np.nan) for t in range(6)]
    found = detect(np.arange(6), snapshots, KNOWN)
    assert (found.outcome, found.onset_round, found.severity) == ("diverged", 3, 1)
