"""A tenant's figures over a range: from the spans of equal slots, so that 30 days cost little."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ecp.kube.times import rfc3339
from ecp.sim.engine.engine import SECOND
from ecp.sim.telemetry.ledger import Told
from ecp.sim.traffic.model import Result
from ecp.simulator.rest.clusters import Clusters, clock_json, instant
from ecp.simulator.rest.recent import METRICS
from ecp.simulator.rest.tenants import metrics_json, require_history
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES

router = APIRouter(prefix="/api/v1/clusters/{name}/tenants/{tenant}", tags=["tenants"])

_PIECE = 100
"""Spans that are summed before others are served: 3 ms."""
_HOUR_SLOTS = 3600 // SLOT_SECONDS
_MOST_POINTS = 600

Row = dict[str, float]


@router.get("/series")
async def get_series(
    name: str,
    tenant: str,
    found: Clusters,
    since: Annotated[
        str, Query(alias="from", description="an instant, RFC 3339; default: an hour before `to`")
    ] = "",
    to: Annotated[str, Query(description="an instant, RFC 3339; default: now")] = "",
    points: Annotated[int, Query(ge=1, le=_MOST_POINTS)] = 240,
    workload: Annotated[str, Query(description="one workload; default: the tenant")] = "",
) -> dict[str, Any]:
    """Return means of the five figures, the worst response time, seconds down, replicas and queue,
    in at most so many equal steps; null where nothing is known."""
    hosted = found.require(name)
    hosted.catch_up()
    require_history(hosted, tenant)
    hosted.cluster.flows.close()
    ledger = hosted.cluster.accounts.ledgers.get(tenant)
    start, end = (None, None) if ledger is None else (ledger.start, ledger.end)
    now = hosted.cluster.now // SECOND // SLOT_SECONDS
    last = min(instant(to) // SECOND // SLOT_SECONDS if to else now, end or now)
    first = instant(since) // SECOND // SLOT_SECONDS if since else last - _HOUR_SLOTS
    first = min(max(first, start or first), last)
    step = max(1, -(-(last - first) // points))
    sums: list[Row] = [{} for _ in range(-(-(last - first) // step))]
    pieces = [] if ledger is None or last <= first else list(ledger.said(first, last))
    for number, (begin, after, told) in enumerate(pieces):
        if number % _PIECE == _PIECE - 1:
            await asyncio.sleep(0)
        row = _figures(told, workload)
        for place in range((begin - first) // step, (after - 1 - first) // step + 1):
            low = first + place * step
            _add(sums[place], row, min(after, low + step) - max(begin, low))
    return {
        "tenant": tenant,
        "cluster": name,
        "from": _at(first),
        "to": _at(last),
        "step_seconds": step * SLOT_SECONDS,
        "since": None if start is None else _at(start),
        "at": [_at(min(first + (place + 1) * step, last)) for place in range(len(sums))],
        **{metric: [_mean(row, metric) for row in sums] for metric in (*METRICS, *_MEANS)},
        "response_time_worst": [row.get("worst") for row in sums],
        "down_seconds": [row.get("down", 0) * SLOT_SECONDS for row in sums],
        "clock": clock_json(hosted),
        "evidence": "simulated",
    }


_MEANS = ("ready", "wanted", "queue")


def _figures(told: Told, workload: str) -> Row:
    """Return what is known of one of so many equal slots."""
    state, results = told.whole, told.results or ()
    if workload:
        results = tuple(result for result in results if result.name == workload)
        state = results[0].state if results else "N"
    row: Row = {"down": 1.0 if STATE_NAMES[state] == "down" else 0.0}
    if not results or state == "N":
        return row
    told_figures = metrics_json(tuple(_entered(results) if workload else results))
    for metric in METRICS:
        if told_figures[metric] is not None:
            row[metric] = told_figures[metric]
    row["ready"] = sum(result.pods for result in results)
    row["wanted"] = sum(result.wanted for result in results)
    row["queue"] = sum(result.queue for result in results) / 1000
    return row


def _entered(results: tuple[Result, ...]) -> tuple[Result, ...]:
    """Let all that a workload is asked count as what enters it."""
    return tuple(result._replace(entry=True, entered=result.offered) for result in results)


def _add(row: Row, figures: Row, slots: int) -> None:
    row["down"] = row.get("down", 0) + figures["down"] * slots
    for metric, value in figures.items():
        if metric != "down":
            row[metric] = row.get(metric, 0) + value * slots
            row[f"n/{metric}"] = row.get(f"n/{metric}", 0) + slots
    if "response_time" in figures:
        row["worst"] = max(row.get("worst", 0), figures["response_time"])


def _mean(row: Row, metric: str) -> float | None:
    return round(row[metric] / row[f"n/{metric}"], 3) if metric in row else None


def _at(slot: int) -> str:
    return rfc3339(slot * SLOT_SECONDS * SECOND)
