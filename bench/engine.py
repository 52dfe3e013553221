"""The event loop: timers with arguments, a tenth of them cancelled.

Peer: a bare heapq loop of tuples with nothing but a callback, CPython's ceiling on this machine.
"""

from heapq import heappop, heappush
from typing import Any

from bench._measure import cpu_seconds, line
from ecp.sim.engine.engine import Engine

_IN_FLIGHT = 1_000
_FIRED = 400_000


def engine_loop() -> None:
    """Keep 1,000 timers in flight; each sets the next, every tenth is cancelled and set again."""
    engine = Engine(0)
    left = _FIRED

    def tick(arg: Any) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            timer = engine.at(engine.now + 1_000 + arg, "tick", arg)
            if left % 10 == 0:
                engine.cancel(timer)
                engine.at(engine.now + 2_000 + arg, "tick", arg)

    engine.handle("tick", tick)
    for number in range(_IN_FLIGHT):
        engine.at(number, "tick", number)
    engine.run_until(1 << 62)
    assert left <= 0


def bare_loop() -> None:
    """The same without phases, names, causes or cancellation."""
    heap: list[tuple[int, int, Any]] = []
    left = _FIRED
    sequence = 0

    def tick(now: int, arg: int) -> None:
        nonlocal left, sequence
        left -= 1
        if left > 0:
            sequence += 1
            heappush(heap, (now + 1_000 + arg, sequence, arg))

    for number in range(_IN_FLIGHT):
        sequence += 1
        heappush(heap, (number, sequence, number))
    while heap:
        now, _, arg = heappop(heap)
        tick(now, arg)


def main() -> None:
    ours = [_FIRED / seconds / 1e6 for seconds in cpu_seconds(engine_loop)]
    bare = [_FIRED / seconds / 1e6 for seconds in cpu_seconds(bare_loop)]
    line("engine: timers with arguments and cancellation", ours, "M/s", "≥ 0.8")
    line("bare heapq of tuples (ceiling)", bare, "M/s", "–")
