"""A collector that is down: slots are unknown, neither up nor down, whatever happens meanwhile."""

from typing import Any

import pytest
from acme import HOUR, NAMESPACE, START, deployed

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack
from ecp.simulator.rest.why import explained
from ecp.slo.slots import SLOT_SECONDS

AT = START + 10 * HOUR
MINUTE = 60 * SECOND
SLOT = SLOT_SECONDS * SECOND


def fault(cluster: Cluster, name: str, cause: str = "b1", **more: Any) -> dict[str, Any]:
    body = {"fault": name, "namespaces": [NAMESPACE], **more}
    found = cluster.submit(Request("fault", "faults", body=body), cause=cause).object
    assert found is not None
    return found


def started() -> Cluster:
    few = {"callbot": 2, "chatbot": 5}
    cluster = deployed("callbot", "chatbot", "stt", "nlp", demand=few)
    cluster.run_until(AT)
    return cluster


def states(cluster: Cluster, first: int, after: int) -> str:
    """The tenant's states in the slots that begin in [first, after) ns."""
    cluster.flows.close()
    ledger = cluster.accounts.ledgers["acme"]
    a, b = -(-first // SLOT), -(-after // SLOT)
    return "".join(told.whole * (end - start) for start, end, told in ledger.said(a, b))


@pytest.fixture(scope="module")
def outage() -> Cluster:
    """Ten minutes without measurement, and in them five in which the entry hangs."""
    cluster = started()
    fault(cluster, "collector_outage", duration="10m")
    fault(cluster, "service_down", target="deployment/callbot", duration="5m", at=AT + 2 * MINUTE)
    cluster.run_until(AT + 30 * MINUTE)
    return cluster


def test_the_last_state_is_carried_for_two_slots_then_it_is_unknown(outage: Cluster) -> None:
    assert states(outage, AT - MINUTE, AT) == "U" * 12
    assert states(outage, AT, AT + 10 * MINUTE) == "UU" + "N" * 118
    assert states(outage, AT + 10 * MINUTE, AT + 20 * MINUTE) == "U" * 120


def test_it_lowers_the_coverage_and_is_no_downtime(outage: Cluster) -> None:
    now = (AT + 20 * MINUTE) // SECOND
    report = outage.accounts.report("acme", {}, "1h", now)
    assert report is not None
    body = report.to_json()
    assert body["downtime_seconds"] == 0
    assert body["unknown_seconds"] == 118 * SLOT_SECONDS
    assert body["coverage"] == pytest.approx(1 - 118 * SLOT_SECONDS / 3600, abs=1e-3)
    assert body["incidents"] == []


def test_requests_of_that_time_are_not_counted(outage: Cluster) -> None:
    rows, _ = outage.accounts.minutes("acme", 0, 10**6, (AT + 20 * MINUTE) // SECOND)
    of_it = [m for m in rows if AT // SLOT <= m.slot < (AT + 10 * MINUTE) // SLOT]
    assert len(of_it) == 10
    assert all(minute.body["tenant"]["total"] == 0 for minute in of_it)
    assert of_it[5].body["tenant"]["slots"]["unknown"] == 12
    assert all(row["slots"]["unknown"] == 12 for row in of_it[5].body["workloads"])


def test_it_is_proved_and_over_with_its_end(outage: Cluster) -> None:
    found = outage.faults.all[0].to_json(outage.now)
    assert found["verdict"] == "confirmed"
    assert found["targets"] == [f"namespace/{NAMESPACE}"]
    assert found["seen"]["slots-unknown"]["after_seconds"] == 10
    assert found["recovery_seconds"] == 0


def test_the_service_goes_on_and_what_hit_it_is_known_to_the_cluster(outage: Cluster) -> None:
    hang = outage.faults.all[1]
    assert hang.took
    assert "requests-failed" in hang.seen


def test_why_names_the_collector(outage: Cluster) -> None:
    slot = (AT + 5 * MINUTE) // SLOT
    told = outage.accounts.ledgers["acme"].told(slot)
    assert told is not None
    for language in ("en", "ko"):
        found = explained(outage, "acme", slot, told, language)
        assert (found["state"], found["cause"]["id"]) == ("unknown", "f1")
        assert found["cause"]["fault"] == "collector_outage"
        assert found["cause"]["text"] in found["sentence"]


def test_what_is_shown_meanwhile_is_unknown() -> None:
    cluster = started()
    fault(cluster, "collector_outage", target=f"namespace/{NAMESPACE}")
    cluster.run_until(AT + MINUTE)
    assert {row.state for row in cluster.flows.now("acme")} == {"N"}
    assert {row.state for row in cluster.flows.figures(NAMESPACE).values()} == {"U"}
    cluster.submit(Request("fault", "faults", name="f1"), cause="b2")
    cluster.run_until(AT + 2 * MINUTE)
    assert {row.state for row in cluster.flows.now("acme")} == {"U"}


def test_a_run_that_is_resumed_within_it_ends_alike() -> None:
    cluster = started()
    fault(cluster, "collector_outage", duration="10m")
    cluster.run_until(AT + 3 * SECOND)
    resumed = Cluster.restore(unpack(pack(cluster.snapshot())))
    for one in (cluster, resumed):
        one.run_until(AT + 20 * MINUTE)
    assert pack(cluster.snapshot()) == pack(resumed.snapshot())
    assert states(resumed, AT, AT + 11 * MINUTE) == "UU" + "N" * 118 + "U" * 12


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"target": "namespace/other"}, id="another namespace than the tenant's"),
        pytest.param({"namespaces": ["default"]}, id="a namespace that nobody follows"),
        pytest.param({"target": "pod/callbot"}, id="a pod"),
    ],
)
def test_what_is_not_followed_has_no_collector(more: dict[str, Any]) -> None:
    cluster = deployed("callbot")
    cluster.run_until(START + MINUTE)
    with pytest.raises(FaultRefused):
        fault(cluster, "collector_outage", **more)


def test_workloads_scaled_by_their_use_are_scaled_all_the_same() -> None:
    cluster = started()
    fault(cluster, "collector_outage", duration="1h")
    cluster.run_until(AT + MINUTE)
    used = {
        pod["metadata"]["name"]: cluster.world.taken(
            (NAMESPACE, pod["metadata"]["name"]), AT, cluster.now
        )
        for pod in cluster.store.list(kinds.PODS, NAMESPACE)
    }
    assert all(used.values())
