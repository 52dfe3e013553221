"""What the Pod Security labels of a namespace make the server say: 403s and Warning headers.

Source: k8s.io/pod-security-admission admission/admission.go.
"""

from collections.abc import Iterable
from typing import Any, Final

from ecp.kube import kinds
from ecp.kube.errors import Forbidden, go_quote
from ecp.kube.kinds import Kind
from ecp.sim.plans import controller_of
from ecp.sim.store import Key, Obj, Store
from ecp.validation import podsecurity
from ecp.validation.podsecurity import Policy, policy_of, warning
from ecp.validation.podstandards import NEWEST
from ecp.validation.refusals import ENFORCE, security_complaint

_NOTHING: Final[Obj] = {}
_TEMPLATES: Final = {
    kinds.PODTEMPLATES: ("template",),
    kinds.CRONJOBS: ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(
        (
            kinds.DAEMONSETS,
            kinds.DEPLOYMENTS,
            kinds.JOBS,
            kinds.RCS,
            kinds.REPLICASETS,
            kinds.STATEFULSETS,
        ),
        ("spec", "template"),
    ),
}
_MOST = 3000
"""Pods that are looked at when a namespace comes to enforce more."""


def check_pod(store: Store, key: Key, pod: Obj) -> None:
    """Raises Forbidden for a pod that the level of its namespace refuses."""
    labels = _labels(store, key[0])
    if ENFORCE in labels:
        annotations = pod["metadata"].get("annotations") or _NOTHING
        text = security_complaint(labels, pod["spec"], annotations)
        if text:
            raise Forbidden(kinds.PODS, key[1], text)


def warnings(store: Store, kind: Kind, key: Key, obj: Obj, old: Obj | None) -> list[str]:
    """Return what is said of a caller's write that is let through, about pods or templates."""
    if kind.resource == kinds.NAMESPACES:
        return _of_namespace(store, obj, old) if old is not None else []
    path = () if kind.resource == kinds.PODS else _TEMPLATES.get(kind.resource)
    if path is None or (kind.resource == kinds.PODS and not matters(obj, old)):
        return []
    policy = policy_of(_labels(store, key[0]), "warn")
    if policy.level == "privileged":
        return []
    pod: Any = obj
    for step in path:
        pod = pod.get(step) or _NOTHING
    found = _violations(policy, pod) if pod else ()
    return [warning(policy, found)] if found else []


def matters(pod: Obj, old: Obj | None) -> bool:
    """Whether a write may change what the standards say of a pod: new containers or images."""
    return old is None or _images(pod) != _images(old)


def _images(pod: Obj) -> list[list[str]]:
    spec = pod["spec"]
    return [
        [one["image"] for one in spec.get(field) or ()]
        for field in ("containers", "initContainers", "ephemeralContainers")
    ]


def _labels(store: Store, namespace: str) -> Obj:
    found = store.get(kinds.NAMESPACES, "", namespace) or _NOTHING
    labels: Obj = (found.get("metadata") or _NOTHING).get("labels") or _NOTHING
    return labels


def _violations(policy: Policy, pod: Obj) -> tuple[str, ...]:
    version = podsecurity.version_of(policy.version) or NEWEST
    annotations = (pod.get("metadata") or _NOTHING).get("annotations") or _NOTHING
    spec = pod.get("spec") or _NOTHING
    return podsecurity.violations(spec, policy.level, version, annotations=annotations)


_LEVELS: Final = ("privileged", "baseline", "restricted")


def _of_namespace(store: Store, obj: Obj, old: Obj) -> list[str]:
    """Return which of its pods a namespace would refuse from now on."""
    now, before = (policy_of(one["metadata"].get("labels") or _NOTHING) for one in (obj, old))
    relaxed = now.version == before.version and (
        _LEVELS.index(now.level) <= _LEVELS.index(before.level)
    )
    if now.level == "privileged" or relaxed:
        return []
    name = obj["metadata"]["name"]
    pods = _one_of_each(sorted(store.list(kinds.PODS, name), key=lambda p: p["metadata"]["name"]))
    said = []
    if len(pods) > _MOST:
        said.append(
            "new PodSecurity enforce level only checked against the first "
            f"{_MOST} of {len(pods)} existing pods"
        )
    names: dict[str, list[str]] = {}
    for pod in pods[:_MOST]:
        reasons = [text.partition(" (")[0] for text in _violations(now, pod)]
        if reasons:
            names.setdefault(", ".join(reasons), []).append(pod["metadata"]["name"])
    if names:
        level = go_quote(str(now))
        said.append(
            f"existing pods in namespace {go_quote(name)} violate the new PodSecurity enforce"
            f" level {level}"
        )
    return said + sorted(f"{_counted(of)}: {reasons}" for reasons, of in names.items())


def _counted(names: list[str]) -> str:
    others = len(names) - 1
    if not others:
        return names[0]
    return f"{min(names)} (and {others} other pod{'s' if others > 1 else ''})"


def _one_of_each(pods: Iterable[Obj]) -> list[Obj]:
    """Put the second and later pods of a controller behind all others."""
    first: list[Obj] = []
    later: list[Obj] = []
    seen: dict[str, None] = {}
    for pod in pods:
        owner = controller_of(pod)
        uid = owner["uid"] if owner is not None else ""
        (later if uid and uid in seen else first).append(pod)
        seen[uid] = None
    return [*first, *later]
