"""Many tenants at one instant: one timer looks at some, the next at the others, at that instant."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.traffic import flows
from ecp.slo.slots import SLOT_SECONDS

TENANTS = 20


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause="a1")


def told(cluster: Cluster) -> dict[str, list[tuple[int, int, Any]]]:
    cluster.flows.close()
    return {
        name: list(ledger.said(0, cluster.now // SECOND // SLOT_SECONDS))
        for name, ledger in cluster.accounts.ledgers.items()
    }


def ran() -> Cluster:
    cluster = Cluster.create(seed=1)
    for number in range(TENANTS):
        name = f"t{number:02}"
        ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": name}})
        ask(cluster, "track", "tenants", name=name, body={"namespace": name, "demand": {}})
    cluster.run_until(cluster.now + 60 * SECOND)
    return cluster


def test_tenants_of_one_instant_are_looked_at_in_several_timers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = ran()
    monkeypatch.setattr(flows, "_LOOKS", TENANTS)
    at_once = ran()
    assert told(few) == told(at_once)
    assert len(told(few)) == TENANTS
    assert few.engine.fired > at_once.engine.fired
