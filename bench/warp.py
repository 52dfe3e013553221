"""Rehearsals of 30 days in warped time: manifests to report, as `ecp rehearse` does it.

Peer: none; a real cluster needs 30 days.
"""

from functools import partial
from pathlib import Path

from bench._measure import cpu_seconds, line
from bench.pods import deployment
from ecp.rehearsal.rehearse import rehearse
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request

_BUNDLE = Path(__file__).parents[1] / "tests/golden/manifests/online-boutique.yaml"
_HOUR = 3600 * SECOND
_DAY = 24 * _HOUR


def shop(fault: str) -> None:
    """Rehearse a bundle of eleven services for 30 days with one fault on the way."""
    done = rehearse(_BUNDLE.read_bytes(), for_ns=30 * _DAY, faults=[fault])
    assert done.proven


def crash_loop() -> None:
    """One pod whose process ends three seconds after each start, for 30 days."""
    body = deployment(
        "crash", 1, {"sim.ecp-ai.io/exit-after": "3s", "sim.ecp-ai.io/exit-code": "1"}
    )
    cluster = Cluster.create(seed=1)
    cluster.submit(Request("create", "deployments.apps", "default", body=body, manager="bench"))
    cluster.run_until(cluster.now + 30 * _DAY)


def main() -> None:
    lost = cpu_seconds(partial(shop, "node_down@2h"), rounds=3)
    line("30 days of eleven services, a node lost for good", lost, "CPU s", "–")
    hung = cpu_seconds(partial(shop, "service_down:deployment/frontend@2h+10h"), rounds=3)
    line("30 days of eleven services, one hung for 10 h", hung, "CPU s", "–")
    line("30 days of a crash loop", cpu_seconds(crash_loop, rounds=3), "CPU s", "–")
