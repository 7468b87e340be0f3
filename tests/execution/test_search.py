"""Searches as they run: any engine, killed at any event, they go on as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from vistab.errors import Interrupted, ResultsError
from vistab.execution import local
from vistab.execution.search.running import Search, open_search
from vistab.execution.search.suggesters import make_suggester
from vistab.plan import make_plan
from vistab.plan.trials import Told
from vistab.results.search_log import Event, log_of
from vistab.results.store import open_store
from vistab.spec.search import SAMPLERS, n_suggestions

LR, WEIGHT = "optimizer.learning_rate", "family.regularizer.weight"
HEAD = """
study: tiny
target: {kind: ring, modes: 4}
family: {kind: gan, generator_steps: 2, network: {width: 8, depth: 1}}
budget: {rounds: 4, batch_size: 16, snapshots: 4, snapshot_samples: 100}
confirm: {top: 2, replicates: 2}
"""
SPACE = f"{{{LR}: {{log: [1e-3, 1e-1]}}, {WEIGHT}: {{linear: [0, 20]}}}}"
SAMPLED = f"space: {SPACE}, trials: 14, replicates: 2"
LISTS = f"{{{WEIGHT}: [0, 1, 5], family.generator_steps: {{log: [1, 8]}}}}"
ALONG = f"along: {{{LR}: {{log: [1e-3, 1e-1]}}}}, per: {{{WEIGHT}: [0, 5]}}"
SEARCHES = {
    **{kind: f"search: {{kind: {kind}, {SAMPLED}}}" for kind in SAMPLERS},
    "both": f"search: {{kind: tpe, {SAMPLED}, objectives: [coverage, failure_rate]}}",
    "lists": f"search: {{kind: tpe, space: {LISTS}, trials: 14, replicates: 2}}",
    "frontier": f"search: {{kind: frontier, {ALONG}, steps: 5, replicates: 2}}",
}


def made_up(assignment: dict) -> Told:
    """How an arm might do, from its values alone."""
    score = sum(np.log(1 + float(value)) for value in assignment.values())
    return Told(int(10 * abs(np.sin(score))) % 5, 4, abs(float(np.cos(score))))


def suggested(study, forget_after: int | None = None) -> list[tuple[int, dict]]:
    """Every suggestion in order; a new suggester takes over after so many, told all there was."""
    suggester, events = make_suggester(study), []
    while len(events) < n_suggestions(study.search):
        if len(events) == forget_after:
            suggester = make_suggester(study)
            for number, assignment in events:
                assert suggester.ask() == (number, assignment)
                suggester.tell(number, made_up(assignment))
        number, assignment = suggester.ask()
        suggester.tell(number, made_up(assignment))
        events.append((number, assignment))
    return events


@pytest.mark.parametrize("name", SEARCHES)
def test_the_same_answers_bring_the_same_suggestions(plan_of, name):
    """In a suggester that is told them afresh as well: this is what resuming rests on."""
    study = plan_of(HEAD + SEARCHES[name]).study
    whole = suggested(study)
    assert suggested(study, forget_after=11 if name != "frontier" else 7) == whole
    other = suggested(study.model_copy(update={"seed": 1}))
    assert (other == whole) == (name == "frontier")  # a bisection draws nothing


@pytest.mark.parametrize("name", SEARCHES)
def test_suggestions_lie_in_the_space_and_can_be_trained(plan_of, name):
    """Each with its field's own type, so that its settings are valid."""
    study = plan_of(HEAD + SEARCHES[name]).study
    before = np.random.get_state()[1].copy()  # noqa: NPY002  the global state must not move
    for _, assignment in suggested(study):
        if WEIGHT in assignment:
            assert 0 <= assignment[WEIGHT] <= 20
        if LR in assignment:
            assert 1e-3 <= assignment[LR] <= 1e-1
        if name == "lists":
            assert type(assignment["family.generator_steps"]) is int
            assert assignment[WEIGHT] in (0.0, 1.0, 5.0)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_a_sampler_learns_from_what_it_is_told(plan_of):
    """Its later suggestions depend on the answers; those of random do not."""
    for kind, learns in (("tpe", True), ("random", False)):
        study = plan_of(HEAD + SEARCHES[kind]).study
        found = []
        for best in (0.0, 20.0):
            suggester = make_suggester(study)
            for _ in range(14):
                number, assignment = suggester.ask()
                suggester.tell(number, Told(0, 4, 1 - abs(assignment[WEIGHT] - best) / 20))
                last = assignment
            found.append(last)
        # coverage is no objective here: the failure rates alone are told
        assert found[0] == found[1]
        found = []
        for best in (0.0, 20.0):
            suggester = make_suggester(study)
            for _ in range(14):
                number, assignment = suggester.ask()
                suggester.tell(number, Told(int(abs(assignment[WEIGHT] - best)), 20, 0.5))
                last = assignment
            found.append(last)
        assert (found[0] != found[1]) == learns


