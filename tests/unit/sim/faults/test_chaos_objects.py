"""Chaos objects: Chaos Mesh's as they are written for it, and those that it lacks."""

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
from tenant import MINUTE, SPACE, ask, followed, meets, passes, pods

from ecp.kube.errors import KubeError
from ecp.kube.kinds import CRDS, EVENTS
from ecp.sim.cluster import Cluster
from ecp.sim.clusters import check, model
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults.asks import HALT
from ecp.sim.faults.chaos import KINDS, definitions, resource_of
from ecp.sim.faults.chaos.checks import go_duration_complaint
from ecp.sim.faults.chaos.definitions import NODES, SCHEDULES, WORKFLOWS, field_of
from ecp.sim.store import Obj

NLP = "selector: {namespaces: [acme-ecp-ai], labelSelectors: {app: nlp}}"
BOT = "selector: {labelSelectors: {app: chatbot}}"


@cache
def _state() -> dict[str, Any]:
    cluster = followed()
    for made in definitions():
        ask(cluster, "create", CRDS, made, namespace="")
    passes(cluster, 2 * SECOND)
    return cluster.snapshot()


def prepared() -> Cluster:
    return Cluster.restore(_state())


def apply(cluster: Cluster, text: str) -> None:
    """Create objects as kubectl apply sends them, unknown fields refused."""
    for obj in yaml.safe_load_all(text):
        kind = cluster.catalogue.by_gvk[obj["apiVersion"], obj["kind"]]
        obj["metadata"]["namespace"] = SPACE
        ask(
            cluster, "create", kind.resource, obj, api_version=obj["apiVersion"],
            field_validation="Strict", manager="kubectl-client-side-apply",
        )  # fmt: skip


def mesh(kind: str, spec: str, name: str = "x", notes: str = "{}") -> str:
    meta = f"{{name: {name}, annotations: {notes}}}"
    return f"{{apiVersion: chaos-mesh.org/v1alpha1, kind: {kind}, metadata: {meta}, spec: {spec}}}"


def ours(kind: str, spec: str) -> str:
    return mesh(kind, spec).replace("chaos-mesh.org/", "sim.ecp-ai.io/")


def got(cluster: Cluster, kind: str, name: str = "x") -> Obj | None:
    return cluster.store.get(resource_of(KINDS[kind]), SPACE, name)


def conditions(obj: Obj | None) -> dict[str, bool]:
    assert obj is not None
    return {one["type"]: one["status"] == "True" for one in obj["status"]["conditions"]}


def records(obj: Obj | None) -> list[dict[str, Any]]:
    assert obj is not None
    found: list[dict[str, Any]] = obj["status"]["experiment"]["containerRecords"]
    return found


# -- definitions -----------------------------------------------------------------------------------


def test_a_fresh_cluster_looks_like_one_without_chaos_mesh() -> None:
    found = [crd["metadata"]["name"] for crd in Cluster.create().store.list(CRDS)]
    assert not any("chaos" in name or "sim.ecp-ai.io" in name for name in found)


def test_a_cluster_may_come_with_the_definitions() -> None:
    cluster = Cluster.create(check({**model("default"), "chaos": True}))
    found = {crd["metadata"]["name"]: crd for crd in cluster.store.list(CRDS)}
    assert "podchaos.chaos-mesh.org" in found
    assert "zoneoutages.sim.ecp-ai.io" in found
    for name, crd in found.items():
        unmet = [one for one in crd["status"]["conditions"] if one["status"] != "True"]
        assert unmet == [], name


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("PodChaos", "podChaos"), ("IOChaos", "ioChaos"), ("DNSChaos", "dnsChaos"),
        ("HTTPChaos", "httpChaos"), ("AWSChaos", "awsChaos"), ("JVMChaos", "jvmChaos"),
        ("ZoneOutage", "zoneOutage"), ("GPUFault", "gpuFault"),
    ],
)  # fmt: skip
def test_the_field_of_a_kind_is_spelt_like_this(kind: str, field: str) -> None:
    assert field_of(kind) == field


