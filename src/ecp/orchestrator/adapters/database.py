"""One mode's records in a database of its own, by SQLAlchemy.

SQLite (the default) has one writer: writes queue here instead of failing there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    and_,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ecp.orchestrator.adapters.levels import Levels, forget, roll_up
from ecp.orchestrator.adapters.playbook import Playbook
from ecp.orchestrator.adapters.tables import (
    ANSWERS,
    LEASES,
    LEDGERS,
    MANIFESTS,
    METADATA,
    MINUTES,
    MONITORING,
    RELEASES,
    SERVICES,
    SETTINGS,
    STEPS,
    TENANTS,
)
from ecp.orchestrator.ports import StorageFailed
from ecp.orchestrator.records import (
    Answered,
    Figure,
    Manifest,
    Minute,
    Page,
    Phase,
    Ref,
    Release,
    Step,
    Tenant,
)
from ecp.slo.errors import SeriesError
from ecp.slo.levels import Rolled, rolled
from ecp.slo.windows import slot_at

_PIECE = 500
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


_T = TypeVar("_T")


class Database:
    """Fulfils `ports.Storage`. `open` before use, `close` at the end."""

    def __init__(self, url: str) -> None:
        scheme, rest = url.split(":", 1)
        self.url = f"{_DRIVERS.get(scheme, scheme)}:{rest}"
        self._engine: AsyncEngine | None = None
        # The same file without a hop to another thread at every statement.
        self._file: Engine | None = None
        # What one statement alone writes goes through one connection by one thread.
        self._writer: Connection | None = None
        self._hand = ThreadPoolExecutor(1, "writer")
        self._writing = asyncio.Lock()
        self.rehearsals = Playbook(self._reading, self._transaction)
        self.levels = Levels(self._at_once, self._transaction)

    @property
    def shared(self) -> bool:
        """Whether other processes may work on it: a file of SQLite is this one's alone."""
        return not self.url.startswith("sqlite")

    async def open(self) -> None:
        """Connect and make the tables that are missing. Raises StorageFailed."""
        # Every block below ends its transaction; the pool need not ask for it once more.
        engine = create_async_engine(self.url, pool_reset_on_return=None)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            self._file = create_engine(
                engine.url.set(drivername="sqlite"), pool_reset_on_return=None
            )
            event.listen(self._file, "connect", _set_up_sqlite)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(METADATA.create_all)
                await connection.run_sync(_catch_up)
        except (SQLAlchemyError, OSError) as error:
            await engine.dispose()
            raise StorageFailed(_words(error)) from error
        self._engine = engine

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None
        self._hand.shutdown()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._file is not None:
            self._file.dispose()
            self._file = None

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        assert self._engine is not None, "open the database first"
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StorageFailed(_words(error)) from error

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        assert self._engine is not None, "open the database first"
        async with self._writing:
            try:
                async with self._engine.begin() as connection:
                    yield connection
            except (SQLAlchemyError, OSError) as error:
                if isinstance(error, IntegrityError):
                    raise
                raise StorageFailed(_words(error)) from error

    async def _at_once(self, work: Callable[[Connection], _T]) -> _T:
        """Do *work* as one transaction and in one hop, whatever number of statements it has.

        It reads; what writes is `_written`. Raises StorageFailed.
        """
        assert self._engine is not None, "open the database first"
        try:
            if self._file is not None:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(None, _done, self._file, work)
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)
        except (SQLAlchemyError, OSError) as error:
            raise StorageFailed(_words(error)) from error

    async def _written(self, work: Callable[[Connection], None]) -> None:
        """Do *work* as `_at_once`, after whatever writes. Raises StorageFailed."""
        async with self._writing:
            if self._file is None:
                await self._at_once(work)
                return
            loop = asyncio.get_running_loop()
            try:
                await loop.run_in_executor(self._hand, self._write, work)
            except (SQLAlchemyError, OSError) as error:
                raise StorageFailed(_words(error)) from error

    def _write(self, work: Callable[[Connection], None]) -> None:
        if self._writer is None:
            assert self._file is not None
            self._writer = self._file.connect()
        with self._writer.begin():
            work(self._writer)

    async def reachable(self) -> bool:
        try:
            async with self._reading() as connection:
                await connection.execute(text("SELECT 1"))
        except StorageFailed:
            return False
        return True

    # -- tenants ----------------------------------------------------------------------------------

    async def add_tenant(self, tenant: Tenant) -> bool:
        """Keep a new tenant; False when its id or its namespace is taken."""
        try:
            async with self._transaction() as connection:
                await connection.execute(insert(TENANTS).values(_of_tenant(tenant)))
        except IntegrityError:
            return False
        return True

    async def tenant(self, tenant_id: str) -> Tenant | None:
        wanted = select(TENANTS).where(TENANTS.c.tenant_id == tenant_id)

        def found(connection: Connection) -> Tenant | None:
            row = connection.execute(wanted).mappings().first()
            return None if row is None else Tenant(**row)

        return await self._at_once(found)

    async def tenants(
        self, skip: int, limit: int, preset: str | None = None, phase: str | None = None
    ) -> Page:
        """Return tenants in the order of their ids; `phase` is that of the last release,
        "created" for a tenant without one."""
        wanted = select(TENANTS)
        if preset is not None:
            wanted = wanted.where(TENANTS.c.preset == preset)
        if phase is not None:
            last = _last_releases().subquery()
            wanted = wanted.outerjoin(last, last.c.tenant_id == TENANTS.c.tenant_id)
            wanted = wanted.where(
                last.c.phase.is_(None) if phase == "created" else last.c.phase == phase
            )
        async with self._reading() as connection:
            total = await connection.scalar(select(func.count()).select_from(wanted.subquery()))
            rows = await connection.execute(
                wanted.order_by(TENANTS.c.tenant_id).offset(skip).limit(limit)
            )
            tenants = [Tenant(**row) for row in rows.mappings()]
        return Page(tenants, total or 0)

    async def change_tenant(self, tenant: Tenant) -> None:
        async with self._transaction() as connection:
            await connection.execute(
                update(TENANTS)
                .where(TENANTS.c.tenant_id == tenant.tenant_id)
                .values(_of_tenant(tenant))
            )

    async def remove_tenant(self, tenant_id: str) -> None:
        """Forget a tenant and everything that was kept of it alone."""
        async with self._transaction() as connection:
            for table in (MANIFESTS, MONITORING, TENANTS):
                await connection.execute(delete(table).where(table.c.tenant_id == tenant_id))

    async def tenant_of_namespace(self, namespace: str) -> str | None:
        async with self._reading() as connection:
            found: str | None = await connection.scalar(
                select(TENANTS.c.tenant_id).where(TENANTS.c.namespace == namespace)
            )
        return found

    # -- manifests --------------------------------------------------------------------------------

    async def keep_manifest(self, manifest: Manifest) -> None:
        values = {
            "tenant_id": manifest.tenant_id,
            "digest": manifest.digest,
            "text": manifest.text,
            "source": manifest.source,
            "valid": manifest.valid,
            "kept_at": manifest.kept_at,
        }
        await self._written(lambda at: at.execute(_keeping(at.dialect.name), values).close())

    async def manifest(self, tenant_id: str, digest: str) -> Manifest | None:
        return await self._manifest(
            and_(MANIFESTS.c.tenant_id == tenant_id, MANIFESTS.c.digest == digest)
        )

    async def last_valid_manifest(self, tenant_id: str) -> Manifest | None:
        return await self._manifest(
            and_(MANIFESTS.c.tenant_id == tenant_id, MANIFESTS.c.valid.is_(True))
        )

    async def _manifest(self, which: Any) -> Manifest | None:
        async with self._reading() as connection:
            found = await connection.execute(
                select(MANIFESTS).where(which).order_by(MANIFESTS.c.kept_at.desc()).limit(1)
            )
            row = found.mappings().first()
        return None if row is None else Manifest(**row)

    # -- releases ---------------------------------------------------------------------------------

    async def open_release(
        self,
        tenant_id: str,
        digest: str,
        options: Mapping[str, Any],
        steps: Sequence[Step],
        *,
        began: int,
        now: int,
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
                "phase": "applying",
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
            _last_releases().where(RELEASES.c.tenant_id.in_(list(tenant_ids)))
        )
        return {release.tenant_id: release for release in found}

    async def releases_in(self, *phases: Phase) -> list[Release]:
        """Return the last release of each tenant where it is in one of *phases*."""
        return await self._releases(
            _last_releases().where(RELEASES.c.phase.in_(phases)).order_by(RELEASES.c.id)
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

    # -- the ledger of minutes --------------------------------------------------------------------

    async def last_minute(self, tenant_id: str) -> tuple[int, str]:
        """Return the sequence of the last minute that is kept, 0 for none, and of which ledger it
        is, "" where that was not said."""
        newest = select(func.max(MINUTES.c.sequence)).where(MINUTES.c.tenant_id == tenant_id)
        facts = select(LEDGERS.c.facts).where(LEDGERS.c.tenant_id == tenant_id)
        async with self._reading() as connection:
            sequence = await connection.scalar(newest)
            said: Mapping[str, Any] = await connection.scalar(facts) or {}
        return sequence or 0, said.get("ledger", "")

    async def add_minutes(
        self,
        tenant_id: str,
        minutes: Sequence[Minute],
        figures: Sequence[Figure],
        facts: Mapping[str, Any] | None = None,
        *,
        anew: bool = False,
    ) -> None:
        """Keep closed minutes, the figures drawn from them and what else was said of the ledger,
        all or nothing; *anew*: in the place of the minutes that were kept."""
        async with self._transaction() as connection:
            if anew:
                await connection.execute(delete(MINUTES).where(MINUTES.c.tenant_id == tenant_id))
                await connection.run_sync(forget, tenant_id)
            rows = [
                {
                    "tenant_id": tenant_id,
                    "sequence": minute.sequence,
                    "minute": minute.minute,
                    "body": dict(minute.body),
                }
                for minute in minutes
            ]
            if rows:
                await connection.execute(insert(MINUTES), rows)
                await connection.run_sync(_roll, tenant_id, minutes)
            if figures:
                await connection.execute(insert(MONITORING), [_of_figure(f) for f in figures])
            if facts is not None:
                adding = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
                await connection.execute(
                    adding(LEDGERS)
                    .values(tenant_id=tenant_id, facts=dict(facts))
                    .on_conflict_do_update(
                        index_elements=["tenant_id"], set_={"facts": dict(facts)}
                    )
                )

    async def kept(self, tenant_id: str) -> tuple[str | None, dict[str, Any]]:
        """Return the newest minute that is kept (None for none), and what else was said."""
        newest = select(func.max(MINUTES.c.minute)).where(MINUTES.c.tenant_id == tenant_id)
        facts = select(LEDGERS.c.facts).where(LEDGERS.c.tenant_id == tenant_id)
        async with self._reading() as connection:
            minute: str | None = await connection.scalar(newest)
            return minute, await connection.scalar(facts) or {}

    async def minutes_since(self, tenant_id: str, since: str, limit: int) -> list[Minute]:
        """Return kept minutes from *since* (RFC 3339) on, in order, at most *limit*."""
        wanted = (
            select(MINUTES.c.sequence, MINUTES.c.minute, MINUTES.c.body)
            .where(MINUTES.c.tenant_id == tenant_id, MINUTES.c.minute >= since)
            .order_by(MINUTES.c.minute)
            .limit(limit)
        )
        async with self._reading() as connection:
            return [Minute(*row) for row in await connection.execute(wanted)]

    async def add_figures(self, figures: Sequence[Figure]) -> None:
        if not figures:
            return
        async with self._transaction() as connection:
            await connection.execute(insert(MONITORING), [_of_figure(f) for f in figures])

    async def figures(self, tenant_id: str, metric_type: str | None, limit: int) -> list[Figure]:
        """Return the newest rows of MonitoringData, newest first."""
        wanted = select(MONITORING).where(MONITORING.c.tenant_id == tenant_id)
        if metric_type is not None:
            wanted = wanted.where(MONITORING.c.metric_type == metric_type)
        async with self._reading() as connection:
            rows = await connection.execute(wanted.order_by(MONITORING.c.id.desc()).limit(limit))
            return [
                Figure(**{name: value for name, value in row.items() if name != "id"})
                for row in rows.mappings()
            ]

    # -- the rest ---------------------------------------------------------------------------------

    async def settings(self) -> dict[str, Any]:
        def found(connection: Connection) -> dict[str, Any]:
            rows = connection.execute(select(SETTINGS))
            return {row["name"]: row["value"] for row in rows.mappings()}

        return await self._at_once(found)

    async def keep_settings(self, settings: Mapping[str, Any]) -> None:
        async with self._transaction() as connection:
            await connection.execute(delete(SETTINGS))
            rows = [{"name": name, "value": value} for name, value in settings.items()]
            if rows:
                await connection.execute(insert(SETTINGS), rows)

    async def answered(self, key: str, since: int) -> Answered | None:
        """Return the answer that was kept under a key after *since* (ns), None for none."""
        columns = [ANSWERS.c[name] for name in Answered._fields]
        wanted = select(*columns).where(ANSWERS.c.key == key, ANSWERS.c.kept_at > since)
        async with self._reading() as connection:
            row = (await connection.execute(wanted)).first()
        return None if row is None else Answered(*row)

    async def keep_answer(self, key: str, answer: Answered, *, now: int, kept_ns: int) -> None:
        """Keep an answer under its key, and let go of those that were kept for long enough."""
        async with self._transaction() as connection:
            old = (ANSWERS.c.kept_at <= now - kept_ns) | (ANSWERS.c.key == key)
            await connection.execute(delete(ANSWERS).where(old))
            values = {"key": key, "kept_at": now, **answer._asdict()}
            await connection.execute(insert(ANSWERS).values(values))

    async def lease(self, name: str, holder: str, now: int, until: int) -> bool:
        """Take or renew a lease; False while another holds it."""
        async with self._transaction() as connection:
            taken = await connection.execute(
                update(LEASES)
                .where(LEASES.c.name == name, (LEASES.c.holder == holder) | (LEASES.c.until < now))
                .values(holder=holder, until=until)
            )
            if taken.rowcount:
                return True
            if await connection.scalar(select(LEASES.c.holder).where(LEASES.c.name == name)):
                return False
            await connection.execute(insert(LEASES).values(name=name, holder=holder, until=until))
        return True


def _done(engine: Engine, work: Callable[[Connection], _T]) -> _T:
    with engine.begin() as connection:
        return work(connection)


def _roll(connection: Connection, tenant_id: str, minutes: Sequence[Minute]) -> None:
    """Keep minutes for long. Those before one that does not say the order of its slots are let go
    of: no figure can reach over it."""
    found: list[Mapping[str, Rolled]] = []
    for minute in minutes:
        try:
            found.append(rolled(slot_at(minute.minute), minute.body))
        except SeriesError:
            found.clear()
            forget(connection, tenant_id)
    roll_up(connection, tenant_id, found)


def _catch_up(connection: Connection) -> None:
    """Roll up the minutes of tenants that were kept before there were tables for it."""
    known = select(SERVICES.c.tenant_id)
    behind = select(MINUTES.c.tenant_id).where(MINUTES.c.tenant_id.not_in(known)).distinct()
    kept = select(MINUTES.c.sequence, MINUTES.c.minute, MINUTES.c.body)
    for tenant_id in list(connection.scalars(behind)):
        last = -1
        while True:
            wanted = kept.where(MINUTES.c.tenant_id == tenant_id, MINUTES.c.sequence > last)
            rows = connection.execute(wanted.order_by(MINUTES.c.sequence).limit(_PIECE))
            minutes = [Minute(*row) for row in rows]
            if not minutes:
                break
            _roll(connection, tenant_id, minutes)
            last = minutes[-1].sequence


def _words(error: Exception) -> str:
    """Return what the database said, without what SQLAlchemy adds for programmers."""
    return str(getattr(error, "orig", None) or error)


def _set_up_sqlite(connection: Any, record: object) -> None:
    """WAL: readers do not wait for the writer. NORMAL: nothing is lost when the process dies."""
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=5000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@lru_cache(maxsize=2)
def _keeping(dialect: str) -> Any:
    """Keep a manifest, or keep it anew; SQLite and PostgreSQL spell it alike."""
    adding = (sqlite if dialect == "sqlite" else postgresql).insert(MANIFESTS)
    changed = {name: adding.excluded[name] for name in ("source", "valid", "kept_at")}
    return adding.on_conflict_do_update(index_elements=["tenant_id", "digest"], set_=changed)


def _last_releases() -> Any:
    newest = select(func.max(RELEASES.c.id).label("id")).group_by(RELEASES.c.tenant_id).subquery()
    return select(RELEASES).join(newest, newest.c.id == RELEASES.c.id)


def _of_tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "tenant_id": tenant.tenant_id,
        "name": tenant.name,
        "namespace": tenant.namespace,
        "preset": tenant.preset,
        "requirements": dict(tenant.requirements),
        "options": dict(tenant.options),
        "target_ppm": tenant.target_ppm,
        "description": tenant.description,
        "created_at": tenant.created_at,
    }


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


def _of_figure(figure: Figure) -> dict[str, Any]:
    return {name: getattr(figure, name) for name in Figure.__dataclass_fields__}
