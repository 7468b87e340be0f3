"""What a family may be made of, each part seen in a family so small that all can be worked out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
import torch
from torch import nn

from vistab.families import FAMILIES
from vistab.families.base import (
    AnyFamily,
    ClosedForm,
    Family,
    Incremental,
    Observation,
    Phase,
    Step,
    Update,
)
from vistab.families.checks import check_parts
from vistab.families.networks import BatchNorm
from vistab.plan.model import Arm, Pack, Run
from vistab.spec.base import STACKS
from vistab.spec.families import FamilySpec
from vistab.spec.metrics import Metric
from vistab.spec.study import BudgetSpec, OptimizerSpec, Settings
from vistab.spec.targets import TARGETS
from vistab.targets import make_target
from vistab.targets.base import Shape
from vistab.training import train_pack
from vistab.training.closed_form import solve
from vistab.training.loop import play_round
from vistab.training.snapshot import draw_samples, observe
from vistab.training.state import Training, begin
from vistab.training.streams import Streams

RATE, N = 0.125, 50  # a power of two: descents are exact


class ToySpec(FamilySpec):
    metrics = {"level": Metric("lower")}

    kind: Literal["toy"] = "toy"
    latent_dim: int = 2
    limit: Annotated[float, STACKS] = -1e30


class Point(nn.Module):
    """One number."""

    def __init__(self, value: float, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor([value], dtype=dtype))

    def forward(self) -> torch.Tensor:
        return self.value


def sample(networks: Any, inputs: Any) -> torch.Tensor:
    return inputs["generator_noise"] + networks["generator"]()


def family(phases: tuple[Any, ...], **parts: Any) -> AnyFamily:
    given = {
        "spec": ToySpec,
        "latent_dim": lambda spec: spec.latent_dim,
        "networks": lambda spec, d: {"generator": Point(1.0)},
        "phases": lambda spec: phases,
        "sample": sample,
    }
    return Family(**(given | parts))


Begin = Callable[..., tuple[Pack, Training]]


@pytest.fixture
def start_pack(monkeypatch: pytest.MonkeyPatch) -> Begin:
    """start_pack(family, specs, replicates): a pack of runs, one a spec; and its state."""

    def make(
        toy: AnyFamily, specs: list[ToySpec], replicates: list[int] | None = None
    ) -> tuple[Pack, Training]:
        monkeypatch.setitem(FAMILIES, "toy", toy)
        runs = []
        for k, spec in enumerate(specs):
            settings = Settings(
                target=TARGETS["ring"](kind="ring"),
                family=spec,
                optimizer=OptimizerSpec(kind="sgd", learning_rate=RATE),
                budget=BudgetSpec(rounds=8, snapshots=4, batch_size=16, snapshot_samples=100),
            )
            runs.append(
                Run(f"r{k}", Arm(f"a{k}", None, {}, settings), (replicates or range(99))[k])
            )
        pack = Pack("p", 3, tuple(runs))
        return pack, begin(pack)

    return make


# --- phases that step


def descend(networks: Any, inputs: Any, anchor: Any, numbers: Any) -> Step:
    """Falls by RATE x round a step, and says how far it is from where the phase found it."""
    here, before = networks["generator"](), networks["generator_before"]()
    loss = (numbers["round"] * here).sum()
    evidence = {"level": here.sum().detach(), "moved": (before - here).sum().detach()}
    return Step(loss, {}, evidence)


DESCENT = Phase("descent", ("generator",), ("latents",), 2, 2, descend, before=("generator",))


def test_a_loss_is_handed_networks_as_the_phase_found_them_and_the_round(
    start_pack: Begin,
) -> None:
    """Two blocks of two steps: at the last loss three steps of RATE x round lie behind."""
    _, training = start_pack(family((DESCENT,)), [ToySpec()] * 2)
    level = 1.0
    for number in (1, 2, 3):
        columns = play_round(training, number, observe=True)
        assert columns["moved"].tolist() == [3 * RATE * number] * 2
        level -= 4 * RATE * number
        assert training.stacks["generator"].views["value"].tolist() == [[level]] * 2


def test_metrics_of_a_family_are_its_last_and_its_best_value(
    start_pack: Begin, tmp_path: Path
) -> None:
    """Here lower is better, and the run goes down all the way."""
    pack, _ = start_pack(family((DESCENT,)), [ToySpec()])
    record = train_pack(pack, tmp_path)
    level = record.history["level"]
    assert record.runs["final_level"].item() == level.iloc[-1]
    assert record.runs["best_level"].item() == level.min() == level.iloc[-1]


def test_a_metric_without_evidence_is_told(start_pack: Begin, tmp_path: Path) -> None:
    """By its name, as the record is made."""

    class Wrong(ToySpec):
        metrics = {"levle": Metric("lower")}

    pack, _ = start_pack(replace(family((DESCENT,)), spec=Wrong), [Wrong()])
    with pytest.raises(TypeError, match="metrics without scalar evidence of that name: levle"):
        train_pack(pack, tmp_path)


def test_a_metric_of_a_vector_is_told(start_pack: Begin, tmp_path: Path) -> None:
    """A run's final and best value are numbers."""

    class Wrong(ToySpec):
        metrics = {"mean": Metric("lower")}

    pack, _ = start_pack(replace(HALVING, spec=Wrong), [Wrong()])
    with pytest.raises(TypeError, match="metrics without scalar evidence of that name: mean"):
        train_pack(pack, tmp_path)


