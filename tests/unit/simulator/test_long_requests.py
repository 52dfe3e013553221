"""Long objects are decided beside the loop: others are heard, and nothing else is different."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.kube.errors import Invalid
from ecp.sim.apiserver.callers import Decided
from ecp.sim.requests import Request
from ecp.simulator.beside import has_more_values
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.storage import Files

MANY = 3_000
START = 1_767_571_200_000_000_000
Obj = dict[str, Any]


def deployment(value: str, variables: int = MANY) -> Obj:
    env = [{"name": f"V{number}", "value": f"{value}{number}"} for number in range(variables)]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "long", "namespace": "default"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "long"}},
            "template": {
                "metadata": {"labels": {"app": "long"}},
                "spec": {"containers": [{"name": "app", "image": "i:1", "env": env}]},
            },
        },
    }


def config(name: str) -> Request:
    return Request(
        "create", kinds.CONFIGMAPS, "default", body={"metadata": {"name": name}}, manager="m"
    )


def wish(verb: Any, body: Obj, **more: Any) -> Request:
    name = "" if verb == "create" else "long"
    return Request(verb, kinds.DEPLOYMENTS, "default", name, body=body, manager="m", **more)


class Clock:
    """A wall clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(folder: Path, clock: Clock) -> tuple[ClusterDirectory, HostedCluster]:
    directory = ClusterDirectory(Files(folder), clock)
    directory.open()
    return directory, directory.require("default")


class Held:
    """Keeps the thread that decides until it is let go."""

    def __init__(self, hosted: HostedCluster) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()
        decide = hosted.cluster.decide

        def slowly(request: Request) -> Decided:
            self.began.set()
            assert self.may_end.wait(30)
            return decide(request)

        hosted.cluster.decide = slowly  # type: ignore[method-assign]

    async def until_it_decides(self) -> None:
        assert await asyncio.to_thread(self.began.wait, 30)


def test_while_a_long_request_is_decided_reads_go_on_time_stands_and_writes_wait(
    tmp_path: Path, clock: Clock
) -> None:
    async def scenario() -> None:
        directory, hosted = opened(tmp_path, clock)
        held = Held(hosted)
        long = asyncio.create_task(hosted.submit(wish("create", deployment("v"))))
        await held.until_it_decides()
        short = asyncio.create_task(hosted.submit(config("later")))
        before = hosted.cluster.now
        clock.now += 5_000_000_000
        hosted.catch_up()
        await asyncio.sleep(0)
        assert hosted.cluster.now == before
        assert hosted.cluster.store.get(kinds.DEPLOYMENTS, "default", "long") is None
        assert not short.done()
        held.may_end.set()
        first, second = await asyncio.gather(long, short)
        assert first.object is not None
        assert second.object is not None
        versions = [one["metadata"]["resourceVersion"] for one in (first.object, second.object)]
        assert int(versions[0]) < int(versions[1])
        hosted.catch_up()
        assert hosted.cluster.now > before
        await directory.close()

    asyncio.run(scenario())


def test_who_gives_up_waiting_leaves_nothing_behind(tmp_path: Path, clock: Clock) -> None:
    async def scenario() -> None:
        directory, hosted = opened(tmp_path, clock)
        held = Held(hosted)
        before = hosted.cluster.store.version
        long = asyncio.create_task(hosted.submit(wish("create", deployment("v"))))
        await held.until_it_decides()
        long.cancel()
        await asyncio.sleep(0)
        assert not long.done()  # the thread still reads
        held.may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await long
        assert hosted.cluster.store.version == before
        assert (await hosted.submit(config("next"))).created
        await directory.close()

    asyncio.run(scenario())


def test_what_is_decided_beside_is_what_the_loop_decides_and_a_restart_replays_it(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes = (
        wish("create", deployment("v")),
        wish("update", deployment("w")),
        wish("patch", deployment("x"), patch="apply", force=True),
        wish("patch", {"metadata": {"labels": {"a": "b"}}}, patch="merge"),
        wish("create", {**deployment("y"), "metadata": {"generateName": "long-"}}),
        wish("create", {**deployment("z"), "metadata": {"generateName": "long-"}}, dry_run=True),
        config("short"),
        wish("create", {**deployment("z"), "metadata": {"generateName": "long-"}}),
    )

    async def carried_out(folder: Path, *, restarts: bool) -> dict[str, Any]:
        _, hosted = opened(folder, clock)
        for one in wishes:
            await hosted.submit(one)
        with pytest.raises(Invalid):
            await hosted.submit(wish("create", {**deployment("v"), "metadata": {"name": "NO"}}))
        await hosted._cancel()
        if restarts:
            hosted.close()
            _, hosted = opened(folder, clock)
            await hosted._cancel()
        found = hosted.cluster.snapshot()
        hosted.close()
        return found

    async def scenario() -> None:
        beside = await carried_out(tmp_path / "a", restarts=False)
        replayed = await carried_out(tmp_path / "b", restarts=True)
        monkeypatch.setattr("ecp.simulator.beside._LONG", 1 << 60)
        in_turn = await carried_out(tmp_path / "c", restarts=False)
        assert beside["store"] == in_turn["store"] == replayed["store"]
        assert beside["api"] == in_turn["api"] == replayed["api"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("value", "more"),
    [
        pytest.param(None, False, id="nothing"),
        pytest.param({"a": [1, 2]}, False, id="as many as there may be"),
        pytest.param({"a": [1, 2], "b": 1}, True, id="one more"),
        pytest.param([[[[1]]]], True, id="nested ones count each"),
        pytest.param("x" * 100, False, id="a long text is one value"),
    ],
)
def test_the_values_of_an_object_are_counted(value: Any, more: bool) -> None:
    assert has_more_values(value, 3) is more
