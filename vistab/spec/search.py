"""What may be searched: where, by which sampler, for what, and how the winners are confirmed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, model_serializer

from vistab.spec.base import Spec

Objective = Literal["failure_rate", "coverage"]
SAMPLERS = ("tpe", "gp", "cmaes", "random")
BASELINE, BEST = "search.baseline", "search.best"
"""Names by which claims refer to the study's base values and to what the search liked best."""
MOST_CORNERS = 1000


class Range(Spec):
    """A stretch of numbers to draw from, evenly on its own scale; both ends belong to it."""

    scale: Literal["log", "linear"]
    low: int | float
    high: int | float

    @model_serializer
    def _as_in_the_file(self) -> dict[str, tuple[int | float, int | float]]:
        return {self.scale: (self.low, self.high)}


Dimension = Range | tuple[Any, ...]
"""What one path of the space may be: a range, or one of several values."""


class SearchSpec(Spec):
    """What every search has. `replicates` are those of each suggestion, never seen by a claim."""

    kind: str
    replicates: PositiveInt


class SamplerSearch(SearchSpec):
    """A sampler of Optuna suggests `trials` arms, each judged by the objectives, best first.

    failure_rate: share of failed runs, to be small. coverage: mean final coverage, to be large.
    """

    kind: Literal["tpe", "gp", "cmaes", "random"]
    space: Annotated[dict[str, Any], Field(min_length=1)]
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1, max_length=2)] = (
        "failure_rate",
    )
    trials: Annotated[int, Field(ge=2)]
    replicates: PositiveInt = 4


class FrontierSearch(SearchSpec):
    """Bisection for the largest value of `along` at which few enough runs fail, for each of `per`.

    A value is stable if at most `failure_rate` of its runs fail. Each step has fresh replicates.
    """

    kind: Literal["frontier"]
    along: Annotated[dict[str, Any], Field(min_length=1, max_length=1)]
    per: Annotated[dict[str, Any], Field(max_length=1)] = {}
    failure_rate: Annotated[float, Field(gt=0, lt=1)] = 0.5
    steps: Annotated[int, Field(ge=2, le=30)] = 6
    replicates: PositiveInt = 12

    @property
    def chains(self) -> tuple[dict[str, Any], ...]:
        """The partial assignment that each bisection is for; one empty one without `per`."""
        paths = [(path, value) for path, values in self.per.items() for value in values]
        return tuple({path: value} for path, value in paths) or ({},)


class ConfirmSpec(Spec):
    """How many of the best arms are trained again, each beside the baseline, by fresh replicates.

    Both numbers are fixed before any result; these runs alone reach the claims.
    """

    top: PositiveInt = 1
    replicates: Annotated[int, Field(ge=2)]


SEARCHES: dict[str, type[SearchSpec]] = {
    **dict.fromkeys(SAMPLERS, SamplerSearch),
    "frontier": FrontierSearch,
}


def space_of(search: SearchSpec) -> Mapping[str, Dimension]:
    """What the search may choose of every path that it varies."""
    if isinstance(search, FrontierSearch):
        return {**search.per, **search.along}
    assert isinstance(search, SamplerSearch)
    return search.space


def corners(search: SearchSpec) -> Iterator[dict[str, Any]]:
    """The extreme assignments that a search may suggest, at most MOST_CORNERS of them."""
    space = space_of(search)
    ends = [(one.low, one.high) if isinstance(one, Range) else one for one in space.values()]
    for values in itertools.islice(itertools.product(*ends), MOST_CORNERS):
        yield dict(zip(space, values, strict=True))


def n_suggestions(search: SearchSpec) -> int:
    """How many arms are tried in all; known before the first."""
    if isinstance(search, FrontierSearch):
        return len(search.chains) * search.steps
    assert isinstance(search, SamplerSearch)
    return search.trials


def n_arms(search: SearchSpec, whole: Container[str]) -> int | None:
    """How many different arms the search could suggest; None if there is no end of them.

    whole: the paths that take whole numbers only, so that a range of them has an end.
    """
    sizes = [_size(values, path in whole) for path, values in space_of(search).items()]
    return None if None in sizes else math.prod(size for size in sizes if size is not None)


def _size(values: Dimension, whole: bool) -> int | None:
    if not isinstance(values, Range):
        return len(values)
    return int(values.high) - int(values.low) + 1 if whole else None


def confirmed_names(confirm: ConfirmSpec) -> tuple[str, ...]:
    """The names of the arms that are confirmed: baseline, best, then search.2, search.3, ..."""
    return (BASELINE, BEST, *(f"search.{place}" for place in range(2, confirm.top + 1)))
