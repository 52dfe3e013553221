"""What was changed of a tenant, as a reader is told it."""

from dataclasses import replace
from typing import Any

import pytest

from ecp.orchestrator.records import Tenant
from ecp.orchestrator.tenants.wording import facts_of, told

ACME = Tenant("acme", "acme", "acme-ecp-ai", "small", {"callbot": 10}, {}, 995_000, "", 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"target_ppm": 999_500}, "SLA target 99.5 % → 99.95 %", id="a target"),
        pytest.param({"owner": "kim"}, "owner – → kim", id="what was empty"),
        pytest.param(
            {"preset": "large", "requirements": {"callbot": 20, "chatbot": 5}},
            "size small → large, callbot 10 → 20, chatbot 0 → 5",
            id="counters one by one",
        ),
        pytest.param({"labels": {"a": "b"}, "description": "x"}, "description, labels", id="rest"),
    ],
)
def test_a_change_is_told_with_its_values(change: Any, said: str) -> None:
    fields = ["preset", "requirements", "target_ppm", "description", "owner", "labels"]
    assert told(facts_of(ACME, replace(ACME, **change), fields), "en") == said


def test_what_was_kept_without_values_is_told_by_its_fields() -> None:
    assert told({"fields": "target_ppm, requirements"}, "en") == "SLA target, services and load"
