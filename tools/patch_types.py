"""Make `src/ecp/kube/patch/types.json` from the OpenAPI v3 documents that Kubernetes publishes.

    python tools/patch_types.py OPENAPI STAGING

OPENAPI is `api/openapi-spec/v3` and STAGING `staging/src/k8s.io` of the kubernetes repository at
the release that the table is for. What a patch, a server-side apply or the encoding of a stored
object needs is kept of each type reachable from a stored kind: its fields, which lists are sets or
maps by key, which maps are atomic, how a strategic merge patch treats a list, which scalars are
not written when they are zero (the one thing only the Go types say). The grammar of a field's code
is in `ecp.kube.patch.merge_keys`.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

OUTPUT = Path(__file__).parents[1] / "src/ecp/kube/patch/types.json"
GROUPS = (
    "api__v1",
    "apis__admissionregistration.k8s.io__v1",
    "apis__apiextensions.k8s.io__v1",
    "apis__apiregistration.k8s.io__v1",
    "apis__apps__v1",
    "apis__autoscaling__v1",
    "apis__autoscaling__v2",
    "apis__batch__v1",
    "apis__certificates.k8s.io__v1",
    "apis__coordination.k8s.io__v1",
    "apis__discovery.k8s.io__v1",
    "apis__events.k8s.io__v1",
    "apis__flowcontrol.apiserver.k8s.io__v1",
    "apis__networking.k8s.io__v1",
    "apis__node.k8s.io__v1",
    "apis__policy__v1",
    "apis__rbac.authorization.k8s.io__v1",
    "apis__resource.k8s.io__v1",
    "apis__scheduling.k8s.io__v1",
    "apis__storage.k8s.io__v1",
)
REFERENCE = "#/components/schemas/"
PREFIXES = (
    "io.k8s.api.",
    "io.k8s.apimachinery.pkg.apis.",
    "io.k8s.apimachinery.pkg.",
    "io.k8s.apiextensions-apiserver.pkg.apis.",
    "io.k8s.kube-aggregator.pkg.apis.",
)
SCALARS = {"string": "s", "integer": "n", "number": "n", "boolean": "b"}
ANY = "?"
UNTYPED = "u"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("openapi", type=Path)
    parser.add_argument("staging", type=Path)
    options = parser.parse_args()
    schemas: dict[str, Any] = {}
    for group in GROUPS:
        document = json.loads((options.openapi / f"{group}_openapi.json").read_text())
        schemas.update(document["components"]["schemas"])
    table = build(schemas)
    for name, body in table["types"].items():
        go_fields = encoded_fields(options.staging, name)
        body["f"] = {
            field: written(go_fields.get(field), code) for field, code in body["f"].items()
        }
        zeroes = [
            field
            for field, code in sorted(body["f"].items())
            if code in SCALARS.values() and field in go_fields and go_fields[field].zero_absent
        ]
        if zeroes:
            body["z"] = zeroes
    OUTPUT.write_text(dump(table))
    print(f"{OUTPUT.name}: {len(table['types'])} types, {OUTPUT.stat().st_size:,} bytes")


STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.M | re.S)
FIELD = re.compile(r'^\t(?:(\w+)\s+)?(\*?)([\w.\[\]]+)\s+`[^`]*json:"([^"]*)"', re.M)


def structs(staging: Path, name: str) -> dict[str, str]:
    """The bodies of the Go structs in the package of a type."""
    package = name.rpartition(".")[0].replace(".", "/")
    for folder in (
        "api",
        "apimachinery/pkg/apis",
        "apiextensions-apiserver/pkg/apis",
        "kube-aggregator/pkg/apis",
    ):
        files = sorted((staging / folder / package).glob("types*.go"))
        if files:
            return {name: body for file in files for name, body in STRUCT.findall(file.read_text())}
    return {}


class GoField(NamedTuple):
    """How Go encodes a field: its type, whether by pointer, the flags of its json tag."""

    go_type: str
    pointer: bool
    flags: str

    @property
    def nothing(self) -> bool:
        """Whether its zero is null."""
        return bool(self.pointer or re.fullmatch(r"[\w.]*Time|\[.*", self.go_type))

    @property
    def zero_absent(self) -> bool:
        bytes_ = self.go_type == "[]byte" and not self.pointer
        return "omitempty" in self.flags and (bytes_ or not self.nothing)


def encoded_fields(staging: Path, name: str) -> dict[str, GoField]:
    bodies = structs(staging, name)
    found: dict[str, GoField] = {}
    waiting = [name.rpartition(".")[2]]
    while waiting:
        for _, pointer, go_type, tag in FIELD.findall(bodies.get(waiting.pop(), "")):
            field, _, flags = tag.partition(",")
            if flags == "inline":
                waiting.append(go_type)
            else:
                found[field] = GoField(go_type, bool(pointer), flags)
    return found


def written(go_field: GoField | None, code: str) -> str:
    """The code with a mark for what is written even when it is empty: * ! or ^."""
    if go_field is None or "omitzero" in go_field.flags:
        return code
    if code[0] == "@" and not go_field.pointer:
        return f"*{code}"
    is_time = re.fullmatch(r"[\w.]*Time", go_field.go_type) and not go_field.pointer
    if "omitempty" in go_field.flags and not is_time:
        return code
    return f"^{code}" if go_field.nothing else f"!{code}"


def dump(table: dict[str, Any]) -> str:
    """One type a line, so that a change of the API is a readable change of the file."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(body, sort_keys=True, separators=(',', ':'))}"
        for name, body in sorted(table["types"].items())
    ]
    kinds = json.dumps(table["kinds"], sort_keys=True, indent=0, separators=(",", ":"))
    source = json.dumps(table["source"])
    types = ",\n".join(lines)
    return f'{{"source": {source},\n"kinds": {kinds},\n"types": {{\n{types}\n}}}}\n'


