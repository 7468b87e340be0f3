"""The report of a study of images, on a machine that has none of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vistab.plan import make_plan
from vistab.report import render
from vistab.report.view import build_view
from vistab.report.view.epochs import epochs_of
from vistab.report.view.images import data_size, images_words
from vistab.report.words import FEATURES, METRICS, metric_name
from vistab.spec.metrics import FIDELITY_METRICS
from vistab.spec.study import EvidenceSpec
from vistab.spec.targets import (
    DigitsTarget,
    HubTarget,
    ImageFolderTarget,
    Mnist5kTarget,
    RingTarget,
    StackedDigitsTarget,
)

Made = tuple[Any, Any]
MakeImages = Callable[..., Made]
AAE = "{kind: aae}"


@pytest.fixture(scope="module")
def page(faces: Made) -> str:
    """The report of colour images."""
    return render(faces[0], (), faces[1])


def text(page: str) -> str:
    """What is read, tags dropped."""
    body = re.sub(r"<style>.*?</style>|<script.*?</script>", " ", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\N{NO-BREAK SPACE}", " ").split())


def facts(made: Made) -> dict[str, str]:
    """The design in words."""
    return {fact.name: fact.value for fact in build_view(made[0], (), made[1]).design}


@pytest.mark.parametrize(
    "target",
    [
        "{kind: mnist5k}",
        "{kind: stacked_digits, digits: mnist5k}",
        "{kind: hub, dataset: no/such, size: 32}",
    ],
)
def test_a_report_needs_no_data(target: str, make_images: MakeImages) -> None:
    """Neither to show images nor codes; the colours of codes are left out."""
    study, results = make_images(target, family=AAE)
    told = render(study, (), _with_codes(results))
    assert 'id="strips"' in told
    assert "Codes over the prior" in told
    assert "Codes are those of data; circles are" in told
    assert "<figcaption>The data" not in told


def _with_codes(results: Any) -> Any:
    for run_id, one in results.kept.items():
        samples = results.samples(run_id)[1]
        one["codes"] = np.zeros((8, 200, 2))
        one["reconstructions"] = samples
        one["originals"] = np.zeros((200, samples.shape[-1]))
    return results


def test_the_runs_table_of_images_has_no_strips_but_their_metrics(page: str) -> None:
    assert '"strips":null' in page
    for name in FIDELITY_METRICS:
        assert f'"label":"{metric_name(name)}"' in page


# --- fidelity


def test_every_measure_of_fidelity_and_every_space_of_features_has_words() -> None:
    assert METRICS.keys() >= FIDELITY_METRICS.keys()
    assert FEATURES.keys() == set(EvidenceSpec.model_fields["features"].annotation.__args__)
    assert metric_name("final_frechet_distance") == "Fréchet distance at the end"


def test_fidelity_is_shown_under_the_space_that_it_is_measured_in(page: str, faces: Made) -> None:
    told = text(page)
    assert "Fidelity and diversity of images, in principal axes of the pixels" in told
    assert "The dashed line is what as many real images score." in told
    view = build_view(faces[0], (), faces[1])
    assert view.fidelity is not None
    assert [curves.name for curves in view.fidelity.curves] == list(FIDELITY_METRICS)
    assert view.inside is None or not view.inside.metrics.curves


def test_without_evidence_there_is_none_of_it(make_images: MakeImages) -> None:
    study, results = make_images()
    assert build_view(study, (), results).fidelity is None
    assert "Fidelity and diversity" not in render(study, (), results)


def test_where_real_images_were_not_scored_no_line_is_promised(make_images: MakeImages) -> None:
    study, results = make_images(evidence="{features: pixels}")
    assert ">real images</text>" in render(study, (), results)
    old = {k: v for k, v in results.provenance.items() if k != "perfect"}
    told = render(study, (), replace(results, provenance=old))
    assert "Fidelity and diversity" in told
    assert "dashed line is what" not in told
    assert ">real images</text>" not in told


# --- rounds and epochs


@pytest.mark.parametrize(
    ("n", "note"),
    [
        (1792, "1 epoch = 28 rounds"),
        (64, "1 epoch = 1 round"),
        (32, "1 round = 2 epochs"),
        (202_599, "1 epoch = 3,166 rounds"),
        (100, "1 epoch = 1.6 rounds"),
    ],
)
def test_an_epoch_is_as_many_rounds_as_show_all_data(n: int, note: str, faces: Made) -> None:
    """Of 64 images a batch, one batch a round."""
    epochs = epochs_of(make_plan(faces[0]), {"data": {"n": n}})
    assert epochs is not None
    assert epochs.note.replace("\N{NO-BREAK SPACE}", " ") == note
    assert epochs.told == ""


def test_epochs_are_told_beside_coverage_and_beside_the_film_strips(page: str) -> None:
    assert text(page).count("1 epoch = 3,166 rounds.") == 2
    assert "An epoch" not in text(page)


def test_where_arms_differ_in_what_they_see_the_design_says_so(make_images: MakeImages) -> None:
    axes = "family.discriminator_steps: [1, 2]"
    made = make_images(n_data=1792, axes=axes)
    assert build_view(made[0], (), made[1]).epoch == ""
    assert facts(made)["An epoch"] == (
        "28 rounds with discriminator steps 1; 14 rounds with discriminator steps 2"
    )
    both, _ = make_images(n_data=1792, axes=f"{axes}, budget.batch_size: [32, 64]")
    epochs = epochs_of(make_plan(both), {"data": {"n": 1792}})
    assert epochs is not None
    assert "56 rounds with discriminator steps 1, batch size 32" in epochs.told


def test_without_the_number_of_data_there_are_no_epochs(make_images: MakeImages) -> None:
    study, results = make_images()
    assert "epoch" not in text(render(study, (), results))


def test_epochs_are_of_data_sets_that_come_with_vistab_too(make_images: MakeImages) -> None:
    study, results = make_images("{kind: digits}", family="{kind: vae, steps: 2}", axes="")
    epochs = epochs_of(make_plan(study), results.provenance)
    assert epochs is not None
    assert epochs.rounds == {(2, 64): pytest.approx(1797 / 128)}


def test_densities_have_no_epochs() -> None:
    assert data_size(RingTarget(kind="ring"), {"data": {"n": 5}}) is None
    assert data_size(Mnist5kTarget(kind="mnist5k"), {}) == 5000
    assert data_size(ImageFolderTarget(kind="image_folder", path="a"), {}) is None


# --- how it was done


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (
            DigitsTarget(kind="digits"),
            "1,797 handwritten digits of scikit-learn; 8 \u00d7 8 pixels in grey",
        ),
        (
            StackedDigitsTarget(kind="stacked_digits", digits="mnist5k"),
            "5,000 handwritten digits of MNIST, three of them drawn independently, one in each "
            "colour channel; 28 \u00d7 28 pixels in colour",
        ),
        (
            ImageFolderTarget(kind="image_folder", path="/home/someone/celeba", crop=108),
            "9 images in folder celeba, 108 \u00d7 108 from the middle of each, resampled "
            "(bicubic); 64 \u00d7 64 pixels in colour",
        ),
        (
            HubTarget(kind="hub", dataset="some/set", revision="v1", size=32, channels=1),
            "9 images of some/set, revision v1, split train (Hugging Face), the largest square "
            "from the middle of each, resampled (bicubic); 32 \u00d7 32 pixels in grey",
        ),
    ],
)
def test_targets_are_told_in_words_without_the_way_to_them(target: Any, words: str) -> None:
    assert images_words(target, 9) == words


def test_networks_precision_and_evidence_are_told(faces: Made) -> None:
    told = facts(faces)
    assert "202,599 images in folder faces" in told["Target"]
    assert "as in DCGAN: 32 channels" in told["Networks"]
    assert told["Networks"].endswith("bfloat16")
    assert "network" not in told["Family"]
    assert told["Evidence of images"].endswith("measured in principal axes of the pixels")


def test_other_studies_keep_their_facts(make_images: MakeImages) -> None:
    told = facts(make_images("{kind: digits}", family="{kind: gan}"))
    assert "network width 64" in told["Family"]
    assert not {"Networks", "Evidence of images", "An epoch"} & told.keys()


def test_where_a_folder_lies_is_told_to_nobody(page: str) -> None:
    assert "nowhere/faces" not in page


@pytest.mark.slow
def test_a_report_of_eight_arms_of_the_worst_images_stays_below_3_megabytes(
    make_images: MakeImages,
) -> None:
    """Noise of 64 x 64 x 3, which nothing makes smaller, in 8 frames of two runs an arm."""
    axes = "family.regularizer.weight: [0, 5], optimizer.learning_rate: [1e-4, 2e-4],"
    axes += " family.discriminator_steps: [1, 2]"
    study, results = make_images(size=64, axes=axes, replicates=8, noise=True)
    page = render(study, (), results)
    assert len(build_view(study, (), results).shown_runs) >= 12
    assert len(page.encode()) <= 3_000_000
    assert "to keep this page small" in page


def test_only_reports_of_images_bear_the_styles_of_images(page: str, html: str) -> None:
    assert ".gallery .frames" in page
    assert ".gallery .frames" not in html
