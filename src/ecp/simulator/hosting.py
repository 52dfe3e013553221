"""Clusters at work: paced by the wall clock, journalled, replayed after a restart.

All of it runs in one event loop. The engine runs in slices of at most 5 ms; requests are carried
out between slices, at the position they found, and answered once the journal is on disk.
"""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from ecp.kube.errors import KubeError, ServiceUnavailable
from ecp.kube.patch.apply import render
from ecp.sim import clusters
from ecp.sim.access import ALWAYS_ALLOW
from ecp.sim.apiserver.decided import Decided
from ecp.sim.cluster import Cluster, ForeignSnapshot
from ecp.sim.engine.engine import ReplayDiverged
from ecp.sim.requests import Answer, Request
from ecp.sim.store import keeping
from ecp.sim.store.packing import DamagedSnapshot, pack, unpack
from ecp.simulator import journal as journals
from ecp.simulator.journal import Journal
from ecp.simulator.kubeapi import Closed
from ecp.simulator.pacer import OnRestart, Pace
from ecp.simulator.storage import Shelf, Store, Unusable, engine_version
from ecp.texts import text

log = logging.getLogger("ecp.simulator")
_T = TypeVar("_T")

SLICE_NS = 5_000_000
_TIMERS_AT_ONCE = 64
_IDLE_S = 0.25
# So far ahead is noted that a cluster lives which resumes after a stop: its clock may be set so
# much later then, times its speed. Renewed at half of it.
_NOTED_AHEAD_NS = 1_000_000_000
_MOMENT_NS = 1_000_000_000
# A snapshot bounds both the disk and the time of the next start.
_SNAPSHOT_AFTER_BYTES = 16 << 20
# What took longer than this is not lived through again at the next start.
_LONG_WARP_S = 2.0
# Objects of more values than this (2,000 take a slice or three) are decided beside the loop.
_LONG = 2_000
_DECIDED_BESIDE = ("create", "update", "patch")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL = re.compile(r"[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?")


