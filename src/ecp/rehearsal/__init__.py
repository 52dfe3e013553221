"""Rehearsal: manifests through validation, deployment, start-up, a day of probes, to a verdict.

`rehearse(sources)` is the door; `Rehearsal` is what it returns: an exit code, text, JSON.
"""

from ecp.rehearsal.rehearse import Rehearsal, rehearse
from ecp.rehearsal.run import Run

__all__ = ["Rehearsal", "Run", "rehearse"]
