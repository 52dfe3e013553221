"""Thirty simulated days of one tenant: demand, autoscalers, faults, slots, minutes.

    python -m bench tenant_month

Prints CPU seconds, timers, spans, and the service level.
"""

import time
from typing import Any

from ecp.kube.kinds import BUILT_IN
from ecp.manifests import TenantSpec, generate
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.workloads.demand import TenantDemand
from ecp.workloads.sizing import size

DAY = 86_400 * SECOND
DAYS = 30
DEMAND = {"callbot": 10, "chatbot": 50, "advisor": 5}
NAMESPACE = "month-ecp-ai"


def objects() -> list[tuple[str, dict[str, Any]]]:
    """Return the generated tenant's objects as (resource, object), as the catalogue names them."""
    spec = TenantSpec("month", TenantDemand(**DEMAND))
    by_kind = {(kind.api_version, kind.kind): kind.resource for kind in BUILT_IN.kinds}
    found = []
    for obj in generate(spec, size(spec.demand)).objects:
        resource = by_kind.get((obj["apiVersion"], obj["kind"]))
        if resource is not None:
            found.append((resource, dict(obj)))
    return found


def start(seed: int = 1) -> Cluster:
    """Return a cluster with the tenant deployed and tracked."""
    cluster = Cluster.create(seed=seed)
    for resource, obj in objects():
        namespace = obj["metadata"].get("namespace", "")
        cluster.submit(Request("create", resource, namespace, body=obj, manager="ecp"), cause="a1")
    cluster.submit(
        Request("track", "tenants", name="month", body={"namespace": NAMESPACE, "demand": DEMAND}),
        cause="a2",
    )
    return cluster


FAULTS = (
    ("pod_crash", "deployment/callbot", 3),
    ("node_down", "", 6),
    ("service_down", "deployment/stt", 9),
    ("cpu_spike", "deployment/callbot", 12),
    ("network_latency", "deployment/nlp", 15),
    ("memory_leak", "deployment/chatbot", 18),
    ("partial_outage", "deployment/callbot", 21),
)


def pulled(cluster: Cluster, workloads: bool) -> int:
    """Read all minutes in pieces; return how many there are."""
    since = 0
    while True:
        rows, newest = cluster.accounts.minutes(
            "month", since, 500, cluster.now // SECOND, workloads=workloads
        )
        if not rows:
            return newest
        since = rows[-1].sequence


def main() -> None:
    began = time.process_time()
    cluster = start()
    built = time.process_time()
    first = cluster.now
    for name, target, day in FAULTS:
        body = {"fault": name, "namespaces": [NAMESPACE], "at": first + day * DAY + 3600 * SECOND}
        if target:
            body["target"] = target
        cluster.submit(Request("fault", "faults", body=body))
    cluster.run_until(first + DAYS * DAY)
    cluster.flows.close()
    ran = time.process_time()
    ledger = cluster.accounts.ledgers["month"]
    report = cluster.accounts.report("month", {}, "30d", cluster.now // SECOND)
    reported = time.process_time()
    print(
        f"build {built - began:.2f} s  run {ran - built:.2f} s  report {reported - ran:.3f} s",
        end="",
    )
    print(f"  together {reported - began:.2f} s of CPU")
    for workloads in (False, True):
        before = time.process_time()
        newest = pulled(cluster, workloads)
        said = (
            "with a row a workload" if workloads else "of the tenant, as the collector pulls them"
        )
        print(f"{newest} minutes in {time.process_time() - before:.2f} s of CPU, {said}")
    print(f"spans {ledger.spans}, timers {cluster.engine.fired}, version {cluster.store.version}")
    assert report is not None
    body: dict[str, Any] = report.to_json()
    for key in ("status", "uptime_percentage", "availability", "requests", "downtime_seconds"):
        print(key, body[key])
    for row in body["incidents"]:
        print(row["started_at"], row["duration_seconds"], row["causes"])


if __name__ == "__main__":
    main()
