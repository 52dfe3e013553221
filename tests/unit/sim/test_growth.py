"""Nobody looks at what has nothing to do with him. Looks are counted, not time."""

from typing import Any

import pytest

from ecp.kube.kinds import DEPLOYMENTS, NODES, PODS, SERVICES
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request


class _Looks:
    """Counts the objects that lists of a whole namespace or of the whole cluster handed out."""

    def __init__(self, cluster: Cluster) -> None:
        self.seen: dict[str, int] = {}
        self._list = cluster.read.list
        cluster.read.list = self._counted

    def _counted(self, resource: str, namespace: str | None = None) -> list[Any]:
        found = self._list(resource, namespace)
        self.seen[resource] = self.seen.get(resource, 0) + len(found)
        return found


def _cluster(nodes: int) -> Cluster:
    pool = {"name": "node", "count": nodes, "cpu": "32", "memory": "128Gi"}
    spec = {"name": "c", "podNetwork": "10.128.0.0/9", "zones": ["a"], "pools": [pool]}
    return Cluster.create(clusters.check(spec), seed=1)


def _create(cluster: Cluster, resource: str, name: str, spec: dict[str, Any]) -> None:
    body = {"metadata": {"name": name}, "spec": spec}
    cluster.submit(Request("create", resource, "default", body=body, manager="test"))


def _services(cluster: Cluster, count: int) -> None:
    """Make Services with a pod each, one beside the other."""
    for number in range(count):
        labels = {"app": f"web-{number}"}
        ports = [{"port": 80}]
        _create(cluster, SERVICES, f"web-{number}", {"selector": labels, "ports": ports})
        template = {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "c", "image": "nginx:1.27"}]},
        }
        wanted = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
        _create(cluster, DEPLOYMENTS, f"web-{number}", wanted)


def _nodes(cluster: Cluster, count: int) -> None:
    for number in range(count):
        body = {"metadata": {"name": f"more-{number}"}}
        cluster.submit(Request("create", NODES, "", body=body, manager="test"))


@pytest.mark.parametrize(
    ("act", "resource"),
    [
        pytest.param(_services, PODS, id="a Service does not look at the pods of the others"),
        pytest.param(_services, SERVICES, id="a pod does not look at the Services of the others"),
        pytest.param(_nodes, NODES, id="a node that comes does not look whether others are ready"),
    ],
)
def test_twice_as_many_take_twice_the_looks(act: Any, resource: str) -> None:
    looks = []
    for count in (10, 20):
        cluster = _cluster(2)
        counted = _Looks(cluster)
        act(cluster, count)
        cluster.run_until(cluster.now + 60 * SECOND)
        looks.append(counted.seen.get(resource, 0))
    assert looks[1] <= 2 * looks[0] + 20
