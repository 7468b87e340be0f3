"""judge: what the stored results say of every claim of a study."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil
from typing import Any

from vistab.analysis.claims import KINDS
from vistab.analysis.claims.base import Evidence, Table, replicates_of
from vistab.analysis.finding import Finding, find
from vistab.analysis.ruling import Against, combine, control_p, replicates_needed, rule
from vistab.analysis.sentence import sentence
from vistab.analysis.stats.holm import holm
from vistab.analysis.verdict import Verdict, VerdictWord, plain
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
    adjusted = adjusted_ps(findings, post_hoc, n_gone)
    return tuple(
        verdict_of(found, adjusted.get(found.claim.id), found.claim.id in post_hoc)
        for found in findings
    )


def family_size(study: Study, post_hoc: Collection[str], n_gone: int, late: bool) -> int:
    """How many claims with a p are corrected together: the declared ones, or all (`late`)."""
    own = [one for one in study.claims if one.has_p and (late or one.id not in post_hoc)]
    return len(own) + n_gone


def adjusted_ps(
    findings: Sequence[Finding], post_hoc: Collection[str], n_gone: int
) -> dict[str, float]:
    """The corrected p of every claim that has one, by id; claims that are gone count as p = 1."""
    ps = {found.claim.id: found.p for found in findings if found.p is not None}
    declared = {id_: p for id_, p in ps.items() if id_ not in post_hoc}
    adjusted: dict[str, float] = {}
    for family in (ps, declared):  # what is declared keeps the correction among the declared
        corrected = holm([*family.values(), *([1.0] * n_gone)])
        adjusted |= dict(zip(family, corrected, strict=False))
    return adjusted


def verdict_of(found: Finding, p_holm: float | None, post_hoc: bool = False) -> Verdict:
    """The ruling on one claim, by its corrected p."""
    words = [
        rule(one, found.question, control_p(one, found.question, found.p, p_holm))
        for one in found.against
    ]
    word: VerdictWord = "void" if found.void is not None else combine(words)
    needed = to_plan(found) if word == "inconclusive" else None
    shown = None if word == "void" else p_holm
    closest, claim = found.closest, found.claim
    return Verdict(
        id=claim.id,
        kind=claim.kind,
        says=claim.says,
        verdict=word,
        effect=plain(closest.evidence.effect) if closest else None,
        interval=closest.interval if closest else None,
        unit=KINDS[claim.kind].unit(claim),
        p=None if shown is None else found.p,
        p_holm=shown,
        margin=claim.margin,
        expect=found.question.expect,
        n_replicates=len(judged_replicates(found) or planned_replicates(found)),
        n_cells=sum(len(compared.cells) for compared in found.comparisons),
        n_cells_left_out=sum(compared.left_out for compared in found.comparisons),
        n_runs=len(found.run_ids),
        sentence=("Post hoc: " if post_hoc else "") + sentence(found, word, shown, needed),
        reason=found.void or reason_without_interval(found),
        replicates_needed=needed,
        post_hoc=post_hoc,
        source=claim.source,
        details=details(found, words),
    )


def planned_replicates(found: Finding) -> set[int]:
    """The replicates that have a complete cell."""
    return {r for compared in found.comparisons for r in replicates_of(compared)}


def judged_replicates(found: Finding) -> set[int]:
    """Those that have an effect: given healthy runs alone, they may be fewer."""
    return {r for one in found.against for r in one.evidence.replicates}


def to_plan(found: Finding) -> int | None:
    """The replicates that would settle the claim, if the same share of them has an effect again."""
    needed = replicates_needed(found.against, found.question)
    if needed is None:
        return None
    return ceil(needed * len(planned_replicates(found)) / len(judged_replicates(found)))


def reason_without_interval(found: Finding) -> str | None:
    """Why a claim with an expectation has no interval."""
    if found.closest is None or found.question.expect is None or found.closest.interval:
        return None
    return "this metric has no known bounds, so there is no interval and no ruling on a margin"


def details(found: Finding, words: Sequence[VerdictWord]) -> dict[str, Any]:
    """The plain JSON behind a verdict; the kind's own numbers are those of the closest control."""
    kind = KINDS[found.claim.kind]
    record: dict[str, Any] = {
        "test": kind.test,
        "assumptions": list(kind.assumptions),
        "alpha": found.question.alpha,
        "columns": list(dict.fromkeys(c for one in found.comparisons for c in one.columns)),
        "run_ids": found.run_ids,
        "controls": [control(*pair) for pair in zip(found.against, words, strict=True)]
        or [unjudged(comparison.label) for comparison in found.comparisons],
        **(found.closest.evidence.details if found.closest else {}),
    }
    plain_record: dict[str, Any] = plain(record)
    return plain_record


def control(one: Against, word: VerdictWord) -> dict[str, Any]:
    """One control's numbers."""
    evidence = one.evidence
    return {
        "label": one.label,
        "effect": evidence.effect,
        "interval": one.interval,
        "p": one.p,
        "p_standard_error": one.p_standard_error,
        "verdict": word,
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
    numbers = ("effect", "interval", "p", "p_standard_error", "treatment_mean", "control_mean")
    return {
        "label": label,
        **dict.fromkeys(numbers),
        "verdict": "void",
        "by_replicate": [],
    }
