"""How results came about: what was declared before the first result, with what, where and when."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import vistab
from vistab.errors import ResultsError
from vistab.spec.identity import claim_hashes, claimed_hash, trained_hash
from vistab.spec.metrics import measured
from vistab.spec.study import Study

PACKAGES = ("numpy", "optuna", "pandas", "pyarrow", "pydantic", "ray", "scipy", "torch")


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


def declaration(study: Study, when: str, data: Data | None = None) -> dict[str, Any]:
    """What a study declares before its first result: hashes of what is trained and claimed.

    And the family's metrics, for results are read without the module of a user's family; and what
    data it learns from, if they are a user's.
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
    }


def declared_data(provenance: Mapping[str, Any]) -> Data | None:
    """The data that were declared; None if they come with vistab, or nobody recorded them."""
    declared = provenance.get("data")
    return None if declared is None else Data(**declared)


def same_data(provenance: Mapping[str, Any], data: Data | None) -> bool:
    """Whether these data are those declared, as far as both are known."""
    declared = declared_data(provenance)
    return declared is None or data is None or declared == data


def check_unchanged(study: Study, provenance: Mapping[str, Any], file: Path) -> None:
    """ResultsError if the stored study is not the one that its runs were trained for."""
    if trained_hash(study) != provenance["trained_hash"]:
        raise ResultsError(
            f"{file}: was changed after its runs were made: what it says is trained is not what "
            f"was trained (another hash than in provenance.json)"
        )


def post_hoc(study: Study, provenance: Mapping[str, Any]) -> frozenset[str]:
    """Ids of the claims that were not declared, as they stand, before the first result.

    Every claim is post hoc once `alpha` is not the declared one.
    """
    declared: Mapping[str, str] = provenance["claims"] if _same_alpha(study, provenance) else {}
    return frozenset(
        claim for claim, digest in claim_hashes(study).items() if declared.get(claim) != digest
    )


def dropped(study: Study, provenance: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of declared claims that the study no longer makes."""
    kept = {claim.id for claim in study.claims}
    return tuple(claim for claim in provenance["claims"] if claim not in kept)


def gone(study: Study, provenance: Mapping[str, Any]) -> frozenset[str]:
    """Ids of the declared claims with a p that are no longer made as they were declared.

    They keep their place among the declared claims: whoever drops or rewords one after results were
    seen makes none of the others easier to support.
    """
    tested = provenance.get("tested", provenance["claims"])
    if not _same_alpha(study, provenance):
        return frozenset(tested) - {claim.id for claim in study.claims}
    return frozenset(tested) & (post_hoc(study, provenance) | frozenset(dropped(study, provenance)))


def _same_alpha(study: Study, provenance: Mapping[str, Any]) -> bool:
    return bool(provenance["alpha"] == study.alpha)


def started(provenance: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """The provenance as a session starts: its command, machine and packages; first start kept."""
    start = now()
    return {
        **provenance,
        **environment(),
        **asdict(session),
        "start": provenance.get("start", start),
        "end": None,
        "sessions": [*provenance.get("sessions", ()), {**asdict(session), "start": start}],
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