def test_a_bisection_does_not_depend_on_the_order_of_answers(plan_of):
    """Two workers may end in any order."""
    study = plan_of(HEAD + SEARCHES["frontier"]).study
    found = []
    for order in (0, -1):
        suggester, waiting, made = make_suggester(study), [], {}
        while len(made) < n_suggestions(study.search) or waiting:
            while (asked := suggester.ask()) is not None:
                waiting.append(asked)
                made[asked[0]] = asked[1]
            number, assignment = waiting.pop(order)
            suggester.tell(number, made_up(assignment))
        found.append(made)
    assert found[0] == found[1]


def test_a_bisection_waits_for_the_step_before(plan_of):
    """What to try next depends on it; other bisections need not wait."""
    suggester = make_suggester(plan_of(HEAD + SEARCHES["frontier"]).study)
    assert [suggester.ask()[0], suggester.ask()[0], suggester.ask()] == [0, 1, None]
    suggester.tell(1, Told(0, 4, 0.5))
    assert [suggester.ask()[0], suggester.ask()] == [3, None]
    suggester.tell(0, None)  # a crash ends a step too
    assert suggester.ask()[0] == 2


@pytest.mark.parametrize("name", ["tpe", "frontier"])
def test_a_replayed_log_brings_what_would_have_come_next(plan_of, tmp_path, name):
    """Also where that depends on what was told, as it does past a sampler's random start."""
    plan = plan_of(HEAD + SEARCHES[name])
    whole = suggested(plan.study)
    for n_done in (3, len(whole) - 1):
        with open_store(tmp_path / str(n_done), plan.study) as store:
            log = log_of(store.folder)
            for number, assignment in whole[:n_done]:
                log.append(Event("asked", number, assignment))
                log.append(Event("told", number, told=made_up(assignment)))
            pack = Search(plan, store).next_pack()
            assert dict(pack.runs[0].arm.assignment) == whole[n_done][1]


TRAINED = "search: {kind: tpe, space: " + SPACE + ", trials: 4, replicates: 2}"


@pytest.fixture(scope="module")
def undisturbed(plan_of, folder):
    """The log and the runs of a search that nobody disturbed."""
    plan = plan_of(HEAD + TRAINED)
    with open_store(folder / "undisturbed", plan.study) as store:
        local.execute(plan, store)
        return plan, *left_behind(plan, store)


def left_behind(plan, store):
    """Events, and the runs without what the clock says."""
    plan = make_plan(plan.study, store.trials())
    assert not store.unfinished(plan)
    runs = [row for pack in plan.packs for row in store.pack_folder(pack.pack_id).runs()]
    return log_of(store.folder).events(), [{**row, "seconds": 0} for row in runs]


