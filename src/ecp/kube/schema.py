"""Schemas of the built-in kinds, one set a Kubernetes version, read lazily from one small file.

`schema("1.36")` opens a version; `Schema.node(gvk, path)` answers what stands at a path: its type,
list type, merge keys. Definitions are parsed one by one when something asks for them, so one
Deployment costs a few milliseconds. The file is made by tools/make_schemas.py.

Source: the OpenAPI definitions of Kubernetes, through the package kubernetes-validate.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

DEFAULT_VERSION: Final = "1.36"
REF: Final = "#/$defs/"


class Gvk(NamedTuple):
    """The full name of a kind; the core group is ``""``."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(api_version: str, kind: str) -> Gvk:
        """Return the name that an object's apiVersion and kind spell."""
        group, _, version = api_version.rpartition("/")
        return Gvk(group, version, kind)


class UnknownVersion(KeyError):
    """No schemas of this Kubernetes version are carried; the argument lists those that are."""


# Definitions whose JSON form is not what their schema says, and the type they are given here.
SPECIAL: Final = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "time",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
}


class Node:
    """What a schema says of one place.

    type         object | array | string | integer | number | boolean | quantity | int-or-string |
                 time | any
    format       int32, int64, double, byte, date-time or ""
    definition   full name of the definition that the place refers to, or ""
    list_type    atomic | set | map, None where the schema does not say; list_map_keys go with map
    patch_strategy, patch_merge_key
                 what a strategic merge patch does here, None where the schema does not say
                 (then a list is replaced and a map is merged)
    """

    __slots__ = ("_items", "_properties", "_raw", "_schema", "_values", "definition", "type")

    def __init__(self, schema: Schema, raw: Mapping[str, Any]) -> None:
        self._schema = schema
        self.definition = ""
        reference = raw.get("$ref")
        if reference is not None:
            self.definition = reference.removeprefix(REF)
            raw = {**schema.definition(self.definition), **raw}
        self._raw = raw
        self.type: str = SPECIAL.get(self.definition) or raw.get("type", "any")
        self._properties: Mapping[str, Node] | None = None
        self._items: Node | None = None
        self._values: Node | None = None

    @property
    def format(self) -> str:
        return str(self._raw.get("format", ""))

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(self._raw.get("required", ()))

    @property
    def is_open(self) -> bool:
        """Whether any field may stand here: the schema names neither fields nor values."""
        if self.type == "any" or self._raw.get("x-kubernetes-preserve-unknown-fields"):
            return True
        return self.type == "object" and not (
            "properties" in self._raw or "additionalProperties" in self._raw
        )

    @property
    def properties(self) -> Mapping[str, Node]:
        if self._properties is None:
            self._properties = {
                name: Node(self._schema, raw)
                for name, raw in self._raw.get("properties", {}).items()
            }
        return self._properties

    @property
    def values(self) -> Node | None:
        """The node of every value of a map."""
        if self._values is None and isinstance(self._raw.get("additionalProperties"), Mapping):
            self._values = Node(self._schema, self._raw["additionalProperties"])
        return self._values

    @property
    def items(self) -> Node | None:
        """The node of every item of a list."""
        if self._items is None and isinstance(self._raw.get("items"), Mapping):
            self._items = Node(self._schema, self._raw["items"])
        return self._items

    @property
    def list_type(self) -> str | None:
        return _text(self._raw, "list-type")

    @property
    def list_map_keys(self) -> tuple[str, ...]:
        return tuple(self._raw.get("x-kubernetes-list-map-keys", ()))

    @property
    def map_type(self) -> str | None:
        return _text(self._raw, "map-type")

    @property
    def patch_strategy(self) -> str | None:
        """For example ``"merge"`` or ``"merge,retainKeys"``."""
        return _text(self._raw, "patch-strategy")

    @property
    def patch_merge_key(self) -> str | None:
        return _text(self._raw, "patch-merge-key")

    def child(self, element: str | int) -> Node | None:
        """Return the node of a field, of a map's value or of an item; None when there is none."""
        if isinstance(element, int):
            return self.items
        return self.properties.get(element) or self.values

    @property
    def go_struct(self) -> str:
        """The Go name of the definition without its package: ``PodSpec``."""
        return self.definition.rpartition(".")[2]

    @property
    def go_type(self) -> str:
        """The type as Go prints it: ``int32``, ``[]string``, ``v1.PodSpec``."""
        if self.type == "array":
            return f"[]{self.items.go_type}" if self.items else "[]interface {}"
        if self.type == "object" and self.values is not None:
            return f"map[string]{self.values.go_type}"
        if self.definition and self.type == "object":
            return ".".join(self.definition.split(".")[-2:])
        named = {
            "string": "[]uint8" if self.format == "byte" else "string",
            "integer": self.format or "int64",
            "number": "float64",
            "boolean": "bool",
            "time": "string",
            "int-or-string": "int32",
            "quantity": "resource.Quantity",
        }
        return str(named.get(self.type, "interface {}"))


