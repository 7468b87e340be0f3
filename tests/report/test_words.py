"""Numbers and names in the reader's words."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vistab.analysis.verdict import Verdict
from vistab.report import words

PLAIN = Verdict(
    "C", "rate", "s", "supported", 0.0, None, "", None, None, 0.0, "lower", 1, 1, 0, 1, "s"
)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("family.regularizer.weight", "regularizer weight"),
        ("optimizer.learning_rate", "learning rate"),
        ("plain", "plain"),
    ],
)
def test_an_axis_is_named_without_its_section(path: str, name: str) -> None:
    assert words.axis_name(path) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "on"),
        (False, "off"),
        (0, "0"),
        (0.001, "0.001"),
        (2e-4, "2e-04"),
        (0.00025, "0.00025"),  # not 2e-04: values that differ have names that differ
        (-2.5, "\u22122.5"),
        ("a_b", "a b"),
    ],
)
def test_values_are_short(value: object, name: str) -> None:
    assert words.value_name(value) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [(0.0123456, "0.0123"), (0.0005174, "0.000517"), (14.32, "14.3"), (2, "2"), (True, "on")],
)
def test_values_that_a_search_has_drawn_have_three_digits(value: object, name: str) -> None:
    assert words.setting_name(value) == name


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (1, "100 %"), (0.914, "91 %"), (0.998, "99.8 %")]
)
def test_a_share_is_never_rounded_to_all_or_none(share: float, text: str) -> None:
    assert words.percent(share) == text


def test_numbers_have_true_minus_signs_and_a_dash_for_none() -> None:
    assert words.number(-0.0123456) == "\u22120.0123"
    assert words.number(None) == words.number(float("nan")) == "\u2013"
    assert words.number(12345.6) == "12,346"


def test_small_p_values_are_bounded_not_zero() -> None:
    assert words.p_value(1e-9) == "< 0.0001"
    assert words.p_value(0.0039) == "0.0039"
    assert words.p_value(None) == "\u2013"


def test_shares_are_told_in_points_intervals_by_their_width(
    verdicts: tuple[Verdict, ...],
) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    assert words.effect(rate) == "\u221241.2 points"
    assert words.interval(rate) == "\u221252 to \u221229"


def test_net_shares_of_pairs_are_told_in_points_too(verdicts: tuple[Verdict, ...]) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    score = replace(
        rate, kind="score", unit="share of pairs", effect=0.412, interval=(0.287, 0.523)
    )
    score = replace(score, details={})  # no two sides to tell
    assert words.effect(score) == "41.2 points"
    assert words.interval(score) == "29 to 52"
    healthy = replace(score, unit="final_coverage")
    assert words.effect(healthy) == "0.412"


def test_dotted_paths_in_sentences_become_names() -> None:
    told = words.readable("With family.regularizer.weight 5, e.g. 0.5 points.")
    assert told == "With regularizer weight 5, e.g. 0.5 points."


def test_lists_read_as_english() -> None:
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(["a"]) == "a"


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("prior_mismatch", "mismatch of codes and prior"),
        ("final_prior_mismatch", "mismatch of codes and prior at the end"),
        ("best_log_likelihood", "log-likelihood at its best"),
        ("of_my_own", "of my own"),
        ("final_of_my_own", "of my own at the end"),
    ],
)
def test_metrics_have_names(metric: str, name: str) -> None:
    assert words.metric_name(metric) == name


def test_columns_of_runs_in_sentences_become_names() -> None:
    told = words.readable("With it, final_prior_mismatch was 0.2.")
    assert told == "With it, mismatch of codes and prior at the end was 0.2."


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("share of runs per step", "points per step"),
        ("share of pairs", "points"),
        ("final_evidence_lower_bound", "nats"),
        ("best_log_likelihood per step", "nats per step"),
        ("final_prior_mismatch", ""),
        ("rounds", "rounds"),
    ],
)
def test_effects_bear_the_unit_of_their_metric(unit: str, name: str) -> None:
    assert words.unit_name(unit) == name


def of_sides(verdict: Verdict, treatment: float, control: float, unit: str) -> Verdict:
    """The verdict with these means of its sides."""
    row = {
        "treatment_mean": treatment,
        "control_mean": control,
        "by_replicate": [{"effect": treatment - control}],
    }
    return replace(
        verdict, effect=treatment - control, unit=unit, interval=None, details={"controls": [row]}
    )


@given(
    st.floats(0, 1, width=16),
    st.floats(0, 1, width=16),
    st.sampled_from(["share of runs", "final_coverage"]),
)
def test_the_effect_is_the_difference_of_the_means_as_they_are_said(
    treatment: float, control: float, unit: str
) -> None:
    """To three digits that count of the larger; a difference too small for them is said anyway."""
    verdict = of_sides(PLAIN, treatment, control, unit)
    means = [float(one.removesuffix(" %")) for one in words.facts(verdict, [treatment, control])]
    said = float(words.effect(verdict).split()[0].replace("\u2212", "-"))
    if treatment == control:
        assert said == 0
    else:
        assert said * (treatment - control) > 0
        assert means[0] == means[1] or said == pytest.approx(means[0] - means[1])


def test_facts_have_three_digits_that_count(verdicts: tuple[Verdict, ...]) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    assert words.facts(rate, [2 / 3, 0.05]) == ["66.7 %", "5 %"]
    assert words.facts(rate, [2 / 3, 1.0]) == ["67 %", "100 %"]
    rounds = replace(rate, unit="rounds")
    assert words.facts(rounds, [80.0, 25.3]) == ["80", "25.3"]


def test_one_point_is_no_points(verdicts: tuple[Verdict, ...]) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    assert words.effect(of_sides(rate, 0.41, 0.4, "share of runs")) == "1 point"
    assert words.effect(of_sides(rate, 0.4, 0.41, "share of runs")) == "\u22121 point"
    assert words.effect(of_sides(rate, 0.42, 0.4, "share of runs per step")) == "2 points per step"
    assert words.effect(of_sides(rate, 0.41, 0.4, "share of runs per step")) == "1 point per step"
    assert words.margin(replace(rate, margin=0.01)) == "1 point"
    assert words.margin(replace(rate, margin=50.0, unit="rounds")) == "50 rounds"


@given(st.floats(1e-12, 1), st.sampled_from([0.01, 0.05, 0.1]))
def test_p_is_never_rounded_to_the_other_side_of_alpha(p: float, alpha: float) -> None:
    said = words.p_value(p, alpha)
    assert said == "< 0.0001" or (float(said) <= alpha) == (p <= alpha)
    assert words.p_value(0.0503, 0.05) == "0.0503"


@pytest.mark.parametrize(
    ("text", "told"), [("", ""), ("so it is", "So it is."), ("Is it?", "Is it?"), ("x.", "X.")]
)
def test_words_become_a_sentence_once(text: str, told: str) -> None:
    assert words.as_sentence(text) == told
