from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from vistab.errors import Problem, StudyError
from vistab.spec.load import load_study
from vistab.spec.study import Study

VALID = """\
study: small
target: {kind: ring, modes: 8}
family:
  kind: gan
  generator_steps: 2
budget: {rounds: 100, batch_size: 64}
replicates: 8
axes:
  optimizer.learning_rate: [1e-3, 2e-3]
  family.generator_steps: [1, 2, 5]
  family.batch_norm: [false, true]
  family.regularizer.weight: [0, 1, 5]
zip: []
arms:
  - {name: quarter, set: {optimizer.generator_scale: 0.25, family.generator_steps: 2}}
exclude:
  - {family.generator_steps: 1, family.regularizer.weight: 1}
claims:
  - id: C0
    says: With one step the weight changes nothing.
    kind: identical
    vary: family.regularizer.weight
    within: {family.generator_steps: 1}
  - id: C1
    says: With the regularizer fewer runs fail.
    kind: rate
    treatment: {family.regularizer.weight: 5}
    control: {family.regularizer.weight: 0}
    within: {family.batch_norm: false, family.generator_steps: [2, 5]}
    expect: lower
  - id: C4
    says: More steps fail more often.
    kind: trend
    along: family.generator_steps
    arms: {family.regularizer.weight: 0}
    within: {optimizer.generator_scale: 1}
    expect: higher
  - id: C6
    says: Batch norm is a substitute.
    kind: interaction
    treatment: {family.regularizer.weight: 5}
    control: {family.regularizer.weight: 0}
    across: {family.batch_norm: [true, false]}
    expect: lower
alpha: 0.05
resources: {pack: auto}
"""


@pytest.fixture
def valid() -> str:
    """A valid study that uses every part of the language but zip."""
    return VALID


@pytest.fixture
def load(write: Callable[[str], Path]) -> Callable[..., Study]:
    """Load a study from its text."""
    return lambda text, **options: load_study(write(text), **options)


@pytest.fixture
def problems(write: Callable[[str], Path]) -> Callable[..., tuple[Problem, ...]]:
    """The problems that a study's text has."""

    def problems_of(text: str, **options: Any) -> tuple[Problem, ...]:
        with pytest.raises(StudyError) as caught:
            load_study(write(text), **options)
        return caught.value.problems

    return problems_of


@pytest.fixture
def edited(valid: str) -> Callable[[Mapping[str, str]], str]:
    """The valid study with pieces of text replaced; each piece must occur in it."""

    def replace(edits: Mapping[str, str]) -> str:
        text = valid
        for old, new in edits.items():
            assert old in text, old
            text = text.replace(old, new, 1)
        return text

    return replace
