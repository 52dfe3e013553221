"""A month in seconds: the table of rehearsals, each beside what is to be reached.

    python -m bench rehearsals

CPU seconds, medians of three; `ratio` is the figure over what is to be reached. Memory is that of
a process of its own; the tenant-days use two processes and are told in wall time as well.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from typing import Any, Final
from unittest.mock import patch

from bench._measure import cpu_seconds
from ecp.kube.kinds import BUILT_IN
from ecp.manifests import TenantSpec, generate
from ecp.rehearsal.outcome import carried_out
from ecp.rehearsal.scenario import Scenario, parse
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.traffic import evaluation, nodes, serving
from ecp.validation import Source
from ecp.workloads.demand import TenantDemand
from ecp.workloads.sizing import size

DAY: Final = 86_400 * SECOND
WHOLE: Final = {"callbot": 10, "chatbot": 50, "advisor": 5}
SMALL: Final = {"chatbot": 50}
_ROUNDS: Final = 3
_FAULTS: Final = (("pod_crash", 3), ("node_down", 6), ("service_down", 9), ("cpu_spike", 12),
                  ("memory_leak", 18), ("partial_outage", 21))  # fmt: skip


def _tenants(cluster: Cluster, demands: list[Mapping[str, int]]) -> int:
    """Deploy and follow tenants; return how many workloads they have."""
    by_kind = {(kind.api_version, kind.kind): kind.resource for kind in BUILT_IN.kinds}
    workloads = 0
    for number, demand in enumerate(demands):
        spec = TenantSpec(f"t{number}", TenantDemand(**demand))
        bundle = generate(spec, size(spec.demand, gpu_type="t4"))
        for obj in bundle.objects:
            name = by_kind.get((obj["apiVersion"], obj["kind"]))
            if name is None:
                continue
            workloads += obj["kind"] in ("Deployment", "StatefulSet")
            namespace = obj["metadata"].get("namespace", "")
            request = Request("create", name, namespace, body=dict(obj), manager="ecp")
            cluster.submit(request, cause="a1")
        body = {"namespace": bundle.namespace, "demand": dict(demand)}
        cluster.submit(Request("track", "tenants", name=spec.id, body=body), cause="a2")
    return workloads


def _forget() -> None:
    """Let no round find what the one before has worked out."""
    serving.serve.cache_clear()
    evaluation.histogram.cache_clear()


def _month(count: int, demands: list[Mapping[str, int]]) -> Cluster:
    """Return a cluster after thirty days of tenants, with faults."""
    _forget()
    base = clusters.model("default")
    per = count // len(base["pools"])
    pools = [{**pool, "count": per} for pool in base["pools"]]
    pools[0]["count"] += count - per * len(pools)
    # A /16 has addresses for 256 nodes.
    wide = "10.244.0.0/14" if count > 256 else base["podNetwork"]
    cluster = Cluster.create({**base, "pools": pools, "podNetwork": wide}, seed=1)
    _tenants(cluster, demands)
    first = cluster.now
    for name, day in _FAULTS:
        at = first + day * DAY + 3600 * SECOND
        body = {"fault": name, "namespaces": ["t0-ecp-ai"], "at": at}
        cluster.submit(Request("fault", "faults", body=body))
    cluster.run_until(first + 30 * DAY)
    cluster.flows.close()
    return cluster


_ONE: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chatbot, namespace: one}
spec:
  selector: {matchLabels: {app: chatbot}}
  template:
    metadata: {labels: {app: chatbot}}
    spec:
      containers:
        - name: chatbot
          image: registry.example.com/one/chatbot:1
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
          resources: {requests: {cpu: "1", memory: 2Gi}, limits: {memory: 2Gi}}
---
apiVersion: v1
kind: Service
metadata: {name: chatbot, namespace: one}
spec: {selector: {app: chatbot}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: chatbot, namespace: one}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chatbot}
  minReplicas: 2
  maxReplicas: 12
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
"""


def _one_workload(length: str) -> Scenario:
    """Return a chat service with its autoscaler, and nothing else, under load."""
    body = (
        "scenario: one\nmanifests: [one.yaml]\nhypotheses: ['availability >= 99.5']\n"
        f"demand: {{namespace: one, units: {{chatbot: 400}}}}\nfor: {length}\n"
    )
    return parse(body, "one", lambda _: [Source(_ONE, "one.yaml")])


