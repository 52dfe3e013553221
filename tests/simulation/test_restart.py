"""A ledger says the same whether or not the process stopped in mid-incident; old files are read."""

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import SNAPSHOT_VERSION, Cluster, ForeignSnapshot
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack

sys.path.insert(0, str(Path(__file__).parent))
from test_why import NAMESPACE, PORTS, START, apply, asked, deployed, workload

HOUR = 3600 * SECOND
INCIDENTS = [
    ("node_down", "", "10m", 200),
    ("node_down", "", "10m", 420),
    ("pod_crash", "deployment/stt", None, 5),
    ("service_down", "deployment/stt", "10m", 120),
    ("memory_leak", "deployment/stt", "30m", 1400),
    ("partial_outage", "deployment/callbot", "10m", 100),
]


@pytest.fixture(scope="module")
def well() -> dict[str, Any]:
    """A tenant that has run for a quarter of an hour; one pod of stt serves all."""
    cluster = deployed(*PORTS)
    apply(cluster, kinds.DEPLOYMENTS, workload("stt", replicas=1), "a2")
    cluster.run_until(START + 900 * SECOND)
    snapshot: dict[str, Any] = cluster.snapshot()
    return snapshot


def hit(cluster: Cluster, fault: str, target: str = "", duration: str | None = "10m") -> None:
    """Inject a fault; the node that goes down is that of stt."""
    if fault == "node_down":
        (pod,) = (
            pod
            for pod in cluster.store.list(kinds.PODS, NAMESPACE)
            if pod["metadata"]["labels"]["app"] == "stt"
        )
        target = pod["spec"]["nodeName"]
    body = {"fault": fault, "namespaces": [NAMESPACE], "target": target, "duration": duration}
    cluster.submit(Request("fault", "faults", body=body), cause="a4")


def bad(cluster: Cluster) -> Iterator[dict[str, Any]]:
    """Yield what is said of the first slot of each bad span from the quarter of an hour on."""
    ledger = cluster.accounts.ledgers["acme"]
    first = START // SECOND // 5 + 180
    assert ledger.end is not None
    for start, _, told in list(ledger.said(first, ledger.end)):
        if told.whole == "D":
            yield asked(cluster, start)


@pytest.mark.parametrize(("fault", "target", "duration", "seconds"), INCIDENTS)
def test_a_restart_in_mid_incident_changes_no_cause(
    well: dict[str, Any], fault: str, target: str, duration: str | None, seconds: int
) -> None:
    cluster = Cluster.restore(well)
    hit(cluster, fault, target, duration)
    cluster.run_until(START + (900 + seconds) * SECOND)
    again = Cluster.restore(unpack(pack(cluster.snapshot())))
    assert not again.store.log
    for one in (cluster, again):
        one.run_until(START + 2 * HOUR)
        one.flows.close()
    assert again.accounts.snapshot() == cluster.accounts.snapshot()
    found = list(bad(again))
    assert found == list(bad(cluster))
    assert all(one["cause"]["kind"] in ("fault", "load") for one in found)
    # And once more, long after: what the ledger keeps needs nothing else to be told.
    later = Cluster.restore(unpack(pack(again.snapshot())))
    assert list(bad(later)) == found


def test_a_cause_older_than_the_window_is_still_known(well: dict[str, Any]) -> None:
    cluster = Cluster.restore(well)
    hit(cluster, "node_down")
    for minute in range(1, 40):
        cluster.run_until(START + (900 + 60 * minute) * SECOND)
        cluster.store.log.clear()
    cluster.flows.close()
    assert {one["cause"]["id"] for one in bad(cluster)} == {"f1"}


# -- snapshots of older versions ------------------------------------------------------------------


def first_of_all(state: dict[str, Any]) -> None:
    """The form before tenants: whole rooms were not there."""
    for room in ("prober", "background", "flows", "accounts"):
        del state[room]
    old_events(state)
    state["engine"]["timers"] = [
        timer
        for timer in state["engine"]["timers"]
        if not {"probe", "flow"}.intersection(map(str, timer))
    ]


def old_events(state: dict[str, Any]) -> None:
    """Events were counted in three tables."""
    state["recorder"] = {
        "buckets": {"kubelet|a": [24.0, 1]},
        "similar": {"kubelet|a": [1, ["x"]]},
        "written": {"kubelet|a": ["x.1", 1]},
        "names": state["recorder"]["names"],
    }


def no_roots(state: dict[str, Any]) -> None:
    """Only what changes follow from was not kept."""


@pytest.mark.parametrize("older", [first_of_all, old_events, no_roots])
def test_a_snapshot_of_the_first_version_is_read(well: dict[str, Any], older: Any) -> None:
    state = copy.deepcopy(unpack(pack(well)))
    del state["store"]["roots"]
    state["version"] = 1
    older(state)
    cluster = Cluster.restore(unpack(pack(state)))
    cluster.run_until(START + HOUR)
    now = cluster.snapshot()
    assert now["version"] == SNAPSHOT_VERSION
    assert Cluster.restore(unpack(pack(now))).snapshot() == now


def test_services_of_before_get_the_endpoints_that_nobody_wrote_then(well: dict[str, Any]) -> None:
    state = copy.deepcopy(unpack(pack(well)))
    del state["store"]["tables"][kinds.ENDPOINTS]
    del state["manager"]["controllers"]["endpoint"]
    cluster = Cluster.restore(state)
    cluster.run_until(cluster.now + SECOND)
    listed = (cluster.store.list(kind, NAMESPACE) for kind in (kinds.ENDPOINTS, kinds.SERVICES))
    found, services = ({obj["metadata"]["name"]: obj for obj in objects} for objects in listed)
    assert found.keys() == services.keys()
    assert found["stt"]["subsets"][0]["addresses"]


@pytest.mark.parametrize("version", [SNAPSHOT_VERSION + 1, 0, None, "1"])
def test_a_snapshot_of_an_unknown_version_is_named(well: dict[str, Any], version: Any) -> None:
    with pytest.raises(ForeignSnapshot, match=f"version {version!r}"):
        Cluster.restore({**well, "version": version})
