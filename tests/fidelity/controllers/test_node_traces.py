"""A lost node, as recorded from a real 1.36.2 control plane.

The recording's other node reported itself unready; a kubelet here reports what its machine is, so
that part is a table in the unit tests of the node lifecycle controller. Lags are compared where
the control plane's own timers make them: grace 50 s, looks every 5 s, tolerations of 15 s and
300 s.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from controller_replay import NAMESPACE, SECOND, Replay, trace

from ecp.kube.kinds import NODES, PODS
from ecp.kube.pods import condition

LOST = "f-1"
TARGET = ["True", "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"]


@cache
def replay() -> tuple[Replay, int, int]:
    """The recorded scenario: the replay, when the nodes fell out, when they came back."""
    run = Replay(rest=60).run(trace("f"))
    fell = run.cluster.now
    run.cluster.world.set_node(LOST, False, fell)
    run.wait(400)
    back = run.cluster.now
    run.cluster.world.set_node(LOST, True, back)
    run.wait(30)
    return run, fell, back


def node_rows(rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """(taints, ready status, reason) each time one of them moved."""
    found: list[tuple[Any, ...]] = []
    for row in rows:
        if not found or found[-1] != row:
            found.append(row)
    return found


def recorded(node: str) -> list[tuple[Any, ...]]:
    return node_rows(
        (sorted(map(tuple, taints)), ready[0][0], ready[0][1])
        for _, name, taints, ready in trace("f")["summary"]["node_transitions"]
        if name == node
    )


def ours(node: str) -> list[tuple[Any, ...]]:
    run, fell, _ = replay()
    rows = []
    for change in run.changes(NODES):
        if change.key[1] == node and change.at >= fell:
            ready = condition(change.object, "Ready") or {}
            taints = change.object["spec"].get("taints") or ()
            rows.append(
                (sorted((t["key"], t["effect"]) for t in taints), ready["status"], ready["reason"])
            )
    return node_rows([([], "True", "KubeletReady"), *rows])


def taint_times(node: str) -> dict[tuple[str, str], int]:
    """(key, effect) -> when it was first there (ns)."""
    run, fell, _ = replay()
    first: dict[tuple[str, str], int] = {}
    for change in run.changes(NODES):
        if change.key[1] == node and change.at >= fell:
            for taint in change.object["spec"].get("taints") or ():
                first.setdefault((taint["key"], taint["effect"]), change.at)
    return first


def test_a_lost_node_goes_through_the_recorded_states() -> None:
    assert ours(LOST) == recorded("f-0")


def test_a_lost_node_is_unknown_after_its_grace_and_tainted_within_a_second() -> None:
    run, fell, _ = replay()
    unknown = next(
        c.at
        for c in run.changes(NODES)
        if c.key[1] == LOST and (condition(c.object, "Ready") or {})["status"] == "Unknown"
    )
    # The last heartbeat was up to 10 s before; the look that saw it up to 5 s after that.
    assert 40 <= (unknown - fell) / SECOND <= 55
    times = taint_times(LOST)
    key = "node.kubernetes.io/unreachable"
    assert 0 < (times[key, "NoSchedule"] - unknown) / SECOND < 0.5
    assert 0 < (times[key, "NoExecute"] - unknown) / SECOND < 1
    assert times[key, "NoSchedule"] < times[key, "NoExecute"]


def test_pods_of_a_lost_node_are_unready_at_once_with_the_recorded_words() -> None:
    run, fell, _ = replay()
    said = [(at, name, text) for at, name, text in run.events("NodeNotReady") if at >= fell]
    pods = [row for row in said if row[2] == "Node is not ready"]
    assert len(pods) == 2
    assert {name.split("-")[0] for _, name, _ in pods} == {"dflt", "quick"}
    assert [text for _, _, text in said if text != "Node is not ready"] == [
        f"Node {LOST} status is now: NodeNotReady"
    ]


def test_evictions_come_when_the_tolerations_end() -> None:
    run, fell, _ = replay()
    found = {}
    for at, name, text in run.events("TaintManagerEviction"):
        assert text == f"Marking for deletion Pod {NAMESPACE}/{name}"
        pod = run.cluster.store.get(PODS, NAMESPACE, name)
        node = next(
            c.object["spec"]["nodeName"]
            for c in run.changes(PODS)
            if c.key[1] == name and c.object["spec"].get("nodeName")
        )
        assert pod is None or "deletionTimestamp" in pod["metadata"]
        assert node == LOST
        tainted = taint_times(node)["node.kubernetes.io/unreachable", "NoExecute"]
        found[name.split("-")[0]] = (at - tainted) / SECOND
        assert at > fell
    assert set(found) == {"dflt", "quick"}
    for deployment, lag in found.items():
        tolerated = 15 if deployment == "quick" else 300
        assert tolerated <= lag < tolerated + 0.1


def test_an_evicted_pod_says_why_and_stays_while_its_node_is_lost() -> None:
    run, fell, back = replay()
    last: dict[str, Any] = {}
    gone: dict[str, int] = {}
    for change in run.changes(PODS):
        if change.at < fell or change.object["spec"].get("nodeName") != LOST:
            continue
        last[change.key[1]] = change.object
        if change.type == "DELETED":
            gone[change.key[1]] = change.at
    assert len(last) == 2
    for name, pod in last.items():
        target = condition(pod, "DisruptionTarget") or {}
        assert [target.get("status"), target.get("reason"), target.get("message")] == TARGET
        assert gone[name] >= back


def test_recovery_frees_the_node_for_new_pods_at_once_and_for_old_ones_at_a_look() -> None:
    run, _, back = replay()
    states: dict[tuple[str, ...], int] = {}
    for change in run.changes(NODES):
        if change.key[1] == LOST and change.at >= back:
            effects = [t["effect"] for t in change.object["spec"].get("taints") or ()]
            states.setdefault(tuple(effects), change.at)
    ready = min(states.values())
    assert (states[("NoExecute",)] - ready) / SECOND < 0.1
    assert (states[()] - ready) / SECOND <= 6
