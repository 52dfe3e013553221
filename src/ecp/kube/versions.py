"""Objects in the versions in which callers want them: one is stored, the others are views of it.

HorizontalPodAutoscaler has two; what v1 has no field for travels in annotations. Event is in two
groups, which name its fields differently.
Source: kubernetes pkg/apis/autoscaling/v1/{conversion,zz_generated.conversion}.go, annotations.go,
pkg/apis/events/v1/{conversion,zz_generated.conversion}.go.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

Object = dict[str, Any]

_PREFIX: Final = "autoscaling.alpha.kubernetes.io/"
_METRICS: Final = f"{_PREFIX}metrics"
_CURRENT: Final = f"{_PREFIX}current-metrics"
_CONDITIONS: Final = f"{_PREFIX}conditions"
_BEHAVIOR: Final = f"{_PREFIX}behavior"
_ANNOTATIONS: Final = (_METRICS, _CURRENT, _CONDITIONS, _BEHAVIOR)
_V1: Final = "autoscaling/v1"
_V2: Final = "autoscaling/v2"
_UNION: Final = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def as_version(obj: Object, api_version: str) -> Object:
    """Return *obj* as a caller of *api_version* sees it; *obj* itself where nothing converts."""
    convert = _VIEWS.get((obj.get("apiVersion", ""), api_version, obj.get("kind", "")))
    return convert(obj) if convert is not None else obj


# ---- HorizontalPodAutoscaler ------------------------------------------------------------------


def _autoscaler_v1(obj: Object) -> Object:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    metrics = spec.get("metrics") or []
    kept = ("scaleTargetRef", "minReplicas", "maxReplicas")
    out_spec = {key: spec[key] for key in kept if key in spec}
    found = [metric for metric in metrics if _cpu_utilisation(metric, "target") is not None]
    if found:
        out_spec["targetCPUUtilizationPercentage"] = _cpu_utilisation(found[0], "target")
    stamps = ("observedGeneration", "lastScaleTime")
    out_status = {key: status[key] for key in stamps if key in status}
    out_status["currentReplicas"] = status.get("currentReplicas", 0)
    out_status["desiredReplicas"] = status.get("desiredReplicas", 0)
    current = status.get("currentMetrics") or []
    for metric in current:
        used = _cpu_utilisation(metric, "current")
        if used is not None:
            out_status["currentCPUUtilizationPercentage"] = used
    rest: Object = {}
    others = [metric for metric in metrics if metric not in found]
    if others:
        rest[_METRICS] = _text([_metric_v1(metric, "target") for metric in others])
    if current:
        rest[_CURRENT] = _text([_metric_v1(metric, "current") for metric in current])
    if spec.get("behavior"):
        rest[_BEHAVIOR] = _text(_behavior_in_go(spec["behavior"]))
    if status.get("conditions"):
        rest[_CONDITIONS] = _text(status["conditions"])
    out = {**obj, "apiVersion": _V1, "metadata": _with_annotations(obj["metadata"], rest)}
    return {**out, "spec": out_spec, "status": out_status}


def _autoscaler_v2(obj: Object) -> Object:
    spec, status = obj.get("spec") or {}, dict(obj.get("status") or {})
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    out_spec = {k: v for k, v in spec.items() if k != "targetCPUUtilizationPercentage"}
    metrics = [_metric_v2(metric, "target") for metric in _parsed(annotations, _METRICS, [])]
    percent = spec.get("targetCPUUtilizationPercentage")
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if metrics:
        out_spec["metrics"] = metrics
    behavior = _parsed(annotations, _BEHAVIOR, None)
    if behavior is not None:
        out_spec["behavior"] = _behavior_from_go(behavior)
    status.pop("currentCPUUtilizationPercentage", None)
    current = _parsed(annotations, _CURRENT, [])
    if current:
        status["currentMetrics"] = [_metric_v2(metric, "current") for metric in current]
    conditions = _parsed(annotations, _CONDITIONS, [])
    if conditions:
        status["conditions"] = conditions
    out = {**obj, "apiVersion": _V2, "spec": out_spec}
    if "metadata" in obj:
        out["metadata"] = _with_annotations(obj["metadata"], {})
    if "status" in obj:
        out["status"] = status
    return out


def _with_annotations(meta: Object, rest: Object) -> Object:
    """Return *meta* with *rest* as the only annotations that carry what v1 has no field for."""
    held = meta.get("annotations") or {}
    kept = {key: text for key, text in held.items() if key not in _ANNOTATIONS} | rest
    out = {key: value for key, value in meta.items() if key != "annotations"}
    return {**out, "annotations": kept} if kept else out


def _cpu_utilisation(metric: Object, end: str) -> Any:
    resource = metric.get("resource") or {}
    if metric.get("type") != "Resource" or resource.get("name") != "cpu":
        return None
    return (resource.get(end) or {}).get("averageUtilization")


def _metric_v1(metric: Object, end: str) -> Object:
    """A metric with the field names that v1 gave it; *end* is "target" or "current"."""
    union = _UNION.get(metric.get("type", ""), "")
    source = metric.get(union) or {}
    amount = source.get(end) or {}
    named = source.get("metric") or {}
    out: Object = {}
    match union:
        case "resource" | "containerResource":
            out["name"] = source.get("name", "")
            if "averageUtilization" in amount:
                out[f"{end}AverageUtilization"] = amount["averageUtilization"]
            if "averageValue" in amount:
                out[f"{end}AverageValue"] = amount["averageValue"]
            if "container" in source:
                out["container"] = source["container"]
        case "pods":
            out["metricName"] = named.get("name", "")
            out[f"{end}AverageValue"] = amount.get("averageValue", "0")
            _copy(named, "selector", out, "selector")
        case "object":
            out["target"] = source.get("describedObject") or {}
            out["metricName"] = named.get("name", "")
            out[f"{end}Value"] = amount.get("value", "0")
            _copy(named, "selector", out, "selector")
            _copy(amount, "averageValue", out, "averageValue")
        case "external":
            out["metricName"] = named.get("name", "")
            _copy(named, "selector", out, "metricSelector")
            _copy(amount, "value", out, f"{end}Value")
            _copy(amount, "averageValue", out, f"{end}AverageValue")
    return {"type": metric.get("type", ""), union: out}


def _metric_v2(metric: Object, end: str) -> Object:
    union = _UNION.get(metric.get("type", ""), "")
    source = metric.get(union) or {}
    amount: Object = {}
    _copy(source, f"{end}Value", amount, "value")
    _copy(source, f"{end}AverageValue", amount, "averageValue")
    _copy(source, "averageValue", amount, "averageValue")
    _copy(source, f"{end}AverageUtilization", amount, "averageUtilization")
    if union == "object" and "averageValue" in amount and amount.get("value") == "0":
        del amount["value"]
    if end == "target":
        amount = {"type": _target_type(amount), **amount}
    out: Object = {}
    if union in ("resource", "containerResource"):
        out["name"] = source.get("name", "")
        _copy(source, "container", out, "container")
    else:
        out["metric"] = {"name": source.get("metricName", "")}
        _copy(source, "selector", out["metric"], "selector")
        _copy(source, "metricSelector", out["metric"], "selector")
        if union == "object":
            out["describedObject"] = source.get("target") or {}
    return {"type": metric.get("type", ""), union: {**out, end: amount}}


def _target_type(amount: Object) -> str:
    if "averageUtilization" in amount:
        return "Utilization"
    return "Value" if "value" in amount and "averageValue" not in amount else "AverageValue"


def _copy(source: Object, name: str, into: Object, as_name: str) -> None:
    if source.get(name) is not None:
        into[as_name] = source[name]


def _behavior_in_go(behavior: Object) -> Object:
    """The behaviour as the server's own struct, which is what the annotation holds."""

    def rules(value: Object | None) -> Object | None:
        if value is None:
            return None
        policies = [
            {"Type": one["type"], "Value": one["value"], "PeriodSeconds": one["periodSeconds"]}
            for one in value.get("policies") or ()
        ]
        return {
            "StabilizationWindowSeconds": value.get("stabilizationWindowSeconds"),
            "SelectPolicy": value.get("selectPolicy"),
            "Policies": policies or None,
            "Tolerance": value.get("tolerance"),
        }

    return {
        "ScaleUp": rules(behavior.get("scaleUp")),
        "ScaleDown": rules(behavior.get("scaleDown")),
    }


