"""What new connections meet while the proxies do not know yet what a Service lists.

A pod that is to go is taken off the EndpointSlices while it is being stopped. A node whose
kube-proxy has not synced goes on sending new connections to it: where it has ended by then they are
refused. How many that are follows from when each class of nodes knew which list and from when each
process listened: shares of time, no draws. Open connections are not looked at.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from ecp.kube.kinds import SERVICES
from ecp.sim.network.endpoints import Part, chosen, part, slices_of
from ecp.sim.network.proxies import CLASSES, Known, Proxies
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj
from ecp.sim.traffic.model import MILLION
from ecp.sim.world import World

UNSYNCED = "unsynced"
"""The reason of a connection that a proxy sent to a pod which had ended."""

_ALWAYS: Known = (0,) * CLASSES
_NEVER = 1 << 63
_KEPT = 120_000_000_000  # ns for which the end of a process is remembered

_Entry = tuple[str, str, int]
_Ports = tuple[tuple[str, tuple[_Entry, ...]], ...]
_Placed = tuple[_Entry, str]
"""An entry and its node."""
_ENTRY: Final = itemgetter(0)
_NODE: Final = itemgetter(1)


class Table(NamedTuple):
    """What a Service lists, from when on each class of nodes knows it (ns).

    `ports` has by name the (uid, pod, number) to which connections go.
    """

    known: Known
    ports: _Ports


class Loss(NamedTuple):
    """A share of new connections (ppm) that found nobody; port and pod that lost most."""

    ppm: int
    port: str
    pod: str


class Passing:
    """The lists of the followed Services, as far back as some proxy goes by them."""

    def __init__(self, read: Reader, world: World, proxies: Proxies) -> None:
        self._read = read
        self._world = world
        self.proxies = proxies
        self._tables: dict[Key, list[Table]] = {}
        # What each EndpointSlice has, by port: of thousands of pods one change tells of a few.
        self._parts: dict[Key, dict[Key, tuple[Obj, dict[tuple[str, str], Part[_Placed]]]]] = {}
        self._ends: dict[str, int] = {}  # uid -> since when (ns) it answers no more

    def follow(self, service: Key) -> None:
        """Begin with what a Service lists now; nothing where it is followed already."""
        if service not in self._tables:
            self._tables[service] = [Table(_ALWAYS, self._ports(service))]

    def forget(self, service: Key) -> None:
        """Follow a Service no more."""
        self._tables.pop(service, None)
        self._parts.pop(service, None)

    def changed(self, service: Key, now: int, known: Known) -> None:
        """Take note that a followed Service lists something else; *known* from when on where."""
        tables = self._tables.get(service)
        if tables is None:
            return
        ports = self._ports(service)
        if ports == tables[-1].ports:
            return
        after = {row for _, rows in ports for row in rows}
        for _, rows in tables[-1].ports:
            for row in rows:
                if row not in after:
                    self.ended(row[0], now)
        tables.append(Table(known, ports))

    def ended(self, uid: str, now: int) -> None:
        """Take note of when a pod ends, or ended, as far as it is known by now."""
        run = self._world.pods.get(uid)
        if run is None:
            return
        listens = 0
        for container in run.containers:
            if container.ports and container.exit_at is not None:
                if container.exit_at <= now or self._ends.get(uid, _NEVER) > now:
                    self._ends[uid] = container.exit_at
                return
            listens = max(listens, container.listens_at or 0)
        if run.hung:
            self._ends.setdefault(uid, now)
        elif self._ends.get(uid, 0) >= listens:
            self._ends.pop(uid, None)  # it hung and goes on

    def moved(self, service: Key) -> bool:
        """Whether something else was listed lately."""
        return len(self._tables.get(service, ())) > 1

    def lost(self, service: Key, start: int, end: int, shares: Sequence[float]) -> Loss | None:
        """Return what was lost over [start, end); None where nothing else was listed meanwhile.

        *shares* says which part of the connections comes from nodes of each class.
        """
        tables = self._tables.get(service, ())
        if len(tables) < 2:
            return None
        worst: Loss | None = None
        for number, (name, _) in enumerate(tables[-1].ports):
            found = self._of_port(tables, number, name, (start, end), shares)
            if worst is None or found.ppm > worst.ppm:
                worst = found
        return worst

    def _of_port(
        self,
        tables: Sequence[Table],
        number: int,
        name: str,
        within: tuple[int, int],
        shares: Sequence[float],
    ) -> Loss:
        start, end = within
        blamed: dict[str, float] = {}
        whole = 0.0
        for at, share in enumerate(shares):
            if not share:
                continue
            for row, table in enumerate(tables):
                begin = max(start, table.known[at])
                until = end if row + 1 == len(tables) else min(end, tables[row + 1].known[at])
                if until <= begin:
                    continue
                entries = table.ports[number][1] if number < len(table.ports) else ()
                if not entries:
                    whole += share * (until - begin)
                for uid, pod, port in entries:
                    dead = self._dead(uid, port, begin, until) * share / len(entries)
                    if dead:
                        whole += dead
                        blamed[pod] = blamed.get(pod, 0.0) + dead
        pod = max(blamed, key=lambda name: blamed[name], default="")
        return Loss(round(whole / (end - start) * MILLION), name, pod)

    def _dead(self, uid: str, port: int, begin: int, until: int) -> int:
        """Return for how long of [begin, until) nothing of a pod answers on a port (ns)."""
        if not uid:
            return 0  # written by hand: nothing is known about what is there
        ended = self._ends.get(uid, _NEVER)
        run = self._world.pods.get(uid)
        if run is None:
            return _overlap(begin, until, ended, _NEVER)
        listens = exits = _NEVER
        for container in run.containers:
            if port in container.ports and container.listens_at is not None:
                listens = min(listens, container.listens_at)
                exits = min(exits, container.exit_at or _NEVER)
        if ended < listens:
            # The process before this one had ended, this one did not listen yet.
            dead = _overlap(begin, until, ended, listens)
        else:
            dead, exits = _overlap(begin, until, 0, listens), min(exits, ended)
        return dead + _overlap(begin, until, max(exits, listens), _NEVER)

    def settle(self, now: int) -> None:
        """Forget the lists by which no proxy goes any more."""
        for tables in self._tables.values():
            while len(tables) > 1 and max(tables[1].known) <= now:
                del tables[0]
        if self._ends:
            self._ends = {uid: at for uid, at in self._ends.items() if at > now - _KEPT}

    def pending(self, service: Key, now: int) -> bool:
        """Whether some proxy does not know yet what a Service lists."""
        tables = self._tables.get(service, ())
        return len(tables) > 1 and max(tables[-1].known) > now

    def _ports(self, key: Key) -> _Ports:
        service = self._read.get(SERVICES, *key)
        if service is None:
            self._parts.pop(key, None)
            return ()
        before, kept = self._parts.get(key, {}), {}
        for found in slices_of(self._read, service):
            name = found["metadata"]["namespace"], found["metadata"]["name"]
            known = before.get(name)
            kept[name] = (found, {}) if known is None or known[0] is not found else known
        self._parts[key] = kept
        return tuple(
            (
                port.get("name") or str(port["port"]),
                tuple(
                    map(
                        _ENTRY, chosen(service, [_part(*row, port) for row in kept.values()], _NODE)
                    )
                ),
            )
            for port in service["spec"].get("ports") or ()
        )

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "proxies": self.proxies.snapshot(),
            "tables": [
                [
                    *key,
                    [
                        [
                            list(table.known),
                            [[name, [list(row) for row in rows]] for name, rows in table.ports],
                        ]
                        for table in tables
                    ],
                ]
                for key, tables in self._tables.items()
            ],
            "ends": dict(self._ends),
        }

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Take over what `snapshot` returned."""
        self.proxies.restore(plain["proxies"])
        self._parts = {}
        self._ends = dict(plain["ends"])
        self._tables = {
            (namespace, name): [
                Table(
                    tuple(known),
                    tuple(
                        (port, tuple((uid, pod, number) for uid, pod, number in rows))
                        for port, rows in ports
                    ),
                )
                for known, ports in tables
            ]
            for namespace, name, tables in plain["tables"]
        }


def _part(found: Obj, known: dict[tuple[str, str], Part[_Placed]], port: Obj) -> Part[_Placed]:
    """Return the entries of an EndpointSlice for a port, as *known* where they are."""
    called = port.get("name", ""), port.get("protocol", "TCP")
    if called not in known:
        ready, leaving = (
            [((row.uid, row.pod[1], row.port), row.node) for row in rows]
            for rows in part(found, port)
        )
        known[called] = Part(ready, leaving)
    return known[called]


def _overlap(begin: int, until: int, first: int, last: int) -> int:
    """Return how much of [begin, until) lies in [first, last)."""
    return max(0, min(until, last) - max(begin, first))
