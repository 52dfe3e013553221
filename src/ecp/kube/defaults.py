"""Defaulting: an object as the API server would store it, from the object as it was written.

``default(resource, obj)`` fills in what a kind's defaulting, conversion and create strategy fill
in, drops what Go's encoding drops (empty lists and maps, zeroes of plain fields, nulls), adds the
empty structs it always writes, and spells quantities canonically. What needs more than the object
(cluster IPs, service accounts, default storage class) is admission's work.

The result is ``obj`` itself when there is nothing to do; defaulting twice changes nothing.

Source: kubernetes pkg/apis/{core,apps,batch,autoscaling,networking,discovery,storage,rbac,
scheduling,admissionregistration,flowcontrol}/*/defaults.go and zz_generated.defaults.go,
pkg/registry/core/namespace/strategy.go,
apiextensions-apiserver pkg/apis/apiextensions/v1/defaults.go, checked against recorded answers.
"""

import base64
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from ecp.kube import quantity
from ecp.kube.kinds import BUILT_IN
from ecp.kube.patch.merge_keys import ZEROES, Type, is_known, root
from ecp.kube.poddefaults import pod_defaults

Object = dict[str, Any]
Change = Callable[[Object], Object]

# ---- small steps, all copy-on-write -----------------------------------------------------------


def _fill(obj: Object, **values: Any) -> Object:
    """Set the fields that are absent (or null)."""
    missing = {name: value for name, value in values.items() if obj.get(name) is None}
    return {**obj, **missing} if missing else obj


def _fill_text(obj: Object, **values: Any) -> Object:
    """Set the fields that are absent or a plain zero ("", 0)."""
    missing = {name: value for name, value in values.items() if not obj.get(name)}
    return {**obj, **missing} if missing else obj


def _map(obj: Object, name: str) -> Object:
    """The map under a field, {} where there is none."""
    value = obj.get(name)
    return value if isinstance(value, dict) else {}


def _maps(obj: Object, name: str) -> list[Object]:
    """The maps in the list under a field."""
    value = obj.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _in(obj: Object, name: str, change: Change) -> Object:
    """Change the map under a field, where there is one."""
    value = obj.get(name)
    if not isinstance(value, dict):
        return obj
    changed = change(value)
    return obj if changed is value else {**obj, name: changed}


def _each(obj: Object, name: str, change: Change) -> Object:
    """Change every map in the list under a field."""
    items = obj.get(name)
    if not isinstance(items, list):
        return obj
    changed = [change(item) if isinstance(item, dict) else item for item in items]
    if all(new is old for new, old in zip(changed, items, strict=True)):
        return obj
    return {**obj, name: changed}


# ---- what Go's encoding does ------------------------------------------------------------------


def _tidy(type_: Type, obj: Object, but: str = "") -> Object:
    """Drop nulls, empty lists and free maps, plain zeroes, unknown fields; add constant structs.

    ``but`` names a field to leave alone.
    """
    if len(obj) <= _SMALL and all(obj.values()) and _only_scalars(type_, tuple(obj)):
        return obj
    changed: Object = {}
    dropped: set[str] = set()
    for field, value in obj.items():
        if field == but:
            continue
        child = type_.field(field)
        if child is None:
            dropped.add(field)
        elif value is None:
            if child.present != "^" and not (child.present == "!" and child.shape == "map"):
                dropped.add(field)
        elif child.shape == "scalar":
            if field in type_.zeroes and not value:
                dropped.add(field)
        elif value or child.fields:
            new = _tidy_value(child, value)
            if new is not value:
                changed[field] = new
        elif not child.present and child.shape != "any":
            dropped.add(field)
    for field, struct in _always(type_):
        if field not in obj or field in dropped:
            changed[field] = struct
    if not changed and not dropped:
        return obj
    kept = {field: value for field, value in obj.items() if field not in dropped}
    return {**kept, **changed}


