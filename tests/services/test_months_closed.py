"""A month through live services: recurring maintenance, its end, the report in all forms, a
correction, from the command line and over HTTP."""

import json
import time
import urllib.request
from pathlib import Path

import pytest

from .stack import Stack

SLA = "/api/v1/simulator/sla/acme"

pytestmark = pytest.mark.cluster


def test_a_month_is_reported_closed_and_corrected(tmp_path: Path) -> None:
    stack = Stack(tmp_path, ECP_CLUSTER="january")
    stack.start()
    try:
        # Four hours before the month ends in Seoul.
        made = {"name": "january", "start": "2026-01-31T11:00:00Z"}
        assert stack.call("simulator", "POST", "/api/v1/clusters", made).status == 201
        stack.post("/api/v1/simulator/deploy/acme", {})
        terms = {"maintenance": {"notice_seconds": 0}, "credits": {"fee": "1000000"}}
        assert stack.call("orchestrator", "PUT", f"{SLA}/contract", terms).status == 200
        every = {
            "start": "2026-01-31T12:00:00Z",
            "end": "2026-01-31T12:10:00Z",
            "reason": "patch",
            "rrule": "FREQ=HOURLY;COUNT=3",
        }
        daily = {**every, "rrule": "FREQ=DAILY;COUNT=3"}
        refused = stack.call("orchestrator", "POST", f"{SLA}/maintenance", every)
        assert (refused.status, refused.headers["content-type"]) == (
            422,
            "application/problem+json",
        )
        stack.post(f"{SLA}/maintenance", daily)
        stack.warp("26h30m", "january")

        until = time.monotonic() + 180
        while not stack.get(f"{SLA}/statements")["statements"]:
            assert time.monotonic() < until, "the month is not closed"
            time.sleep(0.2)
        page = stack.get(f"{SLA}/report?month=2026-01")
        rows = [(row["id"], row["judgement"], row["from"]) for row in page["exclusions"]]
        assert rows == [("m1.1", "planned", "2026-01-31T12:00:00Z")]
        assert page["composite"]["maintenance_seconds"] == 600
        february = stack.get(f"{SLA}/report?month=2026-02")["composite"]
        assert february["maintenance_seconds"] == 600

        for form, head in (
            ("csv", b"\xef\xbb\xbf"),
            ("html", b"<!"),
            ("pdf", b"%PDF"),
            ("zip", b"PK"),
        ):
            url = f"http://127.0.0.1:{stack.ports['orchestrator']}{SLA}/report?month=2026-01"
            with urllib.request.urlopen(f"{url}&format={form}", timeout=300) as answer:
                first = answer.read()
            assert first.startswith(head)
            with urllib.request.urlopen(f"{url}&format={form}&revision=1", timeout=300) as answer:
                assert answer.read() == first

        late = {
            "start": "2026-01-31T13:00:00Z",
            "end": "2026-01-31T13:05:00Z",
            "reason": "the probe was wrong",
            "approved_by": "ops",
            "retroactive": True,
        }
        said = stack.post(f"{SLA}/maintenance", late)
        assert [row["revision"] for row in said["revised"]] == [2]
        shown = stack.cli(
            "slo", "report", "acme", "--month", "2026-01", "--format", "json", "-o", "-"
        )
        assert json.loads(shown.stdout)["revision"] == 2
        old = stack.cli(
            *("slo", "report", "acme", "--month", "2026-01", "--format", "json", "-o", "-"),
            *("--revision", "1"),
        )
        assert json.loads(old.stdout) == page
        listed = stack.cli("slo", "statements", "acme").stdout.splitlines()
        assert [line.split()[:2] for line in listed[1:]] == [["2026-01", "1"], ["2026-01", "2"]]
        levels = stack.get(f"{SLA}/levels?month=2026-01")
        assert levels["composite"]["maintenance_seconds"] == 600
        assert levels["composite"]["uptime_percentage"] == page["composite"]["uptime_percentage"]
    finally:
        stack.stop()
    assert "Traceback" not in stack.complaints
