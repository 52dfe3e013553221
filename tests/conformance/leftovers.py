"""What a recording's cluster had from before a sequence began: objects that its answers show.

A sequence of its own namespace still lists what is in the whole cluster.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from .bare import Client, Host

Left = tuple[str, dict[str, Any]]
"""Where an object is posted to, and the object."""

_RBAC = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
_STORAGE = "/apis/storage.k8s.io/v1/storageclasses"


def _namespaces(names: str, labels: dict[str, str] | None = None) -> list[Left]:
    return [
        ("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels or {}}})
        for name in names.split()
    ]


def _role(name: str, **more: Any) -> Left:
    return (_RBAC, {"metadata": {"name": name, **more.pop("metadata", {})}, **more})


def _binding(name: str) -> Left:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    return (f"{_RBAC[:-1]}bindings", {"metadata": {"name": name}, "roleRef": role})


def _volume(number: int) -> Left:
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": f"/sts/{number}"},
        "storageClassName": "local",
    }
    name = f"pv-sts-{number}"
    return ("/api/v1/persistentvolumes", {"metadata": {"name": name}, "spec": spec})


def _claim(number: int) -> Left:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "local",
    }
    path = "/api/v1/namespaces/c-sts/persistentvolumeclaims"
    return (path, {"metadata": {"name": f"data-db-{number}"}, "spec": spec})


_PUBLISHER = "system:controller:service-ca-cert-publisher"
_OF_BUILD = [_role(_PUBLISHER, rules=[]), _binding(_PUBLISHER)]
"""What the recorded server's build brings along."""
_LABEL = "rbac.example/agg"
_PSA = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}

LEFT: dict[str, list[Left]] = {
    "namespace": [
        *_namespaces(
            "bind cm dep evict hpa net pdb pod-crud pod-inv prio quota rbac sec sto svc vap wl"
        ),
        *_namespaces("psa", _PSA),
    ],
    "rbac": _OF_BUILD,
    "tables": [
        *_namespaces("c-dep c-gc c-job c-misc c-pdb c-pod c-q c-sts"),
        (
            _STORAGE,
            {"metadata": {"name": "local"}, "provisioner": "kubernetes.io/no-provisioner"},
        ),
        *(_volume(number) for number in (0, 1)),
        *(_claim(number) for number in (0, 1)),
        _role(
            "gold-agg",
            aggregationRule={"clusterRoleSelectors": [{"matchLabels": {_LABEL: "true"}}]},
            rules=[],
        ),
        _role(
            "gold-part",
            metadata={"labels": {_LABEL: "true"}},
            rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        ),
        *_OF_BUILD,
        (
            "/api/v1/namespaces/c-dep/services",
            {
                "metadata": {"name": "web"},
                "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
            },
        ),
    ],
}
"""By the id of a sequence."""


# ---- what happened between exchanges ------------------------------------------------------------


async def _restarted(client: Client, host: Host) -> None:
    """A server that starts anew on its data has seen no change yet."""
    store = host.cluster.store
    store.restore(store.snapshot())


async def _compacted(client: Client, host: Host) -> None:
    """28 writes later etcd has thrown away what was before; the cache for watches has it still."""
    for number in range(28):
        path = "/api/v1/namespaces/exp/configmaps/c0"
        body = {"data": {"z": str(number)}}
        await client.ask("PATCH", path, body, type_="application/merge-patch+json")
    host.kept = list(host.cluster.store.log)
    host.cluster.store.log.clear()


async def _cached(client: Client, host: Host) -> None:
    host.cluster.store.log.extend(host.kept)


BETWEEN: dict[tuple[str, int], Callable[[Client, Host], Awaitable[None]]] = {
    ("list-expired", 3): _compacted,
    ("list-expired", 6): _cached,
    ("watch-too-old", 1): _restarted,
}
"""By the id of a sequence and the exchange before which it happened; its notes say so."""
