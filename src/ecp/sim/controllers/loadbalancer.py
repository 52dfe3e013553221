"""The cloud's service controller: a Service of type LoadBalancer gets its address after a while.

One that names a loadBalancerClass is left to who serves that class: nobody here. Source: kubernetes
staging k8s.io/cloud-provider/controllers/service/controller.go.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

from ecp.kube.kinds import SERVICES
from ecp.sim.clusters.plane import Balancers
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import NOTHING, Controller, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED

FINALIZER: Final = "service.kubernetes.io/load-balancer-cleanup"
_NORMAL: Final = "Normal"
_RETRY: Final = 5_000_000_000
"""The first retry after an error (ns). Source: minRetryDelay."""


class LoadBalancers:
    """Gives and takes the addresses; `due` says until when it is busy with a Service (ns)."""

    def __init__(self, chance: Chance, cloud: Balancers) -> None:
        self._chance = chance
        self._cloud = cloud
        self.due: dict[str, int] = {}  # by uid

    def keys(self, change: Change, read: Reader) -> Iterable[Key]:
        """Services that want a load balancer or have one."""
        if change.type == DELETED:
            self.due.pop(change.object["metadata"]["uid"], None)
            return ()
        return (change.key,) if _wants(change.object) or _has(change.object) else ()

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Make the load balancer of one Service, or take it away."""
        service = read.get(SERVICES, *key)
        if service is None:
            return NOTHING
        wanted = _wants(service) and "deletionTimestamp" not in service["metadata"]
        if wanted:
            return self._ensure(now, service, read)
        return self._release(now, service) if _has(service) else NOTHING

    def _ensure(self, now: int, service: Obj, read: Reader) -> Plan:
        uid = service["metadata"]["uid"]
        if _addresses(service) and _has(service):
            self.due.pop(uid, None)
            return NOTHING
        due = self.due.get(uid)
        if due is None or not _has(service):
            due = self.due[uid] = now + self._cloud.provision
            begun = EventNote(service, _NORMAL, "EnsuringLoadBalancer", "Ensuring load balancer")
            return Plan((Update(SERVICES, _held(service)),), (begun,), due)
        if now < due:
            return Plan(wake_at=due)
        address = self._free(service, read)
        if address is None:
            text = (
                "Error syncing load balancer: failed to ensure load balancer: no address is left "
                f"in {self._cloud.network}"
            )
            note = EventNote(service, "Warning", "SyncLoadBalancerFailed", text)
            self.due[uid] = now + _RETRY
            return Plan((), (note,), now + _RETRY)
        self.due.pop(uid, None)
        given = [{"ip": address, "ipMode": "VIP"}]
        done = EventNote(service, _NORMAL, "EnsuredLoadBalancer", "Ensured load balancer")
        return Plan((Update(SERVICES, _with_status(service, given), "status"),), (done,))

    def _release(self, now: int, service: Obj) -> Plan:
        uid = service["metadata"]["uid"]
        due = self.due.get(f"-{uid}")
        if due is None:
            self.due.pop(uid, None)
            due = self.due[f"-{uid}"] = now + self._cloud.release
            text = "Deleting load balancer"
            begun = EventNote(service, _NORMAL, "DeletingLoadBalancer", text)
            return Plan((), (begun,), due)
        if now < due:
            return Plan(wake_at=due)
        del self.due[f"-{uid}"]
        done = EventNote(service, _NORMAL, "DeletedLoadBalancer", "Deleted load balancer")
        free = _freed(service)
        gone = "deletionTimestamp" in service["metadata"]
        status = () if gone else (Update(SERVICES, _with_status(service, []), "status"),)
        return Plan((*status, Update(SERVICES, free)), (done,))

    def _free(self, service: Obj, read: Reader) -> str | None:
        """Return an address that no other Service has: the one asked for, else one by chance."""
        network = IPv4Network(self._cloud.network)
        taken = {row for one in read.list(SERVICES) for row in _addresses(one)}
        asked = service["spec"].get("loadBalancerIP")
        if asked and IPv4Address(asked) in network and asked not in taken:
            return str(asked)
        # The first addresses are kept for the ingress controller and who comes after it.
        hosts = [str(host) for host in list(network.hosts())[9:] if str(host) not in taken]
        meta = service["metadata"]
        if not hosts:
            return None
        return hosts[self._chance.below(len(hosts), f"load-balancer/{meta['uid']}")]

    def snapshot(self) -> Any:
        """Return the state as plain data."""
        return dict(self.due)

    def restore(self, plain: Any) -> None:
        """Take over what `snapshot` returned."""
        self.due = dict(plain)


def _wants(service: Obj) -> bool:
    spec = service["spec"]
    return spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass")


def _has(service: Obj) -> bool:
    return FINALIZER in (service["metadata"].get("finalizers") or ())


def _addresses(service: Obj) -> list[str]:
    status = service.get("status") or {}
    rows = (status.get("loadBalancer") or {}).get("ingress") or ()
    return [row["ip"] for row in rows if row.get("ip")]


def _held(service: Obj) -> Obj:
    if _has(service):
        return service
    meta = service["metadata"]
    return {
        **service,
        "metadata": {**meta, "finalizers": [*(meta.get("finalizers") or ()), FINALIZER]},
    }


def _freed(service: Obj) -> Obj:
    meta = service["metadata"]
    left = [row for row in meta["finalizers"] if row != FINALIZER]
    rest = {field: value for field, value in meta.items() if field != "finalizers"}
    return {**service, "metadata": {**rest, "finalizers": left} if left else rest}


def _with_status(service: Obj, ingress: list[Obj]) -> Obj:
    status = service.get("status") or {}
    return {
        **service,
        "status": {**status, "loadBalancer": {"ingress": ingress} if ingress else {}},
    }


def controller(chance: Chance, cloud: Balancers) -> Controller:
    """Return the loop of a cloud's service controller."""
    loop = LoadBalancers(chance, cloud)
    return Controller(
        name="service-lb",
        component="service-controller",
        watches={SERVICES: loop.keys},
        reconcile=loop.reconcile,
        actor="cloud-controller-manager",
        snapshot=loop.snapshot,
        restore=loop.restore,
    )
