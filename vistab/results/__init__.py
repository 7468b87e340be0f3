"""What happened: records, the results folder, and its tables. Needs neither torch nor ray."""

from vistab.results.frame import Results, load

__all__ = ["Results", "load"]
