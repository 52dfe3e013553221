"""Calls in progress when their pod ends: who is cut, in which slot, and what that follows from."""

from math import exp
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack
from ecp.slo.slots import SLOT_SECONDS
from ecp.workloads.queueing import erlang_b_retrying

# Monday, 2026-01-05, 11:00 in Seoul.
LATE_MORNING = 1_767_578_400 * SECOND
PODS = 3
CALLBOT = "harbor.ecp-ai.com/ecp-ai/callbot:v1"


def ask(cluster: Cluster, verb: Any, resource: str, cause: str = "a1", **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause=cause)


def serving(
    grace: int, image: str = CALLBOT, profile: str = "callbot", units: int = 20, **container: Any
) -> Cluster:
    """Return a cluster with three pods of a profile, asked for fifty minutes."""
    cluster = Cluster.create(seed=1, now=LATE_MORNING)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    labels = {"app": profile}
    spec = {
        "terminationGracePeriodSeconds": grace,
        "containers": [
            {
                "name": "c",
                "image": image,
                "ports": [{"containerPort": 8080}],
                "resources": {"requests": {"cpu": "1100m", "memory": "2816Mi"}},
                "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
                **container,
            }
        ],
    }
    deployment = {
        "metadata": {"name": profile},
        "spec": {
            "replicas": PODS,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
    ask(cluster, "create", kinds.DEPLOYMENTS, namespace="t", body=deployment)
    service = {
        "metadata": {"name": profile},
        "spec": {"selector": labels, "ports": [{"port": 8080}]},
    }
    ask(cluster, "create", kinds.SERVICES, namespace="t", body=service)
    demand = {"namespace": "t", "demand": {profile: units}}
    ask(cluster, "track", "tenants", name="t", body=demand)
    cluster.run_until(cluster.now + 3000 * SECOND)
    return cluster


def rolled(cluster: Cluster, profile: str = "callbot") -> None:
    body = {"spec": {"template": {"metadata": {"annotations": {"version": "2"}}}}}
    ask(
        cluster, "patch", kinds.DEPLOYMENTS, "a7", namespace="t", name=profile, body=body,
        patch="merge",
    )  # fmt: skip


def cuts(cluster: Cluster, since: int) -> list[tuple[int, float, str, str]]:
    """Return (slot, calls or requests, state, cause) of what was cut from *since* (ns) on."""
    cluster.flows.close()
    ledger = cluster.accounts.ledgers["t"]
    first, after = since // SECOND // SLOT_SECONDS, cluster.now // SECOND // SLOT_SECONDS
    return [
        (
            begin,
            (end - begin) * result.offered / 1e6 * share.ppm / 1e6,
            result.state,
            share.seen.cause,
        )
        for begin, end, told in ledger.said(first, after)
        for result in told.results or ()
        for share in result.shares
        if share.kind == "cut"
    ]


def open_calls(cluster: Cluster) -> float:
    [result] = cluster.flows.now("t")
    return result.busy / 1e6 * 10 * PODS


@pytest.mark.parametrize(
    ("grace", "image", "least", "most"),
    [
        pytest.param(30, CALLBOT, 0.83, 0.86, id="half a minute of grace cuts 85 %"),
        pytest.param(600, CALLBOT, 0.02, 0.05, id="ten minutes cut under 5 %"),
        pytest.param(3600, CALLBOT, 0.0, 0.01, id="an hour: it ends with its last call"),
        pytest.param(
            600,
            "example/bot:1",
            0.98,
            1.1,
            id="a program that does not drain cuts all, and some that called back",
        ),
    ],
)
def test_a_rollout_cuts_the_calls_that_outlast_the_grace_period(
    grace: int, image: str, least: float, most: float
) -> None:
    cluster = serving(grace, image)
    before, began = open_calls(cluster), cluster.now
    rolled(cluster)
    cluster.run_until(cluster.now + 3000 * SECOND)
    found = cuts(cluster, began)
    assert least <= sum(calls for _, calls, _, _ in found) / before <= most
    assert {cause for *_, cause in found} <= {"a7"}
    assert len({slot for slot, *_ in found}) in (0, PODS)
    if grace == 30:
        # Two in five of what customers did in that slot failed.
        assert {state for _, _, state, _ in found} == {"D"}


def test_a_hook_gives_those_a_chance_whose_program_does_not_wait() -> None:
    sleep = {"lifecycle": {"preStop": {"sleep": {"seconds": 180}}}}
    cluster = serving(600, "example/bot:1", **sleep)
    before, began = open_calls(cluster), cluster.now
    rolled(cluster)
    cluster.run_until(cluster.now + 900 * SECOND)
    cut = sum(calls for _, calls, _, _ in cuts(cluster, began)) / before
    assert cut == pytest.approx(0.366, abs=0.01)


@pytest.mark.parametrize(
    ("fault", "pods"),
    [
        pytest.param("pod_crash", 1, id="a process that dies"),
        pytest.param("node_down", 1, id="a node that is lost"),
        pytest.param("service_down", PODS, id="processes that hang"),
    ],
)
def test_a_fault_cuts_all_calls_in_progress(fault: str, pods: int) -> None:
    cluster = serving(600)
    before, began = open_calls(cluster), cluster.now
    target = f"node/{next(iter(cluster.world.pods.values())).node}"
    pod = next(run for run in cluster.world.pods.values() if run.key[0] == "t")
    target = f"node/{pod.node}" if fault == "node_down" else "deployment/callbot"
    on_node = sum(1 for run in cluster.world.pods.values() if run.node == pod.node)
    body = {"fault": fault, "target": target, "namespaces": ["t"]}
    ask(cluster, "fault", "faults", body=body)
    cluster.run_until(cluster.now + 120 * SECOND)
    found = [row for row in cuts(cluster, began) if row[0] - began // SECOND // 5 < 3]
    pods = on_node if fault == "node_down" else pods
    assert sum(calls for _, calls, _, _ in found) == pytest.approx(before * pods / PODS, rel=0.02)
    assert {cause for *_, cause in found} == {"f1"}


def test_sessions_that_resume_lose_what_is_under_way_only() -> None:
    cluster = serving(30, "example/bot:1", "chatbot", 2000)
    began = cluster.now
    [result] = cluster.flows.now("t")
    ask(cluster, "fault", "faults", body={"fault": "pod_crash", "target": "deployment/chatbot"})
    cluster.run_until(cluster.now + 60 * SECOND)
    under_way = result.offered / 1e6 / SLOT_SECONDS * result.mean / 1000 / PODS
    cut = sum(calls for _, calls, _, _ in cuts(cluster, began))
    assert 0 < cut == pytest.approx(under_way, rel=0.1)


def test_a_pod_that_began_a_minute_ago_has_few_calls_to_lose() -> None:
    cluster = serving(600)
    pod = next(run.key[1] for run in cluster.world.pods.values() if run.key[0] == "t")
    lost = []
    for _ in range(2):
        began = cluster.now
        ask(
            cluster,
            "fault",
            "faults",
            body={"fault": "pod_crash", "target": f"pod/{pod}", "namespaces": ["t"]},
        )
        cluster.run_until(cluster.now + 60 * SECOND)
        lost.append(sum(calls for _, calls, _, _ in cuts(cluster, began)))
    # 1 - e^(-50/180): it was ready ten seconds after the first crash.
    assert 0.2 < lost[1] / lost[0] < 0.3


def test_a_snapshot_keeps_what_is_under_way() -> None:
    cluster = serving(30)
    rolled(cluster)
    cluster.run_until(cluster.now + 25 * SECOND)
    middle, began = unpack(pack(cluster.snapshot())), cluster.now
    cluster.run_until(cluster.now + 120 * SECOND)
    again = Cluster.restore(middle)
    again.run_until(again.now + 120 * SECOND)
    assert cuts(cluster, began) == cuts(again, began) != []


def voice(cluster: Cluster, period: str) -> dict[str, Any]:
    cluster.flows.close()
    report = cluster.accounts.report("t", {}, period, cluster.now // SECOND)
    assert report is not None
    found: dict[str, Any] = report.to_json()["voice"]
    return found


def test_a_report_tells_how_calls_were_taken_and_how_many_were_cut_off() -> None:
    cluster = serving(30, units=6)
    before = open_calls(cluster)
    rolled(cluster)
    cluster.run_until(cluster.now + 300 * SECOND)
    found = voice(cluster, "1h")
    assert found["answer_rate"] > 99.99
    assert found["service_level"] == {
        "target_percent": 80,
        "within_seconds": 20,
        "percent": found["answer_rate"],
        "met": True,
    }
    assert found["cut_off"] == round(0.846 * before)
    # Six channels with 160 calls a day, 12.4 % of them in this hour; 55 minutes of it.
    # Seven of ten of those that were cut call again.
    usual = 6 * 160 * 0.124 * 55 / 60
    assert found["calls"] == pytest.approx(usual + 0.7 * found["cut_off"], rel=0.02)


def test_too_few_lines_answer_as_many_calls_as_erlang_says() -> None:
    cluster = serving(30, units=60)
    [result] = cluster.flows.now("t")
    held = result.calls / 1e6 / SLOT_SECONDS * 180
    # kube-proxy sends a call to any of three pods of ten lines; two of three busy callers redial.
    blocking = erlang_b_retrying(10, held / 3, 0.7).blocking
    found = voice(cluster, "1h")
    assert found["answer_rate"] / 100 == pytest.approx(1 - blocking, rel=1e-3)
    assert result.answered / 1e6 == pytest.approx(1 - blocking, abs=1e-3)
    assert found["service_level"]["met"] is (found["answer_rate"] >= 80)


def test_callers_that_were_cut_call_back_and_meet_too_few_lines_because_of_that() -> None:
    cluster = serving(30, units=29)
    [before] = cluster.flows.now("t")
    body = {"fault": "pod_kill", "target": "deployment/callbot", "namespaces": ["t"]}
    ask(cluster, "fault", "faults", "a8", body=body)
    began, begun, refused = cluster.now, 0.0, 0.0
    for _ in range(115):
        cluster.run_until(cluster.now + 5 * SECOND)
        [result] = cluster.flows.now("t")
        begun += (result.calls - before.calls) / 1e6
        if cluster.now == began + 60 * SECOND:
            [share] = result.shares
            refused = share.ppm
            assert share.seen == ("overload", "f1", "", "")
            cluster = Cluster.restore(unpack(pack(cluster.snapshot())))
    [before_share] = before.shares
    assert refused > before_share.ppm
    [(_, cut, _, cause)] = cuts(cluster, began)
    assert cause == "f1"
    # Seven of ten call again; some of their calls go on.
    assert begun == pytest.approx(0.7 * cut, rel=0.1)


@pytest.mark.parametrize(
    ("stop", "share"),
    [
        pytest.param("20s", 0.0, id="who ends by itself has closed the connections to it"),
        pytest.param("never", exp(-30 / 60), id="who is killed is asked by kept ones until then"),
    ],
)
def test_connections_that_callers_keep_go_on_to_a_pod_that_takes_no_new_ones(
    stop: str, share: float
) -> None:
    cluster = serving(30, "example/bot:1", profile="chatbot", units=400)
    note = {"metadata": {"annotations": {"sim.ecp-ai.io/stop-after": stop}}}
    patch = {"namespace": "t", "name": "chatbot", "patch": "merge"}
    body = {"spec": {"template": note}}
    ask(cluster, "patch", kinds.DEPLOYMENTS, body=body, **patch)
    cluster.run_until(cluster.now + 120 * SECOND)
    [result] = cluster.flows.now("t")
    under_way = result.offered / 1e6 / SLOT_SECONDS * result.mean / 1000 / PODS
    began = cluster.now
    [pod, *_] = cluster.read.list(kinds.PODS, "t")
    ask(cluster, "delete", kinds.PODS, "a8", namespace="t", name=pod["metadata"]["name"])
    cluster.run_until(cluster.now + 60 * SECOND)
    found = sum(number for _, number, *_ in cuts(cluster, began))
    assert found == pytest.approx(under_way * share, rel=0.15, abs=1e-3)
