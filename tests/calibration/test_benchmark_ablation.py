"""Do variants of the detector lack what they should, and others' measures flag what they should?"""

from __future__ import annotations

import numpy as np
import pytest
from benchmark import ablation, ablation_page, image_gans
from benchmark.ablation import (
    FULL,
    PARTS,
    UNCALIBRATED,
    Ablation,
    CopiesAlone,
    ImageRun,
    OneByOne,
    ablated,
    image_run,
    measured,
    ruled,
    spoilt,
)
from benchmark.cases import Case, constructed, run_of
from benchmark.conditions import NAMES, Conditions
from benchmark.image_gans import ImageGan, Setting, class_parts, classifier, train
from benchmark.results import Result, result_of
from benchmark.targets import MIXTURES, halves, reference, reference_data, seeded
from sklearn.datasets import load_digits

RING = MIXTURES["ring of 8"]
TOLD = ("ring of 8", "tuning 0")
LOST = Case("tuning", "ring of 8", "data", 100, "loses_modes", 0)


@pytest.fixture(scope="module")
def conditions() -> Conditions:
    return Conditions.of(reference_data(*TOLD), 100)


def one_mode(n: int, width: float = 1.0) -> np.ndarray:
    return RING.centres[0] + width * RING.std * seeded("one mode").normal(size=(n, 2))


def flags(conditions: Conditions, samples: np.ndarray) -> dict[str, bool]:
    return dict(zip(NAMES, conditions.failed(samples), strict=True))


def test_the_ablation_is_about_tuning_cases_of_data_alone(monkeypatch):
    """Shown on the cases that need no training; blobs that hop have 400 samples."""
    monkeypatch.setattr(ablation, "cases", lambda split: list(constructed(split)))
    assert {(c.split, c.evidence) for c in ablated()} == {("tuning", "data")}
    assert {c.n for c in ablated()} == {100, 400, 500}


def test_without_groups_each_bin_is_asked_for_alone_in_rehearsals_too():
    modes = ablation.LACKING["bins one by one, not in groups"](("digits", "tuning 0")).modes
    full = reference("digits", "data", "tuning 0").modes
    assert len(full.groups) > full.count
    for own in (modes, modes.rehearsal(seeded("x"))[0]):
        np.testing.assert_array_equal(own.groups, np.eye(own.count))
    assert isinstance(modes, OneByOne)


def test_without_near_copies_only_exact_ones_lower_variety():
    told = ablation.LACKING["exact copies alone, not near ones"](("digits", "tuning 0"))
    few = halves("digits", "tuning 0")[1].images[seeded("x").integers(100, size=500)]
    nearly = few + 0.02 * seeded("noise").normal(size=few.shape)
    exact, near = (float(told.measure(images)["spread"]) for images in (few, nearly))
    assert exact < 0.3 < 0.8 < near
    assert float(reference("digits", "data", "tuning 0").measure(nearly)["spread"]) < 0.3
    assert isinstance(told.modes.rehearsal(seeded("x"))[0], CopiesAlone)


def test_without_clusters_there_are_bins_and_only_there():
    lacking = ablation.LACKING["always bins, never clusters"](TOLD)
    assert (lacking.modes.noun, lacking.modes.count) == ("bins", 50)
    assert (reference("ring of 8", "data", "tuning 1").modes.noun) == "modes"


def test_a_spoilt_snapshot_has_no_spread_and_the_others_stay():
    usual = [{"spread": np.float32(s), "scale": np.float32(1)} for s in (0.8, 0.9, np.nan)]
    found = spoilt(usual, np.array([False, True, False]))
    np.testing.assert_array_equal([one["spread"] for one in found], np.float32([0.8, 0, np.nan]))
    assert [one["scale"] for one in found] == [1, 1, 1]
    assert usual[1]["spread"] == np.float32(0.9)


