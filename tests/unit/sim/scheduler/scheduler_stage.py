"""A store, the scheduler's control loop, and nothing else: plans are carried out by hand."""

from collections.abc import Mapping
from typing import Any

from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Bind, Controller, Delete, EventNote, Plan, Update
from ecp.sim.scheduler import controller
from ecp.sim.scheduler.scheduler import Scheduler
from ecp.sim.store import Change, Key, Obj, Store

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND


class Stage:
    """`read` is the store itself; `events` are all notes so far, as (reason, name, message)."""

    def __init__(self, seed: int = 1) -> None:
        self.store = Store()
        self.now = START
        self.scheduler = Scheduler(Chance(seed))
        self.loop: Controller = controller(lambda: self.scheduler)
        self.dirty = False
        self.wake_at: int | None = None
        self.events: list[tuple[str, str, str]] = []
        self.binds: list[tuple[str, str]] = []
        self.plans: list[Plan] = []
        # It would come up with the first pod that waits; tests ask it before.
        self.loop.reconcile(self.now, ("", ""), self)

    # -- Reader -------------------------------------------------------------------------------

    def get(self, resource: str, namespace: str, name: str) -> Obj | None:
        return self.store.get(resource, namespace, name)

    def list(self, resource: str, namespace: str | None = None) -> list[Obj]:
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
        return None

    # -- writing ------------------------------------------------------------------------------

    def put(self, resource: str, obj: Obj) -> Change:
        meta = obj["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        return self._told(
            self.store.put(resource, key, obj, (), at=self.now, cause="test", actor="test")
        )

    def delete(self, resource: str, key: Key) -> Change:
        return self._told(self.store.delete(resource, key, at=self.now, cause="test", actor="test"))

    def _told(self, change: Change) -> Change:
        keys = self.loop.watches.get(change.resource)
        if keys is not None and list(keys(change, self)):
            self.dirty = True
        return change

    def pod(self, name: str, spec: Mapping[str, Any] | None = None, **meta: Any) -> Obj:
        """Create a pod with one container that asks for 100m and 64Mi unless *spec* differs."""
        return self.put("pods", pod_object(name, spec, self.now, **meta)).object

    # -- running ------------------------------------------------------------------------------

    def settle(self, at: int | None = None) -> None:
        """Run cycles until nothing is dirty, at one instant."""
        if at is not None:
            self.now = at
            self.dirty = self.dirty or (self.wake_at is not None and self.wake_at <= at)
        for _ in range(100):
            if not self.dirty:
                return
            self.dirty = False
            self.carry_out(self.loop.reconcile(self.now, ("", ""), self))
        raise AssertionError("the scheduler does not come to rest")

    def carry_out(self, plan: Plan) -> None:
        self.plans.append(plan)
        self.wake_at = plan.wake_at
        for action in plan.actions:
            if isinstance(action, Bind):
                self.binds.append((action.key[1], action.node))
                pod = self.store.get("pods", *action.key)
                assert pod is not None
                self.put("pods", {**pod, "spec": {**pod["spec"], "nodeName": action.node}})
            elif isinstance(action, Update):
                self.put(action.resource, action.obj)
            elif isinstance(action, Delete):
                # Whoever must go is gone at once.
                self.delete(action.resource, action.key)
            else:
                raise AssertionError(action)
        self.events += [note_of(note) for note in plan.events]

    def placement(self) -> dict[str, int]:
        """Return the number of pods by node; "(pending)" for those without."""
        found: dict[str, int] = {}
        for pod in self.store.list("pods"):
            node = pod["spec"].get("nodeName") or "(pending)"
            found[node] = found.get(node, 0) + 1
        return found

    def node_of(self, name: str, namespace: str = "default") -> str | None:
        pod = self.store.get("pods", namespace, name)
        assert pod is not None
        return pod["spec"].get("nodeName")

    def messages(self, reason: str = "FailedScheduling") -> Any:
        return [message for kind, _, message in self.events if kind == reason]


def note_of(note: EventNote) -> tuple[str, str, str]:
    return note.reason, note.regarding["metadata"]["name"], note.message


def pod_object(
    name: str, spec: Mapping[str, Any] | None = None, now: int = START, **meta: Any
) -> Obj:
    container = {
        "name": "c",
        "image": "x:1",
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": f"uid-{name}",
            "creationTimestamp": "2027-01-15T08:00:00Z",
            **meta,
        },
        "spec": {"schedulerName": "default-scheduler", "containers": [container], **(spec or {})},
        "status": {"phase": "Pending"},
    }


def node_object(
    name: str,
    zone: str | None = None,
    *,
    capacity: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    taints: Any = (),
    **spec: Any,
) -> Obj:
    found = {"kubernetes.io/hostname": name, **(labels or {})}
    if zone is not None:
        found["topology.kubernetes.io/zone"] = zone
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": found},
        "spec": {"taints": list(taints), **spec},
        "status": {"capacity": dict(capacity or {"cpu": "4", "memory": "8Gi", "pods": "110"})},
    }