class Refused(Exception):
    """A wish about clusters that cannot be granted: HTTP code, error code, text key, values."""

    def __init__(self, status: int, code: str, key: str, **values: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.key = key
        self.values_ = values


class ClusterFailed(ServiceUnavailable):
    """The cluster has stopped: its engine failed, or its disk does not take what must be kept.

    What was answered before is on disk and there again after a restart.
    """

    key = "cluster.failed"

    def __init__(self, name: str, detail: str) -> None:
        self.values_ = {"name": name, "detail": detail}
        super().__init__(text(self.key, "en", **self.values_))


class HostedCluster:
    """One cluster with its clock and journal. `committed` is the newest durable version.

    `incarnation` tells it from another one of the same name, before or after; a restart keeps it.
    `rewinds` says how often it was put back to a snapshot, `forked_from` of which cluster it is a
    fork ("" = of none).
    """

    def __init__(
        self,
        name: str,
        cluster: Cluster,
        pace: Pace,
        shelf: Shelf,
        number: int,
        wall: Callable[[], int],
        *,
        incarnation: str,
        rewinds: int = 0,
        actions: int = 0,
        forked_from: str = "",
    ) -> None:
        self.name = name
        self.incarnation = incarnation
        self.rewinds = rewinds
        self.forked_from = forked_from
        self.cluster = cluster
        self.pace = pace
        self.shelf = shelf
        self.actions = actions
        self._number = number
        self._wall = wall
        self._journal = Journal(shelf.journal(number))
        self._uncommitted = 0
        self.committed = cluster.store.version
        self._news = asyncio.Event()
        self._woken = asyncio.Event()
        # Who writes has the turn; while a long request is decided in a thread, all stands still.
        self._turn = asyncio.Lock()
        self._still = False
        self._task: asyncio.Task[None] | None = None
        self._save_at = _SNAPSHOT_AFTER_BYTES
        self._warping_since = time.monotonic()
        self.failure: str | None = None
        self._detail = ""
        self._over = False
        self._stopping = False
        self._noted_until = 0
        self._others_until = 0

    @property
    def ledger(self) -> str:
        """Which minutes this cluster tells of: others once it was put back to a snapshot."""
        return f"{self.incarnation}-{self.rewinds}" if self.rewinds else self.incarnation

    # -- time -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let the cluster's time run in the background."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        # A cancellation can get lost in `wait_for` (CPython 3.11), so the end is looked at as well.
        while not self._stopping and not self._advance():
            await asyncio.sleep(0)
        while self.failure is None and not self._stopping:
            await self._note_life()
            long = False
            if self._has_arrived():
                long = time.monotonic() - self._warping_since > _LONG_WARP_S
                await self._arrive()
            if long or self._journal.size > self._save_at:
                async with self._turn:
                    await self._settled()
                    if self.failure is None:
                        await self._try_to_save()
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._idle())
            while not self._stopping and not self._advance():
                await asyncio.sleep(0)

    def _has_arrived(self) -> bool:
        return self.pace.goal is not None and self.cluster.now >= self.pace.goal

    async def _arrive(self) -> None:
        async with self._turn:
            if self._has_arrived() and self.failure is None:
                with contextlib.suppress(ClusterFailed):
                    await self._act("arrived")

    async def _note_life(self) -> None:
        """Note ahead that a cluster lives which goes on from where it stopped, when it is due."""
        wall = self._wall()
        if self.pace.on_restart == "catch-up" or wall + _NOTED_AHEAD_NS // 2 < self._noted_until:
            return
        until = wall + _NOTED_AHEAD_NS
        try:
            await asyncio.get_running_loop().run_in_executor(None, self.shelf.note_lived, until)
        except OSError as error:
            # Its time would go where a restart could not find it again.
            log.error("cluster %s stopped: %s: %s", self.name, self.shelf.place, error)
            self._fail("storage", f"{self.shelf.place}: {error.strerror or error}")
        self._noted_until = until

    def _target(self) -> int:
        """Return the simulated instant (ns) to be at: never beyond what is noted."""
        wall = self._wall()
        return self.pace.target(
            wall if self.pace.on_restart == "catch-up" else min(wall, self._noted_until)
        )

    @property
    def catching_up_to(self) -> int | None:
        """Where a cluster ought to be that is more than a moment behind, None in its place."""
        target = self.pace.target(self._wall())
        behind = target - self.cluster.now
        late = self.failure is None and behind > _MOMENT_NS * max(self.pace.speed, 1.0)
        return target if late and self.pace.goal is None else None

    def _advance(self) -> bool:
        """Run a slice; True when the target was reached, or will not be by going on now."""
        if self.failure is not None or self._still:
            return True
        try:
            return self._slice()
        except Exception as error:
            # This cluster ends here, loudly; the others and the service go on.
            log.exception("cluster %s stopped", self.name)
            self._fail("engine", f"{type(error).__name__}: {error}")
            return True

    def _fail(self, failure: str, detail: str) -> None:
        self.failure, self._detail = failure, detail
        self._news.set()
        self._woken.set()

    def _require_alive(self) -> None:
        if self.failure is not None:
            raise ClusterFailed(self.name, self._detail)

    def _idle(self) -> float:
        """Return how long (s) nothing is due, or will be done."""
        if self._still:
            return _IDLE_S
        due = self.cluster.engine.next_at()
        wall = None if due is None else self.pace.wall_of(due)
        if wall is None:
            return _IDLE_S
        return min(max((wall - self._wall()) / 1e9, 0.0), _IDLE_S)

    def _slice(self) -> bool:
        """Run towards the target for at most a slice; True when it was reached."""
        target = self._target()
        if target <= self.cluster.now and not self._due():
            return True
        deadline = time.perf_counter_ns() + SLICE_NS
        reached, timers = False, 1
        while not reached and time.perf_counter_ns() < deadline:
            # One may take a slice by itself; a thousand may be nothing.
            reached = self.cluster.run_until(target, max_timers=timers)
            timers = min(timers * 2, _TIMERS_AT_ONCE)
        if not reached:
            self._others_until = time.perf_counter_ns() + SLICE_NS
        self._publish()
        return reached

    def _due(self) -> bool:
        due = self.cluster.engine.next_at()
        return due is not None and due <= self.cluster.now

    def catch_up(self) -> None:
        """Bring the cluster to its target now, as far as one slice goes: for a fresh read.

        A cluster that is behind gets a slice a turn, however many ask: it must not keep them all.
        """
        if time.perf_counter_ns() >= self._others_until:
            self._advance()

    def wall_now(self) -> int:
        """Return the wall clock (ns), for reports that say when they were made."""
        return self._wall()

    # -- wishes -----------------------------------------------------------------------------------

    async def submit(self, request: Request) -> Answer:
        """Carry out *request*, make it durable, answer.

        Raises KubeError on refusal, ClusterFailed when the cluster has stopped.
        """
        async with self._turn:
            self.catch_up()
            self._require_alive()
            position = self._position()
            cause = f"a{self.actions + 1}"
            if self._is_long(request):
                decided = await self._decided(request)
                answer = self.cluster.carry_out(decided, cause=cause)
            else:
                answer = self.cluster.submit(request, cause=cause)
            if request.dry_run:
                return answer
            self.actions += 1
        await self._note({"at": position, "cause": cause, "request": request.to_json()})
        return answer

    def _is_long(self, request: Request) -> bool:
        """Whether a request, or the object that it changes, takes long to judge."""
        if request.verb not in _DECIDED_BESIDE:
            return False
        if has_more_values(request.body, _LONG):
            return True
        live = self.cluster.store.get(request.resource, request.namespace, request.name)
        return live is not None and has_more_values(live, _LONG)

    async def _decided(self, request: Request) -> Decided:
        """Decide a request in a thread."""
        return await self._beside(lambda: self._decide(request))

    async def _beside(self, work: Callable[[], _T]) -> _T:
        """Do *work* in a thread: reads and `/health` go on, time and writes wait for it.

        It is waited for whatever happens: what it reads must not change under it. Who calls has
        the turn.
        """
        self._still = True
        try:
            doing = asyncio.get_running_loop().run_in_executor(None, work)
            try:
                return await asyncio.shield(doing)
            except asyncio.CancelledError:
                while not doing.done():
                    with contextlib.suppress(asyncio.CancelledError):
                        await asyncio.wait([doing])
                raise
        finally:
            self._still = False
            self._woken.set()

    def _decide(self, request: Request) -> Decided:
        decided = self.cluster.decide(request)
        if decided.object is not None:
            render(decided.owners, decided.object)  # remembered: who answers need not do it
        return decided

    async def act(self, action: str, **options: Any) -> Pace:
        """Carry out a clock action. Raises InvalidClockAction, ClusterFailed."""
        async with self._turn:
            self._advance()
            self._require_alive()
        await self._act(action, **options)
        self._woken.set()
        return self.pace

    async def _act(self, action: str, **options: Any) -> None:
        wall = self._wall()
        pace = self.pace.act(action, self.cluster.now, wall, **options)
        if pace.goal is not None:
            self._warping_since = time.monotonic()
        self.pace = pace
        self.actions += 1
        await self._note({"at": self._position(), "pace": pace.to_json(), "action": action})

    async def _note(self, record: dict[str, Any]) -> None:
        self._uncommitted += 1
        self._journal.append(record)
        try:
            await self._journal.commit()
        except OSError as error:
            # It was carried out and is not on disk: going on would build on what a restart
            # does not know. So nothing more is accepted, and the files stay as they are.
            if self.failure is None:
                log.error("cluster %s stopped: %s: %s", self.name, self._journal.place, error)
                self._fail("storage", f"{self._journal.place}: {error.strerror or error}")
            raise ClusterFailed(self.name, self._detail) from error
        finally:
            self._uncommitted -= 1
        self._publish()
        self._woken.set()

    def _position(self) -> list[int]:
        engine = self.cluster.engine
        return [engine.now, engine.fired]

    # -- news -------------------------------------------------------------------------------------

    def _publish(self) -> None:
        """Let watchers see what is durable: nothing while an action waits for the disk."""
        version = self.cluster.store.version
        if self._uncommitted == 0 and version != self.committed:
            self.committed = version
            news, self._news = self._news, asyncio.Event()
            news.set()

    async def changed(self, after: int) -> int:
        """Wait until a version newer than *after* is durable; return the newest such.

        Raises Closed when none will come any more.
        """
        while self.committed <= after:
            if self._over or self.failure:
                raise Closed
            await self._news.wait()
        return self.committed

    # -- state ------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return the cluster with its clock as plain data."""
        return self._state(self.cluster, self.pace, self.rewinds)

    def _state(self, cluster: Cluster, pace: Pace, rewinds: int) -> dict[str, Any]:
        return {
            **cluster.snapshot(),
            "log": keeping.written(cluster.store),
            "engine_version": engine_version(),
            "pace": pace.to_json(),
            "actions": self.actions,
            "incarnation": self.incarnation,
            "rewinds": rewinds,
            "forked_from": self.forked_from,
        }

    def save(self) -> None:
        """Write a snapshot and start a new journal after it. The journal must be settled."""
        self._write(pack(self.state()))

    def _write(self, state: bytes) -> None:
        # Ready before the snapshot is there: what is accepted after it belongs behind it.
        fresh = Journal(self.shelf.journal(self._number + 1))
        try:
            self.shelf.save(self._number + 1, state)
        except OSError:
            fresh.close()
            raise
        self._journal.close()
        self._number += 1
        self._journal = fresh
        self.shelf.drop_before(self._number)

    async def _try_to_save(self) -> None:
        """Save; where the disk refuses, say so, go on with the journal and try again later."""
        state = pack(self.state())
        try:
            await self._beside(lambda: self._write(state))
            self._save_at = _SNAPSHOT_AFTER_BYTES
        except OSError as error:
            log.error("cluster %s: no snapshot could be written: %s", self.name, error)
            self._save_at = self._journal.size + _SNAPSHOT_AFTER_BYTES

    async def keep(self, label: str) -> int:
        """Keep the cluster as it is now under *label*; return what instant (ns) that is.

        Raises Refused, ClusterFailed, OSError.
        """
        if not _LABEL.fullmatch(label):
            raise Refused(422, "INVALID_LABEL", "label.bad", label=label)
        self._advance()
        self._require_alive()
        at, state = self.cluster.now, pack(self.state())
        await asyncio.get_running_loop().run_in_executor(None, self.shelf.keep, label, state)
        return at

    def written(self, label: str) -> bytes:
        """Return what was kept under *label*, "" = the cluster as it is now, in packed form.

        Raises Refused, ClusterFailed.
        """
        if label:
            return self._labelled(label)
        self._advance()
        self._require_alive()
        return pack(self.cluster.snapshot())

    def _labelled(self, label: str) -> bytes:
        kept = self.shelf.kept(label) if _LABEL.fullmatch(label) else None
        if kept is None:
            raise Refused(
                404, "SNAPSHOT_NOT_FOUND", "cluster.no-snapshot", label=label, name=self.name
            )
        return kept

    def kept(self, label: str, seed: int | None = None) -> Cluster:
        """Return the cluster that was kept under *label*. Raises Refused."""
        state = self._labelled(label)
        try:
            return restored(unpack(state), seed=seed)
        except (DamagedSnapshot, ForeignSnapshot) as error:
            path = f"{self.shelf.place}: {label}"
            raise Refused(
                500, "SNAPSHOT_DAMAGED", "cluster.snapshot-damaged", path=path, detail=error
            ) from error

    def split(self, seed: int | None) -> Cluster:
        """Return an independent cluster that goes on from here. Raises ClusterFailed."""
        self._advance()
        self._require_alive()
        fork = self.cluster.fork(seed=seed)
        fork.store.log.extend(self.cluster.store.log)
        return fork

    async def rewound(self, label: str) -> "HostedCluster":
        """Return the cluster as it was kept under *label*, which takes the place of this one.

        Its clock stands there. No version that was given out is given out again, so watches and
        lists of before expire; its minutes are those of another ledger. A cluster that failed may
        come back so. Raises Refused, and OSError: then this one goes on as it was.
        """
        cluster = self.kept(label)
        async with self._turn:
            await self._settled()
            cluster.store.skip_to(max(cluster.store.version, self.cluster.store.version) + 1)
            pace = replace(self.pace, anchor=cluster.now, wall=self._wall(), paused=True, goal=None)
            state = pack(self._state(cluster, pace, self.rewinds + 1))
            await self._beside(lambda: self._write(state))
            self._fail("rewound", f"it goes on from its snapshot {label}")
        await self._cancel()
        self._journal.close()
        return HostedCluster(
            self.name, cluster, pace, self.shelf, self._number, self._wall,
            incarnation=self.incarnation, rewinds=self.rewinds + 1, actions=self.actions,
            forked_from=self.forked_from,
        )  # fmt: skip

    @property
    def journal_bytes(self) -> int:
        """How long the journal is that a start would replay."""
        return self._journal.size

    def end_streams(self) -> None:
        """Let everybody who waits for news know that none will come."""
        self._over = True
        self._news.set()

    def close(self) -> None:
        """Let go of the files without a snapshot; the cluster does not pace any more."""
        self._journal.close()

    async def stop(self) -> None:
        """Stop pacing, write a snapshot, close. Raises OSError when that cannot be written.

        A cluster that failed writes none: its journal says what was answered.
        """
        await self._cancel()
        async with self._turn:
            await self._settled()
        if self.failure is None:
            if self.pace.on_restart == "resume":
                self.shelf.note_lived(self._wall())
            self.save()
        self._journal.close()

    async def _settled(self) -> None:
        with contextlib.suppress(OSError):  # who waited for it has been told
            await self._journal.settle()

    async def discard(self) -> None:
        """Stop pacing and remove the cluster's files."""
        await self._cancel()
        async with self._turn:
            await self._settled()
        self._journal.close()
        self.shelf.remove()

    async def _cancel(self) -> None:
        self.end_streams()
        self._stopping = True
        self._woken.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


