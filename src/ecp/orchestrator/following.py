"""A release on its way: what is left of it is taken, then it is looked at until it is up.

Nobody has to wait for that: it goes on in the background, and after a restart.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol, cast

from ecp.edge.problems import Problem
from ecp.kube.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    JOBS,
    PODS,
    RCS,
    REPLICASETS,
    SERVICES,
    STATEFULSETS,
)
from ecp.kube.pods import condition
from ecp.orchestrator import records
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    House,
    NoAccess,
    Storage,
    StorageFailed,
    View,
)
from ecp.orchestrator.records import Mode, Release, Step, Tenant
from ecp.orchestrator.releases import judging, pods, waves
from ecp.texts import Language, text

log = logging.getLogger("ecp.orchestrator")

_LEASE = "releases"
_LEASE_NS = 15_000_000_000
_SWEEP_S = 2.0
_POLL_S = (1.0, 1.0, 2.0, 3.0, 5.0)
_RETRY_S = 2.0
_WAVES_S = 1.0
_DEADLINE_NS = 600_000_000_000
_FOLLOWED: tuple[records.Phase, ...] = ("applying", "progressing", "stalled")
_AWAITED: tuple[records.Phase, ...] = ("rehearsing", "applying", "progressing")


class Carrier(Protocol):
    """What carries a release out while it is followed."""

    async def carry_out(
        self, mode: Mode, storage: Storage, tenant: Tenant, release: Release
    ) -> Release: ...
    async def rehearsed(self, mode: Mode, storage: Storage, release: Release) -> Release: ...


FallBack = Callable[[Mode, Tenant, Release], Awaitable[None]]


class Followers:
    """Who follows which release, and how each stands.

    Of several processes on one database one follows, by a lease: what others begin it sees when it
    looks for what nobody follows. *carrier* takes the steps of a release that are left; *sending*
    lets few do so at a time; *fall_back* hears of one that does not start.
    """

    def __init__(
        self, house: House, carrier: Carrier, sending: asyncio.Semaphore, fall_back: FallBack
    ) -> None:
        self._house = house
        self._carrier = carrier
        self._sending = sending
        self._fall_back = fall_back
        # A release that is rehearsed is followed beside the one that runs meanwhile.
        self._tasks: dict[tuple[Mode, str, bool], asyncio.Task[None]] = {}
        self._followed: dict[tuple[Mode, str, bool], int] = {}
        self._running: set[asyncio.Task[None]] = set()  # those that are left and end as well
        self._closed = False
        self._led: set[Mode] = set()
        self._led_by_others: set[Mode] = set()
        self._moved = asyncio.Condition()

    async def resume(self) -> None:
        """Go on with every release that was left before its end."""
        for mode in records.MODES:
            await self._lead(mode)

    async def run(self) -> None:
        """Follow what other processes on the same records begin, or leave when they end; for
        ever."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            for mode in records.MODES:
                try:
                    if (await self._house.storage(mode)).shared:
                        await self._lead(mode)
                except StorageFailed as error:
                    log.info("releases, %s: %s", mode, error)

    async def _lead(self, mode: Mode) -> None:
        """Follow everything of a mode that nobody follows, unless another process does."""
        storage = await self._house.storage(mode)
        now = self._house.now()
        if storage.shared and not await storage.lease(
            _LEASE, self._house.holder, now, now + _LEASE_NS
        ):
            self._led.discard(mode)
            self._led_by_others.add(mode)
            for key in [key for key in self._tasks if key[0] == mode]:
                self._leave(key)
            return
        anew = mode not in self._led
        self._led.add(mode)
        self._led_by_others.discard(mode)
        ended: tuple[records.Phase, ...] = ("failed",) if anew else ()
        for release in (
            *await storage.releases_in(*_FOLLOWED, *ended),
            *await storage.history.unsent(),
        ):
            key = (mode, release.tenant_id, release.phase == "rehearsing")
            if key in self._tasks and self._followed[key] >= release.id:
                continue
            tenant = await storage.tenant(release.tenant_id)
            if tenant is None:
                continue
            if release.phase == "failed":
                # It may have ended between its failure and what was to follow from it.
                await self._fall_back(mode, tenant, release)
            else:
                self.follow(mode, tenant, release)

    def follow(self, mode: Mode, tenant: Tenant, release: Release) -> None:
        """Follow a release of a tenant from now on, and no earlier one; who leads does.

        Work that is called off follows its release as its last act: once these are closed, the
        next start takes it up.
        """
        if self._closed or mode in self._led_by_others:
            return
        unsent = release.phase == "rehearsing"
        key = (mode, tenant.tenant_id, unsent)
        self._leave(key)
        if not unsent:
            self._leave((mode, tenant.tenant_id, True))
        work = self._rehearse if unsent else self._accompany
        task = asyncio.create_task(work(mode, tenant, release.id))
        self._tasks[key], self._followed[key] = task, release.id
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(
            lambda done: self._tasks.pop(key) if self._tasks.get(key) is done else None
        )

    def leave(self, mode: Mode, tenant_id: str) -> None:
        """Follow a tenant's releases no more."""
        for unsent in (True, False):
            self._leave((mode, tenant_id, unsent))

    def _leave(self, key: tuple[Mode, str, bool]) -> None:
        running = self._tasks.pop(key, None)
        if running is not None and running is not asyncio.current_task():
            running.cancel()

    async def close(self) -> None:
        """Stop following; what is left is taken up at the next start."""
        self._closed = True
        for task in (tasks := list(self._running)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for mode in self._led:
            with suppress(StorageFailed):
                storage = await self._house.storage(mode)
                if storage.shared:
                    await storage.lease(_LEASE, self._house.holder, self._house.now(), 0)

    async def _rehearse(self, mode: Mode, tenant: Tenant, release_id: int) -> None:
        """Wait for a release's verdict; one that may be sent is followed from then on."""
        storage = await self._house.storage(mode)
        while True:
            release = await storage.release(release_id)
            if release is None or release.phase != "rehearsing":
                return
            try:
                # Its verdict may be long in coming: others' releases need not wait for it.
                release = await self._carrier.rehearsed(mode, storage, release)
            except (ClusterUnreachable, ClusterRefused) as error:
                log.info("release %s waits: %s", release.deployment_id, error)
                await asyncio.sleep(_RETRY_S)
                continue
            await self.tell()
            if release.phase == "applying":
                self.follow(mode, tenant, release)
            return

    async def _accompany(self, mode: Mode, tenant: Tenant, release_id: int) -> None:
        """Bring a release to its end: take what is left, then look until it is ready."""
        storage = await self._house.storage(mode)
        looks = 0
        while True:
            release = await storage.release(release_id)
            if release is None or release.phase not in _FOLLOWED:
                return
            try:
                if release.phase == "applying" or await _is_left(storage, release):
                    async with self._house.locked(mode, tenant.tenant_id), self._sending:
                        # Another release may have come while this one waited for its turn.
                        if await _is_over(storage, release):
                            return
                        release = await self._carrier.carry_out(mode, storage, tenant, release)
                    await self.tell()
                    if release.phase == "stalled":
                        await self._fall_back(mode, tenant, release)
                    if release.phase in ("applying", "stalled"):
                        await asyncio.sleep(_WAVES_S)
                        continue
                await asyncio.sleep(_POLL_S[min(looks, len(_POLL_S) - 1)])
                looks += 1
                async with self._sending:
                    if await self._may_have_moved(mode, tenant, release):
                        await self._look(mode, storage, tenant, release)
            except Problem as problem:
                if problem.code not in ("SIMULATOR_UNREACHABLE", "TARGET_NOT_CONFIGURED"):
                    await self.tell()
                    await self._fall_back(mode, tenant, release)
                    return
                await asyncio.sleep(_RETRY_S)
            except (ClusterUnreachable, ClusterRefused) as error:
                log.info("release %s waits: %s", release.deployment_id, error)
                await asyncio.sleep(_RETRY_S)

    async def _may_have_moved(self, mode: Mode, tenant: Tenant, release: Release) -> bool:
        """Whether a whole look is worth its price: nothing that keeps pods running is on its way.

        After the deadline, or once one is stuck, the whole look says so.
        """
        view = await self._house.cluster(mode).look(
            tenant.namespace, (DEPLOYMENTS, STATEFULSETS, DAEMONSETS)
        )
        if view.now - release.began > _DEADLINE_NS and release.phase != "stalled":
            return True
        deployments = view.list(DEPLOYMENTS)
        if release.phase != "stalled" and any(map(_is_stuck, deployments)):
            return True
        if not all(map(_is_up, view.list(STATEFULSETS))) or not all(
            map(_is_everywhere, view.list(DAEMONSETS))
        ):
            return False
        # What was up once is looked at although it is not now.
        return all(
            _is_up(found) or rollout.done is not None
            for found, rollout in zip(deployments, judging.rollouts(view, deployments), strict=True)
        )

    async def _look(self, mode: Mode, storage: Storage, tenant: Tenant, release: Release) -> None:
        said = await self._judged(mode, tenant, release)
        found = judging.in_both(said("en"), said("ko"))
        if found["settled"] or found["started"]:
            phase: records.Phase = "ready"
        elif found["stalled"] and release.phase != "stalled":
            phase = "stalled"
        else:
            return
        await storage.history.say(release.id, [judging.told(release, phase, found)])
        await storage.set_release(release.id, phase=phase, startup=found)
        await self.tell()
        if phase == "stalled":
            await self._fall_back(mode, tenant, release)

    async def tell(self) -> None:
        """Say that something happened to a release."""
        async with self._moved:
            self._moved.notify_all()

    async def moved(self, timeout: float) -> None:
        """Return when something happened to a release, or after *timeout* seconds."""
        with suppress(TimeoutError):
            async with self._moved:
                await asyncio.wait_for(self._moved.wait(), timeout)

    async def wait(self, mode: Mode, release: Release, timeout: float) -> Release:
        """Return the release once it is ready, stalled or failed, or after *timeout* seconds.

        Raises Problem 404 when its tenant is deleted meanwhile.
        """
        storage = await self._house.storage(mode)
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            found = await storage.release(release.id)
            left = deadline - asyncio.get_running_loop().time()
            if found is None:
                tenant = release.tenant_id
                raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant)
            if found.phase not in _AWAITED or left <= 0:
                return found
            await self.moved(min(left, 1.0))

    # -- judge ------------------------------------------------------------------------------------

    async def judge(
        self, mode: Mode, tenant: Tenant, release: Release, language: str
    ) -> dict[str, Any]:
        """Return what became of a release, as it is now. Raises Problem 503."""
        try:
            found = (await self._judged(mode, tenant, release))(cast(Language, language))
        except ClusterUnreachable as error:
            raise unreachable(error) from error
        except ClusterRefused as error:
            raise refused(error) from error
        if found["started"] and release.phase == "ready" and not release.startup.get("started"):
            # Nobody follows it any more, and what it lacked has come: that is kept as well.
            await (await self._house.storage(mode)).set_release(release.id, startup=found)
        return found

    async def _judged(
        self, mode: Mode, tenant: Tenant, release: Release
    ) -> Callable[[Language], dict[str, Any]]:
        """Look at a release; return what became of it, to be put into words."""
        if release.phase in records.UNSENT:
            return lambda language: judging.not_sent(release)
        # Its reading of pods needs the rehearsal's rooms: loaded when first asked for, beside the
        # loop, which others need meanwhile.
        reading = await asyncio.to_thread(import_module, "ecp.rehearsal.judging")
        storage = await self._house.storage(mode)
        steps = await storage.steps(release.id)
        view = await self._house.surveying(mode).view(tenant.namespace)
        bodies = [(step.state, step.body) for step in steps if step.body is not None]
        objects = [body for state, body in bodies if state == "done"]
        coming = [body for state, body in bodies if state == "pending"]
        rolled = judging.rollouts(view, objects)
        came_up = None if coming else judging.came_up_since(release, rolled)
        since = came_up or max(release.began, reading.ready_behind_api(view, objects))
        evidence = await self._house.simulator(mode).startup(
            tenant.tenant_id, tenant.namespace, release.began, since
        )
        history = evidence.get("history") if came_up is not None else None
        been_up = release.startup.get("started") or (history and history["confirmed_ns"])
        found = reading.judge_behind_api(
            view,
            objects,
            evidence,
            unserved=[body for state, body in bodies if state == "skipped"],
            coming=coming,
            began=release.began,
            now=max(view.now, evidence["now_ns"]),
            patient=not been_up,
        )

        def said(language: Language) -> dict[str, Any]:
            body: dict[str, Any] = found.to_json(language)
            pods.tell(view, body["workloads"], release.began)
            if judging.began_anew(release, evidence.get("incarnation", "")):
                judging.say_gone(body, release, language)
                return body
            told = release.startup
            if not told.get("started"):
                services, workloads = _named(view, SERVICES), _workloads(view)
                told = judging.remembered(body, history, release, rolled, services, workloads)
                told = judging.earlier(body, told)
            judging.keep_confirmed(body, told)
            judging.say_taken(body, objects)
            for step in steps:
                if step.state == "failed":
                    body["started"] = body["up"] = False
                    body["problems"].insert(0, _refused_step(step, language))
            return body

        return said


