"""Runs the control loops: marks keys dirty on changes, reconciles, carries plans out.

A change marks the keys it concerns; `delay` later all dirty keys of a controller are reconciled
in the order they were marked, at one timer. That is a work queue without a queue: coalesced per
key, never twice at one instant, so loops that feed each other let time pass.

A loop whose client is limited sends what its bucket allows; the rest of a plan stays in hand, and
the loop looks at nothing else until it is sent. Events are written beside it: in a real controller
one of them waits for every batch of other requests. Source: client-go
util/flowcontrol/throttle.go (golang.org/x/time/rate).

While nothing can be written (`shut`) every loop stands still but the kubelets: they go on with what
they have and keep what they would say, the newest of each object, until it can be said. Source:
kubernetes pkg/kubelet/status/status_manager.go (the newest status of a pod is sent when it can be).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ecp.kube.errors import KubeError
from ecp.sim.apiserver import ApiServer
from ecp.sim.clusters.clients import Limit
from ecp.sim.engine.engine import AT, MILLISECOND, ORDER, Engine, Timer, live
from ecp.sim.plans import (
    Action,
    Apply,
    Bind,
    Controller,
    Create,
    Delete,
    EventNote,
    Evict,
    Keys,
    Plan,
    Reader,
    Remove,
    Update,
    nobody,
)
from ecp.sim.recorder import Recorder
from ecp.sim.store import Change, Key
from ecp.sim.store.store import ALL, FIGURES, QUIET, STATUS

ANY = "*"
"""As a watched resource: every resource, custom ones included, but those named beside it."""

_NO_SPEC: dict[str, Any] = {}


_ACTIONS: dict[str, type[Any]] = {
    one.__name__: one for one in (Create, Update, Delete, Bind, Remove, Apply, Evict)
}


class _Client:
    """A bucket of requests: when it is full again tells how many are in it (ns)."""

    __slots__ = ("full_at", "interval", "slack")

    def __init__(self, limit: Limit) -> None:
        self.interval = limit.interval
        self.slack = (limit.burst - 1) * limit.interval
        self.full_at = 0

    def free_at(self) -> int:
        """Return from which instant on the next request may go."""
        return self.full_at - self.slack

    def take(self, now: int) -> bool:
        """Take a request out, False when there is none."""
        if self.full_at - self.slack > now:
            return False
        self.full_at = max(self.full_at, now) + self.interval
        return True


class _Work:
    """A plan made at `at` about `key`, being carried out: `done` actions, `told` events of it.

    `seen` is the newest version that the loop knows: what others wrote after it is a conflict.
    """

    __slots__ = ("actions", "at", "cause", "done", "key", "notes", "seen", "told", "wake_at")

    def __init__(self, key: Key, plan: Plan, at: int, cause: str, seen: int) -> None:
        self.key = key
        self.actions: Sequence[Action] = plan.actions
        self.notes: Sequence[EventNote] = plan.events
        self.wake_at = plan.wake_at
        self.at = at
        self.cause = cause
        self.seen = seen
        self.done = 0
        self.told = 0

    def plain(self) -> list[Any]:
        actions = [[type(one).__name__, *one] for one in self.actions[self.done :]]
        notes = [list(note) for note in self.notes]
        return [
            list(self.key),
            self.at,
            self.cause,
            self.seen,
            self.wake_at,
            actions,
            notes,
            self.told,
        ]

    @classmethod
    def of(cls, row: list[Any]) -> "_Work":
        key, at, cause, seen, wake_at, actions, notes, told = row
        made = tuple(_action(*one) for one in actions)
        plan = Plan(made, tuple(EventNote(*note) for note in notes), wake_at)
        work = cls((key[0], key[1]), plan, at, cause, seen)
        work.told = told
        return work


def _action(name: str, *fields: Any) -> Action:
    kind = _ACTIONS[name]
    keyed = {
        field: tuple(value) if field == "key" else value
        for field, value in zip(kind._fields, fields, strict=True)
    }
    made: Action = kind(**keyed)
    return made


def _identity(action: Action) -> tuple[Any, ...]:
    """Return what an action writes: a later one of that takes the place of an earlier one."""
    name = type(action).__name__
    if isinstance(action, Update | Create | Apply):
        meta = action.obj["metadata"]
        part = action.subresource if isinstance(action, Update) else ""
        return (name, action.resource, meta.get("namespace", ""), meta.get("name", ""), part)
    return (name, *action)


def _about(action: Action) -> str:
    """Return the name of the object that an action creates, deletes or binds; "" for others."""
    if isinstance(action, Create):
        return str(action.obj["metadata"].get("name") or "")
    return action.key[1] if isinstance(action, Delete | Bind) else ""


class _Loop:
    """One controller at work: its dirty keys with their causes, its timers.

    `client` None is without limit; `held` is the plan that waits for its client, `kept` what waits
    for an API server that takes it.
    """

    __slots__ = ("client", "controller", "dirty", "held", "kept", "kubelet", "sync", "wakes")

    def __init__(self, controller: Controller, limit: Limit | None) -> None:
        self.client = None if limit is None else _Client(limit)
        self.held: _Work | None = None
        self.kept: dict[Key, _Work] = {}
        self.controller = controller
        self.kubelet = controller.component == "kubelet"
        self.dirty: dict[Key, str] = {}
        self.sync: Timer | None = None
        self.wakes: dict[Key, Timer] = {}


_Watchers = list[tuple[_Loop, Keys]]
_Heard = tuple[_Watchers, ...]


def _deaf_from(loop: _Loop, resource: str) -> int:
    deaf = loop.controller.deaf
    return deaf.get(resource, deaf.get(ANY, QUIET + 1))


class Manager:
    """Keeps which keys of which controller are dirty, and their wake timers."""

    def __init__(
        self,
        engine: Engine,
        api: ApiServer,
        recorder: Recorder,
        read: Reader,
        controllers: Iterable[Controller],
        *,
        limits: Mapping[str, Limit] | None = None,
        version: Callable[[], int] = int,
        stopped: Callable[[], Mapping[str, None]] = dict,
        shut: Callable[[], str] = str,
        late: Callable[[], int] = int,
    ) -> None:
        """*limits*: by the names of controllers; *version* tells the newest of the store,
        *stopped* the actors whose loops stand still, *shut* what keeps all from writing ("" =
        nothing), *late* by how much later loops hear of changes (ns)."""
        self._engine = engine
        self._api = api
        self._recorder = recorder
        self._read = read
        self.controllers = {controller.name: controller for controller in controllers}
        self._version = version
        self._stopped = stopped
        self._shut, self._late = shut, late
        self._is_shut, self._later = False, 0
        limits = limits or {}
        self._loops = {name: _Loop(one, limits.get(name)) for name, one in self.controllers.items()}
        # By resource and namespace: who hears of a change, by its reach.
        self._heard: dict[Key, _Heard] = {}
        # The same, shared: by resource and what a namespace lacks.
        self._known: dict[tuple[str, ...], _Heard] = {}
        # By a lacking resource and namespace: of whose changes more will hear once it is there.
        self._lacking: dict[Key, dict[str, None]] = {}
        engine.handle("sync", self._sync)
        engine.handle("wake", self._wake)

    def _watchers_of(self, resource: str, namespace: str) -> _Heard:
        """Find who hears of changes of *resource*; last who watches everything.

        Nobody does whose own kind the namespace lacks; the first change of that asks here, too.
        """
        for waiting in self._lacking.pop((resource, namespace), ()):
            self._heard.pop((waiting, namespace), None)
        found: list[tuple[_Loop, Keys, str]] = []
        for watched in (resource, ANY):
            for loop in self._loops.values():
                watches = loop.controller.watches
                if watched in watches and (watched == resource or resource not in watches):
                    needed = loop.controller.needs.get(resource, "")
                    found.append((loop, watches[watched], needed))
        wanted = sorted({needed for *_, needed in found if needed})
        lacking = [one for one in wanted if not self._read.list(one, namespace)]
        for one in lacking:
            self._lacking.setdefault((one, namespace), {})[resource] = None
            self._heard.pop((one, namespace), None)
        shared = (resource, *lacking)
        heard = self._known.get(shared)
        if heard is None:
            heard = self._known[shared] = tuple(
                [
                    (loop, keys)
                    for loop, keys, needed in found
                    if keys is not nobody
                    and needed not in lacking
                    and reach < _deaf_from(loop, resource)
                ]
                for reach in (ALL, STATUS, FIGURES, QUIET)
            )
        self._heard[resource, namespace] = heard
        return heard

    def observe(self, change: Change) -> None:
        """Mark what *change* concerns."""
        read, at = self._read, (change.resource, change.key[0])
        heard = self._heard.get(at) or self._watchers_of(*at)
        for loop, keys in heard[change.reach]:
            for key in keys(change, read):
                if key not in loop.dirty:
                    self._mark(loop, key, f"c{change.rv}")

    def touch(self, name: str, key: Key) -> None:
        """Mark a key because the world changed, not the store."""
        loop = self._loops[name]
        if key not in loop.dirty:
            self._mark(loop, key, self._engine.cause)

    def _mark(self, loop: _Loop, key: Key, cause: str) -> None:
        loop.dirty[key] = cause
        timer = loop.sync
        if timer is None or not live(timer):
            controller = loop.controller
            loop.sync = self._engine.at(
                self._engine.now + controller.delay + self._later,
                "sync",
                controller.name,
                controller.phase,
                cause,
            )

    def _stands_still(self, loop: _Loop) -> bool:
        if self._is_shut and not loop.kubelet:
            return True
        stopped = self._stopped()
        return bool(stopped) and loop.controller.actor in stopped

    def rouse(self) -> None:
        """See what stands still now; let loops that do not any more take up what is dirty."""
        self._is_shut, self._later = bool(self._shut()), self._late()
        cause = self._engine.cause
        for loop in self._loops.values():
            if loop.kept and not self._is_shut:
                self._deliver(loop)
        self._engine.cause = cause
        for loop in self._loops.values():
            waits = loop.sync is None or not live(loop.sync)
            if waits and (loop.dirty or loop.held is not None) and not self._stands_still(loop):
                controller = loop.controller
                loop.sync = self._engine.at(
                    self._engine.now, "sync", controller.name, controller.phase
                )

    def _sync(self, name: str) -> None:
        loop = self._loops[name]
        if self._stands_still(loop):
            return
        if loop.client is not None:
            self._sync_limited(loop, loop.client)
            return
        dirty, loop.dirty = loop.dirty, {}
        for key, cause in dirty.items():
            self._engine.cause = cause
            self._reconcile(loop, key)

    def _sync_limited(self, loop: _Loop, client: _Client) -> None:
        """Go on with the plan in hand, then with dirty keys, as long as requests may go."""
        now = self._engine.now
        work, loop.held = loop.held, None
        if work is not None:
            self._engine.cause = work.cause
            self._come_back(loop, work.key, self._go_on(loop, client, work))
        dirty, loop.dirty = loop.dirty, {}
        while dirty and loop.held is None and client.free_at() <= now:
            key = next(iter(dirty))
            self._engine.cause = dirty.pop(key)
            self._reconcile(loop, key)
        if dirty:
            loop.dirty = {**dirty, **loop.dirty}
            self._engine.cause = next(iter(dirty.values()))
            self._rest(loop, client)

    def _rest(self, loop: _Loop, client: _Client) -> None:
        """Come back when the client may send again."""
        if loop.sync is not None:
            self._engine.cancel(loop.sync)
        controller = loop.controller
        loop.sync = self._engine.at(client.free_at(), "sync", controller.name, controller.phase)

    def _wake(self, arg: Any) -> None:
        name, namespace, object_name = arg
        loop = self._loops[name]
        key = (namespace, object_name)
        loop.wakes.pop(key, None)
        if key in loop.dirty:
            return
        client = loop.client
        if self._stands_still(loop):
            loop.dirty[key] = self._engine.cause
            return
        if client is not None and (loop.held is not None or client.free_at() > self._engine.now):
            self._mark(loop, key, self._engine.cause)
            return
        self._reconcile(loop, key)

    def _reconcile(self, loop: _Loop, key: Key) -> None:
        """Ask the controller about *key*, do what it wants, come back when it says."""
        if self._is_shut:
            self._keep(loop, key)
            return
        plan = loop.controller.reconcile(self._engine.now, key, self._read)
        if loop.client is None:
            wake_at = self._carry_out(loop, key, plan)
        else:
            wake_at = self._begin(loop, loop.client, key, plan)
        self._come_back(loop, key, wake_at)

    def _come_back(self, loop: _Loop, key: Key, wake_at: int | None) -> None:
        now = self._engine.now
        timer = loop.wakes.get(key)
        if timer is not None:
            if timer[AT] == wake_at and live(timer):
                return
            self._engine.cancel(timer)
            del loop.wakes[key]
        if wake_at is not None:
            # Never at this very instant: a loop that asks again at once must let time pass.
            if wake_at < now + MILLISECOND:
                wake_at = now + MILLISECOND
            controller = loop.controller
            loop.wakes[key] = self._engine.at(
                wake_at, "wake", [controller.name, *key], controller.phase
            )

    def _keep(self, loop: _Loop, key: Key) -> None:
        """Ask a kubelet about *key*, and keep what it would write beside what it would before."""
        kept = loop.kept.get(key)
        if kept is not None and any(isinstance(one, Remove) for one in kept.actions):
            return  # the pod has come to its end, and nobody can be told yet
        plan = loop.controller.reconcile(self._engine.now, key, self._read)
        if plan.actions or plan.events:
            said = {_identity(action): None for action in plan.actions}
            older = [] if kept is None else [a for a in kept.actions if _identity(a) not in said]
            notes = () if kept is None else kept.notes
            whole = Plan((*older, *plan.actions), (*notes, *plan.events))
            loop.kept[key] = _Work(key, whole, self._engine.now, self._engine.cause, 0)
        self._come_back(loop, key, plan.wake_at)

    def _deliver(self, loop: _Loop) -> None:
        """Write what was kept while nothing could be written, and look again."""
        kept, loop.kept = loop.kept, {}
        for key, work in kept.items():
            self._engine.cause = work.cause
            self._carry_out(loop, key, Plan(tuple(work.actions), tuple(work.notes)))
            if key not in loop.dirty:
                self._mark(loop, key, work.cause)

    def _carry_out(self, loop: _Loop, key: Key, plan: Plan) -> int | None:
        """Carry *plan* out; return when to come back.

        A refused action drops the rest of the plan with its events: the controller says anew what
        to record and when to try again.
        """
        controller = loop.controller
        actions, notes, wake_at = plan
        if actions:
            carry_out, actor = self._api.carry_out, controller.actor
            for action in actions:
                try:
                    carry_out(action, actor)
                except KubeError as error:
                    if controller.refused is None:
                        return None
                    now = self._engine.now
                    after = controller.refused(now, key, action, error, self._read)
                    return self._carry_out(loop, key, after)
        if notes:
            host = ""
            for note in notes:
                if loop.kubelet:
                    about = note.regarding
                    spec = about.get("spec") or _NO_SPEC
                    host = spec.get("nodeName") or about["metadata"]["name"]
                self._recorder.record(note, controller.component, host, controller.actor)
        return wake_at

    def _begin(self, loop: _Loop, client: _Client, key: Key, plan: Plan) -> int | None:
        engine = self._engine
        work = _Work(key, plan, engine.now, engine.cause, self._version())
        return self._go_on(loop, client, work)

    def _go_on(self, loop: _Loop, client: _Client, work: _Work) -> int | None:
        """Carry out what the client may send of *work*; the rest stays in the loop's hand.

        An Event is written with the action whose object it names, the others at the end.
        """
        controller, now = loop.controller, self._engine.now
        for action in work.actions[work.done :]:
            if not client.take(now):
                loop.held = work
                self._rest(loop, client)
                return None
            if self._outdated(action, work.seen):
                self._mark(loop, work.key, work.cause)
                return None
            try:
                self._api.carry_out(action, controller.actor)
            except KubeError as error:
                if controller.refused is None:
                    return None
                after = controller.refused(work.at, work.key, action, error, self._read)
                told = [note.message for note in work.notes[: work.told]]
                notes = tuple(note for note in after.events if note.message not in told)
                return self._begin(loop, client, work.key, after._replace(events=notes))
            work.done += 1
            work.seen = self._version()
            name = _about(action)
            if name and work.told < len(work.notes) and name in work.notes[work.told].message:
                self._tell(loop, work)
        while work.told < len(work.notes):
            self._tell(loop, work)
        return work.wake_at

    def _tell(self, loop: _Loop, work: _Work) -> None:
        controller = loop.controller
        note = work.notes[work.told]
        work.told += 1
        self._recorder.record(note, controller.component, "", controller.actor)

    def _outdated(self, action: Action, seen: int) -> bool:
        """Whether others wrote, after version *seen*, what an Update was made from."""
        if not isinstance(action, Update):
            return False
        meta = action.obj["metadata"]
        live = self._read.get(action.resource, meta.get("namespace", ""), meta["name"])
        return live is not None and int(live["metadata"]["resourceVersion"]) > seen

    def snapshot(self) -> dict[str, Any]:
        loops = self._loops.items()
        return {
            "dirty": {
                name: [[*key, cause] for key, cause in loop.dirty.items()]
                for name, loop in loops
                if loop.dirty
            },
            "syncs": {
                name: loop.sync[ORDER]
                for name, loop in loops
                if loop.sync is not None and live(loop.sync)
            },
            "wakes": [
                [name, *key, timer[ORDER]]
                for name, loop in loops
                for key, timer in loop.wakes.items()
                if live(timer)
            ],
            "controllers": {
                name: controller.snapshot()
                for name, controller in self.controllers.items()
                if controller.snapshot is not None
            },
            "clients": {
                name: [loop.client.full_at, None if loop.held is None else loop.held.plain()]
                for name, loop in loops
                if loop.client is not None and loop.client.full_at
            },
            "kept": {
                name: [work.plain() for work in loop.kept.values()]
                for name, loop in loops
                if loop.kept
            },
        }

    def restore(self, state: dict[str, Any], timers: dict[int, Timer]) -> None:
        loops = self._loops
        for name, rows in state["dirty"].items():
            loops[name].dirty = {(ns, n): cause for ns, n, cause in rows}
        for name, order in state["syncs"].items():
            loops[name].sync = timers[order]
        for name, ns, n, order in state["wakes"]:
            loops[name].wakes[ns, n] = timers[order]
        for name, (full_at, held) in state.get("clients", {}).items():
            loop = loops[name]
            if loop.client is not None:
                loop.client.full_at = full_at
                loop.held = None if held is None else _Work.of(held)
        for name, rows in state.get("kept", {}).items():
            works = map(_Work.of, rows)
            loops[name].kept = {work.key: work for work in works}
        self._is_shut, self._later = bool(self._shut()), self._late()
        for name, kept in state["controllers"].items():
            restore = self.controllers[name].restore
            if restore is not None:
                restore(kept)
