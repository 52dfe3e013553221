"""Why was a slot bad? Every bad slot of a day with faults, a rollout and overload has an answer."""

import re
from typing import Any

import pytest
from acme import HOUR, NAMESPACE, PORTS, START, apply, deployed, policy, service, workload

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack
from ecp.simulator.rest.why import explained
from ecp.slo.slots import SLOT_SECONDS
from ecp.texts import Language

FAULTS = (
    (9, {"fault": "pod_crash", "target": "deployment/callbot"}),
    (10, {"fault": "service_down", "target": "deployment/stt", "duration": "10m"}),
    (11, {"fault": "cpu_spike", "target": "deployment/callbot", "duration": "10m"}),
    (12, {"fault": "network_latency", "target": "deployment/nlp", "duration": "5m"}),
    (13, {"fault": "memory_leak", "target": "deployment/stt", "duration": "20m"}),
    (14, {"fault": "partial_outage", "target": "deployment/chatbot", "duration": "5m"}),
    (15, {"fault": "node_down", "duration": "30m"}),
)
CODES = re.compile(r"[a-z]+-[a-z]+")


def asked(cluster: Cluster, slot: int, language: Language = "en") -> dict[str, Any]:
    cluster.flows.close()
    told = cluster.accounts.ledgers["acme"].told(slot)
    assert told is not None
    return explained(cluster, "acme", slot, told, language)


