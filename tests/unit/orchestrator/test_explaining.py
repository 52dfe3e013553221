"""Why a tenant of a real cluster is not well: objects, conditions and Events, in plain words."""

from typing import Any

import pytest

from ecp.kube.kinds import DEPLOYMENTS, ENDPOINTSLICES, EVENTS, PODS, REPLICASETS, SERVICES
from ecp.kube.times import nanoseconds
from ecp.orchestrator.adapters.kubernetes import NamespaceView
from ecp.orchestrator.monitoring.entries import Entry
from ecp.orchestrator.monitoring.explaining import Told, explained
from ecp.orchestrator.monitoring.showing import Slot, recent, sources, usage_of

SINCE, SLOT = "2026-03-02T09:00:10Z", nanoseconds("2026-03-02T09:01:00Z") // 5_000_000_000


def owned(name: str, kind: str, uid: str) -> dict[str, Any]:
    owner = {"kind": kind, "name": name, "uid": uid, "controller": True}
    return {"namespace": "shop", "ownerReferences": [owner], "uid": f"{uid}.1"}


def stage(
    waiting: str = "ImagePullBackOff", since: str = SINCE, *, ready: bool = False
) -> NamespaceView:
    """A Deployment of two replicas: one pod that waits, one that is well."""
    web = {
        "metadata": {"name": "web", "namespace": "shop", "uid": "d", "generation": 1},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 1, "updatedReplicas": 2,
                   "availableReplicas": 2 if ready else 1},
    }  # fmt: skip
    pods = [
        {
            "metadata": {**owned("web-5c", "ReplicaSet", "d.1"), "name": name, "uid": name},
            "spec": {"containers": [{"name": "a", "image": "registry.example/web:8"}]},
            "status": {
                "phase": "Running",
                "containerStatuses": [{
                    "name": "a", "ready": well, "image": "registry.example/web:8",
                    "restartCount": 0,
                    "state": {"running": {}} if well else
                    {"waiting": {"reason": waiting, "message": "not found"}},
                }],
                "conditions": [
                    {"type": "PodScheduled", "status": "True"},
                    {"type": "Ready", "status": str(well), "lastTransitionTime": since},
                ],
            },
        }
        for name, well in (("web-5c-a", ready), ("web-5c-b", True))
    ]  # fmt: skip
    event = {
        "metadata": {"name": "e"}, "type": "Warning", "reason": "Failed", "count": 4,
        "message": "manifest unknown", "lastTimestamp": "2026-03-02T09:00:40Z",
        "involvedObject": {"kind": "Pod", "name": "web-5c-a"},
    }  # fmt: skip
    late = {**event, "reason": "Later", "lastTimestamp": "2026-03-02T09:30:00Z"}
    slice_ = {
        "metadata": {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": [],
    }
    return NamespaceView(
        0,
        {
            DEPLOYMENTS: [web],
            REPLICASETS: [{"metadata": {**owned("web", "Deployment", "d"), "name": "web-5c"}}],
            PODS: pods,
            SERVICES: [],
            ENDPOINTSLICES: [slice_],
            EVENTS: [event, late],
        },
    )


def asked(view: NamespaceView | None, told: Told, language: Any = "en") -> dict[str, Any]:
    entries = [Entry("web", "web")]
    return explained(view, "acme", "shop", SLOT, told, entries=entries, language=language)


def test_what_is_not_ready_since_when_why_and_what_to_change() -> None:
    told = Told(
        "D", ("deployment/web: ImagePullBackOff",), {"web": "timeout"}, {"good": 1, "total": 9}
    )
    found = asked(stage(), told)
    (step,) = found["chain"]
    assert (step["workload"], step["since"]) == ("deployment/web", SINCE)
    assert step["pods"] == {"answering": 1, "listed": 1, "wanted": 2}
    assert "registry.example/web:8" in step["text"]
    assert step["remedy"] == found["cause"]["remedy"] != ""
    assert found["cause"]["id"] == "deployment/web: ImagePullBackOff"
    assert [row["level"] for row in found["links"]] == ["cause", "pods", "endpoints", "requests"]
    assert [row["reason"] for row in found["events"]] == ["Failed"]
    assert SINCE in found["sentence"]
    assert found["requests"] == {"good": 1, "total": 9}
    korean = asked(stage(), told, "ko")
    assert "파드 2개 중 1개만" in korean["links"][1]["text"]
    assert "준비되지 않았습니다" in korean["sentence"]


@pytest.mark.parametrize(
    ("view", "told", "cause", "unknown"),
    [
        pytest.param(stage(since="2026-03-02T10:00:00Z"), Told("D"), None,
                     ["keeps no history", "nobody counts"],
                     id="what broke later does not explain a slot before it"),
        pytest.param(stage(ready=True), Told("D", ("deployment/web: OOMKilled",)),
                     "deployment/web: OOMKilled", ["keeps no history"],
                     id="what is well again is explained by what was written down then"),
        pytest.param(None, Told("D", (), {"web": "timeout"}), None, ["does not answer"],
                     id="without an API server objects are not known, how asking failed is"),
        pytest.param(stage(), Told("N", looked=False), "deployment/web: image",
                     ["nobody looked"], id="nobody looked: the state is unknown, objects speak"),
        pytest.param(stage(), Told("U"), None, ["outside the cluster"],
                     id="an up slot has no cause, whatever a pod does"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_said(
    view: NamespaceView | None, told: Told, cause: str | None, unknown: list[str]
) -> None:
    found = asked(view, told)
    named = None if found["cause"] is None else found["cause"]["id"]
    assert named == cause
    for word in unknown:
        assert any(word in sentence for sentence in found["unknown"]), found["unknown"]
    if told.state == "U":
        assert (found["chain"], found["links"], found["events"]) == ([], [], [])


# -- live figures ---------------------------------------------------------------------------------


def test_figures_come_from_whoever_measured_them() -> None:
    limits = {"cpu": "200m", "memory": "100Mi"}
    pods = [
        {"metadata": {"name": "p"}, "spec": {"containers": [
            {"name": "a", "resources": {"limits": limits}}, {"name": "free"}]}}
    ]  # fmt: skip
    used = [{"metadata": {"name": "p"}, "containers": [
        {"name": "a", "usage": {"cpu": "50m", "memory": "50Mi"}},
        {"name": "free", "usage": {"cpu": "9", "memory": "9Gi"}}]}]  # fmt: skip
    usage = usage_of(pods, used)
    assert usage.metrics == {"cpu": 25.0, "memory": 50.0}  # of containers with a limit
    slots = {10: Slot("U", 50, 50, 1, 0, 0.02), 12: Slot("D", 10, 40, 1, 1)}
    found = recent(slots, 10, usage)
    assert found is not None
    assert (found["slots"]["count"], found["slots"]["unknown"]) == (3, 1)  # nobody looked at one
    assert found["requests"] == {"good": 60, "total": 90, "excess": None}
    assert found["metrics"]["error_rate"] == 33.33  # of the requests
    assert found["metrics"]["response_time"] == 20
    assert found["worst"]["metrics"]["error_rate"] == 75
    assert sources(slots[12], usage)["response_time"] is None
    assert sources(Slot("U", asked=1), None) == {
        "cpu": None, "memory": None, "network_rps": None, "response_time": None,
        "error_rate": "prober",
    }  # fmt: skip
    assert recent(slots, 13, usage) is None
    assert recent({}, None, usage) is None
