"""Why a slot was as it was: fault, rollout or load → pods → endpoints → requests."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request

from ecp.edge.problems import Problem, language
from ecp.kube.durations import parse
from ecp.kube.times import rfc3339
from ecp.rehearsal.troubles import reason_text
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults.background import BACKGROUND
from ecp.sim.telemetry.ledger import Told, chain, entries, state_of
from ecp.sim.telemetry.minutes import kind_of
from ecp.sim.traffic.doors import RELEASE
from ecp.sim.traffic.model import MILLION, Result, Seen, Share
from ecp.simulator.rest.clusters import Clusters, instant
from ecp.simulator.rest.tenants import require_history
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES
from ecp.texts import Language, text, took
from ecp.workloads.shapes import Reason

router = APIRouter(prefix="/api/v1/clusters/{name}/tenants", tags=["tenants"])

# Failures that no pod of the last workload makes: its calls do not get anywhere.
_OF_CALLS = (
    "no-such-name",
    "no-such-port",
    "no-service",
    "policy-ingress",
    "policy-egress",
    "policy-dns",
    "name-lost",
    "name-slow",
    "parted",
)


class _Step(NamedTuple):
    """A workload on the way, and the largest share of its requests that fails."""

    result: Result
    share: Share


@router.get("/{tenant}/why")
async def why(
    name: str,
    tenant: str,
    found: Clusters,
    request: Request,
    slot: Annotated[
        str, Query(description="an instant, RFC 3339", examples=["2026-01-05T10:00:00Z"])
    ],
) -> dict[str, Any]:
    """Say what a slot's requests met: fault, rollout or load → pods → endpoints → requests."""
    hosted = found.require(name)
    hosted.catch_up()
    require_history(hosted, tenant)
    at = instant(slot) // (SLOT_SECONDS * SECOND)
    cluster = hosted.cluster
    cluster.flows.close()
    ledger = cluster.accounts.ledgers.get(tenant)
    told = None if ledger is None else ledger.told(at)
    if told is None or told.results is None:
        first = ledger.start if ledger is not None else None
        last = ledger.end if ledger is not None else None
        raise Problem(
            404,
            "SLOT_NOT_FOUND",
            "followed.no-slot",
            slot=slot,
            first="-" if first is None else _at(first),
            last="-" if last is None else _at(last),
        )
    return explained(cluster, tenant, at, told, language(request))


def explained(
    cluster: Cluster, tenant: str, slot: int, told: Told, spoken: Language
) -> dict[str, Any]:
    """Explain a slot (its number) of which *told* is said.

    `chain` are the workloads from the entry that is worst off to where its requests fail, `links`
    the four levels from the cause to the requests, each with a sentence. Both are empty, and
    `cause` null, only where no request failed. `demand` says by profile what made more or fewer
    customers ask than on a plain weekday.
    """
    results = told.results or ()
    demand = cluster.flows.reasons(tenant, slot * SLOT_SECONDS * SECOND)
    steps = [_Step(*step) for step in chain(results)]
    if not steps and told.whole == "D":
        steps = [_Step(_nothing(tenant), _NOTHING_RUNS)]
    if told.whole == "N":
        return _unknown(cluster, tenant, slot, results, spoken)
    cause = _cause(cluster, steps, spoken)
    if cause is not None and cause["kind"] == "load":
        sort, full = _load(steps[-1], results)
        values = {"workload": full.name, "percent": f"{full.busy / 10_000:.0f}"}
        cause = {**cause, "text": text(f"followed.why.{sort}", spoken, **values)}
        kind = cluster.flows.kinds(tenant).get(steps[0].result.name) or ""
        if sort != "load-usual":
            cause = _pushed(cause, demand.get(kind, ()), spoken)
    return {
        "tenant": tenant,
        "slot": _at(slot),
        "state": STATE_NAMES[told.whole],
        "requests": _asked(results),
        "demand": {kind: [row.to_json() for row in rows] for kind, rows in demand.items() if rows},
        "chain": [_step(number, step, spoken) for number, step in enumerate(steps, start=1)],
        "links": _links(steps, cause, spoken),
        "cause": cause,
        "sentence": _sentence(steps, cause, spoken),
        "evidence": "simulated",
    }


