"""Event, of the core group and of events.k8s.io.

Source: kubernetes pkg/apis/core/validation/events.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.differences import IMMUTABLE, Shape, shown
from ecp.validation.faults import At, Fault, invalid, invalid_struct, required
from ecp.validation.metadata import check_metadata
from ecp.validation.scope import Object, Scope, mapping

_OTHERS_NAMESPACE: Final = "does not match event.namespace"
# The fields of both groups by the names that the server says: the core group's.
_NEW_NAMES: Final = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
_LENGTHS: Final = (("action", 128), ("reason", 128), ("message", 1024))


def _is_newer(event: Object) -> bool:
    return event.get("apiVersion") == "events.k8s.io/v1"


def _field(event: Object) -> Callable[[str], str]:
    """Return what translates the core group's name of a field to that of the event's group."""
    newer = _is_newer(event)
    return lambda name: _NEW_NAMES.get(name, name) if newer else name


def check_event(event: Object, scope: Scope) -> Iterator[Fault]:
    field = _field(event)
    namespace = mapping(event.get("metadata")).get("namespace") or scope.namespace
    about = mapping(event.get(field("involvedObject"))).get("namespace") or ""
    at = At() / "involvedObject" / "namespace"
    point = At() / field("involvedObject") / "namespace"
    if event.get("eventTime") is None:
        if about != namespace and (about or namespace not in ("default", "")):
            yield invalid("E0614", at, about, _OTHERS_NAMESPACE, point=point)
    else:
        if not about and namespace not in ("default", "kube-system", ""):
            yield invalid("E0614", at, about, _OTHERS_NAMESPACE, point=point)
        yield from _series_event(event, field, _is_newer(event))
    for text in names.dns_subdomain(namespace) if namespace else ():
        yield invalid("E0614", At() / "namespace", namespace, text)


def new_event(event: Object, scope: Scope) -> Iterator[Fault]:
    """The older group's events are looked at as any object is once they are sound in themselves."""
    own = list(check_event(event, scope))
    yield from own
    if _is_newer(event):
        yield from check_metadata(event, "events.k8s.io", "Event", scope)
        yield from _strict(event, _field(event))
    elif not own:
        yield from check_metadata(event, "", "Event", scope)


def _series_event(event: Object, field: Any, newer: bool) -> Iterator[Fault]:
    """Check what an event with a time of its own has to say besides."""
    name = "reportingController" if newer else "reportingComponent"
    controller, at = event.get(name) or "", At() / name
    if not controller:
        yield required("E0616", at)
    for text in names.label_key(controller):
        yield invalid("E0616", at, controller, text)
    instance, at = event.get("reportingInstance") or "", At() / "reportingInstance"
    if not instance:
        yield required("E0616", at)
    if len(instance.encode()) > 128:
        yield invalid("E0616", at, "", "can have at most 128 characters")
    for name, limit in _LENGTHS:
        value, at = event.get(field(name)) or "", At() / name
        if not value and name != "message":
            yield required("E0616", at)
        if len(value.encode()) > limit:
            text = f"can have at most {limit} characters"
            yield invalid("E0616", at, "", text, point=At() / field(name))


def _series(event: Object) -> Iterator[Fault]:
    series = event.get("series")
    if isinstance(series, dict):
        if (series.get("count") or 0) < 2:
            point = At() / "series" / "count"
            yield invalid("E0616", At() / "series.count", "", "should be at least 2", point=point)
        if series.get("lastObservedTime") is None:
            yield required("E0616", At() / "series" / "lastObservedTime")


def _strict(event: Object, field: Any) -> Iterator[Fault]:
    """Check what the newer group asks for, and what it no longer takes."""
    yield from _series(event)
    if event.get("eventTime") is None:
        yield required("E0616", At() / "eventTime")
    kind = event.get("type") or ""
    if kind not in ("Normal", "Warning"):
        yield invalid("E0616", At() / "type", "", f"has invalid value: {kind}")
    for name in ("firstTimestamp", "lastTimestamp", "count", "source"):
        value = event.get(field(name))
        if any(value.values()) if isinstance(value, dict) else value:
            text = "needs to be unset"
            yield invalid("E0616", At() / name, "", text, point=At() / field(name))


def event_change(event: Object, old: Object) -> Iterator[Fault]:
    """Check what may become of an event of the newer group: a series goes on, no more.

    Source: also `ValidateEventUpdate`.
    """
    field = _field(event)
    if event.get("series") != old.get("series"):
        yield from _series(event)
    for name, empty in _FIXED:
        now, then = (_told(one.get(field(name)), name, empty) for one in (event, old))
        same = _microseconds(now) == _microseconds(then) if name == "eventTime" else now == then
        if not same:
            say = invalid_struct if isinstance(empty, tuple) else invalid
            yield say("E0700", At() / name, now, IMMUTABLE, point=At() / field(name))


def _told(value: Any, name: str, empty: Any) -> Any:
    """Return a field as the server prints it; what an event is about is there in any case."""
    if isinstance(empty, tuple):
        return shown({} if value is None and name != "related" else value, empty)
    return empty if value is None else value


def _microseconds(time: Any) -> str:
    """Return a time without what is finer: some clients write it finer than it is kept."""
    seconds, _, fraction = str(time or "").removesuffix("Z").partition(".")
    return f"{seconds}.{fraction[:6]:0<6}"


_REFERENCE: Final[Shape] = (
    ("Kind", "kind", ""),
    ("Namespace", "namespace", ""),
    ("Name", "name", ""),
    ("UID", "uid", ""),
    ("APIVersion", "apiVersion", ""),
    ("ResourceVersion", "resourceVersion", ""),
    ("FieldPath", "fieldPath", ""),
)
# What stays, in the server's order: a struct's shape, or the value where there is none.
_FIXED: Final[tuple[tuple[str, Any], ...]] = (
    ("involvedObject", _REFERENCE),
    ("reason", ""),
    ("message", ""),
    ("source", (("Component", "component", ""), ("Host", "host", ""))),
    ("firstTimestamp", None),
    ("lastTimestamp", None),
    ("count", 0),
    ("reason", ""),
    ("type", ""),
    ("eventTime", None),
    ("action", ""),
    ("related", _REFERENCE),
    ("reportingController", ""),
    ("reportingInstance", ""),
)
CHECKS = {"Event": (check_event,)}
NEW = {"Event": new_event}
