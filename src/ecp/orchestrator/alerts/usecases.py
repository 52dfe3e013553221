"""What people do with alerts: look, take care, silence, follow them and whom they were told."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ecp.edge.instants import read_instant
from ecp.edge.problems import Problem
from ecp.edge.streams import Message
from ecp.kube.times import rfc3339
from ecp.orchestrator.alerts import model, wording
from ecp.orchestrator.ports import House, Storage
from ecp.orchestrator.records import OPEN, Alert, AlertEvent, Delivery, Mode, Silence

_SECOND = 1_000_000_000
_KEEP_ALIVE_S = 15.0
_SHARED_S = 2.0
"""Where other processes write as well, nobody says that something is new."""


async def listed(
    storage: Storage,
    now: int,
    *,
    tenant_id: str | None,
    state: str | None,
    severity: str | None,
    skip: int,
    limit: int,
) -> dict[str, Any]:
    """Return alerts, open ones first; `state` is open, or one of theirs."""
    states = OPEN if state == "open" else () if state is None else (state,)
    rows, total = await storage.alerts.some(
        tenant_id=tenant_id, states=states, severity=severity, skip=skip, limit=limit
    )
    silences = await storage.alerts.silences(now)
    return {"alerts": [_with_silence(row, silences) for row in rows], "total": total}


def _with_silence(alert: Alert, silences: Sequence[Silence]) -> dict[str, Any]:
    found = model.silenced_by(alert, silences) if alert.state in OPEN else None
    return {**wording.shown(alert), "silenced_by": None if found is None else found.id}


async def one(storage: Storage, alert_id: int, now: int) -> dict[str, Any]:
    """Return an alert with its history and whom it was told. Raises Problem 404."""
    alert = await _found(storage, alert_id)
    events = await storage.alerts.events(alert_id=alert_id)
    deliveries = await storage.alerts.deliveries(alert_id=alert_id)
    names = {route.id: route.name for route in await storage.alerts.routes()}
    silences = await storage.alerts.silences(now)
    return {
        **_with_silence(alert, silences),
        "history": [_event(event) for event, _ in events],
        "deliveries": [_delivery(row, names) for row in deliveries],
    }


async def acknowledge(
    house: House, storage: Storage, alert_id: int, who: str, note: str
) -> dict[str, Any]:
    """Note that somebody takes care of an alert. Raises Problem 404, 409 where it is over."""
    alert = await _found(storage, alert_id)
    now = house.now()
    changed = model.acknowledged(alert, who, now)
    if changed is None:
        raise Problem(409, "ALERT_OVER", "alert.over", id=alert_id)
    await storage.alerts.keep([(changed, "acknowledged", who, note)], now)
    house.watch.moved()
    return await one(storage, alert_id, now)


async def _found(storage: Storage, alert_id: int) -> Alert:
    found = await storage.alerts.one(alert_id)
    if found is None:
        raise Problem(404, "ALERT_NOT_FOUND", "alert.not-found", id=alert_id)
    return found


# -- silences -------------------------------------------------------------------------------------


async def silences(storage: Storage, now: int) -> dict[str, Any]:
    """Return all silences, the newest first."""
    return {"silences": [_silence(row, now) for row in await storage.alerts.silences()]}


def _silence(row: Silence, now: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "matchers": dict(row.matchers),
        "until": rfc3339(row.until),
        "who": row.who,
        "why": row.why,
        "created_at": rfc3339(row.created_at),
        "ended_at": None if row.ended_at is None else rfc3339(row.ended_at),
        "active": row.ended_at is None and row.until > now,
    }


async def silence(house: House, storage: Storage, given: Mapping[str, Any]) -> dict[str, Any]:
    """Silence what matches until then, or for so long. Raises Problem 422."""
    now = house.now()
    until = _until(given, now)
    if until <= now:
        raise Problem(422, "INVALID_SILENCE", "alert.silence.past", until=rfc3339(until))
    row = Silence(0, given["matchers"], until, given["who"], given["why"], now, None)
    kept = await storage.alerts.add_silence(row)
    house.watch.moved()
    return _silence(kept, now)


def _until(given: Mapping[str, Any], now: int) -> int:
    until, duration = given["until"], given["duration"]
    if (until is None) == (duration is None):
        raise Problem(422, "INVALID_SILENCE", "alert.silence.one-end")
    if duration is not None:
        seconds = model.seconds_of(duration)
        if seconds is None:
            raise Problem(422, "INVALID_SILENCE", "alert.bad-duration", value=duration)
        return now + seconds * _SECOND
    try:
        return read_instant(until)
    except ValueError as error:
        raise Problem(422, "INVALID_SILENCE", "alert.silence.bad-until", value=until) from error


async def end_silence(house: House, storage: Storage, silence_id: int) -> dict[str, Any]:
    """End a silence now. Raises Problem 404."""
    if not await storage.alerts.end_silence(silence_id, house.now()):
        raise Problem(404, "SILENCE_NOT_FOUND", "alert.silence.not-found", id=silence_id)
    house.watch.moved()
    return {"id": silence_id, "ended": True}


# -- deliveries and streams -----------------------------------------------------------------------


async def deliveries(storage: Storage, state: str | None, limit: int) -> dict[str, Any]:
    """Return what was told whom, the newest first."""
    names = {route.id: route.name for route in await storage.alerts.routes()}
    rows = await storage.alerts.deliveries(state=state, limit=limit)
    return {"deliveries": [_delivery(row, names) for row in rows]}


def _delivery(row: Delivery, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        **row._asdict(),
        "route": names.get(row.route_id),
        "next_at": rfc3339(row.next_at) if row.state == "pending" else None,
        "sent_at": None if row.sent_at is None else rfc3339(row.sent_at),
    }


def _event(event: AlertEvent) -> dict[str, Any]:
    return {**event._asdict(), "at": rfc3339(event.at)}


async def beginning(storage: Storage, since: int | None) -> int:
    """Return after which event a stream begins; None: from now on. Raises Problem 410 for one that
    is still to come: the reader saw another database."""
    newest = await storage.alerts.newest_event()
    if since is not None and since > newest:
        raise Problem(410, "STREAM_EXPIRED", "stream.ahead", since=since, newest=newest)
    return newest if since is None else since


async def followed(
    house: House, mode: Mode, storage: Storage, tenant_id: str | None, since: int
) -> AsyncIterator[Message | None]:
    """Yield what happens to alerts after event *since*, for ever; None where it is quiet."""
    topic = "alerts" if tenant_id is None else f"tenants/{tenant_id}/alerts"
    patience = _SHARED_S if storage.shared else _KEEP_ALIVE_S
    while True:
        rows = await storage.alerts.events(since=since, tenant_id=tenant_id)
        for event, alert in rows:
            since = event.id
            yield Message(topic, event.id, {**_event(event), "alert": wording.shown(alert)})
        if not rows:
            await house.watch.wait(patience)
            yield None
