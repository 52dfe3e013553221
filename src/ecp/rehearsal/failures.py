"""The failures of a run as people read them: when, how long, from what, and how requests failed."""

from collections.abc import Sequence
from typing import NamedTuple

from ecp.kube.times import rfc3339
from ecp.rehearsal.measures import Measures
from ecp.rehearsal.report import cause_name
from ecp.rehearsal.service_levels import Why, period
from ecp.rehearsal.troubles import reason_text
from ecp.sim.engine.engine import SECOND
from ecp.sim.traffic import SLOT
from ecp.slo.incidents import Incident
from ecp.slo.slots import SLOT_SECONDS
from ecp.texts import Language, text

_MOST = 6  # ways in which requests failed that are named of one failure
LOAD = "load"
"""The cause of what more requests than can be served lead to."""


class Failure(NamedTuple):
    """One failure of the whole, in words; `end` "" while it lasts."""

    begin: str
    end: str
    length: str
    causes: tuple[str, ...]
    why: tuple[str, ...]


def failures(measures: Measures, language: Language) -> list[Failure]:
    """Return the failures of the whole, in their order: by traffic, else by probes."""
    whole = measures.level("")
    if whole is None:
        return []
    return [
        _told(measures, incident, whole.evidence, language)
        for incident in whole.report.failures.incidents
    ]


def _told(measures: Measures, incident: Incident, evidence: str, language: Language) -> Failure:
    end = measures.after if incident.end is None else incident.end
    bundle = measures.found.bundle
    rows: Sequence[Why] = ()
    if evidence == "traffic":
        rows = measures.why(incident.start, end)
    elif bundle is not None:
        rows = bundle.why(incident)
    names = {fault.id: f"{fault.id} {fault.name}" for fault in measures.run.cluster.faults.all}

    def named(cause: str) -> str:
        if cause == LOAD:
            return text("rehearsal.the-load", language)
        return names.get(cause, cause_name(cause, language))

    seen = [row.cause for row in rows if row.cause]
    ids = seen if evidence == "traffic" and seen else [*(c.id for c in incident.causes), *seen]
    grouped: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        services = grouped.setdefault((row.reason, row.cause), {})
        services[row.service] = services.get(row.service, 0) + row.seconds
    why = []
    for (reason, cause), services in list(grouped.items())[:_MOST]:
        told = ", ".join(f"{name} {period(seconds * SECOND)}" for name, seconds in services.items())
        key = "rehearsal.why-from" if cause else "rehearsal.why"
        said = {"reason": reason_text(reason, language), "services": told}
        why.append(text(key, language, **said, **({"cause": named(cause)} if cause else {})))
    return Failure(
        rfc3339(incident.start * SLOT),
        "" if incident.end is None else rfc3339(end * SLOT),
        period((end - incident.start) * SLOT_SECONDS * SECOND),
        tuple(dict.fromkeys(map(named, ids))),
        tuple(why),
    )
