"""A grid: variants of a scenario, each a patch of it, of its manifests, or of both.

    - name: as-it-is
    - name: two-session-stores
      scenario: {faults: ["node_down@3h"]}
      manifests:
        - {kind: Deployment, metadata: {name: sessions}, spec: {replicas: 2}}

Patches are merged as RFC 7386 has it: null removes a field, a list takes the place of a list.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ecp.kube.yaml import Path, read
from ecp.kube.yamlwriter import dump
from ecp.rehearsal.campaign import Variant
from ecp.rehearsal.grounds import Ground, Load
from ecp.rehearsal.scenario import Places, Scenario, of_object, opened
from ecp.validation import Source

_FIELDS = ("name", "scenario", "manifests")


def merged(old: Any, patch: Any) -> Any:
    """Return *old* with a merge patch applied. Source: RFC 7386, section 2."""
    if not isinstance(patch, Mapping):
        return patch
    found = dict(old) if isinstance(old, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


def variants(
    grid: Source, scenario: Source, load: Load, ground: Ground | None = None
) -> tuple[Variant, ...]:
    """Read the grid of a scenario. Raises ScenarioRefused with the place in the grid."""
    document, base = opened(grid.text, grid.name), opened(scenario.text, scenario.name)
    top = Places(grid.name, document)
    if not isinstance(document.object, list) or not document.object:
        raise top.refused((), "grid")
    # What is wrong in the scenario itself is said of its own file.
    of_object(base.object, Places(scenario.name, base), load, ground)
    found: dict[str, Variant] = {}
    for number, row in enumerate(document.object):
        path: Path = (number,)
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            raise top.refused(path, "grid")
        for field in row:
            if field not in _FIELDS:
                raise top.refused((*path, field), "unknown", at_key=True, field=str(field),
                                  known=", ".join(_FIELDS))  # fmt: skip
        if row["name"] in found:
            raise top.refused((*path, "name"), "twice", name=row["name"])
        places = Places(grid.name, document, (*path, "scenario"))
        made = of_object(merged(base.object, row.get("scenario") or {}), places, load, ground)
        made = _patched(made, row.get("manifests") or [], top, (*path, "manifests"))
        found[row["name"]] = Variant(row["name"], made)
    return tuple(found.values())


def _patched(scenario: Scenario, patches: Any, places: Places, path: Path) -> Scenario:
    """Return the scenario with its manifests patched, written anew; as it is without patches."""
    if not isinstance(patches, list):
        raise places.refused(path, "list")
    if not patches:
        return scenario
    checked = [_named(patch, places, path, number) for number, patch in enumerate(patches)]
    every = [source for step in scenario.changes for source in step.sources]
    there = _objects((*scenario.sources, *every))
    for number, patch in enumerate(checked):
        if not any(_same(obj, patch) for obj in there):
            named = f"{patch['kind']}/{patch['metadata']['name']}"
            raise places.refused((*path, number), "no-object", object=named)
    changes = tuple(
        step._replace(sources=_with(step.sources, checked)) for step in scenario.changes
    )
    return scenario._replace(sources=_with(scenario.sources, checked), changes=changes)


def _objects(sources: Sequence[Source]) -> list[Any]:
    return [document.object for source in sources for document in read(source.text)]


def _with(sources: Sequence[Source], patches: Sequence[Mapping[str, Any]]) -> tuple[Source, ...]:
    """Return the objects of *sources*, patched, as one text; what cannot be read as it is."""
    objects = _objects(sources)
    if None in objects:
        return tuple(sources)
    for n, obj in enumerate(objects):
        for patch in patches:
            if _same(obj, patch):
                objects[n] = merged(objects[n], patch)
    return (Source(dump(objects), "patched.yaml"),)


def _named(patch: Any, places: Places, path: Path, number: int) -> Mapping[str, Any]:
    meta = patch.get("metadata") if isinstance(patch, dict) else None
    if not isinstance(meta, dict) or not isinstance(meta.get("name"), str) or "kind" not in patch:
        raise places.refused((*path, number), "patch")
    named: Mapping[str, Any] = patch
    return named


def _same(obj: Any, patch: Mapping[str, Any]) -> bool:
    if not isinstance(obj, dict) or obj.get("kind") != patch["kind"]:
        return False
    meta, wanted = obj.get("metadata") or {}, patch["metadata"]
    if "namespace" in wanted and wanted["namespace"] != meta.get("namespace"):
        return False
    return bool(meta.get("name") == wanted["name"])
