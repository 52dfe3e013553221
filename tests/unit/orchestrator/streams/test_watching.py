"""Viewers share what is told or asked for; who reads slowly loses no slot and holds up nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import orjson
import pytest
from websockets.frames import Frame
from websockets.streams import StreamReader

from ecp.edge.streams import FRAMED, framed
from ecp.kube.times import rfc3339
from ecp.orchestrator.streams import model, watching
from ecp.orchestrator.streams.usecases import Frames
from ecp.orchestrator.streams.watching import Gallery, Viewer

SLOT = 5_000_000_000
FIRST = 353_560_000  # of 2026


def at(slot: int) -> str:
    return rfc3339(slot * SLOT)


def state(since: int, until: int) -> dict[str, Any]:
    recent = {"from": at(since), "to": at(until), "slots": {"count": until - since}, "metrics": {}}
    return {"recent": recent, "clock": {"now": at(until), "now_ns": until * SLOT}}


class House:
    """A simulator that is asked, and tells where it is given something to tell."""

    def __init__(self, *, tells: bool = False) -> None:
        self.now, self.asked, self.tells = FIRST, 0, tells
        self.every = 0.05
        self.watched: list[list[str]] = []
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    def simulator(self, mode: str) -> "House":
        return self

    def interval(self, mode: str) -> float:
        return self.every

    def live(self, mode: str) -> "House | None":
        return self if self.tells else None

    async def state(self, tenant_id: str, since: str = "") -> Any:
        self.asked += 1
        await asyncio.sleep(0)
        if since >= at(self.now):
            return {"recent": None, "clock": {"now": at(self.now), "now_ns": self.now * SLOT}}
        first = self.now - 1 if not since else FIRST
        return state(first, self.now)

    def tell(self, slots: int = 1) -> None:
        since, self.now = self.now, self.now + slots
        body = {"since": since, "state": state(since, self.now)}
        topic = "clusters/default/tenants/acme/live"
        self._queue.put_nowait({"topic": topic, "sequence": self.now, "body": body})

    async def begin(self) -> None: ...
    async def close(self) -> None: ...

    async def watch(self, tenants: list[str]) -> None:
        self.watched.append(tenants)

    async def hear(self, timeout: float) -> list[Any]:
        try:
            return [await asyncio.wait_for(self._queue.get(), timeout)]
        except TimeoutError:
            return []


class Reader:
    """What a viewer got; *open* lets it take more."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, message: Any) -> None:
        await self.open.wait()
        self.got.append(orjson.loads(message["text"]))

    def viewer(self, interval: float = 0.05, **fields: Any) -> Viewer:
        fields = {"own": True, **fields}
        return Viewer(self.send, "production", "acme", interval, "en", **fields)

    @property
    def sequences(self) -> list[int]:
        return [one["sequence"] - FIRST for one in self.got]


def played(house: House, play: Callable[[Gallery], Awaitable[None]]) -> None:
    async def whole() -> None:
        gallery = Gallery(house, Frames(house))  # type: ignore[arg-type]
        try:
            await play(gallery)
        finally:
            await gallery.close()

    asyncio.run(whole())


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not seen():
            await asyncio.sleep(0.005)


def test_however_many_look_the_simulator_is_asked_once() -> None:
    house = House()

    async def play(gallery: Gallery) -> None:
        readers = [Reader() for _ in range(120)]
        await asyncio.gather(*(gallery.show(reader.viewer(0.3)) for reader in readers))
        await until(lambda: all(len(reader.got) == 2 for reader in readers))

    played(house, play)
    assert house.asked == 2


def test_what_is_told_is_not_asked_for() -> None:
    house = House(tells=True)

    async def play(gallery: Gallery) -> None:
        reader = Reader()
        await gallery.show(reader.viewer())
        await until(lambda: bool(house.watched))
        assert house.watched[0] == ["acme"]
        for slot in (1, 2, 3):
            house.tell()
            await until(lambda slot=slot: slot in reader.sequences)  # type: ignore[misc]

    played(house, play)

    async def told() -> None:
        frames = Frames(House())  # type: ignore[arg-type]
        for slot in (0, 1, 2):
            body = {"since": FIRST + slot, "state": state(FIRST + slot, FIRST + slot + 1)}
            topic = "clusters/default/tenants/acme/live"
            message = {"topic": topic, "sequence": FIRST + slot + 1, "body": body}
            frames.told("production", message)
        for since, next_ in ((FIRST, 1), (FIRST + 1, 2), (FIRST + 2, 3), (None, 3)):
            found, _ = await frames.after("production", "acme", since)
            assert found["sequence"] - FIRST == next_
        assert frames.given == {"stream": 3, "rest": 0}

    asyncio.run(told())


def test_who_reads_slowly_holds_up_nobody_and_loses_no_slot() -> None:
    house = House(tells=True)

    async def play(gallery: Gallery) -> None:
        slow, quick = Reader(), Reader()
        for reader in (slow, quick):
            await gallery.show(reader.viewer())
        await until(lambda: bool(house.watched))
        slow.open.clear()
        for slot in (1, 2, 3):
            house.tell()
            await until(lambda slot=slot: slot in quick.sequences)  # type: ignore[misc]
        assert max(slow.sequences) == 0
        slow.open.set()
        await until(lambda: 3 in slow.sequences)
        # Each frame begins where the one before it ended.
        told = [one["recent"] for one in slow.got if one["recent"]]
        ends = [(one["from"], one["to"]) for one in told]
        assert all(b[0] <= a[1] for a, b in pairwise(ends)), ends

    played(house, play)


def test_who_has_left_is_shown_nothing() -> None:
    house = House()

    async def play(gallery: Gallery) -> None:
        gone, there = Reader(), Reader()
        viewer = gone.viewer()
        await gallery.show(viewer)
        await gallery.show(there.viewer())
        gallery.leave(viewer)
        await until(lambda: len(there.got) == 3)
        assert len(gone.got) == 1

    played(house, play)


@pytest.mark.parametrize(
    ("wanted", "known", "unknown"),
    [
        pytest.param(None, None, [], id="all"),
        pytest.param(["cpu"], ("cpu",), [], id="one"),
        pytest.param(["cpu_usage", "cpu", "memory_usage"], ("cpu", "memory"), [], id="other names"),
        pytest.param(["cpu", "gpu"], ("cpu",), ["gpu"], id="some that nobody has"),
    ],
)
def test_metrics_are_chosen_by_name(wanted: Any, known: Any, unknown: list[str]) -> None:
    assert model.chosen(wanted) == (known, unknown)


@pytest.mark.parametrize("wanted", [["beauty"], "cpu", [1]])
def test_metrics_that_are_none_are_refused(wanted: Any) -> None:
    with pytest.raises(ValueError, match="metrics"):
        model.chosen(wanted)


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_text_is_framed_as_a_library_reads_it(length: int) -> None:
    reader = StreamReader()
    reader.feed_data(framed("a" * length))
    reader.feed_eof()
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as found:
        next(parsing)
    frame = found.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (1, True, b"a" * length)
    assert FRAMED


def test_who_asked_for_no_interval_of_its_own_follows_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "_SETTLED_S", 0.01)
    house, follows, stays = House(), Reader(), Reader()
    house.every = 3600.0

    async def play(gallery: Gallery) -> None:
        await gallery.show(follows.viewer(3600.0, own=False))
        await gallery.show(stays.viewer(3600.0))
        await asyncio.sleep(0.03)
        assert (len(follows.got), len(stays.got)) == (1, 1)
        house.every = 0.02
        await until(lambda: len(follows.got) > 4)
        assert len(stays.got) == 1

    played(house, play)
