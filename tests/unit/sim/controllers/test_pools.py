"""Machines that come and go: boots, the cluster autoscaler, drains, rolling upgrades."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pools_stage import CPU, GPU, GROWING, MINUTE, SECOND, Stage, deployment

from ecp.kube import kinds
from ecp.kube.pods import condition
from ecp.sim import clusters
from ecp.sim.clusters.pools import devices
from ecp.sim.controllers.pools.operations import PoolRefused
from ecp.sim.store import Change
from ecp.sim.world.fleet import Leaving

# -- boots ------------------------------------------------------------------------------------


def seen(stage: Stage, name: str) -> tuple[str | None, list[str], str | None, str | None]:
    """What kubectl shows of a node: Ready, keys of taints, podCIDR, GPUs."""
    node = stage.node(name)
    if node is None:
        return None, [], None, None
    taints = [taint["key"].rpartition("/")[2] for taint in node["spec"].get("taints", ())]
    gpus = node["status"]["allocatable"].get("nvidia.com/gpu")
    ready = condition(node, "Ready")
    return ready and ready["status"], taints, node["spec"].get("podCIDR"), gpus


def test_a_machine_boots_registers_gets_its_network_and_then_its_devices() -> None:
    stage = Stage(CPU, GPU)
    stage.pool("gpu", do="add")
    machine = stage.machine("gpu-1")
    asked, moments = stage.cluster.now, []
    for at in (machine.registers_at, machine.network_at, machine.devices_at):
        assert at is not None
        for instant in (at - SECOND, at + SECOND):
            stage.cluster.run_until(instant)
            moments.append((machine.stage(instant), *seen(stage, "gpu-1")))
    assert moments == [
        ("machine", None, [], None, None),
        ("network", "False", ["gpu", "not-ready"], "10.244.1.0/24", None),
        ("network", "False", ["gpu", "not-ready", "not-ready"], "10.244.1.0/24", None),
        ("devices", "True", ["gpu", "not-ready"], "10.244.1.0/24", None),
        ("devices", "True", ["gpu"], "10.244.1.0/24", None),
        ("ready", "True", ["gpu"], "10.244.1.0/24", "2"),
    ]
    # The delays of the data file, each give or take a tenth.
    assert 45 * SECOND <= machine.registers_at - asked <= 55 * SECOND
    assert machine.complete
    assert stage.said("kubelet")[:2] == [
        "Starting: Starting kubelet.",
        "NodeHasSufficientMemory: Node gpu-1 status is now: NodeHasSufficientMemory",
    ]
    assert "NodeReady: Node gpu-1 status is now: NodeReady" in stage.said("kubelet")


def test_a_node_without_network_says_why_it_is_not_ready() -> None:
    stage = Stage(CPU)
    stage.pool("cpu", do="add")
    stage.cluster.run_until(stage.machine("cpu-2").registers_at + SECOND)
    ready = condition(stage.node("cpu-2"), "Ready")
    assert ready is not None
    assert ready["reason"] == "KubeletNotReady"
    assert "NetworkPluginNotReady" in ready["message"]


def test_a_pod_waits_for_the_device_plugin_not_for_the_node() -> None:
    stage = Stage(CPU, {**GPU, "count": 1, "autoscaling": {"min": 0, "max": 1}})
    stage.deploy("ml", 2, nvidia_com__gpu="2")
    stage.pool("gpu", do="add")
    machine = stage.machine("gpu-2")
    assert machine.devices_at is not None
    stage.cluster.run_until(machine.devices_at - SECOND)
    assert stage.on() == ["-", "gpu-1"]
    stage.run(2)
    assert stage.on() == ["gpu-1", "gpu-2"]


def test_each_delay_of_a_boot_can_be_set_for_all_pools_or_one() -> None:
    slow = {**CPU, "name": "slow", "boot": {"machine": "5m"}}
    stage = Stage(CPU, slow, boot={"kubelet": "100s"})
    for name in ("cpu", "slow"):
        stage.pool(name, do="add")
    quick, late = stage.machine("cpu-2"), stage.machine("slow-2")
    assert 126 * SECOND <= quick.registers_at - stage.start <= 154 * SECOND
    assert 360 * SECOND <= late.registers_at - stage.start <= 440 * SECOND


# -- devices ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sharing", "offered"),
    [
        pytest.param(None, {"nvidia.com/gpu": 2}, id="whole GPUs"),
        pytest.param(
            {"timeSlicing": {"replicas": 4}}, {"nvidia.com/gpu": 8}, id="each GPU four times over"
        ),
        pytest.param(
            {"timeSlicing": {"replicas": 4, "renameByDefault": True}},
            {"nvidia.com/gpu.shared": 8},
            id="shared GPUs under a name of their own",
        ),
        pytest.param(
            {"mig": {"3g.40gb": 1, "1g.10gb": 4}},
            {"nvidia.com/mig-3g.40gb": 2, "nvidia.com/mig-1g.10gb": 8},
            id="slices of several profiles",
        ),
    ],
)
def test_gpus_are_offered_as_their_device_plugin_names_them(
    sharing: dict[str, Any] | None, offered: dict[str, int]
) -> None:
    pool = {**GPU, "count": 1} | ({"gpuSharing": sharing} if sharing else {})
    assert devices(pool) == offered
    allocatable = Stage(CPU, pool).node("gpu-1")["status"]["allocatable"]
    assert {k: int(v) for k, v in allocatable.items() if "nvidia" in k} == offered


@pytest.mark.parametrize(
    ("pool", "complaint"),
    [
        pytest.param(
            {**CPU, "gpuSharing": {"mig": {"1g.10gb": 7}}},
            "pools[0].gpuSharing: the pool has no GPUs to share",
            id="nothing to share",
        ),
        pytest.param(
            {**GPU, "gpuSharing": {"mps": {"replicas": 4}}},
            "pools[0].gpuSharing.mps: is not simulated; use timeSlicing or mig",
            id="MPS is refused by name",
        ),
        pytest.param(
            {**GPU, "gpuSharing": {"mig": {"4g.20gb": 2}}},
            "pools[0].gpuSharing.mig: a GPU has 7 slices; these are 8",
            id="more slices than there are",
        ),
        pytest.param(
            {**GPU, "gpuSharing": {"timeSlicing": {"replicas": 1}}},
            "pools[0].gpuSharing.timeSlicing.replicas: must be between 2 and 64",
            id="one replica shares nothing",
        ),
        pytest.param(
            {**CPU, "autoscaling": {"min": 3, "max": 2}},
            "pools[0].autoscaling.max: must be at least 1 and not less than min",
            id="bounds the wrong way round",
        ),
        pytest.param(
            {**CPU, "stock": {"b": 1}},
            "pools[0].stock.b: no zone of the pool; it has a",
            id="stock of a foreign zone",
        ),
        pytest.param(
            {**CPU, "boot": {"bios": "1s"}},
            "pools[0].boot.bios: unknown; known: machine, kubelet, network, devices",
            id="a stage that there is not",
        ),
        pytest.param(
            {**CPU, "kubernetesVersion": "v1.32.9"},
            "pools[0].kubernetesVersion: a kubelet may be up to 3 minor versions older than the "
            "API server (v1.36.2), and not newer",
            id="a kubelet too old for its server",
        ),
    ],
)
def test_a_pool_that_cannot_be_is_refused_by_name(pool: dict[str, Any], complaint: str) -> None:
    with pytest.raises(clusters.InvalidModel) as refused:
        clusters.check({"name": "t", "zones": ["a"], "pools": [pool]})
    assert str(refused.value) == complaint


# -- growing ----------------------------------------------------------------------------------


def test_pods_without_room_bring_machines_and_land_on_them() -> None:
    stage = Stage(GROWING)
    stage.deploy("web", 5, cpu="1900m")
    stage.run(12)
    assert stage.said() == [
        "ScaledUpGroup: Scale-up: setting group cpu size to 3 instead of 1 (max: 4)",
        "ScaledUpGroup: Scale-up: group cpu size set to 3 instead of 1 (max: 4)",
        *["TriggeredScaleUp: pod triggered scale-up: [{cpu 1->3 (max: 4)}]"] * 3,
    ]
    stage.run(120)
    assert stage.on() == ["cpu-1", "cpu-1", "cpu-2", "cpu-2", "cpu-3"]
    assert len(stage.said()) == 5, "machines that come are not asked for twice"


@pytest.mark.parametrize(
    ("pools", "requests", "spec", "reason"),
    [
        pytest.param(
            [{**GROWING, "autoscaling": {"min": 1, "max": 1}}],
            {"cpu": "3"},
            {},
            "1 max node group size reached",
            id="the pool is as large as it may be",
        ),
        pytest.param([GROWING], {"cpu": "5"}, {}, "1 Insufficient cpu", id="no machine is so big"),
        pytest.param(
            [GROWING, GPU],
            {"nvidia_com__gpu": "3"},
            {},
            "2 Insufficient nvidia.com/gpu",
            id="no machine has so many GPUs",
        ),
        pytest.param(
            [GROWING, GPU],
            {"cpu": "3"},
            {"nodeSelector": {"disk": "ssd"}},
            "2 node(s) didn't match Pod's node affinity/selector",
            id="no pool has the label",
        ),
        pytest.param(
            [GPU, CPU],
            {"cpu": "3"},
            {"tolerations": []},
            "1 node(s) had untolerated taint(s)",
            id="the only pool that grows is tainted",
        ),
    ],
)
def test_who_brings_no_machine_is_told_why(
    pools: list[dict[str, Any]], requests: dict[str, str], spec: dict[str, Any], reason: str
) -> None:
    stage = Stage(*pools)
    stage.submit("create", kinds.DEPLOYMENTS, body=deployment("big", 2, requests, **spec))
    stage.run(290)
    assert set(stage.said()) == {f"NotTriggerScaleUp: pod didn't trigger scale-up: {reason}"}
    events = [e for e in stage.cluster.store.list(kinds.EVENTS) if "trigger" in e["message"]]
    assert {event["count"] for event in events} == {1}, "said once in five minutes"


def test_the_group_that_wastes_least_grows() -> None:
    wide = {**GROWING, "name": "wide", "cpu": "64", "memory": "256Gi"}
    stage = Stage(wide | {"count": 0, "autoscaling": {"min": 0, "max": 4}}, GROWING)
    stage.deploy("web", 3, cpu="3")
    stage.run(12)
    assert stage.said()[0].startswith("ScaledUpGroup: Scale-up: setting group cpu size to 3")


def test_zones_that_help_alike_grow_together_the_smallest_first() -> None:
    pool = {**GROWING, "zones": ["a", "b", "c"], "autoscaling": {"min": 1, "max": 9}}
    stage = Stage(pool, zones=["a", "b", "c"])
    stage.deploy("web", 6, cpu="3")
    stage.run(12)
    pods = [said for said in stage.said() if said.startswith("TriggeredScaleUp")]
    assert set(pods) == {
        "TriggeredScaleUp: pod triggered scale-up: "
        "[{cpu-a 1->2 (max: 9)} {cpu-b 0->2 (max: 9)} {cpu-c 0->2 (max: 9)}]"
    }


def test_what_daemons_take_of_a_new_machine_is_reckoned_with() -> None:
    stage = Stage({**GROWING, "count": 1})
    body = deployment("agent", 1, {"cpu": "1500m"})
    del body["spec"]["replicas"]
    stage.submit("create", kinds.DAEMONSETS, body=body)
    stage.run(5)
    stage.deploy("web", 3, cpu="2")
    stage.run(12)
    # One pod a machine: two would fit without the agent.
    assert "ScaledUpGroup: Scale-up: setting group cpu size to 3 instead of 1 (max: 4)" in (
        stage.said()
    )


@pytest.mark.parametrize(
    ("model", "code"),
    [
        pytest.param({"stock": {"a": 0}}, "RESOURCE_POOL_EXHAUSTED", id="the zone is sold out"),
        pytest.param({"quota": {"cpu": "4"}}, "QUOTA_EXCEEDED", id="the quota of CPUs is used up"),
        pytest.param({"quota": {"nodes": 1}}, "QUOTA_EXCEEDED", id="the quota of nodes is used up"),
    ],
)
def test_a_provider_without_machines_is_left_alone_longer_and_longer(
    model: dict[str, Any], code: str
) -> None:
    quota = {"quota": model["quota"]} if "quota" in model else {}
    stage = Stage({**GROWING, "stock": model.get("stock", {})}, **quota)
    stage.deploy("web", 3, cpu="1900m")
    stage.run(40 * 60)
    failed = f"ScaleUpFailed: Failed adding 1 nodes to group cpu due to OutOfResource.{code}; "
    events = stage.cluster.store.list(kinds.EVENTS)
    (event,) = (e for e in events if f"{e['reason']}: {e['message']}".startswith(failed))
    # At 0, 5, 15 and 35 minutes: the distance doubles, up to half an hour.
    assert event["count"] == 4
    assert "NotTriggerScaleUp: pod didn't trigger scale-up: 1 in backoff after failed scale-up" in (
        stage.said()
    )
    stage.pool("", do="quota", quota={})
    stage.pool("cpu", do="set", stock={})
    stage.run(40 * 60)
    assert stage.on() == ["cpu-1", "cpu-1", stage.nodes()[-1]]


def test_a_machine_that_does_not_register_in_time_is_given_back() -> None:
    stage = Stage({**GROWING, "boot": {"machine": "1h"}})
    stage.deploy("web", 3, cpu="1900m")
    stage.run(930)
    said = [line for line in stage.said() if "TriggerScaleUp" not in line]
    assert said[2:4] == [
        "TriggeredScaleUp: pod triggered scale-up: [{cpu 1->2 (max: 4)}]",
        "ScaleUpTimedOut: Nodes added to group cpu failed to register within 15m0s",
    ]
    assert "DeleteUnregistered: Removed unregistered node cpu-2" in said
    assert list(stage.cluster.world.fleet.machines) == ["cpu-1"]


# -- shrinking --------------------------------------------------------------------------------


def test_a_node_that_nobody_needs_goes_after_ten_minutes_its_pods_first() -> None:
    stage = Stage({**GROWING, "count": 2})
    stage.deploy("web", 2, cpu="500m")
    stage.run(600)
    assert stage.on() == ["cpu-1", "cpu-2"]
    marks = [t["key"] for t in stage.node("cpu-1")["spec"]["taints"]]
    assert marks == ["DeletionCandidateOfClusterAutoscaler"]
    stage.run(15)
    assert stage.said()[0].startswith(
        "ScaleDown: Scale-down: removing node cpu-1, utilization: {0.125 0 0 0  cpu 0.125}, "
        "pods to reschedule: web-"
    )
    assert stage.said()[1:3] == [
        "ScaleDown: marked the node as toBeDeleted/unschedulable",
        "ScaleDown: deleting pod for node scale down",
    ]
    stage.run(120)
    assert stage.on() == ["cpu-2", "cpu-2"]
    assert stage.nodes() == ["cpu-2"], "its pool keeps its least"
    assert stage.said()[-1] == "ScaleDown: Scale-down: node cpu-1 removed with drain"
    assert stage.said("cloud-node-lifecycle-controller") == [
        "DeletingNode: Deleting node cpu-1 because it does not exist in the cloud provider"
    ]
    stage.run(700)
    assert stage.nodes() == ["cpu-2"]


def annotated(**said: str) -> dict[str, Any]:
    return {"annotations": {f"cluster-autoscaler.kubernetes.io/{k}": v for k, v in said.items()}}


@pytest.mark.parametrize(
    ("requests", "meta", "spec", "least", "goes"),
    [
        pytest.param("500m", {}, {}, 0, True, id="little on it, which may move"),
        pytest.param("2100m", {}, {}, 0, False, id="more than half is asked of it"),
        pytest.param("1990m", {}, {}, 0, True, id="just less than half is asked of it"),
        pytest.param("500m", {}, {}, 2, False, id="a budget allows nobody to go"),
        pytest.param("500m", {}, {}, 1, True, id="a budget allows one to go"),
        pytest.param(
            "500m", annotated(**{"safe-to-evict": "false"}), {}, 0, False, id="said not to be safe"
        ),
        pytest.param(
            "500m",
            {},
            {"volumes": [{"name": "v", "emptyDir": {}}]},
            0,
            False,
            id="it has data on the node",
        ),
        pytest.param(
            "500m",
            annotated(**{"safe-to-evict": "true"}),
            {"volumes": [{"name": "v", "emptyDir": {}}]},
            0,
            True,
            id="its data on the node may go",
        ),
        pytest.param(
            "500m",
            annotated(**{"safe-to-evict-local-volumes": "v"}),
            {"volumes": [{"name": "v", "emptyDir": {}}]},
            0,
            True,
            id="this volume of it may go",
        ),
        pytest.param(
            "500m",
            {},
            {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname",
                 "labelSelector": {"matchLabels": {"app": "web"}}}]}}},
            0,
            False,
            id="it finds no place elsewhere",
        ),
    ],
)  # fmt: skip
def test_what_keeps_a_node(
    requests: str, meta: dict[str, Any], spec: dict[str, Any], least: int, goes: bool
) -> None:
    stage = Stage({**GROWING, "count": 2})
    body = deployment("web", 2, {"cpu": requests}, **spec)
    body["spec"]["template"]["metadata"] |= meta
    stage.submit("create", kinds.DEPLOYMENTS, body=body)
    if least:
        stage.guard("web", least)
    stage.run(900)
    assert len(stage.nodes()) == (1 if goes else 2)


def test_a_pod_of_nobody_keeps_its_node() -> None:
    stage = Stage({**GROWING, "count": 2})
    for number in range(2):
        pod = deployment("p", 1, {"cpu": "100m"})["spec"]["template"]
        body = {**pod, "metadata": {"name": f"p{number}"}}
        stage.submit("create", kinds.PODS, body=body)
    stage.run(900)
    assert stage.nodes() == ["cpu-1", "cpu-2"]


def test_empty_nodes_go_together_and_not_right_after_others_came() -> None:
    stage = Stage({**GROWING, "count": 4})
    stage.run(605)
    assert stage.nodes() == ["cpu-1", "cpu-2", "cpu-3", "cpu-4"], "nothing has happened: no look"
    stage.deploy("web", 1, cpu="100m")
    stage.run(600 + 80)
    assert len(stage.nodes()) == 1


def test_a_drain_that_fails_gives_the_node_back() -> None:
    stage = Stage({**GROWING, "count": 2})
    stage.deploy("web", 2, cpu="500m")
    stage.run(20)
    stage.guard("web", 2)
    stage.run(20)
    cluster = stage.cluster
    # As if the budget had come between the decision and the eviction.
    leaving = Leaving("autoscaler", cluster.now, cluster.now + 2 * MINUTE, force=False)
    cluster.world.let_go(stage.machine("cpu-1"), leaving)
    stage.run(60)
    taints = stage.node("cpu-1")["spec"]["taints"]
    assert [taint["key"] for taint in taints] == ["ToBeDeletedByClusterAutoscaler"]
    stage.run(70)
    assert stage.nodes() == ["cpu-1", "cpu-2"]
    assert "taints" not in stage.node("cpu-1")["spec"]
    (pod,) = (p for p in stage.pods() if p["spec"]["nodeName"] == "cpu-1")
    name = pod["metadata"]["name"]
    assert stage.said()[-2:] == [
        "ScaleDownFailed: failed to delete pod for ScaleDown",
        "ScaleDownFailed: failed to drain and delete node: Failed to drain node /cpu-1, due to "
        f"following errors: [failed to evict pod default/{name} within allowed timeout (last "
        "error: Cannot evict pod as it would violate the pod's disruption budget.)]",
    ]


def test_a_cluster_without_autoscaled_pools_has_no_autoscaler() -> None:
    stage = Stage(CPU)
    stage.deploy("web", 9, cpu="1900m")
    stage.run(900)
    assert stage.said() == []
    assert stage.cluster.store.get(
        kinds.CONFIGMAPS, "kube-system", "cluster-autoscaler-status"
    ) is None  # fmt: skip
    stage.pool("cpu", do="set", autoscaling={"max": 5})
    stage.run(12)
    assert stage.said()[0] == (
        "ScaledUpGroup: Scale-up: setting group cpu size to 5 instead of 1 (max: 5)"
    )


# -- drains and upgrades ----------------------------------------------------------------------


def test_an_operator_removes_a_node_under_its_budgets() -> None:
    stage = Stage({**CPU, "count": 3})
    stage.deploy("web", 3, cpu="1")
    stage.guard("web", 2)
    stage.run(20)
    stage.pool("cpu", do="remove", node="cpu-2")
    stage.run(120)
    assert stage.nodes() == ["cpu-1", "cpu-3"]
    assert stage.on() == ["cpu-1", "cpu-1", "cpu-3"] or stage.on() == ["cpu-1", "cpu-3", "cpu-3"]


@pytest.mark.parametrize(
    ("force", "nodes", "cordoned"),
    [
        pytest.param(True, ["cpu-1"], False, id="then its pods are deleted"),
        pytest.param(False, ["cpu-1", "cpu-2"], False, id="then it stays, open again"),
    ],
)
def test_a_budget_that_allows_nobody_holds_a_node_for_as_long_as_was_said(
    force: bool, nodes: list[str], cordoned: bool
) -> None:
    stage = Stage({**CPU, "count": 2})
    stage.deploy("web", 2, cpu="3")
    stage.guard("web", 2)
    stage.run(20)
    stage.pool("cpu", do="remove", node="cpu-2", force=force, drain_timeout="15m")
    stage.run(14 * 60)
    assert stage.node("cpu-2")["spec"]["unschedulable"]
    assert stage.on() == ["cpu-1", "cpu-2"]
    stage.run(4 * 60)
    assert stage.nodes() == nodes
    if not force:
        assert "unschedulable" not in stage.node("cpu-2")["spec"]
        assert stage.machine("cpu-2").kept.startswith("default/web-")


class Watch:
    """The least there was of healthy pods and ready nodes, the most of machines."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.healthy, self.ready, self.machines = 99, 99, 0
        stage.cluster.listeners.append(self._look)

    def _look(self, change: Change) -> None:
        store, fleet = self._stage.cluster.store, self._stage.cluster.world.fleet
        ready = 0
        for node in store.list(kinds.NODES):
            open_ = not node["spec"].get("unschedulable")
            ready += open_ and (condition(node, "Ready") or {}).get("status") == "True"
        self.ready = min(self.ready, ready)
        self.machines = max(self.machines, len(fleet.of("cpu")))
        for budget in store.list(kinds.PDBS):
            healthy = (budget.get("status") or {}).get("currentHealthy")
            if healthy is not None:
                self.healthy = min(self.healthy, healthy)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    count=st.integers(1, 4),
    surge=st.integers(0, 2),
    unavailable=st.integers(0, 2),
    replicas=st.integers(2, 5),
)
def test_an_upgrade_never_has_more_machines_or_fewer_ready_than_agreed(
    count: int, surge: int, unavailable: int, replicas: int
) -> None:
    surge = surge or (0 if unavailable else 1)
    assume(count + surge > unavailable)  # else the budget holds the last pods for an hour
    stage = Stage({**CPU, "count": count, "kubernetesVersion": "v1.35.4"})
    stage.deploy("web", replicas, cpu="300m")
    stage.guard("web", replicas - 1)
    stage.run(30)
    watch = Watch(stage)
    stage.pool("cpu", do="upgrade", version="v1.36.2", max_surge=surge, max_unavailable=unavailable)
    stage.run(3600)
    upgrade = stage.cluster.world.fleet.pools["cpu"].upgrade
    assert upgrade is not None
    assert upgrade.state == "done"
    assert watch.machines <= count + surge
    assert watch.ready >= count - unavailable
    assert watch.healthy >= replicas - 1
    versions = [
        node["status"]["nodeInfo"]["kubeletVersion"]
        for node in stage.cluster.store.list(kinds.NODES)
    ]
    assert versions == ["v1.36.2"] * count
    assert len(stage.on()) == replicas
    assert "-" not in stage.on()


