"""`vistab detect`: the ruling on a run that vistab did not train, from the files it left."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from vistab.spec.targets import RingTarget
from vistab.targets import make_target

ROUNDS = 100 * np.arange(1, 21)
COLLAPSE = 12  # the first snapshot of it
KEYS = [
    *("outcome", "onset_round", "converged_round", "severity", "evidence", "limits"),
    *("n_snapshots", "n_samples", "notes"),
]


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def ring(rng):
    """A run on a ring of 8 that keeps two modes from round 1,300 on: arrays to save."""
    target = make_target(RingTarget(kind="ring"))
    samples = np.stack([target.sample(400, rng) for _ in ROUNDS])
    corner = target.modes.centres[:2]
    which = rng.integers(2, size=(len(ROUNDS) - COLLAPSE, 400))
    samples[COLLAPSE:] = corner[which] + 0.02 * rng.standard_normal((*which.shape, 2))
    return {"rounds": ROUNDS, "samples": samples, "reference": target.sample(2000, rng)}


@pytest.fixture
def digits():
    """All digits [1797, 8, 8], 8-bit, and what they are."""
    data = load_digits()
    return (data.images / 16 * 255).astype(np.uint8), data.target


def grid(images, padding=2, columns=8):
    """Grey images as a colour grid, which is what torchvision's `save_image` makes of them."""
    n, h, w = images.shape
    rows = -(-n // columns)
    page = np.zeros((rows * columns, h + padding, w + padding), np.uint8)
    page[:n, padding:, padding:] = images
    page = page.reshape(rows, columns, h + padding, w + padding).swapaxes(1, 2)
    page = page.reshape(rows * (h + padding), columns * (w + padding))
    return np.stack([np.pad(page, ((0, padding), (0, padding)))] * 3, axis=-1)


def save_images(folder, images):
    folder.mkdir(parents=True)
    for k, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{k:04}.png")


@pytest.fixture
def collapsing(digits, rng):
    """200 images of each of 20 snapshots: all digits, then only ones and sevens."""
    images, kind = digits
    few = images[np.isin(kind, [1, 7])]
    pools = [images if t < COLLAPSE else few for t in range(len(ROUNDS))]
    return [pool[rng.integers(len(pool), size=203)] for pool in pools]


def ruled(vistab, *words):
    """The document of --json."""
    answer = vistab("detect", *map(str, words), "--json")
    assert (answer.code, answer.err) == (0, "")
    return json.loads(answer.out)


def test_a_collapse_is_found_in_an_npz(vistab, tmp_path, ring):
    """With its onset and severity, in one document that has every key."""
    np.savez_compressed(tmp_path / "run.npz", **ring)
    document = ruled(vistab, "run.npz")
    assert list(document) == KEYS
    assert (document["outcome"], document["onset_round"]) == ("mode_collapse", 1300)
    assert document["converged_round"] is None
    assert document["severity"] == pytest.approx(0.75, abs=0.05)
    assert "2 of 8" in document["evidence"]
    assert (document["n_snapshots"], document["n_samples"], document["notes"]) == (20, 400, [])


def test_known_modes_need_no_reference(vistab, tmp_path, ring):
    """With weights too; a reference beside them is said not to be used."""
    modes = make_target(RingTarget(kind="ring")).modes.centres
    np.savez(tmp_path / "run.npz", **ring, modes=modes, std=0.02, weights=np.ones(8))
    document = ruled(vistab, "run.npz")
    assert (document["outcome"], document["onset_round"]) == ("mode_collapse", 1300)
    assert document["notes"] == ["The reference is not used, since the modes are known."]


@pytest.mark.parametrize("saved", ["npz", "only.npz", "npy"])
def test_the_reference_may_be_a_file_of_its_own(vistab, tmp_path, ring, saved):
    reference = ring.pop("reference")
    np.savez(tmp_path / "run.npz", **ring)
    names = {"npz": {"reference": reference, "labels": [1]}, "only.npz": {"real": reference}}
    file = tmp_path / f"real.{saved}"
    np.save(file, reference) if saved == "npy" else np.savez(file, **names[saved])
    assert ruled(vistab, "run.npz", "--reference", file)["onset_round"] == 1300


def test_a_collapse_is_found_in_a_folder_of_grids(vistab, tmp_path, digits, collapsing):
    """Ordered by their number, not their name; colour grids of grey images are grey."""
    save_images(tmp_path / "real", digits[0])
    (tmp_path / "run").mkdir()
    for step, images in zip(ROUNDS, collapsing, strict=True):
        Image.fromarray(grid(images)).save(tmp_path / "run" / f"fakes_{step}.png")
    Image.fromarray(grid(digits[0][:64])).save(tmp_path / "run" / "real_samples.png")
    document = ruled(vistab, "run", "--reference", "real")
    assert (document["outcome"], document["onset_round"]) == ("mode_collapse", 1300)
    assert document["n_samples"] == 203
    assert document["notes"] == ["Left out, for their names end in no number: real_samples.png."]


def test_all_layouts_of_the_same_images_are_ruled_on_alike(vistab, tmp_path, digits, collapsing):
    """Folders of images, grids, .npy files and one .npz; a reference as images or as an array."""
    collapsing = [images[:101] for images in collapsing]
    save_images(tmp_path / "real", digits[0][:600])
    as_array = [(images / np.float32(255)).astype(np.float32) for images in collapsing]
    for name in ("grids", "arrays"):
        (tmp_path / name).mkdir()
    for step, images, array in zip(ROUNDS, collapsing, as_array, strict=True):
        save_images(tmp_path / "folders" / f"epoch-{step}", images)
        Image.fromarray(grid(images, padding=0)).save(tmp_path / "grids" / f"{step:06}.bmp")
        np.save(tmp_path / "arrays" / f"step_{step}.npy", array)
    real = (digits[0][:600] / np.float32(255)).astype(np.float32)
    np.save(tmp_path / "real.npy", real)
    np.savez(tmp_path / "run.npz", rounds=ROUNDS, samples=as_array)
    np.savez(tmp_path / "torch.npz", rounds=ROUNDS, samples=np.array(as_array)[:, :, None])
    first = ruled(vistab, "folders", "--reference", "real")
    assert (first["outcome"], first["onset_round"]) == ("mode_collapse", 1300)
    for samples, reference in (
        *(("grids", "real.npy"), ("arrays", "real.npy"), ("run.npz", "real")),
        *(("torch.npz", "real"), ("arrays", "real")),
    ):
        assert ruled(vistab, samples, "--reference", reference) == first
    np.save(tmp_path / "flat.npy", real.reshape(-1, 64))
    assert ruled(vistab, "grids", "--reference", "flat.npy", "--tile", "8x8") == first


def test_images_are_coloured_if_any_of_the_reference_is(vistab, tmp_path, digits):
    """Even if the first is grey; and each side is read in the same way."""
    colour = np.stack([digits[0], digits[0].transpose(0, 2, 1), 255 - digits[0]], axis=-1)
    save_images(tmp_path / "real", [digits[0][0], *colour[:400]])
    for step in (1, 2, 3, 4):
        save_images(tmp_path / "run" / f"step_{step}", colour[:100])
    out = vistab("detect", "run", "--reference", "real").out
    assert "of 100 samples of 8x8x3 numbers" in out


def test_only_so_many_samples_are_used_and_it_is_said(vistab, tmp_path, ring, monkeypatch):
    """The first ones of a snapshot; of the reference some at random."""
    monkeypatch.setattr("vistab.cli.samples.limits.MOST_SAMPLES", 300)
    monkeypatch.setattr("vistab.cli.samples.limits.MOST_REFERENCE", 1000)
    ring["samples"][:, 300:] = 1e6  # would be seen
    ring["reference"] = ring["reference"][np.argsort(ring["reference"][:, 0])]
    np.savez(tmp_path / "run.npz", **ring)
    document = ruled(vistab, "run.npz")
    assert (document["onset_round"], document["n_samples"]) == (1300, 300)
    assert "of 8 modes" in document["evidence"]  # the first half of the reference has 4 of them
    assert document["notes"] == [
        "Only the first 300 of 400 samples of a snapshot are used.",
        "Of 2,000 reference samples 1,000 are used, drawn with a fixed seed.",
    ]


def test_hidden_folders_are_no_reference_and_copies_count_once(
    vistab, tmp_path, digits, collapsing
):
    """Tools leave thumbnails in hidden folders; a folder twice is not twice the data."""
    save_images(tmp_path / "real", digits[0][:300])
    as_array = [(images / np.float32(255)).astype(np.float32) for images in collapsing]
    np.savez(tmp_path / "run.npz", rounds=ROUNDS, samples=[one[:101] for one in as_array])
    first = ruled(vistab, "run.npz", "--reference", "real")
    save_images(tmp_path / "real" / ".thumbnails" / "large", 255 - digits[0][:200])
    assert ruled(vistab, "run.npz", "--reference", "real") == first
    save_images(tmp_path / "real" / "again", digits[0][:200])
    again = ruled(vistab, "run.npz", "--reference", "real")
    assert again.pop("notes") == ["Of 500 reference images 200 are copies, and count once."]
    assert again == {name: value for name, value in first.items() if name != "notes"}


def test_a_run_that_was_never_finite_has_diverged(vistab, tmp_path, ring):
    """It is told so, with a report; there are no values to show."""
    ring["samples"][:] = np.nan
    np.savez(tmp_path / "run.npz", **ring)
    document = ruled(vistab, "run.npz")
    assert (document["outcome"], document["onset_round"]) == ("diverged", 100)
    answer = vistab("detect", "run.npz", "--html", "run.html")
    assert answer.code == 0
    assert "of 400 samples of 2 numbers, none of them finite." in answer.out
    assert "Diverged, never healthy: not finite" in answer.out
    assert "iverged" in (tmp_path / "run.html").read_text()


def test_arrays_on_two_scales_are_asked_about(vistab, tmp_path, digits, collapsing):
    """A run with values from -1 to 1 against a reference from 0 to 1."""
    np.save(tmp_path / "real.npy", digits[0] / 255)
    np.savez(tmp_path / "run.npz", rounds=ROUNDS, samples=np.array(collapsing) / 127.5 - 1)
    (note,) = ruled(vistab, "run.npz", "--reference", "real.npy")["notes"]
    assert note == (
        "Typical samples have values -1 to 1, the reference 0 to 1: are both on one scale?"
    )


def test_what_is_printed_says_what_was_read_the_verdict_and_why(vistab, tmp_path, ring):
    """The verdict on one line, a table of at most 8 rounds, what is asked, and what words mean."""
    np.savez(tmp_path / "run.npz", **ring, other=1)
    answer = vistab("detect", "run.npz")
    assert (answer.code, answer.err) == (0, "")
    for words in (
        "Read: 20 snapshots, rounds 100 to 2,000, of 400 samples of 2 numbers",
        "Compared with: 2,000 reference samples, 8 modes found in them",
        "Note: Arrays that are not read: other.",
        "✗ Mode collapse from round 1,300 on: covers 2 of 8 modes; before: up to 8.\n",
        "Severity 0.7",
        "≥ 50 %",
        "coverage: share of the target",
    ):
        assert words in answer.out
    assert len(re.findall(r"^ +[\d,]+ +\d+ %", answer.out, flags=re.MULTILINE)) == 8
    assert max(map(len, answer.out.splitlines())) <= 110


def test_a_healthy_run_is_called_so_with_code_0(vistab, tmp_path, ring):
    """From the first snapshot on."""
    for array in ("rounds", "samples"):
        ring[array] = ring[array][:COLLAPSE]
    np.savez(tmp_path / "run.npz", **ring)
    document = ruled(vistab, "run.npz")
    assert (document["outcome"], document["converged_round"]) == ("healthy", 100)
    assert "✓ Healthy from round 100 on" in vistab("detect", "run.npz").out


def test_too_few_samples_to_tell_is_no_outcome(vistab, tmp_path, ring):
    """Not a healthy one: null in JSON, and the reason is told."""
    for array in ("rounds", "samples"):
        ring[array] = ring[array][:COLLAPSE]
    ring["samples"] = ring["samples"][:, :11]
    np.savez(tmp_path / "run.npz", **ring)
    document = ruled(vistab, "run.npz")
    assert (document["outcome"], document["severity"]) == (None, None)
    assert "11 samples a snapshot cannot show" in document["evidence"]
    assert "? Undecided, too little evidence: 11 samples" in vistab("detect", "run.npz").out


def test_a_run_that_ends_in_nan_is_diverged(vistab, tmp_path, ring):
    """And the document has no NaN."""
    ring["samples"][15:] = np.nan
    np.savez(tmp_path / "run.npz", **ring)
    document = ruled(vistab, "run.npz")
    assert (document["outcome"], document["onset_round"]) == ("diverged", 1600)
    assert "not finite" in vistab("detect", "run.npz").out


def test_the_report_is_written_where_it_was_asked_for(vistab, tmp_path, ring, rng):
    """One page with the verdict and the losses; --json still prints one document."""
    losses = {"losses_critic": rng.random(20), "losses": rng.random((20, 2))}
    np.savez(tmp_path / "run.npz", **ring, **losses)
    assert ruled(vistab, "run.npz", "--html", "run.html")["notes"] == []
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert "<title>" in page
    assert "covers 2 of 8 modes" in page
    assert all(name in page for name in ("critic", "losses 1", "losses 2"))
    assert "Report: run.html" in vistab("detect", "run.npz", "--html", "run.html").out
