"""The AAE: its losses by hand, by exchange with the GAN, and against closed forms."""

from __future__ import annotations

import math
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor, nn
from torch.distributions import Normal

from vistab.families import gan
from vistab.families.aae import AAE, decoder_loss, discriminator_loss, encoder_loss
from vistab.plan.model import Arm, Pack, Run
from vistab.spec.families import AaeFamily
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import MixtureTarget
from vistab.training.loop import play_round
from vistab.training.state import Training, begin

PAGE = (Path(__file__).parents[2] / "docs" / "aae.md").read_text(encoding="utf-8")

X = torch.tensor([[0.5, 0.0], [2.0, 1.0]])
Z = torch.tensor([[0.0], [4.0]])
NETWORKS = {
    "encoder": lambda x: 2 * x[:, :1],
    "generator": lambda z: torch.cat([z, z], 1) / 2,
    "discriminator": lambda z: z - 1,
}
"""E(x) = 2 x_1, G(z) = (z, z) / 2, logit of D(z) = z - 1.

The codes are 1 and 4, so the reconstructions are off by (0, 0.5) and (0, 1).
"""


def log_d(z: float) -> float:
    return -math.log1p(math.exp(-(z - 1)))


def log_not_d(z: float) -> float:
    return -math.log1p(math.exp(z - 1))


def numbers(weight: float = 0.0, reconstruction_weight: float = 0.0) -> dict[str, Tensor]:
    return {
        "regularizer.weight": torch.tensor(weight),
        "reconstruction_weight": torch.tensor(reconstruction_weight),
    }


def test_the_discriminators_loss_is_e12() -> None:
    """-E log D(z) over the prior, -E log(1 - D(E(x))) over the data: y = 1 is the prior."""
    step = discriminator_loss(NETWORKS, {"data": X, "latents": Z}, {}, numbers())
    expected = -(log_d(0.0) + log_d(4.0)) / 2 - (log_not_d(1.0) + log_not_d(4.0)) / 2
    assert step.loss.item() == pytest.approx(expected, rel=1e-6)
    assert step.evidence["accuracy_real"].item() == 0.5
    assert step.evidence["accuracy_fake"].item() == 0.0
    assert step.outputs == {}


@pytest.mark.parametrize(("jointly", "reconstruction"), [(False, 0.0), (True, 10 * 1.25 / 4)])
def test_the_encoders_loss_is_e13_and_with_the_decoder_e14(
    jointly: bool, reconstruction: float
) -> None:
    """Pass for the prior, stay near the anchor; the distortion counts with the decoder alone."""
    anchor = {"codes": torch.tensor([[0.0], [2.0]])}
    step = encoder_loss(NETWORKS, {"data": X}, anchor, numbers(3.0, 10.0), jointly=jointly)
    regularizer = 3.0 * (1.0 + 4.0) / 2
    adversarial = -(log_d(1.0) + log_d(4.0)) / 2
    assert step.evidence["regularizer"].item() == pytest.approx(regularizer)
    assert step.loss.item() == pytest.approx(adversarial + regularizer + reconstruction, rel=1e-6)
    assert step.evidence["encoder_loss"] == step.loss
    assert ("decoder_loss" in step.evidence) is jointly
    assert torch.equal(step.outputs["codes"], torch.tensor([[1.0], [4.0]]))


def test_the_decoders_own_loss_is_the_mean_squared_error() -> None:
    """Over batch and features, unweighted."""
    step = decoder_loss(NETWORKS, {"data": X}, {}, numbers(3.0, 10.0))
    assert step.loss.item() == pytest.approx(1.25 / 4)
    assert step.evidence["decoder_loss"] == step.loss


def test_the_adversarial_part_is_the_gans_with_x_and_z_exchanged() -> None:
    """E12 is E6 and E13 is E11 once G is E, data are the prior's latents and latents the data."""
    torch.manual_seed(0)
    x, z, before = torch.randn(7, 3), torch.randn(7, 2), torch.randn(7, 2)
    networks = AAE.networks(AaeFamily(kind="aae", network={"width": 8}), (3,))
    exchanged = {"generator": networks["encoder"], "discriminator": networks["discriminator"]}
    own = discriminator_loss(networks, {"data": x, "latents": z}, {}, numbers())
    other = gan.discriminator_loss(
        exchanged, {"data": z, "latents": x}, {}, numbers(), batch_norm=False
    )
    assert torch.equal(own.loss, other.loss)
    assert own.evidence == other.evidence
    own = encoder_loss(networks, {"data": x}, {"codes": before}, numbers(2.0), jointly=False)
    other = gan.generator_loss(
        exchanged, {"latents": x}, {"fake": before}, numbers(2.0), loss="non_saturating"
    )
    assert torch.equal(own.loss, other.loss)


