"""A tenant with demand, an autoscaler and faults: one result however its time passes."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack

sys.path.insert(0, str(Path(__file__).parent))
from scenario import Log

NAMESPACE = "acme-ecp-ai"
MINUTES = 40
DEMAND = {"callbot": 12, "chatbot": 50}
FAULTS = (
    (6, {"fault": "pod_crash", "target": "deployment/callbot"}),
    (8, {"fault": "cpu_spike", "target": "deployment/callbot", "duration": "4m"}),
    (14, {"fault": "network_latency", "target": "deployment/nlp", "duration": "2m"}),
    (18, {"fault": "memory_leak", "target": "deployment/stt", "duration": "8m"}),
    (28, {"fault": "service_down", "target": "deployment/stt", "duration": "2m"}),
    (32, {"fault": "partial_outage", "target": "deployment/chatbot", "duration": "2m"}),
)


def objects() -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = [
        (kinds.NAMESPACES, {"metadata": {"name": NAMESPACE}})
    ]
    for name, port in (("callbot", 8080), ("chatbot", 8081), ("stt", 8083), ("nlp", 8085)):
        labels = {"app": name}
        container = {
            "name": "c",
            "image": f"example.com/{name}:1",
            "ports": [{"containerPort": port}],
            "env": [{"name": "STT_ENDPOINT", "value": "http://stt:8083"}]
            if name == "callbot"
            else [],
            "resources": {
                "requests": {"cpu": "1100m", "memory": "3Gi"},
                "limits": {"cpu": "2200m", "memory": "6Gi"},
            },
            "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 5},
        }
        found.append(
            (
                kinds.DEPLOYMENTS,
                {
                    "metadata": {"name": name, "namespace": NAMESPACE},
                    "spec": {
                        "replicas": 3,
                        "selector": {"matchLabels": labels},
                        "template": {
                            "metadata": {"labels": labels},
                            "spec": {"containers": [container]},
                        },
                    },
                },
            )
        )
        found.append(
            (
                kinds.SERVICES,
                {
                    "metadata": {"name": name, "namespace": NAMESPACE},
                    "spec": {"selector": labels, "ports": [{"port": port}]},
                },
            )
        )
        found.append(
            (
                kinds.HPAS,
                {
                    "metadata": {"name": name, "namespace": NAMESPACE},
                    "spec": {
                        "scaleTargetRef": {
                            "apiVersion": "apps/v1",
                            "kind": "Deployment",
                            "name": name,
                        },
                        "minReplicas": 2,
                        "maxReplicas": 6,
                        "metrics": [
                            {
                                "type": "Resource",
                                "resource": {
                                    "name": "cpu",
                                    "target": {"type": "Utilization", "averageUtilization": 50},
                                },
                            }
                        ],
                    },
                },
            )
        )
    return found


def run(*, step: int = 0, resume_at: int = 0) -> tuple[str, list[Any], Cluster]:
    """Return (digest of the changes, minutes, cluster); *step* and *resume_at* in seconds."""
    # A Monday, 10 in the morning in Seoul.
    start = 1_767_571_200 * SECOND + 3600 * SECOND
    cluster, log = Cluster.create(seed=5, now=start), Log()
    cluster.listeners.append(log)
    for resource, obj in objects():
        namespace = obj["metadata"].get("namespace", "")
        cluster.submit(Request("create", resource, namespace, body=obj, manager="t"), cause="a1")
    body = {"namespace": NAMESPACE, "demand": DEMAND}
    cluster.submit(Request("track", "tenants", name="acme", body=body), cause="a2")
    for minute, fault in FAULTS:
        wish = {**fault, "namespaces": [NAMESPACE], "at": start + minute * 60 * SECOND}
        cluster.submit(Request("fault", "faults", body=wish), cause="a3")
    end = start + MINUTES * 60 * SECOND
    if resume_at:
        cluster.run_until(start + resume_at * SECOND)
        cluster = Cluster.restore(unpack(pack(cluster.snapshot())))
        cluster.listeners.append(log)
    while step and cluster.now + step * SECOND < end:
        cluster.run_until(cluster.now + step * SECOND)
        cluster.flows.close()
    cluster.run_until(end)
    cluster.flows.close()
    minutes, _ = cluster.accounts.minutes("acme", 0, 10_000, cluster.now // SECOND)
    return log.hexdigest(), [list(minute) for minute in minutes], cluster


@pytest.fixture(scope="module")
def whole() -> tuple[str, list[Any], Cluster]:
    return run()


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"step": 7}, id="step by step, read at each"),
        pytest.param({"resume_at": 9 * 60 + 3}, id="resumed while a CPU spike lasts"),
        pytest.param({"resume_at": 22 * 60 + 1}, id="resumed while memory leaks"),
        pytest.param({"resume_at": 28 * 60 + 31}, id="resumed while a dependency hangs"),
    ],
)
def test_every_way_gives_the_same_changes_and_minutes(
    whole: tuple[str, list[Any], Cluster], how: dict[str, int]
) -> None:
    digest, minutes, _ = run(**how)
    assert minutes == whole[1]
    assert digest == whole[0]


def test_the_faults_did_what_they_say(whole: tuple[str, list[Any], Cluster]) -> None:
    cluster = whole[2]
    verdicts = {fault.name: fault.verdict(cluster.now) for fault in cluster.faults.all}
    assert verdicts == dict.fromkeys(verdicts, "confirmed")
    assert len(verdicts) == len(FAULTS)
    restarts = [
        row
        for pod in cluster.store.list(kinds.PODS, NAMESPACE)
        for row in pod["status"].get("containerStatuses", ())
        if (row.get("lastState") or {}).get("terminated", {}).get("reason") == "OOMKilled"
    ]
    assert restarts
    assert all(row["lastState"]["terminated"]["exitCode"] == 137 for row in restarts)


def test_a_dependency_whose_pods_are_ready_turns_its_caller_down_within_a_minute(
    whole: tuple[str, list[Any], Cluster],
) -> None:
    cluster = whole[2]
    fault = next(f for f in cluster.faults.all if f.name == "service_down")
    assert fault.started is not None
    ledger = cluster.accounts.ledgers["acme"]
    first = fault.started // SECOND // 5
    down = next(
        start
        for start, _, results in ledger.between(first, first + 40)
        if any(r.name == "callbot" and r.state == "D" for r in results)
    )
    assert (down - first) * 5 <= 60
    report = cluster.accounts.report("acme", {}, "1h", cluster.now // SECOND)
    assert report is not None
    assert ("fault", fault.id) in {
        (link.kind, link.id) for i in report.failures.incidents for link in i.causes
    }


def test_latency_and_usage_rise_under_a_spike(whole: tuple[str, list[Any], Cluster]) -> None:
    ledger = whole[2].accounts.ledgers["acme"]
    assert ledger.start is not None
    zero = (1_767_571_200 + 3600) // 5

    def at(minute: int, name: str) -> Any:
        results = ledger.at(zero + minute * 12)
        assert results is not None
        return next(result for result in results if result.name == name)

    assert at(9, "callbot").cpu > 1.5 * at(5, "callbot").cpu
    assert at(15, "nlp").p95 > at(13, "nlp").p95 + 200
    assert at(15, "chatbot").p95 > at(13, "chatbot").p95
    assert at(33, "chatbot").bad >= 500_000
    assert at(33, "chatbot").shares[0].kind == "aborted"


def test_the_autoscaler_acted_on_usage(whole: tuple[str, list[Any], Cluster]) -> None:
    events = [
        event
        for event in whole[2].store.list(kinds.EVENTS, NAMESPACE)
        if event["reason"] == "SuccessfulRescale"
    ]
    assert any("cpu resource utilization" in event["message"] for event in events)
    assert any("All metrics below target" in event["message"] for event in events)


def test_replicas_above_an_autoscaler_s_maximum_are_cut_whatever_the_metrics() -> None:
    """The classical tenant: 10, 50 and 5 replicas, and autoscalers that allow 8."""
    folder = Path(__file__).parents[1] / "golden" / "manifests" / "ecp-tenant"
    by_kind = {kind.kind: kind.resource for kind in kinds.BUILT_IN.kinds}
    cluster = Cluster.create(seed=2)
    for file in sorted(folder.glob("*.yaml")):
        for obj in yaml.safe_load_all(file.read_text("utf-8")):
            resource = by_kind.get(obj["kind"]) if obj else None
            if resource is None:
                continue
            namespace = obj["metadata"].get("namespace", "")
            request = Request("create", resource, namespace, body=obj, manager="t")
            cluster.submit(request, cause="a1")
    cluster.run_until(cluster.now + 120 * SECOND)
    replicas = {
        deployment["metadata"]["name"]: deployment["spec"]["replicas"]
        for deployment in cluster.store.list(kinds.DEPLOYMENTS)
    }
    assert sorted(replicas.values()) == [5, 8, 8]
    said = [
        event["message"]
        for event in cluster.store.list(kinds.EVENTS)
        if event["reason"] == "SuccessfulRescale"
    ]
    assert said == ["New size: 8; reason: Current number of replicas above Spec.MaxReplicas"] * 2
