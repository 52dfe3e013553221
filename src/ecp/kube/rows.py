"""Rows of the kinds that set a cluster up: storage, routing, access, admission, priorities.

One function a kind, or one path a cell where a cell only shows a field.
Source: kubernetes pkg/printers/internalversion/printers.go,
kube-aggregator pkg/registry/apiservice/etcd/etcd.go.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ecp.kube import quantity, selectors
from ecp.kube.printers import (
    Cell,
    Cells,
    Object,
    Row,
    access_modes,
    age,
    condition,
    human_duration,
    image_cells,
    label_cell,
)

_SECOND: Final = 1_000_000_000
_Part = Callable[[Object], Cell]


def _row(*parts: _Part, aged: bool = True) -> Row:
    """Return a row of the name, of *parts* and, if *aged*, of the age."""

    def cells(obj: Object, now: int) -> Cells:
        shown = [obj["metadata"]["name"], *(part(obj) for part in parts)]
        return [*shown, age(obj, now)] if aged else shown

    return cells


def _at(path: str, otherwise: Cell = "") -> _Part:
    """Return the cell that shows a field, *otherwise* where it is absent."""
    steps = path.split(".")

    def part(obj: Object) -> Cell:
        here: Any = obj
        for step in steps:
            here = here.get(step) if isinstance(here, Mapping) else None
        return otherwise if here is None else here

    return part


def _count(path: str) -> _Part:
    found = _at(path, None)

    def part(obj: Object) -> Cell:
        items: Any = found(obj)
        return len(items or ())

    return part


def _joined(path: str, otherwise: str = "") -> _Part:
    found = _at(path, None)

    def part(obj: Object) -> Cell:
        items: Any = found(obj)
        return ",".join(items or ()) or otherwise

    return part


def _named_default(annotations: Sequence[str], row: Row) -> Row:
    """Mark the name of a class that stands in where none is named."""

    def cells(obj: Object, now: int) -> Cells:
        name, *rest = row(obj, now)
        noted = obj["metadata"].get("annotations") or {}
        marked = any(noted.get(annotation) == "true" for annotation in annotations)
        return [f"{name} (default)" if marked else name, *rest]

    return cells


# ---- workloads ------------------------------------------------------------------------------


def _replication_controller(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age(obj, now),
        *image_cells(spec.get("template")),
        label_cell(spec.get("selector")),
    ]


def _pod_template(obj: Object, now: int) -> Cells:
    template = obj.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    return [obj["metadata"]["name"], *image_cells(template), label_cell(labels)]


def _controller(obj: Object) -> Cell:
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            group = owner["apiVersion"].rpartition("/")[0]
            kind = f"{owner['kind']}.{group}" if group else owner["kind"]
            return f"{kind.lower()}/{owner['name']}"
    return "<none>"


# ---- network --------------------------------------------------------------------------------


def _first_three(texts: Sequence[str], count: int) -> str:
    shown = ",".join(texts[:3])
    return f"{shown} + {count - 3} more..." if len(texts) > 3 else shown


def _hosts(obj: Object) -> Cell:
    rules = obj["spec"].get("rules") or ()
    hosts: list[str] = []
    more = False
    for rule in rules:
        more = more or len(hosts) == 3
        if not more and rule.get("host"):
            hosts.append(rule["host"])
    if not hosts:
        return "*"
    shown = ",".join(hosts)
    return f"{shown} + {len(rules) - 3} more..." if more else shown


def _ingress_address(obj: Object) -> Cell:
    balancer = (obj.get("status") or {}).get("loadBalancer") or {}
    found = {one.get("ip") or one.get("hostname") or "" for one in balancer.get("ingress") or ()}
    return ",".join(sorted(found - {""}))


def _ingress_ports(obj: Object) -> Cell:
    return "80, 443" if obj["spec"].get("tls") else "80"


def _parameters(obj: Object) -> Cell:
    found = obj["spec"].get("parameters")
    if not found:
        return "<none>"
    group = found.get("apiGroup")
    kind = found.get("kind", "") if group is None else f"{found.get('kind', '')}.{group}"
    return f"{kind}/{found.get('name', '')}"


def _endpoints(obj: Object) -> Cell:
    subsets = obj.get("subsets") or ()
    found = []
    for subset in subsets:
        addresses = [one["ip"] for one in subset.get("addresses") or ()]
        ports = [port["port"] for port in subset.get("ports") or ()]
        if not ports:
            found += addresses
        for port in ports:
            found += [
                f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
                for address in addresses
            ]
    return _first_three(found, len(found)) if subsets else "<none>"


def _parent(obj: Object) -> Cell:
    parent = obj["spec"].get("parentRef")
    if not parent:
        return "<none>"
    group, resource = parent.get("group"), parent.get("resource", "")
    parts = [f"{resource}.{group}".lower() if group else resource.lower()]
    return "/".join([*parts, *filter(None, [parent.get("namespace")]), parent.get("name", "")])


# ---- storage --------------------------------------------------------------------------------

_OLD_CLASS: Final = "volume.beta.kubernetes.io/storage-class"


def _volume(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    claim = spec.get("claimRef")
    annotations = obj["metadata"].get("annotations") or {}
    deleted = obj["metadata"].get("deletionTimestamp")
    return [
        obj["metadata"]["name"],
        (spec.get("capacity") or {}).get("storage", "0"),
        access_modes(spec.get("accessModes") or ()),
        spec.get("persistentVolumeReclaimPolicy", ""),
        "Terminating" if deleted else status.get("phase", ""),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        annotations.get(_OLD_CLASS, spec.get("storageClassName") or ""),
        spec.get("volumeAttributesClassName") or "<unset>",
        status.get("reason", ""),
        age(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


def _token_requests(obj: Object) -> Cell:
    requests = obj["spec"].get("tokenRequests")
    if requests is None:
        return "<unset>"
    return ",".join(one.get("audience", "") for one in requests)


# ---- access ---------------------------------------------------------------------------------


def _binding(obj: Object, now: int) -> Cells:
    role = obj["roleRef"]
    subjects: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for one in obj.get("subjects") or ():
        name = one.get("name", "")
        if one.get("kind") == "ServiceAccount":
            name = f"{one.get('namespace', '')}/{name}"
        subjects.setdefault(one.get("kind", ""), []).append(name)
    shown = [", ".join(subjects[kind]) for kind in ("User", "Group", "ServiceAccount")]
    return [obj["metadata"]["name"], f"{role['kind']}/{role['name']}", age(obj, now), *shown]


def _signing_request(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    found = {one.get("type") for one in status.get("conditions") or ()}
    state = "Denied" if "Denied" in found else "Approved" if "Approved" in found else "Pending"
    state += ",Failed" if "Failed" in found else ""
    state += ",Issued" if status.get("certificate") else ""
    seconds = spec.get("expirationSeconds")
    return [
        obj["metadata"]["name"],
        age(obj, now),
        spec.get("signerName") or "<none>",
        spec.get("username", ""),
        "<none>" if seconds is None else human_duration(seconds * _SECOND),
        state,
    ]


# ---- admission, flow control, extension -----------------------------------------------------


def _param_kind(obj: Object) -> Cell:
    found = obj["spec"].get("paramKind")
    if not found:
        return "<unset>"
    return f"{found.get('apiVersion', '')}/{found.get('kind', '')}"


def _param_ref(obj: Object) -> Cell:
    found = obj["spec"].get("paramRef")
    if not found:
        return "<unset>"
    if found.get("name"):
        return f"{found.get('namespace') or '*'}/{found['name']}"
    if found.get("selector") is None:
        return "<unset>"
    return str(selectors.from_object(found["selector"]))


def _dangling(obj: Object) -> Cell:
    found = condition(obj, "Dangling")
    return "?" if found is None else str(found.get("status", ""))


def _flow_schema(obj: Object, now: int) -> Cells:
    parts = (
        _at("spec.priorityLevelConfiguration.name"),
        _at("spec.matchingPrecedence", 0),
        _at("spec.distinguisherMethod.type", "<none>"),
    )
    shown = [part(obj) for part in parts]
    return [obj["metadata"]["name"], *shown, age(obj, now), _dangling(obj)]


def _api_service(obj: Object) -> Cell:
    service = obj["spec"].get("service")
    return f"{service.get('namespace')}/{service.get('name')}" if service else "Local"


def _available(obj: Object) -> Cell:
    found = condition(obj, "Available")
    if found is None:
        return "Unknown"
    reason = found.get("reason") if found["status"] != "True" else ""
    return f"{found['status']} ({reason})" if reason else str(found["status"])


def _claim_state(obj: Object) -> Cell:
    status = obj.get("status") or {}
    deleted = bool(obj["metadata"].get("deletionTimestamp"))
    words = ["deleted"] if deleted else []
    if not status.get("allocation"):
        words += [] if deleted else ["pending"]
    else:
        words += ["allocated", "reserved"] if status.get("reservedFor") else ["allocated"]
    return ",".join(words)


def _component(obj: Object, now: int) -> Cells:
    for one in obj.get("conditions") or ():
        if one.get("type") == "Healthy":
            state = "Healthy" if one.get("status") == "True" else "Unhealthy"
            return [obj["metadata"]["name"], state, one.get("message", ""), one.get("error", "")]
    return [obj["metadata"]["name"], "Unknown", "", ""]


_IS_DEFAULT_CLASS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
_LIMITED: Final = "spec.limited"
_QUEUING: Final = f"{_LIMITED}.limitResponse.queuing"
_WEBHOOKS: Final = _row(_count("webhooks"))
_PARAM_BINDING: Final = _row(_at("spec.policyName"), _param_ref)
_ADMISSION: Final = "admissionregistration.k8s.io"


def _used(resource: str) -> _Part:
    """Return the cell that sums what a node, or a pod's containers, use of a resource."""
    form = quantity.Form.BINARY if resource == "memory" else quantity.Form.DECIMAL

    def part(obj: Object) -> Cell:
        parts = [obj] if "usage" in obj else obj["containers"]
        return quantity.spell(sum(quantity.nano(one["usage"][resource]) for one in parts), form)

    return part


