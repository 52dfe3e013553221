"""What is left of the definitions of Kubernetes where no rule has anything to say of a value.

Narrower than the rules of `ecp.validation.kinds`, in every version that is carried: a field that is
not here, or a value that is odd, is judged by those. What depends on two places at once is not told
by a schema; see `ecp.validation.sound`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ecp.kube.checkers import Shape

_MOST: Final = (1 << 31) - 1
_WORD: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DOMAIN: Final = rf"{_WORD}(\.{_WORD})*"
_KEY: Final = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_FILE: Final = "[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*"


def _text(pattern: str, most: int = 253) -> dict[str, Any]:
    return {"type": "string", "maxLength": most, "pattern": f"^{pattern}$"}


def _one_of(*values: str) -> dict[str, Any]:
    return {"enum": list(values)}


def _number(least: int, most: int = _MOST) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _there(name: str) -> dict[str, Any]:
    """Return what stands for a definition that must be there: null does not."""
    return {"$ref": f"#/$defs/{name}", "type": "object"}


def _list(inner: Mapping[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "items": inner}


def _without(*fields: str) -> dict[str, Any]:
    return {"properties": dict.fromkeys(fields, False)}


_ONE: Final = {"minProperties": 1, "maxProperties": 1}
_NOT_EMPTY: Final = {"type": "string", "minLength": 1}
_ANY: Final = {"type": "string"}
_LABEL: Final = _text(_WORD, 63)
_SERVICE_NAME: Final = _text("[a-z]([-a-z0-9]*[a-z0-9])?", 63)
_SUBDOMAIN: Final = _text(_DOMAIN)
# A letter in one of the words between single dashes.
_PORT_NAME: Final = _text("([0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*", 15)
_CONFIG_KEY: Final = _text("[-_a-zA-Z0-9][-._a-zA-Z0-9]*")
_VARIABLE: Final = _text("[A-Za-z_][-._A-Za-z0-9]*")
_IMAGE: Final = _text("[A-Za-z0-9][-A-Za-z0-9._/:@]*", 400)
_HEADER: Final = _text("[-A-Za-z0-9]+")
_INSIDE: Final = _text(_FILE)
_PORT: Final = _number(1, 65535)
_PORT_OR_NAME: Final = {"anyOf": [_PORT, _PORT_NAME]}
_PROTOCOL: Final = _one_of("TCP", "UDP", "SCTP")
_LABEL_KEY: Final = _text(f"({_DOMAIN}/)?{_KEY}")
_LABELS: Final[Mapping[str, Any]] = {
    "type": "object",
    "propertyNames": _LABEL_KEY,
    "additionalProperties": _text(f"({_KEY})?", 63),
}
# Fewer bytes than all annotations of an object may have.
_NOTES: Final[Mapping[str, Any]] = {
    "type": "object",
    "maxProperties": 30,
    "propertyNames": _LABEL_KEY,
    "additionalProperties": {"type": "string", "maxLength": 2000},
}
_QUANTITY: Final = {
    "anyOf": [_text(r"[0-9]+(\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?", 12), _number(0)]
}
_PIECES: Final = {"anyOf": [_text("[0-9]+", 6), _number(0)]}
DEVICES: Final = ("nvidia.com/gpu", "amd.com/gpu")
_AMOUNTS: Final[Mapping[str, Any]] = {
    "type": ["object", "null"],
    "properties": {
        **dict.fromkeys(("cpu", "memory", "ephemeral-storage"), _QUANTITY),
        **dict.fromkeys(DEVICES, _PIECES),
    },
    "additionalProperties": False,
}
_SHARE: Final = {"anyOf": [_number(0), _text("([1-9]?[0-9]|100)%")]}
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_SELECTOR: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"
_CORE: Final = "io.k8s.api.core.v1."
_APPS: Final = "io.k8s.api.apps.v1."


def _named(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of an object whose name is of that sort."""
    return {**_there(_META), "required": ["name"], "properties": {"name": rule}}


