"""What an outcome leaves open: never healthy, still improving, and what a run lacked."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vistab.analysis.verdict import Verdict
from vistab.report import render
from vistab.report.view.fate import RISE, fates, lacking, rising
from vistab.report.view.typical import Typical
from vistab.report.words import lacked, onset_words
from vistab.spec.study import Study

RUN_IDS = ["a-r000", "a-r001", "a-r002", "a-r003"]
"""At once, later, healthy, and stalled."""


def runs() -> pd.DataFrame:
    """Four runs of which three fail."""
    return pd.DataFrame(
        {
            "run_id": RUN_IDS,
            "status": "finished",
            "outcome": ["mode_collapse", "oscillating", "healthy", "stalled"],
            "onset_round": pd.array([30, 900, None, None], dtype="Int64"),
        }
    )


def history(*coverage: list[float], modes: int = 8, held: int = 5) -> pd.DataFrame:
    """Coverage of RUN_IDS at rounds 30, 60, ..."""
    frames = [
        pd.DataFrame(
            {
                "run_id": run_id,
                "round": 30 * (1 + np.arange(len(values))),
                "coverage": values,
                "modes": float(held),
                "mode_shares": [[1 / modes] * modes] * len(values),
            }
        )
        for run_id, values in zip(RUN_IDS, coverage, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


FLAT, UP = [0.4] * 12, [0.0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.4, 0.5, 0.5, 0.6, 0.7, 0.7]


def test_a_run_that_fails_from_its_first_snapshot_on_was_never_healthy(study: Study) -> None:
    found = fates(study, runs(), history(FLAT, FLAT, FLAT, FLAT))
    assert [found.since(one) for one in RUN_IDS] == ["never healthy", "onset at round 900", "", ""]
    assert onset_words(1110, 30) == "onset at round 1,110"


def test_what_was_missing_is_told_of_failed_runs_beside_what_was_asked(study: Study) -> None:
    found = fates(study, runs(), history(FLAT, FLAT, FLAT, FLAT))
    assert found.further("a-r000") == "5 of 8 modes at the end, 7 asked"
    assert found.further("a-r002") == ""  # it is healthy
    enough = fates(study, runs(), history(FLAT, FLAT, FLAT, FLAT, held=7))
    assert enough.further("a-r000") == ""
    assert lacked(38, 50, 43, "bins") == "38 of 50 bins at the end, 43 asked"


def test_nothing_is_said_to_be_asked_where_samples_are_too_few_to_show_all_modes(
    study: Study,
) -> None:
    """There the detector asks for less."""
    many = history(FLAT, FLAT, FLAT, FLAT, modes=100)
    assert lacking(study, many, RUN_IDS) == {}


def test_a_failed_run_whose_coverage_rises_to_the_end_is_still_improving(study: Study) -> None:
    found = fates(study, runs(), history(FLAT, UP, UP, UP))
    assert found.improving == {"a-r001", "a-r003"}
    assert found.further("a-r001").endswith("still improving at the end of the budget")
    assert "improving" not in found.further("a-r000") + found.further("a-r002")


@pytest.mark.parametrize(
    ("values", "up"),
    [
        (FLAT, False),
        (UP, True),
        (UP[::-1], False),
        ([0.5] * 6 + [0.2] * 3 + [0.6] * 3, False),  # up and down, as oscillating runs go
        ([0.0] * 9 + [RISE * 0.9] * 3, False),
        ([0.0] * 9 + [RISE * 1.1] * 3, True),
        ([0.1, 0.9], False),  # too few snapshots to tell
        ([0.1] * 8 + [np.nan] * 4, False),
    ],
)
def test_a_rise_is_lasting_and_large_enough(values: list[float], up: bool) -> None:
    assert rising(np.array([values])) == [up]


def test_the_page_tells_who_was_never_healthy_and_who_was_still_improving(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    """In the strips, in the table of all runs, and as one number for all."""
    frame = results.runs.copy()
    frame["outcome"] = "mode_collapse"
    first = int(results.history["round"].min())
    frame["onset_round"] = pd.array([first] * len(frame), dtype="Int64")
    past = results.history.copy()
    past["coverage"] = past["round"] / past["round"].max()
    page = render(study, verdicts, replace(results, runs=frame, history=past))
    total = len(frame)
    assert f"{total} of {total} failed runs were still improving at the end of the budget" in page
    assert ", never healthy; still improving at the end of the budget</p>" in page
    assert "<td>never healthy</td>" in page
    assert " <b>onset</b></span>" not in page
    assert f'"first":{first},' in page


def test_a_run_without_snapshots_has_no_fate(study: Study) -> None:
    found = fates(study, runs(), history(FLAT, FLAT, FLAT, FLAT).head(0))
    assert found.first is None
    assert Typical("a-r000", 0, "stalled", None).run_id not in found.improving
