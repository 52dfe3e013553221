"""Lines that a page shows beside its buttons, as a shell reads them; and calls of HTTP, held
against the OpenAPI document of who would get them.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs

# What a line calls says what it was given, and what comes through a pipe, instead of doing it.
_TELLING: Final = rf"""
exec 3>&1 >&2
PATH=
python3() {{ {sys.executable} "$@"; }}
told() {{ printf '%s\0' "$@"; case " $* " in *" - "*) /bin/cat;; esac; printf '\0\1\0'; }}
ecp() {{ told ecp "$@" >&3; }}
curl() {{ told curl "$@" >&3; }}
kubectl() {{ told kubectl "$@" >&3; }}
"""
_BLANK: Final = re.compile(r"[A-Z][A-Z_]{2,}|undefined|null|NaN|")
"""What a reader has to replace by something of his own, as LABEL; and what was never filled in.

A secret is never filled in: env:NAME says where it is.
"""


class Command(NamedTuple):
    """What a program gets: its arguments, itself the first, and what comes through a pipe."""

    arguments: tuple[str, ...]
    piped: str

    @property
    def blanks(self) -> list[str]:
        """Return the arguments that are still to be filled in; an option may be given nothing."""
        return [
            one
            for before, one in pairwise(self.arguments)
            if before != "-X" and _BLANK.fullmatch(one) and (one or before[:2] != "--")
        ]


class Call(NamedTuple):
    """A call of HTTP as curl makes it."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None


def read(lines: str, manifest: str = "") -> list[Command]:
    """Return what a shell calls where the files that are named are there, each with this manifest.

    Raises ValueError where it complains, or calls anything else.
    """
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in re.findall(r"[\w-]+\.yaml", lines):
            Path(folder, name).write_text(manifest)
        shell = ["/bin/sh", "-euc", _TELLING + lines]
        ran = subprocess.run(
            shell, cwd=folder, capture_output=True, text=True, check=False, timeout=30
        )
        if ran.returncode or ran.stderr:
            raise ValueError(f"the shell says {ran.stderr or ran.returncode}")
        for said in ran.stdout.split("\0\1\0")[:-1]:
            *arguments, piped = said.split("\0")
            # What curl reads from a file that was made before.
            given = [
                Path(folder, one[1:]).read_text() if one[:1] == "@" else one for one in arguments
            ]
            found.append(Command(tuple(given), piped))
    if not found:
        raise ValueError("it calls nothing")
    return found


def of_curl(arguments: tuple[str, ...]) -> Call:
    """Return the call that curl makes of these. Raises ValueError for what no page should say."""
    method, url, body = "GET", "", None
    headers: dict[str, str] = {}
    rest = iter(arguments)
    for one in rest:
        if one == "-X":
            method = next(rest)
        elif one == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif one in ("-d", "--data"):
            body = next(rest)
        elif one.startswith("-") or url:
            raise ValueError(f"curl {one}")
        else:
            url = one
    return Call(method, url, headers, body)


def against(document: dict[str, Any], call: Call) -> list[str]:
    """Return how a call is not what the document of its service takes."""
    at = urlsplit(call.url)
    found = _operation(document, call.method, at.path)
    if found is None:
        return [f"no such call: {call.method} {at.path}"]
    operation, given = found
    known = {(one["in"], one["name"]): one for one in operation.get("parameters", ())}
    asked = [("path", *pair) for pair in given.items()]
    asked += [("query", *pair) for pair in parse_qsl(at.query, keep_blank_values=True)]
    wrong = []
    for where, name, value in asked:
        row = known.get((where, name))
        if row is None:
            wrong.append(f"no such parameter: {name}")
        else:
            wrong += [f"{name}: {e}" for e in _wrong(document, row["schema"], _typed(row, value))]
    there = {name for where, name, _ in asked if where == "query"}
    wrong += [
        f"parameter missing: {name}"
        for (where, name), row in known.items()
        if where == "query" and row.get("required") and name not in there
    ]
    return wrong + list(_body(document, operation, call))


def _operation(
    document: dict[str, Any], method: str, path: str
) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Return the operation of a path and what its pattern takes of it; what is literal wins."""
    for pattern in sorted(document["paths"], key=lambda one: one.count("{")):
        operation = document["paths"][pattern].get(method.lower())
        named = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(pattern))
        match = re.fullmatch(named, path)
        if operation and match:
            return operation, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def _typed(row: dict[str, Any], value: str) -> Any:
    """Return a parameter as its schema has it: in an address it is text."""
    wanted = json.dumps(row["schema"])
    if re.search(r'"type": "(integer|number|boolean)"', wanted):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return [value] if '"type": "array"' in wanted else value


def _body(document: dict[str, Any], operation: dict[str, Any], call: Call) -> Iterator[str]:
    wanted = operation.get("requestBody")
    if call.body is None:
        if wanted and wanted.get("required"):
            yield "no body"
        return
    if not wanted:
        yield "it takes no body"
        return
    if call.headers.get("Content-Type") != "application/json":
        yield f"a body of type {call.headers.get('Content-Type')}"
    try:
        body = json.loads(call.body)
    except ValueError as error:
        yield f"no JSON: {error}"
        return
    schema = wanted["content"]["application/json"]["schema"]
    yield from _wrong(document, schema, body)
    fields = _fields(document, schema)
    if fields and isinstance(body, dict):
        # Taken without a word, and without effect.
        yield from (f"no such field: {name}" for name in body if name not in fields)


def _wrong(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": document.get("components", {})}
    return [str(error.message) for error in jsonschema_rs.validator_for(whole).iter_errors(value)]


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """Return the fields of a body; none where it takes any."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _fields(document, document["components"]["schemas"][name])
    if schema.get("additionalProperties"):
        return set()
    found = set(schema.get("properties", ()))
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        found |= _fields(document, part)
    return found
