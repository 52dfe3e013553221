"""Groups of the community: whether their definitions are approved of, as a real server says it."""

import pytest

from ecp.kube.kinds import CRDS
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request
from ecp.sim.store import Obj

ANNOTATION = "api-approved.kubernetes.io"
SPEC: Obj = {
    "name": "small",
    "zones": ["z0"],
    "pools": [{"name": "n", "count": 1, "cpu": "8", "memory": "32Gi"}],
}
URL = "https://github.com/kubernetes/enhancements/pull/1111"
ROWS = {
    "an address": (URL, "True", "ApprovedAnnotation", f"approved in {URL}"),
    "a reason why not": (
        "unapproved, experimental-only",
        "False",
        "UnapprovedAnnotation",
        'not approved: "unapproved, experimental-only"',
    ),
}


def definition(group: str, said: str) -> Obj:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object"}},
    }
    names = {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"}
    return {
        "metadata": {"name": f"foos.{group}", "annotations": {ANNOTATION: said}},
        "spec": {"group": group, "scope": "Cluster", "names": names, "versions": [version]},
    }


def conditions(group: str, said: str) -> list[Obj]:
    cluster = Cluster.create(clusters.check(SPEC), seed=1)
    cluster.submit(Request("create", CRDS, "", "", body=definition(group, said)))
    cluster.run_until(cluster.now + 2_000_000_000)
    found = cluster.store.get(CRDS, "", f"foos.{group}")
    assert found is not None
    conditions: list[Obj] = found["status"]["conditions"]
    return conditions


@pytest.mark.parametrize(("said", "status", "reason", "message"), ROWS.values(), ids=ROWS)
def test_a_protected_group_says_whether_it_is_approved(
    said: str, status: str, reason: str, message: str
) -> None:
    found = conditions("x.k8s.io", said)
    first = {name: found[0][name] for name in ("type", "status", "reason", "message")}
    assert first == {
        "type": "KubernetesAPIApprovalPolicyConformant",
        "status": status,
        "reason": reason,
        "message": message,
    }
    assert [one["type"] for one in found[1:]] == ["NamesAccepted", "Established"]


def test_other_groups_say_nothing_of_it() -> None:
    found = conditions("example.com", URL)
    assert [one["type"] for one in found] == ["NamesAccepted", "Established"]
