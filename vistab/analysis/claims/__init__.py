"""The kinds of claims: each turns the runs of one comparison into an effect per replicate."""

from __future__ import annotations

from vistab.analysis.claims.base import Kind
from vistab.analysis.claims.equivalence import EQUIVALENCE
from vistab.analysis.claims.identical import IDENTICAL
from vistab.analysis.claims.interaction import INTERACTION
from vistab.analysis.claims.onset import ONSET
from vistab.analysis.claims.rate import RATE
from vistab.analysis.claims.score import SCORE
from vistab.analysis.claims.stable_region import STABLE_REGION
from vistab.analysis.claims.trend import TREND

KINDS: dict[str, Kind] = {
    "rate": RATE,
    "onset": ONSET,
    "score": SCORE,
    "trend": TREND,
    "interaction": INTERACTION,
    "stable_region": STABLE_REGION,
    "equivalence": EQUIVALENCE,
    "identical": IDENTICAL,
}
"""A new kind is a spec model, a file here, and a line here."""
