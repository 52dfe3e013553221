"""Hooks, exec probes, restart rules, and the order in which a pod's containers end."""

from typing import Any

import pytest

from .driver import Node

APP = "docker.io/library/app:1"
NOTE = "sim.ecp-ai.io"


def exec_hook(*command: str) -> dict[str, Any]:
    return {"exec": {"command": list(command)}}


def started(node: Node, *containers: dict[str, Any], seconds: float = 60, **rest: Any) -> Node:
    node.cached(APP)
    node.pod("p", *containers, **rest)
    return node.run(seconds)


# -- postStart --------------------------------------------------------------------------------


def test_nobody_calls_a_pod_running_before_its_post_start_hook_has_ended(node: Node) -> None:
    started(node, {"lifecycle": {"postStart": exec_hook("sleep", "5")}}, {"name": "d"})
    c, d = node.when("Started")
    assert d >= c + 5, "the next container waits"
    running = [at for at, status in node.statuses if status["phase"] == "Running"]
    assert running[0] >= c + 5
    assert node.ready()


FAILING = {
    "a command that fails": (
        exec_hook("false"),
        'Exec lifecycle hook ([false]) for Container "c" in Pod "{}" failed - error: command '
        "'false' exited with 1: , message: \"\"",
    ),
    "a call to somebody who does not listen yet": (
        {"httpGet": {"path": "/warm", "port": 8080}},
        'HTTP lifecycle hook (/warm) for Container "c" in Pod "{}" failed - error: Get '
        '"http://10.1.0.2:8080/warm": dial tcp 10.1.0.2:8080: connect: connection refused',
    ),
}


@pytest.mark.parametrize(("hook", "message"), FAILING.values(), ids=FAILING)
def test_a_post_start_hook_that_fails_ends_its_container(
    node: Node, hook: dict[str, Any], message: str
) -> None:
    started(node, {"lifecycle": {"postStart": hook}}, seconds=8)
    uid = node.record().uid
    first = [row[1:] for row in node.log if row[1] in ("Started", "FailedPostStartHook", "Killing")]
    assert first[:3] == [
        ("Started", "Container started"),
        ("FailedPostStartHook", "PostStartHook failed"),
        ("Killing", "FailedPostStartHook"),
    ]
    waiting = [
        status["containerStatuses"][0]["state"].get("waiting", {}) for _, status in node.statuses
    ]
    assert {"reason": "PostStartHookError", "message": message.format(f"p_d({uid})")} in waiting
    assert not any("running" in s["containerStatuses"][0]["state"] for _, s in node.statuses)
    node.run(60)
    assert node.container()["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert not node.ready()


def test_a_pod_that_is_not_restarted_fails_with_its_hook(node: Node) -> None:
    hook = {"lifecycle": {"postStart": exec_hook("false")}}
    notes = {f"{NOTE}/stop-after": "never"}
    started(node, hook, restartPolicy="Never", annotations=notes)
    assert node.status()["phase"] == "Failed"
    assert "terminated" in node.container()["state"]


# -- preStop ----------------------------------------------------------------------------------

STOPS = {
    "a sleep, then a second for the process": ({"sleep": {"seconds": 4}}, 30, 5, False),
    "a command that fails lets it end at once": (exec_hook("false"), 30, 1, True),
    "a call that nobody answers to fails": ({"httpGet": {"port": 9}}, 30, 1, True),
    "a call that is answered takes no time": ({"httpGet": {"port": 8080}}, 30, 1, False),
    "a hook that fills the grace leaves two seconds": ({"sleep": {"seconds": 60}}, 5, 6, False),
    "without grace nothing is run": (exec_hook("false"), 0, 1, False),
}


@pytest.mark.parametrize(("hook", "grace", "lasts", "fails"), STOPS.values(), ids=STOPS)
def test_a_pre_stop_hook(
    node: Node, hook: dict[str, Any], grace: int, lasts: float, fails: bool
) -> None:
    started(node, {"lifecycle": {"preStop": hook}})
    begin = node.now
    node.delete(grace=grace)
    record = node.record()
    node.run(0)
    assert (record.containers[0].exit_at - begin) / 1e9 == pytest.approx(lasts)
    node.run(20)
    assert node.events("FailedPreStopHook") == (["PreStopHook failed"] if fails else [])


# -- the order of the end ---------------------------------------------------------------------


def side(name: str) -> dict[str, Any]:
    return {"name": name, "image": "app:1", "restartPolicy": "Always"}


ENDS = {
    "sidecars one by one, the last first": ((), 30, {"c": 1, "two": 2, "one": 3}),
    "one that does not hear spends the others' grace": (
        ("c",),
        10,
        {"c": 10, "two": 11, "one": 11},
    ),
    "who waited has two seconds left": (("c", "two"), 10, {"c": 10, "two": 12, "one": 11}),
    "without grace all at once": ((), 0, {"c": 1, "two": 1, "one": 1}),
}


@pytest.mark.parametrize(("deaf", "grace", "ends"), ENDS.values(), ids=ENDS)
def test_containers_end_before_their_sidecars(
    node: Node, deaf: tuple[str, ...], grace: int, ends: dict[str, int]
) -> None:
    notes = {f"{NOTE}/stop-after.{name}": "never" for name in deaf}
    started(node, initContainers=[side("one"), side("two")], annotations=notes)
    begin = node.now
    node.delete(grace=grace)
    record = node.record()
    node.run(0)
    found = {run.name: round((run.exit_at - begin) / 1e9, 3) for run in record.containers}
    assert found == ends
    killed = node.events("Killing")
    assert sorted(killed) == [f"Stopping container {name}" for name in ("c", "one", "two")]
    assert len(set(node.when("Killing"))) == 1, "all are told at once"


def test_the_sidecars_of_a_job_end_in_turn_once_its_work_is_done(node: Node) -> None:
    started(
        node,
        {"command": ["sleep", "20"]},
        initContainers=[side("one"), side("two")],
        restartPolicy="Never",
        seconds=120,
    )
    assert node.status()["phase"] == "Succeeded"
    one, two = (row["state"]["terminated"] for row in node.status()["initContainerStatuses"])
    assert one["finishedAt"] > two["finishedAt"]


# -- exec probes ------------------------------------------------------------------------------

COMMANDS = {
    "false fails": (["false"], {}, False, "Readiness probe failed: "),
    "a script that ends badly fails": (
        ["sh", "-c", "exit 3"],
        {},
        False,
        "Readiness probe failed: ",
    ),
    "a command that takes too long is stopped": (
        ["sleep", "5"],
        {"timeoutSeconds": 2},
        False,
        'Readiness probe failed: command timed out: "sleep 5" timed out after 2s',
    ),
    "one that takes its time succeeds": (["sleep", "1"], {"timeoutSeconds": 2}, True, ""),
    "one that nobody knows succeeds": (["/ready"], {}, True, ""),
}


@pytest.mark.parametrize(("command", "more", "ready", "message"), COMMANDS.values(), ids=COMMANDS)
def test_an_exec_probe(
    node: Node, command: list[str], more: dict[str, Any], ready: bool, message: str
) -> None:
    probe = {"exec": {"command": command}, **more}
    started(node, {"readinessProbe": probe}, annotations={f"{NOTE}/start-after": "0"})
    assert node.ready() is ready
    assert set(node.events("Unhealthy")) == ({message} if message else set())


def test_a_liveness_command_that_fails_restarts_its_container(node: Node) -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 2, "failureThreshold": 2}
    started(node, {"livenessProbe": probe})
    assert node.events("Killing")[0] == "Container c failed liveness probe, will be restarted"


