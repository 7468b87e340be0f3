"""Studies of which nothing is true: a difference claim is decided by chance alone.

Supported and refuted go by a test of the sharp null: no effect on any run, so treatment and
control of a replicate are exchangeable.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lab.checks import BEYOND, BY_CHANCE, covers, said
from lab.kinds import (
    CONTROLS,
    DIFFERENCES,
    FOUR_WEIGHTS,
    NINE_CELLS,
    TWO_WEIGHTS,
    sides,
    stated,
    treated,
    untreated,
)
from lab.studies import RATE, STEPS, WEIGHT, Check, Claim, Scenario
from lab.worlds import FewReplicates, Shares, World, in_three_levels, skewed

NO_EFFECT = "no axis has an effect on any run"
ONE_FATE_A_SIDE = Shares(alike=0.95, shared_by=("replicate", WEIGHT))
ONE_FATE_A_LEVEL = Shares(alike=0.95, shared_by=("replicate", RATE))


def null(
    sort: str,
    case: str = "",
    truth: str = NO_EFFECT,
    world: World | None = None,
    claim: Claim | None = None,
    checks: tuple[Check, ...] = BY_CHANCE,
    **more: Any,
) -> Scenario:
    """A claim whose true effect is 0."""
    asked = {**DIFFERENCES[sort], **(claim or {})}
    return Scenario(
        f"{sort}: {case}" if case else sort,
        truth,
        (asked,),
        world or Shares(),
        (*checks, covers(0.0)),
        (stated(asked, 0.0),),
        **more,
    )


def plain_nulls() -> Iterator[Scenario]:
    """Every sort of claim, and few or many replicates."""
    yield from (null(sort) for sort in DIFFERENCES)
    yield null("rate", "3 replicates", replicates=3)
    yield null("stable region", "3 replicates", replicates=3)
    yield null("rate", "30 replicates", replicates=30, axes=TWO_WEIGHTS, slow=True)


def dependent_nulls() -> Iterator[Scenario]:
    """Cells that tell the same thing over and over must not count as evidence."""
    told = "no effect; all runs of one side of a replicate share their fate"
    for sort in ("rate", "onset of failure", "score, ranked", "stable region"):
        yield null(sort, "cells alike", told, ONE_FATE_A_SIDE)
    told = "no effect; all runs of one level of a replicate share their fate"
    yield null("trend of an outcome", "cells alike", told, ONE_FATE_A_LEVEL)
    yield null("interaction along", "cells alike", told, ONE_FATE_A_LEVEL)


def extreme_nulls() -> Iterator[Scenario]:
    """All runs alike, rare failures, ties, skewed values."""
    told = "no effect; every run fails"
    for sort in ("rate", "onset of failure", "score, ranked", "trend of an outcome",
                 "stable region"):  # fmt: skip
        yield null(sort, "all runs fail", told, Shares(lambda runs: 1))
    yield null("rate", "no run fails", "no effect; no run fails", Shares(lambda runs: 0))
    yield null("rate", "rare", "no effect; 3 % of runs fail", Shares(lambda runs: 0.03))
    for sort in ("score, all runs", "score, ranked", "score, healthy runs", "trend of a metric"):
        told = "no effect; coverage has three values"
        yield null(sort, "ties", told, Shares(deviates=in_three_levels))
        told = "no effect; coverage is skewed, and alike within a replicate"
        yield null(sort, "skewed", told, Shares(deviates=skewed, alike=0.9))


def nulls_beside_effects() -> Iterator[Scenario]:
    """The claim is not true, but something else is."""
    yield null(
        "rate",
        "another axis matters",
        "no effect of the weight; of the steps a large one (20 % and 80 % fail)",
        Shares(lambda runs: np.where(runs[STEPS] == 5, 0.8, 0.2)),
    )
    yield null(
        "interaction across",
        "main effect",
        "no interaction; the weight lowers failures from 60 % to 30 % at either value",
        Shares(sides(0.3, 0.6)),
    )
    yield null("rate", "three controls", claim=CONTROLS, axes=FOUR_WEIGHTS)
    yield null(
        "rate",
        "three controls, two far worse",
        "no effect against one control (30 % fail); of the other two 95 % fail",
        Shares(lambda runs: np.where(runs[WEIGHT].isin([1, 2]), 0.95, 0.3)),
        claim=CONTROLS,
        axes=FOUR_WEIGHTS,
    )


NOT_PROMISED = (
    Check(BEYOND, "supported", said("supported"), None),
    Check(BEYOND, "refuted", said("refuted"), None),
)


def weak_nulls() -> Iterator[Scenario]:
    """The mean effect is 0, but runs do have effects: no null of the sign-flip test."""
    yield null(
        "rate",
        "mean 0, seldom much worse",
        "in 10 % of replicates the treatment fails in all cells, in the others the control fails "
        "in 1 cell of 9: the mean effect is 0",
        FewReplicates(treated, untreated, share=0.1, elsewhere=1 / 9),
        checks=NOT_PROMISED,
        axes=NINE_CELLS,
    )
    yield null(
        "interaction across",
        "unlike main effects",
        "the weight lowers failures by 20 points at either value: "
        "from 20 % to 0 and from 60 % to 40 %",
        Shares(lambda runs: np.where(runs[STEPS] == 5, sides(0.4, 0.6)(runs), sides(0, 0.2)(runs))),
        checks=NOT_PROMISED,
    )


def nulls() -> Iterator[Scenario]:
    """All of them."""
    yield from plain_nulls()
    yield from dependent_nulls()
    yield from extreme_nulls()
    yield from nulls_beside_effects()
    yield from weak_nulls()
