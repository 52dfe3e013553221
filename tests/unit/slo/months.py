"""Months to print: seeded states of a tenant with two services, and what was agreed with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ecp.slo.agreed import Agreed, Credits
from ecp.slo.answering import Answering
from ecp.slo.kept import KeptMinute
from ecp.slo.maintenance import Maintenance, MaintenanceTerms
from ecp.slo.objective import Objective
from ecp.slo.sketch import mark
from ecp.slo.slots import SlotSeries, State
from ecp.slo.statement import Inputs, statement
from ecp.slo.windows import Window, calendar

SEOUL = "Asia/Seoul"
SLOW, FAST = mark(900_000, 450_000), mark(210_000, 90_000)
Runs = Sequence[tuple[State, int]]


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOVEMBER = calendar("month", second("2026-10-31T15:00:00"), SEOUL)
WHOLE = Window(
    NOVEMBER.start, NOVEMBER.full_end, NOVEMBER.full_end, "calendar", "calendar-month", SEOUL
)
HOUR = Window(NOVEMBER.start, NOVEMBER.start + 720, NOVEMBER.start + 720, "rolling", "1h", "UTC")


def minutes(
    start: int,
    runs: Runs,
    *,
    before: int | None = None,
    birth: int | None = None,
    asked: tuple[int, int, int] = (118, 120, 3),
    causes: Mapping[str, tuple[str, str]] | None = None,
    voice: Answering = Answering(0, 0, 0),
) -> list[KeptMinute]:
    """Kept minutes from runs; `asked` good, all, above the contract in a minute with up slots.

    Of those that begin *before* a slot, where one is given. At full hours answers take longer.
    """
    series = SlotSeries.of(start, runs)
    found = []
    end = series.end // 12 * 12
    for slot in range(start, end if before is None else min(end, before), 12):
        parts = list(series.between(slot, slot + 12))
        born = min(max((birth or start) - slot, 0), 12)
        counts = any(part.state in "UD" and part.end - slot > born for part in parts)
        linked = tuple(
            (*causes[part.state], part.start - slot, part.end - slot)
            for part in parts
            if causes and part.state in causes
        )
        good, total, excess = asked if counts else (0, 0, 0)
        if all(part.state == "D" for part in parts):
            good = 0
        order = tuple((part.state, part.end - part.start) for part in parts)
        calls = voice if counts else Answering(0, 0, 0)
        sketch = ((*(SLOW if slot % 720 == 0 else FAST), good),) if good else ()
        found.append(KeptMinute(slot, order, born, good, total, excess, linked, calls, sketch))
    return found


def windows() -> tuple[Maintenance, ...]:
    """Planned and recurring, announced too late, corrected during and after the month."""
    first = second("2026-10-01T00:00:00")
    every = {"approved_by": "김영희 팀장", "created": first}
    sunday = second("2026-10-31T17:00:00")
    return (
        Maintenance(
            "m1",
            sunday,
            sunday + 3600,
            reason="정기 패치, 커널·드라이버",
            rrule="FREQ=WEEKLY;COUNT=6",
            timezone=SEOUL,
            **every,  # type: ignore[arg-type]
        ),
        Maintenance(
            "m2",
            second("2026-11-10T03:00:00"),
            second("2026-11-10T04:00:00"),
            created=second("2026-11-10T02:00:00"),
            approved_by="박철수",
            reason="=1+1 긴급 교체",
            services=("callbot",),
        ),
        Maintenance(
            "m3",
            second("2026-11-11T15:05:00"),
            second("2026-11-11T15:10:02"),
            created=second("2026-11-13T00:00:00"),
            approved_by="이수진",
            reason="고객사 회선 장애",
            retroactive=True,
        ),
        Maintenance(
            "m4",
            second("2026-11-20T01:00:00"),
            second("2026-11-20T01:01:00"),
            created=second("2026-12-03T00:00:00"),
            approved_by="이수진",
            reason="측정기 결함",
            services=("chatbot",),
            retroactive=True,
        ),
        Maintenance(
            "m5",
            second("2026-11-21T01:00:00"),
            second("2026-11-21T01:01:00"),
            created=second("2026-12-03T00:00:00"),
            approved_by="이수진",
            reason="측정기 결함",
            retroactive=True,
        ),
    )


def month(
    tenant: Runs | None = None, window: Window = WHOLE, *, birth: int | None = None, **more: Any
) -> Inputs:
    """A month with outages, maintenance, a correction, micro-outages and unknown slots."""
    start = NOVEMBER.start - 720
    day = 17_280
    runs: Runs = tenant or (
        ("U", 720 - 30),
        ("D", 60),
        ("U", day - 30),
        ("M", 1 * 720),
        ("U", 10 * day - 720),
        ("D", 130),
        ("U", 2_000),
        ("D", 2),
        ("U", 4_000),
        ("N", 300),
        ("U", 500),
        ("D", 40),
        ("M", 700),
        ("U", 18 * day - 1_672),
        ("O", 300),
        ("D", 5),
        ("U", 12),
        ("D", 2),
        ("U", 2 * day),
    )
    causes = {"D": ("fault", "f7"), "M": ("maintenance", "m1.1")}
    calls = Answering(20, 19, 1)
    kept: dict[str, Any] = {"before": window.end, "birth": birth}
    callbot = minutes(start, runs, causes=causes, voice=calls, **kept)
    given: dict[str, Any] = {
        "objective": Objective(),
        "agreed": Agreed(
            windows(),
            MaintenanceTerms(timezone=SEOUL),
            (("callbot", "09:00-18:00"),),
            Credits.read({"fee": "1234567.50", "source": "계약서 제4조"}),
        ),
        "revision": 3,
    } | more
    return Inputs(
        "acme",
        window,
        given.pop("objective"),
        given.pop("agreed"),
        {
            "": callbot,
            "callbot": callbot,
            "chatbot": minutes(start, [("U", 30 * day), ("D", 14), ("U", day * 2)], **kept),
        },
        **given,
    )


SHORT = month(window=HOUR)


@cache
def november() -> Inputs:
    """Return the whole month, which is made once."""
    return month()


@cache
def printed() -> dict[str, Any]:
    """Return the whole month's statement, which nobody changes."""
    return statement(november())
