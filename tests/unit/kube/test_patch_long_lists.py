"""Long lists: what is remembered of them and done at once comes out as item by item, and soon."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube.errors import KubeError
from ecp.kube.patch import apply, fieldset, strategic
from ecp.kube.patch.apply import Owner
from ecp.kube.patch.merge_keys import resolve, root

Object = dict[str, Any]
NOW = "2026-01-01T00:00:00Z"
MANY = 20_000
SHORT = 15


def environment() -> Any:
    """The type of a container's env: a list keyed by name."""
    pod: Any = root("v1", "Pod")
    for step in ("spec", "containers"):
        pod = pod.child(step)
    return pod.value_type().child("env")


ENV = environment()
SOURCE = {"fieldRef": {"fieldPath": "status.podIP"}}
NAMES = [f'V"{n}' if n % 7 == 0 else f"V{n}" for n in range(60)]
FLAT = [{}, {"value": ""}, {"value": "1"}, {"value": "2"}]
ANY_FORM = [*FLAT, {"valueFrom": SOURCE}, {"valueFrom": {}}, {"value": "1", "valueFrom": SOURCE}]


def lists(forms: list[Object], least: int) -> Any:
    """Lists of at least so many items of some forms, from a place among the names up or down."""
    return st.builds(
        lambda first, items, step: [
            {"name": NAMES[first + at], **form} for at, form in enumerate(items)
        ][::step],
        st.integers(0, 20),
        st.lists(st.sampled_from(forms), min_size=least, max_size=40),
        st.sampled_from([1, -1]),
    )


LISTS = lists(FLAT, 20) | lists(ANY_FORM, 20) | lists(ANY_FORM, 1)


def chunks(items: list[Object]) -> list[list[Object]]:
    return [items[at : at + SHORT] for at in range(0, len(items), SHORT)]


@given(LISTS)
def test_a_long_list_speaks_for_what_its_parts_speak_for(items: list[Object]) -> None:
    whole = fieldset.EMPTY
    for part in chunks(items):
        whole = whole | fieldset.leaves(ENV, part)
    assert fieldset.leaves(ENV, items) is whole


@given(LISTS, LISTS)
def test_two_long_lists_differ_by_what_their_items_differ_by(
    old: list[Object], new: list[Object]
) -> None:
    before, after = ({one["name"]: one for one in items} for items in (old, new))
    whole = [fieldset.EMPTY] * 3
    for name in before | after:
        pair = [[one[name]] if name in one else [] for one in (before, after)]
        for at, part in enumerate(fieldset.difference(ENV, *pair)):
            whole[at] = whole[at] | part
    assert list(fieldset.difference(ENV, old, new)) == whole


@given(LISTS, LISTS)
def test_long_lists_are_merged_item_by_item(old: list[Object], new: list[Object]) -> None:
    before = {one["name"]: one for one in old}
    merged = {one["name"]: one for one in apply.merge(ENV, old, new)}
    assert merged.keys() == before.keys() | {one["name"] for one in new}
    for one in new:
        was = [before[one["name"]]] if one["name"] in before else []
        assert [merged[one["name"]]] == apply.merge(ENV, was, [one])
    assert [one for one in merged if one in {n["name"] for n in new}] == [n["name"] for n in new]


def deployment(env: list[Any]) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "env": env}]}}},
    }


def applied(live: Object | None, owners: tuple[Owner, ...], env: list[Any]) -> Any:
    return apply.apply(
        live, owners, deployment(env), "m", api_version="apps/v1", kind="Deployment", time=NOW
    )


def variables(count: int, value: str = "v") -> list[Object]:
    return [{"name": f"V{n}", "value": f"{value}{n}"} for n in range(count)]


LAST = [
    ("a number for a text", {"name": "X", "value": 1}, '[name="X"].value: expected string, got'),
    ("an unknown field", {"name": "X", "valeu": "1"}, '[name="X"].valeu: field not declared'),
    ("a name twice", {"name": "V0"}, ': duplicate entries for key [name="V0"]'),
    ("no item", None, ": element 30: associative list with keys may not have a null element"),
]


@pytest.mark.parametrize(("item", "words"), [r[1:] for r in LAST], ids=[r[0] for r in LAST])
def test_a_mistake_in_the_last_item_of_a_long_list_is_found(item: Any, words: str) -> None:
    with pytest.raises(KubeError) as caught:
        applied(None, (), [*variables(30), item])
    assert f'containers[name="app"].env{words}' in caught.value.message


def test_a_variable_that_is_applied_no_more_goes_and_the_others_stay() -> None:
    live, owners = applied(None, (), variables(30))
    obj, after = applied(live, owners, variables(29, "w"))
    assert obj == deployment(variables(29, "w"))
    assert after[0].speaks_for is applied(None, (), variables(29))[1][0].speaks_for


def test_what_is_remembered_of_long_lists_is_bounded() -> None:
    lists = [variables(900) for _ in range(130)]
    for items in lists:
        fieldset.items_of(ENV, items)
    kept = sum(len(items) for _, items, _ in fieldset._long_lists.values())
    assert 90_000 < kept <= fieldset._ROOM


