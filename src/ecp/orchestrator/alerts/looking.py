"""Looking back: which alerts a rule would have made of minutes that are kept. Pure."""

from dataclasses import replace

from ecp.kube.times import nanoseconds
from ecp.orchestrator.alerts.judging import Seen, burning
from ecp.orchestrator.alerts.model import RESOLVED, advanced
from ecp.orchestrator.records import Alert
from ecp.slo.burn import tiers_for
from ecp.slo.kept import KeptMinute, counts_of, series_of
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.slots import SLOT_SECONDS
from ecp.slo.windows import instant

_DOWN = "D"
_FAULT = "fault"


def burnt(seen: Seen, first: int) -> list[Alert]:
    """Return the alerts of the burn rate from slot *first* on, in order, the last of them maybe
    still open: as the watch judges, at the end of every minute that *seen* has kept.

    Its `chain` names the fault that the newest down slot before it followed from, if one did.
    """
    series, counts = series_of(seen.kept), counts_of(seen.kept)
    tiers = tiers_for(seen.objective)
    # Nothing fires without something bad in a short window.
    short = max((tier.short for tier in tiers), default=0) // SLOT_SECONDS
    found: list[Alert] = []
    known: Alert | None = None
    bad, cause = -short, ""
    for minute in seen.kept:
        end = minute.start + MINUTE_SLOTS
        if _is_bad(minute):
            bad, cause = end, next((row[1] for row in minute.causes if row[0] == _FAULT), "")
        if end <= first or (known is None and end - bad > short):
            continue
        judged = burning(seen, series, counts, end)
        if known is None and not judged.holds:
            continue
        now = instant(end)
        change = advanced(known, judged._replace(at=now), nanoseconds(now))
        if change is None:
            continue
        known = change.alert
        if change.what == "firing":
            known = replace(known, chain={"cause": cause} if cause else {})
        if change.what == RESOLVED:
            found.append(known)
            known = None
    return found if known is None else [*found, known]


def _is_bad(minute: KeptMinute) -> bool:
    return minute.good < minute.total or any(state == _DOWN for state, _ in minute.runs)
