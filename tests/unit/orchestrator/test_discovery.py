"""What a cluster serves is asked for once in a while, in two questions where the cluster can."""

import asyncio
from collections import Counter

import httpx
import pytest

from ecp.kube import openapi
from ecp.kube.kinds import BUILT_IN
from ecp.orchestrator.adapters.address import Address
from ecp.orchestrator.adapters.kubernetes import KubernetesCluster
from ecp.orchestrator.ports import ClusterRefused, NotServed
from ecp.orchestrator.records import Ref

_CATALOGUE = BUILT_IN


class _Server:
    """An API server's discovery; *at_once* says whether it knows the aggregated one."""

    def __init__(self, at_once: bool = True, status: int = 200) -> None:
        self.at_once, self.status = at_once, status
        self.asked: Counter[str] = Counter()

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked[path] += 1
        if self.status != 200:
            return httpx.Response(self.status, json={"message": "no"})
        if self.at_once and path in ("/api", "/apis"):
            assert "as=APIGroupDiscoveryList" in request.headers["accept"]
            found = openapi.aggregated(_CATALOGUE, "v2", core=path == "/api")
            return httpx.Response(200, json=found)
        if path == "/api":
            return httpx.Response(200, json=openapi.api_versions("here"))
        if path == "/apis":
            return httpx.Response(200, json=openapi.api_groups(_CATALOGUE))
        *_, group, version = ["", *path.removeprefix("/api").removeprefix("s").split("/")][-2:]
        return httpx.Response(200, json=openapi.api_resources(_CATALOGUE, group, version))

    def cluster(self) -> KubernetesCluster:
        async def now() -> int:
            return 0

        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return KubernetesCluster(client, Address(["http://here"]), "", now)


def test_both_ways_of_discovery_tell_the_same() -> None:
    found = [asyncio.run(_Server(at_once).cluster().kinds()) for at_once in (True, False)]
    assert found[0] == found[1]
    assert {("v1", "Pod"), ("apps/v1", "Deployment")} <= found[0]


def test_two_questions_are_enough_and_many_who_ask_share_the_answer() -> None:
    server = _Server()

    async def ask() -> None:
        cluster = server.cluster()
        await asyncio.gather(*(cluster.kinds() for _ in range(20)))
        await cluster.kinds()

    asyncio.run(ask())
    assert server.asked == {"/api": 1, "/apis": 1}


def test_a_failure_is_told_to_the_next_ones_without_asking_again() -> None:
    server = _Server(status=503)

    async def ask() -> None:
        cluster = server.cluster()
        for _ in range(3):
            with pytest.raises(ClusterRefused):
                await cluster.kinds()
        for _ in range(3):
            with pytest.raises(ClusterRefused):
                await cluster.room()

    asyncio.run(ask())
    assert server.asked == {"/api": 1, "/apis": 1, "/api/v1/nodes": 1}


def test_who_applies_an_unknown_kind_asks_at_once() -> None:
    server = _Server()

    async def ask() -> None:
        cluster = server.cluster()
        await cluster.kinds()
        with pytest.raises(NotServed):
            await cluster.remove(Ref("example.com/v1", "Widget", "a", "b"))

    asyncio.run(ask())
    assert server.asked == {"/api": 2, "/apis": 2}
