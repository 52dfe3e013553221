"""Disks that fill, images that are dropped, thresholds that a model sets, and the kernel's part."""

from collections.abc import Callable
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.kube.times import nanoseconds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.clusters import eviction
from ecp.sim.engine.chance import Chance
from ecp.sim.kubelet import images, kubelets, oom
from ecp.sim.kubelet.pressure import PERIOD
from ecp.sim.requests import Request
from ecp.workloads.images import facts

from .driver import SECOND, Node

APP = "docker.io/library/app:1"
NOTE = "sim.ecp-ai.io"
GIB = 1 << 30


def notes(**given: str) -> dict[str, str]:
    return {f"{NOTE}/{name.replace('_', '-')}": text for name, text in given.items()}


def asks(**requests: str) -> dict[str, Any]:
    return {"resources": {"requests": requests}}


def settled(make_node: type[Node], **kubelet: Any) -> Node:
    """A node whose kubelet has settings of its own, and a disk of 100 Gi."""
    node = make_node()
    chance: Chance = node.chance
    node.loops = {loop.name: loop for loop in kubelets(chance, node.world, eviction.read(kubelet))}
    return node


def condition(node: Node, kind: str = "DiskPressure") -> Any:
    live = node.get(kinds.NODES, "", "n1")
    return next(c for c in live["status"]["conditions"] if c["type"] == kind)


# -- the disk ---------------------------------------------------------------------------------


def test_a_full_disk_ends_the_pod_furthest_over_what_it_asks_for(node: Node) -> None:
    node.cached(APP)
    node.pod("modest", asks(**{"ephemeral-storage": "60Gi"}), annotations=notes(disk="50Gi"))
    node.pod("greedy", annotations=notes(disk="32Gi"))
    node.run(30)
    assert condition(node)["reason"] == "KubeletHasDiskPressure"
    assert condition(node)["message"] == "kubelet has disk pressure"
    # 100 Gi, less 4 for the system, 0.6 for the image and 82 written
    left = 100 * GIB - 4 * GIB - 3 * facts(APP).size - 82 * GIB
    assert node.events("Evicted") == [
        "The node was low on resource: ephemeral-storage. Threshold quantity: 16106128000, "
        f"available: {left // 4096 * 4}Ki. Container c was using 32Gi, request is 0, has larger "
        "consumption of ephemeral-storage. "
    ]
    assert node.status("greedy")["message"] == node.events("Evicted")[0]
    assert node.status("modest")["phase"] == "Running"
    order = [reason for _, reason, _ in node.log if "Disk" in reason or "Evict" in reason]
    assert order == ["NodeHasDiskPressure", "EvictionThresholdMet", "Evicted"]
    assert node.events("EvictionThresholdMet") == ["Attempting to reclaim ephemeral-storage"]


def test_nobody_comes_in_while_the_disk_is_full_but_the_critical(node: Node) -> None:
    node.cached(APP)
    node.pod("writer", annotations=notes(disk="90Gi"))
    node.run(30)
    node.pod("asks", asks(memory="1Gi"), qos="Burstable")
    node.pod("patient", tolerations=[{"operator": "Exists"}])
    node.pod("system", priority=2_000_000_000)
    node.run(10)
    said = "Pod was rejected: The node had condition: [DiskPressure]. "
    assert [node.status(name).get("message") for name in ("asks", "patient")] == [said, said]
    assert node.status("system")["phase"] == "Running"
    node.run(600)
    assert condition(node)["status"] == "False"
    began, over = node.when("NodeHasDiskPressure")[0], node.when("NodeHasNoDiskPressure")[0]
    assert over == began + 300


def test_what_is_written_fills_the_disk_at_an_instant_that_can_be_computed(node: Node) -> None:
    node.cached(APP)
    node.pod("p", annotations=notes(disk_growth="10Gi"))
    node.run(60)
    writes = node.writes
    node.run(8 * 3600)
    assert node.writes == writes, "nothing is said meanwhile"
    node.run(2 * 3600)
    room = 100 * GIB - 4 * GIB - 3 * facts(APP).size - 16106128000
    begun = node.when("Started")[0]
    assert 0 <= node.when("Evicted")[0] - begun - room / (10 * GIB) * 3600 < PERIOD / SECOND + 1


