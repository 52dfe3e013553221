"""Kubelets as the recordings had them: what is bound runs at once, what is deleted is gone.

Annotations say otherwise: on pods `hollow/never-ready`, `hollow/ready-after`,
`hollow/succeed-after`, `hollow/fail-after`, `hollow/stop-after` (seconds), `hollow/exit-code`,
`hollow/fail-indexes` (completion indexes that fail where others succeed), `hollow/end-code` (with
which a deleted one ends, instead of just going), on nodes
`hollow/heartbeat: off` and `hollow/ready: False`. A scenario that says `resumes` had kubelets that
do, when they are back, what they had left undone. They stand in for the product's kubelets.

A scenario that says `metrics` had a metrics API: what the containers of an app's running pods take
is the ConfigMap `usage-APP`'s, {container: "cpu memory"}; `only` says of how many pods, the oldest.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

from ecp.kube import kinds, quantity
from ecp.kube.patch import fieldset
from ecp.kube.patch.apply import Owner
from ecp.kube.pods import condition
from ecp.kube.times import rfc3339
from ecp.sim import clusters
from ecp.sim.access import ALWAYS_ALLOW
from ecp.sim.apiserver import ApiServer
from ecp.sim.cluster import Cluster
from ecp.sim.controllers import controllers
from ecp.sim.controllers.horizontalpodautoscaler import NAME as AUTOSCALER
from ecp.sim.engine.engine import Phase
from ecp.sim.plans import NOTHING, Action, Controller, Delete, Plan, Reader, Update
from ecp.sim.scheduler import controller as scheduler_loop
from ecp.sim.scheduler import load as load_scheduler
from ecp.sim.scheduler.scheduler import Scheduler
from ecp.sim.store import Change, Key, Obj
from ecp.sim.world.usage import Taken
from ecp.sim.world.world import KUBELET, NODE_KUBELET, World

from .guide import Guide, Guided

SECOND = 1_000_000_000
SETTLING = 30 * SECOND
"""How long the cluster lives before a scenario begins (ns)."""


class Pace(NamedTuple):
    """How fast the recorded machine was: the kubelets' reaction (ns), and how many times as long
    as here a controller takes."""

    lag: int = 20_000_000
    times: float = 1.0


ORDINARY = Pace()
_LATENCY = 100_000_000
"""A controller's delay above this (ns) is a period of its own, not the time a sync takes."""

_OVER = ("Succeeded", "Failed")
_SPEC = {
    "name": "recorded",
    "pools": [{"name": "x", "count": 1, "cpu": "1", "memory": "1Gi"}],
    "metricsServer": False,
}


_GIVEN = fieldset.of(
    ("f:metadata", "f:annotations"),
    ("f:metadata", "f:annotations", "f:node.alpha.kubernetes.io/ttl"),
    ("f:metadata", "f:labels", "f:beta.kubernetes.io/arch"),
    ("f:metadata", "f:labels", "f:beta.kubernetes.io/os"),
)
"""What the controllers of a control plane give to a Node."""


class HollowCluster(Cluster):
    """A cluster of the recorded Node objects *nodes*, begun well before *start* (ns)."""

    def __init__(
        self,
        nodes: list[Obj],
        seed: int,
        start: int,
        *,
        mode: str = ALWAYS_ALLOW,
        pace: Pace = ORDINARY,
        guide: Guide | None = None,
        resumes: bool = False,
        metrics: bool = False,
    ) -> None:
        self.given = nodes
        self.meter = _Meter(self) if metrics else None
        self.resumes = resumes
        self.pace = pace
        self.guide = guide
        spec = clusters.check({**_SPEC, "authorizationMode": mode})
        super().__init__(spec, seed, start - SETTLING)
        self._bootstrap()

    def _put_node(self, node: Obj) -> None:
        for given in self.given:
            super()._put_node(_registered(given, self.engine.now))

    def _node_owners(self, node: Obj) -> tuple[Owner, ...]:
        stamp = node["metadata"]["creationTimestamp"]
        manager = Owner("kube-controller-manager", "Update", "v1", stamp, "", _GIVEN)
        return (manager, Owner("kubelet", "Update", "v1", stamp, "", None))

    def _controllers(self) -> list[Controller]:
        kubelets = _Kubelets(self.world, lambda: self.api, self.pace.lag, self.resumes)
        found = [
            *controllers(
                self.chance,
                resources=self._resources,
                usage=None if self.meter is None else self.meter.usage,
            ),
            scheduler_loop(self._scheduler),
        ]
        return [
            *(self._paced(one) for one in found),
            kubelets.of_pods(),
            kubelets.of_nodes(),
            *([] if self.meter is None else [self.meter.controller()]),
        ]

    def _scheduler(self) -> Scheduler:
        if self.guide is None:
            return load_scheduler(self.chance)
        return Guided(self.chance, self.guide)

    def _paced(self, one: Controller) -> Controller:
        if one.delay > _LATENCY:
            return one
        return replace(one, delay=int(one.delay * self.pace.times))


