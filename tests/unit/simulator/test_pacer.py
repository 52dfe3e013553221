"""Where simulated time ought to be."""

import pytest

from ecp.simulator.pacer import LATEST, InvalidClockAction, Pace

RUNNING = Pace(anchor=1_000, wall=50_000)


@pytest.mark.parametrize(
    ("pace", "wall", "target"),
    [
        pytest.param(RUNNING, 50_000, 1_000, id="at its anchor"),
        pytest.param(RUNNING, 50_700, 1_700, id="at speed 1 as far as the wall clock went"),
        pytest.param(RUNNING.act("speed", 1_000, 50_000, factor=10), 50_700, 8_000, id="ten times"),
        pytest.param(RUNNING.act("pause", 1_300, 50_300), 99_000, 1_300, id="paused it stands"),
        pytest.param(
            RUNNING.act("pause", 1_300, 50_300).act("resume", 1_300, 60_000),
            60_100,
            1_400,
            id="resumed it goes on from where it stood",
        ),
        pytest.param(RUNNING.act("warp", 1_000, 50_000, to=9_000), 50_001, 9_000, id="warping"),
        pytest.param(RUNNING, 49_000, 1_000, id="it stands while the wall clock is set back"),
        pytest.param(
            RUNNING.act("speed", 1_000, 50_000, factor=1e6), LATEST, LATEST, id="it has an end"
        ),
        pytest.param(
            RUNNING.act("warp", 1_000, 50_000, to=9_000).act("arrived", 9_000, 50_010),
            50_030,
            9_020,
            id="after a warp it goes on at its speed",
        ),
        pytest.param(
            RUNNING.act("step", 1_000, 50_000, duration=500).act("arrived", 1_500, 50_010),
            99_000,
            1_500,
            id="after a step it stands",
        ),
    ],
)
def test_target(pace: Pace, wall: int, target: int) -> None:
    assert pace.target(wall) == target
    assert Pace.from_json(pace.to_json()) == pace


@pytest.mark.parametrize(
    ("action", "options", "key"),
    [
        ("warp", {"to": 999}, "clock.warp-backwards"),
        ("speed", {"factor": 0}, "clock.speed-range"),
        ("step", {"duration": 0}, "clock.step-positive"),
        ("speed", {"factor": float("nan")}, "clock.speed-range"),
        ("warp", {"to": LATEST + 1}, "clock.too-far"),
        ("step", {"duration": LATEST}, "clock.too-far"),
        ("on_restart", {"on_restart": "forget"}, "clock.on-restart"),
        ("rewind", {}, "clock.unknown-action"),
    ],
)
def test_what_makes_no_sense_is_refused(action: str, options: dict[str, int], key: str) -> None:
    with pytest.raises(InvalidClockAction) as refusal:
        RUNNING.act(action, 1_000, 50_000, **options)
    assert refusal.value.key == key


RESUMING = RUNNING.act("on_restart", 1_400, 50_400, on_restart="resume")
HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("pace", "target"),
    [
        pytest.param(RUNNING, 1_700 + HOUR, id="catching up: the stop is lived through"),
        pytest.param(RESUMING, 1_700, id="resuming: from where it may have been last"),
        pytest.param(
            RESUMING.act("speed", 1_400, 50_400, factor=10), 4_400, id="resuming at ten times"
        ),
        pytest.param(RESUMING.act("pause", 1_500, 50_500), 1_500, id="paused it stands as before"),
        pytest.param(
            RESUMING.act("warp", 1_500, 50_500, to=9_000), 9_000, id="a warp goes on to its goal"
        ),
        pytest.param(
            RESUMING.act("speed", 1_900, 50_900, factor=1),
            1_900,
            id="a note older than the clock's last action takes nothing back",
        ),
    ],
)
def test_a_restart_after_an_hour(pace: Pace, target: int) -> None:
    again = pace.restarted(now=1_450, lived_until=50_700, wall=50_700 + HOUR)
    assert again.target(50_700 + HOUR) == target


def test_saying_how_a_restart_goes_leaves_the_clock_alone() -> None:
    warping = RUNNING.act("warp", 1_000, 50_000, to=9_000)
    told = warping.act("on_restart", 5_000, 50_100, on_restart="resume")
    assert (told.goal, told.anchor, told.wall) == (warping.goal, warping.anchor, warping.wall)


def test_resuming_never_goes_back_behind_what_was_replayed() -> None:
    again = RESUMING.restarted(now=2_500, lived_until=0, wall=60_000)
    assert again.target(60_000) == 2_500
