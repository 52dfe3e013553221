"""What a server keeps for itself from its first second: priorities, flows, roles, its own groups.

`system.jsonl` holds one object a line, as a kube-apiserver 1.36.2 makes them; an instant is "@",
`owners` says who wrote it. Nothing acts on roles and flows here: they are there to be read.
Source: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go,
pkg/registry/scheduling/rest/storage_scheduling.go, apiserver pkg/apis/flowcontrol/bootstrap.
"""

import json
from functools import lru_cache
from importlib import resources
from typing import Any

from ecp.kube.kinds import BUILT_IN, NAMESPACES
from ecp.kube.patch.apply import Owner
from ecp.kube.times import rfc3339
from ecp.sim.engine.chance import Chance
from ecp.sim.store import Obj, Store

_SERVER = "kube-apiserver"


@lru_cache(maxsize=8)
def _rows(stamp: str) -> tuple[Obj, ...]:
    """Return the rows as they are at an instant; the clusters of one process share them."""
    text = resources.files("ecp.sim.clusters").joinpath("system.jsonl").read_text("utf-8")
    return tuple(map(json.loads, text.replace('"@"', f'"{stamp}"').splitlines()))


def install(store: Store, chance: Chance, network: str, *, now: int, cause: str) -> None:
    """Put the server's own objects into *store* at *now* (ns); *network* is that of its Services.

    What belongs to a namespace that does not exist is left out.
    """
    stamp = rfc3339(now)
    for row in _rows(stamp):
        namespace = row["metadata"].get("namespace", "")
        if not namespace or store.get(NAMESPACES, "", namespace) is not None:
            obj = {field: value for field, value in row.items() if field != "owners"}
            _put(store, chance, obj, row["owners"], now=now, cause=cause)
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
    owners = [
        ("kubernetes-service-cidr-controller", "Apply", "status"),
        (_SERVER, "Update", ""),
    ]
    _put(store, chance, service_network, owners, now=now, cause=cause)


def _put(store: Store, chance: Chance, obj: Obj, owners: Any, *, now: int, cause: str) -> None:
    kind = BUILT_IN.by_gvk[obj["apiVersion"], obj["kind"]]
    meta = obj["metadata"]
    key = (meta.get("namespace", ""), meta["name"])
    stamp = rfc3339(now)
    uid = chance.uid(f"{kind.resource}/{key[0]}/{key[1]}", now)
    whole = {**obj, "metadata": {**meta, "uid": uid, "creationTimestamp": stamp}}
    rows = tuple(
        Owner(manager, operation, kind.api_version, stamp, subresource, None)
        for manager, operation, subresource in owners
    )
    store.put(kind.resource, key, whole, rows, at=now, cause=cause, actor=owners[0][0])
