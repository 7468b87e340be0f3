"""The images below a folder: which they are, whether they have changed, and what is learned."""

import os

import numpy as np
import pytest
from PIL import Image

from vistab.errors import DataError, RequestError
from vistab.spec.targets import ImageFolderTarget
from vistab.targets import make_target
from vistab.targets.data import DataTarget, decode
from vistab.targets.image_folder import FolderImages
from vistab.targets.make import has_own_images, lacking_data, prepare_data

pytestmark = pytest.mark.usefixtures("own_cache")


def asked(folder, **fields):
    """What is asked of the images of a folder."""
    return ImageFolderTarget(kind="image_folder", path=str(folder), **{"size": 8, **fields})


def put(folder, *names):
    """Copies of the folder's first image under other names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((folder / "000.png").read_bytes())


# Which


def test_images_lie_at_any_depth_and_come_in_the_order_of_their_paths(write_images):
    """In capitals or not; other files, hidden ones, and folders with such names are passed over."""
    folder = write_images(100)
    taken = ["B.JPG", "a/b/c.jpeg", "a/b.jpg", "a/b/C.PnG", "a.png/x.png"]
    put(folder, *taken)
    put(folder, ".hidden.png", ".hidden/x.png", "a/._b.jpg", "notes.txt", "x.gif", "png", "b.jpg2")
    (folder / "empty.jpg").mkdir()
    names = FolderImages.of(asked(folder)).names
    assert names == tuple(sorted([f"{n:03d}.png" for n in range(100)] + taken))


def test_links_to_images_are_images_and_links_to_folders_are_not_followed(write_images, tmp_path):
    """Those may lead in a circle."""
    folder = write_images(100)
    (folder / "link.png").symlink_to(folder / "000.png")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "circle").symlink_to(folder)
    assert len(FolderImages.of(asked(folder))) == 101
    (tmp_path / "linked").symlink_to(folder)
    assert len(FolderImages.of(asked(tmp_path / "linked"))) == 101


@pytest.mark.parametrize(
    ("missing", "nearest"),
    [
        ("image", "{0}/images"),
        ("imagse/train/x", "{0}/images"),
        ("images/trian", "{0}/images/train"),
        ("qqqqq", None),
    ],
)
def test_a_missing_folder_is_told_with_the_one_like_it(write_images, tmp_path, missing, nearest):
    put(write_images(100), "train/x.png")
    error = lacking_data(asked(tmp_path / missing))
    assert (error.field, error.rule) == ("path", "must be a folder with images")
    assert error.value == str(tmp_path / missing)
    assert error.nearest == (nearest and f"nearest: {nearest.format(tmp_path)}")


@pytest.mark.parametrize(("n", "holds"), [(0, "it holds none"), (99, "it holds 99")])
def test_a_hundred_images_are_needed(write_images, n, holds):
    spec = asked(write_images(n))
    error = lacking_data(spec)
    assert (error.rule, error.nearest) == ("must be a folder of at least 100 images", holds)
    with pytest.raises(DataError, match=f"target.path: must be a folder of at least .*{holds}"):
        make_target(spec)


def test_a_file_is_no_folder(write_images):
    assert lacking_data(asked(write_images(1) / "000.png")).rule == "must be a folder with images"


def test_nothing_is_lacking_where_there_are_images(write_images, own_cache):
    """Looking does not decode them."""
    assert lacking_data(asked(write_images(100))) is None
    assert not own_cache.exists()


# Changed


@pytest.mark.parametrize("change", ["rename", "add", "remove", "touch", "grow"])
def test_a_changed_folder_gets_a_cache_of_its_own(write_images, own_cache, change):
    """Unchanged, it keeps the one that it has. Only other contents are other data."""
    folder = write_images(101)
    before = prepare_data(asked(folder), lambda _: None)
    listing = FolderImages.of(asked(folder)).fingerprint
    assert FolderImages.of(asked(folder)).fingerprint == listing
    first, last = folder / "000.png", folder / "100.png"
    match change:
        case "rename":
            last.rename(folder / "101.png")
        case "add":
            put(folder, "new.png")
        case "remove":
            last.unlink()
        case "touch":
            os.utime(first, ns=(0, 1))
        case "grow":
            stat = first.stat()
            first.write_bytes(first.read_bytes() + b"\0")
            os.utime(first, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert FolderImages.of(asked(folder)).fingerprint != listing
    after = prepare_data(asked(folder), lambda _: None)
    assert len(list((own_cache / "images").iterdir())) == 2
    assert (after.fingerprint == before.fingerprint) == (change in ("rename", "touch"))


# Learned from


def test_a_folder_becomes_a_target(write_images):
    """Samples are its images, from -1 to 1, drawn evenly; modes are told apart by features."""
    folder = write_images(120)
    target = make_target(asked(folder))
    files = sorted(folder.iterdir())
    pixels = np.stack([np.asarray(Image.open(file)).transpose(2, 0, 1).ravel() for file in files])
    assert isinstance(target, DataTarget)
    assert (target.shape, target.dimension, target.size) == ((3, 8, 8), 192, 120)
    assert np.array_equal(target.data, pixels)
    picked = target.pick(50, np.random.default_rng(0))
    samples = target.sample(50, np.random.default_rng(0))
    assert np.array_equal(samples, decode(pixels[picked]))
    assert samples.dtype == np.float32
    assert decode(pixels) == pytest.approx(pixels / 127.5 - 1, abs=1e-6)
    assert target.rms == pytest.approx(np.sqrt((pixels / 127.5).var(axis=0).sum()))
    assert target.features(samples[None]).shape == (1, 50, target.modes.dimension)
    distance, _ = target.modes.nearest(target.features(samples))
    assert distance.max() < target.rms


def test_a_process_makes_a_target_once(write_images):
    folder = write_images(100)
    assert make_target(asked(folder)) is make_target(asked(folder))
    assert make_target(asked(folder)) is not make_target(asked(folder, size=4))


def test_the_paper_s_cut_is_taken_from_larger_images(tmp_path):
    """As stored: 178 x 218 pixels, of which 108 x 108 in the middle are red; grey elsewhere."""
    (tmp_path / "faces").mkdir()
    for number in range(100):
        pixels = np.full((218, 178, 3), number, np.uint8)
        pixels[55:163, 35:143] = 255, number, 0
        Image.fromarray(pixels).save(tmp_path / "faces" / f"{number:06d}.png")
    target = make_target(asked(tmp_path / "faces", crop=108, size=64))
    colours = target.data.reshape(100, 3, -1)
    assert np.all(colours == np.stack([[255, n, 0] for n in range(100)])[:, :, None])


def test_a_broken_image_is_named_with_its_folder(write_images):
    folder = write_images(100)
    (folder / "sub").mkdir()
    (folder / "sub" / "x.jpg").write_bytes(b"\xff\xd8 no more")
    with pytest.raises(RequestError, match=rf"{folder}: 1 of 101 .*\n  sub/x\.jpg: "):
        make_target(asked(folder))


def test_the_number_of_modes_is_bounded_without_the_images(tmp_path):
    """And exact where there are known modes."""
    from vistab.spec.targets import GridTarget

    assert asked(tmp_path / "nowhere").most_modes == 100
    assert not has_own_images(GridTarget(kind="grid"))
