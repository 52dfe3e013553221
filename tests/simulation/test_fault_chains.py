"""What a fault leads to, by numbers computed from the traffic's model: usage, waiting, failing,
autoscaling, up the call graph; when it ends; what is proved of it; when all is well again."""

import sys
from pathlib import Path
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.telemetry.ledger import chain
from ecp.sim.traffic.model import MILLION, Result
from ecp.sim.traffic.profiles import ShippedProfiles
from ecp.sim.traffic.serving import serve
from ecp.sim.traffic.times import within
from ecp.sim.world.usage import SYSTEM

sys.path.insert(0, str(Path(__file__).parent))
from test_tenant import NAMESPACE, objects

MINUTE = 60 * SECOND
MEBI = 1024 * 1024


@pytest.fixture(scope="module")
def morning() -> dict[str, Any]:
    """Return the snapshot of a tenant at work: ten in the morning in Seoul, all pods ready."""
    cluster = Cluster.create(seed=5, now=1_767_571_200 * SECOND + 3600 * SECOND)
    for resource, obj in objects():
        namespace = obj["metadata"].get("namespace", "")
        cluster.submit(Request("create", resource, namespace, body=obj, manager="t"), cause="a1")
    body = {"namespace": NAMESPACE, "demand": {"callbot": 5, "chatbot": 50}}
    cluster.submit(Request("track", "tenants", name="acme", body=body), cause="a2")
    cluster.run_until(cluster.now + 5 * MINUTE)
    return cluster.snapshot()


@pytest.fixture
def cluster(morning: dict[str, Any]) -> Cluster:
    return Cluster.restore(morning)


def inject(cluster: Cluster, **body: Any) -> Any:
    body.setdefault("namespaces", [NAMESPACE])
    answer = cluster.submit(Request("fault", "faults", body=body), cause="a9")
    assert answer.object is not None
    return cluster.faults.find(answer.object["id"])


def passes(cluster: Cluster, time: int) -> None:
    cluster.run_until(cluster.now + time)


def met(cluster: Cluster, name: str) -> Result:
    return cluster.flows.figures(NAMESPACE)[name]


def replicas(cluster: Cluster, name: str) -> int:
    found = cluster.store.get(kinds.DEPLOYMENTS, NAMESPACE, name)
    assert found is not None
    return int(found["spec"]["replicas"])


def pods_of(cluster: Cluster, name: str) -> list[dict[str, Any]]:
    return [
        pod
        for pod in cluster.store.list(kinds.PODS, NAMESPACE)
        if pod["metadata"]["labels"]["app"] == name
    ]


# -- cpu_spike: usage, throttling, latency, autoscaling -------------------------------------------


