"""A tenant's live objects as nodes: whose they are, how they stand, of which release. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from ecp.kube import health
from ecp.kube.health import Health, State
from ecp.kube.hiding import LAST_APPLIED, without_secrets
from ecp.orchestrator.records import Obj, Ref
from ecp.orchestrator.resources import drift
from ecp.orchestrator.resources.linking import NODE, Key, Link, Linked, key_of, links

KINDS: Final = (
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "ReplicationController"),
    ("v1", "ResourceQuota"),
    ("v1", "LimitRange"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("v1", "Event"),
)
"""What is listed of a namespace, beside the kinds that its release has."""
BARE: Final = ("Secret",)
"""Kinds of which only the metadata is read: no value leaves the cluster."""
NARROWED: Final = {"Event": "type=Warning"}
"""Kinds of which not all is listed, and the field selector."""
_MADE_BY_CLUSTER: Final = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
_META: Final = (
    "name", "namespace", "uid", "labels", "annotations", "creationTimestamp", "deletionTimestamp",
    "finalizers", "generation", "ownerReferences",
)  # fmt: skip
_OF_CONTAINER: Final = ("name", "image", "resources", "envFrom", "restartPolicy")
_OF_STATUS: Final = ("name", "image", "ready", "restartCount", "state", "lastState")
Sync = Literal["released", "changed", "extra", "cluster"]


class Node(NamedTuple):
    """An object, live or missing (`uid` None).

    owner    uid of its controller, None for one that nobody owns
    health   None for a kind that cannot stand well or badly
    sync     released: as the release has it; changed since; extra: in no release; cluster: made by
             the cluster itself
    changed  paths that differ from the release
    parts    ready and wanted pods, containers or endpoints
    problem  something to be looked at
    """

    id: str
    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str | None
    owner: str | None
    labels: Mapping[str, str]
    created: str | None
    health: Health | None
    sync: Sync
    changed: Sequence[str] = ()
    parts: tuple[int, int] | None = None
    restarts: int | None = None
    node: str | None = None
    problem: bool = False


class Made(NamedTuple):
    """What was made of an object; it holds for as long as the object and its wish are the same."""

    obj: Obj
    wished: Obj | None
    scaled: bool
    node: Node


class Led(NamedTuple):
    """A pod's links by ids."""

    of: Linked
    edges: Sequence[tuple[str, str, str]]


class Drawn(NamedTuple):
    """Nodes in their order, and links between their ids: (source, target, type).

    made, linked, led, ends  what the next drawing takes over where it is given this one: what was
        made of objects, whither pods lead by name and by id, and the ids of all that is no pod
    """

    nodes: Sequence[Node]
    edges: Sequence[tuple[str, str, str]]
    objects: Mapping[str, Obj]
    made: Mapping[Key, Made] = {}
    linked: Mapping[Key, Linked] = {}
    led: Mapping[Key, Led] = {}
    ends: Mapping[Key, str] = {}


_NOTHING: Final = Drawn((), (), {})


def condensed(obj: Obj) -> Obj:
    """Return what is kept of an object that was listed: of many pods, little."""
    meta, kind = obj["metadata"], obj["kind"]
    names = (*_META, "managedFields") if kind in BARE else _META
    kept = {**obj, "metadata": {name: meta[name] for name in names if name in meta}}
    if kind == "Pod":
        kept["spec"], kept["status"] = _pod_spec(obj["spec"]), _pod_status(obj.get("status") or {})
    elif kind == "ReplicaSet":
        kept["spec"] = {"replicas": obj["spec"].get("replicas", 1)}
    return kept


def _pod_spec(spec: Obj) -> Obj:
    def container(row: Obj) -> Obj:
        kept: Obj = {name: row[name] for name in _OF_CONTAINER if name in row}
        kept["env"] = [one for one in row.get("env") or () if "valueFrom" in one]
        return kept

    names = ("nodeName", "nodeSelector", "restartPolicy", "serviceAccountName", "volumes",
             "imagePullSecrets")  # fmt: skip
    kept = {name: spec[name] for name in names if name in spec}
    for field in ("containers", "initContainers"):
        if spec.get(field):
            kept[field] = [container(row) for row in spec[field]]
    return kept