def _behavior_from_go(behavior: Object) -> Object:
    def lower(value: Any) -> Any:
        if isinstance(value, dict):
            named = ((key[:1].lower() + key[1:], child) for key, child in value.items())
            return {key: lower(child) for key, child in named if child is not None}
        if isinstance(value, list):
            return [lower(item) for item in value]
        return value

    out: Object = lower(behavior)
    return out


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _parsed(annotations: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    """Return what an annotation says; what is no JSON of the right sort says nothing."""
    text = annotations.get(name)
    if not isinstance(text, str):
        return otherwise
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return otherwise
    wanted = list if isinstance(otherwise, list) else dict
    return value if isinstance(value, wanted) else otherwise


# ---- Event ------------------------------------------------------------------------------------

_EVENT_FIELDS: Final = (
    ("eventTime", "eventTime"),
    ("series", "series"),
    ("reportingComponent", "reportingController"),
    ("reportingInstance", "reportingInstance"),
    ("action", "action"),
    ("reason", "reason"),
    ("involvedObject", "regarding"),
    ("related", "related"),
    ("message", "note"),
    ("type", "type"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
)
"""Names of a field in v1 and in events.k8s.io/v1."""
_EVENT_NULLS: Final = ("eventTime", "deprecatedFirstTimestamp", "deprecatedLastTimestamp")


def _event_of_group(obj: Object) -> Object:
    fields = {new: obj[old] for old, new in _EVENT_FIELDS if obj.get(old) not in (None, "")}
    for name in _EVENT_NULLS:
        fields.setdefault(name, None)
    fields.setdefault("regarding", {})
    fields.setdefault("deprecatedSource", {})
    return {"apiVersion": _EVENTS, "kind": "Event", "metadata": obj["metadata"], **fields}


def _event_of_core(obj: Object) -> Object:
    fields = {old: obj[new] for old, new in _EVENT_FIELDS if new in obj}
    head = {key: obj[key] for key in ("metadata",) if key in obj}
    return {"apiVersion": "v1", "kind": "Event", **head, **fields}


_EVENTS: Final = "events.k8s.io/v1"
_VIEWS: Final[dict[tuple[str, str, str], Callable[[Object], Object]]] = {
    (_V2, _V1, "HorizontalPodAutoscaler"): _autoscaler_v1,
    (_V1, _V2, "HorizontalPodAutoscaler"): _autoscaler_v2,
    ("v1", _EVENTS, "Event"): _event_of_group,
    (_EVENTS, "v1", "Event"): _event_of_core,
}
