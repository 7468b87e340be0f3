"""judge: what the stored results say of every claim of a study."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from vistab.analysis.claims import KINDS
from vistab.analysis.claims.base import Evidence, Table, replicates_of
from vistab.analysis.finding import Finding, failed, find
from vistab.analysis.room import no_room
from vistab.analysis.ruled import Family, Ruled, rule_on
from vistab.analysis.ruling import Against, Ruling
from vistab.analysis.sentence import sentence
from vistab.analysis.verdict import Verdict, plain
from vistab.plan import make_plan
from vistab.results import Results
from vistab.spec.study import Study


def judge(
    study: Study, results: Results, *, post_hoc: Collection[str] = (), n_gone: int = 0
) -> tuple[Verdict, ...]:
    """A verdict for every claim, in the study's order. Only runs with role `confirm` are read.

    post_hoc: ids of the claims that were declared or changed after results were seen: they are
    judged alike and marked. n_gone: how many declared claims with a p are no longer made as they
    were. Declared claims are corrected among all that were declared, so that nothing added or
    dropped later moves their p; post hoc claims are corrected over everything.
    """
    plan = make_plan(study, results.trials if study.search else ())
    confirmed = results.runs[results.runs["role"] == "confirm"].set_index("run_id")
    table = Table(plan, confirmed, results.history)
    sizes = {late: family_size(study, post_hoc, n_gone, late) for late in (False, True)}
    findings = [find(one, table, sizes[one.id in post_hoc]) for one in study.claims]
    family = families(findings, post_hoc, n_gone)
    return tuple(
        told(found, family[found.claim.id], table.rounds, post_hoc=found.claim.id in post_hoc)
        for found in findings
    )


def told(found: Finding, family: Family, rounds: int, *, post_hoc: bool) -> Verdict:
    """The verdict on one finding; void, if ruling on it or putting it in words goes wrong."""
    try:
        return verdict_of(rule_on(found, family), rounds, post_hoc=post_hoc)
    except Exception as error:  # a fault of ours, which must not take the other claims along
        return verdict_of(rule_on(failed(found, error), family), rounds, post_hoc=post_hoc)


def family_size(study: Study, post_hoc: Collection[str], n_gone: int, late: bool) -> int:
    """How many claims with a p are corrected together: the declared ones, or all (`late`)."""
    own = [one for one in study.claims if one.has_p and (late or one.id not in post_hoc)]
    return len(own) + n_gone


def families(
    findings: Sequence[Finding], post_hoc: Collection[str], n_gone: int
) -> dict[str, Family]:
    """Among which p each claim's own is corrected, by claim: see judge()."""
    ps = {found.claim.id: found.p for found in findings if found.p is not None}
    declared = Family({id_: p for id_, p in ps.items() if id_ not in post_hoc}, n_gone)
    everything = Family(ps, n_gone)
    ids = (found.claim.id for found in findings)
    return {id_: everything if id_ in post_hoc else declared for id_ in ids}


def verdict_of(ruled: Ruled, rounds: int, *, post_hoc: bool) -> Verdict:
    """The verdict of a claim that was ruled on."""
    found, against, claim = ruled.found, ruled.against, ruled.found.claim
    return Verdict(
        id=claim.id,
        kind=claim.kind,
        says=claim.says,
        verdict=ruled.word,
        effect=plain(against.evidence.effect) if against else None,
        interval=against.interval if against else None,
        unit=KINDS[claim.kind].unit(claim),
        p=None if ruled.p_holm is None else found.p,
        p_holm=ruled.p_holm,
        margin=claim.margin,
        expect=found.question.expect,
        n_replicates=len(judged_replicates(found) or planned_replicates(found)),
        n_cells=sum(len(compared.cells) for compared in found.comparisons),
        n_cells_left_out=sum(compared.left_out for compared in found.comparisons),
        n_runs=len(found.run_ids),
        sentence=("Post hoc: " if post_hoc else "") + sentence(ruled, rounds),
        reason=found.void or reason_without_interval(found, against),
        replicates_needed=ruled.settled.n_replicates if ruled.settled else None,
        settles_as=ruled.settled.word if ruled.settled else None,
        post_hoc=post_hoc,
        source=claim.source,
        error=found.error,
        details=details(ruled),
    )


def planned_replicates(found: Finding) -> set[int]:
    """The replicates that have a complete cell."""
    return {r for compared in found.comparisons for r in replicates_of(compared)}


def judged_replicates(found: Finding) -> set[int]:
    """Those that have an effect: given healthy runs alone, they may be fewer."""
    return {r for one in found.against for r in one.evidence.replicates}


def reason_without_interval(found: Finding, against: Against | None) -> str | None:
    """Why a claim with an expectation has no interval."""
    if against is None or found.question.expect is None or against.interval:
        return None
    return "this metric has no known bounds, so there is no interval and no ruling on a margin"


def details(ruled: Ruled) -> dict[str, Any]:
    """The plain JSON behind a verdict; the kind's own numbers are those of the control shown."""
    found = ruled.found
    kind = KINDS[found.claim.kind]
    record: dict[str, Any] = {
        "test": kind.test,
        "assumptions": list(kind.assumptions),
        "alpha": found.question.alpha,
        "columns": list(dict.fromkeys(c for one in found.comparisons for c in one.columns)),
        "run_ids": found.run_ids,
        "no_room": list(no_room(ruled)),
        "controls": [
            control(*each) for each in zip(found.against, ruled.ps, ruled.rulings, strict=True)
        ]
        or [unjudged(comparison.label) for comparison in found.comparisons],
        **(ruled.against.evidence.details if ruled.against else {}),
    }
    plain_record: dict[str, Any] = plain(record)
    return plain_record


def control(one: Against, p_holm: float, ruling: Ruling) -> dict[str, Any]:
    """One control's numbers. p_holm: corrected as the claim's own p was."""
    evidence = one.evidence
    return {
        "label": one.label,
        "effect": evidence.effect,
        "interval": one.interval,
        "p": one.p,
        "p_standard_error": one.p_standard_error,
        "p_holm": None if one.p is None else p_holm,
        "verdict": ruling.word,
        "treatment_mean": None if evidence.treatment is None else evidence.treatment.mean(),
        "control_mean": None if evidence.control is None else evidence.control.mean(),
        "by_replicate": by_replicate(evidence),
        **evidence.details,
    }


def by_replicate(evidence: Evidence) -> list[dict[str, Any]]:
    """The effect of each replicate, and its two sides where the kind has sides."""
    nothing = [None] * len(evidence.replicates)
    columns = zip(
        evidence.replicates,
        evidence.effects,
        nothing if evidence.treatment is None else evidence.treatment,
        nothing if evidence.control is None else evidence.control,
        strict=True,
    )
    names = ("replicate", "effect", "treatment", "control")
    return [dict(zip(names, row, strict=True)) for row in columns]


def unjudged(label: str) -> dict[str, Any]:
    """The entry of a control in a void claim."""
    tested = ("effect", "interval", "p", "p_standard_error", "p_holm")
    return {
        "label": label,
        **dict.fromkeys((*tested, "treatment_mean", "control_mean")),
        "verdict": "void",
        "by_replicate": [],
    }
