"""Cron schedules, as the CronJob API judges them."""

import pytest

from ecp.validation.cron import schedule_complaint, time_zone_complaint


@pytest.mark.parametrize(
    "schedule",
    ["* * * * *", "*/5 0-6 1,15 jan-mar mon", "0 2 * * 0", "@daily", "@every 1h", "5/15 * ? * *"],
)
def test_good_schedules(schedule: str) -> None:
    assert schedule_complaint(schedule) == ""


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
    assert schedule_complaint(schedule).startswith(words)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        pytest.param("Asia/Seoul", "", id="a zone"),
        pytest.param("Etc/UTC", "", id="UTC"),
        pytest.param("", "timeZone must be nil or non-empty string", id="empty"),
        pytest.param("Local", "timeZone must be an explicit time zone", id="local time"),
        pytest.param("Europe/Atlantis", "unknown time zone Europe/Atlantis", id="no such zone"),
    ],
)
def test_time_zones(zone: str, words: str) -> None:
    complaint = time_zone_complaint(zone)
    assert complaint.startswith(words)
    assert bool(complaint) == bool(words)
