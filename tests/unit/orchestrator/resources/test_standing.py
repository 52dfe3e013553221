"""How objects stand, what differs from their release, and what links them."""

from typing import Any

import pytest

from ecp.kube import health
from ecp.orchestrator.records import Obj
from ecp.orchestrator.resources import drift, explaining, model
from ecp.orchestrator.resources.printing import node_json


def obj(kind: str, name: str = "web", **fields: Any) -> Obj:
    meta = {"name": name, "namespace": "acme", "uid": f"{kind}/{name}", "generation": 1}
    owner = fields.pop("owner", None)
    if owner:
        meta["ownerReferences"] = [{"kind": "X", "name": "x", "uid": owner, "controller": True}]
    meta |= fields.pop("meta", {})
    version = {"Deployment": "apps/v1", "ReplicaSet": "apps/v1"}.get(kind, "v1")
    fields.setdefault("spec", {})
    fields.setdefault("status", {})
    return {"apiVersion": version, "kind": kind, "metadata": meta, **fields}


def running(*, ready: bool, waiting: str = "", ended: bool = False) -> dict[str, Any]:
    state = {"waiting": {"reason": waiting}} if waiting else {"running": {"startedAt": "x"}}
    row = {"name": "web", "image": "web:1", "ready": ready, "restartCount": 2, "state": state}
    row["lastState"] = {"terminated": {"exitCode": 1}} if ended else {}
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"phase": "Running", "conditions": conditions, "containerStatuses": [row]}


SEEN = {"observedGeneration": 1}


def rolled(wanted: int, *, updated: int, there: int, available: int) -> Obj:
    status = {**SEEN, "updatedReplicas": updated, "replicas": there, "availableReplicas": available}
    return obj("Deployment", spec={"replicas": wanted}, status=status)


def conditioned(kind: str, word: str, status: str, reason: str = "", **status_too: Any) -> Obj:
    row = {"type": word, "status": status, "reason": reason, "message": f"because of {reason}"}
    return obj(kind, status={**status_too, "conditions": [row]})


def ending(**status: Any) -> Obj:
    return obj("Pod", spec={"restartPolicy": "Never"}, status=running(ready=False, **status))


ROWS: list[tuple[str, Obj, str, str]] = [
    (
        "a Deployment whose replicas are all available is healthy",
        rolled(2, updated=2, there=2, available=2),
        "healthy",
        "",
    ),
    (
        "one whose change nobody has seen is on its way",
        obj("Deployment", spec={"replicas": 0}, meta={"generation": 2}, status=SEEN),
        "progressing",
        "not-seen",
    ),
    (
        "one past its deadline is degraded, however many are up",
        conditioned("Deployment", "Progressing", "False", "ProgressDeadlineExceeded", **SEEN),
        "degraded",
        "deadline",
    ),
    (
        "old replicas that still run are waited for",
        rolled(1, updated=1, there=2, available=1),
        "progressing",
        "old-go",
    ),
    ("a paused one is suspended", obj("Deployment", spec={"paused": True}), "suspended", "paused"),
    (
        "what is being deleted says which finalizers hold it",
        obj("ConfigMap", meta={"deletionTimestamp": "x", "finalizers": ["a/b"]}),
        "progressing",
        "going-held",
    ),
    ("a ready pod is healthy", obj("Pod", status=running(ready=True)), "healthy", ""),
    (
        "a pod that cannot pull is degraded",
        obj("Pod", status=running(ready=False, waiting="ImagePullBackOff")),
        "degraded",
        "waits",
    ),
    (
        "but not one that may end: it may be a hook",
        ending(waiting="ErrImagePull"),
        "progressing",
        "works",
    ),
    (
        "a pod that ended before and is not ready is degraded",
        obj("Pod", status=running(ready=False, ended=True)),
        "degraded",
        "ended-before",
    ),
    (
        "one that begins is on its way",
        obj("Pod", status=running(ready=False)),
        "progressing",
        "not-ready",
    ),
    (
        "a pod of a lost node is unknown",
        obj("Pod", status={"phase": "Unknown"}),
        "unknown",
        "phase",
    ),
    (
        "a claim that is lost is degraded",
        obj("PersistentVolumeClaim", status={"phase": "Lost"}),
        "degraded",
        "phase",
    ),
    (
        "a LoadBalancer waits for its address",
        obj("Service", spec={"type": "LoadBalancer"}),
        "progressing",
        "no-address",
    ),
    (
        "an autoscaler without metrics is degraded",
        conditioned("HorizontalPodAutoscaler", "ScalingActive", "False", "FailedGetResourceMetric"),
        "degraded",
        "said",
    ),
    (
        "a budget that allows no disruption may be meant so",
        conditioned("PodDisruptionBudget", "DisruptionAllowed", "False", "InsufficientPods"),
        "healthy",
        "",
    ),
    (
        "a failed Job is degraded",
        conditioned("Job", "Failed", "True", "Backoff"),
        "degraded",
        "said",
    ),
    (
        "a node that does not answer is degraded",
        obj("Node", spec={"taints": [{"key": "node.kubernetes.io/unreachable"}]}),
        "degraded",
        "node",
    ),
]


