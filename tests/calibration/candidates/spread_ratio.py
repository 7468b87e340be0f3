"""How far samples spread, over how far the data do."""

from __future__ import annotations

import numpy as np


def spread_ratio(samples: np.ndarray, reference: np.ndarray) -> float:
    """Rms distance of samples [n, f] from their own mean, over that of the reference [m, f]."""
    return float(np.sqrt(samples.var(axis=0).sum() / reference.var(axis=0).sum()))
