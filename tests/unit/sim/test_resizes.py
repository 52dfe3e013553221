"""Sizes that a pod's node could never give: refused in the words of kube-apiserver 1.36.2."""

from typing import Any

import pytest

from ecp.kube.errors import Forbidden
from ecp.sim.admission.resizes import check_resize

NODES: dict[str, Any] = {
    "small": {"status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}},
    "windows": {"metadata": {"labels": {"kubernetes.io/os": "windows"}}},
}


class Nodes:
    def get(self, resource: str, namespace: str, name: str) -> Any:
        found = NODES.get(name)
        return found and {"metadata": {}, **found}


def pod(node: str, **requests: str) -> dict[str, Any]:
    containers = [{"name": "c", "resources": {"requests": requests}}]
    spec = {"containers": containers, **({"nodeName": node} if node else {})}
    return {"metadata": {"name": "p"}, "spec": spec}


PREFIX = 'pods "p" is forbidden: '
ENOUGH = "node didn't have enough allocatable resources: "
REFUSED = {
    "more of one": (
        pod("small", cpu="9"),
        f"{ENOUGH}cpu, requested: 9000, allocatable: 4000",
        "NodeCapacity",
    ),
    "more of both": (
        pod("small", cpu="9", memory="9Gi"),
        f"{ENOUGH}cpu, requested: 9000, allocatable: 4000; memory, requested: 9663676416, "
        "allocatable: 8589934592",
        "NodeCapacity",
    ),
    "a node that is not there": (pod("nowhere", cpu="1"), 'node "nowhere" not found', ""),
    "another operating system": (
        pod("windows", cpu="1"),
        'pod resize is only supported on linux nodes, node "windows" is "windows"',
        "UnsupportedPlatform",
    ),
}


@pytest.mark.parametrize(("wanted", "message", "cause"), REFUSED.values(), ids=REFUSED)
def test_a_size_is_refused_for(wanted: dict[str, Any], message: str, cause: str) -> None:
    with pytest.raises(Forbidden) as refused:
        check_resize(wanted, Nodes())  # type: ignore[arg-type]
    assert str(refused.value) == f"{PREFIX}{message}"
    assert [one.as_json() for one in refused.value.causes] == ([{"reason": cause}] if cause else [])


@pytest.mark.parametrize(
    "wanted",
    [pod("small", cpu="4", memory="8Gi"), pod("", cpu="99")],
    ids=["all that the node has", "any, before it has a node"],
)
def test_a_size_is_taken(wanted: dict[str, Any]) -> None:
    check_resize(wanted, Nodes())  # type: ignore[arg-type]
