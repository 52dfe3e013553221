"""Injecting faults into one cluster: chosen and begun at their instant, held, ended.

What a fault hits is looked up when it begins. Its id ("f1") is the cause of everything that
follows. What is reported of it is what was seen afterwards (`seeing`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from ecp.kube import durations
from ecp.kube.kinds import PODS
from ecp.kube.pods import is_active
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import Engine, Phase
from ecp.sim.faults.catalogue import FaultRow, catalogue
from ecp.sim.faults.effects import BLAMED, EFFECTS, Blow, Hold
from ecp.sim.faults.injected import Injected
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.seeing import Watch
from ecp.sim.faults.syntax import bad_parameter, lasting
from ecp.sim.faults.targets import Aim, Scope, Targets
from ecp.sim.plans import Reader
from ecp.sim.store import Change, Key, Obj
from ecp.sim.traffic.model import Result
from ecp.sim.world import World

HANDLER = "fault"
_BODY = {"fault", "target", "duration", "parameters", "namespaces", "at", "selector"}
_SYSTEM = "kube-"


class Faults:
    """The faults of one cluster.

    The owner calls `observe` with each change and `looked` with what a namespace's requests meet.
    `figures(namespace)` gives that as it is now; `look(namespace)` asks for the next look.
    """

    def __init__(self, engine: Engine, chance: Chance, read: Reader, world: World) -> None:
        self._engine = engine
        self._chance = chance
        self._read = read
        self._world = world
        self._targets = Targets(read, world)
        self._watch = Watch(read, world)
        self.look: Callable[[str], None] = _nobody
        self.all: list[Injected] = []
        self._running: list[Injected] = []  # those whose effect is held
        engine.handle(HANDLER, self._fire)

    def follow(
        self, figures: Callable[[str], Mapping[str, Result]], look: Callable[[str], None]
    ) -> None:
        """Take the traffic's figures as a second witness."""
        self._watch.figures = figures
        self.look = look

    # -- asking -----------------------------------------------------------------------------------

    def inject(
        self, body: Any, *, dry_run: bool = False, origin: dict[str, Any] | None = None
    ) -> Injected:
        """Begin a fault now, or at its `at` (ns since the epoch, not before now).

        *body*: {"fault": name, "target": …, "duration": "30m", "parameters": {…},
        "namespaces": […], "at": …}; all but the first may be missing. *origin* says who asks, where
        it is nobody's request. Raises FaultRefused.
        """
        row, wish = self._checked(body)
        now = self._engine.now
        fault = Injected(f"f{len(self.all) + 1}", row.name, wish, max(wish.get("at", now), now))
        if origin is not None:
            fault.origin = origin
        if fault.at > now:
            if not dry_run:
                self.all.append(fault)
                self._engine.at(
                    fault.at, HANDLER, ["begin", fault.id], phase=Phase.FAULT, cause=fault.id
                )
            return fault
        self._aim(fault)
        if dry_run:
            return fault
        self.all.append(fault)
        with self._in_the_name_of(fault):
            self._begin(fault)
        return fault

    def find(self, fault_id: str) -> Injected | None:
        """Return the fault with that id, None for an unknown one."""
        number = fault_id[1:]
        if fault_id[:1] != "f" or not number.isdecimal() or not 0 < int(number) <= len(self.all):
            return None
        return self.all[int(number) - 1]

    def running(self) -> list[Injected]:
        """Return those whose effect is held now."""
        return list(self._running)

    def _checked(self, body: Any) -> tuple[FaultRow, dict[str, Any]]:
        wish = dict(body) if isinstance(body, dict) else {}
        name = str(wish.get("fault", ""))
        row = catalogue().get(name)
        if row is None:
            raise FaultRefused("fault.unknown", name=name, known=", ".join(catalogue()))
        for key in wish:
            if key not in _BODY:
                raise bad_parameter(name, key)
        parameters = wish.get("parameters") or {}
        for key in parameters:
            if key not in row.parameters:
                raise bad_parameter(name, key)
        merged = {**row.parameters, **parameters}
        for key, value in merged.items():
            if isinstance(row.parameters[key], int):
                if not re.fullmatch(r"[0-9]{1,9}", str(value)):
                    raise FaultRefused(
                        "fault.bad-value", name=name, parameter=key, value=str(value)
                    )
                merged[key] = int(value)
        duration = wish.get("duration")
        if duration is not None:
            lasting(name, str(duration))
        return row, {**wish, "parameters": merged}

    def _aim(self, fault: Injected) -> None:
        """Find what it hits, and note it. Raises FaultRefused when there is nothing."""
        wish, at = fault.wish, fault.row.target
        wanted, within = str(wish.get("target") or ""), wish.get("namespaces")

        def draw() -> float:
            return self._chance.unit(f"fault/{fault.id}/{fault.name}")

        if at == "namespace":
            aim = self._targets.spaces(fault.name, wanted, within, self._is_followed, draw)
        else:
            aim = self._targets.aim(fault.name, at, wanted, within, draw)
        fault.spaces = list(aim.spaces)
        fault.scope, fault.targets, fault.nodes = list(aim.scope), aim.targets, aim.nodes
        self._note_pods(fault, aim)

    def _is_followed(self, namespace: str) -> bool:
        return bool(self._watch.figures(namespace))

    def _note_pods(self, fault: Injected, aim: Aim) -> None:
        alive = [pod for pod in aim.pods if is_active(pod)]
        fault.pods = [[*_key(pod), pod["metadata"]["uid"]] for pod in alive]
        fault.workloads = [list(row) for row in dict.fromkeys(self._targets.owners(alive))]
        if fault.row.effect == "leak":
            fault.limits = self._targets.memory_limits(alive)

    # -- carrying out -----------------------------------------------------------------------------

    @contextmanager
    def _in_the_name_of(self, fault: Injected) -> Iterator[None]:
        """Let all that is done meanwhile follow from *fault*."""
        before, self._engine.cause = self._engine.cause, fault.id
        try:
            yield
        finally:
            self._engine.cause = before

    def _fire(self, arg: list[str]) -> None:
        step, fault_id = arg
        fault = self.find(fault_id)
        assert fault is not None
        if step == "end":
            self._end(fault)
            return
        try:
            self._aim(fault)
        except FaultRefused as refusal:
            # It was planned when its target was not there yet, and never came.
            fault.problem = {"text": refusal.key, "values": refusal.values}
            return
        self._begin(fault)

    def _begin(self, fault: Injected) -> None:
        now = self._engine.now
        effect = EFFECTS[fault.row.effect]
        fault.started = now
        self._watch.open.append(fault)
        targets = fault.nodes or fault.spaces or [uid for _, _, uid in fault.pods]
        fault.aimed = len(targets)
        self._watch.remember(fault)
        if isinstance(effect, Blow):
            hits = [effect.strike(self._world, t, fault.wish["parameters"], now) for t in targets]
            fault.hits = sum(hits)
            fault.ended = now
            fault.took = fault.hits > 0
            self._await_recovery(fault)
            return
        self._running.append(fault)
        for target in targets:
            self._hold(fault, effect, target)
        self._watch.promise(fault)
        for namespace in fault.spaces:
            self.look(namespace)
        wanted = fault.wish.get("duration")
        lasts = fault.row.duration if wanted is None else durations.parse(str(wanted))
        if lasts is not None:
            fault.until = now + lasts
            self._engine.at(
                fault.until, HANDLER, ["end", fault.id], phase=Phase.FAULT, cause=fault.id
            )

    def _hold(self, fault: Injected, effect: Hold, target: str) -> None:
        """Put the fault's own level on a target, beside those of others."""
        fault.levels[target] = effect.level(fault.wish["parameters"], fault.limits.get(target, 0))
        level = self._put(fault, effect, target)
        if level and effect.shows(self._world, target) >= level:
            # Who comes later is not among those that were aimed at.
            fault.hits = min(fault.hits + 1, fault.aimed)
            fault.took = True

    def _put(self, fault: Injected, effect: Hold, target: str) -> int:
        """Let the target be under what all running faults of this effect come to."""
        name = fault.row.effect
        holding = [f for f in self._running if f.row.effect == name and target in f.levels]
        level = effect.join([f.levels[target] for f in holding])
        limit = fault.limits.get(target, 0)
        effect.put(self._world, target, level, limit, self._engine.now)
        return level

    def restore_from(self, fault_id: str) -> Injected:
        """End a fault that lasts, now. Raises FaultRefused for one that does not run."""
        fault = self.find(fault_id)
        if fault is None or not fault.running:
            running = [f.id for f in self._running]
            raise FaultRefused("fault.not-running", id=fault_id, known=", ".join(running) or "-")
        with self._in_the_name_of(fault):
            self._end(fault)
        return fault

    def _end(self, fault: Injected) -> None:
        if fault.ended is not None:
            return
        effect = EFFECTS[fault.row.effect]
        assert isinstance(effect, Hold)
        self._running.remove(fault)
        for target in fault.levels:
            # What goes on at the target goes on in the name of the fault that is left there.
            left = next((f for f in reversed(self._running) if target in f.levels), fault)
            with self._in_the_name_of(left):
                self._put(fault, effect, target)
        fault.ended = self._engine.now
        self._await_recovery(fault)

    def _await_recovery(self, fault: Injected) -> None:
        for namespace in fault.namespaces:
            self.look(namespace)
        if fault not in self._watch.open:
            self._watch.open.append(fault)
        self._watch.end(fault, self._engine.now)

    # -- seeing -----------------------------------------------------------------------------------

    def observe(self, change: Change) -> None:
        """Note what *change* shows of the faults that are still open; hit who comes into scope."""
        if change.resource == PODS:
            for fault in self._running:
                self._catch(fault, change)
        if self._watch.open:
            self._watch.observe(change)

    def looked(self, namespace: str, results: tuple[Result, ...]) -> None:
        """Note what the requests of *namespace* meet from now on."""
        if self._watch.open:
            self._watch.looked(namespace, results, self._engine.now)

    def _catch(self, fault: Injected, change: Change) -> None:
        """Hit a pod that comes into the scope of a running fault, once it is on its node."""
        pod = change.object
        uid = pod["metadata"]["uid"]
        if fault.nodes or fault.spaces or uid not in self._world.pods:
            return
        if change.type == "DELETED":
            fault.levels.pop(uid, None)
            return
        effect = EFFECTS[fault.row.effect]
        assert isinstance(effect, Hold)
        if uid in fault.levels:
            if effect.shows(self._world, uid) or not fault.levels[uid]:
                return
        elif self._comes(fault, pod):
            fault.pods.append([*_key(pod), uid])
            if fault.row.effect == "leak":
                fault.limits |= self._targets.memory_limits([pod])
        else:
            return
        with self._in_the_name_of(fault):
            self._hold(fault, effect, uid)

    def _comes(self, fault: Injected, pod: Obj) -> bool:
        """Whether a pod is in the scope of a fault: of a pod there is no other."""
        scope = Scope(*fault.scope)
        namespace = pod["metadata"]["namespace"]
        wanted = fault.wish.get("namespaces")
        within = namespace in wanted if wanted else not namespace.startswith(_SYSTEM)
        return (
            scope.kind != "pod" and within and is_active(pod) and self._targets.belongs(pod, scope)
        )

    def blame(self, pod: Key, reason: str) -> str:
        """Return the id of the running fault behind what a caller meets at *pod*, "" if none.

        *reason*: "hung", "node-down" or "strained". Of several, the newest of the likeliest effect.
        """
        if not self._running:
            return ""
        run = self._world.pod(pod)
        if run is None:
            return ""
        for effect in BLAMED.get(reason, ()):
            for fault in reversed(self._running):
                if fault.row.effect == effect and (
                    run.uid in fault.levels or run.node in fault.levels
                ):
                    return fault.id
        return ""

    def lost(self, namespace: str) -> str:
        """Return the id of the newest fault by which a namespace is not measured, "" if it is."""
        if namespace not in self._world.unmeasured:
            return ""
        return next((f.id for f in reversed(self._running) if namespace in f.spaces), "")

    def unknown(self, namespace: str) -> None:
        """Note that the slots of a namespace are unknown from now on."""
        for fault in self._watch.open:
            if namespace in fault.spaces:
                fault.seen.setdefault("slots-unknown", self._engine.now)

    # -- state ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "all": [asdict(fault) for fault in self.all],
            "open": [fault.id for fault in self._watch.open],
            "running": [fault.id for fault in self._running],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `snapshot` returned, or its predecessor, in which levels were not kept."""
        self.all = [Injected(**_copied(row)) for row in state["all"]]
        by_id = {fault.id: fault for fault in self.all}
        self._watch.open = [by_id[fault_id] for fault_id in state["open"]]
        if "running" in state:
            self._running = [by_id[fault_id] for fault_id in state["running"]]
            return
        self._running = [fault for fault in self.all if fault.running]
        for fault in self._running:
            effect = EFFECTS[fault.row.effect]
            assert isinstance(effect, Hold)
            for target in fault.nodes or [uid for _, _, uid in fault.pods]:
                fault.levels[target] = effect.level(fault.wish["parameters"], 0)


def _copied(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return *row* with containers of its own: a fork must not write into its origin."""
    return {
        name: dict(value)
        if isinstance(value, dict)
        else [list(entry) if isinstance(entry, list) else entry for entry in value]
        if isinstance(value, list)
        else value
        for name, value in row.items()
    }


def _key(pod: Obj) -> Key:
    return (pod["metadata"]["namespace"], pod["metadata"]["name"])


def _nobody(namespace: str) -> None:
    """Stand in until traffic is there to be looked at."""
