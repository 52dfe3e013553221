"""Releases and their steps in one mode's database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update

from ecp.orchestrator.adapters.connecting import Connected
from ecp.orchestrator.adapters.tables import RELEASES, STEPS
from ecp.orchestrator.records import UNSENT, Phase, Ref, Release, Step


class Releases(Connected):
    """The releases of `ports.Storage`."""

    async def open_release(
        self,
        tenant_id: str,
        digest: str,
        options: Mapping[str, Any],
        steps: Sequence[Step],
        *,
        began: int,
        now: int,
        phase: Phase = "applying",
    ) -> Release:
        """Write a new revision and all its steps down, before the first is taken."""
        async with self._transaction() as connection:
            newest = await connection.scalar(
                select(func.max(RELEASES.c.revision)).where(RELEASES.c.tenant_id == tenant_id)
            )
            release: dict[str, Any] = {
                "tenant_id": tenant_id,
                "revision": (newest or 0) + 1,
                "digest": digest,
                "phase": phase,
                "options": dict(options),
                "began": began,
                "created_at": now,
                "detail": "",
                "startup": {},
            }
            made = await connection.execute(insert(RELEASES).values(release))
            key = made.inserted_primary_key
            assert key is not None
            if steps:
                await connection.execute(insert(STEPS), [_of_step(key[0], step) for step in steps])
        return Release(id=key[0], **release)

    async def release(self, release_id: int) -> Release | None:
        found = await self._releases(select(RELEASES).where(RELEASES.c.id == release_id))
        return found[0] if found else None

    async def last_release(self, tenant_id: str) -> Release | None:
        return (await self.last_releases([tenant_id])).get(tenant_id)

    async def last_releases(self, tenant_ids: Sequence[str]) -> dict[str, Release]:
        found = await self._releases(
            last_releases().where(RELEASES.c.tenant_id.in_(list(tenant_ids)))
        )
        return {release.tenant_id: release for release in found}

    async def releases_in(self, *phases: Phase) -> list[Release]:
        """Return the last release of each tenant where it is in one of *phases*."""
        return await self._releases(
            last_releases().where(RELEASES.c.phase.in_(phases)).order_by(RELEASES.c.id)
        )

    async def _releases(self, wanted: Any) -> list[Release]:
        async with self._reading() as connection:
            return [Release(**row) for row in (await connection.execute(wanted)).mappings()]

    async def steps(self, release_id: int) -> list[Step]:
        async with self._reading() as connection:
            rows = await connection.execute(
                select(STEPS).where(STEPS.c.release_id == release_id).order_by(STEPS.c.position)
            )
            return [_step(row) for row in rows.mappings()]

    async def end_steps(
        self, release_id: int, positions: Sequence[int], state: str, detail: str = ""
    ) -> None:
        """Note how steps ended."""
        async with self._transaction() as connection:
            await connection.execute(
                update(STEPS)
                .where(STEPS.c.release_id == release_id, STEPS.c.position.in_(list(positions)))
                .values(state=state, detail=detail)
            )

    async def reopen_steps(self, release_id: int) -> None:
        """Make all steps pending again: taken once more they heal what has drifted."""
        async with self._transaction() as connection:
            await connection.execute(
                update(STEPS)
                .where(STEPS.c.release_id == release_id)
                .values(state="pending", detail="")
            )

    async def set_release(
        self,
        release_id: int,
        *,
        phase: Phase | None = None,
        detail: str | None = None,
        startup: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        began: int | None = None,
    ) -> None:
        given = {
            "phase": phase,
            "detail": detail,
            "startup": startup,
            "options": options,
            "began": began,
        }
        values = {name: value for name, value in given.items() if value is not None}
        async with self._transaction() as connection:
            await connection.execute(
                update(RELEASES).where(RELEASES.c.id == release_id).values(values)
            )

    async def standing(self, tenant_id: str) -> list[Ref]:
        """Return what ECP may have applied for the tenant and has not taken away again.

        Also what was only about to be applied: to prune what is not there does no harm.
        """
        columns = (STEPS.c.api_version, STEPS.c.kind, STEPS.c.namespace, STEPS.c.name)
        async with self._reading() as connection:
            rows = await connection.execute(
                select(STEPS.c.action, STEPS.c.state, *columns)
                .join(RELEASES)
                .where(RELEASES.c.tenant_id == tenant_id)
                .order_by(RELEASES.c.id, STEPS.c.position)
            )
            found: dict[Ref, None] = {}
            for action, state, *named in rows:
                if action == "apply":
                    found[Ref(*named)] = None
                elif state == "done":
                    found.pop(Ref(*named), None)
        return list(found)


def last_releases() -> Any:
    """Select the last release of each tenant of which something was sent."""
    newest = (
        select(func.max(RELEASES.c.id).label("id"))
        .where(RELEASES.c.phase.not_in(UNSENT))
        .group_by(RELEASES.c.tenant_id)
        .subquery()
    )
    return select(RELEASES).join(newest, newest.c.id == RELEASES.c.id)


def _of_step(release_id: int, step: Step) -> dict[str, Any]:
    return {
        "release_id": release_id,
        "position": step.position,
        "action": step.action,
        **step.ref._asdict(),
        "body": step.body,
        "state": step.state,
        "detail": step.detail,
    }


def _step(row: RowMapping) -> Step:
    ref = Ref(row["api_version"], row["kind"], row["namespace"], row["name"])
    return Step(row["position"], row["action"], ref, row["body"], row["state"], row["detail"])
