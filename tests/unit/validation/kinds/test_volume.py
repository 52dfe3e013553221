"""Volumes of a pod: each source taken, and each refused in the server's words."""

from collections.abc import Iterator
from typing import Any

import pytest

from ecp.kube import names
from ecp.kube.defaults import default
from ecp.kube.errors import FieldErrorType
from ecp.validation import validate
from ecp.validation.faults import At, Fault
from ecp.validation.kinds.volume import check_volumes
from ecp.validation.scope import Scope

Obj = dict[str, Any]
LABEL = names.dns_label("A_b")[0]
SUBDOMAIN = names.dns_subdomain("A_b")[0]
AMOUNTS = (
    '"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", '
    '"requests.ephemeral-storage", "requests.memory"'
)
FIELDS = (
    '"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", '
    '"metadata.uid"'
)
BYTES = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"
MODE = "must be a number between 0 and 0777 (octal), both inclusive"
PAIRS = "must be a host:port pair or multiple pairs separated by commas"
TOO_MANY = "Forbidden: may not specify more than 1 volume type"
TOGETHER = (
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
    "iscsi.initiatorName is specified."
)


def faults(*volumes: Obj, pod: str | None = None, scope: Scope | None = None) -> list[Fault]:
    spec = {"volumes": list(volumes)}
    return list(check_volumes(spec, At() / "volumes", scope or Scope(), {}, pod))


def said(volume: Obj, pod: str | None = None, scope: Scope | None = None) -> list[str]:
    found = faults({"name": "v", **volume}, pod=pod, scope=scope)
    return [str(fault.error).removeprefix("volumes[0]") for fault in found]


def template(**spec: Any) -> Obj:
    whole = {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **spec
    }  # fmt: skip
    return {"spec": whole}


