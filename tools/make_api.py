"""Make what is generated from the services' APIs: their documents and the clients of these.

    python tools/make_api.py             # from the routes; examples stay
    python tools/make_api.py --record    # play every call anew first (tools/play_api.py)
    python tools/make_api.py --check     # write nothing, fail where something is stale

Written are `src/ecp/edge/generated/{service}.json` (snapshot, and what `/openapi.json` takes its
examples from), `src/ecp/client/generated/`, and with npm
`web/packages/api/src/generated/`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent))

import client_python

from ecp.edge import describing

ROOT = Path(__file__).resolve().parents[1]
SERVICES: Final = ("orchestrator", "simulator")
DOCUMENTS = ROOT / "src/ecp/edge/generated"
CLIENT = ROOT / "src/ecp/client/generated"
TYPESCRIPT = ROOT / "web/packages/api/src/generated"
_LISTED, _LINES, _LONGEST, _KEYS, _DEPTH = 2, 12, 300, 40, 7
Schema = dict[str, Any]


def bare(service: str) -> Schema:
    """Return a service's document as its routes alone say it."""
    from importlib import import_module

    module = import_module(f"ecp.{service}.app")
    with tempfile.TemporaryDirectory() as folder:
        return describing.bare(module.create_app(Path(folder)))


def document(service: str, known: Mapping[str, Any] | None = None) -> Schema:
    """Return a service's document; examples are from *known* (default: as they are committed)."""
    told = describing.committed(service) if known is None else known
    return describing.with_examples(bare(service), told)


def recorded(service: str, heard: Iterable[Any]) -> Schema:
    """Return a document with nothing but what was heard of a service's calls."""
    names = {call: op["operationId"] for call, op in describing.operations(bare(service))}
    known: Schema = {"paths": {}, "components": {"schemas": {}}}
    answers: dict[tuple[str, str, str], list[Any]] = {}
    for one in heard:
        if one.service != service:
            continue
        method, path = one.call.split(" ", 1)
        if one.call not in names:
            raise SystemExit(f"{one.call} is no call of the {service}")
        operation = (
            known["paths"]
            .setdefault(path, {})
            .setdefault(method.lower(), {"parameters": [], "responses": {}})
        )
        told = {(p["in"], p["name"]) for p in operation["parameters"]}
        for where, values in (("path", one.parts), ("query", one.query)):
            operation["parameters"] += [
                {"in": where, "name": name, "example": value}
                for name, value in values.items()
                if (where, name) not in told
            ]
        if one.body is not None and "requestBody" not in operation:
            content = {"application/json": {"example": one.body}}
            operation["requestBody"] = {"content": content}
        answers.setdefault((one.call, str(one.status), one.media), []).append(one.answer)
    for (call, status, media), bodies in answers.items():
        method, path = call.split(" ", 1)
        responses = known["paths"][path][method.lower()]["responses"]
        answer = responses.setdefault(status, {"description": _SAID[status], "content": {}})
        answer["content"][media] = _content(names[call], status, media, bodies, known, responses)
    return known


_SAID: Final = {
    "200": "Successful Response",
    "201": "Created",
    "202": "Accepted: it goes on in the background",
    "304": "Not Modified",
}


def _content(
    name: str, status: str, media: str, bodies: list[Any], known: Schema, responses: Schema
) -> Schema:
    if media != "application/json":
        if bodies[0] is None:
            return {"schema": {"type": "string", "format": "binary"}, "example": "(bytes)"}
        lines = bodies[0].splitlines(keepends=True)
        return {"schema": {"type": "string"}, "example": "".join(lines[:_LINES])}
    title = "".join(part.title() for part in name.split("_")) + "Answer"
    if len(responses) > 1:
        title += status
    known["components"]["schemas"][title] = shape(bodies)
    schema = {"$ref": f"#/components/schemas/{title}"}
    return {"schema": schema, "example": shortened(bodies[0])}


def shape(values: list[Any], depth: int = 0) -> Schema:
    """Return the schema of JSON values that were all heard at one place.

    Fields may be absent and others may come: an answer is open. A field that was null once may be
    null; where nothing else was heard anything may come. Objects whose keys are data (names, not
    words) are maps.
    """
    types = sorted({_type(value) for value in values})
    if "number" in types and "integer" in types:
        types.remove("integer")
    if types in ([], ["null"]) or depth > _DEPTH:
        return {}
    schema: Schema = {"type": types[0] if len(types) == 1 else types}
    objects = [value for value in values if isinstance(value, dict)]
    lists = [value for value in values if isinstance(value, list)]
    if objects:
        found: dict[str, list[Any]] = {}
        for value in objects:
            for key, inner in value.items():
                found.setdefault(key, []).append(inner)
        every = [inner for inners in found.values() for inner in inners]
        alike = len({_type(inner) for inner in every}) == 1
        if (alike and len(found) > _KEYS) or any(not _is_word(key) for key in found):
            schema["additionalProperties"] = shape(every, depth + 1)
        elif found:
            schema["properties"] = {key: shape(found[key], depth + 1) for key in found}
    if lists:
        schema["items"] = shape([inner for value in lists for inner in value], depth + 1)
    return schema


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    found = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return found[type(value)]


