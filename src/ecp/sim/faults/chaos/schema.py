"""Words in which the schemas of chaos objects are written."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
TEXTS: Schema = {"type": "array", "items": TEXT}
PAIRS: Schema = {"type": "object", "additionalProperties": TEXT}
OPEN: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def fields(required: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    """Return the schema of an object with those fields and no others."""
    found: Schema = {"type": "object", "properties": properties}
    return {**found, "required": list(required)} if required else found


def one_of(*words: str) -> Schema:
    """Return the schema of one of some words."""
    return {"type": "string", "enum": list(words)}


def whole(least: int, most: int | None = None) -> Schema:
    """Return the schema of a whole number within bounds."""
    bounds: Schema = {"type": "integer", "minimum": least}
    return bounds if most is None else {**bounds, "maximum": most}


def listed(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def with_default(schema: Schema, value: Any) -> Schema:
    """Return *schema* with a default."""
    return {**schema, "default": value}


def merged(*parts: Mapping[str, Any]) -> Schema:
    """Return the fields of several objects as one."""
    properties: Schema = {}
    required: list[str] = []
    for part in parts:
        properties |= part["properties"]
        required += part.get("required", ())
    return fields(tuple(required), **properties)


SELECTOR: Schema = fields(
    namespaces=TEXTS,
    labelSelectors=PAIRS,
    annotationSelectors=PAIRS,
    fieldSelectors=PAIRS,
    expressionSelectors=listed(fields(("key", "operator"), key=TEXT, operator=TEXT, values=TEXTS)),
    podPhaseSelectors=TEXTS,
    nodes=TEXTS,
    nodeSelectors=PAIRS,
    pods={"type": "object", "additionalProperties": TEXTS},
)
MODE: Schema = one_of("one", "all", "fixed", "fixed-percent", "random-max-percent")
PODS: Schema = fields(("mode", "selector"), selector=SELECTOR, mode=MODE, value=TEXT)
CONTAINERS: Schema = merged(PODS, fields(containerNames=TEXTS))
COMMON: Schema = fields(duration=TEXT, remoteCluster=TEXT)
