"""Faults that come by themselves: their rates, their chance, who has them on."""

import json
from typing import Any

import pytest
import yaml

from ecp.kube.kinds import DEPLOYMENTS, NAMESPACES, PODS
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused, chosen_rates, shipped_rates
from ecp.sim.faults.background import read_rates
from ecp.sim.faults.catalogue import InvalidFaultRow
from ecp.sim.requests import Request

_ASSUMED = {"en": "assumed", "ko": "가정"}
MINUTE = 60 * SECOND
OFTEN = {
    name: {"mtbf": "20m", **({"mttr": "2m"} if rate.mttr is not None else {})}
    for name, rate in shipped_rates().items()
}


def deployment(name: str, replicas: int = 2) -> dict[str, Any]:
    container = {
        "name": "c",
        "image": "example/app:1",
        "ports": [{"containerPort": 8080}],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
    }
    return {
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


def running(*names: str, seed: int = 1, namespaces: tuple[str, ...] = ("acme",)) -> Cluster:
    cluster = Cluster.create(seed=seed)
    for namespace in namespaces:
        cluster.submit(Request("create", NAMESPACES, body={"metadata": {"name": namespace}}))
        for name in names:
            cluster.submit(Request("create", DEPLOYMENTS, namespace, body=deployment(name)))
    cluster.run_until(cluster.now + 2 * MINUTE)
    return cluster


def track(
    cluster: Cluster, tenant: str = "acme", on: bool = True, rates: Any = None, **more: Any
) -> None:
    body = {"namespace": tenant, "failure_scenarios": on, "failure_rates": rates, **more}
    cluster.submit(Request("track", "tenants", name=tenant, body=body), cause="a1")


def due(cluster: Cluster) -> dict[tuple[str, str, str], int]:
    rows = cluster.background.snapshot()["due"]
    return {(rate, namespace, name): at for rate, namespace, name, at, _ in rows}


# -- rates -----------------------------------------------------------------------------------------


def test_every_rate_is_of_a_known_fault_and_says_where_it_is_from() -> None:
    rates = shipped_rates()
    assert {rate.per for rate in rates.values()} == {"node", "pod", "workload"}
    assert {rate.fault for rate in rates.values()} == {
        "node_down",
        "pod_crash",
        "service_down",
        "partial_outage",
        "network_latency",
        "cpu_spike",
        "memory_leak",
    }
    for rate in rates.values():
        for words in rate.source.values():
            assert set(words) == {"en", "ko"}
            assert all(len(line) > 10 for line in words.values())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"fault": "rain"}, "fault", id="a fault nobody knows"),
        pytest.param({"per": "node"}, "per", id="a subject that the fault does not hit"),
        pytest.param({"source": {"mtbf": _ASSUMED}}, "source", id="half a source"),
        pytest.param(
            {"source": {"mtbf": _ASSUMED, "mttr": {"en": "assumed"}}},
            "ko and en",
            id="a source in one language",
        ),
        pytest.param({"extra": 1}, "extra", id="an unknown field"),
    ],
)
def test_a_rate_that_says_nonsense_is_refused(change: dict[str, Any], says: str) -> None:
    row = {
        "name": "r",
        "fault": "pod_crash",
        "per": "pod",
        "mtbf": "1h",
        "mttr": None,
        "source": {"mtbf": _ASSUMED, "mttr": _ASSUMED},
    }
    assert read_rates(yaml.safe_dump({"rates": [row]}))["r"].mttr is None
    with pytest.raises(InvalidFaultRow, match=says):
        read_rates(yaml.safe_dump({"rates": [{**row, **change}]}))


