"""What is live of a tenant is looked at, and kept for whoever looks a moment later."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import orjson

from ecp.edge.problems import Problem
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    House,
    Storage,
    Surveying,
)
from ecp.orchestrator.records import Mode, Obj, Ref, Surveyed, Tenant
from ecp.orchestrator.resources import model
from ecp.orchestrator.resources.model import Drawn
from ecp.orchestrator.together import together

_T = TypeVar("_T")
_HOME: Final = ("v1", "Namespace")
_KEPT: Final = 16
"""Tenants of which a drawing is kept."""
_ANSWERS: Final = 32
"""Answers of one drawing that are kept: of so many pages, filters and languages."""


class Kept:
    """What was drawn of a tenant, from what, and what was answered of it."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.drawn: Drawn | None = None
        self.of: tuple[Any, ...] = ()
        self.answers: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self.reasons: dict[str, dict[str, str]] = {}
        self.read: list[Any] = []
        self._said: dict[str, Any] = {}
        self._asking: dict[str, asyncio.Task[Any]] = {}

    async def ask(
        self, name: str, ask: Callable[[], Coroutine[Any, Any, _T]], within_s: float | None
    ) -> _T | None:
        """Return what is answered, or within_s what was answered before; None: nothing was."""
        task = self._asking.get(name)
        if task is None or task.done():
            task = self._asking[name] = asyncio.create_task(ask())
        done, _ = await asyncio.wait({task}, timeout=within_s)
        if done:
            self._said[name] = task.result()
        found: _T | None = self._said.get(name)
        return found

    async def answer(self, drawn: Drawn, key: tuple[Any, ...], told: Callable[[], bytes]) -> bytes:
        """Return what is told of a drawing, from what was told of it before where that is there."""
        found = self.answers.get(key) if drawn is self.drawn else None
        if found is None:
            found = await asyncio.to_thread(told)
            if drawn is self.drawn:
                self.answers[key] = found
                while len(self.answers) > _ANSWERS:
                    self.answers.popitem(last=False)
        return found


_BY_CLUSTER: WeakKeyDictionary[Surveying, OrderedDict[str, Kept]] = WeakKeyDictionary()


def _kept(surveying: Surveying, tenant_id: str) -> Kept:
    tenants = _BY_CLUSTER.setdefault(surveying, OrderedDict())
    found = tenants.setdefault(tenant_id, Kept())
    tenants.move_to_end(tenant_id)
    while len(tenants) > _KEPT:
        tenants.popitem(last=False)
    return found


class Look(NamedTuple):
    """What was seen of a tenant; *kept* keeps what is told of it."""

    tenant: Tenant
    surveyed: Surveyed
    drawn: Drawn
    revision: int | None
    kept: Kept


async def required(storage: Storage, tenant_id: str) -> Tenant:
    """Return the tenant. Raises Problem 404."""
    tenant = await storage.tenant(tenant_id)
    if tenant is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    return tenant


async def answered(asked: Awaitable[_T]) -> _T:
    """Return what the cluster answers. Raises Problem 502, 503."""
    try:
        return await asked
    except ClusterUnreachable as error:
        raise Problem(
            503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
        ) from error
    except ClusterRefused as error:
        raise Problem(
            502, "KUBERNETES_ERROR", "cluster.refused", number=error.code, message=error.message
        ) from error


async def look(
    house: House, mode: Mode, tenant_id: str, *, anew: bool = False, within_s: float | None = None
) -> Look:
    """Look at a tenant's namespaces, or at what was seen a moment ago. Raises Problem.

    *within_s*: with what is known by then (`surveyed.reading`: kinds that are not).
    """
    storage = await house.storage(mode)
    tenant = await required(storage, tenant_id)
    release = await storage.last_release(tenant_id)
    steps = [] if release is None else await storage.steps(release.id)
    wished = [step.body for step in steps if step.body is not None and step.state == "done"]
    spaces = {tenant.namespace, *(step.ref.namespace for step in steps if step.ref.namespace)}
    own = {(obj["apiVersion"], obj["kind"]): None for obj in wished}
    kinds = [*model.KINDS, *(kind for kind in own if kind not in model.KINDS and kind != _HOME)]
    surveying = house.surveying(mode)
    kept = _kept(surveying, tenant_id)
    surveyed, homes, machines = await answered(
        together(
            surveying.survey(spaces, kinds, anew=anew, within_s=within_s),
            kept.ask("homes", lambda: _homes(house, mode, sorted(spaces)), within_s),
            kept.ask("machines", lambda: _machines(house, mode), within_s),
        )
    )
    of = (surveyed.objects, homes or [], machines or "[]", wished, tenant.namespace)
    async with kept.turn:
        if kept.drawn is None or not _same(of, kept.of):
            # Thousands of pods take a while: others are answered meanwhile.
            kept.drawn = await asyncio.to_thread(_drawn, of, kept.drawn)
            kept.of, kept.reasons, kept.read = of, {}, []
            kept.answers.clear()
        drawn = kept.drawn
    return Look(tenant, surveyed, drawn, None if release is None else release.revision, kept)


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether a drawing of the one is a drawing of the other."""
    return bool(other) and one[0] is other[0] and one[1:] == other[1:]


def _drawn(of: tuple[Any, ...], before: Drawn | None) -> Drawn:
    objects, homes, machines, wished, home = of
    nodes: list[Obj] = orjson.loads(machines)
    there = [*homes, *objects]
    return model.drawn(there, wished, nodes, home, *(() if before is None else (before,)))


async def _homes(house: House, mode: Mode, names: Sequence[str]) -> list[Obj]:
    found = await together(*(_home(house, mode, name) for name in names))
    return [home for home in found if home is not None]


async def _home(house: House, mode: Mode, name: str) -> Obj | None:
    """Return a namespace; None where it is not, or where nobody may look at it."""
    try:
        return await house.cluster(mode).found(Ref("v1", "Namespace", "", name))
    except ClusterRefused as refusal:
        if refusal.code != 403:
            raise
        return None


async def _machines(house: House, mode: Mode) -> str:
    try:
        return await house.cluster(mode).room()
    except ClusterRefused:
        return "[]"  # who may not list nodes is shown none
