"""PodDisruptionBudgets: what their status says of the pods they select, as these come and go."""

from collections.abc import Callable
from typing import Any

import pytest

from ecp.kube.errors import TooManyRequests
from ecp.kube.kinds import DEPLOYMENTS, EVENTS, PDBS, PODS
from ecp.sim.cluster import Cluster
from ecp.sim.controllers.disruption import controller
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request

Obj = dict[str, Any]
LABELS = {"app": "web"}


def deployment(replicas: int) -> Obj:
    pod = {"containers": [{"name": "c", "image": "app:1"}]}
    return {
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": pod},
        },
    }


def status(replicas: int, spec: Obj, *, alone: int = 0) -> Obj:
    """Return the status of a budget over a Deployment, and *alone* pods without a controller."""
    cluster = Cluster.create(seed=1)
    ask(cluster, DEPLOYMENTS, deployment(replicas))
    for number in range(alone):
        meta = {"name": f"alone-{number}", "labels": LABELS}
        template = deployment(1)["spec"]["template"]
        ask(cluster, PODS, {"metadata": meta, "spec": template["spec"]})
    ask(cluster, PDBS, budget(spec))
    cluster.run_until(cluster.now + 60 * SECOND)
    return said(cluster)


def ask(cluster: Cluster, resource: str, body: Obj) -> None:
    cluster.submit(Request("create", resource, "default", body=body, manager="t"))


def budget(spec: Obj) -> Obj:
    return {"metadata": {"name": "b"}, "spec": {"selector": {"matchLabels": LABELS}, **spec}}


def said(cluster: Cluster) -> Obj:
    found = cluster.store.get(PDBS, "default", "b")
    assert found is not None
    return dict(found["status"])


@pytest.mark.parametrize(
    ("spec", "alone", "allowed", "wanted", "expected"),
    [
        pytest.param({"maxUnavailable": 1}, 0, 1, 3, 4, id="one may go"),
        pytest.param({"maxUnavailable": 0}, 0, 0, 4, 4, id="none may go"),
        pytest.param({"maxUnavailable": 9}, 0, 4, 0, 4, id="more than there are: all may go"),
        pytest.param({"maxUnavailable": "30%"}, 0, 2, 2, 4, id="a percentage is rounded up"),
        pytest.param({"minAvailable": 1}, 0, 3, 1, 4, id="one has to stay"),
        pytest.param({"minAvailable": 5}, 0, 0, 5, 4, id="more than there are have to stay"),
        pytest.param({"minAvailable": "30%"}, 0, 2, 2, 4, id="a percentage has to stay"),
        pytest.param({}, 0, 0, 0, 0, id="a budget of nothing lets nothing go"),
        pytest.param({"minAvailable": 1, "selector": {}}, 0, 3, 1, 4, id="{} selects all"),
        pytest.param({"minAvailable": 1}, 2, 5, 1, 6, id="a number counts pods without controller"),
        pytest.param({"maxUnavailable": 1}, 2, 3, 3, 4, id="a difference cannot"),
        pytest.param(
            {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "other"}}}, 0, 0, 0, 0,
            id="no pods",
        ),
    ],
)  # fmt: skip
def test_what_a_budget_allows(
    spec: Obj, alone: int, allowed: int, wanted: int, expected: int
) -> None:
    found = status(4, spec, alone=alone)
    assert (found["disruptionsAllowed"], found["desiredHealthy"]) == (allowed, wanted)
    assert found["expectedPods"] == expected
    (condition,) = found["conditions"]
    assert condition["type"] == "DisruptionAllowed"
    assert condition["status"] == ("True" if allowed else "False")
    assert condition["reason"] == ("SufficientPods" if allowed else "InsufficientPods")
    assert found["observedGeneration"] == condition["observedGeneration"] == 1


def _relabel(cluster: Cluster, name: str, app: str) -> None:
    body = {"metadata": {"labels": {"app": app}}}
    cluster.submit(Request("patch", PODS, "default", name, body=body, patch="merge", manager="t"))


def _reselect(cluster: Cluster, app: str) -> None:
    body = {"spec": {"selector": {"matchLabels": {"app": app}}}}
    cluster.submit(Request("patch", PDBS, "default", "b", body=body, patch="merge", manager="t"))


def _renewed(cluster: Cluster) -> None:
    cluster.submit(Request("delete", PDBS, "default", "b", manager="t"))
    ask(cluster, PDBS, budget({"maxUnavailable": 1}))