@pytest.mark.parametrize(
    "load",
    [
        pytest.param(80, id="below the limit there is no throttling"),
        pytest.param(100, id="at the limit what is needed beyond it waits"),
        pytest.param(94, id="what is left is just enough"),
    ],
)
def test_a_spike_is_used_throttles_above_the_limit_and_the_autoscaler_answers(
    cluster: Cluster, load: int
) -> None:
    before = met(cluster, "chatbot")
    deployment = cluster.store.get(kinds.DEPLOYMENTS, NAMESPACE, "chatbot")
    assert deployment is not None
    pods = replicas(cluster, "chatbot")
    fault = inject(
        cluster,
        fault="cpu_spike",
        target="chatbot",
        duration="6m",
        parameters={"load_percent": load},
    )
    passes(cluster, 5 * SECOND)
    spiked = met(cluster, "chatbot")
    # Usage: the burner's share of the limit on top of what the sessions take, the limit at most.
    limit = before.cpu_limit
    assert spiked.cpu == min(before.cpu + load * limit // 100, limit)
    # Latency: what the sessions need over what is left of the limit; calls are as they were.
    work = ShippedProfiles().work("chatbot", deployment["spec"]["template"]["spec"])
    left = limit * max(0.05, 1 - load / 100)  # a fair scheduler always leaves a twentieth
    slower = max(1.0, before.cpu / left)
    assert spiked.mean - before.mean == pytest.approx(work.service * 1000 * (slower - 1), abs=1.5)
    assert (spiked.mean > before.mean) == (load == 100)
    # The autoscaler: ceil(pods x usage/request / target), at most maxReplicas.
    wanted = min(6, -(-pods * spiked.cpu * 2 // 1100))
    assert wanted > pods
    passes(cluster, 2 * MINUTE)
    assert replicas(cluster, "chatbot") == wanted
    # Pods that come while it lasts are of the workload, too.
    assert len(fault.levels) >= wanted
    assert fault.verdict(cluster.now) == "confirmed"
    passes(cluster, 15 * MINUTE)
    assert met(cluster, "chatbot").mean == before.mean
    assert replicas(cluster, "chatbot") < wanted


# -- network_latency ------------------------------------------------------------------------------


def test_latency_is_added_to_each_answer_and_to_those_who_wait_for_it(cluster: Cluster) -> None:
    before = {name: met(cluster, name) for name in ("nlp", "chatbot", "stt")}
    calls = ShippedProfiles().calls("chatbot")["nlp"][1]
    inject(cluster, fault="network_latency", target="nlp", parameters={"latency_ms": 250})
    passes(cluster, 5 * SECOND)
    assert met(cluster, "nlp").mean - before["nlp"].mean == 250
    assert met(cluster, "chatbot").mean - before["chatbot"].mean == pytest.approx(
        250 * calls, abs=1
    )
    assert met(cluster, "stt").mean == before["stt"].mean


def test_beyond_what_the_caller_waits_for_requests_time_out(cluster: Cluster) -> None:
    spec = pods_of(cluster, "nlp")[0]["spec"]
    work = ShippedProfiles().work("nlp", spec)
    usual = met(cluster, "nlp")
    late_ms = round(work.patience * 1000) - usual.mean + 1  # the mean is just beyond
    fault = inject(
        cluster, fault="network_latency", target="nlp", parameters={"latency_ms": late_ms}
    )
    passes(cluster, 5 * SECOND)
    result = met(cluster, "nlp")
    (late,) = [share for share in result.shares if share.kind == "late"]
    pods = len(pods_of(cluster, "nlp"))
    alone = serve(work, 1, 0.0, usual.offered / MILLION / 5 / pods, 1.0)
    expected = 1 - within(alone.mean + late_ms / 1000, alone.variance, work.patience)
    assert late.ppm == pytest.approx(expected * MILLION, rel=0.05)
    assert late.ppm > 0.3 * MILLION
    assert late.seen.cause == fault.id
    inject(cluster, fault="network_latency", target="nlp", parameters={"latency_ms": 60_000})
    passes(cluster, 5 * SECOND)
    assert met(cluster, "nlp").bad == MILLION
    assert met(cluster, "chatbot").state == "D"


# -- partial_outage, service_down: up the call graph ----------------------------------------------


def test_half_of_the_requests_fail_and_callers_fail_with_the_calls_they_make(
    cluster: Cluster,
) -> None:
    usual = {name: met(cluster, name) for name in ("stt", "callbot", "chatbot")}
    fault = inject(cluster, fault="partial_outage", target="stt", parameters={"percent": 50})
    passes(cluster, 5 * SECOND)
    stt, callbot = met(cluster, "stt"), met(cluster, "callbot")
    assert stt.shares[0][:2] == ("aborted", 500_000 - round(usual["stt"].bad / 2)) or (
        stt.shares[0].ppm == pytest.approx(500_000, abs=usual["stt"].bad + 1)
    )
    assert stt.state == callbot.state == "D"
    # Each session holds a stream: one call at least, of which half fail.
    (lost,) = [share for share in callbot.shares if share.via == "stt"]
    assert lost.ppm == pytest.approx(stt.bad, rel=0.01)
    assert lost.seen.cause == fault.id
    assert met(cluster, "chatbot").bad == usual["chatbot"].bad
    assert [result.name for result, _ in chain(cluster.flows.now("acme"))] == ["callbot", "stt"]


def test_a_workload_that_hangs_fails_all_and_only_those_who_call_it(cluster: Cluster) -> None:
    before = met(cluster, "stt")
    fault = inject(cluster, fault="service_down", target="nlp", duration="2m")
    passes(cluster, 5 * SECOND)
    assert met(cluster, "nlp").bad == met(cluster, "chatbot").bad == MILLION
    assert met(cluster, "nlp").shares[0].seen.cause == fault.id
    assert met(cluster, "stt") == before


# -- memory_leak ----------------------------------------------------------------------------------


def memory_of(cluster: Cluster, key: tuple[str, str]) -> int:
    found = cluster.world.taken(key, cluster.now, cluster.now + 1)
    assert found is not None
    return sum(one.memory for one in found)


def test_a_leak_reaches_the_limit_when_its_rate_says_and_again(cluster: Cluster) -> None:
    limit = 6 * 1024 * MEBI
    pod = pods_of(cluster, "chatbot")[0]
    key = (NAMESPACE, pod["metadata"]["name"])
    usual = memory_of(cluster, key)
    fault = inject(
        cluster, fault="memory_leak", target="chatbot", parameters={"percent_a_minute": 30}
    )
    rate = limit * 30 // 6000
    first = (limit - usual) / rate
    passes(cluster, MINUTE)
    now = memory_of(cluster, key)
    assert now - usual == pytest.approx(60 * rate, rel=0.01)
    assert met(cluster, "chatbot").memory == pytest.approx(now, abs=16 * rate)
    passes(cluster, 9 * MINUTE)
    restarts = fault.seen["restart-seen"] - fault.started
    assert first <= restarts / SECOND <= first + 3
    status = (cluster.store.get(kinds.PODS, *key) or {})["status"]["containerStatuses"][0]
    assert status["lastState"]["terminated"]["reason"] == "OOMKilled"
    assert status["restartCount"] in (int(600 // first) - 1, int(600 // first))
    passes(cluster, 10 * MINUTE)
    assert memory_of(cluster, key) == pytest.approx(usual, rel=0.1)
    assert fault.verdict(cluster.now) == "confirmed"


def test_without_a_limit_it_takes_what_its_node_has_left(cluster: Cluster) -> None:
    name = "bare"
    container = {"name": "c", "image": "example/app:1", "ports": [{"containerPort": 80}]}
    body = {
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container]},
            },
        },
    }
    cluster.submit(Request("create", kinds.DEPLOYMENTS, NAMESPACE, body=body))
    passes(cluster, MINUTE)
    (pod,) = pods_of(cluster, name)
    node = cluster.store.get(kinds.NODES, "", pod["spec"]["nodeName"])
    assert node is not None
    fault = inject(cluster, fault="memory_leak", target=name)
    (room,) = fault.limits.values()
    there = cluster.store.on_node(pod["spec"]["nodeName"])
    asked = (len(there) - 1) * 3 * 1024 * MEBI
    system = SYSTEM.memory + len(there) * SYSTEM.memory_of_pod
    allocatable = int(node["status"]["allocatable"]["memory"].removesuffix("Ki")) * 1024
    assert room == allocatable - asked - system
    passes(cluster, 10 * MINUTE)
    # A pod without traffic holds what its image does; the rest goes at 15 % of the room a minute.
    rest = (room - 64 * MEBI) / room
    waited = (fault.seen["restart-seen"] - fault.started) / MINUTE
    assert waited == pytest.approx(rest / 0.15, abs=0.1)


# -- composition, ends ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "first", "second", "strain", "both", "left"),
    [
        pytest.param(
            "cpu_spike", {"load_percent": 30}, {"load_percent": 40}, "burn", 700_000, 400_000,
            id="burners add up",
        ),
        pytest.param(
            "cpu_spike", {"load_percent": 80}, {"load_percent": 70}, "burn", 1_000_000, 700_000,
            id="to the whole processor at most",
        ),
        pytest.param(
            "partial_outage", {"percent": 50}, {"percent": 40}, "abort", 700_000, 400_000,
            id="a request must escape both",
        ),
        pytest.param(
            "network_latency", {"latency_ms": 100}, {"latency_ms": 30}, "delay",
            130_000_000, 30_000_000, id="delays add up",
        ),
        pytest.param(
            "memory_leak", {"percent_a_minute": 1}, {"percent_a_minute": 2}, "leak",
            6 * 1024 * MEBI // 6000 + 2 * 6 * 1024 * MEBI // 6000,
            2 * 6 * 1024 * MEBI // 6000, id="leaks add up",
        ),
    ],
)  # fmt: skip
def test_faults_on_one_target_compose_and_end_each_at_its_instant(
    cluster: Cluster,
    fault: str,
    first: dict[str, int],
    second: dict[str, int],
    strain: str,
    both: int,
    left: int,
) -> None:
    def level() -> int:
        run = cluster.world.pods[pods_of(cluster, "callbot")[0]["metadata"]["uid"]]
        return (run.strain or {}).get(strain, 0)

    one = inject(cluster, fault=fault, target="callbot", parameters=first, duration="60s")
    passes(cluster, 20 * SECOND)
    two = inject(cluster, fault=fault, target="callbot", parameters=second, duration="60s")
    assert level() == both
    assert two.took
    cluster.run_until(one.until - 1)
    assert level() == both
    cluster.run_until(one.until)
    assert level() == left
    cluster.run_until(two.until - 1)
    assert level() == left
    cluster.run_until(two.until)
    assert level() == 0
    assert (one.ended, two.ended) == (one.started + 60 * SECOND, two.started + 60 * SECOND)


