"""Faults on a live cluster: what there is, inject, list, end."""

from collections import Counter
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query, Request
from pydantic import Field, StringConstraints

from ecp.edge.problems import Problem, language
from ecp.kube import durations
from ecp.kube.kinds import CRDS
from ecp.kube.times import rfc3339
from ecp.sim.faults import FaultRefused, FaultRow, catalogue, shipped_rates
from ecp.sim.faults import Injected as Fault
from ecp.sim.faults.asks import HALT
from ecp.sim.faults.chaos import definitions
from ecp.sim.requests import Request as Wish
from ecp.sim.store import Obj, Stored
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, Strict, instant
from ecp.texts import Language, text, took

router = APIRouter(prefix="/api/v1", tags=["faults"])

_RESOURCE = "faults"
_MANAGER = "ecp"
_CONFLICTS = ("fault.not-running", "fault.outside", "fault.too-wide", "fault.unsteady")
_SPOKEN: tuple[Language, ...] = ("en", "ko")
_MOST = 1000
_NAMED = 8  # of the newest, where there is none of the name that was asked for
State = Literal["planned", "running", "ended", "failed"]
_STATES: tuple[State, ...] = get_args(State)
Word = Annotated[str, StringConstraints(max_length=400)]


class NewFault(Strict):
    """A fault to be: what, where, for how long, and when (default: now)."""

    fault: Word = Field(examples=["node_down"])
    target: Word | None = Field(None, description="default: chosen by the seed")
    duration: Word | None = Field(None, description="default: the fault's own", examples=["30m"])
    parameters: dict[Word, bool | int | Word] = Field(default_factory=dict)
    namespaces: list[Word] | None = Field(None, description="where it chooses from")
    at: Word | None = Field(None, description="an instant, RFC 3339, or +duration from now")
    selector: dict[str, Any] | None = Field(
        None, description="in the place of a target: pods or nodes, as Chaos Mesh selects them"
    )
    mode: Word | None = Field(None, description="one, all, fixed, fixed-percent …")
    value: Word | None = Field(None, description="of the mode", examples=["50"])
    to: Word | dict[str, Any] | None = Field(
        None, description="the other end of lines: a workload, or a selector with its mode"
    )
    only: list[Word] | None = Field(
        None, description="namespaces that it may hit; refused where it would hit others"
    )
    max_percent: float | None = Field(
        None, ge=0, le=100, description="of the ready endpoints of a Service that it may hit"
    )
    force: bool | None = Field(None, description="whatever it would hit, and be it unsteady")
    abort: list[dict[str, Any] | Word] | None = Field(
        None,
        description="what ends it early: any of these",
        examples=[[{"metric": "availability", "op": "lt", "value": 99, "for": "30s"}]],
    )
    steady: list[dict[str, Any] | Word] | None = Field(
        None,
        description="what must hold before; it is watched meanwhile, and measured once it is over",
        examples=[["availability >= 99"]],
    )


@router.get("/faults")
async def list_kinds_of_fault() -> dict[str, Any]:
    """List the faults that can be injected, and the rates of those that come by themselves."""
    return {
        "faults": [row_json(row) for row in catalogue().values()],
        "background": [rate.to_json() for rate in shipped_rates().values()],
    }


@router.get("/clusters/{name}/faults")
async def list_faults(
    name: str,
    request: Request,
    found: Clusters,
    namespace: Annotated[str, Query(description="those that hit it; default: all")] = "",
    state: Annotated[
        list[State] | None, Query(max_length=len(_STATES), description="only those; default: all")
    ] = None,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[
        int | None,
        Query(ge=0, le=_MOST, description="so many, the newest first; default: all, oldest first"),
    ] = None,
) -> dict[str, Any]:
    """List what was injected into the cluster or came by itself, and what was seen of it.

    `counts` is how many there are in each state, whatever is left out of the list.
    """
    hosted = found.require(name)
    hosted.catch_up()
    there = [
        (_state(fault), fault)
        for fault in hosted.cluster.faults.all
        if not namespace or namespace in fault.concerned
    ]
    counts = Counter(told for told, _ in there)
    wanted = [fault for told, fault in there if state is None or told in state]
    if limit is not None:
        wanted = wanted[::-1][skip : skip + limit]
    return {
        "cluster": name,
        "faults": [_fault_json(request, hosted, fault) for fault in wanted],
        "counts": {told: counts[told] for told in _STATES},
    }


