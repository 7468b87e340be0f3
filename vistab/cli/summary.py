"""What `vistab plan` shows, as plain data: counts, runs, cells per claim, warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vistab.analysis.claims.measure import largest_effect_of
from vistab.analysis.finding import asks
from vistab.analysis.replicates import least_half_width, replicates_within, smallest_p
from vistab.analysis.ruling import EQUIVALENT
from vistab.analysis.stats.frontier import replicates_for_ends
from vistab.analysis.wording import count
from vistab.execution.cluster import workers_here
from vistab.plan.cells import Comparison, comparisons
from vistab.plan.disk import disk_use
from vistab.plan.memory import GIB, pack_memory, run_memory, shared_memory
from vistab.plan.model import Pack, Plan
from vistab.spec.axes import sections_of, sweepable_fields
from vistab.spec.claims import NON_INFERIORITY, AssumeSpec, ClaimSpec
from vistab.spec.search import FrontierSearch, SamplerSearch, n_arms
from vistab.spec.study import Study


def summary(plan: Plan, *, with_power: bool = True) -> dict[str, Any]:
    """The plan as JSON-able data.

    Keys: study, n_arms, n_runs, n_packs, columns, runs (run_id, arm, arm_id, replicate, role, pack,
    assignment), packs (pack_id, n_runs), claims (see `_claim` and `_power`), disk (running_bytes,
    None if it is not known, and kept_bytes), notes, warnings; of a search also space, the number of
    different arms that it could suggest (None without end).
    with_power: simulate the power of each claim, which takes up to a second a claim.
    """
    compared = [(claim, comparisons(plan, claim)) for claim in plan.study.claims]
    return {
        "study": plan.study.study,
        "n_arms": len(plan.arms),
        "n_runs": len(plan.runs),
        "n_packs": len(plan.packs),
        "columns": list(plan.columns),
        "runs": _runs(plan),
        "packs": [{"pack_id": pack.pack_id, "n_runs": len(pack.runs)} for pack in plan.packs],
        "claims": [
            _claim(plan, *one) | (_power(plan, one[0]) if with_power else {}) for one in compared
        ],
        "disk": _disk(plan),
        **({} if plan.study.search is None else {"space": size_of_space(plan.study)}),
        "notes": list(plan.notes),
        "warnings": [
            *_too_large(plan),
            *_warnings(plan, {claim.id: _replicates(found) for claim, found in compared}),
            *(line for one in compared if (line := _too_wide(plan, *one))),
            *_open_ends(plan.study),
            *_repeats(plan.study),
        ],
    }


def _runs(plan: Plan) -> list[dict[str, Any]]:
    pack_of = {run.run_id: pack.pack_id for pack in plan.packs for run in pack.runs}
    return [
        {
            "run_id": run.run_id,
            "arm": run.arm.name,
            "arm_id": run.arm.arm_id,
            "replicate": run.replicate,
            "role": run.role,
            "pack": pack_of[run.run_id],
            "assignment": dict(run.arm.assignment),
        }
        for run in plan.runs
    ]


def _claim(plan: Plan, claim: ClaimSpec, compared: Sequence[Comparison]) -> dict[str, Any]:
    """A claim's cells used and left out, in all and per control, and the smallest p in reach."""
    n_replicates = _replicates(compared)
    return {
        "id": claim.id,
        "kind": claim.kind,
        "says": claim.says,
        "expect": getattr(claim, "expect", None),
        "margin": claim.margin,
        "cells": sum(len(one.cells) for one in compared),
        "left_out": sum(one.left_out for one in compared),
        "n_runs": len(set().union(*map(_run_ids, compared))),
        "n_replicates": n_replicates,
        "smallest_p": smallest_p(n_replicates) if claim.has_p else None,
        "comparisons": [
            {"control": one.label, "cells": len(one.cells), "left_out": one.left_out}
            for one in compared
        ],
    }


def _power(plan: Plan, claim: ClaimSpec) -> dict[str, Any]:
    """The claim's power, at which true effect and level, and what was assumed.

    power is None where it cannot be told, and power_reason says why. replicates_for_80 is None
    without a power, and where more than 200 would be needed.
    """
    from vistab.analysis.power import power_of  # it takes a while to import

    found, assume = power_of(plan, claim), claim.assume or AssumeSpec()
    return {
        "power": found.power,
        "power_standard_error": found.standard_error,
        "power_at": found.effect,
        "power_reason": found.reason,
        "level": found.level,
        "replicates_for_80": found.enough,
        "assume": {"control": assume.control, "correlation": assume.correlation},
    }


def _replicates(compared: Sequence[Comparison]) -> int:
    """Replicates with a complete cell against every control."""
    return min((len({cell.replicate for cell in one.cells}) for one in compared), default=0)


