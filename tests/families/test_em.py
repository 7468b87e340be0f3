"""EM against scikit-learn, scipy and what must hold of any alternation that is solved exactly."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn
from torch.func import vmap

from vistab.families.em import EM, expect, kl_of_joints, maximise, start
from vistab.families.gaussian_mixture import Mixture, fit
from vistab.plan.model import Arm, Pack, Run
from vistab.spec.families import EmFamily
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import RingTarget
from vistab.targets import make_target
from vistab.training import train_pack

COVARIANCES = ["full", "diagonal", "spherical"]
SKLEARN = {"full": "full", "diagonal": "diag", "spherical": "spherical"}
PAGE = (Path(__file__).parents[2] / "docs" / "em.md").read_text(encoding="utf-8")

seeds = st.integers(0, 10_000)
covariances = st.sampled_from(COVARIANCES)


def ring_data(n: int = 300, seed: int = 0) -> NDArray[np.float32]:
    return make_target(RingTarget(kind="ring", std=0.1)).sample(n, np.random.default_rng(seed))


def begin(
    x: NDArray[np.float32], seed: int = 0, **fields: Any
) -> tuple[EmFamily, dict[str, nn.Module]]:
    spec = EmFamily(kind="em", data_size=len(x), **fields)
    networks = EM.networks(spec, x.shape[1:])
    start(spec, networks, x, np.random.default_rng(seed))
    return spec, networks


@torch.no_grad()
def play(
    spec: EmFamily, networks: dict[str, nn.Module], x: NDArray[np.float32], rounds: int
) -> list[Tensor]:
    """The log-likelihood of every round."""
    seen = []
    numbers = {"covariance_floor": torch.tensor(spec.covariance_floor, dtype=torch.float64)}
    for _ in range(rounds):
        for phase in EM.phases(spec):
            update = phase.update(networks, {"data_set": torch.from_numpy(x)}, numbers)
            for name, values in update.values.items():
                for key, value in values.items():
                    networks[name].get_parameter(key).copy_(value)
        seen.append(update.evidence["log_likelihood"])
    return seen


def mixture_of(networks: dict[str, nn.Module]) -> Mixture:
    return Mixture(*(value.detach().clone() for value in networks["generator"]()))


def random_case(seed: int, covariance: str, floor: float) -> tuple[Tensor, Tensor, Mixture]:
    """Data, a p(z|x) of no particular kind, and the mixture that fits it."""
    rng = np.random.default_rng(seed)
    n, d, k = rng.integers(4, 40), rng.integers(1, 4), rng.integers(1, 5)
    x = torch.from_numpy(rng.standard_normal((n, d)) * rng.uniform(0.1, 10, d))
    p = torch.from_numpy(rng.dirichlet(np.full(k, 0.3), n))
    return x, p, fit(x, p, covariance, floor)


def inverse_traces(mixture: Mixture) -> Tensor:
    """Trace of each component's inverse covariance."""
    covariances, d = mixture.covariances, mixture.means.shape[1]
    if covariances.ndim == 3:
        return torch.linalg.inv(covariances).diagonal(dim1=1, dim2=2).sum(1)
    return (1 / covariances).expand(-1, d).sum(1)


