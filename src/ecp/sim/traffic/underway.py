"""What is under way on pods that end: calls and requests that are cut, in the slot of the end.

A pod that is told to go takes nothing new and keeps what it has until its process ends: by itself,
at SIGTERM, or killed when the grace period is over. Who has not ended by then is cut. A process
that dies, hangs or loses its node cuts all that it has. How many these are follows from what the
pod was offered, for how long, and from how durations are distributed (`workloads.sessions`):
expected numbers, no draws.

A process that ends at SIGTERM closes the connections that its callers keep; one that is killed has
been asked by them until then.

Where a profile severs, calls are cut; elsewhere sessions resume on another pod, and only the
requests under way are.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from math import exp
from typing import Any

from ecp.sim.plans import Reader
from ecp.sim.store import Key
from ecp.sim.traffic.doors import Doors
from ecp.sim.traffic.graph import Part
from ecp.sim.traffic.model import MILLION, Cut, Result, Seen
from ecp.sim.traffic.state import NO_DOOR, Open, State
from ecp.sim.world import World
from ecp.sim.world.records import ContainerRun, PodRun
from ecp.slo.slots import SLOT_SECONDS
from ecp.workloads.sessions import drained, in_progress, outlasting

_SECOND = 1_000_000_000
KEPT = 60.0
"""Callers keep a connection for so many seconds on the average, and go on asking a pod by it that
takes no new ones: the node's conntrack goes by the entry that there is. Source: nginx,
keepalive_timeout of an upstream (60 s); Go's net/http has 90 s; exponential: assumed."""
# Millionths of a call or request: fewer are nobody's, and make no slot of their own.
_LEAST = 1_000


class Underway:
    """Knows since when each pod is asked, and what is cut when it ends."""

    def __init__(self, read: Reader, world: World, now: Callable[[], int], doors: Doors) -> None:
        self._read = read
        self._world = world
        self._now = now
        self._doors = doors

    # -- noticing ---------------------------------------------------------------------------------

    def hold(self, state: State, services: Container[Key]) -> None:
        """Take note of which pods are asked from now on, and which have left, behind *services*.

        To be called while `state.results` are still those of the time before.
        """
        assert state.parts is not None
        now = self._now()
        there: dict[str, None] = {}
        for part in state.parts:
            if part.work is None or not part.services:
                continue
            service = part.services[0]
            if service not in services:
                continue
            for key in state.doors.get(service, NO_DOOR).answering:
                run = self._world.pod(key)
                if run is not None:
                    there[run.uid] = None
                    if run.uid not in state.open:
                        work = part.work
                        state.open[run.uid] = Open(
                            key, part.name, service, now, _starts(run),
                            work.lasts, work.scatter, work.servers,
                        )  # fmt: skip
                    elif state.open[run.uid].left >= 0:
                        state.leaving.pop(key, None)
                        state.open[run.uid] = state.open[run.uid]._replace(left=-1, calls=0)
        gone = []
        for uid, row in state.open.items():
            if row.left >= 0 or uid in there:
                continue
            if row.service in services or row.service not in state.doors:
                left = self._leaves(state, uid, row, now)
                if left is None:
                    gone.append(uid)
                else:
                    state.open[uid] = left
                    state.leaving[row.key] = None
        for uid in gone:
            del state.open[uid]

    def _leaves(self, state: State, uid: str, row: Open, now: int) -> Open | None:
        """Return a pod that is asked no more with what it still has; None if that is nothing."""
        run, left, until = self._world.pods.get(uid), now, -1
        if run is not None and run.deadline is not None and run.terminating:
            until = run.deadline
            pod = self._read.get("pods", *row.key)
            grace = (pod or {"metadata": {}})["metadata"].get("deletionGracePeriodSeconds")
            if grace is not None:
                left = min(now, max(row.since, run.deadline - grace * _SECOND))
        calls = round(_carried(state.results, row, left) * MILLION)
        if calls < _LEAST:
            return None
        cause = self._cause(state, row.key)
        return row._replace(left=left, calls=calls, cause=cause, until=until)

    def _cause(self, state: State, key: Key) -> str:
        doors = self._doors
        for reason in ("node-down", "hung", "cut"):
            blamed = doors.blame(key, reason)
            if blamed:
                return blamed
        return doors.root(doors.hits.get(key, "")) or doors.release(state)

    def turns(self, state: State) -> Iterator[int]:
        """Yield the instants (ns) after which the ends of leaving pods are seen, as now known."""
        now = self._now()
        for uid, row in list(state.open.items()):
            if row.left < 0:
                continue
            run = self._world.pods.get(uid)
            ends = [] if run is None else [c.exit_at for c in _mains(run) if c.exit_at is not None]
            if ends and min(ends) != row.ends:
                row = state.open[uid] = row._replace(ends=min(ends))
            if run is None or ends:
                yield max(row.ends, now) + 1

    def rest(self, part: Part, result: Result, key: Key) -> None:
        """Tell the world how long the calls of a pod would take to end."""
        work = part.work
        if work is None or not work.lasts:
            return
        run = self._world.pod(key)
        if run is None:
            return
        calls = result.busy / MILLION * work.servers
        run.rest = int(drained(work.lasts, calls, variability=work.scatter) + 1) * _SECOND

    # -- ending -----------------------------------------------------------------------------------

    def cut(self, state: State, due: Container[Key], until: int) -> Mapping[str, Cut]:
        """Take out the pods that ended before *until* (ns); return what was cut, by workload.

        Behind Services that are not *due* nothing has changed, but pods may be leaving them.
        """
        found: dict[str, Cut] = {}
        ended = []
        for uid, row in state.open.items():
            if row.left < 0 and row.service not in due:
                continue
            over = self._over(uid, row, until)
            if over is None:
                continue
            ended.append(uid)
            calls = row.calls
            if row.left < 0:
                calls = round(_carried(state.results, row, over) * MILLION)
            else:
                mean = row.lasts or _time(state.results, row)
                after = (over - row.left) / _SECOND
                share = outlasting(mean, after, row.scatter)
                if not row.lasts and 0 <= row.until <= over:
                    # It was killed with the connections that its callers kept to it.
                    share = max(share, exp(-after / KEPT))
                calls = round(calls * share)
            if calls < _LEAST:
                continue
            cause = row.cause or self._cause(state, row.key)
            before = found.get(row.part)
            seen = before.seen if before else Seen("cut", cause, "", row.key[1])
            calls += before.number if before else 0
            found[row.part] = Cut(calls, row.lasts > 0, seen)
        for uid in ended:
            state.leaving.pop(state.open.pop(uid).key, None)
        return found

    def _over(self, uid: str, row: Open, until: int) -> int | None:
        """Return when a pod ended, None where it has not ended before *until*."""
        run = self._world.pods.get(uid)
        if run is None:
            return min(until - 1, row.ends) if row.ends >= 0 else until - 1
        if not self._world.node_is_up(run.node):
            at = self._world.nodes[run.node].stopped_at
            return min(until - 1, until if at is None else at)
        if run.hung or _starts(run) != row.starts:
            return until - 1
        ends = [c.exit_at for c in _mains(run) if c.exit_at is not None and c.exit_at < until]
        return min(ends, default=None)


