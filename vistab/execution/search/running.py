"""A search as it runs: what to train next, and what came of it. The same for every engine.

Its log in the results folder is the truth: a new session replays it into a new suggester, which
then stands where the old one stood, trains again what was asked and not told, and goes on.
"""

from __future__ import annotations

from collections import Counter

from vistab.errors import ResultsError
from vistab.execution.packs import RETRIES
from vistab.execution.search.suggesters import Suggester, make_suggester
from vistab.plan import make_plan
from vistab.plan.model import Pack, Plan
from vistab.plan.search import explore_pack, is_over
from vistab.plan.trials import Told, Trial, told_of
from vistab.results.pack_folder import PackFolder
from vistab.results.search_log import Event, SearchLog, log_of
from vistab.results.store import Store
from vistab.spec.search import n_suggestions


class Search:
    """What is left of a study's search."""

    def __init__(self, plan: Plan, store: Store) -> None:
        assert plan.study.search is not None
        self.study, self.columns, self.store = plan.study, plan.columns, store
        self.n_suggestions = n_suggestions(plan.study.search)
        self.log: SearchLog = log_of(store.folder)
        self.log.mend()
        self.suggester: Suggester = make_suggester(plan.study)
        self.trials: dict[int, Trial] = {}
        self.attempts: Counter[int] = Counter()
        for event in self.log.events():
            self._replay(event)
        self.waiting = [number for number, trial in self.trials.items() if not trial.ended]
        self.training: dict[str, int] = {}
        self.begun_at: dict[str, str | None] = {}

    def _replay(self, event: Event) -> None:
        if event.event == "asked":
            asked = self.suggester.ask()
            if asked != (event.number, event.assignment):
                raise ResultsError(
                    f"{self.log.path}: this search cannot go on: its sampler now suggests "
                    f"otherwise than recorded (another version?); --fresh starts over"
                )
            self.trials[event.number] = Trial(event.number, dict(event.assignment or {}))
        else:
            self._end(event.number, event.told)

    @property
    def all_asked(self) -> bool:
        """Whether there is nothing more to hand out."""
        return not self.waiting and len(self.trials) == self.n_suggestions

    def next_pack(self) -> Pack | None:
        """What to train next, with its folder made; None if that depends on what is training."""
        number = self.waiting.pop(0) if self.waiting else self._ask()
        if number is None:
            return None
        pack = explore_pack(self.study, self.columns, self.trials[number])
        folder = self.store.pack_folder(pack.pack_id)
        folder.create()
        folder.forget_crash()
        self.training[pack.pack_id] = number
        self.begun_at[pack.pack_id] = folder.last_checkpoint()
        return pack

    def _ask(self) -> int | None:
        asked = None if len(self.trials) == self.n_suggestions else self.suggester.ask()
        if asked is None:
            return None
        number, assignment = asked
        self.log.append(Event("asked", number, assignment))
        self.trials[number] = Trial(number, assignment)
        return number

    def ended(self, pack: Pack) -> None:
        """A pack is no longer training: read what came of it. Lost ones are handed out again."""
        number = self.training.pop(pack.pack_id)
        folder = self.store.pack_folder(pack.pack_id)
        if folder.done() is not None:
            told = told_by(folder)
            self.log.append(Event("told", number, told=told))
            self._end(number, told)
        elif folder.crash() is None and self._may_try_again(number, folder):
            self.waiting.append(number)
        else:
            if folder.crash() is None:
                self.store.write_crash(pack, "its worker ended without a word")
            self.log.append(Event("crashed", number))
            self._end(number, None)

    def _may_try_again(self, number: int, folder: PackFolder) -> bool:
        """As with any pack: RETRIES times, counted anew with each new checkpoint."""
        further = folder.last_checkpoint() != self.begun_at[folder.pack_id]
        self.attempts[number] = 0 if further else self.attempts[number] + 1
        return self.attempts[number] <= RETRIES

    def _end(self, number: int, told: Told | None) -> None:
        assignment = self.trials[number].assignment
        self.trials[number] = Trial(number, assignment, told, crashed=told is None)
        self.suggester.tell(number, told)

    def plan(self) -> Plan:
        """The study's plan as far as the search has come."""
        return make_plan(self.study, list(self.trials.values()))


def told_by(folder: PackFolder) -> Told:
    """How the runs of a finished pack did."""
    rows = folder.runs()
    return told_of([row["outcome"] for row in rows], [row["final_coverage"] for row in rows])


def open_search(plan: Plan, store: Store) -> Search | None:
    """The search that is yet to be run or gone on with; None if there is none."""
    if plan.study.search is None or is_over(plan.study, store.trials()):
        return None
    return Search(plan, store)
