"""What a kind's own strategy does to an object on its way into the store: one row a kind.

Source: kubernetes pkg/registry/{core,apps,autoscaling,discovery,networking}/*/strategy.go,
apiextensions-apiserver pkg/registry/{customresource,customresourcedefinition}/strategy.go.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ecp.kube import kinds
from ecp.kube.defaults import TEMPLATE_GENERATION
from ecp.kube.kinds import Kind
from ecp.sim.access.users import ADMIN
from ecp.sim.admission.pods import qos_class
from ecp.sim.store import Obj
from ecp.validation.applying import node_carried, pod_carried
from ecp.validation.kinds.claim import with_data_sources
from ecp.validation.podparts import (
    debugged,
    resizing,
    with_ephemeral_containers,
    with_sizes,
)
from ecp.validation.scope import Scope
from ecp.validation.servicechanges import without_fields_of_other_types
from ecp.validation.transitions import Transition


class Strategy(NamedTuple):
    """How a kind treats what callers send.

    created     (object) → the object with the status that a new one has
    updated     (new, old) → new with what an update cannot touch as it was
    status      (new, old) → what a write to the status makes of old
    warnings    (new, old or None) → what this cluster does not do, besides `validation.remarks`
    unconditional   may an update leave the resourceVersion out?
    """

    created: Callable[[Obj], Obj]
    updated: Callable[[Obj, Obj], Obj]
    status: Callable[[Obj, Obj], Obj]
    warnings: Callable[[Obj, Obj | None], list[str]]
    unconditional: bool = True


class Part(NamedTuple):
    """How a write to a subresource that changes one part of an object is treated.

    taken       (new, old) → old with the part that is written
    judged      what is wrong with that
    """

    taken: Callable[[Obj, Obj], Obj]
    judged: Transition


PARTS: Final = {
    "ephemeralcontainers": Part(with_ephemeral_containers, debugged),
    "resize": Part(with_sizes, resizing(qos_class)),
}
"""Subresources of pods that change a part of them."""


def strategy(kind: Kind) -> Strategy:
    """Return the row of a kind; kinds without one differ only in whether they have a status."""
    if kind.custom:
        return _CUSTOM_WITH_STATUS if "status" in kind.subresources else _CUSTOM
    found = _STRATEGIES.get(kind.resource)
    if found is None:
        return _WITH_STATUS if "status" in kind.subresources else _PLAIN
    return found


def wants_generation(kind: Kind, new: Obj, old: Obj, *, by_caller: bool) -> bool:
    """Is another state desired than before, so that metadata.generation counts?

    A Deployment's annotations are copied to its ReplicaSets and count, too; but the controller
    writes its revision there through the status, which does not.
    """
    if kind.custom or "spec" not in old:
        skipped = ("metadata", "status") if "status" in kind.subresources else ("metadata",)
        if kind.resource == kinds.ENDPOINTSLICES and _labels(new) != _labels(old):
            return True
        return {k: v for k, v in new.items() if k not in skipped} != {
            k: v for k, v in old.items() if k not in skipped
        }
    if new.get("spec") != old.get("spec"):
        return True
    return (
        by_caller
        and kind.resource == kinds.DEPLOYMENTS
        and (new["metadata"].get("annotations") or {}) != (old["metadata"].get("annotations") or {})
    )


def _labels(obj: Obj) -> Obj:
    found: Obj = obj["metadata"].get("labels") or {}
    return found


# ---- steps ----------------------------------------------------------------------------------


def _as_sent(obj: Obj) -> Obj:
    return obj


def _with_status(status: Obj) -> Callable[[Obj], Obj]:
    return lambda obj: {**obj, "status": status}


def _without_status(obj: Obj) -> Obj:
    return {k: v for k, v in obj.items() if k != "status"} if "status" in obj else obj


def _all_new(new: Obj, old: Obj) -> Obj:
    return new


def _keep(*fields: str) -> Callable[[Obj, Obj], Obj]:
    def keep(new: Obj, old: Obj) -> Obj:
        for field in fields:
            new = _kept(new, old, field)
        return new

    return keep


def _kept(new: Obj, old: Obj, field: str) -> Obj:
    if field in old:
        return {**new, field: old[field]}
    return {k: v for k, v in new.items() if k != field} if field in new else new


def _kept_meta(new: Obj, old: Obj, *fields: str) -> Obj:
    meta = new["metadata"]
    for field in fields:
        meta = _kept(meta, old["metadata"], field)
    return {**new, "metadata": meta}


def _only_status(new: Obj, old: Obj) -> Obj:
    """The status of *new*, everything else of *old*: for kinds that reset all metadata."""
    if "status" in new:
        return {**old, "status": new["status"]}
    return _without_status(old)


def _no_warnings(new: Obj, old: Obj | None) -> list[str]:
    return []


# ---- kinds with steps of their own -----------------------------------------------------------


_PENDING: Final[dict[str, Obj]] = {
    name: {"phase": "Pending", "qosClass": name}
    for name in ("Guaranteed", "Burstable", "BestEffort")
}


def _pod_created(pod: Obj) -> Obj:
    status = _PENDING[qos_class(pod["spec"])]
    if pod["spec"].get("schedulingGates"):
        gated = {
            "type": "PodScheduled",
            "status": "False",
            "lastProbeTime": None,
            "lastTransitionTime": pod["metadata"]["creationTimestamp"],
            "reason": "SchedulingGated",
            "message": "Scheduling is blocked due to non-empty scheduling gates",
        }
        status = {**status, "conditions": [gated]}
    return {**pod, "status": status}


def _pod_status(new: Obj, old: Obj) -> Obj:
    new = _kept_meta(_kept(new, old, "spec"), old, "deletionTimestamp", "ownerReferences")
    status = new.get("status") or {}
    held = old.get("status") or {}
    if not status.get("qosClass") and held.get("qosClass"):
        new = {**new, "status": {**status, "qosClass": held["qosClass"]}}
    return new


def _namespace_updated(new: Obj, old: Obj) -> Obj:
    """The finalizers of the spec are changed through the subresource only."""
    spec = _kept(new.get("spec") or {}, old.get("spec") or {}, "finalizers")
    return _kept({**new, "spec": spec}, old, "status")


def _pod_updated(new: Obj, old: Obj) -> Obj:
    return _kept(pod_carried(new, old), old, "status")


def _node_updated(new: Obj, old: Obj) -> Obj:
    return _kept(node_carried(new, old), old, "status")


def _service_updated(new: Obj, old: Obj) -> Obj:
    return without_fields_of_other_types(_kept(new, old, "status"), old)


def _deployment_status(new: Obj, old: Obj) -> Obj:
    return _kept_meta(_kept(new, old, "spec"), old, "labels")


def _controller_status(new: Obj, old: Obj) -> Obj:
    """A ReplicationController without labels is read with those of its pods."""
    found = _kept(new, old, "spec")
    labels = (old["spec"]["template"].get("metadata") or {}).get("labels")
    if not labels or _labels(new):
        return found
    return {**found, "metadata": {**found["metadata"], "labels": labels}}


_REGISTERED: Final = {"kube-aggregator.kubernetes.io/automanaged": "true"}


def _registered(service: Obj) -> Obj:
    """The server's own registration of a custom group is available at once."""
    meta = service["metadata"]
    if meta.get("labels") != _REGISTERED:
        return {**service, "status": {}}
    available = {
        "type": "Available",
        "status": "True",
        "lastTransitionTime": meta["creationTimestamp"],
        "reason": "Local",
        "message": "Local APIServices are always available",
    }
    return {**service, "status": {"conditions": [available]}}


