"""A rehearsal judges by a tenant's contract, slot by slot as the tenant's own ledger does."""

from functools import cache
from typing import Any

import pytest
from tests.unit.rehearsal.test_scenario import GROUND, HEAD, load, scenario

from ecp.orchestrator.records import Release, Tenant
from ecp.orchestrator.sla.model import followed
from ecp.rehearsal import html
from ecp.rehearsal.grounds import Kept
from ecp.rehearsal.outcome import Outcome, carried_out
from ecp.rehearsal.rehearse import rehearse
from ecp.rehearsal.run import Demand, Run
from ecp.rehearsal.scenario import ScenarioRefused, from_plain, parse
from ecp.sim.requests import Request
from ecp.sim.telemetry.accounts import objective_of
from ecp.sim.traffic import SLOT
from ecp.slo.kept import report_of
from ecp.slo.levels import rolled
from ecp.slo.report import Label
from ecp.slo.slots import SLOT_SECONDS
from ecp.slo.windows import Window

UNITS = {"chatbot": 300}
FAULT = "network_latency:chatbot@10m+10m"
HOUR = 3600
HOURS = {"service_hours": {"chatbot": "09:00-09:15"}}
"""The clock of a fresh cluster begins at nine in Seoul."""
SOON = {"response_time_ms": 300}
SENT = Release(1, "acme", 1, "d", "ready", {}, 0, 0)
LABEL = Label("acme")
_FIGURES = (
    "uptime_percentage", "availability", "uptime_seconds", "downtime_seconds", "off_duty_seconds",
    "requests", "response_time", "failure_count", "micro_outages", "error_budget",
)  # fmt: skip


def figures(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in _FIGURES}


@cache
def rehearsed(*contract: tuple[str, Any]) -> Outcome:
    said = dict(contract)
    if "service_hours" in said:
        said["service_hours"] = dict(said["service_hours"])
    demand = {"namespace": "acme", "units": UNITS, "contract": said}
    return carried_out(scenario(demand=demand, faults=[FAULT]))


def of(contract: dict[str, Any]) -> Outcome:
    plain = {name: tuple(v.items()) if isinstance(v, dict) else v for name, v in contract.items()}
    return rehearsed(*plain.items())


def lived(contract: dict[str, Any]) -> dict[str, Any]:
    """The same hour of a followed tenant, by its ledger; its closed minutes say the same."""
    tenant = Tenant("acme", "", "acme", None, UNITS, {"contract": contract}, 995_000, "", 1)
    told = followed(tenant, SENT)

    def go(run: Run) -> None:
        while run.stage in ("deploy", "startup"):
            run.proceed((run.cluster.now // SLOT + 1) * SLOT)
        run.cluster.submit(Request("track", "tenants", name="acme", body=told))
        run.proceed()

    found = rehearse(load("chatbot.yaml"), for_ns=HOUR * 10**9, faults=[FAULT], go=go).run
    assert found is not None
    cluster, first = found.cluster, found.born
    cluster.flows.close()
    objective = objective_of({**told["slo"], "period_seconds": HOUR})
    end = first * SLOT_SECONDS + HOUR
    window = Window.between(first * SLOT_SECONDS, end, label="")
    ledger = cluster.accounts.report_of("acme", objective, window, LABEL)
    rows, _ = cluster.accounts.minutes("acme", 0, 100, end + 120)
    minutes = [rolled(row.slot, row.body)[""].minute for row in rows]
    assert ledger is not None
    # Whole minutes are kept: those of the window's middle, and the ledger's report of the same.
    whole = Window.between(minutes[1].start * SLOT_SECONDS, minutes[-1].start * SLOT_SECONDS)
    inside = cluster.accounts.report_of("acme", objective, whole, LABEL)
    assert inside is not None
    kept = report_of(minutes, objective, whole, label=LABEL)
    assert figures(kept.to_json()) == figures(inside.to_json())
    return figures(ledger.to_json())


@pytest.mark.parametrize(
    "contract",
    [{}, SOON, HOURS, {**HOURS, **SOON}],
    ids=["round the clock", "answers that are late", "a quarter of an hour", "both"],
)
def test_a_rehearsal_and_a_ledger_give_equal_figures_on_the_same_minutes(
    contract: dict[str, Any],
) -> None:
    measures = of(contract).measures
    assert measures is not None
    assert figures(measures.levels[0].report.to_json()) == lived(contract)


@pytest.mark.parametrize(
    ("contract", "code", "down", "off_duty"),
    [
        ({}, 0, 0, 0),
        (SOON, 6, 600, 0),
        (HOURS, 0, 0, 2710),
        ({**HOURS, **SOON}, 6, 290, 2710),
    ],
    ids=["nothing promised", "late is down", "asleep when it is late", "late while on duty"],
)
def test_what_was_promised_decides(
    contract: dict[str, Any], code: int, down: int, off_duty: int
) -> None:
    found = of(contract)
    assert found.measures is not None
    seen = found.measures.levels[0].report.to_json()
    assert (found.exit_code, seen["downtime_seconds"], seen["off_duty_seconds"]) == (
        code,
        down,
        off_duty,
    )


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        ({}, "Judged by the contract: 99.5 %, on duty round the clock"),
        ({**HOURS, **SOON}, "99.5 %, on duty chatbot 09:00-09:15 (Asia/Seoul), answered within"),
    ],
)
def test_a_report_says_by_which_contract(contract: dict[str, Any], said: str) -> None:
    found = of(contract)
    assert said in found.to_text("en")
    assert said in html.render(found, "en")
    assert from_plain(found.to_json()["input"]).demand == found.scenario.demand


CONTRACT = "demand: {{namespace: acme, units: {{chatbot: 1}}, contract: {}}}\n"


@pytest.mark.parametrize(
    ("contract", "column", "key"),
    [
        ("{response_time_ms: 299}", 77, "scenario.contract"),
        ("{service_hours: {chatbot: soon}}", 84, "scenario.contract"),
        ("{timezone: Mars/Base}", 69, "scenario.contract"),
        ("{credits: {}}", 59, "scenario.unknown"),
    ],
)
def test_a_contract_nobody_could_keep_is_refused_at_its_place(
    contract: str, column: int, key: str
) -> None:
    with pytest.raises(ScenarioRefused) as refused:
        parse(HEAD + CONTRACT.format(contract), "s.yaml", load)
    assert (refused.value.where, refused.value.key) == (f"s.yaml:3:{column}", key)


def test_a_kept_tenant_brings_its_contract_and_a_scenario_may_say_another() -> None:
    def kept(name: str) -> Kept:
        asks = Demand("acme", UNITS, {}, False, None, SOON)
        return Kept(tuple(load("chatbot.yaml")), asks, 995_000)

    ground = GROUND._replace(tenant=kept)
    for more, contract in (("", SOON), ("demand: {contract: {}}\n", {})):
        found = parse(f"scenario: s\ntenant: acme\n{more}", "s.yaml", load, ground)
        assert found.demand is not None
        assert found.demand.contract == contract
