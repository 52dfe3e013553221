"""A repeated failure, as the simulator is asked for it: what its object says, and whom it means."""

from typing import Any

import pytest

from ecp.edge.problems import Problem
from ecp.orchestrator.faults.model import repeated

KILL = {"name": "pod_kill", "target": "pod"}
DOWN = {"name": "node_down", "target": "node"}


def asked(row: dict[str, Any] = KILL, **given: Any) -> dict[str, Any]:
    return repeated({"failure_type": row["name"], "every": "10m", **given}, row, "acme-ns")


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ({}, {}),
        ({"only_this_tenant": True, "dry_run": False}, {}),
        ({"lasts": "2h", "target": "stt"}, {"lasts": "2h", "target": "stt"}),
        (
            {"selector": {"labelSelectors": {"app": "stt"}}, "mode": "one"},
            {
                "selector": {"labelSelectors": {"app": "stt"}, "namespaces": ["acme-ns"]},
                "mode": "one",
            },
        ),
    ],
    ids=["as it is", "pods are the tenant's own", "until, and whom", "by labels, within"],
)
def test_it_is_the_tenants_namespace_that_is_meant(
    given: dict[str, Any], more: dict[str, Any]
) -> None:
    whole = {"fault": "pod_kill", "namespace": "acme-ns", "every": "10m", **more}
    assert asked(**given) == whole


def test_one_of_a_node_lasts_as_one_of_a_tenant_does() -> None:
    assert asked(DOWN)["duration"] == "10m"


@pytest.mark.parametrize(
    ("row", "given", "key"),
    [
        (DOWN, {"only_this_tenant": True}, "failure.repeat-others"),
        (KILL, {"max_percent": 50.0}, "failure.repeat-bounds"),
        (KILL, {"abort": ["availability < 99"]}, "failure.repeat-bounds"),
        (KILL, {"at": "+5m"}, "failure.repeat-bounds"),
        (KILL, {"selector": {"namespaces": ["other"]}}, "failure.of-others"),
    ],
    ids=["a node is nobody's own", "no share", "no end by figures", "no begin", "pods of others"],
)
def test_what_no_object_says_is_refused(
    row: dict[str, Any], given: dict[str, Any], key: str
) -> None:
    with pytest.raises(Problem) as refused:
        asked(row, **given)
    assert refused.value.key == key
