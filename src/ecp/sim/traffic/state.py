"""What is kept of one tenant while it is followed."""

from collections.abc import Mapping
from copy import copy
from itertools import count
from typing import NamedTuple

from ecp.sim.network.connect import Outcome
from ecp.sim.store import Key
from ecp.sim.traffic.demand import Curve
from ecp.sim.traffic.graph import Part
from ecp.sim.traffic.model import MILLION, Cut, Node, Offer, Result, Seen
from ecp.sim.traffic.tenants import Tenant


class Door(NamedTuple):
    """One Service as its callers meet it: the port with the most failures.

    `lost` and `shares` as of a Node of the model.
    """

    listed: int
    answering: tuple[Key, ...]
    dead: Seen
    pods: tuple[Key, ...]
    lost: int = -1
    shares: tuple[int, ...] = ()

    @property
    def failing(self) -> float:
        """The share of new connections that fail."""
        if self.lost >= 0:
            return self.lost / MILLION
        return 1 - len(self.answering) / self.listed if self.listed else 1.0


class Open(NamedTuple):
    """A pod that is asked, or was: when (ns) that began, and what it still has since it `left`.

    `starts` of its processes by then; `lasts`, `scatter` and `servers` as of its Work; `left` ns,
    -1 = it is asked still; `calls` millionths of calls or requests, `cause` what it follows from;
    `ends` when its process will have ended (ns), -1 = not known yet; `until` when its grace period
    is over (ns), -1 = it has none.
    """

    key: Key
    part: str
    service: Key
    since: int
    starts: int
    lasts: float
    scatter: float
    servers: int
    left: int = -1
    calls: int = 0
    cause: str = ""
    ends: int = -1
    until: int = -1


class Back(NamedTuple):
    """Callers of a profile that were cut off `at` (ns) and call back: `number` millionths of them;
    their calls last `lasts` s, `cause` is what they were cut by."""

    profile: str
    at: int
    number: int
    lasts: float
    cause: str


class Kept(NamedTuple):
    """The nodes of the model while nothing is noticed: all of them, workloads first; their number
    among a tenant's; how many are Services `beyond` the workloads; the profiles that are `gone`."""

    nodes: tuple[Node, ...]
    number: int
    beyond: int
    gone: tuple[str, ...]


NO_DOOR = Door(0, (), Seen("no-service"), ())


class State:
    """What is kept of one tenant; all but `since` and `results` can be found again."""

    __slots__ = (
        "backs",
        "caches",
        "count",
        "curves",
        "cuts",
        "cutting",
        "dirty",
        "doors",
        "entering",
        "kept",
        "known",
        "leaving",
        "lost",
        "numbers",
        "open",
        "parts",
        "results",
        "since",
        "step_at",
        "tenant",
        "turn",
        "turns",
        "uneven",
        "unnamed",
        "unseen",
        "versions",
    )

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.since = tenant.since
        self.results: tuple[Result, ...] | None = None
        self.lost, self.unseen = "", 0  # why nobody measures it, since which slot
        self.parts: tuple[Part, ...] | None = None
        self.doors: dict[Key, Door] = {}
        self.dirty: dict[Key, None] = {}
        self.uneven: dict[Key, None] = {}  # Services of which nodes choose different endpoints
        self.open: dict[str, Open] = {}  # uid -> what is under way there
        self.leaving: dict[Key, None] = {}  # pods that are asked no more and still have something
        self.versions: dict[str, tuple[int, ...]] = {}  # of ConfigMaps, as of a Configs
        self.backs: list[Back] = []  # who was cut off and calls again
        self.cutting: Mapping[str, Cut] = {}  # by workload, of the slot that is worked out
        self.curves: dict[str, Curve] = {}
        self.entering: dict[str, Offer] = {}
        self.step_at: int | None = None  # ns
        self.turn: int | None = None  # slot
        self.turns: dict[Key, int] = {}  # Service -> when (ns) a process behind it turns next
        self.known: dict[str, None] = {}  # profiles that were deployed once
        self.kept: Kept | None = None  # as long as the demand alone changes
        self.count = count()
        self.numbers: dict[tuple[Node, ...], int] = {}
        # (number of the nodes, what enters there) -> what that comes to.
        self.caches: dict[tuple[int, tuple[Offer, ...]], tuple[Result, ...]] = {}
        # (workload, host) -> since when (ns) looking that name up may fail.
        self.unnamed: dict[tuple[str, str], int] = {}
        # (caller, Service, port) -> the outcome that cuts such calls, None = they pass.
        self.cuts: dict[tuple[str, Key, int | None], Outcome | None] = {}

    def aside(self, parts: tuple[Part, ...]) -> "State":
        """Return a copy with that graph, for questions: asking notes nothing in this one."""
        seen = copy(self)
        if self.parts is None:
            seen.kept = None
        seen.parts = parts
        seen.doors, seen.cuts = dict(self.doors), dict(self.cuts)
        seen.backs, seen.unnamed = list(self.backs), dict(self.unnamed)
        seen.count, seen.numbers = count(), {}
        return seen


class Followed:
    """Who is followed, and whom each change concerns.

    `states` by tenant, in the order of their first tracking; `spaces` the tenants of a namespace;
    `pods` the (tenant, Service) that list a pod; `beyond` the tenants that call into a namespace of
    others.
    """

    __slots__ = ("beyond", "pods", "spaces", "states")

    def __init__(self) -> None:
        self.states: dict[str, State] = {}
        self.spaces: dict[str, list[str]] = {}
        self.pods: dict[Key, dict[tuple[str, Key], None]] = {}
        self.beyond: dict[str, dict[str, None]] = {}

    def clear(self) -> None:
        """Follow nobody."""
        for rows in (self.states, self.spaces, self.pods, self.beyond):
            rows.clear()

    def add(self, state: State) -> None:
        """Follow a tenant; one of its name is to be dropped before."""
        self.states[state.tenant.name] = state
        self.spaces.setdefault(state.tenant.namespace, []).append(state.tenant.name)

    def drop(self, name: str) -> None:
        """Let no change concern a tenant any more; its state stays where it is."""
        state = self.states[name]
        for service, door in state.doors.items():
            self.list(state, service, door.pods, ())
        names = self.spaces[state.tenant.namespace]
        names.remove(name)
        if not names:
            del self.spaces[state.tenant.namespace]
        for callers in self.beyond.values():
            callers.pop(name, None)

    def stir(self, namespace: str) -> None:
        """Let the nodes be found anew of the tenants that run in a namespace or call into it.

        "" = of all: it is something of the cluster.
        """
        if not namespace:
            for state in self.states.values():
                state.kept = None
            return
        for name in self.spaces.get(namespace, ()):
            self.states[name].kept = None
        for name in self.beyond.get(namespace, ()):
            self.states[name].kept = None

    def calling(self, namespace: str) -> list[State]:
        """Return the tenants that run in a namespace or call into it."""
        names = (*self.spaces.get(namespace, ()), *self.beyond.get(namespace, ()))
        return [self.states[name] for name in dict.fromkeys(names)]

    def list(
        self, state: State, service: Key, before: tuple[Key, ...], after: tuple[Key, ...]
    ) -> None:
        """Take note of which pods a Service lists for a tenant."""
        if before == after:
            return
        user = (state.tenant.name, service)
        for pod in before:
            users = self.pods[pod]
            users.pop(user, None)
            if not users:
                del self.pods[pod]
        for pod in after:
            self.pods.setdefault(pod, {})[user] = None
