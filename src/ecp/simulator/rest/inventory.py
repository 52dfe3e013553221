"""What a cluster has, in short: nodes, workloads, pods as rows of a table, and who waits for what.

A pod as the Kubernetes API gives it has 20 KB; a row has 300 bytes. Who has the rows asks with the
`resource_version` it got for what became another since.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from ecp.edge.problems import Problem
from ecp.kube import kinds, sizes
from ecp.kube.health import judged
from ecp.kube.pods import is_terminal, is_terminating, is_true
from ecp.kube.printers import pod_summary
from ecp.kube.selectors import InvalidSelector, parse_labels
from ecp.sim.engine.engine import SECOND
from ecp.sim.store import Expired
from ecp.sim.traffic.graph import WORKLOADS, is_part
from ecp.sim.world.usage import RESOLUTION, last_scrape
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, clock_json

router = APIRouter(prefix="/api/v1/clusters/{name}", tags=["clusters"])

RESOURCES: Final = ("cpu", "memory", "nvidia.com/gpu", "pods")
_PAGE: Final = 1_000
_MOST: Final = 5_000
_SAMPLE: Final = 5
_RATE_SECONDS: Final = 60
_REFUSED: Final = "ReplicaFailure"
_OWNERS: Final = {"ReplicaSet": kinds.REPLICASETS, "Job": kinds.JOBS}
_READY_FIELDS: Final = {
    kinds.DAEMONSETS: ("desiredNumberScheduled", "numberReady", "updatedNumberScheduled"),
    kinds.JOBS: ("", "succeeded", "active"),
}
Namespace = Annotated[str, Query(max_length=63, description="of one namespace; default: of all")]
Obj = Mapping[str, Any]


@router.get("/overview")
async def overview(name: str, found: Clusters) -> dict[str, Any]:
    """Sum up a cluster: nodes with what is requested and used, pods by state, who waits and why.

    cpu in millicores, memory in bytes. `waiting` are the pods without a node, by the scheduler's
    message, `unready` those on a node that are not ready, by the word of `kubectl get pods`, the
    most first each. `changes_per_minute` counts changes of objects, `events_per_minute`
    Events, over the last minute of simulated time, as far back as the log of changes reaches.
    """
    hosted = _fresh(name, found)
    pods = hosted.cluster.store.list(kinds.PODS)
    changes, events = _rates(hosted)
    return {
        "cluster": name,
        "nodes": _nodes(hosted, pods),
        "namespaces": _namespaces(pods),
        "tenants": tenants(hosted),
        "waiting": _waiting(pods),
        "unready": _unready(pods),
        "quotas": _quotas(hosted),
        "changes_per_minute": changes,
        "events_per_minute": events,
        "resource_version": hosted.cluster.store.version,
        "clock": clock_json(hosted),
        "evidence": "simulated",
    }


@router.get("/pods")
async def list_pods(
    name: str,
    found: Clusters,
    namespace: Namespace = "",
    node: Annotated[str, Query(max_length=253)] = "",
    selector: Annotated[str, Query(max_length=1_000, examples=["app=callbot"])] = "",
    since: Annotated[int | None, Query(ge=0, description="a resource_version: news only")] = None,
    after: Annotated[str, Query(max_length=320, description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _PAGE,
) -> dict[str, Any]:
    """List pods as rows, a page at a time; or, `since` a resource_version, those that changed.

    `gone` names (namespace/name) which of the rows no longer count; `next` is null where nothing
    more comes. 410 where the log of changes no longer reaches back: ask for all again.
    """
    hosted = _fresh(name, found)
    store = hosted.cluster.store
    try:
        matches = parse_labels(selector).matches if selector else None
    except InvalidSelector as error:
        raise Problem(422, "INVALID_SELECTOR", "inventory.selector", detail=str(error)) from error

    def wanted(pod: Obj) -> bool:
        meta = pod["metadata"]
        return (
            (not namespace or meta["namespace"] == namespace)
            and (not node or pod["spec"].get("nodeName") == node)
            and (matches is None or matches(meta.get("labels") or {}))
        )

    head = {
        "cluster": name,
        "tenants": tenants(hosted),
        "resource_version": store.version,
        "clock": clock_json(hosted),
    }
    if since is not None:
        return head | _news(hosted, since, wanted) | {"next": None, "evidence": "simulated"}
    pods = (pod for pod in store.list(kinds.PODS, namespace or None) if wanted(pod))
    ordered = sorted(pods, key=_key)
    rest = [pod for pod in ordered if _key(pod) > after] if after else ordered
    page = rest[:limit]
    return {
        **head,
        "pods": [pod_row(hosted, pod) for pod in page],
        "gone": [],
        "total": len(ordered),
        "next": _key(page[-1]) if len(rest) > limit else None,
        "evidence": "simulated",
    }


@router.get("/workloads")
async def list_workloads(name: str, found: Clusters, namespace: Namespace = "") -> dict[str, Any]:
    """List what keeps pods running: Deployments, StatefulSets, DaemonSets, Jobs and others' own."""
    hosted = _fresh(name, found)
    store = hosted.cluster.store
    rows = [
        _workload_row(resource, obj)
        for resource in (*WORKLOADS, kinds.JOBS)
        if resource != kinds.PODS
        for obj in store.list(resource, namespace or None)
        if is_part(resource, obj)
    ]
    return {
        "cluster": name,
        "workloads": rows,
        "tenants": tenants(hosted),
        "clock": clock_json(hosted),
        "evidence": "simulated",
    }


