"""Objects as the server prints them that shows its own structs.

`structs.json` has the fields of each struct in their order (tools/go_structs.py makes it). The code
of a field's type is

    s n b   a text, a number (or a number or text), a truth: "", 0, false where there is none
    q       a quantity, "0" where there is none
    ?       what is printed as it is, null where there is none
    T       a struct; *T one behind a pointer, [T a list of them, {q a map of quantities

A LabelSelector and an ObjectMeta bear the names of the API, and what is empty in them is left out.
Source: kubernetes pkg/apis/core/types.go, pkg/apis/core/v1/conversion.go; Go's encoding/json.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ecp.kube import quantity
from ecp.kube.errors import escaped
from ecp.validation.kinds.workload import ordered_selector
from ecp.validation.scope import Object, items, mapping

Row = tuple[str, str, str]
_ZEROS: Final[dict[str, Any]] = {"s": "", "n": 0, "b": False, "q": "0"}
_META: Final = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation",
    "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "labels",
    "annotations", "ownerReferences", "finalizers",
)  # fmt: skip
_OF_THE_POD: Final = (
    "hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers",
)  # fmt: skip


@cache
def _rows() -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = json.loads(
        files(__package__).joinpath("structs.json").read_text("utf-8")
    )
    return found


def difference(before: Any, after: Any, name: str) -> str:
    """Return a unified difference of two values of the API as structs of this name.

    Source: apimachinery pkg/util/diff `Diff`; how lines are matched is difflib's.
    """
    old, new = (_lines(struct(value, name)) for value in (before, after))
    found = list(difflib.unified_diff(old, new, n=3))
    return "".join(found[2:])


def _lines(value: Any) -> list[str]:
    text = escaped(json.dumps(value, indent=1, ensure_ascii=False))
    return [f"{line}\n" for line in text.split("\n")]


def struct(value: Any, name: str) -> dict[str, Any]:
    """Return *value* of the API as the struct of this name; zeros where it says nothing."""
    found: dict[str, Any] = {}
    given = _SPECIAL[name](mapping(value)) if name in _SPECIAL else mapping(value)
    for go, api, kind in _rows()[name]:
        part = given.get(api)
        if go:
            found[go] = _part(part, kind)
        else:
            found.update(_meta(mapping(part)))
    return found


def _part(part: Any, kind: str) -> Any:
    if part is None:
        return struct({}, kind) if kind[0].isupper() else _ZEROS.get(kind)
    if kind == "*LabelSelector":
        return ordered_selector(part)
    if kind in ("q", "*q"):
        return quantity.canonical(part)
    if kind == "{q":
        return {name: quantity.canonical(amount) for name, amount in sorted(part.items())}
    if kind[0] == "[":
        return [struct(one, kind[1:]) for one in items(part)]
    if kind[-1].isalpha() and kind not in _ZEROS:
        return struct(part, kind.lstrip("*"))
    return dict(sorted(part.items())) if isinstance(part, dict) else part


def _meta(meta: Object) -> Object:
    given = {name: meta[name] for name in _META if meta.get(name)}
    return {
        name: dict(sorted(part.items())) if isinstance(part, dict) else part
        for name, part in given.items()
    }


def _pod(spec: Object) -> Object:
    """A pod always has a security context, and in it what is shared with the machine."""
    shared = {name: spec[name] for name in _OF_THE_POD if name in spec}
    return {**spec, "securityContext": {**mapping(spec.get("securityContext")), **shared}}


_SPECIAL: Final[dict[str, Callable[[Object], Object]]] = {"PodSpec": _pod}
