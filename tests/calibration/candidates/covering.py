"""Coverage with as many neighbours as the numbers of samples and data ask for.

After M. F. Naeem et al., "Reliable fidelity and diversity metrics for generative models", 2020
(arXiv 2002.09797), whose k is 5 whatever the numbers.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vistab.fidelity.blocks import squared_distances

Array = npt.NDArray[np.float64]

COVERED: Final = 1 - 2**-5
"""Coverage of a perfect sampler that is aimed at: what k = 5 gives for as many samples as data."""


def neighbours_to_cover(n: int, m: int, coverage: float = COVERED) -> int:
    """The smallest k at which n samples of a perfect sampler have this coverage of m data.

    It is 1 - (m-1)...(m-k) / (m+n-1)...(m+n-k) on average, whatever the distribution (Naeem et
    al.). Fewer samples ask for larger balls: with a fixed k most balls would be empty by chance
    alone, and a missing mode would not stand out.
    """
    i = np.arange(1, m)
    missed = np.cumprod((m - i) / (m + n - i))
    return min(int(np.sum(missed > 1 - coverage)) + 1, m - 1)


def covered_share(samples: Array, reference: Array, radii: Array) -> float:
    """The coverage alone, of reference [m, f] with radii [m] by samples [n, f], n >= 1."""
    nearest = [block.min(axis=1) for block in squared_distances(reference, samples, least=True)]
    return float(np.mean(np.concatenate(nearest) <= radii**2))
