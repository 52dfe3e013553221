"""Cron schedules, as the CronJob API judges them."""

import pytest

from ecp.validation.cron import schedule_complaints, time_zone_complaints


@pytest.mark.parametrize(
    "schedule",
    ["* * * * *", "*/5 0-6 1,15 jan-mar mon", "0 2 * * 0", "@daily", "@every 1h", "5/15 * ? * *"],
)
def test_good_schedules(schedule: str) -> None:
    assert schedule_complaints(schedule) == ()


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        pytest.param(
            "15 2 * *", "expected exactly 5 fields, found 4: [15 2 * *]", id="four fields"
        ),
        pytest.param("75 2 * * *", "end of range (75) above maximum (59): 75", id="minute 75"),
        pytest.param("0 0 0 * *", "beginning of range (0) below minimum (1): 0", id="day zero"),
        pytest.param(
            "5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1", id="turned"
        ),
        pytest.param("*/0 * * * *", "step of range should be a positive number: */0", id="no step"),
        pytest.param("TZ=UTC 1 * * * *", "cannot use TZ or CRON_TZ in schedule", id="a time zone"),
        pytest.param("@often", "unrecognized descriptor: @often", id="a descriptor"),
        pytest.param("x * * * *", "failed to parse int from x: strconv.Atoi", id="no number"),
    ],
)
def test_bad_schedules(schedule: str, words: str) -> None:
    assert schedule_complaints(schedule)[0].startswith(words)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        pytest.param(
            "TZ=UTC 15 2 * *",
            [
                "expected exactly 5 fields, found 4: [15 2 * *]",
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
            ],
            id="what follows a time zone is judged, too",
        ),
        pytest.param(
            "CRON_TZ=Mars/Base 0 0 * * *",
            [
                "provided bad location Mars/Base: unknown time zone Mars/Base",
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
            ],
            id="a time zone that does not exist",
        ),
        pytest.param(
            "@every 5",
            ['failed to parse duration @every 5: time: missing unit in duration "5"'],
            id="a duration without a unit",
        ),
        pytest.param(
            "@every 5d",
            ['failed to parse duration @every 5d: time: unknown unit "d" in duration "5d"'],
            id="a duration in days",
        ),
        pytest.param(
            "@every soon",
            ['failed to parse duration @every soon: time: invalid duration "soon"'],
            id="a duration in words",
        ),
        pytest.param("@every 1h30m", [], id="a duration of two units"),
        pytest.param("@reboot", ["unrecognized descriptor: @reboot"], id="a descriptor of others"),
    ],
)
def test_every_complaint_about_a_schedule(schedule: str, words: list[str]) -> None:
    assert list(schedule_complaints(schedule)) == words


LOCAL = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        pytest.param("Asia/Seoul", [], id="a zone"),
        pytest.param("Etc/UTC", [], id="UTC"),
        pytest.param("", ["timeZone must be nil or non-empty string"], id="empty"),
        pytest.param("Local", [LOCAL], id="local time"),
        pytest.param("local", [LOCAL, "unknown time zone local"], id="local time in small letters"),
        pytest.param("Europe/Atlantis", ["unknown time zone Europe/Atlantis"], id="no such zone"),
        pytest.param("../UTC", ["unknown time zone ../UTC"], id="out of the folder"),
        pytest.param("Asia/Se oul", ["unknown time zone Asia/Se oul"], id="a blank"),
    ],
)
def test_time_zones(zone: str, words: list[str]) -> None:
    assert list(time_zone_complaints(zone)) == words
