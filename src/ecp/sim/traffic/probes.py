"""Synthetic probes: one each 5-second slot, through every port of each watched Service.

Slot k is [5k, 5k+5) s since the epoch; its probe is sent at its first instant, when everything due
at that instant has happened. Its outcome is a function of what is said and what is; between two
changes of those it is constant, so nothing ticks: a change sets one timer at the next slot's
start, where the Services it concerns are looked at again, and a span of equal slots is closed as a
whole. Where some of the listed endpoints are dead, each slot of the span draws its own: one draw a
slot and Service, the same at 1x, warped or resumed.

Who asks. A probe stands for a Service's legitimate caller: another workload of its namespace, else
one of its own pods, else the ingress controller's namespace. The first of them that policies let
through to at least one endpoint; where none gets through, the slot is refused with the policy's
name. Without policies all callers are alike.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ecp.kube.kinds import (
    ENDPOINTSLICES,
    EVENTS,
    NAMESPACES,
    NETWORKPOLICIES,
    PODS,
    SERVICES,
)
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import AT, ORDER, Engine, Phase, Timer, live
from ecp.sim.network.connect import Outcome, Ways, ways
from ecp.sim.network.endpoints import SERVICE_NAME_LABEL, listed, slices_of
from ecp.sim.plans import Reader
from ecp.sim.store import Change, Key, Obj, Roots
from ecp.sim.traffic.blocks import (
    OK,
    SLOT,
    Block,
    Mark,
    SlotSink,
    View,
    slot_after,
    view_from_plain,
    view_to_plain,
)
from ecp.sim.traffic.callers import legitimate
from ecp.sim.world import World
from ecp.sim.world.world import KUBELET

HANDLER = "probe"
_NO_LABELS: Mapping[str, str] = {}

# Outcomes that hang on one process: what was done to it is the cause.
_OF_PROCESS = ("no-pod", "no-process", "node-down", "hung", "starting")
# Outcomes that follow once a dead endpoint was noticed: the cause stays the one before.
_OF_ABSENCE = ("none-ready", "selects-nothing", "no-service")


class Prober:
    """Probes the watched Services of one cluster; does nothing at all before `watch`.

    `roots` say what a change follows from in the end. `sink` takes the blocks. The owner calls
    `observe` with each change and `touched` with each touch of the world.
    """

    def __init__(
        self,
        engine: Engine,
        chance: Chance,
        read: Reader,
        world: World,
        roots: Roots,
    ) -> None:
        self._engine = engine
        self._chance = chance
        self._read = read
        self._world = world
        self._roots = roots
        self.sink: SlotSink | None = None
        self._views: dict[Key, View | None] = {}  # the watched Services, in order
        self._dirty: dict[Key, None] = {}
        self._wakes: dict[Key, int] = {}  # slot at which a known turn will have happened
        self._pods: dict[Key, dict[Key, None]] = {}  # pod -> Services that list it
        self._lists: dict[Key, tuple[Key, ...]] = {}  # Service -> pods it lists
        self._hits: dict[Key, str] = {}  # pod -> cause of what was done to it
        self._why: dict[Key, str] = {}  # Service -> cause of the last change of what it lists
        self._timer: Timer | None = None
        engine.handle(HANDLER, self._tick)

    # -- the owner's side -------------------------------------------------------------------------

    def watch(self, services: Iterable[Key], sink: SlotSink | None = None) -> int:
        """Probe *services* from the next slot on; return that slot. Adds to what is watched."""
        if sink is not None:
            self.sink = sink
        first = slot_after(self._engine.now)
        for key in services:
            if key not in self._views:
                self._views[key] = None
                self._dirty[key] = None
        self._arm(first)
        return first

    def stop(self, services: Iterable[Key]) -> None:
        """Close the slots of *services* and probe them no more."""
        self.close()
        for key in services:
            if self._views.pop(key, None) is not None:
                self._list(key, ())
            self._dirty.pop(key, None)
            self._wakes.pop(key, None)

    def observe(self, change: Change) -> None:
        """Take note of *change* where it may change an outcome."""
        if not self._views:
            return
        resource = change.resource
        if resource == PODS:
            self._pod_changed(change)
        elif resource == ENDPOINTSLICES:
            name = (change.object["metadata"].get("labels") or _NO_LABELS).get(SERVICE_NAME_LABEL)
            if name:
                self._changed((change.key[0], name), change)
        elif resource == SERVICES:
            self._changed(change.key, change)
        elif resource == EVENTS:
            # A kubelet says with an Event what it does to a process: starting, killing.
            regarding = change.object.get("involvedObject") or {}
            if regarding.get("kind") == "Pod":
                self._mark_users((regarding.get("namespace", ""), regarding.get("name", "")))
        elif resource == NETWORKPOLICIES or (resource == NAMESPACES and _labels_moved(change)):
            for key in self._views:
                self._changed(key, change)

    def touched(self, controller: str, key: Key) -> None:
        """Take note that something was done to the world: the pod *key* behaves otherwise now."""
        if not self._views or controller != KUBELET:
            return
        if self._engine.cause:
            self._hits[key] = self._engine.cause
        self._mark_users(key)

    def close(self) -> int:
        """Give the sink every slot that is over; return the slot that runs now."""
        until = self._engine.now // SLOT
        for key, view in self._views.items():
            if view is not None and view.since < until:
                self._emit(key, view, until)
                self._views[key] = view._replace(since=until)
        return until

    # -- noticing ---------------------------------------------------------------------------------

    def _pod_changed(self, change: Change) -> None:
        self._mark_users(change.key)
        if change.type == "DELETED":
            self._hits.pop(change.key, None)
        elif not _labels_moved(change):
            return
        namespace = change.key[0]
        if self._read.list(NETWORKPOLICIES, namespace):
            # Another pod may be the caller now.
            for key in self._views:
                if key[0] == namespace:
                    self._mark(key)

    def _changed(self, key: Key, change: Change) -> None:
        if key in self._views:
            self._why[key] = change.cause
            self._mark(key)

    def _mark_users(self, pod: Key) -> None:
        for key in self._pods.get(pod, ()):
            self._mark(key)

    def _mark(self, key: Key) -> None:
        if key not in self._dirty:
            self._dirty[key] = None
            self._arm(slot_after(self._engine.now))

    def _arm(self, slot: int) -> None:
        timer = self._timer
        if timer is not None and live(timer):
            if timer[AT] <= slot * SLOT:
                return
            self._engine.cancel(timer)
        self._timer = self._engine.at(
            slot * SLOT, HANDLER, None, phase=Phase.TRAFFIC, cause="probe"
        )

    def _tick(self, _: None) -> None:
        slot = self._engine.now // SLOT
        dirty, self._dirty = self._dirty, {}
        for key in self._views:
            if key in dirty or self._wakes.get(key, slot + 1) <= slot:
                self._look(key, slot)
        self._timer = None
        if self._wakes:
            self._arm(min(self._wakes.values()))

    # -- looking ----------------------------------------------------------------------------------

    def _look(self, key: Key, slot: int) -> None:
        """Find out what probes of *key* meet from *slot* on; close the span before."""
        before = self._views[key]
        service = self._read.get(SERVICES, *key)
        if key not in self._why and service is not None:
            self._why[key] = self._made_by(service)
        after = View(slot, self._ports(key, service, before))
        if before is None:
            self._views[key] = after
        elif before.ports != after.ports:
            self._emit(key, before, slot)
            self._views[key] = after
        pods = self._listed(service)
        self._list(key, pods)
        if after.surely_up:
            # What was done to these pods is over; their next trouble is another one.
            for pod in pods:
                self._hits.pop(pod, None)
        turn = self._next_turn(pods)
        if turn is None:
            self._wakes.pop(key, None)
        else:
            self._wakes[key] = slot_after(turn)

    def _made_by(self, service: Obj) -> str:
        """Return what the last change of what the Service lists, before the watch, follows from."""
        objects = (service, *slices_of(self._read, service))
        newest = max(int(obj["metadata"]["resourceVersion"]) for obj in objects)
        return self._roots.of_version(newest)

    def _ports(
        self, key: Key, service: Obj | None, before: View | None
    ) -> tuple[tuple[str, tuple[Mark, ...]], ...]:
        if service is None:
            gone = Outcome(False, "no-service", {"service": key[1], "namespace": key[0]})
            return (("", (self._marked(key, gone, before),)),)
        found = []
        for port in service["spec"].get("ports") or ():
            taken = self.ways(service, port)
            marks = tuple(self._marked(key, outcome, before) for outcome in taken.outcomes)
            found.append((port.get("name") or str(port["port"]), marks))
        return tuple(found)

    def _marked(self, key: Key, outcome: Outcome, before: View | None) -> Mark:
        if outcome.ok:
            return OK
        cause = ""
        if outcome.cause in _OF_PROCESS:
            cause = self._hits.get(outcome.pod, "")
        elif outcome.cause in _OF_ABSENCE and before is not None:
            down = before.surely_down
            if down is not None:
                cause = down[1].cause
        cause = self._roots.of(cause or self._why.get(key, ""))
        return Mark(False, outcome.cause, cause, outcome.pod[1])

    def ways(self, service: Obj, port: Obj) -> Ways:
        """Return the ways of a probe to *port* of *service* now, from the caller that fits."""
        now = self._engine.now
        found: Ways | None = None
        for client in legitimate(self._read, service):
            tried = ways(self._read, self._world, now, client, service, port)
            if any(not outcome.cause.startswith("policy-") for outcome in tried.outcomes):
                return tried
            found = found or tried
        assert found is not None
        return found

    def _listed(self, service: Obj | None) -> tuple[Key, ...]:
        if service is None:
            return ()
        found: dict[Key, None] = {}
        for port in service["spec"].get("ports") or ():
            for endpoint in listed(self._read, service, port):
                found[endpoint.pod] = None
        return tuple(found)

    def _list(self, key: Key, pods: tuple[Key, ...]) -> None:
        before = self._lists.get(key, ())
        if before == pods:
            return
        for pod in before:
            users = self._pods[pod]
            users.pop(key, None)
            if not users:
                del self._pods[pod]
        for pod in pods:
            self._pods.setdefault(pod, {})[key] = None
        self._lists[key] = pods

    def _next_turn(self, pods: tuple[Key, ...]) -> int | None:
        """Return the next instant at which a listed process will begin or cease to answer.

        Those instants are known beforehand and no change of the store marks them.
        """
        now = self._engine.now
        turn: int | None = None
        for key in pods:
            run = self._world.pod(key)
            if run is None:
                continue
            for container in run.containers:
                for at in (container.started_at, container.listens_at, container.exit_at):
                    if at is not None and at > now and (turn is None or at < turn):
                        turn = at
        return turn

    # -- closing ----------------------------------------------------------------------------------

    def _emit(self, key: Key, view: View, until: int) -> None:
        sink = self.sink
        if sink is None or until <= view.since:
            return
        if view.surely_up:
            sink.block(Block(key, view.since, until, True))
            return
        down = view.surely_down
        if down is not None:
            port, mark = down
            sink.block(
                Block(key, view.since, until, False, mark.reason, mark.cause, port, mark.pod)
            )
            return
        for slot in range(view.since, until):
            sink.block(self._drawn(key, view, slot))

    def _drawn(self, key: Key, view: View, slot: int) -> Block:
        """Decide one slot of a mixed span: kube-proxy sends the probe to one of the endpoints."""
        unit = self._chance.unit(f"probe/{key[0]}/{key[1]}", slot)
        for port, marks in view.ports:
            mark = marks[int(unit * len(marks))]
            if not mark.ok:
                return Block(key, slot, slot + 1, False, mark.reason, mark.cause, port, mark.pod)
        return Block(key, slot, slot + 1, True)

    # -- state ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data; the sink's is the owner's."""
        timer = self._timer
        return {
            "views": [
                [*key, None if view is None else view_to_plain(view)]
                for key, view in self._views.items()
            ],
            "dirty": [list(key) for key in self._dirty],
            "wakes": [[*key, slot] for key, slot in self._wakes.items()],
            "lists": [[*key, [list(pod) for pod in pods]] for key, pods in self._lists.items()],
            "hits": [[*key, cause] for key, cause in self._hits.items()],
            "why": [[*key, cause] for key, cause in self._why.items()],
            "timer": timer[ORDER] if timer is not None and live(timer) else None,
        }

    def restore(self, state: dict[str, Any], timers: Mapping[int, Timer]) -> None:
        """Take over what `snapshot` returned; *timers* are the engine's, by order number."""
        self._views = {}
        for namespace, name, view in state["views"]:
            self._views[namespace, name] = None if view is None else view_from_plain(view)
        self._dirty = dict.fromkeys((ns, name) for ns, name in state["dirty"])
        self._wakes = {(ns, name): slot for ns, name, slot in state["wakes"]}
        self._pods, self._lists = {}, {}
        for namespace, name, pods in state["lists"]:
            self._list((namespace, name), tuple((ns, pod) for ns, pod in pods))
        self._hits = {(ns, name): cause for ns, name, cause in state["hits"]}
        self._why = {(ns, name): cause for ns, name, cause in state["why"]}
        self._timer = None if state["timer"] is None else timers[state["timer"]]


def _labels_moved(change: Change) -> bool:
    if change.old is None or change.type == "DELETED":
        return True
    return bool(change.object["metadata"].get("labels") != change.old["metadata"].get("labels"))
