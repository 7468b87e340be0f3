"""Reading a run of one's own: snapshots of samples, and what they are compared with."""

from vistab.cli.samples.problems import SamplesError
from vistab.cli.samples.run import Run, read_run
from vistab.cli.samples.seen import Seen

__all__ = ["Run", "SamplesError", "Seen", "read_run"]