@router.get("/clusters/{name}/faults/{fault_id}")
async def get_fault(name: str, fault_id: str, request: Request, found: Clusters) -> dict[str, Any]:
    """Show one fault: its targets, its proof, its recovery."""
    hosted = found.require(name)
    hosted.catch_up()
    return _fault_json(request, hosted, _required(hosted, fault_id))


@router.post("/clusters/{name}/faults", status_code=201)
async def inject_fault(
    name: str, new: NewFault, request: Request, found: Clusters
) -> dict[str, Any]:
    """Inject a fault now or at an instant to come; a refusal lists what there is."""
    hosted = found.require(name)
    hosted.catch_up()
    body: dict[str, Any] = new.model_dump(exclude_none=True)
    if new.at is not None:
        now = hosted.cluster.now
        body["at"] = instant(new.at, now)
        if body["at"] < now:
            raise Problem(422, "INVALID_INSTANT", "fault.past", value=new.at, now=rfc3339(now))
    return await _submit(request, hosted, Wish("fault", _RESOURCE, body=body))


@router.post("/clusters/{name}/faults/preview")
async def preview_fault(
    name: str, new: NewFault, request: Request, found: Clusters
) -> dict[str, Any]:
    """Say what a fault would hit if it began now: pods, nodes, tenants, shares of endpoints.

    `choices` are the targets that it could be aimed at; a refusal lists them as well.
    """
    hosted = found.require(name)
    hosted.catch_up()
    body: dict[str, Any] = new.model_dump(exclude_none=True, exclude={"at", "steady"})
    faults = hosted.cluster.faults
    try:
        fault = faults.inject({**body, "force": True}, dry_run=True)
    except FaultRefused as refusal:
        raise refused(refusal) from refusal
    return {
        "cluster": name,
        "fault": fault.name,
        "title": fault.row.called(language(request)),
        **faults.reach(fault),
        "choices": faults.choices(fault),
    }


@router.delete("/clusters/{name}/faults")
async def halt_faults(
    name: str,
    found: Clusters,
    namespace: Annotated[str, Query(description="those that hit it; default: all")] = "",
) -> dict[str, Any]:
    """End every fault that runs or is to come, pause chaos objects and abort their workflows."""
    hosted = found.require(name)
    hosted.catch_up()
    answer = await hosted.submit(Wish("fault", _RESOURCE, namespace, HALT))
    assert answer.object is not None
    return {"cluster": name, **answer.object["halted"]}


@router.post("/clusters/{name}/faults/install")
async def install_chaos(name: str, found: Clusters) -> dict[str, Any]:
    """Install the definitions of Chaos Mesh's objects and of those that it lacks.

    What is there already, as who installed Chaos Mesh itself has, stays as it is.
    """
    hosted = found.require(name)
    hosted.catch_up()
    return {"cluster": name, "installed": await install(hosted)}


async def install(hosted: HostedCluster) -> list[str]:
    """Install what is not there of the definitions; return their names.

    Those that this program wrote before are written anew: a later one knows more kinds.
    """
    done = []
    for made in definitions():
        name = made["metadata"]["name"]
        there = hosted.cluster.store.stored(CRDS, ("", name))
        if there is None:
            await hosted.submit(Wish("create", CRDS, body=made, manager=_MANAGER))
        elif _is_older(there, made):
            old = there.object
            body = {**old, "spec": {**old["spec"], "versions": made["spec"]["versions"]}}
            await hosted.submit(Wish("update", CRDS, name=name, body=body, manager=_MANAGER))
        else:
            continue
        done.append(name)
    return done


def _is_older(there: Stored, made: Obj) -> bool:
    """Whether a definition is ours and says something else than one that is made now."""
    old, new = (one["spec"]["versions"][0]["schema"] for one in (there.object, made))
    return any(one.manager == _MANAGER for one in there.owners) and bool(old != new)


@router.delete("/clusters/{name}/faults/{fault_id}")
async def end_fault(name: str, fault_id: str, request: Request, found: Clusters) -> dict[str, Any]:
    """End a fault that lasts: power the node on, let the processes answer again."""
    hosted = found.require(name)
    hosted.catch_up()
    _required(hosted, fault_id)
    return await _submit(request, hosted, Wish("fault", _RESOURCE, name=fault_id))


