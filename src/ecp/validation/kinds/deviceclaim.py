"""ResourceClaim, ResourceClaimTemplate and DeviceClass of dynamic resource allocation.

The sizes of parameters are not looked at; who may claim devices for administration is looked at
where the namespace is known, see `refusals.unprivileged`.
Source: kubernetes pkg/apis/resource/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    invalid,
    required,
    too_long,
    too_many,
    unsupported,
)
from ecp.validation.kinds.expressions import check_selector_expression
from ecp.validation.kinds.resources import is_extended
from ecp.validation.kinds.volume import check_template_metadata
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0657"
_MOST: Final = 32
_MOST_ALTERNATIVES: Final = 8
_LONGEST_EXPRESSION: Final = 10 * 1024
_LONGEST_DRIVER: Final = 63
_LONGEST_NAME: Final = 32
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
EFFECTS: Final = ("NoExecute", "NoSchedule", "None")
_ONE_OF: Final = "exactly one of `exactly` or `firstAvailable` is required"
_REFERENCE: Final = (
    "must be the name of a request in the claim or the name of a request and a subrequest "
    "separated by '/'"
)


def check_claim(claim: Object, scope: Scope) -> Iterator[Fault]:
    yield from _devices(mapping(mapping(claim.get("spec")).get("devices")), At() / "spec")


def check_template(template: Object, scope: Scope) -> Iterator[Fault]:
    spec, at = mapping(template.get("spec")), At() / "spec"
    yield from check_template_metadata(_RULE, mapping(spec.get("metadata")), at / "metadata")
    yield from _devices(mapping(mapping(spec.get("spec")).get("devices")), at / "spec")


def check_class(found: Object, scope: Scope) -> Iterator[Fault]:
    spec, at = mapping(found.get("spec")), At() / "spec"
    yield from _selectors(items(spec.get("selectors")), at / "selectors")
    yield from _configs(items(spec.get("config")), at / "config", None)
    resource = spec.get("extendedResourceName")
    if resource is not None and not is_extended(resource):
        text = "must be a valid extended resource name"
        yield invalid(_RULE, at / "extendedResourceName", resource, text)


def _devices(devices: Object, spec: At) -> Iterator[Fault]:
    at, requests = spec / "devices", [mapping(one) for one in items(devices.get("requests"))]
    known = set()
    for request in requests:
        name = request.get("name") or ""
        known.add(name)
        for one in map(mapping, items(request.get("firstAvailable"))):
            known.add(f"{name}/{one.get('name') or ''}")
    if _fits(requests, _MOST):
        for number, request in enumerate(requests):
            yield from _request(request, at / "requests" / number)
        yield from check_once([one.get("name") or "" for one in requests], at / "requests")
    else:
        yield too_many(_RULE, at / "requests", len(requests), _MOST)
    constraints = items(devices.get("constraints"))
    if not _fits(constraints, _MOST):
        yield too_many(_RULE, at / "constraints", len(constraints), _MOST)
        constraints = []
    for number, constraint in enumerate(map(mapping, constraints)):
        here = at / "constraints" / number
        yield from _references(items(constraint.get("requests")), here / "requests", known)
        yield from _attribute(constraint, here)
    yield from _configs(items(devices.get("config")), at / "config", known)


def _fits(found: list[Any], most: int) -> bool:
    return len(found) <= most


def check_once(found: list[str], at: At) -> Iterator[Fault]:
    for number, name in enumerate(found):
        if name in found[:number]:
            yield duplicate(_RULE, at / number, name)


def _request(request: Object, at: At) -> Iterator[Fault]:
    yield from check_label(request.get("name") or "", at / "name")
    alternatives, exactly = items(request.get("firstAvailable")), request.get("exactly")
    if not alternatives and exactly is None:
        yield required(_RULE, at, _ONE_OF)
    elif alternatives and exactly is not None:
        yield invalid(_RULE, at, None, f"{_ONE_OF}, but multiple fields are set")
    elif exactly is not None:
        yield from _asked(mapping(exactly), at / "exactly")
    elif not _fits(alternatives, _MOST_ALTERNATIVES):
        yield too_many(_RULE, at / "firstAvailable", len(alternatives), _MOST_ALTERNATIVES)
    else:
        for number, one in enumerate(map(mapping, alternatives)):
            here = at / "firstAvailable" / number
            yield from check_label(one.get("name") or "", here / "name")
            yield from _asked(one, here)
        found = [mapping(one).get("name") or "" for one in alternatives]
        yield from check_once(found, at / "firstAvailable")


def check_label(name: str, at: At) -> Iterator[Fault]:
    for text in names.dns_label(name):
        yield invalid(_RULE, at, name, text)


def _asked(request: Object, at: At) -> Iterator[Fault]:
    wanted = request.get("deviceClassName") or ""
    if not wanted:
        yield required(_RULE, at / "deviceClassName")
    for text in names.dns_subdomain(wanted) if wanted else ():
        yield invalid(_RULE, at / "deviceClassName", wanted, text)
    yield from _selectors(items(request.get("selectors")), at / "selectors")
    mode, count = request.get("allocationMode") or "ExactCount", request.get("count") or 0
    if mode == "All" and count:
        text = "must not be specified when allocationMode is 'All'"
        yield invalid(_RULE, at / "count", count, text)
    elif mode == "ExactCount" and count < 0:
        yield invalid(_RULE, at / "count", count, "must be greater than zero")
    elif mode not in ("All", "ExactCount"):
        yield unsupported(_RULE, at / "allocationMode", mode, ("All", "ExactCount"))
    for number, toleration in enumerate(map(mapping, items(request.get("tolerations")))):
        yield from _toleration(toleration, at / "tolerations" / number)


def _toleration(toleration: Object, at: At) -> Iterator[Fault]:
    key, operator = toleration.get("key") or "", toleration.get("operator") or "Equal"
    value, effect = toleration.get("value") or "", toleration.get("effect") or ""
    for text in names.label_key(key) if key else ():
        yield invalid(_RULE, at / "key", key, text)
    if operator == "Exists":
        if value:
            yield invalid(_RULE, at / "value", value, "must be empty for operator `Exists`")
    elif operator == "Equal":
        for text in names.label_value(value):
            yield invalid(_RULE, at / "value", value, text)
    else:
        yield unsupported(_RULE, at / "operator", operator, ("Equal", "Exists"))
    if effect and effect not in EFFECTS:
        yield unsupported(_RULE, at / "effect", effect, EFFECTS)


def _selectors(selectors: list[Any], at: At) -> Iterator[Fault]:
    if not _fits(selectors, _MOST):
        yield too_many(_RULE, at, len(selectors), _MOST)
        return
    for number, selector in enumerate(map(mapping, selectors)):
        here = at / number / "cel"
        if selector.get("cel") is None:
            yield required(_RULE, here)
            continue
        text = mapping(selector["cel"]).get("expression") or ""
        if len(text.encode()) > _LONGEST_EXPRESSION:
            yield too_long(_RULE, here / "expression", _LONGEST_EXPRESSION)
        else:
            yield from check_selector_expression(_RULE, text, here / "expression")


def _configs(configs: list[Any], at: At, known: set[str] | None) -> Iterator[Fault]:
    """Check configurations; *known* are the requests that those of a claim may be for."""
    if not _fits(configs, _MOST):
        yield too_many(_RULE, at, len(configs), _MOST)
        return
    for number, config in enumerate(map(mapping, configs)):
        here, opaque = at / number, config.get("opaque")
        if known is not None:
            yield from _references(items(config.get("requests")), here / "requests", known)
        if opaque is None:
            yield required(_RULE, here / "opaque")
            continue
        opaque = mapping(opaque)
        yield from driver_name(opaque.get("driver") or "", here / "opaque" / "driver")
        if opaque.get("parameters") is None:
            yield required(_RULE, here / "opaque" / "parameters")
        elif not isinstance(opaque["parameters"], dict):
            text = "must be a valid JSON object"
            yield invalid(_RULE, here / "opaque" / "parameters", "<value omitted>", text)


def driver_name(name: str, at: At) -> Iterator[Fault]:
    if not name:
        yield required(_RULE, at)
        return
    if len(name.encode()) > _LONGEST_DRIVER:
        yield too_long(_RULE, at, _LONGEST_DRIVER)
    for text in names.dns_subdomain(name.lower()):
        yield invalid(_RULE, at, name, text)


def _references(wanted: list[Any], at: At, known: set[str]) -> Iterator[Fault]:
    if not _fits(wanted, _MOST):
        yield too_many(_RULE, at, len(wanted), _MOST)
        return
    for number, name in enumerate(wanted):
        parts = name.split("/")
        for part in parts if len(parts) <= 2 else ():
            yield from check_label(part, at / number)
        if name not in known:
            yield invalid(_RULE, at / number, name, _REFERENCE)
    yield from check_once(wanted, at)


def _attribute(constraint: Object, at: At) -> Iterator[Fault]:
    for field in ("matchAttribute", "distinctAttribute"):
        name = constraint.get(field)
        if name is not None:
            yield from qualified_name(name, at / field)
            if "/" not in name:
                text = "a fully qualified name must be a domain and a name separated by a slash"
                yield invalid(_RULE, at / field, name, text)
            return
    text = (
        'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields '
        "are set"
    )
    yield required(_RULE, at, text)


def qualified_name(name: str, at: At) -> Iterator[Fault]:
    domain, slash, last = name.rpartition("/")
    if "/" in domain:
        # The server does not look at names of more than two parts.
        return
    if slash and not domain:
        yield invalid(_RULE, at, "", "the domain must not be empty")
    elif slash:
        yield from driver_name(domain, at)
    if slash and not last:
        yield invalid(_RULE, at, "", "the name must not be empty")
    else:
        if len(last.encode()) > _LONGEST_NAME:
            yield too_long(_RULE, at, _LONGEST_NAME)
        if not _IDENTIFIER.fullmatch(last):
            words = (
                "a valid C identifier must start with alphabetic character or '_', followed by a "
                "string of alphanumeric characters or '_'"
            )
            text = names.regex_complaint(words, _IDENTIFIER.pattern, "my_name", "MY_NAME", "MyName")
            yield invalid(_RULE, at, last, text)


CHECKS = {
    "DeviceClass": (check_class,),
    "ResourceClaim": (check_claim,),
    "ResourceClaimTemplate": (check_template,),
}
