"""The checks of the Pod Security Standards, a table of them in the order the admission runs.

Source: k8s.io/pod-security-admission policy/check_*.go, policy/visitor.go, policy/helpers.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple

from ecp.kube.errors import go_quote
from ecp.validation.scope import items, mapping

Level = Literal["privileged", "baseline", "restricted"]
Version = tuple[int, int]
Object = Mapping[str, Any]
NEWEST: Final = (1, 36)


class Pod(NamedTuple):
    """A pod as the checks see it; containers are those of all sorts, init containers first."""

    spec: Object
    annotations: Object
    containers: tuple[Object, ...]
    version: Version

    @property
    def context(self) -> Object:
        return mapping(self.spec.get("securityContext"))

    def in_user_namespace(self) -> bool:
        return self.spec.get("hostUsers") is False

    def named(self, bad: Callable[[Object], bool]) -> list[str]:
        """Return the names of the containers that *bad* holds for."""
        return [_name(container) for container in self.containers if bad(container)]


def pod_of(spec: Object, annotations: Object, version: Version) -> Pod:
    fields = ("initContainers", "containers", "ephemeralContainers")
    containers = tuple(mapping(one) for field in fields for one in items(spec.get(field)))
    return Pod(spec, mapping(annotations), containers, min(version, NEWEST))


class Standard(NamedTuple):
    """check answers with a reason and its detail, None for a pod that is fine."""

    id: str
    level: Level
    since: Version
    check: Callable[[Pod], tuple[str, str] | None]
    instead_of: str = ""


# ---- words ----------------------------------------------------------------------------------


def _name(item: Object) -> str:
    return str(item.get("name") or "")


def _context(container: Object) -> Object:
    return mapping(container.get("securityContext"))


def _quoted(texts: Iterable[str]) -> str:
    listed = '", "'.join(texts)
    return f'"{listed}"' if listed else ""


def _sorted(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _who(names: list[str], noun: str = "container") -> str:
    return f"{_plural(noun, len(names))} {_quoted(names)}"


def _uses(names: list[str]) -> str:
    return "uses" if len(names) == 1 else "use"


def _setters(pod: bool, names: list[str]) -> str:
    """Say who set something: the pod, containers, or both."""
    return " and ".join((["pod"] if pod else []) + ([_who(names)] if names else []))


def _is_windows(pod: Pod) -> bool:
    """A Windows pod cannot set these fields, so it is let off them since 1.25."""
    return pod.version >= (1, 25) and mapping(pod.spec.get("os")).get("name") == "windows"


# ---- baseline -------------------------------------------------------------------------------

_APPARMOR_KEY: Final = "container.apparmor.security.beta.kubernetes.io/"


def _apparmor(pod: Pod) -> tuple[str, str] | None:
    def bad(context: Object) -> bool:
        profile = context.get("appArmorProfile")
        fine = ("RuntimeDefault", "Localhost")
        return isinstance(profile, dict) and profile.get("type") not in fine

    contexts = [pod.context, *map(_context, pod.containers)]
    values = _sorted(str(one["appArmorProfile"].get("type") or "") for one in contexts if bad(one))
    names = pod.named(lambda container: bad(_context(container)))
    who = [text for text in (_setters(bad(pod.context), names),) if text]
    notes = sorted(
        f"{key}={go_quote(value)}"
        for key, value in pod.annotations.items()
        if key.startswith(_APPARMOR_KEY)
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    )
    if notes:
        who.append(_plural("annotation", len(notes)))
    if not who:
        return None
    values += notes
    detail = f"{' and '.join(who)} must not set AppArmor profile type to {_quoted(values)}"
    return _plural("forbidden AppArmor profile", len(values)), detail


_CAPABILITIES: Final = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)


def _added(container: Object, allowed: frozenset[str]) -> list[str]:
    added = items(mapping(_context(container).get("capabilities")).get("add"))
    return [name for name in added if name not in allowed]


def _must_not_add(pod: Pod, allowed: frozenset[str]) -> str:
    names = pod.named(lambda container: bool(_added(container, allowed)))
    if not names:
        return ""
    found = _sorted(name for container in pod.containers for name in _added(container, allowed))
    return f"{_who(names)} must not include {_quoted(found)} in securityContext.capabilities.add"


def _capabilities(pod: Pod) -> tuple[str, str] | None:
    detail = _must_not_add(pod, _CAPABILITIES)
    return ("non-default capabilities", detail) if detail else None


def _host_namespaces(pod: Pod) -> tuple[str, str] | None:
    fields = ("hostNetwork", "hostPID", "hostIPC")
    found = [f"{field}=true" for field in fields if pod.spec.get(field)]
    return ("host namespaces", ", ".join(found)) if found else None


def _host_paths(pod: Pod) -> tuple[str, str] | None:
    volumes = map(mapping, items(pod.spec.get("volumes")))
    found = [_name(volume) for volume in volumes if volume.get("hostPath") is not None]
    return ("hostPath volumes", _who(found, "volume")) if found else None


def _host_ports_of(container: Object) -> list[str]:
    ports = [mapping(port).get("hostPort") for port in items(container.get("ports"))]
    return [str(port) for port in ports if port]


def _host_ports(pod: Pod) -> tuple[str, str] | None:
    names = pod.named(lambda container: bool(_host_ports_of(container)))
    if not names:
        return None
    ports = _sorted(port for container in pod.containers for port in _host_ports_of(container))
    listed = f"{_plural('hostPort', len(ports))} {', '.join(ports)}"
    return "hostPort", f"{_who(names)} {_uses(names)} {listed}"


def _hosts_of(container: Object) -> list[str]:
    lifecycle = mapping(container.get("lifecycle"))
    handlers = [
        *(container.get(f"{sort}Probe") for sort in ("liveness", "readiness", "startup")),
        *(lifecycle.get(sort) for sort in ("postStart", "preStop")),
    ]
    hosts = [
        mapping(mapping(handler).get(action)).get("host")
        for handler in handlers
        for action in ("httpGet", "tcpSocket")
    ]
    return [host for host in hosts if host]


def _probe_hosts(pod: Pod) -> tuple[str, str] | None:
    names = _sorted(pod.named(lambda container: bool(_hosts_of(container))))
    if not names:
        return None
    hosts = _sorted(host for container in pod.containers for host in _hosts_of(container))
    listed = f"{_plural('probe or lifecycle host', len(hosts))} {_quoted(hosts)}"
    return "probe or lifecycle host", f"{_who(names)} {_uses(names)} {listed}"


def _privileged(pod: Pod) -> tuple[str, str] | None:
    names = pod.named(lambda container: bool(_context(container).get("privileged")))
    text = "must not set securityContext.privileged=true"
    return ("privileged", f"{_who(names)} {text}") if names else None


def _any_proc_mount(pod: Pod) -> tuple[str, str] | None:
    def bad(container: Object) -> bool:
        return _context(container).get("procMount") not in (None, "Default")

    names = pod.named(bad)
    if not names:
        return None
    kinds = _sorted(str(_context(one)["procMount"]) for one in pod.containers if bad(one))
    return "procMount", f"{_who(names)} must not set securityContext.procMount to {_quoted(kinds)}"


def _proc_mount(pod: Pod) -> tuple[str, str] | None:
    relaxed = pod.version >= (1, 35) and pod.in_user_namespace()
    return None if relaxed else _any_proc_mount(pod)


_SELINUX_TYPES: Final = frozenset(("", "container_t", "container_init_t", "container_kvm_t"))


def _selinux(pod: Pod) -> tuple[str, str] | None:
    types = _SELINUX_TYPES | ({"container_engine_t"} if pod.version >= (1, 31) else set())

    def options(context: Object) -> Object:
        return mapping(context.get("seLinuxOptions"))

    def bad(context: Object) -> bool:
        found = options(context)
        strange = (found.get("type") or "") not in types
        return strange or bool(found.get("user") or found.get("role"))

    names = pod.named(lambda container: bad(_context(container)))
    who = _setters(bad(pod.context), names)
    if not who:
        return None
    everywhere = [options(context) for context in (pod.context, *map(_context, pod.containers))]
    strange = _sorted(
        str(one["type"]) for one in everywhere if (one.get("type") or "") not in types
    )
    said = [f"{_plural('type', len(strange))} {_quoted(strange)}"] if strange else []
    for field in ("user", "role"):
        if any(one.get(field) for one in everywhere):
            said.append(f"{field} may not be set")
    text = f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(said)}"
    return "seLinuxOptions", text


_SECCOMP: Final = ("RuntimeDefault", "Localhost")


def _seccomp_type(context: Object) -> str | None:
    profile = context.get("seccompProfile")
    return str(profile.get("type") or "") if isinstance(profile, dict) else None


def _bad_seccomp(pod: Pod) -> tuple[str, str] | None:
    def bad(context: Object) -> bool:
        return _seccomp_type(context) not in (None, *_SECCOMP)

    names = pod.named(lambda container: bad(_context(container)))
    who = _setters(bad(pod.context), names)
    if not who:
        return None
    contexts = (pod.context, *map(_context, pod.containers))
    kinds = _sorted(str(_seccomp_type(one)) for one in contexts if bad(one))
    text = f"{who} must not set securityContext.seccompProfile.type to {_quoted(kinds)}"
    return "seccompProfile", text


_SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER: Final = "container.seccomp.security.alpha.kubernetes.io/"


def _seccomp_baseline(pod: Pod) -> tuple[str, str] | None:
    """Before policy version 1.19 the profile stood in annotations."""
    if pod.version >= (1, 19):
        return _bad_seccomp(pod)
    keys = [_SECCOMP_POD, *(_SECCOMP_CONTAINER + _name(container) for container in pod.containers)]
    found = _sorted(
        f"{key}={go_quote(value)}"
        for key in keys
        if (value := pod.annotations.get(key)) is not None
        and value not in ("runtime/default", "docker/default")
        and not value.startswith("localhost/")
    )
    text = f"forbidden {_plural('annotation', len(found))} {', '.join(found)}"
    return ("seccompProfile", text) if found else None


# Which policy version came to allow which sysctls.
_SYSCTLS: Final = (
    (
        (1, 0),
        "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies "
        "net.ipv4.ping_group_range net.ipv4.ip_unprivileged_port_start",
    ),
    ((1, 27), "net.ipv4.ip_local_reserved_ports"),
    (
        (1, 29),
        "net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl "
        "net.ipv4.tcp_keepalive_probes",
    ),
    ((1, 32), "net.ipv4.tcp_rmem net.ipv4.tcp_wmem"),
)


def _sysctls(pod: Pod) -> tuple[str, str] | None:
    allowed = {
        name for since, listed in _SYSCTLS if pod.version >= since for name in listed.split()
    }
    names = [_name(mapping(sysctl)) for sysctl in items(pod.context.get("sysctls"))]
    found = [name for name in names if name not in allowed]
    return ("forbidden sysctls", ", ".join(found)) if found else None


def _host_process(pod: Pod) -> tuple[str, str] | None:
    def bad(context: Object) -> bool:
        return bool(mapping(context.get("windowsOptions")).get("hostProcess"))

    who = _setters(bad(pod.context), pod.named(lambda container: bad(_context(container))))
    text = "must not set securityContext.windowsOptions.hostProcess=true"
    return ("hostProcess", f"{who} {text}") if who else None


# ---- restricted -----------------------------------------------------------------------------


def _escalation(pod: Pod) -> tuple[str, str] | None:
    if _is_windows(pod):
        return None
    names = pod.named(
        lambda container: _context(container).get("allowPrivilegeEscalation") is not False
    )
    text = "must set securityContext.allowPrivilegeEscalation=false"
    return ("allowPrivilegeEscalation != false", f"{_who(names)} {text}") if names else None


def _drops_all(container: Object) -> bool:
    return "ALL" in items(mapping(_context(container).get("capabilities")).get("drop"))


def _dropped_capabilities(pod: Pod) -> tuple[str, str] | None:
    if _is_windows(pod):
        return None
    names = pod.named(lambda container: not _drops_all(container))
    said = [f'{_who(names)} must set securityContext.capabilities.drop=["ALL"]'] if names else []
    added = _must_not_add(pod, frozenset(("NET_BIND_SERVICE",)))
    said += [added] if added else []
    return ("unrestricted capabilities", "; ".join(said)) if said else None


_VOLUMES: Final = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
]
_OTHER_VOLUMES: Final = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
]


def _volumes(pod: Pod) -> tuple[str, str] | None:
    """A volume without a source is an emptyDir by the time the admission sees it."""
    bad = [
        volume
        for volume in map(mapping, items(pod.spec.get("volumes")))
        if set(volume) - {"name"} and not any(volume.get(kind) is not None for kind in _VOLUMES)
    ]
    if not bad:
        return None
    kinds = _sorted(
        next((kind for kind in _OTHER_VOLUMES if volume.get(kind) is not None), "unknown")
        for volume in bad
    )
    names = [_name(volume) for volume in bad]
    listed = f"{_plural('restricted volume type', len(kinds))} {_quoted(kinds)}"
    return "restricted volume types", f"{_who(names, 'volume')} {_uses(names)} {listed}"


def _non_root(pod: Pod) -> tuple[str, str] | None:
    if pod.version >= (1, 35) and pod.in_user_namespace():
        return None
    reason = "runAsNonRoot != true"
    own = pod.context.get("runAsNonRoot")
    who = _setters(
        own is False, pod.named(lambda container: _context(container).get("runAsNonRoot") is False)
    )
    if who:
        return reason, f"{who} must not set securityContext.runAsNonRoot=false"
    silent = pod.named(lambda container: _context(container).get("runAsNonRoot") is None)
    if own or not silent:
        return None
    return reason, f"pod or {_who(silent)} must set securityContext.runAsNonRoot=true"


def _root_user(pod: Pod) -> tuple[str, str] | None:
    if pod.version >= (1, 35) and pod.in_user_namespace():
        return None

    def bad(context: Object) -> bool:
        return context.get("runAsUser") == 0

    who = _setters(bad(pod.context), pod.named(lambda container: bad(_context(container))))
    return ("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def _seccomp(pod: Pod) -> tuple[str, str] | None:
    if _is_windows(pod):
        return None
    found = _bad_seccomp(pod)
    if found is not None or _seccomp_type(pod.context) is not None:
        return found
    silent = pod.named(lambda container: _seccomp_type(_context(container)) is None)
    if not silent:
        return None
    text = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return "seccompProfile", f"pod or {_who(silent)} {text}"


# In the order in which the server speaks: baseline before restricted, each by id.
STANDARDS: Final = (
    Standard("appArmorProfile", "baseline", (1, 0), _apparmor),
    Standard("capabilities_baseline", "baseline", (1, 0), _capabilities),
    Standard("hostNamespaces", "baseline", (1, 0), _host_namespaces),
    Standard("hostPathVolumes", "baseline", (1, 0), _host_paths),
    Standard("hostPorts", "baseline", (1, 0), _host_ports),
    Standard("hostProbesAndHostLifecycle", "baseline", (1, 34), _probe_hosts),
    Standard("privileged", "baseline", (1, 0), _privileged),
    Standard("procMount", "baseline", (1, 0), _proc_mount),
    Standard("seLinuxOptions", "baseline", (1, 0), _selinux),
    Standard("seccompProfile_baseline", "baseline", (1, 0), _seccomp_baseline),
    Standard("sysctls", "baseline", (1, 0), _sysctls),
    Standard("windowsHostProcess", "baseline", (1, 0), _host_process),
    Standard("allowPrivilegeEscalation", "restricted", (1, 8), _escalation),
    Standard(
        "capabilities_restricted", "restricted", (1, 22), _dropped_capabilities,
        "capabilities_baseline",
    ),
    Standard("procMount_restricted", "restricted", (1, 35), _any_proc_mount, "procMount"),
    Standard("restrictedVolumes", "restricted", (1, 0), _volumes, "hostPathVolumes"),
    Standard("runAsNonRoot", "restricted", (1, 0), _non_root),
    Standard("runAsUser", "restricted", (1, 23), _root_user),
    Standard(
        "seccompProfile_restricted", "restricted", (1, 19), _seccomp, "seccompProfile_baseline"
    ),
)  # fmt: skip
