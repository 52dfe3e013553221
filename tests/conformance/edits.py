"""What a recording's client changed in place, as it was before.

A client that takes an answer, changes it and sends it back wrote the changed body into the
recorded answer, too: the next request of the sequence shows the same. Here is what the server had
said, by sequence and exchange: path → value, GONE for what was not there.
"""

from typing import Any, Final

GONE: Final = object()
_RULE = "properties.spec.x-kubernetes-validations.1"
_SCHEMA = "spec.versions.{}.schema.openAPIV3Schema"
_DEAR = "'blue needs size > 2, got ' + string(self.size)"

ANSWERS: dict[str, dict[int, dict[str, Any]]] = {
    "crd": {
        25: {"metadata.resourceVersion": "<rv:5>"},
        27: {"spec.size": 3, "status": GONE},
    },
    "deployment-crud": {
        25: {"metadata.labels": {"x": "y"}, "spec.replicas": 2, "status": {}},
    },
    "namespace": {12: {"spec.finalizers": ["kubernetes"]}},
    "optimistic": {
        12: {"metadata.name": "a"},
        14: {"metadata.namespace": "occ"},
        16: {"metadata.creationTimestamp": "<ts:1>", "metadata.selfLink": GONE},
    },
    "pdb": {6: {"metadata.resourceVersion": "<rv:3>"}},
    "service": {
        29: {
            "spec.ports": [{"protocol": "TCP", "port": 80, "targetPort": 80}],
            "spec.clusterIP": "<clusterip:1>",
            "spec.clusterIPs": ["<clusterip:1>"],
        },
    },
}
REQUESTS: dict[str, dict[int, dict[str, Any]]] = {
    "crd": {
        3: {
            f"{_SCHEMA.format(1)}.description": GONE,
            **{f"{_SCHEMA.format(version)}.{_RULE}.messageExpression": _DEAR for version in (0, 1)},
        },
    },
}


def undone(sequence: dict[str, Any]) -> dict[str, Any]:
    """Put back, in place, what the client of *sequence* had changed; return the sequence."""
    for part, field, edits in (("res", "body", ANSWERS), ("req", "body", REQUESTS)):
        for number, changes in edits.get(sequence.get("id", ""), {}).items():
            for exchange in sequence["exchanges"]:
                if exchange["n"] == number:
                    for path, value in changes.items():
                        _put(exchange[part][field], path.split("."), value)
    return sequence


def _put(inside: Any, path: list[str], value: Any) -> None:
    *parents, last = path
    for step in parents:
        inside = inside[int(step)] if isinstance(inside, list) else inside[step]
    if value is GONE:
        inside.pop(last)
    else:
        inside[last] = value
