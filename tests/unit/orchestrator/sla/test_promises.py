"""What a contract promises, as the simulator is told of it."""

import pytest

from ecp.orchestrator.records import Release, Tenant
from ecp.orchestrator.sla.model import followed
from ecp.slo.errors import InputError

SENT = Release(1, "a", 1, "d", "ready", {}, 0, 0)


def told(contract: dict[str, object]) -> dict[str, object]:
    return followed(Tenant("a", "", "a", None, {}, {"contract": contract}, 995_000, "", 1), SENT)


@pytest.mark.parametrize(
    ("contract", "more"),
    [
        ({}, {}),
        ({"response_time_ms": None}, {}),
        ({"response_time_ms": 2000}, {"judges_latency": True, "latency_limit_ms": 2000}),
    ],
)
def test_a_promised_response_time_is_part_of_the_objective(
    contract: dict[str, object], more: dict[str, object]
) -> None:
    body = told(contract)
    assert body["slo"] == {"target_ppm": 995_000, **more}
    assert "response_time_ms" not in body


@pytest.mark.parametrize("limit", [0, 1, 1999, -50])
def test_one_that_answers_are_not_counted_by_is_refused_by_name(limit: int) -> None:
    with pytest.raises(InputError, match=r"response_time_ms.*one of 50, 100"):
        told({"response_time_ms": limit})
