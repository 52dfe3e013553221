"""The contract of a followed tenant, and its windows of maintenance.

Both are said of slots when these are closed, and never again: a change holds from the slot that
runs when it is made.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ecp.slo.contract import WHOLE, Contract
from ecp.slo.maintenance import Maintenance, MaintenancePlan, plan
from ecp.slo.slots import Span, slots_covered
from ecp.slo.windows import zone_of

TENANT = WHOLE
"""The name of the pseudo-service that stands for the tenant as a whole."""


class Calendar:
    """One tenant's contract and its windows of maintenance."""

    __slots__ = ("_covered", "_plans", "contract", "plain", "windows")

    def __init__(self, plain: Mapping[str, Any] | None = None) -> None:
        self.windows: list[Maintenance] = []
        self.agree(plain or {})

    def agree(self, plain: Mapping[str, Any]) -> None:
        """Take over a contract. Raises InputError."""
        self.contract = Contract.read(plain)
        self.plain = dict(plain)
        self._forget()

    def _forget(self) -> None:
        self._plans: dict[str, MaintenancePlan] = {}
        self._covered: dict[str, list[Span]] = {}

    def keep(self, window: Maintenance) -> None:
        """Add a window, or put it in the place of the one with its id."""
        self.windows = [w for w in self.windows if w.id != window.id] + [window]
        self._forget()

    def drop(self, window_id: str) -> None:
        self.windows = [window for window in self.windows if window.id != window_id]
        self._forget()

    def plan(self, service: str) -> MaintenancePlan:
        """What of the windows counts for a service."""
        if service not in self._plans:
            self._plans[service] = plan(self.windows, service, self.contract.terms)
        return self._plans[service]

    def covered(self, service: str) -> list[Span]:
        """The slots [first, after) of planned maintenance of a service, ascending."""
        if service not in self._covered:
            self._covered[service] = slots_covered(self.plan(service).planned)
        return self._covered[service]

    def off_duty(self, service: str, slot: int) -> bool:
        """Whether a slot lies outside the service's hours."""
        hours = self.contract.of(service)
        if hours.always:
            return False
        return not any(hours.on_duty(slot, slot + 1, zone_of(self.contract.timezone)))

    def maintained(self, service: str, slot: int) -> bool:
        """Whether planned maintenance of the service covers a slot's start."""
        spans = self.covered(service)
        at = bisect_right(spans, slot, key=lambda span: span.start) - 1
        return at >= 0 and slot < spans[at].end

    def edges(self, services: Iterable[str], a: int, b: int) -> Sequence[int]:
        """The slots inside (a, b) at which duty or maintenance of one of them turns, ascending."""
        found: dict[int, None] = {}
        for service in services:
            hours = self.contract.of(service)
            if not hours.always:
                for span in hours.on_duty(a, b, zone_of(self.contract.timezone)):
                    found |= dict.fromkeys(span)
            if self.windows:
                for span in self.covered(service):
                    found |= dict.fromkeys(span)
        return sorted(edge for edge in found if a < edge < b)

    def over(self, services: Iterable[str], a: int, b: int) -> list[tuple[str, int, int]]:
        """The windows (id, first slot, slot after) that maintain a service in slots of [a, b)."""
        named = list(services)
        planned = {
            window_id
            for service in named
            for window_id, judged in self.plan(service).judged
            if judged == "planned"
        }
        found = []
        for window in (one for known in self.windows for one in known.occurrences()):
            (slots,) = slots_covered([Span(window.start, window.end)])
            first, after = max(slots.start, a), min(slots.end, b)
            if window.id in planned and first < after:
                found.append((window.id, first, after))
        return found

    @property
    def empty(self) -> bool:
        """Whether nothing was agreed that could say a state."""
        return not self.windows and not self.contract.hours

    def snapshot(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"contract": self.plain, "windows": [asdict(window) for window in self.windows]}

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Take over what `snapshot` returned."""
        self.agree(plain["contract"])
        self.windows = [
            Maintenance(**{**row, "services": tuple(row["services"])}) for row in plain["windows"]
        ]
