"""What may become of a pod."""

from typing import Any

import pytest

from ecp.kube.defaults import default
from ecp.validation.podchanges import pod_change
from ecp.validation.transitions import check_update

Obj = dict[str, Any]
A = "metadata.annotations"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/c"
MIRROR = "kubernetes.io/config.mirror"
COST = "controller.kubernetes.io/pod-deletion-cost"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
TERMS = f"spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"
GATES = [{"name": "a/b"}]


def a_pod(annotations: Obj | None = None, **spec: Any) -> Obj:
    meta: Obj = {"name": "p"}
    if annotations:
        meta["annotations"] = annotations
    spec = {"containers": [{"name": "c", "image": "i:1"}], **spec}
    return default("Pod", {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})


def box(**more: Any) -> list[Obj]:
    return [{"name": "c", "image": "i:1", **more}]


def on(*terms: Obj) -> Obj:
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": list(terms)}}}


def term(*keys: str) -> Obj:
    return {"matchExpressions": [{"key": key, "operator": "Exists"} for key in keys]}


TOLERATION = {"key": "a", "operator": "Exists"}
NOT_THESE = (
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)\n"
)
CASES: list[Any] = [
    pytest.param(a_pod(), a_pod(containers=box(image="i:2")), [], id="an image may change"),
    pytest.param(
        a_pod(), a_pod(containers=box(image=" ")),
        ['spec.containers[0].image: Invalid value: " ": must not have leading or trailing '
         "whitespace"],
        id="not to blanks",
    ),
    pytest.param(
        a_pod(), a_pod(containers=box(image="")), ["spec.containers[0].image: Required value"],
        id="nor to none",
    ),
    pytest.param(
        a_pod(), a_pod(containers=[*box(), {"name": "d", "image": "i"}]),
        ["spec.containers: Forbidden: pod updates may not add or remove containers"],
        id="no container may come",
    ),
    pytest.param(
        a_pod(initContainers=[{"name": "d", "image": "i"}]), a_pod(),
        ["spec.initContainers: Forbidden: pod updates may not add or remove containers"],
        id="no init container may go",
    ),
    pytest.param(
        a_pod(), a_pod(activeDeadlineSeconds=-1),
        ["spec.activeDeadlineSeconds: Invalid value: -1: must be between 0 and 2147483647, "
         "inclusive"],
        id="a deadline out of range",
    ),
    pytest.param(
        a_pod(activeDeadlineSeconds=5), a_pod(activeDeadlineSeconds=6),
        ["spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous "
         "value"],
        id="a longer deadline",
    ),
    pytest.param(
        a_pod(activeDeadlineSeconds=5), a_pod(),
        ["spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive "
         "integer to nil value"],
        id="no deadline any more",
    ),
    pytest.param(
        a_pod(tolerations=[TOLERATION]), a_pod(tolerations=[{**TOLERATION, "key": "b"}]),
        ["spec.tolerations: Forbidden: existing toleration can not be modified except its "
         "tolerationSeconds"],
        id="another toleration",
    ),
    pytest.param(
        a_pod(), a_pod(tolerations=[{"key": "a", "operator": "Is"}]),
        ['spec.tolerations[0].operator: Unsupported value: "Is": supported values: "Equal", '
         '"Exists"'],
        id="one more toleration is judged again",
    ),
    pytest.param(a_pod(schedulingGates=GATES), a_pod(), [], id="a gate may open"),
    pytest.param(
        a_pod(schedulingGates=GATES), a_pod(schedulingGates=[*GATES, {"name": "c/d"}]),
        ["spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new "
         "scheduling gate 'c/d'"],
        id="no gate may come",
    ),
    pytest.param(
        a_pod({APP_ARMOR: "unconfined", MIRROR: "x"}, nodeName="n"), a_pod(nodeName="n"),
        [
            f"{A}[{APP_ARMOR}]: Forbidden: may not remove or update AppArmor annotations",
            f"{A}[{MIRROR}]: Forbidden: may not remove or update mirror pod annotation",
        ],
        id="annotations that stay",
    ),
    pytest.param(
        a_pod(), a_pod({APP_ARMOR: "unconfined", MIRROR: "x", COST: "a"}),
        [
            f"{A}[{APP_ARMOR}]: Forbidden: may not add AppArmor annotations",
            f"{A}[{MIRROR}]: Forbidden: may not add mirror pod annotation",
            f'{A}[{MIRROR}]: Invalid value: "x": must set spec.nodeName if mirror pod annotation '
            "is set",
            f'{A}[{COST}]: Invalid value: "a": must be a 32bit integer',
        ],
        id="annotations that do not come",
    ),
    pytest.param(
        a_pod(schedulingGates=GATES, nodeSelector={"a": "b"}),
        a_pod(schedulingGates=GATES, nodeSelector={"a": "b", "c": "d"}, affinity=on(term("e"))),
        [], id="a gated pod may ask for more",
    ),
    pytest.param(
        a_pod(schedulingGates=GATES, nodeSelector={"a": "b"}),
        a_pod(schedulingGates=GATES, nodeSelector={"a": "c"}),
        ['spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are '
         "allowed (no mutations or deletions)"],
        id="not for something else",
    ),
    pytest.param(
        a_pod(schedulingGates=GATES, affinity=on(term("a"), term("b"))),
        a_pod(schedulingGates=GATES, affinity=on(term("a", "c"), term("d"))),
        [f'{TERMS}[1]: Invalid value: {{"MatchExpressions":[{{"Key":"d","Operator":"Exists",'
         '"Values":null}],"MatchFields":null}: only additions are allowed (no mutations or '
         "deletions)"],
        id="a term may be narrowed, not changed",
    ),
    pytest.param(
        a_pod(schedulingGates=GATES, affinity=on(term("a"))),
        a_pod(schedulingGates=GATES),
        [f"{TERMS}: Invalid value: null: no additions/deletions to non-empty NodeSelectorTerms "
         "list are allowed"],
        id="terms may not go",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_changes(old: Obj, new: Obj, expected: list[str]) -> None:
    assert [str(fault.error) for fault in pod_change(new, old)] == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(a_pod(), a_pod(nodeSelector={"a": "b"}), id="a pod that is not gated"),
        pytest.param(a_pod(), a_pod(affinity=on(term("a"))), id="nor asks for another node"),
        pytest.param(
            a_pod(), a_pod(containers=box(resources={"limits": {"cpu": "1"}})), id="resources"
        ),
        pytest.param(
            a_pod(terminationGracePeriodSeconds=-1), a_pod(terminationGracePeriodSeconds=2),
            id="a grace that is mended too well",
        ),
    ],
)  # fmt: skip
def test_what_else_changes_is_named_by_its_difference(old: Obj, new: Obj) -> None:
    (fault,) = pod_change(new, old)
    assert str(fault.error).startswith(NOT_THESE)


def test_a_pod_with_an_ephemeral_container_can_be_changed() -> None:
    looked_into = a_pod(ephemeralContainers=[{"name": "e", "image": "i"}])
    labelled = {**looked_into, "metadata": {"name": "p", "labels": {"a": "b"}}}
    assert [str(fault.error) for fault in check_update("", "Pod", labelled, looked_into)] == []
