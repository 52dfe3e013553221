"""The life of an alert, whom it is told, what is silenced. Pure.

    not there → pending → firing → acknowledged → resolved
                  └──────────┴───────────┴──────────↑   once it has not held for a minute

What cannot be judged changes nothing: an alert is not over because its figures stopped coming.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from ecp.orchestrator.records import SEVERITIES, Alert, AlertRoute, Silence

KEEP_NS: Final = 60_000_000_000
"""How long an alert must not hold before it is over: less than that is flapping (assumed)."""

RESOLVED: Final = "resolved"
SILENCED: Final = "silenced"
MATCHED: Final = ("tenant_id", "rule", "severity", "subject")
"""The fields of an alert that a silence may match."""

KINDS: Final = ("slack", "email", "webhook", "naver-works", "dooray", "jandi", "apprise")
"""The kinds of routes."""

FIRST_BACK_OFF_S: Final = 5
LONGEST_BACK_OFF_S: Final = 900
MOST_ATTEMPTS: Final = 10
"""Ten tries with triple waits, at most a quarter of an hour each: an hour in all."""

_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})(s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_LONGEST_S: Final = 24 * 3600


class Judged(NamedTuple):
    """What a rule says of a tenant now.

    holds      None where it cannot be judged
    held_s     for how long it has held by the cluster's minutes; None: since it was first seen
    slot       the instant (RFC 3339) whose causes are asked for, "" for none
    """

    tenant_id: str
    rule: str
    subject: str
    severity: str
    holds: bool | None
    values: Mapping[str, Any]
    for_s: int = 0
    held_s: int | None = None
    slot: str = ""
    simulated: bool = False
    at: str = ""

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.tenant_id, self.rule, self.subject)


def fingerprint(tenant_id: str, rule: str, subject: str) -> str:
    """Return what an alert is told from others by, as 32 hexadecimal digits."""
    said = "\0".join((tenant_id, rule, subject))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


class Change(NamedTuple):
    """An alert as it is now, and what happened: pending, firing, escalated, cleared, resolved, or
    "" where only its figures changed."""

    alert: Alert
    what: str


def advanced(known: Alert | None, judged: Judged, now: int) -> Change | None:
    """Return what becomes of an alert (None: there is none) by what a rule says at *now* (ns).

    None where nothing changes.
    """
    if judged.holds is None:
        return None
    if not judged.holds:
        return None if known is None else _cleared(known, now)
    began = now if known is None else known.began_at
    held_s = (now - began) // 1_000_000_000 if judged.held_s is None else judged.held_s
    fires = held_s >= judged.for_s
    if known is None:
        state = "firing" if fires else "pending"
        alert = Alert(
            0,
            judged.fingerprint,
            judged.tenant_id,
            judged.rule,
            judged.subject,
            judged.severity,
            state,
            judged.values,
            {},
            judged.simulated,
            judged.at,
            began_at=now - held_s * 1_000_000_000,
            fired_at=now if fires else None,
        )
        return Change(alert, state)
    higher = max(known.severity, judged.severity, key=SEVERITIES.index)
    alert = replace(
        known,
        severity=higher,
        values=judged.values,
        simulated=judged.simulated,
        at=judged.at,
        clear_at=None,
    )
    if known.state == "pending" and fires:
        return Change(replace(alert, state="firing", fired_at=now), "firing")
    if higher != known.severity and known.state != "pending":
        # Worse than what somebody took notice of: that is news.
        fresh = replace(alert, state="firing", acknowledged_at=None, acknowledged_by="")
        return Change(fresh, "escalated")
    return None if alert == known else Change(alert, "")


def _cleared(known: Alert, now: int) -> Change | None:
    if known.state == "pending":
        return Change(replace(known, state=RESOLVED, resolved_at=now), "cleared")
    since = known.clear_at
    if since is None:
        return Change(replace(known, clear_at=now), "")
    if now - since < KEEP_NS:
        return None
    return Change(replace(known, state=RESOLVED, resolved_at=now), RESOLVED)


def withdrawn(known: Alert, now: int) -> Change:
    """Return the end of an alert that nobody judges any more: its tenant or its rule is gone."""
    return Change(replace(known, state=RESOLVED, resolved_at=now), "withdrawn")


def acknowledged(known: Alert, who: str, now: int) -> Alert | None:
    """Return an alert that somebody takes care of; None where there is nothing to take care of."""
    if known.state not in ("pending", "firing", "acknowledged"):
        return None
    return replace(known, state="acknowledged", acknowledged_at=now, acknowledged_by=who)


# -- silences -------------------------------------------------------------------------------------


def silenced_by(alert: Alert, silences: Iterable[Silence]) -> Silence | None:
    """Return the first of the silences that matches an alert; every matcher has to."""
    return next((one for one in silences if _matches(alert, one.matchers)), None)


def _matches(alert: Alert, matchers: Mapping[str, str]) -> bool:
    return all(
        any(
            fnmatchcase(value, word.strip())
            for word in words.split("|")
            for value in _called(alert, field)
        )
        for field, words in matchers.items()
    )


def _called(alert: Alert, field: str) -> tuple[str, ...]:
    """Return how a matcher may call an alert's field: a tenant's own rule has its name, too."""
    value = str(getattr(alert, field))
    own = field == "rule" and alert.subject and value == "custom"
    return (value, f"{value}:{alert.subject}") if own else (value,)


# -- who is told ----------------------------------------------------------------------------------


def routed(alert: Alert, routes: Iterable[AlertRoute]) -> list[AlertRoute]:
    """Return the routes that are told of an alert.

    What a cluster away from pace 1 says stays here, unless a route wants it (marked [SIM]).
    """
    return [
        route
        for route in routes
        if route.enabled
        and route.tenant_id in ("", alert.tenant_id)
        and route.rule in ("", alert.rule, f"{alert.rule}:{alert.subject}")
        and SEVERITIES.index(alert.severity) >= SEVERITIES.index(route.severity)
        and (route.simulated or not alert.simulated)
    ]


def to_tell(
    alerts: Iterable[Alert], routes: Sequence[AlertRoute], silences: Sequence[Silence]
) -> list[tuple[int, int, str]]:
    """Return (alert, route, what) of everything that is to be told. What was told before is among
    it: it is written down once."""
    return [
        (alert.id, route.id, alert.severity)
        for alert in alerts
        if held_back(alert, silences) is None
        for route in routed(alert, routes)
    ]


def held_back(alert: Alert, silences: Iterable[Silence]) -> str | None:
    """Return why an alert is told to nobody now (its state, or "silenced"); None where it is."""
    if alert.state != "firing":
        return alert.state
    return None if silenced_by(alert, silences) is None else SILENCED


def back_off_s(attempt: int) -> int:
    """Return how long to wait after the *attempt*-th try that failed (from 1)."""
    return int(min(FIRST_BACK_OFF_S * 3 ** (attempt - 1), LONGEST_BACK_OFF_S))


# -- what people write ----------------------------------------------------------------------------


def seconds_of(duration: str) -> int | None:
    """Return the seconds of a duration (90s, 5m, 1h; at most a day); None for what is none."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        return None
    seconds = int(match[1]) * _SECONDS[match[2]]
    return seconds if seconds <= _LONGEST_S else None


def spelled(seconds: int) -> str:
    """Return seconds as a duration: 5m."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def masked(target: str) -> str:
    """Return a target as it may be shown: its scheme, and of a webhook the host."""
    if target.startswith("env:"):
        return target
    scheme, between, rest = target.partition("://")
    if not between:
        return "***"
    if scheme not in ("http", "https"):
        return f"{scheme}://***"
    host = rest.partition("/")[0].rpartition("@")[2]
    return f"{scheme}://{host}/***"
