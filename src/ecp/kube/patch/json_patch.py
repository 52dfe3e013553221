"""JSON patch (RFC 6902), with the API server's behaviours where they differ.

``replace`` of a field that a map lacks sets it; ``remove`` of one fails; ``test`` of an absent path
passes against null; a patch that cannot be applied is a generic 422 with no word of why.

Source: gopkg.in/evanphx/json-patch.v4 patch.go; apiserver pkg/endpoints/handlers/patch.go.
"""

from collections.abc import Mapping
from typing import Any

from ecp.kube.errors import BadRequest, Details, KubeError, RequestEntityTooLarge
from ecp.kube.patch.fieldset import MISSING, same

Object = dict[str, Any]

MAX_OPERATIONS = 10_000


class _Impossible(Exception):
    """The operation cannot be applied to this document."""


def unappliable() -> KubeError:
    """The 422 for every patch that cannot be applied."""
    message = "the server rejected our request due to an error in our request"
    return KubeError(422, "Invalid", message, Details())


def apply(obj: Object, patch: Any) -> Object:
    """``obj`` with a JSON patch applied; the parts that it does not touch are shared.

    Raises BadRequest (no list of operations), RequestEntityTooLarge (more than 10,000), and the
    generic 422 of ``unappliable`` (an operation fails).
    """
    if not isinstance(patch, list):
        kind = "object" if isinstance(patch, dict) else type(patch).__name__
        raise BadRequest(
            f"error decoding patch: json: cannot unmarshal {kind} into Go value of type "
            "[]handlers.jsonPatchOp"
        )
    if len(patch) > MAX_OPERATIONS:
        raise RequestEntityTooLarge(
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(patch)}"
        )
    document: Any = obj
    try:
        for operation in patch:
            document = _operate(document, operation)
    except _Impossible:
        raise unappliable() from None
    if not isinstance(document, dict):
        raise unappliable()
    return document


def _operate(document: Any, operation: Any) -> Any:
    if not isinstance(operation, Mapping):
        raise _Impossible
    path = _pointer(operation.get("path"))
    match operation.get("op"):
        case "add":
            if not path:
                raise _Impossible
            return _put(document, path, _value(operation), insert=True)
        case "replace":
            value = _value(operation)
            return _put(document, path, value, insert=False)
        case "remove":
            return _take(document, path)
        case "move":
            source = _pointer(operation.get("from"))
            value = _get(document, source)
            if value is MISSING:
                raise _Impossible
            return _put(_take(document, source), path, value, insert=True)
        case "copy":
            value = _get(document, _pointer(operation.get("from")))
            if value is MISSING:
                raise _Impossible
            return _put(document, path, value, insert=True)
        case "test":
            found = _get(document, path)
            expected = operation.get("value")
            if not same(None if found is MISSING else found, expected):
                raise _Impossible
            return document
    raise _Impossible


def _value(operation: Mapping[str, Any]) -> Any:
    """The value of an add or replace; without one it is null."""
    return operation.get("value")


def _pointer(path: Any) -> tuple[str, ...]:
    if not isinstance(path, str) or (path and not path.startswith("/")):
        raise _Impossible
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:])


def _at(size: int, part: str) -> int:
    """The index that a part names among ``size`` places, counted from the end when negative."""
    try:
        index = int(part)
    except ValueError:
        raise _Impossible from None
    return index + size if index < 0 else index


def _get(document: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if isinstance(document, dict):
            document = document.get(part, MISSING)
        elif isinstance(document, list):
            index = _at(len(document), part)
            document = document[index] if 0 <= index < len(document) else MISSING
        else:
            return MISSING
        if document is MISSING:
            return MISSING
    return document


def _put(document: Any, path: tuple[str, ...], value: Any, *, insert: bool) -> Any:
    if not path:
        return value
    part, rest = path[0], path[1:]
    if isinstance(document, dict):
        if rest:
            if part not in document:
                raise _Impossible
            return {**document, part: _put(document[part], rest, value, insert=insert)}
        return {**document, part: value}
    if not isinstance(document, list):
        raise _Impossible
    if not rest and insert:
        index = len(document) if part == "-" else _at(len(document) + 1, part)
        if not 0 <= index <= len(document):
            raise _Impossible
        return [*document[:index], value, *document[index:]]
    index = _at(len(document), part)
    if not 0 <= index < len(document):
        raise _Impossible
    new = _put(document[index], rest, value, insert=insert) if rest else value
    return [*document[:index], new, *document[index + 1 :]]


def _take(document: Any, path: tuple[str, ...]) -> Any:
    if not path:
        raise _Impossible
    part, rest = path[0], path[1:]
    if isinstance(document, dict):
        if part not in document:
            raise _Impossible
        if rest:
            return {**document, part: _take(document[part], rest)}
        return {name: value for name, value in document.items() if name != part}
    if not isinstance(document, list):
        raise _Impossible
    index = _at(len(document), part)
    if not 0 <= index < len(document):
        raise _Impossible
    kept = [_take(document[index], rest)] if rest else []
    return [*document[:index], *kept, *document[index + 1 :]]
