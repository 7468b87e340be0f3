"""Numbers, values and axes in the reader's words. Pure; sentences come from analysis/wording.py."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from vistab.analysis.verdict import Verdict
from vistab.analysis.wording import (
    MINUS,
    fact_scale,
    plain_scale,
    say_fact,
    say_p,
    share_scale,
    without_zeros,
)
from vistab.report.controls import compared

TickText = Callable[[float], str]
SHARES = ("share of runs", "share of pairs")
"""Units of effects that are differences of proportions; shown in percentage points."""

OUTCOMES = (
    "healthy",
    "mode_collapse",
    "oscillating",
    "stalled",
    "diverged",
    "posterior_collapse",
    "singular_components",
    "dead_components",
)
"""Order of outcomes in every figure; any other outcome of a user's family comes after."""

METRICS: Mapping[str, tuple[str, str]] = {
    "log_likelihood": ("log-likelihood", "nats per sample"),
    "evidence_lower_bound": ("evidence lower bound", "nats per sample"),
    "reconstruction_error": ("reconstruction error", "share of the data's variance"),
    "prior_mismatch": ("mismatch of codes and prior", "0 none, 1 total"),
    "cycle_error": ("cycle error of latents", "1 is the prior's variance"),
    "active_latents": ("active latent dimensions", "number"),
    "frechet_distance": ("Fr\u00e9chet distance", "squared distance of features"),
    "kernel_distance": ("kernel distance", "squared discrepancy"),
    "precision": ("precision", "share of generated images"),
    "recall": ("recall", "share of real images"),
    "density": ("density", "1 as among real images"),
    "neighbour_coverage": ("neighbour coverage", "share of real images"),
}
"""Metrics: what they are called, and their unit or scale."""

FEATURES: Mapping[str, str] = {
    "pixels": "principal axes of the pixels",
    "classifier": "features of a classifier of digits",
    "inception": "features of the Inception network",
}
"""Where the fidelity of images is measured."""

EFFECTS = {"log_likelihood": "nats", "evidence_lower_bound": "nats"}
"""Units of metrics that have one."""

WHEN = {"final_": "at the end", "best_": "at its best"}


def metric_name(metric: str) -> str:
    """`prior_mismatch` as `mismatch of codes and prior`; `final_` as `at the end`."""
    for prefix, when in WHEN.items():
        if metric.startswith(prefix):
            return f"{metric_name(metric.removeprefix(prefix))} {when}"
    return METRICS[metric][0] if metric in METRICS else metric.replace("_", " ")


def metric_unit(metric: str) -> str:
    """What a metric is measured in, or how its scale reads; nothing where that is not known."""
    return METRICS[metric][1] if metric in METRICS else ""


def outcome_name(outcome: str) -> str:
    """`mode_collapse` as `mode collapse`."""
    return outcome.replace("_", " ")


def axis_name(path: str) -> str:
    """`family.regularizer.weight` as `regularizer weight`: the section is dropped."""
    return " ".join(path.split(".")[1:] or [path]).replace("_", " ")


def value_name(value: object) -> str:
    """A value of an axis: booleans as on and off, numbers as short as they can be."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (int, float)):
        short = f"{value:.0e}"
        if 0 < abs(value) < 1e-3 and float(short) == value:  # 5e-04, but not 3e-04 for 0.00025
            return short
        return f"{MINUS if value < 0 else ''}{abs(value):g}"
    return str(value).replace("_", " ")


def short_names(values: Sequence[object], most: float) -> list[str]:
    """The names of values where only about `most` letters have room, told apart.

    Text keeps its start and its end, numbers are never cut. Texts that would look alike are
    numbered.
    """
    room = max(5, int(most))
    names = [
        value_name(value) if isinstance(value, (int, float)) else _cut(value_name(value), room)
        for value in values
    ]
    alike = {name for name in names if names.count(name) > 1}
    return [f"{k + 1}: {name}" if name in alike else name for k, name in enumerate(names)]


def _cut(name: str, most: int) -> str:
    """`a_very_long_name` as `a_ver…name`."""
    tail = (most - 1) // 2
    return (
        name
        if len(name) <= most
        else f"{name[: most - 1 - tail]}\N{HORIZONTAL ELLIPSIS}{name[-tail:]}"
    )


def setting_name(value: object) -> str:
    """A value that a search may have drawn from a range: floats to three digits that count."""
    return number(value) if isinstance(value, float) else value_name(value)


DOTTED = re.compile(r"\b(?:target|family|optimizer|budget)(?:\.[a-z_]+)+")
METRIC = re.compile(r"\b(?:final|best)_[a-z_]+")


def readable(sentence: str) -> str:
    """A sentence with paths and metrics as what they name, and no line break before a %."""
    named = DOTTED.sub(lambda path: axis_name(path.group()), sentence)
    named = METRIC.sub(lambda metric: metric_name(metric.group()), named)
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", named)


def control_name(label: str) -> str:
    """A control's label, `family.loss = 'vi', family.batch_norm = false`, as other names are."""
    plain = readable(label).replace(" = ", " ").replace("'", "").replace("_", " ")
    return re.sub(r"\b(true|false)\b", lambda found: value_name(found[0] == "true"), plain)


