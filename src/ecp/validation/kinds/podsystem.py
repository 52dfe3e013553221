"""What a pod may not ask of its operating system, and Windows host processes.

Source: kubernetes pkg/apis/core/validation `validateOS`, `validateLinux`, `validateWindows`,
`validateWindowsHostProcessPod`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.scope import Object, mapping

_RULE: Final = "E0334"
_SYSTEMS: Final = ("linux", "windows")
_Placed = Sequence[tuple[Object, At]]
# Fields of the pod that no Windows pod has, in the server's order: of the security context or not.
_NOT_FOR_WINDOWS_PODS: Final = (
    ("securityContext", "appArmorProfile"),
    ("securityContext", "seLinuxOptions"),
    ("", "hostUsers"),
    ("", "hostPID"),
    ("", "hostIPC"),
    ("securityContext", "seccompProfile"),
    ("securityContext", "fsGroup"),
    ("securityContext", "fsGroupChangePolicy"),
    ("securityContext", "sysctls"),
    ("", "shareProcessNamespace"),
    ("securityContext", "runAsUser"),
    ("securityContext", "runAsGroup"),
    ("securityContext", "supplementalGroups"),
    ("securityContext", "supplementalGroupsPolicy"),
    ("securityContext", "seLinuxChangePolicy"),
)
_NOT_FOR_WINDOWS_CONTAINERS: Final = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
)
# Plain switches and lists: there only when they say something.
_PLAIN: Final = frozenset({"hostPID", "hostIPC", "sysctls"})


def check_system(spec: Object, containers: _Placed, at: At) -> Iterator[Fault]:
    """Check ``os`` and what the named system refuses."""
    name, here = mapping(spec.get("os")).get("name") or "", at / "os"
    if not name:
        yield required(_RULE, here / "name")
    elif name not in _SYSTEMS:
        yield unsupported(_RULE, here, name, _SYSTEMS, point=here / "name")
    elif name == "linux":
        yield from _linux(spec, containers, at)
    else:
        yield from _windows(spec, containers, at)


def _linux(spec: Object, containers: _Placed, at: At) -> Iterator[Fault]:
    for owner, here in ((spec, at), *containers):
        if mapping(owner.get("securityContext")).get("windowsOptions") is not None:
            text = "windows options cannot be set for a linux pod"
            yield forbidden(_RULE, here / "securityContext" / "windowsOptions", text)


def _windows(spec: Object, containers: _Placed, at: At) -> Iterator[Fault]:
    text = "cannot be set for a windows pod"
    for group, field in _NOT_FOR_WINDOWS_PODS:
        owner = mapping(spec.get(group)) if group else spec
        value = owner.get(field)
        if value if field in _PLAIN else value is not None:
            yield forbidden(_RULE, (at / group if group else at) / field, text)
    for container, here in containers:
        context = mapping(container.get("securityContext"))
        for field in _NOT_FOR_WINDOWS_CONTAINERS:
            if context.get(field) is not None:
                yield forbidden(_RULE, here / "securityContext" / field, text)


def check_host_processes(spec: Object, containers: _Placed, at: At) -> Iterator[Fault]:
    """Check that a pod's containers are all host processes on the host's network, or none is."""
    of_pod, counted = _host_process(spec), 0
    for container, here in containers:
        own = _host_process(container)
        if of_pod is not None and own is not None and of_pod != own:
            shown = "true" if of_pod else "false"
            text = f"pod hostProcess value must be identical if both are specified, was {shown}"
            place = here / "securityContext" / "windowsOptions" / "hostProcess"
            yield invalid(_RULE, place, own, text)
        counted += bool(of_pod if own is None else own)
    if not counted:
        return
    if counted != len(containers):
        text = (
            "If pod contains any hostProcess containers then all containers must be HostProcess "
            "containers"
        )
        yield invalid(_RULE, at, "", text)
    if not spec.get("hostNetwork"):
        text = "hostNetwork must be true if pod contains any hostProcess containers"
        yield invalid(_RULE, at / "hostNetwork", False, text)


def _host_process(owner: Object) -> Any:
    options = mapping(mapping(owner.get("securityContext")).get("windowsOptions"))
    return options.get("hostProcess")
