"""What controllers make of what users wrote is judged as if users had sent it.

The words are those in which a kube-apiserver 1.36.2 refuses such an object of a user.
"""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.admission import judgements
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store import Obj

SPEC: Obj = {"name": "m", "pools": [{"name": "n", "count": 1, "cpu": "8", "memory": "8Gi"}]}
LIMITS: Obj = {
    "metadata": {"name": "l"},
    "spec": {"limits": [{"type": "Container", "default": {"cpu": "100m"}}]},
}
SPREAD: Obj = {
    "maxSkew": 1,
    "topologyKey": "kubernetes.io/hostname",
    "whenUnsatisfiable": "DoNotSchedule",
    "matchLabelKeys": ["app"],
    "labelSelector": {"matchLabels": {"app": "web"}},
}


def workload(spec: Obj, name: str = "web", **more: Any) -> Obj:
    container: Obj = {"name": "c", "image": "x"}
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [container], **spec},
    }
    return {
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **more},
    }


def applied(resource: str, body: Obj, *beside: Obj) -> Cluster:
    cluster = Cluster.create(clusters.check(SPEC), seed=1)
    for one in beside:
        cluster.submit(Request("create", kinds.LIMITRANGES, "default", body=one))
    cluster.submit(Request("create", resource, "default", body=body))
    cluster.run_until(cluster.now + 2 * SECOND)
    return cluster


@pytest.mark.parametrize(
    ("resource", "body", "beside", "words"),
    [
        pytest.param(
            kinds.DEPLOYMENTS, workload({"topologySpreadConstraints": [SPREAD]}), (),
            'spec.topologySpreadConstraints[0][0]: Invalid value: "app": exists in both '
            "matchLabelKeys and labelSelector", id="a label that is named twice",
        ),
        pytest.param(
            kinds.DEPLOYMENTS,
            workload({"containers": [
                {"name": "c", "image": "x", "resources": {"requests": {"cpu": "200m"}}},
            ]}), (LIMITS,),
            'spec.containers[0].resources.requests: Invalid value: "200m": must be less than or '
            "equal to cpu limit of 100m", id="more than the limit that the namespace gives",
        ),
        pytest.param(
            kinds.STATEFULSETS, workload({}, "a" * 60, serviceName="x"), (),
            "metadata.labels: Invalid value: ", id="a name too long for the label of its revision",
        ),
    ],
)  # fmt: skip
def test_pods_that_a_user_could_not_create_are_refused(
    resource: str, body: Obj, beside: tuple[Obj, ...], words: str
) -> None:
    cluster = applied(resource, body, *beside)
    assert cluster.store.list(kinds.PODS, "default") == []
    said = [
        event["message"]
        for event in cluster.store.list(kinds.EVENTS, "default")
        if event["reason"] == "FailedCreate"
    ]
    assert said
    assert all(f'" is invalid: {words}' in text for text in said)


def test_the_pods_of_one_template_are_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = []
    real = judgements.admission_rules.judge

    def counting(kind: Any, *given: Any, **named: Any) -> None:
        judged.append(kind.kind)
        real(kind, *given, **named)

    monkeypatch.setattr(judgements.admission_rules, "judge", counting)
    cluster = applied(kinds.DEPLOYMENTS, workload({}, replicas=40))
    assert len(cluster.store.list(kinds.PODS, "default")) == 40
    assert judged.count("Pod") == 1
