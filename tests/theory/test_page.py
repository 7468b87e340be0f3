"""The page of the theory is the one that the checks give."""

import re
from pathlib import Path

import pytest

from vistab.theory.equations import EQUATIONS
from vistab.theory.page import page

PAGE = (Path(__file__).parents[2] / "docs" / "theory.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]\d+)?(?![\w])")


def test_the_page_is_current_up_to_rounding(sections):
    """If this fails: `make docs`, or `python docs/make_theory.py`."""
    now = page(sections)
    assert NUMBER.sub("#", PAGE) == NUMBER.sub("#", now)
    written, made = ([float(x) for x in NUMBER.findall(text)] for text in (PAGE, now))
    assert written == pytest.approx(made, rel=1e-4, abs=1e-6)


def test_every_equation_stands_on_the_page():
    """With its formula."""
    assert all(
        f"**{number}**, {name}: `{formula}`" in PAGE
        for number, (name, formula) in EQUATIONS.items()
    )