@pytest.mark.parametrize(
    ("given", "state", "why"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_health_is_judged_as_argo_cd_does(given: Obj, state: str, why: str) -> None:
    found = health.judged(given)
    assert found is not None
    assert (found.state, found.why) == (state, why)
    for language in ("ko", "en"):
        assert bool(explaining.said(found, language)) == bool(why)


def test_a_kind_that_cannot_stand_badly_has_no_health() -> None:
    assert health.judged(obj("ConfigMap")) is None


CONTAINER = {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "1000m"}}}


def deployment(**container: Any) -> Obj:
    template = {"spec": {"containers": [{**CONTAINER, **container}]}}
    return obj("Deployment", spec={"replicas": 2, "template": template})


@pytest.mark.parametrize(
    ("live", "scaled", "paths"),
    [
        (deployment(terminationMessagePath="/dev/log"), False, []),
        (deployment(resources={"requests": {"cpu": 1}}), False, []),
        (deployment(image="web:2"), False, ["spec.template.spec.containers[web].image"]),
        (
            deployment(resources={"requests": {"cpu": "2"}}),
            False,
            ["spec.template.spec.containers[web].resources.requests.cpu"],
        ),
        ({**deployment(), "spec": {**deployment()["spec"], "replicas": 5}}, True, []),
        (
            {**deployment(), "spec": {**deployment()["spec"], "replicas": 5}},
            False,
            ["spec.replicas"],
        ),
        (obj("Deployment", spec={"replicas": 2}), False, ["spec.template.spec.containers[web]"]),
    ],
    ids=[
        "what the server adds is nobody's wish",
        "an amount is the same in another unit",
        "another image is told by the container's name",
        "more CPU is",
        "replicas that an autoscaler sets are not",
        "replicas that somebody set are",
        "a container that is gone is",
    ],
)
def test_what_was_changed_since_the_release(live: Obj, scaled: bool, paths: list[str]) -> None:
    found = drift.changed(deployment(), live, scaled=scaled)
    assert [path for path in found if any(path.startswith(one) for one in paths)] == found
    assert bool(found) == bool(paths)


def test_a_secret_is_judged_by_who_wrote_it_its_values_are_not_read() -> None:
    rows = [
        {"manager": "ecp", "fieldsV1": {"f:data": {"f:a": {}}}},
        {"manager": "kubectl-edit", "fieldsV1": {"f:data": {"f:b": {}}}},
    ]
    live = obj("Secret", meta={"managedFields": rows})
    assert drift.changed(obj("Secret", data={"a": "x"}), live, scaled=False) == ["data.b"]


