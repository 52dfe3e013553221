"""A cluster put back to a snapshot in place; and what its timeline says after that, after a restart
and in a fork."""

import asyncio
import errno
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.requests import Request
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.kubeapi import Closed
from ecp.simulator.refusals import ClusterFailed, Refused
from ecp.simulator.storage import Files

SECOND = 1_000_000_000
SPEC = clusters.model("default")
T = TypeVar("T")


class Desk:
    """A directory of clusters and the loop that they live in."""

    def __init__(self, root: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.clusters = ClusterDirectory(Files(root), time.time_ns)
        self.run(self._open())

    async def _open(self) -> None:
        self.clusters.open()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def create(self, name: str = "c") -> HostedCluster:
        async def made() -> HostedCluster:
            return self.clusters.create(name, SPEC, seed=7, start=0, paused=True)

        return self.run(made())

    def fork(self, name: str, label: str | None = None) -> HostedCluster:
        async def made() -> HostedCluster:
            return self.clusters.fork("c", name, label=label)

        return self.run(made())

    def step(self, hosted: HostedCluster, seconds: int) -> None:
        async def gone() -> None:
            await hosted.act("step", duration=seconds * SECOND)
            while hosted.pace.goal is not None:
                await asyncio.sleep(0)

        self.run(gone())

    def deploy(self, hosted: HostedCluster, name: str, replicas: int = 2) -> None:
        labels = {"app": name}
        body = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "c", "image": "example.com/a:1"}]},
                },
            },
        }
        request = Request("create", kinds.DEPLOYMENTS, "default", name, body=body)
        self.run(hosted.submit(request))
        self.step(hosted, 60)

    def close(self) -> None:
        self.run(self.clusters.close())
        self.loop.close()