def _fresh(name: str, found: Clusters) -> HostedCluster:
    hosted = found.require(name)
    hosted.catch_up()
    return hosted


def tenants(hosted: HostedCluster) -> dict[str, str]:
    """Return the tenants that are followed, by namespace."""
    return {one.namespace: one.name for one in hosted.cluster.flows.tenants()}


def _key(pod: Obj) -> str:
    meta = pod["metadata"]
    return f"{meta['namespace']}/{meta['name']}"


def _news(hosted: HostedCluster, since: int, wanted: Callable[[Obj], bool]) -> dict[str, Any]:
    store = hosted.cluster.store
    try:
        changed = {c.key: None for c in store.since(since) if c.resource == kinds.PODS}
    except Expired as error:
        raise Problem(
            410, "STREAM_EXPIRED", "stream.expired", since=since, oldest=store.oldest
        ) from error
    rows: list[dict[str, Any]] = []
    gone: list[str] = []
    for key in changed:
        pod = store.get(kinds.PODS, *key)
        if pod is not None and wanted(pod):
            rows.append(pod_row(hosted, pod))
        else:
            gone.append("/".join(key))
    return {"pods": rows, "gone": gone, "total": None}


def pod_row(hosted: HostedCluster, pod: Obj) -> dict[str, Any]:
    """Return a pod as a row: what `kubectl get pods -o wide` says, and its workload."""
    meta, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    summary = pod_summary(pod)
    return {
        "namespace": meta["namespace"],
        "name": meta["name"],
        "owner": workload_of(hosted, pod),
        "phase": status.get("phase", "Pending"),
        "status": summary.reason,
        "ready": summary.ready,
        "containers": summary.total,
        "restarts": summary.restarts,
        "node": spec.get("nodeName") or None,
        "waits": _waits(pod),
        "created_at": meta["creationTimestamp"],
    }


def workload_of(hosted: HostedCluster, pod: Obj) -> str | None:
    """Return who keeps a pod running, as Kind/name: of a ReplicaSet its Deployment."""
    found: str | None = None
    obj: Obj | None = pod
    while obj is not None:
        refs = obj["metadata"].get("ownerReferences") or ()
        owner = next((ref for ref in refs if ref.get("controller")), None)
        if owner is None:
            break
        found = f"{owner['kind']}/{owner['name']}"
        resource = _OWNERS.get(owner["kind"])
        namespace = pod["metadata"]["namespace"]
        store = hosted.cluster.store
        obj = None if resource is None else store.get(resource, namespace, owner["name"])
    return found


def _waits(pod: Obj) -> str | None:
    """Return what the scheduler says of a pod without a node; None where it has one, or is over."""
    if pod["spec"].get("nodeName") or is_terminal(pod):
        return None
    rows = (pod.get("status") or {}).get("conditions") or ()
    found: Obj = next((row for row in rows if row["type"] == "PodScheduled"), {})
    return str(found.get("message", ""))


def _workload_row(resource: str, obj: Obj) -> dict[str, Any]:
    meta, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    desired, ready, updated = _READY_FIELDS.get(resource, ("", "readyReplicas", "updatedReplicas"))
    wanted = spec.get("completions", 1) if resource == kinds.JOBS else spec.get("replicas", 1)
    template, health = spec["template"]["spec"], judged(obj)
    complaints = [
        row
        for row in status.get("conditions") or ()
        if (row["type"] in ("Progressing", "Available") and row["status"] == "False")
        or (row["type"] in ("ReplicaFailure", "Failed") and row["status"] == "True")
    ]
    return {
        "kind": kinds.BUILT_IN.by_resource[resource].kind,
        "namespace": meta["namespace"],
        "name": meta["name"],
        "desired": status.get(desired, 0) if desired else wanted,
        "ready": status.get(ready, 0),
        "updated": status.get(updated, 0),
        "health": "unknown" if health is None else health.state,
        "complaint": complaints[0].get("message", complaints[0]["type"]) if complaints else None,
        "refused": next((row["message"] for row in complaints if row["type"] == _REFUSED), None),
        "images": [one.get("image", "") for one in template["containers"]],
        "labels": meta.get("labels") or {},
        "selector": (spec.get("selector") or {}).get("matchLabels") or {},
        "created_at": meta["creationTimestamp"],
    }


