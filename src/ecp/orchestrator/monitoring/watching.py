"""Pushes business metrics of tenants that have terms: what the minutes since were worth."""

import asyncio
import logging
from collections.abc import Mapping

from ecp.orchestrator.monitoring import model
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    House,
    Storage,
    StorageFailed,
)
from ecp.orchestrator.records import MODES, Mode

log = logging.getLogger("ecp.orchestrator")

_LEASE = "business"
_LEASE_NS = 60_000_000_000
_EVERY_S = 10.0
_PAGE = 100
_MOST_MINUTES = 1440


class Pusher:
    """Pushes for ever, in one process at a time.

    How far is kept by sequence, after it is pushed: a minute may be pushed twice when a process
    ends in between, and none is left out. A tenant's first push is of its newest minute.
    """

    def __init__(self, house: House, holder: str) -> None:
        self._house, self._holder = house, holder

    async def run(self) -> None:
        """Push for ever."""
        while True:
            for mode in MODES:
                try:
                    await self.push(mode)
                except (ClusterUnreachable, StorageFailed) as error:
                    log.info("business metrics, %s: %s", mode, error)
            await asyncio.sleep(_EVERY_S)

    async def push(self, mode: Mode) -> int:
        """Push what is new of a mode's tenants; return of how many."""
        storage = await self._house.storage(mode)
        now = self._house.now()
        if not await storage.lease(_LEASE, self._holder, now, now + _LEASE_NS):
            return 0
        told, pushed = await storage.alerts.newest_minutes(), await storage.pushed()
        count = skip = 0
        while True:
            page = await storage.tenants(skip, _PAGE)
            for tenant in page.tenants:
                terms = tenant.options.get(model.BUSINESS)
                facts = told.get(tenant.tenant_id) or {}
                if terms and facts.get("sequence"):
                    at = (str(facts.get("ledger", "")), int(facts["sequence"]))
                    before = pushed.get(tenant.tenant_id, (at[0], at[1] - 1))
                    count += await self._push(mode, storage, tenant.tenant_id, terms, before, at)
            skip += len(page.tenants)
            if not page.tenants or skip >= page.total:
                return count

    async def _push(
        self,
        mode: Mode,
        storage: Storage,
        tenant_id: str,
        terms: Mapping[str, object],
        before: tuple[str, int],
        at: tuple[str, int],
    ) -> int:
        fresh = at[1] - before[1] if before[0] == at[0] else 1
        if fresh <= 0:
            return 0
        minutes = await storage.alerts.recent_minutes(tenant_id, min(fresh, _MOST_MINUTES))
        try:
            await self._house.simulator(mode).tell(
                tenant_id, model.SOURCE, model.business(minutes, terms)
            )
        except ClusterRefused as refusal:
            log.info("business metrics of %s are refused: %s", tenant_id, refusal)
        await storage.keep_pushed(tenant_id, *at)
        return 1
