"""What is to be learned: densities with known modes. Numpy only."""

from vistab.targets.base import KnownModes, Target
from vistab.targets.make import TARGETS, make_target

__all__ = ["TARGETS", "KnownModes", "Target", "make_target"]
