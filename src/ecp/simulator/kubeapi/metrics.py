"""metrics.k8s.io: what metrics-server says of pods and nodes, computed when somebody asks.

A sample is the 15 seconds before the last scrape. Who has not run for two scrapes has none and is
left out, as is a pod of which nothing is known. Source: metrics-server pkg/api/{pod,node}.go,
pkg/storage/{pod,node,types}.go.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ecp.kube import kinds, quantity
from ecp.kube.durations import go_duration
from ecp.kube.errors import NotFound
from ecp.kube.kinds import Kind
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.store import Key, Obj, Stored
from ecp.sim.world.usage import RESOLUTION, Taken, last_scrape, of_node, taken
from ecp.simulator.kubeapi.hosting import SimulatedCluster

_PAGE: Final = 4096
"""Bytes: the kernel counts memory in pages."""
_OF_NODES: Final = "nodes.metrics.k8s.io"


def measured(
    cluster: SimulatedCluster, kind: Kind, namespace: str | None, name: str | None = None
) -> dict[Key, Stored]:
    """Return the PodMetrics or NodeMetrics there are at the cluster's instant, by key."""
    resource = kinds.NODES if kind.group_resource == _OF_NODES else kinds.PODS
    if name is None:
        objects: Iterable[Obj] = cluster.store.list(resource, namespace)
    else:
        one = cluster.store.get(resource, namespace or "", name)
        objects = () if one is None else (one,)
    sample = _node if resource == kinds.NODES else _pod
    found = {}
    for obj in objects:
        made = sample(cluster, obj)
        if made is not None:
            meta = obj["metadata"]
            found[meta.get("namespace", ""), meta["name"]] = Stored(made, ())
    return found


def no_such(cluster: SimulatedCluster, kind: Kind, namespace: str, name: str) -> NotFound:
    """Return the refusal for *name*: there is no such pod or node, or nobody has measured it."""
    if kind.group_resource == _OF_NODES:
        known = cluster.store.get(kinds.NODES, "", name) is not None
        return NotFound("nodemetrics.metrics.k8s.io", name) if known else NotFound("node", name)
    if cluster.store.get(kinds.PODS, namespace, name) is None:
        return NotFound(kinds.PODS, name)
    return NotFound("podmetrics.metrics.k8s.io", f"{namespace}/{name}")


def _pod(cluster: SimulatedCluster, pod: Obj) -> Obj | None:
    meta = pod["metadata"]
    end = last_scrape(cluster.now)
    found = cluster.world.taken((meta["namespace"], meta["name"]), end - RESOLUTION, end)
    if found is None:
        return None
    rows = [{"name": one.name, "usage": _usage(one.cpu, one.memory)} for one in found]
    return {**_head("PodMetrics", pod, cluster.now, end, found[0].begin), "containers": rows}


def _node(cluster: SimulatedCluster, node: Obj) -> Obj | None:
    meta = node["metadata"]
    end = last_scrape(cluster.now)
    start = end - RESOLUTION
    if nanoseconds(meta["creationTimestamp"]) > start or not _answered(cluster, meta["name"], end):
        return None
    cpu, memory = of_node(_pods_on(cluster, meta["name"], start, end))
    return {**_head("NodeMetrics", node, cluster.now, end, start), "usage": _usage(cpu, memory)}


def _answered(cluster: SimulatedCluster, name: str, at: int) -> bool:
    """Whether a node's kubelet was there to be asked at the instant *at* (ns)."""
    run = cluster.world.nodes.get(name)
    return run is None or run.up or (run.stopped_at is not None and run.stopped_at > at)


def _pods_on(
    cluster: SimulatedCluster, name: str, start: int, end: int
) -> Iterable[Sequence[Taken] | None]:
    run = cluster.world.nodes.get(name)
    world = cluster.world
    for uid in run.pods if run is not None else ():
        pod = world.pods[uid]
        yield taken(pod, start, end, world.leaked(pod, end))


def _head(kind: str, of: Obj, now: int, end: int, begin: int) -> Obj:
    meta = {
        field: of["metadata"][field]
        for field in ("name", "namespace", "labels")
        if of["metadata"].get(field)
    }
    return {
        "apiVersion": "metrics.k8s.io/v1beta1",
        "kind": kind,
        "metadata": {**meta, "creationTimestamp": rfc3339(now)},
        "timestamp": rfc3339(end),
        "window": go_duration(end - begin),
    }


def _usage(cpu: int, memory: int) -> dict[str, str]:
    """Return nano-CPU and bytes as quantities, as Go spells them."""
    pages = memory // _PAGE * _PAGE
    return {
        "cpu": quantity.spell(cpu),
        "memory": quantity.spell(pages * quantity.NANO, quantity.Form.BINARY),
    }
