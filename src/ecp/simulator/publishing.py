"""Closed minutes to a Redis: one stream a cluster, which the orchestrator reads; and in another the
states of tenants at which somebody looks, as a sorted set beside it says.

Named by K8S_SIMULATOR_REDIS_URL. How far a cluster is published is kept in Redis beside its stream,
in one transaction with it: a simulator that comes back goes on there. What a stream no longer has
is asked for by REST.
"""

import asyncio
import logging
import os
import time
from typing import Any

import orjson

from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.following import Follower, Looker
from ecp.simulator.hosting import HostedCluster

log = logging.getLogger("ecp.simulator")

_VARIABLE = "K8S_SIMULATOR_REDIS_URL"
_EVERY_S = 1.0
_AGAIN_S = 5.0
_MOST_STATES = 500
_MOST_MESSAGES = 10_000
"""Of a stream, about: a week of one tenant, an hour of a hundred and fifty."""


async def publish(clusters: ClusterDirectory) -> None:
    """Publish for ever where a Redis is named; else return."""
    url = os.environ.get(_VARIABLE, "")
    if not url:
        return
    try:
        from redis.asyncio import Redis
        from redis.exceptions import RedisError
    except ImportError:
        log.warning("%s is set, but redis is not installed: pip install 'ecp[redis]'", _VARIABLE)
        return
    lost = False
    while True:
        client = Redis.from_url(url, socket_connect_timeout=3, socket_timeout=10)
        try:
            publisher = Publisher(client)
            while True:
                for hosted in clusters.all():
                    await publisher.publish(hosted)
                    await publisher.show(hosted)
                if lost:
                    lost = False
                    log.info("minutes are published to Redis again")
                await asyncio.sleep(_EVERY_S)
        except (RedisError, OSError) as error:
            if not lost:
                lost = True
                log.info("minutes are not published to Redis: %s", error)
            await asyncio.sleep(_AGAIN_S)
        finally:
            await client.aclose()


class Publisher:
    """Writes what is new of each cluster to its stream."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._followers: dict[str, tuple[HostedCluster, Follower]] = {}
        self._lookers: dict[str, tuple[HostedCluster, Looker]] = {}

    async def publish(self, hosted: HostedCluster) -> None:
        """Write what came since. Raises RedisError."""
        follower = await self._follower(hosted)
        messages = list(follower.news())
        if not messages:
            return
        stream, kept = _keys(hosted.name)
        async with self._client.pipeline(transaction=True) as together:
            for message in messages:
                together.xadd(
                    stream,
                    {"topic": message.topic, "message": message.to_json()},
                    maxlen=_MOST_MESSAGES,
                    approximate=True,
                )
            together.set(kept, orjson.dumps([hosted.ledger, follower.since]))
            await together.execute()

    async def show(self, hosted: HostedCluster) -> None:
        """Write the states of tenants at which somebody looks. Raises RedisError."""
        stream = f"ecp:clusters/{hosted.name}/live"
        watched = await self._client.zrangebyscore(f"{stream}:watched", int(time.time()), "+inf")
        known = self._lookers.get(hosted.name)
        if known is None or known[0] is not hosted:
            known = self._lookers[hosted.name] = (hosted, Looker(hosted))
        for message in known[1].news(sorted(one.decode() for one in watched), time.monotonic()):
            fields = {"topic": message.topic, "message": message.to_json()}
            await self._client.xadd(stream, fields, maxlen=_MOST_STATES, approximate=True)

    async def _follower(self, hosted: HostedCluster) -> Follower:
        known = self._followers.get(hosted.name)
        if known is None or known[0] is not hosted:
            kept = await self._client.get(_keys(hosted.name)[1])
            ledger, since = orjson.loads(kept) if kept else ("", {})
            own = since if ledger == hosted.ledger else {}
            known = self._followers[hosted.name] = (hosted, Follower(hosted, own))
        return known[1]


def _keys(cluster: str) -> tuple[str, str]:
    stream = f"ecp:clusters/{cluster}/minutes"
    return stream, f"{stream}:published"
