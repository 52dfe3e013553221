"""The autoscaler against the cases of the real one, and asleep against awake."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecp.kube.kinds import DEPLOYMENTS, HPAS, PODS
from ecp.kube.times import rfc3339
from ecp.sim.controllers.horizontalpodautoscaler import (
    NAME,
    SECOND,
    SYNC,
    Autoscaler,
    controller,
)
from ecp.sim.plans import Plan, Update
from ecp.sim.world.usage import Taken

KEY = ("ns", "web")
START = 1_767_571_200 * SECOND
OLD = rfc3339(START - 3600 * SECOND)


class Read:
    """What is said, in dictionaries."""

    def __init__(self, hpa: dict[str, Any], replicas: int) -> None:
        self.rows: dict[str, dict[str, Any]] = {HPAS: {"web": hpa}, PODS: {}}
        self.rows[DEPLOYMENTS] = {
            "web": {
                "kind": "Deployment",
                "metadata": {"name": "web", "namespace": "ns"},
                "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}},
            }
        }

    def get(self, resource: str, namespace: str, name: str) -> Any:
        return self.rows.get(resource, {}).get(name)

    def list(self, resource: str, namespace: str | None = None) -> list[Any]:
        return list(self.rows.get(resource, {}).values())

    @property
    def replicas(self) -> int:
        return int(self.rows[DEPLOYMENTS]["web"]["spec"]["replicas"])

    def add_pod(self, name: str, *, ready: bool = True, phase: str = "Running") -> None:
        self.rows[PODS][name] = {
            "metadata": {"name": name, "namespace": "ns", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]},
            "status": {
                "phase": phase,
                "startTime": OLD,
                "conditions": [
                    {
                        "type": "Ready",
                        "status": "True" if ready else "False",
                        "lastTransitionTime": OLD,
                    }
                ],
            },
        }

    def apply(self, plan: Plan) -> None:
        for action in plan.actions:
            assert isinstance(action, Update)
            self.rows[action.resource]["web"] = action.obj


def autoscaler(target: int = 50, least: int = 1, most: int = 10, **more: Any) -> dict[str, Any]:
    metric = {
        "type": "Resource",
        "resource": {
            "name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": target},
        },
    }
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": "web",
            "namespace": "ns",
            "uid": "u-1",
            "creationTimestamp": rfc3339(START),
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": [metric],
            **more,
        },
    }


def synced(
    read: Read, usage: Callable[[tuple[str, str], int, int], Any], loop: Autoscaler | None = None
) -> Plan:
    """Return the plan of one sync on the grid."""
    loop = loop or Autoscaler(usage)
    waiting = loop.reconcile(START, KEY, read)  # type: ignore[arg-type]
    at = START if waiting.actions else waiting.wake_at or START
    plan = loop.reconcile(at, KEY, read)  # type: ignore[arg-type]
    read.apply(plan)
    return plan


def condition(read: Read, kind: str) -> tuple[str, str, str]:
    for row in read.rows[HPAS]["web"]["status"]["conditions"]:
        if row["type"] == kind:
            return row["status"], row["reason"], row["message"]
    raise AssertionError(kind)


def case(levels: Sequence[int | None], states: str = "") -> tuple[Read, Any]:
    """Pods by level (milli-CPU of a request of 1000; None = no metric); states: r, u(nready), p."""
    read = Read(autoscaler(), len(levels))
    by_name: dict[str, int | None] = {}
    for number, level in enumerate(levels):
        state = states[number] if states else "r"
        name = f"web-{number}"
        read.add_pod(name, ready=state == "r", phase="Pending" if state == "p" else "Running")
        by_name[name] = level

    def usage(key: tuple[str, str], start: int, end: int) -> tuple[Taken, ...] | None:
        level = by_name[key[1]]
        return None if level is None else (Taken("c", level * 1_000_000, 1 << 20, start, 0),)

    return read, usage


# Source of the expectations: kubernetes replica_calculator_test.go and horizontal_test.go.
CASES = [
    pytest.param([300, 500, 700], "", 30, 1, 10, 5, id="above target: ceil of ratio x ready"),
    pytest.param([300, 500, 700], "urr", 30, 1, 10, 4, id="never ready: idle upwards"),
    pytest.param([300, 500, 700], "prr", 30, 1, 10, 4, id="pending pods count as idle upwards"),
    pytest.param([100, 300, 500, 250, 250], "", 50, 1, 10, 5, id="below: held for 300 s at first"),
    pytest.param([1010, 1030, 1020], "", 100, 1, 10, 3, id="within the tolerance"),
    pytest.param([1000, None], "", 50, 1, 10, 2, id="missing as idle: no change upwards"),
    pytest.param([1000, None], "", 200, 1, 10, 2, id="missing at the target: no change downwards"),
    pytest.param([900, 900, 900], "", 30, 1, 6, 6, id="no more than maxReplicas"),
    pytest.param([900] * 3, "", 10, 1, 100, 6, id="at most twice as many at once"),
    pytest.param([100] * 9, "", 50, 1, 8, 8, id="above maxReplicas: cut, whatever the metrics"),
    pytest.param([900], "", 50, 3, 8, 3, id="below minReplicas: raised"),
]


@pytest.mark.parametrize(("levels", "states", "target", "least", "most", "wanted"), CASES)
def test_replicas(
    levels: list[int | None], states: str, target: int, least: int, most: int, wanted: int
) -> None:
    read, usage = case(levels, states)
    read.rows[HPAS]["web"] = autoscaler(target, least, most)
    synced(read, usage)
    assert read.replicas == wanted


def test_an_event_says_the_new_size_and_why() -> None:
    read, usage = case([900] * 10)
    read.rows[HPAS]["web"] = autoscaler(50, 1, 8)
    plan = synced(read, usage)
    assert [(e.reason, e.message) for e in plan.events] == [
        (
            "SuccessfulRescale",
            "New size: 8; reason: Current number of replicas above Spec.MaxReplicas",
        )
    ]
    assert condition(read, "AbleToScale")[1] == "SucceededRescale"


def test_without_metrics_it_says_so_and_only_clamps() -> None:
    read, usage = case([None, None])
    plan = synced(read, usage)
    assert read.replicas == 2
    assert plan.wake_at is None
    status, reason, message = condition(read, "ScalingActive")
    assert (status, reason) == ("False", "FailedGetResourceMetric")
    assert message == (
        "the HPA was unable to compute the replica count: failed to get cpu utilization: unable "
        "to get metrics for resource cpu: no metrics returned from resource metrics API"
    )
    assert [event.reason for event in plan.events] == [
        "FailedGetResourceMetric",
        "FailedComputeMetricsReplicas",
    ]


def test_conditions_of_a_limited_one() -> None:
    read, usage = case([900, 900, 900])
    read.rows[HPAS]["web"] = autoscaler(30, 1, 3)
    synced(read, usage)
    assert condition(read, "ScalingLimited") == (
        "True",
        "TooManyReplicas",
        "the desired replica count is more than the maximum replica count",
    )
    assert condition(read, "ScalingActive")[1] == "ValidMetricFound"
    current = read.rows[HPAS]["web"]["status"]["currentMetrics"][0]["resource"]["current"]
    assert current == {"averageUtilization": 90, "averageValue": "900m"}


def test_a_target_that_does_not_exist() -> None:
    read, usage = case([1])
    read.rows[DEPLOYMENTS].clear()
    plan = synced(read, usage)
    assert condition(read, "AbleToScale")[:2] == ("False", "FailedGetScale")
    assert plan.events[0].message == 'deployments.apps "web" not found'


BEHAVIOR = {
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
    },
    "scaleDown": {
        "stabilizationWindowSeconds": 60,
        "selectPolicy": "Max",
        "policies": [{"type": "Percent", "value": 50, "periodSeconds": 30}],
    },
}


def history(hpa: dict[str, Any], loads: list[int], *, awake: bool) -> list[int]:
    """Return the replicas at each sync of an hour; *loads* (milli-CPU in all) last 10 min each.

    *awake* syncs at every instant of the grid, else only when the controller asks for it or the
    usage has changed.
    """
    read = Read(hpa, 3)
    for number in range(3):
        read.add_pod(f"web-{number}")
    step = 600 * SECOND
    clock = [START]

    def usage(key: tuple[str, str], start: int, end: int) -> tuple[Taken, ...]:
        last = max(0, end - 1 - START) // step
        level = loads[min(last, len(loads) - 1)] // read.replicas
        since = START + (clock[0] - START) // step * step
        return (Taken("c", level * 1_000_000, 0, start, since),)

    loop = Autoscaler(usage)
    wake = loop.reconcile(START, KEY, read).wake_at  # type: ignore[arg-type]
    assert wake is not None
    seen = []
    at: int = wake
    next_wake: int | None = at
    for number in range(len(loads) * 40):
        now = clock[0] = at + number * SYNC
        begun = (now - START) // step != (now - SYNC - START) // step
        if awake or begun or (next_wake is not None and next_wake <= now):
            plan = loop.reconcile(now, KEY, read)  # type: ignore[arg-type]
            read.apply(plan)
            next_wake = plan.wake_at
            if any(isinstance(a, Update) and a.resource == DEPLOYMENTS for a in plan.actions):
                next_wake = now + SYNC
                for pod in range(read.replicas):
                    read.add_pod(f"web-{pod}")
                for name in list(read.rows[PODS]):
                    if int(name.split("-")[1]) >= read.replicas:
                        del read.rows[PODS][name]
        seen.append(read.replicas)
    return seen


# A second drop comes at the sync at which the first leaves its window.
@example([3030, 2030, 100], None)
@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(100, 6000), min_size=3, max_size=6),
    st.sampled_from([None, BEHAVIOR]),
)
def test_asleep_it_scales_as_if_it_were_awake(
    loads: list[int], behavior: dict[str, Any] | None
) -> None:
    more = {} if behavior is None else {"behavior": behavior}
    hpa = autoscaler(50, 1, 10, **more)
    assert history(hpa, loads, awake=False) == history(hpa, loads, awake=True)


def test_down_comes_after_the_stabilisation_window() -> None:
    seen = history(autoscaler(50, 1, 10), [1500, 300], awake=False)
    drop = next(number for number, replicas in enumerate(seen) if replicas < 3)
    # Lower from minute 10 on; the last sync with 3 was just before, and 300 s must have passed.
    assert 40 + 19 <= drop <= 40 + 22


def test_what_is_remembered_can_be_written_down() -> None:
    row = controller(lambda *_: None)
    assert row.name == NAME
    assert row.snapshot is not None
    assert row.restore is not None
    row.restore([["ns", "web", [[1, 2, 3]], [[1, 2]], [], True, 7, 8]])
    assert row.snapshot() == [["ns", "web", [[1, 2, 3]], [[1, 2]], [], True, 7, 8]]


def test_one_that_was_alone_sees_who_begins_to_scale_its_pods_and_who_ceases() -> None:
    read = Read(autoscaler(), 1)
    read.add_pod("web-0")
    other = autoscaler(scaleTargetRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "b"})
    other["metadata"] |= {"name": "b", "uid": "u-2"}
    other["status"] = {"conditions": [{"type": "ScalingActive", "reason": "ValidMetricFound"}]}
    read.rows[HPAS]["b"] = other
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "b"}}}
    target = {"kind": "Deployment", "metadata": {"name": "b", "namespace": "ns"}, "spec": spec}
    read.rows[DEPLOYMENTS]["b"] = target

    def usage(key: tuple[str, str], start: int, end: int) -> Any:
        return (Taken("c", 500_000_000, 0, start, 0),)

    loop = Autoscaler(usage)
    loop.reconcile(START, KEY, read)  # type: ignore[arg-type]
    said = []
    for number, label in enumerate(("b", "b", "web", "web", "b"), start=1):
        spec = {**spec, "selector": {"matchLabels": {"app": label}}}
        read.rows[DEPLOYMENTS]["b"] = {**target, "spec": spec}
        plan = loop.reconcile(START + number * SYNC, KEY, read)  # type: ignore[arg-type]
        said.append([note.reason for note in plan.events if note.reason == "AmbiguousSelector"])
        read.apply(plan)
    assert said == [[], [], ["AmbiguousSelector"], ["AmbiguousSelector"], []]
