"""Resources of a pod as a whole, and the claims that its containers may use.

Source: kubernetes pkg/apis/core/validation `validatePodResources`, `validatePodResourceClaims`;
component-helpers resource/helpers.go `AggregateContainerRequests`, `AggregateContainerLimits`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import errors, names
from ecp.validation.amounts import Amounts, added, amounts, larger
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    forbidden,
    invalid,
    invalid_struct,
    required,
)
from ecp.validation.kinds.resources import HUGE, check_resources, nano_of, pod_resource, shown
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0335"


def check_pod_resources(spec: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """Check ``resources`` of a pod spec against themselves and against its containers."""
    if not scope.has("PodLevelResources"):
        return
    if mapping(spec.get("os")).get("name") == "windows":
        yield forbidden(_RULE, at, "may not be set for a windows pod")
        return
    resources = mapping(spec["resources"])
    if resources.get("claims") is not None:
        text = "claims may not be set for Resources at pod-level"
        yield forbidden(_RULE, at / "claims", text)
    yield from check_resources(resources, at, claim_names(spec), pod_resource)
    yield from _over_requests(spec, mapping(resources.get("requests")), at / "requests")
    yield from _over_limits(spec, mapping(resources.get("limits")), at)


def _over_requests(spec: Object, requests: Object, at: At) -> Iterator[Fault]:
    if not requests:
        return
    for name, asked in sorted(_together(spec, "requests").items()):
        if name in requests and asked.nano > nano_of(requests[name]):
            text = f"must be greater than or equal to aggregate container requests of {asked}"
            yield invalid(_RULE, at.key(name), shown(requests[name]), text)


def _over_limits(spec: Object, limits: Object, at: At) -> Iterator[Fault]:
    if not limits:
        return
    if any(name.startswith(HUGE) for name in limits):
        for name, allowed in sorted(_together(spec, "limits").items()):
            if name.startswith(HUGE) and name in limits and allowed.nano > nano_of(limits[name]):
                text = f"must be greater than or equal to aggregate container limits of {allowed}"
                yield invalid(_RULE, (at / "limits").key(name), shown(limits[name]), text)
    for number, container in enumerate(items(spec.get("containers"))):
        own = mapping(mapping(mapping(container).get("resources")).get("limits"))
        for name, quantity in sorted(own.items()):
            if name in limits and nano_of(quantity) > nano_of(limits[name]):
                # The server looks for the containers below the pod's resources.
                spoken = (at / "containers" / number).key(name) / "limits"
                path = (*at.path[:-1], "containers", number, "resources", "limits", name)
                text = f"must be less than or equal to pod limits of {shown(limits[name])}"
                yield invalid(_RULE, spoken, shown(quantity), text)._replace(path=path)


def _together(spec: Object, side: str) -> Amounts:
    """Return what a pod's containers ask for at once, at the most demanding moment of its life."""
    total: Amounts = {}
    for container in items(spec.get("containers")):
        total = added(total, _asked(container, side))
    lasting: Amounts = {}
    starting: Amounts = {}
    for container in items(spec.get("initContainers")):
        asked = _asked(container, side)
        if mapping(container).get("restartPolicy") == "Always":
            total, lasting = added(total, asked), added(lasting, asked)
            starting = larger(starting, lasting)
        else:
            starting = larger(starting, added(asked, lasting))
    return larger(total, starting)


def _asked(container: Any, side: str) -> Amounts:
    return amounts(mapping(mapping(container).get("resources")).get(side))


# ---- claims -----------------------------------------------------------------------------------


def claim_names(spec: Object) -> tuple[str, ...]:
    """Return the names of a pod's resource claims, sorted."""
    found = {mapping(claim).get("name") or "" for claim in items(spec.get("resourceClaims"))}
    return tuple(sorted(found - {""}))


def check_claims(spec: Object, at: At, scope: Scope, mirrored: bool) -> Iterator[Fault]:
    """Check ``resourceClaims``; *mirrored* is whether the pod is one that a node made itself."""
    if not scope.has("DynamicResourceAllocation"):
        return
    seen: set[str] = set()
    for number, claim in enumerate(items(spec.get("resourceClaims"))):
        claim, here = mapping(claim), at / number
        if mirrored:
            error = errors.forbidden("", "static pods do not support resource claims")
            yield Fault("E0336", error, here.path)
            continue
        yield from _claim(claim, here, seen)


def _claim(claim: Object, at: At, seen: set[str]) -> Iterator[Fault]:
    name = claim.get("name") or ""
    if not name:
        yield required("E0336", at / "name")
    elif name in seen:
        yield duplicate("E0336", at / "name", name)
    else:
        for text in names.dns_label(name):
            yield invalid("E0336", at / "name", name, text)
        seen.add(name)
    sources = ("resourceClaimName", "resourceClaimTemplateName")
    given = [field for field in sources if claim.get(field) is not None]
    if len(given) != 1:
        text = (
            "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            if given
            else "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
        )
        struct = {
            "Name": name,
            "ResourceClaimName": claim.get("resourceClaimName"),
            "ResourceClaimTemplateName": claim.get("resourceClaimTemplateName"),
        }
        yield invalid_struct("E0336", at, struct, text)
    for field in given:
        for text in names.dns_subdomain(claim[field]):
            yield invalid("E0336", at / field, claim[field], text)
