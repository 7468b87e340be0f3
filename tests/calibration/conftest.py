"""The lab is a package beside the tests; `make calibrate` reads it too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
