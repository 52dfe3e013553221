"""Failures of a tenant over HTTP: the guide's trigger, what came of it, its end."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from ecp.edge.bodies import Body
from ecp.edge.problems import Problem
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.faults import model, usecases
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    House,
    Storage,
    TenantPort,
)
from ecp.orchestrator.records import Mode, Obj, Tenant

router = APIRouter(prefix="/api/v1/simulator/failures", tags=["simulator"])
catalogue = APIRouter(prefix="/api/v1/faults", tags=["simulator"])
Word = Annotated[str, StringConstraints(max_length=200)]
_NOT_SIMULATED = 501


Conditions = Annotated[list[dict[str, Any] | Word], Field(max_length=20)]


class Trigger(Body):
    """A failure to be; only its type is needed."""

    failure_type: Word = Field(examples=["cpu_spike"])
    target: Word | None = Field(
        None,
        description="kind/name or a name; default: chosen by the cluster's seed",
        examples=["stt"],
    )
    duration: Word | None = Field(None, description="default: the failure's own", examples=["5m"])
    parameters: dict[Word, bool | int | Word] = Field(default_factory=dict)
    at: Word | None = Field(None, description="an instant, or +5m from now")
    selector: dict[str, Any] | None = Field(
        None,
        description="in the place of a target: the tenant's pods, or nodes, as Chaos Mesh selects",
        examples=[{"labelSelectors": {"app": "stt"}}],
    )
    mode: Word | None = Field(None, description="one, all, fixed, fixed-percent …")
    value: Word | None = Field(None, description="of the mode", examples=["50"])
    to: Word | None = Field(None, description="the workload at the other end of lines")
    dry_run: bool = Field(False, description="only say what it would hit, pod by pod")
    only_this_tenant: bool = Field(False, description="refused where it would hit others as well")
    max_percent: float | None = Field(
        None, ge=0, le=100, description="of the ready endpoints of a Service that it may hit"
    )
    force: bool | None = Field(None, description="whatever it would hit, and be it unsteady")
    abort: Conditions | None = Field(
        None,
        description="what ends it early: any of these",
        examples=[["availability < 99 for 30s"]],
    )
    steady: Conditions | None = Field(
        None,
        description="what must hold before; it is watched meanwhile, and measured once it is over",
        examples=[["availability >= 99"]],
    )


class Repeat(Trigger):
    """A failure that begins again and again, as a Schedule object of Chaos Mesh."""

    every: Word = Field(
        description="a duration of a minute or more, or a cron line (UTC)",
        examples=["10m", "30 2 * * *"],
    )
    lasts: Word | None = Field(
        None,
        description="for how long it is begun again; default: until it is taken away",
        examples=["2h"],
    )


@catalogue.get("")
async def list_kinds(house: Asked, mode: InMode) -> dict[str, Any]:
    """List the failures that can be triggered: class, target, parameters with bounds, source.

    `background` has the rates of those that come by themselves.
    """
    try:
        return await usecases.kinds(house.simulator(mode))
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error


@router.get("")
async def list_all(
    house: Asked,
    mode: InMode,
    records: Records,
    tenant: Annotated[str, Query(max_length=200, description="those that hit it")] = "",
    under_way: Annotated[bool, Query(description="those that run or are planned")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> dict[str, Any]:
    """List the failures of all tenants, the newest first, injected or by themselves.

    `repeating` is what begins failures again and again, with the next time; `now` the cluster's.
    """
    try:
        return await usecases.everywhere(
            house.simulator(mode), records, tenant_id=tenant, under_way=under_way, limit=limit
        )
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error


@router.post("/{tenant_id}/trigger")
async def trigger(
    tenant_id: str, wanted: Trigger, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Inject a failure into the tenant's part of the cluster, for real: its effects follow.

    `GET …/{injection_id}` shows the proof that it took effect, and the recovery after its end.
    With `dry_run` nothing is injected: the answer says what would be hit, and with `promise` what
    it would take of 30 days' budget if it kept the tenant down for as long as it lasts; what
    remains is of the time that is measured so far, `budget_seconds` of all 30 days.
    """
    tenant = await _released(records, tenant_id)
    namespace = tenant.namespace
    simulator = _simulated(house, mode)
    try:
        row = _row(await simulator.fault_kinds(), wanted.failure_type)
        name = str(row["name"])
        body = model.wish(wanted.model_dump(exclude_none=True), name, namespace)
        if wanted.dry_run:
            reach = await simulator.preview(body)
            promise = await usecases.at_worst(simulator, tenant, body, row)
            said = {"status": "dry_run", "tenant_id": tenant_id, "failure_type": name}
            return {**said, **reach, "promise": promise}
        fault = await simulator.inject(body)
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    return {"status": "success", **_shown(tenant_id, fault)}


