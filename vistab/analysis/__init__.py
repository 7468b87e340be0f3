"""The judge: stored results and declared claims in, verdicts out. Knows no trainer."""

from __future__ import annotations

from vistab.analysis.judge import judge
from vistab.analysis.replicates import smallest_p
from vistab.analysis.verdict import Verdict, from_record, to_record

__all__ = ["judge", "Verdict", "to_record", "from_record", "smallest_p"]
