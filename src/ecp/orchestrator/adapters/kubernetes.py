"""A Kubernetes cluster over its API: discovery, server-side apply, delete, lists.

The simulated cluster and a real one are called in the same way.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from ecp.kube.kinds import (
    CONFIGMAPS,
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    EVENTS,
    HPAS,
    INGRESSES,
    JOBS,
    PODS,
    PVCS,
    RCS,
    REPLICASETS,
    RESOURCEQUOTAS,
    SERVICES,
    STATEFULSETS,
    split_api_version,
)
from ecp.orchestrator.adapters.address import Address
from ecp.orchestrator.adapters.lately import FRESH_S, Lately
from ecp.orchestrator.adapters.parsing import uncollected
from ecp.orchestrator.ports import ClusterRefused, NotServed
from ecp.orchestrator.records import Obj, Ref
from ecp.orchestrator.together import together

MANAGER = "ecp"
_WATCHED_S = 60
# Source: kubernetes apiserver pkg/endpoints/discovery/aggregated; who has none gives the lists.
_AT_ONCE = "APIGroupDiscoveryList"
_DISCOVERY = f"application/json;g=apidiscovery.k8s.io;v=v2;as={_AT_ONCE},application/json"
# What a start-up is judged from.
LOOKED_AT = {
    DEPLOYMENTS: ("apps/v1", "Deployment", "deployments"),
    REPLICASETS: ("apps/v1", "ReplicaSet", "replicasets"),
    RCS: ("v1", "ReplicationController", "replicationcontrollers"),
    STATEFULSETS: ("apps/v1", "StatefulSet", "statefulsets"),
    DAEMONSETS: ("apps/v1", "DaemonSet", "daemonsets"),
    JOBS: ("batch/v1", "Job", "jobs"),
    PODS: ("v1", "Pod", "pods"),
    SERVICES: ("v1", "Service", "services"),
    ENDPOINTSLICES: ("discovery.k8s.io/v1", "EndpointSlice", "endpointslices"),
    HPAS: ("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    CONFIGMAPS: ("v1", "ConfigMap", "configmaps"),
    PVCS: ("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    EVENTS: ("v1", "Event", "events"),
}
_LISTED = {
    **LOOKED_AT,
    RESOURCEQUOTAS: ("v1", "ResourceQuota", "resourcequotas"),
    INGRESSES: ("networking.k8s.io/v1", "Ingress", "ingresses"),
}
"""What may be looked at; a start-up is judged without the last of them."""


class NamespaceView:
    """The objects of one namespace as they were when it was looked at."""

    def __init__(self, now: int, objects: Mapping[str, Sequence[Obj]]) -> None:
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


_Kinds = dict[tuple[str, str], tuple[str, bool]]


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
        self._kinds: _Kinds = {}
        self._discovery = Lately(self._discovered)
        self._room = Lately(self._counted)
        # Who asks for nodes again and again is told by a watch when they are others.
        self._nodes: dict[str, Obj] = {}
        self._nodes_version = ""
        self._watching: asyncio.Task[None] | None = None
        self._follows = False

    @property
    def url(self) -> str:
        """Where the API server is called now."""
        return self._address.url + self._path

    async def apply(self, obj: Obj, manager: str = MANAGER) -> None:
        """Apply *obj* server-side as *manager*, taking over fields that others hold."""
        await self._applied(obj, manager=manager)

    async def tried(self, obj: Obj) -> Obj:
        """Return what the server would make of *obj*: admission and defaults, nothing stored."""
        response = await self._applied(obj, "&dryRun=All")
        found: Obj = orjson.loads(response.content)
        return found

    async def _applied(self, obj: Obj, more: str = "", *, manager: str = MANAGER) -> httpx.Response:
        meta = obj["metadata"]
        ref = Ref(obj["apiVersion"], obj["kind"], meta.get("namespace", ""), meta["name"])
        url = await self._url(ref)
        response = await self.call(
            "PATCH",
            f"{url}?fieldManager={manager}&force=true{more}",
            content=orjson.dumps(obj),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )
        check(response)
        return response

    async def found(self, ref: Ref) -> Obj | None:
        response = await self.call("GET", await self._url(ref))
        if response.status_code == 404:
            return None
        check(response)
        found: Obj = orjson.loads(response.content)
        return found

    async def remove(self, ref: Ref) -> bool:
        """Delete in the background: dependants go after it."""
        response = await self.call(
            "DELETE", await self._url(ref), params={"propagationPolicy": "Background"}
        )
        if response.status_code == 404:
            return False
        check(response)
        return True

    async def look(self, namespace: str, only: Sequence[str] = ()) -> NamespaceView:
        wanted = only or tuple(LOOKED_AT)
        now, *found = await together(
            self._now(), *(self._list(*_LISTED[resource], namespace) for resource in wanted)
        )
        return NamespaceView(now, dict(zip(wanted, found, strict=True)))

    async def leaving(self, namespace: str) -> bool:
        response = await self.call("GET", f"/api/v1/namespaces/{quote(namespace, safe='')}")
        if response.status_code == 404:
            return False
        check(response)
        return "deletionTimestamp" in orjson.loads(response.content)["metadata"]

    async def room(self) -> str:
        """Return the Nodes as they are: an answer holds until a watch tells of a change, for as
        long as one stands, else for a few seconds."""
        if self._room.answered and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch())
        return await self._room.get(math.inf if self._follows else FRESH_S)

    async def _counted(self) -> str:
        listed = await self._json("/api/v1/nodes")
        nodes = list(map(_slim, listed["items"]))
        self._nodes = {node["metadata"]["name"]: node for node in nodes}
        self._nodes_version = str((listed.get("metadata") or {}).get("resourceVersion") or "")
        return orjson.dumps(nodes).decode()

    async def _watch(self) -> None:
        """Hear of changes of Nodes since they were listed, for a minute; who asks then begins anew.

        Where that cannot be, answers hold for a few seconds, as before.
        """
        where = {"watch": "true", "resourceVersion": self._nodes_version,
                 "timeoutSeconds": str(_WATCHED_S)}  # fmt: skip
        patience = httpx.Timeout(_WATCHED_S + 10, connect=FRESH_S)
        with suppress(httpx.HTTPError, RuntimeError, ValueError, KeyError):
            try:
                async with self._client.stream(
                    "GET", f"{self.url}/api/v1/nodes", params=where, timeout=patience
                ) as response:
                    self._follows = response.status_code == 200
                    if not self._follows:
                        return
                    async for line in response.aiter_lines():
                        self._hear(orjson.loads(line))
            finally:
                self._follows = False
                self._room.forget()

    def _hear(self, change: Obj) -> None:
        """Forget what was listed where a Node is another for who asks. Raises KeyError."""
        node = _slim(change["object"])
        name = node["metadata"]["name"]
        if change["type"] == "DELETED":
            self._nodes.pop(name, None)
        elif self._nodes.get(name) == node:
            return  # a heartbeat, or a condition
        else:
            self._nodes[name] = node
        self._room.forget()

    async def changes(
        self, path: str, *, version: str, seconds: int, selector: str = ""
    ) -> AsyncIterator[Obj]:
        """Yield what a watch tells of a collection since a resourceVersion, for so long at most.

        It ends without a word where the cluster does not answer, or ends it.
        """
        where = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version,
                 "timeoutSeconds": str(seconds)}  # fmt: skip
        if selector:
            where["fieldSelector"] = selector
        patience = httpx.Timeout(seconds + 10, connect=FRESH_S)
        with suppress(httpx.HTTPError, RuntimeError, ValueError):
            async with self._client.stream(
                "GET", self.url + path, params=where, timeout=patience
            ) as response:
                if not response.is_success:
                    return
                rest = b""
                async for part in response.aiter_bytes():
                    *lines, rest = (rest + part).split(b"\n")
                    for line in filter(None, lines):
                        yield orjson.loads(line)

    async def rest(self) -> None:
        """Watch no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def listed(self, api_version: str, kind: str, plural: str, namespace: str) -> list[Obj]:
        """Return the objects of a kind in a namespace, "" = of all."""
        return await self._list(api_version, kind, plural, namespace)

    async def answered(self, path: str) -> Obj:
        """Return the JSON at a path of the API server."""
        return await self._json(path)

    async def _list(self, api_version: str, kind: str, plural: str, namespace: str) -> list[Obj]:
        within = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        url = f"{_root(api_version)}{within}/{plural}"
        response = await self.call("GET", url)
        if response.status_code == 404:
            return []
        check(response)
        with uncollected():
            items: list[Obj] = orjson.loads(response.content)["items"]
            # Items of a list say neither; whoever reads one alone wants to know.
            return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    async def kinds(self) -> set[tuple[str, str]]:
        """Return what the cluster serves: (apiVersion, kind); as it was a few seconds ago."""
        self._kinds = await self._discovery.get()
        return set(self._kinds)

    async def namespaced(self, ref: Ref) -> bool:
        """Say whether objects of its kind lie in namespaces. Raises NotServed."""
        return (await self._row(ref))[1]

    async def instant(self) -> int:
        """Return the cluster's instant (ns)."""
        return await self._now()

    async def collection(self, api_version: str, kind: str, namespace: str) -> str:
        """Return the path of a kind's objects, in a namespace where they lie in one.

        Raises NotServed.
        """
        plural, namespaced = await self._row(Ref(api_version, kind, "", ""))
        where = f"/namespaces/{quote(namespace, safe='')}" if namespaced else ""
        return f"{_root(api_version)}{where}/{plural}"

    async def version(self) -> str:
        """Return which Kubernetes it is, such as v1.36.2."""
        return str((await self._json("/version")).get("gitVersion", ""))

    async def _row(self, ref: Ref) -> tuple[str, bool]:
        key = (ref.api_version, ref.kind)
        if key not in self._kinds:
            # It may be served since a moment ago.
            self._kinds = await self._discovery.get(0, 0)
        if key not in self._kinds:
            raise NotServed(f'no matches for kind "{ref.kind}" in version "{ref.api_version}"')
        return self._kinds[key]

    async def _url(self, ref: Ref) -> str:
        path = await self.collection(ref.api_version, ref.kind, ref.namespace)
        return f"{path}/{quote(ref.name, safe='')}"

    async def _discovered(self) -> _Kinds:
        core, groups = await together(
            *(self._json(path, headers={"Accept": _DISCOVERY}) for path in ("/api", "/apis"))
        )
        if core.get("kind") == groups.get("kind") == _AT_ONCE:
            return dict(_rows_at_once([core, groups]))
        versions = ["v1"] + [
            version["groupVersion"]
            for group in groups.get("groups") or ()
            for version in group["versions"]
        ]
        lists = await together(*(self._json(_root(version)) for version in versions))
        return dict(_rows(zip(versions, lists, strict=True)))

    async def _json(self, path: str, **options: Any) -> Obj:
        response = await self.call("GET", path, **options)
        check(response)
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


def _rows_at_once(lists: Iterable[Obj]) -> Iterable[tuple[tuple[str, str], tuple[str, bool]]]:
    for listed in lists:
        for group in listed.get("items") or ():
            name = group["metadata"].get("name", "")
            for version in group.get("versions") or ():
                api_version = f"{name}/{version['version']}" if name else version["version"]
                for row in version.get("resources") or ():
                    kind = (row.get("responseKind") or {}).get("kind")
                    # Without one there is nothing but what hangs below it.
                    if kind:
                        yield (api_version, kind), (row["resource"], row["scope"] == "Namespaced")


def _root(api_version: str) -> str:
    group, _ = split_api_version(api_version)
    return f"/apis/{api_version}" if group else f"/api/{api_version}"


def check(response: httpx.Response) -> None:
    """Raise ClusterRefused, in the words of its Status, for an answer that is an error."""
    if response.is_success:
        return
    message = response.text[:500]
    try:
        body = orjson.loads(response.content)
        message = body.get("message") or body.get("detail") or message
    except (orjson.JSONDecodeError, AttributeError):
        pass
    raise ClusterRefused(response.status_code, message)
