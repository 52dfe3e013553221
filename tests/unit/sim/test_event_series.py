"""How the scheduler counts what it says again."""

import json
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.engine.engine import SECOND, Engine
from ecp.sim.plans import EventNote
from ecp.sim.recorder import Recorder
from ecp.sim.store import Store

Obj = dict[str, Any]
Saying = tuple[int, str, str]
"""At which second, what, and of which version of the pod."""


class Stage:
    def __init__(self) -> None:
        self.engine, self.store = Engine(0), Store()
        self.recorder = Recorder(self.engine, self.store)

    def say(self, *sayings: Saying) -> None:
        for second, words, version in sayings:
            self.engine.run_until(second * SECOND)
            meta = {"name": "p", "namespace": "n", "uid": "u", "resourceVersion": version}
            pod = {"kind": "Pod", "apiVersion": "v1", "metadata": meta}
            note = EventNote(pod, "Warning", "FailedScheduling", words)
            self.recorder.record(note, "default-scheduler", "", "kube-scheduler")

    def read(self, second: int) -> list[tuple[str, int]]:
        self.engine.run_until(second * SECOND)
        events = [stored.object for stored in self.store.items(kinds.EVENTS).values()]
        return [(one["message"], one.get("series", {}).get("count", 1)) for one in events]


CASES: dict[str, tuple[list[Saying], int, list[tuple[str, int]]]] = {
    "once": ([(1, "a", "7")], 2, [("a", 1)]),
    "twice is a series": ([(1, "a", "7"), (2, "a", "7")], 2, [("a", 2)]),
    "the words do not matter": ([(1, "a", "7"), (2, "b", "7")], 2, [("a", 2)]),
    "the version of the pod does": ([(1, "a", "7"), (2, "a", "8")], 2, [("a", 1), ("a", 1)]),
    "a third time is kept in mind": ([(n, "a", "7") for n in (1, 2, 3)], 719, [("a", 2)]),
    "and written when it has not come for six minutes": (
        [(n, "a", "7") for n in (1, 2, 3)], 720, [("a", 3)],
    ),
    "or at the half hour": (
        [(n, "a", "7") for n in range(1, 1800, 300)], 1800, [("a", 6)],
    ),
    "an ended series begins anew": (
        [(n, "a", "7") for n in (1, 2, 800)], 801, [("a", 2), ("a", 1)],
    ),
    "as does what was said once": ([(1, "a", "7"), (800, "a", "7")], 801, [("a", 1), ("a", 1)]),
    "it is not limited": (
        [(n, "a", str(n)) for n in range(1, 41)], 41, [("a", 1)] * 40,
    ),
    "an hour after it was last written it is gone": (
        [(n, "a", "7") for n in range(1, 1800, 300)], 1800 + 3600 + 121, [],
    ),
    "and not before": (
        [(n, "a", "7") for n in range(1, 1800, 300)], 1800 + 3600 - 1, [("a", 6)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sayings", "second", "events"), CASES.values(), ids=CASES)
def test_what_is_read(sayings: list[Saying], second: int, events: list[tuple[str, int]]) -> None:
    stage = Stage()
    stage.say(*sayings)
    assert stage.read(second) == events


def test_a_series_whose_event_was_deleted_is_written_whole() -> None:
    stage = Stage()
    stage.say((1, "a", "7"))
    (key,) = stage.store.items(kinds.EVENTS)
    stage.store.delete(kinds.EVENTS, key, at=0, cause="", actor="")
    stage.say((2, "b", "7"))
    assert stage.read(3) == [("a", 2)]
    assert list(stage.store.items(kinds.EVENTS)) == [key]


def test_what_is_kept_in_mind_is_kept_in_a_snapshot() -> None:
    stage, other = Stage(), Stage()
    stage.say(*((n, "a", "7") for n in (1, 2, 3)))
    other.say((1, "a", "7"), (2, "a", "7"))
    other.recorder.restore(json.loads(json.dumps(stage.recorder.snapshot())))
    assert other.read(720)[-1][1] == 3


@pytest.mark.parametrize(
    ("reason", "kept"), [("Scheduled", 0), ("Preempted", 0), ("FailedScheduling", 3)]
)
def test_what_happens_to_a_pod_once_is_not_kept_in_mind(reason: str, kept: int) -> None:
    stage = Stage()
    for n in range(3):
        meta = {"name": f"p{n}", "namespace": "n", "uid": f"u{n}", "resourceVersion": "7"}
        pod = {"kind": "Pod", "apiVersion": "v1", "metadata": meta}
        note = EventNote(pod, "Normal", reason, "a")
        stage.recorder.record(note, "default-scheduler", "", "kube-scheduler")
    assert len(stage.recorder.snapshot()["series"]) == kept
    assert stage.read(1) == [("a", 1)] * 3