_IDENTITY: Final = _number(0)
_COUNT: Final = _number(0)
_HANDLERS: Final = dict.fromkeys(("exec", "httpGet", "tcpSocket", "grpc"))
_ACTION: Final = {
    name: _there(f"{_CORE}{kind}")
    for name, kind in (
        ("exec", "ExecAction"),
        ("httpGet", "HTTPGetAction"),
        ("tcpSocket", "TCPSocketAction"),
        ("grpc", "GRPCAction"),
    )
}
_ONE_ACTION: Final = {"oneOf": [{"required": [name]} for name in _ACTION]}
_KEY_OF: Final = Shape({"name": _SUBDOMAIN, "key": _CONFIG_KEY, "optional": None}, ("name", "key"))
_ALL_OF: Final = Shape({"name": _SUBDOMAIN, "optional": None}, ("name",))
_VARIABLE_FIELDS: Final = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP", "status.podIP",
)  # fmt: skip
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_SOURCES: Final = {
    name: _there(f"{_CORE}{kind}")
    for name, kind in (
        ("configMap", "ConfigMapVolumeSource"),
        ("emptyDir", "EmptyDirVolumeSource"),
        ("persistentVolumeClaim", "PersistentVolumeClaimVolumeSource"),
        ("secret", "SecretVolumeSource"),
    )
}
_FILES: Final[Mapping[str, Mapping[str, Any] | None]] = {
    "items": None,
    "optional": None,
    "defaultMode": _number(0, 0o777),
}
_SELECTED: Final[Mapping[str, Mapping[str, Any] | None]] = {
    "selector": {
        **_there(_SELECTOR),
        "required": ["matchLabels"],
        "properties": {"matchLabels": {"minProperties": 1}},
    },
    "template": _there(f"{_CORE}PodTemplateSpec"),
    "minReadySeconds": _COUNT,
    "revisionHistoryLimit": _COUNT,
}


def _carrier(rule: Mapping[str, Any], spec: str) -> Shape:
    fields = {"metadata": _named(rule), "spec": _there(spec)}
    return Shape({"apiVersion": None, "kind": None, **fields}, ("metadata", "spec"))