def _unknown(
    cluster: Cluster, tenant: str, slot: int, results: Sequence[Result], spoken: Language
) -> dict[str, Any]:
    """Explain a slot that nobody measured: who kept it from being measured is all there is."""
    lost = next((result for result in results if result.shares), None)
    steps = [] if lost is None else [_Step(lost, lost.shares[0])]
    cause = _cause(cluster, steps, spoken)
    links = []
    if cause is not None:
        links = [{"level": "cause", "object": cause["id"], "text": cause["text"]}]
    return {
        "tenant": tenant,
        "slot": _at(slot),
        "state": STATE_NAMES["N"],
        "requests": None,
        "chain": [],
        "links": links,
        "cause": cause,
        "sentence": text(
            "followed.why.unknown", spoken, because="-" if cause is None else cause["text"]
        ),
        "evidence": "simulated",
    }


def _at(slot: int) -> str:
    return rfc3339(slot * SLOT_SECONDS * SECOND)


def _asked(results: Sequence[Result]) -> dict[str, Any]:
    found = [result for result in entries(results) if result.entry]
    offered = sum(result.entered for result in found)
    bad = sum(result.entered * result.bad for result in found)
    return {
        "per_second": round(offered / MILLION / SLOT_SECONDS, 3),
        "bad_percent": round(100 * bad / offered / MILLION, 3) if offered else None,
        "probe_ok": state_of(tuple(results)) == "U",
        "excess_per_second": round(sum(r.excess for r in found) / MILLION / SLOT_SECONDS, 3),
        "calls": _called(found),
    }


def _called(found: Sequence[Result]) -> dict[str, float] | None:
    """Return how telephone calls were taken, None where nobody called."""
    calls = sum(result.calls for result in found)
    if not calls:
        return None
    answered = sum(result.calls * result.answered for result in found)
    return {
        "per_second": round(calls / MILLION / SLOT_SECONDS, 3),
        "answer_rate": round(100 * answered / calls / MILLION, 3),
        "cut_off": round(sum(result.cut for result in found) / MILLION, 3),
    }


_NOTHING_RUNS = Share("network", MILLION, Seen("nothing-runs", RELEASE))


def _nothing(tenant: str) -> Result:
    """Stand in for the workloads of a tenant that has none: its requests meet nobody."""
    return Result(tenant, True, False, "D", 0, 0, 0, 0, 0, MILLION, (), 0, 0, 0, 0, 0, 0, 0, 0, ())


def _reason(share: Share) -> str:
    return share.seen.reason or share.kind


def _reason_text(step: _Step, spoken: Language) -> str:
    """Say how requests fail at a step: of a workload that is up, that now and then one does."""
    result, share = step
    rare = share.kind == "overload" and result.state != "D"
    return reason_text("no-server" if rare else _reason(share), spoken)


def _step(number: int, step: _Step, spoken: Language) -> dict[str, Any]:
    result, share = step
    return {
        "step": number,
        "workload": result.name,
        "state": STATE_NAMES[result.state],
        "failed_percent": round(result.bad / 10_000, 3),
        "how": share.kind,
        "share_percent": round(share.ppm / 10_000, 3),
        "reason": _reason(share),
        "text": _reason_text(step, spoken),
        "calls": share.via or None,
        "port": share.seen.port or None,
        "pod": share.seen.pod or None,
        "pods": {"answering": result.pods, "listed": result.listed, "wanted": result.wanted},
        "cause": share.seen.cause or None,
    }


def _cause(cluster: Cluster, steps: Sequence[_Step], spoken: Language) -> dict[str, Any] | None:
    """Return what the failures follow from; the release where nothing came after it."""
    if not steps:
        return None
    cause = steps[-1].share.seen.cause or RELEASE
    found: dict[str, Any] = {"kind": kind_of(cause), "id": cause}
    fault = cluster.faults.find(cause)
    if fault is not None:
        found |= {
            "fault": fault.name,
            "title": fault.row.called(spoken),
            "targets": fault.targets,
            "started_at": None if fault.started is None else rfc3339(fault.started),
            "origin": fault.origin,
        }
    return {**found, "text": _because(found, spoken)}


def _load(last: _Step, results: Sequence[Result]) -> tuple[str, Result]:
    """Return what load comes to where requests fail by nothing else, as the last part of a text's
    key, and the workload whose servers it is about.

    load          more came than it takes: it is down by requests that find no free server
    load-burst    so few find none that it is up: all servers are taken now and then
    load-queue    they are answered too late, since they wait for a free server: there, or at the
                  fullest workload, where no other is to blame
    load-usual    hardly anything waits: the slowest of its usual answers are too late
    """
    result, share = last
    if share.kind == "overload":
        return ("load" if result.state == "D" else "load-burst"), result
    full = max((result, *results), key=lambda one: (one is result and _waits(one), one.busy))
    return ("load-queue" if _waits(full) else "load-usual"), full if _waits(full) else result


