"""Names as callers feel them: search lists, answers that are kept, answers that are lost."""

from math import log
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack
from ecp.sim.telemetry.ledger import chain
from ecp.sim.traffic.evaluation import evaluate
from ecp.sim.traffic.model import (
    LATENCY_LIMITS,
    MILLION,
    Link,
    Names,
    Node,
    Offer,
    Result,
    Seen,
    Strain,
    Work,
)
from ecp.workloads.resolving import Resolver, lookup

SLOT = 5 * SECOND
CALLS = 20_000
NOTHING = Seen()
WORK = Work("request", False, 0.05, 1.0, 0.0, 64, 6.0, 10.0, 1e6, 0.0, 0.0)


def node(name: str, *, entry: bool, links: tuple[Link, ...] = ()) -> Node:
    return Node(name, 1, (Strain(),), NOTHING, NOTHING, None, 1, 0, 0, 0, WORK, entry, 0, links)


def named(lost: float, *, silent: float = 0.0, kept: float = 0.0) -> Names:
    found = lookup(Resolver(lost=lost, timeout=1.0), 2, silent)
    return Names(*found, kept, 0.0, Seen("name-lost", "f1", "", "db"))


def caller(names: Names, rate: float = 4.0) -> Result:
    nodes = [
        node("web", entry=True, links=(Link(1, 0.0, 1.0, "db", names=names),)),
        node("db", entry=False),
    ]
    return evaluate(nodes, [Offer(0, rate), Offer(0, 0)], bad_ratio_ppm=100_000)[0]


def one_by_one(lost: float, silent: float, kept: float, rate: float) -> tuple[float, list[float]]:
    """Share of requests that fail, and the times of the others: each looks a name up, if it must.

    Servers are so many that nobody waits for one.
    """
    unit = Chance(7).unit
    at = until = 0.0
    failing, times = 0, []
    for n in range(CALLS):
        at -= log(1 - unit("a", n)) / rate
        took = -0.05 * (log(1 - unit("s", n)) + log(1 - unit("t", n)))
        well = True
        if at >= until:
            for name in range(2):
                well = well and unit(f"e{name}", n) >= silent
                for attempt in range(2):
                    pair = [unit(f"q{name}{attempt}{of}", n) >= lost for of in "46"]
                    if all(pair):
                        break
                    took += 1.0
                else:
                    well = False
            if well:
                until = at + kept
        if well and took <= WORK.patience:
            times.append(took)
        else:
            failing += 1
    return failing / CALLS, times


@pytest.mark.parametrize(
    ("lost", "silent", "kept", "rate"),
    [
        pytest.param(0.1, 0.0, 0.0, 4.0, id="every call looks the name up, and questions get lost"),
        pytest.param(0.2, 0.25, 0.5, 4.0, id="one server of four is silent, answers are kept"),
    ],
)
def test_calls_take_as_long_as_those_that_are_made_one_by_one(
    lost: float, silent: float, kept: float, rate: float
) -> None:
    failing, times = one_by_one(lost, silent, kept, rate)
    found = caller(named(lost, silent=silent, kept=kept), rate)
    assert found.bad / MILLION == pytest.approx(failing, abs=0.005)
    assert found.mean_us / 1e6 == pytest.approx(sum(times) / len(times), rel=0.02)
    for limit in (500, 3000):
        share = sum(one <= limit / 1000 for one in times) / CALLS
        place = LATENCY_LIMITS.index(limit)
        assert found.within[place] / MILLION == pytest.approx(share, rel=0.02)


def test_who_waits_longer_than_its_caller_is_late_because_of_the_name() -> None:
    slow = named(0.3)._replace(stall=20.0, seen=Seen("name-slow", "f1", "", "db"))
    share = next(share for share in caller(slow).shares if share.kind == "late")
    assert (share.kind, share.seen) == ("late", Seen("name-slow", "f1", "", "db"))


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> Any:
    return cluster.submit(Request(verb, resource, **fields), cause="a1")


