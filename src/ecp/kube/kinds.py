"""KINDS: one row a resource kind. Discovery, routes, storage, watch and docs read this table.

A resource is named by its GroupResource string ("pods", "deployments.apps"), the way kubectl
prints it. Source of verbs, short names and categories: kubernetes 1.36 discovery documents.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from typing import Any

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Kind:
    """One served kind.

    `subresources` are those with behaviour here. `deleted_object`: DELETE answers the object
    instead of a Status. `put_creates`: PUT of a missing object creates it.
    `orphans`: a deletion that does not say otherwise leaves what the object owns behind.
    `generation`: metadata.generation counts changes of the spec. `view_of`: the resource that is
    stored, if it is one of another group. `deprecated`: the warning that every answer carries.
    `selectable`: what a definition lets field selectors ask for (".spec.color").
    `aggregated`: a server of an APIService answers for it; nothing of it is stored.
    `effect`: what the simulated cluster makes of it: it "acts"; it is "kept", and nothing acts on
    it; it is "warned" of, since elsewhere it would act; it is "refused".
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
    orphans: bool = False
    generation: bool = False
    custom: bool = False
    singular: str = ""
    list_kind: str = ""
    view_of: str = ""
    deprecated: str = ""
    effect: str = "acts"
    selectable: tuple[str, ...] = ()
    aggregated: bool = False

    @cached_property
    def group_resource(self) -> str:
        """The GroupResource string under which callers know it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @cached_property
    def resource(self) -> str:
        """The GroupResource string of what is stored, the key of the store's tables."""
        return self.view_of or self.group_resource

    @cached_property
    def api_version(self) -> str:
        """The apiVersion of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular_name(self) -> str:
        return self.singular or ("" if self.aggregated else self.kind.lower())

    @property
    def list_kind_name(self) -> str:
        return self.list_kind or f"{self.kind}List"


APISERVICES = "apiservices.apiregistration.k8s.io"
BINDINGS = "bindings"
COMPONENTSTATUSES = "componentstatuses"
CONFIGMAPS = "configmaps"
CONTROLLERREVISIONS = "controllerrevisions.apps"
CRDS = "customresourcedefinitions.apiextensions.k8s.io"
CSIDRIVERS = "csidrivers.storage.k8s.io"
CSINODES = "csinodes.storage.k8s.io"
CSISTORAGECAPACITIES = "csistoragecapacities.storage.k8s.io"
CSRS = "certificatesigningrequests.certificates.k8s.io"
CRONJOBS = "cronjobs.batch"
DAEMONSETS = "daemonsets.apps"
DEPLOYMENTS = "deployments.apps"
ENDPOINTS = "endpoints"
ENDPOINTSLICES = "endpointslices.discovery.k8s.io"
EVENTS = "events"
FLOWSCHEMAS = "flowschemas.flowcontrol.apiserver.k8s.io"
HPAS = "horizontalpodautoscalers.autoscaling"
INGRESSES = "ingresses.networking.k8s.io"
INGRESSCLASSES = "ingressclasses.networking.k8s.io"
JOBS = "jobs.batch"
LEASES = "leases.coordination.k8s.io"
LIMITRANGES = "limitranges"
MUTATINGPOLICIES = "mutatingadmissionpolicies.admissionregistration.k8s.io"
MUTATINGPOLICYBINDINGS = "mutatingadmissionpolicybindings.admissionregistration.k8s.io"
MUTATINGWEBHOOKS = "mutatingwebhookconfigurations.admissionregistration.k8s.io"
NAMESPACES = "namespaces"
NETWORKPOLICIES = "networkpolicies.networking.k8s.io"
NODES = "nodes"
PDBS = "poddisruptionbudgets.policy"
PODS = "pods"
PODTEMPLATES = "podtemplates"
PRIORITYLEVELS = "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"
PRIORITYCLASSES = "priorityclasses.scheduling.k8s.io"
PVCS = "persistentvolumeclaims"
PVS = "persistentvolumes"
RCS = "replicationcontrollers"
REPLICASETS = "replicasets.apps"
RESOURCEQUOTAS = "resourcequotas"
RUNTIMECLASSES = "runtimeclasses.node.k8s.io"
SECRETS = "secrets"
SERVICEACCOUNTS = "serviceaccounts"
IPADDRESSES = "ipaddresses.networking.k8s.io"
SERVICECIDRS = "servicecidrs.networking.k8s.io"
SERVICES = "services"
STATEFULSETS = "statefulsets.apps"
STORAGECLASSES = "storageclasses.storage.k8s.io"
VALIDATINGPOLICIES = "validatingadmissionpolicies.admissionregistration.k8s.io"
VALIDATINGPOLICYBINDINGS = "validatingadmissionpolicybindings.admissionregistration.k8s.io"
VALIDATINGWEBHOOKS = "validatingwebhookconfigurations.admissionregistration.k8s.io"
VOLUMEATTACHMENTS = "volumeattachments.storage.k8s.io"
VOLUMEATTRIBUTESCLASSES = "volumeattributesclasses.storage.k8s.io"

_ALL = ("all",)

_EXTENSIONS = ("api-extensions",)
_STATUS = ("status",)
_SCALE = ("scale", "status")
_POD = (
    "attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy",
    "resize", "status",
)  # fmt: skip
_ADMISSION, _RBAC = "admissionregistration.k8s.io", "rbac.authorization.k8s.io"
_FLOW, _NETWORK, _STORAGE = "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "storage.k8s.io"
_DEVICES = "resource.k8s.io"


def _kind(
    group: str,
    kind: str,
    plural: str,
    short: str = "",
    subresources: tuple[str, ...] = (),
    version: str = "v1",
    **more: Any,
) -> Kind:
    """Return a row; *short* holds the short names with blanks between them."""
    names = tuple(short.split())
    return Kind(group, version, kind, plural, short=names, subresources=subresources, **more)


_cluster = partial(_kind, namespaced=False)

# fmt: off
KINDS: tuple[Kind, ...] = (
    _kind("", "ConfigMap", "configmaps", "cm"),
    _cluster("", "ComponentStatus", "componentstatuses", "cs", verbs=("get", "list"),
             deprecated="v1 ComponentStatus is deprecated in v1.19+"),
    _kind("", "Endpoints", "endpoints", "ep", put_creates=True,
          deprecated="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 "
          "EndpointSlice"),
    _kind("", "Event", "events", "ev", put_creates=True),
    _kind("", "LimitRange", "limitranges", "limits", put_creates=True),
    _cluster("", "Namespace", "namespaces", "ns", ("finalize", "status"), deleted_object=True,
             verbs=tuple(v for v in VERBS if v != "deletecollection")),
    _cluster("", "Node", "nodes", "no", ("proxy", "status")),
    _kind("", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", _STATUS,
          deleted_object=True),
    _cluster("", "PersistentVolume", "persistentvolumes", "pv", _STATUS, deleted_object=True),
    _kind("", "Pod", "pods", "po", _POD, categories=_ALL, deleted_object=True, generation=True),
    _kind("", "PodTemplate", "podtemplates", deleted_object=True, generation=True, effect="kept"),
    _kind("", "ReplicationController", "replicationcontrollers", "rc", _SCALE, categories=_ALL,
          generation=True, orphans=True),
    _kind("", "ResourceQuota", "resourcequotas", "quota", _STATUS, deleted_object=True),
    _kind("", "Secret", "secrets"),
    _kind("", "Service", "services", "svc", ("proxy", "status"), categories=_ALL,
          deleted_object=True, put_creates=True),
    _kind("", "ServiceAccount", "serviceaccounts", "sa", ("token",), deleted_object=True),
    _cluster(_ADMISSION, "MutatingAdmissionPolicy", "mutatingadmissionpolicies",
             categories=_EXTENSIONS, generation=True),
    _cluster(_ADMISSION, "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings",
             categories=_EXTENSIONS, generation=True),
    _cluster(_ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations",
             categories=_EXTENSIONS, generation=True),
    _cluster(_ADMISSION, "ValidatingAdmissionPolicy", "validatingadmissionpolicies",
             subresources=_STATUS, categories=_EXTENSIONS, generation=True),
    _cluster(_ADMISSION, "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings",
             categories=_EXTENSIONS, generation=True),
    _cluster(_ADMISSION, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations",
             categories=_EXTENSIONS, generation=True),
    _cluster("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions",
             "crd crds", _STATUS, categories=_EXTENSIONS, generation=True),
    _cluster("apiregistration.k8s.io", "APIService", "apiservices", subresources=_STATUS,
             categories=_EXTENSIONS, effect="warned"),
    _kind("apps", "ControllerRevision", "controllerrevisions"),
    _kind("apps", "DaemonSet", "daemonsets", "ds", _STATUS, categories=_ALL, generation=True),
    _kind("apps", "Deployment", "deployments", "deploy", _SCALE, categories=_ALL,
          generation=True),
    _kind("apps", "ReplicaSet", "replicasets", "rs", _SCALE, categories=_ALL, generation=True),
    _kind("apps", "StatefulSet", "statefulsets", "sts", _SCALE, categories=_ALL, generation=True),
    _kind("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", _STATUS,
          "v2", categories=_ALL),
    _kind("batch", "CronJob", "cronjobs", "cj", _STATUS, categories=_ALL, generation=True),
    _kind("batch", "Job", "jobs", "", _STATUS, categories=_ALL, generation=True, orphans=True),
    _cluster("certificates.k8s.io", "CertificateSigningRequest", "certificatesigningrequests",
             "csr", ("approval", "status")),
    _kind("coordination.k8s.io", "Lease", "leases", put_creates=True),
    _kind("discovery.k8s.io", "EndpointSlice", "endpointslices", generation=True),
    _cluster(_FLOW, "FlowSchema", "flowschemas", subresources=_STATUS, generation=True,
             effect="kept"),
    _cluster(_FLOW, "PriorityLevelConfiguration", "prioritylevelconfigurations",
             subresources=_STATUS, generation=True, effect="kept"),
    _cluster(_NETWORK, "IngressClass", "ingressclasses", generation=True),
    _kind(_NETWORK, "Ingress", "ingresses", "ing", _STATUS, generation=True),
    _cluster(_NETWORK, "IPAddress", "ipaddresses", "ip", effect="kept"),
    _kind(_NETWORK, "NetworkPolicy", "networkpolicies", "netpol", generation=True),
    _cluster(_NETWORK, "ServiceCIDR", "servicecidrs", subresources=_STATUS, effect="warned"),
    _cluster("node.k8s.io", "RuntimeClass", "runtimeclasses", put_creates=True),
    _kind("policy", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", _STATUS,
          generation=True),
    _cluster(_RBAC, "ClusterRoleBinding", "clusterrolebindings", put_creates=True),
    _cluster(_RBAC, "ClusterRole", "clusterroles", put_creates=True),
    _kind(_RBAC, "RoleBinding", "rolebindings", put_creates=True),
    _kind(_RBAC, "Role", "roles", put_creates=True),
    _cluster(_DEVICES, "DeviceClass", "deviceclasses", generation=True, deleted_object=True,
             effect="refused"),
    _kind(_DEVICES, "ResourceClaim", "resourceclaims", subresources=_STATUS, deleted_object=True,
          effect="refused"),
    _kind(_DEVICES, "ResourceClaimTemplate", "resourceclaimtemplates", deleted_object=True,
          effect="refused"),
    _cluster(_DEVICES, "ResourceSlice", "resourceslices", generation=True, deleted_object=True,
             effect="refused"),
    _cluster("scheduling.k8s.io", "PriorityClass", "priorityclasses", "pc", generation=True),
    _cluster(_STORAGE, "CSIDriver", "csidrivers", deleted_object=True),
    _cluster(_STORAGE, "CSINode", "csinodes", deleted_object=True),
    _kind(_STORAGE, "CSIStorageCapacity", "csistoragecapacities", effect="kept"),
    _cluster(_STORAGE, "StorageClass", "storageclasses", "sc", deleted_object=True),
    _cluster(_STORAGE, "VolumeAttachment", "volumeattachments", subresources=_STATUS,
             deleted_object=True),
    _cluster(_STORAGE, "VolumeAttributesClass", "volumeattributesclasses", "vac",
             deleted_object=True, effect="kept"),
)

OTHER_VERSIONS: tuple[Kind, ...] = (
    _kind("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", _STATUS,
          categories=_ALL),
    _kind("events.k8s.io", "Event", "events", "ev", put_creates=True, view_of="events"),
)
# fmt: on
"""Views of kinds that are stored in another version or group, which `ecp.kube.versions` makes."""

# fmt: off
MEASURED: tuple[Kind, ...] = (
    _cluster("metrics.k8s.io", "NodeMetrics", "nodes", version="v1beta1", verbs=("get", "list"),
             aggregated=True),
    _kind("metrics.k8s.io", "PodMetrics", "pods", version="v1beta1", verbs=("get", "list"),
          aggregated=True),
)
# fmt: on
"""What metrics-server answers for. Source: metrics-server pkg/api/install.go."""


@dataclass(frozen=True)
class Catalogue:
    """The kinds a cluster serves: the built-in rows and those of its CustomResourceDefinitions.

    `beside` are those that other servers answer for, through it.
    """

    kinds: tuple[Kind, ...] = KINDS
    beside: tuple[Kind, ...] = ()

    @cached_property
    def served(self) -> tuple[Kind, ...]:
        """Every kind in every version that callers can ask for."""
        return (*self.kinds, *OTHER_VERSIONS, *self.beside)

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

    @cached_property
    def in_namespaces(self) -> list[str]:
        """The resources that live in namespaces, sorted, Events last."""
        found = sorted(kind.resource for kind in self.kinds if kind.namespaced)
        return sorted(found, key=lambda resource: resource == EVENTS)

    def with_custom(self, kinds: Iterable[Kind]) -> "Catalogue":
        """Return this catalogue with *kinds* of CustomResourceDefinitions added."""
        return replace(self, kinds=tuple(k for k in self.kinds if not k.custom) + tuple(kinds))


BUILT_IN = Catalogue()


@lru_cache(maxsize=256)
def split_api_version(api_version: str) -> tuple[str, str]:
    """Return (group, version) of an apiVersion: "apps/v1" gives ("apps", "v1")."""
    group, _, version = api_version.rpartition("/")
    return group, version


_CUSTOM_VERBS = (
    "delete", "deletecollection", "get", "list", "patch", "create", "update", "watch",
)  # fmt: skip
"""All verbs in the order in which a server lists those of custom kinds."""


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
            subresources=tuple(sorted(version.get("subresources") or (), reverse=True)),
            verbs=_CUSTOM_VERBS,
            generation=True,
            custom=True,
            singular=names.get("singular", ""),
            list_kind=names.get("listKind", ""),
            selectable=tuple(f["jsonPath"] for f in version.get("selectableFields") or ()),
        )
        for version in versions
    )