@pytest.mark.parametrize(
    ("change", "healthy"),
    [
        pytest.param(
            lambda c, pod: c.submit(Request("delete", PODS, "default", pod, manager="t")),
            (3, 4),
            id="a pod that goes and its successor",
        ),
        pytest.param(
            lambda c, pod: _relabel(c, pod, "other"), (3, 4), id="a pod that it selects no more"
        ),
        pytest.param(
            lambda c, pod: _relabel(c, "alone", "web"), (5, 5), id="a pod that it selects now"
        ),
        pytest.param(lambda c, pod: _reselect(c, "other"), (1, 1), id="another selector"),
        pytest.param(lambda c, pod: _renewed(c), (4, 4), id="another budget of its name"),
    ],
)
def test_what_it_keeps_count_of_is_what_counting_anew_finds(
    change: Callable[[Cluster, str], None], healthy: tuple[int, int]
) -> None:
    cluster = Cluster.create(seed=1)
    template = deployment(1)["spec"]["template"]
    meta = {"name": "alone", "labels": {"app": "other"}}
    ask(cluster, PODS, {"metadata": meta, "spec": template["spec"]})
    ask(cluster, PDBS, budget({"maxUnavailable": 1}))
    ask(cluster, DEPLOYMENTS, deployment(4))
    cluster.run_until(cluster.now + 60 * SECOND)
    mine = [p["metadata"]["name"] for p in cluster.store.list(PODS)]
    change(cluster, next(name for name in mine if name != "alone"))
    found = []
    for seconds in (0.1, 120):
        cluster.run_until(cluster.now + int(seconds * SECOND))
        assert not controller().reconcile(cluster.now, ("default", "b"), cluster.read).actions
        found.append(said(cluster)["currentHealthy"])
    assert tuple(found) == healthy


