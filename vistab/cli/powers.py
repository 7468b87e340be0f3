"""How likely a plan's claims are to be supported if they are true, as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from vistab.analysis.wording import count, say_about
from vistab.spec.claims import NON_INFERIORITY

Claim = Mapping[str, Any]
MORE_THAN_TRIED = "> 200"


def print_power(console: Console, alpha: float, claims: Sequence[Claim]) -> None:
    """A row a claim, then what power is, what was assumed, and why some have none."""
    console.print(_table(claims))
    for text in (_meaning(claims), _level(alpha, claims), _assumed(claims), *_reasons(claims)):
        if text:
            console.print(text)


def _table(claims: Sequence[Claim]) -> Table:
    table = Table(title="power", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("claim", overflow="fold")
    for name in ("true effect", "power", "replicates\nfor 80 %", "smallest p"):
        table.add_column(name, no_wrap=True)
    for claim in claims:
        p = "-" if claim["smallest_p"] is None else f"{claim['smallest_p']:.2g}"
        table.add_row(claim["id"], _true_effect(claim), _power(claim), _enough(claim), p)
    return table


def _true_effect(claim: Claim) -> str:
    """What the simulated truth is: `0.1 lower`; `none, margin 0.1` if the claim is that."""
    if claim["kind"] == "identical":
        return "exact"
    if _of_no_difference(claim):
        return f"none, margin {claim['margin']:g}"
    return f"{claim['margin']:g} {claim['expect']}" if claim["margin"] > 0 else "no margin"


def _of_no_difference(claim: Claim) -> bool:
    return claim["kind"] == "equivalence" or claim["expect"] in NON_INFERIORITY


def _power(claim: Claim) -> str:
    """In whole percent; certainty is never claimed."""
    if claim["power"] is None:
        return "-"
    percent = round(100 * claim["power"])
    return {0: "< 1 %", 100: "> 99 %"}.get(percent, f"{percent} %")


def _enough(claim: Claim) -> str:
    if claim["power"] is None:
        return "-"
    enough = claim["replicates_for_80"]
    return MORE_THAN_TRIED if enough is None else say_about(enough)


def _meaning(claims: Sequence[Claim]) -> str:
    told = [claim["n_replicates"] for claim in claims if claim["power"] is not None]
    if not told:
        return "No power to tell: a claim has one at its margin, the smallest effect worth having."
    return (
        f"Power: the share of studies of {told[0]} replicates that would support the claim if "
        "this were the true effect."
    )


def _level(alpha: float, claims: Sequence[Claim]) -> str:
    """What p is compared with, if any of the powers is that of a p."""
    tested = [claim for claim in claims if claim["smallest_p"] is not None]
    if all(claim["power"] is None for claim in tested):
        return ""
    level, n_claims = tested[0]["level"], count(len(tested), "claim")
    return (
        f"For that its p must not exceed {level:.3g}: {alpha:g} over {n_claims}, at worst (Holm)."
    )


def _assumed(claims: Sequence[Claim]) -> str:
    """The assumptions behind the powers, each with the claims that it is made for."""
    groups: dict[tuple[float, float], list[str]] = {}
    for claim in claims:
        if claim["power"] is not None:
            assume = claim["assume"]
            groups.setdefault((assume["control"], assume["correlation"]), []).append(claim["id"])
    told = [
        f"control {control:g}, correlation {correlation:g}"
        + (f" ({', '.join(ids)})" if len(groups) > 1 else "")
        for (control, correlation), ids in groups.items()
    ]
    return f"Simulated with assume: {'; '.join(told)}. See docs/power.md." if told else ""


def _reasons(claims: Sequence[Claim]) -> list[str]:
    """Why a claim with a margin has no power."""
    return [
        f"{claim['id']} has no power to tell: {claim['power_reason']}"
        for claim in claims
        if claim["power"] is None and (claim["margin"] > 0 or _of_no_difference(claim))
    ]
