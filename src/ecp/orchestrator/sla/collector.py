"""The collector: pulls closed minutes by sequence and keeps them; one at a time, by a lease."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ecp.kube.times import rfc3339
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Storage, StorageFailed
from ecp.orchestrator.records import MODES, Figure, Minute, Mode, Tenant
from ecp.orchestrator.sla.closing import keep_house
from ecp.orchestrator.sla.model import LATE, is_late
from ecp.slo.rollup import HOUR_SLOTS, MINUTE_SLOTS
from ecp.slo.windows import slot_at

log = logging.getLogger("ecp.orchestrator")

SOURCE = "k8s-simulator"
_LEASE = "collector"
_LEASE_NS = 30_000_000_000
_EVERY_S = 5.0
_MINUTE_NS = 60_000_000_000
_BATCH = 500
_FACTS = ("slo", "timezone", "corrections", "agreed", "ledger", "clock")


class Collector:
    """Pulls for every tenant that has a release, and puts in order what is kept."""

    def __init__(self, house: House, holder: str) -> None:
        self._house = house
        self._holder = holder
        # Whose hour went by: what is kept of them is to be put in order, oldest wish first.
        self._due: dict[tuple[Mode, str], None] = {}

    async def run(self) -> None:
        """Collect for ever. While a month is closed, pulling goes on."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._for_ever(self.pull))
            group.create_task(self._for_ever(self.tidy))

    async def _for_ever(self, work: Callable[[Mode], Awaitable[int]]) -> None:
        while True:
            for mode in MODES:
                try:
                    await work(mode)
                except (ClusterUnreachable, ClusterRefused, StorageFailed) as error:
                    log.info("collector, %s: %s", mode, error)
            await asyncio.sleep(_EVERY_S)

    async def collect(self, mode: Mode) -> int:
        """Pull, then tidy; return how many minutes are new."""
        kept = await self.pull(mode)
        await self.tidy(mode)
        return kept

    async def tidy(self, mode: Mode) -> int:
        """Close months that are due and let go of what is old; return of how many tenants."""
        due = [key for key in self._due if key[0] == mode]
        for key in due:
            del self._due[key]
            await keep_house(self._house, *key)
        return len(due)

    async def pull(self, mode: Mode) -> int:
        """Pull what is new of a mode's tenants; return how many minutes."""
        storage = await self._house.storage(mode)
        now = self._house.now()
        if not await storage.lease(_LEASE, self._holder, now, now + _LEASE_NS):
            return 0
        kept, skip = 0, 0
        while True:
            page = await storage.tenants(skip, 100)
            released = await storage.last_releases([t.tenant_id for t in page.tenants])
            for tenant in page.tenants:
                release = released.get(tenant.tenant_id)
                if release is not None:
                    try:
                        kept += await self._tenant(mode, storage, tenant, release.began)
                    except ClusterRefused as refusal:
                        # Not tracked (any more); the others are.
                        log.debug("collector, %s: %s", tenant.tenant_id, refusal)
            skip += len(page.tenants)
            if not page.tenants or skip >= page.total:
                return kept

    async def _tenant(self, mode: Mode, storage: Storage, tenant: Tenant, began: int) -> int:
        """Pull a tenant's minutes; with each hour that has gone by it is due to be tidied."""
        before = await storage.levels.known(tenant.tenant_id)
        kept = await self._pulled(mode, storage, tenant, began)
        after = await storage.levels.known(tenant.tenant_id) if kept else before
        if after is not None and (before is None or _hour(before) != _hour(after)):
            self._due[mode, tenant.tenant_id] = None
        return kept

    async def _pulled(self, mode: Mode, storage: Storage, tenant: Tenant, began: int) -> int:
        kept = 0
        since, known = await storage.last_minute(tenant.tenant_id)
        # The cluster remembers a deleted tenant of the same name; what was its is not this one's.
        first = "" if since else rfc3339(began - began % _MINUTE_NS)
        newest, told = await storage.kept(tenant.tenant_id)
        newest, dropped = newest or "", told.get(LATE, 0)
        anew = False
        while True:
            found = await self._house.simulator(mode).minutes(tenant.tenant_id, since, _BATCH)
            ledger = found.get("ledger") or known
            if known and ledger != known:
                # The cluster began anew: its minutes are counted anew, and told by it alone.
                since, known, first, anew, newest = 0, ledger, "", True, ""
                continue
            rows = [row for row in found.get("minutes") or () if row["sequence"] > since]
            if not rows:
                return kept
            own, late = in_time([row for row in rows if row["minute"] >= first], newest)
            minutes = [Minute(row["sequence"], row["minute"], row) for row in own]
            figures = [f for row in own for f in figures_of(tenant.tenant_id, row)]
            facts = {name: found[name] for name in _FACTS if name in found}
            dropped += late
            facts |= {LATE: dropped} if dropped else {}
            facts |= {"newest": rows[-1]["minute"], "heard_at": self._house.now()}
            await storage.add_minutes(tenant.tenant_id, minutes, figures, facts, anew=anew)
            anew = False
            since, newest = rows[-1]["sequence"], max([newest, *(m.minute for m in minutes)])
            kept += len(minutes)
            if len(rows) < _BATCH:
                return kept


def in_time(rows: Sequence[Any], newest: str) -> tuple[list[Any], int]:
    """Return the rows of minutes that may still be said, and how many come too late: an hour
    behind the newest (RFC 3339, "" for none) they change nothing any more."""
    own = []
    for row in rows:
        if newest and is_late(slot_at(row["minute"]), slot_at(newest) + MINUTE_SLOTS):
            continue
        own.append(row)
        newest = max(newest, row["minute"])
    return own, len(rows) - len(own)


def _hour(known: tuple[int, int]) -> int:
    return known[1] // HOUR_SLOTS


def figures_of(tenant_id: str, row: Mapping[str, Any]) -> list[Figure]:
    """Return a closed minute's rows of MonitoringData, in percent.

    A minute without eligible slots has no level; one without requests has its up time for
    availability. Nothing counts before the tenant's birth.
    """
    whole: Mapping[str, Any] = row["tenant"]
    found: list[tuple[str, str, float]] = []
    slots: Mapping[str, int] = whole["slots"]
    eligible = slots["up"] + slots["down"]
    if eligible and whole.get("counts", True):
        up = 100 * slots["up"] / eligible
        good = 100 * whole["good"] / whole["total"] if whole["total"] else up
        found += [("sla", "availability", good), ("sla", "uptime_percentage", up)]
    for name, used, limit in (
        ("cpu", "cpu_millicores", "cpu_limit_millicores"),
        ("memory", "memory_bytes", "memory_limit_bytes"),
    ):
        if whole.get(limit):
            found.append(("resource", name, 100 * whole[used] / whole[limit]))
    return [
        Figure(tenant_id, kind, name, round(value, 4), "%", SOURCE, str(row["minute"]))
        for kind, name, value in found
    ]
