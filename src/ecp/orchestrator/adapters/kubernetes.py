"""A Kubernetes cluster over its API: discovery, server-side apply, delete, lists.

The simulated cluster and a real one are called in the same way.
"""

import asyncio
import math
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from ecp.kube.kinds import (
    CONFIGMAPS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    EVENTS,
    HPAS,
    PODS,
    REPLICASETS,
    SERVICES,
    split_api_version,
)
from ecp.orchestrator.adapters.address import Address
from ecp.orchestrator.ports import ClusterRefused, NotServed
from ecp.orchestrator.records import Obj, Ref

MANAGER = "ecp"
_FRESH_S = 5.0
# What a start-up is judged from.
_LOOKED_AT = {
    DEPLOYMENTS: ("apps/v1", "Deployment", "deployments"),
    REPLICASETS: ("apps/v1", "ReplicaSet", "replicasets"),
    PODS: ("v1", "Pod", "pods"),
    SERVICES: ("v1", "Service", "services"),
    ENDPOINTSLICES: ("discovery.k8s.io/v1", "EndpointSlice", "endpointslices"),
    HPAS: ("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    CONFIGMAPS: ("v1", "ConfigMap", "configmaps"),
    EVENTS: ("v1", "Event", "events"),
}


class NamespaceView:
    """The objects of one namespace as they were when it was looked at."""

    def __init__(self, now: int, objects: dict[str, list[Obj]]) -> None:
        self.now = now
        self._objects = objects
        self._named = {
            (resource, obj["metadata"].get("namespace", ""), obj["metadata"]["name"]): obj
            for resource, rows in objects.items()
            for obj in rows
        }
        self._owned: dict[tuple[str, str], list[Obj]] = {}
        for resource, rows in objects.items():
            for obj in rows:
                for owner in obj["metadata"].get("ownerReferences") or ():
                    self._owned.setdefault((owner["uid"], resource), []).append(obj)

    def get(self, resource: str, namespace: str, name: str) -> Obj | None:
        return self._named.get((resource, namespace, name))

    def list(self, resource: str, namespace: str | None = None) -> Sequence[Obj]:
        return self._objects.get(resource, [])

    def owned(self, uid: str, resource: str) -> Sequence[Obj]:
        return self._owned.get((uid, resource), [])

    def on_node(self, node: str) -> Sequence[Obj]:
        return [pod for pod in self.list(PODS) if pod["spec"].get("nodeName") == node]

    def heartbeat(self, node: str) -> int | None:
        """Return None: nodes are not looked at."""
        return None


class KubernetesCluster:
    """Fulfils `ports.ClusterPort` over httpx. *path* is the API server's root at the address."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        address: Address,
        path: str,
        now: Callable[[], Coroutine[Any, Any, int]],
    ) -> None:
        self._client = client
        self._address = address
        self._path = path
        self._now = now
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}
        self._discovered = -math.inf
        self._room, self._counted = "", -math.inf

    @property
    def url(self) -> str:
        """Where the API server is called now."""
        return self._address.url + self._path

    async def apply(self, obj: Obj) -> None:
        """Apply *obj* server-side as manager `ecp`, taking over fields that others hold."""
        meta = obj["metadata"]
        ref = Ref(obj["apiVersion"], obj["kind"], meta.get("namespace", ""), meta["name"])
        url = await self._url(ref)
        response = await self.call(
            "PATCH",
            f"{url}?fieldManager={MANAGER}&force=true",
            content=orjson.dumps(obj),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )
        _check(response)

    async def remove(self, ref: Ref) -> bool:
        """Delete in the background: dependants go after it."""
        response = await self.call(
            "DELETE", await self._url(ref), params={"propagationPolicy": "Background"}
        )
        if response.status_code == 404:
            return False
        _check(response)
        return True

    async def look(self, namespace: str, only: Sequence[str] = ()) -> NamespaceView:
        wanted = only or tuple(_LOOKED_AT)
        now, *found = await asyncio.gather(
            self._now(), *(self._list(*_LOOKED_AT[resource], namespace) for resource in wanted)
        )
        return NamespaceView(now, dict(zip(wanted, found, strict=True)))

    async def leaving(self, namespace: str) -> bool:
        response = await self.call("GET", f"/api/v1/namespaces/{quote(namespace, safe='')}")
        if response.status_code == 404:
            return False
        _check(response)
        return "deletionTimestamp" in orjson.loads(response.content)["metadata"]

    async def room(self) -> str:
        now = asyncio.get_running_loop().time()
        if now - self._counted > _FRESH_S:
            nodes = (await self._json("/api/v1/nodes"))["items"]
            self._room = orjson.dumps(list(map(_slim, nodes))).decode()
            self._counted = now
        return self._room

    async def _list(self, api_version: str, kind: str, plural: str, namespace: str) -> list[Obj]:
        url = f"{_root(api_version)}/namespaces/{quote(namespace, safe='')}/{plural}"
        response = await self.call("GET", url)
        if response.status_code == 404:
            return []
        _check(response)
        items: list[Obj] = orjson.loads(response.content)["items"]
        # Items of a list say neither; whoever reads one alone wants to know.
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    async def kinds(self) -> set[tuple[str, str]]:
        """Return what the cluster serves: (apiVersion, kind); as it was a few seconds ago."""
        if asyncio.get_running_loop().time() - self._discovered > _FRESH_S:
            await self._discover()
        return set(self._kinds)

    async def _url(self, ref: Ref) -> str:
        key = (ref.api_version, ref.kind)
        if key not in self._kinds:
            await self._discover()
        if key not in self._kinds:
            raise NotServed(f'no matches for kind "{ref.kind}" in version "{ref.api_version}"')
        plural, namespaced = self._kinds[key]
        where = f"/namespaces/{quote(ref.namespace, safe='')}" if namespaced else ""
        return f"{_root(ref.api_version)}{where}/{plural}/{quote(ref.name, safe='')}"

    async def _discover(self) -> None:
        groups = await self._json("/apis")
        versions = ["v1"] + [
            version["groupVersion"]
            for group in groups.get("groups") or ()
            for version in group["versions"]
        ]
        lists = await asyncio.gather(*(self._json(_root(version)) for version in versions))
        self._kinds = dict(_rows(zip(versions, lists, strict=True)))
        self._discovered = asyncio.get_running_loop().time()

    async def _json(self, path: str) -> Obj:
        response = await self.call("GET", path)
        _check(response)
        found: Obj = orjson.loads(response.content)
        return found

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask the API server; all that is asked here may be asked twice. ClusterUnreachable."""
        return await self._address.ask(
            self._client, method, self._path + path, again=True, **options
        )


def _slim(node: Obj) -> Obj:
    """Return what a Node says of who may run there, and of how much there is."""
    meta, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": meta["name"], "labels": meta.get("labels") or {}},
        "spec": {name: spec[name] for name in ("taints", "unschedulable") if name in spec},
        "status": {"allocatable": status.get("allocatable") or status.get("capacity") or {}},
    }


def _rows(
    lists: Iterable[tuple[str, Obj]],
) -> Iterable[tuple[tuple[str, str], tuple[str, bool]]]:
    for version, listed in lists:
        for row in listed.get("resources") or ():
            if "/" not in row["name"]:
                yield (version, row["kind"]), (row["name"], row["namespaced"])


def _root(api_version: str) -> str:
    group, _ = split_api_version(api_version)
    return f"/apis/{api_version}" if group else f"/api/{api_version}"


def _check(response: httpx.Response) -> None:
    if response.is_success:
        return
    message = response.text[:500]
    try:
        body = orjson.loads(response.content)
        message = body.get("message") or body.get("detail") or message
    except (orjson.JSONDecodeError, AttributeError):
        pass
    raise ClusterRefused(response.status_code, message)
