"""Whatever is written, who watches from the start sees what who lists sees; indexes follow."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ecp.sim.store import Expired, Store, keeping
from ecp.sim.store.store import ALL, FIGURES, QUIET, STATUS

NAMES = st.sampled_from(["a", "b", "c"])
SPACES = st.sampled_from(["", "x", "y"])
OWNERS = st.sampled_from([None, "uid-1", "uid-2"])
NODES = st.sampled_from([None, "n1", "n2"])
LABELS = st.sampled_from([{}, {"app": "a"}, {"app": "b"}, {"app": "a", "zone": "z"}])


def obj(
    namespace: str,
    name: str,
    owner: str | None,
    node: str | None,
    labels: dict[str, str] | None = None,
) -> dict[str, Any]:
    meta: dict[str, Any] = {"namespace": namespace, "name": name}
    if labels:
        meta["labels"] = labels
    if owner:
        meta["ownerReferences"] = [
            {"uid": owner, "kind": "ReplicaSet", "name": "o", "controller": True}
        ]
    return {"metadata": meta, "spec": {"nodeName": node} if node else {}}


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.model: dict[tuple[str, str], dict[str, Any]] = {}

    @rule(namespace=SPACES, name=NAMES, owner=OWNERS, node=NODES, labels=LABELS)
    def put(
        self,
        namespace: str,
        name: str,
        owner: str | None,
        node: str | None,
        labels: dict[str, str],
    ) -> None:
        before = self.model.get((namespace, name))
        if before is not None and before["spec"].get("nodeName"):
            node = before["spec"]["nodeName"]  # a pod is bound once
        change = self.store.put(
            "pods",
            (namespace, name),
            obj(namespace, name, owner, node, labels),
            (),
            at=1,
            cause="a1",
            actor="test",
        )
        assert change.type == ("MODIFIED" if before else "ADDED")
        self.model[namespace, name] = change.object

    @rule(namespace=SPACES, name=NAMES)
    def delete(self, namespace: str, name: str) -> None:
        if self.model.pop((namespace, name), None) is None:
            with pytest.raises(KeyError):
                self.store.delete("pods", (namespace, name), at=1, cause="", actor="test")
        else:
            self.store.delete("pods", (namespace, name), at=1, cause="", actor="test")

    @rule()
    def restart(self) -> None:
        restored = Store()
        restored.restore(self.store.snapshot())
        keeping.remember(restored, keeping.written(self.store))
        self.store = restored

    @invariant()
    def watch_equals_list(self) -> None:
        seen: dict[tuple[str, str], Any] = {}
        for change in self.store.log:
            if change.type == "DELETED":
                del seen[change.key]
            else:
                seen[change.key] = change.object
        assert seen == self.model == {k: s.object for k, s in self.store.items("pods").items()}

    @invariant()
    def indexes_equal_scans(self) -> None:
        everything = list(self.model.values())
        for space in ("", "x", "y"):
            listed = self.store.list("pods", space)
            assert sorted(map(repr, listed)) == sorted(
                repr(o) for o in everything if o["metadata"]["namespace"] == space
            )
        for uid in ("uid-1", "uid-2"):
            owned = self.store.owned(uid, "pods")
            assert sorted(map(repr, owned)) == sorted(
                repr(o)
                for o in everything
                if any(r["uid"] == uid for r in o["metadata"].get("ownerReferences", ()))
            )
        for space in ("x", "y"):
            assert self.store.orphans("pods", space) == [
                self.model[key]
                for key in sorted(self.model)
                if key[0] == space and "ownerReferences" not in self.model[key]["metadata"]
            ]
        for label in (("app", "a"), ("app", "b"), ("zone", "z")):
            for space in ("x", "y"):
                # In the same order, too: who fills slices of endpoints goes by it.
                assert self.store.labelled("pods", space, label) == [
                    one
                    for one in self.store.list("pods", space)
                    if label in one["metadata"].get("labels", {}).items()
                ]
        for node in ("n1", "n2"):
            assert sorted(map(repr, self.store.on_node(node))) == sorted(
                repr(o) for o in everything if o["spec"].get("nodeName") == node
            )


TestStore = StoreMachine.TestCase


def test_versions_are_the_changes_and_each_can_be_found() -> None:
    store = Store()
    first = store.put(
        "pods", ("x", "a"), obj("x", "a", None, None), (), at=5, cause="a1", actor="t"
    )
    second = store.delete("pods", ("x", "a"), at=6, cause="c2", actor="t")
    assert (first.rv, second.rv, store.version) == (2, 3, 3)
    assert store.change(2) is first
    assert store.change(9) is None
    assert second.object["metadata"]["resourceVersion"] == "3"


def test_a_watcher_who_is_too_late_is_told() -> None:
    store = Store(window=3)
    for number in range(5):
        store.put(
            "pods",
            ("x", str(number)),
            obj("x", str(number), None, None),
            (),
            at=0,
            cause="",
            actor="t",
        )
    assert [change.rv for change in store.since(3)] == [4, 5, 6]
    with pytest.raises(Expired):
        store.since(2)


def test_a_write_does_not_touch_what_was_read_before() -> None:
    store = Store()
    store.put("pods", ("x", "a"), obj("x", "a", None, None), (), at=0, cause="", actor="t")
    read, pinned = store.get("pods", "x", "a"), store.items("pods")
    store.put("pods", ("x", "a"), obj("x", "a", None, "n1"), (), at=0, cause="", actor="t")
    assert read is not None
    assert "nodeName" not in read["spec"]
    assert pinned["x", "a"].object is read


READY = {"conditions": [{"type": "Ready", "status": "True"}]}
WHOLE: dict[str, Any] = {
    "metadata": {"namespace": "x", "name": "a"},
    "spec": {"nodeName": "n1"},
    "status": {"phase": "Pending"},
}


@pytest.mark.parametrize(
    ("change", "reach"),
    [
        pytest.param({"metadata": {**WHOLE["metadata"]}}, ALL, id="metadata made anew"),
        pytest.param({"spec": {**WHOLE["spec"]}}, ALL, id="a spec made anew"),
        pytest.param({"status": {"phase": "Running"}}, STATUS, id="another phase"),
        pytest.param({"status": {}}, STATUS, id="no phase any more"),
        pytest.param({"status": {"phase": "Pending", **READY}}, FIGURES, id="Ready, of one phase"),
        pytest.param({"status": {"phase": "Pending", "n": 1}}, QUIET, id="other figures"),
        pytest.param({}, QUIET, id="nothing at all"),
    ],
)
def test_how_far_a_write_goes(change: dict[str, Any], reach: int) -> None:
    store = Store()
    first = store.put("pods", ("x", "a"), WHOLE, (), at=0, cause="", actor="t")
    assert first.reach == ALL
    after = {**first.object, **change}
    assert store.put("pods", ("x", "a"), after, (), at=0, cause="", actor="t").reach == reach
    assert store.delete("pods", ("x", "a"), at=0, cause="", actor="t").reach == ALL


def test_a_status_of_what_is_on_no_node_is_never_quiet() -> None:
    store = Store()
    waiting = {**WHOLE, "spec": {}}
    first = store.put("pods", ("x", "a"), waiting, (), at=0, cause="", actor="t").object
    assert store.put("pods", ("x", "a"), first, (), at=0, cause="", actor="t").reach == FIGURES


def test_only_a_fresh_object_is_stamped_itself() -> None:
    store = Store()
    made = obj("x", "a", None, None)
    kept = store.put("pods", ("x", "a"), made, (), at=0, cause="", actor="t").object
    assert kept is not made
    assert "resourceVersion" not in made["metadata"]
    kept = store.put("pods", ("x", "b"), made, (), at=0, cause="", actor="t", fresh=True).object
    assert kept is made
    assert made["metadata"]["resourceVersion"] == "3"
