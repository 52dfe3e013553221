"""Where two bundles differ, field by field, and a bundle with some of the differences.

Lists whose elements have names (containers, variables, ports) are compared by name, all others
are one value. An object that only one side has is one difference.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.yaml import read
from ecp.kube.yamlwriter import dump
from ecp.rehearsal.bundle import Obj
from ecp.rehearsal.scenario import Scenario
from ecp.validation import Source

MISSING: Final = object()
"""In the place of a value that one side does not have."""
Key = tuple[str, str, str]
"""Kind, namespace, name of an object."""


class Difference(NamedTuple):
    """A field (keys, and names of list elements) of an object; no field = the object itself."""

    object: Key
    path: tuple[str, ...]
    before: Any
    after: Any

    @property
    def word(self) -> str:
        """Return object and field: Deployment/chatbot spec.replicas."""
        kind, _, name = self.object
        return f"{kind}/{name} {'.'.join(self.path)}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data; a value that is not there is null."""
        kind, namespace, name = self.object
        return {
            "kind": kind,
            "namespace": namespace,
            "name": name,
            "field": ".".join(self.path),
            "before": None if self.before is MISSING else self.before,
            "after": None if self.after is MISSING else self.after,
        }


class Unreadable(ValueError):
    """A manifest is no YAML, or names an object twice: nothing can be compared."""


def objects_of(scenario: Scenario) -> dict[Key, Obj]:
    """Return the objects of a scenario by their names. Raises Unreadable."""
    found: dict[Key, Obj] = {}
    for source in scenario.sources:
        for document in read(source.text, source=source.name):
            obj = document.object
            meta = obj.get("metadata") if isinstance(obj, dict) else None
            if not isinstance(meta, dict) or not isinstance(obj.get("kind"), str):
                raise Unreadable(source.name)
            key = obj["kind"], str(meta.get("namespace") or ""), str(meta.get("name") or "")
            if key in found:
                raise Unreadable(f"{source.name}: {key[0]}/{key[2]}")
            found[key] = obj
    return found


def with_objects(scenario: Scenario, objects: Mapping[Key, Obj]) -> Scenario:
    """Return the scenario with other objects, written anew."""
    return scenario._replace(sources=(Source(dump(list(objects.values())), "manifests.yaml"),))


def differences(before: Mapping[Key, Obj], after: Mapping[Key, Obj]) -> list[Difference]:
    """Return how *after* differs from *before*, in the order of the objects and their fields."""
    found: list[Difference] = []
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, MISSING), after.get(key, MISSING)
        found += _between(key, (), old, new)
    return found


def _between(key: Key, path: tuple[str, ...], old: Any, new: Any) -> Iterator[Difference]:
    one, two = _named(old), _named(new)
    if one is not None and two is not None:
        for name in dict.fromkeys((*one, *two)):
            yield from _between(key, (*path, name), one.get(name, MISSING), two.get(name, MISSING))
    elif old is MISSING or new is MISSING or old != new or type(old) is not type(new):
        yield Difference(key, path, old, new)


def _named(value: Any) -> dict[str, Any] | None:
    """Return a mapping, or a list of things with names as one; None for anything else."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not value:
        return None
    found = {
        row["name"]: row
        for row in value
        if isinstance(row, dict) and isinstance(row.get("name"), str)
    }
    return found if len(found) == len(value) else None


def changed(objects: Mapping[Key, Obj], some: Sequence[Difference]) -> dict[Key, Obj]:
    """Return *objects* with some differences applied; the given ones stay as they are."""
    found = dict(objects)
    for key in dict.fromkeys(row.object for row in some):
        if key in found:
            found[key] = copy.deepcopy(found[key])
    for row in some:
        if row.path:
            _put(found[row.object], row.path, row.after)
        elif row.after is MISSING:
            del found[row.object]
        else:
            found[row.object] = row.after
    return found


def _put(target: Any, path: tuple[str, ...], value: Any) -> None:
    *way, last = path
    for name in way:
        target = _element(target, name)
    if isinstance(target, list):
        places = [n for n, row in enumerate(target) if row.get("name") == last]
        if value is MISSING:
            del target[places[0]]
        elif places:
            target[places[0]] = value
        else:
            target.append(value)
    elif value is MISSING:
        target.pop(last, None)
    else:
        target[last] = value


def _element(target: Any, name: str) -> Any:
    if isinstance(target, list):
        return next(row for row in target if row.get("name") == name)
    return target[name]