def _nodes(hosted: HostedCluster, pods: Iterable[Obj]) -> list[dict[str, Any]]:
    cluster = hosted.cluster
    end = last_scrape(cluster.now)
    rows: dict[str, dict[str, Any]] = {}
    for node in cluster.store.list(kinds.NODES):
        meta, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
        labels, said = meta.get("labels") or {}, status.get("allocatable") or {}
        rows[meta["name"]] = {
            "name": meta["name"],
            "pool": labels.get("node-pool"),
            "zone": labels.get("topology.kubernetes.io/zone"),
            "gpu": labels.get("nvidia.com/gpu.product"),
            "version": (status.get("nodeInfo") or {}).get("kubeletVersion"),
            "ready": is_true(node, "Ready"),
            "schedulable": not spec.get("unschedulable", False),
            "pressure": [
                row["type"]
                for row in status.get("conditions") or ()
                if row["type"] != "Ready" and row["status"] == "True"
            ],
            "taints": [_taint(one) for one in spec.get("taints") or ()],
            "allocatable": {what: sizes.amount(what, said.get(what, 0)) for what in RESOURCES},
            "requested": dict.fromkeys(RESOURCES, 0),
            "used": {"cpu": 0, "memory": 0},
            "created_at": meta["creationTimestamp"],
        }
    for pod in pods:
        row = rows.get(pod["spec"].get("nodeName", ""))
        if row is None or is_terminal(pod):
            continue
        requested, used = row["requested"], row["used"]
        requested["pods"] += 1
        for what, amount in sizes.requests(pod["spec"]).items():
            if what in requested:
                requested[what] += amount
        meta = pod["metadata"]
        taken = cluster.world.taken((meta["namespace"], meta["name"]), end - RESOLUTION, end)
        for one in taken or ():
            used["cpu"] += one.cpu // 1_000_000
            used["memory"] += one.memory
    return list(rows.values())


def _taint(taint: Obj) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"


def _namespaces(pods: Iterable[Obj]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for pod in pods:
        meta = pod["metadata"]
        row: dict[str, Any] = found.setdefault(
            meta["namespace"],
            {
                "namespace": meta["namespace"],
                "pods": 0,
                "phases": {},
                "waiting": 0,
                "not_ready": 0,
            },
        )
        phase = (pod.get("status") or {}).get("phase", "Pending")
        row["pods"] += 1
        row["phases"][phase] = row["phases"].get(phase, 0) + 1
        row["waiting"] += _waits(pod) is not None
        row["not_ready"] += not is_terminal(pod) and not is_true(pod, "Ready")
    return sorted(found.values(), key=lambda row: str(row["namespace"]))


def _waiting(pods: Iterable[Obj]) -> list[dict[str, Any]]:
    return _grouped("message", ((_waits(pod), pod) for pod in pods))


def _unready(pods: Iterable[Obj]) -> list[dict[str, Any]]:
    return _grouped("status", ((_lacks(pod), pod) for pod in pods))


def _lacks(pod: Obj) -> str | None:
    """Return the word for a pod on a node that is not ready, and is to be; None for others."""
    if not pod["spec"].get("nodeName") or is_terminal(pod) or is_terminating(pod):
        return None
    return None if is_true(pod, "Ready") else pod_summary(pod).reason


def _grouped(name: str, rows: Iterable[tuple[str | None, Obj]]) -> list[dict[str, Any]]:
    found: dict[str, list[Obj]] = {}
    for word, pod in rows:
        if word is not None:
            found.setdefault(word, []).append(pod)
    groups = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [
        {
            name: word,
            "count": len(members),
            "since": min(pod["metadata"]["creationTimestamp"] for pod in members),
            "pods": [_key(pod) for pod in members[:_SAMPLE]],
        }
        for word, members in groups
    ]


def _quotas(hosted: HostedCluster) -> list[dict[str, Any]]:
    return [
        {
            "namespace": obj["metadata"]["namespace"],
            "name": obj["metadata"]["name"],
            "hard": (obj.get("status") or {}).get("hard") or obj["spec"].get("hard") or {},
            "used": (obj.get("status") or {}).get("used") or {},
        }
        for obj in hosted.cluster.store.list(kinds.RESOURCEQUOTAS)
    ]


def _rates(hosted: HostedCluster) -> tuple[int, int]:
    """Return how many changes and how many Events there were in the last minute."""
    first = hosted.cluster.now - _RATE_SECONDS * SECOND
    recent = list(_since(hosted, first))
    return len(recent), sum(resource == kinds.EVENTS for resource in recent)


def _since(hosted: HostedCluster, first: int) -> Iterator[str]:
    for change in reversed(hosted.cluster.store.log):
        if change.at < first:
            return
        yield change.resource
