"""The watch over tenants: their states follow what their clusters show.

One process at a time does so, by a lease. Workloads of all tenants come with one look at a cluster.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from ecp.edge.problems import Problem
from ecp.kube.kinds import DAEMONSETS, DEPLOYMENTS, STATEFULSETS
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Storage, StorageFailed
from ecp.orchestrator.records import MODES, Latest, Mode, Obj, Sought, Tenant
from ecp.orchestrator.tenants.lifecycle import Shown, expected, shown_of
from ecp.orchestrator.tenants.running import settled

log = logging.getLogger("ecp.orchestrator")

_LEASE = "tenants"
_LEASE_NS = 30_000_000_000
_EVERY_S = 3.0
_PAGE = 500
_KINDS = (DEPLOYMENTS, STATEFULSETS, DAEMONSETS)
_OVER = ("ready", "stalled")


class Watcher:
    """Keeps the states of all tenants; `run` for ever."""

    def __init__(self, house: House, holder: str) -> None:
        self._house, self._holder = house, holder
        # What releases that are over bring, by mode, release and phase: it changes no more.
        self._expected: dict[tuple[Mode, int, str], tuple[str, ...]] = {}

    async def run(self) -> None:
        while True:
            for mode in MODES:
                try:
                    await self.look(mode)
                except StorageFailed as error:
                    log.warning("the states of tenants wait for the database: %s", error)
            await asyncio.sleep(_EVERY_S)

    async def look(self, mode: Mode) -> None:
        """Bring the states of a mode's tenants to what is there now. Raises StorageFailed."""
        house, storage = self._house, await self._house.storage(mode)
        now = house.now()
        if not await storage.lease(_LEASE, self._holder, now, now + _LEASE_NS):
            return
        shown: Mapping[str, Sequence[Obj]] | None = None
        looked, skip = False, 0
        used: dict[tuple[Mode, int, str], tuple[str, ...]] = {}
        while True:
            found = await storage.find_tenants(Sought(), skip, _PAGE)
            if not looked and any(latest is not None for _, latest in found.rows):
                shown, looked = await self._shown(mode), True
            if shown is not None:
                used |= await self._brought(mode, storage, found.rows)
            await self._settle(mode, storage, found.rows, shown, used)
            skip += len(found.rows)
            if not found.more:
                break
        others = {key: words for key, words in self._expected.items() if key[0] != mode}
        self._expected = others | used

    async def _brought(
        self, mode: Mode, storage: Storage, rows: list[tuple[Tenant, Latest | None]]
    ) -> dict[tuple[Mode, int, str], tuple[str, ...]]:
        """Return which workloads the releases of tenants brought that are over."""
        found = {}
        for tenant, latest in rows:
            if latest is not None and latest.phase in _OVER and tenant.wanted == "up":
                key = (mode, latest.id, latest.phase)
                words = self._expected.get(key)
                if words is None:
                    steps = await storage.steps(latest.id)
                    words = expected(
                        step.body
                        for step in steps
                        if step.body is not None
                        and step.state == "done"
                        and step.ref.namespace == tenant.namespace
                    )
                found[key] = words
        return found

    async def _shown(self, mode: Mode) -> Mapping[str, Sequence[Obj]] | None:
        """Return the workloads of a cluster, by namespace; None while it does not answer."""
        try:
            view = await self._house.cluster(mode).look("", _KINDS)
        except (ClusterUnreachable, ClusterRefused) as error:
            log.debug("the states of tenants wait for the cluster: %s", error)
            return None
        by_namespace: dict[str, list[Obj]] = {}
        for kind in _KINDS:
            for obj in view.list(kind):
                by_namespace.setdefault(obj["metadata"]["namespace"], []).append(obj)
        return by_namespace

    async def _settle(
        self,
        mode: Mode,
        storage: Storage,
        rows: list[tuple[Tenant, Latest | None]],
        shown: Mapping[str, Sequence[Obj]] | None,
        brought: Mapping[tuple[Mode, int, str], tuple[str, ...]],
    ) -> None:
        unreleased = [tenant.tenant_id for tenant, latest in rows if latest is None]
        valid = await storage.valid_manifests(unreleased) if unreleased else set()
        now = self._house.now()
        for tenant, latest in rows:
            if tenant.wanted == "gone":
                await self._let_go(mode, tenant)
                continue
            seen: Shown | None = None
            if shown is not None:
                key = (mode, latest.id, latest.phase) if latest is not None else (mode, 0, "")
                seen = shown_of(shown.get(tenant.namespace, ()), brought.get(key, ()))
            await settled(
                storage, tenant, latest, now=now, valid=tenant.tenant_id in valid, shown=seen
            )

    async def _let_go(self, mode: Mode, tenant: Tenant) -> None:
        """Go on with a deletion that was begun."""
        try:
            await self._house.workflow.forget(mode, tenant)
        except Problem as problem:
            log.info("tenant %s is still to be deleted: %s", tenant.tenant_id, problem.code)
