"""Data sets of Hugging Face's `datasets`: made here, so that no network is needed."""

import importlib.metadata
import io

import datasets
import numpy as np
import pytest
from PIL import Image

from vistab.errors import DataError, RequestError
from vistab.spec.targets import HubTarget
from vistab.targets import hub, make_target
from vistab.targets.hub import HubImages
from vistab.targets.make import lacking_data, prepare_data

pytestmark = pytest.mark.usefixtures("own_cache")

LEVELS = np.random.default_rng(0).integers(0, 256, (110, 8, 8, 3)).astype(np.uint8)
STORED = LEVELS.transpose(0, 3, 1, 2).reshape(110, -1)


def png(pixels):
    """As a cell of an image column."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return {"bytes": file.getvalue(), "path": None}


def rows(levels, **more):
    """A split with the columns image and label, and more of the first kind."""
    images = {"image": [png(pixels) for pixels in levels], **more}
    features = {name: datasets.Image() for name in images} | {"label": datasets.Value("int64")}
    table = images | {"label": list(range(len(levels)))}
    return datasets.Dataset.from_dict(table, features=datasets.Features(features))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data set with two splits, as `save_to_disk` writes it; the second has too few images."""
    path = tmp_path_factory.mktemp("saved") / "flowers"
    datasets.DatasetDict({"train": rows(LEVELS), "test": rows(LEVELS[:9])}).save_to_disk(path)
    return path


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder as the hub holds one: the split train in a Parquet file."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hub")
    (tmp_path / "files").mkdir()
    rows(LEVELS).to_parquet(tmp_path / "files" / "train.parquet")
    return tmp_path / "files"


def asked(dataset, **fields):
    """What is asked of a data set."""
    return HubTarget(kind="hub", dataset=str(dataset), **{"size": 8, **fields})


def test_a_saved_data_set_becomes_a_target(folder):
    target = make_target(asked(folder))
    assert (target.shape, target.size) == ((3, 8, 8), 110)
    assert np.array_equal(target.data, STORED)
    assert lacking_data(asked(folder)) is None


def test_a_single_saved_split_is_train(tmp_path):
    rows(LEVELS).save_to_disk(tmp_path / "one")
    assert np.array_equal(make_target(asked(tmp_path / "one")).data, STORED)
    assert lacking_data(asked(tmp_path / "one", split="test")).nearest == "choose from: train"


def test_files_are_loaded_as_those_of_the_hub_are(files):
    """A part of a split too."""
    assert np.array_equal(make_target(asked(files)).data, STORED)
    half = asked(files, split="train[:105]")
    assert np.array_equal(make_target(half).data, STORED[:105])


def test_name_configuration_and_revision_reach_the_loader(monkeypatch):
    """Stands in for the hub."""
    seen = []

    def load(*words, **named):
        seen.append((words, named))
        return rows(LEVELS)

    monkeypatch.setattr(datasets, "load_dataset", load)
    spec = asked("somebody/flowers", configuration="large", revision="v2", split="all")
    assert lacking_data(spec) is None
    assert seen == []
    prepare_data(spec, lambda _: None)
    assert seen == [(("somebody/flowers", "large"), {"split": "all", "revision": "v2"})]


def test_images_beside_the_data_set_are_read_where_they_lie(tmp_path, monkeypatch):
    """Cells hold a path in place of contents; a broken image is told by its row."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hub")
    (tmp_path / "photos").mkdir()
    paths = [tmp_path / "photos" / f"{number:03d}.png" for number in range(110)]
    for path, pixels in zip(paths, LEVELS, strict=True):
        Image.fromarray(pixels).save(path)
    spec = asked(tmp_path / "photos")
    assert HubImages.of(spec).rows[7]["image"]["bytes"] is None
    paths[7].write_bytes(b"no image")
    with pytest.raises(RequestError, match=r"photos, train: 1 of 110 .*\n  row 7: "):
        make_target(spec)
    Image.fromarray(LEVELS[7]).save(paths[7])
    assert np.array_equal(make_target(spec).data, STORED)


def test_an_empty_cell_is_told(tmp_path):
    split = rows(LEVELS, more=[None, *(png(pixels) for pixels in LEVELS[1:])])
    split.save_to_disk(tmp_path / "one")
    with pytest.raises(RequestError, match="row 0: it is empty"):
        make_target(asked(tmp_path / "one", image_column="more"))


def test_another_split_column_or_content_is_another_set(tmp_path, folder):
    """The same one is the same wherever it lies."""
    saved = rows(LEVELS, other=[png(pixels) for pixels in LEVELS[::-1]])
    saved.save_to_disk(tmp_path / "one")
    saved.save_to_disk(tmp_path / "moved")
    rows(LEVELS[::-1]).save_to_disk(tmp_path / "turned")
    marks = {
        HubImages.of(asked(tmp_path / name, image_column=column)).fingerprint
        for name, column in [("one", "image"), ("one", "other"), ("turned", "image")]
    }
    assert len(marks) == 3
    assert HubImages.of(asked(tmp_path / "moved")).fingerprint in marks


# Lacking


@pytest.mark.parametrize(
    ("fields", "field", "rule", "nearest"),
    [
        ({"split": "tran"}, "split", "is not there", "nearest: train"),
        ({"split": "x"}, "split", "is not there", "choose from: train, test"),
        ({"split": "test"}, "split", "must be a split of at least 100 images", "it holds 9"),
        ({"image_column": "img"}, "image_column", "is not there", "nearest: image"),
        ({"image_column": "label"}, "image_column", "holds no images", "choose from: image"),
    ],
)
def test_a_missing_split_or_column_is_told_with_those_there_are(
    folder, fields, field, rule, nearest
):
    error = lacking_data(asked(folder, **fields))
    assert (error.field, error.rule, error.nearest) == (field, rule, nearest)
    assert error.value == next(iter(fields.values()))
    with pytest.raises(DataError, match=f"target.{field}: {rule}"):
        make_target(asked(folder, **fields))


def test_a_split_that_the_loader_does_not_know_is_told_in_its_words(files):
    with pytest.raises(DataError, match=r"target.split: .*'tran' got; .*one of \['train'\]"):
        make_target(asked(files, split="tran"))


def test_what_the_loader_raises_is_told_in_a_line(monkeypatch):
    """The network is down, say."""

    def fail(*_, **__):
        raise ConnectionError("Couldn't reach\n the Hub")

    monkeypatch.setattr(datasets, "load_dataset", fail)
    with pytest.raises(DataError, match=r"target.dataset: .*'flowers' got; Couldn't reach the Hub"):
        prepare_data(asked("flowers"), lambda _: None)


def test_a_folder_is_given_by_its_whole_path(folder, monkeypatch):
    """Workers may look from elsewhere; and there may be one of that name on the hub."""
    monkeypatch.chdir(folder.parent)
    error = lacking_data(asked("flowers"))
    assert (error.field, error.nearest) == ("dataset", f"nearest: {folder}")
    assert lacking_data(asked(folder.parent / "nothing")).field == "dataset"
    assert lacking_data(asked("somebody/flowers")) is None


def test_without_the_package_the_command_that_installs_it_is_told(folder, monkeypatch):
    def nothing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(hub, "version", nothing)
    error = lacking_data(asked(folder))
    assert (error.field, error.nearest) == ("kind", "install it: pip install 'vistab[hub]'")
    with pytest.raises(DataError, match="needs the package datasets"):
        make_target(asked(folder, size=9))
