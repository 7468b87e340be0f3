"""Random studies as plain dicts, and random results of their runs."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from vistab.errors import VistabError
from vistab.plan import make_plan
from vistab.spec.load import load_study
from vistab.spec.study import Study

RATE, SCALE = "optimizer.learning_rate", "optimizer.generator_scale"
WEIGHT, STEPS = "family.regularizer.weight", "family.generator_steps"
NORM, LOSS = "family.batch_norm", "family.loss"
VALUES: dict[str, list[Any]] = {
    RATE: [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 1e-2, 2e-2],
    SCALE: [0.1, 0.25, 0.5, 1, 2],
    WEIGHT: [0, 1, 2, 5, 10, 20, 50, 100, 200],
    STEPS: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    NORM: [False, True],
    LOSS: ["non_saturating", "minimax"],
}
NUMBERS = (RATE, SCALE, WEIGHT, STEPS)
ROUNDS = 120
OUTCOMES = ("mode_collapse", "stalled", "oscillating", "diverged")
KINDS = ("rate", "onset", "score", "trend", "interaction", "stable_region", "equivalence")
EXPECT = {
    "rate": ("lower", "higher", "not_higher", "not_lower"),
    "score": ("lower", "higher", "not_higher", "not_lower"),
    "onset": ("later", "sooner"),
    "trend": ("lower", "higher"),
    "interaction": ("lower", "higher"),
    "stable_region": ("wider", "narrower"),
}


def some_study(rng: random.Random) -> dict[str, Any]:
    """A study file as a dict; its claims may be ones that `check` refuses."""
    paths = rng.sample(list(VALUES), rng.randint(1, 3))
    most = {1: (9,), 2: (5, 4), 3: (4, 3, 2)}[len(paths)]
    axes = {
        path: rng.sample(VALUES[path], min(len(VALUES[path]), rng.randint(2, n)))
        for path, n in zip(paths, most, strict=True)
    }
    study: dict[str, Any] = {
        "study": "random",
        "target": {"kind": "ring", "modes": 8},
        "family": {
            "kind": "gan",
            "generator_steps": rng.choice([1, 2]),
            "batch_norm": False,
            "loss": "non_saturating",
            "regularizer": {"weight": rng.choice([0, 5])},
        },
        "optimizer": {"learning_rate": 1e-3, "generator_scale": 1},
        "budget": {"rounds": ROUNDS, "snapshots": 12},
        "replicates": rng.choice([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 12]),
        "alpha": rng.choice([0.05, 0.0625, 0.1, 0.125, 0.25, 0.5]),
        "axes": axes,
    }
    if rng.random() < 0.5:
        study["arms"] = [some_arm(rng, k, axes) for k in range(rng.randint(1, 2))]
    if len(axes) > 1 and rng.random() < 0.3:
        study["exclude"] = [{path: rng.choice(values) for path, values in axes.items()}]
    study["claims"] = [some_claim(rng, f"C{k}", study) for k in range(rng.randint(3, 7))]
    return study


def some_arm(rng: random.Random, number: int, axes: dict[str, list[Any]]) -> dict[str, Any]:
    """A named arm: one or two settings, some of the study's axes again."""
    own = {path: rng.choice(VALUES[path]) for path in rng.sample(list(VALUES), rng.randint(1, 2))}
    again = {
        path: rng.sample(values, rng.randint(1, len(values)))
        for path, values in axes.items()
        if path not in own and rng.random() < 0.8
    }
    return {"name": f"arm{number}", "set": own, **({"axes": again} if again else {})}


def held(study: dict[str, Any], path: str) -> list[Any]:
    """Values that arms may have of a path."""
    values = list(study["axes"].get(path, ()))
    for arm in study.get("arms", ()):
        values += [arm["set"][path]] if path in arm["set"] else arm.get("axes", {}).get(path, [])
    return list(dict.fromkeys(values)) or VALUES[path]


