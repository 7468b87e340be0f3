"""Which fields can be swept, and which of them stack."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vistab.spec.axes import get, sections_of, sweepable_fields
from vistab.spec.study import Study


def test_every_field_but_kinds_and_the_budget_can_be_swept(
    load: Callable[..., Study], valid: str
) -> None:
    """All of target, family and optimizer, and the batch size; the marked ones stack."""
    fields = sweepable_fields(sections_of(load(valid)))
    stacking = {path for path, field in fields.items() if field.stacks}
    assert stacking == {
        "family.regularizer.weight",
        "optimizer.learning_rate",
        "optimizer.betas",
        "optimizer.generator_scale",
    }
    assert set(fields) - stacking == {
        "target.modes",
        "target.radius",
        "target.std",
        "family.latent_dim",
        "family.network.width",
        "family.network.depth",
        "family.batch_norm",
        "family.loss",
        "family.discriminator_steps",
        "family.generator_batches",
        "family.generator_steps",
        "family.regularizer.anchor",
        "budget.batch_size",
    }


def test_get_walks_dotted_paths(load: Callable[..., Study], valid: str) -> None:
    """Any value of a study by its path; unknown ones raise."""
    study = load(valid)
    assert get(study, "family.network.width") == 64
    with pytest.raises(AttributeError):
        get(study, "family.network.wdth")