def test_files_run_out_before_bytes_do(node: Node) -> None:
    node.cached(APP)
    node.pod("p", annotations=notes(files="6500000"))
    node.run(30)
    assert condition(node)["status"] == "True"
    assert node.events("Evicted")[0].startswith("The node was low on resource: inodes. Threshold ")
    # one file for 16 KiB: 6,553,600, of which 5 % are to be left
    assert "quantity: 327680, " in node.events("Evicted")[0]


def test_what_lies_in_memory_is_not_on_the_disk(node: Node) -> None:
    node.cached(APP)
    volumes = [{"name": "v", "emptyDir": {"medium": "Memory"}}]
    node.pod("p", annotations=notes(volume="99Gi"), volumes=volumes)
    node.run(30)
    assert condition(node)["status"] == "False"


# -- images -----------------------------------------------------------------------------------


def test_images_that_nobody_uses_go_before_a_pod_does(node: Node) -> None:
    node.cached(APP, *(f"registry.io/old{n}:1" for n in range(9)))
    node.run(600)
    node.pod("p", annotations=notes(disk="78Gi"))  # 5.4 Gi of old ones are too much beside it
    node.run(30)
    assert list(node.world.node("n1").images) == [APP]
    assert node.events("EvictionThresholdMet")
    assert not node.events("Evicted")
    assert condition(node)["status"] == "True"


def test_an_image_that_was_dropped_is_pulled_again(node: Node) -> None:
    node.cached(APP, "docker.io/library/old:1")
    node.run(600)
    node.pod("p", annotations=notes(disk="83Gi"))
    node.run(30)
    node.delete("p", 0)
    node.run(400)
    assert not node.events("Pulling")
    node.pod("again", {"image": "old:1"})
    node.run(30)
    assert node.events("Pulling") == ['Pulling image "old:1"']


def test_every_five_minutes_the_images_longest_unused_go(make_node: type[Node]) -> None:
    node = settled(make_node, evictionHard={"memory.available": "100Mi"})
    old = [f"registry.io/old{n}:1" for n in range(4)]
    node.cached(APP, *old)
    node.run(400)
    node.pod("p", annotations=notes(disk="79Gi"))  # 86 %: to 80 % all of 4 times 200 MB must go
    node.run(300)
    assert list(node.world.node("n1").images) == [APP]


def test_who_was_never_used_goes_first_then_who_was_used_longest_ago(node: Node) -> None:
    old = [f"registry.io/old{n}:1" for n in range(4)]
    node.cached(APP, *old)
    for number in (2, 0):
        node.pod(f"was{number}", {"image": old[number]})
        node.run(400)
        node.delete(f"was{number}", 0)
        node.run(400)
    node.world.node("n1").images[old[1]] = node.now  # pulled this minute
    rows = images.unused(node.world, "n1", node.world.node("n1"), node.now, ended=False)
    assert rows == [APP, old[3], old[1], old[2], old[0]]


def test_a_disk_that_images_do_not_free_is_told_of(make_node: type[Node]) -> None:
    node = settled(make_node, evictionHard={"memory.available": "100Mi"})
    node.cached(APP)
    node.pod("p", annotations=notes(disk="85Gi"))
    node.run(700)
    said = (
        "Insufficient free disk space on the node's image filesystem (90% of 100.0 GiB used). "
        "Failed to free sufficient space by deleting unused images (freed 0 bytes). Investigate "
        "disk usage, as it could be used by active images, logs, volumes, or other data."
    )
    assert node.events("FreeDiskSpaceFailed")[0] == said
    first, second = node.when("FreeDiskSpaceFailed")[:2]
    assert second - first == 300
    assert node.when("ImageGCFailed")[0] == second, "from the second time on"


