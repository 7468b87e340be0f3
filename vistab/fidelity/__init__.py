"""How faithful and how varied samples are, against reference data, in a space of features."""

from vistab.fidelity.floor import perfect_scores
from vistab.fidelity.measure import Fidelity

__all__ = ["Fidelity", "perfect_scores"]