SHAPES: Final[Mapping[str, Shape]] = {
    _META: Shape({"name": _ANY, "namespace": _LABEL, "labels": _LABELS, "annotations": _NOTES}),
    _SELECTOR: Shape({"matchLabels": _LABELS}),
    # ---- pods ----
    f"{_CORE}Pod": _carrier(_SUBDOMAIN, f"{_CORE}PodSpec"),
    f"{_CORE}PodTemplateSpec": Shape(
        {"metadata": _there(_META), "spec": _there(f"{_CORE}PodSpec")}, ("metadata", "spec")
    ),
    f"{_CORE}PodSpec": Shape(
        {
            "containers": _list(_there(f"{_CORE}Container"), 1),
            "initContainers": _list(
                {**_there(f"{_CORE}Container"), **_without("lifecycle", *_PROBES)}
            ),
            "volumes": None,
            "restartPolicy": _one_of("Always", "OnFailure", "Never"),
            "terminationGracePeriodSeconds": _COUNT,
            "dnsPolicy": _one_of("ClusterFirst", "ClusterFirstWithHostNet", "Default"),
            "nodeSelector": _LABELS,
            "serviceAccountName": _SUBDOMAIN,
            "serviceAccount": _SUBDOMAIN,
            "nodeName": _SUBDOMAIN,
            "priorityClassName": _SUBDOMAIN,
            "automountServiceAccountToken": None,
            "enableServiceLinks": None,
            "imagePullSecrets": None,
            "securityContext": None,
            "tolerations": None,
        },
        ("containers",),
    ),
    f"{_CORE}PodSecurityContext": Shape(
        {
            "runAsUser": _IDENTITY,
            "runAsGroup": _IDENTITY,
            "fsGroup": _IDENTITY,
            "runAsNonRoot": None,
            "seccompProfile": None,
        }
    ),
    f"{_CORE}SeccompProfile": Shape({"type": _one_of("RuntimeDefault", "Unconfined")}, ("type",)),
    f"{_CORE}Toleration": Shape(
        {
            "key": _LABEL_KEY,
            "operator": _one_of("Exists", "Equal"),
            "value": _text(f"({_KEY})?", 63),
            "effect": _one_of("NoSchedule", "PreferNoSchedule", "NoExecute"),
        },
        ("key",),
        {"anyOf": [_without("value"), {"properties": {"operator": {"const": "Equal"}}}]},
    ),
    f"{_CORE}Container": Shape(
        {
            "name": _LABEL,
            "image": _IMAGE,
            "command": None,
            "args": None,
            "workingDir": None,
            "ports": None,
            "env": None,
            "envFrom": None,
            "resources": None,
            "volumeMounts": None,
            "livenessProbe": None,
            "readinessProbe": None,
            "startupProbe": None,
            "lifecycle": None,
            "imagePullPolicy": _one_of("Always", "IfNotPresent", "Never"),
            "terminationMessagePath": None,
            "terminationMessagePolicy": _one_of("File", "FallbackToLogsOnError"),
            "securityContext": None,
            "stdin": None,
            "stdinOnce": None,
            "tty": None,
        },
        ("name", "image"),
    ),
    f"{_CORE}ContainerPort": Shape(
        {"name": _PORT_NAME, "containerPort": _PORT, "protocol": _PROTOCOL}, ("containerPort",)
    ),
    f"{_CORE}EnvVar": Shape(
        {"name": _VARIABLE, "value": None, "valueFrom": _there(f"{_CORE}EnvVarSource")},
        ("name",),
        {"anyOf": [_without("value"), _without("valueFrom")]},
    ),
    f"{_CORE}EnvVarSource": Shape(
        {
            "configMapKeyRef": _there(f"{_CORE}ConfigMapKeySelector"),
            "secretKeyRef": _there(f"{_CORE}SecretKeySelector"),
            "fieldRef": _there(f"{_CORE}ObjectFieldSelector"),
        },
        (),
        _ONE,
    ),
    f"{_CORE}ConfigMapKeySelector": _KEY_OF,
    f"{_CORE}SecretKeySelector": _KEY_OF,
    f"{_CORE}ObjectFieldSelector": Shape(
        {"fieldPath": _one_of(*_VARIABLE_FIELDS), "apiVersion": _one_of("v1")}, ("fieldPath",)
    ),
    f"{_CORE}EnvFromSource": Shape(
        {
            "configMapRef": _there(f"{_CORE}ConfigMapEnvSource"),
            "secretRef": _there(f"{_CORE}SecretEnvSource"),
        },
        (),
        _ONE,
    ),
    f"{_CORE}ConfigMapEnvSource": _ALL_OF,
    f"{_CORE}SecretEnvSource": _ALL_OF,
    f"{_CORE}ResourceRequirements": Shape({"limits": _AMOUNTS, "requests": _AMOUNTS}),
    f"{_CORE}VolumeMount": Shape(
        {"name": _LABEL, "mountPath": _NOT_EMPTY, "readOnly": None, "subPath": _INSIDE},
        ("name", "mountPath"),
    ),
    f"{_CORE}Probe": Shape(
        {
            **_ACTION,
            "initialDelaySeconds": _COUNT,
            "timeoutSeconds": _COUNT,
            "periodSeconds": _COUNT,
            "failureThreshold": _COUNT,
            "successThreshold": _number(0, 1),
        },
        (),
        _ONE_ACTION,
    ),
    f"{_CORE}Lifecycle": Shape({"postStart": None, "preStop": None}),
    f"{_CORE}LifecycleHandler": Shape(
        {name: action for name, action in _ACTION.items() if name != "grpc"}, (), _ONE
    ),
    f"{_CORE}ExecAction": Shape({"command": _list(_ANY, 1)}, ("command",)),
    f"{_CORE}HTTPGetAction": Shape(
        {
            "path": None,
            "host": None,
            "port": _PORT_OR_NAME,
            "scheme": _one_of("HTTP", "HTTPS"),
            "httpHeaders": None,
        },
        ("port",),
    ),
    f"{_CORE}HTTPHeader": Shape({"name": _HEADER, "value": None}, ("name",)),
    f"{_CORE}TCPSocketAction": Shape({"host": None, "port": _PORT_OR_NAME}, ("port",)),
    f"{_CORE}GRPCAction": Shape({"port": _PORT, "service": None}, ("port",)),
    f"{_CORE}SecurityContext": Shape(
        {
            "runAsUser": _IDENTITY,
            "runAsGroup": _IDENTITY,
            "runAsNonRoot": None,
            "readOnlyRootFilesystem": None,
            "allowPrivilegeEscalation": None,
            "privileged": {"const": False},
            "capabilities": None,
            "seccompProfile": None,
        }
    ),
    f"{_CORE}Capabilities": Shape(
        {"add": _list({**_ANY, "not": {"const": "CAP_SYS_ADMIN"}}), "drop": None}
    ),
    f"{_CORE}Volume": Shape({"name": _LABEL, **_SOURCES}, ("name",), {"maxProperties": 2}),
    f"{_CORE}EmptyDirVolumeSource": Shape({"medium": None, "sizeLimit": _QUANTITY}),
    f"{_CORE}ConfigMapVolumeSource": Shape({"name": _NOT_EMPTY, **_FILES}, ("name",)),
    f"{_CORE}SecretVolumeSource": Shape({"secretName": _NOT_EMPTY, **_FILES}, ("secretName",)),
    f"{_CORE}KeyToPath": Shape({"key": _NOT_EMPTY, "path": _INSIDE}, ("key", "path")),
    f"{_CORE}PersistentVolumeClaimVolumeSource": Shape(
        {"claimName": _NOT_EMPTY, "readOnly": None}, ("claimName",)
    ),
    # ---- what makes them ----
    f"{_APPS}Deployment": _carrier(_SUBDOMAIN, f"{_APPS}DeploymentSpec"),
    f"{_APPS}DeploymentSpec": Shape(
        {
            **_SELECTED,
            "replicas": _COUNT,
            "paused": None,
            "progressDeadlineSeconds": _COUNT,
            "strategy": _there(f"{_APPS}DeploymentStrategy"),
        },
        ("selector", "template"),
    ),
    f"{_APPS}DeploymentStrategy": Shape(
        {
            "type": _one_of("RollingUpdate", "Recreate"),
            "rollingUpdate": _there(f"{_APPS}RollingUpdateDeployment"),
        },
        (),
        {
            "anyOf": [
                _without("rollingUpdate"),
                {"properties": {"type": {"const": "RollingUpdate"}}},
            ]
        },
    ),
    f"{_APPS}RollingUpdateDeployment": Shape({"maxSurge": _SHARE, "maxUnavailable": _SHARE}),
    f"{_APPS}StatefulSet": _carrier(_LABEL, f"{_APPS}StatefulSetSpec"),
    f"{_APPS}StatefulSetSpec": Shape(
        {
            **_SELECTED,
            "replicas": _COUNT,
            "serviceName": _LABEL,
            "podManagementPolicy": _one_of("OrderedReady", "Parallel"),
        },
        ("selector", "template"),
    ),
    f"{_APPS}DaemonSet": _carrier(_SUBDOMAIN, f"{_APPS}DaemonSetSpec"),
    f"{_APPS}DaemonSetSpec": Shape(_SELECTED, ("selector", "template")),
    # ---- Services ----
    f"{_CORE}Service": _carrier(_SERVICE_NAME, f"{_CORE}ServiceSpec"),
    f"{_CORE}ServiceSpec": Shape(
        {
            "type": _one_of("ClusterIP", "NodePort", "LoadBalancer"),
            "ports": _list(_there(f"{_CORE}ServicePort"), 1),
            "selector": _LABELS,
            "clusterIP": _one_of("None"),
            "sessionAffinity": _one_of("None", "ClientIP"),
            "publishNotReadyAddresses": None,
            "internalTrafficPolicy": _one_of("Cluster", "Local"),
        },
        ("ports",),
        {"anyOf": [_without("clusterIP"), {"properties": {"type": {"const": "ClusterIP"}}}]},
    ),
    f"{_CORE}ServicePort": Shape(
        {
            "name": _LABEL,
            "port": _PORT,
            "targetPort": _PORT_OR_NAME,
            "protocol": _PROTOCOL,
            "appProtocol": _LABEL_KEY,
            "nodePort": _PORT,
        },
        ("port",),
    ),
}
"""By the full name of a definition. Rules that look at a field have a narrower schema here."""
