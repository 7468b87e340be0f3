"""Images are decoded once: whatever is stopped, changed, broken, or done at the same time."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vistab.errors import RequestError
from vistab.spec.targets import ImageFolderTarget
from vistab.targets import decoding
from vistab.targets.decoding import AHEAD, RECORD
from vistab.targets.fit import fit
from vistab.targets.image_cache import Preparing, folder_of, held, open_cache

pytestmark = pytest.mark.usefixtures("own_cache")

ASKED = ImageFolderTarget(kind="image_folder", path="somewhere", size=4)
N = 300


def png(number, side=6):
    """The file of one of any number of different images."""
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


FILES = [png(number) for number in range(N)]


@dataclass
class Images:
    """An `ImageSource` in memory that counts what is read of it."""

    files: list[bytes]
    fingerprint: str = "as they were"
    place: str = "memory"
    reads: list[int] = field(default_factory=list)

    def __len__(self):
        return len(self.files)

    def name(self, index):
        return f"image {index}"

    def read(self, index):
        self.reads.append(index)
        return self.files[index]


@pytest.fixture
def images():
    """300 of them."""
    return Images(list(FILES))


def expected(files=FILES, spec=ASKED):
    """The levels of all images."""
    return np.stack([fit(Image.open(io.BytesIO(file)), spec).levels for file in files])


def assert_complete(cache, files=FILES):
    """Everything is there, in order."""
    assert np.array_equal(cache.pixels(), expected(files))
    assert cache.prepared.n == len(files)
    hashes = b"".join(hashlib.sha256(file).digest() for file in files)
    assert cache.prepared.fingerprint == hashlib.sha256(hashes).hexdigest()


def test_every_image_is_decoded_once_in_its_order(images):
    """The fingerprint is the hash of the hashes of the files; a second opening reads nothing."""
    assert_complete(open_cache(images, ASKED))
    assert sorted(images.reads) == list(range(N))
    again = Images(FILES)
    assert_complete(open_cache(again, ASKED))
    assert again.reads == []


def test_levels_are_mapped_and_cannot_be_changed(images):
    pixels = open_cache(images, ASKED).pixels()
    assert isinstance(pixels.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        pixels[0] = 0


def test_progress_counts_up_to_all(images):
    told = []
    open_cache(images, ASKED, told.append)
    assert told == [Preparing("decoding", done, N) for done in range(N + 1)]
    open_cache(images, ASKED, lambda _: pytest.fail("there was nothing to do"))


# Stopped


def test_an_interrupt_keeps_what_is_decoded(images):
    """Those after it were read ahead, and a few of them are read again."""

    def stop(progress):
        if progress.done == 120:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_cache(images, ASKED, stop)
    assert len(images.reads) <= 120 + AHEAD
    again = Images(FILES)
    assert_complete(open_cache(again, ASKED))
    assert sorted(again.reads) == list(range(120, N))


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[1])
from test_image_cache import ASKED, FILES, Images
from vistab.targets import decoding, image_cache
decoding.SECONDS_KEPT = 0.05
class Slow(Images):
    def read(self, index):
        time.sleep(0.02)
        with open(sys.argv[2], "a") as file:
            print(index, file=file)
        return super().read(index)
assert len(image_cache.open_cache(Slow(FILES), ASKED).pixels()) == len(FILES)
"""


def start(log):
    """A process that decodes the images, and writes down each that it reads."""
    command = [sys.executable, "-c", KILLED, Path(__file__).parent, log]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def reads(log):
    """The images that were read, in order."""
    return sorted(map(int, log.read_text().split())) if log.exists() else []


def finish(process):
    """Wait for a process, which must have had no trouble."""
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr


def wait_for(condition):
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_after_a_kill_only_the_last_moments_are_decoded_again(tmp_path, images):
    """A first process is killed without warning, a second one goes on."""
    folder = folder_of(images, ASKED)
    first = start(tmp_path / "first")
    wait_for(lambda: decoding.decoded(folder, 48) >= 100)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    kept = decoding.decoded(folder, 48)
    assert 100 <= kept < N
    finish(start(tmp_path / "second"))
    assert reads(tmp_path / "second") == list(range(kept, N))
    assert_complete(open_cache(Images(FILES), ASKED))


@pytest.mark.slow
def test_of_two_processes_at_once_one_decodes_and_one_waits(tmp_path):
    both = [start(tmp_path / "one"), start(tmp_path / "other")]
    for process in both:
        finish(process)
    assert sorted(reads(tmp_path / "one") + reads(tmp_path / "other")) == list(range(N))
    assert_complete(open_cache(Images(FILES), ASKED))