def _waits(result: Result) -> bool:
    """Whether its requests wait for servers for a tenth of the time they take, or longer."""
    if not result.offered or not result.mean:
        return False
    # Little's law: those that wait (thousandths) are what comes in a second times how long (ms).
    waiting_ms = result.queue * SLOT_SECONDS * MILLION / result.offered
    return waiting_ms >= result.mean * _LONG_WAIT


_LONG_WAIT = 0.1


def _pushed(cause: dict[str, Any], reasons: Sequence[Reason], spoken: Language) -> dict[str, Any]:
    """Return a load with what of its day and campaigns made it greater."""
    greater = [reason for reason in reasons if reason.factor > 1]
    if not greater:
        return cause
    because = ", ".join(
        text(f"followed.why.{row.kind}", spoken, name=row.called(spoken), factor=f"{row.factor:g}")
        for row in greater
    )
    said = text("followed.why.load-because", spoken, load=cause["text"], because=because)
    return {**cause, "text": said}


def _because(cause: dict[str, Any], spoken: Language) -> str:
    if "title" in cause:
        said = text(
            "followed.why.fault",
            spoken,
            id=cause["id"],
            title=cause["title"],
            targets=", ".join(cause["targets"]) or "-",
        )
        origin = cause["origin"]
        if origin["kind"] != BACKGROUND:
            return said
        return text(
            "followed.why.background",
            spoken,
            fault=said,
            mtbf=took(parse(origin["mtbf"]) / SECOND, spoken),
            subject=text(f"followed.why.per-{origin['per']}", spoken),
        )
    named = cause["kind"] == "rollout" and cause["id"] != RELEASE
    key = "followed.why.request" if named else f"followed.why.{cause['kind']}"
    return text(key, spoken, id=cause["id"])


def _links(
    steps: Sequence[_Step], cause: dict[str, Any] | None, spoken: Language
) -> list[dict[str, Any]]:
    """Return the levels from the cause to the requests, each with its object and a sentence."""
    if not steps or cause is None:
        return []
    entry, (last, share) = steps[0].result, steps[-1]
    counts = {
        "workload": last.name,
        "answering": str(last.pods),
        "listed": str(last.listed),
        "wanted": str(last.wanted),
        "reason": _reason_text(steps[-1], spoken),
        "pod": share.seen.pod,
        "called": share.via,
        "path": _path(steps),
        "entry": entry.name,
        "percent": _percent(steps),
    }
    # Where the call itself ends, nothing is wrong with the caller's pods.
    called = share.kind == "dependency" and _reason(share) in _OF_CALLS
    rows = [
        ("cause", cause["id"], cause["text"]),
        ("pods", share.seen.pod or last.name, "pods-called" if called else "pods"),
        ("endpoints", share.via or last.name, "endpoints-called" if called else "endpoints"),
        ("requests", entry.name, "requests-slow" if _is_slow(steps) else "requests"),
    ]
    return [
        {
            "level": level,
            "object": about,
            "text": said if level == "cause" else text(f"followed.why.{said}", spoken, **counts),
        }
        for level, about, said in rows
    ]


def _is_slow(steps: Sequence[_Step]) -> bool:
    """Tell whether the entry is down by answers that come too late, not by those that fail."""
    return len(steps) == 1 and steps[0].share.kind == "slow"


def _percent(steps: Sequence[_Step]) -> str:
    """Return the share of the entry's requests that the slot is down by."""
    ppm = steps[0].share.ppm if _is_slow(steps) else steps[0].result.bad
    return f"{round(ppm / 10_000, 2):g}" if ppm >= _LEAST_PPM or not ppm else "<0.01"


_LEAST_PPM = 100  # what two digits of a percent show


def _path(steps: Sequence[_Step]) -> str:
    """Name the workloads on the way, and whom the last one called where that is none of them."""
    names = [step.result.name for step in steps]
    share = steps[-1].share
    if share.kind == "dependency" and share.via and share.via not in names:
        names.append(share.via)
    return " → ".join(names)


def _sentence(steps: Sequence[_Step], cause: dict[str, Any] | None, spoken: Language) -> str:
    """Say the chain in one line."""
    if not steps or cause is None:
        return text("followed.why.nothing", spoken)
    last, _ = steps[-1]
    return text(
        "followed.why.chain-slow" if _is_slow(steps) else "followed.why.chain",
        spoken,
        path=_path(steps),
        workload=last.name,
        reason=_reason_text(steps[-1], spoken),
        answering=str(last.pods),
        listed=str(last.listed),
        percent=_percent(steps),
        because=cause["text"],
    )