def test_a_search_ends_with_its_best_arms_confirmed(undisturbed):
    """Every planned run is there."""
    plan, events, runs = undisturbed
    assert [event.event for event in events] == 4 * ["asked", "told"]
    assert {row["run_id"] for row in runs} == {run.run_id for run in plan.runs}


@pytest.mark.slow
@pytest.mark.parametrize("n_packs", [1, 5])
def test_an_interrupted_search_goes_on_to_the_same_bits(
    undisturbed, n_packs, tmp_path, monkeypatch
):
    """Whether it was interrupted in the search or after it."""
    plan, events, runs = undisturbed
    trained = []

    def interrupt(pack, *given):
        if len(trained) == n_packs:
            raise KeyboardInterrupt
        trained.append(pack)
        return run_pack(pack, *given)

    run_pack = local.run_pack
    with open_store(tmp_path, plan.study) as store:
        monkeypatch.setattr(local, "run_pack", interrupt)
        with pytest.raises(Interrupted):
            local.execute(plan, store)
        monkeypatch.setattr(local, "run_pack", run_pack)
        local.execute(make_plan(plan.study, store.trials()), store)
        assert left_behind(plan, store) == (events, runs)


def test_what_was_asked_and_not_told_is_trained_again_first(undisturbed, tmp_path):
    """Its number comes before any new one."""
    plan, events, _ = undisturbed
    with open_store(tmp_path, plan.study) as store:
        for event in events[:3]:
            log_of(store.folder).append(event)
        search = open_search(plan, store)
        pack = search.next_pack()
        assert pack.runs[0].arm.name == "search.trial.001"
        assert log_of(store.folder).events() == events[:3]


def test_a_log_of_another_sampler_is_refused(undisturbed, tmp_path):
    """What it suggests now is not what is recorded."""
    plan, events, _ = undisturbed
    with open_store(tmp_path, plan.study) as store:
        asked = {**events[0].assignment, "optimizer.learning_rate": 0.5}
        for event in (replace(events[0], assignment=asked), events[1]):
            log_of(store.folder).append(event)
        with pytest.raises(ResultsError, match="suggests otherwise than recorded"):
            Search(plan, store)


def test_lost_packs_are_handed_out_once_more_and_then_count_as_crashed(undisturbed, tmp_path):
    """The search goes on without them."""
    plan, _, _ = undisturbed
    with open_store(tmp_path, plan.study) as store:
        search = Search(plan, store)
        first = search.next_pack()
        search.ended(first)
        again = search.next_pack()
        assert again == first
        search.ended(again)
        assert [event.event for event in search.log.events()] == ["asked", "crashed"]
        assert store.pack_folder(first.pack_id).crash()
        assert search.next_pack().runs[0].arm.name == "search.trial.001"


def test_a_crashed_suggestion_is_trained_by_the_next_session_but_not_ranked(undisturbed, tmp_path):
    """The sampler went on without it, so the choice is not made anew."""
    plan, _, _ = undisturbed
    with open_store(tmp_path, plan.study) as store:
        search = Search(plan, store)
        for _ in range(2):
            search.ended(search.next_pack())
        local.execute(plan, store)
        made = make_plan(plan.study, store.trials())
        assert store.trials()[0].crashed
        assert store.trials()[0].told is None
        assert not store.unfinished(made)


LISTENING = """
import sys
from pathlib import Path
from vistab.execution.search.suggesters import Sampler
from vistab.spec.load import load_study
Sampler(load_study(Path(sys.argv[1])))
import os
print(os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"])
"""


def test_a_sampler_leaves_ray_as_closed_as_it_would_be_without(plan_of, folder):
    """Ray reads at its import whom to listen to, and a sampler imports it first."""
    plan_of(HEAD + TRAINED)
    words = [sys.executable, "-c", LISTENING, str(folder / "study.yaml")]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "TUNE_"))}
    done = subprocess.run(words, capture_output=True, text=True, env=environment)
    assert done.stdout == "0\n", done.stderr
