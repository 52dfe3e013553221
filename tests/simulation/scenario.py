"""A cluster made busy on purpose: six workloads that act at one instant, with forced ties.

Run as a program it prints the digests of the change log and of what was seen of faults, for
comparing processes:
`python scenario.py SEED STEP_SECONDS RESUME_AT_SECONDS [failing]`. With `failing` nodes, pods and
workloads fail by themselves, many times an hour, the whole time.
"""

import hashlib
import sys
from typing import Any

import orjson

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store import Change
from ecp.sim.store.packing import pack, unpack

WORKLOADS = ("ant", "bee", "cat", "dog", "eel", "fox")
MINUTES = 12
FAILING = {
    "node-failure": {"mtbf": "90m", "mttr": "2m"},
    "node-restart": {"mtbf": "60m", "mttr": "1m"},
    "container-crash": {"mtbf": "30m"},
    "workload-hang": {"mtbf": "10m", "mttr": "20s"},
    "partial-outage": {"mtbf": "10m", "mttr": "30s"},
    "link-congestion": {"mtbf": "10m", "mttr": "30s"},
    "cpu-spike": {"mtbf": "10m", "mttr": "40s"},
    "memory-leak": {"mtbf": "10m", "mttr": "2m"},
}


def workload(name: str, image: str, **annotations: str) -> dict[str, Any]:
    """Return a Deployment of three equal pods; all workloads are alike but for their name."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": annotations},
                "spec": {
                    "containers": [
                        {
                            "name": "c",
                            "image": image,
                            "ports": [{"containerPort": 8080}],
                            "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}},
                            "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 5},
                        }
                    ]
                },
            },
        },
    }


def requests() -> list[tuple[int, Request]]:
    """Return (second, request): at each instant all six workloads are asked the same."""
    asked: list[tuple[int, Request]] = []
    for name in WORKLOADS:
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
        }
        made = {"namespace": "default", "manager": "test"}
        asked.append((0, Request("create", kinds.DEPLOYMENTS, body=workload(name, "a:1"), **made)))
        asked.append((0, Request("create", kinds.SERVICES, body=service, **made)))
        crashing = {"sim.ecp-ai.io/exit-after": "20s", "sim.ecp-ai.io/exit-code": "1"}
        second = workload(name, "a:2", **(crashing if name < "c" else {}))
        named = {**made, "name": name}
        asked.append(
            (120, Request("patch", kinds.DEPLOYMENTS, body=second, patch="merge", **named))
        )
        scaled = {"spec": {"replicas": 30}}
        asked.append(
            (240, Request("patch", kinds.DEPLOYMENTS, body=scaled, patch="merge", **named))
        )
        asked.append((420, Request("delete", kinds.DEPLOYMENTS, **named)))
    return sorted(asked, key=lambda pair: pair[0])


class Log:
    """A running SHA-256 over every change, with cause and actor."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.changes = 0

    def __call__(self, change: Change) -> None:
        row = [change.rv, change.type, change.resource, change.key, change.object, change.at]
        self._digest.update(orjson.dumps([*row, change.cause, change.actor]))
        self.changes += 1

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def fail_by_itself() -> tuple[int, Request]:
    """Return (second, request): from then on the faults come by themselves."""
    body = {"namespace": "default", "failure_scenarios": True, "failure_rates": FAILING}
    return 30, Request("track", "tenants", name="busy", body=body)


def run(
    seed: int, step: float = 0, resume_at: int = 0, *, failing: bool = False
) -> tuple[str, Cluster, Log]:
    """Return the digest of a run: in one go, or in steps of *step* seconds of simulated time,
    or through the bytes of a snapshot taken *resume_at* seconds in."""
    cluster, log = Cluster.create(seed=seed), Log()
    cluster.listeners.append(log)
    start = cluster.now

    def go(until: int) -> None:
        nonlocal cluster
        stops = [until]
        at = start + resume_at * SECOND
        if resume_at and cluster.now < at <= until:
            stops.insert(0, at)
        for stop in stops:
            while step and cluster.now + step * SECOND < stop:
                cluster.run_until(cluster.now + int(step * SECOND), max_timers=7)
            cluster.run_until(stop)
            if stop == at and resume_at:
                cluster = Cluster.restore(unpack(pack(cluster.snapshot())))
                cluster.listeners.append(log)

    asked = [*requests(), *([fail_by_itself()] if failing else [])]
    for second, request in sorted(asked, key=lambda pair: pair[0]):
        go(start + second * SECOND)
        cluster.submit(request, cause=f"a{second}")
    go(start + MINUTES * 60 * SECOND)
    return log.hexdigest(), cluster, log


def told(seed: int, step: float = 0, resume_at: int = 0, *, failing: bool = False) -> str:
    """Return what a run came to in a line: digest, number of changes, of faults, their digest."""
    digest, cluster, log = run(seed, step, resume_at, failing=failing)
    seen = hashlib.sha256(orjson.dumps(cluster.faults.snapshot())).hexdigest()
    return f"{digest} {log.changes} {len(cluster.faults.all)} {seen}"


if __name__ == "__main__":
    seed, step, resume_at, *rest = sys.argv[1:]
    print(told(int(seed), float(step), int(resume_at), failing=bool(rest)))
