"""Changes of a simulated cluster as rows of the form in which recordings keep them."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from ecp.kube import kinds
from ecp.kube.pods import condition
from ecp.sim.store import Change, Obj

Row = dict[str, Any]

_REVISION = "deployment.kubernetes.io/revision"
_DESIRED = "deployment.kubernetes.io/"


def row(change: Change, kind: str, start: int) -> Row:
    """Return the row of *change* of an object of *kind*; `t` in seconds since *start* (ns)."""
    base = {
        "t": round((change.at - start) / 1e9, 3),
        "ev": change.type,
        "kind": kind,
        "name": change.key[1],
        "rv": change.rv,
    }
    if kind not in FORMS:
        return {**base, **_any(change.object)}
    return {**base, **_OF.get(kind, _plain)(change.object)}


def _plain(obj: Obj) -> Row:
    return {"gen": obj["metadata"].get("generation"), "status": obj.get("status") or {}}


def _kept(obj: Obj) -> Row:
    """Return what is known of an object that keeps something: under which keys, not what."""
    meta = obj["metadata"]
    found: Row = {"keys": sorted(obj.get("data") or ())}
    for field in ("type", "secrets", "rules"):
        if obj.get(field):
            found[field] = obj[field]
    found["notes"] = sorted(meta.get("annotations") or ())
    return found


def _any(obj: Obj) -> Row:
    """Return what a recording may have kept of an object of any other kind."""
    meta, status = obj["metadata"], obj.get("status") or {}
    found = {
        **_kept(obj),
        **_plain(obj),
        "phase": status.get("phase"),
        "deleting": "deletionTimestamp" in meta,
    }
    for part, prefix in ((obj.get("spec"), "spec_"), (status, "")):
        found.update({f"{prefix}{k}": v for k, v in (part or {}).items() if k != "conditions"})
    if meta.get("finalizers"):
        found["finalizers"] = list(meta["finalizers"])
    return found


def _conditions(obj: Obj) -> list[list[str]]:
    found = (obj.get("status") or {}).get("conditions") or ()
    return [[c["type"], c["status"], c.get("reason", ""), c.get("message", "")] for c in found]


def _revision(obj: Obj) -> str | None:
    return (obj["metadata"].get("annotations") or {}).get(_REVISION)


def _deployment(obj: Obj) -> Row:
    status = {k: v for k, v in (obj.get("status") or {}).items() if k != "conditions"}
    return {
        "spec": obj["spec"]["replicas"],
        "gen": obj["metadata"]["generation"],
        "status": status,
        "conds": _conditions(obj),
        "rev": _revision(obj),
    }


def _replicaset(obj: Obj) -> Row:
    status = obj.get("status") or {}
    said = obj["metadata"].get("annotations") or {}
    return {
        "spec": obj["spec"]["replicas"],
        "replicas": status.get("replicas", 0),
        "ready": status.get("readyReplicas", 0),
        "available": status.get("availableReplicas", 0),
        "terminating": status.get("terminatingReplicas"),
        "rev": _revision(obj),
        "hash": (obj["metadata"].get("labels") or {}).get("pod-template-hash"),
        "ann": {k.removeprefix(_DESIRED): v for k, v in said.items() if k.startswith(_DESIRED)},
    }


def _event(obj: Obj) -> Row:
    about = obj.get("involvedObject") or obj.get("regarding") or {}
    return {
        "reason": obj["reason"],
        "etype": obj["type"],
        "msg": obj.get("message", obj.get("note", "")),
        "obj": f"{about.get('kind')}/{about.get('name')}",
        "count": obj.get("count"),
        "src": (obj.get("source") or {}).get("component") or obj.get("reportingComponent"),
    }


def _pod(obj: Obj) -> Row:
    meta, status = obj["metadata"], obj.get("status") or {}
    owner = next((o for o in meta.get("ownerReferences") or () if o.get("controller")), None)
    ready = condition(obj, "Ready")
    found: Row = {
        "phase": status.get("phase"),
        "node": obj["spec"].get("nodeName"),
        "ready": None if ready is None else ready["status"],
        "owner": None if owner is None else f"{owner['kind']}/{owner['name']}",
        "deleting": "deletionTimestamp" in meta,
    }
    target = condition(obj, "DisruptionTarget")
    if target is not None:
        found["DisruptionTarget"] = [target["status"], target["reason"], target["message"]]
    scheduled = condition(obj, "PodScheduled")
    if scheduled is not None and scheduled["status"] == "False":
        found["unscheduled"] = scheduled["reason"]
        found["msg"] = scheduled.get("message")
    if status.get("nominatedNodeName"):
        found["nominated"] = status["nominatedNodeName"]
    if meta.get("finalizers"):
        found["finalizers"] = list(meta["finalizers"])
    return found


def _node(obj: Obj) -> Row:
    ready = condition(obj, "Ready")
    spec = obj.get("spec") or {}
    return {
        "taints": [[t["key"], t["effect"]] for t in spec.get("taints") or ()],
        "unschedulable": spec.get("unschedulable"),
        "ready": [] if ready is None else [[ready["status"], ready["reason"], ready["message"]]],
    }


def _slice(obj: Obj) -> Row:
    rows = []
    for one in obj.get("endpoints") or ():
        conditions = one.get("conditions") or {}
        said = {k: conditions.get(k) for k in ("ready", "serving", "terminating")}
        rows.append([(one.get("targetRef") or {}).get("name"), said])
    return {"endpoints": rows, "slice": _packed(obj)}


def _packed(obj: Obj) -> Row:
    """Return what a slice says of all its endpoints together."""
    ports = [[p.get("name"), p.get("port"), p.get("protocol")] for p in obj.get("ports") or ()]
    for_whom: Counter[str] = Counter()
    endpoints = obj.get("endpoints") or ()
    for one in endpoints:
        hints = one.get("hints") or {}
        zones = ["its zone" if row["name"] == one.get("zone") else row["name"]
                 for row in hints.get("forZones") or ()]  # fmt: skip
        nodes = ["its node" if row["name"] == one.get("nodeName") else row["name"]
                 for row in hints.get("forNodes") or ()]  # fmt: skip
        for_whom[", ".join(zones + nodes) or "anybody"] += 1
    labels = obj["metadata"].get("labels") or {}
    return {
        "type": obj.get("addressType"),
        "ports": sorted(ports, key=repr),
        "size": len(endpoints),
        "hosts": sorted(one["hostname"] for one in endpoints if one.get("hostname")),
        "for": dict(sorted(for_whom.items())),
        "labels": dict(sorted(labels.items())),
    }


def _endpoints(obj: Obj) -> Row:
    """Return what an Endpoints object has: per subset how many addresses, and its ports."""
    subsets = [
        [len(one.get("addresses") or ()), len(one.get("notReadyAddresses") or ()),
         sorted([p.get("name"), p.get("port")] for p in one.get("ports") or ())]
        for one in obj.get("subsets") or ()
    ]  # fmt: skip
    meta = obj["metadata"]
    return {
        "subsets": sorted(subsets, key=repr),
        "labels": dict(sorted((meta.get("labels") or {}).items())),
        "over": (meta.get("annotations") or {}).get("endpoints.kubernetes.io/over-capacity"),
    }


def _job(obj: Obj) -> Row:
    spec = obj["spec"]
    found = _plain(obj)
    for field in ("completions", "parallelism", "suspend"):
        if field in spec:
            found[f"spec_{field}"] = spec[field]
    return found


def _sized(obj: Obj) -> Row:
    return {**_plain(obj), "spec_replicas": obj["spec"].get("replicas")}


def _cronjob(obj: Obj) -> Row:
    return {**_plain(obj), "spec_suspend": obj["spec"].get("suspend", False)}


_OF: dict[str, Callable[[Obj], Row]] = {
    "Deployment": _deployment,
    "ReplicaSet": _replicaset,
    "Event": _event,
    "Pod": _pod,
    "Node": _node,
    "EndpointSlice": _slice,
    "Endpoints": _endpoints,
    "Job": _job,
    "StatefulSet": _sized,
    "CronJob": _cronjob,
    "ControllerRevision": lambda obj: {"revision": obj["revision"]},
}

FORMS = frozenset((*_OF, "DaemonSet", "HorizontalPodAutoscaler", "PodDisruptionBudget"))
"""Kinds whose form in recordings is known; rows of others have what their status says."""

KINDS: dict[str, kinds.Kind] = {kind.kind: kind for kind in reversed(kinds.KINDS)}
"""The row of each built-in kind by its name."""
