"""A small study, its plan, and records of packs as training would leave them."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vistab.collapse.signals import SIGNALS
from vistab.plan import make_plan
from vistab.results.record import PackRecord
from vistab.results.store import open_store
from vistab.spec.load import load_study
from vistab.spec.metrics import SIGNAL_METRICS, metric_columns

STUDY = """
study: tiny
target: {kind: ring}
family: {kind: gan, generator_steps: 2}
budget: {rounds: 20, snapshots: 3}
replicates: 3
axes:
  family.batch_norm: [false, true]
  family.regularizer.weight: [0, 0.5]
claims:
  - {id: C1, says: fewer fail, kind: rate, expect: lower,
     treatment: {family.regularizer.weight: 0.5}, control: {family.regularizer.weight: 0}}
resources: {pack: 4}
"""


@pytest.fixture
def load(tmp_path):
    """Loads the small study with some of its text replaced."""

    def load_changed(*changes: tuple[str, str]):
        text = STUDY
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "tiny.yaml"
        path.write_text(text)
        return load_study(path)

    return load_changed


@pytest.fixture
def study(load):
    """The small study."""
    return load()


@pytest.fixture
def plan(study):
    """Its plan: 12 runs."""
    return make_plan(study)


@pytest.fixture
def record():
    """Makes the record of a pack; numbers follow from the run ids."""
    return make_record


CONDITIONS = {
    "device": "cpu",
    "device_name": "Small",
    "cpu_capability": "AVX2",
    "threads": 1,
    "pack_size": 3,
    "compiled": False,
    "torch": "2.13.0",
}


def make_record(pack) -> PackRecord:
    """A finished pack's record with three snapshots a run."""
    ids = [run.run_id for run in pack.runs]
    rng = np.random.default_rng([ord(letter) for letter in pack.pack_id])
    collapsed = rng.random(len(ids)) < 0.5
    runs = pd.DataFrame(
        {
            "run_id": ids,
            "status": "finished",
            "outcome": np.where(collapsed, "mode_collapse", "healthy"),
            "onset_round": np.where(collapsed, 10.0, np.nan),
            "converged_round": np.where(collapsed, np.nan, 5.0),
            "severity": rng.random(len(ids)),
            "evidence": "in words",
            **{name: rng.random(len(ids)) for name in metric_columns(SIGNAL_METRICS)},
            "rounds": 20,
            "seconds": 1.5,
            **CONDITIONS,
        }
    )
    n = 3 * len(ids)
    history = pd.DataFrame(
        {
            "run_id": np.repeat(ids, 3),
            "round": np.tile([0, 10, 20], len(ids)),
            "generator_loss": rng.normal(size=n),
            **{name: rng.random(n) for name in SIGNALS},
            "mode_shares": list(rng.random((n, 8))),
        }
    )
    history.loc[0, "generator_loss"] = np.nan
    samples = {"rounds": np.array([0, 20])} | {
        run_id: rng.normal(size=(2, 5, 2)).astype(np.float16) for run_id in ids
    }
    return PackRecord(pack.pack_id, runs, history, samples)


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory) -> Path:
    """The results folder of the small study, finished and ruled on."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "tiny.yaml").write_text(STUDY)
    study = load_study(folder / "tiny.yaml")
    plan = make_plan(study)
    with open_store(folder, study) as store:
        for pack in plan.packs:
            store.pack_folder(pack.pack_id).write(make_record(pack))
        store.consolidate(plan)
        store.write_verdicts([{"id": "C1", "verdict": "supported", "p": 0.03125}])
        store.write_report("<p>C1 is supported.</p>")
        return store.folder


@pytest.fixture
def finished(finished_once, tmp_path) -> Path:
    """The same, to be changed at will."""
    return Path(shutil.copytree(finished_once, tmp_path / "reports" / "tiny"))


@pytest.fixture
def out(tmp_path) -> Path:
    """Where results folders go."""
    return tmp_path / "reports"