def assignment_name(assignment: Mapping[str, object]) -> str:
    """`regularizer weight 5, batch norm off`."""
    return ", ".join(f"{axis_name(path)} {value_name(value)}" for path, value in assignment.items())


def settings_name(assignment: Mapping[str, object]) -> str:
    """`learning rate 0.00518, regularizer weight 14.3`: an assignment that a search has made."""
    return ", ".join(
        f"{axis_name(path)} {setting_name(value)}" for path, value in assignment.items()
    )


def percent(share: float) -> str:
    """0.914 as `91 %`; never rounds a share that is not 0 or 1 to 0 or 100."""
    rounded = round(100 * share)
    if rounded in (0, 100) and share not in (0, 1):
        return f"{100 * share:.1f} %"
    return f"{rounded} %"


def number(value: float | None, digits: int = 3) -> str:
    """A number to `digits` significant digits with a true minus sign; a dash for none."""
    if value is None or not math.isfinite(value):
        return "\u2013"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}".replace("-", MINUS)
    return f"{value:.{digits}g}".replace("-", MINUS)


def p_value(p: float | None, alpha: float | None = None) -> str:
    """`0.004`, or `< 0.0001`; a dash for none. Never rounded to the other side of `alpha`."""
    if p is None:
        return "\u2013"
    return say_p(p, alpha).replace("below", "<")


NEVER = "never healthy"


def onset_words(onset: int, first: int | None) -> str:
    """Since when a run fails: at the first snapshot it was never healthy."""
    return NEVER if onset == first else f"onset at round {onset:,}"


def lacked(held: int, count: int, asked: int, noun: str) -> str:
    """`38 of 50 bins at the end, 43 asked`: what was missing for a run to be healthy."""
    return f"{held} of {count} {noun} at the end, {asked} asked"


def as_sentence(words: str) -> str:
    """A capital at its start and a full stop at its end; nothing stays nothing."""
    if not words:
        return ""
    return words[0].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def margin(verdict: Verdict) -> str:
    """The margin with its unit: `10 points`."""
    return _with_unit(f"{_factor(verdict) * verdict.margin:g}", verdict)


def _factor(verdict: Verdict) -> float:
    """Shares are said in percent."""
    return 100.0 if verdict.unit.startswith(SHARES) else 1.0


def _with_unit(size: str, verdict: Verdict) -> str:
    """`10 points per step`, `1 point`."""
    unit = unit_name(verdict.unit)
    one = size.removeprefix(MINUS) == "1"
    return f"{size} {re.sub('^(points|rounds|values|nats)', _one, unit) if one else unit}".strip()


def _one(units: re.Match[str]) -> str:
    return units[0].removesuffix("s")


def facts(verdict: Verdict, values: Sequence[float]) -> list[str]:
    """Means or shares as the verdict's sentence says them side by side: `91.3 %`."""
    scale = fact_scale(values, _factor(verdict))
    sign = " %" if verdict.unit.startswith(SHARES) else ""
    return [f"{say_fact(scale, value)}{sign}" for value in values]


def unit_name(unit: str) -> str:
    """The unit that effects are written in: `points per step` for `share of runs per step`.

    Metrics without a unit are bare numbers: the claim's words and figure name them.
    """
    if unit.startswith(SHARES):
        return re.sub("^share of [a-z]+", "points", unit)
    metric, _, per = unit.partition(" ")
    if METRIC.fullmatch(metric):
        return f"{EFFECTS.get(metric.split('_', 1)[1], '')} {per}".strip()
    return readable(unit)


def effect(verdict: Verdict) -> str:
    """The effect with its unit, as its sentence says it: `\u221289 points`."""
    if verdict.effect is None:
        return "not estimated"
    if verdict.kind == "identical":
        return f"largest difference {number(verdict.effect)}"
    return _with_unit(_size(verdict, verdict.effect), verdict)


def _size(verdict: Verdict, effect: float) -> str:
    """The difference of the two numbers as they are said, where it has the effect's own sign."""
    factor, of = _factor(verdict), compared(verdict)
    scale = fact_scale(of or [effect], factor)
    told = effect if of is None else scale.rounded(of[0]) - scale.rounded(of[1])
    if effect == 0 or told * effect > 0:
        return without_zeros(scale.say(told))
    return number(effect * factor, 2)


def interval(verdict: Verdict) -> str:
    """The interval in the claim's unit, as exact as it is narrow: `\u221296 to \u221280`."""
    if verdict.interval is None:
        return "\u2013"
    low, high = verdict.interval
    scale = (share_scale if verdict.unit.startswith(SHARES) else plain_scale)(high - low)
    return f"{scale.say(low)} to {scale.say(high)}"


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
