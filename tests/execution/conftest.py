"""Tiny studies, and a user's own family that breaks when it is told to."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest

STUDY = """
study: tiny
target: {kind: ring, modes: 4}
family: {kind: gan, generator_steps: 2, network: {width: 16, depth: 1}}
budget: {rounds: 20, batch_size: 16, snapshots: 4, snapshot_samples: 100}
replicates: 2
axes: {family.regularizer.weight: [0, 5]}
resources: {pack: 2}
"""

FRAGILE = """
import inspect
from dataclasses import replace
from pathlib import Path
from typing import Literal

from vistab.families.gan import GAN
from vistab.spec.families import GanFamily


class Spec(GanFamily):
    kind: Literal["fragile:FRAGILE"]
    flag: str = ""  # a file whose presence makes training succeed


def tried():  # not trained: then what is broken from the start would be refused
    return any(frame.filename.endswith("trial.py") for frame in inspect.stack())


def networks(spec, shape):
    if not tried() and spec.batch_norm and not Path(spec.flag or "nowhere").exists():
        raise RuntimeError("no batch norm here")
    return GAN.networks(spec, shape)


FRAGILE = replace(GAN, spec=Spec, networks=networks)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where this module's studies and results go."""
    return tmp_path_factory.mktemp("execution")


@pytest.fixture(scope="module")
def plan_of(folder):
    """Writes a study file from text and plans it, as the command line would."""
    from vistab.cli.request import read_plan

    def plan(text: str = STUDY):
        path = folder / "study.yaml"
        path.write_text(dedent(text))
        return read_plan(path)

    before = list(sys.path)
    yield plan
    sys.path[:] = before
    sys.modules.pop("fragile", None)


@pytest.fixture(scope="module")
def fragile_plan(folder, plan_of):
    """A study with a user's family whose runs with batch norm raise."""
    (folder / "fragile.py").write_text(FRAGILE)
    return plan_of(
        STUDY.replace("kind: gan", "kind: fragile:FRAGILE")
        .replace("study: tiny", "study: fragile")
        .replace("family.regularizer.weight: [0, 5]", "family.batch_norm: [false, true]")
    )
