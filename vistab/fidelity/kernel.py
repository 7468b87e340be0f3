"""The kernel distance: squared maximum mean discrepancy, with the polynomial kernel (x.y/f + 1)^3.

M. Binkowski et al., "Demystifying MMD GANs", 2018 (arXiv 1801.01401), where it is the kernel
Inception distance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vistab.fidelity.blocks import products

Array = npt.NDArray[np.float64]


def kernel_distance(samples: Array, reference: Array, reference_kernel: float) -> float:
    """Unbiased estimate for samples [n, f], n >= 2, and reference [m, f]: 0 if alike, or below.

    Of all pairs at once; published numbers are means over subsets. reference_kernel: the
    `mean_kernel` of the reference.
    """
    between = _sum_of_kernels(samples, reference) / (len(samples) * len(reference))
    return mean_kernel(samples) + reference_kernel - 2 * between


def mean_kernel(points: Array) -> float:
    """The mean kernel of two different ones of points [n, f], n >= 2."""
    n = len(points)
    of_equals = np.sum(_cubed(np.einsum("nf,nf->n", points, points), points.shape[1]))
    return float((_sum_of_kernels(points, points) - of_equals) / (n * (n - 1)))


def _sum_of_kernels(rows: Array, columns: Array) -> float:
    return float(sum(_cubed(block, rows.shape[1]).sum() for block in products(rows, columns)))


def _cubed(products: Array, n_features: int) -> Array:
    """The kernels of pairs with these scalar products."""
    base = products / n_features + 1
    return base * base * base
