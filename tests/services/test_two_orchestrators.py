"""Two orchestrators on one PostgreSQL and one Redis: what one begins the other goes on with.

One walk, because what costs is the services.
"""

import importlib.util
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from websockets.sync.client import ClientConnection, connect

from .stack import Stack
from .test_alerts import Hook
from .test_feeds import awaited, free_port, redis

_STORES = Path(__file__).parents[1] / "unit" / "orchestrator" / "stores.py"
_SPEC = importlib.util.spec_from_file_location("stores", _STORES)
assert _SPEC is not None
assert _SPEC.loader is not None
stores = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(stores)

TENANT = "acme"
DEPLOY = f"/api/v1/simulator/deploy/{TENANT}"
CLOCK = "/api/v1/clusters/default/clock"
STATUS = f"/api/v1/simulator/status/{TENANT}"

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(stores.missing() is not None, reason=stores.missing() or ""),
]


@contextmanager
def both(folder: Path, port: int) -> Iterator[tuple[Stack, Stack]]:
    """Start a simulator with one orchestrator, and another of the same installation."""
    shared = {
        "K8S_SIMULATOR_REDIS_URL": f"redis://127.0.0.1:{port}",
        "ECP_DATABASE_URL": stores.postgresql(),
        "ECP_DEMO_DATABASE_URL": stores.postgresql(),
    }
    one = Stack(folder, **shared)
    other = Stack(folder, **shared)
    other.settings["ECP_SIMULATOR_URL"] = f"http://127.0.0.1:{one.ports['simulator']}"
    try:
        one.start()
        other.start("orchestrator")
        yield one, other
    finally:
        one.stop()
        other.stop()


def looking(stack: Stack) -> ClientConnection:
    port = stack.ports["orchestrator"]
    url = f"ws://127.0.0.1:{port}/api/v1/simulator/realtime/{TENANT}"
    return connect(url, proxy=None)


def sequences(stream: ClientConnection, count: int) -> list[int]:
    found = []
    while len(found) < count:
        message = json.loads(stream.recv(timeout=120))
        assert "error" not in message, message
        if message["sequence"] not in found:
            found.append(message["sequence"])
    return found


def test_one_begins_and_the_other_goes_on(tmp_path: Path) -> None:
    port = free_port()
    with ExitStack() as there:
        there.enter_context(redis(tmp_path, port))
        one, other = there.enter_context(both(tmp_path, port))
        web = json.loads((one.repository / "valid-manifest.json").read_text())["manifest_content"]
        # While the clock stands nothing starts.
        one.call("simulator", "POST", CLOCK, {"action": "pause"})
        begun = one.post(DEPLOY, {"manifest_content": web})
        seen = other.get(STATUS)
        assert (seen["deployment_id"], seen["phase"]) == (begun["deployment_id"], "progressing")
        one.call("simulator", "POST", CLOCK, {"action": "resume"})
        one.warp("3m")
        frames_from_one_stream(one, other, port)
        alerts_once(one, other, there)
        one.call("simulator", "POST", CLOCK, {"action": "pause"})
        one.post(DEPLOY, {"manifest_content": web.replace("replicas: 2", "replicas: 3")})
        assert other.get(STATUS)["phase"] == "progressing"
        one.kill("orchestrator")
        one.call("simulator", "POST", CLOCK, {"action": "resume"})
        one.warp("4m")  # the fault ends meanwhile
        awaited(lambda: other.get(STATUS)["phase"] == "ready", "nobody goes on with it")
        assert other.get(STATUS)["revision"] == 2
    assert one.complaints == ""


def frames_from_one_stream(one: Stack, other: Stack, port: int) -> None:
    told = Redis(port=port)
    with looking(one) as here, looking(other) as there:
        found: list[Any] = [None, None]

        def hear(place: int, stream: ClientConnection) -> None:
            found[place] = sequences(stream, 3)

        threads = [
            threading.Thread(target=hear, args=args) for args in enumerate((here, there))
        ]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(360)
    streamed = told.xrange("ecp:clusters/default/live")
    told.close()
    topics = {fields[b"topic"] for _, fields in streamed}
    assert topics == {f"clusters/default/tenants/{TENANT}/live".encode()}
    numbers = [json.loads(fields[b"message"])["sequence"] for _, fields in streamed]
    # However many look at it, and wherever: a tenant's slots are told once.
    assert numbers == sorted(set(numbers))
    assert set(found[0][1:]) & set(found[1][1:]) & set(numbers), (found, numbers)


def alerts_once(one: Stack, other: Stack, there: ExitStack) -> None:
    hook = there.enter_context(Hook())
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    there.callback(hook.shutdown)
    route = {"name": "on-call", "kind": "webhook", "target": hook.url, "severity": "critical"}
    other.post("/api/v1/alerts/routes", route)
    one.warp("6m")
    fault = {"failure_type": "service_down", "duration": "9m"}
    other.post(f"/api/v1/simulator/failures/{TENANT}/trigger", fault)
    one.warp("8m")
    awaited(lambda: hook.got, "nobody is told")
    time.sleep(6)  # both have looked again
    told = [body["alert"]["fingerprint"] for body in hook.got]
    assert len(told) == len(set(told))
    for stack in (one, other):
        listed = stack.get(f"/api/v1/alerts?tenant_id={TENANT}&state=firing")["alerts"]
        assert {alert["fingerprint"] for alert in listed} >= set(told)
