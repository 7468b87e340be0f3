"""The equations hold, all of them are checked, and nothing is left out of the list."""

import inspect

import pytest

from vistab.theory.checks import SECTIONS, run_checks
from vistab.theory.equations import EQUATIONS

CHECKS = [check for section in SECTIONS for check in section.CHECKS]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_statement_holds(check):
    """One test a check, so that a failure names it."""
    result = check()
    assert result.holds, result


def test_every_equation_is_checked_and_nothing_else(sections):
    """E1 to E19 in the paper's order."""
    numbers = [check.number for checks in sections.values() for check in checks]
    assert set(numbers) == {f"E{n}" for n in range(1, 20)}
    assert list(EQUATIONS) == list(dict.fromkeys(numbers))


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_no_check_is_left_out_of_its_list(section):
    """A function that gives a check and stands nowhere would never run."""
    written = {
        function
        for _, function in inspect.getmembers(section, inspect.isfunction)
        if function.__module__ == section.__name__
        and function.__annotations__.get("return") == "Check"
    }
    assert written == set(section.CHECKS)


def test_statements_and_ways_of_checking_are_all_told(sections):
    """Each statement is a sentence of its own, and each check says how."""
    statements = [check.statement for checks in sections.values() for check in checks]
    assert len(set(statements)) == len(statements)
    assert all(statement.endswith(".") for statement in statements)
    assert all(inspect.getdoc(check) for check in CHECKS)


def test_the_same_numbers_come_out_every_time(sections):
    """Whatever else draws random numbers meanwhile."""
    assert run_checks() == sections
