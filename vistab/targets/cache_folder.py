"""The folder where is kept what is slow to make and can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """$VISTAB_CACHE; else $XDG_CACHE_HOME/vistab; else ~/.cache/vistab. It need not exist yet.

    A variable that is set to nothing counts as not set, and a relative $XDG_CACHE_HOME too (the
    XDG Base Directory Specification says so).
    """
    if own := os.environ.get("VISTAB_CACHE"):
        return Path(own).expanduser().absolute()
    shared = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return (shared if shared.is_absolute() else Path("~/.cache").expanduser()) / "vistab"
