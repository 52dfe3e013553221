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
from typing import Any, NamedTuple, Protocol

from ecp.kube.kinds import (
    ENDPOINTSLICES,
    EVENTS,
    NAMESPACES,
    NETWORKPOLICIES,
    PODS,
    SERVICES,
)
from ecp.kube.pods import is_ready
from ecp.sim.engine.engine import AT, ORDER, Engine, Phase, Timer, live
from ecp.sim.network.connect import Outcome, Ways, ways_to
from ecp.sim.network.endpoints import SERVICE_NAME_LABEL
from ecp.sim.network.policy import Peer, namespace_labels, peer_of
from ecp.sim.plans import Reader
from ecp.sim.store import Change, Key, Obj
from ecp.sim.traffic.demand import Curve
from ecp.sim.traffic.graph import WORKLOADS, Part, Profiles, Said, draw, is_part
from ecp.sim.traffic.model import (
    MILLION,
    Link,
    Node,
    Offer,
    Result,
    Seen,
    Share,
    Strain,
    evaluate,
    unmeasured,
)
from ecp.sim.traffic.probes import SLOT
from ecp.sim.world import World
from ecp.sim.world.records import PodRun
from ecp.sim.world.world import KUBELET
from ecp.slo.slots import CARRY_SLOTS

HANDLER = "flow"
RELEASE = "release"
"""The cause of what was so when the tenant was followed first, and nobody wrote down why."""
_NO_LABELS: Mapping[str, str] = {}
_NOTHING = Seen()
# Evaluations remembered a tenant; demand repeats from day to day.
_REMEMBERED = 8192
# How a call ends, beside policies, whoever answers.
_SAID = ("no-such-port",)
# What hangs on one process: what was done to it is the cause.
_OF_PROCESS = ("no-pod", "no-process", "node-down", "hung", "starting")


class Tenant(NamedTuple):
    """Who is tracked: `demand` are contracted units by profile, None = probes only.

    `load` are the units that ask, where these are others than the contracted ones. `since` is the
    first slot; `objective` plain fields of an SLO; `failures` whether faults may come by
    themselves.
    """

    name: str
    namespace: str
    demand: tuple[tuple[str, int], ...] | None
    objective: tuple[tuple[str, Any], ...]
    failures: bool
    since: int
    load: tuple[tuple[str, int], ...] = ()

    def asking(self) -> dict[str, int]:
        """Return by profile how many units ask for something."""
        return {**dict(self.demand or ()), **dict(self.load)}

    def above(self, profile: str) -> int:
        """Return which share (ppm) of a profile's requests lies above the contracted units."""
        asking = self.asking().get(profile, 0)
        contracted = dict(self.demand or ()).get(profile, 0)
        return MILLION * (asking - contracted) // asking if asking > contracted else 0

    @property
    def bad_ratio_ppm(self) -> int:
        """Share of bad requests from which a slot is down."""
        return int(dict(self.objective).get("bad_ratio_ppm", 100_000))


    @property
    def slow_ms(self) -> int | None:
        """The latency from which on answers count as slow, None where that is not judged."""
        fields = dict(self.objective)
        limit = fields.get("latency_limit_ms")
        return int(limit) if fields.get("judges_latency") and limit is not None else None


class Span(NamedTuple):
    """Slots [start, end) of one tenant, all alike: the result of each workload.

    `unseen` is the slot since which nobody measures them, `lost` what that follows from.
    """

    tenant: str
    start: int
    end: int
    results: tuple[Result, ...]
    unseen: int | None = None
    lost: str = ""


class SpanSink(Protocol):
    """Takes a tenant's spans, in order and without holes."""

    def span(self, span: Span) -> None: ...


class _Door(NamedTuple):
    """One Service as its callers meet it: the port with the most failures."""

    listed: int
    answering: tuple[Key, ...]
    dead: Seen
    pods: tuple[Key, ...]


