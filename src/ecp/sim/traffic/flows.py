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

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ecp.kube import quantity
from ecp.kube.kinds import (
    DEPLOYMENTS,
    ENDPOINTSLICES,
    EVENTS,
    NAMESPACES,
    NETWORKPOLICIES,
    PODS,
    SERVICES,
)
from ecp.kube.selectors import from_map
from ecp.sim.engine.engine import AT, ORDER, Engine, Phase, Timer, live
from ecp.sim.network.calls import declared_calls
from ecp.sim.network.connect import Ways
from ecp.sim.network.endpoints import SERVICE_NAME_LABEL
from ecp.sim.network.names import resolve
from ecp.sim.plans import Reader
from ecp.sim.store import Change, Key, Obj
from ecp.sim.traffic.demand import Curve
from ecp.sim.traffic.model import (
    Link,
    Node,
    Offer,
    Result,
    Seen,
    Share,
    Strain,
    Work,
    evaluate,
)
from ecp.sim.traffic.probes import SLOT
from ecp.sim.world import World
from ecp.sim.world.world import KUBELET

HANDLER = "flow"
_NO_LABELS: Mapping[str, str] = {}
_NOTHING = Seen()
# Evaluations remembered a tenant; demand repeats from day to day.
_REMEMBERED = 8192
# What hangs on one process: what was done to it is the cause.
_OF_PROCESS = ("no-pod", "no-process", "node-down", "hung", "starting")


class Profiles(Protocol):
    """What is known of kinds of workloads, by name."""

    def of(self, labels: Mapping[str, str], image: str) -> str | None:
        """Return the name of the profile that fits a pod, None where there is none."""

    def entry(self, name: str) -> bool:
        """Whether customers call it, as far as its kind says."""

    def behind(self, name: str) -> Sequence[str]:
        """Return the profiles that its entry requests pass first."""

    def calls(self, name: str) -> Mapping[str, tuple[float, float]]:
        """Return (streams a session, requests a request) that it makes to others, by profile."""

    def work(self, name: str, pod: Obj) -> Work:
        """Return how a pod with this spec serves."""

    def known(self, name: str) -> bool:
        """Whether there is such a profile with a demand of its own."""

    def curve(self, name: str, units: int) -> Curve:
        """Return the demand of that many contracted units."""


class Tenant(NamedTuple):
    """Who is tracked: `demand` are contracted units by profile, None = probes only.

    `since` is the first slot; `objective` plain fields of an SLO; `failures` whether faults may
    come by themselves.
    """

    name: str
    namespace: str
    demand: tuple[tuple[str, int], ...] | None
    objective: tuple[tuple[str, Any], ...]
    failures: bool
    since: int

    @property
    def bad_ratio_ppm(self) -> int:
        """Share of bad requests from which a slot is down."""
        return int(dict(self.objective).get("bad_ratio_ppm", 100_000))


class Span(NamedTuple):
    """Slots [start, end) of one tenant, all alike: the result of each workload."""

    tenant: str
    start: int
    end: int
    results: tuple[Result, ...]


class SpanSink(Protocol):
    """Takes a tenant's spans, in order and without holes."""

    def span(self, span: Span) -> None: ...


class _Door(NamedTuple):
    """One Service as its callers meet it: the port with the most failures."""

    listed: int
    answering: tuple[Key, ...]
    dead: Seen
    pods: tuple[Key, ...]


class _Part(NamedTuple):
    """One workload of the graph; `calls` are (host, Service it means, streams, calls)."""

    name: str
    profile: str | None
    services: tuple[Key, ...]
    pods: Callable[[Mapping[str, str]], bool]
    calls: tuple[tuple[str, Key | None, float, float], ...]
    cpu_request: int
    cpu_limit: int
    memory_limit: int
    wanted: int
    work: Work | None


