"""A tenant's workloads as nodes of the model: who answers, on what, whom they call, what cuts that.

The nodes are kept until something is noticed; what they and the demand come to is remembered:
demand repeats from day to day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import is_

from ecp.kube.kinds import INGRESSES, NODES, PODS, SERVICES
from ecp.sim.network.connect import Outcome, ways_to
from ecp.sim.network.ingress import backends, through
from ecp.sim.network.policy import Peer, namespace_labels, peer_of
from ecp.sim.network.topology import OUTSIDE
from ecp.sim.plans import Reader
from ecp.sim.store import Key
from ecp.sim.traffic import gpus
from ecp.sim.traffic.balancing import INGRESS, Balancing
from ecp.sim.traffic.doors import NOTHING, Callers, Doors
from ecp.sim.traffic.edges import Edge, edges
from ecp.sim.traffic.evaluation import evaluate
from ecp.sim.traffic.graph import Part, Profiles, Said
from ecp.sim.traffic.model import MILLION, Link, Node, Offer, Result, Seen, Work
from ecp.sim.traffic.naming import Naming, pods_of
from ecp.sim.traffic.returning import come_back
from ecp.sim.traffic.state import NO_DOOR, Door, Kept, State
from ecp.sim.traffic.tenants import Tenant
from ecp.sim.traffic.tracking import Tracking
from ecp.sim.world import World
from ecp.sim.world.records import PodRun
from ecp.sim.world.troubles import Line, felt

# Evaluations remembered a tenant.
_REMEMBERED = 8192
# How a call ends, beside policies, whoever answers.
_SAID = ("no-such-port",)
_NO_LABELS: Mapping[str, str] = {}
_NO_OFFER = Offer(0.0, 0.0)


class Nodes:
    """Finds out what a tenant's requests meet."""

    def __init__(
        self,
        read: Reader,
        world: World,
        now: Callable[[], int],
        doors: Doors,
        profiles: Callable[[], Profiles],
        balancing: Balancing,
        naming: Naming,
        tracking: Tracking,
    ) -> None:
        self._read = read
        self._world = world
        self._now = now
        self._doors = doors
        self._profiles = profiles
        self._balancing = balancing
        self._naming = naming
        self._tracking = tracking

    def edges(self, state: State) -> list[Edge]:
        """Return who asks whom now, and what those requests meet, of a state that lies aside."""
        if state.parts is None or state.results is None:
            return []
        kept = state.kept or self._found(state, state.parts)
        entering, _, crowds = self._asked(state, state.parts, kept)
        _, nodes = self._moved(state, kept, entering, crowds)
        return edges(nodes, entering, state.results)

    def results(self, state: State) -> tuple[Result, ...]:
        """Return what a tenant's requests meet: of its workloads, of whom they call beside them,
        and of what its customers call although it is not there any more."""
        assert state.parts is not None
        kept = state.kept
        if kept is None:
            kept = self._found(state, state.parts)
            state.kept = kept if self._is_well(state) else None
        entering, above, crowds = self._asked(state, state.parts, kept)
        number, nodes = self._moved(state, kept, entering, crowds)
        signature = (number, tuple(entering))
        known = state.caches.get(signature)
        if known is None:
            if len(state.caches) >= _REMEMBERED:
                state.caches.clear()
                state.numbers.clear()
            tenant = state.tenant
            found = evaluate(
                nodes, entering, bad_ratio_ppm=tenant.bad_ratio_ppm, slow_ms=tenant.slow_ms
            )
            known = state.caches[signature] = tuple(
                result._replace(excess=result.entered * ppm // MILLION) if ppm else result
                for result, ppm in zip(found, above, strict=True)
            )
        return known

    def imagined(self, state: State, times: float) -> tuple[Result, ...]:
        """Return what a tenant's requests would meet if so many times as many customers came now,
        of a state that lies aside."""
        assert state.parts is not None
        kept = state.kept or self._found(state, state.parts)
        entering, _, crowds = self._asked(state, state.parts, kept)
        more = [Offer(offer.held * times, offer.rate * times) for offer in entering]
        _, nodes = self._moved(state, kept, more, crowds)
        tenant = state.tenant
        return evaluate(nodes, more, bad_ratio_ppm=tenant.bad_ratio_ppm, slow_ms=tenant.slow_ms)

    def _asked(
        self, state: State, parts: Sequence[Part], kept: Kept
    ) -> tuple[list[Offer], list[int], dict[str, str]]:
        """Return by node what enters there from outside and which share (ppm) of it lies above the
        contract; by workload what a crowd that calls back follows from."""
        taken: dict[str, None] = {}
        crowds: dict[str, str] = {}
        entering, above = [], []
        crowd = self._world.troubles.surges.get(state.tenant.namespace, MILLION)
        for part in parts:
            offer = _NO_OFFER
            if part.profile is not None and part.profile not in taken:
                taken[part.profile] = None
                offer = state.entering.get(part.profile, _NO_OFFER)
                if crowd != MILLION:
                    offer = Offer(offer.held * crowd / MILLION, offer.rate * crowd / MILLION)
                if state.backs:
                    more, crowds[part.name] = come_back(state, part.profile, self._now())
                    offer = offer.more(*more)
            above.append(state.tenant.above(part.profile or "", crowd))
            entering.append(offer)
        entering += [_NO_OFFER] * kept.beyond
        above += [0] * kept.beyond
        for name in kept.gone:
            entering.append(state.entering[name])
            above.append(state.tenant.above(name))
        return entering, above, crowds

    def _found(self, state: State, parts: Sequence[Part]) -> Kept:
        """Return the nodes without what depends on the demand."""
        index_of: dict[Key, int] = {}
        for number, part in enumerate(parts):
            for service in part.services:
                index_of.setdefault(service, number)
        beyond = [key for key in services_of(parts) if key not in index_of]
        for number, key in enumerate(beyond, start=len(parts)):
            index_of[key] = number
        nodes = [self._node(state, part, index_of) for part in parts]
        for key in beyond:
            # Whom the workloads call and is none of them: as good as its Service answers.
            door = state.doors.get(key, NO_DOOR)
            strains = tuple(self._doors.strain_of(pod) for pod in door.answering)
            name = key[1] if key[0] == state.tenant.namespace else f"{key[1]}.{key[0]}"
            dead = self._doors.blamed(state, door.dead)
            nodes.append(
                Node(name, door.listed, strains, dead, self._doors.strained_by(state, door), None,
                     0, 0, 0, 0, None, False, 0, (), door.lost, door.shares)
            )  # fmt: skip
        # Its customers call, and it is not there any more.
        there = dict.fromkeys(part.profile for part in parts)
        gone = [name for name in state.entering if name in state.known and name not in there]
        for name in gone:
            seen = Seen("not-deployed", self._doors.release(state))
            nodes.append(Node(name, 0, (), seen, NOTHING, None, 0, 0, 0, 0, None, True, 0, ()))
        whole = tuple(nodes)
        return Kept(whole, _number(state, whole), len(beyond), tuple(gone))

    def _is_well(self, state: State) -> bool:
        """Whether nothing but a change that is noticed, or the demand, makes the nodes others.

        A fault, lookups that fade, a load balancer that has not noticed, callers of whom it matters
        where they run: with any of them every look is a new one.
        """
        troubles = self._world.troubles
        if troubles.lines or troubles.expired or troubles.throttled or self._balancing.waits:
            return False
        if state.uneven or state.unnamed or state.cutting:
            return False
        for door in state.doors.values():
            if door.dead.reason:
                return False
            runs = (self._world.pod(key) for key in door.pods)
            if any(run is None or run.strain for run in runs):
                return False
        return True

    def _moved(
        self, state: State, kept: Kept, entering: Sequence[Offer], crowds: Mapping[str, str]
    ) -> tuple[int, tuple[Node, ...]]:
        """Return the number of the nodes as the demand makes them, and them."""
        assert state.parts is not None
        nodes = list(kept.nodes)
        for index, part in enumerate(state.parts):
            if crowds.get(part.name):
                nodes[index] = nodes[index]._replace(crowd=crowds[part.name])
            if part.work is not None and part.work.retry.times:
                again = _again(state, part)
                if nodes[index].before != again:
                    nodes[index] = nodes[index]._replace(before=again)
        self._track(state, nodes, entering)
        if all(map(is_, nodes, kept.nodes)):
            return kept.number, kept.nodes
        moved = tuple(nodes)
        return _number(state, moved), moved

    def _track(self, state: State, nodes: list[Node], entering: Sequence[Offer]) -> None:
        """Let new connections of customers be lost where nodes have no room to track them."""
        assert state.parts is not None
        begun = {}
        doors = {}
        for part, offer in zip(state.parts, entering, strict=False):
            curve = state.curves.get(part.profile or "")
            if curve is not None and offer.rate and part.services:
                begun[part.name] = curve.begun(offer)
                doors[part.name] = state.doors.get(part.services[0], NO_DOOR)
        if not self._tracking.is_near(begun):
            return
        pods = {
            name: [run for run in map(self._world.pod, door.answering) if run is not None]
            for name, door in doors.items()
        }
        lost = self._tracking.lost(begun, pods)
        for index, node in enumerate(nodes[: len(state.parts)]):
            share = lost.get(node.name)
            if share is None:
                continue
            before = 1 - len(node.strains) / node.listed if node.lost < 0 else node.lost / MILLION
            dead = node.dead
            if not dead.reason or before < share:
                dead = Seen("table-full", node.crowd or "load")
            whole = 1 - (1 - before) * (1 - share)
            nodes[index] = node._replace(lost=round(whole * MILLION), dead=dead)

    def callers(self, state: State, service: Key) -> dict[str, int]:
        """Return how many callers of a Service are on each node.

        Those that its profile lets customers call are called from every node alike; so is whom
        nobody is known to call.
        """
        assert state.parts is not None
        found: dict[str, int] = {}
        for part in state.parts:
            if service in part.services and self.is_entry(state.tenant, part.profile):
                found = {}
                break
            if any(call.service == service for call in part.calls):
                for own in part.services:
                    for pod in state.doors.get(own, NO_DOOR).answering:
                        run = self._world.pod(pod)
                        if run is not None:
                            found[run.node] = found.get(run.node, 0) + 1
        return found or {
            node["metadata"]["name"]: 1
            for node in self._read.list(NODES)
            if self._world.node_is_up(node["metadata"]["name"])
        }

    def coming(self, state: State, service: Key) -> Callers | None:
        """Return how callers of a Service come; None for customers that come by an Ingress, or in
        a way that nobody knows: they choose from all endpoints.
        """
        assert state.parts is not None
        entered = any(
            service in part.services and self.is_entry(state.tenant, part.profile)
            for part in state.parts
        )
        obj = self._read.get(SERVICES, *service)
        if entered and (obj is None or obj["spec"].get("type") not in OUTSIDE):
            return None
        if entered and self._balancing.is_local(service):
            return dict.fromkeys(self._balancing.off(service).sent, 1), entered
        if entered and obj is not None and not self._balancing.is_balanced(service):
            # No load balancer yet, or one that nobody knows: it finds a node that has an endpoint.
            pods = pods_of(self._world, state.doors.get(service, NO_DOOR))
            if obj["spec"].get("externalTrafficPolicy") == "Local" and pods:
                return dict.fromkeys((run.node for run in pods), 1), entered
        return self.callers(state, service), entered

    def _node(self, state: State, part: Part, index_of: Mapping[Key, int]) -> Node:
        doors = [state.doors[service] for service in part.services if service in state.doors]
        # A workload is as reachable as its worst Service.
        door = max(doors, key=lambda door: door.failing, default=NO_DOOR)
        if not part.services:
            door = self._doors.unserved(state, part)
        entry = self.is_entry(state.tenant, part.profile)
        by_ingress = entry and self._by_ingress(state, part)
        door = self._balanced(part, door, by_ingress=by_ingress)
        short = None
        if len(door.answering) < part.wanted:
            short = door.dead.cause
            if not short and part.services:
                short = self._doors.absent(part.services[0])
            short = short or self._doors.release(state)
        callers = pods_of(self._world, door) if part.calls else []
        links = tuple(self._link(state, part, door, callers, call, index_of) for call in part.calls)
        work = self._work(part, door)
        strained = self._doors.strained_by(state, door)
        strains = tuple(self._doors.strain_of(pod) for pod in door.answering)
        if work is not None and work.warm_up:
            cold = [self._doors.is_cold(pod, work.warm_up) for pod in door.answering]
            if not strained.reason and any(cold):
                strained = self._doors.begun(state, door.answering[cold.index(True)])
            strains = tuple(
                strain._replace(cold=strain.cold * work.cold) if new else strain
                for strain, new in zip(strains, cold, strict=True)
            )
        return Node(
            name=part.name,
            listed=door.listed,
            strains=strains,
            dead=self._doors.blamed(state, door.dead),
            strained=strained,
            short=short,
            wanted=part.wanted,
            cpu_request=part.cpu_request,
            cpu_limit=part.cpu_limit,
            memory_limit=part.memory_limit,
            work=work,
            entry=entry,
            sources=self._sources(state, part.profile),
            links=links,
            lost=door.lost,
            shares=door.shares,
            gate=self._gate(state, part) if by_ingress else None,
            cut=state.cutting.get(part.name),
        )

    def _link(
        self,
        state: State,
        part: Part,
        door: Door,
        callers: Sequence[PodRun],
        call: Said,
        index_of: Mapping[Key, int],
    ) -> Link:
        node = None if call.service is None else index_of[call.service]
        made = call
        if call.onward is not None:
            # What comes through a door is looked up, cut and delayed where that passes it on.
            assert state.parts is not None
            part = next(other for other in state.parts if call.service in other.services)
            door = state.doors.get(call.service or part.services[0], NO_DOOR)
            callers = pods_of(self._world, door)
            made = Said(call.onward[1], None, call.onward, call.onward, 0.0, 1.0)
        return Link(
            node,
            call.streams,
            call.calls,
            call.host,
            self.cut(state, part, made),
            *self._line(state, door, made),
            self._naming.of(state, part, callers, made),
        )

    def _balanced(self, part: Part, door: Door, *, by_ingress: bool) -> Door:
        """Return a door at which is lost, too, what load balancers send to nodes without power."""
        for service in (*part.services, INGRESS) if by_ingress else part.services:
            off = self._balancing.off(service)
            if not off.share:
                continue
            dead = door.dead
            if dead.reason in ("", "no-local") or door.failing < off.share:
                cause = self._doors.root(self._doors.hits.get(("", off.node), ""))
                dead = Seen("node-down", cause, "", off.node)
            if self._balancing.is_local(service):
                return door._replace(dead=dead)  # where its customers go is known already
            lost = 1 - (1 - door.failing) * (1 - off.share)
            return door._replace(lost=round(lost * MILLION), dead=dead)
        return door

    def _by_ingress(self, state: State, part: Part) -> bool:
        """Whether customers of an entry come by an Ingress, not by a Service of its own."""
        if not part.services or not self._read.list(INGRESSES, state.tenant.namespace):
            return False
        found = [self._read.get(SERVICES, *key) for key in part.services]
        return not any(one is not None and one["spec"].get("type") in OUTSIDE for one in found)

    def _gate(self, state: State, part: Part) -> Seen | None:
        """Return why customers do not reach a workload by the Ingress that leads to it; None where
        they do."""
        tenant, read = state.tenant, self._read
        reason = through(read, tenant.namespace, part.services)
        if not reason:
            return self._expired(tenant.namespace, part)
        made = self._doors.root(self._doors.made.get(tenant.namespace, ""))
        return Seen(reason, made or self._doors.release(state))

    def _expired(self, namespace: str, part: Part) -> Seen | None:
        """Return why customers shake no hands with the Ingress that leads to a workload."""
        expired = self._world.troubles.expired
        if not expired:
            return None
        wanted = list(part.services)
        for ingress in self._read.list(INGRESSES, namespace):
            if not any(to.service in wanted for _, _, to in backends(ingress)):
                continue
            for tls in ingress["spec"].get("tls") or ():
                cause = expired.get(f"{namespace}/{tls.get('secretName', '')}")
                if cause is not None:
                    return Seen("cert-expired", cause)
        return None

    def _work(self, part: Part, door: Door) -> Work | None:
        """Return how the pods of a workload serve: on GPUs as those of the nodes they run on.

        Pods on several types are taken for pods on the smallest (assumed: none is picked by type).
        """
        if part.work_on is None:
            return part.work
        runs = (self._world.pod(key) for key in door.pods or door.answering)
        nodes = dict.fromkeys(run.node for run in runs if run is not None)
        found = (self._read.get(NODES, "", name) for name in nodes)
        labels = (node["metadata"].get("labels") or _NO_LABELS for node in found if node)
        kind = gpus.smallest(k for k in map(gpus.of_labels, labels) if k is not None)
        return part.work if kind is None else part.work_on(kind)

    def cut(self, state: State, part: Part, call: Said) -> Seen | None:
        """Return why none of a workload's calls gets to whom it calls; None where they do.

        The caller's own pod asks: its labels and namespace meet the policies of both ends, its
        egress that to the DNS. Pods of one workload are alike, so one is asked, once.
        """
        if call.service is None:
            cause = self._doors.absent(call.meant) or self._doors.release(state)
            return Seen("no-such-name", cause, "", call.host)
        key = (part.name, call.service, call.port)
        if key not in state.cuts:
            door = state.doors.get(call.service, NO_DOOR)
            if not door.pods:
                return None  # nobody to ask; that it is so is the Service's own trouble
            state.cuts[key] = self._cutting(state, part, call)
        cut = state.cuts[key]
        if cut is None:
            return None
        made = self._doors.root(self._doors.made.get(call.service[0], "")) or self._doors.release(
            state
        )
        return Seen(cut.cause, made, str(call.port or ""), cut.pod[1])

    def _line(self, state: State, door: Door, call: Said) -> tuple[float, float, Seen]:
        """Return what bad lines do to a workload's calls: seconds more, share lost, and why.

        Each of its pods is as likely to call as another, and each of those that are called to be.
        """
        lines = self._world.troubles.lines
        if not lines or call.service is None:
            return 0.0, 0.0, Seen()
        own = self._uids(door.pods or door.answering)
        far = self._uids(state.doors.get(call.service, NO_DOOR).pods)
        slow, passed, why = 0.0, 1.0, Seen()
        for fault, line in lines.items():
            share = _share(line, own, far)
            if not share:
                continue
            feels = felt(line.strain)
            slow += share * feels.delay / 1_000_000_000
            passed *= 1 - share * feels.failing / MILLION
            if feels.failing:
                why = Seen("parted", fault, "", call.host)
        return slow, 1 - passed, why

    def _uids(self, pods: Iterable[Key]) -> list[str]:
        return [run.uid for run in map(self._world.pod, pods) if run is not None]

    def _cutting(self, state: State, part: Part, call: Said) -> Outcome | None:
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
        taken = ways_to(read, self._world, self._now(), peer, name, call.port)
        first = taken.outcomes[0]
        return first if first.cause.startswith("policy-") or first.cause in _SAID else None

    def _sources(self, state: State, profile: str | None) -> int:
        curve = state.curves.get(profile or "")
        return 0 if curve is None else curve.sources

    def is_entry(self, tenant: Tenant, profile: str | None) -> bool:
        """Whether customers of the tenant call that kind of workload themselves."""
        if profile is None or not self._profiles().entry(profile):
            return False
        return tenant.demand is None or profile in tenant.asking()


def _share(line: Line, own: Sequence[str], far: Sequence[str]) -> float:
    """Return which share of the calls of pods to others goes over a line, by their uids."""
    if not own or not far or line.others is None:
        return 0.0
    near, there = sum(uid in line.ends for uid in own), sum(uid in line.others for uid in far)
    back, here = sum(uid in line.others for uid in own), sum(uid in line.ends for uid in far)
    return min(1.0, (near * there + back * here) / (len(own) * len(far)))


def _number(state: State, nodes: tuple[Node, ...]) -> int:
    """Return a number for nodes: equal ones have the same, for as long as it is remembered."""
    number = state.numbers.get(nodes)
    if number is None:
        number = state.numbers[nodes] = next(state.count)
    return number


def _again(state: State, part: Part) -> int:
    """Return the retries a call (ppm) of a workload in the time before."""
    if part.work is None or not part.work.retry.times:
        return 0
    return next((result.again for result in state.results or () if result.name == part.name), 0)


def services_of(parts: Iterable[Part]) -> Iterable[Key]:
    """Return the Services of a graph: those of its workloads, and those they call."""
    return dict.fromkeys(
        (
            *(key for part in parts for key in part.services),
            *(call.service for part in parts for call in part.calls if call.service is not None),
        )
    )
