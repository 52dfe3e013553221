"""Slots of a service that is asked from outside: votes, gaps, duty, exact minutes."""

from typing import Any

import pytest

from ecp.slo.hours import NEVER, hours_of
from ecp.slo.kept import KeptMinute, report_of
from ecp.slo.levels import rolled
from ecp.slo.objective import Objective
from ecp.slo.probing import Before, Duty, Seen, Sighting, minute_of, whole
from ecp.slo.slots import Span
from ecp.slo.windows import Window

START = 355_000_008 - 355_000_008 % 12
UP, DOWN, LOST = Sighting("up", endpoints="up"), Sighting("down", endpoints="down"), Sighting()


@pytest.mark.parametrize(
    ("probe", "counters", "endpoints", "state"),
    [
        ("up", "", "up", "U"),
        ("up", "", "", "U"),
        ("up", "", "down", "U"),
        ("up", "down", "down", "D"),
        ("up", "down", "up", "U"),
        ("down", "", "down", "D"),
        ("down", "", "up", "D"),
        ("down", "up", "up", "U"),
        ("down", "up", "", "D"),
        ("", "up", "up", "U"),
        ("", "down", "up", "D"),
        ("", "", "up", "N"),
        ("", "", "down", "D"),
        ("", "", "", "N"),
    ],
    ids=[
        "an answer is up",
        "an answer is enough",
        "who is answered is not down for want of endpoints",
        "all requests failed and nobody is ready",
        "the probe and the endpoints outvote a counter",
        "nobody answers and nobody is ready",
        "a process that hangs is down although it is ready",
        "customers are answered: it is the probe's way that is cut",
        "one against one is the probe's",
        "the prober is away and customers are answered",
        "the prober is away and no customer is answered",
        "readiness alone is a promise",
        "nobody is there to answer",
        "nobody looked",
    ],
)
def test_votes(probe: Any, counters: Any, endpoints: Any, state: str) -> None:
    assert Sighting(probe, counters, endpoints).state == state


@pytest.mark.parametrize(
    ("states", "state"),
    [("UU", "U"), ("UD", "D"), ("UN", "N"), ("DM", "D"), ("UM", "M"), ("UO", "U"), ("OO", "O")],
)
def test_a_tenant_is_what_its_entries_are(states: Any, state: str) -> None:
    assert whole(list(states)) == state


def minutes(said: str, **more: Any) -> list[dict[str, Any]]:
    """U, D, ? (could not tell) and . (nobody looked), a letter a slot."""
    sights = {"U": UP, "D": DOWN, "?": LOST}
    seen = {
        START + at: Seen({"web": sights[letter]}, ("pod/web: CrashLoopBackOff",))
        for at, letter in enumerate(said)
        if letter != "."
    }
    rows, before = [], Before()
    for start in range(START, START + len(said), 12):
        row, before = minute_of(start, seen, before, **more)
        rows.append(row)
    return rows


def runs(rows: list[dict[str, Any]]) -> str:
    return " ".join("".join(f"{s}{n}" for s, n in row["tenant"]["runs"]) for row in rows)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("UUUUUUUUUUUU", "U12"),
        ("UUUUDDDDUUUU", "U4D4U4"),
        ("UUUU....UUUU", "U6N2U4"),
        ("UUUU????UUUU", "U6N2U4"),
        ("DDDD????UUUU", "D6N2U4"),
        ("????UUUUUUUU", "N4U8"),
        ("UUUUUUUUUUU??.UUUUUUUUUU", "U12 U1N1U10"),
        ("UUUUUUUUUUUU............UUUUUUUUUUUU", "U12 U2N10 U12"),
    ],
    ids=[
        "up",
        "down while nobody answers",
        "a gap is carried for two slots, then unknown",
        "a prober that is cut off is a gap",
        "and of one that was down as well",
        "nothing was known before",
        "a gap goes on over a minute's end",
        "a minute in which nobody looked",
    ],
)
def test_slots(said: str, expected: str) -> None:
    assert runs(minutes(said)) == expected


def test_a_minute_is_what_a_ledger_tells() -> None:
    """What is kept of it is what was seen, to the slot, with its causes."""
    (row,) = minutes("UUUUDDDDUUUU", counts_from=2)
    found = rolled(START, row)
    assert found[""].level.totals.down == 4
    assert (found[""].level.up, found[""].level.before) == (6, 2)
    assert found["web"].level.down == 4
    cause = ("observed", "pod/web: CrashLoopBackOff", 4, 8)
    assert found[""].minute.causes == (cause,)
    kept = KeptMinute.read(START, row["tenant"])
    window = Window(START, START + 12, START + 12)
    report = report_of([kept], Objective(target_ppm=995_000), window).to_json()
    assert (report["uptime_seconds"], report["downtime_seconds"]) == (30, 20)
    assert report["uptime_percentage"] == 60.0


def test_requests_count_from_the_birth_on_and_in_slots_that_count() -> None:
    seen = {START + at: Seen({"web": Sighting("up", "up", "up", 9, 10)}) for at in range(12)}
    row, _ = minute_of(START, seen, Before(), counts_from=4)
    assert (row["tenant"]["good"], row["tenant"]["total"]) == (72, 80)
    assert row["workloads"][0]["good"] == 72


@pytest.mark.parametrize(
    ("duty", "expected"),
    [
        (Duty(NEVER), "O12"),
        (Duty(windows=(Span(5 * START + 20, 5 * START + 40),)), "U4M4U4"),
        (Duty(hours_of("00:00-00:01"), "Etc/GMT+12"), "O12"),
    ],
    ids=["stopped by its owner", "under maintenance", "out of hours"],
)
def test_off_duty_has_no_say(duty: Duty, expected: str) -> None:
    assert runs(minutes("UUUUDDDDUUUU", duty=lambda name: duty)) == expected
