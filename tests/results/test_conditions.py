"""What the runs were trained on: columns of runs.parquet, and a summary in provenance.json."""

import pandas as pd

from vistab.results import load as load_results
from vistab.results.conditions import trained_on
from vistab.results.record import CONDITION_COLUMNS
from vistab.results.store import open_store

SMALL = dict(zip(CONDITION_COLUMNS, ("cpu", "Small", "AVX2", 1, 3, False, "2.13.0"), strict=True))


def test_conditions_of_every_run_are_kept_in_their_types(study, plan, record, out):
    """Also beside runs that crashed, of which nothing is known."""
    *done, crashed = plan.packs
    with open_store(out, study) as store:
        for pack in done:
            store.pack_folder(pack.pack_id).write(record(pack))
        store.write_crash(crashed, "Traceback: boom")
        store.consolidate(plan)
        runs = load_results(store.folder).runs.set_index("status")[list(CONDITION_COLUMNS)]
    assert runs.loc[["crashed"]].isna().all(axis=None)
    assert runs.loc[["finished"]].drop_duplicates().to_dict("records") == [SMALL]
    assert str(runs["threads"].dtype) == str(runs["pack_size"].dtype) == "Int64"
    assert str(runs["compiled"].dtype) == "boolean"


def test_provenance_says_on_what_how_many_runs_were_trained(study, plan, record, out):
    """One entry for all that were trained alike, the most frequent first."""
    first, *rest = plan.packs
    other = record(first)
    other.runs["device_name"] = "Big"
    with open_store(out, study) as store:
        store.pack_folder(first.pack_id).write(other)
        store.consolidate(plan)
        big = {**SMALL, "device_name": "Big", "runs": len(first.runs)}
        assert store.provenance()["trained_on"] == [big]
        for pack in rest:
            store.pack_folder(pack.pack_id).write(record(pack))
        store.consolidate(plan)
        n = sum(len(pack.runs) for pack in rest)
        assert store.provenance()["trained_on"] == [{**SMALL, "runs": n}, big]


def test_what_is_not_known_of_runs_is_none():
    """Of packs that an earlier version trained."""
    known = pd.DataFrame([{**SMALL, "status": "finished"}, {"device": "cpu", "status": "finished"}])
    known["threads"] = known["threads"].astype("Int64")
    unknown = dict.fromkeys(CONDITION_COLUMNS) | {"device": "cpu", "runs": 1}
    found = trained_on(known)
    assert unknown in found
    assert len(found) == 2
