"""What becomes of a tenant's requests, workload by workload: pure arithmetic over the call graph.

Callers come before whom they call, so that each is offered what its callers let pass; what fails
at a callee fails at its callers.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

from ecp.sim.traffic.model import (
    LATENCY_LIMITS,
    MILLION,
    Cut,
    Link,
    Names,
    Node,
    Offer,
    Result,
    Seen,
    Share,
)
from ecp.sim.traffic.serving import Own, alone_with
from ecp.sim.traffic.times import Times, within
from ecp.slo.slots import SLOT_SECONDS
from ecp.workloads.resolving import looked_up
from ecp.workloads.retrying import amplified


class Spread(NamedTuple):
    """How load spreads over the nodes: callers first, what each is offered, what it does by itself,
    and the retries a call (ppm)."""

    order: list[int]
    offers: list[Offer]
    own: list[Own]
    again: list[int]


def spread(nodes: Sequence[Node], entering: Sequence[Offer]) -> Spread:
    """Let each node pass on to whom it calls what it does not lose or refuse itself."""
    order = _callers_first(nodes)
    # Whom customers do not reach from outside is offered what others call only.
    offers = [
        Offer(0.0, 0.0) if node.gate is not None else offer
        for node, offer in zip(nodes, entering, strict=True)
    ]
    own: dict[int, Own] = {}
    again = [0] * len(nodes)
    for index in order:
        node, offer = nodes[index], offers[index]
        if node.work is not None and node.work.retry.times and not node.entry and offer.rate:
            again[index], offer = _tried_again(node, offer)
            offers[index] = offer
        own[index] = alone_with(node, offer)
        for link in node.links:
            # Who was before in the order gets nothing more: there the cycle is cut.
            if link.node is not None and link.cut is None and link.node not in own:
                more = passed_on(own[index], offer, link)
                offers[link.node] = offers[link.node].more(more.held, more.rate)
    return Spread(order, offers, [own[index] for index in range(len(nodes))], again)


def passed_on(own: Own, offer: Offer, link: Link) -> Offer:
    """Return what a node that is offered so much asks of one that it calls."""
    passed = (1 - own.network) * (1 - own.overload) * own.again
    return Offer(passed * offer.held * link.streams, passed * offer.rate * link.calls)


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
    order, offers, own, again = spread(nodes, entering)
    results: list[Result | None] = [None] * len(nodes)
    times = [_AT_ONCE] * len(nodes)
    for index in reversed(order):
        result, times[index] = _judged(
            nodes[index], offers[index], entering[index], own[index], results, times, bad_ratio_ppm
        )
        if again[index]:
            result = result._replace(again=again[index])
        cut = nodes[index].cut
        if cut is not None:
            result = _severed(nodes[index], result, cut, bad_ratio_ppm)
        if nodes[index].gate is not None:
            result = _gated(nodes[index], result, entering[index], bad_ratio_ppm)
        if slow is not None and nodes[index].entry:
            result = _slow(nodes[index], result, slow, bad_ratio_ppm, times[index])
        results[index] = result
    return tuple(result for result in results if result is not None)


def _tried_again(node: Node, offer: Offer) -> tuple[int, Offer]:
    """Return the retries a call (ppm) that a node's own failures lead to, and the attempts.

    What fails further on is not looked at: who retries that asks there.
    """
    work = node.work
    assert work is not None

    def failing(rate: float) -> float:
        found = alone_with(node, offer._replace(rate=rate))
        good = (1 - found.network) * (1 - found.overload) * (1 - found.aborted)
        return 1 - good * within(found.mean, found.variance, work.patience)

    before = offer.rate * (1 + node.before / MILLION)
    attempts = amplified(offer.rate, failing, work.retry, before, 1e-3).attempts
    again = max(0, round((attempts / offer.rate - 1) * 1000)) * 1000
    return again, offer._replace(rate=offer.rate * (1 + again / MILLION))


class _Taken(NamedTuple):
    """How long a node's requests take, what those wait for which are stalled, and what makes the
    calls slow that they wait for longest."""

    times: Times
    stalling: Seen = Seen()
    slowing: Seen = Seen()


_AT_ONCE = _Taken(Times(0.0, 0.0))


def _slow(node: Node, result: Result, limit: int, ratio_ppm: int, taken: _Taken) -> Result:
    """Let a workload be down that answers too many requests after the limit with that number.

    Source: sla arithmetic: the share of requests slower than the objective's latency limit.
    """
    slow = MILLION - result.bad - result.within[limit]
    if slow < ratio_ppm or not node.strains:
        return result
    cause = node.strained.cause or taken.stalling.cause
    cause = cause or (node.short if node.short is not None else taken.slowing.cause or "load")
    share = Share("slow", slow, Seen("slow", cause, "", node.strained.pod))
    shares = sorted((*result.shares, share), key=lambda part: -part.ppm)
    return result._replace(state="D", shares=tuple(shares))


def _severed(node: Node, result: Result, cut: Cut, ratio_ppm: int) -> Result:
    """Let what was under way on pods that ended fail in this slot.

    A call that is cut is one bad request more, requests under way are some of the slot's own.
    """
    more = cut.number if cut.calls else 0
    whole = max(result.offered + more, cut.number)
    out = cut.number / whole
    shares = [Share("cut", round(out * MILLION), cut.seen)]
    shares += [part._replace(ppm=round(part.ppm * (1 - out))) for part in result.shares]
    bad = min(MILLION, round((out + (1 - out) * result.bad / MILLION) * MILLION))
    return result._replace(
        state="D" if bad >= ratio_ppm else "U",
        offered=result.offered + more,
        entered=result.entered + more if node.entry else result.entered,
        bad=bad,
        within=tuple(min(MILLION - bad, round(part * (1 - out))) for part in result.within),
        shares=tuple(sorted(shares, key=lambda part: -part.ppm)),
    )


def _gated(node: Node, result: Result, entering: Offer, ratio_ppm: int) -> Result:
    """Let the requests of customers fail that would enter there; what others call is as it is."""
    gate, came = node.gate, round(entering.rate * SLOT_SECONDS * MILLION)
    assert gate is not None
    offered = result.offered + came
    out = came / offered if offered else 1.0
    shares = [Share("network", round(out * MILLION), gate)]
    shares += [part._replace(ppm=round(part.ppm * (1 - out))) for part in result.shares]
    bad = min(MILLION, round((out + (1 - out) * result.bad / MILLION) * MILLION))
    return result._replace(
        state="D" if bad >= ratio_ppm else "U",
        offered=offered,
        entered=came,
        bad=bad,
        within=tuple(round(part * (1 - out)) for part in result.within),
        shares=tuple(sorted(shares, key=lambda part: -part.ppm)),
    )


class _Named(NamedTuple):
    """What lookups do to a call: the share that fails, seconds each, the share stalled so long."""

    failing: float
    mean: float
    stalled: float
    stall: float


_KNOWN = _Named(0.0, 0.0, 0.0, 0.0)


def _named(names: Names | None, rate: float) -> _Named:
    """Return what it does to a call that a pod makes *rate* a second of and has to look up.

    While answers from before go out it is between what was so and what comes to be so.
    """
    if names is None:
        return _KNOWN
    share = looked_up(rate, names.kept, 1 - names.failing)
    if names.fade:
        share += (looked_up(rate, names.kept) - share) * names.fade
    failing = share * names.failing
    # Of the calls that get there so many looked the name up before.
    asked = (share - failing) / (1 - failing) if failing < 1 else 0.0
    return _Named(failing, asked * names.mean, asked * names.stalled, names.stall)


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


def _judged(
    node: Node,
    offer: Offer,
    entered: Offer,
    alone: Own,
    results: Sequence[Result | None],
    times: Sequence[_Taken],
    bad_ratio_ppm: int,
) -> tuple[Result, _Taken]:
    good = (1 - alone.network) * (1 - alone.overload) * (1 - alone.aborted)
    why = Seen("overload", node.short if node.short is not None else node.crowd or "load")
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
    stalled = waited = 0.0
    stalling = slowing = Seen()
    longest = 0.0
    each = offer.rate * (1 - alone.network) * (1 - alone.overload) / max(1, len(node.strains))
    for link in node.links:
        callee = results[link.node] if link.node is not None else None
        calls = max(link.calls, 1.0) if link.streams else link.calls
        if link.node is None or link.cut is not None:
            failing, seen = min(1.0, calls), link.cut or Seen("no-such-name", "", "", link.host)
        elif callee is None:
            continue  # a cycle: judged without it
        else:
            named = _named(link.names, each * calls)
            parted = max(link.parted, named.failing)
            lost = 1 - (1 - callee.lost) * (1 - link.parted) * (1 - named.failing)
            failing = lost * calls if calls <= 1 else 1 - (1 - lost) ** calls
            seen = callee.shares[0].seen if callee.shares else Seen()
            if parted > callee.bad / MILLION:
                seen = link.line
                if named.failing > link.parted and link.names is not None:
                    seen = link.names.seen
            # A request waits for the calls it makes, one after the other.
            taken, whence, strain = times[link.node]
            theirs = link.calls * (taken.mean * (1 + callee.again / MILLION))
            mean += theirs
            mean += link.calls * (link.slow + named.mean)
            for wait, seen_in in ((theirs, strain), (link.calls * link.slow, link.line)):
                if seen_in.cause and wait > longest:
                    slowing, longest = seen_in, wait
            variance += link.calls * taken.variance
            if taken.stalled or named.stalled:
                longer = taken.stalled * taken.stall, named.stalled * named.stall
                waited += link.calls * sum(longer)
                both = 1 - (1 - taken.stalled) * (1 - named.stalled)
                stalled = 1 - (1 - stalled) * (1 - min(1.0, link.calls * both))
                if longer[1] > longer[0] and link.names is not None:
                    whence = link.names.seen
                stalling = stalling if stalling.reason else whence
        if failing > 0:
            called = link.host if callee is None else callee.name
            shares.append(("dependency", good * failing, seen, called))
            good *= 1 - failing
    took = Times(mean, variance, stalled, waited / stalled if stalled else 0.0)
    work = node.work
    if work is not None and good > 0:
        late = 1 - within(mean, variance, work.patience)
        seen = node.strained if node.strained.cause else why
        if seen.cause == "load" and slowing.cause:
            seen = slowing
        shares.append(("late", good * late, seen._replace(reason="late"), ""))
        if stalled:
            later = 1 - took.within(work.patience) - late
            shares.append(("late", good * later, stalling, ""))
            late += later
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
    mean, variance = took.whole()
    below, p95 = histogram(took)
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
        within=tuple([min(MILLION - bad, round(good * MILLION * part)) for part in below]),
        mean=round(mean * 1000),
        p95=round(p95 * 1000),
        cpu=_cpu(node, offer.rate, alone),
        memory=_memory(node, alone),
        cpu_limit=node.cpu_limit,
        memory_limit=node.memory_limit,
        busy=round(alone.busy * MILLION),
        queue=round(alone.queue * 1000),
        shares=tuple(parts),
        calls=_calls(node, entered),
        mean_us=_three_digits(mean * 1e6),
        scatter_us=_three_digits(sqrt(variance) * 1e6),
    )
    return result, _Taken(took, stalling, node.strained if node.strained.cause else slowing)


@lru_cache(maxsize=4096)
def histogram(took: Times) -> tuple[tuple[float, ...], float]:
    """Return the shares within each of LATENCY_LIMITS, and the time that 95 % do not exceed (s)."""
    return tuple([took.within(limit / 1000) for limit in LATENCY_LIMITS]), took.p95()


def _three_digits(value: float) -> int:
    """Round to three digits: what differs by less is no slot of its own."""
    return int(float(f"{value:.3g}"))


def _calls(node: Node, entered: Offer) -> int:
    """Return the calls that begin, by Little's law."""
    work = node.work
    if work is None or not work.lasts or not node.entry:
        return 0
    return round(entered.held / work.lasts * SLOT_SECONDS * MILLION)


def _cpu(node: Node, rate: float, alone: Own) -> int:
    """Return the milli-CPU of a pod, mean over those that answer."""
    work = node.work
    if not node.strains or work is None:
        return 0
    each = rate / node.listed * (1 - alone.overload)
    cold = sum(strain.cold for strain in node.strains) / len(node.strains)
    used = work.base_cpu + alone.active * work.slot_cpu + each * work.cpu * cold * 1000
    used += alone.busy * work.busy_cpu
    burnt = sum(strain.burn for strain in node.strains) / len(node.strains)
    used += burnt * (node.cpu_limit or node.cpu_request or 1000)
    return round(min(used, node.cpu_limit) if node.cpu_limit else used)


def _memory(node: Node, alone: Own) -> int:
    """Return the bytes of a pod, mean over those that answer."""
    work = node.work
    if not node.strains or work is None:
        return 0
    used = round(work.base_memory + alone.active * work.slot_memory)
    used += sum(strain.leaked for strain in node.strains) // len(node.strains)
    return min(used, node.memory_limit) if node.memory_limit else used