def _text(raw: Mapping[str, Any], word: str) -> str | None:
    value = raw.get(f"x-kubernetes-{word}")
    return value if isinstance(value, str) else None


class Schema:
    """The schemas of one Kubernetes version."""

    def __init__(self, version: str, lines: list[bytes], head: Mapping[str, Any]) -> None:
        self.version = version
        self._lines = lines
        names: list[str] = head["names"]
        entry = head["versions"][version]
        self._line_of = dict(zip(names, entry["lines"], strict=True))
        self._kinds: dict[Gvk, str] = {
            Gvk(*text.split("/")): names[number] for text, number in entry["kinds"].items()
        }
        self._parsed: dict[str, Mapping[str, Any]] = {}
        self._roots: dict[Gvk, Node] = {}

    def kinds(self) -> Iterator[Gvk]:
        """Every kind of this version, in the order of the file."""
        return iter(self._kinds)

    def __contains__(self, gvk: Gvk) -> bool:
        return gvk in self._kinds

    def definition_name(self, gvk: Gvk) -> str:
        """Return the definition of a kind. Raises KeyError for a kind this version lacks."""
        return self._kinds[gvk]

    def definition(self, name: str) -> Mapping[str, Any]:
        """Return a definition as JSON Schema. Raises KeyError when this version lacks it."""
        parsed = self._parsed.get(name)
        if parsed is None:
            line = self._line_of[name]
            if line < 0:
                raise KeyError(name)
            parsed = self._parsed[name] = json.loads(self._lines[line + 1])
        return parsed

    def node(self, gvk: Gvk, path: Sequence[str | int] = ()) -> Node | None:
        """Return what the schema says at *path* of a kind, None where it says nothing.

        An int in the path is an item of a list, whichever; raises KeyError for an unknown kind.
        """
        root = self._roots.get(gvk)
        if root is None:
            root = self._roots[gvk] = Node(self, {"$ref": REF + self._kinds[gvk]})
        node: Node | None = root
        for element in path:
            if node is None:
                return None
            node = node.child(element)
        return node

    def bundle(self, gvk: Gvk) -> dict[str, Any]:
        """Return ``{"$ref": …, "$defs": {…}}`` with every definition a kind reaches.

        Raises KeyError for a kind this version lacks.
        """
        root = self._kinds[gvk]
        found: dict[str, Any] = {}
        waiting = [root]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self.definition(name)
                waiting.extend(references(found[name]))
        return {"$ref": REF + root, "$defs": found}


def references(node: Any) -> Iterator[str]:
    """Yield the definitions that a part of a JSON Schema refers to, by their full names."""
    if isinstance(node, Mapping):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(REF)
        for value in node.values():
            yield from references(value)


@lru_cache(maxsize=1)
def _go() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    with open(os.path.join(os.path.dirname(__file__), "schemas", "gotypes.json"), "rb") as file:
        found: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(file.read())
    return found


def go_field(definition: str, field: str) -> tuple[str, str]:
    """Return the embedded Go struct that a field stands in, and its Go type.

    Either is ``""`` where the schema says it all: the definition's own struct, `Node.go_type`.
    """
    go = _go()
    return go["within"].get(definition, {}).get(field, ""), go["types"].get(definition, {}).get(
        field, ""
    )


@lru_cache(maxsize=1)
def _file() -> tuple[list[bytes], Mapping[str, Any]]:
    # os.path instead of importlib.resources: half of a cold start would go into its imports.
    with open(
        os.path.join(os.path.dirname(__file__), "schemas", "kubernetes.json.zlib"), "rb"
    ) as file:
        lines = zlib.decompress(file.read()).split(b"\n")
    return lines, json.loads(lines[0])


@lru_cache(maxsize=16)
def schema(kubernetes_version: str = DEFAULT_VERSION) -> Schema:
    """Return the schemas of a version such as ``"1.36"`` (``"v1.36.2"`` is taken for it).

    Raises UnknownVersion for a version outside `versions()`.
    """
    match = re.match(r"v?(\d+\.\d+)", kubernetes_version)
    lines, head = _file()
    if match is None or match[1] not in head["versions"]:
        raise UnknownVersion(", ".join(head["versions"]))
    return Schema(match[1], lines, head)


@lru_cache(maxsize=1)
def versions() -> tuple[str, ...]:
    """The Kubernetes versions whose schemas are carried, oldest first."""
    return tuple(_file()[1]["versions"])


def schema_for(
    group: str, version: str, kind: str, kubernetes_version: str = DEFAULT_VERSION
) -> dict[str, Any]:
    """Return the JSON Schema of a kind with its definitions under ``$defs``.

    The x-kubernetes-… annotations are kept. Raises KeyError for a kind the version lacks.
    """
    return schema(kubernetes_version).bundle(Gvk(group, version, kind))
