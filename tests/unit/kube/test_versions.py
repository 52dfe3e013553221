"""Objects in more than one version: HorizontalPodAutoscaler v1 and v2."""

from typing import Any

import pytest

from ecp.kube.versions import as_version

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}


def metric(kind: str, field: str, **source: Any) -> dict[str, Any]:
    return {"type": kind, field: source}


METRICS = [
    metric("Resource", "resource", name="memory",
           target={"type": "AverageValue", "averageValue": "100Mi"}),
    metric("ContainerResource", "containerResource", name="cpu", container="a",
           target={"type": "Utilization", "averageUtilization": 60}),
    metric("Pods", "pods", metric={"name": "rps"},
           target={"type": "AverageValue", "averageValue": "1k"}),
    metric("Object", "object", metric={"name": "rps", "selector": {"matchLabels": {"a": "b"}}},
           describedObject=TARGET, target={"type": "Value", "value": "10"}),
    metric("External", "external", metric={"name": "queue"},
           target={"type": "AverageValue", "averageValue": "30"}),
]  # fmt: skip
CPU = metric(
    "Resource", "resource", name="cpu", target={"type": "Utilization", "averageUtilization": 70}
)
BEHAVIOR = {
    "scaleDown": {
        "stabilizationWindowSeconds": 60,
        "selectPolicy": "Max",
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    }
}


def autoscaler(metrics: list[Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h", "annotations": {"kept": "yes"}},
        "spec": {"scaleTargetRef": TARGET, "maxReplicas": 5, "metrics": metrics, **spec},
        "status": {"currentReplicas": 1, "desiredReplicas": 2},
    }


@pytest.mark.parametrize("one", METRICS, ids=lambda one: one["type"])
def test_a_metric_comes_back_from_v1_as_it_was(one: dict[str, Any]) -> None:
    obj = autoscaler([one])
    v1 = as_version(obj, "autoscaling/v1")
    assert "metrics" not in v1["spec"]
    assert as_version(v1, "autoscaling/v2") == obj


def test_the_use_of_cpu_has_a_field_of_its_own_in_v1() -> None:
    v1 = as_version(autoscaler([CPU]), "autoscaling/v1")
    assert v1["spec"] == {
        "scaleTargetRef": TARGET, "maxReplicas": 5, "targetCPUUtilizationPercentage": 70
    }  # fmt: skip
    assert v1["metadata"]["annotations"] == {"kept": "yes"}
    assert as_version(v1, "autoscaling/v2") == autoscaler([CPU])


def test_behaviour_and_conditions_travel_in_annotations() -> None:
    conditions = [{"type": "AbleToScale", "status": "True"}]
    obj = autoscaler([CPU], behavior=BEHAVIOR)
    obj["status"]["conditions"] = conditions
    v1 = as_version(obj, "autoscaling/v1")
    assert v1["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/behavior"] == (
        '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max",'
        '"Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}'
    )
    assert as_version(v1, "autoscaling/v2") == obj


def test_an_annotation_that_is_no_json_says_nothing() -> None:
    v1 = as_version(autoscaler([CPU]), "autoscaling/v1")
    v1["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"] = "{"
    assert as_version(v1, "autoscaling/v2") == autoscaler([CPU])


def test_what_has_one_version_stays_as_it_is() -> None:
    obj = {"apiVersion": "v1", "kind": "Pod"}
    assert as_version(obj, "v1") is obj
    assert as_version(obj, "autoscaling/v1") is obj
