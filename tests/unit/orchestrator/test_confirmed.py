"""A start-up that was confirmed keeps its time."""

from typing import Any

import pytest

from ecp.orchestrator.releases.judging import keep_confirmed

CRASH = {"object": "deployment/stt", "cause": "crash"}


def startup(started: bool, seconds: float | None) -> dict[str, Any]:
    item = {"object": "deployment/stt", "seconds": seconds}
    return {
        "started": started,
        "confirmed_at": None if seconds is None else f"at {seconds}",
        "seconds": seconds,
        "workloads": [item],
        "services": [],
        "problems": [] if started else [CRASH],
    }


@pytest.mark.parametrize(
    ("confirmed", "now", "seconds", "up"),
    [
        pytest.param(
            startup(True, 160.2), startup(True, 4830.2), 160.2, True, id="a pod replaced later"
        ),
        pytest.param({}, startup(True, 160.2), 160.2, True, id="confirmed just now"),
        pytest.param(startup(True, 160.2), startup(False, None), 160.2, False, id="not up now"),
        pytest.param(
            startup(False, None), startup(True, 90.0), 90.0, True, id="stalled before, up now"
        ),
    ],
)
def test_what_was_confirmed_stays(
    confirmed: dict[str, Any], now: dict[str, Any], seconds: float | None, up: bool
) -> None:
    keep_confirmed(now, confirmed)
    assert (now["seconds"], now["workloads"][0]["seconds"]) == (seconds, seconds)
    assert (now["started"], now["confirmed_at"]) == (True, f"at {seconds}")
    assert (now["problems"], now["up"], now["degraded"]) == ([], up, [] if up else [CRASH])


@pytest.mark.parametrize("confirmed", [{}, startup(False, None)], ids=["new", "stalled"])
def test_what_never_was_confirmed_has_its_problems(confirmed: dict[str, Any]) -> None:
    now = startup(False, None)
    keep_confirmed(now, confirmed)
    assert (now["started"], now["up"], now["seconds"]) == (False, False, None)
    assert (now["problems"], now["degraded"]) == ([CRASH], [])
