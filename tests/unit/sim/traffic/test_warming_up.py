"""Processes that have just begun serve more slowly, for as long as their data sheet says."""

from dataclasses import replace
from importlib import resources
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.traffic.model import Node, Offer, Seen, Strain, Work
from ecp.sim.traffic.serving import alone_with
from ecp.workloads.profiles import InvalidProfile, Profiles, profiles, read_profile

NOTHING = Seen()
SLOT = 5 * SECOND
WARM_UP, COLD = 60.0, 4.0
# Ten in the morning in Seoul, a Monday.
START = 1_767_571_200 * SECOND + 3600 * SECOND


def row(work: Work, *strains: Strain) -> Node:
    number = len(strains)
    return Node("web", number, strains, NOTHING, NOTHING, None, number, 0, 0, 0, work, True, 0, ())


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(
            Work("request", False, 0.1, 1.0, 0.02, 4, 30.0, 10.0, 1e6, 0.0, 0.0), id="requests"
        ),
        pytest.param(
            Work("session", False, 0.1, 1.0, 0.0, 40, 30.0, 10.0, 1e6, 5.0, 0.0), id="sessions"
        ),
        pytest.param(
            Work(
                "batch", False, 0.1, 0.0, 0.0, 8, 30.0, 10.0, 1e6, 0.0, 0.0, fixed=0.05, each=0.01
            ),
            id="batches",
        ),
    ],
)
def test_a_cold_pod_takes_its_times_as_long_and_its_neighbour_does_not(work: Work) -> None:
    offer = Offer(0.2, 0.02)  # so little that nobody waits
    warm = alone_with(row(work, Strain(), Strain()), offer).mean
    cold = alone_with(row(work, Strain(cold=4.0), Strain(cold=4.0)), offer).mean
    half = alone_with(row(work, Strain(), Strain(cold=4.0)), offer).mean
    assert cold == pytest.approx(4 * warm, rel=0.02)
    assert half == pytest.approx((warm + cold) / 2)


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause="a1")


def started() -> Cluster:
    """Return a cluster whose chatbots are slow in their first minute, with one that serves."""
    sheet = profiles()["chatbot"]
    slow = replace(sheet, service=replace(sheet.service, warm_up=WARM_UP, cold=COLD))
    sheets = Profiles([slow, *(one for one in profiles().values() if one is not sheet)])
    cluster = Cluster.create(seed=1, now=START, sheets=sheets)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    labels = {"app": "chatbot"}
    container = {"name": "c", "image": "nginx:1", "ports": [{"containerPort": 80}]}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    body = {"metadata": {"name": "chatbot"}, "spec": spec}
    ask(cluster, "create", kinds.DEPLOYMENTS, namespace="t", body=body)
    service = {
        "metadata": {"name": "chatbot"},
        "spec": {"selector": labels, "ports": [{"port": 80}]},
    }
    ask(cluster, "create", kinds.SERVICES, namespace="t", body=service)
    ask(cluster, "track", "tenants", name="t", body={"namespace": "t", "demand": {"chatbot": 1}})
    return cluster


def times(cluster: Cluster, slots: int) -> list[tuple[int, int]]:
    """Run on; return (slot, mean in µs) where that changed, from the first answer on."""
    found: list[tuple[int, int]] = []
    for _ in range(slots):
        cluster.run_until((cluster.now // SLOT + 1) * SLOT)
        for result in cluster.flows.now("t"):
            if result.pods and (not found or found[-1][1] != result.mean_us):
                found.append((cluster.now // SLOT, result.mean_us))
    return found


def test_a_process_is_slow_until_it_is_warm_and_a_new_one_is_slow_again() -> None:
    cluster = started()
    (first, cold), (then, warm) = times(cluster, 36)
    assert cold == pytest.approx(COLD * warm, rel=0.02)
    [pod] = cluster.read.list(kinds.PODS, "t")
    run = cluster.world.pod(("t", pod["metadata"]["name"]))
    assert run is not None
    listens = run.containers[0].listens_at or 0
    assert then == -(-(listens + round(WARM_UP) * SECOND) // SLOT)
    assert first < then
    cluster.world.crash(run.uid, "", 1, "Error", cluster.now)
    assert [mean for _, mean in times(cluster, 36)][-2:] == [cold, warm]


def test_a_cold_process_is_no_faster_than_a_warm_one() -> None:
    text = profiles_text().replace(
        "  latency:", '  cold: {value: 0.5, source: "no"}\n  latency:', 1
    )
    with pytest.raises(InvalidProfile, match=r"chatbot\.yaml: service\.cold: must be 1 or more"):
        read_profile(text, "chatbot.yaml")


def profiles_text() -> str:
    return resources.files("ecp.workloads").joinpath("profiles/chatbot.yaml").read_text("utf-8")
