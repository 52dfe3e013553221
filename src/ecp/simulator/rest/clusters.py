"""Clusters: create, list, get, delete, clock, snapshot, restore, fork, causes."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ecp.edge.instants import read_instant
from ecp.edge.problems import Problem
from ecp.kube import kinds
from ecp.kube.durations import InvalidDuration, parse
from ecp.kube.times import rfc3339, rfc3339_micro
from ecp.sim import clusters
from ecp.sim.access import ALWAYS_ALLOW
from ecp.sim.store import Change
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.pacer import EARLIEST, LATEST, InvalidClockAction, OnRestart

router = APIRouter(prefix="/api/v1/clusters", tags=["clusters"])
_STEPS_OF_WHY = 64


def directory(request: Request) -> ClusterDirectory:
    found: ClusterDirectory = request.app.state.clusters
    return found


Clusters = Annotated[ClusterDirectory, Depends(directory)]


class Strict(BaseModel):
    """A body whose fields are all known, and which can be journalled as it is."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, given: Any) -> Any:
        """Refuse what no journal takes: lone surrogates, numbers beyond 64 bits."""
        try:
            orjson.dumps(given)
        except TypeError as error:
            raise PydanticCustomError("cannot_be_kept", "{why}", {"why": str(error)}) from error
        return given


class NewCluster(Strict):
    """A cluster to be: a shipped `model`, or a whole `spec` as a model file has it."""

    name: str = Field(examples=["team-a"])
    model: str = "default"
    spec: dict[str, Any] | None = None
    seed: int = Field(0, ge=-(2**63), lt=2**63)
    start: str | None = Field(None, description="Simulated start, UTC; default: now.")
    on_restart: OnRestart = Field("catch-up", description="what becomes of the time of a stop")
    paused: bool = Field(False, description="its clock stands still at its start")
    authorization_mode: Literal["AlwaysAllow", "RBAC"] | None = Field(
        None, description="who may do what; default: as the spec says, else as this simulator does"
    )


class ClockAction(Strict):
    """What the clock should do."""

    action: str = Field(examples=["pause", "resume", "speed", "step", "warp", "on_restart"])
    factor: float | None = Field(None, description="speed: simulated seconds per second")
    duration: str | None = Field(None, description="step: how far, as in 5m", examples=["5m"])
    to: str | None = Field(None, description="warp: an instant, RFC 3339, or +duration from now")
    on_restart: str | None = Field(None, description="on_restart: catch-up or resume")


class NewSnapshot(Strict):
    label: str = Field(examples=["before-rollout"])


class NewFork(Strict):
    """A fork of a cluster: as it is now, or as a named snapshot has it."""

    name: str
    snapshot: str | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)


def clock_json(hosted: HostedCluster) -> dict[str, Any]:
    """Return the clock: the cluster's now, its pace, since when (by its own clock) it has gone at
    it, and whether it has caught up."""
    pace = hosted.pace
    goal = None if hosted.failure else pace.goal
    behind = hosted.catching_up_to
    return {
        "now": rfc3339_micro(hosted.cluster.now),
        "now_ns": hosted.cluster.now,
        "speed": pace.speed,
        "paused": pace.paused,
        "warping_to": None if goal is None else rfc3339_micro(goal),
        "catching_up_to": None if behind is None else rfc3339_micro(behind),
        "on_restart": pace.on_restart,
        "pace_since": rfc3339_micro(pace.anchor),
    }


def cluster_json(hosted: HostedCluster) -> dict[str, Any]:
    """Return what a list of clusters shows of one."""
    store = hosted.cluster.store
    return {
        "name": hosted.name,
        "kubernetes_version": hosted.cluster.spec["kubernetesVersion"],
        "authorization_mode": hosted.cluster.spec.get("authorizationMode", ALWAYS_ALLOW),
        "seed": hosted.cluster.seed,
        "forked_from": hosted.forked_from or None,
        "state": "failed" if hosted.failure else "running",
        "clock": clock_json(hosted),
        "resource_version": store.version,
        "nodes": store.count(kinds.NODES),
        "pods": store.count(kinds.PODS),
        "server": f"/clusters/{hosted.name}",
        "evidence": "simulated",
    }


