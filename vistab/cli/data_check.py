"""Whether the data that a study learns from can be had on this machine: asked before it starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from vistab.errors import Problem, StudyError
from vistab.plan.model import Plan
from vistab.spec.base import Spec, found_from
from vistab.spec.reading import read_sections
from vistab.spec.source import read_source


def check_data(plan: Plan, path: Path, overrides: Sequence[str]) -> None:
    """StudyError, placed in the study file, if data of any of the plan's targets are missing."""
    targets = dict.fromkeys(arm.settings.target for arm in plan.arms)
    problems = missing_data(targets, path, overrides)
    if problems:
        raise StudyError(problems)


def with_missing_data(error: StudyError, path: Path, overrides: Sequence[str]) -> StudyError:
    """The error of a study that cannot be loaded, and what its target lacks too."""
    source = read_source(path, overrides)
    target = read_sections(source.data, {}, source.problems).get("target")
    if not isinstance(target, Spec) or source.problems.at(("target",)):
        return error
    more = missing_data([found_from(target, path.parent)], path, overrides)
    return StudyError(sorted({*error.problems, *more}, key=lambda problem: problem.line or 0))


def missing_data(
    targets: Iterable[Spec], path: Path, overrides: Sequence[str]
) -> tuple[Problem, ...]:
    """What data the targets lack, as problems of the study file."""
    from vistab.targets.make import lacking_data  # numpy and scipy, which no verb's help needs

    problems = read_source(path, overrides).problems
    for error in filter(None, map(lacking_data, targets)):
        problems.add(("target", error.field), error.rule, error.value, error.nearest)
    return problems.found
