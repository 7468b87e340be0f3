"""From a study, its verdicts and its results to one self-contained HTML file."""

from vistab.report.page import render

__all__ = ["render"]
