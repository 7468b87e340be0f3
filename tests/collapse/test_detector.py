"""Rulings on signals written down by hand; tests/calibration has them from samples."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vistab.collapse.detector import Ruling, rule
from vistab.collapse.signals import HELD_SHARE, measure
from vistab.collapse.thresholds import Thresholds
from vistab.spec.targets import GridTarget, MixtureTarget, RingTarget
from vistab.targets import KnownModes, make_target

M = 8
MODES = make_target(RingTarget(kind="ring")).modes
Signals = dict[str, np.ndarray]

ALL = np.ones(M)
"""Relative shares of one snapshot, in fair shares: all modes as they should be."""
OFF = np.zeros(M)
LOST = np.full(M, np.nan)


def only(*modes: int, each: float | None = None) -> np.ndarray:
    """One snapshot with these modes alone, sharing all samples or `each` fair share apiece."""
    held = np.isin(np.arange(M), modes)
    return held * (M / held.sum() if each is None else each)


def signals(
    snapshots: Sequence[np.ndarray], *, spread: object = 1.0, scale: object = 1.0
) -> Signals:
    """The signals of snapshots given by their modes' shares, in fair shares."""
    shares = np.stack(list(snapshots))
    finite = np.isfinite(shares).all(axis=1)

    def series(values: object) -> np.ndarray:
        return np.where(
            finite, np.broadcast_to(np.asarray(values, dtype=float), len(shares)), np.nan
        )

    with np.errstate(invalid="ignore"):
        held = (shares >= HELD_SHARE).sum(axis=1)
    return {
        "coverage": series(np.minimum(shares, 1).mean(axis=1)),
        "modes": series(held),
        "high_quality": series(shares.mean(axis=1)),
        "spread": series(spread),
        "scale": series(scale),
        "mode_shares": shares * MODES.fair_shares,
    }


def hopping(places: str) -> Ruling:
    """The ruling on a run that is on no mode, but has most samples near these; "." for none."""
    found = signals([OFF] * len(places))
    main = [-1.0 if place == "." else float(place) for place in places]
    return rule(10 * np.arange(1, len(places) + 1), found | {"main_mode": np.array(main)}, MODES)


