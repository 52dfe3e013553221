"""Windows of maintenance as they are announced, shown and taken back: of a simulated cluster and of
a real one alike. Pure; instants in seconds since the epoch.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from ecp.kube.times import rfc3339
from ecp.slo.errors import InputError
from ecp.slo.maintenance import Maintenance, MaintenancePlan, MaintenanceTerms
from ecp.slo.recurrence import starts
from ecp.slo.slots import SLOT_SECONDS, Span, slots_covered
from ecp.texts import Language, text

MOST: Final = 5000
"""So many occurrences a tenant may have."""
LONGEST_SECONDS: Final = 31 * 86_400
_SHOWN: Final = 5

Plans = Callable[[str], MaintenancePlan]
"""What of a tenant's windows counts for a service."""


class NotAnnounced(Exception):
    """A window may not be: HTTP status, code, text key and its values."""

    def __init__(self, status: int, code: str, key: str, **values: Any) -> None:
        super().__init__(key)
        self.status, self.code, self.key, self.values = status, code, key, values


def check(
    known: Sequence[Maintenance],
    *,
    start: int,
    end: int,
    retroactive: bool,
    rrule: str | None,
    timezone: str,
    now: int,
) -> None:
    """Let pass a window that may be announced at *now* beside those *known*.

    Raises NotAnnounced.
    """
    if not 0 < end - start <= LONGEST_SECONDS:
        span = {"start": said(start), "end": said(end)}
        raise NotAnnounced(422, "INVALID_WINDOW", "maintenance.bad-span", **span)
    if retroactive and end > now:
        raise NotAnnounced(422, "INVALID_WINDOW", "maintenance.not-over", now=said(now))
    if not retroactive and start < now:
        raise NotAnnounced(422, "INVALID_WINDOW", "maintenance.begun", now=said(now))
    more = 1
    if rrule and retroactive:
        raise NotAnnounced(422, "INVALID_RECURRENCE", "maintenance.rrule-retroactive")
    if rrule:
        try:
            more = len(starts(rrule, start, timezone))
        except InputError as error:
            raise NotAnnounced(
                422, "INVALID_RECURRENCE", "maintenance.rrule", detail=error
            ) from error
    if more + sum(len(window.occurrences()) for window in known) > MOST:
        raise NotAnnounced(409, "TOO_MANY_WINDOWS", "maintenance.too-many", most=MOST)


def revocable(known: Sequence[Maintenance], window_id: str, now: int) -> Maintenance:
    """Return the window of an id that may be taken back at *now*. Raises NotAnnounced."""
    found = next((row for row in known if row.id == window_id), None)
    if found is None:
        ids = ", ".join(row.id for row in known) or "-"
        raise NotAnnounced(
            404, "WINDOW_NOT_FOUND", "maintenance.not-found", window=window_id, known=ids
        )
    ends = max((one.end for one in found.occurrences()), default=found.end)
    if ends <= now and not found.retroactive:
        raise NotAnnounced(409, "WINDOW_OVER", "maintenance.over", window=window_id)
    return found


def revoked(window: Maintenance, now: int) -> Maintenance | None:
    """Return what is left of a window that is taken back at *now*; None where nothing of it was.

    One that runs ends now, one that recurs for good; one that is over stays as it is: closed slots
    are never said again.
    """
    if window.start >= now or window.retroactive:
        return None
    if window.rrule:
        return replace(window, until=min(now, window.until or now))
    return replace(window, end=now) if window.end > now else window


def shown(
    plans: Plans, terms: MaintenanceTerms, window: Maintenance, now: int, language: Language
) -> dict[str, Any]:
    """Return a window with what counts of it; of one that recurs, of the occurrence that is next.

    Instants are RFC 3339.
    """
    every = window.occurrences()
    next_ = next((one for one in every if one.end > now), every[-1])
    row = _counted(plans, terms, next_, language)
    if not window.rrule:
        return row
    ahead = [one for one in every if one.end > now]
    return {
        **row,
        "id": window.id,
        "rrule": window.rrule,
        "timezone": window.timezone,
        "occurrences": len(every),
        "until": said(every[-1].end),
        "next": [_counted(plans, terms, one, language) for one in ahead[:_SHOWN]],
    }


def _counted(
    plans: Plans, terms: MaintenanceTerms, window: Maintenance, language: Language
) -> dict[str, Any]:
    plan = plans(window.services[0] if window.services else "")
    judged = dict(plan.judged)[window.id]
    (own,) = slots_covered([Span(window.start, window.end)])
    beyond = sum(
        max(0, min(own.end, span.end) - max(own.start, span.start))
        for span in slots_covered(plan.excess)
    )
    return {
        "id": window.id,
        "scope": {"services": list(window.services)} if window.services else "tenant",
        "start": said(window.start),
        "end": said(window.end),
        "reason": window.reason,
        "created_at": said(window.created),
        "notice_seconds": window.start - window.created,
        "approved_by": window.approved_by or None,
        "retroactive": window.retroactive,
        "judgement": judged,
        "counts": judged in ("planned", "correction"),
        "beyond_cap_seconds": beyond * SLOT_SECONDS if judged == "planned" else 0,
        "explanation": text(f"maintenance.{judged}", language, notice=terms.notice // 3600),
    }


def said(second: int) -> str:
    """Return an instant as RFC 3339, UTC."""
    return rfc3339(second * 1_000_000_000)
