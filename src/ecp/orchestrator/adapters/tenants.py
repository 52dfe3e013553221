"""Tenants in one mode's database."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import (
    JSON,
    Connection,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from ecp.orchestrator.adapters.connecting import Connected
from ecp.orchestrator.adapters.releases import last_releases
from ecp.orchestrator.adapters.tables import MANIFESTS, MONITORING, TENANTS, TURNS
from ecp.orchestrator.records import Found, Latest, Page, Sought, State, Tenant, Turn


class Tenants(Connected):
    """The tenants of `ports.Storage`."""

    async def add_tenant(self, tenant: Tenant) -> bool:
        """Keep a new tenant; False when its id or its namespace is taken."""
        turn = Turn(tenant.created_at, "", tenant.state, "created", {})
        try:
            if self.shared:
                told = {f"turn_{name}": value for name, value in turn._asdict().items()}
                await self._stated(_ADD_AND_TELL, {**_of_tenant(tenant), **told})
            else:
                await self._written(lambda connection: _add(connection, tenant, turn))
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
            last = last_releases().subquery()
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

    async def find_tenants(self, sought: Sought, skip: int, limit: int) -> Found:
        """Return tenants with their last releases, in the wanted order."""
        last = last_releases().subquery("last")
        joined = TENANTS.outerjoin(last, last.c.tenant_id == TENANTS.c.tenant_id)
        where = _where(sought, last)
        by = _SORTED[sought.sort]
        wanted = select(*_COLUMNS, *(last.c[name].label(f"last_{name}") for name in Latest._fields))
        wanted = wanted.select_from(joined).where(*where)
        if sought.after is not None:
            here, there = tuple_(by, TENANTS.c.tenant_id), tuple_(*map(literal, sought.after))
            wanted = wanted.where(here < there if sought.descending else here > there)
        order = (by, TENANTS.c.tenant_id)
        wanted = wanted.order_by(*(one.desc() if sought.descending else one for one in order))
        counted = select(func.count()).select_from(joined if sought.status else TENANTS)
        counted = counted.where(*where)

        def found(connection: Connection) -> Found:
            rows = connection.execute(wanted.offset(skip).limit(limit + 1)).all()
            more = len(rows) > limit
            if more or skip or sought.after is not None:
                total: int = connection.execute(counted).scalar_one()
            else:
                total = len(rows)  # all that there are
            read = _Reading()
            return Found([_row(row, read) for row in rows[:limit]], total, more)

        return await self._at_once(found)

    async def turn_tenant(
        self, tenant_id: str, state: State, *, at: int, cause: str, facts: Mapping[str, Any]
    ) -> bool:
        """Note that a tenant is in a state from now on; False when it was, or is no more."""
        turned = False

        def work(connection: Connection) -> None:
            nonlocal turned
            wanted = select(TENANTS.c.state).where(TENANTS.c.tenant_id == tenant_id)
            before = connection.scalar(wanted.with_for_update())
            if before is None or before == state:
                return
            turned = True
            own = update(TENANTS).where(TENANTS.c.tenant_id == tenant_id)
            connection.execute(own.values(state=state, state_since=at))
            _told(connection, tenant_id, Turn(at, before, state, cause, facts))

        await self._written(work)
        return turned

    async def tenant_history(self, tenant_id: str, skip: int, limit: int) -> tuple[list[Turn], int]:
        """Return what became of a tenant, newest first, and how often something did."""
        own = TURNS.c.tenant_id == tenant_id
        wanted = select(*(TURNS.c[name] for name in Turn._fields)).where(own)
        wanted = wanted.order_by(TURNS.c.id.desc()).offset(skip).limit(limit)
        counted = select(func.count()).select_from(TURNS).where(own)

        def found(connection: Connection) -> tuple[list[Turn], int]:
            rows = [Turn(*row) for row in connection.execute(wanted)]
            return rows, connection.execute(counted).scalar_one()

        return await self._at_once(found)

    async def update_tenant(self, tenant: Tenant, turn: Turn | None = None) -> bool:
        """Keep a change of a tenant as its next version, and tell of it.

        False where another version than *tenant*'s is kept: somebody else was first.
        """
        changed = False

        def work(connection: Connection) -> None:
            nonlocal changed
            own = (TENANTS.c.tenant_id == tenant.tenant_id, TENANTS.c.version == tenant.version)
            values = {**_own(tenant), "version": tenant.version + 1}
            changed = connection.execute(update(TENANTS).where(*own).values(values)).rowcount > 0
            if changed and turn is not None:
                _told(connection, tenant.tenant_id, turn)

        await self._written(work)
        return changed

    async def valid_manifests(self, tenant_ids: Sequence[str]) -> set[str]:
        """Return which of the tenants have a valid manifest."""
        of_them = MANIFESTS.c.tenant_id.in_(list(tenant_ids))
        wanted = select(MANIFESTS.c.tenant_id).where(of_them, MANIFESTS.c.valid.is_(True))

        def found(connection: Connection) -> set[str]:
            return set(connection.scalars(wanted.distinct()))

        return await self._at_once(found)

    async def change_tenant(self, tenant: Tenant) -> None:
        async with self._transaction() as connection:
            await connection.execute(
                update(TENANTS)
                .where(TENANTS.c.tenant_id == tenant.tenant_id)
                .values({**_own(tenant), "version": TENANTS.c.version + 1})
            )

    async def remove_tenant(self, tenant_id: str, now: int = 0) -> None:
        """Forget a tenant and everything that was kept of it alone, but for its history."""
        async with self._transaction() as connection:
            before = await connection.scalar(
                select(TENANTS.c.state).where(TENANTS.c.tenant_id == tenant_id)
            )
            if before is not None and now:
                turn = Turn(now, before, "deleted", "deleted", {})
                await connection.run_sync(_told, tenant_id, turn)
            for table in (MANIFESTS, MONITORING, TENANTS):
                await connection.execute(delete(table).where(table.c.tenant_id == tenant_id))

    async def tenant_of_namespace(self, namespace: str) -> str | None:
        async with self._reading() as connection:
            found: str | None = await connection.scalar(
                select(TENANTS.c.tenant_id).where(TENANTS.c.namespace == namespace)
            )
        return found


def _both() -> Any:
    """Return the statement that adds a tenant and tells of it: one way to a server and back."""
    own = {one.name: bindparam(one.name, type_=one.type) for one in TENANTS.c}
    added = insert(TENANTS).values(own).returning(TENANTS.c.tenant_id).cte("added")
    said = [bindparam(f"turn_{name}", type_=TURNS.c[name].type) for name in Turn._fields]
    told = select(added.c.tenant_id, *said)
    return insert(TURNS).from_select(["tenant_id", *Turn._fields], told, include_defaults=False)


# Built once: to build a statement takes longer than to carry it out.
_ADD: Final = insert(TENANTS)
_TELL: Final = insert(TURNS).inline()
_ADD_AND_TELL: Final = _both()


def _add(connection: Connection, tenant: Tenant, turn: Turn) -> None:
    connection.execute(_ADD, _of_tenant(tenant))
    _told(connection, tenant.tenant_id, turn)


def _told(connection: Connection, tenant_id: str, turn: Turn) -> None:
    values = {**turn._asdict(), "facts": dict(turn.facts)}
    connection.execute(_TELL, {"tenant_id": tenant_id, **values})


_SORTED: Final[Mapping[str, Any]] = {
    "tenant_id": TENANTS.c.tenant_id,
    "name": TENANTS.c.name,
    "created_at": TENANTS.c.created_at,
    "owner": TENANTS.c.owner,
    "preset": func.coalesce(TENANTS.c.preset, ""),
    "state": TENANTS.c.state,
    "sla_target": TENANTS.c.target_ppm,
}


def _where(sought: Sought, last: Any) -> list[Any]:
    found: list[Any] = []
    if sought.preset is not None:
        found.append(TENANTS.c.preset == sought.preset)
    if sought.owner is not None:
        found.append(TENANTS.c.owner == sought.owner)
    if sought.status == "created":
        found.append(last.c.id.is_(None))
    elif sought.status is not None:
        found.append(or_(TENANTS.c.state == sought.status, last.c.phase == sought.status))
    if sought.word:
        said = ("tenant_id", "name", "owner", "description")
        found.append(
            or_(*(TENANTS.c[name].icontains(sought.word, autoescape=True) for name in said))
        )
    return [*found, *(_labelled(*row) for row in sought.selector)]


def _labelled(key: str, operator: str, values: Sequence[str]) -> Any:
    """Whether a label is as a requirement wants it; a label that is missing is not in anything."""
    label = TENANTS.c.labels[key].as_string()
    if operator in ("exists", "!"):
        return label.is_not(None) if operator == "exists" else label.is_(None)
    if operator in ("notin", "!="):
        return or_(label.is_(None), label.not_in(values))
    return label.in_(values)


_JSON: Final = tuple(i for i, one in enumerate(TENANTS.c) if isinstance(one.type, JSON))
# A thousand rows are read twice as fast when their JSON comes as text.
_COLUMNS: Final = [
    cast(one, Text).label(one.name) if isinstance(one.type, JSON) else one for one in TENANTS.c
]


class _Reading(dict[str, Any]):
    """What JSON texts say: many tenants say the same, and nobody changes what was read."""

    def __missing__(self, text: str) -> Any:
        found = self[text] = orjson.loads(text)
        return found


def _row(row: Any, read: _Reading) -> tuple[Tenant, Latest | None]:
    *of_tenant, number, revision, digest, phase = row
    for place in _JSON:
        of_tenant[place] = read[of_tenant[place]]
    tenant = Tenant(*of_tenant)
    return tenant, None if number is None else Latest(number, revision, digest, phase)


def _own(tenant: Tenant) -> dict[str, Any]:
    """Return what is a tenant's own to say: neither its state nor its version."""
    said = _of_tenant(tenant)
    return {k: v for k, v in said.items() if k not in ("state", "state_since", "version")}


def _of_tenant(tenant: Tenant) -> dict[str, Any]:
    found = {name: getattr(tenant, name) for name in Tenant.__dataclass_fields__}
    return found | {name: dict(found[name]) for name in ("requirements", "options", "labels")}
