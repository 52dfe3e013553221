"""JSON patch (RFC 6902), with the API server's behaviours where they differ.

``replace`` of a field that a map lacks sets it; ``remove`` of one fails; ``test`` of an absent path
passes against null; a patch that cannot be applied is a generic 422 with no word of why.

Source: gopkg.in/evanphx/json-patch.v4 patch.go; apiserver pkg/endpoints/handlers/patch.go.
"""

from collections.abc import Mapping
from typing import Any

from ecp.kube.errors import BadRequest, Details, KubeError, RequestEntityTooLarge, go_quote
from ecp.kube.patch.fieldset import MISSING, same

Object = dict[str, Any]

MAX_OPERATIONS = 10_000


class _Impossible(Exception):
    """The operation cannot be applied to this document."""


class Impossible(Exception):
    """A patch cannot be applied; the message is that of the server's library."""


class TestFailed(Impossible):
    """The document is not what the patch expects."""

    __test__ = False


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


def operated(obj: Object, patch: list[Object]) -> Object:
    """``obj`` with a JSON patch applied that the server itself made. Raises Impossible."""
    document: Any = obj
    for operation in patch:
        try:
            document = _operate(document, operation)
        except _Impossible:
            raise _why(document, operation) from None
    if not isinstance(document, dict):
        raise Impossible("replace operation value must be object or array")
    return document


def _why(document: Any, operation: Object) -> Impossible:
    """What the server's library says of an operation that cannot be applied."""
    op, path = str(operation.get("op")), str(operation.get("path"))
    source = str(operation.get("from")) if op in ("move", "copy") else path
    if op == "test" and _holder(document, path) is not None:
        return TestFailed(f"testing value {path} failed: test failed")
    if op not in ("add", "remove", "replace", "move", "copy", "test"):
        return Impossible(f"Unexpected kind: {op}")
    if _holder(document, source) is None:
        missing = {
            "add": f'doc is missing path: "{path}"',
            "remove": f'doc is missing path: "{path}"',
            "replace": f"doc is missing path: {path}",
            "test": f"is missing path: {path}",
        }.get(op, f"doc is missing from path: {source}")
        return Impossible(f"{op} operation does not apply: {missing}: missing value")
    key = source.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    words = _why_not_there(_holder(document, source), key, adds=op == "add")
    if op == "replace":
        missing = f"doc is missing key: {path}"
        return Impossible(f"{op} operation does not apply: {missing}: missing value")
    if op in ("move", "copy"):
        if words:
            shown = key if op == "move" else source
            end = "path" if op == "move" else "from"
            return Impossible(f"error in {op} for {end}: '{shown}': {words}")
        missing = f"doc is missing destination path: {path}"
        return Impossible(f"{op} operation does not apply: {missing}: missing value")
    return Impossible(f"error in {op} for path: '{path}': {words}")


def _holder(document: Any, path: str) -> Any:
    """The map or list in which the last part of a path is looked for, None without one."""
    if "/" not in path:
        return None
    try:
        found = _get(document, _pointer(path)[:-1])
    except _Impossible:
        return None
    return found if isinstance(found, dict | list) else None


def _why_not_there(holder: Any, key: str, *, adds: bool) -> str:
    if isinstance(holder, dict):
        return "" if key in holder else f"Unable to remove nonexistent key: {key}: missing value"
    try:
        index = int(key)
    except ValueError:
        words = f"strconv.Atoi: parsing {go_quote(key)}: invalid syntax"
        return f"value was not a proper array index: '{key}': {words}" if adds else words
    size = len(holder) + adds
    if -size <= index < size:
        return ""
    return f"Unable to access invalid index: {index}: invalid index referenced"


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
