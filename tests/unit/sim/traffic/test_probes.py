"""The prober: slots from spans, over an engine, a store and a world moved by hand."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.kube.kinds import ENDPOINTSLICES, NETWORKPOLICIES, PODS, SERVICES
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import SECOND, Engine
from ecp.sim.store import Obj, Store
from ecp.sim.traffic import SLOT, Block, Ledger, Prober
from ecp.sim.world import ContainerRun, PodRun, World

START = 1_000_000 * SLOT  # a slot's start
FIRST = START // SLOT
KEY = ("shop", "web")


class Scene:
    """A Service with so many pods, one container each, that listen since ever."""

    def __init__(self, pods: int = 1) -> None:
        self.engine = Engine(START)
        self.store = Store()
        self.chance = Chance(3)
        self.world = World(self.chance)
        self.ledger = Ledger()
        self.attach()
        self.engine.handle("act", lambda arg: self.acts[arg]())
        self.acts: list[Any] = []
        self.pods = [self._pod(f"p{index}") for index in range(pods)]
        spec = {
            "selector": {"app": "web"},
            "clusterIP": "10.96.0.1",
            "ports": [{"port": 80, "targetPort": 8080}],
        }
        self.put(SERVICES, *KEY, {"metadata": {"uid": "svc"}, "spec": spec})
        self.lists(*self.pods)
        self.prober.watch([KEY], self.ledger)

    def attach(self) -> None:
        """Set a prober that knows nothing yet at its place."""
        self.prober = Prober(self.engine, self.chance, self.store, self.world, self.store.roots)
        self.store.notify = self.prober.observe
        self.world.touch = self.prober.touched

    def put(self, resource: str, namespace: str, name: str, obj: Obj) -> Obj:
        meta = {**(obj.get("metadata") or {}), "namespace": namespace, "name": name}
        return self.store.put(
            resource,
            (namespace, name),
            {**obj, "metadata": meta},
            (),
            at=self.engine.now,
            cause=self.engine.cause,
            actor="t",
        ).object

    def _pod(self, name: str) -> Obj:
        pod = self.put(
            PODS,
            "shop",
            name,
            {
                "metadata": {"uid": f"u-{name}", "labels": {"app": "web"}},
                "spec": {"nodeName": f"n-{name}", "containers": [{"name": "c"}]},
                "status": {"podIP": "10.244.0.1"},
            },
        )
        run = PodRun(f"u-{name}", ("shop", name), f"n-{name}")
        container = ContainerRun("c", "app", (8080,))
        container.started_at = container.listens_at = 0
        run.containers = [container]
        self.world.add_pod(run)
        return pod

    def lists(self, *pods: Obj) -> None:
        endpoints = [
            {
                "addresses": ["10.244.0.1"],
                "conditions": {"ready": True},
                "targetRef": {
                    "namespace": "shop",
                    "name": pod["metadata"]["name"],
                    "uid": pod["metadata"]["uid"],
                },
            }
            for pod in pods
        ]
        self.put(
            ENDPOINTSLICES,
            "shop",
            "web-1",
            {
                "metadata": {"labels": {"kubernetes.io/service-name": "web"}},
                "endpoints": endpoints,
                "ports": [{"name": "", "port": 8080}],
            },
        )

    def at(self, seconds: float, act: Any, cause: str = "") -> None:
        """Let *act* happen so long after the start, following from *cause*."""
        self.acts.append(act)
        when = START + int(seconds * SECOND)
        self.engine.at(when, "act", len(self.acts) - 1, phase=0, cause=cause)

    def run(self, seconds: float) -> list[Block]:
        self.engine.run_until(START + int(seconds * SECOND))
        self.prober.close()
        return self.ledger.runs(KEY)

    def cut(self, on: bool = False, index: int = 0) -> Any:
        node = f"n-p{index}"
        return lambda: self.world.set_node(node, on, self.engine.now)


def rows(blocks: list[Block]) -> list[tuple[int, int, str, str]]:
    """Blocks as (first slot, end, reason, cause), counted from the start."""
    return [(b.start - FIRST, b.end - FIRST, b.reason, b.cause) for b in blocks]


def test_a_day_without_changes_is_one_block_and_one_timer() -> None:
    scene = Scene()
    assert rows(scene.run(86_400)) == [(0, 17_280, "", "")]
    assert scene.engine.fired == 1


@pytest.mark.parametrize(
    ("down", "up", "slots"),
    [
        pytest.param(12, 33, (3, 7), id="within slots: the starts inside count"),
        pytest.param(10, 20, (2, 4), id="at a slot's start the probe meets what happened then"),
        pytest.param(11, 14, None, id="between two probes: nobody sees it"),
    ],
)
def test_a_dead_node_costs_the_slots_that_start_in_it(
    down: int, up: int, slots: tuple[int, int] | None
) -> None:
    scene = Scene()
    scene.at(down, scene.cut(), "f1")
    # The processes are dead after it: power alone brings nothing back.
    scene.at(up, scene.cut(True))
    scene.at(up, lambda: setattr(scene.world.pods["u-p0"].containers[0], "exit_at", None))
    got = [row for row in rows(scene.run(100)) if row[2]]
    assert got == ([] if slots is None else [(*slots, "node-down", "f1")])


def test_the_cause_stays_when_the_dead_endpoint_leaves() -> None:
    scene = Scene()
    scene.at(12, scene.cut(), "f1")
    scene.at(62, lambda: scene.lists(), "")
    scene.at(372, lambda: scene.lists(scene._pod("p9")))
    assert rows(scene.run(400)) == [
        (0, 3, "", ""),
        (3, 13, "node-down", "f1"),
        (13, 75, "none-ready", "f1"),
        (75, 80, "", ""),
    ]


def test_one_dead_endpoint_of_three_fails_about_a_third() -> None:
    scene = Scene(pods=3)
    scene.at(0, scene.cut(), "f1")
    blocks = scene.run(5 * 3000)
    down = sum(b.end - b.start for b in blocks if not b.ok)
    assert 0.28 < down / 3000 < 0.39
    assert {(b.reason, b.cause, b.pod) for b in blocks if not b.ok} == {("node-down", "f1", "p0")}


def test_a_process_that_begins_to_listen_is_seen_without_a_change() -> None:
    scene = Scene()
    scene.world.pods["u-p0"].containers[0].listens_at = START + 22 * SECOND
    assert rows(scene.run(50)) == [(0, 5, "starting", ""), (5, 10, "", "")]


def test_a_process_that_ends_is_seen_without_a_change() -> None:
    scene = Scene()
    scene.world.pods["u-p0"].containers[0].exit_at = START + 22 * SECOND
    assert rows(scene.run(50)) == [(0, 5, "", ""), (5, 10, "no-process", "")]


def test_a_cause_is_walked_back_to_what_began_it() -> None:
    scene = Scene()

    def leave() -> None:
        first = scene.put(PODS, "shop", "p0", scene.pods[0])
        scene.engine.cause = f"c{first['metadata']['resourceVersion']}"
        scene.lists()

    scene.at(7, leave, "f7")
    assert rows(scene.run(20))[-1] == (2, 4, "none-ready", "f7")


def test_a_policy_that_cuts_all_callers_is_named() -> None:
    scene = Scene()
    deny = {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
    scene.at(7, lambda: scene.put(NETWORKPOLICIES, "shop", "deny", deny), "a1")
    assert rows(scene.run(20)) == [(0, 2, "", ""), (2, 4, "policy-ingress", "a1")]


@pytest.mark.parametrize(
    ("peer", "passes"),
    [
        pytest.param({"podSelector": {"matchLabels": {"app": "front"}}}, True, id="a neighbour"),
        pytest.param({"podSelector": {"matchLabels": {"app": "web"}}}, True, id="its own pods"),
        pytest.param(
            {"namespaceSelector": {"matchLabels": {"name": "ingress-nginx"}}},
            True,
            id="the ingress controller",
        ),
        pytest.param(
            {"namespaceSelector": {"matchLabels": {"name": "monitoring"}}},
            False,
            id="somebody who serves no customers",
        ),
    ],
)
def test_the_probe_stands_for_a_legitimate_caller(peer: Obj, passes: bool) -> None:
    scene = Scene()
    scene.put(
        PODS,
        "shop",
        "front",
        {
            "metadata": {"uid": "u-front", "labels": {"app": "front"}},
            "spec": {"containers": [{"name": "c"}]},
        },
    )
    policy = {
        "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"from": [peer]}]}
    }
    scene.put(NETWORKPOLICIES, "shop", "some", policy)
    assert scene.run(10)[0].ok == passes


def test_a_deleted_service_answers_nobody() -> None:
    scene = Scene()
    scene.at(
        7,
        lambda: scene.store.delete(SERVICES, KEY, at=scene.engine.now, cause="a9", actor="t"),
        "a9",
    )
    assert rows(scene.run(20))[-1] == (2, 4, "no-service", "a9")


def test_who_is_not_watched_costs_nothing() -> None:
    scene = Scene()
    scene.prober.stop([KEY])
    scene.engine.run_until(START + 10 * SECOND)
    before = scene.engine.fired
    scene.at(20, scene.cut())
    scene.engine.run_until(START + 60 * SECOND)
    assert scene.engine.fired == before + 1


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 290), st.integers(0, 2), st.booleans()), max_size=8),
    closes=st.lists(st.integers(1, 299), max_size=6),
    resume=st.integers(1, 299),
)
def test_every_way_of_running_decides_every_slot_alike(
    cuts: list[tuple[int, int, bool]], closes: list[int], resume: int
) -> None:
    """Closed at any instants, or written down and resumed: the same slots."""

    def scene() -> Scene:
        found = Scene(pods=3)
        for seconds, index, on in cuts:
            found.at(seconds, found.cut(on, index), f"f{seconds}")
        return found

    plain = scene().run(300)
    often = scene()
    for seconds in sorted(closes):
        often.run(seconds)
    assert often.run(300) == plain

    halted = scene()
    halted.engine.run_until(START + resume * SECOND)
    prober, ledger = halted.prober.snapshot(), halted.ledger.snapshot()
    timers = halted.engine.restore(halted.engine.snapshot())
    halted.attach()
    halted.prober.restore(json.loads(json.dumps(prober)), timers)
    halted.ledger = halted.prober.sink = Ledger.restored(json.loads(json.dumps(ledger)))
    assert halted.run(300) == plain
    assert sum(b.end - b.start for b in plain) == 60
