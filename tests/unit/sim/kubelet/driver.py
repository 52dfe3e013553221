"""A node to play with: a real store, a world and a kubelet, and a clock that jumps.

`Node.run(seconds)` lets time pass the way a cluster does: the loop is called when it asked to be
and when something it watches changed.
"""

from typing import Any

from ecp.kube import kinds
from ecp.sim.engine.chance import Chance
from ecp.sim.kubelet import kubelets, node_object
from ecp.sim.plans import Controller, Remove, Update
from ecp.sim.store import Change, Store
from ecp.sim.world import World

SECOND = 1_000_000_000
START = 1_767_571_200 * SECOND


class Row:
    name, address, cpu, memory, storage = "n1", "192.168.0.1", "8", "32Gi", "100Gi"
    pods, gpus, zone, region, pod_cidr = 110, 0, "z1", "r1", "10.1.0.0/24"
    labels: dict[str, str] = {}  # noqa: RUF012
    taints: tuple[Any, ...] = ()
    version = "v1.36.2"
    devices: dict[str, int] = {}  # noqa: RUF012


class Node:
    """One node, its kubelet and the objects about it; `log` holds (seconds, event text)."""

    def __init__(self, seed: int = 7) -> None:
        self.now = START
        self.store = Store()
        self.chance = Chance(seed)
        self.world = World(self.chance)
        self.world.touch = self._touch
        self.loops = {loop.name: loop for loop in kubelets(self.chance, self.world)}
        self.dirty: dict[tuple[str, tuple[str, str]], None] = {}
        self.wakes: dict[tuple[str, tuple[str, str]], int] = {}
        self.log: list[tuple[float, str, str]] = []
        self.statuses: list[tuple[float, dict[str, Any]]] = []
        self.writes = 0
        self.put(kinds.NODES, node_object(Row, START))

    # the Reader
    def get(self, resource: str, namespace: str, name: str) -> Any:
        return self.store.get(resource, namespace, name)

    def list(self, resource: str, namespace: str | None = None) -> Any:
        return self.store.list(resource, namespace)

    def owned(self, uid: str, resource: str) -> Any:
        return self.store.owned(uid, resource)

    def orphans(self, resource: str, namespace: str) -> Any:
        return self.store.orphans(resource, namespace)

    def labelled(self, resource: str, namespace: str, label: tuple[str, str]) -> Any:
        return self.store.labelled(resource, namespace, label)

    def on_node(self, node: str) -> Any:
        return self.store.on_node(node)

    def heartbeat(self, node: str) -> int | None:
        return self.world.heartbeat(node, self.now)

    # writing
    def put(self, resource: str, obj: Any, actor: str = "test") -> None:
        meta = obj["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        self._seen(self.store.put(resource, key, obj, (), at=self.now, cause="", actor=actor))

    def remove(self, resource: str, namespace: str, name: str, actor: str = "test") -> None:
        self._seen(
            self.store.delete(resource, (namespace, name), at=self.now, cause="", actor=actor)
        )

    def pod(
        self,
        name: str = "p",
        *containers: dict[str, Any],
        annotations: Any = None,
        qos: str = "BestEffort",
        **spec: Any,
    ) -> None:
        """Put a bound pod of the given containers (default: one nginx that needs no pull)."""
        rows = [
            {"name": "c", "image": "app:1", "ports": [{"containerPort": 8080}], **container}
            for container in (containers or ({},))
        ]
        self.put(
            kinds.PODS,
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": name,
                    "namespace": "d",
                    "uid": f"uid-{name}-{self.store.version}",
                    "generation": 1,
                    **({"annotations": annotations} if annotations else {}),
                },
                "spec": {
                    "nodeName": "n1",
                    "restartPolicy": "Always",
                    "containers": rows,
                    "terminationGracePeriodSeconds": 30,
                    **spec,
                },
                "status": {"phase": "Pending", "qosClass": qos},
            },
        )

    def delete(self, name: str = "p", grace: int = 30) -> None:
        pod = self.get(kinds.PODS, "d", name)
        meta = {
            **pod["metadata"],
            "deletionTimestamp": "2026-01-05T00:00:00Z",
            "deletionGracePeriodSeconds": grace,
        }
        self.put(kinds.PODS, {**pod, "metadata": meta})

    def cached(self, *images: str) -> None:
        """Let images lie on the node's disk."""
        for image in images:
            self.world.node("n1").images[image] = self.now

    # time
    def run(self, seconds: float) -> "Node":
        self.until(self.now + int(seconds * SECOND))
        return self

    def until(self, end: int) -> None:
        self._sync()
        while self.wakes:
            (name, key), at = min(self.wakes.items(), key=lambda item: item[1])
            if at > end:
                break
            del self.wakes[name, key]
            self.now = max(self.now, at)
            self._reconcile(self.loops[name], key)
            self._sync()
        self.now = max(self.now, end)

    # seeing
    def status(self, name: str = "p") -> Any:
        return self.get(kinds.PODS, "d", name)["status"]

    def container(self, name: str = "p", index: int = 0) -> Any:
        return self.status(name)["containerStatuses"][index]

    def condition(self, kind: str, name: str = "p") -> Any:
        return next(c for c in self.status(name)["conditions"] if c["type"] == kind)

    def ready(self, name: str = "p") -> bool:
        return bool(self.condition("Ready", name)["status"] == "True")

    def events(self, *reasons: str) -> Any:
        return [text for _, reason, text in self.log if not reasons or reason in reasons]

    def when(self, reason: str) -> Any:
        """Seconds since the start at which events of a reason happened."""
        return [at for at, name, _ in self.log if name == reason]

    def record(self, name: str = "p") -> Any:
        return self.world.pod(("d", name))

    # the cluster's part
    def _touch(self, name: str, key: tuple[str, str]) -> None:
        self.dirty[name, key] = None

    def _seen(self, change: Change) -> None:
        for loop in self.loops.values():
            keys = loop.watches.get(change.resource)
            for key in keys(change, self) if keys else ():
                self.dirty[loop.name, key] = None

    def _sync(self) -> None:
        while self.dirty:
            marked, self.dirty = self.dirty, {}
            for name, key in marked:
                self._reconcile(self.loops[name], key)

    def _reconcile(self, loop: Controller, key: tuple[str, str]) -> None:
        plan = loop.reconcile(self.now, key, self)
        since = (self.now - START) / SECOND
        for action in plan.actions:
            if isinstance(action, Update):
                assert action.subresource == "status"
                self.writes += 1
                if action.resource == kinds.PODS:
                    self.statuses.append((since, action.obj["status"]))
                self.put(action.resource, action.obj, loop.actor)
            else:
                assert isinstance(action, Remove)
                self.remove(action.resource, *action.key, loop.actor)
        for event in plan.events:
            self.log.append((since, event.reason, event.message))
        self.wakes.pop((loop.name, key), None)
        if plan.wake_at is not None:
            assert plan.wake_at > self.now
            self.wakes[loop.name, key] = plan.wake_at
