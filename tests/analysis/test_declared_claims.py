"""What was declared before the data keeps its p, whatever is claimed, dropped or reworded later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from vistab.analysis import judge
from vistab.analysis.judge import families

WEIGHT, STEPS = "family.regularizer.weight", "family.generator_steps"
SIDES = {"treatment": {WEIGHT: 5}, "control": {WEIGHT: 0}}
CLAIMS = (
    {"kind": "rate", "expect": "lower", **SIDES},
    {"kind": "onset", "event": "failure", "expect": "later", **SIDES},
    {"kind": "trend", "along": STEPS, "expect": "higher"},
)


@pytest.fixture
def verdicts(make_study, make_results, random_rows):
    """The verdicts of some of CLAIMS, all on the same runs."""
    results = make_results(make_study(*CLAIMS), random_rows(3))

    def judged(*picked: int, **how):
        study = make_study(*CLAIMS)
        claims = tuple(study.claims[k] for k in picked)
        return judge(study.model_copy(update={"claims": claims}), results, **how)

    return judged


def test_claims_added_later_leave_the_declared_ones_as_they_were(verdicts) -> None:
    (alone,) = verdicts(0)
    declared, late = verdicts(0, 1, post_hoc={"C1"})
    assert declared == alone
    assert late.post_hoc


def test_claims_dropped_later_keep_their_place(verdicts) -> None:
    """Whoever drops the claims that came out badly makes the others no easier to support."""
    whole = verdicts(0, 1, 2)
    (kept,) = verdicts(0, n_gone=2)
    assert kept.p == whole[0].p
    assert kept.p_holm == pytest.approx(min(1.0, 3 * kept.p))
    assert kept.p_holm >= whole[0].p_holm


def test_a_reworded_claim_counts_twice(verdicts) -> None:
    """As it was declared, which is gone, and as it stands, post hoc."""
    declared, late = verdicts(0, 1, post_hoc={"C1"}, n_gone=1)
    assert declared.p_holm == pytest.approx(min(1.0, 2 * declared.p))
    expected = multipletests([declared.p, late.p, 1.0], method="holm")[1]
    assert late.p_holm == pytest.approx(expected[1])


def test_a_post_hoc_verdict_says_so_in_its_sentence(verdicts) -> None:
    """A sentence that is quoted alone must not lose it."""
    declared, late = verdicts(0, 1, post_hoc={"C1"})
    assert late.sentence.startswith("Post hoc: ")
    assert "Post hoc" not in declared.sentence
    (again,) = verdicts(1)
    for verdict in (late, again):  # the correction is another one, and so is what would settle it
        verdict.details["controls"][0].pop("p_holm")
    same = {"p_holm": None, "replicates_needed": None, "settles_as": None, "sentence": ""}
    assert replace(late, post_hoc=False, **same) == replace(again, **same)


@given(
    declared=st.lists(st.floats(0, 1), max_size=4),
    late=st.lists(st.floats(0, 1), max_size=4),
    n_gone=st.integers(0, 3),
)
def test_no_later_claim_moves_a_declared_p(made_finding, declared, late, n_gone) -> None:
    """Nor is a post hoc p ever smaller than among the post hoc claims alone."""
    ps = {
        **{f"D{k}": p for k, p in enumerate(declared)},
        **{f"L{k}": p for k, p in enumerate(late)},
    }
    findings = [made_finding(id_, p) for id_, p in ps.items()]
    late_ids = {id_ for id_ in ps if id_.startswith("L")}

    def adjusted(among: list[Any], late: set[str], n_gone: int) -> dict[str, float]:
        family = families(among, late, n_gone)
        return {one.claim.id: family[one.claim.id].corrected(one.claim.id, one.p) for one in among}

    together = adjusted(findings, late_ids, n_gone)
    alone = adjusted([one for one in findings if one.claim.id not in late_ids], set(), n_gone)
    only_late = adjusted([one for one in findings if one.claim.id in late_ids], late_ids, 0)
    assert {id_: p for id_, p in together.items() if id_ not in late_ids} == alone
    assert all(together[id_] >= p for id_, p in only_late.items())


@pytest.fixture(scope="module")
def made_finding():
    """A finding with a given id and p, of which nothing else is read."""
    from types import SimpleNamespace

    return lambda id_, p: SimpleNamespace(claim=SimpleNamespace(id=id_), p=p)
