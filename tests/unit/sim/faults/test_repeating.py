"""A fault of the catalogue that begins again and again: its object, when it is next, its end."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tenant import MINUTE, SPACE, ask, passes
from test_chaos_objects import prepared

from ecp.kube.times import nanoseconds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused, catalogue
from ecp.sim.faults.chaos.writing import Repeated, Repeating, repeating, written
from ecp.sim.faults.effects import EFFECTS, Hold

ONES = {"workload": "deployment/chatbot", "pod": None, "secret": f"{SPACE}/tls"}


def begin(cluster: Cluster, every: str, lasts: str = "", **wish: Any) -> Repeating:
    resource, obj = written(cluster.read, Repeated(SPACE, every, lasts, wish))
    ask(cluster, "create", resource, obj, api_version=obj["apiVersion"], field_validation="Strict")
    passes(cluster, SECOND)
    (found,) = seen(cluster)
    return found


def seen(cluster: Cluster) -> list[Repeating]:
    return list(repeating(cluster.read, cluster.now, SPACE))


@pytest.mark.parametrize("name", catalogue())
def test_every_fault_is_said_by_an_object_that_the_server_takes(name: str) -> None:
    cluster = prepared()
    wish = {"fault": name, "target": ONES.get(catalogue()[name].target)}
    found = begin(cluster, "10m", **wish)
    # Two faults of one effect have one object: what is read is the first of them.
    assert catalogue()[found.fault].effect == catalogue()[name].effect
    assert found.schedule == "@every 10m"


def test_days_are_said_in_hours_to_who_knows_none() -> None:
    found = begin(prepared(), "1d", "2d", fault="cpu_spike", target="chatbot", duration="1d12h")
    assert (found.schedule, found.spec["duration"]) == ("@every 24h0m0s", "36h0m0s")


@pytest.mark.parametrize(
    ("wish", "parameters"),
    [
        ({"fault": "network_latency", "parameters": {"latency_ms": 90}}, {"latency_ms": 90}),
        ({"fault": "network_loss", "parameters": {"loss_percent": "7.5"}}, {"loss_percent": "7.5"}),
        ({"fault": "cpu_spike", "parameters": {"workers": 2, "load_percent": 40}},
         {"workers": 2, "load_percent": 40}),
        ({"fault": "memory_leak", "parameters": {"percent_a_minute": 30}},
         {"percent_a_minute": 30}),
        ({"fault": "container_kill", "parameters": {"container": "c"}}, {"container": "c"}),
        ({"fault": "container_kill"}, {"container": "", "exit_code": 137}),
        ({"fault": "pod_crash", "parameters": {"exit_code": 3}}, {"exit_code": 3}),
        ({"fault": "partial_outage", "parameters": {"percent": "50"}}, {"percent": 50}),
    ],
    ids=lambda value: value.get("fault", ""),
)  # fmt: skip
def test_parameters_come_through(wish: dict[str, Any], parameters: dict[str, Any]) -> None:
    cluster = prepared()
    begin(cluster, "5m", target="chatbot", duration="30s", **wish)
    passes(cluster, 5 * MINUTE + 10 * SECOND)
    (fault,) = cluster.faults.all
    found = {name: fault.wish["parameters"][name] for name in parameters}
    assert ({k: str(v) for k, v in found.items()}, fault.took) == (
        {k: str(v) for k, v in parameters.items()},
        True,
    )
    assert {pod[1].rsplit("-", 2)[0] for pod in fault.pods} == {"chatbot"}


def test_it_begins_again_until_it_is_taken_away() -> None:
    cluster = prepared()
    began = cluster.now
    found = begin(cluster, "5m", fault="service_down", target="chatbot", duration="1m")
    assert found.next is not None
    assert 0 <= found.next - began - 5 * MINUTE < 2 * SECOND
    passes(cluster, 12 * MINUTE)
    assert [fault.name for fault in cluster.faults.all] == ["pod_failure"] * 2
    (again,) = seen(cluster)
    assert again.last is not None
    assert again.next == again.last + 5 * MINUTE
    assert again.to_json()["duration"] == "1m"
    passes(cluster, 3 * MINUTE + 10 * SECOND)
    (running,) = cluster.faults.running()
    assert running.started is not None
    # Its object ends it, and says when.
    assert (
        abs(nanoseconds(running.to_json(cluster.now)["until"]) - running.started - MINUTE)
        < 3 * SECOND
    )
    ask(cluster, "delete", again.resource, name=again.owner)
    passes(cluster, 10 * SECOND)
    assert (seen(cluster), cluster.faults.running()) == ([], [])


@pytest.mark.parametrize("name", [n for n, row in catalogue().items() if row.duration is None])
def test_what_falls_once_falls_each_time(name: str) -> None:
    """With nothing that ends it the object is done with at once, so that the next may come."""
    row = catalogue()[name]
    if isinstance(EFFECTS[row.effect], Hold):
        return
    cluster = prepared()
    begin(cluster, "5m", fault=name, target=ONES.get(row.target))
    passes(cluster, 11 * MINUTE)
    assert len(cluster.faults.all) == 2


def test_one_with_an_end_goes_by_itself() -> None:
    cluster = prepared()
    found = begin(cluster, "5m", "12m", fault="pod_kill")
    assert found.resource == "workflows.chaos-mesh.org"
    assert found.until is not None
    assert 11 * MINUTE < found.until - cluster.now <= 12 * MINUTE
    passes(cluster, 11 * MINUTE)
    # The third would be after its end: none is next.
    assert (len(cluster.faults.all), seen(cluster)[0].next) == (2, None)
    passes(cluster, 9 * MINUTE)
    assert (len(cluster.faults.all), seen(cluster)) == (2, [])


@pytest.mark.parametrize(
    ("every", "wish", "key"),
    [
        ("30s", {"fault": "pod_kill"}, "fault.too-often"),
        ("now and then", {"fault": "pod_kill"}, "fault.bad-schedule"),
        ("* *", {"fault": "pod_kill"}, "fault.bad-schedule"),
        ("10m", {"fault": "cpu_spike"}, "fault.repeat-target"),
        ("10m", {"fault": "cpu_spike", "target": "moon"}, "fault.no-target"),
        ("10m", {"fault": "moonquake"}, "fault.unknown"),
        ("10m", {"fault": "pod_crash", "parameters": {"exit_code": "many"}}, "fault.bad-value"),
    ],
)
def test_what_cannot_be_repeated_is_said(every: str, wish: dict[str, Any], key: str) -> None:
    with pytest.raises(FaultRefused) as refused:
        begin(prepared(), every, **wish)
    assert refused.value.key == key


def test_a_line_of_cron_is_one_as_well() -> None:
    found = begin(prepared(), "*/7 * * * *", fault="pod_kill")
    assert found.next is not None
    assert (found.schedule, found.next // MINUTE % 60 % 7) == ("*/7 * * * *", 0)
