"""The cluster's ingress controller: it takes up the Ingresses of its class and says where it is.

Which Service a request goes to is `ecp.sim.network.ingress`. Source: ingress-nginx
internal/ingress/{controller/store,status}: an Ingress without a class is nobody's, unless
admission gave it the default one.
"""

from collections.abc import Iterable
from typing import Final

from ecp.kube.kinds import INGRESSCLASSES, INGRESSES
from ecp.sim.clusters.plane import CONTROLLER, Ingresses, class_of
from ecp.sim.plans import NOTHING, Controller, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key
from ecp.sim.store.store import DELETED

_TAKEN_UP: Final = "Scheduled for sync"


def controller(served: Ingresses) -> Controller:
    """Return the loop of the ingress controller."""

    def of_class(change: Change, read: Reader) -> Iterable[Key]:
        name = change.key[1]
        found = (one["metadata"] for one in read.list(INGRESSES) if class_of(one) == name)
        return [(meta["namespace"], meta["name"]) for meta in found]

    def of_ingress(change: Change, read: Reader) -> Iterable[Key]:
        return () if change.type == DELETED else (change.key,)

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        ingress = read.get(INGRESSES, *key)
        if ingress is None or "deletionTimestamp" in ingress["metadata"]:
            return NOTHING
        found = read.get(INGRESSCLASSES, "", class_of(ingress))
        if found is None or found["spec"].get("controller") != CONTROLLER:
            return NOTHING
        wanted = {"ingress": [{"ip": served.address}]}
        status = ingress.get("status") or {}
        if status.get("loadBalancer") == wanted:
            return NOTHING
        note = EventNote(ingress, "Normal", "Sync", _TAKEN_UP)
        new = {**ingress, "status": {**status, "loadBalancer": wanted}}
        return Plan((Update(INGRESSES, new, "status"),), (note,))

    return Controller(
        name="ingress-nginx",
        component="nginx-ingress-controller",
        watches={INGRESSES: of_ingress, INGRESSCLASSES: of_class},
        reconcile=reconcile,
        actor="nginx-ingress-controller",
        delay=max(served.admit, 1_000_000),
    )
