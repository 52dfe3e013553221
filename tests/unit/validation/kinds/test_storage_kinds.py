"""Classes, drivers and attachments: StorageClass, IngressClass, RuntimeClass, CSI kinds."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.kube.schema import Gvk
from ecp.validation.kinds import checks_for
from ecp.validation.scope import Scope

Obj = dict[str, Any]
SUBDOMAIN = names.dns_subdomain("A_b")[0]
EMPTY_NAME = names.dns_subdomain("")[0]
LABEL = names.dns_label("A_b")[0]
KEY = names.label_key("a b")[0]
STORAGE = "storage.k8s.io/v1"
GROUPS = {
    "CSIDriver": STORAGE,
    "CSINode": STORAGE,
    "CSIStorageCapacity": STORAGE,
    "IngressClass": "networking.k8s.io/v1",
    "RuntimeClass": "node.k8s.io/v1",
    "StorageClass": STORAGE,
    "VolumeAttachment": STORAGE,
    "VolumeAttributesClass": STORAGE,
}


def said(kind: str, obj: Obj, scope: Scope | None = None) -> list[str]:
    group = Gvk.of(GROUPS[kind], kind).group
    checks = checks_for(group, kind)
    assert checks
    return [str(fault.error) for check in checks for fault in check(obj, scope or Scope())]


def term(*pairs: tuple[str, list[str]]) -> Obj:
    return {"matchLabelExpressions": [{"key": key, "values": values} for key, values in pairs]}


def driver(**spec: Any) -> Obj:
    return {"spec": spec}


def node(*drivers: Obj) -> Obj:
    return {"spec": {"drivers": [{"name": "d", "nodeID": "n", **one} for one in drivers]}}


def attachment(source: Obj, **spec: Any) -> Obj:
    return {"spec": {"attacher": "d", "nodeName": "n", "source": source, **spec}}


EXACTLY = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
INLINE = "may not be specified in the context of inline volumes"
EQUAL = {"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute"}
CASES: list[Any] = [
    pytest.param("StorageClass", {"provisioner": "A.b/C"}, [], id="a storage class"),
    pytest.param(
        "StorageClass",
        {
            "provisioner": "p", "parameters": {"a": ""}, "reclaimPolicy": "Retain",
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowedTopologies": [term(("a", ["x", "y"])), term(("a", ["x"]))],
        },
        [],
        id="a storage class with everything",
    ),
    pytest.param(
        "StorageClass",
        {"reclaimPolicy": "Recycle", "volumeBindingMode": ""},
        [
            "provisioner: Required value",
            'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
            'volumeBindingMode: Unsupported value: "": '
            'supported values: "Immediate", "WaitForFirstConsumer"',
        ],
        id="a storage class without a provisioner",
    ),
    pytest.param(
        "StorageClass",
        {"provisioner": "A B", "parameters": {"": "x" * 262145}},
        [
            f'provisioner: Invalid value: "a b": {KEY}',
            'parameters: Invalid value: "": field can not be empty.',
            "parameters: Too long: may not be more than 262144 bytes",
        ],
        id="a provisioner is shown in small letters; parameters have a size",
    ),
    pytest.param(
        "StorageClass",
        {"provisioner": "p", "parameters": {f"k{number}": "" for number in range(513)}},
        ["parameters: Too long: may not be more than 512 bytes"],
        id="too many parameters",
    ),
    pytest.param(
        "StorageClass",
        {
            "provisioner": "p",
            "allowedTopologies": [
                term(("a b", ["x", "x"]), ("a b", [])), term(("c", ["x", "y"])),
                term(("c", ["y", "x"])),
            ],
        },
        [
            'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "x"',
            f'allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "a b": {KEY}',
            "allowedTopologies[0].matchLabelExpressions[1].values: Required value",
            f'allowedTopologies[0].matchLabelExpressions[1].key: Invalid value: "a b": {KEY}',
            'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "a b"',
            'allowedTopologies[2].matchLabelExpressions: Duplicate value: ""',
        ],
        id="topologies that say a thing twice",
    ),
    pytest.param(
        "StorageClass",
        {"provisioner": "p", "allowedTopologies": [{}, {}]},
        ['allowedTopologies[0].matchLabelExpressions: Duplicate value: ""'] * 2
        + ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'] * 3,
        id="an empty topology is a duplicate of as many as there are",
    ),
    pytest.param(
        "VolumeAttributesClass", {"driverName": "d", "parameters": {"a": "b"}}, [],
        id="an attributes class",
    ),
    pytest.param(
        "VolumeAttributesClass", {},
        [
            "driverName: Required value",
            "parameters: Required value: must contain at least one key/value pair",
        ],
        id="an attributes class of nothing",
    ),
    pytest.param(
        "IngressClass",
        {"spec": {"controller": "a.b/c", "parameters": {"kind": "K", "name": "n", "scope": None}}},
        [],
        id="an ingress class",
    ),
    pytest.param(
        "IngressClass",
        {"spec": {"parameters": {"apiGroup": "A_b", "namespace": "n"}}},
        [
            "spec.controller: Required value",
            f'spec.parameters.apiGroup: Invalid value: "A_b": {SUBDOMAIN}',
            "spec.parameters.kind: Required value",
            "spec.parameters.name: Required value",
            "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
        ],
        id="an ingress class without a controller; its parameters are the cluster's",
    ),
    pytest.param(
        "IngressClass",
        {"spec": {"controller": "a", "parameters": {
            "kind": "a/b", "name": "..", "scope": "Namespace"}}},
        [
            'spec.controller: Invalid value: "a": '
            'must be a domain-prefixed path (such as "acme.io/foo")',
            "spec.parameters.kind: Invalid value: \"a/b\": may not contain '/'",
            "spec.parameters.name: Invalid value: \"..\": may not be '..'",
            "spec.parameters.namespace: Required value: "
            "`parameters.scope` is set to 'Namespace'",
        ],
        id="a controller without a domain; parameters of a namespace",
    ),
    pytest.param(
        "IngressClass",
        {"spec": {"controller": "A_b/c d", "parameters": {
            "kind": "K", "name": "n", "scope": "Pod", "namespace": "A_b"}}},
        [
            f'spec.controller: Invalid value: "A_b": {SUBDOMAIN}',
            'spec.controller: Invalid value: "c d": Invalid path (regex used for validation is '
            "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
            'spec.parameters.scope: Unsupported value: "Pod": '
            'supported values: "Cluster", "Namespace"',
        ],
        id="a controller with a bad domain and path",
    ),
    pytest.param(
        "IngressClass",
        {"spec": {"controller": "a/" + "b" * 249, "parameters": {
            "kind": "K", "name": "n", "scope": "Namespace", "namespace": "A_b"}}},
        [
            "spec.controller: Too long: may not be more than 250 bytes",
            f'spec.parameters.namespace: Invalid value: "A_b": {LABEL}',
        ],
        id="a controller with a long name",
    ),
    pytest.param(
        "RuntimeClass",
        {
            "handler": "runc", "overhead": {"podFixed": {"cpu": "1", "memory": "1Gi"}},
            "scheduling": {"nodeSelector": {"a": "b"}, "tolerations": [EQUAL]},
        },
        [],
        id="a runtime class",
    ),
    pytest.param("RuntimeClass", {}, ["handler: Required value"], id="without a handler"),
    pytest.param(
        "RuntimeClass",
        {
            "handler": "A_b", "overhead": {"podFixed": {"cpu": "-1"}},
            "scheduling": {"nodeSelector": {"a": "_"}, "tolerations": [
                EQUAL, {**EQUAL, "tolerationSeconds": 5}]},
        },
        [
            f'handler: Invalid value: "A_b": {LABEL}',
            'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
            f'scheduling.nodeSelector: Invalid value: "_": {names.label_value("_")[0]}',
            'scheduling.tolerations[1]: Duplicate value: {"Key":"a","Operator":"Equal",'
            '"Value":"b","Effect":"NoExecute","TolerationSeconds":5}',
        ],
        id="a runtime class with four faults",
    ),
    pytest.param("CSIDriver", driver(), [], id="a driver of defaults"),
    pytest.param(
        "CSIDriver",
        driver(
            fsGroupPolicy="Own", volumeLifecycleModes=["Ephemeral", "Once"],
            nodeAllocatableUpdatePeriodSeconds=9, serviceAccountTokenInSecrets=False,
        ),
        [
            'spec.fsGroupPolicy: Unsupported value: "Own": '
            'supported values: "File", "None", "ReadWriteOnceWithFSType"',
            'spec.volumeLifecycleModes: Unsupported value: "Once": '
            'supported values: "Persistent", "Ephemeral"',
            "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: "
            "must be greater than or equal to 10 seconds",
            "spec.serviceAccountTokenInSecrets: Invalid value: false: "
            "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
        ],
        id="a driver with four faults",
    ),
    pytest.param(
        "CSIDriver",
        driver(tokenRequests=[
            {"audience": "a", "expirationSeconds": 1}, {"audience": "a", "expirationSeconds": 1},
            {"expirationSeconds": 2**33}]),
        [
            "spec.tokenRequests[0].expirationSeconds: Invalid value: 1: "
            "may not specify a duration less than 10 minutes",
            'spec.tokenRequests[1].audience: Duplicate value: "a"',
            "spec.tokenRequests[2].expirationSeconds: Invalid value: 8589934592: "
            "may not specify a duration larger than 2^32 seconds",
        ],
        id="a driver's tokens: of a second one for an audience no more is said",
    ),
    pytest.param(
        "CSINode", node({"allocatable": {"count": 0}, "topologyKeys": ["a"]}), [], id="a CSI node"
    ),
    pytest.param(
        "CSINode",
        node({"nodeID": "", "allocatable": {"count": -1}}, {"topologyKeys": ["", "a", "a"]}),
        [
            "spec.drivers[0].nodeID: Required value",
            "spec.drivers[0].allocatable.count: Invalid value: -1: "
            "must be greater than or equal to 0",
            'spec.drivers[1].name: Duplicate value: "d"',
            "spec.drivers[1]: Required value",
            *[f'spec.drivers[1]: Invalid value: "": {text}' for text in names.label_key("")],
            'spec.drivers[1]: Duplicate value: "a"',
        ],
        id="a CSI node with faults in both drivers",
    ),
    pytest.param(
        "CSINode",
        node({"name": "", "nodeID": "n" * 257}),
        [
            "spec.drivers[0].name: Required value",
            f'spec.drivers[0].nodeID: Invalid value: "{"n" * 257}": '
            "must be 256 characters or less",
        ],
        id="a CSI node whose id is long",
    ),
    pytest.param(
        "CSIStorageCapacity", {"storageClassName": "s", "capacity": "0"}, [], id="a capacity"
    ),
    pytest.param(
        "CSIStorageCapacity",
        {"capacity": "-1", "nodeTopology": {"matchExpressions": [{"key": "a", "operator": "X"}]}},
        [
            'nodeTopology.matchExpressions[0].operator: Invalid value: "X": '
            "not a valid selector operator",
            f'storageClassName: Invalid value: "": {EMPTY_NAME}',
            'capacity: Invalid value: "-1": must be greater than or equal to 0',
        ],
        id="a capacity below nothing",
    ),
    pytest.param(
        "VolumeAttachment", attachment({"persistentVolumeName": "v"}), [], id="an attachment"
    ),
    pytest.param(
        "VolumeAttachment",
        attachment({"inlineVolumeSpec": {
            "accessModes": ["ReadWriteOnce"], "csi": {"driver": "d", "volumeHandle": "h"}}}),
        [],
        id="an attachment of a pod's own volume",
    ),
    pytest.param(
        "VolumeAttachment",
        attachment({}, attacher="", nodeName=""),
        [
            "spec.attacher: Required value",
            f"spec.source: Required value: {EXACTLY}",
            f'spec.nodeName: Invalid value: "": {EMPTY_NAME}',
        ],
        id="an attachment of nothing",
    ),
    pytest.param(
        "VolumeAttachment",
        attachment({"persistentVolumeName": "", "inlineVolumeSpec": {}}),
        [
            f"spec.source: Forbidden: {EXACTLY}",
            f'spec.source.persistentVolumeName: Invalid value: "": {EMPTY_NAME}',
        ],
        id="an attachment of two",
    ),
    pytest.param(
        "VolumeAttachment",
        attachment({"persistentVolumeName": ""}),
        [
            "spec.source.persistentVolumeName: Required value: "
            "must specify non empty persistentVolumeName",
            f'spec.source.persistentVolumeName: Invalid value: "": {EMPTY_NAME}',
        ],
        id="an attachment of a volume without a name",
    ),
    pytest.param(
        "VolumeAttachment",
        attachment({"inlineVolumeSpec": {
            "claimRef": {}, "capacity": {"storage": "1"}, "nodeAffinity": {},
            "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "s",
            "volumeMode": "Block", "volumeAttributesClassName": ""}}),
        [
            f"spec.source.inlineVolumeSpec.claimRef: Forbidden: {INLINE}",
            f"spec.source.inlineVolumeSpec.capacity: Forbidden: {INLINE}",
            "spec.source.inlineVolumeSpec.csi: Required value: "
            "has to be specified in the context of inline volumes",
            "spec.source.inlineVolumeSpec.accessModes: Required value",
            "spec.source.inlineVolumeSpec.persistentVolumeReclaimPolicy: Forbidden: "
            "may only be Retain in the context of inline volumes",
            f"spec.source.inlineVolumeSpec.nodeAffinity: Forbidden: {INLINE}",
            "spec.source.inlineVolumeSpec: Required value: must specify a volume type",
            f"spec.source.inlineVolumeSpec.storageClassName: Forbidden: {INLINE}",
            "spec.source.inlineVolumeSpec.volumeMode: Forbidden: may not specify volumeMode "
            "other than Filesystem in the context of inline volumes",
        ],
        id="an attachment of a pod's own volume with what only an object may have",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "obj", "words"), CASES)
def test_storage_kinds(kind: str, obj: Obj, words: list[str]) -> None:
    assert said(kind, obj) == words


@pytest.mark.parametrize(("version", "count"), [((1, 34), 0), ((1, 35), 2)])
def test_fields_of_a_driver_are_judged_since_their_gates_are_on(
    version: tuple[int, int], count: int
) -> None:
    spec = driver(nodeAllocatableUpdatePeriodSeconds=1, serviceAccountTokenInSecrets=True)
    assert len(said("CSIDriver", spec, Scope(version))) == count