def test_fresh_samples_pass_each_condition(conditions: Conditions):
    rng = seeded("fresh")
    failed = np.mean([conditions.failed(RING.draw(100, rng)) for _ in range(200)], axis=0)
    assert failed.max() <= 0.05


@pytest.mark.parametrize(
    ("samples", "names"),
    [
        (4 * seeded("wide").normal(size=(100, 2)), {"precision", "density", "bins that differ"}),
        (one_mode(100), set(NAMES) - {"precision", "density"}),
        (one_mode(100, 0.01), {"recall"}),
        (np.repeat(RING.draw(50, seeded("pairs")), 2, axis=0), {"near-duplicates"}),
    ],
    ids=["wide", "one mode", "one point", "pairs"],
)
def test_each_condition_flags_what_it_is_made_for(conditions: Conditions, samples, names):
    found = flags(conditions, samples)
    assert all(found[name] for name in names), found


def test_pairs_of_a_good_sampler_are_near_duplicates_and_nothing_else(conditions: Conditions):
    found = flags(conditions, np.repeat(RING.draw(50, seeded("pairs")), 2, axis=0))
    assert not any(found[name] for name in ("precision", "density", "Vendi score of order 2"))


def test_samples_are_taken_at_random_since_their_order_may_mean_something(conditions: Conditions):
    drawn = RING.draw(2000, seeded("ordered"))
    assert not any(conditions.failed(drawn[np.argsort(RING.nearest(drawn)[1])]))


def test_what_is_not_finite_is_left_to_the_detector(conditions: Conditions):
    assert not conditions.failed(np.full((100, 2), np.nan)).any()


def test_no_more_samples_are_compared_than_half_of_the_reference_has():
    assert Conditions.of(RING.draw(120, seeded("few")), 100).yardstick.n == 60


@pytest.mark.slow
def test_the_first_variant_is_the_detector_itself():
    found, alone = ruled(LOST), result_of(LOST)
    assert tuple(found) == (*PARTS, *NAMES)
    full = found[FULL]
    assert (full.truth, full.true_onset) == (alone.truth, alone.true_onset)
    assert (full.outcome, full.onset, full.severity) == (
        alone.outcome,
        alone.onset,
        alone.severity,
    )


def test_a_flagged_run_is_ruled_failed_and_one_that_passes_as_before(monkeypatch):
    never = Case("tuning", "ring of 8", "data", 100, "perfect", 0)
    snapshots = list(run_of(never).snapshots)
    verdicts = np.zeros((len(snapshots), len(NAMES)), dtype=bool)
    verdicts[20:, 0] = True
    monkeypatch.setattr(ablation, "flagged", lambda *_: verdicts)
    found = ablation.with_conditions(snapshots, TOLD, 100)
    assert (found[NAMES[0]].outcome, found[NAMES[0]].onset_round) == ("mode_collapse", 20)
    assert {found[name].outcome for name in NAMES[1:]} == {"healthy"}


@pytest.mark.slow
def test_uncalibrated_thresholds_ask_more_of_few_samples():
    """25 modes, 100 samples: the full thresholds are not met by chance alone."""
    case = Case("tuning", "grid of 25", "data", 100, "imbalanced", 0)
    snapshots, told = list(run_of(case).snapshots), (case.target, case.reference_seed)
    found = ablation.without_parts(snapshots, told, case.n)
    assert found[FULL].outcome == "healthy"
    assert found[UNCALIBRATED].outcome == "mode_collapse"


def test_the_classifier_knows_digits_and_counts_their_classes():
    images, labels = load_digits().images / 8 - 1, load_digits().target
    assert 0.97 < classifier()[1] < 1
    np.testing.assert_allclose(class_parts(images), 1, atol=0.05)
    sevens = class_parts(images[labels == 7])
    assert sevens[7] == pytest.approx(len(labels) / np.sum(labels == 7), rel=0.05)
    assert np.delete(sevens, 7).max() < 0.2


