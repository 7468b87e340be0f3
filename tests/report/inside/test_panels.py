"""The panels of a family's metrics: a panel a value of every axis but the one that colours."""

from collections.abc import Callable
from typing import Any

import pytest

from vistab.report.view import build_view
from vistab.report.view.inside import InsideView

MakeMade = Callable[..., tuple[Any, Any]]


def inside_of(made: tuple[Any, Any]) -> InsideView:
    """What the page of a study and its results shows of the inside of the models."""
    inside = build_view(made[0], (), made[1]).inside
    assert inside is not None
    return inside


@pytest.mark.parametrize(
    ("axes", "pooled", "titles"),
    [
        (
            "family.scale: [0.1, 1.0], family.warm_up_rounds: [0, 300]",
            (),
            ["warm up rounds 0", "warm up rounds 300"],
        ),
        (
            "family.scale: [0.1, 1.0], family.warm_up_rounds: [0, 100, 200, 300]",
            ("warm up rounds",),
            [""],
        ),
    ],
    ids=["few", "many"],
)
def test_the_x_axis_has_panels_of_its_own_while_there_is_room(
    axes: str, pooled: tuple[str, ...], titles: list[str], make_made: MakeMade
) -> None:
    """Four metrics and two values make eight panels; four values would make sixteen."""
    inside = inside_of(make_made("vae", "ring", axes, 2, 4))
    assert inside.metrics.pooled == pooled
    for curves in inside.metrics.curves:
        assert [panel.title for panel in curves.panels] == titles


def test_a_panel_holds_the_runs_of_its_own_values(make_made: MakeMade) -> None:
    axes = "family.scale: [0.1, 1.0], family.warm_up_rounds: [0, 300]"
    study, results = make_made("vae", "ring", axes, 2, 4)
    found = inside_of((study, results)).metrics.curves
    (bound,) = (curves for curves in found if curves.name == "evidence_lower_bound")
    runs = results.runs
    for panel, warm_up in zip(bound.panels, (0, 300), strict=True):
        for series, scale in zip(panel.series, (0.1, 1.0), strict=True):
            own = runs[(runs["family.warm_up_rounds"] == warm_up) & (runs["family.scale"] == scale)]
            kept = results.history[results.history["run_id"].isin(own["run_id"])]
            assert sorted(series.values.ravel()) == sorted(kept["evidence_lower_bound"])


@pytest.mark.parametrize(("second", "comparable"), [("target.std", False), ("family.scale", True)])
def test_likelihoods_of_different_targets_have_axes_of_their_own(
    second: str, comparable: bool, make_made: MakeMade
) -> None:
    """A narrow target's log-likelihood says nothing of a wide one's."""
    axes = f"family.kl_weight: [1, 2], {second}: [0.02, 0.1]"
    curves = inside_of(make_made("vae", "ring", axes, 2, 4)).metrics.curves
    assert {one.comparable for one in curves} == {comparable}
    assert {len(one.panels) for one in curves} == {2}