def test_an_upgrade_says_what_it_follows_from() -> None:
    stage = Stage({**CPU, "kubernetesVersion": "v1.35.4"})
    stage.pool("cpu", do="upgrade", version="v1.36.2")
    causes: dict[str, str] = {}
    store = stage.cluster.store

    def note(change: Change) -> None:
        if change.resource == kinds.NODES and change.type in ("ADDED", "DELETED"):
            causes[f"{change.type} {change.key[1]}"] = store.roots.of(change.cause)

    stage.cluster.listeners.append(note)
    stage.run(900)
    assert causes == {"ADDED cpu-2": "a1", "DELETED cpu-1": "a1"}


def test_new_machines_take_the_zones_of_the_old() -> None:
    pool = {**CPU, "count": 4, "zones": ["a", "b"], "kubernetesVersion": "v1.35.4"}
    stage = Stage(pool, zones=["a", "b"])
    stage.pool("cpu", do="upgrade", version="v1.36.2")
    stage.run(1800)
    zones = [stage.machine(name).zone for name in stage.nodes()]
    assert zones == ["a", "b", "a", "b"]


def test_an_upgrade_that_may_not_force_stops_where_a_budget_holds() -> None:
    stage = Stage({**CPU, "count": 2, "kubernetesVersion": "v1.35.4"})
    stage.deploy("web", 2, cpu="100m")
    stage.guard("web", 2)
    stage.run(20)
    stage.pool("cpu", do="upgrade", version="v1.36.2", force=False, drain_timeout="15m")
    stage.run(3600)
    upgrade = stage.cluster.world.fleet.pools["cpu"].upgrade
    assert upgrade is not None
    assert upgrade.state == "failed"
    assert upgrade.failure.startswith("PodEvictionFailure: cpu-1: default/web-")
    assert stage.nodes() == ["cpu-1", "cpu-2", "cpu-3"], "the surge machine stays, as it came"


