"""The change log of a cluster as a stream, with actor and cause of each change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from ecp.edge.problems import Problem
from ecp.edge.streams import Message
from ecp.sim.store import Change, Expired
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.kubeapi import Closed
from ecp.simulator.rest.clusters import Clusters, change_json

router = APIRouter(prefix="/api/v1/clusters", tags=["streams"])

_BATCH = 500
_KEEP_ALIVE_S = 15.0


@router.get("/{name}/changes")
async def changes(
    name: str,
    found: Clusters,
    since: Annotated[int | None, Query(ge=0, description="the last sequence seen")] = None,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> StreamingResponse:
    """Stream the changes after `since` (or Last-Event-ID; default: from now on) as SSE.

    Topic `clusters/{name}/changes`; the sequence is the resourceVersion. 410 when the window
    no longer reaches back to it: list again, then follow from there.
    """
    hosted = found.require(name)
    after = last_event_id if last_event_id is not None else since
    if after is None:
        after = hosted.committed
    store = hosted.cluster.store
    if after > store.version:
        # As after a reset: the reader saw a cluster of this name that is no more.
        raise Problem(410, "STREAM_EXPIRED", "stream.ahead", since=after, newest=store.version)
    try:
        store.since(after)
    except Expired as error:
        raise Problem(
            410, "STREAM_EXPIRED", "stream.expired", since=after, oldest=store.oldest
        ) from error
    return StreamingResponse(_follow(hosted, after), media_type="text/event-stream")


async def _follow(hosted: HostedCluster, after: int) -> AsyncIterator[bytes]:
    topic = f"clusters/{hosted.name}/changes"
    while True:
        try:
            batch = _committed(hosted, after)
        except Expired:
            # This reader fell behind the window: it must list again.
            yield Message(topic, after, {"expired": True}).to_sse("expired")
            return
        for change in batch:
            yield Message(topic, change.rv, _body(change)).to_sse("change")
            after = change.rv
        if batch:
            await asyncio.sleep(0)
            continue
        try:
            await asyncio.wait_for(hosted.changed(after), _KEEP_ALIVE_S)
        except TimeoutError:
            yield b": still here\n\n"
        except Closed:
            return


def _committed(hosted: HostedCluster, after: int) -> list[Change]:
    batch: list[Change] = []
    for change in hosted.cluster.store.since(after):
        if change.rv > hosted.committed or len(batch) == _BATCH:
            break
        batch.append(change)
    return batch


def _body(change: Change) -> dict[str, Any]:
    return {**change_json(change), "object": change.object}
