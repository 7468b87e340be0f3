"""What every family must do. A new line in FAMILIES is tested here without more ado."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from vistab.collapse.signals import SIGNALS
from vistab.families import FAMILIES, find_family
from vistab.families.base import Family
from vistab.plan.model import Arm, Pack, Run
from vistab.spec.families import FAMILIES as SPECS
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import RingTarget
from vistab.training import train_pack
from vistab.training.loop import draw_samples, play_round
from vistab.training.state import begin

KINDS = sorted(FAMILIES)
OUTCOMES = {"healthy", "mode_collapse", "stalled", "oscillating", "diverged", "posterior_collapse"}


def make_pack(kind: str, replicates: tuple[int, ...] = (0, 1), **budget: Any) -> Pack:
    """A pack of the family with its defaults."""
    settings = Settings(
        target=RingTarget(kind="ring"),
        family=FAMILIES[kind].spec(kind=kind),
        optimizer=OptimizerSpec(),
        budget=BudgetSpec(**({"rounds": 4, "snapshots": 2, "snapshot_samples": 200} | budget)),
    )
    arm = Arm("a0", None, {}, settings)
    return Pack("p0", 0, tuple(Run(f"a0-r{r:03d}", arm, r) for r in replicates))


def test_every_family_that_may_be_asked_for_can_be_trained() -> None:
    """The two dicts, of specs and of families, have the same keys and agree."""
    assert sorted(SPECS) == KINDS
    assert all(FAMILIES[kind].spec is SPECS[kind] for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_phases_train_networks_that_exist_and_do_so_at_least_once(kind: str) -> None:
    """Every network is trained by some phase; names of phases are distinct."""
    family = FAMILIES[kind]
    spec = family.spec(kind=kind)
    phases, networks = family.phases(spec), family.networks(spec, 2)
    assert {name for phase in phases for name in phase.trains} == set(networks)
    assert len({phase.name for phase in phases}) == len(phases)
    assert all(phase.batches >= 1 and phase.steps >= 1 for phase in phases)
    assert family.outcomes <= OUTCOMES
    assert {"healthy", "diverged"} <= family.outcomes


@pytest.mark.parametrize("kind", KINDS)
def test_networks_are_for_one_run_and_samples_have_the_targets_dimension(kind: str) -> None:
    """Plain calls, without any pack."""
    family = FAMILIES[kind]
    spec = family.spec(kind=kind)
    networks = family.networks(spec, 3)
    samples = family.sample(networks, torch.randn(7, family.latent_dim(spec)))
    assert samples.shape == (7, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_training_moves_every_network_and_equal_seeds_give_equal_bits(kind: str) -> None:
    """Two trainings of one pack end alike; another replicate ends elsewhere."""
    pack = make_pack(kind)
    ends = []
    for _ in range(2):
        training = begin(pack)
        start = {name: stack.parameters.clone() for name, stack in training.stacks.items()}
        for number in (1, 2):
            columns = play_round(training, number, observe=True)
        assert all(value.isfinite().all() for value in columns.values())
        for name, stack in training.stacks.items():
            assert not torch.equal(stack.parameters, start[name])
        ends.append(draw_samples(training))
    assert torch.equal(*ends)
    assert not torch.equal(ends[0][0], ends[0][1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_pack_ends_as_a_record_with_the_detectors_signals(kind: str, tmp_path: Path) -> None:
    """Through the one verb that others call."""
    record = train_pack(make_pack(kind), tmp_path)
    assert set(SIGNALS) <= set(record.history.columns)
    assert set(record.runs["outcome"]) <= OUTCOMES


def test_users_families_are_found_by_module_and_name() -> None:
    """`package.module:Name`."""
    assert find_family("vistab.families.gan:GAN") is FAMILIES["gan"]
    with pytest.raises(TypeError, match="not a vistab"):
        find_family("vistab.families.gan:phases")
    assert isinstance(FAMILIES["gan"], Family)
