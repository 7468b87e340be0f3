import re
from dataclasses import asdict
from pathlib import Path

from vistab.collapse.signals import SIGNALS
from vistab.collapse.thresholds import Thresholds

PAGE = (Path(__file__).parents[2] / "docs" / "detector.md").read_text()


def test_code_on_the_detectors_page_runs() -> None:
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(block, {})


def test_every_threshold_stands_on_the_page_with_its_value() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", PAGE, flags=re.MULTILINE))
    assert {name: float(value) for name, value in rows.items()} == asdict(Thresholds())


def test_every_signal_stands_on_the_page() -> None:
    assert all(f"| `{name}` |" in PAGE for name in (*SIGNALS, "mode_shares"))
