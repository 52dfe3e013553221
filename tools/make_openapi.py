"""Make `src/ecp/kube/schemas/openapi.json.xz`: the OpenAPI documents of a Kubernetes release.

    python tools/make_openapi.py KUBERNETES APIEXTENSIONS

The folders are where `go mod download -json k8s.io/kubernetes@v1.36.2` and the same of
`k8s.io/apiextensions-apiserver@v0.36.2` say that they put the modules. The first publishes the
API's description in api/openapi-spec. That was printed by a server with every alpha
feature on and the values of enumerations off; a server as it is installed differs in four ways,
which are applied here. With them each document has the very bytes, and so the hash, that a server
of the release sends:

  - CBOR is not offered;
  - an item of a list or map says no default, and a reference alone is not wrapped;
  - the values of a field that is an enumeration are listed, in the description as well: they stand
    in pkg/generated/openapi of the modules;
  - groups and versions that are off by default are left out.

Layout of the decompressed file: a line of JSON, then the documents one after the other:

    {"source": ..., "documents": {"api/v1": [start, length, "SHA-512"], ..., "v2": [...]}}
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).parents[1] / "src/ecp/kube/schemas/openapi.json.xz"
RELEASE = "1.36"
# What a server of the release serves without being told to.
SERVED = (
    "api", "apis", "version", ".well-known/openid-configuration", "openid/v1/jwks",
    *(
        f"apis/{group}{version}"
        for group, versions in {
            "admissionregistration.k8s.io": ("v1",), "apiextensions.k8s.io": ("v1",),
            "apiregistration.k8s.io": ("v1",), "apps": ("v1",), "authentication.k8s.io": ("v1",),
            "authorization.k8s.io": ("v1",), "autoscaling": ("v1", "v2"), "batch": ("v1",),
            "certificates.k8s.io": ("v1",), "coordination.k8s.io": ("v1",),
            "discovery.k8s.io": ("v1",), "events.k8s.io": ("v1",),
            "flowcontrol.apiserver.k8s.io": ("v1",), "networking.k8s.io": ("v1",),
            "node.k8s.io": ("v1",), "policy": ("v1",), "rbac.authorization.k8s.io": ("v1",),
            "resource.k8s.io": ("v1",), "scheduling.k8s.io": ("v1",), "storage.k8s.io": ("v1",),
        }.items()
        for version in ("", *(f"/{version}" for version in versions))
    ),
    "api/v1",
)  # fmt: skip

# The order in which a server writes the keys of what stands under a key; others are sorted.
_OPERATION = (
    "tags", "description", "operationId", "parameters", "requestBody", "responses",
)  # fmt: skip
_OLD_OPERATION = (
    "description", "consumes", "produces", "schemes", "tags", "operationId", "parameters",
    "responses",
)  # fmt: skip
_SCHEMA = (
    "description", "$ref", "type", "format", "default", "uniqueItems", "enum", "required", "items",
    "allOf", "oneOf", "properties", "additionalProperties",
)  # fmt: skip
_PATH = ("get", "put", "post", "delete", "options", "head", "patch", "parameters")
_OLD_PARAMETER = ("$ref", "uniqueItems", "type", "description", "name", "in", "required", "schema")
_METHODS = _PATH[:-1]
_ORDERS: dict[str, tuple[str, ...]] = {
    "": ("openapi", "info", "paths", "components"),
    "old": (
        "swagger", "info", "paths", "definitions", "parameters", "securityDefinitions", "security",
    ),
    "paths{}": _PATH,
    "responses{}": ("description", "content", "schema"),
    "securitySchemes{}": ("type", "description", "name", "in"),
    "securityDefinitions{}": ("description", "type", "name", "in"),
    "parameters[]": ("name", "in", "description", "required", "schema"),
    "parameters{}": _OLD_PARAMETER,
    "x-kubernetes-group-version-kind": ("group", "version", "kind"),
    **dict.fromkeys(
        ("schemas{}", "definitions{}", "properties{}", "schema", "items", "additionalProperties"),
        _SCHEMA,
    ),
    **dict.fromkeys(_METHODS, _OPERATION),
}  # fmt: skip
_MAPS = (
    "paths", "schemas", "properties", "responses", "content", "securitySchemes", "definitions",
    "securityDefinitions", "parameters",
)  # fmt: skip
_Fields = dict[str, tuple[tuple[str, ...], dict[str, Any]]]
_POSSIBLE = "\n\nPossible enum values:\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kubernetes", type=Path)
    parser.add_argument("apiextensions", type=Path)
    options = parser.parse_args()
    content = build(options.kubernetes, options.apiextensions)
    # What is alike in two documents is far apart: the dictionary holds all of it.
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 24}]
    OUTPUT.write_bytes(lzma.compress(content, filters=filters))
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size:,} bytes from {len(content):,}")


def build(kubernetes: Path, apiextensions: Path) -> bytes:
    """Return the content of the file, from the folders of the modules."""
    values: dict[str, _Fields] = {}
    for module in (kubernetes, apiextensions):
        values.update(enumerations(module / "pkg/generated/openapi/zz_generated.openapi.go"))
    spec = kubernetes / "api/openapi-spec"
    documents: dict[str, bytes] = {}
    for name in sorted(SERVED):
        text = (spec / "v3" / f"{name.replace('/', '__')}_openapi.json").read_text()
        documents[name] = escaped(served(json.loads(text), values))
    old = older(served(json.loads((spec / "swagger.json").read_text()), values))
    in_old_order = in_order(old, "old", _ORDERS | _OLDER)
    for path, found in in_old_order["paths"].items():
        if path.startswith("/apis/apiregistration.k8s.io/v1/"):  # written by the aggregator
            again = {"paths": {path: found}}
            found |= in_order(again, "old", _ORDERS | _OLDER | _AGGREGATOR)["paths"][path]
    documents["v2"] = encoded(in_old_order)
    rows: dict[str, Any] = {}
    start = 0
    for name, body in documents.items():
        digest = hashlib.sha512(body).hexdigest().upper()
        rows[name] = [start, len(body), digest]
        start += len(body)
    head = {"source": f"k8s.io/kubernetes {RELEASE}, by tools/make_openapi.py", "documents": rows}
    return b"".join((json.dumps(head).encode(), b"\n", *documents.values()))


def encoded(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def escaped(document: Any) -> bytes:
    """The newer documents are written as Go writes JSON that may end up in a page."""
    text = encoded(in_order(document, "", _ORDERS))
    for character in "<>&":
        text = text.replace(character.encode(), f"\\u{ord(character):04x}".encode())
    return text


# ---- what a server that was just installed says -------------------------------------------------


def served(document: Any, values: dict[str, _Fields]) -> Any:
    """Return a published document as a server sends it."""
    document["info"]["version"] = RELEASE
    schemas = document.get("definitions") or document["components"].get("schemas") or {}
    for name, schema in schemas.items():
        for field, (path, found) in values.get(_function(name), {}).items():
            told = schema["properties"].get(field)
            if told is not None:
                _listed(told, path, found)
    return _plainer(document)


def _listed(told: dict[str, Any], path: tuple[str, ...], found: dict[str, Any]) -> None:
    """Write the values of an enumeration into the schema of a field."""
    if "description" in found:
        told["description"] = found["description"]
    for key in path:
        told = told[key]
    told["enum"] = found["enum"]


def _plainer(node: Any) -> Any:
    """Leave out CBOR, and what an item of a list or map says of its default."""
    if isinstance(node, list):
        return [_plainer(item) for item in node if not _is_cbor(item)]
    if not isinstance(node, dict):
        return node
    out = {key: _plainer(value) for key, value in node.items() if not _is_cbor(key)}
    for key in ("items", "additionalProperties"):
        inner = out.get(key)
        if isinstance(inner, dict):
            inner.pop("default", None)
            if list(inner) == ["allOf"]:
                out[key] = inner["allOf"][0]
    return out


def _is_cbor(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("application/") and "cbor" in value


def older(document: Any) -> Any:
    """Return the one old document with what is served, and the definitions and parameters of it."""
    groups = tuple(
        f"/{name}/" for name in SERVED if name.count("/") == (2 if "apis" in name else 1)
    )
    single = {f"/{name}/" for name in SERVED}
    document["paths"] = {
        path: found
        for path, found in document["paths"].items()
        if path.startswith(groups) or path in single or f"{path}/" in single
    }
    wanted: dict[str, None] = {}
    waiting = list(references(document["paths"]))
    while waiting:
        reference = waiting.pop()
        if reference not in wanted:
            wanted[reference] = None
            _, section, name = reference.split("/")
            waiting += references(document[section][name])
    for section in ("definitions", "parameters"):
        document[section] = {
            name: found
            for name, found in document[section].items()
            if f"#/{section}/{name}" in wanted
        }
    return document


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from references(item)


# ---- order --------------------------------------------------------------------------------------

_OLDER = {
    "parameters[]": _OLD_PARAMETER,
    "x-kubernetes-group-version-kind": ("group", "kind", "version"),
    **dict.fromkeys(_METHODS, _OLD_OPERATION),
}
_AGGREGATOR = {"x-kubernetes-group-version-kind": ("group", "version", "kind")}


def in_order(node: Any, under: str, orders: dict[str, tuple[str, ...]]) -> Any:
    """Return *node*, which stands under the key *under*, with its keys as a server writes them."""
    if isinstance(node, list):
        return [in_order(item, f"{under}[]", orders) for item in node]
    if not isinstance(node, dict):
        return node
    is_map = under in _MAPS
    order = () if is_map else orders.get(under, ())
    keys = sorted(node, key=lambda key: (order.index(key) if key in order else len(order), key))
    return {key: in_order(node[key], f"{under}{{}}" if is_map else key, orders) for key in keys}


# ---- enumerations -------------------------------------------------------------------------------

_FUNCTION = re.compile(r"^func schema_(\w+)\(ref common", re.M)
_PROPERTY = re.compile(r'^\t{5}"([^"]+)": \{$')
_DESCRIPTION = re.compile(r'^\t{7}Description: ("(?:[^"\\]|\\.)*"),$')
_INNER = re.compile(r"^\t+(Items|AdditionalProperties): &")
_ENUM = re.compile(r"^\t+Enum: +\[\]interface\{\}\{(.*)\},$")


def enumerations(path: Path) -> dict[str, _Fields]:
    """Return Go function → field → (where in its schema, {"enum", "description" if it has one})."""
    text = path.read_text()
    starts = [(match[1], match.start()) for match in _FUNCTION.finditer(text)]
    ends = [start for _, start in starts[1:]] + [len(text)]
    found = {}
    for (function, start), end in zip(starts, ends, strict=True):
        fields = dict(_fields(text[start:end].split("\n")))
        if fields:
            found[function] = fields
    return found


def _function(name: str) -> str:
    """Return the Go function that describes a definition."""
    name = name.removeprefix("io.k8s.apiextensions-apiserver.")
    return name.replace("io.k8s.", "k8sio_").replace(".", "_")


def _fields(lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    path: tuple[str, ...] = ()
    field = description = ""
    for line in lines:
        if match := _PROPERTY.match(line):
            field, description, path = match[1], "", ()
        elif match := _DESCRIPTION.match(line):
            description = json.loads(match[1])
        elif match := _INNER.match(line):
            path = (*path, {"Items": "items"}.get(match[1], "additionalProperties"))
        elif match := _ENUM.match(line):
            values: dict[str, Any] = {"enum": json.loads(f"[{match[1]}]")}
            if _POSSIBLE in description:
                values["description"] = description
            yield field, (path, values)


if __name__ == "__main__":
    main()
