"""What a document is called: by what it says of itself, by the client, and by the server."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ecp.kube.errors import go_quote
from ecp.kube.schema import Gvk
from ecp.kube.yaml import Document, Path
from ecp.validation.model import ObjectRef


def ref_of(obj: dict[str, Any]) -> ObjectRef:
    meta = obj.get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    return ObjectRef(
        _text(obj.get("apiVersion")),
        _text(obj.get("kind")),
        _text(meta.get("namespace")),
        _text(meta.get("name")),
    )


def guessed_ref(text: str) -> ObjectRef:
    """Return what a text that cannot be read most likely is, from its first such lines."""
    found = []
    for pattern in (r"^apiVersion:", r"^kind:", r"^  namespace:", r"^  name:"):
        match = re.search(pattern + r"[ \t]*[\"']?([\w./-]+)", text, re.MULTILINE)
        found.append(match[1] if match else "")
    return ObjectRef(*found)


def unrecognized(document: Document, ref: ObjectRef, words: str) -> str:
    """Word a refusal of bytes. Source: apimachinery recognizer, which shows the first 30 bytes."""
    data = document.text.encode()
    shown = data[:30].hex() + (" ..." if len(data) > 30 else "")
    kind = f" (must be of type {ref.kind})" if ref.kind else ""
    return f"the object provided is unrecognized{kind}: {words} ({shown})"


def group_kind_of(gvk: Gvk) -> str:
    """Return what the server calls a kind: events of either group are the core group's."""
    if not gvk.group or gvk.group == "events.k8s.io":
        return gvk.kind
    return f"{gvk.kind}.{gvk.group}"


def client_words(document: Document, message: str) -> str:
    name = go_quote(document.source)
    return (
        f"error: error validating {name}: error validating data: {message}; if you choose to "
        "ignore these errors, turn validation off with --validate=false"
    )


# The same places of the same kinds are spoken of again and again.
@lru_cache(maxsize=4096)
def field_of(path: Path) -> str:
    """Return a path as the server writes it."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
