"""Verbs that train nothing: help, check, plan, schema, new, and how problems are told."""

import json
import subprocess
import sys
from textwrap import dedent

import pytest

from vistab.analysis import power

VERBS = ("study", "check", "plan", "report", "judge", "schema", "new", "theory", "detect")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(vistab, verb):
    """So that nobody has to guess the first command."""
    answer = vistab(verb, "--help")
    assert answer.code == 0
    assert f"Example: vistab {verb}" in answer.out


def test_help_lists_every_verb(vistab):
    """And no verb goes without a line."""
    answer = vistab("--help")
    assert answer.code == 0
    assert all(verb in answer.out for verb in VERBS)


@pytest.mark.parametrize(
    "words",
    [
        ("stduy",),
        ("study",),
        ("study", "tiny.yaml", "--wrokers", "2"),
        ("study", "tiny.yaml", "--workers", "0"),
        ("study", "tiny.yaml", "--engine", "slurm"),
        ("study", "tiny.yaml", "--engine", "local", "--workers", "2"),
        ("check", "missing.yaml"),
        ("check", "tiny.yaml", "--set", "nonsense"),
        ("judge", "nowhere"),
        ("report", "nowhere"),
        ("new", "Bad Name"),
    ],
)
def test_a_wrong_request_is_code_2_and_plain_words(vistab, words):
    """No traceback, no box, nothing on stdout."""
    answer = vistab(*words)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.strip()
    assert "Traceback" not in answer.err
    assert "╭" not in answer.err


def test_all_problems_of_a_study_are_told_at_once_one_a_line(vistab, edit):
    """With file and line, and nothing is started."""
    edit("replicates: 2", "replicate: 2")
    edit("rounds: 20", "rounds: many")
    edit("{family.regularizer.weight: 5}", "{family.regularizer.wieght: 5}")
    answer = vistab("study", "tiny.yaml")
    assert answer.code == 2
    lines = answer.err.strip().splitlines()
    assert len(lines) == 3
    assert all(line.startswith("tiny.yaml:") for line in lines)
    assert answer.out == ""


def test_check_counts_what_a_sound_study_holds(vistab):
    """One line that says so, after notes and warnings."""
    answer = vistab("check", "tiny.yaml")
    assert answer.code == 0
    assert answer.out.splitlines()[-1] == "tiny.yaml: fine: 2 arms, 4 runs, 2 packs, 1 claim"
    assert "C1 cannot reach significance" in answer.out


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (
            "kind: rate, expect: not_higher, margin: 0.2",
            "0.88 either way, past the margin of 0.2; 21",
        ),
        ("kind: equivalence, margin: 0.2", "past the margin of 0.2; 21 replicates would do"),
        ("kind: equivalence, metric: final_coverage, margin: 0.9", None),
        (
            "kind: score, given: ranked, metric: final_spread, expect: not_lower, margin: 0.2",
            "0.88 either way, past the margin of 0.2; 21",
        ),
    ],
)
def test_plan_warns_of_margins_that_the_interval_cannot_fall_within(
    vistab, edit, rule, says, monkeypatch
):
    """Where treatment and control would not differ at all; its power is not what is asked here."""
    untold = power.Power(0.0, 0.05, 2, 0, reason="untold")
    monkeypatch.setattr(power, "power_of", lambda plan, claim: untold)
    edit("kind: rate, expect: lower", rule)
    out = " ".join(vistab("plan", "tiny.yaml").out.split())
    assert ("C1 cannot" in out) == (says is not None)
    assert says is None or says in out


def test_set_changes_one_value(vistab):
    """And is checked like the file."""
    assert "8 runs" in vistab("check", "tiny.yaml", "--set", "replicates=4").out
    answer = vistab("check", "tiny.yaml", "--set", "replicates=few")
    assert answer.code == 2
    assert "replicates" in answer.err


def test_plan_in_json_is_one_document(vistab):
    """With the counts, every run once, and the cells of every claim."""
    answer = vistab("plan", "tiny.yaml", "--json")
    document = json.loads(answer.out)
    assert (document["n_arms"], document["n_runs"], document["n_packs"]) == (2, 4, 2)
    assert len({run["run_id"] for run in document["runs"]}) == 4
    assert {run["pack"] for run in document["runs"]} == {p["pack_id"] for p in document["packs"]}
    assert document["runs"][0]["assignment"] == {"family.regularizer.weight": 0}
    (claim,) = document["claims"]
    assert (claim["id"], claim["cells"], claim["left_out"]) == ("C1", 2, 0)
    assert claim["smallest_p"] == 0.5
    assert answer.err == ""


def test_plan_is_readable(vistab):
    """Arms, axes, claims and warnings."""
    out = vistab("plan", "tiny.yaml").out
    for words in ("2 arms x 2 replicates = 4 runs of 20 rounds", "family.regularizer.weight"):
        assert words in out
    assert "fewer fail" in out
    assert "cannot reach significance" in out


@pytest.mark.slow
def test_plan_measures_how_long_a_study_takes(vistab):
    """Seconds of every pack; twice the rounds take twice as long."""
    document = json.loads(vistab("plan", "tiny.yaml", "--measure", "--json").out)
    measured = document["measured"]
    assert set(measured["packs"]) == {pack["pack_id"] for pack in document["packs"]}
    assert 0 < measured["seconds"] <= measured["work_seconds"]
    assert measured["work_seconds"] == pytest.approx(sum(measured["packs"].values()))
    assert "Measured: about" in vistab("plan", "tiny.yaml", "--measure").out


def test_schema_is_json(vistab):
    """An object schema that knows the study's keys."""
    document = json.loads(vistab("schema").out)
    assert document["type"] == "object"
    assert {"study", "target", "family", "claims"} <= set(document["properties"])


def test_a_new_study_is_sound_and_never_overwrites(vistab, tmp_path):
    """What `new` writes passes `check`, without a warning."""
    assert vistab("new", "my_study").code == 0
    text = (tmp_path / "my_study.yaml").read_text()
    checked = vistab("check", "my_study.yaml")
    assert checked.code == 0
    assert len(checked.out.splitlines()) == 1
    again = vistab("new", "my_study")
    assert again.code == 2
    assert "nothing was written" in again.err
    assert (tmp_path / "my_study.yaml").read_text() == text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("nowhere:Family", "ModuleNotFoundError"),
        ("vistab.families:Nothing", "AttributeError"),
        ("vistab.families:find_family", "TypeError"),
    ],
)
def test_a_family_that_cannot_be_used_is_a_problem_like_any_other(vistab, edit, kind, words):
    """In the same form, with its line, together with all other problems."""
    edit("kind: gan", f'kind: "{kind}"')
    edit("rounds: 20", "rounds: many")
    answer = vistab("check", "tiny.yaml")
    assert answer.code == 2
    lines = answer.err.strip().splitlines()
    assert any(line.startswith("tiny.yaml:4: family.kind: ") and words in line for line in lines)
    assert any("budget.rounds" in line for line in lines)


LIGHT = """
    import sys

    class Block:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in ("torch", "ray", "matplotlib", "lifelines"):
                raise ImportError(f"{name} is blocked")

    sys.meta_path.insert(0, Block())
    from vistab.cli import main

    for words in (["--help"], ["check", "tiny.yaml"], ["plan", "tiny.yaml"], ["schema"]):
        assert main(words) == 0, words
"""


def test_light_verbs_import_nothing_heavy(vistab):
    """They work where torch, ray, matplotlib and lifelines cannot be imported."""
    subprocess.run([sys.executable, "-c", dedent(LIGHT)], check=True, stdout=subprocess.DEVNULL)
