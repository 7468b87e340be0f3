"""The oracle and the studies that it is asked about are modules beside the test."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
