"""KINDS: one row a resource kind. Discovery, routes, storage, watch and docs read this table.

A resource is named by its GroupResource string ("pods", "deployments.apps"), the way kubectl
prints it. Source of verbs, short names and categories: kubernetes 1.36 discovery documents.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Kind:
    """One served kind.

    `subresources` are those with behaviour here. `deleted_object`: DELETE answers the object
    instead of a Status. `put_creates`: PUT of a missing object creates it.
    `generation`: metadata.generation counts changes of the spec.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = VERBS
    deleted_object: bool = False
    put_creates: bool = False
    generation: bool = False
    custom: bool = False
    singular: str = ""
    list_kind: str = ""

    @cached_property
    def resource(self) -> str:
        """The GroupResource string, the key of the store's tables."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @cached_property
    def api_version(self) -> str:
        """The apiVersion of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular_name(self) -> str:
        return self.singular or self.kind.lower()

    @property
    def list_kind_name(self) -> str:
        return self.list_kind or f"{self.kind}List"


BINDINGS = "bindings"
CONFIGMAPS = "configmaps"
CRDS = "customresourcedefinitions.apiextensions.k8s.io"
DEPLOYMENTS = "deployments.apps"
ENDPOINTSLICES = "endpointslices.discovery.k8s.io"
EVENTS = "events"
HPAS = "horizontalpodautoscalers.autoscaling"
LEASES = "leases.coordination.k8s.io"
LIMITRANGES = "limitranges"
NAMESPACES = "namespaces"
NETWORKPOLICIES = "networkpolicies.networking.k8s.io"
NODES = "nodes"
PDBS = "poddisruptionbudgets.policy"
PODS = "pods"
PVCS = "persistentvolumeclaims"
REPLICASETS = "replicasets.apps"
RESOURCEQUOTAS = "resourcequotas"
SECRETS = "secrets"
SERVICEACCOUNTS = "serviceaccounts"
SERVICES = "services"

_ALL = ("all",)

KINDS: tuple[Kind, ...] = (
    Kind("", "v1", "ConfigMap", "configmaps", short=("cm",)),
    Kind("", "v1", "Event", "events", short=("ev",), put_creates=True),
    Kind("", "v1", "LimitRange", "limitranges", short=("limits",), put_creates=True),
    Kind(
        "",
        "v1",
        "Namespace",
        "namespaces",
        namespaced=False,
        short=("ns",),
        subresources=("finalize", "status"),
        deleted_object=True,
        verbs=tuple(v for v in VERBS if v != "deletecollection"),
    ),
    Kind("", "v1", "Node", "nodes", namespaced=False, short=("no",), subresources=("status",)),
    Kind(
        "",
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        short=("pvc",),
        subresources=("status",),
        deleted_object=True,
    ),
    Kind(
        "",
        "v1",
        "Pod",
        "pods",
        short=("po",),
        categories=_ALL,
        deleted_object=True,
        generation=True,
        subresources=("binding", "eviction", "log", "status"),
    ),
    Kind(
        "",
        "v1",
        "ResourceQuota",
        "resourcequotas",
        short=("quota",),
        deleted_object=True,
        subresources=("status",),
    ),
    Kind("", "v1", "Secret", "secrets"),
    Kind(
        "",
        "v1",
        "Service",
        "services",
        short=("svc",),
        categories=_ALL,
        deleted_object=True,
        put_creates=True,
        subresources=("status",),
    ),
    Kind("", "v1", "ServiceAccount", "serviceaccounts", short=("sa",), deleted_object=True),
    Kind(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        namespaced=False,
        short=("crd", "crds"),
        categories=("api-extensions",),
        subresources=("status",),
        generation=True,
    ),
    Kind(
        "apps",
        "v1",
        "Deployment",
        "deployments",
        short=("deploy",),
        categories=_ALL,
        subresources=("scale", "status"),
        generation=True,
    ),
    Kind(
        "apps",
        "v1",
        "ReplicaSet",
        "replicasets",
        short=("rs",),
        categories=_ALL,
        subresources=("scale", "status"),
        generation=True,
    ),
    Kind(
        "autoscaling",
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        short=("hpa",),
        categories=_ALL,
        subresources=("status",),
    ),
    Kind("coordination.k8s.io", "v1", "Lease", "leases", put_creates=True),
    Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", generation=True),
    Kind(
        "networking.k8s.io",
        "v1",
        "NetworkPolicy",
        "networkpolicies",
        short=("netpol",),
        generation=True,
    ),
    Kind(
        "policy",
        "v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        short=("pdb",),
        subresources=("status",),
        generation=True,
    ),
)

OTHER_VERSIONS: tuple[Kind, ...] = (
    Kind(
        "autoscaling",
        "v1",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        short=("hpa",),
        categories=_ALL,
        subresources=("status",),
    ),
)
"""Views of kinds that are stored in another version. Source of conversions: ecp.kube.versions."""


@dataclass(frozen=True)
class Catalogue:
    """The kinds a cluster serves: the built-in rows and those of its CustomResourceDefinitions."""

    kinds: tuple[Kind, ...] = KINDS

    @cached_property
    def served(self) -> tuple[Kind, ...]:
        """Every kind in every version that callers can ask for."""
        return (*self.kinds, *OTHER_VERSIONS)

    @cached_property
    def by_resource(self) -> dict[str, Kind]:
        """Rows by GroupResource string; the first row of a resource is its storage version."""
        return {kind.resource: kind for kind in reversed(self.kinds)}

    @cached_property
    def by_gvk(self) -> dict[tuple[str, str], Kind]:
        """Rows by (apiVersion, kind)."""
        return {(kind.api_version, kind.kind): kind for kind in self.served}

    @cached_property
    def by_path(self) -> dict[tuple[str, str, str], Kind]:
        """Rows by (group, version, plural), as a URL names them."""
        return {(kind.group, kind.version, kind.plural): kind for kind in self.served}

    def with_custom(self, kinds: Iterable[Kind]) -> "Catalogue":
        """Return this catalogue with *kinds* of CustomResourceDefinitions added."""
        return Catalogue(tuple(k for k in self.kinds if not k.custom) + tuple(kinds))


BUILT_IN = Catalogue()


@lru_cache(maxsize=256)
def split_api_version(api_version: str) -> tuple[str, str]:
    """Return (group, version) of an apiVersion: "apps/v1" gives ("apps", "v1")."""
    group, _, version = api_version.rpartition("/")
    return group, version


def custom_kinds(crd: dict[str, object]) -> tuple[Kind, ...]:
    """Return the rows that the CustomResourceDefinition object *crd* serves, storage one first."""
    spec: dict = crd["spec"]  # type: ignore[type-arg,assignment]
    names = spec["names"]
    versions = sorted(
        (v for v in spec["versions"] if v.get("served")), key=lambda v: not v.get("storage")
    )
    return tuple(
        Kind(
            spec["group"],
            version["name"],
            names["kind"],
            names["plural"],
            namespaced=spec["scope"] == "Namespaced",
            short=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            subresources=tuple(sorted(version.get("subresources") or ())),
            generation=True,
            custom=True,
            singular=names.get("singular", ""),
            list_kind=names.get("listKind", ""),
        )
        for version in versions
    )
