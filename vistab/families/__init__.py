"""Ways to close one gap: each family is a choice of p and q and of the phases that alternate."""

from __future__ import annotations

import importlib

from vistab.families.aae import AAE
from vistab.families.ali import ALI
from vistab.families.base import AnyFamily, Family
from vistab.families.em import EM
from vistab.families.gan import GAN
from vistab.families.vae import VAE
from vistab.spec.families import FamilySpec

FAMILIES: dict[str, AnyFamily] = {"aae": AAE, "ali": ALI, "em": EM, "gan": GAN, "vae": VAE}


def find_family(kind: str) -> AnyFamily:
    """The family called `kind`: a key of FAMILIES, or `package.module:Name` of a user's own.

    Raises KeyError, ImportError or AttributeError if there is none, TypeError if it is no Family
    or its spec is no FamilySpec.
    """
    if ":" not in kind:
        return FAMILIES[kind]
    name, attribute = kind.split(":", 1)
    module = importlib.import_module(name)
    if not hasattr(module, attribute):
        found = [key for key, value in vars(module).items() if isinstance(value, Family)]
        raise AttributeError(
            f"{name} has no {attribute}; its families: {', '.join(found) or 'none'}"
        )
    family = getattr(module, attribute)
    if not isinstance(family, Family):
        raise TypeError(f"{kind} is a {type(family).__name__}, not a vistab.families.base.Family")
    if not (isinstance(family.spec, type) and issubclass(family.spec, FamilySpec)):
        raise TypeError(f"{kind}: its spec must be a subclass of vistab.spec.families.FamilySpec")
    return family


__all__ = ["FAMILIES", "AnyFamily", "Family", "find_family"]
