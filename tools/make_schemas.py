"""Make `src/ecp/kube/schemas/kubernetes.json.zlib` from the package `kubernetes-validate`.

    python tools/make_schemas.py [--wheel FILE] [--package-version 1.37.0]

The package carries the OpenAPI definitions of each Kubernetes release as JSON Schema. What a
validator and an OpenAPI document need is kept: the definitions reachable from a kind that is
stored, without descriptions, each different definition once for all versions. The output does not
depend on the machine: same package, same bytes.

Layout of the decompressed file, one JSON value a line:

    line 1     {"package": ..., "names": [...], "versions": {"1.36": {"lines": [...],
               "kinds": {...}}}}
               names[i] is a definition's name and lines[i] its line, -1 where the version lacks it;
               kinds maps "group/version/kind" to i
    line 2 …   a definition
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

VERSIONS = ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
PACKAGE = "kubernetes-validate"
OUTPUT = Path(__file__).parents[1] / "src/ecp/kube/schemas/kubernetes.json.zlib"
PREFIX = "#/$defs/"
# Kinds that are sent and never stored, and yet have a schema that a caller can break.
TRANSIENT = ("Eviction", "Scale", "TokenRequest", "Binding", "DeleteOptions", "SelfSubjectReview")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wheel", type=Path, help="use this file instead of downloading")
    parser.add_argument("--package-version", default="1.37.0")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = options.wheel or download(options.package_version, Path(folder))
        content = build(wheel, options.package_version)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_bytes(zlib.compress(content, 9))
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size:,} bytes from {len(content):,}")


def download(version: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*command, "--dest", str(folder), f"{PACKAGE}=={version}"], check=True)
    return next(folder.glob("*.whl"))


def build(wheel: Path, package_version: str) -> bytes:
    lines: list[str] = []
    line_of: dict[str, int] = {}
    versions: dict[str, Any] = {}
    kept: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(wheel) as archive:
        for version in VERSIONS:
            member = (
                "kubernetes_validate/kubernetes-json-schema/"
                f"v{version}.0-local-strict/_definitions.json"
            )
            kept[version] = reachable(json.loads(archive.read(member))["$defs"])
    names = sorted({name for definitions in kept.values() for name in definitions})
    for version, definitions in kept.items():
        numbers = []
        for name in names:
            if name not in definitions:
                numbers.append(-1)
                continue
            text = json.dumps(definitions[name], separators=(",", ":"), sort_keys=True)
            if text not in line_of:
                line_of[text] = len(lines)
                lines.append(text)
            numbers.append(line_of[text])
        kinds = {
            f"{gvk['group']}/{gvk['version']}/{gvk['kind']}": names.index(name)
            for name in sorted(definitions)
            if is_root(definitions[name])
            for gvk in definitions[name]["x-kubernetes-group-version-kind"][:1]
        }
        versions[version] = {"lines": numbers, "kinds": kinds}
    head = {"package": f"{PACKAGE} {package_version}", "names": names, "versions": versions}
    return "\n".join([json.dumps(head, separators=(",", ":")), *lines]).encode()


def is_root(definition: dict[str, Any]) -> bool:
    """Tell whether a definition is a kind that a manifest can hold (lists are expanded)."""
    kinds = definition.get("x-kubernetes-group-version-kind", ())
    if not kinds or "metadata" not in definition.get("properties", ()):
        return bool(kinds) and kinds[0]["kind"] in TRANSIENT
    kind = kinds[0]["kind"]
    return kind != "Status" and not (kind.endswith("List") and "items" in definition["properties"])


def reachable(definitions: dict[str, Any]) -> dict[str, Any]:
    slim = {name: slimmed(definition) for name, definition in definitions.items()}
    waiting = [name for name in slim if is_root(slim[name])]
    found: dict[str, Any] = {}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = slim[name]
            waiting.extend(references(slim[name]))
    return found


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"].removeprefix(PREFIX)] if isinstance(node.get("$ref"), str) else []
        return own + [name for value in node.values() for name in references(value)]
    return []


def slimmed(node: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without texts, and without what the strict variant added to it."""
    result: dict[str, Any] = {}
    for word, value in node.items():
        if word in ("description", "enum") or (word == "additionalProperties" and value is False):
            continue
        if word == "type" and isinstance(value, list):
            value = next(name for name in value if name != "null")
        elif word == "properties":
            value = {name: slimmed(child) for name, child in value.items()}
        elif word in ("items", "additionalProperties") and isinstance(value, dict):
            value = slimmed(value)
        elif word in ("oneOf", "anyOf"):
            value = [slimmed(child) for child in value]
        result[word] = value
    return result


if __name__ == "__main__":
    main()
