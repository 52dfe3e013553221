"""A scheduler that, among nodes equally good, takes the one that was taken in the recording.

What the real one takes among equals hangs on the order in which its threads came by. Only a node
that is among the best here is taken: one that is not shows as another placement.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from ecp.sim.engine.chance import Chance
from ecp.sim.plans import controller_of
from ecp.sim.scheduler.board import Ints, NodeRow
from ecp.sim.scheduler.plugins import Desk
from ecp.sim.scheduler.queue import Entry
from ecp.sim.scheduler.scheduler import Scheduler, Verdict
from ecp.sim.store import Obj

from .rows import Row


class Guide:
    """The nodes that the pods of a recording got, in order, by who owns them."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._nodes: dict[str, list[str]] = {}
        self._taken: Counter[str] = Counter()
        seen: set[str] = set()
        for row in rows:
            if row["kind"] == "Pod" and row.get("node") and row["name"] not in seen:
                seen.add(row["name"])
                owner = _owner(*(row.get("owner") or "/").split("/"), row["name"])
                self._nodes.setdefault(owner, []).append(row["node"])

    def next_of(self, pod: Obj) -> str | None:
        """Return the node that the next pod of the same owner got."""
        owner = _of(pod)
        nodes, taken = self._nodes.get(owner, ()), self._taken[owner]
        return nodes[taken] if taken < len(nodes) else None

    def took(self, pod: Obj) -> None:
        """Note that a pod of its owner got a node."""
        self._taken[_of(pod)] += 1


def _of(pod: Obj) -> str:
    owner = controller_of(pod) or {"kind": "", "name": ""}
    return _owner(owner["kind"], owner["name"], pod["metadata"]["name"])


def _owner(kind: str, name: str, pod: str) -> str:
    """Return an owner under a name that is not drawn: a Deployment, a Job; or the pod itself."""
    if kind == "ReplicaSet":
        return name.rpartition("-")[0]
    return pod if kind in ("", "StatefulSet") else name


class Guided(Scheduler):
    """The product's scheduler, its draws guided."""

    def __init__(self, chance: Chance, guide: Guide) -> None:
        super().__init__(chance)
        self._guide = guide

    def _choose(self, desk: Desk, entry: Entry) -> str | Verdict:
        chosen = super()._choose(desk, entry)
        if isinstance(chosen, str):
            self._guide.took(entry.pod)
        return chosen

    def _drawn(self, best: Ints, nodes: Sequence[NodeRow], entry: Entry) -> int:
        wanted = self._guide.next_of(entry.pod)
        for slot in best:
            if nodes[int(slot)].name == wanted:
                return int(slot)
        return super()._drawn(best, nodes, entry)
