"""Whether a family's networks fit the target: convolutions take images of certain sizes."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ValidationError

from vistab.spec.draft import Draft
from vistab.spec.families import STAGES, DcganSpec
from vistab.spec.grid import Row
from vistab.spec.problems import Problems, nearest_value
from vistab.spec.settings import builders
from vistab.spec.targets import ImageTarget


def check_networks(
    draft: Draft, columns: Sequence[str], rows: Sequence[Row], problems: Problems
) -> None:
    """Note a target that the networks of DCGAN cannot be built for; the first one is enough."""
    network = getattr(draft.sections.get("family"), "network", None)
    if not isinstance(network, DcganSpec) or "target" not in draft.sections:
        return
    build = builders({"target": draft.sections["target"]}, columns)["target"]
    for row in rows:
        try:
            target = build.build(row).model
        except ValidationError:
            return  # noted elsewhere
        if not _fits(target):
            _note(target, problems)
            return


def _fits(target: BaseModel) -> bool:
    return isinstance(target, ImageTarget) and target.shape[-1] in STAGES


def _note(target: BaseModel, problems: Problems) -> None:
    place, sizes = ("family", "network", "kind"), ", ".join(map(str, STAGES))
    if isinstance(target, ImageTarget):
        rule = f"dcgan takes images of {sizes} pixels; the target's side"
        problems.add(place, rule, target.shape[-1], nearest_value(target.shape[-1], STAGES))
    else:
        rule = f"dcgan takes images of {sizes} pixels; the target"
        problems.add(place, rule, getattr(target, "kind", "?"), "nearest: mlp")