def _pod_status(status: Obj) -> Obj:
    names = ("phase", "message", "reason", "conditions")
    kept = {name: status[name] for name in names if name in status}
    for field in ("containerStatuses", "initContainerStatuses"):
        if status.get(field):
            kept[field] = [
                {name: row[name] for name in _OF_STATUS if name in row} for row in status[field]
            ]
    return kept


# -- nodes ----------------------------------------------------------------------------------------


def drawn(
    objects: Sequence[Obj],
    wished: Sequence[Obj],
    machines: Sequence[Obj],
    home: str,
    before: Drawn = _NOTHING,
) -> Drawn:
    """Return live objects and those of the release that are missing, with what links them.

    *wished*: the objects that were applied; *machines*: the cluster's Nodes, of which those are
    shown on which pods run; *home*: the namespace of objects that name none; *before*: what was
    drawn a moment ago, of which that is taken over whose objects are the same ones.
    """
    live = {key_of(obj): obj for obj in objects if obj["kind"] != "Event"}
    placed = [_placed(obj, home) for obj in wished]
    asked = {key_of(obj): obj for obj in placed}
    used = {(pod.get("spec") or {}).get("nodeName") for pod in live.values()}
    live |= {key_of(node): node for node in machines if node["metadata"]["name"] in used}
    tops = _tops(live)
    found, linked = links(live, tops, before.linked)
    scaled = {link.target for link in found if link.type == "scales"}
    made = {
        key: _made(obj, asked.get(key), key in scaled, before.made.get(key))
        for key, obj in live.items()
    }
    nodes = {key: one.node for key, one in made.items()}
    nodes |= {key: _missing(obj) for key, obj in asked.items() if key not in live}
    nodes = _with_endpoints(nodes, found)
    nodes = _with_problems(nodes)
    ids = {key: node.id for key, node in nodes.items()}
    ends = {key: name for key, name in ids.items() if key[0] != "Pod"}
    led = _led(linked, ids, before.led if ends == before.ends else {})
    edges = [edge for one in led.values() for edge in one.edges]
    edges += _by_ids(found, ids)
    shown = {ids[key]: obj for key, obj in live.items()}
    return Drawn(list(nodes.values()), edges, shown, made, linked, led, ends)


def _led(
    linked: Mapping[Key, Linked], ids: Mapping[Key, str], before: Mapping[Key, Led]
) -> dict[Key, Led]:
    found = {}
    for key, one in linked.items():
        known = before.get(key)
        same = known is not None and known.of is one
        found[key] = known if known and same else Led(one, _by_ids(one.links, ids))
    return found


def _by_ids(links: Iterable[Link], ids: Mapping[Key, str]) -> list[tuple[str, str, str]]:
    return [
        (ids[source], ids[target], word)
        for source, target, word in links
        if source in ids and target in ids
    ]


def _made(obj: Obj, wished: Obj | None, scaled: bool, before: Made | None) -> Made:
    if (
        before is not None
        and before.obj is obj
        and before.scaled == scaled
        and (before.wished is wished or before.wished == wished)
    ):
        return before
    return Made(obj, wished, scaled, _node(obj, wished, scaled=scaled))


def _placed(obj: Obj, home: str) -> Obj:
    meta = obj["metadata"]
    if meta.get("namespace") or obj["kind"] == "Namespace":
        return obj
    return {**obj, "metadata": {**meta, "namespace": home}}


def _tops(live: Mapping[Key, Obj]) -> dict[Key, Key]:
    """Return for each pod the object at the top of those that own it."""
    by_uid = {obj["metadata"].get("uid"): key for key, obj in live.items() if key[0] != "Pod"}
    above: dict[str | None, Key | None] = {None: None}

    def top(uid: str | None) -> Key | None:
        """Return what stands above all that an owner has; of those in a circle, one."""
        if uid not in above:
            at = above[uid] = by_uid.get(uid)
            if at is not None:
                above[uid] = top(_owner(live[at])) or at
        return above[uid]

    return {key: top(_owner(obj)) or key for key, obj in live.items() if key[0] == "Pod"}


def _owner(obj: Obj) -> str | None:
    rows = obj["metadata"].get("ownerReferences")
    if not rows:
        return None
    if len(rows) > 1:
        rows = [row for row in rows if row.get("controller")] or rows
    return str(rows[0]["uid"])


