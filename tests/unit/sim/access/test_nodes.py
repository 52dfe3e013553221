"""What a kubelet's user may do, and what is said where not: as kube-apiserver 1.36.2 says."""

from typing import Any

import pytest

from ecp.kube.kinds import CONFIGMAPS, PODS, PVCS
from ecp.kube.pods import is_ready
from ecp.sim import clusters
from ecp.sim.access import RBAC, Asked, User
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request

SECOND = 1_000_000_000
NODES = ("system:nodes", "system:authenticated")
NODE = User("system:node:n-1", NODES)
STORAGE = "storage.k8s.io"
UNRELATED = "no relationship found between node 'n-1' and this object"
POD: dict[str, Any] = {
    "metadata": {"name": "p"},
    "spec": {
        "nodeName": "n-1",
        "imagePullSecrets": [{"name": "pull"}],
        "initContainers": [{"name": "i", "image": "x", "envFrom": [{"secretRef": {"name": "s2"}}]}],
        "containers": [
            {
                "name": "c",
                "image": "example/app:1",
                "env": [
                    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s1", "key": "k"}}},
                    {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c3", "key": "k"}}},
                ],
            }
        ],
        "volumes": [
            {"name": "v", "configMap": {"name": "c1"}},
            {"name": "w", "secret": {"secretName": "s3"}},
            {"name": "x", "projected": {"sources": [{"configMap": {"name": "c2"}}]}},
            {"name": "y", "persistentVolumeClaim": {"claimName": "data"}},
        ],
    },
}


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    spec = {
        "name": "small",
        "pools": [{"name": "n", "count": 2, "cpu": "8", "memory": "32Gi"}],
        "authorizationMode": RBAC,
    }
    made = Cluster.create(clusters.check(spec), seed=1)
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "volumeName": "pv-1",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    body = {"metadata": {"name": "data"}, "spec": claim}
    made.submit(Request("create", PVCS, "default", body=body))
    made.submit(Request("create", PODS, "default", body=POD))
    return made


def asked(verb: str, what: str, name: str = "", **more: Any) -> Asked:
    """Return a question about `group/resource/subresource`, the first and last may be missing."""
    group, _, rest = what.rpartition(":")
    resource, _, subresource = rest.partition("/")
    return Asked(verb, group, resource, subresource, name=name, **{"namespace": "default", **more})


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(asked("get", "secrets", "s1"), id="a secret of a variable"),
        pytest.param(asked("watch", "secrets", "s2"), id="one of an environment"),
        pytest.param(asked("list", "secrets", "s3"), id="one of a volume"),
        pytest.param(asked("get", "secrets", "pull"), id="one to pull with"),
        pytest.param(asked("get", "configmaps", "c1"), id="a ConfigMap of a volume"),
        pytest.param(asked("get", "configmaps", "c2"), id="one that is projected"),
        pytest.param(asked("get", "configmaps", "c3"), id="one of a variable"),
        pytest.param(asked("get", "persistentvolumeclaims", "data"), id="a claim"),
        pytest.param(asked("patch", "persistentvolumeclaims/status", "data"), id="its status"),
        pytest.param(asked("get", "persistentvolumes", "pv-1", namespace=""), id="its volume"),
        pytest.param(asked("get", "pods", "p"), id="a pod of its own"),
        pytest.param(asked("list", "pods", namespace="", on_node="n-1"), id="all its pods"),
        pytest.param(asked("patch", "pods/status", "p"), id="the status of a pod"),
        pytest.param(asked("create", "pods/eviction", "p"), id="an eviction"),
        pytest.param(asked("create", "serviceaccounts/token", "default"), id="a token of a pod"),
        pytest.param(asked("get", "serviceaccounts", "default"), id="its account"),
        pytest.param(asked("get", "nodes", "n-1", namespace=""), id="itself"),
        pytest.param(asked("patch", "nodes/status", "n-1", namespace=""), id="its status"),
        pytest.param(
            asked("update", "coordination.k8s.io:leases", "n-1", namespace="kube-node-lease"),
            id="its lease",
        ),
        pytest.param(asked("get", f"{STORAGE}:csinodes", "n-1", namespace=""), id="its CSINode"),
        pytest.param(asked("list", "services", namespace=""), id="services, by the role"),
        pytest.param(asked("create", "events"), id="events, by the role"),
    ],
)
def test_what_a_node_may(cluster: Cluster, question: Asked) -> None:
    assert cluster.access.decide(NODE, question) == (True, "")


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        pytest.param(asked("get", "secrets", "other"), UNRELATED, id="a secret of nobody"),
        pytest.param(
            asked("get", "secrets", "s1", namespace="kube-system"), UNRELATED, id="elsewhere"
        ),
        pytest.param(asked("list", "secrets"), "No Object name found", id="all secrets"),
        pytest.param(
            asked("create", "secrets", "s1"), "can only read resources of this type", id="a new one"
        ),
        pytest.param(
            asked("list", "secrets", namespace=""),
            "can only read namespaced object of this type",
            id="secrets of all namespaces",
        ),
        pytest.param(
            asked("list", "persistentvolumes", namespace=""),
            "can only get individual resources of this type",
            id="all volumes",
        ),
        pytest.param(
            asked("get", "persistentvolumes", "pv", namespace=""), UNRELATED, id="another volume"
        ),
        pytest.param(
            asked("list", "pods", namespace=""),
            "can only list/watch pods with spec.nodeName field selector",
            id="all pods",
        ),
        pytest.param(
            asked("list", "pods", namespace="", on_node="n-2"),
            "can only list/watch pods with spec.nodeName field selector",
            id="the pods of another",
        ),
        pytest.param(asked("get", "pods", "q"), UNRELATED, id="a pod of another"),
        pytest.param(
            asked("get", "nodes", "n-2", namespace=""),
            "node 'n-1' cannot read 'n-2', only its own Node object",
            id="another node",
        ),
        pytest.param(
            asked("list", "nodes", namespace=""),
            "node 'n-1' cannot read all nodes, only its own Node object",
            id="all nodes",
        ),
        pytest.param(asked("delete", "nodes", "n-1", namespace=""), "", id="its end"),
        pytest.param(
            asked("get", "coordination.k8s.io:leases", "n-2", namespace="kube-node-lease"),
            "can only access node lease with the same name as the requesting node",
            id="another's lease",
        ),
        pytest.param(
            asked("get", "coordination.k8s.io:leases", "n-1"),
            'can only access leases in the "kube-node-lease" system namespace',
            id="a lease elsewhere",
        ),
        pytest.param(
            asked("list", f"{STORAGE}:csinodes", namespace=""),
            "can only get, create, update, patch, or delete a CSINode",
            id="all CSINodes",
        ),
        pytest.param(
            asked("create", "serviceaccounts", "x"),
            "can only create token subresource of serviceaccount",
            id="an account",
        ),
        pytest.param(asked("get", "apps:deployments", "d"), "", id="what no rule speaks of"),
    ],
)
def test_what_a_node_may_not(cluster: Cluster, question: Asked, reason: str) -> None:
    assert cluster.access.decide(NODE, question) == (False, reason)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        pytest.param(
            User("system:node:", NODES),
            (False, 'unknown node for user "system:node:"'),
            id="nobody",
        ),
        pytest.param(User("system:node:n-1", NODES[1:]), (False, ""), id="not of the group"),
        pytest.param(User("n-1", NODES), (False, ""), id="of the group alone"),
        pytest.param(User("system:node:n-2", NODES), (False, UNRELATED.replace("n-1", "n-2")),
                     id="another node"),
    ],
)  # fmt: skip
def test_who_is_a_node(cluster: Cluster, user: User, expected: Any) -> None:
    assert cluster.access.decide(user, asked("get", "secrets", "s1")) == expected


def test_a_pod_that_went_takes_what_it_referred_to_along() -> None:
    spec = {"name": "s", "authorizationMode": RBAC}
    pools = [{"name": "n", "count": 1, "cpu": "8", "memory": "32Gi"}]
    made = Cluster.create(clusters.check({**spec, "pools": pools}), seed=1)
    made.submit(Request("create", CONFIGMAPS, "default", body={"metadata": {"name": "c1"}}))
    container = {"name": "c", "image": "example/app:1"}
    volume = {"name": "v", "configMap": {"name": "c1"}}
    whole = {"containers": [container], "volumes": [volume]}
    made.submit(Request("create", PODS, "default", body={"metadata": {"name": "p"}, "spec": whole}))
    question = asked("get", "configmaps", "c1")
    assert not made.access.decide(NODE, question).allowed  # no node yet
    made.run_until(made.now + 60 * SECOND)
    assert is_ready(made.read.get(PODS, "default", "p") or {})
    assert made.access.decide(NODE, question).allowed
    made.submit(Request("delete", PODS, "default", "p"))
    made.run_until(made.now + 60 * SECOND)
    assert not made.access.decide(NODE, question).allowed
