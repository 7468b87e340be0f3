"""How a run can end; docs/detector.md has the rules."""

from __future__ import annotations

from typing import Final, Literal

Outcome = Literal[
    "healthy",
    "mode_collapse",
    "stalled",
    "oscillating",
    "diverged",
    "posterior_collapse",
    "singular_components",
    "dead_components",
]

SEEN_IN_SAMPLES: Final[frozenset[Outcome]] = frozenset(
    {"healthy", "mode_collapse", "stalled", "oscillating", "diverged"}
)
"""What any family may end in; the others are found inside the models of some families."""