def test_a_caller_may_set_a_mean_or_leave_a_rate_out() -> None:
    rates = chosen_rates({"cpu-spike": {"mtbf": "1h"}, "memory-leak": None})
    usual = shipped_rates()
    assert rates["cpu-spike"].mtbf == 3600 * SECOND
    assert rates["cpu-spike"].mttr == usual["cpu-spike"].mttr
    assert rates["cpu-spike"].said("en")["mtbf"] == "given by the caller"
    assert rates["cpu-spike"].source["mttr"] == usual["cpu-spike"].source["mttr"]
    assert "memory-leak" not in rates
    assert chosen_rates(None) == usual


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({"meteor": None}, "node-failure", id="an unknown rate: those there are"),
        pytest.param({"cpu-spike": {"mtbf": "1s"}}, "1m", id="too often"),
        pytest.param({"cpu-spike": {"mtbf": "soon"}}, "soon", id="no duration"),
        pytest.param({"cpu-spike": {"mttr": "0s"}}, "1s", id="no time at all"),
        pytest.param({"cpu-spike": {"often": "1h"}}, "mtbf", id="an unknown field"),
        pytest.param({"cpu-spike": "1h"}, "mtbf", id="no fields"),
        pytest.param({"container-crash": {"mttr": "1m"}}, "pod_crash", id="what falls once"),
    ],
)
def test_a_wrong_rate_is_refused_and_changes_nothing(given: dict[str, Any], says: str) -> None:
    cluster = running("web")
    before = json.dumps(cluster.background.snapshot())
    with pytest.raises(FaultRefused, match=says) as refused:
        track(cluster, rates=given)
    assert refused.value.said("ko")
    assert json.dumps(cluster.background.snapshot()) == before
    assert cluster.flows.tenant("acme") is None


# -- on and off ------------------------------------------------------------------------------------


def test_while_they_are_off_nothing_is_there() -> None:
    cluster = running("web")
    track(cluster, on=False)
    cluster.run_until(cluster.now + 60 * MINUTE)
    state = cluster.background.snapshot()
    assert (state["due"], state["drawn"], state["timer"]) == ([], [], None)
    assert not [timer for timer in cluster.engine.timers() if timer[2] == "background"]
    assert not cluster.faults.all


def test_every_node_pod_and_workload_of_the_tenant_is_subject_to_its_own_failures() -> None:
    cluster = running("web", "api", namespaces=("acme", "beta"))
    track(cluster)
    found = due(cluster)
    per = {rate.name: rate.per for rate in shipped_rates().values()}
    nodes = {name for rate, _, name in found if per[rate] == "node"}
    assert len(nodes) == 11
    assert {(ns, name) for rate, ns, name in found if per[rate] == "workload"} == {
        ("acme", "api"),
        ("acme", "web"),
    }
    pods = {("acme", pod["metadata"]["name"]) for pod in cluster.store.list(PODS, "acme")}
    assert {(ns, name) for rate, ns, name in found if per[rate] == "pod"} == pods
    assert len(found) == 2 * 11 + 5 * 2 + 4
    timers = [timer for timer in cluster.engine.timers() if timer[2] == "background"]
    assert [timer[0] for timer in timers] == [min(found.values())]


def test_subjects_come_and_go_with_their_objects() -> None:
    cluster = running("web")
    track(cluster)
    before = due(cluster)
    body = {"spec": {"replicas": 3}}
    cluster.submit(Request("patch", DEPLOYMENTS, "acme", "web", body=body, patch="merge"))
    cluster.submit(Request("create", DEPLOYMENTS, "acme", body=deployment("late", 1)))
    cluster.run_until(cluster.now + MINUTE)
    more = due(cluster)
    assert {key: more[key] for key in before} == before  # one more shifts no other
    assert len(more) == len(before) + 5 + 2
    cluster.submit(Request("delete", DEPLOYMENTS, "acme", "late"))
    cluster.run_until(cluster.now + 2 * MINUTE)
    assert not [key for key in due(cluster) if key[2].startswith("late")]


def test_each_failure_is_an_ordinary_fault_with_its_rate_and_source() -> None:
    cluster = running("web", "api")
    track(cluster, rates=OFTEN)
    cluster.run_until(cluster.now + 180 * MINUTE)
    faults = cluster.faults.all
    assert {fault.origin["rate"] for fault in faults} == set(shipped_rates())
    for fault in faults:
        shown = fault.to_json(cluster.now)
        assert shown["origin"]["kind"] == "background"
        assert shown["origin"]["tenant"] == "acme"
        assert shown["origin"]["mtbf"] == "20m"
        assert shown["origin"]["source"]["mtbf"] == "given by the caller"
        assert fault.took or "expected" in shown["proof"][0]
    ended = [fault for fault in faults if fault.ended is not None and fault.lasts]
    assert all(fault.ended == fault.until for fault in ended)


