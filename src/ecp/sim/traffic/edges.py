"""Who asks whom: a call graph's edges with what runs along them. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from ecp.sim.traffic.evaluation import passed_on, spread
from ecp.sim.traffic.model import MILLION, Link, Node, Offer, Result, Seen


class Edge(NamedTuple):
    """Requests from one workload to another ("" = its customers), at the moment.

    `called` is a node's name, or the `host` that nobody is. `rate` in requests/s, `held` in
    sessions; `failing` is their share in [0, 1]; `mean` and `p95` their response time (ms), 0 where
    none is answered; `seen` says why the most of those that fail do.
    """

    caller: str
    called: str
    host: str
    rate: float
    held: float
    failing: float
    mean: float
    p95: float
    seen: Seen


def edges(
    nodes: Sequence[Node], entering: Sequence[Offer], results: Sequence[Result]
) -> list[Edge]:
    """Return the edges in the order of the callers: first those of customers.

    What a caller asks is what it does not lose or refuse itself; nobody who asks nothing is listed
    as a customer.
    """
    met = spread(nodes, entering)
    found = [
        Edge("", node.name, "", offer.rate, offer.held, *_met(result))
        for node, offer, result in zip(nodes, entering, results, strict=False)
        if offer.rate or offer.held
    ]
    for index, node in enumerate(nodes):
        for link in node.links:
            offer = passed_on(met.own[index], met.offers[index], link)
            called = link.host if link.node is None else nodes[link.node].name
            fate = _fate(link, results)
            found.append(Edge(node.name, called, link.host, offer.rate, offer.held, *fate))
    return found


def _met(result: Result) -> tuple[float, float, float, Seen]:
    seen = result.shares[0].seen if result.shares else Seen()
    return result.bad / MILLION, float(result.mean), float(result.p95), seen


def _fate(link: Link, results: Sequence[Result]) -> tuple[float, float, float, Seen]:
    if link.node is None or link.cut is not None:
        return 1.0, 0.0, 0.0, link.cut or Seen("no-such-name", "", "", link.host)
    if link.node >= len(results):
        return 0.0, 0.0, 0.0, Seen()
    failing, mean, p95, seen = _met(results[link.node])
    names = link.names
    unnamed = 0.0 if names is None else names.failing * (1 - names.fade)
    if max(link.parted, unnamed) > failing:
        seen = link.line if link.parted >= unnamed or names is None else names.seen
    failing = 1 - (1 - failing) * (1 - link.parted) * (1 - unnamed)
    slower = 1000 * link.slow
    return failing, mean + slower, p95 + slower, seen
