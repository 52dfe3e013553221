"""The world: power, heartbeats, processes."""

import json

import pytest

from ecp.sim.engine.chance import Chance
from ecp.sim.world import ContainerRun, PodRun, World

SECOND = 1_000_000_000
NOW = 1_767_571_200 * SECOND


def world_with_a_process() -> tuple[World, PodRun]:
    world = World(Chance(1))
    pod = PodRun("u1", ("d", "p"), "n1")
    container = ContainerRun("c", "app", (8080,))
    container.attempt = 1
    container.started_at = NOW
    container.listens_at = NOW + 2 * SECOND
    pod.containers.append(container)
    world.add_pod(pod)
    return world, pod


@pytest.mark.parametrize(
    ("port", "after", "answer"),
    [
        (8080, 3, None),
        (8080, 1, "not-listening"),
        (9090, 3, "not-listening"),
        (8080, -1, "no-process"),
    ],
)
def test_who_answers(port: int, after: int, answer: str | None) -> None:
    world, _ = world_with_a_process()
    assert world.answers("u1", port, NOW + after * SECOND) == answer


def test_causes_of_silence() -> None:
    world, pod = world_with_a_process()
    later = NOW + 10 * SECOND
    assert world.answers("u2", 8080, later) == "no-pod"
    assert world.hang("u1", True)
    assert not world.hang("u1", True), "it hangs already"
    assert world.answers("u1", 8080, later) == "hung"
    world.hang("u1", False)
    world.set_node("n1", False, later)
    assert world.answers("u1", 8080, later) == "node-down"
    world.set_node("n1", True, later)
    assert world.answers("u1", 8080, later) == "no-process"
    assert pod.containers[0].exit_code == 255


def test_crash_ends_what_is_alive_only() -> None:
    world, pod = world_with_a_process()
    touched = []
    world.touch = lambda name, key: touched.append((name, key))
    assert not world.crash("u1", "other", 1, "Error", NOW + SECOND)
    assert world.crash("u1", "", 139, "Error", NOW + SECOND)
    assert not world.crash("u1", "c", 1, "Error", NOW + 2 * SECOND), "dead already"
    assert touched == [("kubelet", ("d", "p"))]
    assert pod.containers[0].exit_code == 139


def test_the_last_heartbeat_lies_on_a_ten_second_grid_with_a_phase_of_its_own() -> None:
    world = World(Chance(1))
    beats = {}
    for name in ("a", "b"):
        assert world.heartbeat(name, NOW) is None
        world.set_node(name, False, NOW)
        beat = world.heartbeat(name, NOW + 100 * SECOND)
        assert beat is not None
        assert 0 <= NOW - beat < 10 * SECOND
        beats[name] = beat % (10 * SECOND)
    assert beats["a"] != beats["b"]
    world.set_node("a", True, NOW + 200 * SECOND)
    assert world.heartbeat("a", NOW + 300 * SECOND) is None


def test_power_touches_the_pods_and_the_node() -> None:
    world, _ = world_with_a_process()
    touched: list[tuple[str, tuple[str, str]]] = []
    world.touch = lambda name, key: touched.append((name, key))
    world.set_node("n1", True, NOW)
    assert touched == [], "it has power"
    world.set_node("n1", False, NOW)
    assert touched == [("kubelet", ("d", "p")), ("node-kubelet", ("", "n1"))]


def test_snapshot_is_plain_and_complete() -> None:
    world, pod = world_with_a_process()
    world.set_node("n1", False, NOW + 5 * SECOND)
    world.wait_for(pod, ["configmaps/d/x"])
    plain = json.loads(json.dumps(world.snapshot()))
    other = World(Chance(1))
    other.restore(plain)
    assert other.snapshot() == plain == world.snapshot()
    assert other.waiting == {"configmaps/d/x": {("d", "p"): None}}
    assert other.heartbeat("n1", NOW) == world.heartbeat("n1", NOW)
    assert other.pod(("d", "p")) is not None
    other.drop_pod(other.pods["u1"])
    assert other.waiting == {}
    assert other.nodes["n1"].pods == {}


def test_a_snapshot_does_not_change_with_the_world() -> None:
    world, pod = world_with_a_process()
    plain = world.snapshot()
    before = json.dumps(plain)
    pod.agenda.append([NOW, 1, "sync", -1, 0])
    world.node("n1").images["x"] = NOW
    pod.containers[0].exit_at = NOW
    assert json.dumps(plain) == before
