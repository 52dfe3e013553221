"""What people do with alerts: look, take care, silence, say whom to tell, make rules of theirs."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ecp.edge.problems import Problem
from ecp.edge.streams import Message
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.alerts import (
    expression,
    judging,
    limits,
    looking,
    model,
    wording,
)
from ecp.orchestrator.ports import SEALED, House, NotTold, Storage
from ecp.orchestrator.records import (
    OPEN,
    Alert,
    AlertEvent,
    AlertRoute,
    CustomRule,
    Delivery,
    Mode,
    Silence,
    Tenant,
)
from ecp.slo.burn import MONTH_TIERS
from ecp.slo.objective import Objective
from ecp.slo.slots import SLOT_SECONDS
from ecp.slo.windows import instant
from ecp.texts import Language, is_key, text

_SECOND = 1_000_000_000
_MONTH_S = 30 * 86_400
_DAY_SLOTS = 86_400 // SLOT_SECONDS
_WEBHOOKS = ("webhook", "naver-works", "dooray", "jandi")
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


# -- routes ---------------------------------------------------------------------------------------


async def routes(storage: Storage) -> dict[str, Any]:
    """Return the routes, their targets masked."""
    return {"routes": [shown_route(route) for route in await storage.alerts.routes()]}


def shown_route(route: AlertRoute) -> dict[str, Any]:
    """Return a route as it may be seen: nobody reads its target back."""
    shown = {**route._asdict(), "created_at": rfc3339(route.created_at)}
    target = route.target
    shown["target"] = target if _addresses(route) else model.masked(target)
    return shown


def _addresses(route: AlertRoute) -> bool:
    return route.kind == "email" and "://" not in route.target


async def add_route(house: House, storage: Storage, given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a new route. Raises Problem 422 for a target that its kind cannot have, 404."""
    if given["target"] is None:
        raise Problem(422, "INVALID_ROUTE", "alert.route.no-target")
    await _check_route(storage, given)
    route = AlertRoute(0, **given, created_at=house.now())
    kept = await storage.alerts.add_route(route)
    house.watch.moved()
    return shown_route(kept)


