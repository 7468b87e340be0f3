"""Failures inside a model, from signals of a run that would otherwise be healthy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vistab.collapse.detector import Ruling, rule
from vistab.collapse.inner import FAILURES
from vistab.collapse.signals import SIGNALS
from vistab.collapse.thresholds import Thresholds
from vistab.spec.targets import DigitsTarget, MixtureTarget, RingTarget
from vistab.targets import Modes, make_target

T = 20
RING = make_target(RingTarget(kind="ring")).modes
GAUSSIAN_3D = make_target(MixtureTarget(kind="mixture", centres=((0, 0, 0),), std=1.0)).modes
WITH = {"latent_kl": 2.0, "component_thinness": 50.0, "component_weights": 0.25}
"""By column, the value of a latent or of a component (of four) that works."""
WITHOUT = {"latent_kl": 0.001, "component_thinness": 1.01, "component_weights": 0.01}
"""And of one that does not."""
OUTCOME = {column: outcome for outcome, (column, _, _) in FAILURES.items()}


def healthy(modes: Modes = RING, length: int = T) -> dict[str, np.ndarray]:
    """The signals of a perfect sampler at `length` snapshots."""
    return {name: np.ones(length) for name in SIGNALS} | {
        "modes": np.full(length, float(modes.count)),
        "mode_shares": np.tile(modes.fair_shares, (length, 1)),
    }


def ruled(modes: Modes = RING, **columns: object) -> Ruling:
    """The ruling on a perfect sampler with these columns, at rounds 10, 20, ..."""
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    length = min((len(values) for values in arrays.values()), default=T)
    rounds = 10 * np.arange(1, length + 1)
    return rule(rounds, healthy(modes, length) | arrays, modes)


def column(name: str, broken: int, since: int, size: int = 4, length: int = T) -> np.ndarray:
    """[T, size] of which the first `broken` fail from a snapshot on."""
    values = np.full((length, size), WITH[name])
    values[since:, :broken] = WITHOUT[name]
    return values


@pytest.mark.parametrize("name", WITH)
def test_columns_with_nothing_wrong_change_no_ruling(name: str) -> None:
    assert ruled(**{name: column(name, 0, 0)}) == ruled()


@pytest.mark.parametrize("since", [0, 1, 7, 17])
@pytest.mark.parametrize("name", WITH)
def test_a_lasting_failure_is_found_and_dated_to_the_snapshot(name: str, since: int) -> None:
    ruling = ruled(**{name: column(name, 3, since)})
    assert ruling.outcome == OUTCOME[name]
    assert ruling.onset_round == 10 * (since + 1)
    assert ruling.converged_round is None
    assert ruling.evidence.endswith(f"from round {10 * (since + 1)} on")


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("name", WITH)
def test_a_failure_of_the_last_snapshots_does_not_last(name: str, length: int) -> None:
    assert ruled(**{name: column(name, 4, T - length)}).outcome == "healthy"


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("name", WITH)
def test_brief_health_at_the_end_does_not_undo_it(name: str, length: int) -> None:
    values = column(name, 4, 5)
    values[-length:] = WITH[name]
    ruling = ruled(**{name: values})
    assert (ruling.outcome, ruling.onset_round) == (OUTCOME[name], 60)


@pytest.mark.parametrize("name", WITH)
def test_a_failure_that_passed_is_none(name: str) -> None:
    values = column(name, 4, 0)
    values[12:] = WITH[name]
    assert ruled(**{name: values}) == ruled()


@pytest.mark.parametrize("name", WITH)
def test_a_single_good_snapshot_does_not_put_the_onset_off(name: str) -> None:
    values = column(name, 4, 5)
    values[10] = WITH[name]
    assert ruled(**{name: values}).onset_round == 60


@pytest.mark.parametrize("name", WITH)
def test_good_snapshots_now_and_then_do_not_make_it_pass(name: str) -> None:
    """No failing spell here is three long, but three of any five snapshots fail."""
    values = column(name, 4, 0)
    values[2::3] = WITH[name]
    ruling = ruled(**{name: values})
    assert (ruling.outcome, ruling.onset_round) == (OUTCOME[name], 10)


@pytest.mark.parametrize("name", WITH)
def test_severity_is_the_median_over_the_failure(name: str) -> None:
    """Not that of the last snapshot, nor of the whole run."""
    values = column(name, 2, 14)
    values[-1] = WITHOUT[name]
    four = MixtureTarget(kind="mixture", centres=((0, 0, 0, 0),), std=1.0)  # needs four latents
    assert ruled(make_target(four).modes, **{name: values}).severity == 0.5


@pytest.mark.parametrize("length", [1, 2, 3, 4])
@pytest.mark.parametrize("name", WITH)
def test_runs_with_few_snapshots_are_ruled_on(name: str, length: int) -> None:
    ruling = ruled(**{name: column(name, 4, 0, length=length)})
    assert (ruling.outcome, ruling.onset_round) == (OUTCOME[name], 10)


@pytest.mark.parametrize("name", WITH)
def test_numbers_that_are_not_finite_count_as_failing(name: str) -> None:
    values = column(name, 0, 0)
    values[8:, :3] = np.nan
    ruling = ruled(**{name: values})
    assert (ruling.outcome, ruling.onset_round) == (OUTCOME[name], 90)


# How many latents are needed


@pytest.mark.parametrize(
    ("size", "active", "severity"),
    [
        (2, 2, None),
        (2, 1, 0.5),
        (2, 0, 1.0),
        (1, 1, None),
        (1, 0, 1.0),
        (16, 2, None),
        (16, 1, 0.5),
    ],
)
def test_a_ring_needs_two_latents_or_all_there_are(
    size: int, active: int, severity: float | None
) -> None:
    """Latents beyond what the target spreads in may be idle."""
    ruling = ruled(latent_kl=column("latent_kl", size - active, 0, size))
    assert ruling.outcome == ("healthy" if severity is None else "posterior_collapse")
    assert severity is None or ruling.severity == pytest.approx(severity)


@pytest.mark.parametrize(("active", "outcome"), [(3, "healthy"), (2, "posterior_collapse")])
def test_a_gaussian_in_3_d_needs_three(active: int, outcome: str) -> None:
    ruling = ruled(GAUSSIAN_3D, latent_kl=column("latent_kl", 8 - active, 0, 8))
    assert ruling.outcome == outcome


def test_the_evidence_counts_idle_latents() -> None:
    one = ruled(latent_kl=column("latent_kl", 1, 4, 2)).evidence
    assert one == "1 of 2 latent dimensions carries less than 0.05 nats from round 50 on"
    many = ruled(latent_kl=column("latent_kl", 15, 4, 16)).evidence
    assert many == (
        "15 of 16 latent dimensions carry less than 0.05 nats "
        "(the target needs 2 that do not) from round 50 on"
    )


# Components


@pytest.mark.parametrize("name", ["component_thinness", "component_weights"])
def test_severity_is_the_share_of_components(name: str) -> None:
    assert ruled(**{name: column(name, 1, 3)}).severity == pytest.approx(0.25)
    assert ruled(**{name: column(name, 3, 3)}).severity == pytest.approx(0.75)


def test_the_evidence_counts_components() -> None:
    one = ruled(component_thinness=column("component_thinness", 1, 3)).evidence
    assert one == "1 of 4 components has shrunk to next to nothing from round 40 on"
    two = ruled(component_weights=column("component_weights", 2, 3)).evidence
    assert two.startswith("2 of 4 components have less than 10% of a fair share of the data")


def test_thresholds_lie_where_they_say() -> None:
    t = Thresholds()
    for name, least in (
        ("latent_kl", t.active_kl),
        ("component_thinness", t.singular),
        ("component_weights", t.dead_share / 4),
    ):
        good, bad = column(name, 0, 0), column(name, 0, 0)
        good[:, 0], bad[:, :] = least, WITH[name]
        bad[:, :3] = 0.999 * least
        assert ruled(**{name: good}).outcome == "healthy"
        assert ruled(**{name: bad}).outcome == OUTCOME[name]


def test_components_as_thin_as_a_flat_target_are_no_failure() -> None:
    """Three pixels of the digits never change, and no component can vary there."""
    digits = make_target(DigitsTarget(kind="digits")).modes
    assert ruled(digits, component_thinness=np.ones((T, 30))).outcome == "healthy"
    assert ruled(digits, component_weights=np.zeros((T, 30))).outcome == "dead_components"


# Order


def test_of_several_failures_the_first_in_order_counts() -> None:
    """diverged, posterior collapse, singular components, dead components, then the others."""
    left = {name: column(name, 4, 2) for name in WITH}
    off = healthy()
    off["coverage"] = off["high_quality"] = np.zeros(T)
    off["mode_shares"] = 0 * off["mode_shares"]
    lost = {name: np.where(np.arange(T) < 15, 1.0, np.nan) for name in ("coverage", "scale")}
    rounds = np.arange(T)
    assert rule(rounds, off | left | lost, RING).outcome == "diverged"
    for name in WITH:
        assert rule(rounds, off | left, RING).outcome == OUTCOME[name]
        del left[name]
    assert rule(rounds, off | left, RING).outcome == "stalled"


def test_columns_that_do_not_fit_are_refused() -> None:
    for shape in ((T - 1, 2), (T,), (T, 0)):
        with pytest.raises(ValueError, match="latent_kl must be"):
            rule(np.arange(T), healthy() | {"latent_kl": np.ones(shape)}, RING)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(WITH)),
    st.lists(st.integers(0, 4), min_size=1, max_size=25),
)
def test_every_inner_failure_makes_sense(name: str, broken: list[int]) -> None:
    values = np.stack([column(name, number, 0, length=1)[0] for number in broken])
    ruling = ruled(**{name: values})
    assert ruling.outcome in ("healthy", OUTCOME[name])
    assert 0 <= ruling.severity <= 1
    if ruling.outcome != "healthy":
        onset = ruling.onset_round // 10 - 1
        assert broken[onset] > 0
        assert 2 * np.count_nonzero(broken[onset:]) >= len(broken) - onset
