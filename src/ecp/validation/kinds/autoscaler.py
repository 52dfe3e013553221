"""HorizontalPodAutoscaler. Source: kubernetes pkg/apis/autoscaling/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.kube.errors import Named
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.kinds.resources import container_resource, nano_of, shown
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
    if most < (1 if least is None else least):
        text = "must be greater than or equal to `minReplicas`"
        yield invalid("E0405", _SPEC / "maxReplicas", most, text)
    target = mapping(spec.get("scaleTargetRef"))
    # An object that names what it named before keeps it, however it is named.
    judged = scope.new and scope.since(1, 36)
    core = target.get("kind") == "ReplicationController"
    yield from _reference(target, _SPEC / "scaleTargetRef", judged, core)
    metrics = _metrics(spec)
    for number, metric in enumerate(metrics):
        yield from _metric(metric, _SPEC / "metrics" / number, judged)
    if least == 0 and not any(metric.get("type") in ("Object", "External") for metric in metrics):
        text = (
            "must specify at least one Object or External metric to support scaling to zero "
            "replicas"
        )
        yield forbidden("E0405", _SPEC / "metrics", text)
    yield from _behavior(mapping(spec.get("behavior")), _SPEC / "behavior", scope)


def _metrics(spec: Object) -> list[Object]:
    """Return the metrics; autoscaling/v1 knows but one, the use of the CPU."""
    use = spec.get("targetCPUUtilizationPercentage")
    if use is None:
        return [mapping(metric) for metric in items(spec.get("metrics"))]
    target = {"type": "Utilization", "averageUtilization": use}
    return [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _reference(ref: Object, at: At, judged: bool, core: bool) -> Iterator[Fault]:
    """Check what is scaled or measured; *core* lets it be of the group without a name."""
    for field in ("kind", "name"):
        value, here = ref.get(field) or "", at / field
        if not value:
            yield required("E0405", here)
        for text in names.path_segment(value):
            yield invalid("E0405", here, value, text)
    api_version, here = ref.get("apiVersion") or "", at / "apiVersion"
    if not judged:
        return
    if api_version.count("/") > 1:
        text = f"unexpected GroupVersion string: {api_version}"
        yield invalid("E0405", here, api_version, text)
    elif not core and not api_version.rpartition("/")[0]:
        yield invalid("E0405", here, api_version, "apiVersion must specify API group")


def _metric(metric: Object, at: At, judged: bool) -> Iterator[Fault]:
    kind = metric.get("type") or ""
    if not kind:
        yield required("E0408", at / "type", "must specify a metric source type")
    if kind not in _SOURCES:
        yield unsupported("E0408", at / "type", kind, tuple(_SOURCES))
    wanted = _SOURCES.get(kind, "")
    fields = ("object", "external", "pods", "resource", "containerResource")
    present = [field for field in fields if metric.get(field) is not None]
    if present:
        yield from _source(mapping(metric[present[0]]), present[0], at / present[0], judged)
    if wanted and wanted not in present:
        text = "must populate information for the given metric source"
        yield required("E0408", at / wanted, text)
    for field in sorted(present) if len(present) > 1 else ():
        if field != wanted:
            text = "must populate the given metric source only"
            yield forbidden("E0408", at / field, text)


def _source(source: Object, field: str, at: At, judged: bool) -> Iterator[Fault]:
    if field == "object":
        described = mapping(source.get("describedObject"))
        yield from _reference(described, at / "describedObject", judged, core=True)
    if field in ("resource", "containerResource"):
        name, here = source.get("name") or "", at / "name"
        if not name:
            yield required("E0408", here, "must specify a resource name")
        elif field == "containerResource":
            yield from container_resource(name, here)
    else:
        name, here = mapping(source.get("metric")).get("name") or "", at / "metric" / "name"
        if not name:
            yield required("E0408", here, "must specify a metric name")
        for text in names.path_segment(name):
            yield invalid("E0408", here, name, text)
    if field == "containerResource":
        container, here = source.get("container") or "", at / "container"
        if not container:
            yield required("E0408", here, "must specify a container")
        for text in names.dns_label(container) if container else ():
            yield invalid("E0408", here, container, text)
    target = mapping(source.get("target"))
    yield from _target(target, at / "target")
    yield from _amount(target, field, at / "target")


def _target(target: Object, at: At) -> Iterator[Fault]:
    kind = target.get("type") or ""
    if not kind:
        yield required("E0408", at / "type", "must specify a metric target type")
    if kind not in _TARGETS:
        text = "must be either Utilization, Value, or AverageValue"
        yield invalid("E0408", at / "type", Named(kind), text)
    for name in ("value", "averageValue"):
        amount = target.get(name)
        if amount is not None and nano_of(amount) <= 0:
            yield invalid("E0408", at / name, shown(amount), "must be positive")
    utilization = target.get("averageUtilization")
    if utilization is not None and utilization < 1:
        text = "must be greater than 0"
        yield invalid("E0408", at / "averageUtilization", utilization, text)


# What a target without an amount is asked for, by source.
_NO_AMOUNT: Final = {
    "object": "must set either a target value or averageValue",
    "external": "must set either a target value for metric or a per-pod target",
    "pods": "must specify a positive target averageValue",
}


def _amount(target: Object, field: str, at: At) -> Iterator[Fault]:
    average, value = target.get("averageValue"), target.get("value")
    if field in ("resource", "containerResource"):
        utilization = target.get("averageUtilization")
        if utilization is None and average is None:
            text = "must set either a target raw value or a target utilization"
            yield required("E0408", at / "averageUtilization", text)
        elif utilization is not None and average is not None:
            text = "may not set both a target raw value and a target utilization"
            yield forbidden("E0408", at / "averageValue", text)
        return
    if average is None and (value is None or field == "pods"):
        yield required("E0408", at / "averageValue", _NO_AMOUNT[field])
    if field == "external" and average is not None and value is not None:
        text = "may not set both a target value for metric and a per-pod target"
        yield forbidden("E0408", at / "value", text)


def _behavior(behavior: Object, at: At, scope: Scope) -> Iterator[Fault]:
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
        if selected is not None and selected not in ("Disabled", "Max", "Min"):
            yield unsupported("E0408", here / "selectPolicy", selected, ("Disabled", "Max", "Min"))
        policies = rules.get("policies")
        if policies == []:
            yield required("E0408", here / "policies", "must specify at least one Policy")
        for number, policy in enumerate(items(policies)):
            yield from _policy(mapping(policy), here / "policies" / number)
        tolerance = rules.get("tolerance")
        if scope.since(1, 35) and tolerance is not None and nano_of(tolerance) < 0:
            text = "must be greater than or equal to 0"
            yield invalid("E0408", here / "tolerance", shown(tolerance), text)


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
