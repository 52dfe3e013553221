"""What the server's admission refuses, against the objects of a cluster.

`first` is what comes before an object's own rules (namespace, account, priority, runtime), `last`
what comes after them (bounds, Pod Security, quota, ports). `accepted` is told what came in: the
objects of one input come one after another.
Source: kubernetes pkg/kubeapiserver/options/plugins.go for the order; plugin/pkg/admission/
{serviceaccount,priority,runtimeclass}; apiserver pkg/admission/plugin/namespace/lifecycle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.errors import (
    Forbidden,
    NotFound,
)
from ecp.kube.yaml import Path
from ecp.validation import podsecurity, quotas, ranges
from ecp.validation.addresses import taken
from ecp.validation.amounts import Amounts, added, amounts, beyond
from ecp.validation.classes import PRIORITY, RUNTIME, Classes
from ecp.validation.podstandards import NEWEST
from ecp.validation.refusals import (
    ADMIN_ACCESS,
    CLAIMS,
    Refusal,
    namespace_gone,
    security_complaint,
    unprivileged,
)
from ecp.validation.scope import Object, items, mapping
from ecp.validation.state import (
    BUILT_IN_NAMESPACES,
    CLUSTER_SCOPED,
    GroupKind,
    State,
    is_terminating,
    resource_of,
)

_POD: Final = ("", "Pod")
_CLAIM: Final = ("", "PersistentVolumeClaim")
_SERVICE: Final = ("", "Service")
_CLASS: Final = ("storage.k8s.io", "StorageClass")


class Admission:
    """Judges objects one after another; *known* is False where the cluster is not given.

    everything   the state with the whole input: what may be relied on, whatever its order
    """

    def __init__(self, state: State, everything: State, *, known: bool) -> None:
        self._now = state.with_((), everything.namespace)
        self._everything = everything
        self.classes = Classes(everything)
        self.known = known
        # Where something is, there is a namespace, told of or not.
        self._places = {*BUILT_IN_NAMESPACES, *(place for _, place, _ in state.everything())}
        self._used: dict[tuple[str, str], Amounts] = {}
        self._judging: dict[str, bool] = {}

    def live(self, group_kind: GroupKind, namespace: str, name: str) -> Object | None:
        """Return the object that an apply would change."""
        return self._now.find(*group_kind, namespace, name)

    def first(self, group_kind: GroupKind, namespace: str, obj: Object) -> Refusal | None:
        """Return why a new object does not even come to its rules."""
        if not self.known:
            return None
        meta = mapping(obj.get("metadata"))
        # No name is made yet.
        name = str(meta.get("name") or meta.get("generateName") or "Unknown")
        if namespace:
            found = self._everything.find("", "Namespace", "", namespace)
            at = ("metadata", "namespace")
            lacks = self._everything.lacks("", "Namespace", "", namespace)
            if lacks and namespace not in self._places:
                return Refusal("E0800", at, NotFound("namespaces", namespace))
            if found is not None and is_terminating(found, self._now):
                error = namespace_gone(resource_of(*group_kind), name, namespace)
                return Refusal("E0801", at, error)
        if group_kind == _POD:
            return self.classes.refusal(namespace, name, mapping(obj.get("spec")))
        if group_kind == PRIORITY and obj.get("globalDefault") is True:
            return self.classes.second_default(self._now, name)
        if group_kind in CLAIMS and self._labels(namespace).get(ADMIN_ACCESS) != "true":
            return unprivileged(group_kind, obj)
        return None

    def admitted(self, group_kind: GroupKind, namespace: str, obj: Object) -> Object:
        """Return a new object with what admission gives it before its rules are looked at."""
        if not self.known or group_kind != _POD:
            return obj
        spec = mapping(obj.get("spec"))
        found = self._everything.find(*RUNTIME, "", str(spec.get("runtimeClassName") or ""))
        fixed = mapping(mapping(found).get("overhead")).get("podFixed")
        given = {**spec, "overhead": fixed} if fixed and not spec.get("overhead") else spec
        given = ranges.with_defaults(given, self._ranges(namespace))
        return obj if given is spec else {**obj, "spec": given}

    # ---- after the rules ---------------------------------------------------------------------

    def last(self, group_kind: GroupKind, namespace: str, obj: Object) -> Refusal | None:
        """Return why a new object that is right in itself may not come in."""
        if not self.known and not (group_kind == _POD and self.judges(namespace)):
            return None
        meta = mapping(obj.get("metadata"))
        name = str(meta.get("name") or "")
        resource = resource_of(*group_kind)
        if group_kind == _POD:
            from ecp.kube.defaults import default

            spec = mapping(default("Pod", {**obj, "apiVersion": "v1"}).get("spec"))
            for rule, path, text in self.pod_complaints(namespace, spec, meta):
                return Refusal(rule, ("spec", *path), Forbidden(resource, name, text))
            obj = {**obj, "spec": ranges.with_defaults(spec, self._ranges(namespace))}
        if group_kind == _CLAIM and self.known:
            text = ranges.claim_complaint(obj, self._ranges(namespace))
            if text:
                path = ("spec", "resources", "requests", "storage")
                return Refusal("E0804", path, Forbidden(resource, name, text))
        if not self.known:
            return None
        if group_kind == _SERVICE:
            for at, error in taken(self._now, namespace, name, mapping(obj.get("spec"))):
                return Refusal("E0807", at, error)
        text = self._over_quota(group_kind, namespace, obj)
        return Refusal("E0805", (), Forbidden(resource, name, text)) if text else None

    def pod_complaints(
        self, namespace: str, spec: Object, meta: Object
    ) -> Iterator[tuple[str, Path, str]]:
        """Yield (rule, path in the spec, reason) of what a namespace has against a pod.

        The spec is a defaulted one, of a pod or of a template.
        """
        if self.known:
            limit_ranges = self._ranges(namespace)
            if limit_ranges:
                spec = ranges.with_defaults(spec, limit_ranges)
                text = ranges.pod_complaint(spec, limit_ranges)
                if text:
                    yield "E0804", ("containers",), text
        text = security_complaint(self._labels(namespace), spec, mapping(meta.get("annotations")))
        if text:
            yield "E0806", (), text
        seen = self.known and RUNTIME not in self._everything.unseen
        if seen and spec.get("overhead") is not None and not self.classes.overhead(spec):
            text = (
                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
            )
            yield "E0809", ("overhead",), text
        if self.known:
            for quota in self._now.of("", "ResourceQuota", namespace):
                if quotas.covers(quota, _POD, {"spec": spec}):
                    text = quotas.unsaid(quota, spec)
                    if text:
                        yield "E0805", ("containers",), text

    def judges(self, namespace: str) -> bool:
        """Tell whether a namespace may have anything against pods that are right in themselves."""
        found = self._judging.get(namespace)
        if found is None:
            kinds = ("LimitRange", "ResourceQuota")
            told = any(key.startswith(podsecurity.PREFIX) for key in self._labels(namespace))
            found = told or any(self._everything.has("", kind, namespace) for kind in kinds)
            self._judging[namespace] = found
        return found

    def _labels(self, namespace: str) -> Object:
        found = self._everything.find("", "Namespace", "", namespace) or {}
        return mapping(mapping(found.get("metadata")).get("labels"))

    def warned(self, namespace: str, spec: Object, meta: Object) -> str:
        """Return what a namespace's warn label makes the server say of a pod or template."""
        policy = podsecurity.policy_of(self._labels(namespace), "warn")
        if policy.level == "privileged":
            return ""
        version = podsecurity.version_of(policy.version) or NEWEST
        annotations = mapping(meta.get("annotations"))
        found = podsecurity.violations(spec, policy.level, version, annotations=annotations)
        return podsecurity.warning(policy, found) if found else ""

    def _ranges(self, namespace: str) -> list[Object]:
        return list(self._now.of("", "LimitRange", namespace))

    # ---- changes -----------------------------------------------------------------------------

    def changed(
        self, group_kind: GroupKind, namespace: str, obj: Object, old: Object
    ) -> Refusal | None:
        """Return why an object that is right in itself may not come in the place of *old*.

        Source: also kubernetes plugin/pkg/admission/storage/persistentvolume/resize.
        """
        name, resource = _name(obj), resource_of(*group_kind)
        if group_kind == PRIORITY and obj.get("globalDefault") is True:
            return self.classes.second_default(self._now, name)
        if group_kind == _POD:
            return self._pod_changed(namespace, obj, old)
        if group_kind == _CLAIM and not mapping(old.get("metadata")).get("deletionTimestamp"):
            path = ("spec", "resources", "requests", "storage")
            text = ranges.claim_complaint(obj, self._ranges(namespace))
            if text:
                return Refusal("E0804", path, Forbidden(resource, name, text))
            text = self._growth_complaint(obj, old)
            if text:
                return Refusal("E0704", path, Forbidden(resource, name, text))
        if group_kind == _SERVICE:
            for at, error in taken(self._now, namespace, name, mapping(obj.get("spec"))):
                return Refusal("E0807", at, error)
        if group_kind not in (_CLAIM, _SERVICE):
            return None
        text = self._over_quota(group_kind, namespace, obj, old)
        return Refusal("E0805", (), Forbidden(resource, name, text)) if text else None

    def _pod_changed(self, namespace: str, obj: Object, old: Object) -> Refusal | None:
        """Pod Security looks again at a pod whose images change, and at no other.

        Source: k8s.io/pod-security-admission admission/admission.go isSignificantPodUpdate.
        """
        spec, meta = mapping(obj.get("spec")), mapping(obj.get("metadata"))
        if _images(spec) == _images(mapping(old.get("spec"))):
            return None
        notes = mapping(meta.get("annotations"))
        text = security_complaint(self._labels(namespace), spec, notes)
        if not text:
            return None
        return Refusal("E0806", ("spec",), Forbidden("pods", _name(obj), text))

    def _growth_complaint(self, claim: Object, old: Object) -> str:
        """Of classes nobody was told of, where no class is known at all, nothing is said."""
        wanted, held = (_size(one) for one in (claim, old))
        if wanted <= held:
            return ""
        if mapping(old.get("status")).get("phase", "Bound") != "Bound":
            return "Only bound persistent volume claims can be expanded"
        named = mapping(claim.get("spec")).get("storageClassName")
        found = self._everything.find(*_CLASS, "", str(named or ""))
        known = self._everything.has(*_CLASS)
        if not known or mapping(found).get("allowVolumeExpansion") is True:
            return ""
        return (
            "only dynamically provisioned pvc can be resized and the storageclass that provisions "
            "the pvc must support resize"
        )

    def _over_quota(
        self, group_kind: GroupKind, namespace: str, obj: Object, old: Object | None = None
    ) -> str:
        for quota in self._now.of("", "ResourceQuota", namespace):
            if quotas.covers(quota, group_kind, obj):
                asked = self._asked(group_kind, quota, obj, old)
                text = quotas.excess(quota, asked, self._used_of(namespace, quota))
                if text:
                    return text
        return ""

    def _asked(
        self, group_kind: GroupKind, quota: Object, obj: Object, old: Object | None
    ) -> Amounts:
        asked = quotas.usage(group_kind, obj)
        if old is None or not quotas.covers(quota, group_kind, old):
            return asked
        return beyond(asked, quotas.usage(group_kind, old))

    def _used_of(self, namespace: str, quota: Object) -> Amounts:
        key = namespace, str(mapping(quota.get("metadata")).get("name"))
        found = self._used.get(key)
        if found is None:
            found = self._used[key] = quotas.used(quota, self._now, namespace)
        return found

    def accepted(
        self, group_kind: GroupKind, namespace: str, obj: Object, old: Object | None
    ) -> None:
        """Note that an object is in now, in the place of *old* if there was one."""
        if not self.known:
            return
        for quota in list(self._now.of("", "ResourceQuota", namespace)):
            if quotas.covers(quota, group_kind, obj):
                key = namespace, _name(quota)
                asked = self._asked(group_kind, quota, obj, old)
                self._used[key] = added(self._used_of(namespace, quota), asked)
        meta = mapping(obj.get("metadata"))
        if namespace and not meta.get("namespace"):
            obj = {**obj, "metadata": {**meta, "namespace": namespace}}
        self._now.add(obj)


def _name(obj: Object) -> str:
    return str(mapping(obj.get("metadata")).get("name") or "")


def _images(spec: Object) -> list[list[Any]]:
    return [
        [box.get("image") for box in map(mapping, items(spec.get(field)))]
        for field in ("containers", "initContainers")
    ]


def _size(claim: Object) -> int:
    requests = amounts(mapping(mapping(claim.get("spec")).get("resources")).get("requests"))
    return requests["storage"].nano if "storage" in requests else 0


def is_namespaced(group_kind: GroupKind) -> bool:
    return group_kind[1] not in CLUSTER_SCOPED
