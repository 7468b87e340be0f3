import re
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import numpy as np

from vistab.collapse.latent import measure_latent
from vistab.collapse.signals import SIGNALS
from vistab.collapse.thresholds import Thresholds
from vistab.spec.outcomes import Outcome
from vistab.targets import Target

PAGE = (Path(__file__).parents[2] / "docs" / "detector.md").read_text()


def test_code_on_the_detectors_page_runs() -> None:
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(block, {})


def test_every_threshold_stands_on_the_page_with_its_value() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", PAGE, flags=re.MULTILINE))
    assert {name: float(value) for name, value in rows.items()} == asdict(Thresholds())


def test_every_signal_stands_on_the_page() -> None:
    assert all(f"| `{name}` |" in PAGE for name in (*SIGNALS, "mode_shares"))


def test_everything_measured_of_latents_stands_on_the_page(ring: Target) -> None:
    x = np.zeros((1, 4, 2))
    pictures = dict.fromkeys(("codes", "reconstructions", "cycled"), x)
    names = measure_latent({"latent_kl": x[:, 0]}, pictures, x, x, ring.modes.rms)
    assert all(f"| `{name}` |" in PAGE for name in names)


def test_every_outcome_has_its_rule_on_the_page() -> None:
    rules = re.findall(r"^\d\. \*\*(\w+)\*\*", PAGE, flags=re.MULTILINE)
    assert sorted(rules) == sorted(get_args(Outcome))
