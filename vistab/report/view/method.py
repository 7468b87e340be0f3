"""How the study was done and what was lost: the flow of runs, the design, the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vistab.analysis.verdict import Verdict
from vistab.analysis.wording import count
from vistab.report.view.epochs import Epochs
from vistab.report.view.happened import Tally, tally
from vistab.report.view.images import data_size, evidence_words, images_words, networks_words
from vistab.report.view.layout import grid_axes
from vistab.report.view.search_words import extent
from vistab.report.words import axis_name, listed, value_name
from vistab.results.sealed import FILES
from vistab.spec.base import Spec
from vistab.spec.families import FamilySpec
from vistab.spec.search import Range, confirmed_names, n_suggestions, space_of
from vistab.spec.study import Study
from vistab.spec.targets import ImageTarget

PHASES: dict[str, tuple[str, ...]] = {
    "em": (
        "M phase, p(z|x) fixed: the weights, means and covariances that maximise the expected "
        "log-likelihood of data and components, in closed form (E5).",
        "E phase, mixture fixed: p(z|x) = q(z|x), in closed form, which leaves no gap between the "
        "KL of the joints and that of data and model (E5).",
    ),
    "vae": (
        "Encoder and decoder together: minimise \u2212log q(x|z), with z drawn from p(z|x), plus "
        "the KL weight \u00d7 KL of p(z|x) to the prior (E4).",
    ),
    "gan": (
        "Discriminator phase, generator fixed: minimise the cross-entropy of real against "
        "generated samples (E6).",
        "Generator phase, discriminator fixed: the usual generator loss plus the incremental "
        "regularizer, weight \u00d7 mean squared distance to the anchor generator (E11).",
    ),
    "aae": (
        "Discriminator phase, encoder fixed: minimise the cross-entropy of latents of the prior "
        "against codes of the data (E12).",
        "Encoder phase, discriminator fixed: codes are to pass for latents of the prior, plus the "
        "incremental regularizer, weight \u00d7 mean squared distance to the anchor encoder (E13).",
        "The decoder minimises the mean squared error of reconstructions: jointly with the "
        "encoder, in its phase (E14), or after it, in a phase that leaves the encoder alone.",
    ),
    "ali": (
        "Discriminator phase, encoder and generator fixed: minimise the cross-entropy of encoder "
        "pairs (x, E(x)) against generator pairs (G(z), z) (E15).",
        "Encoder and generator together, discriminator fixed: both kinds of pairs are to pass for "
        "encoder pairs (loss vi, E17; with the extra terms E16), or each for the other (minimax, "
        "E18; non-saturating, E19).",
    ),
}
"""The phases of a round, in order, with their equations; families not named here are left out."""


@dataclass(frozen=True)
class Flow:
    """From planned to judged, as in a clinical trial: every planned run is in exactly one box."""

    planned: int
    arms: int
    replicates: int
    finished: int
    crashed: int
    missing: int
    tally: Tally
    judged: tuple[Verdict, ...]


@dataclass(frozen=True)
class Loss:
    """Runs that were planned and have no result, together by pack and cause."""

    status: str
    pack: str
    run_ids: tuple[str, ...]
    error: str


@dataclass(frozen=True)
class Fact:
    """One line of the design: a name and its value in words."""

    name: str
    value: str


def flow(study: Study, runs: pd.DataFrame, verdicts: Sequence[Verdict]) -> Flow:
    """Count the confirm runs by fate; of a search's arms two may have the same settings."""
    arms = runs["arm_id" if study.search is None else "arm"].nunique()
    return _flow(runs, arms, study.replicates, verdicts)


def explored_flow(study: Study, runs: pd.DataFrame) -> Flow | None:
    """The same of the runs of a search, whose arms are its suggestions; None without a search."""
    if study.search is None:
        return None
    explored = runs[runs["role"] == "explore"]
    return _flow(explored, n_suggestions(study.search), study.search.replicates, ())


