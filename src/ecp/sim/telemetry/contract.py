"""What was agreed with a tenant about time: service hours and planned maintenance.

Both are said of slots when these are closed, and never again: a change holds from the slot that
runs when it is made. Where nothing was agreed a service is on duty round the clock.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from ecp.slo.errors import InputError
from ecp.slo.hours import ALWAYS, NEVER, Hours, hours_of
from ecp.slo.maintenance import Maintenance, MaintenancePlan, MaintenanceTerms, plan
from ecp.slo.slots import Span, slots_covered
from ecp.slo.windows import zone_of

TIMEZONE = "Asia/Seoul"
PROFILE = "profile"
"""Instead of hours: those in which the profile has customers (callbot 09-18, chatbot 00-24)."""

OFF_DUTY = "never"
"""Instead of hours: none of them, round the clock, as of a tenant that was stopped."""

TENANT = ""
"""The name of the pseudo-service that stands for the tenant as a whole."""

AGREED = ("service_hours", "timezone", "maintenance", "demand")
"""The fields of a tenant that a contract is read from."""

_TERMS = ("notice_seconds", "monthly_cap_seconds")
_LONGEST = 366 * 86_400


class Contract(NamedTuple):
    """Service hours by workload or profile, and when maintenance counts as planned.

    `services` are those contracted: where there is no workload, their hours are the tenant's.
    """

    hours: tuple[tuple[str, Hours], ...] = ()
    services: tuple[str, ...] = ()
    timezone: str = TIMEZONE
    terms: MaintenanceTerms = MaintenanceTerms(timezone=TIMEZONE)

    def of(self, service: str) -> Hours:
        """The hours of a workload: its own, else those of the profile its name tells."""
        named = dict(self.hours)
        if TENANT in named:
            return named[TENANT]
        if service in named:
            return named[service]
        for profile, hours in self.hours:
            if service.startswith(f"{profile}-") or service.endswith(f"-{profile}"):
                return hours
        return ALWAYS

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Contract":
        """From the fields of a tenant: service_hours, timezone, maintenance, demand.

        Raises InputError naming the field.
        """
        zone = body.get("timezone") or TIMEZONE
        if not isinstance(zone, str):
            raise InputError(
                "timezone", f"{zone!r} is no text", "use an IANA name, e.g. Asia/Seoul"
            )
        zone_of(zone)
        terms = body.get("maintenance") or {}
        hours = _hours(body)
        units = body.get("demand") or {}
        services = sorted(name for name in units if units[name]) or [name for name, _ in hours]
        return cls(hours, tuple(services), zone, _terms(terms, zone))


def _hours(body: Mapping[str, Any]) -> tuple[tuple[str, Hours], ...]:
    wanted = body.get("service_hours")
    if not wanted:
        return ()
    if wanted == OFF_DUTY:
        return ((TENANT, NEVER),)
    if wanted == PROFILE:
        wanted = dict.fromkeys(body.get("demand") or (), PROFILE)
    if not isinstance(wanted, Mapping):
        raise InputError(
            "service_hours", f"{wanted!r} names no service", 'write {"callbot": "09:00-18:00"}'
        )
    found = []
    for name, hours in sorted(wanted.items()):
        field = f"service_hours.{name}"
        read = profile_hours(name, field) if hours == PROFILE else hours_of(hours, field)
        if not read.always:
            found.append((name, read))
    return tuple(found)


def profile_hours(name: str, field: str = "service_hours") -> Hours:
    """From the first to the last local hour in which a profile's customers ask for anything."""
    from ecp.workloads.profiles import profiles  # the sheets are read at first use

    row = profiles().get(name)
    if row is None or row.demand is None:
        raise InputError(field, f"{name} is no profile with customers", "write hours instead")
    asked = [hour for hour, weight in enumerate(row.demand.weights) if weight]
    return Hours(asked[0] * 60, (asked[-1] + 1) * 60)


def _terms(given: Any, zone: str) -> MaintenanceTerms:
    if not isinstance(given, Mapping) or set(given) - set(_TERMS):
        raise InputError("maintenance", f"{given!r} are no terms", f"give {', '.join(_TERMS)}")
    terms = MaintenanceTerms(timezone=zone)
    notice = given.get("notice_seconds", terms.notice)
    cap = given.get("monthly_cap_seconds", terms.monthly_cap)
    for field, value in zip(_TERMS, (notice, cap), strict=True):
        if value is None and field == "monthly_cap_seconds":
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LONGEST:
            raise InputError(
                f"maintenance.{field}", f"{value!r} are no seconds", f"give 0 to {_LONGEST}"
            )
    return MaintenanceTerms(notice, cap, zone)


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
