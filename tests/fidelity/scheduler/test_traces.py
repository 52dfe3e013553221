"""Scenarios recorded from a real 1.36.2 scheduler, replayed: where pods went, and what it said.

Compared are distributions over nodes (the order among equals is chance) and messages word for
word. traces/ holds the recordings as they were made; `manifests` are what was sent.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from scheduler_stage import SECOND, START, Stage

TRACES = Path(__file__).parent / "traces"
NODES = json.loads((TRACES / "nodes.json").read_text())["scheduler"]
VERBATIM = json.loads((TRACES / "g-messages-verbatim.json").read_text())
SCENARIOS = sorted(path.stem for path in TRACES.glob("g[0-9]*.json"))


def trace(name: str) -> dict[str, Any]:
    return json.loads((TRACES / f"{name}.json").read_text())  # type: ignore[no-any-return]


def stage(seed: int) -> Stage:
    stage = Stage(seed)
    for node in NODES:
        # Every kubelet adds the label; the file holds what was sent.
        labels = {**node["metadata"]["labels"], "kubernetes.io/os": "linux"}
        stage.put("nodes", {**node, "metadata": {**node["metadata"], "labels": labels}})
    return stage


class Replay:
    """Applies manifests as the controllers would: a Deployment becomes a ReplicaSet and pods."""

    def __init__(self, scenario: dict[str, Any], seed: int) -> None:
        self.stage = stage(seed)
        self.namespace = scenario["namespace"]
        self.made = 0

    def create(self, manifest: dict[str, Any]) -> None:
        match manifest["kind"]:
            case "Deployment":
                self.deploy(manifest, manifest["spec"]["replicas"])
            case "Pod":
                self.pod(manifest["metadata"]["name"], {}, manifest["spec"], None)
            case "PersistentVolumeClaim":
                meta = {**manifest["metadata"], "namespace": self.namespace}
                self.stage.put(
                    "persistentvolumeclaims",
                    {**manifest, "metadata": meta, "status": {"phase": "Pending"}},
                )
            case other:
                raise AssertionError(other)

    def deploy(self, deployment: dict[str, Any], replicas: int) -> None:
        name = deployment["metadata"]["name"]
        labels = {**deployment["spec"]["template"]["metadata"]["labels"], "pod-template-hash": "h"}
        selector = {"matchLabels": labels}
        if self.stage.get("replicasets.apps", self.namespace, f"{name}-h") is None:
            self.stage.put(
                "replicasets.apps",
                {
                    "metadata": {"name": f"{name}-h", "namespace": self.namespace},
                    "spec": {"selector": selector},
                },
            )
        for _ in range(replicas):
            self.made += 1
            spec = deployment["spec"]["template"]["spec"]
            self.pod(f"{name}-h-{self.made}", labels, spec, f"{name}-h")

    def pod(
        self, name: str, labels: dict[str, str], spec: dict[str, Any], owner: str | None
    ) -> None:
        meta: dict[str, Any] = {"namespace": self.namespace, "labels": labels}
        if owner is not None:
            meta["ownerReferences"] = [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": owner,
                 "controller": True}
            ]  # fmt: skip
        self.stage.pod(name, defaulted(spec), **meta)


def defaulted(spec: dict[str, Any]) -> dict[str, Any]:
    """Requests default to limits, as the API server writes them."""

    def of(container: dict[str, Any]) -> dict[str, Any]:
        resources = container.get("resources") or {}
        requests = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
        return {**container, "resources": {**resources, "requests": requests}}

    return {**spec, "containers": [of(one) for one in spec["containers"]]}


def documents(scenario: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for text in scenario["manifests"] for one in yaml.safe_load_all(text) if one]


def replayed(name: str, seed: int = 1) -> Replay:
    scenario = trace(name)
    replay = Replay(scenario, seed)
    for manifest in documents(scenario):
        replay.create(manifest)
        replay.stage.settle()
    return replay


PLAIN = [name for name in SCENARIOS if not name.startswith(("g19", "g31"))]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_as_many_pods_on_as_many_nodes_as_recorded(name: str, seed: int) -> None:
    recorded = dict(trace(name)["summary"]["placement"])
    placed = replayed(name, seed).stage.placement()
    assert placed.pop("(pending)", 0) == recorded.pop("(pending)", 0)
    assert sorted(placed.values()) == sorted(recorded.values())


@pytest.mark.parametrize("name", PLAIN)
def test_the_messages_are_the_recorded_ones_word_for_word(name: str) -> None:
    recorded = trace(name)["summary"]["failed_scheduling_messages"]
    stage = replayed(name).stage
    assert sorted(set(stage.messages())) == sorted(recorded)
    assert recorded == VERBATIM.get(name, [])
    conditions = {
        f"{one['reason']}: {one['message']}"
        for pod in stage.list("pods")
        for one in pod["status"].get("conditions", ())
    }
    assert sorted(conditions) == sorted(trace(name)["summary"]["podscheduled_condition"])


@pytest.mark.parametrize("name", PLAIN)
def test_zones_get_as_many_pods_as_recorded(name: str) -> None:
    zone = {n["metadata"]["name"]: n["metadata"]["labels"]["topology.kubernetes.io/zone"]
            for n in NODES}  # fmt: skip
    zone["(pending)"] = "(pending)"

    def by_zone(placement: dict[str, int]) -> list[int]:
        found: dict[str, int] = {}
        for node, n in placement.items():
            found[zone[node]] = found.get(zone[node], 0) + n
        return sorted(found.values())

    recorded = trace(name)["summary"]["placement"]
    assert by_zone(replayed(name).stage.placement()) == by_zone(recorded)


def test_g19_a_gated_pod_gets_a_condition_and_no_event() -> None:
    stage = replayed("g19-gate").stage
    assert stage.events == []
    (pod,) = stage.list("pods")
    (condition,) = pod["status"]["conditions"]
    assert trace("g19-gate")["summary"]["podscheduled_condition"] == [
        f"{condition['reason']}: {condition['message']}"
    ]


def test_g31_a_node_that_changes_lets_the_pod_try_again() -> None:
    scenario = trace("g31-requeue-on-node-change")
    replay = Replay(scenario, 1)
    stage = replay.stage
    (deployment,) = documents(scenario)

    def change(**spec: Any) -> None:
        node = stage.get("nodes", "", "w-5")
        assert node is not None
        stage.put("nodes", {**node, "spec": {**node["spec"], **spec}})
        stage.settle()

    replay.create(deployment)
    stage.settle()
    stage.now = START + 4 * SECOND
    node = stage.get("nodes", "", "w-5")
    assert node is not None
    labels = {**node["metadata"]["labels"], "late": "yes"}
    stage.put("nodes", {**node, "metadata": {**node["metadata"], "labels": labels}})
    stage.settle()
    stage.now = START + 8 * SECOND
    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    change(unschedulable=True)
    change(taints=[taint])
    stage.now = START + 9 * SECOND
    replay.deploy(deployment, 1)
    stage.settle()
    stage.now = START + 12 * SECOND
    change(unschedulable=False)
    change(taints=[])
    recorded = [
        (reason, message if reason == "FailedScheduling" else message.rpartition(" ")[2])
        for _, _, reason, message in scenario["summary"]["events"]
        if reason in ("FailedScheduling", "Scheduled")
    ]
    found = [
        (reason, message if reason == "FailedScheduling" else message.rpartition(" ")[2])
        for reason, _, message in stage.events
    ]
    assert found == recorded
