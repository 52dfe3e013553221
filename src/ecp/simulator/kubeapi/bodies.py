"""Bodies of requests: bytes to objects, with the server's words for what cannot be read.

Source: apimachinery pkg/runtime/serializer/{json,recognizer,versioning}, Go's encoding/json.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import orjson

from ecp.kube import yaml as kube_yaml
from ecp.kube.checkers import checker
from ecp.kube.errors import BadRequest, Invalid, UnsupportedMediaType, go_quote, invalid
from ecp.kube.kinds import Catalogue, Kind, split_api_version
from ecp.kube.schema import Gvk, schema
from ecp.simulator.kubeapi.wire import JSON, PROTOBUF, YAML
from ecp.validation.decode import first_wrong, misfits

_OBJECT_TYPES: Final = (JSON, YAML, PROTOBUF)
_SCHEME: Final = '"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'
_LIMITS: Final = kube_yaml.Limits(size=4 << 20)


class Body(NamedTuple):
    """A decoded body and what was doubtful in its notation (keys written twice)."""

    value: Any
    doubts: tuple[str, ...] = ()
    is_yaml: bool = False

    def strict_words(self, unknown: Sequence[str]) -> str:
        """Return what strict decoding says of the doubts and of the fields nobody knows."""
        doubts = list(self.doubts)
        if doubts and self.is_yaml:
            lines = "\n  ".join(doubts)
            doubts = [f"yaml: unmarshal errors:\n  {lines}"]
        return ", ".join([*doubts, *unknown])


class _NotJson(ValueError):
    """The body is no JSON; the text is Go's."""


def go_json_error(body: bytes) -> str:
    """Return Go's words for why *body* is no JSON document."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        text = body.decode("latin-1")[: error.start]
    if not text.strip():
        return "unexpected end of JSON input"
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        at, why = error.pos, error.msg
    except ValueError:
        at, why = text.find("N"), "Expecting value"
    else:
        return "unexpected end of JSON input"
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    if at >= len(text):
        return "unexpected end of JSON input"
    char = text[at]
    quoted = "'\\''" if char == "'" else f"'{char}'" if char.isprintable() else repr(char)
    if why.startswith("Extra data"):
        return f"invalid character {quoted} after top-level value"
    if why.startswith(("Expecting property name", "Illegal trailing comma")):
        return f"invalid character {quoted} looking for beginning of object key string"
    if why.startswith("Expecting ':'"):
        return f"invalid character {quoted} after object key"
    if why.startswith("Expecting ','"):
        inside = _innermost(text[:at])
        after = "array element" if inside == "[" else "object key:value pair"
        return f"invalid character {quoted} after {after}"
    if why.startswith(("Invalid control", "Unterminated")):
        if why.startswith("Unterminated"):
            return "unexpected end of JSON input"
        return f"invalid character {quoted} in string literal"
    return f"invalid character {quoted} looking for beginning of value"


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _innermost(text: str) -> str:
    """Return the bracket that is open at the end of *text*, strings skipped."""
    stack: list[str] = []
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "[{":
            stack.append(char)
        elif char in "]}" and stack:
            stack.pop()
    return stack[-1] if stack else ""


def read_json(body: bytes) -> Body:
    """Decode JSON and find the keys that an object holds twice. Raises _NotJson."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _NotJson(go_json_error(body)) from None
    if not isinstance(value, dict) or not _may_come_again(body, value):
        return Body(value)
    return _read_twice(body)


def _may_come_again(body: bytes, value: Any) -> bool:
    """Tell whether *body* may have more keys than *value*, which it was read as; yes in doubt."""
    once = orjson.dumps(value)
    if b'\\\\"' in body or b'\\\\"' in once:
        # A quote behind two backslashes may end a text or stand in it.
        return _ends(body) > _keys(value)
    return _ends(body) - _inner_ends(body) > _ends(once) - _inner_ends(once)


def _ends(text: bytes) -> int:
    """Return how many quotes a colon follows."""
    return text.count(b'":') + text.count(b'" :')


def _inner_ends(text: bytes) -> int:
    """Return how many of them stand within a text."""
    return text.count(b'\\":') + text.count(b'\\" :')


def _keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    if isinstance(value, list):
        return sum(map(_keys, value))
    return 0


class _Pairs(NamedTuple):
    """A JSON object as it was written: every pair, also of keys that came again."""

    pairs: list[tuple[str, Any]]


