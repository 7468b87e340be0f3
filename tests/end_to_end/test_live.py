"""What is shown while a study runs."""

import io
from dataclasses import replace

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


def seen(pack_id="p1", at=10, n_runs=4, per_round=50, of=200, **more):
    """The same of a pack that sees images, so many a round, of a data set."""
    data = {"seen": at * per_round, "data_size": of}
    return PackProgress(pack_id, at, 40, n_runs, **data, **more)


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


def test_time_left_of_a_pack_that_goes_on_from_a_checkpoint():
    """What an earlier session trained of it took none of this one's time either."""
    resumed = PackProgress("p1", 20, 40, 8, resumed=20)
    progress = StudyProgress(8).after(resumed)
    assert progress.seconds_left(100) is None
    progress = progress.after(replace(resumed, round=30))
    assert progress.seconds_left(100) == pytest.approx(100)


def test_time_left_of_a_pack_that_lost_its_worker():
    """It goes on from a checkpoint of this session: nothing of it was done before."""
    progress = StudyProgress(8).after(seen(at=30, n_runs=8))
    progress = progress.after(seen(at=20, n_runs=8, resumed=20))
    assert progress.seconds_left(100) == pytest.approx(100)


def test_the_pace_of_a_long_study_is_known_after_minutes():
    """A hundredth of it may be hours; in the first seconds a hundredth says nothing."""
    progress = StudyProgress(1).after(PackProgress("p1", 10, 1000, 1))
    assert progress.seconds_left(60) is None
    assert progress.seconds_left(600) == pytest.approx(99 * 600)


def test_images_a_second_are_those_of_all_packs_in_training():
    """Since their first reports of this session; of packs that are done, nothing."""
    progress = StudyProgress(8).after(seen(at=10), 100.0)
    assert progress.images_per_second == 0
    progress = progress.after(seen(at=14), 110.0)
    assert progress.images_per_second == pytest.approx(4 * 4 * 50 / 10)
    progress = progress.after(seen("p2", at=0, n_runs=2), 110.0).after(
        seen("p2", at=1, n_runs=2), 115.0
    )
    assert progress.images_per_second == pytest.approx(80 + 2 * 50 / 5)
    progress = progress.after(seen(at=40, outcomes={"healthy": 4}), 120.0)
    assert progress.images_per_second == pytest.approx(20)


def test_a_pack_that_fell_back_is_no_slower_for_it():
    """Its worker died: what it sees again counts, what it lost does not count against it."""
    progress = StudyProgress(8).after(seen(at=10), 0.0).after(seen(at=20), 10.0)
    progress = progress.after(seen(at=5), 100.0).after(seen(at=6), 101.0)
    assert progress.images_per_second == pytest.approx(4 * 50)


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ([seen(at=13)], "epoch 3.2 of 10"),
        ([seen(at=12), seen("p2", at=12)], "epoch 3 of 10"),
        ([seen(at=12), seen("p2", at=30)], "epoch 3 to 7.5 of 10"),
        ([seen(at=12), seen("p2", at=12, per_round=250)], "epoch 3 to 15 of 10 to 50"),
        ([seen(at=13, per_round=50_000)], "epoch 3,250 of 10,000"),
    ],
)
def test_epochs_are_told_of_packs_in_training(reports, words):
    """From the one that is furthest behind to the one that is furthest ahead."""
    progress = StudyProgress(64)
    for one in (*reports, seen("p9", at=40, outcomes={"healthy": 4}), report("p8", at=10)):
        progress = progress.after(one)
    (told, _) = progress.parts(10.0)
    assert f"running, {words}" in told
    assert told.endswith(("left", words))


def test_everything_is_in_one_line_and_densities_have_no_epochs():
    progress = StudyProgress(64, 12).after(seen("p0", 40, 12, outcomes={"healthy": 12}), 0.0)
    progress = progress.after(seen("p1", 10, 26), 0.0).after(seen("p2", 10, 26), 0.0)
    progress = progress.after(seen("p1", 13, 26), 1.0).after(seen("p2", 13, 26), 1.0)
    assert progress.parts(3600.0)[0] == (
        "12 of 64 runs done, 2 packs running, epoch 3.2 of 10, 7,800 images a second, "
        "about 2 h 5 min left"
    )
    (told,) = StudyProgress(8).after(report(at=20)).parts(10.0)
    assert told == "0 of 8 runs done, 1 pack running, about 30 s left"


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 40)), max_size=30))
def test_the_fraction_is_one_only_when_all_is_trained(reports):
    """And never leaves [0, 1]."""
    progress = StudyProgress(16)
    for pack_id, at in reports:
        progress = progress.after(report(pack_id, at))
    assert 0 <= progress.fraction <= 1
    assert (progress.fraction == 1) == (dict(reports) == dict.fromkeys("abcd", 40))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (4.2, "4 s"),
        (99, "99 s"),
        (170, "3 min"),
        (7500, "2 h 5 min"),
        (71.9 * 3600, "71 h 54 min"),
        (72 * 3600, "3 days"),
        (11.4 * 86_400, "11 days"),
    ],
)
def test_durations_are_as_exact_as_is_useful(seconds, words):
    """Seconds, minutes, hours, days."""
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
