"""The demo with its 30 days of history: how long until it is ready, and what that takes.

    python -m bench demo

Prints seconds until both services are healthy with ECP_DEMO=start (as `ecp up` has it), until a
tenant runs, its chart can be drawn and the demo is ready; CPU seconds and memory of each service,
the slowest of the answers to /health on the way, and the service level of each tenant.
"""

import json
import time
import urllib.error
import urllib.request
from typing import Any

from bench._stack import Stack, running

TENANTS = ("demo-small", "demo-medium", "demo-tenant")
WITHIN_S = 600


def asked(stack: Stack, path: str) -> Any:
    request = urllib.request.Request(
        stack.url("orchestrator") + path, headers={"X-Demo-Mode": "true"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def charted(stack: Stack) -> bool:
    """Whether a tenant's service level can be drawn."""
    try:
        return bool(asked(stack, f"/api/v1/simulator/sla/{TENANTS[0]}/levels?period=30d"))
    except urllib.error.HTTPError:
        return False


def main() -> None:
    with running({"ECP_DEMO": "start"}) as stack:
        began, slowest = time.monotonic(), 0.0
        shown: dict[str, float] = {}
        while True:
            before = time.monotonic()
            asked(stack, "/health")
            slowest = max(slowest, time.monotonic() - before)
            found = asked(stack, "/api/v1/demo")
            gone = time.monotonic() - began
            if any(row["state"] == "running" for row in found["tenants"]):
                shown.setdefault("first tenant runs", gone)
            if "first chart" not in shown and charted(stack):
                shown["first chart"] = gone
            if found["state"] == "ready" or time.monotonic() - began > WITHIN_S:
                break
            time.sleep(0.25)
        print(
            f"healthy after {stack.seconds:.2f} s, the demo {found['state']} after "
            f"{time.monotonic() - began:.1f} s; slowest /health {slowest * 1000:.0f} ms"
        )
        for what, after in shown.items():
            print(f"{what} after {after:.1f} s")
        for name, seconds in stack.cpu_seconds().items():
            print(f"{name}: {seconds:.1f} s of CPU, {stack.resident_mb()[name]:.0f} MB")
        for tenant in TENANTS:
            level = asked(stack, f"/api/v1/simulator/sla/{tenant}/analysis?period=30d")
            names = ("status", "uptime_percentage", "downtime_minutes", "failure_count")
            print(tenant, *(f"{name} {level[name]}" for name in names))


if __name__ == "__main__":
    main()