def _read_twice(body: bytes) -> Body:
    """Decode JSON in which keys come again: later maps are merged into earlier ones, as in Go."""
    doubts: list[str] = []

    def settle(value: Any, path: str) -> Any:
        if isinstance(value, _Pairs):
            out: dict[str, Any] = {}
            for key, raw in value.pairs:
                where = f"{path}.{key}" if path else key
                inner = settle(raw, where)
                if key in out:
                    doubts.append(f"duplicate field {go_quote(where)}")
                    if isinstance(inner, dict) and isinstance(out[key], dict):
                        inner = {**out[key], **inner}
                out[key] = inner
            return out
        if isinstance(value, list):
            return [settle(inner, f"{path}[{at}]") for at, inner in enumerate(value)]
        return value

    value = settle(json.loads(body, object_pairs_hook=_Pairs), "")
    return Body(value, tuple(dict.fromkeys(doubts)))


def read_yaml(body: bytes) -> Body:
    """Decode the first YAML document. Raises ValueError in the reader's words."""
    documents = kube_yaml.read(body, limits=_LIMITS, expand_lists=False)
    if not documents:
        return Body(None)
    first = documents[0]
    fatal = [problem for problem in first.errors if problem.fatal]
    if fatal:
        raise ValueError(fatal[0].message)
    return Body(first.object, tuple(problem.message for problem in first.errors), is_yaml=True)


def _shown(body: bytes) -> str:
    """The beginning of an unreadable body as the server quotes it."""
    if not body:
        return "<empty>"
    if body.lstrip()[:1] == b"{":
        text = body.decode("utf-8", "replace")
        return text if len(text) <= 30 else f"{text[:30]} ..."
    return body[:30].hex() + (" ..." if len(body) > 30 else "")


_VERSION_KIND: Final = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; '
    'Kind string "json:\\"kind,omitempty\\"" }'
)


def go_kind(value: Any) -> str:
    match value:
        case list():
            return "array"
        case str():
            return "string"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case _:
            return "object"


