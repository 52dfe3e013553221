"""How far a fault reaches is said before, and bounds, conditions and a switch end it."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tenant import MINUTE, SPACE, ask, followed, inject, meets, node_of, passes, pods

from ecp.kube.kinds import DEPLOYMENTS, PODS
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused, Injected
from ecp.sim.faults.asks import HALT
from ecp.sim.faults.guard import conditions, measured
from ecp.sim.faults.selecting import nodes_of, pods_of, some


def reach(cluster: Cluster, fault: str, **body: Any) -> dict[str, Any]:
    dry = cluster.faults.inject({"fault": fault, **body}, dry_run=True)
    return cluster.faults.reach(dry)


def test_a_preview_names_what_would_be_hit_and_changes_nothing() -> None:
    cluster = followed()
    before = cluster.snapshot()
    found = reach(cluster, "pod_failure", target="deployment/chatbot")
    assert len(found["pods"]) == 1
    assert found["namespaces"] == [SPACE]
    assert found["tenants"] == ["acme"]
    row = {"service": f"{SPACE}/chatbot", "ready": 3, "hit": 1, "percent": 33.3}
    assert found["services"] == [row]
    assert cluster.snapshot() == before


def test_a_preview_of_a_node_names_its_pods() -> None:
    cluster = followed()
    name = node_of(cluster, "chatbot")
    found = reach(cluster, "node_down", target=f"node/{name}")
    assert list(found["nodes"]) == [name]
    assert any("chatbot" in pod for pod in found["nodes"][name])
    assert found["ready_endpoints_percent"] >= 33.3


@pytest.mark.parametrize(
    ("fault", "body", "targets"),
    [
        pytest.param("registry_down", {}, ["registry/*"], id="all that pull an image"),
        pytest.param("pool_sold_out", {}, None, id="of pools one that carries its pods is chosen"),
        pytest.param("control_plane_down", {}, ["actor/kube-scheduler"], id="a loop"),
        pytest.param("control_plane_slow", {}, ["door/kube-apiserver"], id="the API server"),
    ],
)
def test_who_depends_on_what_is_hit_is_reached_though_no_pod_is(
    fault: str, body: dict[str, Any], targets: list[str] | None
) -> None:
    cluster = followed()
    found = reach(cluster, fault, namespaces=[SPACE], **body)
    assert targets in (None, found["targets"])
    assert (found["pods"], found["tenants"], found["namespaces"]) == ([], ["acme"], [SPACE])
    with pytest.raises(FaultRefused, match="would also hit acme-ecp-ai"):
        inject(cluster, fault, only=["other"])
    # Its report is a tenant's, too; the tenant's switch leaves it, as it is everybody's.
    begun = inject(cluster, fault, namespaces=[SPACE])
    assert begun.to_json(cluster.now)["namespaces"] == [SPACE]
    answer = ask(cluster, "fault", "faults", name=HALT, namespace=SPACE)
    assert answer.object["halted"]["faults"] == []


def test_a_pool_without_pods_of_whom_it_is_for_reaches_nobody() -> None:
    found = reach(followed(), "pool_sold_out", target="pool/infra")
    assert (found["tenants"], found["namespaces"]) == ([], [])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param({"only": ["other"]}, "would also hit acme-ecp-ai", id="another namespace"),
        pytest.param({"max_percent": 20}, "33.3 % of the ready endpoints", id="too many endpoints"),
        pytest.param(
            {"steady": [{"metric": "p95", "op": "lt", "value": 1}]},
            "steady state does not hold", id="it is unsteady before",
        ),
        pytest.param(
            {"abort": [{"metric": "mood", "op": "lt", "value": 1}]}, "availability, p95, ready",
            id="a metric nobody knows",
        ),
        pytest.param({"abort": [{"metric": "p95"}]}, r"\[0\]", id="a condition without a bound"),
        pytest.param({"mode": "most"}, "fixed-percent", id="a mode nobody knows"),
        pytest.param({"to": "deployment/nlp"}, "does not take|no parameter|to", id="no line"),
    ],
)  # fmt: skip
def test_a_fault_out_of_its_bounds_is_refused(body: dict[str, Any], says: str) -> None:
    cluster = followed()
    before = cluster.snapshot()
    with pytest.raises(FaultRefused, match=says) as refused:
        inject(cluster, "pod_failure", "deployment/chatbot", **body)
    assert refused.value.said("ko")
    assert cluster.snapshot() == before


@pytest.mark.parametrize("body", [{"only": ["other"]}, {"max_percent": 20}])
def test_who_says_force_means_it(body: dict[str, Any]) -> None:
    cluster = followed()
    assert inject(cluster, "pod_failure", "deployment/chatbot", force=True, **body).took


def test_a_fault_ends_when_what_would_end_it_lasted_long_enough() -> None:
    cluster = followed()
    abort = [{"metric": "availability", "op": "lt", "value": 80, "for": "30s"}]
    fault = inject(cluster, "pod_failure", "deployment/chatbot", duration="10m", abort=abort)
    passes(cluster, 25 * SECOND)
    assert fault.running
    passes(cluster, 20 * SECOND)
    assert (fault.running, fault.stopped) == (False, "abort")
    passes(cluster, 30 * SECOND)
    assert meets(cluster, "chatbot").bad == 0
    assert fault.to_json(cluster.now)["stopped_by"] == "abort"


def test_a_fault_that_stays_within_its_bounds_goes_on() -> None:
    cluster = followed()
    abort = [{"metric": "availability", "op": "lt", "value": 50, "for": "30s"}]
    fault = inject(cluster, "pod_failure", "deployment/chatbot", duration="2m", abort=abort)
    passes(cluster, 3 * MINUTE)
    assert (fault.stopped, fault.ended) == ("", fault.until)


def test_a_steady_state_is_measured_before_and_after() -> None:
    cluster = followed()
    steady = [{"metric": "availability", "op": "gte", "value": 99.9}]
    fault = inject(cluster, "partial_outage", "deployment/chatbot", steady=steady)
    passes(cluster, 3 * MINUTE)
    assert [row["met"] for row in fault.steady["before"]] == [True]
    assert [row["met"] for row in fault.steady["after"]] == [True]


def test_a_planned_fault_out_of_its_bounds_says_so_at_its_time() -> None:
    cluster = followed()
    later = cluster.now + MINUTE
    fault = inject(cluster, "pod_failure", "deployment/chatbot", at=later, only=["other"])
    passes(cluster, 2 * MINUTE)
    assert fault.problem is not None
    assert fault.problem["text"] == "fault.outside"


def test_conditions_may_be_written_as_lines() -> None:
    [line, same] = conditions(
        "x", ["p95 > 800 for 30s", {"metric": "p95", "op": "gt", "value": 800, "for": "30s"}]
    )
    assert line == same


SAID = [
    ({"selector": "x"}, "fault.bad-selector"),
    ({"selector": {"labelSelectors": "x"}}, "fault.bad-selector"),
    ({"selector": {"pods": ["a"]}}, "fault.bad-selector"),
    ({"selector": {"nope": {}}}, "fault.bad-selector"),
    ({"selector": {"fieldSelectors": {"a": "b"}}}, "fault.bad-selector"),
    ({"selector": {"expressionSelectors": [{"key": "a", "operator": "In"}]}}, "fault.bad-selector"),
    ({"selector": {}, "mode": "fixed", "value": "abc"}, "fault.bad-amount"),
    ({"selector": {}, "mode": "fixed-percent", "value": "0"}, "fault.bad-amount"),
    ({"selector": {}, "mode": ["x"]}, "fault.bad-mode"),
    ({"to": {"x": 3}}, "fault.bad-selector"),
    ({"abort": 3}, "fault.bad-condition"),
    ({"abort": ["p95 > 3 for x"]}, "fault.bad-condition"),
    ({"steady": [{"metric": "p95", "op": "lt", "value": "nan"}]}, "fault.bad-condition"),
]


@pytest.mark.parametrize(("body", "key"), SAID, ids=[str(body) for body, _ in SAID])
def test_what_is_no_selector_or_condition_is_refused(body: dict[str, Any], key: str) -> None:
    with pytest.raises(FaultRefused) as refused:
        inject(followed(), "network_latency", **body)
    assert refused.value.key == key
    assert refused.value.said("ko")


def test_the_switch_may_be_of_one_namespace() -> None:
    cluster = followed()
    ours = inject(cluster, "service_down", "deployment/nlp")
    everybodys = inject(cluster, "control_plane_down", "etcd")
    answer = ask(cluster, "fault", "faults", name=HALT, namespace=SPACE)
    assert answer.object["halted"]["faults"] == [ours.id]
    assert everybodys.running
    answer = ask(cluster, "fault", "faults", name=HALT, namespace="")  # though nobody may write
    assert answer.object["halted"]["faults"] == [everybodys.id]


def test_the_switch_ends_all_that_runs_and_all_that_is_planned() -> None:
    cluster = followed()
    running = [
        inject(cluster, "pod_failure", "deployment/chatbot"),
        inject(cluster, "registry_down"),
        inject(cluster, "network_partition", "deployment/chatbot", to="deployment/nlp"),
    ]
    planned = inject(cluster, "service_down", "deployment/nlp", at=cluster.now + MINUTE)
    over = inject(cluster, "pod_kill", "deployment/nlp")
    answer = ask(cluster, "fault", "faults", name=HALT, namespace="")
    halted = answer.object["halted"]
    assert halted["faults"] == [*(fault.id for fault in running), planned.id]
    assert over.id not in halted["faults"]
    assert cluster.world.troubles.snapshot() == {}
    passes(cluster, 2 * MINUTE)
    assert planned.started is None
    assert meets(cluster, "chatbot").bad == 0


def test_a_fault_that_nobody_can_be_asked_about_is_measured_as_nothing() -> None:
    assert measured("availability", ()) is None
    [one] = conditions("x", [{"metric": "ready", "op": "gt", "value": 1}])
    assert one.holds(()) is None


# -- selecting -------------------------------------------------------------------------------------


def names(found: list[Any]) -> list[str]:
    return sorted({pod["metadata"]["labels"]["app"] for pod in found})


@pytest.mark.parametrize(
    ("selector", "apps"),
    [
        pytest.param({}, ["chatbot", "nlp", "stt"], id="none: the asker's namespace"),
        pytest.param({"labelSelectors": {"app": "nlp"}}, ["nlp"], id="labels"),
        pytest.param(
            {"expressionSelectors": [{"key": "app", "operator": "NotIn", "values": ["nlp"]}]},
            ["chatbot", "stt"], id="expressions",
        ),
        pytest.param({"annotationSelectors": {"a": "b"}}, [], id="annotations"),
        pytest.param({"fieldSelectors": {"status.phase": "Running"}},
                     ["chatbot", "nlp", "stt"], id="fields"),
        pytest.param({"podPhaseSelectors": ["Pending"]}, [], id="phases"),
        pytest.param({"nodes": ["gpu-1"]}, ["stt"], id="nodes by name"),
        pytest.param({"nodeSelectors": {"topology.kubernetes.io/zone": "nowhere"}}, [],
                     id="nodes by label"),
        pytest.param({"namespaces": ["default"]}, [], id="another namespace"),
        pytest.param(
            {"labelSelectors": {"app": "nlp"}, "podPhaseSelectors": ["Pending"]}, [],
            id="all of them must hold",
        ),
    ],
)  # fmt: skip
def test_a_selector_means_these_pods(selector: dict[str, Any], apps: list[str]) -> None:
    assert names(pods_of(followed().read, selector, SPACE)) == apps


def test_pods_by_name_need_no_other_selector() -> None:
    cluster = followed()
    first = pods(cluster, "nlp")[0]["metadata"]["name"]
    selector = {"pods": {SPACE: [first, "gone"]}, "labelSelectors": {"app": "chatbot"}}
    assert [pod["metadata"]["name"] for pod in pods_of(cluster.read, selector)] == [first]


def test_a_selector_means_these_nodes() -> None:
    read = followed().read
    assert [n["metadata"]["name"] for n in nodes_of(read, {"nodes": ["cpu-1"]})] == ["cpu-1"]
    assert len(nodes_of(read, {})) == 11


def test_a_selector_of_pods_means_the_nodes_that_they_run_on() -> None:
    cluster = followed()
    for label, space in (("nlp", ""), ("stt", SPACE)):
        selector = {"labelSelectors": {"app": label}, **({} if space else {"namespaces": [SPACE]})}
        found = nodes_of(cluster.read, selector, space)
        wanted = {pod["spec"]["nodeName"] for pod in pods(cluster, label)}
        assert [node["metadata"]["name"] for node in found] == sorted(wanted)
    assert nodes_of(cluster.read, {"labelSelectors": {"app": "nobody"}}) == []


@pytest.mark.parametrize(
    ("mode", "value", "number"),
    [
        pytest.param("one", "", 1, id="one"),
        pytest.param("all", "", 7, id="all"),
        pytest.param("fixed", "3", 3, id="a fixed number"),
        pytest.param("fixed", "30", 7, id="no more than there are"),
        pytest.param("fixed-percent", "50", 4, id="half of seven, rounded up"),
        pytest.param("fixed-percent", "1", 1, id="at least one"),
        pytest.param("random-max-percent", "100", 4, id="at most all, as drawn"),
    ],
)
def test_a_mode_takes_so_many(mode: str, value: str, number: int) -> None:
    found: list[Any] = [{"n": n} for n in range(7)]
    taken = some(found, mode, value, lambda n: 0.5)
    assert len(taken) == number
    assert [one["n"] for one in taken] == sorted({one["n"] for one in taken})


def test_a_fault_may_be_aimed_by_a_selector() -> None:
    cluster = followed()
    selector = {"labelSelectors": {"app": "chatbot"}, "namespaces": [SPACE]}
    body = {"selector": selector, "mode": "fixed-percent", "value": "50"}
    fault: Injected = inject(cluster, "http_errors", **body)
    passes(cluster, 10 * SECOND)
    assert len(fault.pods) == 2
    assert abs(meets(cluster, "chatbot").bad / 10_000 - 66.7) < 0.1
    ask(cluster, "delete", PODS, name=fault.pods[0][1])
    passes(cluster, MINUTE)
    assert len(fault.pods) == 2  # who comes later was not selected
    ask(cluster, "patch", DEPLOYMENTS, {"spec": {"replicas": 3}}, name="chatbot", patch="merge")
