"""A release is carried out: rehearsed where that is asked for, then sent, wave by wave.

Everything is written down before it is done, and noted when it is done: what was taken and not
noted when the process died is taken once more, which changes nothing.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ecp.edge.problems import Problem
from ecp.kube.kinds import DAEMONSETS, DEPLOYMENTS, JOBS, STATEFULSETS
from ecp.orchestrator.following import unreachable
from ecp.orchestrator.ports import (
    ClusterPort,
    ClusterRefused,
    ClusterUnreachable,
    House,
    NotServed,
    Storage,
)
from ecp.orchestrator.records import ROLLBACK, Mode, Obj, Release, Step, Tenant
from ecp.orchestrator.releases import gate, judging, waves
from ecp.orchestrator.releases.usecases import tiers
from ecp.orchestrator.sla.model import followed

log = logging.getLogger("ecp.orchestrator")

_NOTED_TOGETHER: Final = 8
_LATER: Final = (429, 500, 502, 503, 504)
_LOOKED_AT: Final = (DEPLOYMENTS, STATEFULSETS, DAEMONSETS, JOBS)
_REHEARSED_EVERY_S: Final = 0.5
SUPERSEDED: Final = "release.superseded"
"""The text key that is the detail of a release before whose end a later one came."""


class Carrier:
    """Rehearses and sends releases. What it says of them is told to *moved*."""

    def __init__(self, house: House) -> None:
        self._house = house

    # -- rehearsed --------------------------------------------------------------------------------

    async def rehearsed(self, mode: Mode, storage: Storage, release: Release) -> Release:
        """Wait for the verdict that a release hangs on, and keep it.

        Raises ClusterUnreachable, ClusterRefused where the cluster does not say what time it is.
        """
        kept = release.options[gate.GATE]
        await self.opened(storage, release)
        while True:
            row = await storage.rehearsals.one(kept["rehearsal_id"])
            if row is not None and row.state == "interrupted":
                # The process ended under it: it goes on where it was.
                with suppress(Problem):
                    await self._house.rehearsals.resume(mode, row)
                    continue
            try:
                found, sends = gate.decided(kept, row)
            except ValueError:
                await asyncio.sleep(_REHEARSED_EVERY_S)
                continue
            break
        clock = await self._house.simulator(mode).clock()
        kind = "rehearsed" if sends else "blocked"
        said = [(_key(release, "rehearsed"), clock.now_ns, {**found, "kind": kind})]
        await storage.history.say(release.id, said)
        options = {**release.options, gate.GATE: found, judging.INCARNATION: clock.incarnation}
        if sends:
            await storage.history.supersede(release.tenant_id, release.id, SUPERSEDED)
            await storage.set_release(
                release.id, phase="applying", options=options, began=clock.now_ns
            )
        else:
            await storage.set_release(
                release.id, phase="blocked", options=options, detail="release.gate-blocked"
            )
        return await _again(storage, release)

    async def opened(self, storage: Storage, release: Release) -> None:
        """Say that a release has begun, and of one that it goes back from that it does; once."""
        body: Obj = {"kind": "opened", "revision": release.revision, "digest": release.digest}
        if (attempt := release.options.get(judging.ATTEMPT, 1)) > 1:
            body["attempt"] = attempt
        at = judging.sent_at(release)
        await storage.history.say(release.id, [(_key(release, "opened"), at, body)])
        back = release.options.get(ROLLBACK)
        if back is None:
            return
        left = await storage.history.revision(release.tenant_id, back["from"])
        if left is not None:
            body = {"kind": "rolled-back", "by": release.revision, **back}
            await storage.history.say(left.id, [("rolled-back", release.began, body)])

    # -- sent -------------------------------------------------------------------------------------

    async def carry_out(
        self, mode: Mode, storage: Storage, tenant: Tenant, release: Release
    ) -> Release:
        """Take the steps that are left, one by one, noted a few at a time.

        A wave that waits for others ends it for now: who follows the release comes back. Raises
        Problem 503 where the cluster is not reached, 422 where it refuses an object.
        """
        cluster = self._house.cluster(mode)
        waiting = release.options.get("waves") == waves.WAITING
        await self.opened(storage, release)
        before: list[Obj] = []
        unsaid: list[tuple[str, Obj]] = []
        last = ""
        try:
            for number, steps in waves.in_waves(await storage.steps(release.id), tiers()):
                name = waves.WAVES[number]
                left = [step for step in steps if step.state == "pending"]
                unsaid.append((name, {"kind": "wave-applied", "wave": name,
                                      "objects": len(steps)}))  # fmt: skip
                if left:
                    if waiting and not await self._may_begin(mode, storage, tenant, release,
                                                             before, last):  # fmt: skip
                        await self._applied(mode, storage, release, unsaid[:-1])
                        return await _again(storage, release)
                    await self._send(storage, cluster, release, left)
                    await self._applied(mode, storage, release, unsaid)
                    unsaid = []
                before += [step.body for step in steps if step.body is not None]
                last = name
            await self._applied(mode, storage, release, unsaid)
            applied = await self._track(mode, tenant, release)
        except ClusterUnreachable as error:
            raise unreachable(error) from error
        if release.phase in ("applying", "stalled"):
            at = {} if applied is None else {judging.APPLIED: applied}
            await storage.set_release(
                release.id, phase="progressing", detail="", options={**at, **release.options}
            )
        return await _again(storage, release)

    async def _applied(
        self, mode: Mode, storage: Storage, release: Release, waved: Sequence[tuple[str, Obj]]
    ) -> None:
        """Say of waves that they were sent, where that was not said before."""
        if not waved:
            return
        now = (await self._house.simulator(mode).clock()).now_ns
        said = [(_key(release, f"{name}-applied"), now, body) for name, body in waved]
        await storage.history.say(release.id, said)

    async def _may_begin(
        self,
        mode: Mode,
        storage: Storage,
        tenant: Tenant,
        release: Release,
        before: Sequence[Obj],
        last: str,
    ) -> bool:
        """Whether the workloads of the waves before are up; a release that waits too long stalls.

        How long is the cluster's time since the last wave was sent.
        """
        if not any(body["kind"] in waves.AWAITED for body in before):
            return True
        view = await self._house.cluster(mode).look(tenant.namespace, _LOOKED_AT)
        missing = waves.awaited(view, before)
        history = storage.history
        if not missing:
            body: Obj = {"kind": "wave-ready", "wave": last}
            await history.say(release.id, [(_key(release, f"{last}-ready"), view.now, body)])
            if release.phase == "stalled":
                await storage.set_release(release.id, phase="applying", detail="")
            return True
        sent = [row.at for row in await history.said(release.id)
                if row.body.get("kind") == "wave-applied"]  # fmt: skip
        since = max(sent, default=release.began)
        patience = float(release.options.get("wave_timeout_s", waves.TIMEOUT_S))
        given_up = any(row.failed for row in missing)
        if release.phase != "stalled" and (given_up or waves.timed_out(since, view.now, patience)):
            names = ", ".join(f"{row.object} {row.ready}/{row.desired}" for row in missing)
            body = {"kind": "stalled", "wave": last, "awaits": [row.object for row in missing]}
            await history.say(release.id, [(_key(release, f"{last}-stalled"), view.now, body)])
            await storage.set_release(release.id, phase="stalled", detail=names)
        return False

    async def _send(
        self,
        storage: Storage,
        cluster: ClusterPort,
        release: Release,
        steps: Sequence[Step],
    ) -> None:
        taken: list[int] = []
        try:
            for step in steps:
                if await self._take(storage, cluster, release, step):
                    taken.append(step.position)
                if len(taken) >= _NOTED_TOGETHER:
                    await storage.end_steps(release.id, taken, "done")
                    taken = []
        finally:
            if taken:
                await storage.end_steps(release.id, taken, "done")

    async def _take(
        self, storage: Storage, cluster: ClusterPort, release: Release, step: Step
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
            if error.code in _LATER:
                raise ClusterUnreachable(getattr(cluster, "url", ""), str(error)) from error
            await storage.end_steps(release.id, [step.position], "failed", error.message)
            detail = f"{step.ref.word}: {error.message}"
            await storage.set_release(release.id, phase="failed", detail=detail)
            body: Obj = {"kind": "failed", "object": step.ref.word, "message": error.message}
            said = [(_key(release, "failed"), release.began, body)]
            await storage.history.say(release.id, said)
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


def _key(release: Release, what: str) -> str:
    """Return under which key something is said once of a release, each time that it is sent."""
    return f"{release.options.get(judging.ATTEMPT, 1)}/{what}"


async def _again(storage: Storage, release: Release) -> Release:
    found = await storage.release(release.id)
    assert found is not None
    return found
