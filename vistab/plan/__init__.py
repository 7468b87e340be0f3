"""From what was asked to what will be run: arms, replicates, runs, packs, cells. Pure."""

from vistab.plan.make import make_plan

__all__ = ["make_plan"]