def test_a_node_comes_back_with_the_last_fault_that_holds_it(cluster: Cluster) -> None:
    node = pods_of(cluster, "stt")[0]["spec"]["nodeName"]
    one = inject(cluster, fault="node_down", target=node, duration="60s")
    two = inject(cluster, fault="node_down", target=f"node/{node}", duration="90s")
    assert one.took
    assert two.took
    cluster.run_until(one.until)
    assert not cluster.world.node_is_up(node)
    cluster.run_until(two.until)
    assert cluster.world.node_is_up(node)


def test_what_a_caller_meets_is_blamed_on_the_fault_that_does_it(cluster: Cluster) -> None:
    hangs = inject(cluster, fault="service_down", target="stt", duration="5m")
    inject(cluster, fault="cpu_spike", target="stt", duration="1m")
    passes(cluster, 5 * SECOND)
    assert met(cluster, "stt").shares[0].seen.cause == hangs.id
    slow = inject(cluster, fault="network_latency", target="nlp", parameters={"latency_ms": 90_000})
    inject(cluster, fault="cpu_spike", target="nlp", duration="1m")
    passes(cluster, 2 * MINUTE)
    assert met(cluster, "nlp").shares[0].seen.cause == slow.id


# -- proof and recovery ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "least", "most"),
    [
        pytest.param({"fault": "cpu_spike", "target": "chatbot"}, 0, 5, id="cpu_spike"),
        pytest.param({"fault": "network_latency", "target": "nlp"}, 0, 5, id="network_latency"),
        pytest.param({"fault": "partial_outage", "target": "stt"}, 0, 5, id="partial_outage"),
        # Readiness probes every 5 s, then the endpoints.
        pytest.param({"fault": "service_down", "target": "stt"}, 0.1, 20, id="service_down"),
        pytest.param({"fault": "pod_crash", "target": "stt"}, 1, 60, id="pod_crash"),
        # The node boots, its pods start anew.
        pytest.param(
            {"fault": "node_down", "target": "node", "duration": "100s"}, 1, 120, id="node_down"
        ),
    ],
)
def test_proof_and_recovery_after_the_end(
    cluster: Cluster, body: dict[str, Any], least: float, most: float
) -> None:
    if body["target"] == "node":
        body = {**body, "target": pods_of(cluster, "stt")[0]["spec"]["nodeName"]}
    fault = inject(cluster, **body)
    if fault.lasts:
        cluster.run_until(fault.until)
        assert fault.to_json(cluster.now)["recovery_seconds"] in (None, 0.0)
    passes(cluster, 10 * MINUTE)
    shown = fault.to_json(cluster.now)
    assert shown["verdict"] == "confirmed", shown["proof"]
    assert [row["verdict"] for row in shown["proof"]] == ["confirmed"] * len(shown["proof"])
    assert least <= shown["recovery_seconds"] <= most
    restored = fault.restored // SECOND // 5
    ledger = cluster.accounts.ledgers["acme"]
    cluster.flows.close()
    results = ledger.at(restored)
    assert results is not None
    names = [name for _, _, name in fault.workloads]
    assert all(result.state == "U" for result in results if result.name in names)
    for _, namespace, name in fault.workloads:
        found = cluster.store.get(kinds.DEPLOYMENTS, namespace, name)
        assert found is not None
        assert found["status"]["availableReplicas"] >= found["spec"]["replicas"]


