"""Features of the Inception network that published Frechet distances are computed in.

The network and its weights are torch-fidelity's: A. Obukhov et al., "High-fidelity performance
metrics for generative models in PyTorch", 2020 (doi 10.5281/zenodo.4957738).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vistab.errors import RequestError
from vistab.training.pictures import levels

Floats = npt.NDArray[np.float32]

NETWORK: Final = "inception-v3-compat"
LAYER: Final = "2048"

_BATCH: Final = 64  # images at a time; each becomes 299 x 299 pixels


def load_inception(weights: str | None) -> nn.Module:
    """torch-fidelity's network, with the weights in the file, or those that it looks after itself.

    Raises RequestError if torch-fidelity cannot be imported, or the weights not be had.
    """
    extractor = _extractor()
    if weights is not None and not Path(weights).is_file():
        raise RequestError(f"weights must be a file, {weights} got")
    try:
        with torch.random.fork_rng(devices=[]):  # every network draws weights before it loads them
            network = extractor(
                NETWORK, [LAYER], feature_extractor_weights_path=weights, verbose=False
            )
    except Exception as error:  # no connection, a file of something else, a download cut short
        where = "downloaded" if weights is None else f"loaded from {weights}"
        raise RequestError(
            f"Inception's weights cannot be {where} ({_told(error)}); get "
            "weights-inception-2015-12-05-6726825d.pth from torch-fidelity's releases on GitHub"
        ) from None
    return cast(nn.Module, network)


def _extractor() -> Callable[..., object]:
    try:
        from torch_fidelity import FeatureExtractorInceptionV3
    except Exception as error:  # a torchvision made for another torch raises RuntimeError
        raise RequestError(
            f"features: inception needs torch-fidelity, which cannot be imported "
            f"({_told(error)}); pip install 'vistab[inception]', or take features: pixels"
        ) from None
    return cast(Callable[..., object], FeatureExtractorInceptionV3)


def _told(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:200]}"


def inception_features(
    network: nn.Module, shape: tuple[int, ...], device: str
) -> Callable[[Floats], Floats]:
    """The map from rows [n, d] of images of `shape` (channels, height, width) to [n, 2048]."""
    network = network.to(device)

    def features(rows: Floats) -> Floats:
        with torch.no_grad(), _full_precision():
            batches = torch.split(coloured(rows, shape), _BATCH)
            return torch.cat([network(batch.to(device))[0].cpu() for batch in batches]).numpy()

    return features


def _full_precision() -> AbstractContextManager[None]:
    """On a GPU, convolutions in float32 proper, as published numbers, and alike each time."""
    return cast(
        AbstractContextManager[None],
        torch.backends.cudnn.flags(
            enabled=True, benchmark=False, deterministic=True, allow_tf32=False
        ),
    )


def coloured(rows: Floats, shape: tuple[int, ...]) -> Tensor:
    """Rows [n, d] from -1 to 1 as images in levels 0 to 255, uint8 [n, 3, height, width].

    Grey becomes three equal colours.
    """
    return torch.from_numpy(levels(rows)).view(len(rows), *shape).expand(-1, 3, -1, -1)
