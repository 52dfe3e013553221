"""All of a namespace is looked at once for all who ask meanwhile, and as it is when they ask."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from ecp.kube.kinds import CONFIGMAPS
from ecp.orchestrator.adapters.address import Address
from ecp.orchestrator.adapters.kubernetes import LOOKED_AT, KubernetesCluster
from ecp.orchestrator.adapters.simulator import Simulator
from ecp.orchestrator.adapters.surveying import Surveyor

from .running import Service

NAME, SPACE = "looked-at", "own"
MANY = 100
"""From so many objects of a kind on a watch tells what changes."""
Asked = list[str]


def config_map(name: str, **data: str) -> dict[str, Any]:
    meta = {"name": name, "namespace": SPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


@pytest.fixture(scope="module")
def server(running: Service) -> str:
    running.create(NAME)
    return f"http://127.0.0.1:{running.port}"


def run(server: str, work: Callable[[KubernetesCluster, Surveyor, Asked], Awaitable[None]]) -> None:
    """Work on a cluster that notes of which kinds it was asked for lists."""

    async def whole() -> None:
        asked: Asked = []

        async def note(request: httpx.Request) -> None:
            if request.method == "GET" and "watch" not in request.url.params:
                asked.append(request.url.path.rpartition("/")[2])

        async with httpx.AsyncClient(trust_env=False, event_hooks={"request": [note]}) as client:
            cluster = Simulator(client, Address([server]), NAME).kubernetes
            await cluster.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
            )
            surveyor = Surveyor(cluster, keep=lambda obj: obj, bare=(), narrowed={})
            try:
                await work(cluster, surveyor, asked)
            finally:
                await surveyor.rest()

    asyncio.run(whole())


def test_who_asks_while_another_waits_shares_the_next_answer(server: str) -> None:
    async def work(cluster: KubernetesCluster, surveyor: Surveyor, asked: Asked) -> None:
        await surveyor.view(SPACE)
        asked.clear()
        await asyncio.gather(*(surveyor.view(SPACE) for _ in range(6)))
        # One begins at once; who came meanwhile has what was asked for after he came.
        kinds = [plural for _, _, plural in LOOKED_AT.values()]
        assert sorted(name for name in asked if name != "clock") == sorted(kinds * 2)

    run(server, work)


def test_it_is_what_a_look_of_ones_own_shows(server: str) -> None:
    async def work(cluster: KubernetesCluster, surveyor: Surveyor, asked: Asked) -> None:
        for value in ("1", "2"):
            await cluster.apply(config_map("a", k=value))
            seen, own = (
                view.get(CONFIGMAPS, SPACE, "a")
                for view in (await surveyor.view(SPACE), await cluster.look(SPACE))
            )
            assert seen is not None
            assert own is not None
            assert seen["data"] == {"k": value}
            meta = {k: v for k, v in own["metadata"].items() if k != "managedFields"}
            assert seen == {**own, "metadata": meta}

    run(server, work)


def test_many_are_followed_and_not_listed_again(server: str) -> None:
    async def work(cluster: KubernetesCluster, surveyor: Surveyor, asked: Asked) -> None:
        for number in range(MANY):
            await cluster.apply(config_map(f"n{number}"))
        await surveyor.view(SPACE)
        asked.clear()
        await cluster.apply(config_map("n7", k="new"))
        async with asyncio.timeout(20):
            while True:
                found = (await surveyor.view(SPACE)).get(CONFIGMAPS, SPACE, "n7")
                assert found is not None
                if found.get("data") == {"k": "new"}:
                    break
        assert "configmaps" not in asked
        assert "services" in asked

    run(server, work)
