"""The status of ValidatingAdmissionPolicies: what the controller of a real cluster wrote."""

import json
from pathlib import Path

import pytest

from ecp.kube.kinds import VALIDATINGPOLICIES
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request
from ecp.sim.store import Obj

GOLDEN = Path(__file__).parents[3] / "golden" / "verdicts" / "typechecking.jsonl"
ROWS: list[Obj] = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
SPEC: Obj = {
    "name": "small",
    "zones": ["z0"],
    "pools": [{"name": "n", "count": 1, "cpu": "8", "memory": "32Gi"}],
}


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster.create(clusters.check(SPEC), seed=1)


def wait(cluster: Cluster) -> None:
    cluster.run_until(cluster.now + 1_000_000_000)


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in ROWS])
def test_expressions_are_held_against_kinds(cluster: Cluster, row: Obj) -> None:
    name = f"p{ROWS.index(row)}"
    body = {"metadata": {"name": name}, "spec": row["spec"]}
    cluster.submit(Request("create", VALIDATINGPOLICIES, "", "", body=body))
    wait(cluster)
    policy = cluster.store.get(VALIDATINGPOLICIES, "", name)
    assert policy is not None
    assert policy["status"] == row["status"]


def test_a_policy_that_changed_is_looked_at_again(cluster: Cluster) -> None:
    body = {"metadata": {"name": "again"}, "spec": ROWS[0]["spec"]}
    cluster.submit(Request("create", VALIDATINGPOLICIES, "", "", body=body))
    wait(cluster)
    spec = {**ROWS[0]["spec"], "validations": [{"expression": "object.spec.replicas > 1"}]}
    patch = {"spec": spec}
    cluster.submit(Request("patch", VALIDATINGPOLICIES, "", "again", patch="merge", body=patch))
    wait(cluster)
    policy = cluster.store.get(VALIDATINGPOLICIES, "", "again")
    assert policy is not None
    assert policy["status"] == {"observedGeneration": 2, "typeChecking": {}}