def test_off_again_what_runs_ends_and_nothing_more_comes() -> None:
    cluster = running("web", "api")
    track(cluster, rates=OFTEN)
    while not cluster.faults.running():
        cluster.run_until(cluster.now + MINUTE)
    answer = cluster.submit(
        Request("fault", "faults", body={"fault": "cpu_spike", "target": "web", "duration": "9h"})
    )
    assert answer.object is not None
    mine = answer.object["id"]
    track(cluster, on=False)
    assert [fault.id for fault in cluster.faults.running()] == [mine]
    assert all(cluster.world.node_is_up(name) for name in cluster.world.nodes)
    number = len(cluster.faults.all)
    cluster.run_until(cluster.now + 240 * MINUTE)
    assert len(cluster.faults.all) == number
    assert not due(cluster)


def test_followed_no_more_is_off() -> None:
    cluster = running("web")
    track(cluster, rates=OFTEN)
    cluster.submit(Request("untrack", "tenants", name="acme"))
    assert not due(cluster)


def test_nodes_fail_for_all_and_for_the_last_who_has_them_on() -> None:
    cluster = running("web", namespaces=("acme", "beta"))
    track(cluster, rates={"node-failure": {"mtbf": "1h"}})
    nodes = {key: at for key, at in due(cluster).items() if not key[1]}
    track(cluster, "beta", rates={"node-failure": {"mtbf": "1h"}})
    assert {key: at for key, at in due(cluster).items() if not key[1]} == nodes
    track(cluster, on=False)
    left = due(cluster)
    assert {key: at for key, at in left.items() if not key[1]} == nodes
    assert {namespace for _, namespace, _ in left} == {"", "beta"}
    track(cluster, "beta", on=False)
    assert not due(cluster)


# -- chance ----------------------------------------------------------------------------------------


def test_times_are_exponential_with_the_stated_means() -> None:
    """A thousand draws: mean and standard deviation are both the mean, within 4 standard errors."""
    cluster = running()
    rate = shipped_rates()["cpu-spike"]
    draw = cluster.background._exponential
    hours = [draw(("r", "acme", "web"), rate.mtbf, SECOND) / 3600 / SECOND for _ in range(1000)]
    mean = sum(hours) / len(hours)
    deviation = (sum((x - mean) ** 2 for x in hours) / len(hours)) ** 0.5
    assert abs(mean - 336) < 4 * 336 / 1000**0.5
    assert abs(deviation - 336) < 4 * 336 * (8 / 1000) ** 0.5
    assert len(set(hours)) == 1000


def test_a_seed_decides_and_another_seed_decides_otherwise() -> None:
    def came(seed: int) -> list[tuple[str, int | None, list[str]]]:
        cluster = running("web", "api", seed=seed)
        track(cluster, rates=OFTEN)
        cluster.run_until(cluster.now + 60 * MINUTE)
        return [(fault.name, fault.started, fault.targets) for fault in cluster.faults.all]

    assert came(4) == came(4)
    assert came(4) != came(5)


def test_one_more_workload_shifts_nobody_else_s_failures() -> None:
    alone, together = running("web"), running("web", "api")
    for cluster in (alone, together):
        track(cluster)
    some, more = due(alone), due(together)
    assert len(more) == len(some) + 5 + 2
    assert {subject: more[subject] for subject in some} == some


def test_a_fork_goes_on_alike_and_one_with_another_seed_otherwise() -> None:
    cluster = running("web", "api")
    track(cluster, rates=OFTEN)
    cluster.run_until(cluster.now + 10 * MINUTE)
    same, other = cluster.fork(), cluster.fork(seed=99)
    assert due(same) == due(cluster)
    assert due(other).keys() == due(cluster).keys()
    assert due(other) != due(cluster)
    for each in (cluster, same, other):
        each.run_until(each.now + 60 * MINUTE)
    assert same.faults.snapshot() == cluster.faults.snapshot()
    assert same.store.version == cluster.store.version
    assert other.faults.snapshot() != cluster.faults.snapshot()