class _State:
    """What is kept of one tenant; all but `since` and `results` can be found again."""

    __slots__ = (
        "caches",
        "curves",
        "cuts",
        "dirty",
        "doors",
        "entering",
        "known",
        "lost",
        "parts",
        "results",
        "since",
        "step_at",
        "tenant",
        "turn",
        "unseen",
    )

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.since = tenant.since
        self.results: tuple[Result, ...] | None = None
        self.lost, self.unseen = "", 0  # why nobody measures it, since which slot
        self.parts: tuple[Part, ...] | None = None
        self.doors: dict[Key, _Door] = {}
        self.dirty: dict[Key, None] = {}
        self.curves: dict[str, Curve] = {}
        self.entering: dict[str, Offer] = {}
        self.step_at: int | None = None  # ns
        self.turn: int | None = None  # slot
        self.known: dict[str, None] = {}  # profiles that were deployed once
        self.caches: dict[Any, tuple[Result, ...]] = {}
        # (caller, Service, port) -> the outcome that cuts such calls, None = they pass.
        self.cuts: dict[tuple[str, Key, int | None], Outcome | None] = {}


class Flows:
    """The traffic of one cluster's tenants; does nothing at all before `track`.

    `ways(service, port)` says what a connection to a Service's port meets, `root(cause)` walks a
    cause back to the request or fault it follows from. `moved(namespace, pods)` is called when
    the usage of pods changed, `looked(namespace, results)` when it was found out what requests
    meet. `lost(namespace)` is the id of what keeps its figures from being collected, "" if nothing,
    and `unknown(namespace)` is called when its slots are unknown for that. `blame(pod, reason)` names the running fault behind a pod's trouble, "" where there is
    none. The owner calls `observe` with each change and `touched` with each touch of the world.
    """

    def __init__(
        self,
        engine: Engine,
        read: Reader,
        world: World,
        *,
        ways: Callable[[Obj, Obj], Ways],
        root: Callable[[str], str],
        profiles: Profiles | None = None,
    ) -> None:
        self._engine = engine
        self._read = read
        self._world = world
        self._given = profiles
        self._ways = ways
        self._root = root
        self.sink: SpanSink | None = None
        self.moved: Callable[[str, list[str]], None] = _nobody
        self.looked: Callable[[str, tuple[Result, ...]], None] = _unseen
        self.blame: Callable[[Key, str], str] = _blameless
        self.lost: Callable[[str], str] = _measured
        self.unknown: Callable[[str], object] = _measured
        self._states: dict[str, _State] = {}
        self._spaces: dict[str, list[str]] = {}  # namespace -> tenants
        self._pods: dict[Key, dict[tuple[str, Key], None]] = {}  # pod -> (tenant, Service)
        self._hits: dict[Key, str] = {}  # pod -> cause of what was done to it
        self._why: dict[Key, str] = {}  # Service -> cause of the last change of its endpoints
        self._made: dict[str, str] = {}  # namespace -> cause of the last release in it
        self._beyond: dict[str, dict[str, None]] = {}  # other namespace -> tenants that call there
        self._timer: Timer | None = None
        engine.handle(HANDLER, self._tick)

    @property
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
    ) -> Tenant:
        """Follow a tenant from the next slot on; tracking it again changes what is said of it."""
        self.close()
        first = _slot_after(self._engine.now)
        before = self._states.get(name)
        since = before.tenant.since if before is not None else first
        wanted = None
        if demand is not None:
            wanted = tuple(sorted((key, units) for key, units in demand.items() if units))
        fields = tuple(sorted(objective.items()))
        asking = tuple(sorted((load or {}).items()))
        tenant = Tenant(name, namespace, wanted, fields, failures, since, asking)
        if before is not None and before.tenant == tenant:
            return tenant
        state = _State(tenant)
        if before is not None:
            self._forget(name)
            state.since, state.results = before.since, before.results
        self._states[name] = state
        self._spaces.setdefault(namespace, []).append(name)
        self._made.setdefault(namespace, self._engine.cause)
        self._prepare(state)
        self._mark(state)
        return tenant

    def untrack(self, name: str) -> None:
        """Close the slots of a tenant and follow it no more."""
        self.close()
        if name in self._states:
            self._forget(name)
            del self._states[name]

    def _forget(self, name: str) -> None:
        state = self._states[name]
        for service, door in state.doors.items():
            self._list(state, service, door.pods, ())
        names = self._spaces[state.tenant.namespace]
        names.remove(name)
        if not names:
            del self._spaces[state.tenant.namespace]
        for callers in self._beyond.values():
            callers.pop(name, None)

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

    def figures(self, namespace: str) -> dict[str, Result]:
        """Return what the requests of a namespace's workloads meet now, by name."""
        return {
            result.name: result
            for name in self._spaces.get(namespace, ())
            for result in self._states[name].results or ()
        }

    def look(self, namespace: str) -> None:
        """Look again at the next slot, although nothing is known to have changed."""
        for name in self._spaces.get(namespace, ()):
            self._mark(self._states[name])

    def kinds(self, name: str) -> dict[str, str | None]:
        """Return the profile of each of a tenant's workloads, by name of the workload."""
        state = self._states.get(name)
        parts = () if state is None or state.parts is None else state.parts
        return {part.name: part.profile for part in parts}

    def close(self) -> int:
        """Give the sink every slot that is over; return the slot that runs now."""
        until = self._engine.now // SLOT
        for state in self._states.values():
            self._emit(state, until)
        return until

    def observe(self, change: Change) -> None:
        """Take note of *change* where it may change an outcome."""
        spaces = self._spaces
        if not spaces:
            return
        resource, key = change.resource, change.key
        if resource == PODS:
            if key in self._pods:
                self._mark_users(key)
            elif key[0] in spaces:
                self._pod_changed(change)
            if change.type == "DELETED":
                self._hits.pop(key, None)
            return
        namespace = key[1] if resource == NAMESPACES else key[0]
        if namespace not in spaces and not self._beyond.get(namespace):
            return
        if resource == ENDPOINTSLICES:
            name = (change.object["metadata"].get("labels") or _NO_LABELS).get(SERVICE_NAME_LABEL)
            if name:
                self._why[namespace, name] = change.cause
                self._mark_service(namespace, (namespace, name))
        elif resource == SERVICES:
            self._why[key] = change.cause
            self._redraw(namespace, policies=True)
        elif resource in WORKLOADS:
            if is_part(resource, change.object) and _spec_moved(change):
                self._released(change)
                self._redraw(namespace)
        elif resource == EVENTS:
            # A kubelet says with an Event what it does to a process: starting, killing.
            regarding = change.object.get("involvedObject") or {}
            if regarding.get("kind") == "Pod":
                self._mark_users((regarding.get("namespace", ""), regarding.get("name", "")))
        elif resource in (NETWORKPOLICIES, NAMESPACES):
            self._made[namespace] = change.cause
            self._redraw(namespace, policies=True)

    def touched(self, controller: str, key: Key) -> None:
        """Take note that something was done to the world: the pod *key* behaves otherwise now."""
        if controller != KUBELET or (key[0] not in self._spaces and key not in self._pods):
            return
        if self._engine.cause:
            self._hits[key] = self._engine.cause
        self._mark_users(key)

    # -- noticing ---------------------------------------------------------------------------------

    def _mark_users(self, pod: Key) -> None:
        for name, service in self._pods.get(pod, ()):
            state = self._states[name]
            state.dirty[service] = None
            self._mark(state)

    def _pod_changed(self, change: Change) -> None:
        """A pod that no Service lists may be a workload of its own, or one of a workload's."""
        old = change.old
        bare = is_part(PODS, change.object) or (old is not None and is_part(PODS, old))
        owners = change.object["metadata"].get("ownerReferences")
        if bare and not owners and (_spec_moved(change) or not is_part(PODS, change.object)):
            self._released(change)
            self._redraw(change.key[0])
        elif old is None or change.type == "DELETED" or is_ready(old) != is_ready(change.object):
            for name in self._spaces[change.key[0]]:
                self._mark(self._states[name])

    def _released(self, change: Change) -> None:
        """Note what changed the workloads of a namespace, unless only their number was changed."""
        old, new = change.old, change.object
        if old is None or change.type == "DELETED" or _but_replicas(old) != _but_replicas(new):
            self._made[change.key[0]] = change.cause

    def _callers_of(self, namespace: str) -> Iterable[str]:
        """Return the tenants that run in a namespace or call into it."""
        return dict.fromkeys((*self._spaces.get(namespace, ()), *self._beyond.get(namespace, ())))

    def _mark_service(self, namespace: str, service: Key) -> None:
        for name in self._callers_of(namespace):
            state = self._states[name]
            state.dirty[service] = None
            self._mark(state)

    def _redraw(self, namespace: str, *, policies: bool = False) -> None:
        """The graph itself may be another: draw it anew; with *policies* ask who is let through."""
        for name in self._callers_of(namespace):
            state = self._states[name]
            state.parts = None
            if policies:
                state.cuts.clear()
            self._mark(state)

    def _mark(self, state: _State) -> None:
        state.turn = _slot_after(self._engine.now)
        self._arm(state.turn)

    def _arm(self, slot: int) -> None:
        timer = self._timer
        if timer is not None and live(timer):
            if timer[AT] <= slot * SLOT:
                return
            self._engine.cancel(timer)
        self._timer = self._engine.at(slot * SLOT, HANDLER, None, phase=Phase.TRAFFIC, cause="flow")

    def _tick(self, _: None) -> None:
        self._timer = None
        slot = self._engine.now // SLOT
        for state in self._states.values():
            if state.turn is not None and state.turn <= slot:
                self._look(state, slot)
        turns = [state.turn for state in self._states.values() if state.turn is not None]
        if turns:
            self._arm(min(turns))

    # -- looking ----------------------------------------------------------------------------------

    def _prepare(self, state: _State) -> None:
        profiles = self._profiles
        state.curves = {
            name: profiles.curve(name, units)
            for name, units in state.tenant.asking().items()
            if profiles.known(name)
        }
        state.step_at = self._engine.now if state.curves else None

    def _look(self, state: _State, slot: int) -> None:
        """Find out what the tenant's requests meet from *slot* on; close the span before."""
        now = self._engine.now
        if state.parts is None:
            state.parts = self._draw(state)
            state.dirty = dict.fromkeys(_services(state.parts))
            for service in list(state.doors):
                if service not in state.dirty:
                    self._list(state, service, state.doors.pop(service).pods, ())
        dirty, state.dirty = state.dirty, {}
        needed = dict.fromkeys(_services(state.parts)) if dirty else {}
        for service in dirty:
            if service in needed:
                before = state.doors.get(service, _NO_DOOR)
                state.doors[service] = door = self._door(service)
                self._list(state, service, before.pods, door.pods)
        if state.step_at is not None and state.step_at <= now:
            state.entering = {name: curve.offer(now) for name, curve in state.curves.items()}
            state.step_at = min(curve.next_step(now) for curve in state.curves.values())
        results = self._evaluate(state)
        lost = self.lost(state.tenant.namespace)
        moved = results != state.results
        if moved or lost != state.lost:
            self._emit(state, slot)
            state.since = max(state.since, slot)
            state.results = results
            state.lost, state.unseen = lost, state.unseen if state.lost and lost else slot
        if moved:
            self._use(state)
        turn = self._next_turn(state, now)
        later = [at for at in (turn, state.step_at, self._unknown(state, slot)) if at is not None]
        state.turn = _slot_after(min(later)) if later else None
        self.looked(state.tenant.namespace, results)

    def _unknown(self, state: _State, slot: int) -> int | None:
        """Say that a tenant's slots are unknown, or return when (ns) they will be."""
        if not state.lost:
            return None
        first = state.unseen + CARRY_SLOTS
        if slot < first:
            return first * SLOT
        self.unknown(state.tenant.namespace)
        return None

    def _draw(self, state: _State) -> tuple[Part, ...]:
        """Draw the tenant's call graph, and note which other namespaces it reaches into."""
        tenant = state.tenant
        parts = draw(
            self._read,
            tenant.namespace,
            self._profiles,
            lambda profile: self._is_entry(tenant, profile),
        )
        for part in parts:
            if part.profile is not None:
                state.known[part.profile] = None
            for call in part.calls:
                if call.meant[0] != tenant.namespace:
                    self._beyond.setdefault(call.meant[0], {})[tenant.name] = None
        return parts

    def _is_entry(self, tenant: Tenant, profile: str | None) -> bool:
        """Whether customers of the tenant call that kind of workload themselves."""
        if profile is None or not self._profiles.entry(profile):
            return False
        return tenant.demand is None or profile in tenant.asking()

    def _door(self, key: Key) -> _Door:
        """Look at a Service: which pods connections go to, and which of them answer."""
        service = self._read.get(SERVICES, *key)
        if service is None:
            return _Door(0, (), Seen("no-service", self._absent(key)), ())
        worst: _Door | None = None
        least = 1.0
        pods: dict[Key, None] = {}
        for port in service["spec"].get("ports") or ():
            ways = self._ways(service, port)
            name = port.get("name") or str(port["port"])
            good = [outcome.pod for outcome in ways.outcomes if outcome.ok]
            bad = next((outcome for outcome in ways.outcomes if not outcome.ok), None)
            listed = [outcome.pod for outcome in ways.outcomes if outcome.uid]
            pods.update(dict.fromkeys(listed))
            dead = _NOTHING
            if bad is not None:
                cause = self.blame(bad.pod, bad.cause)
                if not cause:
                    hit = self._hits.get(bad.pod, "") if bad.cause in _OF_PROCESS else ""
                    cause = self._root(hit) if hit else self._absent(key)
                dead = Seen(bad.cause, cause, name, bad.pod[1])
            # Where none is listed there is one outcome all the same: that there is none.
            there = len(ways.outcomes) if listed or good else 0
            share = len(good) / len(ways.outcomes)
            if worst is None or share < least:
                worst, least = _Door(there, tuple(good), dead, ()), share
        if worst is None:
            return _Door(0, (), Seen("no-such-port"), ())
        if len(worst.answering) == worst.listed and not any(self._strained(pod) for pod in pods):
            # What was done to these pods is over; their next trouble is another one.
            for pod in pods:
                self._hits.pop(pod, None)
        return worst._replace(pods=tuple(pods))

    def _strained(self, pod: Key) -> bool:
        run = self._world.pod(pod)
        return run is not None and bool(run.strain)

    def _absent(self, service: Key) -> str:
        return self._root(self._why.get(service, ""))

    def _evaluate(self, state: _State) -> tuple[Result, ...]:
        assert state.parts is not None
        parts = state.parts
        index_of: dict[Key, int] = {}
        for number, part in enumerate(parts):
            for service in part.services:
                index_of.setdefault(service, number)
        taken: dict[str, None] = {}
        entering, above = [], []
        for part in parts:
            offer = _NO_OFFER
            if part.profile is not None and part.profile not in taken:
                taken[part.profile] = None
                offer = state.entering.get(part.profile, _NO_OFFER)
            above.append(state.tenant.above(part.profile or ""))
            entering.append(offer)
        beyond = [key for key in _services(parts) if key not in index_of]
        for number, key in enumerate(beyond, start=len(parts)):
            index_of[key] = number
        nodes = [self._node(state, part, index_of) for part in parts]
        for key in beyond:
            # Whom the workloads call and is none of them: as good as its Service answers.
            door = state.doors.get(key, _NO_DOOR)
            strains = tuple(self._strain_of(pod) for pod in door.answering)
            name = key[1] if key[0] == state.tenant.namespace else f"{key[1]}.{key[0]}"
            dead = self._blamed(state, door.dead)
            nodes.append(
                Node(name, door.listed, strains, dead, self._strained_by(state, door), None,
                     0, 0, 0, 0, None, False, 0, ())
            )  # fmt: skip
            entering.append(_NO_OFFER)
            above.append(0)
        for name, offer in state.entering.items():
            # Its customers call, and it is not there any more.
            if name in state.known and name not in taken:
                gone = Seen("not-deployed", self._release(state))
                nodes.append(Node(name, 0, (), gone, _NOTHING, None, 0, 0, 0, 0, None, True, 0, ()))
                entering.append(offer)
                above.append(state.tenant.above(name))
        signature = (tuple(nodes), tuple(entering))
        known = state.caches.get(signature)
        if known is None:
            if len(state.caches) >= _REMEMBERED:
                state.caches.clear()
            tenant = state.tenant
            found = evaluate(
                nodes, entering, bad_ratio_ppm=tenant.bad_ratio_ppm, slow_ms=tenant.slow_ms
            )
            known = state.caches[signature] = tuple(
                result._replace(excess=result.entered * ppm // MILLION) if ppm else result
                for result, ppm in zip(found, above, strict=True)
            )
        return known

    def _node(self, state: _State, part: Part, index_of: Mapping[Key, int]) -> Node:
        doors = [state.doors[service] for service in part.services if service in state.doors]
        # A workload is as reachable as its worst Service.
        door = min(
            doors,
            key=lambda d: len(d.answering) / d.listed if d.listed else 0.0,
            default=_NO_DOOR,
        )
        if not part.services:
            door = self._unserved(state, part)
        short = None
        if len(door.answering) < part.wanted:
            short = door.dead.cause
            if not short and part.services:
                short = self._absent(part.services[0])
            short = short or self._release(state)
        links = tuple(
            Link(
                None if call.service is None else index_of[call.service],
                call.streams,
                call.calls,
                call.host,
                self._cut(state, part, call),
            )
            for call in part.calls
        )
        return Node(
            name=part.name,
            listed=door.listed,
            strains=tuple(self._strain_of(pod) for pod in door.answering),
            dead=self._blamed(state, door.dead),
            strained=self._strained_by(state, door),
            short=short,
            wanted=part.wanted,
            cpu_request=part.cpu_request,
            cpu_limit=part.cpu_limit,
            memory_limit=part.memory_limit,
            work=part.work,
            entry=self._is_entry(state.tenant, part.profile),
            sources=self._sources(state, part.profile),
            links=links,
        )

    def _strained_by(self, state: _State, door: _Door) -> Seen:
        """Name the first pod that a fault strains. Leaked memory fails nothing before it kills."""
        for pod in door.answering:
            if self._strain_of(pod)[:3] != _RELAXED[:3]:
                cause = self.blame(pod, "strained") or self._root(self._hits.get(pod, ""))
                return self._blamed(state, Seen("strained", cause, "", pod[1]))
        return _NOTHING

    def _blamed(self, state: _State, seen: Seen) -> Seen:
        """Let what was seen follow from the release where nothing later led to it."""
        return seen if seen.cause or not seen.reason else seen._replace(cause=self._release(state))

    def _release(self, state: _State) -> str:
        """Return the id of what released the tenant's workloads as they are."""
        return self._root(self._made.get(state.tenant.namespace, "")) or RELEASE

    def _cut(self, state: _State, part: Part, call: Said) -> Seen | None:
        """Return why none of a workload's calls gets to whom it calls; None where they do.

        The caller's own pod asks: its labels and namespace meet the policies of both ends, its
        egress that to the DNS. Pods of one workload are alike, so one is asked, once.
        """
        if call.service is None:
            cause = self._absent(call.meant) or self._release(state)
            return Seen("no-such-name", cause, "", call.host)
        key = (part.name, call.service, call.port)
        if key not in state.cuts:
            door = state.doors.get(call.service, _NO_DOOR)
            if not door.pods:
                return None  # nobody to ask; that it is so is the Service's own trouble
            state.cuts[key] = self._cutting(state, part, call)
        cut = state.cuts[key]
        if cut is None:
            return None
        made = self._root(self._made.get(call.service[0], "")) or self._release(state)
        return Seen(cut.cause, made, str(call.port or ""), cut.pod[1])

    def _cutting(self, state: _State, part: Part, call: Said) -> Outcome | None:
        """Let a pod of *part* make the call; return how it ends where a policy or port ends it."""
        read, namespace = self._read, state.tenant.namespace
        assert call.service is not None
        own = next((pod for s in part.services for pod in state.doors[s].pods), None)
        pod = None if own is None else read.get(PODS, *own)
        if pod is None:
            peer = Peer(namespace, part.labels, namespace_labels(read, namespace))
        else:
            peer = peer_of(read, pod)
        name = f"{call.service[1]}.{call.service[0]}.svc"
        taken = ways_to(read, self._world, self._engine.now, peer, name, call.port)
        first = taken.outcomes[0]
        return first if first.cause.startswith("policy-") or first.cause in _SAID else None

    def _sources(self, state: _State, profile: str | None) -> int:
        curve = state.curves.get(profile or "")
        return 0 if curve is None else curve.sources

    def _unserved(self, state: _State, part: Part) -> _Door:
        """A workload without a Service: its pods that are Ready do its work."""
        found = []
        for pod in self._read.list(PODS, state.tenant.namespace):
            if part.runs(pod) and is_ready(pod):
                found.append((pod["metadata"]["namespace"], pod["metadata"]["name"]))
        if not found:
            return _Door(0, (), Seen("none-ready"), ())
        return _Door(len(found), tuple(found), _NOTHING, ())

    def _strain_of(self, pod: Key) -> Strain:
        run = self._world.pod(pod)
        if run is None or not run.strain:
            return _RELAXED
        strain = run.strain
        return Strain(
            strain.get("burn", 0) / 1_000_000,
            strain.get("delay", 0) / 1_000_000_000,
            strain.get("abort", 0) / 1_000_000,
            self._leaked(run),
        )

    def _leaked(self, run: PodRun) -> int:
        """Return the bytes that a pod has leaked, as they were when it was last time to look."""
        step = (run.strain or {}).get("leak", 0) * _LEAK_LOOK_S
        return self._world.leaked(run, self._engine.now) // step * step if step else 0

    def _use(self, state: _State) -> None:
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
                    if run is not None and run.usage and "leak" in (run.strain or ()):
                        memory = run.usage[-1][2]  # what it leaks is counted on by the world
                    changed |= self._world.use(pod, result.cpu, memory, now)
            if changed:
                moved.append(part.name)
        if moved:
            self.moved(state.tenant.namespace, moved)

    def _list(
        self, state: _State, service: Key, before: tuple[Key, ...], after: tuple[Key, ...]
    ) -> None:
        if before == after:
            return
        user = (state.tenant.name, service)
        for pod in before:
            users = self._pods[pod]
            users.pop(user, None)
            if not users:
                del self._pods[pod]
        for pod in after:
            self._pods.setdefault(pod, {})[user] = None

    def _next_turn(self, state: _State, now: int) -> int | None:
        """Return the next instant at which a listed process begins or ceases to answer."""
        turn: int | None = None
        for door in state.doors.values():
            for key in door.pods:
                run = self._world.pod(key)
                if run is None:
                    continue
                leaks = self._world.leaks_on(run, _LEAK_LOOK_S, now)
                if leaks is not None and (turn is None or leaks < turn):
                    turn = leaks
                for container in run.containers:
                    for at in (container.started_at, container.listens_at, container.exit_at):
                        if at is not None and at > now and (turn is None or at < turn):
                            turn = at
        return turn

    def _emit(self, state: _State, until: int) -> None:
        if state.results is None:
            # Nothing was looked at yet: those slots are nobody's.
            state.since = max(state.since, min(until, _slot_after(self._engine.now)))
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
            "tenants": [
                {
                    "tenant": plain_tenant(state.tenant),
                    "since": state.since,
                    "lost": [state.lost, state.unseen],
                    "results": None
                    if state.results is None
                    else [plain_result(result) for result in state.results],
                    "doors": [
                        [
                            *key,
                            door.listed,
                            [*map(list, door.answering)],
                            list(door.dead),
                            [*map(list, door.pods)],
                        ]
                        for key, door in state.doors.items()
                    ],
                    "drawn": state.parts is not None,
                    "dirty": [list(key) for key in state.dirty],
                    "entering": {name: list(offer) for name, offer in state.entering.items()},
                    "step_at": state.step_at,
                    "turn": state.turn,
                    "known": list(state.known),
                }
                for state in self._states.values()
            ],
            "hits": [[*key, cause] for key, cause in self._hits.items()],
            "why": [[*key, cause] for key, cause in self._why.items()],
            "made": dict(self._made),
            "timer": timer[ORDER] if timer is not None and live(timer) else None,
        }

    def restore(self, plain: Mapping[str, Any], timers: Mapping[int, Timer]) -> None:
        """Take over what `snapshot` returned; *timers* are the engine's, by order number."""
        self._states, self._spaces, self._pods, self._beyond = {}, {}, {}, {}
        for row in plain["tenants"]:
            tenant = tenant_from_plain(row["tenant"])
            state = self._states[tenant.name] = _State(tenant)
            self._spaces.setdefault(tenant.namespace, []).append(tenant.name)
            self._prepare(state)
            state.since = row["since"]
            state.lost, state.unseen = row.get("lost", ("", 0))
            if row["results"] is not None:
                state.results = tuple(result_from_plain(result) for result in row["results"])
            state.known = dict.fromkeys(row["known"])
            for namespace, name, listed, answering, dead, pods in row["doors"]:
                door = _Door(
                    listed,
                    tuple((ns, pod) for ns, pod in answering),
                    Seen(*dead),
                    tuple((ns, pod) for ns, pod in pods),
                )
                self._list(state, (namespace, name), (), door.pods)
                state.doors[namespace, name] = door
            state.dirty = dict.fromkeys((ns, service) for ns, service in row["dirty"])
            state.entering = {name: Offer(*offer) for name, offer in row["entering"].items()}
            state.step_at, state.turn = row["step_at"], row["turn"]
            if row["drawn"]:
                state.parts = self._draw(state)
        self._hits = {(ns, name): cause for ns, name, cause in plain["hits"]}
        self._why = {(ns, name): cause for ns, name, cause in plain["why"]}
        self._made = dict(plain.get("made", {}))
        self._timer = None if plain["timer"] is None else timers[plain["timer"]]


