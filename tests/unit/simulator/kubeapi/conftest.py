"""The recorded exchanges share their player with `make conformance`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
