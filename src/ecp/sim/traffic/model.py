"""What becomes of a tenant's requests, from who asks and who answers: pure arithmetic, no draws.

The workloads of a tenant are nodes of a call graph. Requests enter at some, each makes calls to
others; every node is a set of equal pods behind a Service, which sends a request to one of the
listed pods at random (kube-proxy), so each pod is a queue of its own with its share of the
requests. What fails at a node: connections to pods that do not answer, requests that find the
queue full, requests that a fault aborts, calls that fail further on, and answers that come later
than the caller waits for.

A response time is the sum of independent parts; its distribution is the gamma one of the same
mean and variance (exact for one exponential part, close for sums of them). All results are whole
numbers (quantised before they decide anything): equal inputs give equal results on every machine.
"""

from collections.abc import Sequence
from math import ceil, exp, lgamma, log, sqrt
from typing import Literal, NamedTuple

from ecp.slo.slots import SLOT_SECONDS
from ecp.workloads.queueing import Batches, batch_server, bounded_queue, erlang_b

MILLION = 1_000_000

LATENCY_LIMITS = (50, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000)
"""Upper edges of the latency histogram (ms)."""

# A fault may take nearly all of a pod's processor, never all of it: the scheduler is fair.
_LEAST_SPEED = 0.05
# Requests that may wait for a pod: what a listening socket of a usual server keeps (assumed).
_BACKLOG = 511
_P95 = 0.95

State = Literal["U", "D", "N"]
"""Of a workload: up, down, or unknown because nobody measures it."""
Cause = Literal["network", "overload", "aborted", "late", "dependency", "slow", "unmeasured"]


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
    fixed, each batch: seconds a batch takes and what each item adds
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


class Offer(NamedTuple):
    """What is asked of a workload: sessions or streams held (Erlang), requests per second."""

    held: float
    rate: float

    def more(self, held: float, rate: float) -> "Offer":
        """Return it with that much added."""
        return Offer(self.held + held, self.rate + rate)


class Strain(NamedTuple):
    """What faults do to one pod: share of its CPU eaten, delay (s), share of requests aborted,
    bytes leaked."""

    burn: float = 0.0
    delay: float = 0.0
    aborted: float = 0.0
    leaked: int = 0


class Seen(NamedTuple):
    """Why requests to a node fail where it does not answer, and what that follows from."""

    reason: str = ""
    cause: str = ""
    port: str = ""
    pod: str = ""


class Link(NamedTuple):
    """Calls from one node to another: `node` its index, None = what `host` names does not exist.

    `streams` are held for each session of the caller; `calls` come for each of its requests.
    `cut` says why none of them gets there, None where they do.
    """

    node: int | None
    streams: float
    calls: float
    host: str
    cut: Seen | None = None


