"""`vistab detect` on files that cannot be ruled on: what is wrong and where, and nothing else."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

RNG = np.random.default_rng(8)
SAMPLES = RNG.standard_normal((5, 60, 2)).astype("f4")
REFERENCE = RNG.standard_normal((150, 2)).astype("f4")
SOUND = {"rounds": np.arange(5), "samples": SAMPLES, "reference": REFERENCE}
MODES = {"reference": None, "modes": np.eye(2), "std": 0.1}
OBJECTS = np.array([np.zeros(2), np.zeros(3), None], dtype=object)


def told(vistab, *words):
    """What is said on stderr, by lines: with code 2, no traceback, and nothing written."""
    before = sorted(Path().rglob("*"))
    answer = vistab("detect", *map(str, words), "--html", "page.html")
    assert (answer.code, answer.out) == (2, "")
    assert "Traceback" not in answer.err
    assert sorted(Path().rglob("*")) == before
    return answer.err.splitlines()


def with_nan(array):
    changed = array.copy()
    changed[3] = np.nan
    return changed


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rounds": None}, "rounds: is missing"),
        ({"samples": None}, "samples: is missing"),
        (
            {"samples": None, "sampels": SAMPLES, "other": 1},
            "samples: is missing; nearest: sampels",
        ),
        ({"samples": None, "x": SAMPLES}, "samples: is missing; choose from: x"),
        (
            {"reference": None},
            "reference: is missing: real samples [m, ...], here or in --reference, "
            "or modes [k, d] and std",
        ),
        ({"rounds": np.arange(4)}, "rounds: must be [T] like samples, which have T = 5, [4] got"),
        (
            {"rounds": np.ones((5, 1))},
            "rounds: must be [T] like samples, which have T = 5, [5, 1] got",
        ),
        ({"rounds": [1, 2, 2, 3, 4]}, "rounds: must increase, 2 after 2 got"),
        ({"rounds": [1, 2, 5, 3, 4]}, "rounds: must increase, 3 after 5 got"),
        ({"rounds": [1, 2, 3, 3.5, 4]}, "rounds: must be whole numbers, 3.5 got"),
        ({"rounds": [1, 2, 3, np.nan, 5]}, "rounds: must be whole numbers, nan got"),
        ({"rounds": [1, 2, 3, np.inf, 5]}, "rounds: must be whole numbers, inf got"),
        ({"rounds": [True] * 5}, "rounds: must be whole numbers, true and false got"),
        ({"rounds": list("abcde")}, "rounds: must hold numbers, <U1 got"),
        (
            {"samples": SAMPLES[..., 0]},
            "samples: must be [T, n, ...], n samples at each of T rounds, [5, 60] got",
        ),
        (
            {"samples": SAMPLES[:, :0]},
            "samples: must be [T, n, ...], n samples at each of T rounds, [5, 0, 2] got",
        ),
        ({"samples": SAMPLES.astype(complex)}, "samples: must hold numbers, complex128 got"),
        (
            {"samples": OBJECTS},
            "samples: holds Python objects, which are never loaded: save one array of numbers",
        ),
        (
            {"samples": np.asfortranarray(SAMPLES)},
            "samples: must be in C order, to be read piece by piece: "
            "save np.ascontiguousarray(...)",
        ),
        (
            {"reference": REFERENCE[:, :1]},
            "reference: must hold samples of shape [2], like those of run.npz, [1] got",
        ),
        ({"reference": REFERENCE[:, 0]}, "reference: must be [m, ...], m samples, [150] got"),
        ({"reference": OBJECTS}, "reference: holds Python objects, which are never loaded"),
        ({"reference": REFERENCE[:99]}, "reference: "),
        ({"reference": with_nan(REFERENCE)}, "reference: reference data must be "),
        ({"reference": np.ones((150, 2))}, "reference: reference data must "),
        ({"losses": np.zeros(4)}, "losses: must be [T] like rounds, which have T = 5, [4] got"),
        (
            {"losses_critic": np.zeros((5, 2))},
            "losses_critic: must be [T] like rounds, which have T = 5, [5, 2] got",
        ),
        ({**MODES, "std": None}, "std: is missing"),
        ({**MODES, "std": 0.0}, "std: must be one positive number, 0 got"),
        ({**MODES, "std": np.nan}, "std: must be one positive number, nan got"),
        ({**MODES, "std": [0.1, 0.1]}, "std: must be one positive number, [2] got"),
        ({**MODES, "modes": np.eye(3)}, "modes: must be [k, 2] like samples, [3, 3] got"),
        ({**MODES, "modes": np.ones(2)}, "modes: must be [k, 2] like samples, [2] got"),
        ({**MODES, "modes": np.ones((2, 2))}, "modes: no two centres may coincide"),
        ({**MODES, "modes": np.eye(2) * np.nan}, "modes: must be finite numbers"),
        (
            {**MODES, "weights": [1, 0]},
            "weights: must be [k] positive numbers, k = 2, 0 among them got",
        ),
        ({**MODES, "weights": [1, 1, 1]}, "weights: must be [k] positive numbers, k = 2, [3] got"),
        ({"rounds": [1, 2], "samples": SAMPLES[:2]}, "snapshots: must be at least 3"),
        ({"rounds": [1], "samples": SAMPLES[:1]}, "snapshots: must be at least 3"),
        ({"samples": SAMPLES[:, :3]}, "at least 10 samples are needed"),
    ],
)
def test_what_is_wrong_with_the_arrays_of_an_npz_is_told_in_one_line(vistab, changes, says):
    """File, array, rule and value."""
    arrays = {name: a for name, a in (SOUND | changes).items() if a is not None}
    np.savez("run.npz", **arrays)
    (line,) = told(vistab, "run.npz")
    assert line.startswith("run.npz: ")
    assert says in line


def test_all_problems_are_told_at_once(vistab):
    """Of both files, of the options, and of the arrays."""
    np.savez("run.npz", round=np.arange(5), samples=SAMPLES[0], modes=np.eye(2), std=-1.0)
    lines = vistab(
        *("detect", "run.npz", "--reference", "nowhere"),
        *("--html", "no/page.html", "--tile", "big"),
    ).err.splitlines()
    assert lines == [
        "--tile: size: must be HEIGHTxWIDTH, such as 28x28, big got",
        "--html: no/page.html: must be a file in a folder that is there, no folder no got",
        "run.npz: samples: must be [T, n, ...], n samples at each of T rounds, [60, 2] got",
        "run.npz: rounds: is missing; nearest: round",
        "run.npz: std: must be one positive number, -1 got",
        "nowhere: --reference: must be a file or folder that is there",
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "run.npz: SAMPLES: must be a whole .npz file"),
        (b"rounds,samples\n1,2\n", "run.npz: SAMPLES: must be a whole .npz file"),
        (None, "run.npz: SAMPLES: must be a file or folder that is there"),
    ],
)
def test_what_is_no_npz_is_refused(vistab, content, says):
    np.save("real.npy", REFERENCE)
    if content is not None:
        Path("run.npz").write_bytes(content)
    (line,) = told(vistab, "run.npz", "--reference", "real.npy")
    assert line.startswith(says)


def test_an_npz_that_was_cut_off_is_refused(vistab):
    np.savez("run.npz", **SOUND)
    Path("run.npz").write_bytes(Path("run.npz").read_bytes()[:-200])
    assert told(vistab, "run.npz", "--reference", "run.npz")[0].startswith(
        "run.npz: SAMPLES: must be a whole .npz file"
    )


def test_samples_that_were_changed_on_disk_are_refused(vistab):
    """By the archive's checksum, which is reached with the last snapshot."""
    np.savez("run.npz", **SOUND)
    data = Path("run.npz").read_bytes()
    at = data.index(SAMPLES[2].tobytes())
    Path("run.npz").write_bytes(data[:at] + b"\0\0\0\0" + data[at + 4 :])
    (line,) = told(vistab, "run.npz")
    assert line.startswith("run.npz: samples: cannot be read: Bad CRC-32")


