"""A bundle of objects: where each goes, in which order, and which of them a cluster runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ecp.kube.kinds import (
    CONFIGMAPS,
    CRDS,
    CRONJOBS,
    DAEMONSETS,
    DEPLOYMENTS,
    HPAS,
    INGRESSCLASSES,
    INGRESSES,
    JOBS,
    LIMITRANGES,
    NAMESPACES,
    NETWORKPOLICIES,
    PDBS,
    PODS,
    PVCS,
    RCS,
    REPLICASETS,
    RESOURCEQUOTAS,
    SECRETS,
    SERVICEACCOUNTS,
    SERVICES,
    STATEFULSETS,
    Catalogue,
    Kind,
)
from ecp.kube.selectors import from_map

Obj = dict[str, Any]

# What others need comes first: the order in which Helm installs.
_ORDER = (
    NAMESPACES,
    CRDS,
    NETWORKPOLICIES,
    RESOURCEQUOTAS,
    LIMITRANGES,
    PDBS,
    SERVICEACCOUNTS,
    SECRETS,
    CONFIGMAPS,
    PVCS,
    SERVICES,
    DAEMONSETS,
    PODS,
    RCS,
    REPLICASETS,
    DEPLOYMENTS,
    HPAS,
    STATEFULSETS,
    JOBS,
    CRONJOBS,
    INGRESSCLASSES,
    INGRESSES,
)
_RANK = {resource: rank for rank, resource in enumerate(_ORDER)}
WORKLOADS = (DEPLOYMENTS, REPLICASETS, RCS, STATEFULSETS, DAEMONSETS, JOBS, PODS)


class Ref(NamedTuple):
    """An object of the cluster: GroupResource, namespace ("" = none), name."""

    resource: str
    namespace: str
    name: str

    @property
    def word(self) -> str:
        """As kubectl writes it: deployment/web."""
        return f"{_singular(self.resource)}/{self.name}"


# Plurals that are their own singular.
_ALIKE = ("chaos", "endpoints")


def _singular(resource: str) -> str:
    plural = resource.partition(".")[0]
    if plural.endswith(_ALIKE):
        return plural
    if plural.endswith("sses"):
        return plural[:-2]
    if plural.endswith("ies"):
        return f"{plural[:-3]}y"
    return plural.removesuffix("s")


@dataclass(frozen=True, slots=True)
class Item:
    """One object of the bundle, ready to be applied; `position` is its place in the input."""

    ref: Ref
    body: Obj
    position: int


class Skipped(NamedTuple):
    """An object of a kind that the cluster does not serve."""

    kind: str
    namespace: str
    name: str
    body: Obj


def in_order(items: Iterable[Item]) -> list[Item]:
    """Return the items in the order in which they are applied."""
    last = len(_ORDER)
    return sorted(items, key=lambda item: (_RANK.get(item.ref.resource, last), item.position))


def placed(
    objects: Sequence[Obj], catalogue: Catalogue, namespace: str
) -> tuple[list[Item], list[Skipped]]:
    """Give every object its resource and namespace; tell apart what is not served."""
    items: list[Item] = []
    skipped: list[Skipped] = []
    for position, obj in enumerate(objects):
        meta = obj["metadata"]
        kind: Kind | None = catalogue.by_gvk.get((obj["apiVersion"], obj["kind"]))
        where = meta.get("namespace") or namespace
        if kind is None or kind.effect == "refused":
            skipped.append(Skipped(obj["kind"], where, meta.get("name", ""), obj))
            continue
        ref = Ref(kind.resource, where if kind.namespaced else "", meta.get("name", ""))
        items.append(Item(ref, obj, position))
    return items, skipped


def is_custom(obj: Obj, objects: Sequence[Obj]) -> bool:
    """Whether a CustomResourceDefinition among *objects* describes the kind of *obj*."""
    group = obj["apiVersion"].rpartition("/")[0]
    return any(
        other["kind"] == "CustomResourceDefinition"
        and other["spec"]["group"] == group
        and other["spec"]["names"]["kind"] == obj["kind"]
        for other in objects
    )


def labels_of(workload: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the labels of the pods that a workload makes (or, of a Pod, its own)."""
    template = _template(workload)
    return (template.get("metadata") or {}).get("labels") or {}


def _template(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = workload.get("spec") or {}
    if workload.get("kind") == "Pod":
        return workload
    if workload.get("kind") == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    return spec.get("template") or {}


def replicas_of(resource: str, obj: Mapping[str, Any]) -> int:
    """Return how many pods a workload of the cluster is to have; a DaemonSet says it once seen.

    Of a Job: how many must succeed. Without `completions` one is enough, whoever it is.
    """
    if resource == PODS:
        return 1
    if resource == JOBS:
        return 0 if obj["spec"].get("suspend") else int(obj["spec"].get("completions") or 1)
    if resource == DAEMONSETS:
        return int((obj.get("status") or {}).get("desiredNumberScheduled", 0))
    return int(obj["spec"].get("replicas", 1))


def _would_run(skipped: Skipped) -> bool:
    """Whether an object has a template of pods, which nothing here makes."""
    return bool((_template(skipped.body).get("spec") or {}).get("containers"))


class Excluded(NamedTuple):
    """A Service that is not probed, and why: `rehearsal.excluded.<why>` is the sentence."""

    ref: Ref
    why: str
    values: Mapping[str, str]


class Parts(NamedTuple):
    """What of a bundle must come up: workloads, Services; and Services of which that is no use."""

    workloads: list[Ref]
    services: list[Ref]
    excluded: list[Excluded]


def parts_of(items: Sequence[Item], skipped: Iterable[Skipped]) -> Parts:
    """Tell what of *items* must come up; nothing acts on *skipped*, its own kinds among them."""
    named = [item for item in items if item.ref.name]
    workloads = [item for item in named if item.ref.resource in WORKLOADS]
    unmade = [entry for entry in skipped if _would_run(entry)]
    found = Parts([item.ref for item in workloads], [], [])
    for item in named:
        if item.ref.resource == SERVICES:
            why = _not_probed(item, workloads, unmade)
            if why is None:
                found.services.append(item.ref)
            else:
                found.excluded.append(Excluded(item.ref, *why))
    return found


def _not_probed(
    item: Item, workloads: Sequence[Item], unmade: Sequence[Skipped]
) -> tuple[str, Mapping[str, str]] | None:
    """Return why a Service takes no probes; None where it does."""
    spec = item.body.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return "external-name", {"target": str(spec.get("externalName", ""))}
    if not spec.get("selector"):
        return "no-selector", {}
    if not spec.get("ports"):
        return "no-ports", {}
    namespace = item.ref.namespace
    behind = [
        other
        for other in workloads
        if other.ref.namespace == namespace and selects(item.body, other.body)
    ]
    if behind:
        idle = all(
            other.ref.resource not in (PODS, JOBS) and other.body["spec"].get("replicas", 1) == 0
            for other in behind
        )
        return ("no-replicas", {"workload": behind[0].ref.name}) if idle else None
    for entry in unmade:
        if entry.namespace == namespace and selects(item.body, entry.body):
            return "not-simulated", {"kind": entry.kind, "name": entry.name}
    return None


def selects(service: Obj, workload: Mapping[str, Any]) -> bool:
    """Whether the Service's selector takes the pods of the workload."""
    selector = (service.get("spec") or {}).get("selector")
    return bool(selector) and from_map(selector).matches(labels_of(workload))
