"""Images are decoded before anything is trained, and it is shown how far that is."""

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from vistab.cli import preparing
from vistab.cli.preparing import Pace, PreparingLines, PreparingView, declared, prepare_images
from vistab.cli.request import read_plan
from vistab.results.provenance import Data
from vistab.targets.image_cache import Prepared, Preparing
from vistab.targets.image_folder import image_folder


def decoding(done, total=202_599):
    """A report."""
    return Preparing("decoding", done, total)


def console(**settings):
    """One that writes into memory."""
    return Console(file=io.StringIO(), width=200, **settings)


def printed(console):
    """The lines of a console."""
    return console.file.getvalue().splitlines()


# In words


def test_the_pace_is_that_of_this_session():
    """What was decoded before took none of its time."""
    pace = Pace()
    assert pace.words(decoding(2_345), 100.0) == "Decoding images: 2,345 of 202,599"
    assert pace.words(decoding(2_400), 100.1) == "Decoding images: 2,400 of 202,599"
    words = "Decoding images: 12,345 of 202,599, 640 a second, about 5 min left"
    assert pace.words(decoding(12_345), 100.0 + 10_000 / 640) == words


def test_few_a_second_are_counted_by_the_minute():
    pace = Pace()
    pace.words(decoding(0, 500), 0.0)
    words = "Decoding images: 5 of 500, 30 a minute, about 16 min left"
    assert pace.words(decoding(5, 500), 10.0) == words


def test_where_nothing_moves_nothing_is_foretold():
    """Another process holds the images, and stands still."""
    pace = Pace()
    pace.words(decoding(7), 0.0)
    assert pace.words(decoding(7), 60.0) == "Decoding images: 7 of 202,599"


def test_without_a_terminal_there_is_a_line_now_and_then(monkeypatch):
    """One at once, one every ten seconds, one for what comes after."""
    clock = iter([0.0, 4.0, 9.0, 11.0, 15.0, 16.0, 16.5])
    monkeypatch.setattr(preparing.time, "monotonic", lambda: next(clock))
    shown = console()
    lines = PreparingLines(shown)
    for done in (0, 40, 90, 110, 150, 160):
        lines.take(decoding(done, 200))
    lines.take(Preparing("learning", 200, 200))
    assert printed(shown) == [
        "Decoding images: 0 of 200",
        "Decoding images: 110 of 200, 10 a second, about 9 s left",
        "Looking for what 200 images have in common",
    ]


def test_on_a_terminal_there_is_a_bar():
    """Nothing before the first report; the bar is as long as what is done."""
    view, shown = PreparingView(), console(force_terminal=True, color_system=None)
    shown.print(view.render(), end="")
    assert printed(shown) in ([], [""])
    view.take(decoding(50, 200))
    shown.print(view.render())
    bar, words, how = printed(shown)[-3:]
    assert bar.count("━") == 15
    assert words.strip() == "Decoding images: 50 of 200"
    assert "Ctrl-C" in how


# A plan's images


def test_a_plan_declares_its_images_and_decodes_them_once(faces, tmp_path, own_cache):
    """A swept size is decoded for each; the data are the same."""
    plan = read_plan(tmp_path / "faces.yaml", ["axes={target.size: [4, 6, 8]}", "claims=[]"])
    shown = console()
    data = prepare_images(plan, shown)
    assert data.n == 110
    assert len(list(own_cache.glob("images/*/complete.json"))) == 3
    assert printed(shown).count("Decoding images: 0 of 110") == 3
    again = console()
    assert prepare_images(plan, again) == data
    assert printed(again) == []


def test_a_quiet_console_shows_nothing(faces, tmp_path):
    shown = console(quiet=True)
    prepare_images(read_plan(tmp_path / "faces.yaml"), shown)
    assert printed(shown) == []


def test_images_that_are_too_small_to_cut_are_told_each_time(faces, tmp_path):
    """They are not left out."""
    plan = read_plan(tmp_path / "faces.yaml", ["target.crop=11"])
    for _ in range(2):
        shown = console()
        prepare_images(plan, shown)
        assert printed(shown)[-1] == (
            "110 of 110 images have no square of 11 pixels; their largest one was taken."
        )


def test_targets_that_come_with_vistab_need_nothing(tmp_path, own_cache):
    (tmp_path / "ring.yaml").write_text("{study: a, target: {kind: ring}, family: {kind: gan}}")
    shown = console(force_terminal=True)
    assert prepare_images(read_plan(tmp_path / "ring.yaml"), shown) is None
    assert printed(shown) == []
    assert not own_cache.exists()


def test_several_sets_of_images_are_declared_as_one():
    """Whatever their order; one set as it is."""
    one, other = Prepared(100, "aa", 0), Prepared(200, "bb", 3)
    assert declared([]) is None
    assert declared([one]) == Data(100, "aa")
    both = declared([one, other])
    assert both == declared([other, one])
    assert both.n == 300
    assert both.fingerprint not in ("aa", "bb")


# The command


@pytest.fixture
def study(command, faces):
    """Runs the study, with the local engine."""

    def run(*options):
        return command("study", "faces.yaml", "--engine", "local", *options)

    return run


def test_a_study_knows_its_images_to_the_end(study, command, faces, own_cache):
    """Decoded, declared, trained on; touched they are the same, changed they are refused.

    What was trained is judged and reported without them, on another machine, say.
    """
    answer = study()
    assert answer.code == 0, answer.err
    assert "Decoding images: 0 of 110" in answer.out
    provenance = json.loads(Path("reports/faces/provenance.json").read_text())
    assert provenance["data"]["n"] == 110
    (faces / "000.png").touch()
    assert "Every run is finished already" in study().out
    shutil.copy(faces / "000.png", faces / "001.png")
    answer = study()
    assert answer.code == 2
    assert "reports/faces: learned from other images (--fresh starts over" in answer.err
    shutil.rmtree(faces)
    shutil.rmtree(own_cache)
    image_folder.cache_clear()
    for verb in ("judge", "report"):
        answer = command(verb, "reports/faces")
        assert answer.code == 0, answer.err


def test_a_broken_image_is_told_and_nothing_is_started(study, faces, tmp_path):
    (faces / "050.png").write_bytes(b"\x89PNG")
    answer = study("--quiet")
    assert answer.code == 2
    assert "1 of 110 images cannot be read" in answer.err
    assert "  050.png: " in answer.err
    assert not (tmp_path / "reports").exists()


def test_ctrl_c_while_images_are_decoded_says_how_to_go_on(study, monkeypatch):
    """As at any other time."""

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(preparing, "prepare_data", stop)
    answer = study("--quiet")
    assert answer.code == 130
    assert answer.err.startswith("Interrupted. What is done is kept; go on with: vistab study")
