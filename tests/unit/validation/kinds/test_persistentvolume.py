"""PersistentVolume: each source taken, and each refused in the server's words."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.kube.defaults import default
from ecp.validation import validate
from ecp.validation.faults import Fault
from ecp.validation.kinds import checks_for
from ecp.validation.scope import Scope

Obj = dict[str, Any]
SUBDOMAIN = names.dns_subdomain("A_b")[0]
LABEL = names.dns_label("A_b")[0]
NFS = {"nfs": {"server": "s", "path": "/p"}}
AFFINITY = {
    "required": {
        "nodeSelectorTerms": [
            {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In",
                                   "values": ["n"]}]}
        ]
    }
}  # fmt: skip
NO_TYPE = "spec: Required value: must specify a volume type"
TOGETHER = (
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
    "iscsi.initiatorName is specified."
)


def volume(source: Obj | None = None, annotations: Obj | None = None, **spec: Any) -> Obj:
    whole = {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
        **(NFS if source is None else source), **spec,
    }  # fmt: skip
    meta = {"name": "pv", "annotations": annotations or {}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": meta, "spec": whole}


def faults(obj: Obj, scope: Scope | None = None) -> list[Fault]:
    checks = checks_for("", "PersistentVolume")
    return [fault for check in checks for fault in check(obj, scope or Scope())]


def said(obj: Obj, scope: Scope | None = None) -> list[str]:
    return [str(fault.error) for fault in faults(obj, scope)]


ISCSI = {"targetPortal": "10.0.0.1:3260", "iqn": "iqn.2001-04.com.example:disk"}
REF = {"name": "s", "namespace": "n"}
TAKEN: list[Any] = [
    pytest.param({"hostPath": {"path": "/p", "type": "Directory"}}, id="hostPath"),
    pytest.param({"gcePersistentDisk": {"pdName": "d"}}, id="gcePersistentDisk"),
    pytest.param({"awsElasticBlockStore": {"volumeID": "d"}}, id="EBS"),
    pytest.param({"glusterfs": {"endpoints": "e", "path": "p"}}, id="glusterfs"),
    pytest.param({"flocker": {"datasetUUID": "u"}}, id="flocker"),
    pytest.param(NFS, id="nfs"),
    pytest.param({"rbd": {"monitors": ["m"], "image": "i"}}, id="rbd"),
    pytest.param({"quobyte": {"registry": "r:1", "volume": "v"}}, id="quobyte"),
    pytest.param({"cephfs": {"monitors": ["m"]}}, id="cephfs"),
    pytest.param({"iscsi": ISCSI}, id="iscsi"),
    pytest.param({"cinder": {"volumeID": "v", "secretRef": REF}}, id="cinder"),
    pytest.param({"fc": {"wwids": ["w"]}}, id="fc"),
    pytest.param({"flexVolume": {"driver": "d"}}, id="flexVolume"),
    pytest.param({"azureFile": {"secretName": "s", "shareName": "h"}}, id="azureFile"),
    pytest.param({"vsphereVolume": {"volumePath": "p"}}, id="vsphereVolume"),
    pytest.param({"photonPersistentDisk": {"pdID": "p"}}, id="photonPersistentDisk"),
    pytest.param({"portworxVolume": {"volumeID": "p"}}, id="portworxVolume"),
    pytest.param({"azureDisk": {"diskName": "d", "diskURI": "https://x"}}, id="azureDisk"),
    pytest.param({"scaleIO": {"gateway": "g", "system": "s", "volumeName": "v"}}, id="scaleIO"),
    pytest.param({"local": {"path": "/p"}, "nodeAffinity": AFFINITY}, id="local"),
    pytest.param({"storageos": {"volumeName": "v", "secretRef": REF}}, id="storageos"),
    pytest.param(
        {"csi": {"driver": "d", "volumeHandle": "h", "nodeStageSecretRef": {"name": ""}}},
        id="csi: the secret for staging is not looked at",
    ),
]


@pytest.mark.parametrize("source", TAKEN)
def test_taken(source: Obj) -> None:
    assert said(volume(source)) == []
    assert said(default("PersistentVolume", volume(source))) == []


SOURCES: list[Any] = [
    pytest.param({}, [NO_TYPE], id="no source"),
    pytest.param({"nfs": None}, [NO_TYPE], id="a source that is null"),
    pytest.param(
        {"hostPath": {}, "flexVolume": {}, "csi": {}, "cephfs": {}},
        [
            "spec.hostPath.path: Required value",
            "spec.cephFS: Forbidden: may not specify more than 1 volume type",
            "spec.flexVolume.driver: Required value",
            "spec.csi: Forbidden: may not specify more than 1 volume type",
        ],
        id="several sources, of which flexVolume never counts as one too many",
    ),
    pytest.param(
        {"gcePersistentDisk": {}}, ["spec.persistentDisk.pdName: Required value"],
        id="gcePersistentDisk",
    ),
    pytest.param(
        {"awsElasticBlockStore": {"partition": 256}},
        [
            "spec.awsElasticBlockStore.volumeID: Required value",
            "spec.awsElasticBlockStore.partition: Invalid value: 256: "
            "must be between 1 and 255, inclusive",
        ],
        id="EBS",
    ),
    pytest.param(
        {"glusterfs": {"endpointsNamespace": ""}},
        [
            "spec.glusterfs.endpoints: Required value",
            "spec.glusterfs.path: Required value",
            'spec.glusterfs.endpointsNamespace: Invalid value: "": '
            "if the endpointnamespace is set, it must be a valid namespace name",
        ],
        id="glusterfs",
    ),
    pytest.param(
        {"glusterfs": {"endpoints": "e", "path": "p", "endpointsNamespace": "A_b"}},
        [f'spec.glusterfs.endpointsNamespace: Invalid value: "A_b": {LABEL}'],
        id="glusterfs in a namespace that cannot be",
    ),
    pytest.param(
        {"flocker": {}},
        ["spec.flocker: Required value: one of datasetName and datasetUUID is required"],
        id="flocker",
    ),
    pytest.param(
        {"nfs": {"server": "s", "path": "p"}},
        ['spec.nfs.path: Invalid value: "p": must be an absolute path'],
        id="nfs",
    ),
    pytest.param(
        {"rbd": {}}, ["spec.rbd.monitors: Required value", "spec.rbd.image: Required value"],
        id="rbd",
    ),
    pytest.param(
        {"quobyte": {"registry": "r:1"}}, ["spec.quobyte.volume: Required value"], id="quobyte"
    ),
    pytest.param({"cephfs": {}}, ["spec.cephfs.monitors: Required value"], id="cephfs"),
    pytest.param(
        {"iscsi": {"targetPortal": "p" * 62, "iqn": "abc", "secretRef": {}, "lun": -1,
                   "initiatorName": "iqn.x"}},
        [
            f'spec.iscsi.targetportal: Invalid value: "{"p" * 62}": {TOGETHER}',
            'spec.iscsi.iqn: Invalid value: "abc": must be valid format',
            "spec.iscsi.lun: Invalid value: -1: must be between 0 and 255, inclusive",
            "spec.iscsi.secretRef.name: Required value",
            'spec.iscsi.initiatorname: Invalid value: "iqn.x": must be valid format',
        ],
        id="iscsi",
    ),
    pytest.param(
        {"cinder": {"volumeID": "v", "secretRef": {}}},
        [
            "spec.cinder.secretRef.name: Required value",
            "spec.cinder.secretRef.namespace: Required value",
        ],
        id="cinder",
    ),
    pytest.param(
        {"fc": {"targetWWNs": ["w"]}},
        ["spec.fc.lun: Required value: lun is required if targetWWNs is specified"],
        id="fc",
    ),
    pytest.param(
        {"azureFile": {"secretNamespace": ""}},
        [
            "spec.azureFile.secretName: Required value",
            "spec.azureFile.shareName: Required value",
            "spec.azureFile.secretNamespace: Required value",
        ],
        id="azureFile",
    ),
    pytest.param(
        {"vsphereVolume": {}}, ["spec.vsphereVolume.volumePath: Required value"], id="vsphere"
    ),
    pytest.param(
        {"photonPersistentDisk": {}}, ["spec.photonPersistentDisk.pdID: Required value"],
        id="photon",
    ),
    pytest.param(
        {"portworxVolume": {}}, ["spec.portworxVolume.volumeID: Required value"], id="portworx"
    ),
    pytest.param(
        {"azureDisk": {"diskName": "d", "diskURI": "http://x", "kind": "Dedicated"}},
        [
            'spec.azureDisk.diskURI: Unsupported value: "http://x": supported values: '
            '"https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"'
        ],
        id="azureDisk",
    ),
    pytest.param(
        {"scaleIO": {"gateway": "g"}},
        ["spec.scaleIO.system: Required value", "spec.scaleIO.volumeName: Required value"],
        id="scaleIO",
    ),
    pytest.param(
        {"local": {}},
        [
            "spec.local.path: Required value",
            "spec.nodeAffinity: Required value: Local volume requires node affinity",
        ],
        id="local without a node",
    ),
    pytest.param(
        {"local": {"path": "a/../b"}, "nodeAffinity": {}},
        [
            "spec.nodeAffinity.required: Required value: must specify required node constraints",
            "spec.local.path: Invalid value: \"a/../b\": must not contain '..'",
        ],
        id="local with backsteps; an affinity of nothing counts as one",
    ),
    pytest.param(
        {"storageos": {"volumeName": "A_b", "secretRef": {}}},
        [
            f'spec.storageos.volumeName: Invalid value: "A_b": {LABEL}',
            "spec.storageos.secretRef.name: Required value",
            "spec.storageos.secretRef.namespace: Required value",
        ],
        id="storageos",
    ),
    pytest.param(
        {"csi": {"controllerPublishSecretRef": {},
                 "nodePublishSecretRef": {"name": "A_b", "namespace": "A_b"}}},
        [
            "spec.csi.driver: Required value",
            "spec.csi.volumeHandle: Required value",
            "spec.csi.controllerPublishSecretRef.name: Required value",
            "spec.csi.controllerPublishSecretRef.namespace: Required value",
            f'spec.csi.nodePublishSecretRef.name: Invalid value: "A_b": {SUBDOMAIN}',
            f'spec.csi.nodePublishSecretRef.namespace: Invalid value: "A_b": {LABEL}',
        ],
        id="csi",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "words"), SOURCES)
def test_sources_refused_in_the_servers_words(source: Obj, words: list[str]) -> None:
    assert said(volume(source)) == words


RULES: list[Any] = [
    pytest.param({"accessModes": []}, ["spec.accessModes: Required value"], id="no mode"),
    pytest.param(
        {"accessModes": ["Some", "ReadWriteOncePod", "ReadWriteMany"]},
        [
            'spec.accessModes: Unsupported value: "Some": supported values: "ReadOnlyMany", '
            '"ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
            "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
        ],
        id="modes",
    ),
    pytest.param(
        {"capacity": None},
        [
            "spec.capacity: Required value",
            'spec.capacity: Unsupported value: null: supported values: "storage"',
        ],
        id="no capacity",
    ),
    pytest.param(
        {"capacity": {}},
        [
            "spec.capacity: Required value",
            'spec.capacity: Unsupported value: {}: supported values: "storage"',
        ],
        id="an empty capacity",
    ),
    pytest.param(
        {"capacity": {"storage": "-1Gi", "cpu": 1}},
        [
            'spec.capacity: Unsupported value: {"cpu":"1","storage":"-1Gi"}: '
            'supported values: "storage"',
            "spec.capacity[storage]: Invalid value: -1073741824: must be a valid resource quantity",
            'spec.capacity[storage]: Invalid value: "-1Gi": must be greater than zero',
        ],
        id="a capacity of other things, and below nothing",
    ),
    pytest.param(
        {"capacity": {"storage": 0}},
        ['spec.capacity[storage]: Invalid value: "0": must be greater than zero'],
        id="a capacity of nothing",
    ),
    pytest.param(
        {"persistentVolumeReclaimPolicy": "Keep"},
        [
            'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": '
            'supported values: "Delete", "Recycle", "Retain"'
        ],
        id="reclaim policy",
    ),
    pytest.param(
        {"nodeAffinity": {"required": {}}},
        [
            "spec.nodeAffinity.required.nodeSelectorTerms: Required value: "
            "must have at least one node selector term"
        ],
        id="an affinity without terms",
    ),
    pytest.param(
        {"storageClassName": "A_b", "volumeMode": "Raw", "volumeAttributesClassName": "A_b"},
        [
            f'spec.storageClassName: Invalid value: "A_b": {SUBDOMAIN}',
            'spec.volumeMode: Unsupported value: "Raw": supported values: "Block", "Filesystem"',
            f'spec.volumeAttributesClassName: Invalid value: "A_b": {SUBDOMAIN}',
            "spec.csi: Required value: has to be specified when using volumeAttributesClassName",
        ],
        id="classes and mode",
    ),
    pytest.param(
        {"volumeAttributesClassName": "", "nfs": None, "csi": {"driver": "d", "volumeHandle": "h"}},
        ["spec.volumeAttributesClassName: Required value: an empty string is disallowed"],
        id="an attributes class without a name",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "words"), RULES)
def test_rules_refuse_in_the_servers_words(spec: Obj, words: list[str]) -> None:
    assert said(volume(**spec)) == words


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/", True),
        ("//", True),
        ("/a/..", True),
        ("/./", True),
        ("/../", True),
        ("/a", False),
        ("", False),
    ],
)
def test_the_root_of_a_node_is_not_recycled(path: str, refused: bool) -> None:
    words = (
        "spec.persistentVolumeReclaimPolicy: Forbidden: "
        "may not be 'recycle' for a hostPath mount of '/'"
    )
    obj = volume({"hostPath": {"path": path}}, persistentVolumeReclaimPolicy="Recycle")
    assert (words in said(obj)) is refused


def test_mount_options_are_refused_where_no_plug_in_reads_them() -> None:
    options = {"volume.beta.kubernetes.io/mount-options": "ro"}
    assert said(volume(annotations=options)) == []
    local = {"local": {"path": "/p"}, "nodeAffinity": AFFINITY}
    assert said(volume(local, annotations=options)) == [
        "metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: "
        "may not specify mount options for this volume type"
    ]


@pytest.mark.parametrize(("version", "count"), [((1, 33), 0), ((1, 34), 2)])
def test_attribute_classes_are_judged_since_their_gate_is_on(
    version: tuple[int, int], count: int
) -> None:
    assert len(said(volume(volumeAttributesClassName=""), Scope(version))) == count


def test_a_volume_is_refused_as_a_whole_at_lines_of_the_text() -> None:
    manifest = """
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  gcePersistentDisk: {pdName: d, partition: 300}
"""
    report = validate(manifest)
    assert report.verdicts[0].message == (
        'PersistentVolume "pv" is invalid: spec.persistentDisk.partition: Invalid value: 300: '
        "must be between 1 and 255, inclusive"
    )
    assert report.findings[0].position.line == 8