@router.get("")
async def list_clusters(found: Clusters) -> dict[str, Any]:
    """List the clusters, and those whose files cannot be opened."""
    return {
        "clusters": [cluster_json(hosted) for hosted in found.all()],
        "damaged": found.damaged,
        "models": list(clusters.MODELS),
    }


@router.post("", status_code=201)
async def create_cluster(new: NewCluster, found: Clusters) -> dict[str, Any]:
    """Create a cluster from a model."""
    if new.spec is not None:
        try:
            spec = clusters.check(new.spec)
            clusters.node_rows(spec)
        except clusters.InvalidModel as error:
            raise Problem(422, "INVALID_MODEL", "cluster.bad-model", detail=str(error)) from error
    else:
        try:
            spec = clusters.model(new.model)
        except KeyError as error:
            raise Problem(
                422,
                "UNKNOWN_MODEL",
                "cluster.unknown-model",
                model=new.model,
                known=", ".join(clusters.MODELS),
            ) from error
    said = (new.spec or {}).get("authorizationMode")
    spec["authorizationMode"] = new.authorization_mode or said or found.authorization_mode
    start = None if new.start is None else instant(new.start)
    made = found.create(
        new.name, spec, seed=new.seed, start=start, on_restart=new.on_restart, paused=new.paused
    )
    return cluster_json(made)


@router.get("/{name}")
async def get_cluster(name: str, found: Clusters) -> dict[str, Any]:
    """Show one cluster."""
    hosted = found.require(name)
    hosted.catch_up()
    return {
        **cluster_json(hosted),
        "spec": hosted.cluster.spec,
        "snapshots": hosted.shelf.labels(),
    }


@router.delete("/{name}")
async def delete_cluster(name: str, found: Clusters) -> dict[str, Any]:
    """Delete a cluster and everything in it."""
    await found.delete(name)
    return {"name": name, "deleted": True}


@router.get("/{name}/clock")
async def get_clock(name: str, found: Clusters) -> dict[str, Any]:
    """Show the cluster's clock.

    Another `incarnation` than before: the cluster began anew; another `ledger` alone: it was put
    back to a snapshot.
    """
    hosted = found.require(name)
    hosted.catch_up()
    due = hosted.cluster.engine.next_at()
    return {
        **clock_json(hosted),
        "incarnation": hosted.incarnation,
        "ledger": hosted.ledger,
        # Where something happens next, rounded up, so that who warps there has lived through it.
        "next_timer": None if due is None else rfc3339_micro(due + 999),
    }


@router.post("/{name}/clock")
async def act_on_clock(name: str, action: ClockAction, found: Clusters) -> dict[str, Any]:
    """Pause, resume, set the speed, step, warp to an instant; say how a restart goes."""
    hosted = found.require(name)
    hosted.catch_up()
    try:
        await hosted.act(action.action, **_options(action, hosted.cluster.now))
    except InvalidClockAction as error:
        raise Problem(422, "INVALID_CLOCK_ACTION", error.key, **error.values) from error
    return clock_json(hosted)


def _options(action: ClockAction, now: int) -> dict[str, Any]:
    wanted = {
        "speed": ("factor", "10"),
        "step": ("duration", "5m"),
        "warp": ("to", "+2h"),
        "on_restart": ("on_restart", "resume"),
    }.get(action.action)
    if wanted is None:
        return {}
    field, example = wanted
    value = getattr(action, field)
    if value is None:
        raise Problem(
            422,
            "INVALID_CLOCK_ACTION",
            "clock.missing",
            action=action.action,
            field=field,
            example=f'{{"action": "{action.action}", "{field}": "{example}"}}',
        )
    if field == "duration":
        return {field: _duration(value)}
    return {field: instant(value, now) if field == "to" else value}


def _duration(value: str) -> int:
    try:
        return parse(value)
    except InvalidDuration as error:
        raise Problem(422, "INVALID_DURATION", "duration.bad", value=value) from error


