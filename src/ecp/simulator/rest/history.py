"""The past of a cluster, from its change log: density, changes by page, objects at an instant,
the difference of two instants.

The log keeps a number of changes (`kept`), of which the newest outlive a restart of the simulator
and are in the log of a fork. What is long is looked at piece by piece, so that clusters go on and
others are served meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from ecp.edge.problems import Problem
from ecp.kube import kinds
from ecp.kube.pods import is_ready
from ecp.kube.times import rfc3339_micro
from ecp.sim.store import Change, Key, Obj, Stored, keeping
from ecp.simulator import past
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.past import Mark, Named, Search
from ecp.simulator.rest.clusters import Clusters, change_json, clock_json, instant

router = APIRouter(prefix="/api/v1/clusters/{name}/history", tags=["history"])

_PIECE = 1_000
"""Changes that are looked at before others are served: 2 ms."""
_MOST_FIELDS = 60
_LONGEST_VALUE = 400
_WITHIN = 999
"""An instant is written in microseconds: what happened within that one (ns) belongs to it."""
_LANES = ("release", "scaling", "unready", "node-lost", "warning")

Limit = Annotated[int, Query(ge=1, le=500)]
From = Annotated[
    str, Query(alias="from", description="an instant, RFC 3339; default: the oldest kept")
]
To = Annotated[str, Query(description="an instant, RFC 3339; default: now")]


def search(
    namespace: str = "",
    resource: Annotated[str, Query(description="as in pods or deployments.apps")] = "",
    q: Annotated[str, Query(description="a part of the name")] = "",
    mark: Annotated[
        list[str] | None,
        Query(description="release, scaling, ready, unready, node-lost, warning …; failure: all "
              "where something went wrong"),
    ] = None,
) -> Search:  # fmt: skip
    """Return what is looked for."""
    wanted = mark or []
    marks = [one for one in wanted if one != "failure"]
    marks += past.FAILURES if "failure" in wanted else ()
    return Search(namespace, resource, q, tuple(marks))


Wanted = Annotated[Search, Depends(search)]


@router.get("")
async def get_history(
    name: str,
    found: Clusters,
    wanted: Wanted,
    since: From = "",
    to: To = "",
    buckets: Annotated[int, Query(ge=10, le=400)] = 120,
) -> dict[str, Any]:
    """Say how many changes there were when, by lane what they mean, and how many pods were ready.

    `kept` says how far back the log reaches.
    """
    hosted = found.require(name)
    hosted.catch_up()
    log = _log(hosted)
    first, last = _range(hosted, log, since, to)
    step = max((last - first) // buckets, 1)
    density = [0] * buckets
    turns = [0] * buckets
    lanes = {lane: [0] * buckets for lane in _LANES}
    ready = sum(map(is_ready, hosted.cluster.store.list(kinds.PODS)))
    async for change in _slowly(log[past.until(log, first - 1) :]):
        place = (change.at - first) // step
        if place >= buckets:
            if change.at > last:
                ready -= past.readiness(change)
                continue
            place = buckets - 1
        turns[place] += past.readiness(change)
        if not wanted.fits((change.resource, change.key)):
            continue
        density[place] += 1
        mark = past.mark_of(change)
        if mark is not None and mark.kind in lanes:
            lanes[mark.kind][place] += 1
    return {
        "cluster": name,
        "from": rfc3339_micro(first),
        "to": rfc3339_micro(last),
        "step_seconds": step / 1e9,
        "changes": density,
        "lanes": lanes,
        "pods_ready": _running(turns, ready),
        "kept": _kept(hosted, log),
        "clock": clock_json(hosted),
        "evidence": "simulated",
    }


@router.get("/changes")
async def list_changes(
    name: str,
    found: Clusters,
    wanted: Wanted,
    since: From = "",
    to: To = "",
    after: Annotated[int | None, Query(ge=0, description="oldest first, after a version")] = None,
    before: Annotated[int | None, Query(ge=0, description="newest first, before it")] = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """List changes with what they mean, newest first; with `after` oldest first.

    Ask again with `next` as `before` (or `after`), until it is null.
    """
    hosted = found.require(name)
    hosted.catch_up()
    log = _log(hosted)
    first, last = _range(hosted, log, since, to)
    span = log[past.until(log, first - 1) : past.until(log, last)]
    if after is None:
        span.reverse()
    rows: list[Change] = []
    more = False
    async for change in _slowly(span):
        if after is not None and change.rv <= after:
            continue
        if before is not None and change.rv >= before:
            continue
        if wanted.found(change):
            more = len(rows) == limit
            if more:
                break
            rows.append(change)
    return {
        "cluster": name,
        "changes": [_row(change) for change in rows],
        "next": rows[-1].rv if more else None,
        "kept": _kept(hosted, log),
    }


@router.get("/changes/{version}")
async def get_change(name: str, version: int, found: Clusters) -> dict[str, Any]:
    """Show a change with the object before and after it, and the fields that differ."""
    hosted = found.require(name)
    store = hosted.cluster.store
    change = store.change(version)
    if change is None:
        oldest = store.log[0].rv if store.log else store.version
        raise Problem(404, "CHANGE_NOT_FOUND", "change.not-found", version=version,
                      oldest=oldest, newest=store.version)  # fmt: skip
    now = None if change.type == "DELETED" else change.object
    return {**_row(change), **_differs(change.old, now), "before": change.old, "after": now}


@router.get("/objects")
async def list_objects_at(
    name: str,
    found: Clusters,
    wanted: Wanted,
    at: Annotated[str, Query(description="an instant, RFC 3339; default: now")] = "",
    limit: Limit = 200,
) -> dict[str, Any]:
    """List what was there at an instant: how many of each kind, and the first of those meant."""
    hosted = found.require(name)
    hosted.catch_up()
    log = _log(hosted)
    _, then = _range(hosted, log, "", at)
    # Copied at once: the cluster moves on while they are looked at.
    store = hosted.cluster.store
    tables = {resource: dict(store.items(resource)) for resource in store.resources()}
    known = await _before(log[past.until(log, then) :])
    counts: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    total = 0
    async for named, obj in _there(tables, known):
        if obj is None:
            continue
        if wanted.namespace in ("", named[1][0]) and wanted.name in named[1][1]:
            counts[named[0]] = counts.get(named[0], 0) + 1
        if wanted.fits(named):
            total += 1
            if len(rows) < limit:
                rows.append({**_named(named), "state": past.shape_of(obj), "version": _version(obj),
                             "created_at": obj["metadata"].get("creationTimestamp")})  # fmt: skip
    return {
        "cluster": name,
        "at": rfc3339_micro(then),
        "kinds": dict(sorted(counts.items())),
        "objects": rows,
        "total": total,
        "kept": _kept(hosted, log),
    }


@router.get("/object")
async def get_object_at(
    name: str, found: Clusters, resource: str, named: str, namespace: str = "", at: str = ""
) -> dict[str, Any]:
    """Return an object as it was at an instant. 404 where it was not there."""
    hosted = found.require(name)
    hosted.catch_up()
    log = _log(hosted)
    _, then = _range(hosted, log, "", at)
    key = (namespace, named)
    obj = hosted.cluster.store.get(resource, *key)
    async for change in _slowly(log[past.until(log, then) :]):
        if change.key == key and change.resource == resource:
            obj = change.old
            break
    if obj is None:
        raise Problem(404, "OBJECT_NOT_FOUND", "history.no-object", resource=resource,
                      name="/".join(filter(None, key)), at=rfc3339_micro(then))  # fmt: skip
    return {**_named((resource, key)), "at": rfc3339_micro(then), "object": obj}


@router.get("/diff")
async def compare_instants(
    name: str, found: Clusters, wanted: Wanted, since: From = "", to: To = "", limit: Limit = 100
) -> dict[str, Any]:
    """Say what appeared, changed and went between two instants; of what changed, which fields.

    Events are left out unless they are asked for by `resource`.
    """
    hosted = found.require(name)
    hosted.catch_up()
    log = _log(hosted)
    first, last = _range(hosted, log, since, to)
    known: dict[Named, tuple[Obj | None, Obj | None]] = {}
    for piece in _pieces(log[past.until(log, first + _WITHIN) : past.until(log, last)]):
        past.settled(known, piece)
        await asyncio.sleep(0)
    counts = {"appeared": 0, "changed": 0, "went": 0}
    rows: list[dict[str, Any]] = []
    for number, (named, (old, new)) in enumerate(sorted(known.items(), key=lambda row: row[0])):
        if number % 25 == 24:
            await asyncio.sleep(0)
        if not wanted.fits(named) or (named[0] == kinds.EVENTS and not wanted.resource):
            continue
        told = {"fields": [], "more": 0} if old is None or new is None else _differs(old, new)
        if old is new or (old is not None and new is not None and not told["fields"]):
            continue
        how = "appeared" if old is None else "went" if new is None else "changed"
        counts[how] += 1
        if len(rows) < limit:
            state = [None if one is None else past.shape_of(one) for one in (old, new)]
            rows.append(
                {**_named(named), "how": how, "before": state[0], "after": state[1], **told}
            )
    return {
        "cluster": name,
        "from": rfc3339_micro(first),
        "to": rfc3339_micro(last),
        "counts": counts,
        "objects": rows,
        "kept": _kept(hosted, log),
    }


# --- what the routes share ------------------------------------------------------------------------


def _log(hosted: HostedCluster) -> list[Change]:
    """Return the changes that are kept and durable; the log itself moves on meanwhile."""
    log = list(hosted.cluster.store.log)
    while log and log[-1].rv > hosted.committed:
        log.pop()
    return log


def _range(hosted: HostedCluster, log: Sequence[Change], since: str, to: str) -> tuple[int, int]:
    """Return two instants within what is kept, the first not after the last.

    Raises Problem for what is no instant, and for one before what is kept.
    """
    now = hosted.cluster.now
    oldest = log[0].at if log else now
    first = instant(since) if since else oldest
    last = min(instant(to) + _WITHIN, now) if to else now
    for said, at in ((since, first), (to, last)):
        # An instant is written in microseconds, and may so lie before what it was taken from.
        if said and at < oldest - 1_000_000_000:
            raise Problem(422, "BEFORE_HISTORY", "history.before", value=said,
                          oldest=rfc3339_micro(oldest))  # fmt: skip
    return min(first, last), last


def _kept(hosted: HostedCluster, log: Sequence[Change]) -> dict[str, Any]:
    store = hosted.cluster.store
    return {
        "changes": len(log),
        "most": store.log.maxlen,
        "lasting": keeping.MOST,
        "oldest": log[0].rv if log else None,
        "newest": log[-1].rv if log else None,
        "since": rfc3339_micro(log[0].at if log else hosted.cluster.now),
    }


def _pieces(changes: Sequence[Change]) -> list[Sequence[Change]]:
    return [changes[at : at + _PIECE] for at in range(0, len(changes), _PIECE)]


async def _slowly(changes: Sequence[Change]) -> AsyncIterator[Change]:
    for piece in _pieces(changes):
        for change in piece:
            yield change
        await asyncio.sleep(0)


async def _before(later: Sequence[Change]) -> dict[Named, Obj | None]:
    known: dict[Named, Obj | None] = {}
    for piece in _pieces(later):
        past.taken_back(known, piece)
        await asyncio.sleep(0)
    return known


async def _there(
    tables: Mapping[str, Mapping[Key, Stored]], known: dict[Named, Obj | None]
) -> AsyncIterator[tuple[Named, Obj | None]]:
    """Yield the objects of an instant by resource and name; *known* are those changed since."""
    gone: dict[str, dict[Key, Obj | None]] = {}
    for (resource, key), obj in known.items():
        gone.setdefault(resource, {})[key] = obj
    for resource in sorted({*tables, *gone}):
        table = tables.get(resource, {})
        then: dict[Key, Obj | None] = {key: row.object for key, row in table.items()}
        then.update(gone.get(resource, {}))
        rows = iter(sorted(then.items(), key=lambda row: row[0]))
        while piece := list(islice(rows, _PIECE)):
            for key, obj in piece:
                yield (resource, key), obj
            await asyncio.sleep(0)


def _running(turns: Sequence[int], last: int) -> list[int]:
    """Return how many were ready at the end of each bucket; *last* at the end of all."""
    found = []
    for turn in reversed(turns):
        found.append(last)
        last -= turn
    return found[::-1]


def _named(named: Named) -> dict[str, Any]:
    resource, (namespace, name) = named
    return {"resource": resource, "namespace": namespace, "name": name}


def _version(obj: Obj) -> str:
    return str(obj["metadata"].get("resourceVersion", ""))


def _row(change: Change) -> dict[str, Any]:
    mark = past.mark_of(change) or Mark("")
    return {**change_json(change), "mark": mark.kind or None, "was": mark.before, "is": mark.after}


def _differs(before: Obj | None, after: Obj | None) -> dict[str, Any]:
    found = list(islice(past.fields(before or {}, after or {}), _MOST_FIELDS + 200))
    return {
        "fields": [
            {"path": row.path, "before": _short(row.before), "after": _short(row.after)}
            for row in found[:_MOST_FIELDS]
        ],
        "more": max(0, len(found) - _MOST_FIELDS),
    }


def _short(value: Any) -> Any:
    """Return a value; of a long one its beginning, as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    if len(text) <= _LONGEST_VALUE:
        return value
    return f"{text[:_LONGEST_VALUE]}…"
