"""Faults that begin again and again: Schedule objects of the cluster, made, listed, taken away."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from ecp.edge.problems import Problem, language
from ecp.kube.errors import KubeError
from ecp.sim.faults import FaultRefused, catalogue
from ecp.sim.faults.chaos.writing import Repeated, Repeating, repeating, written
from ecp.sim.requests import Request as Wish
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, Strict
from ecp.simulator.rest.faults import Word, install, refused

router = APIRouter(prefix="/api/v1/clusters/{name}/fault-schedules", tags=["faults"])
_MANAGER = "ecp"
_PATIENCE_S = 10.0
_WISH = ("fault", "target", "selector", "mode", "value", "duration", "parameters")


class NewSchedule(Strict):
    """A fault that begins again and again, as a Schedule object of Chaos Mesh says it."""

    fault: Word = Field(examples=["pod_kill"])
    namespace: Word = Field(description="whose pods it hits, and where its object is")
    every: Word = Field(
        description="a duration of a minute or more, or a cron line (UTC)",
        examples=["10m", "30 2 * * *"],
    )
    lasts: Word | None = Field(
        None,
        description="for how long it is begun again; default: until it is taken away",
        examples=["2h"],
    )
    target: Word | None = Field(
        None, description="a workload (its pods, whoever they are then), pod or node"
    )
    selector: dict[str, Any] | None = Field(
        None, description="in the place of a target: pods or nodes, as Chaos Mesh selects them"
    )
    mode: Word | None = Field(None, description="one, all, fixed, fixed-percent …")
    value: Word | None = Field(None, description="of the mode", examples=["50"])
    duration: Word | None = Field(None, description="of each time; default: the fault's own")
    parameters: dict[Word, bool | int | Word] = Field(default_factory=dict)


@router.get("")
async def list_schedules(
    name: str,
    request: Request,
    found: Clusters,
    namespace: Annotated[str, Query(max_length=63, description="those in it; default: all")] = "",
) -> dict[str, Any]:
    """List what begins faults again and again, whoever wrote it, with the next time."""
    hosted = found.require(name)
    hosted.catch_up()
    rows = repeating(hosted.cluster.read, hosted.cluster.now, namespace)
    return {"cluster": name, "schedules": [_shown(row, request) for row in rows]}


@router.post("", status_code=201)
async def repeat_fault(
    name: str, new: NewSchedule, request: Request, found: Clusters
) -> dict[str, Any]:
    """Begin a fault again and again; definitions of chaos objects are installed where none are."""
    hosted = found.require(name)
    hosted.catch_up()
    said = new.model_dump(exclude_none=True)
    wish = {field: said[field] for field in _WISH if field in said}
    try:
        resource, obj = written(
            hosted.cluster.read, Repeated(new.namespace, new.every, new.lasts or "", wish)
        )
    except FaultRefused as refusal:
        raise refused(refusal) from refusal
    await install(hosted)
    await _served(hosted, resource)
    try:
        answer = await hosted.submit(
            Wish("create", resource, new.namespace, body=obj, api_version=obj["apiVersion"],
                 manager=_MANAGER)
        )  # fmt: skip
    except KubeError as error:
        raise Problem(422, "FAULT_REFUSED", "fault.object-refused", detail=str(error)) from error
    assert answer.object is not None
    made = answer.object["metadata"]["name"]
    return {"cluster": name, "namespace": new.namespace, "name": made, "kind": obj["kind"]}


@router.delete("/{namespace}/{schedule}")
async def take_away(name: str, namespace: str, schedule: str, found: Clusters) -> dict[str, Any]:
    """Take it away, with what it has begun: a fault that runs ends."""
    hosted = found.require(name)
    hosted.catch_up()
    row = _named(hosted, namespace, schedule)
    wish = Wish("delete", row.resource, namespace, row.owner, manager=_MANAGER)
    try:
        await hosted.submit(wish)
    except KubeError as error:
        raise Problem(422, "FAULT_REFUSED", "fault.object-refused", detail=str(error)) from error
    return {"cluster": name, "namespace": namespace, "name": row.owner}


async def _served(hosted: HostedCluster, resource: str) -> None:
    """Wait until the definitions are accepted: a second of the cluster's time. Raises Problem where
    that stands, or does not come."""
    try:
        async with asyncio.timeout(0 if hosted.pace.paused else _PATIENCE_S):
            while resource not in hosted.cluster.catalogue.by_resource:
                await hosted.changed(hosted.committed)
    except TimeoutError as error:
        raise Problem(409, "CLOCK_STANDS", "fault.not-installed", name=hosted.name) from error


def _named(hosted: HostedCluster, namespace: str, name: str) -> Repeating:
    rows = list(repeating(hosted.cluster.read, hosted.cluster.now, namespace))
    found = next((row for row in rows if row.owner == name), None)
    if found is None:
        known = ", ".join(row.owner for row in rows) or "-"
        raise Problem(404, "SCHEDULE_NOT_FOUND", "fault.no-schedule", name=name, known=known)
    return found


def _shown(row: Repeating, request: Request) -> dict[str, Any]:
    fault = catalogue().get(row.fault)
    title = row.kind if fault is None else fault.called(language(request))
    return {**row.to_json(), "title": title}
