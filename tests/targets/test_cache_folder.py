from pathlib import Path

import pytest

from vistab.targets.cache_folder import cache_folder


@pytest.mark.parametrize(
    ("own", "shared", "expected"),
    [
        ("/own", "/shared", "/own"),
        ("~/own", None, "/home/someone/own"),
        (None, "/shared", "/shared/vistab"),
        (None, None, "/home/someone/.cache/vistab"),
        ("", "", "/home/someone/.cache/vistab"),
        (None, "relative", "/home/someone/.cache/vistab"),
    ],
)
def test_the_first_of_three_places_that_is_named_is_taken(
    own: str | None, shared: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    for name, value in {"VISTAB_CACHE": own, "XDG_CACHE_HOME": shared}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert cache_folder() == Path(expected)


def test_a_relative_place_of_ones_own_is_seen_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISTAB_CACHE", "here")
    assert cache_folder() == Path.cwd() / "here"
