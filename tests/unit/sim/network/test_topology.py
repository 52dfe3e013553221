"""Which endpoints the proxy of a node chooses from, and what callers on several nodes get."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.network.endpoints import Endpoint
from ecp.sim.network.topology import is_even, spread

# cpu-1 is in zone kr-1a, cpu-2 in kr-1b, cpu-3 in kr-1c, cpu-4 in kr-1a again.
ZONES = {"cpu-1": "kr-1a", "cpu-2": "kr-1b", "cpu-3": "kr-1c", "cpu-4": "kr-1a"}


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster.create(seed=1)


def on(*nodes: str, hints: str = "") -> list[Endpoint]:
    return [
        Endpoint(
            f"10.0.0.{number}",
            80,
            ("t", f"p{number}"),
            f"u{number}",
            node,
            (ZONES[node],) if hints else (),
            (node,) if hints == "node" else (),
        )
        for number, node in enumerate(nodes)
    ]


def service(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "t", "name": "s"}, "spec": {"type": "ClusterIP", **spec}}


@pytest.mark.parametrize(
    ("spec", "endpoints", "callers", "outside", "shares"),
    [
        pytest.param(
            {}, on("cpu-1", "cpu-2"), {"cpu-3": 5}, False, (0.5, 0.5), id="all, without a policy"
        ),
        pytest.param(
            {"internalTrafficPolicy": "Local"},
            on("cpu-1", "cpu-2"),
            {"cpu-1": 3, "cpu-2": 1},
            False,
            (0.75, 0.25),
            id="with a local policy each node its own",
        ),
        pytest.param(
            {"internalTrafficPolicy": "Local"},
            on("cpu-1", "cpu-2"),
            {"cpu-1": 1, "cpu-3": 1},
            False,
            (0.5, 0.0),
            id="and what comes from a node without one goes nowhere",
        ),
        pytest.param(
            {"internalTrafficPolicy": "Local", "type": "LoadBalancer"},
            on("cpu-1", "cpu-2"),
            {"cpu-1": 1},
            True,
            (0.5, 0.5),
            id="the internal policy is nothing to customers",
        ),
        pytest.param(
            {"externalTrafficPolicy": "Local", "type": "LoadBalancer"},
            on("cpu-1", "cpu-1", "cpu-2"),
            {"cpu-1": 1, "cpu-2": 1},
            True,
            (0.25, 0.25, 0.5),
            id="nodes to which a load balancer sends get equal parts, whatever they have",
        ),
        pytest.param(
            {"externalTrafficPolicy": "Local", "type": "LoadBalancer"},
            on("cpu-1", "cpu-1", "cpu-2"),
            {"cpu-1": 1, "cpu-2": 1, "cpu-3": 1, "cpu-4": 1},
            True,
            (0.125, 0.125, 0.25),
            id="and what it sends to a node without one goes nowhere",
        ),
        pytest.param(
            {},
            on("cpu-1", "cpu-2", "cpu-4", hints="zone"),
            {"cpu-1": 1, "cpu-2": 1},
            False,
            (0.25, 0.5, 0.25),
            id="zone hints keep calls in their zone",
        ),
        pytest.param(
            {},
            on("cpu-1", "cpu-4", hints="zone"),
            {"cpu-2": 1},
            False,
            (0.5, 0.5),
            id="a zone without an endpoint uses all",
        ),
        pytest.param(
            {},
            on("cpu-1", "cpu-4", hints="node"),
            {"cpu-4": 1},
            False,
            (0.0, 1.0),
            id="node hints keep calls on their node",
        ),
        pytest.param(
            {},
            [*on("cpu-1", hints="zone"), *on("cpu-2")],
            {"cpu-1": 1},
            False,
            (0.5, 0.5),
            id="one endpoint without a hint, and none counts",
        ),
    ],
)
def test_shares_of_connections(
    cluster: Cluster,
    spec: dict[str, Any],
    endpoints: list[Endpoint],
    callers: dict[str, int],
    outside: bool,
    shares: tuple[float, ...],
) -> None:
    found = spread(cluster.read, service(**spec), endpoints, callers, outside=outside)
    assert found == pytest.approx(shares)


@pytest.mark.parametrize(
    ("spec", "hints", "even"),
    [
        pytest.param({}, "", True, id="nothing is said"),
        pytest.param({"internalTrafficPolicy": "Local"}, "", False, id="internal Local"),
        pytest.param({"externalTrafficPolicy": "Local"}, "", False, id="external Local"),
        pytest.param({}, "zone", False, id="hints"),
        pytest.param({"clusterIP": "None"}, "zone", True, id="headless: no proxy takes part"),
    ],
)
def test_where_it_is_all_one(spec: dict[str, Any], hints: str, even: bool) -> None:
    assert is_even(service(**spec), on("cpu-1", "cpu-2", hints=hints)) is even


def test_nodes_of_the_model_are_in_the_zones_of_these_tests(cluster: Cluster) -> None:
    for name, zone in ZONES.items():
        node = cluster.store.get(kinds.NODES, "", name)
        assert node is not None
        assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == zone


STICKY = {"sessionAffinity": "ClientIP"}


def test_with_session_affinity_every_caller_keeps_to_one_endpoint(cluster: Cluster) -> None:
    rows = on("cpu-1", "cpu-2", "cpu-3", "cpu-4")
    assert not is_even(service(**STICKY), rows)

    def shares(endpoints: list[Endpoint], **callers: int) -> tuple[float, ...]:
        of = {name.replace("_", "-"): count for name, count in callers.items()}
        return spread(cluster.read, service(**STICKY), endpoints, of, outside=False)

    assert sorted(shares(rows, cpu_1=1)) == [0.0, 0.0, 0.0, 1.0]
    assert max(shares(rows, cpu_1=3, cpu_2=2)) >= 0.4, "few callers pile up"
    assert all(0.2 < share < 0.3 for share in shares(rows, cpu_1=600, cpu_2=600)), "many do not"
    left = rows[1:]
    before, after = shares(rows, cpu_1=40), shares(left, cpu_1=40)
    assert all(new >= old for old, new in zip(before[1:], after, strict=True)), "others stay"
    assert sum(after) == pytest.approx(1)


def test_customers_are_so_many_that_affinity_evens_out(cluster: Cluster) -> None:
    rows = on("cpu-1", "cpu-2")
    found = spread(
        cluster.read, service(type="LoadBalancer", **STICKY), rows, {"cpu-1": 1}, outside=True
    )
    assert found == (0.5, 0.5)
