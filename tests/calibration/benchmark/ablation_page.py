"""The section of the page on what each part of the detector adds."""

from __future__ import annotations

from collections.abc import Iterable

from lab.page import table

from benchmark.ablation import FULL, PARTS, Ablation, ImageRun
from benchmark.conditions import NAMES
from benchmark.image_gans import classifier
from benchmark.scores import number, score

HEADS = ("F1", "false alarms", "AUROC", "onset error, median", "90th percentile")
GOOD_GANS = "flagged of good GANs"


def added(varied: Ablation) -> str:
    """What is lost without each part, and what others' measures would add."""
    return "\n\n".join([_parts(varied), _conditions(varied), _images(varied.images)]) + "\n"


def _parts(varied: Ablation) -> str:
    n = len(varied.variants[FULL])
    return f"""## What each part adds

On {n:,} tuning cases, those of data alone and at most 500 samples a snapshot, the detector is run
again with one part taken away at a time. A part earns its place where its row is worse than the
first; a row like the first means that these cases do not show what the part is for.

{table(("without", *HEADS), [_row(varied, name) for name in PARTS])}"""


def _conditions(varied: Ablation) -> str:
    shares = good_gans(varied.images)
    rows = [(*_row(varied, name), number(shares[name])) for name in (FULL, *NAMES)]
    return f"""## What others' measures would add

Each row makes one of them a further condition of a healthy snapshot, on the same cases: precision
and recall ([2019](https://arxiv.org/abs/1904.06991)), density and coverage
([2020](https://arxiv.org/abs/2002.09797)) with k = 5, coverage with the k at which a perfect
sampler of n samples covers 97 %, bins that differ ([2018](https://arxiv.org/abs/1805.12462)), the
Vendi score of order 2 ([2024](https://arxiv.org/abs/2310.12952)) with the data's median distance
as bandwidth, and the share of samples that have another one as close as 1 % of the data do
([2017](https://arxiv.org/abs/1706.08224)). They compare with one half of the reference data; of
draws from the other half 99 % pass. The last column is the share that each flags of the snapshots
of the next section which are healthy by their classes.

{table(("also asked for", *HEADS, GOOD_GANS), rows)}

A perfect sampler passes each of these, but a usable generator is not perfect: it is a little
narrow, blurred, uneven or noisy. Where a row has more false alarms than the first, the measure asks
for more than health, so it is no condition of it."""


def _images(runs: list[ImageRun]) -> str:
    heads = ("run", "healthy snapshots", "all classes held", "the detector says", "flagged")
    return f"""## Real runs on images

Three small GANs on the digits, trained on the half that the reference data lack. A support vector
machine that knows the labels (right on {classifier()[1]:.1%} of digits that it has not seen) counts
classes in 2,000 samples a snapshot: healthy is where each has at least half its fair share. The
detector sees 500 samples, without labels. Flagged: how many of the healthy snapshots, each taken
alone, the detector would not call healthy.

{table(heads, map(_image_row, runs))}"""


def good_gans(runs: Iterable[ImageRun]) -> dict[str, float]:
    """Share of the healthy snapshots that are flagged, by each condition, over all runs."""
    healthy = sum(run.healthy for run in runs)
    return {name: sum(run.false[name] for run in runs) / healthy for name in (FULL, *NAMES)}


def _row(varied: Ablation, name: str) -> tuple[str, ...]:
    found = score(varied.variants[name])
    numbers = (found.macro_f1, found.false_alarms, found.auroc, found.onset_median, found.onset_p90)
    return (name, *map(number, numbers))


def _image_row(run: ImageRun) -> tuple[object, ...]:
    onset, since = run.ruling.onset_round, run.since
    said = (run.ruling.outcome or "undecided").replace("_", " ")
    return (
        run.name,
        f"{run.healthy} of {run.snapshots}",
        "not at the end" if since is None else f"from snapshot {since + 1} on",
        said if onset is None else f"{said} from snapshot {onset + 1} on",
        f"{run.false[FULL]} of {run.healthy}",
    )
