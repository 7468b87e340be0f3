"""Where images come from: read one by one, always in the same order."""

from __future__ import annotations

from typing import Final, Protocol

from vistab.errors import DataError

FEWEST_IMAGES: Final = 100
"""Fewer say too little of what is to be learned, and bins of them hold too few to be counted."""


class ImageSource(Protocol):
    """Images as they are stored, by index from 0."""

    @property
    def place(self) -> str:
        """Where they are, for messages."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of which images there are and how to tell that one has changed."""

    def __len__(self) -> int:
        """How many there are."""

    def name(self, index: int) -> str:
        """What to call one of them in a message."""

    def read(self, index: int) -> bytes:
        """The contents of its file. Raises what reading it raises."""


def check_enough(n: int, field: str, what: str, value: str) -> None:
    """DataError, at the target's `field`, if there are fewer than 100 images in `what` it names."""
    if n < FEWEST_IMAGES:
        rule = f"must be {what} of at least {FEWEST_IMAGES} images"
        raise DataError(field, rule, value, f"it holds {n or 'none'}")
