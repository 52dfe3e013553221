"""Memory that runs out on a node, and disks that fill: who is ended, when, and what is said."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.kubelet.pressure import PERIOD
from ecp.sim.world.records import NodeRun, node_from_plain, node_to_plain

from .driver import SECOND, START, Node

APP = "docker.io/library/app:1"
NOTE = "sim.ecp-ai.io"


def sized(memory: str = "", request: str = "", growth: str = "") -> dict[str, str]:
    notes = {"memory": memory, "memory-growth": growth}
    return {f"{NOTE}/{name}": text for name, text in notes.items() if text}


def asks(**requests: str) -> dict[str, Any]:
    return {"resources": {"requests": requests}}


def node_condition(node: Node, kind: str = "MemoryPressure") -> str:
    live = node.get(kinds.NODES, "", "n1")
    return next(str(c["status"]) for c in live["status"]["conditions"] if c["type"] == kind)


def test_a_node_that_lacks_memory_ends_the_pod_furthest_over_its_request(node: Node) -> None:
    node.cached(APP)
    node.pod("modest", asks(memory="12Gi"), annotations=sized("11Gi"))
    node.pod("greedy", asks(memory="2Gi"), annotations=sized("11908Mi"))
    node.pod("some", asks(memory="7Gi"), annotations=sized("9Gi"))
    node.run(40)
    # 32 Gi, less 11 + 9 and 11908 Mi, less what the system takes
    assert node.events("Evicted") == [
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 46336Ki. "
        "Container c was using 11908Mi, request is 2Gi, has larger consumption of memory. "
    ]
    status = node.status("greedy")
    assert (status["phase"], status["reason"]) == ("Failed", "Evicted")
    assert status["message"] == node.events("Evicted")[0]
    told = node.condition("DisruptionTarget", "greedy")
    assert (told["status"], told["reason"]) == ("True", "TerminationByKubelet")
    assert told["message"] == status["message"]
    assert node.condition("Ready", "greedy")["reason"] == "PodFailed"
    assert [node.status(name)["phase"] for name in ("modest", "some")] == ["Running"] * 2
    order = [row[1] for row in node.log if row[1] in ("EvictionThresholdMet", "Evicted", "Killing")]
    assert order == ["EvictionThresholdMet", "Evicted", "Killing"]


def test_the_condition_outlives_the_lack_by_five_minutes(node: Node) -> None:
    node.cached(APP)
    node.pod("p", annotations=sized("32390Mi"))
    node.run(40)
    assert node.status()["phase"] == "Failed"
    assert node_condition(node) == "True"
    began = node.when("NodeHasInsufficientMemory")[0]
    node.pod("late", asks(memory="1Gi"), qos="Burstable")
    node.pod("beggar")
    node.pod("patient", tolerations=[{"operator": "Exists"}])
    node.run(10)
    assert node.status("late")["phase"] == "Running", "who asks for something comes in"
    assert node.status("patient")["phase"] == "Running"
    assert node.status("beggar")["message"] == (
        "Pod was rejected: The node had condition: [MemoryPressure]. "
    )
    node.run(600)
    assert node_condition(node) == "False"
    assert node.when("NodeHasSufficientMemory") == [began + 300]


RANKS = {
    "who is over its request before who is not": (
        {"a": ("20Gi", "20Gi", -5), "b": ("11908Mi", "1Gi", 7)},
        "b",
    ),
    "the lower priority among those": (
        {"a": ("16Gi", "0", 0), "b": ("16004Mi", "15Gi", -1)},
        "b",
    ),
    "the bigger excess among equals": (
        {"a": ("10Gi", "1Gi", 0), "b": ("22148Mi", "6Gi", 0)},
        "b",
    ),
    "never one that the system needs": (
        {"a": ("30Gi", "0", 2_000_000_000), "b": ("1668Mi", "2Gi", 0)},
        "b",
    ),
}


@pytest.mark.parametrize(("pods", "first"), RANKS.values(), ids=RANKS)
def test_who_goes_first(node: Node, pods: dict[str, tuple[str, str, int]], first: str) -> None:
    node.cached(APP)
    for name, (takes, request, priority) in pods.items():
        node.pod(name, asks(memory=request), annotations=sized(takes), priority=priority)
    node.run(25)
    assert [name for name in pods if node.status(name)["phase"] == "Failed"] == [first]


def test_memory_that_grows_runs_out_at_a_look_that_can_be_computed(node: Node) -> None:
    node.cached(APP)
    node.pod("p", annotations=sized("1Gi", growth="10Gi"))
    node.run(60)
    writes = node.writes
    node.run(2 * 3600)
    assert node.writes == writes, "nothing ticks meanwhile"
    node.run(4000)
    assert node.status()["reason"] == "Evicted"
    at = node.when("Evicted")[0]
    # (32 Gi - 1 Gi - 325 Mi - 3 Mi - 100 Mi) / 10 Gi an hour, seen at the next look
    room = 32 * 1024 - 1024 - 325 - 3.25 - 100
    begin = node.when("Started")[0] + 2
    assert 0 <= at - (begin + room / 10240 * 3600) < PERIOD / SECOND + 1


def test_traffic_that_takes_memory_ends_a_pod_without_limit(node: Node) -> None:
    node.cached(APP)
    node.pod("p")
    node.run(60)
    node.world.use(("d", "p"), 100, 32390 << 20, node.now)
    node.run(11)
    assert node.status()["reason"] == "Evicted"


def test_a_node_whose_limits_hold_never_looks(node: Node) -> None:
    node.cached(APP)
    limits = {"resources": {"limits": {"memory": "8Gi"}}}
    for name in "abc":
        node.pod(name, limits, annotations=sized("7Gi"))
    node.run(60)
    node.world.use(("d", "a"), 100, 8 << 30, node.now)
    assert not node.world.node("n1").tight
    assert node.dirty == {}


# -- disk -------------------------------------------------------------------------------------


def full(**notes: str) -> dict[str, str]:
    return {f"{NOTE}/{name.replace('_', '-')}": text for name, text in notes.items()}


CACHE = [{"name": "cache", "emptyDir": {"sizeLimit": "1Gi"}}]
LIMIT = {"resources": {"limits": {"ephemeral-storage": "2Gi"}}}
DISKS = {
    "an emptyDir above its limit": (
        {},
        {**full(volume="2Gi")},
        'Usage of EmptyDir volume "cache" exceeds the limit "1Gi". ',
    ),
    "a container above its limit, which is the pod's": (
        LIMIT,
        full(disk="3Gi"),
        "Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ",
    ),
    "a container and an emptyDir together": (
        LIMIT,
        full(disk="1536Mi", volume="768Mi"),
        "Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ",
    ),
    "what fits": (LIMIT, full(disk="1Gi", volume="768Mi"), ""),
}


@pytest.mark.parametrize(("container", "notes", "message"), DISKS.values(), ids=DISKS)
def test_what_is_written(
    node: Node, container: dict[str, Any], notes: dict[str, str], message: str
) -> None:
    node.cached(APP)
    node.pod("p", container, annotations=notes, volumes=CACHE)
    node.run(30)
    assert node.events("Evicted") == ([message] if message else [])
    assert node.status()["phase"] == ("Failed" if message else "Running")
    if message:
        assert node.status()["message"] == message
        kinds_of = [c["type"] for c in node.status()["conditions"]]
        assert "DisruptionTarget" not in kinds_of


def test_one_container_of_several_above_its_own_limit(node: Node) -> None:
    node.cached(APP)
    node.pod(
        "p",
        {"name": "a", "resources": {"limits": {"ephemeral-storage": "1Gi"}}},
        {"name": "b", "resources": {"limits": {"ephemeral-storage": "9Gi"}}},
        annotations={f"{NOTE}/disk.a": "2Gi"},
    )
    node.run(30)
    assert node.events("Evicted") == [
        'Container a exceeded its local ephemeral storage limit "1Gi". '
    ]


def test_a_log_that_grows_reaches_its_limit_in_time(node: Node) -> None:
    node.cached(APP)
    node.pod("p", LIMIT, annotations=full(disk_growth="1Gi"))
    node.run(7200 - 60)
    assert node.status()["phase"] == "Running"
    node.run(120)
    assert node.status()["reason"] == "Evicted"
    begin = node.when("Started")[0]
    assert 0 <= node.when("Evicted")[0] - begin - 7200 <= 11


def test_pressure_and_verdicts_are_written_down(make_node: type[Node]) -> None:
    def play(at: float | None) -> Node:
        node = make_node()
        node.cached(APP)
        node.pod("a", annotations=sized("20Gi"))
        node.pod("b", annotations={**sized("11908Mi"), f"{NOTE}/stop-after": "never"})
        if at is not None:
            node.run(at)
            plain = node.world.snapshot()
            node.world.restore(plain)
            assert node.world.snapshot() == plain
        node.until(START + 60 * SECOND)
        return node

    whole = play(None)
    for at in (2, 11, 13):
        assert play(at).log == whole.log


def test_a_machine_written_down_before_it_knew_of_more_than_memory_is_read() -> None:
    plain = node_to_plain(NodeRun())
    for field in ("pressed", "starved", "met", "image_seen", "image_left", "waiting", "look_at"):
        del plain[field]
    old = node_from_plain({**plain, "pressed_at": 5})
    assert old.pressed == {"MemoryPressure": 5}
    assert node_from_plain({**plain, "pressed_at": None}).pressed == {}
    assert node_from_plain(node_to_plain(old)).pressed == old.pressed
