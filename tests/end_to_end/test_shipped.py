"""What the project ships: its studies, the README's code, the kept results."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from vistab import results
from vistab.analysis import judge
from vistab.analysis.verdict import to_record
from vistab.collapse.calibration import calibrate
from vistab.collapse.detector import THRESHOLDS, rule
from vistab.plan import make_plan
from vistab.plan.cells import comparisons
from vistab.spec.load import load_study
from vistab.spec.source import read_source
from vistab.targets import make_target

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted((ROOT / "studies").glob("*.yaml"))
SHIPPED = sorted((ROOT / "reports" / "shipped").glob("*/"))
SHORT = ("budget.rounds=6", "budget.snapshots=3", "budget.snapshot_samples=100")
FEW = {
    "grid": ("replicates=2",),
    "sampler": ("confirm.replicates=2", "search.replicates=1", "search.trials=3"),
    "frontier": ("confirm.replicates=2", "search.replicates=1", "search.steps=2"),
}

PLAIN = ("family.network.width=2", "resources.gpus_per_pack=0", "resources.cpus_per_pack=1")
"""For studies of images that one has to bring, and that ask for a GPU."""

by_name = pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)


@by_name
def test_a_shipped_study_plans_and_every_claim_finds_its_cells(path):
    """At least eight replicates; no claim is without a comparison."""
    plan = make_plan(load_study(path))
    assert plan.study.study == path.stem
    assert plan.study.replicates >= 8
    assert all(comparisons(plan, claim)[0].cells for claim in plan.study.claims)


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    """A few pictures in the layout of CelebA."""
    folder = tmp_path_factory.mktemp("celeba") / "img_align_celeba"
    script = Path(__file__).with_name("make_faces.py")
    subprocess.run([sys.executable, script, folder, "120"], check=True)
    return folder


def with_small_margins(path):
    """A copy of the study in this folder; a margin of many rounds is none where there are few."""
    study = read_source(path).data
    for claim in study["claims"]:
        if claim["kind"] == "onset" and "margin" in claim:
            claim["margin"] = 1
    Path(path.name).write_text(yaml.safe_dump(study))
    return path.name


@pytest.mark.slow
@by_name
def test_a_shipped_study_runs_to_its_report(vistab, tmp_path, path, faces):
    """A few rounds of every program in it, through to the page."""
    search = load_study(path).search
    kind = "grid" if search is None else "frontier" if search.kind == "frontier" else "sampler"
    brought = (f"target.path={faces}", *PLAIN) if "celeba" in path.stem else ()
    cut = [word for value in (*SHORT, *FEW[kind], *brought) for word in ("--set", value)]
    answer = vistab("study", with_small_margins(path), "--engine", "local", "--quiet", *cut)
    assert answer.code == 0, answer.err
    found = results.load(tmp_path / "reports" / path.stem)
    assert (found.runs["status"] == "finished").all()
    assert set(found.verdicts["id"]) == {claim.id for claim in load_study(path).claims}
    # two replicates cannot support anything
    assert "supported" not in set(found.verdicts.query("kind == 'rate'")["verdict"])


def test_the_study_in_the_readme_is_a_study(tmp_path):
    """It says what quickstart.yaml says, less its second claim."""
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    (tmp_path / "study.yaml").write_text(block)
    shown, shipped = (
        load_study(tmp_path / "study.yaml"),
        load_study(ROOT / "studies" / "quickstart.yaml"),
    )
    assert shown.axes == shipped.axes
    assert shown.claims == shipped.claims[:1]


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_shipped_verdicts_are_what_the_judge_says_of_the_shipped_runs(folder):
    """And the study beside them is the one in studies/. Processors may differ in last digits."""
    study = load_study(folder / "study.yaml")
    assert study == load_study(ROOT / "studies" / f"{folder.name}.yaml")
    again = [to_record(verdict) for verdict in judge(study, results.load(folder))]
    stored = json.loads((folder / "verdicts.json").read_text())
    assert not list(differences(json.loads(json.dumps(again)), stored))


def differences(found, stored, where="verdicts"):
    """Where two documents differ: words and counts at all, other numbers by a millionth."""
    if isinstance(found, dict) and isinstance(stored, dict) and found.keys() == stored.keys():
        for key in found:
            yield from differences(found[key], stored[key], f"{where}.{key}")
    elif isinstance(found, list) and isinstance(stored, list) and len(found) == len(stored):
        for k, pair in enumerate(zip(found, stored, strict=True)):
            yield from differences(*pair, f"{where}[{k}]")
    elif type(found) is type(stored) is float:
        if found != pytest.approx(stored, rel=1e-6, abs=1e-9):
            yield f"{where}: {found}, stored {stored}"
    elif type(found) is not type(stored) or found != stored:
        yield f"{where}: {found!r}, stored {stored!r}"


def test_differences_are_those_of_words_counts_and_more_than_last_digits():
    stored = {"verdict": "refuted", "n": 3, "p": 0.3273892723, "rows": [1.0, None]}
    assert not list(differences({**stored, "p": 0.3273892722}, stored))
    for change in ({"p": 0.32739}, {"p": None}, {"n": 4}, {"n": 3.0}, {"rows": [1.0]}, {"q": 1}):
        assert list(differences({**stored, **change}, stored)), change


def test_c0_held_to_the_bit_in_the_shipped_results():
    """The negative control: one step a phase, every weight the same history."""
    verdicts = results.load(ROOT / "reports/shipped/gan_stability").verdicts.set_index("id")
    assert verdicts.loc["C0", "verdict"] == "supported"
    assert verdicts.loc["C0", "effect"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_the_stored_signals_are_ruled_on_as_they_were(folder):
    """A run at the border may fall the other way when the detector gets better, hardly any may.

    Severity is left out: that of healthy runs once counted imbalance and sampling error.
    """
    study, stored = load_study(folder / "study.yaml"), results.load(folder)
    modes = make_target(study.target).modes
    calibration = calibrate(modes, study.budget.snapshot_samples, THRESHOLDS)
    runs = stored.runs.set_index("run_id").query("status == 'finished'")
    changed = 0
    for run_id, history in stored.history.groupby("run_id", sort=False):
        columns = {name: np.stack(history[name].to_list()) for name in history.columns[2:]}
        again = rule(history["round"], columns, modes, calibration=calibration)
        was = runs.loc[run_id, ["outcome", "onset_round", "converged_round"]]
        now = pd.Series([again.outcome, again.onset_round, again.converged_round], was.index)
        changed += not was.fillna(-1).equals(now.fillna(-1))
    assert changed <= 1 + len(runs) // 1000