def _flow(runs: pd.DataFrame, arms: int, replicates: int, verdicts: Sequence[Verdict]) -> Flow:
    status = runs["status"].value_counts()
    return Flow(
        len(runs),
        arms,
        replicates,
        int(status.get("finished", 0)),
        int(status.get("crashed", 0)),
        int(status.get("missing", 0)),
        tally(runs),
        tuple(verdicts),
    )


def losses(runs: pd.DataFrame) -> tuple[Loss, ...]:
    """Crashed and missing runs by pack and error, in the table's order."""
    lost = runs[runs["status"] != "finished"].fillna({"pack": "", "error": ""})
    groups = lost.groupby(["status", "pack", "error"], sort=False)
    return tuple(
        Loss(str(status), str(pack), tuple(group["run_id"]), str(error))
        for (status, pack, error), group in groups
    )


def design(
    study: Study, provenance: Mapping[str, Any], epochs: Epochs | None = None
) -> tuple[Fact, ...]:
    """Target, family, budget, search and axes in words."""
    of = " of each confirmed arm" if study.search else ""
    facts = [
        Fact("Target", _target(study.target, provenance)),
        Fact("Family", _family(study.family)),
        Fact("Networks", networks_words(study.family)),
        Fact("Optimiser", _spec(study.optimizer)),
        Fact("Budget of a run", _spec(study.budget)),
        Fact("An epoch", epochs.told if epochs else ""),
        Fact("Evidence of images", evidence_words(study.evidence)),
        Fact("Replicates", f"{study.replicates}{of}, seed {study.seed}"),
        *_search_facts(study),
        *(
            Fact(f"Axis: {axis_name(path)}", _values(values))
            for path, values in grid_axes(study).items()
        ),
        *(Fact(f"Arm: {value_name(arm.name)}", _assignment(arm.set)) for arm in study.arms),
    ]
    return tuple(fact for fact in facts if fact.value)


def _search_facts(study: Study) -> Iterator[Fact]:
    search, confirm = study.search, study.confirm
    if search is None or confirm is None:
        return
    many = f"{n_suggestions(search)} suggestions, {count(search.replicates, 'replicate')} of each"
    yield Fact("Search", f"{search.kind}, {many}")
    for path, values in space_of(search).items():
        shown = extent(values) if isinstance(values, Range) else _values(values)
        yield Fact(f"Searched: {axis_name(path)}", shown)
    yield Fact("Confirmed", listed(list(confirmed_names(confirm))))


def _target(target: Spec, provenance: Mapping[str, Any]) -> str:
    if isinstance(target, ImageTarget):
        return images_words(target, data_size(target, provenance))
    return _spec(target)


def _family(family: FamilySpec) -> str:
    """Without the networks, where these have a line of their own."""
    return _spec(family, frozenset({"network"} if networks_words(family) else ()))


def _spec(spec: Spec, but: Set[str] = frozenset()) -> str:
    return _assignment(spec.model_dump(mode="json", exclude=set(but)))


def _assignment(values: Mapping[str, Any]) -> str:
    named = ((name, value) for name, value in _flat(values) if name != "kind")
    rest = ", ".join(f"{name} {_values(value)}" for name, value in named)
    kind = str(values.get("kind", ""))
    return f"{kind}: {rest}" if kind and rest else kind or rest


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = (before + key.split(".", 1)[-1]).replace(".", " ").replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name} ")
        else:
            yield name, value


def _values(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_values(item) for item in value)
    return value_name(value)


def generations(provenance: Mapping[str, Any]) -> tuple[str, ...]:
    """A line for every older results folder of this study, whose results could be seen before."""
    return tuple(_generation(one, provenance) for one in provenance.get("generations", ()))


