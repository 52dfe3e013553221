"""Whole objects inside an instance: they have a kind, a version and metadata like any other.

Source: apiextensions-apiserver pkg/apiserver/schema/objectmeta/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.structural import Schema, field_schema, item_schema
from ecp.validation.faults import At, Fault, invalid, required
from ecp.validation.metadata import check_annotations, check_labels, check_owners
from ecp.validation.scope import items, mapping

_RULE: Final = "E0643"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"


def check_embedded(value: Any, schema: Schema, at: At, *, root: bool = False) -> Iterator[Fault]:
    """Yield what is wrong with the objects inside a value.

    root   the value is no resource itself, or one that was judged already
    """
    if isinstance(value, list):
        part = item_schema(schema)
        if part is not None:
            for number, item in enumerate(value):
                yield from check_embedded(item, part, at / number)
    if not isinstance(value, dict):
        return
    if schema.get(_EMBEDDED) and not root:
        yield from _object(value, at)
    properties = schema.get("properties") or {}
    for name in sorted(value):
        part = field_schema(schema, name)
        if part is not None:
            here = at / name if name in properties else at.key(name)
            yield from check_embedded(value[name], part, here)


def _object(value: dict[str, Any], at: At) -> Iterator[Fault]:
    for name in ("apiVersion", "kind"):
        if name not in value:
            yield required(_RULE, at / name)
    for name in ("apiVersion", "kind"):
        if name in value:
            yield from _text(name, value[name], at / name)
    if "metadata" in value:
        yield from _metadata(mapping(value["metadata"]), at / "metadata")


def _text(name: str, value: Any, at: At) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield invalid(_RULE, at, value, "must be a string")
    elif not value:
        yield invalid(_RULE, at, value, "must not be empty")
    elif name == "apiVersion" and value.count("/") > 1:
        yield invalid(_RULE, at, value, f"unexpected GroupVersion string: {value}")
    elif name == "kind" and names.dns_1035_label(value.lower()):
        text = "may have mixed case, but should otherwise match: "
        yield invalid(_RULE, at, value, text + ",".join(names.dns_1035_label(value.lower())))


def _metadata(meta: Any, at: At) -> Iterator[Fault]:
    for name, prefix in (("generateName", True), ("name", False)):
        value = meta.get(name) or ""
        for text in _segment_complaints(value, prefix) if value else ():
            yield invalid(_RULE, at / name, value, text)
    namespace = meta.get("namespace") or ""
    for text in names.dns_label(namespace) if namespace else ():
        yield invalid(_RULE, at / "namespace", namespace, text)
    if meta.get("labels"):
        yield from check_labels(meta["labels"], at / "labels")
    if meta.get("annotations"):
        yield from check_annotations(meta["annotations"], at / "annotations")
    if meta.get("ownerReferences"):
        yield from check_owners(meta["ownerReferences"], at / "ownerReferences")
    for number, finalizer in enumerate(items(meta.get("finalizers"))):
        for text in names.label_key(finalizer or ""):
            yield invalid(_RULE, at / "finalizers" / number, finalizer, text)


def _segment_complaints(name: str, prefix: bool) -> Iterator[str]:
    if not prefix and name in (".", ".."):
        yield f"may not be '{name}'"
    for part in ("/", "%"):
        if part in name:
            yield f"may not contain '{part}'"
