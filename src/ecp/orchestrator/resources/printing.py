"""How nodes are shown, whole or some of their fields."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecp.edge.problems import Problem
from ecp.orchestrator.resources.choosing import Group, Reason
from ecp.orchestrator.resources.model import Node

FIELDS: Final = (
    "id", "apiVersion", "kind", "namespace", "name", "uid", "owner_uid", "labels", "created_at",
    "health", "reason", "sync", "changed", "ready", "desired", "restarts", "node", "problem",
)  # fmt: skip


def node_json(node: Node, reason: str) -> dict[str, Any]:
    """Return a node; *reason* says why it stands as it does, "" where there is nothing to say."""
    ready, desired = node.parts or (None, None)
    return {
        "id": node.id,
        "apiVersion": node.api_version,
        "kind": node.kind,
        "namespace": node.namespace,
        "name": node.name,
        "uid": node.uid,
        "owner_uid": node.owner,
        "labels": node.labels,
        "created_at": node.created,
        "health": None if node.health is None else node.health.state,
        "reason": reason or None,
        "sync": node.sync,
        "changed": node.changed,
        "ready": ready,
        "desired": desired,
        "restarts": node.restarts,
        "node": node.node,
        "problem": node.problem,
    }


def group_json(group: Group, reason: Reason) -> dict[str, Any]:
    """Return a group: how many stand how, and why most of those do that are not well."""
    whys: dict[str, list[Node]] = {}
    for node in group.members:
        if node.health is not None and node.health.why:
            whys.setdefault(node.health.why, []).append(node)
    most = max(whys.values(), key=len, default=None)
    states = Counter("" if node.health is None else node.health.state for node in group.members)
    return {
        "id": group.id,
        "owner_uid": group.owner,
        "kind": group.kind,
        "problem": group.problem,
        "count": len(group.members),
        "health": {state or "present": count for state, count in states.most_common()},
        "restarts": sum(node.restarts or 0 for node in group.members),
        "reason": (reason(most[0]) if most else "") or None,
    }


def chosen_fields(fields: str) -> tuple[str, ...]:
    """Return the fields that are asked for, the id first; none: all. Raises Problem 422."""
    names = [name for name in map(str.strip, fields.split(",")) if name]
    unknown = [name for name in names if name not in FIELDS]
    if unknown:
        told = {"unknown": ", ".join(unknown), "known": ", ".join(FIELDS)}
        where = [{"field": "query.fields", "message": name} for name in unknown]
        raise Problem(422, "INVALID_FIELDS", "resources.bad-fields", where, **told)
    return tuple(dict.fromkeys(["id", *names])) if names else ()


def narrowed(row: Mapping[str, Any], fields: Sequence[str]) -> Mapping[str, Any]:
    """Return some fields of a node, or the whole of it."""
    return {name: row[name] for name in fields} if fields else row
