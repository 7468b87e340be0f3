"""Folders of one study beside each other: what was seen in one is no secret in the next."""

import json
import shutil

import pytest

from vistab.errors import ResultsError
from vistab.results.provenance import dropped, first_declared, gone, post_hoc
from vistab.results.store import choose_folder, open_store

EDITED = ("expect: lower", "expect: lower, margin: 0.2")
MORE = ("replicates: 3", "replicates: 5")


def declare(out, study, *, fresh=False):
    """Take the study in; its folder and what it declared."""
    with open_store(out, study, fresh=fresh) as store:
        return store.folder, store.provenance()


def test_a_claim_that_was_edited_after_a_look_is_post_hoc_in_a_fresh_folder_too(load, study, out):
    """The runs are the same bits, so starting over changes nothing about what was known."""
    declare(out, study)
    folder, known = declare(out, load(EDITED), fresh=True)
    assert folder == out / "tiny.2"
    assert post_hoc(load(EDITED), known) == {"C1"}
    assert gone(load(EDITED), known) == {"C1"}
    assert post_hoc(study, known) == frozenset()


def test_a_third_generation_is_held_to_the_first_and_not_to_the_second(load, study, out):
    declare(out, study)
    declare(out, load(EDITED), fresh=True)
    _, third = declare(out, load(EDITED), fresh=True)
    assert first_declared(third)["folder"] == "tiny"
    assert [one["folder"] for one in third["generations"]] == ["tiny", "tiny.2"]
    assert post_hoc(load(EDITED), third) == {"C1"}
    renamed = load(("id: C1", "id: C2"))
    assert dropped(renamed, third) == ("C1",)


def test_replicates_that_were_raised_after_a_look_make_every_claim_post_hoc(load, study, out):
    """The old replicates are among the new ones, and their results decided how many there are."""
    declare(out, study)
    _, known = declare(out, load(MORE), fresh=True)
    assert post_hoc(load(MORE), known) == {"C1"}


def test_another_seed_starts_clean(load, study, out):
    """No run is shared, so claims may be worded by what the other seed's runs showed."""
    declare(out, study)
    other = load(MORE, EDITED, ("replicates: 5", "replicates: 5\nseed: 1"))
    _, known = declare(out, other, fresh=True)
    assert post_hoc(other, known) == frozenset()
    assert [one["folder"] for one in known["generations"]] == ["tiny"]


def test_the_same_study_started_over_has_nothing_post_hoc(study, out):
    declare(out, study)
    _, known = declare(out, study, fresh=True)
    assert post_hoc(study, known) == gone(study, known) == frozenset()


def test_a_generation_that_was_removed_is_remembered_by_those_that_saw_it(load, study, out):
    declare(out, study)
    declare(out, load(EDITED), fresh=True)
    shutil.rmtree(out / "tiny")
    folder, known = declare(out, load(EDITED), fresh=True)
    assert folder == out / "tiny.3"
    assert [one["folder"] for one in known["generations"]] == ["tiny", "tiny.2"]
    assert post_hoc(load(EDITED), known) == {"C1"}


def test_folders_of_other_studies_are_no_generations(load, study, out):
    """Whose names begin alike, or which hold nothing."""
    for name in ("tiny2", "tiny.x", "tiny.01", "tinytiny", "tiny.4"):
        (out / name).mkdir(parents=True)
    declare(out, load(("study: tiny", "study: tiny_too")))
    _, known = declare(out, study)
    assert "generations" not in known


# --- a lost declaration


def test_a_folder_with_results_and_no_provenance_takes_no_declaration(study, finished):
    """Today's date would stand for a declaration of before the data."""
    (finished / "provenance.json").unlink()
    before = sorted(path.name for path in finished.iterdir())
    with pytest.raises(ResultsError) as error, open_store(finished.parent, study):
        pass
    assert str(error.value).startswith(f"{finished}: not a results folder: no provenance.json\n")
    assert "every claim is then POST HOC" in str(error.value)
    assert sorted(path.name for path in finished.iterdir()) == before


@pytest.mark.parametrize("left", ["runs.parquet", "history.parquet", "verdicts.json"])
def test_any_result_that_is_left_is_enough_to_refuse(study, finished, left):
    for path in finished.iterdir():
        if path.name != left:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    with (
        pytest.raises(ResultsError, match=r"no provenance\.json"),
        open_store(finished.parent, study),
    ):
        pass


def test_done_packs_are_results_too(study, plan, record, out):
    with open_store(out, study) as store:
        store.pack_folder(plan.packs[0].pack_id).write(record(plan.packs[0]))
        (store.folder / "provenance.json").unlink()
    with pytest.raises(ResultsError, match=r"no provenance\.json"), open_store(out, study):
        pass


@pytest.mark.parametrize("content", [None, "{}", "[]", '{"files": {}}', "half"])
def test_beside_a_lost_declaration_every_claim_is_post_hoc(study, finished, content):
    """Nobody can tell what was declared before those results."""
    path = finished / "provenance.json"
    path.unlink() if content is None else path.write_text(content)
    folder, known = declare(finished.parent, study, fresh=True)
    assert folder.name == "tiny.2"
    assert post_hoc(study, known) == {"C1"}
    assert known["generations"][0]["declared"] is None
    assert choose_folder(finished.parent, study) == folder


def test_a_declaration_that_was_edited_is_not_believed(study, finished):
    """Such as a hash put in the place of the one declared, or another day."""
    path = finished / "provenance.json"
    known = json.loads(path.read_text())
    for key, value in (("declared", "2020-01-01T00:00:00+00:00"), ("claims", {}), ("alpha", 0.1)):
        path.write_text(json.dumps({**known, key: value}))
        with (
            pytest.raises(ResultsError, match="does not match its seal"),
            open_store(finished.parent, study),
        ):
            pass
    path.write_text(json.dumps({key: one for key, one in known.items() if key != "seal"}))
    with (
        pytest.raises(ResultsError, match="does not match its seal"),
        open_store(finished.parent, study),
    ):
        pass


# --- a user's own modules

CODE = {"wgan": "0" * 64, "wgan_parts": "1" * 64}


def test_own_modules_that_changed_are_refused_by_name(study, out):
    """Like anything else that is trained; fresh starts over beside it."""
    with open_store(out, study, source=CODE):
        pass
    changed = {**CODE, "wgan_parts": "2" * 64, "more": "3" * 64}
    with pytest.raises(ResultsError) as error, open_store(out, study, source=changed):
        pass
    assert "trained by other code of yours (--fresh starts over beside it)" in str(error.value)
    assert str(error.value).endswith("changed since: more, wgan_parts")
    with open_store(out, study, source=changed, fresh=True) as store:
        assert store.folder == out / "tiny.2"
    assert choose_folder(out, study, source=CODE) == out / "tiny"
    assert choose_folder(out, study, source=changed) == out / "tiny.2"


def test_a_folder_of_before_modules_were_hashed_stays_fine(study, out):
    with open_store(out, study):
        pass
    with open_store(out, study, source=CODE) as store:
        assert "source" not in store.provenance()