def instant(value: str, now: int | None = None) -> int:
    """Return an instant (ns), where *now* is given also one that is relative to it: "+5m"."""
    try:
        relative = now is not None and value.startswith("+")
        found = (now or 0) + _duration(value[1:]) if relative else read_instant(value)
    except ValueError as error:
        raise Problem(422, "INVALID_INSTANT", "instant.bad", value=value) from error
    if not EARLIEST <= found < LATEST:
        raise Problem(
            422,
            "INVALID_INSTANT",
            "instant.range",
            value=value,
            earliest=rfc3339(EARLIEST),
            latest=rfc3339(LATEST),
        )
    return found


@router.post("/{name}/snapshots", status_code=201)
async def create_snapshot(name: str, new: NewSnapshot, found: Clusters) -> dict[str, Any]:
    """Keep the cluster as it is now under a label; one that was kept under it is `replaced`."""
    hosted = found.require(name)
    replaced = new.label in hosted.shelf.labels()
    at = await hosted.keep(new.label)
    return {"cluster": name, "label": new.label, "at": rfc3339_micro(at), "replaced": replaced}


@router.get("/{name}/snapshots")
async def list_snapshots(name: str, found: Clusters) -> dict[str, Any]:
    """List the labels of kept snapshots."""
    return {"cluster": name, "snapshots": found.require(name).shelf.labels()}


@router.post("/{name}/snapshots/{label}/restore")
async def restore_snapshot(name: str, label: str, found: Clusters) -> dict[str, Any]:
    """Put the cluster back to a snapshot, in place; its clock stands there.

    Everything since is gone. Watches end, and what was read before is answered by 410; minutes
    are those of another `ledger`, counted anew.
    """
    return cluster_json(await found.rewind(name, label))


@router.get("/{name}/snapshot", response_class=Response)
async def get_snapshot(
    name: str,
    found: Clusters,
    label: Annotated[str, Query(description="one that was kept; without, the present")] = "",
) -> Response:
    """Return the cluster as data, from which a rehearsal goes on."""
    content = found.require(name).written(label)
    file = f"{name}-{label}.snapshot" if label else f"{name}.snapshot"
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


@router.post("/{name}/fork", status_code=201)
async def fork_cluster(name: str, new: NewFork, found: Clusters) -> dict[str, Any]:
    """Make a cluster of its own that goes on from this one, or from one of its snapshots."""
    return cluster_json(found.fork(name, new.name, label=new.snapshot, seed=new.seed))


@router.get("/{name}/changes/{version}/why")
async def why(name: str, version: int, found: Clusters) -> dict[str, Any]:
    """Walk from a change to what it follows from, as far back as the log reaches."""
    hosted = found.require(name)
    store = hosted.cluster.store
    steps: list[dict[str, Any]] = []
    cause = ""
    change = store.change(version)
    if change is None:
        raise Problem(
            404,
            "CHANGE_NOT_FOUND",
            "change.not-found",
            version=version,
            oldest=store.log[0].rv if store.log else store.version,
            newest=store.version,
        )
    while change is not None and len(steps) < _STEPS_OF_WHY:
        steps.append(change_json(change))
        cause = change.cause
        change = store.change(int(cause[1:])) if cause.startswith("c") else None
    return {"cluster": name, "version": version, "chain": steps, "root": _root(hosted, cause)}


def _root(hosted: HostedCluster, cause: str) -> dict[str, Any]:
    """Return what a chain of changes began with: a request, a fault, a timer; or where the log
    does not reach back to it, the change that it had followed from."""
    fault = hosted.cluster.faults.find(cause)
    if fault is not None:
        return {"kind": "fault", "id": cause, "fault": fault.name, "title": dict(fault.row.title)}
    kind = {"a": "request", "c": "older"}.get(cause[:1], "") if cause[1:].isdigit() else ""
    return {"kind": kind or cause, "id": cause}


def change_json(change: Change) -> dict[str, Any]:
    """Return who changed what, when and because of what; without the object."""
    namespace, name = change.key
    return {
        "version": change.rv,
        "type": change.type,
        "resource": change.resource,
        "namespace": namespace,
        "name": name,
        "actor": change.actor,
        "at": rfc3339_micro(change.at),
        "cause": change.cause,
    }
