"""On what a study's runs were trained, as its provenance tells."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from vistab.results.record import CONDITION_COLUMNS


def trained_on(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Each of the conditions that finished runs were trained under: CONDITION_COLUMNS, and `runs`.

    What is not known of some is None; those of most runs come first.
    """
    finished = runs[runs["status"] == "finished"]
    columns = [[_plain(value) for value in finished[name]] for name in CONDITION_COLUMNS]
    counts = Counter(zip(*columns, strict=True))
    return [
        {**dict(zip(CONDITION_COLUMNS, values, strict=True)), "runs": n}
        for values, n in counts.most_common()
    ]


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
