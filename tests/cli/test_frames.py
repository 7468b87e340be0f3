"""What a traceback comes down to: what was raised, and where in the user's own code."""

import os
import sysconfig
import traceback
from pathlib import Path

import pytest

from vistab.cli.frames import raised_where, told_of

SITE = "/elsewhere/lib/python3.11/site-packages/torch/nn.py"
TEXT = """Traceback (most recent call last):
  File "/elsewhere/lib/python3.11/site-packages/vistab/training/train.py", line 7, in train
    losses()
  File "/home/somebody/mine.py", line 12, in losses
    return torch.nope(x)
           ^^^^^^^^^^^^^
  File "/elsewhere/lib/python3.11/site-packages/torch/nn.py", line 3, in nope
    raise RuntimeError(text)
RuntimeError: not possible:
 - this
and that
"""


def caught(act):
    try:
        act()
    except Exception as error:
        return error, traceback.format_exc()
    raise AssertionError("it did not raise")


def test_the_last_line_of_the_users_code_is_told_not_that_of_a_library():
    """Also of a traceback that was written on another machine; in one line."""
    told = told_of(TEXT)
    words, place = told.split(" (")
    assert words == "RuntimeError: not possible: - this and that"
    assert place == os.path.relpath("/home/somebody/mine.py") + ":12)"


def test_both_ways_name_the_same_line():
    """Of the error itself, and of what is written of it."""

    def fail():
        int("x")

    error, text = caught(fail)
    here = f"({os.path.relpath(__file__)}:{fail.__code__.co_firstlineno + 1})"
    assert raised_where(error) == f" {here}"
    assert told_of(text) == f"ValueError: invalid literal for int() with base 10: 'x' {here}"


def test_of_a_chain_the_last_error_counts():
    """What was raised while another one was handled."""

    def fail():
        try:
            int("x")
        except ValueError as error:
            raise KeyError("y") from error

    _, text = caught(fail)
    assert told_of(text).startswith("KeyError: 'y' (")


@pytest.mark.parametrize(
    ("text", "words"),
    [("", ""), ("its worker ended without a word", "its worker ended without a word")],
)
def test_what_is_no_traceback_is_told_as_it_is(text, words):
    assert told_of(text) == words


def test_no_place_is_named_where_none_is_the_users():
    """Libraries, the standard library and vistab alone."""
    stdlib = str(Path(sysconfig.get_path("stdlib")) / "json/decoder.py")
    lines = [f'  File "{SITE}", line 3, in f', f'  File "{stdlib}", line 4, in g', "KeyError: 1"]
    assert told_of("\n".join(lines)) == "KeyError: 1"