class _State:
    """What is kept of one tenant; all but `since` and `results` can be found again."""

    __slots__ = (
        "caches",
        "curves",
        "dirty",
        "doors",
        "entering",
        "known",
        "parts",
        "results",
        "since",
        "step_at",
        "tenant",
        "turn",
    )

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.since = tenant.since
        self.results: tuple[Result, ...] | None = None
        self.parts: tuple[_Part, ...] | None = None
        self.doors: dict[Key, _Door] = {}
        self.dirty: dict[Key, None] = {}
        self.curves: dict[str, Curve] = {}
        self.entering: dict[str, Offer] = {}
        self.step_at: int | None = None  # ns
        self.turn: int | None = None  # slot
        self.known: dict[str, None] = {}  # profiles that were deployed once
        self.caches: dict[Any, tuple[Result, ...]] = {}


class Flows:
    """The traffic of one cluster's tenants; does nothing at all before `track`.

    `ways(service, port)` says what a connection to a Service's port meets, `root(cause)` walks a
    cause back to the request or fault it follows from. `moved(namespace, pods)` is called when
    the usage of pods changed. The owner calls `observe` with each change and `touched` with each
    touch of the world.
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
        self._states: dict[str, _State] = {}
        self._spaces: dict[str, list[str]] = {}  # namespace -> tenants
        self._pods: dict[Key, dict[tuple[str, Key], None]] = {}  # pod -> (tenant, Service)
        self._hits: dict[Key, str] = {}  # pod -> cause of what was done to it
        self._why: dict[Key, str] = {}  # Service -> cause of the last change of its endpoints
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
    ) -> Tenant:
        """Follow a tenant from the next slot on; tracking it again changes what is said of it."""
        self.close()
        first = _slot_after(self._engine.now)
        before = self._states.get(name)
        since = before.tenant.since if before is not None else first
        wanted = None
        if demand is not None:
            wanted = tuple(sorted((key, units) for key, units in demand.items() if units))
        tenant = Tenant(name, namespace, wanted, tuple(sorted(objective.items())), failures, since)
        if before is not None and before.tenant == tenant:
            return tenant
        state = _State(tenant)
        if before is not None:
            self._forget(name)
            state.since, state.results = before.since, before.results
        self._states[name] = state
        self._spaces.setdefault(namespace, []).append(name)
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

    def tenants(self) -> list[Tenant]:
        """Return who is tracked, in the order of their first tracking."""
        return [state.tenant for state in self._states.values()]

    def tenant(self, name: str) -> Tenant | None:
        """Return one of them."""
        state = self._states.get(name)
        return None if state is None else state.tenant

    def now(self, name: str) -> tuple[Result, ...]:
        """Return what a tenant's requests meet in the slot that runs."""
        state = self._states.get(name)
        return () if state is None or state.results is None else state.results

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
            if change.type == "DELETED":
                self._hits.pop(key, None)
            return
        namespace = key[1] if resource == NAMESPACES else key[0]
        if namespace not in spaces:
            return
        if resource == ENDPOINTSLICES:
            name = (change.object["metadata"].get("labels") or _NO_LABELS).get(SERVICE_NAME_LABEL)
            if name:
                self._why[namespace, name] = change.cause
                self._mark_service(namespace, (namespace, name))
        elif resource == SERVICES:
            self._why[key] = change.cause
            self._redraw(namespace)
        elif resource == DEPLOYMENTS:
            old = change.old
            if old is None or change.type == "DELETED" or old["spec"] != change.object["spec"]:
                self._redraw(namespace)
        elif resource == EVENTS:
            # A kubelet says with an Event what it does to a process: starting, killing.
            regarding = change.object.get("involvedObject") or {}
            if regarding.get("kind") == "Pod":
                self._mark_users((regarding.get("namespace", ""), regarding.get("name", "")))
        elif resource in (NETWORKPOLICIES, NAMESPACES):
            self._redraw(namespace)

    def touched(self, controller: str, key: Key) -> None:
        """Take note that something was done to the world: the pod *key* behaves otherwise now."""
        if controller != KUBELET or key[0] not in self._spaces:
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

    def _mark_service(self, namespace: str, service: Key) -> None:
        for name in self._spaces[namespace]:
            state = self._states[name]
            state.dirty[service] = None
            self._mark(state)

    def _redraw(self, namespace: str) -> None:
        """The graph itself may be another: draw it anew."""
        for name in self._spaces[namespace]:
            self._states[name].parts = None
            self._mark(self._states[name])

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
            for name, units in state.tenant.demand or ()
            if profiles.known(name)
        }
        state.step_at = self._engine.now if state.curves else None

    def _look(self, state: _State, slot: int) -> None:
        """Find out what the tenant's requests meet from *slot* on; close the span before."""
        now = self._engine.now
        if state.parts is None:
            state.parts = self._draw(state)
            state.dirty = dict.fromkeys(key for part in state.parts for key in part.services)
            for service in list(state.doors):
                if service not in state.dirty:
                    self._list(state, service, state.doors.pop(service).pods, ())
        dirty, state.dirty = state.dirty, {}
        for service in dirty:
            if any(service in part.services for part in state.parts):
                before = state.doors.get(service, _NO_DOOR)
                state.doors[service] = door = self._door(service)
                self._list(state, service, before.pods, door.pods)
        if state.step_at is not None and state.step_at <= now:
            state.entering = {name: curve.offer(now) for name, curve in state.curves.items()}
            state.step_at = min(curve.next_step(now) for curve in state.curves.values())
        results = self._evaluate(state)
        if results != state.results:
            self._emit(state, slot)
            state.since = max(state.since, slot)
            state.results = results
            self._use(state)
        turn = self._next_turn(state, now)
        later = [at for at in (turn, state.step_at) if at is not None]
        state.turn = _slot_after(min(later)) if later else None

    def _draw(self, state: _State) -> tuple[_Part, ...]:
        """Draw the tenant's call graph from what is said."""
        read, namespace, profiles = self._read, state.tenant.namespace, self._profiles
        services = sorted(read.list(SERVICES, namespace), key=lambda s: s["metadata"]["name"])
        parts = []
        deployments = read.list(DEPLOYMENTS, namespace)
        for deployment in sorted(deployments, key=lambda d: d["metadata"]["name"]):
            template = deployment["spec"]["template"]
            labels = (template.get("metadata") or {}).get("labels") or _NO_LABELS
            spec = template["spec"]
            image = spec["containers"][0].get("image", "")
            own = {**(deployment["metadata"].get("labels") or {}), **labels}
            profile = profiles.of(own, image)
            if profile is not None:
                state.known[profile] = None
            behind = [
                (namespace, service["metadata"]["name"])
                for service in services
                if service["spec"].get("selector")
                and from_map(service["spec"]["selector"]).matches(labels)
            ]
            selector = deployment["spec"]["selector"].get("matchLabels") or labels
            parts.append(
                _Part(
                    deployment["metadata"]["name"],
                    profile,
                    tuple(behind),
                    from_map(selector).matches,
                    self._calls(namespace, spec, profile) if profile is not None else (),
                    _sum(spec, "requests", "cpu", quantity.milli),
                    _sum(spec, "limits", "cpu", quantity.milli),
                    _sum(spec, "limits", "memory", quantity.value),
                    deployment["spec"].get("replicas", 1),
                    None if profile is None else profiles.work(profile, spec),
                )
            )
        return tuple(self._with_unsaid(parts, state.tenant))

    def _calls(
        self, namespace: str, spec: Obj, profile: str
    ) -> tuple[tuple[str, Key | None, float, float], ...]:
        """Return whom a pod is told to call, with the streams and requests it makes there."""
        usual = self._profiles.calls(profile)
        found: dict[str, tuple[str, Key | None, float, float]] = {}
        pod = {"metadata": {"namespace": namespace}, "spec": spec}
        for call in declared_calls(pod, self._read):
            meant = resolve(self._read, call.host, namespace)
            if meant.kind in ("outside", "self", "pod") or call.host in found:
                continue
            service: Key | None = None
            if meant.service is not None:
                meta = meant.service["metadata"]
                service = (meta["namespace"], meta["name"])
            times = next((n for dep, n in usual.items() if _is_named(call.host, dep)), None)
            # A call that no profile tells of: once a request.
            found[call.host] = (call.host, service, *(times or (0.0, 1.0)))
        return tuple(found.values())

    def _with_unsaid(self, parts: list[_Part], tenant: Tenant) -> Iterable[_Part]:
        """Add the calls that a profile makes and no environment variable tells of."""
        by_profile = {part.profile: part for part in reversed(parts) if part.profile}
        # A door passes on what is counted where it is meant to go; of its own it makes only the
        # calls that its profile lists.
        doors = {name: None for kind in by_profile for name in self._profiles.behind(kind)}
        for part in parts:
            if part.profile is None:
                yield part
                continue
            calls = list(part.calls)
            if part.profile in doors:
                own = self._profiles.calls(part.profile)
                calls = [row for row in calls if any(_is_named(row[0], dep) for dep in own)]
            for dep, times in self._profiles.calls(part.profile).items():
                other = by_profile.get(dep)
                said = any(_is_named(row[0], dep) for row in calls)
                if other is not None and other.services and not said:
                    calls.append((dep, other.services[0], *times))
            if self._is_entry(tenant, part.profile):
                for door in self._profiles.behind(part.profile):
                    other = by_profile.get(door)
                    if other is not None and other.services:
                        calls.append((other.name, other.services[0], 0.0, 1.0))
            yield part._replace(calls=tuple(calls))

    def _is_entry(self, tenant: Tenant, profile: str | None) -> bool:
        """Whether customers of the tenant call that kind of workload themselves."""
        if profile is None or not self._profiles.entry(profile):
            return False
        return tenant.demand is None or profile in dict(tenant.demand)

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
                hit = self._hits.get(bad.pod, "") if bad.cause in _OF_PROCESS else ""
                cause = self._root(hit) if hit else self._absent(key)
                dead = Seen(bad.cause, cause, name, bad.pod[1])
            # Where none is listed there is one outcome all the same: that there is none.
            there = len(ways.outcomes) if listed or good else 0
            share = len(good) / len(ways.outcomes)
            if worst is None or share < least:
                worst, least = _Door(there, tuple(good), dead, ()), share
        if worst is None:
            return _Door(0, (), _NOTHING, ())
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
        entering = []
        for part in parts:
            offer = _NO_OFFER
            if part.profile is not None and part.profile not in taken:
                taken[part.profile] = None
                offer = state.entering.get(part.profile, _NO_OFFER)
            entering.append(offer)
        nodes = [self._node(state, part, index_of) for part in parts]
        for name, offer in state.entering.items():
            # Its customers call, and it is not there any more.
            if name in state.known and name not in taken:
                gone = Seen("not-deployed")
                nodes.append(Node(name, 0, (), gone, _NOTHING, None, 0, 0, 0, 0, None, True, 0, ()))
                entering.append(offer)
        signature = (tuple(nodes), tuple(entering))
        known = state.caches.get(signature)
        if known is None:
            if len(state.caches) >= _REMEMBERED:
                state.caches.clear()
            known = state.caches[signature] = evaluate(
                nodes, entering, bad_ratio_ppm=state.tenant.bad_ratio_ppm
            )
        return known

    def _node(self, state: _State, part: _Part, index_of: Mapping[Key, int]) -> Node:
        doors = [state.doors[service] for service in part.services if service in state.doors]
        # A workload is as reachable as its worst Service.
        door = min(
            doors,
            key=lambda d: len(d.answering) / d.listed if d.listed else 0.0,
            default=_NO_DOOR,
        )
        if not part.services:
            door = self._unserved(state, part)
        strains, strained = [], _NOTHING
        for pod in door.answering:
            strain = self._strain_of(pod)
            strains.append(strain)
            if strain != _RELAXED and strained is _NOTHING:
                strained = Seen("strained", self._root(self._hits.get(pod, "")), "", pod[1])
        short = None
        if len(door.answering) < part.wanted:
            short = door.dead.cause
            if not short and part.services:
                short = self._absent(part.services[0])
        links = tuple(
            Link(index_of.get(service) if service is not None else None, streams, calls, host)
            for host, service, streams, calls in part.calls
            if service is None or service in index_of
        )
        return Node(
            name=part.name,
            listed=door.listed,
            strains=tuple(strains),
            dead=door.dead,
            strained=strained,
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

    def _sources(self, state: _State, profile: str | None) -> int:
        curve = state.curves.get(profile or "")
        return 0 if curve is None else curve.sources

    def _unserved(self, state: _State, part: _Part) -> _Door:
        """A workload without a Service: its pods that are Ready do its work."""
        found = []
        for pod in self._read.list(PODS, state.tenant.namespace):
            labels = pod["metadata"].get("labels") or _NO_LABELS
            if part.pods(labels) and pod["spec"].get("nodeName"):
                found.append((pod["metadata"]["namespace"], pod["metadata"]["name"]))
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
        )

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
                    changed |= self._world.use(pod, result.cpu, result.memory, now)
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
                self.sink.span(Span(state.tenant.name, state.since, until, state.results))
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
            "timer": timer[ORDER] if timer is not None and live(timer) else None,
        }

    def restore(self, plain: Mapping[str, Any], timers: Mapping[int, Timer]) -> None:
        """Take over what `snapshot` returned; *timers* are the engine's, by order number."""
        self._states, self._spaces, self._pods = {}, {}, {}
        for row in plain["tenants"]:
            tenant = tenant_from_plain(row["tenant"])
            state = self._states[tenant.name] = _State(tenant)
            self._spaces.setdefault(tenant.namespace, []).append(tenant.name)
            self._prepare(state)
            state.since = row["since"]
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
            state.dirty = dict.fromkeys(row["dirty"])
            state.entering = {name: Offer(*offer) for name, offer in row["entering"].items()}
            state.step_at, state.turn = row["step_at"], row["turn"]
            if row["drawn"]:
                state.parts = self._draw(state)
        self._hits = {(ns, name): cause for ns, name, cause in plain["hits"]}
        self._why = {(ns, name): cause for ns, name, cause in plain["why"]}
        self._timer = None if plain["timer"] is None else timers[plain["timer"]]


