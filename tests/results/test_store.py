"""The results folder: append-only, one row per planned run, safe to kill, resumable."""

import json
import shutil
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vistab.errors import ResultsError
from vistab.plan import make_plan
from vistab.results import load as load_results
from vistab.results.provenance import Session, check_unchanged, dropped, gone, post_hoc
from vistab.results.record import RUN_COLUMNS_AFTER_AXES, RUN_COLUMNS_BEFORE_AXES
from vistab.results.store import choose_folder, open_store, reopen_store


def finish(store, plan, packs, record):
    """Write records of the packs and merge."""
    for pack in packs:
        store.pack_folder(pack.pack_id).write(record(pack))
    store.consolidate(plan)


def test_every_planned_run_becomes_exactly_one_row_whatever_happened_to_it(
    study, plan, record, out
):
    """One pack finished, one crashed, the rest never began."""
    done, crashed, *rest = plan.packs
    assert rest
    with open_store(out, study) as store:
        store.write_crash(crashed, "Traceback: boom")
        finish(store, plan, [done], record)
        runs = load_results(store.folder).runs.set_index("run_id")
    assert list(runs.index) == [run.run_id for run in plan.runs]
    status = {
        run.run_id: "finished" if pack is done else "crashed" if pack is crashed else "missing"
        for pack in plan.packs
        for run in pack.runs
    }
    assert runs["status"].to_dict() == status
    assert set(runs.loc[runs["status"] == "crashed", "error"]) == {"Traceback: boom"}
    assert runs.loc[runs["status"] != "finished", "outcome"].isna().all()


def test_work_is_removed_only_once_every_pack_is_finished(study, plan, record, out):
    with open_store(out, study) as store:
        finish(store, plan, plan.packs[:-1], record)
        assert store.work.exists()
        assert store.unfinished(plan) == plan.packs[-1:]
        finish(store, plan, plan.packs[-1:], record)
        assert not store.work.exists()
        assert store.unfinished(plan) == ()


def test_tables_hold_what_the_packs_recorded(study, plan, record, out):
    """Values, types and columns survive the round trip."""
    with open_store(out, study) as store:
        finish(store, plan, plan.packs, record)
        results = load_results(store.folder)
    runs, history = results.runs, results.history
    axes = [column for column in runs if "." in column]
    assert list(runs)[: 5 + len(axes)] == [*RUN_COLUMNS_BEFORE_AXES, *plan.columns]
    assert set(RUN_COLUMNS_AFTER_AXES) <= set(runs)
    assert runs["family.batch_norm"].dtype == bool
    assert runs["family.regularizer.weight"].dtype == float
    assert runs["replicate"].dtype == np.int64
    assert str(runs["onset_round"].dtype) == "Int64"
    pack = plan.packs[-1]
    recorded = record(pack)
    mine = history[history["run_id"].isin(recorded.runs["run_id"])].reset_index(drop=True)
    np.testing.assert_array_equal(
        mine["generator_loss"], recorded.history["generator_loss"].astype(np.float32)
    )
    assert history["coverage"].dtype == np.float32
    assert mine["mode_shares"][0].dtype == np.float32
    run_id = pack.runs[0].run_id
    rounds, samples = results.samples(run_id)
    np.testing.assert_array_equal(rounds, [0, 20])
    np.testing.assert_array_equal(samples, recorded.samples[run_id])
    assert results.samples("nobody") is None


def test_pictures_of_a_run_are_read_by_their_names(study, plan, record, out):
    """Those of this run alone, beside its samples; none where none were kept."""
    pack, other = plan.packs[:2]
    first, second = (run.run_id for run in pack.runs[:2])
    kept = {"codes": np.ones((2, 5, 3), np.float16), "originals": np.zeros((5, 2), np.float16)}
    recorded = record(pack)
    recorded.samples.update({f"{first}.{name}": picture for name, picture in kept.items()})
    with open_store(out, study) as store:
        store.pack_folder(pack.pack_id).write(recorded)
        finish(store, plan, [other], record)
        results = load_results(store.folder)
    found = results.pictures(first)
    assert found.keys() == kept.keys()
    for name, picture in kept.items():
        np.testing.assert_array_equal(found[name], picture)
    np.testing.assert_array_equal(results.samples(first)[1], recorded.samples[first])
    assert results.pictures(second) == results.pictures("nobody") == {}


