"""The VAE against what is known exactly: densities on a grid, probabilistic PCA, hand-made numbers.

Tipping and Bishop (1999) give the maximum likelihood of probabilistic PCA. A linear VAE reaches it:
Lucas, Tucker, Grosse and Norouzi (2019), arXiv 1911.02469.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.stats import norm
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from vistab.families.base import Phase
from vistab.families.vae import VAE, build, kl_share, loss, observe, posterior, sample, terms
from vistab.plan import make_plan
from vistab.spec.families import VaeFamily
from vistab.spec.load import load_study
from vistab.training import train_pack


def vae(seed: int = 0, dimension: int = 3, **family: Any) -> dict[str, nn.Module]:
    """The networks of one run, small and seeded."""
    spec = VaeFamily(kind="vae", **({"network": {"width": 16, "depth": 1}} | family))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build(spec, (dimension,))


def normal(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed))


def numbers(
    round_: float = 1, kl_weight: float = 1, warm_up_rounds: float = 0
) -> dict[str, Tensor]:
    given = {"round": round_, "kl_weight": kl_weight, "warm_up_rounds": warm_up_rounds}
    return {name: torch.tensor(float(value)) for name, value in given.items()}


@pytest.mark.parametrize("scale", ["learned", "fixed", "per_dimension"])
def test_the_loss_is_e4(scale: str) -> None:
    """-log q(x|z) at the z that the noise stands for, plus the KL, as torch's distributions say."""
    networks = vae(decoder_scale=scale, scale=0.3)
    inputs = {"data": normal(5, 3), "encoder_noise": normal(5, 2, seed=1)}
    mean, log_scale = networks["encoder"](inputs["data"]).chunk(2, -1)
    decoded, _ = networks["generator"](mean + log_scale.exp() * inputs["encoder_noise"])
    misfit = -Normal(decoded, 0.3).log_prob(inputs["data"]).sum(-1)
    kl = kl_divergence(Normal(mean, log_scale.exp()), Normal(0.0, 1.0)).sum(-1)
    step = loss(networks, inputs, {}, numbers(kl_weight=2.5))
    assert step.loss.item() == pytest.approx((misfit + 2.5 * kl).mean().item(), rel=1e-5)
    assert step.outputs == {}


@pytest.mark.parametrize(
    ("round_", "warm_up_rounds", "share"),
    [(1, 0, 3.0), (500, 0, 3.0), (1, 100, 0.03), (50, 100, 1.5), (100, 100, 3.0), (101, 100, 3.0)],
)
def test_warm_up_raises_the_kl_weight_in_a_straight_line(
    round_: int, warm_up_rounds: int, share: float
) -> None:
    """To all of it at the last round of warm-up, and no further; without warm-up all at once."""
    assert kl_share(numbers(round_, 3, warm_up_rounds)).item() == pytest.approx(share)


def test_the_bound_falls_short_of_the_likelihood_by_the_gap_of_e1() -> None:
    """E_{p~} log q(x) = bound + KL(p(z|x)||q(z|x)), all by integrals over a grid of z.

    The noise is the normal's quantiles instead of random numbers, so that its mean is an integral.
    """
    networks = vae(dimension=2, latent_dim=1, decoder_scale="per_dimension", scale=0.5)
    x, quantiles = torch.tensor([0.7, -0.4]), norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    noise = torch.tensor(quantiles, dtype=torch.float32)[:, None]
    with torch.no_grad():
        misfit, kl = terms(networks, {"data": x.expand(len(noise), 2), "encoder_noise": noise})
        mean, log_scale = networks["encoder"](x[None]).chunk(2, -1)
        z = torch.linspace(-12, 12, 20_001)[:, None]
        decoded, scale = networks["generator"](z)
    log_joint = Normal(decoded, scale.exp()).log_prob(x).sum(-1) + Normal(0.0, 1.0).log_prob(
        z[:, 0]
    )
    dz = 24 / 20_000
    log_likelihood = (log_joint.double().logsumexp(0) + math.log(dz)).item()
    p = Normal(mean[0, 0], log_scale[0, 0].exp()).log_prob(z[:, 0]).double()
    gap = (p.exp() * (p - (log_joint - log_likelihood))).sum().item() * dz
    assert gap > 1e-3
    assert -(misfit + kl.sum()).item() == pytest.approx(log_likelihood - gap, abs=1e-4)


