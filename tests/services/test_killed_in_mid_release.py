"""`kill -9` of either service while a release is carried out: nothing of it shows afterwards.

The cluster's clock stands while the manifests are sent, so a run with kills and one without see the
same instants; then time is warped and the two have to agree in everything that is kept: steps,
objects, clock, the ledger's minutes, MonitoringData.
"""

import contextlib
import http.client
import json
import re
import threading
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .stack import Stack

pytestmark = pytest.mark.cluster

TENANT = "lasting"
CLUSTER = "kept"
START, BEGINS = "2026-01-05T00:00:00Z", "2026-01-05T00:10:00Z"
DEPLOY = f"/api/v1/simulator/deploy/{TENANT}"
NAMESPACE = f"/clusters/{CLUSTER}/{{}}/namespaces/{TENANT}-ecp-ai"
KINDS = {
    "configmaps": "api/v1",
    "services": "api/v1",
    "deployments": "apis/apps/v1",
    "horizontalpodautoscalers": "apis/autoscaling/v2",
    "networkpolicies": "apis/networking.k8s.io/v1",
    "pods": "api/v1",
}
INSTANTS = ("configmaps", "services", "deployments", "horizontalpodautoscalers")
"""A kill comes as soon as the first object of this kind is there."""
WITHIN_S = 300
"""A machine with much else to do is slow, not wrong."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    found = Stack(tmp_path, ECP_CLUSTER=CLUSTER)
    found.start()
    prepare(found)
    yield found
    found.stop()


def prepare(stack: Stack) -> None:
    """Make the cluster and the tenant; the clock stands at one and the same instant."""
    body = {"name": CLUSTER, "start": START, "seed": 7}
    assert stack.call("simulator", "POST", "/api/v1/clusters", body).status == 201
    clock(stack, action="pause")
    clock(stack, action="warp", to=BEGINS)
    while clock(stack, action="pause")["now"] != BEGINS.replace("Z", ".000000Z"):
        clock(stack, action="warp", to=BEGINS)
    stack.post("/api/v1/tenants/", {"tenant_id": TENANT})


def clock(stack: Stack, **action: Any) -> Any:
    path = f"/api/v1/clusters/{CLUSTER}/clock"
    return stack.call("simulator", "POST", path, action).body


def there(stack: Stack, kind: str) -> list[Any]:
    """Return the objects of a kind; none while the simulator is away."""
    path = f"{NAMESPACE.format(KINDS[kind])}/{kind}"
    with contextlib.suppress(OSError, http.client.HTTPException):
        answer = stack.call("simulator", "GET", path)
        if answer.status == 200:
            items: list[Any] = answer.body["items"]
            return items
    return []


def in_background(stack: Stack, **options: Any) -> threading.Thread:
    """Start the deploy; its caller may lose the connection."""

    def deploy() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException, urllib.error.URLError):
            stack.call("orchestrator", "POST", DEPLOY, options or None)

    caller = threading.Thread(target=deploy)
    caller.start()
    return caller


def ended(stack: Stack) -> dict[str, Any]:
    """Wait until every step is taken; return the release's status."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        status: dict[str, Any] = stack.get(f"/api/v1/simulator/status/{TENANT}")
        states = {step["state"] for step in status["steps"]}
        if states == {"done"} and status["phase"] != "applying":
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.1)


def outcome(stack: Stack) -> dict[str, Any]:
    """Let forty minutes pass; return everything that is kept of the release."""
    status = ended(stack)
    stack.warp("40m", CLUSTER)
    clock(stack, action="pause")
    now = clock(stack, action="pause")["now"]
    minutes = _minutes(stack)
    rows = _monitoring(stack, len(minutes))
    again = stack.get(f"/api/v1/simulator/status/{TENANT}")
    history = f"/api/v1/tenants/{TENANT}/releases"
    deadline = time.monotonic() + 60
    # What was judged of it just now is written down by who follows it.
    while not stack.get(history)["releases"][0]["started"]:
        assert time.monotonic() < deadline, "nobody has written down that it started"
        time.sleep(0.2)
    return {
        "clock": now,
        "revision": status["revision"],
        "steps": [(s["action"], s["kind"], s["name"], s["state"]) for s in status["steps"]],
        "started": again["started"],
        "confirmed": [(w["object"], w["seconds"]) for w in again["startup"]["workloads"]],
        "objects": {kind: [_said(obj) for obj in there(stack, kind)] for kind in KINDS},
        "minutes": minutes,
        "monitoring": rows,
        "history": [
            {name: row[name] for name in ("revision", "phase", "began", "started", "waves_mode")}
            for row in stack.get(history)["releases"]
        ],
        "said": said(stack),
    }


