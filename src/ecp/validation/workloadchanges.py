"""What may become of Jobs, addresses, devices, quotas and definitions once they are there.

Source: kubernetes pkg/apis/{batch,apps,core,autoscaling,policy}/validation/validation.go,
pkg/registry/batch/job/strategy.go, apiextensions-apiserver pkg/apis/apiextensions/validation.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any, Final

from ecp.kube import errors
from ecp.validation.claimshape import claim_shape, filled, template_shape
from ecp.validation.differences import IMMUTABLE, Shape, immutable, shown
from ecp.validation.faults import At, Fault, invalid, invalid_struct, required
from ecp.validation.kinds import checks_for
from ecp.validation.kinds.aggregation import check_name
from ecp.validation.kinds.deviceslice import slice_change, taint_rule_change
from ecp.validation.kinds.workload import ordered_selector, selector_is_usable
from ecp.validation.metadata import selects
from ecp.validation.scope import Object, Scope, items, mapping
from ecp.validation.structs import struct

Transition = Callable[[Object, Object], Iterator[Fault]]
_SPEC: Final = At() / "spec"
_STATUS: Final = At() / "status"
_LABELS: Final = _SPEC / "template" / "metadata" / "labels"
_EXIT_CODES: Final[Shape] = (
    ("ContainerName", "containerName", None),
    ("Operator", "operator", ""),
    ("Values", "values", None),
)
_CONDITION: Final[Shape] = (("Type", "type", ""), ("Status", "status", ""))
_FAILURE_RULE: Final[Shape] = (
    ("Action", "action", ""),
    ("OnExitCodes", "onExitCodes", _EXIT_CODES),
    ("OnPodConditions", "onPodConditions", [_CONDITION]),
)
_SUCCESS_RULE: Final[Shape] = (
    ("SucceededIndexes", "succeededIndexes", None),
    ("SucceededCount", "succeededCount", None),
)
# What of a Job stays as it is, and how the server prints it.
_KEPT_IN_JOB: Final[tuple[tuple[str, Shape], ...]] = (
    ("completionMode", ()),
    ("podFailurePolicy", (("Rules", "rules", [_FAILURE_RULE]),)),
    ("backoffLimitPerIndex", ()),
    ("managedBy", ()),
    ("successPolicy", (("Rules", "rules", [_SUCCESS_RULE]),)),
)


# ---- Jobs -----------------------------------------------------------------------------------


_MADE: Final = (
    ("controller-uid", "uid"),
    ("job-name", "name"),
    ("batch.kubernetes.io/controller-uid", "uid"),
    ("batch.kubernetes.io/job-name", "name"),
)


def made_labels(new: Object, old: Object) -> Iterator[Fault]:
    """A Job keeps the labels and the selector that the server gave it.

    Of a Job that was written by hand nobody knows them.
    Source: kubernetes pkg/apis/batch/validation `validateGeneratedSelector`.
    """
    spec, meta = mapping(new.get("spec")), mapping(new.get("metadata"))
    selector = spec.get("selector")
    if spec.get("manualSelector") or not meta.get("uid") or selector is None:
        return
    own, at = mapping(mapping(spec.get("template")).get("metadata")).get("labels"), _LABELS
    before = mapping(mapping(mapping(old.get("spec")).get("template")).get("metadata"))
    prefixed = all(key in mapping(before.get("labels")) for key, _ in _MADE[2:])
    expected = {}
    for key, field in _MADE if prefixed else _MADE[:2]:
        wanted = expected[key] = meta.get(field)
        held = mapping(own).get(key)
        if held is None:
            yield required("E0403", at.key(key), f"must be '{wanted}'")
        elif held != wanted:
            yield invalid("E0403", at.key(key), own, f"must be '{wanted}'")
    if selector_is_usable(selector) and not selects(selector, expected):
        text = "`selector` not auto-generated"
        yield invalid_struct("E0403", _SPEC / "selector", ordered_selector(selector), text)


def job_change(new: Object, old: Object) -> Iterator[Fault]:
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    yield from _completions(spec, before)
    selector = spec.get("selector")
    if selector != before.get("selector"):
        shown_ = None if selector is None else ordered_selector(selector)
        yield invalid_struct("E0700", _SPEC / "selector", shown_, IMMUTABLE)
    yield from _template(spec, before, _rests(old))
    for field, shape in _KEPT_IN_JOB:
        if spec.get(field) == before.get(field):
            continue
        if shape:
            yield invalid_struct("E0700", _SPEC / field, shown(spec.get(field), shape), IMMUTABLE)
        else:
            yield invalid("E0700", _SPEC / field, spec.get(field), IMMUTABLE)


def _completions(spec: Object, before: Object) -> Iterator[Fault]:
    """A Job with indexes may get more of them, together with as many pods at once."""
    wanted, at = spec.get("completions"), _SPEC / "completions"
    if spec.get("completionMode") != "Indexed":
        yield from immutable(at, wanted, before.get("completions"))
    elif wanted not in (None, before.get("completions")) and wanted != spec.get("parallelism"):
        # The server names the field beside it without what holds both.
        yield invalid("E0700", at, wanted, "can only be modified in tandem with spec.parallelism")


def _rests(old: Object) -> bool:
    """Tell whether a Job is suspended and no pod of it runs, so that its pods may still change."""
    status = mapping(old.get("status"))
    suspended = any(
        one.get("type") == "Suspended" and one.get("status") == "True"
        for one in map(mapping, items(status.get("conditions")))
    )
    waits = suspended or status.get("startTime") is None
    return bool(mapping(old.get("spec")).get("suspend")) and waits and not status.get("active")


def _template(spec: Object, before: Object, rests: bool) -> Iterator[Fault]:
    wanted, held = mapping(spec.get("template")), mapping(before.get("template"))
    at = _SPEC / "template"
    if not rests:
        if wanted != held:
            yield invalid_struct("E0700", at, struct(wanted, "PodTemplateSpec"), IMMUTABLE)
        return
    pod = mapping(wanted.get("spec"))
    kept = _as_scheduled(mapping(held.get("spec")), pod)
    if _without_amounts(pod) != _without_amounts(kept):
        here = _SPEC / "template.spec"
        yield invalid_struct("E0700", here, struct(pod, "PodSpec"), IMMUTABLE, point=at)


def _without_amounts(spec: Object) -> dict[str, Any]:
    """Return a pod's spec without what its containers ask for."""
    pod = dict(spec)
    for field in ("containers", "initContainers"):
        if field in pod:
            pod[field] = [
                {key: one[key] for key in one if key != "resources"}
                for one in map(mapping, items(pod[field]))
            ]
    return pod


