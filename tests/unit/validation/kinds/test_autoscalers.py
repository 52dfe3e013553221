"""Autoscalers and disruption budgets: the server's words, rule by rule."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.validation.kinds import checks_for
from ecp.validation.scope import Scope

Obj = dict[str, Any]
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def autoscaler(*metrics: Obj, **spec: Any) -> Obj:
    return {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 3, "metrics": list(metrics), **spec}}


def metric(kind: str, field: str, target: Obj, **source: Any) -> Obj:
    return {"type": kind, field: {"target": target, **source}}


def said(obj: Obj, scope: Scope = Scope()) -> list[str]:
    checks = checks_for("autoscaling", "HorizontalPodAutoscaler")
    return [str(fault.error) for check in checks for fault in check(obj, scope)]


HALF = {"type": "Utilization", "averageUtilization": 50}
FIVE = {"type": "AverageValue", "averageValue": "5"}
QUEUE = {"metric": {"name": "queue"}}
CPU = metric("Resource", "resource", HALF, name="cpu")
UP = {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}
GOOD = {
    "the use of the CPU": autoscaler(CPU),
    "every sort of metric": autoscaler(
        CPU,
        metric("ContainerResource", "containerResource", HALF, name="cpu", container="main"),
        metric("Pods", "pods", FIVE, **QUEUE),
        metric("External", "external", {"type": "Value", "value": "5"}, **QUEUE),
        metric("Object", "object", FIVE, describedObject={"kind": "Service", "name": "s"}, **QUEUE),
    ),
    "behavior with a tolerance": autoscaler(
        behavior={"scaleUp": {**UP, "tolerance": "0.1", "selectPolicy": "Max"}}
    ),
    "policies that are left to the server": autoscaler(behavior={"scaleDown": {"policies": None}}),
    "version 1": autoscaler(targetCPUUtilizationPercentage=80),
    "a controller of the group without a name": autoscaler(
        scaleTargetRef={"apiVersion": "v1", "kind": "ReplicationController", "name": "rc"}
    ),
}


@pytest.mark.parametrize("obj", GOOD.values(), ids=GOOD)
def test_good_autoscalers(obj: Obj) -> None:
    assert said(obj) == []


M = "spec.metrics[0]"
SORTS = '"ContainerResource", "External", "Object", "Pods", "Resource"'
BAD: dict[str, tuple[Obj, list[str]]] = {
    "a target of no group": (
        autoscaler(scaleTargetRef={**TARGET, "apiVersion": "v1"}),
        ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
    ),
    "a target of a version that is none": (
        autoscaler(scaleTargetRef={**TARGET, "apiVersion": "a/b/c"}),
        [
            'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion '
            "string: a/b/c"
        ],
    ),
    "a target without a name": (
        autoscaler(scaleTargetRef={**TARGET, "name": ""}),
        ["spec.scaleTargetRef.name: Required value"],
    ),
    "a metric of no sort": (
        autoscaler({}),
        [
            f"{M}.type: Required value: must specify a metric source type",
            f'{M}.type: Unsupported value: "": supported values: {SORTS}',
        ],
    ),
    "a metric of two sorts": (
        autoscaler({**CPU, "pods": {"target": FIVE, **QUEUE}}),
        [f"{M}.pods: Forbidden: must populate the given metric source only"],
    ),
    "a metric without a target": (
        autoscaler({"type": "Resource", "resource": {"name": "cpu"}}),
        [
            f"{M}.resource.target.type: Required value: must specify a metric target type",
            f'{M}.resource.target.type: Invalid value: "": must be either Utilization, Value, or '
            "AverageValue",
            f"{M}.resource.target.averageUtilization: Required value: must set either a target raw "
            "value or a target utilization",
        ],
    ),
    "a container without a name": (
        autoscaler(metric("ContainerResource", "containerResource", HALF, name="cpus")),
        [
            f'{M}.containerResource.name: Invalid value: "cpus": must be a standard resource type '
            "or fully qualified",
            f'{M}.containerResource.name: Invalid value: "cpus": must be a standard resource for '
            "containers",
            f"{M}.containerResource.container: Required value: must specify a container",
        ],
    ),
    "a container with a bad name": (
        autoscaler(
            metric("ContainerResource", "containerResource", HALF, name="cpu", container="M")
        ),
        [f'{M}.containerResource.container: Invalid value: "M": {names.dns_label("M")[0]}'],
    ),
    "a metric with a slash": (
        autoscaler(metric("Pods", "pods", FIVE, metric={"name": "a/b"})),
        [f"{M}.pods.metric.name: Invalid value: \"a/b\": may not contain '/'"],
    ),
    "an object that is not said": (
        autoscaler(metric("Object", "object", {"type": "Value"}, **QUEUE)),
        [
            f"{M}.object.describedObject.kind: Required value",
            f"{M}.object.describedObject.name: Required value",
            f"{M}.object.target.averageValue: Required value: must set either a target value or "
            "averageValue",
        ],
    ),
    "an outer metric both ways": (
        autoscaler(metric("External", "external", {**FIVE, "value": "0"}, **QUEUE)),
        [
            f'{M}.external.target.value: Invalid value: "0": must be positive',
            f"{M}.external.target.value: Forbidden: may not set both a target value for metric and "
            "a per-pod target",
        ],
    ),
    "an outer metric neither way": (
        autoscaler(metric("External", "external", {"type": "Value"}, **QUEUE)),
        [
            f"{M}.external.target.averageValue: Required value: must set either a target value for "
            "metric or a per-pod target"
        ],
    ),
    "behavior without a policy and below zero": (
        autoscaler(
            behavior={
                "scaleUp": {"policies": [], "tolerance": "-0.1", "selectPolicy": "Any"},
                "scaleDown": {**UP, "stabilizationWindowSeconds": 3601},
            }
        ),
        [
            'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Any": supported values: '
            '"Disabled", "Max", "Min"',
            "spec.behavior.scaleUp.policies: Required value: must specify at least one Policy",
            'spec.behavior.scaleUp.tolerance: Invalid value: "-100m": must be greater than or '
            "equal to 0",
            "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less "
            "than or equal to 3600",
        ],
    ),
    "a policy that does nothing": (
        autoscaler(behavior={"scaleUp": {"policies": [{"type": "Half", "periodSeconds": 1801}]}}),
        [
            'spec.behavior.scaleUp.policies[0].type: Unsupported value: "Half": supported values: '
            '"Percent", "Pods"',
            "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
            "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less "
            "than or equal to 1800",
        ],
    ),
    "version 1 with no use at all": (
        autoscaler(targetCPUUtilizationPercentage=0),
        [
            f"{M}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
        ],
    ),
}


@pytest.mark.parametrize(("obj", "words"), BAD.values(), ids=BAD)
def test_bad_autoscalers(obj: Obj, words: list[str]) -> None:
    assert said(obj) == words


def test_what_was_there_before_may_stay() -> None:
    obj = autoscaler(scaleTargetRef={**TARGET, "apiVersion": "v1"})
    assert said(obj, Scope(new=False)) == []
    assert said(obj, Scope((1, 35))) == []


def test_a_tolerance_counts_since_1_35() -> None:
    obj = autoscaler(behavior={"scaleUp": {"tolerance": "-1"}})
    assert said(obj, Scope((1, 34))) == []
    assert len(said(obj)) == 1
