"""Runs the command line in this process, in a folder of its own."""

import shutil
import signal
import sys
from dataclasses import dataclass

import pytest

STUDY = """
study: tiny
target: {kind: ring, modes: 4}
family: {kind: gan, generator_steps: 2, network: {width: 16, depth: 1}}
budget: {rounds: 20, batch_size: 16, snapshots: 4, snapshot_samples: 100}
replicates: 2
axes: {family.regularizer.weight: [0, 5]}
claims:
  - {id: C1, says: fewer fail, kind: rate, expect: lower,
     treatment: {family.regularizer.weight: 5}, control: {family.regularizer.weight: 0}}
"""


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def vistab(tmp_path, monkeypatch, capsys):
    """Calls the command line with the given words; the study file tiny.yaml is there."""
    from vistab.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "tiny.yaml").write_text(STUDY)
    path, handler = list(sys.path), signal.getsignal(signal.SIGTERM)

    def call(*words: str) -> Answer:
        capsys.readouterr()
        code = main(words)
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    yield call
    sys.path[:] = path
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def edit(tmp_path):
    """Changes some text of tiny.yaml."""

    def replace(old: str, new: str) -> None:
        path = tmp_path / "tiny.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return replace


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory):
    """A folder in which the study tiny.yaml was run with the local engine, and what it answered."""
    from vistab.cli import main

    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "tiny.yaml").write_text(STUDY)
        handler = signal.getsignal(signal.SIGTERM)
        code = main(["study", "tiny.yaml", "--engine", "local", "--quiet"])
        signal.signal(signal.SIGTERM, handler)
    assert code == 0
    return folder / "reports"


@pytest.fixture
def finished(vistab, finished_once, tmp_path):
    """The results folder of the finished study, to be changed at will."""
    shutil.copytree(finished_once, tmp_path / "reports")
    return tmp_path / "reports" / "tiny"
