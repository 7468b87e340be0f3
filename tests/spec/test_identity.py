"""Which changes make another study, and which make other claims."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

import pytest

from vistab.results.provenance import post_hoc
from vistab.spec.claims import ScoreClaim
from vistab.spec.identity import claim_hashes, claimed_hash, trained_hash
from vistab.spec.load import load_study, study_text
from vistab.spec.study import Study

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "reports" / "shipped").glob("*/"))


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
        ({"says: Batch norm": "note: Mind.\n    says: Batch norm"}, False, False),
        ({"expect: higher": "expect: higher\n    strict: false"}, False, False),
        ({"expect: higher": "expect: higher\n    margin: 0.1\n    strict: true"}, False, True),
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


SCORE = """
  - {id: S, says: s, kind: score, metric: final_coverage, expect: higher, margin: 0.1, GIVEN
     treatment: {family.regularizer.weight: 5}, control: {family.regularizer.weight: 0}}
alpha"""


def test_strict_alone_makes_another_claim(load: Callable[..., Study], valid: str) -> None:
    """The same margin, asked for by the whole interval."""
    loose, strict = (
        claim_hashes(load(valid.replace("\nalpha", SCORE.replace("GIVEN", given))))["S"]
        for given in ("", "strict: true,")
    )
    assert loose != strict


def test_every_given_is_another_claim(load: Callable[..., Study], valid: str) -> None:
    """None of them is taken for another by its hash."""
    hashes = [
        claim_hashes(load(valid.replace("\nalpha", SCORE.replace("GIVEN", f"given: {given},"))))[
            "S"
        ]
        for given in get_args(ScoreClaim.model_fields["given"].annotation)
    ]
    assert len(set(hashes)) == len(hashes) == 3


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_no_claim_of_a_kept_study_is_post_hoc_by_a_later_version(folder: Path) -> None:
    """Keys that came since say nothing where they hold their defaults."""
    provenance = json.loads((folder / "provenance.json").read_text())
    for file in (folder / "study.yaml", ROOT / "studies" / f"{folder.name}.yaml"):
        study = load_study(file)
        assert claim_hashes(study) == provenance["claims"]
        assert claimed_hash(study) == provenance["claimed_hash"]


def test_what_all_once_meant_is_not_taken_for_what_it_means_now(tmp_path: Path) -> None:
    """A kept study with `given: all` of before, not yet called `ranked`, is seen as post hoc."""
    folder = ROOT / "reports" / "shipped" / "mnist_dcgan"
    text = (folder / "study.yaml").read_text().replace("given: ranked", "given: all")
    (tmp_path / "study.yaml").write_text(text)
    provenance = json.loads((folder / "provenance.json").read_text())
    assert post_hoc(load_study(tmp_path / "study.yaml"), provenance) == {"C1.coverage"}
