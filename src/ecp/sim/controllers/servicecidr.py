"""ServiceCIDRs: ready once they are protected, gone when no address is left without one.

Source: kubernetes pkg/controller/servicecidrs/servicecidrs_controller.go (1.36).
"""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from ecp.kube import kinds
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.engine.engine import SECOND
from ecp.sim.plans import NOTHING, Apply, Controller, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj

_ACTOR = "service-cidr-controller"
_FINALIZER = "networking.k8s.io/service-cidr-finalizer"
_GRACE = 10 * SECOND
_MANAGED_BY = ("ipaddress.kubernetes.io/managed-by", "ipallocator.k8s.io")
_READY = {"status": "True", "reason": "", "message": "Kubernetes Service CIDR is ready"}
_HELD = {
    "status": "False",
    "reason": "Terminating",
    "message": "There are still IPAddresses referencing the ServiceCIDR, please remove them or "
    "create a new ServiceCIDR",
}


def _protect(now: int, key: Key, read: Reader) -> Plan:
    network = read.get(kinds.SERVICECIDRS, *key)
    if network is None:
        return NOTHING
    meta = network["metadata"]
    finalizers = meta.get("finalizers") or []
    deleted = meta.get("deletionTimestamp")
    if not deleted:
        if _FINALIZER in finalizers:
            return NOTHING
        return _with(network, [*finalizers, _FINALIZER])
    if _FINALIZER not in finalizers or _orphans(network, read):
        return NOTHING
    free_at = nanoseconds(deleted) + _GRACE
    if now < free_at:
        return Plan(wake_at=free_at)
    return _with(network, [one for one in finalizers if one != _FINALIZER])


def _with(network: Obj, finalizers: list[str]) -> Plan:
    obj = {**network, "metadata": {**network["metadata"], "finalizers": finalizers}}
    return Plan((Update(kinds.SERVICECIDRS, obj),))


def _tell(now: int, key: Key, read: Reader) -> Plan:
    network = read.get(kinds.SERVICECIDRS, *key)
    if network is None or _FINALIZER not in (network["metadata"].get("finalizers") or ()):
        return NOTHING
    goes = "deletionTimestamp" in network["metadata"]
    if goes and not _orphans(network, read):
        return NOTHING
    wanted = _HELD if goes else _READY
    conditions = (network.get("status") or {}).get("conditions") or ()
    if any(all(one.get(name) == wanted[name] for name in wanted) for one in conditions):
        return NOTHING
    condition = {"type": "Ready", **wanted, "lastTransitionTime": rfc3339(now)}
    head = {field: network[field] for field in ("apiVersion", "kind")}
    body = {**head, "metadata": {"name": key[1]}, "status": {"conditions": [condition]}}
    return Plan((Apply(kinds.SERVICECIDRS, key, body, "status"),))


def _orphans(network: Obj, read: Reader) -> bool:
    """Would an address of a Service be in no network if this one went?"""
    mine = [ip_network(one) for one in network["spec"]["cidrs"]]
    name = network["metadata"]["name"]
    others = [
        ip_network(one)
        for other in read.list(kinds.SERVICECIDRS)
        if other["metadata"]["name"] != name
        for one in other["spec"]["cidrs"]
    ]
    label, value = _MANAGED_BY
    addresses = (
        ip_address(one["metadata"]["name"])
        for one in read.list(kinds.IPADDRESSES)
        if (one["metadata"].get("labels") or {}).get(label) == value
    )
    return any(
        any(address in one for one in mine) and not any(address in one for one in others)
        for address in addresses
    )


def _itself(change: Change, read: Reader) -> Iterable[Key]:
    return [change.key]


def _going(change: Change, read: Reader) -> Iterable[Key]:
    """Those that are to go: an address, or another network, may have held or freed them."""
    return [
        ("", one["metadata"]["name"])
        for one in read.list(kinds.SERVICECIDRS)
        if "deletionTimestamp" in one["metadata"]
    ]


def _changed(change: Change, read: Reader) -> Iterable[Key]:
    return [*_itself(change, read), *_going(change, read)]


def controllers() -> tuple[Controller, Controller]:
    """Return the loops that protect ServiceCIDRs and say whether they are ready."""
    watches = {kinds.SERVICECIDRS: _changed, kinds.IPADDRESSES: _going}
    return (
        Controller("servicecidr", _ACTOR, watches, _protect),
        Controller("servicecidr-status", _ACTOR, watches, _tell, actor=_ACTOR),
    )
