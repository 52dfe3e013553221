"""Thirty simulated days of one tenant: demand, autoscalers, faults, slots, minutes.

    python bench/tenant_month.py [days]

Prints CPU seconds, timers, spans, and the service level.
"""

import sys
import time
from typing import Any

from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.workloads.demand import TenantDemand
from ecp.workloads.profiles import profiles
from ecp.workloads.sizing import size

DAY = 86_400 * SECOND
DEMAND = {"callbot": 10, "chatbot": 50, "advisor": 5}
NAMESPACE = "month-ecp-ai"


def objects() -> list[tuple[str, dict[str, Any]]]:
    """Return the tenant's objects as (resource, object)."""
    found: list[tuple[str, dict[str, Any]]] = [
        ("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    ]
    sizing = size(TenantDemand(**DEMAND))
    rows = profiles()
    for sized in sizing.workloads.values():
        profile = rows[sized.workload]
        labels = {"app": sized.workload}
        limits: dict[str, Any] = {"cpu": f"{sized.cpu_limit}m", "memory": str(sized.memory_limit)}
        if profile.resources.gpus:
            limits["nvidia.com/gpu"] = str(profile.resources.gpus)
        env = [
            {"name": f"{call.to.upper().replace('-', '_')}_ENDPOINT",
             "value": f"http://{call.to}:{rows[call.to].port}"}
            for call in profile.calls
        ]
        if sized.workload == "postgresql":
            env.append({"name": "POSTGRES_PASSWORD", "value": "bench"})
        container = {
            "name": "c",
            "image": profile.image,
            "env": env,
            "ports": [{"containerPort": profile.port}],
            "resources": {
                "requests": {"cpu": f"{sized.cpu}m", "memory": str(sized.memory)},
                "limits": limits,
            },
            "readinessProbe": {"tcpSocket": {"port": profile.port}, "periodSeconds": 5},
        }
        spec: dict[str, Any] = {"containers": [container]}
        if profile.resources.gpus:
            spec["tolerations"] = [{"operator": "Exists"}]
        found.append(
            (
                "deployments.apps",
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "metadata": {"name": sized.workload, "namespace": NAMESPACE},
                    "spec": {
                        "replicas": sized.replicas,
                        "selector": {"matchLabels": labels},
                        "template": {"metadata": {"labels": labels}, "spec": spec},
                    },
                },
            )
        )
        found.append(
            (
                "services",
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": {"name": sized.workload, "namespace": NAMESPACE},
                    "spec": {"selector": labels, "ports": [{"port": profile.port}]},
                },
            )
        )
        if sized.most > sized.least:
            found.append(
                (
                    "horizontalpodautoscalers.autoscaling",
                    {
                        "apiVersion": "autoscaling/v2",
                        "kind": "HorizontalPodAutoscaler",
                        "metadata": {"name": sized.workload, "namespace": NAMESPACE},
                        "spec": {
                            "scaleTargetRef": {
                                "apiVersion": "apps/v1",
                                "kind": "Deployment",
                                "name": sized.workload,
                            },
                            "minReplicas": sized.least,
                            "maxReplicas": sized.most,
                            "metrics": [
                                {
                                    "type": "Resource",
                                    "resource": {
                                        "name": "cpu",
                                        "target": {
                                            "type": "Utilization",
                                            "averageUtilization": 70,
                                        },
                                    },
                                }
                            ],
                        },
                    },
                )
            )
    return found


def start(seed: int = 1) -> Cluster:
    """Return a cluster with the tenant deployed and tracked."""
    cluster = Cluster.create(seed=seed)
    for resource, obj in objects():
        namespace = obj["metadata"].get("namespace", "")
        cluster.submit(
            Request("create", resource, namespace, body=obj, manager="ecp"), cause="a1"
        )
    cluster.submit(
        Request(
            "track", "tenants", name="month", body={"namespace": NAMESPACE, "demand": DEMAND}
        ),
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


def main() -> None:
    days = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    began = time.process_time()
    cluster = start()
    built = time.process_time()
    first = cluster.now
    for name, target, day in FAULTS:
        body = {"fault": name, "namespaces": [NAMESPACE], "at": first + day * DAY + 3600 * SECOND}
        if target:
            body["target"] = target
        if day < days:
            try:
                cluster.submit(Request("fault", "faults", body=body))
            except Exception as error:  # a fault that this version does not know
                print(f"{name}: {error}")
    cluster.run_until(first + int(days * DAY))
    cluster.flows.close()
    ran = time.process_time()
    ledger = cluster.accounts.ledgers["month"]
    report = cluster.accounts.report("month", {}, "30d", cluster.now // SECOND)
    reported = time.process_time()
    minutes, newest = cluster.accounts.minutes("month", 0, 10**6, cluster.now // SECOND)
    summed = time.process_time()
    print(f"build {built - began:.2f} s  run {ran - built:.2f} s  report {reported - ran:.3f} s")
    print(f"{newest} minutes in {summed - reported:.2f} s; spans {ledger.spans}, ", end="")
    print(f"timers {cluster.engine.fired}, version {cluster.store.version}")
    assert report is not None
    body = report.to_json()
    for key in ("status", "uptime_percentage", "availability", "requests", "downtime_seconds"):
        print(key, body[key])
    for row in body["incidents"]:
        print(row["started_at"], row["duration_seconds"], row["causes"])


if __name__ == "__main__":
    main()
