"""Containers: image, ports, environment, mounts, probes, security.

Source: kubernetes pkg/apis/core/validation/validation.go `validateContainerCommon`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    forbidden,
    invalid,
    invalid_struct,
    required,
    unsupported,
)
from ecp.validation.kinds.mounts import check_mounts
from ecp.validation.kinds.resources import check_resources
from ecp.validation.scope import Object, Scope, items, mapping

PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_PULL: Final = ("Always", "IfNotPresent", "Never")
_TERMINATION: Final = ("FallbackToLogsOnError", "File")
_PROBE_COUNTS: Final = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)
_SOURCES: Final = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def check_container(
    container: Object, at: At, scope: Scope, volumes: Mapping[str, bool]
) -> Iterator[Fault]:
    """Check what holds for containers and init containers alike.

    volumes   those that can be mounted, and whether they can be had as a device
    """
    name = container.get("name") or ""
    if not name:
        yield required("E0301", at / "name")
    else:
        for text in names.dns_label(name):
            yield invalid("E0301", at / "name", name, text)
    image = container.get("image") or ""
    if not image:
        yield required("E0303", at / "image")
    elif image != image.strip():
        text = "must not have leading or trailing whitespace"
        yield invalid("E0303", at / "image", image, text)
    policy = container.get("terminationMessagePolicy")
    if policy and policy not in _TERMINATION:
        yield unsupported("E0318", at / "terminationMessagePolicy", policy, _TERMINATION)
    if container.get("ports"):
        yield from _ports(container, at / "ports")
    for number, variable in enumerate(items(container.get("env"))):
        yield from _env(mapping(variable), at / "env" / number, scope)
    for number, source in enumerate(items(container.get("envFrom"))):
        yield from _env_from(mapping(source), at / "envFrom" / number, scope)
    if container.get("volumeMounts") or container.get("volumeDevices"):
        yield from check_mounts(container, at, scope, volumes)
    pull = container.get("imagePullPolicy")
    if pull and pull not in _PULL:
        yield unsupported("E0318", at / "imagePullPolicy", pull, _PULL)
    if container.get("resources"):
        yield from check_resources(mapping(container["resources"]), at / "resources")
    if container.get("securityContext"):
        yield from _security(mapping(container["securityContext"]), at / "securityContext")


def _ports(container: Object, at: At) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, port in enumerate(items(container.get("ports"))):
        port = mapping(port)
        here = at / number
        name = port.get("name") or ""
        if name:
            complaints = names.port_name(name)
            for text in complaints:
                yield invalid("E0305", here / "name", name, text)
            if not complaints and name in seen:
                yield duplicate("E0307", here / "name", name)
            if not complaints:
                seen.add(name)
        own = port.get("containerPort") or 0
        if own == 0:
            yield required("E0304", here / "containerPort")
        else:
            for text in names.port_number(own):
                yield invalid("E0304", here / "containerPort", own, text)
        host = port.get("hostPort") or 0
        if host:
            for text in names.port_number(host):
                yield invalid("E0304", here / "hostPort", host, text)
        protocol = port.get("protocol")
        if protocol and protocol not in PROTOCOLS:
            yield unsupported("E0306", here / "protocol", protocol, PROTOCOLS)


def _env(variable: Object, at: At, scope: Scope) -> Iterator[Fault]:
    name = variable.get("name") or ""
    if not name:
        yield required("E0313", at / "name")
    else:
        for text in names.env_name(name, scope.version):
            yield invalid("E0313", at / "name", name, text)
    value_from = variable.get("valueFrom")
    if not isinstance(value_from, dict):
        return
    here = at / "valueFrom"
    sources = [source for source in _SOURCES if value_from.get(source) is not None]
    for source in ("configMapKeyRef", "secretKeyRef"):
        if source in sources:
            yield from _key_ref(mapping(value_from[source]), here / source)
    if "fieldRef" in sources and not mapping(value_from["fieldRef"]).get("fieldPath"):
        yield required("E0313", here / "fieldRef" / "fieldPath")
    if "resourceFieldRef" in sources and not mapping(value_from["resourceFieldRef"]).get(
        "resource"
    ):
        yield required("E0313", here / "resourceFieldRef" / "resource")
    if not sources:
        text = (
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
            "`secretKeyRef`, or `fileKeyRef`"
        )
        yield invalid("E0313", here, "", text)
    elif variable.get("value"):
        yield invalid("E0313", here, "", "may not be specified when `value` is not empty")
    if len(sources) > 1:
        yield invalid("E0313", here, "", "may not have more than one field specified at a time")


def _key_ref(ref: Object, at: At) -> Iterator[Fault]:
    name, key = ref.get("name") or "", ref.get("key") or ""
    if name:
        for text in names.dns_subdomain(name):
            yield invalid("E0313", at / "name", name, text)
    if not key:
        yield required("E0313", at / "key")
    else:
        for text in names.config_key(key):
            yield invalid("E0313", at / "key", key, text)


def _env_from(source: Object, at: At, scope: Scope) -> Iterator[Fault]:
    prefix = source.get("prefix") or ""
    if prefix:
        for text in names.env_name(prefix, scope.version):
            yield invalid("E0313", at / "prefix", prefix, text)
    found = [name for name in ("configMapRef", "secretRef") if source.get(name) is not None]
    for name in found:
        if not mapping(source[name]).get("name"):
            yield required("E0313", at / name / "name")
    if not found:
        yield invalid("E0313", at, "", "must specify one of: `configMapRef` or `secretRef`")
    elif len(found) > 1:
        yield invalid("E0313", at, "", "may not have more than one field specified at a time")


def check_probes(container: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """Check lifecycle handlers and the three probes."""
    lifecycle = mapping(container.get("lifecycle"))
    for field in ("postStart", "preStop"):
        if lifecycle.get(field) is not None:
            yield from _handler(mapping(lifecycle[field]), at / "lifecycle" / field)
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(field) is not None:
            yield from _probe(mapping(container[field]), at / field, field)


def _probe(probe: Object, at: At, field: str) -> Iterator[Fault]:
    yield from _handler(probe, at)
    for name in _PROBE_COUNTS:
        if probe.get(name):
            yield from non_negative("E0314", probe[name], at / name)
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and field == "readinessProbe":
        text = "must not be set for readinessProbes"
        yield invalid("E0314", at / "terminationGracePeriodSeconds", grace, text)
    elif grace is not None and grace <= 0:
        text = "must be greater than 0"
        yield invalid("E0314", at / "terminationGracePeriodSeconds", grace, text)
    threshold = probe.get("successThreshold")
    if field != "readinessProbe" and threshold not in (None, 0, 1):
        yield invalid("E0314", at / "successThreshold", threshold, "must be 1")


def non_negative(rule: str, value: Any, at: At) -> tuple[Fault, ...]:
    if value is None or value >= 0:
        return ()
    return (invalid(rule, at, value, "must be greater than or equal to 0"),)


def _handler(handler: Object, at: At) -> Iterator[Fault]:
    found = 0
    for name in ("exec", "httpGet", "tcpSocket", "grpc", "sleep"):
        if handler.get(name) is None:
            continue
        here = at / name
        if found:
            yield forbidden("E0314", here, "may not specify more than 1 handler type")
            continue
        found += 1
        action = mapping(handler[name])
        if name == "exec" and not items(action.get("command")):
            yield required("E0314", here / "command")
        if name in ("httpGet", "tcpSocket"):
            yield from port_or_name("E0304", action.get("port"), here / "port")
        if name == "grpc":
            for text in names.port_number(action.get("port") or 0):
                yield invalid("E0304", here / "port", action.get("port") or 0, text)
        scheme = action.get("scheme")
        if name == "httpGet" and scheme and scheme not in ("HTTP", "HTTPS"):
            yield unsupported("E0314", here / "scheme", scheme, ("HTTP", "HTTPS"))
        for number, header in enumerate(items(action.get("httpHeaders"))):
            text = mapping(header).get("name") or ""
            for complaint in names.header_name(text):
                yield invalid("E0314", here / "httpHeaders" / number, text, complaint)
    if not found:
        yield required("E0314", at, "must specify a handler type")


def port_or_name(rule: str, value: Any, at: At) -> Iterator[Fault]:
    """Check a port given as a number or by name; absent counts as 0."""
    if isinstance(value, str):
        for text in names.port_name(value):
            yield invalid(rule, at, value, text)
    else:
        for text in names.port_number(value or 0):
            yield invalid(rule, at, value or 0, text)


def _security(context: Object, at: At) -> Iterator[Fault]:
    for field in ("runAsUser", "runAsGroup"):
        value = context.get(field)
        if value is not None:
            for text in names.in_range(value, 0, 2**31 - 1):
                yield invalid("E0321", at / field, value, text)
    if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
        text = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        point = at / "allowPrivilegeEscalation"
        yield invalid_struct("E0321", at, _security_struct(context), text, point=point)


def _security_struct(context: Object) -> dict[str, Any]:
    """Print a SecurityContext as the server does, whose internal type has no JSON names."""
    fields = (
        "capabilities", "privileged", "seLinuxOptions", "windowsOptions", "runAsUser",
        "runAsGroup", "runAsNonRoot", "readOnlyRootFilesystem", "allowPrivilegeEscalation",
        "procMount", "seccompProfile", "appArmorProfile",
    )  # fmt: skip
    shown = {}
    for field in fields:
        name = "SELinuxOptions" if field == "seLinuxOptions" else field[0].upper() + field[1:]
        shown[name] = _capitalised(context.get(field))
    return shown


def _capitalised(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: _capitalised(inner) for key, inner in value.items()}
    return value
