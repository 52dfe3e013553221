"""Generated tenants on the simulated cluster: they boot, serve a day, and survive a zone."""

import pytest

from ecp.rehearsal.rehearse import Rehearsal, rehearse
from ecp.sim.engine.engine import SECOND
from ecp.workloads.demand import TenantDemand
from ecp.workloads.presets import preset

from .made import made

HOUR = 3600 * SECOND


def tried(demand: TenantDemand, *faults: str, hours: int = 24, **rest: str) -> Rehearsal:
    return rehearse(made(demand, **rest).text, for_ns=hours * HOUR, faults=faults)


def test_the_example_tenant_boots_fully_and_serves_a_day() -> None:
    found = tried(TenantDemand(callbot=10, chatbot=50, advisor=5))
    body = found.to_json()
    assert found.exit_code == 0
    assert body["verdict"]["causes"] == []
    assert body["deploy"]["refused"] == []
    assert body["deploy"]["not_simulated"] == []
    assert len(body["startup"]["workloads"]) == 13
    assert 0 < body["startup"]["seconds"] < 300
    assert body["calls"] == {"refused": [], "outside": []}
    assert body["sla"]["bundle"]["sla"]["uptime_percentage"] == 100.0


@pytest.mark.parametrize("name", ["micro", "small"])
def test_presets_that_fit_the_default_cluster_boot(name: str) -> None:
    assert tried(preset(name).template, hours=1).exit_code == 0


def test_every_workload_with_a_spare_is_on_several_zones_and_survives_one() -> None:
    found = tried(TenantDemand(callbot=10, chatbot=50, advisor=5), "zone_down@2h")
    body = found.to_json()
    assert found.exit_code == 0
    for level in body["sla"]["workloads"]:
        if level["workload"].partition("/")[2] not in ("postgresql", "vectordb", "redis"):
            # Until the node is known to be dead, 50 s at most.
            assert level["sla"]["downtime_seconds"] <= 50


def test_a_tenant_that_needs_more_gpus_than_there_are_does_not_start_and_says_so() -> None:
    found = tried(preset("medium").template, hours=1, gpu_type="t4")
    body = found.to_json()
    assert found.exit_code == 6
    troubles = [(row["object"], row["cause"]) for row in body["startup"]["troubles"]]
    assert troubles == [("deployment/tts", "unschedulable")]
    assert "Insufficient nvidia.com/gpu" in body["startup"]["troubles"][0]["text"]
