"""Events of one source about one object: which are written, which are counted, which swallowed.

The rules are those of client-go 1.36 tools/record/events_cache.go, the figures its defaults.
"""

import json
from typing import Any

import pytest

from ecp.kube.kinds import EVENTS
from ecp.sim.engine.engine import SECOND, Engine
from ecp.sim.plans import EventNote
from ecp.sim.recorder import Recorder
from ecp.sim.store import Store

NS = "default"


class Desk:
    """A recorder, and what it wrote."""

    def __init__(self) -> None:
        self.engine = Engine(1_000_000 * SECOND)
        self.store = Store()
        self.recorder = Recorder(self.engine, self.store)

    def say(
        self,
        message: str,
        reason: str = "BackOff",
        *,
        type_: str = "Warning",
        part: str = "",
        pod: str = "web",
        host: str = "n1",
    ) -> None:
        meta = {"name": pod, "namespace": NS, "uid": f"u-{pod}", "resourceVersion": "1"}
        regarding = {"apiVersion": "v1", "kind": "Pod", "metadata": meta}
        note = EventNote(regarding, type_, reason, message, part)
        self.recorder.record(note, "kubelet", host, "kubelet")

    def wait(self, seconds: int) -> None:
        self.engine.run_until(self.engine.now + seconds * SECOND)

    def restart(self) -> None:
        kept = json.loads(json.dumps(self.recorder.snapshot()))
        self.recorder = Recorder(self.engine, self.store)
        self.recorder.restore(kept)

    @property
    def written(self) -> list[tuple[str, int]]:
        return [(one["message"], one["count"]) for one in self.store.list(EVENTS)]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.written)


def desk_with(count: int, **more: Any) -> Desk:
    desk = Desk()
    for number in range(count):
        desk.say(f"m{number}", **more)
    return desk


@pytest.mark.parametrize(
    ("count", "events", "last"),
    [
        pytest.param(9, 9, ("m8", 1), id="nine different ones are nine"),
        pytest.param(
            10, 10, ("(combined from similar events): m9", 1), id="the tenth is a combined one"
        ),
        pytest.param(
            12, 10, ("(combined from similar events): m11", 3), id="which counts and takes words"
        ),
        pytest.param(
            40, 10, ("(combined from similar events): m24", 16), id="after 25 none is written"
        ),
    ],
)
def test_similar_ones_become_one(count: int, events: int, last: tuple[str, int]) -> None:
    desk = desk_with(count)
    assert len(desk.written) == events
    assert desk.written[-1] == last


def test_identical_ones_are_counted_even_while_they_are_not_written() -> None:
    desk = Desk()
    for _ in range(40):
        desk.say("again")
    assert desk.written == [("again", 25)]
    desk.wait(301)
    desk.say("again")
    assert desk.written == [("again", 41)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, 25, id="a source has 25 about one object"),
        pytest.param({"part": "spec.containers{b}"}, 25, id="whichever part of it is meant"),
        pytest.param({"reason": "Failed"}, 25, id="whatever the reason"),
        pytest.param({"type_": "Normal"}, 26, id="as many again of the other type"),
        pytest.param({"pod": "other"}, 26, id="and about another object"),
        pytest.param({"host": "n2"}, 26, id="and another source"),
    ],
)
def test_whose_allowance_is_used(more: Any, expected: int) -> None:
    desk = Desk()
    for _ in range(25):
        desk.say("again", part="spec.containers{a}")
    desk.say("again", **more)
    assert desk.total == expected


def test_similar_ones_of_two_containers_are_similar() -> None:
    desk = Desk()
    for number in range(9):
        desk.say(f"m{number}", part="spec.containers{a}")
    desk.say("m9", part="spec.containers{b}")
    assert desk.written[-1][0] == "(combined from similar events): m9"


def test_who_puts_several_into_one_does_not_say_for_whom() -> None:
    found = desk_with(10).store.list(EVENTS)
    named = [(one["reportingComponent"], one["reportingInstance"]) for one in found]
    assert named == [("kubelet", "n1")] * 9 + [("", "")]
    assert found[-1]["source"] == {"component": "kubelet", "host": "n1"}


def test_the_same_words_of_two_containers_are_two_events() -> None:
    desk = Desk()
    for part in "aba":
        desk.say("again", part=f"spec.containers{{{part}}}")
    assert desk.written == [("again", 2), ("again", 1)]


def test_one_that_was_swallowed_is_written_later_with_its_count_and_first_instant() -> None:
    desk = Desk()
    for _ in range(25):
        desk.say("again")
    desk.say("late", "Failed")
    desk.wait(1)
    desk.restart()
    desk.say("late", "Failed")
    desk.wait(301)
    desk.say("late", "Failed")
    event = desk.store.list(EVENTS)[-1]
    assert (event["message"], event["count"]) == ("late", 3)
    assert (event["firstTimestamp"], event["lastTimestamp"]) == (
        "1970-01-12T13:46:40Z",
        "1970-01-12T13:51:42Z",
    )


def test_after_ten_quiet_minutes_similar_ones_are_told_apart_again() -> None:
    desk = desk_with(12)
    desk.wait(601)
    desk.say("fresh")
    assert desk.written[-1] == ("fresh", 1)


def test_an_event_is_forgotten_an_hour_after_it_was_last_written() -> None:
    desk = Desk()
    desk.say("again")
    desk.wait(3000)
    desk.say("again")
    desk.wait(3500)
    assert desk.written == [("again", 2)]
    desk.wait(200)
    assert desk.written == []
    desk.say("again")
    assert desk.written == [("again", 3)]
