"""Displacement against coverage: a mark a run at its values, in the colour and shape of its arm."""

import re

import pytest
from reading import Reading

from vistab.report.figures.scatter import SHAPES, displacement_figure
from vistab.report.view.why import Group

GROUPS = (
    Group("weight 5", "treatment", (0.02, 0.05, 0.04), (1.0, 0.75, 0.875)),
    Group("half step", "control0", (0.1, 0.2, 0.3), (0.5, 0.125, 0.25)),
    Group("tenth step", "control1", (0.01, 0.02, 0.03), (0.0, 0.25, 0.5)),
)


def places(figure: Reading, *of_class: str) -> list[tuple[float, float]]:
    """Where the marks of these classes stand, in the units of the axes."""
    found = []
    for node in figure.nodes("path", *of_class):
        x, y = map(float, re.findall(r"translate\((\S+) (\S+)\)", node.get("transform", ""))[0])
        found.append((figure.x(x), figure.y(y)))
    return found


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.label)
def test_every_run_and_the_median_of_an_arm_stand_at_their_values(group: Group) -> None:
    figure = Reading(displacement_figure(GROUPS), log_x=True)
    seen = places(figure, "point", f"fill-{group.side}")
    assert [x for x, _ in seen] == pytest.approx(group.x, rel=0.03)
    assert [y for _, y in seen] == pytest.approx(group.y, abs=0.01)
    assert group.middle == (sorted(group.x)[1], sorted(group.y)[1])
    ((x, y),) = places(figure, "median", f"fill-{group.side}")
    assert x == pytest.approx(group.middle[0], rel=0.03)
    assert y == pytest.approx(group.middle[1], abs=0.01)
    shapes = {n.get("d") for n in figure.nodes("path", f"fill-{group.side}")}
    assert shapes == {SHAPES[group.side]}


def test_the_finding_names_each_arm_with_its_own_medians() -> None:
    told = Reading(displacement_figure(GROUPS), log_x=True).root.get("aria-label")
    assert told == (
        "Medians by arm. weight 5: displacement 0.04, coverage 88 %; "
        "half step: displacement 0.2, coverage 25 %; tenth step: displacement 0.02, coverage 25 %"
    )
