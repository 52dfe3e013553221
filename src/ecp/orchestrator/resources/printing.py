"""How nodes are shown, whole or some of their fields."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecp.edge.problems import Problem
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


def chosen_fields(fields: str) -> list[str]:
    """Return the fields that are asked for, the id first; none: all. Raises Problem 422."""
    names = [name for name in map(str.strip, fields.split(",")) if name]
    unknown = [name for name in names if name not in FIELDS]
    if unknown:
        told = {"unknown": ", ".join(unknown), "known": ", ".join(FIELDS)}
        where = [{"field": "query.fields", "message": name} for name in unknown]
        raise Problem(422, "INVALID_FIELDS", "resources.bad-fields", where, **told)
    return list(dict.fromkeys(["id", *names])) if names else []


def narrowed(row: Mapping[str, Any], fields: Sequence[str]) -> Mapping[str, Any]:
    """Return some fields of a node, or the whole of it."""
    return {name: row[name] for name in fields} if fields else row
