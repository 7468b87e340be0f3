"""How it was done: generations, sessions and hashes, as the report tells them."""

from dataclasses import replace

from vistab.report import render
from vistab.report.view.method import generations, machine

OLDER = {
    "folder": "synthetic",
    "declared": "2026-11-01T08:00:00+00:00",
    "seed": 0,
    "replicates": 4,
    "claims": {"rate": "1", "gone": "2"},
}
LOST = {"folder": "synthetic.2", "declared": None, "seed": None, "replicates": None, "claims": {}}
HERE = {"seed": 0, "replicates": 4}


def test_every_older_generation_has_a_line_that_says_what_it_means_for_the_claims():
    """Whether it shares runs, whether it had as many, and whether anything is known of it."""
    older = [OLDER, {**OLDER, "replicates": 2}, {**OLDER, "seed": 1}, LOST]
    same, fewer, other, lost = generations({**HERE, "generations": older})
    start = "synthetic, declared 2026-11-01T08:00:00+00:00: seed 0, 4 replicates, 2 claims; "
    assert same.startswith(start)
    assert same.endswith("share random numbers with these, so what it declared counts here.")
    assert fewer.endswith("another number of them, so every claim here is post hoc.")
    assert other.endswith(
        "seed 1, 4 replicates, 2 claims; its runs have other random numbers than these."
    )
    assert lost == "synthetic.2: what it declared is lost, so every claim here is post hoc."
    assert generations(HERE) == ()


def test_the_page_lists_the_generations(study, results, verdicts):
    """Where it says what was declared before the data; not where there were none."""
    known = {**results.provenance, **HERE, "generations": [OLDER, LOST]}
    page = render(study, verdicts, replace(results, provenance=known))
    (part,) = page.split("<h3>What was declared before the data</h3>")[1:]
    part, _ = part.split("<h3>The machine</h3>")
    assert "Looks at those results count as looks at these" in part
    for told in generations(known):
        assert f"<li>{told}</li>" in part
    assert "This study was run before" not in render(study, verdicts, results)


def facts(provenance, results):
    """The machine's facts by their names."""
    return {fact.name: fact.value for fact in machine(provenance, results.runs)}


def test_sessions_that_ran_with_other_versions_are_told(results):
    """Of each what the last one had not; nothing of a study that was run in one go."""
    ran = {"vistab": {"version": "1.0", "commit": "a" * 40}, "packages": {"torch": "2.0"}}
    last = {**ran, "packages": {"torch": "2.1"}, "cpu": "another one"}
    assert "Sessions" not in facts({"sessions": [ran]}, results)
    assert facts({"sessions": [ran, ran]}, results)["Sessions"] == "2"
    found = facts({"sessions": [ran, ran, last]}, results)["Sessions"]
    assert found == "3, some of them with torch 2.0"


def test_whether_stored_files_could_be_compared_is_told(results):
    name = "Hashes of the stored files"
    assert facts({}, results)[name].startswith("none were kept")
    assert facts({"files": {}}, results)[name].startswith("kept, and compared")