def test_a_snapshot_is_healthy_if_every_class_has_half_its_share():
    parts = np.ones((3, 10))
    parts[1:, 3] = 0.49, 0.5
    assert ImageGan(np.empty(0), parts).healthy.tolist() == [True, False, True]


@pytest.mark.slow
def test_training_on_images_is_repeatable_and_leaves_torchs_own_numbers_alone(monkeypatch):
    monkeypatch.setattr(image_gans, "MEASURED", 50)
    before = image_gans.torch.random.get_rng_state()
    one, two = (train(Setting(1e-3, 2, 20), seeded("again")) for _ in range(2))
    np.testing.assert_array_equal(one.samples, two.samples)
    assert one.samples.shape == (20, 50, 8, 8)
    other = train(Setting(1e-3, 2, 20), seeded("another"))
    assert not np.array_equal(one.samples, other.samples)
    assert image_gans.torch.equal(before, image_gans.torch.random.get_rng_state())


@pytest.mark.slow
def test_training_on_images_moves_towards_the_data(monkeypatch):
    monkeypatch.setattr(image_gans, "MEASURED", 200)
    mean = halves(image_gans.TARGET, image_gans.REFERENCE)[1].images.mean(axis=0)
    samples = train(Setting(1e-3, 2, 100), seeded("towards")).samples
    first, last = (np.abs(samples[t].mean(axis=0) - mean).mean() for t in (0, -1))
    assert last < 0.75 * first


@pytest.mark.slow
def test_a_run_on_images_is_told_beside_its_classes(monkeypatch):
    """Real digits after five snapshots of noise: hardly any of them may be flagged."""
    real, rng = halves(image_gans.TARGET, image_gans.REFERENCE)[1].images, seeded("run")
    fresh = [real[rng.permutation(len(real))[:100]] for _ in range(15)]
    noise = list(rng.uniform(-1, 1, size=(5, 100, 8, 8)))
    parts = np.ones((20, 10))
    parts[:5] = 0
    made = ImageGan(np.stack([*noise, *fresh]), parts)
    monkeypatch.setattr(image_gans, "trained", lambda name: made)
    monkeypatch.setattr(image_gans, "KEPT", 100)
    found = image_run("made up")
    assert (found.snapshots, found.healthy, found.since) == (20, 15, 5)
    assert found.ruling.outcome == "healthy"
    assert tuple(found.false) == (FULL, *NAMES)
    assert max(found.false.values()) <= 2
    parts[:] = 0
    parts[:5] = 1  # had noise been labelled healthy, all of it were flagged
    wrong = image_run("made up")
    assert (wrong.healthy, wrong.since, wrong.false[FULL]) == (5, None, 5)
    assert wrong.false["precision"] == 5


def test_the_tables_have_a_row_for_each_variant():
    right = Result(LOST, "mode_collapse", 3, "mode_collapse", 4, 0.5, "", {}, 0)
    false = Result(LOST, "healthy", None, "stalled", None, 0.9, "", {}, 0)
    variants = {name: [right, false] for name in (*PARTS, *NAMES)}
    ruling = ablation.rule_on(
        range(3), measured([RING.draw(100, seeded("x"))] * 3, _ring()), 100, _ring()
    )
    counts = {name: 1 for name in (FULL, *NAMES)}
    runs = [ImageRun("one", 20, 15, 5, ruling, counts)]
    runs.append(ImageRun("two", 20, 5, None, ruling, {**counts, "recall": 5}))
    text = ablation_page.added(Ablation(variants, runs))
    assert text.count("| 0.5 | 1 | 0 | 1 | 1 |") == len(PARTS) + 1 + len(NAMES)
    assert "| recall | 0.5 | 1 | 0 | 1 | 1 | 0.3 |" in text
    assert "| one | 15 of 20 | from snapshot 6 on | healthy | 1 of 15 |" in text
    assert "| two | 5 of 20 | not at the end | healthy | 1 of 5 |" in text


def _ring():
    return reference("ring of 8", "data", "tuning 0")
