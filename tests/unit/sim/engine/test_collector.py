"""The cycle collector rests while time passes, and what a long run made is not looked at after."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from ecp.sim.engine import collector
from ecp.sim.engine.collector import resting

MANY = 60_000


class Node:
    other: "Node"


def pair() -> weakref.ref[Node]:
    """Return a reference to one of two objects that hold each other, and that nobody holds."""
    one, two = Node(), Node()
    one.other, two.other = two, one
    return weakref.ref(one)


@pytest.fixture(autouse=True)
def nothing_due() -> Iterator[None]:
    gc.collect()
    collector._Kept.unseen = 0
    yield
    gc.unfreeze()
    gc.enable()


def young() -> int:
    return len(gc.get_objects(generation=0))


def test_what_a_long_run_made_is_old_without_a_look() -> None:
    looks = gc.get_stats()[2]["collections"]
    with resting():
        kept = [[n] for n in range(MANY)]
    assert young() < 1_000
    assert gc.get_stats()[2]["collections"] == looks
    assert len(kept) == MANY


def test_what_a_short_one_made_is_looked_at_as_ever() -> None:
    looks = gc.get_stats()[0]["collections"]
    with resting():
        kept = [[n] for n in range(10_000)]
        assert young() > 9_000
    again = [[n] for n in range(1_000)]
    assert gc.get_stats()[0]["collections"] > looks
    assert len(kept) + len(again) == 11_000


def test_what_was_dropped_is_found_once_so_much_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "_LOOK", 3 * MANY // 2)
    with resting():
        lost = pair()
        first = [[n] for n in range(MANY)]
    assert lost() is not None
    with resting():
        second = [[n] for n in range(MANY)]
    assert lost() is None
    assert len(first) == len(second)


def test_a_process_that_freezes_keeps_its_own_rule() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    with resting():
        kept = [[n] for n in range(MANY)]
    assert gc.get_freeze_count() >= frozen - 100
    assert len(kept) == MANY
