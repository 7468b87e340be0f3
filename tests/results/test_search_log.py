"""The log of a search survives being cut short, and says what came of every suggestion."""

import json

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


def test_a_flipped_bit_anywhere_is_refused_or_changes_nothing(log):
    """Else another learning rate would stand in the log than the one that was trained."""
    told, asked = TOLD, ASKED
    for event in (asked, told):
        log.append(event)
    whole = log.path.read_bytes()
    refused = 0
    for at in range(len(whole) - 1):  # a last line without its end was never written
        for bit in (1, 4):
            content = bytearray(whole)
            content[at] ^= bit
            log.path.write_bytes(content)
            try:
                found = log.events()
            except ResultsError:
                refused += 1
            else:
                assert found == [asked, told]
    assert refused > len(whole)


def test_lines_of_before_they_had_checks_are_read(log):
    log.append(ASKED)
    line = json.loads(log.path.read_text())
    del line["check"]
    log.path.write_text(json.dumps(line) + "\n")
    assert log.events() == [ASKED]


def test_a_log_that_lacks_a_line_in_the_middle_is_refused(log):
    log.append(TOLD)
    with pytest.raises(ResultsError, match="suggestion 0 was never asked for"):
        log.trials()
