"""Faults: the catalogue, the way they are written, and what they do to a whole cluster."""

import json
from typing import Any

import pytest

from ecp.kube.kinds import DAEMONSETS, DEPLOYMENTS, NODES, PODS, STATEFULSETS
from ecp.kube.pods import condition
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused, catalogue, parse
from ecp.sim.faults.catalogue import InvalidFaultRow, read_row
from ecp.sim.faults.effects import EFFECTS
from ecp.sim.requests import Request

MINUTE = 60 * SECOND

# Every sentence of a refusal, in both languages, is filled by the tests below.


def deployment(name: str, replicas: int, *, probe: bool = False) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "c",
        "image": "example/app:1",
        "ports": [{"containerPort": 8080}],
    }
    if probe:
        container["readinessProbe"] = {"httpGet": {"port": 8080}, "periodSeconds": 5}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container]},
            },
        },
    }


def running(*bodies: dict[str, Any], seed: int = 1) -> Cluster:
    cluster = Cluster.create(seed=seed)
    for body in bodies:
        cluster.submit(Request("create", DEPLOYMENTS, "default", body=body))
    cluster.run_until(cluster.now + 2 * MINUTE)
    return cluster


def inject(cluster: Cluster, **body: Any) -> Any:
    answer = cluster.submit(Request("fault", "faults", body=body))
    assert answer.object is not None
    return cluster.faults.find(answer.object["id"])


def passes(cluster: Cluster, time: int) -> None:
    cluster.run_until(cluster.now + time)


def node_of(cluster: Cluster, app: str) -> str:
    return next(
        pod["spec"]["nodeName"]
        for pod in cluster.store.list(PODS)
        if pod["metadata"]["labels"].get("app") == app
    )


# -- the catalogue and the syntax ------------------------------------------------------------------


def test_the_catalogue_is_read_and_says_where_it_is_from() -> None:
    assert len(catalogue()) == 44
    assert all(all(row.source.values()) for row in catalogue().values())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param("target: node", "target: cloud", "target", id="a target nobody knows"),
        pytest.param("effect: power_off", "effect: rain", "effect", id="an effect nobody wrote"),
        pytest.param("source:", "sauce:", "missing or unknown", id="a misspelt field"),
        pytest.param("node-unknown", "smoke", "observe", id="an observation nobody makes"),
        pytest.param('  ko: "노드 전원 중단"\n', "", "title", id="a title in one language"),
        pytest.param("source: {en: s, ko: s}", "source: s", "source", id="a source in no language"),
        pytest.param("{en: s, ko: s}", "{en: s, ko: ''}", "source", id="a source of no words"),
        pytest.param("mode: one", "mode: some", "mode", id="a mode nobody knows"),
        pytest.param("type: integer", "type: soup", "a type", id="a parameter of no type"),
        pytest.param("least: 0", "least: 5", "bounds", id="a default out of its bounds"),
    ],
)
def test_a_row_that_says_nonsense_is_refused(old: str, new: str, says: str) -> None:
    row = (
        'name: x\ntitle:\n  en: "X"\n  ko: "노드 전원 중단"\nbecause: {en: x, ko: x}\n'
        "chaos: {kind: NodeFault}\ntarget: node\nmode: one\neffect: power_off\n"
        "parameters: {n: {default: 1, type: integer, least: 0}}\nduration: null\n"
        "expect: [{observe: node-unknown, within: 60s}]\nsource: {en: s, ko: s}\n"
    )
    read_row(row, "x.yaml", EFFECTS)
    with pytest.raises(InvalidFaultRow, match=says):
        read_row(row.replace(old, new), "x.yaml", EFFECTS)