def _definition_created(crd: Obj) -> Obj:
    versions = crd["spec"].get("versions") or ()
    status = {
        "conditions": None,
        "storedVersions": [version["name"] for version in versions if version.get("storage")],
        "acceptedNames": {"plural": "", "kind": ""},
    }
    return {**crd, "status": status}


def _daemon_set_created(obj: Obj) -> Obj:
    return _with_status(_NO_DAEMONS)(_counting_templates(obj, 1))


def _daemon_set_updated(new: Obj, old: Obj) -> Obj:
    held = (old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION) or "0"
    changed = new["spec"].get("template") != old["spec"].get("template")
    return _counting_templates(_kept(new, old, "status"), int(held) + changed)


def _counting_templates(obj: Obj, count: int) -> Obj:
    """Set the count of templates, which v1 has in an annotation; nobody else may."""
    meta = obj["metadata"]
    annotations = {**(meta.get("annotations") or {}), TEMPLATE_GENERATION: str(count)}
    return {**obj, "metadata": {**meta, "annotations": annotations}}


_NO_DAEMONS: Final = {
    "currentNumberScheduled": 0,
    "numberMisscheduled": 0,
    "desiredNumberScheduled": 0,
    "numberReady": 0,
}


def _job_created(job: Obj) -> Obj:
    """A Job selects its pods by its own uid, unless it says that it brings a selector along."""
    spec, own = job["spec"], job["metadata"]
    if not spec.get("manualSelector"):
        name, uid = job["metadata"].get("name", ""), job["metadata"]["uid"]
        template = spec.get("template") or {}
        meta = template.get("metadata") or {}
        labels = {
            "batch.kubernetes.io/controller-uid": uid,
            "batch.kubernetes.io/job-name": name,
            "controller-uid": uid,
            "job-name": name,
            **(meta.get("labels") or {}),
        }
        selector = spec.get("selector") or {}
        matched = {
            "batch.kubernetes.io/controller-uid": uid,
            **(selector.get("matchLabels") or {}),
        }
        if not own.get("labels") or own["labels"] is meta.get("labels"):
            # A Job without labels has those of its template, these included.
            own = {**own, "labels": labels}
        spec = {
            **spec,
            "selector": {**selector, "matchLabels": matched},
            "template": {**template, "metadata": {**meta, "labels": labels}},
        }
    return {**job, "metadata": own, "spec": spec, "status": {}}


