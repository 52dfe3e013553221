"""What is printed here and now, and what a process of its own prints."""

from typing import Any, cast

import pytest

from ecp.orchestrator.sla.printing import ToPrint
from ecp.slo.levels import Level
from ecp.slo.slots import Span
from ecp.slo.windows import Window

DAY = 17_280
MONTH = Span(0, 30 * DAY)
ALONE = {"callbot": cast(Level, None)}


@pytest.mark.parametrize(
    ("days", "kept", "sums", "small"),
    [
        pytest.param(1, Span(29 * DAY, 30 * DAY), {}, True, id="the first day of a tenant"),
        pytest.param(1, MONTH, {}, False, id="a day with the minutes of each service"),
        pytest.param(1, MONTH, ALONE, True, id="a day whose services are summed up elsewhere"),
        pytest.param(7, MONTH, ALONE, True, id="a week of such a one"),
        pytest.param(30, MONTH, ALONE, False, id="a month of such a one"),
    ],
)
def test_a_statement_is_small(days: int, kept: Span, sums: dict[str, Level], small: bool) -> None:
    window = Window((30 - days) * DAY, 30 * DAY, 30 * DAY, label="", timezone="UTC")
    nobody = cast(Any, None)
    asked = ToPrint(nobody, nobody, window, {}, "json", ("en",), sums)
    assert asked.is_small(kept) is small
