"""CPU time of the scheduler alone: every change observed, every pod placed.

    python -m bench scheduler        python bench/scheduler.py --profile

Prints µs a pod (median of five runs) for 1,000 pods on 100 nodes (10 Deployments) and, once, for
10,000 pods on 1,000 nodes (50 Deployments). Six changes a pod are observed: created, bound, and
four of the kubelet; store and kubelet are not counted. Reach: 80 µs a pod on 100 nodes.
"""

import cProfile
import gc
import pstats
import sys
import time
from typing import Any

from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Bind
from ecp.sim.scheduler import controller, load
from ecp.sim.store import Change, Store

START = 1_800_000_000 * 1_000_000_000


class View(Store):
    """A store that can be asked as a Reader."""

    def heartbeat(self, node: str) -> int | None:
        return None


def node(i: int) -> dict[str, Any]:
    name = f"n-{i}"
    return {
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"z{i % 3}",
            },
        },
        "spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}] if i % 10 == 9 else []},
        "status": {"allocatable": {"cpu": "32", "memory": "256Gi", "pods": "110"}},
    }  # fmt: skip


def pod(app: int, i: int) -> dict[str, Any]:
    owner = f"app-{app}-5f75f47545"
    return {
        "metadata": {
            "name": f"{owner}-{i}", "namespace": "default", "uid": f"uid-{app}-{i}",
            "generation": 1, "creationTimestamp": "2027-01-15T08:00:00Z",
            "labels": {"app": f"app-{app}", "pod-template-hash": "5f75f47545"},
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": owner,
                 "controller": True},
            ],
        },
        "spec": {
            "schedulerName": "default-scheduler",
            "containers": [
                {"name": "c", "image": "x:1", "ports": [{"containerPort": 80}],
                 "resources": {"requests": {"cpu": "100m", "memory": f"{64 + app % 4}Mi"}}},
            ],
            "tolerations": [
                {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": "NoExecute",
                 "tolerationSeconds": 300} for what in ("not-ready", "unreachable")
            ],
        },
        "status": {"phase": "Pending"},
    }  # fmt: skip


def run(pods: int, nodes: int, apps: int, profile: cProfile.Profile | None = None) -> float:
    """Return the CPU seconds that observing and scheduling took."""
    store = View(window=1)
    loop = controller(lambda: load(Chance(7)))
    spent, now = 0, START

    def put(resource: str, obj: dict[str, Any]) -> Change:
        meta = obj["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        return store.put(resource, key, obj, (), at=START, cause="bench", actor="bench")

    def observe(changes: list[Change]) -> None:
        nonlocal spent
        keys = loop.watches["pods"]
        begun = time.process_time_ns()
        if profile:
            profile.enable()
        for change in changes:
            keys(change, store)
        if profile:
            profile.disable()
        spent += time.process_time_ns() - begun

    for app in range(apps):
        name = f"app-{app}-5f75f47545"
        labels = {"app": f"app-{app}", "pod-template-hash": "5f75f47545"}
        put("replicasets.apps", {
            "metadata": {"name": name, "namespace": "default", "uid": name},
            "spec": {"selector": {"matchLabels": labels}},
        })  # fmt: skip
    observe([put("nodes", node(i)) for i in range(nodes)])
    batch = 100
    for first in range(0, pods, batch):
        observe([put("pods", pod(first // batch % apps, i)) for i in range(first, first + batch)])
        begun = time.process_time_ns()
        if profile:
            profile.enable()
        # A cycle takes so many pods, the next one as many more when those have taken their time.
        bound: list[Bind] = []
        while len(bound) < batch:
            plan = loop.reconcile(now, ("", ""), store)
            bound += [action for action in plan.actions if isinstance(action, Bind)]
            assert len(bound) == batch or plan.wake_at is not None, plan.events[-1]
            now = plan.wake_at or now
        if profile:
            profile.disable()
        spent += time.process_time_ns() - begun
        for step in range(5):
            changes = []
            for action in bound:
                obj = store.get("pods", *action.key)
                assert obj is not None
                if step == 0:
                    obj = {**obj, "spec": {**obj["spec"], "nodeName": action.node}}
                else:
                    obj = {**obj, "status": {**obj["status"], "step": step}}
                changes.append(put("pods", obj))
            observe(changes)
    return spent / 1e9


def profiled() -> None:
    """Print where the time of 1,000 pods on 100 nodes goes."""
    profile = cProfile.Profile()
    run(1000, 100, 10, profile)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def main() -> None:
    gc.disable()
    for pods, nodes, apps, times in ((1000, 100, 10, 5), (10_000, 1000, 50, 1)):
        runs = sorted(run(pods, nodes, apps) for _ in range(times))
        spent = runs[len(runs) // 2] / pods * 1e6
        print(f"{pods} pods on {nodes} nodes: {spent:.1f} us of scheduling a pod")
    gc.enable()


if __name__ == "__main__":
    profiled() if "--profile" in sys.argv else main()