def test_it_follows_its_pods_and_their_scale() -> None:
    cluster = Cluster.create(seed=1)
    ask(cluster, PDBS, budget({"maxUnavailable": 1}))
    cluster.run_until(cluster.now + SECOND)
    assert said(cluster)["expectedPods"] == 0
    ask(cluster, DEPLOYMENTS, deployment(3))
    cluster.run_until(cluster.now + 60 * SECOND)
    assert said(cluster)["disruptionsAllowed"] == 1
    gone = next(iter(cluster.store.list(PODS)))["metadata"]["name"]
    cluster.submit(Request("delete", PODS, "default", gone, manager="t"))
    cluster.run_until(cluster.now + SECOND // 10)
    assert (said(cluster)["currentHealthy"], said(cluster)["disruptionsAllowed"]) == (2, 0)
    cluster.run_until(cluster.now + 120 * SECOND)
    assert (said(cluster)["currentHealthy"], said(cluster)["disruptionsAllowed"]) == (3, 1)
    body = {"spec": {"replicas": 1}}
    cluster.submit(
        Request("patch", DEPLOYMENTS, "default", "web", body=body, patch="merge", manager="t")
    )
    cluster.run_until(cluster.now + 120 * SECOND)
    found = said(cluster)
    assert (found["expectedPods"], found["desiredHealthy"], found["disruptionsAllowed"]) == (
        1,
        0,
        1,
    )


def test_a_pod_whose_controller_is_not_there_makes_it_fail_safe() -> None:
    cluster = Cluster.create(seed=1)
    owner = {"apiVersion": "x/v1", "kind": "Foo", "name": "f", "uid": "u", "controller": True}
    meta = {"name": "odd", "labels": LABELS, "ownerReferences": [owner]}
    template = deployment(1)["spec"]["template"]
    ask(cluster, PODS, {"metadata": meta, "spec": template["spec"]})
    ask(cluster, PDBS, budget({"maxUnavailable": 1}))
    cluster.run_until(cluster.now + SECOND)
    (condition,) = said(cluster)["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "SyncFailed")
    assert condition["message"] == 'found no controllers for pod "odd"'
    assert said(cluster)["disruptionsAllowed"] == 0
    reasons = [event["reason"] for event in cluster.store.list(EVENTS)]
    assert "CalculateExpectedPodCountFailed" in reasons


@pytest.mark.parametrize(
    ("selector", "alone", "reason", "text"),
    [
        pytest.param(
            {"matchLabels": LABELS},
            1,
            "UnmanagedPods",
            "MatchLabels:map[string]string{app: web,},MatchExpressions:"
            "[]LabelSelectorRequirement{},}) were found to be unmanaged.",
            id="a pod without a controller",
        ),
        pytest.param(
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "web"]}]},
            1,
            "UnmanagedPods",
            "MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{"
            "LabelSelectorRequirement{Key:app,Operator:In,Values:[a web],},},}) were found",
            id="selected by an expression",
        ),
        pytest.param({"matchLabels": LABELS}, 0, "NoPods", "No matching pods found", id="no pod"),
    ],
)
def test_what_is_odd_about_its_pods_is_said_at_every_look(
    selector: Obj, alone: int, reason: str, text: str
) -> None:
    cluster = Cluster.create(seed=1)
    for number in range(alone):
        template = deployment(1)["spec"]["template"]
        meta = {"name": f"alone-{number}", "labels": LABELS}
        ask(cluster, PODS, {"metadata": meta, "spec": template["spec"]})
    body = {"metadata": {"name": "b"}, "spec": {"selector": selector, "maxUnavailable": 1}}
    ask(cluster, PDBS, body)
    cluster.run_until(cluster.now + SECOND // 10)
    (event,) = [one for one in cluster.store.list(EVENTS) if one["reason"] == reason]
    assert text in event["message"]
    # Its own write of the status lets it look a second time.
    assert event["count"] >= 2


def evict(cluster: Cluster, pod: str) -> None:
    body = {"metadata": {"name": pod}}
    cluster.submit(Request("evict", PODS, "default", pod, body=body, manager="t"))


def test_evictions_go_on_as_fast_as_the_budget_lets_them() -> None:
    cluster = Cluster.create(seed=1)
    ask(cluster, DEPLOYMENTS, deployment(3))
    ask(cluster, PDBS, budget({"maxUnavailable": 1}))
    cluster.run_until(cluster.now + 60 * SECOND)
    first, second, third = [pod["metadata"]["name"] for pod in cluster.store.list(PODS)]
    evict(cluster, first)
    # At once: the controller has not looked yet, the eviction itself has spent the budget.
    with pytest.raises(TooManyRequests, match="would violate the pod's disruption budget"):
        evict(cluster, second)
    cluster.run_until(cluster.now + SECOND // 10)
    with pytest.raises(TooManyRequests) as caught:
        evict(cluster, second)
    assert caught.value.details is not None
    (cause,) = caught.value.details.causes
    assert cause.message == "The disruption budget b needs 2 healthy pods and has 2 currently"
    for pod in (second, third):
        cluster.run_until(cluster.now + 60 * SECOND)
        evict(cluster, pod)
    cluster.run_until(cluster.now + 60 * SECOND)
    left = {pod["metadata"]["name"] for pod in cluster.store.list(PODS)}
    assert len(left) == 3
    assert not left & {first, second, third}
    assert "disruptedPods" not in said(cluster)


def test_who_disrupts_nobody_goes_unasked() -> None:
    cluster = Cluster.create(seed=1)
    body = deployment(2)
    body["spec"]["template"]["spec"]["nodeSelector"] = {"no": "node"}
    ask(cluster, DEPLOYMENTS, body)
    ask(cluster, PDBS, budget({"maxUnavailable": 0}))
    cluster.run_until(cluster.now + 10 * SECOND)
    waiting = next(iter(cluster.store.list(PODS)))["metadata"]["name"]
    evict(cluster, waiting)
    cluster.run_until(cluster.now + SECOND)
    assert waiting not in {pod["metadata"]["name"] for pod in cluster.store.list(PODS)}


@pytest.mark.parametrize("names", [("b",), ("b", "a")], ids=["one says nothing", "two are named"])
def test_a_pod_of_several_budgets_is_warned_of(names: tuple[str, ...]) -> None:
    cluster = Cluster.create(seed=1)
    for name in names:
        body = budget({"maxUnavailable": 1})
        ask(cluster, PDBS, {**body, "metadata": {"name": name}})
    template = deployment(1)["spec"]["template"]
    ask(cluster, PODS, {"metadata": {"name": "p", "labels": LABELS}, "spec": template["spec"]})
    cluster.run_until(cluster.now + 5 * SECOND)
    told = {
        event["message"]
        for event in cluster.store.list(EVENTS, "default")
        if event["reason"] == "MultiplePodDisruptionBudgets"
    }
    words = 'Pod "default"/"p" matches multiple PodDisruptionBudgets.  Chose "a" arbitrarily.'
    assert told == ({words} if len(names) > 1 else set())
