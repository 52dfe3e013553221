"""How a process serves: what the cycle collector no longer looks at."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from ecp.edge.serving import settle


class Node:
    """Something that can be part of a cycle."""

    def __init__(self) -> None:
        self.other: Node | None = None


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def test_a_cycle_that_died_is_not_kept_by_being_frozen() -> None:
    one, other = Node(), Node()
    one.other, other.other = other, one
    gone = weakref.ref(one)
    del one, other
    assert gone() is not None
    settle()
    assert gone() is None


def test_what_lives_is_looked_at_no_more() -> None:
    kept = [Node() for _ in range(50)]
    settle()
    assert gc.get_freeze_count() > len(kept)
    assert not any(one is each for each in gc.get_objects() for one in kept)