def _required(hosted: HostedCluster, fault_id: str) -> Fault:
    """Return a fault by its id. Raises Problem 404."""
    fault = hosted.cluster.faults.find(fault_id)
    if fault is None:
        known = ", ".join(fault.id for fault in hosted.cluster.faults.all[-_NAMED:]) or "-"
        raise Problem(404, "FAULT_NOT_FOUND", "fault.not-found", id=fault_id, known=known)
    return fault


async def _submit(request: Request, hosted: HostedCluster, wish: Wish) -> dict[str, Any]:
    try:
        answer = await hosted.submit(wish)
    except FaultRefused as refusal:
        raise refused(refusal) from refusal
    assert answer.object is not None
    fault = hosted.cluster.faults.find(answer.object["id"])
    assert fault is not None
    return _fault_json(request, hosted, fault)


def refused(refusal: FaultRefused) -> Problem:
    """Return a refusal as a problem, with what could be said instead."""
    return Problem(
        409 if refusal.key in _CONFLICTS else 422,
        "FAULT_REFUSED",
        refusal.key,
        details=_choices(refusal),
        **refusal.values,
    )


def _choices(refusal: FaultRefused) -> list[dict[str, Any]]:
    """Return what could be said instead: targets, else the faults there are."""
    if refusal.targets:
        return [{"target": target} for target in refusal.targets]
    return [row_json(row) for row in catalogue().values()]


def row_json(row: FaultRow) -> dict[str, Any]:
    """Return a fault of the catalogue, texts in both languages."""
    return {
        "name": row.name,
        "title": dict(row.title),
        "because": dict(row.because),
        "target": row.target,
        "parameters": dict(row.parameters),
        "takes": {name: one.bounds for name, one in row.takes.items()},
        "inputs": {
            name: {
                "type": one.type,
                "default": one.default,
                "least": one.least if one.type == "integer" else None,
                "most": one.most if one.type == "integer" else None,
                "among": list(one.among),
            }
            for name, one in row.takes.items()
        },
        "chaos": {"kind": row.chaos.kind, "action": row.chaos.action or None},
        "mode": row.mode,
        "duration": None if row.duration is None else durations.spell(row.duration),
        "expect": [
            {
                "observe": wanted.observe,
                "within": durations.spell(wanted.within),
                "text": {
                    spoken: text(f"fault.expect.{wanted.observe}", spoken) for spoken in _SPOKEN
                },
            }
            for wanted in row.expect
        ],
        "source": dict(row.source),
    }


def _fault_json(request: Request, hosted: HostedCluster, fault: Fault) -> dict[str, Any]:
    spoken = language(request)
    body = fault.to_json(hosted.cluster.now)
    for row in body["proof"]:
        row["text"] = _proof_text(row, spoken)
    if fault.problem is not None:
        body["problem"] = text(fault.problem["text"], spoken, **fault.problem["values"])
    return {
        **body,
        "cluster": hosted.name,
        "title": fault.row.called(spoken),
        "expected_effect": fault.row.because[spoken],
        "state": _state(fault),
        "planned_for": rfc3339(fault.at),
    }


def _proof_text(row: dict[str, Any], spoken: Language) -> str:
    """Say one line of a proof: what was expected against what was observed."""
    observed = row["observed"]
    said = {
        "what": text(f"fault.expect.{row['observe']}", spoken),
        "verdict": text(f"fault.verdict.{row['verdict']}", spoken),
        "expected": _figure(row["expected"]),
        "observed": _figure(observed),
    }
    if row["observe"] == "applied":
        return text("fault.proof.applied", spoken, **said)
    said["within"] = took(row["within_seconds"], spoken)
    if not row.get("observable", True):
        return text("fault.proof.unobservable", spoken, **said)
    if observed is None:
        return text("fault.proof.unseen", spoken, **said)
    if row["unit"] == "s":
        return text("fault.proof.seen", spoken, **{**said, "observed": took(observed, spoken)})
    unit = text(f"fault.unit.{row['unit']}", spoken)
    return text("fault.proof.figure", spoken, **said, unit=unit)


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{round(value, 1):g}" if abs(value) >= 1 else f"{value:.2g}"


def _state(fault: Fault) -> State:
    if fault.problem is not None:
        return "failed"
    if fault.started is None:
        return "planned"
    return "running" if fault.ended is None else "ended"
