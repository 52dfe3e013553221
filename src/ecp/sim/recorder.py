"""Kubernetes Events: recorded, counted, aggregated and limited as client-go does it.

Source: kubernetes client-go tools/record/{event,events_cache}.go: identical events raise the
count; from the tenth similar one within ten minutes on they become one "(combined from similar
events)"; a source may write 25 events about one object at once, then one in five minutes.
The server forgets an Event an hour after it was last written (--event-ttl).

The scheduler counts another way, tools/events/event_broadcaster.go: what it says again about one
version of an object makes a series of two, whatever the words; how often it comes then is kept in
mind and written every half hour, and once more when it has not come for six minutes, after which
it begins anew. When those half hours and minutes begin there, hangs on its start: here, on the
cluster's.
"""

from collections import OrderedDict
from functools import lru_cache
from typing import Any

from ecp.kube import kinds
from ecp.kube.patch import fieldset
from ecp.kube.patch.apply import Owner
from ecp.kube.shapes import shape
from ecp.kube.times import rfc3339, rfc3339_micro
from ecp.sim.engine.engine import SECOND, Engine
from ecp.sim.plans import EventNote
from ecp.sim.store import Key, Obj, Store

SERIES = "event-series"
"""The cause of writing how often the scheduler said something again."""
EXPIRY = "event-ttl"
"""The cause of an Event's end: it was kept for its hour."""

_BURST = 25.0
_REFILL_PER_NS = 1 / (300 * SECOND)
_SIMILAR = 10
_SIMILAR_WINDOW = 600 * SECOND
_TTL = 3600 * SECOND
_EXPIRY_GRID = 60 * SECOND
# client-go remembers the newest 4096 of what it counts by; older ones start afresh.
_REMEMBERED = 4096
_SERIES_ENDS = 360 * SECOND
_SERIES_SHOWN = 1800 * SECOND
_FIRST_OF_SERIES = 2
_SCHEDULER = "default-scheduler"
# Only what can be said again of one version of an object is kept in mind. A binding and an eviction
# are writes: after them the pod has another version, and neither happens to it twice.
_AGAIN = frozenset(("FailedScheduling",))
_ACTIONS = {"Scheduled": "Binding", "FailedScheduling": "Scheduling", "Preempted": "Preempting"}
_INSTANCE = f"{_SCHEDULER}-control-plane"
_GROUP = "events.k8s.io/v1"
_UID_MASK = 2**128 - 1
_GOLDEN = 0x9E3779B97F4A7C15F39CC0605CEDC835  # 2^128 divided by the golden ratio, odd


class _Said:
    """What one source said about one object for one reason: since when, in which words.

    `messages` are the different ones of the last ten minutes, `written` the Events they are in:
    part of the object and message ("" for the combined ones) → [name, count, first instant].
    """

    __slots__ = ("last", "messages", "written")

    def __init__(self, last: int, messages: list[str], written: dict[str, list[Any]]) -> None:
        self.last = last
        self.messages = messages
        self.written = written

    def too_similar(self, message: str, now: int) -> bool:
        """Note *message*; whether too many like it were said of late."""
        if now - self.last > _SIMILAR_WINDOW:
            self.messages = []
        self.last = now
        messages = self.messages
        if message not in messages:
            messages.append(message)
        if len(messages) < _SIMILAR:
            return False
        del messages[0]
        return True


class _About:
    """What one source says of one type about one object: its allowance, and what was said why."""

    __slots__ = ("at", "said", "tokens")

    def __init__(self, tokens: float, at: int, said: dict[str, _Said]) -> None:
        self.tokens = tokens
        self.at = at
        self.said = said

    def allowed(self, now: int) -> bool:
        """Whether an Event more is within the limit; it is taken off then."""
        tokens = min(_BURST, self.tokens + (now - self.at) * _REFILL_PER_NS)
        self.at = now
        if tokens < 1:
            self.tokens = tokens
            return False
        self.tokens = tokens - 1
        return True


class _Row:
    """An Event of the scheduler as it was made, how often it was said since and when last."""

    __slots__ = ("actor", "count", "event", "last")

    def __init__(self, event: Obj, actor: str, count: int, last: int) -> None:
        self.event = event
        self.actor = actor
        self.count = count
        self.last = last