def test_an_entry_that_is_no_array_is_refused(vistab):
    np.savez("run.npz", **SOUND)
    with zipfile.ZipFile("run.npz", "a") as archive:
        archive.writestr("modes.npy", "no array")
    assert told(vistab, "run.npz")[0].startswith("run.npz: modes: cannot be read: ")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: None, "real: --reference: must be a file or folder that is there"),
        (lambda: Path("real").mkdir(), "real: images: must be png, jpg, bmp or webp files, none"),
        (lambda: Path("real").write_text("real"), "real: array: cannot be read: "),
        (lambda: save_archive("real", a=REFERENCE, referenze=REFERENCE), "nearest: referenze"),
        (lambda: save_array("real", REFERENCE[:20]), "real: reference: "),
        (lambda: save_array("real", OBJECTS), "real: array: holds Python objects"),
        (lambda: save_images("real", 3), "run.npz: samples: must hold images, [..., H, W], "),
    ],
)
def test_a_reference_of_no_use_is_refused(vistab, make, says):
    np.savez("run.npz", rounds=SOUND["rounds"], samples=SAMPLES)
    make()
    (line,) = told(vistab, "run.npz", "--reference", "real")
    assert says in line


def save_archive(name, **arrays):
    with open(name, "wb") as file:
        np.savez(file, **arrays)


