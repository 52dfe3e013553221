"""Validation of what callers send, before it is stored: the validation room's rules, as 4xx."""

from ecp.kube.kinds import Kind
from ecp.sim.requests import Request
from ecp.sim.store import Obj


def judge(kind: Kind, new: Obj, old: Obj | None, request: Request) -> list[str]:
    """Return warnings for the caller. Raises KubeError when the server would refuse *new*."""
    return []
