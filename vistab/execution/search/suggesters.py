"""Where a search's suggestions come from: a sampler of Optuna, or bisection.

Both are deterministic: the same seed and the same answers in the same order give the same
suggestions. A bisection's do not depend on the order either.
"""

from __future__ import annotations

from typing import Any, Protocol

from vistab.execution.cluster import ensure_environment
from vistab.plan.frontier import along, bracket_of, middle, trials_of_chain
from vistab.plan.trials import Told, Trial
from vistab.spec.axes import sections_of, sweepable_fields
from vistab.spec.search import FrontierSearch, Range, SamplerSearch, n_suggestions
from vistab.spec.study import Study

Suggestion = tuple[int, dict[str, Any]]
"""A number and an assignment of all paths that the search varies."""


class Suggester(Protocol):
    """Suggests arms and is told how they did."""

    def ask(self) -> Suggestion | None:
        """The next suggestion; None if none can be made before more is told."""
        ...

    def tell(self, number: int, told: Told | None) -> None:
        """How a suggestion did; None if it crashed."""
        ...


def make_suggester(study: Study) -> Suggester:
    """A new suggester for the study's search."""
    if isinstance(study.search, FrontierSearch):
        return Bisections(study)
    assert isinstance(study.search, SamplerSearch)
    return Sampler(study)


class Bisections:
    """One bisection a chain; the first step of all that are open comes before their second."""

    def __init__(self, study: Study) -> None:
        assert isinstance(study.search, FrontierSearch)
        self.search = study.search
        self.path, self.range = along(self.search)
        self.whole = sweepable_fields(sections_of(study))[self.path].is_whole
        self.trials: dict[int, Trial] = {}

    def ask(self) -> Suggestion | None:
        """The earliest step whose bisection has ended the one before."""
        n_chains = len(self.search.chains)
        for number in range(n_suggestions(self.search)):
            before = self.trials.get(number - n_chains)
            if number not in self.trials and (number < n_chains or (before and before.ended)):
                assignment = self._assignment(number % n_chains)
                self.trials[number] = Trial(number, assignment)
                return number, assignment
        return None

    def _assignment(self, chain: int) -> dict[str, Any]:
        mine = trials_of_chain(self.search, list(self.trials.values()), chain)
        found = bracket_of(self.search, mine)
        value = middle(self.range, found, whole=self.whole)
        return {**self.search.chains[chain], self.path: value}

    def tell(self, number: int, told: Told | None) -> None:
        """Note how a step did."""
        assignment = self.trials[number].assignment
        self.trials[number] = Trial(number, assignment, told, crashed=told is None)


class Sampler:
    """Optuna behind Ray Tune's OptunaSearch. A list's values are told to it as categories."""

    def __init__(self, study: Study) -> None:
        ensure_environment()
        import optuna
        from ray.tune.search.optuna import OptunaSearch

        assert isinstance(study.search, SamplerSearch)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.search = study.search
        self.fields = sweepable_fields(sections_of(study))
        self.inner = OptunaSearch(
            {path: self._distribution(path) for path in self.search.space},
            metric=list(self.search.objectives),
            mode=["min" if one == "failure_rate" else "max" for one in self.search.objectives],
            sampler=make_sampler(self.search.kind, study.seed),
        )
        self.n_asked = 0

    def _distribution(self, path: str) -> Any:
        from optuna import distributions

        values = self.search.space[path]
        if not isinstance(values, Range):
            return distributions.CategoricalDistribution(range(len(values)))
        log = values.scale == "log"
        if self.fields[path].is_whole:
            return distributions.IntDistribution(int(values.low), int(values.high), log=log)
        return distributions.FloatDistribution(values.low, values.high, log=log)

    def ask(self) -> Suggestion | None:
        """The sampler's next suggestion."""
        number = self.n_asked
        self.n_asked += 1
        drawn = self.inner.suggest(str(number)) or {}
        return number, {path: self._value(path, drawn[path]) for path in self.search.space}

    def _value(self, path: str, drawn: Any) -> Any:
        values = self.search.space[path]
        return drawn if isinstance(values, Range) else values[drawn]

    def tell(self, number: int, told: Told | None) -> None:
        """Pass the objectives on."""
        if told is None:
            self.inner.on_trial_complete(str(number), error=True)
        else:
            objectives = {one: getattr(told, one) for one in self.search.objectives}
            self.inner.on_trial_complete(str(number), objectives)


def make_sampler(kind: str, seed: int) -> Any:
    """The Optuna sampler of this name, seeded."""
    from optuna import samplers

    make = {
        "tpe": samplers.TPESampler,
        "gp": samplers.GPSampler,
        "cmaes": samplers.CmaEsSampler,
        "random": samplers.RandomSampler,
    }
    return make[kind](seed=seed)