def said(stack: Stack) -> list[dict[str, Any]]:
    """Return what was said of the release; when its start-up was seen is the looker's matter.

    Its digest is of generated Secrets, too: each installation has its own.
    """
    found = stack.get(f"/api/v1/tenants/{TENANT}/releases/1")["messages"]
    return [
        {
            name: value
            for name, value in row.items()
            if name != "digest" and (name != "timestamp" or "wave" in row)
        }
        for row in found
    ]


def _said(obj: dict[str, Any]) -> dict[str, Any]:
    """Return an object without the numbers of changes: how often a thing was said is no matter."""
    meta = {
        k: v for k, v in obj["metadata"].items() if k not in ("resourceVersion", "managedFields")
    }
    return {**obj, "metadata": meta}


def _minutes(stack: Stack) -> list[Any]:
    """Return the ledger; requests are numbered, and a step that is taken again is another one."""
    base = f"/api/v1/clusters/{CLUSTER}/tenants/{TENANT}/minutes?limit=500"
    found: list[Any] = stack.call("simulator", "GET", base).body["minutes"]
    masked: list[Any] = json.loads(re.sub(r'"a\d+"', '"a"', json.dumps(found)))
    return masked


def _monitoring(stack: Stack, minutes: int) -> list[Any]:
    """Return MonitoringData once the collector has brought it up to date."""
    path = f"/api/v1/tenants/{TENANT}/monitoring?metric_type=resource&limit=1000"
    deadline = time.monotonic() + WITHIN_S
    while True:
        rows: list[Any] = stack.get(path)["monitoring_data"]
        cpu = [row for row in rows if row["metric_name"] == "cpu"]
        # The first minutes have no pods and with them no figures.
        if cpu and len(cpu) >= minutes - 10 and cpu[0]["timestamp"] >= _last(stack):
            break
        assert time.monotonic() < deadline, (len(cpu), minutes)
        time.sleep(0.2)
    every = stack.get(f"/api/v1/tenants/{TENANT}/monitoring?limit=1000")["monitoring_data"]
    return sorted(
        (row["timestamp"], row["metric_type"], row["metric_name"], row["metric_value"])
        for row in every
    )


def _last(stack: Stack) -> str:
    last: str = _minutes(stack)[-1]["minute"]
    return last


def _flat(value: Any, path: str = "") -> set[str]:
    """Return what a value says, a line a leaf."""
    if isinstance(value, dict):
        return {line for key, item in value.items() for line in _flat(item, f"{path}.{key}")}
    if isinstance(value, list | tuple):
        return {line for n, item in enumerate(value) for line in _flat(item, f"{path}[{n}]")}
    return {f"{path}={value!r}"}


