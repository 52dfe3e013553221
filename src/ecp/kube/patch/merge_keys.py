"""What a patch must know of a kind: fields, list keys, sets, atomic lists and maps.

The facts of the built-in kinds are data: ``types.json``, one type a line, made by
``tools/patch_types.py`` from the published OpenAPI documents. A field's code is

    [*|!|^] type [|strategy:key]

    * ! ^    written even when empty: a struct {}, a zero ("", 0, false, null for a map), a null
    s n b    string, number, boolean        u   any scalar (a quantity, an int-or-string)
    ?        anything; ?! as a whole        @T  the type T         @T!  T, replaced as a whole
                                                                   @T~  T, merged by field
    {x}      map of x                       {x}!  replaced as a whole
    [x]      list, replaced as a whole      [x]=  set of x          [x]:k,l  map of x by k and l

and strategy and key say what a strategic merge patch does ("merge", "retainKeys").

Source: kubernetes api/openapi-spec/v3 (x-kubernetes-list-type, -list-map-keys, -map-type,
-patch-strategy, -patch-merge-key, default); sigs.k8s.io/structured-merge-diff schema/elements.go.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

Shape = Literal["scalar", "list", "map", "any"]
Relation = Literal["atomic", "granular", "set", "keyed"]


@dataclass(frozen=True, slots=True, eq=False)
class Type:
    """One place of an object: its shape and how changes to it are merged.

    ``scalar`` is s, n, b or u. ``fields`` are the declared ones of a struct, by code or resolved;
    ``element`` is the type of a list's items or of a free map's values. ``keys`` name the items of
    a keyed list, with ``defaults`` where a key may be left out. ``strategy`` and ``merge_key``
    speak to strategic merge patches, ``present`` is "*", "!" or "^" (see the module).
    ``zeroes`` are the scalar fields that are not written when they are "", 0 or false.
    """

    shape: Shape
    relation: Relation = "granular"
    scalar: str = ""
    fields: Mapping[str, "str | Type"] = field(default_factory=dict)
    element: "str | Type | None" = None
    keys: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    strategy: str = ""
    merge_key: str = ""
    present: str = ""
    zeroes: frozenset[str] = frozenset()

    def field(self, name: str) -> "Type | None":
        """The type of a declared field, None for an undeclared one."""
        found = self.fields.get(name)
        return resolve(found) if isinstance(found, str) else found

    def value_type(self) -> "Type":
        """The type of a list's items or of a free map's values."""
        if self.element is None:
            return ANY
        return resolve(self.element) if isinstance(self.element, str) else self.element

    def child(self, name: str) -> "Type | None":
        """The type under a map's key: declared, else the free map's; None where none may be."""
        found = self.fields.get(name)
        if found is None:
            return None if self.element is None else self.value_type()
        return resolve(found) if isinstance(found, str) else found


ANY: Final = Type("any")
"""A place nobody described: scalars and lists are leaves, maps are merged field by field."""

_WHOLE: Final = Type("any", "atomic")

ZEROES: Final[Mapping[str, Any]] = {"s": "", "n": 0, "b": False}
"""What Go writes for an empty scalar that is always written."""

_SCALARS: Final = {letter: Type("scalar", scalar=letter) for letter in "snbu"}


@dataclass(frozen=True, slots=True)
class _Table:
    kinds: Mapping[str, str]
    types: Mapping[str, Mapping[str, Any]]


@cache
def _table() -> _Table:
    text = files("ecp.kube.patch").joinpath("types.json").read_text(encoding="utf-8")
    read = json.loads(text)
    if not (read["source"] and read["kinds"] and read["types"]):
        raise ValueError("types.json: source, kinds and types are required")
    return _Table(read["kinds"], read["types"])


@cache
def _named(name: str) -> Type:
    body = _table().types[name]
    relation: Relation = "atomic" if body.get("a") else "granular"
    return Type(
        "map",
        relation,
        fields=body["f"],
        defaults=body.get("d", {}),
        zeroes=frozenset(body.get("z", ())),
    )


@lru_cache(maxsize=4096)
def resolve(code: str) -> Type:
    """The Type that a code of ``types.json`` describes."""
    present = code[0] if code[0] in "*!^" else ""
    body, _, patching = code[len(present) :].partition("|")
    found = _plain(body)
    if not (patching or present):
        return found
    strategy, _, merge_key = patching.partition(":")
    return replace(found, strategy=strategy, merge_key=merge_key, present=present)


_RELATIONS: Final[Mapping[str, Relation]] = {"!": "atomic", "~": "granular"}


def _plain(code: str) -> Type:
    if code == "?":
        return ANY
    if code == "?!":
        return _WHOLE
    if code in _SCALARS:
        return _SCALARS[code]
    if code[0] == "@":
        found = _named(code[1:].rstrip("!~"))
        relation = _RELATIONS.get(code[-1])
        return found if relation is None else replace(found, relation=relation)
    if code[0] == "{":
        inner, _, mark = code[1:].rpartition("}")
        return Type("map", "atomic" if mark else "granular", element=inner)
    inner, _, mark = code[1:].rpartition("]")
    if mark == "=":
        return Type("list", "set", element=inner)
    if not mark:
        return Type("list", "atomic", element=inner)
    keys = tuple(mark[1:].split(","))
    defaults = resolve(inner).defaults
    return Type("list", "keyed", element=inner, keys=keys, defaults=defaults)


@lru_cache(maxsize=512)
def root(api_version: str, kind: str) -> Type:
    """The type of a kind's objects; for a kind nobody described, metadata and the rest free."""
    name = _table().kinds.get(f"{api_version}/{kind}")
    return _CUSTOM if name is None else _named(name)


