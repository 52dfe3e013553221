"""Pushes business metrics of tenants that have terms: what the minutes since were worth."""

import asyncio
import logging

from ecp.orchestrator.monitoring import model
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, StorageFailed
from ecp.orchestrator.records import MODES, Mode

log = logging.getLogger("ecp.orchestrator")

_LEASE = "business"
_LEASE_NS = 60_000_000_000
_EVERY_S = 10.0
_PAGE = 100
_MOST_MINUTES = 1440


class Pusher:
    """Pushes for ever, in one process at a time.

    What was pushed is known by sequence. Who begins pushes the newest minute first: what was before
    somebody else has pushed.
    """

    def __init__(self, house: House, holder: str) -> None:
        self._house, self._holder = house, holder
        self._pushed: dict[tuple[Mode, str], tuple[str, int]] = {}

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
        told = await storage.alerts.newest_minutes()
        count = skip = 0
        while True:
            page = await storage.tenants(skip, _PAGE)
            for tenant in page.tenants:
                terms = tenant.options.get(model.BUSINESS)
                facts = told.get(tenant.tenant_id) or {}
                if terms and facts.get("sequence"):
                    at = (str(facts.get("ledger", "")), int(facts["sequence"]))
                    count += await self._push(mode, tenant.tenant_id, terms, at)
            skip += len(page.tenants)
            if not page.tenants or skip >= page.total:
                return count

    async def _push(
        self, mode: Mode, tenant_id: str, terms: dict[str, object], at: tuple[str, int]
    ) -> int:
        key = (mode, tenant_id)
        ledger, sequence = self._pushed.get(key, (at[0], at[1] - 1))
        fresh = at[1] - sequence if ledger == at[0] else 1
        if fresh <= 0:
            return 0
        storage = await self._house.storage(mode)
        minutes = await storage.alerts.recent_minutes(tenant_id, min(fresh, _MOST_MINUTES))
        try:
            await self._house.simulator(mode).tell(
                tenant_id, model.SOURCE, model.business(minutes, terms)
            )
        except ClusterRefused as refusal:
            log.info("business metrics of %s are refused: %s", tenant_id, refusal)
        self._pushed[key] = at
        return 1
