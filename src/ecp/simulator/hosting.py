"""A cluster at work: paced by the wall clock, journalled, told of.

All clusters run in one event loop. The engine runs in slices of at most 5 ms; requests are carried
out between slices, at the position they found, and answered once the journal is on disk.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ecp.sim.cluster import Cluster
from ecp.sim.requests import Answer, Request
from ecp.sim.store import keeping
from ecp.sim.store.packing import pack
from ecp.simulator.beside import Turn, decide, is_long
from ecp.simulator.news import News
from ecp.simulator.pacer import Pace
from ecp.simulator.refusals import ClusterFailed
from ecp.simulator.saving import Saving
from ecp.simulator.storage import Shelf, engine_version

log = logging.getLogger("ecp.simulator")

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
        self._wall = wall
        self.saving = Saving(name, shelf, number)
        self._uncommitted = 0
        self._news = News(cluster.store.version)
        self._woken = asyncio.Event()
        self._turn = Turn(self._woken)
        self._task: asyncio.Task[None] | None = None
        self._save_at = _SNAPSHOT_AFTER_BYTES
        self._warping_since = time.monotonic()
        self.failure: str | None = None
        self._detail = ""
        self._stopping = False
        self._noted_until = 0
        self._others_until = 0

    @property
    def ledger(self) -> str:
        """Which minutes this cluster tells of: others once it was put back to a snapshot."""
        return f"{self.incarnation}-{self.rewinds}" if self.rewinds else self.incarnation

    @property
    def committed(self) -> int:
        return self._news.committed

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
            if long or self.saving.journal.size > self._save_at:
                async with self._turn:
                    await self.saving.settled()
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
        if self.failure is not None or self._turn.still:
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
        self._news.end()
        self._woken.set()

    def _require_alive(self) -> None:
        if self.failure is not None:
            raise ClusterFailed(self.name, self._detail)

    def _idle(self) -> float:
        """Return how long (s) nothing is due, or will be done."""
        if self._turn.still:
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
            if is_long(self.cluster, request):
                decided = await self._turn.beside(lambda: decide(self.cluster, request))
                answer = self.cluster.carry_out(decided, cause=cause)
            else:
                answer = self.cluster.submit(request, cause=cause)
            if request.dry_run:
                return answer
            self.actions += 1
        await self._note({"at": position, "cause": cause, "request": request.to_json()})
        return answer

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
        self.saving.journal.append(record)
        try:
            await self.saving.journal.commit()
        except OSError as error:
            # It was carried out and is not on disk: going on would build on what a restart
            # does not know. So nothing more is accepted, and the files stay as they are.
            if self.failure is None:
                log.error("cluster %s stopped: %s: %s", self.name, self.saving.journal.place, error)
                self._fail("storage", f"{self.saving.journal.place}: {error.strerror or error}")
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
        if self._uncommitted == 0:
            self._news.tell(self.cluster.store.version)

    async def changed(self, after: int) -> int:
        """Wait until a version newer than *after* is durable; return the newest such.

        Raises Closed when none will come any more.
        """
        return await self._news.after(after)

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
        self.saving.write(pack(self.state()))

    async def _try_to_save(self) -> None:
        """Save; where the disk refuses, say so, go on with the journal and try again later."""
        state = pack(self.state())
        try:
            await self._turn.beside(lambda: self.saving.write(state))
            self._save_at = _SNAPSHOT_AFTER_BYTES
        except OSError as error:
            log.error("cluster %s: no snapshot could be written: %s", self.name, error)
            self._save_at = self.saving.journal.size + _SNAPSHOT_AFTER_BYTES

    async def keep(self, label: str) -> int:
        """Keep the cluster as it is now under *label*; return what instant (ns) that is.

        Raises Refused, ClusterFailed, OSError.
        """
        self.saving.check_label(label)
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
            return self.saving.labelled(label)
        self._advance()
        self._require_alive()
        return pack(self.cluster.snapshot())

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
        cluster = self.saving.kept(label)
        async with self._turn:
            await self.saving.settled()
            cluster.store.skip_to(max(cluster.store.version, self.cluster.store.version) + 1)
            pace = replace(self.pace, anchor=cluster.now, wall=self._wall(), paused=True, goal=None)
            state = pack(self._state(cluster, pace, self.rewinds + 1))
            await self._turn.beside(lambda: self.saving.write(state))
            self._fail("rewound", f"it goes on from its snapshot {label}")
        await self._cancel()
        self.saving.journal.close()
        return HostedCluster(
            self.name, cluster, pace, self.shelf, self.saving.number, self._wall,
            incarnation=self.incarnation, rewinds=self.rewinds + 1, actions=self.actions,
            forked_from=self.forked_from,
        )  # fmt: skip

    @property
    def journal_bytes(self) -> int:
        """How long the journal is that a start would replay."""
        return self.saving.journal.size

    def end_streams(self) -> None:
        """Let everybody who waits for news know that none will come."""
        self._news.end()

    def close(self) -> None:
        """Let go of the files without a snapshot; the cluster does not pace any more."""
        self.saving.journal.close()

    async def stop(self) -> None:
        """Stop pacing, write a snapshot, close. Raises OSError when that cannot be written.

        A cluster that failed writes none: its journal says what was answered.
        """
        await self._cancel()
        async with self._turn:
            await self.saving.settled()
        if self.failure is None:
            if self.pace.on_restart == "resume":
                self.shelf.note_lived(self._wall())
            self.save()
        self.saving.journal.close()

    async def discard(self) -> None:
        """Stop pacing and remove the cluster's files."""
        await self._cancel()
        async with self._turn:
            await self.saving.settled()
        self.saving.journal.close()
        self.shelf.remove()

    async def _cancel(self) -> None:
        self.end_streams()
        self._stopping = True
        self._woken.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
