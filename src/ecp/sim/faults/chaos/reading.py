"""A chaos object in a file: what is wrong with it, and where, before a cluster could say so."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ecp.sim.faults.chaos.checks import errors_of
from ecp.sim.faults.chaos.definitions import definitions
from ecp.sim.faults.chaos.kinds import VERSION

Place = tuple[str | int, ...]


class Complaint(NamedTuple):
    """What is wrong at a place; `key`: it is the name of a field, not its value."""

    place: Place
    what: str
    key: bool = False


def complaints(obj: Any) -> Iterator[Complaint]:
    """Yield what is wrong with an object that shall be a chaos object."""
    known = {
        (f"{one['spec']['group']}/{VERSION}", one["spec"]["names"]["kind"]): one
        for one in definitions()
    }
    if not isinstance(obj, Mapping) or not isinstance(obj.get("metadata"), Mapping):
        yield Complaint((), "apiVersion, kind, metadata, spec")
        return
    named = (str(obj.get("apiVersion")), str(obj.get("kind")))  # a list would have no hash
    found = known.get(named)
    if found is None:
        kinds = ", ".join(sorted({kind for _, kind in known}))
        yield Complaint(("kind",), f"{named[0]} {named[1]}: {kinds}")
        return
    schema = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    wrong = list(_shape(schema, obj, ()))
    yield from wrong
    if not wrong:
        for error in errors_of(str(obj["kind"]), obj.get("spec") or {}):
            yield Complaint(_place(error.path), error.body())


def _shape(schema: Mapping[str, Any], value: Any, at: Place) -> Iterator[Complaint]:
    """Yield where a value is not of a schema: types, words, fields; no more is in these schemas."""
    sort = str(schema.get("type"))
    if not _is_a(sort, value):
        if value is not None or not schema.get("nullable"):
            yield Complaint(at, sort)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield Complaint(at, ", ".join(schema["enum"]))
    if sort == "integer":
        least, most = schema.get("minimum"), schema.get("maximum")
        if (least is not None and value < least) or (most is not None and value > most):
            yield Complaint(at, f"{least}…{'' if most is None else most}")
    if sort == "array":
        for number, one in enumerate(value):
            yield from _shape(schema["items"], one, (*at, number))
    if sort == "object":
        yield from _fields(schema, value, at)


def _is_a(sort: str, value: Any) -> bool:
    return isinstance(value, _TYPES[sort]) and (sort == "boolean" or not isinstance(value, bool))


def _fields(schema: Mapping[str, Any], value: Mapping[str, Any], at: Place
            ) -> Iterator[Complaint]:  # fmt: skip
    properties = schema.get("properties")
    for name in schema.get("required", ()):
        if name not in value:
            yield Complaint(at, f"{name}: required")
    for name, one in value.items():
        if properties is None:
            each = schema.get("additionalProperties")
            if each is not None:
                yield from _shape(each, one, (*at, name))
        elif name in properties:
            yield from _shape(properties[name], one, (*at, name))
        elif not schema.get("x-kubernetes-preserve-unknown-fields"):
            known = ", ".join(properties)
            yield Complaint((*at, name), f"{name}: unknown; {known}", True)


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def _place(path: str) -> Place:
    """Return a path of the server as one of a document."""
    return tuple(
        int(part[1:-1]) if part[0] == "[" else part for part in re.findall(r"\[\d+\]|[^.\[]+", path)
    )
