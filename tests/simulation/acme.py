"""A tenant of four workloads, deployed and followed, for tests of what its requests meet."""

from typing import Any

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request

NAMESPACE = "acme-ecp-ai"
DEMAND = {"callbot": 12, "chatbot": 50}
# A Monday, midnight in Seoul.
START = 1_767_571_200 * SECOND - 9 * 3600 * SECOND
HOUR = 3600 * SECOND
PORTS = {"callbot": 8080, "chatbot": 8081, "stt": 8083, "nlp": 8085}
REPLICAS = {"stt": 6}
CALLS = {"callbot": {"STT_ENDPOINT": "http://stt:8083"}}


def workload(name: str, image: str = "", replicas: int = 3) -> dict[str, Any]:
    env = [{"name": key, "value": value} for key, value in CALLS.get(name, {}).items()]
    container = {
        "name": "c",
        "image": image or f"example.com/{name}:1",
        "ports": [{"containerPort": PORTS[name]}],
        "env": env,
        "resources": {
            "requests": {"cpu": "1100m", "memory": "3Gi"},
            "limits": {"cpu": "2200m", "memory": "6Gi"},
        },
        "readinessProbe": {"tcpSocket": {"port": PORTS[name]}, "periodSeconds": 5},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "strategy": {"type": "Recreate"},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container]},
            },
        },
    }


def service(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"selector": {"app": name}, "ports": [{"port": PORTS[name]}]},
    }


def policy(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "cut", "namespace": NAMESPACE},
        "spec": spec,
    }


def apply(cluster: Cluster, resource: str, obj: dict[str, Any], cause: str) -> None:
    meta = obj["metadata"]
    cluster.submit(
        Request(
            "patch", resource, meta.get("namespace", ""), meta["name"], body=obj, patch="apply",
            api_version=obj["apiVersion"], manager="ecp", force=True,
        ),
        cause=cause,
    )  # fmt: skip


def deployed(*names: str, demand: dict[str, int] = DEMAND) -> Cluster:
    cluster = Cluster.create(seed=7, now=START)
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    apply(cluster, kinds.NAMESPACES, space, "a1")
    for name in names:
        apply(cluster, kinds.DEPLOYMENTS, workload(name, replicas=REPLICAS.get(name, 3)), "a2")
        apply(cluster, kinds.SERVICES, service(name), "a2")
    body = {"namespace": NAMESPACE, "demand": demand}
    cluster.submit(Request("track", "tenants", name="acme", body=body), cause="a3")
    return cluster
