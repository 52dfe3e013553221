"""The tenants' traffic: demand over the call graph of what runs, as spans of equal slots.

A tenant is a namespace and what its customers ask for. What its requests meet is a function of
the demand, of what is said (Deployments, Services, EndpointSlices) and of what is (processes,
faults). All of these are constant between two changes, so nothing ticks: a change, a known turn of
a process or the next step of the demand sets one timer at a slot's start, where what changed is
looked at again, and the span of equal slots before it is closed as a whole.

The synthetic probe of a slot is an entry request through the same graph. It fails when the
modelled share of bad requests reaches the objective's bad ratio, however few real requests there
are; a workload without a profile has its probe only.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice
from typing import Any

from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import AT, ORDER, Engine, Phase, Timer, live
from ecp.sim.network.connect import Ways
from ecp.sim.network.proxies import Proxies, shares
from ecp.sim.network.resolver import NAMES
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj
from ecp.sim.traffic import returning
from ecp.sim.traffic.balancing import INGRESS, Balancing
from ecp.sim.traffic.blocks import SLOT, slot_after
from ecp.sim.traffic.configs import Configs
from ecp.sim.traffic.demand import Curve
from ecp.sim.traffic.depending import Depending
from ecp.sim.traffic.doors import LEAK_LOOK_S, Doors, warm_at
from ecp.sim.traffic.edges import Edge
from ecp.sim.traffic.graph import Part, Profiles, draw
from ecp.sim.traffic.keeping import fill, plain_state
from ecp.sim.traffic.model import MILLION, Cut, Result, Seen, unmeasured
from ecp.sim.traffic.naming import Naming
from ecp.sim.traffic.nodes import Nodes, services_of
from ecp.sim.traffic.noticing import Noticing
from ecp.sim.traffic.passing import UNSYNCED, Passing
from ecp.sim.traffic.state import NO_DOOR, Door, Followed, State
from ecp.sim.traffic.tenants import Span, SpanSink, Tenant, shape_text, tenant_from_plain
from ecp.sim.traffic.tracking import Tracking
from ecp.sim.traffic.underway import Underway
from ecp.sim.world import World
from ecp.slo.slots import CARRY_SLOTS
from ecp.workloads.shapes import Reason
from ecp.workloads.shaping import read_shape

HANDLER = "flow"
# Tenants that are looked at by one timer; the others of that instant have the next one, so that
# many of them do not hold up whoever waits for the engine's slice to end.
_LOOKS = 8


class Flows:
    """The traffic of one cluster's tenants; does nothing at all before `track`.

    `ways(service, port)` says what a connection to a Service's port meets, `root(cause)` walks
    a cause back to the request or fault it follows from. `moved(namespace, pods)` is called
    when the usage of pods changed, `looked(namespace, results)` when it was found out what
    requests meet. `lost(namespace)` is the id of what keeps its figures from being collected,
    "" if nothing, and `unknown(namespace)` is called when its slots are unknown for that.
    `heard(tenant, metric)` is what others told last of a tenant: (value, ns), None = no number.
    `doors.blame(pod, reason)` names the running fault behind a pod's trouble, "" where there is
    none.
    The owner calls `observe` with each change and `touched` with each touch of the world.
    """

    def __init__(
        self,
        engine: Engine,
        read: Reader,
        world: World,
        *,
        ways: Callable[[Obj, Obj], Ways],
        root: Callable[[str], str],
        proxies: Proxies,
        profiles: Profiles | None = None,
        chance: Chance | None = None,
    ) -> None:
        self._engine = engine
        self._chance = chance or Chance(0)
        self._read = read
        self._world = world
        self._given = profiles
        self.doors = Doors(read, world, self._now, ways=ways, root=root)
        self._balancing = Balancing(read, world, self._now, proxies.unhealthy, proxies.healthy)
        self._resolver = proxies.resolver
        self._configs = Configs(read, world, self._now)
        self._naming = Naming(read, world, self._now, self.doors)
        self._nodes = Nodes(
            read,
            world,
            self._now,
            self.doors,
            self._profiles,
            self._balancing,
            self._naming,
            Tracking(read, world, proxies.tables),
        )
        self._passing = Passing(read, world, proxies)
        self._depending = Depending(engine, read, world, self.doors, self._nodes.cut)
        self._underway = Underway(read, world, self._now, self.doors)
        self.sink: SpanSink | None = None
        self.moved: Callable[[str, list[str]], None] = _nobody
        self.looked: Callable[[str, tuple[Result, ...]], None] = _unseen
        self.lost: Callable[[str], str] = _measured
        self.unknown: Callable[[str], object] = _measured
        self.heard: Callable[[str, str], tuple[float, int] | None] = _untold
        self._followed = Followed()
        self._states = self._followed.states
        noticing = Noticing(
            engine,
            world,
            self._followed,
            doors=self.doors,
            balancing=self._balancing,
            passing=self._passing,
            configs=self._configs,
            mark=self._mark,
        )
        self.observe = noticing.observe
        self.touched = noticing.touched
        self._timer: Timer | None = None
        engine.handle(HANDLER, self._tick)

    def _now(self) -> int:
        return self._engine.now

    def _profiles(self) -> Profiles:
        """The given profiles, else the shipped ones, read at first use."""
        if self._given is None:
            from ecp.sim.traffic.profiles import ShippedProfiles

            self._given = ShippedProfiles()
        return self._given

    # -- the owner's side -------------------------------------------------------------------------

    def track(
        self,
        name: str,
        namespace: str,
        demand: Mapping[str, int] | None,
        objective: Mapping[str, Any],
        *,
        failures: bool = False,
        load: Mapping[str, int] | None = None,
        shape: Mapping[str, Any] | None = None,
    ) -> Tenant:
        """Follow a tenant from the next slot on; tracking it again changes what is said of it.

        *shape* is as `workloads.shapes.written` gives it. Raises InvalidShape.
        """
        read_shape(shape)
        self.close()
        first = slot_after(self._engine.now)
        before = self._states.get(name)
        since = before.tenant.since if before is not None else first
        wanted = None
        if demand is not None:
            wanted = tuple(sorted((key, units) for key, units in demand.items() if units))
        fields = tuple(sorted(objective.items()))
        asking = tuple(sorted((load or {}).items()))
        told = shape_text(shape)
        tenant = Tenant(name, namespace, wanted, fields, failures, since, asking, told)
        if before is not None and before.tenant == tenant:
            return tenant
        state = State(tenant)
        if before is not None:
            self._followed.drop(name)
            state.since, state.results = before.since, before.results
            state.open, state.leaving = before.open, before.leaving
            state.backs = before.backs
        self._followed.add(state)
        self.doors.made.setdefault(namespace, self._engine.cause)
        self._prepare(state)
        self._mark(state)
        return tenant

    def untrack(self, name: str) -> None:
        """Close the slots of a tenant and follow it no more."""
        self.close()
        if name in self._states:
            self._followed.drop(name)
            del self._states[name]

    def tenants(self) -> list[Tenant]:
        """Return who is tracked, in the order of their first tracking."""
        return [state.tenant for state in self._states.values()]

    def tenant(self, name: str) -> Tenant | None:
        """Return one of them."""
        state = self._states.get(name)
        return None if state is None else state.tenant

    def now(self, name: str) -> tuple[Result, ...]:
        """Return what is known of a tenant's requests in the slot that runs."""
        state = self._states.get(name)
        if state is None or state.results is None:
            return ()
        return unmeasured(state.results, state.lost) if state.lost else state.results

    def edges(self, name: str) -> list[Edge]:
        """Return who asks whom of a tenant's workloads, in the slot that runs."""
        state = self._states.get(name)
        return [] if state is None or state.lost else self._nodes.edges(self._aside(state))

    def doors_of(self, name: str) -> Mapping[Key, Door]:
        """Return by Service which pods a tenant's connections go to, and which of them answer."""
        state = self._states.get(name)
        return {} if state is None else state.doors

    def parts(self, name: str) -> tuple[Part, ...]:
        """Return the workloads of a tenant's call graph, from a change of it on as it will hold."""
        state = self._states.get(name)
        return () if state is None else self._parts(state)

    def figures(self, namespace: str) -> dict[str, Result]:
        """Return what the requests of a namespace's workloads meet now, by name."""
        return {
            result.name: result
            for name in self._followed.spaces.get(namespace, ())
            for result in self._states[name].results or ()
        }

    def look(self, namespace: str) -> None:
        """Look again at the next slot, although nothing is known to have changed."""
        for name in self._followed.spaces.get(namespace, ()):
            self._mark(self._states[name])

    def hear(self, name: str) -> None:
        """Take note that others told something of a tenant: from the next slot on it may ask so."""
        state = self._states.get(name)
        if state is not None and any(curve.follow for curve in state.curves.values()):
            state.step_at = self._engine.now
            self._mark(state)

    def reasons(self, name: str, at: int | None = None) -> dict[str, list[Reason]]:
        """Return by profile what makes a tenant's demand another than a plain weekday's.

        At an instant (ns; None = now), by what is said of the demand now.
        """
        state = self._states.get(name)
        curves = {} if state is None else state.curves
        instant = self._engine.now if at is None else at
        return {kind: curve.reasons(instant) for kind, curve in curves.items()}

    def kinds(self, name: str) -> dict[str, str | None]:
        """Return the profile of each of a tenant's workloads, by name of the workload."""
        return {part.name: part.profile for part in self.parts(name)}

    def imagined(self, name: str, times: float) -> tuple[Result, ...]:
        """Return what a tenant's requests would meet now if *times* as many customers came, by the
        same model; () where nothing is known of it yet. Nothing changes."""
        state = self._states.get(name)
        if state is None or state.results is None:
            return ()
        return self._nodes.imagined(self._aside(state), times)

    def curves(self, name: str) -> dict[str, Curve]:
        """Return by profile what a tenant's customers ask for over time."""
        state = self._states.get(name)
        return {} if state is None else dict(state.curves)

    def close(self) -> int:
        """Give the sink every slot that is over; return the slot that runs now."""
        until = self._engine.now // SLOT
        for state in self._states.values():
            if state.turn is not None and state.turn <= until:
                self._pass(state, until)
            self._emit(state, until)
        return until

    def _mark(self, state: State) -> None:
        state.kept = None
        state.turn = slot_after(self._engine.now)
        self._arm(state.turn)

    def _arm(self, slot: int) -> None:
        timer = self._timer
        if timer is not None and live(timer):
            if timer[AT] <= slot * SLOT:
                return
            self._engine.cancel(timer)
        self._timer = self._engine.at(slot * SLOT, HANDLER, None, phase=Phase.TRAFFIC, cause="load")

    def _tick(self, _: None) -> None:
        self._timer = None
        slot = self._engine.now // SLOT
        due = (s for s in self._states.values() if s.turn is not None and s.turn <= slot)
        for state in list(islice(due, _LOOKS)):
            self._look(state, slot)
        turns = [state.turn for state in self._states.values() if state.turn is not None]
        if turns:
            self._arm(max(min(turns), slot))

    # -- looking ----------------------------------------------------------------------------------

    def _prepare(self, state: State) -> None:
        profiles, tenant = self._profiles(), state.tenant
        shape = read_shape(tenant.shaping())

        def unit(name: str) -> float:
            return self._chance.unit(f"{tenant.name}/{name}")

        state.curves = {
            name: profiles.curve(name, units, shape, unit)
            for name, units in tenant.asking().items()
            if profiles.known(name)
        }
        for curve in state.curves.values():
            curve.heard = partial(self.heard, tenant.name)
        state.step_at = self._engine.now if state.curves else None

    def _look(self, state: State, slot: int) -> None:
        """Find out what the tenant's requests meet from *slot* on; close the span before."""
        now = self._engine.now
        if state.parts is not None:
            found = self._configs.versions(state.tenant.namespace, state.parts)
            if found != state.versions:
                state.parts = None  # enough of some workload's pods have read theirs anew
        if state.parts is None:
            state.kept = None
            state.parts = self._draw(state)
            state.versions = self._configs.versions(state.tenant.namespace, state.parts)
            state.dirty = dict.fromkeys(self._needed(state))
            for service in list(state.doors):
                if service not in state.dirty:
                    self._followed.list(state, service, state.doors.pop(service).pods, ())
                    self._passing.forget(service)
        self._pass(state, slot)
        dirty, state.dirty = self._due(state), {}
        if dirty:
            state.kept = None
        still = state.kept is not None
        needed = dict.fromkeys(self._needed(state)) if dirty else {}
        for service in dirty:
            if service in needed:
                before = state.doors.get(service, NO_DOOR)
                self._passing.follow(service)
                state.doors[service] = door = self.doors.look(service)
                self._followed.list(state, service, before.pods, door.pods)
                state.uneven.pop(service, None)
                if self.doors.uneven(service):
                    state.uneven[service] = None
        self._place(state)
        if state.step_at is not None and state.step_at <= now:
            state.entering = {name: curve.offer(now) for name, curve in state.curves.items()}
            state.step_at = min(curve.next_step(now) for curve in state.curves.values())
        if dirty:
            self._underway.hold(state, dirty)
        self._depending.settle(state)
        results = self._nodes.results(state)
        lost = self.lost(state.tenant.namespace)
        moved = results != state.results
        if moved or lost != state.lost:
            self._emit(state, slot)
            state.since = max(state.since, slot)
            state.results = results
            state.lost, state.unseen = lost, state.unseen if state.lost and lost else slot
        if moved:
            self._use(state)
        turn = min(state.turns.values(), default=None) if still else self._next_turn(state, now)
        self._passing.settle(now)
        passing = any(self._passing.pending(service, now) for service in state.doors)
        again = passing or self._naming.fades(state)
        turns = (turn, state.step_at, self._unknown(state, slot), now + 1 if again else None)
        later = [*(at for at in turns if at is not None), *self._underway.turns(state)]
        later += returning.steps(state, now)
        state.turn = slot_after(min(later)) if later else None
        self.looked(state.tenant.namespace, results)

    def _needed(self, state: State) -> Iterable[Key]:
        """Return the Services that matter to a tenant: those of its graph, and the DNS."""
        assert state.parts is not None
        found = services_of(state.parts)
        return (*found, NAMES) if self._naming.is_object else found

    def _place(self, state: State) -> None:
        """Look again at Services for which it matters where their callers run."""
        for service in state.uneven:
            if service in state.doors:
                callers = self._nodes.coming(state, service)
                state.doors[service] = self.doors.look(service, callers)

    def _pass(self, state: State, slot: int) -> None:
        """Close the slot before *slot* by itself where its requests met lists of before.

        What is lost is the worse of two shares: that at its first instant, and the mean over it.
        """
        if state.results is None or state.since >= slot:
            return
        cut = self._underway.cut(state, self._due(state), slot * SLOT)
        if cut:
            returning.note(state, state.parts or self._draw(state), cut, self._engine.now)
        if state.lost:
            return
        moved = [service for service in state.doors if self._passing.moved(service)]
        if not moved and not cut:
            return
        drawn = state.parts
        if drawn is None:
            state.parts = self._draw(state)  # what is said may go on changing at this instant
        self._pass_by(state, slot, moved, cut)
        state.parts = drawn

    def _due(self, state: State) -> dict[Key, None]:
        """Return the Services behind which something is known to have changed.

        Turns of processes are known beforehand: no change of the store marks them.
        """
        now = self._engine.now
        return state.dirty | {service: None for service, at in state.turns.items() if at <= now}

    def _pass_by(
        self, state: State, slot: int, moved: Iterable[Key], cut: Mapping[str, Cut]
    ) -> None:
        assert state.parts is not None
        doors = state.doors
        if any(service not in doors for service in services_of(state.parts)):
            return  # what was there before is not known any more
        found: dict[Key, Door] = {}
        for service in moved:
            door = doors[service]
            callers = shares(self._nodes.callers(state, service), self._passing.proxies)
            lost = self._passing.lost(service, (slot - 1) * SLOT, slot * SLOT, callers)
            if lost is not None and lost.ppm > door.failing * MILLION:
                cause = self.doors.absent(service)
                dead = Seen(UNSYNCED, cause, lost.port, lost.pod)
                found[service] = door._replace(lost=lost.ppm, dead=dead)
        if not found and not cut:
            return
        self._emit(state, slot - 1)
        kept, state.doors, state.cutting = state.results, doors | found, cut
        state.kept = None
        state.results = self._nodes.results(state)
        state.doors, state.cutting, state.kept = doors, {}, None
        self._emit(state, slot)
        state.results = kept

    def _unknown(self, state: State, slot: int) -> int | None:
        """Say that a tenant's slots are unknown, or return when (ns) they will be."""
        if not state.lost:
            return None
        first = state.unseen + CARRY_SLOTS
        if slot < first:
            return first * SLOT
        self.unknown(state.tenant.namespace)
        return None

    def _parts(self, state: State) -> tuple[Part, ...]:
        """Return the tenant's call graph: the one that holds, else as it would be drawn now."""
        tenant = state.tenant
        return state.parts or draw(
            self._read,
            tenant.namespace,
            self._profiles(),
            lambda profile: self._nodes.is_entry(tenant, profile),
            self._resolver,
            self._configs.of,
        )

    def _aside(self, state: State) -> State:
        """Return what is kept of a tenant for who asks something between two slots.

        Its graph is drawn, with what requests meet there by the same model. The run sees nothing
        of all that: it finds out the same for itself when the next slot begins.
        """
        hits = dict(self.doors.hits)
        seen = state.aside(self._parts(state))
        for service in services_of(seen.parts or ()):
            if service not in seen.doors:
                seen.doors[service] = self.doors.look(service)
        self.doors.hits = hits
        if state.parts is None and state.results is not None:
            known = {result.name: result for result in state.results}
            found = self._nodes.imagined(seen, 1.0)
            seen.results = tuple(known.get(result.name, result) for result in found)
        return seen

    def _draw(self, state: State) -> tuple[Part, ...]:
        """Draw the tenant's call graph, and note which other namespaces it reaches into."""
        tenant = state.tenant
        parts = self._parts(state)
        # Whoever calls by a name asks the cluster's DNS, where that is an object.
        self._followed.beyond.setdefault(NAMES[0], {})[tenant.name] = None
        for part in parts:
            if part.profile is not None:
                state.known[part.profile] = None
            for call in part.calls:
                if call.meant[0] != tenant.namespace:
                    self._followed.beyond.setdefault(call.meant[0], {})[tenant.name] = None
        return parts

    def _use(self, state: State) -> None:
        """Write into the world what the pods use from now on."""
        assert state.parts is not None
        assert state.results is not None
        moved: list[str] = []
        now = self._engine.now
        for part, result in zip(state.parts, state.results, strict=False):
            if not result.modelled:
                continue
            changed = False
            for service in part.services[:1]:
                for pod in state.doors[service].answering:
                    memory = result.memory
                    run = self._world.pod(pod)
                    strain = () if run is None or run.strain is None else run.strain
                    if run is not None and run.usage and ("leak" in strain or "held" in strain):
                        memory = run.usage[-1][2]  # what is lost is counted on by the world
                    changed |= self._world.use(pod, result.cpu, memory, now)
                    self._underway.rest(part, result, pod)
            if changed:
                moved.append(part.name)
        if moved:
            self.moved(state.tenant.namespace, moved)

    def _next_turn(self, state: State, now: int) -> int | None:
        """Return the next instant at which a listed process begins or ceases to answer.

        `state.turns` has that of each Service.
        """
        state.turns = {}
        assert state.parts is not None
        warm_ups = {
            service: part.work.warm_up
            for part in state.parts
            if part.work is not None and part.work.warm_up
            for service in part.services
        }
        for service, door in state.doors.items():
            turn = self._balancing.off(service).until or None
            warm_up = warm_ups.get(service, 0.0)
            for key in door.pods:
                run = self._world.pod(key)
                if run is None:
                    continue
                leaks = self._world.leaks_on(run, LEAK_LOOK_S, now)
                if leaks is not None and (turn is None or leaks < turn):
                    turn = leaks
                for container in run.containers:
                    for at in (container.started_at, container.listens_at, container.exit_at):
                        if at is not None and at > now and (turn is None or at < turn):
                            turn = at
                for at in warm_at(run, warm_up) if warm_up else ():
                    if at > now and (turn is None or at < turn):
                        turn = at
            if turn is not None:
                state.turns[service] = turn
        noticed = self._balancing.off(INGRESS).until
        return min((*state.turns.values(), *([noticed] if noticed else [])), default=None)

    def _emit(self, state: State, until: int) -> None:
        if state.results is None:
            # Nothing was looked at yet: those slots are nobody's.
            state.since = max(state.since, min(until, slot_after(self._engine.now)))
            return
        if until > state.since:
            if self.sink is not None:
                span = Span(state.tenant.name, state.since, until, state.results)
                if state.lost:
                    span = span._replace(unseen=state.unseen, lost=state.lost)
                self.sink.span(span)
            state.since = until

    # -- state ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data; what can be looked at again is not in it."""
        timer = self._timer
        return {
            "tenants": [plain_state(state) for state in self._states.values()],
            "hits": [[*key, cause] for key, cause in self.doors.hits.items()],
            "why": [[*key, cause] for key, cause in self.doors.why.items()],
            "made": dict(self.doors.made),
            "passing": self._passing.snapshot(),
            "balancing": self._balancing.snapshot(),
            "configs": self._configs.snapshot(),
            "timer": timer[ORDER] if timer is not None and live(timer) else None,
        }

    def restore(self, plain: Mapping[str, Any], timers: Mapping[int, Timer]) -> None:
        """Take over what `snapshot` returned; *timers* are the engine's, by order number."""
        self._followed.clear()
        self._configs.restore(plain.get("configs", []))
        for row in plain["tenants"]:
            state = State(tenant_from_plain(row["tenant"]))
            self._followed.add(state)
            self._prepare(state)
            fill(state, row)
            for service, door in state.doors.items():
                self._followed.list(state, service, (), door.pods)
                if self.doors.uneven(service):
                    state.uneven[service] = None
            if row["drawn"]:
                state.parts = self._draw(state)
        self.doors.hits = {(ns, name): cause for ns, name, cause in plain["hits"]}
        self.doors.why = {(ns, name): cause for ns, name, cause in plain["why"]}
        self.doors.made = dict(plain.get("made", {}))
        self._balancing.restore(plain.get("balancing", []))
        if "passing" in plain:
            self._passing.restore(plain["passing"])
        self._timer = None if plain["timer"] is None else timers[plain["timer"]]


def _nobody(namespace: str, workloads: list[str]) -> None:
    """Stand in until somebody wants to know whose usage moved."""


def _unseen(namespace: str, results: tuple[Result, ...]) -> None:
    """Stand in until somebody wants to see what requests meet."""


def _untold(tenant: str, metric: str) -> None:
    """Stand in until others tell something."""


def _measured(namespace: str) -> str:
    """Stand in until something can keep figures from being collected."""
    return ""
