"""Injecting faults into one cluster: chosen and begun at their instant, held, ended.

What a fault hits is looked up when it begins. Its id ("f1") is the cause of everything that
follows. What is reported of it is what was seen afterwards (`seeing`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from ecp.kube import durations
from ecp.kube.errors import KubeError
from ecp.kube.kinds import PODS
from ecp.kube.pods import is_active
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import Engine, Phase
from ecp.sim.faults.asks import ACTOR, AGAIN, ASKS, brings
from ecp.sim.faults.catalogue import FaultRow, catalogue
from ecp.sim.faults.effects import BLAMED, EFFECTS, Between, Blow, Hold
from ecp.sim.faults.guard import Condition, blast, check_reach, conditions, measured
from ecp.sim.faults.injected import Injected
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.seeing import Watch
from ecp.sim.faults.selecting import MODES
from ecp.sim.faults.syntax import bad_parameter, checked, lasting
from ecp.sim.faults.targets import Aim, Scope, Targets
from ecp.sim.plans import Action, Reader
from ecp.sim.store import Change, Key, Obj
from ecp.sim.traffic.model import Result
from ecp.sim.world import World
from ecp.sim.world.troubles import Line
from ecp.sim.world.world import KUBELET

HANDLER = "fault"
_BODY = {
    "fault", "target", "duration", "parameters", "namespaces", "at",
    "selector", "mode", "value", "own", "to",
    "only", "max_percent", "force", "abort", "steady",
}  # fmt: skip
_SYSTEM = "kube-"


class Faults:
    """The faults of one cluster.

    The owner calls `observe` with each change and `looked` with what a namespace's requests meet.
    `figures(namespace)` gives that as it is now; `look(namespace)` asks for the next look,
    `ask(action, actor)` carries out what a fault asks of the cluster, `ended` hears of each that
    ends; `tenants` are those that are followed.
    """

    def __init__(self, engine: Engine, chance: Chance, read: Reader, world: World) -> None:
        self._engine = engine
        self._chance = chance
        self._read = read
        self._world = world
        self._targets = Targets(read, world)
        self._watch = Watch(read, world)
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
        self._check_bounds(fault)
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
        merged = {**row.parameters, **checked(name, wish.get("parameters") or {})}
        if wish.get("mode") is not None and wish["mode"] not in MODES:
            raise FaultRefused(
                "fault.bad-mode", name=name, mode=wish["mode"], known=", ".join(MODES)
            )
        if wish.get("to") and not row.between:
            raise bad_parameter(name, "to")
        for key in ("abort", "steady"):
            if wish.get(key):
                conditions(name, wish[key])
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

        def nth(number: int) -> float:
            return self._chance.unit(f"fault/{fault.id}/{fault.name}", number)

        if wish.get("selector") is not None and at in ("node", "pod", "workload"):
            aim = self._targets.selected(at, wish, nth, fault.name)
        elif at == "namespace":
            asked = self._is_there if fault.row.ask else self._is_followed
            aim = self._targets.spaces(fault.name, wanted, within, asked, draw)
        elif at in ("registry", "pool", "actor", "secret"):
            aim = self._targets.named(fault.name, at, wanted, within)
        else:
            everyone = at == "pod" and wish.get("mode") == "all" and wanted
            aim = self._targets.aim(
                fault.name, "workload" if everyone else at, wanted, within, draw
            )
        fault.spaces, fault.names = list(aim.spaces), list(aim.names)
        fault.scope, fault.targets, fault.nodes = list(aim.scope), aim.targets, aim.nodes
        self._note_pods(fault, aim)
        if wish.get("to"):
            fault.others = [pod["metadata"]["uid"] for pod in self._far(fault, wish["to"], nth)]

    def _far(self, fault: Injected, to: Any, draw: Callable[[int], float]) -> list[Obj]:
        """Return the pods at the other ends. Raises FaultRefused."""
        if isinstance(to, dict):
            own = {**to, "own": fault.wish.get("own")}
            return self._targets.selected("pod", own, draw, fault.name).pods
        within = fault.wish.get("namespaces")
        return self._targets.aim(fault.name, "workload", str(to), within, lambda: draw(0)).pods

    def _check_bounds(self, fault: Injected) -> None:
        """Raises FaultRefused for one that goes beyond its bounds, or meets no steady state."""
        wish = fault.wish
        if wish.get("only") or wish.get("max_percent") is not None:
            check_reach(wish, fault.name, self.reach(fault))
        if not wish.get("steady"):
            return
        rows = self._measure(fault, "steady")
        fault.steady = {"before": rows}
        broken = [row for row in rows if row["met"] is False]
        if broken and not wish.get("force"):
            said = ", ".join(
                f"{row['metric']} {row['op']} {row['value']:g} ({row['observed']:g})"
                for row in broken
            )
            raise FaultRefused("fault.unsteady", name=fault.name, conditions=said)

    def reach(self, fault: Injected) -> dict[str, Any]:
        """Say what an aimed fault hits: pods, nodes, tenants, shares of ready endpoints."""
        nodes = {
            name: ["/".join(_key(pod)) for pod in self._read.on_node(name) if is_active(pod)]
            for name in fault.nodes
        }
        return blast(self._read, fault, nodes, self.tenants())

    def _measure(self, fault: Injected, what: str) -> list[dict[str, Any]]:
        """Return what conditions of a fault come to now."""
        found = []
        for one in conditions(fault.name, fault.wish[what]):
            value = measured(one.metric, self._met_by(fault, one))
            found.append(
                {
                    "metric": one.metric,
                    "op": one.op,
                    "value": one.value,
                    "observed": None if value is None else round(value, 3),
                    "met": one.holds(self._met_by(fault, one)),
                }
            )
        return found

    def _met_by(self, fault: Injected, one: Condition) -> list[Result]:
        spaces = [one.namespace] if one.namespace else fault.namespaces or self._hit_spaces(fault)
        return [result for space in spaces for result in self._watch.figures(space).values()]

    def _hit_spaces(self, fault: Injected) -> list[str]:
        return sorted({*fault.spaces, *(row[0] for row in fault.pods)})

    def _is_there(self, namespace: str) -> bool:
        return not namespace.startswith(_SYSTEM)

    def _is_followed(self, namespace: str) -> bool:
        return bool(self._watch.figures(namespace))

    def _note_pods(self, fault: Injected, aim: Aim) -> None:
        alive = [pod for pod in aim.pods if is_active(pod)]
        fault.pods = [[*_key(pod), pod["metadata"]["uid"]] for pod in alive]
        fault.workloads = [list(row) for row in dict.fromkeys(self._targets.owners(alive))]
        fault.limits = self._limits(fault, alive)
        if fault.effect == "crowd":
            fault.workloads = [
                ["customers", space, name]
                for space in fault.spaces
                for name, result in self._watch.figures(space).items()
                if result.entry
            ]

    def _limits(self, fault: Injected, pods: list[Obj]) -> dict[str, int]:
        """Return what of each pod its effect has to know, by uid."""
        effect = EFFECTS[fault.effect]
        if not isinstance(effect, Hold) or not effect.of:
            return {}
        found = self._targets.memory_limits if effect.of == "memory" else self._targets.ceilings
        return found(pods)

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
        if step == "abort":
            self._abort(fault)
            return
        if step == "again":
            self._ask_again(fault)
            return
        if fault.stopped:
            return
        try:
            self._aim(fault)
            self._check_bounds(fault)
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
        if isinstance(effect, Hold):
            for target in targets:
                self._hold(fault, effect, target)
        elif isinstance(effect, Between):
            self._lay(fault, effect)
            fault.hits, fault.took = fault.aimed, bool(fault.aimed)
        if fault.row.ask and ASKS[fault.row.ask].again is not None:
            self._engine.at(
                now + AGAIN, HANDLER, ["again", fault.id], phase=Phase.FAULT, cause=fault.id
            )
        self._watch.promise(fault)
        for namespace in fault.namespaces:
            self.look(namespace)
        wanted = fault.wish.get("duration")
        lasts = fault.row.duration if wanted is None else durations.parse(str(wanted))
        if lasts is not None:
            fault.until = now + lasts
            self._engine.at(
                fault.until, HANDLER, ["end", fault.id], phase=Phase.FAULT, cause=fault.id
            )

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
        at = self._engine.now + AGAIN
        self._engine.at(at, HANDLER, ["again", fault.id], phase=Phase.FAULT, cause=fault.id)

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
        fault.levels[target] = effect.level(fault.wish["parameters"], fault.limits.get(target, 0))
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

    def halt(self) -> list[Injected]:
        """End every fault that runs, and let none begin that was planned; return them."""
        found = list(self._running)
        found += [one for one in self.all if one.started is None and one.problem is None]
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
        """Note which of its conditions hold that would end it; end it when one did long enough."""
        now = self._engine.now
        for number, one in enumerate(conditions(fault.name, fault.wish["abort"])):
            key = str(number)
            if not one.holds(self._met_by(fault, one)):
                fault.doubts.pop(key, None)
            elif key not in fault.doubts:
                fault.doubts[key] = now
                at = now + max(one.lasting, 1)
                self._engine.at(at, HANDLER, ["abort", fault.id], phase=Phase.FAULT, cause=fault.id)

    def _abort(self, fault: Injected) -> None:
        if not fault.running:
            return
        now = self._engine.now
        for number, one in enumerate(conditions(fault.name, fault.wish["abort"])):
            since = fault.doubts.get(str(number))
            if since is not None and now - since >= one.lasting:
                fault.stopped = "abort"
                with self._in_the_name_of(fault):
                    self._end(fault)
                return

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
            self._watch.looked(namespace, results, self._engine.now)
            for fault in waiting:
                if fault.restored is not None:
                    fault.steady["after"] = self._measure(fault, "steady")
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
        elif self._comes(fault, pod):
            fault.pods.append([*_key(pod), uid])
            fault.limits |= self._limits(fault, [pod])
        else:
            return
        with self._in_the_name_of(fault):
            self._hold(fault, effect, uid)

    def _catch_line(self, fault: Injected, effect: Between, pod: Obj) -> None:
        uid = pod["metadata"]["uid"]
        if any(row[2] == uid for row in fault.pods) or not self._comes(fault, pod):
            return
        fault.pods.append([*_key(pod), uid])
        with self._in_the_name_of(fault):
            self._lay(fault, effect)

    def _comes(self, fault: Injected, pod: Obj) -> bool:
        """Whether a pod is in the scope of a fault: of a pod there is no other."""
        scope = Scope(*fault.scope)
        namespace = pod["metadata"]["namespace"]
        wanted = fault.wish.get("namespaces")
        within = namespace in wanted if wanted else not namespace.startswith(_SYSTEM)
        return (
            scope.kind != "pod"
            and within
            and is_active(pod)
            and brings(fault, pod)
            and self._targets.belongs(pod, scope)
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
        name: dict(value)
        if isinstance(value, dict)
        else [list(entry) if isinstance(entry, list) else entry for entry in value]
        if isinstance(value, list)
        else value
        for name, value in row.items()
    }


def _key(pod: Obj) -> Key:
    return (pod["metadata"]["namespace"], pod["metadata"]["name"])


def _unasked(action: Action, actor: str) -> None:
    """Stand in until there is a cluster to be asked."""


def _unheard(fault: Injected) -> None:
    """Stand in until somebody wants to hear of ends."""


def _nobody(namespace: str) -> None:
    """Stand in until traffic is there to be looked at."""