def agree(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Compare two outcomes from the coarse to the fine: the first difference says most."""
    for name, value in wanted.items():
        if isinstance(value, list) and len(value) == len(found[name]):
            for one, other in zip(found[name], value, strict=True):
                assert _flat(one) == _flat(other), (name, sorted(_flat(one) ^ _flat(other)))
        assert found[name] == value, name


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What becomes of the same release when nobody is killed."""
    found = Stack(tmp_path_factory.mktemp("untouched"), ECP_CLUSTER=CLUSTER)
    found.start()
    prepare(found)
    in_background(found).join()
    result = outcome(found)
    found.stop()
    assert result["started"] is True
    assert len(result["minutes"]) > 30
    return result


def test_the_orchestrator_killed_at_every_stage(stack: Stack, untouched: dict[str, Any]) -> None:
    """One release, one kill after another: each start takes up what the last one left."""
    caller = in_background(stack)
    for kind in INSTANTS:
        while not there(stack, kind):
            time.sleep(0.002)
        stack.kill("orchestrator")
        caller.join()
        stack.start("orchestrator")
    agree(outcome(stack), untouched)


def test_the_simulator_killed_at_every_stage(stack: Stack, untouched: dict[str, Any]) -> None:
    caller = in_background(stack)
    for kind in INSTANTS:
        while not there(stack, kind):
            time.sleep(0.002)
        stack.kill("simulator")
        stack.start("simulator")
    caller.join()
    agree(outcome(stack), untouched)


def test_both_killed_at_once(stack: Stack, untouched: dict[str, Any]) -> None:
    caller = in_background(stack)
    while not there(stack, "services"):
        time.sleep(0.002)
    stack.kill("simulator")
    stack.kill("orchestrator")
    caller.join()
    stack.start("orchestrator", "simulator")
    agree(outcome(stack), untouched)


# -- in waves --------------------------------------------------------------------------------------

WAVES = {
    "foundation": ("configmaps", "ecp-config", ["orchestrator"]),
    "infrastructure": ("deployments", "postgresql", ["simulator", "orchestrator"]),
    "support": ("deployments", "stt", ["orchestrator", "simulator"]),
    "main": ("deployments", "advisor", ["simulator", "orchestrator"]),
    "edge": ("horizontalpodautoscalers", "stt-hpa", ["orchestrator"]),
}
"""Of each wave an object of its midst, and who is killed once that is there: eight kills."""


def in_waves(stack: Stack, *, kills: bool) -> dict[str, Any]:
    """Deploy in waves that wait, time standing while one is sent; return what is kept of it."""
    caller = in_background(stack, waves="wait")
    for wave, (kind, name, killed) in WAVES.items():
        for service in killed if kills else ():
            while not any(obj["metadata"]["name"] == name for obj in there(stack, kind)):
                time.sleep(0.002)
            stack.kill(service)
            stack.start(service)
        _sent(stack, wave)
        if wave in ("infrastructure", "support", "main"):
            stack.warp("5m", CLUSTER)
            clock(stack, action="pause")
    caller.join()
    return outcome(stack)


def _sent(stack: Stack, wave: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while True:
        with contextlib.suppress(AssertionError):  # not even begun
            if any(row.get("wave") == wave and row["kind"] == "wave-applied"
                   for row in said(stack)):  # fmt: skip
                return
        assert time.monotonic() < deadline, wave
        time.sleep(0.02)


def test_killed_in_the_midst_of_every_wave(tmp_path: Path) -> None:
    def run(name: str, *, kills: bool) -> dict[str, Any]:
        found = Stack(tmp_path / name, ECP_CLUSTER=CLUSTER)
        found.root.mkdir()
        found.start()
        prepare(found)
        try:
            return in_waves(found, kills=kills)
        finally:
            found.stop()

    with ThreadPoolExecutor(2) as both:
        killed = both.submit(run, "killed", kills=True)
        whole = both.submit(run, "whole", kills=False)
        wanted = whole.result()
        assert wanted["started"] is True
        assert [row["kind"] for row in wanted["said"]].count("wave-ready") == 3
        agree(killed.result(), wanted)


# -- the time of a stop ----------------------------------------------------------------------------


def _states(minutes: list[Any]) -> dict[str, int]:
    """Add up the tenant's slots by state."""
    sums: dict[str, int] = {}
    for minute in minutes:
        for state, slots in minute["tenant"]["slots"].items():
            sums[state] = sums.get(state, 0) + slots
    return sums


SPEED = 60
AWAY_S = 3.0
LAG_S = 1.4
"""What a paced clock may be behind on a busy machine: less than half of what is at stake."""


@pytest.mark.parametrize("on_restart", ["catch-up", "resume"])
def test_the_time_of_a_stop(stack: Stack, on_restart: str) -> None:
    """Killed for three seconds at a minute a second: lived through, or never there."""
    clock(stack, action="on_restart", on_restart=on_restart)
    in_background(stack).join()
    ended(stack)
    stack.warp("10m", CLUSTER)
    clock(stack, action="speed", factor=SPEED)
    asked = time.monotonic()
    before = stack.call("simulator", "GET", f"/api/v1/clusters/{CLUSTER}/clock").body
    assert before["on_restart"] == on_restart
    seen = time.monotonic()
    stack.kill("simulator")
    time.sleep(AWAY_S)
    started = time.monotonic()
    stack.start("simulator")
    looked = time.monotonic()
    after = stack.call("simulator", "GET", f"/api/v1/clusters/{CLUSTER}/clock").body
    while after["catching_up_to"] is not None:
        time.sleep(0.05)
        looked = time.monotonic()
        after = stack.call("simulator", "GET", f"/api/v1/clusters/{CLUSTER}/clock").body
    now = time.monotonic()
    gone = (after["now_ns"] - before["now_ns"]) / 1e9 / SPEED
    assert after["on_restart"] == on_restart
    if on_restart == "catch-up":
        # Both instants lie somewhere within the calls that asked for them.
        assert looked - seen - LAG_S <= gone <= now - asked + LAG_S
    else:
        # At most what was noted ahead, and the start itself, which the clock may have used.
        assert 0 <= gone <= 1.1 + (now - started) + (seen - asked)
        assert gone < now - asked - AWAY_S / 2
    clock(stack, action="pause")
    minutes = _minutes(stack)
    stamps = [minute["minute"] for minute in minutes]
    sequences = [minute["sequence"] for minute in minutes]
    assert sequences == list(range(1, len(minutes) + 1))
    assert stamps == sorted(set(stamps))
    states = _states(minutes[1:])  # the first minute begins before the tenant was followed
    assert states.get("unknown", 0) == states.get("N", 0) == 0, states
    assert sum(states.values()) == 12 * (len(minutes) - 1)
