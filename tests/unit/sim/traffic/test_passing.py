"""What a rollout costs: connections that proxies send to pods which have ended; no draws."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack
from ecp.sim.traffic.tenants import Span

REPLICAS = 4
SLEEP = {"preStop": {"sleep": {"seconds": 5}}}


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause="a1")


class Log:
    """Keeps what became of each slot."""

    def __init__(self) -> None:
        self.slots: dict[int, tuple[int, tuple[str, ...]]] = {}

    def span(self, span: Span) -> None:
        for slot in range(span.start, span.end):
            bad = max(result.bad for result in span.results)
            reasons = tuple(share.seen.reason for row in span.results for share in row.shares)
            self.slots[slot] = bad, reasons


def deployment(tag: str, hooks: dict[str, Any] | None) -> dict[str, Any]:
    container = {
        "name": "c",
        "image": f"nginx:{tag}",
        "ports": [{"containerPort": 80}],
        "readinessProbe": {"httpGet": {"port": 80, "path": "/"}, "periodSeconds": 1},
        **({"lifecycle": hooks} if hooks else {}),
    }
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": REPLICAS,
            "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def model(**proxy: str) -> dict[str, Any]:
    return clusters.check({**clusters.model("default"), "dataPlane": {"proxy": proxy}})


def before(
    hooks: dict[str, Any] | None = None, *, cluster_ip: str | None = None, **proxy: str
) -> tuple[Cluster, Log]:
    """Return a cluster whose tenant runs well, and what is told of it from here on."""
    cluster, log = Cluster.create(model(**proxy), seed=4), Log()
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    spec: dict[str, Any] = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    if cluster_ip is not None:
        spec["clusterIP"] = cluster_ip
    body = {"metadata": {"name": "web"}, "spec": spec}
    ask(cluster, "create", kinds.SERVICES, namespace="t", body=body)
    ask(cluster, "create", kinds.DEPLOYMENTS, namespace="t", body=deployment("1", hooks))
    ask(cluster, "track", "tenants", name="t", body={"namespace": "t", "demand": {}})
    cluster.run_until(cluster.now + 60 * SECOND)
    cluster.flows.close()
    cluster.flows.sink = log
    return cluster, log


def update(cluster: Cluster, hooks: dict[str, Any] | None = None) -> None:
    live = cluster.store.get(kinds.DEPLOYMENTS, "t", "web")
    assert live is not None
    body = {**live, "spec": deployment("2", hooks)["spec"]}
    ask(cluster, "update", kinds.DEPLOYMENTS, namespace="t", name="web", body=body)


def rolled(
    hooks: dict[str, Any] | None = None, *, cluster_ip: str | None = None, **proxy: str
) -> Log:
    """Return what is told of ninety seconds in which all pods are replaced."""
    cluster, log = before(hooks, cluster_ip=cluster_ip, **proxy)
    update(cluster, hooks)
    cluster.run_until(cluster.now + 90 * SECOND)
    cluster.flows.close()
    live = cluster.store.get(kinds.DEPLOYMENTS, "t", "web")
    assert live is not None
    assert live["status"]["updatedReplicas"] == live["status"]["readyReplicas"] == REPLICAS
    return log


def lost(log: Log) -> int:
    """Return how much was lost in all: millionths of a slot."""
    return sum(bad for bad, _ in log.slots.values())


def test_a_rollout_without_prestop_loses_connections_on_nodes_that_have_not_synced() -> None:
    log = rolled()
    hit = [reasons for bad, reasons in log.slots.values() if bad]
    assert hit
    assert all("unsynced" in reasons for reasons in hit)
    # Four pods, each listed for a moment longer than it lives: a fraction of a fourth of a slot.
    assert 0 < lost(log) < REPLICAS * 250_000


def test_a_prestop_sleep_mends_it() -> None:
    assert lost(rolled(SLEEP)) == 0


def test_proxies_that_follow_at_once_lose_nothing() -> None:
    assert lost(rolled(watch="0s", sync="0s", minSyncPeriod="0s")) == 0


def test_slower_proxies_lose_more() -> None:
    assert lost(rolled()) < lost(rolled(sync="800ms")) < lost(rolled(minSyncPeriod="10s"))


def test_the_share_is_what_the_instants_say() -> None:
    """One pod of four is deleted: it dies 200 ms after SIGTERM, every proxy knows after 1.2 s."""
    cluster, log = before(watch="0s", sync="1200ms", minSyncPeriod="0s")
    proxies = cluster.flows._passing.proxies
    proxies._sync = (1_200_000_000,) * len(proxies._sync)
    cluster.run_until(cluster.now // (5 * SECOND) * 5 * SECOND + 6 * SECOND)
    begun = cluster.now
    [*_, pod] = cluster.store.list(kinds.PODS, "t")
    name = pod["metadata"]["name"]
    ask(cluster, "delete", kinds.PODS, namespace="t", name=name)
    cluster.run_until(begun + 50_000_000)
    run = cluster.world.pod(("t", name))
    assert run is not None
    [container] = run.containers
    assert container.exit_at is not None
    written = [
        row for row in cluster.flows._passing._tables["t", "web"] if len(row.ports[0][1]) == 3
    ]
    known = written[0].known[0]
    cluster.run_until(begun + 20 * SECOND)
    cluster.flows.close()
    expected = round((known - container.exit_at) / (5 * SECOND) / REPLICAS * 1_000_000)
    assert abs(log.slots[begun // (5 * SECOND)][0] - expected) <= 1
    assert lost(log) == log.slots[begun // (5 * SECOND)][0]
    assert 45_000 < expected < 55_000


def test_callers_of_a_headless_service_go_by_the_dns_until_its_answer_expires() -> None:
    assert lost(rolled(cluster_ip="None")) > 3 * lost(rolled())
    assert lost(rolled({"preStop": {"sleep": {"seconds": 29}}}, cluster_ip="None")) < lost(
        rolled(cluster_ip="None")
    )


def test_who_looks_between_and_what_is_restored_changes_nothing() -> None:
    whole = rolled()
    cluster, log = before()
    update(cluster)
    now = cluster.now
    for milliseconds in (700, 5_300, 1_234, 7_766, 2_766, 15_000, 12_234, 45_000):
        now += milliseconds * 1_000_000
        cluster.run_until(now)
        cluster.flows.close()
        cluster = Cluster.restore(unpack(pack(cluster.snapshot())))
        cluster.flows.sink = log
    cluster.flows.close()
    assert log.slots == whole.slots


@pytest.mark.parametrize("step", [1, 5])
def test_reading_at_each_slot_changes_nothing(step: int) -> None:
    whole = rolled()
    cluster, log = before()
    update(cluster)
    until = cluster.now + 90 * SECOND
    while cluster.now < until:
        cluster.run_until(min(until, (cluster.now // (step * SECOND) + 1) * step * SECOND))
        cluster.flows.close()
    assert log.slots == whole.slots


def test_reading_at_a_slot_s_first_instant_before_it_is_looked_at_changes_nothing() -> None:
    whole = rolled()
    cluster, log = before()
    update(cluster)

    def read(_: None) -> None:
        cluster.flows.close()

    cluster.engine.handle("read", read)
    first = cluster.now // (5 * SECOND) + 1
    for slot in range(first, first + 18):
        cluster.engine.at(slot * 5 * SECOND, "read", None, phase=0, cause="t")
    cluster.run_until(cluster.now + 90 * SECOND)
    cluster.flows.close()
    assert log.slots == whole.slots