@router.post("/{tenant_id}/repeating", status_code=201)
async def repeat(
    tenant_id: str, wanted: Repeat, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Begin a failure of the tenant again and again: a Schedule object does, in its namespace.

    Of bounds an object has none: `max_percent`, `abort`, `steady` are refused.
    """
    tenant = await _released(records, tenant_id)
    simulator = _simulated(house, mode)
    try:
        row = _row(await simulator.fault_kinds(), wanted.failure_type)
        body = model.repeated(wanted.model_dump(exclude_none=True), row, tenant.namespace)
        made = await simulator.repeat(body)
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    return {"tenant_id": tenant_id, "name": made["name"], "kind": made["kind"], **body}


@router.delete("/{tenant_id}/repeating/{name}")
async def stop_repeating(
    tenant_id: str, name: str, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Take it away: it begins no failure any more, and the one that runs ends."""
    namespace = await _namespace(records, tenant_id)
    try:
        await _simulated(house, mode).stop_repeating(namespace, name)
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    return {"tenant_id": tenant_id, "name": name}


@router.get("/{tenant_id}")
async def list_failures(
    tenant_id: str, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """List the failures that hit the tenant, triggered or by themselves, and what was seen.

    `repeating` is what begins them again and again, with the next time.
    """
    namespace = await _namespace(records, tenant_id)
    simulator = house.simulator(mode)
    try:
        found = await simulator.faults(namespace)
        repeating = await simulator.repeating(namespace)
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    return {"tenant_id": tenant_id, "failures": found, "repeating": repeating}


@router.get("/{tenant_id}/{injection_id}")
async def get_failure(
    tenant_id: str, injection_id: str, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Show one failure of the tenant: what it hit, its proof, its recovery."""
    simulator = house.simulator(mode)
    return _shown(tenant_id, await _of_tenant(simulator, records, tenant_id, injection_id))


@router.get("/{tenant_id}/{injection_id}/report")
async def get_failure_report(
    tenant_id: str,
    injection_id: str,
    house: Asked,
    mode: InMode,
    records: Records,
    language: Spoken,
) -> dict[str, Any]:
    """Say what a failure did: figures around it, minutes of budget, alerts, its chain, advice.

    `worst_minute` is of the minutes in which it was felt: until its end, its recovery or the last
    that it took, whichever came last. `recovery` tells the first instant when all was whole again
    from the one since when it stayed so.
    """
    simulator = house.simulator(mode)
    fault = await _of_tenant(simulator, records, tenant_id, injection_id)
    tenant = await _released(records, tenant_id)
    try:
        found = await usecases.report(simulator, records, tenant, fault, language)
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    return {"tenant_id": tenant_id, **found}


@router.delete("/{tenant_id}/{injection_id}")
async def stop_failure(
    tenant_id: str, injection_id: str, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """End a failure of the tenant before its time."""
    simulator = _simulated(house, mode)
    await _of_tenant(simulator, records, tenant_id, injection_id)
    try:
        fault = await simulator.end_fault(injection_id)
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    return _shown(tenant_id, fault)


@router.delete("/{tenant_id}")
async def stop_all_of_tenant(
    tenant_id: str, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """The kill switch for one tenant: end what hits it, drop what is planned for it, pause the
    chaos objects in its namespace. Failures that come by themselves go on coming."""
    namespace = await _namespace(records, tenant_id)
    return {"tenant_id": tenant_id, **await _halted(_simulated(house, mode), namespace)}


@router.delete("")
async def stop_all(house: Asked, mode: InMode) -> dict[str, Any]:
    """The kill switch: end every failure of every tenant, and pause all chaos objects."""
    return await _halted(_simulated(house, mode), "")


def _row(rows: Sequence[Obj], failure_type: str) -> Obj:
    """Return the row of the catalogue that is meant. Raises Problem 422."""
    types = model.known(rows)
    name = model.chosen(failure_type, types)
    if name is None:
        raise Problem(
            422,
            "UNKNOWN_FAILURE_TYPE",
            "failure.unknown",
            details=[{"failure_types": types}],
            value=failure_type,
            known=", ".join(types),
        )
    return next(row for row in rows if row["name"] == name)


def _simulated(house: House, mode: Mode) -> TenantPort:
    """Return the simulator; a real cluster is disturbed by nobody. Raises Problem."""
    target = house.target(mode)
    if target.real:
        raise Problem(409, "TARGET_NOT_DISTURBED", "target.no-faults", name=target.name or "-")
    return house.simulator(mode)


async def _halted(simulator: TenantPort, namespace: str) -> dict[str, Any]:
    try:
        found = await simulator.halt(namespace)
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    return {"status": "success", "stopped": found["faults"], "paused": found["objects"]}


def _shown(tenant_id: str, fault: Obj) -> dict[str, Any]:
    return {
        "injection_id": fault["id"],
        "failure_id": fault["id"],
        "failure_type": fault["fault"],
        "tenant_id": tenant_id,
        "targets": fault["targets"],
        "expected_effect": fault["expected_effect"],
        "verdict": fault["verdict"],
        "recovery_seconds": fault["recovery_seconds"],
        "failure": fault,
    }


async def _of_tenant(
    simulator: TenantPort, records: Storage, tenant_id: str, injection_id: str
) -> Obj:
    """Return a failure that hit the tenant. Raises Problem 404."""
    namespace = await _namespace(records, tenant_id)
    try:
        rows = await simulator.faults(namespace)
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    found = next((row for row in rows if row["id"] == injection_id), None)
    if found is None:
        known = ", ".join(str(row["id"]) for row in rows) or "-"
        raise Problem(404, "FAULT_NOT_FOUND", "fault.not-found", id=injection_id, known=known)
    return found


async def _namespace(records: Storage, tenant_id: str) -> str:
    return (await _released(records, tenant_id)).namespace


async def _released(records: Storage, tenant_id: str) -> Tenant:
    """Return a tenant that was deployed. Raises Problem 404, 409."""
    tenant = await records.tenant(tenant_id)
    if tenant is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    if await records.last_release(tenant_id) is None:
        raise Problem(409, "NOT_DEPLOYED", "release.none", tenant=tenant_id)
    return tenant


def _problem(error: ClusterUnreachable | ClusterRefused) -> Problem:
    if isinstance(error, ClusterUnreachable):
        return Problem(
            503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
        )
    if error.code == _NOT_SIMULATED:
        return Problem(409, "REAL_CLUSTER", "fault.real-cluster")
    status = error.code if error.code in (404, 409, 422) else 502
    return Problem(
        status,
        "FAULT_REFUSED",
        "cluster.refused",
        details=[{"target": one} for one in error.choices],
        number=error.code,
        message=error.message,
    )
