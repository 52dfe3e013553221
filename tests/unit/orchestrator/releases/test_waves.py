"""Waves: which object goes with which, what a wave waits for, how far a release is."""

from typing import Any

import pytest

from ecp.orchestrator.adapters.kubernetes import NamespaceView
from ecp.orchestrator.records import Message, Release, Step
from ecp.orchestrator.releases import model, waves

SECOND = 1_000_000_000


def obj(kind: str, name: str = "web", **more: Any) -> dict[str, Any]:
    labels, notes = more.pop("labels", None), more.pop("annotations", None)
    meta: dict[str, Any] = {"name": name, "namespace": "n"}
    meta |= {"labels": labels} if labels else {}
    meta |= {"annotations": notes} if notes else {}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, **more}


def workload(name: str, kind: str = "Deployment", **more: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}}
    return obj(kind, name, spec={"replicas": 2, "template": template}, **more)


def service(name: str, app: str | None) -> dict[str, Any]:
    return obj("Service", name, spec={"selector": {"app": app}} if app else {})


TIERS = {"stt": "support", "postgresql": "infrastructure", "callbot": "main"}


@pytest.mark.parametrize(
    ("given", "wave"),
    [
        pytest.param(obj("Secret"), "foundation", id="configuration comes first"),
        pytest.param(obj("PersistentVolumeClaim"), "foundation", id="storage comes first"),
        pytest.param(obj("NetworkPolicy"), "foundation", id="policies come first"),
        pytest.param(workload("stt"), "support", id="a workload with a profile goes by its tier"),
        pytest.param(
            workload("stt", labels={"app.kubernetes.io/component": "database"}),
            "infrastructure",
            id="its label goes before its profile",
        ),
        pytest.param(
            workload("stt", labels={"tier": "web"}, annotations={"ecp.ai/wave": "foundation"}),
            "foundation",
            id="its own word goes before its label",
        ),
        pytest.param(
            workload("stt", annotations={"ecp.ai/wave": "prune"}),
            "support",
            id="nobody says of itself that it is removed",
        ),
        pytest.param(workload("own"), "main", id="what nobody knows is a main service"),
        pytest.param(
            workload("own", "StatefulSet"), "infrastructure", id="a StatefulSet keeps data"
        ),
        pytest.param(obj("HorizontalPodAutoscaler"), "edge", id="autoscalers come last"),
        pytest.param(obj("Ingress"), "edge", id="the entry is opened last"),
        pytest.param(obj("ServiceMonitor"), "edge", id="kinds of operators come last"),
    ],
)
def test_an_object_has_its_wave(given: dict[str, Any], wave: str) -> None:
    assert [waves.WAVES[n] for n in waves.waves_of([given], TIERS)] == [wave]


@pytest.mark.parametrize(
    ("app", "wave"),
    [
        pytest.param("postgresql", "infrastructure", id="a Service goes with what it selects"),
        pytest.param("nobody", "main", id="one that selects nothing there is a main service's"),
        pytest.param(
            None, "infrastructure", id="one without selector stands for something outside"
        ),
    ],
)
def test_a_service_goes_with_its_workload(app: str | None, wave: str) -> None:
    objects = [service("x", app), workload("postgresql"), workload("callbot")]
    assert waves.WAVES[waves.waves_of(objects, TIERS)[0]] == wave


def test_a_plan_is_in_waves_and_keeps_the_order_within() -> None:
    bundle = [
        obj("ConfigMap", "a"), service("cb", "callbot"), service("pg", "postgresql"),
        workload("callbot"), workload("postgresql"), workload("stt"), obj("Ingress", "in"),
    ]  # fmt: skip
    gone = model.Ref("v1", "ConfigMap", "n", "old")
    steps = model.plan(bundle, [gone], None, TIERS)
    grouped = waves.in_waves(steps, TIERS)
    assert [(waves.WAVES[n], [s.ref.name for s in rows]) for n, rows in grouped] == [
        ("foundation", ["a"]),
        ("infrastructure", ["pg", "postgresql"]),
        ("support", ["stt"]),
        ("main", ["cb", "callbot"]),
        ("edge", ["in"]),
        ("prune", ["old"]),
    ]
    assert [step.position for _, rows in grouped for step in rows] == list(range(len(steps)))


