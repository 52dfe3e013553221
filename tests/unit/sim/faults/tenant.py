"""A tenant that is followed, for tests of what faults do to it: an entry, and whom it calls."""

from functools import cache
from typing import Any

from ecp.kube import kinds
from ecp.kube.kinds import DEPLOYMENTS, NODES, PODS
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import Injected
from ecp.sim.requests import Request
from ecp.sim.store import Obj
from ecp.sim.traffic.model import Result

MINUTE = 60 * SECOND
SPACE = "acme-ecp-ai"
# A Monday at ten in Seoul.
TEN = 1_767_571_200 * SECOND + 3600 * SECOND
_GPU = {"nvidia.com/gpu": "1"}


def workload(name: str, port: int, *, gpu: bool = False, **env: str) -> Obj:
    more = _GPU if gpu else {}
    volumes = [{"name": "tls", "secret": {"secretName": "web-tls"}}] if name == "chatbot" else []
    container = {
        "name": "c",
        "image": f"example.com/{name}:1",
        "ports": [{"containerPort": port}],
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "resources": {
            "requests": {"cpu": "1100m", "memory": "3Gi", **more},
            "limits": {"cpu": "2200m", "memory": "6Gi", **more},
        },
        "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 5},
        "volumeMounts": [{"name": one["name"], "mountPath": "/tls"} for one in volumes],
    }
    pod: dict[str, Any] = {"containers": [container], "volumes": volumes}
    if gpu:
        pod["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
        },
    }


def service(name: str, port: int) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": port}]},
    }


def ask(cluster: Cluster, verb: Any, resource: str, body: Any = None, **more: Any) -> Any:
    more.setdefault("namespace", SPACE)
    return cluster.submit(Request(verb, resource, body=body, **more), cause="a1")


@cache
def _state() -> dict[str, Any]:
    cluster = Cluster.create(seed=7, now=TEN - 10 * MINUTE)
    ask(cluster, "create", kinds.NAMESPACES, {"metadata": {"name": SPACE}}, namespace="")
    data = {"tls.crt": "eA==", "tls.key": "eA=="}
    secret = {"metadata": {"name": "web-tls"}, "type": "kubernetes.io/tls", "data": data}
    ask(cluster, "create", kinds.SECRETS, secret)
    made = (
        ("chatbot", 8081, False, {"NLP_URL": "http://nlp:8085"}),
        ("nlp", 8085, False, {}),
        ("stt", 8083, True, {}),
    )
    for name, port, gpu, env in made:
        ask(cluster, "create", DEPLOYMENTS, workload(name, port, gpu=gpu, **env))
        ask(cluster, "create", kinds.SERVICES, service(name, port))
    asked = {"namespace": SPACE, "demand": {"chatbot": 50}}
    ask(cluster, "track", "tenants", asked, name="acme", namespace="")
    cluster.run_until(TEN)
    return cluster.snapshot()


def followed() -> Cluster:
    """Return a cluster in which all is well, a fork of the same one each time."""
    return Cluster.restore(_state())


def inject(cluster: Cluster, fault: str, target: str = "", **body: Any) -> Injected:
    body = {"fault": fault, "namespaces": [SPACE], **body}
    if target:
        body["target"] = target
    answer = ask(cluster, "fault", "faults", body, namespace="")
    found = cluster.faults.find(answer.object["id"])
    assert found is not None
    return found


def passes(cluster: Cluster, time: int) -> None:
    cluster.run_until(cluster.now + time)


def pods(cluster: Cluster, app: str) -> list[Obj]:
    return [
        pod
        for pod in cluster.store.list(PODS, SPACE)
        if pod["metadata"]["labels"].get("app") == app
    ]


def meets(cluster: Cluster, name: str) -> Result:
    """Return what the requests of a workload meet now."""
    return cluster.flows.figures(SPACE)[name]


def node_of(cluster: Cluster, app: str) -> str:
    return str(pods(cluster, app)[0]["spec"]["nodeName"])


def node(cluster: Cluster, name: str) -> Obj:
    found = cluster.store.get(NODES, "", name)
    assert found is not None
    return found


def replaced(cluster: Cluster, app: str) -> int:
    """Return how many pods of a workload are younger than the injection at TEN."""
    first = "2026-01-05T01:00:00Z"
    return sum(pod["metadata"]["creationTimestamp"] >= first for pod in pods(cluster, app))
