"""Maintenance and contract of a tenant whose cluster keeps neither: they are kept with the tenant.

What a simulated cluster keeps by itself, a real one is not told: windows are an option of the
tenant, and what they mean for its slots is computed as in the simulator (`slo.announced`,
`slo.contract`). Instants are of the wall clock.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from ecp.edge.instants import read_instant
from ecp.edge.problems import Problem, reader_language
from ecp.kube.times import rfc3339
from ecp.orchestrator.ports import House
from ecp.orchestrator.records import CONTRACT, WINDOWS, Mode, Tenant
from ecp.slo import announced
from ecp.slo.announced import NotAnnounced
from ecp.slo.contract import WHOLE, Contract
from ecp.slo.errors import InputError
from ecp.slo.hours import NEVER
from ecp.slo.maintenance import Maintenance, MaintenancePlan, plan
from ecp.slo.probing import Duty
from ecp.slo.slots import slots_covered

_SECOND: Final = 1_000_000_000


def contract_of(tenant: Tenant) -> Contract:
    """Return what is agreed with a tenant about time.

    What cannot be read is as if it had not been agreed: `checked` refuses it before it is kept.
    """
    agreed = tenant.options.get(CONTRACT) or {}
    try:
        return Contract.read({**agreed, "demand": dict(tenant.requirements)})
    except InputError:
        return Contract()


def windows_of(tenant: Tenant) -> tuple[Maintenance, ...]:
    """Return the windows that were announced for a tenant, in the order of their making."""
    kept = (tenant.options.get(WINDOWS) or {}).get("windows") or ()
    return tuple(Maintenance(**{**row, "services": tuple(row["services"])}) for row in kept)


def duty_of(tenant: Tenant, service: str) -> Duty:
    """Return when a service ("" = the tenant) is on duty and when maintained, as agreed."""
    agreed = contract_of(tenant)
    planned = plan(windows_of(tenant), service, agreed.terms).planned
    if tenant.wanted == "stopped":
        return Duty(NEVER, agreed.timezone, planned)
    # Of the tenant itself nothing is said beside its services: their hours are its own.
    hours = agreed.of(service) if service else None
    named = None if hours is None or hours.always else hours
    return Duty(named, agreed.timezone, planned)


def told(tenant: Tenant) -> dict[str, Any]:
    """Return what a ledger tells with its minutes: promise, contract, windows, corrections."""
    agreed = contract_of(tenant)
    windows = windows_of(tenant)
    corrections = plan(windows, WHOLE, agreed.terms).corrections
    return {
        "slo": {"target_ppm": tenant.target_ppm},
        "timezone": agreed.timezone,
        "corrections": [[span.start, span.end] for span in corrections],
        "agreed": {
            "service_hours": (tenant.options.get(CONTRACT) or {}).get("service_hours"),
            "notice_seconds": agreed.terms.notice,
            "monthly_cap_seconds": agreed.terms.monthly_cap,
            "windows": [asdict(window) for window in windows],
        },
    }


async def maintenance(
    house: House,
    mode: Mode,
    tenant_id: str,
    method: str,
    window: str = "",
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """List, announce or take back windows of maintenance. Raises Problem.

    What of a window is over stays: a minute that is closed is never said again.
    """
    storage = await house.storage(mode)
    now = house.now() // _SECOND
    if method == "GET":
        return _listed(await _tenant(house, mode, tenant_id), now)
    try:
        async with house.locked(mode, tenant_id):
            tenant = await _tenant(house, mode, tenant_id)
            if method == "POST":
                changed, made = _announced(tenant, body or {}, now)
                said = _shown(changed, made, now)
            else:
                changed, left = _taken_back(tenant, window, now)
                said = {"id": window, "removed": left is None}
                said |= {} if left is None else {"window": _shown(changed, left, now)}
            await storage.change_tenant(changed)
    except NotAnnounced as error:
        raise Problem(error.status, error.code, error.key, **error.values) from error
    # Who measures learns of it at the next slot.
    await house.simulator(mode).track(tenant_id, {})
    return said


async def _tenant(house: House, mode: Mode, tenant_id: str) -> Tenant:
    found = await (await house.storage(mode)).tenant(tenant_id)
    if found is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    return found


def _announced(tenant: Tenant, body: Mapping[str, Any], now: int) -> tuple[Tenant, Maintenance]:
    known, zone = windows_of(tenant), contract_of(tenant).timezone
    start, end = _second(body["start"]), _second(body["end"])
    rrule = body.get("rrule") or ""
    retroactive = bool(body.get("retroactive"))
    announced.check(
        known, start=start, end=end, retroactive=retroactive, rrule=rrule, timezone=zone, now=now
    )
    number = int((tenant.options.get(WINDOWS) or {}).get("made", 0)) + 1
    made = Maintenance(
        f"m{number}",
        start,
        end,
        now,
        str(body.get("approved_by", "")),
        str(body["reason"]),
        tuple(body.get("services") or ()),
        retroactive,
        rrule,
        zone,
    )
    return _keeping(tenant, (*known, made), number), made


def _taken_back(tenant: Tenant, window: str, now: int) -> tuple[Tenant, Maintenance | None]:
    known = windows_of(tenant)
    left = announced.revoked(announced.revocable(known, window, now), now)
    rows = [left if row.id == window else row for row in known]
    number = int((tenant.options.get(WINDOWS) or {}).get("made", 0))
    return _keeping(tenant, tuple(row for row in rows if row is not None), number), left


def _keeping(tenant: Tenant, windows: tuple[Maintenance, ...], made: int) -> Tenant:
    kept = {"made": made, "windows": [asdict(window) for window in windows]}
    return replace(tenant, options={**tenant.options, WINDOWS: kept})


def _listed(tenant: Tenant, now: int) -> dict[str, Any]:
    terms = contract_of(tenant).terms
    windows = sorted(windows_of(tenant), key=lambda window: (window.start, window.id))
    return {
        "tenant": tenant.tenant_id,
        "terms": {
            "notice_seconds": terms.notice,
            "monthly_cap_seconds": terms.monthly_cap,
            "timezone": terms.timezone,
        },
        "windows": [_shown(tenant, window, now) for window in windows],
        "clock": {"basis": "wall", "speed": 1, "now": rfc3339(now * _SECOND)},
    }


def _shown(tenant: Tenant, window: Maintenance, now: int) -> dict[str, Any]:
    terms = contract_of(tenant).terms
    plans = partial(_plan, tenant)
    return announced.shown(plans, terms, window, now, reader_language())


def _plan(tenant: Tenant, service: str) -> MaintenancePlan:
    return plan(windows_of(tenant), service, contract_of(tenant).terms)


def _second(value: object) -> int:
    try:
        return read_instant(str(value)) // _SECOND
    except ValueError as error:
        raise Problem(422, "INVALID_INSTANT", "instant.bad", value=value) from error


def maintained_at(tenant: Tenant, slot: int) -> bool:
    """Whether planned maintenance of the whole tenant covers a slot."""
    terms = contract_of(tenant).terms
    spans = slots_covered(plan(windows_of(tenant), WHOLE, terms).planned)
    return any(span.start <= slot < span.end for span in spans)
