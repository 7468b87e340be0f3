from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from vistab.training.streams import Draws, Streams, key, normal

ADDRESS = st.tuples(
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["a", "b"]),
    st.integers(0, 3),
    st.integers(0, 3),
)


@given(ADDRESS, ADDRESS)
def test_draws_are_equal_exactly_when_their_addresses_are(
    one: tuple[int, int, str, int, int], other: tuple[int, int, str, int, int]
) -> None:
    """Keyed by seed, replicate, stream, round and block; nothing else matters."""

    def draw(address: tuple[int, int, str, int, int]) -> list[float]:
        seed, replicate, stream, number, block = address
        return Streams(seed, replicate).generator(stream, number, block).random(3).tolist()

    assert (draw(one) == draw(other)) == (one == other)


def test_seed_and_replicate_do_not_run_into_each_other() -> None:
    """Seed 1 replicate 12 is not seed 11 replicate 2."""
    assert not np.array_equal(key(1, 12, "x"), key(11, 2, "x"))


def test_the_numbers_of_a_stream_never_change() -> None:
    """Golden values: a change would silently change every study."""
    values = normal((2,))(Streams(0, 3).generator("generator.latents", 7, 1))
    np.testing.assert_allclose(values, [-1.2999543, 0.6189374], rtol=1e-6)


def test_runs_of_one_replicate_are_handed_the_same_draw() -> None:
    """One draw a replicate, whatever the order of the runs."""
    x = Draws.of(0, [4, 2, 4], "cpu").draw(normal((5, 2)), "data", 1)
    assert x.shape == (3, 5, 2)
    assert torch.equal(x[0], x[2])
    assert not torch.equal(x[0], x[1])
    assert torch.equal(x[1], Draws.of(0, [2], "cpu").draw(normal((5, 2)), "data", 1)[0])


def test_the_global_torch_generator_comes_back_as_it_was() -> None:
    """Weights are drawn from a keyed copy of it."""
    before = torch.get_rng_state()
    with Streams(0, 0).torch_seeded("weights"):
        first = torch.rand(2)
    assert torch.equal(torch.get_rng_state(), before)
    with Streams(0, 0).torch_seeded("weights"):
        assert torch.equal(torch.rand(2), first)