@pytest.mark.parametrize(
    ("places", "onset"),
    [
        ("3525173026412075361274603512", 10),  # a hop at each snapshot
        ("3332225551117774446662220001", 10),  # slowly
        ("3455.5667.7012..2345566701.2", 10),  # in between, now and then
        ("3455...6677.012...23455..067", 10),  # and for some snapshots
        ("2525173026............412..1274..603512", 10),  # once for longer, before the second half
        ("..........3525173026412075361274603", 110),  # once the rate was raised
        ("4343434343434343434343434343", 10),  # to and fro
    ],
)
def test_a_blob_that_hops_without_touching_a_mode_oscillates(places: str, onset: int) -> None:
    found = hopping(places)
    assert (found.outcome, found.onset_round) == ("oscillating", onset)
    near = len({*places[onset // 10 - 1 :]} - {"."})
    assert found.evidence.startswith(f"hops: near one of 8 modes at a time, {near} different ones")


@pytest.mark.parametrize(
    "places",
    [
        "." * 28,
        "3" * 28,  # where it always was
        "3525173" + "0" * 21,  # settled
        "3525173026" + "." * 18,  # spread out later
        "3.5.2...5..1...7..3.....0...",  # hardly ever in one place
    ],
)
def test_what_does_not_hop_to_the_end_and_touched_no_mode_is_stalled(places: str) -> None:
    assert hopping(places).outcome == "stalled"


def ruled(snapshots: Sequence[np.ndarray], *, spread: object = 1.0, scale: object = 1.0) -> Ruling:
    """The ruling on a run measured at rounds 10, 20, ..."""
    rounds = 10 * np.arange(1, len(snapshots) + 1)
    return rule(rounds, signals(snapshots, spread=spread, scale=scale), MODES)


def short(ruling: Ruling) -> tuple[str, int | None, int | None]:
    """What is asked for most: outcome, onset, convergence."""
    return ruling.outcome, ruling.onset_round, ruling.converged_round


# Health


def test_a_run_that_covers_its_target_is_healthy() -> None:
    ruling = ruled([ALL] * 10)
    assert short(ruling) == ("healthy", None, 10)
    assert ruling.severity == 0


@pytest.mark.parametrize("name", ["ring", "grid"])
@pytest.mark.parametrize("n", [100, 500, 5000])
def test_a_perfect_sampler_is_healthy_with_few_samples_and_with_many(name: str, n: int) -> None:
    """Of 200 runs of five snapshots at most two are called anything else."""
    specs = {"ring": RingTarget(kind="ring"), "grid": GridTarget(kind="grid")}
    target, rng = make_target(specs[name]), np.random.default_rng(n)
    runs = 200 if n < 5000 else 40
    measured = measure(target.sample(5 * runs * n, rng).reshape(5 * runs, n, 2), target.modes)
    outcomes = [
        rule(
            np.arange(5), {k: v[5 * i : 5 * i + 5] for k, v in measured.items()}, target.modes
        ).outcome
        for i in range(runs)
    ]
    assert outcomes.count("healthy") >= 0.99 * runs


def test_imbalance_of_two_to_one_is_healthy() -> None:
    uneven = np.array([2, 1] * 4) / 1.5
    assert short(ruled([uneven] * 10)) == ("healthy", None, 10)


def test_a_gross_imbalance_is_not() -> None:
    uneven = np.array([5.2] + [0.4] * 7)
    ruling = ruled([OFF] * 2 + [uneven] * 10)
    assert ruling.outcome == "mode_collapse"
    assert "balanced coverage" in ruling.evidence


def test_some_strays_are_healthy_and_mostly_strays_are_not() -> None:
    assert ruled([0.75 * ALL] * 10).outcome == "healthy"
    assert ruled([ALL] * 5 + [0.4 * ALL] * 10).outcome == "mode_collapse"


@pytest.mark.parametrize("arrival", [0, 1, 5, 17])
def test_late_arrival_is_healthy_from_then_on(arrival: int) -> None:
    assert short(ruled([OFF] * arrival + [ALL] * (20 - arrival))) == (
        "healthy",
        None,
        10 * (arrival + 1),
    )


@pytest.mark.parametrize("length", [1, 2])
def test_arrival_in_the_last_snapshots_is_healthy_but_not_yet_converged(length: int) -> None:
    """There is no lasting failure, and no lasting health either."""
    ruling = ruled([OFF] * 15 + [ALL] * length)
    assert short(ruling) == ("healthy", None, None)
    assert "briefly" in ruling.evidence


@pytest.mark.parametrize("length", [1, 2])
def test_a_failure_of_the_last_snapshots_does_not_last(length: int) -> None:
    ruling = ruled([ALL] * 15 + [only(3)] * length)
    assert short(ruling) == ("healthy", None, 10)
    assert "the last" in ruling.evidence


@pytest.mark.parametrize("length", [1, 2])
def test_brief_health_at_the_end_does_not_undo_a_collapse(length: int) -> None:
    assert short(ruled([only(0, 1)] * 15 + [ALL] * length)) == ("mode_collapse", 10, None)


@pytest.mark.parametrize("failure", [only(2), OFF, LOST, only(0, 1, 2, 3, 4, 5, 6)])
def test_a_failure_that_passed_for_good_is_healthy_with_a_note(failure: np.ndarray) -> None:
    ruling = ruled([ALL] * 5 + [failure] * 6 + [ALL] * 4)
    assert short(ruling) == ("healthy", None, 120)
    assert "failure from round 60 on had passed by round 120" in ruling.evidence


# Mode collapse


@pytest.mark.parametrize("onset", [3, 10, 17])
@pytest.mark.parametrize("kept", [1, 4, 7])
def test_lost_modes_are_dated_to_the_snapshot(onset: int, kept: int) -> None:
    few = only(*range(kept))
    ruling = ruled([ALL] * onset + [few] * (20 - onset))
    assert short(ruling) == ("mode_collapse", 10 * (onset + 1), None)
    assert ruling.severity == pytest.approx(1 - kept / M)
    assert f"covers {kept} of 8 modes from round {10 * (onset + 1)} on" in ruling.evidence
    assert "before: up to 8" in ruling.evidence


def test_modes_that_were_never_found_are_missed_from_arrival_on() -> None:
    assert short(ruled([OFF] * 6 + [only(1, 2)] * 10)) == ("mode_collapse", 70, None)


def test_an_early_touch_is_not_the_arrival() -> None:
    run = [OFF] * 2 + [only(1)] + [OFF] * 6 + [only(1)] * 10
    assert short(ruled(run)) == ("mode_collapse", 100, None)


def test_modes_found_slowly_and_not_all_are_a_collapse_from_arrival_on() -> None:
    run = [only(*range(1 + t // 4)) for t in range(24)]
    assert short(ruled(run)) == ("mode_collapse", 10, None)


def test_lost_variety_is_a_collapse_though_all_modes_are_held() -> None:
    ruling = ruled([ALL] * 20, spread=np.where(np.arange(20) < 8, 0.7, 0.1))
    assert short(ruling) == ("mode_collapse", 90, None)
    assert "covers 8 of 8 modes from round 90 on, with 10% of their spread" in ruling.evidence


def test_one_good_snapshot_does_not_break_a_lasting_failure() -> None:
    run = [ALL] * 5 + [only(0, 1)] * 5 + [ALL] + [only(0, 1)] * 6
    assert short(ruled(run)) == ("mode_collapse", 60, None)


def test_one_bad_snapshot_does_not_break_lasting_health() -> None:
    run = [OFF] * 5 + [ALL] * 5 + [only(0, 1)] + [ALL] * 6
    assert short(ruled(run)) == ("healthy", None, 60)


def test_scattered_bad_snapshots_do_not_put_convergence_off() -> None:
    """Even where three of five in a row are bad, the failure does not last."""
    ruling = ruled([only(0, 1) if t in (10, 12, 14) else ALL for t in range(20)])
    assert short(ruling) == ("healthy", None, 10)
    assert "passed" not in ruling.evidence


@pytest.mark.parametrize("seed", range(20))
def test_a_mode_that_flickers_below_what_it_should_have_is_lost(seed: int) -> None:
    """7 of 8, with the eighth one above a quarter of its share at one snapshot in eight."""
    rng = np.random.default_rng(seed)
    run = [ALL.copy() for _ in range(40)]
    for snapshot in run[12:]:
        snapshot[5] = max(0, rng.normal(0.15, 0.08))
    ruling = ruled(run)
    assert ruling.outcome == "mode_collapse"
    assert abs(ruling.onset_round - 130) <= 20


def test_leaving_the_data_for_good_is_a_loss_of_all_modes() -> None:
    ruling = ruled([ALL] * 8 + [OFF] * 8)
    assert short(ruling) == ("mode_collapse", 90, None)
    assert ruling.severity == 1
    assert "left the data at round 90" in ruling.evidence


# Oscillation


def test_a_blob_that_visits_one_mode_after_the_other_oscillates() -> None:
    ruling = ruled([only(t % M) for t in range(20)])
    assert short(ruling) == ("oscillating", 10, None)
    assert ruling.severity == pytest.approx(1 - 1 / M)
    assert "covers 1.0 of 8 modes at a time, 8 different ones" in ruling.evidence


@pytest.mark.parametrize("stay", [2, 5, 10])
def test_slow_wandering_oscillates_too(stay: int) -> None:
    assert ruled([only(t // stay % M) for t in range(4 * stay)]).outcome == "oscillating"


def test_a_blob_that_is_mostly_between_the_modes_oscillates_from_the_start() -> None:
    """What it does before it is first seen at a mode it does later, too, between two sightings."""
    run = [only(t // 4 % M) if t % 4 == 2 else OFF for t in range(30)]
    assert short(ruled(run)) == ("oscillating", 10, None)


def test_a_wide_blob_that_only_brushes_the_modes_oscillates() -> None:
    run = [only(t // 2 % M, each=0.1 * M) if t % 2 else OFF for t in range(30)]
    run[0] = np.array([0.01] + [0.0] * 7)  # a sample or two of a thousand
    assert ruled(run).outcome == "oscillating"


def test_halves_in_turn_oscillate() -> None:
    run = [only(*range(4)) if t // 3 % 2 else only(*range(4, 8)) for t in range(24)]
    assert ruled(run).outcome == "oscillating"


def test_missing_modes_that_are_others_each_time_oscillate() -> None:
    run = [np.delete(np.arange(M), [t % M, (t + 1) % M]) for t in range(24)]
    assert ruled([only(*held) for held in run]).outcome == "oscillating"


def test_health_that_turns_into_wandering_is_dated() -> None:
    run = [ALL] * 9 + [only(t % M) for t in range(20)]
    assert short(ruled(run)) == ("oscillating", 100, None)


def test_a_collapse_that_turns_into_wandering_is_dated_to_the_wandering() -> None:
    run = [only(0)] * 12 + [only(1 + t % 7) for t in range(20)]
    assert short(ruled(run)) == ("oscillating", 130, None)


def test_wandering_that_settles_is_a_collapse_from_then_on() -> None:
    run = [only(t % M) for t in range(15)] + [only(4)] * 15
    assert short(ruled(run)) == ("mode_collapse", 160, None)


def test_a_single_move_is_no_wandering() -> None:
    assert short(ruled([only(0)] * 15 + [only(4)] * 15)) == ("mode_collapse", 10, None)


# Stalling


def test_a_run_that_never_reached_the_data_is_stalled_without_onset() -> None:
    ruling = ruled([0.1 * ALL] * 20)
    assert short(ruling) == ("stalled", None, None)
    assert ruling.severity == 1
    assert "at most 10% of the samples" in ruling.evidence


def test_one_touch_in_passing_is_not_reaching_the_data() -> None:
    assert ruled([OFF] * 5 + [only(2)] + [OFF] * 15).outcome == "stalled"


def test_samples_thinly_over_all_modes_from_start_to_end_are_stalled() -> None:
    assert ruled([0.35 * ALL] * 20).outcome == "stalled"


# Divergence


@pytest.mark.parametrize("onset", [0, 1, 10, 19])
@pytest.mark.parametrize("before", [ALL, OFF, only(1)])
def test_not_finite_to_the_end_is_divergence(onset: int, before: np.ndarray) -> None:
    ruling = ruled([before] * onset + [LOST] * (20 - onset))
    assert short(ruling) == ("diverged", 10 * (onset + 1), None)
    assert ruling.severity == 1
    assert f"not finite from round {10 * (onset + 1)} on" in ruling.evidence


def test_growth_before_infinity_is_part_of_the_divergence() -> None:
    run = [ALL] * 5 + [OFF] * 4 + [LOST] * 5
    ruling = ruled(run, scale=[1] * 5 + [2, 8, 64, 4096] + [1] * 5)
    assert short(ruling) == ("diverged", 60, None)
    assert "samples grow from round 60 on, up to 4.1e+03 times" in ruling.evidence
    assert "not finite from round 100 on" in ruling.evidence


@pytest.mark.parametrize("growth", [lambda t: 1.5**t, lambda t: 1.0 + t, lambda t: 1e6 + 0 * t])
def test_scale_that_grows_to_the_end_is_divergence(growth: object) -> None:
    scale = np.r_[np.ones(10), growth(np.arange(1, 16))]
    ruling = ruled([ALL] * 10 + [OFF] * 15, scale=scale)
    assert ruling.outcome == "diverged"
    assert ruling.onset_round in (110, 120)


def test_a_scale_that_is_off_but_stays_is_no_divergence() -> None:
    rng = np.random.default_rng(0)
    assert ruled([OFF] * 30, scale=5 + 0.2 * rng.normal(size=30)).outcome == "stalled"


def test_a_few_samples_that_run_away_are_no_divergence() -> None:
    assert ruled([0.95 * ALL] * 20, scale=1.4 ** np.arange(20)).outcome == "healthy"


# Few snapshots, and signals that do not fit


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_runs_with_few_snapshots_are_ruled_on(length: int) -> None:
    assert short(ruled([ALL] * length)) == ("healthy", None, 10)
    assert short(ruled([only(0)] * length)) == ("mode_collapse", 10, None)
    assert short(ruled([OFF] * length)) == ("stalled", None, None)
    assert short(ruled([LOST] * length)) == ("diverged", 10, None)


def test_two_of_four_snapshots_are_too_few_to_show_lasting_health() -> None:
    """A mode that is lost at two and there at two is not averaged into one that is held."""
    assert short(ruled([only(*range(7))] * 2 + [ALL] * 2)) == ("healthy", None, None)


def test_a_short_run_is_dated_within_what_it_shows() -> None:
    assert short(ruled([OFF, OFF, ALL, ALL, ALL])) == ("healthy", None, 30)
    assert short(ruled([ALL, ALL, ALL, only(0), only(0), only(0)])) == ("mode_collapse", 40, None)


def test_signals_that_do_not_fit_are_refused() -> None:
    good = signals([ALL] * 3)
    with pytest.raises(ValueError, match="T rounds"):
        rule([1, 2], good, MODES)
    with pytest.raises(ValueError, match="T rounds"):
        rule([1, 2, 3], good | {"mode_shares": good["mode_shares"][:, :4]}, MODES)
    with pytest.raises(ValueError, match="without snapshots"):
        rule([], {name: values[:0] for name, values in good.items()}, MODES)


# A single Gaussian


@pytest.mark.parametrize(
    ("width", "shift", "outcome"),
    [
        (1.0, 0.0, "healthy"),
        (0.6, 0.5, "healthy"),
        (0.1, 0.0, "mode_collapse"),
        (1.0, 8.0, "stalled"),
        (5.0, 0.0, "stalled"),
    ],
)
def test_a_single_gaussian_is_ruled_on_by_width_and_place(
    width: float, shift: float, outcome: str
) -> None:
    """Width and shift are in its own deviations."""
    modes = make_target(MixtureTarget(kind="mixture", centres=((1, -2),), std=0.5)).modes
    noise = np.random.default_rng(0).normal(size=(10, 500, 2))
    samples = modes.mean + 0.5 * (width * noise + [shift, 0])
    assert rule(np.arange(10), measure(samples, modes), modes).outcome == outcome


# Properties


trajectories = st.lists(
    st.sampled_from([ALL, OFF, LOST, only(0), only(0, 1), only(5), 0.4 * ALL, only(*range(7))]),
    min_size=1,
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(trajectories)
def test_every_run_gets_a_ruling_that_makes_sense(snapshots: list[np.ndarray]) -> None:
    ruling = ruled(snapshots)
    rounds = [10 * (i + 1) for i in range(len(snapshots))]
    assert 0 <= ruling.severity <= 1
    assert (ruling.onset_round in rounds) == (ruling.outcome not in ("healthy", "stalled"))
    assert ruling.converged_round in [None, *rounds]
    if ruling.outcome != "healthy":
        assert ruling.converged_round is None
    if ruling.outcome in ("stalled", "diverged"):
        assert ruling.severity == 1
    if np.isnan(snapshots[-1]).any():
        assert ruling.outcome == "diverged"
    assert ruling.evidence


@settings(max_examples=100, deadline=None)
@given(trajectories, st.permutations(range(M)))
def test_the_names_of_modes_do_not_matter(snapshots: list[np.ndarray], order: list[int]) -> None:
    assert ruled(snapshots) == ruled([snapshot[order] for snapshot in snapshots])


@settings(max_examples=100, deadline=None)
@given(trajectories)
def test_storing_signals_in_single_precision_changes_no_outcome(
    snapshots: list[np.ndarray],
) -> None:
    rounds = np.arange(len(snapshots))
    exact = signals(snapshots)
    stored = {name: values.astype(np.float32) for name, values in exact.items()}
    assert short(rule(rounds, exact, MODES)) == short(rule(rounds, stored, MODES))


@settings(max_examples=50, deadline=None)
@given(trajectories, st.integers(3, 10))
def test_a_failure_that_went_on_longer_began_no_later(
    snapshots: list[np.ndarray], more: int
) -> None:
    """More of the same collapse at the end moves neither outcome nor onset once it lasts.

    It starts more than twice as long as all before, so that wandering is over.
    """
    base = [*snapshots, *[only(6)] * 60]
    assert short(ruled(base)) == short(ruled([*base, *[only(6)] * more]))


def test_thresholds_can_be_changed_to_rule_again() -> None:
    narrow = signals([ALL] * 10, spread=0.4)
    strict = Thresholds(spread=0.5)
    assert rule(range(10), narrow, MODES).outcome == "healthy"
    assert rule(range(10), narrow, MODES, strict).outcome == "mode_collapse"


def test_rulings_on_other_targets_use_their_own_weights(rng: np.random.Generator) -> None:
    """A rare mode is held at a quarter of ITS fair share."""
    modes = KnownModes(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([1.0, 19.0]), 0.02)
    rare = np.where(rng.random((10, 2000)) < 0.03, 0, 1)
    samples = modes.centres[rare] + 0.02 * rng.normal(size=(10, 2000, 2))
    assert rule(range(10), measure(samples, modes), modes).outcome == "healthy"


HUNDRED = KnownModes(np.column_stack([np.arange(100.0), np.zeros(100)]), np.ones(100), 0.02)


def missing_in_turn(missing: int) -> Signals:
    """40 snapshots of 100 modes: as many are missing at each, every time the next ones."""
    turns = (t * missing + np.arange(missing) for t in range(40))
    lost = [np.isin(np.arange(100), turn % 100) for turn in turns]
    shares = np.where(lost, 0.0, 0.01)
    healthy = dict.fromkeys(("high_quality", "spread", "scale"), np.ones(40))
    coverage, modes = 100 * shares.mean(axis=1), (shares > 0).sum(axis=1)
    return {**healthy, "mode_shares": shares, "coverage": coverage, "modes": modes}


@pytest.mark.parametrize(("missing", "healthy"), [(0, True), (15, True), (16, False), (20, False)])
def test_a_run_that_holds_85_percent_of_the_modes_at_a_time_is_healthy(
    missing: int, healthy: bool
) -> None:
    """One that held as many of the same modes would have lost the others."""
    found = rule(np.arange(40), missing_in_turn(missing), HUNDRED)
    assert (found.outcome == "healthy") == healthy


@pytest.mark.parametrize(
    ("spread", "outcome"),
    [(1.0, "healthy"), (0.3, "healthy"), (0.299, "mode_collapse"), (0.1, "mode_collapse")],
)
def test_a_run_that_has_three_tenths_of_the_variety_is_healthy(spread: float, outcome: str) -> None:
    assert ruled([ALL] * 20, spread=spread).outcome == outcome