def _node(obj: Obj, wished: Obj | None, *, scaled: bool) -> Node:
    meta, kind = obj["metadata"], obj["kind"]
    owner = _owner(obj)
    changed: Sequence[str] = ()
    sync: Sync = "extra"
    if wished is not None:
        changed = drift.changed(wished, obj, scaled=scaled)
        sync = "changed" if changed else "released"
    elif owner or kind == NODE or (kind, meta["name"]) in _MADE_BY_CLUSTER:
        sync = "cluster"
    rows = (obj.get("status") or {}).get("containerStatuses") or ()
    return Node(
        meta.get("uid") or _id(obj),
        obj["apiVersion"],
        kind,
        meta.get("namespace", ""),
        meta["name"],
        meta.get("uid"),
        owner,
        meta.get("labels") or {},
        meta.get("creationTimestamp"),
        health.judged(obj),
        sync,
        changed,
        health.counted(obj),
        sum(row.get("restartCount", 0) for row in rows) if kind == "Pod" else None,
        (obj.get("spec") or {}).get("nodeName") if kind == "Pod" else None,
    )


def _missing(obj: Obj) -> Node:
    meta = obj["metadata"]
    return Node(
        _id(obj), obj["apiVersion"], obj["kind"], meta.get("namespace", ""), meta["name"], None,
        None, meta.get("labels") or {}, None, Health("missing", "missing"), "released",
    )  # fmt: skip


def _id(obj: Obj) -> str:
    meta = obj["metadata"]
    return "/".join((obj["apiVersion"], obj["kind"], meta.get("namespace", ""), meta["name"]))


def _with_endpoints(nodes: dict[Key, Node], found: Iterable[Link]) -> dict[Key, Node]:
    """Count who answers for each Service; where nobody does, it stands as its best pod."""
    behind: dict[Key, list[Key]] = {}
    for link in found:
        if link.type == "serves" and link.target in nodes:
            behind.setdefault(link.source, []).append(link.target)
    changed = dict(nodes)
    for service, pods in behind.items():
        node = nodes.get(service)
        if node is None or node.health is None:
            continue
        standings: list[State] = [
            one.health.state for key in pods if (one := nodes[key]).health is not None
        ]
        ready = sum(state == "healthy" for state in standings)
        node = node._replace(parts=(ready, len(pods)))
        if not ready and node.health is not None and node.health.state == "healthy":
            best: State = max(standings, key=health.WORST.index, default="unknown")
            why = Health(best, "no-endpoint", {"of": len(pods)})
            node = node._replace(health=why)
        changed[service] = node
    return changed


_FINE: Final = ("works", "not-scaled", "not-seen", "going")
"""What is on its way, and nothing is wrong with that."""


def _with_problems(nodes: dict[Key, Node]) -> dict[Key, Node]:
    """Mark what is to be looked at: what stands badly or was begun and is not ready, and above it
    whoever owns it."""
    by_uid = {node.uid: key for key, node in nodes.items() if node.uid and key[0] != "Pod"}
    marked: set[Key] = set()
    for key, node in nodes.items():
        stands = node.health
        if stands is None or stands.state in ("healthy", "suspended") or stands.why in _FINE:
            continue
        at: Key | None = key
        while at is not None and at not in marked:
            marked.add(at)
            at = by_uid.get(nodes[at].owner or "")
    return nodes | {key: nodes[key]._replace(problem=True) for key in marked}


# -- one of them -----------------------------------------------------------------------------------


def shown(obj: Obj) -> Obj:
    """Return an object as people may read it: no value of a secret, no book-keeping of fields."""
    meta = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    notes = {k: v for k, v in (meta.get("annotations") or {}).items() if k != LAST_APPLIED}
    meta = {**meta, "annotations": notes} if notes else _without(meta, "annotations")
    hidden: Obj = without_secrets({**obj, "metadata": meta})
    return hidden


def _without(mapping: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {k: v for k, v in mapping.items() if k != name}


def ref_of(node: Node) -> Ref:
    """Return an object as the cluster is asked for it."""
    return Ref(node.api_version, node.kind, node.namespace, node.name)
