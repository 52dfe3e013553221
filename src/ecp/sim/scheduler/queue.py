"""The scheduling queue: which pods wait, since when, for what.

A pod is ACTIVE (to be tried), BACKING_OFF (moved by a change, behind the active ones),
UNSCHEDULABLE (until a change may help, or five minutes are over), in ERROR (its binding failed) or
GATED. Only this is kept in a snapshot.

Source: kube-scheduler backend/queue/{scheduling_queue,backoff_queue}.go. With nothing active the
real queue pops pods before their back-off is over (SchedulerPopFromBackoffQ), so here, where a
cycle empties the queue in one instant, back-off only decides who goes first; pods whose binding
failed do wait for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush
from typing import Any

from ecp.sim.scheduler.templates import Template
from ecp.sim.store import Key, Obj

SECOND = 1_000_000_000
INITIAL_BACKOFF = 1 * SECOND
LONGEST_BACKOFF = 10 * SECOND
UNSCHEDULABLE_FOR = 300 * SECOND


class State(Enum):
    ACTIVE = "active"
    BACKING_OFF = "backing-off"
    UNSCHEDULABLE = "unschedulable"
    ERROR = "error"
    GATED = "gated"


@dataclass(slots=True)
class Entry:
    """One waiting pod. `since` (ns) and `sequence` order equal priorities; `tries` counts failed
    attempts in a row; `rejectors` are the plug-ins that turned it down; `seen` is the pod's version
    when it was let try again, "" before its first attempt."""

    key: Key
    pod: Obj
    template: Template
    priority: int
    since: int
    sequence: int
    state: State = State.ACTIVE
    tries: int = 0
    rejectors: tuple[str, ...] = ()
    seen: str = ""

    @property
    def uid(self) -> str:
        return self.pod["metadata"]["uid"]  # type: ignore[no-any-return]

    def plain(self) -> list[Any]:
        """Return the entry's memory as plain data: key, uid, since, sequence, state, …"""
        return [
            list(self.key), self.uid, self.since, self.sequence, self.state.value, self.tries,
            list(self.rejectors), self.seen,
        ]  # fmt: skip

    def recall(self, plain: list[Any]) -> None:
        """Take over what `plain` gave."""
        self.since, self.sequence = plain[2], plain[3]
        self.state, self.tries, self.rejectors = State(plain[4]), plain[5], tuple(plain[6])
        self.seen = plain[7] if len(plain) > 7 else ""

    def order(self) -> tuple[int, int, int]:
        """Return what ready pods are tried by: the greater priority first, then the longer wait."""
        return -self.priority, self.since, self.sequence

    def backoff_until(self) -> int:
        """Return the instant (ns) at which the back-off is over, in whole seconds as the real
        queue keeps them; 0 = no failed attempt."""
        if not self.tries:
            return 0
        wait = min(INITIAL_BACKOFF << min(self.tries - 1, 8), LONGEST_BACKOFF)
        return (self.since + wait) // SECOND * SECOND


class Queue:
    """Entries by key: `ready` (active and backing off) and `stuck` (all others).

    The ready ones also stand in a heap by the order in which they are tried, each place with a
    number of its own; those that back off come to it when that is over. A place whose entry has
    left or changed since is passed over.
    """

    __slots__ = ("_backing", "_heap", "_places", "ready", "sequence", "stuck")

    def __init__(self) -> None:
        self.ready: dict[Key, Entry] = {}
        self.stuck: dict[Key, Entry] = {}
        self.sequence = 0
        self._backing: dict[Key, Entry] = {}
        self._heap: list[tuple[tuple[int, int, int], int, Entry]] = []
        self._places = 0

    def get(self, key: Key) -> Entry | None:
        """Return the entry of a pod, or None."""
        return self.ready.get(key) or self.stuck.get(key)

    def __iter__(self) -> Iterator[Entry]:
        yield from self.ready.values()
        yield from self.stuck.values()

    def add(self, entry: Entry) -> None:
        """Put an entry where its state says."""
        key, state = entry.key, entry.state
        self.drop(key)
        if state is State.ACTIVE:
            self.ready[key] = entry
            self._line_up(entry)
        elif state is State.BACKING_OFF:
            self.ready[key] = self._backing[key] = entry
        else:
            self.stuck[key] = entry

    def _line_up(self, entry: Entry) -> None:
        self._places += 1
        heappush(self._heap, (entry.order(), self._places, entry))

    def new(self, key: Key, pod: Obj, template: Template, since: int) -> Entry:
        """Queue a pod for its first attempt."""
        self.sequence += 1
        priority = pod["spec"].get("priority") or 0
        entry = Entry(key, pod, template, priority, since, self.sequence)
        self.add(entry)
        return entry

    def drop(self, key: Key) -> Entry | None:
        """Take a pod out."""
        self._backing.pop(key, None)
        return self.ready.pop(key, None) or self.stuck.pop(key, None)

    def move(self, entry: Entry) -> None:
        """Let a stuck pod try again."""
        entry.state = State.BACKING_OFF if entry.tries else State.ACTIVE
        entry.seen = entry.pod["metadata"].get("resourceVersion", "")
        self.add(entry)

    def due(self, now: int, most: int) -> list[Entry]:
        """Return the first *most* of those to be tried at *now*, in order; who asks tries them.

        They stay in the queue until they are dropped, or added in another state.
        """
        for entry in list(self.stuck.values()):
            if (entry.state is State.UNSCHEDULABLE and entry.since + UNSCHEDULABLE_FOR <= now) or (
                entry.state is State.ERROR and entry.backoff_until() <= now
            ):
                self.move(entry)
        for entry in list(self._backing.values()):
            if entry.backoff_until() <= now:
                del self._backing[entry.key]
                self._line_up(entry)
        found: list[Entry] = []
        heap, ready = self._heap, self.ready
        while heap and len(found) < most:
            order, _, entry = heappop(heap)
            lost = ready.get(entry.key) is not entry or entry.key in self._backing
            # Two places of one entry in one order stand side by side.
            if lost or order != entry.order() or (found and found[-1] is entry):
                continue
            found.append(entry)
        if len(found) < most and self._backing:
            late = sorted(self._backing.values(), key=lambda e: (e.backoff_until(), e.order()))
            found += late[: most - len(found)]
        return found

    def wake_at(self) -> int | None:
        """Return the next instant (ns) at which time alone makes a pod due, or None."""
        instants = [
            entry.since + UNSCHEDULABLE_FOR
            if entry.state is State.UNSCHEDULABLE
            else entry.backoff_until()
            for entry in self.stuck.values()
            if entry.state is not State.GATED
        ]
        return min(instants) if instants else None

    def snapshot(self) -> dict[str, Any]:
        """Return the queue as plain data."""
        return {
            "sequence": self.sequence,
            "entries": [entry.plain() for entry in self],
        }