# -- nodes and links ------------------------------------------------------------------------------


def pod(name: str, *, ready: bool = True) -> Obj:
    spec = {
        "nodeName": "n1",
        "serviceAccountName": "runner",
        "containers": [{"name": "web", "envFrom": [{"configMapRef": {"name": "settings"}}]}],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "keys", "secret": {"secretName": "keys"}},
        ],
    }
    labels = {"labels": {"app": "web"}}
    status = running(ready=ready)
    return obj("Pod", name, owner="ReplicaSet/web-1", spec=spec, status=status, meta=labels)


def world(*, ready: bool = True) -> list[Obj]:
    select = {"selector": {"matchLabels": {"app": "web"}}}
    scales = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}
    routes = {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "web"}}}]}}]}
    made = {**SEEN, "availableReplicas": 1}
    return [
        rolled(1, updated=1, there=1, available=1),
        obj("ReplicaSet", "web-1", owner="Deployment/web", status=made),
        pod("web-1-a", ready=ready),
        obj("Service", spec={"selector": {"app": "web"}}),
        obj("Ingress", spec=routes, status={"loadBalancer": {"ingress": [{"ip": "1"}]}}),
        obj("HorizontalPodAutoscaler", spec=scales),
        obj("PodDisruptionBudget", spec=select),
        obj("NetworkPolicy", spec={"podSelector": {}}),
        obj("ConfigMap", "settings"),
        obj("ConfigMap", "kube-root-ca.crt"),
        obj("Secret", "keys"),
        obj("PersistentVolumeClaim", "data", status={"phase": "Bound"}),
        obj("ServiceAccount", "runner"),
    ]


NODES = [obj("Node", "n1", meta={"namespace": ""}), obj("Node", "n2", meta={"namespace": ""})]


def test_what_links_objects_is_typed() -> None:
    found = model.drawn([model.condensed(one) for one in world()], [], NODES, "acme")
    names = {node.id: f"{node.kind}/{node.name}" for node in found.nodes}
    assert sorted((word, names[a], names[b]) for a, b, word in found.edges) == [
        ("admits", "NetworkPolicy/web", "Deployment/web"),
        ("guards", "PodDisruptionBudget/web", "Deployment/web"),
        ("mounts", "Pod/web-1-a", "PersistentVolumeClaim/data"),
        ("reads", "Pod/web-1-a", "ConfigMap/settings"),
        ("reads", "Pod/web-1-a", "Secret/keys"),
        ("routes", "Ingress/web", "Service/web"),
        ("runs-as", "Pod/web-1-a", "ServiceAccount/runner"),
        ("runs-on", "Pod/web-1-a", "Node/n1"),
        ("scales", "HorizontalPodAutoscaler/web", "Deployment/web"),
        ("serves", "Service/web", "Pod/web-1-a"),
    ]


def test_of_the_machines_those_are_shown_on_which_a_pod_runs() -> None:
    found = model.drawn(world(), [], NODES, "acme")
    assert [node.name for node in found.nodes if node.kind == "Node"] == ["n1"]


def drawn(*, ready: bool = True) -> dict[str, model.Node]:
    wished = [
        obj("Deployment", spec={"replicas": 2}),
        obj("ConfigMap", "settings"),
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "gone"}, "spec": {}},
    ]
    found = model.drawn(world(ready=ready), wished, NODES, "acme")
    return {f"{node.kind}/{node.name}": node for node in found.nodes}


@pytest.mark.parametrize(
    ("name", "sync"),
    [
        ("ConfigMap/settings", "released"),
        ("Deployment/web", "released"),
        ("Secret/keys", "extra"),
        ("ConfigMap/kube-root-ca.crt", "cluster"),
        ("Pod/web-1-a", "cluster"),
    ],
    ids=[
        "what the release says and the cluster has",
        "replicas of which an autoscaler decides are as released",
        "what no release has",
        "what every namespace has",
        "what a controller made",
    ],
)
def test_of_which_release_an_object_is(name: str, sync: str) -> None:
    assert drawn()[name].sync == sync


