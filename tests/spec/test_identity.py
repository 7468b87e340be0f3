"""Which changes make another study, and which make other claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from vistab.spec.identity import claim_hashes, claimed_hash, trained_hash
from vistab.spec.load import study_text
from vistab.spec.study import Study


@pytest.mark.parametrize(
    ("edit", "trained", "claimed"),
    [
        ({"study: small": "study: other"}, False, False),
        ({"study: small": "study: small\ntitle: Other"}, False, False),
        ({"pack: auto": "pack: 7"}, False, False),
        ({"says: Batch norm": "says: BN"}, False, True),
        ({"alpha: 0.05": "alpha: 0.01"}, False, True),
        ({"expect: higher": "expect: lower"}, False, True),
        ({"replicates: 8": "replicates: 9"}, True, False),
        ({"modes: 8": "modes: 9"}, True, False),
        ({"alpha: 0.05": "seed: 1"}, True, False),
        ({"rounds: 100": "rounds: 101"}, True, False),
        ({"1e-3, 2e-3": "1e-3, 3e-3"}, True, False),
        ({"generator_scale: 0.25": "generator_scale: 0.5"}, True, False),
        ({"modes: 8": "modes: 8.0"}, False, False),
    ],
)
def test_each_part_counts_where_it_should(
    load: Callable[..., Study],
    edited: Callable[[Mapping[str, str]], str],
    valid: str,
    edit: Mapping[str, str],
    trained: bool,
    claimed: bool,
) -> None:
    """Training is what decides the runs; claims are what decides the verdicts."""
    before, after = load(valid), load(edited(edit))
    assert (trained_hash(before) != trained_hash(after)) is trained
    assert (claimed_hash(before) != claimed_hash(after)) is claimed


def test_changed_claims_are_known_one_by_one(
    load: Callable[..., Study], edited: Callable[[Mapping[str, str]], str], valid: str
) -> None:
    """Only the claim that was changed has another hash; alpha touches them all."""
    before = claim_hashes(load(valid))
    after = claim_hashes(load(edited({"expect: higher": "expect: lower"})))
    assert {claim for claim in before if before[claim] != after[claim]} == {"C4"}
    looser = claim_hashes(load(edited({"alpha: 0.05": "alpha: 0.1"})))
    assert all(before[claim] != looser[claim] for claim in before)


def test_defaults_spelt_out_are_the_same_study(load: Callable[..., Study], valid: str) -> None:
    """The resolved study has the hashes of the study as written."""
    study = load(valid)
    again = load(study_text(study))
    assert trained_hash(study) == trained_hash(again)
    assert claim_hashes(study) == claim_hashes(again)
