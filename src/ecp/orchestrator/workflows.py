"""The main job as one readable way: manifest → validation → steps; then others follow it.

Everything is written down before it is done: a release that was begun goes on after a restart.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from ecp.edge.problems import Problem
from ecp.manifests import namespace_of
from ecp.orchestrator import ports, records
from ecp.orchestrator.faults import model as failures
from ecp.orchestrator.following import Followers, refused, unreachable
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, NotServed, Storage
from ecp.orchestrator.records import (
    Clock,
    Deployed,
    Generated,
    Mode,
    Obj,
    Release,
    Step,
    Tenant,
    Wish,
)
from ecp.orchestrator.releases import judging, model
from ecp.orchestrator.sla.model import followed
from ecp.orchestrator.tenants import usecases as tenants
from ecp.texts import Language

log = logging.getLogger("ecp.orchestrator")

_VACATED_WITHIN_S, _VACATED_EVERY_S = 15.0, 0.2
_AT_ONCE = 4
"""Releases that are sent at the same time; more wait, so that everybody else is still heard."""
_NOTED_TOGETHER = 8
_TOO_SMALL = "B0115"
"""The finding that the nodes have less than the pods ask for."""


class MainJob:
    """Fulfils `ports.Workflow`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._sending = asyncio.Semaphore(_AT_ONCE)
        self._begun: set[asyncio.Task[Deployed]] = set()
        self.followers = Followers(house, self._carry_out, self._sending)

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
        objects, warnings = await self._checked(mode, tenant, manifest, wish, spoken)
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
        release, new, anew = await self._release(mode, storage, tenant, bundle, options)
        try:
            release = await self._carry_out(mode, storage, tenant, release)
        finally:
            # Also when the cluster has gone meanwhile: what is left is taken once it is back.
            self.followers.follow(mode, tenant, release)
        steps = await storage.steps(release.id)
        return Deployed(release, steps, new, created, warnings, source, anew)

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
        self, mode: Mode, tenant: Tenant, manifest: str, wish: Wish, language: Language
    ) -> tuple[list[Obj], list[Any]]:
        """Return the manifest's objects and what was warned of. Raises Problem 422.

        A cluster that is too small stops nothing: it may grow, and what fits starts meanwhile.
        """
        found = await tenants.judged(
            self._house,
            manifest,
            tenant.namespace,
            strict=wish.strict_validation,
            language=language,
            bundle=True,
            room=await self._room(mode),
        )
        broken = [finding for finding in found.stops if finding["severity"] == "broken"]
        stopping = [finding for finding in broken if finding["rule"] != _TOO_SMALL]
        if not found.valid or (stopping and not wish.allow_broken):
            raise Problem(
                422,
                "MANIFEST_INVALID",
                "manifest.invalid",
                details=found.stops,
                errors=found.errors,
                broken=found.broken,
            )
        # What keeps it from running is told before what might be better.
        return found.objects, [*broken, *found.said]

    async def _release(
        self,
        mode: Mode,
        storage: Storage,
        tenant: Tenant,
        bundle: list[Obj],
        options: Mapping[str, Any],
    ) -> tuple[Release, bool, bool]:
        """Return the release of *bundle*: the last one where it is the same, else a new one.

        Then whether it is new, and whether the cluster began anew since the last one.
        """
        digest = model.digest(bundle)
        clock = await self._clock(mode)
        options = {**options, judging.INCARNATION: clock.incarnation}
        last = await storage.last_release(tenant.tenant_id)
        anew = last is not None and judging.began_anew(last, clock.incarnation)
        if last is not None and last.digest == digest:
            # Nothing new: what is as it should be stays untouched, what has drifted is healed.
            await storage.reopen_steps(last.id)
            if anew:
                # Nothing of it is there: it begins on this cluster, and starts up here.
                await storage.set_release(
                    last.id, phase="applying", detail="", options=options,
                    startup={}, began=clock.now_ns,
                )  # fmt: skip
            else:
                kept = {k: v for k, v in last.options.items() if k == judging.APPLIED}
                await storage.set_release(
                    last.id, phase="applying", detail="", options={**options, **kept}
                )
            found = await storage.release(last.id)
            assert found is not None
            return found, False, anew
        brings_home = any(obj["kind"] == "Namespace" for obj in bundle)
        home = None if brings_home else model.namespace_object(tenant.tenant_id, tenant.namespace)
        steps = model.plan(bundle, await storage.standing(tenant.tenant_id), home)
        release = await storage.open_release(
            tenant.tenant_id, digest, options, steps, began=clock.now_ns, now=self._house.now()
        )
        return release, True, anew

    async def _clock(self, mode: Mode) -> Clock:
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
            applied = await self._track(mode, tenant, release)
        except ClusterUnreachable as error:
            raise unreachable(error) from error
        finally:
            if taken:
                await storage.end_steps(release.id, taken, "done")
        if release.phase == "applying":
            at = {} if applied is None else {judging.APPLIED: applied}
            await storage.set_release(
                release.id, phase="progressing", options={**at, **release.options}
            )
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

    async def _track(self, mode: Mode, tenant: Tenant, release: Release) -> int | None:
        """Let probes and demand run for the tenant from now on; return the instant (ns)."""
        simulator = self._house.simulator(mode)
        if not release.options.get("enable_sla_tracking", True):
            return None
        try:
            found = await simulator.track(tenant.tenant_id, followed(tenant, release))
        except ClusterRefused as error:
            # A release does not fail because its figures cannot be had.
            log.warning("tenant %s is not tracked: %s", tenant.tenant_id, error.message)
            return None
        return int(found["clock"]["now_ns"])

    # -- follow, judge ----------------------------------------------------------------------------

    async def resume(self) -> None:
        """Go on with every release that was left before its end."""
        await self.followers.resume()

    async def wait(self, mode: Mode, release: Release, timeout: float) -> Release:
        """Return the release once it is ready, stalled or failed, or after *timeout* seconds."""
        return await self.followers.wait(mode, release, timeout)

    async def judge(
        self, mode: Mode, tenant: Tenant, release: Release, language: str
    ) -> dict[str, Any]:
        """Return what became of a release, as it is now. Raises Problem 503."""
        return await self.followers.judge(mode, tenant, release, language)

    # -- generate, forget -------------------------------------------------------------------------

    async def generate(self, mode: Mode, tenant: Tenant, options: Mapping[str, Any]) -> Generated:
        """Size a tenant for its cluster and write its manifest.

        Raises Problem 422 when it needs nothing. A cluster that does not answer is left out.
        """
        from ecp.orchestrator.tenants.generation import generated

        room = await self._room(mode)
        key = await self._house.secret_key()
        return await asyncio.to_thread(generated, tenant, options, secret_key=key, room=room)

    async def estimate(
        self, mode: Mode, tenant: Tenant, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Say what a tenant would be sized to, and what its cluster lacks. Raises Problem 422."""
        from ecp.orchestrator.tenants.generation import estimated

        room = await self._room(mode)
        return await asyncio.to_thread(estimated, tenant, options, room=room)

    async def _room(self, mode: Mode) -> str:
        with suppress(ClusterUnreachable, ClusterRefused):
            await self._house.simulator(mode).ensure()
        return await tenants.room(self._house.cluster(mode))

    async def follow(self, mode: Mode, tenant: Tenant) -> bool:
        """Tell the simulator what is now said of a tenant; False where nothing is deployed.

        Raises Problem 503 and 422.
        """
        storage = await self._house.storage(mode)
        release = await storage.last_release(tenant.tenant_id)
        if release is None or not release.options.get("enable_sla_tracking", True):
            return False
        try:
            await self._house.simulator(mode).track(tenant.tenant_id, followed(tenant, release))
        except ClusterUnreachable as error:
            raise unreachable(error) from error
        except ClusterRefused as error:
            raise Problem(
                error.code, "DEMAND_REFUSED", "maintenance.said", message=error.message
            ) from error
        return True

    async def forget(self, mode: Mode, tenant: Tenant) -> dict[str, Any]:
        """Take everything of a tenant off the cluster and out of the records; nothing else."""
        async with self._house.locked(mode, tenant.tenant_id):
            self.followers.leave(mode, tenant.tenant_id)
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
                    await cluster.remove(records.Ref("v1", "Namespace", "", tenant.namespace))
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
        await self.followers.close()
