"""Whether a study's images can be had is asked before it starts, and not once it is judged."""

import shutil

import pytest

from vistab.cli.request import read_plan, read_stored_plan
from vistab.errors import StudyError


@pytest.mark.parametrize("verb", ["check", "plan", "study"])
def test_a_missing_folder_is_refused_where_it_is_written(command, faces, tmp_path, verb):
    """Exit code 2, one line, nothing started."""
    faces.rename(tmp_path / "faces_64")
    answer = command(verb, "faces.yaml")
    assert answer.code == 2
    assert (
        answer.err
        == (
            f"faces.yaml:3: target.path: must be a folder with images, "
            f"{str(faces)[:60]!r} got; nearest: {tmp_path / 'faces_64'}\n"
        )
        or len(str(faces)) > 58
    )
    assert answer.err.startswith("faces.yaml:3: target.path: must be a folder with images, '")
    assert answer.err.endswith(f"got; nearest: {tmp_path / 'faces_64'}\n")
    assert not (tmp_path / "reports").exists()


def test_a_folder_given_on_the_command_line_is_refused_there(command, faces):
    answer = command("check", "faces.yaml", "--set", "target.path=face")
    assert answer.code == 2
    assert answer.err.startswith("--set: target.path: must be a folder with images")
    assert answer.err.endswith(f"nearest: {faces}\n")


def test_too_few_images_are_told_with_all_else_that_is_wrong(command, faces, tmp_path):
    """In the order of the file; each once."""
    for file in sorted(faces.iterdir())[90:]:
        file.unlink()
    text = (tmp_path / "faces.yaml").read_text()
    (tmp_path / "faces.yaml").write_text(
        text.replace("replicates: 2", "replicats: 2").replace("latent_dim: 4", "latent_dim: 0")
    )
    lines = command("check", "faces.yaml").err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"faces.yaml:{n}" for n in (3, 4, 6)]
    assert "target.path: must be a folder of at least 100 images" in lines[0]
    assert lines[0].endswith("got; it holds 90")


def test_a_target_that_cannot_be_read_is_told_once(command, faces):
    """What it would lack nobody knows."""
    answer = command("check", "faces.yaml", "--set", "target.size=three", "--set", "target.path=x")
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_a_plan_decodes_nothing(command, faces, own_cache, verb):
    """Though a claim is about the number of modes."""
    answer = command(verb, "faces.yaml")
    assert answer.code == 0, answer.err
    assert not own_cache.exists()


def test_every_target_of_a_plan_is_asked_for(faces, tmp_path):
    """Here two splits of a data set, one of which is not there."""
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"image": datasets.Image()})
    files = [str(file) for file in faces.iterdir()]
    split = datasets.Dataset.from_dict({"image": files}, features=features)
    datasets.DatasetDict({"train": split}).save_to_disk(tmp_path / "saved")
    text = (tmp_path / "faces.yaml").read_text()
    (tmp_path / "faces.yaml").write_text(
        text.replace(
            "kind: image_folder, path: faces", f"kind: hub, dataset: {tmp_path}/saved"
        ).replace("axes: {", "axes: {target.split: [train, test], ")
    )
    with pytest.raises(StudyError, match=r"target.split: is not there, 'test' got") as error:
        read_plan(tmp_path / "faces.yaml")
    assert len(error.value.problems) == 1


def test_a_stored_study_is_planned_without_its_images(faces, tmp_path):
    plan = read_plan(tmp_path / "faces.yaml")
    shutil.rmtree(faces)
    assert read_stored_plan(tmp_path / "faces.yaml").runs == plan.runs
