"""A finding, ruled on: the verdict, the rule that led to it, and the control that it was about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from vistab.analysis.finding import Finding
from vistab.analysis.ruling import EQUIVALENT, SIGNS, Against, Ruling, combine, control_p, rule
from vistab.analysis.settling import Settled, settled
from vistab.analysis.stats.holm import holm
from vistab.analysis.verdict import VerdictWord


@dataclass(frozen=True)
class Family:
    """The p of claims, by id, that are corrected together; n_gone more count as p = 1."""

    ps: Mapping[str, float]
    n_gone: int

    def corrected(self, claim: str, p: float) -> float:
        """What Holm makes of `p` were it the p of this claim."""
        others = [other for id_, other in self.ps.items() if id_ != claim]
        return holm([p, *others, *([1.0] * self.n_gone)])[0]


@dataclass(frozen=True, eq=False)
class Ruled:
    """What was found for a claim, its corrected p, and the ruling against every control.

    settled: of an inconclusive claim, what would settle it; None if no number of replicates would.
    """

    found: Finding
    p_holm: float | None
    ps: tuple[float, ...]
    rulings: tuple[Ruling, ...]
    word: VerdictWord
    settled: Settled | None

    @property
    def shown(self) -> int | None:
        """Which control the verdict's numbers are about: the least favourable one.

        Of a refuted claim the least favourable of those that refute it: a rule looks at intervals
        too, so another one's effect may be smaller.
        """
        at = [i for i, one in enumerate(self.rulings) if one.word == self.word]
        among = at if self.word == "refuted" else range(len(self.rulings))
        return min(among, key=lambda i: self._favour(self.found.against[i]), default=None)

    def _favour(self, one: Against) -> float:
        """How far one control's effect speaks for the claim."""
        expect = self.found.question.expect or ""
        if expect == EQUIVALENT:
            return -abs(one.evidence.effect)
        return SIGNS.get(expect, 1) * one.evidence.effect

    @property
    def against(self) -> Against | None:
        """The finding against that control; None if the claim is void."""
        return None if self.shown is None else self.found.against[self.shown]

    @property
    def ruling(self) -> Ruling | None:
        """The ruling against that control."""
        return None if self.shown is None else self.rulings[self.shown]


def rule_on(found: Finding, family: Family) -> Ruled:
    """The ruling on one claim, whose p is corrected among its family's."""
    correct = partial(family.corrected, found.claim.id)
    ps = tuple(control_p(one, found.question, correct) for one in found.against)
    rulings = tuple(rule(one, found.question, p) for one, p in zip(found.against, ps, strict=True))
    word = "void" if found.void is not None else combine([one.word for one in rulings])
    return Ruled(
        found,
        None if found.void is not None or found.p is None else correct(found.p),
        ps,
        rulings,
        word,
        settled(found) if word == "inconclusive" else None,
    )