def save_array(name, array):
    with open(name, "wb") as file:
        np.save(file, array, allow_pickle=True)


def save_images(folder, n, size=(8, 8), names="{}.png"):
    Path(folder).mkdir(parents=True)
    for k in range(n):
        pixels = np.random.default_rng(k).integers(0, 256, size).astype(np.uint8)
        Image.fromarray(pixels).save(Path(folder) / names.format(k))


def folders(*names, n=12, size=(8, 8)):
    for name in names:
        save_images(f"run/{name}", n, size)


def arrays(**shapes):
    Path("run").mkdir()
    for name, shape in shapes.items():
        np.save(f"run/{name}.npy", np.random.default_rng(0).random(shape))


def broken_image():
    folders("1", "2", "3")
    file = Path("run/2/4.png")
    file.write_bytes(file.read_bytes()[:60])


def no_image():
    folders("1", "2", "3")
    Path("run/2/4.png").write_text("no image")


def deep_image():
    folders("1", "2", "3")
    Image.fromarray(np.full((8, 8), 5000, dtype=np.uint16)).save("run/2/4.png")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Path("run").mkdir(), "run: steps: must be folders, images or .npy files whose "),
        (
            lambda: save_images("run", 3, names="final{}_.png"),
            "such as step_000100 or fakes_100.png, final0_.png got",
        ),
        (lambda: save_images("run", 3, names="at_0.{}.png"), "at_0.0.png got"),
        (
            lambda: save_images("run", 2, (22, 82)),
            "run: snapshots: must be at least 3, for a failure is what lasts, 2 got",
        ),
        (
            lambda: folders("step_1", "step_01", "step_2", "step_3"),
            "run: steps: step 1 must be there once, step_01 and step_1 got",
        ),
        (
            lambda: (folders("1", "2", "3"), save_images("run/4", 0)),
            "run/4: images: must be png, jpg, bmp or webp files, none got",
        ),
        (
            lambda: (folders("1", "2", "3"), np.save("run/4.npy", REFERENCE)),
            "run: steps: must be of one kind: keep the others elsewhere, folders and .npy files",
        ),
        (
            lambda: folders("1", "2", "3", size=(8, 9)),
            "run/1/0.png: image size: must be 8x8 like all samples and reference images, 8x9 got",
        ),
        (
            lambda: save_images("run", 4, (23, 82)),
            "run/0.png: image size: must be rows of images of 8x8 like the reference, ",
        ),
        (broken_image, "run/2/4.png: image: cannot be read: "),
        (no_image, "run/2/4.png: image: cannot be read: it is no image"),
        (deep_image, "run/2/4.png: image: cannot be read: 8 bits a channel are read, not I;16"),
        (lambda: save_images("run", 4), "run: round 0: at least 10 samples are needed, got 1"),
        (
            lambda: arrays(a1=(20, 8, 8), a2=(20, 8, 8), a3=(20, 8, 7)),
            "run/a3.npy: array: must be [n, ...] with samples of shape [8, 8], n samples of a step",
        ),
        (
            lambda: arrays(a1=(20, 4), a2=(20, 4), a3=(20, 4)),
            "run/a1.npy: array: must hold images, [..., H, W], [..., H, W, 3] or [..., 3, H, W], "
            "to go with files, [20, 4] got; for 4 grey pixels in a row give --tile HEIGHTxWIDTH",
        ),
        (
            lambda: arrays(a1=(20, 9, 8), a2=(20, 9, 8), a3=(20, 9, 8)),
            "image size: must be 9x8 like all samples and reference images, 8x8 got",
        ),
    ],
)
def test_what_is_wrong_with_a_folder_is_told_in_one_line(vistab, make, says):
    save_images("real", 120)
    make()
    (line,) = told(vistab, "run", "--reference", "real")
    assert says in line


