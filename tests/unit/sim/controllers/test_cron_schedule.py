"""When a CronJob's schedule fires, and what was missed of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.controllers.jobs import occasions, schedule
from ecp.sim.controllers.jobs.schedule import BadSchedule

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "zone", "after", "fires"),
    [
        pytest.param(
            "* * * * *", None, "2026-01-05T00:00:03Z", "2026-01-05T00:01:00Z", id="each minute"
        ),
        pytest.param(
            "* * * * *",
            None,
            "2026-01-05T00:01:00Z",
            "2026-01-05T00:02:00Z",
            id="later than the instant, never at it",
        ),
        pytest.param(
            "*/20 * * * *", None, "2026-01-05T23:45:00Z", "2026-01-06T00:00:00Z", id="steps"
        ),
        pytest.param(
            "5/20 3 * * *", None, "2026-01-05T03:06:00Z", "2026-01-05T03:25:00Z", id="steps from 5"
        ),
        pytest.param(
            "0 9 * * mon-fri", None, "2026-01-02T10:00:00Z", "2026-01-05T09:00:00Z", id="weekdays"
        ),
        pytest.param(
            "0 0 13 * 5",
            None,
            "2026-01-05T00:00:00Z",
            "2026-01-09T00:00:00Z",
            id="a day of the month or one of the week",
        ),
        pytest.param(
            "0 0 29 2 *", None, "2026-01-05T00:00:00Z", "2028-02-29T00:00:00Z", id="a leap day"
        ),
        pytest.param("59 23 31 2 *", None, "2026-01-05T00:00:00Z", None, id="a day that is none"),
        pytest.param(
            "@monthly", None, "2026-01-05T00:00:00Z", "2026-02-01T00:00:00Z", id="a descriptor"
        ),
        pytest.param(
            "@every 1m30s",
            None,
            "2026-01-05T00:00:03Z",
            "2026-01-05T00:01:33Z",
            id="a distance counts from the instant before",
        ),
        pytest.param(
            "@every 1ms", None, "2026-01-05T00:00:03Z", "2026-01-05T00:00:04Z", id="a second least"
        ),
        pytest.param(
            "30 9 * * *",
            "Asia/Seoul",
            "2026-01-05T00:00:03Z",
            "2026-01-05T00:30:00Z",
            id="in Seoul's time",
        ),
        pytest.param(
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T12:00:00Z",
            "2026-03-09T06:30:00Z",
            id="an hour that a change of clocks skips does not come",
        ),
        pytest.param(
            "0 12 * * *",
            "Europe/Berlin",
            "2026-03-28T23:30:00Z",
            "2026-03-29T10:00:00Z",
            id="noon is noon on the day of the change",
        ),
    ],
)
def test_the_next_instant(text: str, zone: str | None, after: str, fires: str | None) -> None:
    got = schedule.parse(text, zone).next(nanoseconds(after))
    assert (got and rfc3339(got)) == fires


@given(
    st.sets(st.integers(0, 59), min_size=1, max_size=3),
    st.sets(st.integers(0, 23), min_size=1, max_size=2),
    st.one_of(st.none(), st.integers(1, 28)),
    st.one_of(st.none(), st.integers(0, 6)),
    st.integers(0, 400 * 86_400),
)
def test_the_next_instant_is_the_first_that_matches(
    minutes: set[int], hours: set[int], day: int | None, week_day: int | None, since: int
) -> None:
    fields = [minutes, hours, day, None, week_day]
    text = " ".join(
        "*" if f is None else str(f) if isinstance(f, int) else ",".join(map(str, sorted(f)))
        for f in fields
    )
    start = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=since)

    def matches(at: datetime) -> bool:
        of_day = [day is not None and at.day == day, week_day == at.isoweekday() % 7]
        open_days = [day is None, week_day is None]
        fits = any(of_day) if not any(open_days) else all(
            left or found for left, found in zip(open_days, of_day, strict=True)
        )  # fmt: skip
        return fits and at.hour in hours and at.minute in minutes

    days = (start.replace(hour=0, minute=0, second=0) + timedelta(days=n) for n in range(40))
    expected = next(
        at
        for one in days
        for hour in sorted(hours)
        for minute in sorted(minutes)
        if (at := one.replace(hour=hour, minute=minute)) > start and matches(at)
    )
    got = schedule.parse(text, None).next(round(start.timestamp()) * SECOND)
    assert got == round(expected.timestamp()) * SECOND


@pytest.mark.parametrize(
    ("text", "zone", "message"),
    [
        pytest.param("* * *", None, "expected exactly 5 fields, found 3: [* * *]", id="words"),
        pytest.param("* * * * *", "Mars/Base", "unknown time zone Mars/Base", id="a zone"),
    ],
)
def test_what_cannot_be_read(text: str, zone: str | None, message: str) -> None:
    with pytest.raises(BadSchedule) as told:
        schedule.parse(text, zone)
    assert str(told.value) == message


def cron(text: str, last: str | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "tick",
            "namespace": "shop",
            "creationTimestamp": "2026-01-05T08:00:00Z",
        },
        "spec": {"schedule": text, **spec},
        "status": {} if last is None else {"lastScheduleTime": last},
    }


# Cases of kubernetes pkg/controller/cronjob/utils_test.go among them.
@pytest.mark.parametrize(
    ("made", "now", "recent", "times"),
    [
        pytest.param(cron("0 * * * *"), "08:59:59", None, 0, id="none yet"),
        pytest.param(cron("0 * * * *"), "09:00:00", "09:00:00", 0, id="one, at its instant"),
        pytest.param(cron("0 * * * *"), "12:30:00", "12:00:00", 4, id="four, the last counts"),
        pytest.param(
            cron("0 * * * *", "2026-01-05T11:00:00Z"), "12:30:00", "12:00:00", 0, id="one since"
        ),
        pytest.param(
            cron("* * * * *"), "11:00:30", "11:00:00", 180, id="more than a hundred are counted"
        ),
        pytest.param(
            cron("0 * * * *", startingDeadlineSeconds=60),
            "12:30:00",
            None,
            0,
            id="none in the time that is left to start",
        ),
        pytest.param(cron("30 6-16/4 * * 1-5"), "15:00:00", "14:30:00", 2, id="uneven distances"),
    ],
)
def test_what_was_missed(made: dict[str, Any], now: str, recent: str | None, times: int) -> None:
    at = nanoseconds(f"2026-01-05T{now}Z")
    plan = occasions.plan_of(made)
    found = occasions.missed(made, at, plan, deadline=True)
    assert found.times == times
    assert found.recent == (recent and nanoseconds(f"2026-01-05T{recent}Z"))


def test_a_schedule_that_never_fires_is_refused_in_the_servers_words() -> None:
    made = cron("59 23 31 2 *")
    with pytest.raises(BadSchedule, match="time difference between two schedules is less than 1 s"):
        occasions.missed(
            made, nanoseconds("2026-01-05T09:00:00Z"), occasions.plan_of(made), deadline=True
        )


def test_the_next_look_is_a_tenth_of_a_second_late() -> None:
    made = cron("* * * * *")
    now = nanoseconds("2026-01-05T08:00:02Z")
    assert occasions.next_look(made, now, occasions.plan_of(made)) == now + 58_100_000_000


@pytest.mark.parametrize(
    ("zone", "stamp"),
    [
        pytest.param(None, "2026-01-05T09:00:00Z", id="in UTC"),
        pytest.param("Asia/Seoul", "2026-01-05T18:00:00+09:00", id="in the CronJob's time zone"),
    ],
)
def test_a_job_is_named_after_its_minute_and_says_its_instant(zone: str | None, stamp: str) -> None:
    made = cron(
        "0 * * * *", timeZone=zone, jobTemplate={"metadata": {"labels": {"a": "b"}}, "spec": {}}
    )
    made |= {"apiVersion": "batch/v1", "kind": "CronJob"}
    made["metadata"]["uid"] = "u"
    job = occasions.new_job(made, nanoseconds("2026-01-05T09:00:00Z"))
    assert job["metadata"]["name"] == "tick-29460060"
    assert job["metadata"]["labels"] == {"a": "b"}
    assert job["metadata"]["annotations"] == {
        "batch.kubernetes.io/cronjob-scheduled-timestamp": stamp
    }
    assert job["metadata"]["ownerReferences"][0]["kind"] == "CronJob"