# -- what each object comes to ---------------------------------------------------------------------

OBJECTS = {
    "a pod is killed": (
        mesh("PodChaos", f"{{action: pod-kill, mode: one, {BOT}}}"), ["pod_kill"], 1),
    "pods fail": (
        mesh("PodChaos", f"{{action: pod-failure, mode: all, duration: 60s, {BOT}}}"),
        ["pod_failure"], 3),
    "a container is killed": (
        mesh("PodChaos", f"{{action: container-kill, mode: one, containerNames: [c], {BOT}}}"),
        ["container_kill"], 1),
    "packets are late": (
        mesh("NetworkChaos", "{action: delay, mode: all, delay: {latency: 90ms, correlation: '25',"
             f" jitter: 9ms}}, {NLP}}}"), ["network_latency"], 3),
    "packets are lost": (
        mesh("NetworkChaos", f"{{action: loss, mode: all, loss: {{loss: '25.5'}}, {NLP}}}"),
        ["network_loss"], 3),
    "several things at once": (
        mesh("NetworkChaos", "{action: netem, mode: all, delay: {latency: 10ms}, corrupt: "
             f"{{corrupt: '5'}}, duplicate: {{duplicate: '5'}}, {NLP}}}"),
        ["network_latency", "network_corrupt", "network_duplicate"], 3),
    "a link is narrow": (
        mesh("NetworkChaos", "{action: bandwidth, mode: all, bandwidth: {rate: 1mbps, "
             f"limit: 20971520, buffer: 10000}}, {NLP}}}"), ["network_bandwidth"], 3),
    "two workloads are parted": (
        mesh("NetworkChaos", f"{{action: partition, mode: all, direction: both, {BOT}, "
             f"target: {{mode: all, {NLP}}}}}"), ["network_partition"], 6),
    "processor and memory are taken": (
        mesh("StressChaos", "{mode: all, stressors: {cpu: {workers: 1, load: 80}, memory: "
             f"{{workers: 1, size: 256MB}}}}, {NLP}}}"), ["cpu_spike", "memory_stress"], 3),
    "files are slow": (
        mesh("IOChaos", f"{{action: latency, mode: all, delay: 100ms, volumePath: /d, {NLP}}}"),
        ["io_latency"], 3),
    "files fail": (
        mesh("IOChaos", "{action: fault, mode: all, errno: 5, percent: 50, volumePath: /d, "
             f"{NLP}}}"),
        ["io_error"], 3),
    "a volume is slow": (
        mesh("BlockChaos", "{action: delay, mode: all, volumeName: v, delay: {latency: 50ms}, "
             f"{NLP}}}"), ["io_latency"], 3),
    "names are not answered": (
        mesh("DNSChaos", f"{{action: error, mode: all, patterns: ['nlp*'], {BOT}}}"),
        ["dns_failure"], 3),
    "clocks are off": (
        mesh("TimeChaos", f"{{mode: all, timeOffset: '-10m', clockIds: [CLOCK_REALTIME], {NLP}}}"),
        ["clock_skew"], 3),
    "requests are cut": (
        mesh("HTTPChaos", f"{{mode: all, target: Request, port: 8085, abort: true, {NLP}}}"),
        ["http_errors"], 3),
    "requests are held": (
        mesh("HTTPChaos", f"{{mode: all, target: Request, port: 8085, delay: 1s, {NLP}}}"),
        ["http_delay"], 3),
    "answers are errors": (
        mesh("HTTPChaos", f"{{mode: all, target: Response, replace: {{code: 503}}, {NLP}}}"),
        ["http_errors"], 3),
    "a machine of a cloud stops": (
        mesh("GCPChaos", "{action: node-stop, project: p, zone: z, instance: cpu-1, duration: 5m}"),
        ["node_down"], 1),
    "a machine of a cloud is restarted": (
        mesh("AWSChaos", "{action: ec2-restart, awsRegion: r, ec2Instance: cpu-1}"),
        ["node_down"], 1),
    "a virtual machine stops": (
        mesh("AzureChaos", "{action: vm-stop, subscriptionID: s, resourceGroupName: g, "
             "vmName: cpu-1}"),
        ["node_down"], 1),
    "a zone is lost": (ours("ZoneOutage", "{zone: kr-1a, duration: 8m}"), ["zone_down"], 1),
    "nodes are drained": (
        ours("NodeFault", "{action: drain, mode: fixed, value: '2', selector: "
             "{nodes: [cpu-1, cpu-2, cpu-3]}}"), ["node_drain"], 2),
    "a GPU is lost": (
        ours("GPUFault", "{mode: one, count: 2, selector: {nodes: [gpu-1]}}"), ["gpu_failure"], 1),
    "memory leaks": (ours("MemoryLeak", f"{{mode: all, percentAMinute: 5, {NLP}}}"),
                     ["memory_leak"], 3),
    "no registry answers": (ours("RegistryOutage", "{}"), ["registry_down"], 1),
    "customers crowd": (ours("TrafficSurge", "{percent: 300}"), ["traffic_surge"], 1),
    "a certificate runs out": (ours("CertExpiry", "{secret: web-tls}"), ["cert_expiry"], 1),
    "a bad version is released": (
        ours("BadRollout", "{action: errors, tag: v2, target: deployment/chatbot}"),
        ["bad_version_errors"], 1),
    "machines are sold out": (ours("PoolSoldOut", "{pool: cpu}"), ["pool_sold_out"], 1),
    "the scheduler stands still": (ours("ControlPlane", "{}"), ["control_plane_down"], 1),
}  # fmt: skip