def test_metrics_of_the_family_are_columns_whatever_happened_to_the_runs(load, record, out):
    """Numbers in the pack that measured them; not numbers in one that crashed, or never began."""
    study = load(
        ("kind: gan, generator_steps: 2", "kind: vae"),
        ("family.batch_norm: [false, true]", "family.steps: [1, 2]"),
        ("family.regularizer.weight", "family.kl_weight"),
    )
    plan = make_plan(study)
    done, crashed = plan.packs[:2]
    recorded = record(done)
    recorded.runs["final_prior_mismatch"] = 0.25
    with open_store(out, study) as store:
        store.write_crash(crashed, "Traceback: boom")
        store.consolidate(plan)
        runs = load_results(store.folder).runs
        assert runs["best_evidence_lower_bound"].isna().all()
        store.pack_folder(done.pack_id).write(recorded)
        store.consolidate(plan)
        runs = load_results(store.folder).runs
    mine = runs["run_id"].isin(recorded.runs["run_id"])
    assert runs["final_prior_mismatch"].dtype == float
    assert (runs.loc[mine, "final_prior_mismatch"] == 0.25).all()
    assert runs.loc[~mine, "final_prior_mismatch"].isna().all()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of the merged results by name."""
    names = [
        "runs.parquet",
        "history.parquet",
        *(f"samples/{p.name}" for p in (folder / "samples").iterdir()),
    ]
    return {name: (folder / name).read_bytes() for name in sorted(names)}


def test_consolidate_is_idempotent_and_blind_to_the_order_in_which_packs_finish(
    study, plan, record, tmp_path
):
    seen = []
    for number, order in enumerate(list(permutations(plan.packs))[:4]):
        with open_store(tmp_path / str(number), study) as store:
            for pack in order:
                finish(store, plan, [pack], record)
            once = contents(store.folder)
            store.consolidate(plan)
            assert contents(store.folder) == once
            seen.append(once)
    assert all(one == seen[0] for one in seen)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_half_written_record_never_counts(study, plan, record, tmp_path, data):
    """Whichever of a record's files a crash left behind: without done.json the pack is not done."""
    pack = plan.packs[0]
    out = Path(data.draw(st.just(tmp_path))) / str(data.draw(st.integers(0, 10**9)))
    with open_store(out, study) as store:
        store.pack_folder(pack.pack_id).write(record(pack))
        files = ["runs.parquet", "history.parquet", "samples.npz"]
        (store.pack_folder(pack.pack_id).path / "done.json").unlink()
        for name in data.draw(st.sets(st.sampled_from(files))):
            (store.pack_folder(pack.pack_id).path / name).unlink()
        assert pack in store.unfinished(plan)
        store.consolidate(plan)
        runs = load_results(store.folder).runs
        assert set(runs["status"]) == {"missing"}
        assert runs["severity"].dtype == runs["final_coverage"].dtype == float
    shutil.rmtree(out)


def test_a_kill_while_work_is_being_removed_loses_nothing(study, plan, record, out):
    """The tables are complete before the first pack folder goes."""
    with open_store(out, study) as store:
        for pack in plan.packs[1:]:
            store.pack_folder(pack.pack_id).write(record(pack))
        store.pack_folder(plan.packs[0].pack_id).write(record(plan.packs[0]))
        store.consolidate(plan)
        store.pack_folder("leftover").create()  # what a killed removal leaves
        before = contents(store.folder)
        assert store.unfinished(plan) == ()
        store.consolidate(plan)
        assert contents(store.folder) == before
        assert not store.work.exists()


def test_runs_stay_finished_when_the_pack_size_changes(load, study, plan, record, out):
    """Resources are no part of a study's identity: nothing is trained twice."""
    with open_store(out, study) as store:
        for pack in plan.packs:
            store.pack_folder(pack.pack_id).write(record(pack))
    other = load(("pack: 4", "pack: 1"))
    regrouped = make_plan(other)
    assert {pack.pack_id for pack in regrouped.packs} != {pack.pack_id for pack in plan.packs}
    with open_store(out, other) as store:
        assert store.unfinished(regrouped) == ()
        store.consolidate(regrouped)
        runs = load_results(store.folder).runs
    assert set(runs["status"]) == {"finished"}
    assert set(runs["pack"]) == {pack.pack_id for pack in plan.packs}