def _claim_created(claim: Obj) -> Obj:
    return _sourced({**claim, "status": {"phase": "Pending"}}, None)


def _claim_updated(new: Obj, old: Obj) -> Obj:
    return _kept(_sourced(new, old["spec"]), old, "status")


def _sourced(claim: Obj, old: Obj | None) -> Obj:
    """A claim names its data source in both fields."""
    spec = claim["spec"]
    if "dataSource" not in spec and "dataSourceRef" not in spec:
        return claim
    found = with_data_sources(spec, Scope(), old)
    return {**claim, "spec": {k: v for k, v in found.items() if v is not None}}


def _volume_created(volume: Obj) -> Obj:
    since = volume["metadata"]["creationTimestamp"]
    return {**volume, "status": {"phase": "Pending", "lastPhaseTransitionTime": since}}


def requested_by(request: Obj, user: str, groups: Sequence[str]) -> Obj:
    """Return a new CertificateSigningRequest that says who asked for it; none: of the masters."""
    made_up = ("username", "uid", "groups", "extra")
    spec = {field: value for field, value in request["spec"].items() if field not in made_up}
    asked: Obj = {"username": user, "groups": list(groups)}
    if not groups:
        asked = ADMIN.info()
    return {**request, "spec": {**spec, **asked}}


_VERDICTS: Final = ("Approved", "Denied")


def _request_updated(new: Obj, old: Obj) -> Obj:
    return _kept(_kept(new, old, "spec"), old, "status")