ISCSI = {"targetPortal": "10.0.0.1:3260", "iqn": "iqn.2001-04.com.example:storage.disk1", "lun": 0}
DISK = {"diskName": "d", "diskURI": "https://a.blob.core.windows.net/c/d.vhd"}
TAKEN: list[Any] = [
    pytest.param({}, id="a volume without a source is an empty directory"),
    pytest.param({"secret": None}, id="and so is one whose source is null"),
    pytest.param({"emptyDir": {"sizeLimit": "0", "medium": "Tape"}}, id="emptyDir of any medium"),
    pytest.param({"hostPath": {"path": "/a..b", "type": ""}}, id="hostPath with dots in a name"),
    pytest.param({"gitRepo": {"repository": "r", "directory": "."}}, id="gitRepo"),
    pytest.param({"gcePersistentDisk": {"pdName": "d"}}, id="gcePersistentDisk"),
    pytest.param({"awsElasticBlockStore": {"volumeID": "d", "partition": 255}}, id="EBS"),
    pytest.param({"secret": {"secretName": "s", "defaultMode": 0o777}}, id="secret"),
    pytest.param(
        {"configMap": {"name": "c", "items": [{"key": "a/b", "path": "x..y"}]}},
        id="configMap: keys are not looked at",
    ),
    pytest.param({"nfs": {"server": "s", "path": "/"}}, id="nfs"),
    pytest.param({"iscsi": ISCSI}, id="iscsi"),
    pytest.param(
        {"name": "v" * 50, "iscsi": {**ISCSI, "initiatorName": "iqn.2001-04.com.example:a"}},
        id="iscsi with an initiator, 64 characters together with its name",
    ),
    pytest.param({"iscsi": {**ISCSI, "iqn": "eui.0123456789abcdef"}}, id="iscsi by eui"),
    pytest.param({"iscsi": {**ISCSI, "iqn": "naa." + "0" * 32}}, id="iscsi by naa"),
    pytest.param({"glusterfs": {"endpoints": "e", "path": "p"}}, id="glusterfs"),
    pytest.param({"flocker": {"datasetName": "d"}}, id="flocker"),
    pytest.param({"persistentVolumeClaim": {"claimName": "No_Rule"}}, id="a claim of any name"),
    pytest.param({"rbd": {"monitors": ["m"], "image": "i"}}, id="rbd"),
    pytest.param({"cinder": {"volumeID": "v", "secretRef": {"name": "s"}}}, id="cinder"),
    pytest.param({"cephfs": {"monitors": ["m"]}}, id="cephfs"),
    pytest.param({"quobyte": {"registry": "a:1,[::1]:2", "volume": "v"}}, id="quobyte"),
    pytest.param(
        {"downwardAPI": {"items": [
            {"path": "l", "fieldRef": {"fieldPath": "metadata.labels['a.b/C']"}},
            {"path": "c", "resourceFieldRef": {
                "containerName": "c", "resource": "limits.cpu", "divisor": "1000m"}},
            {"path": "h", "resourceFieldRef": {
                "containerName": "c", "resource": "limits.hugepages-2Mi", "divisor": "0"}},
        ]}},
        id="downwardAPI: labels, amounts, huge pages",
    ),
    pytest.param({"fc": {"targetWWNs": ["w"], "lun": 0}}, id="fc by target"),
    pytest.param({"fc": {"wwids": ["w"]}}, id="fc by id"),
    pytest.param({"flexVolume": {"driver": "a/b", "options": {"k8s.io.example": ""}}}, id="flex"),
    pytest.param({"azureFile": {"secretName": "s", "shareName": "h"}}, id="azureFile"),
    pytest.param({"vsphereVolume": {"volumePath": "p"}}, id="vsphereVolume"),
    pytest.param({"photonPersistentDisk": {"pdID": "p"}}, id="photonPersistentDisk"),
    pytest.param({"portworxVolume": {"volumeID": "p"}}, id="portworxVolume"),
    pytest.param({"azureDisk": DISK}, id="azureDisk: of the kind Shared"),
    pytest.param(
        {"azureDisk": {"diskName": "d", "diskURI": "/subscriptions/s", "kind": "Managed"}},
        id="azureDisk: managed",
    ),
    pytest.param({"storageos": {"volumeName": "v"}}, id="storageos"),
    pytest.param({"scaleIO": {"gateway": "g", "system": "s", "volumeName": "v"}}, id="scaleIO"),
    pytest.param({"csi": {"driver": "Csi.Example.com"}}, id="csi: case does not matter"),
    pytest.param(
        {"ephemeral": {"volumeClaimTemplate": {**template(), "metadata": {"labels": {"a": "b"}}}}},
        id="ephemeral",
    ),
    pytest.param({"image": {"reference": "r:1"}}, id="image"),
]  # fmt: skip


@pytest.mark.parametrize("volume", TAKEN)
def test_taken(volume: Obj) -> None:
    assert said(volume, pod="p") == []


