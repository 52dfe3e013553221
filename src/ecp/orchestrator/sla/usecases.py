"""A tenant's levels as the cluster's ledger has them."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecp.edge.instants import read_instant
from ecp.edge.problems import Problem
from ecp.kube.times import rfc3339
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Storage
from ecp.orchestrator.records import CONTRACT, Mode, Release, Tenant
from ecp.orchestrator.sla import announcing
from ecp.orchestrator.sla.model import (
    CALENDAR_MONTH,
    TIMEZONE,
    evidence_of,
    followed,
    is_period,
    kept_report,
    levels_report,
    month_at,
    nothing_known,
    window_at,
)
from ecp.orchestrator.sla.naming import titles
from ecp.orchestrator.sla.printing import ToPrint, made, minutes_by_service
from ecp.slo.agreed import Credits
from ecp.slo.errors import InputError, SloError
from ecp.slo.levels import Level
from ecp.slo.printed.pack import FORMS
from ecp.slo.report import Evidence
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.slots import Span, slot_of_ns
from ecp.slo.windows import Window, instant
from ecp.texts import Language

_PATIENCE_S = 5.0
"""A simulator that does not answer within this is as good as away."""

_GUIDE = (
    "current_sla",
    "target_sla",
    "status",
    "uptime_percentage",
    "failure_count",
    "recovery_time_avg",
)


async def deployed(storage: Storage, tenant_id: str) -> tuple[Tenant, Release]:
    """Return a tenant and its release. Raises Problem 404, or 409 where nothing is deployed."""
    tenant = await storage.tenant(tenant_id)
    if tenant is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    release = await storage.last_release(tenant_id)
    if release is None:
        raise Problem(409, "NOT_DEPLOYED", "release.none", tenant=tenant_id)
    return tenant, release


async def analysis(house: House, mode: Mode, tenant_id: str, period: str) -> dict[str, Any]:
    """Return the guide's SLA analysis and what stands behind it.

    From the simulator up to now; while it is away from the minutes that are kept, up to the last
    of them: what comes later is not known yet (the simulated cluster's slots are caught up).
    """
    if not is_period(period):
        raise Problem(422, "INVALID_PERIOD", "period.bad", value=period)
    storage = await house.storage(mode)
    tenant, _ = await deployed(storage, tenant_id)
    if house.target(mode).real:
        # What the prober saw is kept here and nowhere else.
        return await kept(storage, tenant, period, rfc3339(house.now()), "measured")
    try:
        async with asyncio.timeout(_PATIENCE_S):
            found = await house.simulator(mode).sla(tenant_id, period)
    except (ClusterUnreachable, TimeoutError):
        return await kept(storage, tenant, period, rfc3339(house.now()))
    except ClusterRefused as error:
        raise _refused(tenant_id, error) from error
    missing = [name for name in _GUIDE if name not in found]
    if missing:
        raise Problem(
            502,
            "MONITORING_UNAVAILABLE",
            "cluster.no-figures",
            tenant=tenant_id,
            message=", ".join(missing),
        )
    until = (found.get("window") or {}).get("to")
    return {
        **found,
        "tenant_id": tenant_id,
        "period": period,
        "known_until": until,
        "source": "simulator",
    }


async def kept(
    storage: Storage,
    tenant: Tenant,
    period: str,
    wall_time: str,
    evidence: Evidence = "simulated",
) -> dict[str, Any]:
    """Return the analysis of a period that ends with the last kept minute.

    Minutes of another evidence than is wanted are of another cluster: of this one nothing is known.
    """
    known = await storage.levels.known(tenant.tenant_id)
    _, facts = await storage.kept(tenant.tenant_id)
    if known is None or evidence_of(facts) != evidence:
        return nothing_known(tenant, period, evidence)
    if evidence == "measured":
        facts |= announcing.told(tenant)
    window = window_at(period, known[1], facts)
    minutes = (await minutes_by_service(storage, tenant.tenant_id, window, "")).get("")
    if not minutes:
        return nothing_known(tenant, period, evidence)
    return kept_report(tenant, minutes, window, facts, wall_time)


async def statement(
    house: House,
    mode: Mode,
    tenant_id: str,
    *,
    month: str | None,
    period: str | None,
    span: tuple[str | None, str | None] | None = None,
    form: str,
    language: Language,
) -> tuple[bytes, str]:
    """Return the statement of a month, period or span in a form, and the name of its file.

    It is made of the minutes that are kept, with what is agreed now. Raises Problem.
    """
    if sum(one is not None for one in (month, period, span)) > 1:
        raise Problem(422, "INVALID_PERIOD", "statement.one-period")
    if period is not None and not is_period(period):
        raise Problem(422, "INVALID_PERIOD", "period.bad", value=period)
    storage = await house.storage(mode)
    tenant, release = await deployed(storage, tenant_id)
    known = await storage.levels.known(tenant_id)
    if known is None:
        raise Problem(409, "NOTHING_KEPT", "statement.nothing-kept", tenant=tenant_id)
    facts = await facts_now(house, mode, storage, tenant_id)
    end = known[1]
    called = month or period or CALENDAR_MONTH
    if span is not None:
        window = _between(span, end, facts)
        called = "-".join(instant(at).replace(":", "") for at in (window.start, window.end))
    elif month is None:
        window = window_at(called, end, facts)
    else:
        asked = month_at(month, end, facts)
        if asked is None:
            raise Problem(422, "INVALID_PERIOD", "statement.bad-month", value=month)
        window = asked
    sums = await service_sums(house, mode, storage, tenant_id, window, facts)
    causes = await titles(house, mode, tenant.namespace)
    asked_for = ToPrint(tenant, release, window, facts, form, (language,), sums, causes)
    try:
        found = await made(storage, asked_for, Span(*known))
    except SloError as error:
        raise Problem(409, "STATEMENT_IMPOSSIBLE", "maintenance.said", message=error) from error
    if found is None:
        raise Problem(
            409, "NOTHING_KEPT", "statement.not-of-then", tenant=tenant_id, until=instant(end)
        )
    return found.files[language], f"{tenant_id}-{called}.{FORMS[form].suffix}"


def _between(span: tuple[str | None, str | None], end: int, facts: Mapping[str, Any]) -> Window:
    """Return the window of a span in whole minutes, as far as slot *end*. Raises Problem 422."""
    edges = []
    for given in span:
        at = end if given is None else _slot(given)
        edges.append(min(at, end) // MINUTE_SLOTS * MINUTE_SLOTS)
    first, after = edges
    if span[0] is None or first >= after:
        raise Problem(422, "INVALID_PERIOD", "statement.bad-span", until=instant(end))
    zone = facts.get("timezone") or TIMEZONE
    label = f"{instant(first)}/{instant(after)}"
    return Window(first, after, after, label=label, timezone=zone)


def _slot(given: str) -> int:
    # Without its offset, an edge of a contract's period could be meant in the contract's zone.
    try:
        return slot_of_ns(read_instant(given, with_offset=True))
    except ValueError as error:
        raise Problem(422, "INVALID_PERIOD", "statement.bad-instant", value=given) from error


async def levels(
    house: House,
    mode: Mode,
    tenant_id: str,
    *,
    month: str | None,
    period: str,
    span: tuple[str | None, str | None] | None = None,
) -> dict[str, Any]:
    """Return the sums of a period that ends with the last kept minute, of a month or a span.

    Minutes answer for 90 days, whole hours for 25 months. Raises Problem.
    """
    if month is not None and span is not None:
        raise Problem(422, "INVALID_PERIOD", "statement.one-period")
    if not is_period(period):
        raise Problem(422, "INVALID_PERIOD", "period.bad", value=period)
    storage = await house.storage(mode)
    tenant, _ = await deployed(storage, tenant_id)
    known = await storage.levels.known(tenant_id)
    if known is None:
        raise Problem(409, "NOTHING_KEPT", "statement.nothing-kept", tenant=tenant_id)
    _, facts = await storage.kept(tenant_id)
    window = window_at(period, known[1], facts)
    if month is not None:
        asked = month_at(month, known[1], facts)
        if asked is None:
            raise Problem(422, "INVALID_PERIOD", "statement.bad-month", value=month)
        window = asked
    if span is not None:
        window = _between(span, known[1], facts)
    sums = await storage.levels.levels(tenant_id, _whole(window), window.end)
    source: str | None = "kept minutes"
    if not house.target(mode).real and not any(sums):
        told = await _told_sums(house, mode, tenant_id, window, known, facts)
        source = None if told is None else "simulator"
        sums |= told or {}
    return levels_report(tenant, window, sums, facts, source)


async def service_sums(
    house: House,
    mode: Mode,
    storage: Storage,
    tenant_id: str,
    window: Window,
    facts: Mapping[str, Any],
) -> dict[str, Level]:
    """Return the sums of services of which no minutes are kept; none of those that are kept, and
    while nobody can say them."""
    known = await storage.levels.known(tenant_id)
    if known is None or evidence_of(facts) == "measured":
        return {}
    if any(await storage.levels.levels(tenant_id, _whole(window), window.end)):
        return {}
    return await _told_sums(house, mode, tenant_id, window, known, facts) or {}


async def _told_sums(
    house: House,
    mode: Mode,
    tenant_id: str,
    window: Window,
    known: tuple[int, int],
    facts: Mapping[str, Any],
) -> dict[str, Level] | None:
    """Return the services' sums of a window as the simulator has them; None: it cannot say."""
    first = _whole(window)
    asked_for = Span(max(first, known[0]), min(window.end, known[1]))
    told = await _services(house, mode, tenant_id, asked_for, facts)
    filled = window.end - first
    return None if told is None else {n: level.filled(filled) for n, level in told.items()}


def _whole(window: Window) -> int:
    """Return the first slot of a window's whole minutes."""
    return -(-window.start // MINUTE_SLOTS) * MINUTE_SLOTS


async def _services(
    house: House, mode: Mode, tenant_id: str, span: Span, facts: Mapping[str, Any]
) -> dict[str, Level] | None:
    """Return the services' sums of kept slots as the simulator's ledger has them.

    None where it cannot say: it is away, or another life of it told the minutes that are kept.
    """
    if span.start >= span.end:
        return {}
    try:
        async with asyncio.timeout(_PATIENCE_S):
            found = await house.simulator(mode).services(tenant_id, *span)
    except (ClusterUnreachable, ClusterRefused, TimeoutError):
        return None
    if found["ledger"] != facts.get("ledger"):
        return None
    return {row["name"]: Level.told(row) for row in found["services"]}


async def facts_now(house: House, mode: Mode, storage: Storage, tenant_id: str) -> dict[str, Any]:
    """Return what is agreed now; while the simulator is away as it was at the last minute."""
    _, known = await storage.kept(tenant_id)
    if evidence_of(known) == "measured" and house.target(mode).real:
        tenant, _ = await deployed(storage, tenant_id)
        return known | announcing.told(tenant)
    since, ledger = await storage.last_minute(tenant_id)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            found = await house.simulator(mode).minutes(tenant_id, since, 1)
    except (ClusterUnreachable, ClusterRefused, TimeoutError):
        return known
    if found.get("ledger") != ledger:
        return known
    return known | {name: found[name] for name in ("slo", "timezone", "agreed") if found.get(name)}


async def maintenance(
    house: House,
    mode: Mode,
    tenant_id: str,
    method: str,
    window: str = "",
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """List, announce or take back windows of maintenance. Raises Problem."""
    await deployed(await house.storage(mode), tenant_id)
    if house.target(mode).real:
        return await announcing.maintenance(house, mode, tenant_id, method, window, body)
    try:
        return await house.simulator(mode).maintenance(method, tenant_id, window, body)
    except ClusterUnreachable as error:
        raise _unreachable(error) from error
    except ClusterRefused as error:
        raise Problem(
            error.code, "MAINTENANCE_REFUSED", "maintenance.said", message=error.message
        ) from error


async def contract(storage: Storage, tenant_id: str) -> dict[str, Any]:
    """Return what is agreed with a tenant about time."""
    found = await storage.tenant(tenant_id)
    if found is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    return dict(found.options.get(CONTRACT) or {})


async def agree(house: House, mode: Mode, tenant_id: str, agreed: dict[str, Any]) -> dict[str, Any]:
    """Keep a contract, once the simulator took it. Raises Problem."""
    async with house.locked(mode, tenant_id):
        storage = await house.storage(mode)
        tenant, release = await deployed(storage, tenant_id)
        try:
            Credits.read(agreed.get("credits"))
            changed = replace(tenant, options={**tenant.options, CONTRACT: agreed})
            wanted = followed(changed, release)
        except InputError as error:
            raise Problem(422, "CONTRACT_REFUSED", "maintenance.said", message=error) from error
        try:
            await house.simulator(mode).track(tenant_id, wanted)
        except ClusterUnreachable as error:
            raise _unreachable(error) from error
        except ClusterRefused as error:
            raise Problem(
                error.code, "CONTRACT_REFUSED", "maintenance.said", message=error.message
            ) from error
        await storage.change_tenant(changed)
    return agreed


async def asked(
    house: House, mode: Mode, tenant_id: str, what: str, detail: str = ""
) -> dict[str, Any]:
    """Ask the simulator about a tenant: its `state` or `why`. Raises Problem."""
    simulator = house.simulator(mode)
    try:
        if what == "why":
            return await simulator.why(tenant_id, detail)
        return await simulator.state(tenant_id)
    except ClusterUnreachable as error:
        raise _unreachable(error) from error
    except ClusterRefused as error:
        raise _refused(tenant_id, error) from error


def _unreachable(error: ClusterUnreachable) -> Problem:
    return Problem(
        503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
    )


def _refused(tenant_id: str, error: ClusterRefused) -> Problem:
    if error.code == 422:
        # What was asked for cannot be, and the simulator says what and why.
        return Problem(422, "INVALID_REQUEST", "maintenance.said", message=error.message)
    return Problem(
        error.code if error.code in (404, 409) else 502,
        "MONITORING_UNAVAILABLE",
        "cluster.no-figures",
        tenant=tenant_id,
        message=error.message,
    )
