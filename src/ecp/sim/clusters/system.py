"""What a server keeps for itself from its first second: priorities, flows, roles, its own groups.

`system.jsonl` holds one object a line, as a kube-apiserver 1.36.2 makes them, `metrics.jsonl` what
comes with metrics-server; an instant is "@", `owners` says who wrote it, and what of it where there
are several. Nothing acts on flows here: they are there to be read; roles count in clusters whose
authorizationMode is RBAC.
Source: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go,
pkg/registry/scheduling/rest/storage_scheduling.go, apiserver pkg/apis/flowcontrol/bootstrap.
"""

import json
from functools import lru_cache
from importlib import resources
from typing import Any

from ecp.kube.kinds import BUILT_IN, NAMESPACES, SERVICECIDRS
from ecp.kube.patch.apply import Owner
from ecp.kube.patch.fieldset import decode
from ecp.kube.times import rfc3339
from ecp.sim.engine.chance import Chance
from ecp.sim.store import Obj, Store

_SERVER = "kube-apiserver"
_MANAGER = "kube-controller-manager"


@lru_cache(maxsize=8)
def _rows(name: str, stamp: str) -> tuple[Obj, ...]:
    """Return the rows as they are at an instant; the clusters of one process share them."""
    text = resources.files("ecp.sim.clusters").joinpath(name).read_text("utf-8")
    return tuple(map(json.loads, text.replace('"@"', f'"{stamp}"').splitlines()))


def install(store: Store, chance: Chance, network: str, *, now: int, cause: str) -> None:
    """Put the server's own objects into *store* at *now* (ns); *network* is that of its Services.

    What belongs to a namespace that does not exist is left out.
    """
    stamp = rfc3339(now)
    _put_rows("system.jsonl", store, chance, now=now, cause=cause)
    ready = {
        "type": "Ready",
        "status": "True",
        "lastTransitionTime": stamp,
        "reason": "",
        "message": "Kubernetes default Service CIDR is ready",
    }
    service_network = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "ServiceCIDR",
        "metadata": {"name": "kubernetes"},
        "spec": {"cidrs": [network]},
        "status": {"conditions": [ready]},
    }
    tracked: Obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "kube-apiserver-legacy-service-account-token-tracking",
            "namespace": "kube-system",
        },
        "data": {"since": stamp[:10]},
    }
    if store.get(NAMESPACES, "", "kube-system") is not None:
        _put(store, chance, tracked, [_BY_SERVER], now=now, cause=cause)
    controller = "kubernetes-service-cidr-controller"
    owners = [(controller, "Apply", "status", _said("lastTransitionTime", "message")), _BY_SERVER]
    _put(store, chance, service_network, owners, now=now, cause=cause)


def install_metrics(store: Store, chance: Chance, *, now: int, cause: str) -> None:
    """Register metrics-server: its APIService, and the role by which others read figures.

    Source: metrics-server manifests/base/{apiservice,rbac}.yaml; the rest of its own are no objects
    here, the simulated cluster answers in its place.
    """
    _put_rows("metrics.jsonl", store, chance, now=now, cause=cause)


def _put_rows(name: str, store: Store, chance: Chance, *, now: int, cause: str) -> None:
    for row in _rows(name, rfc3339(now)):
        namespace = row["metadata"].get("namespace", "")
        if not namespace or store.get(NAMESPACES, "", namespace) is not None:
            obj = {field: value for field, value in row.items() if field != "owners"}
            _put(store, chance, obj, row["owners"], now=now, cause=cause)


_BY_SERVER = (_SERVER, "Update", "")
_READY = 'k:{"type":"Ready"}'


def _said(*fields: str) -> Obj:
    """Return what an apply of the Ready condition owns: its *fields*, status and type."""
    condition: Obj = {".": {}} | {f"f:{field}": {} for field in (*fields, "status", "type")}
    return {"f:status": {"f:conditions": {_READY: condition}}}


def take_over(store: Store, *, now: int, cause: str) -> None:
    """Do what a controller manager does with the Service network when it comes.

    Source: kubernetes pkg/controller/servicecidrs/servicecidrs_controller.go.
    """
    stored = store.stored(SERVICECIDRS, ("", "kubernetes"))
    if stored is None:
        return
    name = "networking.k8s.io/service-cidr-finalizer"
    stamp = rfc3339(now)
    (ready,) = stored.object["status"]["conditions"]
    said = {"lastTransitionTime": stamp, "message": "Kubernetes Service CIDR is ready"}
    obj = {
        **stored.object,
        "metadata": {**stored.object["metadata"], "finalizers": [name]},
        "status": {"conditions": [{**ready, **said}]},
    }
    network = obj["apiVersion"]
    fields: Obj = {"f:metadata": {"f:finalizers": {".": {}, f'v:"{name}"': {}}}}
    again = _said("lastTransitionTime", "message", "reason")
    owners = (
        *(
            owner._replace(fields=decode(_said())) if owner.operation == "Apply" else owner
            for owner in stored.owners
        ),
        Owner("service-cidr-controller", "Apply", network, stamp, "status", decode(again)),
        Owner(_MANAGER, "Update", network, stamp, "", decode(fields)),
    )
    store.put(SERVICECIDRS, ("", "kubernetes"), obj, owners, at=now, cause=cause, actor=_MANAGER)


def _put(store: Store, chance: Chance, obj: Obj, owners: Any, *, now: int, cause: str) -> None:
    kind = BUILT_IN.by_gvk[obj["apiVersion"], obj["kind"]]
    meta = obj["metadata"]
    key = (meta.get("namespace", ""), meta["name"])
    stamp = rfc3339(now)
    uid = chance.uid(f"{kind.resource}/{key[0]}/{key[1]}", now)
    whole = {**obj, "metadata": {**meta, "uid": uid, "creationTimestamp": stamp}}
    rows = tuple(
        Owner(
            manager,
            operation,
            kind.api_version,
            stamp,
            subresource,
            decode(written[0]) if written else None,
        )
        for manager, operation, subresource, *written in owners
    )
    store.put(kind.resource, key, whole, rows, at=now, cause=cause, actor=owners[-1][0])
