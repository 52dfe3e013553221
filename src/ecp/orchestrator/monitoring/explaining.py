"""Why a tenant on a real cluster was as it was: from objects, conditions and Events. Pure.

Objects tell how they are now. What has been so since the slot or longer explains it; what came
later does not, and is left out. Beside that stand what the prober wrote down then, and Events near
the slot. What none of them knows is said to be unknown.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from ecp.kube.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    EVENTS,
    PODS,
    REPLICASETS,
    SERVICES,
    STATEFULSETS,
)
from ecp.kube.pods import condition, is_ready
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.monitoring.entries import Entry, ready_endpoints
from ecp.orchestrator.ports import View
from ecp.orchestrator.records import Obj
from ecp.rehearsal.bundle import Ref, replicas_of
from ecp.rehearsal.startup import is_available
from ecp.rehearsal.troubles import cause_text, of_workload, pods_of, remedy_text
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES, State
from ecp.texts import Language, text

NEEDED: Final = (
    DEPLOYMENTS, REPLICASETS, STATEFULSETS, DAEMONSETS, PODS, SERVICES, ENDPOINTSLICES, EVENTS,
)  # fmt: skip
_SETS: Final = (DEPLOYMENTS, STATEFULSETS, DAEMONSETS)
_NEAR_NS: Final = 600_000_000_000
"""Events so long before a slot may be about it (assumed: a rollout's deadline)."""
_MOST_EVENTS: Final = 5
_SLOT_NS: Final = SLOT_SECONDS * 1_000_000_000


class Told(NamedTuple):
    """What is known of a slot beside the objects of now.

    state     as it is kept, or as it was seen; "N" where nobody looked
    causes    what was read off the cluster then, as words
    failures  how asking failed then, by entry
    requests  {good, total} that were counted, None where nobody counts
    looked    whether anybody looked at the tenant then
    """

    state: State
    causes: Sequence[str] = ()
    failures: Mapping[str, str] = {}
    requests: Mapping[str, int] | None = None
    looked: bool = True


class _Row(NamedTuple):
    workload: str
    ready: int
    wanted: int
    since: int
    cause: str
    text: str
    remedy: str
    pods: Sequence[str]


def explained(
    view: View | None,
    tenant: str,
    namespace: str,
    slot: int,
    told: Told,
    *,
    entries: Sequence[Entry],
    language: Language,
) -> dict[str, Any]:
    """Explain a slot (its number) as the simulator does, with what is not known beside it.

    *view* None: the API server does not answer. `chain` are the workloads that are not ready since
    the slot or before; each says since when, why, and what to change.
    """
    end = (slot + 1) * _SLOT_NS
    rows = [] if view is None else _rows(view, namespace, end, language)
    events = [] if view is None else _events(view, end, language)
    bad = told.state in ("D", "N")
    cause = _cause(rows, told, language) if bad else None
    return {
        "tenant": tenant,
        "slot": rfc3339(slot * _SLOT_NS),
        "state": STATE_NAMES[told.state],
        "requests": None if told.requests is None else dict(told.requests),
        "demand": {},
        "chain": [_step(number, row) for number, row in enumerate(rows, 1)] if bad else [],
        "links": _links(view, rows, told, cause, entries, language) if bad else [],
        "cause": cause,
        "sentence": _sentence(rows, told, cause, language),
        "events": events if bad else [],
        "unknown": _unknown(view, told, rows, language),
        "evidence": "measured",
    }


def _rows(view: View, namespace: str, end: int, language: Language) -> list[_Row]:
    read = cast(Any, view)  # all that is asked here a view has
    found = []
    for resource in _SETS:
        for obj in view.list(resource):
            ref = Ref(resource, namespace, obj["metadata"]["name"])
            if is_available(resource, obj) or not replicas_of(resource, obj):
                continue
            pods = pods_of(read, ref)
            since = _since(obj, pods)
            if since >= end:
                continue
            for trouble in of_workload(read, ref)[:1]:
                found.append(
                    _Row(
                        ref.word,
                        sum(map(is_ready, pods)),
                        replicas_of(resource, obj),
                        since,
                        trouble.cause,
                        cause_text(trouble, language),
                        remedy_text(trouble, language),
                        [pod["metadata"]["name"] for pod in pods if not is_ready(pod)],
                    )
                )
    # Who is not ready for longest comes first: the others may wait for it.
    return sorted(found, key=lambda row: (row.since, row.workload))


def _since(obj: Obj, pods: Sequence[Obj]) -> int:
    """Return since when (ns) a workload is not whole, as conditions say it in whole seconds."""
    instants = [_at(pod, condition(pod, "Ready")) for pod in pods if not is_ready(pod)]
    if not instants:
        instants = [_at(obj, condition(obj, "Available"))]
    return min(instants)


def _at(obj: Obj, row: Mapping[str, Any] | None) -> int:
    said = (row or {}).get("lastTransitionTime") or obj["metadata"].get("creationTimestamp")
    return nanoseconds(said) if said else 0


def _events(view: View, end: int, language: Language) -> list[dict[str, Any]]:
    """Return warnings near a slot, the newest first."""
    found = []
    for event in view.list(EVENTS):
        said = event.get("lastTimestamp") or event.get("eventTime") or ""
        at = nanoseconds(said) if said else 0
        if event.get("type") != "Warning" or not end - _NEAR_NS <= at < end:
            continue
        about = event.get("involvedObject") or {}
        found.append(
            {
                "at": rfc3339(at),
                "object": f"{str(about.get('kind')).lower()}/{about.get('name')}",
                "reason": str(event.get("reason") or ""),
                "message": str(event.get("message") or "")[:300],
                "count": int(event.get("count") or 1),
            }
        )
    found.sort(key=lambda row: (str(row["at"]), str(row["object"])), reverse=True)
    return found[:_MOST_EVENTS]


def _step(number: int, row: _Row) -> dict[str, Any]:
    return {
        "step": number,
        "workload": row.workload,
        "state": STATE_NAMES["D"] if not row.ready else STATE_NAMES["N"],
        "failed_percent": None,
        "how": "readiness",
        "share_percent": None,
        "reason": row.cause,
        "text": row.text,
        "remedy": row.remedy,
        "since": rfc3339(row.since),
        "calls": None,
        "port": None,
        "pod": row.pods[0] if row.pods else None,
        "pods": {"answering": row.ready, "listed": row.ready, "wanted": row.wanted},
        "cause": None,
    }


def _cause(rows: Sequence[_Row], told: Told, language: Language) -> dict[str, Any] | None:
    """Return what the slot follows from: what was written down then goes before what is now."""
    if rows:
        first = rows[0]
        said = text(
            "measured.cause", language,
            object=first.workload, since=rfc3339(first.since), cause=first.text,
        )  # fmt: skip
        word = told.causes[0] if told.causes else f"{first.workload}: {first.cause}"
        return {"kind": "observed", "id": word, "text": said, "remedy": first.remedy,
                "since": rfc3339(first.since)}  # fmt: skip
    if told.causes:
        said = text("measured.recorded", language, cause=", ".join(told.causes))
        return {"kind": "observed", "id": told.causes[0], "text": said, "remedy": None,
                "since": None}  # fmt: skip
    return None


def _links(
    view: View | None,
    rows: Sequence[_Row],
    told: Told,
    cause: Mapping[str, Any] | None,
    entries: Iterable[Entry],
    language: Language,
) -> list[dict[str, Any]]:
    """Return the levels from the cause to the requests: of each only what somebody saw."""
    found = []
    if cause is not None:
        found.append({"level": "cause", "object": cause["id"], "text": cause["text"]})
    for row in rows[:1]:
        said = text(
            "measured.pods", language, object=row.workload, ready=row.ready, wanted=row.wanted,
            since=rfc3339(row.since),
        )  # fmt: skip
        found.append({"level": "pods", "object": row.workload, "text": said})
    listed = [] if view is None else view.list(ENDPOINTSLICES)
    for entry in entries:
        ready = ready_endpoints(listed, entry.service)
        if ready == 0:
            said = text("measured.endpoints", language, service=entry.service)
            found.append({"level": "endpoints", "object": entry.service, "text": said})
    for name, why in sorted(told.failures.items()):
        said = text("measured.requests", language, entry=name, reason=why)
        found.append({"level": "requests", "object": name, "text": said})
    return found


def _sentence(
    rows: Sequence[_Row], told: Told, cause: Mapping[str, Any] | None, language: Language
) -> str:
    if not told.looked:
        return text("measured.nobody-looked", language)
    if told.state not in ("D", "N"):
        return text(f"measured.was-{STATE_NAMES[told.state].replace('_', '-')}", language)
    if cause is None:
        return text("measured.no-cause", language)
    remedy = cause.get("remedy")
    said = str(cause["text"])
    return text("measured.with-remedy", language, cause=said, remedy=remedy) if remedy else said


def _unknown(view: View | None, told: Told, rows: Sequence[_Row], language: Language) -> list[str]:
    """Return what cannot be told of the slot, as sentences."""
    keys = []
    if not told.looked:
        keys.append("measured.unknown-slot")
    if view is None:
        keys.append("measured.unknown-objects")
    if told.requests is None:
        keys.append("measured.unknown-requests")
    if view is not None and not rows and told.state == "D":
        keys.append("measured.unknown-then")
    keys.append("measured.unknown-faults")
    return [text(key, language) for key in keys]
