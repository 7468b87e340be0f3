"""How results came about: what was declared before the first result, with what, where and when.

It is kept in provenance.json, which is sealed: what it says was declared is what was declared.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import vistab
from vistab.errors import ResultsError
from vistab.results.sealed import FILES, read_sealed, write_sealed
from vistab.spec.identity import claim_hashes, claimed_hash, trained_hash
from vistab.spec.metrics import measured
from vistab.spec.study import Study

PACKAGES = ("numpy", "optuna", "pandas", "pyarrow", "pydantic", "ray", "scipy", "torch")


NAME = "provenance.json"

DECLARED = (
    *("study", "trained_hash", "claimed_hash", "claims", "alpha", "declared", "seed"),
    "replicates",
)
"""What every provenance.json holds, of whatever version."""


def read_provenance(folder: Path) -> dict[str, Any]:
    """What provenance.json of a results folder holds. ResultsError if it is lost or damaged."""
    if not (folder / NAME).exists():
        raise ResultsError(f"{folder}: not a results folder: no {NAME}")
    found = read_sealed(folder / NAME)
    if lacking := [name for name in DECLARED if name not in found]:
        raise ResultsError(f"{folder / NAME}: was changed or damaged: no {lacking[0]}")
    return found


def write_provenance(folder: Path, provenance: Mapping[str, Any]) -> None:
    """Write and seal it."""
    write_sealed(folder / NAME, provenance)


@dataclass(frozen=True)
class Session:
    """One call of the command that runs a study."""

    command: str
    engine: str
    workers: int | None
    device: str


@dataclass(frozen=True)
class Data:
    """The images of a user's that a study learns from: how many, and a hash of their contents."""

    n: int
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.n:,} images (fingerprint {self.fingerprint[:12]})"


def declaration(
    study: Study,
    when: str,
    data: Data | None = None,
    source: Mapping[str, str] | None = None,
    generations: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What a study declares before its first result: hashes of what is trained and claimed.

    And the family's metrics, for results are read without the module of a user's family; what data
    it learns from, if they are a user's; source: the hashes of a user's own modules by their names;
    and which generations of the study there were already.
    """
    return {
        "study": study.study,
        "trained_hash": trained_hash(study),
        "claimed_hash": claimed_hash(study),
        "claims": claim_hashes(study),
        "tested": [claim.id for claim in study.claims if claim.has_p],
        "alpha": study.alpha,
        "declared": when,
        "seed": study.seed,
        "replicates": study.replicates,
        "metrics": {name: asdict(metric) for name, metric in measured(study).items()},
        **({} if data is None else {"data": asdict(data)}),
        **({"source": dict(source)} if source else {}),
        **({"generations": list(generations)} if generations else {}),
        FILES: {},
    }


def declared_data(provenance: Mapping[str, Any]) -> Data | None:
    """The data that were declared; None if they come with vistab, or nobody recorded them."""
    declared = provenance.get("data")
    return None if declared is None else Data(**declared)


def same_data(provenance: Mapping[str, Any], data: Data | None) -> bool:
    """Whether these data are those declared, as far as both are known."""
    declared = declared_data(provenance)
    return declared is None or data is None or declared == data


def same_source(provenance: Mapping[str, Any], source: Mapping[str, str] | None) -> bool:
    """Whether a user's own modules are those declared, as far as both are known."""
    declared = provenance.get("source")
    return declared is None or source is None or declared == dict(source)


def check_unchanged(study: Study, provenance: Mapping[str, Any], file: Path) -> None:
    """ResultsError if the stored study is not the one that its runs were trained for."""
    if trained_hash(study) != provenance["trained_hash"]:
        raise ResultsError(
            f"{file}: was changed after its runs were made: what it says is trained is not what "
            f"was trained (another hash than in provenance.json)"
        )


def first_declared(provenance: Mapping[str, Any]) -> Mapping[str, Any]:
    """The declaration that counts: that of the oldest generation whose runs this one shares.

    Replicates of one seed share their random numbers, so whoever saw results of that generation saw
    some of this one's. Where there is none with the same seed, it is this one's own declaration.
    """
    shared = (None, provenance.get("seed"))  # None: its declaration is lost, so nobody can tell
    earlier = provenance.get("generations", ())
    return next((one for one in earlier if one["seed"] in shared), provenance)


def post_hoc(study: Study, provenance: Mapping[str, Any]) -> frozenset[str]:
    """Ids of the claims that were not declared, as they stand, before the first result.

    Every claim is post hoc once `alpha`, or the number of replicates, is not the declared one.
    """
    first = first_declared(provenance)
    declared: Mapping[str, str] = first["claims"] if same_terms(study, first) else {}
    return frozenset(
        claim for claim, digest in claim_hashes(study).items() if declared.get(claim) != digest
    )


def dropped(study: Study, provenance: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of declared claims that the study no longer makes."""
    kept = {claim.id for claim in study.claims}
    return tuple(claim for claim in first_declared(provenance)["claims"] if claim not in kept)


def gone(study: Study, provenance: Mapping[str, Any]) -> frozenset[str]:
    """Ids of the declared claims with a p that are no longer made as they were declared.

    They keep their place among the declared claims: whoever drops or rewords one after results were
    seen makes none of the others easier to support.
    """
    first = first_declared(provenance)
    tested = frozenset(first.get("tested", first["claims"]))
    if not same_terms(study, first):
        return tested - {claim.id for claim in study.claims}
    return tested & (post_hoc(study, provenance) | frozenset(dropped(study, provenance)))


def same_terms(study: Study, first: Mapping[str, Any]) -> bool:
    """Whether a declaration names the study's error rate and number of replicates."""
    return bool(first["alpha"] == study.alpha and first["replicates"] == study.replicates)


def started(provenance: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """The provenance as a session starts: first start kept, every session's machine and packages.

    What the last one ran with also stands at the top.
    """
    start, ran = now(), {**environment(), **asdict(session)}
    return {
        **provenance,
        **ran,
        "start": provenance.get("start", start),
        "end": None,
        "sessions": [*provenance.get("sessions", ()), {**ran, "start": start}],
    }


def ended(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance as its last session ends."""
    end = now()
    *before, last = provenance["sessions"]
    return {**provenance, "end": end, "sessions": [*before, {**last, "end": end}]}


def environment() -> dict[str, Any]:
    """Versions, packages and machine."""
    return {
        "vistab": {"version": vistab.__version__, "commit": commit()},
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _installed(name))},
        "platform": platform.platform(),
        "cpu": cpu(),
        "cores": os.cpu_count(),
    }


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def commit() -> str | None:
    """Git commit of this package's checkout, `-dirty` if changed; None if it is not in one."""
    package = Path(vistab.__file__).parent
    if _git(package, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    return _git(package, "describe", "--always", "--dirty", "--abbrev=40")


def cpu() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor()


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip() or None