def _run_ids(comparison: Comparison) -> set[str]:
    return {run for cell in comparison.cells for runs in cell.runs.values() for run in runs}


def _warnings(plan: Plan, replicates: dict[str, int]) -> list[str]:
    """A line for every claim that no result could make significant.

    Each claim is given the smallest p in its reach; Holm's correction then goes from the smallest
    p to the largest and stops at the first that is too large.
    """
    alpha = plan.study.alpha
    tested = [claim.id for claim in plan.study.claims if claim.has_p]
    ranked = sorted(tested, key=lambda claim: -replicates[claim])
    warnings: list[str] = []
    for rank, claim in enumerate(ranked):
        threshold = alpha / (len(ranked) - rank)
        if warnings or smallest_p(replicates[claim]) > threshold:
            warnings.append(
                f"{claim} cannot reach significance: with {replicates[claim]} replicates the "
                f"smallest p is {smallest_p(replicates[claim]):.3g}, and Holm over "
                f"{count(len(tested), 'claim')} asks for {alpha / len(tested):.3g}; "
                f"{_enough(alpha / len(tested))} replicates would do"
            )
    return warnings


def _too_wide(plan: Plan, claim: ClaimSpec, compared: Sequence[Comparison]) -> str | None:
    """A line for a claim that goes by its interval, which would be too wide if nothing differed."""
    if asks(claim, plan.study, 1).expect not in (*NON_INFERIORITY, EQUIVALENT):
        return None
    most, n = largest_effect_of(claim, plan, len(compared[0].levels)), _replicates(compared)
    assert most is not None  # or its margin would have been refused
    half_width = least_half_width(n, most, plan.study.alpha)
    if half_width <= claim.margin:
        return None
    enough = replicates_within(claim.margin, most, plan.study.alpha)
    return (
        f"{claim.id} cannot show that nothing differs: with {n} replicates the interval reaches "
        f"{half_width:.2g} either way, past the margin of {claim.margin:g}; "
        f"{'more than 10,000' if enough is None else enough} replicates would do"
    )


def _disk(plan: Plan) -> dict[str, int | None]:
    """What the study takes on disk, with as many packs in training as this machine holds."""
    use = disk_use(plan, workers_here(plan.study.resources))
    return {"running_bytes": use.running, "kept_bytes": use.kept}


def _too_large(plan: Plan) -> list[str]:
    """A line if the largest pack does not fit into its share of a GPU's memory."""
    resources = plan.study.resources
    room, needed = pack_memory(resources) / GIB, [_needs(pack) / GIB for pack in plan.packs]
    if max(needed) <= room:
        return []
    n_runs = len(plan.packs[needed.index(max(needed))].runs)
    what = "one run" if n_runs == 1 else f"a pack of {n_runs} runs"
    more = "gpus_per_pack or gpu_memory" if resources.gpus_per_pack < 1 else "gpu_memory"
    fewer = "" if n_runs == 1 else ", or train fewer runs in a pack"
    return [
        f"{what} needs about {max(needed):.3g} GiB, and a pack may use {room:.3g} GiB: "
        f"raise resources.{more}{fewer}"
    ]


def _needs(pack: Pack) -> int:
    """Bytes that a pack takes; 0 if it is not known."""
    settings = pack.runs[0].arm.settings
    return len(pack.runs) * (run_memory(settings) or 0) + shared_memory(settings)


def _open_ends(study: Study) -> list[str]:
    """A line for a search for a frontier whose interval cannot have two ends, whatever happens."""
    search = study.search
    if not isinstance(search, FrontierSearch):
        return []
    needed = max(replicates_for_ends(search.failure_rate, search.steps, study.alpha))
    if needed <= search.replicates:
        return []
    return [
        f"search: with {count(search.replicates, 'replicate')} a step no interval of a frontier "
        f"can have two ends; {needed} replicates would do"
    ]


def size_of_space(study: Study) -> int | None:
    """How many different arms a study's search could suggest; None if there is no end of them."""
    assert study.search is not None
    fields = sweepable_fields(sections_of(study))
    return n_arms(study.search, [path for path, field in fields.items() if field.is_whole])


def _repeats(study: Study) -> list[str]:
    """A line for a sampler that has more trials than its space has arms."""
    if not isinstance(study.search, SamplerSearch):
        return []
    size, trials = size_of_space(study), study.search.trials
    if size is None or trials <= size:
        return []
    return [
        f"search: its space holds {count(size, 'arm')}, so of {trials} trials {trials - size} at "
        f"least repeat one, to the same bits; trials: {size} would do"
    ]


def _enough(p: float) -> int:
    """The smallest number of replicates at which `p` is in reach."""
    return next(n for n in range(2, 2000) if smallest_p(n) <= p)
