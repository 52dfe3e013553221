"""Kubernetes Events: recorded, counted, aggregated and limited as client-go does it.

Source: kubernetes client-go tools/record/{event,events_cache}.go: identical events raise the
count; from the tenth similar one within ten minutes on they become one "(combined from similar
events)"; a source may write 25 events about one object at once, then one in five minutes.
The server forgets an Event an hour after it was last written (--event-ttl).
"""

from hashlib import blake2b
from typing import Any

from ecp.kube import kinds
from ecp.kube.times import rfc3339
from ecp.sim.engine.engine import SECOND, Engine
from ecp.sim.plans import EventNote
from ecp.sim.store import Key, Obj, Store

EXPIRY = "event-ttl"
"""The cause of an Event's end: it was kept for its hour."""

_BURST = 25.0
_REFILL_PER_NS = 1 / (300 * SECOND)
_SIMILAR = 10
_SIMILAR_WINDOW = 600 * SECOND
_TTL = 3600 * SECOND
_EXPIRY_GRID = 60 * SECOND
# client-go keeps the newest 4096 of each; older ones start afresh.
_REMEMBERED = 4096


class Recorder:
    """Turns EventNotes into Event objects in *store*. State is plain data."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store
        # source+object -> [tokens, instant of the last look]
        self._buckets: dict[str, list[Any]] = {}
        # source+object+type+reason -> [instant of the last one, messages]
        self._similar: dict[str, list[Any]] = {}
        # the same + message -> [name of the Event object, count, instant of the first]
        self._written: dict[str, list[Any]] = {}
        self._names = [0, 0]  # instant, how many Events were named at it
        engine.handle("event-expiry", self._expire)

    def record(self, note: EventNote, component: str, host: str, actor: str) -> None:
        """Write *note*, or count it without writing when the limit swallows it."""
        now = self._engine.now
        meta = note.regarding["metadata"]
        about = (
            f"{component}|{host}|{note.regarding['kind']}|{meta.get('namespace', '')}|"
            f"{meta['name']}|{meta.get('uid', '')}|{note.field_path}"
        )
        similar = f"{about}|{note.type}|{note.reason}"
        message, key = note.message, f"{similar}|{note.message}"
        if self._too_similar(similar, message, now):
            message, key = f"(combined from similar events): {message}", similar
        written = self._written.get(key)
        if not self._allowed(about, now):
            if written is not None:
                written[1] += 1
            return
        namespace = meta.get("namespace") or "default"
        if written is not None:
            stored = self._store.stored(kinds.EVENTS, (namespace, written[0]))
            if stored is not None:
                written[1] += 1
                obj = {
                    **stored.object,
                    "message": message,
                    "count": written[1],
                    "lastTimestamp": rfc3339(now),
                }
                self._put((namespace, written[0]), obj, stored.owners, actor)
                return
        name = f"{meta['name']}.{self._stamp(now):x}"
        _remember(self._written, key, [name, 1, now])
        obj = self._event(note, message, name, namespace, component, host)
        self._put((namespace, name), obj, (), actor)

    def _put(self, key: Key, obj: Obj, owners: tuple[Any, ...], actor: str) -> None:
        if self._store.count(kinds.EVENTS) == 0:
            self._arm()
        self._store.put(
            kinds.EVENTS,
            key,
            obj,
            owners,
            at=self._engine.now,
            cause=self._engine.cause,
            actor=actor,
        )

    def _event(
        self, note: EventNote, message: str, name: str, namespace: str, component: str, host: str
    ) -> Obj:
        regarding, meta = note.regarding, note.regarding["metadata"]
        stamp = rfc3339(self._engine.now)
        involved: Obj = {"kind": regarding["kind"]}
        if meta.get("namespace"):
            involved["namespace"] = meta["namespace"]
        involved["name"] = meta["name"]
        if meta.get("uid"):
            involved["uid"] = meta["uid"]
        involved["apiVersion"] = regarding["apiVersion"]
        if meta.get("resourceVersion"):
            involved["resourceVersion"] = meta["resourceVersion"]
        if note.field_path:
            involved["fieldPath"] = note.field_path
        source = {"component": component, "host": host} if host else {"component": component}
        return {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": _event_uid(name, namespace),
                "creationTimestamp": stamp,
            },
            "involvedObject": involved,
            "reason": note.reason,
            "message": message,
            "source": source,
            "firstTimestamp": stamp,
            "lastTimestamp": stamp,
            "count": 1,
            "type": note.type,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": host,
        }

    def _stamp(self, now: int) -> int:
        """Return a number unique among names of this instant: Events are named by nanosecond."""
        instant, used = self._names
        if instant == now:
            self._names = [now, used + 1]
            return now + used + 1
        self._names = [now, 0]
        return now

    def _allowed(self, about: str, now: int) -> bool:
        bucket = self._buckets.get(about)
        if bucket is None:
            _remember(self._buckets, about, [_BURST - 1, now])
            return True
        tokens = min(_BURST, bucket[0] + (now - bucket[1]) * _REFILL_PER_NS)
        bucket[1] = now
        if tokens < 1:
            bucket[0] = tokens
            return False
        bucket[0] = tokens - 1
        return True

    def _too_similar(self, similar: str, message: str, now: int) -> bool:
        record = self._similar.get(similar)
        if record is None or now - record[0] > _SIMILAR_WINDOW:
            _remember(self._similar, similar, [now, [message]])
            return False
        record[0] = now
        messages = record[1]
        if message not in messages:
            messages.append(message)
        if len(messages) < _SIMILAR:
            return False
        del messages[0]
        return True

    # -- forgetting -----------------------------------------------------------------------------

    def _arm(self) -> None:
        grid = (self._engine.now + _TTL) // _EXPIRY_GRID + 1
        self._engine.at(grid * _EXPIRY_GRID, "event-expiry", None, cause=EXPIRY)

    def _expire(self, _: Any) -> None:
        # Whole seconds compare as text: all stamps have one form.
        limit = rfc3339(self._engine.now - _TTL)
        remaining = False
        for key, stored in self._store.items(kinds.EVENTS).items():
            last = stored.object.get("lastTimestamp") or stored.object["metadata"].get(
                "creationTimestamp", ""
            )
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
            "buckets": {k: list(v) for k, v in self._buckets.items()},
            "similar": {k: [v[0], list(v[1])] for k, v in self._similar.items()},
            "written": {k: list(v) for k, v in self._written.items()},
            "names": list(self._names),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self._buckets = {k: list(v) for k, v in state["buckets"].items()}
        self._similar = {k: [v[0], list(v[1])] for k, v in state["similar"].items()}
        self._written = {k: list(v) for k, v in state["written"].items()}
        self._names = list(state["names"])


def _remember(memory: dict[str, Any], key: str, value: Any) -> None:
    """Keep *value* as the newest."""
    if key in memory:
        del memory[key]
    elif len(memory) >= _REMEMBERED:
        del memory[next(iter(memory))]
    memory[key] = value


def _event_uid(name: str, namespace: str) -> str:
    """Return a UUID-shaped uid from the Event's own unique name; Events are never owners."""
    digest = blake2b(f"{namespace}/{name}".encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"
