"""A start-up that was confirmed keeps its time."""

from typing import Any

import pytest

from ecp.orchestrator.workflows import _keep_confirmed


def startup(started: bool, seconds: float | None) -> dict[str, Any]:
    item = {"object": "deployment/stt", "seconds": seconds}
    return {
        "started": started,
        "confirmed_at": None if seconds is None else f"at {seconds}",
        "seconds": seconds,
        "workloads": [item],
        "services": [],
    }


@pytest.mark.parametrize(
    ("confirmed", "now", "seconds"),
    [
        pytest.param(startup(True, 160.2), startup(True, 4830.2), 160.2, id="a pod replaced later"),
        pytest.param({}, startup(True, 160.2), 160.2, id="confirmed just now"),
        pytest.param(startup(True, 160.2), startup(False, None), None, id="not up any more"),
        pytest.param(startup(False, None), startup(True, 90.0), 90.0, id="stalled before, up now"),
    ],
)
def test_what_was_confirmed_stays(
    confirmed: dict[str, Any], now: dict[str, Any], seconds: float | None
) -> None:
    _keep_confirmed(now, confirmed)
    assert (now["seconds"], now["workloads"][0]["seconds"]) == (seconds, seconds)