_USED: Final = _row(_used("cpu"), _used("memory"), _at("window"), aged=False)

ROWS: Final[Mapping[str, Row]] = {
    "apiservices.apiregistration.k8s.io": _row(_api_service, _available),
    "certificatesigningrequests.certificates.k8s.io": _signing_request,
    "clusterrolebindings.rbac.authorization.k8s.io": _binding,
    "componentstatuses": _component,
    "controllerrevisions.apps": _row(_controller, _at("revision", 0)),
    "csidrivers.storage.k8s.io": _row(
        _at("spec.attachRequired", True),
        _at("spec.podInfoOnMount", False),
        _at("spec.storageCapacity", False),
        _token_requests,
        _at("spec.requiresRepublish", False),
        _joined("spec.volumeLifecycleModes", "<none>"),
    ),
    "csinodes.storage.k8s.io": _row(_count("spec.drivers")),
    "deviceclasses.resource.k8s.io": _row(),
    "endpoints": _row(_endpoints),
    "flowschemas.flowcontrol.apiserver.k8s.io": _flow_schema,
    "ingressclasses.networking.k8s.io": _named_default(
        ("ingressclass.kubernetes.io/is-default-class",), _row(_at("spec.controller"), _parameters)
    ),
    "ingresses.networking.k8s.io": _row(
        _at("spec.ingressClassName", "<none>"), _hosts, _ingress_address, _ingress_ports
    ),
    "ipaddresses.networking.k8s.io": _row(_parent),
    f"mutatingadmissionpolicies.{_ADMISSION}": _row(_count("spec.mutations"), _param_kind),
    f"mutatingadmissionpolicybindings.{_ADMISSION}": _PARAM_BINDING,
    f"mutatingwebhookconfigurations.{_ADMISSION}": _WEBHOOKS,
    "nodes.metrics.k8s.io": _USED,
    "persistentvolumes": _volume,
    "podtemplates": _pod_template,
    "pods.metrics.k8s.io": _USED,
    "priorityclasses.scheduling.k8s.io": lambda obj, now: [
        obj["metadata"]["name"],
        obj.get("value", 0),
        obj.get("globalDefault", False),
        age(obj, now),
        obj.get("preemptionPolicy", ""),
    ],
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": _row(
        _at("spec.type"),
        _at(f"{_LIMITED}.nominalConcurrencyShares", "<none>"),
        _at(f"{_QUEUING}.queues", "<none>"),
        _at(f"{_QUEUING}.handSize", "<none>"),
        _at(f"{_QUEUING}.queueLengthLimit", "<none>"),
    ),
    "replicationcontrollers": _replication_controller,
    "resourceclaims.resource.k8s.io": _row(_claim_state),
    "resourceclaimtemplates.resource.k8s.io": _row(),
    "resourceslices.resource.k8s.io": _row(
        _at("spec.nodeName"), _at("spec.driver"), _at("spec.pool.name")
    ),
    "rolebindings.rbac.authorization.k8s.io": _binding,
    "runtimeclasses.node.k8s.io": _row(_at("handler")),
    "servicecidrs.networking.k8s.io": _row(_joined("spec.cidrs")),
    "storageclasses.storage.k8s.io": _named_default(
        _IS_DEFAULT_CLASS,
        _row(
            _at("provisioner"),
            _at("reclaimPolicy", "Delete"),
            _at("volumeBindingMode", "Immediate"),
            _at("allowVolumeExpansion", False),
        ),
    ),
    f"validatingadmissionpolicies.{_ADMISSION}": _row(_count("spec.validations"), _param_kind),
    f"validatingadmissionpolicybindings.{_ADMISSION}": _PARAM_BINDING,
    f"validatingwebhookconfigurations.{_ADMISSION}": _WEBHOOKS,
    "volumeattachments.storage.k8s.io": _row(
        _at("spec.attacher"),
        _at("spec.source.persistentVolumeName"),
        _at("spec.nodeName"),
        _at("status.attached", False),
    ),
    "volumeattributesclasses.storage.k8s.io": _row(_at("driverName")),
}
"""Rows by resource, one cell a recorded column."""
