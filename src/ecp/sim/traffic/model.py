"""Who asks and who answers in a tenant's traffic, and what became of it: the words, no arithmetic.

The workloads of a tenant are nodes of a call graph. Requests enter at some, each makes calls to
others; every node is a set of equal pods behind a Service, which sends a request to one of the
listed pods at random (kube-proxy), so each pod is a queue of its own with its share of the
requests. What fails at a node: connections to pods that do not answer, requests that find the
queue full, requests that a fault aborts, calls that fail further on, and answers that come later
than the caller waits for.

`evaluation` works out the results, `serving` what the pods of a node do, `times` how response times
are distributed. All results are whole numbers (quantised before they decide anything): equal inputs
give equal results on every machine.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ecp.slo.objective import LIMITS_MS
from ecp.workloads.retrying import Retry

MILLION = 1_000_000

LATENCY_LIMITS = LIMITS_MS
"""Upper edges of the latency histogram (ms)."""

ONCE = Retry()
"""Nobody tries again."""

State = Literal["U", "D", "N"]
"""Of a workload: up, down, or unknown because nobody measures it."""
Cause = Literal["network", "overload", "aborted", "late", "dependency", "slow", "cut", "unmeasured"]


class Work(NamedTuple):
    """How one pod of a workload serves.

    kind        session: a slot is held while a session lasts, who finds none is refused;
                request: `servers` are worked on at once, others wait; batch: what waits is taken
                at once, up to so many
    pooled      callers find a free pod; else kube-proxy sends them to any
    service     mean time of a request (s) without the calls it makes;  spread: its squared
                coefficient of variation;  cpu: CPU-seconds a request
    servers     slots, threads, or the largest batch of a pod
    patience    s after which a caller gives up
    base_cpu    milli-CPU of an idle pod, base_memory its bytes; slot_cpu, slot_memory: what a
                session or request under way adds
    busy_cpu    milli-CPU that a pod adds which is busy all the time
    fixed, each batch: seconds a batch takes and what each item adds; fill: for so long its oldest
                request waits at most for the others that make it full
    lasts       s that a session lasts which ends with its process, 0 = they resume elsewhere;
                scatter: the squared coefficient of variation of that; redial: the share of those
                who find all lines busy that call again
    retry       how often its callers in the cluster make a failed call again
    warm_up     s after its process begins to listen in which requests take `cold` times as long
    """

    kind: Literal["session", "request", "batch"]
    pooled: bool
    service: float
    spread: float
    cpu: float
    servers: int
    patience: float
    base_cpu: float
    base_memory: float
    slot_cpu: float
    slot_memory: float
    busy_cpu: float = 0.0
    fixed: float = 0.0
    each: float = 0.0
    lasts: float = 0.0
    scatter: float = 1.0
    retry: Retry = ONCE
    redial: float = 0.0
    warm_up: float = 0.0
    cold: float = 1.0
    fill: float = 0.0

    def slowed(self, times: float) -> "Work":
        """Return how it serves where requests take so many times as long, and as much CPU."""
        if times == 1.0:
            return self
        return self._replace(
            service=self.service * times,
            cpu=self.cpu * times,
            fixed=self.fixed * times,
            each=self.each * times,
        )


class Offer(NamedTuple):
    """What is asked of a workload: sessions or streams held (Erlang), requests per second."""

    held: float
    rate: float

    def more(self, held: float, rate: float) -> "Offer":
        """Return it with that much added."""
        return Offer(self.held + held, self.rate + rate)


class Strain(NamedTuple):
    """What faults do to one pod: share of its CPU eaten, delay (s), share of requests aborted,
    bytes leaked. `cold`: its requests take so many times as long, because it has just begun."""

    burn: float = 0.0
    delay: float = 0.0
    aborted: float = 0.0
    leaked: int = 0
    cold: float = 1.0


class Seen(NamedTuple):
    """Why requests to a node fail where it does not answer, and what that follows from."""

    reason: str = ""
    cause: str = ""
    port: str = ""
    pod: str = ""


class Cut(NamedTuple):
    """What was under way on pods that ended within a slot, in millionths, and why they ended.

    `calls`: each is a bad request beside those of the slot; else they are some of its requests.
    """

    number: int
    calls: bool
    seen: Seen


class Names(NamedTuple):
    """What looking up whom it calls comes to for a pod: shares in [0, 1], times in seconds.

    `failing`, `mean`, `stalled`, `stall` as of a Lookup (workloads.resolving); an answer is `kept`
    for so long; `fade` is what is left of the answers from the time before it was so, of 1. `seen`
    says what it follows from where there is more to it than `mean`.
    """

    failing: float
    mean: float
    stalled: float
    stall: float
    kept: float
    fade: float = 0.0
    seen: Seen = Seen()


class Link(NamedTuple):
    """Calls from one node to another: `node` its index, None = what `host` names does not exist.

    `streams` are held for each session of the caller; `calls` come for each of its requests.
    `cut` says why none of them gets there, None where they do. `slow` is what a bad line adds to
    each (s), `parted` the share that it loses, and `line` what that follows from. `names` is what
    it takes to look `host` up, None where nobody does.
    """

    node: int | None
    streams: float
    calls: float
    host: str
    cut: Seen | None = None
    slow: float = 0.0
    parted: float = 0.0
    line: Seen = Seen()
    names: Names | None = None


class Node(NamedTuple):
    """One workload as its callers meet it.

    listed      pods that connections are sent to;  strains: of those that answer
    dead        the first that does not answer (or why none is listed)
    short       whether it has fewer pods than wanted, and what that follows from
    cpu_limit   of a pod (milli-CPU), 0 = none;  memory_limit in bytes, 0 = none
    sources     the most sessions that its customers can have open at once, 0 = any number
    lost        ppm of new connections that find nobody, -1 = as many as listed pods do not answer
    shares      ppm of the others that each of those that answer gets, () = all alike
    gate        why customers do not get in from outside, None where they do
    cut         what was cut off within the slot, None = nothing
    crowd       what it follows from that more customers come than usual, "" = nothing in particular
    before      retries a call (ppm) in the time before: a storm of them may go on
    """

    name: str
    listed: int
    strains: tuple[Strain, ...]
    dead: Seen
    strained: Seen
    short: str | None
    wanted: int
    cpu_request: int
    cpu_limit: int
    memory_limit: int
    work: Work | None
    entry: bool
    sources: int
    links: tuple[Link, ...]
    lost: int = -1
    shares: tuple[int, ...] = ()
    gate: Seen | None = None
    cut: Cut | None = None
    before: int = 0
    crowd: str = ""


class Share(NamedTuple):
    """A part of the requests that failed: parts per million, and which way."""

    kind: Cause
    ppm: int
    seen: Seen
    via: str = ""


class Result(NamedTuple):
    """What a workload's callers see, and what it takes.

    offered     millionths of a request per slot;  entered: those from outside;  bad: share, ppm
    within      ppm of the requests answered well within each of LATENCY_LIMITS
    mean, p95   response time of answered requests (ms)
    cpu, memory per pod: milli-CPU, bytes;  busy: ppm of the servers;  queue: thousandths waiting
    shares      what failed, largest first; `via` names the workload (or host) that was called;
                where the objective judges latency also what was answered too slowly
    excess      how much of `entered` lies above the contracted units
    again       retries a call (ppm): `offered` has them, and `bad` is the share of all attempts
    calls       telephone calls of customers that begin, millionths a slot
    mean_us, scatter_us
                mean and standard deviation of the response times (us), of which `within` counts
    """

    name: str
    entry: bool
    modelled: bool
    state: State
    pods: int
    listed: int
    wanted: int
    offered: int
    entered: int
    bad: int
    within: tuple[int, ...]
    mean: int
    p95: int
    cpu: int
    memory: int
    cpu_limit: int
    memory_limit: int
    busy: int
    queue: int
    shares: tuple[Share, ...]
    excess: int = 0
    again: int = 0
    calls: int = 0
    mean_us: int = 0
    scatter_us: int = 0

    @property
    def answered(self) -> int:
        """The share of the calls that found a line (ppm)."""
        busy = sum(share.ppm for share in self.shares if share.kind in ("network", "overload"))
        return max(0, MILLION - busy)

    @property
    def cut(self) -> int:
        """Calls that were cut off, millionths a slot."""
        if not self.calls:
            return 0
        return sum(self.offered * s.ppm for s in self.shares if s.kind == "cut") // MILLION

    @property
    def lost(self) -> float:
        """The share of calls that fail although they are made again."""
        if not self.again:
            return self.bad / MILLION
        return max(0.0, 1 - (1 + self.again / MILLION) * (1 - self.bad / MILLION))


def unmeasured(results: Sequence[Result], cause: str) -> tuple[Result, ...]:
    """Return what is known of workloads while nobody measures them: their names, and why."""
    why = (Share("unmeasured", 0, Seen("unmeasured", cause)),)
    return tuple(
        Result(row.name, row.entry, row.modelled, "N", 0, 0, row.wanted, 0, 0, 0, (), 0, 0, 0, 0,
               row.cpu_limit, row.memory_limit, 0, 0, why)
        for row in results
    )  # fmt: skip


def count(offered: int, first: int, after: int) -> int:
    """Return how many requests fall into slots [first, after) at *offered* millionths a slot.

    Whole requests, spread evenly; the counts of neighbouring spans add up exactly.
    """
    return offered * after // MILLION - offered * first // MILLION


def part(offered: int, ppm: int, first: int, after: int) -> int:
    """Return how many of those are the *ppm* part: never more than there are, additive as well."""
    before = offered * first // MILLION * ppm // MILLION
    return offered * after // MILLION * ppm // MILLION - before
