"""Make the page of the theory again from what its checks give."""

from __future__ import annotations

from pathlib import Path

from vistab.theory.checks import run_checks
from vistab.theory.page import page

PAGE = Path(__file__).resolve().parent / "theory.md"

if __name__ == "__main__":
    PAGE.write_text(page(run_checks()), encoding="utf-8")
