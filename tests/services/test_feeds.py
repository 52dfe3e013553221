"""Minutes from the simulator to the orchestrator: through a real Redis, by WebSocket, by REST.

Whatever is cut, lost or begun anew on the way, every minute is kept once.
"""

import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from .stack import Stack

WITHIN_S = 180

pytestmark = pytest.mark.cluster


def awaited(seen: Callable[[], Any], what: str) -> Any:
    until = time.monotonic() + WITHIN_S
    while not (found := seen()):
        assert time.monotonic() < until, what
        time.sleep(0.5)
    return found


def taken(stack: Stack) -> dict[str, int]:
    """Return how many minutes were kept, by the way that they came."""
    text = stack.call("orchestrator", "GET", "/metrics").body
    lines = [line for line in text.splitlines() if line.startswith("ecp_records_kept_total{")]
    return {line.split('by="')[1].split('"')[0]: int(line.split()[-1]) for line in lines}


def heard(stack: Stack, way: str, more_than: int = 0) -> int:
    """Let minutes go by until some have come that way; return how many."""

    def seen() -> bool:
        stack.warp("1m")
        return taken(stack).get(way, 0) > more_than

    awaited(seen, f"nothing comes by {way}")
    return taken(stack)[way]


def told_of(stack: Stack) -> Any:
    """Return what the orchestrator told the simulator of the tenant."""
    path = "/api/v1/metrics/acme"
    told = stack.call("simulator", "GET", path).body["external_metrics"]
    return {name: row for name, row in told.items() if row["source"] == "ecp-orchestrator"}


def kept_minutes(stack: Stack) -> list[str]:
    path = "/api/v1/tenants/acme/monitoring?metric_type=sla&limit=1000"
    rows = stack.get(path)["monitoring_data"]
    return sorted(r["timestamp"] for r in rows if r["metric_name"] == "uptime_percentage")


def whole(minutes: list[str]) -> bool:
    """Whether minutes follow one another, each once."""
    numbers = [int(at[11:13]) * 60 + int(at[14:16]) for at in minutes]
    return all((b - a) % 1440 == 1 for a, b in pairwise(numbers))


@contextmanager
def redis(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    program = shutil.which("redis-server")
    assert program is not None, "make test installs it"
    command = [program, "--port", str(port), "--dir", str(folder), "--save", "", "--loglevel"]
    process = subprocess.Popen([*command, "warning"], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + WITHIN_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.02)
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_minutes_come_through_redis_and_without_it_and_with_it_again(tmp_path: Path) -> None:
    port = free_port()
    stack = Stack(tmp_path, K8S_SIMULATOR_REDIS_URL=f"redis://127.0.0.1:{port}")
    try:
        with redis(tmp_path, port):
            stack.start()
            web = json.loads((stack.repository / "valid-manifest.json").read_text())
            small = {"manifest_content": web["manifest_content"]}
            stack.post("/api/v1/simulator/deploy/acme", small)
            heard(stack, "redis")
            connections = stack.call("orchestrator", "POST", "/api/v1/settings/test-connection", {})
            (row,) = [
                row
                for row in connections.body["connections"]
                if row["setting"] == "K8S_SIMULATOR_REDIS_URL"
            ]
            assert row["ok"], row
        before = len(kept_minutes(stack))
        stack.warp("3m")
        awaited(lambda: len(kept_minutes(stack)) >= before + 2, "nothing comes without Redis")
        with redis(tmp_path, port):
            # It is empty: what it never had is asked for, what comes now is heard.
            heard(stack, "redis", more_than=taken(stack)["redis"])
            assert whole(kept_minutes(stack)), kept_minutes(stack)
    finally:
        stack.stop()


def test_minutes_come_by_websocket_also_after_the_simulator_was_away(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.settings["K8S_SIMULATOR_WS_URL"] = f"ws://127.0.0.1:{stack.ports['simulator']}"
    try:
        stack.start()
        stack.post("/api/v1/simulator/deploy/acme", {})
        terms = {"currency": "KRW", "revenue_per_request": 10, "session_seconds": 60}
        agreed = stack.call("orchestrator", "PUT", "/api/v1/monitoring/business/acme", terms)
        assert agreed.status == 200
        first = heard(stack, "websocket")
        pushed = awaited(lambda: told_of(stack), "no business metrics are pushed")
        assert pushed["currency"]["value"] == "KRW"
        assert pushed["interval_seconds"]["value"] % 60 == 0
        assert pushed["revenue"]["value"] == 10 * pushed["business_requests_good"]["value"]
        assert "active_sessions" not in pushed  # nobody said how many requests one has
        found = stack.get("/api/v1/monitoring/statistics/acme?hours=1")
        assert found["window"]["minutes"] >= len(found["series"]) > 0
        (row,) = stack.get("/api/v1/monitoring/comparison")["tenants"]
        assert row["tenant_id"] == "acme"
        shown = stack.cli("config", "view", "--show-origin")
        assert "deploymentEndpoint" in shown.stdout, shown.stderr
        assert "environment" in shown.stdout
        stack.kill("simulator")
        stack.start("simulator")
        heard(stack, "websocket", more_than=first)
        assert whole(kept_minutes(stack)), kept_minutes(stack)
    finally:
        stack.stop()
