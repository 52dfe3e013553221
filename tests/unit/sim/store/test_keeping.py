"""The change log as plain data says the same when it is read; a store goes on past what was."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.sim.store import Expired, Store, keeping

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(0, 2) | st.sampled_from("ab"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=12,
)
KEY = ("t", "a")


def _plain(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value))


@given(VALUES, VALUES)
def test_a_step_back_is_the_value_before_to_the_byte(new: Any, old: Any) -> None:
    step = _plain(keeping.step_back(new, old))
    assert orjson.dumps(keeping.stepped_back(new, step)) == orjson.dumps(old)
    assert (step is None) is (orjson.dumps(new) == orjson.dumps(old))


def _pod(phase: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "a", "labels": labels}, "spec": {}, "status": {"phase": phase}}


def _lived() -> Store:
    """A store in which an object came, changed, went and came again; another one is there."""
    store = Store()
    wrote: dict[str, Any] = {"at": 5, "cause": "a1", "actor": "ecp"}
    store.put("pods", ("t", "b"), _pod("Running"), (), **wrote)
    store.put("pods", KEY, _pod("Pending"), (), **wrote)
    store.put("pods", KEY, _pod("Running", app="a"), (), **wrote)
    store.delete("pods", KEY, **wrote)
    store.put("pods", KEY, _pod("Pending"), (), **wrote)
    return store


def _restored(store: Store, most: int = keeping.MOST) -> Store:
    found = Store()
    found.restore(_plain(store.snapshot()))
    keeping.remember(found, _plain(keeping.written(store, most)))
    return found


@pytest.mark.parametrize("most", [pytest.param(99, id="all"), pytest.param(2, id="the newest two")])
def test_a_log_that_was_kept_tells_the_same(most: int) -> None:
    store = _lived()
    again = _restored(store, most)
    expected = list(store.log)[-most:]
    assert [orjson.dumps(tuple(c)) for c in again.log] == [orjson.dumps(tuple(c)) for c in expected]
    assert [again.change(change.rv) for change in again.log] == list(again.log)
    assert again.change(store.version - len(expected)) is None


def test_what_was_kept_can_be_looked_at_and_not_be_followed() -> None:
    again = _restored(_lived())
    assert again.oldest == again.version
    with pytest.raises(Expired):
        again.since(again.version - 1)


def test_no_version_is_given_out_twice_after_a_skip() -> None:
    again = _restored(_lived())
    seen = again.version
    again.skip_to(seen + 7)
    with pytest.raises(Expired):
        again.since(seen)
    change = again.put("pods", KEY, _pod("Running"), (), at=6, cause="a2", actor="ecp")
    assert change.rv == seen + 8
    assert list(again.since(seen + 7)) == [change]
    assert [again.change(rv) for rv in (seen + 8, seen + 7, seen)] == [
        change, None, again.log[-2]
    ]  # fmt: skip