async def _is_left(storage: Storage, release: Release) -> bool:
    """Whether a release that stalled has waves that were not sent yet."""
    if release.phase != "stalled" or release.options.get("waves") != waves.WAITING:
        return False
    return any(step.state == "pending" for step in await storage.steps(release.id))


async def _is_over(storage: Storage, release: Release) -> bool:
    found = await storage.release(release.id)
    return found is None or found.phase not in _FOLLOWED


def _is_up(found: records.Obj) -> bool:
    available: int = (found.get("status") or {}).get("availableReplicas", 0)
    return bool(available >= found["spec"].get("replicas", 1))


def _is_everywhere(daemonset: records.Obj) -> bool:
    status = daemonset.get("status") or {}
    return bool(status.get("numberAvailable", 0) >= status.get("desiredNumberScheduled", 0))


def _is_stuck(deployment: records.Obj) -> bool:
    progress = condition(deployment, "Progressing")
    return progress is not None and progress["status"] == "False"


def _named(view: View, resource: str) -> dict[str, records.Obj]:
    return {obj["metadata"]["name"]: obj for obj in view.list(resource)}


def _workloads(view: View) -> dict[str, records.Obj]:
    """Return what runs pods, each with a template; a bare pod is its own."""
    pods = {name: {"spec": {"template": pod}} for name, pod in _named(view, PODS).items()}
    kinds = (JOBS, RCS, REPLICASETS, DAEMONSETS, STATEFULSETS, DEPLOYMENTS)
    return pods | {name: obj for kind in kinds for name, obj in _named(view, kind).items()}


def unreachable(error: ClusterUnreachable) -> Problem:
    """Return the answer to a cluster that is not there."""
    if isinstance(error, NoAccess):
        return Problem(503, "TARGET_NOT_CONFIGURED", error.key, **error.values)
    return Problem(
        503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
    )


def refused(error: ClusterRefused) -> Problem:
    """Return the answer to a cluster that does not want to."""
    return Problem(
        502, "KUBERNETES_ERROR", "cluster.refused", number=error.code, message=error.message
    )


def _refused_step(step: Step, language: Language) -> dict[str, Any]:
    return {
        "object": step.ref.word,
        "namespace": step.ref.namespace,
        "cause": "refused",
        "text": text("release.refused", language, object=step.ref.word, message=step.detail),
        "remedy": text("startup.remedy.create-refused", language),
    }
