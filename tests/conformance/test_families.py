"""What every family must do. A new line in FAMILIES is tested here without more ado.

How a family reaches each of its outcomes, and how it learns a Gaussian, is said in
families/<kind>.yaml: settings that belong to the test, not to the family.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
import torch

from vistab.collapse.signals import SIGNALS
from vistab.families import FAMILIES, find_family
from vistab.families.base import BEFORE, ClosedForm
from vistab.families.checks import check_parts
from vistab.families.numbers import names_of
from vistab.plan.model import Arm, Pack, Run
from vistab.results.record import PackProgress, PackRecord
from vistab.spec.families import FAMILIES as SPECS
from vistab.spec.metrics import SIGNAL_METRICS, metric_columns
from vistab.spec.outcomes import Outcome
from vistab.spec.source import read_source
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import TARGETS
from vistab.training import train_pack
from vistab.training.loop import play_round
from vistab.training.snapshot import draw_samples, observe
from vistab.training.state import Training, begin

KINDS = sorted(FAMILIES)
EACH_TARGET = ["ring", "grid", "digits"]
SHORT = {"rounds": 4, "snapshots": 2, "snapshot_samples": 100}
MEAN, STD = np.array([1.0, -2.0]), 0.5
GAUSSIAN = {"kind": "mixture", "centres": [MEAN.tolist()], "std": STD}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Packs are trained with one torch thread, as workers train them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def told(kind: str) -> dict[str, Any]:
    """families/<kind>.yaml."""
    return read_source(Path(__file__).parent / "families" / f"{kind}.yaml").data


def make_pack(
    kind: str,
    replicates: tuple[int, ...] = (0, 1),
    *,
    target: dict[str, Any] | None = None,
    family: dict[str, Any] | None = None,
    optimizer: dict[str, Any] | None = None,
    budget: dict[str, Any] | None = None,
) -> Pack:
    """A pack of the family; on the ring and with its defaults where nothing else is said."""
    target = target or {"kind": "ring"}
    settings = Settings(
        target=TARGETS[target["kind"]](**target),
        family=SPECS[kind](**{"kind": kind, **(family or {})}),
        optimizer=OptimizerSpec(**(optimizer or {})),
        budget=BudgetSpec(**(budget or SHORT)),
    )
    arm = Arm("a0", None, {}, settings)
    return Pack("p0", 0, tuple(Run(f"a0-r{r:03d}", arm, r) for r in replicates))


def after(pack: Pack, rounds: int) -> Training:
    """The pack after some rounds."""
    training = begin(pack)
    for number in range(1, rounds + 1):
        play_round(training, number, observe=False)
    return training


def shown(training: Training) -> dict[str, torch.Tensor]:
    """Samples and all else that a family shows."""
    observation = observe(training)
    return {"samples": draw_samples(training), **observation.pictures, **observation.evidence}


def test_every_family_that_may_be_asked_for_can_be_trained() -> None:
    """The two dicts, of specs and of families, have the same keys and agree."""
    assert sorted(SPECS) == KINDS
    assert all(FAMILIES[kind].spec is SPECS[kind] for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_its_parts_hold_to_what_users_families_are_held_to(kind: str) -> None:
    """In two dimensions and in many; phases have names of their own; outcomes are known ones."""
    family, spec = FAMILIES[kind], SPECS[kind](kind=kind)
    for shape in ((2,), (64,), (1, 8, 8)):
        check_parts(family, spec, shape)
    names = [phase.name for phase in family.phases(spec)]
    assert len(set(names)) == len(names)
    assert {"healthy", "diverged"} <= spec.outcomes <= set(get_args(Outcome))


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_computes_stays_on_the_device_of_its_inputs(kind: str) -> None:
    """So that it runs on a GPU, for which torch's device without numbers stands in here.

    With its defaults, and with each section that its file has for an outcome.
    """
    family = FAMILIES[kind]
    for entry in ({}, *told(kind)["outcomes"].values()):
        spec = SPECS[kind](**{"kind": kind, **entry.get("family", {})})
        with torch.device("meta"):
            z, x = torch.ones(4, family.latent_dim(spec)), torch.ones(4, 2)
            inputs = {"data": x, "latents": z, "encoder_noise": z, "generator_noise": x}
            if family.data_size is not None:
                inputs["data_set"] = torch.ones(family.data_size(spec), 2)
            numbers = {name: torch.tensor(1.0) for name in (*names_of(spec), "round")}
        networks = {name: one.to("meta") for name, one in family.networks(spec, (2,)).items()}
        networks |= {name + BEFORE: one for name, one in networks.items()}
        found = [family.sample(networks, inputs)]
        for phase in family.phases(spec):
            if isinstance(phase, ClosedForm):
                found += [phase.update(networks, inputs, numbers).objective]
            else:
                found += [phase.loss(networks, inputs, {}, numbers).loss]
        for part in family.observe(networks, inputs) if family.observe else ():
            found += part.values()
        assert {one.device.type for one in found} == {"meta"}


@pytest.mark.parametrize("kind", KINDS)
def test_training_moves_every_network_and_equal_seeds_give_equal_bits(kind: str) -> None:
    """Two trainings of one pack end alike, in all that is shown; replicates differ."""
    pack, ends = make_pack(kind), []
    for _ in range(2):
        training = begin(pack)
        start = {name: stack.parameters.clone() for name, stack in training.stacks.items()}
        for number in (1, 2):
            play_round(training, number, observe=False)
        for name, stack in training.stacks.items():
            assert not torch.equal(stack.parameters, start[name])
        ends.append(shown(training))
    for name in ends[0]:
        assert torch.equal(ends[0][name], ends[1][name])
    assert not torch.equal(ends[0]["samples"][0], ends[0]["samples"][1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_does_not_depend_on_its_pack(kind: str) -> None:
    """Alone or as one of four: the same over the first rounds, to float tolerance."""
    together, alone = (
        shown(after(make_pack(kind, replicates), 5)) for replicates in ((3, 1, 4, 2), (4,))
    )
    for name in together:
        torch.testing.assert_close(together[name][2], alone[name][0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("target", EACH_TARGET)
@pytest.mark.parametrize("kind", KINDS)
def test_it_trains_on_every_target_and_leaves_a_whole_record(
    kind: str, target: str, tmp_path: Path
) -> None:
    """Signals, its own evidence and metrics, all finite; pictures of the last round."""
    pack = make_pack(kind, target={"kind": target})
    record = train_pack(pack, tmp_path)
    assert set(SIGNALS) <= set(record.history.columns)
    for name, column in record.history.drop(columns="run_id").items():
        assert np.isfinite(np.stack(column.to_list())).all(), name
    metrics = metric_columns({**SIGNAL_METRICS, **SPECS[kind].metrics})
    assert set(metrics) <= set(record.runs.columns)
    assert set(record.runs["outcome"]) <= SPECS[kind].outcomes
    assert all(np.isfinite(picture).all() for picture in record.samples.values())


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_pack_killed_half_way_ends_with_the_same_bits(kind: str, tmp_path: Path) -> None:
    """From its last checkpoint on: record, history and pictures."""
    pack = make_pack(kind, budget={"rounds": 8, "snapshots": 4, "snapshot_samples": 100})
    undisturbed = train_pack(pack, tmp_path / "undisturbed")

    def die(progress: PackProgress) -> None:
        if progress.round == 6:
            raise Killed

    with pytest.raises(Killed):
        train_pack(pack, tmp_path / "killed", die, checkpoint_seconds=0.0)
    reported: list[int] = []
    resumed = train_pack(
        pack, tmp_path / "killed", lambda progress: reported.append(progress.round)
    )
    assert reported[0] == 6
    assert_same(resumed, undisturbed)


def assert_same(one: PackRecord, other: PackRecord) -> None:
    pd.testing.assert_frame_equal(one.history, other.history, check_exact=True)
    pd.testing.assert_frame_equal(
        one.runs.drop(columns="seconds"), other.runs.drop(columns="seconds"), check_exact=True
    )
    assert list(one.samples) == list(other.samples)
    for name, picture in one.samples.items():
        np.testing.assert_array_equal(picture, other.samples[name])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_it_recovers_a_gaussian(kind: str) -> None:
    """N([1, -2], 0.5^2 I), in stds: the mean to a tolerance of 0.2 where its file says no other.

    And the covariance to twice that, for a std which is off by t makes a variance off by 2 t.
    """
    entry = dict(told(kind)["gaussian"])
    tolerance = entry.pop("tolerance", 0.2)
    pack = make_pack(kind, target=GAUSSIAN, **entry)
    training = after(pack, pack.runs[0].arm.settings.budget.rounds)
    for samples in draw_samples(training).numpy():
        standard = (samples - MEAN) / STD
        np.testing.assert_allclose(standard.mean(0), 0.0, atol=tolerance)
        np.testing.assert_allclose(np.cov(standard.T), np.eye(2), atol=2 * tolerance)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "outcome"), [(kind, one) for kind in KINDS for one in sorted(SPECS[kind].outcomes)]
)
def test_it_reaches_every_outcome_that_it_declares(kind: str, outcome: str, tmp_path: Path) -> None:
    """With the settings said to reach it, in one of four replicates; and no undeclared one."""
    pack = make_pack(kind, (0, 1, 2, 3), **told(kind)["outcomes"][outcome])
    found = set(train_pack(pack, tmp_path).runs["outcome"])
    assert outcome in found
    assert found <= SPECS[kind].outcomes


@pytest.mark.parametrize("kind", KINDS)
def test_no_settings_are_said_for_an_outcome_that_is_not_declared(kind: str) -> None:
    """So the test above goes through all of the file."""
    assert set(told(kind)["outcomes"]) == SPECS[kind].outcomes


def test_phases_in_closed_form_are_among_those_tested() -> None:
    """Both kinds of phase are walked by these tests."""
    found = {type(p) for kind in KINDS for p in FAMILIES[kind].phases(SPECS[kind](kind=kind))}
    assert ClosedForm in found
    assert len(found) == 2


def test_users_families_are_found_by_module_and_name() -> None:
    """`package.module:Name`."""
    assert find_family("vistab.families.gan:GAN") is FAMILIES["gan"]
    with pytest.raises(TypeError, match="not a vistab"):
        find_family("vistab.families.gan:phases")
