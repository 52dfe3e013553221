"""The objects of one kind in one namespace: listed when somebody looks, many of them followed."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from ecp.orchestrator.adapters.kubernetes import KubernetesCluster, check
from ecp.orchestrator.adapters.parsing import uncollected
from ecp.orchestrator.ports import NotServed
from ecp.orchestrator.records import Obj

_PAGE: Final = 500
_EXPIRED: Final = 410
_MANY: Final = 100
"""From so many objects on a watch is cheaper than the next list."""
_IDLE_S: Final = 60
"""So long after the last look a watch is begun anew."""
_WATCHED_S: Final = 60
_LEAST_S: Final = 55
"""A watch that ends before was not allowed, or was lost: the cluster may be another by now."""
_METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Shelf:
    """`rows` are the objects by name: the same list for as long as nothing changes, and the same
    objects in the next one, but for those that changed."""

    def __init__(
        self,
        cluster: KubernetesCluster,
        of: tuple[str, str, str],
        *,
        keep: Callable[[Obj], Obj],
        bare: bool = False,
        selector: str = "",
    ) -> None:
        self.api_version, self.kind, self.namespace = of
        self.rows: Sequence[Obj] = ()
        self.read = False
        """Whether it was read as a whole, however long ago."""
        self._cluster, self._keep = cluster, keep
        self._bare, self._selector = bare, selector
        self._kept: dict[str, tuple[tuple[str, str], Obj]] = {}
        self._version = ""
        self._follower: asyncio.Task[None] | None = None
        self._asked = 0.0
        self._changed = False

    @property
    def follows(self) -> bool:
        """Whether a watch tells what changes."""
        return self._follower is not None and not self._follower.done()

    async def look(self, *, anew: bool, follow: bool) -> None:
        """Bring the rows up to date. *follow*: by a watch, if they are many.

        Raises ClusterRefused, ClusterUnreachable.
        """
        self._asked = asyncio.get_running_loop().time()
        if anew or not self.follows:
            await self._list()
            if follow and len(self._kept) >= _MANY and not self._bare and self._version:
                await self.rest()
                self._follower = asyncio.create_task(self._follow())
        elif self._changed:
            self._put(dict(sorted(self._kept.items())))

    def _put(self, kept: dict[str, tuple[tuple[str, str], Obj]]) -> None:
        self._kept, self._changed, self.read = kept, False, True
        rows = [obj for _, obj in kept.values()]
        same = len(rows) == len(self.rows)
        if not same or any(a is not b for a, b in zip(rows, self.rows, strict=True)):
            self.rows = rows

    async def _list(self) -> None:
        """Read the objects page by page: no answer holds others up for long."""
        try:
            path = await self._path()
        except NotServed:
            return self._put({})
        params = {"limit": str(_PAGE)} | self._chosen()
        headers = {"Accept": _METADATA if self._bare else "application/json"}
        kept: dict[str, tuple[tuple[str, str], Obj]] = {}
        while True:
            response = await self._cluster.call("GET", path, params=params, headers=headers)
            if response.status_code == _EXPIRED and "continue" in params:
                # What was begun is too old to go on with: the whole anew, in one piece.
                params, kept = self._chosen(), {}
                continue
            if response.status_code == 404:
                return self._put({})
            check(response)
            with uncollected():
                page = orjson.loads(response.content)
                for item in page["items"] or ():
                    kept[item["metadata"]["name"]] = self._known(item)
            meta = page.get("metadata") or {}
            if not meta.get("continue"):
                self._version = str(meta.get("resourceVersion") or "")
                return self._put(kept)
            params["continue"] = meta["continue"]

    async def _path(self) -> str:
        return await self._cluster.collection(self.api_version, self.kind, self.namespace)

    def _chosen(self) -> dict[str, str]:
        return {"fieldSelector": self._selector} if self._selector else {}

    def _known(self, item: Obj) -> tuple[tuple[str, str], Obj]:
        """Return an object with its version: the one that is kept, where it is that one."""
        meta = item["metadata"]
        version = (str(meta.get("uid")), str(meta.get("resourceVersion")))
        before = self._kept.get(meta["name"])
        if before is not None and before[0] == version:
            return before
        # Items say neither, and those of which only metadata is read say another kind.
        return version, self._keep({**item, "apiVersion": self.api_version, "kind": self.kind})

    async def _follow(self) -> None:
        """Hear of changes for as long as somebody looks; after that the next look lists again."""
        loop = asyncio.get_running_loop()
        path = await self._path()
        while loop.time() - self._asked < _IDLE_S:
            began, version = loop.time(), self._version
            async for change in self._cluster.changes(
                path, version=version, seconds=_WATCHED_S, selector=self._selector
            ):
                if change["type"] == "ERROR":
                    return
                self._hear(change["type"], change["object"])
            if loop.time() - began < _LEAST_S:
                return

    def _hear(self, what: str, item: dict[str, Any]) -> None:
        meta = item["metadata"]
        self._version = str(meta.get("resourceVersion") or self._version)
        if what == "BOOKMARK":
            return
        self._changed = True
        if what == "DELETED":
            self._kept.pop(meta["name"], None)
        else:
            self._kept[meta["name"]] = self._known(item)

    async def rest(self) -> None:
        """Follow no more."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)
            self._follower = None
