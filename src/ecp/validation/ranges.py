"""LimitRange: what a namespace gives a pod that says nothing, and what it bears.

Source: kubernetes plugin/pkg/admission/limitranger/admission.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ecp.kube.quantity import NANO
from ecp.validation.amounts import Amount, Amounts, amounts, of_pod, resources_of
from ecp.validation.scope import Object, items, mapping

_BOXES: Final = {"containers": "container", "initContainers": "init container"}


def with_defaults(spec: Object, ranges: Iterable[Object]) -> Object:
    """Return a pod's spec with the requests and limits that its namespace gives."""
    for limit in _limits(ranges, "Container"):
        spec = _filled(spec, limit)
    return spec


def _filled(spec: Object, limit: Object) -> Object:
    given = _given(limit)
    filled = {
        field: [_with(mapping(box), given) for box in items(spec.get(field))]
        for field in _BOXES
        if spec.get(field)
    }
    return {**spec, **filled}


def _given(limit: Object) -> dict[str, Object]:
    return {
        "limits": mapping(limit.get("default")),
        "requests": mapping(limit.get("defaultRequest")),
    }


def _with(box: Object, given: dict[str, Object]) -> Object:
    resources, said = mapping(box.get("resources")), _said(box)
    return {**box, "resources": {**resources, **{k: {**given[k], **said[k]} for k in given}}}


def _said(box: Object) -> dict[str, Object]:
    """A limit without a request is a request by the time that the namespace looks."""
    resources = mapping(box.get("resources"))
    limits = mapping(resources.get("limits"))
    return {"limits": limits, "requests": {**limits, **mapping(resources.get("requests"))}}


def note(spec: Object, ranges: Iterable[Object]) -> str:
    """Return what the server writes down of `with_defaults`, "" where that changes nothing.

    It stands in the pod's annotation `kubernetes.io/limit-ranger`.
    """
    found = ""
    for limit in _limits(ranges, "Container"):
        given = _given(limit)
        told = [
            f"{', '.join(names)} {word} for {_BOXES[field]} {box.get('name')}"
            for field in _BOXES
            for box in map(mapping, items(spec.get(field)))
            for word, side in (("request", "requests"), ("limit", "limits"))
            if (names := sorted(given[side].keys() - _said(box)[side].keys()))
        ]
        if told:
            found = f"LimitRanger plugin set: {'; '.join(told)}"
        spec = _filled(spec, limit)
    return found


def pod_complaint(spec: Object, ranges: Iterable[Object]) -> str:
    """Return what one of the ranges has against a pod, "" when it may come in.

    The spec is one that `with_defaults` was through.
    """
    for limit_range in map(_defaulted, ranges):
        found: list[str] = []
        for limit in map(mapping, items(mapping(limit_range.get("spec")).get("limits"))):
            kind = limit.get("type")
            if kind == "Container":
                for box in (mapping(box) for field in _BOXES for box in items(spec.get(field))):
                    sides = resources_of(box, "requests"), resources_of(box, "limits")
                    found += _bounds(limit, *sides)
            elif kind == "Pod":
                requests = of_pod(spec, "requests", overhead=False)
                limits = of_pod(spec, "limits", overhead=False)
                found += _bounds(limit, requests, limits)
        if found:
            return _aggregate(found)
    return ""


def claim_complaint(claim: Object, ranges: Iterable[Object]) -> str:
    """Return what one of the ranges has against a PersistentVolumeClaim, "" for nothing."""
    requests = amounts(
        mapping(mapping(mapping(claim.get("spec")).get("resources")).get("requests"))
    )
    for limit_range in map(_defaulted, ranges):
        found: list[str] = []
        for limit in _limits([limit_range], "PersistentVolumeClaim"):
            found += _minima(limit, requests, {})
            for name, most in sorted(amounts(limit.get("max")).items()):
                text = f"maximum {name} usage per PersistentVolumeClaim is {most}"
                found += _over(text, most, requests.get(name), "request")
        if found:
            return _aggregate(found)
    return ""


def _defaulted(limit_range: Object) -> dict[str, Any]:
    from ecp.kube.defaults import default

    return default("LimitRange", {"apiVersion": "v1", **limit_range})


def _limits(ranges: Iterable[Object], kind: str) -> Iterator[Object]:
    for limit_range in map(_defaulted, ranges):
        for limit in items(mapping(limit_range.get("spec")).get("limits")):
            if mapping(limit).get("type") == kind:
                yield mapping(limit)


def _aggregate(found: list[str]) -> str:
    """Source: apimachinery util/errors: what is said twice is said once."""
    told = list(dict.fromkeys(found))
    return told[0] if len(told) == 1 else f"[{', '.join(told)}]"


def _bounds(limit: Object, requests: Amounts, limits: Amounts) -> list[str]:
    kind = limit.get("type")
    found = _minima(limit, requests, limits)
    for name, most in sorted(amounts(limit.get("max")).items()):
        text = f"maximum {name} usage per {kind} is {most}"
        over = _over(text, most, limits.get(name), "limit")
        if not over and name in requests:
            over = _over(text, most, requests[name], "request")
        found += over
    for name, most in sorted(amounts(limit.get("maxLimitRequestRatio")).items()):
        text = f"{name} max limit to request ratio per {kind} is {most}"
        found += _ratio(text, most, requests.get(name), limits.get(name))
    return found


def _minima(limit: Object, requests: Amounts, limits: Amounts) -> list[str]:
    found = []
    for name, least in sorted(amounts(limit.get("min")).items()):
        text = f"minimum {name} usage per {limit.get('type')} is {least}"
        asked, limited = requests.get(name), limits.get(name)
        if asked is None:
            found.append(f"{text}.  No request is specified")
        elif asked.nano < least.nano:
            found.append(f"{text}, but request is {asked}")
        elif limited is not None and limited.nano < least.nano:
            found.append(f"{text}, but limit is {limited}")
    return found


def _over(text: str, most: Amount, has: Amount | None, what: str) -> list[str]:
    if has is None:
        return [f"{text}.  No {what} is specified"]
    return [f"{text}, but {what} is {has}"] if has.nano > most.nano else []


def _ratio(text: str, most: Amount, asked: Amount | None, limited: Amount | None) -> list[str]:
    if asked is None or not asked.nano:
        return [f"{text}, but no request is specified or request is 0"]
    if limited is None or not limited.nano:
        return [f"{text}, but no limit is specified or limit is 0"]
    if limited.nano * NANO > most.nano * asked.nano:
        return [f"{text}, but provided ratio is {limited.nano / asked.nano:.6f}"]
    return []
