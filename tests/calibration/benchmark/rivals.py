"""What people look at instead: each gives a score that is higher for a run which failed.

They can say that a run failed, not what became of it, and not when.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import ruptures
from scipy.spatial.distance import pdist
from scipy.stats import norm
from sklearn.cluster import KMeans

from benchmark.targets import reference_data

PAIRED = 500  # samples whose distances are averaged, at most
PER_BIN = 50  # reference data
LEVEL = 0.05  # of the test that a bin differs
LAST = 5  # snapshots whose losses are averaged

NOT_FINITE = 1e6
"""The score of what cannot be measured: failed for certain."""


def scores(
    samples: np.ndarray, target: str, seed: str, losses: np.ndarray | None
) -> dict[str, float]:
    """Each rival's score for a run with these last samples [n, ...] and losses [T, 2].

    target, seed: of the reference data that they are compared with.
    """
    found = {name: NOT_FINITE for name in ("pairwise distance", "bins that differ", "empty bins")}
    if np.isfinite(samples).all():
        differ, empty = bins(samples, *data_bins(target, seed))
        usual = mean_distance(reference_data(target, seed))
        found = {
            "pairwise distance": -mean_distance(samples) / usual,
            "bins that differ": differ,
            "empty bins": empty,
        }
    if losses is not None:
        discriminator, generator = np.nan_to_num(losses[-LAST:].mean(axis=0), nan=NOT_FINITE)
        found |= {"discriminator loss low": -discriminator, "generator loss high": generator}
    return {name: float(np.clip(score, -NOT_FINITE, NOT_FINITE)) for name, score in found.items()}


def mean_distance(samples: np.ndarray) -> float:
    """Of all pairs of the first few hundred."""
    return float(pdist(_rows(samples[:: -(-len(samples) // PAIRED)])).mean())


def bins(samples: np.ndarray, cells: KMeans, expected: np.ndarray) -> tuple[float, float]:
    """Share of k-means bins of the data that hold another share of the samples, or none of them.

    expected [k]: how many data each bin holds.

    E. Richardson and Y. Weiss, "On GANs and GMMs", 2018 (arXiv 1805.12462): two-proportion z-test.
    """
    found = np.bincount(cells.predict(_rows(samples)), minlength=len(expected))
    n, m = len(samples), expected.sum()
    pooled = (found + expected) / (n + m)
    error = np.sqrt(np.maximum(pooled * (1 - pooled) * (1 / n + 1 / m), 1e-12))
    differs = np.abs(found / n - expected / m) / error > norm.isf(LEVEL / 2)
    return float(differs.mean()), float(np.mean(found == 0))


def change_point(signal: np.ndarray) -> int:
    """Index of the snapshot at which the mean of a signal [T] changes most."""
    clean = np.nan_to_num(np.asarray(signal, dtype=float))
    return int(ruptures.Dynp(model="l2", min_size=3, jump=1).fit_predict(clean, n_bkps=1)[0])


@lru_cache(maxsize=4)
def data_bins(target: str, seed: str) -> tuple[KMeans, np.ndarray]:
    """Bins of the reference data, and how many data each holds."""
    rows = _rows(reference_data(target, seed))
    count = len(rows) // PER_BIN
    cells = KMeans(count, n_init=1, random_state=0).fit(rows)
    return cells, np.bincount(cells.labels_, minlength=count)


def _rows(samples: np.ndarray) -> np.ndarray:
    return samples.reshape(len(samples), -1).astype(float)
