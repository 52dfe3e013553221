"""A cluster as a graph: from Ingress and customers over Services, workloads and pods to nodes.

With what runs along its edges at the moment, and which parts are under a fault.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from ecp.kube import kinds
from ecp.kube.health import judged
from ecp.kube.pods import is_terminal, is_terminating, is_true
from ecp.kube.selectors import from_map
from ecp.rehearsal.troubles import reason_text
from ecp.sim.store import Key
from ecp.sim.traffic.edges import Edge
from ecp.sim.traffic.graph import WORKLOADS, Part, is_part
from ecp.sim.traffic.model import MILLION, Result, Seen
from ecp.sim.traffic.tenants import Tenant
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, clock_json
from ecp.simulator.rest.inventory import tenants, workload_of
from ecp.slo.slots import SLOT_SECONDS
from ecp.texts import Language

router = APIRouter(prefix="/api/v1/clusters/{name}", tags=["clusters"])

_MOST_PODS: Final = 2_000
Obj = Mapping[str, Any]
Row = dict[str, Any]


@router.get("/topology")
async def topology(
    name: str,
    found: Clusters,
    namespace: Annotated[str, Query(max_length=63, description="default: all, bounded")] = "",
    limit: Annotated[int, Query(ge=1, le=_MOST_PODS, description="pods at most")] = 500,
) -> dict[str, Any]:
    """Draw a namespace, or all: its parts, their state and faults, who leads to whom.

    Edges: `way` from Ingress or customers to Service, workload, pod, node; `call` from a workload
    to whom it calls. `rps`, `error_percent`, `p95_ms` are of now, null where nothing is known;
    `reason` says why the most of the failing requests fail, `said` that in words, `cause` what it
    follows from.
    Of a call whose callee is no workload here, `to` is `host/NAME`.
    """
    hosted = found.require(name)
    hosted.catch_up()
    drawn = _Drawn(hosted, namespace, limit)
    return {
        "cluster": name,
        "namespace": namespace or None,
        "nodes": list(drawn.nodes.values()),
        "edges": [{**edge, "said": _said(edge["reason"])} for edge in drawn.edges.values()],
        "pods_left_out": drawn.left_out,
        "tenants": tenants(hosted),
        "clock": clock_json(hosted),
        "evidence": "simulated",
    }


class _Drawn:
    """The graph as it grows: first what there is, then what runs along it."""

    def __init__(self, hosted: HostedCluster, namespace: str, limit: int) -> None:
        self._store = hosted.cluster.store
        self._hosted = hosted
        self._namespace = namespace or None
        self.nodes: dict[str, Row] = {}
        self.edges: dict[tuple[str, str, str], Row] = {}
        self.left_out = 0
        self._met: dict[tuple[str, str], list[Edge]] = {}
        self._workloads()
        self._services()
        self._pods(limit)
        self._ingresses()
        for tenant in hosted.cluster.flows.tenants():
            if self._namespace in (None, tenant.namespace):
                self._traffic(tenant)
        self._faults()

    def _node(self, kind: str, key: Key, state: str, **more: Any) -> None:
        namespace, name = key
        self.nodes[_id(kind, key)] = {
            "id": _id(kind, key),
            "kind": kind,
            "namespace": namespace or None,
            "name": name,
            "state": state,
            "faults": [],
            **more,
        }

    def _edge(self, kind: str, start: str, end: str) -> Row:
        """Return that edge; it is drawn if it was not."""
        unknown = dict.fromkeys(("rps", "error_percent", "p95_ms"))
        fresh = {"kind": kind, "from": start, "to": end, **unknown, "reason": "", "cause": ""}
        return self.edges.setdefault((kind, start, end), fresh)

    def _workloads(self) -> None:
        for resource in WORKLOADS:
            if resource == kinds.PODS:
                continue
            for obj in self._store.list(resource, self._namespace):
                if is_part(resource, obj):
                    wanted, ready = _replicas(resource, obj)
                    health = judged(obj)
                    state = "unknown" if health is None else health.state
                    kind = kinds.BUILT_IN.by_resource[resource].kind
                    about = {"workload_kind": kind, "ready": ready, "desired": wanted}
                    self._node("workload", _key(obj), state, **about)

    def _services(self) -> None:
        """Services lead to the workloads whose pods they select."""
        templates = [
            (_key(obj), (obj["spec"]["template"].get("metadata") or {}).get("labels") or {})
            for resource in WORKLOADS
            if resource != kinds.PODS
            for obj in self._store.list(resource, self._namespace)
            if is_part(resource, obj)
        ]
        for service in self._store.list(kinds.SERVICES, self._namespace):
            selector = service["spec"].get("selector")
            if not selector:
                continue
            matches = from_map(selector).matches
            key = _key(service)
            self._node("service", key, "unknown")
            for target, labels in templates:
                if target[0] == key[0] and matches(labels):
                    self._edge("way", _id("service", key), _id("workload", target))

    def _pods(self, limit: int) -> None:
        pods = [p for p in self._store.list(kinds.PODS, self._namespace) if not is_terminal(p)]
        self.left_out = max(0, len(pods) - limit)
        for pod in pods[:limit]:
            key, node = _key(pod), pod["spec"].get("nodeName")
            owner = workload_of(self._hosted, pod)
            health = judged(pod)
            state: str = "pending" if not node or health is None else health.state
            if is_terminating(pod):
                state = "stopped"
            above = _id("workload", (key[0], owner.partition("/")[2])) if owner else None
            self._node("pod", key, state, workload=above, node=node)
            if above is not None and above in self.nodes:
                self._edge("way", above, _id("pod", key))
            if node:
                self._machine(node)
                self._edge("way", _id("pod", key), _id("node", ("", node)))

    def _machine(self, name: str) -> None:
        node = self._store.get(kinds.NODES, "", name)
        if node is not None and _id("node", ("", name)) not in self.nodes:
            cordoned = (node.get("spec") or {}).get("unschedulable", False)
            state = "down" if not is_true(node, "Ready") else "paused" if cordoned else "ready"
            self._node("node", ("", name), state)

    def _ingresses(self) -> None:
        for ingress in self._store.list(kinds.INGRESSES, self._namespace):
            key = _key(ingress)
            self._node("ingress", key, "ready")
            for service in _backends(ingress):
                if _id("service", (key[0], service)) in self.nodes:
                    self._edge("way", _id("ingress", key), _id("service", (key[0], service)))

    # -- what runs along it -----------------------------------------------------------------------

    def _traffic(self, tenant: Tenant) -> None:
        flows = self._hosted.cluster.flows
        parts = {part.name: part for part in flows.parts(tenant.name)}
        results = {result.name: result for result in flows.now(tenant.name)}
        at_service: dict[Key, list[Edge]] = {}
        for edge in flows.edges(tenant.name):
            if (edge.caller or edge.called) not in parts:
                continue  # customers of what is not deployed any more
            start, service, end = _ends(edge, parts)
            if start and start != edge.caller:
                edge = _behind_door(edge, end, results)
            if service is not None:
                at_service.setdefault(service, []).append(edge)
            if start:
                above = _id("workload", (tenant.namespace, start))
                call = self._edge("call", above, self._called(tenant.namespace, end))
                self._tell(call, edge)
            else:
                self._customers(tenant, edge, service, end)
        behind = {_id("service", key): met for key, met in at_service.items()}
        for way in self.edges.values():
            if way["kind"] == "way" and way["from"] in behind:
                _told(way, behind[way["from"]])
        self._to_pods(tenant, parts)

    def _tell(self, row: Row, edge: Edge) -> None:
        """Add requests to what is known to run along an edge."""
        met = self._met.setdefault((row["from"], row["to"]), [])
        met.append(edge)
        _told(row, met)

    def _called(self, space: str, name: str) -> str:
        at = _id("workload", (space, name))
        return at if at in self.nodes else f"host/{name}"

    def _customers(self, tenant: Tenant, edge: Edge, service: Key | None, called: str) -> None:
        """What customers ask enters by the Ingress of that Service, or from outside."""
        key = (tenant.namespace, tenant.name)
        end = _id("service", service) if service else self._called(tenant.namespace, called)
        doors = [e["from"] for e in self.edges.values() if e["kind"] == "way" and e["to"] == end]
        start = doors[0] if doors else _id("customers", key)
        if not doors:
            self._node("customers", key, "up")
        self._tell(self._edge("way", start, end), edge)

    def _to_pods(self, tenant: Tenant, parts: Mapping[str, Part]) -> None:
        flows = self._hosted.cluster.flows
        doors = flows.doors_of(tenant.name)
        results = {result.name: result for result in flows.now(tenant.name)}
        for part in parts.values():
            result = results.get(part.name)
            for service in part.services:
                door = doors.get(service)
                row = self.nodes.get(_id("service", service))
                if door is not None and row is not None:
                    good = len(door.answering)
                    whole = good and good >= door.listed
                    row["state"] = "up" if whole else "degraded" if good else "down"
            door = doors.get(part.services[0]) if part.services else None
            if door is None or result is None or result.state == "N":
                continue
            key = (tenant.namespace, part.name)
            rate = result.offered / MILLION / SLOT_SECONDS
            got = dict(zip(door.answering, door.shares, strict=False))
            for pod in door.pods:
                well = pod in door.answering
                share = got[pod] / MILLION if pod in got else 1 / max(1, door.listed)
                way = self.edges.get(("way", _id("workload", key), _id("pod", pod)))
                if way is not None:
                    way["rps"] = round(rate * share, 3)
                    way["error_percent"] = 0.0 if well else 100.0
                    way["reason"] = "" if well else door.dead.reason
                    way["cause"] = "" if well else door.dead.cause

    def _faults(self) -> None:
        for fault in self._hosted.cluster.faults.running():
            hit = [_id("pod", (namespace, name)) for namespace, name, _ in fault.pods]
            hit += [_id("node", ("", name)) for name in fault.nodes]
            hit += [_id("workload", (namespace, name)) for _, namespace, name in fault.workloads]
            for at in hit:
                if at in self.nodes:
                    self.nodes[at]["faults"].append({"id": fault.id, "fault": fault.name})


def _id(kind: str, key: Key) -> str:
    return "/".join((kind, *(part for part in key if part)))


def _key(obj: Obj) -> Key:
    meta = obj["metadata"]
    return meta.get("namespace", ""), meta["name"]


def _replicas(resource: str, obj: Obj) -> tuple[int, int]:
    status = obj.get("status") or {}
    if resource == kinds.DAEMONSETS:
        return status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    return obj["spec"].get("replicas", 1), status.get("readyReplicas", 0)


def _backends(ingress: Obj) -> Iterator[str]:
    """Yield the names of the Services that an Ingress leads to."""
    spec = ingress["spec"]
    rules = [rule.get("http") or {} for rule in spec.get("rules") or ()]
    paths = [path["backend"] for rule in rules for path in rule.get("paths") or ()]
    if spec.get("defaultBackend"):
        paths.append(spec["defaultBackend"])
    names = [(one.get("service") or {}).get("name") for one in paths]
    yield from dict.fromkeys(name for name in names if name)


def _ends(edge: Edge, parts: Mapping[str, Part]) -> tuple[str, Key | None, str]:
    """Return who asks, at which Service, and who answers.

    A door that customers' requests come through is counted as called by the workload behind it;
    here it is the door that asks on, and the customers who ask the first door.
    """
    if not edge.caller:
        first = next((call for call in parts[edge.called].calls if call.onward), None)
        if first is not None:
            return "", first.service, first.host
        services = parts[edge.called].services
        return "", services[0] if services else None, edge.called
    said = next((s for s in parts[edge.caller].calls if s.host == edge.host), None)
    if said is not None and said.onward is not None:
        onward = next((p.name for p in parts.values() if said.onward in p.services), edge.caller)
        return edge.called, said.onward, onward
    return edge.caller, said.service if said else None, edge.called


def _behind_door(edge: Edge, end: str, results: Mapping[str, Result]) -> Edge:
    """Return what a door asks on, with what it meets there.

    Of the workload that customers mean that is what they meet who got through that door.
    """
    met, door = results[end], results[edge.called]
    failing = met.bad / MILLION
    if end == edge.caller:
        through = 1 - door.bad / MILLION
        failing = max(0.0, 1 - (1 - failing) / through) if through else 0.0
    seen = met.shares[0].seen if met.shares else Seen()
    return edge._replace(failing=failing, mean=float(met.mean), p95=float(met.p95), seen=seen)


def _said(reason: str) -> dict[Language, str] | None:
    """Return a reason in words, in both languages; None for none."""
    if not reason:
        return None
    return {"en": reason_text(reason, "en"), "ko": reason_text(reason, "ko")}


def _told(row: Row, met: list[Edge]) -> Row:
    """Write into an edge what several streams of requests meet: sums, and the mean of failures."""
    rate = sum(edge.rate for edge in met)
    failing = sum(edge.rate * edge.failing for edge in met)
    worst = max(met, key=lambda edge: edge.rate * edge.failing)
    share = failing / rate if rate else max(edge.failing for edge in met)
    row["rps"] = round(rate, 3)
    row["error_percent"] = round(100 * share, 2)
    row["p95_ms"] = round(max(edge.p95 for edge in met), 1)
    seen = worst.seen if row["error_percent"] else Seen()
    row["reason"], row["cause"] = seen.reason, seen.cause
    return row