@pytest.mark.parametrize(("text", "faults", "count"), OBJECTS.values(), ids=OBJECTS)
def test_an_object_is_injected_and_recovered_when_it_goes(
    text: str, faults: list[str], count: int
) -> None:
    cluster = prepared()
    apply(cluster, text)
    passes(cluster, SECOND)
    kind = yaml.safe_load(text)["kind"]
    obj = got(cluster, kind)
    said = conditions(obj)
    assert (said["Selected"], said["AllInjected"], said["AllRecovered"]) == (True, True, False)
    assert len(records(obj)) == count
    assert [fault.name for fault in cluster.faults.all] == faults
    assert all(fault.took for fault in cluster.faults.all)
    assert obj is not None
    assert obj["metadata"]["finalizers"] == ["chaos-mesh/records"]
    ask(cluster, "delete", resource_of(KINDS[kind]), name="x")
    passes(cluster, SECOND)
    assert got(cluster, kind) is None
    assert cluster.faults.running() == []
    held = cluster.world.troubles.snapshot()
    assert not {name: value for name, value in held.items() if name != "devices"}


# -- the life of one -------------------------------------------------------------------------------


def test_an_experiment_lasts_from_its_creation_for_its_duration() -> None:
    cluster = prepared()
    apply(
        cluster,
        mesh("HTTPChaos", f"{{mode: one, target: Request, abort: true, duration: 90s, {BOT}}}"),
    )
    passes(cluster, 80 * SECOND)
    assert abs(meets(cluster, "chatbot").bad / 10_000 - 33.3) < 0.1
    passes(cluster, 20 * SECOND)
    assert meets(cluster, "chatbot").bad == 0
    [record] = records(got(cluster, "HTTPChaos"))
    assert (record["phase"], record["injectedCount"], record["recoveredCount"]) == (
        "Not Injected", 1, 1,
    )  # fmt: skip
    assert [event["operation"] for event in record["events"]] == ["Apply", "Recover"]
    assert got(cluster, "HTTPChaos")["status"]["experiment"]["desiredPhase"] == "Stop"  # type: ignore[index]
    reasons = [
        event["reason"] for event in cluster.store.list(EVENTS, SPACE)
        if event["involvedObject"]["kind"] == "HTTPChaos"
    ]  # fmt: skip
    for reason in ("FinalizerInited", "Started", "Applied", "TimeUp", "Recovered"):
        assert reason in reasons


