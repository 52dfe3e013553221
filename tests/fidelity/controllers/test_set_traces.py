"""StatefulSets and a DaemonSet recorded from a real 1.36.2 control plane, replayed here.

Compared are the statuses in their order, Events, revisions, pods as they come and go, and nodes.
The order of nodes is a race in a DaemonSet, and so is how many pods a look at the cache shows.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
import yaml
from controller_replay import NAMESPACE, Replay, is_subsequence, trace, translated, without_nulls

from ecp.kube.kinds import (
    CONTROLLERREVISIONS,
    DAEMONSETS,
    ENDPOINTSLICES,
    EVENTS,
    NODES,
    PODS,
    SERVICES,
    STATEFULSETS,
)
from ecp.sim.requests import Request
from ecp.sim.store import Obj

RESOURCES = {"StatefulSet": STATEFULSETS, "DaemonSet": DAEMONSETS, "Service": SERVICES}
REST = 60


def said(obj: Obj) -> dict[str, Any]:
    spec = obj["spec"]
    if "template" in spec:
        obj = {**obj, "spec": {**spec, "template": translated(spec["template"])}}
    found: dict[str, Any] = without_nulls(obj)
    return found


@cache
def replayed(name: str) -> tuple[dict[str, Any], Replay]:
    """Carry out every step of a recording, with a rest before the next one."""
    scenario = trace(name)
    manifests = {
        (obj["kind"], obj["metadata"]["name"]): obj
        for text in scenario["manifests"]
        for obj in yaml.safe_load_all(text)
    }
    replay = Replay()
    for step in scenario["steps"]:
        key = (step["kind"], step["name"])
        resource = RESOURCES[step["kind"]]
        if step["op"] == "create":
            request = Request("create", resource, NAMESPACE, body=said(manifests[key]))
        else:
            body = said(step["body"])
            request = Request("patch", resource, NAMESPACE, key[1], body=body, patch="strategic")
        replay.cluster.submit(request)
        if ("Service", step["name"]) not in manifests or step["kind"] == "Service":
            replay.wait(REST)
    replay.wait(2 * REST)
    return scenario, replay


def numbered(statuses: Iterable[Obj]) -> list[Obj]:
    """Statuses without repetition, revisions by the order in which they were first named."""
    names: dict[str, int] = {}
    rows: list[Obj] = []
    for status in statuses:
        row = {
            k: names.setdefault(v, len(names) + 1) if k.endswith("Revision") else v
            for k, v in status.items()
        }
        if not rows or rows[-1] != row:
            rows.append(row)
    return rows


def recorded(scenario: dict[str, Any], kind: str, name: str) -> list[dict[str, Any]]:
    return [e for e in scenario["events"] if e["kind"] == kind and e["name"] == name]


def statuses(scenario: dict[str, Any], replay: Replay, kind: str, name: str) -> list[list[Obj]]:
    theirs = [row["status"] for row in recorded(scenario, kind, name)]
    ours = [c.object["status"] for c in replay.changes(RESOURCES[kind]) if c.key[1] == name]
    return [numbered(theirs), numbered(ours)]


def events(scenario: dict[str, Any], replay: Replay, about: str) -> list[list[Any]]:
    theirs = [
        (row["etype"], row["reason"], row["msg"], row["count"], row["src"])
        for row in scenario["events"]
        if row["kind"] == "Event" and row["obj"] == about
    ]
    ours = [
        (one["type"], one["reason"], one["message"], one["count"], one["source"]["component"])
        for one in (c.object for c in replay.changes(EVENTS) if c.type != "DELETED")
        if f"{one['involvedObject']['kind']}/{one['involvedObject']['name']}" == about
    ]
    return [theirs, ours]


def pool(replay: Replay) -> list[str]:
    nodes = [one["metadata"] for one in replay.cluster.store.list(NODES)]
    return sorted(meta["name"] for meta in nodes if meta["labels"]["pool"] == "main")


@pytest.mark.parametrize("name", ["db", "par"])
def test_a_stateful_set_says_what_the_recorded_one_said_status_for_status(name: str) -> None:
    theirs, ours = statuses(*replayed("i"), "StatefulSet", name)
    assert ours == theirs
    assert len(theirs) >= 20


@pytest.mark.parametrize("name", ["db", "par"])
def test_a_stateful_set_records_the_same_events_in_the_same_order(name: str) -> None:
    theirs, ours = events(*replayed("i"), f"StatefulSet/{name}")
    assert ours == theirs
    assert len(theirs) >= 12


def test_pods_of_stateful_sets_come_go_and_turn_ready_in_the_recorded_order() -> None:
    scenario, replay = replayed("i")
    theirs: list[tuple[str, str]] = []
    for row in scenario["summary"]["pod_sequence"]:
        _, change, name, _, ready, going = row
        theirs.append((name, "going" if going and change == "MODIFIED" else f"{change} {ready}"))
    ours: list[tuple[str, str]] = []
    for change in replay.changes(PODS):
        pod = change.object
        conditions = pod["status"].get("conditions") or ()
        ready = next((c["status"] for c in conditions if c["type"] == "Ready"), None)
        going = "deletionTimestamp" in pod["metadata"] and change.type == "MODIFIED"
        ours.append((change.key[1], "going" if going else f"{change.type} {ready}"))

    def moves(rows: list[tuple[str, str]], names: str) -> list[tuple[str, str]]:
        """Births, deaths, and the moments at which a pod is Ready or told to go."""
        told = ("ADDED", "DELETED", "MODIFIED True", "going")
        rows = [(n, what) for n, what in rows if n.startswith(names) and what.startswith(told)]
        rows = [(n, what if what == "MODIFIED True" else what.split()[0]) for n, what in rows]
        return [row for at, row in enumerate(rows) if at == 0 or rows[at - 1] != row]

    assert moves(ours, "db-") == moves(theirs, "db-")
    # The four of a Parallel set come together: which is ready first is a race.
    assert moves(ours, "par-")[8:] == moves(theirs, "par-")[8:]
    assert moves(theirs, "db-")[:4] == [
        ("db-0", "ADDED"),
        ("db-0", "MODIFIED True"),
        ("db-1", "ADDED"),
        ("db-1", "MODIFIED True"),
    ]


@pytest.mark.parametrize(
    ("scenario", "numbers"),
    [pytest.param("i", {"db": [1, 2, 3], "par": [1, 2]}, id="two StatefulSets")],
)
def test_revisions_are_numbered_as_recorded(scenario: str, numbers: dict[str, list[int]]) -> None:
    given, replay = replayed(scenario)
    for name, expected in numbers.items():
        theirs = [
            row["revision"]
            for row in given["events"]
            if row["kind"] == "ControllerRevision" and row["name"].rpartition("-")[0] == name
        ]
        ours = [
            change.object["revision"]
            for change in replay.changes(CONTROLLERREVISIONS)
            if change.key[1].rpartition("-")[0] == name
        ]
        assert ours == theirs == expected


def test_pods_of_a_stateful_set_are_placed_where_they_may_be() -> None:
    _, replay = replayed("i")
    for pod in replay.cluster.store.list(PODS, NAMESPACE):
        node = replay.node(pod["spec"]["nodeName"])
        assert node["metadata"]["labels"]["pool"] == "main"


def test_a_daemon_set_passes_through_the_recorded_statuses() -> None:
    theirs, ours = statuses(*replayed("m"), "DaemonSet", "agent")

    def settled(row: Obj) -> bool:
        """Not: a pod less than there are nodes, nor some ready of the first ones."""
        whole = row["currentNumberScheduled"] == row["desiredNumberScheduled"]
        first = row.get("observedGeneration") == 1 and 0 < row["numberReady"] < 10
        return whole and not first

    theirs, ours = ([row for row in rows if settled(row)] for rows in (theirs, ours))
    assert is_subsequence(theirs, ours)
    # What the real one did not write down: that all were ready before the next pod went.
    missed = [row for row in ours if row not in theirs]
    assert [row for row in missed if row["numberReady"] != 10] == []
    assert len(missed) <= 1


def test_a_daemon_set_records_the_same_events_but_for_names() -> None:
    def plain(rows: list[Any]) -> list[Any]:
        return [
            (kind, reason, message.rpartition("-")[0], count, source)
            for kind, reason, message, count, source in rows
        ]

    theirs, ours = map(plain, events(*replayed("m"), "DaemonSet/agent"))
    assert ours == theirs
    assert len(theirs) == 25


def test_a_daemon_set_has_one_pod_on_each_node_of_the_pool_and_replaces_one_at_a_time() -> None:
    scenario, replay = replayed("m")

    def story(rows: Iterable[tuple[str, str, bool]]) -> tuple[list[str], list[int]]:
        """Nodes in the order in which they lost their pod; how many were away at once."""
        lost: list[str] = []
        away: list[int] = []
        ready: dict[str, str] = {}
        for node, what, going in rows:
            if what == "ready" and not going:
                ready[node] = what
            elif what == "gone":
                lost.append(node)
            if going and ready.pop(node, ""):
                away.append(len(ready))
        return lost, away

    theirs = story(
        (row[3], "gone" if row[1] == "DELETED" else "ready" if row[4] == "True" else "", row[5])
        for row in scenario["summary"]["pod_sequence"]
    )

    def mine() -> Iterable[tuple[str, str, bool]]:
        for change in replay.changes(PODS):
            pod = change.object
            conditions = pod["status"].get("conditions") or ()
            ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
            what = "gone" if change.type == "DELETED" else "ready" if ready else ""
            going = "deletionTimestamp" in pod["metadata"]
            yield pod["spec"].get("nodeName", ""), what, going

    ours = story(mine())
    assert sorted(theirs[0]) == [f"n-{n}" for n in range(10)]
    assert sorted(ours[0]) == pool(replay)
    assert ours[1] == theirs[1] == [9] * 10


def test_the_endpoint_slice_of_a_daemon_set_ends_with_all_its_pods_ready() -> None:
    _, replay = replayed("m")
    (slice_,) = replay.cluster.store.list(ENDPOINTSLICES, NAMESPACE)
    assert [one["conditions"]["ready"] for one in slice_["endpoints"]] == [True] * 10
    assert sorted(one["nodeName"] for one in slice_["endpoints"]) == pool(replay)
