"""What every page is made with: templates that escape, assets put in as they are, shapes.

Text of users (names, values, errors) may hold anything. Markup in it is escaped; characters that
turn the direction of what stands around them, with which a sentence can be made to read as another,
are shown as their codes; and what is put inside a script element as data cannot end or open one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Bidirectional controls (Unicode Standard Annex 9): marks, embeddings, overrides and isolates."""

IN_SCRIPTS = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}
"""What ends or opens a script element or a line of one, as JSON escapes."""


def straight(value: Any) -> Any:
    """Text without characters that turn its direction: `U+202E` in their place; all else as is."""
    if not isinstance(value, str):
        return value
    turned = TURNING.sub(lambda found: f"[U+{ord(found.group()):04X}]", value)
    return Markup(turned) if isinstance(value, Markup) else turned


def script_data(data: Any) -> Markup:
    """Data as JSON inside a script element: no `<!--`, `<script` or `</script` in any text of it.

    Raises ValueError for numbers that are not finite.
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return Markup(straight(text.translate(IN_SCRIPTS)))


def environment(names: Mapping[str, Any]) -> Environment:
    """The templates, in which these names are known everywhere."""
    made = Environment(
        loader=PackageLoader("vistab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=straight,
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
