"""Who is in danger is said in one way: the word and the budget beside it, wherever one looks."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ecp.cli.levels import report_lines
from ecp.cli.words import sla as in_a_row
from ecp.orchestrator.releases import routes
from ecp.orchestrator.streams.model import frame
from ecp.slo.budget import BESIDE, beside

from .test_tenants import BODY, CLOCK, NAMESPACE, TENANT, Client, deploy, serving

FAULT = {"fault": "service_down", "target": f"{NAMESPACE}/deployment/nlp"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        yield client


def warp(client: Client, by: str, cluster: str = "default") -> None:
    """Let a paused cluster's time pass."""
    clock = CLOCK.replace("default", cluster)
    client.post(clock, json={"action": "warp", "to": f"+{by}"})
    while client.get(clock).json()["warping_to"] is not None:
        client.rest()


def fail(client: Client, cluster: str, duration: str, passes: str) -> None:
    asked = client.post(f"/api/v1/clusters/{cluster}/faults", json={**FAULT, "duration": duration})
    assert asked.status_code == 201
    warp(client, passes, cluster)


def status_of(report: dict[str, Any]) -> dict[str, Any] | None:
    """What `/status` of the orchestrator says of a tenant of which its simulator reports this."""

    class Port:
        async def sla(self, tenant: str, period: str) -> dict[str, Any]:
            assert period == "24h"
            return report

    house: Any = SimpleNamespace(simulator=lambda mode: Port())
    return asyncio.run(routes._sla(house, "production", "acme"))


def said(client: Client) -> tuple[str, dict[str, Any] | None]:
    """Return the word and the budget of acme, which all who say them agree on."""
    report = client.get(f"{TENANT}/sla", params={"period": "24h"}).json()
    state = client.get(TENANT).json()
    (row,) = client.get("/sla/status").json()["tenants"]
    found = {
        "tenant": (state["sla"]["status"], beside(state["sla"])),
        "guide": _told(client.get("/api/v1/metrics/acme").json()["sla_data"]),
        "monitoring": _told(row),
        "list": _told(client.get("/api/v1/metrics").json()["tenants"][0]["sla_data"]),
        "stream": _told(frame("acme", state, 1)["sla_data"]),
        "status": _told(status_of(report) or {}),
    }
    word, budget = report["status"], beside(report)
    assert found == dict.fromkeys(found, (word, budget))
    assert row["cluster"] == "default"
    # On a terminal: the same figures of a table's row and of the report.
    line = next((line for line in report_lines(report) if line.startswith("error budget")), "")
    if budget is None:
        assert line.split()[2:] in ([], ["-"])
    else:
        left = f"{abs(budget['remaining_seconds']) / 60:.2f} min"
        over = budget["remaining_seconds"] < 0
        for shown in (line, in_a_row(status_of(report))):
            assert left in shown
            assert ("overspent" in shown) == over
        assert set(budget) == set(BESIDE)
        assert over == (word == "breached") == bool(report["error_budget"]["overspent_since"])
    return word, budget


def _told(row: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    return row["status"], row["error_budget"]


def test_a_word_and_the_budget_beside_it_are_the_same_everywhere(client: Client) -> None:
    deploy(client, {"chatbot": 8081, "nlp": 8085})
    client.put(TENANT, json=BODY)
    assert said(client) == ("no_data", None)
    warp(client, "2h")
    word, budget = said(client)
    assert (word, budget and budget["consumed_seconds"]) == ("meeting", 0)
    fork = client.post("/api/v1/clusters/default/fork", json={"name": "z-fork"}).json()
    assert fork["forked_from"] == "default"
    fail(client, "z-fork", "30m", "1m")
    # A fork is another cluster: what fails there is not the tenant's, nor does it hide it.
    assert said(client)[0] == "meeting"
    everywhere = client.get("/api/v1/metrics").json()["tenants"]
    assert [(row["cluster"], row["forked_from"]) for row in everywhere] == [
        ("default", None),
        ("z-fork", "default"),
    ]
    fail(client, "default", "30s", "2m")
    assert said(client)[0] == "at_risk"
    fail(client, "default", "10m", "12m")
    word, budget = said(client)
    assert word == "breached"
    stopped = {**BODY, "service_hours": "never", "load": {"chatbot": 0}}
    assert client.put(TENANT, json=stopped).status_code == 200
    warp(client, "10m")
    # Off duty nothing more is lost, and what was is not forgotten.
    assert said(client)[0] == "breached"
