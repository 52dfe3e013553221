"""The words of an API in the reader's language: phases, states, figures of tables."""

from collections.abc import Mapping
from typing import Any

from ecp.cli.options import said

_PHASES = (
    "created", "rehearsing", "blocked", "applying", "progressing", "ready", "stalled", "failed",
    "superseded",
)  # fmt: skip
_LEVELS = ("meeting", "at_risk", "breached", "insufficient_data", "no_data")
_UNJUDGED = ("insufficient_data", "no_data")
_STATES = ("up", "down", "unknown", "maintenance", "off_duty")


def phase(name: str) -> str:
    """Return how a release stands, in a word."""
    return said(f"phase.{name}") if name in _PHASES else name


def life(name: str) -> str:
    """Return where a tenant is in its life, in a word."""
    return said(f"life.{name}")


def level(name: str | None) -> str:
    """Return how a service level stands, in a word; `-` where nothing is known."""
    return said(f"page.status.{name}") if name in _LEVELS else name or "-"


def state(name: str | None) -> str:
    """Return what a slot or a workload is, in a word."""
    return said(f"page.state.{name}") if name in _STATES else name or "-"


def figure(value: Any, unit: str = "") -> str:
    """Return a figure with at most six digits; `-` for one that is not known."""
    if value is None:
        return "-"
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{shown} {unit}" if unit else shown


def sla(found: Mapping[str, Any] | None) -> str:
    """Return a service level as tables show it: percent, how it stands, what is left."""
    if not found or found.get("current_sla") is None:
        return "-" if not found else level(found.get("status"))
    if found["status"] in _UNJUDGED:
        # A minute without a fault is no 100 %.
        return level(found["status"])
    shown = f"{found['current_sla']:.3f} % {level(found['status'])}"
    left = budget(found)
    return f"{shown}, {left}" if left else shown


def budget(report: Mapping[str, Any]) -> str:
    """Return what is left of an error budget, in minutes; "" where nothing can be said of it."""
    from ecp.slo.budget import beside  # most calls say nothing of it, and pay for none of it

    found = beside(report)
    if found is None:
        return ""
    left, allowed = (
        said("slo.minutes", minutes=f"{abs(found[name]) / 60:.2f}")
        for name in ("remaining_seconds", "allowed_seconds")
    )
    key = "slo.overspent" if found["remaining_seconds"] < 0 else "slo.left"
    return said(key, left=left, allowed=allowed)


def instant(at: str | None) -> str:
    """Return an instant to the second, in UTC; `-` for none."""
    return f"{at[:19]}Z" if at else "-"
