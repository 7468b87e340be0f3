"""What the table of all runs is made from: every column holds what its name says, run by run."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from vistab.analysis.verdict import Verdict
from vistab.report.html import script_data
from vistab.report.view.fate import Fates, fates
from vistab.report.view.payload import MISSING, curves_of, payload
from vistab.report.view.space import Plane, space_of
from vistab.report.view.strips import strip_view
from vistab.report.view.typical import Group, Typical
from vistab.report.words import axis_name, outcome_name, value_name
from vistab.spec.study import Study

Data = Mapping[str, Any]


@pytest.fixture(scope="module")
def told(study: Study, results: Any, verdicts: tuple[Verdict, ...], synthetic: Any) -> Any:
    """Results with crashed, missing and odd runs, and what their payload says."""
    *_, lose = synthetic
    lost = lose(results, results.runs.index[3:5], "crashed", "Boom: why")
    lost = lose(lost, results.runs.index[8:9], "missing")
    lost.runs.loc[lost.runs.index[0], "final_coverage"] = np.inf
    return lost, as_read(
        payload(lost, verdicts, strips_of(lost, study), study, told_of(lost, study))
    )


def as_read(data: Data) -> Any:
    """What the page's script gets."""
    return json.loads(script_data(data))


def told_of(results: Any, study: Study) -> Fates:
    """What the outcomes of these runs leave open."""
    return fates(study, results.runs, results.history)


def strips_of(results: Any, study: Study) -> Any:
    """The strips of one group, as the page would show them."""
    run = results.runs.iloc[0]
    typical = Typical(run["run_id"], 0, "stalled", None)
    return strip_view(results, [Group("g", 1, 1, typical, None)], space_of(study.target))


def coded(one: Data) -> list[str]:
    """The texts of a coded column, run by run."""
    return [one["names"][k] for k in one["index"]]


def numbers(column: Any) -> list[float | None]:
    """A column of a table as the payload has it."""
    known = np.isfinite(column.astype(float))
    return [float(v) if there else None for v, there in zip(column, known, strict=True)]


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("severity", "severity"),
        ("coverage", "final_coverage"),
        ("onset", "onset_round"),
        ("converged", "converged_round"),
        ("replicate", "replicate"),
    ],
)
def test_each_number_of_a_run_is_its_own_column(told: Any, key: str, column: str) -> None:
    """No two of these columns are equal, so none can stand in for another."""
    results, data = told
    assert data[key] == pytest.approx(numbers(results.runs[column]), abs=5e-4)


def test_each_text_of_a_run_is_its_own(told: Any) -> None:
    results, data = told
    runs = results.runs
    named = runs["arm"].where(runs["arm"] != runs["arm_id"], "")
    assert coded(data["arm"]) == [value_name(name) for name in named]
    assert coded(data["arm_id"]) == list(runs["arm_id"])
    ended = runs["outcome"].where(runs["status"] == "finished", runs["status"])
    assert coded(data["ended"]) == [outcome_name(one) for one in ended]
    for told, found in zip(coded(data["evidence"]), runs["evidence"].fillna(""), strict=True):
        assert told.split("; ")[0] == found
    assert coded(data["error"]) == list(runs["error"].fillna(""))
    assert coded(data["error"]).count("Boom: why") == 2


def test_each_axis_says_the_value_of_every_run_and_lists_them_in_order(told: Any) -> None:
    results, data = told
    paths = [column for column in results.runs if "." in column]
    assert [axis["name"] for axis in data["axes"]] == [axis_name(path) for path in paths]
    for path, axis in zip(paths, data["axes"], strict=True):
        column = results.runs[path]
        assert coded(axis) == [value_name(value) for value in column.tolist()]
        ordered = sorted(set(column.tolist()))
        assert axis["names"] == [value_name(value) for value in ordered]