def build(schemas: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, str] = {}
    waiting: list[str] = []
    for name, schema in sorted(schemas.items()):
        gvks = schema.get("x-kubernetes-group-version-kind", ())
        properties = schema.get("properties", ())
        if len(gvks) != 1 or "metadata" not in properties or "items" in properties:
            continue
        gvk = gvks[0]
        api_version = f"{gvk['group']}/{gvk['version']}" if gvk["group"] else gvk["version"]
        kinds[f"{api_version}/{gvk['kind']}"] = short(name)
        waiting.append(name)
    keys = {
        key
        for schema in schemas.values()
        for field in schema.get("properties", {}).values()
        for key in field.get("x-kubernetes-list-map-keys", ())
    }
    types: dict[str, Any] = {}
    while waiting:
        name = waiting.pop()
        if short(name) in types:
            continue
        schema = schemas[name]
        body: dict[str, Any] = {
            "f": {
                field: code(child, schemas, waiting)
                for field, child in sorted(schema.get("properties", {}).items())
            }
        }
        if schema.get("x-kubernetes-map-type") == "atomic":
            body["a"] = 1
        defaults = {
            field: child["default"]
            for field, child in sorted(schema.get("properties", {}).items())
            if field in keys and isinstance(child.get("default"), str | int)
        }
        if defaults:
            body["d"] = defaults
        types[short(name)] = body
    return {
        "source": "kubernetes v1.36 api/openapi-spec/v3, by tools/patch_types.py",
        "kinds": kinds,
        "types": types,
    }


def short(name: str) -> str:
    for prefix in PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def target(schema: dict[str, Any]) -> str | None:
    """The name that a schema refers to, if it is a reference."""
    for holder in (schema, *schema.get("allOf", ())):
        if "$ref" in holder:
            return str(holder["$ref"]).removeprefix(REFERENCE)
    return None


def is_struct(schema: dict[str, Any]) -> bool:
    return bool(schema.get("properties"))


def code(schema: dict[str, Any], schemas: dict[str, Any], waiting: list[str]) -> str:
    name = target(schema)
    if name is not None and name.endswith(".RawExtension"):
        return f"{ANY}!"
    if name is not None:
        found = schemas[name]
        if not is_struct(found):
            return code(found, schemas, waiting)
        waiting.append(name)
        mark = {"atomic": "!", "granular": "~"}.get(schema.get("x-kubernetes-map-type", ""), "")
        return f"@{short(name)}{mark}{patching(schema)}"
    kind = schema.get("type")
    if kind == "array":
        inner = f"[{code(schema['items'], schemas, waiting)}]"
        relation = schema.get("x-kubernetes-list-type", "atomic")
        if relation == "set":
            inner += "="
        elif relation == "map":
            inner += ":" + ",".join(schema["x-kubernetes-list-map-keys"])
        return inner + patching(schema)
    if kind == "object":
        values = schema.get("additionalProperties")
        if not isinstance(values, dict):
            return ANY
        atomic = schema.get("x-kubernetes-map-type") == "atomic"
        return f"{{{code(values, schemas, waiting)}}}{'!' if atomic else ''}{patching(schema)}"
    if "oneOf" in schema:
        return UNTYPED
    return SCALARS.get(str(kind), ANY)


def patching(schema: dict[str, Any]) -> str:
    strategy = schema.get("x-kubernetes-patch-strategy")
    if not strategy:
        return ""
    key = schema.get("x-kubernetes-patch-merge-key", "")
    return f"|{strategy}:{key}"


if __name__ == "__main__":
    main()
