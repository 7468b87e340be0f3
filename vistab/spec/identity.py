"""Which studies are the same: hashes of what is trained and of what is claimed."""

from __future__ import annotations

import hashlib
from typing import Any

from vistab.spec.base import identity_of
from vistab.spec.load import study_document
from vistab.spec.settings import canonical
from vistab.spec.study import Study

TRAINED = (
    "target",
    "family",
    "optimizer",
    "budget",
    "evidence",
    "replicates",
    "seed",
    "axes",
    "zip",
    "arms",
    "exclude",
    "search",
    "confirm",
)
"""The parts of a study file that decide what is trained."""


def trained_part(study: Study) -> dict[str, Any]:
    """What decides which runs there are and how they are trained, as plain data."""
    document = study_document(study)
    without = {"target": identity_of(study.target)}
    if study.evidence is not None:
        without["evidence"] = identity_of(study.evidence)
    return {key: (document | without)[key] for key in TRAINED if key in document}


def claimed_part(study: Study) -> dict[str, Any]:
    """What decides the verdicts, given the runs, as plain data; `assume` only informs `plan`."""
    document = study_document(study)
    for claim in document["claims"]:
        claim.pop("assume", None)
    return {key: document[key] for key in ("alpha", "claims")}


def trained_hash(study: Study) -> str:
    """SHA-256 (hex) of what is trained; title, claims and resources leave it alone."""
    return _hash(trained_part(study))


def claimed_hash(study: Study) -> str:
    """SHA-256 (hex) of alpha and all claims."""
    return _hash(claimed_part(study))


def claim_hashes(study: Study) -> dict[str, str]:
    """SHA-256 (hex) of each claim with alpha, by the claim's id: tells which claims changed."""
    alpha, claims = claimed_part(study).values()
    return {claim["id"]: _hash({"alpha": alpha, "claim": claim}) for claim in claims}


def _hash(part: Any) -> str:
    return hashlib.sha256(canonical(part).encode()).hexdigest()