def test_without_an_anchor_the_term_and_its_gradient_are_exactly_zero() -> None:
    """At the first encoder step of a phase nothing is left of any weight."""
    x = X.clone().requires_grad_()
    found = []
    for weight in (0.0, 1e6):
        step = encoder_loss(NETWORKS, {"data": x}, {}, numbers(weight, 1.0), jointly=True)
        assert step.evidence["regularizer"].item() == 0.0
        found.append(torch.autograd.grad(step.loss, x)[0])
    assert torch.equal(*found)


@pytest.mark.parametrize(
    ("decoder", "expected"),
    [
        (
            "jointly",
            [
                ("discriminator", 3, 1, ("discriminator",)),
                ("encoder", 2, 4, ("encoder", "generator")),
            ],
        ),
        (
            "after",
            [
                ("discriminator", 3, 1, ("discriminator",)),
                ("encoder", 2, 4, ("encoder",)),
                ("decoder", 2, 4, ("generator",)),
            ],
        ),
    ],
)
def test_a_round_has_the_decoder_with_the_encoder_or_after_it(
    decoder: str, expected: list[tuple[str, int, int, tuple[str, ...]]]
) -> None:
    """Either way the decoder takes the same number of steps on as many fresh batches."""
    steps = {"discriminator_steps": 3, "encoder_batches": 2, "encoder_steps": 4}
    phases = AAE.phases(AaeFamily(kind="aae", decoder=decoder, **steps))
    assert [(one.name, one.batches, one.steps, one.trains) for one in phases] == expected


def test_samples_are_decoded_latents_and_pictures_are_codes_and_what_they_decode_to() -> None:
    """Decoding the prior's latents for samples, the data's codes for reconstructions."""
    inputs = {"data": X, "latents": Z}
    assert torch.equal(AAE.sample(NETWORKS, inputs), torch.tensor([[0.0, 0.0], [2.0, 2.0]]))
    assert AAE.observe is not None
    shown = AAE.observe(NETWORKS, inputs)
    assert torch.equal(shown.pictures["codes"], torch.tensor([[1.0], [4.0]]))
    assert torch.equal(shown.pictures["reconstructions"], torch.tensor([[0.5, 0.5], [2.0, 2.0]]))
    assert shown.evidence == {}


