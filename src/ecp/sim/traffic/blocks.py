"""Slots of probes: what one met, and spans of equal ones as they are told and written down."""

from typing import Any, NamedTuple, Protocol

from ecp.sim.engine.engine import SECOND
from ecp.sim.store import Key

SLOT = 5 * SECOND
"""The length of a slot (ns)."""


def slot_after(instant: int) -> int:
    """Return the first slot that starts at or after *instant* (ns)."""
    return -(-instant // SLOT)


class Block(NamedTuple):
    """Slots [start, end) of one Service, all alike.

    `reason` says how the probe failed (a cause of `network.connect`), `cause` is the id of what
    that follows from ("f1"), `port` and `pod` where it was seen; all "" where `ok`.
    """

    service: Key
    start: int
    end: int
    ok: bool
    reason: str = ""
    cause: str = ""
    port: str = ""
    pod: str = ""

    @property
    def kind(self) -> tuple[Any, ...]:
        """What makes two blocks the same run."""
        return (self.service, self.ok, self.reason, self.cause, self.port, self.pod)


class SlotSink(Protocol):
    """Takes closed slots, blockwise; the blocks of a Service come in order and without holes."""

    def block(self, block: Block) -> None: ...


class Mark(NamedTuple):
    """The outcome of one way, reduced to what a block says."""

    ok: bool
    reason: str = ""
    cause: str = ""
    pod: str = ""


OK = Mark(True)


class View(NamedTuple):
    """What a Service's probes meet from slot `since` on: (port, its ways) a port."""

    since: int
    ports: tuple[tuple[str, tuple[Mark, ...]], ...]

    @property
    def surely_up(self) -> bool:
        return all(mark.ok for _, marks in self.ports for mark in marks)

    @property
    def surely_down(self) -> tuple[str, Mark] | None:
        """The first port of which every way fails alike."""
        for port, marks in self.ports:
            if not marks[0].ok and all(mark == marks[0] for mark in marks):
                return port, marks[0]
        return None


def view_to_plain(view: View) -> list[Any]:
    return [view.since, [[port, [list(mark) for mark in marks]] for port, marks in view.ports]]


def view_from_plain(plain: list[Any]) -> View:
    ports = tuple(
        (port, tuple(OK if mark[0] else Mark(*mark) for mark in marks)) for port, marks in plain[1]
    )
    return View(plain[0], ports)
