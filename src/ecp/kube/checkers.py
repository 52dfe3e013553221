"""A quick yes: is an object what the server's decoder takes without a word?

The schemas of `ecp.kube.schema`, made as strict as the decoder and compiled. They may be narrowed
further, to what somebody has nothing to say of.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ecp.kube.schema import DEFAULT_VERSION, REF, SPECIAL, Gvk, Schema, references, schema

_INT_RANGE: Final = {
    "int32": {"minimum": -(1 << 31), "maximum": (1 << 31) - 1},
    "int64": {"minimum": -(1 << 63), "maximum": (1 << 63) - 1},
}
_CHECKED: Final[Mapping[str, Mapping[str, Any]]] = {
    "quantity": {
        "anyOf": [
            {
                "type": "string",
                "pattern": r"^[+-]?(([0-9]+(\.[0-9]{0,3})?|\.[0-9]{1,3})"
                r"([kMGTPE]|[KMGTPE]i|[eE]\+?[0-9]{1,2})?|[0-9]+m)$",
            },
            {"type": "number", "multipleOf": 0.001},
            {"type": "null"},
        ]
    },
    "int-or-string": {
        "anyOf": [{"type": ["string", "null"]}, {"type": "integer", **_INT_RANGE["int32"]}]
    },
    "time": {
        "type": ["string", "null"],
        "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
        r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?Z$",
    },
    "any": {},
}
_MICRO_TIME: Final = {
    "type": ["string", "null"],
    "pattern": _CHECKED["time"]["pattern"].replace(r"(\.[0-9]+)?", r"\.[0-9]{6}"),
}


class Shape(NamedTuple):
    """What is left of a definition when it is narrowed.

    fields     those that may be there, with a JSON Schema each; None for what the decoder takes
    required   those that must be
    also       JSON Schema of the whole besides
    """

    fields: Mapping[str, Mapping[str, Any] | None]
    required: tuple[str, ...] = ()
    also: Mapping[str, Any] = {}


def checker(gvk: Gvk, kubernetes_version: str = DEFAULT_VERSION) -> Any:
    """Return a compiled validator; `is_valid(object)` is a quick and strict yes.

    It says yes only where the server's decoder finds nothing: types, ranges of integers, unknown
    fields, quantities; and where no value has to be made another first, as null in a list has. A no
    may be wrong and wants a second look. Null is allowed as the value of any field: Go takes it for
    the zero value. Raises KeyError for an unknown kind.
    """
    return _compiled(schema(kubernetes_version), gvk)


@lru_cache(maxsize=512)
def _compiled(of: Schema, gvk: Gvk) -> Any:
    return compiled(strict_schema(gvk, of.version))


def compiled(json_schema: dict[str, Any]) -> Any:
    """Return a validator of the schema that a function of this module has made."""
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(json_schema)


def strict_schema(
    gvk: Gvk, kubernetes_version: str = DEFAULT_VERSION, shapes: Mapping[str, Shape] | None = None
) -> dict[str, Any]:
    """Return the JSON Schema of what the server's decoder takes. Raises KeyError as `checker`.

    shapes   definitions, by their full names, that are to be narrower than that
    """
    of, narrowed = schema(kubernetes_version), shapes or {}
    root = of.definition_name(gvk)
    found: dict[str, Mapping[str, Any]] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name not in found:
            raw, shape = of.definition(name), narrowed.get(name)
            found[name] = _strict(raw, name) if shape is None else _narrow(raw, shape)
            waiting.extend(references(found[name]))
    return {"$ref": REF + root, "$defs": found}


def _narrow(raw: Mapping[str, Any], shape: Shape) -> Mapping[str, Any]:
    """What a version does not know of a shape is not taken in it."""
    known = raw["properties"]
    fields = {
        name: _strict(known[name]) if narrower is None else narrower
        for name, narrower in shape.fields.items()
        if name in known
    }
    return {
        "type": "object",
        "properties": fields,
        "required": list(shape.required),
        "additionalProperties": False,
        **shape.also,
    }


def _strict(raw: Mapping[str, Any], name: str = "") -> Mapping[str, Any]:
    special = SPECIAL.get(name)
    if name.endswith(".MicroTime"):
        return _MICRO_TIME
    if special is not None:
        return _CHECKED[special]
    if "$ref" in raw:
        return {"$ref": raw["$ref"]}
    kind = raw.get("type")
    if kind is None:
        return {}
    result: dict[str, Any] = {"type": [kind, "null"]}
    if kind == "integer":
        result.update(_INT_RANGE.get(raw.get("format", ""), {}))
    elif kind == "string" and raw.get("format") == "byte":
        result["pattern"] = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
    elif kind == "array" and "items" in raw:
        result["items"] = _there(raw["items"])
    elif kind == "object":
        values = raw.get("additionalProperties")
        if isinstance(values, Mapping):
            result["additionalProperties"] = _there(values)
        elif "properties" in raw:
            result["properties"] = {
                field: _strict(child) for field, child in raw["properties"].items()
            }
            if not raw.get("x-kubernetes-preserve-unknown-fields"):
                result["additionalProperties"] = False
    return result


def _there(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """As `_strict`, for the item of a list or the value of a map, which may not be null."""
    return {**_strict(raw), "not": {"type": "null"}}
