"""Alerts in one mode's database: their life, routes, silences, rules, and the outbox."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ecp.orchestrator.adapters.audit import audited
from ecp.orchestrator.adapters.levels import AtOnce
from ecp.orchestrator.adapters.tables import LEDGERS, MINUTES, MONITORING
from ecp.orchestrator.adapters.tables_alerts import (
    ALERT_EVENTS,
    ALERT_ROUTES,
    ALERTS,
    CUSTOM_RULES,
    DELIVERIES,
    POLICIES,
    SILENCES,
)
from ecp.orchestrator.adapters.tables_audit import AUDIT
from ecp.orchestrator.records import (
    OPEN,
    SEVERITIES,
    Alert,
    AlertEvent,
    AlertRoute,
    AuditEntry,
    CustomRule,
    Delivery,
    Minute,
    Silence,
    Target,
)

_ALERT = [ALERTS.c[name] for name in Alert.__dataclass_fields__]
_EVENT = [ALERT_EVENTS.c[name] for name in AlertEvent._fields]
_ROUTE = [ALERT_ROUTES.c[name] for name in AlertRoute._fields]
_SILENCE = [SILENCES.c[name] for name in Silence._fields]
_RULE = [CUSTOM_RULES.c[name] for name in CustomRule._fields]
_DELIVERY = [DELIVERIES.c[name] for name in Delivery._fields]
_ANSWERED = ("acknowledged_at", "acknowledged_by")
_RAISED = ("firing", "escalated")
_ANSWERS = ("acknowledged", "escalated")
Connecting = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class Alerts:
    """Fulfils `ports.AlertBook` over a database's connections. All raise StorageFailed."""

    def __init__(self, at_once: AtOnce, transaction: Connecting) -> None:
        self._at_once, self._transaction = at_once, transaction

    async def _rows(self, wanted: Any) -> list[Any]:
        return await self._at_once(lambda connection: list(connection.execute(wanted)))

    # -- alerts -----------------------------------------------------------------------------------

    async def open(self, tenant_id: str | None = None) -> list[Alert]:
        wanted = select(*_ALERT).where(ALERTS.c.open_key.is_not(None))
        if tenant_id is not None:
            wanted = wanted.where(ALERTS.c.tenant_id == tenant_id)
        return [_alert(row) for row in await self._rows(wanted.order_by(ALERTS.c.id))]

    async def some(
        self,
        *,
        tenant_id: str | None = None,
        states: Sequence[str] = (),
        severity: str | None = None,
        skip: int = 0,
        limit: int = 100,
    ) -> tuple[list[Alert], int]:
        """Return alerts, those that are open and worst first, then the newest; and how many."""
        wanted = select(*_ALERT)
        if tenant_id is not None:
            wanted = wanted.where(ALERTS.c.tenant_id == tenant_id)
        if states:
            wanted = wanted.where(ALERTS.c.state.in_(list(states)))
        if severity is not None:
            wanted = wanted.where(ALERTS.c.severity == severity)
        rank = case({name: rank for rank, name in enumerate(SEVERITIES)}, value=ALERTS.c.severity)
        order = (
            ALERTS.c.open_key.is_(None),
            case((ALERTS.c.open_key.is_not(None), rank), else_=-1).desc(),
            ALERTS.c.id.desc(),
        )
        counted = select(func.count()).select_from(wanted.subquery())
        page = wanted.order_by(*order).offset(skip).limit(limit)

        def found(connection: Connection) -> tuple[list[Alert], int]:
            rows = [_alert(row) for row in connection.execute(page)]
            return rows, connection.scalar(counted) or 0

        return await self._at_once(found)

    async def one(self, alert_id: int) -> Alert | None:
        rows = await self._rows(select(*_ALERT).where(ALERTS.c.id == alert_id))
        return _alert(rows[0]) if rows else None

    async def recent_minutes(self, tenant_id: str, limit: int) -> list[Minute]:
        wanted = (
            select(MINUTES.c.sequence, MINUTES.c.minute, MINUTES.c.body)
            .where(MINUTES.c.tenant_id == tenant_id)
            .order_by(MINUTES.c.sequence.desc())
            .limit(limit)
        )
        return [Minute(*row) for row in await self._rows(wanted)][::-1]

    async def keep(
        self,
        changes: Sequence[tuple[Alert, str, str, str]],
        now: int,
        target: Target | None = None,
    ) -> None:
        async with self._transaction() as connection:
            for alert, what, who, detail in changes:
                key = alert.id or await _opened(connection, alert)
                if alert.id:
                    values = _of_alert(alert)
                    for name in () if what in _ANSWERS else _ANSWERED:
                        # Somebody may have answered it since it was read.
                        del values[name]
                    if not what:
                        del values["state"], values["open_key"]
                    await connection.execute(
                        update(ALERTS).where(ALERTS.c.id == key).values(values)
                    )
                if what and key:
                    event = {"alert_id": key, "at": now, "what": what, "who": who, "detail": detail}
                    await connection.execute(insert(ALERT_EVENTS).values(event))
                if what in _RAISED and key:
                    raised = audited(_raised(alert, key, target, now))
                    await connection.execute(insert(AUDIT).values(raised))

    async def note(self, alert_id: int, what: str, who: str, detail: str, now: int) -> None:
        event = {"alert_id": alert_id, "at": now, "what": what, "who": who, "detail": detail}
        async with self._transaction() as connection:
            await connection.execute(insert(ALERT_EVENTS).values(event))

    async def events(
        self,
        *,
        since: int = 0,
        tenant_id: str | None = None,
        alert_id: int | None = None,
        limit: int = 500,
    ) -> list[tuple[AlertEvent, Alert]]:
        """Return what happened after event *since*, oldest first, with the alerts as they are."""
        wanted = select(*_EVENT, *(one.label(f"alert_{one.name}") for one in _ALERT)).join(ALERTS)
        wanted = wanted.where(ALERT_EVENTS.c.id > since)
        if tenant_id is not None:
            wanted = wanted.where(ALERTS.c.tenant_id == tenant_id)
        if alert_id is not None:
            wanted = wanted.where(ALERT_EVENTS.c.alert_id == alert_id)
        wanted = wanted.order_by(ALERT_EVENTS.c.id).limit(limit)
        width = len(_EVENT)
        rows = await self._rows(wanted)
        return [(AlertEvent(*row[:width]), _alert(row[width:])) for row in rows]

    async def newest_event(self) -> int:
        ((newest,),) = await self._rows(select(func.max(ALERT_EVENTS.c.id)))
        return newest or 0

    async def newest_minutes(self) -> dict[str, Mapping[str, Any]]:
        rows = await self._rows(select(LEDGERS.c.tenant_id, LEDGERS.c.facts))
        return {row[0]: row[1] for row in rows}

    async def pushed_to(self, tenant_ids: Sequence[str]) -> set[str]:
        of_them = MONITORING.c.tenant_id.in_(list(tenant_ids))
        rows = await self._rows(select(MONITORING.c.tenant_id).where(of_them).distinct())
        return {row[0] for row in rows}

    # -- routes and silences ----------------------------------------------------------------------

    async def routes(self) -> list[AlertRoute]:
        rows = await self._rows(select(*_ROUTE).order_by(ALERT_ROUTES.c.id))
        return [AlertRoute(*row) for row in rows]

    async def add_route(self, route: AlertRoute) -> AlertRoute:
        return route._replace(id=await self._added(ALERT_ROUTES, route._asdict()))

    async def change_route(self, route: AlertRoute) -> bool:
        values = {name: value for name, value in route._asdict().items() if name != "id"}
        async with self._transaction() as connection:
            done = await connection.execute(
                update(ALERT_ROUTES).where(ALERT_ROUTES.c.id == route.id).values(values)
            )
        return bool(done.rowcount)

    async def remove_route(self, route_id: int) -> bool:
        async with self._transaction() as connection:
            done = await connection.execute(
                delete(ALERT_ROUTES).where(ALERT_ROUTES.c.id == route_id)
            )
        return bool(done.rowcount)

    async def silences(self, now: int | None = None) -> list[Silence]:
        wanted = select(*_SILENCE)
        if now is not None:
            wanted = wanted.where(SILENCES.c.ended_at.is_(None), SILENCES.c.until > now)
        return [Silence(*row) for row in await self._rows(wanted.order_by(SILENCES.c.id.desc()))]

    async def add_silence(self, silence: Silence) -> Silence:
        return silence._replace(id=await self._added(SILENCES, silence._asdict()))

    async def end_silence(self, silence_id: int, now: int) -> bool:
        which = and_(SILENCES.c.id == silence_id, SILENCES.c.ended_at.is_(None))
        async with self._transaction() as connection:
            done = await connection.execute(update(SILENCES).where(which).values(ended_at=now))
        return bool(done.rowcount)

    async def _added(self, table: Any, values: dict[str, Any]) -> int:
        given = {name: value for name, value in values.items() if name != "id"}
        async with self._transaction() as connection:
            made = await connection.execute(insert(table).values(given))
            key = made.inserted_primary_key
            assert key is not None
        return int(key[0])

    # -- what tenants want ------------------------------------------------------------------------

    async def rules(self, tenant_id: str | None = None) -> list[CustomRule]:
        wanted = select(*_RULE)
        if tenant_id is not None:
            wanted = wanted.where(CUSTOM_RULES.c.tenant_id == tenant_id)
        wanted = wanted.order_by(CUSTOM_RULES.c.tenant_id, CUSTOM_RULES.c.name)
        return [CustomRule(*row) for row in await self._rows(wanted)]

    async def keep_rule(self, rule: CustomRule) -> bool:
        which = _which_rule(rule.tenant_id, rule.name)
        async with self._transaction() as connection:
            gone = await connection.execute(delete(CUSTOM_RULES).where(which))
            values = {**rule._asdict(), "actions": list(rule.actions)}
            await connection.execute(insert(CUSTOM_RULES).values(values))
        return not gone.rowcount

    async def remove_rule(self, tenant_id: str, name: str) -> bool:
        async with self._transaction() as connection:
            done = await connection.execute(
                delete(CUSTOM_RULES).where(_which_rule(tenant_id, name))
            )
        return bool(done.rowcount)

    async def policies(self) -> dict[str, Mapping[str, Any]]:
        rows = await self._rows(select(POLICIES.c.tenant_id, POLICIES.c.body))
        return {row[0]: row[1] for row in rows}

    async def keep_policy(self, tenant_id: str, policy: Mapping[str, Any]) -> None:
        async with self._transaction() as connection:
            await connection.execute(delete(POLICIES).where(POLICIES.c.tenant_id == tenant_id))
            values = {"tenant_id": tenant_id, "body": dict(policy)}
            await connection.execute(insert(POLICIES).values(values))

    # -- the outbox -------------------------------------------------------------------------------

    async def enqueue(self, wanted: Sequence[tuple[int, int, str]], now: int) -> int:
        if not wanted:
            return 0
        alerts = {alert_id for alert_id, _, _ in wanted}
        keys = (DELIVERIES.c.alert_id, DELIVERIES.c.route_id, DELIVERIES.c.what)
        written = select(*keys).where(DELIVERIES.c.alert_id.in_(sorted(alerts)))
        known = {tuple(row) for row in await self._rows(written)}
        rows = [_due(*one, now) for one in wanted if one not in known]
        if not rows:
            return 0
        async with self._transaction() as connection:
            done = await connection.execute(_once(connection.dialect.name), rows)
        return max(done.rowcount, 0)

    async def enqueue_resolved(self, now: int, since: int) -> int:
        told, other = DELIVERIES.alias("told"), DELIVERIES.alias("other")
        # What may have arrived is taken back as well.
        wanted = (
            select(told.c.alert_id, told.c.route_id)
            .distinct()
            .join(ALERTS, ALERTS.c.id == told.c.alert_id)
            .join(ALERT_ROUTES, ALERT_ROUTES.c.id == told.c.route_id)
            .where(
                ALERTS.c.state == "resolved",
                ALERTS.c.resolved_at >= since,
                ALERT_ROUTES.c.resolved,
                ALERT_ROUTES.c.enabled,
                told.c.what != "resolved",
                told.c.state.in_(("sent", "uncertain")),
                ~select(other.c.id)
                .where(
                    other.c.alert_id == told.c.alert_id,
                    other.c.route_id == told.c.route_id,
                    other.c.what == "resolved",
                )
                .exists(),
            )
        )
        rows = [_due(row[0], row[1], "resolved", now) for row in await self._rows(wanted)]
        if not rows:
            return 0
        async with self._transaction() as connection:
            done = await connection.execute(_once(connection.dialect.name), rows)
        return max(done.rowcount, 0)

    async def due(self, now: int, limit: int) -> list[Delivery]:
        wanted = select(*_DELIVERY).where(
            DELIVERIES.c.state == "pending", DELIVERIES.c.next_at <= now
        )
        rows = await self._rows(wanted.order_by(DELIVERIES.c.id).limit(limit))
        return [Delivery(*row) for row in rows]

    async def take(self, ids: Sequence[int], now: int) -> None:
        async with self._transaction() as connection:
            await connection.execute(
                update(DELIVERIES)
                .where(DELIVERIES.c.id.in_(list(ids)), DELIVERIES.c.state == "pending")
                .values(state="sending", next_at=now, attempt=DELIVERIES.c.attempt + 1)
            )

    async def settle(self, delivery: Delivery) -> None:
        values = {name: value for name, value in delivery._asdict().items() if name != "id"}
        async with self._transaction() as connection:
            await connection.execute(
                update(DELIVERIES).where(DELIVERIES.c.id == delivery.id).values(values)
            )

    async def doubt(self, now: int) -> int:
        async with self._transaction() as connection:
            done = await connection.execute(
                update(DELIVERIES)
                .where(DELIVERIES.c.state == "sending")
                .values(state="uncertain", next_at=now)
            )
        return max(done.rowcount, 0)

    async def deliveries(
        self, *, alert_id: int | None = None, state: str | None = None, limit: int = 200
    ) -> list[Delivery]:
        """Return deliveries, the newest first."""
        wanted = select(*_DELIVERY)
        if alert_id is not None:
            wanted = wanted.where(DELIVERIES.c.alert_id == alert_id)
        if state is not None:
            wanted = wanted.where(DELIVERIES.c.state == state)
        rows = await self._rows(wanted.order_by(DELIVERIES.c.id.desc()).limit(limit))
        return [Delivery(*row) for row in rows]

    async def counts(self) -> dict[str, dict[tuple[str, ...], int]]:
        alerts = select(ALERTS.c.severity, ALERTS.c.state, func.count()).where(
            ALERTS.c.state.in_(OPEN)
        )
        deliveries = select(DELIVERIES.c.state, func.count())
        rows = await self._rows(alerts.group_by(ALERTS.c.severity, ALERTS.c.state))
        by_state: dict[tuple[str, ...], int] = {(row[0], row[1]): row[2] for row in rows}
        rows = await self._rows(deliveries.group_by(DELIVERIES.c.state))
        told: dict[tuple[str, ...], int] = {(row[0],): row[1] for row in rows}
        return {"alerts": by_state, "deliveries": told}


