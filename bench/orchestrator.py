"""Tenants of the orchestrator: how fast they are created, a thousand of them listed; its memory.

    python -m bench orchestrator

Once on SQLite and, where there is a PostgreSQL, once on a server of its own. Creations come from
four callers at once, lists from one, over HTTP, each with a tenth as many before that count.
"""

import http.client
import json
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench._stack import Stack, running

TENANTS: Final = 1000
_CALLERS: Final = 4
_LISTS: Final = 100
_NEEDS: Final = {"callbot": 10, "chatbot": 50, "advisor": 5}


class Caller:
    """Calls the orchestrator over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, method: str, path: str, body: Any = None) -> bytes:
        """Return the body of a good answer."""
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        found = answer.read()
        assert answer.status in (200, 201), found
        return found


def _created(stack: Stack, prefix: str, wanted: int) -> float:
    """Create tenants; return how many a second."""
    port, numbers = stack.ports["orchestrator"], count()

    def some(share: int) -> None:
        caller = Caller(port)
        for _ in range(share):
            name = f"{prefix}{next(numbers):04}"
            caller.call(
                "POST",
                "/api/v1/tenants/",
                {"tenant_id": name, "service_requirements": _NEEDS, "labels": {"tier": "gold"}},
            )

    begun = time.perf_counter()
    with ThreadPoolExecutor(_CALLERS) as callers:
        list(callers.map(some, [wanted // _CALLERS] * _CALLERS))
    return wanted / (time.perf_counter() - begun)


def _listed(stack: Stack, path: str) -> tuple[list[float], float]:
    """List; return the answering times (ms), ascending, and the CPU (ms) that each takes."""
    caller, took = Caller(stack.ports["orchestrator"]), []
    for _ in range(_LISTS // 10):
        caller.call("GET", path)
    cpu = stack.cpu_seconds()["orchestrator"]
    for _ in range(_LISTS):
        begun = time.perf_counter()
        caller.call("GET", path)
        took.append(1000 * (time.perf_counter() - begun))
    return sorted(took), 1000 * (stack.cpu_seconds()["orchestrator"] - cpu) / _LISTS


def _measured(name: str, settings: Mapping[str, str]) -> None:
    with running(settings) as stack:
        Caller(stack.ports["orchestrator"]).call("GET", "/readyz")
        _created(stack, "before", 100)
        cpu = stack.cpu_seconds()["orchestrator"]
        rate = _created(stack, "t", TENANTS)
        spent = 1000 * (stack.cpu_seconds()["orchestrator"] - cpu) / TENANTS
        print(f"{name}: {rate:.0f} tenants created a second ({spent:.1f} ms CPU each)")
        for said, path in {
            "1,000 tenants": "/api/v1/tenants/?limit=1000",
            "50 of them, filtered and sorted": (
                "/api/v1/tenants/?limit=50&selector=tier%3Dgold&q=t&sort=-created_at"
            ),
        }.items():
            took, spent = _listed(stack, path)
            last = took[int(0.95 * len(took))]
            print(
                f"{name}: {said} listed in {median(took):.1f} ms, 95 % within {last:.1f} ms "
                f"({spent:.1f} ms CPU each)"
            )
        print(f"{name}: {stack.resident_mb()['orchestrator']:.0f} MB resident afterwards")


def main() -> None:
    _measured("SQLite", {})
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests/unit/orchestrator"))
    import stores

    missing = stores.missing()
    if missing is not None:
        print(f"PostgreSQL: not measured, {missing}")
        return
    _measured("PostgreSQL", {"ECP_DATABASE_URL": stores.postgresql()})
