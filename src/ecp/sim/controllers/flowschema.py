"""FlowSchemas whose priority level is there, and those whose is not: they dangle.

Source: kubernetes apiserver pkg/util/flowcontrol/apf_controller.go (1.36).
"""

from collections.abc import Iterable

from ecp.kube import kinds
from ecp.kube.times import rfc3339
from ecp.sim.plans import NOTHING, Apply, Controller, Plan, Reader
from ecp.sim.store import Change, Key, Obj

_ACTOR = "api-priority-and-fairness-config-consumer-v1"
_TYPE = "Dangling"


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    schema = read.get(kinds.FLOWSCHEMAS, *key)
    if schema is None:
        return NOTHING
    level = _level(schema)
    missing = read.get(kinds.PRIORITYLEVELS, "", level) is None
    about = f'the PriorityLevelConfiguration object named "{level}"'
    ends = "but there is no such object" if missing else "and it exists"
    wanted = {
        "type": _TYPE,
        "status": "True" if missing else "False",
        "reason": "NotFound" if missing else "Found",
        "message": f"This FlowSchema references {about} {ends}",
    }
    conditions = (schema.get("status") or {}).get("conditions") or ()
    there: Obj = next((one for one in conditions if one["type"] == _TYPE), {})
    if all(there.get(field) == value for field, value in wanted.items()):
        return NOTHING
    same = there.get("status") == wanted["status"]
    condition = {
        **wanted,
        "lastTransitionTime": there["lastTransitionTime"] if same else rfc3339(now),
    }
    head = {field: schema[field] for field in ("apiVersion", "kind")}
    body = {**head, "metadata": {"name": key[1]}, "status": {"conditions": [condition]}}
    return Plan((Apply(kinds.FLOWSCHEMAS, key, body, "status"),))


def _level(schema: Obj) -> str:
    return str(schema["spec"]["priorityLevelConfiguration"]["name"])


def _itself(change: Change, read: Reader) -> Iterable[Key]:
    return [change.key]


def _referring(change: Change, read: Reader) -> Iterable[Key]:
    schemas = read.list(kinds.FLOWSCHEMAS)
    return [("", one["metadata"]["name"]) for one in schemas if _level(one) == change.key[1]]


def controller() -> Controller:
    """Return the loop of the API server that says which FlowSchemas dangle."""
    return Controller(
        name="flowschema",
        component=_ACTOR,
        watches={kinds.FLOWSCHEMAS: _itself, kinds.PRIORITYLEVELS: _referring},
        reconcile=_reconcile,
        actor=_ACTOR,
    )
