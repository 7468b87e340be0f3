import subprocess
import sys

LOADED = "import sys; from vistab.collapse import Monitor; print(*sys.modules)"
HEAVY = {"torch", "ray", "pandas", "pyarrow", "pydantic", "yaml", "sklearn", "PIL", "jinja2"}


def test_the_detector_loads_numpy_and_scipy_alone() -> None:
    """So that it can be put into anybody's training loop."""
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert "scipy" in run.stdout.split()
    assert not HEAVY & set(run.stdout.split())
