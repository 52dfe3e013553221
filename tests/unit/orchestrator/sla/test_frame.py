"""A frame of the realtime stream: the guide's fields; of several slots their means and worst."""

from typing import Any

import pytest

from ecp.orchestrator.streams.model import frame

NOW = {"cpu": 10.0, "memory": 20.0, "network_rps": 1.5, "response_time": 90, "error_rate": 0.0}
MEANS = {**NOW, "error_rate": 12.5}
RECENT = {
    "from": "2026-01-05T00:00:00Z",
    "to": "2026-01-05T00:00:50Z",
    "slots": {"count": 10, "up": 9, "down": 1},
    "metrics": MEANS,
    "worst": {"slot": "2026-01-05T00:00:20Z", "state": "down", "metrics": NOW},
}


@pytest.mark.parametrize(
    ("recent", "metrics"),
    [(RECENT, MEANS), (None, NOW)],
    ids=["several slots closed since: their means", "none closed since: what holds now"],
)
def test_metrics_of_a_frame(recent: Any, metrics: Any) -> None:
    shown = frame("acme", {"metrics": NOW, "recent": recent}, 3)
    assert (shown["metrics"], shown["recent"], shown["sequence"]) == (metrics, recent, 3)
