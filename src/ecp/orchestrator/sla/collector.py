"""The collector: takes closed minutes by sequence and keeps them; one at a time, by a lease.

Where the simulator tells them (a feed) they are taken from there, and asked for by REST where one
is missing, and once a minute; without a feed all are asked for as often as the settings say
(`dataCollectionInterval`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ecp.kube.times import rfc3339
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    Feed,
    FeedLost,
    House,
    Storage,
    StorageFailed,
)
from ecp.orchestrator.records import COLLECTED, MEASURED, MODES, Figure, Minute, Mode, Obj, Tenant
from ecp.orchestrator.sla.closing import keep_house
from ecp.orchestrator.sla.model import LATE, is_late
from ecp.slo.levels import RAW_SLOTS
from ecp.slo.rollup import HOUR_SLOTS, MINUTE_SLOTS
from ecp.slo.slots import SLOT_SECONDS
from ecp.slo.windows import slot_at

log = logging.getLogger("ecp.orchestrator")

_LEASE = "collector"
_LEASE_NS = 30_000_000_000
_EVERY_S = 5.0
_COMING_S = 2.0
"""A history that is made is shown as it comes."""
_SWEEP_S = 60.0
"""With a feed, REST is asked this often whether a minute is missing."""
_REST = "rest"
_MINUTE_NS = 60_000_000_000
_DAY_NS = 1440 * _MINUTE_NS
_SLOT_NS = SLOT_SECONDS * 1_000_000_000
_BATCH = 500
_FACTS = ("slo", "timezone", "corrections", "agreed", "ledger", "clock", "evidence")


class Collector:
    """Pulls for every tenant that has a release, and puts in order what is kept."""

    def __init__(self, house: House, holder: str) -> None:
        self._house = house
        self._holder = holder
        # Whose hour went by: what is kept of them is to be put in order, oldest wish first.
        self._due: dict[tuple[Mode, str], None] = {}
        # Where a mode's history ends that is on its way there (ns).
        self._ends: dict[Mode, int | None] = {}
        self.taken: dict[tuple[Mode, str], int] = {}
        """Minutes that were kept, by mode and by the way that they came."""

    async def run(self) -> None:
        """Collect for ever. While a month is closed, pulling goes on."""
        async with asyncio.TaskGroup() as group:
            for mode in MODES:
                group.create_task(self._follow(mode))
            group.create_task(self._for_ever(self.tidy))

    async def _for_ever(self, work: Callable[[Mode], Awaitable[int]]) -> None:
        while True:
            for mode in MODES:
                try:
                    await work(mode)
                except (ClusterUnreachable, ClusterRefused, StorageFailed) as error:
                    log.info("collector, %s: %s", mode, error)
            await asyncio.sleep(_EVERY_S)

    async def _follow(self, mode: Mode) -> None:
        """Take a mode's minutes for ever, from its feed where it has one."""
        feed = self._house.feed(mode)
        lost = False
        while True:
            try:
                if feed is not None:
                    await self._listen(mode, feed)
            except FeedLost as error:
                if not lost:
                    log.info("collector, %s: minutes are asked for, %s: %s", mode, feed, error)
                lost = True
            except (ClusterUnreachable, ClusterRefused, StorageFailed) as error:
                log.info("collector, %s: %s", mode, error)
            try:
                await self.pull(mode)
            except (ClusterUnreachable, ClusterRefused, StorageFailed) as error:
                log.info("collector, %s: %s", mode, error)
            await self._rest(mode)

    async def _rest(self, mode: Mode) -> None:
        """Wait until minutes are to be asked for again, however the settings change meanwhile."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        while True:
            every = _COMING_S if self._ends.get(mode) else self._house.interval(mode)
            left = begun + every - clock()
            if left <= 0:
                return
            await asyncio.sleep(min(left, _EVERY_S))

    async def _listen(self, mode: Mode, feed: Feed) -> None:
        """Take what a feed tells for as long as this process leads. Raises FeedLost."""
        storage = await self._house.storage(mode)
        if not await self._leads(storage):
            return
        told = await storage.alerts.newest_minutes()
        # What is told from here on is heard; what came before is asked for.
        await feed.begin({name: facts.get("sequence", 0) for name, facts in told.items()})
        try:
            while await self._leads(storage):
                await self.pull(mode)
                swept = asyncio.get_running_loop().time()
                while asyncio.get_running_loop().time() < swept + _SWEEP_S:
                    messages = await feed.hear(_EVERY_S)
                    if not await self._leads(storage):
                        return
                    for message in messages:
                        await self._take(mode, storage, feed, message)
        finally:
            await feed.close()

    async def _leads(self, storage: Storage) -> bool:
        now = self._house.now()
        return await storage.lease(_LEASE, self._holder, now, now + _LEASE_NS)

    async def _take(self, mode: Mode, storage: Storage, feed: Feed, message: Obj) -> None:
        """Keep a message's minutes, or ask for them where it does not follow what is kept."""
        _, _, name, _ = str(message.get("topic", "")).rsplit("/", 3)
        tenant, release = await storage.tenant(name), await storage.last_release(name)
        if tenant is None or release is None:
            return
        with suppress(ClusterRefused):
            said = message.get("body") or {}
            await self._tenant(mode, storage, tenant, release.began, said, feed.name)

    async def collect(self, mode: Mode) -> int:
        """Pull, then tidy; return how many minutes are new."""
        kept = await self.pull(mode)
        await self.tidy(mode)
        return kept

    async def tidy(self, mode: Mode) -> int:
        """Close months that are due and let go of what is old; return of how many tenants."""
        if self._ends.get(mode):
            return 0  # once, when it has come
        due = [key for key in self._due if key[0] == mode]
        for key in due:
            await keep_house(self._house, *key)
            self._due.pop(key, None)
        return len(due)

    async def pull(self, mode: Mode) -> int:
        """Pull what is new of a mode's tenants; return how many minutes."""
        storage = await self._house.storage(mode)
        if not await self._leads(storage):
            return 0
        self._ends[mode] = await _end(mode, storage)
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

    async def _tenant(
        self,
        mode: Mode,
        storage: Storage,
        tenant: Tenant,
        began: int,
        said: Obj | None = None,
        way: str = _REST,
    ) -> int:
        """Pull a tenant's minutes, or keep those that were *said*; with each hour that has gone by
        it is due to be tidied."""
        before = await storage.levels.known(tenant.tenant_id)
        kept = await self._pulled(mode, storage, tenant, began, said, way)
        after = await storage.levels.known(tenant.tenant_id) if kept else before
        if after is not None and (before is None or _hour(before) != _hour(after)):
            self._due[mode, tenant.tenant_id] = None
        return kept

    async def _pulled(
        self,
        mode: Mode,
        storage: Storage,
        tenant: Tenant,
        began: int,
        said: Obj | None,
        way: str,
    ) -> int:
        kept = 0
        since, known = await storage.last_minute(tenant.tenant_id)
        # The cluster remembers a deleted tenant of the same name; what was its is not this one's.
        first = "" if since else await _first(storage, tenant.tenant_id, began)
        newest, told = await storage.kept(tenant.tenant_id)
        newest, dropped = newest or "", told.get(LATE, 0)
        anew = False
        if said is not None and not follows(said, since, known):
            if is_known(said, since, known):
                return 0
            said, way = None, _REST
        while True:
            found = said
            if found is None:
                found = await self._house.simulator(mode).minutes(tenant.tenant_id, since, _BATCH)
            ledger = found.get("ledger") or known
            if known and ledger != known:
                # The cluster began anew, or was put back: its minutes are counted anew, and told by
                # it alone. A snapshot may know a tenant of this name that was deleted since.
                first = await _first(storage, tenant.tenant_id, began)
                since, known, anew, newest = 0, ledger, True, ""
                continue
            rows = [row for row in found.get("minutes") or () if row["sequence"] > since]
            if not rows:
                return kept
            own, late = in_time(
                [_believed(tenant.tenant_id, row) for row in rows if row["minute"] >= first], newest
            )
            minutes = [Minute(row["sequence"], row["minute"], row) for row in own]
            source = MEASURED if found.get("evidence") == "measured" else COLLECTED
            raw_from = _raw_from(found, self._ends.get(mode))
            fresh = [row for row in own if row["minute"] >= raw_from]
            figures = [f for row in fresh for f in figures_of(tenant.tenant_id, row, source)]
            facts = {name: found[name] for name in _FACTS if name in found}
            dropped += late
            facts |= {LATE: dropped} if dropped else {}
            facts |= {
                "newest": rows[-1]["minute"],
                "sequence": rows[-1]["sequence"],
                "heard_at": self._house.now(),
                "uptime": uptime_of(rows[-1]),
            }
            await storage.add_minutes(
                tenant.tenant_id, minutes, figures, facts, anew=anew, raw_from=raw_from
            )
            anew = False
            since, newest = rows[-1]["sequence"], max([newest, *(m.minute for m in minutes)])
            kept += len(minutes)
            self.taken[mode, way] = self.taken.get((mode, way), 0) + len(minutes)
            if said is not None or len(rows) < _BATCH:
                return kept