def _tenant(days: int, seed: int = 0) -> Scenario:
    body = (
        "scenario: t\ntenant: {name: t, units: {callbot: 10, chatbot: 50, advisor: 5}}\n"
        f"for: {days}d\nseed: {seed}\n"
    )
    return parse(body, "t", lambda _: [])


def tenant_days(days: int, seed: int) -> float:
    """Rehearse a tenant for so many days; return the CPU seconds of this process."""
    began = time.process_time()
    carried_out(_tenant(days, seed))
    return time.process_time() - began


def _queues(month: Scenario, remembered: int) -> list[tuple[Any, ...]]:
    """Return what the queues of a month are asked, where so many answers are remembered."""
    asked = []

    def noted(*given: Any, **limits: Any) -> Any:
        asked.append((given, limits))
        return evaluation.evaluate(*given, **limits)

    with patch.object(nodes, "_REMEMBERED", remembered), patch.object(nodes, "evaluate", noted):
        carried_out(month)
    return asked


def _answered(asked: list[tuple[Any, ...]]) -> float:
    """Return the CPU seconds in which the model answers all of it, with nothing remembered."""

    def answer() -> None:
        _forget()
        for given, said in asked:
            evaluation.evaluate(*given, **said)

    return median(cpu_seconds(answer, _ROUNDS))


def _said(what: str, seconds: float, reach: float, unit: str = "s") -> None:
    print(f"{what:<62} {seconds:>9.3f} {unit:<3} reach {reach:g} {unit}  ratio "
          f"{seconds / reach:.2f}", flush=True)  # fmt: skip


def _memory(days: int) -> float:
    """Return the peak of a process (MB) that rehearses a tenant for so many days."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.rehearsals", str(days)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def main() -> None:
    if len(sys.argv) == 2 and sys.argv[1].isdigit():
        carried_out(_tenant(int(sys.argv[1])))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    few: list[Mapping[str, int]] = [WHOLE, SMALL]
    many: list[Mapping[str, int]] = [WHOLE] * 8
    spent = cpu_seconds(lambda: _month(100, few), _ROUNDS)
    _said("30 days, 22 workloads, 100 nodes, HPA, faults", median(spent), 6)
    spent = cpu_seconds(lambda: _month(400, many), 1)
    _said("30 days, 104 workloads, 400 nodes", median(spent), 40)
    month = _one_workload("30d")
    spent = cpu_seconds(lambda: (_forget(), carried_out(month)), _ROUNDS)
    _said("SLA month of one workload (518,400 slots, HPA in the loop)", median(spent), 0.25)
    asked, anew = _queues(month, nodes._REMEMBERED), _queues(month, 0)
    _said("its queues alone, as the model asks them", _answered(asked), 0.015)
    print(f"  {len(asked)} evaluations of {len(anew)} changes; {_answered(anew) * 1e3:.1f} ms were "
          "none remembered")  # fmt: skip
    _days()
    first, whole = _memory(3), _memory(30)
    _said("memory of a rehearsal of 30 days", whole, 300, "MB")
    print(f"  of 3 days: {first:.0f} MB, {whole - first:+.0f} MB for ten times the horizon")


def _days() -> None:
    """1,000 tenant-days, as 40 rehearsals of 25 days, by one process and by two."""
    walls, spent = [], 0.0
    for processes in (1, 2):
        began = time.monotonic()
        # Half of it by one process: twice as long is what all of it would take.
        runs = 20 * processes
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            spent = sum(pool.map(tenant_days, [25] * runs, range(runs)))
        walls.append((time.monotonic() - began) * 2 / processes)
    _said("1,000 tenant-days (10/50/5), CPU time of two cores", spent / 2, 60)
    _said("  the same in wall time", walls[1], 60)
    print(f"  one core: {walls[0]:.1f} s, so ×{walls[0] / walls[1]:.2f} on two of "
          f"{os.cpu_count()} (reach ×1.6)")  # fmt: skip


if __name__ == "__main__":
    main()