@contextmanager
def desk(root: Path) -> Iterator[Desk]:
    found = Desk(root)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def at_hand(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as found:
        yield found


def objects(hosted: HostedCluster) -> bytes:
    """Return every object, to the byte."""
    tables = hosted.cluster.store.snapshot()["tables"]
    return orjson.dumps({name: [row[2] for row in rows] for name, rows in tables.items()})


def but_for_versions(hosted: HostedCluster) -> Any:
    """Return every object without versions, and without the uids of Events, drawn from them."""

    def without(value: Any, *names: str) -> Any:
        if isinstance(value, list):
            return [without(one, *names) for one in value]
        if not isinstance(value, dict):
            return value
        return {key: without(one, *names) for key, one in value.items() if key not in names}

    tables = orjson.loads(objects(hosted))
    events = without(tables.pop(kinds.EVENTS), "resourceVersion", "uid")
    return without(tables, "resourceVersion"), events


def told(hosted: HostedCluster) -> list[tuple[Any, ...]]:
    """Return what the timeline says: each change with the object before and after."""
    return [
        (c.rv, c.type, c.key, c.at, c.cause, c.actor, orjson.dumps([c.old, c.object]))
        for c in hosted.cluster.store.log
    ]


def _kept(at_hand: Desk) -> tuple[HostedCluster, bytes, list[tuple[Any, ...]], int]:
    """Return a cluster that went on since its snapshot `here`, and what it was then."""
    hosted = at_hand.create()
    at_hand.deploy(hosted, "web")
    at_hand.run(hosted.keep("here"))
    then = objects(hosted), told(hosted), hosted.cluster.now
    at_hand.deploy(hosted, "later", 3)
    assert objects(hosted) != then[0]
    return hosted, *then


def test_a_cluster_is_what_its_snapshot_was_and_stands_there(at_hand: Desk) -> None:
    before, there, log, at = _kept(at_hand)
    after = at_hand.run(at_hand.clusters.rewind("c", "here"))
    assert at_hand.clusters.require("c") is after
    assert objects(after) == there
    assert told(after) == log
    assert (after.cluster.now, after.pace.paused, after.pace.goal) == (at, True, None)
    assert (after.incarnation, after.ledger == before.ledger) == (before.incarnation, False)
    assert after.shelf.labels() == ["here"]


def test_who_watched_is_told_and_must_list_again(at_hand: Desk) -> None:
    before, *_ = _kept(at_hand)
    seen = before.cluster.store.version

    async def rewound() -> HostedCluster:
        waiting = asyncio.ensure_future(before.changed(seen))
        await asyncio.sleep(0)
        after = await at_hand.clusters.rewind("c", "here")
        with pytest.raises(Closed):
            await waiting
        return after

    after = at_hand.run(rewound())
    assert after.cluster.store.version > seen
    assert after.cluster.store.oldest > seen  # 410 for whatever was read before
    with pytest.raises(ClusterFailed):
        at_hand.run(before.submit(Request("delete", kinds.PODS, "default", "a")))


def test_it_goes_on_as_a_fork_of_the_snapshot_would(at_hand: Desk) -> None:
    before, *_ = _kept(at_hand)
    fork = at_hand.fork("fork", "here")
    after = at_hand.run(at_hand.clusters.rewind("c", "here"))
    for hosted in (fork, after):
        at_hand.step(hosted, 300)
        at_hand.deploy(hosted, "again", 4)
    assert but_for_versions(after) == but_for_versions(fork)
    assert after.actions > before.actions  # so that no cause is given out twice


def test_it_is_still_that_cluster_after_a_restart(tmp_path: Path) -> None:
    with desk(tmp_path) as first:
        _kept(first)
        after = first.run(first.clusters.rewind("c", "here"))
        first.deploy(after, "other")
        there, log, version = objects(after), told(after), after.cluster.store.version
    with desk(tmp_path) as second:
        again = second.clusters.require("c")
        assert objects(again) == there
        assert told(again) == log
        assert (again.ledger, again.cluster.store.version) == (after.ledger, version)


def test_a_tenant_is_looked_for_in_forks_last_after_a_restart_too(tmp_path: Path) -> None:
    with desk(tmp_path) as first:
        first.create()
        first.fork("a")
        first.fork("b")
    with desk(tmp_path) as again:
        found = [(one.name, one.forked_from) for one in again.clusters.following()]
    assert found == [("default", ""), ("c", ""), ("a", "c"), ("b", "c")]


def test_a_cluster_that_has_stopped_comes_back(at_hand: Desk) -> None:
    before, there, *_ = _kept(at_hand)
    before._fail("engine", "broken")
    after = at_hand.run(at_hand.clusters.rewind("c", "here"))
    assert (objects(after), after.failure) == (there, None)
    at_hand.deploy(after, "again")


def test_where_the_disk_refuses_it_goes_on_as_it_was(at_hand: Desk) -> None:
    before, *_ = _kept(at_hand)
    now = objects(before)

    def full(number: int, state: bytes) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(before.shelf, "save", full)
        with pytest.raises(OSError, match="no space"):
            at_hand.run(at_hand.clusters.rewind("c", "here"))
    assert at_hand.clusters.require("c") is before
    assert objects(before) == now
    at_hand.deploy(before, "again")


def test_there_is_nothing_to_go_back_to(at_hand: Desk) -> None:
    before, *_ = _kept(at_hand)
    with pytest.raises(Refused) as refused:
        at_hand.run(at_hand.clusters.rewind("c", "never"))
    assert refused.value.status == 404
    assert at_hand.clusters.require("c") is before


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(lambda desk: desk.fork("f"), id="a fork of the present"),
        pytest.param(lambda desk: desk.fork("f", "here"), id="a fork of a snapshot"),
    ],
)
def test_a_fork_begins_with_the_log_of_what_it_was(
    at_hand: Desk, again: Callable[[Desk], HostedCluster]
) -> None:
    hosted = at_hand.create()
    at_hand.deploy(hosted, "web")
    at_hand.run(hosted.keep("here"))
    fork = again(at_hand)
    assert told(fork) == told(hosted)
    at_hand.deploy(fork, "more")
    causes = {change.cause for change in fork.cluster.store.log if change.cause[:1] == "a"}
    assert len(causes) == 2  # the cause of the second is not that of the first once more
    whole = fork.cluster.store.log
    assert [change.rv for change in whole] == list(range(whole[0].rv, whole[-1].rv + 1))


@pytest.mark.parametrize("killed", [False, True], ids=["after a stop", "after a kill"])
def test_the_log_goes_on_over_a_restart(tmp_path: Path, killed: bool) -> None:
    first = Desk(tmp_path)
    hosted = first.create()
    first.deploy(hosted, "web")
    if killed:
        hosted.save()  # and what comes after it is lived through again
        first.deploy(hosted, "more")
    log = told(hosted)
    if killed:
        first.clusters._hosted.pop("c")
        first.run(hosted._cancel())
        first.run(hosted.saving.settled())
        hosted.close()  # without a snapshot
    first.close()
    with desk(tmp_path) as second:
        assert told(second.clusters.require("c")) == log