def _believed(tenant_id: str, row: Obj) -> Obj:
    """Return a minute as it was told; one that contradicts itself is unknown, and that is said."""
    if is_sound(row):
        return row
    log.warning(
        "collector: minute %s of %s contradicts itself and is kept as unknown",
        row["minute"],
        tenant_id,
    )
    return unknown(row)


def is_sound(row: Mapping[str, Any]) -> bool:
    """Whether a minute may be: twelve slots, and no more good requests than requests."""
    whole = row["tenant"]
    parts = (whole, *(row.get("workloads") or ()))
    return all(
        0 <= part["good"] <= part["total"]
        and min(part["slots"].values(), default=0) >= 0
        and sum(part["slots"].values()) == MINUTE_SLOTS
        and sum(slots for _, slots in part.get("runs") or (("", MINUTE_SLOTS),)) == MINUTE_SLOTS
        for part in parts
        if "slots" in part
    )


def unknown(row: Mapping[str, Any]) -> Obj:
    """Return a minute of which nothing is known but when it was."""
    states = ("up", "down", "maintenance", "unknown", "off_duty")
    slots = {state: MINUTE_SLOTS if state == "unknown" else 0 for state in states}
    whole = {
        "counts": row["tenant"].get("counts", True),
        "counts_from": row["tenant"].get("counts_from", 0),
        "slots": slots,
        "runs": [["N", MINUTE_SLOTS]],
        "good": 0,
        "total": 0,
        "excess": 0,
        "causes": [],
    }
    return {"sequence": row["sequence"], "minute": row["minute"], "tenant": whole}


