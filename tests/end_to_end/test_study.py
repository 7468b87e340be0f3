"""From a study file to a ruled report, with the local engine."""

import json

import pytest

from vistab import training
from vistab.execution import local
from vistab.results import load

LOCAL = ("study", "tiny.yaml", "--engine", "local")


def test_a_study_is_planned_run_judged_and_reported(vistab, tmp_path):
    """All files of the results folder are there, and the report names the claim."""
    answer = vistab(*LOCAL)
    assert answer.code == 0, answer.err
    folder = tmp_path / "reports" / "tiny"
    names = {"study.yaml", "provenance.json", "runs.parquet", "history.parquet", "samples"}
    assert {path.name for path in folder.iterdir()} == names | {"verdicts.json", "report.html"}
    (verdict,) = json.loads((folder / "verdicts.json").read_text())
    assert verdict["id"] == "C1"
    assert verdict["verdict"] in answer.out
    assert "Report: reports/tiny/report.html" in answer.out
    assert "fewer fail" in (folder / "report.html").read_text()
    assert load(folder).provenance["end"] is not None


def test_json_is_one_document_and_agrees_with_the_folder(vistab, tmp_path):
    """Nothing else is on stdout, even though training reports its progress."""
    answer = vistab(*LOCAL, "--json")
    document = json.loads(answer.out)
    assert document["n_runs"] == 4
    assert document["status"] == {"finished": 4}
    assert sum(document["outcomes"].values()) == 4
    assert document["crashed"] == []
    verdicts = json.loads((tmp_path / "reports/tiny/verdicts.json").read_text())
    assert document["verdicts"] == verdicts
    assert json.loads(vistab("judge", "reports/tiny", "--json").out) == verdicts


def test_the_same_command_trains_nothing_twice(vistab, finished):
    """It judges and reports again; the runs' file is not touched."""
    path = finished / "runs.parquet"
    before = path.stat().st_mtime_ns
    answer = vistab(*LOCAL)
    assert answer.code == 0
    assert "finished already" in answer.out
    assert path.stat().st_mtime_ns == before


def test_report_and_judge_work_from_files_alone(vistab, finished):
    """The same verdicts and page come out again."""
    folder = finished
    verdicts = (folder / "verdicts.json").read_bytes()
    (folder / "verdicts.json").unlink()
    (folder / "report.html").unlink()
    assert "C1" in vistab("judge", "reports/tiny").out
    assert not (folder / "verdicts.json").exists()
    assert not (folder / ".lock").exists()
    assert vistab("report", "reports/tiny").code == 0
    assert (folder / "verdicts.json").read_bytes() == verdicts
    assert (folder / "report.html").exists()


def test_a_changed_study_is_refused_until_it_starts_afresh(vistab, finished, edit, tmp_path):
    """With what differs; --fresh puts it beside."""
    edit("rounds: 20", "rounds: 30")
    answer = vistab(*LOCAL)
    assert answer.code == 2
    assert "budget.rounds: 20 -> 30" in answer.err
    assert vistab(*LOCAL, "--fresh").code == 0
    assert load(tmp_path / "reports/tiny.2").history["round"].max() == 30
    assert load(tmp_path / "reports/tiny").history["round"].max() == 20


def test_a_claim_that_was_changed_after_the_first_result_is_post_hoc_everywhere(
    vistab, finished, edit
):
    """On the terminal, in the verdicts and in the report."""
    edit("expect: lower", "expect: higher")
    answer = vistab(*LOCAL)
    assert answer.code == 0
    assert "POST HOC, for they were not declared at first: C1" in answer.out
    (verdict,) = json.loads((finished / "verdicts.json").read_text())
    assert verdict["post_hoc"] is True
    assert "post hoc" in (finished / "report.html").read_text().lower()


def test_starting_over_after_a_look_hides_no_look(vistab, finished, edit, tmp_path):
    """The same runs come out, and the claim that was edited in between is post hoc on them."""
    edit("expect: lower", "expect: higher")
    answer = vistab(*LOCAL, "--fresh")
    assert answer.code == 0
    assert "POST HOC, for they were not declared at first: C1" in answer.out
    assert "tiny was there before, with the same seed: it shares runs with this study" in answer.out
    fresh = tmp_path / "reports" / "tiny.2"
    (verdict,) = json.loads((fresh / "verdicts.json").read_text())
    assert verdict["post_hoc"] is True
    assert "Looks at those results count as looks at these" in (fresh / "report.html").read_text()
    assert load(fresh).history.equals(load(finished).history)


def test_replicates_that_are_raised_after_a_look_are_no_new_study(vistab, finished, edit):
    """Only another seed's runs are new."""
    edit("replicates: 2", "replicates: 3")
    answer = vistab(*LOCAL, "--fresh")
    assert answer.code == 0
    assert "POST HOC" in answer.out
    assert "It had 2 replicates. Another seed makes new runs" in answer.out


def test_results_whose_declaration_is_gone_are_not_declared_anew(vistab, finished):
    """Nor judged; nothing in the folder is touched."""
    (finished / "provenance.json").unlink()
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    for words in (LOCAL, ("judge", "reports/tiny"), ("report", "reports/tiny")):
        answer = vistab(*words)
        assert answer.code == 2
        assert "no provenance.json" in answer.err.splitlines()[0]
    assert {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()} == before


OTHER = """
claims:
  - {id: C9, says: fewer stall, kind: rate, outcome: stalled, expect: lower,
     treatment: {family.regularizer.weight: 5}, control: {family.regularizer.weight: 0}}
"""


