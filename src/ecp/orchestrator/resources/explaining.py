"""Why an object does not stand well, in words: what its pods wait for, what Events say. Pure.

The causes are those of a start-up (`ecp.rehearsal.troubles`); a pod by itself has words of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ecp.kube.health import Health
from ecp.kube.kinds import BUILT_IN, EVENTS, PODS, PVCS
from ecp.kube.volumes import uses
from ecp.orchestrator.records import Obj
from ecp.orchestrator.resources.model import Node
from ecp.rehearsal import claims, troubles
from ecp.rehearsal.bundle import Ref
from ecp.texts import Language, text

_WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")
_SLOW = "slow"


class Why(NamedTuple):
    """A cause in words, and what to do about it ("" = nothing is known)."""

    text: str
    remedy: str


class Seen:
    """Objects as who looks for causes reads them; of Events those of the objects in question."""

    def __init__(self, objects: Iterable[Obj]) -> None:
        self._rows: dict[str, list[Obj]] = {}
        self._named: dict[tuple[str, str, str], Obj] = {}
        self._owned: dict[tuple[str, str], list[Obj]] = {}
        self._events: dict[str, list[Obj]] = {}
        self._about: Sequence[str] = ()
        for obj in objects:
            row = BUILT_IN.by_gvk.get((obj["apiVersion"], obj["kind"]))
            if row is None:
                continue
            meta = obj["metadata"]
            if obj["kind"] == "Event":
                uid = (obj.get("involvedObject") or {}).get("uid", "")
                self._events.setdefault(uid, []).append(obj)
                continue
            self._rows.setdefault(row.resource, []).append(obj)
            self._named[row.resource, meta.get("namespace", ""), meta["name"]] = obj
            for owner in meta.get("ownerReferences") or ():
                self._owned.setdefault((owner["uid"], row.resource), []).append(obj)

    def get(self, resource: str, namespace: str, name: str) -> Obj | None:
        return self._named.get((resource, namespace, name))

    def list(self, resource: str, namespace: str | None = None) -> Sequence[Obj]:
        if resource != EVENTS:
            return self._rows.get(resource, ())
        # In the order in which they were last seen: the newest has the last word.
        rows = [event for uid in self._about for event in self._events.get(uid, ())]
        return sorted(rows, key=lambda event: str(event.get("lastTimestamp") or ""))

    def owned(self, uid: str, resource: str) -> Sequence[Obj]:
        return self._owned.get((uid, resource), ())

    def near(self, uids: Sequence[str]) -> Any:
        """Return the same with the Events of some objects. Of a reader of the cluster no more is
        asked here."""
        near = object.__new__(Seen)
        near._rows, near._named, near._owned = self._rows, self._named, self._owned
        near._events, near._about = self._events, uids
        return near

    def about(self, pods: Iterable[Obj]) -> Any:
        """Return the same with the Events of pods and of the claims that they use."""
        uids = []
        for pod in pods:
            uids.append(pod["metadata"]["uid"])
            for use in uses(pod):
                claim = self.get(PVCS, pod["metadata"]["namespace"], use.claim)
                uids += [] if claim is None else [claim["metadata"]["uid"]]
        return self.near(uids)


def said(health: Health | None, language: Language) -> str:
    """Return what a state's reason is, in words; "" where there is nothing to say."""
    if health is None or not health.why:
        return ""
    return text(f"resources.health.{health.why}", language, **health.values)


def reason(node: Node, obj: Obj | None, seen: Seen, language: Language) -> str:
    """Return why a node stands so: of a pod what it waits for, else what its status says."""
    if node.kind == "Pod" and obj is not None and node.problem:
        found = _of_pod(obj, seen)
        if found is not None:
            return troubles.of_pod_text(found, language)
    return said(node.health, language)


def _of_pod(pod: Obj, seen: Seen) -> troubles.Trouble | None:
    meta = pod["metadata"]
    ref = Ref(PODS, meta["namespace"], meta["name"])
    found = troubles.of_workload(seen.about([pod]), ref)
    return found[0] if found and found[0].cause not in (_SLOW, "gone") else None


def why(node: Node, obj: Obj | None, seen: Seen, language: Language) -> list[Why]:
    """Return the causes for which an object does not stand well, the first one first."""
    if not node.problem or node.health is None:
        return []
    found: list[Why] = []
    if obj is not None and node.kind == "Pod":
        trouble = _of_pod(obj, seen)
        if trouble is not None:
            remedy = troubles.remedy_text(trouble, language)
            return [Why(troubles.of_pod_text(trouble, language), remedy)]
    elif obj is not None and node.kind in _WORKLOADS:
        resource = BUILT_IN.by_gvk[node.api_version, node.kind].resource
        ref = Ref(resource, node.namespace, node.name)
        reader = seen.about(troubles.pods_of(seen.near(()), ref))
        found = [
            Why(troubles.cause_text(one, language), troubles.remedy_text(one, language))
            for one in troubles.of_workload(reader, ref)
            if one.cause != _SLOW
        ]
    elif obj is not None and node.kind == "PersistentVolumeClaim":
        told = claims.said_of(seen.near([obj["metadata"]["uid"]]), obj)
        found = [Why(told, "")] if told else []
    if found:
        return found
    words = said(node.health, language)
    return [Why(words, "")] if words else []


def event_json(event: Obj) -> dict[str, Any]:
    """Return an Event as it is shown; `at` is when it was last seen."""
    series: Mapping[str, Any] = event.get("series") or {}
    first = event.get("firstTimestamp") or event.get("eventTime")
    last = series.get("lastObservedTime") or event.get("lastTimestamp") or first
    source = event.get("source") or {}
    return {
        "at": last or event["metadata"].get("creationTimestamp"),
        "first_at": first,
        "type": event.get("type", "Normal"),
        "reason": event.get("reason", ""),
        "message": event.get("message", ""),
        "count": series.get("count") or event.get("count") or 1,
        "source": source.get("component") or event.get("reportingComponent") or "",
    }
