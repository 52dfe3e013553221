"""The Python clients' source from the services' documents; `tools/make_api.py` writes it."""

from __future__ import annotations

import json
import keyword
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ecp.edge import describing

HEAD: Final = "generated, do not edit: .venv/bin/python tools/make_api.py"
_PLAIN: Final = {
    "string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None",
}  # fmt: skip
# Said once for a client, or of no use to one.
_LEFT_OUT: Final = ("x-demo-mode", "last-event-id", "accept-language")
_DEEPEST: Final = 3
Schema = Mapping[str, Any]


class Types:
    """The types of a service's bodies and answers; equal objects become one type."""

    def __init__(self, document: Schema) -> None:
        self._schemas = document["components"]["schemas"]
        self._known: dict[str, str] = {}
        self._by_fields: dict[str, str] = {}
        self.lines: list[str] = []

    def of(self, schema: Schema, name: str, depth: int = 0) -> str:
        """Return the type of a schema; *name* is what an object of it would be called."""
        if "$ref" in schema:
            return self._component(schema["$ref"].rpartition("/")[2])
        if "const" in schema or "enum" in schema:
            values = schema.get("enum", [schema.get("const")])
            return f"Literal[{', '.join(repr(value) for value in values)}]"
        for key in ("anyOf", "oneOf"):
            if key in schema:
                parts = (self.of(one, name, depth) for one in schema[key])
                return " | ".join(dict.fromkeys(parts))
        types = schema.get("type")
        if isinstance(types, list):
            each = [self.of({**schema, "type": one}, name, depth) for one in types]
            return " | ".join(dict.fromkeys(each))
        if types == "array":
            return f"list[{self.of(schema.get('items') or {}, name, depth)}]"
        if types == "object":
            return self._object(schema, name, depth)
        if schema.get("format") == "binary":
            return "bytes"
        return _PLAIN.get(str(types), "Any")

    def _component(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = "Any"  # of a type in itself
            self._known[name] = self.of(self._schemas[name], name)
        return self._known[name]

    def _object(self, schema: Schema, name: str, depth: int) -> str:
        fields = schema.get("properties")
        if not fields:
            rest = schema.get("additionalProperties")
            inner = self.of(rest, name, depth) if isinstance(rest, Mapping) else "Any"
            return f"dict[str, {inner}]"
        if depth > _DEEPEST:
            return "dict[str, Any]"
        required = schema.get("required", ())
        rows = []
        for field, inner in fields.items():
            word = "".join(part.title() for part in field.split("_"))
            found = self.of(inner, f"{name}{word}", depth + 1)
            rows.append((field, f"Required[{found}]" if field in required else found))
        return self._typed_dict(name, rows)

    def _typed_dict(self, name: str, rows: list[tuple[str, str]]) -> str:
        fields = repr(rows)
        if fields in self._by_fields:
            return self._by_fields[fields]
        taken = set(self._by_fields.values())
        while name in taken:
            name += "_"
        self._by_fields[fields] = name
        if all(field.isidentifier() and not keyword.iskeyword(field) for field, _ in rows):
            self.lines += ["", "", f"class {name}(TypedDict, total=False):"]
            self.lines += [f"    {field}: {found}" for field, found in rows]
        else:
            self.lines += ["", "", f"{name} = TypedDict(", f'    "{name}",', "    {"]
            self.lines += [f'        "{field}": {found},' for field, found in rows]
            self.lines += ["    },", "    total=False,", ")"]
        return name


def sources(service: str, document: Schema) -> dict[str, str]:
    """Return the modules of a service's client by their file names."""
    types = Types(document)
    calls = [_Call(call, operation, types) for call, operation in describing.operations(document)]
    title = service.title()
    head = [
        f'"""The {service} as a client: `{title}` to be called, `Async{title}` to be awaited.',
        "",
        f"{HEAD}",
        '"""',
        "",
        "from __future__ import annotations",
    ]
    body = "\n".join(
        [
            *head,
            "",
            "from collections.abc import AsyncGenerator, Generator",
            "from typing import TYPE_CHECKING, Any, Literal",
            "",
            "from ecp.client.transport import AsyncClient, Client, Event, part",
            "",
            "if TYPE_CHECKING:",
            f"    from ecp.client.generated import {service}_types as t",
            *_classes(title, service, calls),
            "",
        ]
    )
    typed = "\n".join(
        [
            f'"""What is sent to the {service}, and what it answers.',
            "",
            "Answers are open: fields may be absent and others may come.",
            "",
            f"{HEAD}",
            '"""',
            "# ruff: noqa",
            "",
            "from __future__ import annotations",
            "",
            "from typing import Any, Literal, Required, TypedDict",
            *types.lines,
            "",
        ]
    )
    return {f"{service}.py": _excused(_formatted(body)), f"{service}_types.py": _formatted(typed)}


def _formatted(source: str) -> str:
    """Return a module as `ruff format` lays it out."""
    return _ruff(source, "format").stdout


def _excused(source: str) -> str:
    """Return a module that names the rules which it breaks, and no others (RUF100)."""
    found = _ruff(source, "check", "--isolated", "--select", "E501,F401", "--output-format", "json")
    codes = sorted({row["code"] for row in json.loads(found.stdout)})
    if not codes:
        return source
    said = f'"""\n# ruff: noqa: {", ".join(codes)}\n\nfrom __future__'
    return source.replace('"""\n\nfrom __future__', said, 1)


def _ruff(source: str, *asked: str) -> subprocess.CompletedProcess[str]:
    ruff = Path(sys.executable).with_name("ruff")
    line = [str(ruff), *asked, "-", "--stdin-filename", "generated.py", "--line-length", "100"]
    # What it finds is no failure of ours: whether it ran is told by its output.
    return subprocess.run(
        line, input=source, capture_output=True, text=True, check=asked[0] == "format"
    )


def _classes(title: str, service: str, calls: list[_Call]) -> Iterator[str]:
    for awaited in (False, True):
        prefix, base = ("Async", "AsyncClient") if awaited else ("", "Client")
        how = "awaited" if awaited else "called"
        yield from ("", "", f"class {prefix}{title}({base}):")
        yield f'    """The {service}, {how}. Every method raises ApiError and Unreachable."""'
        for call in calls:
            yield from call.method(awaited)


class _Call:
    """One call as a method."""

    def __init__(self, call: str, operation: Schema, types: Types) -> None:
        self.http, self.path = call.split(" ", 1)
        self.name = operation["operationId"]
        self.about = operation.get("description", "").strip()
        title = "".join(part.title() for part in self.name.split("_"))
        self.arguments: list[str] = []
        self.keywords: list[str] = []
        self.query: list[tuple[str, str]] = []
        self.headers: list[tuple[str, str]] = []
        self.body: str | None = None
        optional_body = None
        for row in operation.get("parameters", ()):
            self._parameter(row, title, types)
        content = operation.get("requestBody", {}).get("content", {})
        if content:
            schema = next(iter(content.values()))["schema"]
            found = _qualified(types.of(schema, f"{title}Body"))
            if operation["requestBody"].get("required"):
                self.arguments.append(f"body: {found}")
            else:
                optional_body = f"body: {_or_none(found)} = None"
            self.body = "body"
        if optional_body:
            self.arguments.append(optional_body)
        self.streams = False
        answers: list[str] = []
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                continue
            for media, one in answer.get("content", {}).items():
                self.streams = self.streams or media == "text/event-stream"
                answers.append(_qualified(types.of(one.get("schema", {}), f"{title}Answer")))
        every = dict.fromkeys(answers)
        self.answer = " | ".join(every) or "Any"
        if "Any" in every:
            self.answer = "Any"

    def _parameter(self, row: Schema, title: str, types: Types) -> None:
        name, place = row["name"], row["in"]
        if name.lower() in _LEFT_OUT:
            return
        schema = row.get("schema", {})
        found = _qualified(types.of(schema, f"{title}{name.title()}"))
        word = re.sub(r"\W", "_", name).lower()
        word += "_" if keyword.iskeyword(word) else ""
        if place == "path":
            self.path = self.path.replace(f"{{{name}}}", f"{{part({word})}}")
            self.arguments.append(f"{word}: {found}")
            return
        (self.query if place == "query" else self.headers).append((name, word))
        if row.get("required"):
            self.keywords.insert(0, f"{word}: {found}")
        else:
            self.keywords.append(f"{word}: {_or_none(found)} = None")

    def method(self, awaited: bool) -> Iterator[str]:
        """Yield the lines of the method; ruff breaks them."""
        listed = ["self", *self.arguments, *(["*", *self.keywords] if self.keywords else [])]
        verb = "async def" if awaited and not self.streams else "def"
        answer = self.answer
        if self.streams:
            answer = "AsyncGenerator[Event, None]" if awaited else "Generator[Event, None, None]"
        yield f"    {verb} {self.name}({', '.join(listed)}) -> {answer}:"
        yield from _docstring(self.about)
        path = f'f"{self.path}"' if "{" in self.path else f'"{self.path}"'
        given = [path] if self.streams else [f'"{self.http}"', path]
        for word, rows in (("query", self.query), ("headers", self.headers)):
            if rows:
                inner = ", ".join(f'"{name}": {value}' for name, value in rows)
                given.append(f"{word}={{{inner}}}")
        if self.body:
            given.append(f"body={self.body}")
        if self.streams:
            yield f"        return self.events({', '.join(given)})"
            return
        called = f"{'await ' if awaited else ''}self.call({', '.join(given)})"
        yield f"        found: {self.answer} = {called}"
        yield "        return found"


def _docstring(about: str) -> Iterator[str]:
    first, _, rest = about.replace("\\", "\\\\").partition("\n\n")
    lines = textwrap.wrap(" ".join(first.split()), 88)
    if not rest and len(lines) == 1:
        yield f'        """{lines[0]}"""'
        return
    yield f'        """{lines[0]}'
    yield from (f"        {line}" for line in lines[1:])
    if rest:
        yield ""
        yield from (f"        {line}" for line in textwrap.wrap(" ".join(rest.split()), 90))
    yield '        """'


def _qualified(found: str) -> str:
    """Return a type as the client's module names it: those of ours are in `t`."""
    ours = r"\b(?!Any\b|Literal\b|None\b|Required\b)[A-Z]\w*"
    # What stands in quotes is a value.
    parts = re.split(r"('[^']*')", found)
    return "".join(
        part if part.startswith("'") else re.sub(ours, r"t.\g<0>", part) for part in parts
    )


def _or_none(found: str) -> str:
    return found if found == "Any" or "None" in found.split(" | ") else f"{found} | None"