def test_an_image_is_kept_for_two_minutes(node: Node) -> None:
    node.cached(APP, "docker.io/library/old:1")
    machine = node.world.node("n1")
    age = eviction.read(None).age

    def drops() -> int:
        rows = images.unused(node.world, "n1", machine, node.now, ended=True)
        return images.drop(machine, rows, None, age, node.now)

    assert drops() == 0
    node.now += 119 * SECOND
    assert drops() == 0
    node.now += SECOND
    assert drops() == 2 * facts(APP).size


# -- thresholds -------------------------------------------------------------------------------


def test_a_soft_threshold_waits_and_leaves_the_pod_its_grace(make_node: type[Node]) -> None:
    node = settled(
        make_node,
        evictionSoft={"memory.available": "2Gi"},
        evictionSoftGracePeriod={"memory.available": "1m30s"},
        evictionMaxPodGracePeriod=20,
    )
    node.cached(APP)
    node.pod("p", annotations={**notes(memory="31Gi"), f"{NOTE}/stop-after": "never"})
    node.run(60)
    assert condition(node, "MemoryPressure")["status"] == "True"
    assert not node.events("Evicted")
    node.run(80)
    began = node.when("NodeHasInsufficientMemory")[0]
    assert node.when("Evicted") == [began + 90]
    assert "Threshold quantity: 2Gi, " in node.events("Evicted")[0]
    ended = next(at for at, status in node.statuses if status["phase"] == "Failed")
    assert ended == began + 110


def test_a_threshold_that_passed_by_begins_anew(make_node: type[Node]) -> None:
    node = settled(
        make_node,
        evictionSoft={"memory.available": "2Gi"},
        evictionSoftGracePeriod={"memory.available": "60s"},
    )
    node.cached(APP)
    node.pod("p")
    node.run(30)
    for amount, seconds in ((31, 40), (20, 20), (31, 50)):
        node.world.use(("d", "p"), 1, amount << 30, node.now)
        node.run(seconds)
    assert not node.events("Evicted")
    node.run(30)
    assert node.events("Evicted")


def test_a_minimum_is_reclaimed_beyond_the_threshold(make_node: type[Node]) -> None:
    def ended(**settings: Any) -> list[float]:
        node = settled(make_node, **settings)
        node.cached(APP)
        for name in "abcd":
            node.pod(name, annotations=notes(memory="8090Mi"))
        node.run(60)
        return list(node.when("Evicted"))

    assert len(ended()) == 1
    first, second = ended(evictionMinimumReclaim={"memory.available": "9Gi"})
    assert 1 < second - first < 5, "once the first one is gone, not at the next look"


def test_processes_run_out_where_a_threshold_watches_them(make_node: type[Node]) -> None:
    node = settled(make_node, evictionHard={"pid.available": "10%"})
    node.cached(APP)
    node.pod("calm", priority=0)
    node.pod("forks", priority=1, annotations=notes(processes="240000"))
    node.run(30)
    assert condition(node, "PIDPressure")["reason"] == "KubeletHasInsufficientPID"
    assert node.events("NodeHasInsufficientPID") == [
        "Node n1 status is now: NodeHasInsufficientPID"
    ]
    assert node.status("calm")["reason"] == "Evicted", "by priority alone"
    assert node.events("Evicted")[0].startswith("The node was low on resource: pids. Threshold ")


WRONG = {
    "another field": ({"evictionhard": {}}, "kubelet: must be a mapping of evictionHard"),
    "another signal": ({"evictionHard": {"memory": "1Gi"}}, "use some of memory.available"),
    "no quantity": ({"evictionHard": {"memory.available": "much"}}, "[memory.available]:"),
    "a share beyond all": ({"evictionHard": {"nodefs.available": "101%"}}, "from 0% to 100%"),
    "a soft one without a period": (
        {"evictionSoft": {"memory.available": "1Gi"}},
        "needs a period in evictionSoftGracePeriod",
    ),
    "a low mark above the high one": ({"imageGCLowThresholdPercent": 90}, "must be below"),
    "a text for a number": ({"evictionMaxPodGracePeriod": "20s"}, "must be of type int"),
    "no duration": ({"imageMinimumGCAge": "soon"}, "kubelet.imageMinimumGCAge:"),
}