class _Meter:
    """What pods take, as the recorded metrics API said it."""

    def __init__(self, cluster: HollowCluster) -> None:
        self._cluster = cluster
        self._moved: dict[Key, int] = {}  # ConfigMap -> when it was last another

    def controller(self) -> Controller:
        """Return the loop by which autoscalers learn that pods take another amount."""
        return Controller(
            name="meter",
            component="meter",
            watches={kinds.CONFIGMAPS: lambda change, read: (change.key,)},
            reconcile=self._look,
            actor="meter",
        )

    def _look(self, now: int, key: Key, read: Reader) -> Plan:
        self._moved[key] = now
        for hpa in read.list(kinds.HPAS, key[0]):
            self._cluster.manager.touch(AUTOSCALER, (key[0], hpa["metadata"]["name"]))
        return NOTHING

    def usage(self, pod: Key, start: int, end: int) -> tuple[Taken, ...] | None:
        """Return what the containers of a pod take; None where nobody measures it."""
        store, (namespace, name) = self._cluster.store, pod
        found = store.get(kinds.PODS, namespace, name)
        app = _app(found) if found else ""
        table = store.get(kinds.CONFIGMAPS, namespace, f"usage-{app}")
        if found is None or table is None:
            return None
        told = dict(table.get("data") or {})
        same = [
            (one["metadata"]["creationTimestamp"], one["metadata"]["name"])
            for one in store.list(kinds.PODS, namespace)
            if _app(one) == app and (one.get("status") or {}).get("phase") == "Running"
        ]
        only = int(told.pop("only", len(same)))
        if name not in [one for _, one in sorted(same)[:only]]:
            return None
        since = self._moved.get((namespace, f"usage-{app}"), 0)
        names = [one["name"] for one in found["spec"]["containers"] if one["name"] in told]
        return (
            tuple(
                Taken(one, quantity.nano(cpu), quantity.value(memory), start, since)
                for one in names
                for cpu, memory in (told[one].split(),)
            )
            or None
        )


def _app(pod: Obj) -> str:
    return str((pod["metadata"].get("labels") or {}).get("app", ""))


def _registered(given: Obj, now: int) -> Obj:
    """Return a recorded Node as its kubelet registers it."""
    name, stamp = given["metadata"]["name"], rfc3339(now)
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    }
    status = given.get("status") or {}
    spec = {k: v for k, v in (given.get("spec") or {}).items() if v}
    annotations = {"node.alpha.kubernetes.io/ttl": "0"} | (
        given["metadata"].get("annotations") or {}
    )
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            **given["metadata"],
            "labels": {**labels, **(given["metadata"].get("labels") or {})},
            "annotations": annotations,
            "creationTimestamp": stamp,
        },
        "spec": spec,
        "status": {
            **status,
            "allocatable": status.get("allocatable") or status["capacity"],
            "conditions": [*_pressures(stamp), _ready_condition(True, stamp)],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
            "nodeInfo": {**_INFO, **(status.get("nodeInfo") or {})},
        },
    }


_INFO = {
    "machineID": "",
    "systemUUID": "",
    "bootID": "",
    "kernelVersion": "6.1",
    "osImage": "hollow",
    "containerRuntimeVersion": "hollow://1",
    "kubeletVersion": "v1.36.2",
    "kubeProxyVersion": "",
    "operatingSystem": "linux",
    "architecture": "amd64",
}