def test_runs_behind_a_claim_are_found_again_from_their_stretches(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    ids = list(results.runs["run_id"])
    wanted = [0, 1, 2, 7, 9, 10, 239]
    (rate,) = [one for one in verdicts if one.id == "rate"]
    some = Verdict(**{**vars(rate), "details": {"run_ids": [ids[k] for k in reversed(wanted)]}})
    data = as_read(payload(results, [some], None, study, told_of(results, study)))
    firsts, lengths = data["claims"]["rate"][::2], data["claims"]["rate"][1::2]
    found = [first + k for first, n in zip(firsts, lengths, strict=True) for k in range(n)]
    assert found == wanted


def test_every_curve_is_read_back_within_a_byte_of_its_range(told: Any, study: Study) -> None:
    """Columns, runs and rounds in their order; log curves on their log scale."""
    results, data = told
    curves = data["curves"]
    rounds = curves["rounds"]
    assert rounds == sorted(set(results.history["round"]))
    table = np.frombuffer(base64.b64decode(curves["data"]), dtype=np.uint8)
    table = table.reshape(len(curves["columns"]), len(results.runs), len(rounds))
    wanted = [one for one in curves_of(study) if one.column in results.history]
    assert [one["label"] for one in curves["columns"]] == [one.title for one in wanted]
    for block, scale, signal in zip(table, curves["columns"], wanted, strict=True):
        assert scale["log"] == signal.log
        for k in (0, 17, 101, len(results.runs) - 1):
            own = results.history[results.history["run_id"] == results.runs["run_id"].iloc[k]]
            values = own.sort_values("round")[signal.column].to_numpy(dtype=float)
            values = np.log10(values) if signal.log else values
            drawn = scale["low"] + block[k] / 254 * (scale["high"] - scale["low"])
            within = np.isfinite(values) & (values >= scale["low"]) & (values <= scale["high"])
            step = (scale["high"] - scale["low"]) / 254
            assert drawn[within] == pytest.approx(values[within], abs=0.51 * step)
            assert (block[k][np.isnan(values)] == MISSING).all()
    lost = results.runs["status"] != "finished"
    assert (table[:, lost.to_numpy()] == MISSING).all()


def test_curves_reach_past_all_but_the_outermost_hundredth_of_their_values(told: Any) -> None:
    results, data = told
    for scale in data["curves"]["columns"]:
        if scale["log"] or (scale["low"], scale["high"]) == (0.0, 1.0):
            continue
        (column,) = [name for name in results.history if name.replace("_", " ") == scale["label"]]
        values = results.history[column].dropna()
        inside = ((values >= scale["low"]) & (values <= scale["high"])).mean()
        assert 0.985 <= inside <= 0.995


def test_every_film_strip_is_read_back_where_its_samples_were(told: Any, study: Study) -> None:
    results, data = told
    plane = space_of(study.target)
    assert isinstance(plane, Plane)
    strips = data["strips"]
    known = [k for k, run_id in enumerate(results.runs["run_id"]) if run_id in results.strips]
    assert strips["of"] == known
    n, rounds = strips["n"], strips["rounds"]
    table = np.frombuffer(base64.b64decode(strips["data"]), dtype=np.uint8)
    table = table.reshape(len(known), len(rounds), n, 2)
    step = 2 * plane.reach / 254
    for place in (0, 5, len(known) - 1):
        own_rounds, samples = results.strips[results.runs["run_id"].iloc[known[place]]]
        assert list(own_rounds) == rounds
        wanted = samples[:, :n].astype(float)
        found = table[place] * step - plane.reach + np.asarray(plane.middle)
        shown = (table[place] != MISSING).all(axis=-1)
        outside = (np.abs(wanted - plane.middle) > plane.reach).any(axis=-1)
        assert (shown == ~outside).all()
        assert found[shown] == pytest.approx(wanted[shown], abs=0.51 * step)
    centres = np.array(strips["centres"]) * step - plane.reach + np.asarray(plane.middle)
    assert centres == pytest.approx(plane.centres, abs=0.51 * step)
