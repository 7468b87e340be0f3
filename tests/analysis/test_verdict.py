"""A verdict is the same just made, read back, and on a machine whose last bits are others."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from vistab.analysis import Verdict, from_record, judge, to_record

STEPS, WEIGHT = "family.generator_steps", "family.regularizer.weight"
SIDES = {"treatment": {WEIGHT: 5}, "control": {WEIGHT: 0}}
COVERAGE = {"metric": "final_coverage", "expect": "higher"}
READ_A_METRIC = (
    {"kind": "score", "given": "healthy", **COVERAGE, **SIDES},
    {"kind": "trend", "along": STEPS, **COVERAGE},
    {"kind": "interaction", "along": STEPS, **COVERAGE, **SIDES},
    {"kind": "equivalence", "metric": "final_coverage", "margin": 0.5, **SIDES},
)


def other_bits(value: Any, generator: np.random.Generator) -> Any:
    """The same with every float up to four floats further up or down."""
    if isinstance(value, dict):
        return {key: other_bits(item, generator) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(other_bits(item, generator) for item in value)
    if isinstance(value, float):
        ulps = int(generator.integers(-4, 5))
        for _ in range(abs(ulps)):
            value = math.nextafter(value, math.copysign(math.inf, ulps))
    return value


def verdict_of_thirds(**changes: Any) -> Verdict:
    """A verdict with numbers that have no end."""
    return Verdict(
        **{
            "id": "C1",
            "kind": "rate",
            "says": "Fewer fail.",
            "verdict": "supported",
            "effect": -1 / 3,
            "interval": (-2 / 3, -1 / 7),
            "unit": "share of runs",
            "p": 1 / 700,
            "p_holm": 2 / 700,
            "margin": 0.1,
            "expect": "lower",
            "n_replicates": 10,
            "n_cells": 20,
            "n_cells_left_out": 0,
            "n_runs": 40,
            "sentence": "Fewer fail.",
            "details": {
                "controls": [{"effect": -1 / 3, "by_replicate": [{"effect": -2 / 7}]}],
                "survival": {"low": [1.0, 0.327389272301115], "high": (1.0, math.nan)},
            },
            **changes,
        }
    )


def test_a_verdict_is_what_is_read_back_of_it() -> None:
    """Ten digits a number, whether it was judged or read."""
    made = verdict_of_thirds()
    record = to_record(made)
    assert from_record(json.loads(json.dumps(record))) == made
    assert (made.effect, made.interval) == (-0.3333333333, (-0.6666666667, -0.1428571429))
    assert record["details"]["survival"]["high"] == [1.0, None]


@pytest.mark.parametrize("seed", range(5))
def test_a_machine_with_other_last_bits_writes_the_same_verdict(seed: int) -> None:
    generator = np.random.default_rng(seed)
    names = ("effect", "interval", "p", "p_holm", "margin", "details")
    made = verdict_of_thirds()
    raw = {"interval": (-2 / 3, -1 / 7), "effect": -1 / 3, "p": 1 / 700, "p_holm": 2 / 700}
    changed = {name: other_bits(raw.get(name, getattr(made, name)), generator) for name in names}
    assert changed["effect"] != -0.3333333333
    assert json.dumps(to_record(verdict_of_thirds(**changed))) == json.dumps(to_record(made))


@pytest.mark.parametrize("seed", range(3))
def test_metrics_with_other_last_bits_give_the_same_verdicts(
    seed: int, make_study, make_results, random_rows
) -> None:
    """To the last word and number: sums, slopes, intervals and tests alike."""
    study = make_study(*READ_A_METRIC)
    results = make_results(study, random_rows(seed))
    first = judge(study, results)
    generator = np.random.default_rng(seed)
    metric = results.runs["final_coverage"]
    results.runs["final_coverage"] = [other_bits(value, generator) for value in metric]
    assert not results.runs["final_coverage"].equals(metric)
    assert judge(study, results) == first
