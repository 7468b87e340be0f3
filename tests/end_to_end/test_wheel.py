"""What is installed is what was tested: the built wheel, away from the checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = "import sys; from vistab.cli import main; sys.exit(main(sys.argv[1:]))"


def run(*words: str, cwd: Path, **environment: str) -> str:
    """The standard output of a command that must succeed."""
    done = subprocess.run(
        words, cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_reports_outside_the_checkout(tmp_path):
    """Templates and all: the kept results are judged and rendered by the unpacked wheel alone."""
    pip = (sys.executable, "-m", "pip", "--quiet")
    run(*pip, "wheel", str(ROOT), "--no-deps", "--wheel-dir", str(tmp_path), cwd=tmp_path)
    (wheel,) = tmp_path.glob("vistab-*.whl")
    site = tmp_path / "site"
    run(*pip, "install", "--no-deps", "--target", str(site), str(wheel), cwd=tmp_path)
    where = run(
        sys.executable,
        "-c",
        "import vistab; print(vistab.__file__)",
        cwd=tmp_path,
        PYTHONPATH=str(site),
    )
    assert Path(where.strip()).is_relative_to(site)
    results = shutil.copytree(ROOT / "reports/shipped/gan_stability", tmp_path / "results")
    (results / "report.html").unlink()
    said = run(
        sys.executable, "-c", RUN, "report", str(results), cwd=tmp_path, PYTHONPATH=str(site)
    )
    assert "C1.rate" in said
    assert (results / "report.html").stat().st_size > 500_000
