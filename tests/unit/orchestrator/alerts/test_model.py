"""Silences, routes, durations, back-off and what may be shown: the tables of the model."""

from typing import Any

import pytest

from ecp.orchestrator.alerts import judging, limits, wording
from ecp.orchestrator.alerts.model import (
    back_off_s,
    held_back,
    masked,
    routed,
    seconds_of,
    silenced_by,
    to_tell,
)
from ecp.orchestrator.records import Alert, AlertRoute, Delivery, Silence
from ecp.texts import is_key


def alert(**fields: Any) -> Alert:
    given: dict[str, Any] = {
        "id": 1,
        "fingerprint": "f",
        "tenant_id": "acme",
        "rule": "cpu_high",
        "subject": "",
        "severity": "warning",
        "state": "firing",
        "values": {"metric": "cpu_usage", "value": "91", "threshold": "80", "unit": "%"},
        "chain": {},
        "simulated": False,
        "at": "2026-01-05T09:00:00Z",
        "began_at": 1,
        **fields,
    }
    return Alert(**given)


def route(**fields: Any) -> AlertRoute:
    given: dict[str, Any] = {
        "id": 1,
        "name": "on-call",
        "kind": "webhook",
        "target": "http://hook.example/x",
        "tenant_id": "",
        "rule": "",
        "severity": "warning",
        "language": "en",
        "simulated": False,
        "resolved": True,
        "enabled": True,
        "created_at": 1,
        **fields,
    }
    return AlertRoute(**given)


@pytest.mark.parametrize(
    ("matchers", "matches"),
    [
        pytest.param({"tenant_id": "acme"}, True, id="the tenant"),
        pytest.param({"tenant_id": "acm"}, False, id="not a part of its name"),
        pytest.param({"tenant_id": "a*", "rule": "cpu_high|no_data"}, True, id="patterns"),
        pytest.param({"tenant_id": "acme", "severity": "critical"}, False, id="every one has to"),
    ],
)
def test_a_silence_matches(matchers: dict[str, str], matches: bool) -> None:
    silence = Silence(1, matchers, 9, "kim", "why", 1, None)
    assert (silenced_by(alert(), [silence]) is not None) is matches


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        pytest.param("custom:queue", True, id="by its name, as routes and commands call it"),
        pytest.param("custom", True, id="with all of a tenant's own"),
        pytest.param("custom:other", False, id="not by another's"),
    ],
)
def test_a_rule_of_a_tenants_own_is_silenced(rule: str, matches: bool) -> None:
    silence = Silence(1, {"tenant_id": "acme", "rule": rule}, 9, "kim", "why", 1, None)
    own = alert(rule="custom", subject="queue")
    assert (silenced_by(own, [silence]) is not None) is matches


@pytest.mark.parametrize(
    ("state", "silenced", "why"),
    [
        pytest.param("firing", False, None, id="it is told"),
        pytest.param("firing", True, "silenced", id="somebody wants to hear nothing"),
        pytest.param("acknowledged", True, "acknowledged", id="somebody takes care of it"),
        pytest.param("pending", False, "pending", id="it does not hold for long enough"),
    ],
)
def test_an_alert_is_held_back_at_one_place(state: str, silenced: bool, why: str | None) -> None:
    held = alert(state=state)
    silences = [Silence(1, {"tenant_id": "acme"}, 9, "kim", "why", 1, None)] if silenced else []
    assert held_back(held, silences) == why
    assert to_tell([held], [route()], silences) == ([(1, 1, "warning")] if why is None else [])