def test_a_huge_list_that_is_remembered_alone_is_found_again() -> None:
    items = variables(MANY)
    assert fieldset.items_of(ENV, items) is fieldset.items_of(ENV, items)


# ---- how the work grows ------------------------------------------------------------------------
# Seconds are measured by `python -m bench patches`; here the interpreter's steps are counted.


def steps(work: Callable[[], object]) -> int:
    """Return how many bytecodes of Python *work* takes."""
    count = 0

    def traced(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def grows_in_line(work: Callable[[int], object]) -> bool:
    """Tell whether twice the list is twice the work; a pass for each item would be four times."""
    work(8)  # what is loaded and remembered once
    return steps(lambda: work(1600)) < 2.4 * steps(lambda: work(800))


def apply_twice(count: int) -> Object:
    live, owners = applied(None, (), variables(count))
    obj, after = applied(live, owners, variables(count, "w"))
    apply.render(after, obj)
    return obj


def test_a_deployment_of_twenty_thousand_variables_is_applied_twice() -> None:
    assert apply_twice(MANY) == deployment(variables(MANY, "w"))


def test_to_apply_twice_as_many_variables_is_twice_the_work() -> None:
    assert grows_in_line(apply_twice)


def named(count: int, **more: Any) -> list[Object]:
    return [{"name": f"V{n}", **more} for n in range(count)]


def new(count: int) -> list[Object]:
    return [{"name": f"W{n}"} for n in range(count)]


STRATEGIC: list[Any] = [
    pytest.param(
        lambda n: {"env": named(n, value="x")},
        lambda n: named(n, value="x"),
        id="every variable changed",
    ),
    pytest.param(
        lambda n: {"env": named(n, **{"$patch": "delete"})},
        lambda n: [],
        id="every variable deleted",
    ),
    pytest.param(
        lambda n: {"env": new(n)}, lambda n: new(n) + variables(n), id="every variable new"
    ),
    pytest.param(
        lambda n: {"$setElementOrder/env": named(n)[::-1]},
        lambda n: variables(n)[::-1],
        id="an order for all",
    ),
]
Many = Callable[[int], Any]


def patched(patch: Many, count: int) -> Object:
    spec = {"template": {"spec": {"containers": [{"name": "app", **patch(count)}]}}}
    return strategic.apply(deployment(variables(count)), {"spec": spec})


@pytest.mark.parametrize(("patch", "env"), STRATEGIC)
def test_a_strategic_patch_of_twenty_thousand_variables_is_carried_out(
    patch: Many, env: Many
) -> None:
    assert patched(patch, MANY) == deployment(env(MANY))


@pytest.mark.parametrize("patch", [pytest.param(row.values[0], id=row.id) for row in STRATEGIC])
def test_a_strategic_patch_of_twice_as_many_variables_is_twice_the_work(patch: Many) -> None:
    assert grows_in_line(lambda count: patched(patch, count))


KEYS: list[tuple[str, list[Any], list[Any], list[Any]]] = [
    (
        "true is 1, as the one who compares sees it",
        [{"name": 1}],
        [{"name": True, "value": "x"}],
        [{"name": True, "value": "x"}],
    ),
    (
        "a key that is a map",
        [{"name": {"a": 1}}, {"name": "b"}],
        [{"name": {"a": 1}, "value": "x"}],
        [{"name": {"a": 1}, "value": "x"}, {"name": "b"}],
    ),
    (
        "a key that is a list, deleted",
        [{"name": ["a"]}, {"name": "b"}],
        [{"name": ["a"], "$patch": "delete"}],
        [{"name": "b"}],
    ),
]


@pytest.mark.parametrize(("old", "patch", "new"), [r[1:] for r in KEYS], ids=[r[0] for r in KEYS])
def test_keys_that_are_no_texts_are_found_too(
    old: list[Any], patch: list[Any], new: list[Any]
) -> None:
    spec = {"template": {"spec": {"containers": [{"name": "app", "env": patch}]}}}
    assert strategic.apply(deployment(old), {"spec": spec}) == deployment(new)


ORDERS = [
    'k:{"name":"b"}', 'k:{"name":"a b"}', 'k:{"name":"a"}', 'k:{"name":"a!"}', 'k:{"name":"é"}',
    r'k:{"name":"a\"b"}', r'k:{"name":"a\nb"}', 'k:{"name":1}', 'k:{"a":"x","name":"b"}',
]  # fmt: skip


def test_a_key_with_one_plain_text_sorts_as_any_other() -> None:
    assert [sorted(ORDERS, key=fieldset.order).index(one) for one in ORDERS] == [
        7, 4, 2, 5, 8, 6, 3, 1, 0,
    ]  # fmt: skip


def test_the_type_of_an_env_is_what_these_tests_take_it_for() -> None:
    assert (ENV.shape, ENV.relation, ENV.keys) == ("list", "keyed", ("name",))
    assert resolve("s").shape == "scalar"
