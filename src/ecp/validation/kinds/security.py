"""Security contexts of pods and containers.

Source: kubernetes pkg/apis/core/validation `ValidateSecurityContext`,
`validatePodSpecSecurityContext`, `validateWindowsSecurityContextOptions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import Named
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    forbidden,
    invalid,
    invalid_struct,
    required,
    too_long,
    unsupported,
)
from ecp.validation.kinds.paths import below
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0321"
MAX_INT32: Final = 2**31 - 1
_PROC_MOUNTS: Final = ("Default", "Unmasked")
PROFILES: Final = ("Localhost", "RuntimeDefault", "Unconfined")
_CHANGES: Final = ("Always", "OnRootMismatch")
_GROUP_POLICIES: Final = ("Merge", "Strict")


def check_container_security(
    context: Object, at: At, host_users: bool, scope: Scope
) -> Iterator[Fault]:
    """Check a container's security context; *host_users* is whether the pod shares the host's."""
    for field in ("runAsUser", "runAsGroup"):
        yield from _identity(context.get(field), at / field)
    mount = context.get("procMount")
    if mount is not None and scope.has("ProcMountType"):
        if mount not in _PROC_MOUNTS:
            yield unsupported(_RULE, at / "procMount", mount, _PROC_MOUNTS)
        if host_users and mount == "Unmasked":
            text = "`hostUsers` must be false to use `Unmasked`"
            yield invalid(_RULE, at / "procMount", mount, text)
    yield from _seccomp(context.get("seccompProfile"), at / "seccompProfile")
    if context.get("allowPrivilegeEscalation") is False:
        yield from _escalation(context, at)
    yield from _windows(context.get("windowsOptions"), at / "windowsOptions")
    yield from _app_armor(context.get("appArmorProfile"), at / "appArmorProfile")


def _escalation(context: Object, at: At) -> Iterator[Fault]:
    shown, point = _as_struct(context, _CONTEXT), at / "allowPrivilegeEscalation"
    start = "cannot set `allowPrivilegeEscalation` to false and"
    if context.get("privileged"):
        text = f"{start} `privileged` to true"
        yield invalid_struct(_RULE, at, shown, text, point=point)
    for capability in items(mapping(context.get("capabilities")).get("add")):
        if capability == "CAP_SYS_ADMIN":
            text = f"{start} `capabilities.Add` CAP_SYS_ADMIN"
            yield invalid_struct(_RULE, at, shown, text, point=point)


def check_pod_security(spec: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """Check the security context of the pod spec; *at* is where the context stands."""
    context = mapping(spec.get("securityContext"))
    for field in ("fsGroup", "runAsUser", "runAsGroup"):
        yield from _identity(context.get(field), at / field)
    for number, group in enumerate(items(context.get("supplementalGroups"))):
        yield from _identity(group, at / "supplementalGroups" / number)
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        text = "ShareProcessNamespace and HostPID cannot both be enabled"
        fault = invalid(_RULE, at / "shareProcessNamespace", True, text)
        yield fault._replace(path=(*at.path[:-1], "shareProcessNamespace"))
    if not context:
        return
    yield from _sysctls(spec, context, at / "sysctls")
    yield from _choice(context.get("fsGroupChangePolicy"), _CHANGES, at / "fsGroupChangePolicy")
    yield from _seccomp(context.get("seccompProfile"), at / "seccompProfile")
    yield from _windows(context.get("windowsOptions"), at / "windowsOptions")
    yield from _app_armor(context.get("appArmorProfile"), at / "appArmorProfile")
    if scope.has("SupplementalGroupsPolicy"):
        field = "supplementalGroupsPolicy"
        yield from _choice(context.get(field), _GROUP_POLICIES, at / field)
    if scope.has("SELinuxChangePolicy"):
        known = ("MountOption", "Recursive") if scope.has("SELinuxMount") else ("Recursive",)
        yield from _choice(context.get("seLinuxChangePolicy"), known, at / "seLinuxChangePolicy")


def _choice(value: Any, known: tuple[str, ...], at: At) -> Iterator[Fault]:
    if value is not None and value not in known:
        yield unsupported(_RULE, at, value, known)


def _identity(number: Any, at: At) -> Iterator[Fault]:
    if number is not None:
        for text in names.in_range(number, 0, MAX_INT32):
            yield invalid(_RULE, at, number, text)


# ---- system calls -----------------------------------------------------------------------------

_SEGMENT: Final = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL: Final = rf"({_SEGMENT}[\./])*{_SEGMENT}"
_OF_IPC: Final = frozenset(
    {
        "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
        "kernel.shm", "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.msg",
    }
)  # fmt: skip


def _sysctls(spec: Object, context: Object, at: At) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, sysctl in enumerate(items(context.get("sysctls"))):
        name, here = mapping(sysctl).get("name") or "", at / number / "name"
        if not name:
            yield required(_RULE, here)
        elif len(name.encode()) > 253 or not re.fullmatch(_SYSCTL, name):
            text = f"must have at most 253 characters and match regex ^{_SYSCTL}$"
            yield invalid(_RULE, here, name, text)
        elif name in seen:
            yield duplicate(_RULE, here, name)
        shared = _namespace(name)
        if shared and spec.get(shared):
            yield invalid(_RULE, here, name, f"may not be specified when '{shared}' is true")
        seen.add(name)


def _namespace(sysctl: str) -> str:
    """Return the field by which a pod shares the namespace of a sysctl with its host, or "".

    Source: component-helpers node/util/sysctl/namespace.go.
    """
    first = re.search("[./]", sysctl)
    if first is not None and first[0] == "/":
        sysctl = sysctl.translate(str.maketrans("./", "/."))
    sysctl = sysctl.partition("*")[0]
    if sysctl in _OF_IPC or sysctl.startswith("fs.mqueue."):
        return "hostIPC"
    return "hostNetwork" if sysctl.startswith("net.") else ""


# ---- profiles ---------------------------------------------------------------------------------


def _seccomp(profile: Any, at: At) -> Iterator[Fault]:
    if profile is None:
        return
    profile = mapping(profile)
    kind, local = profile.get("type") or "", profile.get("localhostProfile")
    here = at / "localhostProfile"
    if not kind:
        yield required(_RULE, at / "type", "type is required when seccompProfile is set")
    elif kind not in PROFILES:
        yield unsupported(_RULE, at / "type", kind, PROFILES)
    if kind == "Localhost":
        if local is None:
            yield required(_RULE, here, "must be set when seccomp type is Localhost")
        else:
            for text in below(local):
                yield invalid(_RULE, here, local, text)
    elif local is not None:
        text = "can only be set when seccomp type is Localhost"
        yield invalid_struct(_RULE, here, _as_struct(profile, _PROFILE), text)


def app_armor_complaints(profile: Object, at: At) -> Iterator[Fault]:
    """Check an AppArmor profile. Source: `ValidateAppArmorProfileField`."""
    kind, local = profile.get("type") or "", profile.get("localhostProfile")
    here = at / "localhostProfile"
    if not kind:
        yield required(_RULE, at / "type", "type is required when appArmorProfile is set")
    elif kind not in PROFILES:
        yield unsupported(_RULE, at / "type", kind, PROFILES)
    elif kind != "Localhost":
        if local is not None:
            text = "can only be set when AppArmor type is Localhost"
            yield invalid(_RULE, here, local, text)
    elif local is None:
        yield required(_RULE, here, "must be set when AppArmor type is Localhost")
    else:
        if local != local.strip():
            yield invalid(_RULE, here, local, "must not be padded with whitespace")
        elif not local:
            yield required(_RULE, here, "must be set when AppArmor type is Localhost")
        if len(local.encode()) > 4095:
            yield too_long(_RULE, here, 4095)


def _app_armor(profile: Any, at: At) -> Iterator[Fault]:
    if profile is not None:
        yield from app_armor_complaints(mapping(profile), at)


# ---- Windows ----------------------------------------------------------------------------------

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_NET_BIOS: Final = re.compile(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}')
_DNS_PART: Final = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_DNS_DOMAIN: Final = re.compile(rf"{_DNS_PART}(?:\.{_DNS_PART})*")
_NOT_IN_USER: Final = re.compile(r'["/\\:;|=,+*?<>@\[\]]')


def _windows(options: Any, at: At) -> Iterator[Fault]:
    if options is None:
        return
    options = mapping(options)
    name, spec = options.get("gmsaCredentialSpecName"), options.get("gmsaCredentialSpec")
    if name is not None:
        for text in names.dns_subdomain(name):
            yield invalid(_RULE, at / "gmsaCredentialSpecName", Named(name), text)
    here = at / "gmsaCredentialSpec"
    if spec == "":
        yield invalid(_RULE, here, Named(spec), "gmsaCredentialSpec cannot be an empty string")
    elif spec is not None and len(spec.encode()) > 64 * 1024:
        yield invalid(_RULE, here, Named(spec), "gmsaCredentialSpec size must be under 64 KiB")
    account = options.get("runAsUserName")
    if account is not None:
        for text in _account_complaints(account):
            yield invalid(_RULE, at / "runAsUserName", Named(account), f"runAsUserName{text}")


def _account_complaints(account: str) -> Iterator[str]:
    """Yield what is wrong with a Windows account, ``user`` or ``domain\\user``."""
    if not account:
        yield " cannot be an empty string"
        return
    if _CONTROL.search(account):
        yield " cannot contain control characters"
        return
    parts = account.split("\\")
    if len(parts) > 2:
        yield " cannot contain more than one backslash"
        return
    user = parts[-1]
    if len(parts) == 2:
        domain = parts[0]
        if len(domain.encode()) >= 256:
            yield "'s Domain length must be under 256 characters"
        if not _NET_BIOS.fullmatch(domain) and not _DNS_DOMAIN.fullmatch(domain):
            yield "'s Domain doesn't match the NetBios nor the DNS format"
    if not user:
        yield "'s User cannot be empty"
    elif len(user.encode()) > 104:
        yield "'s User length must not be longer than 104 characters"
    if user and not user.strip(". "):
        yield "'s User cannot contain only periods or spaces"
    if _NOT_IN_USER.search(user):
        yield "'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"


# ---- as the server prints them ----------------------------------------------------------------

_Struct = tuple[tuple[str, str, Any], ...]
# Go's name of a field, its name in the API, and what it holds when it is absent, or its own fields.
# Source: kubernetes pkg/apis/core/types.go.
_PROFILE: Final[_Struct] = (("Type", "type", ""), ("LocalhostProfile", "localhostProfile", None))
_CONTEXT: Final[_Struct] = (
    ("Capabilities", "capabilities", (("Add", "add", None), ("Drop", "drop", None))),
    ("Privileged", "privileged", None),
    (
        "SELinuxOptions",
        "seLinuxOptions",
        (("User", "user", ""), ("Role", "role", ""), ("Type", "type", ""), ("Level", "level", "")),
    ),
    (
        "WindowsOptions",
        "windowsOptions",
        (
            ("GMSACredentialSpecName", "gmsaCredentialSpecName", None),
            ("GMSACredentialSpec", "gmsaCredentialSpec", None),
            ("RunAsUserName", "runAsUserName", None),
            ("HostProcess", "hostProcess", None),
        ),
    ),
    ("RunAsUser", "runAsUser", None),
    ("RunAsGroup", "runAsGroup", None),
    ("RunAsNonRoot", "runAsNonRoot", None),
    ("ReadOnlyRootFilesystem", "readOnlyRootFilesystem", None),
    ("AllowPrivilegeEscalation", "allowPrivilegeEscalation", None),
    ("ProcMount", "procMount", None),
    ("SeccompProfile", "seccompProfile", _PROFILE),
    ("AppArmorProfile", "appArmorProfile", _PROFILE),
)


def _as_struct(value: Mapping[str, Any], fields: _Struct) -> dict[str, Any]:
    """Return a struct whose internal type has no JSON names as the server prints it."""
    shown: dict[str, Any] = {}
    for spoken, name, below_or_empty in fields:
        found = value.get(name)
        if isinstance(below_or_empty, tuple):
            shown[spoken] = None if found is None else _as_struct(mapping(found), below_or_empty)
        else:
            shown[spoken] = below_or_empty if found is None else found
    return shown


# ---- user namespaces --------------------------------------------------------------------------


def check_host_users(
    spec: Object, containers: list[tuple[Object, At]], at: At, scope: Scope
) -> Iterator[Fault]:
    """Check a pod with users of its own, which shares no other namespace with its host."""
    if spec.get("hostUsers") is not False or not scope.has("UserNamespacesSupport"):
        return
    text = "when `hostUsers` is false"
    shared = [("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
    if not scope.has("UserNamespacesHostNetworkSupport"):
        shared.insert(0, ("hostNetwork", "hostNetwork"))
    for field, spoken in shared:
        if spec.get(field):
            yield forbidden(_RULE, at / spoken, text)._replace(path=(at / field).path)
    for container, here in containers:
        if container.get("volumeDevices"):
            yield forbidden(_RULE, here / "volumeDevices", text)