_CUSTOM: Final = Type(
    "map",
    fields={"apiVersion": "s", "kind": "s", "metadata": "*@meta.v1.ObjectMeta"},
    element=ANY,
)


def is_known(api_version: str, kind: str) -> bool:
    """Whether the kind is in the table (a custom resource is not)."""
    return f"{api_version}/{kind}" in _table().kinds


def of_schema(schema: Mapping[str, Any], is_root: bool = True) -> Type:
    """The type that a CustomResourceDefinition's structural schema describes."""
    metadata: Mapping[str, str | Type] = (
        {"apiVersion": "s", "kind": "s", "metadata": "*@meta.v1.ObjectMeta"} if is_root else {}
    )
    if schema.get("x-kubernetes-int-or-string"):
        return _SCALARS["u"]
    kind = schema.get("type")
    if kind == "object":
        fields = {
            name: of_schema(child, False) for name, child in schema.get("properties", {}).items()
        }
        values = schema.get("additionalProperties")
        element: Type | None = None
        if isinstance(values, Mapping):
            element = of_schema(values, False)
        elif schema.get("x-kubernetes-preserve-unknown-fields") or values is True:
            element = ANY
        atomic = schema.get("x-kubernetes-map-type") == "atomic"
        defaults = {
            name: child["default"]
            for name, child in schema.get("properties", {}).items()
            if isinstance(child.get("default"), str | int)
        }
        return Type(
            "map",
            "atomic" if atomic else "granular",
            fields={**fields, **metadata},
            element=element,
            defaults=defaults,
        )
    if kind == "array":
        items = of_schema(schema.get("items", {}), False)
        relation = schema.get("x-kubernetes-list-type", "atomic")
        if relation == "set":
            return Type("list", "set", element=items)
        if relation == "map":
            keys = tuple(schema["x-kubernetes-list-map-keys"])
            return Type("list", "keyed", element=items, keys=keys, defaults=items.defaults)
        return Type("list", "atomic", element=items)
    return {
        "string": _SCALARS["s"],
        "integer": _SCALARS["n"],
        "number": _SCALARS["n"],
        "boolean": _SCALARS["b"],
    }.get(str(kind), ANY)


@lru_cache(maxsize=512)
@lru_cache(maxsize=512)
def empty_object(api_version: str, kind: str) -> dict[str, Any]:
    """What the server's object of a kind holds before anybody fills it: structs and nulls.

    Treat it as immutable. Creating is a change from this object: a struct that is always there is
    owned by nobody. Source: apimachinery pkg/util/managedfields/internal/skipnonapplied.go.
    """
    empty = _empty(root(api_version, kind))
    return {"metadata": {}} if empty is None else empty


def _empty(type_: Type) -> dict[str, Any] | None:
    if type_.shape != "map":
        return None
    out: dict[str, Any] = {}
    for name in type_.fields:
        child = type_.field(name)
        if child is not None and child.present == "*":
            out[name] = _empty(child) or {}
        elif child is not None and child.present:
            out[name] = ZEROES.get(child.scalar) if child.present == "!" else None
    return out
