"""A tenant whose demand is a figure that another system tells."""

from typing import Any

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack

MINUTE = 60 * SECOND
SHAPE = {"follow": {"callbot": {"metric": "calls", "unit": "per-minute", "hold": "10m"}}}


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause="a1")


def tell(cluster: Cluster, value: Any) -> None:
    told = {"source": "pbx", "metrics": {"calls": value, "revenue": 9}}
    ask(cluster, "tell", "tenants", name="t", body=told)


def started() -> Cluster:
    """Return a cluster with a callbot that is followed at night, when nobody calls by itself."""
    cluster = Cluster.create(seed=1)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    labels = {"app": "callbot"}
    container = {"name": "c", "image": "nginx:1", "ports": [{"containerPort": 80}]}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    body = {"metadata": {"name": "callbot"}, "spec": spec}
    ask(cluster, "create", kinds.DEPLOYMENTS, namespace="t", body=body)
    ports = {"selector": labels, "ports": [{"port": 80}]}
    ask(
        cluster,
        "create",
        kinds.SERVICES,
        namespace="t",
        body={"metadata": {"name": "callbot"}, "spec": ports},
    )
    followed = {"namespace": "t", "demand": {"callbot": 1}, "shape": SHAPE}
    ask(cluster, "track", "tenants", name="t", body=followed)
    cluster.run_until(cluster.now + 17 * MINUTE)
    return cluster


def asked(cluster: Cluster) -> float:
    """Return the requests a minute of the slot that runs."""
    [found] = cluster.flows.now("t")
    return found.offered * 12 / 1_000_000


def test_what_another_system_tells_is_asked_from_the_next_slot_on() -> None:
    cluster = started()
    before = asked(cluster)
    cluster.run_until(cluster.now + 2 * SECOND)
    tell(cluster, 6)
    middle = unpack(pack(cluster.snapshot()))
    for told in (cluster, Cluster.restore(middle)):
        assert asked(told) == before
        told.run_until(told.now + 5 * SECOND)
        # Six calls of twenty turns each, whatever the hour and the units are.
        assert asked(told) == 120 != before
        [reason] = told.flows.reasons("t")["callbot"]
        assert (reason.kind, reason.name) == ("followed", "calls")
        tell(told, 3)
        told.run_until(told.now + 5 * SECOND)
        assert asked(told) == 60
        told.run_until(told.now + 11 * MINUTE)
        assert asked(told) == before
        assert told.flows.reasons("t")["callbot"] == []


def test_what_is_no_number_is_nobody_s_demand() -> None:
    cluster = started()
    before = asked(cluster)
    for value in ("many", True, None, -1):
        tell(cluster, value)
        cluster.run_until(cluster.now + 5 * SECOND)
        assert asked(cluster) == before
