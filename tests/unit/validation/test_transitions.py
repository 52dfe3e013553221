"""What an object may become: the rules that need it as it was."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.defaults import default
from ecp.kube.errors import Invalid
from ecp.kube.yaml import read
from ecp.validation.transitions import check_status, check_update

GOLDEN = Path(__file__).parents[2] / "golden" / "verdicts"
Obj = dict[str, Any]


def objects(path: Path) -> list[Obj]:
    return [document.object for document in read(path.read_text("utf-8"), source=path.name)]


def stored(obj: Obj) -> Obj:
    """Return an object as the server has it after creation."""
    meta = {"namespace": "shop", **obj["metadata"], "uid": "u", "creationTimestamp": "t"}
    whole: Obj = default(obj["kind"], {**obj, "metadata": meta})
    return whole


def group_of(obj: Obj) -> str:
    return str(obj["apiVersion"]).rpartition("/")[0]


def words(new: Obj, old: Obj) -> str:
    errors = [fault.error for fault in check_update(group_of(new), new["kind"], new, old)]
    return Invalid(new["kind"], new["metadata"]["name"], errors).message if errors else ""


BASELINE = {
    (obj["kind"], obj["metadata"]["name"]): stored(obj) for obj in objects(GOLDEN / "baseline.yaml")
}
UPDATES = [
    row
    for row in map(json.loads, (GOLDEN / "files.jsonl").read_text("utf-8").splitlines())
    if row.get("updates_existing")
]
ELSEWHERE = {
    "435-bad-stale-resourceversion.yaml": "a conflict, not a rule",
}


@pytest.mark.parametrize("row", UPDATES, ids=lambda row: row["file"])
def test_an_update_is_judged_as_a_real_server_judged_it(row: dict[str, Any]) -> None:
    if row["file"] in ELSEWHERE:
        pytest.skip(ELSEWHERE[row["file"]])
    (sent,) = objects(GOLDEN / "manifests" / row["file"])
    new = stored(sent)
    old = BASELINE[new["kind"], new["metadata"]["name"]]
    if new["kind"] == "PersistentVolumeClaim":
        old = {**old, "status": {"phase": "Pending"}}
    found = words(new, old)
    if row["verdict"] == "accept":
        assert found == ""
        return
    said = row["kubectl_message"].removeprefix("The ")
    # The recorded pod was given a volume more, which moves the lines of a difference.
    found, said = (re.sub(r"@@ [^@]+ @@", "@@", text).rstrip("\n") for text in (found, said))
    assert found == said


def claim(size: str = "1Gi", phase: str = "Bound", **spec: Any) -> Obj:
    return stored(
        {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"},
            "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}},
                **spec,
            },
            "status": {"phase": phase, "capacity": {"storage": "1Gi"}},
        }
    )  # fmt: skip


def a_pod(**spec: Any) -> Obj:
    containers = [{"name": "a", "image": "i:1"}]
    return stored(
        {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
            "spec": {"containers": containers, **spec},
        }
    )  # fmt: skip


TOLERATION = {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}
CASES: list[Any] = [
    pytest.param(claim("2Gi"), claim(), "", id="a bound claim may grow"),
    pytest.param(
        claim("512Mi"), claim(), "field can not be less than status.capacity", id="but not shrink"
    ),
    pytest.param(
        claim("2Gi", "Pending"), claim(phase="Pending"), "spec is immutable after creation",
        id="a pending claim may not grow",
    ),
    pytest.param(claim(volumeName="v"), claim(), "", id="a claim is bound once"),
    pytest.param(
        claim(volumeName="w"), claim(volumeName="v"), "spec is immutable", id="and not again"
    ),
    pytest.param(
        a_pod(tolerations=[TOLERATION, {**TOLERATION, "key": "b"}]),
        a_pod(tolerations=[TOLERATION]), "", id="a pod may tolerate more",
    ),
    pytest.param(
        a_pod(tolerations=[{**TOLERATION, "tolerationSeconds": 9}]),
        a_pod(tolerations=[TOLERATION]), "", id="or for another time",
    ),
    pytest.param(
        a_pod(), a_pod(tolerations=[TOLERATION]), "existing toleration can not be modified",
        id="but not less",
    ),
    pytest.param(a_pod(activeDeadlineSeconds=5), a_pod(), "", id="a deadline may be set"),
    pytest.param(
        a_pod(activeDeadlineSeconds=9), a_pod(activeDeadlineSeconds=5), "less than or equal",
        id="and shortened only",
    ),
    pytest.param(
        a_pod(), a_pod(activeDeadlineSeconds=5), "must not update from a positive integer",
        id="and not taken back",
    ),
    pytest.param(
        a_pod(schedulingGates=[{"name": "x.y/z"}]), a_pod(), "only deletion is allowed",
        id="a gate may not be closed again",
    ),
    pytest.param(
        a_pod(nodeSelector={"a": "b"}), a_pod(schedulingGates=[{"name": "x.y/z"}]), "",
        id="a gated pod may ask for more of its node",
    ),
    pytest.param(
        a_pod(nodeSelector={"a": "b"}), a_pod(), "may not change fields other than",
        id="another may not",
    ),
    pytest.param(
        a_pod(terminationGracePeriodSeconds=1), a_pod(terminationGracePeriodSeconds=-1), "",
        id="a negative grace period may be mended",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("new", "old", "expected"), CASES)
def test_what_may_become_of_an_object(new: Obj, old: Obj, expected: str) -> None:
    found = words(new, old)
    assert (expected in found) if expected else (found == "")


@pytest.mark.parametrize(
    ("kind", "group", "status", "expected"),
    [
        pytest.param("Deployment", "apps", {"replicas": 1, "readyReplicas": 1}, "", id="figures"),
        pytest.param(
            "Deployment", "apps", {"replicas": 1, "readyReplicas": 2},
            "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
            id="more ready than there are",
        ),
        pytest.param(
            "ReplicaSet", "apps", {"replicas": 2, "availableReplicas": 1},
            "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas",
            id="more available than ready",
        ),
        pytest.param(
            "Namespace", "", {"phase": "Terminating"},
            "may only be 'Active' if `deletionTimestamp` is empty", id="a namespace that ends",
        ),
        pytest.param("Pod", "", {"qosClass": "Burstable"}, "field is immutable", id="a class"),
    ],
)  # fmt: skip
def test_a_status_may_not_contradict_itself(
    kind: str, group: str, status: Obj, expected: str
) -> None:
    meta = {"name": "x", "uid": "u"}
    old = {"metadata": meta, "status": {}}
    found = [str(one.error) for one in check_status(group, kind, {**old, "status": status}, old)]
    assert (expected in " ".join(found)) if expected else not found
