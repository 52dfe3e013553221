"""ResourceQuota and LimitRange in a cluster: what they refuse, what they give, what is counted.

The words and figures of the tables are those of kube-apiserver 1.36.2 with its controllers, asked
the same things in the same order.
"""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.kube.errors import AlreadyExists, Forbidden, KubeError
from ecp.kube.patch.apply import render
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Obj

NS = "shop"
SPEC = clusters.check(
    {
        "name": "small",
        "zones": ["z0"],
        "pools": [{"name": "n", "count": 2, "cpu": "8", "memory": "32Gi"}],
    }
)


class Shop:
    """A cluster with one namespace."""

    def __init__(self, *quotas: Obj) -> None:
        self.cluster = Cluster.create(SPEC, seed=1)
        self.ask("create", kinds.NAMESPACES, body={"metadata": {"name": NS}}, namespace="")
        for body in quotas:
            self.ask("create", kinds.RESOURCEQUOTAS, body=body)

    def ask(self, verb: Any, resource: str, name: str = "", wait: float = 1, **fields: Any) -> Obj:
        fields.setdefault("namespace", NS)
        fields.setdefault("manager", "tester")
        request = Request(verb, resource, name=name, **fields)
        answer: Answer = self.cluster.submit(request, cause="a1")
        self.wait(wait)
        return answer.object or {}

    def patch(self, resource: str, name: str, body: Obj) -> Obj:
        return self.ask("patch", resource, name, body=body, patch="merge")

    def wait(self, seconds: float) -> None:
        self.cluster.run_until(self.cluster.now + int(seconds * SECOND))

    def get(self, resource: str, name: str) -> Obj:
        found = self.cluster.store.get(resource, NS, name)
        assert found is not None
        return found

    def used(self, name: str = "main") -> dict[str, str]:
        return dict(self.get(kinds.RESOURCEQUOTAS, name)["status"]["used"])

    def refused(self, verb: Any, resource: str, name: str = "", **fields: Any) -> str:
        before = self.cluster.store.version
        with pytest.raises(KubeError) as refusal:
            self.ask(verb, resource, name, wait=0, **fields)
        assert self.cluster.store.version == before
        return refusal.value.message


def quota(name: str = "main", scopes: list[str] | None = None, **hard: str) -> Obj:
    spec: Obj = {"hard": {key.replace("__", "/").replace("_", "."): v for key, v in hard.items()}}
    if scopes:
        spec["scopes"] = scopes
    return {"metadata": {"name": name}, "spec": spec}


def pod(name: str, requests: Obj | None = None, limits: Obj | None = None, **spec: Any) -> Obj:
    resources = {"requests": requests or {}, "limits": limits or {}}
    containers = [{"name": "c", "image": "i:1", "resources": resources}]
    return {"metadata": {"name": name}, "spec": {"containers": containers, **spec}}


def claim(name: str, storage: str, class_name: str | None = None) -> Obj:
    spec: Obj = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": storage}},
    }
    return {
        "metadata": {"name": name},
        "spec": spec | ({"storageClassName": class_name} if class_name else {}),
    }


def service(name: str, **spec: Any) -> Obj:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


ABROAD = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "namespaces": ["default"]}
        ]
    }
}