def test_new_claims_are_judged_on_old_runs_and_marked_post_hoc(vistab, finished, tmp_path):
    """On the terminal, in the JSON and in the sentence; the folder stays as it was."""
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    (tmp_path / "other.yaml").write_text(OTHER)
    answer = vistab("judge", "reports/tiny", "--claims", "other.yaml")
    assert answer.code == 0
    assert "C9" in answer.out
    assert "POST HOC" in answer.out
    answer = vistab("judge", "reports/tiny", "--claims", "other.yaml", "--json")
    (verdict,) = json.loads(answer.out)
    assert verdict["post_hoc"] is True
    assert verdict["sentence"].startswith("Post hoc: ")
    assert verdict["p_holm"] >= min(1, 2 * verdict["p"])  # C1 goes on being counted
    assert {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()} == before


def test_claims_that_are_wrong_are_refused_where_they_stand(vistab, finished, tmp_path):
    """In their own file; a declared claim that is repeated word for word is not post hoc."""
    (tmp_path / "other.yaml").write_text(OTHER.replace("weight: 5", "weight: 4"))
    answer = vistab("judge", "reports/tiny", "--claims", "other.yaml")
    assert answer.code == 2
    assert answer.err.startswith(
        "other.yaml:4: claims[0].treatment.family.regularizer.weight: no arm"
    )
    (tmp_path / "other.yaml").write_text("claim: []\n")
    answer = vistab("judge", "reports/tiny", "--claims", "other.yaml")
    assert (answer.code, answer.err) == (2, "other.yaml:1: claims: is required: a list of claims\n")
    answer = vistab("judge", "reports/tiny", "--claims", "tiny.yaml", "--json")
    assert json.loads(answer.out)[0]["post_hoc"] is False


@pytest.mark.parametrize("hashes", [True, False])
def test_a_results_folder_whose_study_was_edited_is_not_judged(vistab, finished, hashes):
    """Its runs are not those that it speaks of; folders without hashes know that, too."""
    if not hashes:
        forget_hashes(finished)
    path = finished / "study.yaml"
    path.write_text(path.read_text().replace("rounds: 20", "rounds: 30"))
    told = "it is not what was written on" if hashes else "was changed after its runs were made"
    for verb in ("judge", "report"):
        answer = vistab(verb, "reports/tiny")
        assert answer.code == 2
        assert answer.err.startswith("reports/tiny/study.yaml: was changed")
        assert told in answer.err


def forget_hashes(folder):
    """Leave provenance.json as versions wrote it that kept none."""
    path = folder / "provenance.json"
    known = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in known.items() if k not in ("files", "seal")}))


FRAGILE = """
import inspect
from dataclasses import replace
from typing import Literal

from vistab.families.gan import GAN
from vistab.spec.families import GanFamily


class Spec(GanFamily):
    kind: Literal["breaking:BREAKING"]


def tried():  # not trained: then what is broken from the start would be refused
    return any(frame.filename.endswith("trial.py") for frame in inspect.stack())


def networks(spec, shape):
    if not tried() and spec.batch_norm:
        raise RuntimeError("no batch norm here")
    return GAN.networks(spec, shape)


BREAKING = replace(GAN, spec=Spec, networks=networks)
"""


@pytest.fixture
def breaking(tmp_path, edit):
    """tiny.yaml with a user's family beside it that raises with batch norm."""
    (tmp_path / "breaking.py").write_text(FRAGILE)
    edit("kind: gan", 'kind: "breaking:BREAKING"')
    edit("axes: {", "axes: {family.batch_norm: [false, true], ")
    edit("kind: rate,", "kind: rate, within: {family.batch_norm: true},")


def test_crashed_runs_are_named_and_all_the_rest_is_judged(vistab, breaking, tmp_path):
    """Exit code 1, a void claim, and a report all the same."""
    answer = vistab(*LOCAL, "--json")
    assert answer.code == 1
    document = json.loads(answer.out)
    assert document["status"] == {"finished": 4, "crashed": 4}
    assert [verdict["verdict"] for verdict in document["verdicts"]] == ["void"]
    assert "4 runs crashed" in answer.err
    assert "The first with: RuntimeError: no batch norm here (breaking.py:20)" in answer.err
    assert document["crashed"][0] in answer.err
    assert (tmp_path / "reports/tiny/report.html").exists()
    assert vistab("report", "reports/tiny").code == 0


def test_runs_that_are_missing_at_the_end_are_told_and_no_success(vistab, tmp_path, monkeypatch):
    """Whatever kept an engine from training them."""
    monkeypatch.setattr(local, "run_pack", lambda *_: None)
    answer = vistab(*LOCAL, "--quiet")
    assert answer.code == 1
    assert answer.err.startswith("4 runs missing: ")
    assert set(load(tmp_path / "reports/tiny").runs["status"]) == {"missing"}


def test_an_unfinished_folder_can_be_reported(vistab, tmp_path, monkeypatch):
    """What is not there yet counts as missing."""

    def interrupted(*rest, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "train_pack", interrupted)
        answer = vistab(*LOCAL, "--fresh")
    assert answer.code == 130
    assert answer.err.strip().endswith("--engine local")
    assert "--fresh" not in answer.err
    assert vistab("report", "reports/tiny").code == 0
    assert set(load(tmp_path / "reports/tiny").runs["status"]) == {"missing"}
    assert vistab(*LOCAL).code == 0
    assert set(load(tmp_path / "reports/tiny").runs["status"]) == {"finished"}