def follows(said: Mapping[str, Any], since: int, ledger: str) -> bool:
    """Whether what was said goes on where what is kept ends: no gap, and the same ledger."""
    fresh = [row["sequence"] for row in said.get("minutes") or () if row["sequence"] > since]
    return fresh[:1] == [since + 1] and said.get("ledger") == (ledger or said.get("ledger"))


def is_known(said: Mapping[str, Any], since: int, ledger: str) -> bool:
    """Whether everything that was said is kept already."""
    last = max((row["sequence"] for row in said.get("minutes") or ()), default=None)
    return last is not None and last <= since and said.get("ledger") == ledger


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


async def _first(storage: Storage, tenant_id: str, began: int) -> str:
    """Return the minute (RFC 3339) in which a tenant's first release began; *began*: its last."""
    opening = await storage.history.revision(tenant_id, 1)
    born = began if opening is None else min(began, opening.began)
    return rfc3339(born - born % _MINUTE_NS)


async def _end(mode: Mode, storage: Storage) -> int | None:
    """Return where (ns) the demo's history ends while its cluster is on its way there, else None:
    what of it will be old then is old already."""
    facts = await storage.demo.facts() if mode == "demo" else None
    if facts is None or facts["state"] != "making" or facts.get("arrived"):
        return None
    return int(facts["start"]) + int(facts["days"]) * _DAY_NS


def _raw_from(found: Mapping[str, Any], end: int | None = None) -> str:
    """Return the first minute (RFC 3339) of which all that was said is kept: what is older by the
    cluster's clock, or will be at the *end* of its way, would be let go of at once. "" where the
    clock is not said."""
    now = (found.get("clock") or {}).get("now_ns")
    if now is None:
        return ""
    first = max(max(now, end or 0) // _SLOT_NS - RAW_SLOTS, 0) * _SLOT_NS
    return rfc3339(first // _MINUTE_NS * _MINUTE_NS)


def _hour(known: tuple[int, int]) -> int:
    return known[1] // HOUR_SLOTS


def uptime_of(row: Mapping[str, Any]) -> float | None:
    """Return the share of a minute's eligible slots that are up; None without one."""
    slots: Mapping[str, int] = row["tenant"]["slots"]
    eligible = slots["up"] + slots["down"]
    return slots["up"] / eligible if eligible else None


def figures_of(tenant_id: str, row: Mapping[str, Any], source: str = COLLECTED) -> list[Figure]:
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
        Figure(tenant_id, kind, name, round(value, 4), "%", source, str(row["minute"]))
        for kind, name, value in found
    ]
