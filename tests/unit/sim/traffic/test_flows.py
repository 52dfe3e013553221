"""Many tenants at one instant: one timer looks at some, the next at the others, at that instant."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.manifests import TenantSpec, generate
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack
from ecp.sim.traffic import flows
from ecp.sim.traffic.nodes import Nodes
from ecp.slo.slots import SLOT_SECONDS
from ecp.workloads.demand import TenantDemand
from ecp.workloads.sizing import size

TENANTS = 20


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause="a1")


def told(cluster: Cluster) -> dict[str, list[tuple[int, int, Any]]]:
    cluster.flows.close()
    return {
        name: list(ledger.said(0, cluster.now // SECOND // SLOT_SECONDS))
        for name, ledger in cluster.accounts.ledgers.items()
    }


def ran() -> Cluster:
    cluster = Cluster.create(seed=1)
    for number in range(TENANTS):
        name = f"t{number:02}"
        ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": name}})
        ask(cluster, "track", "tenants", name=name, body={"namespace": name, "demand": {}})
    cluster.run_until(cluster.now + 60 * SECOND)
    return cluster


def test_tenants_of_one_instant_are_looked_at_in_several_timers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = ran()
    monkeypatch.setattr(flows, "_LOOKS", TENANTS)
    at_once = ran()
    assert told(few) == told(at_once)
    assert len(told(few)) == TENANTS
    assert few.engine.fired > at_once.engine.fired


def started(resource: str, kind: str) -> Cluster:
    """Return a cluster that was asked for two pods without probes, listed before they listen."""
    cluster = Cluster.create(seed=1)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    ask(cluster, "track", "tenants", name="t", body={"namespace": "t", "demand": {}})
    ports = {"selector": {"app": "db"}, "ports": [{"port": 80}]}
    service = {"metadata": {"name": "db"}, "spec": ports}
    ask(cluster, "create", kinds.SERVICES, namespace="t", body=service)
    container = {"name": "c", "image": "example/app:1", "ports": [{"containerPort": 80}]}
    labels = {"app": "db"}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }
    if resource != kinds.DAEMONSETS:
        spec |= {"replicas": 2}
    if resource == kinds.STATEFULSETS:
        spec |= {"serviceName": "db"}
    body = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "db"}, "spec": spec}
    ask(cluster, "create", resource, namespace="t", body=body)
    return cluster


def settled(cluster: Cluster) -> tuple[str, int]:
    [result] = cluster.flows.now("t")
    return result.state, result.pods - result.listed


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        pytest.param(kinds.DEPLOYMENTS, "Deployment", id="of a Deployment"),
        pytest.param(kinds.STATEFULSETS, "StatefulSet", id="of a StatefulSet"),
        pytest.param(kinds.DAEMONSETS, "DaemonSet", id="of a DaemonSet"),
        pytest.param(kinds.REPLICASETS, "ReplicaSet", id="of a ReplicaSet"),
    ],
)
def test_pods_that_listen_after_they_were_listed_are_seen_to(resource: str, kind: str) -> None:
    cluster = started(resource, kind)
    cluster.run_until(cluster.now + 5 * SECOND)
    middle = unpack(pack(cluster.snapshot()))
    cluster.run_until(cluster.now + 10 * SECOND)
    assert settled(cluster) == ("U", 0)
    again = Cluster.restore(middle)
    again.run_until(again.now + 10 * SECOND)
    assert settled(again) == ("U", 0)


FAULTS = ("pod_crash", "network_latency", "traffic_surge", "memory_leak", "cert_expiry")


def with_a_tenant() -> tuple[Cluster, str]:
    """Return a cluster with a tenant that begins, and the namespace it lives in."""
    cluster = Cluster.create(seed=1)
    demand = TenantDemand(chatbot=50)
    bundle = generate(TenantSpec("t", demand), size(demand))
    resources = {(one.api_version, one.kind): one.resource for one in kinds.BUILT_IN.kinds}
    for obj in bundle.objects:
        name = resources.get((obj["apiVersion"], obj["kind"]))
        if name is not None:
            namespace = obj["metadata"].get("namespace", "")
            ask(cluster, "create", name, namespace=namespace, body=dict(obj))
    body = {"namespace": bundle.namespace, "demand": {"chatbot": 50}}
    ask(cluster, "track", "tenants", name="t", body=body)
    return cluster, bundle.namespace


def hours_of_a_tenant() -> Cluster:
    """Return a cluster after ten hours of a tenant to which something is done every two hours."""
    cluster, namespace = with_a_tenant()
    first = cluster.now
    for number, fault in enumerate(FAULTS):
        at = first + (1 + 2 * number) * 3600 * SECOND
        wish = {"fault": fault, "namespaces": [namespace], "at": at}
        ask(cluster, "fault", "faults", body=wish)
    cluster.run_until(first + 10 * 3600 * SECOND)
    return cluster


def test_nodes_that_are_kept_are_those_that_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = 0
    finds = Nodes._found

    def counted(self: Nodes, *given: Any) -> Any:
        nonlocal found
        found += 1
        return finds(self, *given)

    monkeypatch.setattr(Nodes, "_found", counted)
    kept, few = hours_of_a_tenant(), found
    monkeypatch.setattr(Nodes, "_is_well", lambda *_: False)
    found = 0
    anew = hours_of_a_tenant()
    assert told(kept) == told(anew)
    assert pack(kept.snapshot()) == pack(anew.snapshot())
    assert few < found


def asked(cluster: Cluster) -> tuple[Any, ...]:
    """Return all that may be asked of what a tenant's requests meet."""
    seen = cluster.flows
    return seen.parts("t"), seen.kinds("t"), seen.imagined("t", 3.0), seen.edges("t")


def test_between_a_change_of_the_graph_and_the_next_slot_readers_see_the_one_that_will_hold() -> (
    None
):
    quiet, namespace = with_a_tenant()
    quiet.run_until(quiet.now + 120 * SECOND)
    slot = SLOT_SECONDS * SECOND
    quiet.run_until((quiet.now // slot + 1) * slot + SECOND)
    read = Cluster.restore(unpack(pack(quiet.snapshot())))
    before = asked(read)
    for cluster in (quiet, read):
        deployment = cluster.store.list(kinds.DEPLOYMENTS, namespace)[0]
        name = deployment["metadata"]["name"]
        renamed = {**deployment, "metadata": {"name": f"{name}-too", "namespace": namespace}}
        ask(cluster, "create", kinds.DEPLOYMENTS, namespace=namespace, body=renamed)
    parts, found, imagined, edges = asked(read)
    assert {part.name for part in parts} == {part.name for part in before[0]} | {f"{name}-too"}
    assert found[f"{name}-too"] == found[name]
    assert len(imagined) == len(before[2]) + 1
    assert {(edge.caller, edge.called) for edge in edges} >= {
        (edge.caller, edge.called) for edge in before[3]
    }
    for _ in range(3):
        assert pack(read.snapshot()) == pack(quiet.snapshot())  # nobody sees that somebody asked
        for cluster in (quiet, read):
            cluster.run_until(cluster.now + 4 * SECOND)
        asked(read)
    assert told(read) == told(quiet)