@pytest.mark.parametrize(
    ("text", "name", "target", "after", "duration", "parameters"),
    [
        pytest.param("node_down@2h", "node_down", "", 120 * MINUTE, None, {}, id="the least"),
        pytest.param(
            "node_down:cpu-1@2h+30m",
            "node_down",
            "cpu-1",
            120 * MINUTE,
            30 * MINUTE,
            {},
            id="target and duration",
        ),
        pytest.param(
            "pod_crash:deployment/web,exit_code=137@10m",
            "pod_crash",
            "deployment/web",
            10 * MINUTE,
            None,
            {"exit_code": "137"},
            id="a parameter",
        ),
    ],
)
def test_a_fault_on_a_command_line(
    text: str, name: str, target: str, after: int, duration: int | None, parameters: dict[str, str]
) -> None:
    plan = parse(text)
    assert (plan.name, plan.target, plan.after, plan.duration, plan.parameters) == (
        name,
        target,
        after,
        duration,
        parameters,
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("node_down", "when", id="no instant"),
        pytest.param(
            "meteor@2h", "network_partition, node_down", id="unknown: the catalogue is listed"
        ),
        pytest.param("node_down@soon", "soon", id="no duration"),
        pytest.param("node_down@2h+soon", "soon", id="no duration for its length"),
        pytest.param("pod_crash,colour=red@2h", "exit_code", id="unknown parameter"),
    ],
)
def test_a_fault_that_cannot_be_read(text: str, says: str) -> None:
    with pytest.raises(FaultRefused, match=says) as refused:
        parse(text)
    assert refused.value.said("ko")


# -- on a cluster ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param({"fault": "meteor"}, "node_down", id="unknown"),
        pytest.param({"fault": "node_down", "color": 1}, "color", id="unknown field"),
        pytest.param({"fault": "node_down", "target": "cpu-99"}, "cpu-1", id="no such node"),
        pytest.param({"fault": "zone_down", "target": "mars"}, "kr-1a", id="no such zone"),
        pytest.param(
            {"fault": "service_down", "target": "deployment/none"},
            "deployment/web",
            id="no such workload",
        ),
        pytest.param(
            {"fault": "pod_crash", "parameters": {"exit_code": "many"}},
            "0…255",
            id="no number",
        ),
        pytest.param({"fault": "node_down", "duration": "long"}, "long", id="no duration"),
    ],
)
def test_a_wrong_request_is_refused_and_changes_nothing(body: dict[str, Any], says: str) -> None:
    cluster = running(deployment("web", 1))
    before = cluster.snapshot()
    with pytest.raises(FaultRefused, match=says) as refused:
        cluster.submit(Request("fault", "faults", body=body))
    assert refused.value.said("ko")
    assert cluster.snapshot()["faults"] == before["faults"]
    assert cluster.snapshot()["engine"] == before["engine"]


def test_a_lost_node_is_noticed_emptied_and_its_pods_replaced() -> None:
    cluster = running(deployment("web", 3))
    node = node_of(cluster, "web")
    fault = inject(cluster, fault="node_down", target=node)
    assert not cluster.world.node_is_up(node)
    assert fault.verdict(cluster.now) == "inconclusive"
    passes(cluster, 10 * MINUTE)
    assert fault.verdict(cluster.now) == "confirmed"
    assert 40 <= (fault.seen["node-unknown"] - fault.started) / SECOND <= 55
    assert 340 <= (fault.seen["evicted"] - fault.started) / SECOND <= 360
    assert fault.seen["evicted"] < fault.recovered < fault.seen["evicted"] + MINUTE
    ready = condition(cluster.store.get(NODES, "", node) or {}, "Ready")
    assert ready is not None
    assert ready["status"] == "Unknown"


def test_a_node_chosen_by_seed_carries_pods_in_question() -> None:
    chosen = set()
    for seed in range(4):
        cluster = running(deployment("web", 4), seed=seed)
        fault = inject(cluster, fault="node_down", namespaces=["default"])
        assert fault.pods
        chosen.add(fault.nodes[0])
    assert len(chosen) > 1


