"""Pods and pod templates. Source: kubernetes pkg/apis/core/validation/validation.go."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    forbidden,
    invalid,
    required,
    unsupported,
)
from ecp.validation.kinds.container import check_container, check_probes
from ecp.validation.kinds.placement import check_affinity, check_spread, check_tolerations
from ecp.validation.kinds.volume import check_volumes
from ecp.validation.metadata import check_annotations, check_labels
from ecp.validation.scope import Object, Scope, items, mapping

_RESTART: Final = ("Always", "OnFailure", "Never")
_DNS: Final = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_NAMES: Final = (
    ("serviceAccountName", names.dns_subdomain),
    ("nodeName", names.dns_subdomain),
    ("hostname", names.dns_label),
    ("subdomain", names.dns_label),
    ("priorityClassName", names.dns_subdomain),
    ("runtimeClassName", names.dns_subdomain),
)
MAX_INT32: Final = 2**31 - 1


def check_template(
    template: Any, at: At, scope: Scope, claims: Collection[str] = ()
) -> Iterator[Fault]:
    """Check a PodTemplateSpec; *claims* are volumes that the owner adds."""
    template = mapping(template)
    meta = mapping(template.get("metadata"))
    point = at / "metadata"
    yield from check_labels(meta.get("labels"), at / "labels", point / "labels")
    yield from check_annotations(meta.get("annotations"), at / "annotations", point / "annotations")
    yield from check_pod_spec(mapping(template.get("spec")), at / "spec", scope, claims)


def check_pod_spec(
    spec: Object, at: At, scope: Scope, claims: Collection[str] = (), pod: str | None = None
) -> Iterator[Fault]:
    """Check a PodSpec; *claims* as above, *pod* is the name where it is a pod's own."""
    volumes: dict[str, bool] = {}
    if spec.get("volumes"):
        yield from check_volumes(spec, at / "volumes", scope, volumes, pod)
    volumes.update(dict.fromkeys(claims, True))
    yield from _containers(spec, at, scope, volumes)
    if spec.get("initContainers"):
        yield from _init_containers(spec, at / "initContainers", scope, volumes)
    yield from _host_ports(spec, at)
    restart = spec.get("restartPolicy")
    if restart and restart not in _RESTART:
        yield unsupported("E0317", at / "restartPolicy", restart, _RESTART)
    if spec.get("dnsPolicy") or spec.get("dnsConfig"):
        yield from _dns(spec, at)
    if spec.get("nodeSelector"):
        yield from check_labels(spec["nodeSelector"], at / "nodeSelector")
    if spec.get("securityContext"):
        yield from _security(mapping(spec["securityContext"]), at / "securityContext")
    if spec.get("affinity"):
        yield from check_affinity(mapping(spec["affinity"]), at / "affinity")
    if spec.get("topologySpreadConstraints"):
        yield from check_spread(spec, at / "topologySpreadConstraints")
    yield from _names(spec, at)
    if spec.get("tolerations"):
        yield from check_tolerations(spec, at / "tolerations")
    for number, alias in enumerate(items(spec.get("hostAliases"))):
        yield from _host_alias(mapping(alias), at / "hostAliases" / number)


def _containers(spec: Object, at: At, scope: Scope, volumes: dict[str, bool]) -> Iterator[Fault]:
    containers = items(spec.get("containers"))
    here = at / "containers"
    if not containers:
        yield required("E0300", here)
    seen: set[str] = set()
    for number, container in enumerate(containers):
        container = mapping(container)
        yield from check_container(container, here / number, scope, volumes)
        name = container.get("name") or ""
        if name and name in seen:
            yield duplicate("E0302", here / number / "name", name)
        seen.add(name)
        yield from check_probes(container, here / number, scope)


def _init_containers(
    spec: Object, at: At, scope: Scope, volumes: dict[str, bool]
) -> Iterator[Fault]:
    seen = {mapping(container).get("name") for container in items(spec.get("containers"))}
    for number, container in enumerate(items(spec.get("initContainers"))):
        container = mapping(container)
        here = at / number
        yield from check_container(container, here, scope, volumes)
        name = container.get("name") or ""
        if name and name in seen:
            yield duplicate("E0302", here / "name", name)
        seen.add(name)
        if container.get("restartPolicy") == "Always":
            yield from check_probes(container, here, scope)
            continue
        for field in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(field) is not None:
                text = "may not be set for init containers without restartPolicy=Always"
                yield forbidden("E0323", here / field, text)


def _host_ports(spec: Object, at: At) -> Iterator[Fault]:
    host_network = bool(spec.get("hostNetwork"))
    for field in ("containers", "initContainers"):
        seen: set[str] = set()
        for number, container in enumerate(items(spec.get(field))):
            for index, port in enumerate(items(mapping(container).get("ports"))):
                port = mapping(port)
                host = port.get("hostPort") or 0
                if not host:
                    continue
                here = at / field / number / "ports" / index / "hostPort"
                if host_network and host != port.get("containerPort"):
                    text = "must match `containerPort` when `hostNetwork` is true"
                    yield invalid("E0304", here, host, text)
                taken = f"{port.get('protocol') or 'TCP'}/{port.get('hostIP') or ''}/{host}"
                if taken in seen:
                    yield duplicate("E0307", here, taken)
                seen.add(taken)


def _dns(spec: Object, at: At) -> Iterator[Fault]:
    policy = spec.get("dnsPolicy")
    config = mapping(spec.get("dnsConfig"))
    if policy and policy not in _DNS:
        yield unsupported("E0318", at / "dnsPolicy", policy, _DNS)
    servers = items(config.get("nameservers"))
    here = at / "dnsConfig" / "nameservers"
    if policy == "None" and not servers:
        text = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        yield required("E0326", here, text)
    if len(servers) > 3:
        yield invalid("E0326", here, servers, "must not have more than 3 nameservers")
    for number, server in enumerate(servers):
        for text in names.ip_address(server or ""):
            yield invalid("E0326", here / number, server, text)


def _security(context: Object, at: At) -> Iterator[Fault]:
    for field in ("fsGroup", "runAsUser", "runAsGroup"):
        value = context.get(field)
        if value is not None:
            for text in names.in_range(value, 0, MAX_INT32):
                yield invalid("E0321", at / field, value, text)


def _names(spec: Object, at: At) -> Iterator[Fault]:
    for number, secret in enumerate(items(spec.get("imagePullSecrets"))):
        name = mapping(secret).get("name") or ""
        if name:
            for text in names.dns_subdomain(name):
                yield invalid("E0327", at / "imagePullSecrets" / number / "name", name, text)
    for field, rule in _NAMES:
        value = spec.get(field) or ""
        if value:
            for text in rule(value):
                yield invalid("E0327", at / field, value, text)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        for text in names.in_range(deadline, 1, MAX_INT32):
            yield invalid("E0325", at / "activeDeadlineSeconds", deadline, text)


def _host_alias(alias: Object, at: At) -> Iterator[Fault]:
    address = alias.get("ip") or ""
    for text in names.ip_address(address):
        yield invalid("E0324", at / "ip", address, text)
    for number, name in enumerate(items(alias.get("hostnames"))):
        for text in names.dns_subdomain(name or ""):
            yield invalid("E0324", at / "hostnames", name, text, point=at / "hostnames" / number)
