"""The judge against an oracle that shares no code with it, on random studies."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from judge_oracle import Answer, answers
from random_studies import KINDS, accepted, some_results, some_study

from vistab.analysis import Verdict, judge


def said_otherwise(verdict: Verdict, answer: Answer) -> dict[str, tuple[Any, Any]]:
    """What the judge says and the oracle does not, by name."""
    pairs: dict[str, tuple[Any, Any]] = {
        "verdict": (verdict.verdict, answer.word),
        "cells": (verdict.n_cells, answer.n_cells),
        "cells left out": (verdict.n_cells_left_out, answer.n_left_out),
        "runs": (verdict.n_runs, answer.n_runs),
        "replicates": (verdict.n_replicates, answer.n_replicates),
        "p": (verdict.p, answer.p),
        "adjusted p": (verdict.p_holm, answer.p_holm),
        "effect": (verdict.effect, answer.effect),
    }
    if answer.at_an_edge:
        del pairs["verdict"]
    if len(set(answer.effects)) == 2:  # equally far from 0, on either side
        pairs["effect"] = abs(pairs["effect"][0]), abs(pairs["effect"][1])
    wrong = {name: pair for name, pair in pairs.items() if not same(*pair)}
    if answer.intervals and not any(near(verdict.interval, one) for one in answer.intervals):
        wrong["interval"] = (verdict.interval, answer.intervals)
    return wrong


def same(found: Any, right: Any) -> bool:
    """Words and counts are equal, numbers to all that is written of them."""
    if right is None or isinstance(right, (str, int)):
        return bool(found == right)
    return found == pytest.approx(float(right), rel=1e-9, abs=1e-12)


def near(found: Any, right: tuple[float, float]) -> bool:
    """Ends of intervals are found by halving, to 12 digits of the range."""
    return found is not None and found == pytest.approx(right, rel=1e-7, abs=1e-7)


def asked_of(seed: int, folder: Path) -> Counter[tuple[str, str]]:
    """Judge a random study and compare; the words found, by kind."""
    rng = random.Random(seed)
    study = None
    while study is None:
        document = some_study(rng)
        study = accepted(document, folder)
    table = some_results(rng, study)
    kept = table[(table["status"] != "missing") | (table["replicate"] % 2 == 0)]  # or no row at all
    verdicts = judge(study, SimpleNamespace(runs=kept, history=None))
    right = answers(document, table)
    wrong = {
        verdict.id: found
        for verdict, answer in zip(verdicts, right, strict=True)
        if (found := said_otherwise(verdict, answer))
    }
    assert not wrong, (wrong, document)
    return Counter((verdict.kind, verdict.verdict) for verdict in verdicts)


def test_the_judge_says_what_the_oracle_says(tmp_path: Path) -> None:
    """Forty studies; and among them are all kinds and all words."""
    said = sum((asked_of(seed, tmp_path) for seed in range(40)), Counter[tuple[str, str]]())
    assert {kind for kind, _ in said} == set(KINDS)
    assert {word for _, word in said} >= {"supported", "refuted", "inconclusive", "void"}


@pytest.mark.slow
@pytest.mark.parametrize("hundreds", [1, 2, 3])
def test_the_judge_says_what_the_oracle_says_of_three_hundred_studies(
    hundreds: int, tmp_path: Path
) -> None:
    for seed in range(100 * hundreds, 100 * hundreds + 100):
        asked_of(seed, tmp_path)