# Leaking memory is looked at again after so many seconds.
_LEAK_LOOK_S = 15
_RELAXED = Strain()
_NO_DOOR = _Door(0, (), Seen("no-service"), ())
_NO_OFFER = Offer(0.0, 0.0)


def _services(parts: Iterable[Part]) -> Iterable[Key]:
    """Return the Services of a graph: those of its workloads, and those they call."""
    return dict.fromkeys(
        (
            *(key for part in parts for key in part.services),
            *(call.service for part in parts for call in part.calls if call.service is not None),
        )
    )


def _spec_moved(change: Change) -> bool:
    old = change.old
    return old is None or change.type == "DELETED" or old["spec"] != change.object["spec"]


def _but_replicas(obj: Obj) -> Obj:
    return {key: value for key, value in obj["spec"].items() if key != "replicas"}


def _nobody(namespace: str, workloads: list[str]) -> None:
    """Stand in until somebody wants to know whose usage moved."""


def _unseen(namespace: str, results: tuple[Result, ...]) -> None:
    """Stand in until somebody wants to see what requests meet."""


def _blameless(pod: Key, reason: str) -> str:
    """Stand in until there are faults."""
    return ""


def _measured(namespace: str) -> str:
    """Stand in until something can keep figures from being collected."""
    return ""


