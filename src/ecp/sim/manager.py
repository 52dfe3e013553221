"""Runs the control loops: marks keys dirty on changes, reconciles, carries plans out.

A change marks the keys it concerns; `delay` later all dirty keys of a controller are reconciled
in the order they were marked, at one timer. That is a work queue without a queue: coalesced per
key, never twice at one instant, so loops that feed each other let time pass.
"""

from collections.abc import Iterable
from typing import Any

from ecp.kube.errors import KubeError
from ecp.sim.apiserver import ApiServer
from ecp.sim.engine.engine import AT, MILLISECOND, ORDER, Engine, Timer, live
from ecp.sim.plans import Controller, Keys, Plan, Reader, nobody
from ecp.sim.recorder import Recorder
from ecp.sim.store import Change, Key
from ecp.sim.store.store import ALL, FIGURES, STATUS

ANY = "*"
"""As a watched resource: every resource, custom ones included, but those named beside it."""

_NO_SPEC: dict[str, Any] = {}


class _Loop:
    """One controller at work: its dirty keys with their causes, its timers."""

    __slots__ = ("controller", "dirty", "kubelet", "sync", "wakes")

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.kubelet = controller.component == "kubelet"
        self.dirty: dict[Key, str] = {}
        self.sync: Timer | None = None
        self.wakes: dict[Key, Timer] = {}


_Watchers = list[tuple[_Loop, Keys]]


def _deaf_from(loop: _Loop, resource: str) -> int:
    deaf = loop.controller.deaf
    return deaf.get(resource, deaf.get(ANY, FIGURES + 1))


class Manager:
    """Keeps which keys of which controller are dirty, and their wake timers."""

    def __init__(
        self,
        engine: Engine,
        api: ApiServer,
        recorder: Recorder,
        read: Reader,
        controllers: Iterable[Controller],
    ) -> None:
        self._engine = engine
        self._api = api
        self._recorder = recorder
        self._read = read
        self.controllers = {controller.name: controller for controller in controllers}
        self._loops = {name: _Loop(one) for name, one in self.controllers.items()}
        # By resource and reach: who hears of a change.
        self._watchers: dict[str, tuple[_Watchers, ...]] = {}
        engine.handle("sync", self._sync)
        engine.handle("wake", self._wake)

    def _watchers_of(self, resource: str) -> tuple[_Watchers, ...]:
        """Find who watches *resource*, by the reach of a change; last who watches everything."""
        found: _Watchers = []
        for watched in (resource, ANY):
            for loop in self._loops.values():
                watches = loop.controller.watches
                if watched in watches and (watched == resource or resource not in watches):
                    found.append((loop, watches[watched]))
        found = [(loop, keys) for loop, keys in found if keys is not nobody]
        heard = tuple(
            [(loop, keys) for loop, keys in found if reach < _deaf_from(loop, resource)]
            for reach in (ALL, STATUS, FIGURES)
        )
        self._watchers[resource] = heard
        return heard

    def observe(self, change: Change) -> None:
        """Mark what *change* concerns."""
        read = self._read
        watchers = self._watchers.get(change.resource) or self._watchers_of(change.resource)
        for loop, keys in watchers[change.reach]:
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
                self._engine.now + controller.delay,
                "sync",
                controller.name,
                controller.phase,
                cause,
            )

    def _sync(self, name: str) -> None:
        loop = self._loops[name]
        dirty, loop.dirty = loop.dirty, {}
        for key, cause in dirty.items():
            self._engine.cause = cause
            self._reconcile(loop, key)

    def _wake(self, arg: Any) -> None:
        name, namespace, object_name = arg
        loop = self._loops[name]
        key = (namespace, object_name)
        loop.wakes.pop(key, None)
        if key not in loop.dirty:
            self._reconcile(loop, key)

    def _reconcile(self, loop: _Loop, key: Key) -> None:
        """Ask the controller about *key*, do what it wants, come back when it says."""
        now = self._engine.now
        plan = loop.controller.reconcile(now, key, self._read)
        wake_at = self._carry_out(loop, key, plan)
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
        }

    def restore(self, state: dict[str, Any], timers: dict[int, Timer]) -> None:
        loops = self._loops
        for name, rows in state["dirty"].items():
            loops[name].dirty = {(ns, n): cause for ns, n, cause in rows}
        for name, order in state["syncs"].items():
            loops[name].sync = timers[order]
        for name, ns, n, order in state["wakes"]:
            loops[name].wakes[ns, n] = timers[order]
        for name, kept in state["controllers"].items():
            restore = self.controllers[name].restore
            if restore is not None:
                restore(kept)
