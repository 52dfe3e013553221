"""The change log as plain data, and back: of each change how the object was before it.

What an object was after a change is what it was before the next one, and after the last what the
tables have. So the rows are read from the newest to the oldest, and objects share what no change
touched, as they did when the log was written.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from ecp.sim.engine.collector import resting
from ecp.sim.store.store import ADDED, DELETED, Change, Key, Obj, Store

MOST: Final = 30_000
"""Changes that are kept on disk, 90 bytes each: of three tenants a month and a half."""
_WHOLE, _FIELDS, _ENTRIES = range(3)
"""How a step back is written: [_WHOLE, value], [_FIELDS, changed, gone, order of the keys or None],
[_ENTRIES, [[index, step] …]]."""

Row = list[Any]


def written(store: Store, most: int = MOST) -> list[Row]:
    """Return the newest changes of a store's log as plain data, newest first."""
    with resting():
        return [_row(change) for change in islice(reversed(store.log), most)]


def _row(change: Change) -> Row:
    old, new = change.old, change.object
    before = old if change.type == DELETED else None if old is None else step_back(new, old)
    return [
        change.rv, change.type, change.resource, *change.key, before,
        change.at, change.cause, change.actor, change.reach,
    ]  # fmt: skip


def remember(store: Store, rows: Iterable[Row]) -> None:
    """Let the log of a store that was just restored begin with what `written` returned.

    Who owned which field before is not kept: nobody can follow these changes, only look at them.
    """
    known: dict[tuple[str, Key], Obj | None] = {}
    with resting():
        for row in rows:
            store.log.appendleft(_change(store, known, row))


def _change(store: Store, known: dict[tuple[str, Key], Obj | None], row: Row) -> Change:
    """Return the change of a row; *known* is what objects were before the changes after it."""
    rv, kind, resource, namespace, name, before, at, cause, actor, reach = row
    key = (namespace, name)
    named = (resource, key)
    new = known[named] if named in known else store.get(resource, namespace, name)
    old: Obj | None
    if kind == DELETED:
        old = before
        new = {**before, "metadata": {**before["metadata"], "resourceVersion": str(rv)}}
    else:
        old = None if kind == ADDED else stepped_back(new, before)
    assert new is not None, "what was written was there"
    known[named] = old
    return Change(rv, kind, resource, key, new, old, at, cause, actor, (), reach)


def step_back(new: Any, old: Any) -> Row | None:
    """Return how *new* becomes *old*, None where both are the same, in the order of keys too."""
    if new is old:
        return None
    if type(new) is not type(old):
        return [_WHOLE, old]
    if isinstance(old, dict):
        return _fields_back(new, old)
    if isinstance(old, list) and len(new) == len(old):
        steps = [[at, step] for at, two in enumerate(zip(new, old, strict=True))
                 if (step := step_back(*two)) is not None]  # fmt: skip
        return [_ENTRIES, steps] if steps else None
    return None if new == old else [_WHOLE, old]


def _fields_back(new: Mapping[str, Any], old: Mapping[str, Any]) -> Row | None:
    changed, gone = {}, {}
    for key, value in old.items():
        if key not in new:
            gone[key] = value
        elif (step := step_back(new[key], value)) is not None:
            changed[key] = step
    order = None if list(new) == list(old) else list(old)
    return [_FIELDS, changed, gone, order] if changed or order is not None else None


def stepped_back(new: Any, step: Row | None) -> Any:
    """Return what *new* was before, as `step_back` wrote it."""
    if step is None:
        return new
    if step[0] == _WHOLE:
        return step[1]
    if step[0] == _ENTRIES:
        entries = list(new)
        for at, one in step[1]:
            entries[at] = stepped_back(entries[at], one)
        return entries
    _, changed, gone, order = step
    return {
        key: gone[key] if key in gone else stepped_back(new[key], changed.get(key))
        for key in (new if order is None else order)
    }
