"""Running: the variables of a run, and the loops that macros stand for.

Source: google/cel-go interpreter/{interpretable,runtimecost}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ecp.kube.cel.operators import NO_OVERLOAD, is_list, is_map, put_new
from ecp.kube.cel.source import CostExceeded, RunError, TooMuchWork
from ecp.kube.cel.tree import Fold
from ecp.kube.cel.values import MapValue

PER_CALL: Final = 1_000_000
MOST_WORK: Final = 1_000_000
"""Characters and items that the calls of a run are given and give back; most cost nothing."""
_LIST: Final = 10
_SMALL: Final = (bool, int, float, type(None))
MISSING: Final = object()
Pairs = list[tuple[Any, Any]]


class Frame:
    """The variables of one run, what it has cost so far, and what it really came to."""

    __slots__ = ("cost", "variables", "work")

    def __init__(self, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.cost = self.work = 0

    def spend(self, cost: int) -> None:
        self.cost += cost
        if self.cost > PER_CALL:
            raise too_costly()

    def weigh(self, values: Sequence[Any], result: Any) -> None:
        """Count what a call looked at: much of it costs nothing. Raises TooMuchWork."""
        for value in (*values, result):
            if type(value) not in _SMALL and hasattr(value, "__len__"):
                self.work += len(value)
        if self.work > MOST_WORK:
            raise TooMuchWork(f"calls over more than {MOST_WORK} characters and items")


def too_costly() -> CostExceeded:
    return CostExceeded("operation cancelled: actual cost limit exceeded")


Run = Callable[[Frame], Any]


def binding(name: str, value: Run, result: Run) -> Run:
    def run(frame: Frame) -> Any:
        saved = frame.variables.get(name, MISSING)
        frame.variables[name] = value(frame)
        try:
            return result(frame)
        finally:
            if saved is MISSING:
                frame.variables.pop(name, None)
            else:
                frame.variables[name] = saved

    return run


def pairs(holder: Any, two: bool) -> Pairs:
    """Return what the loop's variables stand for, one after the other."""
    if is_map(holder):
        keys = holder.keys_of()
        return [(key, holder.find(key)[0] if two else None) for key in keys]
    if is_list(holder):
        return list(enumerate(holder)) if two else [(item, None) for item in holder]
    raise RunError(NO_OVERLOAD)


def _bound(node: Fold, frame: Frame, pair: tuple[Any, Any]) -> None:
    frame.variables[node.var] = pair[0]
    if node.var2:
        frame.variables[node.var2] = pair[1]


def quantified(node: Fold, test: Run, decisive: bool) -> Callable[[Frame, Pairs], Any]:
    """``exists`` is decided by the first true, ``all`` by the first false; either hides errors."""
    looking = 2 if decisive else 1

    def run(frame: Frame, pairs: Pairs) -> Any:
        failed: RunError | None = None
        last = len(pairs) - 1
        for number, pair in enumerate(pairs):
            frame.spend(looking + 2)
            _bound(node, frame, pair)
            try:
                value = test(frame)
            except RunError as error:
                failed = failed or error
                continue
            if value is decisive:
                frame.spend(1 if number == last else looking + 2)
                return decisive
            if not isinstance(value, bool):
                failed = failed or RunError(NO_OVERLOAD)
        frame.spend(1)
        if failed is not None:
            raise failed
        return not decisive

    return run


def _holds(guard: Run, frame: Frame) -> bool:
    value = guard(frame)
    if not isinstance(value, bool):
        raise RunError(NO_OVERLOAD)
    return value


def counted(node: Fold, guard: Run) -> Callable[[Frame, Pairs], Any]:
    def run(frame: Frame, pairs: Pairs) -> Any:
        count = 0
        for pair in pairs:
            _bound(node, frame, pair)
            if _holds(guard, frame):
                frame.spend(2)
                count += 1
        frame.spend(2)
        return count == 1

    return run


def collected(node: Fold, guard: Run | None, item: Run) -> Callable[[Frame, Pairs], Any]:
    def run(frame: Frame, pairs: Pairs) -> Any:
        found: list[Any] = []
        for pair in pairs:
            _bound(node, frame, pair)
            if guard is None or _holds(guard, frame):
                found.append(item(frame))
                frame.spend(_LIST + 2)
        frame.spend(1)
        return found

    return run


def inserting(node: Fold, guard: Run | None, args: Sequence[Run]) -> Callable[[Frame, Pairs], Any]:
    def run(frame: Frame, pairs: Pairs) -> Any:
        made = MapValue()
        for pair in pairs:
            _bound(node, frame, pair)
            if guard is not None and not _holds(guard, frame):
                continue
            values = [arg(frame) for arg in args]
            if len(values) == 2:
                put_new(made, *values)
            else:
                for key in values[0].keys_of():
                    put_new(made, key, values[0].find(key)[0])
            frame.spend(2)
        frame.spend(1)
        return made

    return run