_RELAXED = Strain()
_NO_DOOR = _Door(0, (), Seen("no-service"), ())
_NO_OFFER = Offer(0.0, 0.0)


def _nobody(namespace: str, workloads: list[str]) -> None:
    """Stand in until somebody wants to know whose usage moved."""


def _is_named(host: str, profile: str) -> bool:
    """Whether a host name is that of a workload of that kind: stt-service, stt.ns.svc, stt."""
    first = host.split(".", 1)[0]
    return first == profile or first.startswith(f"{profile}-") or first.endswith(f"-{profile}")


def _sum(spec: Obj, sort: str, resource: str, read: Callable[[Any], int]) -> int:
    """Return the sum over the containers; 0 where one of them has none."""
    total = 0
    for container in spec["containers"]:
        said = ((container.get("resources") or {}).get(sort) or {}).get(resource)
        if said is None:
            return 0
        total += read(said)
    return total


def _slot_after(instant: int) -> int:
    """Return the first slot that starts at or after *instant* (ns)."""
    return -(-instant // SLOT)


def plain_tenant(tenant: Tenant) -> list[Any]:
    """Write a tenant down."""
    demand = None if tenant.demand is None else [list(row) for row in tenant.demand]
    objective = [list(row) for row in tenant.objective]
    return [tenant.name, tenant.namespace, demand, objective, tenant.failures, tenant.since]


def tenant_from_plain(plain: list[Any]) -> Tenant:
    """Read what `plain_tenant` wrote."""
    name, namespace, demand, objective, failures, since = plain
    return Tenant(
        name,
        namespace,
        None if demand is None else tuple((key, units) for key, units in demand),
        tuple((key, value) for key, value in objective),
        failures,
        since,
    )


def plain_result(result: Result) -> list[Any]:
    """Write a result down."""
    shares = [[share.kind, share.ppm, list(share.seen), share.via] for share in result.shares]
    return [*result[:-1], shares]


def result_from_plain(plain: list[Any]) -> Result:
    """Read what `plain_result` wrote."""
    *rest, shares = plain
    rest[10] = tuple(rest[10])
    return Result._make(
        [*rest, tuple(Share(kind, ppm, Seen(*seen), via) for kind, ppm, seen, via in shares)]
    )
