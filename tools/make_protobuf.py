#!/usr/bin/env python3
"""Write the field numbers of Kubernetes' protobuf messages: kubeapi/messages.json.

kubectl posts what its generators make as protobuf. The numbers stand in the generated.proto files
that Kubernetes publishes with its Go modules k8s.io/api, apimachinery, apiextensions-apiserver and
kube-aggregator:

    tools/make_protobuf.py FOLDER_OF_MODULE…

The folders are where `go mod download -json k8s.io/api@v0.36.2` says that it put them. A field
whose message is embedded in Go has no name in JSON: that is found by comparing with the schemas,
as is how JSON writes a name (aPIGroup: apiGroup). "string?": an empty text is not none.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from ecp.kube.patch.merge_keys import resolve  # noqa: E402
from ecp.kube.schema import Schema, schema  # noqa: E402

VERSION = "1.36"
_API = "k8s.io.api."
GROUPS = {
    "core/v1": "v1",
    "apps/v1": "apps/v1",
    "autoscaling/v1": "autoscaling/v1",
    "autoscaling/v2": "autoscaling/v2",
    "batch/v1": "batch/v1",
    "policy/v1": "policy/v1",
    "rbac/v1": "rbac.authorization.k8s.io/v1",
    "scheduling/v1": "scheduling.k8s.io/v1",
    "networking/v1": "networking.k8s.io/v1",
    "storage/v1": "storage.k8s.io/v1",
    "coordination/v1": "coordination.k8s.io/v1",
    "discovery/v1": "discovery.k8s.io/v1",
    "events/v1": "events.k8s.io/v1",
    "node/v1": "node.k8s.io/v1",
    "authentication/v1": "authentication.k8s.io/v1",
    "authorization/v1": "authorization.k8s.io/v1",
    "admissionregistration/v1": "admissionregistration.k8s.io/v1",
    "certificates/v1": "certificates.k8s.io/v1",
    "flowcontrol/v1": "flowcontrol.apiserver.k8s.io/v1",
    "resource/v1": "resource.k8s.io/v1",
    "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1": "apiextensions.k8s.io/v1",
    "k8s.io.kube_aggregator.pkg.apis.apiregistration.v1": "apiregistration.k8s.io/v1",
}
_PACKAGE = re.compile(r"^package ([\w.]+);", re.M)
_MESSAGE = re.compile(r"^message (\w+) \{\n(.*?)^\}", re.M | re.S)
_FIELD = re.compile(
    r"^\s*(?:(optional|repeated|required) )?(map<\s*string\s*,\s*[\w.]+\s*>|[\w.]+) (\w+) = (\d+)",
    re.M,
)
_SCALARS = {"string", "bytes", "bool", "double", "int32", "int64", "uint32", "uint64", "float"}
_SHORT = re.compile(
    r"^k8s\.io\.(?:api|apimachinery\.pkg|(?:apiextensions_apiserver|kube_aggregator)\.pkg\.apis)\."
)


def messages(folder: Path) -> Iterator[tuple[str, list[tuple[int, str, str, str]]]]:
    """Yield (full name, fields) of each message; a field is (number, name, label, type)."""
    for path in sorted(folder.rglob("generated.proto")):
        text = re.sub(r"//.*", "", path.read_text())
        package = _PACKAGE.search(text)
        if package is None:
            continue
        for match in _MESSAGE.finditer(text):
            fields = []
            for label, type_, name, number in _FIELD.findall(match[2]):
                fields.append((int(number), name, label or "optional", _full(type_, package[1])))
            yield f"{package[1]}.{match[1]}", fields


def _full(type_: str, package: str) -> str:
    inner = re.fullmatch(r"map<\s*string\s*,\s*([\w.]+)\s*>", type_)
    if inner:
        return f"map:{_full(inner[1], package)}"
    if type_ in _SCALARS:
        return type_
    return type_.removeprefix(".") if "." in type_ else f"{package}.{type_}"


def _definition(of: Schema, name: str) -> dict[str, Any] | None:
    """The JSON definition of a message: k8s.io.api.core.v1.Pod is io.k8s.api.core.v1.Pod."""
    try:
        said = name.removeprefix("k8s.io.")
        return dict(of.definition("io.k8s." + re.sub("_(apiserver|aggregator)", r"-\1", said)))
    except KeyError:
        return None


def _is_pointer(message: str, field: str) -> bool:
    """Is an optional text in Go, so that "" differs from none?"""
    try:
        owner = resolve(f"@{message}")
    except KeyError:
        return False
    of = owner.field(field)
    plain = of is not None and (of.shape, of.scalar, of.present) == ("scalar", "s", "")
    return plain and field not in owner.zeroes


def _plain(name: str) -> str:
    """Return a name of JSON as Go's would be without capitals: x-kubernetes-list-type, $ref."""
    return re.sub("[$-]", "", name).lower()


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    known = {name: fields for folder in sys.argv[1:] for name, fields in messages(Path(folder))}
    of = schema(VERSION)
    roots: dict[str, str] = {}
    for folder, api_version in GROUPS.items():
        package = folder if "/" not in folder else _API + folder.replace("/", ".")
        for name, fields in known.items():
            if name.rpartition(".")[0] == package and any(
                field[1] == "metadata" and field[3].endswith(".ObjectMeta") for field in fields
            ):
                roots[f"{api_version}/{name.rpartition('.')[2]}"] = name
    roots["v1/DeleteOptions"] = "k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions"
    out: dict[str, dict[str, list[str]]] = {}
    waiting = list(roots.values())
    while waiting:
        name = waiting.pop()
        if name in out or name not in known:
            continue
        definition = _definition(of, name)
        rows: dict[str, list[str]] = {}
        for number, field, label, type_ in sorted(known[name]):
            target = type_.removeprefix("map:")
            is_message = target not in _SCALARS
            if is_message:
                waiting.append(target)
            shown = field
            properties = {} if definition is None else definition.get("properties", {})
            if properties and field not in properties:
                # What has no name at all is embedded in Go: its fields stand in the parent.
                same = [one for one in properties if _plain(one) == field.lower()]
                shown = same[0] if same else "" if is_message else field
            kind = type_ if not is_message else type_.replace(target, _SHORT.sub("", target))
            if kind == "string" and _is_pointer(_SHORT.sub("", name), shown):
                kind = "string?"
            rows[str(number)] = [shown, f"[]{kind}" if label == "repeated" else kind]
        out[name] = rows
    by_name = {_SHORT.sub("", name): rows for name, rows in sorted(out.items())}
    target_file = ROOT / "src/ecp/simulator/kubeapi/messages.json"
    with target_file.open("w") as file:
        file.write('{\n"source": "generated.proto of k8s.io/api and k8s.io/apimachinery, ')
        file.write(f'Kubernetes {VERSION}; made by tools/make_protobuf.py",\n"kinds": ')
        file.write(json.dumps({key: _SHORT.sub("", roots[key]) for key in sorted(roots)}))
        file.write(',\n"messages": {\n')
        rows_text = [f"{json.dumps(name)}: {json.dumps(rows)}" for name, rows in by_name.items()]
        file.write(",\n".join(rows_text) + "\n}\n}\n")
    print(f"{len(roots)} kinds, {len(by_name)} messages, {target_file.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
