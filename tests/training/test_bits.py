from __future__ import annotations

from typing import Any

import pytest
import torch

from vistab.training.loop import play_round
from vistab.training.snapshot import draw_samples
from vistab.training.state import Training, begin

WEIGHTS = (0.0, 1.0, 5.0, 20.0)


def bits(training: Training, k: int) -> list[torch.Tensor]:
    """All numbers of run k."""
    tensors = [
        tensor
        for stack in training.stacks.values()
        for tensor in (stack.parameters, *stack.buffers.values(), stack.moments.second)
    ]
    return [tensor[k] for tensor in tensors]


def assert_same_bits(a: list[torch.Tensor], b: list[torch.Tensor]) -> None:
    assert all(torch.equal(one, other) for one, other in zip(a, b, strict=True))


def trained(pack: Any, rounds: int = 5) -> Training:
    """A pack after some rounds."""
    training = begin(pack)
    for number in range(1, rounds + 1):
        play_round(training, number, observe=False)
    return training


@pytest.mark.parametrize(
    "options",
    [{}, {"batch_norm": True}, {"batch_size": 13, "width": 7}, {"batch_size": 1, "width": 3}],
    ids=str,
)
@pytest.mark.parametrize("n_runs", [5, 33])
def test_at_one_generator_step_every_weight_gives_the_same_bits_in_every_slot(
    n_runs: int, options: dict[str, Any], make_pack: Any
) -> None:
    """C0: the term and its gradient are exactly 0, wherever in the pack a run stands."""
    runs = [(k // 4 % 2, {"weight": WEIGHTS[k % 4]}) for k in range(n_runs)]
    training = trained(make_pack(runs, **options))
    first = {replicate: k for k, (replicate, _) in reversed(list(enumerate(runs)))}
    for k, (replicate, _) in enumerate(runs):
        assert_same_bits(bits(training, k), bits(training, first[replicate]))


@pytest.mark.parametrize("options", [{"generator_steps": 2}, {"anchor": "previous_phase"}], ids=str)
def test_otherwise_the_weight_acts(options: dict[str, Any], make_pack: Any) -> None:
    """The test above can fail: from the second step on, and one phase back, weights differ."""
    training = trained(make_pack([(0, {"weight": 0.0}), (0, {"weight": 5.0})], **options))
    assert not torch.equal(bits(training, 0)[0], bits(training, 1)[0])


def test_runs_of_one_replicate_share_weights_data_and_noise(make_pack: Any) -> None:
    """Common random numbers, across arms, packs, and shapes that agree."""
    one = begin(make_pack([(0, {}), (0, {"weight": 5.0}), (1, {})]))
    other = begin(make_pack([(1, {}), (7, {})], generator_steps=5, batch_norm=True))
    generators = one.stacks["generator"].views["hidden0.weight"]
    assert torch.equal(generators[0], generators[1])
    assert not torch.equal(generators[0], generators[2])
    assert torch.equal(generators[2], other.stacks["generator"].views["hidden0.weight"][0])
    assert torch.equal(one.watched["latents"][2], other.watched["latents"][0])
    data = one.draws.draw(one.samplers["data"], "discriminator.data", 3, 1)
    assert torch.equal(data[0], data[1])
    assert torch.equal(
        data[2], other.draws.draw(other.samplers["data"], "discriminator.data", 3, 1)[0]
    )


def test_a_run_does_not_depend_on_the_size_of_its_pack(make_pack: Any) -> None:
    """To float tolerance, over the first rounds."""
    runs = [(k, {"weight": float(k)}) for k in range(5)]
    together = draw_samples(trained(make_pack(runs, generator_steps=2)))
    for k, run in ((0, runs[0]), (4, runs[4])):
        alone = draw_samples(trained(make_pack([run], generator_steps=2)))
        torch.testing.assert_close(alone[0], together[k], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("broken", ["parameters", "loss"])
def test_a_diverged_run_leaves_the_bits_of_all_others_alone(broken: str, make_pack: Any) -> None:
    """Slot 1 diverges in one pack and not in its twin; slots 0 and 2 end alike."""
    wild = {"optimizer": {"kind": "sgd", "learning_rate": 1e30 if broken == "loss" else 0.1}}
    calm = {"optimizer": {"kind": "sgd", "learning_rate": 0.1}}
    pack = make_pack([(0, calm), (1, wild), (2, calm)], generator_steps=2)
    twin = trained(make_pack([(0, calm), (1, calm), (2, calm)], generator_steps=2), 8)
    training = begin(pack)
    if broken == "parameters":
        training.stacks["discriminator"].parameters[1] = torch.nan
    columns = [play_round(training, number, observe=True) for number in range(1, 9)][-1]
    assert training.diverged.tolist() == [False, True, False]
    assert all(column.isnan().tolist() == [False, True, False] for column in columns.values())
    assert draw_samples(training)[1].isnan().all()
    assert all(torch.isfinite(part).all() for part in bits(training, 1))
    for k in (0, 2):
        assert_same_bits(bits(training, k), bits(twin, k))


def test_a_frozen_run_is_held(make_pack: Any) -> None:
    """A learning rate of 0: even with gradients, nothing of it moves any more."""
    training = trained(make_pack([(0, {}), (1, {})], anchor="previous_phase"))
    training.stop(torch.tensor([False, True]))
    for stack in training.stacks.values():
        stack.parameters[1] = 0.05
    play_round(training, 6, observe=False)
    for stack in training.stacks.values():
        assert (stack.parameters[1] == 0.05).all()
        assert stack.gradient[1].any()
    assert training.diverged.tolist() == [False, True]