def _as_scheduled(held: Object, wanted: Object) -> dict[str, Any]:
    """Return *held* with what says where pods run as *wanted* says it."""
    out = dict(held)
    for field in ("nodeSelector", "tolerations", "schedulingGates"):
        _take(out, wanted, field)
    affinity = dict(mapping(held.get("affinity")))
    _take(affinity, mapping(wanted.get("affinity")), "nodeAffinity")
    if affinity or "affinity" in wanted:
        out["affinity"] = affinity
    else:
        out.pop("affinity", None)
    return out


def _take(out: dict[str, Any], source: Object, field: str) -> None:
    if field in source:
        out[field] = source[field]
    else:
        out.pop(field, None)


# ---- addresses, devices -------------------------------------------------------------------------

_PARENT: Final[Shape] = (
    ("Group", "group", ""),
    ("Resource", "resource", ""),
    ("Namespace", "namespace", ""),
    ("Name", "name", ""),
)


def address_change(new: Object, old: Object) -> Iterator[Fault]:
    """Source: kubernetes pkg/apis/networking/validation `ValidateIPAddressUpdate`."""
    wanted, held = (mapping(obj.get("spec")).get("parentRef") for obj in (new, old))
    if wanted is None:
        yield required("E0700", _SPEC / "parentRef")
    if wanted != held:
        yield invalid_struct("E0700", _SPEC / "parentRef", shown(wanted, _PARENT), IMMUTABLE)