def test_an_experiment_pauses_and_goes_on_with_the_same_pods() -> None:
    cluster = prepared()
    apply(cluster, mesh("HTTPChaos", f"{{mode: one, target: Request, abort: true, {BOT}}}"))
    passes(cluster, 10 * SECOND)
    first = records(got(cluster, "HTTPChaos"))[0]["id"]
    resource = resource_of(KINDS["HTTPChaos"])
    for value, bad in (("true", 0.0), ("false", 33.3)):
        notes = {"metadata": {"annotations": {"experiment.chaos-mesh.org/pause": value}}}
        ask(cluster, "patch", resource, notes, name="x", patch="merge")
        passes(cluster, 10 * SECOND)
        assert conditions(got(cluster, "HTTPChaos"))["Paused"] is (value == "true")
        assert abs(meets(cluster, "chatbot").bad / 10_000 - bad) < 0.1
    assert records(got(cluster, "HTTPChaos"))[0]["id"] == first
    assert records(got(cluster, "HTTPChaos"))[0]["injectedCount"] == 2


def test_an_experiment_that_selects_nobody_waits_for_them() -> None:
    cluster = prepared()
    apply(
        cluster,
        mesh(
            "PodChaos", "{action: pod-failure, mode: all, selector: {labelSelectors: {app: new}}}"
        ),
    )
    passes(cluster, SECOND)
    assert conditions(got(cluster, "PodChaos"))["Selected"] is False
    messages = [event["message"] for event in cluster.store.list(EVENTS, SPACE)]
    assert "Failed to select targets: no target has been selected" in messages


def test_an_experiment_that_cannot_be_injected_says_why() -> None:
    cluster = prepared()
    apply(cluster, mesh("GCPChaos", "{action: node-stop, project: p, zone: z, instance: mars}"))
    passes(cluster, SECOND)
    [record] = records(got(cluster, "GCPChaos"))
    assert record["phase"] == "Not Injected"
    assert "node/mars" in record["events"][0]["message"]


def test_an_object_and_its_faults_go_on_alike_after_a_restart() -> None:
    one = prepared()
    apply(
        one,
        mesh(
            "StressChaos",
            f"{{mode: all, stressors: {{cpu: {{workers: 1}}}}, duration: 60s, {NLP}}}",
        ),
    )
    passes(one, 10 * SECOND)
    other = Cluster.restore(one.snapshot())
    for cluster in (one, other):
        passes(cluster, 2 * MINUTE)
        assert conditions(got(cluster, "StressChaos"))["AllRecovered"]
    assert one.snapshot() == other.snapshot()


# -- schedules and workflows -----------------------------------------------------------------------


def test_a_schedule_begins_experiments_and_keeps_so_many() -> None:
    cluster = prepared()
    apply(
        cluster,
        mesh(
            "Schedule",
            "{schedule: '*/5 * * * *', historyLimit: 2, type: PodChaos, podChaos: "
            f"{{action: pod-failure, mode: one, duration: 60s, {BOT}}}}}",
        ),
    )
    passes(cluster, 27 * MINUTE)
    assert [fault.name for fault in cluster.faults.all] == ["pod_failure"] * 5
    assert all(
        fault.started % (5 * MINUTE) < SECOND for fault in cluster.faults.all if fault.started
    )
    children = cluster.store.list(resource_of(KINDS["PodChaos"]), SPACE)
    assert len(children) == 2
    assert children[0]["metadata"]["labels"] == {"managed-by": "x"}
    ask(cluster, "delete", SCHEDULES, name="x")
    passes(cluster, 10 * SECOND)
    assert not cluster.store.list(resource_of(KINDS["PodChaos"]), SPACE)


@pytest.mark.parametrize(
    ("policy", "began"),
    [
        pytest.param("Forbid", 1, id="none beside one that runs"),
        pytest.param("Allow", 3, id="beside one another"),
    ],
)
def test_a_schedule_says_whether_they_may_overlap(policy: str, began: int) -> None:
    cluster = prepared()
    apply(
        cluster,
        mesh(
            "Schedule",
            f"{{schedule: '@every 60s', concurrencyPolicy: {policy}, type: PodChaos, "
            f"podChaos: {{action: pod-failure, mode: one, duration: 10m, {BOT}}}}}",
        ),
    )
    passes(cluster, 3 * MINUTE + 10 * SECOND)
    assert len(cluster.faults.all) == began


