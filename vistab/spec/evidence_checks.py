"""Whether what a study asks to measure of images can be measured of its target."""

from __future__ import annotations

from vistab.spec.draft import Draft
from vistab.spec.problems import Problems
from vistab.spec.targets import (
    TARGETS,
    DigitsTarget,
    ImageTarget,
    Mnist5kTarget,
    StackedDigitsTarget,
)

_OF_DIGITS = (DigitsTarget, Mnist5kTarget, StackedDigitsTarget)


def check_evidence(draft: Draft, problems: Problems) -> None:
    """Note evidence of images for a target that is none, and a classifier that knows it not."""
    target = draft.sections.get("target")
    if draft.evidence is None or target is None:
        return
    kind = getattr(target, "kind", "?")
    if not isinstance(target, ImageTarget):
        rule = f"is measured of images: target.kind must be one of {_kinds(ImageTarget)}"
        problems.add(("evidence",), rule, kind, "leave out evidence")
    elif draft.evidence.features == "classifier" and not isinstance(target, _OF_DIGITS):
        rule = f"the classifier is one of digits: target.kind must be one of {_kinds(*_OF_DIGITS)}"
        problems.add(("evidence", "features"), rule, kind, "nearest features: pixels")


def _kinds(*models: type[ImageTarget]) -> str:
    return ", ".join(kind for kind, model in TARGETS.items() if issubclass(model, models))
