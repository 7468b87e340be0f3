"""Are the benchmark's cases what they are said to be: repeatable, apart, and truly labelled?"""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from benchmark import image_scenarios, particular, scenarios, truth
from benchmark.cases import SIZES, TARGETS, Case, constructed, run_of
from benchmark.dice import SNAPSHOTS, Dice
from benchmark.gans import SETTINGS
from benchmark.image_dice import ImageDice
from benchmark.targets import IMAGES, MIXTURES, ImageSet, halves, reference_data, seeded
from scipy.spatial import cKDTree

OUTCOMES = {"healthy", "mode_collapse", "stalled", "oscillating", "diverged"}
FEW = min(SIZES)
ON_MIXTURES = (
    *(*scenarios.SCENARIOS, *scenarios.UNSEEN),
    *(*particular.SCENARIOS, *particular.UNSEEN),
)
HOPPING = {s.__name__ for s in particular.HOPPING}
NEARLY = image_scenarios.hundred_images_nearly
ON_IMAGES = (*image_scenarios.SCENARIOS, *image_scenarios.UNSEEN)
RULED = [s for s in ON_MIXTURES if s is not scenarios.repeats_itself]  # the rule knows no copies


def one_of_each(split: str, n: int = FEW) -> list[Case]:
    """A case of each target and scenario."""
    first = [c for c in constructed(split) if c.number == 0 and c.evidence == "data"]
    return [c for c in first if c.n == n or c.scenario in HOPPING]


def first_finite(case: Case) -> np.ndarray:
    return next(s for s in run_of(case).snapshots if np.isfinite(s).all())


@pytest.mark.slow
@pytest.mark.parametrize("split", TARGETS)
def test_a_case_always_has_the_same_samples_and_truth(split):
    for case in one_of_each(split)[::7]:
        one, other = run_of(case), run_of(case)
        assert (one.outcome, one.onset) == (other.outcome, other.onset)
        for a, b in zip(one.snapshots, other.snapshots, strict=True):
            np.testing.assert_array_equal(a, b)


def test_evidence_changes_nothing_about_the_run():
    told = [c for c in constructed("tuning") if c.scenario == "loses_modes" and c.n == FEW]
    by_evidence = {c.evidence: first_finite(c) for c in told if c.target == "ring of 8"}
    np.testing.assert_array_equal(by_evidence["modes"], by_evidence["data"])


@pytest.mark.parametrize("split", TARGETS)
def test_there_are_enough_cases_of_every_outcome_size_and_evidence(split):
    cases = list(constructed(split))
    assert len(set(cases)) == len(cases) >= {"tuning": 400, "held_back": 800}[split]
    assert {c.n for c in cases if c.scenario not in HOPPING} == set(SIZES)
    assert {c.n for c in cases if c.scenario in HOPPING} == {particular.SIZE}
    assert {c.evidence for c in cases} == {"modes", "data"}
    assert {c.target for c in cases} == set(TARGETS[split])
    assert not {c.scenario for c in cases} & {s.__name__ for s in scenarios.DEBATABLE}
    for target in TARGETS[split][:4]:
        assert {run_of(c).outcome for c in one_of_each(split) if c.target == target} == OUTCOMES


def test_the_held_back_cases_have_kinds_of_their_own():
    tuning, held_back = (list(constructed(split)) for split in TARGETS)
    unseen = {s.__name__ for kind in (scenarios, particular, image_scenarios) for s in kind.UNSEEN}
    assert {c.scenario for c in held_back} - {c.scenario for c in tuning} == unseen
    assert len(TARGETS["held_back"]) == 2 * len(TARGETS["tuning"])
    assert any("tuning" not in s.splits for s in SETTINGS.values())


def test_the_splits_share_no_run_and_no_reference():
    held_back = {(c.target, c.scenario): c for c in one_of_each("held_back")}
    for case in one_of_each("tuning"):
        other = held_back[case.target, case.scenario]
        assert not np.array_equal(first_finite(case), first_finite(other)), case
        data = [reference_data(c.target, c.reference_seed) for c in (case, other)]
        assert not np.array_equal(*data), case


@pytest.mark.slow
@pytest.mark.parametrize("name", IMAGES)
def test_no_run_shows_an_image_that_the_reference_holds(name):
    known, rest = halves(name, "tuning 0")
    known = {image.tobytes() for image in known}
    assert not known & {image.tobytes() for image in rest.images}
    assert not known & {i.tobytes() for i in ImageDice(rest, 500, seeded("x")).fit()}


