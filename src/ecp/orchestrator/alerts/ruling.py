"""By what alerts fire: known rules, a tenant's thresholds and its own rules; looking back."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from ecp.edge.problems import Problem
from ecp.kube.times import rfc3339
from ecp.orchestrator.alerts import expression, judging, limits, looking, model, wording
from ecp.orchestrator.alerts.reaching import check_route
from ecp.orchestrator.ports import House, Storage
from ecp.orchestrator.records import Alert, AlertRoute, CustomRule, Tenant
from ecp.slo.burn import MONTH_TIERS
from ecp.slo.objective import Objective
from ecp.slo.slots import SLOT_SECONDS
from ecp.slo.windows import instant
from ecp.texts import Language, is_key, text

_MONTH_S = 30 * 86_400
_DAY_SLOTS = 86_400 // SLOT_SECONDS


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
        await check_route(storage, row)
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
