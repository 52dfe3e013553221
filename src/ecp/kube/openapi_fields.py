"""Fields of a kind as `kubectl explain` tells them: type, what is required, enum, default, words.

    told("v1", "Service", ("spec", "ports", "protocol")).itself.enum == ("SCTP", "TCP", "UDP")

From the documents of `openapi_documents`, which have descriptions; lists are gone through without
saying an item, any key is one of a map's. Source: kubectl pkg/explain/v2 funcs.go.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ecp.kube.kinds import KINDS, OTHER_VERSIONS
from ecp.kube.openapi_documents import parsed, published

_REF: Final = "#/components/schemas/"
_GVKS: Final = "x-kubernetes-group-version-kind"
_ANYTHING: Final = "x-kubernetes-preserve-unknown-fields"
Json = Mapping[str, Any]


class UnknownKind(KeyError):
    """No document has this kind; the argument says which."""


class UnknownField(KeyError):
    """The kind has no such field; the argument is the path to it, with dots."""


class Field(NamedTuple):
    """A field: *type* is written as `kubectl explain` does ("[]Container", "map[string]string")."""

    name: str
    type: str
    description: str
    required: bool = False
    enum: tuple[str, ...] = ()
    default: Any = None


class Told(NamedTuple):
    """What stands at a path: itself, and the fields below it; *of_map*: any key may stand there."""

    itself: Field
    fields: tuple[Field, ...]
    of_map: bool


def kinds() -> tuple[tuple[str, str], ...]:
    """Return (apiVersion, kind) of every kind that is served and described."""
    rows = dict.fromkeys((kind.api_version, kind.kind) for kind in (*KINDS, *OTHER_VERSIONS))
    return tuple(row for row in rows if published(_document(row[0])) is not None)


@lru_cache(maxsize=256)
def told(api_version: str, kind: str, path: tuple[str, ...] = ()) -> Told:
    """Return what is at *path* of a kind. Raises UnknownKind, UnknownField."""
    models = _models(api_version)
    node = next((model for model in models.values() if _is(model, api_version, kind)), None)
    if node is None:
        raise UnknownKind(f"{api_version} {kind}")
    name, needed, held = kind, False, node
    for depth, step in enumerate(path):
        inner = _inner(held, models)
        properties = inner.get("properties", {})
        below = properties.get(step, inner.get("additionalProperties"))
        if not isinstance(below, Mapping):
            raise UnknownField(".".join(path[: depth + 1]))
        name, needed, held = step, step in inner.get("required", ()), below
    inner = _inner(held, models)
    required = set(inner.get("required", ()))
    fields = tuple(
        _field(each, below, models, required=each in required)
        for each, below in sorted(inner.get("properties", {}).items())
    )
    open_to_all = "properties" not in inner and (
        "additionalProperties" in inner or inner.get("type") == "object"
    )
    return Told(
        itself=_field(name, held, models, required=needed),
        fields=fields,
        of_map=open_to_all or bool(inner.get(_ANYTHING)),
    )


def _document(api_version: str) -> str:
    return f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"


@lru_cache(maxsize=3)
def _models(api_version: str) -> Json:
    """Return the definitions of a document; those of the groups in use are held."""
    if published(_document(api_version)) is None:
        raise UnknownKind(api_version)
    found: Json = parsed(_document(api_version))["components"]["schemas"]
    return found


def _is(model: Json, api_version: str, kind: str) -> bool:
    group, _, version = api_version.rpartition("/")
    return {"group": group, "version": version, "kind": kind} in model.get(_GVKS, ())


def _resolved(node: Json, models: Json) -> Json:
    """Return a node with what it refers to; what it says itself goes before."""
    found: dict[str, Any] = {}
    for part in _parts(node):
        reference = part.get("$ref")
        found = {**(models[reference.removeprefix(_REF)] if reference else {}), **found}
    return {**found, **{name: value for name, value in node.items() if name != "allOf"}}


def _parts(node: Json) -> Iterator[Json]:
    yield node
    yield from node.get("allOf", ())


def _inner(node: Json, models: Json) -> Json:
    """Return what the fields of a node are written in: of a list its item, of lists their items."""
    found = _resolved(node, models)
    while found.get("type") == "array":
        found = _resolved(found["items"], models)
    return found


def _field(name: str, node: Json, models: Json, *, required: bool) -> Field:
    full = _resolved(node, models)
    item = full
    while item.get("type") == "array" and not item.get("enum"):
        item = _resolved(item["items"], models)
    return Field(
        name=name,
        type=_type(node, models),
        description=str(full.get("description", "")),
        required=required,
        enum=tuple(map(str, item.get("enum", ()))),
        # Go's zero, or {}, is nobody's default.
        default=full.get("default") or None,
    )


def _type(node: Json, models: Json) -> str:
    full = _resolved(node, models)
    match full.get("type"):
        case "array":
            return f"[]{_type(full['items'], models)}"
        case "object" if isinstance(full.get("additionalProperties"), Mapping):
            return f"map[string]{_type(full['additionalProperties'], models)}"
    reference = next((part["$ref"] for part in _parts(node) if "$ref" in part), "")
    return reference.rpartition(".")[2] or _plain(full)


def _plain(full: Json) -> str:
    if full.get("x-kubernetes-int-or-string"):
        return "IntOrString"
    return str(full.get("type", "Object")).replace("object", "Object")


def path_of(text: str) -> tuple[str, ...]:
    """Return the steps of a path with dots."""
    return tuple(step for step in text.split(".") if step)
