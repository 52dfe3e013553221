"""Protobuf bodies to JSON-shaped objects.

kubectl posts what its generators make (create, autoscale, auth) as protobuf and does not fall back
to JSON, so these bodies must be read; answers stay JSON, which every client takes. The field
numbers are data (messages.json, made by tools/make_protobuf.py).

A body is the magic `k8s\\0` and a runtime.Unknown: apiVersion and kind, then the object's bytes.
Source: apimachinery pkg/runtime/serializer/protobuf/protobuf.go.
"""

import base64
import json
import struct
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import orjson

from ecp.kube.errors import BadRequest, UnsupportedMediaType
from ecp.kube.times import rfc3339, rfc3339_micro
from ecp.simulator.kubeapi.wire import JSON, YAML

_MAGIC: Final = b"k8s\x00"
_SECOND: Final = 1_000_000_000
Row = tuple[str, str]


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, str], dict[str, dict[int, Row]]]:
    """Return message by "apiVersion/kind", and the fields of each message by number."""
    text = files("ecp.simulator.kubeapi").joinpath("messages.json").read_bytes()
    data = json.loads(text)
    messages = {
        name: {int(number): (row[0], row[1]) for number, row in rows.items()}
        for name, rows in data["messages"].items()
    }
    return data["kinds"], messages


class _Malformed(ValueError):
    """The bytes are no protobuf."""


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise _Malformed("proto: illegal varint")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Yield (number, wire type, raw value) of a message."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        value: Any
        if wire == 0:
            value, at = _varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, at = data[at : at + size], at + size
        elif wire == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise _Malformed("unexpected EOF")
            value, at = data[at : at + size], at + size
        else:
            raise _Malformed(f"proto: illegal wireType {wire}")
        yield number, wire, value


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _scalar(kind: str, value: Any) -> Any:
    match kind:
        case "string":
            return value.decode("utf-8", "replace")
        case "bytes":
            return base64.b64encode(value).decode()
        case "bool":
            return bool(value)
        case "double":
            (number,) = struct.unpack("<d", value)
            return int(number) if number.is_integer() else number
        case "float":
            return struct.unpack("<f", value)[0]
        case "uint32" | "uint64":
            return value
        case _:
            return _signed(value)


_SCALARS: Final = frozenset(
    {
        "string", "bytes", "bool", "double", "float", "int32", "int64", "uint32", "uint64",
    }
)  # fmt: skip


def _instant(data: bytes) -> int | None:
    """Nanoseconds of a Time; None for the zero time, which is an empty message."""
    seconds = nanos = 0
    for number, _, value in _fields(data):
        if number == 1:
            seconds = _signed(value)
        elif number == 2:
            nanos = _signed(value)
    return seconds * _SECOND + nanos if data else None


def _special(name: str, data: bytes) -> tuple[bool, Any]:
    """Decode the messages whose JSON is not an object of their fields; (False, None) for others."""
    match name:
        case "apis.meta.v1.Time" | "apis.meta.v1.MicroTime":
            at = _instant(data)
            if at is None:
                return True, None
            return True, rfc3339(at) if name.endswith(".Time") else rfc3339_micro(at)
        case "api.resource.Quantity":
            return True, next((value.decode() for _, _, value in _fields(data)), "0")
        case "util.intstr.IntOrString":
            found = {number: value for number, _, value in _fields(data)}
            if found.get(1):
                return True, found.get(3, b"").decode()
            return True, _signed(found.get(2, 0))
        case "apis.meta.v1.FieldsV1" | "runtime.RawExtension" | "apiextensions.v1.JSON":
            raw = next((value for _, _, value in _fields(data)), b"")
            return True, orjson.loads(raw) if raw else None
        case _ if name.endswith(".ExtraValue"):
            return True, [value.decode() for _, _, value in _fields(data)]
        case _ if name in _EITHER:
            return True, _one_of(_EITHER[name], data)
        case _:
            return False, None


_SCHEMA: Final = "apiextensions.v1.JSONSchemaProps"
_EITHER: Final = {f"{_SCHEMA}OrBool": "bool", f"{_SCHEMA}OrArray": _SCHEMA,
                  f"{_SCHEMA}OrStringArray": "string"}  # fmt: skip


def _one_of(other: str, data: bytes) -> Any:
    """Return what stands in one place of a schema: a schema, or a truth, or a list of *other*.

    Source: apiextensions-apiserver pkg/apis/apiextensions/v1/marshal.go.
    """
    found = list(_fields(data))
    for number, _, value in found:
        if number == (2 if other == "bool" else 1):
            return _message(_SCHEMA, value)
    values = [_value(other, value) for _, _, value in found]
    return (values or [False])[0] if other == "bool" else values


def _message(name: str, data: bytes) -> Any:
    special, value = _special(name, data)
    if special:
        return value
    rows = _tables()[1].get(name)
    if rows is None:
        raise _Malformed(f"no message {name}")
    out: dict[str, Any] = {}
    for number, _, raw in _fields(data):
        row = rows.get(number)
        if row is None:
            continue  # a newer field: unknown ones are dropped
        field, kind = row
        if kind.startswith("[]"):
            out.setdefault(field, []).append(_value(kind[2:], raw))
        elif kind.startswith("map:"):
            entry = {number: value for number, _, value in _fields(raw)}
            key = entry.get(1, b"").decode()
            out.setdefault(field, {})[key] = _value(kind[4:], entry.get(2, b""))
        else:
            found = _value(kind.rstrip("?"), raw)
            if not field:
                out.update(found)
            elif found is not None and (found or _says(name, field, kind, found)):
                out[field] = found
    return out


def _says(name: str, field: str, kind: str, zero: Any) -> bool:
    """Is something said by a zero? An empty text is Go's own, unless behind a pointer.

    Zeroes of known kinds are looked through when they get their defaults, but for the schemas in
    a definition, which stand where anything may.
    """
    if name == _SCHEMA and kind == "bool":
        return False
    return kind == "string?" or (zero != "" and field != "generation")


def _value(kind: str, raw: Any) -> Any:
    return _scalar(kind, raw) if kind in _SCALARS else _message(kind, raw)


def read(body: bytes) -> dict[str, Any]:
    """Return the object in *body*, apiVersion and kind included.

    Raises BadRequest for bytes that are no such object, UnsupportedMediaType for a kind that is
    not known here.
    """
    if not body.startswith(_MAGIC):
        raise BadRequest(
            "the object provided is unrecognized (must be of type runtime.Unknown): provided data "
            "does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        )
    try:
        unknown = {number: value for number, _, value in _fields(body[len(_MAGIC) :])}
        meta = {number: value.decode() for number, _, value in _fields(unknown.get(1, b""))}
        api_version, kind = meta.get(1, ""), meta.get(2, "")
        name = _tables()[0].get(f"{api_version}/{kind}")
        if kind == "DeleteOptions":
            name = "apis.meta.v1.DeleteOptions"
        if name is None:
            raise UnsupportedMediaType((JSON, YAML))
        found = _message(name, unknown.get(2, b""))
    except (_Malformed, UnicodeDecodeError, orjson.JSONDecodeError) as error:
        raise BadRequest(str(error)) from None
    return {"apiVersion": api_version, "kind": kind, **found}
