"""The numbers that the rules depend on."""

from __future__ import annotations

from dataclasses import dataclass

from vistab.collapse.latent import ACTIVE_KL
from vistab.collapse.signals import HELD_SHARE


@dataclass(frozen=True)
class Thresholds:
    """Every number that the rules depend on, each with its reason."""

    lasting: int = 3
    """Snapshots that a state must last. Shorter spells are smoothed away (median of 2 x 3 - 1)."""

    held_share: float = HELD_SHARE
    """Part of its fair share that a held mode has. At an imbalance of 2:1 the rarest mode has over
    half, and sampling error at 100 samples leaves it above a quarter. The stored signal `modes`
    counts with the same number, whatever is set here."""

    held_modes: float = 0.85
    """Part of the modes that a healthy snapshot holds, typically. All must be held over time; this
    leaves a perfect sampler of 25 modes room for what 100 samples miss by chance."""

    coverage: float = 0.5
    """Least balanced coverage of a healthy run: most samples in the right place. 2:1 costs 0.17 at
    most, 100 samples of 25 modes 0.2, and strays what they are."""

    spread: float = 0.3
    """Least variety within modes of a healthy run. Networks that fit well often have 0.5 to 0.8;
    points and lines have close to 0."""

    on_data: float = 0.25
    """Least share of high-quality samples (of a perfect sampler's) for a run to be on the data.
    Aimless samples around a ring or grid have under 0.15."""

    touching: float = 0.02
    """The same for a concentrated blob that passes over a mode, if most of what is of high quality
    is in one mode."""

    touching_samples: int = 10
    """The least number of samples that can show where such a blob is."""

    reached: int = 2
    """Snapshots on the data from which on a run has reached it: one may be a passing blob."""

    moved: float = 0.5
    """Part of the samples' modes that must be given up for a run to have moved on."""

    moves: int = 2
    """Moves that make wandering; a single one is a change of mind."""

    gathered: float = 0.6
    """Part of the late snapshots at which most samples of a hopping blob are near one mode. In
    between it is stretched from one to the next: 0.75 misses a fifth of the real ones."""

    settled: float = 2.0
    """A last stay this many times longer than any before is the end of the wandering."""

    rotating: float = 0.5
    """Mean share (of the fair one) of modes that come and go."""

    off_scale: float = 1.5
    """Scale at which samples begin to leave; on the data it is 1 within a few percent."""

    far: float = 4.0
    """Scale beyond which steady growth counts as divergence."""

    runaway: float = 100.0
    """Scale beyond which growth need not be steady."""

    growth: float = 1.2
    """Last third over middle third of a growing scale; a line through 0 has 1.67, a plateau 1."""

    active_kl: float = ACTIVE_KL
    """Nats that an active latent dimension carries, at least. The stored `active_latents` counts
    with the same number, whatever is set here."""

    singular: float = 2.0
    """Least variance of a sound component, in covariance floors; 1 is the floor alone. Components
    on a point or a line have up to 1.1, and few lie between that and 3."""

    dead_share: float = 0.1
    """Part of its fair share, 1 over the number of components, that a live component has. There is
    no gap to put it in: weights thin out evenly, down to that of one sample."""