def test_a_node_that_comes_back_in_time_keeps_its_pods() -> None:
    cluster = running(deployment("web", 1))
    uid = cluster.store.list(PODS)[0]["metadata"]["uid"]
    fault = inject(cluster, fault="node_down", duration="100s")
    passes(cluster, 5 * MINUTE)
    pods = cluster.store.list(PODS)
    assert [pod["metadata"]["uid"] for pod in pods] == [uid]
    assert fault.ended == fault.started + 100 * SECOND
    assert "evicted" not in fault.seen
    assert fault.recovered > fault.ended


def test_a_zone_takes_all_its_nodes() -> None:
    cluster = running(deployment("web", 1))
    fault = inject(cluster, fault="zone_down", target="kr-1b")
    assert len(fault.nodes) > 1
    passes(cluster, 2 * MINUTE)
    assert fault.verdict(cluster.now) == "confirmed"


def test_a_crashed_container_is_started_again() -> None:
    cluster = running(deployment("web", 2))
    fault = inject(
        cluster, fault="pod_crash", target="deployment/web", parameters={"exit_code": 137}
    )
    passes(cluster, MINUTE)
    assert fault.verdict(cluster.now) == "confirmed"
    assert fault.recovered - fault.started < 10 * SECOND
    pod = cluster.store.get(PODS, *fault.pods[0][:2])
    assert pod is not None
    last = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert last["exitCode"] == 137


def test_a_workload_that_hangs_is_seen_by_its_probes_and_recovers_with_the_fault() -> None:
    cluster = running(deployment("web", 2, probe=True))
    fault = inject(cluster, fault="service_down", target="deployment/web", duration="2m")
    passes(cluster, 5 * MINUTE)
    assert fault.seen["probe-failed"] - fault.started < 10 * SECOND
    assert 0 < fault.recovered - fault.ended < 30 * SECOND


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        pytest.param(STATEFULSETS, "StatefulSet", id="of a StatefulSet"),
        pytest.param(DAEMONSETS, "DaemonSet", id="of a DaemonSet"),
    ],
)
def test_a_set_is_whole_again_when_its_own_figures_say_so(resource: str, kind: str) -> None:
    cluster = Cluster.create(seed=1)
    body = deployment("db", 2, probe=True) | {"kind": kind}
    if resource == DAEMONSETS:
        del body["spec"]["replicas"]
    else:
        body["spec"]["serviceName"] = "db"
    cluster.submit(Request("create", resource, "default", body=body))
    passes(cluster, 2 * MINUTE)
    fault = inject(cluster, fault="service_down", target=f"{kind.lower()}/db", duration="2m")
    passes(cluster, MINUTE)
    assert f"{resource}/default/db" in fault.dips
    passes(cluster, 4 * MINUTE)
    assert fault.dips == {}
    assert 0 < fault.recovered - fault.ended < 30 * SECOND


def test_a_hanging_workload_without_probes_is_noticed_by_nobody() -> None:
    cluster = running(deployment("web", 1))
    fault = inject(cluster, fault="service_down", target="deployment/web", duration="2m")
    passes(cluster, 5 * MINUTE)
    assert not fault.seen
    assert fault.took
    assert fault.recovered == fault.ended


def test_pods_that_come_while_a_workload_hangs_hang_too() -> None:
    cluster = running(deployment("web", 1))
    fault = inject(cluster, fault="service_down", target="deployment/web", duration="10m")
    name = cluster.store.list(PODS)[0]["metadata"]["name"]
    cluster.submit(Request("delete", PODS, "default", name))
    passes(cluster, 2 * MINUTE)
    fresh = cluster.store.list(PODS)[0]["metadata"]
    assert fresh["name"] != name
    assert cluster.world.answers(fresh["uid"], 8080, cluster.now) == "hung"
    passes(cluster, 10 * MINUTE)
    assert fault.ended is not None
    assert cluster.world.answers(fresh["uid"], 8080, cluster.now) is None


