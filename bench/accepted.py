"""How long until a deploy of a generated tenant (53 objects) is accepted, and until all is sent?

Accepted: validated, compared with the last one, its steps written down (`Prefer: respond-async`).
Each tenant is deployed alone, and deleted again. Prints wall time and the orchestrator's CPU; its
worker that judges big manifests, and the simulator, are further processes.
"""

import json
import statistics
import time
import urllib.request
from typing import Any

from bench._stack import Stack, running

_TENANTS = 15
_LOADING = 3
_NEEDS = {"callbot": 10, "chatbot": 50, "advisor": 5}


def call(stack: Stack, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Ask the orchestrator; return the JSON of its answer."""
    request = urllib.request.Request(
        f"{stack.url('orchestrator')}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json", **headers},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.loads(answer.read())


def _one(stack: Stack, tenant: str) -> tuple[float, float, float]:
    """Return the milliseconds until it was accepted, of CPU for that, and until all was sent."""
    path = f"/api/v1/tenants/{tenant}"
    call(stack, "POST", "/api/v1/tenants/", {"tenant_id": tenant, "service_requirements": _NEEDS})
    call(stack, "POST", f"{path}/manifest", {})
    time.sleep(1)  # what went before is over
    spent, begun = stack.cpu_seconds()["orchestrator"], time.perf_counter()
    deploy = f"/api/v1/simulator/deploy/{tenant}"
    call(stack, "POST", deploy, {}, Prefer="respond-async")
    accepted = time.perf_counter() - begun
    used = stack.cpu_seconds()["orchestrator"] - spent
    while call(stack, "GET", f"{path}/releases")["releases"][0]["phase"] == "applying":
        time.sleep(0.02)
    sent = time.perf_counter() - begun
    call(stack, "DELETE", path)
    return 1000 * accepted, 1000 * used, 1000 * sent


def main() -> None:
    with running() as stack:
        rows = [_one(stack, f"accepted-{n}") for n in range(_TENANTS)][_LOADING:]
    for name, taken, goal in zip(
        ("accepted", "CPU until then", "all sent"), zip(*rows, strict=True), (150, None, None),
        strict=True,
    ):  # fmt: skip
        said = "" if goal is None else f"   goal {goal}"
        ordered = sorted(taken)
        middle = statistics.median(ordered)
        print(f"{name:<16}  median {middle:6.0f}  least {ordered[0]:6.0f}"
              f"  most {ordered[-1]:6.0f} ms{said}")  # fmt: skip