def test_a_linear_pair_that_only_reconstructs_finds_the_principal_component() -> None:
    """Its least distortion is the variance outside the largest eigenvalues (Baldi, Hornik 1989)."""
    rotation = torch.linalg.qr(torch.randn(3, 3, generator=torch.manual_seed(0)))[0]
    x = torch.randn(500, 3) * torch.tensor([2.0, 0.7, 0.3]) @ rotation
    x = x - x.mean(0)
    networks = AAE.networks(AaeFamily(kind="aae", latent_dim=1, network={"depth": 0}), (3,))
    alone = networks | {"discriminator": lambda z: 0 * z}
    loss = partial(encoder_loss, alone, {"data": x}, {}, numbers(0.0, 1.0), jointly=True)
    pair = [*networks["encoder"].parameters(), *networks["generator"].parameters()]
    optimizer = torch.optim.LBFGS(pair, max_iter=300, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss().loss
        value.backward()
        return value

    optimizer.step(closure)
    outside = torch.linalg.eigvalsh(x.T @ x / len(x))[:-1].sum().item() / 3
    assert loss().evidence["decoder_loss"].item() == pytest.approx(outside, rel=1e-3)


def train(rounds: int, optimizer: dict[str, Any], *families: dict[str, Any]) -> Training:
    """One pack: a run of replicate 0 for each family section, on N([1, -2], 0.5^2 I)."""
    runs = []
    for slot, family in enumerate(families):
        settings = Settings(
            target=MixtureTarget(kind="mixture", centres=((1.0, -2.0),), std=0.5),
            family=AaeFamily(kind="aae", **family),
            optimizer=OptimizerSpec(**optimizer),
            budget=BudgetSpec(rounds=rounds),
        )
        runs.append(Run(f"a{slot}-r000", Arm(f"a{slot}", None, {}, settings), 0))
    training = begin(Pack("p0", 0, tuple(runs)))
    for number in range(1, rounds + 1):
        play_round(training, number, observe=False)
    return training


def test_a_decoder_after_leaves_the_adversarial_game_as_it_would_be_without_one() -> None:
    """Encoder and discriminator go as with a joint decoder that counts nothing, on equal draws."""
    small = {"network": {"width": 8}, "encoder_steps": 2}
    settings = {"learning_rate": 1e-2}
    after = train(5, settings, small | {"decoder": "after"})
    nothing = train(5, settings, small | {"reconstruction_weight": 0})
    something = train(5, settings, small | {"reconstruction_weight": 10})
    for name in ("encoder", "discriminator"):
        torch.testing.assert_close(
            after.stacks[name].parameters, nothing.stacks[name].parameters, rtol=1e-5, atol=1e-7
        )
    gap = after.stacks["encoder"].parameters - something.stacks["encoder"].parameters
    assert gap.abs().max() > 1e-3
    assert not torch.equal(
        after.stacks["generator"].parameters, nothing.stacks["generator"].parameters
    )


def ideal_phase(encoder: nn.Module, weight: float, steps: int) -> tuple[float, float]:
    """One encoder phase against the optimal D of codes that are Gaussian; their mean and std."""
    x = 1 + torch.special.ndtri((torch.arange(1000) + 0.5) / 1000)[:, None] / 2  # N(1, 0.5^2)
    before = encoder(x).detach()
    prior, codes = Normal(0.0, 1.0), Normal(before.mean(), before.std())
    networks = {
        "encoder": encoder,
        "discriminator": lambda z: prior.log_prob(z) - codes.log_prob(z),  # E7 by exchange
    }
    optimizer = torch.optim.SGD(encoder.parameters(), lr=0.2)
    for _ in range(steps):
        optimizer.zero_grad()
        step = encoder_loss(
            networks, {"data": x}, {"codes": before}, numbers(weight), jointly=False
        )
        step.loss.backward()
        optimizer.step()
    after = encoder(x).detach()
    return after.mean().item(), after.std().item()


def linear_encoder() -> nn.Linear:
    """E(x) = 4 x - 6, so that codes of N(1, 0.5^2) are N(-2, 2^2)."""
    encoder = nn.Linear(1, 1)
    nn.init.constant_(encoder.weight, 4.0)
    nn.init.constant_(encoder.bias, -6.0)
    return encoder


def test_against_an_ideal_discriminator_the_codes_become_the_prior() -> None:
    """E12 and E13 in alternation, a few steps a phase: p(z) ends at q(z)."""
    encoder = linear_encoder()
    for _ in range(100):
        end = ideal_phase(encoder, weight=1.0, steps=3)
    assert end == pytest.approx((0.0, 1.0), abs=0.02)


def test_a_long_phase_gathers_the_codes_at_a_point_unless_the_incremental_term_holds_them() -> None:
    """The best response without the term is the argmax of D (E8, by exchange)."""
    _, without = ideal_phase(linear_encoder(), weight=0.0, steps=600)
    _, with_term = ideal_phase(linear_encoder(), weight=1.0, steps=600)
    assert without < 0.2  # of 2 as it began
    assert with_term > 1.0


def test_code_on_the_page_runs() -> None:
    """The example of docs/aae.md, as printed."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block, {})


def test_the_section_on_the_page_is_a_family_section() -> None:
    """It loads, and is what the page says: the defaults, spelt out."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert AaeFamily(**yaml.safe_load(block)["family"]) == AaeFamily(kind="aae")


def test_every_field_and_outcome_stands_on_the_page() -> None:
    """Fields in the table of fields, outcomes in the table of outcomes."""
    rows = set(re.findall(r"^\| `([\w.]+)", PAGE, flags=re.MULTILINE))
    fields = set(AaeFamily.model_fields) - {"kind", "regularizer"}
    assert fields | {"regularizer.weight", "regularizer.anchor"} | AaeFamily.outcomes <= rows
