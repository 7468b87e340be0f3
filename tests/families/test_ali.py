from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from pydantic import ValidationError
from scipy import stats
from torch import Tensor

from vistab.families.ali import ALI, discriminator_loss, extra_terms, generator_loss, observe
from vistab.plan.model import Arm, Pack, Run
from vistab.spec.families import AliFamily
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import RingTarget
from vistab.training.loop import play_round
from vistab.training.state import begin

PAGE = (Path(__file__).parents[2] / "docs" / "ali.md").read_text(encoding="utf-8")

X, Z = torch.tensor([[0.5], [1.0]]), torch.tensor([[0.0], [2.0]])
INPUTS = {
    "data": X,
    "latents": Z,
    "encoder_noise": torch.tensor([[1.0], [-1.0]]),
    "generator_noise": torch.tensor([[-2.0], [1.0]]),
}


def gaussian(slope: float, scale: float) -> Callable[[Tensor], Tensor]:
    """A network whose Gaussian has mean slope x input and a constant standard deviation."""
    return lambda given: torch.cat([slope * given, torch.full_like(given, math.log(scale))], 1)


DELTAS: Mapping[str, Any] = {
    "encoder": lambda x: 3 * x,
    "generator": lambda z: 2 * z,
    "discriminator": lambda pair: pair[:, :1] - pair[:, 1:] / 4,
}
"""E(x) = 3 x, G(z) = 2 z, logit of D(x, z) = x - z / 4: losses can be worked out by hand."""
GAUSSIANS = DELTAS | {"encoder": gaussian(3.0, 0.5), "generator": gaussian(2.0, 0.1)}


def log_d(x: float, z: float) -> float:
    return -math.log1p(math.exp(-(x - z / 4)))


def log_not_d(x: float, z: float) -> float:
    return -math.log1p(math.exp(x - z / 4))


ENCODER_PAIRS = {"delta": [(0.5, 1.5), (1.0, 3.0)], "gaussian": [(0.5, 2.0), (1.0, 2.5)]}
GENERATOR_PAIRS = {"delta": [(0.0, 0.0), (4.0, 2.0)], "gaussian": [(-0.2, 0.0), (4.1, 2.0)]}
NETWORKS = {"delta": DELTAS, "gaussian": GAUSSIANS}


def mean(function: Callable[[float, float], float], pairs: list[tuple[float, float]]) -> float:
    return sum(function(*pair) for pair in pairs) / len(pairs)


def family(**fields: Any) -> AliFamily:
    return AliFamily(kind="ali", **fields)


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_discriminators_loss_is_e15(kind: str) -> None:
    """-E_p log D - E_q log(1 - D): encoder pairs are y = 1, and noise has its scale."""
    step = discriminator_loss(NETWORKS[kind], INPUTS, {}, {})
    expected = -mean(log_d, ENCODER_PAIRS[kind]) - mean(log_not_d, GENERATOR_PAIRS[kind])
    assert step.loss.item() == pytest.approx(expected, rel=1e-5)
    right = [x - z / 4 > 0 for x, z in ENCODER_PAIRS[kind]]
    assert step.evidence["accuracy_real"].item() == sum(right) / 2
    assert step.outputs == {}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize(
    ("loss", "on_encoder", "on_generator"),
    [
        ("vi", lambda *pair: -log_d(*pair), lambda *pair: -log_d(*pair)),
        ("minimax", log_d, log_not_d),
        ("non_saturating", lambda *pair: -log_not_d(*pair), lambda *pair: -log_d(*pair)),
    ],
)
def test_encoder_and_generator_minimise_e17_e18_or_e19(
    kind: str, loss: str, on_encoder: Any, on_generator: Any
) -> None:
    """The three losses on the same pairs, as written in the table of equations."""
    step = generator_loss(NETWORKS[kind], INPUTS, {}, {}, spec=family(loss=loss))
    expected = mean(on_encoder, ENCODER_PAIRS[kind]) + mean(on_generator, GENERATOR_PAIRS[kind])
    assert step.loss.item() == pytest.approx(expected, rel=1e-5)
    assert step.evidence.keys() == {"generator_loss"}


def test_the_extra_terms_are_those_of_e16() -> None:
    """KL and log ratio against scipy's densities: the KL by quadrature, latent by latent."""
    networks = GAUSSIANS | {
        "encoder_before": gaussian(2.5, 0.8),
        "generator_before": gaussian(1.5, 0.3),
    }
    x = ALI.sample(networks, INPUTS)
    found = extra_terms(networks, INPUTS, x)
    grid = np.linspace(-5, 10, 20_001)
    kls = []
    for z in Z[:, 0].numpy():
        now, before = (stats.norm(slope * z, s).logpdf(grid) for slope, s in ((2, 0.1), (1.5, 0.3)))
        kls.append(np.trapezoid(np.exp(now) * (now - before), grid))
    pairs = list(zip(x[:, 0].tolist(), Z[:, 0].tolist(), strict=True))
    ratios = [
        stats.norm(2.5 * x, 0.8).logpdf(z) - stats.norm(3 * x, 0.5).logpdf(z) for x, z in pairs
    ]
    assert found["regularizer"].item() == pytest.approx(np.mean(kls), rel=1e-4)
    assert found["encoder_log_ratio"].item() == pytest.approx(np.mean(ratios), rel=1e-4)


