"""The objects of a cluster, to judge others against.

Objects are looked up by (group, kind), namespace and name. What was written without a namespace is
in the one given. `State.with_` makes a state of an input on top of another; nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

from ecp.kube.schema import Gvk
from ecp.validation.model import LeftOut
from ecp.validation.scope import Object, mapping

# Kinds of the built-in groups without a namespace.
CLUSTER_SCOPED: Final = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "CustomResourceDefinition",
        "DeviceClass",
        "DeviceTaintRule",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersionMigration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)
_HOOKS: Final = "admissionregistration.k8s.io"
# Kinds of which an update has to say which version it was made from.
# Source: AllowUnconditionalUpdate of kubernetes pkg/registry/*/*/strategy.go.
CONDITIONAL: Final = frozenset(
    {
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("coordination.k8s.io", "Lease"),
        ("node.k8s.io", "RuntimeClass"),
        ("policy", "PodDisruptionBudget"),
        *(("storage.k8s.io", f"CSI{kind}") for kind in ("Driver", "Node", "StorageCapacity")),
        ("storage.k8s.io", "VolumeAttachment"),
        *((_HOOKS, f"{kind}WebhookConfiguration") for kind in ("Mutating", "Validating")),
        (_HOOKS, "MutatingAdmissionPolicy"),
        (_HOOKS, "MutatingAdmissionPolicyBinding"),
        (_HOOKS, "ValidatingAdmissionPolicy"),
        (_HOOKS, "ValidatingAdmissionPolicyBinding"),
    }
)
BUILT_IN_NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")

GroupKind = tuple[str, str]
Key = tuple[str, str]


_T = TypeVar("_T")


class _Kind:
    """The objects of a kind, which several states may share, and what was made of them."""

    __slots__ = ("made", "objects")

    def __init__(self, objects: dict[Key, Object]) -> None:
        self.objects = objects
        self.made: dict[Callable[[Iterable[Object]], Any], Any] = {}


class State:
    """Objects by kind, namespace and name; of two with one identity the later one counts.

    unseen     kinds of which there may be more than what is here
    left_out   objects that were given for it and cannot be held; see `stored.state_of`
    """

    def __init__(
        self,
        objects: Iterable[Any] = (),
        namespace: str = "default",
        *,
        unseen: frozenset[GroupKind] = frozenset(),
        left_out: tuple[LeftOut, ...] = (),
    ) -> None:
        self.namespace = namespace
        self.unseen = unseen
        self.left_out = left_out
        self._kinds: dict[GroupKind, _Kind] = {}
        # Those that no other state shares.
        self._own: set[GroupKind] = set()
        for obj in objects:
            self.add(obj)

    def add(self, obj: Any) -> None:
        """Take an object in; what is no object of a kind with a name is left out."""
        meta = mapping(obj.get("metadata")) if isinstance(obj, dict) else {}
        kind, name = (obj.get("kind"), meta.get("name")) if meta else (None, None)
        if not (isinstance(kind, str) and isinstance(name, str) and kind and name):
            return
        version = obj.get("apiVersion")
        key = Gvk.of(version, kind).group if isinstance(version, str) else "", kind
        found = self._kinds.get(key)
        if key not in self._own or found is None:
            found = self._kinds[key] = _Kind({} if found is None else dict(found.objects))
            self._own.add(key)
        elif found.made:
            found.made = {}
        found.objects[self.place(kind, meta), name] = obj

    def place(self, kind: str, meta: Object) -> str:
        """Return the namespace of an object, "" for a kind without."""
        if kind in CLUSTER_SCOPED:
            return ""
        given = meta.get("namespace")
        return given if isinstance(given, str) and given else self.namespace

    def find(self, group: str, kind: str, namespace: str, name: Any) -> Object | None:
        found = self._kinds.get((group, kind))
        return None if found is None else found.objects.get((namespace, name))

    def lacks(self, group: str, kind: str, namespace: str, name: Any) -> bool:
        """Tell whether there surely is no such object."""
        return (group, kind) not in self.unseen and self.find(group, kind, namespace, name) is None

    def of(self, group: str, kind: str, namespace: str | None = None) -> Iterator[Object]:
        """Yield the objects of a kind, of one namespace or of all, in the order they came."""
        found = self._kinds.get((group, kind))
        for (place, _), obj in () if found is None else found.objects.items():
            if namespace is None or place == namespace:
                yield obj

    def has(self, group: str, kind: str, namespace: str | None = None) -> bool:
        return next(self.of(group, kind, namespace), None) is not None

    def kinds(self) -> Iterator[GroupKind]:
        yield from self._kinds

    def everything(self) -> Iterator[tuple[GroupKind, str, Object]]:
        """Yield (group and kind, namespace, object) of all there is."""
        for group_kind, found in self._kinds.items():
            for (place, _), obj in found.objects.items():
                yield group_kind, place, obj

    def made(self, group: str, kind: str, make: Callable[[Iterable[Object]], _T]) -> _T:
        """Return what *make* makes of the objects of a kind, once for all states that have them."""
        found = self._kinds.get((group, kind))
        if found is None:
            return make(())
        if make not in found.made:
            found.made[make] = make(found.objects.values())
        value: _T = found.made[make]
        return value

    def with_(self, objects: Iterable[Any], namespace: str) -> State:
        """Return this state with *objects* added, those without a namespace to *namespace*."""
        return self.under(State(objects, namespace))

    def under(self, other: State) -> State:
        """Return this state with the objects of another on top."""
        both = State(namespace=other.namespace, unseen=self.unseen)
        kinds = both._kinds = dict(self._kinds)
        # From now on each copies what it adds to.
        self._own.clear()
        other._own.clear()
        for key, added in other._kinds.items():
            found = kinds.get(key)
            kinds[key] = added if found is None else _Kind({**found.objects, **added.objects})
        return both


def resource_of(group: str, kind: str) -> str:
    """Return the resource as messages name it: ``configmaps``, ``deployments.apps``.

    Source: apimachinery pkg/api/meta/restmapper.go UnsafeGuessKindToResource.
    """
    lower = kind.lower()
    if lower == "endpoints":
        plural = lower
    elif lower.endswith("s"):
        plural = f"{lower}es"
    elif lower.endswith("y"):
        plural = f"{lower[:-1]}ies"
    else:
        plural = f"{lower}s"
    return f"{plural}.{group}" if group else plural


def is_terminating(namespace: Object, state: State) -> bool:
    """Tell whether a Namespace is on its way out.

    A server says so by deletionTimestamp and phase. A state written by hand says it by an empty
    list of finalizers, which no server writes: deletion was asked for, and what is in the
    namespace holds it back by finalizers of its own.
    """
    meta = mapping(namespace.get("metadata"))
    if meta.get("deletionTimestamp"):
        return True
    if mapping(namespace.get("status")).get("phase") == "Terminating":
        return True
    return meta.get("finalizers") == [] and any(
        mapping(obj.get("metadata")).get("finalizers")
        for _, place, obj in state.everything()
        if place == meta.get("name")
    )
