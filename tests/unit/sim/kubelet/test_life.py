"""Running, failing and ending: probes, crashes, memory, jobs, deletion, lost nodes."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from .driver import SECOND, START, Node

APP = "docker.io/library/app:1"
NOTE = "sim.ecp-ai.io"


def http(path: str = "/", **extra: Any) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": 8080}, **extra}


def started(node: Node, *containers: dict[str, Any], **rest: Any) -> Node:
    """Run a pod whose image lies on the disk until it settled."""
    node.cached(APP)
    node.pod("p", *containers, **rest)
    return node.run(60)


# -- readiness --------------------------------------------------------------------------------


def test_readiness_follows_the_first_tick_after_the_process_listens(node: Node) -> None:
    node.cached(APP)
    node.pod("p", {"readinessProbe": http("/ready", periodSeconds=7)})
    node.run(60)
    run = node.record().containers[0]
    listens = (run.listens_at - START) / SECOND
    seen = node.statuses[1][0]
    ready = node.statuses[-1][0]
    ticks = [seen + 0.1 + n * 7 for n in range(9)]
    assert ready == pytest.approx(min(t for t in ticks if t >= listens))
    assert node.events("Unhealthy")[0] == (
        'Readiness probe failed: Get "http://10.1.0.2:8080/ready": dial tcp 10.1.0.2:8080: '
        "connect: connection refused"
    )


def test_a_server_that_listens_at_once_passes_its_first_probe(node: Node) -> None:
    node.cached("docker.io/library/nginx:1.25")
    node.pod("p", {"image": "nginx:1.25", "readinessProbe": {"tcpSocket": {"port": 80}}})
    node.run(60)
    assert node.events("Unhealthy") == []
    assert node.statuses[-1][0] == pytest.approx(node.when("Started")[0] + 0.1)


REFUSALS = [
    (
        http("/r"),
        "",
        'Readiness probe failed: Get "http://10.1.0.2:8080/r": dial tcp 10.1.0.2:8080: connect: '
        "connection refused",
    ),
    (
        {"tcpSocket": {"port": "web"}},
        "",
        "Readiness probe failed: dial tcp 10.1.0.2:8080: connect: connection refused",
    ),
    (
        {"grpc": {"port": 8080}},
        "",
        'Readiness probe failed: timeout: failed to connect service "10.1.0.2:8080" within 1s: '
        "context deadline exceeded",
    ),
    ({"exec": {"command": ["check"]}}, "", "Readiness probe failed: "),
    (http("/r"), "never-ready", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
]


@pytest.mark.parametrize(("probe", "note", "message"), REFUSALS)
def test_a_failing_probe_says_why(
    node: Node, probe: dict[str, Any], note: str, message: str
) -> None:
    started(
        node,
        {"readinessProbe": probe, "ports": [{"containerPort": 8080, "name": "web"}]},
        annotations={f"{NOTE}/start-after": "30s"}
        if not note
        else {f"{NOTE}/{note}": "true", f"{NOTE}/start-after": "0"},
    )
    assert node.events("Unhealthy")[0] == message
    assert node.ready() is not bool(note)


def test_a_port_nobody_listens_on_is_never_ready(node: Node) -> None:
    probe = {"httpGet": {"path": "/", "port": 9999}}
    started(node, {"readinessProbe": probe})
    assert not node.ready()
    assert node.condition("ContainersReady")["message"] == "containers with unready status: [c]"
    assert node.status()["phase"] == "Running"


def test_known_images_listen_where_they_listen(node: Node) -> None:
    probe = {"tcpSocket": {"port": 8080}}
    node.pod("p", {"image": "nginx:1.25", "readinessProbe": probe})
    node.run(60)
    assert not node.ready(), "nginx listens on 80, whatever the manifest declares"


def test_failing_readiness_grows_quiet_but_wakes_for_the_tick_that_succeeds(node: Node) -> None:
    started(
        node,
        {"readinessProbe": http(periodSeconds=10)},
        annotations={f"{NOTE}/ready-after": "2h"},
    )
    node.run(3 * 3600)
    assert node.ready()
    assert 25 <= len(node.when("Unhealthy")) <= 25 + 24
    assert 7200 <= node.statuses[-1][0] <= 7200 + 15


def test_readiness_is_lost_after_the_threshold_and_comes_back(node: Node) -> None:
    started(node, {"readinessProbe": http(periodSeconds=5, failureThreshold=3)})
    hung_at = node.now
    assert node.world.hang(node.record().uid, True)
    node.run(30)
    assert not node.ready()
    lost = node.statuses[-1][0] - (hung_at - START) / SECOND
    assert 2 * 5 + 1 <= lost <= 3 * 5 + 1, "(f-1)p .. fp, plus the timeout"
    assert node.events("Unhealthy")[-1].endswith(
        "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    )
    assert node.world.hang(node.record().uid, False)
    node.run(6)
    assert node.ready()


def test_a_hung_process_still_accepts_connections(node: Node) -> None:
    started(node, {"readinessProbe": {"tcpSocket": {"port": 8080}}})
    node.world.hang(node.record().uid, True)
    node.run(60)
    assert node.ready()
    assert node.world.answers(node.record().uid, 8080, node.now) == "hung"


def test_success_threshold_counts_in_a_row(node: Node) -> None:
    started(
        node,
        {"readinessProbe": http(periodSeconds=2, successThreshold=3)},
        annotations={f"{NOTE}/start-after": "0"},
    )
    seen = node.statuses[1][0]
    assert node.statuses[-1][0] == pytest.approx(seen + 4.1)


def test_initial_delay_counts_from_the_whole_second_of_the_start(node: Node) -> None:
    started(node, {"readinessProbe": http(initialDelaySeconds=10, periodSeconds=1)})
    begun = node.record().containers[0].started_at // SECOND
    ready = START // SECOND + node.statuses[-1][0]
    assert begun + 10 <= ready < begun + 11
    assert node.events("Unhealthy") == []


# -- liveness and startup ---------------------------------------------------------------------


def test_a_hung_container_is_killed_and_started_again(node: Node) -> None:
    started(node, {"livenessProbe": http(periodSeconds=10, failureThreshold=2)})
    node.world.hang(node.record().uid, True)
    node.run(25)
    assert node.events("Killing") == ["Container c failed liveness probe, will be restarted"]
    node.world.hang(node.record().uid, False)
    node.run(60)
    container = node.container()
    assert container["restartCount"] == 1
    assert node.ready()
    assert container["lastState"]["terminated"]["exitCode"] == 137, "SIGTERM did not help"


def test_a_slow_start_under_an_impatient_liveness_probe_loops(node: Node) -> None:
    started(
        node,
        {"livenessProbe": http(periodSeconds=5, failureThreshold=3)},
        annotations={f"{NOTE}/start-after": "60s"},
    )
    node.run(300)
    assert node.container()["restartCount"] >= 3
    assert node.container()["lastState"]["terminated"]["exitCode"] == 0


def test_a_startup_probe_holds_the_others_back(node: Node) -> None:
    started(
        node,
        {
            "startupProbe": http(periodSeconds=5, failureThreshold=30),
            "livenessProbe": http(periodSeconds=5, failureThreshold=1),
            "readinessProbe": http(periodSeconds=5),
        },
        annotations={f"{NOTE}/start-after": "40s"},
    )
    assert node.ready()
    assert node.container()["restartCount"] == 0
    assert {text.split(" probe")[0] for text in node.events("Unhealthy")} == {"Startup"}
    running = [s for _, s in node.statuses if "running" in s["containerStatuses"][0]["state"]]
    flags = [
        (s["containerStatuses"][0]["started"], s["containerStatuses"][0]["ready"]) for s in running
    ]
    assert flags[0] == (False, False)
    assert flags[-1] == (True, True)


def test_a_startup_probe_that_gives_up_kills(node: Node) -> None:
    started(
        node,
        {"startupProbe": http(periodSeconds=2, failureThreshold=3)},
        annotations={f"{NOTE}/start-after": "1h"},
    )
    assert node.events("Killing")[0] == "Container c failed startup probe, will be restarted"
    assert node.container()["restartCount"] >= 1


def test_the_delay_of_a_startup_probe_counts_from_the_whole_second_too(node: Node) -> None:
    started(
        node,
        {"startupProbe": http(initialDelaySeconds=3, periodSeconds=1)},
        annotations={f"{NOTE}/start-after": "0"},
    )
    begun = node.record().containers[0].started_at
    assert begun % SECOND, "the pod was taken on at a whole second and started within one"
    done = next(at for at, s in node.statuses if s["containerStatuses"][0]["started"])
    assert START // SECOND + done == begun // SECOND + 3


def test_a_kill_goes_by_the_run_before_when_it_backs_off(node: Node) -> None:
    # Every run lives about a minute before it is killed, longer than the back-off of then.
    started(
        node,
        {"livenessProbe": http(periodSeconds=20, failureThreshold=3)},
        annotations={f"{NOTE}/start-after": "1h"},
    )
    node.run(100)
    assert node.container()["restartCount"] == 2
    assert "running" in node.container()["state"], "started again in the sync that killed it"
    assert node.when("BackOff") == []


# -- crashes ----------------------------------------------------------------------------------


def test_crash_loop_back_off_doubles_to_five_minutes(node: Node) -> None:
    started(node, annotations={f"{NOTE}/exit-after": "1s", f"{NOTE}/exit-code": "1"})
    node.run(3600)
    gaps = [b - a for a, b in pairwise(node.when("Started"))]
    for gap, wait in zip(gaps, [0, 10, 20, 40, 80, 160, 300, 300, 300], strict=False):
        assert wait <= gap <= 1.5 * wait + 4, gaps
    container = node.container()
    uid = node.record().uid
    assert container["state"]["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": f"back-off 5m0s restarting failed container=c pod=p_d({uid})",
    }
    last = container["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (1, "Error")
    assert container["restartCount"] == len(node.when("Started")) - 1
    assert node.events("BackOff")[0] == (
        f"Back-off restarting failed container c in pod p_d({uid})"
    )
    assert node.status()["phase"] == "Running"
    assert not node.ready()


def test_a_crash_shows_as_error_before_it_shows_as_back_off(node: Node) -> None:
    started(node, annotations={f"{NOTE}/exit-after": "1s", f"{NOTE}/exit-code": "1"})
    states = [next(iter(s["containerStatuses"][0]["state"].items())) for _, s in node.statuses]
    words = [what.get("reason", kind) if kind != "running" else "Running" for kind, what in states]
    assert words[1:6] == ["Running", "Error", "Running", "Error", "CrashLoopBackOff"]


def test_ten_good_minutes_forgive_the_past(node: Node) -> None:
    started(node)
    uid = node.record().uid
    for _ in range(4):
        node.world.crash(uid, "c", 1, "Error", node.now)
        node.run(200)
    assert node.record().containers[0].backoff == 80 * SECOND
    node.run(700)
    node.world.crash(uid, "c", 1, "Error", node.now)
    node.run(5)
    assert node.ready(), "started again at once"
    assert node.record().containers[0].backoff == 10 * SECOND


def test_a_crash_is_true_at_once_and_said_within_a_second(node: Node) -> None:
    started(node)
    run = node.record()
    assert node.world.answers(run.uid, 8080, node.now) is None
    node.world.crash(run.uid, "c", 139, "Error", node.now)
    assert node.world.answers(run.uid, 8080, node.now) == "no-process"
    assert node.ready(), "nobody has looked yet"
    at = node.now
    node.run(5)
    assert node.statuses[2][1]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 139
    assert node.statuses[2][0] - (at - START) / SECOND <= 1


def test_memory_over_the_limit_is_killed(node: Node) -> None:
    started(
        node,
        {"resources": {"limits": {"memory": "32Mi"}}},
        annotations={f"{NOTE}/memory": "64Mi"},
    )
    last = node.container()["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (137, "OOMKilled")


def test_a_leak_kills_at_the_computed_instant(node: Node) -> None:
    started(
        node,
        {"resources": {"limits": {"memory": "128Mi"}}},
        annotations={f"{NOTE}/memory": "64Mi", f"{NOTE}/memory-growth": "32Mi"},
    )
    node.run(3 * 3600)
    last = node.container()["lastState"]["terminated"]
    assert last["reason"] == "OOMKilled"
    assert last["finishedAt"].startswith("2026-01-05T02:00:0"), "64 Mi at 32 Mi an hour"
    assert node.container()["restartCount"] == 1


def test_a_shell_without_a_command_ends_at_once(node: Node) -> None:
    node.pod("p", {"image": "busybox:1.36"})
    node.run(60)
    assert node.container()["lastState"]["terminated"]["reason"] == "Completed"
    assert node.container()["restartCount"] >= 2


def test_a_database_without_its_password_fails(node: Node) -> None:
    node.pod("p", {"image": "postgres:13-alpine"})
    node.run(30)
    assert node.container()["lastState"]["terminated"]["exitCode"] == 1
    node.pod(
        "q", {"image": "postgres:13-alpine", "env": [{"name": "POSTGRES_PASSWORD", "value": "x"}]}
    )
    node.run(30)
    assert node.ready("q")


JOBS = [
    ("Never", "0", "Succeeded", 0),
    ("Never", "2", "Failed", 0),
    ("OnFailure", "0", "Succeeded", 0),
]


@pytest.mark.parametrize(("policy", "code", "phase", "restarts"), JOBS)
def test_pods_that_are_not_restarted_end(
    node: Node, policy: str, code: str, phase: str, restarts: int
) -> None:
    started(
        node,
        annotations={f"{NOTE}/exit-after": "5s", f"{NOTE}/exit-code": code},
        restartPolicy=policy,
    )
    status = node.status()
    assert status["phase"] == phase
    assert node.container()["restartCount"] == restarts
    assert (
        node.condition("Ready")["reason"]
        == {"Succeeded": "PodCompleted", "Failed": "PodFailed"}[phase]
    )
    assert node.container()["state"]["terminated"]["exitCode"] == int(code)
    assert node.wakes == {}


def test_on_failure_tries_again(node: Node) -> None:
    started(
        node,
        annotations={f"{NOTE}/exit-after": "1s", f"{NOTE}/exit-code": "1"},
        restartPolicy="OnFailure",
    )
    assert node.status()["phase"] == "Running"
    assert node.container()["restartCount"] >= 2


def test_active_deadline(node: Node) -> None:
    started(node, activeDeadlineSeconds=20)
    status = node.status()
    assert (status["phase"], status["reason"]) == ("Failed", "DeadlineExceeded")
    assert 20 <= node.statuses[-1][0] <= 22


def test_a_changed_image_restarts_the_container(node: Node) -> None:
    started(node)
    pod = node.get("pods", "d", "p")
    containers = [{**pod["spec"]["containers"][0], "image": "app:2"}]
    meta = {**pod["metadata"], "generation": 2}
    node.put("pods", {**pod, "metadata": meta, "spec": {**pod["spec"], "containers": containers}})
    node.run(30)
    assert node.events("Killing") == ["Container c definition changed, will be restarted"]
    assert node.container()["image"] == "docker.io/library/app:2"
    assert node.container()["restartCount"] == 1
    assert node.status()["observedGeneration"] == 2
    assert node.condition("Ready")["observedGeneration"] == 2
    assert node.ready()


# -- deletion ---------------------------------------------------------------------------------


def stopped(node: Node, *containers: dict[str, Any], grace: int = 30, **rest: Any) -> float:
    """Delete a running pod; return the seconds until its object is gone."""
    started(node, *containers, **rest)
    begun = node.now
    node.delete(grace=grace)
    for _ in range(1000):
        if node.get("pods", "d", "p") is None:
            return (node.now - begun) / SECOND
        node.run(0.1)
    raise AssertionError("still there")


ENDS = [
    ({}, {}, 30, 1, 0),
    ({}, {"stop-after": "10s"}, 30, 10, 0),
    ({}, {"stop-after": "never"}, 30, 30, 137),
    ({}, {"stop-after": "never"}, 1, 2, 137),
    ({"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}, {}, 30, 6, 0),
    ({"lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}}}, {}, 30, 6, 0),
    ({"lifecycle": {"preStop": {"sleep": {"seconds": 40}}}}, {"stop-after": "5s"}, 30, 32, 137),
    ({"command": ["sleep", "infinity"]}, {}, 30, 30, 137),
]


@pytest.mark.parametrize(("container", "notes", "grace", "takes", "code"), ENDS)
def test_graceful_termination(
    node: Node,
    container: dict[str, Any],
    notes: dict[str, str],
    grace: int,
    takes: float,
    code: int,
) -> None:
    took = stopped(
        node,
        container,
        grace=grace,
        annotations={f"{NOTE}/{name}": text for name, text in notes.items()},
    )
    assert takes <= took <= takes + 1.5
    assert node.events("Killing") == ["Stopping container c"]
    final = node.statuses[-1][1]
    assert final["containerStatuses"][0]["state"]["terminated"]["exitCode"] == code
    assert final["phase"] == ("Succeeded" if code == 0 else "Failed")
    assert final["containerStatuses"][0]["ready"] is False
    assert node.world.pods == {}
    assert node.world.node("n1").used["cpu" if "cpu" in node.world.node("n1").used else "pods"] == 0


def test_a_terminating_pod_answers_until_its_process_ends(node: Node) -> None:
    started(node, annotations={f"{NOTE}/stop-after": "5s"})
    uid = node.record().uid
    node.delete()
    node.run(4.5)
    assert node.world.answers(uid, 8080, node.now) is None
    node.run(0.6)
    assert node.world.answers(uid, 8080, node.now) == "no-process"


def test_a_pod_deleted_before_it_started_goes_at_once(node: Node) -> None:
    node.pod(volumes=[{"name": "v", "configMap": {"name": "missing"}}])
    node.run(5)
    node.delete()
    node.run(2)
    assert node.get("pods", "d", "p") is None
    assert node.events("Killing") == []


def test_a_second_deletion_may_hurry(node: Node) -> None:
    started(node, annotations={f"{NOTE}/stop-after": "never"})
    node.delete(grace=600)
    node.run(5)
    node.delete(grace=1)
    node.run(4)
    assert node.get("pods", "d", "p") is None


def test_a_forced_deletion_ends_its_processes(node: Node) -> None:
    started(node)
    uid = node.record().uid
    node.remove("pods", "d", "p")
    node.run(1)
    assert node.world.answers(uid, 8080, node.now) == "no-pod"
    assert node.wakes == {}


def test_a_new_pod_of_the_same_name_is_another_pod(node: Node) -> None:
    started(node)
    node.remove("pods", "d", "p")
    node.pod()
    node.run(20)
    assert node.ready()
    assert len(node.world.pods) == 1


# -- lost nodes -------------------------------------------------------------------------------


def test_nothing_moves_on_a_dead_node_and_everything_restarts_after(node: Node) -> None:
    started(node, {"readinessProbe": http(periodSeconds=5)})
    uid, before = node.record().uid, node.writes
    node.world.set_node("n1", False, node.now)
    assert node.world.answers(uid, 8080, node.now) == "node-down"
    node.run(300)
    assert node.writes == before
    assert node.ready(), "only the node controller can say otherwise"
    node.world.set_node("n1", True, node.now)
    node.run(60)
    container = node.container()
    assert node.ready()
    assert container["restartCount"] == 1
    last = container["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (255, "Unknown")
    assert node.events("SandboxChanged") == [
        "Pod sandbox changed, it will be killed and re-created."
    ]
    assert node.status()["podIP"] == "10.1.0.3"


def test_pods_bound_and_deleted_while_the_node_was_dead(node: Node) -> None:
    started(node)
    node.world.set_node("n1", False, node.now)
    node.delete()
    node.pod("late")
    node.run(100)
    assert node.get("pods", "d", "p") is not None
    assert node.status("late") == {"phase": "Pending", "qosClass": "BestEffort"}
    node.world.set_node("n1", True, node.now)
    node.run(20)
    assert node.get("pods", "d", "p") is None
    assert node.ready("late")


def test_a_pull_under_way_is_lost_with_the_node(node: Node) -> None:
    node.pod(annotations={f"{NOTE}/image-size": "1G"})
    node.run(5)
    node.world.set_node("n1", False, node.now)
    node.run(60)
    node.world.set_node("n1", True, node.now)
    node.run(30)
    assert len(node.when("Pulling")) == 2
    assert node.ready()


def test_a_queue_of_pulls_is_empty_when_the_node_comes_back(node: Node) -> None:
    node.pod("big", annotations={f"{NOTE}/image-size": "100G"})
    node.run(5)
    node.world.set_node("n1", False, node.now)
    node.delete("big")
    node.pod("small", {"image": "small:1"})
    node.run(5)
    node.world.set_node("n1", True, node.now)
    node.run(10)
    assert node.ready("small")


def test_the_kubelet_does_not_answer_itself(node: Node) -> None:
    calls = []
    loop = node.loops["kubelet"]

    def counted(now: int, key: Any, read: Any) -> Any:
        calls.append(now)
        return loop.reconcile(now, key, read)

    node.loops["kubelet"] = replace(loop, reconcile=counted)
    started(node)
    assert len(calls) == 3, "bound, sandbox, started; not once more for each write"


def test_foreign_words_about_readiness_are_put_right(node: Node) -> None:
    started(node)
    pod = node.get("pods", "d", "p")
    conditions = [
        {**c, "status": "False"} if c["type"] == "Ready" else c for c in pod["status"]["conditions"]
    ]
    node.put("pods", {**pod, "status": {**pod["status"], "conditions": conditions}})
    node.run(1)
    assert node.ready()


def test_conditions_of_others_stay(node: Node) -> None:
    started(node)
    pod = node.get("pods", "d", "p")
    target = {"type": "DisruptionTarget", "status": "True"}
    conditions = [target, *pod["status"]["conditions"]]
    node.put("pods", {**pod, "status": {**pod["status"], "conditions": conditions}})
    node.world.crash(node.record().uid, "c", 1, "Error", node.now)
    node.run(10)
    assert node.condition("DisruptionTarget") == target


# -- state ------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0.3, 1.0, 2.0, 12.0, 45.0, 130.0])
def test_a_restored_world_goes_on_the_same(make_node: type[Node], at: float) -> None:
    import json

    def story(cut: bool) -> list[tuple[float, str, str]]:
        node = make_node(5)
        node.pod("a", {"readinessProbe": http(periodSeconds=3), "livenessProbe": http()})
        node.pod("b", {"image": "busybox:1"})
        node.pod("c", annotations={f"{NOTE}/image-missing": "true"})
        node.run(at)
        if cut:
            plain = json.loads(json.dumps(node.world.snapshot()))
            node.world.restore(plain)
            assert node.world.snapshot() == plain
            for name in ("kubelet",):
                node.loops[name].reconcile.__self__._templates.clear()
        node.world.hang(node.record("a").uid, True)
        node.run(200)
        node.delete("a")
        node.run(200)
        return node.log

    assert story(True) == story(False)