def networks_change(new: Object, old: Object) -> Iterator[Fault]:
    """A second network may come to a first one. Source: also `ValidateServiceCIDRUpdate`."""
    wanted, held = (items(mapping(obj.get("spec")).get("cidrs")) for obj in (new, old))
    at = _SPEC / "cidrs"
    if len(wanted) != len(held) and (len(held), len(wanted)) != (1, 2):
        yield invalid("E0700", at, mapping(new.get("spec")).get("cidrs"), IMMUTABLE)
        return
    for number, (network, former) in enumerate(zip(wanted, held, strict=False)):
        if network != former:
            yield invalid("E0700", at / number, network, IMMUTABLE)
    if len(wanted) > len(held):
        for check in checks_for("networking.k8s.io", "ServiceCIDR"):
            yield from check(new, Scope(new=False))


def service_named(new: Object, old: Object) -> Iterator[Fault]:
    yield from check_name(new)


def _claims(shape: Callable[[Object], Any]) -> Transition:
    """A claim stays as it is; the server prints all of what was to become of it."""

    def check(new: Object, old: Object) -> Iterator[Fault]:
        wanted, held = (filled(mapping(obj.get("spec"))) for obj in (new, old))
        if _without_empty(wanted) != _without_empty(held):
            yield invalid_struct("E0700", _SPEC, shape(wanted), IMMUTABLE)

    return check


def _without_empty(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_empty(one) for one in value]
    if not isinstance(value, dict):
        return value
    pairs = ((key, _without_empty(one)) for key, one in value.items())
    return {key: one for key, one in pairs if one or (one == {} and key in _POINTED_AT)}


# Of these, nothing is not the same as nothing in it.
_POINTED_AT: Final = ("capacity", "cel", "exactly", "opaque")


# ---- revisions, quotas, definitions -----------------------------------------------------------


def revision_change(new: Object, old: Object) -> Iterator[Fault]:
    yield from immutable(At() / "data", new.get("data"), old.get("data"))


def quota_change(new: Object, old: Object) -> Iterator[Fault]:
    scopes = mapping(new.get("spec")).get("scopes")
    if set(items(scopes)) != set(items(mapping(old.get("spec")).get("scopes"))):
        yield invalid("E0700", _SPEC / "scopes", scopes, IMMUTABLE)


def crd_change(new: Object, old: Object) -> Iterator[Fault]:
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    named, was = mapping(spec.get("names")), mapping(before.get("names"))
    conditions = map(mapping, items(mapping(old.get("status")).get("conditions")))
    if any(one.get("type") == "Established" and one.get("status") == "True" for one in conditions):
        yield from immutable(_SPEC / "scope", spec.get("scope"), before.get("scope"))
        yield from immutable(_SPEC / "names" / "kind", named.get("kind"), was.get("kind"))
    yield from immutable(_SPEC / "group", spec.get("group"), before.get("group"))
    yield from immutable(_SPEC / "names" / "plural", named.get("plural"), was.get("plural"))
    yield from _bundle(spec, before, conditions=mapping(old.get("status")).get("conditions"))
    yield from _stored(new)


def _bundle(spec: Object, before: Object, *, conditions: Any) -> Iterator[Fault]:
    """Of a kind that is served, what trusts a webhook has to be certificates if it was."""
    at = _SPEC / "conversion" / "webhook" / "clientConfig" / "caBundle"
    now, was = (_bundle_of(one) for one in (spec, before))
    established = {"type": "Established", "status": "True"}
    served = any(
        established.items() <= dict(one).items() for one in map(mapping, items(conditions))
    )
    if now and served and (not was or _PEM in was) and _PEM not in now:
        text = "unable to load root certificates: unable to parse bytes as PEM block"
        shown = b64encode(now).decode()
        said = errors.invalid("spec.conversion.webhookClientConfig.caBundle", shown, text)
        yield Fault("E0640", said, at.path)


_PEM: Final = b"-----BEGIN "


def _bundle_of(spec: Object) -> bytes:
    webhook = mapping(mapping(spec.get("conversion")).get("webhook"))
    return b64decode(mapping(webhook.get("clientConfig")).get("caBundle") or "")


