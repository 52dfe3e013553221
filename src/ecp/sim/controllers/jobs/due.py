"""When keys are to be looked at next, where not every change is looked at with the same delay.

Source: client-go util/workqueue/delaying_queue.go: a key waits once, until the earliest instant
that anybody asked for.
"""

from collections.abc import Iterable
from typing import Any

from ecp.sim.store import Key


class Due:
    """The earliest instant (ns) at which each key is to be looked at."""

    def __init__(self) -> None:
        self._due: dict[Key, int] = {}

    def ask(self, key: Key, at: int) -> Iterable[Key]:
        """Ask for a look at *at*; return the key where that changes anything."""
        due = self._due.get(key)
        if due is not None and due <= at:
            return ()
        self._due[key] = at
        return (key,)

    def waits(self, key: Key, now: int) -> int | None:
        """Return when *key* is due, None (and forget it) when it is now."""
        due = self._due.get(key)
        if due is not None and due > now:
            return due
        self._due.pop(key, None)
        return None

    def drop(self, key: Key) -> None:
        """Forget a key."""
        self._due.pop(key, None)

    def snapshot(self) -> list[list[Any]]:
        """Return plain rows [namespace, name, instant]."""
        return [[*key, at] for key, at in self._due.items()]

    def restore(self, rows: list[list[Any]]) -> None:
        """Take over what `snapshot` returned."""
        self._due = {(namespace, name): at for namespace, name, at in rows}
