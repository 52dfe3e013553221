"""Containers: name, image, ports, when they start again, and what the other modules here check.

Source: kubernetes pkg/apis/core/validation `validateContainerCommon`, `validateContainerPorts`,
`validateResizePolicy`, `validateContainerRestartPolicy`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    forbidden,
    invalid,
    required,
    too_many,
    unsupported,
)
from ecp.validation.kinds.env import check_env
from ecp.validation.kinds.mounts import check_mounts
from ecp.validation.kinds.resources import check_resources
from ecp.validation.kinds.security import check_container_security
from ecp.validation.scope import Object, Scope, items, mapping

PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_PULL: Final = ("Always", "IfNotPresent", "Never")
_TERMINATION: Final = ("File", "FallbackToLogsOnError")
_RESIZED: Final = ("cpu", "memory")
_RESIZES: Final = ("NotRequired", "RestartContainer")
_RESTARTS: Final = ("Always", "Never", "OnFailure")
_OPERATORS: Final = ("In", "NotIn")


class PodFacts(NamedTuple):
    """What the rules for a container must know of its pod.

    volumes      those that can be mounted, and whether they can be had as a device
    claims       names of its resource claims
    restart      its restart policy
    host_users   whether it shares the users of its host
    """

    volumes: Mapping[str, bool]
    claims: Collection[str] = ()
    restart: str = "Always"
    host_users: bool = True


def check_container(container: Object, at: At, facts: PodFacts, scope: Scope) -> Iterator[Fault]:
    """Check what holds for containers of every sort."""
    name = container.get("name") or ""
    if not name:
        yield required("E0301", at / "name")
    else:
        for text in names.dns_label(name):
            yield invalid("E0301", at / "name", name, text)
    if not container.get("image"):
        yield required("E0303", at / "image")
    policy = container.get("terminationMessagePolicy")
    if policy and policy not in _TERMINATION:
        yield unsupported("E0318", at / "terminationMessagePolicy", policy, _TERMINATION)
    if container.get("ports"):
        yield from _ports(container, at / "ports")
    if container.get("env") or container.get("envFrom"):
        yield from check_env(container, at, scope)
    if container.get("volumeMounts") or container.get("volumeDevices"):
        yield from check_mounts(container, at, scope, facts.volumes)
    pull = container.get("imagePullPolicy")
    if pull and pull not in _PULL:
        yield unsupported("E0318", at / "imagePullPolicy", pull, _PULL)
    if container.get("resources"):
        resources = mapping(container["resources"])
        yield from check_resources(resources, at / "resources", facts.claims)
    if container.get("resizePolicy") and scope.has("InPlacePodVerticalScaling"):
        yield from _resizes(container, at / "resizePolicy", facts.restart)
    if container.get("securityContext"):
        context, here = mapping(container["securityContext"]), at / "securityContext"
        yield from check_container_security(context, here, facts.host_users, scope)


def check_padding(container: Object, at: At) -> Iterator[Fault]:
    """Check that a pod's image is not padded; a template may hold such an image."""
    image = container.get("image") or ""
    if image != image.strip():
        text = "must not have leading or trailing whitespace"
        yield invalid("E0303", at / "image", image, text)


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


def check_host_ports(container: Object, at: At, seen: set[str]) -> Iterator[Fault]:
    """Check that no port of the host is taken twice; *seen* are those taken, and gets more."""
    for number, port in enumerate(items(container.get("ports"))):
        port = mapping(port)
        host = port.get("hostPort") or 0
        if not host:
            continue
        taken = f"{port.get('protocol') or 'TCP'}/{port.get('hostIP') or ''}/{host}"
        if taken in seen:
            yield duplicate("E0307", at / "ports" / number / "hostPort", taken)
        seen.add(taken)


# ---- resizing and starting again --------------------------------------------------------------


