"""Pod Security Standards: what a pod may not do at a level, in the words of the admission.

`violations` judges a pod's spec and annotations, `refusal` words the server's 403, `policy_of`
reads the labels of a namespace. Levels grow: restricted asks for all of baseline, save where it
asks for more of the same. Each check says since which policy version it holds.
Source: k8s.io/pod-security-admission policy/registry.go, api/helpers.go, admission/admission.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, get_args

from ecp.kube.errors import go_quote
from ecp.validation import podrestrictions, podstandards
from ecp.validation.faults import At, Fault, invalid
from ecp.validation.podstandards import NEWEST, Level, Pod, Version, pod_of

Mode = Literal["enforce", "audit", "warn"]
Object = Mapping[str, Any]
LATEST: Final = "latest"
PREFIX: Final = "pod-security.kubernetes.io/"
_LEVELS: Final[tuple[Level, ...]] = ("privileged", "baseline", "restricted")


class Policy(NamedTuple):
    """A level and the version it is read at, as in ``restricted:latest``."""

    level: Level
    version: str = LATEST

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"


class Standard(NamedTuple):
    """check answers with a reason and its detail, None for a pod that is fine."""

    id: str
    level: Level
    since: Version
    check: Callable[[Pod], tuple[str, str] | None]
    instead_of: str = ""


def violations(
    spec: Object,
    level: Level,
    version: Version = NEWEST,
    *,
    annotations: Object | None = None,
) -> tuple[str, ...]:
    """Return what a pod does that its level forbids: ``reason (detail)``, in the server's order.

    version is that of the policy, (1, 36) for ``v1.36``; one after the newest known is read as it.
    """
    if level == "privileged":
        return ()
    pod = pod_of(spec, annotations or {}, version)
    held = [rule for rule in _STANDARDS if pod.version >= rule.since]
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
        return NEWEST
    major, dot, minor = text.removeprefix("v").partition(".")
    if not text.startswith("v1.") or not dot or not (minor.isascii() and minor.isdigit()):
        return None
    if minor != str(int(minor)):
        return None
    return int(major), int(minor)


def check(name: str, spec: Object, policy: Policy, *, annotations: Object | None = None) -> str:
    """Return the server's refusal of a pod under a policy, ``""`` for one that it lets in."""
    version = version_of(policy.version) or NEWEST
    found = violations(spec, policy.level, version, annotations=annotations)
    return refusal(name, policy, found) if found else ""


# In the order in which the server speaks: baseline before restricted, each by id.
_STANDARDS: Final = (
    Standard("appArmorProfile", "baseline", (1, 0), podstandards.apparmor),
    Standard("capabilities_baseline", "baseline", (1, 0), podstandards.capabilities),
    Standard("hostNamespaces", "baseline", (1, 0), podstandards.host_namespaces),
    Standard("hostPathVolumes", "baseline", (1, 0), podstandards.host_paths),
    Standard("hostPorts", "baseline", (1, 0), podstandards.host_ports),
    Standard("hostProbesAndHostLifecycle", "baseline", (1, 34), podstandards.probe_hosts),
    Standard("privileged", "baseline", (1, 0), podstandards.privileged),
    Standard("procMount", "baseline", (1, 0), podstandards.proc_mount),
    Standard("seLinuxOptions", "baseline", (1, 0), podstandards.selinux),
    Standard("seccompProfile_baseline", "baseline", (1, 0), podstandards.seccomp_baseline),
    Standard("sysctls", "baseline", (1, 0), podstandards.sysctls),
    Standard("windowsHostProcess", "baseline", (1, 0), podstandards.host_process),
    Standard("allowPrivilegeEscalation", "restricted", (1, 8), podrestrictions.escalation),
    Standard(
        "capabilities_restricted",
        "restricted",
        (1, 22),
        podrestrictions.dropped_capabilities,
        "capabilities_baseline",
    ),
    Standard(
        "procMount_restricted", "restricted", (1, 35), podstandards.any_proc_mount, "procMount"
    ),
    Standard("restrictedVolumes", "restricted", (1, 0), podrestrictions.volumes, "hostPathVolumes"),
    Standard("runAsNonRoot", "restricted", (1, 0), podrestrictions.non_root),
    Standard("runAsUser", "restricted", (1, 23), podrestrictions.root_user),
    Standard(
        "seccompProfile_restricted",
        "restricted",
        (1, 19),
        podrestrictions.seccomp,
        "seccompProfile_baseline",
    ),
)