def test_an_upgrade_waits_for_a_provider_that_has_no_machine() -> None:
    stage = Stage({**CPU, "kubernetesVersion": "v1.35.4", "stock": {"a": 0}})
    stage.pool("cpu", do="upgrade", version="v1.36.2")
    stage.run(600)
    upgrade = stage.cluster.world.fleet.pools["cpu"].upgrade
    assert upgrade is not None
    assert upgrade.waits_for == "RESOURCE_POOL_EXHAUSTED"
    assert stage.nodes() == ["cpu-1"]
    stage.pool("cpu", do="set", stock={"a": 1})
    stage.run(900)
    assert stage.nodes() == ["cpu-2"]
    assert upgrade.state == "done"


# -- operations -------------------------------------------------------------------------------


def test_a_size_is_reached_from_both_sides() -> None:
    stage = Stage({**CPU, "count": 2})
    stage.pool("cpu", do="set", size=4)
    stage.run(180)
    assert stage.nodes() == ["cpu-1", "cpu-2", "cpu-3", "cpu-4"]
    stage.pool("cpu", do="set", size=1)
    stage.run(180)
    assert stage.nodes() == ["cpu-1"]
    stage.pool("cpu", do="add")
    stage.run(180)
    assert stage.nodes() == ["cpu-1", "cpu-5"], "names are not given out twice"
    assert stage.node("cpu-5")["spec"]["podCIDR"] == "10.244.1.0/24", "addresses are"