def test_a_schedule_that_pauses_begins_nothing() -> None:
    cluster = prepared()
    apply(
        cluster,
        mesh(
            "Schedule",
            "{schedule: '@every 60s', type: PodChaos, podChaos: "
            f"{{action: pod-failure, mode: one, duration: 30s, {BOT}}}}}",
            notes="{experiment.chaos-mesh.org/pause: 'true'}",
        ),
    )
    passes(cluster, 3 * MINUTE)
    assert cluster.faults.all == []


WORKFLOW = mesh(
    "Workflow",
    f"""{{entry: root, templates: [
  {{name: root, templateType: Serial, deadline: 30m, children: [spike, wait, both]}},
  {{name: spike, templateType: StressChaos, deadline: 60s, stressChaos:
     {{mode: fixed-percent, value: '50', stressors: {{cpu: {{workers: 1, load: 80}}}}, {NLP}}}}},
  {{name: wait, templateType: Suspend, deadline: 2m}},
  {{name: both, templateType: Parallel, children: [zone, lose]}},
  {{name: zone, templateType: ZoneOutage, deadline: 3m, zoneOutage: {{zone: kr-1a}}}},
  {{name: lose, templateType: NetworkChaos, deadline: 1m, networkChaos:
     {{action: loss, mode: all, loss: {{loss: '5'}}, {NLP}}}}}]}}""",
)


def test_a_workflow_takes_its_steps_one_after_another_and_beside_one_another() -> None:
    cluster = prepared()
    began = cluster.now
    apply(cluster, WORKFLOW)
    passes(cluster, 10 * MINUTE)
    times = {
        fault.name: tuple(round((at - began) / SECOND) for at in (fault.started, fault.ended) if at)
        for fault in cluster.faults.all
    }
    assert times == {
        "cpu_spike": (0, 60),
        "network_loss": (180, 240),
        "zone_down": (180, 360),
    }
    workflow = cluster.store.get(WORKFLOWS, SPACE, "x")
    assert conditions(workflow) == {"Scheduled": True, "Accomplished": True}
    nodes = cluster.store.list(NODES, SPACE)
    assert sorted(one["spec"]["templateName"] for one in nodes) == [
        "both", "lose", "root", "spike", "wait", "zone",
    ]  # fmt: skip
    assert all(conditions(one)["Accomplished"] for one in nodes)


def test_a_workflow_that_is_late_ends_with_all_its_steps() -> None:
    cluster = prepared()
    apply(cluster, WORKFLOW.replace("deadline: 30m", "deadline: 200s"))
    passes(cluster, 5 * MINUTE)
    assert cluster.faults.running() == []
    assert conditions(cluster.store.get(WORKFLOWS, SPACE, "x"))["Accomplished"]


def test_the_switch_pauses_objects_and_aborts_workflows() -> None:
    cluster = prepared()
    apply(cluster, WORKFLOW)
    apply(
        cluster,
        mesh(
            "Schedule",
            "{schedule: '@every 60s', type: PodChaos, podChaos: "
            f"{{action: pod-failure, mode: one, duration: 10m, {BOT}}}}}",
            name="often",
        ),
    )
    apply(cluster, mesh("HTTPChaos", f"{{mode: all, target: Request, abort: true, {BOT}}}"))
    passes(cluster, 70 * SECOND)
    assert meets(cluster, "chatbot").bad == 1_000_000
    answer = ask(cluster, "fault", "faults", name=HALT, namespace="")
    assert f"{WORKFLOWS}/{SPACE}/x" in answer.object["halted"]["objects"]
    count = len(cluster.faults.all)
    passes(cluster, 10 * MINUTE)
    assert meets(cluster, "chatbot").bad == 0
    assert len(cluster.faults.all) == count
    assert cluster.faults.running() == []
    assert conditions(cluster.store.get(WORKFLOWS, SPACE, "x"))["Accomplished"]


