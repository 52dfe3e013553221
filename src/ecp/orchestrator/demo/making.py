"""The demo is made: a cluster that begins days ago, tenants that are deployed there, and time.

Nothing is made up: tenants go the way of every tenant, the cluster runs in warped time with faults
that come by themselves, and the collector keeps what it says. Each step looks whether it was taken,
so that a process that was killed goes on where it was.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from ecp.edge.problems import Problem
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.demo import model
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    House,
    Storage,
    StorageFailed,
    Theatre,
)
from ecp.orchestrator.records import AuditEntry, ImageVersion, Obj, Release, Sought, Tenant, Wish
from ecp.orchestrator.tenants import usecases as tenants

log = logging.getLogger("ecp.orchestrator")

When = Literal["start", "use", "off"]
_MODE: Final = "demo"
_LEASE: Final = "demo"
_LEASE_NS: Final = 30_000_000_000
_LOOK_S: Final = 0.25
_AGAIN_S: Final = 2.0
_KEPT_WITHIN: Final = 150 * model.SECOND
"""A minute is kept some seconds after its end."""


def made_when() -> When:
    """Return when the demo is made by itself: at the start, at its first use, or not at all."""
    said = os.environ.get("ECP_DEMO", "").strip().lower()
    return cast(When, said) if said in ("start", "use", "off") else "use"


class Maker:
    """Fulfils `ports.Demo`: makes the demo in the background, one process at a time."""

    def __init__(self, house: House, theatre: Theatre) -> None:
        self._house, self._theatre = house, theatre
        self._task: asyncio.Task[None] | None = None
        self._asked = False
        self._changing = asyncio.Lock()
        self._detail = ""

    # -- what is asked ----------------------------------------------------------------------------

    def used(self) -> None:
        """Hear that somebody uses the demo: it is made, if it is to be made at its first use."""
        if not self._asked and made_when() == "use":
            self._asked = True
            self._begin(self._by_itself())

    async def start(self) -> None:
        """Go on with a demo that is half made; make one at the start, where that is wished."""
        storage = await self._house.storage(_MODE)
        facts = await storage.demo.facts()
        if facts is not None:
            if facts["state"] == "making":
                self._begin(self._made())
        elif made_when() == "start":
            self._asked = True
            self._begin(self._by_itself())

    async def make(self, *, days: int, seed: int, start: int | None) -> Obj:
        """Begin to make the demo; one that there is stays. Raises Problem 409 for tenants that
        are not the demo's."""
        async with self._changing:
            storage = await self._house.storage(_MODE)
            if await storage.demo.facts() is None:
                await self._open(storage, days=days, seed=seed, start=start)
            self._begin(self._made())
        return await self.status()

    async def reset(self, *, days: int, seed: int, start: int | None) -> Obj:
        """Take everything of the demo away, tenants that others made in it too; make it anew."""
        async with self._changing:
            await self.close()
            storage = await self._house.storage(_MODE)
            while page := (await storage.tenants(0, 100)).tenants:
                for tenant in page:
                    await self._house.workflow.forget(_MODE, tenant)
            try:
                await self._theatre.close()
            except (ClusterUnreachable, ClusterRefused) as error:
                raise _absent(error) from error
            await storage.demo.forget()
            await self._open(storage, days=days, seed=seed, start=start)
            self._begin(self._made())
        return await self.status()

    async def _open(self, storage: Storage, *, days: int, seed: int, start: int | None) -> None:
        if (await storage.find_tenants(Sought(), 0, 1)).total:
            raise Problem(409, "DEMO_IN_USE", "demo.in-use")
        facts = model.begun(days=days, seed=seed, start=start, now=self._house.now())
        await storage.demo.keep(facts)

    def _begin(self, work: Any) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(work)
        else:
            work.close()

    async def close(self) -> None:
        """Stop making; what is left is made at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def status(self) -> Obj:
        """Say what there is of the demo, and how far it is."""
        storage = await self._house.storage(_MODE)
        facts = await storage.demo.facts()
        total = (await storage.find_tenants(Sought(), 0, 1)).total
        if facts is None:
            state = "in-use" if total else "absent"
            return {"state": state, "made_at": made_when(), "progress": 0.0, "tenants": []}
        now: int | None = None
        gone = False
        try:
            clock = await self._theatre.clock()
            now = clock.now_ns
            gone = bool(facts["incarnation"]) and clock.incarnation != facts["incarnation"]
        except ClusterUnreachable:
            pass
        except ClusterRefused:
            gone = facts["state"] == "ready"
        kept = [await storage.tenant(one.tenant_id) for one in (*model.SHOWN, model.BROKEN)]
        return {
            "state": "gone" if gone else facts["state"],
            "made_at": made_when(),
            "progress": model.share(facts, now),
            "detail": self._detail,
            "days": facts["days"],
            "seed": facts["seed"],
            "start": rfc3339(facts["start"]),
            "now": None if now is None else rfc3339(now),
            "tenants": [
                {"tenant_id": one.tenant_id, "name": one.name, "state": one.state,
                 "description": one.description}
                for one in kept if one is not None
            ],
            "incident": {
                "tenant_id": model.INCIDENT.tenant_id,
                "fault": model.INCIDENT.fault,
                "target": model.INCIDENT.target,
                "at": rfc3339(model.when(model.INCIDENT.at, facts["start"], facts["days"])),
                "seconds": model.INCIDENT.length // model.SECOND,
            },
            "to_mend": {
                "tenant_id": model.BROKEN.tenant_id,
                "manifest": "/api/v1/demo/manifest",
            },
            "header": "X-Demo-Mode: true",
            "evidence": "simulated",
        }  # fmt: skip

    # -- making -----------------------------------------------------------------------------------

    async def _by_itself(self) -> None:
        """Make the demo where its store is empty; else it is somebody's."""
        storage = await self._house.storage(_MODE)
        if await storage.demo.facts() is None:
            try:
                await self._open(storage, days=model.DAYS, seed=model.SEED, start=None)
            except Problem:
                return
        await self._made()

    async def _made(self) -> None:
        """Take the steps that are left, until the demo is ready. Waits for a cluster or a
        database that does not answer."""
        while True:
            try:
                storage = await self._house.storage(_MODE)
                now = self._house.now()
                if await storage.lease(_LEASE, self._house.holder, now, now + _LEASE_NS):
                    await self._steps(storage)
                    return
            except Problem as problem:
                self._detail = problem.code
                log.warning("the demo waits: %s", problem)
            except (ClusterUnreachable, ClusterRefused, StorageFailed) as error:
                self._detail = str(error)
                log.info("the demo waits: %s", error)
            await asyncio.sleep(_AGAIN_S)

    async def _steps(self, storage: Storage) -> None:
        found = await storage.demo.facts()
        if found is None or found["state"] != "making":
            return
        facts = dict(found)
        start, days = facts["start"], facts["days"]
        await self._cluster(storage, facts)
        for shown in model.SHOWN:
            tenant = await self._tenant(storage, shown, start)
            if await storage.last_release(shown.tenant_id) is None:
                await self._deploy(tenant, Wish(failure_scenarios=True))
            await self._sent(storage, shown.tenant_id)
        await self._tenant(storage, model.BROKEN, start)
        await tenants.keep(
            storage, model.BROKEN.tenant_id, model.broken_manifest(),
            source="given", valid=False, now=start,
        )  # fmt: skip
        await self._strike(storage, facts)
        await self._go(storage, start + model.SETTLED)
        for shown in model.SHOWN:
            await self._up(storage, shown.tenant_id)
        await self._change(storage, start, days)
        end = start + days * model.DAY
        # Who chose where it begins has chosen where it ends; else it goes on until now.
        until = end if end < self._house.now() - model.DAY else None
        await self._catch_up(storage, end if until is not None else None)
        if not facts.get("arrived"):
            facts["arrived"] = True
            await storage.demo.keep(facts)
        await self._kept(storage)
        for shown in (*model.SHOWN, model.BROKEN):
            await storage.demo.date(shown.tenant_id, start)
        # Until here nobody was alerted.
        since = (await self._theatre.clock()).now_ns
        await storage.demo.keep({**facts, "state": "ready", "watched_since": since})
        target = self._house.target(_MODE)
        made = AuditEntry(
            self._house.now(), "system", "demo.made", target_kind=target.method,
            target=target.name, refs={"days": str(days)},
        )  # fmt: skip
        await storage.audit.add(made)
        self._detail = ""

    async def _cluster(self, storage: Storage, facts: dict[str, Any]) -> None:
        """Make the cluster that belongs to this demo, once."""
        if facts["incarnation"]:
            return
        await self._theatre.begin(start=facts["start"], seed=facts["seed"])
        facts["incarnation"] = (await self._theatre.clock()).incarnation
        await storage.demo.keep(facts)

    async def _tenant(self, storage: Storage, shown: model.Shown, born: int) -> Tenant:
        found = await storage.tenant(shown.tenant_id)
        if found is not None:
            return found
        draft = tenants.draft(
            shown.tenant_id,
            now=born,
            name=shown.name,
            preset=shown.preset,
            requirements=shown.counters,
            target_ppm=shown.target_ppm,
            description=shown.description,
            options={"gpu_type": shown.gpu_type, **model.agreed(shown)},
            owner="demo",
            labels={"demo": "true"},
        )
        return await tenants.add(storage, draft, now=born)

    async def _deploy(self, tenant: Tenant, wish: Wish) -> None:
        await self._house.workflow.deploy(_MODE, tenant.tenant_id, wish, "en")

    async def _sent(self, storage: Storage, tenant_id: str) -> Release:
        """Wait until all of a tenant's release is on the cluster, one after another."""
        while True:
            release = await storage.last_release(tenant_id)
            assert release is not None
            if release.phase != "applying":
                return release
            await self._house.workflow.moved(_LOOK_S)

    async def _up(self, storage: Storage, tenant_id: str) -> None:
        """Wait until somebody looked at a release that has had its time."""
        release = await storage.last_release(tenant_id)
        while release is not None and release.phase in ("applying", "progressing"):
            await self._renew(storage)
            release = await self._house.workflow.wait(_MODE, release, _AGAIN_S)

    async def _strike(self, storage: Storage, facts: dict[str, Any]) -> None:
        """Let the chosen incident come, once: it is planned at the beginning."""
        if facts["incident"]:
            return
        chosen = model.INCIDENT
        tenant = await storage.tenant(chosen.tenant_id)
        assert tenant is not None
        simulator = self._house.simulator(_MODE)
        planned = [row for row in await simulator.faults(tenant.namespace) if _is_ours(row)]
        if not planned:
            body = {
                "fault": chosen.fault,
                "target": chosen.target,
                "namespaces": [tenant.namespace],
                "at": rfc3339(model.when(chosen.at, facts["start"], facts["days"])),
                "duration": f"{chosen.length // model.SECOND}s",
            }
            planned = [await simulator.inject(body)]
        facts["incident"] = str(planned[0].get("id", "planned"))
        await storage.demo.keep(facts)

    async def _change(self, storage: Storage, start: int, days: int) -> None:
        """Let a tenant get another version on the way."""
        chosen = model.CHANGE
        release = await storage.last_release(chosen.tenant_id)
        assert release is not None
        at = model.when(chosen.at, start, days)
        if release.revision < 2:
            await self._go(storage, at)
            facts = {"start": model.VERSION["start"]}
            row = ImageVersion(
                0, model.VERSION["service"], model.VERSION["version"], model.VERSION["image"],
                facts, model.VERSION["note"], at,
            )  # fmt: skip
            await storage.images.add_version(row)
            tenant = await storage.tenant(chosen.tenant_id)
            assert tenant is not None
            wish = Wish(failure_scenarios=True, versions=chosen.versions)
            await self._deploy(tenant, wish)
        await self._sent(storage, chosen.tenant_id)
        await self._go(storage, at + model.SETTLED)
        await self._up(storage, chosen.tenant_id)

    # -- time -------------------------------------------------------------------------------------

    async def _go(self, storage: Storage, to: int) -> None:
        """Let the cluster come to an instant (ns), if it is not there yet."""
        if await self._theatre.moving():
            await self._arrived(storage)
        if (await self._theatre.clock()).now_ns < to:
            await self._theatre.warp(to)
            await self._arrived(storage)

    async def _arrived(self, storage: Storage) -> None:
        while await self._theatre.moving():
            await self._renew(storage)
            await asyncio.sleep(_LOOK_S)

    async def _catch_up(self, storage: Storage, end: int | None) -> None:
        """Let the cluster come to now, and go on at the pace of the wall clock."""
        while True:
            goal = self._house.now() if end is None else end
            if (await self._theatre.clock()).now_ns >= goal - model.LAG:
                break
            await self._go(storage, goal // model.SECOND * model.SECOND)
        await self._theatre.go_on()

    async def _kept(self, storage: Storage) -> None:
        """Wait until the collector has taken what there is."""
        for shown in model.SHOWN:
            while True:
                now = (await self._theatre.clock()).now_ns
                newest, _ = await storage.kept(shown.tenant_id)
                if newest and nanoseconds(newest) >= now - _KEPT_WITHIN:
                    break
                await self._renew(storage)
                await asyncio.sleep(_LOOK_S)

    async def _renew(self, storage: Storage) -> None:
        now = self._house.now()
        await storage.lease(_LEASE, self._house.holder, now, now + _LEASE_NS)


def _is_ours(row: Mapping[str, Any]) -> bool:
    origin = row.get("origin") or {}
    return row.get("fault") == model.INCIDENT.fault and origin.get("kind") != "background"


def _absent(error: ClusterUnreachable | ClusterRefused) -> Problem:
    if isinstance(error, ClusterUnreachable):
        return Problem(
            503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
        )
    return Problem(error.code, "DEMO_REFUSED", "maintenance.said", message=error.message)