# A quota, what is there, what is asked, the server's words.
REFUSALS = [
    pytest.param(
        quota(pods="4", requests_cpu="1500m", limits_memory="2Gi"),
        (),
        (kinds.PODS, pod("a")),
        'pods "a" is forbidden: failed quota: main: must specify limits.memory for: c; '
        "requests.cpu for: c",
        id="a container that does not say what is counted",
    ),
    pytest.param(
        quota(requests_cpu="1500m", limits_memory="2Gi"),
        [(kinds.PODS, pod("b", {"cpu": "500m"}, {"memory": "1Gi"}))],
        (kinds.PODS, pod("b2", {"cpu": "500m"}, {"memory": "1.5Gi"})),
        'pods "b2" is forbidden: exceeded quota: main, requested: limits.memory=1536Mi, used: '
        "limits.memory=1Gi, limited: limits.memory=2Gi",
        id="more memory than is left, and only that is told",
    ),
    pytest.param(
        quota(requests_nvidia_com__gpu="2"),
        (),
        (kinds.PODS, pod("c", None, {"nvidia.com/gpu": "3"})),
        'pods "c" is forbidden: exceeded quota: main, requested: requests.nvidia.com/gpu=3, used: '
        "requests.nvidia.com/gpu=0, limited: requests.nvidia.com/gpu=2",
        id="more GPUs than a namespace may have",
    ),
    pytest.param(
        quota(services="2"),
        [(kinds.SERVICES, service("s")), (kinds.SERVICES, service("t"))],
        (kinds.SERVICES, service("u")),
        'services "u" is forbidden: exceeded quota: main, requested: services=1, used: '
        "services=2, limited: services=2",
        id="one Service too many",
    ),
    pytest.param(
        quota(count__deployments_apps="0"),
        (),
        (
            kinds.DEPLOYMENTS,
            {
                "metadata": {"name": "d"},
                "spec": {
                    "selector": {"matchLabels": {"app": "d"}},
                    "template": {
                        "metadata": {"labels": {"app": "d"}},
                        "spec": pod("d")["spec"],
                    },
                },
            },
        ),
        'deployments.apps "d" is forbidden: exceeded quota: main, requested: '
        "count/deployments.apps=1, used: count/deployments.apps=0, limited: "
        "count/deployments.apps=0",
        id="objects of any kind are counted",
    ),
    pytest.param(
        {
            "metadata": {"name": "main"},
            "spec": {"hard": {"gold.storageclass.storage.k8s.io/requests.storage": "1Gi"}},
        },
        (),
        (kinds.PVCS, claim("v", "2Gi", "gold")),
        'persistentvolumeclaims "v" is forbidden: exceeded quota: main, requested: '
        "gold.storageclass.storage.k8s.io/requests.storage=2Gi, used: "
        "gold.storageclass.storage.k8s.io/requests.storage=0, limited: "
        "gold.storageclass.storage.k8s.io/requests.storage=1Gi",
        id="storage of one class",
    ),
    pytest.param(
        quota(requests_storage="10Gi"),
        [(kinds.PVCS, claim("v", "9.5G"))],
        (kinds.PVCS, claim("w", "8Gi")),
        'persistentvolumeclaims "w" is forbidden: exceeded quota: main, requested: '
        "requests.storage=8Gi, used: requests.storage=9500M, limited: requests.storage=10Gi",
        id="a sum is spelt as what is there is",
    ),
    pytest.param(
        quota(pods="1", scopes=["BestEffort"]),
        [(kinds.PODS, pod("big", {"cpu": "1"})), (kinds.PODS, pod("be"))],
        (kinds.PODS, pod("be2")),
        'pods "be2" is forbidden: exceeded quota: main, requested: pods=1, used: pods=1, '
        "limited: pods=1",
        id="pods that ask for nothing",
    ),
    pytest.param(
        quota(pods="1", scopes=["Terminating"]),
        [(kinds.PODS, pod("long")), (kinds.PODS, pod("t1", activeDeadlineSeconds=60))],
        (kinds.PODS, pod("t2", activeDeadlineSeconds=60)),
        'pods "t2" is forbidden: exceeded quota: main, requested: pods=1, used: pods=1, '
        "limited: pods=1",
        id="pods with a deadline",
    ),
    pytest.param(
        quota(pods="0", scopes=["CrossNamespacePodAffinity"]),
        [(kinds.PODS, pod("home"))],
        (kinds.PODS, pod("x1", affinity=ABROAD)),
        'pods "x1" is forbidden: exceeded quota: main, requested: pods=1, used: pods=0, '
        "limited: pods=0",
        id="pods that look into other namespaces",
    ),
    pytest.param(
        {
            "metadata": {"name": "main"},
            "spec": {
                "hard": {"pods": "0"},
                "scopeSelector": {
                    "matchExpressions": [
                        {
                            "scopeName": "PriorityClass",
                            "operator": "In",
                            "values": ["system-cluster-critical"],
                        }
                    ]
                },
            },
        },
        [(kinds.PODS, pod("plain"))],
        (kinds.PODS, pod("pc", priorityClassName="system-cluster-critical")),
        'pods "pc" is forbidden: exceeded quota: main, requested: pods=1, used: pods=0, '
        "limited: pods=0",
        id="pods of a priority",
    ),
]