def test_what_the_release_has_and_the_cluster_not_is_missing() -> None:
    gone = drawn()["Service/gone"]
    assert (gone.uid, gone.namespace, gone.problem) == (None, "acme", True)
    assert node_json(gone, "")["health"] == "missing"


def test_a_service_of_which_nobody_answers_is_not_healthy() -> None:
    fine, bad = drawn()["Service/web"], drawn(ready=False)["Service/web"]
    assert (fine.parts, fine.problem) == ((1, 1), False)
    assert bad.parts == (0, 1)
    assert bad.health is not None
    assert (bad.health.state, bad.health.why) == ("progressing", "no-endpoint")


def test_whoever_owns_a_problem_is_one() -> None:
    found = drawn(ready=False)
    marked = {name for name, node in found.items() if node.problem}
    assert {"Pod/web-1-a", "ReplicaSet/web-1", "Deployment/web", "Service/gone"} <= marked
    assert "ConfigMap/settings" not in marked


def test_what_is_drawn_again_is_as_if_it_were_drawn_anew() -> None:
    """Whatever changed, what was drawn before may save work and nothing else."""
    before = model.drawn(world(), [], NODES, "acme")
    more = [*world(ready=False)[1:], pod("web-1-b")]
    changed = [*before.objects.values()][:4] + more
    again = model.drawn(changed, [obj("ConfigMap", "settings")], NODES, "acme", before)
    anew = model.drawn(changed, [obj("ConfigMap", "settings")], NODES, "acme")
    assert again == anew


def test_of_the_same_objects_nothing_is_made_again() -> None:
    objects = world()
    before = model.drawn(objects, [], NODES, "acme")
    again = model.drawn(objects, [], NODES, "acme", before)
    assert all(again.made[key] is one for key, one in before.made.items())
    assert all(again.linked[key] is one for key, one in before.linked.items())


# -- words ----------------------------------------------------------------------------------------


def test_a_pod_says_what_its_probe_said_and_what_to_do() -> None:
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "acme"},
        "type": "Warning",
        "reason": "Unhealthy",
        "message": "Readiness probe failed: 503",
        "involvedObject": {"uid": "Pod/web-1-a"},
    }
    others = {**event, "message": "another's", "involvedObject": {"uid": "Pod/other"}}
    objects = [*world(ready=False), event, others]
    found = model.drawn(objects, [], NODES, "acme")
    node = next(node for node in found.nodes if node.name == "web-1-a")
    seen = explaining.Seen(objects)
    (why,) = explaining.why(node, found.objects[node.id], seen, "en")
    assert "Readiness probe failed: 503" in why.text
    assert why.remedy


def test_nothing_secret_is_shown() -> None:
    secret = obj("Secret", data={"password": "cGFzcw=="}, stringData={"a": "b"})
    secret["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": "cGFzcw=="
    }
    variable = {"name": "DB_PASSWORD", "value": "hunter2"}
    shown = [
        model.shown(secret),
        model.shown(obj("Pod", spec={"containers": [{"name": "a", "env": [variable]}]})),
    ]
    assert "cGFzcw==" not in str(shown)
    assert "hunter2" not in str(shown)
    assert shown[0]["data"] == {"password": "***"}


def test_of_a_pod_that_is_listed_little_is_kept() -> None:
    probed = {
        "name": "a",
        "image": "a:1",
        "livenessProbe": {},
        "env": [{"name": "X", "value": "1"}],
    }
    kept = model.condensed(
        obj("Pod", spec={"containers": [probed], "tolerations": [1]}, meta={"managedFields": [1]})
    )
    assert kept["spec"] == {"containers": [{"name": "a", "image": "a:1", "env": []}]}
    assert "managedFields" not in kept["metadata"]