def restored(state: dict[str, Any], *, seed: int | None = None) -> Cluster:
    """Return the cluster of a snapshot, with its log as far as that is kept.

    Raises ForeignSnapshot.
    """
    cluster = Cluster.restore(state, seed=seed)
    keeping.remember(cluster.store, state.get("log") or ())
    return cluster


def has_more_values(obj: Any, limit: int) -> bool:
    """Whether a JSON-shaped value holds more than *limit* values."""
    found, stack = 0, [obj]
    while stack and found <= limit:
        value = stack.pop()
        if isinstance(value, dict):
            found += len(value)
            stack.extend(inner for inner in value.values() if isinstance(inner, dict | list))
        elif isinstance(value, list):
            found += len(value)
            if found <= limit:
                stack.extend(inner for inner in value if isinstance(inner, dict | list))
    return found > limit


def reopen(name: str, store: Store, wall: Callable[[], int]) -> HostedCluster:
    """Return the cluster of a shelf as its snapshot and journal say it is.

    Under the engine version that wrote the journal the replay is exact; under another one each
    request is submitted at its instant and what no longer applies is logged.
    """
    shelf = store.shelf(name)
    number = shelf.newest()
    if number is None:
        raise FileNotFoundError(shelf.place)
    state = shelf.load(number)
    cluster = restored(state)
    exact = state["engine_version"] == engine_version()
    pace = Pace.from_json(state["pace"])
    actions = state["actions"]
    for record in journals.read(shelf.journal(number)):
        actions += 1
        now, fired = record["at"]
        if exact:
            cluster.engine.run_to_position(now, fired)
        else:
            cluster.run_until(now)
        if "pace" in record:
            pace = Pace.from_json(record["pace"])
        else:
            replay(cluster, record, exact)
    goes_on = pace.restarted(cluster.now, shelf.lived_until(), wall())
    # Older files do not say which it is.
    incarnation, rewinds = state.get("incarnation", ""), state.get("rewinds", 0)
    hosted = HostedCluster(
        name, cluster, goes_on, shelf, number, wall,
        incarnation=incarnation, rewinds=rewinds, actions=actions,
        forked_from=state.get("forked_from", ""),
    )  # fmt: skip
    if not exact or goes_on != pace:
        # What follows is written by this version: it must not stand after a snapshot of another.
        # And where a clock was set to is kept before anybody sees it.
        hosted.save()
    return hosted


