"""ValidatingWebhookConfiguration and MutatingWebhookConfiguration.

Source: kubernetes pkg/apis/admissionregistration/validation/validation.go
`validateMutatingWebhook`, `validateAdmissionReviewVersions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, duplicate, invalid, required, unsupported
from ecp.validation.kinds.crdconversion import check_client
from ecp.validation.kinds.hookrules import (
    FAILURE,
    MATCH,
    REINVOCATION,
    check_conditions,
    check_rule,
    one_of,
)
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0650"
_EFFECTS: Final = ("None", "NoneOnDryRun")
_REVIEWS: Final = ("v1", "v1beta1")


def check_webhooks(configuration: Object, scope: Scope) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, hook in enumerate(map(mapping, items(configuration.get("webhooks")))):
        at, name = At() / "webhooks" / number, hook.get("name") or ""
        yield from _name(name, at / "name")
        yield from _hook(hook, at)
        yield from _reviews(
            items(hook.get("admissionReviewVersions")), at / "admissionReviewVersions"
        )
        if name and name in seen:
            yield duplicate(_RULE, at / "name", name)
        seen.add(name)


def _name(name: str, at: At) -> Iterator[Fault]:
    """Source: apimachinery pkg/util/validation `IsFullyQualifiedName`."""
    if not name:
        yield required(_RULE, at)
    elif complaints := names.dns_subdomain(name):
        yield invalid(_RULE, at, name, ",".join(complaints))
    elif name.count(".") < 2:
        text = "should be a domain with at least three segments separated by dots"
        yield invalid(_RULE, at, name, text)


def _hook(hook: Object, at: At) -> Iterator[Fault]:
    for number, rule in enumerate(map(mapping, items(hook.get("rules")))):
        yield from check_rule(_RULE, rule, at / "rules" / number)
    yield from one_of(_RULE, hook.get("failurePolicy"), at / "failurePolicy", FAILURE)
    yield from one_of(_RULE, hook.get("matchPolicy"), at / "matchPolicy", MATCH)
    effects = hook.get("sideEffects")
    if effects is None:
        text = f"must specify one of {', '.join(_EFFECTS)}"
        yield required(_RULE, at / "sideEffects", text)
    elif effects not in _EFFECTS:
        yield unsupported(_RULE, at / "sideEffects", effects, _EFFECTS)
    seconds = hook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= 30:
        text = "the timeout value must be between 1 and 30 seconds"
        yield invalid(_RULE, at / "timeoutSeconds", seconds, text)
    for field in ("namespaceSelector", "objectSelector"):
        yield from check_selector(hook.get(field), at / field)
    yield from one_of(
        _RULE, hook.get("reinvocationPolicy"), at / "reinvocationPolicy", REINVOCATION
    )
    for fault in check_client(mapping(hook.get("clientConfig")), at / "clientConfig"):
        yield fault._replace(rule=_RULE)
    yield from check_conditions(_RULE, items(hook.get("matchConditions")), at / "matchConditions")


def _reviews(versions: list[Any], at: At) -> Iterator[Fault]:
    if not versions:
        yield required(_RULE, at, f"must specify one of {', '.join(_REVIEWS)}")
        return
    for number, version in enumerate(versions):
        if version in versions[:number]:
            yield invalid(_RULE, at / number, version, "duplicate version")
            continue
        for text in names.dns_1035_label(version):
            yield invalid(_RULE, at / number, version, text)
    if not any(version in _REVIEWS for version in versions):
        text = f"must include at least one of {', '.join(_REVIEWS)}"
        yield invalid(_RULE, at, versions, text)


CHECKS = {
    "MutatingWebhookConfiguration": (check_webhooks,),
    "ValidatingWebhookConfiguration": (check_webhooks,),
}
