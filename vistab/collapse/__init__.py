"""What failed in a run, and when: from stored signals, or from samples of one's own."""

from vistab.collapse.monitor import Monitor
from vistab.collapse.reference import Reference

__all__ = ["Monitor", "Reference"]
