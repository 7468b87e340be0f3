"""What every page is made with: templates that escape, assets put in as they are, shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def environment(names: Mapping[str, Any]) -> Environment:
    """The templates, in which these names are known everywhere."""
    made = Environment(
        loader=PackageLoader("vistab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(names)
    return made


def asset(name: str) -> Markup:
    """A file among the templates, as it is."""
    loader = PackageLoader("vistab.report")
    source, _, _ = loader.get_source(Environment(loader=loader), name)
    return Markup(source)  # our own file, never user text


def icon(word: str) -> Markup:
    """The shape of a verdict or of a fate (healthy, failing)."""
    return Markup(
        '<svg class="icon" width="16" height="16" aria-hidden="true"><use href="#i-{}"/></svg>'
    ).format(word)
