"""What a cluster serves is asked for once in a while, in two questions where the cluster can."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
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


class _Watched(httpx.AsyncByteStream):
    """A watch whose events come when somebody says so."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (event := await self.events.get()) is not None:
            yield orjson.dumps(event) + b"\n"


def test_nodes_are_as_they_are_now_without_a_question_each_time() -> None:
    """A change is known when a watch tells of it; heartbeats are none; no watch, no promise."""
    asked: Counter[str] = Counter()
    nodes = {"a": _node("a", "4")}

    async def work() -> None:
        watch = _Watched()

        def answer(request: httpx.Request) -> httpx.Response:
            watches = request.url.params.get("watch") == "true"
            asked["watch" if watches else "list"] += 1
            if watches:
                assert request.url.params["resourceVersion"] == "7"
                return httpx.Response(200, stream=watch)
            listed = {"metadata": {"resourceVersion": "7"}, "items": list(nodes.values())}
            return httpx.Response(200, json=listed)

        async def now() -> int:
            return 0

        client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        cluster = KubernetesCluster(client, Address(["http://here"]), "", now)

        async def names() -> list[str]:
            return [row["metadata"]["name"] for row in orjson.loads(await cluster.room())]

        async def told(event: dict[str, Any] | None) -> None:
            watch.events.put_nowait(event)
            for _ in range(20):
                await asyncio.sleep(0)

        assert await names() == ["a"]
        assert asked == {"list": 1}  # who asks once needs no watch
        assert await names() == ["a"]
        beat = {**nodes["a"], "status": {**nodes["a"]["status"], "conditions": [{}]}}
        await told({"type": "MODIFIED", "object": beat})
        assert await names() == ["a"]
        assert asked == {"list": 1, "watch": 1}
        nodes["b"] = _node("b", "8")
        await told({"type": "ADDED", "object": nodes["b"]})
        assert await names() == ["a", "b"]
        del nodes["a"]
        await told({"type": "DELETED", "object": beat})
        assert await names() == ["b"]
        assert asked == {"list": 3, "watch": 1}
        # The watch is over: what is asked for next is as it is then, and watched anew.
        del nodes["b"]
        await told(None)
        assert await names() == []
        await asyncio.sleep(0)
        assert asked == {"list": 4, "watch": 2}
        await cluster.rest()
        await client.aclose()

    asyncio.run(work())


def _node(name: str, cpu: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {}, "status": {"allocatable": {"cpu": cpu}}}
