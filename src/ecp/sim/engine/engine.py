"""One queue, one clock, one order.

Timers due at one instant fire by phase, then in the order they were set; the order number
breaks every tie, so equal seeds give equal runs byte for byte. Timers name their handler and
carry plain data: a snapshot is the heap, written down.
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Any

SECOND = 1_000_000_000
MILLISECOND = 1_000_000

_PHASE_SHIFT = 48


class Phase:
    """Who goes first at one instant."""

    FAULT = 0
    KUBELET = 2
    CONTROLLER = 5
    SCHEDULER = 6
    TRAFFIC = 8
    SLA = 9


# A timer is a row: instant (ns), order, handler, argument, cause. A plain list, because it is its
# own heap entry and nothing in CPython is made, compared and changed faster; the order number is
# unique, so a comparison never reaches the handler.
Timer = list[Any]
AT, ORDER, HANDLER, ARG, CAUSE = range(5)


def live(timer: Timer) -> bool:
    """False once fired or cancelled."""
    return timer[HANDLER] is not None


class Engine:
    """Single-threaded timers over integer nanoseconds.

    `now` is the simulated instant (ns since the epoch), `fired` the number of timers fired so
    far: the pair is a position that a replay can run to exactly. `cause` is the cause of the
    timer being fired; whatever is set meanwhile inherits it unless told otherwise.
    """

    __slots__ = ("_handlers", "_heap", "_sequence", "cause", "fired", "now")

    def __init__(self, now: int) -> None:
        self.now = now
        self.fired = 0
        self.cause = ""
        self._sequence = 0
        self._heap: list[Timer] = []
        self._handlers: dict[str, Callable[[Any], None]] = {}

    def handle(self, name: str, handler: Callable[[Any], None]) -> None:
        """Register *handler*, a function of the timer's argument, under *name*."""
        self._handlers[name] = handler

    def at(
        self, when: int, handler: str, arg: Any = None, phase: int = 5, cause: str | None = None
    ) -> Timer:
        """Set a timer; an instant already past fires next. *arg* must be plain data."""
        if when < self.now:
            when = self.now
        sequence = self._sequence = self._sequence + 1
        timer: Timer = [
            when,
            phase << _PHASE_SHIFT | sequence,
            handler,
            arg,
            self.cause if cause is None else cause,
        ]
        heappush(self._heap, timer)
        return timer

    def cancel(self, timer: Timer) -> None:
        """Make *timer* never fire. Cancelling twice, or after it fired, is harmless."""
        timer[HANDLER] = None

    @property
    def waiting(self) -> int:
        """How many timers wait; those that were cancelled and are not yet due are among them."""
        return len(self._heap)

    def next_at(self) -> int | None:
        """Return the instant of the earliest live timer, or None."""
        heap = self._heap
        while heap and heap[0][HANDLER] is None:
            heappop(heap)
        return heap[0][AT] if heap else None

    def run_until(self, until: int, *, max_timers: int | None = None) -> bool:
        """Fire every timer due at or before *until*, then stand at *until*.

        With *max_timers* stop after so many and return False: the caller goes on later from
        exactly there. Returns True when *until* was reached.
        """
        heap, handlers = self._heap, self._handlers
        fired = self.fired
        limit = -1 if max_timers is None else fired + max_timers
        try:
            while heap and heap[0][0] <= until:
                if fired == limit:
                    return False
                timer = heappop(heap)
                when, _, handler, arg, cause = timer
                if handler is None:
                    continue
                timer[2] = None
                self.now = when
                self.cause = cause
                fired += 1
                handlers[handler](arg)
        finally:
            self.fired = fired
            self.cause = ""
        if until > self.now:
            self.now = until
        return True

    def run_to_position(self, now: int, fired: int) -> None:
        """Run to the position at which an action was journalled.

        Raises ReplayDiverged when the journal cannot have come from this engine.
        """
        missing = fired - self.fired
        if missing > 0:
            self.run_until(now, max_timers=missing)
        if self.fired != fired or self.now > now:
            raise ReplayDiverged(
                f"wanted timer {fired} at {now}, stand at {self.fired}, {self.now}"
            )
        self.cause = ""
        self.now = now

    def timers(self) -> Iterator[Timer]:
        """Yield the live timers, in no order that matters."""
        return (timer for timer in self._heap if timer[HANDLER] is not None)

    def snapshot(self) -> dict[str, Any]:
        """Return the engine as plain data."""
        return {
            "now": self.now,
            "fired": self.fired,
            "sequence": self._sequence,
            "timers": [list(timer) for timer in sorted(self.timers(), key=lambda t: t[:2])],
        }

    def restore(self, state: dict[str, Any]) -> dict[int, Timer]:
        """Take over *state*; return the timers by order number, so that owners find theirs."""
        self.now, self.fired = state["now"], state["fired"]
        self._sequence = state["sequence"]
        # Sorted rows are a heap.
        self._heap = [list(timer) for timer in state["timers"]]
        return {timer[ORDER]: timer for timer in self._heap}


class ReplayDiverged(RuntimeError):
    """The journal asks for a position this engine does not pass: another version wrote it."""
