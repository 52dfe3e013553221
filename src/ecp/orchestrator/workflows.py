"""The main job as one readable way: manifest → validation → steps → readiness → judgement.

Everything is written down before it is done: a release that was begun goes on after a restart.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, cast

from ecp.edge.problems import Problem
from ecp.kube.kinds import DEPLOYMENTS
from ecp.kube.pods import condition
from ecp.manifests import namespace_of
from ecp.orchestrator import ports
from ecp.orchestrator.faults import model as failures
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    Deployed,
    Generated,
    House,
    Mode,
    NotServed,
    Obj,
    Release,
    Step,
    Storage,
    Tenant,
    Wish,
)
from ecp.orchestrator.releases import model
from ecp.orchestrator.sla.model import followed
from ecp.orchestrator.tenants import usecases as tenants
from ecp.texts import Language, text

log = logging.getLogger("ecp.orchestrator")

_POLL_S = (1.0, 1.0, 2.0, 3.0, 5.0)
_RETRY_S = 2.0
_VACATED_WITHIN_S, _VACATED_EVERY_S = 15.0, 0.2
_DEADLINE_NS = 600_000_000_000
_AT_ONCE = 4
"""Releases that are sent at the same time; more wait, so that everybody else is still heard."""
_NOTED_TOGETHER = 8
_FOLLOWED: tuple[ports.Phase, ...] = ("applying", "progressing", "stalled")


def _keep_confirmed(body: dict[str, Any], confirmed: Mapping[str, Any]) -> None:
    """Let what was confirmed once stay so, with its time; how it stands now is told apart.

    `up` says whether it is as it was confirmed, `degraded` what is in the way of that: rows like
    those of `problems`, which are what keeps a release from being confirmed.
    """
    body["up"], body["degraded"] = body["started"], []
    if not confirmed.get("started"):
        return
    body["started"], body["problems"], body["degraded"] = True, [], body.get("problems") or []
    body["confirmed_at"], body["seconds"] = confirmed["confirmed_at"], confirmed["seconds"]
    for kind in ("workloads", "services", "entries"):
        kept = {item["object"]: item["seconds"] for item in confirmed.get(kind) or ()}
        for item in body.get(kind) or ():
            item["seconds"] = kept.get(item["object"], item["seconds"])
    body["conditions"] = confirmed.get("conditions") or body.get("conditions") or {}


class MainJob:
    """Fulfils `ports.Workflow`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._sending = asyncio.Semaphore(_AT_ONCE)
        self._begun: set[asyncio.Task[Deployed]] = set()
        self._followers: dict[tuple[Mode, str], asyncio.Task[None]] = {}
        self._moved = asyncio.Condition()

    # -- deploy -----------------------------------------------------------------------------------

    async def deploy(self, mode: Mode, tenant_id: str, wish: Wish, language: str) -> Deployed:
        """Deploy for a tenant; equal digest = no new revision. Raises Problem."""
        # The caller may hang up: what was begun goes on.
        begun = asyncio.create_task(self._in_turn(mode, tenant_id, wish, language))
        self._begun.add(begun)
        begun.add_done_callback(self._begun.discard)
        return await asyncio.shield(begun)

    async def _in_turn(self, mode: Mode, tenant_id: str, wish: Wish, language: str) -> Deployed:
        async with self._house.locked(mode, tenant_id):
            await self._vacated(mode, tenant_id)
            async with self._sending:
                return await self._deploy(mode, tenant_id, wish, language)

    async def _vacated(self, mode: Mode, tenant_id: str) -> None:
        """Wait until a namespace that is being deleted is gone. Raises Problem 409.

        Nothing can be created in it meanwhile, and it would take with it what was applied.
        """
        tenant = await (await self._house.storage(mode)).tenant(tenant_id)
        namespace = namespace_of(tenant_id) if tenant is None else tenant.namespace
        cluster = self._house.cluster(mode)
        deadline = asyncio.get_running_loop().time() + _VACATED_WITHIN_S
        try:
            while await cluster.leaving(namespace):
                if asyncio.get_running_loop().time() > deadline:
                    raise Problem(
                        409, "NAMESPACE_TERMINATING", "release.leaving", namespace=namespace
                    )
                await asyncio.sleep(_VACATED_EVERY_S)
        except (ClusterUnreachable, ClusterRefused):
            return  # said where the first step is taken

    async def _deploy(self, mode: Mode, tenant_id: str, wish: Wish, language: str) -> Deployed:
        house, storage = self._house, await self._house.storage(mode)
        await self._check_rates(mode, wish)
        tenant, created = await self._tenant(storage, tenant_id, wish)
        manifest, source = await self._manifest(mode, storage, tenant, wish)
        spoken = cast(Language, language)
        objects, warnings = await self._checked(tenant, manifest, wish, spoken)
        if not wish.include_monitoring:
            objects = model.without_monitoring(objects)
        if not objects:
            raise Problem(422, "MANIFEST_INVALID", "manifest.empty")
        try:
            bundle = model.placed(objects, tenant.namespace)
        except model.Unfit as error:
            values = {**error.values, "tenant": tenant_id, "own": tenant.namespace}
            raise Problem(422, error.code, error.key, **values) from error
        if created:
            await tenants.add(storage, tenant, now=house.now())
        kept = await tenants.keep(
            storage, tenant_id, manifest, source=source, valid=True, now=house.now()
        )
        options = {
            "manifest": kept.digest,
            "include_monitoring": wish.include_monitoring,
            "enable_sla_tracking": wish.enable_sla_tracking,
            "failure_scenarios": wish.failure_scenarios,
            "failure_rates": wish.failure_rates,
        }
        release, new = await self._release(mode, storage, tenant, bundle, options)
        try:
            release = await self._carry_out(mode, storage, tenant, release)
        finally:
            # Also when the cluster has gone meanwhile: what is left is taken once it is back.
            self._follow(mode, tenant, release)
        steps = await storage.steps(release.id)
        return Deployed(release, steps, new, created, warnings, source)

    async def _check_rates(self, mode: Mode, wish: Wish) -> None:
        """Refuse failure rates that the simulator does not have. Raises Problem 422."""
        if not wish.failure_rates:
            return
        try:
            known = await self._house.simulator(mode).failure_rates()
        except ClusterUnreachable as error:
            raise unreachable(error) from error
        except ClusterRefused as error:
            raise refused(error) from error
        failures.check_rates(wish.failure_rates, known)

    async def _tenant(self, storage: Storage, tenant_id: str, wish: Wish) -> tuple[Tenant, bool]:
        tenant = await storage.tenant(tenant_id)
        if tenant is not None:
            return tenant, False
        tenants.check_id(tenant_id)
        if not wish.create_tenant:
            await tenants.require(storage, tenant_id)
        settings = await storage.settings()
        target = tenants.ppm(settings.get("slaTarget", 99.5))
        return tenants.draft(tenant_id, now=self._house.now(), target_ppm=target), True

    async def _manifest(
        self, mode: Mode, storage: Storage, tenant: Tenant, wish: Wish
    ) -> tuple[str, str]:
        """Return the text to deploy and where it is from: given, kept or generated."""
        if wish.manifest_content is not None:
            return wish.manifest_content, "given"
        if wish.manifest_id is not None:
            kept = await storage.manifest(tenant.tenant_id, wish.manifest_id)
            if kept is None:
                raise Problem(
                    404,
                    "MANIFEST_NOT_FOUND",
                    "manifest.unknown",
                    tenant=tenant.tenant_id,
                    digest=wish.manifest_id,
                )
            return kept.text, kept.source
        last = await storage.last_valid_manifest(tenant.tenant_id)
        if last is not None:
            return last.text, last.source
        made = await self.generate(mode, tenant, {"include_monitoring": wish.include_monitoring})
        return made.text, "generated"

    async def _checked(
        self, tenant: Tenant, manifest: str, wish: Wish, language: Language
    ) -> tuple[list[Obj], list[Any]]:
        """Return the manifest's objects and what was warned of. Raises Problem 422."""
        found = await tenants.judged(
            self._house,
            manifest,
            tenant.namespace,
            strict=wish.strict_validation,
            language=language,
            bundle=True,
        )
        broken = [finding for finding in found.stops if finding["severity"] == "broken"]
        if not found.valid or (broken and not wish.allow_broken):
            raise Problem(
                422,
                "MANIFEST_INVALID",
                "manifest.invalid",
                details=found.stops,
                errors=found.errors,
                broken=found.broken,
            )
        return found.objects, [*found.said, *broken]

    async def _release(
        self,
        mode: Mode,
        storage: Storage,
        tenant: Tenant,
        bundle: list[Obj],
        options: Mapping[str, Any],
    ) -> tuple[Release, bool]:
        """Return the release of *bundle*: the last one where it is the same, else a new one."""
        digest = model.digest(bundle)
        last = await storage.last_release(tenant.tenant_id)
        if last is not None and last.digest == digest:
            # Nothing new: what is as it should be stays untouched, what has drifted is healed.
            await storage.reopen_steps(last.id)
            await storage.set_release(last.id, phase="applying", detail="", options=options)
            found = await storage.release(last.id)
            assert found is not None
            return found, False
        brings_home = any(obj["kind"] == "Namespace" for obj in bundle)
        home = None if brings_home else model.namespace_object(tenant.tenant_id, tenant.namespace)
        steps = model.plan(bundle, await storage.standing(tenant.tenant_id), home)
        began = await self._clock(mode)
        release = await storage.open_release(
            tenant.tenant_id, digest, options, steps, began=began, now=self._house.now()
        )
        return release, True

    async def _clock(self, mode: Mode) -> int:
        simulator = self._house.simulator(mode)
        try:
            await simulator.ensure()
            return await simulator.clock()
        except ClusterUnreachable as error:
            raise unreachable(error) from error
        except ClusterRefused as error:
            raise refused(error) from error

    async def _carry_out(
        self, mode: Mode, storage: Storage, tenant: Tenant, release: Release
    ) -> Release:
        """Take every step that is left, one by one, noted a few at a time.

        What was taken and not noted when the process died is taken once more: that changes
        nothing.
        """
        cluster = self._house.cluster(mode)
        taken: list[int] = []
        try:
            for step in await storage.steps(release.id):
                if step.state == "pending" and await self._take(storage, cluster, release, step):
                    taken.append(step.position)
                if len(taken) >= _NOTED_TOGETHER:
                    await storage.end_steps(release.id, taken, "done")
                    taken = []
            await self._track(mode, tenant, release)
        except ClusterUnreachable as error:
            raise unreachable(error) from error
        finally:
            if taken:
                await storage.end_steps(release.id, taken, "done")
        if release.phase == "applying":
            await storage.set_release(release.id, phase="progressing")
        found = await storage.release(release.id)
        assert found is not None
        return found

    async def _take(
        self, storage: Storage, cluster: ports.ClusterPort, release: Release, step: Step
    ) -> bool:
        """Take one step; False where the cluster has no such kind. Raises Problem 422."""
        try:
            if step.action == "prune":
                with suppress(NotServed):
                    await cluster.remove(step.ref)
            else:
                assert step.body is not None
                await cluster.apply(step.body)
        except NotServed as error:
            await storage.end_steps(release.id, [step.position], "skipped", str(error))
            return False
        except ClusterRefused as error:
            if error.code in (429, 500, 502, 503, 504):
                raise ClusterUnreachable(getattr(cluster, "url", ""), str(error)) from error
            await storage.end_steps(release.id, [step.position], "failed", error.message)
            detail = f"{step.ref.word}: {error.message}"
            await storage.set_release(release.id, phase="failed", detail=detail)
            raise Problem(
                422,
                "KUBERNETES_ERROR",
                "release.refused",
                details=[{**step.ref._asdict(), "code": error.code, "message": error.message}],
                object=step.ref.word,
                message=error.message,
            ) from error
        return True

    async def _track(self, mode: Mode, tenant: Tenant, release: Release) -> None:
        """Let probes and demand run for the tenant from now on."""
        simulator = self._house.simulator(mode)
        if not release.options.get("enable_sla_tracking", True):
            return
        try:
            await simulator.track(tenant.tenant_id, followed(tenant, release))
        except ClusterRefused as error:
            # A release does not fail because its figures cannot be had.
            log.warning("tenant %s is not tracked: %s", tenant.tenant_id, error.message)

    # -- follow -----------------------------------------------------------------------------------

    async def resume(self) -> None:
        """Go on with every release that was left before its end."""
        for mode in ports.MODES:
            storage = await self._house.storage(mode)
            for release in await storage.releases_in(*_FOLLOWED):
                tenant = await storage.tenant(release.tenant_id)
                if tenant is not None:
                    self._follow(mode, tenant, release)

    def _follow(self, mode: Mode, tenant: Tenant, release: Release) -> None:
        key = (mode, tenant.tenant_id)
        running = self._followers.get(key)
        if running is not None and not running.done():
            running.cancel()
        task = asyncio.create_task(self._accompany(mode, tenant, release.id))
        self._followers[key] = task
        task.add_done_callback(
            lambda done: self._followers.pop(key) if self._followers.get(key) is done else None
        )

    async def _accompany(self, mode: Mode, tenant: Tenant, release_id: int) -> None:
        """Bring a release to its end: take what is left, then look until it is ready."""
        storage = await self._house.storage(mode)
        looks = 0
        while True:
            release = await storage.release(release_id)
            if release is None or release.phase not in _FOLLOWED:
                return
            try:
                if release.phase == "applying":
                    async with self._house.locked(mode, tenant.tenant_id), self._sending:
                        release = await self._carry_out(mode, storage, tenant, release)
                await asyncio.sleep(_POLL_S[min(looks, len(_POLL_S) - 1)])
                looks += 1
                async with self._sending:
                    if await self._may_have_moved(mode, tenant, release):
                        await self._look(mode, storage, tenant, release)
            except Problem as problem:
                if problem.code != "SIMULATOR_UNREACHABLE":
                    await self._tell()
                    return
                await asyncio.sleep(_RETRY_S)
            except (ClusterUnreachable, ClusterRefused) as error:
                log.info("release %s waits: %s", release.deployment_id, error)
                await asyncio.sleep(_RETRY_S)

    async def _may_have_moved(self, mode: Mode, tenant: Tenant, release: Release) -> bool:
        """Whether a whole look is worth its price: no Deployment is still on its way.

        After the deadline, or once one is stuck, the whole look says so.
        """
        view = await self._house.cluster(mode).look(tenant.namespace, (DEPLOYMENTS,))
        if view.now - release.began > _DEADLINE_NS and release.phase != "stalled":
            return True
        for deployment in view.list(DEPLOYMENTS):
            progress = condition(deployment, "Progressing")
            stuck = progress is not None and progress["status"] == "False"
            if stuck and release.phase != "stalled":
                return True
            status = deployment.get("status") or {}
            if status.get("availableReplicas", 0) < deployment["spec"].get("replicas", 1):
                return False
        return True

    async def _look(self, mode: Mode, storage: Storage, tenant: Tenant, release: Release) -> None:
        found = await self._judged(mode, tenant, release, "en")
        if found["settled"]:
            await storage.set_release(release.id, phase="ready", startup=found)
        elif found["stalled"] and release.phase != "stalled":
            await storage.set_release(release.id, phase="stalled", startup=found)
        else:
            return
        await self._tell()

    async def _tell(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def wait(self, mode: Mode, release_id: int, timeout: float) -> Release:
        """Return the release once it is ready, stalled or failed, or after *timeout* seconds."""
        storage = await self._house.storage(mode)
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            release = await storage.release(release_id)
            left = deadline - asyncio.get_running_loop().time()
            if release is None:
                raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant="")
            if release.phase not in ("applying", "progressing") or left <= 0:
                return release
            with suppress(TimeoutError):
                async with self._moved:
                    await asyncio.wait_for(self._moved.wait(), min(left, 1.0))

    # -- judge ------------------------------------------------------------------------------------

    async def judge(
        self, mode: Mode, tenant: Tenant, release: Release, language: str
    ) -> dict[str, Any]:
        """Return what became of a release, as it is now. Raises Problem 503."""
        try:
            found = await self._judged(mode, tenant, release, cast(Language, language))
        except ClusterUnreachable as error:
            raise unreachable(error) from error
        except ClusterRefused as error:
            raise refused(error) from error
        if found["started"] and release.phase == "ready" and not release.startup.get("started"):
            # Nobody follows it any more, and what it lacked has come: that is kept as well.
            await (await self._house.storage(mode)).set_release(release.id, startup=found)
        return found

    async def _judged(
        self, mode: Mode, tenant: Tenant, release: Release, language: Language
    ) -> dict[str, Any]:
        # Its reading of pods needs the rehearsal's rooms: loaded when first asked for, beside the
        # loop, which others need meanwhile.
        judging = await asyncio.to_thread(import_module, "ecp.rehearsal.judging")
        storage = await self._house.storage(mode)
        steps = await storage.steps(release.id)
        view = await self._house.cluster(mode).look(tenant.namespace)
        bodies = [(step.state, step.body) for step in steps if step.body is not None]
        objects = [body for state, body in bodies if state == "done"]
        since = max(release.began, judging.ready_behind_api(view, objects))
        evidence = await self._house.simulator(mode).startup(
            tenant.tenant_id, tenant.namespace, since
        )
        found = judging.judge_behind_api(
            view,
            objects,
            evidence,
            unserved=[body for state, body in bodies if state == "skipped"],
            coming=[body for state, body in bodies if state == "pending"],
            began=release.began,
            now=max(view.now, evidence["now_ns"]),
        )
        body: dict[str, Any] = found.to_json(language)
        _keep_confirmed(body, release.startup)
        for step in steps:
            if step.state == "failed":
                body["started"] = body["up"] = False
                body["problems"].insert(0, _refused_step(step, language))
        return body

    # -- generate, forget -------------------------------------------------------------------------

    async def generate(self, mode: Mode, tenant: Tenant, options: Mapping[str, Any]) -> Generated:
        """Size a tenant for its cluster and write its manifest.

        Raises Problem 422 when it needs nothing. A cluster that does not answer is left out.
        """
        from ecp.orchestrator.tenants.generation import generated

        nodes = None
        with suppress(ClusterUnreachable, ClusterRefused):
            await self._house.simulator(mode).ensure()
            nodes = await self._house.cluster(mode).nodes()
        key = await self._house.secret_key()
        return await asyncio.to_thread(generated, tenant, options, secret_key=key, nodes=nodes)

    async def forget(self, mode: Mode, tenant: Tenant) -> dict[str, Any]:
        """Take everything of a tenant off the cluster and out of the records; nothing else."""
        async with self._house.locked(mode, tenant.tenant_id):
            follower = self._followers.pop((mode, tenant.tenant_id), None)
            if follower is not None:
                follower.cancel()
            storage = await self._house.storage(mode)
            cluster, simulator = self._house.cluster(mode), self._house.simulator(mode)
            release = await storage.last_release(tenant.tenant_id)
            removed = 0
            if release is not None:
                try:
                    with suppress(ClusterRefused):
                        await simulator.untrack(tenant.tenant_id)
                    # What lies in the namespace goes with it; what lies in none stays: others
                    # may rely on it.
                    await cluster.remove(ports.Ref("v1", "Namespace", "", tenant.namespace))
                    standing = await storage.standing(tenant.tenant_id)
                    removed = sum(bool(r.namespace) or r.kind == "Namespace" for r in standing)
                except ClusterUnreachable as error:
                    raise unreachable(error) from error
                except ClusterRefused as error:
                    raise refused(error) from error
            await storage.remove_tenant(tenant.tenant_id)
        return {"objects_removed": removed}

    async def close(self) -> None:
        """Stop following; what is left is taken up at the next start."""
        tasks = list(self._followers.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def unreachable(error: ClusterUnreachable) -> Problem:
    """Return the answer to a cluster that is not there."""
    return Problem(
        503,
        "SIMULATOR_UNREACHABLE",
        "cluster.unreachable",
        url=error.url,
        detail=error.detail,
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
