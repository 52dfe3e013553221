"""OpenAPI documents: what clients validate by, merge lists by and explain fields from.

Those of Kubernetes' own groups are published and come from a file, byte for byte; it is read when
somebody first asks. Those of custom kinds are made of their schemas, and the one old document (v2)
holds both. Source: kube-openapi pkg/handler3, apiextensions-apiserver pkg/controller/openapi.
"""

import hashlib
import json
import lzma
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import orjson

from ecp.kube.kinds import Catalogue, Kind
from ecp.kube.openapi_custom import NEWER, OLDER, Json, Schemas, definitions, routes

PROTOBUF_V2: Final = "application/com.github.proto-openapi.spec.v2"
PROTOBUF_V2_TYPE: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_TOLD_BY: Final = "apis/policy/v1"
_SCALE_OF: Final = "apis/apps/v1"
_DELETING: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
_ASIDE: Final = (
    "admission.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "imagepolicy.k8s.io",
)  # fmt: skip
_GVKS: Final = "x-kubernetes-group-version-kind"


class Document(NamedTuple):
    """A document as it is sent, and its hash: SHA-512 in capital hex digits."""

    body: bytes
    digest: str


def digest(document: bytes) -> str:
    """Return the hash under which a document is linked: SHA-512 in capital hex digits."""
    return hashlib.sha512(document).hexdigest().upper()


class _Published(NamedTuple):
    """The file: where in `content` each document is (start, length, digest)."""

    rows: Mapping[str, tuple[int, int, str]]
    content: memoryview


@lru_cache(maxsize=1)
def _published() -> _Published:
    packed = files("ecp.kube").joinpath("schemas", "openapi.json.xz").read_bytes()
    content = memoryview(lzma.decompress(packed))
    head = bytes(content[: 1 << 14]).partition(b"\n")[0]
    return _Published(json.loads(head)["documents"], content[len(head) + 1 :])


def published(name: str) -> Document | None:
    """Return a document of Kubernetes' own: "api/v1", "apis/apps/v1", "version", "v2" …"""
    found = _published()
    row = found.rows.get(name)
    if row is None:
        return None
    start, length, tag = row
    return Document(bytes(found.content[start : start + length]), tag)


def published_digests() -> dict[str, str]:
    """Return name → hash of the newer documents of Kubernetes' own."""
    return {name: tag for name, (_, _, tag) in _published().rows.items() if name != "v2"}


def parsed(name: str) -> Json:
    """Return a published document as objects. It must be there."""
    found = published(name)
    assert found is not None
    return orjson.loads(found.body)  # type: ignore[no-any-return]


def _measured(described: str, **fields: Json) -> Json:
    since = (
        "The following fields define time interval from which metrics were collected from the "
        "interval [Timestamp-Window, Timestamp]."
    )
    times = {
        "timestamp": {"description": since, "type": "string", "format": "date-time"},
        "window": {"type": "string"},
    }
    return {
        "description": described,
        "type": "object",
        "required": ["timestamp", "window", *fields],
        "properties": {**times, **fields},
    }


_USAGE: Final[Json] = {
    "description": "The memory usage is the memory working set.",
    "type": "object",
    "additionalProperties": {"x-kubernetes-int-or-string": True},
}
_CONTAINERS: Final[Json] = {
    "description": "Metrics for all containers are collected within the same time window.",
    "type": "array",
    "items": {
        "description": "ContainerMetrics sets resource usage metrics of a container.",
        "type": "object",
        "required": ["name", "usage"],
        "properties": {
            "name": {
                "description": "Container name corresponding to the one from pod.spec.containers.",
                "type": "string",
            },
            "usage": _USAGE,
        },
    },
}
MEASUREMENTS: Final = {
    ("metrics.k8s.io", "v1beta1", "NodeMetrics"): _measured(
        "NodeMetrics sets resource usage metrics of a node.", usage=_USAGE
    ),
    ("metrics.k8s.io", "v1beta1", "PodMetrics"): _measured(
        "PodMetrics sets resource usage metrics of a pod.", containers=_CONTAINERS
    ),
}
"""Schemas of what metrics-server answers for. Source: k8s.io/metrics v1beta1 types.go."""


def custom_versions(catalogue: Catalogue) -> dict[str, tuple[Kind, ...]]:
    """Return document name → custom kinds that it is about: "apis/example.com/v1" → …

    What another server answers for is described in the same way.
    """
    found: dict[str, list[Kind]] = {}
    for kind in (*catalogue.kinds, *catalogue.beside):
        if kind.custom or kind.aggregated:
            found.setdefault(f"apis/{kind.api_version}", []).append(kind)
    return {name: tuple(kinds) for name, kinds in found.items()}


def custom(kinds: tuple[Kind, ...], schemas: Schemas) -> Document:
    """Return the document of the custom *kinds* of one group and version."""
    told_by, scale_of = parsed(_TOLD_BY), parsed(_SCALE_OF)
    paths: Json = {}
    models: Json = {}
    for kind in kinds:
        for path, operations in routes(kind, told_by["paths"]).items():
            paths[path] = operations if kind.custom else _only_read(operations)
        models |= definitions(kind, _schema(kind, {**MEASUREMENTS, **schemas}), NEWER)
    known = scale_of["components"]["schemas"] | told_by["components"]["schemas"]
    # Of all groups that hold objects; the document of a built-in group names its own alone.
    groups = parsed("v2")["definitions"][_DELETING][_GVKS]
    known[_DELETING] |= {_GVKS: [row for row in groups if row["group"] not in _ASIDE]}
    document = {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(_reachable(paths, models | known).items()))},
    }
    body = _escaped(document)
    return Document(body, digest(body))


def _only_read(operations: Json) -> Json:
    return {name: operations[name] for name in ("parameters", "get") if name in operations}


def old(catalogue: Catalogue, schemas: Schemas) -> Document:
    """Return the one old document (v2) of everything served."""
    document = parsed("v2")
    kinds = [kind for kind in catalogue.kinds if kind.custom]
    told_by = dict(document["paths"])
    for kind in kinds:
        document["paths"] |= routes(kind, told_by)
        document["definitions"] |= definitions(kind, _schema(kind, schemas), OLDER)
    for part in ("paths", "definitions"):
        document[part] = dict(sorted(document[part].items()))
    body = orjson.dumps(document)
    return Document(body, digest(body))


def _schema(kind: Kind, schemas: Schemas) -> Mapping[str, Any]:
    return schemas.get((kind.group, kind.version, kind.kind)) or {"type": "object"}


def _reachable(paths: Json, models: Json) -> Json:
    """Return those of *models* that *paths* refer to, and what these refer to."""
    found: Json = {}
    waiting = list(_references(paths))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = models[name]
            waiting += _references(models[name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(NEWER):
            yield reference.removeprefix(NEWER)
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _references(item)


def _escaped(document: Json) -> bytes:
    """Go writes newer documents as JSON that may end up in a page."""
    body = orjson.dumps(document)
    for character in b"<>&":
        body = body.replace(bytes((character,)), b"\\u%04x" % character)
    return body