@pytest.mark.parametrize("sizes", [("pack: 4", "pack: 1"), ("pack: 1", "pack: 4")])
def test_a_run_recorded_twice_counts_as_its_planned_pack_has_it(load, record, out, sizes):
    """Whichever was recorded first: packs of another size are not this session's."""
    before, planned = (load(("pack: 4", size)) for size in sizes)
    with open_store(out, planned) as store:
        for study, severity in ((before, 0.25), (planned, 0.75)):
            for pack in make_plan(study).packs:
                told = record(pack)
                told.runs["severity"] = severity
                store.pack_folder(pack.pack_id).write(told)
        store.consolidate(make_plan(planned))
        runs = load_results(store.folder).runs
    assert set(runs["pack"]) == {pack.pack_id for pack in make_plan(planned).packs}
    assert (runs["severity"] == 0.75).all()


def test_a_run_that_crashed_in_packs_of_two_sizes_is_one_row(load, study, plan, out):
    with open_store(out, study) as store:
        for pack in plan.packs:
            store.write_crash(pack, "boom")
    other = load(("pack: 4", "pack: 1"))
    with open_store(out, other) as store:
        for pack in make_plan(other).packs:
            store.write_crash(pack, "boom again")
        store.consolidate(make_plan(other))
        runs = load_results(store.folder).runs
    assert list(runs["run_id"]) == [run.run_id for run in plan.runs]
    assert set(runs["status"]) == {"crashed"}


def test_a_crashed_pack_is_tried_again_and_then_counts_as_finished(study, plan, record, out):
    pack = plan.packs[0]
    with open_store(out, study) as store:
        store.write_crash(pack, "boom")
        store.consolidate(plan)
        assert pack in store.unfinished(plan)
        finish(store, plan, plan.packs, record)
        runs = load_results(store.folder).runs
    assert set(runs["status"]) == {"finished"}
    assert runs["error"].isna().all()


# --- what was asked for


def test_a_changed_trained_part_is_refused_with_what_differs(load, study, out):
    with open_store(out, study):
        pass
    changed = load(("rounds: 20", "rounds: 30"), ("generator_steps: 2", "generator_steps: 5"))
    with pytest.raises(ResultsError) as error, open_store(out, changed):
        pass
    assert "--fresh" in str(error.value)
    assert "  family.generator_steps: 2 -> 5" in str(error.value)
    assert "  budget.rounds: 20 -> 30" in str(error.value)
    assert "title" not in str(error.value)


def test_title_resources_and_claims_may_change(load, study, out):
    with open_store(out, study):
        pass
    for change in [
        ("study: tiny", "study: tiny\ntitle: other words"),
        ("pack: 4", "pack: 2"),
        ("fewer fail", "fewer runs fail"),
        ("expect: lower", "expect: higher"),
    ]:
        with open_store(out, load(change)) as store:
            assert store.folder == out / "tiny"


def test_changed_and_new_claims_are_post_hoc_and_declared_ones_are_not(load, study, out):
    with open_store(out, study) as store:
        first = store.provenance()
        assert post_hoc(study, first) == frozenset()
    with open_store(out, load(("expect: lower", "expect: lower, margin: 0.2"))) as store:
        changed = load(("expect: lower", "expect: lower, margin: 0.2"))
        assert post_hoc(changed, store.provenance()) == {"C1"}
        assert store.provenance()["claims"] == first["claims"]
    renamed = load(("id: C1", "id: C2"))
    assert post_hoc(renamed, first) == {"C2"}
    assert dropped(renamed, first) == ("C1",)
    with open_store(out, study) as store:
        assert post_hoc(study, store.provenance()) == frozenset()


def test_declared_claims_that_are_dropped_or_reworded_are_gone(load, study, out):
    """They go on being counted; what is worded otherwise counts as declared and as it stands."""
    with open_store(out, study) as store:
        first = store.provenance()
    assert first["tested"] == ["C1"]
    assert gone(study, first) == frozenset()
    assert gone(load(("id: C1", "id: C2")), first) == {"C1"}
    assert gone(load(("expect: lower", "expect: lower, margin: 0.2")), first) == {"C1"}
    assert gone(load(("resources:", "alpha: 0.1\nresources:")), first) == frozenset()
    assert gone(study.model_copy(update={"claims": ()}), {**first, "tested": []}) == frozenset()


def test_a_stored_study_that_says_otherwise_than_was_trained_is_noticed(load, study, out):
    """Claims, alpha and the title may change; what was trained may not."""
    with open_store(out, study) as store:
        first = store.provenance()
    check_unchanged(load(("expect: lower", "expect: higher")), first, out)
    with pytest.raises(ResultsError, match="was changed after its runs were made"):
        check_unchanged(study.model_copy(update={"seed": 5}), first, out)


