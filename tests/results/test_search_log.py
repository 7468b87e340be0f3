"""The log of a search survives being cut short, and says what came of every suggestion."""

import pytest

from vistab.errors import ResultsError
from vistab.plan.trials import Told, Trial
from vistab.results.search_log import Event, log_of

ASKED = Event("asked", 0, {"optimizer.learning_rate": 0.1 + 0.2, "optimizer.betas": (0.5, 0.999)})
TOLD = Event("told", 0, told=Told(1, 4, 0.25))


@pytest.fixture
def log(tmp_path):
    """An empty log."""
    return log_of(tmp_path)


def test_events_are_read_back_as_they_were(log):
    """To the last digit, with lists as tuples; nothing is there before the first."""
    assert log.events() == []
    for event in (ASKED, Event("asked", 1, {"a.b": False}), Event("crashed", 1), TOLD):
        log.append(event)
    assert log.events() == [ASKED, Event("asked", 1, {"a.b": False}), Event("crashed", 1), TOLD]
    assert log.trials() == (
        Trial(0, ASKED.assignment, Told(1, 4, 0.25)),
        Trial(1, {"a.b": False}, crashed=True),
    )


def test_a_line_that_was_cut_short_was_never_written(log):
    """Wherever the cut is, and what is appended later stands on a line of its own."""
    log.append(ASKED)
    whole = log.path.read_bytes()
    log.append(TOLD)
    for end in range(len(whole), len(log.path.read_bytes())):
        text = (log.path.read_bytes())[:end]
        cut = log_of(log.path.parent / f"cut{end}")
        cut.path.parent.mkdir()
        cut.path.write_bytes(text)
        assert cut.events() == [ASKED]
        cut.mend()
        cut.append(TOLD)
        assert cut.events() == [ASKED, TOLD]


def test_a_damaged_log_is_refused(log):
    """Not guessed at."""
    log.path.write_text("{'event': 1}\n")
    with pytest.raises(ResultsError, match=r"search\.jsonl: cannot be read"):
        log.events()
