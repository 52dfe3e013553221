"""The page about fidelity is held against the server that the recorded exchanges are played to."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