@pytest.mark.parametrize(("limit", "there", "asked", "words"), REFUSALS)
def test_what_a_quota_has_no_room_for_is_refused_in_the_servers_words(
    limit: Obj, there: Any, asked: tuple[str, Obj], words: str
) -> None:
    shop = Shop(limit)
    for resource, body in there:
        shop.ask("create", resource, body=body)
    assert shop.refused("create", asked[0], body=asked[1]) == words


def test_updates_are_charged_for_what_they_take_more() -> None:
    shop = Shop(quota(services_nodeports="1", services_loadbalancers="0"))
    shop.ask("create", kinds.SERVICES, body=service("s"))
    spec = {"spec": {"type": "LoadBalancer"}}
    assert shop.refused("patch", kinds.SERVICES, "s", body=spec, patch="merge") == (
        'services "s" is forbidden: exceeded quota: main, requested: services.loadbalancers=1, '
        "used: services.loadbalancers=0, limited: services.loadbalancers=0"
    )
    shop.patch(kinds.SERVICES, "s", {"spec": {"type": "NodePort"}})
    assert shop.used()["services.nodeports"] == "1"
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    two = {"spec": {"ports": ports}}
    assert shop.refused("patch", kinds.SERVICES, "s", body=two, patch="merge") == (
        'services "s" is forbidden: exceeded quota: main, requested: services.nodeports=1, '
        "used: services.nodeports=1, limited: services.nodeports=1"
    )
    shop.patch(kinds.SERVICES, "s", {"spec": {"type": "ClusterIP"}})
    assert shop.used()["services.nodeports"] == "0"


def test_a_pod_that_gets_a_deadline_enters_another_scope() -> None:
    shop = Shop(
        quota(pods="1", scopes=["Terminating"]), quota("rest", ["NotTerminating"], pods="9")
    )
    shop.ask("create", kinds.PODS, body=pod("t3"))
    assert (shop.used()["pods"], shop.used("rest")["pods"]) == ("0", "1")
    shop.patch(kinds.PODS, "t3", {"spec": {"activeDeadlineSeconds": 300}})
    assert (shop.used()["pods"], shop.used("rest")["pods"]) == ("1", "0")


def test_dry_runs_and_refusals_take_nothing() -> None:
    shop = Shop(quota(pods="2"))
    shop.ask("create", kinds.PODS, body=pod("a"))
    shop.ask("create", kinds.PODS, body=pod("b"), dry_run=True)
    with pytest.raises(AlreadyExists):
        shop.ask("create", kinds.PODS, body=pod("a"))
    assert shop.used() == {"pods": "1"}


def test_what_goes_or_ends_is_given_back() -> None:
    shop = Shop(quota(pods="5", count__pods="9", requests_cpu="4", configmaps="9"))
    shop.ask("create", kinds.PODS, body=pod("a", {"cpu": "500m"}))
    # No node takes it, so no kubelet says otherwise in the end.
    shop.ask("create", kinds.PODS, body=pod("b", {"cpu": "1"}, nodeSelector={"no": "where"}))
    shop.ask("create", kinds.CONFIGMAPS, body={"metadata": {"name": "c"}})
    all_of_it = {"configmaps": "2", "count/pods": "2", "pods": "2", "requests.cpu": "1500m"}
    assert shop.used() == all_of_it
    shop.ask("delete", kinds.CONFIGMAPS, "c")
    shop.ask("delete", kinds.PODS, "a", grace=0)
    one = {"configmaps": "1", "count/pods": "1", "pods": "1", "requests.cpu": "1"}
    assert shop.used() == one
    ended = {**shop.get(kinds.PODS, "b"), "status": {"phase": "Succeeded"}}
    shop.ask("update", kinds.PODS, "b", body=ended, subresource="status")
    assert shop.used() == {**one, "pods": "0", "requests.cpu": "0"}