def _tidy_value(type_: Type, value: Any) -> Any:
    if type_.shape == "map" and isinstance(value, dict):
        if type_.fields:
            return _tidy(type_, value)
        element = type_.value_type()
        if None in value.values() and element.scalar == "s":
            return {name: "" if text is None else text for name, text in value.items()}
        if not element.fields:
            return value
        made = {
            name: _tidy(element, item) if isinstance(item, dict) else item
            for name, item in value.items()
        }
        return value if all(made[name] is item for name, item in value.items()) else made
    if type_.shape == "list" and isinstance(value, list):
        element = type_.value_type()
        if not element.fields:
            return value
        items = [_tidy(element, item) if isinstance(item, dict) else item for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return value


_SMALL: Final = 16


@lru_cache(maxsize=4096)
def _only_scalars(type_: Type, names: tuple[str, ...]) -> bool:
    """Whether all are fields that hold scalars, and none is missing that is always written."""
    fields = map(type_.field, names)
    return all(field is not None and field.shape == "scalar" for field in fields) and all(
        name in names for name, _ in _always(type_)
    )


@lru_cache(maxsize=1024)
def _always(type_: Type) -> tuple[tuple[str, Any], ...]:
    """The fields that a type's encoding always holds, as they are when empty."""
    children = ((field, type_.field(field)) for field in type_.fields)
    return tuple((field, _zero(child)) for field, child in children if child and child.present)


def _zero(type_: Type) -> Any:
    if type_.present == "*":
        return dict(_always(type_))
    if type_.present == "!":
        return ZEROES.get(type_.scalar)
    return None


# ---- quantities -------------------------------------------------------------------------------


def _resource_list(values: Object) -> Object:
    """Canonical quantities, none finer than a milli unit. What is no quantity stays as it is."""
    changed = {
        name: text
        for name, value in values.items()
        if (text := _stored_quantity(value)) is not None and text != value
    }
    return {**values, **changed} if changed else values


@lru_cache(maxsize=4096)
def _stored_text(text: str) -> str | None:
    try:
        return quantity.listed(text)
    except quantity.InvalidQuantity:
        return None


def _stored_quantity(value: Any) -> str | None:
    if isinstance(value, str):
        return _stored_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _stored_text(str(value))
    return None


def _plain_quantity(obj: Object, name: str) -> Object:
    value = obj.get(name)
    try:
        text = quantity.canonical(value) if value is not None else None
    except quantity.InvalidQuantity:
        return obj
    return obj if text is None or text == value else {**obj, name: text}


def _resources(obj: Object) -> Object:
    return _in(_in(obj, "limits", _resource_list), "requests", _resource_list)


# ---- pods -------------------------------------------------------------------------------------

_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REFERENCE = re.compile(
    rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*(?::[0-9]+)?/)?{_PATH_PART}(?:/{_PATH_PART})*"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?"
    r"(?P<digest>@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)


@lru_cache(maxsize=1024)
def pull_policy(image: str) -> str:
    """Always for the tag "latest", named or meant; IfNotPresent for others, digests and nonsense.

    Source: kubernetes pkg/util/parsers/parsers.go.
    """
    match = _REFERENCE.fullmatch(image)
    if match is None:
        return "IfNotPresent"
    if match["tag"] is None:
        return "IfNotPresent" if match["digest"] else "Always"
    return "Always" if match["tag"] == "latest" else "IfNotPresent"


def _http_get(action: Object) -> Object:
    return _fill_text(action, path="/", scheme="HTTP")


def _handler(handler: Object) -> Object:
    return _in(handler, "httpGet", _http_get)


def _probe(probe: Object) -> Object:
    probe = _fill_text(
        probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3
    )
    return _in(_handler(probe), "grpc", lambda grpc: _fill(grpc, service=""))


def _lifecycle(lifecycle: Object) -> Object:
    return _in(_in(lifecycle, "postStart", _handler), "preStop", _handler)


def _field_ref(ref: Object) -> Object:
    return _fill_text(ref, apiVersion="v1")


def _divisor(ref: Object) -> Object:
    return _plain_quantity(_fill(ref, divisor="0"), "divisor")


def _references(item: Object) -> Object:
    return _in(_in(item, "fieldRef", _field_ref), "resourceFieldRef", _divisor)


def _value_from(source: Object) -> Object:
    return _in(_references(source), "fileKeyRef", lambda ref: _fill(ref, optional=False))


def _env(env: Object) -> Object:
    return _in(env, "valueFrom", _value_from)


def _tcp(port: Object) -> Object:
    return _fill_text(port, protocol="TCP")


def _container(container: Object) -> Object:
    container = _fill_text(
        container,
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        imagePullPolicy=pull_policy(str(container.get("image", ""))),
    )
    container = _fill(container, resources={})
    container = _in(container, "resources", _resources)
    container = _each(container, "ports", _tcp)
    container = _each(container, "env", _env)
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        container = _in(container, name, _probe)
    return _in(container, "lifecycle", _lifecycle)


def _mode(source: Object) -> Object:
    return _fill(source, defaultMode=420)


def _downward(source: Object) -> Object:
    return _each(source, "items", _references)


def _projection(source: Object) -> Object:
    source = _in(source, "downwardAPI", _downward)
    return _in(source, "serviceAccountToken", lambda token: _fill(token, expirationSeconds=3600))


def _claim_spec(spec: Object) -> Object:
    spec = _fill(spec, volumeMode="Filesystem", resources={})
    return _in(spec, "resources", _resources)


def _claim_template(template: Object) -> Object:
    return _in(_fill(template, metadata={}), "spec", _claim_spec)


def _empty_dir(source: Object) -> Object:
    return _plain_quantity(source, "sizeLimit")


def _image_volume(source: Object) -> Object:
    return _fill_text(source, pullPolicy=pull_policy(str(source.get("reference", ""))))


_VOLUMES: Final[tuple[tuple[str, Change], ...]] = (
    ("secret", _mode),
    ("configMap", _mode),
    ("downwardAPI", lambda source: _downward(_mode(source))),
    ("projected", lambda source: _each(_mode(source), "sources", _projection)),
    ("hostPath", lambda source: _fill(source, type="")),
    ("emptyDir", _empty_dir),
    ("image", _image_volume),
    ("ephemeral", lambda source: _in(source, "volumeClaimTemplate", _claim_template)),
    ("iscsi", lambda source: _fill_text(source, iscsiInterface="default")),
    (
        "azureDisk",
        lambda source: _fill(
            source, cachingMode="ReadWrite", fsType="ext4", readOnly=False, kind="Shared"
        ),
    ),
    (
        "rbd",
        lambda source: _fill_text(source, pool="rbd", user="admin", keyring="/etc/ceph/keyring"),
    ),
    ("scaleIO", lambda source: _fill_text(source, storageMode="ThinProvisioned", fsType="xfs")),
)


_SOURCES: Final = ("hostPath", "iscsi", "azureDisk", "rbd", "scaleIO")
"""What of them a PersistentVolume is made of, too."""


def _volume(volume: Object) -> Object:
    if not any(volume[name] is not None for name in volume if name != "name"):
        return {**volume, "emptyDir": {}}
    for name, change in _VOLUMES:
        if name in volume:
            volume = _in(volume, name, change)
    return volume


_GROUPS: Final = ("initContainers", "containers", "ephemeralContainers")


def _pod_spec(spec: Object) -> Object:
    spec = _fill_text(
        spec, restartPolicy="Always", dnsPolicy="ClusterFirst", schedulerName="default-scheduler"
    )
    spec = _fill(spec, terminationGracePeriodSeconds=30, securityContext={})
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec = _fill_text(spec, serviceAccountName=account, serviceAccount=account)
    for group in _GROUPS:
        spec = _each(spec, group, _container)
    spec = _each(spec, "volumes", _volume)
    spec = _in(spec, "overhead", _resource_list)
    return _in(spec, "resources", _resources)


def _own_pod_spec(spec: Object) -> Object:
    """What a Pod gets and a pod template does not."""
    return _fill(pod_defaults(_pod_spec(spec)), enableServiceLinks=True)


def _template(template: Object) -> Object:
    return _in(_fill(template, metadata={}), "spec", _pod_spec)


# ---- workloads --------------------------------------------------------------------------------


def _deployment(obj: Object) -> Object:
    def strategy(value: Object) -> Object:
        value = _fill_text(value, type="RollingUpdate")
        if value["type"] != "RollingUpdate":
            return value
        value = _fill(value, rollingUpdate={})
        return _in(
            value,
            "rollingUpdate",
            lambda rolling: _fill(rolling, maxUnavailable="25%", maxSurge="25%"),
        )

    def spec(value: Object) -> Object:
        value = _fill(
            value, replicas=1, strategy={}, revisionHistoryLimit=10, progressDeadlineSeconds=600
        )
        return _in(_in(value, "strategy", strategy), "template", _template)

    return _in(obj, "spec", spec)


def _replica_set(obj: Object) -> Object:
    def spec(value: Object) -> Object:
        return _in(_fill(value, replicas=1), "template", _template)

    return _in(obj, "spec", spec)


def _replication_controller(obj: Object) -> Object:
    def spec(value: Object) -> Object:
        value = _fill(value, replicas=1)
        if labels:
            value = _fill_text(value, selector=labels)
        return _in(value, "template", _template)

    labels = _map(_map(_map(obj, "spec"), "template"), "metadata").get("labels")
    metadata = _map(obj, "metadata")
    if labels and not metadata.get("labels"):
        obj = {**obj, "metadata": {**metadata, "labels": labels}}
    return _in(obj, "spec", spec)


def _pod_template(obj: Object) -> Object:
    return _in(_fill(obj, template={}), "template", _template)


TEMPLATE_GENERATION: Final = "deprecated.daemonset.template.generation"
"""The annotation in which v1 has a DaemonSet's count of templates."""


def _counted_templates(metadata: Object) -> Object:
    annotations = _map(metadata, "annotations")
    if TEMPLATE_GENERATION in annotations:
        return metadata
    return {**metadata, "annotations": {**annotations, TEMPLATE_GENERATION: "0"}}


def _daemon_set(obj: Object) -> Object:
    def strategy(value: Object) -> Object:
        value = _fill_text(value, type="RollingUpdate")
        if value["type"] != "RollingUpdate":
            return value
        value = _fill(value, rollingUpdate={})
        return _in(
            value, "rollingUpdate", lambda rolling: _fill(rolling, maxUnavailable=1, maxSurge=0)
        )

    def spec(value: Object) -> Object:
        value = _fill(value, updateStrategy={}, revisionHistoryLimit=10)
        return _in(_in(value, "updateStrategy", strategy), "template", _template)

    return _in(_in(obj, "metadata", _counted_templates), "spec", spec)


def _claim_in_set(claim: Object) -> Object:
    claim = (
        {"kind": "PersistentVolumeClaim", "apiVersion": "v1", **claim}
        if ("kind" not in claim or "apiVersion" not in claim)
        else claim
    )
    return _claim(claim)


def _stateful_set(obj: Object) -> Object:
    def strategy(value: Object) -> Object:
        if not value.get("type"):
            value = _fill({**value, "type": "RollingUpdate"}, rollingUpdate={})
        if value["type"] == "RollingUpdate":
            value = _in(value, "rollingUpdate", lambda rolling: _fill(rolling, partition=0))
        return value

    def spec(value: Object) -> Object:
        value = _fill_text(value, podManagementPolicy="OrderedReady")
        value = _fill(
            value,
            replicas=1,
            revisionHistoryLimit=10,
            updateStrategy={},
            persistentVolumeClaimRetentionPolicy={},
        )
        value = _in(value, "updateStrategy", strategy)
        value = _in(
            value,
            "persistentVolumeClaimRetentionPolicy",
            lambda policy: _fill_text(policy, whenDeleted="Retain", whenScaled="Retain"),
        )
        value = _each(value, "volumeClaimTemplates", _claim_in_set)
        return _in(value, "template", _template)

    return _in(obj, "spec", spec)


_MAX_INT32: Final = 2**31 - 1


def _job(obj: Object) -> Object:
    def spec(value: Object) -> Object:
        if value.get("completions") is None and value.get("parallelism") is None:
            value = _fill(value, completions=1)
        per_index = value.get("backoffLimitPerIndex") is not None
        replacement = "Failed" if value.get("podFailurePolicy") else "TerminatingOrFailed"
        value = _fill(
            value,
            parallelism=1,
            backoffLimit=_MAX_INT32 if per_index else 6,
            completionMode="NonIndexed",
            suspend=False,
            podReplacementPolicy=replacement,
            manualSelector=False,
        )
        value = _in(value, "podFailurePolicy", _failure_policy)
        return _in(value, "template", _template)

    template = _map(_map(obj, "spec"), "template")
    labels = _map(template, "metadata").get("labels")
    metadata = _map(obj, "metadata")
    if labels and not metadata.get("labels"):
        obj = {**obj, "metadata": {**metadata, "labels": labels}}
    return _in(obj, "spec", spec)


def _failure_policy(policy: Object) -> Object:
    def rule(value: Object) -> Object:
        return _each(value, "onPodConditions", lambda found: _fill_text(found, status="True"))

    return _each(policy, "rules", rule)


def _cron_job(obj: Object) -> Object:
    def job_template(value: Object) -> Object:
        def job_spec(inner: Object) -> Object:
            return _in(_in(inner, "podFailurePolicy", _failure_policy), "template", _template)

        return _in(_fill(value, metadata={}), "spec", job_spec)

    def spec(value: Object) -> Object:
        value = _fill_text(value, concurrencyPolicy="Allow")
        value = _fill(value, suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
        return _in(value, "jobTemplate", job_template)

    return _in(obj, "spec", spec)


def _pod(obj: Object) -> Object:
    return _in(obj, "spec", _own_pod_spec)


# ---- network ----------------------------------------------------------------------------------

_FAMILIES: Final = ("ClusterIP", "NodePort", "LoadBalancer")


def _service(obj: Object) -> Object:
    def port(value: Object) -> Object:
        value = _tcp(value)
        number = value.get("port")
        return _fill_text(value, targetPort=number) if number else value

    def spec(value: Object) -> Object:
        value = _fill_text(value, sessionAffinity="None", type="ClusterIP")
        if value["sessionAffinity"] == "None" and "sessionAffinityConfig" in value:
            value = {k: v for k, v in value.items() if k != "sessionAffinityConfig"}
        elif value["sessionAffinity"] == "ClientIP":
            config = _map(value, "sessionAffinityConfig")
            if _map(config, "clientIP").get("timeoutSeconds") is None:
                affinity = {"clientIP": {"timeoutSeconds": 10800}}
                value = {**value, "sessionAffinityConfig": affinity}
        value = _each(value, "ports", port)
        kind = value["type"]
        outside = kind in ("NodePort", "LoadBalancer") or (
            kind == "ClusterIP" and bool(value.get("externalIPs"))
        )
        if outside:
            value = _fill_text(value, externalTrafficPolicy="Cluster")
        if kind in _FAMILIES:
            value = _fill(value, internalTrafficPolicy="Cluster")
        if kind == "LoadBalancer":
            value = _fill(value, allocateLoadBalancerNodePorts=True)
        return value

    def balancer(value: Object) -> Object:
        def ingress(one: Object) -> Object:
            return _fill(one, ipMode="VIP") if one.get("ip") else one

        return _each(value, "ingress", ingress)

    obj = _in(obj, "status", lambda value: _in(value, "loadBalancer", balancer))
    return _in(obj, "spec", spec)


def _prepared_service(obj: Object) -> Object:
    def spec(value: Object) -> Object:
        if value.get("type") not in _FAMILIES:
            return value
        value = _ip_families(value)
        address = value.get("clusterIP")
        return _fill(value, clusterIPs=[address]) if address else value

    return _in(obj, "spec", spec)


def _ip_families(spec: Object) -> Object:
    """IP families on a single-stack IPv4 cluster; a headless Service without a selector is dual.

    Source: kubernetes pkg/registry/core/service/storage/alloc.go.
    """
    if spec.get("clusterIP") == "None" and not spec.get("selector"):
        spec = _fill(spec, ipFamilyPolicy="RequireDualStack")
        if not spec.get("ipFamilies"):
            spec = {**spec, "ipFamilies": ["IPv4", "IPv6"]}
        return spec
    spec = _fill(spec, ipFamilyPolicy="SingleStack")
    return spec if spec.get("ipFamilies") else {**spec, "ipFamilies": ["IPv4"]}


def _network_policy(obj: Object) -> Object:
    def peer_ports(value: Object) -> Object:
        return _each(value, "ports", lambda port: _fill(port, protocol="TCP"))

    def spec(value: Object) -> Object:
        value = _fill(value, podSelector={})
        if not value.get("policyTypes"):
            both = ["Ingress", "Egress"] if value.get("egress") else ["Ingress"]
            value = {**value, "policyTypes": both}
        return _each(_each(value, "ingress", peer_ports), "egress", peer_ports)

    return _in(obj, "spec", spec)


def _endpoint_slice(obj: Object) -> Object:
    return _each(obj, "ports", lambda port: _fill(port, name="", protocol="TCP"))


def _endpoints(obj: Object) -> Object:
    return _each(obj, "subsets", lambda subset: _each(subset, "ports", _tcp))


def _ingress_class(obj: Object) -> Object:
    def spec(value: Object) -> Object:
        return _in(value, "parameters", lambda found: _fill(found, scope="Cluster"))

    return _in(obj, "spec", spec)


# ---- autoscaling ------------------------------------------------------------------------------

_SCALE_UP: Final[Object] = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_SCALE_DOWN: Final[Object] = {
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}
_CPU_80: Final[list[Object]] = [
    {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
    }
]


def _autoscaler(obj: Object) -> Object:
    if obj.get("apiVersion") == "autoscaling/v1":
        return _in(obj, "spec", _autoscaler_v1)

    def behavior(value: Object) -> Object:
        value = _fill(value, scaleUp={}, scaleDown={})
        value = _in(value, "scaleUp", lambda rules: _fill(rules, **_SCALE_UP))
        return _in(value, "scaleDown", lambda rules: _fill(rules, **_SCALE_DOWN))

    def spec(value: Object) -> Object:
        value = _fill(value, minReplicas=1)
        if not value.get("metrics"):
            value = {**value, "metrics": _CPU_80}
        value = _each(value, "metrics", _metric)
        return _in(value, "behavior", behavior)

    return _in(obj, "spec", spec)


def _autoscaler_v1(spec: Object) -> Object:
    return _fill(spec, minReplicas=1, targetCPUUtilizationPercentage=80)


def _metric(metric: Object) -> Object:
    def target(value: Object) -> Object:
        return _plain_quantity(_plain_quantity(value, "value"), "averageValue")

    for source in ("resource", "containerResource", "pods", "object", "external"):
        metric = _in(metric, source, lambda found: _in(found, "target", target))
    return metric


# ---- storage, cluster, rights -----------------------------------------------------------------


def _claim(obj: Object) -> Object:
    obj = _fill(obj, status={})
    obj = _in(obj, "status", lambda status: _fill_text(status, phase="Pending"))
    return _in(obj, "spec", _claim_spec)


def _volume_object(obj: Object) -> Object:
    def spec(value: Object) -> Object:
        value = _fill_text(value, persistentVolumeReclaimPolicy="Retain")
        value = _fill(value, volumeMode="Filesystem")
        value = _in(value, "capacity", _resource_list)
        for name, change in _VOLUMES:
            if name in _SOURCES and name in value:
                value = _in(value, name, change)
        return value

    obj = _fill(obj, status={})
    obj = _in(obj, "status", lambda status: _fill_text(status, phase="Pending"))
    return _in(obj, "spec", spec)


def _storage_class(obj: Object) -> Object:
    return _fill(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _csi_driver(obj: Object) -> Object:
    def spec(value: Object) -> Object:
        value = _fill(
            value,
            attachRequired=True,
            podInfoOnMount=False,
            storageCapacity=False,
            fsGroupPolicy="ReadWriteOnceWithFSType",
            requiresRepublish=False,
            seLinuxMount=False,
        )
        return _fill_text(value, volumeLifecycleModes=["Persistent"])

    return _in(obj, "spec", spec)


def _secret(obj: Object) -> Object:
    obj = _fill_text(obj, type="Opaque")
    plain = obj.get("stringData")
    if plain is None:
        return obj
    encoded = {name: base64.b64encode(str(text).encode()).decode() for name, text in plain.items()}
    obj = {name: value for name, value in obj.items() if name != "stringData"}
    return {**obj, "data": {**_map(obj, "data"), **encoded}} if encoded else obj


_NAMESPACE_LABEL: Final = "kubernetes.io/metadata.name"


def _namespace(obj: Object) -> Object:
    def metadata(value: Object) -> Object:
        name = value.get("name")
        labels = _map(value, "labels")
        if not name or labels.get(_NAMESPACE_LABEL) == name:
            return value
        return {**value, "labels": {**labels, _NAMESPACE_LABEL: name}}

    obj = _in(_fill(obj, metadata={}, status={}), "metadata", metadata)
    return _in(obj, "status", lambda status: _fill_text(status, phase="Active"))


def _prepared_namespace(obj: Object) -> Object:
    # A namespace that is being deleted gives its finalizers back one by one.
    if _map(obj, "metadata").get("deletionTimestamp"):
        return obj

    def spec(value: Object) -> Object:
        return value if value.get("finalizers") else {**value, "finalizers": ["kubernetes"]}

    return _in(_fill(obj, spec={}), "spec", spec)


def _node(obj: Object) -> Object:
    def status(value: Object) -> Object:
        value = _in(value, "capacity", _resource_list)
        value = _in(value, "allocatable", _resource_list)
        if value.get("capacity") and value.get("allocatable") is None:
            value = {**value, "allocatable": value["capacity"]}
        return value

    return _in(obj, "status", status)


def _limit_range(obj: Object) -> Object:
    lists = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")

    def limit(value: Object) -> Object:
        for name in lists:
            value = _in(value, name, _resource_list)
        if value.get("type") != "Container":
            return value
        limits = {**_map(value, "max"), **_map(value, "default")}
        requests = {**_map(value, "min"), **limits, **_map(value, "defaultRequest")}
        filled = dict(value)
        if limits:
            filled["default"] = limits
        if requests:
            filled["defaultRequest"] = requests
        return value if filled == value else filled

    return _in(obj, "spec", lambda spec: _each(spec, "limits", limit))


def _resource_quota(obj: Object) -> Object:
    obj = _in(obj, "spec", lambda spec: _in(spec, "hard", _resource_list))

    def status(value: Object) -> Object:
        return _in(_in(value, "hard", _resource_list), "used", _resource_list)

    return _in(obj, "status", status)


_RBAC: Final = "rbac.authorization.k8s.io"


def _none(*fields: str) -> Change:
    """What is stored in protobuf has no empty list: one that is always written is read as none."""

    def change(obj: Object) -> Object:
        empty = {field: None for field in fields if obj.get(field) == []}
        return {**obj, **empty} if empty else obj

    return change


def _binding(obj: Object) -> Object:
    def subject(value: Object) -> Object:
        if value.get("kind") in ("User", "Group"):
            return _fill_text(value, apiGroup=_RBAC)
        return value

    obj = _in(obj, "roleRef", lambda ref: _fill_text(ref, apiGroup=_RBAC))
    return _each(obj, "subjects", subject)


def _priority_class(obj: Object) -> Object:
    return _fill(obj, preemptionPolicy="PreemptLowerPriority")


def _definition(obj: Object) -> Object:
    def names(value: Object) -> Object:
        kind = str(value.get("kind", ""))
        if not kind:
            return value
        return _fill_text(value, singular=kind.lower(), listKind=f"{kind}List")

    def spec(value: Object) -> Object:
        value = _fill(_in(value, "names", names), conversion={"strategy": "None"})
        return _in(value, "conversion", conversion)

    def conversion(value: Object) -> Object:
        return _in(value, "webhook", lambda hook: _in(hook, "clientConfig", client))

    def client(value: Object) -> Object:
        return _in(value, "service", lambda service: _fill(service, port=443))

    obj = _in(obj, "spec", spec)
    status = _map(obj, "status")
    if status.get("storedVersions"):
        return obj
    versions = _maps(_map(obj, "spec"), "versions")
    stored = [one.get("name") for one in versions if one.get("storage")][:1]
    return {**obj, "status": {**status, "storedVersions": stored}} if stored else obj


# ---- admission, flow control, extension --------------------------------------------------------


def _port(obj: Object) -> Object:
    return _in(obj, "service", lambda service: _fill(service, port=443))


def _scope(rule: Object) -> Object:
    return _fill(rule, scope="*")


def _webhook(hook: Object) -> Object:
    hook = _fill(
        hook,
        failurePolicy="Fail",
        matchPolicy="Equivalent",
        namespaceSelector={},
        objectSelector={},
        timeoutSeconds=10,
    )
    return _each(_in(hook, "clientConfig", _port), "rules", _scope)


def _validating_webhooks(obj: Object) -> Object:
    return _each(obj, "webhooks", _webhook)


def _mutating_webhooks(obj: Object) -> Object:
    return _each(obj, "webhooks", lambda hook: _fill(_webhook(hook), reinvocationPolicy="Never"))


def _match_resources(match: Object) -> Object:
    match = _fill(match, matchPolicy="Equivalent", namespaceSelector={}, objectSelector={})
    return _each(_each(match, "resourceRules", _scope), "excludeResourceRules", _scope)


def _admission_policy(obj: Object) -> Object:
    def spec(value: Object) -> Object:
        value = _fill(value, failurePolicy="Fail")
        return _in(value, "matchConstraints", _match_resources)

    return _in(obj, "spec", spec)


def _admission_policy_binding(obj: Object) -> Object:
    return _in(obj, "spec", lambda spec: _in(spec, "matchResources", _match_resources))


def _api_service(obj: Object) -> Object:
    return _in(obj, "spec", _port)


def _flow_schema(obj: Object) -> Object:
    return _in(obj, "spec", lambda spec: _fill_text(spec, matchingPrecedence=1000))


def _priority_level(obj: Object) -> Object:
    def response(value: Object) -> Object:
        return _in(
            value,
            "queuing",
            lambda queuing: _fill_text(queuing, handSize=8, queues=64, queueLengthLimit=50),
        )

    def limited(value: Object) -> Object:
        value = _fill(value, nominalConcurrencyShares=30, lendablePercent=0)
        return _in(value, "limitResponse", response)

    def spec(value: Object) -> Object:
        value = _in(
            value,
            "exempt",
            lambda exempt: _fill(exempt, nominalConcurrencyShares=0, lendablePercent=0),
        )
        return _in(value, "limited", limited)

    return _in(obj, "spec", spec)


def _nothing(obj: Object) -> Object:
    return obj


_CHANGES: Final[Mapping[str, Change]] = {
    "APIService": _api_service,
    "CSIDriver": _csi_driver,
    "ClusterRoleBinding": _binding,
    "CronJob": _cron_job,
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "EndpointSlice": _endpoint_slice,
    "Endpoints": _endpoints,
    "FlowSchema": _flow_schema,
    "HorizontalPodAutoscaler": _autoscaler,
    "IngressClass": _ingress_class,
    "Job": _job,
    "LimitRange": _limit_range,
    "MutatingAdmissionPolicy": _admission_policy,
    "MutatingAdmissionPolicyBinding": _admission_policy_binding,
    "MutatingWebhookConfiguration": _mutating_webhooks,
    "Namespace": _namespace,
    "NetworkPolicy": _network_policy,
    "Node": _node,
    "PersistentVolume": _volume_object,
    "PersistentVolumeClaim": _claim,
    "PodTemplate": _pod_template,
    "PriorityClass": _priority_class,
    "PriorityLevelConfiguration": _priority_level,
    "ReplicaSet": _replica_set,
    "ReplicationController": _replication_controller,
    "ResourceQuota": _resource_quota,
    "RoleBinding": _binding,
    "Secret": _secret,
    "Service": _service,
    "StatefulSet": _stateful_set,
    "StorageClass": _storage_class,
    "ValidatingAdmissionPolicy": _admission_policy,
    "ValidatingAdmissionPolicyBinding": _admission_policy_binding,
    "ValidatingWebhookConfiguration": _validating_webhooks,
}


_PREPARED: Final[Mapping[str, Change]] = {
    "CSINode": lambda obj: _in(obj, "spec", _none("drivers")),
    "ClusterRole": _none("rules"),
    "EndpointSlice": _none("endpoints", "ports"),
    "LimitRange": lambda obj: _in(obj, "spec", _none("limits")),
    "Namespace": _prepared_namespace,
    "Role": _none("rules"),
    "Service": _prepared_service,
}


def _kind_of(resource_or_kind: str, obj: Object) -> tuple[str, str]:
    row = BUILT_IN.by_resource.get(resource_or_kind)
    kind = row.kind if row is not None else resource_or_kind
    return kind, str(obj.get("apiVersion") or (row.api_version if row is not None else ""))


def decoded(resource_or_kind: str, obj: Object) -> Object:
    """``obj`` as the server reads it: defaulted and tidy, before admission and the kind's strategy.

    This is what the writer owns the fields of (see ``patch.apply.update_owners``): what admission
    and strategies add has no owner. Parameters as for ``default``.
    """
    kind, api_version = _kind_of(resource_or_kind, obj)
    if not is_known(api_version, kind):
        return obj
    type_ = root(api_version, kind)
    if kind == "Pod":
        return _decoded_pod(type_, obj)
    tidy = _tidy(type_, obj)
    changed = _CHANGES.get(kind, _nothing)(tidy)
    return tidy if changed is tidy else _tidy(type_, changed)


_MEMO_SIZE: Final = 512
_pod_specs: dict[int, tuple[Object, Object]] = {}
"""Defaulted pod specs by the identity of what they were made from: a template makes many pods."""


def _decoded_pod(type_: Type, obj: Object) -> Object:
    spec = obj.get("spec")
    known = _pod_specs.get(id(spec))
    if known is not None and known[0] is spec:
        if known[1] is not spec:
            obj = {**obj, "spec": known[1]}
        return _tidy(type_, obj, but="spec")
    tidy = _tidy(type_, obj)
    changed = _pod(tidy)
    if changed is not tidy:
        changed = _tidy(type_, changed)
    if isinstance(spec, dict):
        while len(_pod_specs) >= _MEMO_SIZE:
            del _pod_specs[next(iter(_pod_specs))]
        # The key's own object is held, so that its identity cannot come again.
        stored = changed["spec"]
        _pod_specs[id(spec)] = (spec, stored)
        _pod_specs[id(stored)] = (stored, stored)
    return changed


def default(resource_or_kind: str, obj: Object) -> Object:
    """``obj`` as stored. ``resource_or_kind`` is "deployments.apps" or "Deployment".

    A kind that nobody described (a custom resource) is returned as it is.
    """
    kind, _ = _kind_of(resource_or_kind, obj)
    return _PREPARED.get(kind, _nothing)(decoded(kind, obj))