@pytest.mark.parametrize(("given", "words"), WRONG.values(), ids=WRONG)
def test_a_model_is_told_what_is_wrong(given: dict[str, Any], words: str) -> None:
    pools = [{"name": "n", "cpu": "4", "memory": "16Gi"}]
    with pytest.raises(clusters.InvalidModel) as told:
        clusters.check({"name": "c", "pools": pools, "kubelet": given})
    assert words in str(told.value)


def test_a_share_is_kept_in_single_precision() -> None:
    hard = {one.name: one.least for one in eviction.read(None).thresholds}
    assert hard["imagefs.available"].of(100 * GIB) == 16106128000
    assert hard["nodefs.available"].of(100 * GIB) == 10737418400
    assert not eviction.read({"evictionHard": {"nodefs.available": "0%"}}).thresholds


# -- the kernel -------------------------------------------------------------------------------


def container(name: str, memory: str = "") -> dict[str, Any]:
    return {"name": name, "resources": {"requests": {"memory": memory}} if memory else {}}


def pod(qos: str, *rows: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(rows), **spec}, "status": {"qosClass": qos}}


SIDECAR = {**container("s", "1Gi"), "restartPolicy": "Always"}
SCORES = {
    "best effort": (pod("BestEffort", container("c")), 1000),
    "guaranteed": (pod("Guaranteed", container("c", "8Gi")), -997),
    "burstable by its request": (pod("Burstable", container("c", "8Gi")), 750),
    "burstable with little": (pod("Burstable", container("c", "1Mi")), 999),
    "burstable with nearly all": (pod("Burstable", container("c", "32Gi")), 3),
    "one that its node cannot do without": (
        pod("BestEffort", container("c"), priorityClassName="system-node-critical"),
        -997,
    ),
    "a share of the whole pod's request": (
        pod(
            "Burstable",
            container("c", "4Gi"),
            container("d"),
            resources={"requests": {"memory": "12Gi"}},
        ),
        750,
    ),
}


@pytest.mark.parametrize(("what", "score"), SCORES.values(), ids=SCORES)
def test_the_score_of_a_container(what: dict[str, Any], score: int) -> None:
    assert oom.score_adjust(what, "c", 32 * GIB) == score


def test_a_sidecar_outlives_the_containers_that_it_serves() -> None:
    served = pod("Burstable", container("c", "8Gi"), initContainers=[SIDECAR])
    assert oom.score_adjust(served, "s", 32 * GIB) == 750


def test_memory_beyond_the_nodes_own_ends_a_container_at_once(node: Node) -> None:
    node.cached(APP)
    node.pod("calm", {**asks(memory="20Gi")}, annotations=notes(memory="19Gi"), qos="Burstable")
    node.pod("p", qos="BestEffort")
    node.run(30)
    node.world.use(("d", "p"), 1, 14 << 30, node.now)
    at = (node.now - 1_767_571_200 * SECOND) / SECOND
    node.run(3)
    assert node.when("SystemOOM")[0] == at
    assert node.events("SystemOOM")[0].startswith(
        "System OOM encountered, victim process: app, pid: "
    )
    last = node.container("p")["lastState"].get("terminated") or node.container("p")["state"].get(
        "terminated"
    )
    assert (last["reason"], last["exitCode"]) == ("OOMKilled", 137)
    assert node.container("calm")["restartCount"] == 0
    assert not node.events("Evicted")


