"""watch: a cursor on the store's log; each change is encoded once for all who watch.

Source: apiserver pkg/endpoints/handlers/watch.go, pkg/storage/cacher/cache_watcher.go.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson

from ecp.kube.errors import Expired, KubeError, PlainError
from ecp.kube.kinds import Kind
from ecp.sim.admission.conversion import check_convertible
from ecp.sim.store import Change, Obj, Stored
from ecp.sim.store import Expired as OutOfWindow
from ecp.sim.store.store import ADDED, DELETED, MODIFIED
from ecp.simulator.kubeapi.computed import fresh, unstored
from ecp.simulator.kubeapi.encoding import Encoder
from ecp.simulator.kubeapi.hosting import Closed, Hosted
from ecp.simulator.kubeapi.reading import (
    Selectors,
    check_list_options,
    include_object,
    optional_int,
    order,
    selectors,
    too_large,
    version_reached,
    version_text,
)
from ecp.simulator.kubeapi.routes import Target
from ecp.simulator.kubeapi.wire import Call, Media, Receive

_BOOKMARK_EVERY: Final = 60.0
_BOOKMARK_BEFORE_END: Final = 2.0
_LONGEST: Final = 3600.0
_BATCH: Final = 256
"""Changes looked at between two turns of the event loop."""


class Watch(NamedTuple):
    """What a watch asks for. `initial`: begin with what is there; `end_mark`: say where it ends.

    `cursor` is the version after which changes are wanted, `least` that which what is there must
    have reached, `seconds` how long it lasts.
    """

    target: Target
    chosen: Selectors
    media: Media
    include: str
    cursor: int
    initial: bool
    end_mark: bool
    bookmarks: bool
    seconds: float
    least: int = 0


def asked(hosted: Hosted, call: Call, target: Target, media: Media) -> Watch:
    """Read the options of a watch. Raises KubeError."""
    check_list_options(call, watch=True)
    chosen = selectors(call, target.kind)
    seconds = optional_int(call, "timeoutSeconds")
    text = call.get("resourceVersion")
    if text and (words := version_text(text)):
        raise PlainError(words)
    asked_initial = call.all("sendInitialEvents")
    initial = call.flag("sendInitialEvents") if asked_initial else text in ("", "0")
    bookmarks = call.flag("allowWatchBookmarks")
    cursor = hosted.cluster.store.version if text in ("", "0") or initial else int(text)
    if target.name:
        chosen = selectors_of_name(chosen, target)
    return Watch(
        target, chosen, media,
        include_object(call) if media.form == "Table" else "",
        cursor, initial, initial, bookmarks,
        float(seconds) if seconds else _LONGEST,
        int(text) if text and initial else 0,
    )  # fmt: skip


def selectors_of_name(chosen: Selectors, target: Target) -> Selectors:
    """Narrow *chosen* to the one object of a path such as /watch/…/pods/NAME."""
    name, matches = target.name, chosen.fields.matches
    fields = chosen.fields._replace(
        matches=lambda obj: obj["metadata"]["name"] == name and matches(obj)
    )
    return Selectors(chosen.labels, fields)


class Frames:
    """Encodes the frames of one watch."""

    def __init__(self, encoder: Encoder, watch: Watch) -> None:
        self._encoder = encoder
        self._watch = watch
        self._kind: Kind = watch.target.kind
        self._columns = True

    def object(self, type_: str, stored: Stored, *, cache: bool = True) -> bytes:
        """Return a frame with an object in the form that was asked for."""
        media, encoder, kind = self._watch.media, self._encoder, self._kind
        if media.form == "Table":
            row = encoder.row(kind, stored, media, self._watch.include, cache=cache)
            meta = {"resourceVersion": stored.object["metadata"]["resourceVersion"]}
            body = orjson.dumps(encoder.table(kind, [row], meta, media, columns=self._columns))
            self._columns = False
        elif media.form:
            body = encoder.partial(kind, stored, meta_version=media.meta_version, cache=cache)
        else:
            body = encoder.whole(kind, stored, cache=cache)
        return b'{"type":"' + type_.encode() + b'","object":' + body + b"}\n"

    def bookmark(self, version: int, *, end: bool = False) -> bytes:
        """Return a BOOKMARK of *version*; *end* marks the end of the initial objects."""
        meta: dict[str, Any] = {"resourceVersion": str(version)}
        if end:
            meta["annotations"] = {"k8s.io/initial-events-end": "true"}
        media, kind = self._watch.media, self._kind
        obj: dict[str, Any]
        if media.form == "Table":
            about = {
                "kind": "PartialObjectMetadata",
                "apiVersion": f"meta.k8s.io/{media.meta_version}",
                "metadata": meta,
            }
            columns = self._encoder.printer(kind).columns
            cells = ["<unknown>" if column.name == "Age" else "" for column in columns]
            obj = self._encoder.table(
                kind, [{"cells": cells, "object": about}],
                {"resourceVersion": str(version)}, media, columns=self._columns,
            )  # fmt: skip
            self._columns = False
        elif media.form:
            obj = {
                "kind": "PartialObjectMetadata",
                "apiVersion": f"meta.k8s.io/{media.meta_version}",
                "metadata": meta,
            }
        else:
            obj = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta}
        return orjson.dumps({"type": "BOOKMARK", "object": obj}) + b"\n"


def _error(wanted: int, oldest: int) -> bytes:
    return _failed(Expired(f"too old resource version: {wanted} ({oldest})"))


def _failed(error: KubeError) -> bytes:
    return orjson.dumps({"type": "ERROR", "object": error.status()}) + b"\n"


def transition(change: Change, chosen: Selectors) -> tuple[str, bool] | None:
    """Return what a change looks like through selectors, and whether the old object is shown.

    An object that starts to match is ADDED, one that ceases to match is DELETED.
    """
    if chosen.empty:
        return change.type, False
    if change.type == DELETED:
        seen = change.old if change.old is not None else change.object
        return (DELETED, False) if chosen.match(seen) else None
    now = chosen.match(change.object)
    before = change.old is not None and chosen.match(change.old)
    if now:
        return (MODIFIED if before else ADDED), False
    return (DELETED, True) if before else None


class Changes:
    """The changes after a version by resource, worked out once for all who stand there."""

    def __init__(self, hosted: Hosted) -> None:
        self._store = hosted.cluster.store
        self._range = (-1, -1)
        self._found: dict[str, list[Change]] = {}

    def between(self, after: int, until: int, resource: str) -> list[Change]:
        """Return the changes of *resource* in (after, until]. Raises OutOfWindow."""
        if self._range != (after, until):
            found: dict[str, list[Change]] = {}
            for change in self._store.since(after):
                if change.rv > until:
                    break
                found.setdefault(change.resource, []).append(change)
            self._range, self._found = (after, until), found
        return self._found.get(resource, [])


async def frames(
    hosted: Hosted, encoder: Encoder, changes: Changes, watch: Watch, receive: Receive
) -> AsyncIterator[bytes]:
    """Yield the frames of a watch, several at a time, until it ends or the client leaves."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    made = Frames(encoder, watch)
    cluster, kind = hosted.cluster, watch.target.kind
    store, cursor = cluster.store, watch.cursor
    if watch.initial:
        await version_reached(hosted, watch.least)
        if watch.least > store.version:
            yield _failed(too_large(watch.least, store.version))
            return
        pinned, cursor = _initial(hosted, watch), store.version
        for start in range(0, len(pinned), _BATCH):
            yield b"".join(made.object(ADDED, stored) for stored in pinned[start : start + _BATCH])
            await asyncio.sleep(0)
        if watch.end_mark and watch.bookmarks:
            yield made.bookmark(cursor, end=True)
    gone = asyncio.ensure_future(_disconnect(receive))
    news: asyncio.Future[int] | None = None
    end = started + watch.seconds
    next_mark = min(started + _BOOKMARK_EVERY, end - _BOOKMARK_BEFORE_END)
    try:
        while not gone.done():
            if news is None:
                news = asyncio.ensure_future(hosted.changed(cursor))
            now = loop.time()
            until = min(end, next_mark) if watch.bookmarks and next_mark > started else end
            waited: set[asyncio.Future[Any]] = {gone, news}
            await asyncio.wait(
                waited, timeout=max(0.0, until - now), return_when=asyncio.FIRST_COMPLETED
            )
            if news.done():
                reached = news.result()
                news = None
                try:
                    found = changes.between(cursor, reached, kind.resource)
                except OutOfWindow:
                    yield _error(cursor, store.oldest + 1)
                    return
                for start in range(0, len(found), _BATCH):
                    piece = b"".join(_seen(made, watch, found[start : start + _BATCH], hosted))
                    if piece:
                        yield piece
                    if start + _BATCH < len(found):
                        await asyncio.sleep(0)
                cursor = max(cursor, reached)
            now = loop.time()
            if watch.bookmarks and started < next_mark <= now:
                yield made.bookmark(cursor)
                next_mark = now + _BOOKMARK_EVERY
            if now >= end:
                return
    except Closed:
        return
    finally:
        for task in (gone, news):
            if task is not None and not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError, Closed):
                    await task


