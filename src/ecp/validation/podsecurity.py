"""Pod Security Standards: what a pod may not do at a level, in the words of the admission.

`violations` judges a pod's spec and annotations, `refusal` words the server's 403, `policy_of`
reads the labels of a namespace. Levels grow: restricted asks for all of baseline, save where it
asks for more of the same. Each check says since which policy version it holds.
Source: k8s.io/pod-security-admission policy/check_*.go, policy/registry.go, api/helpers.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, get_args

from ecp.kube.errors import go_quote
from ecp.validation.faults import At, Fault, invalid
from ecp.validation.scope import items, mapping

Level = Literal["privileged", "baseline", "restricted"]
Mode = Literal["enforce", "audit", "warn"]
Version = tuple[int, int]
Object = Mapping[str, Any]
LATEST: Final = "latest"
PREFIX: Final = "pod-security.kubernetes.io/"
_LEVELS: Final[tuple[Level, ...]] = ("privileged", "baseline", "restricted")
_NEWEST: Final = (1, 36)


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


class Policy(NamedTuple):
    """A level and the version it is read at, as in ``restricted:latest``."""

    level: Level
    version: str = LATEST

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"


class _Rule(NamedTuple):
    """check answers with a reason and its detail, None for a pod that is fine."""

    id: str
    level: Level
    since: Version
    check: Callable[[Pod], tuple[str, str] | None]
    instead_of: str = ""


def violations(
    spec: Object,
    level: Level,
    version: Version = _NEWEST,
    *,
    annotations: Object | None = None,
) -> tuple[str, ...]:
    """Return what a pod does that its level forbids: ``reason (detail)``, in the server's order.

    version is that of the policy, (1, 36) for ``v1.36``; one after the newest known is read as it.
    """
    if level == "privileged":
        return ()
    pod = Pod(spec, mapping(annotations or {}), _containers(spec), min(version, _NEWEST))
    held = [rule for rule in _RULES if pod.version >= rule.since]
    if level == "baseline":
        held = [rule for rule in held if rule.level == "baseline"]
    replaced = {rule.instead_of for rule in held}
    found = [rule.check(pod) for rule in held if rule.id not in replaced]
    return tuple(f"{reason} ({detail})" for reason, detail in filter(None, found))


def refusal(name: str, policy: Policy, found: Iterable[str]) -> str:
    """Word the 403: ``pods "x" is forbidden: violates PodSecurity "restricted:latest": …``."""
    return f"pods {go_quote(name)} is forbidden: {violation(policy, found)}"


def violation(policy: Policy, found: Iterable[str]) -> str:
    """Word the part after ``is forbidden: ``, for an error that says the rest."""
    return f"violates PodSecurity {go_quote(str(policy))}: {', '.join(found)}"


def warning(policy: Policy, found: Iterable[str]) -> str:
    """Word the Warning header for a pod or a template that a warn label only speaks of."""
    return f"would violate PodSecurity {go_quote(str(policy))}: {', '.join(found)}"


def policy_of(labels: Object, mode: Mode = "enforce") -> Policy:
    """Return the policy that a namespace's labels set for a mode; privileged where they set none.

    What the labels spell wrong is read on the safe side: an enforced level as restricted, one that
    is only spoken of as privileged, a version as latest. Without a level of its own, warn speaks
    of what enforce would refuse.
    """
    level = labels.get(PREFIX + mode)
    version = labels.get(f"{PREFIX}{mode}-version")
    if mode == "warn" and level is None and labels.get(f"{PREFIX}enforce") in _LEVELS[1:]:
        enforced = policy_of(labels)
        return enforced if version is None else Policy(enforced.level, _known(version))
    fallback: Level = "restricted" if mode == "enforce" and level is not None else "privileged"
    known: Level = next((known for known in _LEVELS if known == level), fallback)
    return Policy(known, _known(version or LATEST))


def _known(version: str) -> str:
    return version if version_of(version) is not None else LATEST


def label_faults(labels: Object) -> Iterator[Fault]:
    """Yield what the admission says of a namespace's labels that it cannot read."""
    at = At() / "metadata" / "labels"
    for mode in get_args(Mode):
        level, version = PREFIX + mode, f"{PREFIX}{mode}-version"
        if level in labels and labels[level] not in _LEVELS:
            text = f"must be one of {', '.join(_LEVELS)}"
            yield invalid("E0615", at.key(level), labels[level], text)
        if version in labels and version_of(labels[version]) is None:
            yield invalid("E0615", at.key(version), labels[version], 'must be "latest" or "v1.x"')


def version_of(text: str) -> Version | None:
    """Return ``v1.36`` as (1, 36), latest as the newest known, None for anything else."""
    if text == LATEST:
        return _NEWEST
    major, dot, minor = text.removeprefix("v").partition(".")
    if not text.startswith("v1.") or not dot or not (minor.isascii() and minor.isdigit()):
        return None
    if minor != str(int(minor)):
        return None
    return int(major), int(minor)


def check(name: str, spec: Object, policy: Policy, *, annotations: Object | None = None) -> str:
    """Return the server's refusal of a pod under a policy, ``""`` for one that it lets in."""
    version = version_of(policy.version) or _NEWEST
    found = violations(spec, policy.level, version, annotations=annotations)
    return refusal(name, policy, found) if found else ""


# ---- words ----------------------------------------------------------------------------------


def _containers(spec: Object) -> tuple[Object, ...]:
    fields = ("initContainers", "containers", "ephemeralContainers")
    return tuple(mapping(one) for field in fields for one in items(spec.get(field)))


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
_RULES: Final = (
    _Rule("appArmorProfile", "baseline", (1, 0), _apparmor),
    _Rule("capabilities_baseline", "baseline", (1, 0), _capabilities),
    _Rule("hostNamespaces", "baseline", (1, 0), _host_namespaces),
    _Rule("hostPathVolumes", "baseline", (1, 0), _host_paths),
    _Rule("hostPorts", "baseline", (1, 0), _host_ports),
    _Rule("hostProbesAndHostLifecycle", "baseline", (1, 34), _probe_hosts),
    _Rule("privileged", "baseline", (1, 0), _privileged),
    _Rule("procMount", "baseline", (1, 0), _proc_mount),
    _Rule("seLinuxOptions", "baseline", (1, 0), _selinux),
    _Rule("seccompProfile_baseline", "baseline", (1, 0), _seccomp_baseline),
    _Rule("sysctls", "baseline", (1, 0), _sysctls),
    _Rule("windowsHostProcess", "baseline", (1, 0), _host_process),
    _Rule("allowPrivilegeEscalation", "restricted", (1, 8), _escalation),
    _Rule(
        "capabilities_restricted", "restricted", (1, 22), _dropped_capabilities,
        "capabilities_baseline",
    ),
    _Rule("procMount_restricted", "restricted", (1, 35), _any_proc_mount, "procMount"),
    _Rule("restrictedVolumes", "restricted", (1, 0), _volumes, "hostPathVolumes"),
    _Rule("runAsNonRoot", "restricted", (1, 0), _non_root),
    _Rule("runAsUser", "restricted", (1, 23), _root_user),
    _Rule(
        "seccompProfile_restricted", "restricted", (1, 19), _seccomp, "seccompProfile_baseline"
    ),
)  # fmt: skip
