"""Reading YAML: 1.2 core-schema scalars, a line for every value, no tags, no duplicate keys.

PyYAML speaks YAML 1.1 (`1e-3` is text to it, `no` is False, `12:30` is 750). Here the parser is
PyYAML's and the meaning of scalars is that of the YAML 1.2 core schema. NaN, infinity and whole
numbers beyond 64 bits are refused. Whole floats become integers (5.0 is read as 5), which every
float field accepts, so 5 equals 5.0 everywhere.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from vistab.spec.problems import Place, Problems

MAX_VALUES = 200_000
"""A document that expands to more values (aliases multiply them) is refused."""

_MERGE = "tag:yaml.org,2002:merge"
_SCALARS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    ("merge", r"<<", ["<"]),
)


class CoreSchema:
    """Mix-in for PyYAML loaders and dumpers: which plain scalars are numbers, booleans or null."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _name, _pattern, _first in _SCALARS:
    for _character in _first:
        CoreSchema.yaml_implicit_resolvers.setdefault(_character, []).append(
            (f"tag:yaml.org,2002:{_name}", re.compile(rf"(?:{_pattern})\Z"))
        )


class _Loader(CoreSchema, yaml.SafeLoader):
    """Composes nodes as if no tag had been written, and remembers which nodes had one."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.tags: dict[int, str] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        tag = getattr(event, "tag", None)
        if tag is not None:
            event.tag = None
            plain = not getattr(event, "style", None)
            event.implicit = (plain, not plain) if isinstance(event, yaml.ScalarEvent) else True
        node = super().compose_node(parent, index)
        if tag is not None and node is not None:
            self.tags[id(node)] = tag
        return node


class Dumper(CoreSchema, yaml.SafeDumper):
    """Writes what `parse` reads back: text that looks like a number is quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value in full."""
        return True


def parse(text: str, problems: Problems, lines: dict[Place, int | None], place: Place = ()) -> Any:
    """The document as plain data (mappings are dicts, sequences are tuples).

    Fills `lines` (place -> 1-based line) and `problems`. None if it cannot be parsed at all.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        return _Builder(loader.tags, problems, lines).value(node, place)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = error.problem or error.context
        problems.add(place, f"is not valid YAML: {said}", line=mark.line + 1 if mark else None)
    except yaml.YAMLError as error:
        problems.add(place, f"is not valid YAML: {str(error).splitlines()[0]}")
    except RecursionError:
        problems.add(place, "is nested too deeply")
    problems.settle(place)
    return None


class _TooLarge(yaml.YAMLError):
    """The document expands to more than MAX_VALUES values."""


class _Builder:
    """Turns nodes into plain data, noting lines and problems on the way."""

    def __init__(
        self, tags: dict[int, str], problems: Problems, lines: dict[Place, int | None]
    ) -> None:
        self._tags = tags
        self._problems = problems
        self._lines = lines
        self._open: list[yaml.Node] = []
        self._values = 0

    def value(self, node: yaml.Node, place: Place) -> Any:
        """The node's value; `place` gets its line unless its key already did."""
        self._values += 1
        if self._values > MAX_VALUES:
            raise _TooLarge(f"it expands to more than {MAX_VALUES:,} values")
        self._lines.setdefault(place, _line(node))
        if id(node) in self._tags:
            tag = self._tags[id(node)].replace("tag:yaml.org,2002:", "!!")
            self._problems.add(place, f"YAML tags are refused, {tag} got", line=_line(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if node in self._open:
            return self._refuse(place, "refers to itself", node)
        self._open.append(node)
        is_mapping = isinstance(node, yaml.MappingNode)
        value = self._mapping(node, place) if is_mapping else self._sequence(node, place)
        self._open.pop()
        return value

    def _sequence(self, node: yaml.Node, place: Place) -> tuple[Any, ...]:
        return tuple(self.value(item, (*place, index)) for index, item in enumerate(node.value))

    def _mapping(self, node: yaml.Node, place: Place) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:  # first, so that lines are those of the keys that win
                merged = self._merged(value_node, place) | merged
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self._key(key_node, place)
            if key is None:
                continue
            if key in own:
                self._problems.add((*place, key), "key is given twice", line=_line(key_node))
                continue
            self._lines[(*place, key)] = _line(key_node)
            own[key] = self.value(value_node, (*place, key))
        return merged | own

    def _key(self, node: yaml.Node, place: Place) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            if id(node) in self._tags:
                self._problems.add((*place, node.value), "YAML tags are refused", line=_line(node))
            return str(node.value)
        shown = node.value if isinstance(node, yaml.ScalarNode) else "a list or mapping"
        self._problems.add(place, f"keys must be text, {shown or 'null'} got", line=_line(node))
        return None

    def _merged(self, node: yaml.Node, place: Place) -> dict[str, Any]:
        """What a merge key brings in; of a list of mappings the earlier ones win."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                self._problems.add(place, "a merge key takes mappings only", line=_line(source))
                continue
            merged = self.value(source, place) | merged if source not in self._open else merged
        return merged

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        text, kind = node.value, node.tag.rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int":
            number = _integer(text)
            return number if number is not None else self._refuse(place, _RANGE, node)
        if kind == "float":
            real = math.nan if text.lower().endswith(("inf", "nan")) else float(text)
            if not math.isfinite(real):
                return self._refuse(place, "NaN and infinity are refused", node)
            return int(real) if real.is_integer() and abs(real) < 2**53 else real
        return text

    def _refuse(self, place: Place, rule: str, node: yaml.Node) -> None:
        shown = node.value[:40] if isinstance(node, yaml.ScalarNode) else "an alias"
        self._problems.add(place, f"{rule}, {shown} got", line=_line(node))
        self._problems.settle(place)


_RANGE = "whole numbers must lie between -2^63 and 2^63 - 1"


def _integer(text: str) -> int | None:
    """The whole number written as `text`; None if it needs more than 64 bits."""
    if len(text) > 40:
        return None
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    number = int(text, base)
    return number if -(2**63) <= number < 2**63 else None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