class Recorder:
    """Turns EventNotes into Event objects in *store*. State is plain data."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store
        self._abouts: OrderedDict[str, _About] = OrderedDict()  # the newest last
        self._names = [0, 0]  # instant, how many Events were named at it
        self._series: dict[str, _Row] = {}
        engine.handle("event-expiry", self._expire)
        engine.handle("event-series", self._look_at_series)

    def record(self, note: EventNote, component: str, host: str, actor: str) -> None:
        """Write *note*, or count it without writing when the limit swallows it."""
        if component == _SCHEDULER:
            self._say(note, actor)
            return
        engine, store = self._engine, self._store
        now = engine.now
        regarding, kind, reason, message, field_path = note
        meta = regarding["metadata"]
        namespace = meta.get("namespace", "")
        key = (
            f"{component}|{host}|{regarding['kind']}|{namespace}|{meta['name']}|"
            f"{meta.get('uid', '')}|{kind}"
        )
        about = self._abouts.get(key)
        new = about is None
        if about is None:
            about = self._remember(key, now)
        said, words = about.said.get(reason), message
        if field_path:
            words = f"{field_path}|{message}"
        if said is None:
            said = about.said[reason] = _Said(now, [message], {})
        elif said.too_similar(message, now):
            message, words = f"(combined from similar events): {message}", ""
        written = said.written.get(words)
        if written is None:
            name = f"{meta['name']}.{self._stamp(now):x}"
            written = said.written[words] = [name, 0, rfc3339(now)]
        written[1] += 1
        if not new and not about.allowed(now):
            # It is counted all the same, and the next that is allowed says how many there were.
            return
        namespace = namespace or "default"
        name, count, first = written
        stored = store.stored(kinds.EVENTS, (namespace, name))
        if stored is not None:
            last = {"message": message, "count": count, "lastTimestamp": rfc3339(now)}
            obj = {**stored.object, **last}
        else:
            obj = self._event(note, message, name, namespace, component, host)
            if count > 1:
                obj = {**obj, "count": count, "firstTimestamp": first}
            if not words:
                # Who puts several into one does not say for whom.
                obj = {**obj, "reportingComponent": "", "reportingInstance": ""}
        fresh, owners = stored is None, _owners(actor, component, bool(host), rfc3339(now))
        self._put((namespace, name), obj, owners, actor, fresh=fresh)

    def _put(
        self, key: Key, obj: Obj, owners: tuple[Owner, ...], actor: str, *, fresh: bool
    ) -> None:
        engine, store = self._engine, self._store
        if not store.count(kinds.EVENTS):
            self._arm()
        store.put(
            kinds.EVENTS, key, obj, owners,
            at=engine.now, cause=engine.cause, actor=actor, fresh=fresh,
        )  # fmt: skip

    # -- the scheduler's ----------------------------------------------------------------------

    def _say(self, note: EventNote, actor: str) -> None:
        meta, now = note.regarding["metadata"], self._engine.now
        if note.reason not in _AGAIN:
            self._first(note, actor)
            return
        key = "|".join(
            (note.type, note.reason, note.regarding["kind"], meta.get("namespace", ""),
             meta["name"], meta.get("uid", ""), meta.get("resourceVersion", ""))
        )  # fmt: skip
        row = self._series.get(key)
        if row is None:
            if not self._series:
                self._engine.at(_next(now), "event-series", None, cause=SERIES)
            self._series[key] = _Row(self._first(note, actor), actor, 1, now)
            return
        row.count += 1
        row.last = now
        if row.count == _FIRST_OF_SERIES:
            self._write(row)

    def _first(self, note: EventNote, actor: str) -> Obj:
        """Write what is said for the first time; return the Event."""
        meta, now = note.regarding["metadata"], self._engine.now
        name = f"{meta['name']}.{self._stamp(now):x}"
        namespace = meta.get("namespace") or "default"
        event = self._event(note, note.message, name, namespace, _SCHEDULER, "")
        owners = _series_owners(actor, rfc3339(now), again=False)
        self._put((namespace, name), event, owners, actor, fresh=True)
        return event

    def _write(self, row: _Row) -> None:
        """Write how often a series came and when last; the Event again, where it is gone."""
        meta = row.event["metadata"]
        key = (meta["namespace"], meta["name"])
        stored = self._store.stored(kinds.EVENTS, key)
        series = {"count": row.count, "lastObservedTime": rfc3339_micro(row.last)}
        now = rfc3339(self._engine.now)
        if stored is None:
            uid = _event_uid(self._store.version + 1)
            meta = {**meta, "uid": uid, "creationTimestamp": now}
            base = {**row.event, "metadata": meta}
        else:
            base = stored.object
        if base.get("series") != series:
            owners = _series_owners(row.actor, now, again=True)
            self._put(key, {**base, "series": series}, owners, row.actor, fresh=stored is None)

    def _look_at_series(self, _: Any) -> None:
        now = self._engine.now
        ended = [key for key, row in self._series.items() if row.last < now - _SERIES_ENDS]
        shown = list(self._series) if now % _SERIES_SHOWN == 0 else ended
        for row in map(self._series.__getitem__, shown):
            if row.count >= _FIRST_OF_SERIES:
                self._write(row)
        for key in ended:
            del self._series[key]
        if self._series:
            self._engine.at(_next(now), "event-series", None, cause=SERIES)

    def _remember(self, key: str, now: int) -> _About:
        """Begin to remember a source and its object, the first Event taken off its allowance."""
        if len(self._abouts) >= _REMEMBERED:
            self._abouts.popitem(last=False)
        about = self._abouts[key] = _About(_BURST - 1, now, {})
        return about

    def _event(
        self, note: EventNote, message: str, name: str, namespace: str, component: str, host: str
    ) -> Obj:
        regarding, kind, reason, _, field_path = note
        now = self._engine.now
        stamp = rfc3339(now)
        meta = _METADATA.copy()
        meta["name"] = name
        meta["namespace"] = namespace
        meta["uid"] = _event_uid(self._store.version + 1)
        meta["creationTimestamp"] = stamp
        scheduler = component == _SCHEDULER
        event = (_OF_SCHEDULER if scheduler else _skeleton(component, host)).copy()
        event["metadata"] = meta
        event["involvedObject"] = _involved(regarding, field_path)
        event["reason"] = reason
        event["message"] = message
        event["type"] = kind
        if scheduler:
            event["eventTime"] = rfc3339_micro(now)
            event["action"] = _ACTIONS[reason]
        else:
            event["firstTimestamp"] = event["lastTimestamp"] = stamp
        return event

    def _stamp(self, now: int) -> int:
        """Return a number unique among names of this instant: Events are named by nanosecond."""
        names = self._names
        if names[0] == now:
            names[1] += 1
            return now + names[1]
        names[:] = now, 0
        return now

    # -- forgetting -----------------------------------------------------------------------------

    def _arm(self) -> None:
        grid = (self._engine.now + _TTL) // _EXPIRY_GRID + 1
        self._engine.at(grid * _EXPIRY_GRID, "event-expiry", None, cause=EXPIRY)

    def _expire(self, _: Any) -> None:
        # Whole seconds compare as text: all stamps have one form.
        limit = rfc3339(self._engine.now - _TTL)
        remaining = False
        for key, stored in self._store.items(kinds.EVENTS).items():
            made = stored.object["metadata"].get("creationTimestamp", "")
            last = max((owner.time or made for owner in stored.owners), default=made)
            if last <= limit:
                self._store.delete(
                    kinds.EVENTS, key, at=self._engine.now, cause=EXPIRY, actor="kube-apiserver"
                )
            else:
                remaining = True
        if remaining:
            self._engine.at(self._engine.now + _EXPIRY_GRID, "event-expiry", None, cause=EXPIRY)

    # -- state ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        return {
            "abouts": {
                key: [about.tokens, about.at, {why: _plain(one) for why, one in about.said.items()}]
                for key, about in self._abouts.items()
            },
            "names": list(self._names),
            "series": {
                key: [row.event, row.actor, row.count, row.last]
                for key, row in self._series.items()
            },
        }

    def restore(self, state: dict[str, Any]) -> None:
        self._abouts = OrderedDict(
            (key, _About(tokens, at, {why: _said(row) for why, row in said.items()}))
            for key, (tokens, at, said) in state["abouts"].items()
        )
        self._names = list(state["names"])
        self._series = {key: _Row(*row) for key, row in state.get("series", {}).items()}


def _next(now: int) -> int:
    """Return the next instant at which the scheduler looks whether a series has ended."""
    return (now // _SERIES_ENDS + 1) * _SERIES_ENDS


def _plain(said: _Said) -> list[Any]:
    written = {words: list(row) for words, row in said.written.items()}
    return [said.last, list(said.messages), written]


def _said(row: list[Any]) -> _Said:
    written = {words: list(event) for words, event in row[2].items()}
    return _Said(row[0], list(row[1]), written)


# Events are the most of all objects: those of one form share their keys.
_METADATA = shape(
    dict.fromkeys(("name", "namespace", "uid", "creationTimestamp", "resourceVersion"), "")
)
_FORM = {
    "kind": "Event",
    "apiVersion": "v1",
    "metadata": _METADATA,
    "involvedObject": {},
    "reason": "",
    "message": "",
    "source": {},
    "firstTimestamp": None,
    "lastTimestamp": None,
}
_OF_SCHEDULER = shape(
    {
        **_FORM,
        "type": "",
        "eventTime": "",
        "action": "",
        "reportingComponent": _SCHEDULER,
        "reportingInstance": _INSTANCE,
    }
)
_OF_OTHERS = shape(
    {
        **_FORM,
        "count": 1,
        "type": "",
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    }
)


@lru_cache(maxsize=4096)
def _skeleton(component: str, host: str) -> Obj:
    """Return what the Events of one source have in common."""
    event = _OF_OTHERS.copy()
    event["source"] = {"component": component, "host": host} if host else {"component": component}
    event["reportingComponent"] = component
    event["reportingInstance"] = host
    return event


_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion")
_WHOLE = shape(dict.fromkeys(_INVOLVED, ""))
_PART = shape(dict.fromkeys((*_INVOLVED, "fieldPath"), ""))


def _involved(regarding: Obj, field_path: str) -> Obj:
    """Return the reference to what an Event is about, or to a part of it."""
    meta = regarding["metadata"]
    involved = (_PART if field_path else _WHOLE).copy()
    involved["kind"] = regarding["kind"]
    involved["name"] = meta["name"]
    involved["apiVersion"] = regarding["apiVersion"]
    for field in ("namespace", "uid", "resourceVersion"):
        if field in meta:
            involved[field] = meta[field]
        else:
            del involved[field]
    if field_path:
        involved["fieldPath"] = field_path
    return involved


_IN_GROUP = ("action", "eventTime", "note", "reason", "regarding", "reportingController")
_IN_CORE = ("count", "firstTimestamp", "lastTimestamp", "message", "reason", "reportingComponent")

_SERIES: tuple[tuple[str, ...], ...] = ((), ("f:count",), ("f:lastObservedTime",))


@lru_cache(maxsize=1024)
def _owners(actor: str, component: str, host: bool, stamp: str) -> tuple[Owner, ...]:
    """Return who owns an Event that *component* wrote; all of one source and second share it."""
    found: list[tuple[str, ...]] = [
        (f"f:{name}",) for name in (*_IN_CORE, "involvedObject", "type")
    ]
    found.append(("f:source", "f:component"))
    if host:
        found += [("f:reportingInstance",), ("f:source", "f:host")]
    return (Owner(actor, "Update", "v1", stamp, "", fieldset.of(*found)),)


@lru_cache(maxsize=1024)
def _series_owners(actor: str, stamp: str, *, again: bool) -> tuple[Owner, ...]:
    """Return who owns an Event of the scheduler; it writes the fields of its own group."""
    found: list[tuple[str, ...]] = [
        (f"f:{name}",) for name in (*_IN_GROUP, "reportingInstance", "type")
    ]
    if again:
        found += [("f:series", *rest) for rest in _SERIES]
    return (Owner(actor, "Update", _GROUP, stamp, "", fieldset.of(*found)),)


def _event_uid(version: int) -> str:
    """Return a UUID-shaped uid from the version that an Event is made with, which no other has.

    Steps of the golden ratio: neighbours differ in every digit. Events are never owners.
    """
    digits = f"{version * _GOLDEN & _UID_MASK:032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
