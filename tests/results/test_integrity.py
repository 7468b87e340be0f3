"""Stored files are what was written, or are refused by name: never read as other numbers."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vistab.errors import ResultsError
from vistab.results import load as load_results
from vistab.results.integrity import kept_of, newly_kept
from vistab.results.provenance import read_provenance, write_provenance
from vistab.results.store import open_store, reopen_store
from vistab.results.tables import read_table, write_table

FUZZ = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def damages(draw):
    """What may happen to a file: a bit flips, its end is lost, something follows, it is gone."""
    place, bit = draw(st.floats(0, 1, exclude_max=True)), draw(st.integers(0, 7))
    kind = draw(st.sampled_from(["flip", "flip", "flip", "cut", "longer", "empty", "gone"]))

    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        at = int(place * len(content))
        if kind == "flip":
            content[at] ^= 1 << bit
        elif kind == "longer":
            content += b"\0"
        else:
            del content[at if kind == "cut" else 0 :]
        path.unlink() if kind == "gone" else path.write_bytes(content)

    return damage


def everything(folder: Path) -> list[object]:
    """All that can be asked of a results folder."""
    found = load_results(folder)
    runs = found.runs["run_id"]
    return [
        found.runs.to_json(),
        found.history.to_json(),
        found.verdicts.to_json(),
        found.provenance["claims"],
        found.provenance["declared"],
        [found.samples(run_id)[1].tobytes() for run_id in runs],
        found.study_file.read_text(),
    ]


def answer_of(ask, *about):
    """What is answered, or the words in which it is refused; anything else that is raised fails."""
    try:
        return ask(*about)
    except ResultsError as error:
        return str(error)


def stored_files(folder: Path) -> list[Path]:
    """Every file whose content is read again; the report is for readers alone."""
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name != "report.html"
    )


@settings(FUZZ, max_examples=60)
@given(data=st.data(), damage=damages())
def test_whatever_happens_to_a_stored_file_is_told_by_its_name_or_changes_nothing(
    finished_once, tmp_path, data, damage
):
    folder = tmp_path / "tiny"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(finished_once, folder)
    before = everything(folder)
    path = data.draw(st.sampled_from(stored_files(folder)))
    damage(path)
    after = answer_of(everything, folder)
    assert path.name in after if isinstance(after, str) else after == before


@settings(FUZZ, max_examples=15)
@given(data=st.data(), damage=damages())
def test_a_damaged_pack_is_told_and_counts_as_not_trained(
    study, plan, record, tmp_path, data, damage
):
    """What is left of it makes no row; the other packs keep theirs."""
    out = tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    done, *_ = plan.packs
    with open_store(out, study) as store:
        for pack in plan.packs[:2]:
            store.pack_folder(pack.pack_id).write(record(pack))
        path = data.draw(st.sampled_from(stored_files(store.pack_folder(done.pack_id).path)))
        damage(path)
        told = store.damaged(plan)
        store.consolidate(plan)
        runs = load_results(store.folder).runs
        found = load_results(store.folder).history["run_id"]
        for why in told.values():
            assert str(path) in why
        assert store.forget_damaged(plan) == tuple(told.values())
        again = done in store.unfinished(plan)
    mine = runs["run_id"].isin([run.run_id for run in done.runs])
    assert again == (path.name in ("done.json", "runs.parquet", "history.parquet", "samples.npz"))
    assert set(runs.loc[mine, "status"]) == {"missing"}
    assert not found.isin(runs.loc[mine, "run_id"]).any()
    assert (runs["status"] == "finished").sum() == len(plan.packs[1].runs)


def test_a_damaged_pack_that_is_trained_again_leaves_the_results_of_an_undisturbed_study(
    study, plan, record, out, finished_once
):
    with open_store(out, study) as store:
        for pack in plan.packs:
            store.pack_folder(pack.pack_id).write(record(pack))
        hurt = store.pack_folder(plan.packs[1].pack_id)
        (hurt.path / "samples.npz").write_bytes(b"")
        (told,) = store.forget_damaged(plan)
        assert told.startswith(f"{hurt.path / 'samples.npz'}: was changed or damaged")
        assert store.unfinished(plan) == (plan.packs[1],)
        hurt.write(record(plan.packs[1]))
        store.consolidate(plan)
        for name in ("runs.parquet", "history.parquet"):
            assert (store.folder / name).read_bytes() == (finished_once / name).read_bytes()


def test_samples_that_were_merged_and_then_damaged_are_merged_again(study, plan, record, out):
    """As long as packs are there, what is made of them is not lost."""
    with open_store(out, study) as store:
        store.pack_folder(plan.packs[0].pack_id).write(record(plan.packs[0]))
        store.consolidate(plan)
        for name in ("runs.parquet", "history.parquet", f"samples/{plan.packs[0].pack_id}.npz"):
            before = (store.folder / name).read_bytes()
            (store.folder / name).write_bytes(before[: len(before) // 2])
            store.consolidate(plan)
            assert (store.folder / name).read_bytes() == before


def test_a_pack_that_names_a_run_that_was_not_planned_is_trained_again(study, plan, record, out):
    """Whatever wrote it, and though its hashes are right."""
    pack = plan.packs[0]
    foreign = record(pack)
    foreign.runs.loc[0, "run_id"] = "somebody-elses-r000"
    with open_store(out, study) as store:
        store.pack_folder(pack.pack_id).write(foreign)
        (told,) = store.forget_damaged(plan)
        assert "holds other runs than planned" in told
        assert store.unfinished(plan) == plan.packs


def test_a_pack_of_before_hashes_were_kept_is_read_to_see_whether_it_is_whole(
    study, plan, record, out
):
    with open_store(out, study) as store:
        for pack in plan.packs[:2]:
            folder = store.pack_folder(pack.pack_id)
            folder.write(record(pack))
            forget_hashes(folder.path / "done.json")
        assert store.damaged(plan) == {}
        (store.pack_folder(plan.packs[0].pack_id).path / "runs.parquet").write_bytes(b"PAR1")
        (told,) = store.damaged(plan).values()
        assert "runs.parquet: cannot be read" in told


def forget_hashes(path: Path) -> None:
    """Leave a file as versions wrote it that kept no hashes."""
    known = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in known.items() if k not in ("files", "seal")}))


def test_an_error_says_what_was_written_when_what_is_lost_and_what_can_be_done(finished):
    path = finished / "history.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)
    with pytest.raises(ResultsError) as error:
        load_results(finished)
    first, remedy = str(error.value).splitlines()
    written = json.loads((finished / "provenance.json").read_text())["files"]["history.parquet"]
    assert datetime.fromisoformat(written["written"]).tzinfo
    assert first.startswith(
        f"{path}: was changed or damaged: it is not what was written on {written['written']} "
        "(last changed 20"
    )
    assert first.endswith("lost with it: the losses and signals of all runs over the rounds")
    assert remedy.startswith("Put a copy back, or train again beside it: vistab study SPEC --fresh")


def test_a_file_that_is_written_again_as_it_was_keeps_its_day(finished):
    """So that it is told since when a file is what it is."""
    known = json.loads((finished / "provenance.json").read_text())["files"]
    before = newly_kept(known, kept_of(finished, ["runs.parquet"], "another day"))
    assert before == known
    (finished / "runs.parquet").write_bytes(b"")
    after = newly_kept(known, kept_of(finished, ["runs.parquet"], "another day"))
    assert after["runs.parquet"]["written"] == "another day"


def test_a_log_of_a_search_that_lost_its_last_lines_is_refused(finished):
    """Each line that is left is sound; what is missing is known by the hash of them all."""
    path = finished / "search.jsonl"
    path.write_text("one\ntwo\n")
    known = read_provenance(finished)
    files = {**known["files"], **kept_of(finished, ["search.jsonl"], "today")}
    write_provenance(finished, {**known, "files": files})
    load_results(finished)
    path.write_text("one\n")
    with pytest.raises(ResultsError, match=r"search\.jsonl: was changed .* what the search tried"):
        load_results(finished)


def test_a_finished_study_with_a_damaged_table_is_not_silently_trained_again(
    study, finished, tmp_path
):
    (finished / "runs.parquet").unlink()
    with (
        pytest.raises(ResultsError, match=r"runs\.parquet: is missing; it was written on"),
        open_store(finished.parent, study),
    ):
        pass
    with open_store(finished.parent, study, fresh=True) as store:
        assert store.folder == finished.parent / "tiny.2"


def test_packs_that_somebody_removed_are_trained_again(study, plan, record, out):
    """The tables of an unfinished study are of no use without them."""
    with open_store(out, study) as store:
        store.pack_folder(plan.packs[0].pack_id).write(record(plan.packs[0]))
        store.consolidate(plan)
        shutil.rmtree(store.work)
    with open_store(out, study) as store:
        assert store.unfinished(plan) == plan.packs


def test_a_kill_between_a_table_and_its_hash_costs_nothing(study, plan, record, out, monkeypatch):
    """The packs are still there, so the tables are made again."""
    from vistab.results.store import Store

    def killed(*_):
        raise KeyboardInterrupt

    with open_store(out, study) as store:
        store.pack_folder(plan.packs[0].pack_id).write(record(plan.packs[0]))
        store.consolidate(plan)
        for pack in plan.packs[1:]:
            store.pack_folder(pack.pack_id).write(record(pack))
        with monkeypatch.context() as patch:
            patch.setattr(Store, "_keep", killed)
            with pytest.raises(KeyboardInterrupt):
                store.consolidate(plan)
    with reopen_store(out / "tiny") as store:
        assert store.unfinished(plan) == ()
        store.consolidate(plan)
        assert not store.work.exists()
    assert (load_results(out / "tiny").runs["status"] == "finished").all()


# --- tables without hashes


@pytest.fixture
def without_hashes(finished):
    """A results folder as older versions made them."""
    forget_hashes(finished / "provenance.json")
    return finished


def test_a_folder_of_before_hashes_were_kept_is_read_and_says_that_it_has_none(
    without_hashes, finished_once
):
    found = load_results(without_hashes)
    assert found.unchecked == ("runs.parquet", "history.parquet")
    assert load_results(finished_once).unchecked == ()
    assert found.runs.equals(load_results(finished_once).runs)
    assert found.samples(found.runs["run_id"][0]) is not None


HISTORY_LACKS = {
    "rows": (lambda table: table.slice(1), "has rows missing"),
    "a run": (lambda table: table.slice(3), "has no rows"),
    "the end of all": (lambda table: table.filter(table_round(table) < 20), "ends too early"),
    "nothing, but has rows twice": (
        lambda table: pa.concat_tables([table, table.slice(0, 1)]),
        "has a round more than once",
    ),
}


def table_round(table):
    """The column of rounds, to compare with."""
    import pyarrow.compute as pc

    return pc.field("round")


@pytest.mark.parametrize("what", HISTORY_LACKS)
def test_a_history_that_is_not_whole_is_refused_though_it_has_no_hash(without_hashes, what):
    change, told = HISTORY_LACKS[what]
    path = without_hashes / "history.parquet"
    write_table(path, change(read_table(path)))
    with pytest.raises(ResultsError, match=rf"history\.parquet: the run .*: {told}"):
        _ = load_results(without_hashes).history


def test_a_run_with_two_rows_is_refused(without_hashes):
    path = without_hashes / "runs.parquet"
    table = read_table(path)
    write_table(path, pa.concat_tables([table, table.slice(0, 1)]))
    with pytest.raises(ResultsError, match="has more than one row"):
        _ = load_results(without_hashes).runs


def test_a_flipped_bit_in_a_page_is_noticed_by_the_page_alone(tmp_path):
    """Numbers that do not compress lie in the file as they are: one would be read as another."""
    path = tmp_path / "t.parquet"
    values = pd.DataFrame({"x": np.random.default_rng(0).random(400)})
    write_table(path, pa.Table.from_pandas(values, preserve_index=False))
    column = pq.ParquetFile(path).metadata.row_group(0).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    whole, refused = path.read_bytes(), 0
    for at in range(start, start + column.total_compressed_size, 16):
        content = bytearray(whole)
        content[at] ^= 4
        path.write_bytes(content)
        found = answer_of(read_table, path)
        if isinstance(found, str):
            assert found.startswith(f"{path}: cannot be read: ")
            refused += 1
        else:
            np.testing.assert_array_equal(found["x"].to_numpy(), values["x"])
    assert refused > 100
