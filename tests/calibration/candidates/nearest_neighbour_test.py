"""The nearest-neighbour two-sample test.

D. Lopez-Paz and M. Oquab, "Revisiting classifier two-sample tests", 2017 (arXiv 1610.06545); for
generators Q. Xu et al., "An empirical study on evaluation metrics of generative adversarial
networks", 2018 (arXiv 1806.07755).
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def own_neighbour_shares(samples: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """Share of samples [n, f] whose nearest other point is a sample; and the same of the reference.

    As many of the reference [m, f] as there are samples are taken, the first ones. Both are 1/2 for
    a perfect sampler. The first is high for repeated samples, the second where data are missed;
    the first is low for memorised data.
    """
    size = min(len(samples), len(reference))
    both = np.concatenate([samples[:size], reference[:size]])
    _, nearest = cKDTree(both).query(both, k=2)
    own = (_others(nearest) < size) == (np.arange(2 * size) < size)
    return float(own[:size].mean()), float(own[size:].mean())


def _others(nearest: np.ndarray) -> np.ndarray:
    """The neighbour [n] that is not the point itself: among copies it may be listed first."""
    first_is_self = nearest[:, 0] == np.arange(len(nearest))
    return np.where(first_is_self, nearest[:, 1], nearest[:, 0])