def deploy(cluster: Cluster, space: str, name: str, replicas: int, port: int, **spec: Any) -> None:
    labels = {"app": name}
    container = {"name": "c", "image": "example/app:1", "ports": [{"containerPort": port}]}
    env = spec.pop("env", None)
    container |= {"env": env} if env else {}
    container |= {"resources": {"requests": {"cpu": "4", "memory": "8Gi"}}} if env else {}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container], **spec}}
    body = {"metadata": {"name": name}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}}  # fmt: skip
    ask(cluster, "create", kinds.DEPLOYMENTS, namespace=space, body=body)


def serve(cluster: Cluster, space: str, name: str, app: str, port: int) -> None:
    body = {"metadata": {"name": name}, "spec": {"selector": {"app": app}, "ports": [
        {"port": port}]}}  # fmt: skip
    ask(cluster, "create", kinds.SERVICES, namespace=space, body=body)


def started(
    *, dns: dict[str, Any] | None = None, servers: int = 0, doors: tuple[str, ...] = (), **spec: Any
) -> Cluster:
    """Return a cluster of a chatbot that calls `db`; with CoreDNS of so many pods as objects, and
    *doors* through which its customers come."""
    model = clusters.model("default")
    plane = {**model["dataPlane"], "dns": {**model["dataPlane"]["dns"], **(dns or {})}}
    cluster = Cluster.create(clusters.check({**model, "dataPlane": plane}), seed=1)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    deploy(cluster, "t", "db", 1, 5432)
    serve(cluster, "t", "db", "db", 5432)
    deploy(cluster, "t", "chatbot", 2, 80, env=[{"name": "DB_HOST", "value": "db:5432"}], **spec)
    serve(cluster, "t", "chatbot", "chatbot", 80)
    for door in doors:
        deploy(cluster, "t", door, 1, 80)
        serve(cluster, "t", door, door, 80)
    if servers:
        deploy(cluster, "kube-system", "coredns", servers, 53)
        serve(cluster, "kube-system", "kube-dns", "coredns", 53)
    ask(cluster, "track", "tenants", name="t", body={"namespace": "t", "demand": {"chatbot": 600}})
    # Monday, ten o'clock in Seoul: customers ask.
    cluster.run_until(cluster.now + 3600 * SECOND)
    cluster.run_until((cluster.now // SLOT + 1) * SLOT)
    return cluster


def met(cluster: Cluster, name: str = "chatbot") -> Result:
    return next(row for row in cluster.flows.now("t") if row.name == name)


def bad(cluster: Cluster, slots: int) -> list[int]:
    found = []
    for _ in range(slots):
        cluster.run_until(cluster.now + SLOT)
        found.append(met(cluster).bad)
    return found


def unname(cluster: Cluster, workload: str = "chatbot", **more: Any) -> None:
    wish = {"fault": "dns_failure", "target": f"deployment/{workload}", "namespaces": ["t"], **more}
    ask(cluster, "fault", "faults", body=wish)


def test_names_that_are_not_answered_fail_calls_as_answers_from_before_run_out() -> None:
    cluster = started()
    assert met(cluster).bad == 0
    unname(cluster)
    found = bad(cluster, 8)
    assert found == sorted(found)
    assert 0 < found[0] < 500_000 < found[4] < found[-1] == 1_000_000
    [share] = met(cluster).shares
    assert (share.kind, share.seen) == ("dependency", Seen("name-lost", "f1", "", "db"))
    cluster.run_until(cluster.now + 200 * SECOND)
    assert met(cluster).bad == 0


@pytest.mark.parametrize(
    ("door", "asks_for", "host"),
    [
        pytest.param("nginx", "api-gateway", "api-gateway", id="a door looks up the next one"),
        pytest.param("api-gateway", "chatbot", "chatbot", id="and the last one whom it is for"),
    ],
)
def test_a_door_looks_up_whom_it_passes_requests_on_to(door: str, asks_for: str, host: str) -> None:
    cluster = started(doors=("nginx", "api-gateway"))
    others = {"patterns": "db"}
    unname(cluster, door, parameters=others)  # not what it asks for
    unname(cluster, "chatbot", parameters={"patterns": asks_for})  # nor who is asked by a door
    assert bad(cluster, 8)[-1] == 0
    unname(cluster, door, parameters={"patterns": asks_for})
    assert bad(cluster, 8)[-1] == 1_000_000
    [share] = met(cluster).shares
    assert (share.seen, share.via) == (Seen("name-lost", "f3", "", host), door)
    fault = cluster.faults.find("f3")
    assert fault is not None
    assert fault.verdict(cluster.now) == "confirmed"


@pytest.mark.parametrize(
    ("dns", "least"),
    [
        pytest.param({"kept": "0s"}, 1_000_000, id="who keeps no answer fails at once"),
        pytest.param({"nodeLocal": True}, 0, id="a cache on the node answers for longer"),
    ],
)
def test_how_long_names_last_is_what_the_model_says(dns: dict[str, Any], least: int) -> None:
    cluster = started(dns=dns)
    unname(cluster)
    found = bad(cluster, 7)
    assert found[0] >= least
    assert (found[-1] == 1_000_000) is (least > 0)


def test_without_coredns_no_call_by_name_gets_anywhere_and_the_fault_is_named() -> None:
    cluster = started(servers=2)
    assert met(cluster).bad == 0
    ask(cluster, "fault", "faults", body={
        "fault": "service_down", "target": "deployment/coredns", "namespaces": ["kube-system"],
        "duration": "10m"})  # fmt: skip
    found = bad(cluster, 9)
    assert found[0] < found[-1] == 1_000_000
    middle = unpack(pack(cluster.snapshot()))
    for told in (cluster, Cluster.restore(middle)):
        [share] = met(told).shares
        assert (share.kind, share.seen.reason, share.seen.cause) == (
            "dependency", "name-lost", "f1")  # fmt: skip
        ways = chain(told.flows.now("t"))
        assert [(result.name, part.seen.cause) for result, part in ways] == [("chatbot", "f1")]
        told.run_until(told.now + 700 * SECOND)
        assert met(told).bad == 0


def test_a_silent_server_fails_its_part_of_the_lookups_until_it_is_left_out() -> None:
    cluster = started(servers=2, dns={"kept": "0s"})
    pods = cluster.read.list(kinds.PODS, "kube-system")
    node = next(pod["spec"]["nodeName"] for pod in pods)
    others = [pod["spec"]["nodeName"] for pod in cluster.read.list(kinds.PODS, "t")]
    assert node not in others
    ask(cluster, "fault", "faults", body={
        "fault": "node_down", "target": f"node/{node}", "duration": "10m"})  # fmt: skip
    [first, *later] = bad(cluster, 20)
    assert first == 500_000
    assert later[-1] == 0


@pytest.mark.parametrize(
    ("spec", "longer"),
    [
        pytest.param({}, 5.0, id="five seconds are lost with an answer"),
        pytest.param(
            {"dnsConfig": {"options": [{"name": "timeout", "value": "1"}]}}, 1.0,
            id="or as many as the pod says",
        ),
    ],
)  # fmt: skip
def test_lost_answers_make_calls_slow(spec: dict[str, Any], longer: float) -> None:
    well = met(started(dns={"kept": "0s"}, **spec))
    lost = met(started(dns={"kept": "0s", "lostPerMillion": 50_000}, **spec))
    assert lost.mean_us - well.mean_us == pytest.approx(0.0975 * longer * 1e6, rel=0.15)


def test_packets_that_a_caller_s_line_loses_are_questions_as_well() -> None:
    cluster = started(dns={"kept": "0s"})
    body = {"fault": "network_loss", "target": "deployment/chatbot", "namespaces": ["t"],
            "parameters": {"loss_percent": 10}}  # fmt: skip
    ask(cluster, "fault", "faults", body=body)
    cluster.run_until(cluster.now + SLOT)
    found = met(cluster)
    share = next(part for part in found.shares if part.seen.reason == "name-lost")
    assert share.seen.cause == "f1"
    # A question and its answer, of both kinds of addresses, and both attempts.
    assert share.ppm / 1e6 == pytest.approx((1 - 0.9**4) ** 2, rel=0.1)
