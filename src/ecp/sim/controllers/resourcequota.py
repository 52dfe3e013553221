"""ResourceQuotas: what is used of each, counted anew when something goes.

What comes is charged at the door (ecp.sim.admission.quotas); this loop counts when a quota is new
or its bounds change, and when objects are deleted, end or change their scope.
Source: kubernetes pkg/quota/v1/install/update_filter.go and, in pkg/controller/resourcequota,
{resource_quota_controller,resource_quota_monitor}.go (1.36).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ecp.kube.kinds import BUILT_IN, PODS, RESOURCEQUOTAS, SERVICES, Kind
from ecp.kube.pods import is_terminal
from ecp.sim.plans import NOTHING, Controller, Plan, Reader, Update, nobody
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED, FIGURES, MODIFIED, STATUS
from ecp.validation import quotas
from ecp.validation.amounts import Amounts, added, amounts, one
from ecp.validation.counting import UNCOUNTED, Usage, has_deadline, until, written

ANY: Final = "*"
"""As a watched resource: every resource, custom ones included."""

RESYNC: Final = 300_000_000_000
"""All quotas are counted anew once in this time (ns). Here only where that can tell something
new: of pods that stay past their end. Source: --resource-quota-sync-period."""

_NODE_PORTS: Final = ("NodePort", "LoadBalancer")


class ResourceQuotas:
    """The control loop; *resources* names the namespaced resources, custom ones included."""

    def __init__(self, resources: Callable[[], Sequence[str]]) -> None:
        self._resources = resources
        self._usage = Usage()

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Write down what is used of a quota."""
        quota = read.get(RESOURCEQUOTAS, *key)
        if quota is None:
            return NOTHING
        before = quota.get("status") or {}
        bounds = amounts(quota["spec"].get("hard"))
        used = {name: v for name, v in amounts(before.get("used")).items() if name in bounds}
        names = _by_resource(bounds, self._resources())
        pods: list[Obj] = []
        for resource, counted in names.items():
            used.update(self._counted(now, quota, resource, counted, read))
            if resource == PODS:
                pods = list(read.list(PODS, key[0]))
        status = {"hard": written(bounds), "used": written(used)} if bounds else {}
        actions: tuple[Update, ...] = ()
        if status != before:
            actions = (Update(RESOURCEQUOTAS, {**quota, "status": status}, "status"),)
        return Plan(actions, (), _wake(now, pods))

    def _counted(
        self, now: int, quota: Obj, resource: str, names: Sequence[str], read: Reader
    ) -> Amounts:
        kind = _kind(resource)
        found = {name: one(0) for name in names}
        for obj in read.list(resource, quota["metadata"]["namespace"]):
            if quotas.covers(quota, (kind.group, kind.kind), obj):
                usage = self._usage.of(kind, obj, now)
                found = added(found, {name: usage[name] for name in names if name in usage})
        return found


def _kind(resource: str) -> Kind:
    row = BUILT_IN.by_resource.get(resource)
    if row is not None:
        return row
    plural, _, group = resource.partition(".")
    return Kind(group, "", "", plural, custom=True)


def _by_resource(names: Iterable[str], served: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        resource = quotas.counted_by(name)
        if resource in served and resource not in UNCOUNTED:
            found.setdefault(resource, []).append(name)
    return found


def _wake(now: int, pods: Iterable[Obj]) -> int | None:
    """Return when it will be noticed that a deleted pod has stayed past its end (ns)."""
    ends = (end for pod in pods if (end := until(pod)) is not None and end >= now)
    first = min(ends, default=None)
    return None if first is None else (first // RESYNC + 1) * RESYNC


# ---- what wakes it ----------------------------------------------------------------------------


def _of_quota(change: Change, read: Reader) -> Iterable[Key]:
    """A quota whose bounds are new; one that goes frees what it counted for itself."""
    if change.type == DELETED:
        return _of_any(change, read)
    old = change.old
    if old is None:
        return (change.key,)
    return () if old["spec"].get("hard") == change.object["spec"].get("hard") else (change.key,)


def _of_pod(change: Change, read: Reader) -> Iterable[Key]:
    """A pod that went, ended, changed its scope, or is to go: that may take too long."""
    pod, old = change.object, change.old
    if change.type == MODIFIED and old is not None:
        marked = "deletionTimestamp"
        moved = (
            is_terminal(pod) != is_terminal(old)
            or has_deadline(pod) != has_deadline(old)
            or (marked in pod["metadata"]) != (marked in old["metadata"])
        )
        return _tracking(PODS, change.key[0], read) if moved else ()
    return _of_any(change, read)


def _of_service(change: Change, read: Reader) -> Iterable[Key]:
    old = change.old
    if change.type == MODIFIED and old is not None:
        moved = _port_type(change.object) != _port_type(old)
        return _tracking(SERVICES, change.key[0], read) if moved else ()
    return _of_any(change, read)


def _port_type(service: Obj) -> str:
    sort = service["spec"].get("type")
    return sort if sort in _NODE_PORTS else ""


def _of_any(change: Change, read: Reader) -> Iterable[Key]:
    if change.type != DELETED:
        return ()
    return _tracking(change.resource, change.key[0], read)


def _tracking(resource: str, namespace: str, read: Reader) -> Iterable[Key]:
    """Return the quotas of a namespace that count a resource."""
    if not namespace or resource in UNCOUNTED:
        return ()
    return [
        (namespace, quota["metadata"]["name"])
        for quota in read.list(RESOURCEQUOTAS, namespace)
        if any(
            quotas.counted_by(name) == resource
            for name in (quota.get("status") or {}).get("hard") or ()
        )
    ]


def controller(resources: Callable[[], Sequence[str]]) -> Controller:
    """Return the controller that keeps the status of quotas."""
    loop = ResourceQuotas(resources)
    return Controller(
        name="resourcequota",
        component="resourcequota-controller",
        watches={
            RESOURCEQUOTAS: _of_quota,
            PODS: _of_pod,
            SERVICES: _of_service,
            ANY: _of_any,
            **dict.fromkeys(sorted(UNCOUNTED), nobody),
        },
        deaf={PODS: FIGURES, ANY: STATUS},
        needs={PODS: RESOURCEQUOTAS},
        reconcile=loop.reconcile,
    )
