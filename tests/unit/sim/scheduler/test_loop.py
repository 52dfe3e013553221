"""The scheduler comes up with the first pod that waits, and misses nothing until then."""

import json
import subprocess
import sys

from scheduler_stage import START, Stage, node_object, pod_object

from ecp.sim.engine.chance import Chance
from ecp.sim.scheduler import controller, load
from ecp.sim.scheduler.scheduler import Scheduler

_BIG = {"containers": [{"name": "c", "resources": {"requests": {"cpu": "9"}}}]}


def never() -> Scheduler:
    raise AssertionError("there is nothing to schedule")


def test_a_cluster_without_pods_starts_without_arrays() -> None:
    code = (
        "import sys; from ecp.sim.cluster import Cluster; Cluster.create();"
        "sys.exit('ecp.sim.scheduler.scheduler' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nodes_and_bound_pods_do_not_bring_it_up() -> None:
    stage = Stage()
    stage.loop = controller(never)
    stage.put("nodes", node_object("n0", "z0"))
    stage.put("pods", pod_object("p0", {"nodeName": "n0"}))
    stage.put("nodes", node_object("n0", "z1"))
    assert not stage.dirty
    assert stage.loop.snapshot is not None
    assert stage.loop.snapshot() == Stage().loop.snapshot()  # type: ignore[misc]


def test_what_came_before_it_counts() -> None:
    late, early = Stage(), Stage()
    late.loop = controller(lambda: load(Chance(1)))
    for stage in (late, early):
        for i in range(4):
            stage.put("nodes", node_object(f"n{i}", f"z{i % 2}"))
        for i in range(6):
            stage.put("pods", pod_object(f"there-{i}", {"nodeName": f"n{i % 3}"}))
        for i in range(9):
            stage.pod(f"p{i}")
        stage.settle()
    assert late.placement() == early.placement()
    assert len(late.binds) == 9


def test_a_pod_that_waited_before_a_restart_hears_of_the_node_that_fits() -> None:
    stage = Stage()
    stage.put("nodes", node_object("small"))
    stage.pod("big", _BIG)
    stage.settle()
    assert stage.node_of("big") is None
    restarted = controller(lambda: load(Chance(1)))
    assert stage.loop.snapshot is not None
    assert restarted.restore is not None
    restarted.restore(json.loads(json.dumps(stage.loop.snapshot())))
    stage.loop = restarted
    stage.put("nodes", node_object("large", capacity={"cpu": "16", "memory": "8Gi", "pods": "9"}))
    assert stage.dirty
    stage.settle(at=START + 400_000_000_000)
    assert stage.node_of("big") == "large"
