"""Customers who do not get in, and callers of whom each node sends elsewhere."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.traffic.evaluation import evaluate
from ecp.sim.traffic.model import Link, Node, Offer, Seen, Strain, Work
from ecp.sim.traffic.serving import alone_with

NOTHING = Seen()
WORK = Work("request", False, 0.1, 1.0, 0.0, 4, 30.0, 10.0, 1e6, 0.0, 0.0)


def node(name: str = "web", *, entry: bool = True, **more: Any) -> Node:
    row = Node(
        name, 2, (Strain(), Strain()), NOTHING, NOTHING, None, 2, 0, 0, 0, None, entry, 0, ()
    )
    return row._replace(**more)


def test_without_an_ingress_that_is_served_no_customer_gets_in() -> None:
    gate = Seen("no-ingress", "a1")
    (found,) = evaluate([node(gate=gate)], [Offer(0.0, 10.0)], bad_ratio_ppm=100_000)
    assert (found.state, found.bad, found.entered) == ("D", 1_000_000, 50_000_000)
    assert found.shares[0].seen == gate


def test_what_others_call_there_is_served_all_the_same() -> None:
    nodes = [
        node("web", gate=Seen("no-ingress", "a1")),
        node("bot", links=(Link(0, 0.0, 1.0, "web"),)),
    ]
    web, bot = evaluate(nodes, [Offer(0.0, 10.0), Offer(0.0, 30.0)], bad_ratio_ppm=100_000)
    assert web.bad == 250_000
    assert web.offered == 200_000_000
    assert (web.state, bot.state) == ("D", "D")


def test_at_night_the_probe_finds_the_gate_shut_too() -> None:
    (found,) = evaluate([node(gate=Seen("no-ingress"))], [Offer(0, 0)], bad_ratio_ppm=100_000)
    assert found.state == "D"


@pytest.mark.parametrize(
    ("shares", "refused"),
    [
        pytest.param((), False, id="two pods that get one half each have room"),
        pytest.param((500_000, 500_000), False, id="also where that follows from their nodes"),
        pytest.param((950_000, 50_000), True, id="a pod that gets nearly all has not"),
    ],
)
def test_a_pod_has_to_do_what_its_callers_send_it(shares: tuple[int, ...], refused: bool) -> None:
    row = node(work=WORK, lost=0 if shares else -1, shares=shares)
    # Four servers a pod, a tenth of a second a request: 40 a second are what one pod can do.
    assert (alone_with(row, Offer(0.0, 60.0)).overload > 0.1) is refused


def test_equal_shares_are_as_good_as_none() -> None:
    even = alone_with(node(work=WORK), Offer(0.0, 60.0))
    said = alone_with(node(work=WORK, lost=0, shares=(500_000, 500_000)), Offer(0.0, 60.0))
    assert said == pytest.approx(even)


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause="a1")


def asked(ingress_class: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the state of a chatbot whose customers come by an Ingress of a class, and why."""
    cluster = Cluster.create(seed=1)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    labels = {"app": "chatbot"}
    container = {"name": "c", "image": "nginx:1", "ports": [{"containerPort": 80}]}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    body = {
        "metadata": {"name": "chatbot", "labels": {"ecp.ai/profile": "chatbot"}},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod},
    }
    ask(cluster, "create", kinds.DEPLOYMENTS, namespace="t", body=body)
    service = {
        "metadata": {"name": "chatbot"},
        "spec": {"selector": labels, "ports": [{"port": 80}]},
    }
    ask(cluster, "create", kinds.SERVICES, namespace="t", body=service)
    if ingress_class is not None:
        backend = {"service": {"name": "chatbot", "port": {"number": 80}}}
        ingress = {
            "metadata": {"name": "door"},
            "spec": {"ingressClassName": ingress_class, "defaultBackend": backend},
        }
        ask(cluster, "create", kinds.INGRESSES, namespace="t", body=ingress)
    ask(
        cluster,
        "track",
        "tenants",
        name="t",
        body={"namespace": "t", "demand": {"chatbot": 1}},
    )
    cluster.run_until(cluster.now + 60 * SECOND)
    (found,) = cluster.flows.now("t")
    assert found.entry
    return found.state, tuple(share.seen.reason for share in found.shares if share.ppm > 500_000)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param(None, ("U", ()), id="without an Ingress they come in a way of their own"),
        pytest.param("nginx", ("U", ()), id="the controller of the class leads them in"),
        pytest.param("kong", ("D", ("no-ingress",)), id="nobody leads them in"),
    ],
)
def test_customers_of_a_tenant_come_by_its_ingress(
    name: str | None, said: tuple[str, tuple[str, ...]]
) -> None:
    assert asked(name) == said
