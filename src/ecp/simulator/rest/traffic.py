"""What is asked of a tenant over a day, and what would become of it under another load.

Both follow from the cluster's own model of demand and queues, and change nothing in it.
"""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from ecp.edge.problems import Problem
from ecp.kube.durations import InvalidDuration, parse
from ecp.kube.times import rfc3339
from ecp.sim.requests import Request as Wish
from ecp.sim.traffic.demand import Curve
from ecp.sim.traffic.model import MILLION, Result
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, Strict, clock_json, instant
from ecp.simulator.rest.tenants import metrics_json, require_tenant
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES

router = APIRouter(prefix="/api/v1/clusters/{name}/tenants/{tenant}", tags=["traffic"])

_MOST_POINTS = 400
_MOST_LOADS = 40
_GREATEST = 64.0
_HALVINGS = 10

Times = Annotated[float, Query(ge=0, le=_GREATEST)]
Word = Annotated[str, StringConstraints(max_length=64)]


class Load(Strict):
    """Units that ask, by profile, where these are not the contracted ones; {} = the contracted."""

    load: dict[Word, Annotated[int, Field(ge=0, le=100_000)]] = Field(examples=[{"callbot": 14}])


@router.get("/demand")
async def get_demand(
    name: str,
    tenant: str,
    found: Clusters,
    since: Annotated[str, Query(alias="from", description="an instant; default: now")] = "",
    duration: Annotated[str, Query(description="how long from there on")] = "24h",
    points: Annotated[int, Query(ge=2, le=_MOST_POINTS)] = 97,
) -> dict[str, Any]:
    """Return what a tenant's customers ask for, profile by profile: sessions that begin, sessions
    held, requests per second, and what makes it more or less than on a plain weekday."""
    hosted = found.require(name)
    hosted.catch_up()
    followed = require_tenant(hosted, tenant)
    now = hosted.cluster.now
    first = instant(since) if since else now
    try:
        length = parse(duration)
    except InvalidDuration as error:
        raise Problem(422, "INVALID_DURATION", "duration.bad", value=duration) from error
    step = max(length // (points - 1), 1)
    at = [first + step * number for number in range(points)]
    asking, contracted = followed.asking(), dict(followed.demand or ())
    rows = []
    for kind, curve in hosted.cluster.flows.curves(tenant).items():
        rows.append({
            "profile": kind,
            "units": asking.get(kind, 0),
            "contracted_units": contracted.get(kind, 0),
            "points": await _points(curve, at),
            "now": _offer(curve, now),
            "reasons": [reason.to_json() for reason in curve.reasons(now)],
        })  # fmt: skip
    return {
        "tenant": tenant,
        "cluster": name,
        "from": rfc3339(first),
        "step_seconds": step / 1e9,
        "at": [rfc3339(one) for one in at],
        "profiles": rows,
        "shape": followed.shaping(),
        "clock": clock_json(hosted),
        "evidence": "simulated",
    }


async def _points(curve: Curve, at: list[int]) -> list[dict[str, float]]:
    found = []
    for number, one in enumerate(at):
        if number % 24 == 23:
            await asyncio.sleep(0)
        found.append(_offer(curve, one))
    return found


def _offer(curve: Curve, at: int) -> dict[str, float]:
    offer = curve.offer(at)
    begun, _ = curve.begun(offer)
    return {
        "sessions_per_second": round(begun, 6),
        "held": round(offer.held, 3),
        "requests_per_second": round(offer.rate, 4),
    }


@router.put("/load")
async def set_load(name: str, tenant: str, wanted: Load, found: Clusters) -> dict[str, Any]:
    """Let other numbers of units ask from the next slot on; all else that is said of the tenant
    stays. It holds until the tenant is followed anew, as by its next deploy."""
    hosted = found.require(name)
    hosted.catch_up()
    followed = require_tenant(hosted, tenant)
    known = followed.asking()
    unknown = sorted(set(wanted.load) - set(known))
    if unknown:
        raise Problem(
            422, "UNKNOWN_PROFILE", "traffic.unknown-profile",
            profile=unknown[0][:64], known=", ".join(sorted(known)) or "-",
        )  # fmt: skip
    cluster = hosted.cluster
    body = {
        "namespace": followed.namespace,
        "demand": None if followed.demand is None else dict(followed.demand),
        "load": wanted.load or None,
        "shape": followed.shaping(),
        "slo": dict(followed.objective),
        "failure_scenarios": followed.failures,
        "failure_rates": cluster.background.given(tenant),
        **cluster.accounts.ledger(tenant).calendar.plain,
    }
    await hosted.submit(Wish("track", "tenants", name=tenant, body=body))
    return {"tenant": tenant, "load": wanted.load, "demand": body["demand"]}


@router.get("/what-if")
async def what_if(
    name: str,
    tenant: str,
    found: Clusters,
    times: Annotated[
        list[Times],
        Query(max_length=_MOST_LOADS, description="so many times as many customers as now"),
    ] = [1.0],  # noqa: B006 - FastAPI copies it
) -> dict[str, Any]:
    """Say what a tenant's requests would meet now under other loads, by the model that the cluster
    itself runs on: pods as they are, no autoscaler yet, as when a fault `traffic_surge` begins.

    `holds_up_to` is the greatest load, of what there is now, at which none of the workloads that
    customers call is down; null where one is down already, or none is by so much as 64 times.
    """
    hosted = found.require(name)
    hosted.catch_up()
    require_tenant(hosted, tenant)
    if not hosted.cluster.flows.imagined(tenant, 1.0):
        raise Problem(409, "TRAFFIC_UNSEEN", "traffic.unseen", tenant=tenant)
    rows = []
    for one in times:
        rows.append({"times": one, **_met(hosted.cluster.flows.imagined(tenant, one))})
        await asyncio.sleep(0)
    return {
        "tenant": tenant,
        "cluster": name,
        "loads": rows,
        "holds_up_to": await _holds(hosted, tenant),
        "clock": clock_json(hosted),
        "evidence": "computed",
    }


async def _holds(hosted: HostedCluster, tenant: str) -> float | None:
    """Return by halving the greatest load that is served, to a thousandth of the range."""

    def served(times: float) -> bool:
        found = hosted.cluster.flows.imagined(tenant, times)
        return all(result.state != "D" for result in found if result.entry)

    low, high = 1.0, _GREATEST
    if not served(low) or served(high):
        return None
    for _ in range(_HALVINGS):
        await asyncio.sleep(0)
        middle = (low * high) ** 0.5
        low, high = (middle, high) if served(middle) else (low, middle)
    return round(low, 2)


def _met(results: tuple[Result, ...]) -> dict[str, Any]:
    entries = [result for result in results if result.entry]
    worst = max((r for r in results if r.modelled), key=lambda r: r.busy, default=None)
    return {
        "state": "down" if any(result.state == "D" for result in entries) else "up",
        "metrics": metrics_json(results),
        "busiest": None if worst is None else worst.name,
        "workloads": [_workload(result) for result in results if result.modelled],
    }


def _workload(result: Result) -> dict[str, Any]:
    """Return what a workload's callers meet, and how far it is used up."""
    return {
        "name": result.name,
        "entry": result.entry,
        "state": STATE_NAMES[result.state],
        "pods": result.pods,
        "requests_per_second": round(result.offered / MILLION / SLOT_SECONDS, 3),
        "response_time_ms": result.p95,
        "error_percent": round(result.bad / 10_000, 3),
        "busy_percent": round(result.busy / 10_000, 2),
        "queue": result.queue / 1000,
        "retries_percent": round(result.again / 10_000, 2),
        "cpu_percent": round(100 * result.cpu / result.cpu_limit, 2) if result.cpu_limit else None,
        "failing": [
            {"how": share.kind, "percent": round(share.ppm / 10_000, 3),
             "reason": share.seen.reason or share.kind, "calls": share.via or None}
            for share in result.shares[:4]
        ],
    }  # fmt: skip