def replay(cluster: Cluster, record: dict[str, Any], exact: bool) -> None:
    """Submit a journalled request again. Raises ReplayDiverged when an exact one is refused."""
    request = Request.from_json(record["request"])
    try:
        cluster.submit(request, cause=record["cause"])
    except KubeError as error:
        if exact:
            raise ReplayDiverged(f"{record['cause']} was accepted and is now refused") from error
        log.warning("after an upgrade %s no longer applies: %s", record["cause"], error)


class ClusterDirectory:
    """The clusters of this simulator by name; creates, forks and deletes them.

    *authorization_mode* is that of clusters that do not say so themselves.
    """

    def __init__(
        self,
        store: Store,
        wall: Callable[[], int] = time.time_ns,
        authorization_mode: str = ALWAYS_ALLOW,
    ) -> None:
        self.store = store
        self._wall = wall
        self.authorization_mode = authorization_mode
        self._hosted: dict[str, HostedCluster] = {}
        self._first: HostedCluster | None = None
        self._leaving: set[str] = set()
        self._ending = asyncio.Lock()
        self.damaged: dict[str, str] = {}

    def ready(self) -> None:
        """Open the store, and see to it that there is a `default` cluster in it.

        Raises Unusable, also where there is no room for that.
        """
        self.store.open()
        if "default" in self.store.names() or "default" in self._hosted:
            return
        spec = {**clusters.model("default"), "authorizationMode": self.authorization_mode}
        try:
            self._first = self._made("default", Cluster.create(spec, now=self._wall()))
        except OSError as error:
            place, detail = error.filename or self.store.place, error.strerror or error
            raise Unusable("store.unwritable", 1, place=place, detail=detail) from error

    def open(self) -> None:
        """Reopen what is kept, `default` made where there is none. Raises Unusable."""
        self.ready()
        first, self._first = self._first, None
        for name in self.store.names():
            if first is not None and name == first.name:
                self._host(first)
                continue
            try:
                self._host(reopen(name, self.store, self._wall))
            except Exception as error:
                # Whatever is wrong with its files, or with an engine that is another now: they
                # stay as they are for whoever mends them, and the other clusters serve.
                unexpected = None if isinstance(error, OSError) else error
                log.error("cluster %s cannot be opened: %s", name, error, exc_info=unexpected)
                self.damaged[name] = str(error) or type(error).__name__

    def _host(self, hosted: HostedCluster) -> HostedCluster:
        self._hosted[hosted.name] = hosted
        hosted.start()
        return hosted

    def _made(
        self,
        name: str,
        cluster: Cluster,
        pace: Pace | None = None,
        actions: int = 0,
        forked_from: str = "",
    ) -> HostedCluster:
        shelf = self.store.shelf(name)
        pace = pace or Pace(anchor=cluster.now, wall=self._wall())
        born = f"{self._wall():x}"
        hosted = HostedCluster(
            name, cluster, pace, shelf, 0, self._wall,
            incarnation=born, actions=actions, forked_from=forked_from,
        )  # fmt: skip
        try:
            hosted.save()
        except OSError:
            hosted.close()
            shelf.remove()
            raise
        return hosted

    def get(self, name: str) -> HostedCluster | None:
        return self._hosted.get(name)

    def require(self, name: str) -> HostedCluster:
        """Return the cluster. Raises Refused: 404, or 503 when its files are damaged."""
        hosted = self._hosted.get(name)
        if name in self.damaged:
            raise Refused(
                503,
                "CLUSTER_DAMAGED",
                "cluster.damaged",
                name=name,
                path=self.store.shelf(name).place,
                detail=self.damaged[name],
            )
        if hosted is None:
            known = ", ".join(sorted(self._hosted)) or "-"
            raise Refused(404, "CLUSTER_NOT_FOUND", "cluster.not-found", name=name, known=known)
        return hosted

    def all(self) -> list[HostedCluster]:
        return [self._hosted[name] for name in sorted(self._hosted)]

    def following(self) -> list[HostedCluster]:
        """Return the clusters in the order in which a tenant is looked for: `default`, the others
        by name, then forks, whose tenants are copies."""
        return sorted(
            self.all(), key=lambda hosted: (bool(hosted.forked_from), hosted.name != "default")
        )

    def create(
        self,
        name: str,
        spec: dict[str, Any],
        *,
        seed: int = 0,
        start: int | None = None,
        on_restart: OnRestart = "catch-up",
        paused: bool = False,
    ) -> HostedCluster:
        """Create a cluster from a checked spec; *paused*: its clock stands still at its start.

        Raises Refused for a bad or taken name.
        """
        self._check_new(name)
        now = self._wall() if start is None else start
        cluster = Cluster.create(spec, seed=seed, now=now)
        pace = Pace(cluster.now, self._wall(), paused=paused, on_restart=on_restart)
        return self._host(self._made(name, cluster, pace))

    def fork(
        self, source: str, name: str, *, label: str | None = None, seed: int | None = None
    ) -> HostedCluster:
        """Make a cluster of its own from *source*, as it is now or as snapshot *label* has it.

        A fork of the present keeps the pace; one of a snapshot starts paused, there.
        """
        hosted = self.require(source)
        self._check_new(name)
        # Its log has the causes of the cluster that it was: they are not given out again.
        actions = hosted.actions
        if label is None:
            return self._host(self._made(name, hosted.split(seed), hosted.pace, actions, source))
        cluster = hosted.kept(label, seed)
        pace = Pace(cluster.now, self._wall(), paused=True, on_restart=hosted.pace.on_restart)
        return self._host(self._made(name, cluster, pace, actions, source))

    async def rewind(self, name: str, label: str) -> HostedCluster:
        """Put a cluster back to its snapshot *label*, in place. Raises Refused, OSError."""
        async with self._ending:
            return self._host(await self.require(name).rewound(label))

    def _check_new(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise Refused(422, "INVALID_CLUSTER_NAME", "cluster.bad-name", name=name)
        if name in self._hosted or name in self.damaged or name in self._leaving:
            raise Refused(409, "CLUSTER_ALREADY_EXISTS", "cluster.exists", name=name)

    async def delete(self, name: str) -> None:
        """Delete a cluster and its files, damaged ones too; `default` comes back at a restart."""
        async with self._ending:
            if name in self.damaged:
                self.store.shelf(name).remove()
                del self.damaged[name]
                return
            hosted = self.require(name)
            del self._hosted[name]
            self._leaving.add(name)
            try:
                await hosted.discard()
            finally:
                self._leaving.discard(name)

    def end_streams(self) -> None:
        """Let every stream end: the service is about to stop."""
        for hosted in self._hosted.values():
            hosted.end_streams()

    async def close(self) -> None:
        """Stop every cluster with a snapshot each; one that cannot does not keep the others."""
        for hosted in list(self._hosted.values()):
            try:
                await hosted.stop()
            except OSError as error:
                log.error("cluster %s: no snapshot could be written: %s", hosted.name, error)
                hosted.close()
        self._hosted.clear()
        if self._first is not None:
            self._first.close()
        self.store.close()
