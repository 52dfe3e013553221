"""Which alerts the burn rate would have made of minutes that are kept."""

import pytest

from ecp.kube.times import rfc3339
from ecp.orchestrator.alerts.judging import Seen
from ecp.orchestrator.alerts.looking import burnt
from ecp.slo.kept import KeptMinute
from ecp.slo.objective import Objective
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.slots import State
from ecp.slo.windows import instant

START = 353_000_000 // MINUTE_SLOTS * MINUTE_SLOTS
HOUR = 60


def minutes(*parts: tuple[State, int], cause: str = "f1") -> list[KeptMinute]:
    """Return minutes one after another: so many of a state, down ones by a fault."""
    states = [state for state, count in parts for _ in range(count)]
    return [
        KeptMinute(
            START + number * MINUTE_SLOTS,
            ((state, MINUTE_SLOTS),),
            0,
            100 if state == "U" else 0,
            100,
            0,
            (("fault", cause, 0, MINUTE_SLOTS),) if state == "D" and cause else (),
        )
        for number, state in enumerate(states)
    ]


def at(minute: int) -> str:
    return instant(START + minute * MINUTE_SLOTS)


OUTAGE: tuple[tuple[State, int], ...] = (("U", 3 * HOUR), ("D", 10), ("U", 3 * HOUR))


@pytest.mark.parametrize(
    ("parts", "first", "cause", "told"),
    [
        pytest.param((("U", 9 * HOUR),), 0, "f1", [], id="nothing was bad"),
        pytest.param((*OUTAGE, ("U", 6 * HOUR)), 600, "f1", [], id="it was before the span"),
        pytest.param(OUTAGE, 0, "f1", [("critical", True, "f1")], id="an outage"),
        pytest.param(OUTAGE, 0, "", [("critical", True, None)], id="an outage by no fault"),
        pytest.param(OUTAGE[:2], 0, "f1", [("critical", False, "f1")], id="one that goes on"),
        pytest.param((*OUTAGE, *OUTAGE[1:]), 0, "f1", [("critical", True, "f1")] * 2, id="two"),
    ],
)
def test_what_would_have_fired(
    parts: tuple[tuple[State, int], ...],
    first: int,
    cause: str,
    told: list[tuple[str, bool, str | None]],
) -> None:
    kept = minutes(*parts, cause=cause)
    seen = Seen(
        "acme", Objective(target_ppm=995_000), kept, (), {}, None, None, None, 0,
        simulated=False, at="", now=0,
    )  # fmt: skip
    found = burnt(seen, START + first * MINUTE_SLOTS)
    assert [
        (one.severity, one.resolved_at is not None, one.chain.get("cause")) for one in found
    ] == told
    for one in found[:1]:
        fired = rfc3339(one.fired_at or 0)
        assert at(3 * HOUR) < fired <= at(3 * HOUR + 10), "it fires while the outage lasts"