def _slot_after(instant: int) -> int:
    """Return the first slot that starts at or after *instant* (ns)."""
    return -(-instant // SLOT)


def plain_tenant(tenant: Tenant) -> list[Any]:
    """Write a tenant down."""
    demand = None if tenant.demand is None else [list(row) for row in tenant.demand]
    objective = [list(row) for row in tenant.objective]
    load = [list(row) for row in tenant.load]
    return [tenant.name, tenant.namespace, demand, objective, tenant.failures, tenant.since, load]


def tenant_from_plain(plain: list[Any]) -> Tenant:
    """Read what `plain_tenant` wrote."""
    name, namespace, demand, objective, failures, since, *load = plain
    return Tenant(
        name,
        namespace,
        None if demand is None else tuple((key, units) for key, units in demand),
        tuple((key, value) for key, value in objective),
        failures,
        since,
        tuple((key, units) for row in load for key, units in row),
    )


def plain_result(result: Result) -> list[Any]:
    """Write a result down."""
    shares = [[share.kind, share.ppm, list(share.seen), share.via] for share in result.shares]
    return [*result[:-2], shares, result.excess]


def result_from_plain(plain: list[Any]) -> Result:
    """Read what `plain_result` wrote."""
    at = Result._fields.index("shares")
    shares = tuple(Share(kind, ppm, Seen(*seen), via) for kind, ppm, seen, via in plain[at])
    # What was written before there was an excess ends here.
    return Result._make(
        [*plain[:10], tuple(plain[10]), *plain[11:at], shares, *(plain[at + 1 :] or [0])]
    )
