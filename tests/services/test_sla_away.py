"""The SLA analysis while the simulator is away: what is kept, until when; maintenance, contract."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ecp.slo.slots import WATERMARK_SECONDS

from .stack import Stack

ANALYSIS = "/api/v1/simulator/sla/acme/analysis?period=24h"
SLA = "/api/v1/simulator/sla/acme"

pytestmark = pytest.mark.cluster


def test_the_analysis_outlives_the_simulator(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.start()
    try:
        stack.post("/api/v1/simulator/deploy/acme", {})
        bad = stack.call("orchestrator", "PUT", f"{SLA}/contract", {"service_hours": "always"})
        assert bad.status == 422
        for wrong in ({"response_time_ms": 1999}, {"response_time_ms": "2 s"}):
            assert stack.call("orchestrator", "PUT", f"{SLA}/contract", wrong).status == 422
        agreed = {"maintenance": {"notice_seconds": 0}, "response_time_ms": 5000}
        kept = stack.call("orchestrator", "PUT", f"{SLA}/contract", agreed).body
        assert kept["maintenance"] == agreed["maintenance"]
        told = stack.call("simulator", "GET", "/api/v1/clusters/default/tenants/acme").body
        assert told["slo"]["latency_limit_ms"] == 5000
        assert stack.get(f"{SLA}/maintenance")["windows"] == []
        stack.warp("30m")
        # Time stands, so that what is kept can be compared with what was shown.
        clock = "/api/v1/clusters/default/clock"
        assert stack.call("simulator", "POST", clock, {"action": "pause"}).status == 200
        live = stack.get(ANALYSIS)
        assert live["source"] == "simulator"
        known = datetime.fromisoformat(live["known_until"])
        settled = (known - timedelta(seconds=WATERMARK_SECONDS)).replace(second=0, microsecond=0)
        closed = settled - timedelta(minutes=1)
        until = time.monotonic() + 180
        path = "/api/v1/tenants/acme/monitoring?metric_type=sla&limit=1"
        while not any(
            datetime.fromisoformat(row["timestamp"]) >= closed
            for row in stack.get(path)["monitoring_data"]
        ):
            assert time.monotonic() < until, "the collector keeps no minutes"
            time.sleep(0.2)
        stack.kill("simulator")
        found = stack.get(ANALYSIS)
        assert found["source"] == "kept minutes"
        assert found["known_until"] <= live["known_until"]
        assert found["current_sla"] == live["current_sla"]
        assert found["unknown_seconds"] == 0
        stack.start("simulator")
        assert stack.get(ANALYSIS)["source"] == "simulator"
    finally:
        stack.stop()
