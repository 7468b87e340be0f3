"""The base of every spec model, and the mark that says whether a field stacks in a pack."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """Frozen, strict about unknown keys, NaN and infinity; defaults live here and nowhere else."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=False, allow_inf_nan=False, validate_default=True
    )


@dataclass(frozen=True)
class Stacks:
    """Mark (`Annotated[float, STACKS]`) of a field whose value may differ within one pack.

    A field without the mark changes the program that a pack runs, so it splits packs.
    """


STACKS = Stacks()
