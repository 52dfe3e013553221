"""Releases that burn the budget go back: what is up and serves badly, within a window.

Nothing is remembered between two looks: what is decided follows from the release that is kept, its
policy and the minutes that are kept, so that a process that was killed decides the same.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from ecp.edge.problems import Problem
from ecp.kube.times import nanoseconds
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Storage, StorageFailed
from ecp.orchestrator.records import MODES, Mode, Release, Tenant
from ecp.orchestrator.releases import judging
from ecp.slo.kept import KeptMinute
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.slots import SLOT_SECONDS

log = logging.getLogger("ecp.orchestrator")

_LEASE: Final = "burning"
_LEASE_NS: Final = 25_000_000_000
"""Two looks and a half: so soon goes back what a process was killed over."""
_EVERY_S: Final = 10.0
_SECOND: Final = 1_000_000_000
_MILLION: Final = 1_000_000
_UP: Final = ("workloads_available", "services_with_endpoints")
"""The conditions of a start without which nothing can be served."""


class Back(Protocol):
    """Goes back to the last revision that was up."""

    async def go_back(self, mode: Mode, tenant: Tenant, release: Release) -> bool: ...


def burned(minutes: Sequence[KeptMinute], target_ppm: int, least_s: float) -> float | None:
    """Return how many times as fast as it lasts the budget went in *minutes*; None while less than
    *least_s* seconds of them count, or where there is no budget.

    Source: the burn rate of the SRE workbook, chapter 5: the share of bad slots by the share that
    is allowed.
    """
    up = sum(length for row in minutes for state, length in row.runs if state == "U")
    down = sum(length for row in minutes for state, length in row.runs if state == "D")
    eligible, allowed = up + down, _MILLION - target_ppm
    if not allowed or eligible * SLOT_SECONDS < least_s:
        return None
    return down * _MILLION / (eligible * allowed)


def watched(release: Release) -> tuple[int, int] | None:
    """Return the slots [first, after) in which a release is watched: from when it was up on, for
    the window of its policy. None where it is not (yet)."""
    policy, up = release.options.get("burn"), _up(release.startup)
    if policy is None or release.phase != "ready" or up is None:
        return None
    # Whole minutes: the one in which it came up belongs to its start.
    minute = MINUTE_SLOTS * SLOT_SECONDS
    began = -(-up // (minute * _SECOND)) * MINUTE_SLOTS
    return began, began + int(policy["window_s"]) // minute * MINUTE_SLOTS


def _up(startup: Mapping[str, Any]) -> int | None:
    """Return the instant (ns) at which a start was confirmed; where its pods and endpoints were up
    and no request was ever served, that at which they were: such a release burns most of all."""
    if confirmed := startup.get("confirmed_at"):
        return nanoseconds(confirmed)
    conditions = startup.get("conditions") or {}
    said = [(conditions.get(name) or {}).get("seconds") for name in _UP]
    took = [float(seconds) for seconds in said if seconds is not None]
    if not startup.get("settled") or len(took) < len(_UP):
        return None
    return nanoseconds(startup["began"]) + int(max(took) * _SECOND)


class Burning:
    """Looks at the last release of each tenant; `run` for ever."""

    def __init__(self, house: House, back: Back, holder: str) -> None:
        self._house, self._back, self._holder = house, back, holder

    async def run(self) -> None:
        """Look for ever."""
        while True:
            for mode in MODES:
                try:
                    await self.look(mode)
                except (StorageFailed, ClusterUnreachable, ClusterRefused) as error:
                    log.info("releases that burn, %s: %s", mode, error)
            await asyncio.sleep(_EVERY_S)

    async def look(self, mode: Mode) -> int:
        """Let those go back that burn too fast; return how many. Raises StorageFailed."""
        storage = await self._house.storage(mode)
        now = self._house.now()
        if not await storage.lease(_LEASE, self._holder, now, now + _LEASE_NS):
            return 0
        gone, skip = 0, 0
        while True:
            page = await storage.tenants(skip, 100)
            released = await storage.last_releases([t.tenant_id for t in page.tenants])
            for tenant in page.tenants:
                release = released.get(tenant.tenant_id)
                if release is not None:
                    gone += await self._judge(mode, storage, tenant, release)
            skip += len(page.tenants)
            if not page.tenants or skip >= page.total:
                return gone

    async def _judge(self, mode: Mode, storage: Storage, tenant: Tenant, release: Release) -> bool:
        span = watched(release)
        if span is None:
            return False
        found = await storage.levels.minutes(tenant.tenant_id, *span, "")
        policy: Mapping[str, Any] = release.options["burn"]
        rate = burned(found.get("", ()), tenant.target_ppm, float(policy["least_s"]))
        if rate is None or rate < policy["rate"]:
            return False
        last = found[""][-1].start + MINUTE_SLOTS
        body = {"kind": "burned", "message": f"{rate:.1f}", "rate": round(rate, 3)}
        # Before it, and once: whoever is killed on the way says the same when it decides anew.
        said = (_key(release), last * SLOT_SECONDS * _SECOND, body)
        await storage.history.say(release.id, [said])
        try:
            return await self._back.go_back(mode, tenant, release)
        except Problem as problem:
            log.warning("release %s burns and stays: %s", release.deployment_id, problem)
            return False


def _key(release: Release) -> str:
    return f"{release.options.get(judging.ATTEMPT, 1)}/burned"
