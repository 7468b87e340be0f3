"""How often the detector and its rivals are right."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score, roc_curve

from benchmark.results import Result

DETECTOR = "vistab"
LOSSES = ("discriminator loss low", "generator loss high")


@dataclass(frozen=True)
class Score:
    """Of the detector, over some cases; NaN where these cases cannot show it.

    macro_f1: mean over the true outcomes. auroc: of severity, failed against healthy. false_alarms:
    share of the healthy that are said to have failed. onset_median, onset_p90: of the errors of
    onsets in snapshots, where the outcome is right. An undecided case counts as wrong.
    """

    n: int
    macro_f1: float
    accuracy: float
    auroc: float
    false_alarms: float
    onset_median: float
    onset_p90: float


def score(results: Sequence[Result]) -> Score:
    """Over at least one case."""
    truth, said = [r.truth for r in results], [r.outcome or "undecided" for r in results]
    failed = np.array([t != "healthy" for t in truth])
    severity = [0.5 if r.severity is None else r.severity for r in results]
    alarms = [r.outcome not in ("healthy", None) for r in results if r.truth == "healthy"]
    errors = [r.onset_error for r in results if r.onset_error is not None]
    return Score(
        n=len(results),
        macro_f1=f1_score(truth, said, labels=sorted(set(truth)), average="macro", zero_division=0),
        accuracy=float(np.mean([r.right for r in results])),
        auroc=auroc(failed, severity),
        false_alarms=float(np.mean(alarms)) if alarms else math.nan,
        onset_median=float(np.median(errors)) if errors else math.nan,
        onset_p90=float(np.quantile(errors, 0.9)) if errors else math.nan,
    )


def number(value: float) -> str:
    """As tables show it; nothing where it cannot be known."""
    return "" if math.isnan(value) else f"{value:.3f}".rstrip("0").rstrip(".")


def auroc(failed: np.ndarray, scores: Sequence[float]) -> float:
    """NaN where all failed, or none."""
    if failed.all() or not failed.any():
        return math.nan
    return float(roc_auc_score(failed, scores))


BY: dict[str, Callable[[Result], str]] = {
    "evidence": lambda r: {"modes": "known modes", "data": "data alone"}[r.case.evidence],
    "target": lambda r: r.case.target,
    "samples a snapshot": lambda r: f"{r.case.n:,}",
    "runs": lambda r: "trained" if r.case.scenario.startswith("GAN") else "by construction",
}
"""The ways in which cases are told apart."""


def grouped(results: Sequence[Result], key: Callable[[Result], str]) -> dict[str, list[Result]]:
    """The results of each kind, in order of appearance."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return groups


@dataclass(frozen=True)
class Worst:
    """A scenario that is got wrong, what it is taken for, and how often."""

    scenario: str
    truth: str
    wrong: int
    n: int
    taken_for: str


def worst(results: Sequence[Result]) -> list[Worst]:
    """Scenarios with any wrong outcome, the most often wrong first; those of images apart."""
    found = []
    for name, own in grouped(results, scenario).items():
        for truth, cases in grouped(own, lambda r: r.truth).items():
            wrong = [r.outcome or "undecided" for r in cases if not r.right]
            if wrong:
                said = ", ".join(f"{o} {k}" for o, k in Counter(wrong).most_common())
                found.append(Worst(name, truth, len(wrong), len(cases), said))
    return sorted(found, key=lambda w: -w.wrong / w.n)


def scenario(result: Result) -> str:
    """With the kind of target where both kinds have it."""
    images = result.case.target in ("digits", "MNIST")
    return f"{result.case.scenario.replace('_', ' ')}{' (images)' if images else ''}"


@dataclass(frozen=True)
class Rival:
    """Failed against healthy, on the cases that a rival can see; and the detector on the same."""

    name: str
    n: int
    f1: float
    balanced_accuracy: float
    auroc: float


def compared(tuning: Sequence[Result], judged: Sequence[Result], trained: bool) -> list[Rival]:
    """The rivals and the detector on cases of data alone: with trained runs alone, or all of them.

    A rival's threshold is the one that is best on the tuning cases, by balanced accuracy.
    """
    tuning, judged = (_seen(part, trained) for part in (tuning, judged))
    failed = np.array([r.truth != "healthy" for r in judged])
    severity = [0.5 if r.severity is None else r.severity for r in judged]
    said = np.array([_said_failed(r) for r in judged])
    rows = [_rival(DETECTOR, failed, said, severity)]
    for name in judged[0].rivals:
        least = _threshold([r.truth != "healthy" for r in tuning], [r.rivals[name] for r in tuning])
        scores = [r.rivals[name] for r in judged]
        rows.append(_rival(name, failed, np.array(scores) >= least, scores))
    return rows


def _said_failed(result: Result) -> bool:
    """What is undecided counts as wrong."""
    if result.outcome is None:
        return result.truth == "healthy"
    return result.outcome != "healthy"


def _seen(results: Sequence[Result], trained: bool) -> list[Result]:
    return [
        r for r in results if r.case.evidence == "data" and (LOSSES[0] in r.rivals or not trained)
    ]


def _threshold(failed: Sequence[bool], scores: Sequence[float]) -> float:
    """The least score that counts as failed, for the largest balanced accuracy."""
    false, true, thresholds = roc_curve(failed, scores, drop_intermediate=False)
    return float(thresholds[np.argmax(true - false)])


def _rival(name: str, failed: np.ndarray, said: np.ndarray, scores: Sequence[float]) -> Rival:
    return Rival(
        name,
        len(failed),
        float(f1_score(failed, said, zero_division=0)),
        float(balanced_accuracy_score(failed, said)),
        auroc(failed, scores),
    )


def onsets(results: Sequence[Result]) -> dict[str, tuple[float, float]]:
    """Median and 90th percentile of the onset's error: the detector's, and of a change point's.

    On the cases whose onset the detector dates.
    """
    dated = [r for r in results if r.onset_error is not None]
    errors = {
        DETECTOR: [r.onset_error for r in dated],
        "change point of coverage": [abs(r.change_point - (r.true_onset or 0)) for r in dated],
    }
    return {
        name: (float(np.median(own)), float(np.quantile(own, 0.9))) for name, own in errors.items()
    }
