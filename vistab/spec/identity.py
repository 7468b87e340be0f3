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


UNCLAIMED = ("assume", "note")
"""Keys of a claim that no verdict reads: they inform `plan`, or the reader."""

DECLARED_AS = {"ranked": "all", "all": "all_by_mean", "healthy": "healthy"}
"""What `given` of a score is called in hashes: `all` was once the name of what is now `ranked`.

So a claim is declared by what it means: one written when `all` ranked runs is the same claim as
`ranked` today, and whoever reads it as today's `all` reads another one, which is post hoc.
"""


def claimed_part(study: Study) -> dict[str, Any]:
    """What decides the verdicts, given the runs, as plain data."""
    document = study_document(study)
    claims = [_declared(claim) for claim in document["claims"]]
    return {"alpha": document["alpha"], "claims": claims}


def _declared(claim: dict[str, Any]) -> dict[str, Any]:
    """What is declared of a claim; a key that came later counts only where it says something."""
    kept = {key: value for key, value in claim.items() if key not in UNCLAIMED}
    if not kept["strict"]:
        del kept["strict"]
    return kept | ({"given": DECLARED_AS[kept["given"]]} if "given" in kept else {})


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
