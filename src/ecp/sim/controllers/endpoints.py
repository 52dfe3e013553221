"""The Endpoints controller, the older kind: one object a Service, with all its addresses.

An Endpoints object is stored, as the real one is, and not computed when somebody reads it: a watch
of it must see each step, and a resourceVersion must be one that was given out. What keeps it cheap
is that a sync looks at the pods that changed and at nobody else.

Source: kubernetes pkg/controller/endpoint/endpoints_controller.go (1.36) and the
TriggerTimeTracker of staging k8s.io/endpointslice.
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

from ecp.kube.endpoints import (
    Address,
    Packed,
    Row,
    Selecting,
    Services,
    first_label,
    has_host_name,
    may_be_endpoint,
    service_ports,
)
from ecp.kube.errors import Forbidden
from ecp.kube.kinds import ENDPOINTS, PODS, SERVICES
from ecp.kube.pods import condition, is_ready
from ecp.kube.selectors import from_map
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
from ecp.sim.store.store import DELETED, STATUS

SECOND = 1_000_000_000

NAME = "endpoint"

CAPACITY = 1000
"""Addresses in one object at most. Source: maxCapacity."""

DELAY = 50_000_000
"""From a change to the sync (ns). Source: --kube-api-qps 20: a client writes 20 times a second."""

_MANAGED_BY = "endpoints.kubernetes.io/managed-by"
_OURS = "endpoint-controller"
_HEADLESS = "service.kubernetes.io/headless"
_TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"
_OVER = "endpoints.kubernetes.io/over-capacity"
_NO_LABELS: Mapping[str, str] = {}


# -- what a pod is to a Service -------------------------------------------------------------------


def _row(pod: Obj, service: Obj, family: str) -> Row | None:
    """Return the endpoint that a selected pod is; None where it is none."""
    spec = service["spec"]
    published = bool(spec.get("publishNotReadyAddresses"))
    if not may_be_endpoint(pod, terminating=published):
        return None
    ports = service_ports(service, pod)
    # Only a headless Service may do without ports.
    if not ports and (spec.get("ports") or spec.get("clusterIP") != "None"):
        return None
    address = _address(pod, service, family)
    return None if address is None else Row(address, ports, published or is_ready(pod))


def _address(pod: Obj, service: Obj, family: str) -> Address | None:
    status, meta = pod["status"], pod["metadata"]
    for entry in status.get("podIPs") or ({"ip": status["podIP"]},):
        if (":" in entry["ip"]) is (family == "IPv6"):
            found: Address = {"ip": entry["ip"]}
            if has_host_name(pod, service):
                found["hostname"] = pod["spec"]["hostname"]
            found["nodeName"] = pod["spec"].get("nodeName", "")
            found["targetRef"] = {
                "kind": "Pod",
                "namespace": meta["namespace"],
                "name": meta["name"],
                "uid": meta["uid"],
            }
            return found
    return None


def _family(service: Obj) -> str:
    spec = service["spec"]
    families = spec.get("ipFamilies")
    if families:
        return str(families[0])
    return "IPv6" if ":" in spec.get("clusterIP", "") else "IPv4"


# -- one object -----------------------------------------------------------------------------------


def _labels(service: Obj) -> dict[str, str]:
    labels = {**(service["metadata"].get("labels") or {}), _MANAGED_BY: _OURS}
    labels.pop(_HEADLESS, None)
    if service["spec"].get("clusterIP") in (None, "", "None"):
        labels[_HEADLESS] = ""
    return labels


def _are_labels_of(found: Mapping[str, str], service: Obj) -> bool:
    if found.get(_MANAGED_BY) != _OURS:
        return False
    own = {key: value for key, value in found.items() if key not in (_HEADLESS, _MANAGED_BY)}
    return own == (service["metadata"].get("labels") or {})


def _count(listed: list[dict[str, Any]]) -> int:
    return sum(
        len(one.get("addresses", ())) + len(one.get("notReadyAddresses", ())) for one in listed
    )


def _truncated(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return subsets with 1,000 addresses in all: ready ones first, each subset its share."""
    ready = sum(len(one.get("addresses", ())) for one in listed)
    if ready > CAPACITY:
        field, most, total = "addresses", CAPACITY, ready
    else:
        field, most, total = "notReadyAddresses", CAPACITY - ready, _count(listed) - ready
    room, out = most, []
    for one in listed:
        addresses = one.get(field, ())
        share = min(ceil(len(addresses) / total * most), room)
        kept = {**one, field: list(addresses[:share])}
        if field == "addresses":
            kept.pop("notReadyAddresses", None)
        room -= len(kept[field])
        if not kept[field]:
            del kept[field]
        out.append(kept)
    return out