@pytest.mark.parametrize("volume", TAKEN)
def test_taken_with_its_defaults(volume: Obj) -> None:
    spec = {"containers": [], "volumes": [{"name": "v", **volume}]}
    pod = default("Pod", {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": spec})
    assert faults(*pod["spec"]["volumes"], pod="p") == []


REFUSED: list[Any] = [
    pytest.param(
        {"emptyDir": {"sizeLimit": "-1"}},
        [".emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity"],
        id="emptyDir below nothing",
    ),
    pytest.param(
        {"hostPath": {"path": "", "type": "Dir"}}, [".hostPath.path: Required value"],
        id="hostPath without a path says no more",
    ),
    pytest.param(
        {"hostPath": {"path": "/a/../../b", "type": "Dir"}},
        [
            ".hostPath.path: Invalid value: \"/a/../../b\": must not contain '..'",
            '.hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", '
            '"CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
        ],
        id="hostPath with backsteps and an unknown type",
    ),
    pytest.param(
        {"gitRepo": {"directory": "/../a"}},
        [
            ".gitRepo.repository: Required value",
            '.gitRepo.directory: Invalid value: "/../a": must be a relative path',
            ".gitRepo.directory: Invalid value: \"/../a\": must not contain '..'",
        ],
        id="gitRepo: both causes of one path",
    ),
    pytest.param(
        {"gcePersistentDisk": {"partition": 256}},
        [
            ".persistentDisk.pdName: Required value",
            ".persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive",
        ],
        id="gcePersistentDisk goes by another name",
    ),
    pytest.param(
        {"awsElasticBlockStore": {"partition": -1}},
        [
            ".awsElasticBlockStore.volumeID: Required value",
            ".awsElasticBlockStore.partition: Invalid value: -1: "
            "must be between 1 and 255, inclusive",
        ],
        id="EBS",
    ),
    pytest.param(
        {"secret": {"defaultMode": 512, "items": [{"mode": -1, "path": "..data"}]}},
        [
            ".secret.secretName: Required value",
            f".secret.defaultMode: Invalid value: 512: {MODE}",
            ".secret.items[0].key: Required value",
            ".secret.items[0].path: Invalid value: \"..data\": must not start with '..'",
            f".secret.items[0].mode: Invalid value: -1: {MODE}",
        ],
        id="secret",
    ),
    pytest.param(
        {"configMap": {"items": [{"key": "k", "path": "/../x"}, {"key": "k"}]}},
        [
            ".configMap.name: Required value",
            '.configMap.items[0].path: Invalid value: "/../x": must be a relative path',
            ".configMap.items[0].path: Invalid value: \"/../x\": must not contain '..'",
            ".configMap.items[1].path: Required value",
        ],
        id="configMap",
    ),
    pytest.param(
        {"nfs": {}},
        [
            ".nfs.server: Required value",
            ".nfs.path: Required value",
            '.nfs.path: Invalid value: "": must be an absolute path',
        ],
        id="nfs: an empty path is not absolute either",
    ),
    pytest.param(
        {"iscsi": {"lun": 256, "chapAuthSession": True, "initiatorName": "x"}},
        [
            ".iscsi.targetPortal: Required value",
            ".iscsi.iqn: Required value",
            ".iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive",
            ".iscsi.secretRef: Required value",
            '.iscsi.initiatorname: Invalid value: "x": '
            "must be valid format starting with iqn, eui, or naa",
        ],
        id="iscsi",
    ),
    pytest.param(
        {"iscsi": {**ISCSI, "iqn": "iqn.2001-4.com:x", "initiatorName": "eui.1"}},
        [
            '.iscsi.iqn: Invalid value: "iqn.2001-4.com:x": must be valid format',
            '.iscsi.initiatorname: Invalid value: "eui.1": must be valid format',
        ],
        id="iscsi names that begin well",
    ),
    pytest.param(
        {
            "name": "v" * 51,
            "iscsi": {**ISCSI, "initiatorName": "iqn.2001-04.com.example:a"},
        },
        [f'.name: Invalid value: "{"v" * 51}": {TOGETHER}'],
        id="iscsi with an initiator: the name is too long with its portal",
    ),
    pytest.param(
        {"glusterfs": {}},
        [".glusterfs.endpoints: Required value", ".glusterfs.path: Required value"],
        id="glusterfs",
    ),
    pytest.param(
        {"flocker": {}},
        [".flocker: Required value: one of datasetName and datasetUUID is required"],
        id="flocker without either",
    ),
    pytest.param(
        {"flocker": {"datasetName": "a/b", "datasetUUID": "u"}},
        [
            '.flocker: Invalid value: "resource": '
            "datasetName and datasetUUID can not be specified simultaneously",
            ".flocker.datasetName: Invalid value: \"a/b\": must not contain '/'",
        ],
        id="flocker with both",
    ),
    pytest.param(
        {"persistentVolumeClaim": {}}, [".persistentVolumeClaim.claimName: Required value"],
        id="a claim without a name",
    ),
    pytest.param(
        {"rbd": {}}, [".rbd.monitors: Required value", ".rbd.image: Required value"], id="rbd"
    ),
    pytest.param(
        {"cinder": {"secretRef": {}}},
        [".cinder.volumeID: Required value", ".cinder.secretRef.name: Required value"],
        id="cinder",
    ),
    pytest.param({"cephfs": {}}, [".cephfs.monitors: Required value"], id="cephfs"),
    pytest.param(
        {"quobyte": {"registry": "a,b:1:2,[::1]"}},
        [f'.quobyte.registry: Invalid value: "a,b:1:2,[::1]": {PAIRS}'] * 3
        + [".quobyte.volume: Required value"],
        id="quobyte: as often as there are bad pairs",
    ),
    pytest.param(
        {"quobyte": {"volume": "v", "tenant": "t" * 65}},
        [f".quobyte.registry: Required value: {PAIRS}"],
        id="quobyte without a registry says nothing of its tenant",
    ),
    pytest.param(
        {"quobyte": {"volume": "v", "registry": "x", "tenant": "t" * 65}},
        [
            ".quobyte.tenant: Required value: "
            "must be a UUID and may not exceed a length of 64 characters"
        ],
        id="quobyte with a long tenant says nothing of its registry",
    ),
    pytest.param(
        {"downwardAPI": {"defaultMode": 1000, "items": [{"mode": 1000}]}},
        [
            f".downwardAPI.defaultMode: Invalid value: 1000: {MODE}",
            ".downwardAPI.path: Required value",
            ".downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
            f".downwardAPI.mode: Invalid value: 1000: {MODE}",
        ],
        id="downwardAPI: the server does not count the items",
    ),
    pytest.param(
        {"downwardAPI": {"items": [
            {"path": "a", "fieldRef": {"fieldPath": "spec.host"}, "resourceFieldRef": {}},
            {"path": "b", "fieldRef": {"fieldPath": "spec.foo"}},
            {"path": "c", "fieldRef": {"apiVersion": "v2", "fieldPath": "metadata.name"}},
            {"path": "d", "fieldRef": {"fieldPath": "metadata.name['a']"}},
            {"path": "e", "fieldRef": {}},
            {"path": "/f", "fieldRef": {"fieldPath": "metadata.labels['A b']"}},
            {"path": "g", "fieldRef": {"fieldPath": "metadata.annotations['A b']"}},
        ]}},
        [
            '.downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": '
            f"supported values: {FIELDS}",
            '.downwardAPI: Invalid value: "resource": '
            "fieldRef and resourceFieldRef can not be specified simultaneously",
            '.downwardAPI.fieldRef.fieldPath: Invalid value: "spec.foo": '
            "error converting fieldPath: field label not supported: spec.foo",
            '.downwardAPI.fieldRef.fieldPath: Invalid value: "metadata.name": '
            "error converting fieldPath: unsupported pod version: v2",
            ".downwardAPI.fieldRef.fieldPath: Invalid value: \"metadata.name['a']\": "
            "error converting fieldPath: field label does not support subscript: "
            "metadata.name['a']",
            ".downwardAPI.fieldRef.fieldPath: Required value",
            '.downwardAPI.path: Invalid value: "/f": must be a relative path',
            f'.downwardAPI.fieldRef: Invalid value: "A b": {names.label_key("A b")[0]}',
            f'.downwardAPI.fieldRef: Invalid value: "a b": {names.label_key("a b")[0]}',
        ],
        id="downwardAPI: fields",
    ),
    pytest.param(
        {"downwardAPI": {"items": [
            {"path": "a", "resourceFieldRef": {"resource": "limits.gpu"}},
            {"path": "b", "resourceFieldRef": {"containerName": "c"}},
            {"path": "c", "resourceFieldRef": {"containerName": "c", "resource": "limits.gpu"}},
            {"path": "d", "resourceFieldRef": {
                "containerName": "c", "resource": "limits.cpu", "divisor": "2m"}},
            {"path": "e", "resourceFieldRef": {
                "containerName": "c", "resource": "limits.ephemeral-storage", "divisor": "5"}},
            {"path": "f", "resourceFieldRef": {
                "containerName": "c", "resource": "requests.hugepages-2Mi", "divisor": "5"}},
        ]}},
        [
            ".downwardAPI.resourceFieldRef.containerName: Required value",
            ".downwardAPI.resourceFieldRef.resource: Required value",
            '.downwardAPI.resourceFieldRef.resource: Unsupported value: "limits.gpu": '
            f"supported values: {AMOUNTS}",
            '.downwardAPI.resourceFieldRef.divisor: Invalid value: "limits.cpu": '
            "only divisor's values 1m and 1 are supported with the cpu resource",
            '.downwardAPI.resourceFieldRef.divisor: Invalid value: "limits.ephemeral-storage": '
            f"only divisor's values {BYTES} are supported with the local ephemeral storage "
            "resource",
            '.downwardAPI.resourceFieldRef.divisor: Invalid value: "requests.hugepages-2Mi": '
            f"only divisor's values {BYTES} are supported with the hugepages resource",
        ],
        id="downwardAPI: amounts",
    ),
    pytest.param(
        {"fc": {}},
        [
            ".fc.targetWWNs: Required value: "
            "must specify either targetWWNs or wwids, but not both"
        ],
        id="fc without either",
    ),
    pytest.param(
        {"fc": {"targetWWNs": ["a", "b"], "wwids": ["c"]}},
        [
            '.fc.targetWWNs: Invalid value: ["a","b"]: '
            "targetWWNs and wwids can not be specified simultaneously",
            ".fc.lun: Required value: lun is required if targetWWNs is specified",
        ],
        id="fc with both",
    ),
    pytest.param(
        {"fc": {"targetWWNs": ["a"], "lun": 300}},
        [".fc.lun: Invalid value: 300: must be between 0 and 255, inclusive"],
        id="fc with a lun out of range",
    ),
    pytest.param(
        {"flexVolume": {"options": {"b.K8s.io/x": "", "kubernetes.io": "", "ok": ""}}},
        [
            ".flexVolume.driver: Required value",
            '.flexVolume.options[b.K8s.io/x]: Invalid value: "b.K8s.io/x": '
            "kubernetes.io and k8s.io namespaces are reserved",
            '.flexVolume.options[kubernetes.io]: Invalid value: "kubernetes.io": '
            "kubernetes.io and k8s.io namespaces are reserved",
        ],
        id="flexVolume",
    ),
    pytest.param(
        {"azureFile": {}},
        [".azureFile.secretName: Required value", ".azureFile.shareName: Required value"],
        id="azureFile",
    ),
    pytest.param(
        {"vsphereVolume": {}}, [".vsphereVolume.volumePath: Required value"], id="vsphereVolume"
    ),
    pytest.param(
        {"photonPersistentDisk": {}}, [".photonPersistentDisk.pdID: Required value"], id="photon"
    ),
    pytest.param(
        {"portworxVolume": {}}, [".portworxVolume.volumeID: Required value"], id="portworx"
    ),
    pytest.param(
        {"azureDisk": {"cachingMode": "Fast", "kind": "Own"}},
        [
            ".azureDisk.diskName: Required value",
            ".azureDisk.diskURI: Required value",
            '.azureDisk.cachingMode: Unsupported value: "Fast": '
            'supported values: "None", "ReadOnly", "ReadWrite"',
            '.azureDisk.kind: Unsupported value: "Own": '
            'supported values: "Dedicated", "Managed", "Shared"',
            '.azureDisk.diskURI: Unsupported value: "": supported values: '
            '"https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"',
        ],
        id="azureDisk",
    ),
    pytest.param(
        {"azureDisk": {**DISK, "kind": "Managed"}},
        [
            f'.azureDisk.diskURI: Unsupported value: "{DISK["diskURI"]}": supported values: '
            '"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/'
            'disks/{disk-id}"'
        ],
        id="azureDisk: managed, at the address of a blob",
    ),
    pytest.param(
        {"storageos": {"volumeNamespace": "A_b", "secretRef": {}}},
        [
            ".storageos.volumeName: Required value",
            f'.storageos.volumeNamespace: Invalid value: "A_b": {LABEL}',
            ".storageos.secretRef.name: Required value",
        ],
        id="storageos",
    ),
    pytest.param(
        {"scaleIO": {}},
        [
            ".scaleIO.gateway: Required value",
            ".scaleIO.system: Required value",
            ".scaleIO.volumeName: Required value",
        ],
        id="scaleIO",
    ),
    pytest.param({"csi": {}}, [".csi.driver: Required value"], id="csi without a driver"),
    pytest.param(
        {"csi": {"driver": "A_b" + "c" * 61, "nodePublishSecretRef": {"name": "A_b"}}},
        [
            ".csi.driver: Too long: may not be more than 63 bytes",
            f'.csi.driver: Invalid value: "A_b{"c" * 61}": {SUBDOMAIN}',
            f'.csi.name: Invalid value: "A_b": {SUBDOMAIN}',
        ],
        id="csi: the secret's name is said of another field",
    ),
    pytest.param(
        {"csi": {"driver": "d", "nodePublishSecretRef": {}}},
        [".csi.nodePublishSecretRef.name: Required value"],
        id="csi: a secret without a name",
    ),
    pytest.param(
        {"ephemeral": {}}, [".ephemeral.volumeClaimTemplate: Required value"], id="ephemeral"
    ),
    pytest.param(
        {"ephemeral": {"volumeClaimTemplate": {
            "metadata": {"name": "x", "uid": "u", "labels": {"a": "_"}, "finalizers": ["f"]},
            "spec": {"dataSource": {"name": "n", "kind": "Thing"}},
        }}},
        [
            '.ephemeral.volumeClaimTemplate.metadata.labels: Invalid value: "_": '
            + names.label_value("_")[0],
            ".ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set",
            ".ephemeral.volumeClaimTemplate.metadata.uID: Forbidden: cannot be set",
            ".ephemeral.volumeClaimTemplate.metadata.finalizers: Forbidden: cannot be set",
            ".ephemeral.volumeClaimTemplate.spec.accessModes: Required value: "
            "at least 1 access mode is required",
            ".ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value",
            '.ephemeral.volumeClaimTemplate.spec.dataSource: Invalid value: "Thing": '
            "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
        ],
        id="ephemeral: its template may have labels and annotations only",
    ),
    pytest.param(
        {"image": {"pullPolicy": "Sometimes"}},
        [
            ".image.reference: Required value",
            '.image.pullPolicy: Unsupported value: "Sometimes": '
            'supported values: "Always", "IfNotPresent", "Never"',
        ],
        id="image",
    ),
    pytest.param(
        {
            "emptyDir": {}, "gcePersistentDisk": {}, "cephfs": {}, "downwardAPI": {},
            "iscsi": {"targetPortal": "p" * 64, "initiatorName": "x"}, "image": {},
        },
        [
            f".gcePersistentDisk: {TOO_MANY}",
            f".iscsi: {TOO_MANY}",
            f'.name: Invalid value: "v": {TOGETHER}',
            f".cephFS: {TOO_MANY}",
            f".downwarAPI: {TOO_MANY}",
            f".image: {TOO_MANY}",
        ],
        id="of several sources the first is looked at, the others are refused by odd names",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("volume", "words"), REFUSED)
def test_refused_in_the_servers_words(volume: Obj, words: list[str]) -> None:
    assert said(volume, pod="p") == words


@pytest.mark.parametrize(("volume", "words"), REFUSED)
def test_every_fault_points_into_the_text(volume: Obj, words: list[str]) -> None:
    whole = {"volumes": [{"name": "v", **volume}]}
    for fault in faults(whole["volumes"][0], pod="p"):
        if fault.error.type is not FieldErrorType.REQUIRED and fault.error.value != "":
            assert all(step is not None for step in _found(whole, fault.path)), fault


def _found(value: Any, path: tuple[str | int, ...]) -> Iterator[Any]:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else value[int(step)]
        yield value


def test_what_is_spoken_of_by_another_name_is_shown_where_it_stands() -> None:
    (pd, partition) = faults({"name": "v", "gcePersistentDisk": {"partition": 300}})
    assert pd.path == ("volumes", 0, "gcePersistentDisk", "pdName")
    assert partition.path == ("volumes", 0, "gcePersistentDisk", "partition")
    (item,) = faults({"name": "v", "downwardAPI": {"items": [{"path": "a"}]}})
    assert item.path == ("volumes", 0, "downwardAPI", "items", 0)
    (uid,) = faults(
        {
            "name": "v",
            "ephemeral": {"volumeClaimTemplate": {**template(), "metadata": {"uid": "u"}}},
        }
    )
    assert uid.path[-1] == "uid"


def test_names_and_the_claims_that_are_made_for_a_pod() -> None:
    found = faults(
        {"emptyDir": {}},
        {"name": "a", "emptyDir": {}},
        {"name": "a", "emptyDir": {}},
        {"name": "a", "hostPath": {}},
        {"name": "e", "ephemeral": {"volumeClaimTemplate": template()}},
        {"name": "c", "persistentVolumeClaim": {"claimName": "p-e"}},
        {"name": "p" * 300, "ephemeral": {"volumeClaimTemplate": template()}},
        pod="p",
    )
    long, name = names.dns_subdomain("p" * 300)[0], "p" * 300
    assert [str(fault.error) for fault in found] == [
        "volumes[0].name: Required value",
        'volumes[2].name: Duplicate value: "a"',
        "volumes[3].hostPath.path: Required value",
        'volumes[3].name: Duplicate value: "a"',
        'volumes[5].persistentVolumeClaim.claimName: Invalid value: "p-e": '
        "must not reference a PVC that gets created for an ephemeral volume",
        f'volumes[6].name: Invalid value: "{name}": PVC name "p-{name}": {long}',
        f'volumes[6].name: Invalid value: "{name}": {names.dns_label(name)[0]}',
    ]


def test_a_template_has_no_name_from_which_a_claim_could_be_made() -> None:
    assert said({"image": {}, "name": "v"}) == []
    volume = {"name": "v", "ephemeral": {"volumeClaimTemplate": template()}}
    for pod, claim in (("", "-v"), (None, "None-v")):
        using = {"name": "c", "persistentVolumeClaim": {"claimName": claim}}
        assert faults(volume, using, pod=pod) == []


def test_a_volume_with_a_fault_cannot_be_mounted_and_a_claim_can_be_a_device() -> None:
    sound: dict[str, bool] = {}
    volumes = [
        {"name": "a"},
        {"name": "b", "hostPath": {}},
        {"name": "c", "persistentVolumeClaim": {"claimName": "x"}},
        {"name": "d", "ephemeral": {"volumeClaimTemplate": template()}},
    ]
    list(check_volumes({"volumes": volumes}, At(), Scope(), sound))
    assert sound == {"a": False, "c": True, "d": True}


@pytest.mark.parametrize(("version", "count"), [((1, 34), 0), ((1, 35), 2), ((1, 36), 2)])
def test_a_volume_of_an_image_is_judged_since_its_gate_is_on(
    version: tuple[int, int], count: int
) -> None:
    assert len(said({"image": {"pullPolicy": "X"}}, "p", Scope(version))) == count


def test_a_projected_volume_is_looked_into() -> None:
    assert said({"projected": {"sources": [{"secret": {}}]}}) == [
        ".projected.sources[0].secret.name: Required value"
    ]


def test_a_pod_is_refused_with_all_its_causes() -> None:
    manifest = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /v}]}]
  volumes: [{name: v, gcePersistentDisk: {}}]
"""
    (verdict,) = validate(manifest).verdicts
    assert verdict.message == (
        'Pod "p" is invalid: [spec.volumes[0].persistentDisk.pdName: Required value, '
        'spec.containers[0].volumeMounts[0].name: Not found: "v"]'
    )
