"""Storage in a whole cluster: volumes are made, attached, mounted, moved, grown and deleted.

Orders, messages and the instants that a constant sets are those of a kube-controller-manager and a
kube-scheduler 1.36.2 with a driver whose part was played by hand.
"""

from typing import Any

import pytest

from ecp.kube.kinds import CSINODES, EVENTS, NODES, PODS, PVCS, PVS, STATEFULSETS, VOLUMEATTACHMENTS
from ecp.kube.pods import is_ready
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.clusters import InvalidModel
from ecp.sim.requests import Request
from ecp.sim.store import Change, Obj

SECOND = 1_000_000_000
NS = "default"


class Scene:
    """A cluster in which things are asked for; `changes` are those since it began."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.began = cluster.now
        self.changes: list[tuple[float, Change]] = []
        cluster.listeners.append(
            lambda change: self.changes.append(((cluster.now - self.began) / SECOND, change))
        )

    def ask(self, verb: Any, resource: str, name: str = "", body: Any = None, **more: Any) -> None:
        namespace = "" if resource in (PVS, NODES) else NS
        self.cluster.submit(
            Request(verb, resource, namespace, name, body=body, manager="kubectl", **more)
        )

    def run(self, seconds: float) -> "Scene":
        self.cluster.run_until(self.cluster.now + int(seconds * SECOND))
        return self

    def claim(self, name: str, mode: str = "ReadWriteOnce", size: str = "1Gi", **spec: Any) -> None:
        asked = {"accessModes": [mode], "resources": {"requests": {"storage": size}}, **spec}
        self.ask("create", PVCS, body={"metadata": {"name": name}, "spec": asked})

    def pod(self, name: str, *claims: str, **spec: Any) -> None:
        volumes = [
            {"name": f"v{n}", "persistentVolumeClaim": {"claimName": claim}}
            for n, claim in enumerate(claims)
        ]
        mounts = [{"name": one["name"], "mountPath": f"/{one['name']}"} for one in volumes]
        container = {"name": "c", "image": "example/app:1", "volumeMounts": mounts}
        whole = {"containers": [container], "volumes": volumes, **spec}
        self.ask("create", PODS, body={"metadata": {"name": name}, "spec": whole})

    def get(self, resource: str, name: str) -> Any:
        return self.cluster.read.get(resource, "" if resource in (PVS, NODES) else NS, name)

    def volume_of(self, claim: str) -> Any:
        return self.get(PVS, self.get(PVCS, claim)["spec"]["volumeName"])

    def said(self, name: str) -> list[str]:
        """Reason: message of each Event about an object of that name, in order."""
        return [
            f"{change.object['reason']}: {change.object.get('message') or change.object['note']}"
            for _, change in self.changes
            if change.resource == EVENTS and _about(change.object) == name
        ]

    def at(self, resource: str, type_: str, name: str = "") -> list[float]:
        return [
            at
            for at, change in self.changes
            if change.resource == resource and change.type == type_ and name in change.key[1]
        ]


def _about(event: Obj) -> str:
    found: str = (event.get("involvedObject") or event.get("regarding") or {})["name"]
    return found


BASE = Cluster.create(seed=3)


@pytest.fixture
def scene() -> Scene:
    return Scene(BASE.fork())


# -- from a claim to a running pod -----------------------------------------------------------------


def test_a_volume_is_made_for_the_node_of_its_first_pod_attached_and_mounted(scene: Scene) -> None:
    scene.claim("data")
    scene.run(1)
    scene.pod("one", "data")
    scene.run(40)
    claim, volume, pod = scene.get(PVCS, "data"), scene.volume_of("data"), scene.get(PODS, "one")
    node = pod["spec"]["nodeName"]
    zone = scene.get(NODES, node)["metadata"]["labels"]["topology.kubernetes.io/zone"]
    assert is_ready(pod)
    assert "nominatedNodeName" not in pod["status"]
    assert claim["metadata"]["annotations"] == {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
        "volume.beta.kubernetes.io/storage-provisioner": "block.csi.ecp.io",
        "volume.kubernetes.io/selected-node": node,
        "volume.kubernetes.io/storage-provisioner": "block.csi.ecp.io",
    }
    assert claim["status"] == {
        "phase": "Bound",
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
    }
    (term,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == [zone]
    assert volume["metadata"]["finalizers"] == [
        "external-provisioner.volume.kubernetes.io/finalizer",
        "kubernetes.io/pv-protection",
        "external-attacher/block-csi-ecp-io",
    ]
    name = volume["metadata"]["name"]
    reasons = [line.partition(":")[0] for line in scene.said("data")]
    assert list(dict.fromkeys(reasons)) == [
        "WaitForFirstConsumer",
        "ExternalProvisioning",
        "Provisioning",
        "ProvisioningSucceeded",
    ]
    assert scene.said("one")[:2] == [
        f"Scheduled: Successfully assigned default/one to {node}",
        f'SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "{name}" ',
    ]
    host = scene.get(NODES, node)["status"]
    unique = f"kubernetes.io/csi/block.csi.ecp.io^{volume['spec']['csi']['volumeHandle']}"
    assert host["volumesAttached"] == [{"name": unique, "devicePath": ""}]
    assert host["volumesInUse"] == [unique]


def test_a_pod_is_bound_once_a_second_is_over_after_its_volumes_were(scene: Scene) -> None:
    scene.claim("data")
    scene.run(1)
    scene.pod("one", "data")
    scene.run(10)
    nominated, bound = (
        next(at for at, c in scene.changes if c.resource == PODS and field(c.object))
        for field in (
            lambda pod: (pod.get("status") or {}).get("nominatedNodeName"),
            lambda pod: pod["spec"].get("nodeName"),
        )
    )
    made = scene.at(PVS, "ADDED")[0]
    assert made < bound <= made + 1.01
    assert round((bound - nominated) % 1, 3) in (0.0, 1.0)


def test_a_shared_file_system_is_made_at_once_and_needs_no_attaching(scene: Scene) -> None:
    scene.claim("shared", "ReadWriteMany", storageClassName="shared-file")
    scene.run(5)
    assert scene.get(PVCS, "shared")["status"]["phase"] == "Bound"
    for name in ("a", "b"):
        scene.pod(name, "shared", nodeName=f"cpu-{1 if name == 'a' else 2}")
    scene.run(20)
    assert all(is_ready(scene.get(PODS, name)) for name in "ab")
    assert not scene.at(VOLUMEATTACHMENTS, "ADDED")


def test_what_is_deleted_is_unmounted_detached_and_deleted_in_this_order(scene: Scene) -> None:
    scene.claim("data")
    scene.pod("one", "data")
    scene.run(40)
    scene.ask("delete", PVCS, "data")
    scene.run(30)
    assert scene.get(PVCS, "data")["metadata"]["deletionTimestamp"]
    scene.ask("delete", PODS, "one")
    scene.run(60)
    order = [scene.at(resource, "DELETED")[-1] for resource in (PODS, PVCS, VOLUMEATTACHMENTS, PVS)]
    assert order == sorted(order)
    assert not scene.cluster.read.list(PVS)
    assert not any(node["status"].get("volumesAttached") for node in scene.cluster.read.list(NODES))


def test_a_kept_volume_is_released_and_stays(scene: Scene) -> None:
    scene.claim("shared", storageClassName="shared-file")
    scene.run(5)
    volume = scene.volume_of("shared")
    body = {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
    scene.ask("patch", PVS, volume["metadata"]["name"], body, patch="merge")
    scene.ask("delete", PVCS, "shared")
    scene.run(60)
    assert scene.get(PVS, volume["metadata"]["name"])["status"]["phase"] == "Released"


# -- where a pod may go ----------------------------------------------------------------------------

NO_HELP = "no new claims to deallocate, preemption: 0/11 nodes are available: "
UNHELPFUL = f"{NO_HELP}11 Preemption is not helpful for scheduling."


def unschedulable(scene: Scene, pod: str) -> str:
    found = [line for line in scene.said(pod) if line.startswith("FailedScheduling: ")]
    return found[-1].removeprefix("FailedScheduling: ")


def test_a_pod_follows_its_volume_into_its_zone(scene: Scene) -> None:
    scene.claim("data")
    scene.pod("one", "data", nodeSelector={"topology.kubernetes.io/zone": "kr-1b"})
    scene.run(40)
    scene.ask("delete", PODS, "one")
    scene.run(20)
    scene.pod("two", "data")
    scene.run(40)
    assert scene.get(PODS, "two")["metadata"]["labels"]["topology.kubernetes.io/zone"] == "kr-1b"
    elsewhere = {"kubernetes.io/hostname": "cpu-1"}
    scene.pod("three", "data", nodeSelector=elsewhere)
    scene.run(1)
    assert unschedulable(scene, "three") == (
        "0/11 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, "
        "3 node(s) had untolerated taint(s), 7 node(s) didn't match Pod's node affinity/selector. "
        f"{UNHELPFUL}"
    )


def test_a_claim_for_one_pod_serves_one_pod(scene: Scene) -> None:
    scene.claim("alone", "ReadWriteOncePod")
    scene.pod("one", "alone")
    scene.run(40)
    scene.pod("two", "alone")
    scene.run(1)
    assert (
        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
        "already in-use by another pod"
    ) in unschedulable(scene, "two")
    scene.ask("delete", PODS, "one")
    scene.run(60)
    assert is_ready(scene.get(PODS, "two"))


def test_a_local_volume_is_found_for_the_node_that_has_it(scene: Scene) -> None:
    body = {
        "metadata": {"name": "local"},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    scene.ask("create", "storageclasses.storage.k8s.io", body=body)
    scene.claim("disk", storageClassName="local")
    scene.pod("one", "disk")
    scene.run(1)
    assert unschedulable(scene, "one") == (
        "0/11 nodes are available: 3 node(s) had untolerated taint(s), 8 node(s) didn't find "
        f"available persistent volumes to bind. {UNHELPFUL}"
    )
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["cpu-3"]}
    volume = {
        "capacity": {"storage": "2Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "local",
        "local": {"path": "/disk"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}},
    }
    scene.ask("create", PVS, body={"metadata": {"name": "local-1"}, "spec": volume})
    scene.run(20)
    assert scene.get(PODS, "one")["spec"]["nodeName"] == "cpu-3"
    assert is_ready(scene.get(PODS, "one"))
    assert scene.get(PVCS, "disk")["status"]["capacity"] == {"storage": "2Gi"}


def test_a_node_takes_as_many_volumes_as_its_driver_says(scene: Scene) -> None:
    node = {"kubernetes.io/hostname": "cpu-1"}
    found = scene.cluster.read.get(CSINODES, "", "cpu-1")
    assert found is not None
    rows = found["spec"]["drivers"]
    few = [{**rows[0], "allocatable": {"count": 1}}, *rows[1:]]
    scene.ask(
        "patch", CSINODES, "cpu-1", {"spec": {"drivers": few}}, patch="merge"
    )  # fmt: skip
    for name in ("a", "b"):
        scene.claim(name)
        scene.pod(name, name, nodeSelector=node)
    scene.run(30)
    assert is_ready(scene.get(PODS, "a"))
    assert "1 node(s) exceed max volume count" in unschedulable(scene, "b")


def test_a_pod_whose_node_goes_while_its_volume_is_made_is_tried_again(scene: Scene) -> None:
    scene.claim("data")
    scene.pod("one", "data")
    scene.run(1)
    node = scene.get(PODS, "one")["status"]["nominatedNodeName"]
    scene.ask("delete", NODES, node)
    scene.run(60)
    pod = scene.get(PODS, "one")
    assert pod["spec"]["nodeName"] != node
    assert is_ready(pod)
    assert (
        'FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: failed to get '
        f'node "{node}": node "{node}" not found'
    ) in scene.said("one")


# -- one node at a time ----------------------------------------------------------------------------


def test_a_volume_on_another_node_is_waited_for(scene: Scene) -> None:
    scene.claim("data")
    scene.pod("one", "data", nodeSelector={"kubernetes.io/hostname": "cpu-1"})
    scene.run(40)
    name = scene.volume_of("data")["metadata"]["name"]
    scene.pod("two", "data", nodeName="cpu-4")
    scene.run(200)
    waits = [line for line in scene.said("two") if not line.startswith("Scheduled")]
    assert waits == [
        f'FailedAttachVolume: Multi-Attach error for volume "{name}" Volume is already used by '
        "pod(s) one",
        "FailedMount: Unable to attach or mount volumes: unmounted volumes=[v0], unattached "
        "volumes=[v0], failed to process volumes=[]: context deadline exceeded",
    ]
    scene.ask("delete", PODS, "one")
    scene.run(40)
    assert is_ready(scene.get(PODS, "two"))


def test_a_volume_is_taken_from_a_lost_node_after_six_minutes(scene: Scene) -> None:
    scene.claim("data")
    scene.pod("one", "data", nodeSelector={"kubernetes.io/hostname": "cpu-1"})
    scene.run(40)
    scene.cluster.world.set_node("cpu-1", False, scene.cluster.now)
    scene.run(120)
    scene.ask("delete", PODS, "one", grace=0)
    gone = (scene.cluster.now - scene.began) / SECOND
    scene.pod("two", "data", nodeName="cpu-4")
    scene.run(420)
    name = scene.volume_of("data")["metadata"]["name"]
    assert (
        f'FailedAttachVolume: Multi-Attach error for volume "{name}" Volume is already exclusively '
        "attached to one node and can't be attached to another"
    ) in scene.said("two")
    (taken,) = scene.at(VOLUMEATTACHMENTS, "DELETED")
    assert 360 < taken - gone < 365
    assert is_ready(scene.get(PODS, "two"))


def test_a_node_out_of_service_gives_its_volumes_up_at_once(scene: Scene) -> None:
    scene.claim("data")
    scene.pod("one", "data", nodeSelector={"kubernetes.io/hostname": "cpu-1"})
    scene.run(40)
    scene.cluster.world.set_node("cpu-1", False, scene.cluster.now)
    scene.run(120)
    taint = {"key": "node.kubernetes.io/out-of-service", "value": "x", "effect": "NoExecute"}
    taints = [*scene.get(NODES, "cpu-1")["spec"]["taints"], taint]
    scene.ask("patch", NODES, "cpu-1", {"spec": {"taints": taints}}, patch="merge")
    scene.ask("delete", PODS, "one", grace=0)
    gone = (scene.cluster.now - scene.began) / SECOND
    scene.run(10)
    (taken,) = scene.at(VOLUMEATTACHMENTS, "DELETED")
    assert taken - gone < 5


# -- sets, growth, refusals ------------------------------------------------------------------------


def stateful_set(when_scaled: str, when_deleted: str) -> Obj:
    container = {
        "name": "c",
        "image": "example/app:1",
        "volumeMounts": [{"name": "d", "mountPath": "/d"}],
    }
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "metadata": {"name": "db"},
        "spec": {
            "serviceName": "db",
            "replicas": 2,
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": {"app": "db"}},
            "persistentVolumeClaimRetentionPolicy": {
                "whenScaled": when_scaled,
                "whenDeleted": when_deleted,
            },
            "template": {
                "metadata": {"labels": {"app": "db"}},
                "spec": {"containers": [container]},
            },
            "volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": asked}],
        },
    }


@pytest.mark.parametrize(
    ("policy", "scaled", "deleted"),
    [
        pytest.param(("Retain", "Retain"), 2, 2, id="keep them"),
        pytest.param(("Delete", "Retain"), 1, 1, id="delete those of pods that are scaled away"),
        pytest.param(("Retain", "Delete"), 2, 0, id="delete them with the set"),
    ],
)
def test_the_claims_of_a_set_go_as_its_policy_says(
    scene: Scene, policy: tuple[str, str], scaled: int, deleted: int
) -> None:
    scene.ask("create", STATEFULSETS, body=stateful_set(*policy))
    scene.run(60)
    assert all(is_ready(scene.get(PODS, f"db-{n}")) for n in range(2))
    scene.ask("patch", STATEFULSETS, "db", {"spec": {"replicas": 1}}, patch="merge")
    scene.run(60)
    assert len(scene.cluster.read.list(PVCS)) == len(scene.cluster.read.list(PVS)) == scaled
    scene.ask("delete", STATEFULSETS, "db")
    scene.run(90)
    assert len(scene.cluster.read.list(PVCS)) == len(scene.cluster.read.list(PVS)) == deleted


def test_an_ephemeral_volume_comes_and_goes_with_its_pod(scene: Scene) -> None:
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    volume = {"name": "s", "ephemeral": {"volumeClaimTemplate": {"spec": asked}}}
    scene.pod("one", volumes=[volume])
    scene.run(60)
    assert is_ready(scene.get(PODS, "one"))
    assert scene.get(PVCS, "one-s")["metadata"]["ownerReferences"][0]["name"] == "one"
    scene.ask("delete", PODS, "one")
    scene.run(60)
    assert not scene.cluster.read.list(PVCS)
    assert not scene.cluster.read.list(PVS)


def test_a_volume_grows_by_its_driver_and_then_by_its_node(scene: Scene) -> None:
    scene.claim("data")
    scene.pod("one", "data")
    scene.run(40)
    body = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    scene.ask("patch", PVCS, "data", body, patch="merge")
    scene.run(1)
    status = scene.get(PVCS, "data")["status"]
    assert status["allocatedResourceStatuses"] == {"storage": "ControllerResizeInProgress"}
    assert [one["type"] for one in status["conditions"]] == ["Resizing"]
    scene.run(5)
    status = scene.get(PVCS, "data")["status"]
    assert status["capacity"] == {"storage": "1Gi"}
    assert [one["type"] for one in status["conditions"]] == ["FileSystemResizePending"]
    assert scene.volume_of("data")["spec"]["capacity"] == {"storage": "2Gi"}
    scene.run(60)
    status = scene.get(PVCS, "data")["status"]
    assert status["capacity"] == {"storage": "2Gi"}
    assert "conditions" not in status
    name = scene.volume_of("data")["metadata"]["name"]
    assert [line for line in scene.said("data") if "esiz" in line or "expand" in line] == [
        "ExternalExpanding: waiting for an external controller to expand this PVC",
        f"Resizing: External resizer is resizing volume {name}",
        "FileSystemResizeRequired: Require file system resize of volume on node",
    ]


def test_a_driver_refuses_modes_that_it_does_not_have_and_tries_again(scene: Scene) -> None:
    scene.claim("data", "ReadWriteMany")
    scene.pod("one", "data")
    scene.run(30)
    refused = [line for line in scene.said("data") if line.startswith("ProvisioningFailed")]
    assert len(refused) > 3
    assert set(refused) == {
        'ProvisioningFailed: failed to provision volume with StorageClass "standard": rpc error: '
        "code = InvalidArgument desc = Volume capabilities MULTI_NODE_MULTI_WRITER not supported. "
        "Only AccessModes[ReadWriteOnce ReadWriteOncePod] supported."
    }


def test_a_driver_that_nobody_has_attaches_nothing_and_that_is_said(scene: Scene) -> None:
    body = {
        "metadata": {"name": "v"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "csi": {"driver": "other.example.com", "volumeHandle": "h"},
        },
    }
    scene.ask("create", PVS, body=body)
    scene.run(1)
    scene.claim("data", storageClassName="")
    scene.pod("one", "data")
    scene.run(130)
    assert (
        'FailedAttachVolume: AttachVolume.Attach failed for volume "v" : timed out waiting for '
        "external-attacher of other.example.com CSI driver to attach volume h"
    ) in scene.said("one")


# -- the run -----------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0.5, 1.2, 4.0, 6.0, 9.0, 42.0])
def test_a_cluster_restored_at_any_point_goes_on_as_if_nothing_had_been(at: float) -> None:
    def played(cut: bool) -> list[Any]:
        scene = Scene(BASE.fork())
        scene.claim("data")
        scene.pod("one", "data")
        scene.ask("create", STATEFULSETS, body=stateful_set("Delete", "Delete"))
        scene.run(at)
        if cut:
            again = Scene(Cluster.restore(scene.cluster.snapshot()))
            again.began = scene.began
            again.changes = scene.changes
            scene = again
        scene.run(50 - at)
        scene.ask("delete", PODS, "one")
        scene.ask("delete", PVCS, "data")
        scene.ask("delete", STATEFULSETS, "db")
        scene.run(60)
        return [(at_, c.type, c.resource, c.key, c.object) for at_, c in scene.changes]

    assert played(True) == played(False)


@pytest.mark.parametrize(
    ("storage", "complaint"),
    [
        pytest.param({"drivers": [{"name": "A B"}]}, "storage.drivers[0].name", id="a bad name"),
        pytest.param(
            {"drivers": [{"name": "d", "delays": {"fly": "1s"}}]},
            "storage.drivers[0].delays.fly: unknown",
            id="a delay of nothing known",
        ),
        pytest.param(
            {"drivers": [{"name": "d", "delays": {"attach": "soon"}}]},
            "storage.drivers[0].delays.attach",
            id="a delay that is none",
        ),
        pytest.param({"drivers": [{"name": "d"}] * 2}, "is there already", id="a driver twice"),
        pytest.param({"classes": [{"name": "c"}]}, "provisioner: required", id="nobody's class"),
        pytest.param({"disks": []}, "drivers and classes", id="a field that is not known"),
        pytest.param(
            {"drivers": [{"name": "d", "accessModes": ["RWX"]}]}, "ReadWriteMany", id="a short mode"
        ),
        pytest.param(
            {"drivers": [{"name": "d", "volumesPerNode": True}]},
            "of type int",
            id="a yes for a count",
        ),
    ],
)  # fmt: skip
def test_a_model_says_what_is_wrong_with_its_storage(storage: Any, complaint: str) -> None:
    pools = [{"name": "p", "cpu": "1", "memory": "1Gi"}]
    with pytest.raises(InvalidModel) as caught:
        clusters.check({"name": "x", "pools": pools, "storage": storage})
    assert complaint in str(caught.value)