def latest(cluster: Cluster, language: Language = "en") -> dict[str, Any]:
    return asked(cluster, cluster.now // SECOND // SLOT_SECONDS - 1, language)


@pytest.fixture(scope="module")
def day() -> Cluster:
    """A day: faults by the hour, a rollout at five in the afternoon, one without an image at six,
    all workloads deleted at eleven at night."""
    cluster = deployed(*PORTS)
    for hour, fault in FAULTS:
        wish = {**fault, "namespaces": [NAMESPACE], "at": START + hour * HOUR}
        cluster.submit(Request("fault", "faults", body=wish), cause=f"b{hour}")
    cluster.run_until(START + 17 * HOUR)
    apply(cluster, kinds.DEPLOYMENTS, workload("callbot", "example.com/callbot:2"), "a17")
    cluster.run_until(START + 18 * HOUR)
    apply(cluster, kinds.DEPLOYMENTS, workload("nlp", "Example/None"), "a18")
    cluster.run_until(START + 19 * HOUR)
    apply(cluster, kinds.DEPLOYMENTS, workload("nlp"), "a19")
    cluster.run_until(START + 20 * HOUR)
    apply(cluster, kinds.DEPLOYMENTS, workload("chatbot", replicas=1), "a20")
    cluster.run_until(START + 23 * HOUR)
    for name in PORTS:
        cluster.submit(Request("delete", kinds.DEPLOYMENTS, NAMESPACE, name), cause="a23")
    cluster.run_until(START + 24 * HOUR)
    cluster.flows.close()
    return cluster


def test_every_bad_slot_of_a_day_has_an_answer(day: Cluster) -> None:
    ledger = day.accounts.ledgers["acme"]
    assert ledger.start is not None
    causes: dict[str, None] = {}
    bad = 0
    for start, end, _ in ledger.between(ledger.start, START // SECOND // SLOT_SECONDS + 24 * 720):
        told = ledger.told(start)
        assert told is not None
        if told.whole != "D":
            continue
        bad += end - start
        for language in ("en", "ko"):
            found = explained(day, "acme", start, told, language)
            assert found["chain"]
            assert [link["level"] for link in found["links"]] == [
                "cause",
                "pods",
                "endpoints",
                "requests",
            ]
            cause = found["cause"]
            assert cause["kind"] in ("fault", "rollout", "load")
            assert cause["id"]
            causes[cause["id"]] = None
            words = [found["sentence"], *(link["text"] for link in found["links"])]
            words += [step["text"] for step in found["chain"]]
            assert all(words)
            if language == "ko":
                assert not re.search(r"[이은을와]\([가는를과]\)|\(으\)로", " ".join(words))
            raw = {step["reason"] for step in found["chain"] if CODES.fullmatch(step["reason"])}
            assert not [code for code in raw if code in " ".join(words)]
    assert bad > 100
    # Faults, the rollouts and the deletion each cost something, and each is named.
    assert {"f2", "f6", "a17", "a18", "a23"} <= set(causes)


def test_a_rollout_that_cannot_be_pulled_is_the_cause_of_what_fails_behind_it(
    day: Cluster,
) -> None:
    found = asked(day, (START + 18 * HOUR + 600 * SECOND) // SECOND // SLOT_SECONDS)
    assert found["state"] == "down"
    assert found["chain"][-1]["workload"] == "nlp"
    assert found["cause"]["kind"] == "rollout"
    assert found["cause"]["id"] == "a18"


def test_stt_failing_behind_ready_pods_turns_callbot_down_within_a_minute(day: Cluster) -> None:
    fault = next(f for f in day.faults.all if f.name == "service_down")
    assert fault.started is not None
    first = fault.started // SECOND // SLOT_SECONDS
    ledger = day.accounts.ledgers["acme"]
    down = next(
        start
        for start, _, results in ledger.between(first, first + 40)
        if any(r.name == "callbot" and r.state == "D" for r in results or ())
    )
    assert (down - first) * SLOT_SECONDS <= 60
    for language in ("en", "ko"):
        found = asked(day, down, language)
        assert [step["workload"] for step in found["chain"]] == ["callbot", "stt"]
        assert found["cause"]["id"] == fault.id
        assert "stt" in found["sentence"]
        assert found["links"][1]["text"].startswith("stt")


# -- what is called, by whom -----------------------------------------------------------------------

HOSTS = ("callbot", "stt")
ONLY_BATCH = {
    "podSelector": {"matchLabels": {"app": "stt"}},
    "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "chatbot"}}}]}],
}
ON_STT = {"ports": [{"protocol": "TCP", "port": PORTS["stt"]}]}
DNS = {"ports": [{"protocol": "UDP", "port": 53}]}


def egress(*rules: dict[str, Any]) -> dict[str, Any]:
    chosen = {"matchLabels": {"app": "callbot"}}
    return {"podSelector": chosen, "policyTypes": ["Egress"], "egress": list(rules)}


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        pytest.param(ONLY_BATCH, "policy-ingress", id="the dependency admits another caller only"),
        pytest.param(egress(), "policy-egress", id="the caller may call nobody"),
        pytest.param(egress(ON_STT), "policy-dns", id="the caller may not ask the DNS"),
        pytest.param(egress(ON_STT, DNS), "", id="the caller may do both"),
    ],
)
def test_a_policy_cuts_the_edge_it_selects(spec: dict[str, Any], reason: str) -> None:
    cluster = deployed("callbot", "stt", "chatbot")
    cluster.run_until(START + 300 * SECOND)
    assert latest(cluster)["state"] == "up"
    apply(cluster, kinds.NETWORKPOLICIES, policy(spec), "a9")
    cluster.run_until(START + 360 * SECOND)
    found = latest(cluster)
    results = {result.name: result.state for result in cluster.flows.now("acme")}
    assert results["stt"] == results["chatbot"] == "U"
    assert results["callbot"] == ("D" if reason else "U")
    if reason:
        assert found["chain"][0]["workload"] == "callbot"
        assert found["chain"][0]["reason"] == reason
        assert found["cause"] == {**found["cause"], "kind": "rollout", "id": "a9"}
    # It is the same after a restart, and over when the policy goes.
    again = Cluster.restore(unpack(pack(cluster.snapshot())))
    for one in (cluster, again):
        one.submit(Request("delete", kinds.NETWORKPOLICIES, NAMESPACE, "cut"), cause="a10")
        one.run_until(START + 420 * SECOND)
        assert latest(one)["state"] == "up"


def test_a_dependency_in_another_namespace_counts() -> None:
    cluster = deployed("callbot", "stt")
    other = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shared-ai"}}
    apply(cluster, kinds.NAMESPACES, other, "a4")
    stt = workload("stt")
    stt["metadata"]["namespace"] = "shared-ai"
    door = service("stt")
    door["metadata"]["namespace"] = "shared-ai"
    apply(cluster, kinds.DEPLOYMENTS, stt, "a4")
    apply(cluster, kinds.SERVICES, door, "a4")
    caller = workload("callbot")
    env = caller["spec"]["template"]["spec"]["containers"][0]["env"]
    env[0]["value"] = "http://stt.shared-ai.svc.cluster.local:8083"
    apply(cluster, kinds.DEPLOYMENTS, caller, "a5")
    cluster.run_until(START + 300 * SECOND)
    assert latest(cluster)["state"] == "up"
    cluster.submit(Request("delete", kinds.DEPLOYMENTS, "shared-ai", "stt"), cause="a6")
    cluster.run_until(START + 400 * SECOND)
    found = latest(cluster)
    assert [step["workload"] for step in found["chain"]] == ["callbot", "stt.shared-ai"]
    assert found["cause"]["id"] == "a6"
    cluster.submit(Request("delete", kinds.SERVICES, "shared-ai", "stt"), cause="a7")
    cluster.run_until(START + 500 * SECOND)
    found = latest(cluster)
    assert found["chain"][-1]["reason"] == "no-such-name"
    assert found["cause"]["id"] == "a7"


def test_a_pod_of_its_own_is_a_workload_of_the_graph() -> None:
    cluster = deployed("callbot")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stt", "namespace": NAMESPACE, "labels": {"app": "stt"}},
        "spec": workload("stt")["spec"]["template"]["spec"],
    }
    cluster.run_until(START + 60 * SECOND)
    assert latest(cluster)["chain"][-1]["reason"] == "no-such-name"
    apply(cluster, kinds.SERVICES, service("stt"), "a4")
    apply(cluster, kinds.PODS, pod, "a4")
    cluster.run_until(START + 200 * SECOND)
    assert latest(cluster)["state"] == "up"
    assert {result.name for result in cluster.flows.now("acme")} == {"callbot", "stt"}
    cluster.submit(Request("delete", kinds.PODS, NAMESPACE, "stt"), cause="a5")
    cluster.run_until(START + 260 * SECOND)
    found = latest(cluster)
    assert found["state"] == "down"
    assert found["cause"]["id"] == "a5"


def test_a_slot_that_is_only_slow_is_down_and_has_an_answer() -> None:
    cluster = deployed(*PORTS, demand={"callbot": 2, "chatbot": 5})
    body = {
        "namespace": NAMESPACE,
        "demand": {"callbot": 2, "chatbot": 5},
        "slo": {"judges_latency": True, "latency_limit_ms": 2000},
    }
    cluster.submit(Request("track", "tenants", name="acme", body=body), cause="a4")
    cluster.run_until(START + 10 * HOUR)
    assert latest(cluster)["state"] == "up"
    wish = {
        "fault": "network_latency",
        "target": "deployment/chatbot",
        "duration": "10m",
        "namespaces": [NAMESPACE],
        "parameters": {"latency_ms": 2500},
    }
    cluster.submit(Request("fault", "faults", body=wish), cause="b1")
    cluster.run_until(START + 10 * HOUR + 120 * SECOND)
    found = latest(cluster)
    assert (found["state"], found["cause"]["id"]) == ("down", "f1")
    assert found["chain"][-1]["reason"] == "slow"
