"""Replays a recorded scenario on a simulated cluster, and reads from both what can be compared.

The recordings come from hollow kubelets that make a pod ready at once; here pods pull images and
start. So instants are not compared, and each step waits until the cluster has come to rest.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from ecp.kube.kinds import DEPLOYMENTS, EVENTS, NODES, REPLICASETS, SERVICES
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request
from ecp.sim.store import Change, Obj

SECOND = 1_000_000_000
TRACES = Path(__file__).parent / "traces"
NAMESPACE = "fidelity"
REVISION = "deployment.kubernetes.io/revision"

_SPEC = {
    "name": "recorded",
    "zones": ["z0", "z1", "z2"],
    "pools": [
        {"name": "n", "count": 10, "cpu": "32", "memory": "256Gi", "labels": {"pool": "main"}},
        {"name": "f", "count": 6, "cpu": "32", "memory": "256Gi", "labels": {"pool": "f"}},
    ],
}
_ANNOTATIONS = {
    "hollow/ready-after": "sim.ecp-ai.io/ready-after",
    "hollow/never-ready": "sim.ecp-ai.io/never-ready",
}
_PROBE = {"exec": {"command": ["ready"]}, "periodSeconds": 1}


def trace(name: str) -> dict[str, Any]:
    (path,) = TRACES.glob(f"{name}-*.json")
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def translated(template: Obj) -> Obj:
    """Say to this kubelet what the recording said to the hollow ones."""
    meta = dict(template.get("metadata") or {})
    given = meta.pop("annotations", None) or {}
    said = {}
    for name, value in given.items():
        plain = value if value is None or not value[0].isdecimal() else f"{value}s"
        said[_ANNOTATIONS[name]] = plain
    probe = _PROBE if any(value is not None for value in said.values()) else None
    if said:
        meta["annotations"] = said
    containers = [{**c, "readinessProbe": probe} for c in template["spec"]["containers"]]
    return {**template, "metadata": meta, "spec": {**template["spec"], "containers": containers}}


def without_nulls(obj: Any) -> Any:
    if isinstance(obj, dict):
        return {k: without_nulls(v) for k, v in obj.items() if v is not None}
    return [without_nulls(v) for v in obj] if isinstance(obj, list) else obj


class Replay:
    """A cluster like the recorded one, and what happened in it since `started`."""

    def __init__(self, *, rest: int = 40, seed: int = 1) -> None:
        self.cluster = Cluster.create(clusters.check(_SPEC), seed=seed)
        self.rest = rest
        self.cluster.submit(Request("create", "namespaces", body={"metadata": {"name": NAMESPACE}}))
        self.wait(2)
        self.started = self.cluster.store.version

    def wait(self, seconds: float) -> None:
        self.cluster.run_until(self.cluster.now + int(seconds * SECOND))

    def run(self, scenario: dict[str, Any]) -> "Replay":
        """Create the manifests, then carry out the patches, with a rest after each."""
        for text in scenario["manifests"]:
            self.create(yaml.safe_load(text))
        self.wait(self.rest)
        for step in scenario["steps"]:
            if step["op"] in ("patch", "scale"):
                self.patch(step)
                self.wait(self.rest)
        return self

    def create(self, manifest: Obj) -> None:
        resource = {"Deployment": DEPLOYMENTS, "Service": SERVICES}[manifest["kind"]]
        if resource == DEPLOYMENTS:
            spec = manifest["spec"]
            manifest = {**manifest, "spec": {**spec, "template": translated(spec["template"])}}
        self.cluster.submit(Request("create", resource, NAMESPACE, body=without_nulls(manifest)))

    def patch(self, step: dict[str, Any]) -> None:
        body = step["body"]
        if "template" in body["spec"]:
            spec = body["spec"]
            body = {**body, "spec": {**spec, "template": translated(spec["template"])}}
        self.cluster.submit(
            Request("patch", DEPLOYMENTS, NAMESPACE, step["name"], body=body, patch="strategic")
        )

    # -- what happened ------------------------------------------------------------------------

    def changes(self, resource: str) -> Iterable[Change]:
        return (c for c in self.cluster.store.since(self.started) if c.resource == resource)

    def events(self, reason: str) -> list[tuple[int, str, str]]:
        """(instant, object name, message) of each Event written with *reason*."""
        return [
            (c.at, c.object["involvedObject"]["name"], c.object["message"])
            for c in self.changes(EVENTS)
            if c.type != "DELETED" and c.object["reason"] == reason
        ]

    def scalings(self) -> list[str]:
        return numbered([message for _, _, message in self.events("ScalingReplicaSet")])

    def sizes(self) -> list[dict[str, list[int]]]:
        """[spec, exist, ready, available] by revision, after each change that moved one."""
        return [row for _, row in self.dated_sizes()]

    def sizes_at_instants(self) -> list[dict[str, list[int]]]:
        """The same, as it stood at the end of each instant."""
        return list(dict(self.dated_sizes()).values())

    def dated_sizes(self) -> list[tuple[int, dict[str, list[int]]]]:
        """(instant, sizes by revision) after each change that moved one."""
        rows: list[tuple[int, dict[str, list[int]]]] = []
        state: dict[str, list[int]] = {}
        for change in self.changes(REPLICASETS):
            obj = change.object
            status = obj.get("status") or {}
            state = {
                **state,
                obj["metadata"]["annotations"][REVISION]: [
                    obj["spec"]["replicas"],
                    status.get("replicas", 0),
                    status.get("readyReplicas", 0),
                    status.get("availableReplicas", 0),
                ],
            }
            if not rows or rows[-1][1] != state:
                rows.append((change.at, state))
        return rows

    def conditions(self) -> list[list[list[str]]]:
        """The Deployment's conditions, [type, status, reason, message], each time they changed."""
        rows: list[list[list[str]]] = []
        for change in self.changes(DEPLOYMENTS):
            found = (change.object.get("status") or {}).get("conditions") or ()
            row = [[c["type"], c["status"], c["reason"], c["message"]] for c in found]
            if not rows or rows[-1] != row:
                rows.append(row)
        return rows

    def node(self, name: str) -> Obj:
        found = self.cluster.store.get(NODES, "", name)
        assert found is not None
        return found


_NAME = re.compile(r"\bweb-[0-9a-z]{6,10}\b")


def numbered(messages: Iterable[str]) -> list[str]:
    """Write the n-th ReplicaSet that is named as web#n: hashes differ, their order does not."""
    names: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"web#{len(names) + 1}")

    return [_NAME.sub(number, message) for message in messages]


def recorded_scalings(scenario: dict[str, Any]) -> list[str]:
    rows = scenario["summary"]["scalings"]
    return numbered([message for _, reason, message in rows if reason == "ScalingReplicaSet"])


def is_subsequence(part: list[Any], whole: list[Any]) -> bool:
    rest = iter(whole)
    return all(entry in rest for entry in part)
