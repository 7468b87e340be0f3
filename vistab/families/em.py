"""Expectation maximisation of a Gaussian mixture: its row of the unified view.

joints        p(x,z) = p~(x) p(z|x), q(x,z) = q(x|z) q(z); z is the number of a component
direction     KL(p||q)
latents       z, categorical
phases        M (the generator: maximise E log q(x,z)), then E (the encoder: E5)
closed form   both
sampled       nothing, once the data set is drawn
adversarial   nothing
dropped       nothing: p(z|x) is a free table, so E leaves no gap between KL(p||q) and KL(p~||q(x))

The alternation starts at p(z|x), hence with M; so what E then sees is the mixture of this round.
All is float64. Letters beside those of `base`: k components, n samples of the data set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vistab.families.base import ClosedForm, Family, Input, Inputs, Networks, Numbers, Update
from vistab.families.gaussian_mixture import Mixture, fit
from vistab.spec.families import EmFamily
from vistab.targets.base import Shape


def kl_of_joints(p: Tensor, log_joint: Tensor) -> Tensor:
    """E3 without its constant: E_{p~} [sum over z of p(z|x) (log p(z|x) - log q(x,z))]."""
    return (torch.xlogy(p, p) - p * log_joint).sum(1).mean()


def maximise(networks: Networks, inputs: Inputs, numbers: Numbers, *, covariance: str) -> Update:
    """M phase, p(z|x) fixed: the best mixture. Its thinness is in units of the floor."""
    x, floor = inputs["data_set"].double(), numbers["covariance_floor"]
    (p,) = networks["encoder"]()
    mixture = fit(x, p, covariance, floor)
    evidence = {
        "component_weights": mixture.weights,
        "component_thinness": mixture.smallest_variance() / floor,
    }
    return Update(kl_of_joints(p, mixture.log_joint(x)), {"generator": mixture._asdict()}, evidence)


def expect(networks: Networks, inputs: Inputs, numbers: Numbers) -> Update:
    """E phase, the mixture fixed: p(z|x) = q(z|x), which leaves the joint KL at -log q(x) (E5)."""
    log_joint = Mixture(*networks["generator"]()).log_joint(inputs["data_set"].double())
    p, log_likelihood = log_joint.softmax(1), log_joint.logsumexp(1).mean()
    values = {"encoder": {"responsibilities": p}}
    return Update(-log_likelihood, values, {"log_likelihood": log_likelihood})


def sample(networks: Networks, inputs: Inputs) -> Tensor:
    """Samples of the mixture, float32 [n, d]."""
    latents, noise = inputs["latents"].double(), inputs["generator_noise"].double()
    return Mixture(*networks["generator"]()).sample(latents, noise).float()


class Table(nn.Module):
    """float64 parameters by name; called, it gives them in their order."""

    def __init__(self, **values: Tensor) -> None:
        super().__init__()
        for name, value in values.items():
            self.register_parameter(name, nn.Parameter(value))

    def forward(self) -> tuple[Tensor, ...]:
        """All parameters."""
        return tuple(self.parameters())


def build(spec: EmFamily, shape: Shape) -> dict[str, nn.Module]:
    """The table p(z|x) [data_size, k], and a standard normal mixture: start and M replace both."""
    dimension = math.prod(shape)
    k, d, ones = spec.components, dimension, partial(torch.ones, dtype=torch.float64)
    covariances = {
        "full": ones(d).diag().repeat(k, 1, 1),
        "diagonal": ones(k, d),
        "spherical": ones(k, 1),
    }
    return {
        "encoder": Table(responsibilities=ones(spec.data_size, k) / k),
        "generator": Table(
            weights=ones(k) / k, means=0 * ones(k, d), covariances=covariances[spec.covariance]
        ),
    }


def start(
    spec: EmFamily,
    networks: Mapping[str, nn.Module],
    data_set: npt.NDArray[np.float32],
    generator: np.random.Generator,
) -> None:
    """p(z|x) = 1 for the nearest of k centres: data points, drawn at random or by k-means++."""
    from sklearn.cluster import kmeans_plusplus  # here, since it is slow to import
    from sklearn.metrics import pairwise_distances_argmin

    x, k = data_set.astype(np.float64), spec.components
    if spec.initialisation == "random":
        centres = x[generator.choice(len(x), k, replace=False)]
    else:
        centres, _ = kmeans_plusplus(x, k, random_state=int(generator.integers(2**32)))
    p = torch.from_numpy(np.eye(k)[pairwise_distances_argmin(x, centres)])
    networks["encoder"].get_parameter("responsibilities").data.copy_(p)


def phases(spec: EmFamily) -> tuple[ClosedForm, ClosedForm]:
    """One round: the M phase, then the E phase, both on the whole data set."""
    data: tuple[Input, ...] = ("data_set",)
    update = partial(maximise, covariance=spec.covariance)
    return (
        ClosedForm("maximisation", trains=("generator",), inputs=data, update=update),
        ClosedForm("expectation", trains=("encoder",), inputs=data, update=expect),
    )


EM = Family(
    spec=EmFamily,
    latent_dim=lambda spec: 1,
    networks=build,
    phases=phases,
    sample=sample,
    data_size=lambda spec: spec.data_size,
    start=start,
)