@pytest.mark.parametrize(
    ("of", "to", "told"),
    [
        pytest.param({}, {}, True, id="everything from warning on"),
        pytest.param({}, {"severity": "critical"}, False, id="not bad enough"),
        pytest.param({"severity": "critical"}, {"severity": "critical"}, True, id="bad enough"),
        pytest.param({}, {"tenant_id": "other"}, False, id="another tenant's"),
        pytest.param({}, {"tenant_id": "acme"}, True, id="the tenant's"),
        pytest.param({}, {"rule": "no_data"}, False, id="another rule's"),
        pytest.param(
            {"rule": "custom", "subject": "busy"}, {"rule": "custom:busy"}, True, id="one's own"
        ),
        pytest.param(
            {"rule": "custom", "subject": "busy"}, {"rule": "custom:other"}, False, id="not another"
        ),
        pytest.param({"simulated": True}, {}, False, id="simulated: stays here"),
        pytest.param({"simulated": True}, {"simulated": True}, True, id="unless it is wanted"),
        pytest.param({}, {"enabled": False}, False, id="switched off"),
    ],
)
def test_a_route_is_told(of: dict[str, Any], to: dict[str, Any], told: bool) -> None:
    assert bool(routed(alert(**of), [route(**to)])) is told


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("24h", 86_400), ("25h", None), ("0m", None), ("5", None)],
)
def test_a_duration(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


def test_waits_grow_threefold_up_to_a_quarter_of_an_hour() -> None:
    assert [back_off_s(attempt) for attempt in range(1, 8)] == [5, 15, 45, 135, 405, 900, 900]


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        pytest.param("https://hooks.example/services/T1/B2/secret", "https://hooks.example/***",
                     id="a webhook's secret is its path"),
        pytest.param("https://user:pass@hooks.example/a", "https://hooks.example/***",
                     id="a password goes"),
        pytest.param("slack://TokenA/TokenB/TokenC", "slack://***", id="a token is no host"),
        pytest.param("mailtos://u:p@smtp.example", "mailtos://***", id="nor are credentials"),
        pytest.param("env:SLACK_URL", "env:SLACK_URL", id="a variable's name is no secret"),
        pytest.param("nonsense", "***", id="what is no URL"),
    ],
)  # fmt: skip
def test_a_target_is_masked(target: str, shown: str) -> None:
    assert masked(target) == shown


# -- words ----------------------------------------------------------------------------------------

CHAIN = {
    "en": {"sentence": "s", "links": [{"level": "cause", "text": "node fault f7"}]},
    "ko": {"sentence": "s", "links": [{"level": "cause", "text": "노드 장애 f7"}]},
}


@pytest.mark.parametrize(
    ("kind", "language", "body"),
    [
        pytest.param(
            "naver-works",
            "ko",
            {
                "title": "[경고] acme: CPU 사용률 높음",
                "body": {
                    "text": "acme: CPU 사용률(제한 대비) 91 %(임계값 80 % 초과)\n\n원인:\n"
                    "- 노드 장애 f7\n\n판정 시각(클러스터 기준): 2026-01-05T09:00:00Z"
                },
            },
            id="NAVER WORKS",
        ),
        pytest.param(
            "dooray",
            "en",
            {
                "botName": "ECP",
                "text": "[warning] acme: CPU high",
                "attachments": [
                    {
                        "title": "[warning] acme: CPU high",
                        "text": "acme: CPU (of its limits) is 91 %; the threshold is 80 %.\n\n"
                        "What it follows from:\n- node fault f7\n\n"
                        "Judged at 2026-01-05T09:00:00Z of the cluster's time.",
                        "color": "#E8A33D",
                    }
                ],
            },
            id="Dooray",
        ),
        pytest.param(
            "jandi",
            "en",
            {
                "body": "[warning] acme: CPU high",
                "connectColor": "#E8A33D",
                "connectInfo": [
                    {
                        "title": "[warning] acme: CPU high",
                        "description": "acme: CPU (of its limits) is 91 %; the threshold is 80 %."
                        "\n\nWhat it follows from:\n- node fault f7\n\n"
                        "Judged at 2026-01-05T09:00:00Z of the cluster's time.",
                    }
                ],
            },
            id="JANDI",
        ),
    ],
)
def test_a_messenger_gets_what_it_reads(kind: str, language: str, body: Any) -> None:
    delivery = Delivery(7, 1, 1, "warning", "pending", 0, 1, None, "")
    found = wording.telling(alert(chain=CHAIN), route(kind=kind, language=language), delivery)
    assert found.body == body


def test_every_rule_preset_and_reason_has_words() -> None:
    keys = [f"alert.name.{rule}" for rule in judging.RULES]
    keys += [f"alert.metric.{metric}" for metric in limits.THRESHOLDS]
    assert [key for key in keys if not is_key(key)] == []
    for thresholds in limits.presets().values():
        for row in thresholds:
            assert row.metric in limits.THRESHOLDS
            assert row.limits.get("critical", 1e9) > row.limits["warning"]
