"""The EndpointSliceMirroring controller: Endpoints that somebody wrote by hand become slices.

Only those of a Service without a selector: what has one gets slices of its own.
Source: kubernetes pkg/controller/endpointslicemirroring/{reconciler,utils}.go (1.36).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ecp.kube.endpoints import Port, Row, subsets
from ecp.kube.kinds import ENDPOINTS, ENDPOINTSLICES, SERVICES
from ecp.kube.pods import owner_reference
from ecp.sim.plans import (
    MANAGER,
    NOTHING,
    Action,
    Controller,
    Create,
    Delete,
    EventNote,
    Plan,
    Reader,
    Update,
    itself,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED

SECOND = 1_000_000_000

MOST = 1000
"""Addresses that are mirrored of a subset. Source: --mirroring-max-endpoints-per-subset."""

_OURS = "endpointslicemirroring-controller.k8s.io"
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_SERVICE = "kubernetes.io/service-name"
_SKIP = "endpointslice.kubernetes.io/skip-mirror"
_LEADER = "control-plane.alpha.kubernetes.io/leader"
_LEFT_OUT = (
    "endpoints.kubernetes.io/last-change-trigger-time",
    "kubectl.kubernetes.io/last-applied-configuration",
)
_NONE: Mapping[str, str] = {}
Kinds = tuple[str, tuple[Port, ...]]
"""Address family and ports: what the endpoints of a slice share."""


def _is_mirrored(endpoints: Obj | None, service: Obj | None) -> bool:
    if endpoints is None or service is None or service["spec"].get("selector"):
        return False
    meta = endpoints["metadata"]
    skipped = (meta.get("labels") or _NONE).get(_SKIP) == "true"
    return not skipped and _LEADER not in (meta.get("annotations") or _NONE)


def _canonical(endpoints: Obj) -> list[dict[str, Any]]:
    """Return the subsets, each address with all its ports."""
    rows = []
    for subset in endpoints.get("subsets") or ():
        ports = tuple(_port(port) for port in subset.get("ports") or ())
        for field, ready in (("addresses", True), ("notReadyAddresses", False)):
            rows += [Row(address, ports, ready) for address in subset.get(field) or ()]
    return subsets(rows)


def _port(port: Mapping[str, Any]) -> Port:
    protocol = port.get("protocol", "TCP")
    return Port(port.get("name", ""), port["port"], protocol, port.get("appProtocol"))


def _wanted(endpoints: Obj) -> tuple[dict[Kinds, list[dict[str, Any]]], int]:
    """Return the endpoints of each slice, and how many were left out."""
    found: dict[Kinds, list[dict[str, Any]]] = {}
    skipped = 0
    for subset in _canonical(endpoints):
        ports = tuple(sorted(_port(port) for port in subset.get("ports") or ()))
        listed = [
            (address, ready)
            for field, ready in (("addresses", True), ("notReadyAddresses", False))
            for address in subset.get(field) or ()
        ]
        skipped += max(len(listed) - MOST, 0)
        for address, ready in listed[:MOST]:
            family = "IPv6" if ":" in address["ip"] else "IPv4"
            found.setdefault((family, ports), []).append(_endpoint(address, ready=ready))
    return found, skipped


def _endpoint(address: Mapping[str, Any], *, ready: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"addresses": [address["ip"]], "conditions": {"ready": ready}}
    if address.get("hostname"):
        found["hostname"] = address["hostname"]
    for field in ("targetRef", "nodeName"):
        if address.get(field) is not None:
            found[field] = address[field]
    return found


def _slice_ports(ports: Iterable[Port]) -> list[dict[str, Any]]:
    found = []
    for port in ports:
        row: dict[str, Any] = {"name": port.name, "protocol": port.protocol, "port": port.number}
        if port.app_protocol is not None:
            row["appProtocol"] = port.app_protocol
        found.append(row)
    return found


def _kinds(found: Obj) -> Kinds:
    return found["addressType"], tuple(sorted(_port(port) for port in found.get("ports") or ()))


def _fresh(endpoints: Obj, kinds: Kinds, listed: list[dict[str, Any]]) -> Obj:
    meta = endpoints["metadata"]
    annotations = {
        key: value for key, value in (meta.get("annotations") or {}).items() if key not in _LEFT_OUT
    }
    own: dict[str, Any] = {
        "generateName": f"{meta['name']}-",
        "namespace": meta["namespace"],
        "labels": {
            **(meta.get("labels") or {}),
            _SERVICE: meta["name"],
            _MANAGED_BY: _OURS,
        },
        "ownerReferences": [
            owner_reference({**endpoints, "apiVersion": "v1", "kind": "Endpoints"})
        ],
    }
    if annotations:
        own["annotations"] = annotations
    family, ports = kinds
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": own,
        "addressType": family,
        "endpoints": listed,
        "ports": _slice_ports(ports),
    }


def _with(found: Obj, fresh: Obj) -> Obj:
    """Return a slice that is there with the content that is wanted."""
    kept = {
        key: value
        for key, value in found["metadata"].items()
        if key not in ("labels", "annotations", "ownerReferences")
    }
    news = {key: value for key, value in fresh["metadata"].items() if key != "generateName"}
    return {**fresh, "metadata": {**kept, **news}}


def _as_if_same(found: Obj, fresh: Obj) -> bool:
    meta, wanted = found["metadata"], fresh["metadata"]
    return (
        _set_of(found.get("endpoints")) == _set_of(fresh["endpoints"])
        and all(meta.get(key) == wanted.get(key) for key in ("labels", "annotations"))
        and meta.get("ownerReferences") == wanted["ownerReferences"]
    )


def _set_of(listed: Iterable[Mapping[str, Any]] | None) -> list[str]:
    return sorted(map(repr, listed or ()))


def reconcile(now: int, key: Key, read: Reader) -> Plan:
    """Bring the slices of one Endpoints object up to date."""
    endpoints, service = read.get(ENDPOINTS, *key), read.get(SERVICES, *key)
    existing = _slices_of(key, read)
    if endpoints is None or not _is_mirrored(endpoints, service):
        return Plan(tuple(_deletion(found) for found in existing)) if existing else NOTHING
    wanted, skipped = _wanted(endpoints)
    by_kinds: dict[Kinds, list[Obj]] = {}
    for found in existing:
        by_kinds.setdefault(_kinds(found), []).append(found)
    create: list[Obj] = []
    update: list[Obj] = []
    delete: list[Obj] = []
    for kinds, listed in wanted.items():
        fresh = _fresh(endpoints, kinds, listed)
        found_slices = by_kinds.pop(kinds, [])
        delete += found_slices[1:]
        if not found_slices:
            create.append(fresh)
        elif not _as_if_same(found_slices[0], fresh):
            update.append(_with(found_slices[0], fresh))
    delete += [found for of_kinds in by_kinds.values() for found in of_kinds]
    # A slice that would go takes the content of one that would come, if its addresses are alike.
    for fresh in tuple(create):
        spare = next((one for one in delete if one["addressType"] == fresh["addressType"]), None)
        if spare is not None:
            delete.remove(spare)
            create.remove(fresh)
            update.append(_with(spare, fresh))
    actions: list[Action] = []
    if "deletionTimestamp" not in endpoints["metadata"]:
        actions += [Create(ENDPOINTSLICES, fresh) for fresh in create]
    actions += [Update(ENDPOINTSLICES, changed) for changed in update]
    actions += [_deletion(found) for found in delete]
    return Plan(tuple(actions), _events(endpoints, skipped) if actions else ())


def _events(endpoints: Obj, skipped: int) -> tuple[EventNote, ...]:
    if not skipped:
        return ()
    text = (
        f"A max of {MOST} addresses can be mirrored to EndpointSlices per Endpoints subset. "
        f"{skipped} addresses were skipped"
    )
    return (EventNote(endpoints, "Warning", "TooManyAddressesToMirror", text),)


def _slices_of(key: Key, read: Reader) -> list[Obj]:
    return [
        found
        for found in read.list(ENDPOINTSLICES, key[0])
        if _service_of(found) == key[1]
    ]  # fmt: skip


def _service_of(found: Obj) -> str | None:
    """Return the Service whose mirrored slice this is."""
    labels = found["metadata"].get("labels") or _NONE
    return labels.get(_SERVICE) if labels.get(_MANAGED_BY) == _OURS else None


def _deletion(found: Obj) -> Delete:
    meta = found["metadata"]
    return Delete(ENDPOINTSLICES, (meta["namespace"], meta["name"]), uid=meta["uid"])


def of_service(change: Change, read: Reader) -> Iterable[Key]:
    """Its Endpoints, where it has, or had, no selector."""
    for obj in (change.object, change.old):
        if obj is not None and not obj["spec"].get("selector"):
            return (change.key,)
    return ()


def of_endpoints(change: Change, read: Reader) -> Iterable[Key]:
    """The Endpoints itself, unless its Service has a selector."""
    service = read.get(SERVICES, *change.key)
    if service is not None and service["spec"].get("selector"):
        return ()
    return itself(change, read)


def of_slice(change: Change, read: Reader) -> Iterable[Key]:
    """Look again where somebody else changed a mirrored slice, or one is gone."""
    if change.actor == MANAGER and change.type != DELETED:
        return ()
    name = _service_of(change.object)
    return ((change.key[0], name),) if name else ()


def refused(now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
    """Try again in a second, as long as there is something to mirror."""
    return NOTHING if read.get(ENDPOINTS, *key) is None else Plan(wake_at=now + SECOND)


def controller() -> Controller:
    """Return the EndpointSliceMirroring controller."""
    return Controller(
        name="endpointslicemirroring",
        component="endpoint-slice-mirroring-controller",
        watches={SERVICES: of_service, ENDPOINTS: of_endpoints, ENDPOINTSLICES: of_slice},
        reconcile=reconcile,
        refused=refused,
    )
