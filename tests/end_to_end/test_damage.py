"""Files damaged behind a study's back: told in a line, trained again where that can be done."""

import json

import pytest

from vistab import training
from vistab.results import load

LOCAL = ("study", "tiny.yaml", "--engine", "local")
STORED = ("study.yaml", "provenance.json", "runs.parquet", "history.parquet")


def flip(path):
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def cut(path):
    """Lose the second half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    """Lose all of a file's content."""
    path.write_bytes(b"")


def lose(path):
    """Lose a file."""
    path.unlink()


DAMAGES = pytest.mark.parametrize("damage", [flip, cut, empty, lose], ids=lambda one: one.__name__)


@DAMAGES
@pytest.mark.parametrize("name", STORED)
def test_a_damaged_file_that_verdicts_rest_on_is_refused_in_a_line(vistab, finished, name, damage):
    """By its name, with exit code 2, and verdicts and report stay as they are."""
    kept = {other: (finished / other).read_bytes() for other in ("verdicts.json", "report.html")}
    damage(finished / name)
    for verb in ("judge", "report"):
        answer = vistab(verb, "reports/tiny")
        assert (answer.code, answer.out) == (2, "")
        assert name in answer.err.splitlines()[0]
        assert "Traceback" not in answer.err
    assert {other: (finished / other).read_bytes() for other in kept} == kept


@DAMAGES
def test_the_command_that_ran_a_study_writes_its_study_file_again(vistab, finished, damage):
    before = (finished / "study.yaml").read_bytes()
    damage(finished / "study.yaml")
    assert vistab(*LOCAL, "--quiet").code == 0
    assert (finished / "study.yaml").read_bytes() == before
    assert vistab("judge", "reports/tiny").code == 0


@DAMAGES
@pytest.mark.parametrize("name", ["runs.parquet", "history.parquet"])
def test_a_finished_study_with_a_damaged_table_says_what_is_lost(vistab, finished, name, damage):
    """It is neither judged nor trained again over what is left."""
    damage(finished / name)
    answer = vistab(*LOCAL)
    assert answer.code == 2
    assert f"{name}: " in answer.err
    assert "lost with it: the " in answer.err
    assert "--fresh" in answer.err


@DAMAGES
def test_what_can_be_made_again_is_made_again_by_report(vistab, finished, damage):
    """Verdicts and page; until then the verdicts are refused."""
    before = (finished / "verdicts.json").read_bytes()
    damage(finished / "verdicts.json")
    damage(finished / "report.html")
    assert vistab("judge", "reports/tiny").code == 0
    assert vistab("report", "reports/tiny").code == 0
    assert (finished / "verdicts.json").read_bytes() == before
    assert load(finished).verdicts["id"].tolist() == ["C1"]


@DAMAGES
def test_damaged_samples_cost_film_strips_and_no_verdict(vistab, finished, damage):
    before = (finished / "verdicts.json").read_bytes()
    (path, *_) = sorted((finished / "samples").iterdir())
    damage(path)
    assert vistab("judge", "reports/tiny").code == 0
    for answer in (vistab("report", "reports/tiny"), vistab(*LOCAL)):
        assert answer.code == 0
        assert path.name in answer.err
        assert "film strips, which no verdict needs" in answer.err
    assert (finished / "verdicts.json").read_bytes() == before


def test_a_folder_without_hashes_is_judged_and_that_it_has_none_is_said(vistab, finished):
    forget_hashes(finished)
    for verb in ("judge", "report"):
        answer = vistab(verb, "reports/tiny", *(["--json"] if verb == "judge" else []))
        assert answer.code == 0
        assert answer.err.startswith("Note: reports/tiny: no hashes were kept of runs.parquet and")
    for name in ("runs.parquet", "history.parquet"):
        before = (finished / name).read_bytes()
        cut(finished / name)
        answer = vistab("judge", "reports/tiny")
        assert answer.code == 2
        assert f"{name}: cannot be read" in answer.err
        (finished / name).write_bytes(before)


def forget_hashes(folder):
    """Leave provenance.json as versions wrote it that kept none."""
    path = folder / "provenance.json"
    known = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in known.items() if k not in ("files", "seal")}))


@pytest.fixture
def begun(vistab, monkeypatch, tmp_path, edit):
    """The study, in packs of one run, stopped when two of its four packs were done."""
    edit("replicates: 2", "replicates: 2\nresources: {pack: 1}")
    real, begun = training.train_pack, []

    def train_pack(pack, *rest, **options):
        if len(begun) == 2:
            raise KeyboardInterrupt
        begun.append(pack)
        return real(pack, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(training, "train_pack", train_pack)
        assert vistab(*LOCAL).code == 130
    return tmp_path / "reports" / "tiny"


@pytest.fixture
def undisturbed(vistab, begun, tmp_path):
    """The results folder of the same study that nobody disturbed."""
    assert vistab(*LOCAL, "--out", "undisturbed", "--quiet").code == 0
    return tmp_path / "undisturbed" / "tiny"


def done_packs(folder):
    """The folders of the packs that are done."""
    return sorted(marker.parent for marker in folder.glob("work/*/done.json"))


@pytest.mark.parametrize(
    "names", [("done.json", "runs.parquet"), ("samples.npz", "history.parquet")]
)
def test_damaged_packs_are_trained_again_at_once_and_nothing_else_is(
    vistab, begun, undisturbed, names
):
    """They are told first, and the results are those of a study that nobody disturbed."""
    for pack, name, damage in zip(done_packs(begun), names, (flip, empty), strict=True):
        damage(pack / name)
    answer = vistab("report", "reports/tiny")
    assert answer.code == 0
    assert answer.err.count("its runs are missing until vistab study trains its pack again") == 2
    assert set(load(begun).runs["status"]) == {"missing"}
    answer = vistab(*LOCAL)
    assert answer.code == 0
    assert answer.err.count("its pack is trained again") == 2
    assert set(load(begun).runs["status"]) == {"finished"}
    assert not (begun / "work").exists()
    for file in ("history.parquet", "verdicts.json"):
        assert (begun / file).read_bytes() == (undisturbed / file).read_bytes()


def test_a_pack_that_is_damaged_while_others_are_trained_is_trained_again(
    vistab, begun, undisturbed, monkeypatch
):
    """It is found before the packs are merged, in the same session."""
    real, hurt = training.train_pack, done_packs(begun)[0]

    def train_pack(pack, *rest, **options):
        if hurt.exists() and pack.pack_id != hurt.name:
            empty(hurt / "runs.parquet")
        return real(pack, *rest, **options)

    monkeypatch.setattr(training, "train_pack", train_pack)
    answer = vistab(*LOCAL)
    assert answer.code == 0
    assert "runs.parquet: was changed or damaged" in answer.err
    for file in ("history.parquet", "verdicts.json"):
        assert (begun / file).read_bytes() == (undisturbed / file).read_bytes()
