"""What is to be learned: densities with known modes, and data sets. Numpy and scipy."""

from vistab.targets.base import KnownModes, Modes, Target
from vistab.targets.make import TARGETS, make_target

__all__ = ["TARGETS", "KnownModes", "Modes", "Target", "make_target"]