def _resizes(container: Object, at: At, restart: str) -> Iterator[Fault]:
    """Check how resources may be changed. The server names the list, not the entry."""
    seen: set[str] = set()
    for number, entry in enumerate(items(container.get("resizePolicy"))):
        entry, here = mapping(entry), at / number
        name, policy = entry.get("resourceName") or "", entry.get("restartPolicy") or ""
        if name in seen:
            yield duplicate("E0331", here, name)
        seen.add(name)
        for value, known, field in (
            (name, _RESIZED, "resourceName"),
            (policy, _RESIZES, "restartPolicy"),
        ):
            if not value:
                yield required("E0331", at)._replace(path=here.path)
            elif value not in known:
                yield unsupported("E0331", at, value, known, point=here / field)
        if restart == "Never" and policy != "NotRequired":
            text = "must be 'NotRequired' when pod `restartPolicy` is 'Never'"
            yield invalid("E0331", at, policy, text, point=here)


def check_init_resizes(container: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """Check that only init containers that last are started again to be resized."""
    if container.get("restartPolicy") == "Always" or not scope.has("InPlacePodVerticalScaling"):
        return
    for number, entry in enumerate(items(container.get("resizePolicy"))):
        policy = mapping(entry).get("restartPolicy")
        if policy == "RestartContainer":
            text = "must not be set to 'RestartContainer' for non-sidecar initContainers"
            yield invalid("E0331", at / "resizePolicy" / number / "restartPolicy", policy, text)


_NO_POLICY: Final = "must specify restartPolicy when restart rules are used"


def check_restart(container: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """Check a container's own restart policy and its rules."""
    policy, rules = container.get("restartPolicy"), items(container.get("restartPolicyRules"))
    if policy is None and not rules:
        return
    here = at / "restartPolicy"
    if not scope.has("ContainerRestartRules"):
        if policy is not None and not scope.since(1, 34):
            yield forbidden("E0330", here, "may not be set for non-init containers")
        return
    if policy is None:
        yield required("E0330", here, _NO_POLICY)
    yield from _restart_rules(policy, rules, at, scope)


def check_init_restart(container: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """As `check_restart`, for an init container, where Always makes it a sidecar."""
    policy, rules = container.get("restartPolicy"), items(container.get("restartPolicyRules"))
    if not scope.has("ContainerRestartRules"):
        if policy not in (None, "Always") and not scope.since(1, 34):
            yield unsupported("E0330", at / "restartPolicy", policy, ("Always",))
    elif policy is None:
        if rules:
            yield required("E0330", at / "restartPolicy", _NO_POLICY)
    elif policy != "Always" or scope.has("RestartAllContainersOnContainerExits"):
        yield from _restart_rules(policy, rules, at, scope)
    elif rules:
        text = "restartPolicyRules are not allowed for init containers with restart policy Always"
        yield forbidden("E0330", at / "restartPolicyRules", text)


def _restart_rules(policy: Any, rules: list[Any], at: At, scope: Scope) -> Iterator[Fault]:
    if policy is not None and policy not in _RESTARTS:
        yield unsupported("E0330", at / "restartPolicy", policy, _RESTARTS)
    if len(rules) > 20:
        yield too_many("E0330", at / "restartPolicyRules", len(rules), 20)
    everything = scope.has("RestartAllContainersOnContainerExits")
    actions = ("Restart", "RestartAllContainers") if everything else ("Restart",)
    for number, rule in enumerate(rules):
        rule, here = mapping(rule), at / "restartPolicyRules" / number
        action = rule.get("action") or ""
        if action not in actions:
            yield unsupported("E0330", here / "action", action, actions)
        codes, below = rule.get("exitCodes"), here / "exitCodes"
        if codes is None:
            yield required("E0330", below, "must be specified")
            continue
        operator, values = mapping(codes).get("operator") or "", items(mapping(codes).get("values"))
        if operator not in _OPERATORS:
            yield unsupported("E0330", below / "operator", operator, _OPERATORS)
        if len(values) > 255:
            yield too_many("E0330", below / "values", len(values), 255)