def test_who_waits_is_told_how_far_the_other_one_is(images):
    """Then it goes on from where that one stopped."""
    folder = folder_of(images, ASKED)
    told = threading.Event()
    with held(folder, lambda: pytest.fail("nobody holds it")):
        with decoding._appending(folder, 0, 48) as files:
            for file in FILES[:70]:
                levels = fit(Image.open(io.BytesIO(file)), ASKED)
                files.append(hashlib.sha256(file).digest(), levels)
        seen = []
        waiting = threading.Thread(
            target=open_cache, args=(images, ASKED, lambda p: (seen.append(p.done), told.set()))
        )
        waiting.start()
        assert told.wait(timeout=30)
        assert (seen[0], images.reads) == (70, [])
    waiting.join(timeout=30)
    assert sorted(images.reads) == list(range(70, N))
    assert_complete(open_cache(Images(FILES), ASKED))


@pytest.mark.parametrize(("rows", "records"), [(90, 60), (60, 90), (59.5, 60.5), (0, 300)])
def test_what_a_power_cut_left_of_either_file_is_cut_off(images, rows, records):
    """An image counts once both its levels and its record are there, as a whole."""
    folder = folder_of(images, ASKED)
    open_cache(images, ASKED)
    (folder / "complete.json").unlink()
    os.truncate(folder / "pixels", int(rows * 48))
    os.truncate(folder / "images", int(records * RECORD.itemsize))
    again = Images(FILES)
    assert_complete(open_cache(again, ASKED))
    assert sorted(again.reads) == list(range(int(min(rows, records)), N))


def test_without_its_images_a_complete_cache_is_made_again(images):
    cache = open_cache(images, ASKED)
    os.truncate(cache.folder / "pixels", 48 * 200)
    again = Images(FILES)
    assert_complete(open_cache(again, ASKED))
    assert len(again.reads) == 100


# Changed


def test_other_images_or_another_fit_have_a_cache_of_their_own(images):
    other = [
        folder_of(Images(FILES, "changed"), ASKED),
        *(
            folder_of(images, ASKED.model_copy(update={name: value}))
            for name, value in dict(crop=5, size=5, resample="box", channels=1).items()
        ),
    ]
    assert len({folder_of(images, ASKED), *other}) == 6


def test_where_the_images_lie_makes_no_difference(images):
    """A folder may be moved."""
    assert folder_of(images, ASKED) == folder_of(
        images, ASKED.model_copy(update={"path": "elsewhere"})
    )


def test_images_without_a_square_so_large_are_counted(images):
    """Across an interruption too."""
    images.files[3], images.files[200] = png(3, side=5), png(200, side=4)
    spec = ASKED.model_copy(update={"crop": 6})

    def stop(progress):
        if progress.done == 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_cache(images, spec, stop)
    assert open_cache(images, spec).prepared.smaller == 2
    assert open_cache(images, spec).prepared.smaller == 2


# Broken


def test_broken_images_are_named_and_nothing_is_taken_as_complete(images):
    """The first five; what comes before the first broken one is kept."""
    places = [40, 50, 60, 70, 80, 90, 299]
    for place in places:
        images.files[place] = FILES[place][:60]
    images.files[50] = b""
    images.files[60] = b"no image at all"
    with pytest.raises(RequestError) as error:
        open_cache(images, ASKED)
    head, *lines = str(error.value).splitlines()
    assert head.startswith("memory: 7 of 300 images cannot be read")
    assert [line.split(":")[0].strip() for line in lines] == [
        *(f"image {place}" for place in places[:5]),
        "and 2 more",
    ]
    assert all(len(line.split(": ", 1)[1]) > 10 for line in lines[:5])
    assert not (folder_of(images, ASKED) / "complete.json").exists()
    again = Images(FILES)
    assert_complete(open_cache(again, ASKED))
    assert sorted(again.reads) == list(range(40, N))


def test_an_image_that_cannot_be_opened_is_named(images):
    """Its file may have gone, or nobody may read it."""

    def fail(index):
        raise PermissionError(13, "Permission denied", "x.png")

    images.read = fail
    with pytest.raises(RequestError, match=r"300 of 300 .*\n  image 0: .*Permission denied"):
        open_cache(images, ASKED)


def test_a_cache_that_cannot_be_used_is_told(images, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("VISTAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(RequestError, match=r"file/images/\w+: cannot be used: Not a directory"):
        open_cache(images, ASKED)


def test_a_full_disk_is_told_and_what_was_written_is_kept(images, monkeypatch):
    def full(files, *_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(decoding._Files, "append", full)
        with pytest.raises(RequestError, match="No space left on device; VISTAB_CACHE"):
            open_cache(images, ASKED)
    assert_complete(open_cache(images, ASKED))


def test_a_folder_of_the_cache_says_what_it_holds(images):
    """So that its owner knows which one to delete."""
    cache = open_cache(images, ASKED)
    told = json.loads((cache.folder / "complete.json").read_text())
    assert (told["images"], told["listing"]) == ("memory", "as they were")
    assert told["fitting"] == {"crop": None, "size": 4, "resample": "bicubic", "channels": 3}