def _request_status(new: Obj, old: Obj) -> Obj:
    """Whether a request is approved is said through a subresource of its own."""
    status = new.get("status") or {}
    held = (old.get("status") or {}).get("conditions") or []
    others = [one for one in status.get("conditions") or [] if one.get("type") not in _VERDICTS]
    verdicts = [one for one in held if one.get("type") in _VERDICTS]
    status = {k: v for k, v in status.items() if k != "conditions"}
    if verdicts or others:
        status["conditions"] = [*verdicts, *others]
    return _kept({**new, "status": status}, old, "spec")


def approved(new: Obj, old: Obj, stamp: str) -> Obj:
    """Return what a write to the approval of a CertificateSigningRequest makes of *old*."""
    before = {
        (one.get("type"), one.get("status")): one.get("lastTransitionTime")
        for one in (old.get("status") or {}).get("conditions") or ()
    }
    conditions = [
        {
            **one,
            "lastUpdateTime": one.get("lastUpdateTime") or stamp,
            "lastTransitionTime": one.get("lastTransitionTime")
            or before.get((one.get("type"), one.get("status")))
            or stamp,
        }
        for one in (new.get("status") or {}).get("conditions") or ()
    ]
    status = {k: v for k, v in (old.get("status") or {}).items() if k != "conditions"}
    if conditions:
        status["conditions"] = conditions
    return _kept({**new, "status": status}, old, "spec")


def _without_effect(words: str) -> Callable[[Obj, Obj | None], list[str]]:
    """Say that a kind is kept here and does nothing, where it would do something elsewhere."""
    return lambda new, old: [f"{SIMULATED}{words}"]


def _aggregated(service: Obj, old: Obj | None) -> list[str]:
    if not service["spec"].get("service"):
        return []
    return [f"{SIMULATED}requests are not proxied to extension API servers"]


SIMULATED: Final = "simulated cluster: "
"""How warnings begin that a real server does not give."""
_NO_WEBHOOKS: Final = _without_effect(
    "webhooks are not called: while its Service has ready endpoints a webhook allows what it is "
    "about and changes nothing, else that is refused unless failurePolicy is Ignore"
)


_KEEP_STATUS: Final = _keep("status")
_KEEP_SPEC: Final = _keep("spec")

