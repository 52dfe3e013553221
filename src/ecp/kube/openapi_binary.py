"""The old OpenAPI document in protobuf, as clients without the newer ones ask for it.

Field numbers are those of OpenAPIv2.proto of the Go module github.com/google/gnostic-models 0.7.
What OpenAPI does not define (x-…) and values of enumerations travel as YAML.
"""

import re
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from ecp.kube.yamlwriter import dump

_Write = Callable[[Any], bytes]
Row = tuple[int, _Write]


def encode(document: Mapping[str, Any]) -> bytes:
    """Return a v2 document as bytes of the message Document."""
    return _message(_DOCUMENT, document)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


# Each writer returns a field's content without its tag, or b"" for what is not written.


def _text(value: Any) -> bytes:
    return str(value).encode()


_PLAIN: Final = re.compile(r"[A-Za-z][\w/.-]*(?:,[\w/.-]+)*")


def _any(value: Any) -> bytes:
    """Write a value as YAML, its keys as they come."""
    if isinstance(value, Mapping):
        lines = dump({"": [value]}).splitlines(keepends=True)[1:]
        text = "".join(line[2:] for line in lines)
    elif isinstance(value, str) and "," in value and _PLAIN.fullmatch(value):
        text = f"{value}\n"
    else:
        text = dump({"": value}).partition(":")[2].lstrip(" \n")
    return _field(2, text.replace('"*"', "'*'").encode())


def _message(fields: Mapping[str, Row], value: Mapping[str, Any]) -> bytes:
    """Write the fields of an object by number; what is not in the table and begins with x- last."""
    pieces = []
    extensions = fields.get("x-", (0, _any))[0]
    for key, found in value.items():
        row = fields.get(key)
        if row is not None:
            pieces.append((row[0], _written(*row, found)))
        elif key.startswith("x-"):
            pieces.append((extensions, _field(extensions, _named(key, _any(found)))))
    pieces.sort(key=lambda piece: piece[0])
    return b"".join(piece for _, piece in pieces)


def _written(number: int, write: _Write, value: Any) -> bytes:
    if not value and isinstance(value, bool | int | float | str):
        return b""
    if write is _double:
        return _varint(number << 3 | 1) + _double(value)
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, list) and write not in (_type, _items):
        return b"".join(_field(number, write(item)) for item in value)
    return _field(number, write(value))


def _double(value: Any) -> bytes:
    return struct.pack("<d", value)


def _named(name: str, value: bytes) -> bytes:
    return _field(1, name.encode()) + _field(2, value)


def _map_of(write: _Write, number: int = 1) -> _Write:
    return lambda value: b"".join(
        _field(number, _named(name, write(found))) for name, found in value.items()
    )


def _type(value: Any) -> bytes:
    return b"".join(_field(1, _text(one)) for one in ([value] if isinstance(value, str) else value))


def _items(value: Any) -> bytes:
    return b"".join(
        _field(1, _schema(one)) for one in (value if isinstance(value, list) else [value])
    )


def _schema(value: Any) -> bytes:
    return _message(_SCHEMA, value)


def _additional(value: Any) -> bytes:
    return _varint(2 << 3) + b"\x01" if value is True else _field(1, _schema(value))


def _schema_item(value: Any) -> bytes:
    return _field(1, _schema(value))


def _parameter(value: Any) -> bytes:
    if value["in"] == "body":
        return _field(1, _message(_BODY, value))
    number = {"header": 1, "formData": 2, "query": 3, "path": 4}[value["in"]]
    return _field(2, _field(number, _message(_FLAGGED if number in (2, 3) else _PLACED, value)))


def _parameters_item(value: Any) -> bytes:
    if "$ref" in value:
        return _field(2, _field(1, _text(value["$ref"])))
    return _field(1, _parameter(value))


def _response(value: Any) -> bytes:
    return _field(1, _message(_RESPONSE, value))


def _security(value: Any) -> bytes:
    return _map_of(lambda scopes: b"".join(_field(1, _text(scope)) for scope in scopes))(value)


def _security_definition(value: Any) -> bytes:
    return _field(2, _message(_API_KEY, value))


def _operation(value: Any) -> bytes:
    return _message(_OPERATION, value)


def _path(value: Any) -> bytes:
    return _message(_PATH, value)


def _info(value: Any) -> bytes:
    return _message({"title": (1, _text), "version": (2, _text), "description": (3, _text)}, value)


_SCHEMA: Final[Mapping[str, Row]] = {
    "$ref": (1, _text), "format": (2, _text), "title": (3, _text), "description": (4, _text),
    "default": (5, _any), "multipleOf": (6, _double), "maximum": (7, _double),
    "exclusiveMaximum": (8, _text), "minimum": (9, _double), "exclusiveMinimum": (10, _text),
    "maxLength": (11, _text), "minLength": (12, _text), "pattern": (13, _text),
    "maxItems": (14, _text), "minItems": (15, _text), "uniqueItems": (16, _text),
    "maxProperties": (17, _text), "minProperties": (18, _text), "required": (19, _text),
    "enum": (20, _any), "additionalProperties": (21, _additional), "type": (22, _type),
    "items": (23, _items), "allOf": (24, _schema), "properties": (25, _map_of(_schema)),
    "x-": (31, _any),
}  # fmt: skip
_BODY: Final[Mapping[str, Row]] = {
    "description": (1, _text), "name": (2, _text), "in": (3, _text), "required": (4, _text),
    "schema": (5, _schema), "x-": (6, _any),
}  # fmt: skip
_PLACED: Final[Mapping[str, Row]] = {
    "required": (1, _text), "in": (2, _text), "description": (3, _text), "name": (4, _text),
    "type": (5, _text), "format": (6, _text), "uniqueItems": (19, _text), "x-": (22, _any),
}  # fmt: skip
_FLAGGED: Final[Mapping[str, Row]] = {
    "required": (1, _text), "in": (2, _text), "description": (3, _text), "name": (4, _text),
    "type": (6, _text), "format": (7, _text), "uniqueItems": (20, _text), "x-": (23, _any),
}  # fmt: skip
_RESPONSE: Final[Mapping[str, Row]] = {
    "description": (1, _text), "schema": (2, _schema_item), "x-": (5, _any),
}  # fmt: skip
_API_KEY: Final[Mapping[str, Row]] = {
    "type": (1, _text), "name": (2, _text), "in": (3, _text), "description": (4, _text),
}  # fmt: skip
_OPERATION: Final[Mapping[str, Row]] = {
    "tags": (1, _text), "summary": (2, _text), "description": (3, _text),
    "operationId": (5, _text), "produces": (6, _text), "consumes": (7, _text),
    "parameters": (8, _parameters_item), "responses": (9, _map_of(_response)),
    "schemes": (10, _text), "deprecated": (11, _text), "security": (12, _security),
    "x-": (13, _any),
}  # fmt: skip
_PATH: Final[Mapping[str, Row]] = {
    "get": (2, _operation), "put": (3, _operation), "post": (4, _operation),
    "delete": (5, _operation), "options": (6, _operation), "head": (7, _operation),
    "patch": (8, _operation), "parameters": (9, _parameters_item), "x-": (10, _any),
}  # fmt: skip
_DOCUMENT: Final[Mapping[str, Row]] = {
    "swagger": (1, _text), "info": (2, _info), "paths": (8, _map_of(_path, 2)),
    "definitions": (9, _map_of(_schema)), "parameters": (10, _map_of(_parameter)),
    "security": (12, _security), "securityDefinitions": (13, _map_of(_security_definition)),
    "x-": (16, _any),
}  # fmt: skip
