"""`evidence` in a study: which targets it may be asked of, and which claims it allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vistab.spec.metrics import FIDELITY_METRICS, metric_columns
from vistab.spec.study import EvidenceSpec

Read = Callable[[str], Any]

STUDY = """\
study: images
target: {kind: TARGET}
family: {kind: gan}
EVIDENCE
axes: {optimizer.learning_rate: [1e-3, 2e-3]}
replicates: 6
claims:
  - id: C1
    says: Faster is better.
    kind: score
    metric: METRIC
    given: ranked
    treatment: {optimizer.learning_rate: 2e-3}
    control: {optimizer.learning_rate: 1e-3}
    expect: lower
"""


def study(evidence: str, target: str = "digits", metric: str = "final_frechet_distance") -> str:
    text = STUDY.replace("TARGET", target).replace("METRIC", metric)
    return text.replace("EVIDENCE", f"evidence: {evidence}" if evidence else "")


@pytest.mark.parametrize("metric", metric_columns(FIDELITY_METRICS))
def test_with_evidence_every_measure_may_be_claimed_about(load: Read, metric: str) -> None:
    loaded = load(study("{features: pixels}", metric=metric))
    assert loaded.evidence == EvidenceSpec(features="pixels")
    assert loaded.claims[0].metric == metric


def test_without_evidence_there_is_no_such_metric(problems: Read) -> None:
    (problem,) = problems(study(""))
    assert problem.path == "claims[0].metric"
    assert problem.value == "'final_frechet_distance'"


@pytest.mark.parametrize(
    "target", ["ring", "grid, side: 3", "mixture, centres: [[0, 0], [1, 1]]"], ids=str
)
def test_what_is_no_image_has_no_evidence_of_images(problems: Read, target: str) -> None:
    (problem,) = problems(study("{features: pixels}", target))
    assert str(problem).endswith(
        "study.yaml:4: evidence: is measured of images: target.kind must be one of digits, "
        f"mnist5k, stacked_digits, image_folder, hub, '{target.split(',')[0]}' got; "
        "leave out evidence"
    )


@pytest.mark.parametrize("target", ["image_folder, path: .", "hub, dataset: faces"], ids=str)
def test_the_classifier_knows_digits_alone(problems: Read, load: Read, target: str) -> None:
    (problem,) = problems(study("{features: classifier}", target))
    assert (problem.line, problem.path) == (4, "evidence.features")
    assert "must be one of digits, mnist5k, stacked_digits" in problem.rule
    assert problem.nearest == "nearest features: pixels"
    load(study("{features: pixels}", target))


@pytest.mark.parametrize("target", ["digits", "mnist5k", "stacked_digits"])
def test_digits_can_be_classified(load: Read, target: str) -> None:
    assert load(study("{features: classifier}", target)).evidence.features == "classifier"


def test_a_target_that_cannot_be_read_is_complained_of_once(problems: Read) -> None:
    (problem,) = problems(study("{features: classifier}", "digit"))
    assert problem.path == "target.kind"