def _pressures(stamp: str) -> list[Obj]:
    reasons = {
        "MemoryPressure": "KubeletHasSufficientMemory",
        "DiskPressure": "KubeletHasNoDiskPressure",
        "PIDPressure": "KubeletHasSufficientPID",
    }
    return [
        {
            "type": type_,
            "status": "False",
            "lastHeartbeatTime": stamp,
            "lastTransitionTime": stamp,
            "reason": reason,
            "message": "hollow",
        }
        for type_, reason in reasons.items()
    ]


def _ready_condition(ready: bool, stamp: str) -> Obj:
    return {
        "type": "Ready",
        "status": "True" if ready else "False",
        "reason": "KubeletReady" if ready else "KubeletNotReady",
        "message": "hollow",
        "lastHeartbeatTime": stamp,
        "lastTransitionTime": stamp,
    }


class _Kubelets:
    def __init__(self, world: World, api: Callable[[], ApiServer], lag: int, resumes: bool) -> None:
        self._world = world
        self._resumes = resumes
        self._api = api
        self._lag = lag
        self._began: dict[str, int] = {}  # by uid: when the pod began to run
        self._told: dict[str, int] = {}  # by uid: when it was told to go

    def of_pods(self) -> Controller:
        return Controller(
            name=KUBELET,
            component="kubelet",
            watches={kinds.PODS: _bound} | ({kinds.NODES: _on_it} if self._resumes else {}),
            reconcile=self.pod,
            actor=KUBELET,
            delay=self._lag,
            phase=Phase.KUBELET,
        )

    def of_nodes(self) -> Controller:
        return Controller(
            name=NODE_KUBELET,
            component="kubelet",
            watches={kinds.NODES: lambda change, read: (change.key,)},
            reconcile=self.node,
            actor="kubelet",
            delay=self._lag // 4,
            phase=Phase.KUBELET,
        )

    def node(self, now: int, key: Key, read: Reader) -> Plan:
        """Beat and report as the node's annotations say."""
        node = read.get(kinds.NODES, *key)
        if node is None:
            return NOTHING
        said = node["metadata"].get("annotations") or {}
        up = said.get("hollow/heartbeat") != "off"
        self._world.set_node(key[1], up, now)
        if not up:
            return NOTHING
        wanted = said.get("hollow/ready") != "False"
        ready = condition(node, "Ready")
        if ready is not None and ready["status"] == ("True" if wanted else "False"):
            return NOTHING
        status = node.get("status") or {}
        others = [c for c in status.get("conditions") or () if c["type"] != "Ready"]
        new = {**status, "conditions": [*others, _ready_condition(wanted, rfc3339(now))]}
        return Plan((Update(kinds.NODES, {**node, "status": new}, "status"),))

    def pod(self, now: int, key: Key, read: Reader) -> Plan:
        """Start, make ready, end or take away a pod as its annotations say."""
        pod = read.get(kinds.PODS, *key)
        if pod is None or not pod["spec"].get("nodeName"):
            return NOTHING
        if not self._world.node_is_up(pod["spec"]["nodeName"]):
            return NOTHING
        meta = pod["metadata"]
        said = meta.get("annotations") or {}
        if "deletionTimestamp" in meta:
            grace = meta.get("deletionGracePeriodSeconds") or 0
            told = self._told.setdefault(meta["uid"], now)
            gone = told + _after(said, "stop-after", 0)
            if gone > now:
                return Plan(wake_at=gone)
            if grace == 0:
                return NOTHING  # others hold it: it goes when they let go
            going = Delete(kinds.PODS, key, grace=0, uid=meta["uid"])
            if "hollow/end-code" in said and pod["status"].get("phase") not in _OVER:
                return Plan((_said(pod, "Failed", False, now), going))
            return Plan((going,))
        phase = (pod.get("status") or {}).get("phase", "Pending")
        if phase in _OVER:
            return NOTHING
        began = self._began.setdefault(meta["uid"], now)
        for after, end in (("succeed-after", "Succeeded"), ("fail-after", "Failed")):
            if f"hollow/{after}" in said:
                over = began + _after(said, after, 0)
                if over <= now:
                    return Plan((_said(pod, _end_of(said, end), False, now),))
                return Plan(self._running(pod, True, now), wake_at=over)
        ready_at = began + _after(said, "ready-after", 0)
        if said.get("hollow/never-ready") == "true":
            return Plan(self._running(pod, False, now))
        if ready_at > now:
            return Plan(self._running(pod, False, now), wake_at=ready_at)
        return Plan(self._running(pod, True, now))

    def _running(self, pod: Obj, ready: bool, now: int) -> tuple[Action, ...]:
        known = condition(pod, "Ready")
        running = (pod.get("status") or {}).get("phase") == "Running"
        if running and known is not None and (known["status"] == "True" or not ready):
            return ()  # readiness is reported when it changes; a control plane's own word stands
        return (_said(pod, "Running", ready, now),)


