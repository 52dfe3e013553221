"""Runs the control loops: marks keys dirty on changes, reconciles, carries plans out.

A change marks the keys it concerns; `delay` later all dirty keys of a controller are reconciled
in the order they were marked, at one timer. That is a work queue without a queue: coalesced per
key, never twice at one instant, so loops that feed each other let time pass.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ecp.kube.errors import KubeError
from ecp.sim.apiserver import ApiServer
from ecp.sim.engine.engine import AT, MILLISECOND, ORDER, Engine, Timer, live
from ecp.sim.plans import Controller, Plan, Reader
from ecp.sim.recorder import Recorder
from ecp.sim.store import Change, Key

ANY = "*"
"""As a watched resource: every resource, custom ones included."""


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
        self._watchers: dict[str, list[tuple[Controller, Callable[..., Iterable[Key]]]]] = {}
        for controller in self.controllers.values():
            for resource, keys in controller.watches.items():
                self._watchers.setdefault(resource, []).append((controller, keys))
        # Who watches everything comes after those who watch one resource.
        self._everything = self._watchers.pop(ANY, [])
        for watchers in self._watchers.values():
            watchers += self._everything
        self._dirty: dict[str, dict[Key, str]] = {name: {} for name in self.controllers}
        self._syncs: dict[str, Timer] = {}
        self._wakes: dict[tuple[str, Key], Timer] = {}
        engine.handle("sync", self._sync)
        engine.handle("wake", self._wake)

    def observe(self, change: Change) -> None:
        """Mark what *change* concerns."""
        read = self._read
        for controller, keys in self._watchers.get(change.resource, self._everything):
            for key in keys(change, read):
                if key not in self._dirty[controller.name]:
                    self._mark(controller, key, f"c{change.rv}")

    def touch(self, name: str, key: Key) -> None:
        """Mark a key because the world changed, not the store."""
        if key not in self._dirty[name]:
            self._mark(self.controllers[name], key, self._engine.cause)

    def _mark(self, controller: Controller, key: Key, cause: str) -> None:
        self._dirty[controller.name][key] = cause
        timer = self._syncs.get(controller.name)
        if timer is None or not live(timer):
            self._syncs[controller.name] = self._engine.at(
                self._engine.now + controller.delay,
                "sync",
                controller.name,
                phase=controller.phase,
                cause=cause,
            )

    def _sync(self, name: str) -> None:
        controller = self.controllers[name]
        dirty, self._dirty[name] = self._dirty[name], {}
        for key, cause in dirty.items():
            self._engine.cause = cause
            self._reconcile(controller, key)

    def _wake(self, arg: Any) -> None:
        name, namespace, object_name = arg
        key = (namespace, object_name)
        self._wakes.pop((name, key), None)
        if key not in self._dirty[name]:
            self._reconcile(self.controllers[name], key)

    def _reconcile(self, controller: Controller, key: Key) -> None:
        plan = controller.reconcile(self._engine.now, key, self._read)
        self._set_wake(controller, key, self._carry_out(controller, key, plan))

    def _carry_out(self, controller: Controller, key: Key, plan: Plan) -> int | None:
        """Carry *plan* out; return when to come back.

        A refused action drops the rest of the plan with its events: the controller says anew what
        to record and when to try again.
        """
        for action in plan.actions:
            try:
                self._api.carry_out(action, controller.actor)
            except KubeError as error:
                if controller.refused is None:
                    return None
                now = self._engine.now
                after = controller.refused(now, key, action, error, self._read)
                return self._carry_out(controller, key, after)
        for note in plan.events:
            host = ""
            if controller.component == "kubelet":
                host = (note.regarding.get("spec") or {}).get("nodeName") or note.regarding[
                    "metadata"
                ]["name"]
            self._recorder.record(note, controller.component, host, controller.actor)
        return plan.wake_at

    def _set_wake(self, controller: Controller, key: Key, wake_at: int | None) -> None:
        timer = self._wakes.get((controller.name, key))
        if timer is not None:
            if timer[AT] == wake_at and live(timer):
                return
            self._engine.cancel(timer)
            del self._wakes[controller.name, key]
        if wake_at is not None:
            # Never at this very instant: a loop that asks again at once must let time pass.
            wake_at = max(wake_at, self._engine.now + MILLISECOND)
            self._wakes[controller.name, key] = self._engine.at(
                wake_at, "wake", [controller.name, *key], phase=controller.phase
            )

    def snapshot(self) -> dict[str, Any]:
        return {
            "dirty": {
                name: [[*key, cause] for key, cause in dirty.items()]
                for name, dirty in self._dirty.items()
                if dirty
            },
            "syncs": {n: t[ORDER] for n, t in self._syncs.items() if live(t)},
            "wakes": [
                [name, *key, timer[ORDER]]
                for (name, key), timer in self._wakes.items()
                if live(timer)
            ],
            "controllers": {
                name: controller.snapshot()
                for name, controller in self.controllers.items()
                if controller.snapshot is not None
            },
        }

    def restore(self, state: dict[str, Any], timers: dict[int, Timer]) -> None:
        for name, rows in state["dirty"].items():
            self._dirty[name] = {(ns, n): cause for ns, n, cause in rows}
        self._syncs = {name: timers[order] for name, order in state["syncs"].items()}
        self._wakes = {(name, (ns, n)): timers[order] for name, ns, n, order in state["wakes"]}
        for name, kept in state["controllers"].items():
            restore = self.controllers[name].restore
            if restore is not None:
                restore(kept)
