"""pydantic's complaints in vistab's words: a rule and the nearest valid choice."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from vistab.spec.base import FORMS
from vistab.spec.problems import nearest_listed, nearest_of, show

_A_MAPPING = "a mapping (key: value)"
_PHRASES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "int_type": lambda _: "a whole number",
    "int_from_float": lambda _: "a whole number",
    "float_type": lambda _: "a number",
    "bool_type": lambda _: "true or false",
    "string_type": lambda _: "text",
    "tuple_type": lambda _: "a list",
    "dict_type": lambda _: _A_MAPPING,
    "model_type": lambda _: _A_MAPPING,
    "finite_number": lambda _: "a finite number",
    "none_required": lambda _: "null",
    "literal_error": lambda context: _one_of(_quoted(context)),
    "union_tag_invalid": lambda context: _one_of(_tags(context)),
    "greater_than": lambda context: f"more than {show(context['gt'])}",
    "greater_than_equal": lambda context: f"at least {show(context['ge'])}",
    "less_than": lambda context: f"less than {show(context['lt'])}",
    "less_than_equal": lambda context: f"at most {show(context['le'])}",
    "string_pattern_mismatch": lambda context: _form(context["pattern"]),
    "string_too_long": lambda context: f"at most {context['max_length']} characters long",
    "string_too_short": lambda context: f"at least {context['min_length']} characters long",
    "too_short": lambda context: f"a list of at least {context['min_length']}",
    "too_long": lambda context: f"a list of at most {context['max_length']}",
}

Complaint = Mapping[str, Any]
"""One entry of `ValidationError.errors()`."""


def rule(complaints: list[Complaint]) -> str:
    """The rule that a value breaks; several complaints are the alternatives of one union."""
    first = complaints[0]
    if first["type"] == "missing":
        return "is required"
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    phrases = [_phrase(complaint) for complaint in complaints]
    return "must be " + " or ".join(dict.fromkeys(phrases))


def nearest(complaints: list[Complaint]) -> str | None:
    """The nearest admissible value, where the complaint tells it."""
    hints = (_nearest(complaint) for complaint in complaints)
    return next((hint for hint in hints if hint is not None), None)


def _phrase(complaint: Complaint) -> str:
    known = _PHRASES.get(complaint["type"])
    if known is not None:
        return known(complaint.get("ctx", {}))
    return str(complaint["msg"]).removeprefix("Input should be ")


def _nearest(complaint: Complaint) -> str | None:
    kind, value, context = complaint["type"], complaint["input"], complaint.get("ctx", {})
    if kind == "literal_error":
        return nearest_listed(value, _quoted(context)) if isinstance(value, str) else None
    if kind == "union_tag_invalid":
        return nearest_listed(context["tag"], _tags(context))
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"nearest: {show(context.get('ge', context.get('le')))}"
    if kind in ("greater_than", "less_than") and isinstance(value, int):
        return _next_to(context)
    if kind == "string_pattern_mismatch":
        return _slug(str(value), context["pattern"])
    return None


def _next_to(context: Mapping[str, Any]) -> str | None:
    """The whole number next to an open bound that is a whole number itself."""
    bound, step = (context["gt"], 1) if "gt" in context else (context["lt"], -1)
    return f"nearest: {bound + step}" if isinstance(bound, int) else None


def _form(pattern: str) -> str:
    return f"text of {FORMS[pattern]}" if pattern in FORMS else f"text of the form {pattern}"


def _slug(value: str, pattern: str) -> str | None:
    slug = re.sub(r"[^A-Za-z0-9_-]+", "_", value).strip("_-")[:64]
    fitting = (text for text in (slug, slug.lower()) if re.search(pattern, text))
    return next((f"nearest: {text}" for text in fitting), None)


def _one_of(choices: list[str]) -> str:
    return choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"


def _quoted(context: Mapping[str, Any]) -> list[str]:
    """The choices in pydantic's text: `'adam' or 'sgd'`."""
    return re.findall(r"'([^']*)'", str(context.get("expected", "")))


def _tags(context: Mapping[str, Any]) -> list[str]:
    """The kinds in pydantic's text: `'mlp', 'dcgan'`."""
    return re.findall(r"'([^']*)'", str(context["expected_tags"]))


def known_keys(model: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    """The keys that the model inside `model` at `place` takes."""
    models = [model]
    for key in place:
        fields = [known.model_fields[key] for known in models if key in known.model_fields]
        models = [inner for field in fields for inner in _models(field.annotation)]
    return [key for known in models for key in known.model_fields]


def unknown_key(model: type[BaseModel], place: tuple[str | int, ...]) -> str | None:
    """The nearest key to the unknown one at `place`; an equal one belongs to another kind."""
    return nearest_of(place[-1], [key for key in known_keys(model, place[:-1]) if key != place[-1]])


def _models(annotation: Any) -> list[type[BaseModel]]:
    """All spec models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models(part)]
