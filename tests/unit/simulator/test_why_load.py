"""A slot in which lines are busy says what brought more callers than on a plain weekday."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.simulator.rest.why import explained
from ecp.slo.slots import SLOT_SECONDS
from ecp.texts import Language

# Monday, 2026-01-05, 10:00 in Seoul.
MORNING = 1_767_574_800 * SECOND
CAMPAIGN = {
    "name": "launch",
    "start": "2026-01-05T10:00:00+09:00",
    "end": "2026-01-05T12:00:00+09:00",
    "factor": 4,
}


@pytest.fixture(scope="module")
def busy() -> Cluster:
    """Ten channels on one pod of ten lines, four times as many callers."""
    cluster = Cluster.create(seed=1, now=MORNING)
    labels = {"app": "callbot"}
    container = {
        "name": "c",
        "image": "harbor.ecp-ai.com/ecp-ai/callbot:v1",
        "ports": [{"containerPort": 8080}],
        "resources": {"requests": {"cpu": "1100m", "memory": "2816Mi"}},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    deployment = {
        "metadata": {"name": "callbot"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }
    service = {
        "metadata": {"name": "callbot"},
        "spec": {"selector": labels, "ports": [{"port": 8080}]},
    }
    for resource, namespace, body in (
        (kinds.NAMESPACES, "", {"metadata": {"name": "t"}}),
        (kinds.DEPLOYMENTS, "t", deployment),
        (kinds.SERVICES, "t", service),
    ):
        cluster.submit(Request("create", resource, namespace, body=body), cause="a1")
    shape = {"campaigns": [CAMPAIGN]}
    body = {"namespace": "t", "demand": {"callbot": 10}, "shape": shape}
    cluster.submit(Request("track", "tenants", name="t", body=body), cause="a2")
    cluster.run_until(MORNING + 1800 * SECOND)
    cluster.flows.close()
    return cluster


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "more load than its pods can serve (campaign launch ×4)"), ("ko", "캠페인 launch ×4")],
)
def test_a_campaign_is_named_where_lines_are_busy(
    busy: Cluster, language: Language, words: str
) -> None:
    slot = busy.now // SECOND // SLOT_SECONDS - 1
    told = busy.accounts.ledgers["t"].told(slot)
    assert told is not None
    found: dict[str, Any] = explained(busy, "t", slot, told, language)
    assert found["state"] == "down"
    assert found["cause"]["kind"] == "load"
    assert words in found["cause"]["text"]
    assert words in found["sentence"]
    assert found["demand"] == {"callbot": [{"kind": "campaign", "name": "launch", "factor": 4.0}]}
    calls = found["requests"]["calls"]
    assert calls["answer_rate"] == pytest.approx(100 - found["requests"]["bad_percent"], abs=0.01)
    assert calls["cut_off"] == 0
