"""Objects to bytes: each version of an object is encoded once, for all readers and watchers.

A resourceVersion names one state of one object, so it is the key of the cache. What is computed
on read (heartbeats) is not cached.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from ecp.kube import kinds, printers
from ecp.kube.defaults import TEMPLATE_GENERATION
from ecp.kube.kinds import Kind
from ecp.kube.patch.apply import render
from ecp.kube.versions import as_version
from ecp.sim.store import Obj, Stored
from ecp.simulator.kubeapi.computed import is_computed
from ecp.simulator.kubeapi.hosting import SimulatedCluster
from ecp.simulator.kubeapi.wire import Media

_META_ORDER: Final = (
    "name", "generateName", "namespace", "uid", "resourceVersion", "generation",
    "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "labels",
    "annotations", "ownerReferences", "finalizers",
)  # fmt: skip
_META: Final = b'"metadata":'


def served_meta(obj: Obj, managed: Any) -> Obj:
    """Return the metadata in the server's order, with *managed* as its managedFields."""
    meta = obj["metadata"]
    ordered = {key: meta[key] for key in _META_ORDER if key in meta}
    for key, value in meta.items():
        if key not in ordered:
            ordered[key] = value
    if managed:
        ordered["managedFields"] = managed
    return ordered


def _without_count(daemon_set: Obj) -> Obj:
    """Leave out the annotation that only whole objects have: the server keeps it as a field."""
    meta = daemon_set["metadata"]
    notes = {k: v for k, v in (meta.get("annotations") or {}).items() if k != TEMPLATE_GENERATION}
    rest = {k: v for k, v in meta.items() if k != "annotations"}
    return {"metadata": {**rest, "annotations": notes} if notes else rest}


class _Encoded(NamedTuple):
    """A whole object; its metadata are the bytes from *start* to *end*."""

    text: bytes
    start: int
    end: int


class _Cache:
    """Objects by resourceVersion, the oldest entries dropped when *room* (bytes) is full."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._size = 0
        self._kept: dict[str, _Encoded] = {}

    def get(self, version: str) -> _Encoded | None:
        return self._kept.get(version)

    def keep(self, version: str, encoded: _Encoded) -> None:
        # A copy: what orjson returns holds on to the buffer it grew in, several times the text.
        self._kept[version] = encoded._replace(text=bytes(memoryview(encoded.text)))
        self._size += len(encoded.text)
        while self._size > self._room:
            oldest = next(iter(self._kept))
            self._size -= len(self._kept.pop(oldest).text)


class Encoder:
    """Encoded forms of the objects of one cluster, in *room* bytes at most.

    The room is that of 15,000 to 20,000 pods: a list of more finds none of them encoded.
    """

    def __init__(self, cluster: SimulatedCluster, room: int = 96 << 20) -> None:
        self._cluster = cluster
        self._cache = _Cache(room)
        self._printers: dict[str, tuple[Obj, printers.Printer]] = {}

    def whole(self, kind: Kind, stored: Stored, *, cache: bool = True) -> bytes:
        """Return the whole object with kind and apiVersion first, without a line feed."""
        return self._encoded(kind, stored, cache).text

    def _encoded(self, kind: Kind, stored: Stored, cache: bool) -> _Encoded:
        obj = stored.object
        version = obj["metadata"].get("resourceVersion", "")
        cache = cache and bool(version) and not is_computed(kind.resource)
        if obj.get("apiVersion") != kind.api_version:
            cache = False
            obj = as_version(obj, kind.api_version)
        if cache:
            found = self._cache.get(version)
            if found is not None:
                return found
        meta = _metadata(stored, obj)
        served = {
            "kind": obj["kind"],
            "apiVersion": kind.api_version,
            "metadata": orjson.Fragment(meta),
        }
        for key, value in obj.items():
            if key not in served:
                served[key] = value
        start = len(_head(kind)) + len(_META)
        encoded = _Encoded(orjson.dumps(served), start, start + len(meta))
        if cache:
            self._cache.keep(version, encoded)
        return encoded

    def item(self, kind: Kind, stored: Stored, *, cache: bool = True) -> bytes:
        """Return the object as an item of a list: built-in kinds drop kind and apiVersion."""
        encoded = self._encoded(kind, stored, cache)
        if kind.custom:
            return encoded.text
        return b"{" + encoded.text[encoded.start - len(_META) :]

    def partial(
        self, kind: Kind, stored: Stored, *, meta_version: str = "v1", cache: bool = True
    ) -> bytes:
        """Return its PartialObjectMetadata."""
        if kind.resource == kinds.DAEMONSETS:
            meta = _metadata(stored, _without_count(stored.object))
        elif not cache or stored.object.get("apiVersion") != kind.api_version:
            meta = _metadata(stored, stored.object)
        else:
            encoded = self._encoded(kind, stored, cache)
            meta = encoded.text[encoded.start : encoded.end]
        return b"%b%b}" % (_partial_head(meta_version), meta)

    # -- tables -----------------------------------------------------------------------------------

    def printer(self, kind: Kind) -> printers.Printer:
        """Return the printer of a kind, a custom one's from its definition."""
        if not kind.custom:
            return printers.printer(kind.group_resource)
        crd = self._cluster.store.get(kinds.CRDS, "", kind.resource)
        if crd is None:
            return printers.custom_printer(None)
        known = self._printers.get(f"{kind.resource}/{kind.version}")
        if known is not None and known[0] is crd:
            return known[1]
        columns = None
        for version in crd["spec"]["versions"]:
            if version["name"] == kind.version:
                columns = version.get("additionalPrinterColumns")
        made = printers.custom_printer(columns)
        self._printers[f"{kind.resource}/{kind.version}"] = (crd, made)
        return made

    def row(
        self, kind: Kind, stored: Stored, media: Media, include: str, *, cache: bool = True
    ) -> Any:
        """Return one row of a Table, ready for orjson."""
        obj = stored.object
        row: dict[str, Any] = {"cells": self.printer(kind).cells(obj, self._cluster.now)}
        conditions = printers.row_conditions(kind.resource, obj)
        if conditions:
            row["conditions"] = conditions
        if include == "Object":
            row["object"] = orjson.Fragment(self.whole(kind, stored, cache=cache))
        elif include == "None":
            row["object"] = None
        else:
            row["object"] = orjson.Fragment(
                self.partial(kind, stored, meta_version=media.meta_version, cache=cache)
            )
        return row

    def table(
        self,
        kind: Kind,
        rows: Sequence[Any],
        meta: dict[str, Any],
        media: Media,
        *,
        columns: bool = True,
    ) -> dict[str, Any]:
        """Return a Table of ready *rows*; without *columns* as later frames of a watch."""
        return {
            "kind": "Table",
            "apiVersion": f"meta.k8s.io/{media.meta_version}",
            "metadata": meta,
            "columnDefinitions": [column.as_json() for column in self.printer(kind).columns]
            if columns
            else None,
            "rows": rows,
        }


def _metadata(stored: Stored, obj: Obj) -> bytes:
    managed = render(tuple(stored.owners), stored.object) if stored.owners else None
    return orjson.dumps(served_meta(obj, managed))


def _head(kind: Kind) -> bytes:
    return f'{{"kind":"{kind.kind}","apiVersion":"{kind.api_version}",'.encode()


@lru_cache(maxsize=8)
def _partial_head(meta_version: str) -> bytes:
    head = f'{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/{meta_version}",'
    return head.encode() + _META
