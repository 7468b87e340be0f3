"""Runs on images whose outcome and onset are known by construction: the counterparts of mixtures.

Every image is real, or made from real ones that the reference does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmark.image_dice import N_CLASSES, SNAPSHOTS, ImageDice

Truth = tuple[str, int | None, Iterable[np.ndarray]]
"""Outcome, index of the onset's snapshot, and snapshots [n, side, side], drawn one by one."""

Scenario = Callable[[ImageDice], Truth]


def anew(d: ImageDice) -> Truth:
    """Real images from the first snapshot on."""
    return "healthy", None, d.then(0, d.fit, d.fit)


def arrives_from_noise(d: ImageDice) -> Truth:
    """White noise for up to 80 % of the run."""
    return "healthy", None, d.then(d.when(0.1, 0.8), d.noise, d.healthy)


def uneven_classes(d: ImageDice) -> Truth:
    """Half of the classes come twice as often as the others."""
    weights = 1.0 + d.rng.permutation(N_CLASSES) % 2
    return "healthy", None, d.then(d.when(), d.noise, lambda: d.fit(weights))


def some_noise_images(d: ImageDice) -> Truth:
    """A tenth of the images are white noise."""

    def mostly() -> np.ndarray:
        stray = d.rng.random((d.n, 1, 1)) < 0.1
        return np.where(stray, d.noise(), d.healthy())

    return "healthy", None, d.then(d.when(), d.noise, mostly)


def smoothed(d: ImageDice) -> Truth:
    """Slightly out of focus: a Gaussian of a fiftieth of the image's side."""
    blur = d.real.images.shape[1] / 50
    sharp = lambda: gaussian_filter(d.fit(), (0, blur, blur))  # noqa: E731
    return "healthy", None, d.then(d.when(), d.noise, sharp)


def recovers(d: ImageDice) -> Truth:
    """A collapse in the middle of the run that passes for good."""
    start, length, few = d.when(0.2, 0.5), int(d.rng.integers(3, 7)), d.some(2)
    bad = range(start, start + length)
    return "healthy", None, (d.fit(few) if t in bad else d.healthy() for t in range(SNAPSHOTS))