@pytest.mark.parametrize("initialisation", ["random", "k-means++"])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_scikit_learn_gets_the_same_mixture_from_the_same_start(
    covariance: str, initialisation: str
) -> None:
    """Weights, means, covariances and likelihood, to 1e-6 after 15 iterations on uneven data."""
    x = np.concatenate([ring_data(), 0.3 * ring_data(100, seed=1)])
    spec, networks = begin(x, seed=3, covariance=covariance, initialisation=initialisation)
    play(spec, networks, x, 1)
    weights, means, covariances = (value.numpy() for value in mixture_of(networks))
    precisions = {"full": lambda: np.linalg.inv(covariances), "diagonal": lambda: 1 / covariances}
    oracle = GaussianMixture(
        spec.components,
        covariance_type=SKLEARN[covariance],
        tol=0,
        reg_covar=spec.covariance_floor,
        max_iter=15,
        weights_init=weights,
        means_init=means,
        precisions_init=precisions.get(covariance, lambda: 1 / covariances[:, 0])(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        oracle.fit(x.astype(float))
    likelihood = play(spec, networks, x, 15)[-1]
    found = mixture_of(networks)
    shape = oracle.covariances_.shape
    np.testing.assert_allclose(found.weights, oracle.weights_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.means, oracle.means_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        found.covariances.reshape(shape), oracle.covariances_, rtol=1e-6, atol=1e-9
    )
    assert likelihood.item() == pytest.approx(oracle.score(x.astype(float)), abs=1e-9)
    assert abs(found.means - torch.from_numpy(means)).max() > 1e-3  # the iterations did something


@given(seeds, covariances)
@settings(max_examples=30, deadline=None)
def test_the_joint_density_is_scipys(seed: int, covariance: str) -> None:
    """log q(x,z) = log weight + log of a multivariate normal."""
    x, _, mixture = random_case(seed, covariance, floor=0.01)
    d = x.shape[1]
    for z, (weight, mean, matrix) in enumerate(zip(*mixture, strict=True)):
        full = matrix.numpy() if matrix.ndim == 2 else np.diag(matrix.expand(d).numpy())
        expected = stats.multivariate_normal(mean.numpy(), full).logpdf(x.numpy())
        np.testing.assert_allclose(
            mixture.log_joint(x)[:, z], np.log(weight.item()) + expected, rtol=1e-9, atol=1e-9
        )


@given(seeds, covariances, st.sampled_from([1e-6, 1e-2, 1.0]))
@settings(max_examples=30, deadline=None)
def test_no_other_mixture_near_by_does_better_than_the_m_phase(
    seed: int, covariance: str, floor: float
) -> None:
    """It maximises E log q(x,z) - floor / 2 E tr(covariance of z)^-1, over all it may change."""
    x, p, best = random_case(seed, covariance, floor)

    def score(mixture: Mixture) -> Tensor:
        penalty = floor / 2 * p @ inverse_traces(mixture)
        return ((p * mixture.log_joint(x)).sum(1) - penalty).mean()

    generator = torch.Generator().manual_seed(seed)

    def noise(like: Tensor) -> Tensor:
        return 0.03 * torch.randn(like.shape, generator=generator, dtype=like.dtype)

    weights = (best.weights.log() + noise(best.weights)).softmax(0)
    means = best.means + noise(best.means) * best.smallest_variance().sqrt()[:, None]
    if covariance == "full":
        root = torch.linalg.cholesky(best.covariances)
        stretch = torch.eye(x.shape[1]) + noise(root)
        others = root @ stretch @ stretch.mT @ root.mT
    else:
        others = best.covariances * noise(best.covariances).exp()
    for other in (
        best._replace(weights=weights),
        best._replace(means=means),
        best._replace(covariances=others),
    ):
        assert score(other) <= score(best) + 1e-9 * (1 + abs(score(best)))


@given(seeds, covariances, st.sampled_from([1e-9, 1e-3, 0.3]))
@settings(max_examples=30, deadline=None)
def test_the_log_likelihood_never_falls_but_for_what_the_floor_gains(
    seed: int, covariance: str, floor: float
) -> None:
    """From any p(z|x): L + floor / 2 E tr(covariance^-1) under this round's weights never falls.

    So L itself never falls where the floor is far below the variances.
    """
    x, p, _ = random_case(seed, covariance, floor)
    before = None
    for _ in range(8):
        mixture = fit(x, p, covariance, floor)
        likelihood = mixture.log_joint(x).logsumexp(1).mean()
        if before is not None:
            last, old = before
            saved = floor / 2 * p.mean(0) @ (inverse_traces(last) - inverse_traces(mixture))
            assert likelihood >= old - saved - 1e-9 * (1 + abs(old) + abs(saved))
        before = mixture, likelihood
        p = mixture.log_joint(x).softmax(1)


@pytest.mark.parametrize("initialisation", ["random", "k-means++"])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_far_above_the_floor_the_log_likelihood_never_falls(
    covariance: str, initialisation: str
) -> None:
    """Twenty rounds from five starts, variances 1e4 times the floor."""
    x, fields = ring_data(), {"covariance": covariance, "initialisation": initialisation}
    for seed in range(5):
        spec, networks = begin(x, seed, components=4, covariance_floor=1e-9, **fields)
        likelihoods = torch.stack(play(spec, networks, x, 20))
        assert mixture_of(networks).smallest_variance().min() > 1e-5
        assert (likelihoods.diff() >= -1e-9).all()
        assert likelihoods[-1] > likelihoods[0]


@given(seeds, covariances)
@settings(max_examples=30, deadline=None)
def test_the_e_phase_closes_the_gap_and_no_other_table_does(seed: int, covariance: str) -> None:
    """E5: with p(z|x) = q(z|x) the joint KL is -log q(x); with any other one it is more."""
    x, other, mixture = random_case(seed, covariance, floor=0.01)
    networks: dict[str, Any] = {"generator": lambda: mixture, "encoder": lambda: (other,)}
    update = expect(networks, {"data_set": x}, {})
    p, log_joint = update.values["encoder"]["responsibilities"], mixture.log_joint(x)
    torch.testing.assert_close(p.sum(1), torch.ones(len(x), dtype=p.dtype))
    assume(p.min() > 0)  # what underflows has an infinite divergence to scipy
    gap = kl_of_joints(other, log_joint) - update.objective
    posterior = torch.from_numpy(stats.entropy(other.numpy(), p.numpy(), axis=1)).mean()
    assert kl_of_joints(p, log_joint).item() == pytest.approx(update.objective.item(), abs=1e-9)
    assert gap.item() == pytest.approx(posterior.item(), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_samples_have_the_mixtures_weights_means_and_covariances(covariance: str) -> None:
    """Latents choose the component by their rank, noise the place within it."""
    mixture = random_case(9, covariance, floor=0.01)[-1]
    (k, d), n = mixture.means.shape, 200_000
    assert (k, d) == (4, 3)
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn((n, 1), generator=generator, dtype=torch.float64)
    noise = torch.randn((n, d), generator=generator, dtype=torch.float64)
    samples = mixture.sample(latents, noise)
    edges = stats.norm.ppf(np.cumsum(mixture.weights.numpy())[:-1])
    which = np.searchsorted(edges, latents[:, 0].numpy())
    np.testing.assert_allclose(np.bincount(which) / n, mixture.weights, atol=0.005)
    for z, (_, mean, matrix) in enumerate(zip(*mixture, strict=True)):
        own = samples[which == z].numpy()
        full = matrix.numpy() if matrix.ndim == 2 else np.diag(matrix.expand(d).numpy())
        tolerance = 0.03 * np.sqrt(np.diag(full).max())
        np.testing.assert_allclose(own.mean(0), mean, atol=tolerance)
        np.testing.assert_allclose(np.cov(own.T), full, atol=0.03 * full.max())


@pytest.mark.parametrize(
    ("covariance", "thinness"), [("full", 251), ("diagonal", 251), ("spherical", 626)]
)
def test_a_component_on_one_point_is_as_thin_as_the_floor(covariance: str, thinness: int) -> None:
    """Thinness 1; a component on the corners of 1 x 2 has variances of 1/4 and 1, and the floor."""
    x = torch.tensor([[5.0, 5.0], [0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 2.0]])
    p = torch.eye(2, dtype=torch.float64)[[0, 1, 1, 1, 1]]
    numbers = {"covariance_floor": torch.tensor(1e-3)}
    update = maximise({"encoder": lambda: (p,)}, {"data_set": x}, numbers, covariance=covariance)
    np.testing.assert_allclose(update.evidence["component_thinness"], [1, thinness], rtol=1e-6)
    np.testing.assert_allclose(update.evidence["component_weights"], [0.2, 0.8], rtol=1e-6)


def test_the_thinnest_direction_counts_wherever_it_points() -> None:
    """A component along a slanted line has nothing but the floor across it."""
    x = torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], dtype=torch.float64)
    mixture = fit(x, torch.ones(3, 1, dtype=torch.float64), "full", 1e-4)
    assert mixture.smallest_variance().item() == pytest.approx(1e-4, rel=1e-6)


def test_an_empty_component_has_no_weight_and_stays_finite() -> None:
    """It can neither poison the likelihood nor make samples."""
    x = torch.from_numpy(ring_data(50)).double()
    p = torch.zeros(50, 2, dtype=torch.float64)
    p[:, 0] = 1
    mixture = fit(x, p, "full", 1e-6)
    assert mixture.weights[1] < 1e-12
    assert all(value.isfinite().all() for value in mixture)
    assert kl_of_joints(p, mixture.log_joint(x)).isfinite()


def test_a_covariance_that_is_not_positive_ends_its_own_run_alone() -> None:
    """No exception, as from a plain Cholesky: NaN there, numbers in the other run of the pack."""
    x = torch.tensor([[0.1, 0.2], [0.3, 0.4]], dtype=torch.float64)
    covariances = torch.tensor([[[[1.0, 2.0], [2.0, 1.0]]], [[[2.0, 1.0], [1.0, 2.0]]]]).double()

    def likelihood(covariances: Tensor) -> Tensor:
        mixture = Mixture(torch.ones(1).double(), torch.zeros(1, 2).double(), covariances)
        return expect({"generator": lambda: mixture}, {"data_set": x}, {}).objective

    assert vmap(likelihood)(covariances).isfinite().tolist() == [False, True]


@pytest.mark.parametrize("initialisation", ["random", "k-means++"])
def test_the_start_gives_every_sample_to_one_component_by_its_own_generator(
    initialisation: str,
) -> None:
    """Equal generators, equal tables; numpy's global generator is left alone."""
    x = ring_data(200)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    tables = []
    for seed in (0, 0, 1):
        _, networks = begin(x, seed, initialisation=initialisation)
        tables.append(networks["encoder"].get_parameter("responsibilities").detach())
    assert torch.equal(tables[0], tables[1])
    assert not torch.equal(tables[0], tables[2])
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    for table in tables:
        assert ((table == 0) | (table == 1)).all()
        assert (table.sum(1) == 1).all()


@pytest.mark.parametrize("initialisation", ["random", "k-means++"])
def test_centres_are_distinct_samples(initialisation: str) -> None:
    """With as many components as samples each sample is a centre, and so has its own component."""
    x = ring_data(12)
    _, networks = begin(x, initialisation=initialisation, components=12)
    table = networks["encoder"].get_parameter("responsibilities")
    assert (table.sum(0) == 1).all()


def test_k_means_plus_plus_spreads_its_centres_and_random_ones_meet() -> None:
    """On eight narrow modes: nearly always one centre each, against next to never."""
    x = make_target(RingTarget(kind="ring")).sample(400, np.random.default_rng(0))
    modes = torch.from_numpy(np.round(np.arctan2(x[:, 1], x[:, 0]) / (np.pi / 4))) % 8
    found = {}
    for initialisation in ("k-means++", "random"):
        complete = 0
        for seed in range(20):
            _, networks = begin(x, seed, initialisation=initialisation)
            cells = networks["encoder"].get_parameter("responsibilities").argmax(1)
            complete += len({(int(c), int(m)) for c, m in zip(cells, modes, strict=True)}) == 8
        found[initialisation] = complete
    assert found["k-means++"] >= 16
    assert found["random"] <= 4


def test_there_must_be_a_sample_for_each_component() -> None:
    """Else the start could not be drawn."""
    with pytest.raises(ValidationError, match="at most data_size, which is 10"):
        EmFamily(kind="em", components=11, data_size=10)


def test_a_pack_computes_in_float64_and_its_history_never_falls(tmp_path: Path) -> None:
    """Through the training loop: both covariance floors of a pack, vectors kept whole."""
    runs = []
    for index, floor in enumerate((1e-9, 1e-8)):
        arm_settings = Settings(
            target=RingTarget(kind="ring", std=0.1),
            family=EmFamily(
                kind="em",
                components=5,
                covariance_floor=floor,
                data_size=300,
                initialisation="random",
            ),
            optimizer=OptimizerSpec(),
            budget=BudgetSpec(rounds=12, snapshots=12, snapshot_samples=100),
        )
        arm = Arm(f"a{index}", None, {}, arm_settings)
        runs += [Run(f"a{index}-r{r:03d}", arm, r) for r in (0, 1)]
    history = train_pack(Pack("p0", 0, tuple(runs)), tmp_path).history
    assert {len(row) for row in history["component_thinness"]} == {5}
    np.testing.assert_allclose([row.sum() for row in history["component_weights"]], 1, rtol=1e-6)
    for _, own in history.groupby("run_id"):
        assert np.diff(own["log_likelihood"]).min() >= -1e-6  # it is stored as float32
    first = history[history["round"] == 1].set_index("run_id")
    thinness = {name: row for name, row in first["component_thinness"].items()}
    np.testing.assert_allclose(  # one replicate, one start: ten times the floor, a tenth as thin
        thinness["a0-r000"], 10 * thinness["a1-r000"], rtol=1e-3
    )


def test_the_page_lists_every_field_with_its_default_and_every_outcome() -> None:
    """docs/em.md tells the truth."""
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", PAGE, flags=re.MULTILINE))
    for name, field in EmFamily.model_fields.items():
        assert name == "kind" or rows[name] == str(field.default)
    for outcome in EmFamily.outcomes:
        assert f"**{outcome}**" in PAGE


def test_code_on_the_page_runs() -> None:
    """As it stands there."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block, {})
