"""Kubernetes' YAML, written so that every reader takes it for the same values.

Sources: YAML 1.1 and 1.2, chapters on scalars; what go-yaml v2 resolves (`ecp.kube.scalars`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from ecp.kube.scalars import TIMESTAMP, resolve_plain

_LEADING: Final = ("apiVersion", "kind", "metadata", "type", "spec", "data", "stringData")
_SAFE: Final = re.compile(
    r"[A-Za-z0-9_./$(-][A-Za-z0-9_./$()%@+=*-]*(?: [A-Za-z0-9_./$()%@+=*-]+)*"
)
# What other readers of YAML 1.1 take for something else than text.
_ODD: Final = re.compile(
    r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[-+]?0[bBoOxX][0-9a-fA-F_]+|=|<<|-+"
    r"|[-+]?[0-9_.]+(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)"
)


def dump(objects: Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> str:
    """Return *objects* as YAML documents that every reader takes for the same values.

    Block style, two blanks a level, apiVersion, kind, metadata, spec first and the other keys as
    they come. A text that Kubernetes, or a reader of YAML 1.1 or 1.2, would take for a number, a
    boolean, null or a date is quoted. Text of several lines is a literal block.

    Raises TypeError for a value that JSON does not have.
    """
    if isinstance(objects, Mapping):
        objects = [objects]
    documents = []
    for item in objects:
        lines: list[str] = []
        _write(_ordered(item), 0, lines)
        documents.append("\n".join(lines) + "\n")
    return "---\n".join(documents)


def _ordered(item: Mapping[str, Any]) -> dict[str, Any]:
    first = {name: item[name] for name in _LEADING if name in item}
    return {**first, **{name: value for name, value in item.items() if name not in first}}


def _write(node: Mapping[str, Any] | Sequence[Any], indent: int, lines: list[str]) -> None:
    pad = "  " * indent
    if isinstance(node, Mapping):
        for key, value in node.items():
            _write_entry(f"{pad}{_inline(key)}:", value, indent, lines)
        return
    for value in node:
        if isinstance(value, Mapping) and value:
            inner: list[str] = []
            _write(value, indent + 1, inner)
            inner[0] = f"{pad}- {inner[0][len(pad) + 2 :]}"
            lines.extend(inner)
        elif isinstance(value, (list, tuple)) and value:
            inner = []
            _write(value, indent + 1, inner)
            inner[0] = f"{pad}- {inner[0][len(pad) + 2 :]}"
            lines.extend(inner)
        else:
            _write_entry(f"{pad}-", value, indent, lines)


def _write_entry(head: str, value: Any, indent: int, lines: list[str]) -> None:
    if isinstance(value, Mapping) and value:
        lines.append(head)
        _write(value, indent + 1, lines)
    elif isinstance(value, (list, tuple)) and value:
        lines.append(head)
        _write(value, indent, lines)
    elif isinstance(value, str) and "\n" in value and _fits_literal(value):
        body = value.rstrip("\n")
        trailing = len(value) - len(body)
        chomp = {0: "-", 1: ""}.get(trailing, "+")
        lines.append(f"{head} |{chomp}")
        pad = "  " * (indent + 1)
        lines.extend(f"{pad}{line}" if line else "" for line in body.split("\n"))
        lines.extend("" for _ in range(trailing - 1))
    else:
        lines.append(f"{head} {_inline(value)}")


def _fits_literal(value: str) -> bool:
    return (
        bool(value.strip("\n"))
        and not value.startswith((" ", "\n"))
        and all(line == line.rstrip() for line in value.split("\n"))
        and all(char == "\n" or (char.isprintable() and char != "\ufeff") for char in value)
    )


def _inline(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, str):
        return _short(value) if len(value) <= _SHORT else _text(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    raise TypeError(f"{type(value).__name__} has no place in a manifest")


def _text(value: str) -> str:
    return value if _is_plain(value) else _quoted(value)


# Keys, kinds and labels come again and again.
_SHORT: Final = 64
_short: Final = lru_cache(maxsize=4096)(_text)


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        raise TypeError("JSON has no infinite numbers")
    text = repr(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e", 1)


def _is_plain(value: str) -> bool:
    return (
        _SAFE.fullmatch(value) is not None
        and value not in ("-", "?")
        and not value.startswith(("- ", "---", "..."))
        and isinstance(resolve_plain(value), str)
        and not TIMESTAMP.fullmatch(value)
        and not _ODD.fullmatch(value)
    )


def _quoted(value: str) -> str:
    text = json.dumps(value, ensure_ascii=False)
    odd = [char for char in text if not char.isprintable() or char == "\ufeff"]
    for char in dict.fromkeys(odd):
        number = ord(char)
        text = text.replace(char, f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}")
    return text