def test_the_extra_terms_are_sums_over_features_and_latents() -> None:
    """E16 has whole KLs: a second, equal feature and latent double it; more samples do not."""
    networks = GAUSSIANS | {
        "encoder_before": gaussian(2.5, 0.8),
        "generator_before": gaussian(1.5, 0.3),
    }
    found = extra_terms(networks, INPUTS, ALI.sample(networks, INPUTS))
    for shape, factor in (((1, 2), 2), ((2, 1), 1)):
        inputs = {name: value.repeat(shape) for name, value in INPUTS.items()}
        again = extra_terms(networks, inputs, ALI.sample(networks, inputs))
        for name, term in found.items():
            assert again[name].item() == pytest.approx(factor * term.item(), rel=1e-5)


@pytest.mark.parametrize("steps", [1, 3])
def test_in_training_the_frozen_copies_are_those_of_the_phases_start(steps: int) -> None:
    """So KL(q||q^o) is exactly 0 at the first step of every phase, and more than 0 at the last."""
    settings = Settings(
        target=RingTarget(kind="ring"),
        family=family(extra_terms=True, generator_steps=steps, network={"width": 8}),
        optimizer=OptimizerSpec(),
        budget=BudgetSpec(rounds=3),
    )
    training = begin(Pack("p0", 0, (Run("a0-r000", Arm("a0", None, {}, settings), 0),)))
    for number in (1, 2, 3):
        regularizer = play_round(training, number, observe=True)["regularizer"].item()
        assert (regularizer == 0) == (steps == 1)
        assert regularizer >= 0


def test_e16_is_e17_and_the_extra_terms() -> None:
    """Nothing is weighted: the terms are sums over features, in nats."""
    networks = GAUSSIANS | {
        "encoder_before": gaussian(2.5, 0.8),
        "generator_before": gaussian(1.5, 0.3),
    }
    dropped = generator_loss(networks, INPUTS, {}, {}, spec=family())
    kept = generator_loss(networks, INPUTS, {}, {}, spec=family(extra_terms=True))
    terms = kept.evidence["regularizer"] + kept.evidence["encoder_log_ratio"]
    assert (kept.loss - dropped.loss).item() == pytest.approx(terms.item(), rel=1e-5)


def test_while_nothing_has_moved_the_generators_term_is_flat_and_the_encoders_is_not() -> None:
    """First order in the step: E9 for KL(q||q^o); but -E_q log p(z|x) pulls the encoder at once."""
    encoder, generator = torch.tensor([3.0], requires_grad=True), torch.tensor([[2.0]])
    generator.requires_grad_()
    networks = {
        "encoder": lambda x: torch.cat([encoder * x, 0 * x], 1),
        "generator": lambda z: torch.cat([z @ generator, 0 * z], 1),
        "encoder_before": gaussian(3.0, 1.0),
        "generator_before": gaussian(2.0, 1.0),
    }
    terms = extra_terms(networks, INPUTS, ALI.sample(networks, INPUTS))
    assert all(term.item() == pytest.approx(0.0, abs=1e-6) for term in terms.values())
    pulled = torch.autograd.grad(terms["regularizer"], generator, retain_graph=True)[0]
    assert pulled.item() == 0.0
    assert torch.autograd.grad(terms["encoder_log_ratio"], encoder)[0].item() > 1.0


def test_the_three_losses_do_not_have_one_gradient_direction() -> None:
    """E17 pushes the encoder to where D says encoder pair, E18 and E19 away from it."""
    directions = {}
    for loss in ("vi", "minimax", "non_saturating"):
        noise = INPUTS["encoder_noise"].clone().requires_grad_()
        step = generator_loss(
            GAUSSIANS, INPUTS | {"encoder_noise": noise}, {}, {}, spec=family(loss=loss)
        )
        directions[loss] = torch.autograd.grad(step.loss, noise)[0].sign()
    assert torch.equal(directions["minimax"], directions["non_saturating"])
    assert torch.equal(directions["vi"], -directions["minimax"])


