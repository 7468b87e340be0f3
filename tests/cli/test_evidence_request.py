"""What the Inception network needs is asked for before anything is trained."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vistab.cli import main

STUDY = """\
study: images
target: {kind: digits}
family: {kind: gan}
budget: {rounds: 2}
replicates: 1
evidence: {features: inception, weights: inception.pth}
"""


@pytest.fixture
def torch_fidelity(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stand-in that takes any weights and keeps their paths."""
    module: Any = ModuleType("torch_fidelity")
    module.asked = []

    def extractor(*_: Any, feature_extractor_weights_path: str | None, **__: Any) -> None:
        module.asked.append(feature_extractor_weights_path)

    module.FeatureExtractorInceptionV3 = extractor
    monkeypatch.setitem(sys.modules, "torch_fidelity", module)
    return module


def test_without_the_package_the_study_is_refused(
    write: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    path = write(STUDY)
    for verb in (["check"], ["study", "--out", str(path.parent / "out")]):
        assert main([verb[0], str(path), *verb[1:]]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"{path}:6: evidence: features: inception needs torch-fidelity")
        assert "pip install 'vistab[inception]'" in said
        assert "Traceback" not in said
    assert not (path.parent / "out").exists()


@pytest.mark.usefixtures("torch_fidelity")
def test_weights_that_are_not_there_are_named(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(STUDY)
    assert main(["check", str(path)]) == 2
    missing = path.parent / "inception.pth"
    assert f"{path}:6: evidence: weights must be a file, {missing} got" in capsys.readouterr().err


def test_weights_are_looked_for_beside_the_study(
    write: Callable[[str], Path], torch_fidelity: Any, tmp_path: Path
) -> None:
    path = write(STUDY)
    (tmp_path / "inception.pth").touch()
    assert main(["check", str(path)]) == 0
    assert torch_fidelity.asked == [str(tmp_path / "inception.pth")]


def test_other_features_need_no_package(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    assert main(["check", str(write(STUDY)), "--set", "evidence={features: pixels}"]) == 0