# --- phases in closed form


def halve(networks: Any, inputs: Any, numbers: Any) -> Update:
    """Half of what there was; no objective once that is below the limit."""
    new = networks["generator"]() / 2
    objective = torch.where(new < numbers["limit"], torch.nan, new).sum()
    mean = inputs["data_set"].double().mean(0)
    return Update(objective, {"generator": {"value": new}}, {"level": new.sum(), "mean": mean})


HALVING = family(
    (ClosedForm("halving", ("generator",), ("data_set",), halve),),
    networks=lambda spec, d: {"generator": Point(1 / 3, torch.float64)},
    data_size=lambda spec: N,
)


def test_a_phase_in_closed_form_replaces_what_it_trains_in_its_own_precision(
    start_pack: Begin,
) -> None:
    """A third is not the same number in float32."""
    _, training = start_pack(HALVING, [ToySpec()] * 3)
    for number in (1, 2):
        play_round(training, number, observe=False)
    assert training.stacks["generator"].parameters.dtype == torch.float64
    assert training.stacks["generator"].views["value"].tolist() == [[1 / 12]] * 3


def test_a_run_whose_objective_is_not_finite_diverges_and_is_frozen(start_pack: Begin) -> None:
    """Its neighbours go on; its evidence is NaN, of vectors as well."""
    _, training = start_pack(HALVING, [ToySpec(), ToySpec(limit=0.1), ToySpec()])
    for number in (1, 2, 3):
        columns = play_round(training, number, observe=True)
    assert training.diverged.tolist() == [False, True, False]
    assert training.stacks["generator"].views["value"].tolist() == [[1 / 24], [0.0], [1 / 24]]
    assert columns["level"].isnan().tolist() == [False, True, False]
    assert columns["mean"].isnan().tolist() == [[False] * 2, [True] * 2, [False] * 2]
    assert draw_samples(training).isnan().any((1, 2)).tolist() == [False, True, False]


def test_what_a_run_has_is_kept_where_a_phase_finds_no_objective_or_it_has_diverged(
    start_pack: Begin,
) -> None:
    """So later phases of the round see numbers that are finite, and a frozen run is held."""
    _, training = start_pack(HALVING, [ToySpec(), ToySpec(limit=1.0), ToySpec()])
    training.diverged[2] = True
    solve(training, HALVING.phases(ToySpec())[0], {"data_set": training.data_set})
    values = training.stacks["generator"].views["value"]
    assert values.tolist() == [[1 / 6], [1 / 3], [1 / 3]]


def test_a_data_set_is_drawn_once_for_each_replicate(start_pack: Begin) -> None:
    """From the stream of that name: the same in every round, arm and pack."""
    _, training = start_pack(HALVING, [ToySpec()] * 3, [1, 1, 5])
    target = make_target(TARGETS["ring"](kind="ring"))
    for number in (1, 2):
        mean = play_round(training, number, observe=True)["mean"]
        for k, replicate in enumerate((1, 1, 5)):
            data = target.sample(N, Streams(3, replicate).generator("data_set"))
            np.testing.assert_allclose(mean[k], data.astype(float).mean(0), rtol=1e-12)


