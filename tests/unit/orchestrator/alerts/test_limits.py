"""Above which response time a tenant's rule fires: as promised, else what its services may take."""

from typing import Any

import pytest

from ecp.orchestrator.alerts.judging import Seen, judge
from ecp.orchestrator.alerts.limits import presets, thresholds_of, within
from ecp.orchestrator.demo.model import SHOWN, agreed
from ecp.orchestrator.records import Minute, Tenant
from ecp.slo.objective import Objective

VOICE, CHAT, INSIDE = {"callbot": 10, "chatbot": 5}, {"chatbot": 5, "callbot": 0}, {"nlp": 2}


def tenant(units: dict[str, int], contract: dict[str, Any] | None = None) -> Tenant:
    options = {} if contract is None else {"contract": contract}
    return Tenant("acme", "", "acme", None, units, options, 995_000, "", 1)


@pytest.mark.parametrize(
    ("units", "promised", "preset", "limits"),
    [
        ({}, None, "default", {"warning": 500}),
        (INSIDE, None, "default", {"warning": 500}),
        (VOICE, None, "default", {"warning": 2000}),
        (CHAT, None, "default", {"warning": 1500}),
        (VOICE, None, "basic", {"warning": 2000, "critical": 4000}),
        (VOICE, None, "premium", {"warning": 2000, "critical": 2000 * 5 / 3}),
        (VOICE, 3000, "default", {"warning": 3000}),
        (VOICE, 300, "standard", {"warning": 300, "critical": 600}),
        ({}, 5000, "no such preset", {"warning": 5000}),
    ],
    ids=[
        "nothing contracted: the preset",
        "nothing that customers call: the preset",
        "a turn on the telephone may take two seconds",
        "what is not contracted says nothing",
        "the steps of the preset stay",
        "whatever the preset, nobody rings for what is as it should be",
        "a promise that is wider",
        "a promise that is narrower is kept or it rings",
        "an unknown preset is the default one",
    ],
)
def test_the_threshold_of_answers_follows_the_promise(
    units: dict[str, int], promised: int | None, preset: str, limits: dict[str, float]
) -> None:
    contract = None if promised is None else {"response_time_ms": promised}
    rows = thresholds_of(preset, within(tenant(units, contract)))
    by_metric = {row.metric: row.limits for row in rows}
    assert by_metric.pop("response_time") == pytest.approx(limits)
    plain = presets().get(preset) or presets()["default"]
    assert by_metric == {r.metric: r.limits for r in plain if r.metric != "response_time"}


def rings(of: Tenant, p95: int) -> list[str]:
    slots = {"up": 12, "down": 0, "maintenance": 0, "unknown": 0, "off_duty": 0}
    whole = {"slots": slots, "good": 9, "total": 9, "latency": {"p95_ms": p95}}
    rows = [Minute(n, f"2026-01-05T09:0{n}:00Z", {"tenant": whole}) for n in range(6)]
    seen = Seen(of.tenant_id, Objective(), (), rows, {}, None, None, None, 0, True, "", 1)
    found = judge(seen._replace(within=within(of)), "default", (), ())
    return [one.rule for one in found if one.holds]


@pytest.mark.parametrize("shown", SHOWN, ids=[shown.tenant_id for shown in SHOWN])
def test_no_tenant_of_the_demo_rings_while_nothing_is_wrong(shown: Any) -> None:
    one = tenant(dict(shown.counters), agreed(shown).get("contract"))
    # 1.4 s are measured of all three while nothing is wrong, 3.3 with a spike of stt's processor.
    assert rings(one, 1400) == []
    assert rings(one, 3300) == ["response_time_high"]
