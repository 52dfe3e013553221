"""What the parts of a driver share: what they are busy with, finalizers by which they hold on.

A driver makes nothing: what it does is the time that it takes, and then the objects say that it is
done.
"""

from typing import Any, Final

from ecp.kube.kinds import VOLUMEATTACHMENTS
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import NOTHING, Plan, Reader, Update
from ecp.sim.store import Obj

_SECOND: Final = 1_000_000_000
_RETRY_MAX: Final = 300 * _SECOND
"""A refused volume is tried again after 1 s, 2 s, 4 s … 5 min (--retry-interval-start, -max)."""


class Work:
    """What a sidecar is busy with: name → [when it is done (ns), how often it was tried]."""

    __slots__ = ("_chance", "_what", "rows")

    def __init__(self, what: str, chance: Chance) -> None:
        self._what = what
        self._chance = chance
        self.rows: dict[str, list[int]] = {}

    def begin(self, name: str, delay: int, now: int) -> int:
        """Begin something that takes about *delay* ns; return when it is done."""
        unit = self._chance.unit(f"{self._what}/{name}", now)
        takes = int(delay * (0.75 + unit / 2)) // 1_000_000 * 1_000_000
        row = self.rows.setdefault(name, [0, 0])
        row[0] = now + max(takes, 1_000_000)
        return row[0]

    def again(self, name: str, now: int) -> int:
        """It was refused: return when it is tried again."""
        row = self.rows[name]
        row[0] = now + min(_SECOND << min(row[1], 20), _RETRY_MAX)
        row[1] += 1
        return row[0]

    def due(self, name: str) -> int | None:
        """Return when something that was begun is done, None if it was not begun."""
        row = self.rows.get(name)
        return None if row is None else row[0]

    def end(self, name: str) -> None:
        self.rows.pop(name, None)

    def snapshot(self) -> Any:
        return [[name, *row] for name, row in self.rows.items()]

    def restore(self, plain: Any) -> None:
        self.rows = {name: list(row) for name, *row in plain}


def is_on_a_node(volume: str, read: Reader) -> bool:
    return any(
        (one["spec"].get("source") or {}).get("persistentVolumeName") == volume
        for one in read.list(VOLUMEATTACHMENTS)
    )


def with_finalizer(obj: Obj, finalizer: str) -> Obj:
    meta = obj["metadata"]
    return {**obj, "metadata": {**meta, "finalizers": [*(meta.get("finalizers") or ()), finalizer]}}


def without(resource: str, obj: Obj, finalizer: str) -> Plan:
    held = obj["metadata"].get("finalizers") or ()
    if finalizer not in held:
        return NOTHING
    meta = {k: v for k, v in obj["metadata"].items() if k != "finalizers"}
    left = [one for one in held if one != finalizer]
    if left:
        meta["finalizers"] = left
    return Plan((Update(resource, {**obj, "metadata": meta}),))
