"""What may become of volumes, claims and classes: updates in the server's words and order."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.kube.defaults import default
from ecp.kube.schema import Gvk
from ecp.validation.faults import Fault
from ecp.validation.transitions import check_status, check_update

Obj = dict[str, Any]
STORAGE = "storage.k8s.io/v1"


def stored(kind: str, api_version: str = STORAGE, **fields: Any) -> Obj:
    meta = {"name": "x", "uid": "u", **fields.pop("metadata", {})}
    whole: Obj = default(
        kind, {"apiVersion": api_version, "kind": kind, "metadata": meta, **fields}
    )
    return whole


def faults(new: Obj, old: Obj) -> list[Fault]:
    group = Gvk.of(new["apiVersion"], new["kind"]).group
    return list(check_update(group, new["kind"], new, old))


def said(new: Obj, old: Obj) -> list[str]:
    """Return the causes, each without the difference that follows a line break."""
    return [str(fault.error).split("\n")[0] for fault in faults(new, old)]


CSI = {"csi": {"driver": "d", "volumeHandle": "h"}}
SOURCE = (
    "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after "
    "creation"
)


def volume(source: Obj | None = None, **spec: Any) -> Obj:
    whole = {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
        **(CSI if source is None else source), **spec,
    }  # fmt: skip
    return stored("PersistentVolume", "v1", spec=whole)


def claim(
    status: Obj | None = None, annotations: Obj | None = None, size: str = "1Gi", **spec: Any
) -> Obj:
    whole = {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec
    }  # fmt: skip
    meta = {"namespace": "n", **({"annotations": annotations} if annotations else {})}
    return stored("PersistentVolumeClaim", "v1", metadata=meta, spec=whole, status=status or {})


def on(key: str) -> Obj:
    expression = {"key": key, "operator": "In", "values": ["a"]}
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}


BOUND = {"phase": "Bound", "capacity": {"storage": "1Gi"}}
FIXED = (
    "spec: Forbidden: spec is immutable after creation except resources.requests and "
    "volumeAttributesClassName for bound claims"
)
CLASS = "volume.beta.kubernetes.io/storage-class"
SNAPSHOT = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}
ZONE, OLD_ZONE = "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"
SHOWN = (
    '{"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"b","Operator":"In",'
    '"Values":["a"]}],"MatchFields":null}]}}'
)
MOVED = "field is immutable, except for updating from beta label to GA"
APPLIED = {**BOUND, "currentVolumeAttributesClassName": "gold"}
NOT_NIL = "when status.currentVolumeAttributesClassName is not nil"
EXPANDED = {"csi": {**CSI["csi"], "controllerExpandSecretRef": {"name": "s", "namespace": "n"}}}
VOLUMES: list[Any] = [
    pytest.param(volume(capacity={"storage": "9Gi"}), volume(), [], id="a volume may be resized"),
    pytest.param(
        volume(persistentVolumeReclaimPolicy="Delete", claimRef={"name": "c"}), volume(), [],
        id="bound and handed over",
    ),
    pytest.param(
        volume({"csi": {"driver": "d", "volumeHandle": "other"}}), volume(), [SOURCE],
        id="but not made of something else",
    ),
    pytest.param(
        volume({"hostPath": {"path": "/p"}}), volume(), [SOURCE], id="nor of another source"
    ),
    pytest.param(volume(EXPANDED), volume(), [], id="a secret for growing may come later"),
    pytest.param(volume(), volume(EXPANDED), [SOURCE], id="and not go"),
    pytest.param(
        volume(volumeMode="Block"), volume(),
        ['volumeMode: Invalid value: "Block": field is immutable'], id="the mode stays",
    ),
    pytest.param(volume(nodeAffinity=on("a")), volume(), [], id="nodes may be named later"),
    pytest.param(
        volume(nodeAffinity=on(ZONE)), volume(nodeAffinity=on(OLD_ZONE)), [],
        id="and follow a label out of beta",
    ),
    pytest.param(
        volume(nodeAffinity=on("b")), volume(nodeAffinity=on("a")),
        [f"nodeAffinity: Invalid value: {SHOWN}: {MOVED}"], id="and nothing else",
    ),
    pytest.param(
        volume(nodeAffinity={}), volume(nodeAffinity=on("a")),
        [
            "spec.nodeAffinity.required: Required value: must specify required node constraints",
            "spec.nodeAffinity.required: Required value: must specify required node constraints",
            f'nodeAffinity: Invalid value: {{"Required":null}}: {MOVED}',
        ],
        id="nor an affinity of nothing",
    ),
    pytest.param(
        volume(), volume(nodeAffinity=on("a")), [f"nodeAffinity: Invalid value: null: {MOVED}"],
        id="nor nothing",
    ),
    pytest.param(
        volume(volumeAttributesClassName="b"), volume(volumeAttributesClassName="a"), [],
        id="attributes may change",
    ),
    pytest.param(
        volume(), volume(volumeAttributesClassName="a"),
        [
            "spec.volumeAttributesClassName: Forbidden: "
            "update from non-nil value to nil is forbidden"
        ],
        id="and not go",
    ),
    pytest.param(
        volume({"hostPath": {}}), volume(),
        ["spec.hostPath.path: Required value", "spec.hostPath.path: Required value", SOURCE],
        id="what is wrong in itself is said twice",
    ),
]  # fmt: skip
CLAIMS: list[Any] = [
    pytest.param(claim(BOUND, size="2Gi"), claim(BOUND), [], id="a bound claim may grow"),
    pytest.param(claim(size="2Gi"), claim(), [FIXED], id="a pending one may not"),
    pytest.param(
        claim(BOUND, size="512Mi"), claim(BOUND),
        [
            "spec.resources.requests.storage: Forbidden: "
            "field can not be less than status.capacity"
        ],
        id="no claim shrinks below what it has",
    ),
    pytest.param(
        claim(BOUND, size="2Gi"), claim(BOUND, size="3Gi"), [],
        id="but a growth that failed may be taken back",
    ),
    pytest.param(
        claim(BOUND, resources={"requests": {"storage": "1Gi"}, "limits": {"storage": "2Gi"}}),
        claim(BOUND), [FIXED], id="of resources only the request changes",
    ),
    pytest.param(claim(volumeName="v"), claim(), [], id="a claim is bound once"),
    pytest.param(claim(volumeName="w"), claim(volumeName="v"), [FIXED], id="and not again"),
    pytest.param(claim(storageClassName="a"), claim(), [], id="a class may be given once"),
    pytest.param(
        claim(storageClassName="a"), claim(storageClassName="b"), [FIXED], id="and not again"
    ),
    pytest.param(
        claim(storageClassName="a"), claim(annotations={CLASS: "a"}), [],
        id="a class may move from its annotation to its field",
    ),
    pytest.param(
        claim(storageClassName="b", annotations={CLASS: "a"}), claim(annotations={CLASS: "a"}),
        [FIXED], id="but not become another",
    ),
    pytest.param(
        claim(storageClassName="a", annotations={CLASS: "b"}), claim(annotations={CLASS: "a"}),
        [f'metadata.annotations.{CLASS}: Invalid value: "b": field is immutable'],
        id="nor leave another annotation behind",
    ),
    pytest.param(
        claim(), claim(annotations={CLASS: "a"}),
        [f'metadata.annotations.{CLASS}: Invalid value: "": field is immutable'],
        id="the annotation stays",
    ),
    pytest.param(
        claim(dataSource=SNAPSHOT), claim(dataSource=SNAPSHOT, dataSourceRef=SNAPSHOT), [],
        id="an older client may leave out the newer field",
    ),
    pytest.param(claim(), claim(dataSource=SNAPSHOT), [FIXED], id="a data source stays"),
    pytest.param(
        claim(volumeMode="Block"), claim(),
        [FIXED, 'volumeMode: Invalid value: "Block": field is immutable'], id="the mode stays",
    ),
    pytest.param(
        claim(APPLIED, volumeAttributesClassName="b"),
        claim(APPLIED, volumeAttributesClassName="gold"), [], id="attributes may change",
    ),
    pytest.param(
        claim(APPLIED), claim(APPLIED, volumeAttributesClassName="gold"),
        [f"spec.volumeAttributesClassName: Forbidden: update to nil is forbidden {NOT_NIL}"],
        id="and not go once applied",
    ),
    pytest.param(
        claim(APPLIED, volumeAttributesClassName=""),
        claim(APPLIED, volumeAttributesClassName="gold"),
        [
            "spec.volumeAttributesClassName: Forbidden: "
            f"update to empty string is forbidden {NOT_NIL}"
        ],
        id="nor be emptied",
    ),
    pytest.param(
        claim(BOUND, volumeAttributesClassName=""), claim(BOUND, volumeAttributesClassName="a"),
        [], id="before that they may",
    ),
]  # fmt: skip


def storage_class(**fields: Any) -> Obj:
    return stored("StorageClass", provisioner=fields.pop("provisioner", "p"), **fields)


def attributes(**fields: Any) -> Obj:
    return stored(
        "VolumeAttributesClass", **{"driverName": "d", "parameters": {"a": "b"}, **fields}
    )


def ingress_class(controller: str) -> Obj:
    return stored("IngressClass", "networking.k8s.io/v1", spec={"controller": controller})


def runtime_class(handler: str) -> Obj:
    return stored("RuntimeClass", "node.k8s.io/v1", handler=handler)


def driver(**spec: Any) -> Obj:
    return stored("CSIDriver", spec=spec)


def node(**fields: Any) -> Obj:
    return stored("CSINode", spec={"drivers": [{"name": "d", "nodeID": "n", **fields}]})


def capacity(**fields: Any) -> Obj:
    meta = {"namespace": "n"}
    return stored("CSIStorageCapacity", metadata=meta, **{"storageClassName": "s", **fields})


def attachment(name: str, status: Obj | None = None) -> Obj:
    spec = {"attacher": "d", "nodeName": "n", "source": {"persistentVolumeName": name}}
    return stored("VolumeAttachment", spec=spec, status=status or {"attached": False})


KINDS: list[Any] = [
    pytest.param(
        storage_class(allowVolumeExpansion=True, mountOptions=["ro"]), storage_class(), [],
        id="a storage class may allow growth",
    ),
    pytest.param(
        storage_class(
            parameters={"a": "b"}, provisioner="q", reclaimPolicy="Retain",
            volumeBindingMode="WaitForFirstConsumer",
        ),
        storage_class(),
        [
            'parameters: Invalid value: {"a":"b"}: field is immutable',
            'provisioner: Invalid value: "q": field is immutable',
            'reclaimPolicy: Invalid value: "Retain": field is immutable',
            'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
        ],
        id="and nothing of what volumes were made by",
    ),
    pytest.param(
        storage_class(), storage_class(parameters={"a": "b"}),
        ["parameters: Invalid value: null: field is immutable"], id="nor lose it",
    ),
    pytest.param(
        storage_class(provisioner=""), storage_class(),
        ["provisioner: Required value", 'provisioner: Invalid value: "": field is immutable'],
        id="a class is looked at in itself first",
    ),
    pytest.param(
        attributes(driverName="e", parameters={}), attributes(),
        [
            "driverName: Forbidden: updates to driverName are forbidden.",
            "parameters: Forbidden: updates to parameters are forbidden.",
            "parameters: Required value: must contain at least one key/value pair",
        ],
        id="an attributes class: the change first",
    ),
    pytest.param(
        ingress_class("a/c"), ingress_class("a/b"),
        ['spec.controller: Invalid value: "a/c": field is immutable'],
        id="an ingress class keeps its controller",
    ),
    pytest.param(
        ingress_class("a"), ingress_class("a/b"),
        [
            'spec.controller: Invalid value: "a": field is immutable',
            'spec.controller: Invalid value: "a": '
            'must be a domain-prefixed path (such as "acme.io/foo")',
        ],
        id="an ingress class: the change first",
    ),
    pytest.param(
        runtime_class(""), runtime_class("a"),
        ["handler: Required value", 'handler: Invalid value: "": field is immutable'],
        id="a runtime class keeps its handler",
    ),
    pytest.param(driver(requiresRepublish=True), driver(), [], id="a driver may change"),
    pytest.param(
        driver(attachRequired=False, volumeLifecycleModes=["Ephemeral"]), driver(),
        [
            "spec.attachedRequired: Invalid value: false: field is immutable",
            'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
        ],
        id="but not in how it attaches",
    ),
    pytest.param(node(allocatable={"count": 5}), node(), [], id="a node may take more volumes"),
    pytest.param(
        node(nodeID="m", allocatable={"count": 5}), node(),
        [
            'spec.drivers: Invalid value: {"Name":"d","NodeID":"m","TopologyKeys":null,'
            '"Allocatable":null}: field is immutable'
        ],
        id="but not become another",
    ),
    pytest.param(capacity(capacity="1Gi"), capacity(capacity="2Gi"), [], id="capacity changes"),
    pytest.param(
        capacity(storageClassName="t", nodeTopology={"matchLabels": {"a": "b"}}), capacity(),
        [
            'nodeTopology: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable',
            'storageClassName: Invalid value: "t": field is immutable',
        ],
        id="but not what it is the capacity of",
    ),
    pytest.param(
        attachment("w"), attachment("v"),
        [
            'spec: Invalid value: {"Attacher":"d","Source":{"PersistentVolumeName":"w",'
            '"InlineVolumeSpec":null},"NodeName":"n"}: field is immutable'
        ],
        id="an attachment stays",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("new", "old", "words"), VOLUMES + CLAIMS + KINDS)
def test_updates(new: Obj, old: Obj, words: list[str]) -> None:
    assert said(new, old) == words


STATUSES: list[Any] = [
    pytest.param(
        claim({
            "phase": "Bound", "capacity": {"storage": "1Gi"},
            "allocatedResources": {"storage": "2Gi", "example.com/iops": 5},
            "allocatedResourceStatuses": {"storage": "NodeResizePending"},
        }),
        [],
        id="a claim that grows",
    ),
    pytest.param(
        claim({
            "capacity": {"storage": "-1"}, "allocatedResources": {"storage": "-1", "cpu": 1},
            "allocatedResourceStatuses": {"storage": "Soon", "a b": "NodeResizePending"},
        }),
        [
            "status.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
            'status.allocatedResourceStatuses: Invalid value: "a b": '
            + names.label_key("a b")[0],
            'status.allocatedResourceStatuses: Unsupported value: "storage": supported values: '
            '"ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", '
            '"NodeResizeInfeasible", "NodeResizePending"',
            'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
            "status.allocatedResources[storage]: Invalid value: -1: "
            "must be a valid resource quantity",
        ],
        id="a claim that cannot be so",
    ),
    pytest.param(
        attachment("v", {"attached": True, "attachError": {"message": "x" * 1024}}), [],
        id="an attachment that failed",
    ),
    pytest.param(
        attachment("v", {
            "attached": False, "attachmentMetadata": {"a": "x" * 262144},
            "attachError": {"message": "x" * 1025}, "detachError": {"errorCode": -1},
        }),
        [
            "status.attachmentMetadata: Too long: may not be more than 262144 bytes",
            "status.attachError.message: Too long: may not be more than 262144 bytes",
            "status.detachError.errorCode: Invalid value: -1: "
            "must be between 0 and 2147483647, inclusive",
        ],
        id="an attachment that says too much",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("new", "words"), STATUSES)
def test_statuses(new: Obj, words: list[str]) -> None:
    group = Gvk.of(new["apiVersion"], new["kind"]).group
    found = check_status(group, new["kind"], new, {**new, "status": {}})
    assert [str(fault.error) for fault in found] == words


@pytest.mark.parametrize("old", [case.values[1] for case in VOLUMES + CLAIMS + KINDS])
def test_an_object_may_stay_as_it_is(old: Obj) -> None:
    assert said(old, old) == []


@pytest.mark.parametrize(
    ("old", "times"),
    [
        pytest.param(volume(), 4, id="a volume: at the door and as all, and in itself, twice"),
        pytest.param(claim(), 4, id="a claim: at the door, by its kind, as all, and in itself"),
        pytest.param(storage_class(), 4, id="a storage class: the same"),
        pytest.param(driver(), 3, id="a driver: at the door, and by its kind"),
        pytest.param(node(), 3, id="a CSI node: at the door, as all, and in itself"),
    ],
)
def test_a_label_that_cannot_be_is_said_as_often_as_the_server_looks(old: Obj, times: int) -> None:
    new = {**old, "metadata": {**old["metadata"], "labels": {"a": "_"}}}
    assert len(said(new, old)) == times


def test_what_was_changed_in_a_volume_is_shown() -> None:
    changed = {"csi": {"driver": "d", "volumeHandle": "other"}}
    (fault,) = faults(volume(changed), volume())
    assert '-  "VolumeHandle": "h",\n+  "VolumeHandle": "other",\n' in fault.error.detail
    assert fault.path == ("spec",)
