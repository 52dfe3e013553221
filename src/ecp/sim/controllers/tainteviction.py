"""The taint eviction controller: NoExecute taints delete pods when their tolerance is used up.

Source: kubernetes pkg/controller/tainteviction/taint_eviction.go, timed_workers.go (1.36).

When an eviction is due is a fact of this controller alone, as in the real one: it is kept here, and
written down in snapshots. Once it is set, other taints and tolerations do not move it: a taint that
is not tolerated evicts at once instead, and who tolerates all for ever is let be.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ecp.kube.kinds import NODES, PODS
from ecp.kube.pods import with_condition
from ecp.sim.plans import NOTHING, Action, Controller, Delete, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED, STATUS

SECOND = 1_000_000_000


def _no_execute(node: Obj | None) -> list[Obj]:
    taints = (node or {}).get("spec", {}).get("taints") or ()
    return [taint for taint in taints if taint["effect"] == "NoExecute"]


def tolerates(toleration: Obj, taint: Obj) -> bool:
    """Whether *toleration* matches *taint*. Source: component-helpers ToleratesTaint."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    operator = toleration.get("operator") or "Equal"
    if operator == "Exists":
        return True
    return bool(
        operator == "Equal"
        and toleration.get("key")
        and toleration.get("value", "") == taint.get("value", "")
    )


def tolerance(taints: Sequence[Obj], tolerations: Sequence[Obj]) -> int | None:
    """Return how long a pod may stay (ns), None for ever, -1 where a taint is not tolerated.

    Each taint needs a toleration; of those that match, the shortest counts.
    """
    used: list[Obj] = []
    for taint in taints:
        match = next((t for t in tolerations if tolerates(t, taint)), None)
        if match is None:
            return -1
        used.append(match)
    seconds = [t["tolerationSeconds"] for t in used if t.get("tolerationSeconds") is not None]
    return max(0, min(seconds)) * SECOND if seconds else None


class TaintEviction:
    """The control loop over pods of tainted nodes."""

    def __init__(self) -> None:
        self._due: dict[Key, int] = {}  # pod -> when its eviction is due (ns)

    # what wakes it

    def of_node(self, change: Change, read: Reader) -> Iterable[Key]:
        """All pods of a node whose NoExecute taints changed."""
        old, new = _no_execute(change.old), _no_execute(change.object)
        if old == new or change.type == DELETED:
            return ()
        return [_key(pod) for pod in read.on_node(change.key[1])]

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """A pod that came to a tainted node, changed its tolerations there, or is gone."""
        if change.type == DELETED:
            return (change.key,) if change.key in self._due else ()
        spec = change.object["spec"]
        old = change.old["spec"] if change.old is not None else {}
        node = spec.get("nodeName")
        if old is spec or not node:
            return ()
        if old.get("nodeName") == node and old.get("tolerations") == spec.get("tolerations"):
            return ()
        return (change.key,) if _no_execute(read.get(NODES, "", node)) else ()

    # reconcile

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Begin, cancel or carry out the eviction of one pod."""
        pod = read.get(PODS, *key)
        if pod is None:
            gone = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"namespace": key[0], "name": key[1]},
            }
            return self._cancel(key, gone)
        taints = _no_execute(read.get(NODES, "", pod["spec"].get("nodeName") or ""))
        stay = tolerance(taints, pod["spec"].get("tolerations") or ()) if taints else None
        if stay is None:
            return self._cancel(key, pod)
        if stay < 0:
            cancelled = self._cancel(key, pod)
            plan = _eviction(now, key, pod)
            return plan._replace(events=(*cancelled.events, *plan.events))
        due = self._due.setdefault(key, now + stay)
        if due > now:
            return Plan(wake_at=due)
        del self._due[key]
        return _eviction(now, key, pod)

    def _cancel(self, key: Key, pod: Obj) -> Plan:
        if self._due.pop(key, None) is None:
            return NOTHING
        text = f"Cancelling deletion of Pod {key[0]}/{key[1]}"
        return Plan(events=(EventNote(pod, "Normal", "TaintManagerEviction", text),))

    # state

    def snapshot(self) -> dict[str, Any]:
        """Return [namespace, name, instant] of each eviction that is due."""
        return {"due": [[*key, due] for key, due in self._due.items()]}

    def restore(self, state: Any) -> None:
        """Take over a snapshot; an older one, a list, does not say when: it begins anew."""
        rows = state["due"] if isinstance(state, dict) else ()
        self._due = {(namespace, name): due for namespace, name, due in rows}


def _key(pod: Obj) -> Key:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def _eviction(now: int, key: Key, pod: Obj) -> Plan:
    text = f"Marking for deletion Pod {key[0]}/{key[1]}"
    marked = with_condition(
        pod,
        "DisruptionTarget",
        "True",
        now,
        reason="DeletionByTaintManager",
        message="Taint manager: deleting due to NoExecute taint",
    )
    actions: list[Action] = [] if marked is pod else [Update(PODS, marked, "status")]
    actions.append(Delete(PODS, key, uid=pod["metadata"]["uid"]))
    return Plan(tuple(actions), (EventNote(pod, "Normal", "TaintManagerEviction", text),))


def controller() -> Controller:
    """Return the taint eviction controller."""
    loop = TaintEviction()
    return Controller(
        name="taint-eviction",
        component="taint-eviction-controller",
        watches={NODES: loop.of_node, PODS: loop.of_pod},
        deaf={PODS: STATUS},
        reconcile=loop.reconcile,
        snapshot=loop.snapshot,
        restore=loop.restore,
    )
