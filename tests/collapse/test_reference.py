"""What samples are compared with."""

import numpy as np
import pytest

from vistab.collapse import Reference
from vistab.collapse.signals import SIGNALS, measure
from vistab.spec.targets import DigitsTarget, RingTarget
from vistab.targets import make_target

RING = make_target(RingTarget(kind="ring")).modes
DIGITS = make_target(DigitsTarget(kind="digits")).modes.data  # type: ignore[attr-defined]


def draws(n: int, seed: int = 0) -> np.ndarray:
    return RING.draw(n, np.random.default_rng(seed))  # type: ignore[attr-defined,no-any-return]


def test_known_modes_are_measured_as_a_studys_target_is() -> None:
    reference = Reference.of_modes(RING.centres, RING.std)
    samples = draws(400)
    expected = measure(samples[None], RING)
    found = reference.measure(samples)
    assert all(np.array_equal(found[name], expected[name][0]) for name in expected)


def test_uneven_modes_take_their_weights() -> None:
    reference = Reference.of_modes([[0.0, 0], [1, 0]], 0.02, weights=[3, 1])
    assert reference.modes.fair_shares[0] == pytest.approx(3 * reference.modes.fair_shares[1])


def test_the_modes_of_data_are_found_and_new_draws_score_one() -> None:
    reference = Reference.of_data(draws(2000))
    assert reference.modes.count == 8
    found = reference.measure(draws(4000, seed=1))
    assert found["modes"] == 8
    for name in ("coverage", "high_quality", "spread", "scale"):
        assert found[name] == pytest.approx(1, abs=0.1)


def test_units_of_the_features_do_not_matter() -> None:
    """A hundred times as wide in one direction, and shifted."""

    def turned(x: np.ndarray) -> np.ndarray:
        return x * [1, 100] + [3, -5]

    plain, wide = Reference.of_data(draws(1000)), Reference.of_data(turned(draws(1000)))
    for name in SIGNALS:
        samples = draws(300, seed=1) * [1, 0.9]
        assert wide.measure(turned(samples))[name] == pytest.approx(plain.measure(samples)[name])


@pytest.mark.parametrize("shape", [(8, 8), (1, 8, 8), (8, 8, 1), (64,)])
def test_images_may_have_any_shape(shape: tuple[int, ...]) -> None:
    """Channels first, channels last, or flat: the same numbers."""
    flat = Reference.of_data(DIGITS[:900]).measure(DIGITS[900:])
    data = DIGITS.reshape(-1, *shape)
    found = Reference.of_data(data[:900]).measure(data[900:])
    assert all(found[name] == pytest.approx(flat[name], rel=1e-5) for name in SIGNALS)


def test_small_data_have_fewer_bins_and_large_ones_no_more_than_fifty() -> None:
    rng = np.random.default_rng(0)
    assert Reference.of_data(rng.normal(size=(100, 2))).modes.count <= 2
    assert Reference.of_data(rng.normal(size=(3000, 2))).modes.count <= 50


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.zeros((99, 2)), "m at least 100, got (99, 2)"),
        (np.zeros(500), "must be [m, ...]"),
        (np.full((200, 2), np.nan), "must be finite"),
        (np.full((200, 2), "1"), "must be real numbers, got an array of <U1"),
        (np.full((200, 2), 1j), "must be real numbers"),
        (np.array([[None, 1]] * 200), "must be real numbers, got an array of object"),
        (np.ones((200, 2)), "more than copies of a few values"),
        (np.arange(400).reshape(200, 2) // 200.0, "more than copies of a few values"),
    ],
)  # fmt: skip
def test_unfit_data_are_refused(data: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match="reference data") as caught:
        Reference.of_data(data)
    assert message in str(caught.value)


@pytest.mark.parametrize("shape", [(50, 3), (50,), (0, 2), (50, 2, 1)])
def test_samples_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"samples must be \[n, 2\], got"):
        Reference.of_data(draws(200)).measure(np.zeros(shape))


def test_samples_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="samples must be real numbers, got an array of object"):
        Reference.of_data(draws(200)).measure(np.full((50, 2), None))


def test_whether_samples_are_true_or_false_whole_or_broken_is_all_the_same() -> None:
    """Bitmaps, bytes, and floats of any width."""
    rng = np.random.default_rng(0)
    data = rng.random((400, 40)) < np.repeat(rng.random((4, 40)), 100, axis=0)
    own = Reference.of_data(data)
    expected = own.measure(data[:100])
    for kind in (np.uint8, np.float16, np.float32, float):
        found = own.measure(data[:100].astype(kind))
        assert all(np.array_equal(found[name], expected[name]) for name in expected)
