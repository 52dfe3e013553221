"""Requests and limits of a container, or of a pod as a whole.

Source: kubernetes pkg/apis/core/validation `validateResourceRequirements`,
pkg/apis/core/helper/helpers.go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import FieldError, FieldErrorType
from ecp.kube.quantity import MICRO, NANO, InvalidQuantity, canonical, parse
from ecp.validation.faults import At, Fault, duplicate, forbidden, invalid, required, unsupported
from ecp.validation.scope import Object, items, mapping

_CONTAINER: Final = frozenset({"cpu", "memory", "ephemeral-storage"})
STANDARD: Final = _CONTAINER | {
    "requests.cpu", "requests.memory", "requests.ephemeral-storage", "requests.storage",
    "limits.cpu", "limits.memory", "limits.ephemeral-storage", "storage",
    "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
    "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
}  # fmt: skip
INTEGER: Final = frozenset(
    {
        "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    }
)  # fmt: skip
HUGE: Final = "hugepages-"
_INT64: Final = 1 << 63


def nano_of(quantity: Any) -> int:
    """Return a quantity in nano units; the decoder has refused what is none."""
    try:
        return parse(quantity)
    except InvalidQuantity:
        return 0


def shown(quantity: Any) -> str:
    """Return a quantity as the server prints it."""
    try:
        return canonical(quantity)
    except InvalidQuantity:
        return str(quantity)


def is_extended(name: str) -> bool:
    """Tell whether a resource is one that a device plugin brings, such as ``nvidia.com/gpu``."""
    if is_native(name) or name.startswith("requests."):
        return False
    return not names.label_key(f"requests.{name}")


def is_native(name: str) -> bool:
    """Tell whether a resource is Kubernetes' own; a name without a domain counts as such."""
    return "/" not in name or "kubernetes.io/" in name


def _overcommits(name: str) -> bool:
    return is_native(name) and not name.startswith(HUGE)


def check_resource_name(name: str, at: At) -> Iterator[Fault]:
    """Check that a resource is a standard one or has a domain."""
    complaints = names.label_key(name)
    for text in complaints:
        yield invalid("E0315", at, name, text, on_key=True)
    if complaints or "/" in name or name in STANDARD:
        return
    if not name.startswith((HUGE, f"requests.{HUGE}")):
        text = "must be a standard resource type or fully qualified"
        yield invalid("E0315", at, name, text, on_key=True)


def container_resource(name: str, at: At) -> Iterator[Fault]:
    if name in _CONTAINER:
        return
    yield from check_resource_name(name, at)
    if "/" not in name:
        if not name.startswith(HUGE):
            text = "must be a standard resource for containers"
            yield invalid("E0315", at, name, text, on_key=True)
    elif not is_native(name) and not is_extended(name):
        text = "doesn't follow extended resource name standard"
        yield invalid("E0315", at, name, text, on_key=True)


def pod_resource(name: str, at: At) -> Iterator[Fault]:
    """Check that a resource is one that a pod can ask for as a whole."""
    faults = tuple(check_resource_name(name, at))
    yield from faults
    if not faults and name not in ("cpu", "memory") and not name.startswith(HUGE):
        supported = ("cpu", HUGE, "memory")
        yield unsupported("E0315", at, name, supported)._replace(on_key=True)


def check_amount(name: str, quantity: Any, at: At) -> Iterator[Fault]:
    """Check that an amount is not negative, and whole where the resource comes in pieces."""
    nano = nano_of(quantity)
    if nano < 0:
        yield invalid("E0315", at, shown(quantity), "must be greater than or equal to 0")
    if (name in INTEGER or is_extended(name)) and not is_integer(quantity):
        yield invalid("E0315", at, shown(quantity), "must be an integer")


def is_integer(quantity: Any) -> bool:
    """Tell whether the server takes an amount for whole: it looks at thousandths in 64 bits.

    Above 9.2e15 they run over, unless a large suffix or an exponent makes it notice. Source:
    apimachinery pkg/api/resource/quantity.go `MilliValue`, math.go `positiveScaleInt64`.
    """
    nano, text = nano_of(quantity), shown(quantity)
    if nano % NANO:
        return False
    thousandths = nano // MICRO
    if -_INT64 <= thousandths < _INT64 or text[-1] in "GTPE" or "e" in text:
        return True
    over = (thousandths + _INT64) % (2 * _INT64) - _INT64
    return over % 1000 == 0


def _whole_pages(name: str, quantity: Any, at: At) -> Iterator[Fault]:
    page = nano_of(name.removeprefix(HUGE))
    amount = -(-nano_of(quantity) // NANO)
    if page <= 0 or page % NANO or amount % (page // NANO):
        text = f"{shown(quantity)} is not positive integer multiple of {name}"
        yield invalid("E0315", at, shown(quantity), text)


def check_resources(
    resources: Object,
    at: At,
    claims: Collection[str] = (),
    resource: Callable[[str, At], Iterator[Fault]] = container_resource,
) -> Iterator[Fault]:
    """Check requests and limits.

    claims     names of the pod's resource claims
    resource   which resources may be asked for
    """
    limits, requests = mapping(resources.get("limits")), mapping(resources.get("requests"))
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, quantity in sorted(amounts.items()):
            here = (at / field).key(name)
            yield from resource(name, here)
            yield from check_amount(name, quantity, here)
            if field == "requests":
                yield from _against_limit(name, quantity, limits, at)
            if name.startswith(HUGE):
                yield from _whole_pages(name, quantity, here)
    everything = {**limits, **requests}
    huge = any(name.startswith(HUGE) for name in everything)
    if huge and not ("cpu" in everything or "memory" in everything):
        yield forbidden("E0322", at, "HugePages require cpu or memory")
    if resources.get("claims"):
        yield from _claims(items(resources["claims"]), claims, at / "claims")


def _against_limit(name: str, request: Any, limits: Object, at: At) -> Iterator[Fault]:
    where = at / "requests"
    exact = not _overcommits(name)
    limit = limits.get(name)
    if limit is None:
        if exact:
            text = "Limit must be set for non overcommitable resources"
            yield required("E0316", at / "limits", text)
        return
    if exact and nano_of(request) != nano_of(limit):
        text = f"must be equal to {name} limit of {shown(limit)}"
        yield invalid("E0316", where, shown(request), text, point=where.key(name))
    elif nano_of(request) > nano_of(limit):
        text = f"must be less than or equal to {name} limit of {shown(limit)}"
        yield invalid("E0316", where, shown(request), text, point=where.key(name))


def _claims(wanted: list[Any], known: Collection[str], at: At) -> Iterator[Fault]:
    """Check that what a container claims is claimed by its pod, and once."""
    seen: list[str] = []
    for number, claim in enumerate(wanted):
        claim, here = mapping(claim), at / number
        name, part = claim.get("name") or "", claim.get("request") or ""
        if not name:
            yield required("E0336", here)
            continue
        if name in seen:
            yield duplicate("E0336", here, name)
        else:
            if part:
                for text in names.dns_label(part):
                    yield invalid("E0336", here / "request", part, text)
            key = f"{name}/{part}" if part else name
            if key in seen:
                yield duplicate("E0336", here, key)
            else:
                parts = [other for other in seen if other.startswith(f"{name}/")]
                yield from (duplicate("E0336", here, name) for _ in parts if not part)
                seen.append(key)
        if name not in known:
            listed = f": {', '.join(sorted(known))}" if known else " which is empty"
            text = f"must be one of the names in pod.spec.resourceClaims{listed}"
            error = FieldError(FieldErrorType.NOT_FOUND, str(here), name, text)
            yield Fault("E0336", error, (here / "name").path)
