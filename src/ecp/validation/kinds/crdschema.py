"""The schema in a CustomResourceDefinition: structural, and made of what the server can check.

Defaults and rules in CEL are looked at where there are some.
Source: apiextensions-apiserver pkg/apiserver/schema/{validation,complete}.go,
pkg/apis/apiextensions/validation `ValidateCustomResourceDefinitionOpenAPISchema`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ecp.kube.errors import OMITTED
from ecp.kube.structural import ill_typed
from ecp.validation.custom.rules import BadPath, field_path
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.kinds.crdlists import check_list, check_map
from ecp.validation.scope import Object, items, mapping

_TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
_KEEP: Final = "x-kubernetes-preserve-unknown-fields"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_INT_OR_STRING: Final = "x-kubernetes-int-or-string"
_RULES: Final = "x-kubernetes-validations"
_EITHER: Final = [{"type": "integer"}, {"type": "string"}]
_META: Final = ("apiVersion", "kind", "metadata")
_REASONS: Final = (
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueInvalid",
    "FieldValueRequired",
)
_JUNCTORS: Final = ("allOf", "anyOf", "oneOf")
# What may not be said again inside allOf, anyOf, oneOf or not, and how the server says so.
_ONCE: Final = (
    ("type", "must be empty to be structural"),
    ("additionalProperties", "must be undefined to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    (_KEEP, "must be false to be structural"),
    (_EMBEDDED, "must be false to be structural"),
    (_INT_OR_STRING, "must be false to be structural"),
    ("x-kubernetes-list-map-keys", "must be empty to be structural"),
    ("x-kubernetes-list-type", "must be undefined to be structural"),
    ("x-kubernetes-map-type", "must be undefined to be structural"),
    (_RULES, "must be empty to be structural"),
)
_UNKNOWN: Final = ("id", "additionalItems", "patternProperties", "definitions", "dependencies")


def check_schema(schema: Object, at: At) -> Iterator[Fault]:
    """Check a schema at its root: first its shape, then each of its parts."""
    odd = ill_typed(schema)
    if odd is not None:
        # The decoder looks for types where it knows of some; below items it does not.
        here = at
        for step in odd:
            here = here / step
        yield invalid("E0641", here, OMITTED, "must be of the type that the field has")
        return
    if schema.get("nullable"):
        yield forbidden("E0641", at / "nullable", "nullable cannot be true at the root")
    structural: list[Fault] = []
    if not _foreign(schema):
        structural = [*_shape(schema, "root", at), *_complete(schema, schema, at, at)]
        yield from sorted(structural, key=lambda fault: str(fault.error))
        if not structural and _has(schema, "default"):
            from ecp.validation.kinds.crddefaults import check_defaults

            structural = list(check_defaults(schema, at))
            yield from structural
    found = list(_part(schema, at, _Place(root=True)))
    yield from found
    if not found and not structural and _has(schema, "$schema"):
        yield invalid("E0641", at, "", "OpenAPIV3Schema 'schema' is not supported")
        return
    if not structural and _has(schema, _RULES):
        # Expressions are read for those alone that have some.
        from ecp.validation.kinds.crdrules import check_rules

        yield from check_rules(schema, at, [fault.path for fault in found])


def _has(schema: Object, field: str) -> bool:
    """Tell whether a schema or one inside it says *field*."""
    return bool(schema.get(field) is not None and schema[field] != "") or any(
        _has(part, field) for _, part in _parts(schema)
    )


def _foreign(schema: Object) -> bool:
    """Tell whether a schema has parts that make it unreadable as a structural one."""
    if schema.get("$schema") or any(_is_said(schema, field) for field in (*_UNKNOWN, "$ref")):
        return True
    if items(schema.get("items")) or schema.get(_KEEP) is False:
        return True
    return any(_foreign(part) for _, part in _parts(schema))


def _is_said(schema: Object, field: str) -> bool:
    """Tell whether a schema has a field; of some, the server knows nothing from not there."""
    return schema.get(field) is not None if field in _POINTED_AT else bool(schema.get(field))


_POINTED_AT: Final = ("additionalItems", "dependencies", "$ref")


def _parts(schema: Object) -> Iterator[tuple[tuple[str | int, ...], Object]]:
    """Yield the schemas inside a schema, with the way to them."""
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        yield ("additionalProperties",), extra
    for name, part in sorted(mapping(schema.get("properties")).items()):
        yield ("properties", name), mapping(part)
    if isinstance(schema.get("not"), dict):
        yield ("not",), schema["not"]
    for junctor in ("allOf", "oneOf", "anyOf"):
        for number, part in enumerate(items(schema.get(junctor))):
            yield (junctor, number), mapping(part)
    if isinstance(schema.get("items"), dict):
        yield ("items",), schema["items"]


def _way(at: At, way: tuple[str | int, ...]) -> At:
    if way[0] == "properties":
        return (at / "properties").key(str(way[1]))
    for step in way:
        at = at / step
    return at


# ---- shape: what makes a schema structural ---------------------------------------------------

_UNTYPED: Final = {
    "root": "must not be empty at the root",
    "item": "must not be empty for specified array items",
    "field": "must not be empty for specified object fields",
}


def _shape(schema: Object, level: str, at: At) -> Iterator[Fault]:
    kind, embedded = schema.get("type") or "", bool(schema.get(_EMBEDDED))
    properties = mapping(schema.get("properties"))
    part, extra = schema.get("items"), schema.get("additionalProperties")
    if kind == "array" and not isinstance(part, dict):
        yield required("E0641", at / "items", "must be specified")
    if isinstance(part, dict):
        yield from _shape(part, "item", at / "items")
    for name, field in properties.items():
        yield from _shape(mapping(field), "field", (at / "properties").key(name))
    if extra is not None:
        here = at / "additionalProperties"
        if level == "root":
            yield forbidden("E0641", here, "must not be used at the root")
        if isinstance(extra, dict):
            yield from _shape(extra, "field", here)
    yield from _extensions(schema, at)
    skip = schema.get("anyOf") == _EITHER
    yield from _values(schema, skip, _is_either_first(schema), at)
    yield from _typed(schema, level, kind, at)
    if embedded and extra is not None:
        text = "must not be used if x-kubernetes-embedded-resource is set"
        yield forbidden("E0641", at / "additionalProperties", text)
    if level == "root" and kind not in ("", "object"):
        yield invalid("E0641", at / "type", kind, "must be object at the root")
    yield from _metadata(properties, level, level == "root" or embedded, at / "properties")
    if embedded and not schema.get(_KEEP) and not properties:
        text = (
            "must not be empty if x-kubernetes-embedded-resource is true without "
            "x-kubernetes-preserve-unknown-fields"
        )
        yield required("E0641", at / "properties", text)


def _is_either_first(schema: Object) -> bool:
    first = mapping((items(schema.get("allOf")) or [{}])[0])
    return bool(first.get("anyOf") == _EITHER)


def _extensions(schema: Object, at: At) -> Iterator[Fault]:
    text = "must be false if x-kubernetes-int-or-string is true"
    for field in (_KEEP, _EMBEDDED):
        if schema.get(_INT_OR_STRING) and schema.get(field):
            yield invalid("E0641", at / field, True, text)


def _typed(schema: Object, level: str, kind: str, at: At) -> Iterator[Fault]:
    here = at / "type"
    if schema.get(_EMBEDDED) and kind != "object":
        text = "must be object if x-kubernetes-embedded-resource is true"
        yield invalid("E0641", here, kind, text) if kind else required("E0641", here, text)
    elif not kind and not schema.get(_INT_OR_STRING) and not schema.get(_KEEP):
        yield required("E0641", here, _UNTYPED[level])


def _metadata(properties: Object, level: str, checked: bool, at: At) -> Iterator[Fault]:
    for name in ("kind", "apiVersion") if checked else ():
        kind = mapping(properties.get(name)).get("type") or ""
        if name in properties and kind != "string":
            yield invalid("E0641", at.key(name) / "type", kind, "must be string")
    if "metadata" not in properties:
        return
    metadata, here = mapping(properties["metadata"]), at.key("metadata")
    kind = metadata.get("type") or ""
    if checked and kind != "object":
        yield invalid("E0641", here / "type", kind, "must be object")
    named = set(mapping(metadata.get("properties"))) <= {"name", "generateName"}
    skipped = ("type", "default", "properties") if named else ("type", "default")
    if level == "root" and any(metadata[field] for field in metadata if field not in skipped):
        text = (
            "must not specify anything other than name and generateName, but metadata is "
            "implicitly specified"
        )
        yield forbidden("E0641", here, text)


def _values(schema: Object, skip_any: bool, skip_first: bool, at: At) -> Iterator[Fault]:
    """Check what restricts values; ``anyOf`` integer or string is the one exception."""
    if not skip_any:
        for number, part in enumerate(items(schema.get("anyOf"))):
            yield from _nested(mapping(part), False, at / "anyOf" / number)
    for number, part in enumerate(items(schema.get("allOf"))):
        yield from _nested(mapping(part), skip_first and number == 0, at / "allOf" / number)
    for number, part in enumerate(items(schema.get("oneOf"))):
        yield from _nested(mapping(part), False, at / "oneOf" / number)
    if isinstance(schema.get("not"), dict):
        yield from _nested(schema["not"], False, at / "not")
    pattern = schema.get("pattern") or ""
    complaint = _pattern_complaint(pattern)
    if complaint:
        text = f"must be a valid regular expression, but isn't: {complaint}"
        yield invalid("E0641", at / "pattern", pattern, text)


def _pattern_complaint(pattern: str) -> str:
    if not pattern:
        return ""
    from ecp.kube.expressions import complaint

    return complaint(pattern)


def _nested(schema: Object, skip_any: bool, at: At) -> Iterator[Fault]:
    yield from _values(schema, skip_any, False, at)
    if isinstance(schema.get("items"), dict):
        yield from _nested(schema["items"], False, at / "items")
    properties = mapping(schema.get("properties"))
    for name, part in properties.items():
        yield from _nested(mapping(part), False, (at / "properties").key(name))
    for field, text in _ONCE:
        value = schema.get(field)
        wrong = bool(value)
        if field == "additionalProperties":
            wrong = value is True or isinstance(value, dict)
        if field == "default":
            wrong = value is not None
        if wrong:
            yield forbidden("E0641", at / field, text)
    if "metadata" in properties:
        here = (at / "properties").key("metadata")
        yield forbidden("E0641", here, "must not be specified in a nested context")


def _complete(value: Object, schema: Object | None, at: At, said_at: At) -> Iterator[Fault]:
    """What a junctor speaks of has to be in the schema around it, too."""
    clauses: list[tuple[tuple[str | int, ...], Any]] = []
    if isinstance(value.get("not"), dict):
        clauses.append((("not",), value["not"]))
    for junctor in _JUNCTORS:
        for number, part in enumerate(items(value.get(junctor))):
            clauses.append(((junctor, number), part))
    for way, part in clauses:
        yield from _complete_nested(mapping(part), schema, at, _way(said_at, way))


def _complete_nested(value: Object, schema: Object | None, at: At, said_at: At) -> Iterator[Fault]:
    if schema is None:
        yield required("E0641", at, f"because it is defined in {said_at}")
        return
    yield from _complete(value, schema, at, said_at)
    if isinstance(value.get("items"), dict):
        inner = schema.get("items")
        part = inner if isinstance(inner, dict) else None
        yield from _complete_nested(value["items"], part, at / "items", said_at / "items")
    known = mapping(schema.get("properties"))
    for name, part in mapping(value.get("properties")).items():
        here, there = (at / "properties").key(name), (said_at / "properties").key(name)
        if name not in known:
            yield required("E0641", here, f"because it is defined in {there}")
        else:
            yield from _complete_nested(mapping(part), mapping(known[name]), here, there)


# ---- parts: what each schema may say -----------------------------------------------------------


class _Place(NamedTuple):
    """Where in the whole a schema stands, and why it may not have a default, if it may not."""

    root: bool = False
    in_metadata: bool = False
    no_default: str | None = None


def _part(schema: Object, at: At, place: _Place) -> Iterator[Fault]:
    yield from _supported(schema, at, place)
    if schema.get("uniqueItems"):
        text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield forbidden("E0641", at / "uniqueItems", text)
    extra = schema.get("additionalProperties")
    if mapping(schema.get("properties")) and (extra is False or isinstance(extra, dict)):
        text = "additionalProperties and properties are mutual exclusive"
        yield forbidden("E0641", at / "additionalProperties", text)
    for way, part in _parts(schema):
        yield from _part(part, _way(at, way), _below(schema, way, place))
    if schema.get(_KEEP) is False:
        yield invalid("E0641", at / _KEEP, False, "must be true or undefined")
    yield from check_map(schema, at)
    yield from check_list(schema, at)
    for number, rule in enumerate(items(schema.get(_RULES))):
        yield from _rule(mapping(rule), schema, at / _RULES / number)


def _below(schema: Object, way: tuple[str | int, ...], place: _Place) -> _Place:
    below = place._replace(root=False)
    if way[0] == "additionalProperties" and place.in_metadata:
        return below._replace(no_default="inside additionalProperties applying to object metadata")
    if way[0] == "properties" and way[1] in _META and (place.root or schema.get(_EMBEDDED)):
        below = below._replace(in_metadata=True)
        if place.root:
            return below._replace(no_default=f"in top-level {way[1]}")
    return below


def _supported(schema: Object, at: At, place: _Place) -> Iterator[Fault]:
    kind = schema.get("type") or ""
    if kind and kind not in _TYPES:
        yield unsupported("E0641", at / "type", kind, _TYPES)
    if schema.get("default") is not None and place.no_default is not None:
        yield forbidden("E0641", at / "default", f"must not be set {place.no_default}")
    for field in (*_UNKNOWN, "$ref"):
        if _is_said(schema, field):
            yield forbidden("E0641", at / field, f"{field} is not supported")
    if kind == "null":
        text = "type cannot be set to null, use nullable as an alternative"
        yield forbidden("E0641", at / "type", text, on_key=False)
    if items(schema.get("items")):
        text = "items must be a schema object and not an array"
        yield forbidden("E0641", at / "items", text)
    if place.in_metadata and schema.get(_EMBEDDED):
        yield forbidden("E0641", at / _EMBEDDED, "must not be used inside of resource meta")


def _rule(rule: Object, schema: Object, at: At) -> Iterator[Fault]:
    """Check what a rule in CEL says besides its expression."""
    text, message = rule.get("rule") or "", rule.get("message") or ""
    if not text.strip():
        yield required("E0642", at / "rule", "rule is not specified")
    elif message and not message.strip():
        yield invalid("E0642", at / "message", message, "must be non-empty if specified")
    elif _breaks(message.strip()):
        yield invalid("E0642", at / "message", message, "must not contain line breaks")
    elif _breaks(text.strip()) and not message.strip():
        words = "message must be specified if rule contains line breaks"
        yield required("E0642", at / "message", words)
    expression = rule.get("messageExpression") or ""
    if expression and not expression.strip():
        words = "messageExpression must be non-empty if specified"
        yield required("E0642", at / "messageExpression", words)
    reason = rule.get("reason")
    if reason is not None and reason not in _REASONS:
        yield unsupported("E0642", at / "reason", reason, _REASONS)
    field = rule.get("fieldPath") or ""
    if field and not field.strip():
        yield invalid("E0642", at / "fieldPath", field, "must be non-empty if specified")
    if _breaks(field):
        yield invalid("E0642", at / "fieldPath", field, "must not contain line breaks")
    if field:
        try:
            field_path(field, schema)
        except BadPath:
            yield invalid("E0642", at / "fieldPath", field, "must be a valid path")


def _breaks(text: str) -> bool:
    return "\n" in text or "\r" in text
