"""A real cluster is measured: a prober asks the entries of its tenants every five seconds.

What it sees becomes minutes of a ledger, which the collector takes as it takes the simulator's. It
keeps the open minute and those not yet taken in memory: what a killed process had not handed on
was seen by nobody, and is unknown. Who probes is who collects, by one lease.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import httpx

from ecp.edge.problems import reader_language
from ecp.kube.kinds import ENDPOINTSLICES
from ecp.kube.times import rfc3339
from ecp.orchestrator.adapters import probing
from ecp.orchestrator.adapters.real import RealCluster, Unmeasured
from ecp.orchestrator.adapters.telling import Teller, Watched, why
from ecp.orchestrator.monitoring import entries
from ecp.orchestrator.monitoring.entries import Entry
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    Storage,
    View,
)
from ecp.orchestrator.records import Obj, Release, Sought, Tenant
from ecp.orchestrator.sla.announcing import duty_of, told
from ecp.orchestrator.together import together
from ecp.slo.contract import Contract
from ecp.slo.errors import InputError
from ecp.slo.probing import Before, Seen, Sighting, Vote, minute_of
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.slots import NANOSECONDS, SLOT_SECONDS, slot_of_ns
from ecp.slo.windows import instant
from ecp.texts import Language

LEASE: Final = "collector"
_LEASE_NS: Final = 30 * NANOSECONDS
_PLAN_SLOTS: Final = 6
"""Entries of a tenant are looked for anew after so many slots."""
_DEADLINE_SLOTS: Final = 600 // SLOT_SECONDS
"""A tenant's SLA clock begins so long after its first release at the latest. Source: `following`,
the ready deadline."""
_MOST_MINUTES: Final = 24 * 60
"""Minutes that wait for the collector; older ones are let go of, as nobody keeps them."""


PROBED: Final = (
    "slots_looked", "slots_nobody_reached", "slots_missed",
    "probes_up", "probes_down", "probes_unknown",
)  # fmt: skip
"""What the prober counts: slots by whether anybody was reached, probes by what they told."""


@dataclass(slots=True)
class _Followed:
    """A tenant that is probed: what was seen in the open minute, what waits to be taken."""

    tenant: Tenant
    release: Release
    began_slot: int
    born: int | None
    entries: list[Entry] = field(default_factory=list)
    planned: int = -_PLAN_SLOTS
    seen: dict[int, Seen] = field(default_factory=dict)
    before: Before = field(default_factory=Before)
    open: int | None = None
    closed: list[Obj] = field(default_factory=list)
    counters: Mapping[tuple[str, bool], int] | None = None
    watched: Watched = field(default_factory=Watched)


@dataclass(slots=True)
class Look:
    """What one look at one tenant brought, before it is known whether anybody was reached."""

    asked: list[probing.Asked]
    ready: dict[str, int | None] | None
    counted: dict[str, tuple[int, int]]

    @property
    def reached(self) -> bool:
        return self.ready is not None or any(one.answered for one in self.asked)


class Measured(Unmeasured):
    """Fulfils `ports.TenantPort` where a prober measures; faults and snapshots stay refused.

    *storage* gives the records of the mode, *now* wall time (ns); *metrics* is the address of a
    Prometheus, "" = none.
    """

    def __init__(
        self,
        cluster: RealCluster,
        storage: Callable[[], Awaitable[Storage]],
        holder: str,
        *,
        now: Callable[[], int],
        metrics: str = "",
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        super().__init__(cluster)
        self._sleep = sleep
        self.probed = dict.fromkeys(PROBED, 0)
        """What became of the prober's work, by its word."""
        self._storage, self._holder, self._now = storage, holder, now
        self._metrics = metrics.rstrip("/")
        self._followed: dict[str, _Followed] = {}
        self._known = -_PLAN_SLOTS
        self._tellers: dict[str, Teller] = {}
        # No connection is kept: who asks anew finds out whether he would be answered.
        self._client = httpx.AsyncClient(
            timeout=probing.WITHIN_S,
            limits=httpx.Limits(max_keepalive_connections=0, max_connections=64),
            trust_env=False,
        )

    @property
    def ledger(self) -> str:
        """Whose minutes these are: those of another cluster, or of the simulator, are others'."""
        return f"measured/{self._cluster.target.name}"

    async def turn(self) -> None:
        """Wait for the next slot and look, where this process leads. Raises StorageFailed."""
        now = self._now()
        slot = slot_of_ns(now) + 1
        await self._sleep((slot * SLOT_SECONDS * NANOSECONDS - now) / NANOSECONDS)
        storage = await self._storage()
        now = self._now()
        if await storage.lease(LEASE, self._holder, now, now + _LEASE_NS):
            at = slot_of_ns(now)
            # A look that took longer than a slot: nobody looked at those between.
            self.probed["slots_missed"] += max(at - slot, 0)
            await self.look(at)
        else:
            self._followed.clear()

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.aclose()

    # -- a slot -----------------------------------------------------------------------------------

    async def look(self, slot: int) -> None:
        """Look at all tenants in a slot, and close the minutes before it. Raises StorageFailed."""
        # A minute is closed by what is agreed when it is over.
        begins = slot % MINUTE_SLOTS == 0
        if slot - self._known >= _PLAN_SLOTS or begins or not self._followed:
            await self._know(slot)
        followed = list(self._followed.values())
        for one in followed:
            self._close(one, slot)
        looks = await together(*(self._looked(one, slot) for one in followed))
        # Nobody at all was reached: that is the prober's own network.
        reached = any(look.reached for look in looks)
        self._count(looks, reached)
        for one, look in zip(followed, looks, strict=True):
            sights = {
                entry.name: sighting(entry, asked, look, reached=reached)
                for entry, asked in zip(one.entries, look.asked, strict=True)
            }
            causes = await self._causes(one, sights) if _is_down(sights) else ()
            one.seen[slot] = Seen(sights, causes)
            one.watched.remember(slot, sights, look.asked)
            if one.born is None:
                up = bool(sights) and all(sight.state == "U" for sight in sights.values())
                late = slot - one.began_slot >= _DEADLINE_SLOTS
                one.born = slot if up or late else None

    def _count(self, looks: Sequence[Look], reached: bool) -> None:
        self.probed["slots_looked" if reached or not looks else "slots_nobody_reached"] += 1
        for look in looks:
            for one in look.asked:
                told = one.vote if reached or one.vote == "up" else ""
                self.probed[f"probes_{told or 'unknown'}"] += 1

    async def _know(self, slot: int) -> None:
        """Find out whom to follow: tenants with a release."""
        storage = await self._storage()
        skip, rows = 0, []
        while True:
            page = await storage.find_tenants(Sought(), skip, 500)
            rows += [tenant for tenant, latest in page.rows if latest is not None]
            skip += len(page.rows)
            if not page.more:
                break
        found: dict[str, _Followed] = {}
        for tenant in rows:
            known = self._followed.get(tenant.tenant_id)
            release = await storage.last_release(tenant.tenant_id)
            if release is None:
                continue
            if known is None:
                known = await self._begun(storage, tenant, release)
            known.tenant, known.release = tenant, release
            found[tenant.tenant_id] = known
        self._followed, self._known = found, slot

    async def _begun(self, storage: Storage, tenant: Tenant, release: Release) -> _Followed:
        """Go on where what is kept ends: the SLA clock of a tenant begins once."""
        newest, facts = await storage.kept(tenant.tenant_id)
        born: int | None = None
        if newest is not None and facts.get("ledger") == self.ledger:
            last = await storage.minutes_since(tenant.tenant_id, newest, 1)
            if last and last[0].body["tenant"]["counts_from"] < MINUTE_SLOTS:
                born = 0
        first = await storage.history.revision(tenant.tenant_id, 1)
        began = slot_of_ns((first or release).began)
        return _Followed(tenant, release, began, born)

    async def _looked(self, one: _Followed, slot: int) -> Look:
        """Ask all that is known of a tenant at once."""
        if slot - one.planned >= _PLAN_SLOTS:
            await self._plan(one, slot)
        slices, counted, asked = await together(
            self._seen(one.tenant.namespace, (ENDPOINTSLICES,)),
            self._counted(one),
            self._asked(one.entries),
        )
        ready = None
        if slices is not None:
            listed = slices.list(ENDPOINTSLICES)
            ready = {e.service: entries.ready_endpoints(listed, e.service) for e in one.entries}
        return Look(asked, ready, counted)

    async def _asked(self, chosen: Sequence[Entry]) -> list[probing.Asked]:
        call = self._cluster.call
        return await together(*(probing.ask(e, self._client, call) for e in chosen))

    async def _plan(self, one: _Followed, slot: int) -> None:
        view = await self._seen(one.tenant.namespace, entries.PLANNED_FROM)
        if view is not None:
            one.entries = entries.entries_of(view, one.tenant.namespace)
            one.watched.entries = one.entries
            one.planned = slot

    async def _seen(self, namespace: str, kinds: tuple[str, ...]) -> View | None:
        """Return what the API server shows, None where it does not."""
        try:
            async with asyncio.timeout(probing.WITHIN_S):
                return await self._cluster.look(namespace, kinds)
        except (ClusterUnreachable, ClusterRefused, TimeoutError):
            return None

    async def _counted(self, one: _Followed) -> dict[str, tuple[int, int]]:
        """Return the requests since the slot before, where somebody counts them."""
        if not self._metrics:
            return {}
        query = {"query": probing.query_of(one.tenant.namespace)}
        try:
            response = await self._client.get(f"{self._metrics}/api/v1/query", params=query)
            now = probing.counted(response.raise_for_status().json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError, IndexError):
            return {}
        before, one.counters = one.counters, now
        return {} if before is None else probing.grown(before, now)

    async def _causes(self, one: _Followed, sights: Mapping[str, Sighting]) -> tuple[str, ...]:
        services = {entry.name: entry.service for entry in one.entries}
        reasons = {services[n]: s.reason or "-" for n, s in sights.items() if s.state == "D"}
        view = await self._seen(one.tenant.namespace, entries.EXPLAINED_FROM)
        if view is None:
            return tuple(f"service/{name}: {why}" for name, why in sorted(reasons.items()))
        return entries.causes_of(view, reasons)

    def _close(self, one: _Followed, slot: int) -> None:
        """Close the minutes of a tenant that are over at a slot."""
        minute = slot - slot % MINUTE_SLOTS
        if one.open is None:
            one.open = minute
        while one.open < minute:
            start = one.open
            if any(at < start + MINUTE_SLOTS for at in one.seen):
                born = MINUTE_SLOTS if one.born is None else min(max(one.born - start, 0), 12)
                duty = partial(duty_of, one.tenant)
                row, one.before = minute_of(
                    start, one.seen, one.before, counts_from=born, duty=duty
                )
                at = instant(start)
                one.closed.append({"sequence": start // MINUTE_SLOTS, "minute": at, **row})
                del one.closed[:-_MOST_MINUTES]
            else:
                # Nobody looked: a gap, which is unknown, needs no row.
                one.before = Before()
            one.open += MINUTE_SLOTS
            one.seen = {at: what for at, what in one.seen.items() if at >= one.open}

    # -- what is asked of it ----------------------------------------------------------------------

    async def track(self, tenant_id: str, body: Obj) -> Obj:
        """Look for the tenant and its entries at the next slot.

        *body* is the contract as it would be. Raises ClusterRefused where that cannot be followed.
        """
        try:
            Contract.read(body)
        except InputError as error:
            raise ClusterRefused(422, str(error)) from error
        if body.get("slo", {}).get("judges_latency"):
            raise ClusterRefused(
                422, "response_time_ms: answers of a real cluster are not timed: leave it out"
            )
        self._known = -_PLAN_SLOTS
        if tenant_id in self._followed:
            self._followed[tenant_id].planned = -_PLAN_SLOTS
        return {"clock": {"now_ns": self._now()}, "tracked": True}

    async def untrack(self, tenant_id: str) -> None:
        self._followed.pop(tenant_id, None)
        self._tellers.pop(tenant_id, None)

    async def minutes(self, tenant_id: str, since: int, limit: int) -> Obj:
        """Return closed minutes after a sequence (minutes since the epoch), as the simulator does.

        Who names a sequence has kept what came up to it.
        """
        one = self._followed.get(tenant_id)
        rows: list[Obj] = []
        facts: Obj = {}
        if one is not None:
            rows = [row for row in one.closed if row["sequence"] > since]
            if since:
                one.closed = rows
            facts = told(one.tenant)
        return {
            "corrections": [],
            "agreed": {},
            **facts,
            "v": 2,
            "ledger": self.ledger,
            "minutes": rows[:limit],
            "evidence": "measured",
            "clock": {"basis": "wall", "speed": 1, "now": rfc3339(self._now())},
        }

    async def startup(self, tenant_id: str, namespace: str, began: int, since: int) -> Obj:
        """Return whether the entries of a namespace answer a request now, asked here and now."""
        found = await super().startup(tenant_id, namespace, began, since)
        view = await self._seen(namespace, entries.PLANNED_FROM)
        chosen = [] if view is None else entries.entries_of(view, namespace)
        asked = await self._asked(chosen)
        rows = [
            {
                "name": entry.name,
                "served": self._now() if one.vote == "up" else None,
                "path": entry.service,
                "reason": one.reason,
            }
            for entry, one in zip(chosen, asked, strict=True)
        ]
        return {**found, "now_ns": self._now(), "entries": rows, "evidence": "measured"}

    # -- what is told -----------------------------------------------------------------------------

    async def state(self, tenant_id: str, since: str = "") -> Obj:
        """Return live figures as the simulator does; what nobody measured is None.

        A process that does not probe knows what is kept and what the cluster shows.
        """
        storage, tenant, one = await self._told_of(tenant_id)
        teller = self._tellers.setdefault(tenant_id, Teller(self._cluster, tenant.namespace))
        now = self._now()
        return await teller.state(storage, tenant, one.slots, one.states, since=since, now=now)

    async def why(self, tenant_id: str, slot: str, language: Language | None = None) -> Obj:
        """Say why a slot was as it was, from objects, conditions, Events and what was measured."""
        storage, tenant, one = await self._told_of(tenant_id)
        spoken = language or reader_language()
        return await why(
            self._seen, storage, tenant, one, ledger=self.ledger, at=slot, now=self._now(),
            language=spoken,
        )  # fmt: skip

    async def _told_of(self, tenant_id: str) -> tuple[Storage, Tenant, Watched]:
        storage = await self._storage()
        one = self._followed.get(tenant_id)
        tenant = await storage.tenant(tenant_id)
        if tenant is None:
            raise ClusterRefused(404, f"there is no tenant {tenant_id}")
        return storage, tenant, Watched() if one is None else one.watched


def sighting(entry: Entry, asked: probing.Asked, look: Look, *, reached: bool) -> Sighting:
    """Return what is known of an entry: who was not reached by anybody at all may not be down."""
    vote: Vote = "up" if asked.vote == "up" else "down" if asked.vote and reached else ""
    if not entry.url and not asked.answered and look.ready is None:
        # By an API server that answers nothing else either nobody was asked.
        vote = ""
    good, total = look.counted.get(entry.service, (0, 0))
    counters: Vote = "" if not total else "up" if good else "down"
    endpoints: Vote = ""
    ready = None if look.ready is None else look.ready.get(entry.service)
    if ready is not None:
        endpoints = "up" if ready else "down"
    reason = asked.reason if vote != "up" else ""
    return Sighting(vote, counters, endpoints, good, total, reason)


def _is_down(sights: Mapping[str, Sighting]) -> bool:
    return any(sight.state == "D" for sight in sights.values())
