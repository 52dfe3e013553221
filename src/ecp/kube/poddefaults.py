"""Defaulting that a Pod gets and a pod template does not: requests, ports of the host, grace.

A module of its own, because validation needs it and nothing else of `ecp.kube.defaults`.
Source: kubernetes pkg/apis/core/v1/defaults.go `SetDefaults_Pod`, conversion.go
`Convert_v1_Pod_To_core_Pod`.
"""

from collections.abc import Callable
from typing import Any, Final

from ecp.kube import quantity

Object = dict[str, Any]


def pod_defaults(spec: Object) -> Object:
    """Return a pod's spec with these defaults, *spec* itself when there is nothing to do."""
    for field in ("initContainers", "containers"):
        spec = _each(spec, field, _requests_from_limits)
        if spec.get("hostNetwork"):
            spec = _each(spec, field, lambda container: _each(container, "ports", _host_port))
    grace = spec.get("terminationGracePeriodSeconds")
    if isinstance(grace, int) and grace < 0:
        spec = {**spec, "terminationGracePeriodSeconds": 1}
    return _pod_level(spec) if spec.get("resources") else spec


def _map(obj: Object, name: str) -> Object:
    value = obj.get(name)
    return value if isinstance(value, dict) else {}


def _maps(obj: Object, name: str) -> list[Object]:
    value = obj.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _each(obj: Object, name: str, change: Callable[[Object], Object]) -> Object:
    """Change every map in the list under a field, copying only what changes."""
    items = obj.get(name)
    if not isinstance(items, list):
        return obj
    changed = [change(item) if isinstance(item, dict) else item for item in items]
    if all(new is old for new, old in zip(changed, items, strict=True)):
        return obj
    return {**obj, name: changed}


def _requests_from_limits(container: Object) -> Object:
    resources = _map(container, "resources")
    limits = _map(resources, "limits")
    if not limits:
        return container
    requests = _map(resources, "requests")
    if limits.keys() <= requests.keys():
        return container
    filled = {**requests, **{name: limits[name] for name in limits if name not in requests}}
    return {**container, "resources": {**resources, "requests": filled}}


def _host_port(port: Object) -> Object:
    number = port.get("containerPort")
    return {**port, "hostPort": number} if number and not port.get("hostPort") else port


_OVERCOMMITTED: Final = frozenset({"cpu", "memory"})
_HUGE: Final = "hugepages-"
_Amounts = dict[str, tuple[int, quantity.Form]]


def _pod_level(spec: Object) -> Object:
    """Limits and requests of the pod itself, where it has some.

    Huge pages are limited to what the containers may have together. Requests are what the
    containers ask for together, else the limit.
    Source: kubernetes pkg/apis/core/v1/defaults.go `defaultHugePagePodLimits`,
    `defaultPodRequests`.
    """
    resources = _map(spec, "resources")
    limits, requests = dict(_map(resources, "limits")), dict(_map(resources, "requests"))
    if not limits and not requests:
        return spec
    for name, (nano, form) in _together(spec, "limits").items():
        if name.startswith(_HUGE) and name not in requests and name not in limits:
            limits[name] = quantity.spell(nano, form)
    if limits:
        for name, (nano, form) in _together(spec, "requests").items():
            if name in _OVERCOMMITTED and name not in requests:
                requests[name] = quantity.spell(nano, form)
        for name, limit in limits.items():
            if name in _OVERCOMMITTED or name.startswith(_HUGE):
                requests.setdefault(name, limit)
    filled = {**resources}
    for field, amounts in (("limits", limits), ("requests", requests)):
        if amounts:
            filled[field] = amounts
    return spec if filled == resources else {**spec, "resources": filled}


def _together(spec: Object, side: str) -> _Amounts:
    """What the containers ask for at once. Source: component-helpers resource/helpers.go."""
    total: _Amounts = {}
    for container in _maps(spec, "containers"):
        total = _added(total, _asked(container, side))
    lasting: _Amounts = {}
    most: _Amounts = {}
    for container in _maps(spec, "initContainers"):
        asked = _asked(container, side)
        if container.get("restartPolicy") == "Always":
            total, lasting = _added(total, asked), _added(lasting, asked)
            asked = lasting
        else:
            asked = _added(asked, lasting)
        most = _larger(most, asked)
    return _larger(total, most)


def _larger(left: _Amounts, right: _Amounts) -> _Amounts:
    more = {n: one for n, one in right.items() if n not in left or one[0] > left[n][0]}
    return {**left, **more}


def _asked(container: Object, side: str) -> _Amounts:
    amounts: _Amounts = {}
    for name, value in _map(_map(container, "resources"), side).items():
        try:
            parsed = quantity.take_apart(value)
        except quantity.InvalidQuantity:
            continue
        amounts[name] = (parsed.nano, parsed.form)
    return amounts


def _added(left: _Amounts, right: _Amounts) -> _Amounts:
    total = dict(left)
    for name, (nano, form) in right.items():
        held, spelt = total.get(name, (0, form))
        total[name] = (held + nano, spelt if held else form)
    return total