@pytest.mark.parametrize("encoder", ["gaussian", "deterministic"])
@pytest.mark.parametrize("generator", ["gaussian", "deterministic"])
def test_noise_acts_where_a_conditional_is_gaussian_and_nowhere_else(
    encoder: str, generator: str
) -> None:
    """Real networks: codes of one x differ with the encoder's noise, samples with G's."""
    spec = family(latent_dim=3, encoder=encoder, generator=generator)
    networks = ALI.networks(spec, (2,))
    draw = torch.Generator().manual_seed(0)
    sizes = {"data": 2, "latents": 3, "encoder_noise": 3, "generator_noise": 2}
    one, other = ({k: torch.randn(8, n, generator=draw) for k, n in sizes.items()} for _ in "ab")
    shaken = one | {name: other[name] for name in ("encoder_noise", "generator_noise")}
    before, after = observe(networks, one), observe(networks, shaken)
    same_samples = torch.equal(ALI.sample(networks, one), ALI.sample(networks, shaken))
    assert same_samples == (generator == "deterministic")
    same_codes = torch.equal(before.pictures["codes"], after.pictures["codes"])
    assert same_codes == (encoder == "deterministic")
    for name in ("reconstructions", "cycled"):
        assert torch.equal(before.pictures[name], after.pictures[name])
    assert (before.evidence["encoder_scale"].item() == 0) == (encoder == "deterministic")
    assert (before.evidence["decoder_scale"].item() == 0) == (generator == "deterministic")


def test_pictures_are_codes_reconstructions_and_cycled_latents() -> None:
    """Codes are drawn; G(E(x)) and E(G(z)) go by the means: 2 x 3 x, 3 x 2 z."""
    seen = observe(GAUSSIANS, INPUTS)
    torch.testing.assert_close(seen.pictures["codes"], torch.tensor([[2.0], [2.5]]))
    torch.testing.assert_close(seen.pictures["reconstructions"], 6 * X)
    torch.testing.assert_close(seen.pictures["cycled"], 6 * Z)
    assert seen.evidence["encoder_scale"].item() == pytest.approx(0.5)
    assert seen.evidence["decoder_scale"].item() == pytest.approx(0.1)


@pytest.mark.parametrize("extra", [False, True])
def test_a_round_is_a_discriminator_phase_and_one_of_encoder_and_generator(extra: bool) -> None:
    """Both see pairs of both kinds; frozen copies are made only where they are read."""
    spec = family(discriminator_steps=5, generator_batches=4, generator_steps=2, extra_terms=extra)
    discriminator, generator = ALI.phases(spec)
    assert (discriminator.batches, discriminator.steps) == (5, 1)
    assert (generator.batches, generator.steps) == (4, 2)
    assert discriminator.trains == ("discriminator",)
    assert generator.trains == ("encoder", "generator")
    assert generator.before == (("encoder", "generator") if extra else ())


def test_gaussians_begin_at_the_scale_of_the_section_and_means_at_theirs() -> None:
    """To a factor that the untrained network makes; the means do not know of it."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(50, 2, generator=draw)
    outputs = []
    for scale in (0.05, 1.0):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            outputs.append(ALI.networks(family(scale=scale), (2,))["encoder"](x))
    small, unit = outputs
    torch.testing.assert_close(small[:, :2], unit[:, :2])
    torch.testing.assert_close(small[:, 2:], unit[:, 2:] + math.log(0.05))


def test_deltas_pass_no_gradient_through_a_scale_that_is_not_there() -> None:
    """exp(-inf) is 0 and its gradient too: nothing turns into NaN."""
    spec = family(encoder="deterministic", generator="deterministic")
    networks = ALI.networks(spec, (1,))
    inputs = INPUTS | {"latents": Z.repeat(1, 2), "encoder_noise": Z.repeat(1, 2)}
    generator_loss(networks, inputs, {}, {}, spec=spec).loss.backward()
    trained = [*networks["encoder"].parameters(), *networks["generator"].parameters()]
    assert all(p.grad is not None and p.grad.isfinite().all() for p in trained)
    assert any(p.grad is not None and p.grad.any() for p in networks["encoder"].parameters())


@pytest.mark.parametrize(
    "fields",
    [
        {"loss": "minimax"},
        {"loss": "non_saturating"},
        {"encoder": "deterministic"},
        {"generator": "deterministic"},
    ],
)
def test_extra_terms_are_refused_where_e16_does_not_have_them(fields: dict[str, str]) -> None:
    """They need densities, and belong to E17 alone."""
    with pytest.raises(ValidationError, match="extra_terms belong to loss: vi"):
        family(extra_terms=True, **fields)
    assert not family(**fields).extra_terms


def test_code_on_the_page_runs() -> None:
    """The example of docs/ali.md, which says what E17 does to the codes."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(block, {})


def test_the_section_on_the_page_spells_out_the_defaults_and_the_table_explains_them() -> None:
    """Every field stands in both."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    section = yaml.safe_load(block)["family"]
    assert section.keys() == AliFamily.model_fields.keys()
    assert AliFamily(**section) == family()
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", PAGE, flags=re.MULTILINE))
    for name in section.keys() - {"kind", "network"}:
        assert yaml.safe_load(rows[name]) == section[name]


def test_every_outcome_stands_on_the_page() -> None:
    (said,) = re.findall(r"## Outcomes\n\n([\w, ]+)\.", PAGE)
    assert set(said.split(", ")) == AliFamily.outcomes