@pytest.mark.parametrize("part", ["phases", "networks", "latent_dim", "data_size"])
def test_what_a_pack_shares_cannot_be_made_of_a_number_that_may_differ_in_it(
    part: str, start_pack: Begin
) -> None:
    """Or the first run's would silently be that of all."""
    real = getattr(HALVING, part)

    def reads(spec: Any, *rest: Any) -> Any:
        assert spec.limit < 1
        return real(spec, *rest)

    with pytest.raises(AttributeError, match="no attribute 'limit'"):
        start_pack(replace(HALVING, **{part: reads}), [ToySpec(), ToySpec(limit=0.1)])


def test_vectors_of_evidence_become_list_columns(start_pack: Begin, tmp_path: Path) -> None:
    """float32, a list a row, like the shares of the modes."""
    pack, _ = start_pack(HALVING, [ToySpec()] * 2)
    history = train_pack(pack, tmp_path).history
    assert len(history) == 8
    assert all(row.shape == (2,) and row.dtype == np.float32 for row in history["mean"])
    assert history["level"].dtype == np.float32


def test_a_phase_may_have_the_name_of_another_program(start_pack: Begin) -> None:
    """Its own program is not taken for that of the samples."""
    named = replace(HALVING.phases(ToySpec())[0], name="sample")
    _, training = start_pack(replace(HALVING, phases=lambda spec: (named,)), [ToySpec()])
    play_round(training, 1, observe=False)
    assert draw_samples(training).shape == (1, 100, 2)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda update: tuple(update), "halving: its update gave a tuple, not an Update"),
        (lambda update: update._replace(objective=torch.ones(2)), "its objective must be a scalar"),
        (
            lambda update: update._replace(values={"critic": {}}),
            "values must be a tuple of some of",
        ),
        (
            lambda update: update._replace(values={"generator": {"value": torch.ones(2)}}),
            r"network generator has {'value': \(1,\)}, {'value': \(2,\)} got",
        ),
        (
            lambda update: update._replace(values={"generator": {"valeu": torch.ones(1)}}),
            r"{'valeu': \(1,\)} got",
        ),
        (
            lambda update: update._replace(evidence={"table": torch.ones(2, 2)}),
            r"evidence table must be a tensor, a scalar or a vector, \(2, 2\) got",
        ),
    ],
)
def test_an_update_that_does_not_fit_is_told(wrong: Callable[[Update], Any], words: str) -> None:
    """Before anything is trained, in plain words."""
    phase = replace(HALVING.phases(ToySpec())[0], update=lambda *given: wrong(halve(*given)))
    check_parts(HALVING, ToySpec(), (2,))
    with pytest.raises(TypeError, match=words):
        check_parts(replace(HALVING, phases=lambda spec: (phase,)), ToySpec(), (2,))


def test_what_an_incremental_term_looks_at_is_what_the_loss_gives() -> None:
    """Or there would be nothing to measure from."""
    held = Incremental(lambda networks, inputs: {"value": networks["generator"]()}, "phase_start")
    with pytest.raises(TypeError, match="descent: loss and incremental must give the same"):
        check_parts(family((replace(DESCENT, incremental=held),)), ToySpec(), (2,))


def test_parameters_of_two_dtypes_are_refused() -> None:
    """One flat buffer holds a network."""

    def networks(spec: Any, shape: Shape) -> dict[str, nn.Module]:
        return {"generator": nn.Sequential(Point(1.0), Point(1.0, torch.float64))}

    with pytest.raises(TypeError, match="network generator: its parameters must all have one"):
        check_parts(family((DESCENT,), networks=networks), ToySpec(), (2,))


# --- initialisation


