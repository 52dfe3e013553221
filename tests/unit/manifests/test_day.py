"""A tenant that is sized right and has no fault keeps its promise: a working day with its demand.

In process and warped. What of a lost node a single database costs is measured here, too.
"""

from typing import Any

import pytest

from ecp.kube.kinds import BUILT_IN, PODS
from ecp.manifests import ALL, TenantSpec, generate, priced_kinds, provider
from ecp.manifests.ground import ground
from ecp.manifests.platform import platform
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.workloads.costing import plan
from ecp.workloads.demand import TenantDemand
from ecp.workloads.offers import offers
from ecp.workloads.presets import preset
from ecp.workloads.sizing import size

HOUR = 3600 * SECOND
# Monday, 2026-01-05, 00:00 in Seoul.
MIDNIGHT = 1_767_538_800 * SECOND
NAMESPACE = "acme-ecp-ai"
OFFERED = {"default": {"t4": 12}, "large": {"l40s": 24}}
RESOURCES = {(kind.api_version, kind.kind): kind.resource for kind in BUILT_IN.kinds}


def started(demand: TenantDemand, model: str = "default", now: int = MIDNIGHT) -> Cluster:
    """Return a cluster to which the tenant was deployed, with its demand, half an hour ago."""
    spec = TenantSpec("acme", demand)
    if model in OFFERED:
        cluster = Cluster.create(clusters.model(model), seed=1, now=now)
        objects = generate(spec, size(demand, offered=OFFERED[model])).objects
    else:
        # On what the provider would have to be paid for, with all that its clusters want.
        place, include = provider(model), ALL | {"priority"}
        sizing = size(demand, kinds=priced_kinds(model))
        bought = clusters.check(ground(plan(sizing, offers()[model]), place))
        cluster = Cluster.create(bought, seed=1, now=now)
        made = [obj for obj in platform(place) if obj["kind"] == "PriorityClass"]
        objects = (*made, *generate(spec, sizing, model, include=include).objects)
    for obj in objects:
        resource = RESOURCES.get((obj["apiVersion"], obj["kind"]))
        if resource is not None:
            namespace = obj["metadata"].get("namespace", "")
            cluster.submit(Request("create", resource, namespace, body=obj, manager="ecp"))
    body = {"namespace": NAMESPACE, "demand": dict(demand.items())}
    cluster.submit(Request("track", "tenants", name="acme", body=body))
    cluster.run_until(cluster.now + HOUR // 2)
    return cluster


def report(cluster: Cluster, period: str = "24h") -> dict[str, Any]:
    cluster.flows.close()
    found = cluster.accounts.report("acme", {}, period, cluster.now // SECOND)
    assert found is not None
    return found.to_json()


@pytest.mark.parametrize(
    ("demand", "model"),
    [
        pytest.param(preset("micro").template, "ncp", id="micro, on the machines that it buys"),
        pytest.param(preset("small").template, "aws", id="small, on the machines that it buys"),
        pytest.param(preset("medium").template, "gcp", id="medium, on the machines that it buys"),
        pytest.param(preset("large").template, "iaas", id="large, on the machines that it buys"),
        pytest.param(TenantDemand(callbot=10, chatbot=50, advisor=5), "default", id="10/50/5"),
        pytest.param(TenantDemand(chatbot=1), "default", id="one user of a chatbot"),
        pytest.param(TenantDemand(callbot=1), "default", id="one channel"),
        pytest.param(TenantDemand(stt=30), "default", id="speech recognition only"),
        pytest.param(TenantDemand(ta=500, qa=200), "default", id="analysis only"),
        pytest.param(TenantDemand(2, 10, 2, 5, 5, 50, 20), "default", id="all seven"),
        pytest.param(TenantDemand(chatbot=20_000), "large", id="twenty thousand users"),
    ],
)
def test_a_working_day_without_a_fault_is_kept(demand: TenantDemand, model: str) -> None:
    cluster = started(demand, model)
    waiting = [
        pod["metadata"]["name"]
        for pod in cluster.store.list(PODS)
        if pod["metadata"]["namespace"] == NAMESPACE and pod["status"]["phase"] != "Running"
    ]
    assert waiting == []
    cluster.run_until(MIDNIGHT + 24 * HOUR)
    body = report(cluster)
    assert body["uptime_percentage"] == 100
    assert body["downtime_seconds"] == 0
    # Lines are sized so that few find them all busy, not none (a thousandth in the busy hour), and
    # autoscalers end pods with calls.
    asked = body["requests"]
    assert asked["total"] > 0
    bad = asked["total"] - asked["good"]
    assert bad <= 1 or bad * 10_000 <= asked["total"]
    assert body["status"] == "meeting"
    assert body["incidents"] == []


@pytest.mark.parametrize(
    ("workload", "least", "most"),
    [
        pytest.param("postgresql", 350, 400, id="a database whose disk has to follow"),
        pytest.param("vectordb", 350, 400, id="an index whose disk has to follow"),
        pytest.param("redis", 80, 120, id="a cache that may move at once"),
        pytest.param("tts", 5, 50, id="what has a spare: until the node is known to be dead"),
    ],
)
def test_what_a_lost_node_costs(workload: str, least: int, most: int) -> None:
    demand = TenantDemand(callbot=10, chatbot=50, advisor=5)
    cluster = started(demand, now=MIDNIGHT + 9 * HOUR)
    node = next(
        pod["spec"]["nodeName"]
        for pod in cluster.store.list(PODS)
        if pod["metadata"]["name"].startswith(f"{workload}-")
    )
    cluster.submit(
        Request("fault", "faults", body={"fault": "node_down", "target": f"node/{node}"})
    )
    cluster.run_until(cluster.now + HOUR // 2)
    body = report(cluster)
    assert least <= body["downtime_seconds"] <= most
    assert len(body["incidents"]) == 1
    assert body["incidents"][0]["causes"][0] == {"kind": "fault", "id": "f1"}
    said = [why for why in size(demand).workloads[workload].why if why.rule == "single"]
    assert [int(why.values["seconds"]) for why in said] == ([least] if least > 5 else [])
