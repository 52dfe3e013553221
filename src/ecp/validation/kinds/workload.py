"""Deployment, ReplicaSet, StatefulSet, DaemonSet.

Source: kubernetes pkg/apis/apps/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import Named
from ecp.kube.numbers import whole
from ecp.kube.yaml import Path
from ecp.validation.faults import (
    At,
    Fault,
    forbidden,
    invalid,
    invalid_struct,
    required,
    unsupported,
    unsupported_struct,
)
from ecp.validation.kinds.claim import check_claim_spec
from ecp.validation.kinds.podspec import check_template
from ecp.validation.kinds.probe import non_negative
from ecp.validation.metadata import check_selector, is_empty_selector, selects
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"
_MISMATCH: Final = "`selector` does not match template `labels`"
_OPERATORS: Final = ("In", "NotIn", "Exists", "DoesNotExist")


def ordered_selector(selector: Any) -> dict[str, Any]:
    """Return a LabelSelector with its fields in the order in which the server prints them."""
    selector = mapping(selector)
    shown: dict[str, Any] = {}
    if selector.get("matchLabels"):
        shown["matchLabels"] = dict(sorted(mapping(selector["matchLabels"]).items()))
    if selector.get("matchExpressions"):
        shown["matchExpressions"] = [
            {
                "key": requirement.get("key") or "",
                "operator": requirement.get("operator") or "",
                **({"values": requirement["values"]} if requirement.get("values") else {}),
            }
            for requirement in map(mapping, items(selector["matchExpressions"]))
        ]
    return shown


def selector_is_usable(selector: Any) -> bool:
    """Tell whether the server can turn a selector into a query."""
    for requirement in map(mapping, items(mapping(selector).get("matchExpressions"))):
        operator, values = requirement.get("operator"), items(requirement.get("values"))
        if operator not in _OPERATORS or (operator in ("In", "NotIn")) != bool(values):
            return False
        if names.label_key(requirement.get("key") or ""):
            return False
        if any(names.label_value(value or "") for value in values):
            return False
    labels = mapping(mapping(selector).get("matchLabels"))
    return not any(
        names.label_key(key) or names.label_value(value or "") for key, value in labels.items()
    )


def _selector(spec: Object, noun: str) -> Iterator[Fault]:
    here = _SPEC / "selector"
    selector = spec.get("selector")
    if not isinstance(selector, dict):
        yield required("E0200", here)
        return
    yield from check_selector(selector, here)
    if is_empty_selector(selector):
        text = f"empty selector is invalid for {noun}"
        yield invalid_struct("E0200", here, ordered_selector(selector), text)


def _mismatch(selector: Any, template: Any) -> Iterator[Fault]:
    """A selector that is absent selects nothing, an empty one everything."""
    labels = mapping(mapping(template).get("metadata")).get("labels")
    if selector is None or not selects(selector, labels):
        yield invalid("E0201", _SPEC / "template" / "metadata" / "labels", labels, _MISMATCH)


def _always_running(spec: Object, noun: str) -> Iterator[Fault]:
    here = _SPEC / "template" / "spec"
    pod = mapping(mapping(spec.get("template")).get("spec"))
    restart = pod.get("restartPolicy")
    if restart and restart != "Always":
        yield unsupported("E0317", here / "restartPolicy", restart, ("Always",))
    if pod.get("activeDeadlineSeconds") is not None:
        text = f"activeDeadlineSeconds in {noun} is not Supported"
        yield forbidden("E0325", here / "activeDeadlineSeconds", text)


def _replicated(spec: Object, scope: Scope) -> Iterator[Fault]:
    """Check the selector and template of a Deployment or ReplicaSet, which speak alike."""
    yield from _selector(spec, "deployment")
    selector = spec.get("selector")
    if not selector_is_usable(selector):
        shown = ordered_selector(selector)
        yield invalid_struct("E0202", _SPEC / "selector", shown, "invalid label selector")
        return
    yield from _mismatch(selector, spec.get("template"))
    yield from check_template(spec.get("template"), _SPEC / "template", scope)
    yield from _always_running(spec, "ReplicaSet")


def check_deployment(deployment: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(deployment.get("spec"))
    yield from non_negative("E0400", spec.get("replicas"), _SPEC / "replicas")
    yield from _replicated(spec, scope)
    yield from _strategy(mapping(spec.get("strategy")), _SPEC / "strategy")
    yield from non_negative("E0400", spec.get("minReadySeconds"), _SPEC / "minReadySeconds")
    history = spec.get("revisionHistoryLimit")
    yield from non_negative("E0400", history, _SPEC / "revisionHistoryLimit")
    deadline = spec.get("progressDeadlineSeconds")
    here = _SPEC / "progressDeadlineSeconds"
    yield from non_negative("E0400", deadline, here)
    ready = spec.get("minReadySeconds") or 0
    if (600 if deadline is None else deadline) <= ready:
        text = "must be greater than minReadySeconds"
        yield invalid("E0401", here, 600 if deadline is None else deadline, text)


def _strategy(strategy: Object, at: At) -> Iterator[Fault]:
    kind = strategy.get("type") or "RollingUpdate"
    rolling = strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            text = "may not be specified when strategy `type` is 'Recreate'"
            yield forbidden("E0401", at / "rollingUpdate", text)
    elif kind == "RollingUpdate":
        yield from _rolling(mapping(rolling), at / "rollingUpdate")
    else:
        shown = _strategy_struct(kind, rolling)
        supported = ("Recreate", "RollingUpdate")
        yield unsupported_struct("E0401", at, shown, supported, point=at / "type")


def _strategy_struct(kind: str, rolling: Any) -> dict[str, Any]:
    if not isinstance(rolling, dict):
        return {"Type": kind, "RollingUpdate": None}
    given = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    unavailable, surge = (0 if amount is None else amount for amount in given)
    amounts = {"MaxUnavailable": unavailable, "MaxSurge": surge}
    return {"Type": kind, "RollingUpdate": amounts}


def _rolling(rolling: Object, at: At) -> Iterator[Fault]:
    unavailable = rolling.get("maxUnavailable")
    surge = rolling.get("maxSurge")
    unavailable = "25%" if unavailable is None else unavailable
    surge = "25%" if surge is None else surge
    here = at / "maxUnavailable"
    yield from amount_or_percent(unavailable, here)
    yield from amount_or_percent(surge, at / "maxSurge")
    if _amount(unavailable) == 0 and _amount(surge) == 0:
        yield invalid("E0401", here, unavailable, "may not be 0 when `maxSurge` is 0")
    yield from at_most_100_percent(unavailable, here)


def amount_or_percent(value: Any, at: At) -> Iterator[Fault]:
    """Check a number of zero or more, or a percentage."""
    if isinstance(value, str):
        for text in names.percent(value):
            yield invalid("E0402", at, Named(value), text)
    else:
        yield from non_negative("E0402", value, at)


def at_most_100_percent(value: Any, at: At) -> Iterator[Fault]:
    if isinstance(value, str) and not names.percent(value) and _amount(value) > 100:
        yield invalid("E0402", at, Named(value), "must not be greater than 100%")


def _amount(value: Any) -> int:
    """Return a percentage or number as a number, as the server reads it to find a zero."""
    if isinstance(value, str):
        digits = value if names.percent(value) else value[:-1]
        # What is too large for it is the largest there is; eighteen digits say as much.
        return whole(digits.lstrip("+0")[:18] or digits) or 0
    return int(value or 0)


def check_replicaset(replicaset: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(replicaset.get("spec"))
    yield from non_negative("E0400", spec.get("replicas"), _SPEC / "replicas")
    yield from non_negative("E0400", spec.get("minReadySeconds"), _SPEC / "minReadySeconds")
    yield from _replicated(spec, scope)


def check_statefulset(statefulset: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(statefulset.get("spec"))
    policy = spec.get("podManagementPolicy")
    if policy and policy not in ("OrderedReady", "Parallel"):
        text = "must be 'OrderedReady' or 'Parallel'"
        yield invalid("E0407", _SPEC / "podManagementPolicy", Named(policy), text)
    yield from _statefulset_strategy(mapping(spec.get("updateStrategy")), scope)
    retention = mapping(spec.get("persistentVolumeClaimRetentionPolicy"))
    for name in ("whenDeleted", "whenScaled"):
        value = retention.get(name)
        if value and value not in ("Retain", "Delete"):
            where = _SPEC / "persistentVolumeClaimRetentionPolicy" / name
            yield unsupported("E0407", where, value, ("Retain", "Delete"))
    templates = [mapping(claim) for claim in items(spec.get("volumeClaimTemplates"))]
    for number, claim in enumerate(templates if scope.new else ()):
        where = _SPEC / "volumeClaimTemplates" / number / "spec"
        yield from check_claim_spec(mapping(claim.get("spec")), where)
    yield from non_negative("E0400", spec.get("replicas"), _SPEC / "replicas")
    yield from non_negative("E0400", spec.get("minReadySeconds"), _SPEC / "minReadySeconds")
    start = mapping(spec.get("ordinals")).get("start")
    yield from non_negative("E0400", start, _SPEC / "ordinals" / "start")
    service = spec.get("serviceName") or ""
    if service and scope.new:
        for text in names.dns_label(service):
            yield invalid("E0407", _SPEC / "serviceName", service, text)
    yield from _selector(spec, "statefulset")
    selector = spec.get("selector")
    if selector_is_usable(selector):
        yield from _mismatch(selector, spec.get("template"))
        yield from _set_template(spec, templates, scope)
    else:
        yield invalid_struct("E0202", _SPEC / "selector", ordered_selector(selector), "")
    yield from _always_running(spec, "StatefulSet")


def _set_template(spec: Object, templates: list[Object], scope: Scope) -> Iterator[Fault]:
    """Check the template as its pods will be: with the claims for volumes, without a host name.

    The claims come before the template's own volumes and so move their numbers.
    """
    template = mapping(spec.get("template"))
    pod = mapping(template.get("spec"))
    claims = {str(mapping(claim.get("metadata")).get("name") or ""): None for claim in templates}
    own = [
        volume for volume in items(pod.get("volumes")) if mapping(volume).get("name") not in claims
    ]
    added = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    shown = {key: pod[key] for key in pod if key not in ("hostname", "subdomain", "volumes")}
    if own or added:
        shown["volumes"] = added + own
    for fault in check_template({**template, "spec": shown}, _SPEC / "template", scope):
        yield fault._replace(path=_as_written(fault.path, len(added), pod, own))


def _as_written(path: Path, added: int, pod: Object, own: list[Any]) -> Path:
    """Return where a fault in a volume stands in the manifest."""
    volumes = ("spec", "template", "spec", "volumes")
    if not added or path[:4] != volumes or len(path) == 4:
        return path
    number = path[4]
    assert isinstance(number, int)
    if number < added:
        return ("spec", "volumeClaimTemplates", number, "metadata", "name")
    written = items(pod.get("volumes")).index(own[number - added])
    return (*volumes, written, *path[5:])


def _statefulset_strategy(strategy: Object, scope: Scope) -> Iterator[Fault]:
    here = _SPEC / "updateStrategy"
    kind = strategy.get("type") or "RollingUpdate"
    rolling = strategy.get("rollingUpdate")
    if kind == "OnDelete":
        if rolling is not None:
            text = "only allowed for updateStrategy 'RollingUpdate'"
            yield invalid_struct(
                "E0401", here / "rollingUpdate", _rolling_struct(rolling, scope), text
            )
    elif kind == "RollingUpdate":
        rolling, at = mapping(rolling), here / "rollingUpdate"
        yield from non_negative("E0401", rolling.get("partition"), at / "partition")
        unavailable = rolling.get("maxUnavailable")
        if unavailable is not None and scope.has("MaxUnavailableStatefulSet"):
            at = at / "maxUnavailable"
            yield from amount_or_percent(unavailable, at)
            if _amount(unavailable) == 0:
                yield invalid("E0401", at, unavailable, "cannot be 0")
            yield from at_most_100_percent(unavailable, at)
    else:
        shown = {"Type": kind, "RollingUpdate": _rolling_struct(rolling, scope)}
        text = "must be 'RollingUpdate' or 'OnDelete'"
        yield invalid_struct("E0401", here, shown, text, point=here / "type")


def _rolling_struct(rolling: Any, scope: Scope) -> dict[str, Any] | None:
    if not isinstance(rolling, dict):
        return None
    kept = scope.has("MaxUnavailableStatefulSet")
    return {
        "Partition": rolling.get("partition") or 0,
        "MaxUnavailable": rolling.get("maxUnavailable") if kept else None,
    }


def check_daemonset(daemonset: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(daemonset.get("spec"))
    selector, here = spec.get("selector"), _SPEC / "selector"
    yield from check_selector(selector, here)
    if selector_is_usable(selector):
        yield from _mismatch(selector, spec.get("template"))
    if isinstance(selector, dict) and is_empty_selector(selector):
        text = "empty selector is invalid for daemonset"
        yield invalid_struct("E0200", here, ordered_selector(selector), text)
    yield from check_template(spec.get("template"), _SPEC / "template", scope)
    yield from _always_running(spec, "DaemonSet")
    yield from non_negative("E0400", spec.get("minReadySeconds"), _SPEC / "minReadySeconds")
    yield from _daemon_strategy(mapping(spec.get("updateStrategy")), _SPEC / "updateStrategy")
    history = spec.get("revisionHistoryLimit")
    yield from non_negative("E0400", history, _SPEC / "revisionHistoryLimit")


def _daemon_strategy(strategy: Object, at: At) -> Iterator[Fault]:
    kind, rolling = strategy.get("type") or "RollingUpdate", strategy.get("rollingUpdate")
    if kind == "RollingUpdate":
        yield from _daemon_rolling(mapping(rolling), at / "rollingUpdate")
    elif kind != "OnDelete":
        supported = ("RollingUpdate", "OnDelete")
        shown = _strategy_struct(kind, rolling)
        yield unsupported_struct("E0401", at, shown, supported, point=at / "type")


def _daemon_rolling(rolling: Object, at: At) -> Iterator[Fault]:
    unavailable = rolling.get("maxUnavailable")
    surge = rolling.get("maxSurge")
    unavailable = 1 if unavailable is None else unavailable
    surge = 0 if surge is None else surge
    yield from amount_or_percent(unavailable, at / "maxUnavailable")
    yield from amount_or_percent(surge, at / "maxSurge")
    yield from at_most_100_percent(unavailable, at / "maxUnavailable")
    yield from at_most_100_percent(surge, at / "maxSurge")
    if _amount(unavailable) and _amount(surge):
        text = "may not be set when maxUnavailable is non-zero"
        yield invalid("E0401", at / "maxSurge", surge, text)
    elif not _amount(unavailable) and not _amount(surge):
        yield required("E0401", at / "maxUnavailable", "cannot be 0 when maxSurge is 0")


CHECKS = {
    "DaemonSet": (check_daemonset,),
    "Deployment": (check_deployment,),
    "ReplicaSet": (check_replicaset,),
    "StatefulSet": (check_statefulset,),
}