def test_new_bounds_are_taken_over_with_what_they_count() -> None:
    shop = Shop(quota(pods="2"))
    shop.ask("create", kinds.PODS, body=pod("a", {"cpu": "500m"}))
    shop.patch(kinds.RESOURCEQUOTAS, "main", {"spec": {"hard": {"pods": None, "cpu": "1000m"}}})
    status = shop.get(kinds.RESOURCEQUOTAS, "main")["status"]
    assert status == {"hard": {"cpu": "1"}, "used": {"cpu": "500m"}}


def test_a_pod_on_a_lost_node_counts_until_it_is_noticed_that_it_outstayed_its_grace() -> None:
    shop = Shop(quota(pods="1"))
    shop.ask("create", kinds.PODS, body=pod("a"))
    node = shop.get(kinds.PODS, "a")["spec"]["nodeName"]
    shop.cluster.world.set_node(node, False, shop.cluster.now)
    shop.ask("delete", kinds.PODS, "a", grace=30)
    shop.wait(55)
    assert shop.used() == {"pods": "1"}
    shop.wait(300)
    assert shop.cluster.store.get(kinds.PODS, NS, "a") is not None
    assert shop.used() == {"pods": "0"}


def test_the_server_owns_what_it_charges_and_the_controller_what_it_counts() -> None:
    shop = Shop(quota(pods="3", secrets="2"))
    shop.ask("create", kinds.PODS, body=pod("a"))
    stored = shop.cluster.store.stored(kinds.RESOURCEQUOTAS, (NS, "main"))
    assert stored is not None
    owned = {row["manager"]: row["fieldsV1"] for row in render(stored.owners, stored.object)}
    assert owned["kube-apiserver"] == {"f:status": {"f:used": {"f:pods": {}}}}
    assert owned["kube-controller-manager"]["f:status"]["f:used"] == {".": {}, "f:secrets": {}}


def test_a_rollout_that_its_quota_stops_goes_on_when_there_is_room() -> None:
    shop = Shop(quota(pods="3"))
    body = {
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 10,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod("x")["spec"]},
        },
    }
    shop.ask("create", kinds.DEPLOYMENTS, body=body, wait=14)
    words = "exceeded quota: main, requested: pods=1, used: pods=3, limited: pods=3"
    for resource in (kinds.DEPLOYMENTS, kinds.REPLICASETS):
        (one,) = shop.cluster.store.list(resource, NS)
        (failure,) = [c for c in one["status"]["conditions"] if c["type"] == "ReplicaFailure"]
        assert (failure["status"], failure["reason"]) == ("True", "FailedCreate")
        assert failure["message"].endswith(words)
    events = shop.cluster.store.list(kinds.EVENTS, NS)
    failed = [event for event in events if event["reason"] == "FailedCreate"]
    # Pods come in batches of 1, 2, 4: the whole batch is tried in which the room runs out.
    at_once = [e for e in failed if e["metadata"]["name"] and e["count"] == 1][:4]
    assert len({event["message"] for event in at_once}) == 4
    assert all(words in event["message"] for event in failed)
    shop.patch(kinds.RESOURCEQUOTAS, "main", {"spec": {"hard": {"pods": "5"}}})
    shop.wait(25)
    (web,) = shop.cluster.store.list(kinds.DEPLOYMENTS, NS)
    assert web["status"]["replicas"] == 5
    shop.patch(kinds.RESOURCEQUOTAS, "main", {"spec": {"hard": {"pods": "20"}}})
    shop.wait(120)
    (web,) = shop.cluster.store.list(kinds.DEPLOYMENTS, NS)
    assert web["status"]["availableReplicas"] == 10
    assert [c["type"] for c in web["status"]["conditions"]] == ["Available", "Progressing"]
    assert shop.used() == {"pods": "10"}


