"""`vistab theory`: a table for people, a document for programs, and an exit code for both."""

import dataclasses
import json
import subprocess
import sys

import pytest

from vistab.cli import main
from vistab.theory import gan
from vistab.theory.checks import SECTIONS

COUNT = sum(len(section.CHECKS) for section in SECTIONS)
FIELDS = {"number", "statement", "relation", "left", "right", "residual", "tolerance", "holds"}


def with_nan(check):
    """The same check, come out as not a number."""
    return dataclasses.replace(check, left=float("nan"), residual=float("nan"))


@pytest.fixture
def broken(monkeypatch):
    """One check of E6 that does not hold."""
    first, *others = gan.CHECKS
    monkeypatch.setattr(gan, "CHECKS", (lambda: with_nan(first()), *others))


def test_the_table_has_all_equations_and_says_that_all_hold(capsys):
    """Exit code 0."""
    assert main(["theory"]) == 0
    out = capsys.readouterr().out
    assert all(f"E{n} " in out for n in range(1, 20))
    assert f"All {COUNT} statements hold." in out
    assert "✗" not in out


def test_json_is_one_document_with_every_field(capsys):
    """And nothing else is printed."""
    assert main(["theory", "--json"]) == 0
    captured = capsys.readouterr()
    records = json.loads(captured.out)
    assert len(records) == COUNT
    assert all(set(record) == FIELDS for record in records)
    assert all(record["holds"] is True for record in records)
    assert captured.err == ""


@pytest.mark.usefixtures("broken")
def test_a_failure_is_exit_code_1_and_named(capsys):
    """On stderr, with the mark of failure in its row."""
    assert main(["theory"]) == 1
    captured = capsys.readouterr()
    assert "✗" in captured.out
    assert captured.err == f"1 of {COUNT} do not hold: E6\n"


@pytest.mark.usefixtures("broken")
def test_json_of_a_failure_is_still_json(capsys):
    """What is not a number is null."""
    assert main(["theory", "--json"]) == 1
    failing = [record for record in json.loads(capsys.readouterr().out) if not record["holds"]]
    assert [(record["number"], record["left"]) for record in failing] == [("E6", None)]


def test_the_theory_needs_numpy_and_scipy_alone():
    """So that it runs where nothing can be trained."""
    code = "import sys, vistab.theory.checks as c; c.run_checks(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "ray", "pandas", "pyarrow", "pydantic"} & set(loaded)
