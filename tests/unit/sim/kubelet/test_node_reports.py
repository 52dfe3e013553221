"""What a kubelet says of its node: object, heartbeats, lease, return after an outage."""

from ecp.kube import kinds
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.kubelet import lease, node_object, node_status, with_heartbeat

from .driver import SECOND, START, Node, Row


class Gpu(Row):
    gpus = 4
    devices = {"nvidia.com/gpu": 4}  # noqa: RUF012
    taints = ({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},)
    labels = {"accelerator": "nvidia-t4"}  # noqa: RUF012


def test_allocatable_is_capacity_less_what_eviction_keeps() -> None:
    status = node_status(Row, START)
    assert status["capacity"]["memory"] == "33554432Ki"
    assert status["allocatable"]["memory"] == "33452032Ki"
    assert status["capacity"]["cpu"] == status["allocatable"]["cpu"] == "8"
    assert int(status["allocatable"]["ephemeral-storage"]) == 107374182400 * 9 // 10
    assert "nvidia.com/gpu" not in status["capacity"]
    assert [(c["type"], c["status"], c["reason"]) for c in status["conditions"]] == [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID"),
        ("Ready", "True", "KubeletReady"),
    ]


def test_a_gpu_node_carries_its_gpus_labels_and_taints() -> None:
    node = node_object(Gpu, START)
    assert node["status"]["allocatable"]["nvidia.com/gpu"] == "4"
    assert node["spec"]["taints"] == [dict(Gpu.taints[0])]
    assert node["metadata"]["labels"]["accelerator"] == "nvidia-t4"
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "n1"
    assert node["spec"]["podCIDR"] == "10.1.0.0/24"


def test_heartbeats_are_read_not_written(node: Node) -> None:
    seen = node.get(kinds.NODES, "", "n1")
    now = START + 3600 * SECOND
    fresh = with_heartbeat(seen, node.world, now)
    for condition in fresh["status"]["conditions"]:
        beat = nanoseconds(condition["lastHeartbeatTime"])
        assert now - 301 * SECOND <= beat <= now, "unchanged status goes out every 5 minutes"
        assert condition["lastTransitionTime"] == rfc3339(START)
    assert node.get(kinds.NODES, "", "n1") is seen


def test_a_lease_is_never_older_than_ten_seconds_while_the_node_lives(node: Node) -> None:
    seen = node.get(kinds.NODES, "", "n1")
    for second in range(100, 140):
        now = START + second * SECOND
        renewed = nanoseconds(lease(seen, node.world, now)["spec"]["renewTime"])
        assert 0 <= now - renewed < 10 * SECOND
    node.world.set_node("n1", False, START + 140 * SECOND)
    late = lease(seen, node.world, START + 500 * SECOND)
    assert late["metadata"]["namespace"] == "kube-node-lease"
    assert 130 * SECOND <= nanoseconds(late["spec"]["renewTime"]) - START <= 140 * SECOND


def test_images_on_the_disk_are_listed_biggest_first(node: Node) -> None:
    node.cached("docker.io/library/nginx:1.25", "docker.io/library/app:1")
    node.world.node("n1").images["docker.io/library/coming:1"] = node.now + SECOND
    status = with_heartbeat(node.get(kinds.NODES, "", "n1"), node.world, node.now)["status"]
    assert [row["names"][1] for row in status["images"]] == [
        "docker.io/library/app:1",
        "docker.io/library/nginx:1.25",
    ]


def test_a_node_that_was_given_up_reports_ready_when_its_power_returns(node: Node) -> None:
    node.world.set_node("n1", False, node.now)
    node.run(60)
    seen = node.get(kinds.NODES, "", "n1")
    unknown = {
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
    }
    conditions = [{**c, **unknown} for c in seen["status"]["conditions"]]
    node.put(kinds.NODES, {**seen, "status": {**seen["status"], "conditions": conditions}})
    node.run(60)
    assert node.get(kinds.NODES, "", "n1")["status"]["conditions"][3]["status"] == "Unknown"
    node.world.set_node("n1", True, node.now)
    node.run(1)
    ready = node.get(kinds.NODES, "", "n1")["status"]["conditions"][3]
    assert ready["status"] == "True"
    assert ready["reason"] == "KubeletReady"
    assert ready["message"] == "kubelet is posting ready status"
    assert ready["lastTransitionTime"] == rfc3339(node.now - SECOND)
    assert "Node n1 status is now: NodeReady" in node.events("NodeReady")


def test_a_node_with_addresses_of_another_family_runs_pods_without_one(node: Node) -> None:
    found = node.get(kinds.NODES, "", Row.name)
    spec = {**found["spec"], "podCIDR": "fd00::/64", "podCIDRs": ["fd00::/64"]}
    node.put(kinds.NODES, {**found, "spec": spec})
    node.pod()
    node.run(60)
    assert node.status()["phase"] == "Running"
    assert "podIP" not in node.status()
