"""What is shown while a study runs."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from vistab.cli import live
from vistab.cli.live import Lines, LiveView, StudyProgress, show_progress
from vistab.cli.output import duration
from vistab.results.record import PackProgress


def report(pack_id="p1", at=10, n_runs=4, **outcomes):
    """A progress report of a pack with 40 rounds."""
    return PackProgress(pack_id, at, 40, n_runs, outcomes=outcomes)


def test_packs_run_until_their_outcomes_are_known():
    """The latest report of each pack counts."""
    progress = (
        StudyProgress(8).after(report(at=10)).after(report("p2", at=40, healthy=3, stalled=1))
    )
    assert (progress.running, progress.runs_done) == (1, 4)
    assert progress.outcomes == {"healthy": 3, "stalled": 1}
    assert progress.fraction == pytest.approx((4 * 0.25 + 4) / 8)
    assert progress.after(report(at=20)).fraction == pytest.approx((4 * 0.5 + 4) / 8)


def test_time_left_goes_by_the_pace_of_this_session_only():
    """Runs that an earlier session finished took none of this one's time."""
    assert StudyProgress(8).after(report(at=20)).seconds_left(10) == pytest.approx(30)
    resumed = StudyProgress(8, finished=4).after(report("p0", at=40, healthy=4))
    assert resumed.seconds_left(10) is None
    assert resumed.after(report(at=20)).seconds_left(10) == pytest.approx(10)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 40)), max_size=30))
def test_the_fraction_is_one_only_when_all_is_trained(reports):
    """And never leaves [0, 1]."""
    progress = StudyProgress(16)
    for pack_id, at in reports:
        progress = progress.after(report(pack_id, at))
    assert 0 <= progress.fraction <= 1
    assert (progress.fraction == 1) == (dict(reports) == dict.fromkeys("abcd", 40))


@pytest.mark.parametrize(
    ("seconds", "words"), [(4.2, "4 s"), (99, "99 s"), (170, "3 min"), (7500, "2 h 5 min")]
)
def test_durations_are_as_exact_as_is_useful(seconds, words):
    """Seconds, minutes, hours."""
    assert duration(seconds) == words


def lines_of(reports, finished=0):
    """What plain lines print for some reports."""
    console = Console(file=io.StringIO(), width=200)
    lines = Lines(console, StudyProgress(8, finished))
    for one in reports:
        lines.take(one)
    return console.file.getvalue().splitlines()


def test_plain_lines_come_with_each_pack_that_ends_and_not_with_each_report():
    """A log is not flooded."""
    running = [report(at=at) for at in range(40)]
    (line,) = lines_of([*running, report(at=40, mode_collapse=4)])
    assert line.startswith("4 of 8 runs done, 0 packs running")
    assert line.endswith("; mode_collapse 4")


def test_plain_lines_come_every_ten_seconds_too(monkeypatch):
    """So that a long pack is seen to be alive."""
    monkeypatch.setattr(live, "SECONDS_BETWEEN_LINES", 0.0)
    assert len(lines_of([report(at=at) for at in (10, 20, 30)])) == 3


def test_packs_of_earlier_sessions_print_no_line():
    """They are announced as a session begins."""
    assert lines_of([report(at=40, healthy=4)], finished=4) == []


def test_a_terminal_gets_one_view_that_redraws_itself():
    """A bar and the same line."""
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    with show_progress(console, StudyProgress(8)) as on_progress:
        on_progress(report(at=40, healthy=4))
        assert isinstance(on_progress.__self__, LiveView)
    assert "4 of 8 runs done" in console.file.getvalue()


def test_quiet_shows_nothing():
    """Not even on a terminal."""
    console = Console(file=io.StringIO(), quiet=True, force_terminal=True)
    with show_progress(console, StudyProgress(8)) as on_progress:
        on_progress(report(at=40, healthy=4))
    assert console.file.getvalue() == ""
