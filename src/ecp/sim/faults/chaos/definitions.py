"""The CustomResourceDefinitions of chaos objects, written from the table of kinds."""

from typing import Any, Final

from ecp.sim.faults.chaos.kinds import CHAOS_MESH, KINDS, VERSION
from ecp.sim.faults.chaos.schema import (
    OPEN,
    TEXT,
    TEXTS,
    WHOLE,
    Schema,
    fields,
    listed,
    one_of,
    whole,
    with_default,
)
from ecp.sim.store import Obj

SCHEDULES: Final = f"schedules.{CHAOS_MESH}"
WORKFLOWS: Final = f"workflows.{CHAOS_MESH}"
NODES: Final = f"workflownodes.{CHAOS_MESH}"

_RECORD: Final = fields(
    ("id", "injectedCount", "phase", "recoveredCount", "selectorKey"),
    id=TEXT,
    selectorKey=TEXT,
    phase=TEXT,
    injectedCount=WHOLE,
    recoveredCount=WHOLE,
    events=listed(
        fields(
            ("operation", "timestamp", "type"),
            type=TEXT,
            operation=TEXT,
            message=TEXT,
            timestamp={"type": "string", "format": "date-time"},
        )
    ),
)
_STATUS: Final = fields(
    ("experiment",),
    conditions=listed(fields(("status", "type"), type=TEXT, status=TEXT, reason=TEXT)),
    experiment=fields(desiredPhase=one_of("Run", "Stop"), containerRecords=listed(_RECORD)),
    instances=OPEN,
)
_COLUMNS: Final = (("action", ".spec.action"), ("duration", ".spec.duration"))
TYPES: Final = (
    "Serial", "Parallel", "Suspend", "Task", "StatusCheck", "Schedule", *KINDS, "Workflow",
)  # fmt: skip


def embedded() -> dict[str, Schema]:
    """Return the fields in which other objects carry the specs of faults."""
    return {field_of(kind.kind): kind.spec for kind in KINDS.values()}


def field_of(kind: str) -> str:
    """Return the field that carries the spec of a kind: PodChaos gives podChaos, DNSChaos dnsChaos.

    Source: Chaos Mesh api/v1alpha1 zz_generated.workflow.chaosmesh.go.
    """
    head = kind.removesuffix("Chaos")
    if kind != head:
        return (head.lower() if head.isupper() else head[0].lower() + head[1:]) + "Chaos"
    capitals = len(kind) - len(kind.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    lower = max(capitals - 1, 1)
    return kind[:lower].lower() + kind[lower:]


def _scheduled() -> dict[str, Schema]:
    return {
        "schedule": TEXT,
        "startingDeadlineSeconds": {**whole(0), "nullable": True},
        "concurrencyPolicy": with_default(one_of("Forbid", "Allow"), "Forbid"),
        "historyLimit": whole(1),
        "type": one_of(*KINDS, "Workflow"),
        **embedded(),
    }


def _template() -> Schema:
    return fields(
        ("name", "templateType"),
        name=TEXT,
        templateType=TEXT,
        deadline=TEXT,
        task=OPEN,
        children=TEXTS,
        conditionalBranches=listed(fields(("target",), target=TEXT, expression=TEXT)),
        schedule=fields(("schedule", "type"), **_scheduled()),
        statusCheck=OPEN,
        abortWithStatusCheck={"type": "boolean"},
        **embedded(),
    )


def _workflow() -> Schema:
    return fields(("entry", "templates"), entry=TEXT, templates=listed(_template()))


def _node() -> Schema:
    return fields(
        ("templateName", "type", "workflowName"),
        templateName=TEXT,
        workflowName=TEXT,
        type=TEXT,
        startTime={"type": "string", "format": "date-time"},
        deadline={"type": "string", "format": "date-time"},
        children=TEXTS,
        schedule=OPEN,
        **dict.fromkeys(embedded(), OPEN),
    )


def definitions() -> list[Obj]:
    """Return the definition of every kind, those of Chaos Mesh first."""
    found = [
        _definition((kind.group, kind.kind, kind.plural), kind.spec, _STATUS)
        for kind in KINDS.values()
    ]
    scheduled = fields(("schedule", "type"), workflow=_workflow(), **_scheduled())
    mesh = CHAOS_MESH
    found.append(_definition((mesh, "Schedule", "schedules"), scheduled, OPEN))
    workflow = (mesh, "Workflow", "workflows")
    found.append(_definition(workflow, _workflow(), OPEN, short="wf"))
    node = (mesh, "WorkflowNode", "workflownodes")
    found.append(_definition(node, _node(), OPEN, short="wfn"))
    return found


def _definition(
    named: tuple[str, str, str], spec: Schema, status: Schema, *, short: str = ""
) -> Obj:
    """Return a definition; *named* are group, kind and plural. With a *short* name its status is
    written apart."""
    group, kind, plural = named
    properties = spec.get("properties", {})
    columns = [
        {"name": name, "type": "string", "jsonPath": path}
        for name, path in _COLUMNS
        if path.rpartition(".")[2] in properties
    ]
    schema = fields(
        ("spec",),
        apiVersion=TEXT,
        kind=TEXT,
        metadata={"type": "object"},
        spec=spec,
        status=status,
    )
    version: dict[str, Any] = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    if columns and kind != "PodChaos":
        version["additionalPrinterColumns"] = columns
    if short:
        version["subresources"] = {"status": {}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                **({"shortNames": [short]} if short else {}),
            },
            "scope": "Namespaced",
            "versions": [version],
        },
    }
