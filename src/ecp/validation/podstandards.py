"""The baseline of the Pod Security Standards, and the words that all their checks use.

A check answers with a reason and its detail, None for a pod that is fine.

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
        return [name_of(container) for container in self.containers if bad(container)]


def pod_of(spec: Object, annotations: Object, version: Version) -> Pod:
    fields = ("initContainers", "containers", "ephemeralContainers")
    containers = tuple(mapping(one) for field in fields for one in items(spec.get(field)))
    return Pod(spec, mapping(annotations), containers, min(version, NEWEST))


# ---- words ----------------------------------------------------------------------------------


def name_of(item: Object) -> str:
    return str(item.get("name") or "")


def context_of(container: Object) -> Object:
    return mapping(container.get("securityContext"))


def quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def sorted_once(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))


def plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def named(names: list[str], noun: str = "container") -> str:
    return f"{plural(noun, len(names))} {quoted(names)}"


def uses(names: list[str]) -> str:
    return "uses" if len(names) == 1 else "use"


def setters(pod: bool, names: list[str]) -> str:
    """Say who set something: the pod, containers, or both."""
    return " and ".join((["pod"] if pod else []) + ([named(names)] if names else []))


def is_windows(pod: Pod) -> bool:
    """A Windows pod cannot set these fields, so it is let off them since 1.25."""
    return pod.version >= (1, 25) and mapping(pod.spec.get("os")).get("name") == "windows"


# ---- baseline -------------------------------------------------------------------------------

_APPARMOR_KEY: Final = "container.apparmor.security.beta.kubernetes.io/"


def apparmor(pod: Pod) -> tuple[str, str] | None:
    def bad(context: Object) -> bool:
        profile = context.get("appArmorProfile")
        fine = ("RuntimeDefault", "Localhost")
        return isinstance(profile, dict) and profile.get("type") not in fine

    contexts = [pod.context, *map(context_of, pod.containers)]
    values = sorted_once(
        str(one["appArmorProfile"].get("type") or "") for one in contexts if bad(one)
    )
    names = pod.named(lambda container: bad(context_of(container)))
    who = [text for text in (setters(bad(pod.context), names),) if text]
    notes = sorted(
        f"{key}={go_quote(value)}"
        for key, value in pod.annotations.items()
        if key.startswith(_APPARMOR_KEY)
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    )
    if notes:
        who.append(plural("annotation", len(notes)))
    if not who:
        return None
    values += notes
    detail = f"{' and '.join(who)} must not set AppArmor profile type to {quoted(values)}"
    return plural("forbidden AppArmor profile", len(values)), detail


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
    added = items(mapping(context_of(container).get("capabilities")).get("add"))
    return [name for name in added if name not in allowed]


def must_not_add(pod: Pod, allowed: frozenset[str]) -> str:
    names = pod.named(lambda container: bool(_added(container, allowed)))
    if not names:
        return ""
    found = sorted_once(name for container in pod.containers for name in _added(container, allowed))
    return f"{named(names)} must not include {quoted(found)} in securityContext.capabilities.add"


def capabilities(pod: Pod) -> tuple[str, str] | None:
    detail = must_not_add(pod, _CAPABILITIES)
    return ("non-default capabilities", detail) if detail else None


def host_namespaces(pod: Pod) -> tuple[str, str] | None:
    fields = ("hostNetwork", "hostPID", "hostIPC")
    found = [f"{field}=true" for field in fields if pod.spec.get(field)]
    return ("host namespaces", ", ".join(found)) if found else None


def host_paths(pod: Pod) -> tuple[str, str] | None:
    volumes = map(mapping, items(pod.spec.get("volumes")))
    found = [name_of(volume) for volume in volumes if volume.get("hostPath") is not None]
    return ("hostPath volumes", named(found, "volume")) if found else None


def _host_ports_of(container: Object) -> list[str]:
    ports = [mapping(port).get("hostPort") for port in items(container.get("ports"))]
    return [str(port) for port in ports if port]


def host_ports(pod: Pod) -> tuple[str, str] | None:
    names = pod.named(lambda container: bool(_host_ports_of(container)))
    if not names:
        return None
    ports = sorted_once(port for container in pod.containers for port in _host_ports_of(container))
    listed = f"{plural('hostPort', len(ports))} {', '.join(ports)}"
    return "hostPort", f"{named(names)} {uses(names)} {listed}"


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


def probe_hosts(pod: Pod) -> tuple[str, str] | None:
    names = sorted_once(pod.named(lambda container: bool(_hosts_of(container))))
    if not names:
        return None
    hosts = sorted_once(host for container in pod.containers for host in _hosts_of(container))
    listed = f"{plural('probe or lifecycle host', len(hosts))} {quoted(hosts)}"
    return "probe or lifecycle host", f"{named(names)} {uses(names)} {listed}"


def privileged(pod: Pod) -> tuple[str, str] | None:
    names = pod.named(lambda container: bool(context_of(container).get("privileged")))
    text = "must not set securityContext.privileged=true"
    return ("privileged", f"{named(names)} {text}") if names else None


def any_proc_mount(pod: Pod) -> tuple[str, str] | None:
    def bad(container: Object) -> bool:
        return context_of(container).get("procMount") not in (None, "Default")

    names = pod.named(bad)
    if not names:
        return None
    kinds = sorted_once(str(context_of(one)["procMount"]) for one in pod.containers if bad(one))
    return "procMount", f"{named(names)} must not set securityContext.procMount to {quoted(kinds)}"


def proc_mount(pod: Pod) -> tuple[str, str] | None:
    relaxed = pod.version >= (1, 35) and pod.in_user_namespace()
    return None if relaxed else any_proc_mount(pod)


_SELINUX_TYPES: Final = frozenset(("", "container_t", "container_init_t", "container_kvm_t"))


def selinux(pod: Pod) -> tuple[str, str] | None:
    types = _SELINUX_TYPES | ({"container_engine_t"} if pod.version >= (1, 31) else set())

    def options(context: Object) -> Object:
        return mapping(context.get("seLinuxOptions"))

    def bad(context: Object) -> bool:
        found = options(context)
        strange = (found.get("type") or "") not in types
        return strange or bool(found.get("user") or found.get("role"))

    names = pod.named(lambda container: bad(context_of(container)))
    who = setters(bad(pod.context), names)
    if not who:
        return None
    everywhere = [options(context) for context in (pod.context, *map(context_of, pod.containers))]
    strange = sorted_once(
        str(one["type"]) for one in everywhere if (one.get("type") or "") not in types
    )
    said = [f"{plural('type', len(strange))} {quoted(strange)}"] if strange else []
    for field in ("user", "role"):
        if any(one.get(field) for one in everywhere):
            said.append(f"{field} may not be set")
    text = f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(said)}"
    return "seLinuxOptions", text


SECCOMP: Final = ("RuntimeDefault", "Localhost")


def seccomp_type(context: Object) -> str | None:
    profile = context.get("seccompProfile")
    return str(profile.get("type") or "") if isinstance(profile, dict) else None


def bad_seccomp(pod: Pod) -> tuple[str, str] | None:
    def bad(context: Object) -> bool:
        return seccomp_type(context) not in (None, *SECCOMP)

    names = pod.named(lambda container: bad(context_of(container)))
    who = setters(bad(pod.context), names)
    if not who:
        return None
    contexts = (pod.context, *map(context_of, pod.containers))
    kinds = sorted_once(str(seccomp_type(one)) for one in contexts if bad(one))
    text = f"{who} must not set securityContext.seccompProfile.type to {quoted(kinds)}"
    return "seccompProfile", text


_SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER: Final = "container.seccomp.security.alpha.kubernetes.io/"


def seccomp_baseline(pod: Pod) -> tuple[str, str] | None:
    """Before policy version 1.19 the profile stood in annotations."""
    if pod.version >= (1, 19):
        return bad_seccomp(pod)
    keys = [
        _SECCOMP_POD,
        *(_SECCOMP_CONTAINER + name_of(container) for container in pod.containers),
    ]
    found = sorted_once(
        f"{key}={go_quote(value)}"
        for key in keys
        if (value := pod.annotations.get(key)) is not None
        and value not in ("runtime/default", "docker/default")
        and not value.startswith("localhost/")
    )
    text = f"forbidden {plural('annotation', len(found))} {', '.join(found)}"
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


def sysctls(pod: Pod) -> tuple[str, str] | None:
    allowed = {
        name for since, listed in _SYSCTLS if pod.version >= since for name in listed.split()
    }
    names = [name_of(mapping(sysctl)) for sysctl in items(pod.context.get("sysctls"))]
    found = [name for name in names if name not in allowed]
    return ("forbidden sysctls", ", ".join(found)) if found else None


def host_process(pod: Pod) -> tuple[str, str] | None:
    def bad(context: Object) -> bool:
        return bool(mapping(context.get("windowsOptions")).get("hostProcess"))

    who = setters(bad(pod.context), pod.named(lambda container: bad(context_of(container))))
    text = "must not set securityContext.windowsOptions.hostProcess=true"
    return ("hostProcess", f"{who} {text}") if who else None