def test_a_machine_that_was_given_back_does_not_return_with_its_power() -> None:
    stage = Stage({**CPU, "count": 2})
    stage.pool("cpu", do="remove", node="cpu-2")
    stage.run(5)
    stage.cluster.world.set_node("cpu-2", True, stage.cluster.now)
    stage.run(180)
    assert stage.nodes() == ["cpu-1"]


@pytest.mark.parametrize(
    ("pool", "body", "key"),
    [
        pytest.param("none", {"do": "add"}, "pool.not-found", id="an unknown pool"),
        pytest.param("cpu", {"do": "add", "zone": "z"}, "pool.no-zone", id="an unknown zone"),
        pytest.param("cpu", {"do": "remove", "node": "x"}, "pool.no-node", id="an unknown node"),
        pytest.param("sold", {"do": "add"}, "pool.none-left", id="a zone that is sold out"),
        pytest.param("sold", {"do": "set", "size": 3}, "pool.none-left", id="a size out of reach"),
        pytest.param(
            "cpu", {"do": "set", "boot": {"bios": "1s"}}, "pool.invalid", id="an unknown stage"
        ),
        pytest.param(
            "cpu", {"do": "set", "autoscaling": {"min": 2, "max": 1}}, "pool.invalid", id="bounds"
        ),
        pytest.param("cpu", {"do": "quota", "quota": {"ram": 1}}, "pool.invalid", id="a quota"),
        pytest.param(
            "cpu",
            {"do": "upgrade", "version": "v1.37.0"},
            "pool.version-skew",
            id="too new a kubelet",
        ),
        pytest.param(
            "cpu", {"do": "upgrade", "version": "1.36"}, "pool.bad-version", id="no version"
        ),
        pytest.param(
            "cpu", {"do": "quota", "quota": {"cpu": "-1"}}, "pool.invalid", id="a negative quota"
        ),
        pytest.param(
            "cpu",
            {"do": "upgrade", "version": "v1.36.2", "max_surge": 0},
            "pool.bad-surge",
            id="an upgrade without room",
        ),
        pytest.param(
            "cpu",
            {"do": "remove", "node": "cpu-1", "drain_timeout": "soon"},
            "duration.bad",
            id="no duration",
        ),
        pytest.param(
            "cpu",
            {"do": "set", "size": 0, "stock": {"a": 1}, "drain_timeout": "soon"},
            "duration.bad",
            id="no duration of a smaller pool",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_done(
    pool: str, body: dict[str, Any], key: str
) -> None:
    stage = Stage(CPU, {**CPU, "name": "sold", "stock": {"a": 0}})
    before = stage.cluster.world.snapshot()
    with pytest.raises(PoolRefused) as refused:
        stage.pool(pool, **body)
    assert refused.value.key == key
    assert refused.value.said("ko")
    assert stage.cluster.world.snapshot() == before


def test_one_upgrade_at_a_time() -> None:
    stage = Stage({**CPU, "kubernetesVersion": "v1.35.4"})
    stage.pool("cpu", do="upgrade", version="v1.36.0")
    with pytest.raises(PoolRefused) as refused:
        stage.pool("cpu", do="upgrade", version="v1.36.2")
    assert refused.value.key == "pool.upgrading"


def test_a_cordon_is_told_by_the_kubelet_once_each_way() -> None:
    stage = Stage(CPU)
    for closed in (True, True, False):
        body = {"spec": {"unschedulable": closed}}
        stage.submit("patch", kinds.NODES, "cpu-1", body=body, patch="merge")
        stage.run(1)
    assert stage.said("kubelet") == [
        "NodeNotSchedulable: Node cpu-1 status is now: NodeNotSchedulable",
        "NodeSchedulable: Node cpu-1 status is now: NodeSchedulable",
    ]


def test_the_status_map_says_how_each_group_stands() -> None:
    stage = Stage({**GROWING, "count": 2}, {**GPU, "stock": {"a": 0}})
    stage.deploy("ml", 1, nvidia_com__gpu="1")
    stage.run(30)
    found = stage.cluster.store.get(kinds.CONFIGMAPS, "kube-system", "cluster-autoscaler-status")
    assert found is not None
    text = found["data"]["status"]
    assert text.startswith("time: 2026-01-05 00:00:")
    cpu, gpu = text.split("- name: ")[1:]
    assert "cloudProviderTarget: 2" in cpu
    assert "status: CandidatesPresent" in cpu
    assert "cloudProviderTarget: 0" in gpu
    assert "status: Backoff" in gpu
