"""What becomes of a claim on which the judge itself fails."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from vistab.analysis import finding
from vistab.analysis.claims import KINDS

SHIPPED = Path(__file__).parents[2] / "reports" / "shipped" / "digits_quick"


@pytest.fixture
def broken(monkeypatch):
    """Claims of kind interaction cannot be judged."""

    def fail(claim, comparison, table):
        raise IndexError("list index out of range")

    broken = replace(KINDS["interaction"], gather=fail)
    monkeypatch.setitem(finding.KINDS, "interaction", broken)


@pytest.mark.parametrize("verb", ["judge", "report"])
def test_it_is_void_alone_and_the_command_ends_with_1(verb, command, broken, tmp_path):
    """C6 is the only interaction of three claims."""
    shutil.copytree(SHIPPED, tmp_path / "kept")
    before = {
        one["id"]: one["verdict"] for one in json.loads((SHIPPED / "verdicts.json").read_text())
    }
    answer = command(verb, str(tmp_path / "kept"))
    assert answer.code == 1
    assert "judging failed, which voids 1 claim and no other: C6 (IndexError: list" in answer.err
    assert "Traceback" not in answer.err
    if verb == "report":
        told = json.loads((tmp_path / "kept" / "verdicts.json").read_text())
        assert {one["id"]: one["verdict"] for one in told} == {**before, "C6": "void"}
        assert (
            "IndexError: list index out of range" in (tmp_path / "kept" / "report.html").read_text()
        )


def test_other_claims_are_still_printed_as_json(command, broken, tmp_path):
    shutil.copytree(SHIPPED, tmp_path / "kept")
    answer = command("judge", str(tmp_path / "kept"), "--json")
    assert answer.code == 1
    assert [one["verdict"] for one in json.loads(answer.out)][-1] == "void"
