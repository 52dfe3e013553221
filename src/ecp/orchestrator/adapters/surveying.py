"""What is in a namespace of a cluster, simulated or real: objects of many kinds, logs, usage."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

import orjson

from ecp.orchestrator.adapters.kubernetes import (
    LOOKED_AT,
    KubernetesCluster,
    NamespaceView,
    check,
)
from ecp.orchestrator.adapters.lately import Lately
from ecp.orchestrator.adapters.shelf import Shelf
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable
from ecp.orchestrator.records import Obj, Surveyed
from ecp.orchestrator.together import together

_FRESH_S: Final = 2.0
"""As long one look is good for whoever comes: pages ask every few seconds."""
_KEPT: Final = 16
"""Looks that are kept: of so many tenants somebody looks at the same time."""
_FOLLOWED: Final = 16
"""Kinds that are followed at once: each is a connection that stands."""
_MOST_LOG_BYTES: Final = 4 << 20

Kinds = Sequence[tuple[str, str]]


class _Look:
    """What is known of some namespaces."""

    def __init__(self, shelves: Sequence[Shelf], look: Callable[["_Look"], Any]) -> None:
        self.shelves = shelves
        self.missing: dict[str, str] = {}
        self.anew = False
        self.lately: Lately[Surveyed] = Lately(lambda: look(self))
        self._parts: tuple[Sequence[Obj], ...] = ()
        self._objects: Sequence[Obj] = ()

    def surveyed(self, now: int) -> Surveyed:
        """Return what was read, and which kinds not yet."""
        parts = tuple(shelf.rows for shelf in self.shelves)
        if [*map(id, parts)] != [*map(id, self._parts)]:
            self._parts, self._objects = parts, [obj for rows in parts for obj in rows]
        reading = sorted({shelf.kind for shelf in self.shelves if not shelf.read})
        return Surveyed(now, self._objects, dict(self.missing), reading)


class _Standing:
    """All of a namespace, as whoever judges a release wants it."""

    def __init__(self, shelves: Mapping[str, Shelf], look: Callable[["_Standing"], Any]) -> None:
        self.shelves = shelves
        self.lately: Lately[NamespaceView] = Lately(lambda: look(self))


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
        self._looks: OrderedDict[tuple[Any, ...], _Look] = OrderedDict()
        self._standing: OrderedDict[str, _Standing] = OrderedDict()
        self._asking: set[asyncio.Task[Surveyed]] = set()

    async def survey(
        self,
        namespaces: Iterable[str],
        kinds: Kinds,
        *,
        anew: bool = False,
        within_s: float | None = None,
    ) -> Surveyed:
        look = await self._kept(tuple(sorted(namespaces)), kinds)
        look.anew = look.anew or anew
        if within_s is None:
            return await look.lately.get(0 if anew else _FRESH_S)
        # It goes on for whoever asks next.
        asked = asyncio.create_task(look.lately.get(0 if anew else _FRESH_S))
        self._asking.add(asked)
        asked.add_done_callback(self._asking.discard)
        asked.add_done_callback(_heard)
        done, _ = await asyncio.wait({asked}, timeout=within_s)
        return asked.result() if done else look.surveyed(0)

    async def _kept(self, spaces: Sequence[str], kinds: Kinds) -> _Look:
        key = (spaces, tuple(kinds))
        if key not in self._looks:
            shelves = [
                Shelf(
                    self.cluster,
                    (*kind, space),
                    keep=self._keep,
                    bare=kind[1] in self._bare,
                    selector=self._narrowed.get(kind[1], ""),
                )
                for kind in kinds
                for space in spaces
            ]
            self._looks[key] = _Look(shelves, self._look)
            while len(self._looks) > _KEPT:
                _, gone = self._looks.popitem(last=False)
                await _rest(gone.shelves)
        self._looks.move_to_end(key)
        return self._looks[key]

    async def _look(self, look: _Look) -> Surveyed:
        served = await self.cluster.kinds()
        missing: dict[str, str] = {}
        few = self._follow_few()
        anew, look.anew = look.anew, False

        async def read(shelf: Shelf) -> None:
            if (shelf.api_version, shelf.kind) not in served:
                shelf.read, shelf.rows = True, ()
                return
            try:
                await shelf.look(anew=anew, follow=few)
            except ClusterRefused as refusal:
                if refusal.code != 403:
                    raise
                missing[shelf.kind] = refusal.message
                shelf.read, shelf.rows = True, ()

        await together(*map(read, look.shelves))
        look.missing = missing
        return look.surveyed(await self.cluster.instant())

    def _follow_few(self) -> bool:
        """Whether one more kind may be followed."""
        shelves = [s for one in self._looks.values() for s in one.shelves]
        shelves += [s for one in self._standing.values() for s in one.shelves.values()]
        return sum(shelf.follows for shelf in shelves) < _FOLLOWED

    async def view(self, namespace: str) -> NamespaceView:
        if namespace not in self._standing:
            shelves = {
                resource: Shelf(self.cluster, (api_version, kind, namespace), keep=_unmanaged)
                for resource, (api_version, kind, _) in LOOKED_AT.items()
            }
            self._standing[namespace] = _Standing(shelves, self._stands)
            while len(self._standing) > _KEPT:
                _, gone = self._standing.popitem(last=False)
                await _rest(gone.shelves.values())
        self._standing.move_to_end(namespace)
        return await self._standing[namespace].lately.get(0, 0)

    async def _stands(self, of: _Standing) -> NamespaceView:
        few = self._follow_few()
        now, *_ = await together(
            self.cluster.instant(),
            *(shelf.look(anew=False, follow=few) for shelf in of.shelves.values()),
        )
        return NamespaceView(now, {name: shelf.rows for name, shelf in of.shelves.items()})

    async def rest(self) -> None:
        """Follow nothing more."""
        for asked in tuple(self._asking):
            asked.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        for look in self._looks.values():
            await _rest(look.shelves)
        for standing in self._standing.values():
            await _rest(standing.shelves.values())

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


async def _rest(shelves: Iterable[Shelf]) -> None:
    for shelf in shelves:
        await shelf.rest()


def _unmanaged(obj: Obj) -> Obj:
    """Return an object without what tells who wrote which field of it."""
    meta = obj["metadata"]
    if "managedFields" not in meta:
        return obj
    kept = {name: value for name, value in meta.items() if name != "managedFields"}
    return {**obj, "metadata": kept}


def _heard(asked: "asyncio.Task[Surveyed]") -> None:
    """Take what nobody waits for any more: who asks next is told the same."""
    with suppress(asyncio.CancelledError, ClusterRefused, ClusterUnreachable):
        asked.result()
