"""A run leaves no cyclic garbage: that is why the cycle collector may rest while time passes."""

import gc
import sys
from pathlib import Path

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND

sys.path.insert(0, str(Path(__file__).parent))
import scenario


def test_crashes_refusals_and_lost_nodes_leave_nothing_to_collect() -> None:
    cluster = Cluster.create(seed=3)
    for _, request in scenario.requests():
        if request.verb != "delete":
            cluster.submit(request)
    # What is loaded with the first pod leaves a few cycles behind, once a process.
    cluster.run_until(cluster.now + 60 * SECOND)
    name = cluster.store.list(kinds.NODES)[0]["metadata"]["name"]
    gc.collect()
    gc.disable()
    try:
        before = cluster.store.version
        cluster.run_until(cluster.now + 300 * SECOND)
        for up in (False, True):
            cluster.world.set_node(name, up, cluster.now)
            cluster.run_until(cluster.now + 900 * SECOND)
        assert cluster.store.version > before + 1_000
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_collector_is_left_as_it_was() -> None:
    cluster = Cluster.create(seed=3)
    cluster.run_until(cluster.now + SECOND)
    assert gc.isenabled()
    gc.disable()
    try:
        cluster.run_until(cluster.now + SECOND)
        assert not gc.isenabled()
    finally:
        gc.enable()
