"""Where a tenant is in its life: what is wanted, what was released, which pods there are."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.orchestrator.records import Phase, State
from ecp.orchestrator.tenants import lifecycle
from ecp.orchestrator.tenants.lifecycle import PATIENCE_NS, Seen, Shown, next_of, shown_of

ALL_UP, BEHIND, SOME, NONE_UP, EMPTY = (
    Shown(3, 3, 6),
    Shown(3, 3, 7, (), ("deployment/a",)),
    Shown(3, 1, 4, ("deployment/a", "deployment/b")),
    Shown(3, 0, 4, ("deployment/a",)),
    Shown(3, 3, 0),
)


def seen(state: str, wanted: str, phase: Any, shown: Any, since: int = 0) -> Seen:
    return Seen(state, since, wanted, False, phase, shown)  # type: ignore[arg-type]


CASES: dict[str, tuple[Seen, str]] = {
    "nothing is kept": (Seen("draft", 0, "up", False, None, None), "draft"),
    "a valid manifest is kept": (Seen("draft", 0, "up", True, None, None), "validated"),
    "steps are left": (seen("validated", "up", "applying", None), "deploying"),
    "pods are awaited": (seen("deploying", "up", "progressing", SOME), "deploying"),
    "the cluster refused an object": (seen("deploying", "up", "failed", ALL_UP), "failed"),
    "the release is up": (seen("deploying", "up", "ready", ALL_UP), "running"),
    "the release is up, unlooked": (seen("deploying", "up", "ready", None), "running"),
    "one workload has gone": (seen("running", "up", "ready", SOME), "degraded"),
    "all workloads have gone": (seen("running", "up", "ready", NONE_UP), "failed"),
    "they are back": (seen("failed", "up", "ready", ALL_UP), "running"),
    "nobody looks: it stays": (seen("degraded", "up", "ready", None), "degraded"),
    "it does not come up": (seen("deploying", "up", "stalled", NONE_UP), "failed"),
    "what is new does not come up, what was there serves": (
        seen("deploying", "up", "stalled", BEHIND),
        "degraded",
    ),
    "the old pods are gone": (seen("degraded", "up", "ready", ALL_UP), "running"),
    "pods are changed one by one": (seen("running", "up", "ready", BEHIND), "running"),
    "half of it does not come up": (seen("deploying", "up", "stalled", SOME), "degraded"),
    "to be stopped": (seen("running", "stopped", "ready", ALL_UP), "stopping"),
    "stopped": (seen("stopping", "stopped", "ready", EMPTY), "stopped"),
    "stopped, nobody looks": (seen("stopped", "stopped", "ready", None), "stopped"),
    "started again": (seen("deploying", "up", "ready", NONE_UP), "deploying"),
    "started and not up in time": (
        seen("deploying", "up", "ready", NONE_UP, PATIENCE_NS),
        "failed",
    ),
    "a new release": (seen("running", "up", "applying", ALL_UP), "deploying"),
    "to be deleted": (seen("running", "gone", "ready", ALL_UP), "stopping"),
    "to be deleted before it was deployed": (seen("draft", "gone", None, None), "stopping"),
}


@pytest.mark.parametrize(("what", "state"), CASES.values(), ids=CASES)
def test_the_state_follows_from_what_is_seen(what: Seen, state: str) -> None:
    assert next_of(what).state == state


SHOWN = st.none() | st.builds(
    lambda up, more, pods, old: Shown(up + more, up, pods, (), ("deployment/a",) * bool(old)),
    *(st.integers(0, 3) for _ in range(4)),
)
SEEN = st.builds(
    Seen,
    st.sampled_from(lifecycle.STATES[:-1]),
    st.sampled_from([0, PATIENCE_NS]),
    st.sampled_from(["up", "stopped", "gone"]),
    st.booleans(),
    st.none() | st.sampled_from(get_args(Phase)),
    SHOWN,
)


@given(SEEN)
def test_what_does_not_change_leads_to_one_state_and_stays(what: Seen) -> None:
    """Looked at again and again, a tenant does not go to and fro."""
    first = next_of(what).state
    again = what._replace(state=first, since=PATIENCE_NS)
    second = next_of(again).state
    assert next_of(again._replace(state=second)).state == second
    assert "deleted" not in (first, second)  # who is deleted is not looked at any more


@settings(deadline=None)  # the first text is read from the file
@given(SEEN)
def test_every_cause_has_its_words(what: Seen) -> None:
    from ecp.texts import text

    found = next_of(what)
    for language in ("ko", "en"):
        assert text(f"turn.{found.cause}", language, **{"revision": 1, **found.facts})  # type: ignore[arg-type]


def workload(kind: str, *, replicas: int = 2, **status: Any) -> Any:
    return {
        "kind": kind,
        "metadata": {"name": "a"},
        "spec": {"replicas": replicas},
        "status": status,
    }


AVAILABLE = [{"type": "Available", "status": "True"}]


@pytest.mark.parametrize(
    ("obj", "up"),
    [
        pytest.param(workload("Deployment", conditions=AVAILABLE), 1, id="a Deployment says so"),
        pytest.param(workload("Deployment"), 0, id="a Deployment says nothing yet"),
        pytest.param(workload("Deployment", replicas=0), 1, id="none are wanted"),
        pytest.param(workload("StatefulSet", availableReplicas=1), 0, id="a StatefulSet lacks one"),
        pytest.param(workload("StatefulSet", availableReplicas=2), 1, id="a StatefulSet has all"),
        pytest.param(
            workload("DaemonSet", desiredNumberScheduled=3, numberAvailable=2), 0, id="a node lacks"
        ),
    ],
)
def test_a_workload_is_up_once_it_has_what_it_has_to(obj: Any, up: int) -> None:
    assert shown_of([obj]).up == up


OLD_POD: dict[str, Any] = {"replicas": 3, "updatedReplicas": 2}


@pytest.mark.parametrize(
    ("kind", "status", "behind"),
    [
        pytest.param("Deployment", OLD_POD, ("deployment/a",), id="an old pod of a Deployment"),
        pytest.param("Deployment", {"replicas": 2, "updatedReplicas": 2}, (), id="all are new"),
        pytest.param("StatefulSet", OLD_POD, ("statefulset/a",), id="of a StatefulSet"),
        pytest.param(
            "DaemonSet", {"currentNumberScheduled": 3, "updatedNumberScheduled": 1},
            ("daemonset/a",), id="of a DaemonSet",
        ),
    ],
)  # fmt: skip
def test_who_serves_by_old_pods_is_up_and_behind(kind: str, status: Any, behind: Any) -> None:
    obj = {
        "kind": kind,
        "metadata": {"name": "a"},
        "spec": {"replicas": 2},
        "status": {**status, "conditions": AVAILABLE, "availableReplicas": 2},
    }
    assert (shown_of([obj]).up, shown_of([obj]).behind) == (1, behind)


def shows(kind: str, name: str, replicas: int | None, up: bool = True) -> Any:
    spec = {} if replicas is None else {"replicas": replicas}
    told = [{"type": "Available", "status": "True" if up else "False"}]
    status = {"replicas": replicas or 0, "conditions": told}
    return {"kind": kind, "metadata": {"name": name}, "spec": spec, "status": status}


LOG: Any = {"kind": "DaemonSet", "metadata": {"name": "log"}, "spec": {}}
BROUGHT = lifecycle.expected(
    [
        shows("Deployment", "stt", 2),
        shows("Deployment", "tts", None),
        shows("Deployment", "off", 0),
        LOG,
        {"kind": "Service", "metadata": {"name": "stt"}, "spec": {}},
    ]
)


@pytest.mark.parametrize(
    ("objects", "up", "down"),
    [
        pytest.param(
            [shows("Deployment", name, 1) for name in ("stt", "tts")]
            + [LOG, shows("Deployment", "off", 0)],
            4, (), id="all of it is there, and what the release itself wants at zero",
        ),
        pytest.param(
            [shows("Deployment", "stt", 1), LOG],
            2, ("deployment/tts",), id="somebody deleted one",
        ),
        pytest.param(
            [shows("Deployment", "stt", 0), shows("Deployment", "tts", 1),
             LOG],
            2, ("deployment/stt",), id="somebody scaled one to zero",
        ),
        pytest.param([], 0, BROUGHT, id="somebody deleted the namespace"),
    ],
)  # fmt: skip
def test_what_is_done_behind_our_back_is_seen(objects: Any, up: int, down: Any) -> None:
    shown = shown_of(objects, BROUGHT)
    assert (shown.up, shown.down) == (up, down)
    assert shown.workloads == up + len(down)
    assert BROUGHT == ("daemonset/log", "deployment/stt", "deployment/tts")


def test_states_are_those_of_the_issue_and_stopped() -> None:
    assert get_args(State) == lifecycle.STATES


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Deployment", {"replicas": 0, "paused": False}),
        ("StatefulSet", {"replicas": 0, "paused": False}),
        ("CronJob", {"suspend": True, "replicas": 3, "paused": False}),
        ("Pod", None),
        ("Service", None),
    ],
)
def test_what_is_scaled_to_zero(kind: str, spec: Any) -> None:
    body = {"kind": kind, "metadata": {"name": "a"}, "spec": {"replicas": 3, "paused": False}}
    found = lifecycle.asleep(body)
    assert (found and found["spec"]) == spec
    assert body["spec"]["replicas"] == 3


def test_a_daemonset_is_stopped_by_a_node_that_there_is_none_of() -> None:
    pod = {"nodeSelector": {"disk": "ssd"}, "containers": []}
    body = {"kind": "DaemonSet", "metadata": {"name": "a"}, "spec": {"template": {"spec": pod}}}
    found = lifecycle.asleep(body)
    assert found is not None
    chosen = found["spec"]["template"]["spec"]["nodeSelector"]
    assert chosen == {"disk": "ssd", **lifecycle.NOWHERE}
    # What it is started with again is what was sent.
    assert pod == {"nodeSelector": {"disk": "ssd"}, "containers": []}