def test_every_claim_is_post_hoc_once_alpha_is_changed(load, study, out):
    with open_store(out, study) as store:
        changed = load(("resources:", "alpha: 0.1\nresources:"))
        assert post_hoc(changed, store.provenance()) == {"C1"}


def test_fresh_starts_over_beside_and_deletes_nothing(study, plan, record, out):
    with open_store(out, study) as store:
        finish(store, plan, plan.packs, record)
        before = contents(store.folder)
    for number in (2, 3):
        with open_store(out, study, fresh=True) as store:
            assert store.folder == out / f"tiny.{number}"
            assert store.unfinished(plan) == plan.packs
    assert contents(out / "tiny") == before


def test_the_newest_folder_that_holds_the_study_is_resumed(load, study, out):
    other = load(("rounds: 20", "rounds: 30"))
    with open_store(out, study):
        pass
    with open_store(out, other, fresh=True) as store:
        assert store.folder == out / "tiny.2"
    assert choose_folder(out, study) == out / "tiny"
    assert choose_folder(out, other) == out / "tiny.2"


def test_the_stored_study_is_the_study(study, out):
    """study.yaml spells every default out and reads back as the same study."""
    from vistab.spec.load import load_study

    with open_store(out, study) as store:
        assert load_study(store.folder / "study.yaml") == study


# --- provenance, verdicts, reading


def test_provenance_says_with_what_and_when(study, out):
    with open_store(out, study) as store:
        for command in ("first", "second"):
            with store.session(Session(command, "local", 1, "cpu")):
                assert store.provenance()["end"] is None
        provenance = store.provenance()
    assert [one["command"] for one in provenance["sessions"]] == ["first", "second"]
    for session in provenance["sessions"]:  # each may run with other versions, on another machine
        assert {"numpy", "torch"} <= set(session["packages"])
        assert session["vistab"] == provenance["vistab"]
        assert session["platform"]
    assert provenance["command"] == "second"
    assert provenance["start"] == provenance["sessions"][0]["start"]
    assert provenance["end"] == provenance["sessions"][-1]["end"]
    assert provenance["seed"] == 0
    assert provenance["replicates"] == 3
    assert {"numpy", "torch", "ray"} <= set(provenance["packages"])
    for key in ("trained_hash", "claims", "declared", "vistab", "platform", "cpu", "device"):
        assert provenance[key]


def test_verdicts_are_read_as_a_table_and_absent_ones_as_an_empty_one(study, plan, record, out):
    with open_store(out, study) as store:
        finish(store, plan, plan.packs, record)
        assert load_results(store.folder).verdicts.empty
        store.write_verdicts([{"id": "C1", "verdict": "supported", "p": None}])
        assert load_results(store.folder).verdicts["id"].tolist() == ["C1"]
        with pytest.raises(ValueError, match="JSON"):
            store.write_verdicts([{"id": "C1", "p": float("nan")}])
        assert load_results(store.folder).verdicts["id"].tolist() == ["C1"]


def test_a_folder_without_results_is_refused_by_name(study, out, tmp_path):
    with pytest.raises(ResultsError, match="nowhere: not a results folder"):
        load_results(tmp_path / "nowhere")
    with pytest.raises(ResultsError, match=r"no provenance\.json"), reopen_store(tmp_path):
        pass
    with open_store(out, study) as store, pytest.raises(ResultsError, match="unfinished"):
        load_results(store.folder)


def test_a_folder_that_cannot_be_made_is_refused(study, tmp_path):
    """In words, before anything is trained."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="cannot be made"), open_store(tmp_path / "file", study):
        pass


def test_a_damaged_json_file_is_named(study, out):
    with open_store(out, study) as store:
        (store.folder / "provenance.json").write_text('{"half')
        with pytest.raises(ResultsError, match=r"provenance\.json: cannot be read"):
            store.provenance()
        (store.folder / "provenance.json").write_text(json.dumps({}))


def test_an_axis_without_a_common_type_is_stored_as_text():
    """So that a study never fails at the end, after all of its training."""
    from types import SimpleNamespace

    from vistab.results.merge import _axis

    def column(*values):
        runs = [SimpleNamespace(arm=SimpleNamespace(assignment={"a": value})) for value in values]
        return _axis(runs, "a")

    assert column("auto", 2).tolist() == ["auto", "2"]
    assert column(1, 2.5).dtype == float
    assert column(True, False).dtype == bool
    assert column((0.5, 0.9), (0.0, 0.9)).tolist() == [(0.5, 0.9), (0.0, 0.9)]
    assert pd.api.types.is_string_dtype(column("a", "b"))