def test_what_was_stopped_before_it_could_be_seen_is_not_decided(cluster: Cluster) -> None:
    fault = inject(cluster, fault="node_down", target="cpu-1")
    passes(cluster, 2 * SECOND)
    cluster.submit(Request("fault", "faults", name=fault.id))
    passes(cluster, 10 * MINUTE)
    assert fault.verdict(cluster.now) == "inconclusive"


def test_what_hit_nothing_is_a_mismatch(cluster: Cluster) -> None:
    fault = inject(cluster, fault="pod_crash", target="stt", parameters={"container": "nobody"})
    passes(cluster, 2 * MINUTE)
    shown = fault.to_json(cluster.now)
    assert shown["verdict"] == "mismatch"
    assert (shown["proof"][0]["expected"], shown["proof"][0]["observed"]) == (1, 0)


def test_figures_that_nobody_follows_prove_nothing_and_refute_nothing(cluster: Cluster) -> None:
    cluster.submit(Request("untrack", "tenants", name="acme"))
    fault = inject(cluster, fault="cpu_spike", target="stt")
    passes(cluster, 10 * MINUTE)
    applied, usage = fault.to_json(cluster.now)["proof"]
    assert applied["verdict"] == fault.verdict(cluster.now) == "confirmed"
    assert (usage["observable"], usage["verdict"]) == (False, "inconclusive")
    assert fault.restored == fault.ended