def some_side(rng: random.Random, study: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """A named arm, or a value of each path."""
    if "arms" in study and rng.random() < 0.25:
        return {"arm": rng.choice(study["arms"])["name"]}
    return {path: rng.choice(held(study, path)) for path in paths}


def some_claim(rng: random.Random, name: str, study: dict[str, Any]) -> dict[str, Any]:
    """A claim of any kind."""
    kind, columns = rng.choice(KINDS), list(study["axes"])
    claim: dict[str, Any] = {"id": name, "says": "It is so.", "kind": kind}
    axis = rng.choice(columns)
    others = [path for path in columns if path != axis] or columns
    if kind == "trend":
        claim |= {
            "along": axis,
            "arms": some_side(rng, study, others) if rng.random() < 0.4 else {},
        }
    else:
        claim |= some_sides(
            rng, study, others if kind in ("interaction", "stable_region") else columns
        )
    if kind == "stable_region" or (kind == "interaction" and rng.random() < 0.5):
        claim["along"] = axis
    elif kind == "interaction":
        values = held(study, axis)
        claim["across"] = {axis: rng.sample(values, 2) if len(values) > 1 else values * 2}
    if kind in EXPECT:
        claim["expect"] = rng.choice(EXPECT[kind])
    claim |= some_measure(rng, kind)
    if len(columns) > 1 and rng.random() < 0.3:
        path = rng.choice(columns)
        values = held(study, path)
        claim["within"] = {path: rng.sample(values, rng.randint(1, len(values)))}
    needs = kind == "equivalence" or claim.get("expect", "").startswith("not_")
    if needs or rng.random() < 0.5:
        in_modes = claim.get("metric") == "final_modes" and claim.get("given") != "ranked"
        largest = 8 if in_modes else {"onset": ROUNDS, "stable_region": 2}.get(kind, 1)
        claim["margin"] = round(rng.choice([0.2, 0.95]) * rng.uniform(0.05, 1), 2) * largest
        if not needs and rng.random() < 0.4:
            claim["strict"] = True
    return claim


def some_sides(rng: random.Random, study: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    """Treatment and one to three controls that differ in one or two columns."""
    paths = rng.sample(columns, rng.randint(1, min(2, len(columns))))
    n = rng.choice([1, 1, 2, 3])
    controls = [some_side(rng, study, paths) for _ in range(n)]
    return {
        "treatment": some_side(rng, study, paths),
        "control": controls[0] if n == 1 else controls,
    }


def some_measure(rng: random.Random, kind: str) -> dict[str, Any]:
    """What is read off the runs."""
    if kind == "onset":
        return {"event": rng.choice(["failure", "convergence"])}
    if kind == "stable_region":
        return {}
    metric = {"metric": rng.choice(["final_coverage", "severity", "final_modes"])}
    if kind == "score":
        return metric | {"given": rng.choice(["all", "healthy", "ranked"])}
    outcome = {"outcome": rng.choice(["failed", "mode_collapse", "diverged", "healthy"])}
    return outcome if kind == "rate" else rng.choice([outcome, metric, {}])


def accepted(document: dict[str, Any], folder: Path) -> Study | None:
    """The study without the claims that `check` refuses, which leave the document too."""
    path = folder / "study.yaml"
    while document["claims"]:
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        try:
            return load_study(path)
        except VistabError as refused:
            wrong = {int(k) for k in re.findall(r"claims\[(\d+)\]", str(refused))}
            if not wrong:
                return None  # the arms themselves: two are equal, say
            kept = [claim for k, claim in enumerate(document["claims"]) if k not in wrong]
            document["claims"] = kept
    return None


def some_results(rng: random.Random, study: Study) -> pd.DataFrame:
    """A row per planned run. How runs end hangs on one axis, on chance, or on nothing at all."""
    plan = make_plan(study)
    axis = rng.choice(plan.columns)
    base, reach = rng.choice([0, 0.1, 0.5, 0.9, 1]), rng.choice([0, 0, 0.4, 1, 9])
    shares = {
        value: min(1, max(0, base + reach * rng.uniform(-1, 1)))
        for value in dict.fromkeys(run.arm.assignment[axis] for run in plan.runs)
    }
    lost = rng.choice([0, 0, 0, 0.003])
    rows = []
    for run in plan.runs:
        failed = rng.random() < shares[run.arm.assignment[axis]]
        rows.append(
            {
                "run_id": run.run_id,
                "role": run.role,
                "arm": run.arm.name or run.arm.arm_id,
                "arm_id": run.arm.arm_id,
                "replicate": run.replicate,
                **run.arm.assignment,
                "status": rng.choice(["missing", "crashed"]) if rng.random() < lost else "finished",
                **some_ending(rng, failed),
            }
        )
    table = pd.DataFrame(rows)
    for column in ("onset_round", "converged_round"):
        table[column] = table[column].astype("Int64")
    return table


def some_ending(rng: random.Random, failed: bool) -> dict[str, Any]:
    """What became of a run. Metrics are tenths or halves, so that ties happen."""
    outcome = rng.choice(OUTCOMES) if failed else "healthy"
    when = rng.randrange(10, ROUNDS + 1, 10)
    coverage = rng.randint(0, 10) / 10
    gone = outcome == "diverged" or rng.random() < 0.02
    missing = rng.choice([float("nan"), float("inf")])
    return {
        "outcome": outcome,
        "onset_round": when if failed and outcome != "stalled" else None,
        "converged_round": None if failed else when,
        "final_coverage": missing if gone else coverage,
        "severity": missing if gone else rng.randint(0, 4) / 4,
        "final_modes": missing if gone else float(rng.randint(0, 8)),
        "device": "cpu",
    }
