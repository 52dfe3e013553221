"""What happened to a tenant in the slots since somebody last asked: means, counts, the worst."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ecp.kube.times import rfc3339
from ecp.sim.engine.engine import SECOND
from ecp.sim.telemetry.contract import TENANT
from ecp.sim.telemetry.ledger import Ledger, Told, counted, requests
from ecp.sim.traffic.model import count
from ecp.simulator.hosting import HostedCluster
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES

LONGEST_SLOTS = 86_400 // SLOT_SECONDS
"""Who was away for more than a day is told of the last day."""

METRICS = ("cpu", "memory", "network_rps", "response_time", "error_rate")


class _Piece(NamedTuple):
    """Slots [first, after), all alike: what was said of them, and the figures of one."""

    first: int
    after: int
    told: Told
    figures: dict[str, Any]

    @property
    def badness(self) -> tuple[bool, float, float]:
        figures = self.figures
        return (
            self.told.whole == "D",
            figures["error_rate"] or 0,
            figures["response_time"] or 0,
        )


def recent_json(
    hosted: HostedCluster, tenant: str, since: int | None, figures: Any
) -> dict[str, Any] | None:
    """Return means, counts and the worst of the closed slots from slot *since* on.

    None where no slot has closed since. Without *since* it is the last slot. *figures* gives the
    metrics of results. No slot is skipped at any speed: `to` is where the next question begins.
    """
    ledger = hosted.cluster.accounts.ledgers.get(tenant)
    if ledger is None or ledger.start is None or ledger.end is None:
        return None
    first = ledger.end - 1 if since is None else max(since, ledger.end - LONGEST_SLOTS)
    first = max(first, ledger.start)
    if first >= ledger.end:
        return None
    pieces = list(_pieces(ledger, first, figures))
    worst = max(pieces, key=lambda piece: piece.badness)
    tally = dict.fromkeys(STATE_NAMES.values(), 0)
    for piece in pieces:
        tally[STATE_NAMES[piece.told.whole]] += piece.after - piece.first
    good, total, excess = _requests(pieces)
    return {
        "from": _at(first),
        "to": _at(ledger.end),
        "slots": {"count": ledger.end - first, **tally},
        "requests": {"good": good, "total": total, "excess": excess},
        "metrics": _means(pieces, good, total),
        "worst": {
            "slot": _at(worst.first),
            "state": STATE_NAMES[worst.told.whole],
            "metrics": {name: worst.figures[name] for name in METRICS},
        },
    }


def _pieces(ledger: Ledger, first: int, figures: Any) -> Iterator[_Piece]:
    assert ledger.end is not None
    for start, end, told in ledger.said(first, ledger.end):
        yield _Piece(start, end, told, figures(told.results or ()))


def _requests(pieces: list[_Piece]) -> tuple[int, int, int]:
    good = total = excess = 0
    for first, after, told, _ in pieces:
        state, chosen = told.of(TENANT)
        if state not in ("U", "D"):
            continue
        well, asked = counted([requests(result, True) for result in chosen], first, after)
        good, total = good + well, total + asked
        excess += sum(count(result.excess, first, after) for result in chosen)
    return good, total, excess


def _means(pieces: list[_Piece], good: int, total: int) -> dict[str, float | None]:
    """Return means over the slots; the error rate is that of the requests, where there were any."""
    means: dict[str, float | None] = {}
    for name in METRICS:
        held = [(p.figures[name], p.after - p.first) for p in pieces if p.figures[name] is not None]
        slots = sum(length for _, length in held)
        mean = sum(value * length for value, length in held) / slots if slots else None
        means[name] = None if mean is None else round(mean, 3 if name == "network_rps" else 2)
    if total:
        means["error_rate"] = round(100 * (total - good) / total, 2)
    return means


def _at(slot: int) -> str:
    return rfc3339(slot * SLOT_SECONDS * SECOND)