def _end_of(said: dict[str, str], end: str) -> str:
    """Return the phase a pod ends in: of an Indexed Job some indexes may be told to fail."""
    index = said.get("batch.kubernetes.io/job-completion-index")
    fails = index in said.get("hollow/fail-indexes", "").split(",")
    return "Failed" if index is not None and fails else end


def _after(said: dict[str, str], what: str, default: float) -> int:
    return int(float(said.get(f"hollow/{what}") or default) * SECOND)


def _said(pod: Obj, phase: str, ready: bool, now: int) -> Update:
    """Return the write of a pod's status as its kubelet reports it."""
    stamp = rfc3339(now)
    status = pod.get("status") or {}
    kept = [
        c
        for c in status.get("conditions") or ()
        if c["type"] not in ("PodReadyToStartContainers", "Ready", "ContainersReady", "Initialized")
    ]
    value = "True" if ready else "False"
    over = phase in _OVER
    known = condition(pod, "Ready")
    since = known["lastTransitionTime"] if known and known["status"] == value else stamp
    reason = {"reason": "PodCompleted" if phase == "Succeeded" else "PodFailed"} if over else {}
    conditions = [
        _condition("PodReadyToStartContainers", "False" if over else "True", stamp),
        _condition("Initialized", "True", stamp),
        {**_condition("Ready", value, since), **reason},
        {**_condition("ContainersReady", value, since), **reason},
        *kept,
    ]
    state: dict[str, Any] = {"running": {"startedAt": stamp}}
    if phase in _OVER:
        said = pod["metadata"].get("annotations") or {}
        note = "hollow/end-code" if "deletionTimestamp" in pod["metadata"] else "hollow/exit-code"
        code = 0 if phase == "Succeeded" else int(said.get(note, "1"))
        reason = "Error" if code else "Completed"
        ended = {"exitCode": code, "reason": reason, "finishedAt": stamp, "startedAt": stamp}
        state = {"terminated": ended}
    containers = [
        {
            "name": one["name"],
            "image": one["image"],
            "imageID": f"hollow://{one['image']}",
            "containerID": f"hollow://{sha256(pod['metadata']['uid'].encode()).hexdigest()}",
            "restartCount": 0,
            "ready": ready,
            "started": phase == "Running",
            "state": state,
            "lastState": {},
        }
        for one in pod["spec"]["containers"]
    ]
    number = int(sha256(pod["metadata"]["uid"].encode()).hexdigest()[:6], 16) % (250 * 250)
    address = f"10.244.{number // 250 + 1}.{number % 250 + 1}"
    new = {
        **status,
        "phase": phase,
        "conditions": conditions,
        "containerStatuses": containers,
        "startTime": status.get("startTime") or stamp,
        "hostIP": "192.0.2.1",
        "hostIPs": [{"ip": "192.0.2.1"}],
        "podIP": address,
        "podIPs": [{"ip": address}],
    }
    return Update(kinds.PODS, {**pod, "status": new}, "status")


def _condition(type_: str, status: str, since: str) -> Obj:
    return {
        "type": type_,
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": since,
    }


def _bound(change: Change, read: Reader) -> Iterable[Key]:
    return (change.key,) if change.object["spec"].get("nodeName") else ()


def _on_it(change: Change, read: Reader) -> Iterable[Key]:
    """What a kubelet did not begin or end while it was away."""
    for pod in read.on_node(change.key[1]):
        going = "deletionTimestamp" in pod["metadata"]
        if going or (pod.get("status") or {}).get("phase", "Pending") == "Pending":
            yield pod["metadata"]["namespace"], pod["metadata"]["name"]
