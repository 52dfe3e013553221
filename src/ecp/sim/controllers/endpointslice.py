"""The EndpointSlice controller: which pods stand behind a Service, in slices of at most 100.

Source: kubernetes staging k8s.io/endpointslice/{reconciler,utils}.go and
pkg/controller/endpointslice/endpointslice_controller.go (1.36).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from ecp.kube import topologyhints
from ecp.kube.endpoints import (
    Selecting,
    Services,
    first_label,
    has_host_name,
    hashed,
    service_ports,
)
from ecp.kube.kinds import ENDPOINTSLICES, NODES, PODS, SERVICES
from ecp.kube.pods import condition, is_ready, is_terminal, owner_reference
from ecp.kube.selectors import from_map
from ecp.kube.topologyhints import ZONE as _ZONE
from ecp.sim.plans import (
    NOTHING,
    Action,
    Controller,
    Create,
    Delete,
    EventNote,
    Plan,
    Reader,
    Update,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED

SECOND = 1_000_000_000

MAX_ENDPOINTS = 100
"""Endpoints in one slice at most. Source: --max-endpoints-per-slice."""

MANAGED_BY = "endpointslice-controller.k8s.io"
SERVICE_NAME_LABEL = "kubernetes.io/service-name"
_MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by"
_HEADLESS_LABEL = "service.kubernetes.io/headless"
_RESERVED = (SERVICE_NAME_LABEL, _MANAGED_BY_LABEL, _HEADLESS_LABEL)
_TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"
_CLOSE = ("PreferClose", "PreferSameZone", "PreferSameNode")

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
    if has_host_name(pod, service):
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
    distribution = service["spec"].get("trafficDistribution")
    by_field = distribution in _CLOSE and not topologyhints.are_wanted(service)
    if by_field and endpoint["conditions"]["ready"]:
        hints = _hints(endpoint, nodes=distribution == "PreferSameNode")
        if hints:
            endpoint["hints"] = hints
    return endpoint


def _hints(endpoint: Endpoint, *, nodes: bool) -> dict[str, Any]:
    """Return for whom a ready endpoint is meant: its own zone, with *nodes* its own node too.

    Source: k8s.io/endpointslice trafficdist/trafficdist.go.
    """
    hints: dict[str, Any] = {}
    if endpoint.get("zone"):
        hints["forZones"] = [{"name": endpoint["zone"]}]
    if nodes and endpoint.get("nodeName"):
        hints["forNodes"] = [{"name": endpoint["nodeName"]}]
    return hints


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
    for port in service_ports(service, pod):
        entry = {"name": port.name, "protocol": port.protocol, "port": port.number}
        if port.app_protocol:
            entry["appProtocol"] = port.app_protocol
        found.append(entry)
    if len(found) > 1:
        found.sort(key=_order)
    return found


def _order(port: Mapping[str, Any]) -> int:
    """Return where a port stands among others: the server sorts by the hash of the Go value.

    Source: k8s.io/endpointslice util/controller_utils.go portsInOrder.
    """
    return hashed(
        f"(v1.EndpointPort){{Name:(*string){port['name']} "
        f"Protocol:(*v1.Protocol){port['protocol']} Port:(*int32){port['port']} "
        f"AppProtocol:(*string){port.get('appProtocol', '<nil>')}}}"
    )


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
    """What is to be done with the slices of one Service; `touched` are the changed endpoints,
    `said` is what is told of their hints."""

    create: list[Obj] = field(default_factory=list)
    update: list[Obj] = field(default_factory=list)
    delete: list[Obj] = field(default_factory=list)
    touched: list[Endpoint] = field(default_factory=list)
    said: list[EventNote] = field(default_factory=list)


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
    _fill(objects, slices, changed, emptied, list(missing.values()), fresh, labels, work)


def _fill(
    objects: dict[str, Obj],
    slices: dict[str, list[Endpoint]],
    changed: dict[str, None],
    emptied: dict[str, None],
    rest: list[Endpoint],
    fresh: Obj,
    labels: dict[str, str],
    work: _Work,
) -> None:
    """Place *rest*: in slices that change anyway, then in the best fitting one, then in new ones.

    *slices* are the endpoints that each of *objects* keeps, by its name.
    """
    # By name: the order in which pods were noticed is not a fact of the cluster.
    rest.sort(key=lambda endpoint: endpoint["targetRef"]["name"])
    work.touched += rest
    for name in sorted(changed, key=lambda name: -len(slices[name])):
        room = MAX_ENDPOINTS - len(slices[name])
        slices[name] = slices[name] + rest[:room]
        rest = rest[room:]
    while rest:
        unchanged = [name for name in objects if name not in changed and name not in emptied]
        best = _best_fit(unchanged, slices, len(rest))
        if best is None:
            work.create.append({**fresh, "endpoints": rest[:MAX_ENDPOINTS]})
            rest = rest[MAX_ENDPOINTS:]
        else:
            slices[best] = slices[best] + rest
            changed[best] = None
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


def _whole(service: Obj, read: Reader) -> tuple[list[Action], list[EventNote]]:
    """Compare all pods with all slices."""
    meta = service["metadata"]
    selector = service["spec"]["selector"]
    matches = from_map(selector).matches
    pods = [
        pod
        for pod in read.labelled(PODS, meta["namespace"], first_label(selector))
        if matches(pod["metadata"].get("labels") or _NO_LABELS) and not is_terminal(pod)
    ]
    existing = _slices_of(service, read)
    families = _families(service)
    actions: list[Action] = []
    said: list[EventNote] = []
    for family in families:
        of_family = [found for found in existing if found["addressType"] == family]
        work = _of_family(service, family, pods, of_family, read)
        actions += _actions(service, work, read)
        said += work.said
    actions += [_deletion(found) for found in existing if found["addressType"] not in families]
    return actions, said


def _slices_of(service: Obj, read: Reader) -> list[Obj]:
    meta = service["metadata"]
    return [
        found for found in read.owned(meta["uid"], ENDPOINTSLICES) if _is_ours(found, meta["name"])
    ]


def _wanted(pod: Obj, service: Obj, family: str, read: Reader) -> tuple[Ports, Endpoint] | None:
    """Return the ports and the endpoint that *pod* is for *service*; None where it is none."""
    addresses = _addresses(pod, family)
    if not addresses:
        return None
    node = read.get(NODES, "", pod["spec"].get("nodeName", ""))
    if node is None and not service["spec"].get("publishNotReadyAddresses"):
        return None
    return _ports(service, pod), _endpoint(pod, node, service, addresses)


def _part(
    service: Obj, pods: Iterable[str], where: Mapping[str, str], read: Reader
) -> list[Action] | None:
    """Bring the slices up to date for *pods* (names) alone; None where that is not enough.

    *where* says in which slice a pod is. The result is what the whole comparison would give.
    """
    namespace = service["metadata"]["namespace"]
    families = _families(service)
    objects = {found["metadata"]["name"]: found for found in _slices_of(service, read)}
    if len(families) != 1 or not objects:
        return None
    slice_ports = next(iter(objects.values())).get("ports")
    if any(found.get("ports") != slice_ports for found in objects.values()):
        return None
    ports_key = _port_key(slice_ports)
    matches = from_map(service["spec"]["selector"]).matches
    replaced: dict[str, dict[str, Endpoint | None]] = {}
    added: list[Endpoint] = []
    for name in pods:
        pod = read.get(PODS, namespace, name)
        endpoint = None
        if (
            pod is not None
            and not is_terminal(pod)
            and matches(pod["metadata"].get("labels") or _NO_LABELS)
        ):
            wanted = _wanted(pod, service, families[0], read)
            if wanted is not None:
                if _port_key(wanted[0]) != ports_key:
                    return None
                endpoint = wanted[1]
        holder = where.get(name)
        if holder is not None and holder in objects:
            replaced.setdefault(holder, {})[name] = endpoint
        elif endpoint is not None:
            added.append(endpoint)
    labels = _labels(service)
    work = _Work()
    slices = {name: found.get("endpoints") or [] for name, found in objects.items()}
    changed: dict[str, None] = {}
    for name, news in replaced.items():
        kept, moved = _replace(slices[name], news, work, added)
        if not kept:
            return None
        slices[name] = kept
        if moved:
            changed[name] = None
    fresh = {**_fresh(service, families[0], labels), "ports": slice_ports}
    _fill(objects, slices, changed, {}, added, fresh, labels, work)
    return _actions(service, work, read)


def _replace(
    endpoints: list[Endpoint],
    news: Mapping[str, Endpoint | None],
    work: _Work,
    added: list[Endpoint],
) -> tuple[list[Endpoint], bool]:
    """Return *endpoints* with the *news* (by pod name), and whether anything moved.

    A pod that came again under its old name is another endpoint: it goes to *added*.
    """
    kept: list[Endpoint] = []
    moved = False
    for endpoint in endpoints:
        name = endpoint["targetRef"]["name"]
        if name not in news:
            kept.append(endpoint)
            continue
        new = news[name]
        if new is not None and _identity(new) == _identity(endpoint):
            kept.append(new)
            if new != endpoint:
                moved = True
                work.touched.append(new)
        else:
            moved = True
            if new is not None:
                added.append(new)
    return kept, moved


def _is_ours(found: Obj, service: str) -> bool:
    labels = found["metadata"].get("labels") or _NO_LABELS
    return labels.get(SERVICE_NAME_LABEL) == service and labels.get(_MANAGED_BY_LABEL) == MANAGED_BY


def _of_family(
    service: Obj, family: str, pods: list[Obj], existing: list[Obj], read: Reader
) -> _Work:
    labels = _labels(service)
    fresh = _fresh(service, family, labels)
    by_zone = topologyhints.are_wanted(service)
    by_ports: dict[tuple[Any, ...], tuple[Ports, list[Endpoint]]] = {}
    for pod in pods:
        wanted = _wanted(pod, service, family, read)
        if wanted is not None:
            ports, endpoint = wanted
            by_ports.setdefault(_port_key(ports), (ports, []))[1].append(endpoint)
    work = _Work()
    slices: dict[tuple[Any, ...], list[Obj]] = {}
    for found in existing:
        bare = topologyhints.without(found) if by_zone else found
        slices.setdefault(_port_key(found.get("ports")), []).append(bare)
    for ports_key, (ports, desired) in by_ports.items():
        _distribute(slices.pop(ports_key, []), desired, {**fresh, "ports": ports}, labels, work)
    for found_slices in slices.values():
        work.delete += found_slices
    _keep_one(work, existing, {**fresh, "endpoints": [], "ports": []})
    if by_zone:
        _hint(service, family, existing, work, read)
    return work


def _hint(service: Obj, family: str, existing: list[Obj], work: _Work, read: Reader) -> None:
    """Give hints to the slices of *work*, and to those beside them that cannot keep theirs."""
    changed = {found["metadata"]["name"] for found in (*work.update, *work.delete)}
    unchanged = [found for found in existing if found["metadata"]["name"] not in changed]
    shares = topologyhints.shares(read.list(NODES))
    outcome = topologyhints.hinted(work.create, work.update, unchanged, shares, family)
    if outcome.said is not None and not (
        outcome.said[0] == "Normal" and topologyhints.are_there(existing)
    ):
        work.said.append(EventNote(service, *outcome.said))
    work.create, work.update = outcome.create, outcome.update


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


# -- the loop -------------------------------------------------------------------------------------


def _signature(pod: Obj) -> tuple[Any, ...] | None:
    """Return what a Service sees of a pod; None while it cannot be an endpoint."""
    status = pod.get("status") or {}
    if not status.get("podIP") or is_terminal(pod):
        return None
    meta = pod["metadata"]
    return (
        status["podIP"],
        status.get("podIPs"),
        is_ready(pod),
        "deletionTimestamp" in meta,
        meta.get("labels"),
        meta["uid"],
    )


class EndpointSlices:
    """The control loop, and what it derives from changes instead of comparing all anew.

    A Service is compared whole when it, its slices or its nodes changed, or after a restart; else
    only the pods that changed are looked at. Both give the same slices.
    """

    def __init__(self) -> None:
        self._services = Services()
        # Service -> names of pods that changed; absent = compare whole
        self._changed: dict[Key, dict[str, None]] = {}
        # Service -> the names that the newest plan settles, once its slices are written
        self._settling: dict[Key, tuple[str, ...]] = {}
        # Service -> pod name -> slice name
        self._where: dict[Key, dict[str, str]] = {}
        # Services with hints by zones' shares; None = to be looked up
        self._by_zone: dict[Key, None] | None = None

    # what wakes it

    def of_service(self, change: Change, read: Reader) -> Iterable[Key]:
        """The Service itself."""
        now = None if change.type == DELETED else change.object
        self._services.follow(change.key[0], change.old, now)
        self._changed.pop(change.key, None)
        self._settling.pop(change.key, None)
        if topologyhints.are_wanted(change.object):
            self._by_zone = None
        if change.type == DELETED:
            self._where.pop(change.key, None)
        return (change.key,)

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """Services that see the pod otherwise than before."""
        namespace, name = change.key
        if not self._index(namespace, read):
            return ()
        after = None if change.type == DELETED else _signature(change.object)
        before = _signature(change.old) if change.old is not None else None
        if after == before:
            return ()
        labels = change.object["metadata"].get("labels") or _NO_LABELS
        found = self._selected_by(namespace, labels, read)
        if change.old is not None:
            old = change.old["metadata"].get("labels") or _NO_LABELS
            if old != labels:
                found |= self._selected_by(namespace, old, read)
        for key in found:
            pods = self._changed.get(key)
            if pods is not None:
                pods[name] = None
        return found

    def _index(self, namespace: str, read: Reader) -> Selecting:
        return self._services.of(namespace, read.list)

    def _selected_by(
        self, namespace: str, labels: Mapping[str, str], read: Reader
    ) -> dict[Key, None]:
        return {(namespace, name): None for name in self._index(namespace, read).names(labels)}

    def of_slice(self, change: Change, read: Reader) -> Iterable[Key]:
        """Look again where somebody else changed a slice, or one is gone."""
        ours = change.type != DELETED and change.actor == _ACTOR
        found: dict[Key, None] = {}
        for obj in (change.object, change.old):
            if obj is None:
                continue
            name = (obj["metadata"].get("labels") or _NO_LABELS).get(SERVICE_NAME_LABEL)
            if name and _is_ours(obj, name):
                found[change.key[0], name] = None
        for key in found:
            if ours:
                self._note_places(key, change)
                self._settle(key)
            else:
                self._changed.pop(key, None)
        return () if ours else found

    def _settle(self, key: Key) -> None:
        names = self._settling.pop(key, None)
        if names is not None:
            pods = self._changed.setdefault(key, {})
            for name in names:
                pods.pop(name, None)

    def _note_places(self, key: Key, change: Change) -> None:
        where = self._where.get(key)
        if where is None:
            return
        holder = change.key[1]
        endpoints = change.object.get("endpoints") or ()
        now = {endpoint["targetRef"]["name"]: holder for endpoint in endpoints}
        for endpoint in (change.old or {}).get("endpoints") or ():
            name = endpoint["targetRef"]["name"]
            if name not in now and where.get(name) == holder:
                del where[name]
        where.update(now)

    def of_node(self, change: Change, read: Reader) -> Iterable[Key]:
        """A pod counts once its node is known, and carries its zone; zones' shares move."""
        found = self._overloaded(change, read)
        if change.old is not None and _zone(change.old) == _zone(change.object):
            return found
        for pod in read.on_node(change.key[1]):
            meta = pod["metadata"]
            labels = meta.get("labels") or _NO_LABELS
            found |= self._selected_by(meta["namespace"], labels, read)
        for key in found:
            self._changed.pop(key, None)
        return found

    def _overloaded(self, change: Change, read: Reader) -> dict[Key, None]:
        """Services whose hints do not fit the nodes any more."""
        if self._by_zone is None:
            self._by_zone = {
                (meta["namespace"], meta["name"]): None
                for service in read.list(SERVICES)
                if topologyhints.are_wanted(service)
                for meta in (service["metadata"],)
            }
        old, new = change.old, None if change.type == DELETED else change.object
        same = old is not None and new is not None and _place(old) == _place(new)
        if same or not self._by_zone:
            return {}
        shares = topologyhints.shares(read.list(NODES))
        found: dict[Key, None] = {}
        for key in self._by_zone:
            service = read.get(SERVICES, *key)
            slices = [] if service is None else _slices_of(service, read)
            if topologyhints.is_overloaded(slices, shares):
                found[key] = None
                self._changed.pop(key, None)
        return found

    # reconcile

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Bring the slices of one Service up to date."""
        service = read.get(SERVICES, *key)
        if service is None or service["spec"].get("type") == "ExternalName":
            return NOTHING
        if not service["spec"].get("selector"):
            return NOTHING
        pods = self._changed.get(key)
        where = self._where.get(key)
        actions: list[Action] | None = None
        said: list[EventNote] = []
        by_zone = topologyhints.are_wanted(service)
        if pods is not None and where is not None and not by_zone:
            actions = _part(service, sorted(pods), where, read)
        if actions is None:
            self._where[key] = {
                endpoint["targetRef"]["name"]: found["metadata"]["name"]
                for found in _slices_of(service, read)
                for endpoint in found.get("endpoints") or ()
            }
            actions, said = _whole(service, read)
        self._settling[key] = tuple(pods or ())
        if actions:
            return Plan(tuple(actions), tuple(said))
        self._settle(key)
        return Plan(events=tuple(said)) if said else NOTHING

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """Compare whole in a second; in a namespace that goes away the Service is gone by then."""
        self._changed.pop(key, None)
        self._settling.pop(key, None)
        service = read.get(SERVICES, *key)
        return NOTHING if service is None else Plan(wake_at=now + SECOND)


def _place(node: Obj) -> tuple[str | None, str | None]:
    ready = condition(node, "Ready")
    return _zone(node), None if ready is None else ready["status"]


def _zone(node: Obj) -> str | None:
    return (node["metadata"].get("labels") or _NO_LABELS).get(_ZONE)


def controller() -> Controller:
    """Return the EndpointSlice controller."""
    loop = EndpointSlices()
    return Controller(
        name="endpointslice",
        component="endpoint-slice-controller",
        watches={
            SERVICES: loop.of_service,
            PODS: loop.of_pod,
            ENDPOINTSLICES: loop.of_slice,
            NODES: loop.of_node,
        },
        needs={PODS: SERVICES},
        reconcile=loop.reconcile,
        refused=loop.refused,
        actor=_ACTOR,
    )