def _alert(row: Sequence[Any]) -> Alert:
    return Alert(**dict(zip(Alert.__dataclass_fields__, row, strict=True)))


def _raised(alert: Alert, key: int, target: Target | None, now: int) -> AuditEntry:
    refs = {"alert_id": str(key), "rule": alert.rule, "severity": alert.severity}
    if alert.rule == "custom":
        refs["subject"] = alert.subject
    entry = AuditEntry(now, "system", "alert.raise", tenant_id=alert.tenant_id, refs=refs)
    if target is None:
        return entry
    return entry._replace(target_kind=target.method, target=target.name)


async def _opened(connection: AsyncConnection, alert: Alert) -> int | None:
    """Write a new alert; None where one of its fingerprint is open already."""
    adding = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
    made = await connection.execute(
        adding(ALERTS)
        .values(_of_alert(alert))
        .on_conflict_do_nothing(index_elements=["open_key"])
        .returning(ALERTS.c.id)
    )
    key: int | None = made.scalar_one_or_none()
    return key


def _of_alert(alert: Alert) -> dict[str, Any]:
    values = {name: getattr(alert, name) for name in Alert.__dataclass_fields__ if name != "id"}
    over = alert.state not in OPEN
    return {
        **values,
        "values": dict(alert.values),
        "chain": dict(alert.chain),
        "open_key": None if over else alert.fingerprint,
    }


def _due(alert_id: int, route_id: int, what: str, now: int) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "route_id": route_id,
        "what": what,
        "state": "pending",
        "attempt": 0,
        "next_at": now,
        "sent_at": None,
        "detail": "",
    }


def _once(dialect: str) -> Any:
    adding = (sqlite if dialect == "sqlite" else postgresql).insert(DELIVERIES)
    return adding.on_conflict_do_nothing(index_elements=["alert_id", "route_id", "what"])


def _which_rule(tenant_id: str, name: str) -> Any:
    return and_(CUSTOM_RULES.c.tenant_id == tenant_id, CUSTOM_RULES.c.name == name)
