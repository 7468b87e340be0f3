"""Where in a user's own code something went wrong."""

from __future__ import annotations

import os
import re
import sysconfig
import traceback
from collections.abc import Iterable
from pathlib import Path

import vistab

LONGEST = 300
"""Characters shown of what was raised; some of torch's messages fill a screen."""

_FRAME = re.compile(r'^  File "(.+)", line (\d+)', re.MULTILINE)
_RAISED = re.compile(r"^\S.*", re.MULTILINE | re.DOTALL)
_OTHERS = ("site-packages", "dist-packages")


def raised_where(error: BaseException) -> str:
    """` (FILE:LINE)`, the last line of the user's own code that the error came through, if any."""
    frames = traceback.extract_tb(error.__traceback__)
    return _last((frame.filename, frame.lineno or 0) for frame in frames)


def told_of(text: str) -> str:
    """What a traceback says was raised, in one line, and the last line of the user's own code."""
    frames = list(_FRAME.finditer(text))
    said = _RAISED.search(text, frames[-1].end() if frames else 0)
    words = said.group() if said else text
    return shortened(words) + _last((frame[1], int(frame[2])) for frame in frames)


def shortened(text: str) -> str:
    """The text in one line of a few hundred characters."""
    said = " ".join(text.split())
    return said if len(said) <= LONGEST else f"{said[:LONGEST]} ..."


def _last(frames: Iterable[tuple[str, int]]) -> str:
    theirs = [(file, line) for file, line in frames if _is_theirs(file)]
    return f" ({os.path.relpath(theirs[-1][0])}:{theirs[-1][1]})" if theirs else ""


def _is_theirs(file: str) -> bool:
    """Neither vistab's, nor Python's, nor an installed package's; here or on another machine."""
    ours = (str(Path(vistab.__file__).parent), sysconfig.get_path("stdlib"), "<")
    return not (file.startswith(ours) or any(part in Path(file).parts for part in _OTHERS))
