"""What holds of a cluster with every kind that acts, whatever anybody wishes of it."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecp.kube import kinds
from ecp.kube.quantity import parse
from ecp.sim.cluster import Cluster
from ecp.sim.plans import Create
from ecp.sim.store import Change, Obj

sys.path.insert(0, str(Path(__file__).parent))
import zoo

NS = zoo.NS
WISH = st.tuples(st.sampled_from(sorted(zoo.WISHES)), st.integers(0, 20), st.floats(0, 40))
SCRIPTS = st.lists(WISH, max_size=12)
# More than the quota has room for, of each thing it counts but pods; then others wish.
CROWD = [
    *[("lone_pod", 4, 1.0)] * 4,
    *[("service", number, 0.0) for number in range(3)],
    *[("owned", number, 0.0) for number in range(8)],
]
BUSY = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


class Model:
    """What a client holds that listed once and watched ever since."""

    def __init__(self, cluster: Cluster) -> None:
        self._store = cluster.store
        self.held: dict[tuple[str, Any], Obj] = {}
        for resource in cluster.catalogue.in_namespaces:
            for obj in cluster.store.list(resource, NS):
                self.held[resource, (NS, obj["metadata"]["name"])] = obj
        cluster.listeners.append(self)

    def __call__(self, change: Change) -> None:
        if change.key[0] != NS:
            return
        where = change.resource, change.key
        if change.type == "DELETED":
            del self.held[where]
        else:
            assert (where in self.held) == (change.type == "MODIFIED"), where
            self.held[where] = change.object
        self.quota()

    def quota(self) -> None:
        """Count what the namespace holds, as the quota does, and compare it with its limit."""
        pods = [p for (r, _), p in self.held.items() if r == kinds.PODS and _live(p)]
        count = {
            "pods": len(pods),
            "requests.cpu": sum(_milli_cpu(p) for p in pods),
            "services": sum(r == kinds.SERVICES for r, _ in self.held),
            "configmaps": sum(r == kinds.CONFIGMAPS for r, _ in self.held),
        }
        for what, limit in zoo.HARD.items():
            assert count[what] <= limit, f"{count[what]} {what}"


def _live(pod: Obj) -> bool:
    """A pod that has ended is charged no more.

    Source: kubernetes pkg/quota/v1/evaluator/core/pods.go (QuotaV1Pod).
    """
    return pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")


def _milli_cpu(pod: Obj) -> int:
    asked = (c["resources"]["requests"]["cpu"] for c in pod["spec"]["containers"])
    return sum(parse(cpu) // 1_000_000 for cpu in asked)


@BUSY
@given(seed=st.integers(0, 2**32), script=SCRIPTS)
def test_watch_list_and_model_agree_and_no_quota_is_exceeded(seed: int, script: zoo.Script) -> None:
    cluster = zoo.born(seed)
    model = Model(cluster)
    for _ in zoo.play(cluster, [*CROWD, *script]):
        for resource in cluster.catalogue.in_namespaces:
            held = {key: obj for (r, key), obj in model.held.items() if r == resource}
            listed = {(NS, o["metadata"]["name"]): o for o in cluster.store.list(resource, NS)}
            assert held == listed, resource


@BUSY
@given(seed=st.integers(0, 2**32), script=SCRIPTS)
def test_in_the_end_nothing_outlives_its_owner_and_nobody_asks_for_anything(
    seed: int, script: zoo.Script
) -> None:
    cluster = zoo.born(seed)
    for _ in zoo.play(cluster, script):
        pass
    zoo.settle(cluster)
    alive = {
        obj["metadata"]["uid"]
        for resource in (*cluster.catalogue.in_namespaces, kinds.NAMESPACES, kinds.NODES)
        for obj in cluster.store.list(resource)
    }
    for resource in cluster.catalogue.in_namespaces:
        for obj in cluster.store.list(resource, NS):
            owners = obj["metadata"].get("ownerReferences") or []
            assert not owners or any(o["uid"] in alive for o in owners), obj["metadata"]["name"]
    if cluster.store.get(kinds.NAMESPACES, "", NS) is None:
        for resource in cluster.catalogue.in_namespaces:
            assert not cluster.store.list(resource, NS), resource
    for name, controller in cluster.manager.controllers.items():
        for resource, workload in (*zoo.WORKLOADS, (kinds.JOBS, "once"), (kinds.SERVICES, "web")):
            if controller_of(resource) == name and cluster.store.get(resource, NS, workload):
                plan = controller.reconcile(cluster.now, (NS, workload), cluster.read)
                asked = [action for action in plan.actions if not _stands(cluster, action)]
                assert not asked, f"{name} asks of {workload}: {asked}"


def _stands(cluster: Cluster, action: Any) -> bool:
    """Whether a StatefulSet asks for a pod whose name another one has: it does so for ever."""
    if not isinstance(action, Create):
        return False
    return cluster.store.get(action.resource, NS, action.obj["metadata"]["name"]) is not None


def controller_of(resource: str) -> str:
    names = {
        kinds.RCS: "replicationcontroller",
        kinds.SERVICES: "endpointslice",
        kinds.DEPLOYMENTS: "deployment",
        kinds.STATEFULSETS: "statefulset",
        kinds.DAEMONSETS: "daemonset",
        kinds.JOBS: "job",
    }
    return names[resource]


def test_the_controllers_asked_are_there() -> None:
    asked = {controller_of(resource) for resource, _ in zoo.WORKLOADS}
    assert asked | {"job", "endpointslice"} <= set(zoo.born(1).manager.controllers)


UPDATES = st.lists(
    st.tuples(st.integers(0, 9), st.floats(0, 30), st.booleans()), min_size=1, max_size=6
)


@BUSY
@given(seed=st.integers(0, 2**32), updates=UPDATES, surge=st.integers(0, 3), down=st.integers(0, 3))
def test_a_rollout_never_goes_below_its_minimum(
    seed: int, updates: list[tuple[int, float, bool]], surge: int, down: int
) -> None:
    """However often the template changes, and whether what comes gets ready or not."""
    if surge == down == 0:
        surge = 1
    cluster = zoo.born(seed)
    rolling = {"maxSurge": surge, "maxUnavailable": down}
    zoo.merge(cluster, kinds.DEPLOYMENTS, "web", {"spec": {"strategy": {"rollingUpdate": rolling}}})
    cluster.run_until(cluster.now + 120 * zoo.SECOND)
    seen: list[tuple[int, int]] = []

    def look(change: Change) -> None:
        if change.resource == kinds.PODS and change.key[0] == NS:
            web = [
                p
                for p in cluster.store.list(kinds.PODS, NS)
                if p["metadata"]["labels"].get("app") == "web" and _live(p)
            ]
            staying = [p for p in web if "deletionTimestamp" not in p["metadata"]]
            seen.append((sum(map(_ready, staying)), len(staying)))

    cluster.listeners.append(look)
    for number, seconds, sound in updates:
        port = 8080 if sound else 9999
        probe = {"tcpSocket": {"port": port}, "periodSeconds": 2}
        container = {"name": "c", "image": f"app:{number}", "readinessProbe": probe}
        container["ports"] = [{"containerPort": 8080}]
        template = {"spec": {"containers": [container]}}
        zoo.merge(cluster, kinds.DEPLOYMENTS, "web", {"spec": {"template": template}})
        cluster.run_until(cluster.now + int(seconds * zoo.SECOND))
    cluster.run_until(cluster.now + 60 * zoo.SECOND)
    assert all(ready >= 4 - down and pods <= 4 + surge for ready, pods in seen), seen


def _ready(pod: Obj) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def digest(seed: int, script: zoo.Script, hash_seed: str, resume_after: int) -> str:
    done = subprocess.run(
        [sys.executable, zoo.__file__, str(seed), json.dumps(script), str(resume_after)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_one_seed_one_result_over_all_kinds(seed: int) -> None:
    draw = random.Random(seed)
    names = sorted(set(zoo.WISHES) - {"remove_namespace"})
    script = [(draw.choice(names), draw.randrange(21), draw.random() * 30) for _ in range(40)]
    script.append(("remove_namespace", 9, 5.0))
    plain = digest(seed, script, "0", len(script))
    assert int(plain.split()[1]) > 500
    assert digest(seed, script, "77", len(script)) == plain
    assert digest(seed, script, "5", 19) == plain, "resumed from a snapshot half way"