async def change_route(
    house: House, storage: Storage, route_id: int, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Change a route; without a target it keeps the one that it has. Raises Problem."""
    before = await _route(storage, route_id)
    wanted = {**given, "target": given["target"] or before.target}
    await _check_route(storage, wanted)
    route = before._replace(**wanted)
    await storage.alerts.change_route(route)
    house.watch.moved()
    return shown_route(route)


async def remove_route(storage: Storage, route_id: int) -> dict[str, Any]:
    """Tell a route nothing any more. Raises Problem 404."""
    if not await storage.alerts.remove_route(route_id):
        raise Problem(404, "ROUTE_NOT_FOUND", "alert.route.not-found", id=route_id)
    return {"id": route_id, "removed": True}


async def _route(storage: Storage, route_id: int) -> AlertRoute:
    found = next((r for r in await storage.alerts.routes() if r.id == route_id), None)
    if found is None:
        raise Problem(404, "ROUTE_NOT_FOUND", "alert.route.not-found", id=route_id)
    return found


async def _check_route(storage: Storage, given: Mapping[str, Any]) -> None:
    kind, target, tenant_id = given["kind"], given["target"], given["tenant_id"]
    if tenant_id and await storage.tenant(tenant_id) is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    if target.startswith(SEALED):
        raise Problem(409, "SECRET_LOST", "secret.lost")
    if target.startswith("env:"):
        good = target.removeprefix("env:").isidentifier()
    elif kind in _WEBHOOKS:
        good = target.startswith(("http://", "https://"))
    elif kind == "email":
        good = target.startswith(("mailto://", "mailtos://")) or all(
            "@" in address for address in target.split(",")
        )
    else:
        good = "://" in target
    if not good:
        raise Problem(422, "INVALID_ROUTE", f"alert.route.bad-target.{_sort(kind)}", kind=kind)


def _sort(kind: str) -> str:
    return "webhook" if kind in _WEBHOOKS else "email" if kind == "email" else "apprise"


async def try_route(
    house: House, storage: Storage, route_id: int, language: Language
) -> dict[str, Any]:
    """Tell a route something made up, for real; return what it answered and how fast."""
    route = await _route(storage, route_id)
    now = house.now()
    alert = Alert(
        0,
        model.fingerprint(route.tenant_id, "test", ""),
        route.tenant_id or "-",
        "test",
        "",
        route.severity,
        "firing",
        {},
        {},
        False,
        "",
        now,
        now,
    )
    delivery = Delivery(now // _SECOND, 0, route.id, route.severity, "sending", 1, now, None, "")
    began = time.perf_counter()
    try:
        detail = await house.notifier.tell(wording.telling(alert, route, delivery))
    except NotTold as error:
        ok, detail = False, error.detail
    else:
        ok = True
    took = round(1000 * (time.perf_counter() - began), 1)
    key = "alert.route.told" if ok else "alert.route.not-told"
    return {
        "id": route_id,
        "ok": ok,
        "milliseconds": took,
        "detail": detail,
        "message": text(key, language, name=route.name, detail=detail),
    }


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
        return nanoseconds(until)
    except ValueError as error:
        raise Problem(422, "INVALID_SILENCE", "alert.silence.bad-until", value=until) from error


async def end_silence(house: House, storage: Storage, silence_id: int) -> dict[str, Any]:
    """End a silence now. Raises Problem 404."""
    if not await storage.alerts.end_silence(silence_id, house.now()):
        raise Problem(404, "SILENCE_NOT_FOUND", "alert.silence.not-found", id=silence_id)
    house.watch.moved()
    return {"id": silence_id, "ended": True}


# -- rules ----------------------------------------------------------------------------------------


def known_rules(language: Language) -> dict[str, Any]:
    """Return the rules that every tenant has, the presets, and what a condition may name.

    A rule is either a figure (`metric`) above a preset's threshold, or fires `when` it says.
    """
    metrics = {rule: metric for metric, rule in limits.THRESHOLDS.items()}
    return {
        "rules": [
            {
                "rule": rule,
                "name": text(f"alert.name.{rule}", language),
                "metric": metrics.get(rule),
                "when": _when(rule, language),
            }
            for rule in judging.RULES
        ],
        "presets": {
            name: {
                row.metric: {**row.limits, "for": model.spelled(row.for_s)} for row in thresholds
            }
            for name, thresholds in limits.presets().items()
        },
        "metrics": dict(expression.METRICS),
        "pushed": f"{expression.PUSHED}NAME",
    }


def _when(rule: str, language: Language) -> str | None:
    """Say when a rule without a threshold fires; None for one that has a preset's."""
    if rule == judging.BURN_RATE:
        tiers = (
            f"burn({judging.window(one.long)}) > {float(one.factor(_MONTH_S)):.4g} AND "
            f"burn({judging.window(one.short)}) > {float(one.factor(_MONTH_S)):.4g}"
            for one in MONTH_TIERS
            if not one.requests_only
        )
        return " OR ".join(tiers)
    figures = {judging.NO_DATA: judging.QUIET_S, judging.QUOTA_NEAR: f"{judging.NEAR_PERCENT:g}"}
    key = f"alert.when.{rule}"
    return text(key, language, limit=figures.get(rule, "")) if is_key(key) else None


async def policy(storage: Storage, tenant_id: str) -> dict[str, Any]:
    """Return which thresholds hold for a tenant. Raises Problem 404."""
    tenant = await _tenant(storage, tenant_id)
    kept = (await storage.alerts.policies()).get(tenant_id) or {}
    return _policy(tenant, {"preset": "default", "off": [], **kept})


def _policy(tenant: Tenant, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a policy, and what follows from it: thresholds, and whose the one of
    answers is (preset, profile or contract)."""
    within = limits.within(tenant)
    rows = limits.thresholds_of(kept["preset"], within)
    plain = limits.thresholds_of(kept["preset"], None)
    said_by = "preset" if within is None or rows == plain else within.said_by
    return {
        "tenant_id": tenant.tenant_id,
        **kept,
        "thresholds": {row.metric: dict(row.limits) for row in rows},
        "response_time_from": said_by,
    }


async def keep_policy(storage: Storage, tenant_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep which thresholds hold for a tenant. Raises Problem 404, 422."""
    tenant = await _tenant(storage, tenant_id)
    if given["preset"] not in limits.presets():
        known = ", ".join(limits.presets())
        raise Problem(
            422, "INVALID_POLICY", "alert.policy.preset", value=given["preset"], known=known
        )
    unknown = [rule for rule in given["off"] if rule not in judging.RULES]
    if unknown:
        known = ", ".join(judging.RULES)
        raise Problem(422, "INVALID_POLICY", "alert.policy.rule", value=unknown[0], known=known)
    await storage.alerts.keep_policy(tenant_id, given)
    return _policy(tenant, given)


async def backtest(storage: Storage, tenant_id: str, days: int) -> dict[str, Any]:
    """Return the alerts that the burn rate would have made of the minutes that are kept of the last
    days, whether or not anybody watched. Raises Problem 404.

    The figures that other rules ask for are kept for two days only: they are not looked back on.
    """
    tenant = await _tenant(storage, tenant_id)
    known = await storage.levels.known(tenant_id)
    off = ((await storage.alerts.policies()).get(tenant_id) or {}).get("off") or ()
    said = {"tenant_id": tenant_id, "rule": judging.BURN_RATE, "off": judging.BURN_RATE in off}
    if known is None:
        return {**said, "from": None, "to": None, "alerts": []}
    end = known[1]
    first = max(known[0], end - days * _DAY_SLOTS)
    back = max(known[0], first - judging.LOOK_BACK_SLOTS)
    kept = (await storage.levels.minutes(tenant_id, back, end, "")).get("", ())
    told = (await storage.alerts.newest_minutes()).get(tenant_id) or {}
    objective = Objective(**(told.get("slo") or {"target_ppm": tenant.target_ppm}))
    seen = judging.Seen(
        tenant_id, objective, kept, (), {}, None, None, None, 0, simulated=False, at="", now=0
    )
    alerts = await asyncio.to_thread(looking.burnt, seen, first)
    return {
        **said,
        "from": instant(first),
        "to": instant(end),
        "alerts": [_looked_back(alert) for alert in alerts],
    }


def _looked_back(alert: Alert) -> dict[str, Any]:
    shown = wording.shown(alert)
    kept = ("severity", "message", "fired_at", "resolved_at")
    return {**{name: shown[name] for name in kept}, "cause": alert.chain.get("cause")}


async def own_rules(storage: Storage, tenant_id: str) -> dict[str, Any]:
    """Return a tenant's own rules and its open alerts. Raises Problem 404."""
    await _tenant(storage, tenant_id)
    rules = await storage.alerts.rules(tenant_id)
    open_ = await storage.alerts.open(tenant_id)
    return {
        "tenant_id": tenant_id,
        "rules": [_rule(rule) for rule in rules],
        "alerts": [wording.shown(alert) for alert in open_],
    }


def _rule(rule: CustomRule) -> dict[str, Any]:
    return {
        "alert_name": rule.name,
        "condition": rule.condition,
        "duration": model.spelled(rule.duration_s),
        "severity": rule.severity,
        "actions": list(rule.actions),
        "created_at": rfc3339(rule.created_at),
    }


async def keep_rule(
    house: House,
    storage: Storage,
    tenant_id: str,
    given: Mapping[str, Any],
    actions: Sequence[Mapping[str, Any]],
    language: Language,
) -> tuple[dict[str, Any], bool]:
    """Keep a tenant's own rule, and the routes that it brings; say whether it is new.

    *actions*: kind, and its target or None for the routes of that kind that there are. Raises
    Problem 404, 422 with the column at which the condition ends to be one.
    """
    await _tenant(storage, tenant_id)
    condition, name = given["condition"], given["alert_name"]
    try:
        names = expression.names(expression.parse(condition))
    except expression.BadExpression as bad:
        words = text(bad.key, language, **bad.values)
        place = {"pointer": "/condition", "column": bad.column, "message": words}
        raise Problem(
            422, "INVALID_CONDITION", "alert.expression", [place], column=bad.column, message=words
        ) from bad
    seconds = model.seconds_of(given["duration"])
    if seconds is None:
        raise Problem(422, "INVALID_DURATION", "alert.bad-duration", value=given["duration"])
    own = [_own_route(tenant_id, name, given["severity"], one) for one in actions if one["target"]]
    for row in own:
        await _check_route(storage, row)
    rule = CustomRule(
        tenant_id,
        name,
        condition,
        seconds,
        given["severity"],
        [one["kind"] for one in actions],
        house.now(),
    )
    new = await storage.alerts.keep_rule(rule)
    await _put_routes(house, storage, tenant_id, name, own)
    known = await storage.alerts.routes()
    reached = {r.kind for r in known if r.enabled and r.tenant_id in ("", tenant_id)}
    missing = [one["kind"] for one in actions if one["kind"] not in reached]
    house.watch.moved()
    said = {
        "tenant_id": tenant_id,
        **_rule(rule),
        "figures": list(names),
        "warnings": [
            text("alert.rule-without-route", language, kind=kind) for kind in dict.fromkeys(missing)
        ],
    }
    return said, new


def _own_route(
    tenant_id: str, name: str, severity: str, action: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "name": f"{name} ({action['kind']})",
        "kind": action["kind"],
        "target": action["target"],
        "tenant_id": tenant_id,
        "rule": f"{judging.CUSTOM}:{name}",
        "severity": severity,
        "language": "ko",
        "simulated": False,
        "resolved": True,
        "enabled": True,
    }


async def _put_routes(
    house: House, storage: Storage, tenant_id: str, name: str, own: Sequence[Mapping[str, Any]]
) -> None:
    """Let a rule's own routes be these."""
    rule = f"{judging.CUSTOM}:{name}"
    for route in await storage.alerts.routes():
        if route.tenant_id == tenant_id and route.rule == rule:
            await storage.alerts.remove_route(route.id)
    for row in own:
        await storage.alerts.add_route(AlertRoute(0, **row, created_at=house.now()))


async def remove_rule(house: House, storage: Storage, tenant_id: str, name: str) -> dict[str, Any]:
    """Forget a tenant's own rule and its routes; its alert is over. Raises Problem 404."""
    await _tenant(storage, tenant_id)
    if not await storage.alerts.remove_rule(tenant_id, name):
        raise Problem(404, "RULE_NOT_FOUND", "alert.rule-not-found", name=name, tenant=tenant_id)
    await _put_routes(house, storage, tenant_id, name, ())
    house.watch.moved()
    return {"tenant_id": tenant_id, "alert_name": name, "removed": True}


async def _tenant(storage: Storage, tenant_id: str) -> Tenant:
    found = await storage.tenant(tenant_id)
    if found is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    return found


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
