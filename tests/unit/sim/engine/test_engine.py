"""One queue, one clock, one order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.sim.engine.engine import Engine, Phase, ReplayDiverged


def recording() -> tuple[Engine, list[tuple[int, Any, str]]]:
    engine, seen = Engine(100), []
    engine.handle("note", lambda arg: seen.append((engine.now, arg, engine.cause)))
    return engine, seen


def test_timers_fire_by_instant_then_phase_then_order_of_setting() -> None:
    engine, seen = recording()
    engine.at(200, "note", "controller a", Phase.CONTROLLER)
    engine.at(200, "note", "scheduler", Phase.SCHEDULER)
    engine.at(200, "note", "controller b", Phase.CONTROLLER)
    engine.at(200, "note", "fault", Phase.FAULT)
    engine.at(150, "note", "earlier", Phase.SLA)
    assert engine.run_until(200)
    assert [arg for _, arg, _ in seen] == [
        "earlier",
        "fault",
        "controller a",
        "controller b",
        "scheduler",
    ]


def test_an_instant_already_past_fires_next_and_time_never_goes_back() -> None:
    engine, seen = recording()
    engine.at(50, "note", "late")
    engine.run_until(120)
    engine.run_until(110)
    assert seen == [(100, "late", "")]
    assert engine.now == 120


def test_a_cancelled_timer_never_fires_and_is_no_timer_any_more() -> None:
    engine, seen = recording()
    gone = engine.at(150, "note", "gone")
    engine.at(160, "note", "stays")
    engine.cancel(gone)
    engine.cancel(gone)
    assert engine.next_at() == 160
    engine.run_until(1000)
    assert [arg for _, arg, _ in seen] == ["stays"]
    assert (engine.fired, engine.next_at()) == (1, None)


def test_what_is_set_while_a_timer_fires_inherits_its_cause() -> None:
    engine, seen = recording()
    engine.handle("chain", lambda arg: engine.at(engine.now + 1, "note", arg))
    engine.at(150, "chain", "child", cause="a7")
    engine.run_until(1000)
    assert seen == [(151, "child", "a7")]
    assert engine.cause == ""


def test_a_budget_stops_between_timers_and_goes_on_from_there() -> None:
    engine, seen = recording()
    for number in range(5):
        engine.at(150, "note", number)
    assert not engine.run_until(200, max_timers=2)
    assert (engine.now, engine.fired) == (150, 2)
    assert engine.run_until(200, max_timers=3)
    assert [arg for _, arg, _ in seen] == [0, 1, 2, 3, 4]
    assert engine.now == 200


def test_a_replay_runs_to_a_position_in_the_middle_of_an_instant() -> None:
    engine, seen = recording()
    for number in range(3):
        engine.at(150, "note", number)
    engine.run_to_position(150, 2)
    assert [arg for _, arg, _ in seen] == [0, 1]
    with pytest.raises(ReplayDiverged):
        engine.run_to_position(160, 9)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=40),
    st.sets(st.integers(0, 39)),
    st.integers(0, 25),
)
def test_a_snapshot_goes_on_as_the_engine_it_was_taken_of(
    timers: list[tuple[int, int]], cancelled: set[int], stop: int
) -> None:
    def run(interrupt: bool) -> list[tuple[int, Any, str]]:
        engine = Engine(0)
        seen: list[tuple[int, Any, str]] = []

        def handler(arg: Any) -> None:
            seen.append((engine.now, arg, engine.cause))
            if arg[1] > 5:
                engine.at(engine.now + 3, "note", [arg[0], arg[1] - 3])

        engine.handle("note", handler)
        handles = [
            engine.at(at, "note", [number, phase], phase, f"a{number}")
            for number, (at, phase) in enumerate(timers)
        ]
        for number in sorted(cancelled):
            if number < len(handles):
                engine.cancel(handles[number])
        engine.run_until(stop)
        if interrupt:
            state = engine.snapshot()
            engine = Engine(0)
            engine.handle("note", handler)
            engine.restore(state)
        engine.run_until(100)
        return seen

    assert run(interrupt=False) == run(interrupt=True)
