"""The Monitor's page: its example is a real GAN that collapses, and its callbacks can be called."""

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vistab.collapse import Monitor
from vistab.spec.targets import RingTarget
from vistab.targets import make_target
from vistab.targets.base import KnownModes

PAGE = (Path(__file__).parents[2] / "docs" / "monitor.md").read_text()
RUN, SHORT = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
LIGHTNING, KERAS = re.findall(r"```py\n(.*?)```", PAGE, flags=re.DOTALL)
RING = make_target(RingTarget(kind="ring")).modes


@pytest.mark.slow
def test_a_real_loop_that_collapses_is_stopped_within_two_snapshots(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import torch

    found: dict[str, Any] = {}
    with torch.random.fork_rng():  # the example seeds torch for its reader
        exec(RUN, found)
    monitor: Monitor = found["monitor"]
    assert monitor.stop
    assert monitor.detection is not None
    onset = monitor.detection.onset_round
    assert onset is not None
    assert 1500 <= onset <= found["step"] <= onset + 200
    held = monitor.detection.signals["modes"]
    assert held[13] == 8  # at step 1400 all is well
    assert held[-3:].max() <= 4
    assert f"stop: collapsed at step {onset}" in capsys.readouterr().out


def test_the_short_example_runs() -> None:
    exec(SHORT, {})


def collapsing(t: int) -> np.ndarray:
    held = 8 if t < 6 else 2
    modes = KnownModes(RING.centres[:held], np.ones(held), RING.std)
    return modes.draw(500, np.random.default_rng(t))


def callback(monkeypatch: pytest.MonkeyPatch, page: str, **stand_ins: ModuleType) -> Any:
    """The callback of a page, with something in place of a library that is not there."""
    for name, module in stand_ins.items():
        monkeypatch.setitem(sys.modules, name, module)
    found: dict[str, Any] = {}
    exec(page, found)
    return found["StopAtCollapse"](collapsing(0))


def test_the_lightning_callback_stops_its_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    library = ModuleType("lightning")
    library.Callback = object  # type: ignore[attr-defined]
    watched = callback(monkeypatch, LIGHTNING, lightning=library)
    trainer = SimpleNamespace(global_step=0, should_stop=False)
    stopped = []
    for t in range(9):
        module = SimpleNamespace(sample=lambda n, t=t: torch.from_numpy(collapsing(t)))
        for trainer.global_step in (500 * t, 500 * t + 1):
            watched.on_train_batch_end(trainer, module, None, None, 0)
        stopped.append(trainer.should_stop)
    assert stopped.index(True) == 8


def test_the_keras_callback_stops_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    library, callbacks = ModuleType("keras"), ModuleType("keras.callbacks")
    callbacks.Callback = type("Callback", (), {})  # type: ignore[attr-defined]
    library.callbacks = callbacks  # type: ignore[attr-defined]
    watched = callback(monkeypatch, KERAS, keras=library)
    watched.model = SimpleNamespace(stop_training=False)
    stopped = []
    for t in range(9):
        watched.model.sample = lambda n, t=t: collapsing(t)
        watched.on_epoch_end(t)
        stopped.append(watched.model.stop_training)
    assert stopped.index(True) == 8