def test_the_kernel_goes_on_until_there_is_memory_again(node: Node) -> None:
    node.cached(APP)
    node.pod("big", asks(memory="30Gi"), annotations=notes(memory="29Gi"), qos="Guaranteed")
    for name in "abc":
        node.pod(name, annotations=notes(memory="600Mi"), qos="BestEffort")
    node.run(30)
    node.world.use(("d", "big"), 1, 31 << 30, node.now)
    node.run(3)
    # 31 Gi, three times 600 Mi and what the system takes: without two of them it is less than 32
    assert node.when("SystemOOM")[:3].count(node.when("SystemOOM")[0]) == 2
    assert len(node.when("SystemOOM")) > 2, "and again when they are there again"
    assert node.container("big")["restartCount"] == 0


def test_a_leak_faster_than_the_kubelet_looks_meets_the_kernel(node: Node) -> None:
    node.cached(APP)
    node.pod("p", annotations=notes(memory="1Gi", memory_growth="200000Gi"))
    node.run(6)
    begun = node.when("Started")[0] + 2
    assert 0 <= node.when("SystemOOM")[0] - begun < 1


def test_what_is_seen_of_a_node_is_written_down(
    make_node: Callable[[], Node],
) -> None:
    def play(at: float | None) -> list[Any]:
        node = make_node()
        node.cached(APP, "docker.io/library/old:1")
        node.pod("p", annotations=notes(disk="83Gi", disk_growth="20Gi"))
        if at is not None:
            node.run(at)
            plain = node.world.snapshot()
            node.world.restore(plain)
            assert node.world.snapshot() == plain
        node.until(1_767_571_200 * SECOND + 900 * SECOND)
        return node.log

    whole = play(None)
    assert any(reason == "Evicted" for _, reason, _ in whole)
    for at in (15.0, 120.0, 301.0):
        assert play(at) == whole


# -- in a cluster -----------------------------------------------------------------------------


def test_a_full_node_is_tainted_and_another_takes_its_pod() -> None:
    spec = clusters.check(
        {
            "name": "two",
            "pools": [{"name": "n", "count": 2, "cpu": "4", "memory": "16Gi", "storage": "100Gi"}],
            "kubelet": {"evictionPressureTransitionPeriod": "90s"},
        }
    )
    cluster = Cluster.create(spec, seed=3)
    template = {
        "metadata": {
            "labels": {"app": "w"},
            "annotations": notes(disk="80Gi", disk_growth="60Gi"),
        },
        "spec": {"containers": [{"name": "c", "image": "app:1"}]},
    }
    body = {
        "metadata": {"name": "w"},
        "spec": {"selector": {"matchLabels": {"app": "w"}}, "template": template},
    }
    cluster.submit(Request("create", kinds.DEPLOYMENTS, "default", body=body))
    pods: list[Any] = []
    for _ in range(30):
        cluster.run_until(cluster.now + 5 * SECOND)
        pods = list(cluster.store.list(kinds.PODS, "default"))
        if any(pod["status"]["phase"] == "Failed" for pod in pods):
            break

    def tainted() -> list[list[str]]:
        found = (node["spec"].get("taints") or () for node in cluster.store.list(kinds.NODES))
        return [[one["key"] for one in rows] for rows in found]

    assert sorted(tainted()) == [[], ["node.kubernetes.io/disk-pressure"]]
    assert sorted(pod["status"]["phase"] for pod in pods)[0] == "Failed"
    assert len({pod["spec"]["nodeName"] for pod in pods}) == 2
    full = next(node for node in cluster.store.list(kinds.NODES) if node["spec"].get("taints"))
    since = next(c for c in full["status"]["conditions"] if c["type"] == "DiskPressure")
    began = nanoseconds(since["lastTransitionTime"])

    def is_tainted() -> bool:
        node = cluster.store.get(kinds.NODES, "", full["metadata"]["name"])
        return bool((node or {})["spec"].get("taints"))

    for _ in range(150):
        cluster.run_until(cluster.now + SECOND)
        if not is_tainted():
            break
    assert 89 <= (cluster.now - began) // SECOND <= 112, "after 90 s, as the model says"