class Endpoints:
    """The control loop, and what it derives from changes instead of looking at all pods anew."""

    def __init__(self) -> None:
        self._services = Services()
        # Service -> the endpoints of its pods, as they were last; absent = look at all
        self._pods: dict[Key, Packed] = {}
        # Service -> names of pods that changed since
        self._changed: dict[Key, dict[str, None]] = {}
        # Service -> pod -> since when it was (un)ready when the Service was last synced
        self._since: dict[Key, dict[str, str]] = {}

    # what wakes it

    def of_service(self, change: Change, read: Reader) -> Iterable[Key]:
        """The Service itself."""
        now = None if change.type == DELETED else change.object
        self._services.follow(change.key[0], change.old, now)
        self._pods.pop(change.key, None)
        if change.type == DELETED:
            self._since.pop(change.key, None)
        return (change.key,)

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """Services that select the pod, or did."""
        namespace, name = change.key
        index = self._index(namespace, read)
        if not index:
            return ()
        old = change.old
        wakes = _has_address(change.object) or (old is not None and _has_address(old))
        if old is not None and change.reach >= STATUS and _stands_alike(old, change.object):
            wakes = False
        # Who wakes nobody is still seen at the next sync, which takes the time of its Ready.
        if not wakes and (old is None or _moved(old) == _moved(change.object)):
            return ()
        found = _selected_by(index, namespace, change.object)
        if old is not None and change.reach < STATUS:
            found |= _selected_by(index, namespace, old)
        for key in found:
            self._changed.setdefault(key, {})[name] = None
        return found if wakes else ()

    def of_endpoints(self, change: Change, read: Reader) -> Iterable[Key]:
        """What was deleted comes back; what was edited stays until a pod changes."""
        return (change.key,) if change.type == DELETED else ()

    def _index(self, namespace: str, read: Reader) -> Selecting:
        return self._services.of(namespace, read.list)

    # reconcile

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Bring the Endpoints of one Service up to date."""
        service = read.get(SERVICES, *key)
        found = read.get(ENDPOINTS, *key)
        if service is None:
            self._forget(key)
            if found is None:
                return NOTHING
            return Plan((Delete(ENDPOINTS, key, uid=found["metadata"]["uid"]),))
        spec = service["spec"]
        if spec.get("type") == "ExternalName" or not spec.get("selector"):
            return NOTHING
        trigger = self._look(key, service, read)
        listed = self._pods[key].subsets()
        wanted = _made(service, found, listed, trigger)
        if found is None:
            return Plan((Create(ENDPOINTS, wanted),))
        if (
            (found.get("subsets") or []) == listed
            and _are_labels_of(found["metadata"].get("labels") or _NO_LABELS, service)
            and _OVER not in (found["metadata"].get("annotations") or _NO_LABELS)
        ):
            return NOTHING
        return Plan((Update(ENDPOINTS, wanted),))

    def _look(self, key: Key, service: Obj, read: Reader) -> str:
        """Look at the pods that changed; return when the first of the changes came, or ""."""
        family, namespace = _family(service), key[0]
        selector = service["spec"]["selector"]
        matches = from_map(selector).matches
        pods = self._pods.get(key)
        names: Iterable[str] = self._changed.pop(key, {})
        if pods is None:
            pods = self._pods[key] = Packed()
            found = read.labelled(PODS, namespace, first_label(selector))
            names = [pod["metadata"]["name"] for pod in found]
        known = self._since.get(key)
        since = self._since.setdefault(key, {})
        later = []
        for name in names:
            pod = read.get(PODS, namespace, name)
            if pod is None or not matches(pod["metadata"].get("labels") or _NO_LABELS):
                pods.put(name, None)
                since.pop(name, None)
                continue
            pods.put(name, _row(pod, service, family))
            moved = _moved(pod)
            if moved and moved > since.get(name, ""):
                later.append(moved)
                since[name] = moved
        if known is None:
            return str(service["metadata"]["creationTimestamp"])
        return min(later, default="")

    def _forget(self, key: Key) -> None:
        for kept in (self._pods, self._changed, self._since):
            kept.pop(key, None)

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """Say so and try again in a second; in a namespace that goes away nothing comes back."""
        if not isinstance(action, Create | Update) or _ends(error):
            return NOTHING
        self._pods.pop(key, None)
        name = f"{key[0]}/{key[1]}"
        if isinstance(action, Create):
            note = EventNote(
                action.obj, "Warning", "FailedToCreateEndpoint",
                f"Failed to create endpoint for service {name}: {error}",
            )  # fmt: skip
        else:
            note = EventNote(
                action.obj, "Warning", "FailedToUpdateEndpoint",
                f"Failed to update endpoint {name}: {error}",
            )  # fmt: skip
        return Plan((), (note,), now + SECOND)

    def snapshot(self) -> list[Any]:
        """Return since when pods were (un)ready at the last sync: it says what is news."""
        return [[*key, dict(sorted(since.items()))] for key, since in sorted(self._since.items())]

    def restore(self, kept: list[Any]) -> None:
        self._since = {(namespace, name): dict(since) for namespace, name, since in kept}


def _ends(error: Exception) -> bool:
    return isinstance(error, Forbidden) and "is being terminated" in error.message


def _selected_by(index: Selecting, namespace: str, pod: Obj) -> dict[Key, None]:
    labels = pod["metadata"].get("labels") or _NO_LABELS
    return {(namespace, name): None for name in index.names(labels)}


def _has_address(pod: Obj) -> bool:
    return bool((pod.get("status") or _NO_LABELS).get("podIP"))


def _moved(pod: Obj) -> str | None:
    """Return since when the pod is as ready as it is; None before the kubelet said so."""
    return (condition(pod, "Ready") or _NO_LABELS).get("lastTransitionTime")


def _stands_alike(old: Obj, new: Obj) -> bool:
    """Whether a status that was written says nothing new of addresses and readiness."""
    before, after = old.get("status") or _NO_LABELS, new.get("status") or _NO_LABELS
    return (
        is_ready(old) == is_ready(new)
        and before.get("podIP") == after.get("podIP")
        and before.get("podIPs") == after.get("podIPs")
        and before.get("phase") == after.get("phase")
    )


def _made(service: Obj, found: Obj | None, listed: list[dict[str, Any]], trigger: str) -> Obj:
    """Return the object as it is to be written."""
    meta = service["metadata"]
    base: dict[str, Any] = dict(found or {"apiVersion": "v1", "kind": "Endpoints"})
    own = base.get("metadata") or {"name": meta["name"], "namespace": meta["namespace"]}
    annotations = {
        key: value
        for key, value in (own.get("annotations") or {}).items()
        if key not in (_TRIGGER, _OVER)
    }
    if trigger:
        annotations[_TRIGGER] = trigger
    if _count(listed) > CAPACITY:
        listed = _truncated(listed)
        annotations[_OVER] = "truncated"
    own = {key: value for key, value in own.items() if key != "annotations"}
    own["labels"] = _labels(service)
    if annotations:
        own["annotations"] = annotations
    base["metadata"] = own
    base.pop("subsets", None)
    if listed:
        base["subsets"] = listed
    return base


def controller() -> Controller:
    """Return the Endpoints controller."""
    loop = Endpoints()
    return Controller(
        name=NAME,
        component="endpoint-controller",
        watches={
            SERVICES: loop.of_service,
            PODS: loop.of_pod,
            ENDPOINTS: loop.of_endpoints,
        },
        needs={PODS: SERVICES},
        reconcile=loop.reconcile,
        refused=loop.refused,
        delay=DELAY,
        snapshot=loop.snapshot,
        restore=loop.restore,
    )
