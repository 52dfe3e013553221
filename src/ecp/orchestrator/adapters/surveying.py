"""What is in a namespace of a cluster, simulated or real: objects of many kinds, logs, usage."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson

from ecp.orchestrator.adapters.kubernetes import KubernetesCluster, check
from ecp.orchestrator.adapters.lately import Lately
from ecp.orchestrator.ports import ClusterRefused, NotServed
from ecp.orchestrator.records import Obj, Surveyed

_FRESH_S: Final = 2.0
"""As long one look is good for whoever comes: pages ask every few seconds."""
_KEPT: Final = 16
"""Looks that are kept: of so many tenants somebody looks at the same time."""
_PAGE: Final = 500
_EXPIRED: Final = 410
_METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_MOST_LOG_BYTES: Final = 4 << 20

Kinds = Sequence[tuple[str, str]]


class Surveyor:
    """Fulfils `ports.Surveying` for one cluster."""

    def __init__(
        self,
        cluster: KubernetesCluster,
        *,
        keep: Callable[[Obj], Obj],
        bare: Collection[str],
        narrowed: Mapping[str, str],
    ) -> None:
        self.cluster = cluster
        self._keep, self._bare, self._narrowed = keep, bare, narrowed
        self._looks: OrderedDict[tuple[Any, ...], Lately[Surveyed]] = OrderedDict()

    async def survey(self, namespaces: Iterable[str], kinds: Kinds, *, anew: bool) -> Surveyed:
        spaces = tuple(sorted(namespaces))
        key = (spaces, tuple(kinds))
        if key not in self._looks:
            self._looks[key] = Lately(lambda: self._look(spaces, kinds))
            while len(self._looks) > _KEPT:
                self._looks.popitem(last=False)
        self._looks.move_to_end(key)
        return await self._looks[key].get(0 if anew else _FRESH_S)

    async def _look(self, spaces: Sequence[str], kinds: Kinds) -> Surveyed:
        served = await self.cluster.kinds()
        wanted = [kind for kind in kinds if kind in served]
        missing: dict[str, str] = {}

        async def listed(api_version: str, kind: str, namespace: str) -> list[Obj]:
            try:
                return await self._all(api_version, kind, namespace)
            except ClusterRefused as refusal:
                if refusal.code != 403:
                    raise
                missing[kind] = refusal.message
                return []

        found = await asyncio.gather(*(listed(*kind, space) for kind in wanted for space in spaces))
        now = await self.cluster.instant()
        return Surveyed(now, [obj for rows in found for obj in rows], missing)

    async def _all(self, api_version: str, kind: str, namespace: str) -> list[Obj]:
        """Return the objects of a kind, page by page: no answer holds others up for long."""
        try:
            path = await self.cluster.collection(api_version, kind, namespace)
        except NotServed:
            return []
        accept = _METADATA if kind in self._bare else "application/json"
        params = {"limit": str(_PAGE)}
        if kind in self._narrowed:
            params["fieldSelector"] = self._narrowed[kind]
        rows: list[Obj] = []
        while True:
            response = await self.cluster.call(
                "GET", path, params=params, headers={"Accept": accept}
            )
            if response.status_code == _EXPIRED and "continue" in params:
                # What was begun is too old to go on with: the whole anew, in one piece.
                params, rows = {k: v for k, v in params.items() if k == "fieldSelector"}, []
                continue
            if response.status_code == 404:
                return rows
            check(response)
            page = orjson.loads(response.content)
            for item in page["items"] or ():
                # Items say neither, and those of which only metadata is read say another kind.
                rows.append(self._keep({**item, "apiVersion": api_version, "kind": kind}))
            following = (page.get("metadata") or {}).get("continue")
            if not following:
                return rows
            params["continue"] = following

    async def events(self, namespace: str, uid: str, name: str) -> list[Obj]:
        chosen = f"involvedObject.uid={uid}" if uid else f"involvedObject.name={name}"
        path = await self.cluster.collection("v1", "Event", namespace)
        response = await self.cluster.call("GET", path, params={"fieldSelector": chosen})
        check(response)
        rows: list[Obj] = orjson.loads(response.content)["items"]
        return rows

    async def log(
        self, namespace: str, pod: str, container: str, *, tail: int, previous: bool
    ) -> str:
        path = await self.cluster.collection("v1", "Pod", namespace)
        params = {
            "container": container,
            "tailLines": str(tail),
            "timestamps": "true",
            "limitBytes": str(_MOST_LOG_BYTES),
            **({"previous": "true"} if previous else {}),
        }
        url = f"{path}/{quote(pod, safe='')}/log"
        response = await self.cluster.call("GET", url, params=params)
        check(response)
        return response.content.decode("utf-8", "replace")

    async def usage(self, namespace: str, pod: str = "") -> list[Obj]:
        path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{quote(namespace, safe='')}/pods"
        if not pod:
            rows: list[Obj] = (await self.cluster.answered(path)).get("items") or []
            return rows
        return [await self.cluster.answered(f"{path}/{quote(pod, safe='')}")]