def stumbles(d: ImageDice) -> Truth:
    """Single bad snapshots now and then, the last two among them."""
    few, bad = d.some(5), {*d.rng.choice(SNAPSHOTS // 5 - 1, size=2, replace=False) * 5}
    bad |= {SNAPSHOTS - 2, SNAPSHOTS - 1}
    return "healthy", None, (d.fit(few) if t in bad else d.healthy() for t in range(SNAPSHOTS))


def loses_classes(d: ImageDice) -> Truth:
    """Healthy, then stuck with at most seven of the classes."""
    at, few = d.when(), d.some(int(d.rng.integers(1, 8)))
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(few))


def loses_one_class(d: ImageDice) -> Truth:
    """A single class goes, for good."""
    at, rest = d.when(), d.some(N_CLASSES - 1)
    return "mode_collapse", at, d.then(at, d.healthy, lambda: d.fit(rest))


def never_gets_all_classes(d: ImageDice) -> Truth:
    """Arrives at some of the classes and finds no more."""
    at, few = d.when(), d.some(int(d.rng.integers(1, 8)))
    return "mode_collapse", at, d.then(at, d.noise, lambda: d.fit(few))


def few_images(d: ImageDice) -> Truth:
    """Knows 20 images, which it gives again and again."""
    return _repeats(d, 20)


def few_images_nearly(d: ImageDice) -> Truth:
    """The same, each time with a little noise."""
    return _repeats(d, 20, noise=0.05)


def hundred_images(d: ImageDice) -> Truth:
    """Knows 100 images: a tenth of the digits of a run, and all classes are among them."""
    return _repeats(d, 100)


def hundred_images_nearly(d: ImageDice) -> Truth:
    """The same, each time with noise of a twentieth of the pixels' range."""
    return _repeats(d, 100, noise=0.1)


def _repeats(d: ImageDice, number: int, noise: float = 0.0) -> Truth:
    """Healthy, then a number of images again and again."""
    at, known = d.when(), d.rng.choice(len(d.real.images), size=number, replace=False)

    def again() -> np.ndarray:
        images = d.real.images[d.rng.choice(known, size=d.n)]
        return d.noisy(images, noise) if noise else images

    return "mode_collapse", at, d.then(at, d.healthy, again)


def class_means(d: ImageDice) -> Truth:
    """All classes, each as one mean image with a little noise."""
    labels, images = d.real.labels, d.real.images
    means = np.stack([images[labels == label].mean(axis=0) for label in range(N_CLASSES)])
    at, mean = d.when(), lambda: d.noisy(means[d.rng.choice(labels, size=d.n)], 0.05)
    return "mode_collapse", at, d.then(at, d.healthy, mean)


def class_after_class(d: ImageDice) -> Truth:
    """One class at a time, for one to three snapshots."""
    stay = int(d.rng.integers(1, 4))
    classes = np.repeat(d.rng.integers(1, N_CLASSES, size=SNAPSHOTS).cumsum() % N_CLASSES, stay)
    held = np.eye(N_CLASSES)[classes[:SNAPSHOTS]]
    return "oscillating", 0, (d.fit(weights) for weights in held)


def starts_hopping(d: ImageDice) -> Truth:
    """Healthy, then one class at a time."""
    at = d.when(0.15, 0.6)
    held = np.eye(N_CLASSES)[d.rng.integers(1, N_CLASSES, size=SNAPSHOTS).cumsum() % N_CLASSES]
    run = (d.healthy() if t < at else d.fit(held[t]) for t in range(SNAPSHOTS))
    return "oscillating", at, run


def swaps_halves(d: ImageDice) -> Truth:
    """Half of the classes, then the other half, back and forth."""
    period, half = int(d.rng.integers(1, 4)), d.some(N_CLASSES // 2)
    turns = np.arange(SNAPSHOTS) // period % 2
    return "oscillating", 0, (d.fit(1 - half if turn else half) for turn in turns)


def stays_noise(d: ImageDice) -> Truth:
    """White noise to the end."""
    return "stalled", None, d.then(0, d.noise, d.noise)


def stays_grey(d: ImageDice) -> Truth:
    """What an untrained network gives: grey, with a little noise."""
    grey = lambda: d.noisy(np.zeros((d.n, *d.real.images.shape[1:]), np.float32), 0.1)  # noqa: E731
    return "stalled", None, d.then(0, grey, grey)


def stays_matched_noise(d: ImageDice) -> Truth:
    """Normal noise with the data's own mean and covariance, pixel by pixel."""
    return _stays(d, _matched(d, d.real.images[0].size))


def stays_matched_noise_on_axes(d: ImageDice) -> Truth:
    """The same along the data's first principal axes alone, 10 to 40 of them."""
    return _stays(d, _matched(d, int(d.rng.integers(10, 41))))


def stays_the_mean_image(d: ImageDice) -> Truth:
    """The mean of all images with white noise on it, up to a seventh of the pixels' range."""
    mean, size = d.real.images.mean(axis=0), d.rng.uniform(0.02, 0.3)
    return _stays(d, lambda: d.noisy(np.repeat(mean[None], d.n, axis=0), size))


def _stays(d: ImageDice, draw: Callable[[], np.ndarray]) -> Truth:
    """This from the first snapshot to the last, which is no data."""
    return "stalled", None, d.then(0, draw, draw)


def _matched(d: ImageDice, axes: int) -> Callable[[], np.ndarray]:
    """Draws a snapshot [n, side, side] of noise like the data along so many principal axes."""
    shape = d.real.images.shape
    pixels = d.real.images.reshape(len(d.real.images), -1)
    mean = pixels.mean(axis=0)
    _, deviations, directions = np.linalg.svd(pixels - mean, full_matrices=False)
    spread = (deviations[:axes, None] * directions[:axes] / len(pixels) ** 0.5).astype(np.float32)

    def draw() -> np.ndarray:
        noise = d.rng.standard_normal((d.n, len(spread)), dtype=np.float32)
        return (mean + noise @ spread).reshape(d.n, *shape[1:])

    return draw


def turns_nan(d: ImageDice) -> Truth:
    """Healthy, then not finite."""
    at = d.when(0.1, 0.88)
    return "diverged", at, d.then(at, d.healthy, lambda: np.full_like(d.healthy(), np.nan))


def explodes(d: ImageDice) -> Truth:
    """Grows by a constant factor to the end."""
    at, factor = d.when(0.1, 0.6), np.float32(d.rng.uniform(2, 20))
    growth = factor ** np.maximum(np.arange(SNAPSHOTS) - at + 1, 0)
    return "diverged", at, (g * d.healthy() for g in growth.astype(np.float32))


def loses_classes_one_by_one(d: ImageDice) -> Truth:
    """Loses a class at each snapshot, until one is left."""
    at, order = d.when(0.2, 0.5), d.rng.permutation(N_CLASSES)
    gone = np.clip(np.arange(SNAPSHOTS) - at + 1, 0, N_CLASSES - 1)
    return "mode_collapse", at, (d.fit((order >= k).astype(float)) for k in gone)


def collapses_again(d: ImageDice) -> Truth:
    """A collapse that passes, health for five snapshots, and a collapse that lasts."""
    first, at, few, last = d.when(0.1, 0.2), d.when(0.6, 0.8), d.some(2), d.some(4)
    bad = range(first, at - 5)

    def drawn(t: int) -> np.ndarray:
        return d.fit(last) if t >= at else d.fit(few) if t in bad else d.healthy()

    return "mode_collapse", at, (drawn(t) for t in range(SNAPSHOTS))


def turns_infinite(d: ImageDice) -> Truth:
    """Healthy, then half of the images are infinite."""
    at, half = d.when(0.1, 0.88), np.arange(d.n)[:, None, None] % 2 == 0
    infinite = lambda: np.where(half, np.float32(np.inf), d.healthy())  # noqa: E731
    return "diverged", at, d.then(at, d.healthy, infinite)


def stays_matched_noise_within_range(d: ImageDice) -> Truth:
    """Noise with the data's own mean and covariance, cut off at black and white."""
    noise = _matched(d, d.real.images[0].size)
    return _stays(d, lambda: noise().clip(-1, 1))


def stays_negative(d: ImageDice) -> Truth:
    """Black and white are swapped, to the end: no image is near the data."""
    return "stalled", None, d.then(0, d.noise, lambda: -d.fit())


SCENARIOS: tuple[Scenario, ...] = (
    *(anew, arrives_from_noise, uneven_classes, some_noise_images, smoothed, recovers, stumbles),
    *(loses_classes, loses_one_class, never_gets_all_classes),
    *(few_images, few_images_nearly, class_means),
    *(class_after_class, starts_hopping, swaps_halves),
    *(stays_noise, stays_grey, turns_nan, explodes),
    *(hundred_images, hundred_images_nearly),
    *(stays_matched_noise, stays_matched_noise_on_axes, stays_the_mean_image),
)

UNSEEN: tuple[Scenario, ...] = (
    *(loses_classes_one_by_one, collapses_again, turns_infinite, stays_negative),
    stays_matched_noise_within_range,
)
"""Kept for the held-back cases alone."""
