"""The watch: judges what is kept of tenants, keeps what comes of it, and tells who is to know.

One process at a time does so, by a lease. What is to be told is written down before it is, and how
it went afterwards: who is told hears it once, after any number of restarts.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ecp.kube.kinds import RESOURCEQUOTAS
from ecp.kube.quantity import nano
from ecp.kube.times import nanoseconds
from ecp.orchestrator.alerts import wording
from ecp.orchestrator.alerts.judging import (
    LOOK_BACK_SLOTS,
    QUIET_S,
    QUOTA_NEAR,
    Quota,
    Seen,
    judge,
)
from ecp.orchestrator.alerts.limits import presets, within
from ecp.orchestrator.alerts.model import (
    MOST_ATTEMPTS,
    SILENCED,
    Judged,
    advanced,
    back_off_s,
    held_back,
    to_tell,
    withdrawn,
)
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    House,
    NotTold,
    Storage,
    StorageFailed,
)
from ecp.orchestrator.records import (
    MODES,
    Alert,
    AlertRoute,
    CustomRule,
    Delivery,
    Mode,
    Release,
    Silence,
    Tenant,
    at_pace,
)
from ecp.slo.kept import KeptMinute
from ecp.slo.objective import Objective
from ecp.slo.rollup import MINUTE_SLOTS

log = logging.getLogger("ecp.orchestrator")

_LEASE = "alerts"
_LEASE_NS = 60_000_000_000
_EVERY_S = 5.0
_SECOND = 1_000_000_000
_AGAIN_NS = 30 * _SECOND
"""What no minute tells of is looked at this often."""
_QUOTAS_NS = 300 * _SECOND
_LATELY_NS = 86_400 * _SECOND
_BATCH = 50
_AT_ONCE = 8
_PUSHED_ROWS = 60
_FOLLOWED = "k8s-simulator"
_PATIENCE_S = 5.0
_LANGUAGES = ("en", "ko")


class Watch:
    """Fulfils `ports.Watch`; `run` for ever."""

    def __init__(self, house: House, holder: str) -> None:
        self._house, self._holder = house, holder
        self._moved = asyncio.Event()
        self._held: set[Mode] = set()
        # When a tenant was judged last, and of which minute; when its quotas were.
        self._judged: dict[tuple[Mode, str], tuple[int, str]] = {}
        self._asked: dict[tuple[Mode, str], int] = {}

    def moved(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def wait(self, timeout: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._moved.wait(), timeout)

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            for mode in MODES:
                try:
                    await self.look(mode)
                except StorageFailed as error:
                    self._held.discard(mode)
                    log.info("alerts, %s: %s", mode, error)
            await self.wait(_EVERY_S)

    async def look(self, mode: Mode) -> None:
        """Judge a mode's tenants and tell what is due, unless another process does."""
        storage = await self._house.storage(mode)
        now = self._house.now()
        if not await storage.lease(_LEASE, self._holder, now, now + _LEASE_NS):
            self._held.discard(mode)
            return
        if mode not in self._held:
            self._held.add(mode)
            doubtful = await storage.alerts.doubt(now)
            if doubtful:
                log.warning("alerts, %s: %d may have been told or not", mode, doubtful)
        if not await _is_made(mode, storage):
            await self._judge(mode, storage, now)
        await self._tell(storage)

    # -- judge ------------------------------------------------------------------------------------

    async def _judge(self, mode: Mode, storage: Storage, now: int) -> None:
        book = storage.alerts
        told = await book.newest_minutes()
        policies = await book.policies()
        rules: dict[str, list[CustomRule]] = {}
        for rule in await book.rules():
            rules.setdefault(rule.tenant_id, []).append(rule)
        known: dict[str, list[Alert]] = {}
        for alert in await book.open():
            known.setdefault(alert.tenant_id, []).append(alert)
        there: set[str] = set()
        clock: Mapping[str, Any] | None = None
        skip = 0
        while True:
            page = await storage.tenants(skip, 100)
            released = await storage.last_releases([one.tenant_id for one in page.tenants])
            if clock is None and released:
                clock = await self._clock(mode)
            # Of whom nothing is known nothing can be judged: many drafts are one question.
            bare = {one.tenant_id for one in page.tenants}.difference(told, released, rules, known)
            if bare:
                bare -= await book.pushed_to(sorted(bare))
            for tenant in page.tenants:
                name = tenant.tenant_id
                there.add(name)
                facts = told.get(name) or {}
                if name in bare or not self._due((mode, name), facts, now):
                    continue
                facts = {**facts, "pace": clock or {}}
                seen = await self._seen(
                    mode, storage, tenant, released.get(name), facts, rules.get(name, ()), now
                )
                if seen is not None:
                    policy = policies.get(name) or {}
                    await self._advance(
                        mode, storage, seen, policy, rules.get(name, ()), known.get(name, ())
                    )
            skip += len(page.tenants)
            if not page.tenants or skip >= page.total:
                break
        gone = [alert for name, open_ in known.items() if name not in there for alert in open_]
        await self._keep(mode, storage, [(withdrawn(alert, now), "") for alert in gone], now)

    def _due(self, key: tuple[Mode, str], facts: Mapping[str, Any], now: int) -> bool:
        """Whether something may have changed for a tenant since it was judged."""
        newest = str(facts.get("newest") or "")
        at, minute = self._judged.get(key, (0, ""))
        if newest == minute and now - at < _AGAIN_NS:
            return False
        self._judged[key] = (now, newest)
        return True

    async def _seen(
        self,
        mode: Mode,
        storage: Storage,
        tenant: Tenant,
        release: Release | None,
        facts: Mapping[str, Any],
        rules: Sequence[CustomRule],
        now: int,
    ) -> Seen | None:
        """Return what is known of a tenant; None while its cluster catches up."""
        # When its minutes were told, and now.
        clocks = (facts.get("clock") or {}, facts["pace"])
        if any(clock.get("catching_up_to") for clock in clocks):
            return None
        objective = Objective(**(facts.get("slo") or {"target_ppm": tenant.target_ppm}))
        longest_s = max(
            [rule.duration_s for rule in rules] + [one.for_s for one in presets()["default"]]
        )
        minutes = await storage.alerts.recent_minutes(tenant.tenant_id, longest_s // 60 + 1)
        quiet, quiet_s = await self._quiet(mode, storage, tenant, release, facts, now)
        return Seen(
            tenant.tenant_id,
            objective,
            await _burning(storage, tenant.tenant_id, objective),
            minutes,
            await self._pushed(storage, tenant.tenant_id),
            release,
            await self._quotas(mode, tenant, release, now),
            quiet,
            quiet_s,
            not all(at_pace(clock) for clock in clocks),
            minutes[-1].minute if minutes else "",
            now,
            str(next((c["pace_since"] for c in clocks[::-1] if c.get("pace_since")), "")),
            within(tenant),
        )

    async def _clock(self, mode: Mode) -> Mapping[str, Any]:
        """Return how the cluster's clock goes now: a paused one sends no minutes that say so. Empty
        where it does not answer, or goes with the wall clock."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return (await self._house.simulator(mode).clock()).pace
        except (ClusterUnreachable, ClusterRefused, TimeoutError):
            return {}

    async def _quiet(
        self,
        mode: Mode,
        storage: Storage,
        tenant: Tenant,
        release: Release | None,
        facts: Mapping[str, Any],
        now: int,
    ) -> tuple[str | None, int]:
        """Return why no minutes come ("" where they do or need not), and since how many seconds."""
        if release is None or release.phase != "ready":
            return "", 0
        heard = int(facts.get("heard_at") or release.created_at)
        silent_s = (now - heard) // _SECOND
        if silent_s < QUIET_S:
            return "", silent_s
        since, _ = await storage.last_minute(tenant.tenant_id)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found = await self._house.simulator(mode).minutes(tenant.tenant_id, since, 1)
        except (ClusterUnreachable, TimeoutError):
            return "alert.quiet.unreachable", silent_s
        except ClusterRefused:
            return "alert.quiet.refused", silent_s
        clock = found.get("clock") or {}
        busy = (clock.get(name) for name in ("paused", "warping_to", "catching_up_to"))
        if found.get("minutes") or any(busy):
            return "", silent_s
        return "alert.quiet.none", silent_s

    async def _pushed(self, storage: Storage, tenant_id: str) -> dict[str, tuple[float, int]]:
        """Return the newest of each figure that somebody pushed, and when (ns)."""
        found: dict[str, tuple[float, int]] = {}
        for row in await storage.figures(tenant_id, None, _PUSHED_ROWS):
            if row.data_source == _FOLLOWED or row.metric_name in found:
                continue
            with suppress(ValueError):
                found[row.metric_name] = (row.metric_value, nanoseconds(row.timestamp))
        return found

    async def _quotas(
        self, mode: Mode, tenant: Tenant, release: Release | None, now: int
    ) -> list[Quota] | None:
        key = (mode, tenant.tenant_id)
        if release is None or now - self._asked.get(key, 0) < _QUOTAS_NS:
            return None
        self._asked[key] = now
        try:
            async with asyncio.timeout(_PATIENCE_S):
                view = await self._house.cluster(mode).look(tenant.namespace, (RESOURCEQUOTAS,))
        except (ClusterUnreachable, ClusterRefused, TimeoutError):
            return None
        return quotas_of(view.list(RESOURCEQUOTAS))

    async def _advance(
        self,
        mode: Mode,
        storage: Storage,
        seen: Seen,
        policy: Mapping[str, Any],
        rules: Sequence[CustomRule],
        known: Sequence[Alert],
    ) -> None:
        open_ = {alert.fingerprint: alert for alert in known}
        changes = []
        judged = judge(seen, policy.get("preset", "default"), rules, policy.get("off") or ())
        for one in judged:
            change = advanced(open_.pop(one.fingerprint, None), one, seen.now)
            if change is None:
                continue
            if change.what in ("firing", "escalated"):
                chain = await self._why(mode, one)
                change = change._replace(alert=replace(change.alert, chain=chain))
            changes.append((change, one.slot))
        for left in open_.values():
            # Nobody judges it any more; quotas are not asked for every time.
            if left.rule != QUOTA_NEAR or seen.quotas is not None:
                changes.append((withdrawn(left, seen.now), ""))
        await self._keep(mode, storage, changes, seen.now)

    async def _keep(
        self, mode: Mode, storage: Storage, changes: Sequence[tuple[Any, str]], now: int
    ) -> None:
        if not changes:
            return
        rows = [(change.alert, change.what, "", slot) for change, slot in changes]
        await storage.alerts.keep(rows, now, self._house.target(mode))
        if any(change.what for change, _ in changes):
            self.moved()

    async def _why(self, mode: Mode, judged: Judged) -> dict[str, Any]:
        """Return what a slot follows from, in words by language; empty where nobody can say."""
        if not judged.slot:
            return {}
        chain: dict[str, Any] = {}
        try:
            async with asyncio.timeout(_PATIENCE_S):
                for language in _LANGUAGES:
                    found = await self._house.simulator(mode).why(
                        judged.tenant_id, judged.slot, "ko" if language == "ko" else "en"
                    )
                    links = found.get("links") or ()
                    chain[language] = {
                        "sentence": found.get("sentence", ""),
                        "links": [{"level": one["level"], "text": one["text"]} for one in links],
                    }
                    chain["cause"] = (found.get("cause") or {}).get("id")
        except (ClusterUnreachable, ClusterRefused, TimeoutError):
            return {}
        return chain

    # -- tell -------------------------------------------------------------------------------------

    async def _tell(self, storage: Storage) -> None:
        book, now = storage.alerts, self._house.now()
        routes = await book.routes()
        if not routes:
            return
        silences = await book.silences(now)
        open_ = await book.open()
        await book.enqueue(to_tell(open_, routes, silences), now)
        await book.enqueue_resolved(now, now - _LATELY_NS)
        due = await book.due(now, _BATCH)
        if not due:
            return
        by_id = {route.id: route for route in routes}
        ready = []
        for delivery in due:
            alert = await book.one(delivery.alert_id)
            route = by_id.get(delivery.route_id)
            left = _left_alone(alert, route, delivery, silences, now)
            if left is not None:
                await book.settle(left)
            elif alert is not None and route is not None:
                ready.append((alert, route, delivery))
        await book.take([delivery.id for _, _, delivery in ready], now)
        turns = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._send(storage, turns, *one) for one in ready))
        if ready:
            self.moved()

    async def _send(
        self,
        storage: Storage,
        turns: asyncio.Semaphore,
        alert: Alert,
        route: AlertRoute,
        delivery: Delivery,
    ) -> None:
        taken = delivery._replace(attempt=delivery.attempt + 1)
        async with turns:
            try:
                said = await self._house.notifier.tell(wording.telling(alert, route, delivery))
            except NotTold as error:
                await self._failed(storage, alert, route, taken, error)
                return
            now = self._house.now()
            done = taken._replace(state="sent", sent_at=now, next_at=now, detail=said[:500])
            await storage.alerts.settle(done)
            await storage.alerts.note(alert.id, "told", route.name, delivery.what, now)

    async def _failed(
        self,
        storage: Storage,
        alert: Alert,
        route: AlertRoute,
        delivery: Delivery,
        error: NotTold,
    ) -> None:
        now = self._house.now()
        over = error.lasting or delivery.attempt >= MOST_ATTEMPTS
        state = "failed" if over else "pending"
        next_at = now + back_off_s(delivery.attempt) * _SECOND
        await storage.alerts.settle(
            delivery._replace(state=state, next_at=next_at, detail=error.detail[:500])
        )
        if over:
            log.warning("alert %d is not told to %s: %s", alert.id, route.name, error.detail)
            await storage.alerts.note(alert.id, "not-told", route.name, error.detail[:500], now)


def quotas_of(objects: Sequence[Mapping[str, Any]]) -> list[Quota]:
    """Return what is used of every resource that ResourceQuotas limit, in percent."""
    found = []
    for one in objects:
        status = one.get("status") or {}
        used = status.get("used") or {}
        for resource, hard in sorted((status.get("hard") or {}).items()):
            limit = nano(hard)
            if limit and resource in used:
                percent = 100 * nano(used[resource]) / limit
                name = one["metadata"]["name"]
                found.append(Quota(name, resource, str(used[resource]), str(hard), percent))
    return found


async def _is_made(mode: Mode, storage: Storage) -> bool:
    """Whether the demo is on its way to now: what happens there is history, and alerts nobody."""
    facts = await storage.demo.facts() if mode == "demo" else None
    return facts is not None and facts["state"] == "making"


async def _burning(storage: Storage, tenant_id: str, objective: Objective) -> Sequence[KeptMinute]:
    """Return the minutes that burn rates are computed of; none where nothing burnt in that time.

    Sums of hours say so for a hundredth of the price of the minutes.
    """
    known = await storage.levels.known(tenant_id)
    if known is None:
        return ()
    end = known[1]
    first = max(known[0], end - LOOK_BACK_SLOTS) // MINUTE_SLOTS * MINUTE_SLOTS
    level = (await storage.levels.levels(tenant_id, first, end)).get("")
    bad = level is not None and (
        level.total - level.good if objective.governing == "occurrences" else level.down
    )
    if not bad:
        return ()
    return (await storage.levels.minutes(tenant_id, first, end, "")).get("", ())


def _left_alone(
    alert: Alert | None,
    route: AlertRoute | None,
    delivery: Delivery,
    silences: Sequence[Silence],
    now: int,
) -> Delivery | None:
    """Return a delivery that is not made now as it stands; None for one that is."""
    if alert is None or route is None or not route.enabled:
        return delivery._replace(state="dropped", next_at=now)
    if delivery.what == "resolved":
        return None
    why = held_back(alert, silences)
    if why == SILENCED:
        # It was written down before it was silenced: it waits.
        return delivery._replace(next_at=now + _AGAIN_NS)
    return None if why is None else delivery._replace(state="dropped", next_at=now, detail=why)
