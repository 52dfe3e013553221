"""A start-up that was confirmed keeps its time."""

from typing import Any

import pytest

from ecp.orchestrator.releases.judging import keep_confirmed, say_taken

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


@pytest.mark.parametrize(
    ("others", "started", "problems"),
    [
        pytest.param([], False, 1, id="all that there was"),
        pytest.param(
            [{"object": "deployment/tts", "seconds": 9.0, "desired": 1}], True, 0, id="one of two"
        ),
    ],
)
def test_what_somebody_deleted_is_not_started(
    others: list[dict[str, Any]], started: bool, problems: int
) -> None:
    row = {"object": "deployment/stt", "seconds": None, "desired": 0}
    now = {
        **startup(False, None),
        "workloads": [row, *others],
        "problems": [{"object": "deployment/stt", "cause": "gone"}],
    }
    keep_confirmed(now, startup(True, 160.2))
    objects = [
        {"kind": "Deployment", "metadata": {"name": "stt"}, "spec": {"replicas": 3}},
        {"kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {}},
    ]
    say_taken(now, objects)
    assert (now["workloads"][0]["desired"], now["up"]) == (3, False)
    assert (now["started"], bool(now.get("gone"))) == (started, not started)
    assert (len(now["problems"]), len(now["degraded"])) == (problems, 1 - problems)
