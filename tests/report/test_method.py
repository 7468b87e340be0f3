"""How a study was done, as its page tells it: what its runs were trained on."""

from __future__ import annotations

import pandas as pd

from vistab.report.view.method import machine

RUNS = pd.DataFrame({"seconds": [1.0]})
SMALL = {
    "device": "cpu",
    "device_name": "Small",
    "cpu_capability": "AVX2",
    "threads": 1,
    "pack_size": 64,
    "compiled": False,
    "torch": "2.13.0",
    "runs": 20,
}


def test_the_page_says_what_the_runs_were_trained_on() -> None:
    """Every machine with its number of runs."""
    big = {**SMALL, "device_name": "Big", "compiled": True, "runs": 1}
    facts = {one.name: one.value for one in machine({"trained_on": [SMALL, big]}, RUNS)}
    assert facts["Trained on"] == (
        "Small, AVX2, threads: 1, runs a pack: 64, torch 2.13.0 (20 runs); "
        "Big, AVX2, threads: 1, runs a pack: 64, compiled, torch 2.13.0 (1 run)"
    )


def test_what_is_not_known_is_left_out() -> None:
    """Runs of earlier versions have their device alone; and most have no such entry at all."""
    old = {**dict.fromkeys(SMALL), "device": "cpu", "runs": 20}
    facts = {one.name: one.value for one in machine({"trained_on": [old]}, RUNS)}
    assert facts["Trained on"] == "cpu (20 runs)"
    assert "Trained on" not in {one.name for one in machine({}, RUNS)}