EIGENVALUES = np.array([2.0, 0.5, 0.1, 0.06])


def data_of_known_covariance(n: int = 60) -> Tensor:
    """n points of R^4 whose covariance (over n) has exactly EIGENVALUES."""
    rng = np.random.default_rng(0)
    raw = rng.standard_normal((n, 4))
    left, _, right = np.linalg.svd(raw - raw.mean(0), full_matrices=False)
    points = left * np.sqrt(n * EIGENVALUES) @ right + rng.standard_normal(4)
    return torch.tensor(points, dtype=torch.float64)


def trained_linear_vae(latent_dim: int, **family: Any) -> tuple[float, npt.NDArray[np.floating]]:
    """A linear VAE's bound and its KL by latent dimension, largest first, at its optimum.

    -log q(x|z) is quadratic in the noise, so the points +- sqrt(n) e_i give its exact expectation,
    and E4 can be minimised without randomness.
    """
    networks = vae(dimension=4, latent_dim=latent_dim, network={"depth": 0}, **family)
    networks = {name: network.double() for name, network in networks.items()}
    corners = math.sqrt(latent_dim) * torch.cat([torch.eye(latent_dim), -torch.eye(latent_dim)])
    x = data_of_known_covariance()
    inputs = {
        "data": x.repeat_interleave(len(corners), 0),
        "encoder_noise": corners.double().repeat(len(x), 1),
    }
    parameters = [p for network in networks.values() for p in network.parameters()]
    optimizer = torch.optim.LBFGS(
        parameters, max_iter=2000, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        total = loss(networks, inputs, {}, numbers()).loss
        total.backward()
        return total

    optimizer.step(closure)
    with torch.no_grad():
        misfit, kl = terms(networks, inputs)
    return -(misfit + kl.sum()).item(), np.sort(kl.numpy())[::-1]


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_a_linear_vae_reaches_the_likelihood_of_probabilistic_pca(latent_dim: int) -> None:
    """Tipping and Bishop (1999): the noise's variance is the mean of the eigenvalues left out."""
    kept, left_out = EIGENVALUES[:latent_dim], EIGENVALUES[latent_dim:]
    log_determinant = np.log(kept).sum() + len(left_out) * np.log(left_out.mean())
    likelihood = -(4 * math.log(2 * math.pi) + log_determinant + 4) / 2
    bound, kl = trained_linear_vae(latent_dim, decoder_scale="learned")
    assert bound == pytest.approx(likelihood, abs=1e-6)
    assert kl == pytest.approx(np.log(kept / left_out.mean()) / 2, abs=1e-3)


@pytest.mark.parametrize(("variance", "active"), [(1.0, 1), (0.3, 2), (3.0, 0)])
def test_a_fixed_scale_collapses_the_dimensions_of_less_variance(
    variance: float, active: int
) -> None:
    """Of a linear VAE: dimension i carries log(eigenvalue / scale^2) / 2 nats, or none at all."""
    _, kl = trained_linear_vae(3, decoder_scale="fixed", scale=math.sqrt(variance))
    expected = np.maximum(np.log(EIGENVALUES[:3] / variance) / 2, 0)
    assert kl == pytest.approx(expected, abs=1e-3)
    assert (kl > 0.05).sum() == active


@pytest.mark.parametrize(
    ("decoder_scale", "learns"), [("learned", [1]), ("per_dimension", [3]), ("fixed", None)]
)
def test_the_scale_starts_where_told_and_learns_only_if_it_may(
    decoder_scale: str, learns: list[int] | None
) -> None:
    """One for all features, or one each; a fixed one is no parameter."""
    networks = vae(decoder_scale=decoder_scale, scale=0.25)
    inputs = {"data": normal(5, 3), "encoder_noise": normal(5, 2, seed=1)}
    loss(networks, inputs, {}, numbers()).loss.backward()
    log_scale = networks["generator"].log_scale
    assert log_scale.exp().tolist() == pytest.approx([0.25] * log_scale.numel())
    found = dict(networks["generator"].named_parameters()).get("log_scale")
    assert (None if found is None else list(found.shape)) == learns
    assert found is None or found.grad.abs().min() > 0


def test_samples_are_drawn_from_the_decoder_with_its_noise() -> None:
    """x = mean + scale x noise, each feature with its own scale."""
    networks = vae(decoder_scale="per_dimension")
    networks["generator"].log_scale.data = torch.tensor([0.1, 1.0, 10.0]).log()
    inputs = {"latents": normal(7, 2), "generator_noise": normal(7, 3, seed=1)}
    mean, _ = networks["generator"](inputs["latents"])
    noise = (sample(networks, inputs) - mean) / torch.tensor([0.1, 1.0, 10.0])
    torch.testing.assert_close(noise, inputs["generator_noise"], rtol=1e-3, atol=1e-4)


def test_what_is_observed_of_a_run() -> None:
    """The bound counts the whole KL, codes have noise, reconstructions have none."""
    networks = vae(decoder_scale="per_dimension")
    networks["generator"].log_scale.data = torch.tensor([0.1, 0.2, 0.6]).log()
    inputs = {"data": normal(9, 3), "encoder_noise": normal(9, 2, seed=1)}
    seen, encoded = observe(networks, inputs), posterior(networks, inputs["data"])
    full = loss(networks, inputs, {}, numbers(kl_weight=1)).loss
    assert seen.evidence["evidence_lower_bound"].item() == pytest.approx(-full.item())
    assert seen.evidence["latent_kl"].tolist() == encoded.kl_to_prior().mean(0).tolist()
    assert seen.evidence["decoder_scale"].item() == pytest.approx(0.3)
    noise = (seen.pictures["codes"] - encoded.mean) / encoded.log_scale.exp()
    torch.testing.assert_close(noise, inputs["encoder_noise"], rtol=1e-3, atol=1e-4)
    decoded, _ = networks["generator"](encoded.mean)
    assert torch.equal(seen.pictures["reconstructions"], decoded)


def test_a_round_trains_both_networks_together_on_fresh_samples_each_step() -> None:
    """One phase, `steps` blocks, one step on each."""
    phase: Phase
    (phase,) = VAE.phases(VaeFamily(kind="vae", steps=3))
    assert (phase.trains, phase.batches, phase.steps) == (("encoder", "generator"), 3, 1)


PAGE = (Path(__file__).parents[2] / "docs" / "vae.md").read_text(encoding="utf-8")


def test_code_on_the_vaes_page_runs() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    with torch.random.fork_rng():
        exec(block, {})


def test_the_study_on_the_vaes_page_shows_what_the_page_says(tmp_path: Path) -> None:
    """Of its runs, all with the large scale collapse and none with the small one."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "study.yaml").write_text(block)
    plan = make_plan(load_study(tmp_path / "study.yaml"))
    for number, pack in enumerate(plan.packs):
        scales = [run.arm.settings.family.scale for run in pack.runs]
        outcomes = train_pack(pack, tmp_path / str(number)).runs["outcome"]
        assert [outcome == "posterior_collapse" for outcome in outcomes] == [
            scale == 1.0 for scale in scales
        ]


def test_every_field_stands_on_the_page_with_its_default() -> None:
    section = PAGE.partition("## Fields")[2].partition("## Evidence")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, flags=re.MULTILINE))
    for name, field in VaeFamily.model_fields.items():
        if name not in ("kind", "network"):
            assert rows[name] == str(field.default)


def test_every_outcome_stands_on_the_page() -> None:
    assert all(f"| `{outcome}` |" in PAGE for outcome in VaeFamily.outcomes - {"healthy"})