def read_object(body: bytes, content_type: str, catalogue: Catalogue, kind: Kind) -> Body:
    """Decode an object that is to be a *kind*, and check that it says so.

    Raises BadRequest, Invalid (another custom kind), UnsupportedMediaType.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media == PROTOBUF:
        from ecp.simulator.kubeapi import protobuf

        found = Body(protobuf.read(body))
    elif media not in ("", JSON, YAML):
        raise UnsupportedMediaType(_OBJECT_TYPES)
    else:
        found = _recognised(body, media, kind.kind)
    check_kind(found.value, catalogue, kind)
    return found


def _recognised(body: bytes, media: str, expected: str) -> Body:
    words = f"the object provided is unrecognized (must be of type {expected}): "
    if media == YAML:
        try:
            found = read_yaml(body)
        except ValueError as error:
            raise BadRequest(f"{words}{_yaml_words(error)} ({_shown(body)})") from None
    else:
        try:
            found = read_json(body)
        except _NotJson as error:
            detail = f"couldn't get version/kind; json parse error: {error}"
            raise BadRequest(f"{words}{detail} ({_shown(body)})") from None
    if found.value is None:
        return Body({})
    if not isinstance(found.value, dict):
        detail = f"json: cannot unmarshal {go_kind(found.value)} into Go value of type"
        raise BadRequest(
            f"{words}couldn't get version/kind; json parse error: {detail} {_VERSION_KIND} "
            f"({_shown(body)})"
        )
    return found


def _yaml_words(error: ValueError) -> str:
    text = str(error)
    return text if text.startswith("yaml:") else f"yaml: {text}"


def check_kind(obj: Any, catalogue: Catalogue, kind: Kind) -> None:
    """Check apiVersion and kind of a body; both may be absent, the path says them."""
    api_version, name = obj.get("apiVersion") or "", obj.get("kind") or ""
    if not isinstance(api_version, str) or not isinstance(name, str):
        field = "apiVersion" if not isinstance(api_version, str) else "kind"
        value = obj[field]
        raise BadRequest(
            f"the object provided is unrecognized (must be of type {kind.kind}): couldn't get "
            f"version/kind; json parse error: json: cannot unmarshal {go_kind(value)} into Go "
            f"struct field .{field} of type string"
        )
    if kind.custom and name and not api_version:
        raise BadRequest(_mismatch("", kind))
    api_version, name = api_version or kind.api_version, name or kind.kind
    if api_version == kind.api_version and name == kind.kind:
        return
    version = split_api_version(api_version)[1]
    handled = f'{name} in version "{version}" cannot be handled as a {kind.kind}: '
    if kind.custom:
        if api_version != kind.api_version:
            raise BadRequest(_mismatch(api_version, kind))
        meta = obj.get("metadata")
        object_name = meta.get("name", "") if isinstance(meta, dict) else ""
        errors = [invalid("kind", name, f"must be {kind.kind}")]
        raise Invalid(f"{name}.{kind.group}", str(object_name), errors)
    known = (api_version, name) in catalogue.by_gvk or _is_known(api_version, name)
    if not known:
        raise BadRequest(
            f'{handled}no kind "{name}" is registered for version "{api_version}" in scheme '
            f"{_SCHEME}"
        )
    if name == kind.kind:
        raise BadRequest(_mismatch(api_version, kind))
    into = kind.group.split(".")[0] or "core"
    raise BadRequest(
        f"{handled}converting ({version}.{name}) to ({into}.{kind.kind}): unknown conversion"
    )


_LEGACY: Final = ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")


def _is_known(api_version: str, name: str) -> bool:
    """Is the kind registered, served or not?"""
    if name == "List" and api_version == "v1":
        return True
    gvk = Gvk.of(api_version, name)
    if gvk in schema():
        return True
    return api_version in _LEGACY and name in ("Deployment", "ReplicaSet", "DaemonSet", "Ingress")


def _mismatch(api_version: str, kind: Kind) -> str:
    return (
        f"the API version in the data ({api_version}) does not match the expected API version "
        f"({kind.api_version})"
    )


def read_patch(body: bytes, patch: str) -> Body:
    """Decode a patch of type *patch* ("json", "merge", "strategic", "apply"). Raises BadRequest."""
    if patch == "apply":
        try:
            found = read_yaml(body)
        except ValueError as error:
            raise BadRequest(
                f"error decoding YAML: error converting YAML to JSON: {_yaml_words(error)}"
            ) from None
        if found.value is None:
            raise BadRequest("invalid object type: /, Kind=")
        if not isinstance(found.value, dict):
            raise BadRequest(
                "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot "
                f"unmarshal {go_kind(found.value)} into Go value of type map[string]interface {{}}"
            )
        return found
    try:
        found = read_json(body)
    except _NotJson as error:
        words = "" if patch == "strategic" else "error decoding patch: "
        raise BadRequest(f"{words}{error}") from None
    if found.value is None:
        if patch == "merge":
            raise BadRequest("Invalid JSON Patch")
        return found._replace(value=[] if patch == "json" else {})
    wanted: type = list if patch == "json" else dict
    wrong = None if isinstance(found.value, wanted) else found.value
    into = "[]handlers.jsonPatchOp" if patch == "json" else "map[string]interface {}"
    if patch == "json" and isinstance(found.value, list):
        steps = [step for step in found.value if not (step is None or isinstance(step, dict))]
        wrong, into = (steps or [None])[0], "handlers.jsonPatchOp"
    if wrong is not None or not isinstance(found.value, wanted):
        words = "" if patch == "strategic" else "error decoding patch: "
        raise BadRequest(
            f"{words}json: cannot unmarshal {go_kind(wrong)} into Go value of type {into}"
        )
    if patch == "json":
        assert isinstance(found.value, list)
        _check_steps(found.value)
    return found


def _check_steps(steps: list[Any]) -> None:
    """Raises BadRequest for a step whose names are no texts."""
    for step in steps:
        for field in ("op", "path", "from"):
            value = (step or {}).get(field)
            if value is not None and not isinstance(value, str):
                raise BadRequest(
                    f"error decoding patch: json: cannot unmarshal {go_kind(value)} into Go "
                    f"struct field jsonPatchOp.{field} of type string"
                )


def read_options(body: bytes, content_type: str) -> dict[str, Any]:
    """Decode the DeleteOptions of a DELETE, {} for no body. Raises BadRequest."""
    if not body:
        return {}
    media = content_type.partition(";")[0].strip().lower()
    if media == PROTOBUF:
        from ecp.simulator.kubeapi import protobuf

        value = protobuf.read(body)
    elif media == YAML:
        try:
            value = read_yaml(body).value
        except ValueError as error:
            raise BadRequest(_yaml_words(error)) from None
    elif media in ("", JSON):
        try:
            value = read_json(body).value
        except _NotJson as error:
            raise BadRequest(f"couldn't get version/kind; json parse error: {error}") from None
    else:
        raise UnsupportedMediaType(_OBJECT_TYPES)
    if value is None:
        return {}
    if not isinstance(value, dict):
        detail = f"json: cannot unmarshal {go_kind(value)} into Go value of type {_VERSION_KIND}"
        raise BadRequest(f"couldn't get version/kind; json parse error: {detail}")
    named = value.get("kind") or "DeleteOptions"
    if named != "DeleteOptions":
        version = value.get("apiVersion") or "v1"
        raise BadRequest(
            f'no kind "{named}" is registered for version "{version}" in scheme "{_OPTIONS_SCHEME}"'
        )
    for field, (sort, go_type) in _OPTIONS.items():
        given = value.get(field)
        fits = isinstance(given, sort) and (sort is bool or not isinstance(given, bool))
        if given is not None and not fits:
            raise BadRequest(
                f"json: cannot unmarshal {go_kind(given)} into Go struct field "
                f"DeleteOptions.{field} of type {go_type}"
            )
    return value


_OPTIONS_SCHEME: Final = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"
_OPTIONS: Final[dict[str, tuple[type, str]]] = {
    "gracePeriodSeconds": (int, "int64"),
    "preconditions": (dict, "v1.Preconditions"),
    "orphanDependents": (bool, "bool"),
    "propagationPolicy": (str, "v1.DeletionPropagation"),
    "dryRun": (list, "[]string"),
}
"""What a DeleteOptions holds: by field its type here, and the server's."""


