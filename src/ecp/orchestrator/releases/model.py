"""A bundle becomes steps: where each object goes, in which order, what is pruned. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ecp.kube.kinds import BUILT_IN
from ecp.orchestrator.records import Obj, Ref, Step
from ecp.orchestrator.releases.differences import identity
from ecp.orchestrator.releases.waves import waves_of

# What others need comes first: the order in which Helm installs.
# Source: helm pkg/release/util/kind_sorter.go (InstallOrder).
_ORDER: Final = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
)
_RANK: Final = {kind: rank for rank, kind in enumerate(_ORDER)}
NEVER_PRUNED: Final = ("Namespace", "PersistentVolumeClaim")
"""Data goes with them; who wants them gone deletes them, or the tenant."""
# Kinds without a namespace that no built-in row describes.
CLUSTER_SCOPED: Final = frozenset(
    {
        "PriorityClass",
        "StorageClass",
        "PersistentVolume",
        "ClusterRole",
        "ClusterRoleBinding",
        "IngressClass",
        "APIService",
        "RuntimeClass",
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    }
)
_OF_THE_CLUSTER: Final = ("Node",)
ADDED: Final = "ecp.ai/added"
"""Marks the Namespace that ECP adds to a bundle without one: it is none of the bundle's objects."""
MONITORING_GROUP: Final = "monitoring.coreos.com/"


class Unfit(ValueError):
    """An object that a tenant's release cannot have: text `key` with `values`, and a code."""

    def __init__(self, code: str, key: str, ref: Ref, **values: str) -> None:
        super().__init__(ref.word)
        self.code, self.key = code, key
        self.values = {"object": ref.word, **values}


class ForeignNamespace(Unfit):
    """An object names a namespace that is not the tenant's."""

    def __init__(self, ref: Ref) -> None:
        super().__init__(
            "FOREIGN_NAMESPACE", "manifest.foreign-namespace", ref, namespace=ref.namespace
        )


def placed(objects: Iterable[Obj], namespace: str) -> list[Obj]:
    """Return the objects with their namespace, in the order in which they are applied.

    What names none goes to *namespace*. Raises ForeignNamespace for any other, and for a
    Namespace object of another name; Unfit for what has no name to be applied by, and for the
    machines of the cluster.
    """
    found = list(objects)
    scopes = {
        (f"{obj['spec']['group']}/{version['name']}", obj["spec"]["names"]["kind"]): (
            obj["spec"]["scope"] == "Namespaced"
        )
        for obj in found
        if obj["kind"] == "CustomResourceDefinition"
        for version in obj["spec"]["versions"]
    }
    bundle = [_placed(obj, namespace, scopes) for obj in found]
    last = len(_ORDER)
    return sorted(bundle, key=lambda obj: _RANK.get(obj["kind"], last))


def _placed(obj: Obj, namespace: str, scopes: Mapping[tuple[str, str], bool]) -> Obj:
    meta = obj["metadata"]
    ref = ref_of(obj)
    if not ref.name:
        nameless = ref._replace(name=meta.get("generateName", ""))
        raise Unfit("MANIFEST_INVALID", "manifest.nameless", nameless)
    if ref.kind in _OF_THE_CLUSTER:
        raise Unfit("FOREIGN_OBJECT", "manifest.of-the-cluster", ref)
    row = BUILT_IN.by_gvk.get((ref.api_version, ref.kind))
    if row is not None:
        namespaced = row.namespaced
    else:
        own = scopes.get((ref.api_version, ref.kind))
        namespaced = ref.kind not in CLUSTER_SCOPED if own is None else own
    if not namespaced:
        if ref.kind == "Namespace" and ref.name != namespace:
            raise ForeignNamespace(ref._replace(namespace=ref.name))
        return obj
    where = meta.get("namespace") or namespace
    if where != namespace:
        raise ForeignNamespace(ref)
    return {**obj, "metadata": {**meta, "namespace": where}}


def ref_of(obj: Obj) -> Ref:
    """Return which object it is."""
    meta = obj["metadata"]
    return Ref(obj["apiVersion"], obj["kind"], meta.get("namespace") or "", meta.get("name", ""))


def namespace_object(tenant_id: str, namespace: str) -> Obj:
    """Return the tenant's Namespace for a bundle that brings none."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": namespace,
            "annotations": {ADDED: "true"},
            "labels": {
                "app.kubernetes.io/managed-by": "ecp",
                "ecp.ai/tenant-id": tenant_id,
                "tenant": tenant_id,
            },
        },
    }


def digest(bundle: Sequence[Obj]) -> str:
    """Return the digest of what is applied: of the objects, not of their spelling."""
    text = json.dumps(bundle, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def plan(
    bundle: Sequence[Obj],
    standing: Iterable[Ref],
    home: Obj | None,
    tiers: Mapping[str, str] = MappingProxyType({}),
) -> list[Step]:
    """Return the steps of a release by waves: *home* (a Namespace) first, what is pruned last.

    Within a wave objects stay in the order of the bundle. *tiers* are those of `waves_of`. Pruned
    is what *standing* (applied by earlier revisions) has and this bundle lacks, but never
    data, nor what has no namespace: others may rely on it.
    """
    rows = [*([home] if home is not None else []), *bundle]
    waves = waves_of(rows, tiers)
    objects = [obj for _, obj in sorted(zip(waves, rows, strict=True), key=lambda row: row[0])]
    steps = [Step(position, "apply", ref_of(obj), obj) for position, obj in enumerate(objects)]
    kept = {identity(step.ref) for step in steps}
    for ref in standing:
        if is_pruned(ref) and identity(ref) not in kept:
            steps.append(Step(len(steps), "prune", ref, None))
    return steps


def is_pruned(ref: Ref) -> bool:
    """Whether an object goes when a release lacks it: no data, and none without a namespace."""
    return bool(ref.namespace) and ref.kind not in NEVER_PRUNED


def without_monitoring(objects: Iterable[Obj]) -> list[Obj]:
    """Leave out what only a Prometheus operator reads."""
    return [obj for obj in objects if not obj["apiVersion"].startswith(MONITORING_GROUP)]
