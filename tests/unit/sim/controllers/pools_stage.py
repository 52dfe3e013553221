"""A small cluster with pools, and short words for what its tests do to it."""

from typing import Any

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request
from ecp.sim.world.fleet import Machine

SECOND = 1_000_000_000
MINUTE = 60 * SECOND

CPU: dict[str, Any] = {"name": "cpu", "count": 1, "cpu": "4", "memory": "16Gi"}
GPU: dict[str, Any] = {
    **CPU,
    "name": "gpu",
    "count": 0,
    "gpus": 2,
    "autoscaling": {"min": 0, "max": 2},
    "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
}
GROWING = {**CPU, "autoscaling": {"min": 1, "max": 4}}
TOLERANT = [{"key": "nvidia.com/gpu", "operator": "Exists"}]


class Stage:
    """A cluster of some pools; `said` are the Events of a component as "reason: message"."""

    def __init__(self, *pools: dict[str, Any], seed: int = 1, **model: Any) -> None:
        spec = clusters.check({"name": "t", "zones": ["a"], "pools": list(pools), **model})
        self.cluster = Cluster.create(spec, seed=seed)
        self.start = self.cluster.now

    def run(self, seconds: float) -> None:
        self.cluster.run_until(self.cluster.now + int(seconds * SECOND))

    def submit(self, verb: Any, resource: str, name: str = "", **rest: Any) -> Any:
        namespace = "" if resource in ("pools", kinds.NODES) else "default"
        request = Request(verb, resource, namespace, name, **rest)
        return self.cluster.submit(request, cause="a1")

    def pool(self, name: str, **body: Any) -> None:
        """Do something with a pool: do="add" …"""
        self.submit("pool", "pools", name, body=body)

    def deploy(self, name: str, replicas: int, **requests: str) -> None:
        self.submit("create", kinds.DEPLOYMENTS, body=deployment(name, replicas, requests))

    def guard(self, name: str, least: int) -> None:
        """Put a PodDisruptionBudget on a Deployment."""
        spec = {"minAvailable": least, "selector": {"matchLabels": {"app": name}}}
        self.submit("create", kinds.PDBS, body={"metadata": {"name": name}, "spec": spec})

    def scale(self, name: str, replicas: int) -> None:
        body = {"spec": {"replicas": replicas}}
        self.submit("patch", kinds.DEPLOYMENTS, name, patch="merge", body=body)

    def node(self, name: str) -> Any:
        return self.cluster.store.get(kinds.NODES, "", name)

    def nodes(self) -> list[str]:
        return [node["metadata"]["name"] for node in self.cluster.store.list(kinds.NODES)]

    def pods(self) -> list[Any]:
        return self.cluster.store.list(kinds.PODS, "default")

    def on(self) -> list[str]:
        """The nodes of the pods, sorted; "-" for one that waits."""
        return sorted(pod["spec"].get("nodeName", "-") for pod in self.pods())

    def machine(self, name: str) -> Machine:
        return self.cluster.world.fleet.machines[name]

    def said(self, component: str = "cluster-autoscaler") -> list[str]:
        events = self.cluster.store.list(kinds.EVENTS)
        return [
            f"{event['reason']}: {event['message']}"
            for event in events
            if event["source"].get("component") == component
        ]


def deployment(name: str, replicas: int, requests: dict[str, str], **spec: Any) -> dict[str, Any]:
    asked = {key.replace("__", "/").replace("_", "."): n for key, n in requests.items()}
    limits = {key: n for key, n in asked.items() if "/" in key}
    resources = {"requests": asked, "limits": limits}
    container = {"name": "c", "image": "example/app:1", "resources": resources}
    pod = {"containers": [container], "tolerations": TOLERANT, **spec}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template,
        },
    }
