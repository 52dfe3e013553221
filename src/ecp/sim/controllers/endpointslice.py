"""The EndpointSlice controller: which pods stand behind a Service, in slices of at most 100.

Source: kubernetes staging k8s.io/endpointslice/{reconciler,utils}.go and
pkg/controller/endpointslice/endpointslice_controller.go (1.36).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from ecp.kube.kinds import ENDPOINTSLICES, NODES, PODS, SERVICES
from ecp.kube.pods import condition, is_ready, is_terminal, owner_reference
from ecp.kube.selectors import from_map
from ecp.sim.plans import (
    NOTHING,
    Action,
    Controller,
    Create,
    Delete,
    Plan,
    Reader,
    Update,
    itself,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED

MAX_ENDPOINTS = 100
"""Endpoints in one slice at most. Source: --max-endpoints-per-slice."""

MANAGED_BY = "endpointslice-controller.k8s.io"
SERVICE_NAME_LABEL = "kubernetes.io/service-name"
_MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by"
_HEADLESS_LABEL = "service.kubernetes.io/headless"
_RESERVED = (SERVICE_NAME_LABEL, _MANAGED_BY_LABEL, _HEADLESS_LABEL)
_TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"
_ZONE = "topology.kubernetes.io/zone"

_ACTOR = "kube-controller-manager"
_NO_LABELS: Mapping[str, str] = {}

Endpoint = dict[str, Any]
Ports = list[dict[str, Any]]


# -- one endpoint ---------------------------------------------------------------------------------


def _addresses(pod: Obj, family: str) -> list[str]:
    status = pod.get("status") or {}
    found = status.get("podIPs") or ([{"ip": status["podIP"]}] if status.get("podIP") else [])
    return [entry["ip"] for entry in found if _family(entry["ip"]) == family]


def _family(address: str) -> str:
    return "IPv6" if ":" in address else "IPv4"


def _endpoint(pod: Obj, node: Obj | None, service: Obj, addresses: list[str]) -> Endpoint:
    meta, spec = pod["metadata"], pod["spec"]
    serving = is_ready(pod)
    terminating = "deletionTimestamp" in meta
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    endpoint: Endpoint = {
        "addresses": addresses,
        "conditions": {
            "ready": published or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
    }
    if (
        spec.get("hostname")
        and spec.get("subdomain") == service["metadata"]["name"]
        and meta["namespace"] == service["metadata"]["namespace"]
    ):
        endpoint["hostname"] = spec["hostname"]
    endpoint["targetRef"] = {
        "kind": "Pod",
        "namespace": meta["namespace"],
        "name": meta["name"],
        "uid": meta["uid"],
    }
    if spec.get("nodeName"):
        endpoint["nodeName"] = spec["nodeName"]
    zone = ((node or {}).get("metadata", {}).get("labels") or _NO_LABELS).get(_ZONE)
    if zone:
        endpoint["zone"] = zone
    return endpoint


def _identity(endpoint: Endpoint) -> tuple[Any, ...]:
    """Return what makes two endpoints the same one: addresses, host name, target."""
    target = endpoint.get("targetRef") or {}
    return (
        tuple(endpoint["addresses"]),
        endpoint.get("hostname"),
        target.get("kind"),
        target.get("namespace"),
        target.get("name"),
        target.get("uid"),
    )


def _ports(service: Obj, pod: Obj) -> Ports:
    """Return the ports of *service* on *pod*; those whose name the pod lacks are left out."""
    found: Ports = []
    for port in service["spec"].get("ports") or ():
        protocol = port.get("protocol", "TCP")
        number = _port_number(pod, port.get("targetPort", port["port"]), protocol)
        if number is None:
            continue
        entry = {"name": port.get("name", ""), "protocol": protocol, "port": number}
        if port.get("appProtocol"):
            entry["appProtocol"] = port["appProtocol"]
        found.append(entry)
    return found


def _port_number(pod: Obj, target: int | str, protocol: str) -> int | None:
    if isinstance(target, int):
        return target
    spec = pod["spec"]
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    for container in (*spec["containers"], *sidecars):
        for port in container.get("ports") or ():
            if port.get("name") == target and port.get("protocol", "TCP") == protocol:
                return port["containerPort"]  # type: ignore[no-any-return]
    return None


def _port_key(ports: Iterable[Mapping[str, Any]] | None) -> tuple[Any, ...]:
    rows = (
        (p.get("name", ""), p.get("protocol", "TCP"), p.get("port"), p.get("appProtocol", ""))
        for p in ports or ()
    )
    return tuple(sorted(rows))


def _families(service: Obj) -> list[str]:
    spec = service["spec"]
    if spec.get("ipFamilies"):
        return list(spec["ipFamilies"])
    address = spec.get("clusterIP")
    if address and address != "None":
        return [f"IPv{ip_address(address).version}"]
    return ["IPv4"]


def _labels(service: Obj) -> dict[str, str]:
    meta = service["metadata"]
    labels = {k: v for k, v in (meta.get("labels") or {}).items() if k not in _RESERVED}
    if service["spec"].get("clusterIP") in (None, "", "None"):
        labels[_HEADLESS_LABEL] = ""
    labels[SERVICE_NAME_LABEL] = meta["name"]
    labels[_MANAGED_BY_LABEL] = MANAGED_BY
    return labels


# -- the slices of one set of ports ---------------------------------------------------------------


@dataclass(slots=True)
class _Work:
    """What is to be done with the slices of one Service; `touched` are the changed endpoints."""

    create: list[Obj] = field(default_factory=list)
    update: list[Obj] = field(default_factory=list)
    delete: list[Obj] = field(default_factory=list)
    touched: list[Endpoint] = field(default_factory=list)


def _distribute(
    existing: list[Obj], desired: list[Endpoint], fresh: Obj, labels: dict[str, str], work: _Work
) -> None:
    """Bring slices of equal ports to hold *desired*, changing as few slices as possible.

    First what is there is kept, changed or dropped; the rest fills slices that change anyway,
    then one other slice where it fits exactly best, then new ones (copies of *fresh*).
    """
    missing = {_identity(endpoint): endpoint for endpoint in desired}
    slices: dict[str, list[Endpoint]] = {}
    changed: dict[str, None] = {}
    emptied: dict[str, None] = {}
    objects = {found["metadata"]["name"]: found for found in existing}
    for name, found in objects.items():
        kept = []
        differs = False
        before = found.get("endpoints") or ()
        for endpoint in before:
            wanted = missing.pop(_identity(endpoint), None)
            if wanted is None:
                continue
            if wanted != endpoint:
                differs = True
                work.touched.append(wanted)
            kept.append(wanted)
        slices[name] = kept
        if len(kept) != len(before) and not kept:
            emptied[name] = None
        elif differs or len(kept) != len(before) or found["metadata"].get("labels") != labels:
            changed[name] = None
    rest = list(missing.values())
    work.touched += rest
    for name in sorted(changed, key=lambda name: -len(slices[name])):
        room = MAX_ENDPOINTS - len(slices[name])
        slices[name] += rest[:room]
        rest = rest[room:]
    while rest:
        unchanged = [name for name in objects if name not in changed and name not in emptied]
        name = _best_fit(unchanged, slices, len(rest))
        if name is None:
            work.create.append({**fresh, "endpoints": rest[:MAX_ENDPOINTS]})
            rest = rest[MAX_ENDPOINTS:]
        else:
            slices[name] += rest
            changed[name] = None
            rest = []
    for name in changed:
        found = objects[name]
        meta = {**found["metadata"], "labels": labels}
        work.update.append({**found, "metadata": meta, "endpoints": slices[name]})
    work.delete += [objects[name] for name in emptied]


def _best_fit(names: list[str], slices: Mapping[str, list[Endpoint]], count: int) -> str | None:
    if count >= MAX_ENDPOINTS:
        return None
    fitting = [name for name in names if len(slices[name]) + count <= MAX_ENDPOINTS]
    return max(fitting, key=lambda name: len(slices[name]), default=None)


# -- one Service ----------------------------------------------------------------------------------


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    service = read.get(SERVICES, *key)
    if service is None or service["spec"].get("type") == "ExternalName":
        return NOTHING
    selector = service["spec"].get("selector")
    if not selector:
        return NOTHING
    matches = from_map(selector).matches
    pods = [
        pod
        for pod in read.list(PODS, key[0])
        if matches(pod["metadata"].get("labels") or _NO_LABELS) and not is_terminal(pod)
    ]
    existing = [
        found
        for found in read.owned(service["metadata"]["uid"], ENDPOINTSLICES)
        if _is_ours(found, key[1])
    ]
    families = _families(service)
    actions: list[Action] = []
    for family in families:
        of_family = [found for found in existing if found["addressType"] == family]
        actions += _of_family(service, family, pods, of_family, read)
    actions += [_deletion(found) for found in existing if found["addressType"] not in families]
    return Plan(tuple(actions)) if actions else NOTHING


def _is_ours(found: Obj, service: str) -> bool:
    labels = found["metadata"].get("labels") or _NO_LABELS
    return labels.get(SERVICE_NAME_LABEL) == service and labels.get(_MANAGED_BY_LABEL) == MANAGED_BY


def _of_family(
    service: Obj, family: str, pods: list[Obj], existing: list[Obj], read: Reader
) -> list[Action]:
    labels = _labels(service)
    fresh = _fresh(service, family, labels)
    by_ports: dict[tuple[Any, ...], tuple[Ports, list[Endpoint]]] = {}
    for pod in pods:
        addresses = _addresses(pod, family)
        if not addresses:
            continue
        node = read.get(NODES, "", pod["spec"].get("nodeName", ""))
        if node is None and not service["spec"].get("publishNotReadyAddresses"):
            continue
        ports = _ports(service, pod)
        group = by_ports.setdefault(_port_key(ports), (ports, []))
        group[1].append(_endpoint(pod, node, service, addresses))
    work = _Work()
    slices: dict[tuple[Any, ...], list[Obj]] = {}
    for found in existing:
        slices.setdefault(_port_key(found.get("ports")), []).append(found)
    for ports_key, (ports, desired) in by_ports.items():
        _distribute(slices.pop(ports_key, []), desired, {**fresh, "ports": ports}, labels, work)
    for found_slices in slices.values():
        work.delete += found_slices
    _keep_one(work, existing, {**fresh, "endpoints": [], "ports": []})
    return _actions(service, work, read)


def _fresh(service: Obj, family: str, labels: dict[str, str]) -> Obj:
    meta = service["metadata"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "labels": labels,
            "ownerReferences": [owner_reference(service)],
        },
        "addressType": family,
    }


def _keep_one(work: _Work, existing: list[Obj], placeholder: Obj) -> None:
    """Leave an empty slice where none would remain: it says that the Service is known."""
    if work.create or len(existing) != len(work.delete):
        return
    if len(work.delete) == 1 and _is_like(work.delete[0], placeholder):
        work.delete.clear()
    else:
        work.create.append(placeholder)


def _is_like(found: Obj, placeholder: Obj) -> bool:
    return (
        not found.get("endpoints")
        and not found.get("ports")
        and found["metadata"].get("labels") == placeholder["metadata"]["labels"]
    )


def _actions(service: Obj, work: _Work, read: Reader) -> list[Action]:
    # A slice that would go takes the content of one that would come: one write instead of two.
    while work.delete and work.create:
        found, new = work.delete.pop(0), work.create.pop()
        meta = {**found["metadata"], "labels": new["metadata"]["labels"]}
        work.update.append(
            {**found, "metadata": meta, "endpoints": new["endpoints"], "ports": new["ports"]}
        )
    trigger = _trigger_time(service, work, read)
    actions: list[Action] = []
    if "deletionTimestamp" not in service["metadata"]:
        actions += [Create(ENDPOINTSLICES, _triggered(new, trigger)) for new in work.create]
    actions += [Update(ENDPOINTSLICES, _triggered(new, trigger)) for new in work.update]
    actions += [_deletion(found) for found in work.delete]
    return actions


def _deletion(found: Obj) -> Delete:
    meta = found["metadata"]
    return Delete(ENDPOINTSLICES, (meta["namespace"], meta["name"]), uid=meta["uid"])


def _trigger_time(service: Obj, work: _Work, read: Reader) -> str | None:
    """Return when the earliest of the changes that led here happened (whole seconds)."""
    times = []
    for endpoint in work.touched:
        target = endpoint["targetRef"]
        pod = read.get(PODS, target["namespace"], target["name"])
        ready = condition(pod, "Ready") if pod is not None else None
        if ready is not None and ready.get("lastTransitionTime"):
            times.append(ready["lastTransitionTime"])
    if not times and work.create:
        times.append(service["metadata"]["creationTimestamp"])
    return min(times, default=None)


def _triggered(new: Obj, trigger: str | None) -> Obj:
    meta = new["metadata"]
    annotations = {k: v for k, v in (meta.get("annotations") or {}).items() if k != _TRIGGER}
    if trigger is not None:
        annotations[_TRIGGER] = trigger
    meta = {k: v for k, v in meta.items() if k != "annotations"}
    if annotations:
        meta["annotations"] = annotations
    return {**new, "metadata": meta}


# -- what wakes it --------------------------------------------------------------------------------


def _signature(pod: Obj) -> tuple[Any, ...] | None:
    """Return what a Service sees of a pod; None while it cannot be an endpoint."""
    status = pod.get("status") or {}
    if not status.get("podIP") or is_terminal(pod):
        return None
    meta = pod["metadata"]
    addresses = [entry["ip"] for entry in status.get("podIPs") or ()]
    return (
        status["podIP"],
        addresses,
        is_ready(pod),
        "deletionTimestamp" in meta,
        meta.get("labels"),
        meta["uid"],
    )


def _of_pod(change: Change, read: Reader) -> Iterable[Key]:
    after = None if change.type == DELETED else _signature(change.object)
    before = _signature(change.old) if change.old is not None else None
    if after == before:
        return ()
    namespace = change.key[0]
    labels = change.object["metadata"].get("labels") or _NO_LABELS
    old = change.old["metadata"].get("labels") or _NO_LABELS if change.old is not None else labels
    found = []
    for service in read.list(SERVICES, namespace):
        selector = service["spec"].get("selector")
        if selector:
            matches = from_map(selector).matches
            if matches(labels) or (old != labels and matches(old)):
                found.append((namespace, service["metadata"]["name"]))
    return found


def _of_slice(change: Change, read: Reader) -> Iterable[Key]:
    """Look again where somebody else changed a slice, or one is gone."""
    if change.type != DELETED and change.actor == _ACTOR:
        return ()
    found: dict[Key, None] = {}
    for obj in (change.object, change.old):
        if obj is not None:
            name = (obj["metadata"].get("labels") or _NO_LABELS).get(SERVICE_NAME_LABEL)
            if name:
                found[change.key[0], name] = None
    return found


def _of_node(change: Change, read: Reader) -> Iterable[Key]:
    """A pod counts once its node is known: look at its Services when the node comes."""
    if change.old is not None:
        return ()
    found: dict[Key, None] = {}
    for pod in read.on_node(change.key[1]):
        labels = pod["metadata"].get("labels") or _NO_LABELS
        namespace = pod["metadata"]["namespace"]
        for service in read.list(SERVICES, namespace):
            selector = service["spec"].get("selector")
            if selector and from_map(selector).matches(labels):
                found[namespace, service["metadata"]["name"]] = None
    return found


def _refused(now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
    """Come again in a second; in a namespace that goes away that finds the Service gone."""
    service = read.get(SERVICES, *key)
    return NOTHING if service is None else Plan(wake_at=now + 1_000_000_000)


def controller() -> Controller:
    """Return the EndpointSlice controller."""
    return Controller(
        name="endpointslice",
        component="endpoint-slice-controller",
        watches={
            SERVICES: itself,
            PODS: _of_pod,
            ENDPOINTSLICES: _of_slice,
            NODES: _of_node,
        },
        reconcile=_reconcile,
        refused=_refused,
        actor=_ACTOR,
    )
