"""What changes follow from is known for all of them, also after a restart, in bounded space."""

from hypothesis import given
from hypothesis import strategies as st

from ecp.sim.store import Roots, Store

FIRSTS = st.sampled_from(["a1", "a2", "f1", "boot", ""])
# A cause is of itself, or the change so many versions before.
CAUSES = st.lists(st.one_of(FIRSTS, st.integers(1, 50)), min_size=1, max_size=60)


def written(causes: list[str | int], roots: Roots) -> list[str]:
    """Note a change a cause, versions from 2 on; return what each follows from, plainly walked."""
    found: list[str] = []
    for number, wish in enumerate(causes):
        if isinstance(wish, int) and wish <= number:
            found.append(found[number - wish])
            roots.note(number + 2, f"c{number + 2 - wish}")
        else:
            first = "a1" if isinstance(wish, int) else wish
            found.append(first)
            roots.note(number + 2, first)
    return found


@given(causes=CAUSES)
def test_the_root_of_a_change_is_where_the_walk_ends(causes: list[str | int]) -> None:
    roots = Roots()
    found = written(causes, roots)
    again = Roots()
    again.restore(roots.snapshot())
    for known in (roots, again):
        assert [known.of(f"c{number + 2}") for number in range(len(found))] == found
    # What comes after a restart is noted alike.
    for known in (roots, again):
        known.note(len(found) + 2, f"c{len(found) + 1}")
    assert again.snapshot() == roots.snapshot()


@given(causes=CAUSES)
def test_forgetting_loses_the_oldest_only(causes: list[str | int]) -> None:
    roots = Roots(most=8)
    found = written(causes, roots)
    assert len(roots.snapshot()["firsts"]) <= 8
    assert len(roots.snapshot()["names"]) <= 8
    said = [roots.of_version(number + 2) for number in range(len(found))]
    known = next((n for n, root in enumerate(said) if root), len(said))
    if "" not in found and not any(isinstance(wish, int) for wish in causes):
        assert said[known:] == found[known:]
        assert len(said) - known >= min(len(said), 4)


def test_what_is_no_change_is_its_own_root() -> None:
    roots = Roots()
    assert [roots.of(cause) for cause in ("f1", "a12", "", "cron", "c7")] == [
        "f1",
        "a12",
        "",
        "cron",
        "",
    ]


def test_a_store_knows_them_beyond_its_window_and_after_a_restart() -> None:
    store = Store(window=3)
    cause = "f1"
    for number in range(10):
        change = store.put(
            "configmaps", ("x", f"p{number}"), {"metadata": {}}, (), at=1, cause=cause, actor="test"
        )
        cause = f"c{change.rv}"
    store.delete("configmaps", ("x", "p1"), at=1, cause="a2", actor="test")
    again = Store()
    again.restore(store.snapshot())
    for known in (store, again):
        assert known.change(2) is None
        assert [known.roots.of_version(rv) for rv in (2, 11, 12)] == ["f1", "f1", "a2"]