def test_images_differ_from_each_other_even_where_more_are_asked_for_than_there_are():
    rest = halves("digits", "tuning 0")[1]
    drawn = ImageDice(rest, 2000, seeded("x")).fit()
    assert len(np.unique(drawn.reshape(2000, -1), axis=0)) == 2000


def test_classes_come_as_often_as_they_are_asked_for():
    images, labels = np.zeros((1000, 2, 2), np.float32), np.arange(1000) % 10
    images += labels[:, None, None]
    own = ImageSet(images, labels, np.arange(1000)[:, None])
    drawn = ImageDice(own, 10_000, seeded("x")).fit(np.array([2.0, 1, 0, 0, 0, 0, 0, 0, 0, 0]))
    shares = np.bincount(drawn[:, 0, 0].round().astype(int), minlength=10) / 10_000
    np.testing.assert_allclose(shares, [2 / 3, 1 / 3, *[0] * 8], atol=0.02)


@pytest.mark.parametrize("scenario", RULED, ids=lambda s: s.__name__)
def test_the_exact_rule_for_trained_runs_says_the_same_of_runs_by_construction(scenario):
    """It was written apart. It may leave a run open, but may not say another thing."""
    for number in range(2):
        dice = Dice(MIXTURES["ring of 8"], 3000, seeded("rule", scenario.__name__, number))
        outcome, onset, samples = scenario(dice)
        ruled = truth.label([truth.seen(s, dice.modes) for s in samples], dice.modes)
        assert ruled[0] in (outcome, None)
        if ruled[1] is not None and onset is not None:
            assert abs(ruled[1] - onset) <= truth.CLEAR_ONSET


@pytest.mark.parametrize("scenario", ON_MIXTURES, ids=lambda s: s.__name__)
def test_a_run_on_mixtures_is_not_at_its_end_what_it_is_not(scenario):
    """What must hold of the last snapshots and of those before the onset, by the truth alone."""
    dice = Dice(MIXTURES["ring of 8"], 3000, seeded("end", scenario.__name__))
    outcome, onset, samples = scenario(dice)
    seen = [truth.seen(s, dice.modes) for s in samples]
    assert len(seen) == SNAPSHOTS
    assert (onset is None) == (outcome in ("healthy", "stalled"))
    assert onset is None or onset <= SNAPSHOTS - 3  # it lasts
    sound = np.array([truth.is_sound(s, truth.EXACT) for s in seen])
    if outcome == "healthy":
        assert sound[-5:-2].all()  # one or two bad ones at the end are chance
    elif scenario not in (scenarios.repeats_itself, *scenarios.DEBATABLE):
        assert not sound[onset or 0 :].any()
    if onset:  # it starts neither earlier nor later
        before = seen[onset - 1]
        assert sound[onset - 1] or before.parts.max() < 0.5 or scenario in STARTED_BEFORE


STARTED_BEFORE = (scenarios.wanders_then_settles, scenarios.drifts_away)  # failing another way


@pytest.mark.parametrize("scenario", ON_IMAGES, ids=lambda s: s.__name__)
def test_truths_on_images_have_onsets_that_last(scenario):
    dice = ImageDice(halves("digits", "tuning 0")[1], FEW, seeded("end", scenario.__name__))
    outcome, onset, snapshots = scenario(dice)
    drawn = list(snapshots)
    assert outcome in OUTCOMES
    assert (onset is None) == (outcome in ("healthy", "stalled"))
    assert onset is None or onset <= len(drawn) - 3
    finite = [bool(np.isfinite(s).all()) for s in drawn]
    assert finite == [True] * len(drawn) if outcome != "diverged" else all(finite[:onset])
    assert all(s.shape == (FEW, 8, 8) for s in drawn)


def test_a_hundred_images_are_a_hundred_nearly_or_exactly():
    for scenario, noise in ((image_scenarios.hundred_images, 0.0), (NEARLY, 0.1)):
        dice = ImageDice(halves("digits", "tuning 0")[1], 2000, seeded("hundred"))
        known = dice.real.images.reshape(-1, 64)
        _, onset, snapshots = scenario(dice)
        again = next(islice(snapshots, onset, None)).reshape(-1, 64)
        distance, image = cKDTree(known).query(again)
        assert len(np.unique(image)) == 100
        assert np.sqrt(np.mean(distance**2) / 64) == pytest.approx(noise, abs=0.005)


@pytest.mark.slow
def test_snapshots_of_images_are_drawn_when_they_are_asked_for():
    """5,000 images of MNIST are 16 MB a snapshot."""
    case = next(c for c in constructed("held_back") if c.target == "MNIST" and c.n == 5000)
    assert len(list(islice(run_of(case).snapshots, 1))) == 1
    assert not isinstance(run_of(case).snapshots, np.ndarray | list)
