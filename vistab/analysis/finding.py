"""What was found for one claim: its evidence, p and intervals against every control."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vistab.analysis.claims import KINDS
from vistab.analysis.claims.base import CannotJudge, Evidence, Table, run_ids_of
from vistab.analysis.ruling import EQUIVALENT, Against, Question, claim_p
from vistab.analysis.stats.betting import betting_interval
from vistab.analysis.stats.sign_flip import sign_flip
from vistab.plan.cells import Comparison, comparisons
from vistab.spec.claims import ClaimSpec, EquivalenceClaim
from vistab.spec.study import Study


@dataclass(frozen=True)
class Finding:
    """A claim, its comparisons, and what was found against each control; or why it is void.

    error: where the judge itself failed on the claim, which is then void.
    """

    claim: ClaimSpec
    question: Question
    comparisons: tuple[Comparison, ...]
    against: tuple[Against, ...] = ()
    void: str | None = None
    error: str | None = None

    @property
    def p(self) -> float | None:
        """The claim's p before Holm; a void claim counts as 1."""
        if self.void is not None:
            return 1.0 if self.question.has_p else None
        return claim_p(self.against, self.question)

    @property
    def run_ids(self) -> list[str]:
        """Every planned run behind the claim, once."""
        ids = (run_id for comparison in self.comparisons for run_id in run_ids_of(comparison))
        return list(dict.fromkeys(ids))


def asks(claim: ClaimSpec, study: Study, n_claims: int, n_controls: int = 1) -> Question:
    """What a claim asks, in the terms of the rules."""
    none = EQUIVALENT if isinstance(claim, EquivalenceClaim) else None
    expect = getattr(claim, "expect", none)
    return Question(expect, claim.margin, study.alpha, n_controls, n_claims, claim.strict)


def find(claim: ClaimSpec, table: Table, n_claims: int) -> Finding:
    """The evidence for one claim. `n_claims`: those of the study that have a p.

    Whatever goes wrong with one claim voids that claim alone.
    """
    compared = comparisons(table.plan, claim)
    planned = Finding(claim, asks(claim, table.plan.study, n_claims, len(compared)), compared)
    try:
        refuse_missing(planned.run_ids, table)
        against = tuple(weigh(claim, one, table, planned.question) for one in compared)
    except CannotJudge as reason:
        return replace(planned, void=str(reason))
    except Exception as error:  # a fault of ours, or tables that no study leaves behind
        return failed(planned, error)
    return replace(planned, against=against)


def failed(found: Finding, error: Exception) -> Finding:
    """The same claim, void because judging it went wrong."""
    told = in_one_line(error)
    return replace(found, against=(), void=f"judging it failed: {told}", error=told)


def in_one_line(error: Exception) -> str:
    """What went wrong, and where."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words} ({Path(at.filename).name}, line {at.lineno})"


def refuse_missing(run_ids: Sequence[str], table: Table) -> None:
    """Raises CannotJudge if a planned run did not finish."""
    status = table.runs["status"].reindex(list(run_ids))
    n_lost = int((status != "finished").sum())
    if n_lost:
        were = "was" if n_lost == 1 else "were"
        raise CannotJudge(f"{n_lost} of {len(run_ids)} planned runs {were} not finished")


def weigh(claim: ClaimSpec, comparison: Comparison, table: Table, question: Question) -> Against:
    """Effect, p and intervals of one comparison."""
    evidence = KINDS[claim.kind].gather(claim, comparison, table)
    interval = strict = interval_of(evidence, question.alpha)
    if question.n_controls > 1:
        strict = interval_of(evidence, question.alpha / question.n_controls)
    found = Against(comparison.label, evidence, interval, strict)
    if not question.has_p:
        return found
    tested = sign_flip(evidence.effects, seed=table.plan.study.seed)
    return replace(found, p=tested.p, p_standard_error=tested.standard_error)


def interval_of(evidence: Evidence, alpha: float) -> tuple[float, float] | None:
    """The betting interval of the mean effect, where effects have bounds."""
    if evidence.bounds is None:
        return None
    return betting_interval(evidence.effects, evidence.bounds, alpha)