def _is_word(key: str) -> bool:
    return key.isidentifier() and key.isascii()


def shortened(value: Any) -> Any:
    """Return an answer as an example: the first of long lists, the beginning of long texts."""
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in list(value.items())[:_KEYS]}
    if isinstance(value, list):
        return [shortened(inner) for inner in value[:_LISTED]]
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[:_LONGEST].rstrip() + " …"
    return value


def lacking(said: Mapping[str, Any]) -> list[str]:
    """Return what of a document has no example: sentences."""
    found = []
    for call, operation in describing.operations(said):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path" and "example" not in parameter:
                found.append(f"{call}: no example of {parameter['name']}")
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            if "example" not in content:
                found.append(f"{call}: no example of the request ({media})")
        good = [status for status in operation["responses"] if status.startswith("2")]
        for status in good:
            contents = operation["responses"][status].get("content") or {"nothing": {}}
            for media, content in contents.items():
                if "example" not in content:
                    found.append(f"{call}: no example of answer {status} ({media})")
        if "default" not in operation["responses"]:
            found.append(f"{call}: errors are not declared")
    return found


# -- TypeScript -----------------------------------------------------------------------------------


def without_examples(value: Any) -> Any:
    """Return a document, or a part of one, without what types do not show."""
    if isinstance(value, dict):
        return {
            k: without_examples(v) for k, v in value.items() if k not in ("example", "examples")
        }
    if isinstance(value, list):
        return [without_examples(inner) for inner in value]
    return value


def typescript_head(text: str) -> str:
    """Return the first line of the types of a document: what they were made from."""
    plain = json.dumps(without_examples(json.loads(text)), sort_keys=True)
    digest = hashlib.sha256(plain.encode()).hexdigest()[:16]
    return f"// generated, do not edit: tools/make_api.py, from document {digest}\n"


def stale_typescript() -> list[str]:
    """Return the services whose types are of another document than the committed one."""
    found = []
    for service in SERVICES:
        file = TYPESCRIPT / f"{service}.ts"
        head = typescript_head((DOCUMENTS / f"{service}.json").read_text("utf-8"))
        if not file.exists() or not file.read_text("utf-8").startswith(head):
            found.append(service)
    return found


def write_typescript(service: str) -> bool:
    """Write a service's types with openapi-typescript; False, and a word, where npm lacks."""
    tool = ROOT / "web/node_modules/.bin/openapi-typescript"
    if not tool.exists():
        print(
            f"types of the {service} are stale, and not made: run make web first", file=sys.stderr
        )
        return False
    text = (DOCUMENTS / f"{service}.json").read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "in.json"), Path(folder, "out.ts")
        given.write_text(json.dumps(without_examples(json.loads(text))), "utf-8")
        # What has a default may be left out of a body.
        command = [str(tool), str(given), "-o", str(made)]
        command += ["--default-non-nullable", "false"]
        subprocess.run(command, check=True, capture_output=True)
        (TYPESCRIPT / f"{service}.ts").write_text(
            typescript_head(text) + made.read_text("utf-8"), "utf-8"
        )
    return True


def texts() -> dict[Path, str]:
    """Return every generated file with its text."""
    found = {}
    for service in SERVICES:
        said = document(service)
        text = describing.as_text(said)
        found[DOCUMENTS / f"{service}.json"] = text
        # As it is committed, so that the order of routes reaches nothing.
        for name, source in client_python.sources(service, json.loads(text)).items():
            found[CLIENT / name] = source
    return found


def main() -> int:
    """Write the files, or compare them."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--record", action="store_true", help="play every call anew first")
    arguments.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    options = arguments.parse_args()
    if options.record:
        from play_api import play

        heard = play()
        for service in SERVICES:
            said = document(service, recorded(service, heard))
            (DOCUMENTS / f"{service}.json").write_text(describing.as_text(said), "utf-8")
    stale = [
        file
        for file, text in texts().items()
        if not file.exists() or file.read_text("utf-8") != text
    ]
    if not options.check:
        for file in stale:
            file.write_text(texts()[file], "utf-8")
    old = stale_typescript()
    if options.check:
        stale += [TYPESCRIPT / f"{service}.ts" for service in old]
    else:
        old = [service for service in old if not write_typescript(service)]
    if options.check:
        for file in stale:
            print(f"{file.relative_to(ROOT)} is stale: run tools/make_api.py", file=sys.stderr)
    missing = [line for service in SERVICES for line in lacking(document(service))]
    for line in missing:
        print(line, file=sys.stderr)
    return 1 if missing or old or (options.check and stale) else 0


if __name__ == "__main__":
    sys.exit(main())