# -- refusals --------------------------------------------------------------------------------------

POD = f"action: pod-kill, mode: one, {BOT}"
REFUSED = {
    "an unknown field": (
        mesh("PodChaos", f"{{{POD}, durationn: 5s}}"), 400, 'unknown field "spec.durationn"'),
    "a word that is none of its": (
        mesh("PodChaos", f"{{action: pod-tickle, mode: one, {BOT}}}"), 422,
        'spec.action: Unsupported value: "pod-tickle"'),
    "a missing field": (mesh("PodChaos", "{action: pod-kill, mode: one}"), 422,
                        "spec.selector: Required value"),
    "a bad duration, with its place": (
        mesh("PodChaos", f"{{{POD}, duration: 5 apples}}"), 403,
        'spec.duration: Invalid value: "5 apples": parse duration field error: '
        'time: unknown unit " apples" in duration "5 apples"'),
    "a bad latency, with its place": (
        mesh("NetworkChaos", f"{{action: delay, mode: all, delay: {{latency: soon}}, {NLP}}}"), 403,
        'spec.delay.latency: Invalid value: "soon"'),
    "a share that is no number": (
        mesh("NetworkChaos", f"{{action: loss, mode: all, loss: {{loss: many}}, {NLP}}}"), 403,
        'spec.loss.loss: Invalid value: "many"'),
    "a rate without a unit": (
        mesh("NetworkChaos", "{action: bandwidth, mode: all, bandwidth: {rate: '5', limit: 1, "
             f"buffer: 1}}, {NLP}}}"), 403, "spec.bandwidth.rate"),
    "a direction without a target": (
        mesh("NetworkChaos", "{action: delay, mode: all, direction: from, delay: {latency: 1ms}, "
             f"{NLP}}}"),
        403, "spec.direction"),
    "no number for a fixed mode": (
        mesh("PodChaos", f"{{action: pod-kill, mode: fixed, {BOT}}}"), 403,
        'spec.value: Invalid value: ""'),
    "more than all": (
        mesh("PodChaos", f"{{action: pod-kill, mode: fixed-percent, value: '101', {BOT}}}"), 403,
        "Must be (0,100] with mode:fixed-percent"),
    "no container to kill": (
        mesh("PodChaos", f"{{action: container-kill, mode: one, {BOT}}}"), 403,
        "spec.containerNames"),
    "no stressor": (mesh("StressChaos", f"{{mode: all, {NLP}}}"), 403, "missing stressors"),
    "a size that is none": (
        mesh("StressChaos", "{mode: all, stressors: {memory: {workers: 1, size: big}}, "
             f"{NLP}}}"),
        403, "spec.stressors.memory.size"),
    "a clock nobody has": (
        mesh("TimeChaos", f"{{mode: all, timeOffset: 5m, clockIds: [SUNDIAL], {NLP}}}"), 403,
        "clock id SUNDIAL"),
    "failures of the kernel": (
        mesh("KernelChaos", "{mode: all}"), 403, "not simulated: failures inside the kernel"),
    "failures in a Java process": (mesh("JVMChaos", "{action: gc}"), 403, "not simulated"),
    "machines beside the cluster": (
        mesh("PhysicalMachineChaos", "{action: disk-fill}"), 403, "not simulated"),
    "disks of a cloud": (
        mesh("AWSChaos", "{action: detach-volume, awsRegion: r, ec2Instance: i}"), 403,
        "spec.action: Invalid value"),
    "what is outside": (
        mesh("NetworkChaos", f"{{action: partition, mode: all, externalTargets: [a.com], {NLP}}}"),
        403, "spec.externalTargets"),
    "files that lie": (
        mesh("IOChaos", f"{{action: mistake, mode: all, volumePath: /d, {NLP}}}"), 403,
        "not simulated"),
    "a task": (
        mesh("Workflow", "{entry: a, templates: [{name: a, templateType: Task}]}"), 403,
        "spec.templates[0].templateType"),
    "a suspension without an end": (
        mesh("Workflow", "{entry: a, templates: [{name: a, templateType: Suspend}]}"), 403,
        "spec.templates[0].deadline"),
    "an entry that is not there": (
        mesh("Workflow", "{entry: b, templates: [{name: a, templateType: Suspend, deadline: 1m}]}"),
        403, "can not find a template with name b"),
    "a child that is not there": (
        mesh("Workflow", "{entry: a, templates: [{name: a, templateType: Serial, children: [b]}]}"),
        403, "spec.templates[0].children[0]"),
    "two templates of one name": (
        mesh("Workflow", "{entry: a, templates: [{name: a, templateType: Suspend, deadline: 1m}, "
             "{name: a, templateType: Suspend, deadline: 1m}]}"), 403, "duplicated names: [a]"),
    "a duration in a workflow": (
        mesh("Workflow", "{entry: a, templates: [{name: a, templateType: PodChaos, podChaos: "
             f"{{duration: 5s, {POD}}}}}]}}"), 403, "use Template#Deadline instead"),
    "what a workflow carries": (
        mesh("Workflow", "{entry: a, templates: [{name: a, templateType: PodChaos, podChaos: "
             f"{{action: pod-kill, mode: fixed, {BOT}}}}}]}}"), 403,
        "spec.templates[0].podChaos.value"),
    "a schedule that is none": (
        mesh("Schedule", f"{{schedule: '* *', type: PodChaos, podChaos: {{{POD}}}}}"), 403,
        "spec.schedule"),
    "a schedule of nothing": (
        mesh("Schedule", "{schedule: '* * * * *', type: PodChaos}"), 403, "spec.podChaos"),
    "requests of one path": (
        mesh("HTTPChaos", f"{{mode: all, target: Request, abort: true, path: /a, {NLP}}}"), 403,
        "spec.path: Invalid value: \"HTTPChaos\": not simulated: requests are told apart by "
        "their port alone"),
    "a clock that dates no token": (
        mesh("TimeChaos", f"{{mode: all, timeOffset: 5m, clockIds: [CLOCK_MONOTONIC], {NLP}}}"),
        403, "spec.clockIds"),
    "a decay without an end": (ours("TrafficSurge", "{rampDown: 1m}"), 403, "spec.duration"),
    "a ramp that is no duration": (ours("TrafficSurge", "{rampUp: soon}"), 403, "ramp_up"),
    "too much of something": (ours("DiskFill", "{percent: 195}"), 422, "spec.percent"),
    "an action of ours that is none": (ours("NodeFault", "{action: melt}"), 422, "spec.action"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "says"), REFUSED.values(), ids=REFUSED)
