"""Ways to close one gap: each family is a choice of p and q and of the phases that alternate."""

from __future__ import annotations

import importlib

from vistab.families.base import AnyFamily, Family
from vistab.families.gan import GAN

FAMILIES: dict[str, AnyFamily] = {"gan": GAN}


def find_family(kind: str) -> AnyFamily:
    """The family called `kind`: a key of FAMILIES, or `package.module:Name` of a user's own.

    Raises KeyError, ImportError or AttributeError if there is none, TypeError if it is no Family.
    """
    if ":" not in kind:
        return FAMILIES[kind]
    module, name = kind.split(":", 1)
    family = getattr(importlib.import_module(module), name)
    if not isinstance(family, Family):
        raise TypeError(f"{kind} is a {type(family).__name__}, not a vistab.families.base.Family")
    return family


__all__ = ["FAMILIES", "AnyFamily", "Family", "find_family"]