def seen(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> NamespaceView:
    resource = waves.AWAITED[kind]
    found = {**obj(kind), "spec": spec, "status": status}
    found["metadata"]["generation"] = 2
    return NamespaceView(0, {resource: [found]})


UP = {"observedGeneration": 2, "updatedReplicas": 2, "availableReplicas": 2}
STUCK = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]


@pytest.mark.parametrize(
    ("kind", "spec", "status", "awaited"),
    [
        pytest.param("Deployment", {"replicas": 2}, UP, None, id="all replicas are available"),
        pytest.param(
            "Deployment", {"replicas": 2}, {**UP, "availableReplicas": 1}, (1, 2, False),
            id="one is not",
        ),
        pytest.param(
            "Deployment", {"replicas": 2}, {**UP, "updatedReplicas": 1}, (1, 2, False),
            id="one is of the old template",
        ),
        pytest.param(
            "Deployment", {"replicas": 2}, {**UP, "observedGeneration": 1}, (0, 2, False),
            id="the controller has not seen the newest wish",
        ),
        pytest.param(
            "Deployment", {"replicas": 2}, {**UP, "availableReplicas": 0, "conditions": STUCK},
            (0, 2, True), id="its rollout has given up",
        ),
        pytest.param("Deployment", {"replicas": 0}, {"observedGeneration": 2}, None,
                     id="none is wanted"),
        pytest.param("StatefulSet", {"replicas": 2}, UP, None, id="a StatefulSet is up"),
        pytest.param(
            "DaemonSet", {},
            {"observedGeneration": 2, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3,
             "numberAvailable": 2},
            (2, 3, False), id="a DaemonSet lacks a node",
        ),
        pytest.param("Job", {}, {"conditions": [{"type": "Complete", "status": "True"}]}, None,
                     id="a Job is complete"),
        pytest.param("Job", {"completions": 2}, {"succeeded": 1}, (1, 2, False),
                     id="a Job is half done"),
        pytest.param("Job", {}, {"conditions": [{"type": "Failed", "status": "True"}]},
                     (0, 1, True), id="a Job has failed"),
    ],
)  # fmt: skip
def test_a_wave_waits_for_workloads(
    kind: str, spec: dict[str, Any], status: dict[str, Any], awaited: tuple[int, int, bool] | None
) -> None:
    found = waves.awaited(seen(kind, spec, status), [obj(kind)])
    wanted = [] if awaited is None else [(f"{kind.lower()}/web", *awaited)]
    assert found == wanted


def test_what_is_not_there_is_awaited_and_what_runs_no_pods_is_not() -> None:
    nothing = NamespaceView(0, {})
    assert waves.awaited(nothing, [obj("ConfigMap"), workload("web")]) == [
        ("deployment/web", 0, 1, False)
    ]


def test_patience_is_the_clusters_time() -> None:
    assert not waves.timed_out(0, 60 * SECOND, 60)
    assert waves.timed_out(0, 61 * SECOND, 60)


def test_progress_counts_what_is_still_to_come() -> None:
    bundle = [obj("ConfigMap", "a"), workload("postgresql"), workload("callbot")]
    steps = [
        Step(s.position, s.action, s.ref, s.body, "done" if s.position < 2 else "pending")
        for s in model.plan(bundle, [], None, TIERS)
    ]
    startup = {"workloads": [{"object": "deployment/postgresql", "ready": 1, "desired": 2}]}
    said = [Message(1, SECOND, {"kind": "wave-applied", "wave": "infrastructure"})]
    rows = waves.progress(waves.in_waves(steps, TIERS), startup, said)
    assert [(r["wave"], r["state"], r["applied"], r["ready"], r["desired"]) for r in rows] == [
        ("foundation", "ready", 1, 0, 0),
        ("infrastructure", "waiting", 1, 1, 2),
        ("main", "pending", 0, 0, 2),
    ]
    assert rows[1]["applied_at"] == "1970-01-01T00:00:01Z"
    assert rows[1]["awaits"] == ["deployment/postgresql"]
    assert waves.share(rows) == pytest.approx((2 / 3 + 1 / 4) / 2)
    whole = [{"objects": 2, "applied": 2, "desired": 3, "ready": 3}]
    assert (waves.share(whole), waves.share(whole, up=False)) == (1.0, 0.99)