def test_a_folder_needs_a_reference(vistab):
    folders("1", "2", "3")
    (line,) = told(vistab, "run")
    assert line.startswith("run: reference: is missing: give --reference, a folder of real images")


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        (
            np.linspace(-1, 1, 120 * 64).reshape(120, 8, 8),
            "real.npy: array: must lie in 0 to 1, as images in files do, -1 to 1 got",
        ),
        (
            np.zeros((120, 64)),
            "for 64 grey pixels in a row give --tile HEIGHTxWIDTH",
        ),
        (np.zeros((120, 5, 6, 7)), "real.npy: array: must hold images"),
    ],
)
def test_an_array_that_does_not_go_with_images_is_refused(vistab, reference, says):
    folders("1", "2", "3")
    np.save("real.npy", reference)
    (line,) = told(vistab, "run", "--reference", "real.npy")
    assert says in line


def test_numbers_up_to_255_do_not_go_with_images_in_files(vistab):
    save_images("real", 120)
    np.savez("run.npz", rounds=[1, 2, 3], samples=np.zeros((3, 20, 8, 8), np.uint8))
    (line,) = told(vistab, "run.npz", "--reference", "real")
    assert line == (
        "run.npz: samples: must be fractions from 0 to 1, as images in files are: "
        "divide by 255, uint8 got"
    )


def test_bytes_do_not_go_with_a_reference_from_minus_1_to_1(vistab):
    """Once they were told to have diverged."""
    samples = np.random.default_rng(0).integers(256, size=(3, 120, 8, 8)).astype(np.uint8)
    np.savez("run.npz", rounds=[1, 2, 3], samples=samples, reference=samples[0] / 127.5 - 1)
    (line,) = told(vistab, "run.npz")
    assert line == (
        "run.npz: round 1: samples must be on the reference's scale, -1 to 1: they are whole "
        "numbers, 0 to 255; give samples / 127.5 - 1"
    )


def test_a_tile_of_another_size_than_the_reference_is_refused(vistab):
    save_images("real", 120)
    folders("1", "2", "3")
    (line,) = told(vistab, "run", "--reference", "real", "--tile", "9x9")
    assert line == "--tile: size: must be 8x8, as the reference or samples have it, 9x9 got"


def test_moved_channels_are_recognized(vistab):
    np.savez("run.npz", rounds=[1, 2, 3], samples=np.zeros((3, 20, 3, 8, 8)))
    np.save("real.npy", np.zeros((120, 8, 8, 3)))
    (line,) = told(vistab, "run.npz", "--reference", "real.npy")
    assert line == (
        "real.npy: array: must hold samples of shape [3, 8, 8], like those of run.npz, "
        "[8, 8, 3] got; move the axis of channels"
    )


@pytest.mark.parametrize("place", [".", "no/page.html"])
def test_a_report_without_a_place_is_refused_before_the_work(vistab, place):
    np.savez("run.npz", **SOUND)
    answer = vistab("detect", "run.npz", "--html", place)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"--html: {place}: must be a file in a folder that is there")


def test_a_folder_that_may_not_be_read_is_refused(vistab, monkeypatch):
    """As root may read everything, the system's answer is put in its place."""

    def refused(self):
        raise PermissionError(13, "Permission denied", str(self))

    Path("run").mkdir()
    monkeypatch.setattr(Path, "iterdir", refused)
    answer = vistab("detect", "run", "--reference", "run.npz")
    assert (answer.code, answer.err) == (2, "run: cannot be read: Permission denied\n")