def _initial(hosted: Hosted, watch: Watch) -> list[Stored]:
    """Return the objects that a watch begins with, in the order of a list."""
    cluster, target = hosted.cluster, watch.target
    resource = target.kind.resource
    table = unstored(cluster, target.kind, target.namespace) | cluster.store.items(resource)
    entries = [
        (order(key), stored)
        for key, stored in table.items()
        if target.namespace is None or key[0] == target.namespace
    ]
    entries.sort(key=itemgetter(0))
    return [
        fresh(cluster, resource, stored)
        for _, stored in entries
        if watch.chosen.match(stored.object) and _is_convertible(hosted, target.kind, stored.object)
    ]


def _is_convertible(hosted: Hosted, kind: Kind, obj: Obj) -> bool:
    """An object that cannot be had in the version asked for is not seen by a watch."""
    if not kind.custom:
        return True
    held = obj.get("apiVersion", kind.api_version)
    try:
        check_convertible(hosted.cluster.store, kind, held, kind.api_version)
    except PlainError:
        return False
    return True


def _seen(made: Frames, watch: Watch, found: list[Change], hosted: Hosted) -> Iterator[bytes]:
    namespace = watch.target.namespace
    resource = watch.target.kind.resource
    for change in found:
        if namespace is not None and change.key[0] != namespace:
            continue
        seen = transition(change, watch.chosen)
        if seen is None or not _is_convertible(hosted, watch.target.kind, change.object):
            continue
        type_, show_old = seen
        if show_old and change.old is not None:
            version = change.object["metadata"]["resourceVersion"]
            old = {
                **change.old,
                "metadata": {**change.old["metadata"], "resourceVersion": version},
            }
            yield made.object(type_, Stored(old, change.owners), cache=False)
        else:
            stored = fresh(hosted.cluster, resource, Stored(change.object, change.owners))
            yield made.object(type_, stored)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
