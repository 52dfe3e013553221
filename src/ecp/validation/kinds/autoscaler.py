"""HorizontalPodAutoscaler. Source: kubernetes pkg/apis/autoscaling/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.kinds.resources import nano_of, shown
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"
_SOURCES: Final = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
_TARGETS: Final = ("Utilization", "Value", "AverageValue")


def check_autoscaler(autoscaler: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(autoscaler.get("spec"))
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if least is not None and least < 1:
        yield invalid("E0405", _SPEC / "minReplicas", least, "must be greater than or equal to 1")
    if most == 0 and scope.since(1, 36):
        yield required("E0405", _SPEC / "maxReplicas", "must be set and greater than 0")
    elif most < 1:
        least_text = "must be greater than or equal to 1" if scope.since(1, 36) else ""
        text = least_text or "must be greater than 0"
        yield invalid("E0405", _SPEC / "maxReplicas", most, text)
    if least is not None and most < least:
        text = "must be greater than or equal to `minReplicas`"
        yield invalid("E0405", _SPEC / "maxReplicas", most, text)
    target = mapping(spec.get("scaleTargetRef"))
    for field in ("kind", "name"):
        value, here = target.get(field) or "", _SPEC / "scaleTargetRef" / field
        if not value:
            yield required("E0405", here)
        else:
            for text in names.path_segment(value):
                yield invalid("E0405", here, value, text)
    api_version = target.get("apiVersion") or ""
    in_core = "/" not in api_version and target.get("kind") != "ReplicationController"
    if in_core and scope.since(1, 36):
        text = "apiVersion must specify API group"
        yield invalid("E0405", _SPEC / "scaleTargetRef" / "apiVersion", api_version, text)
    metrics = [mapping(metric) for metric in items(spec.get("metrics"))]
    for number, metric in enumerate(metrics):
        yield from _metric(metric, _SPEC / "metrics" / number)
    if least == 0 and not any(metric.get("type") in ("Object", "External") for metric in metrics):
        text = (
            "must specify at least one Object or External metric to support scaling to zero "
            "replicas"
        )
        yield forbidden("E0405", _SPEC / "metrics", text)
    yield from _behavior(mapping(spec.get("behavior")), _SPEC / "behavior")


def _metric(metric: Object, at: At) -> Iterator[Fault]:
    kind = metric.get("type") or ""
    if not kind:
        yield required("E0408", at / "type", "must specify a metric source type")
    elif kind not in _SOURCES:
        yield unsupported("E0408", at / "type", kind, tuple(_SOURCES))
    wanted = _SOURCES.get(kind, "")
    fields = ("object", "external", "pods", "resource", "containerResource")
    present = [field for field in fields if metric.get(field) is not None]
    if present:
        yield from _source(mapping(metric[present[0]]), present[0], at / present[0])
    if wanted and wanted not in present:
        text = "must populate information for the given metric source"
        yield required("E0408", at / wanted, text)
    if len(present) > 1:
        for field in sorted(present):
            if field != wanted:
                text = "must populate the given metric source only"
                yield forbidden("E0408", at / field, text)


def _source(source: Object, field: str, at: At) -> Iterator[Fault]:
    if field in ("resource", "containerResource") and not source.get("name"):
        yield required("E0408", at / "name", "must specify a resource name")
    if field == "containerResource" and not source.get("container"):
        yield required("E0408", at / "container", "must specify a container")
    if field in ("object", "external", "pods") and not mapping(source.get("metric")).get("name"):
        yield required("E0408", at / "metric" / "name", "must specify a metric name")
    target = source.get("target")
    if not isinstance(target, dict):
        yield required("E0408", at / "target", "must specify a metric target")
        return
    yield from _target(target, field, at / "target")


def _target(target: Object, field: str, at: At) -> Iterator[Fault]:
    kind = target.get("type") or ""
    if not kind:
        yield required("E0408", at / "type", "must specify a metric target type")
    elif kind not in _TARGETS:
        text = "must be either Utilization, Value, or AverageValue"
        yield invalid("E0408", at / "type", kind, text)
    for name in ("value", "averageValue"):
        amount = target.get(name)
        if amount is not None and nano_of(amount) <= 0:
            yield invalid("E0408", at / name, shown(amount), "must be positive")
    utilization = target.get("averageUtilization")
    if utilization is not None and utilization < 1:
        text = "must be greater than 0"
        yield invalid("E0408", at / "averageUtilization", utilization, text)
    average = target.get("averageValue")
    if field in ("resource", "containerResource"):
        if utilization is None and average is None:
            text = "must set either a target raw value or a target utilization"
            yield required("E0408", at / "averageUtilization", text)
        elif utilization is not None and average is not None:
            text = "may not set both a target raw value and a target utilization"
            yield forbidden("E0408", at / "averageValue", text)
    elif field == "pods" and average is None:
        yield required("E0408", at / "averageValue", "must specify a positive target averageValue")


def _behavior(behavior: Object, at: At) -> Iterator[Fault]:
    for field in ("scaleUp", "scaleDown"):
        rules, here = mapping(behavior.get(field)), at / field
        window = rules.get("stabilizationWindowSeconds")
        if window is not None and window < 0:
            text = "must be greater than or equal to zero"
            yield invalid("E0408", here / "stabilizationWindowSeconds", window, text)
        elif window is not None and window > 3600:
            text = "must be less than or equal to 3600"
            yield invalid("E0408", here / "stabilizationWindowSeconds", window, text)
        selected = rules.get("selectPolicy")
        if selected and selected not in ("Disabled", "Max", "Min"):
            yield unsupported("E0408", here / "selectPolicy", selected, ("Disabled", "Max", "Min"))
        for number, policy in enumerate(items(rules.get("policies"))):
            yield from _policy(mapping(policy), here / "policies" / number)


def _policy(policy: Object, at: At) -> Iterator[Fault]:
    kind = policy.get("type") or ""
    if kind not in ("Percent", "Pods"):
        yield unsupported("E0408", at / "type", kind, ("Percent", "Pods"))
    value, period = policy.get("value") or 0, policy.get("periodSeconds") or 0
    if value <= 0:
        yield invalid("E0408", at / "value", value, "must be greater than zero")
    if period <= 0:
        yield invalid("E0408", at / "periodSeconds", period, "must be greater than zero")
    elif period > 1800:
        text = "must be less than or equal to 1800"
        yield invalid("E0408", at / "periodSeconds", period, text)


CHECKS = {"HorizontalPodAutoscaler": (check_autoscaler,)}
