"""What differs between two objects, field by field, and between two bundles; secrets are not told.

Pure. Lists whose items have names (containers, ports, variables) are compared by name, as an
apply merges them; others by position.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.hiding import LAST_APPLIED, SECRET_KEYS, masked, tells_secret, without_secrets
from ecp.orchestrator.records import Obj, Ref

_ABSENT: Final = object()
# What the server fills in: nobody wished it, and it is another each time.
_OF_THE_SERVER: Final = (
    "managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink",
)  # fmt: skip
_NAMED_BY: Final = ("name", "key", "mountPath")
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class Change(NamedTuple):
    """A field that differs: `op` is add, remove or replace; a value that is not there is None."""

    path: str
    op: str
    before: Any
    after: Any


def changes(before: Obj | None, after: Obj | None) -> list[Change]:
    """Return what became of *before*, in order of the paths; values of secrets as `***`.

    None is an object that is not there: then there is one change, the whole of it.
    """
    if before is None or after is None:
        if before is None and after is None:
            return []
        return [Change("", "add" if before is None else "remove", None, None)]
    found = list(_changes(_wished(before), _wished(after), ()))
    secret = "Secret" in (before.get("kind"), after.get("kind"))
    return [_hidden(path, row, secret) for path, row in found]


def _wished(obj: Obj) -> Obj:
    """Return an object without what the server says of it."""
    meta = {k: v for k, v in obj["metadata"].items() if k not in _OF_THE_SERVER}
    notes = {k: v for k, v in (meta.get("annotations") or {}).items() if k != LAST_APPLIED}
    if notes:
        meta["annotations"] = notes
    else:
        meta.pop("annotations", None)
    return {**{k: v for k, v in obj.items() if k != "status"}, "metadata": meta}


_Path = tuple[str, ...]


def _changes(before: Any, after: Any, path: _Path) -> Iterator[tuple[_Path, Change]]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _by_key(before, after, path, "")
    elif isinstance(before, list) and isinstance(after, list):
        left, right = _by_name(before), _by_name(after)
        if left is not None and right is not None and (left or right):
            yield from _by_key(left, right, path, "[]")
        else:
            rows = dict(enumerate(before)), dict(enumerate(after))
            yield from _by_key(*rows, path, "[]")
    elif before != after or type(before) is not type(after):
        op = "add" if before is _ABSENT else "remove" if after is _ABSENT else "replace"
        yield path, Change(_written(path), op, _value(before), _value(after))


def _by_key(
    before: Mapping[Any, Any], after: Mapping[Any, Any], path: _Path, form: str
) -> Iterator[tuple[_Path, Change]]:
    for key in dict.fromkeys((*before, *after)):
        step = f"[{key}]" if form else str(key)
        yield from _changes(before.get(key, _ABSENT), after.get(key, _ABSENT), (*path, step))


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    """Return the items by what names them, None where nothing names each but one of them."""
    if not all(isinstance(item, dict) for item in items):
        return None
    for name in _NAMED_BY:
        found = {item[name]: item for item in items if isinstance(item.get(name), str)}
        if len(found) == len(items):
            return found
    return None


def _value(value: Any) -> Any:
    return None if value is _ABSENT else value


def _written(path: _Path) -> str:
    """Return a path as people write it: spec.template.spec.containers[web].image."""
    text = ""
    for step in path:
        if step.startswith("["):
            text += step
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


# -- secrets --------------------------------------------------------------------------------------


def _hidden(path: _Path, row: Change, secret: bool) -> Change:
    """Return a change whose secret values are not told, although it is told that they differ."""
    if secret and path and path[0] in SECRET_KEYS:
        return row._replace(before=masked(row.before), after=masked(row.after))
    variable = next((p[1:-1] for p in reversed(path) if p.startswith("[")), "")
    if path and path[-1] == "value" and tells_secret(variable):
        return row._replace(before=masked(row.before), after=masked(row.after))
    return row._replace(before=without_secrets(row.before), after=without_secrets(row.after))


# -- bundles --------------------------------------------------------------------------------------


class Difference(NamedTuple):
    """What two bundles have differently: `action` is create, change, none, remove or refused.

    reason  why it was refused, or why it could not be tried
    """

    ref: Ref
    action: str
    changes: Sequence[Change] = ()
    reason: str = ""
    code: int | None = None


def identity(ref: Ref) -> tuple[str, str, str, str]:
    """Return what an object keeps although its API version moves."""
    return (ref.api_version.rpartition("/")[0], ref.kind, ref.namespace, ref.name)


def compared(
    before: Sequence[tuple[Ref, Obj]], after: Sequence[tuple[Ref, Obj]]
) -> list[Difference]:
    """Return what became of each object of two bundles: those of *after*, then what is gone."""
    left = {identity(ref): obj for ref, obj in before}
    right = {identity(ref) for ref, _ in after}
    found = []
    for ref, obj in after:
        old = left.get(identity(ref))
        rows = changes(old, obj)
        action = "create" if old is None else "change" if rows else "none"
        found.append(Difference(ref, action, rows if old is not None else ()))
    found += [Difference(ref, "remove") for ref, _ in before if identity(ref) not in right]
    return found


def difference_json(row: Difference) -> Obj:
    """Return a difference as it is shown."""
    return {
        "apiVersion": row.ref.api_version,
        "kind": row.ref.kind,
        "namespace": row.ref.namespace,
        "name": row.ref.name,
        "action": row.action,
        "changes": [change._asdict() for change in row.changes],
        "reason": row.reason or None,
        "code": row.code,
    }


def counted(rows: Sequence[Difference]) -> dict[str, int]:
    """Return how many objects each action has."""
    found = dict.fromkeys(("create", "change", "none", "remove", "refused"), 0)
    for row in rows:
        found[row.action] += 1
    return found