# ---- LimitRange -------------------------------------------------------------------------------

BOUNDS = {
    "metadata": {"name": "bounds"},
    "spec": {
        "limits": [
            {
                "type": "Container",
                "default": {"cpu": "500m"},
                "defaultRequest": {"memory": "64Mi"},
                "min": {"cpu": "100m"},
                "max": {"memory": "1Gi", "cpu": "2"},
                "maxLimitRequestRatio": {"cpu": "4"},
            },
            {"type": "Pod", "max": {"cpu": "3"}},
            {"type": "PersistentVolumeClaim", "max": {"storage": "2Gi"}, "min": {"storage": "1Gi"}},
        ]
    },
}

BEYOND = [
    pytest.param(
        (kinds.PODS, pod("p", {"cpu": "50m"})),
        'pods "p" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, cpu '
        "max limit to request ratio per Container is 4, but provided ratio is 10.000000]",
        id="a request below the least, and what follows from it",
    ),
    pytest.param(
        (kinds.PODS, pod("p", {"cpu": "100m"}, {"cpu": "1"})),
        'pods "p" is forbidden: cpu max limit to request ratio per Container is 4, but provided '
        "ratio is 10.000000",
        id="a limit too far from the request",
    ),
    pytest.param(
        (kinds.PVCS, claim("p", "512Mi")),
        'persistentvolumeclaims "p" is forbidden: minimum storage usage per PersistentVolumeClaim '
        "is 1Gi, but request is 512Mi",
        id="a claim below the least",
    ),
    pytest.param(
        (kinds.PVCS, claim("p", "3Gi")),
        'persistentvolumeclaims "p" is forbidden: maximum storage usage per PersistentVolumeClaim '
        "is 2Gi, but request is 3Gi",
        id="a claim beyond the most",
    ),
]


@pytest.fixture
def ranged() -> Shop:
    shop = Shop()
    shop.ask("create", kinds.LIMITRANGES, body=BOUNDS)
    return shop


@pytest.mark.parametrize(("asked", "words"), BEYOND)
def test_what_a_namespace_does_not_bear_is_refused(
    ranged: Shop, asked: tuple[str, Obj], words: str
) -> None:
    assert ranged.refused("create", asked[0], body=asked[1]) == words


def test_what_a_namespace_gives_is_written_down(ranged: Shop) -> None:
    made = ranged.ask("create", kinds.PODS, body=pod("l0"))
    assert made["metadata"]["annotations"] == {
        "kubernetes.io/limit-ranger": "LimitRanger plugin set: cpu, memory request for container "
        "c; cpu, memory limit for container c"
    }
    (box,) = made["spec"]["containers"]
    assert box["resources"] == {
        "limits": {"cpu": "500m", "memory": "1Gi"},
        "requests": {"cpu": "500m", "memory": "64Mi"},
    }
    assert made["status"]["qosClass"] == "Burstable"


def test_the_pods_of_a_template_get_it_too_and_count_with_it(ranged: Shop) -> None:
    ranged.ask("create", kinds.RESOURCEQUOTAS, body=quota(requests_cpu="1"))
    body = {
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod("x")["spec"]},
        },
    }
    ranged.ask("create", kinds.DEPLOYMENTS, body=body)
    pods = ranged.cluster.store.list(kinds.PODS, NS)
    assert len(pods) == 2
    assert all("kubernetes.io/limit-ranger" in one["metadata"]["annotations"] for one in pods)
    assert ranged.used() == {"requests.cpu": "1"}


def test_a_quota_is_kept_through_a_snapshot() -> None:
    shop = Shop(quota(pods="2"))
    shop.ask("create", kinds.PODS, body=pod("a"))
    shop.cluster = Cluster.restore(shop.cluster.snapshot())
    shop.ask("create", kinds.PODS, body=pod("b"))
    with pytest.raises(Forbidden, match="exceeded quota"):
        shop.ask("create", kinds.PODS, body=pod("c"))