def test_pods_that_crashed_together_come_back_late_after_what_they_need_is_back(
    cluster: Cluster,
) -> None:
    """Nobody resets a back-off that has grown to 300 s: what was down for 20 minutes is so for up
    to five more, and then all come back nearly at once."""
    fault = inject(cluster, fault="config_error", target="deployment/chatbot", duration="20m")
    passes(cluster, 20 * MINUTE)
    ended = cluster.now
    pods = [
        pod
        for pod in cluster.read.list(kinds.PODS, NAMESPACE)
        if pod["metadata"]["labels"].get("app") == "chatbot"
    ]
    waiting = [pod["status"]["containerStatuses"][0]["state"]["waiting"] for pod in pods]
    assert [row["reason"] for row in waiting] == ["CrashLoopBackOff"] * len(pods)
    assert all("back-off 5m0s" in row["message"] for row in waiting)
    passes(cluster, 2 * SECOND)
    assert fault.ended is not None
    back = {}
    while len(back) < len(pods) and cluster.now < ended + 7 * MINUTE:
        passes(cluster, 5 * SECOND)
        for pod in pods:
            key = (pod["metadata"]["namespace"], pod["metadata"]["name"])
            run = cluster.world.pod(key)
            assert run is not None
            one = run.containers[0]
            if one.alive(cluster.now) and (one.listens_at or 0) <= cluster.now:
                back.setdefault(key, cluster.now - ended)
    late = sorted(back.values())
    assert len(late) == len(pods) >= 2
    assert 60 * SECOND < late[0] <= late[-1] < 320 * SECOND
    assert late[-1] - late[0] <= 30 * SECOND
