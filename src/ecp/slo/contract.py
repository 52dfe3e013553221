"""What is agreed with a tenant about time: service hours, when maintenance counts as planned, and
how soon it is answered. A running ledger and a rehearsal are told of it in the same words.

Where nothing was agreed a service is on duty round the clock.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ecp.slo.errors import InputError
from ecp.slo.hours import ALWAYS, NEVER, Hours, hours_of
from ecp.slo.maintenance import MaintenanceTerms
from ecp.slo.objective import LIMITS_MS
from ecp.slo.windows import zone_of

TIMEZONE: Final = "Asia/Seoul"
PROFILE: Final = "profile"
"""Instead of hours: those in which the profile has customers (callbot 09-18, chatbot 00-24)."""

OFF_DUTY: Final = "never"
"""Instead of hours: none of them, round the clock, as of a tenant that was stopped."""

AGREED: Final = ("service_hours", "timezone", "maintenance", "demand")
"""The fields of a tenant that a contract is read from."""

ANSWERED_WITHIN: Final = "response_time_ms"
"""The field of a contract that promises a response time: part of the objective, for a ledger."""

_TIMES: Final = ("service_hours", "timezone", "maintenance")
JUDGED: Final = (*_TIMES, ANSWERED_WITHIN)
"""The fields of a contract by which slots are judged; its others are about money and load."""

WHOLE: Final = ""
"""The name of the pseudo-service that stands for the tenant as a whole."""

_TERMS: Final = ("notice_seconds", "monthly_cap_seconds")
_LONGEST: Final = 366 * 86_400


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
        if WHOLE in named:
            return named[WHOLE]
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


def promised(contract: Mapping[str, Any], target_ppm: int | None = None) -> dict[str, Any]:
    """What a ledger is told of a contract, and of a target: objective, hours, zone, maintenance.

    Raises InputError where answers are promised within none of the limits they are counted by.
    """
    slo: dict[str, Any] = {} if target_ppm is None else {"target_ppm": target_ppm}
    limit = contract.get(ANSWERED_WITHIN)
    if limit is not None:
        if limit not in LIMITS_MS:
            within = ", ".join(map(str, LIMITS_MS))
            raise InputError(
                ANSWERED_WITHIN, f"{limit} is no limit of answers", f"give one of {within}"
            )
        slo |= {"judges_latency": True, "latency_limit_ms": limit}
    return {"slo": slo, **{name: contract[name] for name in _TIMES if name in contract}}


def judged_by(contract: Mapping[str, Any], units: Mapping[str, int]) -> dict[str, Any]:
    """The fields of a contract by which the slots of who contracted *units* are judged, those that
    say nothing left out.

    Raises InputError naming the field.
    """
    found = {name: contract[name] for name in JUDGED if contract.get(name) is not None}
    Contract.read({**found, "demand": units})
    promised(found)
    return found


def _hours(body: Mapping[str, Any]) -> tuple[tuple[str, Hours], ...]:
    wanted = body.get("service_hours")
    if not wanted:
        return ()
    if wanted == OFF_DUTY:
        return ((WHOLE, NEVER),)
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