# -- a container's own restart policy ---------------------------------------------------------

RETRY = [{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]
OTHERS = [{"action": "Restart", "exitCodes": {"operator": "NotIn", "values": [42]}}]
RULES = {
    "its own policy beats the pod's": ("Never", {"restartPolicy": "Always"}, 1, True),
    "and holds the other way, too": ("Always", {"restartPolicy": "Never"}, 1, False),
    "on failure, not after success": ("Always", {"restartPolicy": "OnFailure"}, 0, False),
    "a rule that meets the exit code beats the policy": (
        "Never",
        {"restartPolicy": "Never", "restartPolicyRules": RETRY},
        42,
        True,
    ),
    "a rule that does not meet it says nothing": (
        "Never",
        {"restartPolicy": "Never", "restartPolicyRules": RETRY},
        1,
        False,
    ),
    "a rule may be about all other codes": (
        "Never",
        {"restartPolicy": "Never", "restartPolicyRules": OTHERS},
        1,
        True,
    ),
}


@pytest.mark.parametrize(("pod", "container", "code", "again"), RULES.values(), ids=RULES)
def test_whether_a_container_is_started_again(
    node: Node, pod: str, container: dict[str, Any], code: int, again: bool
) -> None:
    notes = {f"{NOTE}/exit-after": "1s", f"{NOTE}/exit-code": str(code)}
    started(node, container, restartPolicy=pod, annotations=notes)
    assert (node.container()["restartCount"] > 0) is again
    phase = "Running" if again else "Failed" if code else "Succeeded"
    assert node.status()["phase"] == phase


def test_the_end_of_one_container_may_start_the_whole_pod_anew(node: Node) -> None:
    rule = {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [88]}}
    notes = {f"{NOTE}/exit-after.c": "30s", f"{NOTE}/exit-code.c": "88"}
    started(
        node,
        {"restartPolicy": "Never", "restartPolicyRules": [rule]},
        {"name": "d"},
        initContainers=[{"name": "i", "image": "app:1", "command": ["true"]}, side("s")],
        restartPolicy="Never",
        annotations=notes,
        seconds=28,
    )
    address = node.status()["podIP"]
    told = node.condition("AllContainersRestarting")
    assert (told["status"], "reason" in told) == ("False", False)
    node.run(7)
    told = [
        next(one for one in status["conditions"] if one["type"] == "AllContainersRestarting")
        for _, status in node.statuses
    ]
    assert any(
        (one["status"], one.get("reason")) == ("True", "RestartAllContainersStarted")
        for one in told
    )
    assert node.events("Killing") == ["killing", "killing"], "d and s, the others have ended"
    node.run(15)
    status = node.status()
    counts = {
        row["name"]: row["restartCount"]
        for row in (*status["initContainerStatuses"], *status["containerStatuses"])
    }
    assert counts == {"i": 1, "s": 1, "c": 1, "d": 1}
    assert (status["phase"], status["podIP"]) == ("Running", address)
    assert node.condition("AllContainersRestarting")["status"] == "False"
    assert node.condition("Initialized")["status"] == "True"


def test_only_the_exit_code_that_is_meant_starts_a_pod_anew(node: Node) -> None:
    rule = {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [88]}}
    notes = {f"{NOTE}/exit-after.c": "30s", f"{NOTE}/exit-code.c": "1"}
    started(
        node,
        {"restartPolicy": "Never", "restartPolicyRules": [rule]},
        {"name": "d"},
        restartPolicy="Never",
        annotations=notes,
    )
    assert node.events("Killing") == []
    assert [row["restartCount"] for row in node.status()["containerStatuses"]] == [0, 0]
