"""The main job as one readable way: manifest → validation → steps; then others follow it.

Everything is written down before it is done: a release that was begun goes on after a restart.
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple, cast

from ecp.edge.problems import Problem
from ecp.manifests import Bundle, namespace_of
from ecp.manifests.hiding import restored
from ecp.orchestrator import opening, records
from ecp.orchestrator.carrying import Carrier
from ecp.orchestrator.faults import model as failures
from ecp.orchestrator.following import Followers, refused, unreachable
from ecp.orchestrator.images import usecases as images
from ecp.orchestrator.images.model import PINNED
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Storage
from ecp.orchestrator.records import (
    Deployed,
    Generated,
    Mode,
    Obj,
    Release,
    Tenant,
    Wish,
)
from ecp.orchestrator.releases import guard, model, usecases
from ecp.orchestrator.sla.model import followed
from ecp.orchestrator.tenants import usecases as tenants
from ecp.texts import Language

log = logging.getLogger("ecp.orchestrator")

_VACATED_WITHIN_S, _VACATED_EVERY_S = 15.0, 0.2
_AT_ONCE = 4
"""Releases that are sent at the same time; more wait, so that everybody else is still heard."""


class _Bundle(NamedTuple):
    """What a wish comes to: its manifest, whence, the objects in their order, what is said, which
    versions are chosen."""

    manifest: str
    source: str
    bundle: list[Obj]
    warnings: list[Any]
    pinned: dict[str, str]


class MainJob:
    """Fulfils `ports.Workflow`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._sending = asyncio.Semaphore(_AT_ONCE)
        self._begun: set[asyncio.Task[Deployed]] = set()
        self._carrier = Carrier(house)
        self.followers = Followers(house, self._carrier, self._sending, self._fall_back)

    # -- deploy -----------------------------------------------------------------------------------

    async def deploy(self, mode: Mode, tenant_id: str, wish: Wish, language: str) -> Deployed:
        """Deploy for a tenant; equal digest = no new revision. Raises Problem."""
        spoken = cast(Language, language)
        return await asyncio.shield(
            self._begin(mode, tenant_id, self._deploy(mode, tenant_id, wish, spoken))
        )

    async def rollback(
        self, mode: Mode, tenant_id: str, revision: int, wish: Wish, *, automatic: bool = False
    ) -> Deployed:
        """Apply what a revision was once more, as a new one; what came after it is pruned.

        Raises Problem 404 for no such revision, 409 for one of which nothing was sent.
        """
        going = self._roll_back(mode, tenant_id, revision, wish, automatic)
        return await asyncio.shield(self._begin(mode, tenant_id, going))

    def _begin(
        self, mode: Mode, tenant_id: str, work: Coroutine[Any, Any, Deployed]
    ) -> asyncio.Task[Deployed]:
        """Do *work* in turn. The caller may hang up: what was begun goes on."""
        begun = asyncio.create_task(self._in_turn(mode, tenant_id, work))
        self._begun.add(begun)
        begun.add_done_callback(self._begun.discard)
        return begun

    async def _in_turn(
        self, mode: Mode, tenant_id: str, work: Coroutine[Any, Any, Deployed]
    ) -> Deployed:
        try:
            async with self._house.locked(mode, tenant_id):
                await self._vacated(mode, tenant_id)
                async with self._sending:
                    return await work
        finally:
            work.close()

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

    async def _deploy(self, mode: Mode, tenant_id: str, wish: Wish, language: Language) -> Deployed:
        house, storage = self._house, await self._house.storage(mode)
        self.permit(mode, wish.confirm)
        await self._check_rates(mode, wish)
        tenant, created = await self._tenant(storage, tenant_id, wish)
        made = await self._bundle(mode, storage, tenant, wish, language)
        clock = await opening.clock_of(house, mode)
        guard.check(house.target(mode), wish.confirm, made.bundle)
        if created:
            await tenants.add(storage, tenant, now=house.now())
        kept = await tenants.keep(
            storage, tenant_id, made.manifest, source=made.source, valid=True, now=house.now()
        )
        if wish.versions:
            tenant = replace(tenant, options=images.pinned_in(tenant, made.pinned))
            await storage.change_tenant(tenant)
        options = {
            "manifest": kept.digest, "target": house.target(mode).name, **opening.options_of(wish),
            PINNED: made.pinned,
        }  # fmt: skip
        digest = model.digest(made.bundle)
        healed, anew = await opening.healed(storage, tenant, digest, options, clock)
        new, release = healed is None, healed
        if release is None:
            gated = await opening.gated(house, mode, tenant, made.bundle, wish, language)
            release = await opening.opened(
                house, storage, tenant, made.bundle, digest, {**options, **gated}, clock,
                "rehearsing" if gated else "applying",
            )  # fmt: skip
        release = await self._on_its_way(mode, storage, tenant, release, at_once=wish.at_once)
        steps = await storage.steps(release.id)
        return Deployed(tenant, release, steps, new, created, made.warnings, made.source, anew)

    async def _on_its_way(
        self, mode: Mode, storage: Storage, tenant: Tenant, release: Release, *, at_once: bool
    ) -> Release:
        """Send a release, or let it be sent behind the caller; it is followed either way."""
        # Who is deployed was not to stay stopped.
        tenant = await tenants.awake(storage, tenant, self._house.now())
        try:
            if release.phase == "applying" and not at_once:
                release = await self._carrier.carry_out(mode, storage, tenant, release)
        except Problem:
            failed = await storage.release(release.id)
            if failed is not None and failed.phase == "failed":
                await self._fall_back(mode, tenant, failed)
            raise
        finally:
            # Also when the cluster has gone meanwhile: what is left is taken once it is back.
            self.followers.follow(mode, tenant, release)
        return release

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

    async def _bundle(
        self, mode: Mode, storage: Storage, tenant: Tenant, wish: Wish, language: Language
    ) -> "_Bundle":
        """Return what a wish comes to: the objects to apply, checked. Raises Problem."""
        manifest, source = await self._manifest(mode, storage, tenant, wish)
        # Texts that were handed out have sentences in the place of passwords.
        manifest = restored(manifest, tenant.tenant_id, await self._house.secret_key())
        objects, warnings = await self._checked(mode, tenant, manifest, wish, language)
        if not wish.include_monitoring:
            objects = model.without_monitoring(objects)
        if not objects:
            raise Problem(422, "MANIFEST_INVALID", "manifest.empty")
        generated = source == "generated"
        made = await images.imaged(storage, tenant, objects, wish.versions, generated=generated)
        try:
            bundle = model.placed(made.objects, tenant.namespace)
        except model.Unfit as error:
            values = {**error.values, "tenant": tenant.tenant_id, "own": tenant.namespace}
            raise Problem(422, error.code, error.key, **values) from error
        if made.named is not None:
            manifest = Bundle(tenant.tenant_id, tenant.namespace, tuple(made.named)).text
            source = "versions"
        return _Bundle(manifest, source, bundle, warnings, made.pinned)

    async def _checked(
        self, mode: Mode, tenant: Tenant, manifest: str, wish: Wish, language: Language
    ) -> tuple[list[Obj], list[Any]]:
        """Return the manifest's objects and what was warned of. Raises Problem 422."""
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
        if not found.valid or not (wish.allow_broken or tenants.runs(found)):
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

    # -- back -------------------------------------------------------------------------------------

    async def _roll_back(
        self, mode: Mode, tenant_id: str, revision: int, wish: Wish, automatic: bool
    ) -> Deployed:
        storage = await self._house.storage(mode)
        self.permit(mode, wish.confirm)
        tenant = await tenants.require(storage, tenant_id)
        target = await storage.history.revision(tenant_id, revision)
        if target is None:
            raise Problem(
                404, "REVISION_NOT_FOUND", "release.no-revision",
                tenant=tenant_id, revision=revision,
            )  # fmt: skip
        last = await storage.last_release(tenant_id)
        if last is None or target.phase in records.UNSENT:
            raise Problem(409, "REVISION_NOT_SENT", "release.not-sent", revision=revision)
        bundle = usecases.bundle_of(await storage.steps(target.id))
        clock = await opening.clock_of(self._house, mode)
        where = self._house.target(mode)
        guard.check(where, wish.confirm, bundle)
        said = {"to": revision, "from": last.revision, "automatic": automatic}
        options = {
            **opening.lasting(target.options), **opening.how(wish), records.ROLLBACK: said,
            "target": where.name,
        }  # fmt: skip
        pinned = target.options.get(PINNED) or {}
        if pinned != (tenant.options.get(PINNED) or {}):
            tenant = replace(tenant, options=images.pinned_in(tenant, pinned))
            await storage.change_tenant(tenant)
        digest = target.digest
        release, anew = await opening.healed(storage, tenant, digest, options, clock)
        new = release is None
        if release is None:
            release = await opening.opened(
                self._house, storage, tenant, bundle, digest, options, clock
            )
        if automatic:
            await storage.audit.add(
                records.AuditEntry(
                    self._house.now(), "system", "release.fall-back", tenant_id=tenant_id,
                    target_kind=where.method, target=where.name,
                    refs={
                        "deployment_id": release.deployment_id,
                        "revision": str(revision), "from": str(last.revision),
                    },
                )
            )  # fmt: skip
        # What it went back to is what the next deploy sends, not what was gone back from.
        kept = await storage.manifest(tenant_id, str(target.options.get("manifest")))
        if kept is not None:
            await storage.keep_manifest(replace(kept, kept_at=self._house.now()))
        release = await self._on_its_way(mode, storage, tenant, release, at_once=wish.at_once)
        steps = await storage.steps(release.id)
        return Deployed(tenant, release, steps, new, False, (), "rollback", anew)

    async def _fall_back(self, mode: Mode, tenant: Tenant, release: Release) -> None:
        """Go back to the last revision that was up, where a release that does not start says so.

        What went back by itself does not go back again.
        """
        if release.options.get("on_failure") != "rollback":
            return
        if (release.options.get(records.ROLLBACK) or {}).get("automatic"):
            return
        storage = await self._house.storage(mode)
        target = await usecases.was_up(storage, release)
        if target is None:
            log.info("release %s fails, and none before it was up", release.deployment_id)
            return
        wish = Wish(confirm=str(release.options.get("target", "")))
        going = self._roll_back(mode, tenant.tenant_id, target.revision, wish, True)
        begun = self._begin(mode, tenant.tenant_id, going)
        begun.add_done_callback(_told)

    async def go_back(self, mode: Mode, tenant: Tenant, release: Release) -> bool:
        """Go back by itself from a release that is up and serves badly; False where nothing before
        it was up, or it is not the last any more. Raises Problem."""
        storage = await self._house.storage(mode)
        last = await storage.last_release(tenant.tenant_id)
        target = await usecases.was_up(storage, release)
        if target is None or last is None or last.id != release.id:
            return False
        wish = Wish(confirm=str(release.options.get("target", "")))
        await self.rollback(mode, tenant.tenant_id, target.revision, wish, automatic=True)
        return True

    # -- differences ------------------------------------------------------------------------------

    async def compare(
        self, mode: Mode, tenant_id: str, wish: Wish, language: str
    ) -> dict[str, Any]:
        """Say what a deploy would change on the cluster; nothing is written. Raises Problem."""
        storage = await self._house.storage(mode)
        tenant, created = await self._tenant(storage, tenant_id, wish)
        made = await self._bundle(mode, storage, tenant, wish, cast(Language, language))
        with suppress(ClusterUnreachable, ClusterRefused):
            await self._house.simulator(mode).ensure()
        standing = [] if created else await storage.standing(tenant_id)
        try:
            return await usecases.tried(
                self._house.cluster(mode), tenant, made.bundle, standing, made.warnings
            )
        except ClusterUnreachable as error:
            raise unreachable(error) from error
        except ClusterRefused as error:
            raise refused(error) from error

    # -- follow, judge ----------------------------------------------------------------------------

    async def resume(self) -> None:
        """Go on with every release that was left before its end."""
        await self.followers.resume()

    async def moved(self, timeout: float) -> None:
        """Return when something happened to a release, or after *timeout* seconds."""
        await self.followers.moved(timeout)

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

    def permit(self, mode: Mode, confirm: str) -> None:
        """Let a change of what runs pass: a real cluster's name has to be said.

        Raises Problem 409 without it, 403 on a read-only one.
        """
        guard.check(self._house.target(mode), confirm, ())

    async def forget(self, mode: Mode, tenant: Tenant) -> dict[str, Any]:
        """Take everything of a tenant off the cluster and out of the records; nothing else.

        Who calls it has asked `permit` before.
        """
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
            await storage.remove_tenant(tenant.tenant_id, self._house.now())
        return {"objects_removed": removed}

    async def close(self) -> None:
        """Stop; what is left is taken up at the next start."""
        await self.followers.close()
        # Who asked may have hung up long ago: nobody else ends these, or hears how they ended.
        for task in (tasks := list(self._begun)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _told(begun: asyncio.Task[Deployed]) -> None:
    """Say in the log why a release could not go back by itself."""
    if not begun.cancelled() and (error := begun.exception()) is not None:
        log.warning("no way back: %s", error)