def _mains(run: PodRun) -> Sequence[ContainerRun]:
    """Return the containers that answer: those with ports, where none has any all that stay."""
    return [c for c in run.containers if c.ports and c.role != "init"] or [
        c for c in run.containers if c.role == "app"
    ]


def _starts(run: PodRun) -> int:
    return sum(container.attempt for container in _mains(run))


def _result(results: Sequence[Result] | None, row: Open) -> Result | None:
    return next((result for result in results or () if result.name == row.part), None)


def _time(results: Sequence[Result] | None, row: Open) -> float:
    """Return how long a request takes (s)."""
    result = _result(results, row)
    return 0.0 if result is None else result.mean / 1000


def _carried(results: Sequence[Result] | None, row: Open, at: int) -> float:
    """Return the calls, or requests, that one pod of a workload has at an instant."""
    result = _result(results, row)
    if result is None or not result.pods:
        return 0.0
    since = (at - row.since) / _SECOND
    if row.lasts:
        load = result.busy / MILLION * row.servers
        return in_progress(load, row.lasts, since, row.scatter)
    mean = result.mean / 1000
    rate = result.offered / MILLION / SLOT_SECONDS * (1 - result.bad / MILLION)
    return in_progress(rate * mean / result.pods, mean, since)


def plain_open(open_: Mapping[str, Open]) -> list[list[Any]]:
    """Write down what is kept of a tenant's pods."""
    return [
        [uid, list(row.key), *row[1:2], list(row.service), *row[3:]] for uid, row in open_.items()
    ]


def open_from_plain(plain: Sequence[Sequence[Any]]) -> dict[str, Open]:
    """Read what `plain_open` wrote."""
    return {
        uid: Open((key[0], key[1]), part, (service[0], service[1]), *rest)
        for uid, key, part, service, *rest in plain
    }
