"""Rollouts recorded from a real 1.36.2 control plane, replayed on the simulated one.

Compared are orderings, counts, messages and conditions; never instants. Where the steps of the
real one hung on which pod was ready first, what must hold in every order is compared instead.
"""

from typing import Any

import pytest
from controller_replay import (
    NAMESPACE,
    SECOND,
    Replay,
    is_subsequence,
    numbered,
    recorded_scalings,
    trace,
)

from ecp.kube.kinds import DEPLOYMENTS, REPLICASETS


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a", id="creation scales up once"),
        pytest.param("b2", id="surge 1, none unavailable: new up, old down, one by one"),
        pytest.param("b4", id="Recreate: all old go before any new comes"),
        pytest.param("b7", id="scaling in mid-rollout is proportional"),
        pytest.param("b8", id="five revisions, then silence: 25 Events about one object"),
        pytest.param("c", id="a stuck rollout, rolled back"),
    ],
)
def test_the_steps_are_the_recorded_ones_word_for_word(name: str) -> None:
    scenario = trace(name)
    replay = Replay(rest=25 if name == "b8" else 60).run(scenario)
    assert replay.scalings() == recorded_scalings(scenario)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("b1", id="pods ready after a second"),
        pytest.param("b1i", id="pods ready at once"),
    ],
)
def test_a_quarter_up_and_a_quarter_down(name: str) -> None:
    scenario = trace(name)
    replay = Replay().run(scenario)
    recorded = [by for _, by in scenario["summary"]["transitions"] if "2" in by]
    for rows in (recorded, [by for by in replay.sizes() if "2" in by]):
        steps = [(by["1"][0], by["2"][0]) for by in rows]
        assert list(dict.fromkeys(steps))[:3] == [(10, 3), (8, 3), (8, 5)]
        assert steps[-1] == (0, 10)
        assert max(old + new for old, new in steps) == 13
    for rows in (recorded, [by for by in replay.sizes_at_instants() if "2" in by]):
        assert max(by["1"][1] + by["2"][1] for by in rows) <= 13
        assert min(by["1"][3] + by["2"][3] for by in rows) == 8
    assert replay.scalings()[:4] == recorded_scalings(scenario)[:4]


def test_the_first_steps_are_seen_in_the_recorded_order() -> None:
    recorded = [by for _, by in trace("b4")["summary"]["transitions"]]
    ours = Replay().run(trace("b4")).sizes()
    marks = [by for by in recorded if all(row[2] in (0, 5) for row in by.values())]
    assert is_subsequence(marks, ours)


def test_min_ready_seconds_keep_ready_pods_from_being_available() -> None:
    scenario = trace("b5")
    replay = Replay().run(scenario)
    assert replay.scalings()[:4] == recorded_scalings(scenario)[:4]
    assert replay.sizes()[-1] == scenario["summary"]["transitions"][-1][1]
    ready_at: dict[str, int] = {}
    waits = []
    for change in replay.changes(REPLICASETS):
        status, name = change.object.get("status") or {}, change.key[1]
        ready, available = status.get("readyReplicas", 0), status.get("availableReplicas", 0)
        if ready and not available:
            ready_at.setdefault(name, change.at)
        if available and name in ready_at:
            waits.append((change.at - ready_at.pop(name)) / SECOND)
    assert waits
    # Readiness is written in whole seconds.
    assert all(4 <= wait <= 5 for wait in waits)


def test_the_conditions_of_a_stuck_rollout_are_the_recorded_ones() -> None:
    scenario = trace("c")
    replay = Replay(rest=60).run(scenario)

    def flat(rows: list[Any]) -> list[str]:
        return numbered([str(row) for row in rows])

    recorded = flat([row for _, row, _ in scenario["summary"]["conditions"]])
    assert is_subsequence(recorded, flat(replay.conditions()))


def test_the_deadline_passes_thirty_seconds_after_the_last_progress() -> None:
    replay = Replay(rest=60).run(trace("c"))
    moved, since = "", 0
    for change in replay.changes(DEPLOYMENTS):
        found = change.object["status"].get("conditions") or ()
        progressing = next((c for c in found if c["type"] == "Progressing"), None)
        if progressing is None:
            continue
        if progressing["reason"] == "ProgressDeadlineExceeded":
            # The last progress is written in whole seconds, and looked for a second late.
            assert 30 <= (change.at - since) / SECOND <= 31
            return
        if progressing["lastUpdateTime"] != moved:
            moved, since = progressing["lastUpdateTime"], change.at
    raise AssertionError("the deadline was never exceeded")


def test_the_statuses_at_rest_are_the_recorded_ones() -> None:
    scenario = trace("c")
    replay = Replay(rest=60).run(scenario)
    deployment = replay.cluster.store.get(DEPLOYMENTS, NAMESPACE, "web")
    assert deployment is not None
    status = {k: v for k, v in deployment["status"].items() if k != "conditions"}
    assert status == scenario["summary"]["conditions"][-1][2]
    # The old ReplicaSet was taken up again, under a new revision.
    revisions = {
        rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: rs["spec"]["replicas"]
        for rs in replay.cluster.store.list(REPLICASETS, NAMESPACE)
    }
    assert revisions == {"2": 0, "3": 10}


def test_two_old_revisions_are_kept_and_pausing_holds_edits() -> None:
    scenario = trace("b8")
    replay = Replay(rest=25).run(scenario)
    left = {
        rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: rs["spec"]["replicas"]
        for rs in replay.cluster.store.list(REPLICASETS, NAMESPACE)
    }
    recorded = scenario["summary"]["replicasets_left"]
    assert left == {revision: size for _, size, revision in recorded}
    assert ["Progressing", "Unknown", "DeploymentPaused", "Deployment is paused"] in [
        entry for row in replay.conditions() for entry in row
    ]
