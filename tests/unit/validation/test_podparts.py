"""What may be written through pods/ephemeralcontainers and pods/resize; measured in 1.36.2."""

from typing import Any

import pytest

from ecp.sim.admission.strategies import PARTS
from ecp.validation.transitions import check_update

SIZES = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "200m"}}
POLICY = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]


def container(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "image": "i", "imagePullPolicy": "Always", "resources": {},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        **more,
    }  # fmt: skip


HELD = container("e")
OLD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "d", "uid": "u"},
    "spec": {
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "terminationGracePeriodSeconds": 30,
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "initContainers": [container("i", resources={"requests": {"cpu": "10m"}})],
        "containers": [container("c", resources=SIZES), container("d")],
        "ephemeralContainers": [HELD],
    },
}


def written(part: str, spec: dict[str, Any]) -> list[str]:
    """Return what is wrong with a write of *spec* to a subresource, as "field: detail"."""
    new = PARTS[part].taken({**OLD, "spec": {**OLD["spec"], **spec}}, OLD)
    faults = check_update("", "Pod", new, OLD, part=PARTS[part].judged)
    return [f"{fault.error.path}: {fault.error.detail.partition(chr(10))[0]}" for fault in faults]


def sizes(resources: Any, **more: Any) -> dict[str, Any]:
    return {"containers": [container("c", resources=resources, **more), container("d")]}


RESIZES = [
    pytest.param(sizes(SIZES), [], id="what changes nothing"),
    pytest.param(sizes({**SIZES, "requests": {"cpu": "150m", "memory": "1Gi"}}), [], id="more"),
    pytest.param(
        {"initContainers": [container("i", resources={"requests": {"cpu": "20m"}})]},
        [],
        id="an init container may be sized too",
    ),
    pytest.param(
        {"nodeName": "elsewhere", "containers": sizes(SIZES)["containers"]},
        [],
        id="all else is passed over",
    ),
    pytest.param(
        sizes({"requests": SIZES["requests"]}),
        ["spec.containers[0].resources.limits: resource limits cannot be removed"],
        id="a limit stays",
    ),
    pytest.param(
        sizes({**SIZES, "requests": {"cpu": "100m"}}),
        ["spec.containers[0].resources.requests: resource requests cannot be removed"],
        id="a request stays",
    ),
    pytest.param(
        sizes({**SIZES, "requests": {**SIZES["requests"], "ephemeral-storage": "1Gi"}}),
        ["spec: only cpu and memory resources are mutable"],
        id="storage is not sized",
    ),
    pytest.param(
        sizes(SIZES, resizePolicy=POLICY),
        ["spec: only cpu and memory resources are mutable"],
        id="nor is the policy changed",
    ),
    pytest.param(
        {"containers": [container("c", resources=SIZES)]},
        ["spec.containers: containers may not be added or removed on resize"],
        id="the containers stay",
    ),
    pytest.param(
        {"containers": [container("d"), container("c", resources=SIZES)]},
        [
            "spec.containers[0].name: containers may not be renamed or reordered on resize",
            "spec.containers[1].name: containers may not be renamed or reordered on resize",
        ],
        id="and their order",
    ),
]


@pytest.mark.parametrize(("spec", "wanted"), RESIZES)
def test_new_sizes(spec: dict[str, Any], wanted: list[str]) -> None:
    assert written("resize", spec) == wanted


def test_the_class_of_service_stays() -> None:
    guaranteed = {
        "requests": {"cpu": "1", "memory": "1Gi"},
        "limits": {"cpu": "1", "memory": "1Gi"},
    }
    old = {**OLD, "spec": {**OLD["spec"], "initContainers": [], "containers": [
        container("c", resources={"requests": {"cpu": "1"}})]}}  # fmt: skip
    new = {**old, "spec": {**old["spec"], "containers": [container("c", resources=guaranteed)]}}
    taken = PARTS["resize"].taken(new, old)
    (fault,) = check_update("", "Pod", taken, old, part=PARTS["resize"].judged)
    assert fault.error.detail == "Pod QOS Class may not change as a result of resizing"


EPHEMERAL = "spec.ephemeralContainers"


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        pytest.param([HELD, container("f")], [], id="one more"),
        pytest.param(
            [], [f'{EPHEMERAL}: existing ephemeral containers "e" may not be removed'], id="none"
        ),
        pytest.param(
            [container("e", image="other")],
            [f'{EPHEMERAL}: existing ephemeral containers "e" may not be changed'],
            id="one that is there is not changed",
        ),
        pytest.param(
            [HELD, container("f", ports=[{"containerPort": 80, "protocol": "TCP"}])],
            [f"{EPHEMERAL}[1].ports: cannot be set for an Ephemeral Container"],
            id="it serves nobody",
        ),
        pytest.param(
            [HELD, container("f", targetContainerName="nobody")],
            [f"{EPHEMERAL}[1].targetContainerName: "],
            id="it looks into a container of the pod",
        ),
    ],
)
def test_ephemeral_containers(listed: list[dict[str, Any]], wanted: list[str]) -> None:
    assert written("ephemeralcontainers", {"ephemeralContainers": listed}) == wanted