def read_any(body: bytes, content_type: str, expected: str) -> dict[str, Any]:
    """Decode an object without looking at its version. Raises BadRequest."""
    media = content_type.partition(";")[0].strip().lower()
    if media == PROTOBUF:
        from ecp.simulator.kubeapi import protobuf

        return protobuf.read(body)
    if media not in ("", JSON, YAML):
        raise UnsupportedMediaType(_OBJECT_TYPES)
    value: dict[str, Any] = _recognised(body, media, expected).value
    return value


# ---- does it fit? ----------------------------------------------------------------------------


class Fit(NamedTuple):
    """How an object fits its kind: the first value of a wrong type, the fields nobody knows."""

    wrong: str = ""
    unknown: tuple[str, ...] = ()


_FITS: Final = Fit()


def fit(obj: Any, kind: Kind) -> Fit:
    """Look at the types and names of the fields of a whole object of a built-in kind."""
    gvk = Gvk(kind.group, kind.version, kind.kind)
    if gvk not in schema():
        return _FITS
    named = {**obj, "apiVersion": kind.api_version, "kind": kind.kind}
    if checker(gvk).is_valid(named):
        return _FITS
    return _misfits(obj, gvk)


def fit_of_patch(patch: Any, kind: Kind) -> Fit:
    """Look at the fields of a merge or strategic patch, its directives left aside."""
    gvk = Gvk(kind.group, kind.version, kind.kind)
    if gvk not in schema() or not isinstance(patch, dict):
        return _FITS
    return _misfits(_without_directives(patch), gvk)


def _misfits(obj: Any, gvk: Gvk) -> Fit:
    node = schema().node(gvk)
    if node is None:
        return _FITS
    # The decoder meets fields in the order of the body.
    found = sorted(misfits(obj, node), key=lambda misfit: _position(obj, misfit.path))
    wrong = first_wrong(found)
    words = wrong.message if wrong is not None else ""
    return Fit(words, tuple(misfit.message for misfit in found if misfit.sort == "unknown"))


def _position(obj: Any, path: Sequence[str | int]) -> tuple[int, ...]:
    """Return where in the document a path stands, for sorting."""
    found: list[int] = []
    for step in path:
        if isinstance(step, int):
            found.append(step)
            obj = obj[step] if isinstance(obj, list) and step < len(obj) else None
        else:
            keys = list(obj) if isinstance(obj, dict) else []
            found.append(keys.index(step) if step in keys else len(keys))
            obj = obj.get(step) if isinstance(obj, dict) else None
    return tuple(found)


def _without_directives(patch: Any) -> Any:
    """Drop $patch, $retainKeys, $setElementOrder/… and the items that only carry them."""
    if isinstance(patch, dict):
        return {
            key: _without_directives(value)
            for key, value in patch.items()
            if not key.startswith("$")
        }
    if isinstance(patch, list):
        return [_without_directives(item) for item in patch]
    return patch


_WRONG_TYPE: Final = re.compile(r"json: cannot unmarshal (\w+).* of type (\S+)")
_GO_KINDS: Final = {"number": "int64", "object": "map", "array": "slice"}


def restored(words: str) -> str:
    """Return a decoder's words for a wrong type as the converter of strategic patches says them.

    Source: apimachinery pkg/runtime/converter.go fromUnstructured.
    """
    match = _WRONG_TYPE.search(words)
    if match is None:
        return words
    kind, into = _GO_KINDS.get(match[1], match[1]), match[2]
    if into.startswith("[]"):
        return f"cannot restore slice from {kind}"
    if into.startswith("map["):
        return f"cannot restore map from {kind}"
    if "." in into:
        return f"cannot restore struct from: {kind}"
    if into == "string" and match[1] == "number":
        return "cannot convert int64 to string"
    return f"unrecognized type: {into}"


def go_print(value: Any) -> str:
    """Return a value as Go's %v prints it: map[a:1 b:[x y]]."""
    match value:
        case dict():
            inner = " ".join(f"{key}:{go_print(value[key])}" for key in sorted(value))
            return f"map[{inner}]"
        case list():
            return f"[{' '.join(map(go_print, value))}]"
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