def _stored(crd: Object) -> Iterator[Fault]:
    """A version in which objects may be stored stays; a new one is taken down by the server."""
    versions = [mapping(one) for one in items(mapping(crd.get("spec")).get("versions"))]
    known = [version.get("name") for version in versions]
    at = _STATUS / "storedVersions"
    for number, name in enumerate(items(mapping(crd.get("status")).get("storedVersions"))):
        if name not in known:
            text = (
                f"missing from spec.versions; {name} was previously a storage version, and must "
                "remain in spec.versions until a storage migration ensures no data remains "
                f"persisted in {name} and removes {name} from status.storedVersions"
            )
            yield invalid("E0640", at / number, name, text, point=_SPEC / "versions")


# ---- statuses -------------------------------------------------------------------------------

_SET_FIGURES: Final = (
    "replicas",
    "readyReplicas",
    "currentReplicas",
    "updatedReplicas",
    "availableReplicas",
    "observedGeneration",
    "collisionCount",
)
_DAEMON_FIGURES: Final = (
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
)
_BUDGET_FIGURES: Final = (
    "disruptionsAllowed",
    "currentHealthy",
    "desiredHealthy",
    "expectedPods",
)
_SCALER_FIGURES: Final = ("currentReplicas", "desiredReplicas")


def _whole(status: Object, fields: tuple[str, ...]) -> Iterator[Fault]:
    for field in fields:
        value = status.get(field) or 0
        if value < 0:
            text = "must be greater than or equal to 0"
            yield invalid("E0706", _STATUS / field, value, text)


def _collisions(status: Object, before: Object) -> Iterator[Fault]:
    count, held = status.get("collisionCount"), before.get("collisionCount")
    if held is not None and (count is None or count < held):
        yield invalid("E0706", _STATUS / "collisionCount", count or 0, "cannot be decremented")


def _set_status(new: Object, old: Object) -> Iterator[Fault]:
    status = mapping(new.get("status"))
    yield from _whole(status, _SET_FIGURES)
    total = status.get("replicas") or 0
    for field in _SET_FIGURES[1:5]:
        value = status.get(field) or 0
        if value > total:
            yield invalid("E0706", _STATUS / field, value, "cannot be greater than status.replicas")
    available, ready = status.get("availableReplicas") or 0, status.get("readyReplicas") or 0
    if available > ready:
        text = "cannot be greater than status.readyReplicas"
        yield invalid("E0706", _STATUS / "availableReplicas", available, text)
    yield from _collisions(status, mapping(old.get("status")))


def _daemon_status(new: Object, old: Object) -> Iterator[Fault]:
    status = mapping(new.get("status"))
    yield from _whole(status, _DAEMON_FIGURES)
    yield from _collisions(status, mapping(old.get("status")))


def _figures(fields: tuple[str, ...]) -> Transition:
    def check(new: Object, old: Object) -> Iterator[Fault]:
        yield from _whole(mapping(new.get("status")), fields)

    return check


_DEVICES: Final = "resource.k8s.io"
TRANSITIONS: Final[dict[tuple[str, str], Transition]] = {
    ("", "ResourceQuota"): quota_change,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): crd_change,
    ("apiregistration.k8s.io", "APIService"): service_named,
    ("apps", "ControllerRevision"): revision_change,
    ("batch", "Job"): job_change,
    ("networking.k8s.io", "IPAddress"): address_change,
    ("networking.k8s.io", "ServiceCIDR"): networks_change,
    (_DEVICES, "DeviceTaintRule"): taint_rule_change,
    (_DEVICES, "ResourceClaim"): _claims(claim_shape),
    (_DEVICES, "ResourceClaimTemplate"): _claims(template_shape),
    (_DEVICES, "ResourceSlice"): slice_change,
}
STATUSES: Final[dict[tuple[str, str], Transition]] = {
    ("apps", "DaemonSet"): _daemon_status,
    ("apps", "StatefulSet"): _set_status,
    ("autoscaling", "HorizontalPodAutoscaler"): _figures(_SCALER_FIGURES),
    ("policy", "PodDisruptionBudget"): _figures(_BUDGET_FIGURES),
}