def test_an_object_is_refused_with_its_place(text: str, code: int, says: str) -> None:
    cluster = prepared()
    before = cluster.store.version
    with pytest.raises(KubeError) as refused:
        apply(cluster, text)
    assert says in refused.value.message
    assert refused.value.code == code
    assert cluster.store.version == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1h30m", ""), ("-1.5h", ""), ("0", ""), (".5s", ""),
        ("", 'time: invalid duration ""'),
        ("5", 'time: missing unit in duration "5"'),
        ("5d", 'time: unknown unit "d" in duration "5d"'),
        ("soon", 'time: invalid duration "soon"'),
    ],
)  # fmt: skip
def test_durations_are_complained_of_as_go_does(text: str, says: str) -> None:
    assert go_duration_complaint(text) == says


def test_who_kills_a_pod_by_an_object_makes_it_anew() -> None:
    cluster = prepared()
    before = {pod["metadata"]["name"] for pod in pods(cluster, "chatbot")}
    apply(cluster, mesh("PodChaos", f"{{{POD}}}"))
    passes(cluster, MINUTE)
    after = {pod["metadata"]["name"] for pod in pods(cluster, "chatbot")}
    assert len(before & after) == 2
    assert conditions(got(cluster, "PodChaos"))["AllInjected"]