def test_what_follows_from_a_fault_carries_its_id() -> None:
    cluster = running(deployment("web", 1))
    fault = inject(cluster, fault="node_down", target=node_of(cluster, "web"))
    version = cluster.store.version
    passes(cluster, 10 * MINUTE)
    roots = {cluster.store.roots.of(change.cause) for change in cluster.store.since(version)}
    assert roots == {fault.id}


def test_a_planned_fault_waits_and_one_that_finds_nothing_says_so() -> None:
    cluster = running()
    later = cluster.now + 5 * MINUTE
    fault = inject(cluster, fault="pod_crash", at=later)
    assert fault.started is None
    passes(cluster, 10 * MINUTE)
    assert fault.problem is not None
    assert fault.verdict(cluster.now) == "mismatch"


def test_a_fault_that_lasts_can_be_ended() -> None:
    cluster = running(deployment("web", 1))
    fault = inject(cluster, fault="node_down", target="cpu-1")
    cluster.submit(Request("fault", "faults", name=fault.id))
    assert cluster.world.node_is_up("cpu-1")
    with pytest.raises(FaultRefused, match="does not run"):
        cluster.submit(Request("fault", "faults", name=fault.id))


def test_a_dry_run_aims_and_does_nothing() -> None:
    cluster = running(deployment("web", 1))
    request = Request("fault", "faults", body={"fault": "node_down"}, dry_run=True)
    answer = cluster.submit(request)
    assert answer.object is not None
    assert answer.object["targets"] == [f"node/{node_of(cluster, 'web')}"]
    assert not cluster.faults.all


def test_a_fault_goes_on_after_a_restart() -> None:
    cluster = running(deployment("web", 2))
    inject(cluster, fault="node_down", target=node_of(cluster, "web"), duration="20m")
    passes(cluster, MINUTE)
    state = cluster.snapshot()
    other = Cluster.restore({**state, "faults": json.loads(json.dumps(state["faults"]))})
    for each in (cluster, other):
        passes(each, 30 * MINUTE)
    assert cluster.faults.snapshot() == other.faults.snapshot()
    assert cluster.faults.all[0].ended is not None
    assert cluster.store.version == other.store.version


# -- pod by pod ------------------------------------------------------------------------------------


def course(cluster: Cluster, fault: Any) -> list[tuple[bool, bool, bool]]:
    """Whether each pod was not ready, was ready again, is gone; the slowest first."""
    rows = fault.to_json(cluster.now)["hits"]
    times = [row["seconds"] for row in rows if row["seconds"] is not None]
    assert times == sorted(times, reverse=True)
    return [(bool(r["unready_at"]), bool(r["ready_at"]), bool(r["gone_at"])) for r in rows]


def test_each_pod_has_its_own_instants() -> None:
    cluster = running(deployment("web", 3, probe=True))
    fault = inject(cluster, fault="service_down", target="deployment/web", duration="2m")
    assert course(cluster, fault) == [(False, False, False)] * 3
    passes(cluster, MINUTE)
    assert course(cluster, fault) == [(True, False, False)] * 3
    fork = Cluster.restore(cluster.snapshot())
    passes(cluster, 2 * MINUTE)
    assert course(cluster, fault) == [(True, True, False)] * 3
    rows = fault.to_json(cluster.now)["hits"]
    # Each pod is probed at an instant of its own: what the fault says of all is none of theirs.
    assert len({row["ready_at"] for row in rows}) > 1
    assert {row["hit_at"] for row in rows} == {fault.to_json(cluster.now)["started_at"]}
    forked = fork.faults.find(fault.id)
    assert course(fork, forked) == [(True, False, False)] * 3


def test_a_pod_that_is_deleted_is_gone() -> None:
    cluster = running(deployment("web", 2, probe=True))
    fault = inject(cluster, fault="pod_kill", target="deployment/web")
    passes(cluster, MINUTE)
    assert {row[2] for row in course(cluster, fault)} == {True}