def test_pods_that_served_before_are_no_progress() -> None:
    bundle = [workload("callbot"), workload("postgresql")]
    steps = [
        Step(
            s.position, s.action, s.ref, s.body, "done" if s.ref.name == "postgresql" else "pending"
        )
        for s in model.plan(bundle, [], None, TIERS)
    ]
    rows = [
        {"object": "deployment/postgresql", "ready": 2, "desired": 2, "updated": 0},
        {"object": "deployment/callbot", "ready": 0, "desired": 0},  # it is not there yet
    ]
    found = waves.progress(waves.in_waves(steps, TIERS), {"workloads": rows}, ())
    assert [(r["wave"], r["state"], r["ready"], r["desired"]) for r in found[-2:]] == [
        ("infrastructure", "waiting", 0, 2),
        ("main", "pending", 0, 2),
    ]
    done = [Step(s.position, s.action, s.ref, s.body, "done") for s in steps]
    found = waves.progress(waves.in_waves(done, TIERS), {"workloads": rows}, ())
    assert waves.share(found) == 0.5  # all is sent, nothing of it is up


def test_instants_of_waves_are_the_first_since_the_release_began() -> None:
    steps = [Step(s.position, s.action, s.ref, s.body, "done")
             for s in model.plan([workload("callbot")], [], None, TIERS)]  # fmt: skip
    said = [
        Message(n, at * SECOND, {"kind": "wave-applied", "wave": "main"})
        for n, at in enumerate((1, 100, 900))
    ]
    found = waves.progress(waves.in_waves(steps, TIERS), {}, said, 50 * SECOND)
    assert found[-1]["applied_at"] == "1970-01-01T00:01:40Z"


def started(seconds: float, **workloads: float) -> dict[str, Any]:
    rows = [{"object": f"deployment/{k}", "seconds": v} for k, v in workloads.items()]
    return {"seconds": seconds, "workloads": rows}


@pytest.mark.parametrize(
    ("earlier", "names", "seconds"),
    [
        pytest.param([], ["a"], None, id="nothing was observed"),
        pytest.param(
            [started(30, a=10, b=20), started(90, a=12, b=60), started(31, a=11, b=21)],
            ["a", "b"], 21.0, id="the median of the slowest workload",
        ),
        pytest.param(
            [started(30, a=10)], ["a", "new"], 30.0, id="with something new: as whole ones took"
        ),
        pytest.param([started(30, a=10, b=20)], ["a"], 10.0, id="what went counts no more"),
    ],
)  # fmt: skip
def test_an_estimate_is_from_what_was_observed(
    earlier: list[dict[str, Any]], names: list[str], seconds: float | None
) -> None:
    release = Release(1, "t", 1, "d", "progressing", {}, 100 * SECOND, 0)
    wanted = [f"deployment/{name}" for name in names]
    found = waves.estimate(release, wanted, earlier, 105 * SECOND)
    if seconds is None:
        assert found is None
        return
    assert found is not None
    assert (found["seconds"], found["seconds_left"]) == (seconds, seconds - 5)
    assert found["estimated_completion"] is not None
    late = waves.estimate(release, wanted, earlier, (101 + round(seconds)) * SECOND)
    assert late is not None
    assert (late["seconds_left"], late["estimated_completion"]) == (0, None)