def test_start_sees_its_own_runs_spec_data_and_random_numbers(start_pack: Begin) -> None:
    """So runs of a replicate begin alike, unless their sections differ; whatever the pack."""

    def start(spec: Any, networks: Any, data_set: Any, generator: Any) -> None:
        value = spec.limit + data_set.sum() + generator.random()
        networks["generator"].value.data.fill_(value)

    toy = replace(HALVING, start=start)
    near, far = ToySpec(limit=-1.0), ToySpec(limit=-2.0)
    _, training = start_pack(toy, [near, far, near, near], [0, 0, 0, 4])
    values = training.stacks["generator"].views["value"][:, 0]
    assert values[0] == values[2]
    torch.testing.assert_close(values[0] - values[1], torch.tensor(1.0, dtype=torch.float64))
    assert values[3] != values[0]
    _, alone = start_pack(toy, [near], [4])
    assert alone.stacks["generator"].views["value"][0, 0] == values[3]


# --- what is shown


class Normalised(nn.Module):
    """Batch norm, whose averages a call in training mode would move."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.value = BatchNorm(2), nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x) + self.value


def show(networks: Any, inputs: Any) -> Observation:
    shown = networks["generator"](inputs["data"])
    pictures = {
        "codes": inputs["encoder_noise"],
        "reconstructions": shown,
        "cycled": inputs["latents"],
    }
    return Observation(pictures, {"level": shown.mean(), "means": shown.mean(0)})


def normalise(networks: Any, inputs: Any, anchor: Any, numbers: Any) -> Step:
    return Step(networks["generator"](inputs["data"]).square().mean(), {}, {})


SHOWN = family(
    (Phase("normalise", ("generator",), ("data",), 1, 1, normalise),),
    networks=lambda spec, d: {"generator": Normalised()},
    sample=lambda networks, inputs: networks["generator"](inputs["generator_noise"]),
    observe=show,
)


def test_what_is_shown_comes_from_the_same_inputs_at_every_snapshot_in_inference_mode(
    start_pack: Begin,
) -> None:
    """Inputs are keyed by replicate and by name; the batch norm's averages stay as they are."""
    _, training = start_pack(SHOWN, [ToySpec(latent_dim=3)] * 2, [0, 7])
    _, other = start_pack(SHOWN, [ToySpec(latent_dim=3)], [7])
    buffers = {key: one.clone() for key, one in training.stacks["generator"].buffers.items()}
    first, samples = observe(training), draw_samples(training)
    for name, before in buffers.items():
        assert torch.equal(training.stacks["generator"].buffers[name], before)
    play_round(training, 1, observe=False)
    later = observe(training)
    for name in ("codes", "cycled"):
        assert first.pictures[name].shape == (2, 100, 3)
        assert torch.equal(first.pictures[name], later.pictures[name])
        assert torch.equal(first.pictures[name][1], observe(other).pictures[name][0])
    assert not torch.equal(first.pictures["codes"], first.pictures["cycled"])
    assert not torch.equal(first.pictures["reconstructions"], later.pictures["reconstructions"])
    assert samples.shape == first.pictures["reconstructions"].shape == (2, 100, 2)


def test_pictures_are_kept_beside_samples_and_measured(start_pack: Begin, tmp_path: Path) -> None:
    """At the rounds of the film strip, in float16; what they tell is in the history."""
    pack, training = start_pack(SHOWN, [ToySpec()] * 2)
    record = train_pack(pack, tmp_path)
    assert (
        record.history[["prior_mismatch", "reconstruction_error", "cycle_error"]]
        .notna()
        .all(axis=None)
    )
    assert (record.history["cycle_error"] == 0).all()
    assert "means" in record.history
    kept = record.samples
    names = ("codes", "reconstructions", "cycled", "originals")
    assert set(kept) == {
        "rounds",
        *(r for k in (0, 1) for r in (f"r{k}", *(f"r{k}.{n}" for n in names))),
    }
    assert kept["r1.codes"].shape == (4, 100, 2)
    assert all(kept[f"r0.{name}"].dtype == np.float16 for name in names)
    np.testing.assert_array_equal(
        kept["r1.originals"], training.watched["data"][1].numpy().astype(np.float16)
    )


def test_a_diverged_run_shows_nothing(start_pack: Begin) -> None:
    """NaN in pictures and evidence, of this run alone."""
    _, training = start_pack(SHOWN, [ToySpec()] * 2)
    training.stop(torch.tensor([False, True]))
    for part in observe(training):
        for values in part.values():
            assert values[1].isnan().all()
            assert values[0].isfinite().all()
