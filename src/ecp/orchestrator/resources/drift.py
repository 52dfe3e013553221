"""What a live object has otherwise than the release that it is of said. Pure.

Compared is what the release says, and nothing else: what the server adds is nobody's wish. Amounts
are equal whatever their unit; lists whose items have names are compared by these, as an apply does.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ecp.kube import quantity
from ecp.orchestrator.records import Obj

MANAGER: Final = "ecp"
"""The field manager of releases."""
_MOST: Final = 20
_NAMED_BY: Final = ("name", "key", "mountPath", "containerPort", "port")


def changed(wished: Obj, live: Obj, *, scaled: bool) -> list[str]:
    """Return the paths that differ, twenty at most; *scaled*: an autoscaler sets its replicas."""
    if live["kind"] == "Secret":
        return _written_by_others(live)
    found: list[str] = []
    for part in wished:
        if part in ("apiVersion", "kind", "metadata", "status"):
            continue
        found += _differing(wished[part], live.get(part), part)
    meta, seen = wished["metadata"], live["metadata"]
    for part in ("labels", "annotations"):
        found += _differing(meta.get(part) or {}, seen.get(part), f"metadata.{part}")
    return [path for path in found if not (scaled and path == "spec.replicas")][:_MOST]


def _written_by_others(secret: Obj) -> list[str]:
    """Return the keys of a Secret that somebody else has written: its values are not read."""
    found: set[str] = set()
    for row in secret["metadata"].get("managedFields") or ():
        if row.get("manager") != MANAGER:
            keys = (row.get("fieldsV1") or {}).get("f:data") or {}
            found |= {f"data.{key[2:]}" for key in keys if key.startswith("f:")}
    return sorted(found)[:_MOST]


def _differing(wished: Any, live: Any, path: str) -> Iterator[str]:
    if isinstance(wished, Mapping):
        seen = live if isinstance(live, Mapping) else {}
        for key, value in wished.items():
            yield from _differing(value, seen.get(key), f"{path}.{key}")
    elif isinstance(wished, (list, tuple)):
        yield from _of_lists(wished, live if isinstance(live, (list, tuple)) else [], path)
    elif not _equal(wished, live):
        yield path


def _of_lists(wished: Sequence[Any], live: Sequence[Any], path: str) -> Iterator[str]:
    name = _name_of(wished)
    if name is None:
        if len(wished) != len(live):
            yield path
            return
        for number, (one, other) in enumerate(zip(wished, live, strict=True)):
            yield from _differing(one, other, f"{path}[{number}]")
        return
    seen = {row.get(name): row for row in live if isinstance(row, Mapping)}
    for row in wished:
        yield from _differing(row, seen.get(row[name]), f"{path}[{row[name]}]")
    known = {row[name] for row in wished}
    yield from (f"{path}[{other}]" for other in seen if other not in known)


def _name_of(rows: Sequence[Any]) -> str | None:
    """Return the field that names each item, None where nothing does."""
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        return None
    for name in _NAMED_BY:
        if len({row[name] for row in rows if name in row}) == len(rows):
            return name
    return None


def _equal(wished: Any, live: Any) -> bool:
    # What is empty or false is not always written back.
    if wished == live or (not wished and not live):
        return True
    if isinstance(wished, bool) or isinstance(live, bool) or wished is None or live is None:
        return False
    if str(wished) == str(live):
        return True
    try:
        return quantity.nano(wished) == quantity.nano(live)
    except ValueError:
        return False