class Node(NamedTuple):
    """One workload as its callers meet it.

    listed      pods that connections are sent to;  strains: of those that answer
    dead        the first that does not answer (or why none is listed)
    short       whether it has fewer pods than wanted, and what that follows from
    cpu_limit   of a pod (milli-CPU), 0 = none;  memory_limit in bytes, 0 = none
    sources     the most sessions that its customers can have open at once, 0 = any number
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


def unmeasured(results: Sequence[Result], cause: str) -> tuple[Result, ...]:
    """Return what is known of workloads while nobody measures them: their names, and why."""
    why = (Share("unmeasured", 0, Seen("unmeasured", cause)),)
    return tuple(
        Result(row.name, row.entry, row.modelled, "N", 0, 0, row.wanted, 0, 0, 0, (), 0, 0, 0, 0,
               row.cpu_limit, row.memory_limit, 0, 0, why)
        for row in results
    )  # fmt: skip


class _Own(NamedTuple):
    """A node by itself: shares in [0, 1] and seconds."""

    network: float
    overload: float
    aborted: float
    mean: float
    variance: float
    busy: float
    queue: float
    active: float


def evaluate(
    nodes: Sequence[Node],
    entering: Sequence[Offer],
    *,
    bad_ratio_ppm: int,
    slow_ms: int | None = None,
) -> tuple[Result, ...]:
    """Return the result of each node; *entering* is what comes from outside.

    A node is down where so many requests are bad, or, where customers call it themselves, answered
    later than *slow_ms* (one of LATENCY_LIMITS; None = that is not judged).
    """
    slow = None if slow_ms is None else LATENCY_LIMITS.index(slow_ms)
    order = _callers_first(nodes)
    offers = list(entering)
    own: list[_Own | None] = [None] * len(nodes)
    for index in order:
        node, offer = nodes[index], offers[index]
        found = _alone(node, offer)
        own[index] = found
        passed = (1 - found.network) * (1 - found.overload)
        for link in node.links:
            if link.node is not None and link.cut is None and own[link.node] is None:
                offers[link.node] = offers[link.node].more(
                    passed * offer.held * link.streams, passed * offer.rate * link.calls
                )
    results: list[Result | None] = [None] * len(nodes)
    times: list[tuple[float, float]] = [(0.0, 0.0)] * len(nodes)
    for index in reversed(order):
        alone = own[index]
        assert alone is not None
        result, times[index] = _judged(
            nodes[index], offers[index], entering[index], alone, results, times, bad_ratio_ppm
        )
        if slow is not None and nodes[index].entry:
            result = _slow(nodes[index], result, slow, bad_ratio_ppm)
        results[index] = result
    return tuple(result for result in results if result is not None)


def _slow(node: Node, result: Result, limit: int, ratio_ppm: int) -> Result:
    """Let a workload be down that answers too many requests after the limit with that number.

    Source: sla arithmetic: the share of requests slower than the objective's latency limit.
    """
    slow = MILLION - result.bad - result.within[limit]
    if slow < ratio_ppm or not node.strains:
        return result
    cause = node.strained.cause or (node.short if node.short is not None else "load")
    share = Share("slow", slow, Seen("slow", cause, "", node.strained.pod))
    shares = sorted((*result.shares, share), key=lambda part: -part.ppm)
    return result._replace(state="D", shares=tuple(shares))


def _callers_first(nodes: Sequence[Node]) -> list[int]:
    """Order the nodes so that callers precede whom they call; a cycle is cut where it closes."""
    done: dict[int, None] = {}
    path: dict[int, None] = {}

    def visit(index: int) -> None:
        if index in done or index in path:
            return
        path[index] = None
        for link in nodes[index].links:
            if link.node is not None:
                visit(link.node)
        del path[index]
        done[index] = None

    for index in range(len(nodes)):
        visit(index)
    return list(done)[::-1]


def _alone(node: Node, offer: Offer) -> _Own:
    """Return what a node does with an offer, whatever the others do."""
    alive = len(node.strains)
    if not alive:
        return _Own(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    network = 1 - alive / node.listed
    aborted = sum(strain.aborted for strain in node.strains) / alive
    delay = sum(strain.delay for strain in node.strains) / alive
    work = node.work
    if work is None:
        return _Own(network, 0.0, aborted, delay, 0.0, 0.0, 0.0, 0.0)
    pods = 1
    held, rate = offer.held / node.listed, offer.rate / node.listed
    if work.pooled:
        # Callers look for a pod that is free: all that answer are one larger one.
        pods, held, rate = alive, held * alive, rate * alive
    kinds: dict[float, int] = {}
    for strain in node.strains:
        kinds[strain.burn] = kinds.get(strain.burn, 0) + 1
    overload = mean = variance = busy = queue = active = 0.0
    for burn, number in kinds.items():
        share = number / alive
        speed = max(1 - burn, _LEAST_SPEED)
        met = serve(work, pods, held, rate, speed, node.sources)
        slower = _throttled(node, work, met, pods, speed) if burn else 1.0
        overload += share * met.refused
        mean += share * met.mean * slower
        variance += share * met.variance * slower * slower
        busy += share * met.busy
        queue += share * met.queue * alive / pods
        active += share * met.active / pods
    return _Own(network, overload, aborted, mean + delay, variance, busy, queue, active)


def _throttled(node: Node, work: Work, met: "Met", pods: int, speed: float) -> float:
    """Return how much longer the work of a session takes where a burner leaves too little of the
    CPU limit: what it needs over what is left, 1 where that is enough.

    Source: kernel CFS bandwidth control: above the quota of a period all threads wait for the next.
    Of requests with a processor time of their own, `serve` knows it.
    """
    if work.kind == "request" or not node.cpu_limit:
        return 1.0
    needed = work.base_cpu + met.active / pods * work.slot_cpu + met.busy * work.busy_cpu
    return max(1.0, needed / (speed * node.cpu_limit))


class Met(NamedTuple):
    """What `pods` pods do with their offer: share refused; mean (s) and variance of the time of
    a request; share of the servers busy; requests waiting; sessions or requests under way."""

    refused: float
    mean: float
    variance: float
    busy: float
    queue: float
    active: float


def serve(work: Work, pods: int, held: float, rate: float, speed: float, sources: int = 0) -> Met:
    """Return what *pods* pooled pods make of *held* Erlang of sessions and *rate* requests/s.

    *speed* is the share of their processors that is left to them; of *sources* (0 = any number)
    each has one session at most.
    """
    service = work.service + work.cpu * (1 / speed - 1)
    variance = service * service * work.spread
    servers = max(1, work.servers * pods)
    if work.kind == "batch":
        return _batches(work, pods, rate, speed)
    if work.kind == "session":
        refused = 0.0
        if held > 0 and not 0 < sources <= servers:
            refused = engset(servers, held, sources) if sources else erlang_b(servers, held)
        active = held * (1 - refused)
        return Met(refused, service, variance, active / servers, 0.0, active)
    load = rate * service
    room = servers + max(1, min(_BACKLOG, round(servers * work.patience / service)))
    met = bounded_queue(servers, load, service, room)
    carried = load * (1 - met.blocked)
    # Allen-Cunneen: how regular the service is shortens the wait.
    factor = (1 + work.spread) / 2
    waits = met.waiting / (1 - met.blocked) if met.blocked < 1 else 1.0
    wait = met.wait * factor
    second = wait * wait * max(0.0, 2 / waits - 1) if waits > 1e-9 else 0.0
    if load >= servers:
        second = wait * wait / max(1.0, float(room - servers))  # a queue that is always full
    return Met(
        met.blocked,
        service + wait,
        variance + second,
        min(1.0, carried / servers),
        met.queue,
        carried + met.queue,
    )


def engset(servers: int, load: float, sources: int) -> float:
    """Return the share of sessions refused when *sources* offer *load* Erlang in all.

    Source: E(0) = 1, E(n) = (N-n)bE(n-1) / (n + (N-n)bE(n-1)), b the load of an idle source;
    T. O. Engset 1918; Cooper, section 3.7.
    """
    idle = load / sources
    each = idle / (1 - idle) if idle < 1 else 1e9
    refused = 1.0
    for n in range(1, servers + 1):
        offered = max(0, sources - n) * each * refused
        refused = offered / (n + offered)
    return refused


def _batches(work: Work, pods: int, rate: float, speed: float) -> Met:
    """A GPU that takes what waits; work of the processor beside it slows each request."""
    server = Batches(work.fixed, work.each, work.servers)
    each = rate / pods
    slower = work.cpu * (1 / speed - 1)
    # Few different loads, so that each is worked out once: rounded up to 1/64 of the capacity.
    step = ceil(each / server.capacity * 64 - 1e-9)
    if step >= 64:
        refused = max(0.0, 1 - server.capacity / each)
        full = server.time(work.servers)
        return Met(
            refused, work.patience / 2 + full, full * full, 1.0, work.servers * 1.0, each - refused
        )
    met = batch_server(server, step * server.capacity / 64)
    mean = met.latency + slower
    return Met(0.0, mean, met.wait * met.wait / 3, met.busy, rate * met.wait, rate * met.latency)


def _judged(
    node: Node,
    offer: Offer,
    entered: Offer,
    alone: _Own,
    results: Sequence[Result | None],
    times: Sequence[tuple[float, float]],
    bad_ratio_ppm: int,
) -> tuple[Result, tuple[float, float]]:
    good = (1 - alone.network) * (1 - alone.overload) * (1 - alone.aborted)
    why = Seen("overload", node.short if node.short is not None else "load")
    shares = [
        ("network", alone.network, node.dead, ""),
        ("overload", (1 - alone.network) * alone.overload, why, ""),
        (
            "aborted",
            (1 - alone.network) * (1 - alone.overload) * alone.aborted,
            node.strained,
            "",
        ),
    ]
    mean, variance = alone.mean, alone.variance
    for link in node.links:
        callee = results[link.node] if link.node is not None else None
        calls = max(link.calls, 1.0) if link.streams else link.calls
        if link.node is None or link.cut is not None:
            failing, seen = min(1.0, calls), link.cut or Seen("no-such-name", "", "", link.host)
        elif callee is None:
            continue  # a cycle: judged without it
        else:
            lost = callee.bad / MILLION
            failing = lost * calls if calls <= 1 else 1 - (1 - lost) ** calls
            seen = callee.shares[0].seen if callee.shares else Seen()
            # A request waits for the calls it makes, one after the other.
            taken, scatter = times[link.node]
            mean += link.calls * taken
            variance += link.calls * scatter
        if failing > 0:
            called = link.host if callee is None else callee.name
            shares.append(("dependency", good * failing, seen, called))
            good *= 1 - failing
    late = 0.0
    work = node.work
    if work is not None and good > 0:
        late = 1 - _within(mean, variance, work.patience)
        seen = node.strained if node.strained.cause else why
        shares.append(("late", good * late, seen._replace(reason="late"), ""))
        good *= 1 - late
    bad = min(MILLION, max(0, round((1 - good) * MILLION)))
    parts = sorted(
        (
            Share(kind, round(share * MILLION), seen, via)  # type: ignore[arg-type]
            for kind, share, seen, via in shares
            if round(share * MILLION) > 0
        ),
        key=lambda part: -part.ppm,
    )
    result = Result(
        name=node.name,
        entry=node.entry,
        modelled=work is not None,
        state="D" if bad >= bad_ratio_ppm else "U",
        pods=len(node.strains),
        listed=node.listed,
        wanted=node.wanted,
        offered=round(offer.rate * SLOT_SECONDS * MILLION),
        entered=round(entered.rate * SLOT_SECONDS * MILLION),
        bad=bad,
        within=tuple(
            min(MILLION - bad, round(good * MILLION * _within(mean, variance, limit / 1000)))
            for limit in LATENCY_LIMITS
        ),
        mean=round(mean * 1000),
        p95=round(_p95(mean, variance) * 1000),
        cpu=_cpu(node, offer.rate, alone),
        memory=_memory(node, alone),
        cpu_limit=node.cpu_limit,
        memory_limit=node.memory_limit,
        busy=round(alone.busy * MILLION),
        queue=round(alone.queue * 1000),
        shares=tuple(parts),
    )
    return result, (mean, variance)


def _cpu(node: Node, rate: float, alone: _Own) -> int:
    """Return the milli-CPU of a pod, mean over those that answer."""
    work = node.work
    if not node.strains or work is None:
        return 0
    each = rate / node.listed * (1 - alone.overload)
    used = work.base_cpu + alone.active * work.slot_cpu + each * work.cpu * 1000
    used += alone.busy * work.busy_cpu
    burnt = sum(strain.burn for strain in node.strains) / len(node.strains)
    used += burnt * (node.cpu_limit or node.cpu_request or 1000)
    return round(min(used, node.cpu_limit) if node.cpu_limit else used)


def _memory(node: Node, alone: _Own) -> int:
    """Return the bytes of a pod, mean over those that answer."""
    work = node.work
    if not node.strains or work is None:
        return 0
    used = round(work.base_memory + alone.active * work.slot_memory)
    used += sum(strain.leaked for strain in node.strains) // len(node.strains)
    return min(used, node.memory_limit) if node.memory_limit else used


def _within(mean: float, variance: float, limit: float) -> float:
    """Return the share of a gamma distributed time with that mean and variance up to *limit*."""
    if mean <= 0:
        return 1.0
    if variance <= 1e-12 * mean * mean:
        return 1.0 if mean <= limit else 0.0
    return _gamma_below(mean * mean / variance, limit * mean / variance)


def _gamma_below(shape: float, x: float) -> float:
    """Return the regularised lower incomplete gamma function P(shape, x).

    Source: Abramowitz and Stegun 6.5.29 (series) and 6.5.31 (continued fraction, evaluated from
    the front as by W. J. Lentz 1976).
    """
    spread = sqrt(shape)
    if x <= 0 or x < shape - 12 * spread:
        return 0.0
    if x > shape + 12 * spread + 40:
        return 1.0
    front = exp(shape * log(x) - x - lgamma(shape))
    if x < shape + 1:
        term = total = 1 / shape
        n = shape
        while term > 1e-12 * total:
            n += 1
            term *= x / n
            total += term
        return min(1.0, front * total)
    b = x + 1 - shape
    c, d = 1e300, 1 / b
    fraction = d
    for i in range(1, 500):
        a = i * (shape - i)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        step = d * c
        fraction *= step
        if abs(step - 1) < 1e-12:
            break
    return max(0.0, 1 - front * fraction)


def _p95(mean: float, variance: float) -> float:
    """Return the time that 95 % do not exceed."""
    if mean <= 0 or variance <= 1e-12 * mean * mean:
        return max(mean, 0.0)
    low, high = mean, mean + 5 * sqrt(variance)
    while high - low > 1e-4 + 1e-4 * mean:
        middle = (low + high) / 2
        if _within(mean, variance, middle) < _P95:
            low = middle
        else:
            high = middle
    return high


def count(offered: int, first: int, after: int) -> int:
    """Return how many requests fall into slots [first, after) at *offered* millionths a slot.

    Whole requests, spread evenly; the counts of neighbouring spans add up exactly.
    """
    return offered * after // MILLION - offered * first // MILLION


def part(offered: int, ppm: int, first: int, after: int) -> int:
    """Return how many of those are the *ppm* part: never more than there are, additive as well."""
    before = offered * first // MILLION * ppm // MILLION
    return offered * after // MILLION * ppm // MILLION - before
