"""Failure types as the guide names them, and what the simulator calls them. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

GUIDE: Final = ("cpu_spike", "memory_leak", "network_latency", "partial_outage", "service_down")
"""Source: requirement C16; `cpu_spike` is the one that the guide itself triggers."""


def known(catalogue: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the failure types that can be triggered: the guide's first, then the others."""
    names = [str(row["name"]) for row in catalogue]
    return [name for name in GUIDE if name in names] + sorted(set(names) - set(GUIDE))


def chosen(failure_type: str, types: Iterable[str]) -> str | None:
    """Return the type that is meant, None for an unknown one; "-" and case do not matter."""
    wanted = failure_type.strip().lower().replace("-", "_")
    return next((name for name in types if name.replace("-", "_") == wanted), None)
