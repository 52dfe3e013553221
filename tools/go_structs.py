"""Make `src/ecp/validation/structs.json` from the Go types of Kubernetes.

    python tools/go_structs.py KUBERNETES

KUBERNETES is a folder with `pkg/apis/core/types.go` and `staging/src/k8s.io/api/core/v1/types.go`
of the kubernetes repository at the release that the table is for. Some refusals print the server's
own structs: the fields in their order and by their Go names, without any left out. What is kept of
each struct reachable from ROOTS: a row for each field of its Go name, its name in the API and the
code of its type, as `ecp.validation.structs` reads it. An embedded struct's fields stand in its
place, as in Go's JSON.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "src/ecp/validation/structs.json"
ROOTS = (
    "EphemeralContainer",
    "PersistentVolumeClaimSpec",
    "PersistentVolumeSource",
    "PodTemplateSpec",
    "VolumeNodeAffinity",
)
INTERNAL = "pkg/apis/core/types.go"
PUBLISHED = "staging/src/k8s.io/api/core/v1/types.go"
STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.M | re.S)
NAMED = re.compile(r"^type (\w+) (map\[\w+\][\w.]+|\[\]\w+|\w+)$", re.M)
FIELD = re.compile(r"^\t(\w+)\s+([\w.*\[\]]+)(?:\s+`json:\"([^\",]*)[^`]*`)?\s*(?://.*)?$")
EMBEDDED = re.compile(r"^\t([\w.]+)(?:\s+`[^`]*`)?\s*(?://.*)?$")
SCALARS = {"string": "s", "bool": "b", "int": "n", "int32": "n", "int64": "n"}
CODES = {
    "types.UID": "s",
    "intstr.IntOrString": "n",
    "resource.Quantity": "q",
    "*resource.Quantity": "*q",
    "ResourceList": "{q",
    "metav1.ObjectMeta": "ObjectMeta",
    "*metav1.LabelSelector": "*LabelSelector",
}
"""Codes of the types that are read in a way of their own."""
OF_THE_POD = {
    "HostNetwork": "hostNetwork",
    "HostPID": "hostPID",
    "HostIPC": "hostIPC",
    "ShareProcessNamespace": "shareProcessNamespace",
    "HostUsers": "hostUsers",
}
"""What the API has in a pod's spec and the server in its security context."""
Row = tuple[str, str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kubernetes", type=Path)
    options = parser.parse_args()
    internal, published = (
        (options.kubernetes / path).read_text() for path in (INTERNAL, PUBLISHED)
    )
    structs = build(internal, published)
    rows = (f"{json.dumps(name)}: {json.dumps(structs[name])}" for name in sorted(structs))
    OUTPUT.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print(f"{OUTPUT.name}: {len(structs)} structs")


def build(internal: str, published: str) -> dict[str, list[Row]]:
    bodies = dict(STRUCT.findall(internal))
    named = dict(NAMED.findall(internal))
    tags = {name: _tags(body) for name, body in STRUCT.findall(published)}
    tags["PodSecurityContext"] |= OF_THE_POD

    def fields(struct: str) -> list[Row]:
        found: list[Row] = []
        for line in bodies[struct].splitlines():
            if match := FIELD.match(line):
                name, type_, _ = match.groups()
                found.append((name, tags[struct][name], code(type_)))
            elif match := EMBEDDED.match(line):
                inside = match[1]
                found += [("", "metadata", "ObjectMeta")] if "." in inside else fields(inside)
        return found

    def code(type_: str) -> str:
        """Return the code of a Go type: scalars and structs as they are, else by what it holds."""
        if type_ in CODES:
            return CODES[type_]
        pointer, bare = ("*", type_[1:]) if type_.startswith("*") else ("", type_)
        if bare.startswith("[]"):
            inside = code(bare[2:])
            return f"[{inside}" if inside[0].isupper() else "?"
        if bare.startswith("map["):
            return "?"
        if bare in bodies:
            return pointer + bare
        scalar = SCALARS.get(bare) or code(named[bare])
        return "?" if pointer else scalar

    out: dict[str, list[Row]] = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in out or name not in bodies:
            continue
        out[name] = fields(name)
        waiting += [kind.lstrip("*[{") for _, _, kind in out[name]]
    return out


def _tags(body: str) -> dict[str, str]:
    matches = map(FIELD.match, body.splitlines())
    return {match[1]: match[3] for match in matches if match and match[3]}


if __name__ == "__main__":
    main()
