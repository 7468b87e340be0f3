"""What `vistab plan` says of a study with a search."""

from __future__ import annotations

import json

import pytest

STUDY = """
study: searched
target: {kind: ring}
family: {kind: gan, generator_steps: 2}
budget: {rounds: 60, snapshots: 6}
search:
  kind: frontier
  along: {optimizer.learning_rate: {log: [1e-3, 1e-1]}}
  per: {family.regularizer.weight: [0, 5]}
  steps: 3
  replicates: 3
confirm: {top: 1, replicates: 8}
claims:
  - {id: A, says: s, kind: rate, expect: lower, margin: 0.5,
     treatment: {arm: search.best}, control: {arm: search.baseline}}
"""


@pytest.fixture
def plan(vistab, tmp_path):
    """Plans STUDY with some values set."""
    (tmp_path / "searched.yaml").write_text(STUDY)

    def planned(*values: str, **how):
        words = [word for value in values for word in ("--set", value)]
        answer = vistab("plan", "searched.yaml", *words, *how.get("more", ()))
        assert answer.code == 0, answer.err
        return answer.out

    return planned


def test_it_says_what_is_searched_and_what_is_confirmed(plan):
    """Runs of both roles, each counted apart."""
    said = " ".join(plan().split())
    assert "2 arms x 8 replicates = 16 runs of 60 rounds, and 18 runs of the search" in said
    assert "search by frontier: 6 arms x 3 replicates" in said
    assert "optimizer.learning_rate 0.001 to 0.1, log" in said
    assert "family.regularizer.weight 0, 5" in said


def test_too_few_replicates_a_step_are_warned_of(plan):
    """At 6 of 3 steps the chance of no failure, 1/64, is below 0.05 / 3; at 5 it is not."""
    warning = "no interval of a frontier can have two ends; 6 replicates would do"
    assert warning in plan()
    assert warning in plan("search.replicates=5")
    assert "can have two ends" not in plan("search.replicates=6")


def test_json_lists_the_runs_to_come_without_values(plan):
    """Their ids, roles and replicates are fixed; what a search has yet to choose is null."""
    document = json.loads(plan(more=("--json",)))
    assert document["n_runs"] == 34
    roles = {run["role"]: run for run in document["runs"]}
    assert roles["confirm"]["run_id"].startswith("search.best-r")
    assert roles["explore"]["assignment"] == {
        "family.regularizer.weight": None,
        "optimizer.learning_rate": None,
    }


SAMPLER = (
    "search={kind: tpe, trials: 9, replicates: 3, space: {family.regularizer.weight: [0, 5],"
    " family.generator_steps: SPACE}}"
)


@pytest.mark.parametrize(
    ("steps", "told", "repeats"),
    [
        ("[1, 2, 5]", "The space holds 6 arms.", "of 9 trials 3 at least repeat one"),
        ("{linear: [1, 5]}", "The space holds 10 arms.", None),
    ],
)
def test_it_says_how_many_arms_there_are_to_choose_from(plan, steps, told, repeats):
    """More trials than that can only repeat some, with the same seeds."""
    said = " ".join(plan(SAMPLER.replace("SPACE", steps)).split())
    assert told in said
    assert ("repeat one" in said) == (repeats is not None)
    assert repeats is None or repeats in said


def test_a_range_of_numbers_has_no_end(plan):
    assert "The space has no end of arms" in " ".join(plan().split())
    assert json.loads(plan(more=("--json",)))["space"] is None