def _generation(one: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    if one["declared"] is None:
        return f"{one['folder']}: what it declared is lost, so every claim here is post hoc."
    told = (
        f"{one['folder']}, declared {one['declared']}: seed {one['seed']}, "
        f"{count(one['replicates'], 'replicate')}, {count(len(one['claims']), 'claim')}"
    )
    if one["seed"] != provenance["seed"]:
        return f"{told}; its runs have other random numbers than these."
    if one["replicates"] != provenance["replicates"]:
        return (
            f"{told}; its runs share random numbers with these, and there was another number of "
            "them, so every claim here is post hoc."
        )
    return f"{told}; its runs share random numbers with these, so what it declared counts here."


def machine(provenance: Mapping[str, Any], runs: pd.DataFrame) -> tuple[Fact, ...]:
    """What the study ran on; whatever the provenance does not know is left out."""
    vistab = provenance.get("vistab") or {}
    seconds = float(runs["seconds"].fillna(0).sum())
    start, end = provenance.get("start"), provenance.get("end")
    facts = (
        ("vistab", " ".join(filter(None, (vistab.get("version"), _commit(vistab.get("commit")))))),
        ("Python", provenance.get("python")),
        ("Packages", ", ".join(f"{k} {v}" for k, v in (provenance.get("packages") or {}).items())),
        ("Platform", provenance.get("platform")),
        ("Processor", " \u00d7 ".join(_known(provenance, "cores", "cpu"))),
        ("Engine", ", ".join(_known(provenance, "engine", "device"))),
        ("Trained on", "; ".join(map(_conditions, provenance.get("trained_on", ())))),
        ("From, to", f"{start} to {end}" if start and end else start),
        ("Sessions", _sessions(provenance.get("sessions", ()))),
        ("Training time, all runs", f"{seconds:,.0f} s" if seconds else None),
        ("Hash of what is trained", provenance.get("trained_hash")),
        ("Hash of what is claimed", provenance.get("claimed_hash")),
        ("Hashes of the stored files", _hashes(provenance)),
    )
    return tuple(Fact(name, str(value)) for name, value in facts if value)


CONDITIONS = {
    "device_name": "{}",
    "cpu_capability": "{}",
    "threads": "threads: {}",
    "pack_size": "runs a pack: {}",
    "compiled": "compiled",
    "torch": "torch {}",
}
"""How what decides a run's bits is written."""


def _conditions(one: Mapping[str, Any]) -> str:
    """Under what conditions some of the runs were trained; what is not known is left out."""
    said = [
        text.format(one[key]) for key, text in CONDITIONS.items() if one[key] not in (None, False)
    ]
    return f"{', '.join(said) or one['device']} ({count(one['runs'], 'run')})"


def _sessions(sessions: Sequence[Mapping[str, Any]]) -> str | None:
    """How many, if more than one, and with what else than the last one they ran."""
    if len(sessions) < 2:
        return None
    ran = [_ran_with(session) for session in sessions]
    others = dict.fromkeys(name for one in ran for name in one if name not in ran[-1])
    return f"{len(sessions)}{', some of them with ' if others else ''}{', '.join(others)}"


def _ran_with(session: Mapping[str, Any]) -> list[str]:
    vistab = session.get("vistab") or {}
    told = " ".join(filter(None, (vistab.get("version"), _commit(vistab.get("commit")))))
    packages = (session.get("packages") or {}).items()
    machine = [str(session[key]) for key in ("platform", "cpu") if session.get(key)]
    return [*([f"vistab {told}"] if told else []), *(f"{k} {v}" for k, v in packages), *machine]


def _hashes(provenance: Mapping[str, Any]) -> str:
    if FILES in provenance:
        return "kept, and compared when this was made"
    return "none were kept, so nobody can tell whether they were changed since"


def _known(provenance: Mapping[str, Any], *keys: str) -> list[str]:
    return [str(provenance[key]) for key in keys if provenance.get(key)]


def _commit(commit: str | None) -> str | None:
    return (
        f"(commit {commit[:12]}{'-dirty' if commit.endswith('-dirty') else ''})" if commit else None
    )
