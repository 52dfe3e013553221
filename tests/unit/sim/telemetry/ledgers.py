"""Ledgers made by hand: results, spans, and the slots written out one by one."""

from typing import Any

from ecp.sim.telemetry.accounts import Accounts
from ecp.sim.traffic.model import LATENCY_LIMITS, MILLION, Result, Seen, Share
from ecp.sim.traffic.tenants import Span

FIRST = 353_514_240
"""The slot of 2026-01-05T00:00:00Z, a Monday, 09:00 in Seoul."""
SLOT_NS = 5_000_000_000


def result(
    name: str = "callbot", *, bad: int = 0, rate: int = 4_321_987, entry: bool = True, **more: Any
) -> Result:
    """A workload's result; down from a tenth of its requests on."""
    fields: dict[str, Any] = {
        "modelled": True,
        "state": "D" if bad >= 100_000 else "U",
        "pods": 2,
        "listed": 2,
        "wanted": 2,
        "offered": rate,
        "entered": rate if entry else 0,
        "within": tuple(
            (MILLION - bad) * n // len(LATENCY_LIMITS) for n in range(1, len(LATENCY_LIMITS) + 1)
        ),
        "mean": 100,
        "p95": 240,
        "mean_us": 100_000 + rate % 7777,
        "calls": rate // 9 if name == "callbot" else 0,
        "cpu": 300,
        "memory": 1 << 30,
        "cpu_limit": 1000,
        "memory_limit": 2 << 30,
        "busy": 100_000,
        "queue": 0,
        "shares": (Share("network", bad, Seen("none-ready", "f1")),) if bad else (),
        **more,
    }
    return Result(name=name, entry=entry, bad=bad, **fields)


UP = (result(), result("chatbot", rate=987_654_321), result("nlp", entry=False))
DOWN = (result(bad=1_000_000), UP[1], UP[2])
CHAT_DOWN = (UP[0], result("chatbot", bad=MILLION, rate=987_654_321), UP[2])


class Told:
    """Accounts that are told spans one after the other; `slot` is the first that is not told."""

    def __init__(self, **contract: Any) -> None:
        self.accounts = Accounts()
        self.slot = FIRST
        self.ledger = self.accounts.ledger("acme")
        self.ledger.calendar.agree(contract)

    def tell(self, *spans: tuple[Any, int]) -> "Told":
        """Close slots: (results, how many)."""
        for results, slots in spans:
            if results is not None:
                self.accounts.span(Span("acme", self.slot, self.slot + slots, results))
            self.slot += slots
        return self

    def window(self, start: int, end: int, **more: Any) -> "Told":
        """Announce maintenance at this slot; *start* and *end* are slots from the first one on."""
        body = {
            "start": (FIRST + start) * 5,
            "end": (FIRST + end) * 5,
            "reason": "upgrade",
            "approved_by": "ops",
            "services": (),
            "retroactive": False,
            **more,
        }
        self.accounts.maintain("acme", body, self.slot * SLOT_NS)
        return self

    def states(self, service: str = "") -> str:
        """The states of all slots, one letter each."""
        ledger, found = self.ledger, ""
        assert ledger.start is not None
        assert ledger.end is not None
        for first, after, told in ledger.said(ledger.start, ledger.end):
            found += told.of(service)[0] * (after - first)
        return found

    def report(self, period: str = "1h", **more: Any) -> dict[str, Any]:
        """The report of a period that ends with the last slot told."""
        made = self.accounts.report("acme", {}, period, self.slot * 5, **more)
        assert made is not None
        return made.to_json()

    def minutes(self, *, workloads: bool = True) -> list[dict[str, Any]]:
        """The bodies of all minutes that are over."""
        now = self.slot * 5 + 10
        found, newest = self.accounts.minutes("acme", 0, 10**6, now, workloads=workloads)
        assert len(found) == newest
        return [minute.body for minute in found]
