"""What differs between two OpenAPI documents of a service, and whether it breaks clients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ecp.edge import describing

Schema = Mapping[str, Any]
_DEEPEST = 8


class Change(NamedTuple):
    """One difference: of which call, what, and whether a client of before may fail by it."""

    call: str
    what: str
    breaks: bool

    def __str__(self) -> str:
        return f"{'breaks clients' if self.breaks else 'harmless'}: {self.call}: {self.what}"


def changes(before: Schema, after: Schema) -> list[Change]:
    """Return every difference that a client can notice; examples and words are none."""
    old, new = dict(describing.operations(before)), dict(describing.operations(after))
    found = [Change(call, "is gone", True) for call in old if call not in new]
    found += [Change(call, "is new", False) for call in new if call not in old]
    for call in old:
        if call in new:
            told = _of_call(old[call], new[call], before, after)
            found += [Change(call, what, breaks) for what, breaks in told]
    return found


_Told = Iterator[tuple[str, bool]]


def _of_call(old: Schema, new: Schema, before: Schema, after: Schema) -> _Told:
    if old.get("operationId") != new.get("operationId"):
        yield f"is called {new.get('operationId')}, was {old.get('operationId')}", True
    yield from _parameters(old, new)
    one, other = _body(old), _body(new)
    if one is None and other is not None:
        required = bool(new["requestBody"].get("required"))
        yield "takes a body now", required
    elif one is not None and other is None:
        yield "takes no body any more", True
    elif one is not None and other is not None:
        yield from _sent(one, other, before, after, "body", 0)
        if new["requestBody"].get("required") and not old["requestBody"].get("required"):
            yield "needs a body now", True
    yield from _answers(old, new, before, after)


def _parameters(old: Schema, new: Schema) -> _Told:
    one = {(p["in"], p["name"]): p for p in old.get("parameters", ())}
    other = {(p["in"], p["name"]): p for p in new.get("parameters", ())}
    for key in one.keys() - other.keys():
        yield f"{key[1]} ({key[0]}) is taken no more", True
    for key in other.keys() - one.keys():
        required = bool(other[key].get("required"))
        yield f"{key[1]} ({key[0]}) is new{', and needed' if required else ''}", required
    for key in sorted(one.keys() & other.keys()):
        if other[key].get("required") and not one[key].get("required"):
            yield f"{key[1]} is needed now", True
        lost = _values(one[key].get("schema", {})) - _values(other[key].get("schema", {}))
        if lost and _values(other[key].get("schema", {})):
            yield f"{key[1]} may not be {', '.join(sorted(lost))} any more", True


def _body(operation: Schema) -> Schema | None:
    content = operation.get("requestBody", {}).get("content", {})
    return next(iter(content.values()))["schema"] if content else None


def _sent(old: Schema, new: Schema, before: Schema, after: Schema, at: str, depth: int) -> _Told:
    """Yield what a client may not send any more, or has to."""
    one, other = _resolved(old, before), _resolved(new, after)
    fewer = _types(one) - _types(other)
    if fewer and _types(other):
        yield f"{at} may not be {', '.join(sorted(fewer))} any more", True
    lost = _values(one) - _values(other)
    if lost and _values(other):
        yield f"{at} may not be {', '.join(sorted(lost))} any more", True
    yield from _needed(one, other, at)
    for name, schema in _fields(one).items():
        if name in _fields(other) and depth < _DEEPEST:
            inner = _fields(other)[name]
            yield from _sent(schema, inner, before, after, f"{at}.{name}", depth + 1)


def _needed(one: Schema, other: Schema, at: str) -> _Told:
    for name in sorted(set(other.get("required", ())) - set(one.get("required", ()))):
        yield f"{at}.{name} is needed now", True
    for name in sorted(_fields(one).keys() - _fields(other).keys()):
        yield f"{at}.{name} is taken no more", True
    for name in sorted(_fields(other).keys() - _fields(one).keys()):
        if name not in other.get("required", ()):
            yield f"{at}.{name} is new", False


def _answers(old: Schema, new: Schema, before: Schema, after: Schema) -> _Told:
    one, other = old["responses"], new["responses"]
    for status in sorted(one.keys() - other.keys()):
        yield f"answers {status} no more", True
    for status in sorted(other.keys() - one.keys()):
        yield f"answers {status} too", False
    for status in sorted(one.keys() & other.keys()):
        told, tells = one[status].get("content", {}), other[status].get("content", {})
        for media in sorted(told.keys() - tells.keys()):
            yield f"answers {status} as {media} no more", True
        for media in sorted(told.keys() & tells.keys()):
            schemas = told[media].get("schema", {}), tells[media].get("schema", {})
            yield from _heard(*schemas, before, after, f"answer {status}", 0)


def _heard(old: Schema, new: Schema, before: Schema, after: Schema, at: str, depth: int) -> _Told:
    """Yield what a client hears no more, or did not expect to hear."""
    one, other = _resolved(old, before), _resolved(new, after)
    more = _types(other) - _types(one)
    if more and _types(one):
        yield f"{at} may be {', '.join(sorted(more))} now", True
    for name in sorted(_fields(one).keys() - _fields(other).keys()):
        yield f"{at}.{name} is gone", True
    for name in sorted(_fields(other).keys() - _fields(one).keys()):
        yield f"{at}.{name} is new", False
    if depth >= _DEEPEST:
        return
    for name in sorted(_fields(one).keys() & _fields(other).keys()):
        schemas = _fields(one)[name], _fields(other)[name]
        yield from _heard(*schemas, before, after, f"{at}.{name}", depth + 1)
    if "items" in one and "items" in other:
        yield from _heard(one["items"], other["items"], before, after, f"{at}[]", depth + 1)


def _resolved(schema: Schema, document: Schema) -> Schema:
    """Return a schema without references; of alternatives the one that is an object, if any."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        found: Schema = document["components"]["schemas"][name]
        return _resolved(found, document)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            parts = [_resolved(part, document) for part in schema[key]]
            merged: dict[str, Any] = {}
            for part in parts:
                if _fields(part):
                    merged = dict(part)
            types = sorted({name for part in parts for name in _types(part)})
            return {**merged, "type": types}
    return schema


def _types(schema: Schema) -> set[str]:
    types = schema.get("type", ())
    found = {types} if isinstance(types, str) else set(types)
    return found | {"integer"} if "number" in found else found


def _values(schema: Schema) -> set[str]:
    found = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return {str(value) for value in found}


def _fields(schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = schema.get("properties", {})
    return found
