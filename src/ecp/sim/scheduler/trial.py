"""A board to try things on: would a pod fit on a node that is not there yet, or elsewhere?

The filters are the scheduler's own, all of them; scores and preemption play no part. It stands for
one instant: whoever asks later lays out another one.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ecp.kube.endpoints import Services
from ecp.kube.kinds import CSINODES, NAMESPACES, PODS
from ecp.kube.pods import is_terminal
from ecp.sim.plans import Reader
from ecp.sim.scheduler.board import NO_LABELS, Board, Bools
from ecp.sim.scheduler.plugins import PLUGINS, Desk
from ecp.sim.scheduler.templates import Template, Templates
from ecp.sim.store import Key, Obj, Objects

_FILTERS = tuple(plugin for plugin in PLUGINS if plugin.ok is not None)
_REJECTERS = tuple(plugin for plugin in PLUGINS if plugin.reject is not None)


class _Imagined:
    """A Reader to which nodes that are not there have the storage drivers that others have."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self.list = read.list
        self.owned = read.owned
        self.orphans = read.orphans
        self.labelled = read.labelled
        self.on_node = read.on_node
        self.heartbeat = read.heartbeat

    def get(self, resource: str, namespace: str, name: str) -> Obj | None:
        found = self._read.get(resource, namespace, name)
        if found is None and resource == CSINODES:
            others: Objects = self._read.list(CSINODES)
            return others[0] if others else None
        return found


class Trial:
    """All pods that stand somewhere, on *nodes*, which may differ from those of the store."""

    def __init__(self, read: Reader, nodes: Sequence[Obj]) -> None:
        self._templates = Templates()
        self._nodes = list(nodes)
        self._board = board = Board()
        self._desk = Desk(board, _Imagined(read), 0, Services())
        board.namespaces = {
            one["metadata"]["name"]: one["metadata"].get("labels") or NO_LABELS
            for one in read.list(NAMESPACES)
        }
        for pod in read.list(PODS):
            node = pod["spec"].get("nodeName")
            if node and not is_terminal(pod):
                self.place(pod, node)
        board.lay_out(self._nodes)

    def add(self, node: Obj) -> None:
        """Put a node more on the board."""
        self._nodes.append(node)
        self._board.lay_out(self._nodes)

    def place(self, pod: Obj, node: str) -> None:
        """Let a pod stand on *node*, and nowhere else."""
        self.lift(pod)
        live = not pod["metadata"].get("deletionTimestamp")
        self._board.place(_key(pod), self._templates.of(pod), node, live)

    def lift(self, pod: Obj) -> None:
        """Take a pod off its node, if it stands on one."""
        if _key(pod) in self._board.records:
            self._board.lift(_key(pod))

    def why_not(self, pod: Obj, node: str) -> tuple[str, ...]:
        """Return why *pod* cannot stand on *node*, in the scheduler's words; () where it can."""
        template, slot = self._templates.of(pod), self._board.slots[node]
        said = self._hopeless(template, pod)
        if said is not None:
            return (said,)
        if template.only is not None and node not in template.only:
            return ("node(s) didn't match Pod's node affinity/selector",)
        for plugin in _FILTERS:
            assert plugin.ok is not None
            passes = plugin.ok(self._desk, template)
            if passes is not None and not passes[slot]:
                assert plugin.why is not None
                return plugin.why(self._desk, template)(slot).reasons
        return ()

    def fit(
        self, pod: Obj, *, but: Collection[str] = (), among: Collection[str] = ()
    ) -> str | None:
        """Return the first node that takes *pod*, none of *but*; one of *among* where said."""
        template, nodes = self._templates.of(pod), self._board.nodes
        if not nodes or self._hopeless(template, pod) is not None:
            return None
        ok: Bools = np.ones(len(nodes), dtype=np.bool_)
        for plugin in _FILTERS:
            assert plugin.ok is not None
            passes = plugin.ok(self._desk, template)
            if passes is not None:
                ok &= passes
        for slot in np.flatnonzero(ok):
            name = nodes[int(slot)].name
            allowed = template.only is None or name in template.only
            if allowed and name not in but and (not among or name in among):
                return name
        return None

    def _hopeless(self, template: Template, pod: Obj) -> str | None:
        for plugin in _REJECTERS:
            assert plugin.reject is not None
            reason = plugin.reject(self._desk, template, pod)
            if reason is not None:
                return reason
        return None


def _key(pod: dict[str, Any]) -> Key:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]