_PLAIN: Final = Strategy(_as_sent, _all_new, _all_new, _no_warnings)
_WITH_STATUS: Final = Strategy(_with_status({}), _KEEP_STATUS, _KEEP_SPEC, _no_warnings)
_METADATA_KEPT: Final = Strategy(_with_status({}), _KEEP_STATUS, _only_status, _no_warnings)
_CUSTOM: Final = Strategy(_as_sent, _all_new, _all_new, _no_warnings, unconditional=False)
_CUSTOM_WITH_STATUS: Final = Strategy(
    _without_status, _KEEP_STATUS, _only_status, _no_warnings, unconditional=False
)
_CONDITIONAL: Final = Strategy(_as_sent, _all_new, _all_new, _no_warnings, unconditional=False)
_STRATEGIES: Final[dict[str, Strategy]] = {
    kinds.APISERVICES: Strategy(
        _registered, _KEEP_STATUS, _KEEP_SPEC, _aggregated, unconditional=False
    ),
    kinds.CSIDRIVERS: _CONDITIONAL,
    kinds.CSINODES: _CONDITIONAL,
    kinds.CSISTORAGECAPACITIES: _CONDITIONAL,
    kinds.CSRS: Strategy(_with_status({}), _request_updated, _request_status, _no_warnings),
    kinds.INGRESSES: Strategy(
        _with_status({"loadBalancer": {}}), _KEEP_STATUS, _KEEP_SPEC, _no_warnings
    ),
    kinds.MUTATINGPOLICIES: _CONDITIONAL,
    kinds.MUTATINGPOLICYBINDINGS: _CONDITIONAL,
    kinds.MUTATINGWEBHOOKS: Strategy(
        _as_sent, _all_new, _all_new, _NO_WEBHOOKS, unconditional=False
    ),
    kinds.PVCS: Strategy(_claim_created, _claim_updated, _KEEP_SPEC, _no_warnings),
    kinds.PVS: Strategy(_volume_created, _KEEP_STATUS, _KEEP_SPEC, _no_warnings),
    kinds.RUNTIMECLASSES: _CONDITIONAL,
    kinds.SERVICECIDRS: Strategy(
        _with_status({}),
        _KEEP_STATUS,
        _only_status,
        _without_effect("addresses come from the cluster's own service network only"),
    ),
    kinds.VALIDATINGPOLICIES: Strategy(
        _with_status({}), _KEEP_STATUS, _only_status, _no_warnings, unconditional=False
    ),
    kinds.VALIDATINGPOLICYBINDINGS: _CONDITIONAL,
    kinds.VALIDATINGWEBHOOKS: Strategy(
        _as_sent, _all_new, _all_new, _NO_WEBHOOKS, unconditional=False
    ),
    kinds.VOLUMEATTACHMENTS: Strategy(
        _with_status({"attached": False}),
        _KEEP_STATUS,
        _only_status,
        _no_warnings,
        unconditional=False,
    ),
    kinds.CRDS: Strategy(
        _definition_created, _KEEP_STATUS, _only_status, _no_warnings, unconditional=False
    ),
    kinds.CRONJOBS: Strategy(_with_status({}), _KEEP_STATUS, _KEEP_SPEC, _no_warnings),
    kinds.DAEMONSETS: Strategy(_daemon_set_created, _daemon_set_updated, _KEEP_SPEC, _no_warnings),
    kinds.DEPLOYMENTS: Strategy(_with_status({}), _KEEP_STATUS, _deployment_status, _no_warnings),
    kinds.HPAS: Strategy(
        _with_status({"desiredReplicas": 0, "currentMetrics": None}),
        _KEEP_STATUS,
        _KEEP_SPEC,
        _no_warnings,
    ),
    kinds.FLOWSCHEMAS: _METADATA_KEPT,
    kinds.PRIORITYLEVELS: _METADATA_KEPT,
    kinds.JOBS: Strategy(_job_created, _KEEP_STATUS, _KEEP_SPEC, _no_warnings),
    kinds.LEASES: Strategy(_as_sent, _all_new, _all_new, _no_warnings, unconditional=False),
    kinds.NAMESPACES: Strategy(
        _with_status({"phase": "Active"}), _namespace_updated, _KEEP_SPEC, _no_warnings
    ),
    # A node brings its status along when it registers.
    kinds.NODES: Strategy(_as_sent, _node_updated, _KEEP_SPEC, _no_warnings),
    kinds.PDBS: Strategy(
        _with_status(
            {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}
        ),
        _KEEP_STATUS,
        _KEEP_SPEC,
        _no_warnings,
        unconditional=False,
    ),
    kinds.PODS: Strategy(_pod_created, _pod_updated, _pod_status, _no_warnings),
    kinds.RCS: Strategy(
        _with_status({"replicas": 0}), _KEEP_STATUS, _controller_status, _no_warnings
    ),
    kinds.REPLICASETS: Strategy(
        _with_status({"replicas": 0}), _KEEP_STATUS, _KEEP_SPEC, _no_warnings
    ),
    kinds.RESOURCEQUOTAS: Strategy(_with_status({}), _KEEP_STATUS, _KEEP_SPEC, _no_warnings),
    kinds.SERVICES: Strategy(
        _with_status({"loadBalancer": {}}), _service_updated, _KEEP_SPEC, _no_warnings
    ),
    kinds.STATEFULSETS: Strategy(
        _with_status({"replicas": 0, "availableReplicas": 0}),
        _KEEP_STATUS,
        _KEEP_SPEC,
        _no_warnings,
    ),
}
