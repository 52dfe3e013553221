"""Injecting faults into one cluster: chosen and begun at their instant, held, ended.

What a fault hits is looked up when it begins. Its id ("f1") is the cause of everything that
follows. What is reported of it is what was seen afterwards (`seeing`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from ecp.kube.errors import KubeError
from ecp.kube.kinds import PODS
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import Engine, Phase
from ecp.sim.faults.aiming import Aiming, checked_wish, key_of, lasts_for
from ecp.sim.faults.asks import ACTOR, AGAIN, ASKS
from ecp.sim.faults.courses import WHOLE, course_of, grown_after
from ecp.sim.faults.effects import BLAMED, EFFECTS, Between, Blow, Hold
from ecp.sim.faults.guard import Guard
from ecp.sim.faults.injected import Injected
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.seeing import Watch
from ecp.sim.plans import Action, Reader
from ecp.sim.store import Change, Key, Obj
from ecp.sim.traffic.model import Result
from ecp.sim.world import World
from ecp.sim.world.troubles import Line
from ecp.sim.world.world import KUBELET

HANDLER = "fault"


class Faults:
    """The faults of one cluster.

    The owner calls `observe` with each change and `looked` with what a namespace's requests meet.
    `figures(namespace)` gives that as it is now; `look(namespace)` asks for the next look,
    `ask(action, actor)` carries out what a fault asks of the cluster, `ended` hears of each that
    ends; `tenants` are those that are followed.
    """

    def __init__(self, engine: Engine, chance: Chance, read: Reader, world: World) -> None:
        self._engine = engine
        self._read = read
        self._world = world
        self._watch = Watch(read, world)

        def figures(namespace: str) -> Mapping[str, Result]:
            return self._watch.figures(namespace)

        self._aiming = Aiming(read, world, chance, figures)
        self._guard = Guard(read, figures, lambda: self.tenants())
        self.look: Callable[[str], None] = _nobody
        self.ask: Callable[[Action, str], None] = _unasked
        self.tenants: Callable[[], Iterable[Any]] = list
        self.ended: Callable[[Injected], None] = _unheard
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
        "namespaces": […], "at": …}; all but the first may be missing. In the place of a target
        "selector", "mode" and "value" mean pods or nodes as Chaos Mesh does (`selecting`; "own" is
        the namespace of who asks); "to" is the other end of lines, a target or {"selector": …}.
        "only" and "max_percent" bound what may be hit unless "force" is said, "steady" must hold
        before, "abort" ends it (`guard`). *origin* says who asks, where it is nobody's request.
        Raises FaultRefused.
        """
        row, wish = checked_wish(body)
        now = self._engine.now
        fault = Injected(f"f{len(self.all) + 1}", row.name, wish, max(wish.get("at", now), now))
        if origin is not None:
            fault.origin = origin
        if fault.at > now:
            if not dry_run:
                self.all.append(fault)
                self._plan(fault, fault.at, "begin")
            return fault
        self._aiming.aim(fault)
        self._guard.check(fault)
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

    def reach(self, fault: Injected) -> dict[str, Any]:
        """Say what an aimed fault hits: pods, nodes, tenants, shares of ready endpoints."""
        return self._guard.reach(fault)

    def choices(self, fault: Injected) -> list[str]:
        """Return the words of all that a fault could be aimed at in the place of its target."""
        return self._aiming.choices(fault.row, fault.wish.get("namespaces"))

    # -- carrying out -----------------------------------------------------------------------------

    @contextmanager
    def _in_the_name_of(self, fault: Injected) -> Iterator[None]:
        """Let all that is done meanwhile follow from *fault*."""
        before, self._engine.cause = self._engine.cause, fault.id
        try:
            yield
        finally:
            self._engine.cause = before

    def _fire(self, arg: list[Any]) -> None:
        step, fault_id, *more = arg
        fault = self.find(fault_id)
        assert fault is not None
        if step == "course":
            self._take_course(fault, *more)
            return
        if step == "end":
            self._end(fault)
            return
        if step == "abort":
            self._abort(fault)
            return
        if step == "again":
            self._ask_again(fault)
            return
        if fault.stopped:
            return
        try:
            self._aiming.aim(fault)
            self._guard.check(fault)
        except FaultRefused as refusal:
            # It was planned when its target was not there yet, and never came.
            fault.problem = {"text": refusal.key, "values": refusal.values}
            return
        self._begin(fault)

    def _begin(self, fault: Injected) -> None:
        now = self._engine.now
        effect = EFFECTS[fault.effect]
        fault.started = now
        self._watch.open.append(fault)
        targets = self._struck(fault)
        fault.courses = {uid: {"hit": now} for _, _, uid in fault.pods}
        fault.aimed = len(targets)
        self._watch.remember(fault)
        if fault.row.ask:
            actions = ASKS[fault.row.ask].begin(self._read, fault)
            fault.aimed = len(actions)
            fault.hits = self._carry_out(actions)
            fault.took = fault.hits > 0
        if isinstance(effect, Blow):
            hits = [effect.strike(self._world, t, fault.wish["parameters"], now) for t in targets]
            fault.hits = sum(hits)
            fault.took = fault.hits > 0
        if not fault.lasts:
            fault.ended = now
            self._await_recovery(fault)
            return
        self._running.append(fault)
        lasts = lasts_for(fault)
        steps = course_of(fault.wish["parameters"], lasts)
        fault.strength = steps[0][1]
        fault.grows = grown_after(fault.wish["parameters"], lasts)
        if isinstance(effect, Hold):
            for target in targets:
                self._hold(fault, effect, target)
        elif isinstance(effect, Between):
            self._lay(fault, effect)
            fault.hits, fault.took = fault.aimed, bool(fault.aimed)
        if fault.row.ask and ASKS[fault.row.ask].again is not None:
            self._plan(fault, now + AGAIN, "again")
        self._watch.promise(fault)
        for namespace in fault.namespaces:
            self.look(namespace)
        for after, strength in steps[1:]:
            self._plan(fault, now + after, "course", strength)
        if lasts is not None:
            fault.until = now + lasts
            self._plan(fault, fault.until, "end")

    def _plan(self, fault: Injected, at: int, step: str, *more: int) -> None:
        """Let a step of a fault come at its instant."""
        arg = [step, fault.id, *more]
        self._engine.at(at, HANDLER, arg, phase=Phase.FAULT, cause=fault.id)

    def _take_course(self, fault: Injected, strength: int) -> None:
        """Let a running fault be of another strength (ppm) from now on."""
        effect = EFFECTS[fault.effect]
        if not fault.running or not isinstance(effect, Hold):
            return
        fault.strength = strength
        with self._in_the_name_of(fault):
            for target in fault.levels:
                fault.levels[target] = self._level(fault, effect, target)
                self._put(fault, effect, target)
        for namespace in fault.namespaces:
            self.look(namespace)

    def _level(self, fault: Injected, effect: Hold, target: str) -> int:
        level = effect.level(fault.wish["parameters"], fault.limits.get(target, 0))
        if fault.strength == WHOLE:
            return level
        return effect.none + (level - effect.none) * fault.strength // WHOLE

    def _struck(self, fault: Injected) -> list[str]:
        """Return what its effect is put on: names of what is no pod, else uids."""
        if fault.row.ask == "image":
            return []  # who runs what was released, and nobody does yet
        own = fault.nodes or fault.spaces
        return own or [*fault.names, *(uid for _, _, uid in fault.pods)]

    def _carry_out(self, actions: Iterable[Action]) -> int:
        """Ask the cluster for each; return how many it did."""
        done = 0
        for action in actions:
            try:
                self.ask(action, ACTOR)
            except KubeError:
                continue
            done += 1
        return done

    def _ask_again(self, fault: Injected) -> None:
        again = ASKS[fault.row.ask].again
        if not fault.running or again is None:
            return
        left = again(self._read, fault)
        if not left:
            return
        with self._in_the_name_of(fault):
            self._carry_out(left)
        self._plan(fault, self._engine.now + AGAIN, "again")

    def _lay(self, fault: Injected, effect: Between) -> None:
        """Lay what it does on the lines of its pods."""
        parameters = fault.wish["parameters"]
        patterns = [one.strip() for one in str(parameters.get("patterns", "")).split(",")]
        ends = [uid for _, _, uid in fault.pods]
        others = tuple(fault.others) if fault.wish.get("to") else None
        self._world.troubles.lines[fault.id] = Line(
            tuple(ends), others, tuple(one for one in patterns if one), effect.strain(parameters)
        )
        self._touch_ends(fault)

    def _touch_ends(self, fault: Injected) -> None:
        """Let who looks at the pods at both ends look again."""
        for uid in [*(row[2] for row in fault.pods), *fault.others]:
            run = self._world.pods.get(uid)
            if run is not None:
                self._world.touch(KUBELET, run.key)

    def _hold(self, fault: Injected, effect: Hold, target: str) -> None:
        """Put the fault's own level on a target, beside those of others."""
        fault.levels[target] = self._level(fault, effect, target)
        level = self._put(fault, effect, target)
        if level and effect.shows(self._world, target) >= level:
            # Who comes later is not among those that were aimed at.
            fault.hits = min(fault.hits + 1, fault.aimed)
            fault.took = True

    def _put(self, fault: Injected, effect: Hold, target: str) -> int:
        """Let the target be under what all running faults of this effect come to."""
        name = fault.effect
        holding = [f for f in self._running if f.effect == name and target in f.levels]
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
        effect = EFFECTS[fault.effect]
        self._running.remove(fault)
        if isinstance(effect, Hold):
            for target in fault.levels:
                # What goes on at the target goes on in the name of the fault that is left there.
                left = next((f for f in reversed(self._running) if target in f.levels), fault)
                with self._in_the_name_of(left):
                    self._put(fault, effect, target)
        elif isinstance(effect, Between):
            self._world.troubles.lines.pop(fault.id, None)
            self._touch_ends(fault)
        if fault.row.ask:
            with self._in_the_name_of(fault):
                self._carry_out(ASKS[fault.row.ask].end(self._read, fault))
        fault.ended = self._engine.now
        self._await_recovery(fault)
        self.ended(fault)

    def halt(self, namespace: str = "") -> list[Injected]:
        """End every fault that runs, and let none begin that was planned; return them.

        With a *namespace* those that hit it, or may hit it.
        """
        found = list(self._running)
        found += [one for one in self.all if one.started is None and one.problem is None]
        if namespace:
            found = [one for one in found if namespace in one.namespaces]
        for fault in found:
            fault.stopped = fault.stopped or "halt"
            if fault.started is None:
                fault.problem = {"text": "fault.halted", "values": {}}
                continue
            with self._in_the_name_of(fault):
                self._end(fault)
        return found

    # -- ending early -----------------------------------------------------------------------------

    def _doubt(self, fault: Injected) -> None:
        """Note which of its conditions hold that would end it; look again when that is enough."""
        for at in self._guard.doubt(fault, self._engine.now):
            self._plan(fault, at, "abort")

    def _abort(self, fault: Injected) -> None:
        if fault.running and self._guard.is_enough(fault, self._engine.now):
            fault.stopped = "abort"
            with self._in_the_name_of(fault):
                self._end(fault)

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
            waiting = [f for f in self._watch.open if f.steady and "after" not in f.steady]
            for fault in waiting:
                if fault.running:
                    self._guard.watch(fault, self._engine.now)
            self._watch.looked(namespace, results, self._engine.now)
            for fault in waiting:
                if fault.restored is not None:
                    self._guard.rest(fault)
        for fault in list(self._running):
            if fault.wish.get("abort"):
                self._doubt(fault)

    def _catch(self, fault: Injected, change: Change) -> None:
        """Hit a pod that comes into the scope of a running fault, once it is on its node."""
        pod = change.object
        uid = pod["metadata"]["uid"]
        if fault.nodes or fault.spaces or fault.names or uid not in self._world.pods:
            return
        if change.type == "DELETED":
            fault.levels.pop(uid, None)
            return
        effect = EFFECTS[fault.effect]
        if isinstance(effect, Between):
            self._catch_line(fault, effect, pod)
            return
        if not isinstance(effect, Hold):
            return
        if uid in fault.levels:
            if effect.shows(self._world, uid) or not fault.levels[uid]:
                return
        elif self._aiming.comes(fault, pod):
            fault.pods.append([*key_of(pod), uid])
            fault.courses[uid] = {"hit": self._engine.now}
            fault.limits |= self._aiming.limits(fault, [pod])
        else:
            return
        with self._in_the_name_of(fault):
            self._hold(fault, effect, uid)

    def _catch_line(self, fault: Injected, effect: Between, pod: Obj) -> None:
        uid = pod["metadata"]["uid"]
        if any(row[2] == uid for row in fault.pods) or not self._aiming.comes(fault, pod):
            return
        fault.pods.append([*key_of(pod), uid])
        fault.courses[uid] = {"hit": self._engine.now}
        with self._in_the_name_of(fault):
            self._lay(fault, effect)

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
                if fault.effect == effect and (run.uid in fault.levels or run.node in fault.levels):
                    return fault.id
        return ""

    def lost(self, namespace: str) -> str:
        """Return the id of the newest fault by which a namespace is not measured, "" if it is."""
        if namespace not in self._world.unmeasured:
            return ""
        return next(
            (
                f.id
                for f in reversed(self._running)
                if f.effect == "blind" and namespace in f.spaces
            ),
            "",
        )

    def unknown(self, namespace: str) -> None:
        """Note that the slots of a namespace are unknown from now on."""
        for fault in self._watch.open:
            if namespace in fault.spaces and fault.effect == "blind":
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
            effect = EFFECTS[fault.effect]
            assert isinstance(effect, Hold)
            for target in fault.nodes or [uid for _, _, uid in fault.pods]:
                fault.levels[target] = effect.level(fault.wish["parameters"], 0)


def _copied(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return *row* with containers of its own: a fork must not write into its origin."""
    return {
        name: {key: dict(v) if isinstance(v, dict) else v for key, v in value.items()}
        if isinstance(value, dict)
        else [list(entry) if isinstance(entry, list) else entry for entry in value]
        if isinstance(value, list)
        else value
        for name, value in row.items()
    }


def _unasked(action: Action, actor: str) -> None:
    """Stand in until there is a cluster to be asked."""


def _unheard(fault: Injected) -> None:
    """Stand in until somebody wants to hear of ends."""


def _nobody(namespace: str) -> None:
    """Stand in until traffic is there to be looked at."""
