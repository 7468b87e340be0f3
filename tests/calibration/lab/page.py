"""The counts of all scenarios as docs/calibration.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import binomtest

from lab.checks import AT_MARGIN, BEYOND, FAMILY, INTERVALS, NO_EFFECT
from lab.planted import SUPPORTED, TOLERANCE
from lab.rivals import MARGIN, MEAN, N_REPLICATES
from lab.scenarios import PLANTED, SCENARIOS
from lab.studies import ALPHA, Check, Scenario, Tally

N_STUDIES = 2_000
INTRODUCTION = f"""# Calibration: is the judge wrong as seldom as it says?

Whole studies are simulated whose truth is known, and judged by the same code that judges real
ones: planned runs are given made-up outcomes, `judge` rules on the claims, and its verdicts are
counted. Each row is {N_STUDIES:,} studies (alpha {ALPHA}), with the exact binomial 95 % interval of
the rate. `make calibrate` makes this page again; the tests run fewer studies of the same rows.

**How to read it.** "What is true" is the truth that was simulated. Unless a row says otherwise,
half of all runs fail, and the fates of a replicate's runs are correlated by 0.5 (of the normal
variables behind them), whatever their arm. A claim reads 3 learning rates and 2 numbers of steps
under each of 2 weights. A row is marked **too often** or **too seldom** if its whole interval lies
on the wrong side of what is allowed; of many rows, one in forty would by chance if each were
exactly at its limit. Most are far from it: numbers of failures are discrete, and intervals for
means of bounded values have to hold for every distribution, most of which are worse than these.
"""
TEXTS = {
    NO_EFFECT: f"""Nothing is true, so a claim is supported, or refuted, by chance. p is two-sided:
each direction has half of alpha, {ALPHA / 2}. The null is the sharp one: no effect on any run.""",
    AT_MARGIN: f"""A claim that compares with a margin is most often wrong where the true mean
effect is exactly the margin. It goes by an interval of level {1 - ALPHA}, so it may be wrong in
{ALPHA} of studies. An identical claim has no margin, and may never be wrong.""",
    FAMILY: f"""Holm keeps the chance that even one untrue claim of a study is decided by its p at
or below alpha, {ALPHA}, however the claims depend on each other, and whichever others are true.""",
    INTERVALS: f"""The interval of the same studies, of level {1 - ALPHA}, and the true effect. With
several controls the interval shown is that against the least favourable.""",
    BEYOND: """What the design does not control. The sign-flip test asks whether runs have effects
at all. A mean effect of 0 that is made of unlike effects, many small ones one way and few large
ones the other way, is not its null: such a claim can be supported often (its interval still holds
0). And intervals, so also rulings on a margin, are not adjusted for the study's other claims.""",
}
"""What is said above each table, by its heading."""


@dataclass(frozen=True)
class Rate:
    """How often something happened."""

    count: int
    n: int

    @property
    def share(self) -> float:
        return self.count / self.n

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Clopper and Pearson's."""
        low, high = binomtest(self.count, self.n).proportion_ci(level, "exact")
        return float(low), float(high)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.count:,} of {self.n:,}: {self.share:.4f} ({low:.4f} to {high:.4f})"


def rate_of(check: Check, found: Tally) -> Rate:
    """How often what the check counts happened."""
    return Rate(int(check.happened(found).sum()), len(found))


def beyond(check: Check, rate: Rate, level: float = 0.95) -> str:
    """The mark of a row: is the whole interval on the wrong side of what is allowed?"""
    low, high = rate.interval(level)
    if check.allowed is None:
        return ""
    if check.bound == "at most":
        return "**too often**" if low > check.allowed else ""
    return "**too seldom**" if high < check.allowed else ""


def allowed(check: Check) -> str:
    """In words."""
    return "no promise" if check.allowed is None else f"{check.bound} {check.allowed:g}"


def labels(scenario: Scenario, check: Check) -> tuple[str, ...]:
    """The cells of a row that do not depend on what was found."""
    n = f"{scenario.replicates}"
    return scenario.name, scenario.truth, n, check.counted, allowed(check)


def checks_of(table: str) -> Iterable[tuple[Scenario, Check]]:
    """The rows of one table."""
    for scenario in SCENARIOS.values():
        for check in scenario.checks:
            if check.table == table:
                yield scenario, check


def row(cells: Iterable[object]) -> str:
    """One line of a table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(heads: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    return "\n".join([row(heads), row("---" for _ in heads), *map(row, rows)])


def table_of(name: str, found: Mapping[str, Tally]) -> str:
    """One question's heading, text and rows."""
    heads = ("case", "what is true", "replicates", "counted", "allowed", "found", "")
    rows = []
    for scenario, check in checks_of(name):
        rate = rate_of(check, found[scenario.name])
        rows.append((*labels(scenario, check), rate, beyond(check, rate)))
    return f"## {name}\n\n{TEXTS[name]}\n\n{table(heads, rows)}\n"


def power_table(found: Mapping[str, Tally], foretold: Mapping[str, float]) -> str:
    """Power as `vistab plan` states it, and what came of it."""
    rows = []
    for scenario in PLANTED.values():
        rate, said = rate_of(SUPPORTED, found[scenario.name]), foretold[scenario.name]
        mark = "**off**" if abs(rate.share - said) > TOLERANCE else ""
        rows.append((*labels(scenario, SUPPORTED)[:3], f"{said:.3f}", rate, mark))
    heads = ("case", "what is true", "replicates", "foretold", "supported", "")
    return f"""## Power

The effect is planted with the simulator behind `vistab plan`, and whole studies are judged. The
share that is supported is to be within {TOLERANCE} of the power that `plan` foretells; a row that
is not is marked **off**. Both say what would happen if the simulator's assumptions were true.

{table(heads, rows)}
"""


def rivals_table(errors: Mapping[str, tuple[int, int]], n: int) -> str:
    """Other intervals on the same effects."""
    heads = ("method", "interval misses the true effect", "called equivalent")
    rows = [(name, Rate(missed, n), Rate(called, n)) for name, (missed, called) in errors.items()]
    return f"""## Why so wide an interval?

In a tenth of the replicates the treatment fails and the control does not; in the others both end
alike. The true difference is {MEAN}, and {MARGIN} is the margin of an equivalence claim over
{N_REPLICATES} replicates. In about a third of studies all effects seen are 0. A test of the sharp
null, turned into an interval, then shrinks to a point, and so does Student's: both miss the truth
and call the difference too small to matter. The sign-flip test is exact at 0 and says nothing about
any other value, so whatever vistab compares with a margin uses the betting interval.

{table(heads, rows)}
"""


def page(
    found: Mapping[str, Tally],
    foretold: Mapping[str, float],
    errors: Mapping[str, tuple[int, int]],
    n: int,
) -> str:
    """The whole page."""
    tables = [table_of(name, found) for name in (NO_EFFECT, AT_MARGIN, FAMILY)]
    tables += [power_table(found, foretold), table_of(INTERVALS, found)]
    return "\n".join([INTRODUCTION, *tables, table_of(BEYOND, found), rivals_table(errors, n)])
