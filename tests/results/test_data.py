"""A results folder knows the images that it learned from, and takes no others in."""

import pytest

from vistab.errors import ResultsError
from vistab.results.provenance import Data, Session
from vistab.results.store import choose_folder, open_store, reopen_store

FACES = Data(2000, "087e67fdbc66fd2e")
OTHERS = Data(1999, "b96fcd66fdbc0881")


def test_data_are_declared_with_the_study_and_outlast_its_sessions(study, out):
    with open_store(out, study, data=FACES) as store:
        declared = store.provenance()["data"]
        with store.session(Session("vistab study", "local", 1, "cpu")):
            pass
    assert declared == {"n": 2000, "fingerprint": "087e67fdbc66fd2e"}
    with open_store(out, study, data=FACES) as store:
        assert store.provenance()["data"] == declared


def test_targets_that_come_with_vistab_declare_no_data(study, out):
    with open_store(out, study) as store:
        assert "data" not in store.provenance()


def test_changed_images_are_refused_with_both_told(study, out):
    """Nothing is changed in the folder; fresh starts beside it."""
    with open_store(out, study, data=FACES) as store:
        before = store.provenance()
    with pytest.raises(ResultsError) as error, open_store(out, study, data=OTHERS):
        pass
    assert str(error.value) == (
        f"{out / 'tiny'}: learned from other images (--fresh starts over beside it):\n"
        "  2,000 images (fingerprint 087e67fdbc66) -> 1,999 images (fingerprint b96fcd66fdbc)"
    )
    with reopen_store(out / "tiny") as store:
        assert store.provenance() == before
    with open_store(out, study, data=OTHERS, fresh=True) as store:
        assert store.folder == out / "tiny.2"


def test_as_many_other_images_are_refused_too(study, out):
    with open_store(out, study, data=FACES):
        pass
    with pytest.raises(ResultsError), open_store(out, study, data=Data(2000, "another")):
        pass


def test_the_folder_that_learned_from_these_images_is_resumed(study, out):
    with open_store(out, study, data=FACES), open_store(out, study, data=OTHERS, fresh=True):
        pass
    assert choose_folder(out, study, data=FACES) == out / "tiny"
    assert choose_folder(out, study, data=OTHERS) == out / "tiny.2"
    assert choose_folder(out, study) == out / "tiny.2"


def test_a_folder_from_before_data_were_declared_stays_fine(study, out):
    """Nobody knows what it learned from, and nobody adds it now."""
    with open_store(out, study):
        pass
    with open_store(out, study, data=FACES) as store:
        assert store.folder == out / "tiny"
        assert "data" not in store.provenance()


def test_another_study_is_told_before_other_images(load, study, out):
    with open_store(out, study, data=FACES):
        pass
    changed = load(("rounds: 20", "rounds: 30"))
    with pytest.raises(ResultsError, match="another study"), open_store(out, changed, data=OTHERS):
        pass
